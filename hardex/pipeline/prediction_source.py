"""Where predictions come from: forward passes of a model, or saved probabilities."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path

import numpy as np

from hardex.arrays import Labels, Probabilities
from hardex.classifiers.classifier import Classifier
from hardex.classifiers.opening import Model, open_classifier
from hardex.data.dataset import Dataset
from hardex.data.names import check_storable
from hardex.errors import ClassifierError, DatasetError, HardexError
from hardex.pipeline.saved_input import saved_input
from hardex.predict.predictions import (
    Predictions,
    batch_size_for,
    from_probabilities,
    predict,
    shape_for,
)
from hardex.predict.saved_rows import check_saved_labels
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
        pairing: how the rows, columns and labels of saved probabilities were assigned.
        notes: a sentence on each thing in their files that was left out or put right, or that is
            done to the inputs and outputs of the model.
        partial: whether there are examples without predictions.
    """

    stream: Callable[[range], Iterator[Predictions]]
    total: int
    class_names: tuple[str, ...]
    dataset: Dataset | None
    classifier: Classifier | None
    batch_size: int | None
    pairing: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    partial: bool = False

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
        notes=notes_on(classifier, dataset),
    )


def notes_on(classifier: Classifier, dataset: Dataset) -> tuple[str, ...]:
    """A sentence on each thing that is done so that a model and its data fit."""
    said: tuple[str, ...] = getattr(dataset, "notes", ())
    return (*said, *(f"{note}." for note in getattr(classifier, "notes", ())))


def source_from_saved(
    probabilities: str | Path | Probabilities,
    labels: str | Path | Labels | None,
    dataset: Dataset | None,
    *,
    class_names: Sequence[str] | None,
    order: str = "",
    subset: bool = False,
) -> PredictionSource:
    """Saved probabilities, with the images of `dataset` if there are any.

    Args:
        probabilities: (n, k), or their file.
        labels: (n,), or their file; None for those of the data.
        dataset: the images, or None.
        class_names: the classes in the order of the columns.
        order: a word of `hardex.data.orders`: in which rows and columns without names came.
        subset: whether rows and examples without partner are left out.

    Raises:
        HardexError: probabilities, labels, class names and images do not fit together, or their
            order is not known.
    """
    found = saved_input(
        probabilities, labels, dataset, class_names=class_names, order=order, subset=subset
    )
    rows, given, names = found.rows, found.labels, found.class_names
    check_saved_labels(given, class_count=len(names))
    ids = dataset.id if dataset is not None else (found.ids.__getitem__ if found.ids else str)
    where = found.positions
    _check_names(names, map(ids, range(len(rows)) if where is None else where.tolist()))

    def stream(within: range) -> Iterator[Predictions]:
        if where is None:
            yield from from_probabilities(rows, ids, given, within=within)
            return
        start, stop = np.searchsorted(where, [within.start, within.stop]).tolist()
        named = from_probabilities(
            rows, lambda i: ids(int(where[i])), given, within=range(start, stop)
        )
        for part in named:
            yield replace(part, positions=where[part.positions])

    return PredictionSource(
        stream,
        len(rows) if where is None or dataset is None else len(dataset),
        names,
        dataset,
        None,
        None,
        found.pairing,
        (*getattr(dataset, "notes", ()), *found.notes),
        where is not None,
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
    if source.partial:
        raise DatasetError(
            "a seal counts all examples; received --subset, which leaves some out; leave one of "
            "them out."
        )
    part = seal.open_part(source.dataset)
    classifier, size = source.classifier, source.batch_size

    def stream(within: range) -> Iterator[Predictions]:
        if classifier is not None:
            return predict(classifier, part, batch_size=size, within=within)
        return only(source.predictions(within), positions_in(part, within))

    return replace(source, stream=stream, dataset=part)


def _check_names(class_names: Sequence[str], ids: Iterable[str]) -> None:
    """Refuse names under which no annotation could be stored; a class may have an empty name."""
    check_storable((name for name in class_names if name != ""), "class name")
    check_storable(ids, "id of an example")


def _stem(source: str) -> str:
    name = Path(source).name
    return name if ":" in name else Path(name).stem
