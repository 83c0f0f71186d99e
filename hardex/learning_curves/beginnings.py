"""What the first rows show: a loss that begins too high, waits, creeps, rises or explodes."""

import math

import numpy as np

from hardex.learning_curves.facts import Facts
from hardex.learning_curves.findings import CurveFinding, finding
from hardex.learning_curves.thresholds import FEWEST, GOOD, LEARNS, PACE, SURE, WAITS


def ascending(facts: Facts) -> CurveFinding | None:
    """The loss rises from the first row on."""
    loss, val = facts.loss, facts.val_loss
    if len(loss) < FEWEST:
        return None
    if loss.end < 0 and loss.trend[0] < -0.6 and _gains_nothing(facts) and facts.judged.end < GOOD:
        why = (
            f"The loss falls below 0, to {loss.end:.4g}, which no cross-entropy can, and the "
            "accuracy gains nothing: the sign of the loss is wrong."
        )
        return finding("ascending", 0.8, why, start=float(loss.at[0]), end=float(loss.at[-1]))
    early = loss.lowest <= max(1, len(loss) // 8)
    rise = loss.end - loss.first
    soon = loss.middle - loss.first  # else it waits, and diverges later
    at_once = soon > 0.1 * min(rise, abs(loss.first))
    clear = rise > max(0.05 * abs(loss.first), SURE * loss.noise) and loss.trend[0] > 0.6
    all_the_way = max(loss.trend[0], val.trend[0] if len(val) else 0.0) > 0.9
    steady = all_the_way and loss.trend[0] > 0.3 and rise > 0.002 * abs(loss.first)
    never_better = steady and len(loss) >= 6 and loss.lowest <= len(loss) // 2
    if (early and clear and at_once) or never_better:
        why = f"The training loss rises from {loss.first:.4g} to {loss.end:.4g}."
        return finding("ascending", 0.95, why, start=float(loss.at[0]), end=float(loss.at[-1]))
    return None


def _gains_nothing(facts: Facts) -> bool:
    """Whether an accuracy is known and does not rise."""
    accuracy = facts.judged
    return len(accuracy) >= FEWEST and accuracy.end < accuracy.first + 0.05


def diverging(facts: Facts) -> CurveFinding | None:
    """The training loss falls, then rises and stays high."""
    loss = facts.loss
    if len(loss) < 4 or ascending(facts) is not None:
        return None
    low = loss.lowest
    after = loss.values[low + 1 :]
    if len(after) < 2:
        return None
    tail = after[-max(2, len(after) // 5) :]
    least, stays = float(loss.smooth[low]), float(np.median(tail))
    started = abs(loss.first - least)
    rise = stays - least
    enough = max(0.5 * abs(least), 0.25 * started)
    far = rise > max(enough, 4 * loss.noise) and float(tail.min()) > least + 0.6 * enough
    if far or _slides_back(facts, low, rise):
        why = (
            f"The training loss falls to {least:.4g} at {facts.where(loss.at[low])} and rises to "
            f"{stays:.4g} after it."
        )
        at = float(loss.at[low])
        return finding("diverging", 0.9, why, epoch=at, start=at, end=float(loss.at[-1]))
    return None


def _slides_back(facts: Facts, low: int, rise: float) -> bool:
    """Whether a training gets worse row by row after its best one, in loss and accuracy."""
    loss, accuracy = facts.loss, facts.accuracy
    after = loss.values[low:]
    if len(after) < 4 or len(accuracy) != len(loss):
        return False
    lost = float(accuracy.values[low] - accuracy.values[-1])
    steady = float((np.diff(after) > 0).mean()) >= 0.75
    return steady and rise > max(0.05 * abs(loss.values[low]), 4 * loss.noise) and lost > 0.02


def bad_initialisation(facts: Facts) -> CurveFinding | None:
    """The loss begins far above that of knowing nothing, or stays long where it begins."""
    return _begins_high(facts) or plateau(facts)


def _begins_high(facts: Facts) -> CurveFinding | None:
    loss = facts.loss
    if len(loss) < 2:
        return None
    accuracy = facts.judged
    unknown = facts.run.classes is None and not len(accuracy)
    if unknown or float(loss.values.min()) < 0:
        return None  # nobody says that it is a cross-entropy
    chance = facts.chance_loss
    if chance is not None:
        first = _first_batches(facts)
        if first > 2.5 * chance and first > 2 * loss.end:
            why = (
                f"The loss begins at {first:.4g}; that of knowing nothing is {chance:.3f} for "
                f"{facts.run.classes} classes."
            )
            sure = 0.95 if first > 8 * chance else 0.8  # weights of classes make it high, too
            return finding("bad_initialisation", sure, why, epoch=float(loss.at[0]))
        return None
    later = float(np.median(loss.values[1 : max(3, len(loss) // 3)]))
    most = _most_of_knowing_nothing(facts)
    if loss.first > most and loss.first > 3 * later:
        why = (
            f"The mean loss of the first row is {loss.first:.4g}, and that of the next ones "
            f"{later:.4g}; that of knowing nothing would be far below the first."
        )
        return finding("bad_initialisation", 0.75, why, epoch=float(loss.at[0]))
    return None


def _first_batches(facts: Facts) -> float:
    """The mean loss of the first batches, of about 64 examples; else that of the first row."""
    batches, train = facts.run.batches, facts.run.train_examples
    if batches is None:
        return facts.loss.first
    each = len(batches.loss) / max(1, int(batches.epochs.max()) + 1)  # batches of an epoch
    size = train / each if train else 16.0
    return float(batches.loss[: max(1, math.ceil(64 / max(size, 1.0)))].mean())


def _most_of_knowing_nothing(facts: Facts) -> float:
    """A loss that no untrained model of a usual kind has; by the accuracy, else for 1,000 classes.

    One class in k is right by chance, so the first accuracy is a bound of 1/k, and ln k the loss.
    """
    accuracy = facts.accuracy
    if len(accuracy) and 0 < accuracy.first < 1:
        return 2.5 * max(math.log(2), -math.log(accuracy.first))
    return 2.5 * math.log(1000)


def plateau(facts: Facts) -> CurveFinding | None:
    """A long wait before learning begins."""
    loss = facts.loss
    if len(loss) < 6:
        return None
    values = loss.smooth
    start = float(values[0])
    fallen = start - float(values.min())
    if fallen <= 0 or fallen < 0.15 * abs(start) or loss.noise > 0.1 * fallen:
        return None
    waits = int(np.argmax(values < start - WAITS * fallen))
    if not waits:
        return None
    quick = int(np.argmax(values < start - 0.6 * fallen)) - waits
    accuracy = facts.accuracy
    still = len(accuracy) != len(loss) or float(np.ptp(accuracy.values[:waits])) < max(
        0.05, 0.15 * float(np.ptp(accuracy.values))
    )
    if waits >= max(3, 0.12 * len(values)) and still and quick <= max(3, waits):
        at = float(loss.at[waits])
        why = (
            f"The loss stays at {start:.4g} for {waits} rows, and falls only after "
            f"{facts.where(loss.at[waits - 1])}."
        )
        return finding("bad_initialisation", 0.85, why, epoch=at, start=float(loss.at[0]), end=at)
    return None


def lr_too_low(facts: Facts) -> CurveFinding | None:
    """The loss creeps down in a straight line, and is still near its beginning at the end."""
    loss = facts.loss
    if len(loss) < 5 or bad_initialisation(facts) is not None:
        return None
    loss = min(
        (one for one in (loss, facts.val_loss) if len(one) >= 5), key=lambda one: one.trend[0]
    )
    tau, p = loss.trend
    fall = loss.first - float(loss.values[-1])
    fallen = fall / max(abs(loss.first), 1e-9)
    creeping = tau < -0.8 and p < 0.05 and 0.003 < fallen < 0.35
    accuracy = facts.judged
    learns = len(accuracy) > 1 and accuracy.values[-1] - accuracy.first > LEARNS
    straight = loss.pace > (0.8 if learns else 0.4)
    slow = fallen < PACE * len(loss)
    if not (creeping and straight and slow and fall > SURE * loss.noise):
        return None
    pace = "as fast at the end as at the beginning"
    if loss.pace < 0.8:
        pace = f"at the end with {loss.pace:.0%} of its first pace"
    near = _near_chance(facts)
    if near is False:
        return None  # slow fine-tuning, which may well be right
    why = f"The loss falls by {fallen:.0%} in {len(loss)} rows, {pace}."
    return finding("lr_too_low", 0.85 if near else 0.5, why)


def _near_chance(facts: Facts) -> bool | None:
    """Whether a training begins with a model that knows hardly anything; None if unknown."""
    chance, accuracy = facts.chance_loss, facts.judged
    if chance is not None:
        return facts.trained.first > 0.8 * chance
    if not len(accuracy):
        return None
    nothing = -math.log(max(accuracy.first, 1e-9))  # by chance, one of k is right
    return accuracy.first < 0.6 and facts.trained.first > 0.8 * nothing
