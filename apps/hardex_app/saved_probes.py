"""Kept probes as the Probe page writes, lists, opens again and exports them. Plain data out."""

from base64 import b64encode
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import uuid4

from hardex.classifiers.classifier import Classifier
from hardex.errors import HardexError, RunError
from hardex.images import ORDER, png_url
from hardex.people.access import OWNER, Visitor
from hardex.probing.export import Exported, probes_as_zip
from hardex.probing.replay import as_seen
from hardex.probing.saved_probes import (
    KeptProbe,
    changes,
    keep,
    kept_picture,
    kept_probe,
    kept_probes,
)
from hardex.probing.sliders import place_in_words, slider_of
from hardex.runs.folder import safe_name
from hardex.runs.run import Run
from hardex.sentences import counted
from hardex_app.auth.visitors import is_owner
from hardex_app.cards import THUMBNAIL_PIXELS
from hardex_app.probing import probe, source_image, transform_of
from hardex_app.sources import shape_of

SHOWN_MOST = 60  # the latest; `hardex probes RUN` lists all of them
KEPT_BY_ONE = 500  # probes of an annotator in one run; the run holds 10,000
_THUMBNAILS_KEPT = 256
_ONE_BY_ONE = Lock()
_DRAWN_WITH = ("strokes", "widths", "colors", "brush", "paper", "canvas", "normalize")
_SAID = ("name", "expected", "note")
_DONE = {  # to the picture, before the amount
    "flip": "",
    "scale": "scaled",
    "shear": "sheared",
    "rotation": "rotated",
    "shift_x": "shifted",
    "shift_y": "shifted",
    "stroke": "strokes",
    "blur": "blurred",
    "contrast": "contrast",
    "invert": "",
    "noise": "noise",
}


def keep_this(
    request: dict[str, Any], annotator: str, run: Run, classifier: Classifier
) -> KeptProbe:
    """Keep what a visitor sees: the picture, what was done to it, and what the model says.

    Args:
        request: `source` and `transform`, as `probing.probe` takes them, and the texts `name`,
            `expected` (a class, or "") and `note`; `probe_id`, a UUID made by the page, so that
            what is sent twice is kept once.
        annotator: who the visitor is.
        run: with which it is kept.
        classifier: who answers.

    Raises:
        HardexError: a value is missing, too long or out of range, the run cannot be written, or an
            annotator has `KEPT_BY_ONE` already.
    """
    says = probe(request, run, classifier)["after"]  # checks the request, too
    source = request["source"]
    before = source_image(source, run, classifier)
    shape, drawn = shape_of(before), source["kind"] == "sketch"
    kept = KeptProbe(
        kind=source["kind"],
        example=str(source["id"]) if source["kind"] == "example" else "",
        source={name: source[name] for name in _DRAWN_WITH if name in source} if drawn else {},
        shape=shape,
        transform=changes(transform_of(request, shape)),
        predicted=says["predicted"],
        confidence=says["confidence"],
        model=classifier.fingerprint(),
        annotator=annotator,
        probe_id=request.get("probe_id") or str(uuid4()),
        **{name: request.get(name, "") for name in _SAID},
    )
    with _ONE_BY_ONE:  # the same may be sent twice at one moment
        stored = _stored(kept, run)
        if stored is not None:
            return stored
        if annotator != OWNER.name:
            _check_room(run, annotator)
        return keep(run.folder, kept, before)


def _stored(probe: KeptProbe, run: Run) -> KeptProbe | None:
    """The same probe, if it is kept already; what a model said of it, and when, may differ."""
    found = kept_probe(run.folder, probe.probe_id)
    if found is None:
        return None
    said = {name: getattr(probe, name) for name in ("predicted", "confidence", "model", "time")}
    return found if replace(found, **said) == probe else None


def _check_room(run: Run, annotator: str) -> None:
    """One annotator alone does not fill the run."""
    probes, _ = kept_probes(run.folder, light=True)
    own = sum(one.annotator == annotator for one in probes)
    if own >= KEPT_BY_ONE:
        raise HardexError(
            f"an annotator keeps at most {KEPT_BY_ONE:,} probes in a run; you have {own:,}; ask "
            "the owner to delete some."
        )


