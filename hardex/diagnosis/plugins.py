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
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from hardex.classifiers.classifier import Classifier, raised
from hardex.classifiers.functions import named_function
from hardex.diagnosis.cases import Cases, Sources
from hardex.diagnosis.causes import CAUSES
from hardex.diagnosis.examine import Measured
from hardex.diagnosis.features import Columns, FeatureFunction
from hardex.diagnosis.plants import Made, Plant, Range
from hardex.errors import HardexError

_PLANTS, _MEASURES = ("images", "labels", "rng"), ("images", "probabilities")


def plugged_in(
    names: Sequence[str | Callable[..., Any]],
) -> tuple[tuple[Plant, ...], tuple[FeatureFunction, ...]]:
    """The plants and the features that some functions add.

    Args:
        names: functions, or their names as MODULE:FUNCTION.

    Raises:
        HardexError: there is no such function, or it has other parameters, or its name is none for
            a cause, or taken.
    """
    plants: list[Plant] = []
    functions: list[FeatureFunction] = []
    for name in names:
        function = named_function(name, HardexError) if isinstance(name, str) else name
        shown = name if isinstance(name, str) else _name_of(function)
        parameters = _parameters(function)
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
    _check_names(plants)
    return tuple(plants), tuple(functions)


def check_model(classifier: Classifier | None, plants: Sequence[Plant]) -> None:
    """Raise `HardexError` if there are causes to plant, but no model to see them."""
    if classifier is None and plants:
        raise HardexError(
            f"a cause of one's own needs the model; this run was made from saved probabilities, "
            f"and {plants[0].cause} cannot be planted; pass --model, or leave it out."
        )


def _name_of(function: Any) -> str:
    return str(getattr(function, "__name__", type(function).__name__))


def _parameters(function: Any) -> tuple[str, ...]:
    """The names of the parameters; () of what is no function, or does not tell."""
    try:
        return tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return ()


def _check_names(plants: Sequence[Plant]) -> None:
    """Every cause needs a name of its own, that can be a name of a column."""
    seen = set(CAUSES)
    for plant in plants:
        if not plant.cause.isidentifier():
            raise HardexError(
                f"a plug-in that plants a cause must have a name; received {plant.cause}; write it "
                "as a function with def."
            )
        if plant.cause in seen:
            raise HardexError(
                f"a plug-in must plant a cause with a name of its own; {plant.cause} is taken; "
                "rename the function."
            )
        seen.add(plant.cause)


@contextmanager
def _told(shown: str) -> Iterator[None]:
    """Turn whatever a plug-in raises into an error that names it."""
    try:
        yield
    except HardexError:
        raise
    except Exception as error:  # foreign code may raise anything
        raise HardexError(
            f"the plug-in {shown} must take any images of the data; it raised {raised(error)}; "
            "fix the function."
        ) from error


def _plant(shown: str, function: Callable[..., Any]) -> Plant:
    def make(
        sources: Sources, rng: np.random.Generator, ranges: Mapping[str, tuple[Range, ...]]
    ) -> Made:
        with _told(shown):
            found = function(sources.images.copy(), sources.labels.copy(), rng)
            pair = found if isinstance(found, tuple) and len(found) == 2 else (found, None)
            images = np.asarray(pair[0])
            labels = sources.labels if pair[1] is None else np.asarray(pair[1])
        fits = images.shape == sources.images.shape and images.dtype == np.uint8
        classes = sources.probabilities.shape[1]
        known = labels.shape == sources.labels.shape and np.issubdtype(labels.dtype, np.integer)
        if not (fits and known and ((labels >= 0) & (labels < classes)).all()):
            raise HardexError(
                f"{shown} must return images {sources.images.shape} of uint8, or a pair of these "
                f"and labels 0..{classes - 1}; received {images.dtype} {images.shape} and "
                f"{labels.dtype} {labels.shape}; fix the function."
            )
        nothing = np.full(len(labels), np.nan)
        cases = Cases.of(images, labels.astype(np.int64))
        return Made(cases, nothing, nothing, np.arange(len(labels)))

    return Plant(_name_of(function), make)


def _feature(shown: str, function: Callable[..., Any]) -> FeatureFunction:
    names: list[str] = []  # of the first call; all others must give the same

    def measure(found: Measured) -> Columns:
        with _told(shown):
            said = function(found.cases.images.copy(), found.p.copy())
            columns = {str(name): np.asarray(values, float) for name, values in said.items()}
        for name, values in columns.items():
            if values.shape != (len(found),) or not np.isfinite(values).all():
                raise HardexError(
                    f"{shown} must return finite numbers, one for each of {len(found)} images; "
                    f"{name!r} has shape {values.shape}; fix the function."
                )
        names.extend(() if names else columns)
        if list(columns) != names:
            raise HardexError(
                f"{shown} must return the same names each time; received {', '.join(columns)} "
                f"after {', '.join(names)}; fix the function."
            )
        return {f"{shown} {name}": values for name, values in columns.items()}

    return measure
