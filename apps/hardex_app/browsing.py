"""A run and the words of an address -> what the Browse page shows. Plain data in and out."""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any

from hardex.annotate.answers import standing
from hardex.data.dataset import Dataset
from hardex.errors import HardexError
from hardex.images import png_url
from hardex.overview.nearest_training import nearest_training
from hardex.people.annotations import VERDICTS, Annotation, AnnotationEvent
from hardex.predict.neighbours import summary
from hardex.ranking.scores import MEANINGS
from hardex.runs.run import Run
from hardex.runs.views import PAGE_SIZE, RANK, UNJUDGED, Example, View
from hardex_app.cards import THUMBNAIL_PIXELS, thumbnail_url
from hardex_app.submission import COMMENT_MOST, event_id_of
from hardex_app.workspace import Workspace

VERDICT_WORDS = {
    "right": "Right",
    "wrong": "Wrong",
    "ambiguous": "Ambiguous",
    "bad_image": "Bad image",
    "not_sure": "Not sure",
}
_BARS_MOST = 10  # with more classes only the likeliest are shown
_META = "meta."  # before the name of a further column in an address
_CHOICES_MOST = 50  # values of a further column that are offered; any other can be typed
_WORDS = (
    "list", "given", "predicted", "correct", "text", "score", "least", "most", "verdict", "cause",
    "sort", "order", "p",
)  # fmt: skip
_LARGEST_SHOWN = 2_000_000  # pixels of the large image
ID_MOST = 4_096  # characters
_ANSWERS = {"": None, "yes": True, "no": False}


def facts(run: Run) -> dict[str, Any]:
    """What the page must know once: everything that can be filtered and sorted by."""
    formulas = run.manifest.formulas
    return {
        "class_names": list(run.manifest.class_names),
        "scores": [
            {"name": name, "formula": formulas.get(name, ""), "meaning": _meaning(name)}
            for name in run.tables.scores
        ],
        "meta": [
            {"name": name, "values": list(run.tables.values(name, _CHOICES_MOST))}
            for name in run.tables.meta
        ],
        "causes": list(run.tables.causes),
        "verdicts": [{"value": value, "words": VERDICT_WORDS[value]} for value in VERDICTS],
        "examples": run.manifest.counts["examples"],
    }


def browse(words: Mapping[str, Any], run: Run) -> dict[str, Any]:
    """One page of a view.

    Args:
        words: of an address: `list` (all, hard, unsure, wrong; hard by default), `given`,
            `predicted`, `correct` (yes, no), `text`, `score` with `least` and `most`,
            `meta.NAME`, `verdict`, `cause`, `sort`, `order` (asc for the other way round),
            `p` (the page).
        run: whose examples.

    Returns:
        `total`, `page`, `pages`, `size`, `examples` (id, labels, confidence, ranks, score, and the
        `verdicts` that stand), and `empty`: what to do when there are none.

    Raises:
        HardexError: a word or value that is not known.
    """
    view = view_of(words)
    found = run.find(view, page=_whole("p", words.get("p", 1)))
    said = verdicts_of(run, [example.id for example in found.examples])
    return {
        "total": found.total,
        "page": found.page,
        "pages": found.pages,
        "size": PAGE_SIZE,
        "examples": [_card(example, said.get(example.id, [])) for example in found.examples],
        "empty": "" if found.total else _why_empty(run, view),
    }


def verdicts_of(run: Run, ids: Sequence[str]) -> dict[str, list[str]]:
    """What stands of these examples; nothing while the annotations cannot be read.

    A mark on a picture is no reason to show no pictures.
    """
    try:
        return run.annotations.verdicts(ids)
    except HardexError:
        return {}


