"""The chart that pages share, drawn with plain data in a real Chromium."""

import json
import re
from contextlib import contextmanager
from itertools import pairwise

import gradio as gr
import pytest
from playwright.sync_api import Page, expect

from hardex_app.ui.modules import modules

from .conftest import close_visit, open_visit
from .fake_runs import HOSTILE, launched_blocks

pytestmark = pytest.mark.browser

DRAW = """
async ([address, data, withPick]) => {
  const { chart } = await import(new URL(address, document.baseURI).href);
  const box = document.querySelector("#place");
  window.picked = [];
  const onPick = withPick ? (x) => { picked.push(x); drawn.moveCursor(x); } : undefined;
  const drawn = chart(box, { label: "A chart", onPick });
  drawn.draw(data);
}
"""
AXIS = {"least": 0, "most": 1}


@pytest.fixture(scope="module")
def url():
    served = launched_blocks(lambda window: gr.HTML("<div></div>", elem_id="place"))
    yield served.url
    served.close()


@contextmanager
def drawn(browser, url: str, data: dict, *, picks: bool = False, **options):
    """A page with one chart on it."""
    visitor = open_visit(browser, url, **options)
    expect(visitor.page.locator("#place")).to_be_visible()
    visitor.page.evaluate(DRAW, [modules().address("ui/chart.js"), data, picks])
    yield visitor.page
    close_visit(visitor)


def series(name: str, values: list, **more) -> dict:
    points = [{"x": x, "y": y} for x, y in enumerate(values)]
    return {"name": name, "points": points, **more}


def boxes(page: Page, selector: str) -> list[dict]:
    return json.loads(
        page.locator("#place").evaluate(
            "(box, selector) => JSON.stringify([...box.querySelectorAll(selector)]"
            ".map((one) => one.getBoundingClientRect()))",
            selector,
        )
    )


def test_bars_of_several_series_lie_side_by_side_and_are_as_high_as_their_values(browser, url):
    data = {
        "series": [
            series("before", [0.5, 1.0, None], kind="bars"),
            series("after", [0.25, 0.5, 1.0], kind="bars"),
        ],
        "x": {"names": ["a", "b", "c"]},
        "y": AXIS,
    }
    with drawn(browser, url, data) as page:
        bars = boxes(page, ".hx-chart-bar")
        heights = [bar["height"] for bar in bars]
        whole = heights[1]
        assert heights == pytest.approx([whole * part for part in (0.5, 1, 0.25, 0.5, 1)], abs=1)
        in_order = sorted(bars, key=lambda bar: bar["left"])
        assert all(a["right"] <= b["left"] for a, b in pairwise(in_order))
        assert len({round(bar["bottom"]) for bar in bars}) == 1


def test_a_line_has_a_gap_where_there_is_no_value(browser, url):
    data = {"series": [series("a", [0.1, None, 0.3, 0.4])], "x": {"least": 0, "most": 3}, "y": AXIS}
    with drawn(browser, url, data) as page:
        path = page.locator(".hx-chart-line").get_attribute("d")
        assert path.count("M") == 2 and path.count("L") == 1
        expect(page.locator(".hx-chart-legend")).to_be_empty()  # one series needs no legend


def test_an_interval_of_a_point_reaches_from_low_to_high(browser, url):
    points = [{"x": 0, "y": 0.5, "low": 0.25, "high": 1.0}, {"x": 1, "y": 0.5}]
    data = {"series": [{"name": "a", "kind": "points", "points": points}], "x": AXIS, "y": AXIS}
    with drawn(browser, url, data) as page:
        ((left, point), (whisker,)) = boxes(page, ".hx-chart-dot"), boxes(page, ".hx-chart-whisker")
        rules = sorted(rule["top"] for rule in boxes(page, ".hx-chart-rule"))
        assert whisker["height"] == pytest.approx(0.75 * (rules[-1] - rules[0]), abs=2)
        assert left["left"] < point["left"]


