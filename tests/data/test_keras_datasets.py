import sys
from types import SimpleNamespace

import numpy as np
import pytest
from fakes import small_images

from hardex.data.keras_datasets import KERAS_CLASSES, SPLITS, load_keras
from hardex.errors import DatasetError


def kept_by_keras(load_data):
    """What stands in for `keras.datasets`: every data set is loaded by one function."""
    return SimpleNamespace(**{name: SimpleNamespace(load_data=load_data) for name in KERAS_CLASSES})


def two_parts():
    sys.stdout.write("Downloading data from somewhere\n")
    return tuple((small_images(n), np.arange(n, dtype=np.uint8)[:, None]) for n in (5, 3))


@pytest.mark.parametrize("name", KERAS_CLASSES)
@pytest.mark.parametrize(("split", "count"), list(zip(SPLITS, (5, 3), strict=True)))
def test_each_split_comes_with_flat_labels_and_a_quiet_answer(name, split, count, capsys):
    images, labels = load_keras(name, split, datasets=kept_by_keras(two_parts))
    np.testing.assert_array_equal(images, small_images(count))
    assert labels.tolist() == list(range(count))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("name", "count", "first", "last"),
    [
        ("mnist", 10, "0", "9"),
        ("fashion_mnist", 10, "T-shirt/top", "Ankle boot"),
        ("cifar10", 10, "airplane", "truck"),
        ("cifar100", 100, "apple", "worm"),
    ],
)
def test_the_classes_have_their_published_names(name, count, first, last):
    names = KERAS_CLASSES[name]
    assert (len(set(names)), names[0], names[-1]) == (count, first, last)


def test_without_internet_one_sentence_says_what_to_do():
    def no_internet():
        raise Exception("URL fetch failure on https://example.org: None -- no route\nto host")

    with pytest.raises(
        DatasetError,
        match=r"keras:mnist must be kept by Keras .*\(URL fetch failure .* no route to host\); c",
    ):
        load_keras("mnist", "test", datasets=kept_by_keras(no_internet))


@pytest.mark.parametrize(("name", "split"), [("imdb", "test"), ("mnist", "validation"), ("", "")])
def test_other_data_sets_and_splits_are_refused(name, split):
    with pytest.raises(DatasetError, match=rf"keras:cifar100 with .*; received keras:{name} and"):
        load_keras(name, split)
