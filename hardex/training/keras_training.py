"""A job -> a trained Keras model. The only file of the folder that knows Keras and TensorFlow."""

import csv
import io
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from hardex.arrays import Images, Labels
from hardex.classifiers.classifier import raised
from hardex.classifiers.functions import named_function
from hardex.classifiers.keras_model import KerasClassifier
from hardex.classifiers.layouts import laid_out
from hardex.classifiers.preprocess import preprocess as prepare
from hardex.errors import ClassifierError, HardexError, TrainingError
from hardex.learning_curves.curve_doctor import CurveDoctor
from hardex.learning_curves.findings import CurveFinding
from hardex.training.job import LOG, MODEL, Job, write_whole
from hardex.training.lessons import Batch, Lessons
from hardex.training.progress_lines import PROGRESS, ProgressWriter
from hardex.training.settings import LENET, RETRAIN, SIMPLE_RATE
from hardex.training.state import State, Values, read_state, write_state

BATCHES = "log.batches.csv"
_AHEAD = 3  # batches that are made while the model learns
_ENDING = frozenset({"nan", "not_learning", "diverging"})
_SURE, _PATIENCE = 0.9, 4  # of a finding that ends a training, in epochs
_HEART_BATCH, _HEART_STEPS, _HEART_RATE, _BY_HEART = 32, 300, 1e-3, 0.97
_STATISTICS = frozenset({"Normalization"})  # layers whose weights are no result of learning
_NORM = "BatchNormalization"
_COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy")

Check = Callable[[], None]  # raises to stop


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What a training came to.

    Attributes:
        epochs: how many were trained.
        best_epoch: the one whose weights the model has, from 1.
        val_loss, val_accuracy: after that epoch, on the validation part.
        transformed_accuracy: the same with all of its images transformed as in the training; None
            without an augmentation.
        stopped_early: whether the validation loss had not fallen any more.
        findings: codes of `hardex curves` for its curves.
    """

    epochs: int
    best_epoch: int
    val_loss: float | None
    val_accuracy: float | None
    transformed_accuracy: float | None
    stopped_early: bool
    findings: tuple[str, ...]


def learn(job: Job, lessons: Lessons, folder: Path, check: Check) -> Trained:
    """Train, from the beginning or from the state in the folder, and write `model.keras` there.

    Args:
        job: the training.
        lessons: what is learnt from.
        folder: of the job.
        check: called at each step.

    Raises:
        TrainingError: the training does not learn, or the function that trains fails.
        ClassifierError: the model cannot be trained.
        OSError: the disk is full.
    """
    keras.utils.set_random_seed(job.seed)
    if job.function:
        return _by_function(job, lessons, folder, check)
    model, kind = _begun(job, lessons)
    if job.network and read_state(folder) is None:
        _check_by_heart(job, lessons, check)
        keras.utils.set_random_seed(job.seed)
    _compile(model, job, kind)
    course = _Course(job, lessons, folder, model, kind, check)
    trained = course.run()
    plain = _begun(job, lessons)[0] if job.network else _opened(job).model
    _save(plain, course.best, folder)
    _check_trained(job, lessons, folder)
    return trained


def repeat_exactly() -> None:
    """Let this process train to the same bits each time; a GPU lacks some operations for that."""
    if not tf.config.list_physical_devices("GPU"):
        tf.config.experimental.enable_op_determinism()


def shift_outputs(classifier: KerasClassifier, shift: NDArray[np.floating[Any]], to: Path) -> None:
    """Write a copy of a model whose outputs before the softmax are shifted, class by class.

    The shift goes into the bias of its last layer, so the copy has the same layers.

    Args:
        classifier: with a dense last layer that has a bias.
        shift: (k,) what is added; with one output, what is added to the second class.
        to: the `.keras` file to write.

    Raises:
        ClassifierError: its last layer has no such bias.
    """
    layer = _last_with_bias(classifier)
    kernel, bias = layer.get_weights()
    change = shift[1:] - shift[:1] if len(bias) == 1 else shift
    before = [kernel, bias]
    try:
        layer.set_weights([kernel, bias + change.astype(bias.dtype)])
        classifier.model.save(to)
    finally:
        layer.set_weights(before)


def with_statistics_of(
    classifier: KerasClassifier, images: Callable[[], Iterable[Images]], to: Path
) -> None:
    """Write a copy of a model whose batch normalisation knows the statistics of other images.

    Layer after layer, from the input on, because each changes what the next ones get.

    Args:
        classifier: with layers of batch normalisation.
        images: gives the images, batch by batch, each time that it is called.
        to: the `.keras` file to write.

    Raises:
        ClassifierError: it has no such layers, or they are inside of another model.
    """
    layers = [one for one in classifier.model.layers if type(one).__name__ == _NORM]
    inside = [one for one in _layers(classifier.model) if type(one).__name__ == _NORM]
    if not layers or len(inside) != len(layers):
        raise ClassifierError(
            "adapt: statistics must find layers of batch normalisation in the model itself; "
            f"{classifier.source} has {len(layers)} there and {len(inside) - len(layers)} inside "
            "of other models; leave statistics out."
        )
    before = classifier.model.get_weights()
    try:
        for layer in layers:
            mean, variance = _statistics(classifier, layer, images())
            layer.moving_mean.assign(mean)
            layer.moving_variance.assign(variance)
        classifier.model.save(to)
    finally:
        classifier.model.set_weights(before)


def _statistics(
    classifier: KerasClassifier, layer: Any, images: Iterable[Images]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and variance of what a layer gets, over all places of all images."""
    before = keras.Model(classifier.model.inputs[0], layer.input)
    axis = layer.axis if layer.axis >= 0 else len(layer.input.shape) + layer.axis
    count, total, squares = 0, np.float64(0.0), np.float64(0.0)
    for some in images:
        values = _values_of(some, classifier.preprocess, classifier.model.input_shape)
        found = keras.ops.convert_to_numpy(before(values, training=False)).astype(np.float64)
        rows = np.moveaxis(found, axis, -1).reshape(-1, found.shape[axis])
        count += len(rows)
        total, squares = total + rows.sum(axis=0), squares + (rows**2).sum(axis=0)
    mean = total / count
    return np.asarray(mean), np.asarray(np.maximum(0.0, squares / count - mean**2))


