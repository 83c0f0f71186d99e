"""Annotations <-> files: CSV, JSON lines and Label Studio's JSON, without loss both ways."""

import csv
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from hardex.annotate.answers import NO_CLASS, latest, votes_of
from hardex.annotate.consensus import consensus_of
from hardex.annotate.label_studio import read_tasks, write_setup, write_tasks
from hardex.annotate.rows import COLUMNS, NEEDED, Placed, event_of, one_line, row_of
from hardex.annotate.votes import Votes
from hardex.bounded import Unreadable, json_of, lines_of
from hardex.errors import RunError
from hardex.new_files import check_free, whole_file
from hardex.people.access import OWNER
from hardex.people.events import AnnotationEvent
from hardex.runs.run import Run, opened
from hardex.text import as_cell, of_cell

FORMATS = ("csv", "jsonl", "label-studio", "label-studio-setup", "consensus")
_CONSENSUS_COLUMNS = ("id", "given_label", "consensus", "share", "votes")


@dataclass(frozen=True)
class Written:
    """What an export wrote.

    Attributes:
        file: the path; "-" for a stream.
        format: one of `FORMATS`.
        rows: how many events, tasks or examples.
    """

    file: str
    format: str
    rows: int


@dataclass(frozen=True)
class Imported:
    """What an import stored.

    Attributes:
        file: the path.
        stored: how many events are new.
        known: how many were stored before.
        skipped: how many have an example or class that the run does not have.
        owner: how many new events are the owner's, and so count as gold.
    """

    file: str
    stored: int
    known: int
    skipped: int
    owner: int = 0


# ------------------------------------------------------------------ export


def export_annotations(
    run: str | Path | Run,
    file: str | Path | TextIO,
    format: str = "csv",
    *,
    force: bool = False,
    pictures: bool = True,
    annotations: str = "",
) -> Written:
    """Write annotations to a file, whole or not at all.

    Args:
        run: a run or its folder.
        file: a new file, or a text stream.
        format: `csv` or `jsonl`: one row for each event, including undone ones and undos;
            `label-studio`: one task for each judged example, for Label Studio's import, with all
            events in its `meta`, and as `lead_time` the time of the annotator's first answer;
            `label-studio-setup`: the labelling setup for those tasks; `consensus`: a CSV of the
            consensus on each example, with the owner as one of the annotators. There and in Label
            Studio, a class named like another answer, such as `wrong`, is written `class wrong`.
            In both kinds of CSV a leading apostrophe keeps spreadsheets from reading a text as a
            formula.
        force: whether to replace an existing file.
        pictures: whether the tasks of `label-studio` contain their images, at most 1,024 pixels
            wide or high, as data URLs; otherwise, and without an image, `image` is the id.
        annotations: the database address, if `run` is a folder and its annotations are elsewhere.

    Raises:
        RunError: an unknown format, the file exists, or it cannot be written.
    """
    if format not in FORMATS:
        raise RunError(
            f"annotations are exported as one of {', '.join(FORMATS)}; received {format!r}; "
            "choose one of them."
        )
    found = opened(run, annotations=annotations)
    write = _WRITERS[format]
    if format == "label-studio":
        write = partial(write_tasks, pictures=pictures)
    if not isinstance(file, str | Path):
        return Written("-", format, write(found, file))
    check_free(Path(file), "an export", force=force)
    with (
        whole_file(Path(file), "an export") as partial_file,
        partial_file.open("x", encoding="utf-8", newline="") as stream,
    ):
        rows = write(found, stream)
    return Written(str(file), format, rows)


def _write_csv(run: Run, stream: TextIO) -> int:
    rows = ([_cell(value) for value in row_of(event).values()] for event in run.annotations.all())
    return _write_rows(stream, COLUMNS, rows)


def _write_consensus(run: Run, stream: TextIO) -> int:
    last = latest(run.annotations.all())
    given = run.tables.given_labels({event.id for event in last})
    votes = Votes.of(votes_of(last, given))
    rows = (
        [_cell(one.id), _cell(one.given_label), _cell(one.answer), repr(one.share), str(one.votes)]
        for one in consensus_of(votes, given)
    )
    return _write_rows(stream, _CONSENSUS_COLUMNS, rows)


