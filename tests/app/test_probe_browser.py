"""What a visitor does on the Probe page, in a real Chromium, with a classifier of a few lines."""

import base64
import csv
import io
import itertools
import re
import zipfile
from contextlib import contextmanager

import gradio as gr
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from hardex.images import Transform, as_png, resize, transform
from hardex.probing.saved_probes import kept_probes
from hardex_app.background import Status
from hardex_app.pages.probe.page import PAGE
from hardex_app.probing import curve
from hardex_app.window import place_one
from hardex_app.workspace import Workspace

from .conftest import close_visit, draw, next_request, open_visit, quiet
from .fake_runs import HOSTILE, launched_blocks, small_run

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@contextmanager
def serving(folder, **options):
    """The Probe page alone, and its workspace."""
    run, classifier = small_run(folder, **options)
    workspace = Workspace(lambda workspace: None, run=run)
    workspace.classifier, workspace.status = classifier, Status("ready")

    def build(window):
        with gr.Column(elem_id="page-probe", elem_classes="hx-page hx-current"):
            place_one(PAGE)

    served = launched_blocks(build, workspace)
    yield served.url, workspace
    served.close()


@pytest.fixture(scope="module")
def grey(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("grey"), shape=(12, 12, 1)) as served:
        yield served


@pytest.fixture(scope="module")
def colored(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("colored"), shape=(10, 20, 3)) as served:
        yield served


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    with serving(folder, class_count=len(HOSTILE), names=HOSTILE) as served:
        yield served


@contextmanager
def visiting(browser: Browser, served, words="", **options):
    """A visitor of the page at an address; the visit fails on errors and foreign requests."""
    visitor = open_visit(browser, served[0], f"view=probe{words}", **options)
    expect(visitor.page.locator(".hx-slider").first).to_be_visible()
    if not words:  # the page opens on an example
        visitor.page.get_by_role("button", name="Draw", exact=True).click()
    yield visitor.page
    close_visit(visitor)


# ------------------------------------------------------------------ what the page opens on


@pytest.mark.parametrize("words", ["", "&rotation=20"])
def test_the_page_opens_on_the_hardest_example_with_its_curve_in_view(browser, grey, words):
    first = grey[1].run.hard.query("list == 'wrong'").id.iloc[0]
    window = {"width": 1280, "height": 800}
    visitor = open_visit(browser, grey[0], f"view=probe{words}", viewport=window)
    page = visitor.page
    page.wait_for_url(f"**/?view=probe{words}&id={first}")
    answered(page)
    seen(page, ".hx-before", grey[1].run.image(first))
    expect(page.locator(".hx-curve .hx-chart-legend")).to_be_in_viewport(ratio=1)
    kinds = page.locator(".hx-switch button").all_inner_texts()
    assert kinds == ["Example", "Draw", "Image"]
    page.get_by_role("button", name="Draw", exact=True).click()
    go(page, "?view=probe")  # what was left in this tab is the drawing
    expect(page.locator(".hx-pad")).to_be_visible()
    close_visit(visitor)


# ------------------------------------------------------------------ what is done to the picture


def test_an_address_opens_an_example_and_its_changes(browser, grey):
    with visiting(browser, grey, "&id=4&rotation=40&flip=1&blur=0.5&along=blur") as page:
        answered(page)
        asked = Transform(rotation=40, flip=True, blur=0.5)
        seen(page, ".hx-after", transform(grey[1].run.image("4"), asked))
        expect(page.locator(".hx-rotation")).to_have_value("40")
        expect(page.locator(".hx-flip")).to_be_checked()  # and what holds it is open
        expect(page.locator(".hx-along")).to_have_value("blur")
        expect(page.locator(".hx-keep-expected")).to_have_value(grey[1].run.given_label("4"))


def test_what_is_changed_stands_in_the_address(browser, grey):
    with visiting(browser, grey, "&id=4") as page:
        answered(page)
        settled(page, lambda: page.locator(".hx-scale").fill("1.5"))
        page.wait_for_url("**/?view=probe&id=4&scale=1.5")
        page.reload()
        answered(page)
        seen(page, ".hx-after", transform(grey[1].run.image("4"), Transform(scale=1.5)))


