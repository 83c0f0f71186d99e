"""What a report holds, as plain values: the page, Markdown and JSON are three views of it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

SCHEMA = "hardex.report/1"
Share = Mapping[str, float | None]  # `value` with the ends `low` and `high` of its 95 % interval


@dataclass(frozen=True)
class Picture:
    """A thumbnail inside the report.

    Attributes:
        url: a data URL.
        is_small: whether it has so few pixels that a reader wants to see each of them.
    """

    url: str
    is_small: bool


@dataclass(frozen=True)
class Card:
    """One hard example.

    Attributes:
        id, given, predicted, confidence, rank, reason: as in hard/metadata.csv.
        cause: its diagnosed cause; "" if it was not diagnosed.
        cause_confidence: of the cause, 0..1; None without one.
        why: the evidence for the cause, a sentence.
        picture: None where the run holds no picture.
        undone: the same with the found transform undone; None if there is none.
    """

    id: str
    given: str
    predicted: str
    confidence: float
    rank: int
    reason: str
    cause: str = ""
    cause_confidence: float | None = None
    why: str = ""
    picture: Picture | None = None
    undone: Picture | None = None


@dataclass(frozen=True)
class HardList:
    """The head of one list: its cards, how many it has in all, and the formula of its score."""

    name: str
    formula: str
    total: int
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class ClassFigures:
    """One class.

    Attributes:
        name: of the class.
        examples, predicted: how many have it as given, and as predicted label.
        recall: the share of its examples that are predicted so.
        precision: the share of such predictions that are right.
        flag: `never`, `seldom` or `often` predicted, or "".
    """

    name: str
    examples: int
    predicted: int
    recall: Share
    precision: Share
    flag: str


@dataclass(frozen=True)
class Matrix:
    """A confusion matrix, or the classes of it with the most errors.

    Attributes:
        classes: names, in the order of rows and columns.
        counts: given class by predicted class.
        of: how many classes there are in all.
    """

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    of: int


@dataclass(frozen=True)
class Table:
    """A small table: a title, column names, and cells that are ready to be shown."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class CauseExamples:
    """The first examples with one cause."""

    cause: str
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Told:
    """A section of sentences, tables and examples."""

    sentences: tuple[str, ...]
    tables: tuple[Table, ...] = ()
    examples: tuple[CauseExamples, ...] = ()


@dataclass(frozen=True)
class RunPart:
    """What a report says about one run.

    Attributes:
        name: of the run.
        summary: five sentences.
        notes: what the doctor found, and what was done so that model and data fit.
        examples, wrong: how many.
        accuracy: of all examples.
        calibration_error: expected calibration error, 0..1.
        matrix: None where confusion.csv cannot be read.
        pairs: the most confused classes: given, predicted, count.
        classes: the weakest first.
        class_count: how many classes there are in all.
        lists: the hard examples.
        causes: None of a run that was not diagnosed.
        judged: what people said; None if nobody was asked.
        proofs: whether later models are better; None if nothing was proved.
        origin: how to repeat it, values by name.
    """

    name: str
    summary: tuple[str, ...]
    notes: tuple[str, ...]
    examples: int
    wrong: int
    accuracy: Share
    calibration_error: float
    matrix: Matrix | None
    pairs: tuple[tuple[str, str, int], ...]
    classes: tuple[ClassFigures, ...]
    class_count: int
    lists: tuple[HardList, ...]
    causes: Told | None
    judged: Told | None
    proofs: Told | None
    origin: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Contents:
    """Everything in a report.

    Attributes:
        title: of the report.
        summary: five sentences, the first thing to read.
        runs: one part each.
        comparison: of several runs; None of one.
        made: when, in UTC, ISO 8601.
        version: of hardex.
    """

    title: str
    summary: tuple[str, ...]
    runs: tuple[RunPart, ...]
    comparison: Told | None
    made: str
    version: str

    @property
    def shown(self) -> int:
        """How many hard examples have a card."""
        return sum(len(one.cards) for run in self.runs for one in run.lists)

    def as_json(self) -> dict[str, Any]:
        """The same as plain data, without pictures."""
        return {"schema": SCHEMA, **_without_pictures(asdict(self))}


def _without_pictures(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {name: it for name, it in value.items() if name not in ("picture", "undone")}
        return {name: _without_pictures(it) for name, it in kept.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_without_pictures(it) for it in value]
    return value
