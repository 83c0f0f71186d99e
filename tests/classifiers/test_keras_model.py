import gc
import hashlib
import json
import os
import re
import shlex
import weakref
import zipfile

import h5py
import keras
import numpy as np
import pytest
from fakes import small_images, write_folders

from hardex import rank
from hardex.classifiers.keras_archive import keras_version
from hardex.classifiers.keras_model import KerasClassifier, _startup_notes_hidden
from hardex.classifiers.opening import open_classifier
from hardex.errors import ClassifierError

layers = keras.layers


def saved(path, *stack, shape=(4, 4, 1)):
    """A small model of these layers as a .keras file."""
    keras.utils.set_random_seed(0)
    keras.Sequential([keras.Input(shape), *stack]).save(path)
    return path


def ending(classes=3):
    return layers.Flatten(), layers.Dense(classes, activation="softmax")


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    return saved(tmp_path_factory.mktemp("model") / "small.keras", *ending())


def test_a_model_says_what_keras_says_of_the_same_numbers(model_path):
    images = small_images(5)
    expected = keras.models.load_model(model_path)(images / np.float32(255)).numpy()
    classifier = open_classifier(model_path)
    np.testing.assert_allclose(classifier.probabilities(images), expected, rtol=1e-6)
    assert classifier.probabilities(images).dtype == np.float32


def test_a_model_knows_what_it_wants_and_what_it_is(model_path):
    classifier = open_classifier(str(model_path))
    assert (classifier.input_shape, classifier.class_count) == ((4, 4, 1), 3)
    assert (classifier.source, classifier.preprocess) == (str(model_path), "unit")
    assert classifier.fingerprint() == hashlib.sha256(model_path.read_bytes()).hexdigest()
    assert {"tensorflow", "keras", "machine", "TF_ENABLE_ONEDNN_OPTS"} <= set(classifier.numerics())


def test_the_shipped_model_is_called_by_its_name():
    assert open_classifier("mnist_small").source == "mnist_small"


@pytest.mark.parametrize(
    ("beginning", "preprocess"),
    [
        ([], "unit"),
        ([layers.Rescaling(1 / 255)], "raw"),
        ([layers.Normalization(mean=0, variance=1)], "raw"),
        ([layers.Resizing(4, 4), layers.Rescaling(1 / 255)], "raw"),
        ([keras.Sequential([layers.Resizing(4, 4), layers.Rescaling(1 / 255)])], "raw"),
        ([keras.Sequential([layers.RandomFlip()]), layers.Rescaling(1 / 255)], "raw"),
        ([layers.Conv2D(1, 1), layers.Rescaling(1 / 255)], "unit"),
    ],
)
def test_a_model_that_scales_pixels_itself_gets_them_raw(tmp_path, beginning, preprocess):
    path = saved(tmp_path / "m.keras", *beginning, *ending())
    assert open_classifier(path).preprocess == preprocess
    assert open_classifier(path, preprocess="-1..1").preprocess == "-1..1"


def test_a_model_in_memory_is_refused_because_nothing_says_how_it_wants_its_pixels(model_path):
    model = keras.models.load_model(model_path)
    with pytest.raises(
        ClassifierError, match=r"received a Keras model in memory, .*; save it with"
    ):
        open_classifier(model)


def test_a_model_of_any_image_size_asks_for_none(tmp_path):
    stack = layers.Conv2D(2, 1), layers.GlobalAveragePooling2D(), layers.Dense(2, "softmax")
    path = saved(tmp_path / "m.keras", *stack, shape=(None, None, 3))
    assert open_classifier(path).input_shape is None


def test_the_forward_pass_is_compiled_once_for_each_shape_of_batch(model_path):
    classifier = KerasClassifier.open(model_path)
    for count in (4, 4, 7, 4, 7):
        classifier.probabilities(small_images(count))
    assert [shape for shape, _ in classifier._forward._passes] == [(4, 4, 4, 1), (7, 4, 4, 1)]
    before = set(classifier._forward._passes.values())
    classifier.probabilities(small_images(4))
    assert set(classifier._forward._passes.values()) == before


