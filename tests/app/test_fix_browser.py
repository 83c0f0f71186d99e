"""The Fix page in a real Chromium, over a fix that is made in pretence."""

import re
import shutil
from types import SimpleNamespace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from .conftest import close_visit, open_visit, quiet
from .fake_runs import HOSTILE, serving
from .made_fixes import pretending

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The address of an app on a sealed run, and what lets its fix end."""
    names = [HOSTILE[0], HOSTILE[2], "plain"]
    folder = tmp_path_factory.mktemp("fix")
    workspace, let_it_end = pretending(folder, names=names)
    with serving(workspace) as served:
        yield SimpleNamespace(
            url=served.url,
            let_it_end=let_it_end,
            proofs=workspace.run.folder / "proofs",
            proof=folder / "made" / "first.json",
        )
    workspace.fixes.stop()


def test_from_a_finding_to_a_verdict(browser, app):
    visitor = open_visit(browser, app.url, "view=fix")
    page = visitor.page
    says, command = page.locator(".hx-fx-says"), page.locator(".hx-fx-command")
    augment = page.locator("[data-part=augment]")
    expect(augment.get_by_role("checkbox")).to_be_checked()
    expect(augment).to_contain_text("hard examples look rotated")
    augment.get_by_label("to", exact=True).fill("45")
    augment.get_by_label("to", exact=True).press("Tab")
    expect(says).to_contain_text("rotated by -32° to 45°")
    page.locator("[data-part=balance]").get_by_role("checkbox").check()
    expect(says).to_contain_text("so that all classes count the same")
    page.get_by_text("The recipe as text").click()
    expect(command).to_contain_text("--recipe recipe.yaml")
    page.locator(".hx-fx-text").fill("augment: {rotaton: 30}")
    expect(page.locator(".hx-fx-recipe-problem")).to_contain_text("did you mean 'rotation'?")
    expect(page.locator(".hx-fx-train")).to_be_disabled()
    page.locator(".hx-fx-text").fill("augment: {rotation: 40}")
    expect(page.locator("[data-part=balance]").get_by_role("checkbox")).not_to_be_checked()
    expect(command).to_contain_text("--augment rotation=-40:40")
    expect(augment.get_by_label("to", exact=True)).to_have_value("40")
    page.locator(".hx-fx-train").click()
    training = page.locator(".hx-fx-training")
    expect(training.locator("tbody tr")).to_have_count(2)
    expect(training.locator("tbody tr").first).to_contain_text("1 of 2")
    expect(training.locator(".hx-chart-line")).to_have_count(1)
    page.reload()  # it goes on, and the recipe is kept
    expect(training.locator(".hx-fx-standing")).to_contain_text("Training 1 of 2 (remedied-0)")
    expect(page.locator(".hx-fx-train")).to_be_disabled()
    expect(page.locator(".hx-fx-text")).to_have_value("augment: {rotation: 40}")
    training.get_by_role("button", name="Cancel").click()
    expect(training.locator(".hx-fx-standing")).to_contain_text("nothing half done is left")
    page.locator(".hx-fx-train").click()
    expect(training.get_by_role("button", name="Cancel")).to_be_visible()
    app.let_it_end()
    verdict = page.locator(".hx-fx-verdict")
    expect(verdict).to_contain_text("Better")
    expect(page).to_have_url(re.compile("proof=first"))
    pictures = page.locator(".hx-fx-pictures")
    expect(pictures.first.locator("img")).to_have_count(3)  # what was broken comes first
    expect(pictures.nth(1).locator("img")).to_have_count(12)
    expect(page.locator(".hx-fx-seeds .hx-chart-dot")).to_have_count(6)
    expect(page.locator(".hx-fx-part", has_text="Per class").locator("tbody tr")).to_have_count(3)
    expect(page.locator(".hx-fx-rows > li")).to_have_count(1)
    quiet(page)
    page.get_by_role("button", name="Close").first.click()
    expect(page.locator(".hx-fx-proof")).to_be_hidden()
    page.get_by_role("link", name="Show the proof").click()
    expect(verdict).to_be_visible()
    close_visit(visitor)


def test_a_dark_phone_can_read_the_proof(browser, app):
    app.proofs.mkdir(exist_ok=True)
    shutil.copy(app.proof, app.proofs)
    visitor = open_visit(browser, app.url, "view=fix&proof=first&__theme=dark", **PHONE)
    page = visitor.page
    expect(page.locator(".hx-fx-verdict")).to_be_visible()
    expect(page.locator(".hx-fx-card")).to_have_count(7)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    found = Axe().run(page, context=".hx-fix").response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    close_visit(visitor)
