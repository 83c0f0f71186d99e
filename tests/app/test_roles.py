"""What an annotator sees and can reach of a real app, asked over raw HTTP with a real session."""

import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import pytest
from gradio_client import Client
from playwright.sync_api import expect

from hardex.annotate.queue import Queue
from hardex.errors import MisplacedError, StorageError
from hardex.people.access import OWNER, Access, Visitor
from hardex.people.events import Annotation
from hardex.probing.saved_probes import kept_probes
from hardex_app.auth.keys import Keys
from hardex_app.auth.visitors import THREADS
from hardex_app.pages import PAGES
from hardex_app.questions import QUESTIONS, answered, names_on, question

from .conftest import draw, quiet, until
from .fake_runs import ask, asking, bearing, entered, inspecting, serving, small_run

PAGE_NAMES = [page.name for page in PAGES]
DRAWN = {"kind": "sketch", "strokes": [[[40, 40], [200, 200]]]}


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """A shared app; its owner, Anna and Bert are in."""
    run, classifier = small_run(tmp_path_factory.mktemp("run"), shape=(8, 8, 1))
    workspace = inspecting(run, classifier, overlap=50, open_probe=True)
    keys = Keys(workspace)
    access = Access.open(run.folder)
    with serving(workspace, keys) as served:
        shared = SimpleNamespace(
            run=run,
            workspace=workspace,
            url=served.url,
            owner=entered(served.url, keys.owner_token),
            anna=entered(served.url, access.invite("Anna")),
            bert=entered(served.url, access.invite("Bert")),
            vera=entered(served.url, access.invite("Vera", role="viewer")),
        )
        yield shared
        for visitor in (shared.owner, shared.anna, shared.bert, shared.vera):
            visitor.close()
    keys.close()


def next_ticket(visitor):
    """The ticket of the example that an annotator judges next."""
    told = ask(visitor, "annotate", "next_examples", {"have": [], "count": 1})
    return told["examples"][0]["ticket"]


def judged(app, visitor, name):
    """A ticket that this annotator has judged, and the id behind it."""
    ticket = next_ticket(visitor)
    said = {"ticket": ticket, "label": "0", "event_id": str(uuid4())}
    assert ask(visitor, "annotate", "annotate", said)["ticket"] == ticket
    return ticket, app.workspace.desk.tickets.id(name, ticket)


# ------------------------------------------------------------------ two windows

GRADIO = (
    "/config", "/config/", "/theme.css", "/assets/index.js", "/static/img/logo.svg", "/svelte/x.js",
    "/manifest.json", "/openapi.json", "/robots.txt", "/favicon.ico", "/gradio_api/info",
    "/gradio_api/openapi.json", "/gradio_api/app_id", "/gradio_api/theme.css",
    "/gradio_api/heartbeat/abc", "/gradio_api/queue/data?session_hash=abc",
    "/gradio_api/call/probe/abc", "/gradio_api/startup-events", "/gradio_api/component_server",
)  # fmt: skip


def test_each_role_has_a_window_of_its_own(app):
    owners, annas = app.owner.get("/").text, app.anna.get("/").text
    assert "window.gradio_config" in owners and "gradio_config" not in annas
    assert annas == app.bert.get("/").text  # it tells nothing of anybody
    (window,) = re.findall('<script type="application/json" id="window">(.*?)</script>', annas)
    offered = {part["id"]: (part["page"], part["questions"]) for part in json.loads(window)}
    assert offered == {
        "nav": ("window", ["who", "status"]),
        "status": ("window", ["who", "status"]),
        "annotate": ("annotate", names_on("annotate", "annotator")),
        "probe": ("probe", names_on("probe", "annotator")),
    }
    assert not {"taken", "export"} & set(offered["probe"][1])


@pytest.mark.parametrize("path", GRADIO)
def test_an_annotator_reaches_nothing_of_gradio(app, path):
    for method in ("GET", "HEAD", "POST"):
        told = app.anna.request(method, path, json={} if method == "POST" else None)
        assert told.status_code == 404
        assert method == "HEAD" or told.text == "Not found.\n"


def test_an_annotator_is_told_nothing_of_folders_and_other_people(app):
    app.run.annotations.add(Annotation("Carla <secret>", "3", "wrong", "1", "a remark of Carla"))
    told = app.anna.get("/").text
    for word in (str(app.run.folder), "data.npz", "Carla", "remark", "Anna"):
        assert word not in told
    assert ask(app.anna, "window", "who", {"name": "owner"}) == {"name": "Anna"}


