"""Folders and class names of several runs -> what to call them, and one order of classes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hardex.errors import RunError

_SHOWN = 6  # class names in a sentence


def run_names(folders: Sequence[Path]) -> tuple[str, ...]:
    """The folder's name of each run; where two are the same, the shortest tail that differs.

    Args:
        folders: absolute, all different.

    Example:
        >>> run_names([Path("/a/old/run"), Path("/a/new/run"), Path("/a/cnn")])
        ('old/run', 'new/run', 'cnn')
    """
    names = [folder.name or str(folder) for folder in folders]
    for name in {one for one in names if names.count(one) > 1}:
        alike = [at for at, one in enumerate(names) if one == name]
        length, tails = 1, [name]
        while len(set(tails)) < len(alike):
            length += 1
            tails = [str(Path(*folders[at].parts[-length:])) for at in alike]
        for at, tail in zip(alike, tails, strict=True):
            names[at] = tail
    return tuple(names)


def common_classes(
    names: Sequence[str], classes: Sequence[tuple[str, ...]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The classes of all runs in one order, and a sentence on each run that differs.

    The order is that of the first run. A run may lack a class that another has: its model never
    predicts it.

    Args:
        names: of m runs.
        classes: the class names of each, in the order of its probabilities.

    Raises:
        RunError: no run has all the classes.

    Example:
        >>> common_classes(["a", "b"], [("cat", "dog"), ("dog", "cat")])
        (('cat', 'dog'), ('b has its classes in another order; they were matched by name.',))
    """
    every = dict.fromkeys(name for one in classes for name in one)
    whole = next((one for one in classes if len(one) == len(every)), None)
    if whole is None:
        other = next(at for at, one in enumerate(classes) if set(one) != set(classes[0]))
        raise RunError(
            f"runs can be compared if they have the same classes; {names[0]} has "
            f"{_some(classes[0])} and {names[other]} has {_some(classes[other])}; compare runs of "
            "one data set."
        )
    notes = []
    for name, one in zip(names, classes, strict=True):
        missing = [it for it in whole if it not in set(one)]
        if missing:
            what = "class" if len(missing) == 1 else "classes"
            notes.append(f"{name} has no {what} {_some(missing)}, so its model never predicts it.")
        elif one != whole:
            notes.append(f"{name} has its classes in another order; they were matched by name.")
    return whole, tuple(notes)


def class_numbers(own: Sequence[str], common: Sequence[str]) -> NDArray[np.int32]:
    """(k,) the number that each class of a run has among the common ones.

    Example:
        >>> class_numbers(["dog", "cat"], ["cat", "dog"]).tolist()
        [1, 0]
    """
    numbers = {name: number for number, name in enumerate(common)}
    return np.array([numbers[name] for name in own], np.int32)


def _some(names: Sequence[str]) -> str:
    shown = names if len(names) <= _SHOWN else (*names[: _SHOWN - 1], "…", names[-1])
    return ", ".join(shown)
