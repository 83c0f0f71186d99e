"""Checks of the form of the inputs and the outputs: shape, pixel values, class count, NaN."""

from collections.abc import Iterator, Sequence

import numpy as np

from hardex.advice import NOT_CLASSES, NOT_FINITE, OTHER_SHAPE, for_class_count
from hardex.classifiers.doctor.examination import Examination, Finding
from hardex.classifiers.functions import names_function
from hardex.classifiers.preprocess import by_function


def wrong_shape(examination: Examination) -> Iterator[Finding]:
    """The model expects another size, or grey instead of colour."""
    wanted, given = examination.classifier.input_shape, examination.images.shape[1:]
    if wanted is not None and tuple(wanted) != given:
        yield Finding(
            "wrong_shape",
            "error",
            f"the model expects images of {_by(wanted)} (height x width x channels), the data has "
            f"{_by(given)}",
            OTHER_SHAPE,
        )


def wrong_pixels(examination: Examination) -> Iterator[Finding]:
    """Pixels that are only 0 and 1: scaled to 0..1 before they became whole numbers."""
    if examination.images.max(initial=0) <= 1:
        yield Finding(
            "wrong_dtype",
            "error",
            f"no pixel of {len(examination.images)} images is above 1, of 255: they were scaled "
            "to 0..1 before they were saved as whole numbers",
            "save the images before scaling, 0..255",
        )


def preprocessing_in_whole_numbers(examination: Examination) -> Iterator[Finding]:
    """A --preprocess function that divides whole numbers, so that shades of grey are lost."""
    name = examination.classifier.preprocess
    if not names_function(name) or hasattr(examination.classifier, "function"):
        return
    values = by_function(examination.images, name)
    if np.issubdtype(values.dtype, np.integer) and len(np.unique(values)) <= 3:
        levels = len(np.unique(examination.images))
        if levels > 3:
            yield Finding(
                "wrong_dtype",
                "error",
                f"--preprocess {name} gives {values.dtype} and keeps only "
                f"{len(np.unique(values))} of {levels} brightness levels",
                f"let {name} convert with images.astype('float32') before it divides",
            )


def wrong_output(examination: Examination) -> Iterator[Finding]:
    """Classes in place of probabilities, or one output too few or too many."""
    answers, k = examination.answers, len(examination.class_names)
    if not np.issubdtype(answers.dtype, np.floating):
        yield Finding(
            "wrong_dtype",
            "error",
            f"the model gives {answers.dtype} of shape {answers.shape}, not probabilities",
            NOT_CLASSES,
        )
    elif answers.ndim != 2 or answers.shape[1] != k:
        yield Finding(
            "wrong_class_count",
            "error",
            f"the model gives an array of shape {answers.shape} for {len(answers)} images of {k} "
            "classes",
            for_class_count(
                answers.shape[1] if answers.ndim == 2 else None,
                examination.class_names,
                int(examination.labels.min()),
            ),
        )


def not_finite(examination: Examination) -> Iterator[Finding]:
    """NaN or infinity."""
    broken = ~np.isfinite(examination.answers).all(axis=1)
    if broken.any():
        first = examination.ids[int(broken.argmax())]
        yield Finding(
            "not_finite",
            "error",
            f"the output holds NaN or infinity for {int(broken.sum())} of {len(broken)} images, "
            f"the first is {first}",
            NOT_FINITE,
        )


def _by(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))
