"""What a person passes for MODEL -> a classifier."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from hardex.arrays import Images
from hardex.classifiers.classifier import Classifier, FunctionClassifier
from hardex.classifiers.shipped import SHIPPED, shipped_model
from hardex.errors import ClassifierError

Model = str | Path | Classifier | Callable[[Images], Any]


def open_classifier(model: Model, *, preprocess: str | None = None) -> Classifier:
    """Open a model by path or shipped name, or take a function or a `Classifier` as it is.

    Args:
        model: `mnist_cnn`, `mnist_small`, the path of a `.keras` file, a function
            (n, h, w, c) uint8 -> (n, k) probabilities, or a `Classifier`.
        preprocess: `unit`, `raw` or `-1..1`; found from the model if not given.

    Raises:
        ClassifierError: it cannot be loaded, or is not an image classifier.
    """
    if isinstance(model, str | Path):
        from hardex.classifiers.keras_model import KerasClassifier

        name = str(model)
        path = shipped_model(name) if name in SHIPPED else Path(model).expanduser()
        return KerasClassifier.open(path, preprocess=preprocess, source=name)
    if hasattr(model, "probabilities"):
        return cast(Classifier, model)
    if hasattr(model, "predict_on_batch"):
        raise ClassifierError(
            "the model must be a file or a function of pixels 0..255; received a Keras model in "
            "memory, and nothing says how its pixels were scaled; save it with "
            "model.save('NAME.keras') and pass the file."
        )
    return FunctionClassifier(model)
