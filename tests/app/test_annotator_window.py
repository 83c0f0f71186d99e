"""The annotators' window: a plain document with strict rules, and cookies that others plant."""

import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from hardex.people.access import Access
from hardex_app.auth.keys import Keys
from hardex_app.front.visitor_window import document, style_address

from . import conftest
from .conftest import close_visit, draw, open_visit, quiet
from .fake_runs import HOSTILE, entered, inspecting, serving, small_run

PHONE = {"viewport": {"width": 390, "height": 844}}
OWN = re.compile(
    r"/(ask/(window|annotate|probe)/[a-z_]+|modules/[0-9a-f]{16}/[a-z_/]+\.js|style/[0-9a-f]{16}\.css"
    r"|pictures/[0-9a-f]{16}/view|here|enter|leave|)"
)


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    run, classifier = small_run(
        tmp_path_factory.mktemp("run"), class_count=len(HOSTILE), names=HOSTILE, shape=(8, 8, 1)
    )
    workspace = inspecting(run, classifier, overlap=50, open_probe=True)
    keys = Keys(workspace)
    with serving(workspace, keys) as served:
        yield SimpleNamespace(
            run=run,
            workspace=workspace,
            url=served.url,
            port=served.port,
            access=Access.open(run.folder),
            keys=keys,
        )
    keys.close()


# ------------------------------------------------------------------ the document


def test_the_document_allows_only_its_own_scripts_and_styles(app):
    visitor = entered(app.url, app.access.invite("Anna"))
    told = visitor.get("/")
    visitor.close()
    rules = dict(rule.split(" ", 1) for rule in told.headers["content-security-policy"].split("; "))
    assert "unsafe" not in told.headers["content-security-policy"]
    assert "*" not in told.headers["content-security-policy"].replace(":*", "")
    assert rules == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "img-src": "'self' data: blob:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'self'",
    }
    assert told.headers["cache-control"] == "no-store"


def test_nothing_in_the_document_needs_more_than_its_rules_allow():
    text = document("annotator")
    assert not re.search(r"\son[a-z]+\s*=|\sstyle\s*=|javascript:|<style|<iframe|<object", text)
    scripts = re.findall(r"<script([^>]*)>([^<]*)</script>", text)
    assert len(scripts) == 2
    for attributes, content in scripts:
        assert 'type="application/json"' in attributes or content == ""
    for place in re.findall(r'(?:src|href)="([^"]+)"', text):
        assert place == "data:," or place.startswith(("modules/", "style/", "?", "#")), place
    assert style_address() in text


@contextmanager
def annotating(app, browser, name, *, forgives=False, **options):
    """An annotator's visit, and what it asked for; `forgives` what the browser says of attacks."""
    visitor = open_visit(browser, app.url, **options)
    expect(visitor.page.locator("body")).to_contain_text("You need a personal link")
    visitor.trouble.clear()  # of somebody who has not entered yet
    asked = []
    visitor.page.on("request", lambda one: asked.append(one))
    visitor.page.goto(f"{app.url}enter#{app.access.invite(name)}")
    expect(visitor.page.locator(".hx-who")).to_have_text(name)
    yield visitor.page, asked
    if forgives:
        visitor.trouble.clear()
    close_visit(visitor)


