"""Groups of findings: hand-worked examples, chance alone, and the sentences about them."""

import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import betabinom, binomtest, false_discovery_control

from hardex.diagnosis.causes import CAUSES, UNEXPLAINED
from hardex.diagnosis.group_words import class_in_words, clause
from hardex.diagnosis.groups import ALPHA, group_tests, label_errors, tails
from hardex.runs.findings import Finding

JUDGED = tuple(cause for cause in CAUSES if cause != UNEXPLAINED)
DIGITS = tuple("0123456789")
NONE = np.empty(0)


def finding(cause, given="2", predicted="7", **more):
    return Finding(
        id="x", cause=cause, confidence=0.9, given_label=given, predicted_label=predicted, **more
    )


def mislabelled(given, suggested):
    return finding("mislabelled", given, suggested, suggested_label=suggested)


# Group tests


def test_the_group_of_the_brief_example_is_found_and_put_into_words():
    turned = [finding("rotation", amount=-float(turn)) for turn in np.linspace(15, 65, 31)]
    found = group_tests(
        [*turned, *[finding(UNEXPLAINED)] * 89, *[finding(UNEXPLAINED, "3")] * 200],
        {"rotation": 1 / 60, "blur": 1 / 60},
        DIGITS,
    )
    assert [(one.cause, one.given_label, one.count, one.of) for one in found] == [
        ("rotation", "2", 31, 120),
        ("rotation", "", 31, 320),
    ]
    assert found[0].sentence == (
        "31 of 120 wrong 2s look rotated by 20° to 60° clockwise (2 expected by chance)."
    )
    assert found[0].amount_low == pytest.approx(-60)
    assert found[0].amount_high == pytest.approx(-20)
    assert found[1].sentence.startswith("31 of 320 wrong examples look rotated ")


def test_p_is_that_of_the_exact_binomial_test_and_every_test_counts_in_the_correction():
    found = [finding("blur", "0")] * 4 + [finding(UNEXPLAINED, "0")] * 6
    found += [finding("noise", "1")] + [finding(UNEXPLAINED, "1")] * 19
    rates = {"blur": 0.05, "noise": 0.1, "flip": 0.02}
    tests = group_tests(found, rates, ["0", "1", "7"])
    p = {
        (cause, name): binomtest(count, of, rates[cause], alternative="greater").pvalue
        for cause, name, count, of in (
            *(("blur", "0", 4, 10), ("blur", "1", 0, 20), ("blur", "", 4, 30)),
            *(("noise", "0", 0, 10), ("noise", "1", 1, 20), ("noise", "", 1, 30)),
            *(("flip", "0", 0, 10), ("flip", "1", 0, 20), ("flip", "", 0, 30)),
        )
    }
    adjusted = dict(zip(p, false_discovery_control(list(p.values())), strict=True))
    assert [(one.cause, one.given_label) for one in tests] == [("blur", "0")]
    assert tests[0].p == pytest.approx(p["blur", "0"])
    assert tests[0].p_adjusted == pytest.approx(adjusted["blur", "0"])
    assert tests[0].expected == pytest.approx(0.5)
    assert tests[0].amount_low is None is tests[0].amount_high


def test_only_errors_count():
    right = [finding("rotation", "2", "2", amount=30.0)] * 40
    assert group_tests(right, {"rotation": 0.01}, DIGITS) == ()
    (first, *_) = group_tests([*right, *[finding("rotation")] * 9], {"rotation": 0.01}, DIGITS)
    assert (first.count, first.of) == (9, 9)


def test_examples_without_a_class_name_count_among_all():
    nameless = [finding("rotation", "")] * 3
    (found,) = group_tests(nameless, {"rotation": 0.01}, DIGITS)
    assert (found.given_label, found.count, found.of) == ("", 3, 3)


def test_unexplained_and_causes_without_a_rate_are_not_tested():
    found = [finding(UNEXPLAINED)] * 50 + [finding("torn paper")] * 50
    assert group_tests(found, {UNEXPLAINED: 0.01, "blur": 0.01}, DIGITS) == ()
    named = {one.cause for one in group_tests(found, {"torn paper": 0.01}, DIGITS)}
    assert named == {"torn paper"}
    assert group_tests([], {"blur": 0.01}, DIGITS) == ()


@pytest.mark.parametrize("rate", [0.0, -0.1, 1.1, float("nan")])
def test_a_rate_that_is_none_is_refused(rate):
    with pytest.raises(ValueError, match=r"above 0 and at most 1; that of blur is"):
        group_tests([finding("blur")], {"noise": 0.1, "blur": rate}, DIGITS)


