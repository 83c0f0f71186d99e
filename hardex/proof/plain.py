"""A proof -> plain data, as `hardex prove --format json` prints it and as a run keeps it."""

from dataclasses import asdict
from typing import Any

from hardex.comparison.differences import ClassDifference
from hardex.proof.arms import Interval, RemedyAnswer
from hardex.proof.evidence import Evidence
from hardex.proof.proof import Proof
from hardex.proof.wording import headline, sentences
from hardex.version import VERSION

SCHEMA = "hardex.proof/1"
Json = dict[str, Any]


def as_json(found: Proof) -> Json:
    """The whole proof.

    Returns:
        `verdict`, `difference`, `low`, `high`, `repaired`, `broken` (counts), `p_mcnemar`, `level`,
        `detectable`, `uses`. What was seen on examples that prove nothing stands in `looked_at`
        alone, and the figures of the verdict are None then. Further: `sentence`, `told`,
        `examples`, `needed`, `where`, `data`, `before`, `after`, `repaired_ids`, `broken_ids`,
        `per_class`, `slices`, `remedy`, `hard_set`, `calibration`, `probes`, `target`,
        `left_out`, `notes`, `run`, `created`, `file` and `version`.
    """
    seen = found.evidence
    proved = seen if found.proves else None
    return {
        "schema": SCHEMA,
        "verdict": found.verdict,
        "difference": None if proved is None else proved.difference,
        "low": None if proved is None else proved.low,
        "high": None if proved is None else proved.high,
        "repaired": None if proved is None else proved.repaired,
        "broken": None if proved is None else proved.broken,
        "p_mcnemar": None if proved is None else proved.p_mcnemar,
        "level": found.level,
        "detectable": None if seen is None else seen.detectable,
        "uses": found.uses,
        "sentence": headline(found),
        "told": list(sentences(found)),
        "examples": 0 if seen is None else seen.examples,
        "needed": None if seen is None else seen.needed,
        "looked_at": None if seen is None or found.proves else _figures(seen),
        "where": found.kind,
        "data": found.data,
        "data_hash": found.data_hash,
        "before": asdict(found.before),
        "after": asdict(found.after),
        "repaired_ids": list(found.repaired),
        "broken_ids": list(found.broken),
        "per_class": [_group(one, "class") for one in found.classes],
        "slices": [_group(one, "slice") for one in found.slices],
        "remedy": None if found.remedy is None else _remedy(found.remedy),
        "hard_set": _hard_set(found),
        "calibration": None
        if found.calibration is None
        else dict(zip(("before", "after"), found.calibration, strict=True)),
        "probes": None if found.probes is None else asdict(found.probes),
        "target": None
        if found.targeted is None
        else {"planted": found.targeted.target, **_figures(found.targeted.evidence)},
        "left_out": {word: asdict(one) for word, one in found.left_out.items()},
        "notes": list(found.notes),
        "run": found.run,
        "created": found.created,
        "file": found.file,
        "version": VERSION,
    }


def _figures(found: Evidence) -> Json:
    return {**asdict(found), "verdict": found.verdict}


def _group(one: ClassDifference, word: str) -> Json:
    fields = asdict(one)
    return {word: fields.pop("class_name"), **fields}


def _interval(found: Interval | None) -> Json:
    names = ("difference", "low", "high")
    values = (None,) * 3 if found is None else (found.value, found.low, found.high)
    return dict(zip(names, values, strict=True))


def _remedy(found: RemedyAnswer) -> Json:
    return {
        "answer": found.answer,
        **_interval(found.by_seeds),
        "level": found.level,
        "by_examples": _interval(found.by_examples),
        "remedied": list(found.remedied),
        "placebo": list(found.placebo),
        "missing_remedied": found.missing_remedied,
        "missing_placebo": found.missing_placebo,
    }


def _hard_set(found: Proof) -> Json | None:
    one = found.hard_set
    if one is None:
        return None
    interval = _interval(one.interval)
    return {
        "examples": one.examples,
        "gain_minus_placebo_gain": one.gain,
        "low": interval["low"],
        "high": interval["high"],
        "remedied": one.remedied,
        "placebo": one.placebo,
    }
