"""What comes with a run from somebody else: it gives nobody rights, and no file of it leads out."""

import json
import os
import shutil
import sqlite3
import stat
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardex import MisplacedError, rank
from hardex.annotate.invitations import unconfirmed
from hardex.errors import AccessError, HardexError, LinkOverError, RunError
from hardex.people import machine_key as keys
from hardex.people.access import OWNER, ROLES, Access, Visitor
from hardex.people.address import keep_address, kept_address
from hardex.people.events import Annotation
from hardex.people.machine_key import KEY_FILE, machine_key, sealed
from hardex.people.own_files import PeopleFolder
from hardex.people.store import Store
from hardex.people.tables import INVITATIONS, foreign_entries
from hardex.people.tickets import Tickets
from hardex.probing.kept_probe import KeptProbe
from hardex.probing.saved_probes import keep, kept_picture, kept_probe, kept_probes
from hardex_app.auth.keys import Keys
from hardex_app.workspace import Workspace

ON_POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has other links, pipes and modes")
SECRET = "s" * 43
TOKEN = f"strange1.{SECRET}"
SESSION = "z" * 43
ROW = {
    "token_id": "strange1",
    "secret_hash": sha256(SECRET.encode()).hexdigest(),
    "name": "Anna",
    "role": "annotator",
    "created": "2026-01-01 00:00:00.000000",
    "expires": None,
    "revoked": None,
    "seal": None,
}


def file_of(folder):
    return Path(folder) / "people" / "annotations.sqlite"


def one_sentence(work, kind=HardexError):
    with pytest.raises(kind) as caught:
        work()
    told = str(caught.value)
    assert "\n" not in told and told.endswith(".") and len(told) < 600
    return told


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """Do something as on another computer, with another key."""

    def work(call):
        with monkeypatch.context() as patch:
            patch.setenv(KEY_FILE, str(tmp_path / "another computer" / "key"))
            return call()

    return work


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


@pytest.fixture
def received(run):
    """A run folder with a database in which nobody was invited yet."""
    access = Access.open(run)
    with access._database.write(INVITATIONS):
        pass
    access.close()
    return run


def change(folder, *commands):
    with closing(sqlite3.connect(file_of(folder))) as other, other:
        for command, *values in commands:
            other.execute(command, *values)


def plant(folder, **changes):
    """Write an invitation whose secret is known, as any program can."""
    values = ROW | changes
    places = ", ".join("?" * len(values))
    names = ", ".join(values)
    change(folder, (f"INSERT INTO invitations ({names}) VALUES ({places})", tuple(values.values())))


def plant_session(folder, token_id="strange1", now="2026-01-01 11:00:00.000000"):
    hashes = {sha256(SESSION.encode()).hexdigest(), SESSION}
    for stored in hashes:
        change(
            folder,
            (
                "INSERT INTO sessions (session_hash, token_id, entered, seen) VALUES (?, ?, ?, ?)",
                (stored, token_id, now, now),
            ),
        )


def noon():
    return datetime(2026, 1, 1, 12)


# ------------------------------------------------------------------ invitations


@pytest.mark.parametrize(
    "role", ["owner", "Owner", "OWNER ", "annotator", "admin", "", b"owner", 1]
)
@pytest.mark.parametrize("name", ["owner", "Anna", "\u043ewner", "0wner", b"owner", "a\x1b[31m"])
def test_a_planted_invitation_opens_nothing(received, role, name):
    plant(received, role=role, name=name)
    plant_session(received)
    access = Access.open(received, clock=noon)
    told = one_sentence(lambda: access.enter(TOKEN), LinkOverError)
    assert "must be confirmed by the owner" in told
    assert access.visitor(SESSION) is None
    access.close()


@pytest.mark.parametrize("column", [name for name in ROW if name != "seal"])
@pytest.mark.parametrize("value", [b"\xff\x00", 7, 1e400, "", "\x1b[31m", "9999-99-99", "é" * 50])
def test_any_value_in_any_column_opens_nothing_and_is_at_most_one_sentence(received, column, value):
    plant(received, role="owner", **{column: value}) if column != "role" else plant(
        received, role=value
    )
    plant_session(received)
    access = Access.open(received, clock=noon)
    for work in (
        lambda: access.enter(TOKEN),
        lambda: access.enter(f"{value}.{SECRET}"),
        lambda: access.visitor(SESSION),
        access.invitations,
        lambda: access.confirm("Anna"),
        lambda: access.revoke("Anna"),
        lambda: access.invite("Bert"),
        lambda: unconfirmed(access, noon()),
    ):
        try:
            found = work()
        except HardexError as error:
            assert str(error).endswith(".") and str(error).isprintable()
            continue
        assert not isinstance(found, Visitor)
    access.close()


