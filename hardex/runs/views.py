"""Which examples of a run, in which order, one page at a time. Only this file knows DuckDB.

Every query goes directly to `predictions.parquet`, so nothing is held in memory and a million
rows answer in a few hundredths of a second. Names of columns are checked against the table, and
values travel as parameters, never as text of a query.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from glob import escape
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardex.bounded import why
from hardex.data.names import is_storable
from hardex.errors import RunError
from hardex.runs.folder import RESULTS
from hardex.runs.tables import check_table

LISTS = ("all", "hard", "unsure", "wrong")  # of a view; `hard` is either list
RANK, POSITION, CAUSE = "rank", "position", "cause"  # orders that are not scores
CONFIDENCE = "confidence"
UNJUDGED, JUDGED, DISPUTED = "none", "any", "disagree"  # filters that are not verdicts

PAGE_SIZE = 60
_PAGE_MOST = 1_000
_META = "meta_"
_VALUES_MOST = 100
_PLACES_KEPT = 65_536  # of examples looked up by id
_WITH_RANKS = "predictions LEFT JOIN chosen USING (position)"
# Terms of an ORDER BY, and whether the largest come first. Two windows: the turn of an example
# within its cause, and how hard the hardest of the cause is.
_BY_CAUSE = (
    ("CASE WHEN found IS NOT NULL THEN "
     "row_number() OVER (PARTITION BY found ORDER BY loss DESC, position) END", False),
    ("max(loss) OVER (PARTITION BY found)", True),
    ("loss", True),
)  # fmt: skip
_NO_META: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class View:
    """Which examples, and in which order. All filters are optional; they combine.

    Attributes:
        list: `all` examples, the `hard` ones (in either list), or one list: `unsure`, `wrong`.
        given: given class, by name.
        predicted: predicted class, by name; with `given`, one cell of the confusion matrix.
        correct: True only what is right, False only what is wrong.
        text: what the id must contain, in capitals or not.
        score: a score, or `confidence`, whose range is limited.
        least, most: the limits of that range, inclusive.
        meta: value by name of a further column, without `meta_`.
        verdict: the latest verdict of an annotator; or `any`, `none` for not judged yet, or
            `disagree` where two annotators differ.
        cause: what the diagnosis found.
        at: only the examples at these positions; () for no such limit.
        sort: a score or `confidence` (largest first), `position` (first first), `rank` or `cause`
            (causes in turn, in each the largest loss first; what was not diagnosed comes last);
            "" is the order of `at`, or `rank` within the lists and `position` among all.
        reverse: the other way round. Ties are in order of position either way.

    Example:
        >>> View(list="wrong", given="7").sort
        ''
    """

    list: str = "all"
    given: str = ""
    predicted: str = ""
    correct: bool | None = None
    text: str = ""
    score: str = ""
    least: float | None = None
    most: float | None = None
    meta: Mapping[str, str] = field(default_factory=lambda: _NO_META)
    verdict: str = ""
    cause: str = ""
    at: tuple[int, ...] = ()
    sort: str = ""
    reverse: bool = False

    def __hash__(self) -> int:
        return hash(self._key())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, View) and self._key() == other._key()

    def _key(self) -> tuple[Any, ...]:
        return tuple(
            tuple(sorted(value.items())) if name == "meta" else value
            for name, value in vars(self).items()
        )


@dataclass(frozen=True)
class Example:
    """One row of a page.

    Attributes:
        id: its stable name.
        position: its place in the data set.
        given_label, predicted_label: class names.
        confidence: of the prediction, 0..1.
        unsure, wrong: its rank in each list; None where it is not in the list.
        score: the score that the view is sorted by; None if it is sorted by something else.
    """

    id: str
    position: int
    given_label: str
    predicted_label: str
    confidence: float
    unsure: int | None
    wrong: int | None
    score: float | None


@dataclass(frozen=True)
class Found:
    """One page of a view.

    Attributes:
        total: how many examples the view has.
        page: which page this is, from 1.
        pages: how many there are, at least 1.
        examples: those of this page, in order.
    """

    total: int
    page: int
    pages: int
    examples: tuple[Example, ...]


class Place(NamedTuple):
    """Where an example is, and its labels.

    Attributes:
        position: its place in the data set.
        given_label, predicted_label: class names.
    """

    position: int
    given_label: str
    predicted_label: str


class Tables:
    """The tables of one run, for queries from any number of threads.

    Args:
        folder: the run folder.
        class_names: k names.
        chosen: returns list, rank and id of the hard examples; called when first needed.
        judged: returns the ids whose latest verdict by somebody is this one, or any if it is "";
            of `disagree` those where two differ.
    """

    def __init__(
        self,
        folder: Path,
        class_names: Sequence[str],
        chosen: Callable[[], Iterable[tuple[str, int, str]]],
        judged: Callable[[str], Sequence[str]],
    ) -> None:
        import duckdb

        self._folder = folder
        self._class_names = tuple(class_names)
        self._class_index = {name: index for index, name in enumerate(class_names)}
        self._chosen, self._judged_ids = chosen, judged
        self._lock, self._has_chosen = Lock(), False
        self._connection = duckdb.connect()
        with self._readable():
            check_table(self._predictions)
            self._connection.read_parquet(_exactly(self._predictions)).create_view("predictions")
        self._counted = lru_cache(maxsize=256)(
            lambda view: self._count(view, *self._condition(view))
        )
        self._placed = lru_cache(maxsize=_PLACES_KEPT)(self._place)
        self._valued = lru_cache(maxsize=64)(self._values)
        self._at_hand: tuple[Mapping[str, int], list[NDArray[Any]]] = ({}, [])

    # ------------------------------------------------------------------ what can be queried

    @cached_property
    def _columns(self) -> dict[str, str]:
        """The name in a query of every column: DuckDB renames those that differ only in case."""
        import pyarrow.parquet as pq

        known = [row[0] for row in self._ask("DESCRIBE predictions")]
        return dict(zip(pq.read_schema(self._predictions).names, known, strict=True))

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of the predictions."""
        return tuple(self._columns)

    @property
    def scores(self) -> tuple[str, ...]:
        """What can be sorted by and have a range: `confidence` and every score."""
        first, last = self.columns.index(CONFIDENCE), self.columns.index("probabilities")
        return self.columns[first:last]

    @property
    def meta(self) -> tuple[str, ...]:
        """Names of the further columns, without `meta_`."""
        return tuple(name.removeprefix(_META) for name in self.columns if name.startswith(_META))

    @property
    def causes(self) -> tuple[str, ...]:
        """Causes that the diagnosis found; () before there is one."""
        if not self._findings.is_file():
            return ()
        query = "SELECT DISTINCT cause FROM read_parquet(?) ORDER BY cause"
        return tuple(row[0] for row in self._ask(query, [_exactly(self._findings)]))

    def values(self, meta: str, most: int = _VALUES_MOST) -> tuple[str, ...]:
        """The most frequent values of a further column; at most `most`.

        Raises:
            RunError: no such column.
        """
        return self._valued(meta, most)

    def _values(self, meta: str, most: int) -> tuple[str, ...]:
        column = self._meta_column(meta)
        query = (
            f"SELECT {column} FROM predictions WHERE {column} IS NOT NULL "
            f"GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {int(most)}"
        )
        return tuple(row[0] for row in self._ask(query))

    # ------------------------------------------------------------------ one page of a view

    def find(self, view: View, *, page: int = 1, size: int = PAGE_SIZE) -> Found:
        """One page of a view.

        Args:
            view: which examples, in which order.
            page: from 1; past the end gives the last one.
            size: examples a page, 1..1000.

        Raises:
            RunError: the view names a list, class, score, column or verdict that does not exist.
        """
        if not 1 <= size <= _PAGE_MOST:
            raise RunError(
                f"a page must have 1 to {_PAGE_MOST:,} examples; received {size}; ask for more "
                "pages."
            )
        condition, values = self._condition(view)
        order, score = self._order(view)
        total = self.count(view)
        pages = max(1, -(-total // size))
        page = min(max(1, page), pages)
        start, shown = (page - 1) * size, min(size, total - (page - 1) * size)
        # Sorting from the nearer end is cheaper: only the rows before a page must be sorted.
        from_the_end = start > total - start - shown
        if from_the_end:
            order, start = [term.turned() for term in order], total - start - shown
        source, sources = self._source(view)
        query = (
            f"SELECT position FROM {source} WHERE {condition} "
            f"ORDER BY {', '.join(map(str, order))} LIMIT {shown} OFFSET {start}"
        )
        positions = [row[0] for row in self._ask(query, [*sources, *values])] if total else []
        if from_the_end:
            positions.reverse()
        return Found(total, page, pages, self._examples(positions, score))

    def count(self, view: View) -> int:
        """How many examples a view has.

        Raises:
            RunError: as in `find`.
        """
        view = replace(view, sort="", reverse=False)
        # Verdicts change while people annotate, and causes with a diagnosis; all else is constant.
        if view.verdict or view.cause:
            return self._count(view, *self._condition(view))
        return self._counted(view)

    def ids(self, view: View) -> list[str]:
        """All examples of a view, in its order, by id.

        Raises:
            RunError: as in `find`.
        """
        condition, values = self._condition(view)
        order, _ = self._order(view)
        terms = ", ".join(map(str, order))
        source, sources = self._source(view)
        query = f"SELECT id FROM {source} WHERE {condition} ORDER BY {terms}"
        return [row[0] for row in self._ask(query, [*sources, *values])]

    def given_labels(self, ids: Collection[str]) -> dict[str, str]:
        """The given label of each of these examples, by id; unknown ids are left out.

        Raises:
            RunError: the predictions cannot be read.
        """
        known = [id for id in ids if is_storable(id)]  # no other is in a table
        if not known:
            return {}
        query = (
            "SELECT id, given_label FROM predictions "
            "WHERE id IN (SELECT unnest(CAST(? AS VARCHAR[])))"
        )
        return dict(self._ask(query, [known]))

    def _count(self, view: View, condition: str, values: Sequence[Any]) -> int:
        source, sources = self._source(view)
        query = f"SELECT count(*) FROM {source} WHERE {condition}"
        return int(self._ask(query, [*sources, *values])[0][0])

    def _examples(self, positions: list[int], score: str) -> tuple[Example, ...]:
        """The rows at these positions; the statistics of the file tell which groups to read."""
        if not positions:
            return ()
        query = (
            "SELECT id, position, given_label, predicted_label, confidence, unsure, wrong, "
            f"{score or 'NULL'} FROM {_WITH_RANKS} "
            f"WHERE position IN ({', '.join(map(str, positions))})"
        )
        rows = {row[1]: Example(*row) for row in self._ask(query)}
        return tuple(rows[position] for position in positions)

    def _order(self, view: View) -> tuple[list["_Term"], str]:
        """The terms of an ORDER BY, and the score among them, "" for none."""
        sort = view.sort or (POSITION if view.list == "all" else RANK)
        first_first = _Term("position")
        if view.at and not view.sort:
            listed = f"list_position([{', '.join(map(str, map(int, view.at)))}], position)"
            return [_Term(listed, down=view.reverse), first_first], ""
        if sort == POSITION:
            return [_Term("position", down=view.reverse)], ""
        if sort == CAUSE:
            turns = (_Term(column, down=down != view.reverse) for column, down in _BY_CAUSE)
            return [*turns, first_first], ""
        if sort != RANK:
            score = self._score_column(sort)
            return [_Term(score, down=not view.reverse), first_first], score
        if view.list == "all":
            raise RunError(
                "only the hard examples have a rank; the view shows all; sort by a score or by "
                "position, or set the list to hard."
            )
        if view.list != "hard":
            return [_Term(view.list, down=view.reverse), first_first], ""
        # Of two examples with the same rank in the two lists, the unsure one comes first.
        ranks = [_Term(column, down=view.reverse) for column in ("least(unsure, wrong)", "unsure")]
        return [*ranks, first_first], ""

    def _source(self, view: View) -> tuple[str, list[Any]]:
        """What a view is asked of, and the values in it."""
        tables = "predictions" if view.list == "all" else _WITH_RANKS
        if view.sort != CAUSE:
            return tables, []
        if not self._findings.is_file():
            raise RunError(
                "only diagnosed examples can be sorted by cause; the run has no findings yet; make "
                "them with hardex diagnose RUN --train DATA, or sort by a score."
            )
        causes = "SELECT id, min(cause) AS found FROM read_parquet(?) GROUP BY id"
        return f"{tables} LEFT JOIN ({causes}) USING (id)", [_exactly(self._findings)]

    def _condition(self, view: View) -> tuple[str, list[Any]]:
        parts: list[tuple[str, list[Any]]] = [("TRUE", [])]
        if view.list not in LISTS:
            raise RunError(
                f"the list of a view must be one of {', '.join(LISTS)}; received {view.list!r}; "
                "choose one of them."
            )
        if view.list != "all":
            in_list = {"hard": "unsure IS NOT NULL OR wrong IS NOT NULL"}
            parts.append((in_list.get(view.list, f"{view.list} IS NOT NULL"), []))
        for column, name in (("given_index", view.given), ("predicted_index", view.predicted)):
            if name:
                parts.append((f"{column} = ?", [self._index(name)]))
        if view.correct is not None:
            parts.append((f"given_index {'=' if view.correct else '<>'} predicted_index", []))
        if view.text:
            parts.append(("contains(lower(id), lower(?))", [view.text]))
        if view.score:
            score = self._score_column(view.score)
            ends = ((">=", view.least), ("<=", view.most))
            parts += [(f"{score} {sign} ?", [end]) for sign, end in ends if end is not None]
        for name, value in view.meta.items():
            parts.append((f"{self._meta_column(name)} = ?", [value]))
        if view.verdict:
            parts.append(self._judged(view.verdict))
        if view.cause:
            parts.append(self._caused(view.cause))
        if view.at:
            at = "position IN (SELECT unnest(CAST(? AS BIGINT[])))"
            parts.append((at, [list(view.at)]))
        return (
            " AND ".join(f"({condition})" for condition, _ in parts),
            [value for _, values in parts for value in values],
        )

    def _judged(self, verdict: str) -> tuple[str, list[Any]]:
        from hardex.people.events import VERDICTS  # loads SQLAlchemy only when needed

        known = (*VERDICTS, JUDGED, UNJUDGED, DISPUTED)
        if verdict not in known:
            raise RunError(
                f"the verdict of a view must be one of {', '.join(known)}; received {verdict!r}; "
                "choose one of them."
            )
        ids = list(self._judged_ids(verdict if verdict in (*VERDICTS, DISPUTED) else ""))
        condition = "id IN (SELECT unnest(CAST(? AS VARCHAR[])))"
        return (f"NOT {condition}" if verdict == UNJUDGED else condition), [ids]

    def _caused(self, cause: str) -> tuple[str, list[Any]]:
        if cause not in self.causes:
            found = ", ".join(self.causes) or "none: there is no diagnosis yet"
            raise RunError(
                f"the cause of a view must be one that was found ({found}); received {cause!r}; "
                "choose one of them."
            )
        condition = "id IN (SELECT id FROM read_parquet(?) WHERE cause = ?)"
        return condition, [_exactly(self._findings), cause]

    # ------------------------------------------------------------------ one example

    def place(self, id: str) -> "Place":
        """Position and labels of an example.

        Raises:
            KeyError: no such example.
        """
        numbers, columns = self._at_hand
        number = numbers.get(id)
        if number is None:
            return self._placed(id)
        return self._place_of(*(int(column[number]) for column in columns))

    def remember(self, numbers: Mapping[str, int]) -> None:
        """Keep the places of these examples at hand: 16 bytes each, read by one query.

        Otherwise the first look at each of them reads the ids of all examples.

        Args:
            numbers: 0, 1, … by id; kept as it is, and must not change.
        """
        query = (
            "SELECT number, position, given_index, predicted_index FROM predictions JOIN "
            "(SELECT unnest(CAST(? AS VARCHAR[])) AS id, unnest(CAST(? AS INT[])) AS number) "
            "USING (id)"
        )
        with self._readable(), self._connection.cursor() as cursor:
            found = cursor.execute(query, [list(numbers), list(numbers.values())]).fetchnumpy()
        places = found.pop("number")
        order = np.argsort(places)
        if not np.array_equal(places[order], np.arange(len(numbers))):  # looked up one by one
            return
        self._at_hand = numbers, [column[order] for column in found.values()]

    def _place(self, id: str) -> "Place":
        columns = "position, given_index, predicted_index"
        rows = self._ask(f"SELECT {columns} FROM predictions WHERE id = ?", [id])
        if not rows:
            raise KeyError(id)
        return self._place_of(*rows[0])

    def _place_of(self, position: int, given: int, predicted: int) -> "Place":
        return Place(position, self._class_names[given], self._class_names[predicted])

    def positions(self, ids: Sequence[str]) -> list[tuple[str, int]]:
        """Ids and positions of those examples that exist, in no special order."""
        query = (
            "SELECT id, position FROM predictions WHERE id IN (SELECT unnest(CAST(? AS VARCHAR[])))"
        )
        return self._ask(query, [list(ids)])

    def unknown(self, ids: Sequence[str]) -> int:
        """How many of these ids belong to no example."""
        query = (
            "SELECT count(*) FROM (SELECT unnest(CAST(? AS VARCHAR[])) AS id) "
            "WHERE id NOT IN (SELECT id FROM predictions)"
        )
        return int(self._ask(query, [list(ids)])[0][0])

    def easier(self, scores: Mapping[str, float]) -> dict[str, float]:
        """For each score of an example, the share of all examples that score lower, 0..1."""
        columns = ", ".join(f"avg(({self._score_column(name)} < ?)::INT)" for name in scores)
        if not scores:
            return {}
        row = self._ask(f"SELECT {columns} FROM predictions", list(scores.values()))[0]
        return dict(zip(scores, row, strict=True))

    # ------------------------------------------------------------------ queries

    @property
    def _predictions(self) -> Path:
        return self._folder / RESULTS / "predictions.parquet"

    @property
    def _findings(self) -> Path:
        return self._folder / RESULTS / "findings.parquet"

    def _index(self, name: str) -> int:
        try:
            return self._class_index[name]
        except KeyError as error:
            raise RunError(
                f"a class of a view must be one of the run's {len(self._class_index)}; received "
                f"{name!r}; choose one of them."
            ) from error

    def _score_column(self, name: str) -> str:
        if name not in self.scores:
            raise RunError(
                f"a score of a view must be one of {', '.join(self.scores)}; received {name!r}; "
                "choose one of them."
            )
        return _quoted(self._columns[name])

    def _meta_column(self, name: str) -> str:
        if name not in self.meta:
            known = ", ".join(self.meta) or "none"
            raise RunError(
                f"a further column of a view must be one of the run's ({known}); received "
                f"{name!r}; choose one of them."
            )
        return _quoted(self._columns[_META + name])

    def _ask(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        if _WITH_RANKS in query:
            self._make_chosen()
        # A cursor each: a connection runs one query at a time.
        with self._readable(), self._connection.cursor() as cursor:
            return cursor.execute(query, list(values)).fetchall()

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """Turn DuckDB's error about an unreadable file into a `RunError`; let Ctrl-C through.

        DuckDB checks for signals between the parts of a query. It drops the KeyboardInterrupt and
        raises an error of its own instead.
        """
        import duckdb

        try:
            yield
        except RuntimeError as error:
            if str(error) == "Query interrupted":
                raise KeyboardInterrupt from error
            raise
        except RunError:
            raise
        except (duckdb.Error, OSError, ValueError) as error:
            raise RunError(
                f"the predictions of a run must be readable; those of {self._folder} are not "
                f"({why(error)}); rank again with --force."
            ) from error

    def _make_chosen(self) -> None:
        """The table of the hard examples: position and both ranks."""
        with self._lock:
            if self._has_chosen:
                return
            ranks: dict[str, dict[str, int]] = {}
            for name, rank, id in self._chosen():
                ranks.setdefault(id, {})[name] = int(rank)
            columns = [[found.get(name) for found in ranks.values()] for name in LISTS[2:]]
            with self._readable(), self._connection.cursor() as cursor:
                cursor.execute(
                    "CREATE OR REPLACE TABLE chosen AS SELECT position, unsure, wrong "
                    "FROM predictions JOIN (SELECT unnest(CAST(? AS VARCHAR[])) AS id, "
                    "unnest(CAST(? AS INT[])) AS unsure, unnest(CAST(? AS INT[])) AS wrong) "
                    "USING (id)",
                    [list(ranks), *columns],
                )
            self._has_chosen = True


@dataclass(frozen=True)
class _Term:
    """One term of an ORDER BY; empty values come last, or first if it is reversed."""

    column: str
    down: bool = False
    none_first: bool = False

    def turned(self) -> "_Term":
        return _Term(self.column, not self.down, not self.none_first)

    def __str__(self) -> str:
        order = "DESC" if self.down else "ASC"
        return f"{self.column} {order} NULLS {'FIRST' if self.none_first else 'LAST'}"


def _exactly(path: Path) -> str:
    """A path in which `[`, `*` and `?` are literal."""
    return escape(str(path))


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
