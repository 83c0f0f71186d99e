"""A model on disk -> its hash."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from hardex.bounded import open_plain
from hardex.errors import ClassifierError

_PIECE = 2**20  # bytes of a model in memory at a time


def fingerprint_of(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of all files in a folder, in hex.

    Raises:
        ClassifierError: it does not exist or cannot be read.

    Example:
        >>> from hardex.classifiers.shipped import shipped_model
        >>> len(fingerprint_of(shipped_model("mnist_small")))
        64
    """
    try:
        if not path.is_dir():
            return str(_with_content(sha256(), path).hexdigest())
        digest = sha256()
        for file in sorted(file for file in path.rglob("*") if file.is_file()):
            digest.update(file.relative_to(path).as_posix().encode(errors="surrogateescape"))
            _with_content(digest, file)
        return digest.hexdigest()
    except OSError as error:
        raise ClassifierError(
            f"the model must stay where it is while it is opened; {path} cannot be read "
            f"({error.strerror or type(error).__name__}); put it back and open it again."
        ) from error


def _with_content(digest: Any, file: Path) -> Any:
    """The digest, with the bytes of a file added."""
    with open_plain(file) as content:
        while piece := content.read(_PIECE):
            digest.update(piece)
    return digest
