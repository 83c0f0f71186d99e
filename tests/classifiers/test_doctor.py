import functools
import shlex
from dataclasses import dataclass, replace
from itertools import permutations
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hardex.classifiers.classifier import FunctionClassifier
from hardex.classifiers.doctor.class_orders import best_order
from hardex.classifiers.doctor.diagnosis import Diagnosis, sentence
from hardex.classifiers.doctor.examine import CODES, examine
from hardex.classifiers.doctor.orientations import WAYS
from hardex.classifiers.doctor.statistics import Losses, loses_less, losses
from hardex.classifiers.keras_model import KerasClassifier
from hardex.classifiers.opening import open_classifier
from hardex.classifiers.preprocess import check_preprocess, preprocess
from hardex.classifiers.shipped import shipped_model
from hardex.cli.options import class_names_of
from hardex.data.mnist import load_mnist
from hardex.data.names import natural_order

layers = keras.layers


@dataclass(frozen=True, eq=False)
class Case:
    """A classifier and what it is examined on."""

    classifier: object
    images: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]

    def codes(self):
        return [finding.code for finding in self.findings()]

    def findings(self):
        return self.diagnosis().findings

    def diagnosis(self):
        return examine(self.classifier, self.images, self.labels, class_names=self.names)


NAMES = ("red disc", "orange disc", "green square", "pink square")
COLOURS = np.array([[200, 50, 50], [210, 130, 40], [60, 170, 60], [220, 110, 140]])


READINGS = {"wrong_reading", "reading_matters"}  # of files: tests/pipeline/test_readings.py


