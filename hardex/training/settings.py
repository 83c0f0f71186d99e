"""How a model is trained, as numbers and words that a recipe may state."""

from dataclasses import dataclass
from math import isfinite

from hardex.errors import HardexError

FINE_TUNE, RETRAIN = "fine-tune", "retrain"
STARTS = (FINE_TUNE, RETRAIN)
OPTIMIZERS = ("adam", "adamw", "sgd")
LENET, HIDDEN = "lenet", "hidden"
NETWORKS = (LENET, HIDDEN)  # small ones, with which to start
SIMPLE_RATE = 3e-4
_RATES = {FINE_TUNE: 1e-4, RETRAIN: 1e-3}
_MOST_EPOCHS = 100_000


@dataclass(frozen=True, kw_only=True)
class Training:
    """How a model is trained.

    Attributes:
        start: `fine-tune` goes on from the weights of the model; `retrain` resets the weights of
            all layers that learn. Frozen layers and `Normalization` keep theirs.
        epochs: how often the training data is gone through, at most.
        batch_size: images in a step.
        learning_rate: None for 0.0001 to fine-tune and 0.001 to retrain.
        optimizer: one of `OPTIMIZERS`, as Keras has them.
        patience: epochs without a lower validation loss before the training ends.
        validation: share of each class of the training data that is kept out to tell when to stop.

    Raises:
        HardexError: a value is not one of those possible.

    Example:
        >>> Training().rate, Training(start="retrain").rate
        (0.0001, 0.001)
    """

    start: str = FINE_TUNE
    epochs: int = 10
    batch_size: int = 128
    learning_rate: float | None = None
    optimizer: str = "adam"
    patience: int = 3
    validation: float = 0.1

    def __post_init__(self) -> None:
        _check(self.start in STARTS, "start", " or ".join(STARTS), self.start)
        _check(self.optimizer in OPTIMIZERS, "optimizer", ", ".join(OPTIMIZERS), self.optimizer)
        _check(1 <= self.epochs <= _MOST_EPOCHS, "epochs", "1 or more", self.epochs)
        _check(self.batch_size >= 1, "batch_size", "1 or more", self.batch_size)
        _check(self.patience >= 1, "patience", "1 or more", self.patience)
        _check(0 < self.validation < 1, "validation", "a share between 0 and 1", self.validation)
        rate = self.rate
        _check(isfinite(rate) and rate > 0, "learning_rate", "a number above 0", rate)

    @property
    def rate(self) -> float:
        """The learning rate."""
        return _RATES.get(self.start, 0.0) if self.learning_rate is None else self.learning_rate


def _check(fine: bool, name: str, wanted: str, received: object) -> None:
    if not fine:
        raise HardexError(
            f"training: {name} must be {wanted}; received {received}; choose such a value."
        )
