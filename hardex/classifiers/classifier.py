"""What hardex needs of a model; a plain function fits, too."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from hardex.arrays import Embeddings, Images, Probabilities
from hardex.classifiers.outputs import Outputs, distributions
from hardex.classifiers.pairs import outputs_and_embeddings
from hardex.classifiers.preprocess import Preprocessing, preprocess, rearranged
from hardex.data.dataset import Shape
from hardex.errors import ClassifierError, HardexError

Numerics = dict[str, str | int]  # what else changes the last bits of a forward pass


class Classifier(Protocol):
    """Anything that turns images into probabilities. There is nothing to inherit from.

    It may also have `embeddings`, (n, h, w, c) uint8 -> (n, d) float32: where it puts each image.
    They raise a `ClassifierError` if it has none.

    Attributes:
        source: what opens it again on the command line, or a name.
        input_shape: (h, w, c) of its input, or None if any.
        class_count: number of probability columns, or None if not known before the first call.
        preprocess: the name of the preprocessing.
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


class Inspectable(Protocol):
    """A classifier that can also be run with another preprocessing, for the doctor.

    Attributes:
        logits: whether a softmax is applied to its outputs.
    """

    @property
    def logits(self) -> bool: ...

    def outputs(self, images: Images, preprocess: str) -> Outputs:
        """(n, h, w, c) uint8 -> (n, k) or (n, 1), as the model gives them."""


@contextmanager
def failures_of(model: str, images: Images, advice: str) -> Iterator[None]:
    """Turn whatever a forward pass raises into one `ClassifierError`; hardex's own errors pass.

    Raises:
        ClassifierError: the model raised something.
    """
    try:
        yield
    except HardexError:
        raise
    except Exception as error:  # foreign code may raise anything
        raise ClassifierError(
            f"{model} must turn images {images.shape} into probabilities; it raised "
            f"{raised(error)}; {advice}."
        ) from error


def raised(error: Exception) -> str:
    """What foreign code raised, for a sentence: its kind, and the first line of its reason.

    Example:
        >>> raised(KeyError("left"))
        "KeyError ('left')"
    """
    reason = (str(error).strip().splitlines() or ["no reason given"])[0].rstrip(".;")
    return f"{type(error).__name__} ({reason})"


@dataclass(frozen=True)
class FunctionClassifier:
    """A function (n, h, w, c) uint8 -> (n, k) probabilities, as a `Classifier`.

    It may return embeddings, too: a tuple or list of (n, k) probabilities and (n, d) embeddings.

    Attributes:
        function: called with images; one output column is the probability of the second class.
        input_shape, class_count: of its input and output, if known.
        preprocess: applied to the pixels before; `raw` passes the bytes unchanged.
        logits: whether a softmax is applied to its output.
        name: what opens it again on the command line, if it has a name there.

    Example:
        >>> always_seven = FunctionClassifier(lambda images: np.eye(10)[[7] * len(images)])
        >>> always_seven.probabilities(np.zeros((2, 28, 28, 1), np.uint8)).argmax(axis=1)
        array([7, 7])
        >>> with_ink = FunctionClassifier(lambda images: (np.eye(10)[[7]], np.array([[0.5, 2.0]])))
        >>> with_ink.embeddings(np.zeros((1, 28, 28, 1), np.uint8)).tolist()
        [[0.5, 2.0]]
    """

    function: Callable[[Images], Any]
    input_shape: Shape | None = None
    class_count: int | None = None
    preprocess: str = "raw"
    logits: bool = False
    name: str = ""

    @property
    def source(self) -> str:
        name = getattr(self.function, "__qualname__", type(self.function).__qualname__)
        return self.name or f"{getattr(self.function, '__module__', '?')}:{name}"

    def probabilities(self, images: Images) -> Probabilities:
        """The probabilities that the function returns."""
        return distributions(self.outputs(images, self.preprocess), logits=self.logits)

    def outputs(self, images: Images, preprocess: str) -> Outputs:
        """The output of the function, without axes of length 1."""
        return self._answer(images, preprocess)[0]

    def embeddings(self, images: Images) -> Embeddings:
        """(n, d) float32, what the function returns beside the probabilities.

        Raises:
            ClassifierError: it returns nothing beside them, or not one row for each image.
        """
        found = self._answer(images, self.preprocess)[1]
        if found is None:
            raise ClassifierError(
                "embeddings are what a function returns beside the probabilities; "
                f"{self.source} returns only probabilities; return both, or go without."
            )
        return found

    def _answer(self, images: Images, preprocess: str) -> tuple[Outputs, Embeddings | None]:
        prepared = self._prepared(images, preprocess)
        with failures_of(f"the function {self.source}", images, "fix it"):
            returned = self.function(prepared)
            return outputs_and_embeddings(returned, len(images), self.source)

    def _prepared(self, images: Images, name: str) -> Any:
        wanted = Preprocessing.of(name)
        raw = wanted.scale == "raw"
        return rearranged(images, wanted.options) if raw else preprocess(images, name)

    def fingerprint(self) -> str:
        """The name of the function: its code cannot be hashed reliably."""
        return f"function {self.source}"

    def numerics(self) -> Numerics:
        """Nothing is known about a function."""
        return {}
