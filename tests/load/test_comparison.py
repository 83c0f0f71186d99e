"""The comparison in the load scripts detects every way to lose an annotation."""

import importlib
from pathlib import Path

import numpy as np
import pytest

from hardex.people.events import Annotation
from hardex.people.store import Store
from hardex.people.tickets import Tickets

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def scripts(monkeypatch):
    """The module shared by the load scripts."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module("http_annotators")


@pytest.fixture
def site(scripts, tmp_path):
    """Three examples of the classes 0, 1 and 2."""
    (tmp_path / "people").mkdir()
    return scripts.Site(tmp_path, np.arange(3))


def anna(scripts, site, count=3):
    """Anna, whose answers, `1` on each example, were acknowledged."""
    tickets = Tickets.open(site.folder)
    annotator = scripts.Annotator(0, "Anna", "")
    for id in range(count):
        said = annotator.new_answer(tickets.of("Anna", str(id)))
        said.label, said.verdict, said.answer = "1", "", {}
        annotator.said.append(said)
    return annotator


def keep(site, one, id, /, **other):
    """Store an answer as the app does, or with changes."""
    right = id == 1
    facts = {
        "annotator": "Anna",
        "id": str(id),
        "verdict": "right" if right else "wrong",
        "new_label": "" if right else "1",
        "comment": one.comment,
        "seconds": one.seconds,
        "said": "1",
        "shown": "blind",
        "event_id": one.event_id,
    }
    Store.open(site.folder).add(Annotation(**{**facts, **other}))


def compared(scripts, site, annotator):
    return scripts.compared(scripts.Crowd([annotator]), site)


def test_all_is_well(scripts, site):
    annotator = anna(scripts, site)
    for id, said in enumerate(annotator.said):
        keep(site, said, id)
    found = compared(scripts, site, annotator)
    assert found.is_clean and (found.acknowledged, found.stored) == (3, 3)
    assert (found.fewest_votes, found.most_votes) == (1, 1)
    assert scripts.integrity(site) == "ok"


def test_what_is_missing_is_seen(scripts, site):
    annotator = anna(scripts, site)
    keep(site, annotator.said[0], 0)
    found = compared(scripts, site, annotator)
    assert found.missing == 2 and not found.is_clean


def test_what_is_not_yet_acknowledged_is_not_missed(scripts, site):
    annotator = anna(scripts, site)
    for said in annotator.said[1:]:
        said.answer = None
    keep(site, annotator.said[0], 0)
    keep(site, annotator.said[1], 1)  # stored, and the answer still on its way
    assert compared(scripts, site, annotator).is_clean


@pytest.mark.parametrize(
    "other",
    [
        {"annotator": "Bert"},
        {"id": "2"},
        {"comment": "another"},
        {"seconds": 61.0},
        {"new_label": "2"},
        {"verdict": "ambiguous", "new_label": ""},
        {"said": "0"},
    ],
)
def test_what_is_changed_is_seen(scripts, site, other):
    annotator = anna(scripts, site, 1)
    keep(site, annotator.said[0], 0, **other)
    found = compared(scripts, site, annotator)
    assert (found.changed, found.missing) == (1, 0) and not found.is_clean


def test_a_second_copy_under_another_id_is_seen(scripts, site):
    annotator = anna(scripts, site, 1)
    keep(site, annotator.said[0], 0)
    keep(site, annotator.said[0], 0, event_id="")
    found = compared(scripts, site, annotator)
    assert (found.unknown, found.again) == (1, 1) and not found.is_clean


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("The disk is full; try again soon.", True),
        ("", False),
        ("no end", False),
        ("two\nlines.", False),
        ("it must be written to /tmp/run/people/annotations.sqlite.", False),
        ("x" * 500 + ".", False),
    ],
)
def test_a_clear_sentence(scripts, text, good):
    assert scripts.is_one_sentence(text) is good