def test_keys_read_the_values_of_a_chart_without_a_cursor(browser, url):
    data = {
        "series": [series("<b>one</b>", [0.1, 0.9]), series("two", [0.8, 0.2])],
        "x": {"least": 0, "most": 1, "steps": [1]},
        "y": AXIS,
    }
    with drawn(browser, url, data) as page:
        chart, readout = (
            page.get_by_role("slider", name="A chart"),
            page.locator(".hx-chart-readout"),
        )
        chart.focus()
        chart.press("ArrowRight")
        expect(chart).to_have_attribute("aria-valuetext", "0: two 0.8, <b>one</b> 0.1")
        chart.press("ArrowRight")
        expect(chart).to_have_attribute("aria-valuetext", "1: <b>one</b> 0.9, two 0.2")
        rows = readout.locator(".hx-chart-row")
        expect(rows).to_have_text([re.compile(r"<b>one</b>\s*0\.9"), re.compile(r"two\s*0\.2")])
        chart.press("Escape")
        expect(readout).to_be_hidden()


def test_a_cursor_is_picked_by_mouse_drag_and_keys(browser, url):
    data = {
        "series": [series("a", [0, 0.5, 1])],
        "x": {"least": 0, "most": 2},
        "y": AXIS,
        "cursor": {"x": 1, "step": 0.1},
    }
    with drawn(browser, url, data, picks=True) as page:
        chart = page.get_by_role("slider", name="A chart")
        expect(chart).to_have_attribute("aria-valuenow", "1")
        chart.press("ArrowRight")
        chart.press("PageDown")
        chart.press("End")
        assert page.evaluate("picked") == pytest.approx([1.1, 0.1, 2])
        expect(chart).to_have_attribute("aria-valuenow", "2")
        box = chart.bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 50)
        page.mouse.down()
        page.mouse.move(box["x"] + 1, box["y"] + 50, steps=3)
        page.mouse.up()
        assert page.evaluate("picked.at(-1)") == 0  # beyond the axis is its end
        expect(chart).to_have_attribute("aria-valuenow", "0")


def test_a_finger_picks_and_leaves_the_readout(browser, url):
    data = {
        "series": [series("a", [0, 0.5, 1]), series("b", [1, 0.5, 0])],
        "x": {"least": 0, "most": 2},
        "y": AXIS,
        "cursor": {"x": 0, "step": 1},
    }
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with drawn(browser, url, data, picks=True, **phone) as page:
        chart = page.get_by_role("slider", name="A chart")
        width = chart.bounding_box()["width"]
        chart.tap(position={"x": width - 26, "y": 100})  # once it rests where it is
        page.wait_for_function("picked.length > 0")
        picked = page.evaluate("picked.at(-1)")
        assert picked == pytest.approx(2, abs=0.02)
        expect(page.locator(".hx-chart-readout")).to_contain_text("a")
        expect(page.locator(".hx-chart-readout")).to_be_visible()


def test_the_chart_is_drawn_anew_at_another_width(browser, url):
    data = {"series": [series("a", [0, 1])], "x": AXIS, "y": AXIS}
    with drawn(browser, url, data) as page:
        # A drawing is replaced when it is drawn anew, so each is looked at within one step.
        width = "document.querySelector('#place svg')?.getBoundingClientRect().width"
        before = page.wait_for_function(width).json_value()
        page.set_viewport_size({"width": 500, "height": 800})
        after = page.wait_for_function(
            f"before => {{ const now = {width}; return now < before && now; }}", arg=before
        ).json_value()
        plot = page.locator(".hx-chart-plot").bounding_box()["width"]
        assert after == pytest.approx(plot, abs=1)


def test_many_labels_of_markers_and_names_cover_nothing(browser, url):
    names = [*HOSTILE, *(f"a rather long name of class {i}" for i in range(30))]
    data = {
        "series": [series("a", [1.0] * len(names), kind="bars")],
        "x": {"names": names},
        "y": AXIS,
        "markers": [{"x": i, "label": f"marker {i} of many"} for i in (3, 4, 5, 30)],
    }
    with drawn(browser, url, data) as page:
        texts = boxes(page, "svg text")
        for i, one in enumerate(texts):
            for other in texts[i + 1 :]:
                apart = (
                    one["right"] <= other["left"]
                    or other["right"] <= one["left"]
                    or one["bottom"] <= other["top"] + 1
                    or other["bottom"] <= one["top"] + 1
                )
                assert apart, (one, other)
        highest = min(bar["top"] for bar in boxes(page, ".hx-chart-bar"))
        assert all(label["bottom"] <= highest for label in boxes(page, ".hx-chart-label"))
