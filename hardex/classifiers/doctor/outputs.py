"""Checks of what the outputs are: distributions, logits, a second softmax, training mode."""

from collections.abc import Iterator

import numpy as np

from hardex.arrays import Probabilities, remedy
from hardex.classifiers.classifier import Classifier
from hardex.classifiers.doctor.examination import (
    Examination,
    Finding,
    are_distributions,
    output_count,
    padded,
)
from hardex.classifiers.outputs import Outputs, softmax

_SAME = 1e-3  # a smaller difference of probabilities counts as none


def not_probabilities(examination: Examination) -> Iterator[Finding]:
    """Logits in place of probabilities, or rows that are not distributions for another reason."""
    off = ~are_distributions(examination.answers)
    if not off.any():
        return
    row = examination.answers[int(off.argmax())]
    seen = (
        f"{int(off.sum())} of {len(off)} rows are not distributions; row {int(off.argmax())} goes "
        f"from {row.min():.3g} to {row.max():.3g} and sums to {row.sum(dtype=np.float64):.4g}"
    )
    linear = _activation(examination) == "linear"
    found = remedy(examination.answers[off], of_model=True, ends_linear=linear)
    ending = "; the last layer has no activation" * linear
    yield Finding(found.code, "error", f"{seen}{ending}; {found.seen}", found.advice)


def softmax_twice(examination: Examination) -> Iterator[Finding]:
    """A softmax of a softmax: no confidence can exceed e / (e + k - 1), and many reach it."""
    k = len(examination.class_names)
    confidence = examination.probabilities.max(axis=1)
    most = np.e / (np.e + k - 1)
    reached = np.abs(confidence - most) < 1e-3
    if confidence.max() > most + 1e-3 or reached.sum() < max(5, len(reached) // 10):
        return
    if _takes_softmax(examination.classifier):
        advice = "leave --logits out: the model ends in a softmax of its own"
    else:
        advice = "remove one softmax: the activation of the last layer or the one after it"
    yield Finding(
        "softmax_twice",
        "error",
        f"no confidence exceeds {most:.4f}, the most that a softmax of probabilities over {k} "
        f"classes can give, and {int(reached.sum())} of {len(reached)} reach it",
        advice,
    )


def wrong_loss(examination: Examination) -> Iterator[Finding]:
    """A loss in the model file that does not fit the last layer."""
    found = getattr(examination.classifier, "loss", None)
    activation = _activation(examination)
    if found is None or "crossentropy" not in (plain := _plain(found[0])):
        return
    loss, from_logits = found
    if from_logits and activation in ("softmax", "sigmoid"):
        seen = f"the model ends in {activation}, and its loss {loss} has from_logits=True"
        advice = "train again with from_logits=False; it was trained with two softmaxes"
    elif not from_logits and activation == "linear":
        seen = f"the model ends in logits, and its loss {loss} has from_logits=False"
        advice = "train again with from_logits=True; its loss treated logits as probabilities"
    elif "categorical" in plain and output_count(examination) == 1:
        seen = f"the model has one output, and its loss {loss} expects one per class"
        advice = "train again with binary_crossentropy"
    else:
        return
    yield Finding("loss_mismatch", "warning", seen, advice)


def training_mode(examination: Examination) -> Iterator[Finding]:
    """Dropout or batch normalisation left in training mode."""
    batch = padded(examination.images[: examination.batch_size], examination.batch_size)
    first, half = examination.probabilities[: examination.batch_size], max(1, len(batch) // 2)
    others = np.repeat(batch[:1], len(batch) - half, axis=0)
    among = examination.answers_for(np.concatenate([batch[:half], others]))
    moved = _largest_change(examination, first[:half], among)
    if moved <= _SAME:
        return
    again = _largest_change(examination, first, examination.answers_for(batch))
    if again > _SAME:
        yield Finding(
            "random_outputs",
            "error",
            f"two calls with the same {len(batch)} images differ by up to {again:.3g} in a "
            "probability",
            "call the model with training=False; a Dropout or noise layer is left in training mode",
        )
    else:
        yield Finding(
            "batch_dependent",
            "error",
            f"with other images in the batch, a probability of the same image differs by up to "
            f"{moved:.3g}",
            "call the model with training=False; batch normalisation is left in training mode",
        )


def _largest_change(examination: Examination, before: Probabilities, answers: Outputs) -> float:
    """The largest change of a probability of one of the first images."""
    rows = answers if are_distributions(examination.answers).all() else softmax(answers)
    return float(np.abs(before - rows[: len(before)]).max())


def _takes_softmax(classifier: Classifier) -> bool:
    return bool(getattr(classifier, "logits", False))


def _activation(examination: Examination) -> str:
    return str(getattr(examination.classifier, "activation", ""))


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