def coloured_shapes(count, seed):
    """Small noisy pictures told apart by form and colour, (count, 16, 16, 3)."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, count)
    y, x = np.mgrid[:16, :16]
    across, down = (rng.uniform(6, 10, (count, 1, 1)) for _ in range(2))
    size = rng.uniform(3.5, 5, (count, 1, 1))
    disc = np.hypot(x - across, y - down) < size
    square = np.maximum(abs(x - across), abs(y - down)) < size
    shape = np.where((labels >= 2)[:, None, None], square, disc)[..., None]
    colour = (COLOURS[labels] + rng.normal(0, 22, (count, 3)))[:, None, None]
    ground = rng.uniform(20, 90, (count, 1, 1, 3))
    pictures = np.where(shape, colour, ground) + rng.normal(0, 18, (count, 16, 16, 3))
    return pictures.clip(0, 255).astype(np.uint8), labels


def colour_model(seed=0, *, beginning=(), classes=4, end="softmax"):
    keras.utils.set_random_seed(seed)
    stack = [
        layers.Conv2D(12, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(16, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(classes, end),
    ]
    return keras.Sequential([keras.Input((16, 16, 3)), *beginning, *stack])


def trained(model, values, labels, *, loss="sparse_categorical_crossentropy", epochs=10):
    model.compile("adam", loss=loss, metrics=["accuracy"])
    model.fit(values, labels, batch_size=32, epochs=epochs, verbose=0)
    return model


@pytest.fixture(scope="session")
def photographs(tmp_path_factory):
    """A colour model trained here, on pictures in which colours and channels matter."""
    images, labels = coloured_shapes(3000, seed=1)
    path = tmp_path_factory.mktemp("photographs") / "shapes.keras"
    trained(colour_model(), images / np.float32(255), labels).save(path)
    return Case(KerasClassifier.open(path), *coloured_shapes(512, seed=2), NAMES)


@pytest.fixture(scope="session")
def digits():
    images, labels = load_mnist("test")
    chosen = np.random.default_rng(0).permutation(10_000)[:512]
    return Case(
        KerasClassifier.open(shipped_model("mnist_small")),
        *(images[chosen], labels[chosen].astype(np.int64)),
        tuple(map(str, range(10))),
    )


@pytest.fixture(params=["digits", "photographs"])
def good(request):
    return request.getfixturevalue(request.param)


def with_model(good, model, tmp_path, **options):
    """The same case with another model, saved and opened as people do."""
    model.save(tmp_path / "other.keras")
    return replace(good, classifier=open_classifier(tmp_path / "other.keras", **options))


def around(good, before=(), after=()):
    """Layers before and behind the good model, as one functional model."""
    inputs = keras.Input(good.classifier.input_shape)
    x = functools.reduce(lambda x, layer: layer(x), before, inputs)
    x = good.classifier.model(x)
    return keras.Model(inputs, functools.reduce(lambda x, layer: layer(x), after, x))


def with_end(good, activation):
    """A copy of the good model that ends in another activation."""
    model = keras.models.clone_model(good.classifier.model)
    model.set_weights(good.classifier.model.get_weights())
    model.layers[-1].activation = keras.activations.get(activation)
    return keras.models.clone_model(model), model.get_weights()


def logits_of(good):
    model, weights = with_end(good, "linear")
    model.set_weights(weights)
    return model


def with_preprocess(good, name):
    return replace(good, classifier=replace(good.classifier, preprocess=name))


def with_function(good, function):
    return replace(good, classifier=FunctionClassifier(function))


# --- each bug, planted on a good model


def wrong_shape(good, tmp_path):
    return replace(good, images=np.pad(good.images, ((0, 0), (2, 2), (2, 2), (0, 0))))


def grey_for_colour_or_colour_for_grey(good, tmp_path):
    channels = 1 if good.images.shape[3] == 3 else 3
    return replace(good, images=np.repeat(good.images[..., :1], channels, axis=3))


def raw_for_unit(good, tmp_path):
    return with_preprocess(good, "raw")


def signed_for_unit(good, tmp_path):
    return with_preprocess(good, "-1..1")


def a_function_that_forgot_to_scale(good, tmp_path):
    model = good.classifier.model
    return with_function(good, lambda images: model(images.astype(np.float32)).numpy())


def inverted_data(good, tmp_path):
    return replace(good, images=255 - good.images)


def inverted_preprocessing(good, tmp_path):
    return with_preprocess(good, "unit,inverted")


def swapped_channels(good, tmp_path):
    return replace(good, images=good.images[..., ::-1])


def logits(good, tmp_path):
    return with_model(good, logits_of(good), tmp_path)


def logits_of_a_function(good, tmp_path):
    model = logits_of(good)
    return with_function(good, lambda images: model(images / np.float32(255)).numpy())


def softmax_behind_softmax(good, tmp_path):
    return with_model(good, around(good, after=[layers.Softmax()]), tmp_path)


def logits_option_on_a_softmax(good, tmp_path):
    return replace(good, classifier=replace(good.classifier, logits=True))


def softmax_with_from_logits(good, tmp_path):
    model = keras.models.clone_model(good.classifier.model)
    model.set_weights(good.classifier.model.get_weights())
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return with_model(good, model, tmp_path)


def logits_without_from_logits(good, tmp_path):
    model = logits_of(good)
    model.compile(loss="sparse_categorical_crossentropy")
    return with_model(good, model, tmp_path, logits=True)


def all_classes_in_another_order(good, tmp_path):
    order = np.roll(np.arange(len(good.names)), 1)
    return replace(good, labels=order[good.labels])


def two_classes_exchanged(good, tmp_path):
    order = np.arange(len(good.names))
    order[[0, 1]] = 1, 0
    return replace(good, labels=order[good.labels])


def dropout_left_on(good, tmp_path):
    model = around(good, before=[layers.Dropout(0.3)])
    return with_function(good, lambda x: model(x / np.float32(255), training=True).numpy())


def batch_norm_left_on(good, tmp_path):
    norm, model = layers.BatchNormalization(), good.classifier.model
    return with_function(good, lambda x: model(norm(x / np.float32(255), training=True)).numpy())


def classes_for_probabilities(good, tmp_path):
    ask = good.classifier.probabilities
    return with_function(good, lambda images: ask(images).argmax(axis=1))


def one_hot_whole_numbers(good, tmp_path):
    ask, k = good.classifier.probabilities, len(good.names)
    return with_function(good, lambda images: np.eye(k, dtype=int)[ask(images).argmax(axis=1)])


def pixels_divided_as_whole_numbers(good, tmp_path):
    return replace(good, images=(good.images // 255).astype(np.uint8))


def preprocessing_divided_as_whole_numbers(good, tmp_path):
    (tmp_path / f"mine_{len(good.names)}.py").write_text(
        "def scale(images):\n    return images // 255\n"
    )
    return with_preprocess(good, f"mine_{len(good.names)}:scale")


def nan_in_some_rows(good, tmp_path):
    ask = good.classifier.probabilities
    return with_function(
        good,
        lambda images: np.where(images.max(axis=(1, 2, 3)) > 253, np.nan, 1)[:, None] * ask(images),
    )


def nan_weights(good, tmp_path):
    model = keras.models.clone_model(good.classifier.model)
    model.set_weights([np.full_like(w, np.nan) for w in model.get_weights()])
    return with_model(good, model, tmp_path)


def always_the_same(good, tmp_path):
    row = np.eye(len(good.names), dtype=np.float32)[1]
    return with_function(good, lambda images: np.tile(row, (len(images), 1)))


def dead_weights(good, tmp_path):
    model = keras.models.clone_model(good.classifier.model)
    model.set_weights([w * 0 for w in model.get_weights()])
    return with_model(good, model, tmp_path)


def labels_of_other_images(good, tmp_path):
    return replace(good, labels=np.random.default_rng(5).permutation(good.labels))


def one_class_too_many(good, tmp_path):
    return replace(good, names=(*good.names, "another"))


def made_on_the_training_data(good, tmp_path):
    (tmp_path / "other.csv").write_text(
        "epoch,loss,accuracy,val_loss,val_accuracy\n0,0.9,0.7,0.9,0.68\n1,0.1,0.99,1.1,0.71\n"
    )
    model = keras.models.clone_model(good.classifier.model)
    model.set_weights(good.classifier.model.get_weights())
    return with_model(good, model, tmp_path)


def transposed_images(good, tmp_path):
    return replace(good, images=good.images.transpose(0, 2, 1, 3))


def images_on_their_side(good, tmp_path):
    return replace(good, images=np.rot90(good.images, axes=(1, 2)))


BUGS = {
    wrong_shape: "wrong_shape",
    grey_for_colour_or_colour_for_grey: "wrong_shape",
    raw_for_unit: "wrong_scale",
    signed_for_unit: "wrong_scale",
    a_function_that_forgot_to_scale: "wrong_scale",
    inverted_data: "inverted_colours",
    inverted_preprocessing: "inverted_colours",
    swapped_channels: "swapped_channels",
    logits: "logits",
    logits_of_a_function: "logits",
    softmax_behind_softmax: "softmax_twice",
    logits_option_on_a_softmax: "softmax_twice",
    softmax_with_from_logits: "loss_mismatch",
    logits_without_from_logits: "loss_mismatch",
    all_classes_in_another_order: "class_order",
    two_classes_exchanged: "class_order",
    dropout_left_on: "random_outputs",
    batch_norm_left_on: "batch_dependent",
    classes_for_probabilities: "wrong_dtype",
    one_hot_whole_numbers: "wrong_dtype",
    pixels_divided_as_whole_numbers: "wrong_dtype",
    preprocessing_divided_as_whole_numbers: "wrong_dtype",
    nan_in_some_rows: "not_finite",
    nan_weights: "not_finite",
    always_the_same: "constant",
    dead_weights: "constant",
    labels_of_other_images: "at_chance",
    one_class_too_many: "wrong_class_count",
    made_on_the_training_data: "in_sample",
    transposed_images: "orientation",
    images_on_their_side: "orientation",
}


@pytest.mark.parametrize("plant", BUGS, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_named(good, plant, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if plant is swapped_channels and good.images.shape[3] == 1:
        pytest.skip("grey images have no channels to swap")
    if BUGS[plant] == "orientation" and good.images.shape[3] == 3:
        pytest.skip("discs and squares look the same when they are turned")
    findings = plant(good, tmp_path).findings()
    assert BUGS[plant] in [finding.code for finding in findings], findings
    for finding in findings:
        assert finding.code in CODES and finding.severity in ("error", "warning")
        assert finding.evidence and finding.advice


# --- healthy variations: the doctor must stay silent


def as_it_is(good, rng):
    return good


def thirty_examples(good, rng):
    return replace(good, images=good.images[:30], labels=good.labels[:30])


def five_examples(good, rng):
    return replace(good, images=good.images[:5], labels=good.labels[:5])


def one_example(good, rng):
    return replace(good, images=good.images[:1], labels=good.labels[:1])


def mostly_one_class(good, rng):
    keep = (good.labels == 1) | (rng.random(len(good.labels)) < 0.03)
    return replace(good, images=good.images[keep], labels=good.labels[keep])


def one_class_only(good, rng):
    keep = good.labels == 1
    return replace(good, images=good.images[keep], labels=good.labels[keep])


def a_third_of_the_labels_wrong(good, rng):
    noisy = np.where(
        rng.random(len(good.labels)) < 1 / 3,
        rng.integers(0, len(good.names), len(good.labels)),
        good.labels,
    )
    return replace(good, labels=noisy)


def two_classes_often_mixed_up_by_those_who_labelled(good, rng):
    swap = np.isin(good.labels, (0, 1)) & (rng.random(len(good.labels)) < 0.4)
    return replace(good, labels=np.where(swap, 1 - good.labels, good.labels))


def with_power(good, power):
    """A model that is surer (power above 1) or less sure of the same answers."""
    ask = good.classifier.probabilities

    def answer(images):
        rows = np.maximum(ask(images).astype(np.float64), 1e-30) ** power
        return rows / rows.sum(axis=1, keepdims=True)

    return with_function(good, answer)


def far_too_sure(good, rng):
    return with_power(good, 8)


def hardly_sure(good, rng):
    return with_power(good, 0.2)


def half_precision(good, rng):
    ask = good.classifier.probabilities
    return with_function(good, lambda images: ask(images).astype(np.float16))


def logits_with_the_option(good, rng):
    classifier = replace(
        good.classifier, model=logits_of(good), logits=True, path=Path("without a loss.keras")
    )
    return replace(good, classifier=classifier)


def inverted_on_both_sides(good, rng):
    inverted = with_preprocess(good, "unit,inverted")
    return replace(inverted, images=255 - good.images)


def swapped_on_both_sides(good, rng):
    swapped = with_preprocess(good, "unit,bgr")
    return replace(swapped, images=good.images[..., ::-1])


def noisy_images(good, rng):
    noise = rng.normal(0, 25, good.images.shape)
    return replace(good, images=(good.images + noise).clip(0, 255).astype(np.uint8))


def shifted_images(good, rng):
    return replace(good, images=np.roll(good.images, 2, axis=2))


def darker_images(good, rng):
    return replace(good, images=(good.images * 0.7).astype(np.uint8))


def always_right_and_always_sure(good, rng):
    right = (good.classifier.probabilities(good.images).argmax(axis=1) == good.labels).nonzero()[0]
    return replace(good, images=good.images[right], labels=good.labels[right])


def names_nobody_sorts(good, rng):
    return replace(good, names=tuple(f"class {i * 7 % 11}" for i in range(len(good.names))))


def the_nearest_mean(good, rng):
    """An honest weak model: softmax of the distance to each class's mean picture."""
    half = len(good.labels) // 2
    flat = good.images.reshape(len(good.images), -1) / 255.0
    means = np.stack([flat[:half][good.labels[:half] == k].mean(0) for k in range(len(good.names))])

    def answer(images):
        pixels = images.reshape(len(images), -1) / 255.0
        logits = -0.3 * ((pixels[:, None] - means) ** 2).sum(axis=2)
        rows = np.exp(logits - logits.max(axis=1, keepdims=True))
        return rows / rows.sum(axis=1, keepdims=True)

    case = with_function(good, answer)
    return replace(case, images=good.images[half:], labels=good.labels[half:])