def test_numbers_can_be_typed_and_each_can_be_reset(browser, grey):
    with visiting(browser, grey, "&id=4&shift_x=2") as page:
        answered(page)
        number = page.get_by_label("Rotate, as a number")
        settled(page, lambda: number.fill("-33"))
        expect(page.locator(".hx-rotation")).to_have_value("-33")
        number.fill("999")
        number.press("Tab")
        expect(number).to_have_value("180")
        settled(page, lambda: page.get_by_role("button", name="Reset rotate").click())
        asked = Transform(shift_x=2)
        seen(page, ".hx-after", transform(grey[1].run.image("4"), asked))
        settled(page, lambda: page.get_by_role("button", name="Reset all").click())
        seen(page, ".hx-after", grey[1].run.image("4"))


def test_the_chart_moves_by_mouse_and_keys(browser, grey):
    with visiting(browser, grey, "&id=4&along=scale") as page:
        answered(page)
        chart = page.get_by_role("slider", name="Response curve")
        expect(page.locator(".hx-curve-says")).to_contain_text("the model says", ignore_case=True)
        chart.focus()
        chart.press("ArrowRight")
        expect(page.locator(".hx-scale")).to_have_value("1.01")
        chart.press("Home")
        expect(page.locator(".hx-scale")).to_have_value("0.4")
        expect(chart).to_have_attribute("aria-valuenow", "0.4")
        box = chart.bounding_box()
        page.mouse.click(box["x"] + box["width"] - 2, box["y"] + 50)  # beyond the last amount
        expect(page.locator(".hx-scale")).to_have_value("2")


def test_a_row_of_the_smallest_changes_sets_the_sliders(browser, grey):
    with visiting(browser, grey, "&id=4&rotation=77") as page:
        answered(page)
        page.get_by_role("button", name="Find the smallest changes").click()
        first = page.locator(".hx-small-table tbody tr").first
        becomes = first.locator("td").nth(1).inner_text()
        settled(page, lambda: first.get_by_role("button").press("Enter"))
        expect(page.locator(".hx-says-after")).to_contain_text(becomes)
        expect(page.locator(".hx-rotation")).not_to_have_value("77")


# ------------------------------------------------------------------ pictures


def test_what_is_drawn_is_kept_opened_again_and_exported(browser, grey):
    with visiting(browser, grey) as page:
        page.locator(".hx-normalize").uncheck()
        draw(page, [(60, 60), (220, 200)])
        answered(page)
        page.locator(".hx-expected").select_option("2")
        settled(page, lambda: page.locator(".hx-rotation").fill("20"))
        before, after = pixels(page, ".hx-before"), pixels(page, ".hx-after")
        page.get_by_label("Name", exact=True).fill("<b>${1+1}")
        page.get_by_role("button", name="Keep", exact=True).click()
        expect(page.locator(".hx-keep-says")).to_have_text("Kept with the run.")
        (one,), _ = kept_probes(grey[1].run.folder)
        assert (one.name, one.expected, one.annotator) == ("<b>${1+1}", "2", "owner")

        page.reload()
        page.get_by_label("Note").fill("of another")
        card = page.locator(".hx-kept-one", has_text="<b>${1+1}")
        expect(card).to_contain_text("rotated +20°")
        card.click()
        answered(page)
        expect(card).to_have_attribute("aria-current", "true")
        expect(page.get_by_label("Name", exact=True)).to_have_value("<b>${1+1}")
        expect(page.get_by_label("Note")).to_have_value("")
        quiet(page)
        np.testing.assert_array_equal(pixels(page, ".hx-before"), before)
        np.testing.assert_array_equal(pixels(page, ".hx-after"), after)
        expect(page.locator(".hx-expected")).to_have_value("2")

        with page.expect_download() as download:
            page.get_by_role("button", name="Download as a data set").click()
        with zipfile.ZipFile(download.value.path()) as archive:
            (row,) = csv.DictReader(io.TextIOWrapper(archive.open("metadata.csv"), "utf-8"))
            with Image.open(archive.open(row["file_name"])) as image:
                np.testing.assert_array_equal(np.asarray(image), after)
        assert row["label"] == "2"


