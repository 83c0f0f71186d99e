import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from fakes import contents
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hardex import RunError
from hardex.runs.annotations import (
    VERDICTS,
    Annotation,
    _database,
    _engine,
    all_annotations,
    annotate,
    annotations_of,
)

# Annotates as fast as it can once it is told to, and says so each time `annotate` has returned.
WRITER = """
import sys
from pathlib import Path
from hardex.runs.annotations import Annotation, annotate

folder, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
for i in range(count):
    print(annotate(folder, Annotation(name, str(i), "right")).event_id, flush=True)
"""


@pytest.fixture
def writer(tmp_path):
    """Starts other processes that annotate the same run."""
    started = []

    def start(name, count):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), name, str(count)],
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


def go(*processes):
    """Let them begin at the same moment, once all of them are ready."""
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()


def database(folder):
    """The events as any other program sees them."""
    return closing(sqlite3.connect(folder / "people" / "annotations.sqlite"))


# ------------------------------------------------------------------ written and read back


def test_what_was_said_is_read_back_in_order(tmp_path):
    said = [
        Annotation("anna", "7", "wrong", "cat", "a whisker", 2.5),
        Annotation("bob", "7", "right"),
        Annotation("anna", "cats/8.png", "bad_image", seconds=0.0),
    ]
    stored = [annotate(tmp_path, one) for one in said]
    assert all_annotations(tmp_path) == stored
    assert annotations_of(tmp_path, "7") == stored[:2]
    assert annotations_of(tmp_path, "nobody") == []
    for one, event in zip(said, stored, strict=True):
        fields = {name: value for name, value in vars(event).items() if name in vars(one)}
        assert fields == vars(one)


texts = st.text(min_size=1, max_size=20)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.builds(
        Annotation,
        annotator=texts,
        id=texts,
        verdict=st.sampled_from(VERDICTS),
        new_label=texts,
        comment=texts,
        seconds=st.none() | st.floats(0, 1e6),
    )
)
def test_any_text_is_kept_as_it_is(tmp_path, said):
    stored = annotate(tmp_path, said)
    assert annotations_of(tmp_path, said.id)[-1] == stored
    assert Annotation(**{name: vars(stored)[name] for name in vars(said)}) == said


@pytest.mark.parametrize("name", ["50 % of #1?", "a?b=c&mode=memory", "ünï \U0001f98a", ":memory:"])
def test_a_run_may_have_any_name(tmp_path, name):
    stored = annotate(tmp_path / name, Annotation("anna", "7", "right"))
    assert (tmp_path / name / "people" / "annotations.sqlite").is_file()
    assert all_annotations(tmp_path / name) == [stored]
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_same_words_twice_are_two_events(tmp_path):
    first, second = (annotate(tmp_path, Annotation("anna", "7", "right")) for _ in range(2))
    assert first.event_id != second.event_id
    assert len(all_annotations(tmp_path)) == 2


def test_reading_where_nobody_said_anything_writes_nothing(tmp_path):
    assert all_annotations(tmp_path) == annotations_of(tmp_path, "7") == []
    assert contents(tmp_path) == {}


def test_events_are_ordered_by_time_and_not_by_when_they_came_in(tmp_path):
    later = annotate(tmp_path, Annotation("anna", "7", "right"))
    with database(tmp_path) as other:
        other.execute(
            "INSERT INTO events SELECT 'merged from elsewhere', '2001-01-01 12:00:00.000000', "
            "'bob', id, verdict, new_label, comment, seconds FROM events"
        )
        other.commit()
    assert [event.annotator for event in all_annotations(tmp_path)] == ["bob", "anna"]
    assert annotations_of(tmp_path, "7")[-1] == later


