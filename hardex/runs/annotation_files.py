"""Annotations <-> files: CSV, JSON lines and Label Studio's JSON, there and back without a loss."""

import csv
import json
import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from math import isfinite
from pathlib import Path
from typing import Any, TextIO
from uuid import NAMESPACE_URL, uuid4, uuid5
from xml.sax.saxutils import quoteattr

from hardex.errors import HardexError, RunError
from hardex.images import shown_url
from hardex.runs.access import OWNER
from hardex.runs.agreement import (
    NO_CLASS,
    WRONG,
    Answer,
    Vote,
    answer_of,
    consensus_of,
    first_words,
    given_labels,
    latest,
    open_run,
    votes_of,
)
from hardex.runs.annotations import AnnotationEvent, has_control_signs
from hardex.runs.run import Run

FORMATS = ("csv", "jsonl", "label-studio", "label-studio-setup", "consensus")
COLUMNS = (
    *("event_id", "time", "annotator", "id", "verdict", "new_label", "comment", "seconds"),
    *("said", "shown", "undoes"),
)
CONSENSUS_COLUMNS = ("id", "given_label", "consensus", "share", "votes")
_NEEDED = COLUMNS[:5]
# A spreadsheet takes a cell that begins so for a formula; some also take the full-width signs.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# What JSON leaves as it is, though many readers end a line there.
_ONE_LINE = {ord(sign): f"\\u{ord(sign):04x}" for sign in "\x85\u2028\u2029"}
_LABEL_STUDIO = "hardex.label-studio/1"
# The names of what is asked in Label Studio.
_ANSWER, _COMMENT, _IMAGE = "answer", "comment", "image"
_PICTURE_PIXELS = 1_024  # the longer side


@dataclass(frozen=True)
class Written:
    """What an export wrote.

    Attributes:
        file: where to; "-" for a stream.
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
        file: where from.
        stored: how many events are new.
        known: how many were stored before.
        skipped: how many are of no example or class of the run.
        owner: how many of those that are new are the owner's, and so count as gold.
    """

    file: str
    stored: int
    known: int
    skipped: int
    owner: int = 0


# ------------------------------------------------------------------ out


def export_annotations(
    run: str | Path | Run,
    file: str | Path | TextIO,
    format: str = "csv",
    *,
    force: bool = False,
    pictures: bool = True,
    annotations: str = "",
) -> Written:
    """Write what people said to a file, whole or not at all.

    Args:
        run: a run or its folder.
        file: a new file, or a text stream.
        format: `csv` or `jsonl`: one row for each event, undone ones and their undoing too;
            `label-studio`: one task for each judged example, for Label Studio's import, with all
            events in its `meta`; `lead_time` is that of the annotator's first, blind word;
            `label-studio-setup`: the labelling setup those tasks ask for; `consensus`: a CSV of
            what most people say of each example, the owner being one of them. There and in Label
            Studio, a class with the name of an answer, such as `wrong`,
            is written `class wrong`. In both CSV a leading apostrophe keeps spreadsheets from
            taking a text for a formula.
        force: whether a file that is there is replaced.
        pictures: whether the tasks of `label-studio` hold their pictures, at most 1,024 pixels
            wide or high, as data URLs; else, and where there is no picture, `image` is the id.
        annotations: the address of the database, where `run` is a folder and they are not there.

    Raises:
        RunError: another format, the file is there already, or it cannot be written.
    """
    if format not in FORMATS:
        raise RunError(
            f"annotations are exported as one of {', '.join(FORMATS)}; received {format!r}; "
            "choose one of them."
        )
    found = open_run(run, annotations)
    write = _WRITERS[format]
    if format == "label-studio":
        write = partial(_write_label_studio, pictures=pictures)
    if not isinstance(file, str | Path):
        return Written("-", format, write(found, file))
    with _whole(Path(file), force=force) as stream:
        rows = write(found, stream)
    return Written(str(file), format, rows)


