"""What a page must know before it can draw: computed for pages that are opened, and no others."""

import json
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from playwright.sync_api import expect
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

import hardex
from hardex.people.access import OWNER, Visitor
from hardex_app import questions
from hardex_app.auth.gate import Gate
from hardex_app.background import Status
from hardex_app.page import no_facts
from hardex_app.pages import PAGES
from hardex_app.questions import QUESTIONS, WINDOW, answered, question
from hardex_app.workspace import Workspace

from .conftest import close_visit, open_visit
from .fake_runs import asking, guarded, inspecting, serving, small_run

ANNA = Visitor("Anna", "annotator")
FACTS = [one for one in QUESTIONS if one.name == "facts"]
OWN_FACTS = [page.name for page in PAGES if page.facts is not no_facts]


def facts(page, workspace, visitor=OWNER):
    """What the script of a page gets when the page is first opened."""
    return answered(question(page, "facts"), workspace, {}, visitor)


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
    if page not in ("people", "causes", "curves"):  # which do not name all classes
        assert told["class_names"] == list(ready.run.manifest.class_names)
    assert json.loads(json.dumps(told, allow_nan=False)) == told


@pytest.mark.parametrize("visitor", [OWNER, ANNA])
def test_to_load_a_window_and_to_wait_in_it_computes_no_facts(ready, visitor, monkeypatch):
    computed = []
    counting = {
        (one.page, "facts"): replace(one, answer=lambda call: computed.append(call))
        for one in FACTS
    }
    monkeypatch.setattr(questions, "_ON_PAGES", questions._ON_PAGES | counting)
    keys = SimpleNamespace(visitor=lambda session: visitor, known=lambda session: visitor)
    browser = TestClient(
        guarded(ready, Gate(7860, keys), PlainTextResponse("Gradio")),
        base_url="http://127.0.0.1",
        cookies={"hardex-7860": "s" * 43},
    )
    assert browser.get("/").status_code == 200
    for name in ("who", "status"):
        assert asking(browser, WINDOW, name, {}).status_code == 200
    assert computed == []
    asking(browser, "annotate", "facts", {})  # what the script of the page does
    assert len(computed) == 1


def test_the_key_of_what_a_browser_keeps_is_had_without_the_facts(ready):
    for page in ("browse", "probe"):
        told = answered(question(page, "whose"), ready, {}, OWNER)
        assert told == {"whose": facts(page, ready)["whose"]}
    asked = question("annotate", "whose"), ready, {}, ANNA
    key = answered(*asked)["whose"]
    examples = question("annotate", "next_examples")
    told = answered(examples, ready, {"have": [], "count": 0}, ANNA)
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
        if re.search("/ask/[a-z]+/facts$", request.url):
            asked.append(request)

    page.on("request", note)
    return asked


@pytest.mark.browser
def test_facts_are_asked_for_once_when_a_page_is_first_opened(browser, ready):
    with serving(ready) as served:
        visitor = open_visit(browser, "about:blank")
        page, asked = visitor.page, asked_for(visitor.page)
        page.goto(served.url)
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
        visitor.context.close()
        assert [one for one in visitor.trouble if "another host" not in one] == []


@pytest.mark.browser
def test_an_open_page_is_filled_when_the_run_comes_and_says_what_failed_meanwhile(browser, ready):
    workspace = unready("ranking")
    with serving(workspace) as served:
        visitor = open_visit(browser, served.url, "view=nonsense")
        page = visitor.page
        expect(page.locator("#page-overview .hx-ov-wait")).to_be_visible()  # the first page
        page.route("**/ask/overview/*", lambda route: route.abort())
        expect(page.locator(".hx-ov-wait")).to_have_text(
            "The server does not answer. Trying again…"
        )
        page.unroute("**/ask/overview/*")
        workspace.run, workspace.status = ready.run, Status("ready")
        expect(page.locator(".hx-ov-body")).to_be_visible()
        expect(page.locator(".hx-ov-wait")).to_be_hidden()
        visitor.trouble = [
            one for one in visitor.trouble if "fetch" not in one and "load" not in one
        ]
        close_visit(visitor)
