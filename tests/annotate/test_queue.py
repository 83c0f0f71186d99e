"""Who judges what next: properties over many interleavings, and threads on a real store."""

import random
import time
import tracemalloc
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Lock
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardex import RunError
from hardex.annotate.agreement import agreement_of
from hardex.annotate.answers import first_answers, latest
from hardex.annotate.gold_places import GOLD_EVERY
from hardex.annotate.leases import LEASE_SECONDS, LEASES_MOST
from hardex.annotate.plan import Plan, draw
from hardex.annotate.queue import Queue
from hardex.people.events import Annotation, AnnotationEvent
from hardex.people.store import Store

PEOPLE = ("ann", "bob", "cleo", "dan", "eve")


class Memory:
    """A store that is a list."""

    def __init__(self):
        self.events, self._lock = [], Lock()

    def all(self):
        return list(self.events)

    def of(self, id):
        return [event for event in self.events if event.id == id]

    def add(self, annotation):
        with self._lock:
            number = len(self.events)
            time = datetime(2026, 1, 1) + timedelta(seconds=number)
            words = vars(annotation) | {"event_id": str(UUID(int=number)), "time": time}
            self.events.append(AnnotationEvent(**words))
            return self.events[-1]


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def blind(annotator, id):
    return Annotation(annotator, id, "right", said="7", shown="blind")


def sevens(said):
    """The owner is sure of whatever is right: a seven."""
    return {event.id: "7" for event in latest(said) if event.verdict == "right"}


def judge(queue, store, annotator, id):
    event = store.add(blind(annotator, id))
    queue.record(event)
    return event


def work_off(queue, store, people=PEOPLE):
    """Everybody judges in turn until nobody is given any more; gives what each was given."""
    given = {one: [] for one in people}
    while True:
        before = len(store.events)
        for one in people:
            id = queue.next(one)
            if id is not None:
                given[one].append(id)
                judge(queue, store, one, id)
        if len(store.events) == before:
            return given


# ------------------------------------------------------------------ what it promises


def test_fewest_votes_come_first_and_then_rank():
    store = Memory()
    queue = Queue(Plan(("a", "b", "c")), store)
    judge(queue, store, "ann", "a")
    assert queue.next("bob") == "b"  # no votes yet, and ranked before c
    judge(queue, store, "bob", "b")
    assert queue.next("bob") == "c"
    judge(queue, store, "bob", "c")
    assert queue.next("bob") == "a"
    judge(queue, store, "bob", "a")
    assert queue.next("bob") is None
    assert queue.next("ann") == "b"


def test_the_same_example_is_given_until_it_is_judged():
    queue = Queue(Plan(("a", "b", "c")), Memory())
    assert [queue.next("ann") for _ in range(3)] == ["a", "a", "a"]
    assert queue.next("ann", have={"a"}) == "b"  # a page holds some ahead
    assert queue.next("ann", have={"a", "b"}) == "c"
    assert queue.next("ann", have={"a", "b", "c"}) is None


def test_a_lease_keeps_others_away_and_runs_out():
    clock, store = Clock(), Memory()
    queue = Queue(Plan(("a",), overlap=1), store, clock=clock)
    assert queue.next("ann") == "a"
    assert queue.next("bob") is None
    assert queue.progress("bob") == (0, 1)  # so there may be something later
    clock.now = LEASE_SECONDS - 1
    assert queue.next("bob") is None
    clock.now = LEASE_SECONDS
    assert queue.next("bob") == "a"
    judge(queue, store, "ann", "a")  # late, and not lost
    assert queue.next("cleo") is None and queue.progress("ann") == (1, 1)


def test_whoever_asks_for_more_keeps_what_they_have():
    clock = Clock()
    queue = Queue(Plan(("a", "b"), overlap=1), Memory(), clock=clock)
    assert queue.next("ann") == "a"
    clock.now = LEASE_SECONDS - 1
    assert queue.next("ann", have={"a"}) == "b"
    clock.now = LEASE_SECONDS + 1
    assert queue.next("bob") is None


