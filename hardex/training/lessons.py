"""Pixels, labels and a plan -> the batches that a model learns from.

Whatever is drawn for a batch depends on the seed, the epoch and the number of the batch alone, so a
training that was interrupted goes on with the very same batches.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Images, Labels, Positions
from hardex.errors import HardexError
from hardex.training.augmentation import Augmentation
from hardex.training.pixels import Pixels
from hardex.training.sampling import ALL, SAMPLINGS, class_weights, epoch_order

_NO_EPOCH = 2**32 - 1  # in place of the number of an epoch


@dataclass(frozen=True, eq=False)
class Batch:
    """What a model gets in one step.

    Attributes:
        images: (m, h, w, c) uint8, before the preprocessing of the model.
        labels: (m,) classes.
        weights: (m,) how much each counts.
    """

    images: Images
    labels: Labels
    weights: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Lessons:
    """Everything that is learnt from in one training.

    Attributes:
        pixels: all images.
        labels: (n,) classes, in the order of the pixels.
        fit: rows to learn from.
        validation: rows that say when to stop; never augmented, weighted or drawn twice.
        batch_size: images in a step.
        seed: of the order, the draws and the amounts.
        sampling: one of `hardex.training.sampling.SAMPLINGS`.
        weights: (k,) how much each class counts; None for all the same.
        augmentation: what is done to some images; None for nothing.

    Raises:
        HardexError: there is no such sampling.

    Example:
        >>> lessons = Lessons(
        ...     np.zeros((5, 2, 2, 1), np.uint8), np.array([0, 1, 0, 1, 0]),
        ...     np.array([0, 1, 2]), np.array([3, 4]), batch_size=2, seed=0,
        ... )
        >>> [len(batch.labels) for batch in lessons.epoch(0)]
        [2, 1]
    """

    pixels: Pixels
    labels: Labels
    fit: Positions
    validation: Positions
    batch_size: int
    seed: int
    sampling: str = ALL
    weights: NDArray[np.float32] | None = None
    augmentation: Augmentation | None = None

    def __post_init__(self) -> None:
        if self.sampling not in SAMPLINGS:
            raise HardexError(
                f"sampling must be {', '.join(SAMPLINGS)}; received {self.sampling!r}; choose one "
                "of them."
            )

    def order(self, epoch: int) -> Positions:
        """The rows of one epoch, in order."""
        rng = np.random.default_rng([self.seed, epoch])
        return self.fit[epoch_order(self.labels[self.fit], self.sampling, rng)]

    @property
    def steps(self) -> int:
        """Batches in an epoch."""
        return -(-len(self.order(0)) // self.batch_size)

    def batch(self, epoch: int, number: int, order: Positions) -> Batch:
        """One batch of an epoch.

        Args:
            epoch: from 0.
            number: of the batch in the epoch, from 0.
            order: that of the epoch.
        """
        rows = order[number * self.batch_size : (number + 1) * self.batch_size]
        images, labels = np.asarray(self.pixels[rows]), self.labels[rows]
        if self.augmentation is not None:
            rng = np.random.default_rng([self.seed, epoch, number])
            images = self.augmentation.of(images, rng)
        weights = np.ones(len(rows), np.float32) if self.weights is None else self.weights[labels]
        return Batch(images, labels, weights)

    def epoch(self, epoch: int) -> list[Batch]:
        """All batches of an epoch, for small data."""
        order = self.order(epoch)
        return [self.batch(epoch, number, order) for number in range(self.steps)]

    def validation_batch(self, number: int) -> Batch:
        """One batch of the validation part, as it is."""
        rows = self.validation[number * self.batch_size : (number + 1) * self.batch_size]
        return Batch(
            np.asarray(self.pixels[rows]), self.labels[rows], np.ones(len(rows), np.float32)
        )

    def transformed_batch(self, number: int) -> Batch:
        """The same with all images transformed, in each epoch by the same draws.

        Images as they are cannot say when a model has learnt enough of transformed ones: by them
        alone, the training would end as soon as it begins to. Without an augmentation they stay.
        """
        batch = self.validation_batch(number)
        if self.augmentation is None:
            return batch
        rng = np.random.default_rng([self.seed, _NO_EPOCH, number])
        images = replace(self.augmentation, share=1.0).of(batch.images, rng)
        return replace(batch, images=images)

    @property
    def validation_weights(self) -> NDArray[np.float32] | None:
        """(k,) how much each class counts when epochs are compared; None for as many as there are.

        Where the training lets all classes count the same, they do here, too.
        """
        if self.weights is None and self.sampling == ALL:
            return None
        labels = self.labels[self.validation]
        return class_weights(labels, int(self.labels.max()) + 1)

    @property
    def validation_steps(self) -> int:
        """Batches in the validation part."""
        return -(-len(self.validation) // self.batch_size)
