"""What an annotator is asked and says: plain data in and out.

Whatever comes from a page is not believed. Who asks is told by the session alone, an example is
named by a ticket that only its annotator can use, and the verdict is found here by comparison with
the given label. Label and prediction leave this file with the answer to a stored verdict, never
before; ids and file names, which may hold the label, do not leave it at all.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, TypeVar

from hardex.annotate.answers import answer_of, standing
from hardex.annotate.queue import LEASES_MOST
from hardex.data.names import is_name
from hardex.errors import HardexError, MisplacedError, RunError, StorageError
from hardex.people.access import OWNER, Visitor
from hardex.people.annotations import (
    Annotation,
    AnnotationEvent,
)
from hardex.runs.run import Run
from hardex_app.annotation_session import AnnotationSession
from hardex_app.cards import view_url
from hardex_app.submission import (
    COMMENT_MOST,
    UNDECIDED,
    NotStored,
    Submission,
    check_asked,
    check_name,
    check_tickets,
    event_id_of,
    is_text,
    submission_of,
    text_of,
)
from hardex_app.workspace import Workspace

AHEAD = 8  # examples that a page holds ready, the one in view among them
_AHEAD_MOST = 12
_KNOWN_MOST = 1_000  # tickets of what a page has told already
_IMAGE_PIXELS = 1_024  # the longer side

Json = dict[str, Any]
T = TypeVar("T")


def facts(run: Run) -> Json:
    """What the page must know once; nothing of any example.

    Returns:
        `class_names`, `undecided` (value and words of the other answers), `comment_most`,
        `problem` (why nothing can be judged).
    """
    manifest = run.manifest
    return {
        "class_names": list(manifest.class_names),
        "undecided": [{"value": value, "words": words} for value, words in UNDECIDED.items()],
        "comment_most": COMMENT_MOST,
        "problem": ""
        if manifest.data
        else "This run was made from saved probabilities, so there are no images to judge.",
    }


def desk_of(workspace: Workspace, visitor: Visitor) -> AnnotationSession | None:
    """Where this visitor gets their work; None before there is a run.

    Raises:
        NotStored: what was said so far cannot be read now.
        HardexError: the assignment does not fit the run.
    """
    return _plainly(visitor, lambda: workspace.desk)


def next_examples(
    desk: AnnotationSession,
    visitor: Visitor,
    have: Sequence[str] = (),
    *,
    count: int = AHEAD,
    last: bool = False,
) -> Json:
    """Examples for an annotator to judge, beside those they have.

    Args:
        desk: where the work is.
        visitor: who asks.
        have: tickets that they hold already: to judge, or with answers still on their way.
        count: how many they want, 0..12.
        last: whether to tell what they said last, to go on where they left off.

    Returns:
        `name`, `run` (by which a browser keeps what is not sent yet), `examples` (`ticket`,
        `image`), `over` (those of `have` that they have judged by now, here or elsewhere), `done`
        and `total` of this annotator, `later` (all that is left is with others now), and `last` if
        there is one.

    Raises:
        NotStored: the annotations cannot be read now.
        HardexError: `have` is no list of tickets.
    """
    check_tickets(have, LEASES_MOST)
    if not isinstance(count, int) or not 0 <= count <= _AHEAD_MOST:
        raise HardexError(
            f"examples are asked for 0 to {_AHEAD_MOST} at a time; this was something else; load "
            "the page again."
        )
    held = _known(desk, visitor, have)
    over = _over(desk, visitor, set(held.values()), is_look=not count)
    given: list[str] = []
    while len(given) < count:
        id = _plainly(visitor, lambda: desk.queue.next(visitor.name, {*held.values(), *given}))
        if id is None:
            break
        given.append(id)
    done, total = desk.queue.progress(visitor.name)
    answer: Json = {
        "name": visitor.name,
        "run": _name_of(desk),
        "examples": [_unjudged(desk, visitor, id) for id in given],
        "over": [ticket for ticket, id in held.items() if id in over],
        "done": done,
        "total": total,
        "later": count > 0 and not given and done < total,
    }
    said_last = _plainly(visitor, lambda: _last(desk, visitor)) if last else None
    return answer if said_last is None else {**answer, "last": said_last}


def ask(asked: Mapping[str, Any], desk: AnnotationSession, visitor: Visitor) -> Json:
    """`next_examples` for a page, with `have`, `count` and `last` as it sends them."""
    check_asked(asked, visitor)
    have, count = asked.get("have", ()), asked.get("count", AHEAD)
    return next_examples(desk, visitor, have, count=count, last=bool(asked.get("last")))


def earlier(asked: Mapping[str, Any], desk: AnnotationSession, visitor: Visitor) -> Json:
    """What an annotator said last, but for what they have in view; to look at it again.

    Args:
        asked: `have`, the tickets that the page knows of, and `name` as in `annotate`.
        desk: where the work is.
        visitor: who asks.

    Returns:
        `earlier`, told as by `annotate` and with its `image`; None where there is nothing more.

    Raises:
        NotStored: the annotations cannot be read now.
        HardexError: `have` is no list of tickets.
    """
    check_asked(asked, visitor)
    have = asked.get("have", ())
    check_tickets(have, _KNOWN_MOST)
    known = set(_known(desk, visitor, have).values())
    return {"earlier": _plainly(visitor, lambda: _last(desk, visitor, known))}


def annotate(said: Mapping[str, Any], desk: AnnotationSession, visitor: Visitor) -> Json:
    """Store what an annotator says of an example; when this returns, it is on disk.

    The first word on an example is blind. After it the label is known to the annotator, and what
    they say then, be it the same, is marked so. Who says the same again without a comment keeps the
    comment, too.

    Args:
        said: `ticket`; either `label` (a class) or `verdict` (ambiguous, bad_image, not_sure);
            `comment`, `seconds` (0..3600), `event_id` (a UUID made by the page, so that what is
            sent twice is stored once), `name` (whose page it is), `first` (nothing is to be stored
            if they have judged it already, somewhere else), and `uncommented` (the comment that
            stands is not kept).
        desk: where the work is.
        visitor: who says it.

    Returns:
        `event_id`, `ticket`, `said`, `verdict`, `comment`, `given`, `predicted`, `shown`, `done`,
        `total`.

    Raises:
        NotStored: it could not be stored now.
        HardexError: it can never be stored: not their example, no such class, and so on.
    """
    id = _example(desk, visitor, said)
    checked = submission_of(said, desk.run)
    given = desk.run.given_label(id)
    store = desk.run.annotations
    with desk.turn_of(visitor.name):
        mine = _from_store(visitor, lambda: _by(visitor, store.of(id)))
        stored = next((event for event in mine if event.event_id == checked.event_id), None)
        if stored is None:
            if said.get("first") and standing(mine):
                raise HardexError(
                    "an example is judged blind once; you have judged this one already, in another "
                    "window or on another device; go on with the next."
                )
            # Also after an undo: who has seen a label cannot forget it.
            blind = not mine
            if not said.get("uncommented"):
                checked = _with_comment(checked, standing(mine), given)
            annotation = _annotation(visitor, id, checked, given, blind)
            stored = _from_store(visitor, lambda: store.add(annotation))
        elif not _says(stored, checked, given, mine):
            raise HardexError(
                "an event id names one event; this one was used for something else already; make a "
                "new id for what is new."
            )
    desk.queue.heard(stored)
    return _plainly(visitor, lambda: _told(desk, visitor, stored))


def undo(said: Mapping[str, Any], desk: AnnotationSession, visitor: Visitor) -> Json:
    """Take back what an annotator said; it stays in the store, and no longer counts.

    Args:
        said: `ticket`, `undoes` (the event id to take back) and `event_id` as in `annotate`.
        desk: where the work is.
        visitor: who takes it back.

    Returns:
        `event_id`, `ticket`, `undoes`, `done`, `total`.

    Raises:
        NotStored: it could not be stored now.
        HardexError: there is nothing of theirs with this event id.
    """
    id = _example(desk, visitor, said)
    undoes, event_id = text_of(said, "undoes"), event_id_of(said)
    store = desk.run.annotations
    with desk.turn_of(visitor.name):
        mine = _from_store(visitor, lambda: _by(visitor, store.of(id)))
        if undoes not in {event.event_id for event in mine if not event.undoes}:
            raise HardexError(
                "only a verdict of your own can be taken back; this is none of this example; load "
                "the page again."
            )
        stored = next((event for event in mine if event.undoes == undoes), None)  # it is undone
        if stored is None:
            annotation = Annotation(visitor.name, id, "", undoes=undoes, event_id=event_id)
            stored = _from_store(visitor, lambda: store.add(annotation))
    desk.queue.heard(stored)
    done, total = desk.queue.progress(visitor.name)
    return {
        "event_id": event_id or stored.event_id,
        "ticket": desk.tickets.of(visitor.name, id),
        "undoes": undoes,
        "done": done,
        "total": total,
    }


def progress(desk: AnnotationSession, visitor: Visitor) -> Json:
    """How many examples this annotator has judged, `done`, of how many that are theirs, `total`."""
    done, total = desk.queue.progress(visitor.name)
    return {"done": done, "total": total}


# ---------------------------------------------------------------------- what is told


def _name_of(desk: AnnotationSession) -> str:
    """What a browser calls this run: the same for as long as its tickets are good.

    So it outlives ranking again, as they do; and nobody learns their key by it.
    """
    return sha256(b"run\n" + desk.tickets.key).hexdigest()[:16]


def _unjudged(desk: AnnotationSession, visitor: Visitor, id: str) -> Json:
    return {
        "ticket": desk.tickets.of(visitor.name, id),
        "image": view_url(desk.run, id, _IMAGE_PIXELS),
    }


def _told(desk: AnnotationSession, visitor: Visitor, event: AnnotationEvent) -> Json:
    """What may be known of an example that this annotator has judged."""
    done, total = desk.queue.progress(visitor.name)
    given = desk.run.given_label(event.id)
    return {
        "event_id": event.event_id,
        "ticket": desk.tickets.of(visitor.name, event.id),
        "said": answer_of(event, given).name,
        "verdict": event.verdict,
        "comment": event.comment,
        "given": given,
        "predicted": desk.run.row(event.id)["predicted_label"],
        "shown": event.shown,
        "done": done,
        "total": total,
    }


def _last(desk: AnnotationSession, visitor: Visitor, known: Collection[str] = ()) -> Json | None:
    """What an annotator said last of this run, but for what is known, and did not take back."""
    mine = standing(desk.run.annotations.by(visitor.name))
    for event in reversed(mine):
        if event.id in known:
            continue
        try:
            *words, told = [_told(desk, visitor, one) for one in mine if one.id == event.id]
        except RunError:  # of the data that this run was made of before
            continue
        return {**told, "words": words, "image": view_url(desk.run, event.id, _IMAGE_PIXELS)}
    return None


# ---------------------------------------------------------------------- what is believed


def _example(desk: AnnotationSession, visitor: Visitor, said: Mapping[str, Any]) -> str:
    if not isinstance(said, Mapping):
        raise HardexError("an answer must be values by name; this is none; load the page again.")
    check_name(said, visitor)
    id = desk.tickets.id(visitor.name, text_of(said, "ticket"))
    if not _plainly(visitor, lambda: _is_there(desk.run, id)):
        raise HardexError(
            "an example must be one of this run; this one is no longer, the run was made again; "
            "load the page again."
        )
    if not is_name(id):  # of a run of old; no word of the id, for it may tell the label
        raise HardexError(
            "an example must have an id that a database takes; this one has none, so nothing can "
            "be stored of it; go on with the next, and tell the owner."
        )
    return id


def _known(desk: AnnotationSession, visitor: Visitor, tickets: Sequence[str]) -> dict[str, str]:
    """The examples of those tickets that are good."""
    ids = {}
    for ticket in tickets:
        try:
            ids[ticket] = desk.tickets.id(visitor.name, ticket)
        except RunError:  # a page from before the run was made again
            continue
    return ids


def _over(
    desk: AnnotationSession, visitor: Visitor, ids: Collection[str], *, is_look: bool
) -> set[str]:
    """Those of these examples that this annotator has judged.

    Who looks is told of other servers and imports, too; beside each answer that would take longer
    than to store it.
    """
    heard = desk.queue.judged(visitor.name, ids)
    if not is_look or not ids:
        return heard
    store = desk.run.annotations

    def stored() -> set[str]:
        spoken_of = store.verdicts(ids)  # one question; few of them are left
        return {id for id in spoken_of if standing(_by(visitor, store.of(id)))}

    return _plainly(visitor, stored)


def _is_there(run: Run, id: str) -> bool:
    """Whether a run has an example; an error if its tables cannot be read now."""
    try:
        run.tables.place(id)
    except KeyError:
        return False
    return True


def _with_comment(said: Submission, before: Sequence[AnnotationEvent], given: str) -> Submission:
    """What is said, with the comment of the last word where it keeps that word and has none."""
    if said.comment or not before or answer_of(before[-1], given) != said.answer:
        return said
    comment = before[-1].comment  # an import may have brought what nobody may say
    return replace(said, comment=comment) if is_text(comment) else said


def _annotation(visitor: Visitor, id: str, said: Submission, given: str, blind: bool) -> Annotation:
    """What is stored: the verdict follows from what was said and the given label."""
    wrong = bool(said.label) and said.label != given
    return Annotation(
        visitor.name,
        id,
        said.verdict or ("wrong" if wrong else "right"),
        said.label if wrong else "",
        said.comment,
        said.seconds,
        said=said.words if blind else "",
        shown="blind" if blind else "label",
        event_id=said.event_id,
    )


def _says(
    stored: AnnotationEvent, said: Submission, given: str, mine: Sequence[AnnotationEvent]
) -> bool:
    """Whether a stored event says this; the given label may have been another one then.

    With the label in view `right` is all that is stored: then it says the label that is given now.
    What was said without a comment may have kept that of an earlier word.
    """
    earlier = {event.comment for event in mine if event.time < stored.time}
    if stored.comment != said.comment and (said.comment or stored.comment not in earlier):
        return False
    if stored.seconds != said.seconds:
        return False
    if stored.said:
        return stored.said == said.words
    if said.label:
        return said.label == (given if stored.verdict == "right" else stored.new_label)
    return stored.verdict == said.verdict


def _by(visitor: Visitor, events: Sequence[AnnotationEvent]) -> list[AnnotationEvent]:
    return [event for event in events if event.annotator == visitor.name]


def _from_store(visitor: Visitor, ask: Callable[[], T]) -> T:
    """Ask the store about one answer: what it refuses of that alone, it refuses for good.

    Raises:
        NotStored: it cannot be asked now.
        RunError: this answer can never be stored.
    """
    try:
        return ask()
    except (StorageError, MisplacedError) as error:
        raise _not_stored(visitor, error) from error


def _plainly(visitor: Visitor, ask: Callable[[], T]) -> T:
    """Ask the store; what it says of its place on disk is for the owner alone.

    Raises:
        NotStored: it cannot be asked now.
    """
    try:
        return ask()
    except RunError as error:
        raise _not_stored(visitor, error) from error


def _not_stored(visitor: Visitor, error: RunError) -> NotStored:
    if visitor.role == OWNER.role:
        return NotStored(str(error))
    if isinstance(error, StorageError):
        why = (
            "the answers must be readable and writable where they are stored; right now they are "
            "not"
        )
    else:  # nothing that passes by itself
        why = (
            "the app must be started for the run as it is now, and it was not; tell the owner, who "
            "sees why on this page"
        )
    return NotStored(f"{why}; what you say is kept in this page and sent again by itself.")
