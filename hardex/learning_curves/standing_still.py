"""A training that does not learn: neither loss nor accuracy moves beyond its noise."""

import math

import numpy as np

from hardex.learning_curves.facts import Curve, Facts
from hardex.learning_curves.findings import CurveFinding, finding
from hardex.learning_curves.noise import entropy_of_constant, fewer_examples_than
from hardex.learning_curves.thresholds import (
    FEWEST,
    GOOD,
    LEARNS_SOMETHING,
    MANY_EXAMPLES,
    MAYBE_CHANCE,
    MAYBE_ONE_CLASS,
    STUCK_DROP,
    STUCK_GAIN,
    SURE,
)


def not_learning(facts: Facts) -> CurveFinding | None:
    """Neither loss nor accuracy moves, and a model that says always the same would look so."""
    loss, accuracy = facts.trained, facts.judged
    if len(accuracy) < 2:
        return _flat_loss(facts)
    if not _still(accuracy):
        return _by_heart(facts)
    level = accuracy.end
    chance = _at_chance(facts, level) or _frozen(loss)
    if not chance and max(map(_fall_of, (loss, facts.val_loss))) > LEARNS_SOMETHING:
        return None  # a metric that does not fit, perhaps
    frozen = _one_share(facts)
    same = frozen or _one_answer(facts)
    if _frozen(loss) and level <= GOOD:
        same = True
    elif not frozen and level > MAYBE_ONE_CLASS:  # a good model stands still, too
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
        if level > MAYBE_CHANCE or len(accuracy) < FEWEST:
            return None  # a training that goes on from a good model stands still, too
    why = f"The accuracy stays at {level:.3f} from the first row to the last"
    if len(loss):
        why += f", and the loss ends at {loss.end:.4g}"
    why += ", as if every image got one answer." if chance or same else "."
    return finding("not_learning", 0.97 if chance or same else 0.8, why, metric=accuracy.name)


def _fall_of(curve: Curve) -> float:
    return curve.fall if len(curve) > FEWEST else 0.0


def _largest_class(facts: Facts, level: float) -> CurveFinding | None:
    """A high accuracy that is the share of the largest class, by the loss and by many examples."""
    loss, values = facts.trained, facts.val_accuracy.values
    of_share = len(loss) > 0 and abs(loss.end - entropy_of_constant(level)) < 0.05 * loss.end
    if not of_share or not _flat(loss) or fewer_examples_than(MANY_EXAMPLES, values) is not None:
        return None
    why = (
        f"The accuracy stays at {level:.3f}, and the loss at {loss.end:.4g}, which is that of a "
        "model that knows only how frequent the largest class is."
    )
    return finding("not_learning", 0.8, why, metric=facts.judged.name)


def _flat_loss(facts: Facts) -> CurveFinding | None:
    """The same, where no accuracy is known."""
    loss = facts.trained
    if len(loss) <= FEWEST or not _flat(loss):
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
    allowed = max(STUCK_GAIN, SURE * curve.least_noise, jitter)
    if gain <= allowed:
        return not (tau > 0.5 and p < 0.001 and gain > 0.5 * STUCK_GAIN)
    # It may begin by chance below or above the level where it then stays.
    late = curve.values[1:]
    return len(late) >= 4 and float(np.ptp(late)) <= allowed and abs(late[0] - curve.first) < 0.08


def _flat(curve: Curve) -> bool:
    """Whether a loss stays where it is after its first row."""
    late = curve.values[1:] if len(curve) > FEWEST else curve.values
    start = float(np.median(late[: max(1, len(late) // 3)]))
    drop = start - min(curve.end, float(np.median(late[-max(1, len(late) // 4) :])))
    allowed = max(STUCK_DROP * abs(start), 2 * curve.noise if len(late) > 6 else 0.0)
    return drop <= allowed and float(late[-1]) < 1.5 * abs(start) + allowed


def _frozen(curve: Curve) -> bool:
    """Whether a loss is the same again and again, as where nothing is trained."""
    return len(curve) >= FEWEST and float(np.ptp(curve.values)) <= 1e-4 * abs(curve.end)


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
