"""The proofs of a run, and its fixes -> what the page Fix shows of them, in plain data."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from shlex import join
from typing import Any

from hardex.bounded import read_json
from hardex.comparison.names import run_names
from hardex.data.dataset import Dataset
from hardex.data.places import Places
from hardex.errors import HardexError
from hardex.images import png_url
from hardex.proof.ground import CONFIRM, SEALED, ReadAs, confirm_for_run, whole_of
from hardex.proof.history import Past, history
from hardex.remedies.fixed import FIX, Fixed
from hardex.runs.run import Run
from hardex.runs.seal import read_seal
from hardex.runs.view_words import checked_text
from hardex_app.cards import THUMBNAIL_PIXELS
from hardex_app.comparisons import Comparisons
from hardex_app.fixing import fixes_of

PICTURES = 12  # of each kind
_PROOFS_MOST = 200  # that are listed, the latest
_PROOF_MOST = 2**24  # bytes
_PARTS: dict[str, tuple[str, ...]] = {  # how the sentence of a part begins
    "sizes": ("A difference of", "Too few examples"),
    "remedy": (
        "Whether it is the remedy",
        "The remedy helps",
        "The remedy harms",
        "No measurable effect of the remedy",
    ),
    "classes": ("Classes that differ",),
    "target": ("The same examples with a planted",),
    "hard_set": ("On the ",),
    "calibration": ("Calibration error",),
    "probes": ("Kept probes",),
}
Json = dict[str, Any]


def past(run: Run, comparisons: Comparisons) -> Json:
    """The models of this data: every fix beside the run, and every proof, the latest first.

    Returns:
        `rows`, each with its `model` (its name), `parts` (the remedies), `verdict` and `sentence`
        (`untried` and "" if it was not proved), `created`, `file` (of the proof), `folder` (of the
        fix), `compare` (a view of the page Compare, or None) and `commands`, which make one; `uses`
        and `sentences`, what the proofs have used up.
    """
    found = history(run)
    fixes = {str(one.model.resolve()): one for one in fixes_of(run)}
    rows = [_row_of_proof(one, run, fixes, comparisons) for one in reversed(found.proofs)]
    proved = {row["model_path"] for row in rows}
    untried = [
        _row_of_fix(one, run, comparisons)
        for path, one in reversed(list(fixes.items()))
        if path not in proved
    ]
    return {
        "rows": [*untried, *rows[:_PROOFS_MOST]],
        "uses": found.uses,
        "sentences": list(found.sentences()) if found.proofs else [],
    }


def _row_of_proof(proof: Past, run: Run, fixes: dict[str, Fixed], comparisons: Comparisons) -> Json:
    source = _proof_of(Path(proof.file))["after"]["source"]
    path = str(Path(source).resolve())
    fixed = fixes.get(path)
    if fixed is not None and _is_newer(fixed, proof):  # it has replaced the fix that was proved
        fixed, path = None, ""
        comparing: Json = {"compare": None, "after": "", "commands": []}
    else:
        comparing = _comparing(run, Path(source), comparisons)
    return {
        "model": proof.after if fixed is None else fixed.folder.name,
        "model_path": path,
        "parts": [] if fixed is None else list(fixed.recipe.parts),
        "verdict": proof.verdict,
        "sentence": proof.sentence,
        "created": proof.created,
        "file": proof.file,
        "folder": "" if fixed is None else str(fixed.folder),
        **comparing,
    }


def _is_newer(fixed: Fixed, proof: Past) -> bool:
    try:
        made = (fixed.folder / FIX).stat().st_mtime
        return datetime.fromtimestamp(int(made), UTC) > datetime.fromisoformat(proof.created)
    except (OSError, ValueError, TypeError):
        return False


def _row_of_fix(fixed: Fixed, run: Run, comparisons: Comparisons) -> Json:
    return {
        "model": fixed.folder.name,
        "model_path": str(fixed.model.resolve()),
        "parts": list(fixed.recipe.parts),
        "verdict": "untried",
        "sentence": "",
        "created": "",
        "file": "",
        "folder": str(fixed.folder),
        **_comparing(run, fixed.model, comparisons),
    }


def _comparing(run: Run, model: Path, comparisons: Comparisons) -> Json:
    """Where Compare shows both models, or the commands after which it does."""
    runs = comparisons.runs(run)
    for place, other in enumerate(runs[1:], 2):
        source = other.manifest.model
        if source is not None and source.path and Path(source.path).resolve() == model.resolve():
            names = run_names([one.folder.resolve() for one in runs])
            view = {"page": "compare", "models": f"1.{place}", "list": "broken", "a": 1, "b": place}
            return {"compare": view, "after": names[place - 1], "commands": []}
    data = run.data or (run.manifest.data.path if run.manifest.data else "") or ""
    named = data or (run.manifest.data.name if run.manifest.data else "DATA")
    is_fix = (model.parent / FIX).exists()
    out = f"{model.parent if is_fix else model.with_suffix('')}-run"
    words = ["hardex", "rank", str(model), named]
    if run.manifest.preprocess is not None:
        words += ["--preprocess", run.manifest.preprocess]
    seal = read_seal(run.folder)
    if seal is not None:
        words += ["--seal", f"{seal.share:g}"]
    serve = ["hardex", "serve", str(run.folder), out]
    return {"compare": None, "after": "", "commands": [join([*words, "--out", out]), join(serve)]}


def proof(request: Any, run: Run) -> Json:
    """One proof as it is kept, with pictures of what was broken and what was repaired.

    Args:
        request: `name`, that of its file without the ending.
        run: the run that is open.

    Returns:
        The proof as `hardex prove --format json` tells it, without the long lists of ids;
        `says`, the sentences of its parts; `pictures`: `broken` and `repaired`, the first of each
        with `id`, `given` and `image`; and `pictures_problem`, why there are none, or "".

    Raises:
        HardexError: there is no such proof of this run.
    """
    wanted = checked_text("name", request.get("name") if isinstance(request, dict) else None)
    kept = {Path(one.file).stem: Path(one.file) for one in history(run).proofs}
    if wanted not in kept:
        raise HardexError(
            f"a proof of this run is shown by its name; {wanted[:200]!r} is none; reload the page."
        )
    found = _proof_of(kept[wanted])
    told = [str(line) for line in found["told"]]
    found["says"] = {
        part: next((line for line in told if line.startswith(begins)), "")
        for part, begins in _PARTS.items()
    }
    broken, repaired = found.pop("broken_ids"), found.pop("repaired_ids")
    first = {"broken": broken[:PICTURES], "repaired": repaired[:PICTURES]}
    found["pictures"], found["pictures_problem"] = _pictures(found, first, run)
    return found


def _proof_of(path: Path) -> Json:
    found: Json = read_json(path, _PROOF_MOST)
    return found


def _pictures(found: Json, ids: dict[str, Sequence[str]], run: Run) -> tuple[Json, str]:
    """The pictures of these examples: of those of a proof, which has opened them already."""
    if not any(ids.values()):
        return {"broken": [], "repaired": []}, ""
    try:
        dataset = _examples_of(found, run)
        places = Places(dataset).of([str(one) for some in ids.values() for one in some])
    except HardexError as error:
        named = {kind: [_card(str(id), None, 0) for id in some] for kind, some in ids.items()}
        return named, f"The pictures cannot be shown: {error}"
    cards = {
        kind: [_card(str(id), dataset, places.get(str(id))) for id in some]
        for kind, some in ids.items()
    }
    return cards, ""


def _examples_of(found: Json, run: Run) -> Dataset:
    """The data of a proof, unchanged since.

    Raises:
        HardexError: it is not there any more.
    """
    if found["where"] == SEALED:
        return whole_of(run)
    if found["where"] == CONFIRM:
        dataset = confirm_for_run(found["data"], run, ReadAs()).dataset
        if dataset.fingerprint() == found["data_hash"]:
            return dataset
    raise HardexError(f"{found['data']} is not the data that was used; put it back.")


def _card(id: str, dataset: Dataset | None, position: int | None) -> Json:
    if dataset is None or position is None:
        return {"id": id, "given": "", "image": ""}
    given = dataset.class_names[int(dataset.labels[position])]
    try:
        image = png_url(dataset.image(position), THUMBNAIL_PIXELS)
    except HardexError:
        image = ""
    return {"id": id, "given": given, "image": image}
