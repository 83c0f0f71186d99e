"""Power and false credit, worked by hand."""

import numpy as np
import pytest

from hardex.diagnosis.causes import UNEXPLAINED
from hardex.diagnosis.judge import Verdicts
from hardex.diagnosis.measuring import accuracy, calibration, cause_test, cause_tests
from hardex.diagnosis.setting import Learnt


def learnt(causes, kinds=None):
    causes = np.array(causes)
    nothing = np.full(len(causes), np.nan)
    return Learnt({}, causes, np.array(kinds) if kinds else causes, nothing, nothing)


def sure(said, names=("blur", "junk", "mislabelled", UNEXPLAINED)):
    votes = np.array([[float(name == one) for name in names] for one in said])
    return Verdicts(names, votes, votes, np.full(4, 0.6))


def test_power_is_of_the_own_plants_and_false_credit_of_what_has_no_transform():
    planted = learnt(
        ["blur"] * 4 + ["mislabelled"] * 3 + ["junk"] * 2 + [UNEXPLAINED] * 2,
        ["blur"] * 4 + ["mislabelled"] * 3 + ["junk"] * 2 + ["untouched", "distorted"],
    )
    said = ["blur"] * 3 + ["junk"] + ["blur", "mislabelled", "junk"] + ["junk"] * 2 + ["blur"] * 2
    found = {one.cause: one for one in cause_tests(planted, sure(said), ["blur", "junk"])}
    blur, junk = found["blur"], found["junk"]
    assert (blur.power.value, blur.power.of) == (3 / 4, 4)
    # one flipped label and the untouched one were called blurred, of 3 + 2 + 1 without a cause
    assert (blur.false_credit.value, blur.false_credit.of) == (2 / 6, 6)
    # its own plants are not counted against it, and one flipped label of 3 + 1 was
    assert (junk.power.value, junk.false_credit.value, junk.false_credit.of) == (1, 1 / 4, 4)


@pytest.mark.parametrize(
    ("found", "of", "credited", "among", "why"),
    [
        (0, 0, 0, 900, "the model bears it: no plant of it made the model wrong"),
        (19, 19, 0, 900, "only 19 plants of it could be made"),
        (55, 100, 0, 900, "only 55% of 100 plants were found (at least 45%)"),
        (
            90,
            100,
            45,
            900,
            "it was named for 5% of 900 flipped labels, junk and untouched examples",
        ),
        (90, 100, 0, 72, "only 72 flipped labels, junk and untouched examples could test"),
        (90, 100, 0, 73, ""),
        (20, 20, 0, 200, ""),
    ],
)
def test_a_cause_is_named_only_with_power_and_without_false_credit(found, of, credited, among, why):
    test = cause_test("blur", np.arange(of) < found, np.arange(among) < credited)
    assert test.given == (not why)
    assert test.why_not.startswith(why)


def test_accuracy_counts_answers_and_coverage_counts_plants():
    planted = learnt(["blur", "blur", "junk", "junk", "mislabelled"])
    said = ["blur", "junk", "junk", UNEXPLAINED, "blur"]
    right, answered = accuracy(planted, sure(said), ["blur", "junk"])
    assert (right.value, right.of) == (2 / 4, 4)
    assert (answered.value, answered.of) == (4 / 5, 5)


def test_calibration_is_the_distance_of_stated_and_true_shares():
    planted = learnt(["blur"] * 3 + ["junk"])
    votes = np.array([[0.9, 0.1]] * 4)
    error, (only,) = calibration(planted, Verdicts(("blur", "junk"), votes, votes, np.full(2, 0.6)))
    assert (only.count, only.right) == (4, 0.75)
    assert error == pytest.approx(0.15)


def test_calibration_of_nothing_is_nothing():
    verdicts = Verdicts(("a",), np.empty((0, 1)), np.empty((0, 1)), np.full(1, 0.6))
    assert calibration(learnt([]), verdicts) == (0.0, ())
