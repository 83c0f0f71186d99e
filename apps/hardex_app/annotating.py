"""What annotators request and answer: plain data in and out.

Nothing that a page sends is trusted. The session alone decides who the visitor is, only its
annotator can use a ticket, and the verdict comes from comparing the answer with the given label.
The given label and the prediction are sent only with the response to a stored verdict. Ids and file
names, which may contain the label, are never sent.
"""

from collections.abc import Callable, Collection, Sequence
from hashlib import sha256
from typing import Any, TypeVar

from hardex.annotate.answers import NO_CLASS, answer_of, not_undone
from hardex.annotate.guidelines import typical_examples
from hardex.annotate.session import AnnotationSession
from hardex.annotate.submission import annotation_of, check_submission, is_stored_as, undo_of
from hardex.errors import HardexError, MisplacedError, RunError, StorageError
from hardex.people.access import OWNER, Visitor
from hardex.people.events import COMMENT_MOST, Annotation, AnnotationEvent
from hardex.people.tickets import Tickets
from hardex.runs.run import Run
from hardex_app.annotation_requests import (
    AnswerRequest,
    EarlierRequest,
    GuideRequest,
    NextRequest,
    NotStored,
    UndoRequest,
    validated,
)
from hardex_app.browsing import VERDICT_NAMES
from hardex_app.cards import thumbnail_url, view_url
from hardex_app.workspace import Workspace

Json = dict[str, Any]
T = TypeVar("T")
ImageOf = Callable[[Run, str, str], str]  # run, id, ticket -> the `image` of a response


def image_url(run: Run, id: str, ticket: str) -> str:
    """The image itself, as a data URL, for programs; pages get its address."""
    return view_url(run, id)


def facts(run: Run) -> Json:
    """What the page needs once; nothing about any example.

    Returns:
        `class_names`, `undecided` (value and words of the answers that are not a class),
        `comment_most`, `problem` (why nothing can be judged).
    """
    manifest = run.manifest
    return {
        "class_names": list(manifest.class_names),
        "undecided": [{"value": value, "words": VERDICT_NAMES[value]} for value in NO_CLASS],
        "comment_most": COMMENT_MOST,
        "problem": ""
        if manifest.data
        else "This run was made from saved probabilities, so there are no images to judge.",
    }


def whose(run: Run, visitor: Visitor) -> Json:
    """The key under which a browser keeps unsent answers: quick to compute, without a session.

    Returns:
        `whose`: `run` and `name` of the response of `next_examples`.

    Raises:
        NotStored: the ticket key of the run cannot be read now.
    """
    tickets = reading(visitor, lambda: Tickets.open(run.folder))
    return {"whose": f"{_key_of(tickets)} {visitor.name}"}


def session_of(workspace: Workspace, visitor: Visitor) -> AnnotationSession | None:
    """The annotation session of the run; None before there is a run.

    Raises:
        NotStored: the annotations cannot be read now.
        HardexError: the assignment does not fit the run.
    """
    return reading(visitor, lambda: workspace.desk)


def next_examples(
    request: Any, session: AnnotationSession, visitor: Visitor, image_of: ImageOf = image_url
) -> Json:
    """Examples for an annotator to judge, besides those they have.

    Args:
        request: see `NextRequest`.
        session: of the run.
        visitor: the annotator.
        image_of: gives each `image`.

    Returns:
        `name`, `run` (the key under which a browser keeps unsent answers), `examples` (`ticket`,
        `image`), `over` (the ones of `have` that they have judged, here or elsewhere), `done` and
        `total` of this annotator, `later` (other annotators hold all that is left), and `last` if
        it was requested and there is one.

    Raises:
        NotStored: the annotations cannot be read now, or another visitor's page sent the request.
        HardexError: the request is malformed.
    """
    asked = validated(NextRequest, request, visitor)
    held = _ids_of(session, visitor, asked.have)
    over = _judged(session, visitor, set(held.values()), everywhere=not asked.count)
    new = _new_examples(session, visitor, set(held.values()), asked.count)
    done, total = session.queue.progress(visitor.name)
    tickets = {id: session.tickets.of(visitor.name, id) for id in new}
    response: Json = {
        "name": visitor.name,
        "run": _key_of(session.tickets),
        "examples": [
            {"ticket": ticket, "image": image_of(session.run, id, ticket)}
            for id, ticket in tickets.items()
        ],
        "over": [ticket for ticket, id in held.items() if id in over],
        "done": done,
        "total": total,
        "later": asked.count > 0 and not new and done < total,
    }
    last = reading(visitor, lambda: _last(session, visitor, image_of)) if asked.last else None
    return response if last is None else {**response, "last": last}


