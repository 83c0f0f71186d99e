"""Votes, consensus, alpha and kappa: values from the literature, slow oracles, degenerate cases."""

from collections import Counter
from itertools import combinations, permutations
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

import hardex
from hardex import RunError
from hardex.runs.agreement import agreement_of, latest, read_gold
from hardex.runs.annotations import Annotation, AnnotationEvent
from hardex.runs.coefficients import NO_OVERLAP, NO_VARIETY, cohen_kappa, krippendorff_alpha


def said(who, id, answer, *, number=0, seconds=None):
    """A blind answer."""
    return AnnotationEvent(
        *(who, id, "right", "", "", seconds),
        **{"said": answer, "shown": "blind", "event_id": str(UUID(int=number))},
    )


def events_of(table):
    """`{annotator: answers}`, one letter for each example, `.` for none -> events."""
    return [
        said(who, f"{i:02}", answer, number=1000 * n + i + 1)
        for n, (who, answers) in enumerate(table.items())
        for i, answer in enumerate(answers)
        if answer != "."
    ]


def agree(table, **options):
    count = max(map(len, table.values()), default=0)
    return agreement_of(events_of(table), {f"{i:02}": "a" for i in range(count)}, **options)


# ------------------------------------------------------------------ Krippendorff's alpha

# Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), examples A, B and C.
BINARY = {"Jon": "0100000010", "Han": "1110010000"}
NOMINAL = {"Ben": "aabbdcccedda", "Gerry": "babbbccceddd"}
WITH_GAPS = (
    *("11.1", "2232", "3333", "3333", "2222", "1234"),
    *("4444", "1121", "2222", ".555", "..11", "..3."),
)


def test_alpha_of_the_examples_in_the_literature():
    def units(table):
        return ["".join(unit) for unit in zip(*table.values(), strict=True)]

    assert krippendorff_alpha(units(BINARY)) == pytest.approx(0.095, abs=0.0005)
    assert krippendorff_alpha(units(NOMINAL)) == pytest.approx(0.692, abs=0.0005)
    with_gaps = [unit.replace(".", "") for unit in WITH_GAPS]
    assert krippendorff_alpha(with_gaps) == pytest.approx(0.743, abs=0.0005)


def slow_alpha(units):
    """1 - observed / expected disagreement, over every ordered pair of values."""
    units = [unit for unit in units if len(unit) > 1]
    values = [value for unit in units for value in unit]
    observed = sum(
        (one != other) / (len(unit) - 1) for unit in units for one, other in permutations(unit, 2)
    ) / max(1, len(values))
    pairs = [one != other for one, other in permutations(values, 2)]
    expected = sum(pairs) / max(1, len(pairs))
    return None if expected == 0 else 1 - observed / expected


@given(st.lists(st.text("abc", max_size=5), max_size=8))
def test_alpha_is_what_comparing_every_pair_gives(units):
    expected = slow_alpha(units)
    found = krippendorff_alpha(units)
    assert found is expected is None or found == pytest.approx(expected, abs=1e-12)


def test_the_interval_of_alpha_holds_it_and_follows_from_the_seed():
    rng = np.random.default_rng(1)
    truth = rng.choice(list("abc"), 80)
    table = {
        who: "".join(np.where(rng.random(80) < 0.2, rng.choice(list("abc"), 80), truth))
        for who in ("anna", "ben", "cem")
    }
    one, again, other = (agree(table, seed=seed) for seed in (0, 0, 1))
    assert one.alpha_low < one.alpha < one.alpha_high < one.alpha_low + 0.4
    assert one == again and one.alpha_low != other.alpha_low and one.alpha == other.alpha


# ------------------------------------------------------------------ Cohen's kappa


def test_kappa_of_a_table_worked_by_hand():
    # Agreed 35 of 50; by chance 0.5 * 0.6 + 0.5 * 0.4 = 0.5, so (0.7 - 0.5) / (1 - 0.5).
    value, _ = cohen_kappa(np.array([[20.0, 5], [10, 15]]))
    assert value == pytest.approx(0.4)


@given(
    st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), min_size=3, max_size=3),
)
def test_kappa_and_its_error_are_those_of_slow_computations(cells):
    table = np.array(cells, dtype=float)
    if table.sum() == 0:
        return
    found = cohen_kappa(table)
    p = table / table.sum()
    by_chance = p.sum(axis=1) @ p.sum(axis=0)
    if found is None:
        assert by_chance == pytest.approx(1)
        return
    first, second = np.repeat(list(np.ndindex(3, 3)), table.astype(int).ravel(), axis=0).T
    assert found[0] == pytest.approx(cohen_kappa_score(first, second), abs=1e-9)
    # The delta method with slopes found by trying: var(kappa) = var(slope of a random cell) / n.
    slopes = np.array([slope_at(p, cell) for cell in np.ndindex(3, 3)]).reshape(3, 3)
    variance = ((p * slopes**2).sum() - (p * slopes).sum() ** 2) / table.sum()
    assert found[1] == pytest.approx(np.sqrt(max(0, variance)), rel=1e-3, abs=1e-4)