HEALTHY = (
    *(as_it_is, thirty_examples, five_examples, one_example, mostly_one_class, one_class_only),
    *(a_third_of_the_labels_wrong, two_classes_often_mixed_up_by_those_who_labelled),
    *(far_too_sure, hardly_sure, half_precision, logits_with_the_option, inverted_on_both_sides),
    *(swapped_on_both_sides, noisy_images, shifted_images, darker_images),
    *(always_right_and_always_sure, names_nobody_sorts, the_nearest_mean),
)


@pytest.mark.parametrize("vary", HEALTHY, ids=lambda vary: vary.__name__)
def test_a_healthy_variation_gives_no_finding(good, vary):
    case = vary(good, np.random.default_rng(3))
    assert case.findings() == ()


@functools.cache
def shapes_for_training():
    return coloured_shapes(1500, seed=1)


def on_unseen(model, tmp_path, *, images=None, labels=None, names=NAMES, **options):
    """The case of a saved model on shapes that it has not seen."""
    model.save(tmp_path / "m.keras")
    unseen, given = coloured_shapes(512, seed=2)
    return Case(
        open_classifier(tmp_path / "m.keras", **options),
        *(unseen if images is None else images, given if labels is None else labels),
        names,
    )


def scaled_inside(tmp_path):
    images, labels = shapes_for_training()
    model = colour_model(beginning=[layers.Rescaling(1 / 255)])
    return on_unseen(trained(model, images.astype("float32"), labels, epochs=3), tmp_path)


