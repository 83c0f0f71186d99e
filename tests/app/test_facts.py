"""What a page must know before it can draw: computed for pages that are opened, and no others."""

import json

import numpy as np
import pytest
from playwright.sync_api import expect

import hardex
from hardex.people.access import OWNER, Visitor
from hardex_app import annotator_window, questions, window
from hardex_app.background import Status
from hardex_app.page import no_facts
from hardex_app.pages import PAGES
from hardex_app.questions import QUESTIONS, answer_on_page, question
from hardex_app.workspace import Workspace

from .conftest import close_visit, open_visit
from .fake_runs import inspecting, launched_in_a_loop, serving, small_run

ANNA = Visitor("Anna", "annotator")
FACTS = [one for one in QUESTIONS if one.name == "facts"]
OWN_FACTS = [page.name for page in PAGES if page.facts is not no_facts]


def facts(page, workspace, visitor=OWNER):
    """What the script of a page gets when the page is first opened."""
    return answer_on_page(question(page, "facts"), workspace, {}, lambda: visitor)


def unready(stage, problem=""):
    workspace = Workspace(lambda workspace: None)
    workspace.status = Status(stage, problem=problem)
    return workspace


@pytest.fixture
def ready(tmp_path):
    return inspecting(*small_run(tmp_path))


def test_every_page_has_facts_for_those_who_have_the_page():
    assert [(one.page, one.roles) for one in FACTS] == [(page.name, page.roles) for page in PAGES]
    assert all(one.endpoint is None for one in FACTS)


@pytest.mark.parametrize("page", OWN_FACTS)
def test_facts_are_plain_data_about_the_run(ready, page):
    told = facts(page, ready)
    assert told["class_names"] == list(ready.run.manifest.class_names)
    assert json.loads(json.dumps(told, allow_nan=False)) == told


@pytest.mark.parametrize("build", [window.build, annotator_window.build])
def test_to_load_a_window_and_to_wait_in_it_computes_no_facts(ready, build, monkeypatch):
    computed = []
    counting = [
        questions.Question(lambda call: computed.append(call), one.page, one.name, one.roles)
        for one in FACTS
    ]
    others = tuple(one for one in QUESTIONS if one not in FACTS)
    monkeypatch.setattr(questions, "QUESTIONS", (*counting, *others))
    events = [one.fn for one in launched_in_a_loop(lambda: build(ready)).fns.values()]
    clocks = {one.__name__: one for one in events if one.__name__ in ("refresh", "tick")}
    assert set(clocks) == {"refresh", "tick"}
    for event in clocks.values():
        event()
    assert computed == []
    facts("annotate", ready)  # what the script of the page does
    assert len(computed) == 1


def test_the_key_of_what_a_browser_keeps_is_had_without_the_facts(ready):
    for page in ("browse", "probe"):
        told = answer_on_page(question(page, "whose"), ready, {}, lambda: OWNER)
        assert told == {"whose": facts(page, ready)["whose"]}
    asked = question("annotate", "whose"), ready, {}, lambda: ANNA
    key = answer_on_page(*asked)["whose"]
    examples = question("annotate", "next_examples")
    told = answer_on_page(examples, ready, {"have": [], "count": 0}, lambda: ANNA)
    assert key == f"{told['run']} {told['name']}"


@pytest.mark.parametrize("page", OWN_FACTS)
def test_before_there_is_a_run_a_page_waits(page):
    assert list(facts(page, unready("ranking"))) == ["waiting"]


@pytest.mark.parametrize("page", OWN_FACTS)
def test_the_owner_learns_why_no_run_will_come(page):
    workspace = unready("failed", problem="the model at /home/ann/m.keras is gone.")
    assert facts(page, workspace) == {"error": "the model at m.keras is gone."}


def test_annotators_learn_only_that_none_will_come():
    workspace = unready("failed", problem="the model at /home/ann/m.keras is gone.")
    for page in ("annotate", "probe"):
        assert facts(page, workspace, ANNA) == {"error": "The app did not start; tell the owner."}


