"""Causes and features of one's own, also of functions that misbehave."""

from functools import partial

import numpy as np
import pytest
from letters import MODEL, letters, sources_of

from hardex.diagnosis.cases import Cases
from hardex.diagnosis.examine import measure
from hardex.diagnosis.plants import RANGES
from hardex.diagnosis.plugins import check_model, plugged_in
from hardex.errors import HardexError


def smeared(images, labels, rng):
    return np.maximum(images, np.roll(images, 3, axis=2))


def relabelled(images, labels, rng):
    images[:] = 0  # these are copies
    return images, (labels + 1) % 4


def symmetry(images, probabilities):
    images[:], probabilities[:] = 0, 0  # these are copies, too
    return {"symmetry": np.arange(len(images))}


def made(function):
    ((one,), _) = plugged_in([function])
    return one, one.make(sources_of(6), np.random.default_rng(0), RANGES)


def measured(grey, function, count=6):
    _, (feature,) = plugged_in([function])
    images, labels = letters(count)
    cases = Cases.of(images, labels)
    return feature(measure(None, grey.reference, grey.usual, cases, np.eye(4)[labels])), feature


def test_a_cause_of_ones_own_is_planted_under_its_name():
    plant, found = made(smeared)
    assert plant.cause == "smeared"
    np.testing.assert_array_equal(found.cases.images, smeared(sources_of(6).images, None, None))
    assert np.isnan(found.amounts).all()


def test_it_may_change_the_labels_and_gets_copies():
    _, found = made(relabelled)
    assert found.cases.given.dtype == np.int64
    np.testing.assert_array_equal(found.cases.given, (sources_of(6).labels + 1) % 4)


def test_a_feature_of_ones_own_is_a_column_beside_all_others(grey):
    found, _ = measured(grey, symmetry)
    assert list(found) == ["symmetry symmetry"]
    np.testing.assert_array_equal(found["symmetry symmetry"], np.arange(6))


def test_functions_are_found_by_name(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(
        "def stained(images, labels, rng):\n    return images\n", encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    assert plugged_in(["mine:stained"])[0][0].cause == "stained"


def test_a_function_without_a_name_is_called_as_its_kind():
    assert plugged_in([partial(smeared)])[0][0].cause == "partial"


def rotation(images, labels, rng):
    return images


@pytest.mark.parametrize(
    ("functions", "sentence"),
    [
        ([lambda images: images], r"<lambda> has the parameters \(images\); rename them\."),
        ([lambda images, labels, rng: images], r"must have a name; received <lambda>; write it"),
        ([rotation], r"rotation is taken; rename the function\."),
        ([smeared, smeared], r"smeared is taken; rename the function\."),
        ([7], r"int has the parameters \(\); rename them\."),
        (["hardex.text:nothing"], r"hardex\.text has no nothing"),
    ],
    ids=["parameters", "lambda", "a cause", "twice", "no function", "no such"],
)
def test_functions_that_are_no_plug_ins_are_refused(functions, sentence):
    with pytest.raises(HardexError, match=sentence):
        plugged_in(functions)


def wrong_kind(images, labels, rng):
    return images / 255


def too_few(images, labels, rng):
    return images[:-1]


def unknown_class(images, labels, rng):
    return images, labels + 4


def nothing(images, labels, rng):
    return None


def broken(images, labels, rng):
    raise KeyError("a stain")


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (wrong_kind, r"must return images \(6, 12, 12, 1\) of uint8.*received float64"),
        (too_few, r"received uint8 \(5, 12, 12, 1\)"),
        (unknown_class, r"labels 0\.\.3; received uint8 \(6, 12, 12, 1\) and int64"),
        (nothing, r"received object \(\)"),
        (broken, r"the plug-in broken .* raised KeyError \('a stain'\); fix the function\."),
    ],
)
def test_plants_of_another_form_are_refused(function, sentence):
    with pytest.raises(HardexError, match=sentence):
        made(function)


def too_many(images, probabilities):
    return {"much": np.zeros(len(images) + 1)}


def not_finite(images, probabilities):
    return {"much": np.full(len(images), np.nan)}


def no_numbers(images, probabilities):
    return [1.0] * len(images)


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (too_many, r"finite numbers, one for each of 6 images; 'much' has shape \(7,\)"),
        (not_finite, r"finite numbers, one for each of 6"),
        (no_numbers, r"raised AttributeError"),
    ],
)
def test_features_of_another_form_are_refused(grey, function, sentence):
    with pytest.raises(HardexError, match=sentence):
        measured(grey, function)


def test_features_must_have_the_same_names_each_time(grey):
    def odd(images, probabilities):
        return {f"of {len(images)}": np.zeros(len(images))}

    _, feature = measured(grey, odd)
    images, labels = letters(3)
    some = measure(None, grey.reference, grey.usual, Cases.of(images, labels), np.eye(4)[labels])
    with pytest.raises(HardexError, match=r"same names each time; received of 3 after of 6"):
        feature(some)


def test_a_stop_is_no_fault_of_a_plug_in():
    def stopped(images, labels, rng):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made(stopped)


def test_without_a_model_no_cause_of_ones_own_can_be_planted():
    plants, _ = plugged_in([smeared])
    check_model(MODEL, plants)
    check_model(None, ())
    with pytest.raises(HardexError, match=r"saved probabilities, and smeared cannot be planted"):
        check_model(None, plants)