def test_the_way_back_from_a_kept_probe_leads_to_what_was_drawn(browser, grey):
    with visiting(browser, grey) as page:
        page.locator(".hx-normalize").uncheck()
        for name, to in (("way back one", (220, 200)), ("way back two", (60, 220))):
            page.get_by_role("button", name="Clear").click()
            draw(page, [(60, 60), to])
            answered(page)
            page.get_by_label("Name", exact=True).fill(name)
            page.get_by_role("button", name="Keep", exact=True).click()
            expect(page.locator(".hx-keep-says")).to_have_text("Kept with the run.")
            expect(page.locator(".hx-kept-one", has_text=name)).to_be_visible()
        page.get_by_role("button", name="Clear").click()
        draw(page, [(200, 40), (200, 240)])
        settled(page, lambda: page.locator(".hx-rotation").fill("20"))
        address = "**/?view=probe&rotation=20"
        page.wait_for_url(address)  # it is written a little later
        mine = pixels(page, ".hx-after")
        one, two = (page.locator(".hx-kept-one", has_text=f"way back {n}") for n in ("one", "two"))
        page.evaluate(
            "([a, b]) => { a.click(); b.click(); }", [one.element_handle(), two.element_handle()]
        )
        settled(page, lambda: expect(two).to_have_attribute("aria-current", "true"))
        opened = pixels(page, ".hx-after")
        assert (opened != mine).any()
        settled(page, two.click)
        np.testing.assert_array_equal(pixels(page, ".hx-after"), opened)  # the last click won
        for _ in range(3):
            settled(page, page.go_back)
        np.testing.assert_array_equal(pixels(page, ".hx-after"), mine)
        page.wait_for_url(address)
        for _ in range(3):
            settled(page, page.go_forward)
        np.testing.assert_array_equal(pixels(page, ".hx-after"), opened)


def test_a_reload_keeps_the_draft_and_back_shows_what_the_address_names(browser, grey):
    with visiting(browser, grey, "&id=4&rotation=30") as page:
        answered(page)
        before = pixels(page, ".hx-after")
        go(page, "?view=probe")
        page.get_by_role("button", name="Draw", exact=True).click()
        draw(page, [(60, 60), (220, 200)])
        settled(page, lambda: page.locator(".hx-rotation").fill("20"))
        page.get_by_label("Name", exact=True).fill("half a <b>thought</b>")
        drawn = pixels(page, ".hx-after")
        page.wait_for_url("**/?view=probe&rotation=20")
        for _ in range(2):
            page.reload()
            answered(page)
            np.testing.assert_array_equal(pixels(page, ".hx-after"), drawn)
            expect(page.get_by_label("Name", exact=True)).to_have_value("half a <b>thought</b>")
            expect(page.locator(".hx-rotation")).to_have_value("20")
        settled(page, page.go_back)
        np.testing.assert_array_equal(pixels(page, ".hx-after"), before)
        settled(page, page.go_forward)
        np.testing.assert_array_equal(pixels(page, ".hx-after"), drawn)


def test_an_address_without_a_picture_shows_the_one_draft(browser, grey):
    with visiting(browser, grey) as page:
        page.locator(".hx-normalize").uncheck()
        draw(page, [(60, 60), (220, 200)])
        settled(page, lambda: page.locator(".hx-rotation").fill("20"))
        page.wait_for_url("**/?view=probe&rotation=20")
        go(page, "?view=probe&id=4")
        seen(page, ".hx-after", grey[1].run.image("4"))
        go(page, "?view=probe&scale=1.5")
        page.get_by_role("button", name="Clear").click()
        draw(page, [(200, 40), (200, 240)])
        quiet(page)
        before, after = pixels(page, ".hx-before"), pixels(page, ".hx-after")
        for _ in range(2):
            settled(page, page.go_back)
        np.testing.assert_array_equal(pixels(page, ".hx-before"), before)  # the latest drawing
        expect(page.locator(".hx-rotation")).to_have_value("20")  # with the changes in the address
        expect(page.locator(".hx-scale")).to_have_value("1")
        for _ in range(2):
            settled(page, page.go_forward)
        np.testing.assert_array_equal(pixels(page, ".hx-after"), after)


