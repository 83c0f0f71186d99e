"""A run as a whole -> the plain data that the Overview page draws.

Classes are told by their number, and their names once: a thousand of them are still a small page.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.errors import RunError
from hardex.predict.balance import ALPHA, FEWER, class_balance, two_sided
from hardex.predict.metrics import share
from hardex.predict.slices import holm
from hardex.runs.confusion import read_confusion
from hardex.runs.folder import RESULTS
from hardex.runs.hard_examples import LISTS
from hardex.runs.run import Run
from hardex_app.cards import picture_url

MOST_CELLS = 30  # classes a side of the matrix; more could be neither read nor tapped
MOST_PAIRS = 500
HEAD = 5  # examples shown of each list
BALANCE_RULE = (
    f"Clearly: fewer than {FEWER} or more than {1 / FEWER} predictions for each example given, and "
    f"chance does not explain it (McNemar's exact test, p below {ALPHA} after Holm's correction)."
)
_THUMBNAIL_PIXELS = 64  # ten of the noisiest pictures stay below 170 kB
_WORTH_A_WORD = 0.005  # a difference of confidence and accuracy that is small enough for anybody


def overview(run: Run) -> dict[str, Any]:
    """Everything on the page, ready for JSON.

    Keys: `class_names`; `examples`, `wrong`, `sealed`; `accuracy` with its 95 % interval;
    `classes`, one row per class, and `balance_rule`, what their flags mean; `confusion`, `pairs`,
    `pair_count` (see `confusion_facts`), and `problem`, why there are none; `calibration`;
    `heads`, the first examples of each list.
    """
    metrics = run.metrics
    return {
        "class_names": list(run.manifest.class_names),
        "examples": metrics["examples"],
        "wrong": metrics["wrong"],
        "sealed": run.manifest.counts.get("sealed", 0),
        "accuracy": metrics["accuracy"],
        **_confusion(run, metrics["per_class"]),
        "balance_rule": BALANCE_RULE,
        "calibration": calibration_facts(metrics["calibration"], metrics["accuracy"]),
        "heads": {name: _head(run, name) for name in LISTS},
    }


def _confusion(run: Run, per_class: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The parts that need the whole matrix; a run without a readable one has the rest."""
    path = run.folder / RESULTS / "confusion.csv"
    facts: dict[str, Any]
    try:
        counts = read_confusion(path, len(run.manifest.class_names))
    except RunError as error:
        flags: tuple[str, ...] = ("",) * len(per_class)
        facts = {"confusion": None, "pairs": [], "pair_count": 0, "problem": str(error)}
    else:
        flags = class_balance(counts).flags()
        facts = {**confusion_facts(counts), "problem": ""}
    rows = zip(per_class, flags, strict=True)
    return {"classes": [class_row(row, flag) for row, flag in rows], **facts}


def class_row(row: Mapping[str, Any], flag: str) -> list[Any]:
    """One class: given, predicted, accuracy, the ends of its 95 % interval, and its flag.

    Example:
        >>> accuracy = {"value": 0.75, "low": 0.2, "high": 0.9}
        >>> class_row({"examples": 4, "predicted": 2, "accuracy": accuracy}, "")
        [4, 2, 0.75, 0.2, 0.9, '']
    """
    accuracy = [row["accuracy"][name] for name in ("value", "low", "high")]
    return [row["examples"], row["predicted"], *accuracy, flag]


