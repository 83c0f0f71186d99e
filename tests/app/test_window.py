import json
import os
import sys
import urllib.error
import urllib.request
from html.parser import HTMLParser
from pathlib import Path

import pytest
from playwright.sync_api import expect

from hardex.people.access import OWNER
from hardex_app.background import Status
from hardex_app.probing import curve, probe
from hardex_app.questions import QUESTIONS, answer_on_page
from hardex_app.window import build, status_html
from hardex_app.workspace import Workspace

from .conftest import close_visit, open_visit
from .fake_runs import HOSTILE, launched_in_a_loop, run_without_images, serving, small_run

ONE = {"source": {"kind": "example", "id": "1"}, "transform": {"rotation": 30}}


def answer(workspace, ask, request, visitor):
    """What the script of the page gets for one of its questions."""
    question = next(one for one in QUESTIONS if (one.page, one.name) == ("probe", ask.__name__))
    return answer_on_page(question, workspace, request, lambda: visitor)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """An workspace of a run whose classes, folder and model have names meant to do harm."""
    folder = tmp_path_factory.mktemp("<b>${1+1}{{x}}")
    run, classifier = small_run(folder, class_count=len(HOSTILE), names=HOSTILE)
    return inspecting(run, classifier, Status("ready"))


@pytest.fixture(scope="module")
def server(hostile):
    """The window, served on loopback as `hardex serve` does."""

    with serving(hostile) as window:
        yield window


def inspecting(run, classifier=None, status=None):
    workspace = Workspace(lambda workspace: None, run=run)
    workspace.classifier = classifier
    workspace.status = status or workspace.status
    return workspace


def get(server, path):
    with urllib.request.urlopen(server.local_url + path, timeout=30) as response:
        return response.read().decode()


