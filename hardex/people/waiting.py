"""An annotation that waits to be stored, and the checks of a new event against stored ones."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from hardex.errors import RunError, StorageError
from hardex.people.events import Annotation, AnnotationEvent, check, check_comment

_TICK = timedelta(microseconds=1)  # the resolution of stored times
_LAST = datetime.max - _TICK  # a file from elsewhere may have any time
_VALUES = tuple(field.name for field in fields(Annotation))

Response = Callable[[Sequence[AnnotationEvent]], Annotation]


@dataclass(eq=False)
class Waiting:
    """An annotation that waits to be stored, and what became of it."""

    annotator: str
    id: str
    respond: Response
    values: dict[str, Any] = field(default_factory=dict)
    event: AnnotationEvent | None = None
    error: Exception | None = None
    is_over: bool = False

    def answer(self, earlier: Sequence[AnnotationEvent]) -> bool:
        """Ask what to store after the earlier events; whether there is something new."""
        try:
            found = self.respond(earlier)
            if isinstance(found, AnnotationEvent):
                self.event = found
                return False
            check(found)
            check_comment(found.comment)
        except Exception as error:  # of this annotation alone: the others are stored
            self.error = error
            return False
        self.values = {name: getattr(found, name) for name in _VALUES}
        self.values["event_id"] = found.event_id or str(uuid4())
        return True

    def event_after(
        self, known: Mapping[str, AnnotationEvent], latest: datetime | None
    ) -> AnnotationEvent | None:
        """The new event; None if it is stored already or must not be.

        Args:
            known: the stored events with the ids that it names.
            latest: when the annotator's last event was stored.
        """
        stored = known.get(self.values["event_id"])
        try:
            if stored is not None:
                self.event = unchanged(stored, self.values)
                return None
            if self.values["undoes"]:
                check_undo(known.get(self.values["undoes"]), self.values)
        except RunError as error:
            self.error = error
            return None
        # Later than the annotator's earlier events, even if the clock was set back.
        time = now() if latest is None else max(now(), min(latest, _LAST) + _TICK)
        self.event = AnnotationEvent(**self.values, time=time)
        return self.event

    def outcome(self) -> AnnotationEvent:
        """The stored event.

        Raises:
            Exception: why there is none.
        """
        if self.error is not None or self.event is None:
            raise self.error or StorageError("an annotation must be stored; it was not; try again.")
        return self.event


def unchanged(stored: AnnotationEvent, values: dict[str, Any]) -> AnnotationEvent:
    """The stored event, if it has these values."""
    if any(getattr(stored, name) != value for name, value in values.items()):
        raise RunError(
            f"the event id {values['event_id']} was already used for a different event; use a new "
            "id."
        )
    return stored


def check_undo(undone: AnnotationEvent | None, values: dict[str, Any]) -> None:
    """An annotator can undo their own verdict on the same example, but not an undo."""
    own = undone is not None and (
        (undone.annotator, undone.id, undone.undoes) == (values["annotator"], values["id"], "")
    )
    if not own:
        raise RunError(
            "only a verdict that the same annotator gave on the same example can be undone; "
            f"{values['undoes']!r} is not one; use the event id of one that is."
        )


def now() -> datetime:
    """The time in UTC, without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)
