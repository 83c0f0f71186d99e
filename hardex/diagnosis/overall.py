"""diagnosis.json: what the findings say together about the data set."""

from dataclasses import asdict, dataclass
from typing import Any

DIAGNOSIS = "diagnosis.json"
SCHEMA = "hardex.diagnosis/1"
MOST = 10_000  # causes, groups or notes that are read


@dataclass(frozen=True)
class CauseCount:
    """How many findings name a cause, and what to do about it (a clause)."""

    cause: str
    count: int
    remedy: str


@dataclass(frozen=True)
class NotJudged:
    """A cause that findings do not name here, and why (a clause)."""

    cause: str
    why: str


@dataclass(frozen=True)
class GroupTest:
    """Whether a cause is named more often among the errors of a class than chance explains.

    Attributes:
        cause: its name.
        given_label: the class; "" for all classes together.
        count: how many of its wrong examples were found to have this cause.
        of: how many of its wrong examples were diagnosed.
        expected: how many the self-test's false credit alone would give.
        p: one-sided exact test; see `hardex.diagnosis.groups.group_tests`.
        p_adjusted: after Benjamini and Hochberg (1995), over all causes and classes.
        amount_low, amount_high: the middle 80 % of the amounts; None without amounts.
        sentence: the same in words.
    """

    cause: str
    given_label: str
    count: int
    of: int
    expected: float
    p: float
    p_adjusted: float
    amount_low: float | None
    amount_high: float | None
    sentence: str


@dataclass(frozen=True)
class LabelErrors:
    """Whether mislabelled examples are spread or of one kind.

    Attributes:
        count: how many examples were found to be mislabelled.
        pattern: `spread`, `one_pair` (one pair of given and suggested class), `one_cluster` (close
            together in the embedding) or `too_few`.
        pair: the most frequent pair of given and suggested class, or ().
        pair_count: how many are of it.
        p: how likely so many are by chance.
        sentence: the same in words.
    """

    count: int
    pattern: str
    pair: tuple[str, ...]
    pair_count: int
    p: float
    sentence: str


@dataclass(frozen=True)
class Leakage:
    """Examples that are in the training data, too.

    Attributes:
        examples: how many examples have exactly the pixels of a training image.
        other_label: how many of these have another label there.
        ids: the first of them.
        of: how many examples were looked at: all of the run, if their pictures fit into memory.
    """

    examples: int
    other_label: int
    ids: tuple[str, ...]
    of: int = 0


@dataclass(frozen=True)
class Diagnosis:
    """All findings together.

    Attributes:
        examples: how many were diagnosed.
        wrong: how many of them the model has wrong.
        chosen: which examples were diagnosed, a clause.
        model, data, train: as typed; `train` is "" without training data.
        train_path, train_hash: where the training data is.
        scope: what the examples were compared with, a clause.
        judged: the causes that findings may name, `unexplained` included.
        not_judged: the others.
        counts: most frequent first.
        tests: those with an adjusted p below 0.05, the surest first.
        label_errors: the pattern of the mislabelled ones; None without any.
        leakage: between the run and the training data; None without training data.
        notes: sentences about what limits the diagnosis.
    """

    examples: int
    wrong: int
    chosen: str
    model: str
    data: str
    train: str
    train_path: str
    train_hash: str
    scope: str
    judged: tuple[str, ...]
    not_judged: tuple[NotJudged, ...]
    counts: tuple[CauseCount, ...]
    tests: tuple[GroupTest, ...]
    label_errors: LabelErrors | None
    leakage: Leakage | None
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """What diagnosis.json says."""
        return {"schema": SCHEMA, **asdict(self)}


def of_json(found: dict[str, Any]) -> Diagnosis:
    """The diagnosis that `Diagnosis.as_json` gave.

    Raises:
        KeyError, TypeError, ValueError: it is not one.
    """
    if found["schema"] != SCHEMA:
        raise ValueError(f"its schema is {str(found['schema'])[:40]!r}, not {SCHEMA}")
    values = {name: value for name, value in found.items() if name != "schema"}
    for name in ("judged", "not_judged", "counts", "tests", "notes"):
        if len(values[name]) > MOST:
            raise ValueError(f"its {name} are {len(values[name]):,}, and {MOST:,} are the most")
    errors, leakage = values["label_errors"], values["leakage"]
    return Diagnosis(
        **{
            **values,
            "judged": tuple(values["judged"]),
            "not_judged": tuple(NotJudged(**one) for one in values["not_judged"]),
            "counts": tuple(CauseCount(**one) for one in values["counts"]),
            "tests": tuple(GroupTest(**one) for one in values["tests"]),
            "label_errors": None
            if errors is None
            else LabelErrors(**{**errors, "pair": tuple(errors["pair"])}),
            "leakage": None
            if leakage is None
            else Leakage(**{**leakage, "ids": tuple(leakage["ids"])}),
            "notes": tuple(values["notes"]),
        }
    )
