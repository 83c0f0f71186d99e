"""Kept probes as the Probe page writes, lists, reopens and exports them. Plain data out."""

from base64 import b64encode
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from hardex.classifiers.classifier import Classifier
from hardex.errors import HardexError, RunError
from hardex.images import png_url
from hardex.people.access import OWNER, Visitor
from hardex.probing.amounts import transform_of
from hardex.probing.export import Exported, probes_as_zip
from hardex.probing.kept_probe import KeptProbe
from hardex.probing.model_input import shape_of
from hardex.probing.new_probe import new_probe
from hardex.probing.replay import as_seen
from hardex.probing.saved_probes import (
    delete,
    keep_once,
    kept_picture,
    kept_probe,
    kept_probes,
    rename,
)
from hardex.probing.sliders import changes_in_words
from hardex.runs.folder import safe_name
from hardex.runs.run import Run
from hardex.runs.view_words import checked_text
from hardex.sentences import counted
from hardex_app.auth.visitors import is_owner
from hardex_app.cards import THUMBNAIL_PIXELS
from hardex_app.pixels import as_text
from hardex_app.probing import given_label, part, source_image
from hardex_app.turns import PROBES, in_turn

SHOWN_MOST = 60  # the latest; `hardex probes RUN` lists all of them
KEPT_BY_ONE = 500  # probes of an annotator in one run
_THUMBNAILS_KEPT = 256
_DRAWN_WITH = ("strokes", "widths", "colors", "brush", "paper", "canvas", "normalize")
_TEXTS = ("name", "expected", "note")


def keep_this(
    request: dict[str, Any], annotator: str, run: Run, classifier: Classifier
) -> KeptProbe:
    """Keep what a visitor sees: the picture, its changes, and the prediction.

    Args:
        request: `source` and `transform`, as in `probing.probe`, and the texts `name`, `expected`
            (a class, or "") and `note`; `probe_id`, a UUID made by the page, so that a request
            that is sent twice is stored once.
        annotator: the visitor's name.
        run: with which it is kept.
        classifier: whose prediction is stored.

    Raises:
        HardexError: a value is missing, too long or out of range, the run cannot be written, or an
            annotator has `KEPT_BY_ONE` already.
    """
    source = part(request, "source")
    image = source_image(source, run, classifier)
    change = transform_of(part(request, "transform"), shape_of(image))
    given_label(source, run)  # an expected label of the source must be a class
    kind = source["kind"]
    with in_turn(PROBES, 2 * image.size):
        probe = new_probe(
            image,
            change,
            run,
            classifier,
            kind=kind,
            example=str(source["id"]) if kind == "example" else "",
            source=_drawing(source) if kind == "sketch" else {},
            annotator=annotator,
            probe_id=request.get("probe_id") or str(uuid4()),
            **{name: request.get(name, "") for name in _TEXTS},
        )
    own_most = None if annotator == OWNER.name else KEPT_BY_ONE
    return keep_once(run.folder, probe, image, own_most=own_most)


def kept(run: Run, visitor: Visitor = OWNER) -> dict[str, Any]:
    """The kept probes, the latest first, as the page lists them; annotators get their own.

    Returns:
        `probes` (at most `SHOWN_MOST`, each with its `changes` in words and the `image` after
        them), `total`, `labelled` (how many an export would hold; 0 for an annotator), `problem`
        (a sentence for the owner if some cannot be read; `hardex probes` names them).
    """
    probes, problems = _visible(run.folder, visitor)
    return {
        "probes": [_listed(run, one) for one in reversed(probes[-SHOWN_MOST:])],
        "total": len(probes),
        "labelled": sum(bool(one.expected) for one in probes) if is_owner(visitor) else 0,
        "problem": f"{len(problems):,} kept probes cannot be read; `hardex probes` says why."
        if problems
        else "",
    }


def reopened(request: dict[str, Any], run: Run, visitor: Visitor = OWNER) -> dict[str, Any]:
    """A kept probe as the page shows it again.

    Args:
        request: its `id`.
        run: with which it was kept.
        visitor: an annotator may reopen only their own.

    Returns:
        `source` and `transform`, as in `probing.probe`, `name`, `expected`, `note`.

    Raises:
        RunError: no such probe, or its picture cannot be read.
    """
    id = str(request.get("id")) if isinstance(request, dict) else ""
    one = _found(run.folder, id, visitor)
    return {
        "source": _source(run, one),
        "transform": dict(one.transform),
        "name": one.name,
        "expected": one.expected,
        "note": one.note,
    }


