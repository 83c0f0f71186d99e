"""Votes, consensus, alpha and kappa: values from the literature, slow oracles, degenerate cases."""

from collections import Counter
from dataclasses import replace
from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from hardex.annotate.agreement import agreement_of
from hardex.annotate.answers import (
    Answer,
    answer_of,
    first_answers,
    latest,
)
from hardex.annotate.coefficients import (
    NO_OVERLAP,
    NO_VARIETY,
)
from hardex.people.events import AnnotationEvent

from .made_events import agree, blind_answer, events_of, slow_alpha

# ------------------------------------------------------------------ two and two


@given(st.lists(st.text("abc.", min_size=12, max_size=12), min_size=1, max_size=5))
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
            if len(both) < 10:  # of which a large-sample interval says nothing
                assert pair.low is pair.high is None
            else:
                assert -1 <= pair.low <= pair.value <= pair.high <= 1
    assert not found


# ------------------------------------------------------------------ what counts as a vote


def test_the_last_word_counts_and_what_was_taken_back_does_not():
    one, two, three = (
        blind_answer("anna", "1", answer, number=n) for n, answer in enumerate("abc", 1)
    )
    back = AnnotationEvent("anna", "1", "", undoes=three.event_id, event_id=str(UUID(int=9)))
    assert latest([one, two, three]) == [three]
    assert latest([one, two, three, back]) == [two]
    stranger = AnnotationEvent("ben", "1", "", undoes=two.event_id, event_id=str(UUID(int=8)))
    assert latest([one, two, three, back, stranger]) == [two]


def later(who, id, verdict, *, number, new="", shown="label"):
    """What somebody says with the label in view."""
    return AnnotationEvent(who, id, verdict, new, shown=shown, event_id=str(UUID(int=number)))


def test_people_are_compared_by_what_they_said_before_the_label_was_shown():
    """Anna says b and c, Ben a and c; then Anna takes over the label, which is a."""
    events = [*events_of({"anna": "bc", "ben": "ac"}), later("anna", "00", "right", number=9)]
    given_labels = {"00": "a", "01": "a"}
    found = agreement_of(events, given_labels)
    assert found.consensus[0].answers == (("a", 2),)
    assert (found.votes, found.blind, found.pairs[0].agreed) == (4, 4, 1)
    assert found.alpha == pytest.approx(slow_alpha(["ba", "cc"]))
    alone = agreement_of(events, given_labels, blind=True)
    assert alone.consensus[0].answers == (("a", 1), ("b", 1))
    assert replace(alone, consensus=found.consensus) == found


def test_gold_is_held_against_the_first_blind_word():
    events = [
        blind_answer("ben", "1", "b", number=1),
        later("ben", "1", "right", number=2),
        blind_answer("cem", "1", "a", number=3),
        later("cem", "1", "wrong", new="b", number=4),
        later("dan", "1", "right", number=5, shown=""),
    ]
    found = agreement_of(events, {"1": "a"}, gold={"1": "a"})
    assert [(one.name, one.gold["value"], one.gold_votes) for one in found.annotators] == [
        ("ben", 0, 1),
        ("cem", 1, 1),
        ("dan", None, 0),
    ]


def test_the_first_word_is_the_first_blind_one_that_was_not_taken_back():
    blind = [blind_answer("anna", "1", answer, number=n) for n, answer in enumerate("ab", 1)]
    unknown = [later("anna", "1", "right", number=n, shown="") for n in (3, 4)]
    seen = later("anna", "1", "right", number=5)
    back = AnnotationEvent("anna", "1", "", undoes=blind[0].event_id, event_id=str(UUID(int=9)))
    assert first_answers([*unknown, *blind, seen]) == blind[:1]
    assert first_answers([*blind, *unknown, seen, back]) == blind[1:]
    assert first_answers([seen, *unknown]) == unknown[1:]
    assert first_answers([seen, *unknown], blind=True) == first_answers([seen]) == []


# ------------------------------------------------------------------ who is not sure


def test_not_sure_is_a_missing_value_and_no_answer():
    unsure = [
        AnnotationEvent(
            *(who, id, "not_sure"),
            **{"said": "not_sure", "shown": "blind", "event_id": str(UUID(int=number))},
        )
        for who, id, number in (("anna", "02", 91), ("ben", "02", 92), ("ben", "03", 93))
    ]
    given_labels = {f"{i:02}": "a" for i in range(4)}
    sure = events_of({"anna": "ab.b", "ben": "aa.."})
    gold = dict.fromkeys(given_labels, "a")
    found = agreement_of([*sure, *unsure], given_labels, gold=gold)
    without = agreement_of(sure, given_labels, gold=gold)
    assert (found.alpha, found.pairs) == (without.alpha, without.pairs)
    assert (found.alpha, found.pairs[0].examples) == (pytest.approx(slow_alpha(["aa", "ba"])), 2)
    anna, ben = found.annotators
    assert (anna.gold_votes, anna.gold_not_sure, anna.gold["value"]) == (3, 1, 1 / 3)
    assert (ben.gold_votes, ben.gold_not_sure, ben.gold["value"]) == (2, 2, 1)
    assert (anna.not_sure["value"], ben.not_sure["value"], found.not_sure) == (1 / 4, 1 / 2, 3)
    # Ben's `not_sure` on 03 is nothing that Anna could differ from.
    assert anna.others_votes == ben.others_votes == 2
    assert found.consensus[2].answers == (("not_sure", 2),)


