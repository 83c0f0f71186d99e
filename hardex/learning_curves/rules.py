"""Facts -> findings: one function per symptom, in one tuple.

A rule speaks only of what stands out of the noise of its curve.
"""

from collections.abc import Callable

from hardex.learning_curves.against_validation import (
    overfitting,
    validation_mismatch,
    validation_too_small,
)
from hardex.learning_curves.beginnings import ascending, bad_initialisation, diverging, lr_too_low
from hardex.learning_curves.endings import not_converged, underfitting
from hardex.learning_curves.facts import Curve, Facts
from hardex.learning_curves.findings import CurveFinding, finding
from hardex.learning_curves.standing_still import not_learning
from hardex.learning_curves.thresholds import FEWEST
from hardex.learning_curves.values import (
    metric_loss_disagree,
    nan,
    oscillating,
    penalty_dominates,
    unshuffled,
)
from hardex.sentences import counted

Rule = Callable[[Facts], CurveFinding | None]


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
    moved = [_moved(curve) for curve in (facts.loss, facts.val_loss) if len(curve) >= FEWEST]
    moved += [_moved(curve) for curve in (facts.accuracy, facts.val_accuracy) if len(curve) >= 3]
    if rows < FEWEST:
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