def normalised_inside_and_normalised_per_batch(tmp_path):
    images, labels = shapes_for_training()
    norm = layers.Normalization()
    norm.adapt(images.astype("float32"))
    model = colour_model(beginning=[norm, layers.BatchNormalization(), layers.Dropout(0.1)])
    return on_unseen(trained(model, images.astype("float32"), labels, epochs=3), tmp_path)


def from_minus_one_to_one(tmp_path):
    images, labels = shapes_for_training()
    model = trained(colour_model(), images / np.float32(127.5) - 1, labels, epochs=3)
    return on_unseen(model, tmp_path, preprocess="-1..1")


def trained_on_raw_pixels(tmp_path):
    images, labels = shapes_for_training()
    model = trained(colour_model(), images.astype("float32"), labels, epochs=4)
    return on_unseen(model, tmp_path, preprocess="raw")


def hardly_trained(tmp_path):
    images, labels = shapes_for_training()
    return on_unseen(trained(colour_model(), images / np.float32(255), labels, epochs=1), tmp_path)


def two_classes_and_one_sigmoid(tmp_path):
    images, labels = shapes_for_training()
    model = colour_model(classes=1, end="sigmoid")
    trained(model, images / np.float32(255), labels >= 2, loss="binary_crossentropy", epochs=3)
    unseen, given = coloured_shapes(512, seed=2)
    names = ("disc", "square")
    return on_unseen(model, tmp_path, images=unseen, labels=(given >= 2).astype(int), names=names)


def logits_and_the_loss_for_them(tmp_path):
    images, labels = shapes_for_training()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model = trained(colour_model(end="linear"), images / np.float32(255), labels, loss=loss)
    return on_unseen(model, tmp_path, logits=True)


def labels_with_noise():
    _, labels = shapes_for_training()
    rng = np.random.default_rng(4)
    return np.where(rng.random(len(labels)) < 0.4, rng.integers(0, 4, len(labels)), labels)


@functools.cache
def learned_by_heart():
    """A model that knows 100 badly labelled pictures by heart, and the history of its training."""
    images, labels = shapes_for_training()[0] / np.float32(255), labels_with_noise()
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            *(keras.Input((16, 16, 3)), layers.Flatten()),
            *(layers.Dense(200, "relu"), layers.Dense(4, "softmax")),
        ]
    )
    model.compile("adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    fitted = model.fit(
        *(images[:100], labels[:100]),
        validation_data=(images[1000:], labels[1000:]),
        **{"epochs": 60, "batch_size": 20, "verbose": 0},
    )
    return model, fitted.history


def overfitted_but_seen_on_other_data(tmp_path):
    model, history = learned_by_heart()
    names = ("accuracy", "val_accuracy")
    rows = zip(*(history[name] for name in names), strict=True)
    lines = [",".join(names), *(f"{a},{v}" for a, v in rows)]
    (tmp_path / "m.csv").write_text("\n".join(lines) + "\n")
    return on_unseen(model, tmp_path)


def a_hundred_classes_and_a_weak_model(tmp_path):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (512, 4, 4, 1), dtype=np.uint8)
    truth = images.reshape(512, -1).astype(int) @ np.arange(1, 17) % 100

    def answer(images):
        seen = images.reshape(len(images), -1).astype(int) @ np.arange(1, 17) % 100
        luck = images[:, 0, 0, 0] < 80  # right for three in ten
        rows = np.full((len(images), 100), 0.7 / 99)
        rows[
            np.arange(len(images)), np.where(luck, seen, (seen * 7 + images[:, 1, 1, 0]) % 100)
        ] = 0.3
        return rows

    return Case(FunctionClassifier(answer), images, truth, tuple(map(str, range(100))))


TRAINED = (
    *(scaled_inside, normalised_inside_and_normalised_per_batch, from_minus_one_to_one),
    *(trained_on_raw_pixels, hardly_trained, two_classes_and_one_sigmoid),
    *(logits_and_the_loss_for_them, overfitted_but_seen_on_other_data),
    a_hundred_classes_and_a_weak_model,
)


@pytest.mark.parametrize("make", TRAINED, ids=lambda make: make.__name__)
def test_a_healthy_model_of_another_kind_gives_no_finding(tmp_path, make):
    assert make(tmp_path).findings() == ()


def test_the_larger_shipped_model_is_healthy(digits):
    classifier = KerasClassifier.open(shipped_model("mnist_cnn"))
    assert replace(digits, classifier=classifier).findings() == ()


def test_a_model_that_learned_its_data_by_heart_is_found_on_that_data(tmp_path):
    case = overfitted_but_seen_on_other_data(tmp_path)
    images, _ = shapes_for_training()
    assert replace(case, images=images[:100], labels=labels_with_noise()[:100]).codes() == [
        "in_sample"
    ]


@given(
    pairs=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30),
)
def test_the_best_order_is_that_of_trying_every_order(pairs):
    given_labels, predicted = np.array(pairs).T
    order = best_order(given_labels, predicted, 4)
    assert sorted(order) == [0, 1, 2, 3]
    most = max(
        (np.array(every)[predicted] == given_labels).sum() for every in permutations(range(4))
    )
    assert (order[predicted] == given_labels).sum() == most


