"""Which examples annotators judge, in which order, and which of them are gold."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING

from hardex.errors import RunError
from hardex.runs.run import Run
from hardex.runs.views import POSITION, View

if TYPE_CHECKING:  # importing it loads SQLAlchemy
    from hardex.people.events import AnnotationEvent

TrueLabels = Callable[[Sequence["AnnotationEvent"]], Mapping[str, str]]

OVERLAP = 2  # people who judge one example
OVERLAP_MOST = 100
_BLOCK_LEAST, _BLOCK_CLASSES = (
    40,
    4,
)  # examples, and examples of each class, that are shuffled together
_NO_GOLD: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Assignment:
    """Which examples annotators are asked about, chosen when the app starts.

    Attributes:
        view: which examples, in which order; the hard ones by default.
        overlap: how many annotators judge each example, 1..100.
        gold: true labels by id, mixed in to score annotators; if empty, the examples that the owner
            has judged are used.
        open_probe: whether annotators may probe drawings before they have judged all of their
            examples; they could redraw one to learn the prediction.
        guidelines: what they can read while they judge.

    Raises:
        RunError: the overlap is not from 1 to 100.
    """

    view: View = field(default_factory=lambda: View(list="hard"))
    overlap: int = OVERLAP
    gold: Mapping[str, str] = field(default_factory=lambda: _NO_GOLD)
    open_probe: bool = False
    guidelines: str = ""

    def __post_init__(self) -> None:
        _check_overlap(self.overlap)


@dataclass(frozen=True)
class Plan:
    """The examples of a queue.

    Attributes:
        ids: n examples, the most wanted first, each once.
        overlap: how many annotators judge each example, 1..100.
        gold: true labels by id; the examples may be among `ids` or not.
        seed: for the places and the order of the gold examples.
        owner: whose answers do not count for the overlap.
        true_labels: gets true labels by id from events of the owner; if set, gold comes from the
            owner's answers, now and later, instead of `gold`.
        left_out: how many examples of the view cannot be shown.

    Raises:
        RunError: the overlap is not from 1 to 100.
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
            f"the overlap must be from 1 to {OVERLAP_MOST} annotators for each example; received "
            f"{overlap}; try {OVERLAP}."
        )


def plan_of(run: Run, assignment: Assignment, *, owner: str = "owner") -> Plan:
    """The plan for the annotators of a run.

    The order of a view reveals labels: the lists alternate between classes, and data is often
    sorted by class. So the plan is shuffled by the run's seed, the same way for everybody. A ranked
    view is shuffled in blocks of 40 examples, or four for each class if that is more, so that the
    hardest still come first; a view in order of position is shuffled as a whole.

    Args:
        run: whose examples.
        assignment: which of them.
        owner: whose answers are gold if the assignment has none, now and later.

    Raises:
        RunError: the view or the gold has classes or examples that the run does not have.
    """
    from hardex.annotate.gold import check_gold, true_labels  # loads SQLAlchemy

    view, seed = assignment.view, run.manifest.seed
    wanted = run.tables.ids(view)
    ids = run.pictured(wanted)
    block = max(_BLOCK_LEAST, _BLOCK_CLASSES * len(run.manifest.class_names))
    if view.sort == POSITION or (view.list == "all" and not view.sort):
        block = max(1, len(ids))
    gold = dict(assignment.gold)
    check_gold(gold, run)
    gold = {id: gold[id] for id in run.pictured(list(gold))}

    def owner_labels(events: "Sequence[AnnotationEvent]") -> Mapping[str, str]:
        found = true_labels(events, run)
        return {id: found[id] for id in run.pictured(list(found))}

    return Plan(
        shuffled_in_blocks(ids, block, seed),
        assignment.overlap,
        gold,
        seed,
        owner,
        None if assignment.gold else owner_labels,
        len(wanted) - len(ids),
    )


def shuffled_in_blocks(ids: Sequence[str], size: int, seed: int) -> list[str]:
    """The same examples, shuffled within blocks.

    Args:
        ids: n examples.
        size: of a block, 1 or more; the last block may be shorter.
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
    """A number from a hash: it looks random and stays the same after a restart."""
    return int.from_bytes(sha256(f"{seed}\n{annotator}\n{what}".encode()).digest()[:8], "big")
