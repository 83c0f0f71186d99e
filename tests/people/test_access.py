import re
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from fakes import contents

from hardex.errors import AccessError, HardexError, RunError
from hardex.people.access import OWNER, ROLES, Access, Visitor
from hardex.people.events import Annotation
from hardex.people.opening import open_database
from hardex.people.store import Store

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Clock:
    """A clock that a test sets."""

    def __init__(self):
        self.now = datetime(2026, 1, 1)

    def __call__(self):
        return self.now

    def wait(self, time):
        self.now += time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def access(place, clock):
    """Nobody is invited yet, on each kind of database."""
    opened = Access.open(place, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def owners(place, clock):
    """The same, but of an app itself, which also gives the owner's role."""
    opened = Access.open(place, roles=ROLES, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def ask(place, request):
    """Queries as any other program asks them; the rows of the last one."""

    def ask(*queries):
        if "://" in place:
            return request.getfixturevalue("postgres_server").ask(place, *queries)
        path = Path(place) / "people" / "annotations.sqlite"
        with closing(sqlite3.connect(path)) as other:
            rows = [other.execute(query).fetchall() for query in queries][-1]
            other.commit()
            return rows

    return ask


def refused(access, token):
    """The sentence with which a token is refused."""
    with pytest.raises(AccessError) as caught:
        access.enter(token)
    told = str(caught.value)
    assert "\n" not in told and told.endswith(".")
    return told


# ------------------------------------------------------------------ links


def test_a_link_lets_somebody_in_under_their_name(access, owners):
    token = access.invite("Änna O'Neil 🦊")
    assert re.fullmatch(r"[\w-]{8}\.[\w-]{43}", token, re.ASCII)
    session = access.enter(token)
    assert re.fullmatch(r"[\w-]{43}", session, re.ASCII)
    assert access.visitor(session) == Visitor("Änna O'Neil 🦊", "annotator")
    owner = owners.enter(owners.invite("owner", role="owner", expires=None))
    assert owners.visitor(owner) == OWNER
    assert access.visitor(session).name != "owner"


def test_what_was_made_is_listed_without_its_secret(owners, clock):
    first = owners.invite("anna")
    clock.wait(HOUR)
    second = owners.invite("owner", role="owner", expires=None)
    anna, owner = owners.invitations()
    assert (anna.name, anna.role, anna.token_id) == ("anna", "annotator", first[:8])
    assert (anna.created, anna.expires) == (clock.now - HOUR, clock.now - HOUR + 7 * DAY)
    assert (owner.name, owner.role, owner.expires, owner.revoked) == ("owner", "owner", None, None)
    assert owner.token_id == second[:8]
    assert first[9:] not in repr([anna, owner])


def test_no_secret_is_stored(access, place, ask):
    token = access.invite("anna")
    session = access.enter(token)
    stored = f"{ask('SELECT * FROM invitations')}{ask('SELECT * FROM sessions')}"
    access.close()
    if "://" not in place:
        stored += "".join(
            path.read_bytes().decode("latin-1") for path in Path(place).glob("people/*")
        )
    for secret in (token, token[9:], session):
        assert secret not in stored
    assert token[:8] in stored


def test_every_token_and_session_is_a_new_one(access):
    tokens = {access.invite("anna") for _ in range(5)}
    (token, *_) = tokens
    sessions = {access.enter(token) for _ in range(5)}
    assert len(tokens) == len(sessions) == 5
    assert all(access.visitor(session).name == "anna" for session in sessions)


def test_an_unknown_and_a_wrong_token_are_told_the_same(access):
    token = access.invite("anna")
    ended = access.invite("bob")
    access.revoke("bob")
    wrong = token[:-1] + ("A" if token[-1] != "A" else "B")
    told = refused(access, "aaaaaaaa." + "b" * 43)
    for other in (
        wrong,
        ended[:-1] + ("A" if ended[-1] != "A" else "B"),  # says nothing of what was revoked
        token[:9] + access.invite("carl")[9:],
        token.swapcase(),
        token + "A",
        f" {token}",
        f"{token}\n",
        "",
        "x" * 1_000_000,
        "\0.\ud800",
        "' OR 1=1 --",
        None,
        b"abc",
        [token],
    ):
        assert refused(access, other) == told
    assert access.visitor(access.enter(token)).name == "anna"


def test_a_link_expires(access, clock):
    token = access.invite("anna", expires=DAY)
    clock.wait(DAY - timedelta(seconds=1))
    access.enter(token)
    clock.wait(timedelta(seconds=1))
    assert refused(access, token) == "this link has expired; ask for a new one."


def test_a_link_that_was_revoked_lets_nobody_in_and_nobody_stay(access, place, clock):
    tokens = [access.invite("anna"), access.invite("anna")]
    session, other = access.enter(tokens[0]), access.enter(access.invite("bob"))
    assert access.visitor(session) and access.visitor(other)
    assert access.revoke("anna") == 2
    assert access.revoke("anna") == access.revoke("nobody") == access.revoke("\0") == 0
    assert access.visitor(session) is None  # at once, though it was asked for just now
    assert access.visitor(other) == Visitor("bob", "annotator")
    for token in tokens:
        assert "was revoked" in refused(access, token)
    revoked = {(one.name, one.revoked) for one in access.invitations()}
    assert revoked == {("anna", clock.now), ("bob", None)}
    assert access.visitor(access.enter(access.invite("anna"))).name == "anna"  # invited again


def test_revoking_where_nobody_was_invited_makes_nothing(access, tmp_path):
    assert access.revoke("anna") == 0 and access.invitations() == []
    assert access.visitor("a" * 43) is None
    access.leave("a" * 43)
    refused(access, "aaaaaaaa." + "b" * 43)
    assert contents(tmp_path) == {}


@pytest.mark.parametrize(
    "name",
    ["", " anna", "anna ", "a\nb", "a\0b", "a\u202eb", "x" * 81, "\ud800", None, "owner", "Owner",
     "\uff4f\uff57\uff4e\uff45\uff52"],
)  # fmt: skip
def test_a_name_that_would_mislead_is_refused(access, name):
    with pytest.raises(AccessError) as caught:
        access.invite(name)
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")
    assert access.invitations() == []


def test_only_the_owner_is_called_owner(access):
    for name in ("anna", "OWNER"):
        with pytest.raises(AccessError, match="only the owner is called 'owner'; received"):
            access.invite(name, role="owner")
    with pytest.raises(
        AccessError, match="role must be one of owner, annotator, viewer; received 'admin'"
    ):
        access.invite("anna", role="admin")


@pytest.mark.parametrize("expires", [timedelta(0), -DAY, timedelta(days=100_000)])
def test_an_odd_time_is_refused(access, expires):
    with pytest.raises(AccessError, match="must expire within 3,650 days"):
        access.invite("anna", expires=expires)


def test_a_name_has_one_spelling(access):
    access.invite("Zoe\u0308")
    access.invite("Zo\u00eb")
    assert {one.name for one in access.invitations()} == {"Zo\u00eb"}
    assert access.revoke("Zoe\u0308") == 2


# ------------------------------------------------------------------ sessions


def test_a_session_that_nobody_uses_ends_after_twelve_hours(access, place, clock):
    session = access.enter(access.invite("anna"))
    for _ in range(3):
        clock.wait(timedelta(hours=11))
        access._clear_cache()  # as a second later
        assert access.visitor(session)
    clock.wait(timedelta(hours=12))
    access._clear_cache()
    assert access.visitor(session) is None


def test_a_session_ends_after_seven_days_however_much_it_is_used(access, clock):
    session = access.enter(access.invite("anna", expires=None))
    for _ in range(7 * 24 // 6):
        assert access.visitor(session)
        clock.wait(6 * HOUR)
        access._clear_cache()
    assert access.visitor(session) is None


def test_a_session_ends_with_its_link(access, clock):
    session = access.enter(access.invite("anna", expires=HOUR))
    clock.wait(HOUR)
    assert access.visitor(session) is None


def test_who_leaves_is_gone_and_others_stay(access, place, clock):
    token = access.invite("anna")
    here, there = access.enter(token), access.enter(token)
    assert access.visitor(here)
    access.leave(here)
    access.leave(here)
    assert access.visitor(here) is None
    assert access.visitor(there) == Visitor("anna", "annotator")
    assert Access.open(place, clock=clock).visitor(here) is None


def test_nothing_else_is_a_session(access, ask):
    token = access.invite("anna")
    session = access.enter(token)
    stored = [row[0] for row in ask("SELECT session_hash FROM sessions")]
    for other in (token, token[9:], *stored, stored[0][:43], session[:-1], session + "A",
                  f"{session}\n", "", "\0" * 43, "%" * 43, None, 7, b"x" * 43):  # fmt: skip
        assert access.visitor(other) is None


def test_another_process_is_heard_within_a_second(access, place, clock):
    session = access.enter(access.invite("anna"))
    assert access.visitor(session)
    other = Access.open(place, clock=clock)
    assert other.visitor(session)
    other.revoke("anna")
    until = time.monotonic() + 1.5
    while access.visitor(session) and time.monotonic() < until:
        time.sleep(0.02)
    assert access.visitor(session) is None


class Counting:
    """A database that counts how often it is read."""

    def __init__(self, database):
        self.write, self._database, self.count = database.write, database, 0
        self.run = database.run

    def read(self, *words):
        self.count += 1
        return self._database.read(*words)


def test_the_database_is_asked_once_a_second(place):
    database = Counting(open_database(place))
    access = Access(database)
    session = access.enter(access.invite("anna"))
    database.count, begin = 0, time.monotonic()
    for _ in range(200):
        assert access.visitor(session)
        assert access.visitor("a" * 43) is None
    assert 2 <= database.count <= 2 * (2 + time.monotonic() - begin)


def test_unknown_sessions_do_not_fill_the_memory(access, monkeypatch):
    monkeypatch.setattr("hardex.people.access._CACHED_MOST", 50)
    session = access.enter(access.invite("anna"))
    for number in range(120):
        assert access.visitor(f"{number:043}") is None
    assert len(access._cache) <= 50
    assert access.visitor(session)


ENTER = """
import os, signal, sys
from hardex.people.access import Access
access = Access.open(sys.argv[1])
token = access.invite("anna")
print(token, access.enter(token), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no kill -9 there")
def test_what_a_link_leaves_behind_is_bounded(access, ask, clock):
    token, other = access.invite("Anna"), access.enter(access.invite("Bert"))
    sessions = []
    for _ in range(53):
        clock.now += timedelta(seconds=1)
        sessions.append(access.enter(token))
    time.sleep(1.1)  # what was read of a session holds for a second
    assert [access.visitor(one) is None for one in sessions] == [True] * 3 + [False] * 50
    assert access.visitor(other).name == "Bert"
    clock.now += timedelta(hours=13)
    access.enter(token)
    assert [tuple(row) for row in ask("SELECT COUNT(*) FROM sessions")] == [(1,)]


def test_links_and_sessions_survive_kill_9(place):
    done = subprocess.run([sys.executable, "-c", ENTER, place], capture_output=True, text=True)
    token, session = done.stdout.split()
    access = Access.open(place)
    assert access.visitor(session) == Visitor("anna", "annotator")
    assert access.visitor(access.enter(token))


def test_times_are_utc(place):
    access = Access.open(place)
    access.invite("anna")
    age = datetime.now(UTC).replace(tzinfo=None) - access.invitations()[0].created
    assert timedelta(0) <= age < timedelta(minutes=1)


def test_many_may_enter_at_once_and_annotate_in_the_same_database(access, place):
    store, tokens, sessions = Store.open(place), [], []

    def come(number):
        tokens.append(access.invite(f"anna {number}"))
        sessions.append(access.enter(tokens[-1]))
        store.add(Annotation(access.visitor(sessions[-1]).name, "7", "right"))

    visitors = [Thread(target=come, args=(number,)) for number in range(12)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert len(set(sessions)) == len(access.invitations()) == len(store.latest()) == 12


def test_a_session_is_read_while_another_writes_for_long(access, place, clock):
    """Being seen is written only when that is possible at once."""
    session = access.enter(access.invite("anna"))
    clock.wait(HOUR)
    access._clear_cache()
    if "://" in place:
        pytest.skip("PostgreSQL locks single rows")
    path = Path(place) / "people" / "annotations.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert access.visitor(session)
        other.execute("ROLLBACK")


def test_without_the_database_nobody_is_let_in(tmp_path):
    (tmp_path / "people").mkdir()
    (tmp_path / "people" / "annotations.sqlite").write_bytes(b"no database " * 999)
    access = Access.open(tmp_path)
    for work in (
        lambda: access.visitor("a" * 43),
        lambda: access.enter("aaaaaaaa." + "b" * 43),
        lambda: access.invite("anna"),
        access.invitations,
    ):
        with pytest.raises(RunError) as caught:
            work()
        assert isinstance(caught.value, HardexError) and str(caught.value).endswith(".")