def _last_with_bias(classifier: KerasClassifier) -> Any:
    """The layer whose outputs are before the softmax."""
    for layer in reversed(list(_layers(classifier.model))):
        kind, activation = type(layer).__name__, getattr(layer, "activation", None)
        name = getattr(activation, "__name__", "linear")
        if kind == "Dense" and layer.use_bias and name in ("linear", "softmax", "sigmoid"):
            return layer
        if kind not in ("Activation", "Softmax", "Dropout"):
            break
    raise ClassifierError(
        "logit_adjustment must find a dense last layer with a bias in the model; that of "
        f"{classifier.source} has none; use class_weights: true in its place."
    )


class _Course:
    """One training in its epochs; all that changes while it runs."""

    def __init__(
        self,
        job: Job,
        lessons: Lessons,
        folder: Path,
        model: Any,
        kind: "_Kind",
        check: Check,
    ) -> None:
        self.job, self.lessons, self.folder = job, lessons, folder
        self.model, self.kind, self.check = model, kind, check
        self.doctor = CurveDoctor(quiet=True)
        self.doctor.set_model(model)
        self.best: Values = model.get_weights()
        self.best_epoch: int | None = None
        self.best_loss = float("inf")
        self.best_transformed: float | None = None

    def run(self) -> Trained:
        """All epochs that are left."""
        self.doctor.on_train_begin()
        epochs, early = self.job.training.epochs, False
        first = self._resumed()
        steps = self.lessons.steps
        note = ProgressWriter(self.folder / PROGRESS, monotonic)
        for epoch in range(first, epochs):
            if early := self._is_over(epoch):
                break

            def told(step: int, loss: float, epoch: int = epoch) -> None:
                self.check()
                note(
                    epoch=epoch + 1,
                    epochs=epochs,
                    step=epoch * steps + step,
                    steps=epochs * steps,
                    loss=loss,
                )

            row = self._epoch(epoch, told)
            self._ended(epoch, row)
            note(
                epoch=epoch + 1,
                epochs=epochs,
                step=(epoch + 1) * steps,
                steps=epochs * steps,
                loss=row["loss"],
                val_loss=row["val_loss"],
                val_accuracy=row["val_accuracy"],
            )
        self.doctor.on_train_end()
        write_whole(self.folder / BATCHES, _batch_table(self.doctor.batches))
        rows, best = self.doctor.rows, self.best_epoch
        return Trained(
            epochs=len(rows),
            best_epoch=0 if best is None else best + 1,
            val_loss=None if best is None else rows[best]["val_loss"],
            val_accuracy=None if best is None else rows[best]["val_accuracy"],
            transformed_accuracy=self.best_transformed,
            stopped_early=early,
            findings=tuple(one.code for one in self.doctor.findings),
        )

    def _resumed(self) -> int:
        """The next epoch."""
        state = read_state(self.folder)
        if state is None:
            return 0
        _assign(self.model.variables, state.model)
        _assign(self.model.optimizer.variables, state.optimizer)
        self.doctor.resume(state.rows, state.batch_losses)
        self.best, self.best_epoch = state.best, state.best_epoch
        self.best_loss = float("inf") if state.best_loss is None else state.best_loss
        self.best_transformed = state.best_transformed
        return state.epoch

    def _is_over(self, epoch: int) -> bool:
        """Whether the validation loss has not fallen for long."""
        if self.best_epoch is None or self.job.keep_last:
            return False
        return epoch - 1 - self.best_epoch >= self.job.training.patience

    def _epoch(self, epoch: int, told: Callable[[int, float], None]) -> dict[str, float]:
        """Learn from each batch once, then validate."""
        self.doctor.on_epoch_begin(epoch)
        order, mean, total = self.lessons.order(epoch), _Mean(), 0.0
        batches = (
            lambda number=number: self._ready(self.lessons.batch(epoch, number, order))
            for number in range(self.lessons.steps)
        )
        for number, (values, targets, weights) in enumerate(_ahead(batches)):
            logs = self.model.train_on_batch(
                values, targets, sample_weight=weights, return_dict=True
            )
            mean.add(logs, len(targets))
            total += float(logs["loss"])
            self.doctor.on_train_batch_end(number, {"loss": total / (number + 1)})
            told(number + 1, mean.of("loss"))
            if not np.isfinite(total):
                break
        return {name: mean.of(name) for name in ("loss", "accuracy")} | self._validated()

    def _validated(self) -> dict[str, float]:
        mean = self._tested(self.lessons.validation_batch)
        return {f"val_{name}": mean.of(name) for name in ("loss", "accuracy")}

    def _decisive(self, row: dict[str, float]) -> tuple[float, float | None]:
        """The loss by which epochs are compared, and the accuracy on transformed images, if any.

        It stands for what the remedies are for: classes count the same if they do in the training,
        and half of it is that on transformed images. By plain images alone, the training would be
        over before the remedies do their work.
        """
        weights = self.lessons.validation_weights
        loss = row["val_loss"]
        if weights is not None:
            loss = self._tested(self.lessons.validation_batch, weights).of("loss")
        if self.lessons.augmentation is None:
            return loss, None
        transformed = self._tested(self.lessons.transformed_batch, weights)
        return (loss + transformed.of("loss")) / 2, transformed.of("accuracy")

    def _tested(
        self, batch_of: Callable[[int], Batch], weights: NDArray[np.float32] | None = None
    ) -> "_Mean":
        mean = _Mean()
        for number in range(self.lessons.validation_steps):
            self.check()
            batch = batch_of(number)
            values, targets, _ = self._ready(batch)
            logs = self.model.test_on_batch(
                values,
                targets,
                sample_weight=None if weights is None else weights[batch.labels],
                return_dict=True,
            )
            mean.add(logs, len(targets))
        return mean

    def _ended(self, epoch: int, row: dict[str, float]) -> None:
        """Judge an epoch, and keep where the training is."""
        self.doctor.on_epoch_end(epoch, row)
        write_whole(self.folder / LOG, _table(self.doctor.rows))
        found = _ending(self.doctor.findings, epoch + 1)
        if found is not None:
            raise TrainingError(
                f"a training must learn; {self.job.name} was ended after epoch {epoch + 1} "
                f"({found.code}: {found.why.rstrip('.')}); "
                f"{found.remedy[:1].lower()}{found.remedy[1:].rstrip('.')}."
            )
        loss, transformed = self._decisive(row)
        if loss < self.best_loss or self.best_epoch is None or self.job.keep_last:
            self.best, self.best_epoch, self.best_loss = self.model.get_weights(), epoch, loss
            self.best_transformed = transformed
        state = State(
            epoch=epoch + 1,
            model=_values(self.model.variables),
            optimizer=_values(self.model.optimizer.variables),
            best=self.best,
            best_epoch=self.best_epoch,
            best_loss=self.best_loss,
            best_transformed=self.best_transformed,
            rows=tuple(self.doctor.rows),
            batch_losses=self.doctor.batches,
        )
        write_state(self.folder, state)

    def _ready(self, batch: Batch) -> tuple[Any, NDArray[Any], NDArray[np.float32] | None]:
        """What Keras gets of a batch."""
        values = _values_of(batch.images, self.job.preprocess, self.model.input_shape)
        plain = self.lessons.weights is None
        return values, self.kind.targets(batch.labels), None if plain else batch.weights