def test_an_undone_example_comes_back_to_whoever_undid_it():
    store = Memory()
    queue = Queue(Plan(("a", "b"), overlap=1), store)
    event = judge(queue, store, "ann", queue.next("ann"))
    assert queue.progress("ann") == (1, 2)
    queue.record(store.add(Annotation("ann", "a", "", undoes=event.event_id)))
    assert queue.progress("ann") == (0, 2)
    assert queue.next("bob") == "b"
    assert queue.next("ann") == "a"


def test_nobody_can_undo_for_somebody_else():
    store = Memory()
    queue = Queue(Plan(("a",), overlap=1), store)
    event = judge(queue, store, "ann", queue.next("ann"))
    queue.record(store.add(Annotation("bob", "a", "", undoes=event.event_id)))
    assert queue.progress("ann") == (1, 1) and queue.next("bob") is None


def test_a_verdict_with_the_label_in_view_is_no_vote_but_is_not_asked_again():
    store = Memory()
    queue = Queue(Plan(("a", "b"), overlap=1), store)
    queue.record(store.add(Annotation("owner", "a", "right", shown="label")))
    assert queue.next("owner") == "b"
    assert queue.next("ann") == "a"


def test_only_a_blind_word_that_stands_is_a_vote():
    store = Memory()
    queue = Queue(Plan(("a",), overlap=1), store)
    first = judge(queue, store, "ann", queue.next("ann"))
    assert queue.next("bob") is None
    queue.record(store.add(Annotation("ann", "a", "", undoes=first.event_id)))
    queue.record(store.add(Annotation("ann", "a", "right", shown="label")))
    assert first_answers(store.events, blind=True) == []
    assert queue.next("ann") is None and queue.progress("ann") == (1, 1)
    assert queue.next("bob") == "a"  # still open for whoever has not seen the label
    judge(queue, store, "bob", "a")
    assert queue.next("cleo") is None


def test_a_word_of_which_it_is_not_known_what_was_in_view_is_a_vote():
    store = Memory()
    queue = Queue(Plan(("a",), overlap=1), store)
    taken_over = store.add(Annotation("ann", "a", "right"))  # by an import
    queue.record(taken_over)
    assert len(first_answers(store.events)) == 1
    assert queue.next("bob") is None and queue.progress("bob") == (0, 0)
    queue.record(store.add(Annotation("ann", "a", "", undoes=taken_over.event_id)))
    assert first_answers(store.events) == []
    assert queue.next("ann") == "a"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("ann", "bob", "owner")),
            st.sampled_from(("", "blind", "label", "undo")),
        ),
        max_size=12,
    )
)
def test_the_queue_and_the_agreement_count_the_same_votes(moves):
    store = Memory()
    for annotator, move in moves:
        own = [event for event in store.events if event.annotator == annotator]
        if move != "undo":
            store.add(Annotation(annotator, "a", "right", shown=move))
        elif own and not own[-1].undoes:
            store.add(Annotation(annotator, "a", "", undoes=own[-1].event_id))
    votes = sum(event.annotator != "owner" for event in first_answers(store.events))
    for overlap in (1, 2, 3, 4):
        left = Queue(Plan(("a",), overlap), store).progress("somebody else")[1]
        assert left == (votes < overlap)


def test_a_changed_answer_leaves_the_blind_one_standing():
    store = Memory()
    queue = Queue(Plan(("a",), overlap=1), store)
    first = judge(queue, store, "ann", queue.next("ann"))
    changed = store.add(Annotation("ann", "a", "wrong", "3", shown="label"))
    queue.record(changed)
    assert queue.next("bob") is None
    queue.record(store.add(Annotation("ann", "a", "", undoes=changed.event_id)))
    assert queue.next("bob") is None
    queue.record(store.add(Annotation("ann", "a", "", undoes=first.event_id)))
    assert queue.next("ann") == "a"


def test_what_others_write_to_the_store_is_seen_before_an_example_is_given():
    store = Memory()
    queue = Queue(Plan(("a", "b", "c"), overlap=1), store)
    store.add(blind("ann", "a"))  # by an import, or in Browse
    assert queue.next("ann") == "b"
    assert queue.progress("ann") == (1, 3)


