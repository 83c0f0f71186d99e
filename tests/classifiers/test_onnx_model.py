import hashlib
import re
import sys

import numpy as np
import onnx
import pytest
from fakes import small_images
from onnx import TensorProto as Kind
from onnx import helper

from hardex.classifiers.embeddings import embeddings
from hardex.classifiers.opening import open_classifier
from hardex.errors import ClassifierError

WEIGHTS = np.random.default_rng(0).normal(0, 1, (4 * 5 * 3, 2)).astype(np.float32)


def written(
    path,
    shape,
    *,
    kind=Kind.FLOAT,
    weights=WEIGHTS,
    softmax=True,
    outputs=("p",),
    columns=None,
    metadata=None,
):
    """Flatten, multiply, softmax: the smallest classifier, as an .onnx file."""
    k = weights.shape[1] if columns is None else columns
    flat = [
        *([helper.make_node("Cast", ["x"], ["f"], to=Kind.FLOAT)]),
        *([helper.make_node("Flatten", ["f"], ["v"])]),
        *([helper.make_node("MatMul", ["v", "w"], ["z"])]),
        *(helper.make_node("Softmax" if softmax else "Identity", ["z"], [o]) for o in outputs),
    ]
    graph = helper.make_graph(
        flat,
        "small",
        [helper.make_tensor_value_info("x", kind, shape)],
        [helper.make_tensor_value_info(o, Kind.FLOAT, [shape[0], k]) for o in outputs],
        [helper.make_tensor("w", Kind.FLOAT, weights.shape, weights.ravel())],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    helper.set_model_props(model, metadata or {})
    onnx.save(model, path)
    return path


def expected(images, *, channels_first, scale=255):
    values = images.astype(np.float64) / scale
    values = values.transpose(0, 3, 1, 2) if channels_first else values
    z = values.reshape(len(images), -1) @ WEIGHTS
    rows = np.exp(z - z.max(axis=1, keepdims=True))
    return rows / rows.sum(axis=1, keepdims=True)


def pictures(count):
    return small_images(count * 2, size=5, channels=3)[:count, :4]


@pytest.mark.parametrize(
    ("shape", "channels_first"),
    [
        (["n", 4, 5, 3], False),
        (["n", 3, 4, 5], True),
        ([None, 3, 4, 5], True),
        ([2, 3, 4, 5], True),
        ([8, 4, 5, 3], False),
    ],
)
def test_both_layouts_and_fixed_batches_say_what_numpy_says(tmp_path, shape, channels_first):
    classifier = open_classifier(written(tmp_path / "m.onnx", shape))
    images = pictures(5)
    assert (classifier.input_shape, classifier.class_count) == ((4, 5, 3), 2)
    assert classifier.preprocess == "unit"
    rows = classifier.probabilities(images)
    np.testing.assert_allclose(rows, expected(images, channels_first=channels_first), atol=1e-5)


def test_a_model_that_takes_bytes_gets_them_raw(tmp_path):
    path = written(tmp_path / "m.onnx", ["n", 4, 5, 3], kind=Kind.UINT8, weights=WEIGHTS / 255)
    classifier = open_classifier(path)
    assert classifier.preprocess == "raw"
    rows = classifier.probabilities(pictures(3))
    np.testing.assert_allclose(rows, expected(pictures(3), channels_first=False), atol=1e-5)


def test_logits_become_their_softmax(tmp_path):
    path = written(tmp_path / "m.onnx", ["n", 4, 5, 3], softmax=False)
    rows = open_classifier(path, logits=True).probabilities(pictures(3))
    np.testing.assert_allclose(rows, expected(pictures(3), channels_first=False), atol=1e-5)


def test_images_of_any_size_are_taken_where_the_model_takes_them(tmp_path):
    classifier = open_classifier(written(tmp_path / "m.onnx", ["n", 3, "h", "w"]))
    assert classifier.input_shape is None
    assert classifier.probabilities(pictures(3)).shape == (3, 2)


def test_a_model_knows_what_it_is(tmp_path):
    path = written(tmp_path / "m.onnx", ["n", 4, 5, 3])
    classifier = open_classifier(path)
    assert classifier.fingerprint() == hashlib.sha256(path.read_bytes()).hexdigest()
    assert classifier.source == str(path)
    assert classifier.numerics()["providers"] == "CPUExecutionProvider"


def test_its_embeddings_are_those_of_the_pixels(tmp_path):
    classifier = open_classifier(written(tmp_path / "m.onnx", ["n", 4, 5, 3]))
    np.testing.assert_array_equal(
        embeddings(classifier, pictures(9)), embeddings(None, pictures(9))
    )


@pytest.mark.parametrize("shape", [["n", 8, 8], ["n", 64], [3, 64], ["n", 8, 8, 1], ["n", 1, 8, 8]])
def test_grey_images_are_taken_with_and_without_channels_and_flattened(tmp_path, shape):
    weights = np.random.default_rng(1).normal(0, 1, (64, 2)).astype(np.float32)
    classifier = open_classifier(written(tmp_path / "m.onnx", shape, weights=weights))
    assert (classifier.input_shape, classifier.channels) == ((8, 8, 1), 1)
    images = small_images(5, size=8)
    z = images.reshape(5, 64) / 255 @ weights
    rows = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(classifier.probabilities(images), rows, atol=1e-5)
    assert len(classifier.notes) == (len(shape) < 4)


IMAGENET = {"mean": "[0.485, 0.456, 0.406]", "std": "[0.229, 0.224, 0.225]"}


def test_metadata_choose_the_preprocessing_and_that_is_said(tmp_path):
    path = written(tmp_path / "m.onnx", ["n", 4, 5, 3], metadata=IMAGENET)
    classifier = open_classifier(path)
    assert classifier.preprocess == "imagenet" and classifier.suggested == ("imagenet",)
    (note,) = classifier.notes
    assert "0.485" in note and note.endswith("so the preprocessing is imagenet")
    given = open_classifier(path, preprocess="unit")
    assert given.preprocess == "unit" and "--preprocess unit was given" in given.notes[0]


def test_metadata_that_are_not_understood_are_told_and_choose_nothing(tmp_path):
    path = written(tmp_path / "m.onnx", ["n", 4, 5, 3], metadata={"mean": "of all"})
    classifier = open_classifier(path)
    assert (classifier.preprocess, classifier.suggested) == ("unit", ())
    assert classifier.notes[0].endswith(
        "'of all', which is not understood; choose with --preprocess"
    )
    assert open_classifier(path, preprocess="raw").notes[0].endswith("which is not understood")
    other = open_classifier(
        written(tmp_path / "o.onnx", ["n", 4, 5, 3], metadata={"author": "somebody"})
    )
    assert other.notes == ()


def test_a_scale_for_three_colours_is_refused_when_a_grey_model_is_opened(tmp_path):
    weights = np.zeros((64, 2), np.float32)
    path = written(tmp_path / "m.onnx", ["n", 8, 8, 1], weights=weights)
    with pytest.raises(ClassifierError, match=r"three colours; the model takes 1 channel; choose"):
        open_classifier(path, preprocess="imagenet")


def detection(path):
    written(path, ["n", 4, 5, 3], softmax=False, outputs=("boxes", "classes"))


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: None, r"must be an \.onnx file; there is none at .*m\.onnx; check the path"),
        (lambda path: path.mkdir(), r"must be an \.onnx file; there is none at "),
        (lambda path: path.write_text("no model"), r"whole \.onnx file; reading .* failed \("),
        (detection, r"has 1 \(x\) and 2 \(boxes, classes\); .* no detection"),
        (lambda path: written(path, ["n", 60]), r"turns tensor\(float\) \['n', 60\] into \['n', 2"),
        (
            lambda path: written(path, ["n", 192], weights=np.zeros((192, 2), np.float32)),
            r"must show where the channels .* 192 numbers, .* export it with an input of four dim",
        ),
        (
            lambda path: written(path, ["n", 4, 5, 2], weights=WEIGHTS[:40]),
            r"turns .*\['n', 4, 5, 2\] into",
        ),
        (
            lambda path: written(path, ["n", 4, 5, 3], kind=Kind.INT64),
            r"turns tensor\(int64\) \['n'",
        ),
    ],
)
def test_what_is_no_image_classifier_is_refused_in_one_line(tmp_path, write, message):
    write(tmp_path / "m.onnx")
    with pytest.raises(ClassifierError, match=message) as caught:
        open_classifier(tmp_path / "m.onnx")
    assert "\n" not in str(caught.value)


