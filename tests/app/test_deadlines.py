"""Requests that take their time: begun before a revocation, endless, or never whole."""

import json
import threading
import time
from contextlib import closing
from types import SimpleNamespace
from uuid import uuid4

import pytest

from hardex.people.access import Access
from hardex.probing.saved_probes import kept_probes
from hardex_app.auth.bodies import Body
from hardex_app.auth.keys import Keys
from hardex_app.questions import QUESTIONS

from .fake_runs import asking, bearing, entered, inspecting, serving, small_run
from .raw_http import connected, received, request_of, told_by

DRAWN = {"kind": "sketch", "strokes": [[[40, 40], [200, 200]]]}
CACHED_SECONDS = 1.3  # for longer than a session of another process is remembered


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    run, classifier = small_run(tmp_path_factory.mktemp("run"), shape=(8, 8, 1))
    workspace = inspecting(run, classifier, overlap=50, open_probe=True)
    keys = Keys(workspace)
    with serving(workspace, keys) as served:
        yield SimpleNamespace(
            run=run,
            workspace=workspace,
            access=Access.open(run.folder),  # as `hardex annotate revoke` does, at another terminal
            keys=keys,
            url=served.url,
            port=served.port,
        )
    keys.close()


# ------------------------------------------------------------------ revoked meanwhile


def requests_of(visitor, ticket, event):
    """What a visitor may ask that stores something, and what an annotator is told of a label."""

    def new():
        return str(uuid4())

    verdict = {"id": "2", "verdict": "wrong", "new_label": "1", "comment": ""}
    return {
        "annotate": ("/ask/annotate/annotate", {"ticket": ticket, "label": "1", "event_id": new()}),
        "undo": ("/ask/annotate/undo", {"ticket": ticket, "undoes": event, "event_id": new()}),
        "keep": ("/ask/probe/keep", {"source": DRAWN, "transform": {}, "probe_id": new()}),
        "judge": ("/ask/browse/judge", {**verdict, "event_id": new()}),
        "named judge": ("/gradio_api/run/judge", {"data": list(verdict.values())}),
        "named probe": ("/gradio_api/run/probe", {"data": [DRAWN, {}]}),
    }


def halted(app, path, about, *lines):
    """A request of which the server has the headers and three bytes; call it for the rest."""
    body = json.dumps(about).encode()
    length = f"Content-Length: {len(body)}"
    head = request_of("POST", path, "Content-Type: application/json", length, *lines)
    connection = connected(app.port)
    connection.sendall(head + body[:3])

    def finish():
        with connection:
            connection.sendall(body[3:])
            return told_by(received(connection))

    return finish


def stored(app):
    return len(app.run.annotations.all()), len(kept_probes(app.run.folder)[0])


ASKED = {
    "annotator": ("annotate", "undo", "keep"),
    "owner": ("annotate", "keep", "judge", "named judge", "named probe"),
}


@pytest.mark.parametrize("revoked", [False, True], ids=["welcome", "revoked"])
@pytest.mark.parametrize("by", ["cookie", "bearer"])
@pytest.mark.parametrize("role", ASKED)
def test_what_arrives_after_the_invitation_was_revoked_is_refused(app, role, by, revoked):
    who = f"Anna {uuid4().hex[:8]}" if role == "annotator" else "owner"
    access = app.access if role == "annotator" else app.keys._of_owner
    token = access.invite(who, role=role)
    with closing(entered(app.url, token)) as visitor:
        examples = {"have": [], "count": 2}
        told = asking(visitor, "annotate", "next_examples", examples).json()["examples"]
        first, second = (one["ticket"] for one in told)
        event = str(uuid4())
        said = {"ticket": first, "label": "0", "event_id": event}
        assert asking(visitor, "annotate", "annotate", said).json()["done"] >= 1
        requests = requests_of(visitor, second, event)
        requests["undo"][1]["ticket"] = first
        cookie = "; ".join(f"{key}={value}" for key, value in visitor.cookies.items())
        line = f"Cookie: {cookie}" if by == "cookie" else f"Authorization: Bearer {token}"
        before = stored(app)
        finish = {name: halted(app, *requests[name], line) for name in ASKED[role]}
        time.sleep(0.2)  # they have arrived
        if revoked:
            access.revoke(who)
        time.sleep(CACHED_SECONDS)
        for name, finished in finish.items():
            told = finished()
            assert told.status == (401 if revoked else 200), (name, told.text)
            if revoked:
                assert "personal link" in told.text
                assert "given" not in told.text and "before" not in told.text
                assert stored(app) == before, name
            else:
                assert (stored(app) == before) == (name == "named probe"), name
                before = stored(app)
    access.revoke(who)


