"""A run and its training data -> the training images nearest to an example."""

import os
from pathlib import Path

from hardex.data.dataset import Dataset
from hardex.data.manifests import Reading
from hardex.data.sources import Data, open_dataset
from hardex.errors import DatasetError, HardexError
from hardex.predict.neighbours import COUNT, Found, Neighbours
from hardex.runs.run import Run
from hardex.runs.seal import read_seal

TRAINING = "the training data"


def nearest_training(run: Run, neighbours: Neighbours, id: str, count: int = COUNT) -> Found:
    """The training images nearest to an example of the run.

    The example itself, with the same id and pixels, is left out.

    Raises:
        RunError: no such example, or its image is missing.
    """
    ready = run.input_image(id, neighbours.space.shape)
    found = neighbours.of(run.image(id), count + 1, ready=ready)
    others = [
        place
        for place, (one, copy) in enumerate(zip(found.ids, found.exact_copies, strict=True))
        if not (copy and one == id)
    ]
    return found.only(others[:count])


def open_training(train: Data, run: Run) -> Dataset:
    """The training data of a run, with the class names of the run.

    Of several splits the one called `train` is used. There may be fewer or more classes than in the
    run, or in another order; numbered classes get the run's names. Images that the run's seal hides
    stay hidden, also in other data.

    Raises:
        HardexError: it cannot be opened, or has no class of the run.
    """
    manifest = run.manifest
    dataset = opened_by_name(
        train,
        manifest.class_names,
        resize=manifest.resize,
        pixels=manifest.reading.pixels,
        source=str(run.folder),
    )
    seal = read_seal(run.folder)
    return dataset if seal is None else seal.open_part(dataset)


def opened_by_name(
    train: Data,
    names: tuple[str, ...],
    *,
    resize: bool,
    pixels: str,
    source: str,
    splits: tuple[str, ...] = ("train",),
    what: str = TRAINING,
) -> Dataset:
    """The training data of a model, or another set, with some of the model's class names.

    Args:
        train: the set.
        names: k names of the model's classes.
        resize: whether images of one fixed size may be resized.
        pixels: as which program pictures are read, see `hardex.images.readings`.
        source: of the names, for the error.
        splits: the names of the split that is used of several; the first that is there.
        what: the set, for the error.

    Raises:
        HardexError: it cannot be opened, or has no such class.
    """
    problems = []
    for class_names in (None, names):
        for reading in (Reading(split=split, pixels=pixels) for split in ("", *splits)):
            if str(train).startswith("keras:") and not reading.split:
                continue  # that would be its test split
            try:
                dataset = open_dataset(
                    train, class_names=class_names, resize=resize, reading=reading
                )
            except HardexError as error:
                problems.append(error)
                continue
            if set(dataset.class_names) & set(names):
                return dataset
            problems.append(_no_class_of(dataset, names, source, what))
    raise problems[0]


def _no_class_of(dataset: Dataset, names: tuple[str, ...], source: str, what: str) -> DatasetError:
    wanted = "the data that the model was trained on" if what == TRAINING else "other data"
    return DatasetError(
        f"{what} must have classes of the run; {dataset.source} has "
        f"{_some(dataset.class_names)} and {source} has {_some(names)}; pass {wanted}."
    )


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names if len(names) <= 6 else (*names[:5], "…", names[-1]))


def check_there(train: Data, option: str = "--train", what: str = TRAINING) -> None:
    """Raise `DatasetError` if there is no such file; the app checks it before it opens."""
    text = str(train)
    if isinstance(train, str | Path) and not text.startswith(("mnist:", "keras:")):
        if not os.path.exists(os.path.expanduser(text)):
            raise DatasetError(
                f"{option} must be {what}, named as DATA is in `hardex rank`; there is nothing "
                f"at {text}; check the path."
            )