def renamed(request: dict[str, Any], run: Run, visitor: Visitor) -> dict[str, Any]:
    """Give a kept probe another name; annotators may rename their own.

    Args:
        request: its `id`, and the `name`.
        run: with which it was kept.
        visitor: who asks.

    Raises:
        HardexError: no such probe, or the name is not allowed.
    """
    id, name = (checked_text(word, part_of(request, word)) for word in ("id", "name"))
    return {"name": rename(run.folder, id, name, by=_only(visitor)).name}


def deleted(request: dict[str, Any], run: Run, visitor: Visitor) -> dict[str, Any]:
    """Delete a kept probe; annotators may delete their own.

    Args:
        request: its `id`.
        run: with which it was kept.
        visitor: who asks.

    Raises:
        HardexError: no such probe.
    """
    found = delete(run.folder, checked_text("id", part_of(request, "id")), by=_only(visitor))
    _readable_thumbnail.cache_clear()
    return {"name": found.name}


def part_of(request: Any, word: str) -> Any:
    """A value of a request, which may be anything."""
    return request.get(word) if isinstance(request, dict) else None


def _only(visitor: Visitor) -> str:
    return "" if is_owner(visitor) else visitor.name


def exported(run: Run) -> dict[str, Any]:
    """All kept probes with an expected label, as a data set in one ZIP file.

    Returns:
        `zip` (base64), `file_name` (for the download), `says` (a sentence).

    Raises:
        RunError: no probe has an expected label.
    """
    probes, _ = kept_probes(run.folder, light=True)
    if not any(one.expected for one in probes):  # without the folder, which visitors need not know
        raise RunError(
            f"an export needs kept probes with an expected label; none of the {len(probes):,} has "
            "one; keep one and choose its label."
        )
    archive, export = probes_as_zip(run)
    return {
        "zip": b64encode(archive).decode(),
        "file_name": safe_name(run.folder.name, "probes", suffix=".zip"),
        "says": _summary(export),
    }


def _drawing(source: dict[str, Any]) -> dict[str, Any]:
    return {name: source[name] for name in _DRAWN_WITH if name in source}


def _visible(folder: Path, visitor: Visitor) -> tuple[list[KeptProbe], list[str]]:
    """The kept probes that this visitor may see, and what is wrong with others."""
    probes, problems = kept_probes(folder)
    if is_owner(visitor):
        return probes, problems
    return [one for one in probes if one.annotator == visitor.name], []


def _listed(run: Run, one: KeptProbe) -> dict[str, Any]:
    return {
        "id": one.probe_id,
        "time": one.time,
        "annotator": one.annotator,
        "name": one.name,
        "expected": one.expected,
        "note": one.note,
        "kind": one.kind,
        "predicted": one.predicted,
        "confidence": one.confidence,
        "transform": dict(one.transform),
        "changes": changes_in_words(one.transform, one.shape),
        "image": _thumbnail(run.folder, one.probe_id),
    }


def _thumbnail(folder: Path, probe_id: str) -> str:
    """The picture after its changes, as a small data URL; "" if it cannot be read."""
    try:
        return _readable_thumbnail(folder, probe_id)
    except HardexError:
        return ""


@lru_cache(maxsize=_THUMBNAILS_KEPT)
def _readable_thumbnail(folder: Path, probe_id: str) -> str:
    """A probe never changes once it is kept."""
    one = _found(folder, probe_id, OWNER)
    return png_url(as_seen(one, kept_picture(folder, one), one.shape), THUMBNAIL_PIXELS)


def _source(run: Run, one: KeptProbe) -> dict[str, Any]:
    if one.kind == "example":
        return {"kind": "example", "id": one.example}
    if one.kind == "sketch":
        return {"kind": "sketch", **one.source}
    image = kept_picture(run.folder, one)
    return {"kind": "image", "pixels": as_text(image), "shape": list(image.shape)}


def _found(folder: Path, probe_id: str, visitor: Visitor) -> KeptProbe:
    found = kept_probe(folder, probe_id)
    if found is None or not (is_owner(visitor) or found.annotator == visitor.name):
        raise RunError(
            f"a kept probe must be one of this run; there is no {probe_id[:60]!r}; choose one of "
            "the list."
        )
    return found


def _summary(export: Exported) -> str:
    parts = [f"{counted(export.written, 'probe')} as a data set."]
    if export.left_out:
        parts.append(f"{export.left_out:,} without an expected label left out.")
    if export.problems:
        unread = counted(len(export.problems), "probe")
        parts.append(f"{unread} that cannot be read left out; `hardex probes` says why.")
    return " ".join(parts)
