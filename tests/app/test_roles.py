"""What an annotator sees and can reach of a real app, asked over raw HTTP with a real session."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
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
from hardex_app.questions import QUESTIONS, answer_on_page, question

from .conftest import draw, quiet
from .fake_runs import entered, inspecting, serving, small_run

DRAWN = {"kind": "sketch", "strokes": [[[40, 40], [200, 200]]]}


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """A shared app; its owner, Anna and Bert are in."""
    run, classifier = small_run(tmp_path_factory.mktemp("run"), shape=(8, 8, 1))
    workspace = inspecting(run, classifier, overlap=50)
    keys = Keys(workspace)
    access = Access.open(run.folder)
    with serving(workspace, keys) as window:
        shared = SimpleNamespace(
            run=run,
            workspace=workspace,
            url=window.local_url,
            owner=entered(window.local_url, keys.owner_token),
            anna=entered(window.local_url, access.invite("Anna")),
            bert=entered(window.local_url, access.invite("Bert")),
        )
        yield shared
        for visitor in (shared.owner, shared.anna, shared.bert):
            visitor.close()
    keys.close()


def call(visitor, name, *values):
    """An endpoint as programs call it; the answer or None, and the status."""
    told = visitor.post(f"/gradio_api/run/{name}", json={"data": list(values)})
    return (told.json()["data"][0] if told.status_code == 200 else None), told


def part(visitor, elem_id):
    (found,) = [
        one
        for one in visitor.get("/config").json()["components"]
        if one["props"].get("elem_id") == elem_id
    ]
    return found


def ask(visitor, elem_id, name, about):
    """A server function as the page's script calls it."""
    body = {"data": about, "component_id": part(visitor, elem_id)["id"], "fn_name": name}
    told = visitor.post("/gradio_api/component_server", json={**body, "session_hash": "s"})
    assert told.status_code == 200, told.text
    return told.json()


def judged(app, visitor, name):
    """A ticket that this annotator has judged, and the id behind it."""
    ticket = call(visitor, "next_example", [])[0]["examples"][0]["ticket"]
    assert call(visitor, "annotate", ticket, "0", "", "", None, "")[0]["ticket"] == ticket
    return ticket, app.workspace.desk.tickets.id(name, ticket)


# ------------------------------------------------------------------ two windows


def test_each_role_has_a_window_of_its_own(app):
    offered = {
        who: {
            one["props"].get("elem_id"): set(one["props"]["server_fns"])
            for one in visitor.get("/config").json()["components"]
            if one["props"].get("server_fns")
        }
        for who, visitor in (("owner", app.owner), ("anna", app.anna))
    }
    assert set(offered["owner"]) == {"overview", "browse", "annotate", "probe"}
    assert set(offered["anna"]) == {"nav", "annotate", "probe"}
    names = {one.get("api_name") for one in app.anna.get("/config").json()["dependencies"]}
    assert {"next_example", "annotate", "undo", "progress", "probe", "keep_probe"} <= names
    assert not names & {"browse", "example", "judge", "overview", "export_probes", "take"}


def test_an_annotator_is_told_nothing_of_folders_and_other_people(app):
    app.run.annotations.add(Annotation("Carla <secret>", "3", "wrong", "1", "a remark of Carla"))
    told = app.anna.get("/").text + app.anna.get("/config").text
    for word in (str(app.run.folder), "data.npz", "Carla", "remark"):
        assert word not in told
    assert ask(app.anna, "nav", "who", {"name": "owner"}) == {"name": "Anna"}


def owner_endpoints(app):
    config = app.owner.get("/config").json()["dependencies"]
    mine = {one.get("api_name") for one in app.anna.get("/config").json()["dependencies"]}
    return [one["api_name"] for one in config if one["api_name"] and one["api_name"] not in mine]


def test_no_endpoint_of_the_owner_is_there_for_an_annotator(app):
    names = owner_endpoints(app)
    assert {"browse", "judge", "overview", "export_probes", "take"} <= set(names)
    before = len(app.run.annotations.all())
    for name in names:
        for path in (f"run/{name}", f"api/{name}", f"call/{name}", f"run/{name}/"):
            told = app.anna.post(f"/gradio_api/{path}", json={"data": ["1", "right", "", ""]})
            assert told.status_code in (404, 422, 500), (path, told.text)
            assert "data" not in told.text or "detail" in told.text
    assert len(app.run.annotations.all()) == before


