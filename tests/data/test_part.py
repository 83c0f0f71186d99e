import numpy as np
import pytest
from fakes import small_dataset, write_folders
from hypothesis import given
from hypothesis import strategies as st

from hardex.data.folders import open_folders
from hardex.data.part import Part
from hardex.errors import DatasetError


def bright(image):
    return image.mean() > 127


def joined(data, size=7, shape=None, keep=None):
    batches = list(data.batches(size, shape, keep))
    return {
        int(position): (id, image.tobytes(), int(label))
        for batch in batches
        for position, id, image, label in zip(
            batch.positions, batch.ids, batch.images, batch.labels, strict=True
        )
    }


@given(size=st.integers(1, 50))
def test_two_parts_are_the_whole_and_share_nothing(size):
    whole = small_dataset(40)
    one, other = Part(whole, bright), Part(whole, lambda image: not bright(image))
    assert 0 < len(joined(one)) < 40
    assert joined(one, size) | joined(other, size) == joined(whole)
    assert not joined(one).keys() & joined(other).keys()


def test_a_part_of_a_part_is_in_both():
    whole = small_dataset(40)
    corner = lambda image: image[0, 0, 0] > 99  # noqa: E731
    inside = {p for p in range(40) if bright(whole.images[p]) and corner(whole.images[p])}
    assert set(joined(Part(Part(whole, bright), corner))) == inside
    assert set(joined(Part(whole, bright), keep=corner)) == inside


def test_an_image_of_another_part_is_refused():
    whole = small_dataset(40)
    part = Part(whole, bright, "it is sealed")
    for position in range(40):
        if bright(whole.images[position]):
            np.testing.assert_array_equal(part.image(position), whole.image(position))
        else:
            with pytest.raises(
                DatasetError, match=rf"the image {position} cannot .*: it is sealed"
            ):
                part.image(position)


def test_what_is_said_of_the_whole_is_said_of_a_part(tmp_path):
    whole = open_folders(write_folders(tmp_path, ["a/1.png", "b/1.png"]))
    (tmp_path / "b" / "1.png").write_text("no image")
    part = Part(whole, lambda image: True)
    assert list(joined(part)) == [0]
    for name in ("source", "class_names", "image_shape", "fits", "files", "meta", "labels"):
        assert getattr(part, name) is getattr(whole, name)
    assert (len(part), part.skipped(), part.id(1)) == (2, whole.skipped(), "b/1.png")
    assert part.fingerprint() == whole.fingerprint()
