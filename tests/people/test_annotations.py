import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from unicodedata import normalize
from uuid import uuid4

import pytest
from fakes import contents
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hardex import MisplacedError, RunError
from hardex.people.events import (
    COMMENT_MOST,
    VERDICTS,
    Annotation,
    AnnotationEvent,
)
from hardex.people.store import Store
from hardex.text import has_control_characters

# Annotates as fast as it can once it is told to, and says so each time `add` has returned.
WRITER = """
import sys
from hardex.people.events import Annotation
from hardex.people.store import Store

store, name, count = Store.open(sys.argv[1]), sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
for i in range(count):
    print(store.add(Annotation(name, str(i), "right")).event_id, flush=True)
"""


@pytest.fixture
def store(place):
    """An empty store, on each kind of database."""
    opened = Store.open(place)
    yield opened
    opened.close()


@pytest.fixture
def start_writer():
    """Starts other processes that annotate."""
    started = []

    def start(place, name, count):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(place), name, str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


@pytest.fixture
def writer(place, start_writer):
    """Starts other processes that annotate the same run."""
    return lambda name, count: start_writer(place, name, count)


def go(*processes):
    """Let them begin at the same moment, once all of them are ready."""
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()


def file_of(folder):
    return Path(folder) / "people" / "annotations.sqlite"


def database(folder):
    """The events as any other program sees them."""
    return closing(sqlite3.connect(file_of(folder)))


@pytest.fixture
def ask(place, request):
    """Queries as any other program asks them; the rows of the last one."""

    def ask(*queries):
        if "://" in place:
            return request.getfixturevalue("postgres_server").ask(place, *queries)
        with database(place) as other:
            rows = [other.execute(query).fetchall() for query in queries][-1]
            other.commit()
            return rows

    return ask


def right(annotator="anna", id="7", **more):
    return Annotation(annotator, id, "right", **more)


def undoing(event, **changes):
    return Annotation(**{"annotator": event.annotator, "id": event.id, "verdict": ""} | changes,
                      undoes=event.event_id)  # fmt: skip


# ------------------------------------------------------------------ written and read back


def test_what_was_said_is_read_back_in_order(store):
    said = [
        Annotation("anna", "7", "wrong", "cat", "a whisker", 2.5, said="cat", shown="blind"),
        Annotation("bob", "7", "right", shown="label"),
        Annotation("anna", "cats/8.png", "bad_image", seconds=0.0, event_id=str(uuid4())),
    ]
    stored = [store.add(one) for one in said]
    assert store.all() == stored
    assert store.of("7") == stored[:2]
    assert store.by("anna") == [stored[0], stored[2]]
    assert store.of("nobody") == store.by("nobody") == []
    for one, event in zip(said, stored, strict=True):
        fields = {name: vars(event)[name] for name in vars(one)}
        assert fields == vars(one) | {"event_id": one.event_id or event.event_id}
        assert len(event.event_id) == 36


texts = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20
)
harmless = texts.filter(lambda text: not has_control_characters(text))
names = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=20).filter(
    lambda text: normalize("NFKC", text).casefold() != "owner"
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.builds(
        Annotation,
        annotator=names | st.just("owner"),
        id=texts,
        verdict=st.sampled_from(VERDICTS),
        new_label=texts,
        comment=harmless | st.sampled_from(["two\nlines", "a\ttab"]),
        seconds=st.none() | st.floats(0, 1e6),
        said=texts,
    )
)
def test_any_text_is_kept_as_it_is(store, said):
    stored = store.add(said)
    assert store.of(said.id)[-1] == stored
    assert Annotation(**{name: vars(stored)[name] for name in vars(said)}) == replace(
        said, event_id=stored.event_id
    )


@pytest.mark.parametrize("name", ["50 % of #1?", "a?b=c&mode=memory", "ünï \U0001f98a", ":memory:"])
def test_a_run_may_have_any_name(tmp_path, name):
    (tmp_path / name).mkdir()
    stored = Store.open(tmp_path / name).add(right())
    assert file_of(tmp_path / name).is_file()
    assert Store.open(tmp_path / name).all() == [stored]
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_same_words_twice_are_two_events(store):
    first, second = (store.add(right()) for _ in range(2))
    assert first.event_id != second.event_id
    assert store.all() == [first, second]