@given(
    n=st.integers(1, 300),
    share=st.floats(0, 1),
    hits=st.integers(0, 40),
    more=st.integers(0, 400),
)
@settings(max_examples=60)
def test_a_measured_rate_gives_the_tail_of_the_beta_binomial(n, share, hits, more):
    count, measured = round(share * n), hits + more
    rate = (hits + 1) / (measured + 2)
    found = tails(np.array([[count]]), np.array([n]), np.array([rate]), np.array([measured]))
    expected = betabinom.sf(count - 1, n, hits + 1, more + 1)
    assert found.item() == pytest.approx(expected, rel=1e-6, abs=1e-9)


def test_a_rate_measured_on_very_many_examples_is_as_good_as_exact():
    counts, of, rates = np.array([[3, 0, 9]]), np.array([20, 5, 40]), np.array([0.05])
    measured = tails(counts, of, rates, np.array([10**8]))
    np.testing.assert_allclose(measured, tails(counts, of, rates), rtol=1e-3)


def null_findings(rng, rates, errors):
    """Errors whose causes are nothing but false credit."""
    pool = np.array(
        [[finding(cause, name, "x") for name in DIGITS] for cause in (*JUDGED, UNEXPLAINED)]
    )
    shares = np.array([*rates.values(), 1 - sum(rates.values())])
    causes = rng.choice(len(shares), errors, p=shares)
    return pool[causes, rng.integers(0, len(DIGITS), errors)].tolist()


@pytest.mark.parametrize("errors", [80, 400])
def test_chance_alone_seldom_raises_an_alarm(errors):
    """Though the rate is only known from a self-test of 300 examples."""
    rng = np.random.default_rng(errors)
    true = dict.fromkeys(JUDGED, 0.02)
    alarms = 0
    for _ in range(100):
        rates = {cause: (rng.binomial(300, rate) + 1) / 302 for cause, rate in true.items()}
        found = null_findings(rng, true, errors)
        alarms += bool(group_tests(found, rates, DIGITS, dict.fromkeys(true, 300)))
    assert alarms <= 5


def test_a_planted_group_is_found():
    rng = np.random.default_rng(0)
    true = dict.fromkeys(JUDGED, 0.02)
    hits = 0
    for _ in range(30):
        found = null_findings(rng, true, 200)
        found += [finding("shear", "4", "9", amount=0.4)] * 8  # of about 28 wrong 4s
        tests = group_tests(found, dict.fromkeys(true, 0.02), DIGITS, dict.fromkeys(true, 300))
        hits += ("shear", "4") in {(one.cause, one.given_label) for one in tests}
    assert hits >= 27


def test_a_thousand_classes_take_no_time():
    rng = np.random.default_rng(0)
    names = [f"class {i}" for i in range(1000)]
    found = [
        finding(JUDGED[i], names[j], "x", amount=1.0)
        for i, j in zip(rng.integers(0, 16, 4000), rng.integers(0, 1000, 4000), strict=True)
    ]
    begin = time.perf_counter()
    assert group_tests(found, dict.fromkeys(JUDGED, 0.01), names, dict.fromkeys(JUDGED, 300))
    assert time.perf_counter() - begin < 5


@given(st.lists(st.tuples(st.sampled_from(CAUSES), st.sampled_from("0123")), max_size=60))
@settings(max_examples=40)
def test_what_is_named_is_sure_sorted_and_counted_right(drawn):
    found = [finding(cause, given, amount=1.5) for cause, given in drawn]
    tests = group_tests(found, dict.fromkeys(JUDGED, 0.02), DIGITS)
    counts = Counter(drawn) + Counter((cause, "") for cause, _ in drawn)
    for one in tests:
        assert one.count == counts[one.cause, one.given_label]
        assert one.p <= one.p_adjusted < ALPHA
    assert [one.p_adjusted for one in tests] == sorted(one.p_adjusted for one in tests)


# Words