def ending_in(path, *operations, outputs=None):
    """The same model with other operations behind the logits `z`, and these outputs."""
    model = onnx.load(written(path, ["n", 4, 5, 3]))
    model.graph.node.pop()
    model.graph.node.extend(operations)
    del model.graph.output[:]
    for name, kind, shape in outputs or [("p", Kind.FLOAT, ["n", 2])]:
        model.graph.output.append(helper.make_tensor_value_info(name, kind, shape))
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


def node(operation, into="z", out="p", **attributes):
    return helper.make_node(operation, [into], [out], **attributes)


def test_a_sigmoid_for_each_class_is_one_distribution_and_that_is_said(tmp_path):
    path = ending_in(tmp_path / "m.onnx", node("Sigmoid", out="s"), node("Identity", "s"))
    classifier, images = open_classifier(path), pictures(5)
    z = images.reshape(5, -1) / 255 @ WEIGHTS
    each = 1 / (1 + np.exp(-z))
    rows = classifier.probabilities(images)
    np.testing.assert_allclose(rows, each / each.sum(axis=1, keepdims=True), rtol=1e-4)
    assert classifier.activation == "sigmoid" and "one sigmoid for each" in classifier.notes[0]
    left = open_classifier(path, logits=True)
    assert left.notes == ()


