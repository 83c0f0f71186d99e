"""Planted causes: worked by hand, and what all of them have in common."""

from dataclasses import replace

import numpy as np
import pytest
from letters import MODEL, TEMPLATES, sources_of

from hardex.diagnosis.cases import Cases, Sources, exchanged, joined
from hardex.diagnosis.examine import batched
from hardex.diagnosis.keys import pixel_key
from hardex.diagnosis.planting import plant
from hardex.diagnosis.plants import PLANTS, RANGES, plants_for
from hardex.images import LIMITS, transform

PICTURES = np.zeros((2, 4, 4, 1), np.uint8)


def cases_of(**more):
    return replace(Cases.of(PICTURES, np.array([0, 1])), **more)


def planted(plants, count=30, seed=0, sources=None, channels=1):
    sources = sources_of(60, channels=channels) if sources is None else sources
    return list(plant(MODEL, sources, plants, count, rng=np.random.default_rng(seed)))


def one_of(cause, kind=""):
    return next(one for one in PLANTS if one.cause == cause and kind in ("", one.kind))


# Simulated beliefs


def test_two_columns_are_exchanged_in_each_row():
    rows = np.array([[1, 2, 3], [4, 5, 6]])
    found = exchanged(rows, np.array([0, 1]), np.array([2, 1]))
    np.testing.assert_array_equal(found, [[3, 2, 1], [4, 5, 6]])
    np.testing.assert_array_equal(rows, [[1, 2, 3], [4, 5, 6]])


def test_exchanged_in_three_axes():
    values = np.arange(12).reshape(2, 2, 3)
    found = exchanged(values, np.array([0, 2]), np.array([1, 2]))
    np.testing.assert_array_equal(found[0], [[1, 0, 2], [4, 3, 5]])
    np.testing.assert_array_equal(found[1], values[1])


def test_as_they_are_nothing_is_changed():
    p = np.array([[0.9, 0.1], [0.3, 0.7]])
    assert Cases.of(PICTURES, np.array([0, 1])).believed(p) is p


def test_a_quarter_of_a_class_has_a_quarter_of_its_odds():
    # odds 4 : 1 become 1 : 1; odds 1 : 3 for the other class stay 3 : 1
    found = cases_of(left=np.array([0.25, 1.0])).believed(np.array([[0.8, 0.2], [0.25, 0.75]]))
    np.testing.assert_allclose(found, [[0.5, 0.5], [0.25, 0.75]])


def test_a_temperature_of_two_takes_the_root_of_the_odds():
    found = cases_of(softened=np.array([2.0, 1.0])).believed(np.array([[0.9, 0.1], [0.9, 0.1]]))
    np.testing.assert_allclose(found, [[0.75, 0.25], [0.9, 0.1]])


def test_a_confused_class_gets_the_belief_of_the_given_one_after_all_else():
    found = cases_of(confused=np.array([1, 1]), softened=np.array([2.0, 1.0])).believed(
        np.array([[0.9, 0.1], [0.3, 0.7]])
    )
    np.testing.assert_allclose(found, [[0.25, 0.75], [0.3, 0.7]])


def test_beliefs_under_many_changes_are_those_of_each():
    p = np.random.default_rng(0).dirichlet([1, 1, 1], size=(2, 5))
    cases = cases_of(confused=np.array([2, 1]), left=np.array([0.1, 0.5]))
    whole = cases.believed(p)
    for step in range(5):
        np.testing.assert_allclose(whole[:, step], cases.believed(p[:, step]))
    np.testing.assert_allclose(whole.sum(axis=2), 1)


def test_cases_are_cut_and_joined():
    whole = cases_of(confused=np.array([1, 0]))
    again = joined([whole.at(slice(0, 1)), whole.at(np.array([1]))])
    np.testing.assert_array_equal(again.confused, [1, 0])
    assert len(again) == 2 and again.images.shape == PICTURES.shape


# All plants


@pytest.mark.parametrize("channels", [1, 3])
def test_plants_count_only_if_the_model_is_wrong_after(channels):
    for some in planted(plants_for((12, 12, channels)), channels=channels):
        p = batched(MODEL, some.cases.images)
        np.testing.assert_allclose(some.p, p, atol=1e-6)
        wrong = some.cases.believed(p).argmax(axis=1) != some.cases.given
        assert wrong.all() or some.plant.keeps_right
        assert some.cases.images.dtype == np.uint8 and len(some) == len(some.amounts)


def test_the_same_seed_plants_the_same_and_another_one_others():
    plants = plants_for((12, 12, 1))
    one, same, other = (planted(plants, 8, seed) for seed in (4, 4, 5))
    assert [some.plant for some in one] == [some.plant for some in same]
    for some, again in zip(one, same, strict=True):
        np.testing.assert_array_equal(some.cases.images, again.cases.images)
        np.testing.assert_array_equal(some.p, again.p)
    assert any(
        some.cases.images.tobytes() != more.cases.images.tobytes()
        for some, more in zip(one, other, strict=False)
    )


@pytest.mark.parametrize("cause", ["inversion", "flip", "unexplained"])
def test_what_makes_the_same_of_a_source_each_time_uses_each_once(cause):
    sources = sources_of(16)
    for some in planted([one_of(cause)], 500, sources=sources):
        keys = {pixel_key(image) for image in some.cases.images}
        assert len(keys) == len(some) <= len(sources)