def test_a_seal_that_is_copied_or_made_up_is_none(received, elsewhere):
    access = Access.open(received, clock=noon)
    access.invite("Anna")
    access.close()
    with closing(sqlite3.connect(file_of(received))) as other:
        (true_seal,) = other.execute("SELECT seal FROM invitations").fetchone()
    others_seal = elsewhere(
        lambda: access._seal_of(ROW | {"created": noon(), "expires": None})  # the right fields
    )
    for seal in (true_seal, others_seal, "", "0" * 64, "é", true_seal.encode(), 0):
        change(received, ("DELETE FROM invitations WHERE token_id = 'strange1'",))
        plant(received, seal=seal)
        with pytest.raises(LinkOverError, match="must be confirmed"):
            access.enter(TOKEN)
        access.close()


def test_a_session_that_is_planted_for_a_true_invitation_is_none(run):
    access = Access.open(run, clock=noon)
    access.invite("Anna")
    access.close()
    with closing(sqlite3.connect(file_of(run))) as other:
        (token_id,) = other.execute("SELECT token_id FROM invitations").fetchone()
    plant_session(run, token_id=token_id)
    assert access.visitor(SESSION) is None
    assert [one.confirmed for one in access.invitations()] == [True]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("name", "Bert"),
        ("role", "owner"),
        ("expires", "2036-01-01 00:00:00.000000"),
        ("expires", None),
        ("created", "2027-01-01 00:00:00.000000"),
        ("secret_hash", ROW["secret_hash"]),
    ],
)
def test_a_field_that_is_changed_afterwards_breaks_the_seal(run, column, value):
    access = Access.open(run, clock=noon)
    token = access.invite("Anna")
    session = access.enter(token)
    assert access.visitor(session) == Visitor("Anna", "annotator")
    access.close()
    change(run, (f"UPDATE invitations SET {column} = ?", (value,)))
    access = Access.open(run, clock=noon)
    assert access.visitor(session) is None
    secret = SECRET if column == "secret_hash" else token[9:]
    with pytest.raises(LinkOverError, match="must be confirmed"):
        access.enter(f"{token[:8]}.{secret}")
    access.close()


def test_a_token_id_that_is_changed_breaks_the_seal(run):
    access = Access.open(run)
    token = access.invite("Anna")
    access.close()
    change(run, ("UPDATE invitations SET token_id = 'strange1'",))
    with pytest.raises(LinkOverError, match="must be confirmed"):
        Access.open(run).enter(f"strange1.{token[9:]}")


def test_an_invitation_of_another_run_opens_nothing_here(tmp_path):
    """Whoever has a link to one run could hand over another run with the same invitation in it."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    access = Access.open(first)
    token = access.invite("Anna")
    session = access.enter(token)
    access.close()
    shutil.copytree(first, second)
    copy = Access.open(second)
    with pytest.raises(LinkOverError, match="must be confirmed"):
        copy.enter(token)
    assert copy.visitor(session) is None
    assert access.visitor(session) == Visitor("Anna", "annotator")


def test_no_access_to_a_run_gives_the_owners_role(place):
    """Also not at an address, where invitations need no seal."""
    owners = Access.open(place, roles=ROLES)
    token = owners.invite("owner", role="owner")
    session = owners.enter(token)
    assert owners.visitor(session) == OWNER
    access = Access.open(place)
    with pytest.raises(LinkOverError, match="must be confirmed"):
        access.enter(token)
    assert access.visitor(session) is None
    with pytest.raises(AccessError, match="the app itself prints the link of its owner"):
        access.invite("owner", role="owner")
    with pytest.raises(AccessError, match="only the owner is called"):
        access.confirm("owner")
    owners.close()


@pytest.mark.parametrize("name", ["owner", "Owner", "\u043ewner", "0wner", "a\u202eb", "\u3164"])
def test_at_an_address_a_name_that_nobody_may_have_opens_nothing(
    postgres_address, postgres_server, name
):
    """Their annotations would count as the owner's."""
    access = Access.open(postgres_address)
    token = access.invite("Anna")
    session = access.enter(token)
    assert access.visitor(session).name == "Anna"
    postgres_server.ask(postgres_address, f"UPDATE invitations SET name = '{name}'")
    access._clear_cache()
    assert access.visitor(session) is None
    with pytest.raises(LinkOverError):
        access.enter(token)


