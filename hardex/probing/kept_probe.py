"""A kept probe: where a picture came from, its changes, the prediction, the expected class."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from hardex.bounded import json_of, why
from hardex.data.dataset import Shape
from hardex.errors import HardexError, RunError

if TYPE_CHECKING:
    from hardex.images import Transform

PROBE_SCHEMA = 1
KINDS = ("example", "sketch", "image")
NAME_MOST, NOTE_MOST = 200, 2_000  # characters
JSON_MOST = 2**22  # characters; a sketch of 3,000 points has some 60,000

_TEXT_MOST = {"name": NAME_MOST, "note": NOTE_MOST, "annotator": NAME_MOST}
_TEXTS = ("probe_id", "time", "annotator", "name", "expected", "note", "kind", "example")


def _now() -> str:
    """Finer than a second: probes that follow each other keep their order."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


@dataclass(frozen=True, kw_only=True)
class KeptProbe:
    """A picture's origin, its changes, the prediction, and the class it should get.

    Attributes:
        kind: where the picture came from: `example`, `sketch` or `image`.
        shape: (h, w, c) of the picture.
        predicted, confidence: the prediction after the transform; 0..1.
        model: the hash of the classifier.
        transform: the amounts that change the picture, by name; see `changes`.
        source: how to draw it again, such as the strokes of a sketch; anything JSON can hold.
        example: the id of the example, or "".
        name, note: free text, at most 200 and 2,000 characters.
        expected: the class it should get, or "".
        annotator: who kept it.
        probe_id: a random UUID.
        time: when it was kept, UTC, ISO 8601.

    Raises:
        RunError: a value is missing, too long or out of range, or JSON cannot hold it.

    Example:
        >>> KeptProbe(
        ...     kind="example", example="7", shape=(28, 28, 1), predicted="1", confidence=0.5,
        ...     model="a hash", transform={"rotation": 30.0},
        ... ).as_transform().rotation
        30.0
    """

    kind: str
    shape: Shape
    predicted: str
    confidence: float
    model: str
    transform: Mapping[str, Any] = field(default_factory=dict)
    source: Mapping[str, Any] = field(default_factory=dict)
    example: str = ""
    name: str = ""
    expected: str = ""
    note: str = ""
    annotator: str = ""
    probe_id: str = field(default_factory=lambda: str(uuid4()))
    time: str = field(default_factory=_now)

    def __post_init__(self) -> None:
        for name in (*_TEXTS, "predicted", "model"):
            _check_text(name, getattr(self, name))
        _check_id_and_time(self.probe_id, self.time)
        if self.kind not in KINDS:
            raise RunError(
                f"the kind of a probe must be one of {', '.join(KINDS)}; received {self.kind!r}; "
                "choose one of them."
            )
        if self.kind == "example" and not self.example:
            raise RunError(
                "a probe of an example must name it; received no id; pass the example's id."
            )
        _check_numbers(self.shape, self.confidence)
        self.as_transform()
        _as_json(self.source, "source")

    def as_transform(self) -> "Transform":
        """The transform.

        Raises:
            RunError: a name that no transform has, or a value out of range.
        """
        from hardex.images import Transform  # Pillow is loaded only where there are pictures

        known = [one.name for one in fields(Transform)]
        unknown = sorted(set(map(str, self.transform)) - set(known))
        if unknown:
            raise RunError(
                f"a transform has the amounts {', '.join(known)}; received {unknown[0]!r}; leave "
                "it out or install a newer hardex."
            )
        try:
            return Transform(**self.transform)
        except (HardexError, TypeError, OverflowError) as error:
            raise RunError(
                f"the transform of a probe must hold amounts that can be applied to a picture "
                f"({str(error).rstrip('.')}); received others; leave them out."
            ) from error

    def as_json(self) -> str:
        """The text of `ID.json`; `from_json` returns an equal probe."""
        values = {"schema": PROBE_SCHEMA} | vars(self) | {"confidence": float(self.confidence)}
        lines = [f'  "{name}": {_as_json(value, name)}' for name, value in values.items()]
        return "{\n" + ",\n".join(lines) + "\n}\n"

    @classmethod
    def from_json(cls, text: str) -> "KeptProbe":
        """The probe that `as_json` wrote.

        Raises:
            RunError: this version cannot read it as a probe.
        """
        try:
            found = json_of(text)
            schema = found.pop("schema")
            if type(schema) is not int or schema > PROBE_SCHEMA:
                raise RunError(
                    f"a probe must have schema {PROBE_SCHEMA} or older; received {schema!r}; "
                    "install a newer hardex."
                )
            return cls(**(found | {"shape": tuple(found["shape"])}))
        except RunError:
            raise
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise RunError(
                f"a probe must be JSON written by hardex; it cannot be read ({why(error)}); "
                "restore it from a copy."
            ) from error


def changes(transform: "Transform") -> dict[str, Any]:
    """The amounts of a transform that change a picture, by name.

    Example:
        >>> from hardex.images import Transform
        >>> changes(Transform(rotation=30.0, scale=1.0))
        {'rotation': 30.0}
    """
    nothing = asdict(type(transform)())
    return {  # plain numbers, also where NumPy made them its own
        name: type(nothing[name])(value)
        for name, value in asdict(transform).items()
        if value != nothing[name]
    }


def _as_json(value: object, what: str) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise RunError(
            f"the {what} of a probe must be what JSON holds: texts, finite numbers, lists and "
            f"named values; received something else ({type(error).__name__}); leave it out."
        ) from error
    if len(text) > JSON_MOST:
        raise RunError(
            f"the {what} of a probe may have {JSON_MOST:,} characters; received {len(text):,}; "
            "draw less."
        )
    return text


def _check_text(name: str, value: object) -> None:
    most = _TEXT_MOST.get(name)
    if not isinstance(value, str):
        raise RunError(
            f"the {name} of a probe must be text; received {type(value).__name__}; pass a text."
        )
    if most is not None and len(value) > most:
        raise RunError(
            f"the {name} of a probe may have {most:,} characters; received {len(value):,}; "
            "shorten it."
        )
    try:
        value.encode()
    except UnicodeEncodeError as error:  # an emoji that a page cut in two
        raise RunError(
            f"the {name} of a probe must be whole characters; number {error.start + 1} is an "
            "unpaired surrogate; type it again."
        ) from error


def is_probe_id(probe_id: str) -> bool:
    """Whether this can be the id of a probe: a UUID in small letters."""
    try:
        return str(UUID(probe_id)) == probe_id
    except ValueError:
        return False


def _check_id_and_time(probe_id: str, time: str) -> None:
    try:
        whole = is_probe_id(probe_id) and datetime.fromisoformat(time).utcoffset() == timedelta(0)
    except ValueError:
        whole = False
    if not whole:
        raise RunError(
            "a probe needs a UUID and a time in UTC (ISO 8601); received "
            f"{probe_id[:40]!r} and {time[:40]!r}; leave both out."
        )


def _check_numbers(shape: Shape, confidence: float) -> None:
    from hardex.images.files import check_shape

    try:
        check_shape(shape)
        whole = all(type(pixels) is int for pixels in shape)
        fine = whole and isfinite(confidence) and 0 <= confidence <= 1 + 1e-2  # half precision
    except (TypeError, ValueError, OverflowError):
        fine = False
    if not fine:
        raise RunError(
            "a probe needs the (h, w, c) of its picture and a confidence from 0 to 1; received "
            f"{shape!r:.60} and {confidence!r:.60}; pass the input shape and the confidence."
        )