def test_a_drawing_outlives_a_kept_probe_that_is_opened_and_a_reload(browser, grey):
    with visiting(browser, grey, "&id=4") as page:
        answered(page)
        page.get_by_label("Name", exact=True).fill("opened meanwhile")
        page.get_by_role("button", name="Keep", exact=True).click()
        card = page.locator(".hx-kept-one", has_text="opened meanwhile")
        expect(card).to_be_visible()
        go(page, "?view=probe")
        page.locator(".hx-normalize").uncheck()
        draw(page, [(60, 60), (220, 200)])
        page.get_by_label("Note").fill("of the drawing")
        quiet(page)
        page.wait_for_url("**/?view=probe")
        drawn = pixels(page, ".hx-before")
        settled(page, card.click)
        expect(page.get_by_label("Name", exact=True)).to_have_value("opened meanwhile")
        seen(page, ".hx-after", grey[1].run.image("4"))
        page.wait_for_timeout(500)  # until the address is written
        page.reload()
        answered(page)
        expect(page.get_by_label("Name", exact=True)).to_have_value("opened meanwhile")
        expect(card).to_have_attribute("aria-current", "true")
        settled(page, page.go_back)
        np.testing.assert_array_equal(pixels(page, ".hx-before"), drawn)
        expect(page.get_by_label("Name", exact=True)).to_have_value("")
        expect(page.get_by_label("Note")).to_have_value("of the drawing")


def test_what_was_drawn_is_found_again_after_a_reload_elsewhere_but_by_nobody_else(browser, grey):
    with visiting(browser, grey) as page:
        draw(page, [(60, 60), (220, 200)])
        answered(page)
        drawn = pixels(page, ".hx-after")
        page.goto(f"{grey[0]}?view=overview")  # another step, on which the pad is not looked at
        page.goto(f"{grey[0]}?view=probe")
        answered(page)
        np.testing.assert_array_equal(pixels(page, ".hx-after"), drawn)
        changed = (
            "sessionStorage.getItem('hardex.draft.probe').replace(/whose\":\"../, 'whose\":\"zz')"
        )
        page.goto(f"{grey[0]}?view=overview")
        page.evaluate(f"sessionStorage.setItem('hardex.draft.probe', {changed})")  # of another run
        page.goto(f"{grey[0]}?view=probe")
        page.wait_for_url("**/?view=probe&id=*")  # as if nothing had been left
        page.get_by_role("button", name="Draw", exact=True).click()
        quiet(page)
        expect(page.locator(".hx-pair-bars .hx-bar")).to_have_count(0)


@pytest.mark.parametrize("arrives", [True, False])
def test_what_is_being_kept_when_the_page_is_loaded_again_is_kept_once(browser, grey, arrives):
    run, name = grey[1].run, f"over a reload, {arrives}"
    with visiting(browser, grey) as page:
        draw(page, [(60, 60), (220, 200)])
        answered(page)
        page.get_by_label("Name", exact=True).fill(name)
        with next_request(page, "keep", arrives=arrives):
            page.get_by_role("button", name="Keep", exact=True).click()
        page.reload()
        expect(page.locator(".hx-keep-says")).to_have_text("Kept with the run.")
        expect(page.locator(".hx-kept-one", has_text=name)).to_have_count(1)
        expect(page.get_by_label("Name", exact=True)).to_have_value("")
        expect(page.get_by_role("button", name="Keep", exact=True)).to_be_disabled()
        assert [one.name for one in kept_probes(run.folder)[0]].count(name) == 1