def test_classes_stay_where_they_are_while_nothing_is_gained():
    assert best_order(np.array([0, 1]), np.array([0, 0]), 4).tolist() == [0, 1, 2, 3]


def test_a_file_may_be_the_wrong_way_round_in_two_ways_at_once(photographs):
    case = replace(with_preprocess(photographs, "raw"), images=255 - photographs.images)
    assert case.codes() == ["wrong_scale", "inverted_colours"]
    (advice,) = {finding.advice for finding in case.findings()}
    assert advice == "pass --preprocess unit,inverted"
    name = advice.removeprefix("pass --preprocess ")
    assert with_preprocess(case, name).findings() == ()


def test_the_advice_about_the_order_of_the_classes_is_the_order_of_the_outputs(photographs):
    names = ("pink square", "red disc", "orange disc", "green square")  # as the folders are sorted
    labels = np.array([names.index(photographs.names[label]) for label in photographs.labels])
    (finding,) = replace(photographs, labels=labels, names=names).findings()
    assert finding.code == "class_order"
    assert f"--classes {shlex.quote(','.join(photographs.names))}," in finding.advice


def weak(names, outputs, *, share=0.4, per_class=10, seed=0):
    """A model that is right for so many; its outputs are in one order, the data in another."""
    rng = np.random.default_rng(seed)
    k = len(names)
    truth = rng.permutation(np.repeat(np.arange(k), per_class))
    place = np.array([outputs.index(name) for name in names])
    lucky = rng.random(len(truth)) < share
    said = np.where(lucky, place[truth], rng.integers(0, k, len(truth)))
    images = np.zeros((len(truth), 2, 2, 1), np.uint8)
    images[:, 0, 0, 0], images[:, 1, 1, 0] = 200, said
    return Case(
        FunctionClassifier(lambda x: 0.4 * np.eye(k)[x[:, 1, 1, 0] % k] + 0.6 / k),
        *(images, truth, tuple(names)),
    )


FORTY = ["Zebra", "a fox", "it's"] + [f"class {i}" for i in range(37)]
IN_NUMBER, AS_TEXT = sorted(FORTY, key=natural_order), sorted(FORTY)
assert IN_NUMBER != AS_TEXT


@pytest.mark.parametrize(
    ("names", "outputs", "how"),
    [
        (IN_NUMBER, AS_TEXT, "sorted as text, 'class 19' before 'class 2', as Keras"),
        (AS_TEXT, IN_NUMBER, "sorted naturally, 'class 9' before 'class 10'"),
        (FORTY[::-1], AS_TEXT, "sorted as text, 'Zebra' before 'a fox', as Keras"),
    ],
)
def test_classes_in_the_other_usual_order_are_found_on_few_examples(names, outputs, how):
    (finding,) = weak(names, outputs).findings()
    assert (finding.code, finding.severity) == ("class_order", "error")
    assert how in finding.evidence
    typed = shlex.split(finding.advice.removeprefix("pass ").split(", the names in")[0])
    assert typed == ["--classes", ",".join(outputs)]


@pytest.mark.parametrize("names", [IN_NUMBER, AS_TEXT, FORTY[::-1]])
@pytest.mark.parametrize("share", [0, 0.05, 0.4])
def test_a_weak_model_with_its_classes_in_order_is_not_told_to_sort_them(names, share):
    for seed in range(10):
        assert "class_order" not in weak(names, list(names), share=share, seed=seed).codes()


def test_a_model_that_knows_nothing_is_not_told_to_sort_classes_of_unequal_size():
    rng = np.random.default_rng(0)
    names = tuple(f"class {i}" for i in range(12))  # as text 10 and 11 come third and fourth
    truth = rng.choice(12, 500, p=np.r_[np.full(10, 0.02), 0.4, 0.4])
    images = rng.integers(0, 256, (500, 2, 2, 1), dtype=np.uint8)
    two_or_three = FunctionClassifier(
        lambda x: 0.4 * np.eye(12)[2 + (x.sum(axis=(1, 2, 3)) % 2)] + 0.05
    )
    case = Case(two_or_three, images, truth, names)
    assert case.codes() == ["at_chance"]


def test_one_class_that_is_taken_for_another_is_no_order():
    names = (*"abcdefgh", "i 9", "i 10")  # as text, only the last two change their places
    rng = np.random.default_rng(0)
    truth = rng.permutation(np.repeat([*range(8), 9], 40))  # there is no example of i 9
    said = np.where(rng.random(360) < 0.6, truth, rng.integers(0, 8, 360))
    said[truth == 9] = 8
    images = np.zeros((360, 2, 2, 1), np.uint8)
    images[:, 0, 0, 0], images[:, 1, 1, 0] = 200, said
    classifier = FunctionClassifier(lambda x: 0.6 * np.eye(10)[x[:, 1, 1, 0] % 10] + 0.04)
    assert Case(classifier, images, truth, names).codes() == []


def test_where_a_third_order_is_far_better_the_usual_one_is_not_advised():
    outputs = AS_TEXT[20:] + AS_TEXT[:20]
    outputs[0], outputs[39] = outputs[39], outputs[0]
    case = weak(IN_NUMBER, outputs, share=0.9, per_class=20)
    (finding,) = case.findings()
    assert "held-out" in finding.evidence
    assert shlex.quote(",".join(outputs)) in finding.advice


