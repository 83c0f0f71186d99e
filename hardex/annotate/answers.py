"""Events -> answers and votes: which events count, and what each of them answers."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from hardex.people.events import AnnotationEvent

# The answers that are not a class.
NO_CLASS = ("ambiguous", "bad_image", "not_sure")
WRONG = "wrong"  # the given label is wrong, and the correct class is not known


class Answer(NamedTuple):
    """An annotator's answer to the question which class an example is.

    Attributes:
        name: of a class, or `ambiguous`, `bad_image`, `not_sure`, or `wrong` if the given label is
            wrong and the correct class is not known.
        is_class: whether it is a class: a class called `wrong` is not the answer `wrong`.
    """

    name: str
    is_class: bool = True

    @property
    def text(self) -> str:
        """As written in files and reports: a class named like another answer is `class NAME`.

        Example:
            >>> Answer("7").text, Answer("wrong", is_class=False).text, Answer("wrong").text
            ('7', 'wrong', 'class wrong')
        """
        return f"class {self.name}" if self.is_class and _is_ambiguous(self.name) else self.name

    @classmethod
    def of_text(cls, text: str) -> "Answer":
        """The answer that `text` writes this way.

        Example:
            >>> Answer.of_text("class wrong")
            Answer(name='wrong', is_class=True)
        """
        if text in (*NO_CLASS, WRONG):
            return cls(text, is_class=False)
        return cls(text.removeprefix("class ") if _is_ambiguous(text) else text)


NOT_SURE = Answer("not_sure", is_class=False)


def _is_ambiguous(name: str) -> bool:
    """Whether a class of this name could be mistaken for another answer."""
    while name.startswith("class "):
        name = name.removeprefix("class ")
    return name in (*NO_CLASS, WRONG)


class Vote(NamedTuple):
    """One annotator's answer for one example.

    Attributes:
        annotator: the name of the annotator.
        id: the example.
        answer: a class or another answer.
        blind: whether it was given before the given label was shown.
        seconds: how long it took, if measured.
    """

    annotator: str
    id: str
    answer: Answer
    blind: bool = False
    seconds: float | None = None


def not_undone(events: Iterable[AnnotationEvent]) -> list[AnnotationEvent]:
    """The verdicts that were not undone, in the same order."""
    events = list(events)
    # Annotators can undo their own verdicts only.
    undone = {(event.annotator, event.undoes) for event in events if event.undoes}
    if not undone:
        return events
    return [
        event
        for event in events
        if not event.undoes and (event.annotator, event.event_id) not in undone
    ]


def latest(events: Iterable[AnnotationEvent]) -> list[AnnotationEvent]:
    """The last verdict of each annotator on each example that was not undone.

    Args:
        events: in order of time.

    Example:
        >>> first = AnnotationEvent("anna", "1", "wrong", event_id="a")
        >>> undo = AnnotationEvent("anna", "1", "", undoes="a", event_id="b")
        >>> latest([first, undo])
        []
    """
    return list({(event.annotator, event.id): event for event in not_undone(events)}.values())


def first_answers(
    events: Iterable[AnnotationEvent], *, blind: bool = False
) -> list[AnnotationEvent]:
    """The verdict of each annotator on each example from before the given label was shown.

    It is the first blind verdict that was not undone. If there is none, it is the last one for
    which it is not known what was shown, for example after an import.

    Args:
        events: in order of time.
        blind: leave out verdicts that are not known to be blind.

    Example:
        >>> first = AnnotationEvent("anna", "1", "wrong", "7", said="7", shown="blind")
        >>> then = AnnotationEvent("anna", "1", "right", shown="label")
        >>> first_answers([first, then]) == [first]
        True
    """
    found: dict[tuple[str, str], AnnotationEvent] = {}
    for event in not_undone(events):
        key = event.annotator, event.id
        is_first = key not in found or found[key].shown != "blind"
        if is_first and (event.shown == "blind" if blind else event.is_vote):
            found[key] = event
    return list(found.values())


def votes_of(events: Iterable[AnnotationEvent], given: Mapping[str, str]) -> Iterator[Vote]:
    """The vote in each of these events; events of unknown examples have none.

    Args:
        events: for example from `latest` or `first_answers`.
        given: the given label of each example.
    """
    answer = cache(_answer)  # many events have the same
    for event in of_examples(events, given):
        yield Vote(
            event.annotator,
            event.id,
            answer(event.verdict, _blind_answer(event), event.new_label, given[event.id]),
            event.shown == "blind",
            event.seconds,
        )


def of_examples(
    events: Iterable[AnnotationEvent], given: Mapping[str, str]
) -> Iterator[AnnotationEvent]:
    """The events of known examples."""
    return (event for event in events if event.id in given)


def answer_of(event: AnnotationEvent, given_label: str) -> Answer:
    """The answer in an event. The verdict decides whether it is a class.

    Example:
        >>> answer_of(AnnotationEvent("anna", "1", "right"), "7").text
        '7'
        >>> answer_of(AnnotationEvent("anna", "1", "wrong", "1"), "7").text
        '1'
        >>> answer_of(AnnotationEvent("anna", "1", "wrong"), "7").text
        'wrong'
    """
    return _answer(event.verdict, _blind_answer(event), event.new_label, given_label)


def _blind_answer(event: AnnotationEvent) -> str:
    return event.said if event.shown == "blind" else ""


def _answer(verdict: str, blind_answer: str, new_label: str, given_label: str) -> Answer:
    if verdict in NO_CLASS:
        return Answer(verdict, is_class=False)
    if blind_answer:
        return Answer(blind_answer)
    if verdict == "right":
        return Answer(given_label)
    return Answer(new_label) if new_label else Answer(WRONG, is_class=False)