@pytest.mark.parametrize("axes", [(2, 3), (1, 2), (1,), (2,)])
def test_axes_of_length_one_in_the_output_are_left_out(tmp_path, axes):
    shape = np.expand_dims(np.zeros((1, 2)), axes).shape[1:]
    model = onnx.load(ending_in(tmp_path / "m.onnx", node("Softmax")))
    model.graph.node.append(helper.make_node("Reshape", ["p", "shape"], ["q"]))
    model.graph.initializer.append(
        helper.make_tensor("shape", Kind.INT64, [1 + len(shape)], [-1, *shape])
    )
    model.graph.output.pop()
    model.graph.output.append(helper.make_tensor_value_info("q", Kind.FLOAT, ["n", *shape]))
    onnx.save(model, tmp_path / "m.onnx")
    classifier, images = open_classifier(tmp_path / "m.onnx"), pictures(5)
    assert (classifier.class_count, classifier.activation) == (2, "softmax")
    rows = classifier.probabilities(images)
    np.testing.assert_allclose(rows, expected(images, channels_first=False), rtol=1e-4)


LABEL = ("label", Kind.INT64, ["n"])
ROWS = [("p", Kind.FLOAT, ["n", 2]), ("q", Kind.FLOAT, ["n", 2])]


@pytest.mark.parametrize(
    ("operations", "outputs"),
    [
        ([node("ArgMax", out="label", axis=1, keepdims=0), node("Softmax")], [LABEL, ROWS[0]]),
        ([node("Identity", out="q"), node("Softmax")], ROWS[::-1]),
        (
            [node("Identity", out="q"), node("Sigmoid", out="probability")],
            [ROWS[1], ("probability", *ROWS[0][1:])],
        ),
    ],
    ids=["classes", "logits", "by its name"],
)
def test_of_several_outputs_the_probabilities_are_used_and_that_is_said(
    tmp_path, operations, outputs
):
    classifier = open_classifier(ending_in(tmp_path / "m.onnx", *operations, outputs=outputs))
    rows = classifier.probabilities(pictures(5))
    assert rows.shape == (5, 2)
    np.testing.assert_allclose(rows.sum(axis=1), 1, rtol=1e-5)
    assert f"{outputs[1][0]} is used" in classifier.notes[0]


