"""What an annotator submits for an example, and the annotation that follows from it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from hardex.annotate.answers import NO_CLASS, WRONG, Answer, answer_of, not_undone
from hardex.data.names import is_storable
from hardex.errors import HardexError
from hardex.people.events import Annotation, AnnotationEvent
from hardex.text import has_control_characters


@dataclass(frozen=True)
class Submission:
    """One answer as an annotator sends it.

    Attributes:
        label: the class it is; "" if the answer is not a class.
        verdict: `ambiguous`, `bad_image` or `not_sure`; "" if the answer is a class.
        comment: free text.
        seconds: how long it took, if measured.
        event_id: a UUID; an answer that is sent again with the same id is stored once. "" for a new
            id.
        keeps_comment: whether the same answer without a comment keeps the previous comment.
    """

    label: str = ""
    verdict: str = ""
    comment: str = ""
    seconds: float | None = None
    event_id: str = ""
    keeps_comment: bool = True

    @property
    def answer(self) -> Answer:
        """The class or the verdict.

        Example:
            >>> Submission("7").answer.text, Submission(verdict="not_sure").answer.text
            ('7', 'not_sure')
        """
        return Answer(self.label or self.verdict, is_class=bool(self.label))


def check_submission(submission: Submission, class_names: Collection[str]) -> None:
    """Refuse an answer that is not one of the possible ones.

    Raises:
        HardexError: it has both a label and a verdict or neither, or an unknown one.
    """
    label, verdict = submission.label, submission.verdict
    if bool(label) == bool(verdict):
        raise HardexError(
            "an answer must have either a label or a verdict; received "
            f"{'both' if label else 'neither'}; give the class, or the reason why there is none."
        )
    if label and label not in class_names:
        raise HardexError(
            f"a label must be one of the {len(class_names)} classes; received {label[:60]!r}; "
            "choose one of them."
        )
    if verdict and verdict not in NO_CLASS:
        raise HardexError(
            f"a verdict without a label must be one of {', '.join(NO_CLASS)}; received "
            f"{verdict[:60]!r}; choose one of them."
        )


def annotation_of(
    submission: Submission,
    annotator: str,
    id: str,
    given_label: str,
    earlier: Sequence[AnnotationEvent],
) -> Annotation:
    """The annotation to store: its verdict compares the answer with the given label.

    The first answer on an example is blind. Afterwards the annotator knows the label, also if they
    undid that answer.

    Args:
        submission: the answer.
        annotator: whose answer it is.
        id: the example.
        given_label: its label in the data.
        earlier: all events of this annotator on this example, in order of time.

    Example:
        >>> annotation = annotation_of(Submission("1"), "ann", "0001.png", "7", [])
        >>> annotation.verdict, annotation.new_label, annotation.said, annotation.shown
        ('wrong', '1', '1', 'blind')
    """
    is_blind = not earlier
    is_wrong = bool(submission.label) and submission.label != given_label
    return Annotation(
        annotator,
        id,
        submission.verdict or (WRONG if is_wrong else "right"),
        submission.label if is_wrong else "",
        _comment(submission, given_label, not_undone(earlier)),
        submission.seconds,
        said=submission.answer.name if is_blind else "",
        shown="blind" if is_blind else "label",
        event_id=submission.event_id,
    )


def _comment(submission: Submission, given_label: str, verdicts: Sequence[AnnotationEvent]) -> str:
    """The comment of a submission, or the previous one if the answer is the same."""
    if submission.comment or not submission.keeps_comment or not verdicts:
        return submission.comment
    previous = verdicts[-1]
    same = answer_of(previous, given_label) == submission.answer
    return previous.comment if same and is_comment(previous.comment) else ""


def undo_of(
    mine: Sequence[AnnotationEvent], annotator: str, id: str, *, undoes: str, event_id: str
) -> Annotation:
    """The event that undoes an answer; the one that is stored already if it is undone.

    Args:
        mine: the annotator's events on the example.
        annotator: whose answer it is.
        id: the example.
        undoes: the event id of the answer.
        event_id: of the new event, a UUID; "" for a new one.

    Raises:
        HardexError: the annotator has no such answer on this example.
    """
    if undoes not in {event.event_id for event in mine if not event.undoes}:
        raise HardexError(
            "only your own verdict on this example can be undone; this is not one; reload the page."
        )
    stored = next((event for event in mine if event.undoes == undoes), None)
    return stored or Annotation(annotator, id, "", undoes=undoes, event_id=event_id)


def is_comment(text: str) -> bool:
    """Whether a text may be a new comment; an imported one may have control characters."""
    return is_storable(text) and not has_control_characters(text)


def is_stored_as(
    submission: Submission,
    stored: AnnotationEvent,
    given_label: str,
    events: Sequence[AnnotationEvent],
) -> bool:
    """Whether a stored event came from this submission; the given label may have changed since.

    If the label was shown and the verdict is `right`, the class is not stored: it is the label that
    is given now. A submission without a comment may have kept an earlier one.

    Args:
        submission: the answer.
        stored: an event with the event id of the answer.
        given_label: the label of the example now.
        events: all events of this annotator on this example.
    """
    earlier = {event.comment for event in events if event.time < stored.time}
    if stored.comment != submission.comment and (
        submission.comment or stored.comment not in earlier
    ):
        return False
    if stored.seconds != submission.seconds:
        return False
    if stored.said:
        return stored.said == submission.answer.name
    if submission.label:
        class_name = given_label if stored.verdict == "right" else stored.new_label
        return submission.label == class_name
    return stored.verdict == submission.verdict
