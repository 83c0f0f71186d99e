"""What a visitor does on Browse, and on all pages, in a real Chromium."""

import csv
import re
from contextlib import closing, contextmanager

import gradio as gr
import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from hardex.data.dataset import ArrayDataset
from hardex.people.access import Access
from hardex.people.events import Annotation
from hardex.predict.neighbours import build
from hardex.runs.views import View
from hardex_app.auth.keys import Keys
from hardex_app.background import Status
from hardex_app.questions import WINDOW
from hardex_app.ui.files import asset
from hardex_app.ui.modules import script
from hardex_app.workspace import Workspace

from .conftest import OF_LEAVING, close_visit, open_visit, until, without
from .fake_runs import HOSTILE, launched_blocks, run_without_images, serving, small_run

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def inspecting(run, classifier=None):
    workspace = Workspace(lambda workspace: None, run=run)
    workspace.classifier, workspace.status = classifier, Status("ready")
    return workspace


@contextmanager
def served_run(folder, **options):
    """The whole window on a run; gives its address and the run."""
    run, classifier = small_run(folder, **options)
    workspace = inspecting(run, classifier)
    workspace.has_training = True
    images = np.stack([run.image(str(number)) for number in range(1, 10)])  # under other ids
    workspace.neighbours = build(ArrayDataset.of(images, np.arange(9) % 3), None)
    with serving(workspace) as served:
        yield served.url, run


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with served_run(tmp_path_factory.mktemp("run"), count=150) as served:
        yield served


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    with served_run(folder, class_count=len(HOSTILE), names=HOSTILE, count=60) as served:
        yield served


@contextmanager
def visiting(browser: Browser, served, words="view=browse", **options):
    """A visitor at an address; the visit fails on errors and on requests to other hosts."""
    visitor = open_visit(browser, served[0], words, **options)
    yield visitor.page
    close_visit(visitor)


def cards(page: Page) -> list[str]:
    return page.locator(".hx-card").evaluate_all("all => all.map(one => one.dataset.id)")


def shows(page: Page, run, view: View, number: int = 1) -> None:
    """The grid comes to show this page of a view."""
    expected = [one.id for one in run.find(view, page=number).examples]
    page.wait_for_function(
        "ids => JSON.stringify([...document.querySelectorAll('.hx-card')].map(o => o.dataset.id))"
        " === ids",
        arg="[" + ",".join(f'"{id}"' for id in expected) + "]",
    )


def opened(page: Page, id: str) -> None:
    expect(page.locator(".hx-fact-id .hx-fact-text")).to_have_text(id)


# ------------------------------------------------------------------ views


def test_every_example_can_be_reached_page_by_page(browser, served):
    _, run = served
    with visiting(browser, served) as page:
        shows(page, run, View(list="hard"))
        page.locator("#browse").get_by_label("all examples").check()
        shows(page, run, View())
        expect(page.locator(".hx-count")).to_have_text("1–60 of 150 examples")
        page.get_by_role("button", name="next page").click()
        shows(page, run, View(), 2)
        page.get_by_role("button", name="last page").click()
        shows(page, run, View(), 3)
        expect(page.get_by_role("button", name="next page")).to_be_disabled()
        page.locator(".hx-page-number").fill("2")
        page.keyboard.press("Enter")
        shows(page, run, View(), 2)
        expect(page.locator(".hx-place img").first).to_be_visible()


def test_filters_say_what_they_leave_out_and_one_click_widens_them(browser, served):
    _, run = served
    of_list, of_all = run.count(View(list="hard")), run.count(View(given="1"))
    matching = run.count(View(list="hard", given="1"))
    assert 0 < matching < min(of_list, of_all)
    with visiting(browser, served) as page:
        said, widen = page.locator(".hx-count"), page.locator(".hx-widen")
        expect(said).to_have_text(f"{of_list} hard examples")
        expect(widen).to_have_text("150 in all examples")
        page.locator("#browse [name=given]").select_option("1")
        expect(said).to_have_text(f"{matching} of {of_list} hard examples")
        expect(widen).to_have_text(f"{of_all} in all examples")
        widen.click()
        shows(page, run, View(given="1"))
        expect(said).to_have_text(f"{of_all} of 150 examples")
        expect(widen).to_be_hidden()
        assert "list=all" in page.url and "given=1" in page.url


