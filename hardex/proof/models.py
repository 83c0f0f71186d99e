"""The models of a proof, opened alike, and the doctor's word on each before anything is spent."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Images, Probabilities
from hardex.classifiers.classifier import Classifier, Numerics
from hardex.classifiers.doctor.examination import Finding
from hardex.classifiers.doctor.examine import MOST_EXAMPLES
from hardex.classifiers.opening import Model, open_classifier
from hardex.data.dataset import Dataset, Shape
from hardex.diagnosis.inputs import model_of
from hardex.diagnosis.training import listed
from hardex.errors import ClassifierError
from hardex.pipeline.check import diagnosis_on
from hardex.predict.predictions import batch_size_for, shape_for
from hardex.runs.run import Run

# What is refused before sealed examples are opened, by the option that would say it is meant.
_CALLED_WRONGLY = {
    "wrong_scale": "--preprocess",
    "inverted_colours": "--preprocess",
    "swapped_channels": "--preprocess",
    "class_order": "--classes",
}
_UNUSABLE = frozenset(
    {"wrong_shape", "wrong_dtype", "wrong_class_count", "not_finite", "logits", "not_distributions"}
)


@dataclass(frozen=True)
class Calling:
    """How models are called that no run describes.

    Attributes:
        preprocess: what is done to the pixels; found if not given.
        logits: whether they end in logits.
        trust_model: whether files and functions that run code may be loaded.
        class_names: the classes in the order of their outputs; that of the run if not given.
    """

    preprocess: str | None = None
    logits: bool = False
    trust_model: bool = False
    class_names: tuple[str, ...] | None = None


@dataclass(frozen=True, eq=False)
class Reordered:
    """A classifier whose outputs are put into the order of other class names.

    Attributes:
        classifier: the model.
        columns: (k,) its output for each class.
    """

    classifier: Classifier
    columns: NDArray[np.intp]

    @property
    def source(self) -> str:
        return self.classifier.source

    @property
    def input_shape(self) -> Shape | None:
        return self.classifier.input_shape

    @property
    def class_count(self) -> int | None:
        return self.classifier.class_count

    @property
    def channels(self) -> int | None:
        """1 or 3, if the model takes images of any size."""
        return getattr(self.classifier, "channels", None)

    @property
    def preprocess(self) -> str:
        return self.classifier.preprocess

    def probabilities(self, images: Images) -> Probabilities:
        """(n, k) in the order of the other names."""
        rows = np.asarray(self.classifier.probabilities(images))
        return rows[:, self.columns] if rows.shape[1:] == self.columns.shape else rows

    def fingerprint(self) -> str:
        """That of the model."""
        return self.classifier.fingerprint()

    def numerics(self) -> Numerics:
        """Those of the model."""
        return self.classifier.numerics()


def model_before(run: Run, model: Model | None, *, trust_model: bool) -> Classifier | None:
    """The model of a run, as the run called it; None if it was made from saved probabilities.

    Raises:
        HardexError: it cannot be opened, or `model` is another one.
    """
    return model_of(run, model, None, logits=False, trust_model=trust_model, what="a proof")


def opened_alone(model: Model, called: Calling) -> Classifier:
    """A model that no run describes.

    Raises:
        ClassifierError: it cannot be opened.
    """
    return open_classifier(
        model,
        preprocess=called.preprocess,
        logits=called.logits,
        trust_model=called.trust_model,
    )


def model_like_run(
    model: Model, run: Run, before: Classifier | None, called: Calling
) -> Classifier:
    """A later model for the data of a run, called as the run called its own, or as options say.

    If the run called its model as the model itself says (a file may hold its own scaling), the
    later model is called as it says itself; else it gets the preprocessing of the run.

    Raises:
        HardexError: it cannot be opened, or has another number of classes, or other classes.
    """
    logits, trusted = called.logits or run.manifest.logits, called.trust_model
    found = open_classifier(model, preprocess=called.preprocess, logits=logits, trust_model=trusted)
    wanted = run.manifest.preprocess
    if called.preprocess is None and wanted is not None and found.preprocess != wanted:
        if _own_preprocessing(run, before, trust_model=trusted) != wanted:
            found = open_classifier(model, preprocess=wanted, logits=logits, trust_model=trusted)
    names = run.manifest.class_names
    if found.class_count not in (None, len(names)):
        raise ClassifierError(
            f"a later model must have one output per class of BEFORE; {found.source} has "
            f"{found.class_count} and {run.folder} has {len(names)} classes; pass a model of these "
            "classes."
        )
    return in_order(found, called.class_names, names)


def in_order(
    classifier: Classifier, own: Sequence[str] | None, names: tuple[str, ...]
) -> Classifier:
    """The classifier with its outputs in the order of `names`.

    Raises:
        ClassifierError: its own class names are not the same.
    """
    if own is None or tuple(own) == names:
        return classifier
    if sorted(own) != sorted(names):
        raise ClassifierError(
            f"--classes must name the classes of BEFORE, in the order of the outputs of "
            f"{classifier.source}; received {listed(own)}, and BEFORE has {listed(names)}; name "
            "these."
        )
    return Reordered(classifier, np.array([list(own).index(name) for name in names], np.intp))


def batch_size_of(classifier: Classifier, dataset: Dataset, run: Run | None) -> int:
    """Images per forward pass: that of the run where the model takes the same pictures.

    Raises:
        ClassifierError: the model cannot take the pictures.
    """
    shape = shape_for(classifier, dataset)
    if run is not None and run.manifest.batch_size and shape in (None, run.manifest.image_shape):
        return run.manifest.batch_size
    return batch_size_for(shape)


def check_called_rightly(
    classifier: Classifier, dataset: Dataset, size: int, called: Calling, seed: int
) -> tuple[str, ...]:
    """What the doctor says of a model on at most 512 examples, a sentence each.

    Args:
        classifier: the model.
        dataset: examples that may be looked at.
        size: images per forward pass.
        called: the options that were given.
        seed: of the sample.

    Raises:
        ClassifierError: the model cannot be used on this data as it is called. A scale or an order
            of classes that the options name themselves is a sentence and no error.
    """
    diagnosis = diagnosis_on(
        classifier,
        dataset,
        count=min(MOST_EXAMPLES, max(size, len(dataset) // 25)),
        rng=np.random.default_rng(seed),
        batch_size=size,
        try_count=max(size, len(dataset) // 250),
        thorough=False,
    )
    found = diagnosis.findings
    given = {"--preprocess": called.preprocess is not None, "--classes": bool(called.class_names)}
    for one in found:
        option = _CALLED_WRONGLY.get(one.code, "")
        if one.code in _UNUSABLE or (option and not given[option]):
            meant = f"; if it is right as it is, say so with {option}" if option else ""
            raise ClassifierError(
                f"a proof needs models that are called as they were trained; {classifier.source}: "
                f"{one.evidence}; {one.advice}{meant}."
            )
    return tuple(_sentence(classifier, one) for one in found)


def _sentence(classifier: Classifier, one: Finding) -> str:
    return f"The doctor says of {classifier.source}: {one.evidence}; {one.advice}."


def _own_preprocessing(run: Run, before: Classifier | None, *, trust_model: bool) -> str | None:
    """The preprocessing that the run's own model would get without options; None if not known."""
    source = run.manifest.model
    path = getattr(before, "path", None) or (source and (source.path or source.name))
    try:
        return open_classifier(path, trust_model=trust_model).preprocess if path else None
    except ClassifierError:
        return None
