"""A session that ends while its request or its answer waits: nothing is done, or nothing told."""

import json
from dataclasses import replace

import pytest

from hardex.errors import RunError
from hardex.people.access import Visitor
from hardex_app import questions
from hardex_app.auth.visitors import IN_SCOPE, STILL_HERE
from hardex_app.front.routes import Front
from hardex_app.workspace import Workspace

from .fake_runs import run_apart

ANNA = Visitor("Anna", "annotator")


@pytest.fixture
def done(monkeypatch):
    """What was done by the question that is asked here."""
    found = []
    asked = questions.question("annotate", "annotate")
    answering = replace(asked, answer=lambda call: found.append(call.request) or {"given": "7"})
    monkeypatch.setitem(questions._ON_PAGES, ("annotate", "annotate"), answering)
    return found


def told(still_here):
    """Status and text of the answer to a visitor; `still_here` is asked on the way."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": b'{"label": "7"}', "more_body": False}

    async def send(message):
        sent.append(message)

    async def gradio(scope, receive, send):
        raise AssertionError("an annotator's request")

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/ask/annotate/annotate",
        "headers": [],
        "query_string": b"",
        IN_SCOPE: ANNA,
        STILL_HERE: still_here,
    }
    run_apart(Front(Workspace(lambda workspace: None), gradio)(scope, receive, send))
    return sent[0]["status"], sent[1]["body"].decode()


def test_whoever_is_still_here_is_answered(done):
    status, text = told(lambda: True)
    assert (status, json.loads(text)) == (200, {"given": "7"})
    assert done == [{"label": "7"}]


def test_nothing_is_done_for_whoever_left_while_the_request_waited(done):
    status, text = told(lambda: False)
    assert status == 401 and "given" not in text and done == []


def test_nothing_is_told_to_whoever_left_while_it_was_done(done):
    answers = iter([True, False])
    status, text = told(lambda: next(answers))
    assert status == 401 and "given" not in text and len(done) == 1


def test_a_session_that_cannot_be_read_is_answered_later(done):
    def unreadable():
        raise RunError("at /secret/place.")

    status, text = told(unreadable)
    assert status == 503 and "secret" not in text and done == []
