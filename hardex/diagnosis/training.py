"""Training data and the classes of a model -> labels that mean the same classes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Labels
from hardex.data.dataset import Dataset, Shape
from hardex.errors import DatasetError

_SHOWN = 6


def check_size(train: Dataset, data: Dataset, shape: Shape) -> None:
    """Raise `DatasetError` unless the training images have the size of the others.

    Args:
        train: the training data.
        data: the data that is diagnosed.
        shape: (h, w, c) in which the model gets them.
    """
    own = train.image_shape
    if own is None or train.fits or own in (shape, data.image_shape):
        return
    other = data.image_shape or shape
    raise DatasetError(
        f"the training images must have the size of the others; {train.source} has "
        f"{_by(own)} and {data.source} {_by(other)}; pass the data that the model was trained on, "
        "or rank with --resize."
    )


def _by(shape: Shape) -> str:
    return " x ".join(map(str, shape))


def training_labels(train: Dataset, names: Sequence[str]) -> Labels:
    """(n,) labels of the training data as classes of the model, 0..k-1.

    See `class_places`.
    """
    labels: Labels = class_places(train, names)[np.asarray(train.labels, np.int64)]
    return labels


def class_places(
    train: Dataset, names: Sequence[str], what: str = "the training data"
) -> NDArray[np.int64]:
    """(j,) the class of the model, 0..k-1, that each class of the training data is.

    Args:
        train: the training data; its classes may stand in another order.
        names: k names of the model's classes.
        what: the data, for the error.

    Raises:
        DatasetError: a class of the training data is none of the model's.
    """
    places = {name: place for place, name in enumerate(names)}
    unknown = [name for name in train.class_names if name not in places]
    if unknown:
        raise DatasetError(
            f"{what} must have the classes of the model; {train.source} has "
            f"{listed(train.class_names)} and the model {listed(names)}, and "
            f"{unknown[0]!r} is none of these ({len(unknown)} in all); pass data with the classes "
            "that the model was trained on."
        )
    return np.array([places[name] for name in train.class_names], np.int64)


def notes_on(
    train: Dataset, names: Sequence[str], what: str = "the training data"
) -> tuple[str, ...]:
    """Sentences on how the classes of the training data differ from those of the model."""
    begin = f"{what[0].upper()}{what[1:]}"
    found = []
    missing = [name for name in names if name not in train.class_names]
    if missing:
        found.append(f"{begin} has no images of {listed(missing)}, which the model knows.")
    same = [name for name in names if name in train.class_names]
    if list(train.class_names) != same:
        found.append(
            f"The classes of {what} stand in another order ({listed(train.class_names)})"
            f" than those of the model ({listed(names)}); they were matched by name."
        )
    return tuple(found)


def listed(names: Sequence[str]) -> str:
    """Some names for a sentence.

    Example:
        >>> listed(["a", "b"])
        'a, b'
    """
    shown = [*names[: _SHOWN - 1], "…", names[-1]] if len(names) > _SHOWN else list(names)
    return ", ".join(shown)