def kept(run: Run, visitor: Visitor = OWNER) -> dict[str, Any]:
    """The kept probes, the latest first, as the page lists them; an annotator's are their own.

    Returns:
        `probes` (at most `SHOWN_MOST`, each with its `changes` in words and its `image` after
        them), `total`, `labelled` (how many an export would hold; of an annotator none),
        `problem` (a sentence for the owner, if some cannot be read; where they are stands on the
        terminal only).
    """
    probes, problems = _of(run.folder, visitor)
    return {
        "probes": [_listed(run, one) for one in reversed(probes[-SHOWN_MOST:])],
        "total": len(probes),
        "labelled": sum(bool(one.expected) for one in probes) if is_owner(visitor) else 0,
        "problem": f"{len(problems):,} kept probes cannot be read; `hardex probes` says why."
        if problems
        else "",
    }


def _of(folder: Path, visitor: Visitor) -> tuple[list[KeptProbe], list[str]]:
    """What this visitor may see of the kept probes, and what is wrong with others."""
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
        "changes": changes_in_words(one),
        "image": _thumbnail(run.folder, one.probe_id),
    }


def changes_in_words(one: KeptProbe) -> str:
    """What was done to the picture, in the order in which it acts; "" for nothing.

    Example:
        >>> done = {"rotation": 112, "shift_x": -1.5, "invert": True}
        >>> one = KeptProbe(
        ...     kind="image",
        ...     shape=(28, 28, 1),
        ...     transform=done,
        ...     predicted="7",
        ...     confidence=0.9,
        ...     model="a model",
        ...     annotator="owner",
        ... )
        >>> changes_in_words(one)
        'rotated +112°, shifted 1.5 px to the left, inverted'
    """
    return ", ".join(
        f"{_DONE[name]} {place_in_words(slider_of(name, one.shape), one.transform[name])}".strip()
        for name in ORDER
        if name in one.transform
    )


def _thumbnail(folder: Path, probe_id: str) -> str:
    """The picture after its changes, as a data URL, as small as it is drawn; "" if unreadable."""
    try:
        return _readable_thumbnail(folder, probe_id)
    except HardexError:
        return ""


@lru_cache(maxsize=_THUMBNAILS_KEPT)
def _readable_thumbnail(folder: Path, probe_id: str) -> str:
    """A probe never changes once it is kept."""
    one = _found(folder, probe_id, OWNER)
    return png_url(as_seen(one, kept_picture(folder, one), one.shape), THUMBNAIL_PIXELS)


def reopened(request: dict[str, Any], run: Run, visitor: Visitor = OWNER) -> dict[str, Any]:
    """A kept probe as the page shows it again.

    Args:
        request: its `id`.
        run: with which it was kept.
        visitor: who asks; an annotator's probes are for them and the owner alone.

    Returns:
        `source` and `transform`, as `probing.probe` takes them, `name`, `expected`, `note`.

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


def _source(run: Run, one: KeptProbe) -> dict[str, Any]:
    if one.kind == "example":
        return {"kind": "example", "id": one.example}
    if one.kind == "sketch":
        return {"kind": "sketch", **one.source}
    image = kept_picture(run.folder, one)
    return {
        "kind": "image",
        "pixels": b64encode(image.tobytes()).decode(),
        "shape": list(image.shape),
    }


def _found(folder: Path, probe_id: str, visitor: Visitor) -> KeptProbe:
    found = kept_probe(folder, probe_id)
    if found is None or not (is_owner(visitor) or found.annotator == visitor.name):
        raise RunError(
            f"a kept probe must be one of this run; there is no {probe_id[:60]!r}; choose one of "
            "the list."
        )
    return found


def exported(run: Run) -> dict[str, Any]:
    """All kept probes with an expected label, as a data set in one ZIP file.

    Returns:
        `zip` (base64), `file_name` (for the download), `says` (a sentence).

    Raises:
        RunError: no probe has an expected label.
    """
    probes, _ = kept_probes(run.folder, light=True)
    if not any(one.expected for one in probes):  # said without the folder, which none need know
        raise RunError(
            f"an export needs kept probes with an expected label; none of the {len(probes):,} has "
            "one; keep one and choose its label."
        )
    archive, export = probes_as_zip(run)
    return {
        "zip": b64encode(archive).decode(),
        "file_name": safe_name(run.folder.name, "probes", suffix=".zip"),
        "says": _says(export),
    }


def _says(export: Exported) -> str:
    said = [f"{counted(export.written, 'probe')} as a data set."]
    if export.left_out:
        said.append(f"{export.left_out:,} without an expected label left out.")
    if export.problems:
        unread = counted(len(export.problems), "probe")
        said.append(f"{unread} that cannot be read left out; `hardex probes` says why.")
    return " ".join(said)