def test_the_expected_label_of_a_picture_does_not_carry_over_to_the_next(browser, grey):
    run = grey[1].run
    with visiting(browser, grey, "&id=4&rotation=30") as page:
        answered(page)
        expected, rotation = page.locator(".hx-keep-expected"), page.locator(".hx-rotation")
        expected.select_option("0" if run.given_label("4") != "0" else "1")
        other = next(id for id in run.hard["id"] if run.given_label(id) != run.given_label("4"))
        settled(page, page.locator(f'.hx-tile[data-id="{other}"]').first.click)
        seen(page, ".hx-after", run.image(other))  # with no changes
        expect(expected).to_have_value(run.given_label(other))

        picture = np.random.default_rng(0).integers(0, 256, (12, 12, 1), dtype=np.uint8)
        for name in ("one.png", "two.png"):
            settled(page, lambda name=name: give(page, "choose", as_png(picture), name))
            expect(page.locator(".hx-taken")).to_contain_text(f"{name}: 12 × 12")
            for select in (expected, page.locator(".hx-expected")):
                expect(select).to_have_value("")
            expect(rotation).to_have_value("0")
            page.locator(".hx-expected").select_option("2")
            settled(page, lambda: rotation.fill("50"))

        page.get_by_role("button", name="Draw", exact=True).click()
        expect(page.locator(".hx-expected")).to_have_value("")  # 2 was the label of the image
        draw(page, [(60, 60), (220, 200)])
        page.locator(".hx-expected").select_option("1")
        expect(expected).to_have_value("1")
        page.get_by_role("button", name="Clear").click()
        for select in (expected, page.locator(".hx-expected")):
            expect(select).to_have_value("")
        expect(rotation).to_have_value("50")  # drawing goes on with what is set


def test_what_is_kept_is_not_kept_again_until_something_changes(browser, grey):
    def kept_now():
        return len(kept_probes(grey[1].run.folder)[0])

    with visiting(browser, grey, "&id=4") as page:
        answered(page)
        button, says = page.locator(".hx-keep-this"), page.locator(".hx-keep-says")
        changes = [
            lambda: page.get_by_label("Note").fill("a note"),
            lambda: page.locator(".hx-rotation").fill("10"),
            lambda: page.locator(".hx-keep-expected").select_option(""),
            lambda: page.locator(".hx-tile").last.click(),
        ]
        for change in changes:
            before = kept_now()
            button.click()
            expect(says).to_have_text("Kept with the run.")
            expect(button).to_be_disabled()
            page.locator(".hx-keep-name").press("Enter")  # which sends the form, too
            page.wait_for_timeout(200)
            assert kept_now() == before + 1
            change()
            expect(button).to_be_enabled()
            expect(says).to_have_text("")


def test_a_dot_is_asked_about_once(browser, grey):
    with visiting(browser, grey) as page:
        quiet(page)
        before = int(page.locator("[data-answers]").get_attribute("data-answers"))  # the example
        settled(page, lambda: draw(page, [(100, 100)]))
        after = int(page.locator("[data-answers]").get_attribute("data-answers"))
        assert after == before + 1


LABELS = """
() => {
  const box = document.querySelector(".hx-chart-plot"), from = box.getBoundingClientRect();
  const lines = [...box.querySelectorAll(".hx-chart-line")];
  const tops = lines.map((one) => one.getBoundingClientRect().top);
  const labels = [...box.querySelectorAll(".hx-chart-label")].map((one) => {
    const { left, right, top, bottom } = one.getBoundingClientRect();
    return { left: left - from.left, right: right - from.left, top, bottom };
  });
  return { wide: box.clientWidth, highest: Math.min(...tops), labels };
}
"""