def test_the_first_example_is_open_and_the_arrow_keys_step_from_it(browser, served):
    _, run = served
    first, second = [one.id for one in run.find(View(list="hard")).examples][:2]
    with visiting(browser, served) as page:
        opened(page, first)
        assert f"id={first}" in page.url
        page.keyboard.press("ArrowRight")
        opened(page, second)
        page.go_back()  # what was opened by itself is no step of the way back
        assert "view=browse" not in page.url


def test_a_wide_window_is_used_whole(browser, served):
    with visiting(browser, served, viewport={"width": 1920, "height": 1080}) as page:
        expect(page.locator(".hx-card").first).to_be_visible()
        columns = "getComputedStyle(document.querySelector('.hx-grid')).gridTemplateColumns"
        assert page.evaluate(f"{columns}.split(' ').length") > 6
        box = page.locator(".hx-browse-columns").bounding_box()
        assert box["width"] > 0.9 * 1920


def test_filters_combine_and_stand_in_the_address(browser, served):
    _, run = served
    with visiting(browser, served) as page:
        page.locator("#browse").get_by_label("all examples").check()
        page.locator("#browse [name=given]").select_option("1")
        page.locator("#browse [name=correct]").select_option("no")
        page.locator("#browse [name=sort]").select_option("loss")
        view = View(given="1", correct=False, sort="loss")
        shows(page, run, view)
        page.get_by_text("More filters").click()
        page.locator("#browse [name=score]").select_option("margin")
        page.locator("#browse [name=least]").fill("0.9")
        page.keyboard.press("Tab")
        view = View(given="1", correct=False, sort="loss", score="margin", least=0.9)
        shows(page, run, view)
        page.locator("#browse [name=text]").type("2")
        shows(page, run, View(**{**vars(view), "text": "2"}))
        address = page.url
        page.get_by_role("button", name="reverse order").click()
        shows(page, run, View(**{**vars(view), "text": "2", "reverse": True}))
        page.go_back()
        shows(page, run, View(**{**vars(view), "text": "2"}))
        assert page.url == address
    query = address.partition("?")[2]
    with visiting(browser, served, query) as friend:
        shows(friend, run, View(**{**vars(view), "text": "2"}))
        expect(friend.locator("#browse [name=given]")).to_have_value("1")
        expect(friend.locator("#browse [name=least]")).to_have_value("0.9")
        friend.get_by_role("button", name="Clear all filters").click()
        shows(friend, run, View())


def test_a_link_opens_the_page_and_the_example(browser, served):
    _, run = served
    with visiting(browser, served, "view=browse&list=all&p=2&id=77") as page:
        shows(page, run, View(), 2)
        opened(page, "77")
        expect(page.locator('.hx-card[aria-pressed="true"]')).to_have_attribute("data-id", "77")


def test_an_id_that_is_none_gets_a_sentence_in_place(browser, served):
    with visiting(browser, served, "view=browse&given=1&id=nobody") as page:
        expect(page.locator(".hx-example-problem")).to_contain_text("none has the id 'nobody'")
        expect(page.locator(".hx-card").first).to_be_visible()


def test_back_takes_a_filter_back_also_in_the_form(browser, served):
    _, run = served
    with visiting(browser, served, "view=browse&list=all") as page:
        expect(page.locator(".hx-card").first).to_be_visible()
        page.locator("#browse [name=given]").select_option("1")
        shows(page, run, View(given="1"))
        page.go_back()
        shows(page, run, View())
        expect(page.locator("#browse [name=given]")).to_have_value("")
        page.locator("#browse [name=predicted]").select_option("2")
        shows(page, run, View(predicted="2"))


def test_who_leaves_while_typing_is_not_brought_back(browser, served):
    with visiting(browser, served) as page:
        expect(page.locator(".hx-card").first).to_be_visible()
        page.locator("#browse [name=text]").type("12")
        page.get_by_role("link", name="Overview", exact=True).click()
        page.wait_for_timeout(500)
        expect(page.locator("#page-overview")).to_be_visible()
        page.get_by_role("link", name="Browse", exact=True).click()
        expect(page.locator("#page-browse")).to_be_visible()


def test_a_page_is_left_as_it_was(browser, served):
    _, run = served
    with visiting(browser, served, "view=browse&list=all&given=0&id=3") as page:
        opened(page, "3")
        page.get_by_role("link", name="Probe this").click()
        expect(page.locator(".hx-picked")).to_contain_text("Example 3")
        page.get_by_role("link", name="Browse", exact=True).click()
        shows(page, run, View(given="0"))
        assert "given=0" in page.url and "id=3" in page.url