def test_only_the_latest_passes_are_kept_and_the_others_freed(model_path):
    classifier = KerasClassifier.open(model_path)
    classifier.probabilities(small_images(1))
    (compiled,) = classifier._forward._passes.values()
    first = weakref.ref(compiled)
    del compiled
    for count in range(2, 18):
        classifier.probabilities(small_images(count))
        classifier.probabilities(small_images(2))  # what is in use stays
    counts = [shape[0] for shape, _ in classifier._forward._passes]
    assert counts == [*range(3, 18), 2]
    gc.collect()
    assert first() is None


def test_dropout_is_off(tmp_path):
    path = saved(tmp_path / "m.keras", layers.Dropout(0.9), *ending())
    classifier = open_classifier(path)
    first, second = (classifier.probabilities(small_images(5)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def two_inputs(path):
    a, b = keras.Input((4, 4, 1)), keras.Input((4, 4, 1))
    both = layers.Flatten()(layers.Concatenate()([a, b]))
    keras.Model([a, b], layers.Dense(2)(both)).save(path)


def two_outputs(path):
    a = keras.Input((4, 4, 1))
    flat = layers.Flatten()(a)
    keras.Model(a, [layers.Dense(2)(flat), layers.Dense(2)(flat)]).save(path)


def a_lambda(path):
    saved(path, layers.Lambda(lambda x: x * 2), *ending())


def one_output(path, activation):
    return saved(path, layers.Flatten(), layers.Dense(1, activation))


def an_export(path):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4, 4, 1)), *ending()])
    model.export(path, verbose=False)
    return model


def cut_off(path):
    saved(path, *ending())
    path.write_bytes(path.read_bytes()[:-500])


def another_archive(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("hello.txt", "hello")


@pytest.mark.parametrize(
    ("name", "write", "message"),
    [
        (
            "m.keras",
            lambda path: None,
            r"or a shipped model; there is nothing at .*; check",
        ),
        ("x" * 300, lambda path: None, r"there is nothing at xxx.*; check the path\.$"),
        (
            "m.keras",
            lambda path: path.mkdir(),
            r"a Keras 3 \.keras file; .*m\.keras is not one; lo",
        ),
        ("m.txt", lambda path: path.write_text(""), r"\.keras file; .*m\.txt is not one; load it"),
        ("m.h5", lambda path: path.write_text(""), r"m\.h5 is an \.h5 file, which can; pass --tr"),
        ("m", an_export, r"m is a SavedModel, which can; pass --trust-model if you trust who m"),
        ("m.keras", lambda path: path.write_text("no model"), r"whole \.keras file .* failed \("),
        ("m.keras", lambda path: path.write_bytes(b""), r"whole \.keras file .* failed \("),
        ("m.keras", cut_off, r"must be a whole \.keras file of built-in layers; reading .* failed"),
        ("m.keras", another_archive, r"must be a whole \.keras file of built-in layers; reading"),
        ("m.keras", a_lambda, r"has a Lambda layer, which does; pass --trust-model if you trust"),
        (
            "m.keras",
            two_inputs,
            r"one image input .* has 2 inputs \(.*, .*\) and 1 outputs; hardex",
        ),
        (
            "m.keras",
            two_outputs,
            r"one output of .* has 1 inputs and 2 outputs .*; hardex does single",
        ),
        (
            "m.keras",
            lambda path: saved(path, layers.Dense(3), shape=(9,)),
            r"turns \(None, 9\) int",
        ),
        (
            "m.keras",
            lambda path: one_output(path, None),
            r"must end in a sigmoid.* ends in linear; .* no regression; if its .* pass --logits",
        ),
        (
            "m.keras",
            lambda path: saved(path, *ending(), shape=(60,)),
            r"must turn \(n, h, w, 1 or 3\), .* or flattened square images into .*, 60\)",
        ),
        (
            "m.keras",
            lambda path: saved(path, layers.Conv2D(3, 1)),
            r"into \(None, 4, 4, 3\); hardex does single.* only, no segmentation\.$",
        ),
        ("m.keras", lambda path: saved(path, *ending(), shape=(4, 4, 2)), r"turns \(None, 4, 4, 2"),
    ],
)
@pytest.mark.filterwarnings("ignore:You are saving your model")
def test_what_is_no_image_classifier_is_refused_in_one_line(
    tmp_path, monkeypatch, name, write, message
):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / name) if len(name) < 200 else None
    with pytest.raises(ClassifierError, match=message) as caught:
        open_classifier(name)
    assert "\n" not in str(caught.value)


