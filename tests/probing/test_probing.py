"""What a script gets of a picture, a transform and a classifier; the app's tests go deeper."""

import numpy as np
import pytest

import hardex
from hardex import HardexError
from hardex.classifiers.classifier import FunctionClassifier
from hardex.images import Transform
from hardex.probing.before_after import before_after
from hardex.probing.minimal_change import smallest_changes, smallest_sentence
from hardex.probing.new_probe import new_probe
from hardex.probing.response_curve import curve_sentence, response_curve
from hardex.probing.saved_probes import keep_once, kept_probes
from hardex.probing.sliders import slider_of

NAMES = ("dark", "light")


def by_light(images):
    """Light from a mean of 100 on."""
    light = images.reshape(len(images), -1).mean(axis=1) >= 100
    return np.where(light[:, None], [0.2, 0.8], [0.7, 0.3])


IMAGE = np.full((8, 8, 1), 90, np.uint8)
CLASSIFIER = FunctionClassifier(by_light, (8, 8, 1), 2)


@pytest.fixture
def run(tmp_path):
    images = np.stack([IMAGE, IMAGE + 50])
    np.savez(tmp_path / "data.npz", images=images, labels=np.array([1, 1]))
    data = tmp_path / "data.npz"
    return hardex.rank(CLASSIFIER, data, class_names=NAMES, out=tmp_path / "run")


def test_before_and_after():
    found = before_after(IMAGE, Transform(invert=True), CLASSIFIER)
    np.testing.assert_array_equal(found.after, 255 - IMAGE)
    assert (found.labels, found.confidences) == ((0, 1), (0.7, 0.8))
    assert found.likeliest() == [(0, 0.7, 0.2), (1, 0.3, 0.8)]


def test_a_curve_and_its_flip():
    found = response_curve(IMAGE, slider_of("invert", IMAGE.shape), Transform(), CLASSIFIER)
    assert (found.start, [(flip.amount, flip.label) for flip in found.flips]) == (0, [(1, 1)])
    assert found.line(1) == [0.3, 0.8]
    assert "Inverting restores the given label light" in curve_sentence(found, NAMES, "light")


def test_the_smallest_changes():
    found = smallest_changes(IMAGE, CLASSIFIER, wanted=1)
    assert found.start == 0
    assert {change.slider.name for change in found.breaking} >= {"invert"}
    assert found.breaking == found.restoring  # there are only two classes
    differences = [change.difference for change in found.breaking]
    assert differences == sorted(differences)
    first = smallest_sentence(found, NAMES, None)
    assert first.startswith("The smallest change that breaks the prediction dark is ")


def test_a_probe_is_kept_once_and_an_annotator_has_a_limit(run):
    def probe(**known):
        return new_probe(IMAGE, Transform(invert=True), run, CLASSIFIER, kind="image", **known)

    first = probe(annotator="anna")
    assert (first.predicted, first.confidence) == ("light", 0.8)
    for _ in range(2):
        assert keep_once(run.folder, first, IMAGE, own_most=1) == first
    with pytest.raises(HardexError, match="at most 1 probes in a run; you have 1"):
        keep_once(run.folder, probe(annotator="anna"), IMAGE, own_most=1)
    keep_once(run.folder, probe(annotator="bert"), IMAGE, own_most=1)
    assert len(kept_probes(run.folder)[0]) == 2
