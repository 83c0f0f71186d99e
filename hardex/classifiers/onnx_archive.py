"""What is read of an `.onnx` file before onnxruntime opens it: where its weights lie, how it ends.

Weights may lie in other files, which the model names. Older versions of onnxruntime read them from
anywhere on the disk, and an output of the model could then show them. An `.onnx` file is a message
in Protocol Buffers; this file reads only those fields of it that lead to names of files.

Source:
    onnx.proto3 of ONNX; "Encoding" in the documentation of Protocol Buffers.
"""

import mmap
from collections.abc import Iterator, Mapping
from pathlib import Path, PureWindowsPath
from typing import Any

from hardex.bounded import Unreadable, is_inside, open_plain, why
from hardex.errors import ClassifierError

# Message -> field number -> the message in it.
_FIELDS: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph", 20: "training", 25: "function"},
    "training": {1: "graph", 2: "graph"},
    "function": {7: "node", 11: "attribute"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
    "tensor": {13: "entry"},
    "entry": {},
}
_KEY, _VALUE = 1, 2  # of an entry
_INPUT, _OUTPUT, _OPERATION = 1, 2, 4  # of a node
_GRAPH, _NODE = 7, 1  # of a model, and of a graph
# Operations that leave the numbers as they are.
_PASSED_OVER = frozenset({"Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze"})
_VARINT, _EIGHT, _PART, _FOUR = 0, 1, 2, 5  # how a value is encoded
_DEPTH_MOST = 100  # graphs within graphs and the like
_FIELDS_MOST = 10_000_000

Place = tuple[str, int, int, int]  # the kind of a message, where it begins and ends, its depth


def check_places(path: Path) -> None:
    """Refuse a model whose weights lie outside its own folder.

    Args:
        path: an `.onnx` file.

    Raises:
        ClassifierError: it names a file by an absolute path, by `..` or by a link that leads out,
            or something that is not a plain file; or it is not a message that can be followed.
    """
    try:
        names = set(_locations(path))
    except (OSError, ValueError, IndexError) as error:
        raise ClassifierError(
            f"the model must be a whole .onnx file; reading {path} failed ({why(error)}); export "
            "it again."
        ) from error
    strange = sorted(name for name in names if not _is_beside(name, path.parent))
    if strange:
        raise ClassifierError(
            f"the weights of an .onnx file must lie in it or beside it; {path} names "
            f"{ascii(strange[0])[:80]}, and {len(strange)} of {len(names)} files are not plain "
            "files in its folder; put them there, or do not use it."
        )


def last_operation(path: Path, output: str) -> str:
    """The operation that computes an output, such as `Softmax`; "" if it cannot be followed.

    Args:
        path: an `.onnx` file that `check_places` let through.
        output: its name.
    """
    try:
        with open_plain(path) as file, _mapped(file) as content:
            made = dict(_made_by(content))
    except (OSError, ValueError, IndexError):
        return ""
    name = output.encode()
    for _ in range(_DEPTH_MOST):
        operation, into = made.get(name, ("", b""))
        if operation not in _PASSED_OVER:
            return operation
        name = into
    return ""


def _mapped(file: Any) -> mmap.mmap:
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _made_by(content: Any) -> Iterator[tuple[bytes, tuple[str, bytes]]]:
    """For each value in the graph, the operation that computes it, and its first input."""
    for number, first, last in _parts(content, 0, len(content)):
        for part, start, end in _parts(content, first, last) if number == _GRAPH else ():
            if part == _NODE:
                fields = [(n, content[a:b]) for n, a, b in _parts(content, start, end) if n <= 4]
                kind = next((it.decode() for n, it in fields if n == _OPERATION), "")
                into = next((it for n, it in fields if n == _INPUT), b"")
                yield from ((it, (kind, into)) for n, it in fields if n == _OUTPUT)


def _is_beside(name: str, folder: Path) -> bool:
    parts = PureWindowsPath(name)  # knows both kinds of slashes
    if ".." in parts.parts or parts.anchor or name.startswith("/") or not name:
        return False
    try:
        return is_inside(folder / name, folder) and (folder / name).is_file()
    except (OSError, ValueError):
        return False


def _locations(path: Path) -> Iterator[str]:
    """The files that a model names."""
    with open_plain(path) as file, _mapped(file) as content:
        waiting: list[Place] = [("model", 0, len(content), 0)]
        read = 0
        while waiting:
            kind, start, end, depth = waiting.pop()
            if depth > _DEPTH_MOST:
                raise Unreadable("it is nested too deeply")
            pair: dict[int, bytes] = {}
            for number, first, last in _parts(content, start, end):
                read += 1
                if read > _FIELDS_MOST:
                    raise Unreadable("it has too many parts")
                inner = _FIELDS[kind].get(number)
                if inner is not None:
                    waiting.append((inner, first, last, depth + 1))
                elif kind == "entry" and number in (_KEY, _VALUE):
                    pair[number] = content[first:last]
            if pair.get(_KEY) == b"location":
                yield pair.get(_VALUE, b"").decode(errors="surrogateescape")


def _parts(content: Any, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The fields of a message that hold bytes: number, and where they begin and end."""
    while start < end:
        tag, start = _varint(content, start)
        if tag >= 2**32:  # readers differ in what they make of it
            raise Unreadable("it is no message")
        encoding = tag & 7
        if encoding == _PART:
            size, start = _varint(content, start)
            if start + size > end:
                raise Unreadable("it is cut short")
            yield tag >> 3, start, start + size
            start += size
        elif encoding == _VARINT:
            _, start = _varint(content, start)
        elif encoding in (_EIGHT, _FOUR):
            start += 8 if encoding == _EIGHT else 4
        else:
            raise Unreadable("it is no message")


def _varint(content: Any, start: int) -> tuple[int, int]:
    """A whole number and where it ends: seven bits a byte, the lowest first."""
    value = 0
    for shift in range(0, 70, 7):
        byte = content[start]
        start += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, start
    raise Unreadable("it is no message")
