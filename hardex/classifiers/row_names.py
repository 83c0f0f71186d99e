"""Names of saved rows -> the example of each, by the longest common end of their paths.

The program that saved the rows may have named the same file from another folder, from the root of
its disk, or with `\\`. A name fits an example if one of the two is the end of the other, folder by
folder; `cat/1.png` never fits `dog/1.png`.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from hardex.data.names import counts_up
from hardex.data.paths import OTHER_SUFFIXES, SUFFIXES
from hardex.errors import HardexError

# Columns and arrays that hold names, in the order in which they are tried; case, `_`, `-` and
# spaces play no part.
NAME_COLUMNS = (
    *("id", "ids", "path", "paths", "file", "files", "file_name", "file_names"),
    *("file_path", "file_paths", "image", "image_path", "image_paths", "image_name", "image_names"),
    *("image_file", "image_id", "image_ids", "img", "img_id", "img_path", "img_name"),
    *("name", "names", "file_id", "sample_id", "example_id"),
)
_INDEX = ("", "unnamed: 0", "index", "level_0", "__index_level_0__")  # what pandas calls its index
_ENDS = SUFFIXES | OTHER_SUFFIXES
_MANY = -2  # a tail of several examples


def _plain(column: str) -> str:
    return re.sub(r"[\s_-]", "", column).casefold()


_RANK = {_plain(name): rank for rank, name in reversed(list(enumerate(NAME_COLUMNS)))}


def holds_names(column: str) -> bool:
    """Whether a column of this name holds the names of the rows.

    Example:
        >>> holds_names("File Name"), holds_names("cat")
        (True, False)
    """
    return _plain(column) in _RANK


def preferred(columns: Iterable[str]) -> list[str]:
    """The columns that hold names, the most telling first.

    Example:
        >>> preferred(["cat", "Name", "file_path", "ID"])
        ['ID', 'file_path', 'Name']
    """
    return sorted(filter(holds_names, columns), key=lambda name: _RANK[_plain(name)])


def counts_rows(texts: Sequence[str]) -> bool:
    """Whether a column only numbers the rows, 0, 1, …, so that it names nothing.

    Example:
        >>> counts_rows(["0", "1"]), counts_rows(["1", "0"])
        (True, False)
    """
    return counts_up(texts) or list(texts) == ["0"]


def has_twins(texts: Sequence[str]) -> bool:
    """Whether a text occurs twice, as those of labels do."""
    return len(set(texts)) < len(texts)


@dataclass(frozen=True, eq=False)
class Examples:
    """What the examples are called.

    Attributes:
        ids: n stable names.
        files: n paths, or ().
        heads_differ: whether the leading folders that all names share may differ from those that
            all examples share; not so where the leading folders are the classes.
    """

    ids: Sequence[str]
    files: Sequence[str] = ()
    heads_differ: bool = True

    @property
    def kinds(self) -> list[Sequence[str]]:
        """The names to try."""
        known = [self.ids]
        return (
            known if not self.files or list(self.files) == list(self.ids) else [*known, self.files]
        )


@dataclass(frozen=True, eq=False)
class Matched:
    """Which example each name fits.

    Attributes:
        found: (m,) the example of each name; -1 for none, -2 for several.
        count: how many examples there are.
    """

    found: NDArray[np.int64]
    count: int

    @property
    def misses(self) -> int:
        """How many names and examples are without the other."""
        return len(self.found) + self.count - 2 * len(np.unique(self.found[self.found >= 0]))

    def places(self) -> NDArray[np.int64]:
        """(n,) the row of each example; -1 for none."""
        rows = np.full(self.count, -1, np.int64)
        fits = np.flatnonzero(self.found >= 0)
        rows[self.found[fits]] = fits
        return rows


def match(names: Sequence[str], examples: Examples) -> Matched:
    """Which example each name fits: exactly, else by the longest common end, else without `.png`.

    Example:
        >>> match(["/tmp/b/2.png", "a\\\\1.png"], Examples(["a/1.png", "b/2.png"])).found
        array([1, 0])
    """
    whole = (_exact(names, known) for known in examples.kinds)
    if (same := next((seen for seen in whole if not seen.misses), None)) is not None:
        return same
    ways = (_by_tails, _by_stems)
    seen = [way(names, known, examples.heads_differ) for way in ways for known in examples.kinds]
    return min(seen, key=lambda one: one.misses)


def is_index(column: str) -> bool:
    """Whether pandas calls a column so that held the index of a table."""
    return column.strip().lower() in _INDEX


def is_meant(column: str) -> bool:
    """Whether a column with this name is there to name the rows, whatever it holds."""
    return holds_names(column) or is_index(column)


def are_files(texts: Sequence[str]) -> bool:
    """Whether most texts end like the names of pictures."""
    return bool(texts) and 2 * sum(map(_has_suffix, texts)) > len(texts)


def column_of_names(names: Mapping[str, Sequence[str]], examples: Examples) -> str | None:
    """The column that names the rows: the first that fits all examples, else the one to refuse.

    A column with one of the `NAME_COLUMNS` is meant to name the rows unless it only counts them.
    Any other column of texts does if it fits half of the examples or holds names of picture files.

    Example:
        >>> examples = Examples(["a/1.png", "b/2.png"])
        >>> column_of_names({"label": ["b", "a"], "photo": ["b/2.png", "a/1.png"]}, examples)
        'photo'
    """
    fits = {}
    for column, texts in names.items():
        seen = match(texts, examples)
        if not seen.misses:
            return column
        found = len(np.unique(seen.found[seen.found >= 0]))
        meant = is_meant(column) and not counts_rows(texts)
        if meant or 2 * found >= max(1, len(texts)) or are_files(texts):
            fits[column] = found
    return max(fits, key=fits.__getitem__, default=None)


def placed(
    names: Sequence[str],
    examples: Examples,
    *,
    what: str,
    source: str,
    kind: type[HardexError],
    subset: bool = False,
) -> NDArray[np.int64]:
    """(n,) the row of each example; -1 for none, which only a subset may have.

    Args:
        names: (m,) of the rows.
        examples: n of them.
        what: what a row holds, for the error.
        source: the file and column of the names, for the error.
        kind: of the error.
        subset: whether rows without an example and examples without a row are left out.

    Raises:
        HardexError: a name fits several examples, two names fit the same, a name fits none, or an
            example has none; the first is named and all are counted.
    """
    seen = match(names, examples)
    _check_clear(seen, names, examples, source, kind)
    _check_once(seen, names, what, source, kind)
    rows = seen.places()
    if not subset:
        _check_whole(seen, rows, names, examples, what, source, kind)
    elif not (rows >= 0).any():
        raise kind(
            f"--subset needs at least one {what} with an example; row 0 of {source} is "
            f"{names[0] if len(names) else ''!r}, and none of {len(names)} is in the data, whose "
            f"first example is {examples.ids[0]!r}; save the file names of the data."
        )
    return rows


def _check_clear(
    seen: Matched,
    names: Sequence[str],
    examples: Examples,
    source: str,
    kind: type[HardexError],
) -> None:
    several = np.flatnonzero(seen.found == _MANY)
    if len(several):
        name = names[several[0]]
        end = _parts(name)[-1:]
        fits = [
            known
            for known in examples.kinds[-1]
            if _parts(known)[-1:] == end or _stem_parts(known)[-1:] == end
        ]
        raise kind(
            f"every name must fit one example; row {several[0]} (counted from 0) of {source} is "
            f"{name!r}, which fits {' and '.join(fits[:2])}, and {len(several)} of {len(names)} "
            "fit several; save the names with their folders."
        )


def _check_once(
    seen: Matched, names: Sequence[str], what: str, source: str, kind: type[HardexError]
) -> None:
    order = np.argsort(seen.found, kind="stable")
    again = order[1:][
        (seen.found[order][1:] == seen.found[order][:-1]) & (seen.found[order][1:] >= 0)
    ]
    if len(again):
        row = int(again.min())
        first = int(np.flatnonzero(seen.found == seen.found[row])[0])
        raise kind(
            f"every example must have one {what}; row {row} (counted from 0) of {source} is "
            f"{names[row]!r} and row {first} is {names[first]!r} already, and {len(again)} of "
            f"{len(names)} come again; save each example once."
        )


def _check_whole(
    seen: Matched,
    rows: NDArray[np.int64],
    names: Sequence[str],
    examples: Examples,
    what: str,
    source: str,
    kind: type[HardexError],
) -> None:
    missing = np.flatnonzero(rows < 0)
    unknown = np.flatnonzero(seen.found < 0)
    if len(missing):
        also = (
            f", while row {unknown[0]} is {names[unknown[0]]!r}, one of {len(unknown)} that no "
            "example is called"
            if len(unknown)
            else ""
        )
        raise kind(
            f"every example must have a {what}; {source} has none for "
            f"{examples.ids[missing[0]]!r} (example {missing[0]}, counted from 0), and "
            f"{len(missing)} of {len(rows)} are missing{also}; save the file names of this data, "
            "pass --subset to leave out what has no partner, or take the names out to go by order."
        )
    if len(unknown):
        raise kind(
            f"every {what} must belong to an example; row {unknown[0]} (counted from 0) of "
            f"{source} is {names[unknown[0]]!r}, and {len(unknown)} of {len(names)} are not in the "
            "data; pass the data they were made on, or --subset to leave them out."
        )


def _exact(names: Sequence[str], known: Sequence[str]) -> Matched:
    place = {name: i for i, name in enumerate(known)}
    found = [place.get(name, -1) for name in names]
    return Matched(np.array(found, np.int64), len(known))


def _by_tails(names: Sequence[str], known: Sequence[str], heads_differ: bool) -> Matched:
    return _tails([_parts(name) for name in names], [_parts(name) for name in known], heads_differ)


def _by_stems(names: Sequence[str], known: Sequence[str], heads_differ: bool) -> Matched:
    """Without the suffixes of images, where the names have none."""
    rows = [_parts(name) for name in names]
    if any(_has_suffix(row[-1]) for row in rows if row):
        return Matched(np.full(len(names), -1, np.int64), len(known))
    return _tails(rows, [_stem_parts(name) for name in known], heads_differ)


def _tails(
    rows: list[tuple[str, ...]], known: list[tuple[str, ...]], heads_differ: bool
) -> Matched:
    places: dict[tuple[str, ...], int] = {}
    whole: dict[tuple[str, ...], int] = {}
    for i, parts in enumerate(known):
        whole[parts] = _MANY if parts in whole else i
        for start in range(len(parts)):
            tail = parts[start:]
            places[tail] = _MANY if tail in places else i
    shared = (_shared(rows), _shared(known)) if heads_differ else (0, 0)
    longest = max(map(len, known), default=0)

    def fitting(row: tuple[str, ...]) -> int:
        for length in range(min(len(row), longest), 0, -1):
            tail = row[-length:]
            place = places.get(tail)
            if place is None:
                continue
            before = len(row) - length
            if place == _MANY:
                return whole.get(tail, _MANY if before <= shared[0] else -1)
            above = len(known[place]) - length
            clash = before and above and not (before <= shared[0] and above <= shared[1])
            return -1 if clash else place
        return -1

    return Matched(np.array([fitting(row) for row in rows], np.int64), len(known))


def _parts(name: str) -> tuple[str, ...]:
    name = unquote(name) if name.startswith("file://") else name.strip()
    text = name if name.isascii() else unicodedata.normalize("NFC", name)
    return tuple(part for part in text.replace("\\", "/").split("/") if part not in ("", "."))


def _stem_parts(name: str) -> tuple[str, ...]:
    *folders, last = _parts(name) or ("",)
    return (*folders, last.rpartition(".")[0] if _has_suffix(last) else last)


def _has_suffix(name: str) -> bool:
    return f".{name.rpartition('.')[2].strip().lower()}" in _ENDS


def _shared(rows: Sequence[tuple[str, ...]]) -> int:
    """How many leading folders all have in common."""
    if not rows:
        return 0
    low, high = min(rows)[:-1], max(rows)[:-1]  # all others lie between them
    pairs = enumerate(zip(low, high, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(low), len(high)))
