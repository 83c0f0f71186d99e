"""The parts of the correct examples never overlap."""

import numpy as np
import pytest
from fakes import small_images
from hypothesis import given, settings
from hypothesis import strategies as st

from hardex.diagnosis.cases import Sources
from hardex.diagnosis.keys import pixel_key
from hardex.diagnosis.sources import MOST, distinct, drawn, most_sources, split


def sources_of(images):
    count = len(images)
    return Sources(images, np.arange(count) % 2, np.full((count, 2), 0.5))


def keys(sources):
    return {pixel_key(image) for image in sources.images}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=0, max_size=40), st.booleans(), st.integers(0, 9))
def test_no_picture_is_in_two_parts(which, with_training, seed):
    sources = distinct(sources_of(small_images(31)[np.array(which, int)]))
    parts = split(sources, with_training=with_training, rng=np.random.default_rng(seed))
    cut = (parts.learnt, parts.tested, parts.compared)
    assert sum(map(len, cut)) == len(set(which)) == len(set().union(*map(keys, cut)))
    assert max(map(len, cut[: 2 if with_training else 3])) - min(len(parts.tested), 99) <= 1
    assert len(parts.compared) == 0 or not with_training


def test_examples_that_are_diagnosed_are_no_sources():
    images = small_images(6)
    left = sources_of(images).without(images[[1, 4]])
    assert keys(left) == {pixel_key(image) for image in images[[0, 2, 3, 5]]}


@pytest.mark.parametrize(
    ("shape", "most"), [((28, 28, 1), MOST), ((224, 224, 3), 1783), ((9000, 9000, 3), 1)]
)
def test_only_as_many_are_read_as_fit_into_memory(shape, most):
    assert most_sources(shape) == most


def test_drawn_positions_are_ascending_and_of_those_given():
    right = np.array([3, 5, 8, 13, 21])
    found = drawn(right, 3, np.random.default_rng(0))
    assert len(found) == 3 and (np.diff(found) > 0).all() and np.isin(found, right).all()
    assert drawn(right, 9, np.random.default_rng(0)).tolist() == right.tolist()
    assert drawn(np.empty(0, int), 9, np.random.default_rng(0)).tolist() == []
