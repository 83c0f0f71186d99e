"""The report in a real Chromium: from disk, without scripts or a network, on a phone, on paper."""

import pytest
from axe_playwright_python.sync_playwright import Axe

import hardex
from hardex.runs.findings import Finding

from .fake_runs import HOSTILE, diagnosed, small_run

pytestmark = pytest.mark.browser
_A4 = 688  # pixels between the margins of A4


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    names = [*HOSTILE, *(f"golden retriever {i}" for i in range(10))]
    run, _ = small_run(folder, class_count=len(names), names=names, count=400, shape=(24, 32, 3))
    ids = list(run.hard[run.hard["list"] == "wrong"].id[:2])
    why = "It looks turned by 30°."
    diagnosed(run, [Finding(id=id, cause="rotation", confidence=0.9, amount=30, why=why)
                    for id in ids])  # fmt: skip
    found = hardex.report(run, out=folder / "report.html", thumbnails=14)
    return (folder / found.file).resolve().as_uri()


@pytest.fixture
def opened(browser, address):
    """Opens the report in a window; what it asks for beside itself is an error."""
    contexts = []

    def open_it(*, width=1100, scheme="light", scripts=False):
        context = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme=scheme,
            java_script_enabled=scripts,
            offline=True,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        asked, said = [], []
        page.goto(address)
        assert not said
        assert [url for url in asked if not url.startswith("data:")] == [address]
        return page

    yield open_it
    for context in contexts:
        context.close()


def test_it_opens_from_disk_and_shows_every_picture(opened):
    page = opened()
    assert page.locator("h1").inner_text().startswith("Where ")
    sizes = [one.bounding_box() for one in page.locator(".card img").all()]
    assert len(sizes) > 14 and all(size["height"] > 20 for size in sizes)


@pytest.mark.parametrize(("width", "media"), [(360, "screen"), (1100, "screen"), (_A4, "print")])
def test_nothing_is_cut_at_the_side(opened, width, media):
    page = opened(width=width, scripts=True)
    page.emulate_media(media=media)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if media == "print":
        wide = "[...document.querySelectorAll('table, svg')].map(it => it.getBoundingClientRect())"
        assert page.evaluate(f"Math.max(...{wide}.map(it => it.right))") <= width + 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_it(opened, scheme):
    found = Axe().run(opened(scheme=scheme, scripts=True))
    assert not found.response["violations"], found.generate_report()