@pytest.mark.parametrize("revoked", [False, True], ids=["welcome", "revoked"])
def test_a_link_that_was_revoked_while_it_was_sent_opens_nothing(app, revoked):
    token = app.access.invite("Late")
    finish = halted(app, "/enter", {"token": token})
    time.sleep(0.2)
    if revoked:
        app.access.revoke("Late")
    time.sleep(CACHED_SECONDS)
    told = finish()
    assert told.status == (401 if revoked else 204)
    assert ("set-cookie" in told.headers) is not revoked


# ------------------------------------------------------------------ answers without an end


def reading(visitor, path):
    """Read a long answer in a thread; gives when it has begun and when it has ended."""
    begun, ended = threading.Event(), threading.Event()

    def read():
        with visitor.stream("GET", path) as answer:
            assert answer.status_code == 200
            begun.set()
            for _ in answer.iter_raw():
                pass
        ended.set()

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    assert begun.wait(30)
    return ended, thread


@pytest.fixture
def slow_endpoint(app, monkeypatch):
    """A named endpoint that answers only when it is let."""
    go = threading.Event()
    called = threading.Event()
    (one,) = [one for one in QUESTIONS if one.endpoint and one.endpoint.__name__ == "overview"]

    def waiting(call):
        called.set()
        go.wait(60)
        return {}

    monkeypatch.setitem(one.__dict__, "answer", waiting)
    yield called
    go.set()


@pytest.mark.parametrize("ends", ["leaves", "is revoked"])
@pytest.mark.parametrize("stream", ["heartbeat", "queue"])
def test_a_long_answer_ends_soon_after_its_visitor_may_not_be_here(
    app, slow_endpoint, stream, ends
):
    access = app.keys._of_owner
    token = access.invite("owner", role="owner")
    session = uuid4().hex
    with closing(entered(app.url, token)) as owner, closing(entered(app.url, token)) as other:
        path = f"/gradio_api/heartbeat/{session}"
        if stream == "queue":
            (number,) = [
                one["id"]
                for one in owner.get("/config").json()["dependencies"]
                if one["api_name"] == "overview"
            ]
            body = {"data": [], "fn_index": number, "session_hash": session}
            assert owner.post("/gradio_api/queue/join", json=body).status_code == 200
            assert slow_endpoint.wait(30)
            path = f"/gradio_api/queue/data?session_hash={session}"
        ended, thread = reading(owner, path)
        assert not ended.wait(2.5)  # while they may be here, it goes on
        if ends == "leaves":
            assert owner.post("/leave").status_code == 204
            assert other.get("/here").status_code == 204
        else:
            access.revoke("owner")
        assert ended.wait(20)
        thread.join(20)
    access.revoke("owner")


# ------------------------------------------------------------------ bodies that never come


@pytest.mark.parametrize(
    "path",
    ["/ask/annotate/annotate", "/ask/probe/nothing", "/gradio_api/run/probe", "/enter", "/leave",
     "/nothing"],
)  # fmt: skip
@pytest.mark.parametrize("who", ["owner", "Anna", "nobody"])
def test_a_body_that_does_not_come_is_answered_in_time(app, monkeypatch, path, who):
    monkeypatch.setattr(Body.whole, "__defaults__", (0.2,))
    lines = ["Content-Type: application/json", "Content-Length: 1000"]
    if who != "nobody":
        lines.append(f"Authorization: Bearer {token_of(app, who)}")
    before = stored(app)
    with connected(app.port) as connection:
        connection.sendall(request_of("POST", path, *lines) + b'{"a')
        told = told_by(received(connection))
    own = path in ("/enter", "/leave")
    assert told.status == (401 if who == "nobody" and not own else 408)
    assert who == "nobody" or told.text == "The request did not arrive in time; send it again.\n"
    assert stored(app) == before


def token_of(app, who):
    if who == "owner":
        return app.keys._of_owner.invite("owner", role="owner")
    return app.access.invite(who)


def test_a_body_may_take_as_long_as_its_length_needs(app, monkeypatch):
    """A picture of the owner on a slow line: 2 Mbit/s are enough."""
    monkeypatch.setattr(Body.whole, "__defaults__", (0.0,))
    monkeypatch.setattr("hardex_app.auth.bodies._BYTES_PER_SECOND", 1_000)
    body = json.dumps({"shape": [3, 3, 1], "padding": "x" * 3_000}).encode()
    bearer = f"Authorization: Bearer {app.keys._of_owner.invite('owner', role='owner')}"
    head = request_of("POST", "/ask/probe/facts_of_shape", "Content-Type: application/json",
                      f"Content-Length: {len(body)}", bearer)  # fmt: skip
    with connected(app.port) as connection:
        connection.sendall(head)
        time.sleep(0.5)
        connection.sendall(body)
        assert told_by(received(connection)).status == 200


def test_a_program_that_is_revoked_between_two_requests_is_out(app):
    token = app.access.invite("Prog")
    with closing(bearing(app.url, token)) as program:
        app.access.revoke("Prog")
        time.sleep(CACHED_SECONDS)
        assert program.get("/here").status_code == 401
        assert asking(program, "annotate", "whose", {}).status_code == 401
