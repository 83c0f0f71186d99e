"""Findings of many examples -> what they have in common, tested against chance.

One finding may be wrong; what many examples of a class share is stronger evidence. Both tests here
ask whether chance explains a group, and both answer with a sentence.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardex.diagnosis.causes import MISLABELLED, UNEXPLAINED
from hardex.diagnosis.group_words import (
    class_in_words,
    expected_in_words,
    group_in_words,
    middle,
    mislabelled_in_words,
)
from hardex.diagnosis.overall import GroupTest, LabelErrors
from hardex.diagnosis.selftest import CauseTest, SelfTest, Share
from hardex.runs.findings import Finding
from hardex.sentences import counted

ALPHA = 0.05  # share of false groups among those named, and probability of a false label pattern
AT_LEAST = 5  # mislabelled examples before a pattern is looked for
LEAST_SHARE = 0.2  # of the mislabelled examples, in one pair of classes
CLOSER = 0.7  # distance to the nearest other one, over that of random picks
_ADDED = 10  # errors that are added to those of the model
_PICKS = 999
_MOST_COMPARED = 400  # mislabelled examples whose distances are compared
_MOST_OTHERS = 800  # other wrong examples that random picks may contain


def group_tests(
    findings: Sequence[Finding],
    null_rates: Mapping[str, float],
    class_names: Sequence[str],
    measured_on: Mapping[str, int] | None = None,
) -> tuple[GroupTest, ...]:
    """The causes that are named more often among the errors of a class than chance explains.

    Every cause of `null_rates` but `unexplained` is tested for every class and for all classes
    together, where any wrong example (given class other than the predicted one) was diagnosed.
    The question: could so many of these examples have been found to have this cause if only the
    false credit of the self-test were at work? The correction counts every test, also those of
    causes that were not found.

    A rate is known only as well as the self-test measured it. Taken as exact, it raises false
    alarms as soon as the errors are not far fewer than the examples of the self-test: with 16
    causes of 2 %, 300 examples in the self-test and 400 errors, in 15 % of data sets. With
    `measured_on`, the rate is therefore drawn from what the self-test leaves possible, Beta(hits
    + 1, misses + 1), whose mean is (hits + 1) / (of + 2); the test is then Fisher's exact one with
    one false credit added, and the same alarms remain below 5 %.

    Args:
        findings: of all diagnosed examples; those that the model has right are left out.
        null_rates: for each judged cause the share of examples without it that are credited with
            it, as (hits + 1) / (of + 2), above 0 and at most 1. Causes that are not in it are not
            tested.
        class_names: all classes, in their order.
        measured_on: for each cause, of how many examples its rate is; without it, rates are taken
            as exact.

    Returns:
        Those with an adjusted p below 0.05, the surest first.

    Raises:
        ValueError: a rate is not above 0 and at most 1.

    Source:
        Fisher, Statistical Methods for Research Workers (1934); Benjamini and Hochberg,
        Controlling the False Discovery Rate (1995).

    Example:
        >>> wrong = dict(given_label="2", predicted_label="7", confidence=0.9)
        >>> found = [Finding(id=str(i), cause="rotation", amount=-30.0, **wrong) for i in range(9)]
        >>> (all_classes, twos) = group_tests(found, {"rotation": 0.01}, ["2", "7"])
        >>> twos.sentence
        '9 of 9 wrong 2s look rotated by 30° clockwise (0.1 expected by chance).'
    """
    causes = [cause for cause in null_rates if cause != UNEXPLAINED]
    rates = np.array([null_rates[cause] for cause in causes], np.float64)
    off = ~((rates > 0) & (rates <= 1))
    if off.any():
        worst = int(off.argmax())
        raise ValueError(
            f"a null rate must be above 0 and at most 1; that of {causes[worst]} is "
            f"{rates[worst]}; pass (hits + 1) / (of + 2)"
        )
    wrong = [one for one in findings if one.given_label != one.predicted_label]
    if not wrong or not causes:
        return ()
    names = dict.fromkeys([*class_names, *(one.given_label for one in wrong)])
    classes = ["", *(name for name in names if name)]
    measured = None
    if measured_on is not None:
        measured = np.array([measured_on[cause] for cause in causes], np.int64)
    counts, of = _counts(wrong, causes, classes)
    p = tails(counts, of, rates, measured)
    return _sure_ones(wrong, causes, classes, counts, of, rates, p)


def false_credits(selftest: SelfTest) -> tuple[dict[str, float], dict[str, int]]:
    """What `group_tests` compares with: the rates, and of how many examples each is.

    Causes that findings may not name are left out: they would only count in the correction.

    Example:
        >>> from hardex.diagnosis.selftest import CauseTest, share_of
        >>> blur = CauseTest("blur", 300, share_of(240, 300), share_of(2, 298), given=True)
        >>> none = share_of(0, 0)
        >>> false_credits(SelfTest("", "", "", "", "", 0, 0, (blur,), none, none, 0.6, 0.0, ()))
        ({'blur': 0.01}, {'blur': 298})
    """
    tests = [test for test in selftest.causes if test.given and test.cause != UNEXPLAINED]
    worst = {test.cause: _worst(test) for test in tests}
    rates = {cause: (round(it.value * it.of) + 1) / (it.of + 2) for cause, it in worst.items()}
    return rates, {cause: it.of for cause, it in worst.items()}


def _worst(test: CauseTest) -> Share:
    """Where the cause is named most often without being there: what chance gives at most."""
    return max(test.false_credit, test.by_chance, key=lambda it: (it.value, it.of))


def tails(
    counts: NDArray[np.int64],
    of: NDArray[np.int64],
    rates: NDArray[np.float64],
    measured_on: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """How likely at least so many are found by chance.

    Args:
        counts: (causes, classes) how many were found.
        of: (classes,) among how many.
        rates: (causes,) expected share.
        measured_on: (causes,) of how many examples the rates are; None for exact rates.

    Returns:
        (causes, classes) in [0, 1]; 1 where nothing was found.

    Example:
        >>> tails(np.array([[2, 0]]), np.array([2, 5]), np.array([0.1])).round(3)
        array([[0.01, 1.  ]])
        >>> tails(np.array([[2]]), np.array([2]), np.array([0.1]), np.array([8])).round(3)
        array([[0.018]])
    """
    from scipy.special import bdtrc
    from scipy.stats import hypergeom

    found = counts > 0
    p = np.ones(counts.shape)
    row, column = np.nonzero(found)
    k, n = counts[found], of[column]
    if measured_on is None:
        p[found] = bdtrc(k - 1.0, n, rates[row])
    else:
        # Beta(hits + 1, misses + 1) is the (hits + 1)th smallest of measured_on + 1 uniform
        # numbers. At least k of n lie below it if the k + hits smallest of all contain k.
        measured = measured_on[row]
        hits = np.maximum(np.rint(rates[row] * (measured + 2) - 1), 0).astype(np.int64)
        p[found] = hypergeom.sf(k - 1, n + measured + 1, n, k + hits)
    return np.clip(p, 0.0, 1.0)


def _counts(
    wrong: Sequence[Finding], causes: Sequence[str], classes: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(causes, classes) findings, and (classes,) wrong examples; the first class is all of them."""
    row = {cause: place for place, cause in enumerate(causes)}
    column = {name: place for place, name in enumerate(classes)}
    cells = Counter((row[one.cause], column[one.given_label]) for one in wrong if one.cause in row)
    counts = np.zeros((len(causes), len(classes)), np.int64)
    for cell, count in cells.items():
        counts[cell] = count
    of = np.bincount([column[one.given_label] for one in wrong], minlength=len(classes))
    counts[:, 0], of[0] = counts.sum(axis=1), len(wrong)
    return counts, of.astype(np.int64)