def test_at_an_address_all_computers_share_invitations_and_sessions(postgres_address, elsewhere):
    access = Access.open(postgres_address)
    token = access.invite("Anna")
    session = access.enter(token)
    assert elsewhere(lambda: Access.open(postgres_address).visitor(session)).name == "Anna"
    assert elsewhere(lambda: access.visitor(access.enter(token))).name == "Anna"


def test_the_app_of_a_planted_owner_has_its_own_owner_only(received):
    plant(received, name="owner", role="owner")
    plant_session(received)
    workspace = Workspace(lambda workspace: None)
    app = Keys(workspace)
    app._of_run = Access.open(received)
    try:
        with pytest.raises(LinkOverError, match="must be confirmed"):
            app.enter(TOKEN)
        assert app.visitor(SESSION) is None
        assert app.visitor(app.enter(app.owner_token)) == OWNER
        (line,) = app.notes()
        assert "1 invitation in this run was made" in line and ": owner. " in line
    finally:
        app.close()


# ------------------------------------------------------------------ confirming


def test_invitations_from_elsewhere_are_off_until_they_are_confirmed(run, elsewhere):
    access = Access.open(run)
    tokens = elsewhere(lambda: [access.invite(name) for name in ("Anna", "Ben", "Anna")])
    session = elsewhere(lambda: access.enter(tokens[0]))
    assert elsewhere(lambda: access.visitor(session)) == Visitor("Anna", "annotator")
    access._clear_cache()
    assert access.visitor(session) is None
    now = access._clock()
    assert {one.state(now) for one in access.invitations()} == {"unconfirmed"}
    assert unconfirmed(access, now) == (
        "3 invitations in this run were made on another computer or for another folder and are "
        "off: Anna, Ben. Confirm your own with: hardex annotate invite RUN NAME --confirm"
    )
    assert access.confirm("Anna") == 2 and access.confirm("Anna") == 0
    for token in (tokens[0], tokens[2]):
        assert access.visitor(access.enter(token)) == Visitor("Anna", "annotator")
    assert access.visitor(session) is None  # it was made elsewhere
    with pytest.raises(LinkOverError, match="must be confirmed"):
        access.enter(tokens[1])
    assert access.revoke("Ben") == 1
    with pytest.raises(LinkOverError, match="was revoked"):
        access.enter(tokens[1])
    assert unconfirmed(access, now) == ""


def test_only_open_invitations_of_annotators_are_confirmed(received):
    plant(received)
    plant(received, token_id="strange2", role="owner")
    plant(received, token_id="strange3", expires="2026-01-01 01:00:00.000000")
    plant(received, token_id="strange4", revoked="2026-01-01 01:00:00.000000")
    plant(received, token_id="strange5", secret_hash=b"x")
    access = Access.open(received, clock=noon)
    assert access.confirm("Anna") == 1
    confirmed = [one.token_id for one in access.invitations() if one.confirmed]
    assert confirmed == ["strange1"]
    assert access.visitor(access.enter(TOKEN)) == Visitor("Anna", "annotator")
    assert access.confirm("Nobody") == 0


@pytest.mark.parametrize("name", ["\u0410nna", "a\x1b[31mb", "\u202eanna"])
def test_a_name_that_nobody_may_be_invited_by_is_not_confirmed_but_revoked(received, name):
    plant(received, name=name)
    access = Access.open(received, clock=noon)
    with pytest.raises(AccessError):
        access.confirm(name)
    with pytest.raises(LinkOverError, match="must be confirmed"):
        access.enter(TOKEN)
    assert unconfirmed(access, noon()).isprintable()
    assert access.revoke(name) == 1


def test_a_name_that_looks_like_an_invited_one_is_not_confirmed(received):
    access = Access.open(received, clock=noon)
    access.invite("AHHA")
    plant(received, name="\u0410\u041d\u041d\u0410")
    with pytest.raises(AccessError, match="looks like 'AHHA'"):
        access.confirm("\u0410\u041d\u041d\u0410")
    assert [one.confirmed for one in access.invitations()].count(False) == 1


def test_many_names_are_shortened(received):
    for number in range(25):
        plant(received, token_id=f"strange{number}", name=f"{number} " + "x" * 500)
    told = unconfirmed(Access.open(received, clock=noon), noon())
    assert told.startswith("25 invitations") and " and 15 more. Confirm" in told
    assert len(told) < 1_200


