import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import balanced_accuracy_score, precision_recall_fscore_support

from hardex.error_analysis.classes import class_errors, imbalance, over_predicted
from hardex.error_analysis.wording import imbalance_sentences, over_predicted_sentence

matrices = arrays(np.int64, (4, 4), elements=st.integers(0, 5))
NAMES = ("a", "b", "c", "d")


def answers(counts):
    """(n,) given and predicted classes with this confusion matrix."""
    given_class, predicted = np.indices(counts.shape).reshape(2, -1)
    return np.repeat(given_class, counts.ravel()), np.repeat(predicted, counts.ravel())


@given(matrices)
def test_precision_recall_and_f1_are_those_of_scikit_learn(counts):
    truth, predicted = answers(counts)
    if not len(truth):
        return
    expected = precision_recall_fscore_support(truth, predicted, labels=range(4), zero_division=0)
    for one, *values in zip(class_errors(counts, NAMES), *expected, strict=True):
        found = one.as_dict()
        shares = [found[name]["value"] or 0 for name in ("precision", "recall", "f1")]
        assert [*shares, found["support"]] == pytest.approx(values)
        for name in ("precision", "recall", "f1", "given_share", "predicted_share"):
            interval = found[name]
            if interval["value"] is not None:
                assert 0 <= interval["low"] <= interval["value"] + 1e-12
                assert interval["value"] <= interval["high"] + 1e-12 <= 1 + 1e-9


@given(matrices)
def test_balanced_accuracy_is_that_of_scikit_learn(counts):
    truth, predicted = answers(counts)
    if not len(truth):
        return
    found = imbalance(counts, NAMES)
    present = np.isin(predicted, truth)  # of others scikit-learn warns
    if present.all() and len(set(truth)) > 1:
        expected = balanced_accuracy_score(truth, predicted)
        assert found.balanced["value"] == pytest.approx(expected)
    assert found.hidden["value"] == pytest.approx(found.accuracy["value"] - found.balanced["value"])
    assert found.baseline["value"] == counts.sum(axis=1).max() / counts.sum()


def test_a_class_that_swallows_others_is_named():
    counts = np.array([[300, 0, 10], [40, 33, 60], [6, 0, 284]])
    found = over_predicted(counts, class_errors(counts, ("0", "1", "2")))
    assert over_predicted_sentence(found) == (
        "700 of 733 examples are predicted as 2 or 0, which hold 81.9 % of the data: more than "
        "chance explains (p < 0.0001)."
    )


def test_chance_is_not_called_a_preference():
    counts = np.array([[30, 4], [1, 30]])
    assert over_predicted(counts, class_errors(counts, ("0", "1"))) is None
    assert over_predicted_sentence(None) == ""


def test_many_classes_are_counted_and_not_all_named():
    counts = np.zeros((8, 8), np.int64)
    counts[7, :6], counts[7, 7] = 100, 10
    found = over_predicted(counts, class_errors(counts, tuple("abcdefgh")))
    assert len(found.names) == 6
    assert "predicted as a, b, c, d or one of 2 more, which hold" in over_predicted_sentence(found)


def test_what_imbalance_hides_is_said():
    said = list(imbalance_sentences(imbalance(np.array([[900, 0], [80, 20]]), ("fine", "ill"))))
    assert said[0].startswith("Accuracy 92.00 % [")
    assert said[0].endswith("always answering fine would be right for 90.0 %.")
    assert said[1].startswith("Rare classes fare worse: accuracy hides 32.00 points [")
    assert "because fine has 9.0 times as many examples as ill" in said[1]
    worse = list(imbalance_sentences(imbalance(np.array([[10, 890], [0, 100]]), ("fine", "ill"))))
    assert worse[-1] == "The model is worse than always answering the largest class."