def test_labels_of_the_flips_cover_neither_lines_nor_each_other(browser, hostile):
    phone, lanes = {"viewport": {"width": 390, "height": 844}}, set()
    for id in ("1", "4", "7", "9"):
        with visiting(browser, hostile, f"&id={id}", **phone) as page:
            answered(page)
            expect(page.locator(".hx-chart-key").first).to_be_visible()
            found = page.evaluate(LABELS)
        labels = found["labels"]
        assert all(0 <= one["left"] and one["right"] <= found["wide"] for one in labels)
        assert all(one["bottom"] <= found["highest"] for one in labels)
        for one, other in itertools.combinations(labels, 2):
            assert (
                one["right"] <= other["left"]
                or other["right"] <= one["left"]
                or (one["bottom"] <= other["top"] or other["bottom"] <= one["top"])
            )
        lanes.add(len({one["top"] for one in labels}))
    assert 2 in lanes


def test_the_chart_reads_the_nearest_amount_to_pointer_and_keys(browser, grey):
    with visiting(browser, grey, "&id=4") as page:
        answered(page)
        request = {"source": {"kind": "example", "id": "4"}, "transform": {}}
        answer = curve(request, grey[1].run, grey[1].classifier)
        chart = page.get_by_role("slider", name="Response curve along rotate")
        readout = page.locator(".hx-chart-readout")
        expect(readout).to_be_hidden()
        box = chart.bounding_box()
        page.mouse.move(box["x"] + box["width"] - 28, box["y"] + 60)
        at = answer["amounts"].index(180)
        expect(readout).to_contain_text("+180°")
        for line in answer["lines"]:
            row = readout.locator(".hx-chart-row", has_text=line["class"])
            expect(row.first).to_contain_text(f"{100 * line['probabilities'][at]:.1f} %")
        inside = readout.bounding_box()
        assert box["x"] <= inside["x"] and inside["x"] + inside["width"] <= box["x"] + box["width"]
        page.mouse.move(box["x"] + 100, box["y"] - 50)
        expect(readout).to_be_hidden()
        chart.focus()
        chart.press("End")
        expect(readout).to_contain_text("+180°")
        likeliest = max(answer["lines"], key=lambda line: line["probabilities"][at])["class"]
        expect(chart).to_have_attribute("aria-valuetext", re.compile(rf"^\+180°: {likeliest} \d"))


def test_the_axis_ends_where_confidences_do_and_says_so(browser, tmp_path):
    with serving(tmp_path, class_count=25, count=75) as served:
        run, classifier = served[1].run, served[1].classifier
        request = {"source": {"kind": "example", "id": "4"}, "transform": {}}
        lines = curve(request, run, classifier)["lines"]
        highest = max(max(line["probabilities"]) for line in lines)
        assert highest <= 0.5
        with visiting(browser, served, "&id=4") as page:
            answered(page)
            end = "25" if highest <= 0.25 else "50"
            expect(page.locator(".hx-curve-axis")).to_have_text(f"The axis ends at {end} %.")


def test_the_pen_can_be_led_by_keys(browser, grey):
    with visiting(browser, grey) as page:
        page.locator(".hx-normalize").uncheck()
        pad = page.locator(".hx-pad")
        pad.focus()
        for key in ("Space", *["ArrowDown"] * 10, "Space", *["ArrowRight"] * 8):
            pad.press(key)
        answered(page)
        quiet(page)
        column = pixels(page, ".hx-before")[:, 6]
        assert column[2] == 0 and column[8] > 0  # from the middle down, and not further
        settled(page, lambda: pad.press("Control+z"))
        expect(page.locator(".hx-after")).to_have_attribute("aria-label", "after: nothing yet")


def test_colours_reach_the_model_as_they_were_drawn(browser, colored):
    with visiting(browser, colored) as page:
        pad = page.locator(".hx-pad")
        assert [pad.get_attribute(side) for side in ("width", "height")] == ["280", "140"]
        page.locator(".hx-paper").fill("#204060")
        page.locator(".hx-ink").fill("#ff8000")
        page.locator(".hx-brush").fill("60")
        draw(page, [(70, 70), (71, 71)])
        page.locator(".hx-ink").fill("#00ff00")  # of the next stroke only
        draw(page, [(210, 70), (211, 71)])
        answered(page)
        quiet(page)
        image = pixels(page, ".hx-before", "RGB")
        assert image.shape == (10, 20, 3)
        np.testing.assert_array_equal(image[0, 0], [0x20, 0x40, 0x60])
        np.testing.assert_array_equal(image[5, 5], [0xFF, 0x80, 0])
        np.testing.assert_array_equal(image[5, 15], [0, 0xFF, 0])


