"""A run -> everything that its examples can be filtered and sorted by."""

from pathlib import Path
from typing import Any

from hardex.overview.example import meaning_of
from hardex.runs.run import Run, opened

_CHOICES_MOST = 50  # values of a further column that are offered; any other can be typed


def filters(run: str | Path | Run) -> dict[str, Any]:
    """What `hardex.runs.view_words.view_of` can name in this run.

    Args:
        run: a run or its folder.

    Returns:
        `class_names`; `scores`, each with `name`, `formula` and `meaning`; `meta`, each further
        column with its `name` and some of its `values`; `causes`; `examples`, how many there are.

    Raises:
        RunError: there is no run, or a table of it cannot be read.
    """
    found = opened(run)
    formulas, tables = found.manifest.formulas, found.tables
    return {
        "class_names": list(found.manifest.class_names),
        "scores": [
            {"name": name, "formula": formulas.get(name, ""), "meaning": meaning_of(name)}
            for name in tables.scores
        ],
        "meta": [
            {"name": name, "values": list(tables.values(name, _CHOICES_MOST))}
            for name in tables.meta
        ],
        "causes": list(tables.causes),
        "examples": found.manifest.counts["examples"],
    }
