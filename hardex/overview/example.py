"""A run and an id -> what is known about that example."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hardex.arrays import Probabilities
from hardex.ranking.scores import MEANINGS
from hardex.runs.run import Run, opened

_BARS_MOST = 10  # with more classes only the most likely are listed


@dataclass(frozen=True)
class Reason:
    """Why an example is on a list, and its rank there, from 1."""

    list: str
    rank: int
    reason: str


@dataclass(frozen=True)
class Score:
    """A score of an example, the formula behind it, and what it measures."""

    name: str
    value: float
    formula: str
    meaning: str


@dataclass(frozen=True)
class ExampleFacts:
    """What is known about one example.

    Attributes:
        id: its stable name.
        position: its place in the data set, from 0.
        file_name: its file, or "".
        given, predicted: class names.
        confidence: of the prediction, 0..1.
        likeliest: class name and probability: of at most ten classes all, in order of class; of
            more the ten most likely first, the given class among them.
        reasons: one for each list that it is on.
        scores: all scores but the confidence; higher is harder.
        meta: value by name of the further columns that have text.
    """

    id: str
    position: int
    file_name: str
    given: str
    predicted: str
    confidence: float
    likeliest: tuple[tuple[str, float], ...]
    reasons: tuple[Reason, ...]
    scores: tuple[Score, ...]
    meta: Mapping[str, str]


def example_facts(run: str | Path | Run, id: str) -> ExampleFacts:
    """What is known about one example.

    Args:
        run: a run or its folder.
        id: of the example.

    Raises:
        RunError: there is no such example.
    """
    found = opened(run)
    row = found.row(id)
    return ExampleFacts(
        id=id,
        position=int(row["position"]),
        file_name=_text_or_none(row["file_name"]) or "",
        given=row["given_label"],
        predicted=row["predicted_label"],
        confidence=float(row["confidence"]),
        likeliest=_likeliest(found, row),
        reasons=_reasons(found, id),
        scores=_scores(found, row),
        meta=_meta(found, row),
    )


def share_easier(run: str | Path | Run, id: str) -> dict[str, float]:
    """For each score of an example, the share of all examples that score lower, 0..1.

    Raises:
        RunError: there is no such example.
    """
    found = opened(run)
    row = found.row(id)
    return found.tables.easier({name: float(row[name]) for name in found.tables.scores})


def meaning_of(score: str) -> str:
    """What a score measures; "" if that is not known.

    Example:
        >>> meaning_of("confidence")
        "the model's confidence in its prediction (higher is easier)"
    """
    if score == "confidence":
        return "the model's confidence in its prediction (higher is easier)"
    return MEANINGS.get(score, "")


def _reasons(run: Run, id: str) -> tuple[Reason, ...]:
    rows = run.hard[run.hard["id"] == id]
    return tuple(Reason(row.list, int(row.rank), row.reason) for row in rows.itertuples())


def _scores(run: Run, row: Mapping[str, Any]) -> tuple[Score, ...]:
    formulas = run.manifest.formulas
    return tuple(
        Score(name, float(row[name]), formulas.get(name, ""), meaning_of(name))
        for name in run.tables.scores
        if name != "confidence"
    )


def _meta(run: Run, row: Mapping[str, Any]) -> dict[str, str]:
    values = {name: _text_or_none(row[f"meta_{name}"]) for name in run.tables.meta}
    return {name: value for name, value in values.items() if value is not None}


def _likeliest(run: Run, row: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    names, probabilities = run.manifest.class_names, row["probabilities"]
    shown = _shown_classes(probabilities, int(row["given_index"]))
    return tuple((names[label], float(probabilities[label])) for label in shown)


def _shown_classes(probabilities: Probabilities, given: int) -> list[int]:
    """All of a few classes; of many the most likely, with the given class."""
    if len(probabilities) <= _BARS_MOST:
        return list(range(len(probabilities)))
    likeliest: list[int] = (-probabilities).argsort(kind="stable")[:_BARS_MOST].tolist()
    return likeliest if given in likeliest else [*likeliest[:-1], given]


def _text_or_none(value: Any) -> str | None:
    """A cell of a table that may be missing."""
    return value if isinstance(value, str) else None
