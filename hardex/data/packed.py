"""Encoded pictures that are in no files -> a temporary file, so that memory stays flat."""

import io
import os
import tempfile
import weakref
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from hardex.bounded import Unreadable


class Owner:
    """Shared by all copies of a data set; its temporary file is deleted with it."""


@dataclass(frozen=True, eq=False)
class Packed:
    """Pictures as PNG, JPEG and the like, one after the other in a file.

    Attributes:
        path: the file.
        ends: (n,) where each picture ends.
        hash: SHA-256 over all of them.
        owner: the file is deleted when nothing refers to this object any more.
    """

    path: Path
    ends: NDArray[np.int64]
    hash: str
    owner: Owner

    def opened(self, position: int, name: str) -> BinaryIO:
        """One picture as a file.

        Args:
            position: of the picture.
            name: what errors call it.
        """
        start = int(self.ends[position - 1]) if position else 0
        with self.path.open("rb") as file:
            file.seek(start)
            content = io.BytesIO(file.read(int(self.ends[position]) - start))
        content.name = name
        return content


def pack(pictures: Iterable[bytes], most: int | None = None) -> Packed:
    """Write encoded pictures to a temporary file, one after the other.

    Args:
        pictures: each as the bytes of a file; b"" for one that is missing.
        most: bytes that they may have together.

    Raises:
        Unreadable: they have more.

    Example:
        >>> packed = pack([b"one", b"", b"three"])
        >>> [packed.opened(place, "").read() for place in range(3)]
        [b'one', b'', b'three']
    """
    handle, name = tempfile.mkstemp(prefix="hardex-")
    ends: list[int] = []
    end, digest = 0, sha256()
    try:
        with os.fdopen(handle, "wb") as file:
            for picture in pictures:
                end += len(picture)
                if most is not None and end > most:
                    raise Unreadable(f"its pictures have more than {most:,} bytes")
                digest.update(len(picture).to_bytes(8, "big"))
                digest.update(picture)
                file.write(picture)
                ends.append(end)
    except BaseException:
        _remove(name)
        raise
    owner = Owner()
    weakref.finalize(owner, _remove, name)
    return Packed(Path(name), np.array(ends, np.int64), digest.hexdigest(), owner)


def _remove(name: str) -> None:
    Path(name).unlink(missing_ok=True)
