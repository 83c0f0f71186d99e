"""A run -> the examples that an export holds, each with all that is known about it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from hardex.annotate.answers import latest, votes_of
from hardex.annotate.consensus import Consensus, consensus_of
from hardex.annotate.votes import Votes
from hardex.diagnosis.reading import findings_of
from hardex.errors import HardexError, RunError
from hardex.images import write_png
from hardex.people.sqlite import FILE as ANNOTATIONS
from hardex.runs.run import Run
from hardex.runs.views import Example, View

_PAGE = 1_000
_EVIDENCE = ("suggested_label",)


@dataclass(frozen=True)
class Picked:
    """One example of an export; a text that is not known is "".

    Attributes:
        id, position, given_label, predicted_label, confidence: as in predictions.parquet.
        lists: the lists it is in with its rank, such as `unsure 3, wrong 1`.
        cause, cause_confidence, suggested_label: of its finding; 0.0 without one.
        consensus: what most annotators say, as in `hardex annotate export --as consensus`.
    """

    id: str
    position: int
    given_label: str
    predicted_label: str
    confidence: float
    lists: str
    cause: str
    cause_confidence: float
    suggested_label: str
    consensus: str

    @property
    def name(self) -> str:
        """Its name in an export: short, safe on every disk, and in order of position."""
        return f"{self.position:07d}"

    def known(self) -> dict[str, Any]:
        """Everything but its place, by name."""
        return {name: value for name, value in vars(self).items() if name != "position"}


def picked(run: Run, list: str) -> Iterator[Picked]:
    """The examples of a list, in its order, a thousand in memory at a time.

    Args:
        run: whose examples.
        list: `all`, `hard`, `unsure` or `wrong`.

    Raises:
        RunError: there is no such list, or a table cannot be read.
    """
    consensus = consensus_by_id(run)
    for page in _pages(run, list):
        findings = findings_of(run, [one.id for one in page], _EVIDENCE)
        for one in page:
            yield _picked(one, findings.get(one.id), consensus)


def examples_of(run: Run, list: str) -> Iterator[Example]:
    """The same examples without what was found and said about them."""
    return chain.from_iterable(_pages(run, list))


def _pages(run: Run, list: str) -> Iterator[tuple[Example, ...]]:
    page = pages = 1
    while page <= pages:
        found = run.find(View(list=list), page=page, size=_PAGE)
        yield found.examples
        page, pages = page + 1, found.pages


def consensus_by_id(run: Run) -> dict[str, Consensus]:
    """The consensus of the annotators by example; {} without annotations."""
    if not run.annotations_url and not (run.folder / "people" / ANNOTATIONS).is_file():
        return {}
    last = latest(run.annotations.all())
    given = run.tables.given_labels({event.id for event in last})
    return {one.id: one for one in consensus_of(Votes.of(votes_of(last, given)), given)}


def write_pictures(
    run: Run, list: str, folder: Path, left_out: "LeftOut"
) -> Iterator[tuple[Picked, str]]:
    """Write the picture of each example of a list as PNG, in native size.

    Args:
        run: whose examples.
        list: which.
        folder: an existing one.
        left_out: counts the examples without a picture that can be read.

    Yields:
        Each example with a picture, and the name of its file.

    Raises:
        RunError: not one has a picture.
    """
    count = 0
    for one in picked(run, list):
        try:
            image = run.image(one.id)
        except HardexError as error:
            left_out.add(one.id, str(error))
            continue
        name = f"{one.name}.png"
        write_png(image, folder / name)
        count += 1
        yield one, name
    if not count:
        why = f" ({left_out.why})" if left_out.why else ""
        raise RunError(
            f"this export needs pictures, and no example of the list {list} of {run.folder} has "
            f"one{why}; pass --data, another --list, or export to cleanlab or parquet."
        )


@dataclass
class LeftOut:
    """How many examples were left out, and why the first of them was."""

    count: int = 0
    first: str = ""
    why: str = ""

    def add(self, id: str, why: str) -> None:
        """Count one more."""
        if not self.count:
            self.first, self.why = id, why
        self.count += 1


def _picked(one: Example, finding: Any, consensus: Mapping[str, Consensus]) -> Picked:
    ranks = (("unsure", one.unsure), ("wrong", one.wrong))
    answer = consensus.get(one.id)
    return Picked(
        id=one.id,
        position=one.position,
        given_label=one.given_label,
        predicted_label=one.predicted_label,
        confidence=float(one.confidence),
        lists=", ".join(f"{name} {rank}" for name, rank in ranks if rank is not None),
        cause="" if finding is None else finding.cause,
        cause_confidence=0.0 if finding is None else float(finding.confidence),
        suggested_label="" if finding is None else finding.suggested_label or "",
        consensus="" if answer is None else answer.answer,
    )