# ------------------------------------------------------------------ older databases


def older(folder):
    """A database as hardex wrote it before invitations had seals."""
    (folder / "people").mkdir()
    change(
        folder,
        ("CREATE TABLE hardex_versions (part VARCHAR NOT NULL, version INTEGER NOT NULL, "
         "PRIMARY KEY (part))",),
        ("INSERT INTO hardex_versions VALUES ('invitation', 1)",),
        ("CREATE TABLE invitations (token_id VARCHAR NOT NULL PRIMARY KEY, "
         "secret_hash VARCHAR NOT NULL, name VARCHAR NOT NULL, role VARCHAR NOT NULL, "
         "created DATETIME NOT NULL, expires DATETIME, revoked DATETIME)",),
        ("CREATE TABLE sessions (session_hash VARCHAR NOT NULL PRIMARY KEY, token_id VARCHAR "
         "NOT NULL REFERENCES invitations, entered DATETIME NOT NULL, seen DATETIME NOT NULL, "
         "ended DATETIME)",),
    )  # fmt: skip
    values = tuple(value for name, value in ROW.items() if name != "seal")
    change(folder, ("INSERT INTO invitations VALUES (?, ?, ?, ?, ?, ?, ?)", values))


def test_an_older_database_is_upgraded_and_its_invitations_are_off(run):
    older(run)
    plant_session(run)
    access = Access.open(run, clock=noon)
    assert [(one.name, one.state(noon())) for one in access.invitations()] == [
        ("Anna", "unconfirmed")
    ]
    assert access.visitor(SESSION) is None
    with pytest.raises(LinkOverError, match="must be confirmed"):
        access.enter(TOKEN)
    with closing(sqlite3.connect(file_of(run))) as other:  # so far, it was only read
        versions = other.execute("SELECT version FROM hardex_versions").fetchall()
    assert versions == [(1,)]
    assert access.confirm("Anna") == 1
    assert access.visitor(access.enter(TOKEN)) == Visitor("Anna", "annotator")
    access.close()
    assert len(Access.open(run, clock=noon).invitations()) == 1  # the upgraded file is known, too
    with closing(sqlite3.connect(file_of(run))) as other:
        assert other.execute("SELECT version FROM hardex_versions").fetchall() == [(2,)]
        assert foreign_entries(other) == []


