"""Answers that nobody reads are kept in a bounded number."""

import json

from hardex_app.front.gradio_protocol import Endpoint
from hardex_app.front.gradio_window import GradioWindow
from hardex_app.front.unread import UNREAD_MOST, Unread

from .fake_runs import run_apart

JOIN, DATA, CALL = "/gradio_api/queue/join", "/gradio_api/queue/data", "/gradio_api/call/probe"


def asked(window, method, path, sent=None, query=b""):
    """The status of a request."""
    told = []

    async def receive():
        return {"type": "http.request", "body": json.dumps(sent).encode(), "more_body": False}

    async def send(message):
        told.append(message)

    scope = {"type": "http", "method": method, "path": path, "query_string": query, "headers": []}
    run_apart(window(scope, receive, send))
    return told[0]["status"]


def window_of(during=lambda path: None):
    """A window whose Gradio answers everything; `during` is called while it does."""

    async def gradio(scope, receive, send):
        during(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    return GradioWindow(gradio, {"probe": Endpoint(3, 0)}, lifespan=gradio)


def join(window, session):
    return asked(window, "POST", JOIN, {"data": [], "fn_index": 3, "session_hash": session})


def test_calls_whose_answers_are_never_read_are_refused_after_a_while():
    window = window_of()
    codes = [join(window, f"s{n}") for n in range(UNREAD_MOST + 3)]
    assert codes == [200] * UNREAD_MOST + [429] * 3
    assert asked(window, "POST", CALL, {"data": []}) == 429
    assert asked(window, "POST", "/gradio_api/run/probe", {"data": []}) == 200  # answered at once
    assert asked(window, "GET", DATA, query=b"session_hash=s7") == 200
    assert join(window, "s7") == 200 and join(window, "s8") == 429


def test_a_call_with_an_answer_of_its_own_makes_room_when_that_is_read():
    window = window_of()
    codes = [asked(window, "POST", CALL, {"data": []}) for _ in range(UNREAD_MOST + 1)]
    assert codes[-2:] == [200, 429]
    assert asked(window, "GET", f"{CALL}/abc") == 200
    assert asked(window, "POST", CALL, {"data": []}) == 200


def test_while_its_stream_is_open_a_session_may_call_as_often_as_it_likes():
    codes = []

    def during(path):
        if path == DATA:
            codes.extend(unread.add("s") for _ in range(2 * UNREAD_MOST))

    window = window_of(during)
    unread = window._unread
    assert asked(window, "GET", DATA, query=b"session_hash=s") == 200
    assert all(codes) and len(codes) == 2 * UNREAD_MOST
    assert all(unread.add("s") for _ in range(UNREAD_MOST)) and not unread.add("s")


def test_two_streams_of_one_session_end_one_by_one():
    unread = Unread(most=0)
    with unread.reading("a"):
        with unread.reading("a"):
            assert unread.add("a")
        assert unread.add("a")
    assert not unread.add("a") and not unread._read