def test_a_viewer_reads_overview_and_browse_and_nothing_else(app):
    told = app.vera.get("/").text
    assert "gradio_config" not in told and "Vera" not in told
    assert [name for name in PAGE_NAMES if f'id="page-{name}"' in told] == [
        "overview",
        "browse",
        "causes",
        "compare",
    ]
    assert ask(app.vera, "overview", "facts", {})["examples"] == 30
    found = ask(app.vera, "browse", "browse", {"list": "all"})
    assert found["total"] == 30
    address = ask(app.vera, "browse", "example", found["examples"][0]["id"])["image"]
    assert app.vera.get(f"/{address}").headers["content-type"] == "image/png"
    before = len(app.run.annotations.all()), len(kept_probes(app.run.folder)[0])
    for one in QUESTIONS:
        if one.page and "viewer" not in one.roles:
            about = {"id": "1", "verdict": "right", "event_id": str(uuid4())}
            assert asking(app.vera, one.page, one.name, about).status_code == 404
    assert (len(app.run.annotations.all()), len(kept_probes(app.run.folder)[0])) == before
    for path in GRADIO:
        assert app.vera.get(path).status_code == 404
    line = ask(app.vera, "window", "status", {})
    assert line["run"].startswith("30 examples") and not line["skippable"]


def test_a_viewer_is_told_nothing_of_folders(tmp_path):
    run, _ = small_run(tmp_path, shape=(8, 8, 1))
    note = f"labels are those of {tmp_path}/labels.csv."
    noted = replace(run, manifest=replace(run.manifest, notes=(note,)))
    for visitor, is_told in ((OWNER, True), (Visitor("Vera", "viewer"), False)):
        told = answered(question("overview", "facts"), inspecting(noted), {}, visitor)
        assert (str(tmp_path) in json.dumps(told["notes"])) == is_told


def of_the_owner():
    """The questions that are not for annotators."""
    return [one for one in QUESTIONS if one.page and "annotator" not in one.roles]


def test_no_question_of_the_owner_answers_an_annotator(app):
    before = len(app.run.annotations.all())
    assert {"browse", "judge", "export", "taken", "skip"} <= {one.name for one in of_the_owner()}
    for one in of_the_owner():
        for about in ({}, "1", {"id": "1", "verdict": "right", "event_id": str(uuid4())}):
            told = asking(app.anna, one.page, one.name, about)
            assert (told.status_code, told.text) == (404, "Not found.\n")
        assert app.owner.post(f"/ask/{one.page}/{one.name}", json={}).status_code == 200
    assert len(app.run.annotations.all()) == before


def test_no_named_endpoint_and_no_number_of_one_answers_an_annotator(app):
    """Whatever name or number is sent."""
    before = len(app.run.annotations.all()), len(kept_probes(app.run.folder)[0])
    for one in app.owner.get("/config").json()["dependencies"]:
        name = one["api_name"]
        values = ["1", "right", "", "", None, ""][: len(one["inputs"])]
        body = {"data": values, "fn_index": one["id"], "session_hash": "x"}
        for path in (f"run/{name}", f"api/{name}", f"call/{name}", f"run/{name}/", "queue/join",
                     "run/predict"):  # fmt: skip
            told = app.anna.post(f"/gradio_api/{path}", json=body)
            assert (told.status_code, told.text) == (404, "Not found.\n"), path
    assert (len(app.run.annotations.all()), len(kept_probes(app.run.folder)[0])) == before


def test_an_owner_function_refuses_an_annotator_who_got_to_it(app):
    verdict = {"id": "1", "verdict": "right"}
    judge = question("browse", "judge")
    anna = Visitor("Anna", "annotator")
    answer = answered(judge, app.workspace, verdict, anna)
    assert "only the owner" in answer["error"] and not answer["again"]
    assert "error" not in answered(judge, app.workspace, verdict, OWNER)