def view_of(words: Mapping[str, Any]) -> View:
    """The view that an address names.

    Raises:
        HardexError: a word or value that is not known.

    Example:
        >>> view_of({"list": "wrong", "given": "7", "meta.camera": "left"}).meta
        {'camera': 'left'}
    """
    if not isinstance(words, Mapping):
        raise HardexError("the words of a view must be values by name; pass {} for none.")
    texts = {
        _text("name", name, ID_MOST): _text(str(name), value, ID_MOST)
        for name, value in words.items()
        if value not in ("", None)
    }
    unknown = sorted(name for name in texts if name not in _WORDS and not name.startswith(_META))
    if unknown:
        raise HardexError(
            f"a view knows {', '.join(_WORDS)} and {_META}NAME; received {unknown[0]!r}; leave it "
            "out."
        )
    correct, order = texts.get("correct", ""), texts.get("order", "")
    if correct not in _ANSWERS or order not in ("", "asc", "desc"):
        raise HardexError(
            f"a view's `correct` is yes or no and its `order` asc or desc; received {correct!r} "
            f"and {order!r}; leave out what is neither."
        )
    sort = texts.get("sort", "")
    list_name = texts.get("list", "hard")
    if sort == RANK and list_name == "all":
        sort = ""  # kept in the address from when the view was of a list
    ends = {name: _number(name, texts[name]) for name in ("least", "most") if name in texts}
    return View(
        list=list_name,
        given=texts.get("given", ""),
        predicted=texts.get("predicted", ""),
        correct=_ANSWERS[correct],
        text=texts.get("text", ""),
        score=texts.get("score", ""),
        least=ends.get("least"),
        most=ends.get("most"),
        meta={
            name.removeprefix(_META): value
            for name, value in texts.items()
            if name.startswith(_META)
        },
        verdict=texts.get("verdict", ""),
        cause=texts.get("cause", ""),
        sort=sort,
        reverse=order == "asc",
    )


def example(id: str, run: Run) -> dict[str, Any]:
    """What is known about one example, as the detail draws it; `image` and `easier` say the rest.

    Raises:
        HardexError: no such example.
    """
    row = run.row(_text("id", id, ID_MOST))
    names, formulas = run.manifest.class_names, run.manifest.formulas
    places = run.hard[run.hard["id"] == id]
    scores = {name: float(row[name]) for name in run.tables.scores}
    return {
        "id": id,
        "position": int(row["position"]),
        "file_name": row["file_name"] if isinstance(row["file_name"], str) else "",
        "given": row["given_label"],
        "predicted": row["predicted_label"],
        "confidence": float(row["confidence"]),
        "bars": [
            {"class": names[i], "p": float(row["probabilities"][i])}
            for i in _worth_a_bar(row["probabilities"], int(row["given_index"]))
        ],
        "reasons": [
            {"list": place.list, "rank": int(place.rank), "reason": place.reason}
            for place in places.itertuples()
        ],
        "scores": [
            {
                "name": name,
                "value": value,
                "formula": formulas.get(name, ""),
                "meaning": _meaning(name),
            }
            for name, value in scores.items()
            if name != "confidence"
        ],
        "meta": {
            name: row[f"meta_{name}"]
            for name in run.tables.meta
            if isinstance(row[f"meta_{name}"], str)
        },
        "said": said_about(run, id),
    }


def image(id: str, run: Run) -> dict[str, Any]:
    """The image of one example, large.

    Returns:
        `image` (a data URL), its `width` and `height`, and `shown`, the size that is sent: at most
        2,000,000 pixels, as a photograph of a camera would take seconds.

    Raises:
        HardexError: no such example, or its image is not here.
    """
    pixels = run.image(_text("id", id, ID_MOST))
    height, width = pixels.shape[:2]
    factor = min(1.0, (_LARGEST_SHOWN / (height * width)) ** 0.5)
    most = max(1, int(max(height, width) * factor))
    return {
        "image": png_url(pixels, most),
        "width": width,
        "height": height,
        "whole": factor == 1.0,
    }


def easier(id: str, run: Run) -> dict[str, float]:
    """For each score of an example, the share of all examples that score lower, 0..1.

    Raises:
        HardexError: no such example.
    """
    row = run.row(_text("id", id, ID_MOST))
    return run.tables.easier({name: float(row[name]) for name in run.tables.scores})


def pictures(ids: Sequence[str], run: Run) -> dict[str, str]:
    """Small pictures by id, as data URLs; "" where there is none.

    Raises:
        HardexError: more ids than a page has.
    """
    if not isinstance(ids, list) or len(ids) > PAGE_SIZE:
        raise HardexError(
            f"pictures are asked for by a list of up to {PAGE_SIZE} ids; received "
            f"{len(ids) if isinstance(ids, list) else 'something else'}; ask again for fewer."
        )
    return {id: thumbnail_url(run, id) for id in (_text("id", one, ID_MOST) for one in ids)}


def neighbours(id: str, run: Run, workspace: Workspace) -> dict[str, Any] | None:
    """The training images nearest to an example, and what their labels say; None without any.

    Raises:
        HardexError: no such example, or its image is not here.
    """
    training = workspace.neighbours
    if training is None:
        status = workspace.status
        waiting = f"The training images are not ready yet ({status.stage})."
        return None if status.over or not workspace.has_training else {"waiting": waiting}
    found = nearest_training(run, training, _text("id", id, ID_MOST))
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
                "image": _training_picture(training.dataset, position),
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


