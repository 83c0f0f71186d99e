"""A saved Keras model -> whether ReLU stands before its softmax; nothing of it is built or run."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from hardex.bounded import json_of
from hardex.errors import HardexError
from hardex.learning_curves.findings import CurveFinding, finding

_CONFIG = "config.json"
_CONFIG_MOST = 20_000_000  # bytes
_PASSING = ("Dropout", "Flatten", "Reshape", "Identity")  # what changes no sign


def relu_before_softmax(model: str | Path | Mapping[str, Any]) -> str:
    """The layer whose ReLU cuts the outputs just before they become probabilities; "" if none.

    Args:
        model: a `.keras` file, or the configuration that `json.loads(model.to_json())` gives. What
            cannot be read, or has another structure, shows nothing.

    Example:
        >>> layers = [
        ...     {"class_name": "Dense", "config": {"name": "scores", "activation": "relu"}},
        ...     {"class_name": "Softmax", "config": {"name": "softmax"}},
        ... ]
        >>> relu_before_softmax({"config": {"layers": layers}})
        'scores'
    """
    layers = _layers(model if isinstance(model, Mapping) else _configuration(Path(model)))
    if not layers:
        return ""
    *before, last = (layer for layer in layers if layer.get("class_name") not in _PASSING)
    if _applies(last, "relu"):
        return _name(last)
    alone = last.get("class_name") in ("Softmax", "Activation") and _applies(last, "softmax")
    return _name(before[-1]) if alone and before and _applies(before[-1], "relu") else ""


def of_layers(layer: str) -> CurveFinding:
    """The finding about a model in which `relu_before_softmax` found a layer."""
    why = (
        f"The ReLU of the layer {layer!r} stands just before the probabilities: a class whose "
        "output it cuts to 0 gets no gradient, so some starts never learn."
    )
    return finding("dead_starts", 0.9, why, metric="")


def _configuration(path: Path) -> Any:
    try:
        with ZipFile(path) as archive:
            if archive.getinfo(_CONFIG).file_size > _CONFIG_MOST:
                return None
            return json_of(archive.read(_CONFIG).decode("utf-8"))
    except (OSError, BadZipFile, KeyError, ValueError, NotImplementedError, HardexError):
        return None


def _layers(configuration: Any) -> list[Mapping[str, Any]]:
    """The layers in their order, of a model whose last part may be a model itself."""
    inner = configuration.get("config") if isinstance(configuration, Mapping) else None
    layers = inner.get("layers") if isinstance(inner, Mapping) else None
    if not isinstance(layers, Sequence) or not all(isinstance(one, Mapping) for one in layers):
        return []
    nested = _layers(layers[-1]) if layers else []
    return [*layers[:-1], *nested] if nested else list(layers)


def _applies(layer: Mapping[str, Any], function: str) -> bool:
    """Whether a layer is this function, or ends with it."""
    kind = str(layer.get("class_name", "")).lower()
    if kind == function:
        return True
    config = layer.get("config")
    named = config.get("activation") if isinstance(config, Mapping) else None
    if isinstance(named, Mapping):  # a function that was saved with its settings
        named = named.get("config") if isinstance(named.get("config"), str) else named["class_name"]
    return isinstance(named, str) and named.lower() == function


def _name(layer: Mapping[str, Any]) -> str:
    config = layer.get("config")
    return str(config.get("name", "")) if isinstance(config, Mapping) else ""


def configuration_of(model: Any) -> Any:
    """The configuration of a Keras model in memory; None if it has none that can be written."""
    try:
        return json_of(model.to_json(), endless=True)
    except Exception:  # a subclass may raise what it likes
        return None