def test_a_verdict_of_the_page_is_the_owners_and_stored_once(app):
    sent = {"id": "2", "verdict": "wrong", "new_label": "1", "comment": "odd", "annotator": "Anna",
            "event_id": "6f1d7ad4-9a3e-4a53-8a57-0e0d3a4d1c55"}  # fmt: skip
    before = len(app.run.annotations.all())
    answer = ask(app.owner, "browse", "judge", sent)
    assert (answer["id"], answer["verdict"]) == ("2", "wrong") and "wrong" in answer["verdicts"]
    assert answer["lines"][-1].endswith("owner: mislabelled, it is 1: odd")
    assert ask(app.owner, "browse", "judge", sent) == answer
    (event,) = app.run.annotations.all()[before:]
    assert (event.annotator, event.event_id) == ("owner", sent["event_id"])
    for nonsense in (None, [], "1", {}, {**sent, "event_id": "1"}, {**sent, "verdict": "right"}):
        assert set(ask(app.owner, "browse", "judge", nonsense)) == {"error", "again"}
    assert len(app.run.annotations.all()) == before + 1


def test_a_program_of_an_annotator_asks_what_the_pages_ask(app):
    token = Access.open(app.run.folder).invite("Dora")
    with closing(bearing(app.url, token)) as dora:
        told = ask(dora, "annotate", "next_examples", {"have": [], "count": 1})
        (example,) = told["examples"]
        assert example["image"].startswith("data:image/")
        said = {"ticket": example["ticket"], "label": "1", "event_id": str(uuid4())}
        answer = ask(dora, "annotate", "annotate", said)
        assert answer["done"] == 1
        assert [event.annotator for event in app.run.annotations.by("Dora")] == ["Dora"]
        gone = {"ticket": example["ticket"], "undoes": answer["event_id"],
                "event_id": str(uuid4())}  # fmt: skip
        assert ask(dora, "annotate", "undo", gone)["done"] == 0
        with pytest.raises(ValueError, match="Could not get Gradio config"):
            Client(app.url, headers={"Authorization": f"Bearer {token}"}, verbose=False)


def test_the_program_in_the_guide_labels_an_example(app, capsys):
    guide = (Path(__file__).parents[2] / "docs" / "sharing.md").read_text("utf-8")
    (program,) = re.findall(r"```python\n(import uuid.*?)```", guide, re.DOTALL)
    token = Access.open(app.run.folder).invite("Egon")
    program = program.replace("http://127.0.0.1:7860", app.url).replace("ID.SECRET", token)
    exec(program.replace('"label": "7"', '"label": "1"'), {})
    assert re.fullmatch(r"1 of \d+ labelled\n", capsys.readouterr().out)
    assert [event.said for event in app.run.annotations.by("Egon")] == ["1"]


def test_answers_that_wait_for_the_disk_keep_nobody_from_opening_a_page(app):
    """One visitor takes some of the threads for questions; documents and sessions have others."""
    entering = threading.Event()
    waiting = []

    def slow(queue, annotator, have):
        waiting.append(annotator)
        entering.wait(60)

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(50) as pool:
        patch.setattr(Queue, "next", slow)
        try:
            asked = [
                pool.submit(asking, app.anna, "annotate", "next_examples", {"count": 1})
                for _ in range(50)
            ]
            until = time.monotonic() + 60
            while len(waiting) < 16 and time.monotonic() < until:
                time.sleep(0.01)
            assert len(waiting) == 16 < THREADS
            for visitor in (app.owner, app.bert):
                assert asking(visitor, "probe", "whose", {}).status_code == 200
                assert visitor.get("/here", timeout=20).status_code == 204
                assert visitor.get("/", timeout=20).status_code == 200
        finally:
            entering.set()
        assert {one.result().status_code for one in asked} == {200}


# ------------------------------------------------------------------ identity


def test_who_annotates_is_known_by_the_session_whatever_is_sent(app):
    forged = {"x-hardex-visitor": "owner", "x-user": "Bert", "cookie2": "hardex=owner"}
    body = {
        "ticket": next_ticket(app.anna),
        "label": "0",
        "event_id": str(uuid4()),
        "annotator": "Bert",
        "username": "owner",
        "role": "owner",
        "request": {},
    }
    told = app.anna.post("/ask/annotate/annotate", json=body, headers=forged)
    assert told.json()["event_id"] == body["event_id"]
    (stored,) = [one for one in app.run.annotations.all() if one.event_id == body["event_id"]]
    assert stored.annotator == "Anna"


