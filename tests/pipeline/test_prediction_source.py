import os

import numpy as np
import pandas as pd
import pytest
from fakes import brightness, checksum_of, small_dataset, small_images, write_folders

from hardex.classifiers.classifier import FunctionClassifier
from hardex.data.dataset import ArrayDataset
from hardex.data.folders import open_folders
from hardex.errors import ClassifierError, DatasetError, HardexError
from hardex.pipeline.prediction_source import source_from_model, source_from_saved
from hardex.pipeline.rank import rank

ROWS = checksum_of(3)(small_images(40))
LABELS = small_dataset(40).labels


def probabilities_of(work):
    return np.concatenate([part.probabilities for part in work.predictions()])


def from_saved(rows=ROWS, labels=LABELS, dataset=None, class_names=None):
    return source_from_saved(rows, labels, dataset, class_names=class_names)


def test_the_same_probabilities_come_from_the_model_and_from_what_was_saved(tmp_path):
    data = small_dataset(40)
    by_model = source_from_model(checksum_of(3), data, preprocess=None, batch_size=7)
    np.save(tmp_path / "p.npy", ROWS)
    for work in (from_saved(), from_saved(tmp_path / "p.npy"), from_saved(str(tmp_path / "p.npy"))):
        np.testing.assert_array_equal(probabilities_of(work), probabilities_of(by_model))
        assert (work.total, work.class_names) == (by_model.total, by_model.class_names)


def test_a_pass_can_be_run_again():
    work = source_from_model(checksum_of(3), small_dataset(5), preprocess=None, batch_size=2)
    np.testing.assert_array_equal(probabilities_of(work), probabilities_of(work))


def test_the_batch_size_is_chosen_by_image_size_unless_it_is_given():
    data = small_dataset(5, class_count=2)
    sizes = [
        source_from_model(brightness, data, preprocess=None, batch_size=size).batch_size
        for size in (None, 1, 33)
    ]
    assert sizes == [512, 1, 33]


@pytest.mark.parametrize("size", [0, -3])
def test_a_batch_of_nothing_is_refused(size):
    with pytest.raises(HardexError, match=rf"--batch-size must be 1 or more; received {size}; cho"):
        source_from_model(brightness, small_dataset(5), preprocess=None, batch_size=size)


def test_labels_come_from_a_list_a_file_or_the_data(tmp_path):
    np.save(tmp_path / "y.npy", LABELS)
    data = small_dataset(40)
    by = [
        from_saved(labels=LABELS.tolist()),
        from_saved(labels=tmp_path / "y.npy"),
        from_saved(labels=None, dataset=data),
    ]
    for work in by:
        labels = np.concatenate([part.labels for part in work.predictions()])
        np.testing.assert_array_equal(labels, data.labels)


def test_ids_and_names_come_from_the_data_where_there_are_any(tmp_path):
    data = open_folders(write_folders(tmp_path, ["cat/1.png", "dog/1.png"]))
    work = from_saved(ROWS[:2, :2] / ROWS[:2, :2].sum(axis=1, keepdims=True), None, data)
    assert work.class_names == ("cat", "dog")
    assert [id for part in work.predictions() for id in part.ids] == ["cat/1.png", "dog/1.png"]
    assert from_saved().class_names == ("0", "1", "2")
    assert from_saved(class_names=["a", "b", 7]).class_names == ("a", "b", "7")


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        (
            {"labels": None},
            DatasetError,
            r"saved probabilities need the given labels; .*--labels F",
        ),
        ({"labels": LABELS[:7]}, DatasetError, r"one label per row .* 7 labels and 40 rows; pass"),
        (
            {"labels": LABELS + 1},
            DatasetError,
            r"from 1 to 3, and none is 0; number them from 0, as ",
        ),
        ({"labels": LABELS - 1}, DatasetError, r"labels must lie in 0\.\.2 for 3 classes; label "),
        ({"labels": LABELS / 2}, DatasetError, r"one class index per example; the array holds fra"),
        ({"dataset": small_dataset(39)}, DatasetError, r"holds 39 images and there are 40 rows; p"),
        ({"dataset": small_dataset(41)}, DatasetError, r"holds 41 images and there are 40 rows; p"),
        ({"class_names": "ab"}, ClassifierError, r"received 3 columns for 2 classes; name all cla"),
        ({"class_names": "aba"}, DatasetError, r"'a' names two or more of 3; name each class once"),
        ({"rows": ROWS * 2}, ClassifierError, r"all rows of the array sum to 2; divide each row"),
        ({"rows": []}, ClassifierError, r"must have at least one row; the array is empty; save"),
    ],
)
def test_what_does_not_fit_together_is_refused(changes, kind, message):
    with pytest.raises(kind, match=message):
        from_saved(**changes)