def _sure_ones(
    wrong: Sequence[Finding],
    causes: Sequence[str],
    classes: Sequence[str],
    counts: NDArray[np.int64],
    of: NDArray[np.int64],
    rates: NDArray[np.float64],
    p: NDArray[np.float64],
) -> tuple[GroupTest, ...]:
    from scipy.stats import false_discovery_control

    tested = np.flatnonzero(of)
    adjusted = np.ones(p.shape)
    adjusted[:, tested] = false_discovery_control(p[:, tested].ravel()).reshape(-1, len(tested))
    sure = [
        (int(row), int(column)) for row, column in zip(*np.nonzero(adjusted < ALPHA), strict=True)
    ]
    sure.sort(key=lambda cell: (adjusted[cell], p[cell], -counts[cell]))
    groups: dict[tuple[str, str], list[Finding]] = {}
    for one in wrong:
        for name in {"", one.given_label}:
            groups.setdefault((one.cause, name), []).append(one)
    tests = []
    for row, column in sure:
        cause, name = causes[row], classes[column]
        amounts, amounts_y = _amounts(groups[cause, name])
        low, high = middle(amounts) if len(amounts) else (None, None)
        count, among = int(counts[row, column]), int(of[column])
        expected = among * float(rates[row])
        tests.append(
            GroupTest(
                cause=cause,
                given_label=name,
                count=count,
                of=among,
                expected=expected,
                p=float(p[row, column]),
                p_adjusted=float(adjusted[row, column]),
                amount_low=low,
                amount_high=high,
                sentence=group_in_words(cause, name, count, among, expected, amounts, amounts_y),
            )
        )
    return tuple(tests)


