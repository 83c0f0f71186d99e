"""A real browser and real servers for the page tests."""

import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from needs import needed
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Frame,
    Page,
    Playwright,
    Route,
    expect,
    sync_playwright,
)

from hardex_app.links import log

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FLAGS = (
    "--no-sandbox",  # Chromium refuses its sandbox to root, as which containers run
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


# What Gradio says of its own requests when a reload or another address cuts them off.
OF_LEAVING = ("AbortError: signal is aborted", "Connection errored out")

expect.set_options(timeout=20_000)  # a busy machine is slow; how fast pages are, benchmarks say


@pytest.fixture(autouse=True)
def _no_line_was_written_before() -> None:
    """Each kind of line is written once a minute, whichever test ran before."""
    log.forget()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    opened = playwright.chromium.launch(executable_path=chromium(playwright), args=list(_FLAGS))
    yield opened
    opened.close()


def chromium(playwright: Playwright) -> str:
    """The path of Chromium or Chrome; without one the browser tests are skipped."""
    return needed(_found(playwright), "Chromium or Chrome", "chromium")


def _found(playwright: Playwright) -> str | None:
    own = playwright.chromium.executable_path
    if Path(own).exists():
        return own
    return next((path for path in map(shutil.which, _NAMES) if path), None)


@dataclass
class Visit:
    """One visitor's page, and everything that went wrong on it."""

    page: Page
    context: BrowserContext
    trouble: list[str] = field(default_factory=list)

    def shoot(self, name: str) -> None:
        """Keep a screenshot where `make screenshots` asks for one."""
        folder = os.environ.get("HARDEX_SCREENSHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(Path(folder, f"{name}.png")))


@pytest.fixture
def visit(browser: Browser, demo_url: str) -> Iterator[Visit]:
    """A desktop visitor of the demo; the test fails on console errors and foreign requests."""
    visitor = open_visit(browser, demo_url)
    yield visitor
    close_visit(visitor)


def open_visit(browser: Browser, url: str, words: str = "", **options: object) -> Visit:
    """A fresh visitor who has the page in front of them; `words` follow the `?` of its address."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
    page = context.new_page()
    visitor = Visit(page, context)
    page.on("pageerror", lambda error: visitor.trouble.append(f"page error: {error}"))
    page.on(
        "console",
        lambda line: visitor.trouble.append(line.text) if line.type == "error" else None,
    )
    page.on("request", lambda request: _note_foreign(visitor, request.url, url))
    page.on("framenavigated", lambda frame: _forgive_leaving(visitor, frame))
    page.goto(f"{url}?{words}")
    return visitor


def _note_foreign(visitor: Visit, address: str, home: str) -> None:
    if not address.startswith((home, "data:", "blob:")):
        visitor.trouble.append(f"request to another host: {address}")


def _forgive_leaving(visitor: Visit, frame: Frame) -> None:
    """The document before this one is gone: what it said of being left is no trouble."""
    if frame == visitor.page.main_frame:
        visitor.trouble = without(visitor.trouble, OF_LEAVING)


def without(lines: list[str], phrases: Sequence[str]) -> list[str]:
    return [line for line in lines if not any(phrase in line for phrase in phrases)]


def quiet(page: Page) -> None:
    """Wait until nothing is asked on the page any more."""
    page.wait_for_timeout(200)  # some is asked only when a hand has rested
    said = "[...document.querySelectorAll('[data-asking]')].map((one) => one.dataset.asking)"
    # Not by Playwright's `wait_for_function`, whose `eval` the annotators' window does not allow.
    until(page, lambda: set(page.evaluate(said)) <= {"0"})


@contextmanager
def next_request(page: Page, name: str, *, arrives: bool = False) -> Iterator[None]:
    """Wait until a question is asked inside; its request or its answer is lost."""
    sent: list[Route] = []

    def meet(route: Route) -> None:
        if sent:
            route.continue_()
            return
        if arrives:
            route.fetch()  # its answer is lost
        sent.append(route)

    page.route(f"**/ask/*/{name}", meet)
    yield
    until(page, lambda: bool(sent))


def until(page: Page, true: Callable[[], bool]) -> None:
    """Wait until something is true that is learned only while the page goes on."""
    for _ in range(600):
        if true():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not happen in time")


def draw(page: Page, points: Sequence[tuple[float, float]]) -> None:
    """One stroke on the pad."""
    expect(page.locator(".hx-pad")).to_be_visible()
    page.locator(".hx-pad").scroll_into_view_if_needed()
    box = page.locator(".hx-pad").bounding_box()
    assert box is not None
    (x, y), *others = points
    page.mouse.move(box["x"] + x, box["y"] + y)
    page.mouse.down()
    for x, y in others:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=5)
    page.mouse.up()


def close_visit(visitor: Visit) -> None:
    """End the visit; nothing may have gone wrong on the page."""
    visitor.context.close()
    assert visitor.trouble == []


@dataclass(frozen=True)
class Demo:
    """A running `hardex demo`."""

    url: str
    run: Path


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """`hardex demo` as a user starts it, ranked and with its model loaded."""
    folder = tmp_path_factory.mktemp("demo")
    log = folder / "log.txt"
    with log.open("wb") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "hardex", "demo", "--no-browser"],
            cwd=folder,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        url = _wait_for_url(log, server)
        _wait_for(folder / "runs/mnist-demo/manifest.json", log, server)
        yield Demo(url, folder / "runs/mnist-demo")
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(60)
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="session")
def demo_url(demo: Demo) -> str:
    return demo.url


def _wait_for_url(log: Path, server: subprocess.Popen[bytes]) -> str:
    for _ in range(1200):
        for line in log.read_text().splitlines():
            if line.startswith("hardex is at "):
                url = line.removeprefix("hardex is at ").strip()
                urllib.request.urlopen(url, timeout=30).read()
                return url
        _still_runs(server, log)
    pytest.fail(f"the server gave no address:\n{log.read_text()}")


def _wait_for(path: Path, log: Path, server: subprocess.Popen[bytes]) -> None:
    for _ in range(1200):
        if path.exists():
            return
        _still_runs(server, log)
    pytest.fail(f"{path} did not appear:\n{log.read_text()}")


def _still_runs(server: subprocess.Popen[bytes], log: Path) -> None:
    if server.poll() is not None:
        pytest.fail(f"the server ended:\n{log.read_text()}")
    time.sleep(0.1)
