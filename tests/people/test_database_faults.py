"""What happens to annotations when a disk, a file or a server fails: nothing that was acknowledged
is lost, and people are told in one sentence."""

import gc
import logging
import os
import shutil
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from uuid import uuid4

import numpy as np
import postgres
import pytest
from sqlalchemy import make_url

from hardex import MisplacedError, RunError, load, rank
from hardex.data import tensors
from hardex.data.dataset import ArrayDataset
from hardex.people.access import Access
from hardex.people.events import Annotation
from hardex.people.one_data_set import NAMELESS
from hardex.people.opening import open_database
from hardex.people.postgresql import PostgreSQL, ssl_context_of
from hardex.people.sqlite import SQLite
from hardex.people.store import Store
from hardex.runs.manifest import Source
from hardex.runs.views import View

# pg8000 leaves the socket of a connection that broke to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


@pytest.fixture(autouse=True)
def _collect():
    yield
    gc.collect()


def file_of(folder):
    return Path(folder) / "people" / "annotations.sqlite"


def right(annotator="anna", id="7", **more):
    return Annotation(annotator, id, "right", **more)


def sentence(work, kind=RunError):
    """What people are told."""
    with pytest.raises(kind) as caught:
        work()
    told = str(caught.value)
    assert "\n" not in told and told.endswith(".") and len(told) < 500
    for secret in (postgres.PASSWORD, "s3cret", "p%40ss"):
        assert secret not in told
    return told


# ------------------------------------------------------------------ locked