@pytest.mark.parametrize(
    ("cause", "amounts", "words"),
    [
        ("rotation", [20, 60], "look rotated by 24° to 56° counter-clockwise"),
        ("rotation", [-60, -20, 20, 60], "look rotated by 20° to 60° either way"),
        ("rotation", [], "look rotated"),
        ("scale", [0.5, 0.5], "look shrunk to 0.5 times their size"),
        ("scale", [0.5, 2.0], "look shrunk or enlarged to 0.65 to 1.9 times their size"),
        ("shear", [0.4, 0.4], "look slanted by 0.4 to the right"),
        ("contrast", [0.3, 0.3], "seem to have 0.3 times the usual contrast"),
        ("inversion", [], "look inverted"),
        ("blur", [2, 2], "look blurred by 2 px"),
        ("noise", [0.2, 0.2], "look noisy, by 0.2 of the levels"),
        ("stroke", [-1, -1], "look drawn thinner by 1 px"),
        ("stroke", [-1, 1], "look drawn thinner or thicker by 1 px"),
        ("flip", [], "look mirrored"),
        ("mislabelled", [], "look mislabelled"),
        ("duplicate", [], "are copies of other images"),
        ("torn paper", [], 'have the cause "torn paper"'),
    ],
)
def test_every_kind_of_amount_in_words(cause, amounts, words):
    assert clause(cause, np.array(amounts, float), NONE, one=False) == words


@pytest.mark.parametrize("cause", [*CAUSES, "torn paper"])
@pytest.mark.parametrize("amounts", [[], [1.0], [-3.0, 4.0]])
def test_every_cause_has_a_clause_in_both_numbers(cause, amounts):
    one, several = (clause(cause, np.array(amounts), NONE, one=it) for it in (True, False))
    assert one != several
    assert one.split()[0] in ("looks", "seems", "is", "has")
    assert several.split()[0] in ("look", "seem", "are", "have")
    assert "nan" not in one + several and "inf" not in one + several


@pytest.mark.parametrize(
    ("right", "down", "words"),
    [
        ([4, 4], [0, 0], "look shifted by 4 px to the right"),
        ([-3, -3], [3, 3], "look shifted by 4.2 px to the left and down"),
        ([0, 0], [-5, -5], "look shifted by 5 px up"),
        ([5, -5], [0, 0], "look shifted by 5 px in several directions"),
        ([0, 0], [0, 0], "look shifted by less than a pixel"),
    ],
)
def test_shifts_in_words(right, down, words):
    assert clause("shift", np.array(right, float), np.array(down, float), one=False) == words


@pytest.mark.parametrize(
    ("contrast", "added", "words"),
    [
        ([0.3, 0.5], [0, 0], "seem to have 0.32 to 0.48 times the usual contrast"),
        ([1, 1], [0.3, 0.3], "look brighter by 0.3 of the levels"),
        ([1, 1], [-0.3, -0.2], "look darker by 0.21 to 0.29 of the levels"),
        ([1, 1], [-0.3, 0.3], "look darker or brighter by 0.3 of the levels"),
        ([0.5, 1], [0, 0.3], "seem to have another contrast or brightness"),
    ],
)
def test_contrast_and_brightness_in_words(contrast, added, words):
    assert clause("contrast", np.array(contrast), np.array(added), one=False) == words


def test_class_names_of_every_kind():
    assert class_in_words("10") == "10"
    assert class_in_words("truck\n\x1b[31m") == '"truck\\n\\x1b[31m"'
    assert len(class_in_words("long " * 100)) == 62
    assert class_in_words("1234") == '"1234"' and class_in_words("²") == '"²"'


def test_one_example_is_one():
    rates = {"flip": 1e-6}
    tests = group_tests([finding("flip", "truck", "car")], rates, ["truck", "car"])
    assert {one.sentence.split(" (")[0] for one in tests} == {
        "The only wrong example looks mirrored",
        'The only wrong example of "truck" looks mirrored',
    }
    assert tests[0].sentence.endswith(" (fewer than 0.1 expected by chance).")
    found = [finding("flip", "truck", "car"), finding(UNEXPLAINED, "truck", "car")]
    assert {one.sentence.split(" (")[0] for one in group_tests(found, rates, ["truck", "car"])} == {
        "1 of 2 wrong examples looks mirrored",
        '1 of 2 wrong examples of "truck" looks mirrored',
    }


# Label errors


def test_without_mislabelled_examples_there_is_no_answer():
    assert label_errors([], None) is None
    assert label_errors([finding("blur")] * 9, np.zeros((9, 2))) is None


@pytest.mark.parametrize(
    ("count", "sentence"),
    [
        (1, "1 example looks mislabelled."),
        (4, "4 examples look mislabelled, too few to say whether they are of one kind."),
    ],
)
def test_a_few_are_too_few(count, sentence):
    found = label_errors([mislabelled("4", "9")] * count, None)
    assert (found.pattern, found.pair, found.pair_count) == ("too_few", ("4", "9"), count)
    assert found.sentence == sentence


