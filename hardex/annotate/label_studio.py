"""Annotations <-> Label Studio's JSON, without loss in either direction."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import quoteattr

from hardex.annotate.answers import NO_CLASS, WRONG, Answer, answer_of, first_answers, latest
from hardex.annotate.rows import Placed, event_of, one_line, row_of, time_as_text, time_of_text
from hardex.bounded import TEXT_MOST, read_json
from hardex.errors import HardexError
from hardex.images import as_shown, data_url
from hardex.people.events import AnnotationEvent
from hardex.runs.run import Run
from hardex.runs.views import Example

_SCHEMA = "hardex.label-studio/1"
# The names of the fields in the labelling setup.
_ANSWER, _COMMENT, _IMAGE = "answer", "comment", "image"
_PICTURE_PIXELS = 1_024  # the longer side


def write_tasks(run: Run, stream: TextIO, *, pictures: bool = True) -> int:
    """Write one task for each example. `meta` has every event; Label Studio passes it through.

    Source:
        labelstud.io/guide/task_format (2026).
    """
    by_example: dict[str, list[AnnotationEvent]] = defaultdict(list)
    for event in run.annotations.all():
        by_example[event.id].append(event)
    given = run.tables.given_labels(by_example)
    stream.write("[")
    for number, (id, events) in enumerate(by_example.items()):
        picture = _picture(run, id) if pictures else id
        task = _task(id, picture, given.get(id, ""), events)
        stream.write(("," if number else "") + "\n" + one_line(task))
    stream.write("\n]\n")
    return len(by_example)


def write_predictions(run: Run, examples: Iterable[Example], stream: TextIO) -> int:
    """Write one task for each of these examples, with the prediction of the model.

    Label Studio shows the prediction as an answer to accept or to change. `read_tasks` reads what
    people answer there.

    Source:
        labelstud.io/guide/predictions (2026).
    """
    model = run.manifest.model
    version = model.name if model else "saved probabilities"
    stream.write("[")
    count = 0
    for count, example in enumerate(examples, start=1):
        task = _predicted(run, example, version)
        stream.write(("," if count > 1 else "") + "\n" + one_line(task))
    stream.write("\n]\n")
    return count


def _predicted(run: Run, one: Example, version: str) -> dict[str, Any]:
    choice = {"choices": [Answer(one.predicted_label).text]}
    result = {"id": "prediction", "from_name": _ANSWER, "to_name": _IMAGE, "type": "choices"}
    return {
        "data": {
            _IMAGE: _picture(run, one.id),
            "id": one.id,
            "given_label": one.given_label,
            "predicted_label": one.predicted_label,
            "confidence": one.confidence,
        },
        "predictions": [
            {
                "model_version": version,
                "score": one.confidence,
                "result": [{**result, "value": choice}],
            }
        ],
    }


def _picture(run: Run, id: str) -> str:
    """The image that Label Studio shows; without one, the id."""
    try:
        return data_url(as_shown(run.image(id), _PICTURE_PIXELS))
    except HardexError:
        return id


def _task(
    id: str, picture: str, given_label: str, events: Sequence[AnnotationEvent]
) -> dict[str, Any]:
    votes = latest(events) if given_label else []
    # The time is that of the first answer, if measured: keeping or changing it later takes less.
    took = {event.annotator: event.seconds for event in first_answers(events)}
    return {
        "data": {_IMAGE: picture, "id": id, "given_label": given_label},
        "meta": {"schema": _SCHEMA, "events": [row_of(event) for event in events]},
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


def write_setup(run: Run, stream: TextIO) -> int:
    """Write the labelling setup for the tasks; returns how many choices it has."""
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


def read_tasks(path: Path, run: Run) -> Iterator[Placed]:
    """The events of a JSON export of Label Studio: ours in `meta`, and those made there.

    Raises:
        ValueError: it is not such an export.
        RunError: an event may not be stored.
    """
    tasks = read_json(path, TEXT_MOST)
    if not isinstance(tasks, list):
        raise ValueError("it is not a list of tasks")
    read = [_read_task(f"task {n}", path, task) for n, task in enumerate(tasks, start=1)]
    given = run.tables.given_labels({id for id, _, _ in read})
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
    """The example of a task, our events in it, and Label Studio's annotations."""
    data, meta = (_part(task, name, dict) for name in ("data", "meta"))
    annotations = _part(task, "annotations", list)
    id = data.get("id", "")
    if not isinstance(id, str) or not id:
        raise ValueError(f"{place} has no data.id, which names the example")
    ours = meta.get("schema") == _SCHEMA
    events = [event_of(place, path, event) for event in _part(meta, "events", list) if ours]
    if any(event.id != id for event in events):
        raise ValueError(f"{place} is of {id!r} and has an event of another example")
    if not all(isinstance(annotation, dict) for annotation in annotations):
        raise ValueError(f"{place} has an annotation that is not an object")
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
    """An annotation made or changed in Label Studio; None if it is unchanged."""
    results = [part for part in _part(annotation, "result", list) if isinstance(part, dict)]
    chosen = _value(results, "choices")
    if not chosen or annotation.get("was_cancelled"):
        return None
    answer, comment = Answer.of_text(chosen), _value(results, "text")
    known = before.get(str(results[0].get("id", "")))
    if known is not None:
        if answer == answer_of(known, given_label) and comment == known.comment:
            return None
    # A corrected annotation belongs to the person who corrected it, not to the first annotator.
    annotator = _completed_by(annotation)
    time = annotation.get("updated_at") or annotation.get("created_at")
    if not annotator or not isinstance(time, str):
        raise ValueError(f"{place} does not have the person who made it and the time")
    verdict, new_label = _verdict(answer, given_label)
    values = {"annotator": annotator, "id": id, "verdict": verdict, "new_label": new_label}
    values |= {"comment": comment, "time": time_as_text(time_of_text(time))}
    event_id = str(uuid5(NAMESPACE_URL, json.dumps([_SCHEMA, values], sort_keys=True)))
    seconds = annotation.get("lead_time")
    return event_of(place, path, {**values, "event_id": event_id, "seconds": seconds})


def _value(results: Iterable[Mapping[str, Any]], name: str) -> str:
    """The first choice, or the whole text."""
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
    # Label Studio often gives only the number of a person.
    return f"label-studio-{who}" if isinstance(who, int) else who if isinstance(who, str) else ""


def _verdict(answer: Answer, given_label: str) -> tuple[str, str]:
    """The verdict and new label of an answer.

    Example:
        >>> texts = ("7", "1", "not_sure", "wrong", "class wrong")
        >>> [_verdict(Answer.of_text(text), "7") for text in texts]
        [('right', ''), ('wrong', '1'), ('not_sure', ''), ('wrong', ''), ('wrong', 'wrong')]
    """
    if not answer.is_class:
        return answer.name, ""
    return ("right", "") if answer.name == given_label else (WRONG, answer.name)