def test_of_several_outputs_that_may_be_it_one_is_kept_as_the_sentence_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = ending_in(tmp_path / "m.onnx", node("Identity", out="q"), node("Sigmoid"), outputs=ROWS)
    with pytest.raises(ClassifierError, match=r"2 \(p, q\); if one of them") as caught:
        open_classifier(path)
    (line,) = re.findall(r"onnx\.utils\.extract_model\(.*?\]\)(?=;)", str(caught.value))
    extract = line.replace("OUTPUT", "p")
    eval(extract, {"onnx": onnx})
    assert open_classifier("NAME.onnx").probabilities(pictures(5)).shape == (5, 2)


def test_one_number_for_each_image_is_the_second_of_two_classes(tmp_path):
    operations = node("ReduceSum", out="s", keepdims=0), node("Sigmoid", "s")
    weights = np.ones((60, 1), np.float32)
    path = written(tmp_path / "m.onnx", ["n", 4, 5, 3], weights=weights, columns=1)
    model = onnx.load(path)
    model.graph.node.pop()
    axes = helper.make_tensor("axes", Kind.INT64, [1], [1])
    model.graph.initializer.append(axes)
    operations[0].input.append("axes")
    model.graph.node.extend(operations)
    model.graph.output.pop()
    model.graph.output.append(helper.make_tensor_value_info("p", Kind.FLOAT, ["n"]))
    onnx.save(model, path)
    rows = open_classifier(path).probabilities(pictures(5))
    sums = (pictures(5) / 255).reshape(5, -1).sum(axis=1)
    second = 1 / (1 + np.exp(-sums))
    np.testing.assert_allclose(rows, np.stack([1 - second, second], axis=1), atol=1e-5)


def test_the_row_of_a_single_image_is_no_number_for_each_image(tmp_path):
    path = written(tmp_path / "m.onnx", [1, 4, 5, 3])
    model = onnx.load(path)
    model.graph.node.append(helper.make_node("Squeeze", ["p"], ["q"]))
    model.graph.output.pop()
    model.graph.output.append(helper.make_tensor_value_info("q", Kind.FLOAT, [2]))
    onnx.save(model, path)
    with pytest.raises(ClassifierError, match=r"into \[2\]; hardex does single-label"):
        open_classifier(path)


def test_without_onnxruntime_the_extra_is_named(tmp_path, monkeypatch):
    path = written(tmp_path / "m.onnx", ["n", 4, 5, 3])
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ClassifierError, match=r"pip install 'hardex\[onnx\]'\.$"):
        open_classifier(path)


def test_a_forward_pass_that_fails_is_told_in_a_sentence(tmp_path):
    classifier = open_classifier(written(tmp_path / "m.onnx", ["n", "h", "w", 3]))
    assert (classifier.input_shape, classifier.channels) == (None, 3)
    with pytest.raises(ClassifierError, match=r"must turn images \(1, 9, 9, 3\) .*; it raised"):
        classifier.probabilities(small_images(1, size=9, channels=3))


# ------------------------------------------------------------------ another output as embedding


def with_outputs(path, *outputs, shape=("n", 4, 5, 3)):
    """A model whose outputs are these: name, operation on logits `z` or pixels `v`, and width."""
    model = onnx.load(written(path, list(shape)))
    model.graph.node.pop()
    del model.graph.output[:]
    for name, operation, width in outputs:
        if operation == "ArgMax":
            kind, rows = Kind.INT64, ["n", 1]
            node_ = helper.make_node("ArgMax", ["z"], [name], axis=1)
        else:
            kind, rows = Kind.FLOAT, [shape[0], *(width if isinstance(width, tuple) else (width,))]
            into = {2: "z", 60: "v"}.get(width, "f")
            node_ = helper.make_node(operation, [into], [name])
        model.graph.node.append(node_)
        model.graph.output.append(helper.make_tensor_value_info(name, kind, rows))
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path


def pixels_of(images):
    return images.reshape(len(images), -1).astype(np.float32) / 255


