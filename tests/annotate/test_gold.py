"""Gold: a file, or what the owner says; and the agreement with it."""

from dataclasses import replace

import numpy as np
import pytest

import hardex
from hardex import RunError
from hardex.annotate.gold import judged_by, read_gold
from hardex.annotate.plan import Assignment, plan_of
from hardex.annotate.queue import Queue
from hardex.people.events import Annotation

from .made_events import slow_alpha


@pytest.fixture
def run(tmp_path):
    rows = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])
    return hardex.rank(
        **{"probabilities": rows, "labels": np.array([0, 1, 1]), "out": tmp_path / "run"},
        class_names=["cat", "dog"],
    )


def test_a_run_and_a_gold_file(run, tmp_path):
    id = run.predictions["id"][0]
    for who, answer in (("anna", "cat"), ("ben", "dog")):
        verdict = "right" if answer == "cat" else "wrong"
        run.annotations.add(Annotation(who, id, verdict, said=answer, shown="blind"))
    run.annotations.add(Annotation("ben", "of another run", "right"))
    gold = tmp_path / "gold.csv"
    gold.write_text(f"id,label\n{id},cat\n")
    found = hardex.agreement(run.folder, gold=gold)
    assert [(one.name, one.gold["value"]) for one in found.annotators] == [("anna", 1), ("ben", 0)]
    assert (found.votes, found.unknown) == (2, 1)
    assert (found.gold, found.gold_from) == (1, str(gold))
    assert replace(found, gold_from="") == hardex.agreement(run, gold={id: "cat"})


def test_what_the_owner_judged_is_gold_and_the_owner_is_compared_with_nobody(run):
    ids = run.predictions["id"].tolist()  # cat, dog, dog
    for id, verdict, new in zip(ids, ("right", "wrong", "not_sure"), ("", "cat", ""), strict=True):
        run.annotations.add(Annotation("owner", id, verdict, new, shown="label"))
    run.annotations.add(Annotation("owner", "of other data", "right", shown="label"))
    for who, answers in {"anna": ("cat", "dog"), "ben": ("cat", "cat")}.items():
        for id, answer in zip(ids, answers, strict=False):
            verdict = "right" if answer == run.given_label(id) else "wrong"
            new = "" if verdict == "right" else answer
            run.annotations.add(Annotation(who, id, verdict, new, said=answer, shown="blind"))
    found = hardex.agreement(run)
    assert (found.gold, found.gold_from, found.votes, found.owner_votes) == (2, "owner", 7, 3)
    assert [(one.name, one.gold["value"], one.gold_votes) for one in found.annotators] == [
        ("anna", 0.5, 2),
        ("ben", 1, 2),
    ]
    assert [(pair.first, pair.second) for pair in found.pairs] == [("anna", "ben")]
    assert found.alpha == pytest.approx(slow_alpha([("cat", "cat"), ("dog", "cat")]))
    assert found.consensus[1].answers == (("cat", 2), ("dog", 1))  # the owner's word is a vote
    assert (found.overlapping, found.examples, found.blind) == (2, 3, 4)
    other = hardex.agreement(run, gold={ids[1]: "dog"})
    assert (other.gold, other.gold_from) == (1, "")
    assert [(one.name, one.gold["value"]) for one in other.annotators] == [("anna", 1), ("ben", 0)]


def test_what_the_owner_said_blind_is_gold_whatever_the_given_label_is_by_now(run):
    # Right when it was said, and the labels were mended since: all three are given otherwise now.
    said = {"0": "dog", "1": "cat", "2": "a class that is no more"}
    for id, answer in said.items():
        run.annotations.add(Annotation("owner", id, "right", said=answer, shown="blind"))
    assert judged_by("owner", run) == {"0": "dog", "1": "cat"}
    assert {one.id: one.answer for one in hardex.agreement(run).consensus} == said


def test_gold_is_found_by_one_look_at_the_table(run):
    class OneLook:
        """A run that cannot be asked for one example after the other."""

        manifest, annotations = run.manifest, run.annotations

        class tables:
            given_labels = staticmethod(run.tables.given_labels)

    for id, verdict, new in (("0", "right", ""), ("gone", "right", ""), ("2", "wrong", "cat")):
        run.annotations.add(Annotation("owner", id, verdict, new, shown="label"))
    assert judged_by("owner", OneLook()) == {"0": "cat", "2": "cat"}
    assert judged_by("anna", OneLook()) == {}


def test_gold_of_the_agreement_is_the_gold_of_the_queue(tmp_path):
    rows = np.random.default_rng(0).dirichlet(np.ones(2), 6)
    images = np.random.default_rng(1).integers(0, 256, (6, 4, 4, 1), dtype=np.uint8)
    data = (images, np.arange(6) % 2)
    run = hardex.rank(
        probabilities=rows, data=data, class_names=("cat", "dog"), out=tmp_path / "seen"
    )
    for id, verdict, new in (("0", "right", ""), ("1", "wrong", ""), ("2", "wrong", "cat")):
        run.annotations.add(Annotation("owner", id, verdict, new, shown="label"))
    queue = Queue(plan_of(run, Assignment()), run.annotations)
    assert hardex.agreement(run).gold == len(queue._gold) == 2


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("gold.txt", "id,label", "must be a .csv, .jsonl or .parquet table"),
        ("gold.csv", "id,class\n1,cat\n", "name the label column 'label'"),
        ("gold.csv", "id,label\n1,cat\n1,dog\n", "calls '1' both 'cat' and 'dog'"),
        ("gold.csv", "id,label\n1,bird\n", "1 of 1 gold labels are not .* 'bird' for example '1'"),
    ],
)
def test_a_gold_file_that_cannot_be_one_is_refused(run, tmp_path, name, text, said):
    (tmp_path / name).write_text(text)
    with pytest.raises(RunError, match=said):
        hardex.agreement(run, gold=tmp_path / name)


def test_gold_as_json_lines(tmp_path):
    (tmp_path / "gold.jsonl").write_text('{"id": "1", "label": "cat"}\n{"id": 2, "label": "dog"}')
    assert read_gold(tmp_path / "gold.jsonl") == {"1": "cat", "2": "dog"}
