"""A job is learnt: every kind of output, the losses, resuming, and what ends a training."""

import sys

import keras
import numpy as np
import pytest
from trainings import NAMES, job_in, shades, write_model

from hardex.classifiers.keras_model import KerasClassifier
from hardex.data.dataset import ArrayDataset
from hardex.errors import ClassifierError, TrainingError
from hardex.learning_curves.reading import read_log
from hardex.training.augmentation import Amounts, Augmentation
from hardex.training.job import read_job
from hardex.training.keras_training import _Kind, learn
from hardex.training.progress_lines import PROGRESS, last_line
from hardex.training.settings import Training
from hardex.training.state import STATE


def never():
    """A check that lets the training go on."""


def learnt(folder, check=never):
    job, lessons = read_job(folder)
    return learn(job, lessons, folder, check)


def accuracy_of(path, **options):
    data = shades(seed=9)
    rows = KerasClassifier.open(path, **options).probabilities(data.images)
    return (rows.argmax(axis=1) == data.labels).mean()


@pytest.mark.parametrize(
    ("output", "activation", "changes"),
    [
        (2, "softmax", {"focal": 2.0, "weighted": True}),
        (2, None, {"logits": True}),
        (1, "sigmoid", {"focal": 1.0}),
        (2, "sigmoid", {"sampling": "oversample"}),
    ],
)
def test_every_kind_of_output_learns(tmp_path, output, activation, changes):
    model = write_model(tmp_path / "m.keras", output=output, activation=activation)
    training = Training(epochs=4, batch_size=8, learning_rate=0.1)
    trained = learnt(job_in(tmp_path, model=model, training=training, **changes))
    assert trained.epochs == 4 and 1 <= trained.best_epoch <= 4
    logits = bool(changes.get("logits"))
    assert accuracy_of(tmp_path / "job" / "model.keras", logits=logits) >= 0.95
    (run,) = read_log(tmp_path / "job" / "log.csv")
    assert set(run.metrics) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert not keras.saving.load_model(tmp_path / "job" / "model.keras").compiled


def test_each_remedy_changes_the_training(tmp_path):
    model = write_model(tmp_path / "m.keras")
    training = Training(epochs=1, batch_size=16, learning_rate=0.01)
    remedies = {
        "none": {},
        "focal": {"focal": 2.0},
        "weighted": {"weighted": True},
        "over": {"sampling": "oversample"},
    }
    losses = {}
    for name, changes in remedies.items():
        job = job_in(
            tmp_path,
            name=name,
            dataset=shades(share=0.2),
            model=model,
            training=training,
            **changes,
        )
        learnt(job)
        losses[name] = read_log(job / "log.csv")[0].curve("loss")[1][0]
    assert len(set(losses.values())) == len(losses)
    assert losses["focal"] < losses["none"]


def test_the_focal_loss_is_that_of_its_paper():
    kind = _Kind(2, sigmoids=False, logits=False, focal=2.0)
    rows = np.array([[0.9, 0.1], [0.4, 0.6]], np.float32)
    found = float(kind.loss(kind.targets(np.array([0, 0])), rows))
    wanted = np.mean([0.1**2 * -np.log(0.9), 0.6**2 * -np.log(0.4)])
    assert found == pytest.approx(wanted, rel=1e-5)
    one = _Kind(1, sigmoids=False, logits=False, focal=2.0)
    assert float(one.loss(one.targets(np.array([1])), np.array([[0.9]]))) == pytest.approx(
        0.1**2 * -np.log(0.9), rel=1e-4
    )


def test_a_small_network_is_trained_without_a_model(tmp_path):
    training = Training(epochs=4, batch_size=8, learning_rate=0.01)
    job = job_in(tmp_path, model="", network="lenet", training=training)
    trained = learnt(job)
    assert trained.epochs == 4 and accuracy_of(job / "model.keras") >= 0.95


def test_a_network_that_cannot_learn_a_batch_by_heart_is_not_trained(tmp_path):
    data = ArrayDataset.of(np.full((80, 4, 4, 1), 9, np.uint8), np.arange(80) % 2)
    with pytest.raises(TrainingError, match="one batch by heart; of 32 images this one got"):
        learnt(job_in(tmp_path, dataset=data, model="", network="hidden"))


def test_retraining_resets_what_learns_and_keeps_what_is_frozen_and_statistics(tmp_path):
    normal = keras.layers.Normalization(mean=0.5, variance=0.2)
    frozen = keras.layers.Conv2D(2, 1, trainable=False)
    model = write_model(tmp_path / "m.keras", layers=(normal, frozen))
    training = Training(start="retrain", epochs=1, batch_size=80, learning_rate=1e-9)
    learnt(job_in(tmp_path, model=model, training=training))
    old, new = (keras.saving.load_model(p) for p in (model, tmp_path / "job" / "model.keras"))
    assert (old.layers[1].get_weights()[0] == new.layers[1].get_weights()[0]).all()
    assert np.abs(old.layers[-1].get_weights()[0] - new.layers[-1].get_weights()[0]).max() > 0.01
    fine = Training(epochs=1, batch_size=80, learning_rate=1e-9)
    learnt(job_in(tmp_path, name="fine", model=model, training=fine))
    tuned = keras.saving.load_model(tmp_path / "fine" / "model.keras")
    assert np.abs(old.layers[-1].get_weights()[0] - tuned.layers[-1].get_weights()[0]).max() < 1e-6


