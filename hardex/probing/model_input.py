"""A picture and a classifier -> what the classifier gets of it: its size and its values."""

from hardex.arrays import Image
from hardex.classifiers.classifier import Classifier
from hardex.classifiers.preprocess import pixel_tables
from hardex.data.dataset import Shape
from hardex.runs.run import Run

SIDE_MOST = 1024  # pixels of a picture for a classifier of any size
_USUAL_SIDES = (28, 28)  # of a sketch for a classifier of any size


def input_shape(run: Run, classifier: Classifier) -> Shape | None:
    """The (h, w, c) of every picture that the classifier is given; None if it takes any size.

    A classifier of any size is given the size of the run's own pass, so that a probe agrees with
    the tables.
    """
    wanted, passed = classifier.input_shape, run.manifest.image_shape
    if wanted is not None or passed is None:
        return wanted
    return passed[0], passed[1], _channels(classifier) or passed[2]


def sketch_shape(run: Run, classifier: Classifier) -> Shape:
    """The (h, w, c) in which a sketch is drawn for the classifier."""
    return input_shape(run, classifier) or (*_USUAL_SIDES, _channels(classifier) or 1)


def fitted(image: Image, run: Run, classifier: Classifier) -> Image:
    """An image in the shape that the classifier takes; of any size, at most 1024 pixels a side."""
    from hardex.images.readings import pixel_reading

    shape = input_shape(run, classifier) or _bounded(image, classifier)
    return pixel_reading(run.manifest.reading.pixels).fit(image, shape)


def example_input(id: str, run: Run, classifier: Classifier) -> Image:
    """What the classifier gets of an example, read as in the ranking.

    Raises:
        RunError: no such example, or its image is no longer there.
    """
    shape = input_shape(run, classifier) or _bounded(run.image(id), classifier)
    return run.input_image(id, shape)


def shape_of(image: Image) -> Shape:
    """The (h, w, c) of an image."""
    height, width, channels = image.shape
    return height, width, channels


def preprocess_table(name: str) -> list[list[float]] | None:
    """What each pixel value 0..255 becomes, so that the exact input tensor can be shown.

    One list of 256 numbers, or one for each channel of the model's input where they differ. None
    if that does not depend on the pixel alone: a function, or `standardized`.

    Example:
        >>> preprocess_table("unit")[0][255]
        1.0
        >>> len(preprocess_table("imagenet"))
        3
    """
    table = pixel_tables(name)
    return None if table is None else [[float(value) for value in channel] for channel in table.T]


def _bounded(image: Image, classifier: Classifier) -> Shape:
    """The image's own shape, unless it is huge, with the channels that the classifier takes."""
    height, width, channels = image.shape
    factor = min(1.0, SIDE_MOST / max(height, width))
    sides = (max(1, round(side * factor)) for side in (height, width))
    return *sides, _channels(classifier) or channels


def _channels(classifier: Classifier) -> int | None:
    """1 or 3, if that is known of a classifier of any size."""
    channels: int | None = getattr(classifier, "channels", None)
    return channels