def test_a_verdict_moves_an_example_out_of_what_is_not_judged(browser, tmp_path):
    with served_run(tmp_path, count=40) as fresh:
        _, run = fresh
        with visiting(browser, fresh, "view=browse&list=all&verdict=none") as page:
            shows(page, run, View(verdict="none"))
            page.locator('.hx-card[data-id="5"]').click()
            opened(page, "5")
            page.get_by_role("button", name="Bad image").click()
            expect(page.locator(".hx-judge-says")).to_contain_text("Saved.")
            expect(page.locator(".hx-count")).to_have_text("39 of 40 examples")
            page.keyboard.press("ArrowRight")  # the ring of the button does not go to the next one
            assert page.evaluate("!document.activeElement.closest('.hx-judge')")


class Cut:
    """A line to the server on which verdicts do not arrive, or their receipts do not."""

    def __init__(self, page):
        self.mode, self.sent = "", []
        page.route("**/ask/browse/judge", self._meet)

    def _meet(self, route):
        self.sent.append(route.request.post_data_json["event_id"])
        if self.mode == "no receipt":
            route.fetch()
        if self.mode:
            route.abort()
        else:
            route.continue_()


@contextmanager
def cut_off(browser, served, words):
    """A visitor on such a line; what the browser says of failed requests is forgiven."""
    visitor = open_visit(browser, served[0], words)
    yield visitor.page, Cut(visitor.page)
    visitor.trouble = without(visitor.trouble, ("Failed to load", "Failed to fetch", *OF_LEAVING))
    close_visit(visitor)


def test_a_verdict_is_kept_over_a_reload_and_sent_until_it_is_stored(browser, tmp_path):
    with served_run(tmp_path, count=40) as fresh:
        _, run = fresh
        with cut_off(browser, fresh, "view=browse&list=all&id=5") as (page, line):
            opened(page, "5")
            says = page.locator(".hx-judge-says")
            comment = page.get_by_label("Comment, sent with the verdict")
            comment.fill("a <b>thick</b> one")
            line.mode = "no answer"
            page.get_by_role("button", name="Bad image", exact=True).click()
            expect(says).to_contain_text("One verdict is kept in this browser")
            page.reload()
            opened(page, "5")
            expect(says).to_contain_text("One verdict is kept in this browser")
            page.locator('.hx-card[data-id="6"]').click()
            opened(page, "6")
            expect(says).to_contain_text("One verdict is kept in this browser")
            assert run.annotations.all() == []
            line.mode = ""
            expect(page.locator('.hx-card[data-id="5"] .hx-mark')).to_have_text("✎ bad image")
            expect(says).to_have_text("")
            (event,) = run.annotations.all()
            assert (event.id, event.verdict) == ("5", "bad_image")
            assert (event.comment, event.event_id) == ("a <b>thick</b> one", line.sent[0])
            page.reload()
            opened(page, "6")
            expect(says).to_have_text("")


def test_a_kept_verdict_is_sent_after_a_reload_whichever_page_is_open(browser, tmp_path):
    with served_run(tmp_path, count=40) as fresh:
        _, run = fresh
        with cut_off(browser, fresh, "view=browse&list=all&id=5") as (page, line):
            opened(page, "5")
            line.mode = "no answer"
            page.get_by_role("button", name="Bad image", exact=True).click()
            expect(page.locator(".hx-judge-says")).to_contain_text("One verdict is kept")
            page.goto(f"{fresh[0]}?view=overview")
            expect(page.locator(".hx-ov-body")).to_be_visible()
            assert run.annotations.all() == []
            line.mode = ""
            until(page, lambda: len(run.annotations.all()) == 1)
            assert run.annotations.all()[0].event_id == line.sent[0]
            expect(page.locator("#page-browse")).to_be_hidden()
            page.wait_for_function(
                "!Object.keys(localStorage).some((key) => key.startsWith('hardex.unsent.'))"
            )


def test_a_verdict_whose_receipt_was_lost_is_stored_once(browser, tmp_path):
    with served_run(tmp_path, count=40) as fresh:
        _, run = fresh
        with cut_off(browser, fresh, "view=browse&list=all&id=5") as (page, line):
            opened(page, "5")
            line.mode = "no receipt"
            page.get_by_role("button", name="Ambiguous", exact=True).click()
            expect(page.locator(".hx-judge-says")).to_contain_text("One verdict is kept")
            line.mode = ""
            expect(page.locator(".hx-judge-says")).to_contain_text("Saved.")
            assert len(line.sent) > 1 and len(set(line.sent)) == 1
            assert [event.verdict for event in run.annotations.all()] == ["ambiguous"]


