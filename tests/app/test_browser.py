"""What a visitor does, in a real Chromium, on a real `hardex demo`."""

import base64
import io
import re
import sqlite3

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

import hardex
from hardex.images import Transform, transform

from .conftest import Demo, Visit, close_visit, draw, open_visit, quiet

pytestmark = pytest.mark.browser

SEVEN = [(80, 70), (200, 70), (130, 220)]
TWO = [(90, 90), (140, 60), (190, 90), (170, 140), (120, 190), (80, 220), (140, 220), (210, 220)]


@pytest.fixture(scope="module")
def run(demo: Demo) -> hardex.Run:
    return hardex.load(demo.run)


def test_the_first_page_says_how_good_the_model_is(visit: Visit, run: hardex.Run) -> None:
    page = visit.page
    expect(page.locator("#status")).to_contain_text("10,000 examples")
    expect(page.locator("#page-overview")).to_contain_text("99.2 %")
    expect(page.locator(".hx-ov-matrix")).to_be_visible()
    expect(page.locator("#status .hx-progress")).to_be_hidden(timeout=120_000)
    visit.shoot("overview")
    pair = page.get_by_role("link", name=re.compile("given 5, predicted 3")).first
    pair.click()
    wrong = run.predictions.query("given_label == '5' and predicted_label == '3'")
    expect(page.locator(".hx-card")).to_have_count(len(wrong))
    page.get_by_text("More filters").click()
    page.get_by_label("Sort by").select_option("loss")
    expect(page.locator(".hx-conf").first).to_have_attribute("title", "loss")
    page.locator(".hx-card").first.click()
    expect(page.locator(".hx-says")).to_have_text("Given 5, the model says 3")
    visit.shoot("filters")


def test_both_lists_are_the_first_view_of_browse(visit: Visit, run: hardex.Run) -> None:
    open_page(visit.page, "Browse")
    expect(visit.page.locator(".hx-card")).to_have_count(run.hard["id"].nunique())


def test_a_click_shows_the_very_pixels_and_probabilities(visit: Visit, run: hardex.Run) -> None:
    page, first = visit.page, run.hard.iloc[0]
    open_card(page, first["id"])
    expect(page.locator("[data-pictured]")).to_have_attribute("data-pictured", first["id"])
    shown = decoded(page.locator(".hx-large").get_attribute("src"))
    np.testing.assert_array_equal(shown, run.image(first["id"])[:, :, 0])
    expect(page.locator(".hx-detail .hx-is-given .hx-class")).to_have_text(first["given_label"])
    predicted = page.locator(".hx-detail .hx-is-predicted .hx-class")
    expect(predicted).to_have_text(first["predicted_label"])
    widths = page.locator(".hx-detail .hx-fill").evaluate_all("all => all.map(f => f.style.width)")
    believed = [float(width.rstrip("%")) / 100 for width in widths]
    np.testing.assert_allclose(believed, run.row(first["id"])["probabilities"], atol=1e-4)
    expect(page.locator(".hx-neighbour")).to_have_count(8, timeout=120_000)
    visit.shoot("browse")


def test_the_training_images_are_told_by_all_60000(visit: Visit, run: hardex.Run) -> None:
    open_card(visit.page, run.hard.iloc[0]["id"])
    says = visit.page.locator(".hx-neighbours-say")
    expect(says).to_contain_text("60,000 training images", timeout=120_000)


def test_a_verdict_is_stored_with_who_said_it(visit: Visit, demo: Demo, run: hardex.Run) -> None:
    page, second = visit.page, run.hard.iloc[1]
    open_card(page, second["id"])
    page.get_by_role("button", name="Ambiguous").click()
    expect(page.locator(".hx-said")).to_contain_text("owner: ambiguous")
    with sqlite3.connect(demo.run / "people" / "annotations.sqlite") as database:
        rows = database.execute("select annotator, id, verdict from events").fetchall()
    database.close()
    assert ("owner", second["id"], "ambiguous") in rows
    expect(page.locator(".hx-neighbour")).to_have_count(8, timeout=120_000)
    page.set_viewport_size({"width": 1280, "height": 1180})  # with the nearest training images
    page.locator(".hx-judge").evaluate("box => box.scrollIntoView({ block: 'start' })")
    visit.shoot("verdict")


