"""Two sets of examples -> do they differ for the model, and which examples show it?

The classes that a model answers with, and where it puts images, are compared one number at a time.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.classifiers.classifier import Classifier
from hardex.classifiers.embeddings import embeddings
from hardex.error_analysis.data_sets import Sample, Seen
from hardex.errors import ClassifierError
from hardex.predict.balance import ALPHA
from hardex.predict.metrics import Share, share

_FOLDS = 5
_TYPICAL = 10
_FEWEST = 20  # of each set, for a classifier that tells them apart


@dataclass(frozen=True)
class TwoSample:
    """The test of one kind of numbers.

    Attributes:
        statistic: the largest distance between two distributions, 0..1.
        dimensions: how many numbers were compared.
        p: the smallest p after Bonferroni's correction for their number.
    """

    statistic: float
    dimensions: int
    p: float


@dataclass(frozen=True)
class Shift:
    """How far two sets differ for a model.

    Attributes:
        before, after: names of the sets.
        examples: how many of each were compared.
        outputs: the test of the probabilities.
        embeddings: that of the embeddings; None without images.
        of_model: whether these are the model's own, and not main directions of the pixels.
        accuracy: how often a classifier tells from its embeddings which of the two sets an
            example is from; chance has one half. None if the tests find no difference.
        typical: ids of the examples of the later set that this classifier finds least like the
            earlier one, those first.
    """

    before: str
    after: str
    examples: tuple[int, int]
    outputs: TwoSample
    embeddings: TwoSample | None
    of_model: bool
    accuracy: Share | None
    typical: tuple[str, ...]

    @property
    def is_certain(self) -> bool:
        """Whether one of the tests finds a difference beyond chance; corrected for two tests."""
        return min(self.outputs.p, self.embeddings.p if self.embeddings else 1.0) < ALPHA / 2

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "from": self.before,
            "to": self.after,
            "examples": list(self.examples),
            "outputs": asdict(self.outputs),
            "embeddings": None if self.embeddings is None else asdict(self.embeddings),
            "embeddings_of": None
            if self.embeddings is None
            else ("model" if self.of_model else "pixels"),
            "differs": self.is_certain,
            "accuracy": self.accuracy,
            "typical": list(self.typical),
        }


def two_samples(before: NDArray[np.floating[Any]], after: NDArray[np.floating[Any]]) -> TwoSample:
    """Whether two samples differ in any of their numbers.

    Args:
        before: (m, d).
        after: (n, d).

    Source:
        Rabanser, Guennemann and Lipton, Failing Loudly (2019): univariate Kolmogorov-Smirnov tests
        with Bonferroni's correction, on outputs (black box shift detection, Lipton et al. 2018).

    Example:
        >>> same = np.arange(40.0).reshape(20, 2)
        >>> two_samples(same, same).p, two_samples(same, same + 100).statistic
        (1.0, 1.0)
    """
    from scipy.stats import ks_2samp

    found = [
        ks_2samp(one, other, method="asymp")
        for one, other in zip(before.T, after.T, strict=True)
        if np.ptp(one) or np.ptp(other) or one[0] != other[0]
    ]
    if not found:
        return TwoSample(0.0, before.shape[1], 1.0)
    p = min(1.0, before.shape[1] * min(float(one.pvalue) for one in found))
    return TwoSample(max(float(one.statistic) for one in found), before.shape[1], p)


def shift_between(
    before: Seen, after: Seen, classifier: Classifier, rng: np.random.Generator
) -> Shift:
    """How far two sets differ for a model.

    Args:
        before, after: what a pass over each left.
        classifier: the model.
        rng: draws the folds of the classifier that tells the sets apart.

    Source:
        A classifier that tells two samples apart: Lopez-Paz and Oquab, Revisiting Classifier
        Two-Sample Tests (2017), here a logistic regression on the embeddings, five folds.
    """
    outputs = two_samples(before.sample.probabilities, after.sample.probabilities)
    vectors, of_model = _vectors(before.sample, after.sample, classifier)
    sizes = len(before.sample.ids), len(after.sample.ids)
    compared = None if vectors is None else two_samples(*np.split(vectors, [sizes[0]]))
    found = Shift(
        before.name, after.name, sizes, outputs, compared, of_model, accuracy=None, typical=()
    )
    if not found.is_certain or min(sizes) < _FEWEST:
        return found
    if vectors is None:
        vectors = np.concatenate([before.sample.probabilities, after.sample.probabilities])
    right, is_after = _told_apart(vectors, sizes, rng)
    order = np.argsort(-is_after, kind="stable")[:_TYPICAL]
    return Shift(
        before.name,
        after.name,
        sizes,
        outputs,
        compared,
        of_model,
        share(right, 2 * min(sizes)),
        tuple(after.sample.ids[row] for row in order.tolist()),
    )


def _vectors(
    before: Sample, after: Sample, classifier: Classifier
) -> tuple[NDArray[np.float32] | None, bool]:
    """(m + n, d) embeddings of both, and whether they are the model's; None without images."""
    if before.images is None or after.images is None:
        return None, False
    if before.images.shape[1:] != after.images.shape[1:]:
        return None, False
    images = np.concatenate([before.images, after.images])
    embed = getattr(classifier, "embeddings", None)
    if embed is not None:
        try:
            embed(images[:1])
        except ClassifierError:  # a model without accessible layers
            embed = None
    return np.asarray(embeddings(classifier if embed else None, images), np.float32), bool(embed)


def _told_apart(
    vectors: NDArray[np.floating[Any]], sizes: tuple[int, int], rng: np.random.Generator
) -> tuple[int, NDArray[np.float64]]:
    """How many of equally many examples are told right, and (n,) how sure each later one is."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaled = StandardScaler().fit_transform(vectors)
    is_after = np.arange(sum(sizes)) >= sizes[0]
    # Equally many of each, so that always naming the larger set is right in half of the cases.
    equal = np.concatenate(
        [
            rng.choice(sizes[0], min(sizes), replace=False),
            sizes[0] + rng.choice(sizes[1], min(sizes), replace=False),
        ]
    )
    folds = np.full(sum(sizes), -1)
    for part in np.split(equal, 2):  # each fold has equally many of both
        folds[part] = np.arange(len(part)) % _FOLDS
    sure = np.zeros(sum(sizes))
    counted = np.zeros(sum(sizes))
    for fold in range(_FOLDS):
        learnt, asked = (folds >= 0) & (folds != fold), (folds == fold) | (folds < 0)
        judge = LogisticRegression(C=0.01, max_iter=1000).fit(scaled[learnt], is_after[learnt])
        sure[asked] += judge.decision_function(scaled[asked])
        counted[asked] += 1
    sure /= np.maximum(1, counted)
    right = int(((sure > 0) == is_after)[equal].sum())
    return right, sure[sizes[0] :]
