"""The MODEL argument -> a classifier."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from hardex.arrays import Images
from hardex.classifiers.classifier import Classifier, FunctionClassifier
from hardex.classifiers.functions import named_function, names_function
from hardex.classifiers.preprocess import check_preprocess
from hardex.classifiers.shipped import SHIPPED, shipped_model
from hardex.errors import ClassifierError

Model = str | Path | Classifier | Callable[[Images], Any]


def open_classifier(
    model: Model,
    *,
    preprocess: str | None = None,
    logits: bool = False,
    trust_model: bool = False,
) -> Classifier:
    """Open a model by path or name, or take a function or a `Classifier` as it is.

    Args:
        model: `mnist_cnn`, `mnist_small`, the path of a `.keras`, `.onnx` or (trusted) `.h5` file
            or SavedModel folder, MODULE:FUNCTION, a function (n, h, w, c) uint8 -> (n, k)
            probabilities, or a `Classifier`.
        preprocess: a name such as `unit`, see `hardex.classifiers.preprocess`, or MODULE:FUNCTION;
            found from the model if not given.
        logits: whether the model ends in logits, so that a softmax is still to be taken.
        trust_model: whether files may be loaded that can run code of their own.

    Raises:
        ClassifierError: it cannot be loaded, or is not an image classifier.
    """
    if preprocess is not None:
        check_preprocess(preprocess)
    if isinstance(model, str | Path):
        return _open_named(str(model), preprocess, logits=logits, trust_model=trust_model)
    if hasattr(model, "probabilities"):
        return cast(Classifier, model)
    if hasattr(model, "predict_on_batch"):
        raise ClassifierError(
            "the model must be a file or a function of pixels 0..255; received a Keras model in "
            "memory, and its pixel scaling is unknown; save it with "
            "model.save('NAME.keras') and pass the file."
        )
    return FunctionClassifier(model, preprocess=preprocess or "raw", logits=logits)


def _open_named(
    name: str, preprocess: str | None, *, logits: bool, trust_model: bool
) -> Classifier:
    if names_function(name) and not os.path.exists(name):
        function = named_function(name, ClassifierError)
        if hasattr(function, "predict_on_batch"):
            return open_classifier(function)  # refused there
        return FunctionClassifier(
            function, preprocess=preprocess or "raw", logits=logits, name=name
        )
    path = shipped_model(name) if name in SHIPPED else Path(os.path.expanduser(name))
    if path.suffix == ".onnx":
        from hardex.classifiers.onnx_model import OnnxClassifier

        return OnnxClassifier.open(path, preprocess=preprocess, logits=logits, source=name)
    from hardex.classifiers.keras_model import KerasClassifier

    return KerasClassifier.open(
        path, preprocess=preprocess, logits=logits, trust_model=trust_model, source=name
    )
