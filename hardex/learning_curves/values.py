"""What the values show: NaN, jumps, more loss than answers make, batches in a fixed order."""

import math

import numpy as np

from hardex.learning_curves.columns import LOSS, VAL_LOSS
from hardex.learning_curves.facts import Facts
from hardex.learning_curves.findings import CurveFinding, finding
from hardex.learning_curves.periodic import explained_by_position
from hardex.learning_curves.standing_still import not_learning
from hardex.learning_curves.thresholds import (
    GOOD,
    JUMP,
    JUMPS,
    MOST_LOSS,
    NO_LOSS,
    RISES,
    RISES_OF_FALL,
    SMOOTHED,
    SURE,
    TURNS,
    VAL_DROP,
)
from hardex.learning_curves.training_run import STEPS


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
    why = f"The {what} is NaN or infinite at {facts.where(at)}."
    return finding("nan", sure, why, epoch=at, start=at)


def oscillating(facts: Facts) -> CurveFinding | None:
    """The training loss jumps up and down."""
    loss = facts.loss
    if len(loss) < 6 or facts.run.unit == STEPS or not_learning(facts) is not None:
        return None  # single steps jump by nature
    late = loss.values[len(loss) // 4 :]
    steps = np.diff(late)
    level = float(np.median(np.abs(late)))
    up = float(steps[steps > 0].sum())
    jumps = float((steps > JUMP * np.abs(late[:-1])).mean())
    fallen = abs(loss.first - float(loss.smooth.min()))
    regular = len(steps) > 10 and float((steps[1:] * steps[:-1] < 0).mean()) >= TURNS
    of_level, of_fall = up / len(steps) / max(level, 1e-9), up / len(steps) / max(fallen, 1e-9)
    least = RISES_OF_FALL * (0.3 if regular else 1.0)
    much = of_level > RISES and of_fall > least
    if level > NO_LOSS and jumps >= JUMPS and much:
        why = (
            f"The training loss goes up and down: it rises by more than {JUMP:.0%} in {jumps:.0%} "
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
    drops = float((-np.diff(late) > max(VAL_DROP, 4 * val.least_noise)).mean())
    if drops < 0.25:
        return None
    why = (
        f"The validation accuracy falls by more than {VAL_DROP} in {drops:.0%} of the later rows "
        "and comes back"
        + (", more than chance does." if val.least_noise else ", unless its examples are few.")
    )
    return finding("oscillating", 0.7, why, metric="val_accuracy")


def metric_loss_disagree(facts: Facts) -> CurveFinding | None:
    """The loss says that the model learns, and the accuracy says that it does not."""
    loss, accuracy = facts.loss, facts.accuracy
    if len(loss) < 5 or len(accuracy) < 5:
        return None
    fallen = (loss.first - loss.end) / max(abs(loss.first), 1e-9)
    gain = accuracy.end - accuracy.first
    down, p = loss.trend
    if fallen > 0.3 and down < -0.6 and p < 0.01:
        same = abs(gain) < 0.02 and float(np.ptp(accuracy.values)) < 0.04 and accuracy.end < GOOD
        unlike = loss.end < 0.7 * -math.log(max(accuracy.end, 0.002))
        falls = gain < -max(0.05, SURE * accuracy.noise) and accuracy.trend[0] < -0.5
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
    most = MOST_LOSS * wrong
    if accuracy.end > 0.5 and loss.end > max(SMOOTHED, most):
        why = (
            f"The loss ends at {loss.end:.4g} with an accuracy of {accuracy.end:.3f}; wrong "
            f"answers alone can hardly make more than {most:.3g}, and label smoothing not so much."
        )
        return finding("penalty_dominates", 0.6 if _of_parts(facts) else 0.9, why)
    if accuracy.end > 0.8 and loss.end > max(SMOOTHED, 0.45 * most):
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
