"""ONNX files that name other files of this computer, or are none: refused unread."""

import os

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from hardex.classifiers import onnx_archive
from hardex.classifiers.onnx_archive import check_places
from hardex.classifiers.opening import open_classifier
from hardex.errors import ClassifierError


def outside(location, dims=(4, 3)):
    """Weights in another file."""
    tensor = TensorProto(name="w", data_type=1, dims=dims, data_location=TensorProto.EXTERNAL)
    for key, value in (("location", location), ("offset", "0"), ("length", "48")):
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    return tensor


def model_of(weights):
    nodes = [
        helper.make_node("Flatten", ["x"], ["f"]),
        helper.make_node("MatMul", ["f", "w"], ["z"]),
        helper.make_node("Softmax", ["z"], ["y"]),
    ]
    into = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 2, 2, 1])
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 3])
    graph = helper.make_graph(nodes, "g", [into], [out], [weights])
    opsets = [helper.make_opsetid("", 17)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9)


@pytest.fixture
def folder(tmp_path):
    """A folder with a model's weights; a secret lies beside the folder."""
    inner = tmp_path / "outer" / "inner"
    (inner / "sub").mkdir(parents=True)
    weights = np.ones(12, "f4").tobytes()
    (tmp_path / "outer" / "secret").write_bytes(weights)
    for name in ("weights.bin", "sub/weights.bin"):
        (inner / name).write_bytes(weights)
    (inner / "out.bin").symlink_to("../secret")
    (inner / "up").symlink_to("..")
    (inner / "in.bin").symlink_to("weights.bin")
    (inner / "loop.bin").symlink_to("loop.bin")
    os.mkfifo(inner / "pipe.bin")
    return inner


def written(folder, model):
    path = folder / "m.onnx"
    path.write_bytes(model.SerializeToString() if isinstance(model, onnx.ModelProto) else model)
    return path


@pytest.mark.parametrize("name", ["weights.bin", "./weights.bin", "sub/weights.bin"])
def test_weights_beside_the_model_are_read(folder, name):
    model = open_classifier(str(written(folder, model_of(outside(name)))))
    assert model.probabilities(np.ones((1, 2, 2, 1), np.uint8)).shape == (1, 3)


def test_a_link_within_the_folder_is_allowed(folder):
    check_places(written(folder, model_of(outside("in.bin"))))


OUTSIDE = ["../secret", "sub/../../secret", "ABSOLUTE/secret", "/etc/passwd", "/dev/zero"]
OUTSIDE += ["..\\secret", "C:\\secret", "\\\\host\\secret", "C:secret", "out.bin", "up/secret"]
OUTSIDE += ["loop.bin", "pipe.bin", "sub", "", "nowhere.bin", "a\0b", "x" * 5_000]


@pytest.mark.parametrize("name", OUTSIDE, ids=ascii)
def test_weights_anywhere_else_are_refused_unread(folder, name):
    name = name.replace("ABSOLUTE", str(folder.parent))
    path = written(folder, model_of(outside(name)))
    with pytest.raises(ClassifierError, match=r"must lie in it or beside it; .* 1 of 1") as caught:
        open_classifier(str(path))
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 1_000


def places_of(kind, seen=()):
    """Every way from a message to names of files, by the numbers of the fields."""
    for field in kind.fields:
        inner = field.message_type
        if inner is None or inner.name in seen:
            continue
        if field.name == "external_data":
            yield (field.number,)
        for rest in places_of(inner, (*seen, kind.name)):
            yield (field.number, *rest)


def test_every_way_to_a_file_in_the_format_is_known():
    """If the format gets another one, this test fails."""
    ways = list(places_of(onnx.ModelProto.DESCRIPTOR))
    assert len(ways) > 5
    for way in ways:
        kind = "model"
        for number in way:
            assert number in onnx_archive._FIELDS[kind], (way, kind)
            kind = onnx_archive._FIELDS[kind][number]
        assert kind == "entry"