def test_a_verdict_that_the_server_refuses_is_shown_with_its_example(browser, tmp_path):
    with served_run(tmp_path, count=40) as fresh:
        _, run = fresh
        with visiting(browser, fresh, "view=browse&list=all&id=5") as page:
            opened(page, "5")
            says = page.locator(".hx-judge-says")
            comment = page.get_by_label("Comment, sent with the verdict")
            comment.fill("x\u007f")  # a control character, which no comment may have
            page.get_by_role("button", name="Ambiguous", exact=True).click()
            expect(says).to_contain_text("control")
            expect(comment).to_have_value("x\u007f")
            comment.fill("x")
            page.get_by_role("button", name="Ambiguous", exact=True).click()
            expect(says).to_have_text("Saved.")
            assert [event.comment for event in run.annotations.all()] == ["x"]


def test_cards_say_what_people_say_of_them(browser, tmp_path):
    with served_run(tmp_path, count=40) as fresh:
        _, run = fresh
        run.annotations.add(Annotation("bob", "5", "right"))
        run.annotations.add(Annotation("carl", "5", "right"))
        with visiting(browser, fresh, "view=browse&list=all") as page:
            mark = page.locator('.hx-card[data-id="5"] .hx-mark')
            expect(mark).to_have_text("✎ label right ×2")
            expect(page.locator(".hx-mark")).to_have_count(1)
            page.locator('.hx-card[data-id="5"]').click()
            opened(page, "5")
            page.get_by_role("button", name="Bad image").click()
            expect(mark).to_have_text("✎ label right ×2, bad image")
            card = page.locator('.hx-card[data-id="5"]')
            expect(card).to_have_attribute(
                "aria-label", re.compile("judged label right ×2, bad image")
            )


def test_nothing_found_says_what_to_do(browser, served):
    with visiting(browser, served, "view=browse&text=nothing-is-called-so") as page:
        empty = page.locator(".hx-browse .hx-empty")
        expect(empty).to_contain_text("Show all examples")
        empty.get_by_role("button", name="Clear all filters").click()
        expect(page.locator(".hx-card").first).to_be_visible()
        expect(empty).to_be_empty()


@pytest.mark.parametrize("words", ["given=dog", "sort=beauty", "least=much&score=loss", "x=1"])
def test_an_address_that_makes_no_sense_gets_a_sentence_in_place(browser, served, words):
    with visiting(browser, served, f"view=browse&{words}") as page:
        expect(page.locator(".hx-page-problem")).to_contain_text("; ")


# ------------------------------------------------------------------ one example


def test_arrow_keys_go_on_over_the_end_of_a_page(browser, served):
    _, run = served
    ids = [one.id for number in (1, 2) for one in run.find(View(), page=number).examples]
    with visiting(browser, served, "view=browse&list=all") as page:
        page.locator(f'.hx-card[data-id="{ids[58]}"]').click()
        opened(page, ids[58])
        page.keyboard.press("ArrowRight")
        opened(page, ids[59])
        page.keyboard.press("ArrowRight")
        opened(page, ids[60])
        shows(page, run, View(), 2)
        page.keyboard.press("ArrowLeft")
        opened(page, ids[59])
        page.get_by_role("button", name="next example").click()
        opened(page, ids[60])


def test_by_keyboard_alone_an_example_is_opened_and_judged(browser, served):
    _, run = served
    with visiting(browser, served) as page:
        first, second = (one.id for one in run.find(View(list="hard")).examples[:2])
        expect(page.locator(".hx-card").first).to_be_visible()
        tab_until(page, ".hx-card")
        page.keyboard.press("Enter")
        opened(page, first)
        page.keyboard.press("ArrowRight")
        opened(page, second)
        assert page.evaluate("document.activeElement.dataset.id") == second  # the focus comes along
        tab_until(page, ".hx-verdicts button")
        page.keyboard.press("Enter")
        expect(page.locator(".hx-judge-says")).to_contain_text("Saved.")
        page.get_by_label("Comment, sent with the verdict").fill("a <b>thick</b> one")
        page.locator(".hx-verdicts button").first.click()
        expect(page.locator(".hx-said li").last).to_contain_text("label right: a <b>thick</b> one")
        expect(page.get_by_label("Comment, sent with the verdict")).to_have_value("")
        page.get_by_label("Comment, sent with the verdict").fill("left behind")
        page.locator(".hx-card").first.click()
        opened(page, first)
        expect(page.get_by_label("Comment, sent with the verdict")).to_have_value("")
    before, last = run.annotations.all()[-2:]
    assert (before.annotator, before.id, before.verdict) == ("owner", second, "right")
    assert (last.id, last.verdict, last.comment) == (second, "right", "a <b>thick</b> one")


