"""A classifier and some labelled images -> findings: the classic silent bugs, before any ranking.

Each check is a function of an `Examination` that yields findings; `CHECKS` is all of them. A check
speaks only when chance is ruled out by a stated test, so that a healthy model stays without any.
What it cannot see: an error that changes no output, one that a small sample does not show, and a
wrong answer given as surely and as well calibrated as a right one.
"""

import csv
import shlex
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise, product
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import SUM_TOLERANCE, Images, Labels, Probabilities
from hardex.classifiers.classifier import Classifier, Inspectable
from hardex.classifiers.functions import names_function
from hardex.classifiers.outputs import Outputs, distributions, softmax
from hardex.classifiers.preprocess import BGR, INVERTED, PREPROCESS, by_function, rearranged
from hardex.data.names import natural_order

MOST_EXAMPLES = 512

_SAME = 1e-3  # probabilities that differ by less are taken as equal
_RARE = 1e-3  # how improbable chance must be, divided by the number of alternatives tried
_GAIN = 0.1  # accuracy that a mended input must add, unless it takes half of the errors away
_GOOD = 0.95  # a model that is surely better than this has no room for a cause
_SLIGHT = 0.02  # accuracies that are closer may be equal
_SURE = 0.999


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or seems to be.

    Attributes:
        code: its name, one of `CODES`.
        severity: `error` if no ranking would mean anything, else `warning`.
        evidence: what was seen, with numbers.
        advice: what to type or to do.
    """

    code: str
    severity: str
    evidence: str
    advice: str


@dataclass(frozen=True, eq=False)
class Examination:
    """Some labelled images and the classifier that is asked about them.

    Attributes:
        classifier: who is examined.
        images: (n, h, w, c) uint8, in the shape of the data.
        labels: (n,) given labels, 0..k-1.
        ids: n names of the examples.
        class_names: k names, in the order of the probability columns.
        batch_size: images per forward pass; all of one shape, so that nothing is compiled twice.
        try_count: on how many examples other preprocessings are tried.
        labelled_by_name: whether the labels were read as names, which --classes can put in order.
    """

    classifier: Classifier
    images: Images
    labels: Labels
    ids: tuple[str, ...]
    class_names: tuple[str, ...]
    batch_size: int
    try_count: int
    labelled_by_name: bool

    @cached_property
    def answers(self) -> Any:
        """What the classifier says, unchecked."""
        return self.ask(self.images)

    @cached_property
    def probabilities(self) -> Probabilities:
        """(n, k) rows that sum to 1: the softmax of the answers if they are no distributions."""
        return as_distributions(self.answers)

    @cached_property
    def right(self) -> NDArray[np.bool_]:
        """(n,) whether each prediction is the given label."""
        right: NDArray[np.bool_] = self.probabilities.argmax(axis=1) == self.labels
        return right

    def ask(self, images: Images) -> Any:
        """What the classifier says of these images."""
        return self._in_batches(self.classifier.probabilities, images)

    def ask_otherwise(self, scale: str, words: Sequence[str]) -> Probabilities:
        """(n, k) what it says of the images prepared in another way."""
        images = rearranged(self.images[: self.try_count], list(words))
        if not hasattr(self.classifier, "outputs"):
            return as_distributions(self.ask(images))
        inner = cast(Inspectable, self.classifier)
        outputs = self._in_batches(lambda part: inner.outputs(part, scale), images)
        return as_distributions(distributions(outputs, logits=inner.logits))

    def _in_batches(self, ask: Callable[[Images], Any], images: Images) -> Any:
        parts = []
        for start in range(0, len(images), self.batch_size):
            part = images[start : start + self.batch_size]
            parts.append(np.asarray(ask(_filled(part, self.batch_size)))[: len(part)])
        return np.concatenate(parts)


Check = Callable[[Examination], Iterable[Finding]]


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
) -> tuple[Finding, ...]:
    """Look for the classic silent bugs.

    Args:
        classifier: who is examined.
        images: (n, h, w, c) uint8, some hundred of the data set, drawn at random.
        labels: (n,) their given labels, 0..k-1.
        class_names: k names in the order of the probability columns.
        ids: n names of the examples.
        batch_size: images per forward pass.
        try_count: on how many of them other preprocessings are tried, if there is need to; on all
            of them by default.
        labelled_by_name: whether the labels were read as class names, such as those of folders,
            and not as numbers; by default they were, unless the names are "0" to k-1.

    Returns:
        The findings, the graver first; () for a model that seems healthy.

    Example:
        >>> from hardex.classifiers.opening import open_classifier
        >>> from hardex.data.mnist import load_mnist
        >>> images, labels = load_mnist("test")
        >>> inverted = open_classifier("mnist_small", preprocess="unit,inverted")
        >>> (finding,) = examine(inverted, images[:300], labels[:300])
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
    )
    findings: list[Finding] = []
    for checks in CHECKS:  # what stands later can be asked only if what stands before is in order
        findings += [finding for check in checks for finding in check(examination)]
        if any(finding.code in _STOPPING for finding in findings):
            break
    return tuple(sorted(findings, key=lambda finding: finding.severity))


