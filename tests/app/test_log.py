"""What the server writes to the terminal: short lines, and seldom."""

import logging

import httpx
import pytest
from starlette.testclient import TestClient

from hardex_app.auth.gate import Gate
from hardex_app.links.log import EVERY_SECONDS, Seldom, keep_short
from hardex_app.questions import answered
from hardex_app.workspace import Workspace

from .fake_runs import asking, guarded, serving


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def seldom(clock):
    return Seldom(clock)


def record(message="%s failed", *about, line=1, level=logging.ERROR, **more):
    return logging.LogRecord("hardex", level, "guard.py", line, message, about, **more)


def written(seldom, *about, **more):
    """The line as it is written; None if it is left out."""
    one = record(*about, **{"exc_info": None} | more)
    return one.getMessage() if seldom.filter(one) else None


def test_lines_of_one_kind_pass_once_a_minute_and_are_counted(seldom, clock):
    assert written(seldom, "%s failed", "a") == "a failed"
    for n in range(1_234):
        clock.now = n / 100
        assert written(seldom, "%s failed", str(n)) is None
    clock.now = EVERY_SECONDS - 0.1
    assert written(seldom, "%s failed", "b") is None
    clock.now = EVERY_SECONDS
    assert written(seldom, "%s failed", "c") == "c failed (and 1,235 more like it)"
    clock.now += EVERY_SECONDS
    assert written(seldom, "%s failed", "d") == "d failed"


def test_lines_of_other_places_are_other_kinds(seldom):
    assert written(seldom, "%s failed", "a", line=1)
    assert written(seldom, "%s failed", "a", line=2)
    assert written(seldom, "%s is full", "a", line=1)
    assert written(seldom, "%s is full", "b", line=1) is None


def test_what_differs_in_further_lines_is_one_kind(seldom):
    """As asyncio writes: what happened, and then the names and addresses of objects."""
    lines = [written(seldom, f"Task failed\nfuture: <Task at 0x{n:x}>") for n in range(100)]
    assert lines == ["Task failed", *[None] * 99]


def test_a_line_is_one_short_line_without_a_traceback(seldom):
    try:
        raise ValueError("a secret " * 1_000)
    except ValueError as error:
        about = (type(error), error, error.__traceback__)
    line = written(seldom, "it failed\nand more" + "x" * 5_000, exc_info=about)
    assert line == "it failed (ValueError)"
    line = written(seldom, "%s", "x" * 5_000, line=2)
    assert len(line) == 500
    assert written(seldom, "", line=3) == ""
    one = record("it failed", line=4, exc_info=about)
    one.exc_text, one.stack_info = "Traceback", "Stack"
    assert seldom.filter(one)
    assert "Traceback" not in logging.Formatter().format(one)


def test_lines_that_warn_of_nothing_are_left_alone(seldom):
    for _ in range(10):
        one = record("a\nb", level=logging.INFO, exc_info=None)
        assert seldom.filter(one) and one.getMessage() == "a\nb"


def test_as_many_kinds_as_there_may_be_are_remembered(seldom):
    for n in range(5_000):
        assert written(seldom, "%s failed", "a", line=n)
    assert len(seldom._kinds) <= 1_000


def test_the_filter_is_there_once_however_often_an_app_starts():
    for _ in range(3):
        keep_short()
    for name in ("hardex", "uvicorn.error", "asyncio"):
        found = [one for one in logging.getLogger(name).filters if isinstance(one, Seldom)]
        assert len(found) == 1


def test_a_request_that_fails_a_thousand_times_adds_one_line(monkeypatch, capfd):
    def failing(asked, *about):
        if asked.name != "who":  # a page of another test may still be open
            return answered(asked, *about)
        raise RuntimeError("a secret " * 1_000)

    monkeypatch.setattr("hardex_app.front.routes.answered", failing)
    keep_short()
    written = []
    handler = logging.Handler()
    handler.emit = lambda one: written.append(handler.format(one))
    loggers = [logging.getLogger(name) for name in ("hardex", "uvicorn.error", "asyncio")]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        with serving(Workspace(lambda workspace: None)) as served:
            with httpx.Client(base_url=served.url, timeout=60) as visitor:
                for _ in range(30):
                    assert asking(visitor, "window", "who", {}).status_code == 500
        app = guarded(Workspace(lambda workspace: None), Gate(7860))
        visitor = TestClient(app, base_url="http://127.0.0.1")
        for _ in range(1_000):
            assert asking(visitor, "window", "who", {}).status_code == 500
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
    assert written == ["POST /ask/window/who failed: RuntimeError"]
    told = capfd.readouterr()
    assert len(told.out + told.err) < 3_000
