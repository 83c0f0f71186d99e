"""`hardex.report`: runs -> one file to send."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from hardex.comparison.compare import compare
from hardex.comparison.comparison import Comparison
from hardex.comparison.names import run_names
from hardex.errors import RunError
from hardex.new_files import check_free, whole_file
from hardex.reporting.compared import compared_part
from hardex.reporting.contents import Contents
from hardex.reporting.markdown import as_markdown
from hardex.reporting.page import as_page
from hardex.reporting.pictures import Room, shares, too_large
from hardex.reporting.run_part import run_part
from hardex.reporting.wording import shortened, summary_of_comparison
from hardex.runs.hard_examples import LISTS
from hardex.runs.manifest import now
from hardex.runs.run import Run, opened
from hardex.text import plain_json
from hardex.version import VERSION

THUMBNAILS = 200  # of which a report has less than 5 MB
MOST_BYTES = 100_000_000
_TEXT_BYTES = 10_000_000  # of them for everything but the pictures
WHAT = "a report"


@dataclass(frozen=True)
class Report:
    """A report that was written.

    Attributes:
        file: the path; "-" for a stream.
        format: `html`, `markdown` or `json`.
        size: in bytes.
        thumbnails: how many hard examples it shows.
        contents: what it says.
    """

    file: str
    format: str
    size: int
    thumbnails: int
    contents: Contents


def report(
    *runs: str | Path | Run,
    out: str | Path | TextIO = "",
    format: str = "",
    thumbnails: int = THUMBNAILS,
    force: bool = False,
    annotations: str = "",
) -> Report:
    """Write a report of runs: what is wrong, where, why, and how to repeat it.

    With several runs, the report also compares them; see `hardex.compare`.

    Args:
        runs: 1 to 20 runs or their folders.
        out: a new file, or a text stream; by default `report.html` and the like.
        format: `html`: one page with its pictures inside; `markdown`, or `json` without pictures.
            By default what the name of the file says, else `html`.
        thumbnails: how many hard examples are shown, of all runs and lists together. The lists
            take turns, by rank.
        force: whether to replace an existing file.
        annotations: the database address, if runs are folders and their annotations are elsewhere.

    Raises:
        RunError: a run cannot be read, the runs cannot be compared, the report would exceed
            100 MB, or the file exists or cannot be written.

    Example:
        >>> report("runs/nothing-here")
        Traceback (most recent call last):
        hardex.errors.RunError: a run is a folder with manifest.json; runs/nothing-here has none; \
make one with `hardex rank MODEL DATA --out RUN`.
    """
    kind = format or format_of(out)
    if kind not in FORMATS:
        raise RunError(
            f"a report is written as one of {', '.join(FORMATS)}; received {kind[:40]!r}; choose "
            "one of them."
        )
    if thumbnails < 0:
        raise RunError(f"--thumbnails must be 0 or more; received {thumbnails}; choose a number.")
    target = None if hasattr(out, "write") else Path(str(out) or f"report{_SUFFIXES[kind]}")
    if target is not None:
        check_free(target, WHAT, force=force)
    contents = contents_of(
        [opened(run, annotations=annotations) for run in runs],
        thumbnails=thumbnails,
        made=now(),
        pictures=kind == "html",
    )
    text = FORMATS[kind](contents)
    size = len(text.encode())
    if size > MOST_BYTES:
        raise too_large(MOST_BYTES, contents.shown * MOST_BYTES // size)
    if target is None:
        out.write(text)  # type: ignore[union-attr]
        return Report("-", kind, size, contents.shown, contents)
    with whole_file(target, WHAT) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")
    return Report(str(target), kind, size, contents.shown, contents)


def format_of(out: str | Path | TextIO) -> str:
    """The format that the name of a file says.

    Example:
        >>> format_of("report.md"), format_of("report"), format_of("a.JSON")
        ('markdown', 'html', 'json')
    """
    if not isinstance(out, str | Path):
        return "html"
    suffix = Path(out).suffix.lower()
    return {".md": "markdown", ".markdown": "markdown", ".json": "json"}.get(suffix, "html")


def contents_of(
    runs: Sequence[str | Path | Run],
    *,
    thumbnails: int = THUMBNAILS,
    made: str = "",
    pictures: bool = True,
    most_bytes: int = MOST_BYTES - _TEXT_BYTES,
) -> Contents:
    """What a report of these runs says.

    Args:
        runs: 1 to 20 runs or their folders.
        thumbnails: how many hard examples are shown.
        made: when, in UTC, ISO 8601.
        pictures: whether it holds pictures.
        most_bytes: how many bytes these may have together.

    Raises:
        RunError: a run cannot be read, the runs cannot be compared, or the pictures take more.
    """
    if not runs:
        raise RunError("a report needs a run; received none; pass the folder of one.")
    found = [opened(run) for run in runs]
    comparison = compare(*found) if len(found) > 1 else None  # refuses a folder given twice
    names = run_names([one.folder.resolve() for one in found])
    shown = _shown(found, thumbnails)
    room = Room(most_bytes, pictures)
    parts = tuple(
        run_part(name, run, of_run, room)
        for name, run, of_run in zip(names, found, shown, strict=True)
    )
    return Contents(
        title=_title(names, found, comparison),
        summary=parts[0].summary if comparison is None else summary_of_comparison(comparison),
        runs=parts,
        comparison=None if comparison is None else compared_part(comparison),
        made=made,
        version=VERSION,
    )


def _shown(runs: Sequence[Run], thumbnails: int) -> list[Mapping[str, int]]:
    """How many examples of each list are shown, by run."""
    totals = [int((run.hard["list"] == name).sum()) for run in runs for name in LISTS]
    counts = iter(shares(totals, thumbnails))
    return [{name: next(counts) for name in LISTS} for _ in runs]


def _title(names: Sequence[str], runs: Sequence[Run], comparison: Comparison | None) -> str:
    if comparison is not None:
        return f"Comparison of {', '.join(map(shortened, names))}"
    model, data = runs[0].manifest.model, runs[0].manifest.data
    name = shortened(model.name if model else names[0])
    return f"Where {name} fails" + (f" on {shortened(data.name)}" if data else "")


def _as_json(contents: Contents) -> str:
    return plain_json(json.dumps(contents.as_json(), indent=2, ensure_ascii=False)) + "\n"


FORMATS: Mapping[str, Callable[[Contents], str]] = {
    "html": as_page,
    "markdown": as_markdown,
    "json": _as_json,
}
_SUFFIXES = {"html": ".html", "markdown": ".md", "json": ".json"}