def _training_picture(dataset: Dataset, position: int) -> str:
    try:
        return png_url(dataset.image(position), THUMBNAIL_PIXELS)
    except HardexError:  # its file has gone since
        return ""


def judge(
    run: Run,
    annotator: str,
    said: Mapping[str, Any],
    heard: Callable[[AnnotationEvent], object] = lambda event: None,
) -> list[str]:
    """Store a verdict on an example (`id`, `verdict`, `new_label`, `comment`, `event_id`).

    Args:
        run: whose example.
        annotator: who says it.
        said: as a page sends it; each value is checked.
        heard: told of what was stored, such as `Workspace.heard`.

    Returns:
        What people said of it, latest last.

    Raises:
        HardexError: no such example, verdict or class; nothing is stored then.
    """
    id = _text("id", said.get("id"), ID_MOST)
    verdict = _text("verdict", said.get("verdict"), 20)
    new_label = _text("new label", said.get("new_label"), ID_MOST)
    comment = _text("comment", said.get("comment"), COMMENT_MOST)
    run.position(id)
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
    event_id = event_id_of(said)
    words = Annotation(annotator, id, verdict, new_label, comment, shown="label", event_id=event_id)
    heard(run.annotations.add(words))
    return said_about(run, id)


def said_about(run: Run, id: str) -> list[str]:
    """What people said of an example, latest last; what they took back says so."""
    events = run.annotations.of(id)
    stands = {event.event_id for event in standing(events)}
    lines = []
    for event in events:
        if event.undoes:
            continue
        words = VERDICT_WORDS[event.verdict].lower()
        label = f", it is {event.new_label}" if event.new_label else ""
        comment = f": {event.comment}" if event.comment else ""
        blind = ", said blind" if event.shown == "blind" else ""
        end = "" if event.event_id in stands else " (taken back)"
        time = f"{event.time:%Y-%m-%d %H:%M} UTC"
        lines.append(f"{time}  {event.annotator}: {words}{label}{blind}{comment}{end}")
    return lines


def _meaning(score: str) -> str:
    if score == "confidence":
        return "how sure the model is of its own answer (higher is easier)"
    return MEANINGS.get(score, "")


def _worth_a_bar(probabilities: Any, given: int) -> list[int]:
    """All classes of a few; the likeliest of many, and the given label."""
    if len(probabilities) <= _BARS_MOST:
        return list(range(len(probabilities)))
    likeliest: list[int] = (-probabilities).argsort(kind="stable")[:_BARS_MOST].tolist()
    return likeliest if given in likeliest else [*likeliest[:-1], given]


def _card(example: Example, verdicts: Sequence[str]) -> dict[str, Any]:
    return {
        "id": example.id,
        "given": example.given_label,
        "predicted": example.predicted_label,
        "confidence": example.confidence,
        "ranks": {
            name: rank
            for name, rank in (("unsure", example.unsure), ("wrong", example.wrong))
            if rank is not None
        },
        "score": example.score,
        "verdicts": list(verdicts),
    }


def _why_empty(run: Run, view: View) -> str:
    if view == View(list=view.list):
        if view.list == "wrong" and not run.manifest.counts.get("wrong"):
            return "The model makes no error here: the list of wrong examples is empty."
        return "This run has no such examples. Look at all of them."
    if view.verdict not in ("", UNJUDGED):
        return "No example has this verdict yet. Open one and judge its label."
    if view.list != "all":
        return "No matches among the hard examples. Remove a filter, or look at all examples."
    return "No matches. Remove a filter."


def _text(name: str, value: Any, most: int) -> str:
    """A text from outside; numbers are written out, nothing at all is "".

    Raises:
        HardexError: something else, too long, or with halves of signs that no file can hold.
    """
    plain = "" if value is None else value
    if isinstance(plain, int | float) and not isinstance(plain, bool):
        plain = str(plain)
    halves = isinstance(plain, str) and any("\ud800" <= sign <= "\udfff" for sign in plain)
    if not isinstance(plain, str) or len(plain) > most or halves:
        raise HardexError(
            f"the {name[:40]!r} must be a text of up to {most:,} characters; received something "
            "else; leave it out or make it shorter."
        )
    return plain


def _whole(name: str, value: Any) -> int:
    number = _number(name, value)
    if number != int(number) or abs(number) > 1e9:
        raise HardexError(
            f"the {name} of a view must be a whole number; received {value!r}; leave it out."
        )
    return int(number)


def _number(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    if not isfinite(number):
        raise HardexError(
            f"the {name} of a view must be a finite number; received {value!r}; leave it out."
        )
    return number