@pytest.mark.browser
@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("size", [{}, PHONE], ids=["desktop", "phone"])
def test_both_pages_work_under_these_rules_and_ask_nothing_of_gradio(app, browser, colours, size):
    name = f"A {colours} {'phone' if size else 'desktop'}"
    with annotating(app, browser, name, color_scheme=colours, **size) as (page, asked):
        page.evaluate("""() => {
            window.broken = [];
            document.addEventListener("securitypolicyviolation", (one) => {
                broken.push(`${one.violatedDirective} ${one.blockedURI}`);
            });
        }""")
        dark = page.evaluate("document.body.classList.contains('dark')")
        assert dark == (colours == "dark")
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == ("rgb(15, 15, 17)" if dark else "rgb(255, 255, 255)")
        expect(page.locator(".hx-ann-figure img")).to_be_visible()
        page.locator(".hx-ann-classes button").first.click()
        expect(page.locator(".hx-ann-saved")).to_have_text("Saved ✓")
        check_page(page, "#annotate")
        page.locator(".hx-page-link[data-page=probe]").click()
        expect(page.locator("#probe .hx-slider").first).to_be_visible()
        draw(page, [(60, 60), (200, 200)])
        expect(page.locator("#probe .hx-bar").first).to_be_visible()
        page.locator(".hx-keep-name").fill("kept")
        page.locator(".hx-keep-this").click()
        expect(page.locator(".hx-keep-says")).to_have_text("Kept with the run.")
        quiet(page)
        check_page(page, "#probe")
        assert page.evaluate("broken") == []
        page.reload()
        expect(page.locator("#probe .hx-bar").first).to_be_visible()
        for one in asked:
            if not one.url.startswith(("data:", "blob:", "about:")):
                place = (
                    one.url.removeprefix(app.url.rstrip("/")).partition("?")[0].partition("#")[0]
                )
                assert OWN.fullmatch(place), one.url
        assert "gradio" not in page.content().replace("gradio-container", "").lower()


def check_page(page, element):
    """Nothing runs out of the window, and everybody can use it."""
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    found = Axe().run(page, context=element, options={"runOnly": ["wcag2a", "wcag2aa"]})
    assert [one["id"] for one in found.response["violations"]] == []


@pytest.mark.browser
def test_a_script_that_somebody_smuggles_in_does_not_run(app, browser):
    with annotating(app, browser, "Smuggler", forgives=True) as (page, _):
        expect(page.locator(".hx-ann-figure img")).to_be_visible()
        problems = []
        page.on("console", lambda line: problems.append(line.text))
        page.evaluate("""() => {
            const add = (html) => document.body.append(
              document.createRange().createContextualFragment(html));
            add('<script>window.ran = 1</script>');
            add('<img src="data:,x" onerror="window.ran = 2">');
            add('<a id="trap" href="javascript:window.ran = 3">x</a>');
            document.querySelector("#trap").click();
            add('<iframe srcdoc="<script>parent.ran = 4</script>"></iframe>');
            setTimeout("window.ran = 5");
            setTimeout(() => {
                try { new Function("window.ran = 6")(); } catch { /* as it should be */ }
            });
        }""")
        page.wait_for_timeout(500)
        assert page.evaluate("window.ran") is None
        assert sum("Content Security Policy" in one for one in problems) >= 4
        for attempt in (
            "fetch('https://example.org/')",
            "import('data:text/javascript,1')",
        ):
            said = page.evaluate(
                f"async () => {{ try {{ await {attempt}; }} catch (e) {{ return e.name; }} }}"
            )
            assert said == "TypeError", attempt


# ------------------------------------------------------------------ what an open tab costs


@pytest.mark.browser
def test_a_tab_of_the_owner_asks_nothing_once_the_run_is_ready(app, browser):
    visitor = open_visit(browser, "about:blank")
    page, asked = visitor.page, []
    page.goto(f"{app.url}enter#{app.keys.owner_token}")
    page.on("request", lambda one: asked.append(one.url))
    expect(page.locator("#page-overview .hx-ov-body")).to_be_visible()
    for name in ("Browse", "Probe", "Annotate", "Overview"):
        page.get_by_role("link", name=name, exact=True).click()
        quiet(page)
    page.wait_for_timeout(1_000)
    asked.clear()
    page.wait_for_timeout(5_000)
    assert asked == []
    visitor.trouble.clear()  # it asked for another address than the first
    close_visit(visitor)


