"""A run -> two label files of FiftyOne for one folder of pictures: given labels and predictions.

`fo.Dataset.from_dir(dataset_dir=OUT, dataset_type=fo.types.FiftyOneImageClassificationDataset)`
opens the given labels, and `merge_dir` with `labels_path="predictions.json"` adds the predictions.
"""

import json
from pathlib import Path
from typing import Any

from hardex.reporting.exports.picked import LeftOut, Picked, write_pictures
from hardex.runs.run import Run


def write_fiftyone(run: Run, list: str, folder: Path, left_out: LeftOut) -> int:
    """Write `data/`, `labels.json` and `predictions.json`; returns how many examples.

    Labels are numbers of `classes`, as that file has them. Everything else that is known of an
    example becomes attributes of its given label.

    Source:
        docs.voxel51.com, FiftyOneImageClassificationDataset (2026).
    """
    (folder / "data").mkdir()
    names = run.manifest.class_names
    number = {name: place for place, name in enumerate(names)}
    given: dict[str, Any] = {}
    predicted: dict[str, Any] = {}
    for one, _ in write_pictures(run, list, folder / "data", left_out):
        given[one.name] = {"label": number[one.given_label], "attributes": _attributes(one)}
        predicted[one.name] = {
            "label": number[one.predicted_label],
            "confidence": one.confidence,
        }
    for file, labels in (("labels.json", given), ("predictions.json", predicted)):
        text = json.dumps({"classes": names, "labels": labels}, ensure_ascii=False)
        (folder / file).write_text(text + "\n", encoding="utf-8")
    return len(given)


def _attributes(one: Picked) -> dict[str, Any]:
    known = {"hardex_id" if name == "id" else name: it for name, it in one.known().items()}
    for name in ("given_label", "predicted_label", "confidence"):  # they are labels of their own
        del known[name]
    return {name: it for name, it in known.items() if it not in ("", 0.0)}
