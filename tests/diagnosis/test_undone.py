"""A transform undone, and the amounts and signs that are found."""

from dataclasses import replace

import numpy as np
import pytest
from letters import NAMES, TEMPLATES, letters, sources_of

from hardex.data.dataset import ArrayDataset
from hardex.diagnosis.cases import Cases
from hardex.diagnosis.causes import TRANSFORMS, amount_in_words
from hardex.diagnosis.evidence import corrected, near_to, undo
from hardex.diagnosis.examine import measure, usual_of
from hardex.diagnosis.features import features
from hardex.diagnosis.reference import read_reference
from hardex.diagnosis.search import JITTER, NOTHING, Step, pictures, steps
from hardex.diagnosis.undone import noise_in, undone
from hardex.images import Transform, transform

DONE = {
    "rotation": ((25.0, None), Transform(rotation=25)),
    "shift": ((1.5, -2.5), Transform(shift_x=1.5, shift_y=-2.5)),
    "scale": ((1.3, None), Transform(scale=1.3)),
    "shear": ((0.3, None), Transform(shear=0.3)),
    "contrast": ((0.5, 0.1), Transform(contrast=0.5, brightness=0.1)),
    "inversion": ((None, None), Transform(invert=True)),
    "blur": ((1.5, None), Transform(blur=1.5)),
    "noise": ((None, None), Transform(noise=0.2)),
    "stroke": ((1.0, None), Transform(stroke=1.0)),
    "flip": ((None, None), Transform(flip=True)),
}


def blobs(channels):
    """A picture that is smooth, is not cut off, and has no symmetry."""
    y, x = np.mgrid[:32, :32]
    levels = 60 + sum(
        height * np.exp(-((x - right) ** 2 + (y - down) ** 2) / 18)
        for height, right, down in ((120, 12, 11), (90, 19, 13), (70, 14, 20))
    )
    return np.repeat(levels[..., None], channels, axis=2).astype(np.uint8)


def apart(one, other):
    return np.abs(one.astype(float) - other).mean()


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("family", TRANSFORMS)
def test_a_transform_undone_is_nearly_the_picture_again(family, channels):
    (amount, amount_y), change = DONE[family]
    picture = blobs(channels)
    changed = transform(picture, change)
    again = undone(changed, family, amount, amount_y)
    assert again.shape == picture.shape and again.dtype == np.uint8
    assert apart(again, picture) < 0.6 * apart(changed, picture)
    most = {"inversion": 0, "flip": 0, "noise": 20}  # levels; noise takes with it what it hid
    assert apart(again, picture) <= most.get(family, 6)


def test_other_causes_change_nothing():
    picture = blobs(1)
    np.testing.assert_array_equal(undone(picture, "mislabelled", None), picture)


@pytest.mark.parametrize("channels", [1, 3])
def test_the_search_undoes_what_the_evidence_shows(channels):
    images = np.stack([blobs(channels), 255 - blobs(channels)])
    tried = steps(images.shape[1:])
    found = pictures(images, tried)
    for place, step in enumerate(tried):
        family = "shift" if step.family == JITTER else step.family
        for row, image in enumerate(images):
            shown = undone(image, family, step.amount, step.amount_y)
            assert np.abs(found[row, place].astype(int) - shown).max() <= 1, step


def test_large_pictures_are_searched_without_a_matrix(monkeypatch):
    import hardex.diagnosis.search as module

    images, tried = blobs(3)[None], steps((32, 32, 3))
    before = pictures(images, tried)
    monkeypatch.setattr(module, "_MOST_PIXELS", 0)
    assert np.abs(pictures(images, tried).astype(int) - before).max() <= 1


@pytest.mark.parametrize("side", [8, 28, 2000])
def test_steps_are_possible_for_pictures_of_any_size(side):
    for channels in (1, 3):
        tried = steps((side, side, channels))
        assert tried[0] == Step(NOTHING)
        assert len(set(tried)) == len(tried)
        strokes = [abs(step.amount) for step in tried if step.family == "stroke"]
        assert bool(strokes) == (channels == 1)
        assert all(amount <= min(64, 2 * side / 28 + 1e-9) for amount in strokes)


# Amounts: what was done to the picture, in the signs and units of a finding


def found_amounts(setting, change, family, count=8):
    """The amounts that are found for letters after a change."""
    sources = sources_of(count, channels=setting.reference.shape[2], seed=9)
    images = np.stack([transform(image, change) for image in sources.images])
    found = undo(setting, Cases.of(images, sources.labels), [family] * count)
    steps_ = [one.step for one in found]
    right = np.mean([one.label == label for one, label in zip(found, sources.labels, strict=True)])
    assert right == 1 and all(one.confidence > 0.5 for one in found)
    amounts = [[step.amount or 0.0, step.amount_y or 0.0] for step in steps_]
    return np.median(np.array(amounts, float), axis=0)