def _write_rows(stream: TextIO, header: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    writer, count = csv.writer(stream), 0
    writer.writerow(header)
    for row in rows:
        writer.writerow(row)
        count += 1
    return count


def _write_jsonl(run: Run, stream: TextIO) -> int:
    events = run.annotations.all()
    for event in events:
        stream.write(one_line(row_of(event)) + "\n")
    return len(events)


def _cell(value: Any) -> str:
    """A value as a cell of a CSV; for texts `of_cell` reverses it.

    Example:
        >>> _cell("=1+1"), _cell(-0.5), _cell(None)
        ("'=1+1", '-0.5', '')
    """
    if isinstance(value, str):
        return as_cell(value)
    return "" if value is None else repr(value)


_WRITERS: Mapping[str, Callable[[Run, TextIO], int]] = {
    "csv": _write_csv,
    "jsonl": _write_jsonl,
    "label-studio": write_tasks,
    "label-studio-setup": write_setup,
    "consensus": _write_consensus,
}


# ------------------------------------------------------------------ import


def import_annotations(
    run: str | Path | Run,
    file: str | Path,
    *,
    skip_unknown: bool = False,
    annotations: str = "",
) -> Imported:
    """Import annotations from a file: all of them, or none.

    Every event keeps its id, annotator and time, so importing a file twice stores it once. For an
    annotation made in Label Studio, the annotator is the email address of the person who completed
    it. The names in the file are trusted: events of `owner` count as gold.

    Args:
        run: a run or its folder.
        file: a .csv or .jsonl file as `export_annotations` writes it, or a .json file exported by
            Label Studio.
        skip_unknown: whether to skip events of other examples and classes; otherwise a file with
            any is refused.
        annotations: the database address, if `run` is a folder and its annotations are elsewhere.

    Raises:
        RunError: the file cannot be read, has other examples or classes, names an annotator under
            whose name nobody may be invited, or uses a stored event id for another event.
    """
    found, path = opened(run, annotations=annotations), Path(file)
    if not path.is_file():
        found_there = "a folder is" if path.is_dir() else "nothing is"
        raise RunError(
            f"annotations are imported from a file; {found_there} at {path}; check the path."
        )
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise RunError(
            f"annotations are imported from a .csv, .jsonl or .json file; received {path}; "
            "give it the suffix of its format."
        )
    try:
        read = list(reader(path, found))
    except (OSError, ValueError, csv.Error) as error:
        if isinstance(error, RunError):
            raise
        cause = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        raise RunError(
            f"{path} must be annotations in {path.suffix.lower().removeprefix('.')} format, in "
            f"UTF-8; reading it failed ({cause}); export them again."
        ) from error
    known, skipped = _known(found, read, path, skip_unknown=skip_unknown)
    before = {event.event_id for event in found.annotations.by(OWNER.name)}
    stored = found.annotations.keep(known)
    owners = {event.event_id for event in known if event.annotator == OWNER.name}
    return Imported(str(path), stored, len(known) - stored, skipped, len(owners - before))


def _known(
    run: Run, read: Sequence[Placed], path: Path, *, skip_unknown: bool
) -> tuple[list[AnnotationEvent], int]:
    """The events of the run's examples and classes, and how many others there are."""
    given = run.tables.given_labels({event.id for _, event in read})
    classes = {"", *run.manifest.class_names}
    known: list[AnnotationEvent] = []
    left_out: set[str] = set()
    first = ""
    for place, event in read:
        what = ""
        if event.id not in given:
            what = f"the example {event.id!r}"
        elif event.new_label not in classes or not _has_known_answer(event, classes):
            unknown = event.new_label if event.new_label not in classes else event.said
            what = f"the class {unknown!r}"
        if what or (event.undoes and event.undoes in left_out):
            left_out.add(event.event_id)
            first = first or f"{place} names {what}"
        else:
            known.append(event)
    if left_out and not skip_unknown:
        raise RunError(
            f"{len(left_out):,} of {len(read):,} annotations in {path} name an example or class "
            f"that the run lacks (first: {first}); nothing was imported; pass --skip-unknown to "
            "import the others."
        )
    return known, len(left_out)


def _has_known_answer(event: AnnotationEvent, classes: Collection[str]) -> bool:
    """Whether the blind answer is a class, or the verdict if that is not about a class."""
    return event.said in classes or (event.verdict in NO_CLASS and event.said == event.verdict)


def _read_csv(path: Path, run: Run) -> Iterator[Placed]:
    rows = csv.reader(lines_of(path), strict=True)
    header = next(rows, [])
    missing = [name for name in NEEDED if name not in header]
    if missing and "consensus" in header:
        raise ValueError("it is a consensus, not the annotations themselves")
    if missing:
        raise ValueError(f"there is no column {missing[0]!r}")
    twice = [name for name in COLUMNS if header.count(name) > 1]
    if twice:
        raise ValueError(f"two columns are called {twice[0]!r}")
    for cells in rows:
        if len(cells) not in (0, len(header)):
            raise ValueError(
                f"line {rows.line_num} has {len(cells)} cells and the header {len(header)}"
            )
        if cells:
            values = dict(zip(header, cells, strict=True))
            place = f"line {rows.line_num}"
            seconds = _number(values.pop("seconds", ""), place)
            texts = {name: of_cell(cell) for name, cell in values.items() if name in COLUMNS}
            yield place, event_of(place, path, {**texts, "seconds": seconds})


def _number(cell: str, place: str) -> float | None:
    try:
        return float(cell) if cell else None
    except ValueError:
        raise ValueError(f"{place}: seconds is {cell!r}, which is not a number") from None


def _read_jsonl(path: Path, run: Run) -> Iterator[Placed]:
    for number, line in enumerate(lines_of(path), start=1):
        if line.strip():
            try:
                values = json_of(line, endless=True)  # a number that is none gets its own sentence
            except Unreadable as error:
                raise ValueError(f"line {number}: {error}") from error
            yield f"line {number}", event_of(f"line {number}", path, values)


_READERS: Mapping[str, Callable[[Path, Run], Iterator[Placed]]] = {
    ".csv": _read_csv,
    ".jsonl": _read_jsonl,
    ".json": read_tasks,
}