def test_a_mislabelled_example_is_asked_for_its_class_and_stored_once(browser, served):
    _, run = served
    id = run.find(View(list="wrong")).examples[1].id
    given, predicted = run.given_label(id), run.predicted_label(id)
    before = len(run.annotations.all())
    with visiting(browser, served, f"view=browse&list=wrong&id={id}") as page:
        opened(page, id)
        judge = page.locator(".hx-judge")
        judge.get_by_role("button", name="Mislabelled…").click()
        expect(page.get_by_label("which class it really is")).to_be_focused()
        page.keyboard.press("Escape")
        expect(judge.locator(".hx-which")).to_be_hidden()
        judge.get_by_role("button", name="Mislabelled…").click()
        first = judge.locator(".hx-which-list button").first
        expect(first).to_have_text(predicted)  # what the model says is the most likely
        page.keyboard.press("Enter")
        says = page.locator(".hx-judge-says")
        expect(says).to_contain_text(f"Saved. mislabelled, {given} → {predicted}.")
        (event,) = run.annotations.all()[before:]
        assert (event.id, event.verdict, event.new_label) == (id, "wrong", predicted)
        page.get_by_role("button", name="next example").click()
        opened(page, run.find(View(list="wrong")).examples[2].id)
        expect(says).to_contain_text(
            f"{id}: mislabelled, {given} → {predicted}."
        )  # not the open one
        page.get_by_role("button", name="previous example").click()
        opened(page, id)
        says.get_by_role("button", name="Undo").click()
        expect(says).to_have_text("Undone.")
        expect(page.locator(".hx-said li").last).to_contain_text("(undone)")
        assert run.annotations.verdicts([id]) == {}


def test_what_a_filter_leaves_out_does_not_stay_open(browser, served):
    _, run = served
    errors = [one.id for one in run.find(View(list="wrong")).examples]
    agreed = next(
        one.id for one in run.find(View(list="all")).examples if one.id not in set(errors)
    )
    with visiting(browser, served, f"view=browse&list=all&id={agreed}") as page:
        opened(page, agreed)
        page.locator(".hx-radio").filter(has_text="errors").click()
        opened(page, errors[0])
        page.locator(".hx-card").nth(1).click()
        opened(page, errors[1])
        page.locator("[name=correct]").select_option("no")
        shows(page, run, View(list="wrong", correct=False))
        opened(page, errors[1])  # it is among them


def test_several_are_selected_judged_together_and_exported(browser, served):
    _, run = served
    ids = [one.id for one in run.find(View(list="hard")).examples]
    with visiting(browser, served) as page:
        shows(page, run, View(list="hard"))
        card = page.locator(".hx-card")
        card.nth(1).click(modifiers=["Control"])
        card.nth(4).click(modifiers=["Shift"])
        expect(page.locator(".hx-selected-count")).to_have_text("4 examples selected")
        expect(page.locator(".hx-in-selection")).to_have_count(4)
        page.locator(".hx-selected").get_by_role("button", name="Bad image").click()
        says = page.locator(".hx-selected-says")
        expect(says).to_contain_text("4 examples judged.")
        until(page, lambda: set(run.annotations.judged("bad_image")) >= set(ids[1:5]))
        with page.expect_download() as download:
            page.get_by_role("button", name="Export CSV").click()
        with open(download.value.path(), newline="") as file:
            assert [row["id"] for row in csv.DictReader(file)] == ids[1:5]
        says.get_by_role("button", name="Undo").click()
        until(page, lambda: not set(run.annotations.judged("bad_image")) & set(ids[1:5]))
        page.get_by_role("button", name="Stop selecting").click()
        card.nth(2).click()
        opened(page, ids[2])


