import gc

import numpy as np
import pytest
import tensorflow as tf
from fakes import small_images
from hypothesis import given
from hypothesis import strategies as st

from hardex.data.sources import open_dataset
from hardex.data.tensors import open_tensors
from hardex.errors import DatasetError

IMAGES = small_images(11, channels=3)
LABELS = np.arange(11) % 3


def stream(images=IMAGES, labels=LABELS):
    return tf.data.Dataset.from_tensor_slices((images, labels))


def read_all(data, *, size=4, shape=None, keep=None):
    return list(data.batches(size, shape, keep))


@pytest.mark.parametrize("batched", [lambda s: s, lambda s: s.batch(4), lambda s: s.batch(100)])
def test_every_image_keeps_its_label_and_its_place(batched):
    data = open_dataset(batched(stream()))
    batches = read_all(data)
    np.testing.assert_array_equal(np.concatenate([b.images for b in batches]), IMAGES)
    np.testing.assert_array_equal(np.concatenate([b.labels for b in batches]), LABELS)
    assert [id for batch in batches for id in batch.ids] == list(map(str, range(11)))
    assert (len(data), data.image_shape, data.class_names) == (11, (4, 4, 3), ("0", "1", "2"))
    np.testing.assert_array_equal(data.image(7), IMAGES[7])


def test_a_stream_shuffled_anew_each_time_is_read_once():
    data = open_tensors(stream().shuffle(11, seed=3, reshuffle_each_iteration=True))
    (first,), (second,) = read_all(data, size=20), read_all(data, size=20)
    np.testing.assert_array_equal(first.images, second.images)
    np.testing.assert_array_equal(first.images[4], data.image(4))
    order = [
        next(i for i, image in enumerate(IMAGES) if (image == seen).all()) for seen in first.images
    ]
    assert first.labels.tolist() == LABELS[order].tolist()
    assert sorted(order) == list(range(11))


@given(size=st.integers(1, 13), kept=st.sets(st.integers(0, 10)))
def test_the_cut_into_batches_and_a_rule_never_move_an_image(size, kept):
    chosen = {IMAGES[i].tobytes() for i in kept}
    batches = read_all(SHARED, size=size, keep=lambda image: image.tobytes() in chosen)
    positions = [int(position) for batch in batches for position in batch.positions]
    assert positions == sorted(kept)
    assert all(len(batch.ids) == size for batch in batches[:-1])
    for batch in batches:
        np.testing.assert_array_equal(batch.images, IMAGES[batch.positions])


SHARED = open_tensors(stream())


def test_images_are_resized_where_another_shape_is_asked_for():
    (batch,) = read_all(SHARED, size=20, shape=(2, 2, 1))
    assert batch.images.shape == (11, 2, 2, 1)


@pytest.mark.parametrize(
    "images", [IMAGES / np.float32(255), IMAGES.astype(np.float32), IMAGES + np.float32(0.25)]
)
def test_float_pixels_become_the_levels_they_came_from(images):
    (batch,) = read_all(open_tensors(stream(np.clip(images, 0, 255))), size=20)
    np.testing.assert_array_equal(batch.images, IMAGES)


@pytest.mark.parametrize(
    "labels",
    [LABELS.astype(np.uint8), LABELS[:, None], np.eye(3, dtype=np.float32)[LABELS], LABELS / 1.0],
)
def test_labels_may_be_numbers_or_one_hot_rows(labels):
    np.testing.assert_array_equal(open_tensors(stream(labels=labels).batch(4)).labels, LABELS)


def test_grey_images_may_come_without_their_channel():
    data = open_tensors(stream(IMAGES[..., 0]).batch(4))
    assert data.image_shape == (4, 4, 1)


def test_the_class_names_of_keras_are_taken_and_can_be_named_anew():
    named = stream().batch(4)
    named.class_names = ["cat", "dog", "eel"]
    assert open_tensors(named).class_names == ("cat", "dog", "eel")
    assert open_dataset(named, class_names=["x", "y", "z"]).class_names == ("x", "y", "z")


def test_the_fingerprint_knows_pixels_labels_and_names():
    prints = {
        open_tensors(stream()).fingerprint(),
        open_tensors(stream(255 - IMAGES)).fingerprint(),
        open_tensors(stream(labels=LABELS[::-1].copy())).fingerprint(),
        open_tensors(stream(), class_names=["a", "b", "c"]).fingerprint(),
    }
    assert len(prints) == 4
    assert open_tensors(stream().batch(3)).fingerprint() == SHARED.fingerprint()


def test_the_temporary_file_goes_with_the_data_set():
    data = open_tensors(stream())
    path = data.path
    assert path.exists()
    del data
    gc.collect()
    assert not path.exists()


def a_changing_scale():
    images = IMAGES.astype(np.float32)
    images[0] /= 255
    return stream(images)


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        (lambda: stream().map(lambda x, y: x), r"must give pairs \(image, label\) with images"),
        (lambda: stream().map(lambda x, y: {"x": x, "y": y}), r"must give pairs \(image, label\)"),
        (lambda: stream().take(0), r"must hold at least one image; it holds none; check how"),
        (a_changing_scale, r"0\.\.1, as in the first element; among the images from number 1 they"),
        (lambda: stream(IMAGES * np.float32(-1)), r"float pixels must lie in 0\.\.1"),
        (
            lambda: stream(IMAGES * np.float32(2)),
            r"float pixels must lie in 0\.\.255; among the im",
        ),
        (lambda: stream(IMAGES * np.float32(np.nan)), r"float pixels must lie in"),
        (lambda: stream(labels=LABELS + 0.5), r"tf.data.Dataset holds fractions: label 0"),
        (lambda: stream(labels=LABELS - 1), r"labels must lie in 0\.\.1 for 2 classes; label 0"),
        (
            lambda: stream(np.concatenate([IMAGES] * 2, -1)),
            r"grey or RGB and of one shape; number 0",
        ),
        (
            lambda: tf.data.Dataset.from_generator(
                lambda: ((np.zeros((size, 4, 1), np.uint8), 0) for size in (4, 5)),
                output_signature=(
                    tf.TensorSpec((None, 4, 1), tf.uint8),
                    tf.TensorSpec((), tf.int64),
                ),
            ),
            r"number 1 has shape \(5, 4, 1\), and the first \(4, 4, 1\); resize them with \.map",
        ),
    ],
)
def test_streams_that_hold_no_labelled_images_are_refused(dataset, message):
    with pytest.raises(DatasetError, match=message):
        open_tensors(dataset())


def test_other_things_from_python_are_refused():
    with pytest.raises(
        DatasetError, match=r"or a datasets\.Dataset; received ndarray; pass one of"
    ):
        open_dataset(IMAGES)


def test_a_pair_of_arrays_is_a_data_set():
    data = open_dataset((IMAGES, LABELS), class_names=["a", "b", "c"])
    assert (len(data), data.class_names, data.source) == (11, ("a", "b", "c"), "arrays in memory")
