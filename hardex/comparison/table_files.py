"""A comparison -> a Parquet or CSV file of all examples, and back, with what it was made from."""

import csv
import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hardex.bounded import json_of, why
from hardex.comparison.comparison import Comparison
from hardex.comparison.origin import Origin, changes_since
from hardex.data.parquet_files import open_table
from hardex.errors import RunError
from hardex.new_files import check_target as check_new
from hardex.new_files import whole_file
from hardex.text import as_cell

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".parquet", ".csv")
NOTE = "hardex.comparison"  # the key in a Parquet file of what it was made from
SCHEMA = "hardex.comparison/1"
_ROWS = 65_536  # of a CSV, written at a time
_WHAT = "a comparison"


@dataclass(frozen=True, eq=False)
class SavedComparison:
    """A table that `hardex compare --out` has written.

    Attributes:
        path: of the file.
        table: one row per example, see `Comparison.table`.
        runs: names of the runs.
        origins: what each run was then.
        changes: a sentence on each run that has changed since; () if the table is up to date.
    """

    path: Path
    table: "pd.DataFrame"
    runs: tuple[str, ...]
    origins: tuple[Origin, ...]
    changes: tuple[str, ...]

    @property
    def is_stale(self) -> bool:
        """Whether it should be made again."""
        return bool(self.changes)


def check_target(path: Path, *, force: bool) -> None:
    """Raise `RunError` unless a table may be written to this path."""
    check_new(path, SUFFIXES, option="--out", what=_WHAT, force=force)


def write_table(found: Comparison, path: Path, *, force: bool = False) -> None:
    """Write the table of all examples, whole or not at all.

    Args:
        found: the comparison.
        path: `.parquet`, which also holds what it was made from, or `.csv`, in which a leading
            apostrophe keeps spreadsheets from reading a text as a formula.
        force: whether to replace an existing file.

    Raises:
        RunError: the file exists, or cannot be written.
    """
    check_target(path, force=force)
    write = _write_csv if path.suffix.lower() == ".csv" else _write_parquet
    with whole_file(path, _WHAT) as partial:
        write(found, partial)


def read_comparison(path: str | Path) -> SavedComparison:
    """A table that `hardex compare --out FILE.parquet` has written, and whether it is stale.

    Raises:
        RunError: the file is no such table.
    """
    try:
        with open_table(Path(path)) as opened:
            made_from = json_of(opened.note(NOTE))
            if made_from["schema"] != SCHEMA:
                raise ValueError
            origins = tuple(_origin(one) for one in made_from["origins"])
            table = opened.read(opened.names).to_pandas()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(
            f"a saved comparison must be as hardex compare --out wrote it; {path} is not "
            f"({why(error)}); compare the runs again."
        ) from error
    runs = tuple(one.run for one in origins)
    return SavedComparison(Path(path), table, runs, origins, changes_since(origins))


def _origin(value: dict[str, Any]) -> Origin:
    found = Origin(**value)
    for field in fields(Origin):
        if not isinstance(getattr(found, field.name), int if field.name == "annotations" else str):
            raise TypeError(field.name)
    return found


def _write_parquet(found: Comparison, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {name: pa.array(values) for name, values in found.columns() if name != "id"}
    columns = {"id": found.ids.texts, **columns}
    origins = [one.as_dict() for one in found.origins]
    made_from = json.dumps({"schema": SCHEMA, "origins": origins}, ensure_ascii=False)
    table = pa.table(columns).replace_schema_metadata({NOTE: made_from})
    pq.write_table(table, path, compression="zstd", row_group_size=_ROWS)


def _write_csv(found: Comparison, path: Path) -> None:
    table = found.table
    predicted = [f"predicted_label_{run}" for run in found.runs]
    texts = [name for name in table.columns if name in ("id", "given_label", *predicted)]
    with path.open("x", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow([as_cell(str(name)) for name in table.columns])
        for start in range(0, len(table), _ROWS):
            part = table.iloc[start : start + _ROWS].copy()
            for name in texts:
                part[name] = [as_cell(str(value)) for value in part[name]]
            part.to_csv(file, index=False, header=False, lineterminator="\r\n")
