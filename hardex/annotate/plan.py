"""Which examples annotators judge, in which order, and by which gold they are measured."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING

from hardex.errors import RunError
from hardex.runs.run import Run
from hardex.runs.views import POSITION, View

if TYPE_CHECKING:  # what reads them loads SQLAlchemy, when it is first asked for
    from hardex.people.events import AnnotationEvent

TrueLabels = Callable[[Sequence["AnnotationEvent"]], Mapping[str, str]]

OVERLAP = 2  # people who judge one example
OVERLAP_MOST = 100
_BLOCK_LEAST, _BLOCK_CLASSES = 40, 4  # examples, and examples a class, that are shuffled together
_NO_GOLD: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Assignment:
    """What annotators are asked, as it is chosen when the app starts.

    Attributes:
        view: which examples, in which order; the hard ones by default.
        overlap: how many people judge each, 1..100.
        gold: true labels by id, mixed in to see how good an annotator is; without any, the examples
            whose label the owner has judged are taken.

    Raises:
        RunError: the overlap is not from 1 to 100.
    """

    view: View = field(default_factory=lambda: View(list="hard"))
    overlap: int = OVERLAP
    gold: Mapping[str, str] = field(default_factory=lambda: _NO_GOLD)

    def __post_init__(self) -> None:
        _check_overlap(self.overlap)


@dataclass(frozen=True)
class Plan:
    """What the queue works off.

    Attributes:
        ids: n examples, the most wanted first, each once.
        overlap: how many people judge each, 1..100.
        gold: true labels by id; they may be among `ids` or not.
        seed: of the places and the order of the gold examples.
        owner: whose words count for no overlap.
        true_labels: finds true labels by id in words of the owner; with it, gold is what the owner
            says, whenever that is, in place of `gold`.
        left_out: how many examples were wanted and cannot be shown or judged.

    Raises:
        RunError: an example stands there twice, or the overlap is not from 1 to 100.
    """

    ids: Sequence[str]
    overlap: int = OVERLAP
    gold: Mapping[str, str] = field(default_factory=lambda: _NO_GOLD)
    seed: int = 0
    owner: str = "owner"
    true_labels: TrueLabels | None = None
    left_out: int = 0

    def __post_init__(self) -> None:
        _check_overlap(self.overlap)


def _check_overlap(overlap: int) -> None:
    if not 1 <= overlap <= OVERLAP_MOST:
        raise RunError(
            f"the overlap must be from 1 to {OVERLAP_MOST} people for each example; received "
            f"{overlap}; try {OVERLAP}."
        )


def plan_of(run: Run, assignment: Assignment, *, owner: str = "owner") -> Plan:
    """What the annotators of a run work off.

    The order of a view tells labels: the lists take the classes in turn, and data is often sorted
    by class. So it is shuffled by the run's seed, the same for everybody: a ranked view in blocks
    of 40 examples, or four a class if that is more, so that the hardest still come first; a view in
    order of position as a whole.

    Args:
        run: whose examples.
        assignment: which of them.
        owner: whose labels are gold where the assignment has none, now and later.

    Raises:
        RunError: the view or the gold names what the run does not have.
    """
    from hardex.annotate.gold import check_gold, true_labels  # SQLAlchemy only when it is asked for

    view, seed = assignment.view, run.manifest.seed
    wanted = run.tables.ids(view)
    ids = run.pictured(wanted)
    block = max(_BLOCK_LEAST, _BLOCK_CLASSES * len(run.manifest.class_names))
    if view.sort == POSITION or (view.list == "all" and not view.sort):
        block = max(1, len(ids))
    gold = dict(assignment.gold)
    check_gold(gold, run)
    gold = {id: gold[id] for id in run.pictured(list(gold))}

    def of_owner(said: "Sequence[AnnotationEvent]") -> Mapping[str, str]:
        found = true_labels(said, run)
        return {id: found[id] for id in run.pictured(list(found))}

    return Plan(
        shuffled_in_blocks(ids, block, seed),
        assignment.overlap,
        gold,
        seed,
        owner,
        None if assignment.gold else of_owner,
        len(wanted) - len(ids),
    )


def shuffled_in_blocks(ids: Sequence[str], size: int, seed: int) -> list[str]:
    """The same examples, each within its block of so many, in an order that the seed draws.

    Args:
        ids: n examples.
        size: of a block, 1 or more; the last one may be shorter.
        seed: the same seed gives the same order.

    Example:
        >>> shuffled_in_blocks(["a", "b", "c", "d", "e", "f", "g"], 3, seed=0)
        ['c', 'a', 'b', 'e', 'd', 'f', 'g']
    """
    shuffled: list[str] = []
    for start in range(0, len(ids), size):
        shuffled += sorted(ids[start : start + size], key=lambda id: draw(seed, "", id))
    return shuffled


def draw(seed: int, annotator: str, what: str) -> int:
    """A number that looks random and is the same after a restart."""
    return int.from_bytes(sha256(f"{seed}\n{annotator}\n{what}".encode()).digest()[:8], "big")
