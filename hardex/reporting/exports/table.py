"""A run -> one Parquet table of all examples, with their lists, causes and the consensus."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hardex.errors import RunError
from hardex.reporting.exports.picked import LeftOut, consensus_by_id
from hardex.runs.findings import FINDINGS
from hardex.runs.folder import RESULTS, TABLE
from hardex.runs.run import Run
from hardex.runs.tables import check_table

if TYPE_CHECKING:
    import pyarrow as pa

_FOUND = ("cause", "cause_confidence", "suggested_label")


def write_table(run: Run, list: str, path: Path, left_out: LeftOut) -> int:
    """Write the table, one row group in memory at a time; returns how many rows.

    Its columns are those of predictions.parquet, and `unsure_rank`, `wrong_rank`, `cause`,
    `cause_confidence`, `suggested_label`, `consensus`; a cell is null where nothing is known.

    Raises:
        RunError: the predictions cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    source = run.folder / RESULTS / TABLE
    known = dict(_known(run))
    kinds = {
        "unsure_rank": pa.int64(),
        "wrong_rank": pa.int64(),
        "cause": pa.string(),
        "cause_confidence": pa.float64(),
        "suggested_label": pa.string(),
        "consensus": pa.string(),
    }
    try:
        check_table(source)
        with pq.ParquetFile(source) as file:
            columns = pa.schema([*file.schema_arrow, *kinds.items()])
            with pq.ParquetWriter(path, columns, compression="zstd") as writer:
                for group in range(file.num_row_groups):
                    rows = file.read_row_group(group, use_threads=False)
                    writer.write_table(_extended(rows, known, kinds))
            return int(file.metadata.num_rows)
    except (pa.ArrowException, ValueError, KeyError) as error:
        if isinstance(error, RunError):
            raise
        raise RunError(
            f"the predictions of a run must be as hardex wrote them; those of {run.folder} are not "
            f"({type(error).__name__}); rank again with --force."
        ) from error


def _extended(
    rows: "pa.Table", known: Mapping[str, Mapping[str, Any]], kinds: "Mapping[str, pa.DataType]"
) -> "pa.Table":
    import pyarrow as pa

    found = [known.get(id, {}) for id in rows.column("id").to_pylist()]
    for name, kind in kinds.items():
        rows = rows.append_column(name, pa.array([one.get(name) for one in found], kind))
    return rows


def _known(run: Run) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is known of the examples in lists, with findings or with votes, by id."""
    found: dict[str, dict[str, Any]] = {}
    hard = run.hard
    for id, name, rank in zip(hard["id"], hard["list"], hard["rank"], strict=True):
        found.setdefault(id, {})[f"{name}_rank"] = int(rank)
    if (run.folder / RESULTS / FINDINGS).is_file():
        table = run.findings
        columns = (table[name] for name in ("id", "cause", "confidence", "suggested_label"))
        for id, cause, confidence, label in zip(*columns, strict=True):
            # pandas reads a missing text as NaN.
            values = (cause, confidence, label if isinstance(label, str) else None)
            found.setdefault(id, {}).update(zip(_FOUND, values, strict=True))
    for id, one in consensus_by_id(run).items():
        found.setdefault(id, {})["consensus"] = one.answer or None
    yield from found.items()