def test_no_function_of_the_owners_window_answers_an_annotator(app):
    """Whatever number is sent, what runs is of the annotators' window."""
    owners = app.owner.get("/config").json()["dependencies"]
    mine = {one["id"]: one for one in app.anna.get("/config").json()["dependencies"]}
    before = len(app.run.annotations.all()), len(kept_probes(app.run.folder)[0])
    for one in owners:
        body = {"data": ["1"] * 6, "fn_index": one["id"], "session_hash": "x", "event_data": {}}
        told = app.anna.post("/gradio_api/queue/join", json=body)
        if one["id"] not in mine:
            assert told.status_code >= 400
            assert app.anna.post("/gradio_api/run/predict", json=body).status_code >= 400
    assert (len(app.run.annotations.all()), len(kept_probes(app.run.folder)[0])) == before


def test_no_server_function_of_the_owners_window_answers_an_annotator(app):
    mine = {one["id"]: one for one in app.anna.get("/config").json()["components"]}
    for one in app.owner.get("/config").json()["components"]:
        for name in one["props"].get("server_fns") or ():
            body = {"data": "1", "component_id": one["id"], "fn_name": name, "session_hash": "s"}
            own = (mine.get(one["id"]) or {"props": {}})["props"].get("server_fns") or ()
            if name not in own:
                told = app.anna.post("/gradio_api/component_server", json=body)
                assert told.status_code >= 400, (name, told.text)


def test_an_owner_function_refuses_an_annotator_who_got_to_it(app):
    verdict = {"id": "1", "verdict": "right"}
    judge = question("browse", "judge")
    anna = Visitor("Anna", "annotator")
    answer = answer_on_page(judge, app.workspace, verdict, lambda: anna)
    assert "only the owner" in answer["error"] and not answer["again"]
    assert "error" not in answer_on_page(judge, app.workspace, verdict, lambda: OWNER)


def test_a_verdict_of_the_page_is_the_owners_and_stored_once(app):
    sent = {"id": "2", "verdict": "wrong", "new_label": "1", "comment": "odd", "annotator": "Anna",
            "event_id": "6f1d7ad4-9a3e-4a53-8a57-0e0d3a4d1c55"}  # fmt: skip
    before = len(app.run.annotations.all())
    answer = ask(app.owner, "browse", "judge", sent)
    assert (answer["id"], answer["verdict"]) == ("2", "wrong") and "wrong" in answer["verdicts"]
    assert answer["lines"][-1].endswith("owner: wrong, it is 1: odd")
    assert ask(app.owner, "browse", "judge", sent) == answer
    (event,) = app.run.annotations.all()[before:]
    assert (event.annotator, event.event_id) == ("owner", sent["event_id"])
    for nonsense in (None, [], "1", {}, {**sent, "event_id": "1"}, {**sent, "verdict": "right"}):
        assert set(ask(app.owner, "browse", "judge", nonsense)) == {"error", "again"}
    assert len(app.run.annotations.all()) == before + 1


def test_a_program_of_an_annotator_finds_the_endpoints_of_annotators_alone(app):
    token = Access.open(app.run.folder).invite("Dora")
    client = Client(app.url, headers={"Authorization": f"Bearer {token}"}, verbose=False)
    told = client.view_api(return_format="dict")
    assert {name.strip("/") for name in told["named_endpoints"]} == {
        "next_example", "annotate", "undo", "progress", "probe", "keep_probe", "kept_probes",
    }  # fmt: skip
    assert not told["unnamed_endpoints"]
    ticket = client.predict(api_name="/next_example")["examples"][0]["ticket"]
    answer = client.predict(ticket, label="1", api_name="/annotate")
    assert answer["done"] == 1
    assert [event.annotator for event in app.run.annotations.by("Dora")] == ["Dora"]
    every = app.anna.get("/gradio_api/info?all_endpoints=true").text
    for name in owner_endpoints(app):
        assert f'"/{name}"' not in every


def test_answers_that_wait_for_the_disk_keep_nobody_from_opening_a_page(app):
    """What is asked of a window runs in threads of its own; pages and sessions have others."""
    entering = threading.Event()
    waiting = []

    def slow(queue, annotator, have):
        waiting.append(annotator)
        entering.wait(60)

    desk = part(app.anna, "annotate")["id"]
    body = {"data": {"count": 1}, "component_id": desk, "fn_name": "next_examples"}
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(50) as pool:
        patch.setattr(Queue, "next", slow)
        try:
            asked = [
                pool.submit(
                    app.anna.post, "/gradio_api/component_server", json=body | {"session_hash": "s"}
                )
                for _ in range(50)
            ]
            until = time.monotonic() + 60
            while len(waiting) < 40 and time.monotonic() < until:  # all the threads for the rest
                time.sleep(0.01)
            assert len(waiting) >= 40
            for visitor in (app.owner, app.bert):
                assert visitor.get("/theme.css", timeout=20).status_code == 200
                assert visitor.get("/", timeout=20).status_code == 200
        finally:
            entering.set()
        assert {one.result().status_code for one in asked} == {200}


