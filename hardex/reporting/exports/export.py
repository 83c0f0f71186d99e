"""`hardex.export`: a run -> files that another tool opens."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hardex.errors import RunError
from hardex.new_files import check_free, whole_file, whole_folder
from hardex.reporting.exports.cleanlab import write_cleanlab
from hardex.reporting.exports.fiftyone import write_fiftyone
from hardex.reporting.exports.imagefolder import write_imagefolder
from hardex.reporting.exports.label_studio import write_label_studio
from hardex.reporting.exports.picked import LeftOut
from hardex.reporting.exports.table import write_table
from hardex.runs.run import Run, opened
from hardex.runs.views import LISTS
from hardex.version import VERSION

SCHEMA = "hardex.exported/1"
NOTE = "hardex.json"  # in each exported folder: what it is of
WHAT = "an export"
_WRITERS: Mapping[str, Callable[[Run, str, Path, LeftOut], int]] = {
    "imagefolder": write_imagefolder,
    "fiftyone": write_fiftyone,
    "label-studio": write_label_studio,
    "cleanlab": write_cleanlab,
    "parquet": write_table,
}
TOOLS = tuple(_WRITERS)
_OF_ALL = ("cleanlab", "parquet")  # always all examples


@dataclass(frozen=True)
class Exported:
    """What an export wrote.

    Attributes:
        path: the folder or file.
        to: one of `TOOLS`.
        examples: how many it holds.
        left_out: how many have no picture that can be read.
        first_left_out: the id of the first of them, or "".
    """

    path: str
    to: str
    examples: int
    left_out: int
    first_left_out: str


def export(
    run: str | Path | Run,
    to: str,
    *,
    out: str | Path = "",
    list: str = "",
    force: bool = False,
    data: str | Path = "",
    annotations: str = "",
) -> Exported:
    """Write a run for another tool, whole or not at all.

    Args:
        run: a run or its folder.
        to: `imagefolder` (Hugging Face), `fiftyone`, `label-studio` (tasks with predictions),
            `cleanlab` (labels and probabilities as arrays) or `parquet` (one table, for pandas).
        out: a new folder, or a file for `parquet`; by default the name of the run and the tool.
        list: which examples: `all`, `hard` (the default), `unsure` or `wrong`; `cleanlab` and
            `parquet` always hold all.
        force: whether to replace an earlier export.
        data: where the images are now, if they moved.
        annotations: the database address, if `run` is a folder and its annotations are elsewhere.

    Raises:
        RunError: an unknown tool or list, no picture where pictures are needed, or the target
            exists or cannot be written.

    Example:
        >>> export("runs/nothing-here", "excel")
        Traceback (most recent call last):
        hardex.errors.RunError: a run is exported to one of imagefolder, fiftyone, label-studio, \
cleanlab, parquet; received 'excel'; choose one of them.
    """
    _check(to, list)
    found = opened(run, data=data, annotations=annotations)
    suffix = ".parquet" if to == "parquet" else f"-{to}"
    path, left_out = Path(out or f"{found.folder.resolve().name}{suffix}"), LeftOut()
    write, chosen = _WRITERS[to], list or ("all" if to in _OF_ALL else "hard")
    if to == "parquet":
        check_free(path, WHAT, force=force)
        with whole_file(path, WHAT) as partial:
            count = write(found, chosen, partial, left_out)
    else:
        check_free(path, WHAT, force=force, kind="folder")
        _check_ours(path)
        with whole_folder(path, WHAT) as partial:
            count = write(found, chosen, partial, left_out)
            _write_note(partial / NOTE, found, to, chosen, count)
    return Exported(str(path), to, count, left_out.count, left_out.first)


def _check(to: str, list: str) -> None:
    if to not in TOOLS:
        raise RunError(
            f"a run is exported to one of {', '.join(TOOLS)}; received {to[:40]!r}; choose one of "
            "them."
        )
    if list and list not in LISTS:
        raise RunError(
            f"--list must be one of {', '.join(LISTS)}; received {list[:40]!r}; choose one of them."
        )
    if list not in ("", "all") and to in _OF_ALL:
        raise RunError(
            f"an export to {to} holds all examples; received --list {list}; leave it out."
        )


def _check_ours(path: Path) -> None:
    """Raise `RunError` if a folder that would be replaced is not an export of hardex."""
    if path.is_dir() and not (path / NOTE).is_file():
        raise RunError(
            f"--force replaces an export of hardex, which has a file {NOTE}; {path} has none; "
            "choose another."
        )


def _write_note(path: Path, run: Run, to: str, list: str, count: int) -> None:
    model, data = run.manifest.model, run.manifest.data
    told = {
        "schema": SCHEMA,
        "to": to,
        "list": list,
        "examples": count,
        "class_names": run.manifest.class_names,
        "model_hash": model.hash if model else "",
        "data_hash": data.hash if data else "",
        "hardex": VERSION,
    }
    path.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