def test_an_order_with_commas_in_it_goes_through_a_file(tmp_path):
    names = [f"class {i}, of {k}" for i in range(4) for k in range(10)]
    case = weak(sorted(names, key=lambda name: name[::-1]), sorted(names))
    (finding,) = case.findings()
    first, *lines, last = finding.advice.split("\n")
    assert "one name per line" in first and first.endswith("pass --classes @FILE:")
    assert lines == sorted(names) and last == "(these are all of them)"
    (tmp_path / "names.txt").write_text("\n".join(lines))
    assert class_names_of(f"@{tmp_path / 'names.txt'}") == sorted(names)


def test_an_order_with_line_ends_in_it_goes_through_python():
    names = [f"two\nlines {i}" for i in range(40)]
    (finding,) = weak(names, sorted(names)).findings()
    assert f"class_names={sorted(names)!r}" in finding.advice


def test_labels_that_are_numbers_are_to_be_numbered_again():
    names = tuple(map(str, range(40)))
    case = weak(names, sorted(names))
    for by_name, advice in (
        (None, "0 to 39 are your labels 0, 1, 10, 11, 12"),
        (False, "0 to 39 are your labels 0, 1, 10, 11, 12"),
        (True, "pass --classes 0,1,10,11,12"),
    ):
        (finding,) = examine(
            *(case.classifier, case.images, case.labels),
            **{"class_names": names, "labelled_by_name": by_name},
        ).findings
        assert finding.code == "class_order" and advice in finding.advice


def test_the_order_in_which_findings_come_is_errors_first(good, tmp_path):
    case = softmax_with_from_logits(good, tmp_path)
    case = replace(case, images=255 - case.images)
    severities = [finding.severity for finding in case.findings()]
    assert severities == ["error", "warning"]


def test_every_code_is_named_by_some_planted_bug():
    assert set(BUGS.values()) | {"not_distributions"} == set(CODES) - READINGS


def test_rows_that_are_no_distributions_and_no_logits_are_said_to_be_neither(photographs):
    ask = photographs.classifier.probabilities
    case = with_function(photographs, lambda images: ask(images) * 0.5)
    (finding,) = case.findings()
    assert finding.code == "not_distributions" and "sums to 0.5" in finding.evidence


@pytest.mark.parametrize("size", [1, 7, 512])
def test_the_batch_size_changes_no_finding(digits, size):
    for case, expected in ((digits, []), (with_preprocess(digits, "raw"), ["wrong_scale"])):
        few = replace(case, images=case.images[:120], labels=case.labels[:120])
        found = examine(few.classifier, few.images, few.labels, batch_size=size).findings
        assert [finding.code for finding in found] == expected


def test_other_preprocessings_are_tried_on_as_few_examples_as_asked(digits):
    asked = []

    def counting(images):
        asked.append(len(images))
        return digits.classifier.probabilities(images)

    examine(
        FunctionClassifier(counting),
        *(255 - digits.images, digits.labels),
        **{"batch_size": 64, "try_count": 64},
    )
    # 8 batches once, one of them among other images, then nine preprocessings and seven turns.
    assert sum(asked) <= 512 + 64 + (9 + 7) * 64


def test_a_wrong_scale_that_costs_no_accuracy_is_seen_by_how_sure_the_wrong_answers_are(digits):
    raw = KerasClassifier.open(shipped_model("mnist_cnn"), preprocess="raw")
    case = replace(digits, classifier=raw)
    assert (raw.probabilities(case.images).argmax(axis=1) == case.labels).mean() > 0.98
    assert case.codes() == ["wrong_scale"]


def test_an_order_of_many_classes_that_only_fits_the_sample_is_not_believed():
    rng = np.random.default_rng(0)
    k, count = 60, 120
    images = rng.integers(0, 256, (count, 2, 2, 1), dtype=np.uint8)
    case = Case(
        FunctionClassifier(lambda x: 0.9 * np.eye(k)[x.sum(axis=(1, 2, 3)) % k] + 0.1 / k),
        *(images, rng.integers(0, k, count)),
        tuple(map(str, range(k))),
    )
    order = best_order(case.labels, case.classifier.probabilities(images).argmax(axis=1), k)
    fitted = order[case.classifier.probabilities(images).argmax(axis=1)] == case.labels
    assert fitted.mean() > 0.3  # of chance 0.02
    assert "class_order" not in case.codes()


def test_few_examples_that_happen_to_be_right_are_not_taken_for_training_data(
    photographs, tmp_path
):
    (tmp_path / "m.csv").write_text("accuracy,val_accuracy\n1.0,0.9\n")
    right = photographs.classifier.probabilities(photographs.images).argmax(axis=1)
    chosen = np.flatnonzero(right == photographs.labels)[:60]
    case = replace(
        photographs,
        classifier=replace(photographs.classifier, path=tmp_path / "m.keras"),
        images=photographs.images[chosen],
        labels=photographs.labels[chosen],
    )
    assert case.codes() == []


# --- preprocessings with a mean and a deviation


@functools.cache
def digits_for_training():
    images, labels = load_mnist("train")
    return images[:8000], labels[:8000].astype(np.int64)


def mlp_for(tmp_path, name, *, judged, end="softmax", shape=(28, 28, 1), beginning=()):
    """A model trained with one preprocessing and judged with another, on digits it has not seen."""
    images, labels = digits_for_training()
    keras.utils.set_random_seed(0)
    stack = [*beginning, layers.Flatten(), layers.Dense(48, "relu"), layers.Dense(10, end)]
    model = keras.Sequential([keras.Input(shape), *stack])
    trained(model, preprocess(images, name).reshape(-1, *shape), labels, epochs=5)
    model.save(tmp_path / "m.keras")
    unseen, given = load_mnist("test")
    chosen = np.random.default_rng(1).permutation(10_000)[:512]
    return Case(
        open_classifier(tmp_path / "m.keras", preprocess=judged),
        *(unseen[chosen], given[chosen].astype(np.int64)),
        tuple(map(str, range(10))),
    )


