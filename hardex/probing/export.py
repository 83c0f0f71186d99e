"""Kept probes with an expected class -> a data set: pictures and metadata.csv."""

import csv
import io
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4
from zipfile import ZIP_DEFLATED, ZipFile

from hardex.errors import RunError
from hardex.probing.kept_probe import KeptProbe
from hardex.probing.replay import as_seen
from hardex.probing.saved_probes import kept_picture, kept_probes
from hardex.runs.folder import safe_name
from hardex.runs.run import Run, opened

COLUMNS = ("file_name", "label", "name", "note", "kind", "annotator", "time", "probe_id")
# A spreadsheet reads a cell that begins with one of these as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Put = Callable[[str, bytes], object]


@dataclass(frozen=True)
class Exported:
    """What an export wrote and what it left out.

    Attributes:
        folder: where it was written; the empty path for a ZIP file.
        written: how many labelled pictures.
        left_out: how many probes have no expected class.
        labels: the classes written, in order of first appearance.
        problems: why probes could not be read, a sentence each.
    """

    folder: Path
    written: int
    left_out: int
    labels: tuple[str, ...]
    problems: tuple[str, ...]


def export_probes(run: str | Path | Run, folder: str | Path) -> Exported:
    """Write all labelled probes of a run as a data set that `rank` and other tools can read.

    The folder is a Hugging Face imagefolder: PNG files, each as the model saw it (after its
    transform), and `metadata.csv` with `file_name`, `label` (the expected class) and the other
    columns. It is complete or absent. In free text (name, note, annotator) a leading apostrophe
    keeps spreadsheets from reading a cell as a formula.

    Args:
        run: a run or its folder.
        folder: a new or empty folder.

    Raises:
        RunError: no probe has an expected class, the folder holds something, or cannot be written.
    """
    found, target = opened(run), Path(folder).resolve()
    partial = target.with_name(f".{target.name}.partial-{uuid4()}")
    made = [parent for parent in target.parents if not os.path.exists(parent)]
    try:
        _check_empty(target, folder)
        partial.mkdir(parents=True)
        exported = _put_all(found, target, lambda name, data: (partial / name).write_bytes(data))
        if target.exists():
            target.rmdir()
        partial.rename(target)
    except OSError as error:
        raise RunError(
            f"an export needs a folder that can be written; {folder} could not be "
            f"({error.strerror or error}), and nothing was kept; free some space or choose "
            "another."
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        with suppress(OSError):  # parent folders stay only if the export does
            for parent in made:
                parent.rmdir()
    return exported


def probes_as_zip(run: str | Path | Run) -> tuple[bytes, Exported]:
    """The same data set as `export_probes` writes, as the bytes of a ZIP file, and what is in it.

    Raises:
        RunError: no probe has an expected class.
    """
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        exported = _put_all(opened(run), Path(), archive.writestr)
    return file.getvalue(), exported


def _put_all(run: Run, folder: Path, put: Put) -> Exported:
    """Pass on each picture, then the table of those that could be read."""
    from hardex.images import as_png

    kept, problems = kept_probes(run.folder)
    labelled = [probe for probe in kept if probe.expected]
    rows = []
    for probe in labelled:
        try:
            picture = as_seen(probe, kept_picture(run.folder, probe), probe.shape)
        except RunError as error:
            problems.append(f"the probe {probe.probe_id} is skipped: {error}")
            continue
        row = _row(probe)
        put(row["file_name"], as_png(picture))
        rows.append(row)
    if not rows:
        raise RunError(
            f"an export needs probes with an expected class; none of the {len(kept)} kept with "
            f"{run.folder} has one and can be read; keep one on the Probe page and name its class."
        )
    put("metadata.csv", _table(rows))
    labels = tuple(dict.fromkeys(row["label"] for row in rows))
    return Exported(folder, len(rows), len(kept) - len(labelled), labels, tuple(problems))


def _row(probe: KeptProbe) -> dict[str, str]:
    # The UUID makes it unique, and the same in every export: it is the example's id from now on.
    parts = (f"label-{probe.expected}"[:30], safe_name(probe.name)[:40], probe.probe_id)
    return {
        "file_name": safe_name(*filter(None, parts), suffix=".png"),
        "label": probe.expected,
        "name": _no_formula(probe.name),
        "note": _no_formula(probe.note),
        "kind": probe.kind,
        "annotator": _no_formula(probe.annotator),
        "time": probe.time,
        "probe_id": probe.probe_id,
    }


def _no_formula(text: str) -> str:
    """Text that a spreadsheet reads as text.

    Example:
        >>> _no_formula("=1+1"), _no_formula("a seven")
        ("'=1+1", 'a seven')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def _table(rows: list[dict[str, str]]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue().encode()


def _check_empty(target: Path, typed: str | Path) -> None:
    if target.is_dir():
        others = sorted(path.name for path in target.iterdir())
        if others:
            raise RunError(
                f"an export must go to a new folder; {typed} holds other things ({others[0]}"
                f"{', …' if len(others) > 1 else ''}); choose another."
            )
    elif target.exists():
        raise RunError(f"an export must go to a folder; {typed} is a file; choose another.")