class Named(FunctionClassifier):
    """A classifier that came from somewhere."""

    def __init__(self, source):
        super().__init__(brightness)
        object.__setattr__(self, "name", source)

    @property
    def source(self):
        return self.name


@pytest.mark.parametrize(
    ("model", "data", "folder"),
    [
        ("mnist_cnn", "mnist:test", "runs/mnist_cnn-mnist-test"),
        ("models/My Model.v2.keras", "photos/holidays/", "runs/My-Model.v2-holidays"),
        ("a:b/model.keras", "/data:1/set_1.npz", "runs/model-set_1"),
        ("fakes:brightness", "arrays in memory", "runs/fakes-brightness-arrays-in-memory"),
        ("../../model.keras", "..", "runs/model"),
    ],
)
def test_the_run_folder_is_named_by_model_and_data(model, data, folder):
    dataset = ArrayDataset.of(small_images(2), np.array([0, 1]), source=data)
    work = source_from_model(Named(model), dataset, preprocess=None, batch_size=None)
    assert os.fspath(work.default_folder()) == folder


def test_the_run_folder_of_saved_probabilities_says_so():
    assert os.fspath(from_saved().default_folder()) == "runs/probabilities-labels"


def labels_of(work):
    return np.concatenate([part.labels for part in work.predictions()]).tolist()


def table(path, ids, **columns):
    named = {} if ids is None else {"id": ids}
    pd.DataFrame(named | columns).to_csv(path, index=False)
    return path


def test_labels_are_matched_by_id_and_by_order_where_one_has_none(tmp_path):
    rows = {"a": [0.25, 0.5, 1.0], "b": [0.75, 0.5, 0.0]}
    p = table(tmp_path / "p.csv", ["x", "y", "z"], **rows)
    bare = table(tmp_path / "bare.csv", None, **rows)
    y = table(tmp_path / "y.csv", ["z", "x", "y"], label=[0, 1, 1])
    assert labels_of(from_saved(p, y)) == [1, 1, 0]
    assert labels_of(from_saved(bare, y)) == [0, 1, 1]
    assert labels_of(from_saved(p, table(tmp_path / "z.csv", None, label=[0, 1, 1]))) == [0, 1, 1]
    other = table(tmp_path / "other.csv", ["x", "w", "v"], label=[0, 1, 1])
    with pytest.raises(DatasetError, match=r"none for 'y' \(example 1, .*, and 2 of 3 are missing"):
        from_saved(p, other)


def test_labels_are_matched_to_the_ids_of_the_data(tmp_path):
    data = open_folders(write_folders(tmp_path / "data", ["cat/1.png", "dog/1.png"]))
    y = table(tmp_path / "y.csv", ["dog/1.png", "cat/1.png"], label=[1, 0])
    rows = np.array([[0.25, 0.75], [0.5, 0.5]])
    assert labels_of(from_saved(rows, y, data)) == [0, 1]


def test_the_headers_of_pandas_are_no_rows(tmp_path):
    pd.DataFrame(ROWS).to_csv(tmp_path / "p.csv", index=False)
    pd.Series(LABELS).to_csv(tmp_path / "y.csv", index=False)
    work = from_saved(tmp_path / "p.csv", tmp_path / "y.csv")
    assert (work.total, work.class_names) == (40, ("0", "1", "2"))
    assert labels_of(work) == LABELS.tolist()


def test_a_header_names_the_classes_unless_others_are_known(tmp_path):
    p = table(tmp_path / "p.csv", None, cat=[0.25], dog=[0.75])
    assert from_saved(p, [1]).class_names == ("cat", "dog")
    work = from_saved(p, [1], class_names=["Dog", "Cat"])
    assert probabilities_of(work).tolist() == [[0.75, 0.25]]
    with pytest.raises(
        ClassifierError, match=r"has cat, dog and the classes are cat, cow \(there is n"
    ):
        from_saved(p, [1], class_names=["cat", "cow"])


@pytest.mark.parametrize(
    ("option", "name"),
    [({"logits": True}, "logits"), ({"preprocess": "unit"}, "pre"), ({"batch_size": 1}, "batch")],
)
def test_options_of_a_model_are_refused_with_saved_probabilities(tmp_path, option, name):
    with pytest.raises(HardexError, match=rf"--{name}.* must come with a model; received saved pr"):
        rank(probabilities=ROWS, labels=LABELS, out=tmp_path / "run", **option)
    assert not (tmp_path / "run").exists()