class _Mean:
    """Means over examples of what Keras tells about each batch alone."""

    def __init__(self) -> None:
        self.count, self.sums = 0, dict.fromkeys(("loss", "accuracy"), 0.0)

    def add(self, logs: dict[str, Any], count: int) -> None:
        """Count a batch of so many examples."""
        self.count += count
        for name in self.sums:
            self.sums[name] += count * float(logs[name])

    def of(self, name: str) -> float:
        """The mean so far."""
        return self.sums[name] / max(1, self.count)


@dataclass(frozen=True)
class _Kind:
    """What the outputs of a model are, and so which loss and targets it learns by.

    Attributes:
        width: of the output.
        sigmoids: whether each class has a sigmoid of its own.
        logits: whether the output is before the softmax or sigmoid.
        focal: the exponent of the focal loss; 0 for cross-entropy.
    """

    width: int
    sigmoids: bool
    logits: bool
    focal: float = 0.0

    def targets(self, labels: Labels) -> NDArray[Any]:
        """(n,) classes -> what the loss compares outputs with."""
        if self.width == 1:
            return np.asarray(labels, np.float32)[:, None]
        if self.sigmoids or self.focal:
            return np.eye(self.width, dtype=np.float32)[labels]
        return np.asarray(labels, np.int32)

    @property
    def loss(self) -> Any:
        """The loss of Keras for these targets."""
        logits, losses = self.logits, keras.losses
        if self.width == 1 or self.sigmoids:
            if self.focal:
                return losses.BinaryFocalCrossentropy(gamma=self.focal, from_logits=logits)
            return losses.BinaryCrossentropy(from_logits=logits)
        if self.focal:
            return losses.CategoricalFocalCrossentropy(
                alpha=1.0, gamma=self.focal, from_logits=logits
            )
        return losses.SparseCategoricalCrossentropy(from_logits=logits)

    @property
    def accuracy(self) -> Any:
        """The share of right predictions for these targets."""
        if self.width == 1:
            return keras.metrics.BinaryAccuracy("accuracy", threshold=0.0 if self.logits else 0.5)
        if self.sigmoids or self.focal:
            return keras.metrics.CategoricalAccuracy("accuracy")
        return keras.metrics.SparseCategoricalAccuracy("accuracy")


