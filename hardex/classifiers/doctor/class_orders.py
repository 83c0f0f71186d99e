"""The classes in another order -> the order that gives far better accuracy."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Labels
from hardex.classifiers.doctor.examination import Cause, Examination, Finding
from hardex.classifiers.doctor.statistics import (
    RARE,
    chance_accuracy,
    is_far_better,
    mcnemar_p,
    wilson_interval,
)
from hardex.data.names import natural_order


@dataclass(frozen=True, eq=False)
class _Order:
    outputs: NDArray[np.int64]  # (k,) the given class that belongs to each output
    right: NDArray[np.bool_]  # (n,) whether each prediction is right with it


def other_orders(examination: Examination) -> Iterator[Cause]:
    """Another order of the classes that is far better.

    It is the other usual order of the names, or one chosen on half of the examples that is far
    better on the other half.
    """
    predicted, given = examination.probabilities.argmax(axis=1), examination.labels
    usual, half = _usual_order(examination), len(given) // 2
    before = examination.right if usual is None else usual.right
    chosen = best_order(given[:half], predicted[:half], len(examination.class_names))
    called = chosen[predicted[half:]]
    fixed = called == given[half:]
    examination.tried.append("other orders of the classes")
    now = f"accuracy is {examination.right.mean():.1%} on {len(given)} examples, and"
    better = is_far_better(fixed, before[half:], alternatives=1)
    expected = False
    if better and _knows_the_labels(called, given[half:]):
        outputs = best_order(given, predicted, len(examination.class_names))
        order = _Order(outputs, outputs[predicted] == given)
        seen = (
            f"{now} {fixed.mean():.1%} on {len(fixed)} held-out ones with another order of the "
            f"classes: what the model calls {_listed(_moved(examination, outputs))}"
        )
    elif usual is not None:
        order, expected = usual, True
        seen = f"{now} {usual.right.mean():.1%} with the classes {_sorted_how(examination, usual)}"
    else:
        return
    advice = _order_advice(examination, order.outputs)
    finding = Finding("class_order", "error", seen, advice)
    yield Cause(float(order.right.mean()), (finding,), expected=expected)


def _usual_order(examination: Examination) -> _Order | None:
    """The names sorted as text (`10` before `2`) or naturally, if that is certainly better.

    Keras' `image_dataset_from_directory` and torchvision's `ImageFolder` number the class folders
    as sorted text. There is one such order, or two if the names are in neither, so no part of the
    examples has to be held out. One class alone is no evidence: it may be confused with another
    for a different reason.
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
        surely = mcnemar_p(right, examination.right) < RARE / len(usual)
        broad = min(_without_the_best(gain, given), _without_the_best(gain, predicted)) > 0
        if surely and broad and _knows_the_labels(called, given):
            found.append(_Order(outputs, right))
    return max(found, key=lambda one: int(one.right.sum()), default=None)


def _without_the_best(gain: NDArray[np.int64], classes: Labels) -> int:
    """The gain over all classes except the one that gains most."""
    per_class = np.bincount(classes, gain)
    return int(per_class.sum() - per_class.max())


def _knows_the_labels(called: Labels, given: Labels) -> bool:
    """Whether predictions are better than the same ones in random order.

    If classes differ in size, predictions without any information can gain from another order.
    """
    low, _ = wilson_interval(int((called == given).sum()), len(given))
    return low > chance_accuracy(called, given)


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
            f"number the labels as in training: the outputs 0 to {len(names) - 1} are "
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
    classes keep their places.

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


def _listed(texts: Sequence[str]) -> str:
    return ", ".join(texts[:6]) + (", …" if len(texts) > 6 else "")