def test_only_the_notes_of_tensorflow_are_held_back(capfd):
    with _startup_notes_hidden():
        os.write(2, b"I0000 00:00:1 a note of TensorFlow\nsomething that matters\n")
        os.write(2, b"WARNING: All log messages before absl::InitializeLog() are\n")
    assert capfd.readouterr().err == "something that matters\n"


def function(images):
    return images / np.float32(255)


@pytest.mark.filterwarnings("ignore:You are saving your model")
def test_what_can_run_code_is_loaded_when_it_is_trusted(tmp_path, model_path):
    images = small_images(5)
    model = keras.models.load_model(model_path)
    model.save(tmp_path / "m.h5")
    expected = model(function(images)).numpy()
    legacy = open_classifier(tmp_path / "m.h5", trust_model=True)
    np.testing.assert_allclose(legacy.probabilities(images), expected, rtol=1e-6)
    assert len(legacy.fingerprint()) == 64

    a_lambda(tmp_path / "lambda.keras")
    trusted = open_classifier(tmp_path / "lambda.keras", trust_model=True)
    assert trusted.probabilities(images).shape == (5, 3)


def test_a_saved_model_says_what_the_model_said_that_was_exported(tmp_path):
    model, images = an_export(tmp_path / "m"), small_images(5)
    classifier = open_classifier(tmp_path / "m", trust_model=True)
    assert (classifier.input_shape, classifier.class_count) == ((4, 4, 1), 3)
    expected = model(function(images)).numpy()
    np.testing.assert_allclose(classifier.probabilities(images), expected, rtol=1e-5)
    before = classifier.fingerprint()
    (tmp_path / "m/assets/another.txt").write_text("changed")
    assert len(before) == 64 and classifier.fingerprint() == before  # it is what was loaded
    again = open_classifier(tmp_path / "m", trust_model=True)
    assert again.fingerprint() != before
    with pytest.raises(ClassifierError, match=r"m does not show its layers; pass a \.keras file"):
        classifier.embeddings(images)


def test_a_broken_trusted_file_is_refused_in_one_line(tmp_path):
    (tmp_path / "m.h5").write_text("no model")
    with pytest.raises(ClassifierError, match=r"whole \.h5 file .*failed \(") as caught:
        open_classifier(tmp_path / "m.h5", trust_model=True)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("activation", "logits"), [("sigmoid", False), (None, True)])
