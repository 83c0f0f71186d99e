"""The owner's window, and the line of status that both windows have."""

import json
import os
import re
import sys
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from hardex.people.access import OWNER, Visitor
from hardex_app.background import Status
from hardex_app.pages import PAGES
from hardex_app.probing import curve, probe
from hardex_app.questions import QUESTIONS, WINDOW, answered, question
from hardex_app.workspace import Workspace

from .conftest import close_visit, open_visit
from .fake_runs import HOSTILE, asking, run_without_images, serving, small_run

ONE = {"source": {"kind": "example", "id": "1"}, "transform": {"rotation": 30}}
ANNA = Visitor("Anna", "annotator")


def answer(workspace, ask, request, visitor):
    """What the script of the page gets for one of its questions."""
    return answered(question("probe", ask.__name__), workspace, request, visitor)


def line_of(workspace, visitor=OWNER):
    """What the line of status shows."""
    return answered(question(WINDOW, "status"), workspace, {}, visitor)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """An workspace of a run whose classes, folder and model have names meant to do harm."""
    folder = tmp_path_factory.mktemp("<b>${1+1}{{x}}")
    run, classifier = small_run(folder, class_count=len(HOSTILE), names=HOSTILE)
    return inspecting(run, classifier, Status("ready"))


@pytest.fixture(scope="module")
def served(hostile):
    """The window, served on loopback as `hardex serve` does."""
    with serving(hostile) as served:
        yield served


@pytest.fixture(scope="module")
def owner(served):
    with httpx.Client(base_url=served.url, timeout=30) as visitor:
        yield visitor


def inspecting(run, classifier=None, status=None):
    workspace = Workspace(lambda workspace: None, run=run)
    workspace.classifier = classifier
    workspace.status = status or workspace.status
    return workspace


# ------------------------------------------------------------------ the server


def test_the_page_answers(owner):
    page = owner.get("/").text
    assert "hardex" in page
    assert "<script>alert(1)</script>" not in page


def test_the_config_holds_no_paths_of_this_computer(owner, hostile):
    config = owner.get("/config").text
    project = Path(__file__).parents[2]
    for path in (hostile.run.folder, hostile.run.folder.parent, project, Path.home(), sys.prefix):
        assert str(path) not in config
        assert json.dumps(str(path))[1:-1] not in config
    assert os.sep + "data.npz" not in config


def test_pages_are_asked_over_http_as_they_are_in_python(owner, hostile):
    for name, function in (("probe", probe), ("curve", curve)):
        told = asking(owner, "probe", name, ONE)
        assert told.headers["content-type"] == "application/json"
        assert told.json() == answer(hostile, function, ONE, OWNER)


@pytest.mark.parametrize(
    "request_", [None, [], "text", {"source": {"kind": "example", "id": "nobody"}}]
)
def test_a_bad_request_over_http_gets_a_sentence(owner, request_):
    assert list(asking(owner, "probe", "probe", request_).json()) == ["error"]


def test_numbers_that_json_does_not_know_get_a_sentence_too(owner):
    body = json.dumps(ONE | {"transform": {"rotation": float("nan")}})
    headers = {"content-type": "application/json"}
    told = owner.post("/ask/probe/probe", content=body, headers=headers)
    assert "must be a finite number" in told.json()["error"]


@pytest.mark.parametrize(
    "name", ["judge", "value", "postprocess", "__init__", "", "facts/x", "%00"]
)
def test_no_other_function_can_be_called(owner, name):
    told = owner.post(f"/ask/probe/{name}", json=ONE)
    assert (told.status_code, told.text) == (404, "Not found.\n")


def test_no_file_of_this_computer_is_served(owner, hostile):
    for path in (hostile.run.folder / "manifest.json", Path(__file__), Path("/etc/hostname")):
        assert owner.get(f"/gradio_api/file={path}").status_code == 404


def test_the_owners_window_asks_these_questions_and_no_events_of_gradio(owner):
    config = owner.get("/config").json()
    scripts = {
        one["props"]["elem_id"]: one["props"]["js_on_load"]
        for one in config["components"]
        if one["props"].get("js_on_load")
    }
    assert set(scripts) == {"nav", "status", *(page.name for page in PAGES)}
    for one in QUESTIONS:
        parts = ("nav", "status") if one.page == WINDOW else (one.page,)
        for part in filter(None, parts):
            assert f'"{one.name}"' in scripts[part] and f'"{one.page}"' in scripts[part]
    assert not any(one["props"].get("server_fns") for one in config["components"])
    for one in config["dependencies"]:
        assert one["api_name"] and one["targets"] == []


# ------------------------------------------------------------------ the line above the pages


def test_while_it_ranks_the_line_counts():
    line = line_of(inspecting(None, status=Status("ranking", 1200, 10_000)))
    assert (line["stage"], line["done"], line["total"]) == ("ranking", 1200, 10_000)
    assert not line["over"] and line["run"] == line["problem"] == ""


def test_a_problem_is_a_failure():
    line = line_of(inspecting(None, status=Status("failed", problem="the model is gone.")))
    assert (line["problem"], line["failed"], line["over"]) == ("the model is gone.", True, True)


