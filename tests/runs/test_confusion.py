import csv

import numpy as np
import pytest

import hardex
from hardex import HardexError
from hardex.runs.confusion import read_confusion

NAMES = ("NaN", "two\nlines", 'a "quoted", name', "7")
COUNTS = np.array([[5, 0, 1, 0], [0, 3, 0, 0], [2, 0, 9, 0], [0, 0, 0, 10**12]])


def written(folder, rows, names=NAMES):
    path = folder / "confusion.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["given \\ predicted", *names])
        writer.writerows([name, *row] for name, row in zip(names, rows, strict=True))
    return path


def test_whatever_the_classes_are_called_the_counts_come_back(tmp_path):
    np.testing.assert_array_equal(read_confusion(written(tmp_path, COUNTS.tolist()), 4), COUNTS)


def test_a_run_is_read_as_its_predictions_say(tmp_path):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 40)
    run = hardex.rank(probabilities=rng.dirichlet([1, 1, 1], 40), labels=labels, out=tmp_path / "r")
    expected = np.zeros((3, 3), int)
    for row in run.predictions.itertuples():
        expected[row.given_index, row.predicted_index] += 1
    found = read_confusion(run.folder / "results" / "confusion.csv", 3)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("rows", "names", "said"),
    [
        ([[1, 2], [3, 4]], ("a", "b"), r"4 rows of 4 counts.*it has 2 rows of 2"),
        ([[1, 0, 0, "x"], *COUNTS.tolist()[1:]], NAMES, "not all of it are counts"),
        ([[1, 0, 0, 0.5], *COUNTS.tolist()[1:]], NAMES, "not all of it are counts"),
        ([[1, 0, 0, -1], *COUNTS.tolist()[1:]], NAMES, "not all of it are counts"),
        ([[1, 0, 0, ""], *COUNTS.tolist()[1:]], NAMES, "not all of it are counts"),
    ],
)
def test_another_file_is_refused(tmp_path, rows, names, said):
    with pytest.raises(HardexError, match=said):
        read_confusion(written(tmp_path, rows, names), 4)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00\xd8", b'a,b\n"unclosed,1\n', b"a\nb\n"])
def test_no_table_is_refused_in_one_sentence(tmp_path, content):
    path = tmp_path / "confusion.csv"
    path.write_bytes(content)
    with pytest.raises(HardexError, match="it cannot be read") as caught:
        read_confusion(path, 1)
    assert "\n" not in str(caught.value)


def test_two_classes_of_one_name_stay_two(tmp_path):
    path = written(tmp_path, [[1, 2], [3, 4]], ("a", "a"))
    assert read_confusion(path, 2).tolist() == [[1, 2], [3, 4]]
