"""An IDX file -> one array of bytes. IDX is the format of MNIST and its successors.

Two zero bytes, one byte for the number type (08: unsigned byte), one byte for the number of
dimensions; each dimension as four bytes, highest first; then the numbers themselves.

Source:
    "The IDX file format" on the MNIST page of LeCun, Cortes and Burges.
"""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hardex.errors import DatasetError

_GZIP = b"\x1f\x8b"
_UNSIGNED_BYTES = b"\x00\x00\x08"
_MOST_DIMENSIONS = 4  # (n, h, w, c)


def read_idx(path: Path) -> NDArray[np.uint8]:
    """The array in an IDX file of unsigned bytes, plain or gzipped.

    The first bytes tell which, so an unpacked file that kept its `.gz` is read, too.

    Args:
        path: labels, (n,); or images, (n, h, w) or (n, h, w, c).

    Returns:
        The array in the file's own shape, the caller's to write to.

    Raises:
        DatasetError: the file cannot be read, is no IDX file of unsigned bytes, or is cut short.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder) / "labels-idx1-ubyte"
        ...     _ = path.write_bytes(bytes([0, 0, 8, 1]) + bytes([0, 0, 0, 3]) + bytes([7, 2, 1]))
        ...     read_idx(path)
        array([7, 2, 1], dtype=uint8)
    """
    content = _unpacked(path)
    shape = _shape(content, path)
    start = 4 + 4 * len(shape)
    expected, received = math.prod(shape), len(content) - start
    if received != expected:
        raise DatasetError(
            f"{path} must hold {expected} numbers behind a header of shape {shape}; received "
            f"{received}; fetch the file again."
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy()


def _unpacked(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DatasetError(
            f"an IDX file was expected at {path}; it cannot be read ({error.strerror}); check the "
            "path."
        ) from error
    if not content.startswith(_GZIP):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, OSError, zlib.error) as error:
        raise DatasetError(
            f"{path} must be a whole gzip file; unpacking it stopped ({str(error).rstrip('.')}); "
            "fetch the file again."
        ) from error


def _shape(content: bytes, path: Path) -> tuple[int, ...]:
    dimensions = content[3] if len(content) > 3 else 0
    if not content.startswith(_UNSIGNED_BYTES) or not 1 <= dimensions <= _MOST_DIMENSIONS:
        raise DatasetError(
            "an IDX file of unsigned bytes must begin with 00 00 08 and 01, 02, 03 or 04 for its "
            f"dimensions; {path} begins with {content[:4].hex(' ') or 'nothing'}; pass an IDX "
            "file such as t10k-images-idx3-ubyte.gz."
        )
    header = content[4 : 4 + 4 * dimensions]
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
