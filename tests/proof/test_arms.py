import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from hardex.proof.answers import Answered
from hardex.proof.arms import difference_of_means, remedy_answer
from hardex.proof.figures import arms, counted_models
from hardex.proof.wording import remedy_sentence


def right(*counts, of=200):
    """(m, n): models that have the first so many right."""
    return np.arange(of) < np.array(counts)[:, None]


@pytest.mark.parametrize(
    ("remedied", "placebo", "answer"),
    [
        ((180, 182, 184), (150, 151, 152), "helps"),
        ((150, 151, 152), (180, 182, 184), "harms"),
        ((180, 150, 170), (160, 175, 165), "no_measurable_effect"),  # seeds differ as much
        ((153, 153, 154), (150, 150, 151), "no_measurable_effect"),  # seeds are sure: 3 examples
        ((190, 120, 185), (130, 110, 120), "no_measurable_effect"),  # examples are: not the seeds
        ((180, 182), (150, 151, 152), "not_answered"),
        ((180,), (), "not_answered"),
    ],
)
def test_the_remedy_is_told_from_the_seed(remedied, placebo, answer):
    some = right(*placebo) if placebo else np.empty((0, 200), bool)
    assert remedy_answer(right(*remedied), some, 0.05).answer == answer


def test_what_is_missing_is_said():
    found = remedy_answer(right(180), right(150, 151), 0.05)
    assert (found.missing_remedied, found.missing_placebo) == (2, 1)
    assert remedy_sentence(found) == (
        "Whether it is the remedy is not answered: another seed alone may change as much. It takes "
        "2 more models with the remedy and 1 more model without it, each trained with another seed."
    )


VALUES = st.lists(st.floats(0, 1), min_size=2, max_size=6)


@given(some=VALUES, others=VALUES, level=st.sampled_from([0.05, 0.01]))
def test_the_interval_over_seeds_is_that_of_welch(some, others, level):
    if min(np.var(some), np.var(others)) < 1e-6:
        return
    expected = ttest_ind(some, others, equal_var=False).confidence_interval(1 - level)
    found = difference_of_means(some, others, level)
    assert [found.low, found.high] == pytest.approx([expected.low, expected.high], abs=1e-8)


def test_models_that_do_not_differ_have_no_width():
    found = difference_of_means([0.5, 0.5], [0.25, 0.25])
    assert (found.value, found.low, found.high) == (0.25, 0.25, 0.25)


def answered(answers, confidence=0.5):
    positions, answers = np.arange(len(answers)), np.array(answers)
    return Answered(
        positions, np.zeros(len(answers), int), answers, np.full(len(answers), confidence)
    )


def test_a_model_that_is_there_twice_is_no_further_seed():
    one, other = answered([0, 0, 1]), answered([0, 1, 0])
    given = {"before": one, "after": other, "remedied 1": answered([0, 1, 0])}
    chosen, (note,) = counted_models(given)
    found = arms(given, chosen, 0.05)
    assert found.remedied == (2 / 3,) and "remedied 1 gives the same answers as the model" in note
    more = {**given, "remedied 1": answered([0, 1, 0], 0.6)}
    chosen, notes = counted_models(more)
    found = arms(more, chosen, 0.05)
    assert (found.remedied, notes) == ((2 / 3, 2 / 3), ())
    chosen, notes = counted_models({"before": one, "after": other, "placebo 1": one})
    assert chosen == ["after"] and "the model before" in notes[0]
