import json
import time

import numpy as np
import pytest
from fakes import brightness

import hardex
from hardex.overview.figures import HEAD
from hardex.people.access import OWNER
from hardex.predict.metrics import share
from hardex_app.call import Call
from hardex_app.cards import overview_with_pictures as overview
from hardex_app.pages.overview.page import PAGE
from hardex_app.workspace import Workspace

from .fake_runs import HOSTILE, decoded, run_without_images, small_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return small_run(tmp_path_factory.mktemp("run"), count=60)[0]


def test_the_figures_are_those_of_the_table(run):
    shown, table = overview(run), run.predictions
    wrong = table["given_label"] != table["predicted_label"]
    assert (shown["examples"], shown["wrong"], shown["sealed"]) == (60, wrong.sum(), 0)
    assert shown["accuracy"] == share(int((~wrong).sum()), 60)
    for i, name in enumerate(shown["class_names"]):
        given, predicted, accuracy, low, high, _ = shown["classes"][i]
        of_class = table["given_label"] == name
        assert (given, predicted) == (of_class.sum(), (table["predicted_label"] == name).sum())
        assert accuracy == (~wrong)[of_class].mean()  # unrounded: the page rounds, once
        assert 0 <= low <= accuracy <= high <= 1
    for given, predicted, often in shown["pairs"]:
        names = shown["class_names"][given], shown["class_names"][predicted]
        both = (table["given_label"] == names[0]) & (table["predicted_label"] == names[1])
        assert both.sum() == often > 0


def test_what_the_doctor_found_and_what_was_done_is_shown(tmp_path):
    images = np.repeat(np.uint8([60, 190] * 60), 16).reshape(-1, 4, 4, 1)
    data = (images / 255, np.arange(120) % 2)
    run = hardex.rank(brightness, data, out=tmp_path / "run", preprocess="raw,inverted")
    shown = overview(run)
    assert "inverted_colours" in [found["code"] for found in shown["doctor"]]
    assert shown["doctor"] == list(run.manifest.doctor)
    assert shown["notes"] == list(run.manifest.notes) != []


def test_a_class_that_is_seldom_predicted_is_flagged(tmp_path):
    labels = np.repeat([0, 1, 2], 100)
    predicted = np.where(np.arange(300) < 40, 1, labels)  # 40 of class 0 are taken for class 1
    rows = 0.8 * np.eye(3)[predicted] + 0.2 / 3
    run = hardex.rank(probabilities=rows, labels=labels, out=tmp_path / "run")
    shown = overview(run)
    assert [row[5] for row in shown["classes"]] == ["seldom", "often", ""]
    assert "fewer than 0.8 or more than 1.25 predictions" in shown["balance_rule"]


def test_the_heads_are_the_first_of_each_list_with_their_pictures(run):
    for name, head in overview(run)["heads"].items():
        rows = run.hard[run.hard["list"] == name]
        assert head["total"] == len(rows)
        assert [one["id"] for one in head["examples"]] == rows["id"].tolist()[:HEAD]
        for one, row in zip(head["examples"], rows.itertuples(), strict=False):
            assert (one["given"], one["predicted"]) == (row.given_label, row.predicted_label)
            assert one["confidence"] == row.confidence  # as Browse has it
            np.testing.assert_array_equal(decoded(one["image"]), run.image(row.id))


def test_saved_probabilities_have_no_pictures_and_all_the_rest(tmp_path):
    shown = overview(run_without_images(tmp_path))
    assert (shown["examples"], shown["wrong"], shown["problem"]) == (4, 2, "")
    assert shown["confusion"]["counts"] == [[1, 0], [2, 1]]
    assert shown["pairs"] == [[1, 0, 2]]
    assert {one["image"] for head in shown["heads"].values() for one in head["examples"]} == {""}


def test_a_run_without_errors_has_no_pairs_and_no_wrong_examples(tmp_path):
    labels = np.arange(9) % 3
    rows = 0.9 * np.eye(3)[labels] + 0.1 / 3
    run = hardex.rank(probabilities=rows, labels=labels, out=tmp_path / "run")
    shown = overview(run)
    assert (shown["wrong"], shown["pairs"], shown["pair_count"]) == (0, [], 0)
    assert shown["heads"]["wrong"] == {"total": 0, "examples": []}


def test_a_sealed_half_is_counted(tmp_path):
    run, _ = small_run(tmp_path, count=60, seal=0.5)
    shown = overview(run)
    assert shown["sealed"] == run.manifest.counts["sealed"] > 0
    assert shown["examples"] + shown["sealed"] == 60


@pytest.mark.parametrize("content", [None, "given,0\n0,1\n", "nonsense"])
def test_without_a_readable_matrix_the_rest_is_shown_and_the_way_out_is_said(tmp_path, content):
    run, _ = small_run(tmp_path)
    path = run.folder / "results" / "confusion.csv"
    path.unlink()
    if content is not None:
        path.write_text(content)
    shown = overview(run)
    assert shown["confusion"] is None and shown["pairs"] == []
    assert "confusion.csv" in shown["problem"] and "--force" in shown["problem"]
    assert str(tmp_path) not in shown["problem"]
    assert len(shown["classes"]) == 3 and shown["heads"]["unsure"]["examples"]


def test_hostile_names_are_plain_data(tmp_path):
    run, _ = small_run(tmp_path, class_count=len(HOSTILE), names=HOSTILE, count=40)
    shown = overview(run)
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown
    assert shown["class_names"] == list(HOSTILE)


def test_a_thousand_classes_are_a_small_page_quickly_made(tmp_path):
    rng, k = np.random.default_rng(0), 1000
    rows, labels = rng.dirichlet(np.full(k, 0.01), 2000), rng.integers(0, k, 2000)
    names = tuple(f"a class with a name {i}" for i in range(k))
    run = hardex.rank(
        probabilities=rows, labels=labels, class_names=names, count=1, out=tmp_path / "run"
    )
    assert len(json.dumps(overview(run))) < 130_000
    started = time.thread_time()
    overview(run)
    assert time.thread_time() - started < 1  # about 0.1 s, whatever else runs


def test_ten_pictures_of_noise_are_shrunk_to_stay_small(tmp_path):
    run, _ = small_run(tmp_path, shape=(96, 96, 3))
    heads = overview(run)["heads"]
    assert sum(len(head["examples"]) for head in heads.values()) == 2 * HEAD
    assert len(json.dumps(heads)) < 170_000


def test_facts_are_the_overview_of_the_run(run):
    call = Call(Workspace(lambda workspace: None, run=run), OWNER)
    facts = PAGE.facts(call)
    assert facts.pop("sentences")[0].startswith("Accuracy ")
    assert facts == {**overview(run), "causes": None}  # it was not diagnosed