def test_one_output_is_the_probability_of_the_second_of_two_classes(tmp_path, activation, logits):
    path, images = one_output(tmp_path / "m.keras", activation), small_images(5)
    classifier = open_classifier(path, logits=logits)
    second = keras.models.load_model(path)(function(images)).numpy()
    second = 1 / (1 + np.exp(-second)) if logits else second
    assert classifier.class_count == 2
    rows = classifier.probabilities(images)
    np.testing.assert_allclose(rows, np.concatenate([1 - second, second], axis=1), atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "stack", "wanted"),
    [
        ((8, 8), [layers.Flatten()], (8, 8, 1)),
        ((64,), [], (8, 8, 1)),
        ((5, 7), [layers.LSTM(4)], (5, 7, 1)),
        ((192,), [], (8, 8, 3)),
    ],
)
def test_images_are_given_without_channels_or_flattened_if_the_model_takes_them_so(
    tmp_path, shape, stack, wanted
):
    path = saved(tmp_path / "m.keras", *stack, layers.Dense(3, "softmax"), shape=shape)
    classifier = open_classifier(path)
    assert (classifier.input_shape, classifier.channels) == (wanted, wanted[2])
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (5, *wanted), dtype=np.uint8)
    expected = keras.models.load_model(path)(function(images).reshape(5, *shape)).numpy()
    np.testing.assert_allclose(classifier.probabilities(images), expected, rtol=1e-5)
    assert classifier.embeddings(images).shape[0] == 5
    (note,) = classifier.notes
    assert "flattened row by row" in note or "without an axis of channels" in note


def test_images_of_any_size_without_channels(tmp_path):
    stack = layers.GlobalAveragePooling1D(), layers.Dense(2, "softmax")
    path = saved(tmp_path / "m.keras", *stack, shape=(None, 4))
    assert open_classifier(path).input_shape is None and open_classifier(path).channels == 1


def test_one_sigmoid_for_each_class_is_one_distribution(tmp_path):
    path = saved(tmp_path / "m.keras", layers.Flatten(), layers.Dense(4, "sigmoid"))
    classifier, images = open_classifier(path), small_images(9)
    each = keras.models.load_model(path)(function(images)).numpy()
    rows = classifier.probabilities(images)
    np.testing.assert_allclose(rows, each / each.sum(axis=1, keepdims=True), rtol=1e-5)
    np.testing.assert_array_equal(rows.argmax(axis=1), each.argmax(axis=1))
    assert classifier.class_count == 4
    (note,) = classifier.notes
    assert "one sigmoid for each class: each row is divided by its sum" in note
    run = rank(path, (images, np.arange(9) % 4), out=tmp_path / "run")
    assert run.manifest.notes == (f"{note}.",)


def heads(form, **named):
    """A model of images (4, 4, 1) with these outputs, a list or a dictionary."""
    keras.utils.set_random_seed(0)
    a = keras.Input((4, 4, 1))
    flat = layers.Flatten()(a)
    outputs = {name: layer(flat) for name, layer in named.items()}
    return keras.Model(a, outputs if form is dict else list(outputs.values()))


@pytest.mark.parametrize("form", [dict, list])
@pytest.mark.parametrize("export", [False, True], ids=["keras", "SavedModel"])
def test_of_several_outputs_the_probabilities_are_used_and_that_is_said(tmp_path, form, export):
    model = heads(form, soft=layers.Dense(3, "softmax"), logits=layers.Dense(3))
    path = tmp_path / ("m" if export else "m.keras")
    model.export(path, verbose=False) if export else model.save(path)
    classifier, images = open_classifier(path, trust_model=True), small_images(5)
    answers = model(function(images))
    expected = answers["soft"] if form is dict else answers[0]
    np.testing.assert_allclose(classifier.probabilities(images), expected.numpy(), rtol=1e-5)
    (note,) = classifier.notes
    assert note.startswith("the model has 2 outputs (") and note.endswith(" is used")


def test_a_dictionary_with_one_output_needs_no_note(tmp_path):
    model = heads(dict, soft=layers.Dense(3, "softmax"))
    model.save(tmp_path / "m.keras")
    classifier, images = open_classifier(tmp_path / "m.keras"), small_images(5)
    expected = model(function(images))["soft"].numpy()
    np.testing.assert_allclose(classifier.probabilities(images), expected, rtol=1e-5)
    assert classifier.notes == () and classifier.embeddings(images).shape == (5, 16)