# --- the form of what goes in and what comes out


def wrong_shape(examination: Examination) -> Iterator[Finding]:
    """The model wants images of another size, or grey for colour."""
    wanted, given = examination.classifier.input_shape, examination.images.shape[1:]
    if wanted is not None and tuple(wanted) != given:
        yield Finding(
            "wrong_shape",
            "error",
            f"the model wants images of {_by(wanted)} (height x width x channels), the data has "
            f"{_by(given)}",
            "pass the model made for this data, or --resize to fit the images to the model",
        )


def wrong_pixels(examination: Examination) -> Iterator[Finding]:
    """Pixels that are only 0 and 1: scaled to 0..1 before they became whole numbers."""
    if examination.images.max(initial=0) <= 1:
        yield Finding(
            "wrong_dtype",
            "error",
            f"no pixel of {len(examination.images)} images is above 1, of 255: they were scaled "
            "to 0..1 before they were saved as whole numbers",
            "save the images as they were, 0..255",
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
                f"--preprocess {name} gives {values.dtype}, and of {levels} levels of brightness "
                f"it leaves {len(np.unique(values))}",
                f"let {name} convert with images.astype('float32') before it divides",
            )


def wrong_output(examination: Examination) -> Iterator[Finding]:
    """Classes in place of probabilities, or one output too few or too many."""
    answers, k = examination.answers, len(examination.class_names)
    if not np.issubdtype(answers.dtype, np.floating):
        yield Finding(
            "wrong_dtype",
            "error",
            f"the model gives {answers.dtype} of shape {answers.shape}, which are no probabilities",
            "return the softmax output, floating-point numbers, not the classes",
        )
    elif answers.ndim != 2 or answers.shape[1] != k:
        yield Finding(
            "wrong_class_count",
            "error",
            f"the model gives an array of shape {answers.shape} for {len(answers)} images of {k} "
            "classes",
            "pass the model made for this data, or name all its classes with --classes",
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
            "check the weights (did the training diverge?) and the preprocessing",
        )


# --- what kind of numbers come out


def not_probabilities(examination: Examination) -> Iterator[Finding]:
    """Logits in place of probabilities, or rows that are no distributions for another reason."""
    off = ~_are_distributions(examination.answers)
    if not off.any():
        return
    row = examination.answers[int(off.argmax())]
    seen = (
        f"{int(off.sum())} of {len(off)} rows are no distributions; row {int(off.argmax())} goes "
        f"from {row.min():.3g} to {row.max():.3g} and sums to {row.sum(dtype=np.float64):.4g}"
    )
    if examination.answers.min() < 0 or _activation(examination) == "linear":
        ending = "; the last layer has no activation" * (_activation(examination) == "linear")
        yield Finding("logits", "error", seen + ending, "pass --logits")
    else:
        yield Finding(
            "not_distributions",
            "error",
            seen + "; none is negative, so these are no logits",
            "end the model in a softmax; hardex does single-label classification only",
        )


