"""Where predictions come from: forward passes of a model, or saved probabilities."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

import numpy as np

from hardex.arrays import Labels, Probabilities
from hardex.classifiers.classifier import Classifier
from hardex.classifiers.opening import Model, open_classifier
from hardex.classifiers.saved import (
    as_labels,
    as_probabilities,
    read_saved,
    read_saved_labels,
)
from hardex.data.dataset import Dataset
from hardex.data.names import as_class_names, check_storable, number_names
from hardex.errors import ClassifierError, DatasetError, HardexError
from hardex.predict.predictions import (
    Predictions,
    batch_size_for,
    from_probabilities,
    predict,
    shape_for,
)
from hardex.predict.saved_rows import (
    NpyRows,
    check_saved_labels,
    open_labels,
    open_probabilities,
)
from hardex.runs.folder import safe_name
from hardex.runs.seal import Seal, only, positions_in

_BATCH_BYTES_MOST = 2**30


@dataclass(frozen=True, eq=False)
class PredictionSource:
    """Predictions that can be streamed, all of them or those of a range of positions.

    Attributes:
        stream: starts the predictions of a range of positions.
        total: how many examples there are.
        class_names: k names.
        dataset: the images, if there are any.
        classifier: the model, if there is one.
        batch_size: images per forward pass, if there is one.
    """

    stream: Callable[[range], Iterator[Predictions]]
    total: int
    class_names: tuple[str, ...]
    dataset: Dataset | None
    classifier: Classifier | None
    batch_size: int | None

    def predictions(self, within: range | None = None) -> Iterator[Predictions]:
        """The predictions in order of position, all by default."""
        return self.stream(range(self.total) if within is None else within)

    def default_folder(self) -> Path:
        """`runs/MODELSTEM-DATASTEM`."""
        model = self.classifier.source if self.classifier is not None else "probabilities"
        data = self.dataset.source if self.dataset is not None else "labels"
        return Path("runs") / safe_name(f"{_stem(model)}-{_stem(data)}")


def source_from_model(
    model: Model,
    dataset: Dataset,
    *,
    preprocess: str | None,
    batch_size: int | None,
    logits: bool = False,
    trust_model: bool = False,
) -> PredictionSource:
    """Forward passes of a model over a data set.

    Raises:
        ClassifierError: the model cannot be loaded or does not fit the images.
        DatasetError: an id or a class name that a database cannot store.
    """
    _check_names(dataset.class_names, map(dataset.id, range(len(dataset))))
    if batch_size is not None and batch_size < 1:
        raise ClassifierError(
            f"--batch-size must be 1 or more; received {batch_size}; choose a larger number."
        )
    classifier = open_classifier(
        model, preprocess=preprocess, logits=logits, trust_model=trust_model
    )
    shape = shape_for(classifier, dataset)
    size = batch_size or batch_size_for(shape)
    if shape is not None and size * prod(shape) > _BATCH_BYTES_MOST:
        raise HardexError(
            f"--batch-size must let a batch fit into 1 GiB of pixels; received {size:,} images of "
            f"{' x '.join(map(str, shape))}; choose a smaller number or leave it out."
        )
    return PredictionSource(
        lambda within: predict(classifier, dataset, batch_size=size, within=within),
        len(dataset),
        dataset.class_names,
        dataset,
        classifier,
        size,
    )


def source_from_saved(
    probabilities: str | Path | Probabilities,
    labels: str | Path | Labels | None,
    dataset: Dataset | None,
    *,
    class_names: Sequence[str] | None,
) -> PredictionSource:
    """Saved probabilities, with the images of `dataset` if there are any.

    Raises:
        HardexError: probabilities, labels, class names and images do not fit together.
    """
    rows, saved_ids, columns = _rows_of(probabilities, dataset, class_names)
    given = _given_labels(labels, dataset, saved_ids, len(rows))
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
    named = columns if class_names is None else class_names
    names = _names(named, dataset, rows.shape[1])
    if len(names) != rows.shape[1]:
        raise ClassifierError(
            f"probabilities must have one column per class; received {rows.shape[1]} columns for "
            f"{len(names)} classes; name all classes with --classes."
        )
    check_saved_labels(given, class_count=len(names))
    ids = dataset.id if dataset is not None else (saved_ids.__getitem__ if saved_ids else str)
    _check_names(names, map(ids, range(len(rows))))
    return PredictionSource(
        lambda within: from_probabilities(rows, ids, given, within=within),
        len(rows),
        names,
        dataset,
        None,
        None,
    )


def under_seal(source: PredictionSource, seal: Seal) -> PredictionSource:
    """The same source without the sealed examples.

    Raises:
        DatasetError: there are no images, by which a seal decides.
    """
    if source.dataset is None:
        raise DatasetError(
            "a seal needs the images; received probabilities without images; pass DATA, too."
        )
    part = seal.open_part(source.dataset)
    classifier, size = source.classifier, source.batch_size

    def stream(within: range) -> Iterator[Predictions]:
        if classifier is not None:
            return predict(classifier, part, batch_size=size, within=within)
        return only(source.predictions(within), positions_in(part, within))

    return replace(source, stream=stream, dataset=part)


def _rows_of(
    probabilities: str | Path | Probabilities,
    dataset: Dataset | None,
    class_names: Sequence[str] | None,
) -> tuple[Probabilities | NpyRows, tuple[str, ...] | None, tuple[str, ...] | None]:
    """Saved probabilities, read block by block if their file allows it, ids and class names.

    A file with ids is sorted like the data, and named columns like the classes. If neither the
    data nor the caller names the classes, the columns do.
    """
    if not isinstance(probabilities, str | Path):
        return as_probabilities(probabilities, "the array"), None, None
    path = Path(probabilities)
    if (streamed := open_probabilities(path)) is not None:
        return streamed, None, None
    names = class_names if dataset is None else dataset.class_names
    saved = read_saved(path).for_classes(() if names is None else as_class_names(names))
    columns = saved.class_names() if names is None else None
    if saved.ids is None or dataset is None:
        return saved.probabilities, saved.ids, columns
    return saved.for_ids(_ids(dataset)), saved.ids, columns


def _given_labels(
    labels: str | Path | Labels | None,
    dataset: Dataset | None,
    saved_ids: Sequence[str] | None,
    count: int,
) -> Labels | NpyRows:
    """The labels of `count` rows, matched by the ids of the data or of the probabilities."""
    if isinstance(labels, str | Path):
        if (streamed := open_labels(Path(labels))) is not None:
            return streamed
        saved = read_saved_labels(Path(labels))
        known = saved_ids if dataset is None or saved.ids is None else _ids(dataset)
        return saved.for_rows(count, known)
    if labels is not None:
        return as_labels(labels, "the array")
    if dataset is not None:
        return dataset.labels
    raise DatasetError(
        "saved probabilities need the given labels; received none; pass --labels FILE or DATA."
    )


def _check_names(class_names: Sequence[str], ids: Iterable[str]) -> None:
    """Refuse names under which no annotation could be stored; a class may have an empty name."""
    check_storable((name for name in class_names if name != ""), "class name")
    check_storable(ids, "id of an example")


def _ids(dataset: Dataset) -> list[str]:
    return [dataset.id(i) for i in range(len(dataset))]


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