@pytest.mark.parametrize("where", ["constant", "subgraph", "function", "sparse", "training"])
def test_weights_are_found_wherever_a_model_may_have_them(folder, where):
    model = model_of(outside("weights.bin"))
    bad = outside("../secret")
    node = helper.make_node("Constant", [], ["c"])
    node.attribute.append(onnx.AttributeProto(name="value", type=4, t=bad))
    graph = onnx.GraphProto(name="inner", node=[node])
    if where == "constant":
        model.graph.node.append(node)
    elif where == "subgraph":
        loop = onnx.NodeProto(op_type="If")
        loop.attribute.append(onnx.AttributeProto(name="then_branch", type=5, g=graph))
        model.graph.node.append(loop)
    elif where == "function":
        model.functions.append(onnx.FunctionProto(name="f", node=[node]))
    elif where == "sparse":
        model.graph.sparse_initializer.append(onnx.SparseTensorProto(values=bad))
    else:
        model.training_info.append(onnx.TrainingInfoProto(algorithm=graph))
    with pytest.raises(ClassifierError, match=r"names '\.\./secret', and 1 of 2 files"):
        check_places(written(folder, model))


def test_what_other_readers_pass_over_hides_nothing(folder):
    """Groups are an old encoding, which readers skip: what follows one must not go unseen."""
    group = bytes([(99 << 3 | 3) & 0x7F | 0x80, (99 << 3 | 3) >> 7])
    end = bytes([(99 << 3 | 4) & 0x7F | 0x80, (99 << 3 | 4) >> 7])
    content = group + end + model_of(outside("../secret")).SerializeToString()
    with pytest.raises(ClassifierError, match=r"must be a whole \.onnx file; reading"):
        open_classifier(str(written(folder, content)))


def test_a_graph_within_a_graph_without_end_is_refused(folder):
    content = b""
    for _ in range(300):
        content = (
            onnx.GraphProto(
                node=[onnx.NodeProto(attribute=[onnx.AttributeProto(name="g", type=5)])]
            ).SerializeToString()
            if not content
            else wrapped(content)
        )
    with pytest.raises(ClassifierError, match=r"reading .* failed \(it is nested too deeply\)"):
        check_places(written(folder, part(7, content)))


def part(number, content):
    size, digits = len(content), b""
    while size > 127:
        digits += bytes([size & 127 | 128])
        size >>= 7
    return bytes([number << 3 | 2]) + digits + bytes([size]) + content


def wrapped(graph):
    """A graph in an attribute of a node of a graph."""
    return part(1, part(5, part(6, graph)))


@given(content=st.binary(max_size=60), opening=st.sampled_from([b"", part(7, part(5, b""))]))
def test_any_bytes_are_no_model_in_one_sentence(tmp_path_factory, content, opening):
    path = written(tmp_path_factory.mktemp("any"), opening + content)
    with pytest.raises(ClassifierError) as caught:
        open_classifier(str(path))
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


@pytest.mark.parametrize("dims", [(10**12, 3), (2**62, 2**62), (-1, 3)])
def test_weights_that_are_not_there_are_refused(folder, dims):
    tensor = TensorProto(name="w", data_type=1, dims=dims, raw_data=bytes(48))
    with pytest.raises(ClassifierError, match=r"must be a whole \.onnx file; reading"):
        open_classifier(str(written(folder, model_of(tensor))))


def test_a_tag_that_readers_understand_differently_is_refused():
    """Some readers drop the upper bits of a tag, and would see field 13 here."""
    plain, wide = bytes([13 << 3 | 2]), bytes([13 << 3 | 2 | 0x80, 0x80, 0x80, 0x80, 0x10])
    assert list(onnx_archive._parts(plain + b"\x01x", 0, 3)) == [(13, 2, 3)]
    with pytest.raises(onnx_archive.Unreadable):
        list(onnx_archive._parts(wide + b"\x01x", 0, 7))
