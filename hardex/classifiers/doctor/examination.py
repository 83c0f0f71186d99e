"""What a check receives and returns: images with the answers of a classifier, and findings."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import SUM_TOLERANCE, Images, Labels, Probabilities
from hardex.classifiers.classifier import Classifier, Inspectable
from hardex.classifiers.doctor.statistics import (
    Losses,
    is_surely_good,
    losses,
    overconfidence_p,
)
from hardex.classifiers.outputs import Outputs, distributions, row_width, softmax
from hardex.classifiers.preprocess import rearranged


@dataclass(frozen=True)
class Finding:
    """One thing that is, or seems to be, wrong.

    Attributes:
        code: its name, one of `CODES`.
        severity: `error` if a ranking would be meaningless, else `warning`.
        evidence: what was observed, with numbers.
        advice: what to type or do.
    """

    code: str
    severity: str
    evidence: str
    advice: str


@dataclass(frozen=True)
class Cause:
    """Something that would explain errors.

    Attributes:
        accuracy: without it.
        findings: what to say if it is the cause.
        expected: whether it was one of few that are usual, and not fitted to the examples; such a
            cause is believed even if many errors stay.
    """

    accuracy: float
    findings: tuple[Finding, ...]
    expected: bool = False


@dataclass(frozen=True, eq=False)
class Examination:
    """Some labelled images and the classifier that is examined on them.

    Attributes:
        classifier: the model to examine.
        images: (n, h, w, c) uint8, in the shape of the data.
        labels: (n,) given labels, 0..k-1.
        ids: n names of the examples.
        class_names: k names, in the order of the probability columns.
        batch_size: images per forward pass; always the same, so that nothing is compiled twice.
        try_count: on how many examples other preprocessings are tried.
        labelled_by_name: whether the labels were read as names, which --classes can reorder.
        other_readings: gives the first so many images as other programs read them, by name.
        thorough: whether to try more, and not only where the loss leaves room.
        of_all: how many of all examples of the data are right, and how many there are; None if
            only these images are known.
        tried: what was tried to explain the errors, filled by the checks.
    """

    classifier: Classifier
    images: Images
    labels: Labels
    ids: tuple[str, ...]
    class_names: tuple[str, ...]
    batch_size: int
    try_count: int
    labelled_by_name: bool
    other_readings: Callable[[int], Mapping[str, Images]] | None = None
    thorough: bool = True
    of_all: tuple[int, int] | None = None
    tried: list[str] = field(default_factory=list)

    @cached_property
    def answers(self) -> Any:
        """The output of the classifier, unchecked."""
        return self.answers_for(self.images)

    @cached_property
    def probabilities(self) -> Probabilities:
        """(n, k) rows that sum to 1: the softmax of the answers if they are not distributions."""
        return as_distributions(self.answers)

    @cached_property
    def right(self) -> NDArray[np.bool_]:
        """(n,) whether each prediction is the given label."""
        right: NDArray[np.bool_] = self.probabilities.argmax(axis=1) == self.labels
        return right

    @cached_property
    def is_suspicious(self) -> bool:
        """Whether to look for a cause: not certainly good, or far more confident than accurate."""
        right = self.right
        hits, count = self.of_all or (int(right.sum()), len(right))
        return not is_surely_good(hits, count) or overconfidence_p(self.probabilities, right) < 1e-6

    @cached_property
    def images_read_otherwise(self) -> Mapping[str, Images]:
        """(m, h, w, c) the first images as other programs read them, by name."""
        return {} if self.other_readings is None else self.other_readings(self.try_count)

    @cached_property
    def as_read_otherwise(self) -> dict[str, Probabilities]:
        """(m, k) its probabilities for these, by name."""
        read = self.images_read_otherwise
        rows = {name: as_distributions(self.answers_for(them)) for name, them in read.items()}
        return {name: row for name, row in rows.items() if np.isfinite(row).all()}

    def answers_for(self, images: Images) -> Any:
        """The output of the classifier for these images."""
        return self._in_batches(self.classifier.probabilities, images)

    @cached_property
    def losses(self) -> Losses:
        """Of all examples."""
        return losses(self.probabilities, self.labels)

    def probabilities_of(self, images: Images) -> Probabilities:
        """(n, k) its probabilities for other images, such as the same ones turned."""
        return as_distributions(self.answers_for(images))

    def probabilities_with(self, scale: str, options: Sequence[str]) -> Probabilities:
        """(n, k) its probabilities for the images prepared in another way."""
        images = rearranged(self.images, options)
        if not hasattr(self.classifier, "outputs"):
            return as_distributions(self.answers_for(images))
        inner = cast(Inspectable, self.classifier)
        outputs = self._in_batches(lambda part: inner.outputs(part, scale), images)
        return as_distributions(distributions(outputs, logits=inner.logits))

    def _in_batches(self, forward: Callable[[Images], Any], images: Images) -> Any:
        parts = []
        for start in range(0, len(images), self.batch_size):
            part = images[start : start + self.batch_size]
            parts.append(np.asarray(forward(padded(part, self.batch_size)))[: len(part)])
        return np.concatenate(parts)


_FEW, _FEW_OF_LARGE = 64, 8


Check = Callable[[Examination], Iterable[Finding]]


def first_examples(examination: Examination, count: int) -> Examination:
    """The same examination of the first examples only; their answers are not computed again."""
    if count >= len(examination.labels):
        return examination
    return _only(examination, slice(count))


def last_examples(examination: Examination, start: int) -> Examination:
    """The same examination of the examples from this one on."""
    return _only(examination, slice(start, None))


def _only(examination: Examination, part: slice) -> Examination:
    found = replace(
        examination,
        images=examination.images[part],
        labels=examination.labels[part],
        ids=examination.ids[part],
    )
    found.__dict__["answers"] = examination.answers[part]
    return found


def as_distributions(answers: Outputs) -> Probabilities:
    """The answers, or their softmax if they are not distributions."""
    return answers if are_distributions(answers).all() else softmax(answers)


def are_distributions(answers: Outputs) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore", over="ignore"):
        sums = answers.sum(axis=1, dtype=np.float64)
    fine: NDArray[np.bool_] = (np.abs(sums - 1) <= SUM_TOLERANCE) & (answers.min(axis=1) >= 0)
    return fine


def few_examples(examination: Examination) -> Examination | None:
    """A few examples, on which many changes are compared before the best are tried on all.

    None if there are not many more examples than that. They are whole batches; but very few, in
    batches of their own, while a user waits for the ranking of large images.
    """
    size = examination.batch_size
    hurries = not examination.thorough and size < _FEW
    few = _FEW_OF_LARGE if hurries else -(-_FEW // size) * size
    if len(examination.labels) <= 2 * few:
        return None
    return replace(first_examples(examination, few), batch_size=min(few, size))


def padded(images: Images, size: int) -> Images:
    missing = size - len(images)
    return np.pad(images, ((0, missing), (0, 0), (0, 0), (0, 0))) if missing > 0 else images


def output_count(examination: Examination) -> int | None:
    model = getattr(examination.classifier, "model", None)
    return None if model is None else row_width(model.output_shape)