def test_of_several_outputs_that_may_be_it_one_is_kept_as_the_sentence_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = heads(list, one=layers.Dense(3, "softmax"), other=layers.Dense(3, "softmax"))
    model.save("m.keras")
    with pytest.raises(ClassifierError, match=r"2 outputs .*keep it alone with") as caught:
        open_classifier("m.keras")
    (line,) = re.findall(r"keras\.Model\(.*?'\)(?=;)", str(caught.value))
    eval(line.replace("NUMBER", "1"), {"keras": keras, "model": model})
    assert open_classifier("NAME.keras").class_count == 3


@pytest.mark.parametrize("shape", [(1, 1, 4), (4, 1, 1), (1, 4), (4, 1)])
def test_axes_of_length_one_in_the_output_are_left_out(tmp_path, shape):
    stack = layers.Flatten(), layers.Dense(4, "softmax"), layers.Reshape(shape)
    path = saved(tmp_path / "m.keras", *stack)
    classifier, images = open_classifier(path), small_images(5)
    expected = keras.models.load_model(path)(function(images)).numpy().reshape(5, 4)
    np.testing.assert_allclose(classifier.probabilities(images), expected, rtol=1e-5)
    assert (classifier.class_count, classifier.activation) == (4, "softmax")


def test_images_are_given_with_the_channels_first_if_the_model_takes_them_so(tmp_path):
    path = saved(tmp_path / "m.keras", *ending(), shape=(3, 4, 5))
    classifier = open_classifier(path)
    assert (classifier.input_shape, classifier.channels) == ((4, 5, 3), 3)
    images = np.random.default_rng(0).integers(0, 256, (5, 4, 5, 3), dtype=np.uint8)
    model = keras.models.load_model(path)
    expected = model(function(images).transpose(0, 3, 1, 2)).numpy()
    np.testing.assert_allclose(classifier.probabilities(images), expected, rtol=1e-5)


def test_a_saved_model_that_ends_in_sigmoids_is_told_from_one_that_ends_in_a_softmax(tmp_path):
    for name, logits in (("sigmoid", False), ("softmax", False), ("linear", True)):
        model = keras.Sequential([keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(3, name)])
        model.export(tmp_path / name, verbose=False)
        classifier = open_classifier(tmp_path / name, trust_model=True, logits=logits)
        assert classifier.activation == name
        rows = classifier.probabilities(small_images(5))
        np.testing.assert_allclose(rows.sum(axis=1), 1, rtol=1e-5)
        assert len(classifier.notes) == (name == "sigmoid")


def test_a_softmax_and_a_single_sigmoid_need_no_note(tmp_path, model_path):
    assert open_classifier(model_path).notes == ()
    assert open_classifier(one_output(tmp_path / "m.keras", "sigmoid")).notes == ()


def test_a_scale_for_three_colours_is_refused_when_a_grey_model_is_opened(model_path):
    with pytest.raises(ClassifierError, match=r"three colours; the model takes 1 channel; choose"):
        open_classifier(model_path, preprocess="caffe")