def guide(request: Any, session: AnnotationSession, visitor: Visitor, guidelines: str) -> Json:
    """What helps an annotator to answer.

    Args:
        request: see `GuideRequest`.
        session: of the run.
        visitor: the annotator.
        guidelines: what the owner has written.

    Returns:
        `guidelines`, and `examples`, a picture (a data URL) for each class that has a typical
        example which annotators are not asked about.

    Raises:
        HardexError: the request is malformed, or names a class that the run does not have.
    """
    asked = validated(GuideRequest, request, visitor)
    found = typical_examples(session.run, asked.classes, session.queue.asks)
    pictures = {name: thumbnail_url(session.run, id) for name, id in found.items()}
    return {"guidelines": guidelines, "examples": pictures}


def earlier(
    request: Any, session: AnnotationSession, visitor: Visitor, image_of: ImageOf = image_url
) -> Json:
    """The last answer of an annotator that is not in view, to look at it again.

    Args:
        request: see `EarlierRequest`.
        session: of the run.
        visitor: the annotator.
        image_of: gives the `image`.

    Returns:
        `earlier`, as in the response of `annotate`, with its `image`; None if there is none.

    Raises:
        NotStored: the annotations cannot be read now, or another visitor's page sent the request.
        HardexError: the request is malformed.
    """
    asked = validated(EarlierRequest, request, visitor)
    known = set(_ids_of(session, visitor, asked.have).values())
    return {"earlier": reading(visitor, lambda: _last(session, visitor, image_of, known))}


def annotate(request: Any, session: AnnotationSession, visitor: Visitor) -> Json:
    """Store an annotator's answer; when this returns, it is on disk.

    Args:
        request: see `AnswerRequest`.
        session: of the run.
        visitor: the annotator.

    Returns:
        `event_id`, `ticket`, `said`, `verdict`, `comment`, `given`, `predicted`, `shown`, `done`,
        `total`.

    Raises:
        NotStored: it could not be stored now.
        HardexError: it can never be stored: not their example, an unknown class, and so on.
    """
    sent = validated(AnswerRequest, request, visitor)
    id = id_of(sent.ticket, session, visitor)
    check_submission(sent.submission, session.run.manifest.class_names)
    stored = _stored_answer(sent, id, session, visitor)
    session.queue.record(stored)
    return reading(visitor, lambda: _response(session, visitor, stored))


def undo(request: Any, session: AnnotationSession, visitor: Visitor) -> Json:
    """Undo an annotator's answer; it stays in the store, and no longer counts.

    Args:
        request: see `UndoRequest`.
        session: of the run.
        visitor: the annotator.

    Returns:
        `event_id`, `ticket`, `undoes`, `done`, `total`.

    Raises:
        NotStored: it could not be stored now.
        HardexError: the annotator has no answer with this event id.
    """
    sent = validated(UndoRequest, request, visitor)
    id = id_of(sent.ticket, session, visitor)
    stored = _stored_undo(sent, id, session, visitor)
    session.queue.record(stored)
    done, total = session.queue.progress(visitor.name)
    return {
        "event_id": sent.event_id or stored.event_id,
        "ticket": session.tickets.of(visitor.name, id),
        "undoes": sent.undoes,
        "done": done,
        "total": total,
    }


def progress(session: AnnotationSession, visitor: Visitor) -> Json:
    """How many examples this annotator has judged, `done`, out of how many, `total`."""
    done, total = session.queue.progress(visitor.name)
    return {"done": done, "total": total}


# ---------------------------------------------------------------------- storing


def _stored_answer(
    sent: AnswerRequest, id: str, session: AnnotationSession, visitor: Visitor
) -> AnnotationEvent:
    submission, given = sent.submission, session.run.given_label(id)

    def respond(mine: Sequence[AnnotationEvent]) -> Annotation:
        """Of several answers that an annotator sends at once, only the first is blind."""
        stored = next((event for event in mine if event.event_id == submission.event_id), None)
        if stored is None:
            if sent.first and not_undone(mine):
                raise HardexError(
                    "You have already labelled this example in another window or on another "
                    "device; go on with the next."
                )
            return annotation_of(submission, visitor.name, id, given, mine)
        if not is_stored_as(submission, stored, given, mine):
            raise HardexError("this event id was already used for a different event; use a new id.")
        return stored

    store = session.run.annotations
    return _storing(visitor, lambda: store.respond(visitor.name, id, respond))


def _stored_undo(
    sent: UndoRequest, id: str, session: AnnotationSession, visitor: Visitor
) -> AnnotationEvent:
    def respond(mine: Sequence[AnnotationEvent]) -> Annotation:
        return undo_of(mine, visitor.name, id, undoes=sent.undoes, event_id=sent.event_id)

    store = session.run.annotations
    return _storing(visitor, lambda: store.respond(visitor.name, id, respond))


# ---------------------------------------------------------------------- responses


