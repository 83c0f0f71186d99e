import json
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest

from hardex import HardexError
from hardex.runs.annotations import VERDICTS, all_annotations
from hardex_app.cards import ALL
from hardex_app.inspection import Inspection
from hardex_app.pages import browse

from .fake_runs import HOSTILE, decoded, run_without_images, sentence, small_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return small_run(tmp_path_factory.mktemp("run"))[0]


@pytest.fixture
def inspection(tmp_path):
    """An inspection of a run of its own, to be judged."""
    return inspecting(small_run(tmp_path)[0])


def inspecting(run):
    return Inspection(lambda inspection: None, run=run)


@pytest.mark.parametrize("class_count", [3, 25])
def test_a_detail_has_everything_known_about_the_example(tmp_path, class_count):
    run, _ = small_run(tmp_path, class_count=class_count, count=75, shape=(10, 10, 3))
    for id in {*run.hard["id"].head(6), "0", "74"}:
        shown, row = browse.detail(run, id), run.row(id)
        assert shown["id"] == id
        assert (shown["given"], shown["predicted"]) == (row["given_label"], row["predicted_label"])
        assert shown["confidence"] == row["confidence"]
        np.testing.assert_array_equal(decoded(shown["image"]), run.image(id))
        assert shown["reasons"] == [
            f"{place.list} {place.rank}: {place.reason}"
            for place in run.hard.itertuples()
            if place.id == id
        ]
        scores = [name for name in run.manifest.formulas if name in row]
        assert shown["scores"] == {name: row[name] for name in scores} != {}
        assert shown["formulas"] == run.manifest.formulas
        json.dumps(shown, allow_nan=False)


@pytest.mark.parametrize("class_count", [3, 10, 11, 25])
def test_a_detail_has_bars_for_the_likeliest_classes_and_the_given_label(tmp_path, class_count):
    run, _ = small_run(tmp_path, class_count=class_count, count=50, shape=(10, 10, 1))
    for row in run.predictions.itertuples():
        bars = browse.detail(run, row.id)["bars"]
        p = {bar["class"]: bar["p"] for bar in bars}
        assert len(p) == len(bars) == min(class_count, 10)
        assert {row.given_label, row.predicted_label} <= set(p)
        names = run.manifest.class_names
        assert p == {name: row.probabilities[names.index(name)] for name in p}
        likeliest = np.sort(row.probabilities)[::-1][: len(bars) - 1]
        assert sorted(p.values(), reverse=True)[: len(likeliest)] == likeliest.tolist()


def test_a_detail_without_image_or_list_says_the_rest(tmp_path):
    run = run_without_images(tmp_path)
    shown = browse.detail(run, "0")
    assert shown["image"] == ""
    assert shown["file_name"] == ""
    assert [bar["p"] for bar in shown["bars"]] == pytest.approx([0.6, 0.4])


def test_hostile_names_arrive_as_they_are(tmp_path):
    run, _ = small_run(tmp_path, class_count=len(HOSTILE), names=HOSTILE)
    shown = json.loads(json.dumps(browse.detail(run, "7")))
    assert shown["given"] == HOSTILE[7]
    assert [bar["class"] for bar in shown["bars"]] == list(HOSTILE)
    choices = browse.class_choices(inspecting(run))
    names = [(name, name) for name in HOSTILE]
    assert [one.choices for one in choices] == [[("all", ALL), *names]] * 2 + [names]


def test_an_unknown_example_is_one_sentence_on_the_page(run):
    with pytest.raises(HardexError) as caught:
        browse.detail(run, "nobody")
    with pytest.raises(gr.Error) as shown:
        browse.on_open(inspecting(run), "nobody")
    assert shown.value.message == sentence(caught.value)


def test_before_the_run_is_there_pages_are_empty_and_clicks_explain_themselves():
    waiting = inspecting(None)
    assert browse.on_page(waiting, ALL, ALL, ALL, 3) == (None, 1)
    assert [one.choices for one in browse.class_choices(waiting)] == [[("all", ALL)]] * 2 + [[]]
    for click in (
        lambda: browse.on_open(waiting, "0"),
        lambda: browse.on_verdict(waiting, "right", "0", None, None),
    ):
        with pytest.raises(gr.Error, match="not ready yet"):
            click()


def test_the_grid_gets_the_page_it_shows(run):
    shown, page = browse.on_page(inspecting(run), "wrong", ALL, ALL, 7)
    assert page == shown["page"] == 1
    assert {card["list"] for card in shown["cards"]} == {"wrong"}


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_verdict_is_stored_with_the_name_of_who_asked(inspection, verdict):
    click = browse._judge(inspection, verdict)
    said = click("4", "2", SimpleNamespace(username="anna"))
    (event,) = all_annotations(inspection.run.folder)
    assert (event.annotator, event.id, event.verdict) == ("anna", "4", verdict)
    assert event.new_label == ("2" if verdict == "wrong" else "")
    assert f"anna: {verdict.replace('_', ' ')}" in said


def test_without_accounts_the_owner_judges(inspection):
    browse._judge(inspection, "right")("4", None, SimpleNamespace(username=None))
    assert [event.annotator for event in all_annotations(inspection.run.folder)] == ["owner"]


def test_wrong_needs_no_new_label(inspection):
    assert browse.on_verdict(inspection, "wrong", "4", None, "anna").endswith("anna: wrong")


def test_what_people_said_has_the_latest_last_and_only_of_this_example(inspection):
    for verdict, id, name in (("wrong", "4", "anna"), ("right", "5", "bob"), ("right", "4", "bob")):
        said = browse.on_verdict(inspection, verdict, id, "2", name)
    lines = said.splitlines()
    assert [line.split("UTC  ")[1] for line in lines] == ["anna: wrong, it is 2", "bob: right"]
    assert browse.on_open(inspection, "4")[1:] == ("4", said)
    assert browse.on_open(inspection, "6")[2] == ""


def test_a_verdict_without_an_example_stores_nothing(inspection):
    with pytest.raises(gr.Error, match="Choose an example first"):
        browse.on_verdict(inspection, "right", "", None, "anna")
    assert all_annotations(inspection.run.folder) == []


def test_an_unknown_verdict_is_refused(inspection):
    with pytest.raises(gr.Error, match="a verdict must be one of"):
        browse.on_verdict(inspection, "superb", "4", None, "anna")
    assert all_annotations(inspection.run.folder) == []


def test_a_damaged_database_is_one_sentence_on_the_page(inspection):
    (inspection.run.folder / "people").mkdir()
    (inspection.run.folder / "people" / "annotations.sqlite").write_bytes(b"no database " * 999)
    with pytest.raises(gr.Error, match="cannot be read"):
        browse.on_open(inspection, "4")
    with pytest.raises(gr.Error, match="nothing was stored"):
        browse.on_verdict(inspection, "right", "4", None, "anna")