@pytest.mark.parametrize("way", ["choose", "paste", "drop"])
def test_an_image_is_taken_from_outside(browser, colored, way):
    picture = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    with visiting(browser, colored) as page:
        give(page, way, as_png(picture), "dog.png")
        expect(page.locator(".hx-taken")).to_have_text("dog.png: 50 × 40, the model gets 20 × 10.")
        answered(page)
        seen(page, ".hx-before", resize(picture, (10, 20, 3)), "RGB")


def test_what_is_no_image_or_too_large_is_said_in_place(browser, grey):
    with visiting(browser, grey) as page:
        give(page, "choose", b"<svg onload=alert(1)>", "<i>x.svg")
        expect(page.locator(".hx-taken")).to_contain_text("cannot read the image")
        give(page, "choose", bytes(15_000_001), "large.png")
        expect(page.locator(".hx-taken")).to_contain_text("large.png has 15.0 MB; at most 15 MB")
        give(page, "choose", b"", "empty.png")
        expect(page.locator(".hx-taken")).to_contain_text("empty.png is empty")


# ------------------------------------------------------------------ by hand, and part by part


def test_the_picture_is_turned_by_hand_and_shows_which_part_matters(browser, grey):
    with visiting(browser, grey, "&id=4") as page:
        answered(page)
        page.get_by_role("button", name="Which part matters?").click()
        expect(page.locator(".hx-occlusion-map span")).to_have_count(100)
        expect(page.locator(".hx-occlusion-map span").first).to_have_attribute(
            "title", re.compile("Without this part: .* %, in place of .* %")
        )
        box = page.locator(".hx-after").bounding_box()
        middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.move(middle[0] + 40, middle[1])
        page.mouse.down()
        page.mouse.move(middle[0] + 30, middle[1] - 30, steps=4)
        page.mouse.move(middle[0], middle[1] - 40, steps=4)  # a quarter, counter-clockwise
        page.mouse.up()
        turned = page.locator("#probe-rotation")
        assert abs(float(turned.input_value()) - 90) <= 2
        expect(page.locator(".hx-occlusion-map")).to_be_hidden()  # it was of another picture
        before = float(turned.input_value())
        page.locator(".hx-after").focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Shift+ArrowLeft")
        assert float(turned.input_value()) == before + 9
        filled = turned.evaluate(
            "r => [r.style.getPropertyValue('--from'), r.style.getPropertyValue('--to')]"
        )
        assert filled[0] == "50%" and 50 < float(filled[1][:-1]) < 80


def test_a_kept_probe_is_renamed_and_deleted(browser, grey):
    _, workspace = grey
    with visiting(browser, grey, "&id=5") as page:
        answered(page)
        page.locator(".hx-keep-name").fill("first name")
        page.get_by_role("button", name="Keep", exact=True).click()
        one = page.locator(".hx-kept-item").filter(has_text="first name")
        expect(one).to_have_count(1)
        page.once("dialog", lambda dialog: dialog.accept("second <name>"))
        one.get_by_role("button", name="Rename").click()
        two = page.locator(".hx-kept-item").filter(has_text="second <name>")
        expect(two).to_have_count(1)
        page.once("dialog", lambda dialog: dialog.accept())
        two.get_by_role("button", name="Delete").click()
        expect(two).to_have_count(0)
        names = [one.name for one in kept_probes(workspace.run.folder)[0]]
        assert not {"first name", "second <name>"} & set(names)


# ------------------------------------------------------------------ everybody


