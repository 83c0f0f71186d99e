"""The callback records a real training, says what is wrong and stops it; TensorBoard's files."""

import numpy as np
import pytest

import hardex
from hardex.learning_curves.last_layers import configuration_of, relu_before_softmax
from hardex.learning_curves.reading import read_log


@pytest.fixture(scope="module")
def keras():
    import keras

    return keras


def model_of(keras, rate):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    model.compile(
        keras.optimizers.SGD(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def data(count=96):
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=count)
    return (rng.standard_normal((count, 4)) + 2 * np.eye(3, 4)[labels]).astype("float32"), labels


def test_it_writes_what_curves_reads(keras, tmp_path):
    keras.utils.set_random_seed(1)
    x, y = data()
    doctor = hardex.CurveDoctor(tmp_path / "log.csv", quiet=True)
    model_of(keras, 0.1).fit(
        x, y, validation_split=0.25, epochs=5, batch_size=12, verbose=0, callbacks=[doctor]
    )
    (run,) = read_log(tmp_path / "log.csv")
    assert len(run) == 5 and len(run.batches.loss) == 30
    assert set(run.metrics) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert (run.train_examples, run.validation_examples) == (72, 24)
    (judged,) = hardex.curves(tmp_path / "log.csv").runs
    assert "validation_too_small" in judged.codes and "24 validation" in judged.findings[-1].why
    for epoch in range(5):  # Keras tells running means; the batches average to them again
        mean = np.mean(doctor.batch_losses[6 * epoch : 6 * epoch + 6])
        assert mean == pytest.approx(doctor.history["loss"][epoch], rel=1e-4)
    assert doctor.run.classes == 3


def test_a_resumed_training_goes_on_in_its_log(keras, tmp_path):
    x, y = data()
    model = model_of(keras, 0.1)
    log = tmp_path / "log.csv"

    def fit(first, last, **more):
        doctor = hardex.CurveDoctor(log, quiet=True)
        model.fit(x, y, batch_size=48, initial_epoch=first, epochs=last, verbose=0,
                  callbacks=[doctor], **more)  # fmt: skip
        return doctor

    fit(0, 4)
    log.write_bytes(log.read_bytes()[:-2])  # as after a kill: the last line does not end
    doctor = fit(4, 7, validation_split=0.25)
    (run,) = read_log(log)
    assert run.at.tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert run.curve("val_loss")[0].tolist() == [5, 6, 7]
    assert run.batches.steps.tolist() == list(range(14)) and run.batches.epochs.max() == 6
    assert doctor.run.at.tolist() == doctor.history["epoch"] == [5, 6, 7]
    assert doctor.run.batches.epochs.tolist() == [4, 4, 5, 5, 6, 6]
    fit(5, 8)  # from a checkpoint: epochs 6 and 7 are done again
    (run,) = read_log(log)
    assert run.at.tolist() == [1, 2, 3, 4, 5, 6, 7, 8] and "went back 1 time" in run.notes[0]
    fit(0, 2)
    assert len(read_log(log)[0]) == 2
    log.unlink()
    fit(10, 12)  # the log was moved away
    assert read_log(log)[0].at.tolist() == [11, 12]


def test_it_says_nan_at_once_and_stops(keras, tmp_path, capsys):
    x, y = data()
    x[5] = np.nan
    doctor = hardex.CurveDoctor(tmp_path / "log.csv", stop=True)
    model_of(keras, 0.1).fit(x, y, epochs=9, batch_size=12, verbose=0, callbacks=[doctor])
    assert len(doctor.history["loss"]) == 1
    assert doctor.findings[0].code == "nan"
    assert "nan" in capsys.readouterr().out


def test_it_stops_what_does_not_learn_and_not_before_it_is_sure(keras):
    x, y = data()
    doctor = hardex.CurveDoctor(stop=True, quiet=True, patience=4)
    model_of(keras, 0.0).fit(x, y, epochs=12, batch_size=96, verbose=0, callbacks=[doctor])
    assert 4 <= len(doctor.history["loss"]) < 12
    assert "not_learning" in [one.code for one in doctor.findings]


def test_event_files_of_keras_are_read(keras, tmp_path):
    x, y = data()
    model_of(keras, 0.1).fit(
        x, y, validation_split=0.25, epochs=4, verbose=0,
        callbacks=[keras.callbacks.TensorBoard(tmp_path / "logs", write_graph=False)],
    )  # fmt: skip
    (run,) = read_log(tmp_path / "logs")
    assert len(run) == 4
    assert {"loss", "accuracy", "val_loss", "val_accuracy"} <= set(run.metrics)
    first = next(tmp_path.rglob("*.tfevents.*"))
    first.write_bytes(first.read_bytes()[:-7])  # the power was cut
    assert len(read_log(tmp_path / "logs")[0]) >= 3
    first.write_bytes(b"no events")
    with pytest.raises(hardex.LogError):
        read_log(first)


def test_metrics_of_each_class_and_rare_validation_do_not_end_a_training(keras, tmp_path):
    x, y = data()
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
    model.compile(
        "sgd", "categorical_crossentropy", metrics=["accuracy", keras.metrics.F1Score()],
        steps_per_execution=4,
    )  # fmt: skip
    doctor = hardex.CurveDoctor(tmp_path / "log.csv", quiet=True)
    model.fit(
        x, np.eye(3)[y], validation_split=0.25, validation_freq=2, epochs=4, batch_size=9,
        verbose=0, callbacks=[doctor],
    )  # fmt: skip
    (run,) = read_log(tmp_path / "log.csv")
    assert run.curve("val_loss")[0].tolist() == [2, 4] and len(run) == 4
    assert doctor.history["val_loss"][0] is None
    first = np.mean(doctor.batch_losses[:2])
    assert first == pytest.approx(doctor.history["loss"][0], rel=0.02)


def test_relu_before_the_softmax_is_seen_in_the_layers(keras, tmp_path, capsys):
    x, y = data()
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3, activation="relu", name="scores"), layers.Softmax()]
    )
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    doctor = hardex.CurveDoctor(tmp_path / "log.csv")
    model.fit(x, y, epochs=4, verbose=0, callbacks=[doctor])
    assert "epoch 1: dead_starts. The ReLU of the layer 'scores'" in capsys.readouterr().out
    assert "dead_starts" not in hardex.curves(tmp_path / "log.csv").runs[0].codes
    model.save(tmp_path / "log.keras")
    (beside,) = hardex.curves(tmp_path / "log.csv").runs
    assert "dead_starts" in beside.codes and "healthy" not in beside.codes
    sane = model_of(keras, 0.1)
    sane.save(tmp_path / "sane.keras")
    told = hardex.curves(tmp_path / "log.csv", model=tmp_path / "sane.keras").runs[0]
    assert "dead_starts" not in told.codes
    with pytest.raises(hardex.HardexError, match="--model must be"):
        hardex.curves(tmp_path / "log.csv", model=tmp_path / "log.csv")


