"""Files and folders that a user names: new, and written whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from hardex.errors import RunError

_NAME_MOST = 60  # characters of the name of what is not whole yet


def check_free(path: Path, what: str, *, force: bool, kind: str = "file") -> None:
    """Raise `RunError` unless something new may be written to a path.

    Args:
        path: of the file or folder.
        what: it is, with its article.
        force: whether it may replace one of its kind.
        kind: `file` or `folder`.

    Example:
        >>> check_free(Path("/"), "a report", force=True)
        Traceback (most recent call last):
        hardex.errors.RunError: a report must go to a file; / is none; choose another.
    """
    there = os.path.lexists(path)
    if there and not force:
        raise RunError(
            f"{what} must go to a new {kind}; {path} exists; pass --force to replace it or choose "
            "another."
        )
    if there and path.is_dir() != (kind == "folder"):
        raise RunError(f"{what} must go to a {kind}; {path} is none; choose another.")
    if not path.absolute().parent.is_dir():
        raise RunError(
            f"{what} must go to an existing folder; {path.parent} is not one; create it or choose "
            "another."
        )


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
    check_free(path, what, force=force)


@contextmanager
def whole_file(path: Path, what: str) -> Iterator[Path]:
    """A path beside `path`; its file replaces the one at `path` if the block ends without an error.

    Args:
        path: of the file.
        what: it is, with its article, for the error.

    Raises:
        RunError: it cannot be written; nothing is left then.
    """
    partial = _beside(path)
    try:
        yield partial
        with partial.open("r+b") as written:
            os.fsync(written.fileno())
        partial.replace(path)
    except OSError as error:
        raise _unwritten(path, what, "file", error) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path, what: str) -> Iterator[Path]:
    """A folder beside `path` that replaces the one at `path` if the block ends without an error.

    Args:
        path: of the folder.
        what: it is, with its article, for the error.

    Raises:
        RunError: it cannot be written; nothing is left then, and a folder at `path` stays.
    """
    partial, replaced = _beside(path), _beside(path)
    try:
        partial.mkdir()
        yield partial
        if path.exists():
            path.rename(replaced)
        try:
            partial.rename(path)
        except OSError:
            if replaced.exists():
                replaced.rename(path)
            raise
    except OSError as error:
        raise _unwritten(path, what, "folder", error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(replaced, ignore_errors=True)


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name[:_NAME_MOST]}.partial-{uuid4()}")


def _unwritten(path: Path, what: str, kind: str, error: OSError) -> RunError:
    return RunError(
        f"{what} must go to a {kind} that can be written; {path} could not be "
        f"({error.strerror or error}), and nothing was written; free disk space or choose another."
    )