def ask(server, name, request):
    """What the page's script gets when it calls a server function."""
    (bench,) = [
        part for part in server.config["components"] if part["props"].get("elem_id") == "probe"
    ]
    body = {
        "data": request,
        "component_id": bench["id"],
        "fn_name": name,
        "session_hash": "visitor",
    }
    call = urllib.request.Request(
        server.local_url + "gradio_api/component_server",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(call, timeout=30) as response:
        return json.load(response)


# ------------------------------------------------------------------ the server


def test_the_page_answers(server):
    page = get(server, "")
    assert "hardex" in page
    assert "<script>alert(1)</script>" not in page


def test_the_config_holds_no_paths_of_this_computer(server, hostile):
    config = get(server, "config")
    project = Path(__file__).parents[2]
    for path in (hostile.run.folder, hostile.run.folder.parent, project, Path.home(), sys.prefix):
        assert str(path) not in config
        assert json.dumps(str(path))[1:-1] not in config
    assert os.sep + "data.npz" not in config


def test_pages_are_asked_over_http_as_they_are_in_python(server, hostile):
    for name, function in (("probe", probe), ("curve", curve)):
        assert ask(server, name, ONE) == answer(hostile, function, ONE, OWNER)


@pytest.mark.parametrize(
    "request_", [None, [], "text", {"source": {"kind": "example", "id": "nobody"}}]
)
def test_a_bad_request_over_http_gets_a_sentence(server, request_):
    assert list(ask(server, "probe", request_)) == ["error"]


def test_numbers_that_json_does_not_know_get_a_sentence_too(server):
    told = ask(server, "probe", ONE | {"transform": {"rotation": float("nan")}})
    assert "must be a finite number" in told["error"]


@pytest.mark.parametrize("name", ["judge", "value", "postprocess", "__init__"])
def test_no_other_function_can_be_called(server, name):
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(server, name, ONE)
    caught.value.close()
    assert caught.value.code == 404


def test_no_file_of_this_computer_is_served(server, hostile):
    for path in (hostile.run.folder / "manifest.json", Path(__file__), Path("/etc/hostname")):
        with pytest.raises(urllib.error.HTTPError) as caught:
            get(server, f"gradio_api/file={urllib.request.pathname2url(str(path))}")
        caught.value.close()
        assert caught.value.code in (403, 404)


def test_only_these_server_functions_are_offered(server):
    """Those that write learn from the guard who asks (see `visitors.py`)."""
    offered = {
        part["props"].get("elem_id"): set(part["props"]["server_fns"])
        for part in server.config["components"]
        if part["props"].get("server_fns")
    }
    assert offered == {
        "overview": {"facts"},
        "annotate": {"facts", "whose", "annotate", "earlier", "next_examples", "undo"},
        "browse": {
            "facts", "whose", "browse", "example", "easier", "pictures", "neighbours", "judge",
        },
        "probe": {
            "facts", "whose", "facts_of_shape", "probe", "curve", "smallest", "taken", "kept",
            "keep", "reopen", "export",
        },
    }  # fmt: skip


# ------------------------------------------------------------------ the line above the pages


def test_while_it_ranks_the_line_counts():
    shown = status_html(inspecting(None, status=Status("ranking", 1200, 10_000)))
    assert "Ranking 1,200 of 10,000" in shown
    assert '<progress value="1200" max="10000"' in shown


def test_work_of_unknown_length_says_what_it_is():
    shown = status_html(inspecting(None, status=Status("loading the model")))
    assert "Loading the model…" in shown and "<progress aria-label" in shown


def test_a_problem_is_an_alert():
    shown = status_html(inspecting(None, status=Status("failed", problem="the model is gone.")))
    assert shown == '<p class="hx-problem" role="alert">the model is gone.</p>'


def test_the_line_says_what_the_run_found_and_how_far_the_rest_is(tmp_path):
    run, _ = small_run(tmp_path)
    counts = run.manifest.counts
    right = counts["examples"] - counts["wrong"]
    for status in (Status("looking at the training data", 1, 9), Status("ready")):
        shown = status_html(inspecting(run, status=status))
        assert f"30 examples, {counts['wrong']} errors, accuracy {right / 30:.2%} (" in shown
        assert "data data.npz</p>" in shown
        assert ("Looking at the training data 1 of 9" in shown) is not status.over


def test_what_is_missing_is_said_while_all_else_works(tmp_path):
    run, _ = small_run(tmp_path)
    for stage in ("ready", "stopped"):
        shown = status_html(inspecting(run, status=Status(stage, problem="no training data.")))
        assert "accuracy" in shown and "no training data.</p>" in shown
        assert "alert" not in shown


def test_a_run_of_saved_probabilities_names_no_model(tmp_path):
    shown = status_html(inspecting(run_without_images(tmp_path), status=Status("ready")))
    assert "model" not in shown and "data" not in shown


class Text(HTMLParser):
    """What a browser shows, and which elements it makes."""

    def __init__(self):
        super().__init__()
        self.text, self.tags = "", []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("name", HOSTILE)
def test_names_meant_to_do_harm_are_shown_as_text(name):
    for status in (Status("failed", problem=name), Status(name, 1, 2)):
        shown = status_html(inspecting(None, status=status))
        seen = Text()
        seen.feed(shown)
        assert name.lower() in seen.text.lower()
        assert set(seen.tags) <= {"p", "div", "span", "progress"}
        assert "$" not in shown and "{" not in shown


def test_names_of_data_and_model_are_shown_as_text(hostile):
    shown = status_html(hostile)
    assert "data data.npz" in shown
    assert "model tests.app.fake_runs:parts_of.&lt;locals&gt;.parts" in shown
    assert "<b>" not in shown and "$" not in shown and "{" not in shown


# ------------------------------------------------------------------ the clock


def tick_of(workspace):
    """What the window does twice a second."""

    def built():
        return build(workspace)

    events = launched_in_a_loop(built).fns.values()
    (tick,) = [event.fn for event in events if event.name == "tick"]
    return tick


def test_the_clock_shows_the_progress_and_then_the_run(hostile):
    workspace = inspecting(None, status=Status("ranking", 1, 2))
    tick = tick_of(workspace)
    html, cancel, timer = tick()
    assert (html, timer.active, cancel.visible) == (status_html(workspace), True, False)
    workspace.run, workspace.status = hostile.run, Status("loading the model")
    html, _, timer = tick()
    assert "30 examples" in html and timer.active


def test_what_can_be_done_without_has_a_button(hostile):
    workspace = inspecting(hostile.run, status=Status("looking", 1, 9, cancellable=True))
    assert tick_of(workspace)()[1].visible is True
    workspace.status = Status("ready")
    assert tick_of(workspace)()[1].visible is False


@pytest.mark.parametrize("status", [Status("ready"), Status("failed", problem="no.")])
def test_the_clock_stops_when_nothing_more_will_change(hostile, status):
    timer = tick_of(inspecting(hostile.run, status=status))()[2]
    assert timer.active is False


@pytest.mark.browser
def test_a_page_that_is_drawn_anew_is_still_the_one_that_is_seen(browser, server):
    """A slow browser draws the pages after the bar, and may write their class once more."""
    visitor = open_visit(browser, server.local_url, "view=browse")
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
