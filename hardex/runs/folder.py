"""A run folder is complete or absent: it is made aside and put in place when whole."""

import glob
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hardex.errors import RunError

MANIFEST = "manifest.json"
RESULTS = "results"
TABLE = "predictions.parquet"
SEAL = "seal.json"
PEOPLE = ("people", SEAL)  # made by people or binding on them; no verb deletes them
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
    # The real path: "." has no name, and a link may lead to a disk from which nothing can move.
    target = Path(os.path.realpath(folder))
    partial = target.with_name(f".{target.name}.partial-{os.getpid()}")
    made = [parent for parent in target.parents if not os.path.exists(parent)]
    try:
        check_free(folder, force=force)
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(target)
        partial.mkdir()
    except OSError as error:
        raise RunError(
            f"the run must go to a folder that can be written; {folder} cannot "
            f"({error.strerror}); choose another with --out."
        ) from error
    try:
        yield partial
        check_free(folder, force=force)  # somebody else may have been quicker
        _put_in_place(partial, target)
    except OSError as error:
        raise RunError(
            f"the run {folder} could not be written whole ({error.strerror or error}), and nothing "
            "of it was kept; free some space or choose another place with --out."
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        with suppress(OSError):  # folders on the way to a run stay only if there is one
            for parent in made:
                parent.rmdir()


def _remove_abandoned(folder: Path) -> None:
    """Remove the temporary folders of processes that died in the middle (power cut, kill -9)."""
    for partial in folder.parent.glob(f".{glob.escape(folder.name)}.partial-*"):
        process = partial.name.rpartition("-")[2]
        if process.isdigit() and not _is_alive(int(process)):
            shutil.rmtree(partial, ignore_errors=True)


def _is_alive(process: int) -> bool:
    if os.name == "nt":  # there, signal 0 is Ctrl-C
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it belongs to somebody else
        return True
    return process != os.getpid()


def check_free(folder: Path, *, force: bool) -> None:
    """Raise `RunError` unless a run may be written to this folder."""
    if (folder / MANIFEST).exists():
        if not force:
            raise RunError(
                f"the run must go to a new folder; {folder} is a run already; pass --force to "
                "replace its results (annotations stay) or another --out."
            )
    elif folder.is_dir():
        # Results without a manifest are those of a run that a power cut hit, or somebody else's.
        ours = {RESULTS, *PEOPLE} if (folder / RESULTS / TABLE).exists() else set(PEOPLE)
        others = sorted({p.name for p in folder.iterdir()} - ours)
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
    `people/` are where they were. Whatever else goes wrong, the old run is put back.
    """
    if not folder.exists():
        partial.rename(folder)
        return
    if (partial / SEAL).exists() and not (folder / SEAL).exists():  # the older one binds
        (partial / SEAL).rename(folder / SEAL)
    replaced = partial / "replaced"
    replaced.mkdir()
    try:
        for name in (MANIFEST, RESULTS):
            if (folder / name).exists():
                (folder / name).rename(replaced / name)
        for name in (RESULTS, MANIFEST):
            (partial / name).rename(folder / name)
    except BaseException:
        for name in (RESULTS, MANIFEST):
            if (replaced / name).exists():
                if (folder / name).exists():
                    (folder / name).rename(partial / name)
                (replaced / name).rename(folder / name)
        raise


def safe_name(*parts: str, suffix: str = "") -> str:
    """A file name of `[A-Za-z0-9._-]` and at most 120 bytes from any text.

    Example:
        >>> safe_name("0001", "given-7", "cats/Ünï 1.jpg", suffix=".png")
        '0001_given-7_cats-n-1.jpg.png'
    """
    cleaned = [re.sub(r"[^A-Za-z0-9._]+", "-", part).strip("-.") for part in parts]
    return "_".join(cleaned)[: _NAME_BYTES - len(suffix)] + suffix
