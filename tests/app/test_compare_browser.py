"""The page Compare, in a real Chromium."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from .compared_runs import comparing
from .conftest import close_visit, open_visit
from .fake_runs import HOSTILE, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    workspace = comparing(folder, class_count=len(HOSTILE), names=HOSTILE)
    with serving(workspace) as served:
        yield served.url


def test_a_cell_leads_to_its_examples_and_these_to_browse(browser, url):
    visitor = open_visit(browser, url, "view=compare")
    page = visitor.page
    expect(page.locator(".hx-co-runs tbody tr")).to_have_count(3)
    cell = page.locator(".hx-co-matrix tbody tr").nth(1).locator("a").first
    count = int(cell.inner_text())
    cell.click()
    expect(page).to_have_url(re.compile("list=broken&a=2&b=1"))
    title = page.locator("#hx-co-list-title")
    expect(title).to_have_text(f"{count} examples that turned has right and run wrong")
    expect(page.locator(".hx-co-card").first.locator(".hx-co-answer")).to_have_count(3)
    expect(page.locator(".hx-co-place img").first).to_be_visible()
    page.locator(".hx-co-choice", has_text="shy").click()
    expect(page.locator(".hx-co-runs tbody tr")).to_have_count(2)
    expect(page).to_have_url(re.compile("models=1.2"))
    page.locator(".hx-co-card").first.click()
    expect(page.locator(".hx-other h4")).to_have_count(2)
    page.go_back()
    expect(page.locator(".hx-co-runs tbody tr")).to_have_count(2)
    page.goto(f"{url}?view=probe&id=7&beside=turned")
    expect(page.locator(".hx-chart-dashed").first).to_be_attached()
    expect(page.locator(".hx-beside-says")).to_contain_text("Dashed: turned.")
    close_visit(visitor)


def test_a_dark_phone_can_read_it_all(browser, url):
    visitor = open_visit(browser, url, "view=compare&list=wrong_in_all&__theme=dark", **PHONE)
    page = visitor.page
    expect(page.locator("#hx-co-list-title")).to_contain_text("that all models have wrong")
    expect(page.locator(".hx-co-place img").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    found = Axe().run(page, context=".hx-compare")
    assert [one["id"] for one in found.response["violations"]] == []
    close_visit(visitor)
