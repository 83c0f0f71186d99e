"""Annotation events: what an annotator answered about an example, checked before it is stored."""

from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from uuid import UUID

from hardex.data.names import NAME_MOST, is_storable
from hardex.errors import AccessError, RunError
from hardex.people.access import OWNER, checked_name
from hardex.text import has_control_characters

VERDICTS = ("right", "wrong", "ambiguous", "bad_image", "not_sure")
SHOWN = ("", "blind", "label")

COMMENT_MOST = 10_000  # characters


@dataclass(frozen=True)
class Annotation:
    """One annotator's verdict on one example.

    Attributes:
        annotator: the name of the annotator.
        id: the example.
        verdict: `right`, `wrong`, `ambiguous`, `bad_image` or `not_sure`: is the given label right?
        new_label: the correct class, if the verdict is `wrong` and the annotator knows it.
        comment: free text.
        seconds: how long it took, if measured.
        said: the blind answer, given without knowing the label: a class, `ambiguous`, `bad_image`
            or `not_sure`; "" if the label was shown.
        shown: what was shown: `blind` (the image alone) or `label`; "" if that is not known.
        undoes: the id of the event that this one undoes; then the verdict is "" and the other
            attributes do not count.
        event_id: a UUID; an event that is sent again with the same id is stored once. "" for a new
            id.

    Raises:
        RunError: an unknown verdict, or no annotator or example.
    """

    annotator: str
    id: str
    verdict: str
    new_label: str = ""
    comment: str = ""
    seconds: float | None = None
    said: str = ""
    shown: str = ""
    undoes: str = ""
    event_id: str = ""

    def __post_init__(self) -> None:
        if self.undoes and self.verdict:
            raise RunError(
                f"an annotation that undoes another has no verdict; received {self.verdict!r}; "
                "leave it empty."
            )
        if not self.undoes and self.verdict not in VERDICTS:
            raise RunError(
                f"a verdict must be one of {', '.join(VERDICTS)}; received {self.verdict!r}; "
                "choose one of them."
            )
        if not self.annotator or not self.id:
            raise RunError(
                "an annotation needs an annotator and an example; one of them is empty; name both."
            )

    @property
    def is_vote(self) -> bool:
        """Whether it counts as blind.

        If it is not known what was shown, for example after an import, it does count.
        """
        return not self.undoes and self.shown != "label"


@dataclass(frozen=True)
class AnnotationEvent(Annotation):
    """An annotation as it is stored.

    Attributes:
        time: when it was stored, UTC; later than all earlier events of the same annotator.
    """

    time: datetime = datetime.min


# ---------------------------------------------------------------------- checks


def check(annotation: Annotation) -> None:
    """Refuse an annotation that may not be stored.

    Raises:
        RunError: a value has another type or is too long, or nobody may be invited under the
            annotator's name.
    """
    for name in ("annotator", "id", "verdict", "new_label", "comment", "said", "shown", "undoes",
                 "event_id"):  # fmt: skip
        _check_text(name, getattr(annotation, name))
    check_annotator(annotation.annotator)
    _check_seconds(annotation.seconds)
    if annotation.shown not in SHOWN:
        raise RunError(
            f"the shown of an annotation must be one of {', '.join(SHOWN[1:])}; received "
            f"{_excerpt(annotation.shown)}; choose one of them."
        )
    if annotation.event_id and not is_uuid(annotation.event_id):
        raise RunError(
            "an event id must be a UUID in lower case, such as "
            f"'0b8f7d0e-8f64-4f0b-9a3f-1d2f5f0f7a10'; received {_excerpt(annotation.event_id)}; "
            "leave it out."
        )


def _check_text(name: str, value: object) -> None:
    most = COMMENT_MOST if name == "comment" else NAME_MOST
    if not isinstance(value, str) or len(value) > most or not is_storable(value):
        raise RunError(
            f"the {name} of an annotation must be a text of up to {most:,} characters, without "
            f"zero characters and unpaired surrogates; received {_excerpt(value)}; correct it."
        )


def check_annotator(annotator: str) -> None:
    """Refuse a name under which nobody may be invited; only the owner is called `owner`.

    Raises:
        RunError: the name is refused.
    """
    try:
        checked_name(annotator, OWNER.role if annotator == OWNER.name else "annotator")
    except AccessError as error:
        raise RunError(str(error)) from error


def check_comment(comment: str) -> None:
    """Refuse a new comment with characters that act; imports keep their comments unchanged.

    Raises:
        RunError: it has some.
    """
    if has_control_characters(comment):
        raise RunError(
            "the comment of an annotation must have no control characters other than newline and "
            f"tab, and no invisible format characters; received {_excerpt(comment)}; remove them."
        )


def _check_seconds(seconds: float | None) -> None:
    if seconds is not None and not (_is_finite(seconds) and seconds >= 0):
        raise RunError(
            "the seconds of an annotation must be a non-negative number; received "
            f"{_excerpt(seconds)}; omit it."
        )


def is_uuid(value: object) -> bool:
    """Whether a value is the text of a UUID in lower case."""
    try:
        return isinstance(value, str) and str(UUID(value)) == value
    except ValueError:
        return False


def _is_finite(value: float) -> bool:
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    except OverflowError:  # an integer beyond the largest float
        return False


def _excerpt(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= 80 else f"{text[:76]} ..."