def test_what_was_interrupted_goes_on_to_the_same_bits(tmp_path):
    model = write_model(tmp_path / "m.keras", layers=(keras.layers.Dropout(0.3),))
    augmentation = Augmentation((Amounts.up_to("shift", 1),), 0.5)
    settings = {"model": model, "augmentation": augmentation}
    training = Training(epochs=3, batch_size=16, learning_rate=0.05)
    whole = job_in(tmp_path, name="whole", training=training, **settings)
    parts = job_in(tmp_path, name="parts", training=training, **settings)
    learnt(whole)
    steps = iter(range(100))

    def cut():
        if next(steps) == 9:  # in the second epoch of four steps, behind the validation
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learnt(parts, cut)
    assert (parts / STATE).exists() and not (parts / "model.keras").exists()
    trained = learnt(parts)
    assert trained.transformed_accuracy is not None
    assert (whole / "log.csv").read_bytes() == (parts / "log.csv").read_bytes()
    first, second = (keras.saving.load_model(it / "model.keras") for it in (whole, parts))
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        assert (one == other).all()
    line = last_line(parts)
    assert (line.epoch, line.epochs, line.step, line.steps) == (3, 3, 12, 12)
    with (parts / PROGRESS).open("a") as file:
        file.write('{"time": "half')
    assert last_line(parts) == line


def test_the_training_ends_early_with_the_weights_of_the_best_epoch(tmp_path):
    training = Training(epochs=50, batch_size=80, learning_rate=30.0, patience=2)
    trained = learnt(job_in(tmp_path, training=training))
    assert trained.stopped_early and trained.epochs == trained.best_epoch + 2
    last = Training(epochs=3, batch_size=80, learning_rate=30.0, patience=1)
    trained = learnt(job_in(tmp_path, name="last", training=last, keep_last=True))
    assert (trained.epochs, trained.best_epoch) == (3, 3)


def test_nan_ends_a_training_with_its_finding_and_without_a_model(tmp_path):
    training = Training(epochs=5, batch_size=16, learning_rate=1e38, optimizer="sgd")
    job = job_in(tmp_path, training=training, preprocess="raw")
    with pytest.raises(TrainingError, match=r"job was ended after epoch 1 \(nan: .*; lower the"):
        learnt(job)
    assert not (job / "model.keras").exists()


def test_a_model_without_weights_to_learn_is_refused(tmp_path):
    model = keras.saving.load_model(write_model(tmp_path / "m.keras"))
    model.trainable = False
    model.save(tmp_path / "m.keras")
    with pytest.raises(ClassifierError, match="all layers of"):
        learnt(job_in(tmp_path, model=tmp_path / "m.keras"))


def trains(data):
    """A function for `--train-fn`."""
    model = keras.Sequential(
        [
            keras.Input(data.image_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(len(data.class_names), activation="softmax"),
        ]
    )
    model.compile(
        keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    model.fit(
        data.training, validation_data=data.validation, epochs=3, verbose=0,
        callbacks=data.callbacks,
    )  # fmt: skip
    return model


def raises(data):
    raise RuntimeError("no space\non the device")


def too_wide(data):
    return keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten()])


def forgets(data):
    return None


def gives_nan(data):
    model = trains(data)
    model.set_weights([np.full_like(one, np.nan) for one in model.get_weights()])
    return model


@pytest.fixture
def functions(monkeypatch):
    monkeypatch.setitem(sys.modules, "own_training", sys.modules[__name__])


def test_a_function_trains_in_its_own_way(tmp_path, functions):
    trained = learnt(job_in(tmp_path, function="own_training:trains"))
    assert trained.epochs == 3 and accuracy_of(tmp_path / "job" / "model.keras") >= 0.9
    assert len(read_log(tmp_path / "job" / "log.csv")[0]) == 3
    assert last_line(tmp_path / "job").epoch == 3


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("raises", r"for job it raised RuntimeError \(no space\); fix the function"),
        ("too_wide", "one output per class, 2; it returned a model with 16 outputs"),
        ("forgets", "it returned NoneType"),
        ("gives_nan", "whose outputs are probabilities; that of job does not"),
        ("gone", "own_training has no gone"),
    ],
)
def test_a_function_that_fails_is_named(tmp_path, functions, name, words):
    with pytest.raises(TrainingError, match=words):
        learnt(job_in(tmp_path, function=f"own_training:{name}"))


def test_names_are_those_of_the_fake():
    assert NAMES == ("dark", "bright")