def _kind(classifier: KerasClassifier) -> _Kind:
    width = int(classifier.model.output_shape[-1])
    sigmoids = width > 1 and classifier.activation == "sigmoid" and not classifier.logits
    return _Kind(width, sigmoids, classifier.logits)


def _begun(job: Job, lessons: Lessons) -> tuple[Any, _Kind]:
    """The model with which the training begins, not compiled."""
    if job.network:
        shape = lessons.validation_batch(0).images.shape[1:]
        count = len(job.class_names)
        kind = _Kind(count, sigmoids=False, logits=False, focal=job.focal)
        return _small_network(job, shape, count), kind
    classifier = _opened(job)
    model = _reset(classifier) if job.training.start == RETRAIN else classifier.model
    return model, replace(_kind(classifier), focal=job.focal)


def _small_network(job: Job, shape: tuple[int, ...], count: int) -> Any:
    """A network to start with: ReLU with He's initialisation, and a softmax."""
    layers = keras.layers
    scale = [layers.Rescaling(1 / 255)] if job.preprocess.startswith("raw") else []
    wide: dict[str, Any] = {"activation": "relu", "kernel_initializer": "he_normal"}
    inside = [layers.Flatten(), layers.Dense(128, **wide)]
    if job.network == LENET:
        inside = [
            layers.Conv2D(16, 5, padding="same", **wide),
            layers.MaxPooling2D(padding="same"),
            layers.Conv2D(32, 5, padding="same", **wide),
            layers.MaxPooling2D(padding="same"),
            *inside,
        ]
    last = layers.Dense(count, activation="softmax")
    return keras.Sequential([keras.Input(shape), *scale, *inside, last])