def test_the_buttons_of_the_zoom_stay_and_the_look_is_remembered(browser, served):
    with visiting(browser, served, "view=browse&list=all&id=3") as page:
        opened(page, "3")
        place = page.locator(".hx-zoom .hx-in").bounding_box()
        for _ in range(4):
            page.locator(".hx-zoom .hx-in").click()
        assert page.locator(".hx-zoom .hx-in").bounding_box() == place
        image, box = page.locator(".hx-large"), page.locator(".hx-figure").bounding_box()
        at = image.bounding_box()
        page.mouse.move(box["x"] + 100, box["y"] + 100)
        page.mouse.down()
        page.mouse.move(box["x"] + 90, box["y"] + 80)
        page.mouse.up()
        moved = image.bounding_box()
        assert moved["x"] - at["x"] == pytest.approx(0, abs=1)  # it fits from side to side
        assert moved["y"] - at["y"] == pytest.approx(-20, abs=1)
        page.get_by_role("button", name="actual pixels").click()
        assert image.bounding_box()["width"] == pytest.approx(6, abs=0.1)
        rendering = "i => getComputedStyle(i).imageRendering"
        assert image.evaluate(rendering) == "pixelated"
        page.locator(".hx-look").first.click()
        assert image.evaluate(rendering) == "auto"
        page.reload()
        opened(page, "3")
        assert page.locator(".hx-large").evaluate(rendering) == "auto"
        assert page.locator(".hx-place img").first.evaluate(rendering) == "auto"


def test_photographs_are_smoothed_and_a_phone_opens_the_example_of_a_link(browser, tmp_path):
    with served_run(tmp_path, count=30, shape=(32, 32, 3)) as photographs:
        phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
        with visiting(browser, photographs, "view=browse&list=all&id=3", **phone) as page:
            opened(page, "3")
            image = page.locator(".hx-large")
            expect(page.locator(".hx-figure")).to_be_in_viewport()
            until(page, lambda: image.evaluate("i => getComputedStyle(i).imageRendering") == "auto")
            until(page, lambda: image.bounding_box()["width"] == pytest.approx(32 * 6))  # no more
            small = page.locator("#browse button, #browse select, #browse input:not([type=radio])")
            heights = small.evaluate_all(
                "all => all.filter(o => o.checkVisibility() && !o.matches('.hx-card'))"
                ".map(o => o.getBoundingClientRect().height)"
            )
            assert len(heights) > 15 and min(heights) >= 43.5


def test_the_likeliest_class_is_offered_first_whatever_the_order_of_the_classes(browser, served):
    _, run = served
    view = View(list="all", given="0", predicted="2")
    id = run.find(view).examples[0].id
    with visiting(browser, served, f"view=browse&list=all&given=0&predicted=2&id={id}") as page:
        opened(page, id)
        page.locator(".hx-judge").get_by_role("button", name="Mislabelled…").click()
        expect(page.locator(".hx-judge .hx-which-list button")).to_have_text(["2", "1"])


def test_nothing_moves_when_the_neighbours_come_late_and_those_of_the_last_one_go(browser, served):
    with visiting(browser, served, "view=browse&list=all") as page:
        expect(page.locator(".hx-neighbour")).to_have_count(8)
        held = []
        page.route("**/ask/browse/neighbours", lambda route: held.append(route))
        page.keyboard.press("ArrowRight")
        until(page, lambda: held)
        expect(page.locator(".hx-neighbour")).to_have_count(0)  # those of another example
        top = "document.querySelector('.hx-judge').getBoundingClientRect().top"
        before = page.evaluate(top)
        held.pop().continue_()
        expect(page.locator(".hx-neighbour")).to_have_count(8)
        assert page.evaluate(top) == pytest.approx(before, abs=1)


def test_after_a_click_on_a_list_the_arrow_keys_step_through_it(browser, served):
    _, run = served
    with visiting(browser, served) as page:
        errors = page.get_by_role("radio", name="errors")
        expect(page.locator(".hx-card").first).to_be_visible()
        errors.click()
        shows(page, run, View(list="wrong"))
        opened(page, run.find(View(list="wrong")).examples[0].id)
        page.keyboard.press("ArrowRight")
        opened(page, run.find(View(list="wrong")).examples[1].id)
        expect(errors).to_be_checked()
        errors.focus()
        page.keyboard.press("ArrowRight")  # of the radio buttons
        expect(page.locator("#browse").get_by_label("all examples")).to_be_checked()


def test_a_run_without_images_is_a_table(browser, tmp_path):
    run = run_without_images(tmp_path)
    workspace = Workspace(lambda workspace: None, run=run)
    workspace.status = Status("ready")
    with serving(workspace) as app, visiting(browser, (app.url, run)) as page:
        expect(page.locator(".hx-as-rows .hx-card").first).to_be_visible()
        expect(page.locator(".hx-row-id").first).to_be_visible()
        expect(page.locator(".hx-place").first).to_be_hidden()
        tops = page.locator(".hx-card").evaluate_all("all => all.map(o => o.offsetTop)")
        assert tops == sorted(set(tops))  # one below the other