@pytest.fixture
def tokyo(monkeypatch):
    """A computer far from UTC."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the time zone cannot be set here")
def test_times_are_utc_wherever_the_computer_is(tmp_path, tokyo):
    stored = annotate(tmp_path, Annotation("anna", "7", "right"))
    age = datetime.now(UTC) - stored.time.replace(tzinfo=UTC)
    assert timedelta(0) <= age < timedelta(minutes=1)
    with database(tmp_path) as other:
        assert other.execute("SELECT time FROM events").fetchone() == (f"{stored.time}",)


# ------------------------------------------------------------------ refused


@pytest.mark.parametrize("verdict", ["", "Right", "maybe", None])
def test_another_verdict_is_refused(verdict):
    with pytest.raises(RunError, match=f"one of right, .*, not_sure; received {verdict!r}; choose"):
        Annotation("anna", "7", verdict)


@pytest.mark.parametrize(("annotator", "id"), [("", "7"), ("anna", "")])
def test_an_annotation_of_nobody_or_nothing_is_refused(annotator, id):
    with pytest.raises(RunError, match="needs an annotator and an example; one of them is empty"):
        Annotation(annotator, id, "right")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET verdict = 'right'",
        "UPDATE events SET comment = '' WHERE annotator = 'anna'",
        "DELETE FROM events",
        "INSERT OR REPLACE INTO events SELECT event_id, time, annotator, id, 'right', '', '', 0 "
        "FROM events",
    ],
)
def test_the_database_itself_refuses_to_change_what_was_said(tmp_path, change):
    stored = annotate(tmp_path, Annotation("anna", "7", "wrong", "cat"))
    with database(tmp_path) as other, pytest.raises(sqlite3.Error, match="never rewritten"):
        other.execute(change)
    assert all_annotations(tmp_path) == [stored]


def another_table(path):
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE events (what TEXT)")


def cut_short(path):
    annotate(path.parent.parent, Annotation("anna", "7", "right"))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 3])


DAMAGES = {
    "no database": lambda path: path.write_bytes(b"this is no database\n" * 100),
    "another database": another_table,
    "cut short": cut_short,
    "a folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_database_is_one_sentence(tmp_path, damage):
    path = tmp_path / "people" / "annotations.sqlite"
    path.parent.mkdir()
    DAMAGES[damage](path)
    for work, words in (
        (lambda: all_annotations(tmp_path), "must be an annotation database; it cannot be read"),
        (lambda: annotate(tmp_path, Annotation("anna", "7", "right")), "nothing was stored"),
    ):
        with pytest.raises(RunError) as caught:
            work()
        told = str(caught.value)
        assert words in told and str(path) in told
        assert "\n" not in told and told.endswith(".")


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path):
    path = tmp_path / "people" / "annotations.sqlite"
    path.parent.mkdir()
    DAMAGES["no database"](path)
    before = contents(tmp_path)
    with pytest.raises(RunError):
        annotate(tmp_path, Annotation("anna", "7", "right"))
    assert contents(tmp_path) == before


def test_where_nothing_can_be_written_nothing_is_acknowledged(tmp_path):
    (tmp_path / "people").write_text("a file where the folder should be")
    with pytest.raises(RunError, match=r"could not be .*, and nothing was stored; free the disk"):
        annotate(tmp_path, Annotation("anna", "7", "right"))


# ------------------------------------------------------------------ never lost


def test_every_commit_is_flushed_to_disk(tmp_path):
    annotate(tmp_path, Annotation("anna", "7", "right"))
    with _engine(_database(tmp_path)).connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL


@pytest.mark.skipif(os.name == "nt", reason="no kill -9 there")
def test_what_was_acknowledged_survives_kill_9(tmp_path, writer):
    process = writer("anna", 100_000)
    go(process)
    acknowledged = [process.stdout.readline() for _ in range(5)]
    process.send_signal(signal.SIGKILL)
    acknowledged += process.stdout.readlines()
    assert process.wait() == -signal.SIGKILL
    stored = {event.event_id for event in all_annotations(tmp_path)}
    assert {line.strip() for line in acknowledged if line.endswith("\n")} <= stored
    with database(tmp_path) as other:
        assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    annotate(tmp_path, Annotation("bob", "7", "right"))
    assert len(all_annotations(tmp_path)) == len(stored) + 1


def test_two_processes_writing_at_once_lose_nothing(tmp_path, writer):
    names = ("anna", "bob")
    processes = [writer(name, 200) for name in names]
    go(*processes)
    acknowledged = [line.strip() for process in processes for line in process.stdout]
    assert [process.wait() for process in processes] == [0, 0]
    events = all_annotations(tmp_path)
    assert sorted(event.event_id for event in events) == sorted(acknowledged)
    assert len(acknowledged) == 400
    for name in names:
        said = [event.id for event in events if event.annotator == name]
        assert said == [str(i) for i in range(200)]


def test_who_comes_while_another_makes_the_database_waits_for_it(tmp_path):
    path = tmp_path / "people" / "annotations.sqlite"
    path.parent.mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE something_to_lock (here TEXT)")
        other.execute("BEGIN IMMEDIATE")
        visitor = Thread(target=annotate, args=(tmp_path, Annotation("anna", "7", "right")))
        visitor.start()
        visitor.join(0.2)
        assert visitor.is_alive()
        other.execute("COMMIT")
        visitor.join()
    assert [event.annotator for event in all_annotations(tmp_path)] == ["anna"]


@pytest.mark.parametrize("again", range(3))
def test_visitors_who_are_the_first_at_the_same_moment_lose_nothing(tmp_path, again):
    everybody = Barrier(8)

    def judge(name):
        everybody.wait()
        annotate(tmp_path, Annotation(name, "7", "right"))

    visitors = [Thread(target=judge, args=(f"visitor {i}",)) for i in range(8)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    said = {event.annotator for event in all_annotations(tmp_path)}
    assert said == {f"visitor {i}" for i in range(8)}
