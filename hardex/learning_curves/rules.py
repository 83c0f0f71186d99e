"""Facts -> findings: one function per symptom, in one tuple.

A rule speaks only of what stands out of the noise of its curve. Thresholds were set on trainings
with planted faults (`benchmarks/curves.py`) and reported on data and architectures held out whole.
"""

import math
from collections.abc import Callable

import numpy as np

from hardex.learning_curves.columns import LEARNING_RATE, LOSS, VAL_LOSS
from hardex.learning_curves.facts import Curve, Facts
from hardex.learning_curves.findings import CurveFinding, finding
from hardex.learning_curves.noise import (
    binomial_noise,
    entropy_of_constant,
    fewer_examples_than,
    is_rounded,
    trend,
)
from hardex.learning_curves.periodic import explained_by_position
from hardex.learning_curves.training_run import STEPS
from hardex.sentences import counted

Rule = Callable[[Facts], CurveFinding | None]

_SURE = 3.0  # deviations of the noise
_MOST_LOSS = 16.2  # of one example; Keras takes no probability below 1e-7
_SMOOTHED = 1.2  # the most that label smoothing of 0.1 leaves of the loss, for 1,000 classes
_FEWEST = 3  # rows, below which nothing is said of a shape
_FEW_EXAMPLES = 100  # of validation
_MAYBE_ONE_CLASS = 0.75  # accuracy, up to which a class may well have this share
_MAYBE_CHANCE = 0.5  # accuracy, above which standing still alone is no failure
_STUCK_GAIN = 0.02  # of accuracy
_STUCK_DROP = 0.02  # relative, of the loss
_JUMP = 0.2  # of the loss, from one row to the next
_JUMPS = 0.15  # share of the rows that rise so much
_RISES = 0.1  # of the level, that the rises make for each row
_RISES_OF_FALL = 0.01  # of the whole fall, that the rises make for each row
_TURNS = 0.9  # of the rows, that turn where two states take turns; of jitter, two thirds do
_NO_LOSS = 0.02  # below which a loss jumps, and no answer changes
_VAL_DROP = 0.15  # of the validation accuracy, from one row to the next
_WAITS = 0.03  # of the whole fall, that a loss falls at most while it waits
_LOW = 0.6  # accuracy, below which a training at rest fits too little, whatever the task
_PACE = 0.015  # of the loss for each row, below which a training is slow
_LEARNS_SOMETHING = 0.3  # fall of the loss after its first row
_MANY_EXAMPLES = 500  # of validation, of which the same share again and again is no chance
_LEARNS = 0.15  # gain of accuracy, with which a slow training is given time unless it goes straight
_RESTS = 1 / 3  # of its first pace, at which a loss still falls that has come to rest
_NO_GAIN = 0.03  # of accuracy, over the whole training
_GOOD = 0.9  # accuracy, above which a flat curve is no failure


def nan(facts: Facts) -> CurveFinding | None:
    """The loss is NaN or infinite."""
    failed = facts.run.failed
    if failed is None:
        return None
    at = float(facts.run.at[failed])
    losses = [facts.run.metrics.get(name) for name in (LOSS, VAL_LOSS)]
    loss_is_there = losses[0] is not None and bool(np.isfinite(losses[0][failed]))
    what = "validation loss" if loss_is_there and losses[1] is not None else "loss"
    # One evaluation may fail alone; a training loss that is NaN stays so.
    sure = 1.0 if what == "loss" or failed < len(facts.run.at) - 1 else 0.6
    why = f"The {what} is NaN or infinite at {_where(facts, at)}."
    return finding("nan", sure, why, epoch=at, start=at)