def test_names_meant_to_do_harm_are_text(browser, hostile):
    with visiting(browser, hostile, "&id=4") as page:
        answered(page)
        classes = page.locator(".hx-pair-bars .hx-class").all_inner_texts()
        assert classes == [name.replace("\n", "\N{SYMBOL FOR LINE FEED}") for name in HOSTILE]
        page.get_by_role("button", name="Find the smallest changes").click()
        quiet(page)
        expect(page.locator(".hx-smallest-says")).not_to_have_text("Searching…")
        expect(page.locator(".hx-smallest-says")).not_to_be_empty()
        page.get_by_role("button", name="Keep", exact=True).click()
        expect(page.locator(".hx-kept-one")).to_have_count(1)
        assert page.locator("#probe script, #probe img[src=x]").count() == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def test_a_phone_has_nothing_beyond_its_edge(browser, hostile):
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with visiting(browser, hostile, "&id=4&noise=0.2", **phone) as page:
        answered(page)
        page.get_by_role("button", name="Find the smallest changes").click()
        expect(page.locator(".hx-small-table").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        edges = page.locator("#probe :is(button, input, select, textarea, canvas)").evaluate_all(
            "all => all.filter((one) => one.checkVisibility() && !one.closest('.hx-strip'))"
            ".map((one) => one.getBoundingClientRect().right)"
        )
        assert len(edges) > 20 and max(edges) <= 390


def test_each_part_that_is_used_has_a_name_and_a_place_in_the_order_of_keys(browser, grey):
    with visiting(browser, grey, "&id=4&noise=0.2") as page:
        answered(page)
        nameless = page.locator("#probe").evaluate(
            """box => [...box.querySelectorAll("button, input, select, textarea, canvas")].filter(
              (one) => one.checkVisibility() && !one.getAttribute("aria-label") && !one.title
                && !(one.labels || []).length && !one.textContent.trim()
            ).map((one) => one.outerHTML)"""
        )
        assert nameless == []
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.matches('.hx-keep-this')"):
                break
        else:
            pytest.fail("the Tab key does not reach the button that keeps a probe")


# -------------------------------------------------------------------------------------------------


def answered(page: Page) -> None:
    expect(page.locator(".hx-pair-bars .hx-bar").first).to_be_visible()
    quiet(page)


def settled(page: Page, act) -> None:
    """Act, and wait until the page is quiet again."""
    act()
    quiet(page)


def seen(page: Page, selector: str, image: np.ndarray, mode: str = "L") -> None:
    wanted = image[:, :, 0] if mode == "L" else image
    np.testing.assert_array_equal(pixels(page, selector, mode), wanted)


def pixels(page: Page, selector: str, mode: str = "L") -> np.ndarray:
    url = page.locator(selector).evaluate("canvas => canvas.toDataURL()")
    with Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))) as image:
        return np.asarray(image.convert("RGB"))[:, :, 0] if mode == "L" else _rgb(image)


def _rgb(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"))


def go(page: Page, address: str) -> None:
    """To another step of the history, as a link within the app goes."""
    page.evaluate(
        "to => { history.pushState(null, '', to); dispatchEvent(new Event('popstate')); }", address
    )
    quiet(page)


def give(page: Page, way: str, content: bytes, name: str) -> None:
    """Choose, paste or drop a file."""
    if way == "choose":
        file = {"name": name, "mimeType": "image/png", "buffer": content}
        page.locator(".hx-file").set_input_files(file)
        return
    page.evaluate(
        """([way, text, name]) => {
          const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
          const held = new DataTransfer();
          held.items.add(new File([bytes], name, { type: "image/png" }));
          const event = way === "paste"
            ? new ClipboardEvent("paste", { clipboardData: held, bubbles: true, cancelable: true })
            : new DragEvent("drop", { dataTransfer: held, bubbles: true, cancelable: true });
          document.querySelector(way === "paste" ? "body" : ".hx-result").dispatchEvent(event);
        }""",
        [way, base64.b64encode(content).decode(), name],
    )
