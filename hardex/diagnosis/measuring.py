"""Plants on examples that were held out -> how often each cause is found, and named wrongly."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hardex.diagnosis.causes import JUNK, MISLABELLED, UNEXPLAINED
from hardex.diagnosis.judge import Verdicts
from hardex.diagnosis.plants import UNTOUCHED
from hardex.diagnosis.selftest import (
    LEAST_POWER,
    MOST_FALSE_CREDIT,
    CalibrationBin,
    CauseTest,
    Share,
    share_of,
)
from hardex.diagnosis.setting import Learnt

_FEW = 20  # plants, below which a cause is not judged
_FEWEST_TO_TEST = 73  # with fewer, an interval reaches over 5 % even without any false credit
_BINS = 10


def false_credits(learnt: Learnt) -> NDArray[np.bool_]:
    """(n,) whether a plant is a flipped label, junk or untouched: no transform is to be found."""
    found: NDArray[np.bool_] = np.isin(learnt.causes, [MISLABELLED, JUNK]) | (
        learnt.kinds == UNTOUCHED
    )
    return found


def mere_errors(learnt: Learnt) -> NDArray[np.bool_]:
    """(n,) whether a plant is wrong without a named cause, as natural errors may be."""
    found: NDArray[np.bool_] = (learnt.causes == UNEXPLAINED) & (learnt.kinds != UNTOUCHED)
    return found


def cause_tests(learnt: Learnt, verdicts: Verdicts, causes: Sequence[str]) -> tuple[CauseTest, ...]:
    """Power and false credit of each cause.

    Args:
        learnt: n plants that the judge has not seen.
        verdicts: what it says of them.
        causes: those to test; `unexplained` is none.
    """
    named, nothing, errors = verdicts.named(), false_credits(learnt), mere_errors(learnt)
    return tuple(
        cause_test(
            cause,
            (named == cause)[learnt.causes == cause],
            (named == cause)[nothing & (learnt.causes != cause)],
            (named == cause)[errors],
        )
        for cause in causes
        if cause != UNEXPLAINED
    )


def cause_test(
    cause: str,
    found: NDArray[np.bool_],
    credited: NDArray[np.bool_],
    by_chance: NDArray[np.bool_] | None = None,
) -> CauseTest:
    """Whether a cause may be named.

    Args:
        cause: its name.
        found: for each of its plants, whether it was named.
        credited: the same for flipped labels, junk and untouched examples.
        by_chance: the same for examples that are wrong without a named cause; by default those of
            `credited`.

    Example:
        >>> cause_test("blur", np.ones(10, bool), np.zeros(900, bool)).why_not
        'only 10 plants of it could be made'
        >>> cause_test("blur", np.ones(100, bool), np.zeros(900, bool)).given
        True
    """
    power = share_of(int(found.sum()), len(found))
    false = share_of(int(credited.sum()), len(credited))
    errors = credited if by_chance is None else by_chance
    chance = share_of(int(errors.sum()), len(errors))
    why_not = _why_not(power, false)
    return CauseTest(cause, len(found), power, false, not why_not, why_not, chance)


def _why_not(power: Share, false: Share) -> str:
    if not power.of:
        return "the model bears it: no plant of it made the model wrong"
    if power.of < _FEW:
        return f"only {power.of} plants of it could be made"
    if power.low < LEAST_POWER:
        return f"only {power.value:.0%} of {power.of} plants were found (at least {power.low:.0%})"
    if false.of < _FEWEST_TO_TEST:
        return (
            f"only {false.of} flipped labels, junk and untouched examples could test its false "
            f"credit, and {_FEWEST_TO_TEST} are needed"
        )
    if false.high > MOST_FALSE_CREDIT:
        return (
            f"it was named for {false.value:.0%} of {false.of} flipped labels, junk and untouched "
            f"examples (at most {false.high:.0%})"
        )
    return ""


def accuracy(learnt: Learnt, verdicts: Verdicts, given: Sequence[str]) -> tuple[Share, Share]:
    """The share of all answers that is right, and the share of planted causes that gets one.

    An answer about a plant without a named cause is wrong, and so is one about a cause that may
    not be named; these count, too.
    """
    named = verdicts.named(given)
    caused, answered = learnt.causes != UNEXPLAINED, named != UNEXPLAINED
    right = (named == learnt.causes) & answered
    return (
        share_of(int(right.sum()), int(answered.sum())),
        share_of(int((answered & caused).sum()), int(caused.sum())),
    )


def calibration(learnt: Learnt, verdicts: Verdicts) -> tuple[float, tuple[CalibrationBin, ...]]:
    """Expected calibration error (Guo et al. 2017) of the likeliest cause, in ten bins."""
    stated = verdicts.probabilities.max(axis=1)
    right = np.array(verdicts.causes)[verdicts.probabilities.argmax(axis=1)] == learnt.causes
    places = np.minimum((stated * _BINS).astype(int), _BINS - 1)
    bins = []
    for place in range(_BINS):
        here = places == place
        if here.any():
            bins.append(
                CalibrationBin(
                    place / _BINS,
                    (place + 1) / _BINS,
                    int(here.sum()),
                    float(stated[here].mean()),
                    float(right[here].mean()),
                )
            )
    error = sum(one.count * abs(one.confidence - one.right) for one in bins) / max(1, len(learnt))
    return float(error), tuple(bins)