def test_a_source_serves_once_for_each_cause_so_that_plants_are_independent():
    sources = sources_of(40)
    keys = [pixel_key(image) for image in sources.images]
    (some,) = planted([one_of("mislabelled")], 70, sources=sources)
    served = [keys.index(pixel_key(image)) for image in some.cases.images]
    assert sorted(served) == list(range(40))


def test_amounts_lie_within_their_ranges_and_say_what_was_done():
    for some in planted([one_of("rotation"), one_of("scale"), one_of("shear")]):
        for amount in some.amounts:
            assert any(low <= amount <= high for low, high in RANGES[some.plant.cause])
    (shift,) = planted([one_of("shift")])
    far = np.hypot(shift.amounts, shift.amounts_y) / (12 / 28)
    assert (far >= 2).all() and (far <= 4).all()


@pytest.mark.parametrize(("added", "brighter"), [((0.3, 0.4), True), ((-0.4, -0.3), False)])
def test_brightness_is_a_contrast_of_one_with_something_added(added, brighter):
    sources = sources_of(8, channels=3)
    made = one_of("contrast", "brightness").make(
        sources, np.random.default_rng(0), {"brightness": (added,)}
    )
    assert (made.amounts == 1).all() and (made.amounts_y > 0).all() == brighter
    changed = made.cases.images.mean() - sources.images.mean()
    assert (changed > 0) == brighter


def test_lengths_grow_with_the_picture_but_not_beyond_what_a_transform_may_be():
    huge = Sources(np.zeros((1, 1000, 1000, 1), np.uint8), np.array([0]), np.eye(4)[:1])
    rng = np.random.default_rng(0)
    made = one_of("stroke").make(huge, rng, {"stroke": ((2.4, 2.5),)})
    assert made.amounts.tolist() == [LIMITS["stroke"][1]]
    small = one_of("blur").make(sources_of(5), rng, {"blur": ((1.4, 1.4),)})
    np.testing.assert_allclose(small.amounts, 1.4 * 12 / 28)


def test_flipped_labels_are_other_classes_and_the_picture_stays():
    sources = sources_of(40)
    made = one_of("mislabelled").make(sources, np.random.default_rng(0), RANGES)
    assert (made.cases.given != sources.labels).all()
    np.testing.assert_array_equal(made.cases.images, sources.images)


def test_blends_are_means_of_two_pictures():
    sources = Sources(TEMPLATES[:2, :, :, None].astype(np.uint8), np.array([0, 1]), np.eye(2))
    made = one_of("ambiguous", "blend").make(
        sources, np.random.default_rng(0), {"ambiguous": ((0.5, 0.5),)}
    )
    both = (sources.images[0].astype(int) + sources.images[1] + 1) // 2
    np.testing.assert_array_equal(made.cases.images, [both, both])


def test_undecided_ones_get_the_second_label():
    p = np.array([[0.6, 0.3, 0.1], [0.9, 0.05, 0.05], [0.2, 0.35, 0.45]])
    sources = Sources(np.zeros((3, 4, 4, 1), np.uint8), np.array([0, 0, 2]), p)
    made = one_of("ambiguous", "undecided").make(sources, np.random.default_rng(0), RANGES)
    assert made.rows.tolist() == [0, 2] and made.cases.given.tolist() == [1, 1]


def test_without_a_model_only_what_changes_no_pixels_is_planted():
    plants = plants_for((12, 12, 1), with_model=False)
    assert {one.cause for one in plants} == {
        "mislabelled", "ambiguous", "rare", "imbalance", "unexplained"
    }  # fmt: skip
    found = list(plant(None, sources_of(40), plants, 20, rng=np.random.default_rng(0)))
    assert {some.plant.cause for some in found} >= {"mislabelled", "rare", "unexplained"}


@pytest.mark.parametrize("shape", [(8, 8, 1), (8, 8, 3), (5, 20, 3)])
def test_tiny_and_oblong_pictures_can_be_planted(shape):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (6, *shape), dtype=np.uint8)
    sources = Sources(images, np.arange(6) % 2, np.full((6, 2), 0.5))
    for one in plants_for(shape):
        made = one.make(sources, rng, RANGES)
        assert made.cases.images.shape[1:] == shape and made.cases.images.dtype == np.uint8


def test_grey_pictures_have_strokes_and_coloured_ones_brightness():
    kinds = {channels: plants_for((12, 12, channels)) for channels in (1, 3)}
    assert "stroke" in {one.cause for one in kinds[1]} - {one.cause for one in kinds[3]}
    assert "brightness" in {one.kind for one in kinds[3]} - {one.kind for one in kinds[1]}


def test_a_plant_without_sources_gives_nothing():
    assert planted(plants_for((12, 12, 1)), sources=sources_of(4).at(slice(0))) == []


def test_a_rotation_of_thirty_degrees_is_one_of_transform():
    from hardex.images import Transform

    sources = sources_of(3)
    made = one_of("rotation").make(sources, np.random.default_rng(0), {"rotation": ((30.0, 30.0),)})
    expected = [transform(image, Transform(rotation=30)) for image in sources.images]
    np.testing.assert_array_equal(made.cases.images, expected)
