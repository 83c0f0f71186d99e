"""What a proof says: the verdict, and everything that stands behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hardex.comparison.differences import ClassDifference
from hardex.proof.arms import RemedyAnswer
from hardex.proof.evidence import NOT_PROVABLE, Evidence
from hardex.proof.ground import LeftOut
from hardex.proof.hard_set import HardSet


@dataclass(frozen=True)
class Named:
    """A model of a proof.

    Attributes:
        name: as it is called in sentences.
        source: what opens it again.
        hash: changes when it changes; "" if it was not opened.
        preprocess: what was done to the pixels.
    """

    name: str
    source: str
    hash: str = ""
    preprocess: str = ""


@dataclass(frozen=True)
class Targeted:
    """The test of the weakness that the remedy is aimed at.

    Attributes:
        target: what was planted on every example of the proof.
        evidence: before against after, on the planted examples.
    """

    target: str
    evidence: Evidence


@dataclass(frozen=True)
class Probes:
    """The kept probes of a run, replayed on the later model.

    Attributes:
        kept: how many could be replayed.
        changed: ids of those whose prediction changed.
        expected: how many have an expected class.
        met_before, met_after: how many of these were, and are, predicted as it.
        broken: ids of those that were and are not any more.
    """

    kept: int
    changed: tuple[str, ...]
    expected: int
    met_before: int
    met_after: int
    broken: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Proof:
    """The comparison of two models before and after a change.

    Attributes:
        before, after: the models.
        kind: where it was proved: `sealed`, `confirm`; or `looked_at`, `nowhere`: not provable.
        data: the name of the data.
        data_hash: changes when the data changes; "" without data.
        level: at which the verdict was judged.
        uses: how often these examples have been used for a proof, this time included; 0 if they
            prove nothing.
        evidence: the comparison on these examples; of `looked_at` it proves nothing. None without
            examples.
        repaired, broken: ids of the examples that only one of the models has right, 10,000 at most.
        classes: the same by given class; Holm's correction is over the classes.
        slices: the same by each value of each further column; Holm's correction is over all.
        remedy: whether it is the remedy.
        hard_set: the gain on the run's hard examples beyond that of models without the remedy.
        calibration: the expected calibration errors before and after.
        probes: the kept probes of the run, replayed; None without any.
        targeted: the test of what the remedy is aimed at; None if none was asked for.
        left_out: which examples were left out, by a word of `hardex.proof.ground.LEFT_OUT`.
        notes: sentences on what a reader must know.
        run: the folder of the run; "" without one.
        created: when, in UTC, ISO 8601.
        file: where the proof is kept; "" if nowhere.
    """

    before: Named
    after: Named
    kind: str
    data: str
    data_hash: str
    level: float
    uses: int = 0
    evidence: Evidence | None = None
    repaired: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    classes: tuple[ClassDifference, ...] = ()
    slices: tuple[ClassDifference, ...] = ()
    remedy: RemedyAnswer | None = None
    hard_set: HardSet | None = None
    calibration: tuple[float, float] | None = None
    probes: Probes | None = None
    targeted: Targeted | None = None
    left_out: Mapping[str, LeftOut] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    run: str = ""
    created: str = ""
    file: str = ""

    @property
    def proves(self) -> bool:
        """Whether it was proved on examples that nobody looked at."""
        return self.uses > 0

    @property
    def verdict(self) -> str:
        """`better`, `worse`, `no_measurable_difference` or `not_provable`."""
        if self.evidence is None or not self.proves:
            return NOT_PROVABLE
        return self.evidence.verdict
