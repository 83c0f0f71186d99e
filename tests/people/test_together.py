"""Annotations of several threads that are stored in one transaction."""

from threading import Event, Thread

import pytest
from sqlalchemy.exc import DataError

from hardex.errors import RunError, StorageError
from hardex.people.events import Annotation
from hardex.people.store import Store


def together(store, responses):
    """What became of each response, in order; all wait for the first thread to be let go."""
    outcomes = [None] * len(responses)
    store._turn.acquire()
    begun = [Event() for _ in responses]

    def one(number, respond):
        begun[number].set()
        try:
            outcomes[number] = store.respond(f"ann{number}", str(number), respond)
        except BaseException as error:
            outcomes[number] = error

    threads = [Thread(target=one, args=pair, daemon=True) for pair in enumerate(responses)]
    for thread, started in zip(threads, begun, strict=True):
        thread.start()
        started.wait(10)
    while len(store._waiting) < len(responses):
        pass
    store._turn.release()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    return outcomes


def right(number):
    return lambda earlier: Annotation(f"ann{number}", str(number), "right")


def raising(error):
    def respond(earlier):
        raise error

    return respond


def test_one_that_is_refused_hurts_no_other(tmp_path):
    store = Store.open(tmp_path)
    refused = RunError("this cannot be stored; correct it.")
    outcomes = together(store, [right(0), raising(refused), right(2), right(3)])
    assert outcomes[1] is refused
    stored = {event.event_id for event in store.all()}
    assert {outcomes[n].event_id for n in (0, 2, 3)} == stored


def test_an_interrupted_thread_leaves_nothing_that_is_acknowledged_and_not_stored(tmp_path):
    store = Store.open(tmp_path)
    outcomes = together(store, [right(0), raising(KeyboardInterrupt()), right(2)])
    stored = {event.event_id for event in store.all()}
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            assert isinstance(outcome, KeyboardInterrupt | StorageError)  # sent again
        else:
            assert outcome.event_id in stored
    store.add(Annotation("bob", "9", "right"))  # and others go on


def test_an_interruption_between_insert_and_commit_acknowledges_nothing(tmp_path, monkeypatch):
    store = Store.open(tmp_path)
    store.add(Annotation("bob", "9", "right"))  # the tables are there
    interrupted = []
    together_before = store._store_together

    def failing(waiting):
        if not interrupted:
            interrupted.append(len(waiting))
            for one in waiting:
                one.event = "not stored"
            raise KeyboardInterrupt
        together_before(waiting)

    monkeypatch.setattr(store, "_store_together", failing)
    outcomes = together(store, [right(n) for n in range(4)])
    assert sum(isinstance(one, KeyboardInterrupt) for one in outcomes) == 1
    stored = {event.event_id for event in store.all()}
    for outcome in outcomes:
        assert isinstance(outcome, KeyboardInterrupt | StorageError) or outcome.event_id in stored


def test_those_that_an_interruption_lost_store_themselves(tmp_path):
    store = Store.open(tmp_path)
    take, lost = store._take, []

    def losing():
        taken = take()
        if not lost:
            lost.extend(taken)
            return []
        return taken

    store._take = losing
    outcomes = together(store, [right(n) for n in range(4)])
    assert {one.event_id for one in outcomes} == {event.event_id for event in store.all()}


def test_a_value_that_the_database_refuses_fails_its_own_annotation_alone(tmp_path, monkeypatch):
    store = Store.open(tmp_path)
    store_together = store._store_together

    def refusing(waiting):
        if any(one.id == "1" for one in waiting):
            cause = DataError("INSERT", {}, Exception("too long for the index"))
            raise StorageError("the annotation could not be written.") from cause
        store_together(waiting)

    monkeypatch.setattr(store, "_store_together", refusing)
    outcomes = together(store, [right(n) for n in range(4)])
    assert isinstance(outcomes[1], StorageError)
    assert {outcomes[n].event_id for n in (0, 2, 3)} == {event.event_id for event in store.all()}


@pytest.mark.parametrize("times", [1, 5])
def test_an_annotator_who_answers_twice_at_once_is_blind_once(tmp_path, times):
    store = Store.open(tmp_path)
    seen = []

    def respond(earlier):
        seen.append(len(earlier))
        return Annotation("ann", "7", "right", shown="label" if earlier else "blind")

    threads = [Thread(target=store.respond, args=("ann", "7", respond)) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(seen) == list(range(times))
    assert sorted(event.shown for event in store.all()) == ["blind", *["label"] * (times - 1)]
