"""confusion.csv: how often each given class was predicted as each class."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hardex.errors import RunError


def read_confusion(path: Path, class_count: int) -> NDArray[np.int64]:
    """The confusion matrix of a run, given class by predicted class.

    Args:
        path: the file; its first row and its first column are class names.
        class_count: k.

    Returns:
        (k, k) counts.

    Raises:
        RunError: the file is missing, or holds anything else.

    Example:
        >>> read_confusion(Path("runs/nothing-here/confusion.csv"), 10)
        Traceback (most recent call last):
        hardex.errors.RunError: confusion.csv must hold 10 rows of 10 counts; it cannot be read \
(No such file or directory); rank again with --force.
    """
    import pandas as pd

    try:
        # Names may hold commas and line breaks, so lines cannot simply be split.
        table = pd.read_csv(path, index_col=0, encoding="utf-8").to_numpy()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _bad(class_count, reason or type(error).__name__) from error
    if table.shape != (class_count, class_count):
        raise _bad(class_count, f"it has {table.shape[0]} rows of {table.shape[1]}")
    if not np.issubdtype(table.dtype, np.integer) or (table < 0).any():
        raise _bad(class_count, "not all of it are counts")
    return np.asarray(table, np.int64)


def _bad(class_count: int, reason: str) -> RunError:
    line = " ".join(reason.split())
    return RunError(
        f"confusion.csv must hold {class_count} rows of {class_count} counts; it cannot be read "
        f"({line}); rank again with --force."
    )