@pytest.mark.parametrize("others", [0, 40])
def test_one_pair_is_found_whether_or_not_there_are_other_errors(others):
    rest = [finding("rare", DIGITS[i % 10], DIGITS[(i + 1 + i // 10) % 10]) for i in range(others)]
    found = label_errors([mislabelled("4", "9")] * 14 + [mislabelled("1", "7")] + rest, None)
    assert (found.pattern, found.pair, found.pair_count) == ("one_pair", ("4", "9"), 14)
    assert found.p < 0.01
    assert found.sentence.startswith(
        "15 examples look mislabelled: 14 of them are labelled 4 and look like 9 ("
    )


def test_what_the_model_confuses_anyway_is_no_pattern():
    confused = [finding("ambiguous", "4", "9")] * 30 + [finding("rare", "1", "7")] * 10
    labels = [mislabelled("4", "9")] * 15 + [mislabelled("1", "7")] * 5
    assert label_errors(labels + confused, None).pattern == "spread"
    unconfused = [finding("rare", "1", "7")] * 30 + [finding("rare", "4", "9")] * 3
    assert label_errors(labels + unconfused, None).pattern == "one_pair"


def test_one_pair_that_chance_may_explain_is_not_called_spread():
    rest = [finding("rare", "4", "9")] * 40
    found = label_errors([mislabelled("4", "9")] * 6 + rest, None)
    assert found.sentence == (
        "6 examples look mislabelled, all of them labelled 4 and looking like 9; this may be "
        "chance."
    )


def test_two_classes_mixed_up_both_ways_are_no_pattern_though_the_model_errs_one_way():
    labels = [mislabelled("a", "b")] * 21 + [mislabelled("b", "a")] * 19
    one_way = [finding("rare", "b", "a")] * 60
    assert label_errors(labels + one_way, None).pattern == "spread"


def test_labels_that_are_wrong_at_random_are_spread():
    rng = np.random.default_rng(0)
    patterns: Counter[str] = Counter()
    for _ in range(60):
        pairs = [rng.permutation(10)[:2].astype(str).tolist() for _ in range(70)]
        found = [mislabelled(*pair) for pair in pairs[:30]]
        found += [finding("rare", *pair) for pair in pairs[30:]]
        patterns[label_errors(found, None).pattern] += 1
    assert patterns["spread"] >= 57
    last = label_errors(found, None)
    assert last.sentence == (
        f"30 examples look mislabelled; they are spread over {len({*map(tuple, pairs[:30])})} "
        "pairs of classes."
    )


def blobs(found, rng, dimensions=16):
    """Vectors: mislabelled examples in the middle of the class they look like, others between."""
    centres = np.random.default_rng(5).normal(size=(10, dimensions)) * 3
    at = [
        centres[int(one.predicted_label)]
        if one.cause == "mislabelled"
        else centres[[int(one.given_label), int(one.predicted_label)]].mean(axis=0)
        for one in found
    ]
    return np.array(at) + rng.normal(size=(len(found), dimensions))


def test_close_together_is_one_cluster_but_the_middle_of_ones_class_is_not():
    rng = np.random.default_rng(0)
    alarms = hits = 0
    for _ in range(8):
        pairs = [rng.permutation(6)[:2].astype(str).tolist() for _ in range(80)]
        found = [mislabelled(*pair) for pair in pairs[:20]]
        found += [finding("rare", *pair) for pair in pairs[20:]]
        vectors = blobs(found, rng)
        alarms += label_errors(found, vectors).pattern == "one_cluster"
        vectors[:20] = vectors[0] + rng.normal(size=(20, 16))
        answer = label_errors(found, vectors)
        hits += answer.pattern == "one_cluster"
    assert answer == label_errors(found, vectors)
    assert alarms == 0 and hits >= 7
    assert answer.sentence.startswith("20 examples look mislabelled, and they are alike: the ")


def test_vectors_without_any_difference_are_no_cluster():
    pairs = [(DIGITS[i % 10], DIGITS[(i * 3 + 1) % 10]) for i in range(30)]
    found = [
        mislabelled(*pair) if i < 15 else finding("rare", *pair) for i, pair in enumerate(pairs)
    ]
    assert label_errors(found, np.zeros((30, 3))).pattern == "spread"
