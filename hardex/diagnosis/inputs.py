"""The arguments of `hardex diagnose` -> the model, the data and the training data, checked."""

from pathlib import Path

from hardex.classifiers.classifier import Classifier
from hardex.classifiers.opening import Model
from hardex.data.dataset import Dataset, Shape, none_readable
from hardex.data.sources import Data
from hardex.diagnosis.training import check_size
from hardex.diagnosis.trial import Named
from hardex.errors import RunError
from hardex.overview.nearest_training import check_there, open_training
from hardex.predict.neighbours import space_for
from hardex.predict.predictions import first_shape, shape_for
from hardex.runs.manifest import Manifest
from hardex.runs.run import Run, opened
from hardex.runs.run_classifier import classifier_of


def check_counts(count: int, plants: int | None) -> None:
    """Raise `RunError` unless there is something to diagnose and to plant."""
    for option, number in (("--count", count), ("--plants", plants)):
        if number is not None and number < 1:
            raise RunError(
                f"{option} must be 1 or more; received {number}; choose a larger number."
            )


def model_of(
    run: Run,
    model: Model | None,
    preprocess: str | None,
    *,
    logits: bool,
    trust_model: bool,
    what: str = "a diagnosis",
) -> Classifier | None:
    """The model of the run; None if the run was made from saved probabilities.

    Args:
        run: the run.
        model, preprocess, logits, trust_model: see `classifier_of`.
        what: needs it, for the error.

    Raises:
        RunError: it is another model than the one that the run was made with.
    """
    made_with = run.manifest.model
    if made_with is None and model is None:
        return None
    classifier = classifier_of(
        run, model, preprocess=preprocess, logits=logits, trust_model=trust_model
    )
    if made_with is not None and classifier.fingerprint() != made_with.hash:
        raise RunError(
            f"{what} needs the model that the run was made with, {made_with.name} "
            f"({made_with.hash[:12]}…); {classifier.source} is another one "
            f"({classifier.fingerprint()[:12]}…); rank with it first, or pass the former one with "
            "--model."
        )
    return classifier


def same_dataset(run: Run) -> Dataset:
    """The images of the run, unchanged since; without the sealed ones.

    Raises:
        RunError: they are not there, or not those that were ranked.
    """
    dataset, source = run.dataset, run.manifest.data
    if source is not None and dataset.fingerprint() != source.hash:
        raise RunError(
            f"the images of the run must be those that were ranked; {dataset.source} has other "
            "images, labels or files now; rank again, or pass the path of the former ones with "
            "--data."
        )
    return dataset


def input_shape(classifier: Classifier | None, dataset: Dataset) -> Shape:
    """The (h, w, c) in which pictures are diagnosed: that of the model's input."""
    if classifier is None:
        return space_for(None, dataset)[1].shape
    shape = shape_for(classifier, dataset) or first_shape(dataset)
    if shape is None:
        raise none_readable("image", dataset)
    return shape


def training_of(train: Data, run: Run, dataset: Dataset, shape: Shape) -> Dataset:
    """The training data of the run.

    Raises:
        DatasetError: it is not there, has other classes, or images of another size.
    """
    check_there(train)
    training = open_training(train, run)
    check_size(training, dataset, shape)
    return training


def other_model(
    run: Run, dataset: Dataset, other: str | Path | Run, shape: Shape, trust_model: bool
) -> Classifier:
    """The model of another run on the same examples.

    Raises:
        RunError: it is of other examples, or its model takes other pictures.
    """
    found = opened(other)
    mine, its = run.manifest.data, found.manifest.data
    same = mine is not None and its is not None and mine.hash == its.hash
    if not same or found.manifest.class_names != run.manifest.class_names:
        raise RunError(
            f"--also needs runs on the same examples; {found.folder} is of "
            f"{its.name if its else 'no images'} and {run.folder} of "
            f"{mine.name if mine else 'no images'}; rank the same data with the other model."
        )
    model, own = found.manifest.model, run.manifest.model
    if model is not None and own is not None and model.hash == own.hash:
        raise RunError(
            f"--also needs runs of other models; {found.folder} was made with the same one, "
            f"{model.name}; leave it out."
        )
    classifier = classifier_of(found, trust_model=trust_model)
    if model is not None and classifier.fingerprint() != model.hash:
        raise RunError(
            f"--also needs the model that {found.folder} was made with, {model.name}; its file has "
            "changed since; rank again with it."
        )
    takes = shape_for(classifier, dataset)
    if takes not in (None, shape):
        raise RunError(
            f"--also needs models that take the same pictures; {classifier.source} takes "
            f"{' x '.join(map(str, takes or ()))} and this run has "
            f"{' x '.join(map(str, shape))}; leave it out."
        )
    return classifier


def named_of(run: Run, train: Data | None, training: Dataset | None) -> Named:
    """What the diagnosis is about."""
    model, data = run.manifest.model, run.manifest.data
    typed = ""
    if training is not None:
        typed = str(train) if isinstance(train, str | Path) else training.source
    return Named(
        model.name if model else "",
        data.name if data else "",
        typed,
        model.hash if model else "",
        "" if training is None else training.fingerprint(),
    )


def check_unchanged(run: Run) -> None:
    """Raise `RunError` if the run was replaced while it was diagnosed."""
    if Manifest.open(run.folder) != run.manifest:
        raise RunError(
            f"a run must stay as it is while it is diagnosed; {run.folder} was made again; "
            "diagnose it again."
        )
