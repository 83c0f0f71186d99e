"""What the owner sees until their window is there."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from playwright.sync_api import expect

from hardex_app.front.opening import OPENED, Opening
from hardex_app.links.server import launch, owner_window
from hardex_app.links.sharing import Sharing
from hardex_app.workspace import Workspace

from .conftest import close_visit, open_visit
from .fake_runs import run_apart, serving, small_run


@pytest.fixture
def workspace(tmp_path):
    run, classifier = small_run(tmp_path, shape=(8, 8, 1))
    workspace = Workspace(lambda workspace: None, run=run)
    workspace.classifier = classifier
    return workspace


@pytest.fixture
def started(workspace):
    """The app whose window is not built yet."""
    served = launch(workspace, "127.0.0.1", None, Sharing(), None)
    yield served
    served.close()


def test_the_address_answers_before_there_is_a_window_and_the_rest_waits(started, workspace):
    with httpx.Client(base_url=started.url, timeout=60) as owner, ThreadPoolExecutor(1) as pool:
        first = owner.get("/?view=browse")
        assert (first.status_code, first.headers["cache-control"]) == (200, "no-store")
        assert 'id="hx-opening"' in first.text and "gradio_config" not in first.text
        config = pool.submit(httpx.get, f"{started.url}config", timeout=60)
        assert owner.post("/ask/window/status", json={}).status_code == 200  # needs no window
        assert not config.done()
        started.show(owner_window(workspace))
        assert config.result().json()["components"]
        assert owner.get(OPENED).status_code == 204
        then = owner.get("/?view=browse")
        assert "gradio_config" in then.text and then.text.count('id="hx-opening"') == 1


def test_the_documents_box_comes_before_what_gradio_draws(started, workspace):
    started.show(owner_window(workspace))
    for coding in ("identity", "gzip"):
        told = httpx.get(started.url, headers={"accept-encoding": coding})
        assert told.headers.get("content-encoding", "identity") == coding
        assert told.text.index('id="hx-opening"') < told.text.index("<gradio-app")
        assert told.text.rstrip().endswith("</html>")


def test_the_page_that_waits_becomes_the_page_that_was_asked_for(started, workspace, browser):
    visit = open_visit(browser, started.url, "view=browse")
    expect(visit.page.locator("#hx-opening")).to_be_visible()
    started.show(owner_window(workspace))
    expect(visit.page.locator("#page-browse")).to_be_visible(timeout=60_000)
    expect(visit.page.locator("#hx-opening")).to_have_count(0, timeout=10_000)
    close_visit(visit)


UNKNOWN = ("page=7", "page=", "view=nowhere", "view=%00", "view=browse&view=probe", "__theme=x")


def test_unknown_words_in_the_address_open_a_page(workspace):
    with serving(workspace) as served:
        for words in UNKNOWN:
            told = httpx.get(f"{served.url}?{words}")
            assert told.status_code == 200 and "gradio_config" in told.text, words


def test_a_window_that_does_not_start_is_said_to_who_shows_it():
    async def failing(scope, receive, send):
        await receive()
        raise ValueError("no window today")

    async def life():
        opening = Opening()
        messages = asyncio.Queue()
        messages.put_nowait({"type": "lifespan.startup"})

        async def send(message):
            if message["type"] == "lifespan.startup.complete":
                started.set()

        started = asyncio.Event()
        living = asyncio.ensure_future(opening({"type": "lifespan"}, messages.get, send))
        await started.wait()
        with pytest.raises(ValueError, match="no window today"):
            await asyncio.to_thread(opening.show, failing)
        messages.put_nowait({"type": "lifespan.shutdown"})
        await living

    run_apart(life())
