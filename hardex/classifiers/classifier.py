"""What hardex asks of a model; a plain function fits, too."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from hardex.arrays import Images, Probabilities
from hardex.data.dataset import Shape

Numerics = dict[str, str | int]  # what else moves the last bits of a forward pass


class Classifier(Protocol):
    """Anything that turns images into probabilities. There is nothing to inherit from.

    Attributes:
        source: what opens it again on the command line, or a name.
        input_shape: (h, w, c) it wants, or None if it takes any.
        class_count: number of probability columns, or None if not known before the first call.
        preprocess: the name of what is done to the pixels.
    """

    @property
    def source(self) -> str: ...
    @property
    def input_shape(self) -> Shape | None: ...
    @property
    def class_count(self) -> int | None: ...
    @property
    def preprocess(self) -> str: ...

    def probabilities(self, images: Images) -> Probabilities:
        """(n, h, w, c) uint8 -> (n, k), rows sum to 1."""

    def fingerprint(self) -> str:
        """A hash that changes when the model changes."""

    def numerics(self) -> Numerics:
        """Versions and settings on which the last bits depend."""


@dataclass(frozen=True)
class FunctionClassifier:
    """A function (n, h, w, c) uint8 -> (n, k) probabilities, as a `Classifier`.

    Example:
        >>> always_seven = FunctionClassifier(lambda images: np.eye(10)[[7] * len(images)])
        >>> always_seven.probabilities(np.zeros((2, 28, 28, 1), np.uint8)).argmax(axis=1)
        array([7, 7])
    """

    function: Callable[[Images], Any]
    input_shape: Shape | None = None
    class_count: int | None = None
    preprocess: str = "raw"

    @property
    def source(self) -> str:
        name = getattr(self.function, "__qualname__", type(self.function).__qualname__)
        return f"{getattr(self.function, '__module__', '?')}:{name}"

    def probabilities(self, images: Images) -> Probabilities:
        """What the function says."""
        import numpy as np

        return np.asarray(self.function(images))

    def fingerprint(self) -> str:
        """The function's name: its code cannot be hashed honestly."""
        return f"function {self.source}"

    def numerics(self) -> Numerics:
        """Nothing is known about a function."""
        return {}