def test_an_older_database_that_may_only_be_read_is_read(run, monkeypatch):
    older(run)
    access = Access.open(run, clock=noon)

    def cannot(*words, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(access._database, "_writing", cannot)
    assert [one.name for one in access.invitations()] == ["Anna"]
    assert access.visitor(SESSION) is None
    assert "nothing was stored" in one_sentence(lambda: access.confirm("Anna"), RunError)


def test_many_at_once_upgrade_an_older_database_once(run):
    older(run)
    with ThreadPoolExecutor(8) as pool:
        names = [f"Visitor {number}" for number in range(16)]
        tokens = list(pool.map(lambda name: Access.open(run, clock=noon).invite(name), names))
    access = Access.open(run, clock=noon)
    assert len({access.visitor(access.enter(token)).name for token in tokens}) == 16


def test_an_older_database_at_an_address_is_upgraded_and_its_invitations_stay(
    postgres_address, postgres_server
):
    access = Access.open(postgres_address)
    token = access.invite("Anna")
    access.close()
    postgres_server.ask(postgres_address, "ALTER TABLE invitations DROP COLUMN seal")
    postgres_server.ask(postgres_address, "UPDATE hardex_versions SET version = 1")
    assert [one.confirmed for one in access.invitations()] == [True]
    assert access.visitor(access.enter(token)).name == "Anna"


# ------------------------------------------------------------------ definitions in a database

PLANTED = {
    "a trigger": "CREATE TRIGGER up AFTER INSERT ON sessions BEGIN "
    "UPDATE invitations SET role = 'owner', name = 'owner'; END",
    "a view": "CREATE VIEW names AS SELECT name FROM invitations",
    "a table": "CREATE TABLE more (x)",
    "an index": "CREATE INDEX more ON invitations (name)",
    "an index of a calculation": "CREATE INDEX more ON invitations (lower(name))",
    "a virtual table": "CREATE VIRTUAL TABLE more USING fts5(x)",
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_database_with_more_in_it_than_hardex_creates_is_refused(received, planted):
    access, store = Access.open(received), Store.open(received)
    store.add(Annotation("anna", "7", "right"))
    store.close()
    change(received, (PLANTED[planted],))
    before = file_of(received).read_bytes()
    for work in (
        access.invitations,
        lambda: access.visitor(SESSION),
        lambda: access.invite("Anna"),
        store.all,
        lambda: store.add(Annotation("anna", "8", "right")),
    ):
        told = one_sentence(work, MisplacedError)
        assert "which hardex did not create, and nothing was stored; remove that" in told
    assert file_of(received).read_bytes() == before


def test_a_view_in_place_of_a_table_is_refused(received):
    change(
        received,
        ("DROP TABLE invitations",),
        ("CREATE VIEW invitations AS SELECT 'strange1' AS token_id, "
         f"'{ROW['secret_hash']}' AS secret_hash, 'owner' AS name, 'owner' AS role, "
         "'2026-01-01 00:00:00' AS created, NULL AS expires, NULL AS revoked, NULL AS seal",),
    )  # fmt: skip
    told = one_sentence(lambda: Access.open(received).enter(TOKEN), MisplacedError)
    assert "it holds the view 'invitations'" in told


def test_a_table_of_versions_that_calculates_is_not_asked(received):
    change(
        received,
        ("DROP TABLE hardex_versions",),
        ("CREATE VIEW hardex_versions AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
         "FROM n) SELECT 'invitation' AS part, i AS version FROM n WHERE i < 0",),
    )  # fmt: skip
    assert "the view 'hardex_versions'" in one_sentence(Access.open(received).invitations)


def test_a_name_in_a_definition_is_printed_harmlessly(received):
    change(received, ('CREATE TABLE "\x1b[31m\u202eevil" (x)',))
    assert "'\\x1b[31m\\u202eevil'" in one_sentence(Access.open(received).invitations)


# ------------------------------------------------------------------ files that lead elsewhere

FILES = ("annotations.sqlite", "annotations.sqlite-wal", "annotations.sqlite-shm",
         "annotations.sqlite-journal", "tickets.key", "address.txt")  # fmt: skip


def link_to_precious(path):
    precious = path.parents[2] / "precious"
    precious.write_bytes(b"p" * 32)
    path.symlink_to(precious)


IN_THE_WAY = {
    "a link": link_to_precious,
    "a link to nothing": lambda path: path.symlink_to(path.parents[2] / "new"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a pipe": os.mkfifo if hasattr(os, "mkfifo") else None,
    "a folder": lambda path: path.mkdir(),
    "a device": lambda path: path.symlink_to("/dev/zero"),
}


def uses(name, run):
    """What hardex does with a file."""
    if name == "tickets.key":
        return [lambda: Tickets.open(run)]
    if name == "address.txt":
        return [lambda: keep_address(run, "http://here:1"), lambda: kept_address(run)]
    store, access = Store.open(run), Access.open(run)
    store.close()
    return [
        store.all,
        lambda: store.add(Annotation("anna", "7", "right")),
        lambda: access.visitor(SESSION),
        lambda: access.invite("Anna"),
    ]


@ON_POSIX
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("what", IN_THE_WAY)
def test_a_file_that_leads_elsewhere_is_not_opened(run, name, what):
    Store.open(run).add(Annotation("anna", "7", "right"))
    Store.open(run).close()
    path = run / "people" / name
    path.unlink(missing_ok=True)
    IN_THE_WAY[what](path)
    outside = sorted(run.parent.iterdir())
    for work in uses(name, run):
        told = one_sentence(work, MisplacedError)
        assert str(path) in told and "must be a real file of yours; it is a" in told
        assert "delete it, or copy the run" in told
    assert sorted(run.parent.iterdir()) == outside
    if what == "a link":
        assert (run.parent / "precious").read_bytes() == b"p" * 32


@ON_POSIX
@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("to", ["a real folder", "nothing"])
def test_a_folder_that_leads_elsewhere_is_not_opened(run, tmp_path, name, to):
    other = tmp_path / "other"
    if to == "a real folder":
        other.mkdir()
    (run / "people").symlink_to(other)
    for work in uses(name, run):
        told = one_sentence(work, MisplacedError)
        assert f"{run / 'people'} must be a real folder of yours; it is a link" in told
    assert not other.exists() or list(other.iterdir()) == []


@ON_POSIX
def test_a_file_of_another_user_is_not_opened(run, monkeypatch):
    Store.open(run).add(Annotation("anna", "7", "right"))
    Store.open(run).close()
    Tickets.open(run)
    monkeypatch.setattr("os.geteuid", lambda: 4242)
    if (run / "people").stat().st_uid == 0:  # the administrator's files are trusted
        assert Store.open(run).all()
        for path in (*(run / "people").iterdir(), run / "people"):
            os.chown(path, 4343, 4343)
    store = Store.open(run)
    store.close()
    for work in (store.all, lambda: store.add(Annotation("a", "7", "right")),
                 lambda: Tickets.open(run)):  # fmt: skip
        assert "belongs to another user" in one_sentence(work, MisplacedError)


@ON_POSIX
def test_an_address_is_not_appended_to_another_files_second_name(run):
    (run / "people").mkdir()
    precious = run / "precious"
    precious.write_text("precious")
    os.link(precious, run / "people" / "address.txt")
    told = one_sentence(lambda: keep_address(run, "http://here:1"), MisplacedError)
    assert "another file's second name" in told and precious.read_text() == "precious"


def journal_that_names(victim, page):
    """A journal of a larger transaction, as SQLite writes it, that a crash left behind.

    When SQLite has written back such a journal, it deletes the file that it names.
    """
    magic = bytes.fromhex("d9d505f920a163d7")
    checked = sum(page[place] for place in range(len(page) - 200, 0, -200)) & 0xFFFFFFFF
    header = (magic + struct.pack(">5I", 1, 0, 2, 512, len(page))).ljust(512, b"\0")
    name = os.fsencode(victim)
    end = struct.pack(">I", 0x40000000 // len(page) + 1) + name
    end += struct.pack(">2I", len(name), sum(name) & 0xFFFFFFFF) + magic
    return header + struct.pack(">I", 1) + page + struct.pack(">I", checked) + end


def test_a_journal_deletes_no_other_file(run, tmp_path):
    (run / "people").mkdir()
    change(run, ("CREATE TABLE t (x)",))  # not in WAL mode
    victim = tmp_path / "precious"
    victim.write_text("precious")
    page = file_of(run).read_bytes()[:4096]
    journal = file_of(run).with_name("annotations.sqlite-journal")
    journal.write_bytes(journal_that_names(victim, page))
    told = one_sentence(Store.open(run).all, MisplacedError)
    assert "names another file, which SQLite would delete" in told
    assert victim.read_text() == "precious"
    with closing(sqlite3.connect(file_of(run))) as plain:  # so this test attacks what it means to
        plain.execute("SELECT * FROM sqlite_master").fetchall()
    assert not victim.exists()


# ------------------------------------------------------------------ who may read them


@ON_POSIX
def test_what_people_make_is_for_this_user_alone(run):
    before = os.umask(0)
    try:
        store, access = Store.open(run), Access.open(run)
        store.add(Annotation("anna", "7", "right"))
        access.invite("Anna")
        Tickets.open(run)
        keep_address(run, "http://here:1")
        modes = {path.name: stat.S_IMODE(path.lstat().st_mode) for path in run.rglob("*")}
    finally:
        os.umask(before)
    assert modes.pop("people") == 0o700
    assert set(modes) >= {"annotations.sqlite", "annotations.sqlite-wal", "annotations.sqlite-shm"}
    assert set(modes.values()) == {0o600}


@ON_POSIX
def test_what_was_open_to_others_is_narrowed_when_it_is_written(run):
    Store.open(run).add(Annotation("anna", "7", "right"))
    Store.open(run).close()
    Tickets.open(run)
    keep_address(run, "http://here:1")
    files = ["annotations.sqlite", "tickets.key", "address.txt"]
    for name in files:
        (run / "people" / name).chmod(0o666)
    (run / "people").chmod(0o777)
    Store.open(run).all()
    assert stat.S_IMODE((run / "people").stat().st_mode) == 0o777  # only read
    Store.open(run).add(Annotation("anna", "8", "right"))
    Tickets.open(run)
    keep_address(run, "http://here:2")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in run.rglob("*")}
    assert [modes[name] for name in ("people", *files)] == [0o700, 0o600, 0o600, 0o600]


def test_a_folder_of_people_is_read_whole_or_not_at_all(run):
    folder = PeopleFolder(run, ("probes",))
    assert not folder.exists() and folder.state("x") is None
    folder.create("x", b"first")
    folder.replace("x", b"second")
    folder.create("x", b"third")
    assert folder.read("x", most=3) == b"sec"
    assert [path.name for path in folder.path.iterdir()] == ["x"]  # nothing is left behind


# ------------------------------------------------------------------ saved probes

PICTURE = np.zeros((4, 4, 1), np.uint8)


def saved_probe(run):
    """A probe that was saved with a run."""
    rank(probabilities=np.array([[0.6, 0.4]]), labels=np.array([0]), out=run, force=True)
    probe = KeptProbe(kind="image", shape=(4, 4, 1), predicted="1", confidence=0.5, model="x")
    return keep(run, probe, PICTURE)


@ON_POSIX
@pytest.mark.parametrize("kind", ["json", "png"])
@pytest.mark.parametrize("what", ["a link", "a link to nothing", "a pipe", "a folder"])
def test_a_saved_probe_that_leads_elsewhere_is_not_opened(run, kind, what):
    probe = saved_probe(run)
    path = run / "people" / "probes" / f"{probe.probe_id}.{kind}"
    path.unlink()
    precious = run.parent / "precious"
    precious.write_bytes(b"p" * 32)
    ways = {
        "a link": lambda: path.symlink_to(precious),
        "a link to nothing": lambda: path.symlink_to(run.parent / "new"),
        "a pipe": lambda: os.mkfifo(path),
        "a folder": path.mkdir,
    }
    ways[what]()
    if kind == "json":
        assert "must be a real file" in one_sentence(lambda: kept_probe(run, probe.probe_id))
        found, (problem,) = kept_probes(run)
        assert found == [] and "must be a real file of yours; it is a" in problem
        assert kept_probes(run, light=True)[0] == []
    else:
        assert "must be a real file" in one_sentence(lambda: kept_picture(run, probe))
    assert precious.read_bytes() == b"p" * 32 and not (run.parent / "new").exists()


@ON_POSIX
@pytest.mark.parametrize("name", ["people", "people/probes"])
def test_a_folder_of_probes_that_leads_elsewhere_is_not_opened(run, tmp_path, name):
    probe = saved_probe(run)
    (run / name).rename(tmp_path / "other")
    (run / name).symlink_to(tmp_path / "other")
    for work in (
        lambda: kept_probes(run),
        lambda: kept_probe(run, probe.probe_id),
        lambda: kept_picture(run, probe),
        lambda: keep(run, replace(probe, probe_id=str(uuid4())), PICTURE),
    ):
        assert "must be a real folder of yours; it is a link" in one_sentence(work, MisplacedError)
    assert len(list((tmp_path / "other").rglob("*.json"))) == 1


@ON_POSIX
def test_what_lies_where_a_probe_is_prepared_is_not_written_through(run):
    probe = saved_probe(run)
    new = replace(probe, probe_id=str(uuid4()))
    precious = run.parent / "precious"
    precious.write_text("precious")
    for kind in ("png", "json"):
        aside = run / "people" / "probes" / f".{new.probe_id}.{kind}.partial"
        aside.symlink_to(precious)
    keep(run, new, PICTURE)
    assert precious.read_text() == "precious" and len(kept_probes(run)[0]) == 2
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (run / "people" / "probes").iterdir()}
    assert modes == {0o600}


# ------------------------------------------------------------------ the key of this computer


@pytest.fixture
def key_file(tmp_path, monkeypatch):
    path = tmp_path / "state" / "key"
    monkeypatch.setenv(KEY_FILE, str(path))
    return path


def test_the_key_is_made_once_and_for_this_user_alone(key_file):
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: machine_key(), range(40)))
    assert found == {key_file.read_bytes()} and len(found.pop()) == 32
    assert [path.name for path in key_file.parent.iterdir()] == ["key"]
    if os.name != "nt":
        assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
        assert stat.S_IMODE(key_file.parent.stat().st_mode) == 0o700
        key_file.chmod(0o644)
        machine_key()
        assert stat.S_IMODE(key_file.stat().st_mode) == 0o600


