"""A comparison -> a section of a report."""

from collections.abc import Iterator, Sequence

from hardex.comparison.comparison import Comparison
from hardex.comparison.wording import (
    SAME_EXAMPLES,
    drift_sentence,
    most_of,
    suspects_sentence,
    verdicts,
)
from hardex.reporting.contents import Table, Told
from hardex.reporting.wording import percent, shortened, with_interval
from hardex.sentences import p_words

_IDS_MOST = 20  # of a list
_PAIRS_MOST = 20  # of runs


def compared_part(found: Comparison) -> Told:
    """Which errors the runs share, what each repairs and breaks, and whether one is better."""
    tables = [_runs(found), _pairs(found)]
    if len(found.runs) > 2:
        tables.append(_matrix(found, "Same prediction", found.agreement.tolist()))
        overlap = "Share of the errors of a row's run that the column's run has wrong, too"
        tables.append(_matrix(found, overlap, found.error_overlap.tolist()))
    return Told(tuple(_sentences(found)), tuple([*tables, _lists(found)]))


def _sentences(found: Comparison) -> Iterator[str]:
    yield from found.notes
    yield from (one.strip() for one in verdicts(found))
    yield SAME_EXAMPLES
    yield suspects_sentence(found)
    if found.drift is not None:
        yield drift_sentence(found.drift)


def _runs(found: Comparison) -> Table:
    errors = found.both_wrong.diagonal().tolist()
    rows = zip(found.runs, found.accuracies, errors, found.calibration_errors, strict=True)
    return Table(
        "Runs, with 95 % intervals",
        ("run", "accuracy", "errors", "only wrong here", "only right here", "calibration error"),
        tuple(
            (
                shortened(run),
                with_interval(accuracy, 2),
                f"{wrong:,}",
                f"{len(found.rows('only_wrong', run)):,}",
                f"{len(found.rows('only_right', run)):,}",
                f"{calibration:.4f}",
            )
            for run, accuracy, wrong, calibration in rows
        ),
    )


def _pairs(found: Comparison) -> Table:
    rows = [
        (
            f"{shortened(one.a)} → {shortened(one.b)}",
            f"{one.repaired:,}",
            f"{one.broken:,}",
            percent(flips.rate, 2),
            f"{100 * one.difference:+.2f} ({100 * one.low:+.2f} to {100 * one.high:+.2f})",
            p_words(one.p_holm).removeprefix("p ").removeprefix("= "),
        )
        for one, flips in zip(found.differences, found.flips, strict=True)
    ]
    columns = ("from → to", "repaired", "broken", "negative flips", "points", "p (Holm)")
    of = f" ({_PAIRS_MOST} of {len(rows)} pairs)" if len(rows) > _PAIRS_MOST else ""
    return Table(f"Differences of accuracy{of}", columns, tuple(rows[:_PAIRS_MOST]))


def _matrix(found: Comparison, title: str, shares: Sequence[Sequence[float]]) -> Table:
    rows = (
        (shortened(run), *(percent(share) for share in row))
        for run, row in zip(found.runs, shares, strict=True)
    )
    return Table(title, ("", *map(shortened, found.runs)), tuple(rows))


def _lists(found: Comparison) -> Table:
    named = [("wrong in all", "wrong_in_all", "")]
    named += [(f"only wrong in {shortened(run)}", "only_wrong", run) for run in found.runs]
    if len(found.runs) > 2:
        named += [(f"only right in {shortened(run)}", "only_right", run) for run in found.runs]
    named.append(("label contradicted by all", "suspects", ""))
    rows = tuple(
        (
            title,
            f"{len(found.rows(name, run)):,}",
            most_of(found, name, run),
            _first_ids(found, name, run),
        )
        for title, name, run in named
    )
    return Table("Lists", ("list", "examples", "most frequent", "first ids"), rows)


def _first_ids(found: Comparison, name: str, run: str) -> str:
    rows = found.hardest_first(found.rows(name, run))
    more = len(rows) - _IDS_MOST
    ids = ", ".join(map(shortened, found.ids.at(rows[:_IDS_MOST])))
    return f"{ids} and {more:,} more" if more > 0 else ids