# ------------------------------------------------------------------ identity


def test_who_annotates_is_known_by_the_session_whatever_is_sent(app):
    ticket = call(app.anna, "next_example", [])[0]["examples"][0]["ticket"]
    forged = {"x-hardex-visitor": "owner", "x-user": "Bert", "cookie2": "hardex=owner"}
    body = {
        "data": [ticket, "0", "", "", None, ""],
        "annotator": "Bert",
        "username": "owner",
        "request": {},
    }
    told = app.anna.post("/gradio_api/run/annotate", json=body, headers=forged)
    event = told.json()["data"][0]["event_id"]
    (stored,) = [one for one in app.run.annotations.all() if one.event_id == event]
    assert stored.annotator == "Anna"


def test_two_people_at_once_are_never_mixed_up(app):
    def name(visitor):
        return ask(visitor, "nav", "who", {})["name"]

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(name, [app.anna, app.bert] * 20))
    assert told == ["Anna", "Bert"] * 20


def test_nobody_uses_the_ticket_of_another(app):
    ticket, _ = judged(app, app.anna, "Anna")
    for name, values in (
        ("annotate", [ticket, "0", "", "", None, ""]),
        ("probe", [{"kind": "example", "id": ticket}, {}]),
    ):
        answer, told = call(app.bert, name, *values)
        assert answer is None and told.status_code >= 400


# ------------------------------------------------------------------ the Probe page of annotators


def test_annotators_probe_drawings(app):
    answer, _ = call(app.anna, "probe", DRAWN, {"rotation": 20})
    assert answer["before"]["shape"] == [8, 8, 1]
    assert ask(app.anna, "probe", "probe", {"source": DRAWN, "transform": {}})["given"] is None


@pytest.mark.parametrize("name", ["probe", "curve", "smallest"])
def test_annotators_probe_only_what_they_have_judged(app, name):
    unjudged = call(app.anna, "next_example", [])[0]["examples"][0]["ticket"]
    for id in (unjudged, "1", "../../etc/passwd", "", None, ["1"], {"a": 1}, "x" * 500):
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
        told = ask(app.anna, "probe", "taken", {"file": "AAAA", **more})["error"]
        assert "only the owner" in told or "annotators can probe their own drawings" in told
    assert "only the owner" in told
    assert "only the owner" in ask(app.anna, "probe", "export", {})["error"]


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


def test_kept_probes_stand_under_the_annotators_name_and_are_theirs_alone(app):
    kept, _ = call(app.anna, "keep_probe", DRAWN, {}, "mine <b>", "1", "a note")
    (stored,) = [one for one in kept_probes(app.run.folder)[0] if one.probe_id == kept]
    assert stored.annotator == "Anna"
    assert kept in {one["id"] for one in ask(app.anna, "probe", "kept", {})["probes"]}
    assert kept in {one["id"] for one in call(app.anna, "kept_probes")[0]["probes"]}
    assert kept not in json.dumps(ask(app.bert, "probe", "kept", {}))
    assert "there is no" in ask(app.bert, "probe", "reopen", {"id": kept})["error"]
    assert ask(app.anna, "probe", "reopen", {"id": kept})["name"] == "mine <b>"
    assert kept in {one["id"] for one in ask(app.owner, "probe", "kept", {})["probes"]}


def test_a_kept_example_opens_again_by_its_ticket(app):
    ticket, id = judged(app, app.anna, "Anna")
    kept, _ = call(app.anna, "keep_probe", {"kind": "example", "id": ticket}, {}, "seen", "", "")
    (stored,) = [one for one in kept_probes(app.run.folder)[0] if one.probe_id == kept]
    assert stored.example == id
    opened = ask(app.anna, "probe", "reopen", {"id": kept})
    assert opened["source"] == {"kind": "example", "id": ticket}
    assert ask(app.owner, "probe", "reopen", {"id": kept})["source"]["id"] == id


def test_no_answer_to_an_annotator_holds_a_path(app):
    folder = str(app.run.folder)
    for name in (one.name for one in QUESTIONS if one.page == "probe"):
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
            lost = '"fn_name":"keep"' in (route.request.post_data or "") and asked[0]
            route.abort() if lost else route.continue_()

        page.route("**/component_server**", meet)
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
        page.wait_for_function(
            "!(sessionStorage.getItem('hardex.draft.probe') || '').includes('strokes')"
        )
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
