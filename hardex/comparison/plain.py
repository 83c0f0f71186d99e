"""A comparison -> plain data, as `hardex compare --format json` prints it."""

from dataclasses import asdict
from typing import Any

from hardex.comparison.comparison import Comparison, Rows

SCHEMA = "hardex.compare/1"
_PAIRS_MOST = 50  # confusion pairs of a list
Json = dict[str, Any]


def as_json(found: Comparison) -> Json:
    """The whole comparison; lists hold ids.

    Returns:
        `runs` (names), `examples` (how many), `wrong_in_all`, `only_wrong` and `only_right` by run,
        `flips` and `differences` of every pair (b minus a, with those of each class in
        `per_class`). Further: `accuracy` and `calibration_error` by run; `agreement`,
        `both_wrong` and `error_overlap`, matrices in the order of `runs`; `counts` of each list by
        class and confusion pair; `suspects`; `drift`, None of two runs; `positive`, None without;
        `made_from`, the hashes of the runs; `notes`.
    """
    runs = found.runs
    return {
        "schema": SCHEMA,
        "runs": list(runs),
        "examples": len(found),
        "wrong_in_all": found.id_list("wrong_in_all"),
        "only_wrong": {run: found.id_list("only_wrong", run) for run in runs},
        "only_right": {run: found.id_list("only_right", run) for run in runs},
        "flips": [
            {
                "from": one.before,
                "to": one.after,
                "repaired": found.id_list("repaired", one.before, one.after),
                "broken": found.id_list("broken", one.before, one.after),
                "negative_flip_rate": one.rate,
            }
            for one in found.flips
        ],
        "differences": [
            {**asdict(one), "per_class": _per_class(found, one.a, one.b)}
            for one in found.differences
        ],
        "accuracy": dict(zip(runs, found.accuracies, strict=True)),
        "calibration_error": dict(zip(runs, found.calibration_errors, strict=True)),
        "agreement": found.agreement.tolist(),
        "both_wrong": found.both_wrong.tolist(),
        "error_overlap": found.error_overlap.tolist(),
        "counts": counts(found),
        "suspects": _suspects(found),
        "drift": _drift(found),
        "positive": _positive(found),
        "made_from": [one.as_dict() for one in found.origins],
        "notes": list(found.notes),
    }


def counts(found: Comparison) -> list[Json]:
    """How many examples each list has, of which classes and confusion pairs (at most 50)."""
    lists = [("wrong_in_all", "", ""), ("suspects", "", "")]
    lists += [(name, run, "") for name in ("only_wrong", "only_right") for run in found.runs]
    flips = [(one.before, one.after) for one in found.flips]
    lists += [(name, a, b) for a, b in flips for name in ("repaired", "broken")]
    return [
        {"list": name, "a": a, "b": b, **_counts_of(found, found.rows(name, a, b))}
        for name, a, b in lists
    ]


def _counts_of(found: Comparison, rows: Rows) -> Json:
    pairs = found.pair_counts(rows)
    return {
        "examples": len(rows),
        "classes": dict(found.class_counts(rows)),
        "pairs": [{"given": a, "predicted": b, "count": n} for a, b, n in pairs[:_PAIRS_MOST]],
    }


def _per_class(found: Comparison, a: str, b: str) -> list[Json]:
    return [
        {"class": one.pop("class_name"), **one}
        for one in map(asdict, found.class_differences(a, b))
    ]


def _suspects(found: Comparison) -> list[Json]:
    rows = found.suspects
    names = found.class_names
    answers = found.predicted[0, rows].tolist()
    told = zip(found.ids.at(rows), found.given[rows].tolist(), answers, strict=True)
    return [{"id": id, "given": names[a], "predicted": names[b]} for id, a, b in told]


def _drift(found: Comparison) -> Json | None:
    one = found.drift
    if one is None:
        return None
    return {
        "falling": found.ids.at(one.falling),
        "falls": one.falls.astype(float).tolist(),
        "rising": one.rising,
        "expected": one.expected,
        "p": one.p,
        "p_balance": one.p_balance,
        "overfitting": one.is_overfitting,
    }


def _positive(found: Comparison) -> Json | None:
    if not found.positive:
        return None
    return {
        "class": found.positive,
        "runs": {
            one.run: {
                **one.figures.as_dict(),
                "missed": found.ids.at(found.missed(one.run)),
                "alarms": found.ids.at(found.alarms(one.run)),
                "curve": one.curve.as_dict(),
                "at_sensitivity": one.chosen,
            }
            for one in found.of_class
        },
    }
