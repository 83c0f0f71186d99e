"""File names as tables have them -> paths below the folder of the table, on this system."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath
from urllib.parse import unquote, urlsplit

from hardex.data.names import shortened
from hardex.errors import DatasetError

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"})
# Also given to pictures; a file in a class folder is known by its content, too.
OTHER_SUFFIXES = frozenset({".jfif", ".jpe", ".ppm", ".pgm", ".pbm", ".pnm", ".apng", ".dib"})
_HERE = ("", "localhost")


def local_names(names: Sequence[str], root: Path, table: Path) -> list[str]:
    r"""Each name as a path that this system has; a name that leads nowhere stays as it is.

    `file://` addresses become paths, relative ones if they are in the folder. Backslashes, which
    Windows writes, become slashes. A name without a suffix, such as `5f2a`, gets that of the
    picture in its folder.

    Args:
        names: as they are in the table.
        root: the folder of the table.
        table: its path, for errors.

    Raises:
        DatasetError: a name is an address on the web, or fits two pictures.

    Example:
        >>> local_names(["cat\\1.png"], Path("."), Path("table.csv"))
        ['cat/1.png']
    """
    known: dict[str, dict[str, list[str]]] = {}
    return [
        _with_suffix(_with_slashes(_without_address(name, root, table), root), root, table, known)
        for name in names
    ]


def leaves(name: str) -> bool:
    """Whether a path may lead out of the folder on this or another system."""
    parts = PureWindowsPath(name)  # knows both kinds of slashes
    return ".." in parts.parts or bool(parts.anchor) or PurePosixPath(name).is_absolute()


def _without_address(name: str, root: Path, table: Path) -> str:
    scheme, marked, _ = name.partition("://")
    if not marked or not scheme.isalnum():
        return name
    parts = urlsplit(name)
    if parts.scheme != "file" or parts.netloc not in _HERE:
        raise DatasetError(
            f"a table must name files on this computer; {table} names {shortened([name])}; "
            "download the pictures and name their files."
        )
    path = unquote(parts.path)
    if os.name == "nt":
        path = path.lstrip("/")
    for folder in (root.absolute(), root.resolve()):
        if Path(path).is_relative_to(folder) and ".." not in Path(path).parts:
            return Path(path).relative_to(folder).as_posix()
    return path


def _with_slashes(name: str, root: Path) -> str:
    if "\\" not in name or leaves(name) or _is_file(root / name):
        return name
    return name.replace("\\", "/")


def _with_suffix(name: str, root: Path, table: Path, known: dict[str, dict[str, list[str]]]) -> str:
    path = PurePosixPath(name)
    if path.suffix.lower() in SUFFIXES or leaves(name) or "\0" in name or _is_file(root / name):
        return name
    folder = str(path.parent)
    if folder not in known:
        known[folder] = _by_stem(_files_in(root / folder))
    found = known[folder].get(path.name, [])
    if len(found) > 1:
        raise DatasetError(
            f"every row of {table} must name one picture; {name!r} fits {shortened(found)}; write "
            "the suffixes into the table."
        )
    return str(path.with_name(found[0])) if found else name


def _by_stem(files: Iterable[str]) -> dict[str, list[str]]:
    stems: dict[str, list[str]] = {}
    for file in sorted(files):
        stem, suffix = os.path.splitext(file)
        if suffix.lower() in SUFFIXES | OTHER_SUFFIXES:
            stems.setdefault(stem, []).append(file)
    return stems


def _files_in(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries]
    except (OSError, ValueError):  # no such folder, or an invalid name
        return []


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