def test_annotators_get_the_facts_of_their_pages_and_their_own(ready):
    for page in PAGES:
        told = facts(page.name, ready, ANNA)
        assert ("error" in told) is ("annotator" not in page.roles)
    assert facts("probe", ready, ANNA)["examples"] == []  # they have judged none
    whose = [
        facts("probe", ready, one)["whose"] for one in (OWNER, ANNA, Visitor("B", "annotator"))
    ]
    assert len(set(whose)) == 3


def test_what_fails_is_told_to_the_owner_and_not_to_annotators(ready, monkeypatch):
    def damaged(run):
        raise hardex.RunError(f"the table {run.folder}/predictions.parquet is damaged; rank again.")

    monkeypatch.setattr("hardex_app.annotating.facts", damaged)
    owners, annas = facts("annotate", ready)["error"], facts("annotate", ready, ANNA)["error"]
    assert "predictions.parquet is damaged" in owners and str(ready.run.folder) not in owners
    assert "tell the owner" in annas and "parquet" not in annas


def rank_again(run, classifier, names):
    """Another run of the same images in its place."""
    data = np.load(run.manifest.data.path)
    labels = (data["labels"] + 1) % len(names)
    np.savez(run.manifest.data.path, images=data["images"], labels=labels)
    hardex.rank(classifier, run.manifest.data.path, class_names=names, out=run.folder, force=True)


def test_a_page_that_is_opened_after_the_run_was_ranked_again_shows_the_new_one(ready):
    before = facts("overview", ready)
    rank_again(ready.run, ready.classifier, ("a", "b", "c"))
    after = facts("overview", ready)
    assert (before["class_names"], after["class_names"]) == (["0", "1", "2"], ["a", "b", "c"])
    assert before["wrong"] != after["wrong"]


# ------------------------------------------------------------------ in a browser


def asked_for(page):
    """The pages whose facts a visitor's browser has asked for, in order."""
    asked = []

    def note(request):
        if "component_server" in request.url and '"fn_name":"facts"' in (request.post_data or ""):
            asked.append(request)

    page.on("request", note)
    return asked


@pytest.mark.browser
def test_facts_are_asked_for_once_when_a_page_is_first_opened(browser, ready):
    with serving(ready) as served:
        visitor = open_visit(browser, "about:blank")
        page, asked = visitor.page, asked_for(visitor.page)
        page.goto(served.local_url)
        visitor.trouble.clear()  # requests before there was an address
        expect(page.locator(".hx-ov-body")).to_be_visible()
        assert len(asked) == 1
        for link, sign in (
            ("Browse", ".hx-card"),
            ("Overview", ".hx-ov-body"),
            ("Browse", ".hx-card"),
        ):
            page.get_by_role("link", name=link, exact=True).click()
            expect(page.locator(sign).first).to_be_visible()
        assert len(asked) == 2
        rank_again(ready.run, ready.classifier, ("a", "b", "c"))
        page.get_by_role("link", name="Probe", exact=True).click()
        expect(page.locator(".hx-expected option")).to_have_text(["(not given)", "a", "b", "c"])
        visitor.trouble = [one for one in visitor.trouble if "another host" not in one]
        close_visit(visitor)


@pytest.mark.browser
def test_an_open_page_is_filled_when_the_run_comes_and_says_what_failed_meanwhile(browser, ready):
    workspace = unready("ranking")
    with serving(workspace) as served:
        visitor = open_visit(browser, served.local_url, "view=nonsense")
        page = visitor.page
        expect(page.locator("#page-overview .hx-ov-wait")).to_be_visible()  # the first page
        page.route("**/component_server**", lambda route: route.abort())
        expect(page.locator(".hx-ov-wait")).to_have_text(
            "The server does not answer. Trying again…"
        )
        page.unroute("**/component_server**")
        workspace.run, workspace.status = ready.run, Status("ready")
        expect(page.locator(".hx-ov-body")).to_be_visible()
        expect(page.locator(".hx-ov-wait")).to_be_hidden()
        visitor.trouble = [
            one for one in visitor.trouble if "fetch" not in one and "load" not in one
        ]
        close_visit(visitor)
