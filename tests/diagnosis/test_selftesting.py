"""`hardex.selftest`, and what it refuses."""

import numpy as np
import pytest
from letters import NAMES, letters, nearest_letter, sources_of

import hardex
from hardex.data.dataset import ArrayDataset
from hardex.diagnosis.keys import pixel_key
from hardex.diagnosis.selftest import of_json
from hardex.diagnosis.training import check_size, listed, notes_on, training_labels
from hardex.diagnosis.trial import Given, Named, try_out
from hardex.errors import ClassifierError, DatasetError, RunError

CLASSES = np.array(NAMES)


def named(images, labels):
    return images, CLASSES[labels]


@pytest.fixture(scope="module")
def found():
    """A self-test of letters; its training data contains twenty of them."""
    images, labels = letters(200, seed=11)
    more, own = letters(60, seed=12)
    train = np.concatenate([images[:20], more]), np.concatenate([labels[:20], own])
    return hardex.selftest(
        nearest_letter, named(images, labels), train=named(*train), plants=22, seed=1
    )


def test_it_lists_every_cause_with_its_power(found):
    assert found.examples == 200
    causes = [test.cause for test in found.causes]
    assert len(causes) == len(set(causes)) == 16  # all, and copies, but not unexplained
    by_name = {test.cause: test for test in found.causes}
    assert by_name["inversion"].power.value > 0.8
    assert by_name["duplicate"].given
    assert not by_name["noise"].given  # the mean of the letters takes it away
    assert all(bool(test.why_not) != test.given for test in found.causes)
    assert 0 <= found.calibration_error <= 1
    assert sum(one.count for one in found.calibration) > 200


def test_it_is_the_same_after_it_was_saved(found):
    assert of_json(found.as_json()) == found


def test_too_few_correct_examples_are_refused():
    images, labels = letters(59)
    with pytest.raises(DatasetError, match=r"needs 60 different .*has 59; pass more data"):
        hardex.selftest(nearest_letter, named(images, labels))
    again = np.concatenate([images, images]), np.concatenate([labels, labels])
    with pytest.raises(DatasetError, match=r"has 59; pass more data"):
        hardex.selftest(nearest_letter, named(*again))


def test_other_outputs_than_classes_are_refused():
    with pytest.raises(ClassifierError, match=r"has 3 and arrays in memory 4 classes; name all"):
        hardex.selftest(lambda images: np.full((len(images), 3), 1 / 3), named(*letters(80)))


def test_no_plants_are_refused():
    with pytest.raises(RunError, match=r"--plants must be 1 or more; received 0"):
        hardex.selftest(nearest_letter, named(*letters(80)), plants=0)


def test_training_data_of_other_classes_is_refused():
    images, labels = letters(80)
    with pytest.raises(DatasetError, match=r"a, b, c, d and arrays in memory has F, J, L, Z"):
        hardex.selftest(
            nearest_letter,
            named(images, labels),
            train=(images, np.array(list("abcd"))[labels]),
        )


# Classes and sizes of training data


def test_labels_are_matched_by_the_names_of_the_classes():
    images = np.zeros((3, 4, 4, 1), np.uint8)
    train = ArrayDataset.of(images, np.array([0, 1, 1]), class_names=["dog", "cat"])
    names = ("cat", "cow", "dog")
    assert training_labels(train, names).tolist() == [2, 0, 0]
    missing, order = notes_on(train, names)
    assert missing == "The training data has no images of cow, which the model knows."
    assert order == (
        "The classes of the training data stand in another order (dog, cat) than those of the "
        "model (cat, cow, dog); they were matched by name."
    )
    with pytest.raises(DatasetError, match=r"has dog, cat and the model cat, and 'dog' is none"):
        training_labels(train, ("cat",))


def test_many_names_are_cut_in_a_sentence():
    assert listed([str(i) for i in range(9)]) == "0, 1, 2, 3, 4, …, 8"


def test_training_images_of_another_size_need_to_be_resized():
    data = ArrayDataset.of(np.zeros((2, 8, 8, 1), np.uint8), np.array([0, 1]))
    other = ArrayDataset.of(np.zeros((2, 9, 9, 1), np.uint8), np.array([0, 1]))
    fitting = ArrayDataset.of(other.images, other.labels, resize=True)
    for train, shape in ((data, (8, 8, 1)), (fitting, (8, 8, 1)), (data, (32, 32, 3))):
        check_size(train, data, shape)
    with pytest.raises(DatasetError, match=r"has 9 x 9 x 1 and .* 8 x 8 x 1; .*--resize"):
        check_size(other, data, (8, 8, 1))


# A trial without a second planting


def test_without_a_second_planting_the_trees_that_did_not_see_them_judge():
    images, labels = letters(40, seed=13)
    given = Given(
        named=Named("m", "d", "t", "", ""),
        classifier=None,
        class_names=NAMES,
        sources=sources_of(80),
        train=ArrayDataset.of(images, labels, class_names=NAMES),
        train_labels=labels,
        hidden=frozenset(map(pixel_key, images[:3])),
        plants=20,
    )
    trial = try_out(given, selftest=False)
    assert any("trees that did not see it" in note for note in trial.notes)
    assert trial.selftest.notes == trial.notes
    assert len(trial.setting.reference.positions) == 37
    assert {test.cause for test in trial.selftest.causes} == {
        "mislabelled", "ambiguous", "rare", "imbalance", "duplicate"
    }  # fmt: skip
