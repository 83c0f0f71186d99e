"""The Curves page in a real Chromium."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from hardex_app.training_logs import TrainingLogs

from .conftest import close_visit, open_visit
from .fake_runs import inspecting, serving, small_run
from .test_curves import SICK

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
NAME = '<img src=x onerror=alert(1)>"{{x}}.csv'
WELL = "epoch,loss,accuracy,val_loss,val_accuracy\n" + "".join(
    f"{n},{2 * 0.8**n:.4f},{1 - 0.8 * 0.8**n:.4f},{2.1 * 0.8**n:.4f},{1 - 0.82 * 0.8**n:.4f}\n"
    for n in range(30)
)


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    workspace = inspecting(*small_run(folder))
    (folder / NAME).write_text(SICK)
    (folder / "well.csv").write_text(WELL)
    lines = "".join(f"{step},{step // 9},{2 * 0.97**step}\n" for step in range(270))
    (folder / "well.batches.csv").write_text("step,epoch,loss\n" + lines)
    logs = [folder / NAME, folder / "well.csv", folder / "nothing.csv"]
    workspace.logs = TrainingLogs([str(log) for log in logs])
    with serving(workspace) as served:
        yield served.url


def test_a_visitor_chooses_what_the_curves_show_and_the_address_holds_it(browser, url):
    visitor = open_visit(browser, url, "view=curves")
    page = visitor.page
    loss, other = page.locator("[data-chart=loss]"), page.locator("[data-chart=other]")
    lines = loss.locator(".hx-chart-line")
    expect(lines).to_have_count(5)  # two of each run, and one of the batches
    expect(page.locator(".hx-cu-unreadable li")).to_contain_text("nothing.csv")
    assert page.locator(".hx-cu-switch-name").first.inner_text() == NAME
    expect(page.locator(".hx-cu-says").first).to_have_text("Overfitting")
    expect(loss.locator(".hx-chart-ring")).to_have_count(2)
    expect(loss.locator(".hx-chart-halo")).not_to_have_count(0)
    page.locator(".hx-cu-switch").first.click()
    expect(lines).to_have_count(3)
    expect(page).to_have_url(re.compile("runs=1(&|$)"))
    page.locator(".hx-cu-finding", has_text="Overfitting").click()  # which shows its run again
    expect(lines).to_have_count(5)
    expect(loss.locator(".hx-chart-band")).to_have_count(1)
    expect(loss.locator(".hx-cu-dim").first).to_be_attached()
    page.get_by_role("button", name="Show the whole curves").click()
    expect(loss.locator(".hx-chart-band")).to_have_count(0)
    page.locator(".hx-cu-metric").select_option("f1")
    expect(other.locator(".hx-chart-line")).to_have_count(1)
    page.get_by_label("Log scale").check()
    before = lines.first.get_attribute("d")
    page.locator(".hx-cu-smooth").fill("60")
    expect(lines.first).not_to_have_attribute("d", before or "")
    page.get_by_role("button", name="steps", exact=True).click()
    expect(page.locator(".hx-cu-left-out")).to_contain_text(NAME)
    page.reload()
    expect(page.locator(".hx-cu-smooth")).to_have_value("60")
    expect(page.get_by_label("Log scale")).to_be_checked()
    expect(page.locator("[data-axis=step]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".hx-cu-metric")).to_have_value("f1")
    expect(other.locator(".hx-cu-missing")).to_be_visible()
    close_visit(visitor)


def test_a_dark_phone_can_read_it_all(browser, url):
    visitor = open_visit(browser, url, "view=curves&__theme=dark", **PHONE)
    page = visitor.page
    expect(page.locator("[data-chart=accuracy] .hx-chart-line")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    found = Axe().run(page, context=".hx-curves").response["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    page.locator("[data-chart=loss] .hx-chart-plot").tap(position={"x": 150, "y": 60})
    expect(page.locator("[data-chart=loss] .hx-chart-readout")).to_contain_text(
        "well.csv, training"
    )
    close_visit(visitor)
