import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from hardex.classifiers.saved import as_labels, as_probabilities, read_labels, read_probabilities
from hardex.errors import ClassifierError, DatasetError

distributions = arrays(
    np.float64, array_shapes(min_dims=2, max_dims=2, min_side=2), elements=st.floats(0.01, 1)
).map(lambda a: a / a.sum(axis=1, keepdims=True))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("saved")


@given(probabilities=distributions, dtype=st.sampled_from([np.float32, np.float64]))
def test_probabilities_saved_by_numpy_are_read_back_bit_for_bit(folder, probabilities, dtype):
    np.save(folder / "p.npy", probabilities.astype(dtype))
    back = read_probabilities(folder / "p.npy")
    np.testing.assert_array_equal(back, probabilities.astype(dtype), strict=True)


@given(probabilities=distributions, header=st.sampled_from(["", "cat,dog", "0,1,x"]))
def test_probabilities_saved_as_text_are_read_back_with_or_without_a_header(
    folder, probabilities, header
):
    np.savetxt(folder / "p.csv", probabilities, "%.17g", ",", header=header, comments="")
    if not header:
        path = folder / "p.csv"
        path.write_text(path.read_text().lstrip("\n"))
    np.testing.assert_array_equal(read_probabilities(folder / "p.csv"), probabilities)


@given(labels=arrays(np.int64, array_shapes(max_dims=1), elements=st.integers(0, 2**31)))
def test_labels_are_read_back_from_both_kinds_of_file(folder, labels):
    np.save(folder / "y.npy", labels)
    np.savetxt(folder / "y.csv", labels, "%d")
    np.testing.assert_array_equal(read_labels(folder / "y.npy"), labels, strict=True)
    np.testing.assert_array_equal(read_labels(folder / "y.csv"), labels, strict=True)


def test_half_precision_becomes_single_precision():
    assert as_probabilities(np.array([[0.5, 0.5]], np.float16), "it").dtype == np.float32


@pytest.mark.parametrize("labels", [[1, 0], [1.0, 0.0], [[1], [0]], np.array([1, 0], np.uint8)])
def test_labels_of_every_usual_form_become_indices(labels):
    np.testing.assert_array_equal(as_labels(labels, "it"), np.array([1, 0]), strict=True)


@pytest.mark.parametrize("labels", [[0.5], ["cat"], [np.nan], [[0, 1]], [True], 3, [None]])
def test_labels_that_are_no_indices_are_refused(labels):
    with pytest.raises(DatasetError, match=r"one class index per example; it holds .* of shape \("):
        as_labels(labels, "it")


def no_file(path):
    pass


def a_pickle(path):
    np.save(path, np.array([{}]), allow_pickle=True)


def several_arrays(path):
    with path.open("wb") as file:
        np.savez(file, a=[1.0], b=[2.0])


@pytest.mark.parametrize(
    ("name", "write", "message"),
    [
        (
            "p.npy",
            no_file,
            r"must be a \.npy or \.csv file; there is nothing at .*; check the path",
        ),
        (
            "p.csv",
            no_file,
            r"must be a \.npy or \.csv file; there is nothing at .*; check the path",
        ),
        (
            "p.txt",
            lambda path: path.write_text("1"),
            r"received .*p\.txt; save it with numpy\.save",
        ),
        ("p.npy", lambda path: path.mkdir(), r"of numbers; reading .*p\.npy failed \("),
        ("p.npy", lambda path: path.write_bytes(b""), r"file of numbers; reading .*p\.npy failed"),
        ("p.npy", lambda path: path.write_text("0.5,0.5"), r"of numbers; reading .* failed"),
        (
            "p.npy",
            a_pickle,
            r"reading .* failed \(Object arrays .*; save it again with numpy\.save",
        ),
        ("p.npy", several_arrays, r"reading .* failed \(it holds several arrays\); save it again"),
        ("p.csv", lambda path: path.write_text("1,2\n3"), r"file of numbers; reading .* failed \("),
        (
            "p.csv",
            lambda path: path.write_text("a\nb"),
            r"file of numbers; reading .*p\.csv failed",
        ),
        ("p.csv", lambda path: path.write_bytes(b"\xff\xfe0"), r"of numbers; reading .*csv failed"),
    ],
)
@pytest.mark.parametrize(
    ("read", "kind", "what"),
    [
        (read_probabilities, ClassifierError, "the probabilities "),
        (read_labels, DatasetError, "the labels "),
    ],
)
def test_a_file_that_holds_no_numbers_is_refused(tmp_path, read, kind, what, name, write, message):
    write(tmp_path / name)
    with pytest.raises(kind, match=what + r".*" + message):
        read(tmp_path / name)


@pytest.mark.parametrize("content", ["", "\n", "cat,dog\n"])
def test_a_text_file_without_rows_is_empty(tmp_path, content):
    (tmp_path / "p.csv").write_text(content)
    with pytest.raises(ClassifierError, match=r"at least one row; .*p\.csv is empty; save one row"):
        read_probabilities(tmp_path / "p.csv")


def test_an_array_without_rows_is_empty(tmp_path):
    np.save(tmp_path / "p.npy", np.zeros((0, 10)))
    with pytest.raises(
        ClassifierError, match=r"must have at least one row; .*p\.npy is empty; sav"
    ):
        read_probabilities(tmp_path / "p.npy")
