"""Requests of the Browse page -> calls of the library -> plain data."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from hardex.annotate.answers import not_undone
from hardex.annotate.submission import undo_of
from hardex.arrays import Image
from hardex.errors import HardexError
from hardex.images import data_url, small_png
from hardex.overview.alike import alike
from hardex.overview.example import ExampleFacts, example_facts, share_easier
from hardex.overview.filters import filters
from hardex.overview.nearest_training import nearest_training
from hardex.people.events import COMMENT_MOST, VERDICTS, Annotation, AnnotationEvent
from hardex.predict.neighbours import Neighbours, summary
from hardex.runs.run import Run
from hardex.runs.view_words import checked_text, page_of, view_of
from hardex.runs.views import PAGE_SIZE, UNJUDGED, Example, View
from hardex_app.annotation_requests import event_id_of
from hardex_app.cards import thumbnail_url
from hardex_app.causes import evidence, name_of, tags, training_picture

VERDICT_NAMES = {
    "right": "Label right",
    "wrong": "Mislabelled",
    "ambiguous": "Ambiguous",
    "bad_image": "Bad image",
    "not_sure": "Not sure",
}
_VERDICT_MOST = 20  # characters
_LARGEST_SHOWN = 2_000_000  # pixels of the large image


def facts(run: Run) -> dict[str, Any]:
    """What the page must know once: everything to filter and sort by, the verdicts and causes."""
    verdicts = [{"value": value, "words": VERDICT_NAMES[value]} for value in VERDICTS]
    found = filters(run)
    names = {cause: name_of(cause) for cause in found["causes"]}
    return {**found, "verdicts": verdicts, "cause_names": names}


def browse(words: Mapping[str, Any], run: Run) -> dict[str, Any]:
    """One page of a view.

    Args:
        words: see `hardex.runs.view_words.view_of`; and `p`, the page.
        run: whose examples.

    Returns:
        `total`, `page`, `pages`, `size`, `examples` (id, labels, confidence, ranks, score, the
        current `verdicts`, and the `cause`, None if it was not diagnosed), `of_list` and `of_all`:
        how many the list has without filters, and how many examples of all the filters match, and
        `empty`: what to do when there are none.

    Raises:
        HardexError: an unknown word or value.
    """
    view = view_of(words)
    found = run.find(view, page=page_of(words))
    ids = [example.id for example in found.examples]
    verdicts, causes = verdicts_of(run, ids), tags(run, ids)
    return {
        "total": found.total,
        "page": found.page,
        "pages": found.pages,
        "size": PAGE_SIZE,
        "of_list": run.count(View(list=view.list)),
        "of_all": run.count(replace(view, list="all")),
        "examples": [
            _card(example, verdicts.get(example.id, []), causes.get(example.id))
            for example in found.examples
        ],
        "empty": "" if found.total else _why_empty(run, view),
    }


def verdicts_of(run: Run, ids: Sequence[str]) -> dict[str, list[str]]:
    """The current verdicts on these examples; none while the annotations cannot be read.

    The pictures are shown even if their marks cannot be.
    """
    try:
        return run.annotations.verdicts(ids)
    except HardexError:
        return {}


def example(id: str, run: Run) -> dict[str, Any]:
    """What is known about one example, and why it is hard, see `hardex_app.causes.evidence`.

    `image` and `easier` give the rest.

    Raises:
        HardexError: no such example.
    """
    found = example_facts(run, checked_text("id", id))
    return {**_detail(found), "said": annotation_lines(run, id), **evidence(run, found.id)}


def image(id: str, run: Run) -> dict[str, Any]:
    """The image of one example, large.

    Returns:
        `image` (a data URL of at most 2,000,000 pixels, as a photograph from a camera would take
        seconds), the `width` and `height` of the original, and `whole`, whether that is shown.

    Raises:
        HardexError: no such example, or its image is missing.
    """
    pixels = run.image(checked_text("id", id))
    height, width = pixels.shape[:2]
    return {
        "image": data_url(large(pixels)),
        "width": width,
        "height": height,
        "whole": height * width <= _LARGEST_SHOWN,
    }


def large(pixels: Image) -> bytes:
    """An image of at most 2,000,000 pixels, as a PNG file."""
    height, width = pixels.shape[:2]
    factor = min(1.0, (_LARGEST_SHOWN / (height * width)) ** 0.5)
    return small_png(pixels, max(1, int(max(height, width) * factor)))


def easier(id: str, run: Run) -> dict[str, float]:
    """For each score of an example, the share of all examples that score lower, 0..1.

    Raises:
        HardexError: no such example.
    """
    return share_easier(run, checked_text("id", id))


def pictures(ids: Sequence[str], run: Run) -> dict[str, str]:
    """Small pictures by id, as data URLs; "" where there is none.

    Raises:
        HardexError: more ids than a page has.
    """
    if not isinstance(ids, list) or len(ids) > PAGE_SIZE:
        raise HardexError(
            f"pictures are requested by a list of up to {PAGE_SIZE} ids; received "
            f"{len(ids) if isinstance(ids, list) else 'something else'}; request fewer."
        )
    return {id: thumbnail_url(run, id) for id in (checked_text("id", one) for one in ids)}


def neighbours(id: str, run: Run, training: Neighbours) -> dict[str, Any]:
    """The training images nearest to an example, and what their labels suggest.

    Raises:
        HardexError: no such example, or its image is missing.
    """
    found = nearest_training(run, training, checked_text("id", id))
    row = run.row(id)
    return {
        "sentence": f"{summary(found, row['given_label'], row['predicted_label'])} "
        f"({training.scope})",
        "neighbours": [
            {
                "id": one,
                "label": label,
                "distance": float(distance),
                "copy": bool(copy),
                "image": training_picture(training.dataset, position),
            }
            for position, one, label, distance, copy in zip(
                found.positions.tolist(),
                found.ids,
                found.labels,
                found.distances,
                found.exact_copies,
                strict=True,
            )
        ],
    }


def judge(
    run: Run,
    annotator: str,
    request: Mapping[str, Any],
    on_stored: Callable[[AnnotationEvent], object] = lambda event: None,
) -> list[str]:
    """Store a verdict on an example; when this returns, it is on disk.

    Args:
        run: whose example.
        annotator: who judges.
        request: `id`, `verdict`, `new_label`, `comment`, as a page sends them, and `event_id`, a
            UUID made by the page, so that a verdict that is sent twice is stored once.
        on_stored: called with what was stored, such as `Workspace.annotation_stored`.

    Returns:
        The annotations of the example, see `annotation_lines`.

    Raises:
        HardexError: no such example, verdict or class; nothing is stored then.
    """
    id = checked_text("id", request.get("id"))
    verdict = checked_text("verdict", request.get("verdict"), _VERDICT_MOST)
    new_label = checked_text("new label", request.get("new_label"))
    comment = checked_text("comment", request.get("comment"), COMMENT_MOST)
    run.position(id)
    _check_new_label(run, verdict, new_label)
    event_id = event_id_of(request)
    annotation = Annotation(
        annotator, id, verdict, new_label, comment, shown="label", event_id=event_id
    )
    on_stored(run.annotations.add(annotation))
    return annotation_lines(run, id)


def undo(
    run: Run,
    annotator: str,
    request: Mapping[str, Any],
    on_stored: Callable[[AnnotationEvent], object] = lambda event: None,
) -> list[str]:
    """Undo a verdict of one's own; it stays in the store, and no longer counts.

    Args:
        run: whose example.
        annotator: who undoes.
        request: `id` of the example, `undoes` (the event id of the verdict) and `event_id`, a UUID
            made by the page.
        on_stored: as for `judge`.

    Returns:
        The annotations of the example, see `annotation_lines`.

    Raises:
        HardexError: the annotator has no such verdict on this example.
    """
    id, undoes = (checked_text(name, request.get(name)) for name in ("id", "undoes"))
    event_id = event_id_of(request)

    def respond(mine: Sequence[AnnotationEvent]) -> Annotation:
        return undo_of(mine, annotator, id, undoes=undoes, event_id=event_id)

    on_stored(run.annotations.respond(annotator, id, respond))
    return annotation_lines(run, id)


def more_like(id: str, run: Run) -> dict[str, Any]:
    """The examples for which the model predicts the most similar probabilities.

    Returns:
        `at`, their positions, most alike first; the example itself is the first.

    Raises:
        HardexError: no such example.
    """
    return {"at": alike(run, checked_text("id", id)).tolist()}


def annotation_lines(run: Run, id: str) -> list[str]:
    """The annotations of an example, a line each, latest last; undone ones are marked."""
    events = run.annotations.of(id)
    current = {event.event_id for event in not_undone(events)}
    return [_line(event, event.event_id in current) for event in events if not event.undoes]


def _line(event: AnnotationEvent, is_current: bool) -> str:
    verdict = VERDICT_NAMES[event.verdict].lower()
    label = f", it is {event.new_label}" if event.new_label else ""
    blind = ", labels hidden" if event.shown == "blind" else ""
    comment = f": {event.comment}" if event.comment else ""
    end = "" if is_current else " (undone)"
    time = f"{event.time:%Y-%m-%d %H:%M} UTC"
    return f"{time}  {event.annotator}: {verdict}{label}{blind}{comment}{end}"


def _check_new_label(run: Run, verdict: str, new_label: str) -> None:
    if new_label and new_label not in run.manifest.class_names:
        raise HardexError(
            f"a new label must be one of the run's {len(run.manifest.class_names)} classes; "
            f"received {new_label!r}; choose one of them."
        )
    if new_label and verdict != "wrong":
        raise HardexError(
            f"a new label goes with the verdict wrong; received {new_label!r} with {verdict!r}; "
            "leave one of them out."
        )


def _detail(found: ExampleFacts) -> dict[str, Any]:
    """The facts by name, a bar for each of the most likely classes."""
    known = asdict(found)
    bars = [{"class": name, "p": p} for name, p in known.pop("likeliest")]
    return {**known, "bars": bars}


def _card(
    example: Example, verdicts: Sequence[str], cause: Mapping[str, Any] | None
) -> dict[str, Any]:
    ranks = {"unsure": example.unsure, "wrong": example.wrong}
    return {
        "id": example.id,
        "given": example.given_label,
        "predicted": example.predicted_label,
        "confidence": example.confidence,
        "ranks": {name: rank for name, rank in ranks.items() if rank is not None},
        "score": example.score,
        "verdicts": list(verdicts),
        "cause": cause,
    }


def _why_empty(run: Run, view: View) -> str:
    if view == View(list=view.list):
        if view.list == "wrong" and not run.manifest.counts.get("wrong"):
            return "The model makes no errors here, so this list is empty."
        return "This run has no such examples. Show all examples."
    if view.verdict not in ("", UNJUDGED):
        return "No example has this verdict yet. Open one to judge its label."
    if view.list != "all":
        return "No matches among the hard examples. Show all examples or remove a filter."
    return "No matches. Remove a filter."
