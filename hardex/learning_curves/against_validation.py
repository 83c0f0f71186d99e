"""Training against validation: overfitting, data of another kind, too few examples."""

import math

import numpy as np

from hardex.learning_curves.facts import Curve, Facts
from hardex.learning_curves.findings import CurveFinding, finding
from hardex.learning_curves.noise import binomial_noise, fewer_examples_than, is_rounded, trend
from hardex.learning_curves.thresholds import FEW_EXAMPLES, SURE


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
    by_chance = val.noise * (1 + SURE / math.sqrt(max(1, len(tail) // 3)))
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
    where = facts.where(val.at[best])
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
    allowed = max(0.1, SURE * max(val.noise, val.least_noise))
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
    if float(np.median(ahead)) > max(0.2, SURE * noise) and float(ahead.min()) > 0.1:
        why = (
            f"Validation is better than training by {float(np.median(ahead)):.3f} to the end: it "
            "is easier, or strong dropout or augmentation acts on the training alone."
        )
        return finding("validation_mismatch", 0.5, why, metric="val_accuracy")
    return None


def validation_too_small(facts: Facts) -> CurveFinding | None:
    """So few validation examples that the curve is made of chance."""
    told = facts.run.validation_examples
    shares = facts.val_accuracy.values
    if told is not None:
        count, sure = told, 0.97
    else:
        others = (facts.accuracy, facts.loss, facts.val_loss)
        rounded = all(is_rounded(curve.values) for curve in others)
        seen = fewer_examples_than(FEW_EXAMPLES, shares, rounded=rounded)
        if seen is None:
            return None
        count, sure = seen[0], min(0.95, seen[1])
    if count >= FEW_EXAMPLES:
        return None
    apart = 2 * binomial_noise(float(np.median(shares)) if len(shares) else 0.5, count)
    what = (
        f"There are {count} validation examples"
        if told is not None
        else (f"The validation accuracy has steps of 1/{count}")
    )
    why = f"{what}: chance alone moves it by ±{apart:.2f}."
    return finding("validation_too_small", sure, why, metric="val_accuracy")