def test_the_owner_annotates_blind(visit: Visit, browser: Browser, demo: Demo) -> None:
    annotate(visit, "4", "annotate")
    phone = open_visit(browser, demo.url, viewport={"width": 390, "height": 844}, is_mobile=True,
                       has_touch=True, device_scale_factor=2)  # fmt: skip
    annotate(phone, "5", "annotate-phone")
    expect(phone.page.locator(".hx-page-link[aria-current]")).to_be_in_viewport(ratio=1)
    close_visit(phone)


def annotate(visit: Visit, answer: str, picture: str) -> None:
    """Say which class the next example is, and read then what its label is."""
    page = visit.page
    open_page(page, "Annotate")
    expect(page.locator(".hx-ann-figure img")).to_be_visible(timeout=60_000)
    assert "given" not in page.locator(".hx-ann-body").inner_text().lower()
    page.get_by_role("button", name=answer, exact=True).click()
    expect(page.locator(".hx-ann-done .hx-ann-last-says")).to_contain_text(
        f"Your answer: {answer}. G"
    )
    expect(page.locator(".hx-ann-saved")).to_have_text("Saved ✓")
    visit.shoot(picture)


def test_rotating_a_hard_example_shifts_bars_and_curve(visit: Visit, run: hardex.Run) -> None:
    page = visit.page
    example = run.hard[run.hard["list"] == "wrong"].iloc[1]
    open_card(page, example["id"])
    page.get_by_role("link", name="Probe this").click()
    expect(page.locator(".hx-pair-bars .hx-bar")).to_have_count(10, timeout=60_000)
    expect(page.locator(".hx-curve-says")).to_contain_text("the model says")
    expect(page.locator(".hx-tile")).to_have_count(40)  # the others are there to go on with
    expect(page.locator(f'.hx-tile[data-id="{example["id"]}"]').first).to_have_attribute(
        "aria-selected", "true"
    )
    before = after_widths(page)
    curve = page.locator(".hx-curve").inner_html()
    rotate(page, 40)
    assert after_widths(page) != before
    assert page.locator(".hx-curve").inner_html() != curve  # the marker moved
    pixels = canvas_pixels(page, ".hx-after")
    expected = transform(run.image(example["id"]), Transform(rotation=40))
    np.testing.assert_array_equal(pixels, expected[:, :, 0])
    page.set_viewport_size({"width": 1280, "height": 1000})  # with all of the curve
    quiet(page)
    visit.shoot("probe")


def test_the_smallest_changes_are_found_and_a_probe_is_kept(visit: Visit, run: hardex.Run) -> None:
    page = visit.page
    example = run.hard[run.hard["list"] == "wrong"].iloc[1]
    probe_example(page, example["id"])
    page.get_by_role("button", name="Find the smallest changes").click()
    expect(page.locator(".hx-smallest-found caption")).to_have_count(2)
    row = page.locator(".hx-small-table", has_text="Restores").locator("tbody tr").first
    settled(page, row.click)
    expect(page.locator(".hx-says-after")).to_contain_text(example["given_label"])
    page.locator("#probe").get_by_label("Name", exact=True).fill(
        "the least that restores the label"
    )
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.locator(".hx-keep-says")).to_contain_text("Kept with the run")
    expect(page.locator(".hx-kept-one")).to_have_count(1)
    page.evaluate("document.querySelector('.hx-curve-box').scrollIntoView({ block: 'start' })")
    visit.shoot("keep")


def test_a_visitor_who_likes_it_dark_has_it_dark(
    browser: Browser, demo: Demo, run: hardex.Run
) -> None:
    words = f"__theme=dark&view=probe&id={run.hard.iloc[0]['id']}&rotation=30&blur=1"
    visitor = open_visit(browser, demo.url, words)
    page = visitor.page
    expect(page.locator(".hx-curve-says")).to_contain_text("the model says", timeout=60_000)
    expect(page.locator(".hx-rotation")).to_have_value("30")
    assert page.evaluate("document.body.classList.contains('dark')")
    quiet(page)
    visitor.shoot("dark")
    close_visit(visitor)


