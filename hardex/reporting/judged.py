"""What people said -> a section of a report. It names no annotator: a report is passed on."""

from collections.abc import Iterator, Sequence

from hardex.annotate.agreement import Agreement
from hardex.annotate.consensus import Consensus
from hardex.reporting.contents import Table, Told
from hardex.reporting.wording import shortened
from hardex.sentences import counted

_ROWS_MOST = 20


def judged_part(found: Agreement) -> Told:
    """How many judged, how far they agree, and which labels they would change."""
    tables = (
        _table("Examples of another class than given, by consensus", found.relabelled),
        _table("Examples with different answers", found.conflicts),
    )
    return Told(tuple(_sentences(found)), tuple(one for one in tables if one.rows))


def _sentences(found: Agreement) -> Iterator[str]:
    annotators = counted(len(found.annotators), "annotator")
    owner = " and the owner" if found.owner_votes else ""
    yield (
        f"{annotators}{owner} gave {counted(found.votes, 'answer')} on "
        f"{counted(found.examples, 'example')}; {found.blind:,} began before the given label was "
        "shown."
    )
    if found.alpha is None or found.alpha_low is None or found.alpha_high is None:
        yield f"Agreement is not known: {found.why or 'too few examples have two answers.'}"
    else:
        yield (
            f"Krippendorff's alpha is {found.alpha:.2f} (95 % interval {found.alpha_low:.2f} to "
            f"{found.alpha_high:.2f}) on {counted(found.overlapping, 'example')} with two "
            "answers or more; 1 is perfect agreement, 0 is chance."
        )
    if found.unknown:
        yield f"{counted(found.unknown, 'answer')} on examples that the run does not have."


def _table(title: str, rows: Sequence[Consensus]) -> Table:
    shown = tuple(
        (
            one.id,
            shortened(one.given_label),
            shortened(one.answer) or "a tie",
            ", ".join(f"{shortened(answer)} ({votes:,})" for answer, votes in one.answers),
        )
        for one in rows[:_ROWS_MOST]
    )
    more = len(rows) - len(shown)
    title = f"{title} ({len(shown):,} of {len(rows):,})" if more else title
    return Table(title, ("id", "given", "consensus", "answers"), shown)