def test_two_people_at_once_are_never_mixed_up(app):
    def name(visitor):
        return ask(visitor, "window", "who", {})["name"]

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(name, [app.anna, app.bert] * 20))
    assert told == ["Anna", "Bert"] * 20


def test_nobody_uses_the_ticket_of_another(app):
    ticket, _ = judged(app, app.anna, "Anna")
    for page, name, about in (
        ("annotate", "annotate", {"ticket": ticket, "label": "0", "event_id": str(uuid4())}),
        ("probe", "probe", {"source": {"kind": "example", "id": ticket}, "transform": {}}),
    ):
        assert set(ask(app.bert, page, name, about)) - {"again"} == {"error"}


# ------------------------------------------------------------------ the Probe page of annotators


def test_annotators_probe_drawings(app):
    answer = ask(app.anna, "probe", "probe", {"source": DRAWN, "transform": {"rotation": 20}})
    assert answer["before"]["shape"] == [8, 8, 1] and answer["given"] is None


@pytest.mark.parametrize("name", ["probe", "curve", "smallest"])
def test_annotators_probe_only_what_they_have_judged(app, name):
    for id in (
        next_ticket(app.anna),
        "1",
        "../../etc/passwd",
        "",
        None,
        ["1"],
        {"a": 1},
        "x" * 500,
    ):
        about = {"source": {"kind": "example", "id": id}, "transform": {}}
        told = ask(app.anna, "probe", name, about)
        assert set(told) == {"error"}
    ticket, id = judged(app, app.anna, "Anna")
    about = {"source": {"kind": "example", "id": ticket}, "transform": {}}
    told = ask(app.anna, "probe", name, about)
    assert told["given"] == app.run.given_label(id)


def test_annotators_send_no_pictures(app):
    picture = {"kind": "image", "pixels": "AAAA", "shape": [1, 3, 1]}
    told = ask(app.anna, "probe", "probe", {"source": picture, "transform": {}})
    assert "annotators can probe their own drawings" in told["error"]
    for more in ({}, {"source": {"kind": "sketch"}}):
        told = asking(app.anna, "probe", "taken", {"file": "AAAA", **more})
        assert told.status_code == 404


def test_the_examples_an_annotator_may_choose_are_their_own_by_ticket(app):
    ticket, _ = judged(app, app.anna, "Anna")
    facts = ask(app.anna, "probe", "facts", {})
    assert facts["may"] == {"upload": False, "export": False}
    assert ticket in {one["id"] for one in facts["examples"]}
    own = {event.id for event in app.run.annotations.by("Anna")}
    assert len(facts["examples"]) == len(own)
    assert ask(app.owner, "probe", "facts", {})["may"]["upload"] is True


def test_a_page_keeps_a_probe_once_under_the_name_of_its_visitor(app):
    sent = {"source": DRAWN, "transform": {}, "name": "of the page", "annotator": "Bert",
            "probe_id": "0e3b7a57-2a8f-4f0a-9f0e-0c1d35ff4d10"}  # fmt: skip
    for _ in range(2):
        assert ask(app.anna, "probe", "keep", sent) == {"kept": sent["probe_id"]}
    (stored,) = [one for one in kept_probes(app.run.folder)[0] if one.name == "of the page"]
    assert (stored.probe_id, stored.annotator) == (sent["probe_id"], "Anna")
    own = {**sent, "name": "of the owner", "probe_id": "5f7f2f43-98a0-4a3c-9b93-5d8c6a2c6f10"}
    assert ask(app.owner, "probe", "keep", own) == {"kept": own["probe_id"]}
    for picture in ({"kind": "image", "pixels": "AAAA", "shape": [1, 3, 1]}, {}, None):
        told = ask(app.anna, "probe", "keep", {**sent, "source": picture})
        assert set(told) == {"error", "again"} and not told["again"]