@pytest.mark.browser
@pytest.mark.parametrize(("name", "most"), [("annotate", 4), ("probe", 4)])
def test_a_tab_of_an_annotator_asks_every_twenty_seconds_at_most(app, browser, name, most):
    visitor = open_visit(browser, "about:blank")
    page, asked = visitor.page, []
    page.clock.install()
    page.goto(f"{app.url}enter#{app.access.invite(f'Tab {name}')}")
    page.clock.run_for(2_000)
    expect(page.locator(".hx-who")).to_contain_text("Tab")
    page.locator(f".hx-page-link[data-page={name}]").click()
    if name == "annotate":
        expect(page.locator("[data-ahead]")).to_have_attribute("data-ahead", "8")
    else:
        expect(page.locator("#probe .hx-slider").first).to_be_visible()
    page.clock.run_for(2_000)
    page.wait_for_timeout(500)
    page.on("request", lambda one: asked.append(one.url))
    for _ in range(60):
        page.clock.run_for(1_000)
        page.wait_for_timeout(20)
    assert len(asked) <= most, asked
    visitor.trouble.clear()
    close_visit(visitor)


# ------------------------------------------------------------------ cookies from elsewhere


class Elsewhere(BaseHTTPRequestHandler):
    """Another site below the same domain, which plants cookies."""

    cookies = ()

    def do_GET(self):
        self.send_response(200)
        for cookie in self.cookies if self.path == "/" else ():  # the browser asks for an icon
            self.send_header("Set-Cookie", cookie)
        self.end_headers()
        self.wfile.write(b"planted")

    def log_message(self, *about):
        pass


@pytest.fixture(scope="module")
def subdomains(playwright):
    """A browser for which all names below hardex.test are this computer."""
    rule = "--host-resolver-rules=MAP *.hardex.test 127.0.0.1"
    opened = playwright.chromium.launch(
        executable_path=conftest.chromium(playwright), args=[*conftest._FLAGS, rule]
    )
    yield opened
    opened.close()


@pytest.fixture
def elsewhere(app):
    name = f"hardex-{app.port}"
    paths = ("/", "/ask", "/ask/", "/ask/annotate", "/ask/window/who", "/here")

    class Planting(Elsewhere):
        cookies = tuple(f"{name}={'p' * 43}; Domain=hardex.test; Path={path}" for path in paths)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Planting)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://evil.hardex.test:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


def names_sent(context, address):
    return [one["value"] for one in context.cookies(address) if one["name"].startswith("hardex-")]


@pytest.mark.browser
@pytest.mark.parametrize("first", ["enters", "is trapped"])
def test_a_cookie_of_another_subdomain_opens_nothing_and_locks_nobody_out(
    app, subdomains, elsewhere, first
):
    home = f"http://app.hardex.test:{app.port}/"
    token = app.access.invite(f"Mia {first}")
    context = subdomains.new_context()
    page = context.new_page()
    who = page.locator(".hx-who")
    if first == "enters":
        page.goto(f"{home}enter#{token}")
        expect(who).to_contain_text("Mia")
    for _ in range(5):  # what the page says when it is left may come later, and deletes the cookie
        page.goto(elsewhere)
        if "p" * 43 in names_sent(context, home):
            break
    else:
        pytest.fail("the other subdomain could not plant its cookie")
    page.goto(home)
    if first == "is trapped":
        expect(page.locator("body")).to_contain_text("You need a personal link to open this app")
    page.goto(elsewhere)
    page.goto(f"{home}enter#{token}")  # the way back that everybody has
    page.wait_for_url(re.compile("view="))
    expect(who).to_contain_text("Mia", timeout=30_000)
    expect(page.locator(".hx-ann-figure img")).to_be_visible(timeout=60_000)
    page.keyboard.press("1")
    expect(page.locator(".hx-ann-saved")).to_have_text("Saved ✓", timeout=60_000)
    page.reload()
    expect(who).to_contain_text("Mia")
    context.close()


@pytest.mark.browser
def test_whoever_was_in_is_in_again_after_a_reload(app, subdomains, elsewhere):
    home = f"http://app.hardex.test:{app.port}/"
    context = subdomains.new_context()
    page = context.new_page()
    page.goto(f"{home}enter#{app.access.invite('Nora')}")
    expect(page.locator(".hx-who")).to_have_text("Nora")
    page.goto(elsewhere)
    page.goto(home)  # where both cookies are sent, and the planted ones are deleted
    page.reload()
    expect(page.locator(".hx-who")).to_have_text("Nora", timeout=30_000)
    context.close()