@contextmanager
def locked(folder):
    """Another program writes for long."""
    with closing(sqlite3.connect(file_of(folder), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other
        other.execute("ROLLBACK")


def test_who_writes_waits_for_others(tmp_path):
    store = Store.open(tmp_path)
    store.add(right())
    with locked(tmp_path):
        visitors = [Thread(target=store.add, args=(right(f"bob {i}"),)) for i in range(3)]
        for visitor in visitors:
            visitor.start()
        sleep(0.5)
        assert len(store.all()) == 1  # reading goes on
        assert all(visitor.is_alive() for visitor in visitors)
    for visitor in visitors:
        visitor.join()
    assert len(store.all()) == 4


def test_who_waited_too_long_is_told(tmp_path):
    store = Store(SQLite(file_of(tmp_path), wait_seconds=0.3))
    store.add(right())
    told = []
    with locked(tmp_path):
        begin = monotonic()
        visitors = [
            Thread(target=lambda: told.append(sentence(lambda: store.add(right("bob")))))
            for _ in range(4)
        ]
        for visitor in visitors:
            visitor.start()
        for visitor in visitors:
            visitor.join()
        assert monotonic() - begin < 10
    assert len(told) == 4
    for one in told:
        assert "database is locked" in one or "others are writing" in one
        assert "nothing was stored" in one
    store.add(right("carl"))
    assert [event.annotator for event in store.all()] == ["anna", "carl"]


# ------------------------------------------------------------------ full, or only for reading

FULL = """
import resource, sys
from pathlib import Path
from hardex.errors import HardexError
from hardex.people.events import Annotation
from hardex.people.store import Store

folder = sys.argv[1]
store = Store.open(folder)
print(store.add(Annotation("anna", "0", "right")).event_id)
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))  # as if the disk were full there
for number in range(1, 1000):
    try:
        print(store.add(Annotation("anna", str(number), "right", comment="x" * 5000)).event_id)
    except HardexError as error:
        print("told", error)
        break
try:
    store.add(Annotation("anna", "not stored", "right", comment="x" * 5000))
except HardexError as error:
    print("told", error)
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
print(store.add(Annotation("anna", "afterwards", "right")).event_id)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit there")
def test_on_a_full_disk_nothing_is_acknowledged_that_is_not_stored(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, timeout=120
    )
    assert done.stderr == "" and done.returncode == 0
    lines = done.stdout.splitlines()
    told = [line for line in lines if line.startswith("told ")]
    acknowledged = [line for line in lines if not line.startswith("told ")]
    assert len(told) == 2 and len(acknowledged) > 3
    for one in told:
        assert "and nothing was stored; free disk space" in one and one.endswith(".")
    events = Store.open(tmp_path).all()
    assert [event.event_id for event in events] == acknowledged
    assert events[-1].id == "afterwards"
    with closing(sqlite3.connect(file_of(tmp_path))) as other:
        assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.fixture
def read_only_run():
    """A run whose folder nobody may write; root may write everywhere, so root steps down."""
    folder = Path(tempfile.mkdtemp(prefix="hardex-read-only-"))
    store = Store.open(folder)
    said = store.add(right())
    store.close()
    for path, mode in ((file_of(folder), 0o444), (folder / "people", 0o555), (folder, 0o555)):
        path.chmod(mode)
    root = os.name == "posix" and os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield folder, said
    finally:
        if root:
            os.seteuid(0)
        for path in (folder, folder / "people"):
            path.chmod(0o755)
        shutil.rmtree(folder)


@pytest.mark.skipif(os.name == "nt", reason="modes mean something else there")
def test_where_only_reading_is_allowed_one_reads(read_only_run):
    folder, said = read_only_run
    store = Store.open(folder)
    assert store.all() == store.latest() == [said] and store.judged() == ["7"]
    assert "nothing was stored" in sentence(lambda: store.add(right("bob")))
    assert "nothing was stored" in sentence(lambda: Access.open(folder).invite("bob"))
    assert store.all() == [said]
    store.close()


# ------------------------------------------------------------------ a server that is away


@pytest.fixture
def store(postgres_address):
    opened = Store.open(postgres_address)
    yield opened
    opened.close()


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_server_that_was_restarted_is_found_again(postgres_server, store, how):
    first = store.add(right())
    postgres_server.restart(how)
    second = store.add(right("bob"))
    postgres_server.restart(how)
    assert store.all() == [first, second]


def test_a_restart_leaves_no_traceback_on_the_terminal(postgres_server, store, caplog):
    store.add(right())
    postgres_server.restart()
    store.add(right("bob"))
    gc.collect()
    assert [record.message for record in caplog.records if record.exc_info] == []


def test_while_the_server_is_down_people_are_told(postgres_server, postgres_address, store):
    first = store.add(right())
    access = Access.open(postgres_address)
    session = access.enter(access.invite("anna"))
    postgres_server.stop()
    try:
        for _ in range(2):
            told = sentence(lambda: store.add(right("bob")))
            assert "nothing was stored" in told and "check that the server runs" in told
            assert "postgresql+pg8000://anna:***@127.0.0.1" in told
            assert "cannot be read" in sentence(store.all)
        access._clear_cache()
        sentence(lambda: access.visitor(session))
    finally:
        postgres_server.start()
    second = store.add(right("bob"))
    assert store.all() == [first, second]
    assert access.visitor(session).name == "anna"


def test_what_was_acknowledged_survives_a_crash_of_the_server(postgres_server, store):
    """Visitors send again what was not acknowledged, as their pages do."""
    acknowledged, over = [], []

    def judge(name):
        number = 0
        while not over or number < 20:
            said = right(name, str(number), event_id=str(uuid4()))
            for _ in range(600):
                try:
                    acknowledged.append(store.add(said))
                    break
                except RunError:
                    sleep(0.1)
            number += 1

    visitors = [Thread(target=judge, args=(f"visitor {i}",)) for i in range(4)]
    store.add(right())
    for visitor in visitors:
        visitor.start()
    for _ in range(2):
        sleep(0.5)
        postgres_server.restart("immediate")
    over.append(True)
    for visitor in visitors:
        visitor.join()
    events = store.all()
    assert set(acknowledged) <= set(events)
    assert len(acknowledged) == len(set(acknowledged)) == len(events) - 1


def test_a_server_that_is_silent_is_not_waited_for_for_ever():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"postgresql+pg8000://anna:s3cret@127.0.0.1:{silent.getsockname()[1]}/run"
        store = Store(PostgreSQL(make_url(address), wait_seconds=0.3))
        assert "nothing was stored" in sentence(lambda: store.add(right()))
        store.close()


# ------------------------------------------------------------------ addresses


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("anna:", "eve:", "password authentication failed"),
        ("s3cret", "guessed", "password authentication failed"),
        ("/run_", "/nothing_", "does not exist"),
    ],
)
def test_who_is_not_let_in_is_told_without_the_password(postgres_address, caplog, old, new, says):
    caplog.set_level(logging.DEBUG)
    address = postgres_address.replace(old, new)
    store = Store.open(address)
    for work in (store.all, lambda: store.add(right(comment="a secret thought"))):
        assert says in sentence(work)
    store.close()
    for secret in ("s3cret", "p@ss", "guessed", "a secret thought"):
        assert secret not in caplog.text and secret not in repr(store.where)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("mysql://anna:s3cret@host/run", "begins with 'mysql'"),
        ("sqlite:///run/s3cret", "begins with 'sqlite'"),
        ("postgresql+psycopg://anna:s3cret@host/run", "begins with 'postgresql\\+psycopg'"),
        (
            "postgresql://anna:p@ss/s3cret@host/run",
            "the one received is not; write characters such as @",
        ),
        ("postgresql://anna:s3cret@host", "the one received is not"),
        ("postgresql://anna:s3cret@host:port/run", "the one received is not"),
        ("postgresql://", "the one received is not"),
        (
            "postgresql://anna:s3cret@host/run?password=s3cret",
            "sslrootcert, unix_sock; received 'password'",
        ),
        ("postgresql://anna:s3cret@host/run?sslmode=prefer", "received 'prefer'; choose one"),
        ("postgresql://anna:s3cret@host/run?sslmode=require&sslmode=require", "must be one of"),
        ("postgresql://anna:s3cret@host/run?sslrootcert=x", "with no sslmode; add sslmode=verify"),
        ("postgresql://anna:s3cret@h/run?sslmode=require&sslrootcert=x", "with sslmode=require"),
        ("postgresql://h/run?sslmode=verify-full&sslrootcert=/nothing", "'/nothing' could not be"),
        (f"postgresql://h/run?sslmode=verify-full&sslrootcert={__file__}", "in PEM format"),
    ],
)
def test_another_address_is_refused_without_the_password(address, says):
    with pytest.raises(RunError, match=says):
        Store.open(address)
    sentence(lambda: Access.open(address))


def test_a_shorter_address_means_the_same(postgres_address):
    short = postgres_address.replace("postgresql+pg8000:", "postgresql:")
    assert open_database(short) is open_database(postgres_address)
    assert postgres.PASSWORD not in Store.open(short).where


# ------------------------------------------------------------------ encrypted


def encrypted_how(address):
    """Whether pg8000 is told to check the certificate, and the name in it; None for no TLS."""
    found = ssl_context_of(make_url(address))
    return found if not found else (found.verify_mode == ssl.CERT_REQUIRED, found.check_hostname)


def test_what_the_modes_mean():
    address = "postgresql+pg8000://anna@host/run"
    assert encrypted_how(f"{address}?sslmode=disable") is False
    assert encrypted_how(address) is None  # as the server likes
    assert encrypted_how(f"{address}?sslmode=require") == (False, False)
    assert encrypted_how(f"{address}?sslmode=verify-full") == (True, True)


def test_who_asks_for_tls_never_goes_on_without(postgres_address):
    for mode in ("require", "verify-full"):
        store = Store.open(f"{postgres_address}?sslmode={mode}")
        assert "Server refuses SSL" in sentence(lambda store=store: store.add(right()))
        assert "Server refuses SSL" in sentence(store.all)
        store.close()
    store = Store.open(f"{postgres_address}?sslmode=disable")
    assert store.all() == []
    store.add(right())
    store.close()


@pytest.fixture
def tls_server():
    server = postgres.new_server(speaks_tls=True)
    yield server
    postgres.end(server)


def test_a_server_is_believed_by_its_certificate(tls_server):
    address = tls_server.new_database()
    known = f"sslmode=verify-full&sslrootcert={tls_server.certificate}"
    in_use = "SELECT bool_or(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
    in_use += "WHERE application_name = 'hardex'"
    for words, is_encrypted in (("disable", False), ("require", True), (known[8:], True)):
        store = Store.open(f"{address}?sslmode={words}")
        store.add(right(words[:7]))
        assert tls_server.ask(address, in_use) == [(is_encrypted,)]
        store.close()
    assert len(store.all()) == 3
    store.close()
    stranger = Store.open(f"{address}?sslmode=verify-full")  # by what this computer knows
    elsewhere = Store.open(f"{address.replace('127.0.0.1', 'localhost')}?{known}")
    for store in (stranger, elsewhere):
        told = sentence(lambda store=store: store.add(right("eve")))
        assert "CERTIFICATE_VERIFY_FAILED" in told and "nothing was stored" in told
        store.close()


# ------------------------------------------------------------------ whose a database is


def of(name, hash="0" * 64):
    return Source(name, f"/data/{name}", hash)


def test_a_database_serves_one_data_set(postgres_address):
    digits, cats = of("digits", "d" * 64), of("cats", "c" * 64)
    first = Store.open(postgres_address, digits)
    assert first.all() == []
    assert Store.open(postgres_address, cats).all() == []  # nobody has said a word yet
    said = first.add(right())
    for work in (
        lambda store: store.add(right("eve")),
        lambda store: store.keep([replace(said, event_id=str(uuid4()))]),
        Store.all,
        lambda store: store.of("7"),
        lambda store: store.verdicts(["7"]),
        Store.judged,
    ):
        told = sentence(lambda work=work: work(Store.open(postgres_address, cats)), MisplacedError)
        assert "belongs to 'digits' (dddddddd), and this run is of 'cats' (cccccccc)" in told
    # Elsewhere, by another name, and for who does not say what it is of.
    for data in (Source("copy", "/elsewhere", "d" * 64), None):
        assert Store.open(postgres_address, data).all() == [said]
    told = sentence(lambda: Access.open(postgres_address, cats).invite("eve"))
    assert "give this run another database" in told
    assert Access.open(postgres_address, digits).invite("anna")
    assert first.all() == [said]


def test_data_whose_labels_were_mended_keeps_its_database(postgres_address):
    before, mended = of("digits", "d" * 64), of("digits", "e" * 64)
    said = Store.open(postgres_address, before).add(right())
    assert Store.open(postgres_address, mended).all() == [said]
    later = Store.open(postgres_address, mended).add(right("bob"))
    moved = Source("copy", "/elsewhere", "e" * 64)  # the hash it has since
    for data in (before, mended, moved):
        assert Store.open(postgres_address, data).all() == [said, later]


def test_data_that_was_moved_keeps_its_database(postgres_address, postgres_server):
    said = Store.open(postgres_address, of("digits", "d" * 64)).add(right())
    moved, mended_there = (Source("copy", "/elsewhere", hash * 64) for hash in "de")
    assert "rank it again with its original name" in sentence(
        lambda: Store.open(postgres_address, mended_there).all()
    )
    store = Store.open(postgres_address, moved)
    later = [store.add(right("bob")), store.add(right("carl"))]
    assert Store.open(postgres_address, mended_there).all() == [said, *later]
    rows = "SELECT name, hash FROM hardex_data ORDER BY name"
    found = [tuple(row) for row in postgres_server.ask(postgres_address, rows)]
    assert found == [("copy", "d" * 64), ("digits", "d" * 64)]  # each once


@pytest.mark.parametrize("name", ["arrays in memory", "a tf.data.Dataset"])
def test_what_all_data_in_memory_is_called_tells_nothing(postgres_address, name):
    one, other = (Source(name, "", hash * 64) for hash in "de")
    said = Store.open(postgres_address, one).add(right())
    assert "give this run another database" in sentence(
        lambda: Store.open(postgres_address, other).add(right("eve"))
    )
    assert Store.open(postgres_address, one).all() == [said]


def test_data_in_memory_is_called_so():
    images = np.zeros((2, 4, 4, 1), np.uint8)
    named = {ArrayDataset.of(images, np.array([0, 1])).source, tensors._SOURCE}
    assert named == set(NAMELESS)


def test_of_runs_that_come_at_the_same_moment_one_gets_the_database(postgres_address):
    stores = [Store.open(postgres_address, of(f"data {n}", f"{n}" * 64)) for n in range(6)]
    refused = []

    def judge(store):
        try:
            store.add(right())
        except RunError as error:
            refused.append(str(error))

    threads = [Thread(target=judge, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 5 and all("belongs to" in told for told in refused)
    assert len(Store.open(postgres_address).all()) == 1


def test_a_database_from_before_belongs_to_who_writes_first(postgres_address):
    said = Store.open(postgres_address).add(right())
    store = Store.open(postgres_address, of("digits"))
    assert store.all() == [said]
    store.add(right("bob"))
    sentence(Store.open(postgres_address, of("cats", "c" * 64)).all)


def test_a_folder_belongs_to_its_run_whatever_it_is_of(tmp_path):
    Store.open(tmp_path, of("digits")).add(right())
    assert len(Store.open(tmp_path, of("cats", "c" * 64)).all()) == 1


def test_runs_of_the_same_data_share_a_database_and_others_are_refused(tmp_path, postgres_address):
    def run(name, *, shade=0, labels=(0, 1), **changes):
        images = np.full((2, 4, 4, 1), shade, np.uint8)
        rows = np.array(changes.pop("probabilities", [[0.6, 0.4], [0.3, 0.7]]))
        data = ArrayDataset(images, np.array(labels), class_names=("cat", "dog"), source=name)
        rank(data=data, probabilities=rows, out=tmp_path / name, force=True, **changes)
        return load(tmp_path / name, annotations=postgres_address)

    said = run("one").annotations.add(right("anna", "1"))
    assert run("one").annotations.all() == [said]  # ranked again
    assert run("moved", probabilities=[[0.1, 0.9], [0.8, 0.2]]).annotations.all() == [said]
    other = run("other", shade=9)
    assert "belongs to 'one'" in sentence(lambda: other.annotations.all())
    assert "this run is of 'other'" in sentence(lambda: other.annotations.add(right("eve", "1")))


def test_a_run_may_keep_its_annotations_on_a_server(tmp_path, postgres_address):
    rank(probabilities=[[0.6, 0.4], [0.3, 0.7]], labels=[0, 0], out=tmp_path / "run")
    run = load(tmp_path / "run", annotations=postgres_address)
    run.annotations.add(right("anna", "1"))
    run.annotations.add(right("anna", "gone"))
    assert run.find(View(verdict="right")).total == 1
    assert run.unmatched_annotations() == 1
    assert not (tmp_path / "run" / "people").exists()
    assert "s3cret" not in repr(run) and load(tmp_path / "run").annotations.all() == []
