"""Shares of classes and statistics of batch normalisation, from images without labels."""

import keras
import numpy as np
import pytest
from fakes import write_folders
from hypothesis import given
from hypothesis import strategies as st
from trainings import NAMES, shades, write_model

import hardex
from hardex.classifiers.keras_model import KerasClassifier
from hardex.errors import HardexError
from hardex.remedies.recipe import Adapt, Recipe, recipe_of
from hardex.remedies.shares import apart, confusion_shares, em_shares
from hardex.training.keras_training import with_statistics_of

SHARES = st.lists(st.floats(0.05, 1), min_size=3, max_size=3).map(
    lambda it: np.array(it) / np.sum(it)
)


def calibrated(count, shares, rng):
    """Probabilities of a calibrated model under even shares, on data with these shares."""
    labels = rng.choice(3, count, p=shares)
    seen = rng.normal(size=(count, 3)) + 2.0 * np.eye(3)[labels]
    odds = np.exp(2.0 * seen)  # of normal densities with means at the three axes
    return odds / odds.sum(axis=1, keepdims=True), labels


@given(SHARES, st.integers(0, 5))
def test_both_ways_find_the_shares_of_a_calibrated_model(shares, seed):
    rng = np.random.default_rng(seed)
    even = np.full(3, 1 / 3)
    held, labels = calibrated(4000, even, rng)
    target, _ = calibrated(4000, shares, rng)
    assert apart(em_shares(target, even), shares) < 0.05
    confusion = np.zeros((3, 3))
    np.add.at(confusion, (labels, held.argmax(axis=1)), 1)
    predicted = np.bincount(target.argmax(axis=1), minlength=3) / 4000
    assert apart(confusion_shares(confusion, predicted), shares) < 0.05


def test_shares_that_did_not_change_stay():
    rng = np.random.default_rng(0)
    even = np.full(3, 1 / 3)
    assert apart(em_shares(calibrated(4000, even, rng)[0], even), even) < 0.03


def test_new_statistics_are_those_of_the_images_layer_after_layer(tmp_path):
    layers = (
        keras.layers.Conv2D(2, 2), keras.layers.BatchNormalization(),
        keras.layers.Conv2D(2, 2), keras.layers.BatchNormalization(),
    )  # fmt: skip
    path = write_model(tmp_path / "m.keras", layers=layers)
    images = shades(30, seed=4).images
    classifier = KerasClassifier.open(path)
    before = classifier.probabilities(images)
    with_statistics_of(classifier, lambda: (images[:20], images[20:]), tmp_path / "new.keras")
    assert (classifier.probabilities(images) == before).all()
    model = keras.saving.load_model(tmp_path / "new.keras")
    inputs = images / np.float32(255)
    for norm in (layer for layer in model.layers if "batch" in layer.name):
        got = keras.Model(model.inputs[0], norm.input)(inputs, training=False).numpy()
        after = keras.Model(model.inputs[0], norm.output)(inputs, training=False).numpy()
        assert norm.moving_mean.numpy() == pytest.approx(got.mean(axis=(0, 1, 2)), abs=1e-5)
        assert after.mean(axis=(0, 1, 2)) == pytest.approx([0, 0], abs=1e-3)


@pytest.fixture
def run(tmp_path):
    """A run of a model that tells bright from dark, if not for sure."""
    model = keras.saving.load_model(write_model(tmp_path / "m.keras"))
    weights = np.stack([np.full(16, -0.5), np.full(16, 0.5)], axis=1)
    model.set_weights([weights, np.array([4.0, -4.0])])
    model.save(tmp_path / "m.keras")
    data = shades(60, seed=3)
    np.savez(tmp_path / "e.npz", images=data.images, labels=data.labels, class_names=NAMES)
    return hardex.rank(tmp_path / "m.keras", tmp_path / "e.npz", out=tmp_path / "run")


@pytest.mark.parametrize("method", ["em", "confusion"])
def test_a_fix_corrects_for_the_shares_and_says_what_it_found(tmp_path, run, method):
    new = shades(200, seed=8, share=0.1)
    np.savez(tmp_path / "new.npz", images=new.images, labels=new.labels, class_names=NAMES)
    recipe = Recipe(adapt=Adapt(shares=str(tmp_path / "new.npz"), method=method))
    fixed = hardex.fix(run, train=shades(), recipe=recipe, out=tmp_path / "FIXED")
    assert "dark 50.0% → " in fixed.notes[0] and "bright 50.0% → " in fixed.notes[0]
    assert "Of 60 labelled examples of the run, adapting repaired" in fixed.notes[-1]
    rows = [KerasClassifier.open(it).probabilities(new.images) for it in
            (tmp_path / "m.keras", fixed.model)]  # fmt: skip
    assert rows[1][:, 0].mean() > rows[0][:, 0].mean()


@pytest.mark.parametrize("form", ["{}.png", "week {}/a.png"])
def test_images_in_a_folder_need_no_labels(tmp_path, run, form):
    write_folders(tmp_path / "new", [form.format(i) for i in range(5)])
    recipe = Recipe(adapt=Adapt(shares=str(tmp_path / "new")))
    fixed = hardex.fix(run, train=shades(), recipe=recipe, out=tmp_path / "FIXED")
    assert "come from 5 images only, and may do harm: take 100" in fixed.notes[0]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: recipe_of({"adapt": {"method": "bbse"}}), "method must be em or confusion"),
        (lambda: recipe_of({"adapt": {"share": "x"}}), "did you mean 'shares'"),
    ],
)
def test_what_cannot_be_adapted_is_said(make, words):
    with pytest.raises(HardexError, match=words):
        make()


def test_a_model_without_batch_normalisation_is_refused(tmp_path, run):
    recipe = Recipe(adapt=Adapt(statistics=str(tmp_path / "e.npz")))
    with pytest.raises(HardexError, match="has 0 there and 0 inside of other models"):
        hardex.fix(run, train=shades(), recipe=recipe, out=tmp_path / "FIXED")
    assert not (tmp_path / "FIXED").exists()
