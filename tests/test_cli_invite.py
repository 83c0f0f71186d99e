"""`hardex annotate invite`: personal links from the command line."""

import json
import re
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from typer.testing import CliRunner

import hardex
from hardex import HardexError
from hardex.annotate.invitations import invitations, invited, revoked, time_of, work
from hardex.cli.main import app, main
from hardex.people.access import Access
from hardex.people.address import forget_address, keep_address, kept_address
from hardex.people.events import Annotation

HERE = "http://lab:7860"
TOKEN = r"[\w-]{8}\.[\w-]{43}"


@pytest.fixture
def run(tmp_path):
    rows = np.array([[0.6, 0.4], [0.3, 0.7]])
    return hardex.rank(probabilities=rows, labels=np.array([0, 0]), out=tmp_path / "run").folder


def invite(run, *words):
    return CliRunner().invoke(app, ["annotate", "invite", str(run), *words])


def test_a_link_is_printed_alone_and_opens_the_run(run):
    told = invite(run, "Anna", "--address", "https://example.org/hx/")
    (link,) = told.stdout.splitlines()
    assert re.fullmatch(rf"https://example\.org/hx/enter#{TOKEN}", link)
    assert "as Anna" in told.stderr and link not in told.stderr
    access = Access.open(run)
    assert access.visitor(access.enter(link.partition("#")[2])).name == "Anna"


def test_the_address_is_that_of_the_open_app(run):
    with pytest.raises(hardex.HardexError, match="no app of this run is shared now; start it with"):
        invited(run, "Anna")
    refused = invite(run, "Anna")
    assert f"hardex serve {run} --share" in str(refused.exception) and not refused.stdout
    assert not Access.open(run).invitations()  # no link that nobody can open
    keep_address(run, "http://lab:7860/")
    assert invited(run, "Anna").startswith("http://lab:7860/enter#")
    forget_address(run, "http://elsewhere:7860/")  # another app of the run has ended
    assert kept_address(run) == "http://lab:7860"
    forget_address(run, "http://lab:7860/")
    assert kept_address(run) == ""
    (run / "people" / "address.txt").write_text("javascript:alert(1)")
    assert kept_address(run) == ""


def test_a_viewers_link_gives_a_viewer(run):
    told = invite(run, "Vera", "--can", "view", "--address", "https://example.org")
    (link,) = told.stdout.splitlines()
    assert "reads Overview, Browse, Causes and Curves as Vera" in told.stderr
    access = Access.open(run)
    found = access.visitor(access.enter(link.partition("#")[2]))
    assert (found.name, found.role) == ("Vera", "viewer")
    listed = json.loads(invite(run, "--list", "--format", "json").stdout)
    assert [one["can"] for one in listed["invitations"]] == ["view"]
    assert invite(run, "Vera", "--can", "rule").exit_code == 2
    with pytest.raises(hardex.HardexError, match="to annotate or view; received 'own'"):
        invited(run, "Vera", can="own", address="https://example.org")


