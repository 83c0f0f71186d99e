"""The slices of metrics.json -> rows for a table, each with the filter that shows its examples."""

from collections.abc import Mapping
from typing import Any

from hardex.predict.slices import MOST_VALUES
from hardex.runs.run import Run


def slice_figures(run: Run) -> dict[str, Any]:
    """The slices of a run: those with more errors than the rest first, then every value.

    Returns:
        `rows`, each with its `slice` (column and value, once or twice), `examples`, `wrong`,
        `error` (value, low, high), `p` (after correction, only for those that stand out) and
        `filter`, the further columns of a view that shows it, or None where its value is a range;
        `says`, a sentence; both are empty where the data has no further columns.
    """
    found = run.metrics.get("slices")
    if not found or not (found["columns"] or found["left_out"]):
        return {"rows": [], "says": ""}
    known = {name: set(run.tables.values(name, MOST_VALUES + 1)) for name in run.tables.meta}
    stands_out = [_row(one["slice"], one, known, one["p_adjusted"]) for one in found["worst"]]
    every = [
        _row({column["column"]: one["value"]}, one, known)
        for column in found["columns"]
        for one in column["values"]
    ]
    return {"rows": stands_out + every, "says": _sentence(found)}


def _row(
    values: Mapping[str, str],
    counts: Mapping[str, Any],
    known: Mapping[str, set[str]],
    p: float | None = None,
) -> dict[str, Any]:
    is_exact = all(value in known.get(name, ()) for name, value in values.items())
    return {
        "slice": list(values.items()),
        "examples": counts["examples"],
        "wrong": counts["wrong"],
        "error": counts["error"],
        "p": p,
        "filter": dict(values) if is_exact else None,
    }


def _sentence(found: Mapping[str, Any]) -> str:
    tested = (
        f"{found['looked_at']:,} values and pairs of values with {found['at_least']} examples or "
        f"more were tested ({found['test']}; {found['correction']}'s correction)"
    )
    count = len(found["worst"])
    if not count:
        parts = [f"No slice stands out: {tested}."]
    elif count == 1:
        parts = [f"One slice has more errors than the rest: {tested}."]
    else:
        parts = [f"{count:,} slices have more errors than the rest: {tested}."]
    parts += [
        f"Column {one['column']} has no slices: {one['reason']}." for one in found["left_out"]
    ]
    return " ".join(parts)
