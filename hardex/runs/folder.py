"""A run folder is complete or absent: it is made aside and put in place when whole."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hardex.errors import RunError

MANIFEST = "manifest.json"
RESULTS = "results"
PEOPLE = ("people", "seal.json")  # made by people or binding on them; no verb deletes them
_NAME_BYTES = 120


@contextmanager
def new_run(folder: Path, *, force: bool) -> Iterator[Path]:
    """A temporary folder beside `folder` that takes its place when the block ends well.

    If the block fails or is interrupted, the temporary folder goes and `folder` stays as it was.
    With `force`, the results of a run that is there are replaced whole; `people/` and
    `seal.json` stay.

    Raises:
        RunError: the folder is a run already, is something else, or cannot be written.
    """
    check_free(folder, force=force)
    partial = folder.with_name(f".{folder.name}.partial-{os.getpid()}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial.mkdir()
    except OSError as error:
        raise RunError(
            f"the run must go to a folder that can be written; {folder} cannot "
            f"({error.strerror}); choose another with --out."
        ) from error
    try:
        yield partial
        _put_in_place(partial, folder)
    except OSError as error:
        raise RunError(
            f"the run {folder} could not be written whole ({error.strerror or error}), and nothing "
            "of it was kept; free some space or choose another place with --out."
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def check_free(folder: Path, *, force: bool) -> None:
    """Raise `RunError` unless a run may be written to this folder."""
    if (folder / MANIFEST).exists():
        if not force:
            raise RunError(
                f"the run must go to a new folder; {folder} is a run already; pass --force to "
                "replace its results (annotations stay) or another --out."
            )
    elif folder.is_dir():
        others = sorted({p.name for p in folder.iterdir()} - {RESULTS, *PEOPLE})
        if others:
            raise RunError(
                f"the run must go to a new folder; {folder} holds other things ({others[0]}"
                f"{', …' if len(others) > 1 else ''}); choose another --out."
            )
    elif folder.exists():
        raise RunError(
            f"the run must go to a folder; {folder} is a file; choose another with --out."
        )


def _put_in_place(partial: Path, folder: Path) -> None:
    """Move what is whole into place; the manifest goes first and comes last.

    A folder without a manifest is no run, so a power cut in between leaves an absent run whose
    `people/` are where they were.
    """
    if not folder.exists():
        partial.rename(folder)
        return
    (folder / MANIFEST).unlink(missing_ok=True)
    old = folder / RESULTS
    if old.exists():
        old.rename(partial / "replaced")
    (partial / RESULTS).rename(old)
    (partial / MANIFEST).rename(folder / MANIFEST)


def safe_name(*parts: str, suffix: str = "") -> str:
    """A file name of `[A-Za-z0-9._-]` and at most 120 bytes from any text.

    Example:
        >>> safe_name("0001", "given-7", "cats/Ünï 1.jpg", suffix=".png")
        '0001_given-7_cats-n-1.jpg.png'
    """
    cleaned = [re.sub(r"[^A-Za-z0-9.]+", "-", part).strip("-.") for part in parts]
    return "_".join(cleaned)[: _NAME_BYTES - len(suffix)] + suffix