def test_where_nobody_is_sure_alpha_is_not_defined():
    unsure = [
        AnnotationEvent(who, "1", "not_sure", shown="blind", event_id=str(UUID(int=n)))
        for n, who in enumerate(("anna", "ben"), 1)
    ]
    found = agreement_of(unsure, {"1": "a"})
    assert (found.alpha, found.why, found.pairs, found.overlapping) == (None, NO_OVERLAP, (), 1)


# ------------------------------------------------------------------ classes with odd names


@pytest.mark.parametrize("name", ["wrong", "ambiguous", "bad_image", "not_sure"])
def test_a_class_with_the_name_of_an_answer_is_another_answer(name):
    """Anna says it is that class, Ben gives that answer, blind and with the label in view."""
    is_class = blind_answer("anna", "1", name, number=1)
    ben = AnnotationEvent("ben", "1", name, said="", shown="", event_id=str(UUID(int=2)))
    chosen = AnnotationEvent("cem", "1", "wrong", name, event_id=str(UUID(int=3)))
    found = agreement_of([is_class, ben, chosen], {"1": "x"})
    assert found.consensus[0].answers == ((f"class {name}", 2), (name, 1))
    assert found.relabelled == found.consensus
    if name != "not_sure":
        assert [pair.agreed for pair in found.pairs] == [0, 1, 0]
    assert agreement_of([chosen], {"1": name}).relabelled == ()
    if name != "wrong":
        blind = replace(ben, said=name, shown="blind")
        assert answer_of(blind, "x") == Answer(name, is_class=False)


words = st.sampled_from(["wrong", "not_sure", "class ", "class", "a", " ", ""])


@given(st.lists(words, max_size=4).map("".join), st.booleans())
def test_an_answer_is_read_as_it_was_written(name, is_class):
    if not is_class and name not in ("wrong", "not_sure"):
        return
    answer = Answer(name, is_class)
    assert Answer.of_text(answer.text) == answer


def test_verdicts_given_with_the_label_in_view_say_a_class_too():
    verdicts = [("right", ""), ("wrong", "b"), ("wrong", ""), ("bad_image", "")]
    events = [
        AnnotationEvent(f"p{n}", "1", verdict, new, event_id=str(UUID(int=n)))
        for n, (verdict, new) in enumerate(verdicts)
    ]
    found = agreement_of(events, {"1": "a"})
    assert dict(found.consensus[0].answers) == {"a": 1, "b": 1, "wrong": 1, "bad_image": 1}


def test_votes_on_examples_that_are_not_there_count_nowhere():
    found = agreement_of(
        [blind_answer("anna", "1", "a"), blind_answer("ben", "gone", "a", number=1)], {"1": "a"}
    )
    assert (found.votes, found.unknown, len(found.annotators)) == (1, 1, 1)


# ------------------------------------------------------------------ people and examples


def test_annotators_at_a_glance():
    events = [
        *(
            blind_answer("anna", str(i), "a", number=i + 1, seconds=s)
            for i, s in enumerate((1, 9, 2))
        ),
        *(blind_answer("ben", str(i), answer, number=i + 9) for i, answer in enumerate("ab")),
        *(blind_answer("cem", str(i), answer, number=i + 19) for i, answer in enumerate("aab")),
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


@given(st.lists(st.text("abc.", min_size=6, max_size=6), min_size=1, max_size=5))
def test_who_says_what_most_others_say_is_found_by_asking_all_the_others(rows):
    table = {f"p{i}": row for i, row in enumerate(rows)}
    found = {one.name: one for one in agree(table).annotators}
    for name, row in table.items():
        same = others = 0
        for i, answer in enumerate(row):
            rest = [theirs[i] for one, theirs in table.items() if one != name and theirs[i] != "."]
            counts = Counter(rest).most_common(2)
            if answer == "." or not counts or len({n for _, n in counts}) < len(counts):
                continue
            others += 1
            same += counts[0][0] == answer
        if row.strip("."):
            one = found.pop(name)
            assert (one.votes, one.others_votes) == (6 - row.count("."), others)
            assert one.others["value"] == (same / others if others else None)
    assert not found


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