def _amounts(members: Sequence[Finding]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The finite amounts, and as many second ones."""
    amounts = np.array([np.nan if one.amount is None else one.amount for one in members])
    down = np.array([0.0 if one.amount_y is None else one.amount_y for one in members])
    known = np.isfinite(amounts)
    return amounts[known], np.nan_to_num(down[known])


@dataclass(frozen=True)
class _Pair:
    """The most frequent pair of given and suggested class."""

    names: tuple[str, ...]
    count: int
    expected: float
    p: float


def label_errors(
    findings: Sequence[Finding], vectors: NDArray[np.floating] | None, seed: int = 0
) -> LabelErrors | None:
    """Whether the mislabelled examples are spread or of one kind.

    *One pair.* Is the most frequent pair of given and suggested class more frequent than the
    model's own errors explain? Independent margins would be the wrong null: if all label errors
    are of one pair, its margins contain them all, and the test is blind where the pattern is
    strongest. The share among all wrong examples contains the mislabelled ones, with the same
    effect if they are most of them. So the pair is compared with the wrong examples that are *not*
    mislabelled, by Fisher's exact test: these show which classes the model takes for each other,
    as careless annotators do, too. Ten errors, equally many of each pair of the classes that
    occur but at least two of this pair, are added to them, so that a few others or none are not
    taken for certain knowledge. The p is multiplied by the number of pairs that occur often
    enough to have been found (Tarone 1990). The pair must also be more frequent than if all pairs
    were equally likely, or labels that are wrong at random would be a pattern wherever the model
    errs in one direction; and it must hold a fifth of the examples.

    *One cluster.* Otherwise, is the mean distance from each of them to the nearest other one that
    looks like another class smaller than for random picks of as many wrong examples (999
    permutations), and at most 0.7 of it? Those that look like the same class say nothing: a
    mislabelled example lies in the middle of the class that it looks like, other errors lie
    between the classes, so it would nearly always be near its like. With many examples, random
    ones of them stand for all.

    Both are asked at 2.5 %, or the first alone at 5 % without vectors.

    Source:
        Fisher, Statistical Methods for Research Workers (1934); Tarone, A Modified Bonferroni
        Method for Discrete Data (1990); Clark and Evans, Distance to Nearest Neighbor as a Measure
        of Spatial Relationships in Populations (1954), here by permutation.

    Args:
        findings: of all diagnosed examples.
        vectors: (n, d) embeddings of these examples in the same order; None without.
        seed: of the picks.

    Returns:
        None if no finding is `mislabelled`. `p` is that of the pattern, and of the pair without
        one; it includes the corrections.

    Example:
        >>> wrong = [
        ...     Finding(id=str(i), cause="mislabelled", confidence=0.9, given_label="4",
        ...             predicted_label="9", suggested_label="9")
        ...     for i in range(12)
        ... ]
        >>> label_errors(wrong, None).sentence
        '12 examples look mislabelled: 12 of them are labelled 4 and look like 9 (6 expected by \
chance).'
    """
    is_mislabelled = np.array([one.cause == MISLABELLED for one in findings], bool)
    count = int(is_mislabelled.sum())
    if not count:
        return None
    pair = _most_frequent_pair(findings)
    begin = mislabelled_in_words(count)
    if count < AT_LEAST:
        sentence = f"{begin}, too few to say whether they are of one kind."
        if count == 1:
            sentence = f"{begin}."
        return LabelErrors(count, "too_few", pair.names, pair.count, pair.p, sentence)
    questions = 1 if vectors is None else 2
    pair_p = min(1.0, questions * pair.p)
    if pair_p < ALPHA and pair.count >= LEAST_SHARE * count:
        given, suggested = map(class_in_words, pair.names)
        sentence = (
            f"{begin}: {pair.count:,} of them are labelled {given} and look like {suggested} "
            f"({expected_in_words(pair.expected)} expected by chance)."
        )
        return LabelErrors(count, "one_pair", pair.names, pair.count, pair_p, sentence)
    if vectors is not None:
        wrong = np.array([one.given_label != one.predicted_label for one in findings], bool)
        looks = [_pair_of(one)[1] for one in findings]
        nearer, p = closeness(vectors, is_mislabelled, wrong, looks, np.random.default_rng(seed))
        p = min(1.0, questions * p)
        if p < ALPHA and nearer <= CLOSER:
            sentence = (
                f"{begin}, and they are alike: the nearest one that looks like another class is "
                f"{nearer:.2g} times as far as among random errors; look for one source, such as a "
                "batch or an annotator."
            )
            return LabelErrors(count, "one_cluster", pair.names, pair.count, p, sentence)
    spread = len(_pairs(findings))
    sentence = f"{begin}; they are spread over {counted(spread, 'pair')} of classes."
    if spread == 1:
        given, suggested = map(class_in_words, pair.names)
        sentence = (
            f"{begin}, all of them labelled {given} and looking like {suggested}; this may be "
            "chance."
        )
    return LabelErrors(count, "spread", pair.names, pair.count, pair_p, sentence)


def _pair_of(one: Finding) -> tuple[str, str]:
    """Given and suggested class; without a suggestion, the predicted one."""
    return one.given_label, one.suggested_label or one.predicted_label


def _pairs(findings: Sequence[Finding]) -> Counter[tuple[str, str]]:
    found = (_pair_of(one) for one in findings if one.cause == MISLABELLED)
    return Counter(pair for pair in found if pair[0] != pair[1])


def _most_frequent_pair(findings: Sequence[Finding]) -> _Pair:
    """The most frequent pair, and how likely one is so frequent by chance."""
    from scipy.special import bdtrc
    from scipy.stats import hypergeom

    mislabelled = _pairs(findings)
    if not mislabelled:
        return _Pair((), 0, 0.0, 1.0)
    others = Counter(
        (one.given_label, one.predicted_label)
        for one in findings
        if one.cause != MISLABELLED and one.given_label != one.predicted_label
    )
    names = {name for pair in (*mislabelled, *others) for name in pair}
    pairs = len(names) * (len(names) - 1)
    added = max(2, round(_ADDED / pairs))  # of each pair
    most, count = min(mislabelled.items(), key=lambda it: (-it[1], it[0]))
    total, compared = mislabelled.total(), others.total() + _ADDED
    of_pair = others[most] + added
    could = sum(n + added >= count for n in (mislabelled + others).values())
    as_errors = could * float(hypergeom.sf(count - 1, total + compared, count + of_pair, total))
    as_any = pairs * float(bdtrc(count - 1.0, total, 1 / pairs))
    expected = total * max(of_pair / compared, 1 / pairs)
    return _Pair(most, count, expected, min(1.0, max(as_errors, as_any)))


def closeness(
    vectors: NDArray[np.floating],
    chosen: NDArray[np.bool_],
    wrong: NDArray[np.bool_],
    looks: Sequence[str],
    rng: np.random.Generator,
) -> tuple[float, float]:
    """How close together chosen examples of different classes are, compared with random wrong ones.

    Args:
        vectors: (n, d).
        chosen: (n,) whether each is one of them.
        wrong: (n,) of which random picks are made, together with the chosen ones.
        looks: (n,) the class that each looks like; only distances between different ones count.
        rng: makes the picks.

    Returns:
        The mean distance to the nearest other chosen one, over that of random picks of as many;
        and p, how often random picks are as close. (1, 1) if there is nothing to compare.

    Example:
        >>> line = np.array([[0.0], [0.1], [0.2], [5.0], [9.0], [14.0], [20.0], [27.0]])
        >>> chosen = np.arange(8) < 3
        >>> nearer, p = closeness(line, chosen, ~chosen, list("abcdefgh"), np.random.default_rng(0))
        >>> nearer < 0.05, p < 0.05
        (True, True)
    """
    inside = _some(np.flatnonzero(chosen), _MOST_COMPARED, rng)
    others = _some(np.flatnonzero(wrong & ~chosen), _MOST_OTHERS, rng)
    places = np.r_[inside, others]
    _, class_of = np.unique(np.asarray(looks)[places], return_inverse=True)
    distances = _distances(np.asarray(vectors[places], np.float64), class_of)
    size = len(inside)
    found = _mean_nearest(distances, np.arange(size))
    if not len(others) or not np.isfinite(found):
        return 1.0, 1.0
    picks = np.array(
        [_mean_nearest(distances, rng.permutation(len(places))[:size]) for _ in range(_PICKS)]
    )
    usual = float(np.median(picks))
    if not 0 < usual < np.inf:
        return 1.0, 1.0
    as_close = int((picks <= found * (1 + 1e-12)).sum())
    return found / usual, (1 + as_close) / (1 + _PICKS)


def _some(places: NDArray[np.intp], most: int, rng: np.random.Generator) -> NDArray[np.intp]:
    return places if len(places) <= most else np.sort(rng.choice(places, most, replace=False))


def _distances(vectors: NDArray[np.float64], class_of: NDArray[np.intp]) -> NDArray[np.float64]:
    """(m, m) Euclidean distances; infinite between examples of one class."""
    from scipy.spatial.distance import cdist

    distances = np.asarray(cdist(vectors, vectors), np.float64)
    distances[class_of[:, None] == class_of] = np.inf
    return distances


def _mean_nearest(distances: NDArray[np.float64], members: NDArray[np.intp]) -> float:
    """Mean over the members that have another one of another class; infinite without any."""
    if len(members) < 2:
        return float("inf")
    nearest = distances[np.ix_(members, members)].min(axis=1)
    finite = nearest[np.isfinite(nearest)]
    return float(finite.mean()) if len(finite) else float("inf")
