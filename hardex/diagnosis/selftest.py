"""selftest.json: how often planted causes were found, and how often they were named wrongly."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hardex.classifiers.doctor.statistics import wilson_interval

SELFTEST = "selftest.json"
SCHEMA = "hardex.selftest/1"
MOST = 1000  # causes, notes or bins that are read
LEAST_POWER = 0.50  # below, a cause is not named
MOST_FALSE_CREDIT = 0.05  # above, a cause is not named


@dataclass(frozen=True)
class Share:
    """A share with its 95 % interval (Wilson 1927), and of how many."""

    value: float
    low: float
    high: float
    of: int


@dataclass(frozen=True)
class CauseTest:
    """What the self-test says about one cause.

    Attributes:
        cause: its name.
        planted: how many plants of it were diagnosed.
        power: the share of them that was named so.
        false_credit: the share of flipped labels, junk and untouched examples (except of its own
            kind) that was named so.
        given: whether findings may name it on this data set.
        why_not: a clause if they may not, else "".
        by_chance: the share of examples that are wrong without a named cause (mere mistakes,
            border cases, distortions without a name) that was named so.
    """

    cause: str
    planted: int
    power: Share
    false_credit: Share
    given: bool
    why_not: str = ""
    by_chance: Share = Share(0.0, 0.0, 1.0, 0)


@dataclass(frozen=True)
class CalibrationBin:
    """Plants whose stated confidence lies in a range, and the share of them that was right."""

    low: float
    high: float
    count: int
    confidence: float
    right: float


@dataclass(frozen=True)
class SelfTest:
    """How far the diagnosis can be trusted on one model and data set.

    Attributes:
        model, data, train: what was tested, as typed; `train` is "" without training data.
        model_hash, train_hash: of them.
        seed: of the plants.
        examples: how many correct examples of the data the plants were made of.
        causes: one test per cause, in the order of the names.
        accuracy: the share of answered plants that was named right, over the causes given.
        coverage: the share of plants that got an answer other than `unexplained`.
        threshold: the least share of the forest's votes with which any cause is named.
        calibration_error: expected calibration error of the stated confidence, 0..1.
        calibration: its bins.
        notes: sentences about what limits it.
    """

    model: str
    data: str
    train: str
    model_hash: str
    train_hash: str
    seed: int
    examples: int
    causes: tuple[CauseTest, ...]
    accuracy: Share
    coverage: Share
    threshold: float
    calibration_error: float
    calibration: tuple[CalibrationBin, ...]
    notes: tuple[str, ...] = ()

    @property
    def given(self) -> tuple[str, ...]:
        """The causes that findings may name."""
        return tuple(test.cause for test in self.causes if test.given)

    def as_json(self) -> dict[str, Any]:
        """What selftest.json says."""
        return {"schema": SCHEMA, **asdict(self)}


def of_json(found: dict[str, Any]) -> SelfTest:
    """The self-test that `SelfTest.as_json` gave.

    Raises:
        KeyError, TypeError, ValueError: it is not one.
    """
    if found["schema"] != SCHEMA:
        raise ValueError(f"its schema is {str(found['schema'])[:40]!r}, not {SCHEMA}")
    values = {name: value for name, value in found.items() if name != "schema"}
    if max(len(values["causes"]), len(values["notes"]), len(values["calibration"])) > MOST:
        raise ValueError(f"it has more than {MOST} causes, notes or bins")
    tests = [
        CauseTest(
            **{
                **one,
                "power": Share(**one["power"]),
                "false_credit": Share(**one["false_credit"]),
                "by_chance": Share(**one["by_chance"]),
            }
        )
        for one in values["causes"]
    ]
    return SelfTest(
        **{
            **values,
            "causes": tuple(tests),
            "accuracy": Share(**values["accuracy"]),
            "coverage": Share(**values["coverage"]),
            "calibration": tuple(CalibrationBin(**one) for one in values["calibration"]),
            "notes": tuple(values["notes"]),
        }
    )


def share_of(count: int, of: int) -> Share:
    """A share with its 95 % interval; without anything to count the whole range.

    Source: Wilson, Probable Inference, the Law of Succession, and Statistical Inference (1927).

    Example:
        >>> share = share_of(50, 100)
        >>> round(share.low, 3), round(share.high, 3)
        (0.404, 0.596)
        >>> share_of(0, 0)
        Share(value=0.0, low=0.0, high=1.0, of=0)
    """
    if not of:
        return Share(0.0, 0.0, 1.0, 0)
    low, high = wilson_interval(count, of)
    return Share(count / of, low, high, of)


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON file, complete or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    partial.replace(path)
