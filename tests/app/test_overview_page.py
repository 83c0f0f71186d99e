"""The Overview page alone, in a real Chromium: what is shown, and where its links lead."""

import re
from dataclasses import replace
from urllib.parse import parse_qs, urlparse

import gradio as gr
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

import hardex
from hardex.classifiers.classifier import FunctionClassifier
from hardex.runs.view_words import view_of
from hardex.runs.views import View
from hardex_app.background import Status
from hardex_app.pages.overview import page as overview
from hardex_app.window import place_one
from hardex_app.workspace import Workspace

from .conftest import Visit, close_visit, open_visit
from .fake_runs import HOSTILE, launched_blocks, small_run

pytestmark = [
    pytest.mark.browser,
    # Gradio's own statistics of calls, with the newest pandas.
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting' is deprecated"),
]

PHONE = {"viewport": {"width": 390, "height": 844}}
ANIMALS = ("cat", "dog", "fox")


def serve(run):
    """The page of a run and nothing else, at an address of its own."""
    workspace = Workspace(lambda workspace: None, run=run)
    workspace.status = Status("ready")

    def build(window):
        with gr.Column(elem_id="page-overview"):
            place_one(overview.PAGE)

    return launched_blocks(build, workspace)


def opened(browser: Browser, blocks, words="", **options) -> Visit:
    visitor = open_visit(browser, blocks.url, **options)
    if words:
        visitor.page.goto(blocks.url + words)
    expect(visitor.page.locator(".hx-ov-body")).to_be_visible(timeout=30_000)
    return visitor


def where(page: Page) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlparse(page.url).query).items()}


