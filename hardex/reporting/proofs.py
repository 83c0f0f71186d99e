"""The proofs of a run -> a section of a report: the last one in words, all of them as lines."""

from hardex.proof.history import History, Past
from hardex.reporting.contents import Table, Told
from hardex.reporting.wording import shortened

_ROWS_MOST = 20
_SENTENCES_MOST, _LENGTH_MOST = 20, 500  # of the last proof; a proof may come from somebody else


def proofs_part(found: History) -> Told | None:
    """The last proof in sentences, and every proof as a line; None without any."""
    if not found.proofs:
        return None
    last = found.proofs[-1]
    told = (last.sentence, *last.told[:_SENTENCES_MOST])
    sentences = [shortened(one, _LENGTH_MOST) for one in told]
    return Told((*sentences, *found.sentences()), (_history(found.proofs),))


def _history(proofs: tuple[Past, ...]) -> Table:
    rows = tuple(
        (
            one.created,
            shortened(one.before),
            shortened(one.after),
            one.where.replace("_", " "),
            one.verdict.replace("_", " "),
            _points(one),
            f"{one.level:.2g}",
            f"{one.uses}" if one.uses else "",
        )
        for one in proofs[-_ROWS_MOST:]
    )
    of = f" (the last {_ROWS_MOST} of {len(proofs):,})" if len(proofs) > _ROWS_MOST else ""
    columns = ("made", "before", "after", "examples", "verdict", "points", "level", "use")
    return Table(f"All proofs{of}", columns, rows)


def _points(one: Past) -> str:
    if one.difference is None or one.low is None or one.high is None:
        return "–"
    return f"{100 * one.difference:+.2f} ({100 * one.low:+.2f} to {100 * one.high:+.2f})"