def old_weights(path, version, kind="DepthwiseConv2D"):
    """An .h5 file with a setting that Keras 3 does not know, as Keras 2 wrote it."""
    keras.utils.set_random_seed(0)
    stack = [layers.DepthwiseConv2D(3), layers.Flatten(), layers.Dense(3, "softmax")]
    keras.Sequential([keras.Input((4, 4, 1)), *stack]).save(path)
    with h5py.File(path, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        inner = next(it for it in config["config"]["layers"] if it["class_name"] == kind)
        inner["config"]["groups"] = 1
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["keras_version"] = version
    return path


@pytest.mark.filterwarnings("ignore:You are saving your model")
@pytest.mark.parametrize("version", ["2.15.0", b"2.3.1", "1.2.2"])
def test_an_old_file_is_refused_with_its_version_the_last_cause_and_a_way_out(tmp_path, version):
    old_weights(tmp_path / "old.h5", version)
    with pytest.raises(ClassifierError) as caught:
        open_classifier(tmp_path / "old.h5", trust_model=True)
    said = str(caught.value)
    number = version if isinstance(version, str) else version.decode()
    assert f"saved by Keras {number} and cannot be loaded (Unrecognized keyword arg" in said
    assert "import tf_keras; tf_keras.models.load_model(" in said and "\n" not in said
    assert "config=" not in said and len(said) < 600


@pytest.mark.filterwarnings("ignore:You are saving your model")
@pytest.mark.parametrize("version", ["3.0.0", "2", "\x1b[31m2.0", "2." + "9" * 5000, 7])
def test_a_file_that_is_not_certainly_old_is_not_called_old(tmp_path, version):
    old_weights(tmp_path / "new.h5", version)
    with pytest.raises(
        ClassifierError, match=r"reading .* failed \(Unrecognized keyword"
    ) as caught:
        open_classifier(tmp_path / "new.h5", trust_model=True)
    assert "tf_keras" not in str(caught.value)


def test_the_version_of_a_file_is_read_without_loading_it(tmp_path, model_path):
    assert keras_version(model_path) == keras.__version__
    with zipfile.ZipFile(tmp_path / "old.keras", "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "2.15.0"}))
    assert keras_version(tmp_path / "old.keras") == "2.15.0"
    for i, content in enumerate(["[]", "{}", '{"keras_version": [2]}', "no json", " " * 200_000]):
        with zipfile.ZipFile(tmp_path / f"{i}.keras", "w") as archive:
            archive.writestr("metadata.json", content)
        assert keras_version(tmp_path / f"{i}.keras") == ""
    (tmp_path / "no.h5").write_text("nothing")
    for path in (tmp_path / "no.h5", tmp_path / "missing.keras", tmp_path):
        assert keras_version(path) == ""


@pytest.mark.filterwarnings("ignore")
def test_what_is_advised_for_an_old_file_gives_a_model_that_loads(tmp_path, monkeypatch):
    """With the real Keras 2, where it is installed: TF_KERAS may name its folder."""
    if folder := os.environ.get("TF_KERAS"):
        monkeypatch.syspath_prepend(folder)
    old = pytest.importorskip("tf_keras")
    monkeypatch.chdir(tmp_path)
    model = old.Sequential(
        [
            old.layers.Conv2D(4, 3, input_shape=(8, 8, 1)),
            *(old.layers.DepthwiseConv2D(3), old.layers.BatchNormalization()),
            *(old.layers.Flatten(), old.layers.Dense(3, activation="softmax")),
        ]
    )
    images = small_images(5, size=8)
    expected = model(function(images)).numpy()
    for name in ("old.h5", "it's old.keras"):
        model.save(name)
        with pytest.raises(ClassifierError, match=r"saved by Keras 2\.") as caught:
            open_classifier(name, trust_model=True)
        code = str(caught.value).split("`python -c ")[1].split("`, and pass")[0]
        exec(shlex.split(code)[0])
        folder = str(caught.value).split("pass the folder ")[1].split(" with --trust-model")[0]
        rows = open_classifier(folder, trust_model=True).probabilities(images)
        np.testing.assert_allclose(rows, expected, atol=1e-5)


def test_logits_become_their_softmax(tmp_path):
    path = saved(tmp_path / "m.keras", layers.Flatten(), layers.Dense(3))
    z = keras.models.load_model(path)(function(small_images(5))).numpy().astype(np.float64)
    expected = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    classifier = open_classifier(path, logits=True)
    np.testing.assert_allclose(classifier.probabilities(small_images(5)), expected, rtol=1e-5)


def nested():
    inner = keras.Sequential(
        [keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(7), layers.Dense(3, "softmax")]
    )
    return [inner]


@pytest.mark.parametrize(
    ("stack", "size", "activation"),
    [
        (ending(), 16, "softmax"),
        ([layers.Flatten(), layers.Dense(5), layers.Dense(3), layers.Softmax()], 5, "softmax"),
        (
            [layers.Flatten(), layers.Dense(5), layers.Dense(3), layers.Activation("softmax")],
            *(5, "softmax"),
        ),
        ([layers.Flatten(), layers.Dense(6), layers.Dropout(0.5), layers.Dense(3)], 6, "linear"),
        (
            [
                layers.Conv2D(5, 1),
                layers.Conv2D(3, 1),
                layers.GlobalAveragePooling2D(),
                layers.Softmax(),
            ],
            *(5, "softmax"),
        ),
        (nested(), 7, "softmax"),
    ],
)
def test_embeddings_are_the_input_of_the_last_layer_with_weights(tmp_path, stack, size, activation):
    classifier = open_classifier(saved(tmp_path / "m.keras", *stack))
    images = small_images(5)
    embeddings = classifier.embeddings(images)
    assert (embeddings.shape, embeddings.dtype) == ((5, size), np.float32)
    assert classifier.activation == activation
    np.testing.assert_allclose(embeddings[2:4], classifier.embeddings(images[2:4]), atol=1e-5)
    if activation == "softmax" and size == 16:
        last = classifier.model.layers[-1]
        np.testing.assert_allclose(last(embeddings), classifier.probabilities(images), atol=1e-6)


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("sparse_categorical_crossentropy", ("sparse_categorical_crossentropy", False)),
        (
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            ("SparseCategoricalCrossentropy", True),
        ),
        (keras.losses.CategoricalCrossentropy(), ("CategoricalCrossentropy", False)),
        (None, None),
    ],
)
@pytest.mark.parametrize("name", ["m.keras", "m.h5"])
@pytest.mark.filterwarnings("ignore:You are saving your model")
def test_the_loss_is_read_from_the_file(tmp_path, name, loss, expected):
    model = keras.Sequential([keras.Input((4, 4, 1)), *ending()])
    if loss is not None:
        model.compile(loss=loss)
    model.save(tmp_path / name)
    assert open_classifier(tmp_path / name, trust_model=True).loss == expected


