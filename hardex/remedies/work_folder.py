"""The folder in which a fix is made; it stays only if the same fix can go on from it."""

import errno
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from hardex.bounded import read_json
from hardex.errors import RunError
from hardex.training.alone import alone
from hardex.training.job import write_whole
from hardex.training.start import FullDisk, InterruptedTraining

_PLAN = "plan.json"
_OF_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)


@contextmanager
def work_folder(target: Path, identity: Mapping[str, Any]) -> Iterator[Path]:
    """The folder in which a fix is made, beside its target.

    It stays if a training can go on from it: after `kill -9`, a full disk, a crash. Else it goes.
    """
    digest = {"sha256": sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()}
    work = work_of(target)
    try:
        work.mkdir(exist_ok=True)
    except OSError as error:
        raise RunError(
            f"a fix must go to a folder that can be written; {target.absolute().parent} cannot "
            f"({error.strerror or error}); choose another --out."
        ) from error
    with alone(work, wait=False) as mine:
        if not mine:
            raise RunError(
                f"one fix at a time is written to a folder; another process writes {target}; "
                "choose another --out."
            )
        try:
            if not _is_same(work, digest):
                _empty(work)
            write_whole(work / _PLAN, json.dumps(digest).encode())
            yield work
        except OSError as error:
            if error.errno not in _OF_DISK:
                shutil.rmtree(work, ignore_errors=True)
                raise
            raise RunError(
                f"a fix must be able to write to {target.absolute().parent}; it could not "
                f"({error.strerror or error}); free disk space, and type the same again: it goes "
                "on where it was."
            ) from error
        except BaseException as error:
            if not isinstance(error, InterruptedTraining) and not _is_of_disk(error):
                shutil.rmtree(work, ignore_errors=True)
            raise
        shutil.rmtree(work, ignore_errors=True)


def work_of(target: Path) -> Path:
    """Where a fix that is written to a folder is made, as long as it is not done."""
    return target.absolute().with_name(f".{target.name}.fixing")


def _empty(folder: Path) -> None:
    """Remove what another fix left."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _is_of_disk(error: BaseException) -> bool:
    """Whether the disk could not be written to, so that the same can be tried again."""
    return isinstance(error, FullDisk) or isinstance(error.__cause__, OSError)


def _is_same(work: Path, digest: dict[str, str]) -> bool:
    try:
        return bool(read_json(work / _PLAN) == digest)
    except (OSError, ValueError):
        return False
