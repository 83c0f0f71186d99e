"""The same files as other programs read them -> the reading with which the model is better."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Labels, Probabilities
from hardex.classifiers.doctor.examination import Cause, Examination, Finding, first_examples
from hardex.classifiers.doctor.preprocessings import other_preprocessings
from hardex.classifiers.doctor.statistics import (
    RARE,
    SLIGHT,
    can_be_far_better,
    is_far_better,
    mcnemar_p,
    mean_loss,
)

_LOWER = 0.9  # of the loss, from which a gain in confidence alone is worth a word
_FEW = 100
_GAIN = 0.1  # of accuracy, if two things are changed at once
_CUTS = "torchvision"  # leaves out the margin, so it is worse for most models trained otherwise


@dataclass(frozen=True, eq=False)
class _Try:
    name: str
    loss: float
    losses: NDArray[np.float64]
    right: NDArray[np.bool_]


def other_readings(examination: Examination) -> Iterator[Cause]:
    """Another program's way to read the same files with which the model is far better.

    Only where the pixels differ at all, and where nobody chose the reading.
    """
    if not can_be_far_better(examination.right[: examination.try_count]):
        return
    now, tries = _compared(examination)
    better = [one for one in tries if is_far_better(one.right, now.right, alternatives=len(tries))]
    if better:
        best = min(better, key=lambda one: one.loss)
        advice = f"pass --reading {best.name}"
        finding = Finding("wrong_reading", "error", _seen(now, best), advice)
        yield Cause(float(best.right.mean()), (finding,))


def read_and_prepared_otherwise(examination: Examination) -> Iterator[Cause]:
    """Another reading together with another preprocessing, where one alone explains nothing.

    A model that got pixels 0..255 as Keras reads them knows nothing if both are wrong.
    """
    right = examination.right[: examination.try_count]
    if not hasattr(examination.classifier, "outputs") or not can_be_far_better(right):
        return
    found = []
    for name, images in examination.images_read_otherwise.items():
        part = first_examples(examination, len(images))
        other = replace(part, images=images, thorough=False, tried=[])
        other.__dict__["answers"] = part.answers  # it must be better than what is done now
        found += [(name, cause) for cause in other_preprocessings(other, suspicious=True)]
        examination.tried.append("these together with other preprocessings")
    if found:
        name, best = max(found, key=lambda one: one[1].accuracy)
        if best.accuracy >= examination.right.mean() + _GAIN:
            said = [
                replace(
                    finding,
                    evidence=f"{finding.evidence}, with the files as {name} reads them",
                    advice=f"{finding.advice} --reading {name}",
                )
                for finding in best.findings
            ]
            yield Cause(best.accuracy, (*said, replace(said[0], code="wrong_reading")))


def reading_matters(examination: Examination) -> Iterator[Finding]:
    """A smaller gain beyond chance, or a loss: then only the user knows which reading is right.

    A gain: no fewer are right, and the losses of the same examples fall by a tenth or more. A loss
    is a difference of accuracy, and counts only for readings that show all of a picture. Both need
    a hundred examples; a short check does not read that many of large pictures again.
    """
    if min(len(examination.labels), examination.try_count) < _FEW:
        return
    if not examination.is_suspicious:
        return
    now, tries = _compared(examination)
    if any(is_far_better(one.right, now.right, alternatives=len(tries)) for one in tries):
        return  # said by `other_readings`
    surer = [one for one in tries if _is_surer(one, now, alternatives=len(tries))]
    worse = [one for one in tries if _is_worse(one, now, alternatives=len(tries))]
    if surer:
        best = min(surer, key=lambda one: one.loss)
        advice = f"pass --reading {best.name}"
    elif worse:
        best = worse[0]
        advice = (
            f"pass --reading {best.name} if the training pictures were read by {best.name}, else "
            "--reading pillow"
        )
    else:
        return
    yield Finding("reading_matters", "warning", _seen(now, best), advice)


def _compared(examination: Examination) -> tuple[_Try, list[_Try]]:
    """The reading that is used, and the others, on the same examples."""
    part = first_examples(examination, examination.try_count)
    now = _tried("", part.probabilities, part.labels)
    others = examination.as_read_otherwise.items()
    if others:
        names = " and ".join(examination.as_read_otherwise)
        examination.tried.append(f"the files as {names} would read them")
    return now, [_tried(name, rows, part.labels) for name, rows in others]


def _tried(name: str, probabilities: Probabilities, labels: Labels) -> _Try:
    given = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    losses = -np.log(np.maximum(given, 1e-7))
    right = probabilities.argmax(axis=1) == labels
    return _Try(name, mean_loss(probabilities, labels), losses, right)


def _seen(now: _Try, other: _Try) -> str:
    return (
        f"accuracy on {len(now.right)} examples is {now.right.mean():.1%} and mean loss "
        f"{now.loss:.3g}; with the same files as {other.name} reads them they are "
        f"{other.right.mean():.1%} and {other.loss:.3g}"
    )


def _is_surer(one: _Try, now: _Try, *, alternatives: int) -> bool:
    """Whether the losses fall, by Wilcoxon's signed-rank test."""
    if one.loss > _LOWER * now.loss or one.right.sum() < now.right.sum():
        return False
    from scipy.stats import wilcoxon

    p = wilcoxon(one.losses - now.losses, alternative="less").pvalue
    return float(p) < RARE / alternatives


def _is_worse(one: _Try, now: _Try, *, alternatives: int) -> bool:
    """Whether fewer are right, by McNemar's exact test."""
    gap = float(now.right.mean() - one.right.mean())
    surely = mcnemar_p(now.right, one.right) < RARE / alternatives
    return one.name != _CUTS and gap > SLIGHT and surely