@pytest.mark.parametrize("error", [StorageError, MisplacedError])
def test_a_probe_is_sent_again_while_it_cannot_be_read_who_judged_its_example(app, error):
    ticket, _ = judged(app, app.bert, "Bert")
    sent = {"source": {"kind": "example", "id": ticket}, "transform": {}, "name": "later",
            "probe_id": str(uuid4())}  # fmt: skip

    def unreadable(id):
        raise error("the database at /secret/place cannot be read.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app.workspace.desk.run.annotations, "of", unreadable)
        told = ask(app.bert, "probe", "keep", sent)
    assert told["again"] and "/secret" not in told["error"]
    assert ask(app.bert, "probe", "keep", sent) == {"kept": sent["probe_id"]}


def keep(visitor, source, **more):
    """Keep a probe; its id."""
    sent = {"source": source, "transform": {}, "probe_id": str(uuid4()), **more}
    assert ask(visitor, "probe", "keep", sent) == {"kept": sent["probe_id"]}
    return sent["probe_id"]


def test_kept_probes_stand_under_the_annotators_name_and_are_theirs_alone(app):
    kept = keep(app.anna, DRAWN, name="mine <b>", expected="1", note="a note")
    (stored,) = [one for one in kept_probes(app.run.folder)[0] if one.probe_id == kept]
    assert stored.annotator == "Anna"
    assert kept in {one["id"] for one in ask(app.anna, "probe", "kept", {})["probes"]}
    assert kept not in json.dumps(ask(app.bert, "probe", "kept", {}))
    assert "there is no" in ask(app.bert, "probe", "reopen", {"id": kept})["error"]
    assert ask(app.anna, "probe", "reopen", {"id": kept})["name"] == "mine <b>"
    assert kept in {one["id"] for one in ask(app.owner, "probe", "kept", {})["probes"]}


def test_a_kept_example_opens_again_by_its_ticket(app):
    ticket, id = judged(app, app.anna, "Anna")
    kept = keep(app.anna, {"kind": "example", "id": ticket}, name="seen")
    (stored,) = [one for one in kept_probes(app.run.folder)[0] if one.probe_id == kept]
    assert stored.example == id
    opened = ask(app.anna, "probe", "reopen", {"id": kept})
    assert opened["source"] == {"kind": "example", "id": ticket}
    assert ask(app.owner, "probe", "reopen", {"id": kept})["source"]["id"] == id


def test_no_answer_to_an_annotator_holds_a_path(app):
    folder = str(app.run.folder)
    for name in names_on("probe", "annotator"):
        for about in ({}, None, [], {"id": "x"}, {"source": {"kind": "example", "id": "x"}}):
            assert folder not in json.dumps(ask(app.anna, "probe", name, about))


# ------------------------------------------------------------------ coming in


@pytest.mark.browser
def test_a_link_that_finds_no_server_is_tried_again(app, browser):
    token, asked = Access.open(app.run.folder).invite("Erna"), []

    def fail_at_first(route):
        asked.append(route.request.method)
        if asked.count("POST") == 1 and asked[-1] == "POST":
            route.abort()
        elif asked.count("POST") == 2 and asked[-1] == "POST":
            route.fulfill(status=503, body="The list of visitors cannot be read now.")
        else:
            route.continue_()

    context = browser.new_context()
    page = context.new_page()
    page.route("**/enter", fail_at_first)
    page.goto(f"{app.url}enter#{token}")
    expect(page.locator("#says")).to_have_text("The server does not answer yet. Trying again…")
    assert token not in page.url
    expect(page.locator(".hx-who")).to_have_text("Erna", timeout=30_000)
    assert asked.count("POST") == 3
    page.goto(f"{app.url}enter#wrong")
    expect(page.locator("#says")).to_contain_text("must be complete and valid")
    page.wait_for_timeout(2_500)
    assert asked.count("POST") == 4  # what is wrong is not tried again
    context.close()


@pytest.mark.browser
def test_nobody_leaves_while_the_server_does_not_answer(app, browser):
    token, said = Access.open(app.run.folder).invite("Fritz"), []
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{app.url}enter#{token}")
    expect(page.locator(".hx-who")).to_have_text("Fritz")
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.accept()))
    page.route("**/leave", lambda route: route.abort())
    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_role("button", name="Leave")).to_be_enabled()
    assert len(said) == 1 and "session has not ended" in said[0]
    page.unroute("**/leave")
    page.get_by_role("button", name="Leave").click()
    expect(page.locator("body")).to_contain_text(
        "You have left. Your personal link opens the app again"
    )
    page.goto(app.url)
    expect(page.locator("body")).to_contain_text("You need a personal link to open this app")
    context.close()