def not_learning(facts: Facts) -> CurveFinding | None:
    """Neither loss nor accuracy moves, and a model that says always the same would look so."""
    loss, accuracy = facts.trained, facts.judged
    if len(accuracy) < 2:
        return _flat_loss(facts)
    if not _still(accuracy):
        return _by_heart(facts)
    level = accuracy.end
    chance = _at_chance(facts, level) or _frozen(loss)
    if not chance and max(map(_fall_of, (loss, facts.val_loss))) > _LEARNS_SOMETHING:
        return None  # a metric that does not fit, perhaps
    frozen = _one_share(facts)
    same = frozen or _one_answer(facts)
    if _frozen(loss) and level <= _GOOD:
        same = True
    elif not frozen and level > _MAYBE_ONE_CLASS:  # a good model stands still, too
        return _largest_class(facts, level) if same else None
    elif not frozen and facts.knows_something:
        if not same:
            return None
        why = (
            f"The loss falls to {loss.end:.4g}, but the accuracy stays at {level:.3f} and that of "
            f"validation at {facts.val_accuracy.end:.3f}, as if every image got one answer."
        )
        return finding("not_learning", 0.6, why, metric=accuracy.name)
    if not chance and not same:
        if len(loss) >= 2 and not _flat(loss):
            return None
        if level > _MAYBE_CHANCE or len(accuracy) < _FEWEST:
            return None  # a training that goes on from a good model stands still, too
    why = f"The accuracy stays at {level:.3f} from the first row to the last"
    if len(loss):
        why += f", and the loss ends at {loss.end:.4g}"
    why += ", as if every image got one answer." if chance or same else "."
    return finding("not_learning", 0.97 if chance or same else 0.8, why, metric=accuracy.name)


def _fall_of(curve: Curve) -> float:
    return curve.fall if len(curve) > _FEWEST else 0.0


def _largest_class(facts: Facts, level: float) -> CurveFinding | None:
    """A high accuracy that is the share of the largest class, by the loss and by many examples."""
    loss, values = facts.trained, facts.val_accuracy.values
    of_share = len(loss) > 0 and abs(loss.end - entropy_of_constant(level)) < 0.05 * loss.end
    if not of_share or not _flat(loss) or fewer_examples_than(_MANY_EXAMPLES, values) is not None:
        return None
    why = (
        f"The accuracy stays at {level:.3f}, and the loss at {loss.end:.4g}, which is that of a "
        "model that knows only how frequent the largest class is."
    )
    return finding("not_learning", 0.8, why, metric=facts.judged.name)


def _flat_loss(facts: Facts) -> CurveFinding | None:
    """The same, where no accuracy is known."""
    loss = facts.trained
    if len(loss) <= _FEWEST or not _flat(loss):
        return None
    if loss.noise > 0.1 * abs(loss.end):
        return None  # what jumps so much may well move
    chance_loss = facts.chance_loss
    at_chance = chance_loss is not None and abs(loss.end - chance_loss) < 0.05 * chance_loss
    if loss.end < (0.3 if chance_loss is None else 0.9 * chance_loss):
        return None
    if not at_chance and loss.first - loss.end > 0.05 * abs(loss.first):
        return None  # it learnt in its first rows
    why = f"The loss stays at {loss.end:.4g} from {loss.first:.4g} on."
    return finding("not_learning", 0.7, why)


def _by_heart(facts: Facts) -> CurveFinding | None:
    """The training accuracy creeps up, and validation knows nothing of it."""
    train, val, loss = facts.accuracy, facts.val_accuracy, facts.val_loss
    if len(train) < 5 or len(val) < 5 or len(loss) < 5 or not _still(val) or val.end > 0.5:
        return None
    gain = float(train.smooth.max()) - train.first
    if gain < 0.08 and float(loss.smooth.min()) > 0.99 * loss.first and train.end < 0.5:
        why = (
            f"The validation accuracy stays at {val.end:.3f} and its loss does not fall; the "
            f"training accuracy only creeps to {train.end:.3f}."
        )
        return finding("not_learning", 0.8, why, metric=val.name)
    return None


def _still(curve: Curve) -> bool:
    """Whether an accuracy gains nothing beyond its noise."""
    gain = float(curve.smooth[1:].max()) - min(curve.first, float(curve.smooth[:2].mean()))
    tau, p = curve.trend
    jitter = 2.5 * curve.noise if p > 0.1 and len(curve) > 7 else 0.0
    allowed = max(_STUCK_GAIN, _SURE * curve.least_noise, jitter)
    if gain <= allowed:
        return not (tau > 0.5 and p < 0.001 and gain > 0.5 * _STUCK_GAIN)
    # It may begin by chance below or above the level where it then stays.
    late = curve.values[1:]
    return len(late) >= 4 and float(np.ptp(late)) <= allowed and abs(late[0] - curve.first) < 0.08


