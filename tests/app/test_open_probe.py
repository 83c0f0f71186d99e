"""Drawings of annotators wait until all of their examples are judged: they could redraw one."""

from contextlib import closing, contextmanager
from types import SimpleNamespace
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from hardex.people.access import OWNER, Access, Visitor
from hardex.runs.views import View
from hardex_app.auth.keys import Keys
from hardex_app.probe_permissions import drawing_closed
from hardex_app.workspace import Workspace

from .conftest import close_visit, draw, open_visit, quiet
from .fake_runs import ask, entered, inspecting, serving, small_run

DRAWN = {"kind": "sketch", "strokes": [[[40, 40], [200, 200]]]}
COUNT = 4


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """A shared app with a few examples for each annotator."""
    with shared(tmp_path_factory.mktemp("run")) as found:
        yield found


@contextmanager
def shared(folder, **options):
    run, classifier = small_run(folder, count=COUNT, shape=(8, 8, 1))
    assigned = {"view": View(list="all"), "overlap": 50} | options
    workspace = inspecting(run, classifier, **assigned)
    keys = Keys(workspace)
    with serving(workspace, keys) as served:
        yield SimpleNamespace(
            run=run,
            url=served.url,
            access=Access.open(run.folder),
            owner_token=keys.owner_token,
        )
    keys.close()


@pytest.fixture
def anna(app):
    """An annotator who has judged nothing yet."""
    with closing(entered(app.url, app.access.invite(f"Anna {uuid4().hex[:8]}"))) as visitor:
        yield visitor


def judge_next(visitor):
    """Judge one example; what was answered."""
    told = ask(visitor, "annotate", "next_examples", {"have": [], "count": 1})
    said = {"ticket": told["examples"][0]["ticket"], "label": "1", "event_id": str(uuid4())}
    return ask(visitor, "annotate", "annotate", said)


def drawings(visitor):
    """What each question answers about a drawing."""
    about = {"source": DRAWN, "transform": {"rotation": 10}}
    kept = {**about, "name": "redrawn", "probe_id": str(uuid4())}
    return {
        "probe": ask(visitor, "probe", "probe", about),
        "curve": ask(visitor, "probe", "curve", {**about, "along": "rotation"}),
        "smallest": ask(visitor, "probe", "smallest", about),
        "keep": ask(visitor, "probe", "keep", kept),
    }


def assert_closed(visitor, left):
    for name, told in drawings(visitor).items():
        assert set(told) - {"again"} == {"error"}, name
        assert told["error"].endswith(f"before they judge: {left} left.")
        assert not told.get("again")
    assert f"{left} left." in ask(visitor, "probe", "facts", {})["closed"]
    assert ask(visitor, "probe", "kept", {})["probes"] == []


def assert_open(visitor):
    for name, told in drawings(visitor).items():
        assert "error" not in told, name
    assert ask(visitor, "probe", "facts", {})["closed"] == ""


def test_a_redrawn_example_is_not_probed_before_it_is_judged(app, anna):
    for left in range(COUNT, 0, -1):
        assert_closed(anna, left)
        assert judge_next(anna)["done"] == COUNT - left + 1
    assert_open(anna)


def test_taking_an_answer_back_closes_the_pad_again(app, anna):
    told = [judge_next(anna) for _ in range(COUNT)][-1]
    kept = drawings(anna)["keep"]["kept"]
    gone = {"ticket": told["ticket"], "undoes": told["event_id"], "event_id": str(uuid4())}
    assert ask(anna, "annotate", "undo", gone)["done"] == COUNT - 1
    about = {"source": DRAWN, "transform": {}}
    assert "1 left." in ask(anna, "probe", "probe", about)["error"]
    opened = ask(anna, "probe", "reopen", {"id": kept})  # their own strokes, without a prediction
    assert set(opened) == {"source", "transform", "name", "expected", "note"}
    again = {"source": opened["source"], "transform": opened["transform"]}
    assert "1 left." in ask(anna, "probe", "probe", again)["error"]
    assert "1 left." in ask(anna, "probe", "curve", {**again, "along": "scale"})["error"]
    judge_next(anna)
    assert "error" not in ask(anna, "probe", "probe", again)


@pytest.mark.parametrize(
    "source",
    [{**DRAWN, "kind": kind} for kind in ("sketch ", "SKETCH", "image", "example", None, ["x"])]
    + [{"kind": "image", "pixels": "AAAA", "shape": [1, 3, 1]}, {**DRAWN, "id": "1"}, {}, None],
)  # fmt: skip
def test_no_other_name_for_a_drawing_opens_the_pad(app, anna, source):
    for name in ("probe", "curve", "smallest", "keep"):
        about = {"source": source, "transform": {}, "along": "scale", "probe_id": str(uuid4())}
        assert "error" in ask(anna, "probe", name, about), name


def test_what_they_have_judged_can_be_probed_meanwhile(app, anna):
    ticket = judge_next(anna)["ticket"]
    about = {"source": {"kind": "example", "id": ticket}, "transform": {}}
    assert "before" in ask(anna, "probe", "probe", about)
    assert "error" in ask(anna, "probe", "probe", {**about, "source": {**DRAWN, "id": ticket}})


def test_the_owner_draws_at_any_time(app):
    with closing(entered(app.url, app.owner_token)) as owner:
        assert_open(owner)


def test_the_owner_may_let_annotators_draw_at_once(tmp_path):
    with shared(tmp_path, open_probe=True) as app:
        with closing(entered(app.url, app.access.invite("Anna"))) as anna:
            assert_open(anna)


def test_where_nothing_is_left_to_judge_the_pad_is_open_and_before_a_run_it_is_not(app):
    anna = Visitor("Zoe", "annotator")
    empty = inspecting(app.run, view=View(list="all", verdict="wrong"))
    assert drawing_closed(anna, empty) == ""
    assert "not ready" in drawing_closed(anna, Workspace(lambda workspace: None))
    assert drawing_closed(OWNER, Workspace(lambda workspace: None)) == ""


@pytest.mark.browser
def test_the_page_says_so_and_opens_after_the_last_answer_without_a_reload(app, browser):
    token = app.access.invite("Berta")
    visitor = open_visit(browser, app.url, "nothing")
    visitor.trouble.clear()  # she has not entered yet
    page = visitor.page
    page.goto(f"{app.url}enter#{token}")
    expect(page.locator(".hx-who")).to_have_text("Berta")
    loads = []
    page.on("load", lambda _: loads.append(page.url))
    page.locator(".hx-page-link[data-page=probe]").click()
    says, bars = page.locator("#probe .hx-status"), page.locator("#probe .hx-bar")
    expect(says).to_contain_text(f"{COUNT} left.")
    draw(page, [(60, 60), (200, 200)])
    quiet(page)
    expect(says).to_contain_text(f"{COUNT} left.")
    expect(bars).to_have_count(0)
    page.locator(".hx-page-link[data-page=annotate]").click()
    for done in range(1, COUNT + 1):
        expect(page.locator(".hx-ann-figure img")).to_be_visible()
        page.keyboard.press("2")
        expect(page.locator(".hx-ann-count")).to_contain_text(f"{done} of ")
        if done == 1:
            page.locator(".hx-page-link[data-page=probe]").click()
            expect(says).to_contain_text(f"{COUNT - 1} left.")
            page.locator(".hx-page-link[data-page=annotate]").click()
    expect(page.locator(".hx-ann-saved")).to_have_text("Saved ✓")
    page.locator(".hx-page-link[data-page=probe]").click()
    expect(bars.first).to_be_visible()
    expect(says).to_have_text("")
    assert loads == []
    close_visit(visitor)