def test_what_is_sent_twice_is_stored_once(store):
    said = right(event_id=str(uuid4()), comment="once", seconds=1.25)
    first = store.add(said)
    store.add(right("bob"))
    assert store.add(said) == first
    assert len(store.all()) == 2


@pytest.mark.parametrize(
    "change", [{"annotator": "eve"}, {"id": "8"}, {"verdict": "wrong"}, {"comment": "other"}]
)
def test_an_event_id_is_not_used_for_something_else(store, change):
    first = store.add(right(event_id=str(uuid4())))
    with pytest.raises(
        RunError, match=f"{first.event_id} was already used for a different event; use"
    ):
        store.add(replace(right(event_id=first.event_id), **change))
    assert store.all() == [first]


def test_the_same_event_sent_at_the_same_moment_is_stored_once(store):
    said = [right(event_id=str(uuid4())) for _ in range(5)]
    everybody, stored = Barrier(6), []

    def send():
        everybody.wait()
        stored.extend(store.add(one) for one in said)

    together(send, 6)
    assert len(stored) == 30 and len(set(stored)) == 5
    assert set(store.all()) == set(stored)


def together(work, count):
    visitors = [Thread(target=work) for _ in range(count)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()


def test_reading_where_nobody_said_anything_writes_nothing(store, ask, tmp_path):
    assert store.all() == store.of("7") == store.by("anna") == store.latest() == []
    assert store.judged() == []
    assert contents(tmp_path) == {}
    if "://" in store.where:
        tables = "SELECT * FROM information_schema.tables WHERE table_schema = 'public'"
        assert ask(tables) == []


def test_events_are_ordered_by_time_and_not_by_when_they_came_in(store, ask):
    later = store.add(right())
    ask(
        "INSERT INTO events SELECT 'merged from elsewhere', '2001-01-01 12:00:00.000000', "
        "'bob', id, verdict, new_label, comment, seconds, said, shown, undoes FROM events"
    )
    assert [event.annotator for event in store.all()] == ["bob", "anna"]
    assert store.of("7")[-1] == later


def test_what_is_said_later_has_a_later_time_even_when_the_clock_went_back(store, ask):
    ask_for = "INSERT INTO events SELECT '{}', '2999-01-01 12:00:00.000000', annotator, id, "
    store.add(right("bob"))
    ask(ask_for.format("ahead") + "'wrong', '', '', seconds, '', '', '' FROM events")
    changed = store.add(Annotation("bob", "7", "ambiguous"))
    assert changed.time > datetime(2999, 1, 1, 12)
    assert store.latest() == [changed]
    assert store.add(right("anna")).time.year < 2999


@pytest.fixture
def tokyo(monkeypatch):
    """A computer far from UTC."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone cannot be set here")
def test_times_are_utc_wherever_the_computer_is(store, ask, tokyo):
    stored = store.add(right())
    age = datetime.now(UTC) - stored.time.replace(tzinfo=UTC)
    assert timedelta(0) <= age < timedelta(minutes=1)
    assert str(ask("SELECT time FROM events")[0][0]) == f"{stored.time}"
    assert store.all() == [stored]


# ------------------------------------------------------------------ what counts


def test_the_last_word_counts_and_what_was_undone_does_not(store):
    first = store.add(right())
    second = store.add(Annotation("anna", "7", "wrong", "cat"))
    other = store.add(Annotation("bob", "7", "ambiguous"))
    assert store.latest() == [second, other]
    assert store.judged("right") == [] and store.judged("wrong") == ["7"]
    store.add(undoing(second))
    assert store.latest() == [first, other]  # what was said before counts again
    assert store.judged("right") == ["7"] and store.judged("wrong") == []
    store.add(undoing(first))
    assert store.latest() == [other] and store.judged() == ["7"]
    store.add(undoing(other))
    assert store.latest() == [] and store.judged() == []
    assert len(store.all()) == 6


def test_undoing_twice_undoes_no_more(store):
    first, second = store.add(right()), store.add(Annotation("anna", "7", "wrong"))
    store.add(undoing(second))
    store.add(undoing(second))
    assert store.latest() == [first]


def test_only_an_own_verdict_on_the_same_example_can_be_undone(store):
    first = store.add(right())
    taken_back = store.add(undoing(first))
    before = store.all()
    for one in (
        undoing(first, annotator="eve"),
        undoing(first, id="8"),
        undoing(taken_back),  # say it anew instead
        Annotation("anna", "7", "", undoes=str(uuid4())),
        Annotation("anna", "7", "", undoes="'; DELETE FROM events --"),
    ):
        with pytest.raises(RunError, match="only a verdict that the same annotator gave on the sa"):
            store.add(one)
    assert store.all() == before


moves = st.lists(
    st.tuples(
        st.sampled_from(("anna", "bob")),
        st.sampled_from(("1", "2", "3")),
        st.sampled_from((*VERDICTS[:2], "undo")),
    ),
    max_size=12,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves)
def test_what_counts_is_what_the_slow_way_finds(store, moves):
    names = {name: f"{name} {uuid4()}" for name in ("anna", "bob")}
    heaps = {}
    for name, id, move in moves:
        heap = heaps.setdefault((names[name], id), [])
        if move != "undo":
            heap.append(store.add(Annotation(names[name], id, move)))
        elif heap:
            store.add(undoing(heap.pop()))
    found = [one for one in store.latest() if one.annotator in names.values()]
    last = [heap[-1] for heap in heaps.values() if heap]
    assert found == sorted(last, key=lambda event: event.time)
    for verdict in ("", *VERDICTS):
        expected = {one.id for one in store.latest() if verdict in ("", one.verdict)}
        judged = store.judged(verdict)
        assert set(judged) == expected and len(judged) == len(expected)


def test_many_events_are_judged_in_a_moment(tmp_path):
    """Twenty thousand took 12 seconds while each event asked for itself whether it was undone."""
    store = Store.open(tmp_path)
    store.add(right())
    with database(tmp_path) as other:
        other.executemany(
            "INSERT INTO events VALUES (?, '2026-01-01 00:00:00.000000', 'bob', ?, 'right', '', '',"
            " 1.5, '', '', '')",
            ((str(number), f"cat/{number}") for number in range(20_000)),
        )
        other.commit()
    begin = time.process_time()
    assert len(store.judged()) == len(store.latest()) == 20_001
    assert time.process_time() - begin < 5


# ------------------------------------------------------------------ taken over from elsewhere


def test_events_of_another_database_are_taken_over_as_they_are(store, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    elsewhere = Store.open(tmp_path / "elsewhere")
    first = elsewhere.add(right())
    elsewhere.add(undoing(first))
    elsewhere.add(Annotation("bob", "8", "wrong", "cat", seconds=0.1))
    own = store.add(right("carl"))
    assert store.keep(elsewhere.all()) == 3
    assert store.all() == [*elsewhere.all(), own]
    assert store.keep(elsewhere.all()) == 0
    assert store.latest() == [*elsewhere.latest(), own]


def test_many_events_are_taken_over_as_one_by_one(store, tmp_path):
    """More than go into one question, with undoing, doubles and a part that is there already."""
    (tmp_path / "elsewhere").mkdir()
    elsewhere = Store.open(tmp_path / "elsewhere")
    said = [an_event(id=str(n), time=OLD + timedelta(seconds=n)) for n in range(1_100)]
    undone = [
        an_event(id=str(n), verdict="", undoes=said[n].event_id, time=OLD + timedelta(seconds=2000))
        for n in (3, 499, 500, 1_099)
    ]
    events = [*undone, *said]
    assert store.keep(said[:700]) == 700
    assert store.keep([*events, *events[:50]]) == len(events) - 700
    for event in sorted(events, key=lambda event: event.time):
        elsewhere.keep([event])
    assert store.all() == elsewhere.all()
    assert len(store.latest()) == 1_096


OLD = datetime(2020, 2, 29, 12, 30, 0, 123456)


def an_event(**changes):
    fields = {"annotator": "anna", "id": "7", "verdict": "right", "event_id": str(uuid4())}
    return AnnotationEvent(**fields | {"time": OLD} | changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"event_id": ""}, "must have an event id and a time"),
        ({"time": datetime(9999, 12, 31)}, "not in the future"),
        ({"time": datetime.min}, "must have an event id and a time"),
        ({"time": datetime(2020, 1, 1, tzinfo=UTC)}, "a time in UTC"),
        ({"undoes": str(uuid4()), "verdict": ""}, "only a verdict that the same"),
        ({"comment": "\0"}, "comment of an annotation must be a text"),
        ({"annotator": "anna\x07"}, "a name must have 1 to 80 printable characters"),
        ({"annotator": "Owner"}, "only the owner is called 'owner'"),
    ],
)
def test_events_are_imported_all_or_none(store, changes, words):
    with pytest.raises(RunError, match=words):
        store.keep([an_event(), an_event(**changes)])
    assert store.all() == []


def test_an_event_that_was_changed_elsewhere_is_not_imported(store):
    first = an_event()
    store.keep([first])
    for change in ({"verdict": "wrong"}, {"time": OLD + timedelta(1)}):
        with pytest.raises(RunError, match="was already used for a different event"):
            store.keep([an_event(), replace(first, **change)])
    assert store.all() == [first]


# ------------------------------------------------------------------ refused


@pytest.mark.parametrize("verdict", ["", "Right", "maybe", None])
def test_another_verdict_is_refused(verdict):
    with pytest.raises(RunError, match=f"one of right, .*, not_sure; received {verdict!r}; choose"):
        Annotation("anna", "7", verdict)


def test_who_undoes_gives_no_verdict():
    with pytest.raises(RunError, match="undoes another has no verdict; received 'right'; leave it"):
        right(undoes=str(uuid4()))


@pytest.mark.parametrize(("annotator", "id"), [("", "7"), ("anna", "")])
def test_an_annotation_of_nobody_or_nothing_is_refused(annotator, id):
    with pytest.raises(RunError, match="needs an annotator and an example; one of them is empty"):
        Annotation(annotator, id, "right")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"comment": "a\0b"}, r"the comment .* of up to 10,000 characters.*received 'a\\x00b'"),
        ({"comment": "x" * (COMMENT_MOST + 1)}, "the comment of an annotation"),
        ({"comment": None}, "the comment of an annotation must be a text .*received None"),
        ({"annotator": "\ud800"}, "the annotator of an annotation"),
        ({"id": "7" * 5000}, "the id of an annotation"),
        ({"id": 7}, "the id of an annotation must be a text"),
        ({"said": ["cat"]}, "the said of an annotation"),
        ({"seconds": float("nan")}, "seconds of an annotation must be a non-negative number"),
        ({"seconds": -1}, "received -1; omit it"),
        ({"seconds": 10**400}, "seconds of an annotation must be a non-negative number"),
        ({"seconds": float("inf")}, "seconds of an annotation must be a non-negative number"),
        ({"comment": "\x1b[2J"}, "comment of an annotation must have no control characters"),
        ({"annotator": "anna\r"}, "a name must have 1 to 80 printable characters"),
        ({"annotator": "anna "}, "a name must have 1 to 80 printable characters"),
        ({"annotator": "x" * 81}, "a name must have 1 to 80 printable characters"),
        ({"annotator": "Owner"}, "only the owner is called 'owner'"),
        ({"seconds": "3"}, "seconds of an annotation"),
        ({"shown": "everything"}, "must be one of blind, label; received 'everything'"),
        ({"event_id": "1"}, "must be a UUID in lower case"),
        ({"event_id": str(uuid4()).upper() + "A"}, "must be a UUID in lower case"),
    ],
)
def test_what_could_not_be_given_back_is_refused(store, changes, words):
    with pytest.raises(RunError, match=words) as caught:
        store.add(Annotation(**{"annotator": "anna", "id": "7", "verdict": "right"} | changes))
    one_sentence(caught.value)
    assert store.all() == []


def test_which_characters_are_control_characters():
    found = {code for code in range(0x300) if has_control_characters(f"a{chr(code)}b")}
    soft_hyphen = 0xAD
    assert found == {*range(0x20), *range(0x7F, 0xA0), soft_hyphen} - {ord("\n"), ord("\t")}


def test_an_imported_comment_with_control_characters_is_kept(store):
    assert store.keep([an_event(comment="\x1b[2J")]) == 1
    assert store.all()[0].comment == "\x1b[2J"


@pytest.mark.parametrize("text", ["\0", "\ud800"])
def test_nothing_was_said_of_what_cannot_be_a_name(store, text):
    store.add(right())
    assert store.of(text) == store.by(text) == []


def one_sentence(error):
    told = str(error)
    assert "\n" not in told and told.endswith(".") and len(told) < 600


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET verdict = 'right'",
        "UPDATE events SET comment = '' WHERE annotator = 'anna'",
        "DELETE FROM events",
        "TRUNCATE events",
        "INSERT OR REPLACE INTO events SELECT event_id, time, annotator, id, 'right', '', '', 0, "
        "'', '', '' FROM events",
        "INSERT INTO events SELECT * FROM events ON CONFLICT (event_id) "
        "DO UPDATE SET verdict = 'right'",
    ],
)
def test_the_database_itself_refuses_to_change_what_was_said(store, ask, change):
    only_on = {"TRUNCATE": "postgresql", "INSERT OR": "sqlite", "INSERT INTO": "postgresql"}
    kind = "postgresql" if "://" in store.where else "sqlite"
    if any(change.startswith(word) and kind != only for word, only in only_on.items()):
        pytest.skip("the other database has such a command")
    stored = store.add(Annotation("anna", "7", "wrong", "cat"))
    with pytest.raises(Exception, match="never rewritten"):
        ask(change)
    assert store.all() == [stored]


# ------------------------------------------------------------------ other versions


@pytest.mark.parametrize(
    ("version", "words"),
    [
        (99, "they are of version 99, which a newer hardex wrote, and nothing was stored; upgrade"),
        (1, "they are of version 1, which an older hardex wrote, and nothing was stored; open it"),
    ],
)
def test_another_version_is_refused(store, ask, version, words):
    store.add(right())
    ask(f"UPDATE hardex_versions SET version = {version}")
    store.close()
    for work in (store.all, lambda: store.add(right()), lambda: store.judged("right")):
        with pytest.raises(MisplacedError, match=words) as caught:
            work()
        one_sentence(caught.value)
    assert ask("SELECT count(*) FROM events")[0][0] == 1


# ------------------------------------------------------------------ damaged


def another_table(path):
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE events (what TEXT)")


def cut_short(path):
    store = Store.open(path.parent.parent)
    store.add(right())
    store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 3])


def overwritten(path):
    store = Store.open(path.parent.parent)
    store.add(right())
    store.close()
    whole = bytearray(path.read_bytes())
    whole[4096 : len(whole) // 2] = b"\xa5" * (len(whole) // 2 - 4096)
    path.write_bytes(whole)


DAMAGES = {
    "no database": lambda path: path.write_bytes(b"this is no database\n" * 100),
    "another database": another_table,
    "cut short": cut_short,
    "overwritten": overwritten,
    "a folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_database_is_one_sentence(tmp_path, damage):
    path = file_of(tmp_path)
    path.parent.mkdir()
    DAMAGES[damage](path)
    store = Store.open(tmp_path)
    for work, words in (
        (store.all, "must be a real file" if path.is_dir() else "must be an annotation database; "),
        (lambda: store.add(right()), "nothing was stored"),
    ):
        with pytest.raises(RunError) as caught:
            work()
        told = str(caught.value)
        assert words in told and str(path) in told
        one_sentence(caught.value)


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path):
    path = file_of(tmp_path)
    path.parent.mkdir()
    DAMAGES["no database"](path)
    before = contents(tmp_path)
    with pytest.raises(RunError):
        Store.open(tmp_path).add(right())
    assert contents(tmp_path) == before


def test_an_empty_file_becomes_a_database(tmp_path):
    file_of(tmp_path).parent.mkdir()
    file_of(tmp_path).touch()
    assert Store.open(tmp_path).all() == []
    assert [Store.open(tmp_path).add(right())] == Store.open(tmp_path).all()


def test_where_nothing_can_be_written_nothing_is_acknowledged(tmp_path):
    (tmp_path / "people").write_text("a file where the folder should be")
    with pytest.raises(RunError, match=r"people must be a real folder .* nothing was stored"):
        Store.open(tmp_path).add(right())


# ------------------------------------------------------------------ moved and deleted


def test_a_run_that_was_moved_is_not_made_anew(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    store = Store.open(folder)
    said = store.add(right())
    folder.rename(tmp_path / "moved")
    with pytest.raises(RunError, match="nothing was stored"):
        store.add(right("bob"))
    assert store.all() == []
    assert Store.open(tmp_path / "moved").all() == [said]
    assert [path.name for path in tmp_path.iterdir()] == ["moved"]


def test_nothing_is_written_to_a_database_that_was_deleted(tmp_path):
    store = Store.open(tmp_path)
    store.add(right())
    for path in file_of(tmp_path).parent.iterdir():
        path.unlink()
    assert store.all() == []
    new = store.add(right("bob"))
    with database(tmp_path) as other:
        assert other.execute("SELECT annotator FROM events").fetchall() == [("bob",)]
    assert store.all() == [new]


def test_soon_after_the_last_word_one_file_is_everything(tmp_path):
    Store.open(tmp_path).add(right())
    until = time.monotonic() + 30
    while len(list(file_of(tmp_path).parent.iterdir())) > 1 and time.monotonic() < until:
        time.sleep(0.05)
    assert list(contents(tmp_path / "people")) == ["annotations.sqlite"]
    (tmp_path / "copy" / "people").mkdir(parents=True)
    file_of(tmp_path / "copy").write_bytes(file_of(tmp_path).read_bytes())
    assert Store.open(tmp_path / "copy").all() == Store.open(tmp_path).all() != []


# ------------------------------------------------------------------ never lost


def test_every_commit_is_flushed_to_disk(store):
    store.add(right())
    engines = [value for value in vars(store._database).values() if hasattr(value, "connect")]
    assert engines
    for engine in engines:
        with engine.connect() as connection:
            if "://" in store.where:
                assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
            else:
                assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
                assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL


@pytest.mark.skipif(os.name == "nt", reason="no kill -9 there")
def test_what_was_acknowledged_survives_kill_9(store, place, ask, writer):
    process = writer("anna", 100_000)
    go(process)
    acknowledged = [process.stdout.readline() for _ in range(5)]
    process.send_signal(signal.SIGKILL)
    acknowledged += process.stdout.readlines()
    assert process.wait() == -signal.SIGKILL
    stored = {event.event_id for event in store.all()}
    assert {line.strip() for line in acknowledged if line.endswith("\n")} <= stored
    if "://" not in place:
        assert ask("PRAGMA integrity_check") == [("ok",)]
    store.add(right("bob"))
    assert len(store.all()) == len(stored) + 1


def test_two_processes_writing_at_once_lose_nothing(store, writer):
    names = ("anna", "bob")
    processes = [writer(name, 100) for name in names]
    go(*processes)
    acknowledged = [line.strip() for process in processes for line in process.stdout]
    assert [process.wait() for process in processes] == [0, 0]
    events = store.all()
    assert sorted(event.event_id for event in events) == sorted(acknowledged)
    assert len(acknowledged) == 200
    for name in names:
        said = [event.id for event in events if event.annotator == name]
        assert said == [str(i) for i in range(100)]


def test_who_comes_while_another_makes_the_database_waits_for_it(tmp_path):
    path = file_of(tmp_path)
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA user_version = 1")  # something to lock
        other.execute("BEGIN IMMEDIATE")
        visitor = Thread(target=Store.open(tmp_path).add, args=(right(),))
        visitor.start()
        visitor.join(0.2)
        assert visitor.is_alive()
        other.execute("COMMIT")
        visitor.join()
    assert [event.annotator for event in Store.open(tmp_path).all()] == ["anna"]


@pytest.mark.parametrize("again", range(3))
def test_visitors_who_are_the_first_at_the_same_moment_lose_nothing(store, again):
    everybody, names = Barrier(8), iter(range(8))

    def judge():
        everybody.wait()
        store.add(right(f"visitor {next(names)}"))

    together(judge, 8)
    assert {event.annotator for event in store.all()} == {f"visitor {i}" for i in range(8)}
