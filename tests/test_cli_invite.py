"""`hardex annotate invite`: personal links from the command line."""

import json
import re
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from typer.testing import CliRunner

import hardex
from hardex import HardexError
from hardex.annotate.invitations import invitations, invited, revoked, time_of, work
from hardex.cli.main import app
from hardex.people.access import Access
from hardex.people.address import forget_address, keep_address, kept_address
from hardex.people.events import Annotation

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
    assert invited(run, "Anna").startswith("/enter#")
    assert "start it with a sharing option" in invite(run, "Anna").stderr
    keep_address(run, "http://lab:7860/")
    assert invited(run, "Anna").startswith("http://lab:7860/enter#")
    forget_address(run, "http://elsewhere:7860/")  # another app of the run has ended
    assert kept_address(run) == "http://lab:7860"
    forget_address(run, "http://lab:7860/")
    assert kept_address(run) == ""
    (run / "people" / "address.txt").write_text("javascript:alert(1)")
    assert kept_address(run) == ""


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
    (tmp_path / "people").mkdir(exist_ok=True)
    (tmp_path / "people" / "address.txt").write_text("http://other:1\tanother computer\t1\n")
    assert kept_address(tmp_path) == "http://other:1"


def test_each_of_two_apps_removes_only_its_own_address(tmp_path):
    for address in ("http://a:1", "http://b:2/", "http://a:1/"):
        keep_address(tmp_path, address)
    assert kept_address(tmp_path) == "http://a:1"  # opened last
    forget_address(tmp_path, "http://a:1")
    assert kept_address(tmp_path) == "http://b:2"
    forget_address(tmp_path, "http://b:2")
    assert kept_address(tmp_path) == "" and list((tmp_path / "people").iterdir()) == []


def test_a_read_only_folder_stores_no_address(tmp_path):
    place = tmp_path / "people"
    place.write_text("a file")
    keep_address(tmp_path, "http://lab")
    assert kept_address(tmp_path) == "" and stat.S_ISREG(place.stat().st_mode)


def test_links_are_listed_without_their_secrets_and_revoked(run):
    link = invited(run, "Anna", expires="12h")
    listed = invite(run, "--list", "--format", "json").stdout
    (one,) = json.loads(listed)["invitations"]
    assert one["name"] == "Anna" and one["revoked"] is None
    assert link.partition(".")[2] not in listed
    assert "1 link of Anna revoked" in invite(run, "Anna", "--revoke").stdout
    assert "no valid link to revoke" in invite(run, "Anna", "--revoke").stdout
    assert invitations(run)[0].revoked is not None and revoked(run, "Anna") == 0


def test_revoking_a_mistyped_name_is_an_error(run):
    with pytest.raises(HardexError, match="nobody has been invited yet"):
        revoked(run, "Anna")
    invited(run, "Anna")
    told = invite(run, "Ana", "--revoke")
    assert told.exit_code == 1 and "was not invited. Invited: Anna" in str(told.exception)
    invited(run, "Zo\u00eb")
    assert revoked(run, "Zoe\u0308") == 1


def test_the_list_shows_which_links_are_open(run):
    now = datetime.now(UTC).replace(tzinfo=None)
    access = Access.open(run, clock=lambda: now - timedelta(days=8))
    access.invite("Carl")
    for name in ("Anna", "Bert"):
        invited(run, name)
    revoked(run, "Bert")
    listed = json.loads(invite(run, "--list", "--format", "json").stdout)["invitations"]
    states = {one["name"]: one["state"] for one in listed}
    assert states == {"Anna": "open", "Bert": "revoked", "Carl": "expired"}
    shown = invite(run, "--list").stdout
    assert all(word in shown for word in ("open", "revoked", "expired"))


def test_the_list_shows_how_much_each_has_judged(run):
    for name in ("Anna", "Bert"):
        invited(run, name)
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
    for words in ((), ("--revoke",), ("Anna", "--list")):
        assert invite(run, *words).exit_code == 2
