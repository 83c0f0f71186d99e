"""Files that a user names -> written whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from hardex.errors import RunError


def check_target(
    path: Path, suffixes: tuple[str, ...], *, option: str, what: str, force: bool
) -> None:
    """Raise `RunError` unless a file may be written to this path.

    Args:
        path: of the file.
        suffixes: those it may have, in lower case.
        option: that names it, for the error.
        what: is written to it, for the error.
        force: whether to replace an existing file.
    """
    if path.suffix.lower() not in suffixes:
        raise RunError(
            f"{option} must be a {' or '.join(suffixes)} file; received {str(path)[:200]!r}; "
            "choose such a name."
        )
    if not force and os.path.lexists(path):
        raise RunError(
            f"{what} must go to a new file; {path} exists; pass --force to replace it or choose "
            "another."
        )
    if not path.parent.is_dir():
        raise RunError(
            f"{what} must go to an existing folder; {path.parent} is not one; create it or choose "
            "another."
        )


@contextmanager
def whole_file(path: Path, what: str) -> Iterator[Path]:
    """A file beside `path` that replaces it when the block ends without an error.

    Raises:
        RunError: it cannot be written.
    """
    partial = path.with_name(f".{path.name[:60]}.partial-{uuid4()}")
    try:
        yield partial
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(path)
    except OSError as error:
        raise RunError(
            f"{what} must go to a file that can be written; {path} could not be "
            f"({error.strerror or error}), and nothing was written; free disk space or choose "
            "another."
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
