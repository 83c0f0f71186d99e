"""MODULE:FUNCTION -> a cause of one's own that is planted, or features of one's own.

A function of `images, labels, rng` plants a cause of its own name:

    def smeared(images, labels, rng):
        return np.maximum(images, np.roll(images, 3, axis=2))  # or a pair (images, labels)

A function of `images, probabilities` measures something:

    def symmetry(images, probabilities):
        apart = np.abs(images.astype(float) - images[:, :, ::-1])
        return {"symmetry": apart.mean(axis=(1, 2, 3))}
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from hardex.classifiers.functions import named_function
from hardex.diagnosis.causes import CAUSES
from hardex.diagnosis.examine import Measured
from hardex.diagnosis.features import Columns, FeatureFunction
from hardex.diagnosis.plants import Cases, Made, Plant, Range, Sources
from hardex.errors import HardexError

_PLANTS, _MEASURES = ("images", "labels", "rng"), ("images", "probabilities")


def plugged_in(
    names: Sequence[str | Callable[..., Any]],
) -> tuple[tuple[Plant, ...], tuple[FeatureFunction, ...]]:
    """The plants and the features that some functions add.

    Args:
        names: functions, or their names as MODULE:FUNCTION.

    Raises:
        HardexError: there is no such function, or it has other parameters, or a cause has its name.
    """
    plants: list[Plant] = []
    functions: list[FeatureFunction] = []
    for name in names:
        function = named_function(name, HardexError) if isinstance(name, str) else name
        shown = name if isinstance(name, str) else getattr(function, "__name__", "function")
        parameters = tuple(inspect.signature(function).parameters)
        if parameters == _PLANTS:
            plants.append(_plant(shown, function))
        elif parameters == _MEASURES:
            functions.append(_feature(shown, function))
        else:
            raise HardexError(
                f"a plug-in must be a function of ({', '.join(_PLANTS)}) that plants a cause, or "
                f"of ({', '.join(_MEASURES)}) that measures something; {shown} has the parameters "
                f"({', '.join(parameters)}); rename them."
            )
    return tuple(plants), tuple(functions)


def _plant(shown: str, function: Callable[..., Any]) -> Plant:
    cause = function.__name__
    if cause in CAUSES:
        raise HardexError(
            f"a plug-in must plant a cause with a name of its own; {shown} is called {cause}, as a "
            "cause of hardex is; rename the function."
        )

    def make(
        sources: Sources, rng: np.random.Generator, ranges: Mapping[str, tuple[Range, ...]]
    ) -> Made:
        found = function(sources.images.copy(), sources.labels.copy(), rng)
        images, labels = found if isinstance(found, tuple) else (found, sources.labels)
        images, labels = np.asarray(images), np.asarray(labels)
        fits = images.shape == sources.images.shape and images.dtype == np.uint8
        classes = sources.probabilities.shape[1]
        known = labels.shape == sources.labels.shape and np.issubdtype(labels.dtype, np.integer)
        if (
            not fits
            or not known
            or (len(labels) and not 0 <= labels.min() <= labels.max() < classes)
        ):
            raise HardexError(
                f"{shown} must return images {sources.images.shape} of uint8, or a pair of these "
                f"and labels 0..{classes - 1}; received {images.dtype} {images.shape} and "
                f"{labels.dtype} {labels.shape}; fix the function."
            )
        nothing = np.full(len(labels), np.nan)
        return Made(Cases.of(images, labels), nothing, nothing, np.arange(len(labels)))

    return Plant(cause, make)


def _feature(shown: str, function: Callable[..., Any]) -> FeatureFunction:
    def measure(found: Measured) -> Columns:
        said = function(found.cases.images, found.p)
        columns = {f"own_{name}": np.asarray(values, float) for name, values in said.items()}
        for name, values in columns.items():
            if values.shape != (len(found),) or not np.isfinite(values).all():
                raise HardexError(
                    f"{shown} must return finite numbers, one for each of {len(found)} images; "
                    f"{name[4:]!r} has shape {values.shape}; fix the function."
                )
        return columns

    return measure
