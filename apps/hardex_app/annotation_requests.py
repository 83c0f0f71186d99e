"""The requests of the Annotate page, validated: nothing that a page sends is trusted."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from hardex.annotate.leases import LEASES_MOST
from hardex.annotate.submission import Submission, is_comment
from hardex.data.names import NAME_MOST
from hardex.errors import HardexError
from hardex.people.access import Visitor
from hardex.people.events import COMMENT_MOST, is_uuid
from hardex.people.tickets import TICKET_MOST

AHEAD = 8  # examples that a page loads ahead, including the one in view
_AHEAD_MOST = 12
_KNOWN_MOST = 1_000  # tickets of examples that a page has shown
_SECONDS_MOST = 3_600.0
_GUIDE_MOST = 60  # classes with an example, at once

INVALID = "Invalid request; reload the page."
_INVALID_COMMENT = (
    f"a comment must be a text of up to {COMMENT_MOST:,} characters without control characters "
    "and invisible format characters; this one is not; correct it."
)


class NotStored(HardexError):
    """An answer could not be stored now; it can be sent again later."""


def _check(is_valid: bool) -> None:
    if not is_valid:
        raise ValueError


def _event_id(text: str) -> str:
    _check(not text or is_uuid(text))
    return text


def _comment(text: str) -> str:
    _check(is_comment(text))
    return text


# What is missing in a page is null in JSON.
_Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
_Flag = Annotated[bool, BeforeValidator(lambda value: False if value is None else value)]
_Ticket = Annotated[_Text, Field(max_length=TICKET_MOST)]
_ClassName = Annotated[str, Field(max_length=NAME_MOST)]
_EventId = Annotated[_Text, AfterValidator(_event_id)]
_Comment = Annotated[_Text, Field(max_length=COMMENT_MOST), AfterValidator(_comment)]
_Seconds = Annotated[float, Field(ge=0, le=_SECONDS_MOST, allow_inf_nan=False)]


def _tickets(most: int) -> Any:
    """A list of so many tickets; JSON has no tuples, so this is not strict."""
    return Field(default=(), max_length=most, strict=False)


class _Request(BaseModel):
    """
    Attributes:
        name: whose page sent the request. It is only compared, and never decides who the visitor
            is.
    """

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    name: str | None = None


class NextRequest(_Request):
    """A request for examples.

    Attributes:
        have: tickets that the page holds already: to judge, or with answers being sent.
        count: how many more it wants.
        last: whether it wants the annotator's last answer, too, to continue there.
    """

    have: tuple[str, ...] = _tickets(LEASES_MOST)
    count: int = Field(default=AHEAD, ge=0, le=_AHEAD_MOST)
    last: _Flag = False


class GuideRequest(_Request):
    """A request for the guidelines and typical examples.

    Attributes:
        classes: of which examples are wanted.
    """

    classes: tuple[_ClassName, ...] = Field(default=(), max_length=_GUIDE_MOST, strict=False)


class EarlierRequest(_Request):
    """A request for an earlier answer.

    Attributes:
        have: tickets of the examples that the page has shown already.
    """

    have: tuple[str, ...] = _tickets(_KNOWN_MOST)


class AnswerRequest(_Request):
    """An answer to be stored.

    Attributes:
        ticket: of the example.
        label: a class, or ""; then `verdict` is ambiguous, bad_image or not_sure.
        verdict: see `label`.
        comment: free text.
        seconds: how long it took, if measured.
        event_id: a UUID made by the page, so that an answer that is sent twice is stored once.
        first: whether to refuse it if the example was judged already, elsewhere.
        uncommented: whether to drop the previous comment.
    """

    ticket: _Ticket = ""
    label: Annotated[_Text, Field(max_length=NAME_MOST)] = ""
    verdict: Annotated[_Text, Field(max_length=NAME_MOST)] = ""
    comment: _Comment = ""
    seconds: _Seconds | None = None
    event_id: _EventId = ""
    first: _Flag = False
    uncommented: _Flag = False

    @property
    def submission(self) -> Submission:
        """The answer in it."""
        return Submission(
            self.label,
            self.verdict,
            self.comment,
            None if self.seconds is None else round(self.seconds, 3),
            self.event_id,
            keeps_comment=not self.uncommented,
        )


class UndoRequest(_Request):
    """A verdict to be undone.

    Attributes:
        ticket: of the example.
        undoes: the event id of the verdict.
        event_id: as in `AnswerRequest`.
    """

    ticket: _Ticket = ""
    undoes: Annotated[_Text, Field(max_length=NAME_MOST)] = ""
    event_id: _EventId = ""


def event_id_of(request: Mapping[str, Any]) -> str:
    """The event id of a verdict that the owner sent, or "".

    Raises:
        HardexError: it is not a UUID in lower case.
    """
    event_id = request.get("event_id") or ""
    if event_id and not (isinstance(event_id, str) and is_uuid(event_id)):
        raise HardexError(INVALID)
    return event_id


R = TypeVar("R", bound=_Request)


def validated(model: type[R], request: Any, visitor: Visitor) -> R:
    """A request as one of the models above.

    Raises:
        HardexError: it is malformed.
        NotStored: another visitor's page sent it. Two people may share a browser, and neither
            answers in the name of the other.
    """
    try:
        found = model.model_validate(request)
    except ValidationError as error:
        fields = {str(one["loc"][0]) for one in error.errors() if one["loc"]}
        raise HardexError(_INVALID_COMMENT if fields == {"comment"} else INVALID) from error
    if found.name not in (None, visitor.name):
        raise NotStored(
            "Somebody else has signed in in this browser; open your own link again and your answer "
            "will be sent."
        )
    return found