@pytest.mark.parametrize(
    ("change", "family", "expected", "near"),
    [
        (Transform(rotation=30), "rotation", (30, 0), 6),
        (Transform(rotation=-45), "rotation", (-45, 0), 6),
        (Transform(shift_x=2), "shift", (2, 0), 0.5),
        (Transform(shift_x=-2), "shift", (-2, 0), 0.5),
        (Transform(shift_y=2), "shift", (0, 2), 0.5),
        (Transform(shift_y=-2), "shift", (0, -2), 0.5),
        (Transform(scale=0.6), "scale", (0.6, 0), 0.1),
        (Transform(scale=1.5), "scale", (1.5, 0), 0.2),
        (Transform(shear=0.6), "shear", (0.6, 0), 0.15),
        (Transform(shear=-0.6), "shear", (-0.6, 0), 0.15),
        (Transform(contrast=0.35), "contrast", (0.35, 0), 0.1),
    ],
    ids=str,
)
def test_the_amount_says_what_was_done_to_the_picture(grey, change, family, expected, near):
    assert found_amounts(grey, change, family) == pytest.approx(expected, abs=near)


@pytest.mark.parametrize("added", [0.4, 0.3])
def test_brightness_is_found_as_a_share_of_the_levels(colour, added):
    found = found_amounts(colour, Transform(brightness=added), "contrast")
    assert found == pytest.approx((1, added), abs=0.06)
    assert amount_in_words("contrast", *found).startswith("brighter by ")


def test_noise_is_measured_in_the_picture_and_other_causes_have_no_transform(grey):
    images, labels = letters(2)
    found = undo(grey, Cases.of(images, labels), ["noise", "rare"])
    assert found[0].step == Step("noise", noise_in(images[0])) and found[1] is None


@pytest.mark.parametrize("sigma", [0.05, 0.2])
def test_noise_is_measured_within_a_fifth(sigma):
    soft = np.full((64, 64, 3), 128, np.uint8)
    soft[20:40] = 100
    noisy = transform(soft, Transform(noise=sigma), rng=np.random.default_rng(1))
    assert noise_in(noisy) == pytest.approx(sigma, rel=0.2)


# What else is measured


def test_without_a_model_nothing_is_searched_but_progress_is_told(grey):
    images, labels = letters(6)
    told = []
    p = np.full((6, 4), 0.25)
    cases = Cases.of(images, labels)
    found = measure(None, grey.reference, grey.usual, cases, p, searched=told.append)
    assert found.tried is None and told == [6] and len(found) == 6


def test_missing_training_images_put_the_own_class_farther_away(grey):
    images, labels = letters(4, seed=8)
    p = np.eye(4)[labels]
    as_is = Cases.of(images, labels)
    rare = replace(as_is, missing=np.full(4, 0.5))
    one, other = (
        measure(grey.classifier, grey.reference, grey.usual, cases, p) for cases in (as_is, rare)
    )
    rows = np.arange(4)
    assert (other.pixels[rows, labels] > one.pixels[rows, labels]).all()
    others = np.delete(np.arange(4), 0)
    np.testing.assert_array_equal(other.pixels[0, others], one.pixels[0, others])
    own = other.tried.density[rows, 0, labels]
    assert (own > one.tried.density[rows, 0, labels]).all()


def test_a_class_without_training_images_gives_finite_features(grey):
    train, labels = letters(24, seed=2)
    reference = read_reference(
        ArrayDataset.of(train, labels % 3, class_names=NAMES),
        labels % 3,
        grey.classifier,
        class_count=4,
        rng=np.random.default_rng(0),
    )
    images, own = letters(4, seed=8)
    usual = usual_of(reference, images, own)
    found = measure(
        grey.classifier, reference, usual, Cases.of(images, own), np.eye(4, dtype=np.float32)[own]
    )
    columns = features(found)
    assert all(np.isfinite(values).all() for values in columns.values())
    assert columns["pixels_own"].tolist()[3] == 9  # farther is not told apart


def test_without_correct_examples_distances_have_a_unit_of_one(grey):
    found = usual_of(grey.reference, np.zeros((0, 12, 12, 1), np.uint8), np.zeros(0, np.int64))
    assert found.nearest == 1 and (found.pixels == 1).all() and (found.embedding == 1).all()


def test_neighbours_are_the_nearest_and_those_of_two_classes(grey):
    images, labels = letters(3, seed=8)
    near = near_to(grey.reference, Cases.of(images, labels), (labels + 1) % 4)
    own = dict(zip(grey.reference.positions, grey.reference.labels, strict=True))
    for one, label in zip(near, labels, strict=True):
        assert (np.diff(one.distances) >= 0).all() and len(one.positions) == 8
        assert [own[place] for place in one.of_given] == [label] * 3
        assert [own[place] for place in one.of_other] == [(label + 1) % 4] * 3


def test_corrected_for_the_shares_a_small_class_wins(grey):
    uneven = replace(grey.reference, counts=np.array([997, 1, 1, 1]))
    assert corrected(np.array([[0.9, 0.1, 0, 0]]), uneven).tolist() == [1]
    assert corrected(np.array([[0.9, 0.1, 0, 0]]), grey.reference).tolist() == [0]


def test_templates_have_no_symmetry_that_would_hide_a_flip():
    for template in TEMPLATES:
        assert apart(template, template[:, ::-1]) > 5