def _check_by_heart(job: Job, lessons: Lessons, check: Check) -> None:
    """Raise `TrainingError` unless the network can learn one batch by heart.

    What cannot do that has a mistake in data, labels or loss, and no longer training mends it.
    """
    model, kind = _begun(job, lessons)
    model.compile(keras.optimizers.Adam(_HEART_RATE), kind.loss, metrics=[kind.accuracy])
    rows = lessons.fit[:_HEART_BATCH]
    images, labels = np.asarray(lessons.pixels[rows]), lessons.labels[rows]
    values = _values_of(images, job.preprocess, model.input_shape)
    reached = 0.0
    for _ in range(_HEART_STEPS):
        check()
        logs = model.train_on_batch(values, kind.targets(labels), return_dict=True)
        reached = max(reached, float(logs["accuracy"]))
        if reached >= _BY_HEART:
            return
    raise TrainingError(
        f"a network must be able to learn one batch by heart; of {len(rows)} images this one got "
        f"{reached:.0%} right after {_HEART_STEPS} steps; look for equal images with different "
        "labels, and at the preprocessing."
    )


def _opened(job: Job) -> KerasClassifier:
    return KerasClassifier.open(
        Path(job.model),
        preprocess=job.preprocess,
        logits=job.logits,
        trust_model=job.trust_model,
    )


def _reset(classifier: KerasClassifier) -> Any:
    """The same layers with new weights, but for those that are frozen or hold statistics."""
    try:
        fresh = keras.models.clone_model(classifier.model)
    except Exception as error:  # a model of its own class may raise anything
        raise ClassifierError(
            f"only a model of layers can be trained anew; {classifier.source} cannot be cloned "
            f"({raised(error)}); use start: fine-tune, or --train-fn MODULE:FUNCTION."
        ) from error
    for old, new in zip(_layers(classifier.model), _layers(fresh), strict=True):
        if not old.trainable or type(old).__name__ in _STATISTICS:
            new.set_weights(old.get_weights())
    return fresh


def _layers(model: Any) -> Iterator[Any]:
    for layer in model.layers:
        yield from _layers(layer) if hasattr(layer, "layers") else (layer,)


