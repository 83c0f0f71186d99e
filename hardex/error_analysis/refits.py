"""A training function + seeds -> errors that every refit makes, and errors that change with chance.

A training function is called with the training data and a seed, and returns a classifier:

    import numpy as np
    from sklearn.ensemble import RandomForestClassifier

    def train(data, seed):
        batches = list(data.batches(512, (28, 28, 1)))  # height, width, channels
        images = np.concatenate([batch.images for batch in batches])
        labels = np.concatenate([batch.labels for batch in batches])
        forest = RandomForestClassifier(50, random_state=seed)
        forest.fit(images.reshape(len(images), -1), labels)
        return lambda images: forest.predict_proba(images.reshape(len(images), -1))

`data` is a `hardex.data.dataset.Dataset`; its labels are numbers of the run's `class_names`,
whatever order its classes have. The seed must decide everything that is random: first weights,
order of the batches, dropout. What is returned is anything that `hardex.rank` takes as a model: a
function of pixels, uint8, that gives one row of probabilities per image, or the path of a saved
model. A Keras model in memory is returned as a function that also does the preprocessing:
`lambda images: model(images / 255.0).numpy()`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Labels
from hardex.classifiers.classifier import Classifier, FunctionClassifier, raised
from hardex.classifiers.functions import named_function
from hardex.classifiers.opening import open_classifier
from hardex.data.dataset import Dataset, Shape
from hardex.error_analysis.data_sets import Matched
from hardex.errors import HardexError
from hardex.predict.metrics import Share, share
from hardex.predict.neighbours import Progress
from hardex.predict.predictions import predict

FEWEST, MOST = 3, 50  # refits; of two that differ, neither answer is more frequent
_DRAWS = 10_000

TrainFunction = Callable[[Dataset, int], Any]


@dataclass(frozen=True)
class Refits:
    """What stays and what changes when a model is trained again with other seeds.

    Attributes:
        count: how many refits.
        examples: how many examples each was tested on.
        errors: the error of each refit.
        mean: their mean.
        bias: the share of examples that the refits together have wrong: their most frequent
            answer is not the label.
        variance: mean error minus bias; what one training adds by chance.
        always: ids of the examples that every refit has wrong.
        sometimes: how many some have wrong, and some right.
    """

    count: int
    examples: int
    errors: tuple[float, ...]
    mean: float
    bias: Share
    variance: Share
    always: tuple[str, ...]
    sometimes: int

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "count": self.count,
            "examples": self.examples,
            "errors": list(self.errors),
            "mean": self.mean,
            "bias": dict(self.bias),
            "variance": dict(self.variance),
            "always": list(self.always),
            "always_share": share(len(self.always), self.examples),
            "sometimes": self.sometimes,
        }


def refit(
    function: str | TrainFunction,
    count: int,
    training: Matched,
    test: Matched,
    shape: Shape,
    progress: Progress,
    *,
    seed: int,
) -> Refits:
    """Train with `count` seeds, and compare the errors on the test data.

    Args:
        function: the training function, or its name as MODULE:FUNCTION.
        count: how many refits.
        training: what it is given.
        test: what each refit is tested on.
        shape: (h, w, c) in which a returned function gets its pictures.
        progress: called before and after each.
        seed: the first seed; the others follow it.

    Raises:
        HardexError: the function raises something, or does not return a classifier.
    """
    train = named_function(function, HardexError) if isinstance(function, str) else function
    shown = function if isinstance(function, str) else getattr(train, "__qualname__", "it")
    answers = []
    labels: Labels = np.empty(0, np.int64)
    positions: NDArray[np.int64] = np.empty(0, np.int64)
    for number in range(count):
        progress("training again", number, count)
        classifier = _trained(train, shown, training, seed + number, shape)
        positions, labels, predicted = _answers(classifier, test)
        answers.append(predicted)
    progress("training again", count, count)
    found = refits_of(np.stack(answers), labels, np.random.default_rng(seed))
    always = positions[[int(row) for row in found.always]]
    return replace(found, always=tuple(map(test.id, always.tolist())))


def refits_of(predicted: NDArray[np.int64], labels: Labels, rng: np.random.Generator) -> Refits:
    """What stays and what changes between refits; ids are the rows.

    Args:
        predicted: (r, n) the answers of each refit, classes by number.
        labels: (n,) given classes by number.
        rng: draws the bootstrap of the variance, over examples.

    Source:
        Domingos, A Unified Bias-Variance Decomposition (2000), for zero-one loss: the main
        prediction is the most frequent answer, here the first class of equals. The interval of
        the bias is Wilson's; that of the variance is a percentile bootstrap over the examples.

    Example:
        >>> found = refits_of(
        ...     np.array([[0, 1, 0], [0, 1, 1]]), np.array([0, 0, 0]), np.random.default_rng(0)
        ... )
        >>> found.errors, round(found.bias["value"], 3), found.always, found.sometimes
        ((0.3333333333333333, 0.6666666666666666), 0.333, ('1',), 1)
    """
    count, n = predicted.shape
    wrong = predicted != labels
    is_biased = _main(predicted) != labels
    often = wrong.sum(axis=0)
    rates = often / count
    extra, times = np.unique(rates - is_biased, return_counts=True)
    drawn = rng.multinomial(n, times / n, size=_DRAWS) @ extra / n
    low, high = np.quantile(drawn, (0.025, 0.975)).tolist()
    value = float(times @ extra / n)
    return Refits(
        count=count,
        examples=n,
        errors=tuple(wrong.mean(axis=1).tolist()),
        mean=float(rates.mean()),
        bias=share(int(is_biased.sum()), n),
        variance={"value": value, "low": min(low, value), "high": max(high, value)},
        always=tuple(map(str, np.flatnonzero(often == count).tolist())),
        sometimes=int(((often > 0) & (often < count)).sum()),
    )


def _main(predicted: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n,) the most frequent answer to each example; the first class of equals."""
    main: NDArray[np.int64] = predicted[0].copy()
    most = np.zeros(predicted.shape[1], np.int64)
    for answer in predicted:
        votes = (predicted == answer).sum(axis=0)
        better = (votes > most) | ((votes == most) & (answer < main))
        main[better], most[better] = answer[better], votes[better]
    return main


def _trained(
    train: Callable[..., Any], shown: str, training: Matched, seed: int, shape: Shape
) -> Classifier:
    """The classifier of one refit."""
    forgetful = replace(training, drawn=frozenset(), kept={}, seen=[])
    try:
        found = train(forgetful, seed)
        if callable(found) and not hasattr(found, "probabilities"):
            if not hasattr(found, "predict_on_batch"):  # a Keras model is refused below
                return FunctionClassifier(found, input_shape=shape, name=shown)
        return open_classifier(found)
    except HardexError as error:
        raise HardexError(
            f"the training function {shown} must return a classifier; with seed {seed} it did not "
            f"({str(error).rstrip('.')}); fix it."
        ) from error
    except Exception as error:  # foreign code may raise anything
        raise HardexError(
            f"the training function {shown} must return a classifier for data and a seed; with "
            f"seed {seed} it raised {raised(error)}; fix it."
        ) from error


def _answers(
    classifier: Classifier, test: Matched
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """(n,) positions, labels and predicted classes."""
    forgetful = replace(test, drawn=frozenset(), kept={}, seen=[])
    parts = [(one.positions, one.labels, one.predicted) for one in predict(classifier, forgetful)]
    positions, labels, predicted = (np.concatenate(column) for column in zip(*parts, strict=True))
    return positions, labels.astype(np.int64), predicted.astype(np.int64)
