"""A run -> the two arrays that cleanlab takes, of all examples.

`cleanlab.filter.find_label_issues(np.load("labels.npy"), np.load("pred_probs.npy"))` opens them.
"""

import csv
import json
from pathlib import Path

import numpy as np

from hardex.reporting.exports.picked import LeftOut
from hardex.runs.answers import answers_of
from hardex.runs.folder import RESULTS, TABLE
from hardex.runs.run import Run
from hardex.runs.tables import stream_predictions
from hardex.text import as_cell


def write_cleanlab(run: Run, list: str, folder: Path, left_out: LeftOut) -> int:
    """Write the arrays and what their rows and columns are; returns how many rows.

    `labels.npy` (n,) int64 and `pred_probs.npy` (n, k) float64, whose rows sum to 1, in order of
    position; `examples.csv` names the rows and `class_names.json` the columns.
    """
    answers = answers_of(run)
    names = run.manifest.class_names
    np.save(folder / "labels.npy", answers.given.astype(np.int64), allow_pickle=False)
    shape = (len(answers), len(names))
    table, start = np.lib.format.open_memmap(folder / "pred_probs.npy", "w+", np.float64, shape), 0
    for batch in stream_predictions(run.folder / RESULTS / TABLE):
        rows = batch.probabilities.astype(np.float64)
        # Rounded to 32 bits, rows miss 1 by 1e-7, which cleanlab lets pass and others may not.
        table[start : start + len(rows)] = rows / rows.sum(axis=1, keepdims=True)
        start += len(rows)
    table.flush()
    del table
    text = json.dumps(names, ensure_ascii=False) + "\n"
    (folder / "class_names.json").write_text(text, encoding="utf-8")
    with (folder / "examples.csv").open("x", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "id", "given_label", "predicted_label", "confidence"])
        ids = answers.ids.texts.to_pylist()
        for row, id in enumerate(ids):
            labels = (names[answers.given[row]], names[answers.predicted[row]])
            writer.writerow([row, as_cell(id), *map(as_cell, labels), answers.confidence[row]])
    return len(answers)