def test_layers_of_other_structures_show_nothing(keras):
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(3, activation="relu")(inputs)
    functional = keras.Model(inputs, keras.layers.Activation("softmax")(hidden))
    assert relu_before_softmax(configuration_of(functional)) == hidden._keras_history.operation.name
    outer = keras.Sequential([keras.Input((4,)), functional])
    assert relu_before_softmax(configuration_of(outer))
    usual = keras.Sequential(
        [keras.layers.Dense(3, activation="relu"), keras.layers.Dense(3, activation="softmax")]
    )
    assert relu_before_softmax(configuration_of(usual)) == ""
    for strange in ({}, {"config": 3}, {"config": {"layers": []}}, {"config": {"layers": [1]}}):
        assert relu_before_softmax(strange) == ""


def test_what_cannot_be_judged_goes_on(keras, monkeypatch, capsys):
    def broken(run):
        raise ZeroDivisionError

    monkeypatch.setattr("hardex.learning_curves.curve_doctor.judge", broken)
    x, y = data()
    doctor = hardex.CurveDoctor()
    history = model_of(keras, 0.1).fit(x, y, epochs=3, verbose=0, callbacks=[doctor]).history
    assert len(history["loss"]) == 3
    assert capsys.readouterr().err.count("hardex cannot judge this training") == 1


def test_a_width_is_a_number_of_classes_only_with_a_loss_of_classes(keras):
    x, y = data()
    doctor = hardex.CurveDoctor(quiet=True)
    regression = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4)])
    regression.compile("sgd", "mse")
    regression.fit(x, x, epochs=2, verbose=0, callbacks=[doctor])
    assert doctor.run.classes is None
    model_of(keras, 0.1).fit(x, y, epochs=2, verbose=0, callbacks=[doctor])
    assert doctor.run.classes == 3