@pytest.mark.parametrize("name", ["mnist", "standardized"])
def test_a_mean_and_a_deviation_that_accuracy_hides_are_found_by_the_loss(tmp_path, name):
    case = mlp_for(tmp_path, name, judged="unit")
    accuracy, *_ = case.diagnosis().accuracy
    assert accuracy > 0.85
    (finding,) = case.findings()
    assert finding.code == "wrong_scale"
    assert finding.advice == f"pass --preprocess {name}" or f"{name} is about" in finding.evidence
    assert with_preprocess(case, name).findings() == ()


def test_numbers_that_no_name_has_are_fitted_and_confirmed_on_other_examples(tmp_path):
    true = "mean=0.3,std=0.08"
    case = mlp_for(tmp_path, true, judged="unit")
    (finding,) = case.findings()
    assert finding.code == "wrong_scale" and "not used to find these numbers" in finding.evidence
    name = finding.advice.removeprefix("pass --preprocess ").split(", or better")[0]
    check_preprocess(name, channels=1)
    ends = [preprocess(np.array([0, 255], np.uint8).reshape(1, 2, 1, 1), n) for n in (name, true)]
    np.testing.assert_allclose(np.ptp(ends[0]), np.ptp(ends[1]), rtol=0.5)
    right = [(with_preprocess(case, n).diagnosis().right or 0) / 512 for n in ("unit", name, true)]
    assert right[1] > right[2] - 0.02 > right[0]
    assert with_preprocess(case, true).findings() == ()


@pytest.mark.parametrize("name", ["imagenet", "caffe"])
def test_the_scales_of_imagenet_are_found_on_photographs(tmp_path, name):
    images, labels = shapes_for_training()
    model = trained(colour_model(), preprocess(images, name), labels, epochs=6)
    case = on_unseen(model, tmp_path, preprocess="unit")
    assert case.diagnosis().right < 0.8 * 512
    finding = case.findings()[0]
    assert finding.code == "wrong_scale"
    assert f"--preprocess {name}" in finding.advice or f"{name}" in finding.evidence
    typed = finding.advice.removeprefix("pass --preprocess ")
    assert with_preprocess(case, typed).diagnosis().right >= 0.9 * 512
    assert with_preprocess(case, name).findings() == ()


def test_what_the_file_itself_names_is_tried_and_preferred(digits):
    """A suggestion that is about as good as another is the one that is advised."""

    class Suggesting(KerasClassifier):
        suggested = ("mean=0.001,std=0.999",)

    plain = digits.classifier
    inner = Suggesting(plain.path, plain.model, "-1..1", plain.source)
    (finding,) = replace(digits, classifier=inner).findings()
    assert finding.advice == "pass --preprocess mean=0.001,std=0.999"
    assert "(unit is about as good)" in finding.evidence


def test_where_the_loss_leaves_no_room_a_ranking_tries_nothing(digits):
    asked = []

    class Counting(KerasClassifier):
        def outputs(self, images, preprocess):
            asked.append(preprocess)
            return super().outputs(images, preprocess)

    plain = KerasClassifier.open(shipped_model("mnist_cnn"))
    model = Counting(plain.path, plain.model, "unit", plain.source)
    for thorough, others in ((False, False), (True, True)):
        asked.clear()
        found = examine(model, digits.images, digits.labels, thorough=thorough)
        assert found.verdict == "good"
        assert (set(asked) != {"unit"}) == others


def test_where_many_errors_stay_a_brief_check_says_that_a_longer_one_tries_more(digits):
    """What the model wants has no name: only the longer check fits numbers."""
    inner = keras.saving.load_model(shipped_model("mnist_small"))
    stack = [keras.Input((28, 28, 1)), layers.Rescaling(0.25, offset=0.4), inner]
    odd = replace(digits.classifier, model=keras.Sequential(stack))
    for thorough in (False, True):
        found = examine(odd, digits.images, digits.labels, thorough=thorough).findings
        assert [finding.code for finding in found] == ["wrong_scale"]
        assert found[0].advice.endswith("; hardex check tries more") == (not thorough)
    raw = with_preprocess(digits, "raw")
    (finding,) = examine(raw.classifier, raw.images, raw.labels, thorough=False).findings
    assert finding.advice == "pass --preprocess unit"


# --- causes that explain little, and claims


def test_a_change_that_leaves_a_model_knowing_nothing_is_not_told():
    """With another scale it is less sure of the same class for every image; that helps nobody."""
    labels = np.random.default_rng(0).integers(0, 3, 300)
    images = np.full((300, 4, 4, 1), 200, np.uint8)

    def always_the_first(values):
        rows = [0.6, 0.4 - 1e-30, 1e-30] if values.max() > 100 else [0.34, 0.33, 0.33]
        return np.tile(np.array(rows), (len(values), 1))

    model = FunctionClassifier(always_the_first, preprocess="raw")
    assert Case(model, images, labels, tuple("abc")).codes() == ["constant"]


def test_transposed_digits_are_not_to_be_renumbered(digits, tmp_path):
    case = transposed_images(digits, tmp_path)
    (finding,) = case.findings()
    assert finding.code == "orientation" and "all images transposed" in finding.evidence
    line = finding.advice.split("images = ")[1]
    mended = replace(case, images=eval(line, {"images": case.images, "np": np}))
    assert mended.findings() == ()


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.words)
def test_the_advised_lines_for_arrays_and_for_files_do_the_same(way):
    images = np.random.default_rng(0).integers(0, 256, (3, 5, 5, 3), dtype=np.uint8)
    np.testing.assert_array_equal(eval(way.array, {"images": images, "np": np}), way.turn(images))
    turned = Image.fromarray(images[1]).transpose(getattr(Image.Transpose, way.pillow))
    np.testing.assert_array_equal(np.asarray(turned), way.turn(images)[1])


