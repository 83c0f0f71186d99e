"""The models that come with hardex, found in a checkout, an editable install and a wheel."""

from pathlib import Path

import hardex
from hardex.errors import ClassifierError

SHIPPED = ("mnist_cnn", "mnist_small")


def shipped_model(name: str) -> Path:
    """The `.keras` file of a shipped model.

    In a wheel the files lie in `hardex_models` beside the package, in a checkout in `models`.

    Raises:
        ClassifierError: no such model came with this installation.

    Example:
        >>> shipped_model("mnist_cnn").name
        'mnist_cnn.keras'
    """
    beside = Path(hardex.__file__).parent.parent
    for folder in ("hardex_models", "models"):
        path = beside / folder / f"{name}.keras"
        if path.is_file():
            return path
    raise ClassifierError(
        f"the shipped models are {', '.join(SHIPPED)}; {name} did not come with this "
        "installation; install hardex again or pass a .keras file."
    )