def slope_at(p, cell, step=1e-6):
    """How kappa changes with one cell, the others as they are (not scaled to one)."""

    def kappa(q):
        agreed, by_chance = q.trace(), q.sum(axis=1) @ q.sum(axis=0)
        return (agreed - by_chance) / (1 - by_chance)

    more, less = p.copy(), p.copy()
    more[cell] += step
    less[cell] -= step
    return (kappa(more) - kappa(less)) / (2 * step)


@given(st.lists(st.text("abc.", min_size=6, max_size=6), min_size=1, max_size=5))
def test_every_pair_with_a_common_example_has_its_kappa(rows):
    table = {f"p{i}": row for i, row in enumerate(rows)}
    found = {(pair.first, pair.second): pair for pair in agree(table).pairs}
    for first, second in combinations(table, 2):
        both = [
            (a, b) for a, b in zip(table[first], table[second], strict=True) if "." not in a + b
        ]
        if not both:
            assert (first, second) not in found
            continue
        pair = found.pop((first, second))
        assert (pair.examples, pair.agreed) == (len(both), sum(a == b for a, b in both))
        if len({*sum(both, ())}) == 1:
            assert pair.value is None
        else:
            assert pair.value == pytest.approx(cohen_kappa_score(*zip(*both, strict=True)))
            assert -1 <= pair.low <= pair.value <= pair.high <= 1
    assert not found


# ------------------------------------------------------------------ what counts as a vote


def test_the_last_word_counts_and_what_was_taken_back_does_not():
    one, two, three = (said("anna", "1", answer, number=n) for n, answer in enumerate("abc", 1))
    back = AnnotationEvent("anna", "1", "", undoes=three.event_id, event_id=str(UUID(int=9)))
    assert latest([one, two, three]) == [three]
    assert latest([one, two, three, back]) == [two]
    stranger = AnnotationEvent("ben", "1", "", undoes=two.event_id, event_id=str(UUID(int=8)))
    assert latest([one, two, three, back, stranger]) == [two]


def test_what_was_said_before_the_label_was_shown_can_be_counted_alone():
    blind = said("anna", "1", "b", number=1)
    changed = AnnotationEvent("anna", "1", "right", shown="label", event_id=str(UUID(int=2)))
    both = agreement_of([blind, changed], {"1": "a"})
    assert (both.consensus[0].answer, both.blind) == ("a", 0)
    alone = agreement_of([blind, changed], {"1": "a"}, blind=True)
    assert (alone.consensus[0].answer, alone.blind) == ("b", 1)


def test_verdicts_given_with_the_label_in_view_say_a_class_too():
    verdicts = [("right", ""), ("wrong", "b"), ("wrong", ""), ("bad_image", "")]
    events = [
        AnnotationEvent(f"p{n}", "1", verdict, new, event_id=str(UUID(int=n)))
        for n, (verdict, new) in enumerate(verdicts)
    ]
    found = agreement_of(events, {"1": "a"})
    assert dict(found.consensus[0].answers) == {"a": 1, "b": 1, "wrong": 1, "bad_image": 1}


def test_votes_on_examples_that_are_not_there_count_nowhere():
    found = agreement_of([said("anna", "1", "a"), said("ben", "gone", "a", number=1)], {"1": "a"})
    assert (found.votes, found.unknown, len(found.annotators)) == (1, 1, 1)


# ------------------------------------------------------------------ people and examples


def test_annotators_at_a_glance():
    events = [
        *(said("anna", str(i), "a", number=i + 1, seconds=s) for i, s in enumerate((1, 9, 2))),
        *(said("ben", str(i), answer, number=i + 9) for i, answer in enumerate("ab")),
        *(said("cem", str(i), answer, number=i + 19) for i, answer in enumerate("aab")),
    ]
    given_labels = dict.fromkeys("012", "a")
    found = agreement_of(events, given_labels, gold={"0": "a", "1": "b", "7": "a"})
    anna, ben, cem = found.annotators
    assert (anna.votes, anna.seconds, ben.seconds) == (3, 2, None)
    assert (anna.gold_votes, anna.gold["value"]) == (2, 0.5)
    assert (ben.gold["value"], cem.gold["value"]) == (1, 0.5)
    # Of 1, ben and cem say different things: anna has no majority to be held against there.
    assert (anna.others_votes, anna.others["value"]) == (2, 0.5)
    assert (ben.others_votes, ben.others["value"]) == (2, 0.5)
    assert anna.gold["low"] == pytest.approx(0.0945, abs=1e-4)  # Wilson, 1 of 2