def confused(folder, k=3, seed=0, names=ANIMALS):
    """A run of saved probabilities; 40 of the first class are taken for the second."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(k), 100)
    predicted = np.where(rng.random(100 * k) < 0.1, rng.integers(0, k, 100 * k), labels)
    predicted[:40] = 1
    rows = 0.8 * np.eye(k)[predicted] + 0.2 / k
    return hardex.rank(probabilities=rows, labels=labels, class_names=names, out=folder / "run")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return confused(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def blocks(run):
    served = serve(run)
    yield served
    served.close()


@pytest.fixture
def visit(browser, blocks):
    visitor = opened(browser, blocks)
    yield visitor
    close_visit(visitor)


def count(run, given=None, predicted=None):
    table = run.predictions
    kept = (table["given_label"] == given) | (given is None)
    return int((kept & ((table["predicted_label"] == predicted) | (predicted is None))).sum())


def cell(page: Page, given: str, predicted: str):
    return page.get_by_label(re.compile(f"^given {given}, predicted {predicted}: .*example")).and_(
        page.locator(".hx-ov-matrix a")
    )


@pytest.mark.parametrize("width", [1280, 1920])
def test_the_hardest_of_both_lists_are_in_view_at_once(browser, blocks, width):
    visit = opened(browser, blocks, viewport={"width": width, "height": 800})
    for name in ("wrong", "unsure"):
        card = visit.page.locator(f".hx-ov-head[data-list={name}] .hx-ov-card").first
        expect(card).to_be_visible()
        box = card.bounding_box()
        assert box["y"] + box["height"] <= 800
    names, track = (
        visit.page.locator(f".hx-ov-pair-{part}").first.bounding_box()
        for part in ("names", "track")
    )
    assert 0 <= track["x"] - (names["x"] + names["width"]) < 60  # a bar is beside its name
    close_visit(visit)


def test_what_the_doctor_found_and_what_was_done_is_shown(browser, run, tmp_path):
    found = {"code": "wrong_scale", "severity": "error", "evidence": "<b>a</b>", "advice": "b"}
    said = replace(run.manifest, doctor=(found,), notes=("the model ends in sigmoids.",))
    blocks = serve(replace(run, manifest=said))
    visitor = opened(browser, blocks)
    lines = visitor.page.locator(".hx-ov-notes li")
    expect(lines).to_have_text(
        ["wrong_scale: <b>a</b>. What to do: b.", "Note: the model ends in sigmoids."]
    )
    close_visit(visitor)
    blocks.close()


def test_without_anything_to_say_nothing_is_shown(visit):
    expect(visit.page.locator(".hx-ov-notes")).to_be_hidden()


def test_the_cells_are_the_counts_and_a_click_opens_them(visit, run):
    page = visit.page
    for given in ANIMALS:
        for predicted in ANIMALS:
            n = count(run, given, predicted)
            if n:
                expect(cell(page, given, predicted)).to_have_text(str(n))
    cell(page, "cat", "dog").click()
    assert where(page) == {
        "view": "browse",
        "list": "all",
        "sort": "loss",
        "given": "cat",
        "predicted": "dog",
    }
    page.go_back()
    assert where(page) == {}
    page.get_by_role("rowheader", name="given fox").locator("a").click()
    assert where(page) == {"view": "browse", "list": "all", "sort": "loss", "given": "fox"}
    page.get_by_role("columnheader", name="predicted dog").locator("a").click()
    assert where(page) == {"view": "browse", "list": "all", "sort": "loss", "predicted": "dog"}


def test_the_matrix_is_one_stop_of_the_tab_key_and_the_arrows_move_in_it(visit):
    page = visit.page
    assert page.locator(".hx-ov-matrix [tabindex='0']").count() == 1
    page.locator(".hx-ov-switch button").last.focus()
    page.keyboard.press("Tab")
    focused = "document.activeElement.getAttribute('aria-label')"
    assert page.evaluate(focused).startswith("given cat, predicted cat")
    for key, label in (
        ("ArrowRight", "given cat, predicted dog"),
        ("ArrowUp", "predicted dog"),
        ("ArrowUp", "predicted dog"),  # the edge holds
        ("ArrowDown", "given cat, predicted dog"),
        ("End", "given cat, predicted fox"),
        ("Control+ArrowDown", "given fox, predicted fox"),
        ("Home", "given fox"),
        ("ArrowRight", "given fox, predicted cat"),
    ):
        page.keyboard.press(key)
        assert page.evaluate(focused).startswith(label)
        assert page.locator(".hx-ov-matrix [tabindex='0']").count() == 1
    page.keyboard.press("Tab")
    assert page.evaluate("!document.activeElement.closest('.hx-ov-matrix')")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(focused).startswith("given fox, predicted cat")
    page.keyboard.press("ArrowUp")
    page.locator(":focus").press("Enter")
    assert where(page) == {
        "view": "browse",
        "list": "all",
        "sort": "loss",
        "given": "dog",
        "predicted": "cat",
    }


def test_shares_are_percent_of_the_given_class_and_stand_in_the_address(
    browser, blocks, visit, run
):
    page, share = visit.page, count(run, "cat", "dog") / count(run, "cat")
    page.get_by_role("button", name="Shares").click()
    expect(cell(page, "cat", "dog")).to_have_text(f"{100 * share:.1f}")
    expect(page.get_by_role("button", name="Shares")).to_have_attribute("aria-pressed", "true")
    assert where(page) == {"shares": "yes"}
    again = opened(browser, blocks, "?shares=yes")
    expect(cell(again.page, "cat", "dog")).to_have_text(f"{100 * share:.1f}")
    again.page.get_by_role("button", name="Counts").click()
    expect(cell(again.page, "cat", "dog")).to_have_text(str(count(run, "cat", "dog")))
    assert where(again.page) == {}
    close_visit(again)


def test_the_pairs_stand_in_order_and_lead_to_their_examples(visit, run):
    pairs = visit.page.locator(".hx-ov-pair")
    numbers = [int(text) for text in pairs.locator(".hx-ov-pair-count").all_text_contents()]
    assert numbers == sorted(numbers, reverse=True)
    assert sum(numbers) == run.metrics["wrong"]
    expect(pairs.first).to_contain_text("cat → dog")
    pairs.first.press("Enter")
    assert where(visit.page) == {
        "view": "browse",
        "list": "all",
        "sort": "loss",
        "given": "cat",
        "predicted": "dog",
    }


def test_classes_stand_worst_first_and_a_heading_sorts_them(visit, run):
    page = visit.page
    names = page.locator(".hx-ov-classes tbody th")
    worst = sorted(run.metrics["per_class"], key=lambda one: one["accuracy"]["value"])
    expect(names).to_have_text([one["class"] for one in worst])
    heading = page.get_by_role("columnheader", name="accuracy")
    expect(heading).to_have_attribute("aria-sort", "ascending")
    heading.get_by_role("button").press("Enter")
    expect(heading).to_have_attribute("aria-sort", "descending")
    expect(names).to_have_text([one["class"] for one in reversed(worst)])
    assert page.evaluate("document.activeElement.textContent").startswith("accuracy")
    page.get_by_role("columnheader", name="class").get_by_role("button").click()
    expect(names).to_have_text(list(ANIMALS))
    expect(heading).not_to_have_attribute("aria-sort", re.compile("."))


def test_a_class_that_is_seldom_predicted_is_said(visit):
    row = visit.page.locator(".hx-ov-classes tbody tr").filter(has_text="seldom predicted")
    expect(row).to_have_count(1)
    expect(row.locator("th")).to_have_text("cat")
    expect(visit.page.locator(".hx-ov-balance")).to_contain_text("seldom predicted: cat (")
    expect(visit.page.locator(".hx-ov-worth")).to_contain_text("balanced accuracy")
    visit.page.locator(".hx-ov-balance a").first.click()
    assert where(visit.page) == {"view": "browse", "list": "all", "sort": "loss", "given": "cat"}


def test_the_reliability_diagram_has_a_bar_per_bin_and_says_its_numbers(visit, run):
    page = visit.page
    bins = [one for one in run.metrics["calibration"]["bins"] if one["examples"]]
    expect(page.locator(".hx-ov-bar")).to_have_count(len(bins))
    says = page.locator(".hx-ov-sure").text_content()
    label = page.locator(".hx-ov-reliability").get_attribute("aria-label")
    assert says in label and all(f"of {one['examples']}." in label for one in bins)
    page.locator(".hx-ov-numbers summary").click()
    expect(page.locator(".hx-ov-bins tbody tr")).to_have_count(len(bins))
    bar = page.locator(".hx-ov-bar").last
    assert float(bar.get_attribute("height")) == pytest.approx(
        300 * bins[-1]["right"] / bins[-1]["examples"]
    )


def test_the_figures_and_the_heads_lead_on(visit, run):
    page, first = visit.page, run.hard[run.hard["list"] == "wrong"].iloc[0]
    page.locator(".hx-ov-figure-errors a").click()
    assert where(page) == {"view": "browse", "list": "all", "sort": "loss", "correct": "no"}
    page.locator("[data-list=wrong] .hx-ov-card").first.click()
    assert where(page) == {"view": "browse", "list": "wrong", "id": first["id"]}
    page.get_by_role("link", name="of the list unsure").click()
    assert where(page) == {"view": "browse", "list": "unsure"}
    page.locator(".hx-ov-pair").first.click(modifiers=["Control"])  # another tab, this one stays
    assert where(page) == {"view": "browse", "list": "unsure"}


def test_each_bar_of_the_confidence_opens_the_examples_it_counts(visit, run):
    table, page = run.predictions, visit.page
    is_wrong = table["given_label"] != table["predicted_label"]
    for name, correct, kept in (("errors", "no", is_wrong), ("right", "yes", ~is_wrong)):
        bars = page.locator(f".hx-ov-histogram-{name} .hx-ov-column")
        shown = [
            int(text.replace(",", ""))
            for text in bars.locator("span:first-child").all_text_contents()
        ]
        assert sum(shown) == kept.sum()
        bars.last.click()
        words = where(page)
        assert words.pop("view") == "browse" and words["correct"] == correct
        assert run.count(view_of(words)) == shown[-1]


def test_a_box_on_the_map_opens_its_examples_hardest_first(visit, run):
    page = visit.page
    page.locator(".hx-ov-map-panel").scroll_into_view_if_needed()
    expect(page.locator(".hx-ov-map-note")).to_contain_text("All 300 examples", timeout=60_000)
    canvas = page.locator(".hx-ov-map")
    canvas.focus()
    canvas.scroll_into_view_if_needed()
    page.keyboard.press("ArrowRight")  # the hardest example of all
    hardest = run.find(View(sort="loss"), size=1).examples[0]
    expect(page.locator(".hx-ov-map-card")).to_contain_text(hardest.given_label)
    page.keyboard.press("Escape")
    box = canvas.bounding_box()
    page.mouse.move(box["x"] + 1, box["y"] + 1)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 1, box["y"] + box["height"] - 1, steps=3)
    page.mouse.up()
    page.get_by_role("link", name="Open 300 examples in Browse").click()
    words = where(page)
    assert (words.pop("view"), words["sort"]) == ("browse", "loss")
    assert run.count(view_of(words)) == 300
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".hx-ov-map-chosen")).to_be_hidden()


def test_slices_stand_out_first_and_open_their_examples(browser, tmp_path):
    lights = np.array(["day", "night"])[np.arange(80) % 2]
    labels = np.arange(80) % 4 // 2
    predicted = np.where((lights == "night") & (np.arange(80) % 3 > 0), 1 - labels, labels)
    images = np.zeros((80, 4, 4, 1), np.uint8)
    images[:, 0, 0, 0] = predicted
    rows = [
        f"{i}.png,{label},{light}"
        for i, (label, light) in enumerate(zip(labels, lights, strict=True))
    ]
    for i, image in enumerate(images):
        Image.fromarray(image[:, :, 0]).save(tmp_path / f"{i}.png")
    (tmp_path / "data.csv").write_text("\n".join(["file,label,light", *rows]))

    def model(batch):
        return np.eye(2)[batch[:, 0, 0, 0].astype(int)]

    classifier = FunctionClassifier(model, (4, 4, 1), 2)
    run = hardex.rank(classifier, tmp_path / "data.csv", out=tmp_path / "run")
    served = serve(run)
    visitor = opened(browser, served)
    rows = visitor.page.locator(".hx-ov-slices tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("light = night more errors40")
    rows.first.locator("a").click()
    words = where(visitor.page)
    assert words.pop("view") == "browse" and run.count(view_of(words)) == 40
    close_visit(visitor)
    served.close()


def test_words_of_gradio_stay_in_every_link(browser, blocks):
    visitor = opened(browser, blocks, "?__theme=dark")
    cell(visitor.page, "cat", "dog").click()
    assert where(visitor.page)["__theme"] == "dark"
    close_visit(visitor)


def test_hostile_names_are_text_and_lead_to_themselves(browser, tmp_path):
    run, _ = small_run(
        tmp_path, class_count=len(HOSTILE), names=HOSTILE, count=200, shape=(10, 10, 3)
    )
    served = serve(run)
    visitor = opened(browser, served)
    page = visitor.page
    shown = page.locator(".hx-ov-classes tbody th").all_text_contents()
    assert sorted(shown) == sorted(name.replace("\n", "␊") for name in HOSTILE)
    assert page.locator(".hx-ov script, .hx-ov [onerror]").count() == 0
    for name in HOSTILE:
        title = page.locator(".hx-ov-classes tbody th bdi").filter(
            has_text=re.compile(f"^{re.escape(name.replace(chr(10), '␊'))}$")
        )
        title.click()
        assert where(page)["given"] == name
    assert page.locator(".hx-ov-card img").count() == 10
    close_visit(visitor)
    served.close()


def test_without_errors_the_page_says_so_and_what_to_do(browser, tmp_path):
    labels = np.arange(60) % 3
    rows = 0.9 * np.eye(3)[labels] + 0.1 / 3
    served = serve(hardex.rank(probabilities=rows, labels=labels, out=tmp_path / "run"))
    visitor = opened(browser, served)
    expect(visitor.page.locator(".hx-ov-pairs-note")).to_contain_text(
        "No class is mistaken for another"
    )
    expect(visitor.page.locator("[data-list=wrong]")).to_contain_text("Every prediction agrees")
    expect(visitor.page.locator(".hx-ov-figure-errors")).to_contain_text("0")
    close_visit(visitor)
    served.close()


def test_of_many_classes_the_worst_are_shown_and_all_can_be(browser, tmp_path):
    served = serve(confused(tmp_path, k=60, names=tuple(f"class {i}" for i in range(60))))
    visitor = opened(browser, served, **PHONE)
    page = visitor.page
    expect(page.locator(".hx-ov-matrix tbody tr")).to_have_count(30)
    expect(page.locator(".hx-ov-matrix-note")).to_contain_text(
        "30 classes with the most errors, of 60"
    )
    for rows, button, first, most in (
        (".hx-ov-classes tbody tr", "Show all 60 classes", 50, 60),
        (".hx-ov-pair", re.compile(r"Show all \d+ pairs"), 20, None),
    ):
        expect(page.locator(rows)).to_have_count(first)
        page.get_by_role("button", name=button).click()
        if most is not None:
            expect(page.locator(rows)).to_have_count(most)
        assert page.locator(rows).count() > first
        page.get_by_role("button", name=f"Show the first {first}").click()
        expect(page.locator(rows)).to_have_count(first)
    close_visit(visitor)
    served.close()


def test_no_column_of_the_classes_is_cut_and_all_pairs_stand_in_the_page(browser, tmp_path):
    names = (*(f"class {i}" for i in range(38)), "a name as long as a sentence, " * 3, "W" * 40)
    served = serve(confused(tmp_path, k=40, names=names))
    visitor = opened(browser, served)
    page = visitor.page
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(page.locator(".hx-ov-flag").first).to_be_visible()
    sizes = "b => [b.scrollWidth - b.clientWidth, b.scrollHeight - b.clientHeight]"
    assert page.locator(".hx-ov-classes-panel .hx-ov-scroll").evaluate(sizes)[0] <= 0
    page.get_by_role("button", name=re.compile(r"Show all \d+ pairs")).click()
    assert page.locator(".hx-ov-pair").count() > 50
    assert page.locator(".hx-ov-pairs").evaluate(sizes) == [0, 0]
    close_visit(visitor)
    served.close()


def test_of_a_thousand_examples_the_figures_have_two_decimals(browser, tmp_path):
    for k, places in ((3, 1), (12, 2)):
        folder = tmp_path / str(k)
        folder.mkdir()
        run = confused(folder, k=k, names=tuple(f"class {i}" for i in range(k)))
        value = run.metrics["accuracy"]
        served = serve(run)
        visitor = opened(browser, served)
        figure = visitor.page.locator(".hx-ov-figure-accuracy")
        expect(figure).to_contain_text(f"{100 * value['value']:.{places}f} %")
        low, high = (f"{100 * value[end]:.{places}f}" for end in ("low", "high"))
        expect(figure).to_contain_text(f"95 % interval {low} to {high} %")
        expect(visitor.page.locator("[data-list=wrong] .hx-ov-link")).to_have_text(
            f"All {(run.hard['list'] == 'wrong').sum()} of the list"
        )
        expect(visitor.page.locator(".hx-ov-rule-of-balance")).to_contain_text("McNemar")
        close_visit(visitor)
        served.close()


@pytest.mark.parametrize("names", [tuple("0123456789"), tuple(f"airplane {i}" for i in range(10))])
def test_ten_classes_fit_on_a_phone(browser, tmp_path, names):
    served = serve(confused(tmp_path, k=10, names=names))
    visitor = opened(browser, served, **PHONE)
    page = visitor.page
    box = page.locator(".hx-ov-matrix-panel .hx-ov-scroll")
    assert box.evaluate("b => b.scrollWidth - b.clientWidth") <= 0
    expect(page.locator(".hx-ov-sideways")).to_be_hidden()
    cells = page.locator(".hx-ov-matrix td a")
    assert (
        cells.evaluate_all("all => Math.max(...all.map((a) => a.scrollWidth - a.clientWidth))") <= 0
    )
    assert cells.first.evaluate("a => parseFloat(getComputedStyle(a).fontSize)") >= 9
    close_visit(visitor)
    served.close()


def test_the_sentence_why_no_run_will_come_is_shown_as_text(browser):
    sentence = "no <b>model</b>: ${1+1}"

    workspace = Workspace(lambda workspace: None)
    workspace.status = Status("failed", problem=sentence)
    blocks = launched_blocks(lambda window: place_one(overview.PAGE), workspace)
    visitor = open_visit(browser, blocks.url)
    expect(visitor.page.locator(".hx-ov-wait")).to_have_text(sentence)
    expect(visitor.page.locator(".hx-ov-body")).to_be_hidden()
    close_visit(visitor)
    blocks.close()


@pytest.mark.parametrize("look", ["light", "dark"])
def test_on_a_phone_the_matrix_scrolls_and_the_page_does_not(browser, tmp_path, look):
    served = serve(small_run(tmp_path, class_count=20, count=200, shape=(10, 10, 1))[0])
    visitor = opened(browser, served, f"?__theme={look}", **PHONE)
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 390
    box = visitor.page.locator(".hx-ov-matrix-panel .hx-ov-scroll")
    assert box.evaluate("b => b.scrollWidth > b.clientWidth")
    expect(visitor.page.locator(".hx-ov-sideways")).to_contain_text("scroll the matrix sideways")
    expect(box).to_have_class(re.compile("hx-ov-goes-on"))
    box.evaluate("b => b.scrollTo(b.scrollWidth, 0)")
    expect(box).not_to_have_class(re.compile("hx-ov-goes-on"))
    close_visit(visitor)
    served.close()


CONTRAST = """() => {
  const parse = (text) => {
    const numbers = text.match(/[\\d.]+/g).map(Number);
    return /^color\\(/.test(text) ? [...numbers.slice(0, 3).map((v) => 255 * v), numbers[3] ?? 1]
      : [...numbers.slice(0, 3), numbers[3] ?? 1];
  };
  const light = (c) => c.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (let one = node; one; one = one.parentElement) {
      const color = parse(getComputedStyle(one).backgroundColor);
      if (color[3] === 1) return color;
    }
    return [255, 255, 255, 1];
  };
  const faint = [];
  for (const node of document.querySelectorAll(".hx-ov *")) {
    const text = [...node.childNodes].some((c) => c.nodeType === 3 && c.textContent.trim());
    if (!text || !node.getClientRects().length || node.closest("svg")) continue;
    const [a, b] = [light(parse(getComputedStyle(node).color)), light(behind(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.push(`${node.className || node.tagName} ${ratio.toFixed(2)}`);
  }
  return [...new Set(faint)];
}"""


@pytest.mark.parametrize("look", ["light", "dark"])
def test_every_text_can_be_read_on_its_ground(browser, blocks, look):
    visitor = opened(browser, blocks, f"?__theme={look}")
    assert visitor.page.evaluate(CONTRAST) == []
    close_visit(visitor)