def confusion_facts(counts: NDArray[np.int64]) -> dict[str, Any]:
    """The matrix, or its part with the most errors, and the most confused pairs.

    Args:
        counts: (k, k), given class by predicted class.

    Returns:
        `confusion`: `classes`, the numbers of at most 30 classes in their order, and `counts`
        between them; `pairs`: at most 500 of [given, predicted, how often], the most frequent
        first, ties by the share of the given class; `pair_count`: how many there are.

    Example:
        >>> found = confusion_facts(np.array([[8, 2, 0], [3, 5, 0], [0, 0, 9]]))
        >>> found["pairs"], found["pair_count"]
        ([[1, 0, 3], [0, 1, 2]], 2)
    """
    k = len(counts)
    errors = counts.copy()
    np.fill_diagonal(errors, 0)
    most = np.argsort(-(errors.sum(axis=0) + errors.sum(axis=1)), kind="stable")
    shown = np.sort(most[:MOST_CELLS])
    cells = np.flatnonzero(errors)
    often, given = errors.ravel()[cells], counts.sum(axis=1)[cells // k]
    order = np.lexsort((cells, given, -often))[:MOST_PAIRS]  # the fewer are given, the larger share
    pairs = np.stack([cells // k, cells % k, often], axis=1)[order]
    return {
        "confusion": {
            "classes": shown.tolist(),
            "counts": counts[np.ix_(shown, shown)].tolist(),
        },
        "pairs": pairs.tolist(),
        "pair_count": len(cells),
    }


def calibration_facts(
    calibration: Mapping[str, Any], accuracy: Mapping[str, float | None]
) -> dict[str, Any]:
    """The reliability diagram: a row per bin that holds examples, and what it says in a sentence.

    Keys: `error`, the expected calibration error; `bins`, each with `from` and `to` (confidence),
    `examples`, `confidence` (its mean), and `value`, `low`, `high` (accuracy with its 95 %
    interval); `says`.
    """
    bins = bins_of(calibration["bins"])
    return {
        "error": calibration["expected_calibration_error"],
        "bins": [one.facts() for one in bins],
        "says": sureness(bins, accuracy),
    }


@dataclass(frozen=True)
class Bin:
    """The examples whose confidence lies in one range.

    Attributes:
        low, high: the range.
        examples, right: how many, and how many of them are right.
        confidence: their mean confidence.
    """

    low: float
    high: float
    examples: int
    right: int
    confidence: float

    def facts(self) -> dict[str, Any]:
        """As the page draws it."""
        accuracy = share(self.right, self.examples)
        ends = {"from": round(self.low, 4), "to": round(self.high, 4), "examples": self.examples}
        return ends | {"confidence": self.confidence} | accuracy


def bins_of(rows: Sequence[Mapping[str, Any]]) -> list[Bin]:
    """The bins of metrics.json that hold examples."""
    width = 1 / max(1, len(rows))
    return [
        Bin(i * width, (i + 1) * width, row["examples"], row["right"], row["confidence"])
        for i, row in enumerate(rows)
        if row["examples"]
    ]


def sureness(bins: Sequence[Bin], accuracy: Mapping[str, float | None]) -> str:
    """Whether the model is as sure as it should be, as a sentence.

    It is too sure where its mean confidence lies above the 95 % interval of its accuracy, and the
    two differ by half a percent point or more. Where they agree on the whole, the bin that differs
    most is named, if it differs so much and chance does not explain it.

    Example:
        >>> sureness([Bin(0.9, 1.0, 1000, 900, 0.95)], share(900, 1000))
        'On average the model says 95.0 % and is right in 90.0 %: it is too sure.'
    """
    value, low, high = (accuracy[name] for name in ("value", "low", "high"))
    examples = sum(one.examples for one in bins)
    if value is None or low is None or high is None or not examples:
        return "No example has a prediction."
    confidence = sum(one.examples * one.confidence for one in bins) / examples
    said = f"On average the model says {_percent(confidence)} and is right in {_percent(value)}"
    if not low <= confidence <= high and abs(confidence - value) >= _WORTH_A_WORD:
        return f"{said}: it is {_too(confidence, value)}."
    off = _furthest_off(bins)
    if off is None and abs(confidence - value) >= _WORTH_A_WORD:
        return f"{said}; of so few examples, this may be chance."
    if off is None:
        return f"{said}: it is as sure as it should be."
    right = off.right / off.examples
    return (
        f"{said}, but where it says about {_percent(off.confidence)} it is right in "
        f"{_percent(right)}: there it is {_too(off.confidence, right)}."
    )


def _furthest_off(bins: Sequence[Bin]) -> Bin | None:
    """The bin with the most misjudged examples, of those that chance does not explain.

    The exact binomial test is careful here: the confidences within a bin differ, and so the number
    of right ones varies less than that of one coin (Hoeffding 1956).
    """
    right = np.array([one.right for one in bins])
    wrong = np.array([one.examples - one.right for one in bins])
    said = np.array([min(1.0, one.confidence) for one in bins])
    adjusted = holm(two_sided(right, wrong, said))
    gaps = [abs(one.confidence - one.right / one.examples) for one in bins]
    off = [
        one
        for one, gap, p in zip(bins, gaps, adjusted, strict=True)
        if p < ALPHA and gap >= _WORTH_A_WORD
    ]
    return max(off, key=lambda one: abs(one.examples * one.confidence - one.right), default=None)


def _too(confidence: float, accuracy: float) -> str:
    return "too sure" if confidence > accuracy else "not sure enough"


def _percent(p: float) -> str:
    return f"{100 * p:.1f} %"


def _head(run: Run, name: str) -> dict[str, Any]:
    """How long a list is, and its first examples."""
    rows = run.hard[run.hard["list"] == name]
    return {
        "total": len(rows),
        "examples": [
            {
                "id": row.id,
                "given": row.given_label,
                "predicted": row.predicted_label,
                "confidence": float(row.confidence),  # whole: what is rounded twice may differ
                # Without a file there is no picture, and looking for one takes long.
                "image": picture_url(run, row.id, _THUMBNAIL_PIXELS) if row.file_name else "",
            }
            for row in rows.head(HEAD).itertuples()
        ],
    }
