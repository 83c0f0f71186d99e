"""What is unsent on a page: sent in order until it is stored, over reloads and in several tabs."""

import pytest
from playwright.sync_api import Browser, Page, expect

from hardex_app.background import Status
from hardex_app.ui.modules import modules
from hardex_app.workspace import Workspace

from .conftest import close_visit, open_visit
from .fake_runs import run_without_images, serving

pytestmark = pytest.mark.browser

# `sent` are the payloads that reached `send`, in order; `outcomes` are its next answers.
OUTBOX = """
async ([address, owner]) => {
    const { Outbox } = await import(new URL(address, document.baseURI).href);
    const slowly = window.setTimeout;
    const pauses = [1000, 2000, 4000, 8000, 15000];  // of the outbox
    window.setTimeout = (then, ms, ...of) => slowly(then, pauses.includes(ms) ? 50 : ms, ...of);
    const taken = { state: "acknowledged", answer: {} };
    window.sent = []; window.settled = []; window.outcomes = []; window.overlaps = 0;
    window.outbox = new Outbox({
        name: "test",
        send: async (entry) => {
            window.overlaps += Number(localStorage.getItem("busy") !== null);
            localStorage.setItem("busy", "yes");
            await new Promise((go) => slowly(go, 30));
            localStorage.removeItem("busy");
            window.sent.push(entry.payload.text);
            const outcome = window.outcomes.shift() ?? taken;
            if (outcome === "lost") throw new Error("no answer");
            return outcome;
        },
        settled: (entry, outcome) => window.settled.push([entry.payload.text, outcome.state]),
        changed: () => { document.title = `${window.outbox.waiting.length} wait`; },
    });
    window.outbox.open(owner);
    return window.outbox.waiting.map((entry) => entry.id);
}
"""
KEPT = "Object.keys(localStorage).filter((key) => key.startsWith('hardex.'))"
ADD = f"""
(all) => {{
    all.forEach((text) => window.outbox.add('word', {{ text }}));
    window.most_kept = {KEPT}.length;  // before any of them can be sent
}}
"""
AGAIN = {"state": "again", "why": "The disk is full."}
REFUSED = {"state": "refused", "why": "There is no such example."}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    run = run_without_images(tmp_path_factory.mktemp("run"))
    workspace = Workspace(lambda workspace: None, run=run)
    workspace.status = Status("ready")
    with serving(workspace) as served:
        yield served.url


@pytest.fixture
def page(browser: Browser, address):
    visitor = open_visit(browser, address)
    expect(visitor.page.locator("#page-overview")).to_be_visible()
    yield visitor.page
    close_visit(visitor)


def open_outbox(page: Page, owner: str = "anna of a run") -> list[str]:
    """The ids of the entries that this browser kept; they are sent at once."""
    ids: list[str] = page.evaluate(OUTBOX, [modules().address("ui/outbox.js"), owner])
    return ids


def add(page: Page, *texts: str, outcomes: tuple[object, ...] = ()) -> None:
    page.evaluate("all => window.outcomes.push(...all)", list(outcomes))
    page.evaluate(ADD, list(texts))


def wait_until_sent(page: Page) -> None:
    page.wait_for_function("window.outbox.waiting.length === 0")


def kept(page: Page) -> int:
    return page.evaluate(f"{KEPT}.length")


def test_entries_are_sent_in_order_and_forgotten_once_they_are_stored(page):
    open_outbox(page)
    add(page, "a", "b", "c")
    wait_until_sent(page)
    assert page.evaluate("window.most_kept") == 3
    assert page.evaluate("window.sent") == ["a", "b", "c"]
    assert page.evaluate("window.settled") == [[text, "acknowledged"] for text in "abc"]
    assert kept(page) == 0


def test_what_is_not_taken_is_sent_again_before_all_that_follows(page):
    open_outbox(page)
    add(page, "a", "b", outcomes=(AGAIN, "lost", AGAIN))
    page.wait_for_function("window.outbox.trouble === 'The disk is full.'")
    page.wait_for_function("window.outbox.trouble === 'The server does not answer.' "
                           "|| window.outbox.waiting.length === 0")  # fmt: skip
    wait_until_sent(page)
    assert page.evaluate("window.sent") == ["a", "a", "a", "a", "b"]
    assert page.evaluate("window.outbox.trouble") == ""


def test_a_refused_entry_holds_up_no_other_and_is_kept_until_it_is_removed(page):
    open_outbox(page)
    add(page, "a", "b", outcomes=(REFUSED,))
    wait_until_sent(page)
    assert page.evaluate("window.settled") == [["a", "refused"], ["b", "acknowledged"]]
    page.reload()
    open_outbox(page)
    (refused,) = page.evaluate("window.outbox.refused")
    assert (refused["payload"], refused["refused"]) == ({"text": "a"}, REFUSED["why"])
    assert page.evaluate("window.sent") == []
    page.evaluate("id => window.outbox.remove(id)", refused["id"])
    assert page.evaluate("window.outbox.refused") == [] and kept(page) == 0


def test_entries_survive_a_reload_with_their_ids_and_only_for_their_owner(page):
    open_outbox(page)
    add(page, "a", "b", outcomes=(AGAIN,) * 99)
    before = page.evaluate("window.outbox.waiting.map((entry) => entry.id)")
    page.reload()
    assert open_outbox(page, "bob of a run") == [] and kept(page) == 2
    page.reload()
    assert open_outbox(page) == before
    wait_until_sent(page)
    assert page.evaluate("window.sent") == ["a", "b"]


def test_tabs_that_share_entries_send_one_at_a_time(page):
    open_outbox(page)
    add(page, *"abcdef", outcomes=(AGAIN,))
    with page.context.expect_page() as opened:
        page.evaluate("window.open(location.href)")
    other = opened.value
    expect(other.locator("#page-overview")).to_be_visible()
    open_outbox(other)
    for tab in (page, other):
        wait_until_sent(tab)
        assert page.evaluate("window.overlaps") == 0
    assert kept(page) == 0


def test_where_the_browser_keeps_nothing_entries_are_sent_all_the_same(page):
    page.evaluate(
        """() => {
            const keep = Storage.prototype.setItem;
            Storage.prototype.setItem = function (key, value) {
                if (key.startsWith("hardex.")) throw new Error("full");
                keep.call(this, key, value);
            };
        }"""
    )
    open_outbox(page)
    add(page, "a", outcomes=(AGAIN,))
    assert page.evaluate("window.outbox.isOnlyHere") and kept(page) == 0
    wait_until_sent(page)
    assert page.evaluate("window.sent") == ["a", "a"]
