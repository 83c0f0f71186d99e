"""How a training ends: still improving, or at rest too early."""

import numpy as np

from hardex.learning_curves.against_validation import overfitting
from hardex.learning_curves.beginnings import diverging, lr_too_low, plateau
from hardex.learning_curves.columns import LEARNING_RATE
from hardex.learning_curves.facts import Curve, Facts
from hardex.learning_curves.findings import CurveFinding, finding
from hardex.learning_curves.standing_still import not_learning
from hardex.learning_curves.thresholds import LOW, MAYBE_ONE_CLASS, NO_GAIN, RESTS


def not_converged(facts: Facts) -> CurveFinding | None:
    """Training and validation still improve when the training stops."""
    loss, val = facts.loss, facts.val_loss if len(facts.val_loss) else facts.loss
    if len(val) < 4 or len(loss) < 4:
        return None
    if lr_too_low(facts) is not None or overfitting(facts) is not None:
        return None
    if not_learning(facts) is not None or plateau(facts) is not None:
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
        rest = rest and moved < max(0.04 * abs(loss.middle), 0.2 * fallen) and loss.pace < RESTS
    gap = train.end - val.end if len(val) else 0.0
    near = gap < max(0.05, 2 * val.least_noise)
    if not (rest and near) or diverging(facts) is not None:
        return None
    ahead = val.end - train.end if len(val) else 0.0  # heavy augmentation acts on training alone
    if train.end < (LOW / 2 if ahead > 0.2 else LOW):
        level = LOW
    elif len(train) >= 10 and train.end - train.first < NO_GAIN and train.end < MAYBE_ONE_CLASS:
        level = MAYBE_ONE_CLASS
    else:
        return None
    best = max(train.end, val.end if len(val) else 0.0)
    sure = 0.75 if best < level else 0.6
    why = f"The training accuracy rests at {train.end:.3f} in the last two thirds" + (
        f", and that of validation is {val.end:.3f}." if len(val) else "."
    )
    return finding("underfitting", sure, why, metric="accuracy")