def test_a_viewer_looks_and_judges_nothing(browser, tmp_path):
    run, classifier = small_run(tmp_path, shape=(8, 8, 1))
    workspace = Workspace(lambda workspace: None, run=run)
    workspace.classifier, workspace.status = classifier, Status("ready")
    token = Access.open(run.folder).invite("Vera", role="viewer")
    with closing(Keys(workspace)) as keys, serving(workspace, keys) as app:
        visitor = open_visit(browser, app.url)
        visitor.page.goto(f"{app.url}enter#{token}")
        expect(visitor.page.locator(".hx-ov-card").first).to_be_visible()
        visitor.trouble.clear()  # nobody was in yet: 401
        visitor.page.locator(".hx-ov-card").first.click()
        expect(visitor.page.locator(".hx-large")).to_be_visible()
        expect(visitor.page.locator(".hx-judge")).to_be_hidden()
        expect(visitor.page.locator(".hx-probe-this")).to_be_hidden()
        expect(visitor.page.locator(".hx-page-link")).to_have_text(
            ["Overview", "Browse", "Causes", "Compare"]
        )
        close_visit(visitor)


def tab_until(page: Page, selector: str) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab never comes to {selector}")


def test_the_image_is_shown_at_whole_zooms_without_smoothing(browser, served):
    with visiting(browser, served, "view=browse&list=all&id=3") as page:
        opened(page, "3")
        image = page.locator(".hx-large")
        assert image.evaluate("i => getComputedStyle(i).imageRendering") == "pixelated"
        expect(image).to_have_js_property("naturalWidth", 6)
        for name, factor in (("larger", 64), ("smaller", 0.1)):
            for _ in range(20):
                button = page.get_by_role("button", name=name, exact=True)
                if button.is_disabled():
                    break
                button.click()
            width = image.evaluate("i => i.getBoundingClientRect().width")
            assert width == pytest.approx(6 * factor, abs=0.02)
            expect(page.locator("#browse .hx-zoom-says")).to_have_text(f"{factor:g} ×")


def test_the_id_can_be_copied(browser, served):
    with visiting(browser, served, "view=browse&list=all&id=3") as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.get_by_role("button", name="copy the id").click()
        expect(page.locator(".hx-copy").first).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == "3"


def test_scores_come_with_their_meaning(browser, served):
    _, run = served
    with visiting(browser, served, "view=browse&list=all&id=3") as page:
        page.get_by_text("All scores").click()
        expect(page.locator(".hx-score-list")).to_contain_text("how surprised the model is")
        expect(page.locator(".hx-score-list")).to_contain_text(f"{run.row('3')['loss']:.4f}")


def test_the_nearest_training_images_are_shown_with_their_labels(browser, served):
    with visiting(browser, served, "view=browse&list=all&id=3") as page:
        expect(page.locator(".hx-neighbour")).to_have_count(8)
        expect(page.locator(".hx-neighbour").first).to_contain_text("same picture")
        expect(page.locator(".hx-neighbours-say")).to_contain_text("9 training images")


def test_an_example_goes_to_the_probe_page_and_back(browser, served):
    with visiting(browser, served, "view=browse&list=all&given=0&id=3") as page:
        opened(page, "3")
        page.get_by_role("link", name="Probe this").click()
        expect(page.locator(".hx-picked")).to_contain_text("Example 3")
        expect(page.locator("#page-browse")).to_be_hidden()
        page.go_back()
        opened(page, "3")
        expect(page.locator("#browse [name=given]")).to_have_value("0")


def test_a_run_without_images_says_how_to_show_them(browser, tmp_path):
    run = run_without_images(tmp_path)
    with serving(inspecting(run)) as served:
        with visiting(browser, (served.url, run), "view=browse&id=1") as page:
            opened(page, "1")
            expect(page.locator(".hx-figure")).to_contain_text("rank again with DATA")
            expect(page.locator(".hx-place").first).to_have_text("no image")


# ------------------------------------------------------------------ from Overview to Browse


def test_a_cell_a_pair_and_a_class_open_their_examples(browser, served):
    _, run = served
    confused = run.predictions.query("given_index == 0 and predicted_index == 1")
    with visiting(browser, served, "") as page:
        cell = page.locator('a[href*="given=0&predicted=1"]:visible').first
        expect(cell).to_be_visible()
        cell.focus()
        page.keyboard.press("Enter")
        shows(page, run, View(given="0", predicted="1", sort="loss"))
        assert len(cards(page)) == len(confused)
        page.go_back()
        expect(page.locator("#page-overview")).to_be_visible()


# ------------------------------------------------------------------ many at once, other screens


