"""The output of a model's last layer -> one distribution per image."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Probabilities
from hardex.classifiers.layouts import Dimensions

SIGMOIDS_NOTE = (
    "the model ends in one sigmoid for each class: each row is divided by its sum, so the largest "
    "is the predicted class"
)
_PROBABILITIES = ("prob", "softmax", "sigmoid")
EMBEDDING_NAMES = ("embedding", "embeddings", "features")
# By how it is called in Keras, ONNX and TensorFlow; what is not here is not known.
ACTIVATIONS = {
    **dict.fromkeys(("Softmax", "softmax"), "softmax"),
    **dict.fromkeys(("Sigmoid", "sigmoid"), "sigmoid"),
    **dict.fromkeys(("Gemm", "MatMul", "Add", "AddV2", "BiasAdd", "Conv"), "linear"),
}
_ALIKE = 1e-3  # by which probabilities in half precision may differ
_ROUNDING = 1e-4
Outputs = NDArray[Any]  # (n, k), or (n, 1) of a model with one output for two classes


def gives_rows(out: Dimensions) -> bool:
    """Whether an output can be one number for each class: (n, k), also with axes of length 1.

    Example:
        >>> [gives_rows(out) for out in ((None, 10), (None, 10, 1, 1), ("n",), (None, 7, 7, 10))]
        [True, True, True, False]
    """
    return len(out) > 0 and sum(size != 1 for size in out[1:]) <= 1


def row_width(out: Dimensions) -> int | None:
    """How many numbers each row of such an output has; None if only a call shows it.

    Example:
        >>> row_width((None, 1, 1, 10)), row_width(("n",)), row_width(("n", "k"))
        (10, 1, None)
    """
    sizes = [size for size in out[1:] if size != 1]
    width = sizes[0] if sizes else 1
    return width if isinstance(width, int) else None


def as_rows(outputs: Outputs) -> Outputs:
    """(n, k) of an output of such a shape; one of another shape as it is.

    Example:
        >>> as_rows(np.zeros((5, 10, 1, 1))).shape, as_rows(np.zeros((5, 7, 7, 10))).shape
        ((5, 10), (5, 7, 7, 10))
    """
    if outputs.ndim == 2 or not gives_rows(outputs.shape):
        return outputs
    return outputs.reshape(len(outputs), -1)


@dataclass(frozen=True)
class Output:
    """One of several outputs of a model.

    Attributes:
        name: of the output.
        shape: of its numbers, the number of images first.
        is_float: whether they are floating-point numbers.
        activation: the last one, `softmax` and the like; "" if unknown.
    """

    name: str
    shape: Dimensions
    is_float: bool
    activation: str = ""


def one_of(outputs: Sequence[Output]) -> int | None:
    """Which of several outputs are the probabilities; None if that is not certain.

    It is the only one with a row of numbers for each image, beside predicted classes; or the only
    row that ends in a softmax; or the only one whose name says so; or the only row beside what is
    called an embedding.

    Example:
        >>> label, row = Output("label", ("n",), False), Output("a", ("n", 10), True)
        >>> features, soft = Output("b", ("n", 99), True), Output("c", ("n", 10), True, "softmax")
        >>> one_of([label, row]), one_of([features, soft]), one_of([row, features])
        (1, 1, None)
    """
    every = range(len(outputs))
    rows = [i for i in every if outputs[i].is_float and gives_rows(outputs[i].shape)]
    classes = [i for i in every if not outputs[i].is_float and gives_rows(outputs[i].shape)]
    alone = rows if len(rows) + len(classes) == len(outputs) else []
    soft = [i for i in rows if outputs[i].activation == "softmax"]
    named = [i for i in rows if any(word in outputs[i].name.lower() for word in _PROBABILITIES)]
    others = [i for i in alone if not _is_called_embedding(outputs[i])]
    return next((found[0] for found in (alone, soft, named, others) if len(found) == 1), None)


@dataclass(frozen=True)
class EmbeddingChoice:
    """Which of several outputs is the embedding.

    Attributes:
        output: its number, or None.
        note: a clause on it; "" where no output can be one.
        is_named: whether its name says so.
    """

    output: int | None = None
    note: str = ""
    is_named: bool = False


NO_EMBEDDING = EmbeddingChoice()


def embedding_among(outputs: Sequence[Output], chosen: int) -> EmbeddingChoice:
    """Which output beside the probabilities is the embedding, as far as names and shapes say.

    It is the one that is called `embedding`, `embeddings` or `features`; without such a name, the
    only other one with a row of numbers for each image that is not a distribution, too.

    Args:
        outputs: of the model.
        chosen: which of them are the probabilities.

    Example:
        >>> p, a, b = (Output(name, ("n", size), True) for name, size in (("p", 9), ("a", 64), ("b", 64)))
        >>> embedding_among([p, a], 0).note
        'the output a is used as the embedding'
        >>> embedding_among([p, a, b], 0)
        EmbeddingChoice(output=None, note='the outputs a, b may each be the embedding, so none is used; call one of them embedding', is_named=False)
    """  # noqa: E501
    rows = [
        i
        for i, one in enumerate(outputs)
        if i != chosen and one.is_float and gives_rows(one.shape) and row_width(one.shape) != 1
    ]
    named = [i for i in rows if _is_called_embedding(outputs[i])]
    others = [i for i in rows if outputs[i].activation not in ("softmax", "sigmoid")]
    found = named or others
    if not found:
        return NO_EMBEDDING
    if len(found) > 1:
        names = ", ".join(outputs[i].name for i in found)
        advice = f"call one of them {EMBEDDING_NAMES[0]}"
        said = f"the outputs {names} may each be the embedding, so none is used; {advice}"
        return EmbeddingChoice(None, said)
    said = f"the output {outputs[found[0]].name} is used as the embedding"
    return EmbeddingChoice(found[0], said, bool(named))


def _is_called_embedding(output: Output) -> bool:
    return output.name.lower() in EMBEDDING_NAMES


def answers_alike(outputs: Outputs, others: Outputs) -> bool:
    """Whether other numbers give the same answer: the probabilities again, or what they are of.

    Args:
        outputs: (n, k) what counts as the probabilities, before any softmax of ours.
        others: of the same images, the numbers in question: perhaps logits or logarithms.

    Example:
        >>> logits = np.array([[2.0, 0.0], [-1.0, 3.0]])
        >>> answers_alike(softmax(logits), logits), answers_alike(softmax(logits), logits[::-1])
        (True, False)
    """
    if outputs.shape != others.shape:
        return False
    first, second = outputs.astype(np.float64), others.astype(np.float64)
    with np.errstate(over="ignore"):
        same = (second, softmax(second), 1 / (1 + np.exp(-second)))
    return any(np.allclose(first, one, rtol=0, atol=_ALIKE) for one in same)


def are_distributions(rows: Outputs) -> bool:
    """Whether each of the (n, d) rows is a distribution over two classes or more.

    Example:
        >>> are_distributions(np.array([[0.9, 0.1]])), are_distributions(np.array([[0.9, 0.3]]))
        (True, False)
    """
    if len(rows) == 0 or rows.shape[1] < 2:
        return False
    sums = rows.sum(axis=1, dtype=np.float64)
    return bool((rows >= 0).all() and np.allclose(sums, 1, rtol=0, atol=_ROUNDING))


def output_note(outputs: Sequence[Output], chosen: int) -> str:
    """A note on the choice among several outputs, a clause."""
    names = ", ".join(one.name for one in outputs)
    return f"the model has {len(outputs)} outputs ({names}): {outputs[chosen].name} is used"


def distributions(outputs: Outputs, *, logits: bool) -> Probabilities:
    """Outputs -> probabilities; two columns, 1 - p and p, if the model has a single output.

    Args:
        outputs: (n, k) what the model gives, or (n, 1).
        logits: whether a softmax (for one output a sigmoid) is still to be taken.

    Returns:
        (n, k) probabilities, k of 2 or more. Without `logits` they are not changed, nor checked.

    Example:
        >>> distributions(np.array([[0.25], [1.0]]), logits=False).tolist()
        [[0.75, 0.25], [0.0, 1.0]]
        >>> distributions(np.log([[1.0, 3.0]]), logits=True).round(2).tolist()
        [[0.25, 0.75]]
    """
    if outputs.ndim == 2 and outputs.shape[1] == 1:
        if logits:  # sigmoid(z) is the softmax of (0, z)
            return softmax(np.concatenate([np.zeros_like(outputs), outputs], axis=1))
        return np.concatenate([1 - outputs, outputs], axis=1)
    return softmax(outputs) if logits else outputs


def shares(outputs: Outputs) -> Probabilities:
    """Each row divided by its sum: the answers of one sigmoid for each class as a distribution.

    The most probable class stays the same. A row of zeros becomes uniform.

    Example:
        >>> shares(np.array([[0.9, 0.3], [0.0, 0.0]])).tolist()
        [[0.75, 0.25], [0.5, 0.5]]
    """
    raised = np.maximum(outputs, np.finfo(outputs.dtype).tiny)
    rows: Probabilities = raised / raised.sum(axis=1, keepdims=True)
    return rows


def softmax(logits: Outputs) -> Probabilities:
    """exp(z) / sum(exp(z)) of each row, stable for large values."""
    with np.errstate(invalid="ignore", over="ignore"):  # NaN and infinity are refused later
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        rows: Probabilities = raised / raised.sum(axis=1, keepdims=True)
    return rows
