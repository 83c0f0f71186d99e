"""Model + data -> the doctor's findings, on a sample of the examples."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hardex.arrays import Image, Images, Labels
from hardex.classifiers.classifier import Classifier
from hardex.classifiers.doctor.diagnosis import Diagnosis
from hardex.classifiers.doctor.examination import Finding
from hardex.classifiers.doctor.examine import MOST_EXAMPLES, examine, examine_saved
from hardex.classifiers.opening import Model, open_classifier
from hardex.data.dataset import Dataset, Shape, none_readable
from hardex.data.manifests import Reading
from hardex.data.part import Part
from hardex.data.pixels import AUTO, check_is_read, checked_name, input_image, readings_differ
from hardex.data.sources import Data, open_dataset
from hardex.errors import DatasetError, HardexError
from hardex.pipeline.prediction_source import PredictionSource, notes_on
from hardex.pipeline.saved_input import BY_NAME
from hardex.predict.predictions import batch_size_for

_SHARE = 25  # in a ranking, one of this many examples is examined
_SHARE_OF_TRIES = 250  # and one of this many for each other preprocessing, if needed


def check(
    model: Model,
    data: Data,
    *,
    preprocess: str | None = None,
    class_names: Sequence[str] | None = None,
    resize: bool = False,
    reading: str = AUTO,
    logits: bool = False,
    trust_model: bool = False,
    split: str = "",
    file_column: str = "",
    label_column: str = "",
    trust_paths: bool = False,
    seed: int = 0,
) -> tuple[Finding, ...]:
    """Look for the classic silent bugs between a model and its data, on at most 512 examples.

    No finding does not mean that the model is good: see `diagnose` for its accuracy.

    Args:
        model: as in `rank`.
        data: as in `rank`.
        preprocess: a name such as `unit`, see `hardex.classifiers.preprocess`, or MODULE:FUNCTION;
            derived from the model if not given.
        class_names: the classes in the order of the probability columns.
        resize: whether images of one fixed size may be resized to what the model needs.
        reading: as which program pictures in files are read for the model, as in `rank`.
        logits: whether the model ends in logits.
        trust_model: whether files that can run code may be loaded.
        split, file_column, label_column, trust_paths: how to read the data, as in `rank`.
        seed: of the sample.

    Returns:
        The findings, errors first; () if there are none.

    Raises:
        HardexError: model or data cannot be opened.

    Example:
        >>> check("mnist_small", "mnist:test")
        ()
        >>> [finding.code for finding in check("mnist_small", "mnist:test", preprocess="raw")]
        ['wrong_scale']
    """
    return diagnose(
        model,
        data,
        preprocess=preprocess,
        class_names=class_names,
        resize=resize,
        reading=reading,
        logits=logits,
        trust_model=trust_model,
        split=split,
        file_column=file_column,
        label_column=label_column,
        trust_paths=trust_paths,
        seed=seed,
    ).findings


def diagnose(
    model: Model,
    data: Data,
    *,
    preprocess: str | None = None,
    class_names: Sequence[str] | None = None,
    resize: bool = False,
    reading: str = AUTO,
    logits: bool = False,
    trust_model: bool = False,
    split: str = "",
    file_column: str = "",
    label_column: str = "",
    trust_paths: bool = False,
    seed: int = 0,
) -> Diagnosis:
    """The same as `check`, with the accuracy, what was tried, and how the model is called.

    Args:
        model, data: as for `check`, and so are all others.

    Raises:
        HardexError: model or data cannot be opened.

    Example:
        >>> diagnose("mnist_small", "mnist:test").verdict
        'good'
    """
    asked = Reading(split, file_column, label_column, trust_paths, checked_name(reading))
    dataset = open_dataset(data, class_names=class_names, resize=resize, reading=asked)
    check_is_read(dataset, reading)
    classifier = open_classifier(
        model, preprocess=preprocess, logits=logits, trust_model=trust_model
    )
    return diagnosis_on(classifier, dataset, count=MOST_EXAMPLES, rng=np.random.default_rng(seed))


def findings_in_ranking(
    classifier: Classifier | None,
    dataset: Dataset | None,
    batch_size: int | None,
    *,
    seed: int,
    shape: Shape | None = None,
    of_all: tuple[int, int] | None = None,
) -> tuple[Finding, ...]:
    """The same on one in 25 examples, but at least one batch and at most 512.

    Nothing is tried if the accuracy on all examples is certainly good. For saved probabilities (no
    classifier) see `findings_of_saved`.

    Args:
        classifier, dataset, batch_size, seed: of the ranking.
        shape: (h, w, c) of its images; by default that of the first one drawn.
        of_all: how many examples of the ranking are right, and how many there are.
    """
    if classifier is None or dataset is None or batch_size is None:
        return ()
    count = min(MOST_EXAMPLES, max(batch_size, len(dataset) // _SHARE))
    tries = max(batch_size, len(dataset) // _SHARE_OF_TRIES)
    rng = np.random.default_rng(seed)
    try:
        return diagnosis_on(
            classifier,
            dataset,
            count=count,
            rng=rng,
            batch_size=batch_size,
            try_count=tries,
            thorough=False,
            shape=shape,
            of_all=of_all,
        ).findings
    except HardexError:
        return ()


def findings_of_saved(source: PredictionSource, *, seed: int) -> tuple[Finding, ...]:
    """What saved probabilities show on at most 512 rows drawn at random.

    Columns that were assigned by their names are in no order that could be wrong.
    """
    if source.pairing.get("columns") == BY_NAME or source.total < 1:
        return ()
    drawn = np.random.default_rng(seed).permutation(source.total)[:MOST_EXAMPLES]
    parts = [
        part
        for position in drawn.tolist()
        for part in source.predictions(range(position, position + 1))
    ]
    if not parts:
        return ()
    dataset = source.dataset
    return examine_saved(
        np.concatenate([part.probabilities for part in parts]),
        np.concatenate([part.labels for part in parts]),
        source.class_names,
        labelled_by_name=dataset is not None and bool(dataset.files),
    )


def diagnosis_on(
    classifier: Classifier,
    dataset: Dataset,
    *,
    count: int,
    rng: np.random.Generator,
    batch_size: int | None = None,
    try_count: int | None = None,
    thorough: bool = True,
    shape: Shape | None = None,
    of_all: tuple[int, int] | None = None,
) -> Diagnosis:
    """The diagnosis on `count` examples drawn at random."""
    wanted = shape or (classifier.input_shape if dataset.fits else dataset.image_shape)
    drawn = sample(dataset, wanted, count=count, rng=rng)
    images = drawn.images
    read: Shape = images.shape[1:]
    found = examine(
        classifier,
        images,
        drawn.labels,
        class_names=dataset.class_names,
        ids=drawn.ids,
        batch_size=batch_size or min(batch_size_for(read), len(images)),
        try_count=try_count,
        labelled_by_name=bool(dataset.files) or _has_texts(dataset),
        other_readings=lambda most: readings_differ(dataset, drawn.positions[:most], images[:most]),
        thorough=thorough,
        of_all=of_all,
    )
    return replace(found, notes=notes_on(classifier, dataset))


def _has_texts(dataset: Dataset) -> bool:
    whole = dataset.whole if isinstance(dataset, Part) else dataset
    return bool(getattr(whole, "labelled_by_name", False))


@dataclass(frozen=True, eq=False)
class Drawn:
    """Some readable examples.

    Attributes:
        positions: m places in the data set.
        ids: m stable names.
        images: (m, h, w, c), what a classifier gets of them.
        labels: (m,) given labels.
    """

    positions: tuple[int, ...]
    ids: tuple[str, ...]
    images: Images
    labels: Labels


def sample(dataset: Dataset, shape: Shape | None, *, count: int, rng: np.random.Generator) -> Drawn:
    """Some readable examples, drawn at random without replacement.

    Args:
        shape: (h, w, c) of the images; by default that of the first one drawn.

    Raises:
        DatasetError: none of the examples can be read.
    """
    chosen: list[int] = []
    images: list[Image] = []
    for position in rng.permutation(len(dataset)).tolist():
        if len(chosen) == count:
            break
        try:
            image = input_image(dataset, position, shape)
        except DatasetError:  # unreadable, or sealed
            continue
        shape = shape or (image.shape[0], image.shape[1], image.shape[2])
        images.append(image)
        chosen.append(position)
    if not chosen:
        raise none_readable("image", dataset)
    ids = tuple(dataset.id(position) for position in chosen)
    labels = np.asarray(dataset.labels)[chosen]
    return Drawn(tuple(chosen), ids, np.stack(images), labels)