def test_nobody_can_take_everything_at_once():
    queue = Queue(Plan(tuple(map(str, range(500)))), Memory())
    have = []
    while (id := queue.next("ann", have)) is not None:
        have.append(id)
    assert len(have) == LEASES_MOST
    assert queue.next("bob") == str(LEASES_MOST)  # where nobody is yet


def test_a_plan_without_examples_has_nothing():
    queue = Queue(Plan(()), Memory())
    assert queue.next("ann") is None and queue.progress("ann") == (0, 0)


def test_a_plan_names_each_example_once_and_an_overlap_that_can_be():
    with pytest.raises(RunError, match=r"1 of 3 are repeated; leave them out\.$"):
        Queue(Plan(("a", "b", "a")), Memory())
    for overlap in (0, 101, -1):
        with pytest.raises(RunError, match=r"overlap must be from 1 to 100"):
            Plan(("a",), overlap=overlap)


# ------------------------------------------------------------------ the owner


@pytest.mark.parametrize("overlap", [1, 2])
def test_what_the_owner_judges_is_asked_of_as_many_annotators(overlap):
    ids, store = tuple(map(str, range(12))), Memory()
    queue = Queue(Plan(ids, overlap, true_labels=sevens), store)
    work_off(queue, store, ["owner"])
    assert queue.progress("owner") == (12, 12) and queue._gold == dict.fromkeys(ids, "7")
    assert queue.progress("ann") == (0, 12)
    given = work_off(queue, store, ["ann", "bob", "cleo"])
    assert all(len(theirs) == len(set(theirs)) for theirs in given.values())
    found = agreement_of(store.events, dict.fromkeys(ids, "7"))
    votes = Counter(event.id for event in store.events if event.annotator != "owner")
    assert set(votes) == set(ids) and min(votes.values()) == overlap
    assert found.overlapping == sum(count > 1 for count in votes.values())
    assert (found.overlapping == 12) == (overlap == 2)


def test_what_the_owner_holds_keeps_nobody_away():
    store = Memory()
    queue = Queue(Plan(("a",), overlap=1), store)
    assert queue.next("owner") == queue.next("ann") == "a"
    judge(queue, store, "owner", "a")
    assert queue.next("owner") is None and queue.progress("owner") == (1, 1)
    assert queue.next("bob") is None  # ann has it
    judge(queue, store, "ann", "a")
    assert queue.next("bob") is None and queue.progress("bob") == (0, 0)


def test_what_the_owner_says_meanwhile_is_gold_and_taken_back_it_is_none():
    ids, store = tuple(map(str, range(30))), Memory()
    plan = Plan(ids, true_labels=sevens)
    queue = Queue(plan, store)

    def hear(event):
        queue.record(event)
        assert queue._gold == Queue(plan, store)._gold
        return dict(queue._gold)

    first = store.add(Annotation("owner", "beside", "right", shown="label"))
    assert hear(first) == {"beside": "7"}
    assert queue.progress("ann")[1] == 31 and queue.progress("owner") == (1, 31)
    given = []
    for _ in range(10):
        given.append(queue.next("ann"))
        judge(queue, store, "ann", given[-1])
    assert given.count("beside") == 1
    changed = store.add(Annotation("owner", "beside", "not_sure", shown="label"))
    assert hear(changed) == {}
    assert queue.progress("ann")[0] == 9 and queue.progress("owner") == (0, 30)
    assert hear(store.add(Annotation("owner", "beside", "", undoes=changed.event_id))) == {
        "beside": "7"
    }
    assert queue.progress("ann")[0] == 10
    assert hear(store.add(Annotation("owner", "beside", "", undoes=first.event_id))) == {}
    assert hear(store.add(Annotation("ann", "0", "right", shown="label"))) == {}


