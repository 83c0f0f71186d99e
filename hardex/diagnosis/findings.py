"""Examples + verdicts + copies -> one finding for each example."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Labels, Positions
from hardex.data.dataset import Dataset
from hardex.diagnosis.causes import (
    AMBIGUOUS,
    DUPLICATE,
    IMBALANCE,
    MISLABELLED,
    UNEXPLAINED,
)
from hardex.diagnosis.duplicates import TRAIN, Copy, with_another_label
from hardex.diagnosis.evidence import Near, Undone, corrected, near_to, undo
from hardex.diagnosis.examine import batched
from hardex.diagnosis.examples import Examples
from hardex.diagnosis.judge import Verdicts
from hardex.diagnosis.trial import Trial
from hardex.diagnosis.wording import Facts, why
from hardex.runs.findings import Finding
from hardex.runs.run import Run

_LEAST_SECOND = 0.05  # probability of a second cause that is worth a word


@dataclass(frozen=True, eq=False)
class Known:
    """What is known of all examples.

    Attributes:
        run: that they are of.
        dataset: its images.
        training: the training data; None without.
        trial: the judge and what it works with.
        examples: n of them.
        verdicts: what the judge says; None without one.
        copies: for each the images that it is a copy of.
        looked_at: by the name of their pixels the positions of the examples of the run that were
            compared with the training images.
        training_labels: (m,) of the training data, as classes of the run.
    """

    run: Run
    dataset: Dataset
    training: Dataset | None
    trial: Trial
    examples: Examples
    verdicts: Verdicts | None
    copies: Sequence[Sequence[Copy]]
    looked_at: Mapping[str, Sequence[int]]
    training_labels: Labels

    @property
    def names(self) -> tuple[str, ...]:
        """The classes."""
        return self.run.manifest.class_names


@dataclass(frozen=True, eq=False, kw_only=True)
class One:
    """What is known of one example.

    Attributes:
        row: among the examples.
        cause, confidence: that are found.
        given, predicted, other, by_shares: classes; the last two are the other class that is
            likely, and the prediction as if all classes were equally large.
        p: (k,) probabilities.
        undone: the transform that explains it best; None for other causes.
        near: training images near it.
        labels: class names of the nearest ones.
        copy: the image with another label that it is a copy of, of duplicates.
        own, usual, nearest: distances by pixels: to the given class, what is usual for that, and
            to the nearest class.
        others_wrong: how many of the other models are wrong, too.
    """

    row: int
    cause: str
    confidence: float
    given: int
    predicted: int
    other: int
    by_shares: int
    p: NDArray[np.float32]
    undone: Undone | None
    near: Near
    labels: tuple[str, ...]
    copy: Copy | None
    own: float
    usual: float
    nearest: float
    others_wrong: int


def findings_of(known: Known) -> list[Finding]:
    """A finding for each example, in their order."""
    return [_finding(one, known) for one in _each(known)]


def _each(known: Known) -> list[One]:
    """What is known of each example."""
    examples, setting = known.examples, known.trial.setting
    reference = setting.reference
    verdicts = known.verdicts
    named = None if verdicts is None else verdicts.named(known.trial.given)
    causes = [_cause(known, row, named) for row in range(len(examples))]
    others_wrong = _others_wrong(known)
    undone = undo(setting, examples.cases, [cause for cause, _ in causes])
    near = near_to(reference, examples.cases, examples.others)
    by_shares, own, nearest = corrected(examples.p, reference), *_distances(known)
    found = []
    for row, (cause, confidence) in enumerate(causes):
        given = int(examples.cases.given[row])
        places = np.searchsorted(reference.positions, near[row].positions)
        found.append(
            One(
                row=row,
                cause=cause,
                confidence=confidence,
                given=given,
                predicted=int(examples.predicted[row]),
                other=int(examples.others[row]),
                by_shares=int(by_shares[row]),
                p=examples.p[row],
                undone=undone[row],
                near=near[row],
                labels=tuple(known.names[it] for it in reference.labels[places].tolist()),
                copy=_copy(known, row) if cause == DUPLICATE else None,
                own=float(own[row]),
                usual=float(setting.usual.pixels[given]),
                nearest=float(nearest[row]),
                others_wrong=int(others_wrong[row]),
            )
        )
    return found


def _others_wrong(known: Known) -> NDArray[np.int64]:
    """(n,) how many of the other models are wrong, too."""
    examples = known.examples
    found = np.zeros(len(examples), np.int64)
    for other in known.trial.setting.others:
        found += batched(other, examples.images).argmax(axis=1) != examples.cases.given
    return found


def _cause(known: Known, row: int, named: NDArray[np.str_] | None) -> tuple[str, float]:
    """The cause of an example and its confidence; a copy needs no judge."""
    if _copy(known, row) is not None:
        return DUPLICATE, 1.0
    if named is None:  # nothing was judged
        return UNEXPLAINED, 0.0
    p, cause = _probabilities(known.verdicts, row), str(named[row])
    most = max((value for name, value in p.items() if name != UNEXPLAINED), default=0.0)
    return cause, 1 - most if cause == UNEXPLAINED else p[cause]


def _copy(known: Known, row: int) -> Copy | None:
    """The image that an example is a copy of, with another label.

    That all pixels are the same needs no test; what is nearly the same has to pass one.
    """
    return with_another_label(
        known.copies[row],
        int(known.examples.cases.given[row]),
        only_exact=DUPLICATE not in known.trial.given,
    )


def _probabilities(verdicts: Verdicts | None, row: int) -> dict[str, float]:
    if verdicts is None:
        return {}
    return dict(zip(verdicts.causes, verdicts.probabilities[row].tolist(), strict=True))


def _second(one: One, known: Known) -> str | None:
    """The next likeliest cause that may be named, unless it is most unlikely."""
    p = _probabilities(known.verdicts, one.row)
    may = {name: p[name] for name in known.trial.given if name != one.cause and name in p}
    second = max(may, key=lambda name: may[name], default=None)
    return second if second is not None and may[second] >= _LEAST_SECOND else None


def _finding(one: One, known: Known) -> Finding:
    names, examples, training = known.names, known.examples, known.training
    facts = _facts(one, known)
    step = None if one.undone is None else one.undone.step
    return Finding(
        id=examples.ids[one.row],
        cause=one.cause,
        confidence=one.confidence,
        second_cause=_second(one, known),
        suggested_label=_suggested(one, names),
        amount=None if step is None else step.amount,
        amount_y=None if step is None else step.amount_y,
        position=int(examples.positions[one.row]),
        given_label=names[one.given],
        predicted_label=names[one.predicted],
        why=why(one.cause, facts),
        label_after=None if one.undone is None else facts.label_after,
        confidence_after=None if one.undone is None else facts.confidence_after,
        other_label=_other_label(one, names),
        class_share=None if training is None else facts.class_share,
        own_distance=_finite(one.own),
        usual_distance=_finite(one.usual),
        nearest_distance=_finite(one.nearest),
        neighbour_ids=_ids(training, one.near.positions),
        neighbour_labels=one.labels,
        neighbour_distances=tuple(one.near.distances.tolist()),
        given_ids=_ids(training, _beside(one, one.given, one.near.of_given, known)),
        other_ids=_ids(training, _beside(one, one.other, one.near.of_other, known)),
        copy_id=facts.copy or None,
        copy_label=facts.copy_label or None,
        copy_in=facts.copy_in or None,
        others=facts.others or None,
        others_wrong=facts.others_wrong if facts.others else None,
        probabilities=_probabilities(known.verdicts, one.row),
    )


def _facts(one: One, known: Known) -> Facts:
    """What the sentence may speak of."""
    names, counts, verdicts = known.names, known.trial.setting.reference.counts, known.verdicts
    step = None if one.undone is None else one.undone.step
    beside = one.other if one.predicted == one.given else one.given
    facts = Facts(
        given=names[one.given],
        predicted=names[one.predicted],
        confidence=float(one.p[one.predicted]),
        other=names[one.other],
        other_confidence=float(one.p[beside]),
        amount=None if step is None else step.amount,
        amount_y=None if step is None else step.amount_y,
        label_after="" if one.undone is None else names[one.undone.label],
        confidence_after=0.0 if one.undone is None else one.undone.confidence,
        near_given=one.labels.count(names[one.given]),
        near_predicted=one.labels.count(names[one.predicted]),
        near=len(one.labels),
        own_distance=one.own / one.usual,
        nearest_distance=one.nearest / one.usual,
        class_share=float(counts[one.given] / counts.sum()),
        corrected=names[one.by_shares] if one.by_shares != one.predicted else "",
        copy=_copy_id(one.copy, known),
        copy_label="" if one.copy is None else names[one.copy.label],
        copy_in="" if one.copy is None else one.copy.where,
        what="other example" if known.training is None else "training image",
        others=len(known.trial.setting.others),
        others_wrong=one.others_wrong,
    )
    if verdicts is None:
        return facts
    return replace(
        facts,
        likeliest=str(verdicts.likeliest[one.row]),
        likeliest_confidence=float(verdicts.probabilities[one.row].max()),
        not_given=bool(verdicts.sure[one.row]),
    )


def _suggested(one: One, names: Sequence[str]) -> str | None:
    if one.copy is not None:
        return names[one.copy.label]
    return names[one.other] if one.cause == MISLABELLED else None


def _other_label(one: One, names: Sequence[str]) -> str | None:
    if one.cause == IMBALANCE:
        return names[one.by_shares]
    return names[one.other] if one.cause in (AMBIGUOUS, MISLABELLED) else None


def _beside(one: One, number: int, nearest: Positions, known: Known) -> Positions:
    """The training images of a class to show: typical ones for ambiguous examples, else near."""
    if one.cause != AMBIGUOUS:
        return nearest
    reference = known.trial.setting.reference
    rows = reference.vectors.typical(number, len(nearest))
    found: Positions = reference.positions[reference.vectors.order[rows]]
    return found


def _ids(training: Dataset | None, positions: Positions) -> tuple[str, ...]:
    if training is None:
        return ()
    return tuple(training.id(position) for position in positions.tolist())


def _copy_id(copy: Copy | None, known: Known) -> str:
    if copy is None:
        return ""
    in_training = copy.where == TRAIN and known.training is not None
    data = known.training if in_training and known.training is not None else known.dataset
    return data.id(copy.position)


def _distances(known: Known) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(n,) by pixels: to the own class, and to the nearest one."""
    reference, given = known.trial.setting.reference, known.examples.cases.given
    near = reference.pixels.means(reference.directions.places(known.examples.images))
    return near[np.arange(len(given)), given], near.min(axis=1)


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
