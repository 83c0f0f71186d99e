"""`MODULE:FUNCTION` -> a score defined by the user."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Labels, Probabilities, Scores
from hardex.classifiers.functions import named_function
from hardex.errors import HardexError
from hardex.ranking.scores import ScoreFunction


def own_score(name: str) -> ScoreFunction:
    """A user's function `(probabilities, labels) -> (n,)`, checked at every call.

    Args:
        name: `MODULE:FUNCTION`; modules in the working folder are found, too.

    Raises:
        HardexError: there is no such function, or it does not give one finite number per example.

    Example:
        >>> own_score("numpy:ndim")(np.array([[0.5, 0.5]]), np.array([0]))
        Traceback (most recent call last):
        hardex.errors.HardexError: a score of your own must turn (n, k) probabilities and (n,) \
labels into (n,) numbers; numpy:ndim failed for 1 examples (TypeError: ndim() takes 1 positional \
argument but 2 were given); fix it.
    """
    function = named_function(name, HardexError)

    def checked(probabilities: Probabilities, labels: Labels) -> Scores:
        try:
            scores = np.asarray(function(probabilities, labels))
        except Exception as error:  # foreign code may raise anything
            raise HardexError(
                _promise(name) + f"failed for {len(labels)} examples "
                f"({type(error).__name__}: {str(error).rstrip('.')}); fix it."
            ) from error
        _check(scores, name, len(labels))
        return scores.astype(np.float64)

    return checked


def _promise(name: str) -> str:
    return (
        "a score of your own must turn (n, k) probabilities and (n,) labels into (n,) numbers; "
        f"{name} "
    )


def _check(scores: NDArray[Any], name: str, count: int) -> None:
    if scores.shape != (count,) or scores.dtype.kind not in "fiu":
        raise HardexError(
            _promise(name)
            + f"gave {scores.dtype} of shape {scores.shape} for {count} examples; fix it."
        )
    off = ~np.isfinite(scores)
    if off.any():
        raise HardexError(
            f"a score of your own must be finite; {name} gave {scores[off.argmax()]} for example "
            f"{int(off.argmax())} of a batch, and {int(off.sum())} of {count} are off; fix it."
        )