@pytest.mark.parametrize("seed", range(5))
def test_a_restart_changes_neither_the_places_nor_the_order_of_gold(seed):
    chance, store = random.Random(seed), Memory()
    plan = Plan(tuple(map(str, range(40))), 5, seed=seed, true_labels=sevens)
    queue = Queue(plan, store)
    others = [*map(str, range(0, 40, 4)), *(f"beside {number}" for number in range(10))]
    golds = 0
    for _ in range(60):
        id, verdict = chance.choice(others), chance.choice(("right", "right", "not_sure"))
        queue.record(store.add(Annotation("owner", id, verdict, shown="label")))
        id = queue.next("ann")
        assert id == Queue(plan, store).next("ann")
        if id is not None:
            golds += id in queue._gold and id.startswith("beside")
            judge(queue, store, "ann", id)
    assert golds


def test_with_a_table_of_gold_the_owners_words_are_none():
    store = Memory()
    queue = Queue(Plan(("a", "b"), gold={"g": "7"}), store)
    judge(queue, store, "owner", "a")
    assert queue._gold == {"g": "7"}


def test_where_gold_cannot_be_found_what_is_stored_counts_and_it_is_tried_again():
    broken = [True]

    def labels(said):
        if broken:
            raise RunError("the table must be readable; it is not; mend it.")
        return sevens(said)

    store = Memory()
    queue = Queue(Plan(("a",), true_labels=labels), store)
    queue.record(store.add(blind("owner", "a")))
    assert queue.progress("owner") == (1, 1) and queue._gold == {}
    with pytest.raises(RunError, match="mend it"):
        Queue(Plan(("a",), true_labels=labels), store)
    broken.clear()
    assert queue.next("owner") is None and queue.next("anna") == "a"
    assert queue._gold == {"a": "7"}


# ------------------------------------------------------------------ gold


def test_about_one_in_ten_is_gold_in_everybodys_own_order():
    gold = {f"g{number}": "7" for number in range(8)}
    store = Memory()
    queue = Queue(Plan(tuple(map(str, range(60))), 5, gold, seed=3), store)
    given = work_off(queue, store)
    orders = set()
    for annotator in PEOPLE:
        golden = [id for id in given[annotator] if id in gold]
        orders.add(tuple(golden))
        for start in range(0, 60, GOLD_EVERY):
            block = given[annotator][start : start + GOLD_EVERY]
            assert sum(id in gold for id in block) == 1
        assert len(given[annotator]) == len(set(given[annotator]))
        assert {id for id in given[annotator] if id not in gold} == set(map(str, range(60)))
    assert len(orders) == len(PEOPLE)
    places = {one: [id in gold for id in given[one]] for one in PEOPLE}
    assert len({tuple(marks) for marks in places.values()}) > 1


@given(st.integers(0, 70), st.integers(0, 12), st.integers(0, 30), st.integers(0, 5))
def test_progress_counts_the_gold_that_is_to_come(count, golds, done, seed):
    gold = {f"g{number}": "7" for number in range(golds)}
    store = Memory()
    queue = Queue(Plan(tuple(map(str, range(count))), 1, gold, seed), store)
    for _ in range(done):
        if (id := queue.next("ann")) is not None:
            judge(queue, store, "ann", id)
    _, promised = queue.progress("ann")
    work_off(queue, store, ["ann"])
    reached = queue.progress("ann")
    assert reached == (len(store.events), len(store.events))
    assert abs(promised - reached[0]) <= 1  # where gold runs out, its places are filled up


@given(st.integers(0, 70), st.integers(0, 30), st.integers(0, 12), st.integers(0, 30))
def test_progress_counts_no_gold_twice_that_is_asked_anyway(count, among, beside, done):
    gold = dict.fromkeys([*map(str, range(among)), *(f"g{n}" for n in range(beside))], "7")
    store = Memory()
    queue = Queue(Plan(tuple(map(str, range(count))), 1, gold, seed=done), store)
    for _ in range(done):
        if (id := queue.next("ann")) is not None:
            judge(queue, store, "ann", id)
    _, promised = queue.progress("ann")
    work_off(queue, store, ["ann"])
    reached, total = queue.progress("ann")
    assert reached == total == len(store.events)
    if all(id in map(str, range(count)) for id in gold):
        assert promised == reached
    places = (promised - done) // GOLD_EVERY + 1
    assert abs(promised - reached) <= max(1, min(beside, places))


# ------------------------------------------------------------------ properties