@contextmanager
def _whole(path: Path, *, force: bool) -> Iterator[TextIO]:
    """A file beside `path` that takes its place when the block ends well."""
    if not force and os.path.lexists(path):
        raise RunError(
            f"an export must go to a new file; {path} is there already; pass --force to replace "
            "it or choose another."
        )
    if not path.parent.is_dir():
        raise RunError(
            f"an export must go to a folder that is there; {path.parent} is none; make it or "
            "choose another."
        )
    partial = path.with_name(f".{path.name[:60]}.partial-{uuid4()}")
    try:
        with partial.open("x", encoding="utf-8", newline="") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    except OSError as error:
        raise RunError(
            f"an export must go to a file that can be written; {path} could not be "
            f"({error.strerror or error}), and nothing of it was kept; free some space or choose "
            "another."
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _write_csv(run: Run, stream: TextIO) -> int:
    rows = ([_cell(value) for value in _row(event).values()] for event in run.annotations.all())
    return _put_csv(stream, COLUMNS, rows)


def _write_consensus(run: Run, stream: TextIO) -> int:
    votes, given = _votes(run)
    rows = (
        [_cell(one.id), _cell(one.given_label), _cell(one.answer), repr(one.share), str(one.votes)]
        for one in consensus_of(votes, given)
    )
    return _put_csv(stream, CONSENSUS_COLUMNS, rows)


def _put_csv(stream: TextIO, header: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    writer, count = csv.writer(stream), 0
    writer.writerow(header)
    for row in rows:
        writer.writerow(row)
        count += 1
    return count


def _write_jsonl(run: Run, stream: TextIO) -> int:
    events = run.annotations.all()
    for event in events:
        stream.write(json.dumps(_row(event), ensure_ascii=False).translate(_ONE_LINE) + "\n")
    return len(events)


def _row(event: AnnotationEvent) -> dict[str, Any]:
    values = {name: getattr(event, name) for name in COLUMNS}
    return values | {"time": time_as_text(event.time)}


def time_as_text(time: datetime) -> str:
    """A time in UTC as ISO 8601, to the microsecond.

    Example:
        >>> time_as_text(datetime(2026, 1, 2, 3, 4, 5))
        '2026-01-02T03:04:05.000000Z'
    """
    return _without_zone(time).isoformat(timespec="microseconds") + "Z"


def _without_zone(time: datetime) -> datetime:
    return time if time.tzinfo is None else time.astimezone(UTC).replace(tzinfo=None)


def _cell(value: Any) -> str:
    """A value for one cell of a CSV; `_text_of` gives it back.

    Example:
        >>> _cell("=1+1"), _cell("'=1+1"), _cell("'tis"), _cell(-0.5), _cell(None)
        ("'=1+1", "''=1+1", "'tis", '-0.5', '')
    """
    if isinstance(value, str):
        # What looks guarded is guarded once more, so that taking one away is always exact.
        return f"'{value}" if value.lstrip("'").startswith(_FORMULA) else value
    return "" if value is None else repr(value)


def _text_of(cell: str) -> str:
    guarded = cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA)
    return cell[1:] if guarded else cell


def _votes(run: Run) -> tuple[list[Vote], dict[str, str]]:
    standing = latest(run.annotations.all())
    given = given_labels(run, {event.id for event in standing})
    return votes_of(standing, given), given


# ------------------------------------------------------------------ Label Studio, out


def _write_label_studio(run: Run, stream: TextIO, *, pictures: bool = True) -> int:
    """One task for each example. `meta` keeps every event: Label Studio hands it on unread.

    Source:
        labelstud.io/guide/task_format (2026).
    """
    by_example: dict[str, list[AnnotationEvent]] = defaultdict(list)
    for event in run.annotations.all():
        by_example[event.id].append(event)
    given = given_labels(run, by_example)
    stream.write("[")
    for number, (id, events) in enumerate(by_example.items()):
        picture = _picture(run, id) if pictures else id
        task = _task(id, picture, given.get(id, ""), events)
        stream.write(("," if number else "") + "\n" + json.dumps(task, ensure_ascii=False))
    stream.write("\n]\n")
    return len(by_example)


def _picture(run: Run, id: str) -> str:
    """What Label Studio shows; without a picture the id, which tells people what to look for."""
    try:
        return shown_url(run.image(id), _PICTURE_PIXELS)
    except HardexError:
        return id


def _task(
    id: str, picture: str, given_label: str, events: Sequence[AnnotationEvent]
) -> dict[str, Any]:
    votes = latest(events) if given_label else []
    # Whoever keeps or changes an answer has done the work before: the time is that of the first
    # word, where it was measured.
    took = {event.annotator: event.seconds for event in first_words(events)}
    return {
        "data": {_IMAGE: picture, "id": id, "given_label": given_label},
        "meta": {"schema": _LABEL_STUDIO, "events": [_row(event) for event in events]},
        "annotations": [_annotation(event, given_label, took) for event in votes],
    }


def _annotation(
    event: AnnotationEvent, given_label: str, took: Mapping[str, float | None]
) -> dict[str, Any]:
    time, first = time_as_text(event.time), took.get(event.annotator)
    where = {"id": event.event_id, "to_name": _IMAGE}  # Label Studio keeps the id of a result
    choice = {"choices": [answer_of(event, given_label).text]}
    result = [{**where, "from_name": _ANSWER, "type": "choices", "value": choice}]
    if event.comment:
        text = {"text": [event.comment]}
        result.append({**where, "from_name": _COMMENT, "type": "textarea", "value": text})
    return {
        "unique_id": event.event_id,
        "completed_by": {"email": event.annotator},
        "created_at": time,
        "updated_at": time,
        "lead_time": event.seconds if first is None else first,
        "was_cancelled": False,
        "ground_truth": False,
        "result": result,
    }


def _write_setup(run: Run, stream: TextIO) -> int:
    classes = (Answer(name).text for name in run.manifest.class_names)
    answers = (*classes, *NO_CLASS, WRONG)
    choices = "".join(f"    <Choice value={_attribute(answer)}/>\n" for answer in answers)
    stream.write(
        "<View>\n"
        f'  <Image name="{_IMAGE}" value="${_IMAGE}"/>\n'
        f'  <Choices name="{_ANSWER}" toName="{_IMAGE}" choice="single">\n{choices}  </Choices>\n'
        f'  <TextArea name="{_COMMENT}" toName="{_IMAGE}"/>\n'
        "</View>\n"
    )
    return len(answers)


def _attribute(text: str) -> str:
    return quoteattr(text, {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})


_WRITERS: Mapping[str, Callable[[Run, TextIO], int]] = {
    "csv": _write_csv,
    "jsonl": _write_jsonl,
    "label-studio": _write_label_studio,
    "label-studio-setup": _write_setup,
    "consensus": _write_consensus,
}


# ------------------------------------------------------------------ in


def import_annotations(
    run: str | Path | Run,
    file: str | Path,
    *,
    skip_unknown: bool = False,
    annotations: str = "",
) -> Imported:
    """Store what people said elsewhere: all of a file, or nothing.

    Every event keeps its id, annotator and time, so importing twice stores once. Of Label Studio's
    own annotations, the annotator is the mail address of who completed it. The file is believed
    as to who said what: what it says in the name of `owner` counts as gold.

    Args:
        run: a run or its folder.
        file: a .csv or .jsonl file as `export_annotations` writes it, or a .json file exported by
            Label Studio.
        skip_unknown: whether what is said of other examples and classes is left out; else such a
            file is refused.
        annotations: the address of the database, where `run` is a folder and they are not there.

    Raises:
        RunError: the file cannot be read, speaks of other examples or classes, has a name of
            several lines or with control signs, or calls something else by an id that is stored
            already. Other names under which nobody may be invited come back as they were stored.
    """
    found, path = open_run(run, annotations), Path(file)
    if not path.is_file():
        there = "a folder is" if path.is_dir() else "nothing is"
        raise RunError(f"annotations are imported from a file; {there} at {path}; check the path.")
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise RunError(
            f"annotations are imported from a .csv, .jsonl or .json file; received {path}; "
            "rename it after what it holds."
        )
    try:
        read = list(reader(path, found))
    except (OSError, ValueError, csv.Error, RecursionError) as error:
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


_Placed = tuple[str, AnnotationEvent]  # where an event stands in its file, and the event


def _known(
    run: Run, read: Sequence[_Placed], path: Path, *, skip_unknown: bool
) -> tuple[list[AnnotationEvent], int]:
    """The events of examples and classes of the run, and how many others there are."""
    given = given_labels(run, {event.id for _, event in read})
    classes = {"", *run.manifest.class_names}
    known: list[AnnotationEvent] = []
    left_out: set[str] = set()
    first = ""
    for place, event in read:
        what = ""
        if event.id not in given:
            what = f"the example {event.id!r}"
        elif event.new_label not in classes or not _can_be_said(event, classes):
            strange = event.new_label if event.new_label not in classes else event.said
            what = f"the class {strange!r}"
        if what or (event.undoes and event.undoes in left_out):
            left_out.add(event.event_id)
            first = first or f"{place} is of {what}"
        else:
            known.append(event)
    if left_out and not skip_unknown:
        raise RunError(
            f"annotations must be of examples and classes of the run; {len(left_out):,} of "
            f"{len(read):,} in {path} are not (the first, {first}), and nothing was stored; pass "
            "--skip-unknown to import the others."
        )
    return known, len(left_out)


def _can_be_said(event: AnnotationEvent, classes: Collection[str]) -> bool:
    """Whether what was said blind is a class, or the verdict itself where that names none."""
    return event.said in classes or (event.verdict in NO_CLASS and event.said == event.verdict)


def _read_csv(path: Path, run: Run) -> Iterator[_Placed]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.reader(file, strict=True)
        header = next(rows, [])
        missing = [name for name in _NEEDED if name not in header]
        if missing and "consensus" in header:
            raise ValueError("it is a consensus, which is counted from annotations")
        if missing:
            raise ValueError(f"there is no column {missing[0]!r}")
        for cells in rows:
            if len(cells) not in (0, len(header)):
                raise ValueError(
                    f"line {rows.line_num} has {len(cells)} cells and the header {len(header)}"
                )
            if cells:
                values = dict(zip(header, cells, strict=True))
                place = f"line {rows.line_num}"
                seconds = _number(values.pop("seconds", ""), place)
                texts = {name: _text_of(cell) for name, cell in values.items() if name in COLUMNS}
                yield place, _event(place, path, {**texts, "seconds": seconds})


def _number(cell: str, place: str) -> float | None:
    try:
        return float(cell) if cell else None
    except ValueError:
        raise ValueError(f"{place}: seconds is {cell!r}, which is no number") from None


def _read_jsonl(path: Path, run: Run) -> Iterator[_Placed]:
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield f"line {number}", _event(f"line {number}", path, json.loads(line))


def _event(place: str, path: Path, values: Any) -> AnnotationEvent:
    """One event of a file, checked: a stranger may have written it."""
    if not isinstance(values, dict):
        raise ValueError(f"{place} is no object")
    row = {name: values[name] for name in COLUMNS if values.get(name) is not None}
    missing = [name for name in _NEEDED if name not in row or not (row[name] or name == "verdict")]
    if missing:
        raise ValueError(f"{place} has no {missing[0]}")
    seconds = row.pop("seconds", None)
    strange = [name for name, value in row.items() if not isinstance(value, str)]
    if strange:
        raise ValueError(f"{place}: {strange[0]} is no text")
    try:
        time = _time(row.pop("time"))
        measured = _measured(seconds)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{place}: {error}") from None
    try:
        event = AnnotationEvent(**row, time=time, seconds=measured)
        _check_name(event.annotator)
    except RunError as error:
        raise RunError(f"{place} of {path} is no annotation: {error}") from error
    return event


def _check_name(annotator: str) -> None:
    """Refuse what would act on a screen or end a line there; other names of old come back."""
    if has_control_signs(annotator) or annotator.splitlines() != [annotator]:
        raise RunError(
            "an annotator must have a name of one line without control signs; received "
            f"{ascii(annotator)[:80]}; correct it."
        )


def _measured(seconds: Any) -> float | None:
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise ValueError("seconds is no number")
    try:
        found = float(seconds)
    except OverflowError:
        raise ValueError("seconds is a number of too many digits") from None
    if not isfinite(found):
        raise ValueError(f"seconds is {found}")
    return found


def _time(text: str) -> datetime:
    """A time as the store keeps it; without a zone it is taken for UTC."""
    return _without_zone(datetime.fromisoformat(text))


# ------------------------------------------------------------------ Label Studio, in


def _read_label_studio(path: Path, run: Run) -> Iterator[_Placed]:
    tasks = json.loads(path.read_text(encoding="utf-8-sig"))
    if not isinstance(tasks, list):
        raise ValueError("it is no list of tasks")
    read = [_read_task(f"task {n}", path, task) for n, task in enumerate(tasks, start=1)]
    given = given_labels(run, {id for id, _, _ in read})
    for number, (id, events, annotations) in enumerate(read, start=1):
        for event in events:
            yield f"task {number}", event
        before = {event.event_id: event for event in events}
        for one, annotation in enumerate(annotations, start=1):
            place = f"annotation {one} of task {number}"
            made = _foreign(place, path, id, given.get(id, ""), before, annotation)
            if made is not None:
                yield place, made


def _read_task(
    place: str, path: Path, task: Any
) -> tuple[str, list[AnnotationEvent], list[dict[str, Any]]]:
    """The example of a task, the events it came with, and Label Studio's annotations."""
    data, meta = (_part(task, name, dict) for name in ("data", "meta"))
    annotations = _part(task, "annotations", list)
    id = data.get("id", "")
    if not isinstance(id, str) or not id:
        raise ValueError(f"{place} does not say in data.id which example it is")
    ours = meta.get("schema") == _LABEL_STUDIO
    events = [_event(place, path, event) for event in _part(meta, "events", list) if ours]
    if any(event.id != id for event in events):
        raise ValueError(f"{place} is of {id!r} and holds an event of another example")
    if not all(isinstance(annotation, dict) for annotation in annotations):
        raise ValueError(f"{place} has an annotation that is no object")
    return id, events, annotations


def _part(values: Any, name: str, kind: type[Any]) -> Any:
    found = values.get(name) if isinstance(values, dict) else None
    return found if isinstance(found, kind) else kind()


def _foreign(
    place: str,
    path: Path,
    id: str,
    given_label: str,
    before: Mapping[str, AnnotationEvent],
    annotation: dict[str, Any],
) -> AnnotationEvent | None:
    """An annotation made or changed in Label Studio; None for one that says what is known."""
    results = [part for part in _part(annotation, "result", list) if isinstance(part, dict)]
    chosen = _said(results, "choices")
    if not chosen or annotation.get("was_cancelled"):
        return None
    answer, comment = Answer.of_text(chosen), _said(results, "text")
    known = before.get(str(results[0].get("id", "")))
    if known is not None:
        if answer == answer_of(known, given_label) and comment == known.comment:
            return None
    # Who corrects somebody else's annotation speaks for themselves: nothing is put into the mouth
    # of the first annotator.
    annotator = _completed_by(annotation)
    time = annotation.get("updated_at") or annotation.get("created_at")
    if not annotator or not isinstance(time, str):
        raise ValueError(f"{place} does not say who made it and when")
    verdict, new_label = _verdict(answer, given_label)
    said = {"annotator": annotator, "id": id, "verdict": verdict, "new_label": new_label}
    said |= {"comment": comment, "time": time_as_text(_time(time))}
    event_id = str(uuid5(NAMESPACE_URL, json.dumps([_LABEL_STUDIO, said], sort_keys=True)))
    seconds = annotation.get("lead_time")
    return _event(place, path, {**said, "event_id": event_id, "seconds": seconds})


def _said(results: Iterable[Mapping[str, Any]], name: str) -> str:
    """The first of what was chosen, or all of what was written."""
    for result in results:
        found = _part(result, "value", dict).get(name)
        texts = [found] if isinstance(found, str) else found if isinstance(found, list) else []
        texts = [text for text in texts if isinstance(text, str)]
        if texts:
            return texts[0] if name == "choices" else "\n".join(texts)
    return ""


def _completed_by(annotation: Mapping[str, Any]) -> str:
    who = annotation.get("completed_by")
    if isinstance(who, dict):
        who = who.get("email") or who.get("id")
    # Label Studio often names people by number alone.
    return f"label-studio-{who}" if isinstance(who, int) else who if isinstance(who, str) else ""


def _verdict(answer: Answer, given_label: str) -> tuple[str, str]:
    """Verdict and new label of an answer.

    Example:
        >>> texts = ("7", "1", "not_sure", "wrong", "class wrong")
        >>> [_verdict(Answer.of_text(text), "7") for text in texts]
        [('right', ''), ('wrong', '1'), ('not_sure', ''), ('wrong', ''), ('wrong', 'wrong')]
    """
    if not answer.is_class:
        return answer.name, ""
    return ("right", "") if answer.name == given_label else (WRONG, answer.name)


_READERS: Mapping[str, Callable[[Path, Run], Iterator[_Placed]]] = {
    ".csv": _read_csv,
    ".jsonl": _read_jsonl,
    ".json": _read_label_studio,
}
