"""A run folder is complete or absent: it is made elsewhere and moved into place when complete."""

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
METRICS = "metrics.json"
HARD = "hard"
SEAL = "seal.json"
PROOFS = "proofs"
PEOPLE = ("people", SEAL, PROOFS)  # made by people or binding on them; no command deletes them
_NAME_BYTES = 120


@contextmanager
def new_run(folder: Path, *, force: bool) -> Iterator[Path]:
    """A temporary folder beside `folder` that replaces it when the block succeeds.

    If the block fails or is interrupted, the temporary folder is removed and `folder` stays as it
    was. With `force`, the results of an existing run are replaced; `people/` and `seal.json` stay.

    Raises:
        RunError: the folder is already a run, is something else, or cannot be written.
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
        check_free(folder, force=force)  # another process may have been quicker
        _put_in_place(partial, target)
    except OSError as error:
        raise RunError(
            f"the run {folder} could not be written completely ({error.strerror or error}), and "
            "nothing of it was kept; free some space or choose another folder with --out."
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        with suppress(OSError):  # parent folders stay only if a run was made
            for parent in made:
                parent.rmdir()


def _remove_abandoned(folder: Path) -> None:
    """Remove the temporary folders of processes that died (power cut, kill -9)."""
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
    except OSError:  # it belongs to another user
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
        # Results without a manifest come from a power cut, or are not ours.
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
    """Move a complete run into place; the manifest is removed first and added last.

    A folder without a manifest is not a run, so a power cut in between leaves no run, and
    `people/` untouched. After any other failure the previous run is restored.
    """
    if not folder.exists():
        partial.rename(folder)
        return
    if (partial / SEAL).exists() and not (folder / SEAL).exists():  # the existing one counts
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
