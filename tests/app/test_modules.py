"""The pages' modules: which addresses exist, who may fetch them, what a missing one looks like."""

import re

import pytest
from playwright.sync_api import Browser, expect
from starlette.testclient import TestClient

from hardex.people.access import ROLES, Access
from hardex_app.auth.gate import Gate
from hardex_app.background import Status
from hardex_app.ui.modules import modules, read_modules, script
from hardex_app.workspace import Workspace

from .conftest import open_visit
from .fake_runs import guarded, serving, small_run

BASE = f"/modules/{modules().version}/"
NAV = f"{BASE}ui/nav.js"


def client(gate, host="127.0.0.1"):
    app = guarded(Workspace(lambda workspace: None), gate)
    return TestClient(app, base_url=f"http://{host}")


@pytest.fixture
def access(tmp_path):
    return Access.open(tmp_path, roles=ROLES)


def test_every_module_is_served_as_javascript_that_a_browser_may_keep():
    assert {"ui/nav.js", "pages/probe/page.js"} <= {path[len(BASE) :] for path in modules().served}
    for path, content in modules().served.items():
        answer = client(Gate(7860)).get(path)
        assert (answer.status_code, answer.content) == (200, content)
        assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"


def test_every_import_of_a_module_is_served_too():
    for path, content in modules().served.items():
        for name in re.findall(r'(?:from|import) "([^"]+)"', content.decode()):
            assert str(client(Gate(1)).get(f"{path}/../{name}").url.path) in modules().served


@pytest.mark.parametrize(
    "path",
    [
        "/modules/", "/modules/ui/nav.js", "/modules/0000000000000000/ui/nav.js", BASE, f"{BASE}ui",
        f"{BASE}ui/modules.py", f"{BASE}ui/nav.html", f"{BASE}ui/style.css", f"{BASE}window.py",
        f"{BASE}pages/probe/page.html", f"{BASE}auth/enter.js", f"{BASE}ui/../auth/enter.js",
        f"{BASE}ui/%2e%2e/auth/enter.js", f"{BASE}ui/..%2fauth%2fenter.js", f"{BASE}ui/nav.js/",
        f"{BASE}ui//nav.js", f"{BASE}ui/nav.js%00", f"{BASE}UI/nav.js", f"{BASE}..%2fwindow.py",
        f"{BASE}ui\\nav.js", "/hardex_app/ui/nav.js", "/ui/nav.js",
    ],
)  # fmt: skip
def test_nothing_else_of_the_package_is_served(path):
    answer = client(Gate(7860)).get(path)
    assert (answer.status_code, answer.text) == (404, "Not found.\n")
    assert answer.headers["cache-control"] == "no-store"


def test_modules_are_only_read():
    for method in ("POST", "PUT", "DELETE"):
        assert client(Gate(7860)).request(method, NAV).status_code == 405


def test_without_a_token_there_is_no_module(access):
    answer = client(Gate(7860, access)).get(NAV)
    assert answer.status_code == 401
    assert answer.headers["cache-control"] == "no-store"
    assert "export" not in answer.text


@pytest.mark.parametrize(("name", "role"), [("Anna", "annotator"), ("owner", "owner")])
def test_whoever_may_open_a_page_may_fetch_its_modules(access, name, role):
    visitor = client(Gate(7860, access), "app.example")
    assert visitor.get(NAV).status_code == 401
    visitor.post("/enter", json={"token": access.invite(name, role=role)})
    assert visitor.get(NAV).content == modules().served[NAV]
    visitor.post("/leave", json={})
    assert visitor.get(NAV).status_code == 401


def test_another_page_may_not_fetch_modules():
    for site in ("cross-site", "same-site"):
        headers = {"sec-fetch-site": site, "sec-fetch-mode": "cors"}
        assert client(Gate(7860)).get(NAV, headers=headers).status_code == 403


@pytest.mark.parametrize("path", [f"/hx{NAV}", NAV])
def test_modules_are_found_behind_a_proxy_that_keeps_or_strips_its_path(path):
    assert client(Gate(7860, root_path="/hx")).get(path).content == modules().served[NAV]


def test_the_version_changes_with_any_module(tmp_path):
    (tmp_path / "ui").mkdir()
    module = tmp_path / "ui" / "a.js"
    module.write_text("export const a = 1;\n")
    before = read_modules(tmp_path)
    assert list(before.served) == [f"/modules/{before.version}/ui/a.js"]
    module.write_text("export const a = 2;\n")
    assert read_modules(tmp_path).version != before.version
    module.rename(tmp_path / "ui" / "b.js")
    assert read_modules(tmp_path).version != before.version


def test_only_a_module_that_exists_gets_a_script():
    with pytest.raises(KeyError, match=r"ui/missing\.js"):
        script("ui/missing.js", "window", [])


@pytest.mark.browser
def test_a_page_whose_module_is_missing_says_so(browser: Browser, tmp_path):
    workspace = Workspace(lambda workspace: None, run=small_run(tmp_path)[0])
    workspace.status = Status("ready")
    with serving(workspace) as served:
        visitor = open_visit(browser, "about:blank")
        visitor.page.route("**/pages/browse/page.js", lambda route: route.abort())
        visitor.page.goto(f"{served.url}?view=browse")
        problem = visitor.page.get_by_text("could not be loaded; reload the page")
        expect(problem).to_be_visible()
        expect(visitor.page.locator(".hx-page-link").first).to_be_visible()
        visitor.context.close()  # what went wrong on this page was meant to
