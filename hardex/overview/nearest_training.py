"""Training data -> the images in it that lie nearest to an example of a run."""

import os
from pathlib import Path

from hardex.data.dataset import Dataset
from hardex.data.manifests import AS_FOUND, Reading
from hardex.data.sources import Data, open_dataset
from hardex.errors import DatasetError, HardexError
from hardex.predict.neighbours import COUNT, Found, Neighbours
from hardex.runs.run import Run
from hardex.runs.seal import read_seal


def nearest_training(run: Run, neighbours: Neighbours, id: str, count: int = COUNT) -> Found:
    """The training images nearest to an example of the run.

    The example itself is left out: what has its id and its pixels.

    Raises:
        RunError: no such example, or its image is no longer there.
    """
    found = neighbours.of(run.image(id), count + 1)
    others = [
        place
        for place, (one, copy) in enumerate(zip(found.ids, found.exact_copies, strict=True))
        if not (copy and one == id)
    ]
    return found.only(others[:count])


def open_training(train: Data, run: Run) -> Dataset:
    """The training data of a run, its classes told by the names that the run has.

    A source of several splits gives the one called `train`. Classes may be fewer than those of the
    run, more, or in another order; numbers in place of names take the run's names. Where the run
    has a seal, an image that the seal would hide stays hidden, whatever data it comes with.

    Raises:
        HardexError: it cannot be opened, or has no class of the run.
    """
    dataset = _opened_by_name(train, run)
    seal = read_seal(run.folder)
    return dataset if seal is None else seal.open_part(dataset)


def _opened_by_name(train: Data, run: Run) -> Dataset:
    names, problems = run.manifest.class_names, []
    for class_names in (None, names):
        for reading in (AS_FOUND, Reading(split="train")):
            if str(train).startswith("keras:") and not reading.split:
                continue  # that would be its test part
            try:
                dataset = open_dataset(
                    train, class_names=class_names, resize=run.manifest.resize, reading=reading
                )
            except HardexError as error:
                problems.append(error)
                continue
            if set(dataset.class_names) & set(names):
                return dataset
            problems.append(_no_class_of(run, dataset))
    raise problems[0]


def _no_class_of(run: Run, dataset: Dataset) -> DatasetError:
    return DatasetError(
        f"the training data must have classes of the run; {dataset.source} has "
        f"{_some(dataset.class_names)} and {run.folder} has {_some(run.manifest.class_names)}; "
        "pass the data that the model was trained on."
    )


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names if len(names) <= 6 else (*names[:5], "…", names[-1]))


def check_there(train: Data) -> None:
    """A path that leads nowhere is said before the window opens, not behind it."""
    text = str(train)
    if isinstance(train, str | Path) and not text.startswith(("mnist:", "keras:")):
        if not os.path.exists(os.path.expanduser(text)):
            raise DatasetError(
                "--train must be the training data, named as DATA is in `hardex rank`; there is "
                f"nothing at {text}; check the path."
            )
