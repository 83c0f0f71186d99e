"""The same images prepared in other ways -> the preprocessing that gives far better accuracy."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Probabilities
from hardex.classifiers.doctor.examination import Cause, Examination, Finding, first_examples
from hardex.classifiers.doctor.statistics import (
    SLIGHT,
    can_be_far_better,
    is_far_better,
    mean_loss,
    overconfidence_p,
)
from hardex.classifiers.functions import names_function
from hardex.classifiers.preprocess import BGR, INVERTED, PREPROCESS

_SURE = 0.999
_CODE_OF = {INVERTED: "inverted_colours", BGR: "swapped_channels"}


@dataclass(frozen=True, eq=False)
class _Try:
    scale: str
    options: tuple[str, ...]
    changes: tuple[str, ...]  # codes of the findings that it would mean
    probabilities: Probabilities
    loss: float
    right: NDArray[np.bool_]


def other_preprocessings(examination: Examination) -> Iterator[Cause]:
    """Another scale, inverted colours or swapped channels with which the model is far better."""
    examination = first_examples(examination, examination.try_count)
    if not can_be_far_better(examination.right) and not _is_overconfident(examination):
        return  # whatever they gave: nothing needs to be computed
    tries = _tries(examination)
    better = [one for one in tries if _is_better(one, examination, alternatives=len(tries))]
    if not better:
        return
    lowest = min(one.loss for one in better)
    near = [one for one in better if one.loss <= 1.1 * lowest + 0.01]
    best = min(near, key=lambda one: (len(one.changes), one.loss))
    before, after = examination.right.mean(), best.right.mean()
    seen = (
        f"accuracy on {len(best.right)} examples is {before:.1%} and mean loss "
        f"{mean_loss(examination.probabilities, examination.labels):.3g} with preprocessing "
        f"{examination.classifier.preprocess}; with {_typed(best.scale, best.options)} they are "
        f"{after:.1%} and {best.loss:.3g}"
    )
    advice = f"pass --preprocess {_typed(best.scale, best.options)}"
    if names_function(best.scale) and best.options:
        advice = f"let {best.scale} take the images {' and '.join(best.options)}"
    if not hasattr(examination.classifier, "outputs"):
        advice = f"give the classifier its images {' and '.join(best.options)}"
    found = tuple(Finding(code, "error", seen, advice) for code in best.changes)
    yield Cause(float(after), found)


def _tries(examination: Examination) -> list[_Try]:
    classifier = examination.classifier
    scale, *now = (
        [classifier.preprocess]
        if names_function(classifier.preprocess)
        else classifier.preprocess.split(",")
    )
    own = [scale] + [name for name in PREPROCESS if name != scale]
    scales = own if hasattr(classifier, "outputs") else [scale]
    options = (INVERTED, BGR) if examination.images.shape[3] == 3 else (INVERTED,)
    tries = []
    for other, turned in product(scales, product((False, True), repeat=len(options))):
        flipped = [word for word, turn in zip(options, turned, strict=True) if turn]
        changes = (["wrong_scale"] if other != scale else []) + [_CODE_OF[w] for w in flipped]
        # Inverting what the preprocessing already inverts undoes it.
        wanted = tuple(word for word in options if (word in now) != (word in flipped))
        relative = wanted if hasattr(classifier, "outputs") else tuple(flipped)
        if not changes:
            continue
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                probabilities = examination.probabilities_with(other, relative)
        except Exception:  # for example a function that takes only bytes: this try shows nothing
            continue
        if probabilities.shape != examination.probabilities.shape:
            continue
        loss = mean_loss(probabilities, examination.labels)
        right = probabilities.argmax(axis=1) == examination.labels
        tries.append(_Try(other, wanted, tuple(changes), probabilities, loss, right))
    return tries


def _is_better(one: _Try, examination: Examination, *, alternatives: int) -> bool:
    if not np.isfinite(one.probabilities).all():
        return False
    if is_far_better(one.right, examination.right, alternatives=alternatives):
        return True
    now, right = examination.probabilities, examination.right
    return (
        one.changes == ("wrong_scale",)
        and _is_overconfident(examination)
        and overconfidence_p(one.probabilities, one.right) > 0.01
        and bool(one.right.mean() >= right.mean() - SLIGHT)
        and one.loss < mean_loss(now, examination.labels) / 2
    )


def _is_overconfident(examination: Examination) -> bool:
    """A wrong scale can leave the accuracy unchanged and make every answer certain."""
    now, right = examination.probabilities, examination.right
    wrong_and_sure = (now.max(axis=1)[~right] > _SURE).mean() if not right.all() else 0.0
    return bool(wrong_and_sure >= 0.5) and overconfidence_p(now, right) < 1e-6


def _typed(scale: str, options: Sequence[str]) -> str:
    return ",".join((scale, *options))
