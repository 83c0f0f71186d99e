"""A model on disk -> its hash."""

from hashlib import sha256
from pathlib import Path

from hardex.errors import ClassifierError


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
            return sha256(path.read_bytes()).hexdigest()
        digest = sha256()
        for file in sorted(file for file in path.rglob("*") if file.is_file()):
            digest.update(file.relative_to(path).as_posix().encode() + file.read_bytes())
        return digest.hexdigest()
    except OSError as error:
        raise ClassifierError(
            f"the model must stay where it is while it is opened; {path} cannot be read "
            f"({error.strerror or type(error).__name__}); put it back and open it again."
        ) from error