def test_six_visitors_do_not_touch_each_other(browser, served):
    _, run = served
    views = [View(given=name, sort=sort) for name in "012" for sort in ("loss", "margin")]
    visitors = [open_visit(browser, served[0], "view=browse&list=all") for _ in views]
    for visitor, view in zip(visitors, views, strict=True):
        expect(visitor.page.locator(".hx-card").first).to_be_visible()
        visitor.page.locator("#browse [name=given]").select_option(view.given)
    for visitor, view in zip(visitors, views, strict=True):
        visitor.page.locator("#browse [name=sort]").select_option(view.sort)
    for visitor, view in zip(visitors, views, strict=True):
        shows(visitor.page, run, view)
        visitor.page.locator(".hx-card").nth(2).click()
    for visitor, view in zip(visitors, views, strict=True):
        opened(visitor.page, run.find(view).examples[2].id)
        close_visit(visitor)


def test_names_meant_to_do_harm_are_text_everywhere(browser, hostile):
    _, run = hostile
    with visiting(browser, hostile, "") as page:
        page.on("dialog", lambda dialog: pytest.fail("a script of a class name ran"))
        expect(page.locator("#page-overview")).to_contain_text("<script>alert(1)</script>")
        expect(page.locator("#page-overview")).to_contain_text("${1+1}")
        page.get_by_role("link", name="Browse", exact=True).click()
        page.locator("#browse").get_by_label("all examples").check()
        for name in HOSTILE:
            page.locator("#browse [name=given]").select_option(name)
            shows(page, run, View(given=name))
        assert page.locator("img[onerror], .hx-browse script").count() == 0


@pytest.mark.parametrize("words", ["", "view=browse&list=all&id=3", "view=probe&id=3"])
def test_a_phone_has_nothing_beyond_its_edge(browser, hostile, words):
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with visiting(browser, hostile, words, **phone) as page:
        expect(page.locator(".hx-page.hx-current")).to_be_visible()
        page.wait_for_timeout(800)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_on_a_phone_a_card_brings_its_example_to_the_eye(browser, served):
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with visiting(browser, served, **phone) as page:
        page.locator(".hx-card").nth(3).click()
        expect(page.locator(".hx-large")).to_be_in_viewport()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "words",
    ["", "view=browse&list=all&id=3", "view=probe&id=3&rotation=20", "view=people"],
)
@pytest.mark.parametrize("phone", [False, True])
def test_axe_finds_no_serious_violation(browser, hostile, words, theme, phone):
    from axe_playwright_python.sync_playwright import Axe

    size = {"viewport": {"width": 390, "height": 844}} if phone else {}
    with visiting(browser, hostile, f"{words}&__theme={theme}", **size) as page:
        expect(page.locator(".hx-page.hx-current")).to_be_visible()
        page.wait_for_timeout(1000)
        page.evaluate("document.querySelectorAll('.hx-page details').forEach(d => d.open = true)")
        found = Axe().run(page).response["violations"]
        serious = [
            (one["id"], [node["html"][:200] for node in one["nodes"]])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
        assert serious == []


def test_each_page_is_named_for_those_who_hear_it(browser, served):
    with visiting(browser, served, "") as page:
        for name in ("Overview", "Browse", "Probe"):
            link = page.get_by_role("link", name=name, exact=True)
            link.click()
            expect(link).to_have_attribute("aria-current", "page")
            assert re.search(rf"view={name.lower()}", page.url)


def test_the_bar_shows_the_pages_and_titles_that_it_is_given(browser):
    pages = [{"name": "browse", "title": "Look"}, {"name": "probe", "title": "Try <b>it</b>"}]

    def build(window):
        gr.HTML(
            html_template=asset("ui/nav.html"),
            js_on_load=script("ui/nav.js", WINDOW, ["who"]),
            pages=pages,
        )
        for page in pages:
            with gr.Column(elem_id=f"page-{page['name']}", elem_classes="hx-page"):
                gr.HTML(page["name"])

    blocks = launched_blocks(build)
    visitor = open_visit(browser, blocks.url, "view=probe")
    expect(visitor.page.locator(".hx-page-link")).to_have_text(["Look", "Try <b>it</b>"])
    expect(visitor.page).to_have_title("Try <b>it</b> · hardex")
    expect(visitor.page.get_by_role("region", name="Try <b>it</b>")).to_be_visible()
    expect(visitor.page.locator("#page-browse")).to_be_hidden()
    expect(visitor.page.locator(".hx-leave")).to_have_count(0)
    close_visit(visitor)
    blocks.close()