def _compile(model: Any, job: Job, kind: _Kind) -> None:
    if not model.trainable_variables:
        raise ClassifierError(
            f"a model must have weights that can be learnt; all layers of {job.model} are frozen; "
            "save it with layer.trainable = True, or pass --train-fn MODULE:FUNCTION."
        )
    optimizers = {
        "adam": keras.optimizers.Adam,
        "adamw": keras.optimizers.AdamW,
        "sgd": keras.optimizers.SGD,
    }
    rate = job.training.rate
    if job.network and job.training.learning_rate is None:
        rate = SIMPLE_RATE
    optimizer = optimizers[job.training.optimizer](rate)
    optimizer.build(model.trainable_variables)
    model.compile(optimizer, kind.loss, metrics=[kind.accuracy], jit_compile=False)


def _by_function(job: Job, lessons: Lessons, folder: Path, check: Check) -> Trained:
    function = named_function(job.function, TrainingError)
    data = TrainingData(job, lessons, folder, check)
    try:
        model = function(data)
    except HardexError:
        raise
    except Exception as error:  # a user's function may raise anything
        raise TrainingError(
            f"{job.function} must train a model on the data that it gets; for {job.name} it raised "
            f"{raised(error)}; fix the function."
        ) from error
    _check_width(job, model)
    _save(model, None, folder)
    _check_trained(job, lessons, folder)
    rows = data.doctor.rows
    if rows:
        write_whole(folder / LOG, _table(rows))
        write_whole(folder / BATCHES, _batch_table(data.doctor.batches))
    found = _ending(data.doctor.findings, len(rows))
    if found is not None:
        raise TrainingError(
            f"a training must learn; {job.name} by {job.function} did not ({found.code}: "
            f"{found.why.rstrip('.')}); {found.remedy[:1].lower()}{found.remedy[1:]}"
        )
    last = rows[-1] if rows else {}
    return Trained(
        epochs=len(rows),
        best_epoch=len(rows),
        val_loss=last.get("val_loss"),
        val_accuracy=last.get("val_accuracy"),
        transformed_accuracy=None,
        stopped_early=False,
        findings=tuple(one.code for one in data.doctor.findings),
    )


class TrainingData:
    """What the function of `--train-fn` gets.

    Attributes:
        training: a `keras.utils.PyDataset` of (values, labels, weights), shuffled and augmented
            anew in each epoch; values are as the model gets them when it is judged.
        validation: the same of the part that is kept out; pass it as `validation_data`.
        callbacks: pass them to `fit`, so that progress is shown and the curves are judged.
        image_shape: (h, w, c) of the values.
        class_names: k names; labels are their places, 0..k-1.
        seed: of this training; Keras, NumPy and Python are seeded with it already.
        model: the file of the model that is to be repaired; "" if it is none of Keras.
    """

    def __init__(self, job: Job, lessons: Lessons, folder: Path, check: Check) -> None:
        self.training = _Batches(job, lessons, check)
        self.validation = _Batches(job, lessons, check, validation=True)
        self.doctor = CurveDoctor(quiet=True)
        self.callbacks = [self.doctor, _Teller(folder)]
        self.image_shape: tuple[int, ...] = tuple(self.training[0][0].shape[1:])
        self.class_names, self.seed, self.model = job.class_names, job.seed, job.model


class _Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """The batches of one part as `fit` takes them."""

    def __init__(
        self, job: Job, lessons: Lessons, check: Check, *, validation: bool = False
    ) -> None:
        super().__init__()
        self.job, self.lessons, self.check, self.is_validation = job, lessons, check, validation
        self.epoch, self.order = 0, lessons.order(0)

    def __len__(self) -> int:
        return self.lessons.validation_steps if self.is_validation else self.lessons.steps

    def __getitem__(self, number: int) -> tuple[Any, Labels, NDArray[np.float32]]:
        self.check()
        batch = (
            self.lessons.validation_batch(number)
            if self.is_validation
            else self.lessons.batch(self.epoch, number, self.order)
        )
        values = prepare(batch.images, self.job.preprocess)
        return values, np.asarray(batch.labels, np.int32), batch.weights

    def on_epoch_end(self) -> None:
        """Another order, and other amounts."""
        self.epoch += 1
        self.order = self.lessons.order(self.epoch)


