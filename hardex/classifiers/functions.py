"""MODULE:FUNCTION, as on the command line -> the function."""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from hardex.errors import HardexError

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


def names_function(text: str) -> bool:
    """Whether a text has the form MODULE:FUNCTION.

    Example:
        >>> names_function("mine.models:predict"), names_function("mnist_cnn")
        (True, False)
    """
    return _NAME.fullmatch(text) is not None


def named_function(text: str, kind: type[HardexError]) -> Callable[..., Any]:
    """Import a function by name; modules in the working folder are found, too.

    Args:
        text: MODULE:FUNCTION.
        kind: the error to raise.

    Raises:
        HardexError: of this kind: no such module or function, or importing it fails.

    Example:
        >>> named_function("numpy:flip", HardexError).__name__
        'flip'
    """
    module, _, path = text.partition(":")
    with _working_folder_on_path():
        try:
            found: Any = import_module(module)
        except Exception as error:  # the module may raise anything while it is imported
            raise kind(
                f"{text} must name a function as MODULE:FUNCTION; importing {module} failed "
                f"({type(error).__name__}: {_one_line(error)}); check the name, the working folder "
                "and the module."
            ) from error
    for name in path.split("."):
        if not hasattr(found, name):
            raise kind(
                f"{text} must name a function as MODULE:FUNCTION; {module} has no {path}; "
                f"check the name in {getattr(found, '__file__', None) or module}."
            )
        found = getattr(found, name)
    if not callable(found):
        raise kind(
            f"{text} is of type {type(found).__name__}, which is not callable; name a function of "
            "images."
        )
    function: Callable[..., Any] = found
    return function


def _one_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else "no message"


@contextmanager
def _working_folder_on_path() -> Iterator[None]:
    folder = str(Path.cwd())
    added = folder not in sys.path and "" not in sys.path
    if added:
        sys.path.insert(0, folder)
    try:
        yield
    finally:
        if added:
            sys.path.remove(folder)
