"""What a page says on Annotate, checked: nothing that comes from there is believed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hardex.annotate.answers import Answer
from hardex.data.names import is_storable
from hardex.errors import HardexError
from hardex.people.access import Visitor
from hardex.people.events import has_control_characters, is_uuid
from hardex.runs.run import Run

UNDECIDED = {"ambiguous": "Ambiguous", "bad_image": "Bad image", "not_sure": "Not sure"}
_CALLED = {"label": "a label", "verdict": "a verdict", "ticket": "a ticket",
           "event_id": "an event id", "undoes": "what is undone"}  # fmt: skip
COMMENT_MOST = 2_000  # characters
_SECONDS_MOST = 3_600.0


class NotStored(HardexError):
    """What was said could not be stored now; said again later, it can be."""


@dataclass(frozen=True)
class Submission:
    """What a page says of an example, checked."""

    label: str
    verdict: str
    comment: str
    seconds: float | None
    event_id: str

    @property
    def words(self) -> str:
        """The class, or the verdict that names none."""
        return self.label or self.verdict

    @property
    def answer(self) -> Answer:
        """The same, as it is compared with what was said before."""
        return Answer(self.words, is_class=bool(self.label))


def submission_of(said: Mapping[str, Any], run: Run) -> Submission:
    """What a page says of an example.

    Args:
        said: either `label` or `verdict`; `comment`, `seconds` and `event_id`, which may be left
            out.
        run: whose classes there are.

    Raises:
        HardexError: one of them is not what it must be.
    """
    label, verdict = (text_of(said, name) for name in ("label", "verdict"))
    if bool(label) == bool(verdict):
        raise HardexError(
            "an answer is either a label or a verdict; received "
            f"{'both' if label else 'neither'}; say which class it is, or why it is none."
        )
    if label and label not in run.manifest.class_names:
        raise HardexError(
            f"a label must be one of the {len(run.manifest.class_names)} classes; received "
            f"{label[:60]!r}; choose one of them."
        )
    if verdict and verdict not in UNDECIDED:
        raise HardexError(
            f"a verdict without a label must be one of {', '.join(UNDECIDED)}; received "
            f"{verdict[:60]!r}; choose one of them."
        )
    comment = said.get("comment") or ""
    if not isinstance(comment, str) or len(comment) > COMMENT_MOST or not is_text(comment):
        raise HardexError(
            f"a comment must be a text of up to {COMMENT_MOST:,} characters without control signs; "
            "this one is not; correct it."
        )
    return Submission(label, verdict, comment, _seconds(said.get("seconds")), event_id_of(said))


def text_of(said: Mapping[str, Any], name: str) -> str:
    """A text of a page; "" where it is left out."""
    value = said.get(name)
    if value is not None and not isinstance(value, str):
        raise HardexError(
            f"{_CALLED[name]} must be a text; received {ascii(value)[:60]}; write it as one."
        )
    return value or ""


def _seconds(value: Any) -> float | None:
    if value is None:
        return None
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not 0 <= value <= _SECONDS_MOST:
        raise HardexError(
            f"the seconds of an answer must be a number from 0 to {_SECONDS_MOST:,.0f}; received "
            f"{str(value)[:60]!r}; leave them out."
        )
    return round(float(value), 3)


def event_id_of(said: Mapping[str, Any]) -> str:
    """The id that a page has made for an event; "" where it is left out."""
    value = text_of(said, "event_id")
    if value and not is_uuid(value):
        raise HardexError(
            f"an event id must be a UUID in small letters; received {value[:60]!r}; leave it out."
        )
    return value


def is_text(value: str) -> bool:
    """Whether the store takes it for a comment."""
    return is_storable(value) and not has_control_characters(value)


def check_asked(asked: Mapping[str, Any], visitor: Visitor) -> None:
    """Refuse a question that is no values by name, or of somebody else."""
    if not isinstance(asked, Mapping):
        raise HardexError("a question must be values by name; this is none; load the page again.")
    check_name(asked, visitor)


def check_name(said: Mapping[str, Any], visitor: Visitor) -> None:
    """Two people may share a browser: nobody says anything in the name of the other.

    The name that a page sends is only compared; it never says who asks.
    """
    if said.get("name", visitor.name) != visitor.name:
        raise NotStored(
            "an answer must be sent by whoever gave it; somebody else has entered in this browser "
            "since; enter with your own link again, and what you said is sent."
        )


def check_tickets(have: Any, most: int) -> None:
    """Refuse what is no list of so many tickets."""
    if (
        not isinstance(have, list | tuple)
        or len(have) > most
        or not all(isinstance(ticket, str) for ticket in have)
    ):
        raise HardexError(
            f"what is at hand is named by up to {most} tickets; this was something else; load the "
            "page again."
        )
