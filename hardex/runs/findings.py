"""findings.parquet: one cause per diagnosed example, with the evidence for it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hardex.bounded import Unreadable
from hardex.data.parquet_files import open_table

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

FINDINGS = "findings.parquet"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Why one example is hard.

    Attributes:
        id: of the example.
        cause: one of `hardex.diagnosis.causes.CAUSES`, or one that a plug-in added.
        confidence: probability of the cause, 0..1; of `unexplained` one minus that of the
            likeliest cause.
        second_cause: the next likeliest cause; None if there is none.
        suggested_label: the class that the example seems to be of, of mislabelled ones.
        amount: what was done to the picture, in the units of `hardex.images.Transform`; None for
            causes without an amount.
        amount_y: pixels down, of a shift.
        position: of the example in the data set.
        given_label, predicted_label: class names.
        why: the evidence in one sentence.
        label_after, confidence_after: the prediction once the transform is undone.
        other_label: the other class of an ambiguous example, or the prediction after the
            correction for the shares of the classes.
        class_share: of the given class in the training data, 0..1.
        own_distance: mean distance to the nearest training images of the given class.
        usual_distance: the median of that for examples of this class that are right.
        nearest_distance: the same for the class that is nearest.
        neighbour_ids, neighbour_labels, neighbour_distances: the nearest training images.
        given_ids: the nearest training images of the given class.
        other_ids: those of the suggested, other or predicted class.
        copy_id, copy_label: the image that this one is a copy of, of duplicates.
        copy_in: `train` or `test`, where that copy is.
        probabilities: of every cause that was judged, by name; they sum to 1.
    """

    id: str
    cause: str
    confidence: float
    second_cause: str | None = None
    suggested_label: str | None = None
    amount: float | None = None
    amount_y: float | None = None
    position: int = 0
    given_label: str = ""
    predicted_label: str = ""
    why: str = ""
    label_after: str | None = None
    confidence_after: float | None = None
    other_label: str | None = None
    class_share: float | None = None
    own_distance: float | None = None
    usual_distance: float | None = None
    nearest_distance: float | None = None
    neighbour_ids: tuple[str, ...] = ()
    neighbour_labels: tuple[str, ...] = ()
    neighbour_distances: tuple[float, ...] = ()
    given_ids: tuple[str, ...] = ()
    other_ids: tuple[str, ...] = ()
    copy_id: str | None = None
    copy_label: str | None = None
    copy_in: str | None = None
    probabilities: dict[str, float] = field(default_factory=dict)


_TYPES: dict[Any, str] = {
    str: "text",
    str | None: "text",
    float: "number",
    float | None: "number",
    int: "whole",
    tuple[str, ...]: "texts",
    tuple[float, ...]: "numbers",
}


def schema(causes: Sequence[str]) -> "pa.Schema":
    """Columns of findings.parquet: those of `Finding`, and `p_CAUSE` for every judged cause."""
    import pyarrow as pa

    kinds = {
        "text": pa.string(),
        "number": pa.float64(),
        "whole": pa.int64(),
        "texts": pa.list_(pa.string()),
        "numbers": pa.list_(pa.float64()),
    }
    own = [
        (one.name, kinds[_TYPES[one.type]])
        for one in fields(Finding)
        if one.name != "probabilities"
    ]
    return pa.schema([*own, *((f"p_{cause}", pa.float64()) for cause in causes)])


def write_findings(path: Path, findings: Sequence[Finding], causes: Sequence[str]) -> None:
    """Write the table, complete or not at all.

    Args:
        path: of the file; one that is there is replaced.
        findings: one per example.
        causes: the causes that were judged, in the order of their columns.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [
        {
            **{one.name: getattr(finding, one.name) for one in fields(Finding)},
            **{f"p_{cause}": finding.probabilities.get(cause, 0.0) for cause in causes},
        }
        for finding in findings
    ]
    for row in rows:
        del row["probabilities"]
    partial = path.with_name(f".{path.name}.partial")
    pq.write_table(pa.Table.from_pylist(rows, schema(causes)), partial, compression="zstd")
    partial.replace(path)


def read_findings(path: Path) -> "pd.DataFrame":
    """The table as a data frame, in the order of the examples' loss, hardest first.

    Raises:
        OSError, ValueError: there is no such table, or it is another one.
    """
    import pyarrow.parquet as pq

    with open_table(path) as table:
        names = set(table.file.schema_arrow.names)
    missing = [one.name for one in fields(Finding) if one.name not in names | {"probabilities"}]
    if missing:
        raise Unreadable(f"its column {missing[0]!r} is missing")
    return pq.read_table(path).to_pandas()