def _key_of(tickets: Tickets) -> str:
    """The name of this run in a browser: it stays the same for as long as its tickets are valid.

    So it survives ranking again, as tickets do; and it does not reveal their key.
    """
    return sha256(b"run\n" + tickets.key).hexdigest()[:16]


def _new_examples(
    session: AnnotationSession, visitor: Visitor, held: Collection[str], count: int
) -> list[str]:
    found: list[str] = []
    while len(found) < count:
        id = reading(visitor, lambda: session.queue.next(visitor.name, {*held, *found}))
        if id is None:
            break
        found.append(id)
    return found


def _response(session: AnnotationSession, visitor: Visitor, event: AnnotationEvent) -> Json:
    """What an annotator may know about an example that they have judged."""
    done, total = session.queue.progress(visitor.name)
    given = session.run.given_label(event.id)
    return {
        "event_id": event.event_id,
        "ticket": session.tickets.of(visitor.name, event.id),
        "said": answer_of(event, given).name,
        "verdict": event.verdict,
        "comment": event.comment,
        "given": given,
        "predicted": session.run.predicted_label(event.id),
        "shown": event.shown,
        "done": done,
        "total": total,
    }


def _last(
    session: AnnotationSession, visitor: Visitor, image_of: ImageOf, known: Collection[str] = ()
) -> Json | None:
    """The annotator's last answer of this run that was not undone, without the known examples."""
    mine = not_undone(session.run.annotations.by(visitor.name))
    for event in reversed(mine):
        if event.id in known:
            continue
        try:
            *before, last = [_response(session, visitor, one) for one in mine if one.id == event.id]
        except RunError:  # of data that this run was made from before
            continue
        image = image_of(session.run, event.id, last["ticket"])
        return {**last, "words": before, "image": image}
    return None


# ---------------------------------------------------------------------- examples and events


def id_of(ticket: str, session: AnnotationSession, visitor: Visitor) -> str:
    """The example of a ticket of this annotator.

    Raises:
        NotStored: it cannot be read now.
        HardexError: it is not their ticket, or its example is not in the run any more.
    """
    id = session.tickets.id(visitor.name, ticket)
    if not reading(visitor, lambda: has_example(session.run, id)):
        raise HardexError(
            "an example must be in this run; this one is not any more, because the run was made "
            "again; reload the page."
        )
    return id


def _ids_of(session: AnnotationSession, visitor: Visitor, tickets: Sequence[str]) -> dict[str, str]:
    """The examples of the valid tickets."""
    ids = {}
    for ticket in tickets:
        try:
            ids[ticket] = session.tickets.id(visitor.name, ticket)
        except RunError:  # a page that was open before the ticket key was replaced
            continue
    return ids


def _judged(
    session: AnnotationSession, visitor: Visitor, ids: Collection[str], *, everywhere: bool
) -> set[str]:
    """The ones of these examples that this annotator has judged.

    Args:
        session: of the run.
        visitor: the annotator.
        ids: the examples.
        everywhere: whether to read the store, too, for answers on other servers and imports. With
            each answer that would take longer than storing it.
    """
    judged = session.queue.judged(visitor.name, ids)
    if not everywhere or not ids:
        return judged
    store = session.run.annotations

    def stored() -> set[str]:
        with_verdicts = store.verdicts(ids)  # one query; few examples are left
        return {id for id in with_verdicts if not_undone(_by(visitor, store.of(id)))}

    return reading(visitor, stored)


def has_example(run: Run, id: str) -> bool:
    """Whether a run has an example; an error if its tables cannot be read now."""
    try:
        run.tables.place(id)
    except KeyError:
        return False
    return True


def _by(visitor: Visitor, events: Sequence[AnnotationEvent]) -> list[AnnotationEvent]:
    return [event for event in events if event.annotator == visitor.name]


# ---------------------------------------------------------------------- errors of the store


def _storing(visitor: Visitor, call: Callable[[], T]) -> T:
    """Call the store for one answer; an error of that answer itself is final.

    Raises:
        NotStored: the store cannot be used now.
        RunError: this answer can never be stored.
    """
    try:
        return call()
    except (StorageError, MisplacedError) as error:
        raise _not_stored(visitor, error) from error


def reading(visitor: Visitor, call: Callable[[], T]) -> T:
    """Read from the run or its store; only the owner learns where it is on disk.

    Raises:
        NotStored: it cannot be read now.
    """
    try:
        return call()
    except RunError as error:
        raise _not_stored(visitor, error) from error


def _not_stored(visitor: Visitor, error: RunError) -> NotStored:
    if visitor.role == OWNER.role:
        return NotStored(str(error))
    if isinstance(error, StorageError):
        why = "answers cannot be stored or read right now"
    else:  # it needs the owner
        why = "the app was started for another state of the run; tell the owner, who sees why here"
    return NotStored(f"{why}; your answers are kept on this page and sent again automatically.")
