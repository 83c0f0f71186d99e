"""An IDX file -> one array of bytes. IDX is the format of MNIST and its successors.

Two zero bytes, one byte for the number type (08: unsigned byte), one byte for the number of
dimensions; each dimension as four bytes, highest first; then the numbers themselves.

Source:
    "The IDX file format" on the MNIST page of LeCun, Cortes and Burges.
"""

import math
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from hardex.bounded import Unreadable, check_fits, check_unpacked, open_plain
from hardex.errors import DatasetError

_GZIP = b"\x1f\x8b"
_UNSIGNED_BYTES = b"\x00\x00\x08"
_MOST_DIMENSIONS = 4  # (n, h, w, c)
_PIECE = 2**16  # bytes that are unpacked at a time
_MEMBERS_MOST = 100_000  # parts of a gzip file; those of 64 kB hold 6 GB


def read_idx(path: Path) -> NDArray[np.uint8]:
    """The array in an IDX file of unsigned bytes, plain or gzipped.

    The first bytes tell which, so an unpacked file that kept its `.gz` is read, too. What the
    header promises is compared with the file before any of it is read, and no more is unpacked.

    Args:
        path: labels, (n,); or images, (n, h, w) or (n, h, w, c).

    Returns:
        The array in the file's own shape, the caller's to write to.

    Raises:
        DatasetError: the file cannot be read, is no IDX file of unsigned bytes, is cut short, or
            promises more than memory or its own size can hold.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder) / "labels-idx1-ubyte"
        ...     _ = path.write_bytes(bytes([0, 0, 8, 1]) + bytes([0, 0, 0, 3]) + bytes([7, 2, 1]))
        ...     read_idx(path)
        array([7, 2, 1], dtype=uint8)
    """
    try:
        with open_plain(path) as file:
            return _read(file, path)
    except OSError as error:
        raise DatasetError(
            f"an IDX file was expected at {path}; it cannot be read ({error.strerror}); check the "
            "path."
        ) from error
    except Unreadable as error:
        raise DatasetError(
            f"{path} must be an IDX file of images or labels; {error}; pass the original file."
        ) from error
    except (EOFError, zlib.error) as error:
        raise DatasetError(
            f"{path} must be a whole gzip file; unpacking it stopped ({str(error).rstrip('.')}); "
            "fetch the file again."
        ) from error


def _read(file: BinaryIO, path: Path) -> NDArray[np.uint8]:
    size = os.fstat(file.fileno()).st_size
    packed = file.read(len(_GZIP)) == _GZIP
    file.seek(0)
    content = _Content(_unpacked(file) if packed else iter(lambda: file.read(_PIECE), b""))
    shape = _shape(content.read(4), content, path)
    start, expected = 4 + 4 * len(shape), math.prod(shape)
    if not packed and size - start != expected:
        raise _wrong_length(path, shape, str(size - start))
    if packed:
        check_unpacked(expected, size)
    check_fits(expected)
    numbers = np.frombuffer(content.read(expected), np.uint8)
    if len(numbers) != expected:
        raise _wrong_length(path, shape, str(len(numbers)))
    if content.read(1):  # also checks the sum at the end of a gzip file
        raise _wrong_length(path, shape, "more")
    return numbers.reshape(shape)


def _wrong_length(path: Path, shape: tuple[int, ...], received: str) -> DatasetError:
    return DatasetError(
        f"{path} must hold {math.prod(shape)} numbers behind a header of shape {shape}; received "
        f"{received}; fetch the file again."
    )


class _Content:
    """The bytes of a file, of which only those that are wanted are unpacked."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""

    def read(self, size: int) -> bytearray:
        """The next bytes, as many as there are."""
        found = bytearray(self._rest[:size])
        self._rest = self._rest[size:]
        while len(found) < size and (piece := next(self._pieces, b"")):
            wanted = size - len(found)
            found += piece[:wanted]
            self._rest = piece[wanted:]
        return found


def _unpacked(file: BinaryIO) -> Iterator[bytes]:
    """The content of a gzip file, which may have several members and zeros behind them.

    Raises:
        EOFError: it is cut short.
        zlib.error: it is damaged.
        Unreadable: it has more members than any real file.
    """
    packed = file.read(_PIECE)
    for _ in range(_MEMBERS_MOST):
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)  # with the header of gzip
        while not member.eof:
            packed = packed or file.read(_PIECE)
            ended = not packed
            piece = member.decompress(packed, _PIECE)
            packed = member.unconsumed_tail
            if piece:
                yield piece
            elif ended and not member.eof:
                raise EOFError("the file ended before its last part")
        packed = member.unused_data.lstrip(b"\0")
        while not packed and (more := file.read(_PIECE)):
            packed = more.lstrip(b"\0")
        if not packed:
            return
    raise Unreadable(f"it has more than {_MEMBERS_MOST:,} gzip members")


def _shape(magic: bytearray, content: _Content, path: Path) -> tuple[int, ...]:
    dimensions = magic[3] if len(magic) > 3 else 0
    if not magic.startswith(_UNSIGNED_BYTES) or not 1 <= dimensions <= _MOST_DIMENSIONS:
        raise DatasetError(
            "an IDX file of unsigned bytes must begin with 00 00 08 and 01, 02, 03 or 04 for its "
            f"dimensions; {path} begins with {magic.hex(' ') or 'nothing'}; pass an IDX "
            "file such as t10k-images-idx3-ubyte.gz."
        )
    header = content.read(4 * dimensions)
    if len(header) < 4 * dimensions:
        raise DatasetError(
            f"{path} must name {dimensions} dimensions in {4 * dimensions} bytes; received "
            f"{len(header)} bytes; fetch the file again."
        )
    shape = tuple(np.frombuffer(header, ">u4").tolist())
    if 0 in shape:
        raise DatasetError(
            f"{path} must hold one number or more; its header says shape {shape}; fetch the file "
            "again."
        )
    return shape
