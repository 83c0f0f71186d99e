"""The same images prepared in other ways -> the preprocessing that gives far better answers."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Probabilities
from hardex.classifiers.doctor.examination import (
    Cause,
    Examination,
    Finding,
    few_examples,
    first_examples,
    last_examples,
)
from hardex.classifiers.doctor.fitted_scale import fitted_scale, is_nearly
from hardex.classifiers.doctor.statistics import (
    SLIGHT,
    Losses,
    is_far_better,
    loses_less,
    losses,
    mean_loss,
    overconfidence_p,
)
from hardex.classifiers.functions import names_function
from hardex.classifiers.preprocess import BGR, INVERTED, STANDARDIZED, Preprocessing

_SURE = 0.999
_ROOM = 0.05  # a smaller mean loss leaves too little to fit numbers to
_ROOM_IN_A_RANKING = 0.1  # below it, a ranking is not slowed down for other scales
_LEFT_BY_A_FIT = 0.6  # the most of the loss that numbers which were fitted may leave
_FEWEST_TO_FIT = 120
_KEPT = 4  # of those tried on a few examples, which are tried on all
_CODE_OF = {INVERTED: "inverted_colours", BGR: "swapped_channels"}
_PLAIN = ("unit", "raw", "-1..1")
_GREY = (*_PLAIN, "mnist", STANDARDIZED)
_CIFAR10_PER_IMAGE = "mean=0.4914:0.4822:0.4465,std=0.2023:0.1994:0.201"  # a usual variant
_COLOUR = (
    *(*_PLAIN, "imagenet", "caffe", "cifar10", "cifar100"),
    *(_CIFAR10_PER_IMAGE, STANDARDIZED),
)


@dataclass(frozen=True, eq=False)
class _Try:
    scale: str
    options: tuple[str, ...]  # with which it would be typed
    relative: tuple[str, ...]  # which are applied to get it
    changes: tuple[str, ...]  # codes of the findings that it would mean


@dataclass(frozen=True, eq=False)
class _Tried:
    what: _Try
    probabilities: Probabilities
    losses: Losses
    right: NDArray[np.bool_]

    @property
    def loss(self) -> float:
        return float(self.losses.given.mean())


def other_preprocessings(examination: Examination, *, suspicious: bool) -> Iterator[Cause]:
    """Another scale, inverted colours or swapped channels with which the model is far better.

    Args:
        examination: the model and its answers.
        suspicious: whether the answers are bad enough to try inverted colours, too.
    """
    examination = first_examples(examination, examination.try_count)
    loss = float(examination.losses.given.mean())
    if not (suspicious or examination.thorough or loss >= _ROOM_IN_A_RANKING):
        return
    tries = _tries(examination, suspicious=suspicious)
    tried = list(_evaluated(examination, tries))
    if tries:
        examination.tried.append(f"{len(tries)} other preprocessings")
    better = [one for one in tried if _is_better(one, examination, alternatives=len(tries))]
    near, best = _best(examination, better)
    enough = len(examination.labels) >= _FEWEST_TO_FIT
    if examination.thorough and enough and loss >= _ROOM and (best is None or best.loss >= _ROOM):
        fitted = _fitted(examination, tried, best)
        if fitted is not None:
            yield fitted
            return
    if best is not None:
        yield _cause(examination, near, best)


def _best(
    examination: Examination, better: Sequence[_Tried]
) -> tuple[Sequence[_Tried], _Tried | None]:
    """Those that are about as good as the best, and the one among them to advise."""
    lowest = min((one.loss for one in better), default=0.0)
    near = [one for one in better if one.loss <= 1.1 * lowest + 0.01]
    suggested = getattr(examination.classifier, "suggested", ())
    best = min(
        near,
        key=lambda one: (_typed(one.what) not in suggested, len(one.what.changes), one.loss),
        default=None,
    )
    return near, best


def _cause(examination: Examination, near: Sequence[_Tried], best: _Tried) -> Cause:
    alike = [_typed(one.what) for one in near if one is not best]
    seen = _seen(examination, best)
    if alike:
        seen += f" ({', '.join(alike)} {'is' if len(alike) == 1 else 'are'} about as good)"
    scale, options = best.what.scale, best.what.options
    advice = f"pass --preprocess {_typed(best.what)}"
    if names_function(scale) and options:
        advice = f"let {scale} take the images {' and '.join(options)}"
    if not hasattr(examination.classifier, "outputs"):
        advice = f"give the classifier its images {' and '.join(options)}"
    found = tuple(Finding(code, "error", seen, advice) for code in best.what.changes)
    return Cause(float(best.right.mean()), found)


def _seen(examination: Examination, best: _Tried) -> str:
    return (
        f"accuracy on {len(best.right)} examples is {examination.right.mean():.1%} and mean loss "
        f"{examination.losses.given.mean():.3g} with preprocessing "
        f"{examination.classifier.preprocess}; with {_typed(best.what)} they are "
        f"{best.right.mean():.1%} and {best.loss:.3g}"
    )


def _tries(examination: Examination, *, suspicious: bool) -> list[_Try]:
    classifier, channels = examination.classifier, examination.images.shape[3]
    now = Preprocessing.of(classifier.preprocess)
    own_scale = hasattr(classifier, "outputs")
    usual = _COLOUR if channels == 3 else _GREY
    named = [Preprocessing.of(name).scale for name in getattr(classifier, "suggested", ())]
    scales = dict.fromkeys([now.scale, *named, *usual] if own_scale else [now.scale])
    # Inverted colours cost far more accuracy than a good model loses; swapped ones may not.
    options = (INVERTED,) * suspicious + (BGR,) * (channels == 3)
    tries = []
    for scale, turned in product(scales, product((False, True), repeat=len(options))):
        flipped = tuple(word for word, turn in zip(options, turned, strict=True) if turn)
        changes = ("wrong_scale",) * (scale != now.scale) + tuple(_CODE_OF[w] for w in flipped)
        # Inverting what the preprocessing already inverts undoes it.
        wanted = tuple(w for w in (INVERTED, BGR) if (w in now.options) != (w in flipped))
        if changes:
            tries.append(_Try(scale, wanted, wanted if own_scale else flipped, changes))
    return tries


def _evaluated(examination: Examination, tries: Sequence[_Try]) -> Iterator[_Tried]:
    """The answers with each; of many tries, only with those that lose least on a few examples."""
    few = few_examples(examination)
    if few is not None:
        found = [_answered(few, one) for one in tries]
        best = sorted((one for one in found if one is not None), key=lambda one: one.loss)
        tries = [one.what for one in best[:_KEPT]]
    for one in tries:
        answered = _answered(examination, one)
        if answered is not None:
            yield answered


def _answered(examination: Examination, one: _Try) -> _Tried | None:
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            probabilities = examination.probabilities_with(one.scale, one.relative)
    except Exception:  # for example a function that takes only bytes: this try shows nothing
        return None
    same = probabilities.shape == examination.probabilities.shape
    if not same or not np.isfinite(probabilities).all():
        return None
    right = probabilities.argmax(axis=1) == examination.labels
    return _Tried(one, probabilities, losses(probabilities, examination.labels), right)


def _is_better(one: _Tried, examination: Examination, *, alternatives: int) -> bool:
    if is_far_better(one.right, examination.right, alternatives=alternatives):
        return True
    if one.right.mean() < examination.right.mean() - SLIGHT:
        return False
    if loses_less(one.losses, examination.losses, alternatives=alternatives):
        return True
    # A wrong scale can leave the accuracy unchanged and make every answer certain, even wrong ones.
    now, right = examination.probabilities, examination.right
    wrong_and_sure = (now.max(axis=1)[~right] > _SURE).mean() if not right.all() else 0.0
    return (
        one.what.changes == ("wrong_scale",)
        and wrong_and_sure >= 0.5
        and overconfidence_p(now, right) < 1e-6
        and overconfidence_p(one.probabilities, one.right) > 0.01
        and one.loss < mean_loss(now, examination.labels) / 2
    )


def _fitted(examination: Examination, tried: Sequence[_Tried], best: _Tried | None) -> Cause | None:
    """A mean and a deviation that none of the names has: found on one half, tested on the other.

    It must be much better than the best of the names, and be another scale, not a little more
    light: images may be darker than those of the training.
    """
    if not hasattr(examination.classifier, "outputs"):
        return None
    now = Preprocessing.of(examination.classifier.preprocess)
    options = now.options if best is None else best.what.options
    scales = [(float(examination.losses.given.mean()), now.scale)]
    scales += [(one.loss, one.what.scale) for one in tried if one.what.options == options]
    start = min(scales)[1] if best is None else best.what.scale
    half = len(examination.labels) // 2
    name = fitted_scale(first_examples(examination, half), start, options)
    examination.tried.append("a mean and a standard deviation fitted to half of the examples")
    if name is None or is_nearly(name, start):
        return None
    changes = ("wrong_scale", *(c for c in best.what.changes if c != "wrong_scale")) if best else ()
    what = _Try(name, options, options, changes or ("wrong_scale",))
    other = last_examples(examination, half)
    held_out = _answered(other, what)
    rival = other if best is None else _with(other, best)
    left = _LEFT_BY_A_FIT if best is None else 1.0
    if held_out is None or rival is None or not _is_far_better_than(held_out, rival, left):
        return None
    seen = f"{_seen(other, held_out)}, on examples that were not used to find these numbers"
    advice = f"pass --preprocess {_typed(what)}, or better the numbers of the training"
    found = tuple(Finding(code, "error", seen, advice) for code in what.changes)
    return Cause(float(held_out.right.mean()), found)


def _with(examination: Examination, best: _Tried) -> Examination | None:
    """The same examination as if the model had this preprocessing."""
    answered = _answered(examination, best.what)
    if answered is None:
        return None
    changed = replace(examination)
    changed.__dict__["answers"] = answered.probabilities
    return changed


def _is_far_better_than(one: _Tried, rival: Examination, left: float) -> bool:
    """Whether it leaves at most this share of the loss, certainly."""
    if is_far_better(one.right, rival.right, alternatives=1):
        return True
    small = one.losses.calibrated.mean() <= rival.losses.calibrated.mean() * left
    no_worse = one.right.mean() >= rival.right.mean() - SLIGHT
    return bool(small and no_worse and loses_less(one.losses, rival.losses, alternatives=1))


def _typed(one: _Try) -> str:
    return str(Preprocessing(one.scale, one.options))
