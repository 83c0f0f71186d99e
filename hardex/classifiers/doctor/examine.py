"""A classifier and some labelled images -> findings, by all checks."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from hardex.arrays import Images, Labels, Probabilities
from hardex.classifiers.classifier import Classifier
from hardex.classifiers.doctor.accuracy import in_sample, wrong_columns, wrong_sense
from hardex.classifiers.doctor.diagnosis import Diagnosis
from hardex.classifiers.doctor.examination import Check, Examination, Finding
from hardex.classifiers.doctor.inputs import (
    not_finite,
    preprocessing_in_whole_numbers,
    wrong_output,
    wrong_pixels,
    wrong_shape,
)
from hardex.classifiers.doctor.outputs import (
    not_probabilities,
    softmax_twice,
    training_mode,
    wrong_loss,
)
from hardex.classifiers.doctor.readings import reading_matters

MOST_EXAMPLES = 512
_STOPPING = frozenset({"wrong_shape", "wrong_dtype", "wrong_class_count", "not_finite"})


CHECKS: tuple[tuple[Check, ...], ...] = (
    (wrong_shape, wrong_pixels, preprocessing_in_whole_numbers),
    (wrong_output,),
    (not_finite,),
    (not_probabilities, softmax_twice, wrong_loss, training_mode, wrong_sense, in_sample),
    (reading_matters,),
)


CODES = (
    *("wrong_shape", "wrong_dtype", "wrong_class_count", "not_finite", "logits"),
    *("not_distributions", "softmax_twice", "loss_mismatch", "random_outputs", "batch_dependent"),
    *("wrong_scale", "inverted_colours", "swapped_channels", "class_order", "constant"),
    *("orientation", "at_chance", "in_sample", "wrong_reading", "reading_matters"),
)


def examine_saved(
    probabilities: Probabilities,
    labels: Labels,
    class_names: Sequence[str],
    *,
    labelled_by_name: bool,
) -> tuple[Finding, ...]:
    """What saved probabilities show: that their columns are in another order than the classes.

    Args:
        probabilities: (n, k), a few hundred drawn at random.
        labels: (n,) their given labels, 0..k-1.
        class_names: k names.
        labelled_by_name: as for `examine`.

    Example:
        >>> labels = np.arange(300) % 3
        >>> (finding,) = examine_saved(
        ...     np.eye(3)[(labels + 1) % 3], labels, ["a", "b", "c"], labelled_by_name=True
        ... )
        >>> finding.code, finding.advice
        ('class_order', 'pass --classes c,a,b, the names in the order of the outputs')
    """
    count = len(labels)
    nothing = np.zeros((count, 1, 1, 1), np.uint8)
    silent: Any = None  # there is no model
    examination = Examination(
        silent,
        nothing,
        labels,
        tuple(map(str, range(count))),
        tuple(class_names),
        count,
        count,
        labelled_by_name,
    )
    examination.__dict__["answers"] = probabilities
    return tuple(wrong_columns(examination))


def examine(
    classifier: Classifier,
    images: Images,
    labels: Labels,
    *,
    class_names: Sequence[str] | None = None,
    ids: Sequence[str] | None = None,
    batch_size: int | None = None,
    try_count: int | None = None,
    labelled_by_name: bool | None = None,
    other_readings: Callable[[int], Mapping[str, Images]] | None = None,
    thorough: bool = True,
    of_all: tuple[int, int] | None = None,
) -> Diagnosis:
    """Look for the classic silent bugs.

    Args:
        classifier: the model to examine.
        images: (n, h, w, c) uint8, a few hundred drawn at random from the data set.
        labels: (n,) their given labels, 0..k-1.
        class_names: k names in the order of the probability columns.
        ids: n names of the examples.
        batch_size: images per forward pass.
        try_count: on how many of them other preprocessings are tried, if needed; on all by
            default.
        labelled_by_name: whether the labels were read as class names, such as those of folders,
            and not as numbers; by default they were, unless the names are "0" to k-1.
        other_readings: gives the first so many images as other programs read them, by the name of
            the reading; see `hardex.data.pixels.readings_differ`.
        thorough: whether to try other scales even where the loss leaves little room, and scales
            that have no name.
        of_all: how many of all examples of the data are right, and how many there are, where that
            is known from a ranking.

    Returns:
        The findings, errors first, with the accuracy and what was tried.

    Example:
        >>> from hardex.classifiers.opening import open_classifier
        >>> from hardex.data.mnist import load_mnist
        >>> images, labels = load_mnist("test")
        >>> inverted = open_classifier("mnist_small", preprocess="unit,inverted")
        >>> (finding,) = examine(inverted, images[:300], labels[:300]).findings
        >>> finding.code, finding.advice
        ('inverted_colours', 'pass --preprocess unit')
    """
    labels = np.asarray(labels).astype(np.int64)
    names = class_names or [str(i) for i in range(max(2, int(labels.max(initial=0)) + 1))]
    if labelled_by_name is None:
        labelled_by_name = list(names) != [str(i) for i in range(len(names))]
    examination = Examination(
        classifier,
        images,
        labels,
        tuple(ids or map(str, range(len(images)))),
        tuple(names),
        batch_size or min(max(len(images), 1), 256),
        try_count or len(images),
        labelled_by_name,
        other_readings,
        thorough,
        of_all,
    )
    findings: list[Finding] = []
    for checks in CHECKS:  # later checks need what the earlier ones verify
        findings += [finding for check in checks for finding in check(examination)]
        if any(finding.code in _STOPPING for finding in findings):
            break
    stopped = any(finding.code in _STOPPING for finding in findings)
    return Diagnosis(
        tuple(sorted(findings, key=lambda finding: finding.severity)),
        len(labels),
        None if stopped else int(examination.right.sum()),
        tuple(dict.fromkeys(examination.tried)),
        tuple(f"{note}." for note in getattr(classifier, "notes", ())),
    )
