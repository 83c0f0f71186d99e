"""What people said: which words stand, and the answer and the vote in each."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from hardex.people.events import AnnotationEvent

# What can be said of an example besides the name of a class.
NO_CLASS = ("ambiguous", "bad_image", "not_sure")
WRONG = "wrong"  # the given label is, and nobody said what it is instead


class Answer(NamedTuple):
    """What somebody says an example is.

    Attributes:
        name: of a class, or `ambiguous`, `bad_image`, `not_sure`, or `wrong` where nobody said
            what it is instead.
        is_class: whether it is a class: one that is called `wrong` is not the answer `wrong`.
    """

    name: str
    is_class: bool = True

    @property
    def text(self) -> str:
        """As it is written everywhere: a class with the name of an answer is `class NAME`.

        Example:
            >>> Answer("7").text, Answer("wrong", is_class=False).text, Answer("wrong").text
            ('7', 'wrong', 'class wrong')
        """
        return f"class {self.name}" if self.is_class and _looks_like_none(self.name) else self.name

    @classmethod
    def of_text(cls, text: str) -> "Answer":
        """The answer that is written so.

        Example:
            >>> Answer.of_text("class wrong")
            Answer(name='wrong', is_class=True)
        """
        if text in (*NO_CLASS, WRONG):
            return cls(text, is_class=False)
        return cls(text.removeprefix("class ") if _looks_like_none(text) else text)


NOT_SURE = Answer("not_sure", is_class=False)


def _looks_like_none(name: str) -> bool:
    """Whether a class of this name could be taken for an answer that names none."""
    while name.startswith("class "):
        name = name.removeprefix("class ")
    return name in (*NO_CLASS, WRONG)


class Vote(NamedTuple):
    """What one annotator says of one example.

    Attributes:
        annotator: who.
        id: the example.
        answer: a class, or an answer that names none.
        blind: whether it was said before the given label was in view.
        seconds: how long it took, if measured.
    """

    annotator: str
    id: str
    answer: Answer
    blind: bool = False
    seconds: float | None = None


def standing(events: Iterable[AnnotationEvent]) -> list[AnnotationEvent]:
    """The verdicts that were not taken back, in the same order."""
    events = list(events)
    # Only one's own words can be taken back.
    undone = {(event.annotator, event.undoes) for event in events if event.undoes}
    if not undone:
        return events
    return [
        event
        for event in events
        if not event.undoes and (event.annotator, event.event_id) not in undone
    ]


def latest(events: Iterable[AnnotationEvent]) -> list[AnnotationEvent]:
    """What each annotator last said of each example and did not take back.

    Args:
        events: in order of time.

    Example:
        >>> first = AnnotationEvent("anna", "1", "wrong", event_id="a")
        >>> back = AnnotationEvent("anna", "1", "", undoes="a", event_id="b")
        >>> latest([first, back])
        []
    """
    return list({(event.annotator, event.id): event for event in standing(events)}.values())


def first_words(events: Iterable[AnnotationEvent], *, blind: bool = False) -> list[AnnotationEvent]:
    """What each annotator said of each example before the given label was in view.

    The first blind word that was not taken back. Without one, the last of which it is not known
    what was in view, as after an import: people are given the benefit of the doubt.

    Args:
        events: in order of time.
        blind: only of what is known to be blind.

    Example:
        >>> first = AnnotationEvent("anna", "1", "wrong", "7", said="7", shown="blind")
        >>> then = AnnotationEvent("anna", "1", "right", shown="label")
        >>> first_words([first, then]) == [first]
        True
    """
    found: dict[tuple[str, str], AnnotationEvent] = {}
    for event in standing(events):
        key = event.annotator, event.id
        is_first = key not in found or found[key].shown != "blind"
        if is_first and (event.shown == "blind" if blind else event.is_vote):
            found[key] = event
    return list(found.values())


def votes_of(events: Iterable[AnnotationEvent], given: Mapping[str, str]) -> Iterator[Vote]:
    """The answer in each of these events; none where nothing is given.

    Args:
        events: such as `latest` or `first_words` gives.
        given: the given label of each example.
    """
    answer = cache(_answer)  # many say the same
    for event in of_examples(events, given):
        yield Vote(
            event.annotator,
            event.id,
            answer(event.verdict, _blind_word(event), event.new_label, given[event.id]),
            event.shown == "blind",
            event.seconds,
        )


def of_examples(
    events: Iterable[AnnotationEvent], given: Mapping[str, str]
) -> Iterator[AnnotationEvent]:
    """Those of examples that are there."""
    return (event for event in events if event.id in given)


def answer_of(event: AnnotationEvent, given_label: str) -> Answer:
    """What an event says the example is. Its verdict tells whether that is a class.

    Example:
        >>> answer_of(AnnotationEvent("anna", "1", "right"), "7").text
        '7'
        >>> answer_of(AnnotationEvent("anna", "1", "wrong", "1"), "7").text
        '1'
        >>> answer_of(AnnotationEvent("anna", "1", "wrong"), "7").text
        'wrong'
    """
    return _answer(event.verdict, _blind_word(event), event.new_label, given_label)


def _blind_word(event: AnnotationEvent) -> str:
    return event.said if event.shown == "blind" else ""


def _answer(verdict: str, blind_word: str, new_label: str, given_label: str) -> Answer:
    if verdict in NO_CLASS:
        return Answer(verdict, is_class=False)
    if blind_word:
        return Answer(blind_word)
    if verdict == "right":
        return Answer(given_label)
    return Answer(new_label) if new_label else Answer(WRONG, is_class=False)