def test_an_app_that_was_killed_has_no_address(tmp_path):
    code = (
        "from pathlib import Path; from hardex.people.address import keep_address; "
        f"keep_address(Path({str(tmp_path)!r}), 'https://gone.example.org')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert "gone" in (tmp_path / "people" / "address.txt").read_text()
    assert kept_address(tmp_path) == ""
    keep_address(tmp_path, "http://here:1")
    assert kept_address(tmp_path) == "http://here:1"
    forget_address(tmp_path, "http://here:1")
    assert kept_address(tmp_path) == ""


def test_an_app_on_another_computer_with_the_same_key_has_an_address(tmp_path, monkeypatch):
    monkeypatch.setattr("hardex.people.address.node", lambda: "another computer")
    keep_address(tmp_path, "http://other:1")
    monkeypatch.undo()
    assert kept_address(tmp_path) == "http://other:1"


@pytest.mark.parametrize("seal", ["", "\t" + "0" * 64, "\té", "\t\t"])
def test_an_address_that_came_with_a_run_gets_no_tokens(run, seal):
    """Whoever opened such a link would bring its token there."""
    (run / "people").mkdir()
    line = f"https://evil.example\tanother computer\t1{seal}\n"
    (run / "people" / "address.txt").write_text(line)
    with pytest.raises(hardex.HardexError, match="no app of this run is shared"):
        invited(run, "Anna")


def test_an_address_of_another_run_is_not_this_runs(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    keep_address(first, "http://here:1")
    first.joinpath("people").rename(tmp_path / "people")
    second.mkdir()
    (tmp_path / "people").rename(second / "people")
    assert kept_address(second) == ""


def test_each_of_two_apps_removes_only_its_own_address(tmp_path):
    for address in ("http://a:1", "http://b:2/", "http://a:1/"):
        keep_address(tmp_path, address)
    assert kept_address(tmp_path) == "http://a:1"  # opened last
    forget_address(tmp_path, "http://a:1")
    assert kept_address(tmp_path) == "http://b:2"
    forget_address(tmp_path, "http://b:2")
    assert kept_address(tmp_path) == "" and list((tmp_path / "people").iterdir()) == []


def test_where_no_folder_can_be_no_address_is_stored(tmp_path):
    place = tmp_path / "people"
    place.write_text("a file")
    with pytest.raises(HardexError, match="people must be a real folder of yours; it is a file"):
        keep_address(tmp_path, "http://lab")
    forget_address(tmp_path, "http://lab")
    assert stat.S_ISREG(place.stat().st_mode)


def test_links_are_listed_without_their_secrets_and_revoked(run):
    link = invited(run, "Anna", expires="12h", address=HERE)
    listed = invite(run, "--list", "--format", "json").stdout
    (one,) = json.loads(listed)["invitations"]
    assert one["name"] == "Anna" and one["revoked"] is None
    assert link.partition(".")[2] not in listed
    assert "1 link of Anna revoked" in invite(run, "Anna", "--revoke").stdout
    assert "no valid link to revoke" in invite(run, "Anna", "--revoke").stdout
    assert invitations(run)[0].revoked is not None and revoked(run, "Anna") == 0


@pytest.fixture
def invited_elsewhere(run, tmp_path, monkeypatch):
    """Anna and Ben were invited on another computer."""
    with monkeypatch.context() as patch:
        patch.setenv("HARDEX_KEY_FILE", str(tmp_path / "another computer" / "key"))
        return {
            name: invited(run, name, address=HERE).partition("#")[2] for name in ("Anna", "Ben")
        }


def test_links_from_elsewhere_are_listed_as_unconfirmed_and_confirmed(run, invited_elsewhere):
    listed = json.loads(invite(run, "--list", "--format", "json").stdout)["invitations"]
    assert [one["state"] for one in listed] == ["unconfirmed"] * 2
    assert invite(run, "--list").stdout.count("unconfirmed") == 2
    told = invite(run, "Anna", "--confirm").stdout
    assert told.startswith("1 link of Anna confirmed. Whoever made a link can use it, too")
    access = Access.open(run)
    assert access.visitor(access.enter(invited_elsewhere["Anna"])).name == "Anna"
    with pytest.raises(HardexError, match="must be confirmed by the owner"):
        access.enter(invited_elsewhere["Ben"])
    assert "no link to confirm" in invite(run, "Anna", "--confirm").stdout
    as_json = json.loads(invite(run, "Ben", "--confirm", "--format", "json").stdout)
    assert (as_json["name"], as_json["confirmed"]) == ("Ben", 1)
    told = invite(run, "Carl", "--confirm")
    assert told.exit_code == 1 and "was not invited. Invited: Anna, Ben." in str(told.exception)


def test_links_from_elsewhere_are_revoked_without_being_confirmed(run, invited_elsewhere):
    assert "1 link of Ben revoked" in invite(run, "Ben", "--revoke").stdout
    with pytest.raises(HardexError, match="was revoked"):
        Access.open(run).enter(invited_elsewhere["Ben"])


@pytest.mark.parametrize("name", ["\x1b[31mred", "\u202eolleh", "[bold]x", "a\nb", "\x9b2J"])
def test_planted_names_are_printed_harmlessly(run, name, capsys, monkeypatch):
    invited(run, "Anna", address=HERE)
    Access.open(run).close()
    with closing(sqlite3.connect(run / "people" / "annotations.sqlite")) as other, other:
        other.execute("UPDATE invitations SET name = ?", (name,))
    monkeypatch.setenv("COLUMNS", "200")
    for words in (("--list",), ("Bert", "--revoke"), ("Bert", "--confirm")):
        monkeypatch.setattr(sys, "argv", ["hardex", "annotate", "invite", str(run), *words])
        with suppress(SystemExit):
            main()
        told = "".join(capsys.readouterr())
        assert ascii(name)[1:-1].replace("\\\\", "\\") in told
        assert all(line.isprintable() for line in told.split("\n"))


def test_revoking_a_mistyped_name_is_an_error(run):
    with pytest.raises(HardexError, match="nobody has been invited yet"):
        revoked(run, "Anna")
    invited(run, "Anna", address=HERE)
    told = invite(run, "Ana", "--revoke")
    assert told.exit_code == 1 and "was not invited. Invited: Anna" in str(told.exception)
    invited(run, "Zo\u00eb", address=HERE)
    assert revoked(run, "Zoe\u0308") == 1


def test_the_list_shows_which_links_are_open(run):
    now = datetime.now(UTC).replace(tzinfo=None)
    access = Access.open(run, clock=lambda: now - timedelta(days=8))
    access.invite("Carl")
    for name in ("Anna", "Bert"):
        invited(run, name, address=HERE)
    revoked(run, "Bert")
    listed = json.loads(invite(run, "--list", "--format", "json").stdout)["invitations"]
    states = {one["name"]: one["state"] for one in listed}
    assert states == {"Anna": "open", "Bert": "revoked", "Carl": "expired"}
    shown = invite(run, "--list").stdout
    assert all(word in shown for word in ("open", "revoked", "expired"))


def test_the_list_shows_how_much_each_has_judged(run):
    for name in ("Anna", "Bert"):
        invited(run, name, address=HERE)
    store = hardex.load(run).annotations
    first = store.add(Annotation("Anna", "0", "right"))
    store.add(Annotation("Anna", "0", "ambiguous"))  # a change of mind is no second example
    undone = store.add(Annotation("Anna", "1", "right"))
    store.add(Annotation("Anna", "1", "", undoes=undone.event_id))
    listed = json.loads(invite(run, "--list", "--format", "json").stdout)["invitations"]
    anna, bert = sorted(listed, key=lambda one: one["name"])
    assert (anna["judged"], anna["last"][:13]) == (1, f"{first.time:%Y-%m-%d %H}")
    assert (bert["judged"], bert["last"]) == (0, None)
    assert work(run)["Anna"].last > first.time


@pytest.mark.parametrize(
    ("text", "time"), [("1h", timedelta(hours=1)), ("4w", timedelta(weeks=4)), ("never", None)]
)
def test_times_are_hours_days_or_weeks(text, time):
    assert time_of(text) == time


@pytest.mark.parametrize("text", ["", "7", "0d", "-1d", "7D", "1y", "d", "99999999d", "\u0667d"])
def test_an_invalid_time_is_refused(text):
    with pytest.raises(HardexError, match="12h, 7d or 4w"):
        time_of(text)


@pytest.mark.parametrize("address", ["example.org", "javascript:x", "https://", "https://a b"])
def test_an_invalid_address_is_refused(run, address):
    with pytest.raises(HardexError, match="begin with http"):
        invited(run, "Anna", address=address)


def test_a_name_is_required(run):
    for words in ((), ("--revoke",), ("--confirm",), ("Anna", "--list"), ("--list", "--confirm"),
                  ("Anna", "--revoke", "--confirm")):  # fmt: skip
        assert invite(run, *words).exit_code == 2
