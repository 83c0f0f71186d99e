"""A run -> its figures as plain data: accuracy, classes, confusion, calibration, list heads.

Classes are given by index and their names once: a thousand of them still make a small page.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hardex.errors import RunError
from hardex.overview.calibration import calibration_figures
from hardex.overview.confusion import confusion_figures
from hardex.overview.slices import slice_figures
from hardex.predict.balance import ALPHA, FEWER, class_balance
from hardex.runs.confusion import read_confusion
from hardex.runs.folder import RESULTS
from hardex.runs.hard_examples import LISTS
from hardex.runs.run import Run, opened

HEAD = 5  # examples of each list
BALANCE_RULE = (
    f"Clearly: fewer than {FEWER} or more than {1 / FEWER} predictions per given example, which "
    f"chance does not explain (McNemar's exact test, p below {ALPHA} after Holm's correction)."
)


def overview(run: str | Path | Run) -> dict[str, Any]:
    """The figures of a run, ready for JSON.

    Args:
        run: a run or its folder.

    Returns:
        `class_names`; `examples`, `wrong`, `sealed` (counts); `accuracy` with its 95 % interval;
        `doctor`, what was found in the ranking, and `notes`, what was done so that model and
        data fit;
        `classes`, one row per class (see `class_row`), and `balance_rule`, what their flags mean;
        `confusion`, `pairs`, `pair_count` (see `confusion_figures`), and `problem`, why they are
        missing; `calibration` (see `calibration_figures`); `slices` (see `slice_figures`);
        `heads`, for each list its `total` and first `examples` (id, labels, confidence, and the
        `file_name` of the picture, or "").

    Raises:
        RunError: there is no run, or a table of it cannot be read.
    """
    found = opened(run)
    metrics = found.metrics
    return {
        "class_names": list(found.manifest.class_names),
        "examples": metrics["examples"],
        "wrong": metrics["wrong"],
        "sealed": found.manifest.counts.get("sealed", 0),
        "accuracy": metrics["accuracy"],
        "doctor": list(found.manifest.doctor),
        "notes": list(found.manifest.notes),
        **_confusion(found, metrics["per_class"]),
        "balance_rule": BALANCE_RULE,
        "calibration": calibration_figures(metrics["calibration"], metrics["accuracy"]),
        "slices": slice_figures(found),
        "heads": {name: _head(found, name) for name in LISTS},
    }


def class_row(row: Mapping[str, Any], flag: str) -> list[Any]:
    """One class: examples, predictions, accuracy, the ends of its 95 % interval, and its flag.

    Example:
        >>> accuracy = {"value": 0.75, "low": 0.2, "high": 0.9}
        >>> class_row({"examples": 4, "predicted": 2, "accuracy": accuracy}, "")
        [4, 2, 0.75, 0.2, 0.9, '']
    """
    accuracy = [row["accuracy"][name] for name in ("value", "low", "high")]
    return [row["examples"], row["predicted"], *accuracy, flag]


def _confusion(run: Run, per_class: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The figures that need the whole matrix; without a readable one the others remain."""
    path = run.folder / RESULTS / "confusion.csv"
    figures: dict[str, Any]
    try:
        counts = read_confusion(path, len(run.manifest.class_names))
    except RunError as error:
        flags: tuple[str, ...] = ("",) * len(per_class)
        figures = {"confusion": None, "pairs": [], "pair_count": 0, "problem": str(error)}
    else:
        flags = class_balance(counts).flags()
        figures = {**confusion_figures(counts), "problem": ""}
    rows = zip(per_class, flags, strict=True)
    return {"classes": [class_row(row, flag) for row, flag in rows], **figures}


def _head(run: Run, name: str) -> dict[str, Any]:
    """The length of a list, and its first examples."""
    rows = run.hard[run.hard["list"] == name]
    return {
        "total": len(rows),
        "examples": [
            {
                "id": row.id,
                "given": row.given_label,
                "predicted": row.predicted_label,
                "confidence": float(row.confidence),  # exact: a value rounded twice may differ
                "file_name": row.file_name or "",
            }
            for row in rows.head(HEAD).itertuples()
        ],
    }
