"""Training data after a remedy -> a new folder of class folders, and where each image is from.

The former data stays as it is. The folder is read by `hardex rank`, by Keras'
`image_dataset_from_directory` and by Hugging Face's `imagefolder` as it is. Files are copied with
their bytes, so that every program reads the same pixels of them as before; other images become PNG.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hardex.arrays import Labels, Positions
from hardex.data.dataset import Dataset
from hardex.data.files import FileDataset
from hardex.errors import DatasetError
from hardex.images import write_png
from hardex.predict.neighbours import Progress, silent
from hardex.remedies.clean import Change
from hardex.runs.folder import safe_name
from hardex.runs.manifest import now

SCHEMA = "hardex.lineage/1"
DATA, LINEAGE = "data", "lineage.json"
WRITING = "writing the new data"
_READ_BY_ALL = (".png", ".jpg", ".jpeg", ".bmp")  # by Keras and Hugging Face, too


def write_version(
    folder: Path,
    sources: Sequence[Dataset],
    origins: Labels,
    positions: Positions,
    labels: Labels,
    class_names: Sequence[str],
    progress: Progress = silent,
) -> list[str]:
    """Write the images as class folders.

    Args:
        folder: to make; whoever calls makes sure that it is whole or absent.
        sources: the data sets that images are from, the training data first.
        origins: (n,) which of them.
        positions: (n,) place in it.
        labels: (n,) classes they have now.
        class_names: k names, which become folders.
        progress: called now and then.

    Returns:
        n file names, relative to the folder.

    Raises:
        HardexError: a class cannot be a folder, or an image cannot be read any more.
    """
    _check_folders(class_names)
    folder.mkdir()
    for name in class_names:
        (folder / name).mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    names = []
    rows = zip(origins.tolist(), positions.tolist(), labels.tolist(), strict=True)
    for row, (origin, position, label) in enumerate(rows):
        dataset = sources[origin]
        file = _file_of(dataset, position)
        suffix = file.suffix.lower() if file is not None else ".png"
        name = _free(taken, class_names[label], dataset.id(position), suffix, origin, position)
        if file is not None:
            shutil.copyfile(file, folder / name)
        else:
            write_png(dataset.image(position), folder / name)
        names.append(name)
        progress(WRITING, row + 1, len(labels))
    for name in class_names:  # a class without images is no folder: hardex would ask for it
        if not any((folder / name).iterdir()):
            (folder / name).rmdir()
    return names


def write_lineage(
    path: Path,
    training: Dataset,
    added: Sequence[Dataset],
    changes: Sequence[Change],
    left_out: Sequence[str],
    files: Sequence[str],
    origins: Labels,
    *,
    command: str,
) -> None:
    """Write what the new data is made of: what was changed, why, and who said so."""
    lineage: dict[str, Any] = {
        "schema": SCHEMA,
        "made": now(),
        "command": command,
        "from": {"name": training.source, "hash": training.fingerprint()},
        "images": len(files),
        "changes": [
            {
                "id": one.id,
                "what": "relabelled" if one.label else "removed",
                "from": one.given,
                "to": one.label or None,
                "why": one.why,
                "who": one.who,
            }
            for one in changes
        ],
        "added": [
            {"from": source.source, "files": list(_from(files, origins, number))}
            for number, source in enumerate(added, 1)
        ],
        "left_out": [
            {"id": id, "why": "its pixels are among the examples of the run"} for id in left_out
        ],
    }
    path.write_text(json.dumps(lineage, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _from(files: Sequence[str], origins: Labels, number: int) -> Iterator[str]:
    return (file for file, origin in zip(files, origins.tolist(), strict=True) if origin == number)


def _file_of(dataset: Dataset, position: int) -> Path | None:
    """The file of an example, if it can be copied as it is."""
    if not isinstance(dataset, FileDataset) or dataset.packed is not None:
        return None
    file = dataset.root / dataset.files[position]
    return file if file.suffix.lower() in _READ_BY_ALL else None


def _free(taken: set[str], label: str, id: str, suffix: str, origin: int, position: int) -> str:
    """A name that no other file has."""
    stem = id.rpartition("/")[2].rpartition(".")[0] or id.rpartition("/")[2]
    name = f"{label}/{safe_name(stem, suffix=suffix)}"
    if name.lower() in taken:
        name = f"{label}/{safe_name(stem[:60], str(origin), str(position), suffix=suffix)}"
    taken.add(name.lower())
    return name


def _check_folders(class_names: Sequence[str]) -> None:
    for name in class_names:
        parts = name.split("/")
        if any(part in ("", ".", "..") or part.startswith(".") for part in parts) or any(
            sign in name for sign in '\\:*?"<>|\0'
        ):
            raise DatasetError(
                "each class must have a name that a folder can have, so that the new data can be "
                f"written; received {name!r}; rename it with --classes, and rank again."
            )