def softmax_twice(examination: Examination) -> Iterator[Finding]:
    """A softmax of a softmax: no confidence can exceed e / (e + k - 1), and many reach it."""
    k = len(examination.class_names)
    confidence = examination.probabilities.max(axis=1)
    most = np.e / (np.e + k - 1)
    reached = np.abs(confidence - most) < 1e-3
    if confidence.max() > most + 1e-3 or reached.sum() < max(5, len(reached) // 10):
        return
    if _takes_softmax(examination.classifier):
        advice = "leave --logits out: the model ends in a softmax of its own"
    else:
        advice = "take one softmax off: the last layer's activation or the one behind it"
    yield Finding(
        "softmax_twice",
        "error",
        f"no confidence exceeds {most:.4f}, the most that a softmax of probabilities over {k} "
        f"classes can give, and {int(reached.sum())} of {len(reached)} reach it",
        advice,
    )


def wrong_loss(examination: Examination) -> Iterator[Finding]:
    """A loss that does not fit the last layer, as the model file tells it."""
    found = getattr(examination.classifier, "loss", None)
    activation = _activation(examination)
    if found is None or "crossentropy" not in (plain := _plain(found[0])):
        return
    loss, from_logits = found
    if from_logits and activation in ("softmax", "sigmoid"):
        seen = f"the model ends in {activation}, and its loss {loss} has from_logits=True"
        advice = "train again with from_logits=False; it learned with two softmaxes"
    elif not from_logits and activation == "linear":
        seen = f"the model ends in logits, and its loss {loss} has from_logits=False"
        advice = "train again with from_logits=True; its loss took logits for probabilities"
    elif "categorical" in plain and _output_count(examination) == 1:
        seen = f"the model has one output, and its loss {loss} wants one for each class"
        advice = "train again with binary_crossentropy"
    else:
        return
    yield Finding("loss_mismatch", "warning", seen, advice)


# --- whether the same image gets the same answer


def training_mode(examination: Examination) -> Iterator[Finding]:
    """Dropout or batch normalisation that still work as in training."""
    batch = _filled(examination.images[: examination.batch_size], examination.batch_size)
    first, half = examination.probabilities[: examination.batch_size], max(1, len(batch) // 2)
    others = np.repeat(batch[:1], len(batch) - half, axis=0)
    among = examination.ask(np.concatenate([batch[:half], others]))
    moved = _largest_change(examination, first[:half], among)
    if moved <= _SAME:
        return
    again = _largest_change(examination, first, examination.ask(batch))
    if again > _SAME:
        yield Finding(
            "random_outputs",
            "error",
            f"two calls with the same {len(batch)} images differ by up to {again:.3g} in a "
            "probability",
            "call the model with training=False; a Dropout or noise layer is left in training mode",
        )
    else:
        yield Finding(
            "batch_dependent",
            "error",
            f"among other images in the batch, a probability of the same image differs by up to "
            f"{moved:.3g}",
            "call the model with training=False; batch normalisation is left in training mode",
        )


def _largest_change(examination: Examination, before: Probabilities, answers: Outputs) -> float:
    """The most that a probability of one of the first images moved."""
    rows = answers if _are_distributions(examination.answers).all() else softmax(answers)
    return float(np.abs(before - rows[: len(before)]).max())


# --- whether the answers make sense


def wrong_sense(examination: Examination) -> Iterator[Finding]:
    """The cause that explains wrong answers best; else the symptom."""
    if not _is_suspicious(examination.probabilities, examination.right):
        return
    mended = [*_other_preprocessings(examination), *_other_orders(examination)]
    if mended:  # where two explain it equally well, both are named
        best = max(cause.accuracy for cause in mended)
        for cause in mended:
            yield from cause.findings if cause.accuracy >= best - _SLIGHT else ()
        return
    symptoms = [*constant(examination), *at_chance(examination)]
    yield from symptoms[:1]


def _first(examination: Examination, count: int) -> Examination:
    """The same about the first examples only; what is known of them is not asked again."""
    if count >= len(examination.labels):
        return examination
    part = replace(
        examination,
        images=examination.images[:count],
        labels=examination.labels[:count],
        ids=examination.ids[:count],
    )
    part.__dict__["answers"] = examination.answers[:count]
    return part


@dataclass(frozen=True)
class _Cause:
    accuracy: float  # with this mended
    findings: tuple[Finding, ...]


@dataclass(frozen=True, eq=False)
class _Try:
    scale: str
    words: tuple[str, ...]
    changes: tuple[str, ...]  # codes of the findings that it would mean
    probabilities: Probabilities
    loss: float
    right: NDArray[np.bool_]


def _other_preprocessings(examination: Examination) -> Iterator[_Cause]:
    """Another scale, other colours, other channels: is the model far better with them?"""
    examination = _first(examination, examination.try_count)
    tries = _tries(examination)
    better = [one for one in tries if _is_better(one, examination, alternatives=len(tries))]
    if not better:
        return
    lowest = min(one.loss for one in better)
    near = [one for one in better if one.loss <= 1.1 * lowest + 0.01]
    best = min(near, key=lambda one: (len(one.changes), one.loss))
    before, after = examination.right.mean(), best.right.mean()
    seen = (
        f"accuracy on {len(best.right)} examples is {before:.1%} and mean loss "
        f"{_loss(examination.probabilities, examination.labels):.3g} with preprocessing "
        f"{examination.classifier.preprocess}; with {_typed(best.scale, best.words)} they are "
        f"{after:.1%} and {best.loss:.3g}"
    )
    advice = f"pass --preprocess {_typed(best.scale, best.words)}"
    if names_function(best.scale) and best.words:
        advice = f"let {best.scale} take the images {' and '.join(best.words)}"
    if not hasattr(examination.classifier, "outputs"):
        advice = f"give the classifier its images {' and '.join(best.words)}"
    found = tuple(Finding(code, "error", seen, advice) for code in best.changes)
    yield _Cause(float(after), found)


def _tries(examination: Examination) -> list[_Try]:
    classifier = examination.classifier
    scale, *now = (
        [classifier.preprocess]
        if names_function(classifier.preprocess)
        else classifier.preprocess.split(",")
    )
    own = [scale] + [name for name in PREPROCESS if name != scale]
    scales = own if hasattr(classifier, "outputs") else [scale]
    words = (INVERTED, BGR) if examination.images.shape[3] == 3 else (INVERTED,)
    tries = []
    for other, turned in product(scales, product((False, True), repeat=len(words))):
        flipped = [word for word, turn in zip(words, turned, strict=True) if turn]
        changes = (["wrong_scale"] if other != scale else []) + [_CODE_OF[w] for w in flipped]
        # Flipping what the preprocessing flips already takes it away.
        wanted = tuple(word for word in words if (word in now) != (word in flipped))
        relative = wanted if hasattr(classifier, "outputs") else tuple(flipped)
        if not changes:
            continue
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                probabilities = examination.ask_otherwise(other, relative)
        except Exception:  # a function that takes only bytes, say: this try tells nothing
            continue
        if probabilities.shape != examination.probabilities.shape:
            continue
        loss = _loss(probabilities, examination.labels)
        right = probabilities.argmax(axis=1) == examination.labels
        tries.append(_Try(other, wanted, tuple(changes), probabilities, loss, right))
    return tries


_CODE_OF = {INVERTED: "inverted_colours", BGR: "swapped_channels"}


def _is_better(one: _Try, examination: Examination, *, alternatives: int) -> bool:
    if not np.isfinite(one.probabilities).all():
        return False
    if _far_better(one.right, examination.right, alternatives=alternatives):
        return True
    # A wrong scale can leave the accuracy as it is and make every answer certain, wrong ones too.
    now, right = examination.probabilities, examination.right
    wrong_and_sure = (now.max(axis=1)[~right] > _SURE).mean() if not right.all() else 0.0
    return (
        one.changes == ("wrong_scale",)
        and wrong_and_sure >= 0.5
        and _surprise(now, right) < 1e-6
        and _surprise(one.probabilities, one.right) > 0.01
        and bool(one.right.mean() >= right.mean() - _SLIGHT)
        and one.loss < _loss(now, examination.labels) / 2
    )


@dataclass(frozen=True, eq=False)
class _Order:
    outputs: NDArray[np.int64]  # (k,) the given class that belongs to each output
    right: NDArray[np.bool_]  # (n,) whether each prediction is right with it


def _other_orders(examination: Examination) -> Iterator[_Cause]:
    """The other usual order of the names; or one that half of the examples chose, if it is far
    better on the other half.
    """
    predicted, given = examination.probabilities.argmax(axis=1), examination.labels
    usual, half = _usual_order(examination), len(given) // 2
    before = examination.right if usual is None else usual.right
    chosen = best_order(given[:half], predicted[:half], len(examination.class_names))
    called = chosen[predicted[half:]]
    mended = called == given[half:]
    now = f"accuracy is {examination.right.mean():.1%} on {len(given)} examples, and"
    better = _far_better(mended, before[half:], alternatives=1)
    if better and _knows_the_labels(called, given[half:]):
        outputs = best_order(given, predicted, len(examination.class_names))
        order = _Order(outputs, outputs[predicted] == given)
        seen = (
            f"{now} {mended.mean():.1%} on {len(mended)} that did not choose it with another order "
            f"of the classes: what the model calls {_listed(_moved(examination, outputs))}"
        )
    elif usual is not None:
        order = usual
        seen = f"{now} {usual.right.mean():.1%} with the classes {_sorted_how(examination, usual)}"
    else:
        return
    advice = _order_advice(examination, order.outputs)
    finding = Finding("class_order", "error", seen, advice)
    yield _Cause(float(order.right.mean()), (finding,))


def _usual_order(examination: Examination) -> _Order | None:
    """The names sorted as text (`10` before `2`) or naturally, if that is surely better.

    Keras' `image_dataset_from_directory` and torchvision's `ImageFolder` number the class folders
    as sorted text. There is one such order, or two where the names are in neither, and so no part
    of the examples must be kept to try what another part has chosen. One class alone cannot tell:
    that it is taken for another need not be for the order.
    """
    names, given = examination.class_names, examination.labels
    predicted = examination.probabilities.argmax(axis=1)
    usual = {tuple(sorted(names)), tuple(sorted(names, key=natural_order))} - {names}
    found = []
    for order in sorted(usual):
        outputs = np.array([names.index(name) for name in order], np.int64)
        called = outputs[predicted]
        right = called == given
        gain = right.astype(np.int64) - examination.right
        surely = _chance_of(right, examination.right) < _RARE / len(usual)
        broad = min(_without_the_best(gain, given), _without_the_best(gain, predicted)) > 0
        if surely and broad and _knows_the_labels(called, given):
            found.append(_Order(outputs, right))
    return max(found, key=lambda one: int(one.right.sum()), default=None)


def _without_the_best(gain: NDArray[np.int64], classes: Labels) -> int:
    """What is gained in all classes but the one that gains most."""
    per_class = np.bincount(classes, gain)
    return int(per_class.sum() - per_class.max())


def _knows_the_labels(called: Labels, given: Labels) -> bool:
    """Whether predictions are better than the same ones dealt out at random.

    Those that know nothing can gain by another order, too, where classes differ in size.
    """
    low, _ = _interval(int((called == given).sum()), len(given))
    return low > _dealt_out(called, given)


def _sorted_how(examination: Examination, usual: _Order) -> str:
    names = [examination.class_names[i] for i in usual.outputs]
    before = next(
        f"{names[i]!r} before {names[j]!r}"
        for i, j in pairwise(range(len(names)))
        if usual.outputs[i] > usual.outputs[j]
    )
    if names != sorted(names):
        return f"sorted naturally, {before}"
    return f"sorted as text, {before}, as Keras and torchvision number class folders"


def _moved(examination: Examination, outputs: NDArray[np.int64]) -> list[str]:
    names = examination.class_names
    return [f"{names[i]} is labelled {names[j]}" for i, j in enumerate(outputs) if i != j]


def _order_advice(examination: Examination, outputs: NDArray[np.int64]) -> str:
    names = [examination.class_names[i] for i in outputs]
    if not examination.labelled_by_name:
        return (
            f"number the labels as the model was trained: its outputs 0 to {len(names) - 1} are "
            f"your labels {', '.join(map(str, outputs))}"
        )
    if any(name.splitlines() != [name] for name in names):
        return f"rank from Python with class_names={names!r}, the names in the order of the outputs"
    if names[0].startswith("@") or any("," in name or name != name.strip() for name in names):
        return (
            "write these names, in the order of the outputs, to a file with one name per line, and "
            "pass --classes @FILE:\n" + "\n".join([*names, "(these are all of them)"])
        )
    return f"pass --classes {shlex.quote(','.join(names))}, the names in the order of the outputs"


def best_order(given: Labels, predicted: Labels, class_count: int) -> NDArray[np.int64]:
    """(k,) the given class that belongs to each output, so that most predictions are right.

    Source: the assignment problem on the confusion matrix (Kuhn 1955), by SciPy; among equals the
    classes stay where they are.

    Example:
        >>> best_order(np.array([0, 0, 1, 2]), np.array([1, 1, 0, 2]), 3).tolist()
        [1, 0, 2]
    """
    from scipy.optimize import linear_sum_assignment

    counts = np.zeros((class_count, class_count))
    np.add.at(counts, (predicted, given), 1.0)
    stay = np.eye(class_count) / (2 * class_count)  # together less than one right prediction
    _, order = linear_sum_assignment(counts + stay, maximize=True)
    return np.asarray(order, dtype=np.int64)


def constant(examination: Examination) -> Iterator[Finding]:
    """The same class for every image, although ten or more are labelled otherwise."""
    predicted = np.unique(examination.probabilities.argmax(axis=1))
    others = int((~examination.right).sum())
    if len(predicted) == 1 and others >= 10:
        moved = float(np.ptp(examination.probabilities, axis=0).max())
        yield Finding(
            "constant",
            "error",
            f"every one of {len(examination.labels)} images is called "
            f"{examination.class_names[predicted[0]]}, {others} of them are labelled otherwise; "
            f"no probability varies by more than {moved:.3g}",
            "check the preprocessing, and whether the training converged",
        )


def at_chance(examination: Examination) -> Iterator[Finding]:
    """No better than predictions dealt out at random; small samples are given the benefit."""
    predicted, labels = examination.probabilities.argmax(axis=1), examination.labels
    n, chance = len(labels), _dealt_out(predicted, labels)
    low, high = _interval(int(examination.right.sum()), n)
    if len(np.unique(labels)) > 1 and low <= chance and high <= chance + 0.15 * (1 - chance):
        yield Finding(
            "at_chance",
            "error",
            f"accuracy is {examination.right.mean():.1%} on {n} examples (95 % interval {low:.1%} "
            f"to {high:.1%}); predictions dealt out at random would reach {chance:.1%}",
            "check that labels and images belong together, and that this is the trained model",
        )


def in_sample(examination: Examination) -> Iterator[Finding]:
    """As good as on the training data and better than on the validation data of its log.

    Only a log beside the model can tell: without one, an easy data set looks the same.
    """
    path = getattr(examination.classifier, "path", None)
    log = _accuracies(Path(path).with_suffix(".csv")) if path is not None else None
    if log is None or len(examination.labels) < 50:
        return
    trained, validated = log
    hits, n = int(examination.right.sum()), len(examination.right)
    _, high = _interval(hits, n)
    allowed = validated + (trained - validated) / 4  # the validation part was a sample, too
    if (
        trained - validated >= 0.02
        and high >= trained - 0.02
        and _at_least(hits, n, allowed) < 1e-4
    ):
        yield Finding(
            "in_sample",
            "warning",
            f"accuracy is {hits / n:.1%} on {n} examples; the log beside the model says "
            f"{trained:.1%} on the training and {validated:.1%} on the validation data",
            "rank data that the model was not trained on: it hides its errors on what it has seen",
        )


CHECKS: tuple[tuple[Check, ...], ...] = (
    (wrong_shape, wrong_pixels, preprocessing_in_whole_numbers),
    (wrong_output,),
    (not_finite,),
    (not_probabilities, softmax_twice, wrong_loss, training_mode, wrong_sense, in_sample),
)
CODES = (
    *("wrong_shape", "wrong_dtype", "wrong_class_count", "not_finite", "logits"),
    *("not_distributions", "softmax_twice", "loss_mismatch", "random_outputs", "batch_dependent"),
    *("wrong_scale", "inverted_colours", "swapped_channels", "class_order", "constant"),
    *("at_chance", "in_sample"),
)
_STOPPING = frozenset({"wrong_shape", "wrong_dtype", "wrong_class_count", "not_finite"})


# --- tests and small parts


def as_distributions(answers: Outputs) -> Probabilities:
    """The answers, or their softmax if they are no distributions."""
    return answers if _are_distributions(answers).all() else softmax(answers)


def _are_distributions(answers: Outputs) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore", over="ignore"):
        sums = answers.sum(axis=1, dtype=np.float64)
    fine: NDArray[np.bool_] = (np.abs(sums - 1) <= SUM_TOLERANCE) & (answers.min(axis=1) >= 0)
    return fine


def _is_suspicious(probabilities: Probabilities, right: NDArray[np.bool_]) -> bool:
    """Whether there may be room for a cause: not surely good, or far surer than it is right."""
    low, _ = _interval(int(right.sum()), len(right))
    return low < _GOOD or _surprise(probabilities, right) < 1e-6


def _far_better(after: NDArray[np.bool_], before: NDArray[np.bool_], *, alternatives: int) -> bool:
    """Half of the errors are gone, or a tenth of all and a third of the errors, or it is right
    twice as often; and McNemar's exact test agrees.
    """
    gain, errors = float(after.mean() - before.mean()), 1 - float(before.mean())
    large = gain >= _GAIN and (gain >= errors / 3 or after.mean() >= 2 * before.mean())
    if not large and not gain >= errors / 2 > 0:
        return False
    return _chance_of(after, before) < _RARE / max(1, alternatives)


def _dealt_out(predicted: Labels, given: Labels) -> float:
    """The accuracy of these predictions, dealt out at random."""
    k = 1 + int(max(predicted.max(), given.max()))
    counts = np.bincount(given, minlength=k) @ np.bincount(predicted, minlength=k)
    return float(counts) / len(given) ** 2


def _chance_of(after: NDArray[np.bool_], before: NDArray[np.bool_]) -> float:
    """How probable so many mended among the changed answers are by chance: McNemar's exact test."""
    mended, broken = int((after & ~before).sum()), int((before & ~after).sum())
    return _at_least(mended, mended + broken, 0.5)


def _surprise(probabilities: Probabilities, right: NDArray[np.bool_]) -> float:
    """How probable so many errors are if the confidences are to be believed (Poisson)."""
    from scipy.stats import poisson

    expected = float((1 - probabilities.max(axis=1)).sum(dtype=np.float64))
    return float(poisson.sf(int((~right).sum()) - 1, max(expected, 1e-9)))


def _at_least(hits: int, n: int, share: float) -> float:
    """The probability of `hits` or more of n, each with this share."""
    from scipy.stats import binom

    return float(binom.sf(hits - 1, n, min(share, 1.0)))


def _interval(hits: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    z, share = 1.96, hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    return max(0.0, middle - half), min(1.0, middle + half)


def _loss(probabilities: Probabilities, labels: Labels) -> float:
    given = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.maximum(given, 1e-7)).mean())


def _accuracies(log: Path) -> tuple[float, float] | None:
    """The best accuracy on training and validation data that a Keras log knows."""
    try:
        with log.open(newline="", encoding="utf-8") as file:
            rows = [(float(r["accuracy"]), float(r["val_accuracy"])) for r in csv.DictReader(file)]
    except (OSError, KeyError, TypeError, ValueError):
        return None
    return (max(a for a, _ in rows), max(v for _, v in rows)) if rows else None


def _filled(images: Images, size: int) -> Images:
    missing = size - len(images)
    return np.pad(images, ((0, missing), (0, 0), (0, 0), (0, 0))) if missing > 0 else images


def _takes_softmax(classifier: Classifier) -> bool:
    return bool(getattr(classifier, "logits", False))


def _activation(examination: Examination) -> str:
    return str(getattr(examination.classifier, "activation", ""))


def _output_count(examination: Examination) -> int | None:
    model = getattr(examination.classifier, "model", None)
    return None if model is None else int(model.output_shape[-1])


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _typed(scale: str, words: Sequence[str]) -> str:
    return ",".join((scale, *words))


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(texts[:6]) + (", …" if len(texts) > 6 else "")


def _by(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))
