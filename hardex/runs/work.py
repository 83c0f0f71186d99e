"""What is to be ranked: forward passes of a model, or probabilities saved before."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hardex.arrays import Labels, Probabilities, check_labels
from hardex.classifiers.classifier import Classifier
from hardex.classifiers.opening import Model, open_classifier
from hardex.classifiers.saved import as_labels, as_probabilities, read_labels, read_probabilities
from hardex.data.dataset import Dataset, as_class_names, number_names
from hardex.errors import ClassifierError, DatasetError
from hardex.predict.predictions import (
    Predictions,
    batch_size_for,
    from_probabilities,
    predict,
    shape_for,
)
from hardex.runs.folder import safe_name


@dataclass(frozen=True, eq=False)
class Work:
    """A pass that is ready to run.

    Attributes:
        predictions: starts the stream.
        total: how many examples it will give.
        class_names: k names.
        dataset: the images, if there are any.
        classifier: the model, if there is one.
        batch_size: images per forward pass, if there is one.
    """

    predictions: Callable[[], Iterator[Predictions]]
    total: int
    class_names: tuple[str, ...]
    dataset: Dataset | None
    classifier: Classifier | None
    batch_size: int | None

    def default_folder(self) -> Path:
        """`runs/MODELSTEM-DATASTEM`."""
        model = self.classifier.source if self.classifier is not None else "probabilities"
        data = self.dataset.source if self.dataset is not None else "labels"
        return Path("runs") / safe_name(f"{_stem(model)}-{_stem(data)}")


def work_from_model(
    model: Model, dataset: Dataset, *, preprocess: str | None, batch_size: int | None
) -> Work:
    """Forward passes of a model over a data set.

    Raises:
        ClassifierError: the model cannot be loaded or does not fit the images.
    """
    if batch_size is not None and batch_size < 1:
        raise ClassifierError(
            f"--batch-size must be 1 or more; received {batch_size}; choose a larger number."
        )
    classifier = open_classifier(model, preprocess=preprocess)
    size = batch_size or batch_size_for(shape_for(classifier, dataset))
    return Work(
        lambda: predict(classifier, dataset, batch_size=size),
        len(dataset),
        dataset.class_names,
        dataset,
        classifier,
        size,
    )


def work_from_saved(
    probabilities: str | Path | Probabilities,
    labels: str | Path | Labels | None,
    dataset: Dataset | None,
    *,
    class_names: Sequence[str] | None,
) -> Work:
    """Saved probabilities as a pass, with the images of `dataset` if there are any.

    Raises:
        HardexError: probabilities, labels, class names and images do not fit together.
    """
    rows = (
        read_probabilities(Path(probabilities))
        if isinstance(probabilities, str | Path)
        else as_probabilities(probabilities, "the array")
    )
    given = _given_labels(labels, dataset)
    if len(given) != len(rows):
        raise DatasetError(
            f"there must be one label per row of probabilities; received {len(given)} labels and "
            f"{len(rows)} rows; pass the labels of these rows in their order."
        )
    if dataset is not None and len(dataset) != len(rows):
        raise DatasetError(
            f"there must be one image per row of probabilities; {dataset.source} holds "
            f"{len(dataset)} images and there are {len(rows)} rows; pass the images of these rows "
            "in their order."
        )
    names = _names(class_names, dataset, rows.shape[1])
    if len(names) != rows.shape[1]:
        raise ClassifierError(
            f"probabilities must have one column per class; received {rows.shape[1]} columns for "
            f"{len(names)} classes; name all classes with --classes."
        )
    check_labels(given, class_count=len(names))
    ids = dataset.id if dataset is not None else str
    return Work(lambda: from_probabilities(rows, ids, given), len(rows), names, dataset, None, None)


def _given_labels(labels: str | Path | Labels | None, dataset: Dataset | None) -> Labels:
    if isinstance(labels, str | Path):
        return read_labels(Path(labels))
    if labels is not None:
        return as_labels(labels, "the array")
    if dataset is not None:
        return dataset.labels
    raise DatasetError(
        "saved probabilities need the given labels; received none; pass --labels FILE or DATA."
    )


def _names(
    class_names: Sequence[str] | None, dataset: Dataset | None, columns: int
) -> tuple[str, ...]:
    if class_names is not None:
        return as_class_names(class_names)
    if dataset is not None:
        return dataset.class_names
    return number_names(np.array([columns - 1]))


def _stem(source: str) -> str:
    name = Path(source).name
    return name if ":" in name else Path(name).stem
