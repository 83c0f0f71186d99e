"""What is said about a training: fixed codes, each with its evidence and remedy."""

from dataclasses import asdict, dataclass
from typing import Any

SCHEMA = "hardex.curves/1"

REMEDIES = {
    "healthy": "Nothing to repair: look at the hard examples next.",
    "not_learning": "Check that labels belong to their images, that the loss fits the last layer, "
    "and the scale of the input; then try to overfit one batch with Adam and a rate of 3e-4.",
    "underfitting": "Take a larger model, less regularisation or a longer training.",
    "overfitting": "Stop at the best epoch; then more data, augmentation, dropout or weight decay.",
    "not_converged": "Train longer, or with a higher learning rate.",
    "diverging": "Lower the learning rate, clip gradients, or warm up.",
    "oscillating": "Lower the learning rate, or let it decay; a larger batch helps, too.",
    "lr_too_low": "Raise the learning rate tenfold.",
    "bad_initialisation": "Use the usual initialisation (He for ReLU, Glorot otherwise) and inputs "
    "of a usual scale; look at the loss of the first batch, which should be ln of the classes.",
    "ascending": "Look for a wrong sign: of the loss, of the gradient, or a negative rate.",
    "nan": "Lower the learning rate, look for log(0) and division by 0, and for NaN in the data.",
    "unshuffled": "Shuffle the training data anew in each epoch.",
    "validation_too_small": "Take more of the data for validation: a share of 0.2 is usual.",
    "validation_mismatch": "Compare how the data of training and of validation are read, scaled "
    "and labelled.",
    "metric_loss_disagree": "Check that the metric fits the labels and the last layer.",
    "dead_starts": "Look for ReLU before the softmax, for dead units and for the initialisation; "
    "run several seeds.",
    "penalty_dominates": "Log penalties apart from the loss and lower their weight; class "
    "weights and further losses count, too.",
    "appended": "Write each run to a file of its own.",
    "too_noisy": "Train for more epochs, or log more examples per value.",
}
CODES = tuple(REMEDIES)


@dataclass(frozen=True)
class CurveFinding:
    """One thing that is said about a training.

    Attributes:
        code: one of `CODES`.
        confidence: how sure it is, 0..1.
        epoch: the row in the curve that shows it best, or the best epoch; None for the whole.
        why: the evidence in one sentence.
        remedy: what to do.
        severity: `mild` or `severe` where it has degrees, else "".
        metric: the curve in which it is seen.
        start, end: the part of the curve that is the evidence, in epochs; None for the whole.
    """

    code: str
    confidence: float
    epoch: float | None
    why: str
    remedy: str
    severity: str = ""
    metric: str = ""
    start: float | None = None
    end: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def finding(
    code: str,
    confidence: float,
    why: str,
    *,
    epoch: float | None = None,
    severity: str = "",
    metric: str = "loss",
    start: float | None = None,
    end: float | None = None,
) -> CurveFinding:
    """A finding with the remedy of its code."""
    return CurveFinding(
        code, round(confidence, 2), epoch, why, REMEDIES[code], severity, metric, start, end
    )