STEPS = st.lists(
    st.tuples(
        st.sampled_from((*PEOPLE, "owner")),
        st.sampled_from(("next", "ahead", "answer", "answer", "undo", "browse", "wait", "restart")),
        st.integers(0, 1_000),
    ),
    max_size=80,
)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 9), st.integers(1, 3), STEPS)
def test_whatever_people_do_in_whatever_order(count, overlap, steps):
    ids = tuple(f"{number}" for number in range(count))
    clock, store = Clock(), Memory()
    plan = Plan(ids, overlap, seed=count, true_labels=sevens)
    queue = Queue(plan, store, clock=clock)
    leases = {}  # (annotator, id) -> until when
    everything = (*ids, "x", "y", "z")  # the last are of the run, and not in the queue

    def judges(id):
        last = {}
        for event in store.of(id):
            last.setdefault(event.annotator, set())
            if event.undoes:
                last[event.annotator].discard(event.undoes)
            else:
                last[event.annotator].add(event.event_id)
        return {who for who, kept in last.items() if kept}

    def voters(id):
        return {one.annotator for one in first_answers(store.of(id), blind=True)} - {"owner"}

    def gold():
        return set(sevens([event for event in store.events if event.annotator == "owner"]))

    def judged(annotator):
        return {id for id in everything if annotator in judges(id) and (id in ids or id in gold())}

    def gold_wanted(annotator, held):
        """The gold example whose turn it is, if it is the turn of one."""
        block, within = divmod(len(judged(annotator)) + len(held), GOLD_EVERY)
        if within != draw(count, annotator, str(block)) % GOLD_EVERY:
            return None
        left = gold() - judged(annotator) - set(held)
        return min(left, key=lambda id: draw(count, annotator, id), default=None)

    def holders(id):
        return {who for (who, what), end in leases.items() if what == id and end > clock.now}

    def need(id):
        return len((voters(id) | holders(id)) - {"owner"})

    for annotator, step, number in steps:
        mine = [id for (who, id), end in leases.items() if who == annotator and end > clock.now]
        if step in ("next", "ahead"):
            have = mine if step == "ahead" else []
            id = queue.next(annotator, have)
            for one in have:
                leases[annotator, one] = clock.now + LEASE_SECONDS
            if step == "next" and mine:
                assert id in mine
            else:
                free = [
                    one
                    for one in ids
                    if annotator not in judges(one) | holders(one) and need(one) < overlap
                ]
                wanted = min(free, key=lambda one: (need(one), int(one)), default=None)
                golden = gold_wanted(annotator, mine) if free else None
                assert id == (golden or wanted)
            if id is not None:
                assert annotator not in judges(id)  # no example twice to one person
                leases[annotator, id] = clock.now + LEASE_SECONDS
        elif step == "answer" and mine:
            id = mine[number % len(mine)]
            seen = any(event.annotator == annotator for event in store.of(id))
            said = Annotation(annotator, id, "right", shown="label") if seen else None
            queue.record(store.add(said or blind(annotator, id)))
            del leases[annotator, id]
        elif step == "undo":
            undone = {event.undoes for event in store.events}
            own = [
                event
                for event in store.events
                if event.annotator == annotator
                and not event.undoes
                and event.event_id not in undone
            ]
            if own:
                event = own[number % len(own)]
                queue.record(store.add(Annotation(annotator, event.id, "", undoes=event.event_id)))
                if annotator not in judges(event.id):
                    leases[annotator, event.id] = clock.now + LEASE_SECONDS
        elif step == "browse":
            id = everything[number % len(everything)]
            verdict = ("right", "right", "ambiguous")[number % 3]
            queue.record(store.add(Annotation("owner", id, verdict, shown="label")))
            leases.pop(("owner", id), None)
        elif step == "wait":
            clock.now += number
        elif step == "restart":
            queue = Queue(plan, store, clock=clock)
            leases.clear()
        assert queue._gold.keys() == gold()
        for one in (*PEOPLE, "owner"):
            done = len(judged(one))
            open_ = {id for id in ids if len(voters(id)) < overlap and one not in judges(id)}
            beside = gold() - open_ - judged(one) if open_ else set()
            found, total = queue.progress(one)
            assert found == done
            assert 0 <= total - done - len(open_) <= len(beside)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 20), st.integers(1, 5), st.randoms(use_true_random=False))