@pytest.mark.parametrize("name", ["embedding", "Embeddings", "features", "pooled"])
@pytest.mark.parametrize("shape", [("n", 4, 5, 3), (2, 4, 5, 3)])
def test_the_only_other_row_is_the_embedding_and_that_is_said(tmp_path, name, shape):
    path = with_outputs(
        tmp_path / "m.onnx", (name, "Identity", 60), ("p", "Softmax", 2), shape=shape
    )
    classifier, images = open_classifier(path), pictures(5)
    rows = classifier.probabilities(images)
    np.testing.assert_allclose(rows, expected(images, channels_first=False), atol=1e-5)
    found = classifier.embeddings(images)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, pixels_of(images), atol=1e-6)
    np.testing.assert_array_equal(embeddings(classifier, images, batch_size=2), found)
    assert classifier.notes == (
        f"the model has 2 outputs ({name}, p): p is used",
        f"the output {name} is used as the embedding",
    )


@pytest.mark.parametrize(
    ("outputs", "used", "note"),
    [
        # Of several, the one with the name; without it, none.
        (
            [("p", "Softmax", 2), ("pooled", "Identity", 60), ("features", "Relu", 60)],
            "features",
            "the output features is used as the embedding",
        ),
        (
            [("p", "Softmax", 2), ("a", "Identity", 60), ("b", "Relu", 60)],
            "",
            "the outputs a, b may each be the embedding, so none is used; call one of them embeddi",
        ),
        (
            [("p", "Softmax", 2), ("embedding", "Identity", 60), ("features", "Relu", 60)],
            "",
            "the outputs embedding, features may each be the embedding, so none is used",
        ),
        # What the probabilities are of, whatever it is called; their logarithms; themselves.
        (
            [("p", "Softmax", 2), ("q", "Identity", 2)],
            "",
            "the output q gives the probabilities again, so it is not used as the embedding",
        ),
        ([("p", "Softmax", 2), ("features", "Identity", 2)], "", "the output features gives the"),
        ([("p", "Softmax", 2), ("q", "LogSoftmax", 2)], "", "the output q gives the probabilit"),
        ([("prob", "Sigmoid", 2), ("q", "Identity", 2)], "", "the output q gives the probabili"),
        # As wide, but something else.
        ([("p", "Softmax", 2), ("q", "Relu", 2)], "q", "the output q is used as the embedding"),
        # No rows of numbers, other distributions, classes.
        ([("p", "Softmax", 2), ("map", "Relu", (4, 5, 3))], "", ""),
        ([("p", "Softmax", 2), ("other", "Sigmoid", 60)], "", ""),
        ([("p", "Softmax", 2), ("label", "ArgMax", 1)], "", ""),
        # A name is enough to tell what is no output of probabilities.
        (
            [("logits", "Identity", 2), ("embedding", "Identity", 60)],
            "embedding",
            "the output embedding is used as the embedding",
        ),
    ],
)
def test_which_other_output_is_the_embedding(tmp_path, outputs, used, note):
    path = with_outputs(tmp_path / "m.onnx", *outputs)
    logits = outputs[0][0] == "logits"
    classifier, images = open_classifier(path, logits=logits), pictures(5)
    said = [one for one in classifier.notes if "embedding" in one and "outputs (" not in one]
    assert [one.startswith(note) for one in said] == [True] * bool(note)
    if used:
        width = dict((name, width) for name, _, width in outputs)[used]
        assert classifier.embeddings(images).shape == (5, width)
        return
    with pytest.raises(ClassifierError, match=r"embeddings are an output .* has none that can be"):
        classifier.embeddings(images)
    np.testing.assert_array_equal(embeddings(classifier, images), embeddings(None, images))


def test_an_output_that_cannot_be_told_from_logits_is_the_embedding_only_by_its_name(tmp_path):
    """A model of any size that takes only its own: noise of another size tells nothing."""
    for name, used in (("q", False), ("embedding", True)):
        path = with_outputs(
            tmp_path / f"{name}.onnx",
            ("p", "Softmax", 2),
            (name, "Relu", 2),
            shape=("n", "h", "w", 3),
        )
        classifier = open_classifier(path)
        assert (classifier.embedding.output is not None) is used
        assert ("the output q may be the logits" in classifier.notes[1]) is not used
        assert classifier.probabilities(pictures(3)).shape == (3, 2)
