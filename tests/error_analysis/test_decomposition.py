from math import fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardex.error_analysis.decomposition import SETS, TERMS, Term, decomposition
from hardex.error_analysis.wording import decomposition_sentences, remedy, term_sentence
from hardex.predict.metrics import share

counts = st.tuples(st.integers(0, 50), st.integers(50, 90)).map(lambda one: share(*one))
known = st.dictionaries(st.sampled_from(SETS[:-1]), counts)


@given(known, counts)
def test_the_terms_add_up_and_every_term_is_somewhere(errors, test):
    found = decomposition({**errors, "test": test})
    assert fsum(one.value for one in found.terms) == pytest.approx(test["value"], abs=1e-12)
    assert sorted(name for one in found.terms for name in one.names) == sorted(TERMS)
    assert {*found.merged} | {one.name for one in found.terms} == set(TERMS)
    assert len(found.terms) == len(errors) + 1
    for one in found.terms:
        assert one.low <= one.value + 1e-12 and one.value <= one.high + 1e-12


def test_all_five_terms_by_hand():
    errors = dict(zip(SETS, [share(n, 1000) for n in (10, 30, 50, 90, 100)], strict=True))
    found = decomposition(errors)
    assert [one.name for one in found.terms] == list(TERMS)
    assert [round(one.value, 9) for one in found.terms] == [0.01, 0.02, 0.02, 0.04, 0.01]
    assert found.merged == {} and found.largest.name == "shift"
    assert list(decomposition_sentences(found))[-1].startswith(
        "The largest part beyond chance is shift: train"
    )


@pytest.mark.parametrize(
    ("given_sets", "terms", "merged"),
    [
        ((), ["bias"], {"floor": "bias", "variance": "bias", "shift": "bias",
                        "overfitting": "bias"}),
        (("train",), ["bias", "variance"],
         {"floor": "bias", "shift": "variance", "overfitting": "variance"}),
        (("floor", "validation"), ["floor", "bias", "shift"],
         {"variance": "bias", "overfitting": "shift"}),
        (("test_validation",), ["bias", "overfitting"],
         {"floor": "bias", "variance": "bias", "shift": "bias"}),
    ],
)  # fmt: skip
def test_what_is_not_given_is_merged_and_named(given_sets, terms, merged):
    errors = {name: share(5, 100) for name in (*given_sets, "test")}
    found = decomposition(errors)
    assert [one.name for one in found.terms] == terms and found.merged == merged


def test_below_zero_is_printed_and_explained():
    certain = Term("variance", (), -0.05, -0.08, -0.02)
    assert term_sentence(certain).startswith(
        "Variance: -5.00 points [-8.00, -2.00]; below 0: the validation set is easier"
    )
    none = decomposition({"train": share(0, 10), "test": share(0, 10)})
    assert none.largest is None
    assert "No part is above 0 beyond chance" in list(decomposition_sentences(none))[-1]


def test_merged_terms_say_what_would_tell_them_apart():
    all = decomposition({"test": share(5, 10)}).terms[0]
    assert remedy(all) == (
        "to tell them apart, add --floor and --train and --validation and --test-validation"
    )
    two = decomposition({"validation": share(5, 10), "test": share(5, 10)}).terms[1]
    assert remedy(two) == "to tell them apart, add --test-validation"