def test_the_curve_answers_to_scale(visit: Visit, run: hardex.Run) -> None:
    page = visit.page
    probe_example(page, run.hard.iloc[3]["id"])
    legend = page.locator(".hx-curve").inner_html()
    page.locator(".hx-scale").fill("0.6")
    page.wait_for_function(
        "old => document.querySelector('.hx-curve').innerHTML !== old", arg=legend
    )


def test_a_digit_drawn_with_the_mouse_is_predicted(visit: Visit) -> None:
    page = visit.page
    open_pad(page)
    draw(page, TWO)
    expect(page.locator(".hx-says-before")).to_contain_text("2", timeout=60_000)
    expect(page.locator(".hx-curve-says")).to_contain_text("the model says 2")
    page.set_viewport_size({"width": 1280, "height": 1050})  # with all of the curve
    quiet(page)
    visit.shoot("draw")
    page.get_by_role("button", name="Clear").click()
    for place in (
        ".hx-says-before",
        ".hx-says-after",
        ".hx-pair-bars",
        ".hx-curve .hx-chart-legend",
    ):
        expect(page.locator(place)).to_have_text("")
    expect(page.locator(".hx-after")).to_have_attribute("aria-label", "after: nothing yet")


def test_the_bars_move_while_the_pen_is_still_down(visit: Visit) -> None:
    page = visit.page
    open_pad(page)
    box = pad_box(page)
    page.mouse.move(box["x"] + 100, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 110, box["y"] + 200, steps=10)
    expect(page.locator(".hx-pair-bars .hx-bar")).to_have_count(10, timeout=60_000)
    page.mouse.up()


def test_undo_takes_back_one_stroke(visit: Visit) -> None:
    page = visit.page
    open_pad(page)
    draw(page, SEVEN)
    expect(page.locator(".hx-pair-bars .hx-bar")).to_have_count(10, timeout=60_000)
    quiet(page)
    once = canvas_pixels(page, ".hx-before")
    settled(page, lambda: draw(page, [(40, 250), (240, 250)]))
    assert (canvas_pixels(page, ".hx-before") != once).any()
    settled(page, lambda: page.get_by_role("button", name="Undo").click())
    np.testing.assert_array_equal(canvas_pixels(page, ".hx-before"), once)


def test_preparation_can_be_switched_off_and_shows_a_difference(visit: Visit) -> None:
    page = visit.page
    open_pad(page)
    draw(page, [(20 + x / 3, 20 + y / 3) for x, y in TWO])  # small, in a corner
    expect(page.locator(".hx-pair-bars .hx-bar")).to_have_count(10, timeout=60_000)
    quiet(page)
    prepared = canvas_pixels(page, ".hx-before")
    settled(page, lambda: page.locator(".hx-normalize").uncheck())
    raw = canvas_pixels(page, ".hx-before")
    assert raw[14:, 14:].max() == 0  # left in its corner
    assert prepared[14:, 14:].max() > 0  # brought to the middle


def test_the_tensor_shown_is_the_one_the_model_sees(visit: Visit, run: hardex.Run) -> None:
    page, example = visit.page, run.hard.iloc[0]
    probe_example(page, example["id"])
    page.get_by_text("The exact tensor").click()
    expect(page.locator(".hx-tensor-about")).to_contain_text("shape (1, 28, 28, 1), float32")
    says = page.locator(".hx-tensor-table td").evaluate_all("all => all.map(c => c.dataset.says)")
    numbers = [float(text.split(": ")[1].split(" ")[0]) for text in says]
    image = run.image(example["id"]).astype(np.float32) / np.float32(255)
    np.testing.assert_array_equal(np.array(numbers, np.float32), image.ravel())


