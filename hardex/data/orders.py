"""The orders in which programs list the files and classes of a folder: rows without names need one.

Keras, torchvision and `sorted` order names as text, `1, 10, 2`; hardex and people order them
naturally, `1, 2, 10`. Saved rows without names came in one of these orders, and nothing in them
says in which: accuracy is the same for every order within a class.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Positions
from hardex.data.dataset import Dataset
from hardex.data.names import natural_order
from hardex.errors import HardexError

# What `--order` takes, and what each word means.
ORDERS = {
    "natural": "numbers by value",
    "text": "sorted as text folder by folder, as Keras and torchvision do",
    "path": "whole paths sorted as text, as sorted(glob(…)) does",
    "classes": "class by class as --classes names them, each sorted as text, as Keras does with "
    "class_names",
}

Places = Sequence[int] | Positions | NDArray[np.intp]


def check_order(word: str) -> None:
    """Raise `HardexError` unless it is empty or one of the orders.

    Example:
        >>> check_order("random")
        Traceback (most recent call last):
        hardex.errors.HardexError: --order must be one of natural, text, path, classes; received \
'random'; choose the order in which the program that saved the rows listed its files.
    """
    if word and word not in ORDERS:
        raise HardexError(
            f"--order must be one of {', '.join(ORDERS)}; received {word[:40]!r}; choose the order "
            "in which the program that saved the rows listed its files."
        )


def lists_files(dataset: Dataset | None) -> bool:
    """Whether the examples are files found in folders, which another program may list otherwise."""
    return bool(getattr(dataset, "found_files", False))


def sorts_classes(dataset: Dataset | None) -> bool:
    """Whether the classes were found as names, which another program may number otherwise."""
    return bool(getattr(dataset, "found_classes", False))


def class_orders(dataset: Dataset) -> dict[str, Places]:
    """By word, the class of each column, (k,); the same for all words if the classes were given."""
    names = dataset.class_names
    given = list(range(len(names)))
    if not sorts_classes(dataset):
        return dict.fromkeys(ORDERS, given)
    return {
        "natural": given,
        "text": sorted(given, key=lambda i: names[i].split("/")),
        "path": sorted(given, key=names.__getitem__),
    }


def file_orders(dataset: Dataset) -> dict[str, Places]:
    """By word, the position of the example of each row, (n,); without files always the same."""
    given = range(len(dataset))
    if not lists_files(dataset):
        return dict.fromkeys(ORDERS, given)
    files, labels, names = dataset.files, dataset.labels.tolist(), dataset.class_names
    by_text = [name.split("/") for name in names]
    parts = [file.rpartition("/") for file in files]

    def as_text(i: int) -> tuple[str, str]:
        return parts[i][0], parts[i][2]

    orders: dict[str, Places] = {
        "natural": given,
        "text": sorted(given, key=lambda i: (by_text[labels[i]], as_text(i))),
        "path": sorted(given, key=files.__getitem__),
    }
    if not sorts_classes(dataset):
        naturally = [natural_order(name) for name in names]
        orders["natural"] = sorted(given, key=lambda i: naturally[labels[i]])
        orders["classes"] = sorted(given, key=lambda i: (labels[i], as_text(i)))
    return orders


def settled(
    orders: Mapping[str, Places],
    asked: str,
    *,
    what: str,
    name: Callable[[int], str],
    advice: str,
    kind: type[HardexError],
) -> tuple[str, Places]:
    """The order to take, and its word; `same` where all are the same.

    Args:
        orders: by word, which thing comes at each place.
        asked: the word that the user gave, or "".
        what: the things in the plural and what has no names, for the error.
        name: of a thing, for the error.
        advice: how to name them instead.
        kind: of the error.

    Raises:
        HardexError: the orders differ and none was asked for.

    Example:
        >>> ways = {"natural": [0, 1], "text": [1, 0]}
        >>> settled(ways, "text", what="", name=str, advice="", kind=HardexError)
        ('text', [1, 0])
    """
    natural = list(orders["natural"])
    if asked and asked not in orders:
        raise kind(
            f"--order {asked} belongs to class folders with --classes; received {what}, whose "
            f"orders are {', '.join(orders)}; choose one of these, or pass --classes."
        )
    others = {word: list(order) for word, order in orders.items()}
    different = {word: order for word, order in others.items() if order != natural}
    if not different:
        return "same", natural
    if asked:
        return asked, others[asked]
    distinct = {
        word: order
        for word, order in different.items()
        if word == "text" or order != different.get("text")
    }
    place = min(_first_difference(natural, order) for order in distinct.values())
    seen = [f"{name(natural[place])} in natural order"] + [
        f"{name(order[place])} in {word} order" for word, order in distinct.items()
    ]
    words = " or ".join(
        f"--order {word} ({ORDERS[word]})" for word in (*reversed(distinct), "natural")
    )
    raise kind(
        f"{what} must come in an order that is known; number {place} (counted from 0) is "
        f"{_listed(seen)}; {advice}, or pass {words}."
    )


def _first_difference(one: Iterable[int], other: Iterable[int]) -> int:
    return next(i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)


def _listed(parts: Sequence[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
