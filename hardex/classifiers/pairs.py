"""What a function returns -> its outputs and, if it gives them, embeddings."""

from typing import Any

import numpy as np

from hardex.arrays import Embeddings
from hardex.classifiers.outputs import Outputs, are_distributions, as_rows, gives_rows
from hardex.errors import ClassifierError

_EXPECTED = "return (n, k) probabilities, or with them (n, d) embeddings, in this order"


def outputs_and_embeddings(
    returned: Any, count: int, source: str
) -> tuple[Outputs, Embeddings | None]:
    """The outputs that a function returned, and the embeddings that came with them.

    A pair is a tuple or list of two arrays, each with one row for each image. Two rows of numbers
    are the outputs of two images, as a list of any other length is.

    Args:
        returned: what the function returned.
        count: n, of the images.
        source: the name of the function.

    Returns:
        (n, k) outputs and (n, d) float32 embeddings, or None. Whether they are finite is not
        checked: black images may fill up a batch, and what is made of them does not count.

    Raises:
        ClassifierError: there are two arrays, and they are no such pair or may be something else.

    Example:
        >>> pair = [[0.9, 0.1]], [[1.5, 2.5, 3.5]]
        >>> outputs_and_embeddings(pair, 1, "mine:model")[1].tolist()
        [[1.5, 2.5, 3.5]]
        >>> outputs_and_embeddings([[0.9, 0.1], [0.5, 0.5]], 2, "mine:model")[1] is None
        True
    """
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        return _outputs(returned), None
    first, second = map(np.asarray, returned)
    is_pair = first.ndim > 1 and second.ndim > 1 and len(first) == len(second) == count
    are_rows = count == 2 and first.shape == second.shape and gives_rows((2, *first.shape))
    if are_rows and not is_pair:
        return _outputs(returned), None
    if are_rows:
        raise _refused(
            source, f"two arrays of shape {first.shape} for 2 images, which can be both a pair and"
            " one row for each image", "make it one array, or give embeddings of 2 numbers or more",
        )  # fmt: skip
    if not is_pair:
        raise _refused(
            source,
            f"arrays of shapes {first.shape} and {second.shape} for {count} images",
            "give both one row for each image",
        )
    return _outputs(first), _embeddings(second, source)


def _outputs(returned: Any) -> Outputs:
    outputs = np.asarray(returned)
    return as_rows(outputs) if outputs.ndim > 2 else outputs


def _embeddings(second: Any, source: str) -> Embeddings:
    rows = as_rows(second)
    if rows.ndim != 2 or rows.dtype.kind != "f" or not rows.shape[1]:
        raise _refused(
            source,
            f"{second.dtype} of shape {second.shape} beside the probabilities",
            "give floating-point numbers, one row for each image, or leave them out",
        )
    with np.errstate(over="ignore"):
        found: Embeddings = rows.astype(np.float32, copy=False)
    if are_distributions(found):
        raise _refused(
            source,
            "probabilities beside the probabilities: each row of the second array sums to 1",
            "return only those of the classes of the data",
        )
    return found


def _refused(source: str, received: str, advice: str) -> ClassifierError:
    return ClassifierError(
        f"the function {source} must {_EXPECTED}; it returned {received}; {advice}."
    )