def test_a_phone_draws_with_a_finger(browser: Browser, demo: Demo) -> None:
    phone = open_visit(
        browser, demo.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    page = phone.page
    open_pad(page)
    page.locator(".hx-pad").scroll_into_view_if_needed()
    draw_with_finger(phone, TWO)
    expect(page.locator(".hx-says-before")).to_contain_text("2", timeout=60_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.locator(".hx-quick")).to_be_in_viewport()  # the answer, without scrolling
    expect(page.locator(".hx-quick")).to_contain_text("The model says 2")
    phone.shoot("phone")
    close_visit(phone)


def test_a_second_finger_does_not_disturb_the_stroke(browser: Browser, demo: Demo) -> None:
    phone = open_visit(
        browser, demo.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    open_pad(phone.page)
    phone.page.locator(".hx-pad").scroll_into_view_if_needed()
    draw_with_finger(phone, TWO, resting=(250, 250))
    expect(phone.page.locator(".hx-says-before")).to_contain_text("2", timeout=60_000)
    close_visit(phone)


def test_the_same_example_can_be_probed_twice(visit: Visit, run: hardex.Run) -> None:
    page, example = visit.page, run.hard.iloc[0]
    probe_example(page, example["id"])
    page.get_by_role("button", name="Draw").click()
    open_page(page, "Browse")
    page.get_by_role("link", name="Probe this").click()
    expect(page.locator(".hx-picked")).to_contain_text(f"Example {example['id']}")
    expect(page.locator(".hx-strip")).to_be_visible()


# -------------------------------------------------------------------------------------------------


def open_page(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).click()


def open_card(page: Page, id: str) -> None:
    open_page(page, "Browse")
    page.locator(f'.hx-card[data-id="{id}"]').first.click()
    expect(page.locator(".hx-fact-id .hx-fact-text")).to_have_text(id)


def probe_example(page: Page, id: str) -> None:
    open_card(page, id)
    page.get_by_role("link", name="Probe this").click()
    expect(page.locator(".hx-curve-says")).to_contain_text("the model says", timeout=60_000)


def open_pad(page: Page) -> None:
    open_page(page, "Probe")
    # Once it is filled, nothing on the page moves under the pen any more.
    expect(page.locator("#page-probe .hx-slider").first).to_be_attached()
    page.get_by_role("button", name="Draw").click()
    expect(page.locator(".hx-pad")).to_be_visible()


def pad_box(page: Page) -> dict[str, float]:
    box = page.locator(".hx-pad").bounding_box()
    assert box is not None
    return box


def draw_with_finger(
    phone: Visit, points: list[tuple[float, float]], resting: tuple[float, float] | None = None
) -> None:
    """One finger draws; another may come down in the middle of it and rest somewhere."""
    box = pad_box(phone.page)
    scale = box["width"] / 280
    hand = phone.context.new_cdp_session(phone.page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        fingers = [
            {"x": box["x"] + x * scale, "y": box["y"] + y * scale, "id": i}
            for i, (x, y) in enumerate(places)
        ]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

    others = [] if resting is None else [resting]
    touch("touchStart", points[0])
    if others:
        touch("touchStart", points[0], *others)
    for place in points[1:]:
        touch("touchMove", place, *others)
    touch("touchEnd")


def settled(page: Page, act: "object") -> None:
    """Act, and wait until the page has shown at least one later answer and is quiet."""
    count = "Number(document.querySelector('#probe [data-answers]')?.dataset.answers || 0)"
    before = page.evaluate(count)
    act()
    page.wait_for_function(f"old => {count} > old", arg=before)
    quiet(page)


def rotate(page: Page, degrees: int) -> None:
    settled(page, lambda: page.locator(".hx-rotation").fill(str(degrees)))


def after_widths(page: Page) -> list[str]:
    return page.locator(".hx-fill-after").evaluate_all("all => all.map(f => f.style.width)")


def canvas_pixels(page: Page, selector: str) -> np.ndarray:
    return decoded(page.locator(selector).evaluate("c => c.toDataURL()"))


def decoded(url: str | None) -> np.ndarray:
    assert url is not None and url.startswith("data:image/png;base64,")
    with Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))) as image:
        return np.asarray(image.convert("L"))