@contextmanager
def inside(app, browser, name):
    """The page of an annotator who has entered by a link of their own."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{app.url}enter#{Access.open(app.run.folder).invite(name)}")
    expect(page.locator(".hx-who")).to_have_text(name)
    yield page
    context.close()


@pytest.mark.browser
def test_on_the_probe_page_an_ended_visit_is_told_from_a_silent_server(app, browser):
    access = Access.open(app.run.folder)
    with inside(app, browser, "Hugo") as page:
        page.locator(".hx-page-link[data-page=probe]").click()
        expect(page.locator("#probe .hx-slider").first).to_be_visible()
        draw(page, [(60, 60), (200, 200)])
        expect(page.locator("#probe .hx-bar").first).to_be_visible()
        access.revoke("Hugo")
        page.wait_for_timeout(1_500)  # within a second the guard knows
        says = page.locator("#probe .hx-status")
        draw(page, [(60, 200), (200, 60)])
        expect(says).to_contain_text("Your session has expired or your link was revoked.")
        page.context.set_offline(True)
        draw(page, [(100, 200), (200, 100)])
        expect(says).to_contain_text("The server does not answer. Trying again", timeout=60_000)


@pytest.mark.browser
def test_an_unsent_probe_is_sent_from_any_page_and_leaving_before_warns(app, browser):
    asked, warned = [True], []
    with inside(app, browser, "Gesa") as page:

        def meet(route):
            route.abort() if asked[0] else route.continue_()

        page.route("**/ask/probe/keep", meet)
        page.goto(f"{app.url}?view=probe")
        expect(page.locator("#probe .hx-slider").first).to_be_visible()
        draw(page, [(60, 60), (200, 200)])
        expect(page.locator("#probe .hx-bar").first).to_be_visible()
        page.locator(".hx-keep-name").fill("unsent")
        page.locator(".hx-keep-this").click()
        expect(page.locator(".hx-keep-says")).to_contain_text("One probe is kept in this browser")
        page.goto(f"{app.url}?view=annotate")
        expect(page.locator("#page-probe [data-waiting='1']")).to_have_count(1)
        page.on("dialog", lambda dialog: (warned.append(dialog.message), dialog.dismiss()))
        page.get_by_role("button", name="Leave").click()
        assert len(warned) == 1 and "One change is not saved yet" in warned[0]
        asked[0] = False
        expect(page.locator("#page-probe [data-waiting='0']")).to_have_count(1)
        (stored,) = [one for one in kept_probes(app.run.folder)[0] if one.name == "unsent"]
        assert stored.annotator == "Gesa"


@pytest.mark.browser
def test_what_somebody_drew_is_not_shown_to_the_next_in_the_same_tab(app, browser):
    access = Access.open(app.run.folder)
    with inside(app, browser, "Ida") as page:
        page.goto(f"{app.url}?view=probe")
        draw(page, [(60, 60), (200, 200)])
        bars = page.locator("#probe .hx-bar")
        kept = "() => sessionStorage.getItem('hardex.draft.probe')"
        expect(bars.first).to_be_visible()
        page.reload()
        expect(bars.first).to_be_visible()  # the draft is there again
        assert "strokes" in page.evaluate(kept)
        page.goto(f"{app.url}enter#{access.invite('Jan')}")
        expect(page.locator(".hx-who")).to_have_text("Jan")
        until(page, lambda: "strokes" not in (page.evaluate(kept) or ""))
        page.go_back()
        expect(page.locator(".hx-who")).to_have_text("Jan")
        expect(page.locator("#probe .hx-slider").first).to_be_visible()
        quiet(page)
        expect(bars).to_have_count(0)


@pytest.mark.browser
def test_what_was_judged_stays_at_hand_on_the_probe_page(app, browser):
    access = Access.open(app.run.folder)
    gerda = entered(app.url, access.invite("Gerda"))
    ticket, id = judged(app, gerda, "Gerda")
    gerda.close()
    with inside(app, browser, "Gerda") as page:
        page.goto(f"{app.url}?view=probe")
        tile = page.locator("#page-probe .hx-tile")
        expect(tile).to_have_count(1)
        page.wait_for_timeout(3_000)  # what the window learns later takes nothing away
        expect(tile).to_have_count(1)
        page.get_by_text("Example", exact=True).first.click()
        tile.click()
        given = app.run.given_label(id)
        expect(page.locator(".hx-picked")).to_contain_text(f"Judged example: given {given}")
        assert ticket not in page.locator("#page-probe").inner_text()
