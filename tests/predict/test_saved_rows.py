import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardex.errors import ClassifierError, DatasetError
from hardex.predict.predictions import from_probabilities
from hardex.predict.saved_rows import (
    NpyRows,
    check_saved_labels,
    check_saved_probabilities,
    open_labels,
    open_probabilities,
)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("saved") / "rows.npy"


@given(
    shape=st.one_of(
        st.tuples(st.integers(1, 40)), st.tuples(st.integers(1, 40), st.integers(1, 5))
    ),
    dtype=st.sampled_from(["f2", "f4", ">f4", "f8", "u1", "i8"]),
    start=st.integers(-5, 45),
    stop=st.integers(-5, 45),
)
def test_a_slice_on_disk_is_the_slice_in_memory(path, shape, dtype, start, stop):
    array = np.random.default_rng(0).integers(0, 100, shape).astype(dtype)
    np.save(path, array)
    rows = NpyRows.open(path)
    assert len(rows) == len(array) and rows.shape == array.shape
    np.testing.assert_array_equal(rows[start:stop], array[start:stop])
    together = [block for _, block in rows.blocks()]
    np.testing.assert_array_equal(np.concatenate(together), array)


@pytest.mark.parametrize(
    "array",
    [
        np.asfortranarray(np.zeros((3, 4))),
        np.array(["a", "b"]),
        np.zeros((0, 3)),
        np.array(1.0),
        np.zeros(3, bool),
    ],
)
def test_what_is_not_plain_is_left_to_others(path, array):
    np.save(path, array)
    assert NpyRows.open(path) is None


def test_a_file_that_is_cut_short_or_no_array_is_left_to_others(path, tmp_path):
    np.save(path, np.zeros(9))
    path.write_bytes(path.read_bytes()[:-1])
    assert NpyRows.open(path) is None
    for name in ("text.npy", "none.npy", "rows.csv"):
        (tmp_path / "text.npy").write_text("no array")
        assert NpyRows.open(tmp_path / name) is None


def test_a_file_that_becomes_shorter_while_it_is_read_is_an_error(path):
    np.save(path, np.zeros((100, 3)))
    rows = NpyRows.open(path)
    path.write_bytes(path.read_bytes()[:-1])
    assert len(rows[:99]) == 99
    with pytest.raises(DatasetError, match=r"must stay as it is while it is read; it became sho"):
        rows[90:]


@pytest.mark.parametrize(
    ("array", "probabilities", "labels"),
    [
        (np.zeros((3, 2)), True, False),
        (np.zeros((3, 1)), False, False),
        (np.zeros((3, 2), int), False, False),
        (np.zeros(3, np.uint8), False, True),
        (np.zeros(3), False, False),
    ],
)
def test_probabilities_are_rows_of_floats_and_labels_whole_numbers(
    path, array, probabilities, labels
):
    np.save(path, array)
    assert (open_probabilities(path) is not None) == probabilities
    assert (open_labels(path) is not None) == labels


def test_the_first_row_that_is_off_is_named_and_all_are_counted(path):
    p = np.tile(np.float32([0.25, 0.75]), (300_000, 1))
    p[[70_000, 250_000, 299_999]] = np.nan
    np.save(path, p)
    rows = open_probabilities(path)
    message = r"row 70000 holds NaN or infinity, and 3 of 300000 rows are off"
    with pytest.raises(ClassifierError, match=message):
        list(from_probabilities(rows, str, np.zeros(300_000, int)))
    with pytest.raises(ClassifierError, match=message):
        check_saved_probabilities(rows)
    np.save(path, p[:70_000])
    check_saved_probabilities(open_probabilities(path))


def test_labels_that_are_no_classes_are_named_and_counted(path):
    labels = np.zeros(300_000, int)
    labels[[200_000, 299_999]] = 7
    np.save(path, labels)
    check_saved_labels(open_labels(path), class_count=8)
    with pytest.raises(DatasetError, match=r"label 200000 \(counted from 0\) is 7, and 2 of 30000"):
        check_saved_labels(open_labels(path), class_count=7)


def test_the_stream_from_disk_is_the_stream_from_memory(path, tmp_path):
    p = np.random.default_rng(0).dirichlet(np.ones(3), 100_000)
    y = np.arange(100_000) % 3
    np.save(path, p)
    np.save(tmp_path / "y.npy", y)
    saved = from_probabilities(open_probabilities(path), str, open_labels(tmp_path / "y.npy"))
    for one, other in zip(saved, from_probabilities(p, str, y), strict=True):
        assert one.ids == other.ids
        for column in ("positions", "labels", "probabilities"):
            np.testing.assert_array_equal(getattr(one, column), getattr(other, column))