class _Teller(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes the progress of a `fit` that is not ours."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.note = ProgressWriter(folder / PROGRESS, monotonic)
        self.epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._tell(batch + 1, logs or {}, ended=False)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._tell(self.params.get("steps") or 0, logs or {}, ended=True)

    def _tell(self, step: int, logs: Any, *, ended: bool) -> None:
        steps, epochs = self.params.get("steps") or 1, self.params.get("epochs") or 1
        self.note(
            epoch=self.epoch + 1,
            epochs=epochs,
            step=self.epoch * steps + step,
            steps=epochs * steps,
            loss=float(logs.get("loss", np.nan)),
            val_loss=float(logs.get("val_loss", np.nan)) if ended else None,
            val_accuracy=float(logs.get("val_accuracy", np.nan)) if ended else None,
        )


def _check_width(job: Job, model: Any) -> None:
    shape = getattr(model, "output_shape", None)
    width = shape[-1] if isinstance(shape, tuple) else None
    if width == len(job.class_names) or (width == 1 and len(job.class_names) == 2):
        return
    what = f"a model with {width} outputs" if isinstance(shape, tuple) else type(model).__name__
    raise TrainingError(
        f"{job.function} must return a fitted Keras model with one output per class, "
        f"{len(job.class_names)}; it returned {what}; fix the function."
    )


def _save(model: Any, weights: Values | None, folder: Path) -> None:
    """Write `model.keras`, whole or not at all."""
    if weights is not None:
        model.set_weights(weights)
    partial = folder / f".partial-{MODEL}"
    model.save(partial)
    with partial.open("r+b") as file:
        os.fsync(file.fileno())
    partial.replace(folder / MODEL)


def _check_trained(job: Job, lessons: Lessons, folder: Path) -> None:
    """Raise unless the model that was written gives distributions."""
    try:
        written = KerasClassifier.open(
            folder / MODEL,
            preprocess=job.preprocess,
            logits=job.logits,
            trust_model=job.trust_model,
        )
        rows = written.probabilities(lessons.validation_batch(0).images)
        if not np.isfinite(rows).all():
            raise ClassifierError("its probabilities are NaN")
    except ClassifierError as error:
        raise TrainingError(
            f"a training must give a model whose outputs are probabilities; that of {job.name} "
            f"does not ({str(error).rstrip('.')}); "
            f"{'fix the function' if job.function else 'lower the learning rate'}."
        ) from error


def _ending(findings: Sequence[CurveFinding], epochs: int) -> CurveFinding | None:
    """What is so wrong with a training that it ends without a model; None for nothing."""
    for one in findings:
        if one.code == "nan" or (
            one.code in _ENDING and one.confidence >= _SURE and epochs >= _PATIENCE
        ):
            return one
    return None


def _values_of(images: Images, preprocess: str, input_shape: Any) -> Any:
    return laid_out(prepare(images, preprocess), input_shape)


def _ahead(calls: Iterator[Callable[[], Any]]) -> Iterator[Any]:
    """The results of the calls, in order; a thread works a few calls ahead."""
    with ThreadPoolExecutor(1, thread_name_prefix="hardex-batches") as pool:
        waiting: deque[Any] = deque()
        try:
            for call in calls:
                waiting.append(pool.submit(call))
                if len(waiting) > _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for one in waiting:
                one.cancel()


def _values(variables: Sequence[Any]) -> Values:
    return [keras.ops.convert_to_numpy(one) for one in variables]


def _assign(variables: Sequence[Any], values: Values) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def _table(rows: Sequence[dict[str, float]]) -> bytes:
    """The curves as a CSV that `hardex curves` reads."""
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: f"{value:.7g}" for name, value in row.items()})
    return text.getvalue().encode()


def _batch_table(losses: Sequence[tuple[int, float]]) -> bytes:
    lines = [f"{step},{epoch},{loss:.7g}" for step, (epoch, loss) in enumerate(losses)]
    return "\n".join(["step,epoch,loss", *lines, ""]).encode()