def test_a_forward_pass_that_fails_is_told_in_a_sentence(model_path):
    with pytest.raises(ClassifierError, match=r"must turn images \(1, 9, 9, 3\) .*; it raised"):
        open_classifier(model_path).probabilities(small_images(1, size=9, channels=3))


def test_a_model_without_weights_has_no_embeddings(tmp_path):
    path = saved(tmp_path / "m.keras", layers.Flatten(), layers.Softmax(), shape=(2, 2, 1))
    with pytest.raises(ClassifierError, match="embeddings are the input of a model's last layer"):
        open_classifier(path).embeddings(small_images(2, size=2))


def test_a_model_of_any_image_size_still_gets_the_channels_it_wants(tmp_path):
    stack = layers.Conv2D(2, 1), layers.GlobalAveragePooling2D(), layers.Dense(2, "softmax")
    path = saved(tmp_path / "m.keras", *stack, shape=(None, None, 3))
    folder = write_folders(tmp_path / "data", [f"{c}/{i}.png" for c in "ab" for i in range(4)])
    write_folders(tmp_path / "data", ["b/9.png"], size=7, channels=3)
    for diversity in ("class", "embedding"):
        made = rank(path, folder, out=tmp_path / diversity, diversity=diversity)
        assert (made.manifest.counts["examples"], made.manifest.image_shape) == (9, (4, 4, 3))
    grey = small_images(4), np.array([0, 1, 0, 1])
    with pytest.raises(ClassifierError, match=r"expects images of 4 x 4 x 3; .* or --resize"):
        rank(path, grey, out=tmp_path / "arrays")
    made = rank(path, grey, out=tmp_path / "arrays", resize=True)
    assert made.manifest.image_shape == (4, 4, 3)