def test_with_enough_people_every_example_gets_its_overlap(count, overlap, chance):
    store = Memory()
    queue = Queue(Plan(tuple(map(str, range(count))), overlap), store)
    given = {one: queue.next(one) for one in PEOPLE}
    while any(given.values()):
        one = chance.choice([who for who, id in given.items() if id])
        judge(queue, store, one, given[one])
        given = {who: queue.next(who) for who in PEOPLE}
    votes = Counter(event.id for event in store.events)
    assert votes == {str(number): overlap for number in range(count)}
    assert len({(event.annotator, event.id) for event in store.events}) == len(store.events)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PEOPLE), st.integers(0, 9)), max_size=40), st.randoms())
def test_events_may_be_heard_in_any_order_and_twice(marks, chance):
    store, plan = Memory(), Plan(tuple(map(str, range(10))), 3)
    for annotator, number in marks:
        store.add(blind(annotator, str(number)))
        if number % 3 == 0:
            store.add(Annotation(annotator, str(number), "", undoes=store.events[-1].event_id))
    fresh, told = Queue(plan, store), Queue(plan, Memory())
    heard = store.events * 2
    chance.shuffle(heard)
    told._add_events(heard)
    for annotator in PEOPLE:
        assert told.progress(annotator) == fresh.progress(annotator)
    assert told._judged_by == {
        id: standing for id, standing in fresh._judged_by.items() if standing
    } | {id: told._judged_by[id] for id in told._judged_by.keys() - fresh._judged_by.keys()}
    for annotator in PEOPLE:
        assert told._most_wanted(annotator) == fresh._most_wanted(annotator)


# ------------------------------------------------------------------ many people, many examples


def test_twenty_people_at_once_on_a_real_store(tmp_path):
    store = Store.open(tmp_path)
    people = [f"person {number}" for number in range(20)]
    queue = Queue(Plan(tuple(map(str, range(60))), 3), store)
    given, lock = defaultdict(list), Lock()

    def work(annotator):
        chance, idle = random.Random(annotator), 0
        while idle < 20:
            have = []
            for _ in range(chance.randint(1, 4)):
                id = queue.next(annotator, have)
                if id is not None:
                    have.append(id)
            idle = 0 if have else idle + 1
            time.sleep(0 if have else 0.02)
            for id in have:
                with lock:
                    given[annotator].append(id)
                queue.record(store.add(blind(annotator, id)))

    with ThreadPoolExecutor(len(people)) as pool:
        list(pool.map(work, people))
    votes = Counter(event.id for event in store.all())
    assert votes == {str(number): 3 for number in range(60)}
    for annotator in people:
        assert len(given[annotator]) == len(set(given[annotator]))


def test_a_million_examples():
    ids = tuple(map(str, range(1_000_000)))
    tracemalloc.start()
    queue = Queue(Plan(ids), Memory())
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 250e6  # without the ids themselves
    store = queue._store
    began = time.process_time()
    for number in range(1_000):
        annotator = PEOPLE[number % 5]
        judge(queue, store, annotator, queue.next(annotator))
        queue.progress(annotator)
    assert (time.process_time() - began) / 1_000 < 0.005
    assert queue.progress("ann")[1] == 1_000_000


def test_what_somebody_was_given_stays_theirs_to_judge_when_others_have_judged_it():
    clock, store = Clock(), Memory()
    queue = Queue(Plan(("a", "b"), overlap=1), store, clock=clock)
    assert (queue.next("ann"), queue.unjudged("ann")) == ("a", 2)
    clock.now = LEASE_SECONDS + 1
    for id in ("a", "b"):
        assert queue.next("bob") == id
        judge(queue, store, "bob", id)
    assert queue.progress("ann") == (0, 0)
    assert queue.unjudged("ann") == 1  # `a`, which they may still answer
    judge(queue, store, "ann", "a")
    assert queue.unjudged("ann") == queue.unjudged("cleo") == 0
