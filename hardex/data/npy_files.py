"""`.npy` and `.npz` files -> arrays of plain numbers and texts; what they promise is checked first.

NumPy allocates what a header promises before it reads, and unpacks whatever a `.npz` holds.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray

from hardex.bounded import Unreadable, check_fits, check_unpacked, open_plain

_MEMBERS_MOST = 1_000  # arrays in a file
_ENCRYPTED = 1  # a flag of a member
_NPY, _ZIP = ".npy", b"PK"
_HEADER_MOST = 10_000  # bytes; NumPy reads it whole before it refuses more
_KINDS = "biufUS"  # truth values, numbers and texts
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_npy(path: Path) -> NDArray[Any]:
    """The array in a `.npy` file.

    Raises:
        OSError: it cannot be read, or is no plain file.
        ValueError: it is not such a file; as `Unreadable`, it promises more than it holds, or
            something else than numbers and texts.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     np.save(f"{folder}/a.npy", np.arange(3))
        ...     read_npy(Path(folder) / "a.npy")
        array([0, 1, 2])
    """
    with open_plain(path) as file:
        if file.read(len(_ZIP)) == _ZIP:
            raise Unreadable("it holds several arrays")
        file.seek(0)
        return _array(file, os.fstat(file.fileno()).st_size)


@dataclass(frozen=True, eq=False)
class Npz:
    """The arrays of a `.npz` file; each is read when it is taken.

    Attributes:
        names: of the arrays.
    """

    names: tuple[str, ...]
    _archive: ZipFile
    _members: dict[str, ZipInfo]

    def __getitem__(self, name: str) -> NDArray[Any]:
        """One array.

        Raises:
            ValueError: as `read_npy`; as `Unreadable`, also if it unpacks to far more than it is.
        """
        member = self._members[name]
        check_unpacked(member.file_size, member.compress_size)
        with self._archive.open(member) as file:
            return _array(file, member.file_size)

    def header(self, name: str) -> "Header":
        """What the file says of one array, which is not read; it may hold Python objects.

        Raises:
            ValueError: it has no header.
        """
        with self._archive.open(self._members[name]) as file:
            return _any_header(file)


@contextmanager
def open_npz(path: Path) -> Iterator[Npz]:
    """Open a `.npz` file.

    Raises:
        OSError: it cannot be read, or is no plain file.
        ValueError: as `Unreadable`, it is not such a file, or was made by something other than
            NumPy: encrypted, packed in another way, or with two arrays of one name.
    """
    try:
        with open_plain(path) as file:
            if file.read(len(np.lib.format.MAGIC_PREFIX)) == np.lib.format.MAGIC_PREFIX:
                raise Unreadable("it holds one array without a name")
            with ZipFile(file) as archive:
                members = _by_name(archive.infolist())
                yield Npz(tuple(members), archive, members)
    # A damaged archive makes `zipfile` raise errors of many kinds.
    except (BadZipFile, NotImplementedError, RuntimeError) as error:
        raise Unreadable(str(error) or type(error).__name__) from error


def _by_name(members: list[ZipInfo]) -> dict[str, ZipInfo]:
    if len(members) > _MEMBERS_MOST:
        raise Unreadable(f"it holds {len(members):,} arrays, and {_MEMBERS_MOST:,} is the most")
    found: dict[str, ZipInfo] = {}
    for member in members:
        name = member.filename.removesuffix(_NPY)
        if name in found:
            raise Unreadable(f"it holds two arrays called {name[:40]!r}")
        if member.flag_bits & _ENCRYPTED:
            raise Unreadable(f"the array {name[:40]!r} is encrypted")
        if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise Unreadable(f"the array {name[:40]!r} is packed as NumPy packs none")
        found[name] = member
    return found


@dataclass(frozen=True)
class Header:
    """What a `.npy` file says of its array.

    Attributes:
        shape: no side is negative.
        by_columns: whether the numbers of a column follow each other.
        dtype: of numbers or texts.
        offset: where the numbers begin.
    """

    shape: tuple[int, ...]
    by_columns: bool
    dtype: np.dtype[Any]
    offset: int

    @property
    def promised(self) -> int:
        """Bytes of the numbers."""
        return prod(self.shape) * self.dtype.itemsize


def read_header(file: IO[bytes]) -> Header:
    """The header of the array in an open file, which stands at its beginning.

    Raises:
        ValueError: it has none; as `Unreadable`, of something else than numbers and texts.
    """
    header = _any_header(file)
    if header.dtype.hasobject:
        raise Unreadable("it holds Python objects, which may run code")
    if header.dtype.kind not in _KINDS or not header.dtype.itemsize:
        raise Unreadable(f"it holds {str(header.dtype)[:40]}, and neither numbers nor texts")
    return header


def _any_header(file: IO[bytes]) -> Header:
    """The header of an array of anything."""
    try:
        version = np.lib.format.read_magic(file)
        if version not in _HEADERS:
            raise Unreadable(f"it has the version {version}, and only 1.0 and 2.0 hold numbers")
        size = int.from_bytes(file.read(2 * version[0]), "little")
        if size > _HEADER_MOST:
            raise Unreadable(f"its header has {size:,} bytes, and {_HEADER_MOST:,} is the most")
        file.seek(8)
        shape, by_columns, dtype = _HEADERS[version](file)
    except OSError:
        raise
    except Exception as error:  # it is a Python expression, and may raise nearly anything
        raise Unreadable(str(error).partition("\n")[0] or type(error).__name__) from error
    if any(side < 0 for side in shape):
        raise Unreadable(f"its shape {str(shape)[:80]} has a negative side")
    return Header(tuple(shape), by_columns, dtype, file.tell())


def _array(file: IO[bytes], size: int) -> NDArray[Any]:
    """The array in an open file of `size` bytes, which stands at its beginning."""
    header = read_header(file)
    promised, follow = header.promised, size - header.offset
    if promised > follow:
        raise Unreadable(
            f"its header promises {promised:,} bytes of numbers, and {follow:,} follow"
        )
    check_fits(promised)
    file.seek(0)
    found: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    return found
