"""A list of a comparison -> one page of its examples, and what all models say of one example."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hardex.comparison.comparison import Comparison, Rows
from hardex.errors import RunError
from hardex.runs.folder import RESULTS, TABLE
from hardex.runs.run import Run
from hardex.runs.tables import examples_at

PAGE_SIZE = 24
_BARS_MOST = 10  # classes of a model; with more, the likeliest
_PAIRS_MOST = 8


@dataclass(frozen=True)
class Answer:
    """What one model says of an example.

    Attributes:
        run: its name.
        predicted: a class name.
        confidence: of the prediction, 0..1.
        label_probability: of the given label, 0..1.
    """

    run: str
    predicted: str
    confidence: float
    label_probability: float


@dataclass(frozen=True)
class Compared:
    """One example with the answers of all models."""

    id: str
    given: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class ListPage:
    """One page of a list.

    Attributes:
        total: how many examples the list has, after the filters.
        page: which page this is, from 1.
        pages: how many there are, at least 1.
        examples: those of this page, hardest first.
        classes: given classes of the whole list with their counts, most first.
        pairs: its confusion pairs with their counts, at most 8.
    """

    total: int
    page: int
    pages: int
    examples: tuple[Compared, ...]
    classes: tuple[tuple[str, int], ...]
    pairs: tuple[tuple[str, str, int], ...]


def list_page(
    found: Comparison,
    name: str,
    a: str = "",
    b: str = "",
    *,
    given: str = "",
    answer: str = "",
    page: int = 1,
    size: int = PAGE_SIZE,
) -> ListPage:
    """One page of a list, those first whose label the models believe least.

    Args:
        found: the comparison.
        name, a, b: the list, see `Comparison.rows`.
        given: only examples of this given class.
        answer: only those for which most of the models that are wrong predict this class.
        page: from 1; past the end gives the last one.
        size: examples of a page.

    Raises:
        RunError: there is no such list, run or class.
    """
    rows = found.rows(name, a, b)
    classes, pairs = found.class_counts(rows), found.pair_counts(rows)
    if given:
        rows = rows[found.given[rows] == _number(found, given)]
    if answer:
        rows = rows[found.wrong_answers(rows) == _number(found, answer)]
    pages = max(1, -(-len(rows) // size))
    page = min(max(1, page), pages)
    ordered = rows if name == "falling" else found.hardest_first(rows)
    shown = ordered[(page - 1) * size : page * size]
    return ListPage(
        len(rows), page, pages, _compared(found, shown), tuple(classes), tuple(pairs[:_PAIRS_MOST])
    )


def _compared(found: Comparison, rows: Rows) -> tuple[Compared, ...]:
    names = found.class_names
    given = found.given[rows].tolist()
    return tuple(
        Compared(
            id,
            names[label],
            tuple(
                Answer(
                    run,
                    names[found.predicted[number, row]],
                    float(found.confidence[number, row]),
                    float(found.label_probability[number, row]),
                )
                for number, run in enumerate(found.runs)
            ),
        )
        for id, label, row in zip(found.ids.at(rows), given, rows.tolist(), strict=True)
    )


def _number(found: Comparison, name: str) -> int:
    if name not in found.class_names:
        raise RunError(
            f"a class of a comparison must be one of its {len(found.class_names)}; received "
            f"{name[:80]!r}; choose one of them."
        )
    return found.class_names.index(name)


@dataclass(frozen=True)
class Belief:
    """What one model believes of an example.

    Attributes:
        run: its name.
        predicted: a class name.
        confidence: of the prediction, 0..1.
        likeliest: class name and probability, most likely first; at most ten, the given class
            among them.
    """

    run: str
    predicted: str
    confidence: float
    likeliest: tuple[tuple[str, float], ...]


def beliefs(found: Comparison, runs: Sequence[Run], id: str) -> tuple[Belief, ...]:
    """What each model believes of one example; () if not all runs have it.

    Args:
        found: the comparison of these runs.
        runs: in its order.
        id: of the example in the first run.

    Raises:
        RunError: a table cannot be read.
    """
    row = found.ids.row(id)
    if row < 0:
        return ()
    given = found.class_names[found.given[row]]
    places = found.positions[:, row].tolist()
    return tuple(
        _belief(name, run, place, given)
        for name, run, place in zip(found.runs, runs, places, strict=True)
    )


def _belief(name: str, run: Run, position: int, given: str) -> Belief:
    try:
        one = examples_at(run.folder / RESULTS / TABLE, np.array([position]))[position]
    except (OSError, ValueError, KeyError) as error:
        raise RunError(
            f"the predictions of a run must be readable; those of {name} are not; rank again."
        ) from error
    names = run.manifest.class_names
    order = np.argsort(-one.probabilities, kind="stable").tolist()
    shown = order[:_BARS_MOST]
    label = names.index(given) if given in names else None
    if label is not None and label not in shown:
        shown = [*shown[:-1], label]
    bars = tuple((names[label], float(one.probabilities[label])) for label in shown)
    return Belief(name, one.predicted_label, one.confidence, bars)