def test_files_are_to_be_saved_turned(digits, tmp_path):
    case = transposed_images(digits, tmp_path)
    (finding,) = examine(
        case.classifier, case.images, case.labels, class_names=case.names, labelled_by_name=True
    ).findings
    assert "image.transpose(Image.Transpose.TRANSPOSE)" in finding.advice


def test_an_order_that_leaves_most_answers_wrong_is_told_but_not_called_the_cause():
    rng = np.random.default_rng(0)
    k, n = 10, 500
    truth, order = rng.integers(0, k, n), np.roll(np.arange(k), 3)
    said = np.where(rng.random(n) < 0.36, order[truth], rng.integers(0, k, n))
    images = np.zeros((n, 2, 3, 1), np.uint8)
    images[:, 0, 0, 0], images[:, 1, 1, 0] = 200, said
    model = FunctionClassifier(lambda x: 0.4 * np.eye(k)[x[:, 1, 1, 0] % k] + 0.06)
    (finding,) = Case(model, images, truth, tuple(map(str, range(k)))).findings()
    assert (finding.code, finding.severity) == ("class_order", "warning")
    assert "so it is not the main cause" in finding.evidence
    assert finding.advice.startswith("look for the main cause first")


def test_a_weak_model_in_which_nothing_is_found_is_not_praised(digits):
    case = the_nearest_mean(digits, np.random.default_rng(3))
    found = case.diagnosis()
    assert (found.findings, found.verdict) == ((), "poor")
    said = sentence(found)
    assert said.startswith("No cause found, and the accuracy is ") and "below 95 %" in said
    assert "other preprocessings" in said and "orders of the classes" in said
    assert "turned and mirrored in" in said


def test_few_examples_are_not_called_good(good):
    found = five_examples(good, None).diagnosis()
    assert found.verdict in ("unknown", "poor")
    assert "No problems found:" not in sentence(found)


@given(n=st.integers(1, 600), share=st.floats(0, 1))
def test_nothing_poor_or_unknown_is_ever_called_good(n, share):
    found = Diagnosis((), n, round(n * share))
    value, low, high = found.accuracy
    assert low - 1e-12 <= value <= high + 1e-12
    good = high >= 0.95 and low >= 0.8
    assert (found.verdict == "good") == good
    assert sentence(found).startswith("No problems found: ") == good


def test_where_model_and_data_do_not_fit_there_is_no_accuracy(good, tmp_path):
    found = wrong_shape(good, tmp_path).diagnosis()
    assert (found.right, found.accuracy, found.verdict) == (None, None, "problems")
    assert Diagnosis((), 5, None).verdict == "unknown"


def test_a_model_that_takes_flattened_images_is_examined_and_that_is_said(tmp_path):
    case = mlp_for(tmp_path, "unit", judged=None, shape=(784,))
    found = case.diagnosis()
    assert found.findings == () and "flattened row by row" in found.notes[0]


def test_one_sigmoid_for_each_class_is_examined_and_that_is_said(tmp_path):
    images, labels = digits_for_training()
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((28, 28)), layers.Flatten(), layers.Dense(10, "sigmoid")])
    each = np.eye(10)[labels]
    model.compile("adam", "binary_crossentropy")
    model.fit(images[..., 0] / np.float32(255), each, epochs=3, verbose=0)
    model.save(tmp_path / "m.keras")
    unseen, given = load_mnist("test")
    case = Case(
        open_classifier(tmp_path / "m.keras"),
        *(unseen[:300], given[:300].astype(np.int64), tuple(map(str, range(10)))),
    )
    found = case.diagnosis()
    assert found.findings == () and len(found.notes) == 2


@pytest.mark.parametrize("power", [0.5, 1.0, 4.0])
def test_the_power_that_fits_best_leaves_the_same_loss_however_sure_a_model_is(power):
    rng = np.random.default_rng(0)
    rows = rng.dirichlet(np.full(5, 2.0), 400)
    labels = np.array([rng.choice(5, p=row) for row in rows])
    plain = losses(rows, labels)
    tempered = losses(rows**power / (rows**power).sum(axis=1, keepdims=True), labels)
    assert tempered.power * power == pytest.approx(plain.power, rel=0.1)
    assert tempered.calibrated.mean() == pytest.approx(plain.calibrated.mean(), rel=0.01)
    assert tempered.calibrated.mean() <= tempered.given.mean() + 1e-3


def test_a_model_that_is_always_right_has_nothing_to_gain_by_being_surer():
    labels = np.zeros(100, np.int64)
    before = losses(np.tile([0.97, 0.03], (100, 1)), labels)
    after = losses(np.tile([1.0, 0.0], (100, 1)), labels)
    assert not loses_less(after, before, alternatives=1)


def test_losing_less_needs_enough_examples_and_a_difference():
    before = losses(np.full((100, 2), 0.5), np.zeros(100, np.int64))
    after = losses(np.tile([0.99, 0.01], (100, 1)), np.zeros(100, np.int64))
    assert loses_less(after, before, alternatives=10)
    assert not loses_less(before, after, alternatives=10)
    assert not loses_less(before, before, alternatives=1)
    few = [Losses(one.given[:20], one.calibrated[:20], one.power) for one in (after, before)]
    assert not loses_less(*few, alternatives=1)
