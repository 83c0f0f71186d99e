"""The Causes page and the evidence for an example, in a real Chromium."""

import re

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from hardex.data.dataset import ArrayDataset
from hardex.diagnosis.causes import CAUSES
from hardex.predict.neighbours import build
from hardex.runs.findings import Finding

from .conftest import close_visit, open_visit
from .fake_runs import HOSTILE, diagnosed, inspecting, serving, small_run

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}


def findings():
    """Each cause three times, of classes whose names break markup."""
    for number in range(3 * len(CAUSES)):
        cause, given = CAUSES[number % len(CAUSES)], HOSTILE[number % len(HOSTILE)]
        yield Finding(
            id=str(number),
            cause=cause,
            confidence=0.8,
            second_cause="blur",
            amount=0.5,
            given_label=given,
            predicted_label=HOSTILE[0],
            why=f"it looks like {given}",
            label_after=given,
            confidence_after=0.9,
            suggested_label=given,
            neighbour_ids=("1", "2"),
            neighbour_labels=(given, HOSTILE[0]),
            neighbour_distances=(0.1, 0.2),
            probabilities={cause: 0.8, "junk": 0.2},
        )


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    run, classifier = small_run(folder, class_count=len(HOSTILE), names=HOSTILE, count=60)
    diagnosed(run, list(findings()))
    workspace = inspecting(run, classifier)
    workspace.has_training = True
    images = np.stack([run.image(str(number)) for number in range(4)])
    workspace.neighbours = build(ArrayDataset.of(images, np.arange(4) % 2), None)
    with serving(workspace) as served:
        yield served.url


def test_a_cause_leads_to_its_examples_and_these_to_the_evidence(browser, url):
    visitor = open_visit(browser, url, "view=causes")
    page = visitor.page
    expect(page.locator(".hx-ca-count")).to_have_count(len(CAUSES))
    expect(page.locator(".hx-ca-place img")).to_have_count(3 * len(CAUSES))
    expect(page.locator(".hx-ca-table tbody tr")).to_have_count(len(CAUSES) - 1)
    page.locator(".hx-ca-count", has_text="Rotated").click()
    expect(page.locator(".hx-card")).to_have_count(3)
    assert page.locator(".hx-card .hx-why").all_inner_texts() == ["Rotated"] * 3
    assert page.locator("#browse [name=cause] option:checked").inner_text() == "Rotated"
    expect(page.locator(".hx-evidence-cause")).to_have_text("Rotated")
    expect(page.locator(".hx-evidence-figure img")).to_have_count(2)
    expect(page.locator(".hx-evidence-right")).to_contain_text("90.0 %")
    page.locator("#browse [name=cause]").select_option("mislabelled")
    expect(page.locator(".hx-evidence-cause")).to_have_text("Mislabelled")
    expect(page.locator(".hx-evidence-list img")).to_have_count(2)
    expect(page.locator(".hx-neighbours img").first).to_be_visible()  # the others stay apart
    page.go_back()
    expect(page.locator(".hx-card")).to_have_count(3)
    close_visit(visitor)


def test_a_dark_phone_can_read_it_all(browser, url):
    visitor = open_visit(browser, url, "view=causes&__theme=dark", **PHONE)
    page = visitor.page
    expect(page.locator(".hx-ca-place img").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert violations(page, ".hx-causes") == []
    page.locator(".hx-ca-tests a").first.click()
    expect(page).to_have_url(re.compile("view=browse.*cause=rotation.*given="))
    page.locator(".hx-card").first.click()
    expect(page.locator(".hx-evidence-figure img")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert violations(page, ".hx-evidence") == []
    close_visit(visitor)


def violations(page, part):
    """What axe finds to be serious in a part of the page."""
    found = Axe().run(page, context=part).response["violations"]
    return [
        (one["id"], [node["html"][:200] for node in one["nodes"]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
