"""A data set -> the part of it that a rule on the pixels selects, also with other class numbers."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Image, Labels
from hardex.data.dataset import Batch, Dataset, Keep, Meta, Shape, Skipped
from hardex.errors import DatasetError


@dataclass(frozen=True, eq=False)
class Part:
    """The examples whose native pixels pass a rule; the others are never returned.

    The rule needs the pixels, so positions, `labels`, `files` and
    `meta` are those of the whole data set, and `len` counts all of it.

    Attributes:
        whole: the data set.
        keeps: whether an image is in this part.
        refusal: the reason in the error for any other image.

    Example:
        >>> import numpy as np
        >>> from hardex.data.dataset import ArrayDataset
        >>> images = np.array([0, 9, 0], np.uint8).reshape(3, 1, 1, 1)
        >>> dark = Part(ArrayDataset.of(images, np.array([0, 1, 1])), lambda image: image.max() < 5)
        >>> [batch.ids for batch in dark.batches(8, None)]
        [('0', '2')]
    """

    whole: Dataset
    keeps: Keep
    refusal: str = "it is in another part of the data set"

    @property
    def source(self) -> str:
        return self.whole.source

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.whole.class_names

    @property
    def labels(self) -> Labels:
        return self.whole.labels

    @property
    def image_shape(self) -> Shape | None:
        return self.whole.image_shape

    @property
    def fits(self) -> bool:
        return self.whole.fits

    @property
    def files(self) -> tuple[str, ...]:
        return self.whole.files

    @property
    def meta(self) -> Meta:
        return self.whole.meta

    def __len__(self) -> int:
        return len(self.whole)

    def batches(
        self,
        size: int,
        shape: Shape | None,
        keep: Keep | None = None,
        within: range | None = None,
    ) -> Iterator[Batch]:
        """The examples of this part."""
        both = self.keeps if keep is None else lambda image: self.keeps(image) and keep(image)
        return self.whole.batches(size, shape, both, within)

    def image(self, position: int) -> Image:
        """The image at this position of the whole data set.

        Raises:
            DatasetError: it cannot be read, or is not in this part.
        """
        image = self.whole.image(position)
        if not self.keeps(image):
            raise DatasetError(f"the image {self.id(position)} cannot be shown: {self.refusal}.")
        return image

    def input_image(self, position: int, shape: Shape | None, native: Image | None = None) -> Image:
        """What a classifier of this input gets of it.

        Raises:
            DatasetError: it cannot be read, or is not in this part.
        """
        from hardex.data.pixels import input_image

        native = self.image(position) if native is None else native
        return input_image(self.whole, position, shape, native)

    def id(self, position: int) -> str:
        """The stable name of one example."""
        return self.whole.id(position)

    def skipped(self) -> tuple[Skipped, ...]:
        """The files that could not be read so far."""
        return self.whole.skipped()

    def fingerprint(self) -> str:
        """That of the whole data set."""
        return self.whole.fingerprint()


@dataclass(frozen=True, eq=False)
class Renumbered(Part):
    """A part of a data set whose labels are numbers of other classes, such as those of a model.

    Attributes:
        names: k names of these classes.
        places: (j,) which of them each class of the data set is.

    Example:
        >>> from hardex.data.dataset import ArrayDataset
        >>> whole = ArrayDataset.of(
        ...     np.zeros((2, 1, 1, 1), np.uint8), np.array([0, 1]), class_names=["dog", "cat"]
        ... )
        >>> every = lambda image: True
        >>> Renumbered(whole, every, names=("cat", "dog"), places=np.array([1, 0])).labels.tolist()
        [1, 0]
    """

    names: tuple[str, ...] = ()
    places: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.names

    @property
    def labels(self) -> Labels:
        found: Labels = self.places[np.asarray(self.whole.labels, np.int64)]
        return found

    def batches(
        self,
        size: int,
        shape: Shape | None,
        keep: Keep | None = None,
        within: range | None = None,
    ) -> Iterator[Batch]:
        """The examples of this part, with labels by number in `names`."""
        for batch in super().batches(size, shape, keep, within):
            yield replace(batch, labels=self.places[np.asarray(batch.labels, np.int64)])
