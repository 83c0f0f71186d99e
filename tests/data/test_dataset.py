import numpy as np
import pytest
from fakes import small_images
from hypothesis import given
from hypothesis import strategies as st

from hardex.data.dataset import ArrayDataset
from hardex.data.names import as_class_names, number_names
from hardex.errors import DatasetError
from hardex.images import resize

LABELS = np.arange(10) % 3


@given(size=st.integers(1, 12))
def test_however_the_batches_are_cut_they_hold_every_example_once_and_in_order(size):
    data = ArrayDataset.of(small_images(10), LABELS)
    batches = list(data.batches(size, None))
    assert {len(batch.ids) for batch in batches[:-1]} <= {size}
    np.testing.assert_array_equal(np.concatenate([b.images for b in batches]), data.images)
    np.testing.assert_array_equal(np.concatenate([b.labels for b in batches]), LABELS)
    np.testing.assert_array_equal(np.concatenate([b.positions for b in batches]), range(10))
    assert [id for batch in batches for id in batch.ids] == list(map(str, range(10)))


def test_batches_come_in_the_shape_asked_for_and_the_data_keeps_its_own():
    data = ArrayDataset.of(small_images(3, size=4), np.array([0, 1, 1]))
    (batch,) = data.batches(5, (6, 5, 3))
    assert batch.images.shape == (3, 6, 5, 3)
    np.testing.assert_array_equal(batch.images[2], resize(data.image(2), (6, 5, 3)))
    assert data.image_shape == (4, 4, 1) == data.image(2).shape


def test_a_missing_channel_axis_and_a_column_of_labels_are_put_right():
    data = ArrayDataset.of(small_images(3)[..., 0], np.array([[0], [1], [1]]))
    assert (data.image_shape, data.labels.tolist()) == ((4, 4, 1), [0, 1, 1])


def test_ids_are_positions_as_text_and_everything_is_readable():
    data = ArrayDataset.of(small_images(3), np.array([0, 1, 1]))
    assert (data.id(2), data.skipped(), data.fits, len(data)) == ("2", (), False, 3)


def test_the_fingerprint_knows_pixels_labels_names_and_shape_and_nothing_else():
    images, labels = small_images(4), np.array([0, 1, 1, 0])
    other = images.copy()
    other[3, 3, 3, 0] ^= 1
    named = {"class_names": ["no", "yes"]}
    different = [
        ArrayDataset.of(images, labels),
        ArrayDataset.of(other, labels),
        ArrayDataset.of(images, 1 - labels),
        ArrayDataset.of(images, labels, **named),
        ArrayDataset.of(images.reshape(4, 2, 8, 1), labels),
    ]
    assert len({data.fingerprint() for data in different}) == len(different)
    same = ArrayDataset.of(images[..., 0], labels.astype(np.uint8), source="elsewhere", resize=True)
    assert same.fingerprint() == different[0].fingerprint()


@pytest.mark.parametrize(
    ("images", "labels", "names", "message"),
    [
        (small_images(3), [0, 1], None, r"one label per image; arrays in .* 3 images and 2 labels"),
        (small_images(0), [], None, r"must hold at least one image; arrays in memory holds none; "),
        (small_images(2) / -255, [0, 1], None, r"dtype uint8; received .*float64; pass the pix"),
        (small_images(2), [0.5, 1.0], None, r"one class index per .* fractions: label 0 .* is 0\."),
        (small_images(2), np.ones((2, 2), int), None, r"rows of 0 and 1, .*, that are not one-hot"),
        (small_images(2), [1, 2], ["a", "b"], r"from 1 to 2, and none is 0; number them from 0, a"),
        (small_images(2), [0, -1], None, r"must lie in 0\.\.1 .*label 1 .* is -1"),
        (small_images(2), [0, 2], ["a", "b"], r"must lie in 0\.\.1 for 2 classes; label 1 .* is 2"),
        (small_images(2), [0, 10**9], None, r"must be class indices .* is 1000000000; number the"),
        (small_images(2), [0, 1], ["a", "a"], r"name of its own; 'a' names two or more of 2; name"),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused_at_birth(images, labels, names, message):
    with pytest.raises(DatasetError, match=message):
        ArrayDataset.of(images, np.array(labels), class_names=names)


@pytest.mark.parametrize("names", [("7", "None", "nan"), ("", " "), ("1", "01", "1.0")])
def test_class_names_stay_the_text_they_are(names):
    assert as_class_names(names) == names


@given(labels=st.lists(st.integers(0, 300), min_size=1))
def test_labels_without_names_are_named_by_their_numbers(labels):
    names = number_names(np.array(labels))
    assert len(names) >= 2
    assert [names[label] for label in labels] == list(map(str, labels))


@pytest.mark.parametrize(
    ("images", "said"),
    [
        (small_images(3).astype(np.int64), ""),
        (small_images(3) / 255, "pixels from 0 to 1: multiplied by 255"),
        ((small_images(3) / 255).astype(np.float32), "pixels from 0 to 1: multiplied by 255"),
        (small_images(3).astype(np.float32), "as decimals from 0 to 255: rounded"),
    ],
)
def test_pixels_of_another_type_are_the_same_pixels(images, said):
    found = ArrayDataset.of(images, [0, 1, 1], source="it")
    np.testing.assert_array_equal(found.images, small_images(3), strict=True)
    assert [said in note for note in found.notes] == [True] * bool(said)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([0.0, 2.0, 1.0], "as decimals, such as 1.0"),
        (np.eye(3)[[0, 2, 1]], "one-hot labels: read as class indices"),
        (np.eye(3, dtype=bool)[[0, 2, 1]], "one-hot labels"),
        (np.array([b"0", b"2", b"1"]), ""),
    ],
)
def test_labels_in_another_form_are_the_same_labels(labels, said):
    found = ArrayDataset.of(small_images(3), labels, source="it")
    np.testing.assert_array_equal(found.labels, [0, 2, 1])
    assert found.class_names == ("0", "1", "2")
    assert [said in note for note in found.notes] == [True] * bool(said)


def test_one_hot_labels_keep_classes_without_examples():
    assert ArrayDataset.of(small_images(2), np.eye(4)[[0, 1]]).class_names == ("0", "1", "2", "3")