def test_the_hardest_conflicts_come_first_and_a_tie_is_no_consensus():
    table = {"p": "aabcba", "q": "aabdb.", "r": "aacb.a", "s": "abcacb"}
    found = agree(table)
    shown = [(one.id, one.answer, one.votes) for one in found.conflicts]
    # 3: four say four things; 2: two and two; 4 and 5: two of three; 1: three of four.
    assert shown == [("03", "", 4), ("02", "", 4), ("04", "b", 3), ("05", "a", 3), ("01", "a", 4)]
    assert [(one.id, one.answer) for one in found.relabelled] == [("04", "b")]
    assert found.consensus[1].answers == (("a", 3), ("b", 1))
    assert found.consensus[1].share == 0.75


@given(st.lists(st.text("abc.", min_size=4, max_size=4), min_size=1, max_size=5))
def test_consensus_is_what_counting_says(rows):
    found = {one.id: one for one in agree({f"p{i}": r for i, r in enumerate(rows)}).consensus}
    for i, column in enumerate(zip(*rows, strict=True)):
        counts = Counter(answer for answer in column if answer != ".")
        if not counts:
            assert f"{i:02}" not in found
            continue
        one, best = found[f"{i:02}"], max(counts.values())
        leaders = [answer for answer, count in counts.items() if count == best]
        assert one.answer == (leaders[0] if len(leaders) == 1 else "")
        assert one.share == best / counts.total() and one.votes == counts.total()


@settings(max_examples=30)
@given(st.lists(st.text("ab.", min_size=5, max_size=5), min_size=2, max_size=4), st.randoms())
def test_the_order_of_the_events_of_different_people_changes_nothing(rows, random):
    events = events_of({f"p{i}": row for i, row in enumerate(rows)})
    given_labels = {f"{i:02}": "a" for i in range(5)}
    mixed = random.sample(events, len(events))
    one, other = agreement_of(events, given_labels), agreement_of(mixed, given_labels)
    assert one.consensus == other.consensus and one.pairs == other.pairs
    assert one.annotators == other.annotators
    assert one.alpha == pytest.approx(other.alpha) or one.alpha is other.alpha is None


# ------------------------------------------------------------------ too little to say anything


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({}, NO_OVERLAP),
        ({"anna": "abab"}, NO_OVERLAP),
        ({"anna": "ab..", "ben": "..ab"}, NO_OVERLAP),
        ({"anna": "aaa", "ben": "aaa"}, NO_VARIETY),
        ({"anna": "a", "ben": "a"}, NO_VARIETY),
    ],
)
def test_where_alpha_is_not_defined_a_sentence_says_why(table, why):
    found = agree(table)
    assert (found.alpha, found.alpha_low, found.why) == (None, None, why)
    assert all(pair.value is pair.low is None for pair in found.pairs)


def test_one_example_has_an_alpha_but_no_interval():
    found = agree({"anna": "a", "ben": "b"})
    assert (found.alpha, found.alpha_low, found.why) == (0, None, "")


# ------------------------------------------------------------------ runs and gold files


@pytest.fixture
def run(tmp_path):
    rows = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])
    return hardex.rank(
        **{"probabilities": rows, "labels": np.array([0, 1, 1]), "out": tmp_path / "run"},
        class_names=["cat", "dog"],
    )


def test_a_run_and_a_gold_file(run, tmp_path):
    id = run.predictions["id"][0]
    for who, answer in (("anna", "cat"), ("ben", "dog")):
        verdict = "right" if answer == "cat" else "wrong"
        run.annotations.add(Annotation(who, id, verdict, said=answer, shown="blind"))
    run.annotations.add(Annotation("ben", "of another run", "right"))
    gold = tmp_path / "gold.csv"
    gold.write_text(f"id,label\n{id},cat\n")
    found = hardex.agreement(run.folder, gold=gold)
    assert [(one.name, one.gold["value"]) for one in found.annotators] == [("anna", 1), ("ben", 0)]
    assert (found.votes, found.unknown) == (2, 1)
    assert found == hardex.agreement(run, gold={id: "cat"})


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("gold.txt", "id,label", "must be a .csv, .jsonl or .parquet table"),
        ("gold.csv", "id,class\n1,cat\n", "name the label column 'label'"),
        ("gold.csv", "id,label\n1,cat\n1,dog\n", "calls '1' both 'cat' and 'dog'"),
        ("gold.csv", "id,label\n1,bird\n", "one of the run's 2 classes; received 'bird'"),
    ],
)
def test_a_gold_file_that_cannot_be_one_is_refused(run, tmp_path, name, text, said):
    (tmp_path / name).write_text(text)
    with pytest.raises(RunError, match=said):
        hardex.agreement(run, gold=tmp_path / name)


def test_gold_as_json_lines(tmp_path):
    (tmp_path / "gold.jsonl").write_text('{"id": "1", "label": "cat"}\n{"id": 2, "label": "dog"}')
    assert read_gold(tmp_path / "gold.jsonl") == {"1": "cat", "2": "dog"}
