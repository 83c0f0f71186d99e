"""`hardex selftest`: model + data + training data -> how well a diagnosis would do."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from hardex.arrays import Labels
from hardex.classifiers.classifier import Classifier
from hardex.classifiers.opening import Model, open_classifier
from hardex.data.dataset import Dataset, none_readable
from hardex.data.manifests import Reading
from hardex.data.pixels import checked_name
from hardex.data.sources import Data, open_dataset
from hardex.diagnosis.cases import Sources
from hardex.diagnosis.examine import batched
from hardex.diagnosis.inputs import check_counts, input_shape
from hardex.diagnosis.keys import pixel_key
from hardex.diagnosis.plugins import plugged_in
from hardex.diagnosis.reference import readable
from hardex.diagnosis.selftest import SelfTest
from hardex.diagnosis.sources import LEAST, distinct, most_sources
from hardex.diagnosis.training import check_size, notes_on, training_labels
from hardex.diagnosis.trial import Given, Named, try_out
from hardex.errors import ClassifierError, DatasetError
from hardex.overview.nearest_training import check_there, opened_by_name
from hardex.predict.neighbours import Progress, silent

_DRAWN = 2  # times as many examples as are needed; some are wrong


def selftest(
    model: Model,
    data: Data,
    *,
    train: Data | None = None,
    own: Sequence[str | Callable[..., Any]] = (),
    plants: int | None = None,
    seed: int = 0,
    preprocess: str | None = None,
    logits: bool = False,
    trust_model: bool = False,
    class_names: Sequence[str] | None = None,
    resize: bool = False,
    reading: str = "auto",
    split: str = "",
    file_column: str = "",
    label_column: str = "",
    trust_paths: bool = False,
    progress: Progress = silent,
) -> SelfTest:
    """Plant each cause on examples that the model has right, and count how often it is found.

    Args:
        model, data: as in `hardex.rank`, with the same options.
        train: the training data; without it rare examples, imbalance and copies cannot be judged.
        own, plants, seed, progress: as in `hardex.diagnose`.

    Raises:
        HardexError: model, data and training data do not fit together, or the model has too few
            examples right.
    """
    check_counts(1, plants)
    own_plants, own_features = plugged_in(own)
    asked = Reading(split, file_column, label_column, trust_paths, checked_name(reading))
    dataset = open_dataset(data, class_names=class_names, resize=resize, reading=asked)
    classifier = open_classifier(
        model, preprocess=preprocess, logits=logits, trust_model=trust_model
    )
    names = dataset.class_names
    rng = np.random.default_rng(seed)
    sources = _sources(classifier, dataset, rng, progress)
    training = None
    labels: Labels = np.empty(0, np.int64)
    if train is not None:
        check_there(train)
        training = opened_by_name(
            train, names, resize=resize, pixels=asked.pixels, source=dataset.source
        )
        check_size(training, dataset, sources.shape)
        labels = training_labels(training, names)
    named = Named(
        classifier.source,
        dataset.source,
        "" if training is None else training.source,
        classifier.fingerprint(),
        "" if training is None else training.fingerprint(),
    )
    given = Given(
        named=named,
        classifier=classifier,
        class_names=names,
        sources=sources,
        train=training,
        train_labels=labels,
        hidden=frozenset(map(pixel_key, sources.images)) if training is not None else frozenset(),
        own_plants=own_plants,
        own_features=own_features,
        plants=plants,
        seed=seed,
    )
    different = len(distinct(sources))
    if different < LEAST:
        raise DatasetError(
            f"a self-test needs {LEAST} different examples that the model has right; "
            f"{dataset.source} has {different}; pass more data."
        )
    found = try_out(given, progress=progress).selftest
    if found is None:
        raise DatasetError(
            "a self-test needs planted causes that make the model wrong; it bears all that were "
            f"planted on {dataset.source}; pass other data, or a model that can be wrong."
        )
    notes = () if training is None else notes_on(training, names)
    return replace(found, notes=(*found.notes, *notes))


def _sources(
    classifier: Classifier, dataset: Dataset, rng: np.random.Generator, progress: Progress
) -> Sources:
    """Examples of the data, drawn at random, that the model has right."""
    shape = input_shape(classifier, dataset)
    most = min(len(dataset), _DRAWN * most_sources(shape))
    positions = np.sort(rng.choice(len(dataset), most, replace=False))
    there, images = readable(dataset, positions.tolist(), shape)
    if not there:
        raise none_readable("image", dataset)
    p = batched(classifier, images)
    if p.shape[1] != len(dataset.class_names):
        raise ClassifierError(
            f"the model must have one output per class; {classifier.source} has {p.shape[1]} and "
            f"{dataset.source} {len(dataset.class_names)} classes; name all of them with --classes."
        )
    given = np.asarray(dataset.labels, np.int64)[there]
    right = np.flatnonzero(p.argmax(axis=1) == given)[: most_sources(shape)]
    progress("reading the data", len(there), len(there))
    return Sources(images, given, p).at(right)
