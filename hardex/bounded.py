"""Files that may come from somebody else: read up to a limit, from plain files only.

A pipe or a device may be read forever, a short file may promise or unpack to more than fits into
memory, and JSON may be nested deeper than Python can follow. What is read here ends in a value or
in an `OSError` or `Unreadable` with a short reason, which the caller puts into its own sentence.
"""

import errno
import json
import os
import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

JSON_MOST = 2**24  # bytes of a file of settings; a hundred thousand class names have some 3 million
TEXT_MOST = 2**32  # bytes of a table or a list of annotations
CELL_MOST = 131_072  # characters of a cell; the limit of Python's `csv`
_LINE_MOST = 2**24  # characters; a row of 100,000 numbers has some 2 million
_DEPTH_MOST = 64  # lists and objects within each other; hardex writes 6
_DIGITS_MOST = 40  # of a whole number; one of 128 bits has 39
# Pixels and labels of real data pack to a tenth or so; only what was made for it packs to less than
# a hundredth. A short file may: all of its labels may be the same.
_RATIO_MOST = 100
_ANY_RATIO = 2**28  # bytes up to which the ratio does not matter
_ARRAY_MOST = 2**36  # bytes, where the size of the memory is unknown
_PAIRED = re.compile(r"\\u[dD][89a-fA-F]")  # half of a character, perhaps without its other half


class Unreadable(ValueError):
    """What a file holds is too much, or can be read in two ways; the message is a short reason."""


def open_plain(path: str | Path) -> BinaryIO:
    """Open a plain file for reading bytes; a pipe or a device is refused, without waiting for it.

    Raises:
        OSError: it cannot be opened, or is no plain file.

    Example:
        >>> open_plain("/dev/null")
        Traceback (most recent call last):
        OSError: [Errno 22] it is not a plain file: '/dev/null'
    """
    return os.fdopen(_plain_handle(path), "rb")


def _plain_handle(path: str | Path) -> int:
    """The descriptor of a plain file, for reading."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "it is not a plain file", str(path))
    except BaseException:
        os.close(handle)
        raise
    return handle


def read_bytes(path: str | Path, most: int) -> bytes:
    """All bytes of a plain file.

    Args:
        path: the file.
        most: how many it may have.

    Raises:
        OSError: it cannot be read, or is no plain file.
        Unreadable: it has more.
    """
    with open_plain(path) as file:
        _check_size(os.fstat(file.fileno()).st_size, most)
        content = file.read(most + 1)
    _check_size(len(content), most)  # it may have grown
    return content


def lines_of(path: str | Path, most: int = TEXT_MOST) -> Iterator[str]:
    """The lines of a text file in UTF-8, as they end there, for `csv` and the like.

    Args:
        path: a plain file.
        most: how many bytes it may have.

    Raises:
        OSError: it cannot be read, or is no plain file.
        Unreadable: it or one of its lines is too long.
        UnicodeDecodeError: it is not UTF-8.
    """
    handle = _plain_handle(path)
    # The file does not own its handle: a reader that gives up half-way may be collected in any
    # order, and a file that is collected before it was closed warns.
    try:
        _check_size(os.fstat(handle).st_size, most)
        with open(handle, encoding="utf-8-sig", newline="", closefd=False) as text:
            while line := text.readline(_LINE_MOST):
                if len(line) == _LINE_MOST:
                    raise Unreadable(f"a line has {_LINE_MOST:,} characters or more")
                yield line
    finally:
        os.close(handle)


def read_json(path: str | Path, most: int = JSON_MOST) -> Any:
    """The value in a JSON file in UTF-8; see `json_of`.

    Args:
        path: a plain file.
        most: how many bytes it may have.

    Raises:
        OSError: it cannot be read, or is no plain file.
        ValueError: as `Unreadable`, it is too much; else it is not JSON in UTF-8.
    """
    return json_of(read_bytes(path, most).decode("utf-8-sig"))


def json_of(text: str, *, endless: bool = False) -> Any:
    """The value of a JSON text that every reader understands in the same way.

    Args:
        text: in JSON.
        endless: whether it may have NaN and infinity, which is not JSON, but which Python writes.

    Raises:
        ValueError: it is not JSON; as `Unreadable`, it is nested more than 64 deep, names a field
            twice, has half a character, a number of more than 40 digits, or one that is infinite.

    Example:
        >>> json_of('{"share": 0.5}')
        {'share': 0.5}
        >>> json_of('{"share": 0.5, "share": 0.9}')
        Traceback (most recent call last):
        hardex.bounded.Unreadable: it names the field 'share' twice
    """
    try:
        value = (_ENDLESS if endless else _FINITE).decode(text)
    except RecursionError as error:
        raise Unreadable(_TOO_DEEP) from error
    _check_depth(value)
    if _PAIRED.search(text):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise Unreadable("it has half of a character (an unpaired surrogate)") from error
    return value


def why(error: Exception) -> str:
    """The reason of an error in a few words, for a sentence in brackets.

    Example:
        >>> why(Unreadable("it is too long")), why(KeyError("counts"))
        ('it is too long', 'KeyError')
    """
    return str(error) if isinstance(error, Unreadable) else type(error).__name__


def check_unpacked(unpacked: int, packed: int) -> None:
    """Refuse what unpacks to more than a hundred times its size, unless that is not much.

    Args:
        unpacked: bytes that a file says it unpacks to.
        packed: bytes of the file.

    Raises:
        Unreadable: it is a decompression bomb.

    Example:
        >>> check_unpacked(10**9, 10**6)
        Traceback (most recent call last):
        hardex.bounded.Unreadable: it would unpack 1,000,000 bytes to 1,000,000,000, more than 100 \
times as many
    """
    if unpacked > max(_ANY_RATIO, _RATIO_MOST * packed):
        raise Unreadable(
            f"it would unpack {packed:,} bytes to {unpacked:,}, more than {_RATIO_MOST} times as "
            "many"
        )


def check_fits(size: int) -> None:
    """Refuse an array that is larger than the memory of this computer.

    Args:
        size: in bytes.

    Raises:
        Unreadable: it is.
    """
    most = _memory()
    if size > most:
        raise Unreadable(f"it holds {size:,} bytes of numbers, and {most:,} is the most")


def is_inside(path: Path, folder: Path) -> bool:
    """Whether a path is in a folder, also once every link on the way is followed.

    Example:
        >>> is_inside(Path("run/../secret.png"), Path("run"))
        False
    """
    try:
        return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))
    except (OSError, ValueError):  # a loop of links, or an invalid name
        return False


def _memory() -> int:
    """Bytes of memory of this computer."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows
        return _ARRAY_MOST


def _check_size(size: int, most: int) -> None:
    if size > most:
        raise Unreadable(f"it has {size:,} bytes, and {most:,} is the most")


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise Unreadable(f"the number {text[:40]} is infinite")
    return value


def _whole(text: str) -> int:
    if len(text) > _DIGITS_MOST:
        raise Unreadable(f"a number has {len(text):,} digits")
    return int(text)


def _no_number(text: str) -> float:
    raise Unreadable(f"{text} is not a number in JSON")


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise Unreadable(f"it names the field {twice[:40]!r} twice")
    return found


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(_DEPTH_MOST):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise Unreadable(_TOO_DEEP)


_TOO_DEEP = f"it is nested more than {_DEPTH_MOST} deep"
_FINITE = json.JSONDecoder(
    parse_float=_finite,
    parse_int=_whole,
    parse_constant=_no_number,
    object_pairs_hook=_once,
)
_ENDLESS = json.JSONDecoder(parse_int=_whole, object_pairs_hook=_once)