def _flat(curve: Curve) -> bool:
    """Whether a loss stays where it is after its first row."""
    late = curve.values[1:] if len(curve) > _FEWEST else curve.values
    start = float(np.median(late[: max(1, len(late) // 3)]))
    drop = start - min(curve.end, float(np.median(late[-max(1, len(late) // 4) :])))
    allowed = max(_STUCK_DROP * abs(start), 2 * curve.noise if len(late) > 6 else 0.0)
    return drop <= allowed and float(late[-1]) < 1.5 * abs(start) + allowed


def _frozen(curve: Curve) -> bool:
    """Whether a loss is the same again and again, as where nothing is trained."""
    return len(curve) >= _FEWEST and float(np.ptp(curve.values)) <= 1e-4 * abs(curve.end)


def _at_chance(facts: Facts, level: float) -> bool:
    """Whether loss and accuracy fit a model that knows only the shares of the classes."""
    if facts.run.classes is not None and level > 1.5 / facts.run.classes + 0.02:
        return False
    if not len(facts.trained):
        return facts.run.classes is not None
    loss = facts.trained.end
    wrong = 1 - level
    saturated = abs(loss - 16.118 * wrong) < 0.03 * loss or abs(loss - 15.42 * wrong) < 0.03 * loss
    of_shares = abs(loss - entropy_of_constant(level)) < 0.05 * loss
    if facts.chance_loss is not None and loss > 0.9 * facts.chance_loss:
        return True
    nothing = -math.log(max(level, 1e-9))
    return saturated or of_shares or 0.95 * nothing < loss < 1.1 * nothing


def _one_answer(facts: Facts) -> bool:
    """Whether the validation accuracy is one value again and again, as of one answer to all."""
    values = facts.val_accuracy.values
    if len(values) < 5 or facts.val_accuracy.end > 0.999:
        return False
    _, counts = np.unique(np.round(values, 4), return_counts=True)
    return bool(counts.max() >= 0.75 * len(values))


def _one_share(facts: Facts) -> bool:
    """Whether all accuracies are exactly the same in every row, and not 1.

    What learns changes some answer; the share of the largest class may be high. Rounded values do
    not tell.
    """
    known = [one.values for one in (facts.accuracy, facts.val_accuracy) if len(one)]
    return all(
        len(one) >= 5
        and np.ptp(one[1:]) < 1e-6
        and one[-1] < 0.999
        and abs(one[-1] - round(one[-1], 4)) > 1e-6
        for one in known
    )


def ascending(facts: Facts) -> CurveFinding | None:
    """The loss rises from the first row on."""
    loss, val = facts.loss, facts.val_loss
    if len(loss) < _FEWEST:
        return None
    if loss.end < 0 and loss.trend[0] < -0.6 and _gains_nothing(facts) and facts.judged.end < _GOOD:
        why = (
            f"The loss falls below 0, to {loss.end:.4g}, which no cross-entropy can, and the "
            "accuracy gains nothing: the sign of the loss is wrong."
        )
        return finding("ascending", 0.8, why, start=float(loss.at[0]), end=float(loss.at[-1]))
    early = loss.lowest <= max(1, len(loss) // 8)
    rise = loss.end - loss.first
    soon = loss.middle - loss.first  # else it waits, and diverges later
    at_once = soon > 0.1 * min(rise, abs(loss.first))
    clear = rise > max(0.05 * abs(loss.first), _SURE * loss.noise) and loss.trend[0] > 0.6
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
    return len(accuracy) >= _FEWEST and accuracy.end < accuracy.first + 0.05


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
            f"The training loss falls to {least:.4g} at {_where(facts, loss.at[low])} and rises to "
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


def overfitting(facts: Facts) -> CurveFinding | None:
    """The training goes on improving while validation gets worse, or stays far behind."""
    loss, val = facts.loss, facts.val_loss
    if len(val) < 4:
        return _gap(facts)
    best = val.lowest
    tail = val.values[best + 1 :]
    if len(tail) < 2 or best > 0.85 * len(val):
        return _gap(facts)
    least = float(val.values[best])
    late = float(np.median(tail[-max(2, len(tail) // 3) :]))
    rise = (late - least) / max(abs(least), 1e-9)
    # The least of three values lies about one deviation below their middle.
    by_chance = val.noise * (1 + _SURE / math.sqrt(max(1, len(tail) // 3)))
    clear = late - least > by_chance
    tau = trend(val.values[best:])[0]
    if len(val) < 8:  # too few for their noise
        clear = rise > 0.25 and bool((np.diff(val.values[best:]) > 0).all())
    enough = (rise > 0.1 and (tau > 0.2 or rise > 0.5)) or (rise > 0.06 and tau > 0.6)
    if not (clear and enough and _goes_on(loss, float(val.at[best]))):
        return _gap(facts)
    drop = _accuracy_drop(facts, float(val.at[best]))
    behind = facts.accuracy.end - facts.val_accuracy.end if _both(facts) else 0.0
    severe = rise > 0.5 or drop > 0.05 or behind > 0.2
    where = _where(facts, val.at[best])
    why = f"The validation loss is lowest at {where} ({least:.4g}) and rises to {late:.4g}"
    why += f", while the training loss falls to {loss.end:.4g}." if len(loss) else "."
    sure = min(0.97, 0.7 + 0.3 * min(1.0, rise))
    return finding(
        "overfitting", sure, why, epoch=float(val.at[best]), metric="val_loss",
        severity="severe" if severe else "mild", start=float(val.at[best]), end=float(val.at[-1]),
    )  # fmt: skip


def _both(facts: Facts) -> bool:
    """Whether the accuracies of training and of validation are known."""
    return bool(len(facts.accuracy) and len(facts.val_accuracy))


def _goes_on(loss: Curve, at: float) -> bool:
    """Whether the training loss falls further after this row."""
    if not len(loss):
        return True
    before = loss.values[loss.at <= at]
    after = loss.values[loss.at > at]
    if not len(before) or not len(after):
        return False
    return float(np.median(after[-max(1, len(after) // 3) :])) < 0.95 * float(before[-1])


def _accuracy_drop(facts: Facts, at: float) -> float:
    """How much validation accuracy is lost after this row."""
    val = facts.val_accuracy
    before = val.values[val.at <= at]
    return float(before.max() - val.end) if len(before) else 0.0


def _gap(facts: Facts) -> CurveFinding | None:
    """Training far ahead of validation, which no longer improves."""
    train, val = facts.accuracy, facts.val_accuracy
    if len(train) < 4 or len(val) < 4:
        return None
    gap = train.end - val.end
    allowed = max(0.1, _SURE * max(val.noise, val.least_noise))
    early = float(np.median(train.values[: max(1, len(train) // 4)])) - float(
        np.median(val.values[: max(1, len(val) // 4)])
    )
    learnt = val.end - val.first > allowed / 2 or val.end > 0.5
    still = val.end - val.middle
    stopped = still < max(0.02, val.noise) or (
        gap > 0.2 and still < 0.4 * (train.end - train.middle)
    )
    if gap > allowed and gap > early + 0.05 and learnt and stopped:
        why = (
            f"The training accuracy reaches {train.end:.3f}, and that of validation stays at "
            f"{val.end:.3f}."
        )
        return finding(
            "overfitting", min(0.9, 0.6 + gap), why, epoch=float(val.at[val.highest]),
            severity="severe" if gap > 0.2 else "mild", metric="val_accuracy",
        )  # fmt: skip
    return None


def validation_mismatch(facts: Facts) -> CurveFinding | None:
    """Validation is of another kind than training from the first row on."""
    train, val = facts.accuracy, facts.val_accuracy
    if len(train) < 4 or len(val) < 4:
        return None
    noise = max(val.least_noise, val.noise / 2, 0.01)
    learnt = train.end - train.first > 0.15 or train.end > 0.7
    loss = facts.val_loss
    rests = len(loss) > 3 and float(loss.smooth.min()) > 0.97 * loss.first
    never = float(val.smooth.max()) < 0.5 * train.end and (val.end - val.first < 0.1 or rests)
    if learnt and train.end > 0.5 and never:
        why = (
            f"The training accuracy reaches {train.end:.3f}, and that of validation never leaves "
            f"{val.end:.3f}: it is wrong from the first row on, which is no overfitting."
        )
        return finding("validation_mismatch", 0.85, why, metric="val_accuracy")
    ahead = val.values[len(val) // 2 :] - np.interp(val.at[len(val) // 2 :], train.at, train.values)
    if float(np.median(ahead)) > max(0.2, _SURE * noise) and float(ahead.min()) > 0.1:
        why = (
            f"Validation is better than training by {float(np.median(ahead)):.3f} to the end: it "
            "is easier, or strong dropout or augmentation acts on the training alone."
        )
        return finding("validation_mismatch", 0.5, why, metric="val_accuracy")
    return None


def oscillating(facts: Facts) -> CurveFinding | None:
    """The training loss jumps up and down."""
    loss = facts.loss
    if len(loss) < 6 or facts.run.unit == STEPS or not_learning(facts) is not None:
        return None  # single steps jump by nature
    late = loss.values[len(loss) // 4 :]
    steps = np.diff(late)
    level = float(np.median(np.abs(late)))
    up = float(steps[steps > 0].sum())
    jumps = float((steps > _JUMP * np.abs(late[:-1])).mean())
    fallen = abs(loss.first - float(loss.smooth.min()))
    regular = len(steps) > 10 and float((steps[1:] * steps[:-1] < 0).mean()) >= _TURNS
    of_level, of_fall = up / len(steps) / max(level, 1e-9), up / len(steps) / max(fallen, 1e-9)
    least = _RISES_OF_FALL * (0.3 if regular else 1.0)
    much = of_level > _RISES and of_fall > least
    if level > _NO_LOSS and jumps >= _JUMPS and much:
        why = (
            f"The training loss goes up and down: it rises by more than {_JUMP:.0%} in {jumps:.0%} "
            "of the later rows."
        )
        return finding("oscillating", min(0.95, 0.7 + jumps / 2), why)
    return _validation_oscillates(facts)


def _validation_oscillates(facts: Facts) -> CurveFinding | None:
    """The validation accuracy falls far and comes back, again and again."""
    val = facts.val_accuracy
    late = val.values[len(val) // 4 :]
    if len(late) < 6:
        return None
    drops = float((-np.diff(late) > max(_VAL_DROP, 4 * val.least_noise)).mean())
    if drops < 0.25:
        return None
    why = (
        f"The validation accuracy falls by more than {_VAL_DROP} in {drops:.0%} of the later rows "
        "and comes back"
        + (", more than chance does." if val.least_noise else ", unless its examples are few.")
    )
    return finding("oscillating", 0.7, why, metric="val_accuracy")


def bad_initialisation(facts: Facts) -> CurveFinding | None:
    """The loss begins far above that of knowing nothing, or stays long where it begins."""
    return _begins_high(facts) or _plateau(facts)


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


def _plateau(facts: Facts) -> CurveFinding | None:
    """A long wait before learning begins."""
    loss = facts.loss
    if len(loss) < 6:
        return None
    values = loss.smooth
    start = float(values[0])
    fallen = start - float(values.min())
    if fallen <= 0 or fallen < 0.15 * abs(start) or loss.noise > 0.1 * fallen:
        return None
    waits = int(np.argmax(values < start - _WAITS * fallen))
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
            f"{_where(facts, loss.at[waits - 1])}."
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
    learns = len(accuracy) > 1 and accuracy.values[-1] - accuracy.first > _LEARNS
    straight = loss.pace > (0.8 if learns else 0.4)
    slow = fallen < _PACE * len(loss)
    if not (creeping and straight and slow and fall > _SURE * loss.noise):
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


def not_converged(facts: Facts) -> CurveFinding | None:
    """Training and validation still improve when the training stops."""
    loss, val = facts.loss, facts.val_loss if len(facts.val_loss) else facts.loss
    if len(val) < 4 or len(loss) < 4:
        return None
    if lr_too_low(facts) is not None or overfitting(facts) is not None:
        return None
    if not_learning(facts) is not None or _plateau(facts) is not None:
        return None
    if _schedule_has_ended(facts):
        return None
    falling = _still_falls(loss) and (_still_falls(val) or _still_gains(facts.val_accuracy))
    at_end = val.lowest >= len(val) - max(2, len(val) // 10)
    if falling and at_end:
        last = val.values[-max(2, len(val) // 4) :]
        gain = (float(last[0]) - float(last[-1])) / max(abs(float(last[0])), 1e-9)
        why = (
            f"{'The validation loss' if val is not loss else 'The loss'} still falls by "
            f"{gain:.0%} over the last {len(last)} rows, and is lowest at the end."
        )
        return finding("not_converged", 0.8, why, metric=val.name, start=float(val.at[-len(last)]))
    return None


def _schedule_has_ended(facts: Facts) -> bool:
    """Whether the learning rate has fallen to nearly nothing, as its schedule wanted."""
    rates = facts.run.curve(LEARNING_RATE)[1]
    return len(rates) > 1 and float(rates[-1]) < 0.05 * float(rates.max())


def _still_falls(curve: Curve) -> bool:
    """Whether the last quarter goes down clearly: by 6 % and by more than the noise."""
    count = max(3, len(curve) // 4 + 1)
    last = curve.values[-count:]
    drop = float(last[0] - last[-1])
    falls = float((np.diff(last) < 0).mean())
    share_of_all = drop / max(float(np.ptp(curve.values)), 1e-12)
    much = (drop > 0.06 * abs(float(last[0])) and share_of_all > 0.03) or share_of_all > 0.12
    return much and drop > 2 * curve.noise and falls >= 0.66


def _still_gains(curve: Curve) -> bool:
    """Whether an accuracy is highest in its last row, and gained clearly in the last quarter."""
    if len(curve) < 4:
        return False
    last = curve.values[-max(3, len(curve) // 4 + 1) :]
    gain = float(last[-1] - last[0])
    return bool(curve.values.argmax() == len(curve) - 1) and gain > max(0.05, 3 * curve.least_noise)


def underfitting(facts: Facts) -> CurveFinding | None:
    """The training has come to rest at a low accuracy, and validation is as good."""
    train, val, loss = facts.accuracy, facts.val_accuracy, facts.loss
    if len(train) < 5 or not_learning(facts) is not None:
        return None
    rest = abs(train.end - train.middle) < max(0.04, train.noise)
    if len(loss):
        moved, fallen = abs(loss.end - loss.middle), abs(loss.first - loss.end)
        rest = rest and moved < max(0.04 * abs(loss.middle), 0.2 * fallen) and loss.pace < _RESTS
    gap = train.end - val.end if len(val) else 0.0
    near = gap < max(0.05, 2 * val.least_noise)
    if not (rest and near) or diverging(facts) is not None:
        return None
    ahead = val.end - train.end if len(val) else 0.0  # heavy augmentation acts on training alone
    if train.end < (_LOW / 2 if ahead > 0.2 else _LOW):
        level = _LOW
    elif len(train) >= 10 and train.end - train.first < _NO_GAIN and train.end < _MAYBE_ONE_CLASS:
        level = _MAYBE_ONE_CLASS
    else:
        return None
    best = max(train.end, val.end if len(val) else 0.0)
    sure = 0.75 if best < level else 0.6
    why = f"The training accuracy rests at {train.end:.3f} in the last two thirds" + (
        f", and that of validation is {val.end:.3f}." if len(val) else "."
    )
    return finding("underfitting", sure, why, metric="accuracy")


def validation_too_small(facts: Facts) -> CurveFinding | None:
    """So few validation examples that the curve is made of chance."""
    told = facts.run.validation_examples
    shares = facts.val_accuracy.values
    if told is not None:
        count, sure = told, 0.97
    else:
        others = (facts.accuracy, facts.loss, facts.val_loss)
        rounded = all(is_rounded(curve.values) for curve in others)
        seen = fewer_examples_than(_FEW_EXAMPLES, shares, rounded=rounded)
        if seen is None:
            return None
        count, sure = seen[0], min(0.95, seen[1])
    if count >= _FEW_EXAMPLES:
        return None
    apart = 2 * binomial_noise(float(np.median(shares)) if len(shares) else 0.5, count)
    what = (
        f"There are {count} validation examples"
        if told is not None
        else (f"The validation accuracy has steps of 1/{count}")
    )
    why = f"{what}: chance alone moves it by ±{apart:.2f}."
    return finding("validation_too_small", sure, why, metric="val_accuracy")


def metric_loss_disagree(facts: Facts) -> CurveFinding | None:
    """The loss says that the model learns, and the accuracy says that it does not."""
    loss, accuracy = facts.loss, facts.accuracy
    if len(loss) < 5 or len(accuracy) < 5:
        return None
    fallen = (loss.first - loss.end) / max(abs(loss.first), 1e-9)
    gain = accuracy.end - accuracy.first
    down, p = loss.trend
    if fallen > 0.3 and down < -0.6 and p < 0.01:
        same = abs(gain) < 0.02 and float(np.ptp(accuracy.values)) < 0.04 and accuracy.end < _GOOD
        unlike = loss.end < 0.7 * -math.log(max(accuracy.end, 0.002))
        falls = gain < -max(0.05, _SURE * accuracy.noise) and accuracy.trend[0] < -0.5
        if (same and unlike) or falls:
            why = (
                f"The loss falls from {loss.first:.4g} to {loss.end:.4g}, and the accuracy goes "
                f"from {accuracy.first:.3f} to {accuracy.end:.3f}."
            )
            return finding("metric_loss_disagree", 0.85, why, metric="accuracy")
    return None


def penalty_dominates(facts: Facts) -> CurveFinding | None:
    """More loss than the wrong answers can make."""
    loss, accuracy = facts.loss, facts.accuracy
    if len(loss) < 2 or len(accuracy) < 2:
        return None
    wrong = 1 - accuracy.end
    most = _MOST_LOSS * wrong
    if accuracy.end > 0.5 and loss.end > max(_SMOOTHED, most):
        why = (
            f"The loss ends at {loss.end:.4g} with an accuracy of {accuracy.end:.3f}; wrong "
            f"answers alone can hardly make more than {most:.3g}, and label smoothing not so much."
        )
        return finding("penalty_dominates", 0.6 if _of_parts(facts) else 0.9, why)
    if accuracy.end > 0.8 and loss.end > max(_SMOOTHED, 0.45 * most):
        why = (
            f"The loss ends at {loss.end:.4g} with an accuracy of {accuracy.end:.3f}, more than "
            "wrong answers usually make."
        )
        return finding("penalty_dominates", 0.5 if _of_parts(facts) else 0.7, why)
    return None


def _of_parts(facts: Facts) -> bool:
    """Whether the log has further losses, of which the loss is the sum."""
    others = (name for name in facts.run.metrics if name not in (LOSS, VAL_LOSS))
    return any(name.endswith("_loss") for name in others)


def unshuffled(facts: Facts) -> CurveFinding | None:
    """The loss of a batch depends on its place in the epoch."""
    batches = facts.run.batches
    if batches is None:
        return None
    share = explained_by_position(batches)
    if share is None or share < 0.3:
        return None
    why = (
        f"{share:.0%} of the differences between batches are explained by their place in the "
        "epoch: each epoch shows the same examples in the same order."
    )
    return finding("unshuffled", min(0.97, 0.7 + share / 3), why)


def appended(facts: Facts) -> CurveFinding | None:
    """One of several runs in one file."""
    if not facts.run.begun_anew:
        return None
    return finding(
        "appended", 1.0, "The log holds several runs; this one begins where the numbers begin anew."
    )


RULES: tuple[Rule, ...] = (
    nan,
    not_learning,
    ascending,
    diverging,
    validation_mismatch,
    overfitting,
    oscillating,
    bad_initialisation,
    lr_too_low,
    not_converged,
    underfitting,
    metric_loss_disagree,
    penalty_dominates,
    unshuffled,
    validation_too_small,
    appended,
)
_HARMLESS = frozenset({"appended"})


def judge(facts: Facts) -> tuple[CurveFinding, ...]:
    """All findings of one training, the surest cause first; `healthy` if there is none."""
    found = [one for rule in RULES if (one := rule(facts)) is not None]
    codes = {one.code for one in found}
    if "not_learning" in codes:  # what does not move can neither overfit nor oscillate
        hidden = {"overfitting", "underfitting", "not_converged", "lr_too_low", "oscillating"}
        if facts.run.batches is None:  # a high mean of the first epoch has other reasons, too
            hidden.add("bad_initialisation")
        found = [one for one in found if one.code not in hidden]
    if "metric_loss_disagree" in codes:  # then the accuracy says nothing
        found = [one for one in found if one.code != "underfitting"]
    if "nan" in codes:  # a longer training would be none
        found = [one for one in found if one.code != "not_converged"]
    if codes & {"ascending", "diverging"}:  # what goes to ruin jumps, too
        found = [one for one in found if one.code != "oscillating"]
    if "ascending" in codes:
        found = [one for one in found if one.code != "not_learning"]
    if "validation_mismatch" in codes and "overfitting" in codes:
        found = [one for one in found if one.code != "overfitting"]
    if all(one.code in _HARMLESS for one in found):
        found.insert(0, _healthy(facts))
    return tuple(found)


def _healthy(facts: Facts) -> CurveFinding:
    """Nothing is wrong, or too little is known to say so."""
    rows = max(len(facts.loss), len(facts.val_loss), len(facts.accuracy), len(facts.val_accuracy))
    moved = [_moved(curve) for curve in (facts.loss, facts.val_loss) if len(curve) >= _FEWEST]
    moved += [_moved(curve) for curve in (facts.accuracy, facts.val_accuracy) if len(curve) >= 3]
    if rows < _FEWEST:
        why = f"With {counted(rows, 'row')}, nothing can be said of the shape."
        return finding("too_noisy", 0.9, why)
    if moved and max(moved) < 2:
        why = "No curve moves by more than twice its noise."
        return finding("too_noisy", 0.7, why)
    train = _improves(facts.loss, facts.accuracy)
    val = _improves(facts.val_loss, facts.val_accuracy)
    if train is None and val is not None:
        why = f"Validation {'improves' if val else 'stays where it is'}; training is not logged."
    elif val is None:
        improves = "Training improves" if train else "Training stays where it is"
        why = f"{improves}; without validation nothing can be said about overfitting."
    elif train and val:
        why = "Training improves, and validation with it; nothing stands out of the noise."
        return finding("healthy", 0.85, why)
    elif train:
        why = (
            "Training improves, and validation stays where it is; nothing stands out of the noise."
        )
    elif val:
        why = (
            "Validation improves, and training stays where it is; nothing stands out of the noise."
        )
    else:
        known = facts.judged if len(facts.judged) else facts.trained
        what = "accuracy" if len(facts.judged) else "loss"
        why = (
            f"The {what} stays at {known.end:.3f}, as where a good model is trained further; "
            "nothing stands out of the noise."
        )
    return finding("healthy", 0.6, why)


def _improves(loss: Curve, accuracy: Curve) -> bool | None:
    """Whether either is better at the end than at the beginning; None if neither is known."""
    if not len(loss) and not len(accuracy):
        return None
    fell = len(loss) > 1 and loss.first - loss.end > max(0.02 * abs(loss.first), loss.noise)
    return fell or (len(accuracy) > 1 and accuracy.end - accuracy.first > 0.01)


def _moved(curve: Curve) -> float:
    """How far a curve moves, in units of its noise."""
    return abs(curve.end - curve.first) / max(curve.noise, 1e-9)


def _where(facts: Facts, at: float) -> str:
    """The row in words."""
    return f"{facts.run.unit} {at:g}"