def test_the_line_says_what_the_run_found_and_how_far_the_rest_is(tmp_path):
    run, _ = small_run(tmp_path)
    counts = run.manifest.counts
    right = counts["examples"] - counts["wrong"]
    for status in (Status("looking at the training data", 1, 9), Status("ready")):
        line = line_of(inspecting(run, status=status))
        assert (
            f"30 examples, {counts['wrong']} errors, accuracy {100 * right / 30:.2f} % ("
            in line["run"]
        )
        assert line["run"].endswith("data data.npz")
        assert line["stage"] == ("" if status.over else "looking at the training data")


def test_what_is_missing_is_said_while_all_else_works(tmp_path):
    run, _ = small_run(tmp_path)
    for stage in ("ready", "stopped"):
        line = line_of(inspecting(run, status=Status(stage, problem="no training data.")))
        assert "accuracy" in line["run"] and not line["failed"]
        assert line["problem"] == "no training data."


def test_a_run_of_saved_probabilities_names_no_model(tmp_path):
    line = line_of(inspecting(run_without_images(tmp_path), status=Status("ready")))
    assert "model" not in line["run"] and "data" not in line["run"]


def test_names_of_data_and_model_are_data_without_folders(hostile):
    line = line_of(hostile)
    assert "data data.npz" in line["run"]
    assert "model tests.app.fake_runs:parts_of.<locals>.parts" in line["run"]
    problem = f"the data at {hostile.run.folder}/x.npz is gone."
    failed = inspecting(None, status=Status("failed", problem=problem))
    assert line_of(failed)["problem"] == "the data at x.npz is gone."


def test_an_annotator_learns_only_whether_to_wait(hostile):
    waiting = inspecting(None, status=Status("ranking", 1, 2, cancellable=True))
    line = line_of(waiting, ANNA)
    assert line == {
        "over": False, "run": "", "stage": "almost ready", "done": 0, "total": 0, "problem": "",
        "failed": False, "skippable": False, "shape": None,
    }  # fmt: skip
    waiting.run = hostile.run  # the model and the training data are not theirs to wait for
    line = line_of(waiting, ANNA)
    assert (line["over"], line["stage"], line["run"]) == (True, "", "")
    failed = inspecting(None, status=Status("failed", problem="/home/ann/x is gone."))
    assert line_of(failed, ANNA)["problem"] == "The app did not start; tell the owner."


def test_what_can_be_done_without_has_a_button(hostile):
    workspace = inspecting(hostile.run, status=Status("looking", 1, 9, cancellable=True))
    assert line_of(workspace)["skippable"]
    assert answered(question(WINDOW, "skip"), workspace, {}, OWNER) == {}
    assert "error" in answered(question(WINDOW, "skip"), workspace, {}, ANNA)
    workspace.status = Status("ready")
    assert not line_of(workspace)["skippable"]


@pytest.mark.browser
def test_the_line_follows_the_work_to_its_end_and_asks_no_more(browser, hostile):
    workspace = inspecting(None, status=Status("ranking", 1200, 10_000))
    with serving(workspace) as served:
        visitor = open_visit(browser, "about:blank")
        page, asked = visitor.page, []
        page.on("request", lambda one: asked.append(one.url) if "/status" in one.url else None)
        page.goto(served.url)
        line = page.locator("#status")
        expect(line).to_contain_text("Ranking 1,200 of 10,000")
        bar = line.locator("progress")
        assert bar.get_attribute("max") == "10000"
        workspace.status = Status("loading the model")
        expect(line).to_contain_text("Loading the model…")
        expect(bar).not_to_have_attribute("value", re.compile("."))
        expect(line.get_by_role("button")).to_be_hidden()
        workspace.run = hostile.run
        workspace.status = Status("looking at <b>data</b>", 1, 9, cancellable=True)
        expect(line).to_contain_text("Looking at <b>data</b> 1 of 9")
        expect(line).to_contain_text("30 examples")
        expect(line).to_contain_text("parts_of.<locals>.parts")
        expect(line.get_by_role("button")).to_be_visible()
        workspace.status = Status("ready", problem="no ${1+1} <i>training</i> data.")
        expect(line).to_contain_text("no ${1+1} <i>training</i> data.")
        expect(line.locator("progress")).to_be_hidden()
        expect(line.get_by_role("button")).to_be_hidden()
        expect(line.get_by_role("alert")).to_have_count(0)
        before = len(asked)
        page.wait_for_timeout(2_000)
        assert len(asked) == before
        assert line.locator("b, i").count() == 0
        visitor.trouble = [one for one in visitor.trouble if "another host" not in one]
        close_visit(visitor)


@pytest.mark.browser
def test_why_nothing_works_is_an_alert(browser):
    status = Status("failed", problem="no <b>model</b>: ${1+1} is gone.")
    with serving(inspecting(None, status=status)) as served:
        visitor = open_visit(browser, served.url)
        line = visitor.page.locator("#status")
        expect(line.get_by_role("alert")).to_have_text(status.problem)
        close_visit(visitor)


@pytest.mark.browser
def test_a_page_that_is_drawn_anew_is_still_the_one_that_is_seen(browser, served):
    """A slow browser draws the pages after the bar, and may write their class once more."""
    visitor = open_visit(browser, served.url, "view=browse")
    page = visitor.page
    expect(page.locator("#page-browse")).to_be_visible()
    write = "([id, words]) => { document.getElementById(id).className = words; }"
    page.evaluate(write, ["page-browse", "column hx-page"])
    expect(page.locator("#page-browse")).to_be_visible()
    page.evaluate(
        "document.getElementById('page-overview').className = 'column hx-page hx-current'"
    )
    expect(page.locator("#page-overview")).to_be_hidden()
    close_visit(visitor)