def test_processes_that_start_at_once_have_one_key(key_file):
    code = "from hardex.people.machine_key import machine_key; print(machine_key().hex())"
    started = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(4)
    ]
    assert {process.communicate()[0].strip() for process in started} == {
        key_file.read_bytes().hex().encode()
    }


@ON_POSIX
def test_without_a_variable_it_is_in_the_users_state_folder(tmp_path, monkeypatch):
    monkeypatch.delenv(KEY_FILE)
    for name in ("HOME", "XDG_STATE_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    key = machine_key()
    (path,) = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert (path.parent.name, path.name, path.read_bytes()) == ("hardex", "key", key)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.parent.chmod(0o755)
    path.unlink()
    machine_key()
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@ON_POSIX
@pytest.mark.parametrize("what", IN_THE_WAY)
def test_a_key_that_leads_elsewhere_is_refused(tmp_path, monkeypatch, what):
    path = tmp_path / "some" / "state" / "key"
    path.parent.mkdir(parents=True)
    monkeypatch.setenv(KEY_FILE, str(path))
    IN_THE_WAY[what](path)
    told = one_sentence(machine_key, MisplacedError)
    assert str(path) in told and "name another file with HARDEX_KEY_FILE" in told


@pytest.mark.parametrize(("content", "has"), [(b"", "0"), (b"x" * 31, "31"), (b"x" * 99, "more")])
def test_a_key_of_another_length_is_refused(key_file, content, has):
    key_file.parent.mkdir()
    key_file.write_bytes(content)
    assert f"must have 32 bytes; {key_file} has {has}; delete it" in one_sentence(machine_key)


def test_where_no_key_can_be_kept_it_is_for_this_process_and_said_once(
    tmp_path, monkeypatch, caplog
):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv(KEY_FILE, str(tmp_path / "file" / "key"))
    monkeypatch.setattr(keys, "_WARNED", set())
    assert machine_key() == machine_key() and len(machine_key()) == 32
    (told,) = [record.getMessage() for record in caplog.records]
    assert "it cannot be written (" in told and "end with this process; make the folder" in told
    assert "\n" not in told and told.endswith(".")
    run = tmp_path / "run"
    run.mkdir()
    access = Access.open(run)
    assert access.visitor(access.enter(access.invite("Anna"))).name == "Anna"


FIELDS = st.lists(st.none() | st.text(st.characters(codec="utf-8"), max_size=5), max_size=5)


@given(st.text(max_size=3), FIELDS, st.text(max_size=3), FIELDS)
def test_no_two_lists_of_fields_have_the_same_seal(purpose, fields, other_purpose, others):
    is_same = (purpose, fields) == (other_purpose, others)
    assert (keys._encoded(purpose, *fields) == keys._encoded(other_purpose, *others)) == is_same


def test_a_seal_needs_the_key(elsewhere):
    assert sealed("a", "b") != elsewhere(lambda: sealed("a", "b"))


# ------------------------------------------------------------------ tickets


def test_who_planted_the_key_of_tickets_has_no_tickets(run, elsewhere):
    theirs = elsewhere(lambda: Tickets.open(run))
    of_run = (run / "people" / "tickets.key").read_bytes()
    ours = Tickets.open(run)
    assert ours.key not in (theirs.key, of_run)
    for forged in (theirs, Tickets(of_run)):
        with pytest.raises(RunError, match="one that you were given"):
            ours.id("ann", forged.of("ann", "seven/0001.png"))
        with pytest.raises(RunError, match="one that you were given"):
            forged.id("ann", ours.of("ann", "seven/0001.png"))


def test_tickets_survive_a_restart_and_differ_between_runs(tmp_path):
    code = (
        "import sys; from pathlib import Path; from hardex.people.tickets import Tickets; "
        "print(Tickets.open(Path(sys.argv[1])).of('ann', '7'))"
    )
    tickets = []
    for name in ("one", "one", "two"):
        (tmp_path / name).mkdir(exist_ok=True)
        done = subprocess.run([sys.executable, "-c", code, tmp_path / name], capture_output=True)
        tickets.append(done.stdout.decode().strip())
    assert tickets[0] == tickets[1] != tickets[2]
    assert Tickets.open(tmp_path / "one").id("ann", tickets[0]) == "7"


# ------------------------------------------------------------------ annotations of any value


@pytest.mark.parametrize("column", ["annotator", "id", "verdict", "comment", "seconds", "time"])
def test_an_annotation_of_another_type_is_one_sentence(run, column):
    store = Store.open(run)
    store.add(Annotation("anna", "7", "right"))
    store.close()
    change(run, ("DROP TRIGGER no_update",), (f"UPDATE events SET {column} = x'ff00'",))
    for work in (store.all, store.latest):
        assert json.dumps(one_sentence(work, RunError))


def test_an_annotation_at_the_end_of_time_is_followed_by_others(run):
    store = Store.open(run)
    store.add(Annotation("anna", "7", "right"))
    store.close()
    change(
        run,
        ("DROP TRIGGER no_update",),
        ("UPDATE events SET time = '9999-12-31 23:59:59.999999'",),
    )
    store.add(Annotation("anna", "8", "right"))
    assert len(store.all()) == 2
