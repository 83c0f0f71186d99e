"""What an annotator does on Annotate, in a real Chromium; also when the server fails."""

import json
import re
from contextlib import contextmanager
from io import StringIO

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from hardex import RunError, StorageError, export_annotations, rank
from hardex.annotate.guidelines import typical_examples
from hardex.annotate.plan import Assignment
from hardex.classifiers.classifier import FunctionClassifier
from hardex.runs.views import View
from hardex_app.background import Status
from hardex_app.workspace import Workspace

from .conftest import OF_LEAVING, close_visit, open_visit, quiet, until, without
from .fake_runs import (
    HOSTILE,
    parts_of,
    photographs,
    run_of,
    run_without_images,
    serving,
    small_run,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DIGITS = tuple("0123456789")


class Moody:
    """A store that can be told to refuse."""

    def __init__(self, store):
        self.store, self.refuses, self.never, self.tries = store, False, None, 0

    def __getattr__(self, name):
        return getattr(self.store, name)

    def respond(self, annotator, id, respond):
        self.tries += 1
        if self.refuses:
            raise StorageError("the annotation must be written to a disk; it is full.")
        return self.store.respond(annotator, id, lambda earlier: self._taken(respond(earlier)))

    def _taken(self, annotation):
        if annotation.said == self.never:
            raise RunError("this can never be stored.")
        return annotation


@contextmanager
def served(folder, *, names=DIGITS, count=60, **options):
    """The whole window on a fresh run; gives its address, the run and its store."""
    run, classifier = small_run(
        folder, class_count=len(names), names=names, count=count, shape=(8, 8, 1)
    )
    store = run.__dict__["annotations"] = Moody(run.annotations)
    assignment = Assignment(**{"view": View(list="all", sort="loss"), **options})
    workspace = Workspace(lambda workspace: None, run=run, assignment=assignment)
    workspace.classifier, workspace.status = classifier, Status("ready")
    store.workspace = workspace
    store.classifier, store.data = classifier, folder / "data.npz"
    with serving(workspace) as served:
        yield served.url, run, store


@pytest.fixture
def site(tmp_path):
    with served(tmp_path) as site:
        yield site


# What the browser says of a request that failed, and Gradio too.
OF_FAILURES = ("Failed to load", "TypeError: Failed to fetch", *OF_LEAVING)


@contextmanager
def judging(browser: Browser, url, *, faulty=False, words="view=annotate", **options):
    """An annotator with an example in view; `faulty` forgives what the browser says of failures."""
    visitor = open_visit(browser, url, words, **options)
    yield visitor.page
    if faulty:
        visitor.trouble = without(visitor.trouble, OF_FAILURES)
    close_visit(visitor)


def ready(page: Page) -> str:
    """Wait for an example in view; gives its ticket."""
    expect(page.locator(".hx-ann-figure img")).to_be_visible(timeout=30_000)
    return shown(page)


def all_at_hand(page: Page) -> None:
    """Wait until the page has all that it fetches ahead."""
    ready(page)
    expect(page.locator("[data-ahead]")).to_have_attribute("data-ahead", "8")


def wanting(page: Page, number: int) -> None:
    """Wait until so many examples are at hand."""
    expect(page.locator("[data-ahead]")).to_have_attribute("data-ahead", str(number))


def judge_each(page: Page, keys: str) -> None:
    """One answer after another; at the start only two examples are at hand."""
    for key in keys:
        ready(page)
        page.keyboard.press(key)


def shown(page: Page) -> str:
    return page.evaluate("document.querySelector('[data-ticket]').dataset.ticket") or ""


def saved(page: Page, done: int) -> None:
    # What was refused is sent again after 15 s at most.
    expect(page.locator(".hx-ann-count")).to_contain_text(f"{done} of ", timeout=60_000)
    expect(page.locator(".hx-ann-saved")).to_have_text("Saved ✓", timeout=60_000)


def says(page: Page):
    return page.locator(".hx-ann-done .hx-ann-last-says")


def images(page: Page) -> str:
    return page.locator(".hx-ann-figure img").get_attribute("src")


# ------------------------------------------------------------------ the journey


def test_by_keyboard_alone(browser, site):
    url, run, store = site
    with judging(browser, url) as page:
        ready(page)
        first = images(page)
        page.keyboard.press("3")
        assert images(page) != first  # the next one was here already
        saved(page, 1)
        (event,) = store.all()
        given, predicted = run.given_label(event.id), run.row(event.id)["predicted_label"]
        assert (event.said, event.shown, event.annotator) == ("3", "blind", "owner")
        assert event.verdict == ("right" if given == "3" else "wrong")
        expect(says(page)).to_contain_text(f"Your answer: 3. Given label: {given}")
        if given != predicted:
            expect(says(page)).to_contain_text(f"prediction: {predicted}")
        page.keyboard.press("ArrowLeft")
        expect(page.locator(".hx-ann-figure img")).to_have_attribute("src", first)
        page.keyboard.press(given)
        saved(page, 1)
        assert [one.shown for one in store.all()] == ["blind", "label"]
        assert store.latest()[0].verdict == "right"
        page.keyboard.press("u")  # the change
        page.keyboard.press("u")  # and the answer
        saved(page, 0)
        expect(page.locator(".hx-ann-figure img")).to_have_attribute("src", first)
        assert store.latest() == [] and len(store.all()) == 4
        page.keyboard.press("a")
        saved(page, 1)
        assert store.latest()[0].verdict == "ambiguous"


def test_a_different_answer_can_be_kept(browser, site):
    url, _, store = site
    with judging(browser, url) as page:
        ready(page)
        judge_each(page, "012")
        saved(page, 3)
        while store.latest()[-1].verdict == "right":  # as the data has it, one in ten
            number = len(store.latest())
            judge_each(page, "1")
            saved(page, number + 1)
        kept = store.latest()[-1]
        count = len(store.all())
        expect(page.locator(".hx-differs")).to_be_visible()
        page.keyboard.press("Space")
        expect(page.locator(".hx-differs")).to_have_count(0)
        expect(says(page)).to_contain_text("with the label in view")
        last = store.latest()[-1]
        assert len(store.all()) == count + 1
        assert (last.id, last.new_label, last.shown) == (kept.id, kept.new_label, "label")


def test_by_thumb_on_a_phone_without_scrolling(browser, site):
    url, _, store = site
    with judging(browser, url, **PHONE) as page:
        ready(page)
        for name in (*DIGITS, "Not sure"):
            box = (
                page.locator(".hx-annotate")
                .get_by_role("button", name=re.compile(f"^{name}"))
                .first.bounding_box()
            )
            assert box["y"] + box["height"] <= 844 and box["height"] >= 44 and box["width"] >= 44
        assert page.locator(".hx-ann-figure").bounding_box()["height"] > 250
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.locator(".hx-ann-classes").get_by_text("7").tap()
        saved(page, 1)
        assert store.all()[0].said == "7"
        assert page.evaluate("scrollY") == 0


@pytest.mark.parametrize(("width", "height"), [(844, 390), (667, 330)])
def test_on_a_phone_on_its_side_the_whole_image_stands_beside_the_answers(
    browser, site, width, height
):
    with judging(browser, site[0], viewport={"width": width, "height": height}) as page:
        ready(page)
        figure = page.locator(".hx-ann-figure").bounding_box()
        assert figure["y"] + figure["height"] <= height and figure["height"] > height / 2
        for name in DIGITS:
            box = page.locator(".hx-ann-classes").get_by_text(name, exact=True).bounding_box()
            assert box["y"] + box["height"] <= height and box["height"] >= 44
            assert box["x"] > figure["x"] + figure["width"]
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_owner_learns_that_their_answers_are_the_reference(browser, site):
    with judging(browser, site[0]) as page:
        ready(page)
        expect(page.locator(".hx-ann-gold")).to_have_text(
            re.compile("^You are the owner: .* reference")
        )


def test_a_clicked_button_is_not_what_the_space_bar_presses_next(browser, site):
    url, _, store = site
    with judging(browser, url) as page:
        ready(page)
        page.locator(".hx-ann-others").get_by_text("Bad image").click()
        saved(page, 1)
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        expect(page.locator(".hx-ann-saved")).to_have_text("Saved ✓")
        assert {event.verdict for event in store.all()} == {"bad_image"}
        assert len({event.id for event in store.all()}) == 1


def test_a_comment_goes_with_the_answer(browser, site):
    url, _, store = site
    with judging(browser, url) as page:
        ready(page)
        page.locator("#annotate [name=comment]").fill("=1+1 <b>7</b> u2")
        page.locator(".hx-ann-classes").get_by_text("5").click()
        saved(page, 1)
        page.keyboard.press("6")
        saved(page, 2)
        assert [event.comment for event in store.all()] == ["=1+1 <b>7</b> u2", ""]
        assert all(0 <= event.seconds < 60 for event in store.all())


def test_the_next_picture_comes_at_once(browser, site):
    url, _, _ = site
    with judging(browser, url) as page:
        all_at_hand(page)
        seen, took = {images(page)}, []
        for _ in range(5):
            page.keyboard.press("4")
            took.append(
                float(page.evaluate("document.querySelector('[data-swap-ms]').dataset.swapMs"))
            )
            seen.add(images(page))
        assert len(seen) == 6  # without a question to the server in between
        assert sorted(took)[2] < 100  # milliseconds, of the page alone
        saved(page, 5)


def test_nothing_of_the_label_travels_before_the_verdict(browser, site):
    url, _, _ = site
    answers = []
    with judging(browser, url, words="view=overview") as page:
        page.wait_for_timeout(500)
        asks = "/ask/annotate/(next_examples|annotate)$"
        page.on("response", lambda one: answers.append(one) if re.search(asks, one.url) else 0)
        page.locator(".hx-page-link", has_text="Annotate").click()
        all_at_hand(page)
        before = [json.loads(one.text()) for one in answers]
        assert sum(len(one.get("examples", [])) for one in before) >= 8
        for told in before:
            assert set(told) <= {"name", "run", "examples", "over", "done", "total", "later"}
            for example in told["examples"]:
                assert set(example) == {"ticket", "image"}
        page.keyboard.press("3")
        saved(page, 1)
        assert any(json.loads(one.text()).get("given") for one in answers[len(before) :])


def test_nobody_is_given_examples_who_only_browses(browser, site):
    url, _, _ = site
    with judging(browser, url, words="view=browse") as page:
        expect(page.locator(".hx-card").first).to_be_visible()
        quiet(page)
        assert page.locator("[data-ticket]").count() == 0
        assert page.locator(".hx-ann-classes button").count() == 0  # nor are the facts requested


def test_everybody_goes_on_where_they_left_off_on_another_device_too(browser, site):
    url, _, store = site
    with judging(browser, url) as page:
        ready(page)
        page.keyboard.press("3")
        page.keyboard.press("4")
        saved(page, 2)
        following, last = ready(page), says(page).text_content()
    with judging(browser, url, **PHONE) as page:
        ready(page)
        saved(page, 2)
        assert shown(page) == following
        expect(says(page)).to_have_text(last)
        page.locator(".hx-ann-undo").tap()
        saved(page, 1)
        assert len(store.latest()) == 1


def test_what_is_taken_back_on_another_device_is_asked_again_here(browser, site):
    url, _, store = site
    with judging(browser, url) as page:
        expect(page.locator("[data-ahead]")).to_have_attribute("data-ahead", "8", timeout=30_000)
        first = shown(page)
        page.keyboard.press("3")
        saved(page, 1)
        with judging(browser, url, **PHONE) as phone:
            ready(phone)
            saved(phone, 1)
            phone.locator(".hx-ann-undo").tap()
            saved(phone, 0)
        asked = []
        page.on("request", lambda request: asked.append(request.post_data or ""))
        seen = []
        for number in range(1, 10):  # the page learns of it with the next that it asks for
            ready(page)
            seen.append(shown(page))
            page.keyboard.press("4")
            saved(page, number)
        assert first in seen
        page.wait_for_timeout(1_500)
        asked.clear()
        page.wait_for_timeout(1_500)
        assert sum("next_examples" in one for one in asked) <= 1  # not again and again
        assert len(store.latest()) == 9


def test_it_ends_with_thanks(browser, tmp_path):
    with served(tmp_path, count=10, overlap=1) as (url, _, store):
        with judging(browser, url) as page:
            ready(page)
            for number in range(10):
                judge_each(page, "1")
                saved(page, number + 1)
            expect(page.locator(".hx-ann-empty")).to_contain_text("All done, thank you!")
            expect(page.locator(".hx-ann-next a").first).to_have_text("See who agrees")
            assert len(store.latest()) == 10
            page.keyboard.press("1")
            page.keyboard.press("ArrowLeft")
            expect(page.locator(".hx-ann-changing")).to_be_visible()
            page.keyboard.press("ArrowRight")
            expect(page.locator(".hx-ann-empty")).to_be_visible()
        with judging(browser, url) as page:
            expect(page.locator(".hx-ann-empty")).to_contain_text("All done, thank you!")
            assert len(store.all()) == 10


def test_tab_leads_to_the_comment_where_letters_are_no_answers(browser, site):
    url, _, store = site
    with judging(browser, url) as page:
        ready(page)
        page.keyboard.press("Tab")
        page.keyboard.type("1 or 7")
        assert page.locator(".hx-ann-comment input").input_value() == "1 or 7"
        assert not store.all()
        page.keyboard.press("Escape")
        page.keyboard.press("7")
        saved(page, 1)
        assert [(one.said, one.comment) for one in store.all()] == [("7", "1 or 7")]
        page.keyboard.press("Shift+Tab")  # the way to the buttons above stays
        assert page.evaluate("document.activeElement.tagName") == "BUTTON"


def test_the_guide_has_the_owners_words_and_an_example_that_nobody_is_asked_about(
    browser, tmp_path
):
    names = tuple(f"class {number}" for number in range(10))
    words = "A <b>seven</b> has a bar.\n  Look twice."
    view = View(list="all", correct=False)
    with served(tmp_path, names=names, guidelines=words, view=view, count=200) as site:
        url, run, store = site
        found = typical_examples(run, names, store.workspace.desk.queue.asks)
        table = run.predictions.set_index("id")
        assert found and all(table.loc[id, "given_label"] == name for name, id in found.items())
        assert not [id for id in found.values() if store.workspace.desk.queue.asks(id)]
        with judging(browser, url, **PHONE) as page:
            ready(page)
            for place in range(6):  # of ten named classes on a phone
                box = page.locator(".hx-ann-classes button").nth(place).bounding_box()
                assert box["height"] >= 44 and box["y"] + box["height"] <= 844
            page.get_by_role("button", name="Guide").click()
            expect(page.locator(".hx-ann-guidelines")).to_have_text(words)
            expect(page.locator(".hx-ann-guide-class")).to_have_count(10)
            expect(page.locator(".hx-ann-guide-class img")).to_have_count(len(found))


def test_where_there_is_nothing_it_is_said(browser, tmp_path):
    with served(tmp_path, count=10, view=View(text="nothing")) as (url, _, _):
        with judging(browser, url) as page:
            expect(page.locator(".hx-ann-empty-says")).to_have_text(
                "Nothing to label; come back later."
            )


def test_examples_of_other_annotators_are_named_as_such(browser, tmp_path):
    with served(tmp_path, count=10, overlap=1, view=View(text="3")) as (url, _, store):
        assert store.workspace.desk.queue.next("bob") == "3"
        with judging(browser, url) as page:
            expect(page.locator(".hx-ann-empty")).to_contain_text("assigned to other annotators")


# ------------------------------------------------------------------ when the server fails


def test_what_the_server_does_not_take_waits_and_is_stored_once(browser, site):
    url, _, store = site
    with judging(browser, url) as page:
        all_at_hand(page)
        store.refuses = True
        judge_each(page, "123")  # one can go on
        expect(page.locator(".hx-ann-problem")).to_contain_text("it is full. 3 answers are kept")
        expect(page.locator(".hx-ann-saved")).to_have_text("3 not saved yet")
        expect(page.locator(".hx-ann-count")).to_contain_text("0 of ")
        expect(says(page)).to_have_text("Your answer: 3. Not saved yet.")
        assert store.all() == []
        store.refuses = False
        saved(page, 3)
        expect(page.locator(".hx-ann-problem")).to_be_hidden()
        assert [event.said for event in store.all()] == ["1", "2", "3"]


def four_unsaved(page: Page, store) -> None:
    """Three answers and an undo that the server does not take."""
    all_at_hand(page)
    store.refuses = True
    judge_each(page, "123")
    page.keyboard.press("u")
    expect(page.locator(".hx-ann-saved")).to_have_text("4 not saved yet")


def test_what_waits_outlives_a_reload(browser, site):
    url, _, store = site
    with judging(browser, url) as page:
        four_unsaved(page, store)
        page.reload()
        expect(page.locator(".hx-ann-saved")).to_have_text("4 not saved yet")
        store.refuses = False
        saved(page, 2)
        assert [event.said for event in store.all()] == ["1", "2", "3", ""]
        assert [event.said for event in store.latest()] == ["1", "2"]
        assert (
            page.evaluate("Object.keys(localStorage).filter(k => k.startsWith('hardex')).length")
            == 0
        )


def test_a_damaged_entry_hides_no_kept_answer(browser, site):
    url, _, store = site
    with judging(browser, url) as page:
        four_unsaved(page, store)
        expect(page.locator(".hx-ann-problem")).to_contain_text("it is full. Your changes are kept")
        page.evaluate(
            """() => {
                const [key] = Object.keys(localStorage).filter(k => k.startsWith("hardex"));
                const prefix = key.slice(0, key.lastIndexOf(".") + 1);
                for (let number = 0; number < 50; number++)  // wherever they are in the order
                    localStorage.setItem(prefix + number, ['{"kind": "ann', "", "null",
                                         '"text"', "[1]", "{}"][number % 6]);
            }"""
        )
        page.reload()
        expect(page.locator(".hx-ann-saved")).to_have_text("4 not saved yet")
        store.refuses = False
        saved(page, 2)
        assert [event.said for event in store.latest()] == ["1", "2"]


def test_what_one_answer_lacks_does_not_hold_up_the_others(browser, site):
    url, _, store = site
    with judging(browser, url) as page:
        all_at_hand(page)
        store.refuses = True
        judge_each(page, "123")
        expect(page.locator(".hx-ann-saved")).to_have_text("3 not saved yet")
        store.never = "2"
        store.refuses = False
        saved(page, 2)
        expect(refused(page)).to_contain_text("Your answer: 2 – this can never be stored.")
        assert [event.said for event in store.all()] == ["1", "3"]


def test_an_answer_whose_receipt_was_lost_is_stored_once(browser, site):
    url, _, store = site

    def lose(route):
        if len(store.all()) < 1:
            route.fetch()  # the server stores it, and the page never hears of it
            route.abort()
        else:
            route.continue_()

    with judging(browser, url, faulty=True) as page:
        ready(page)
        page.route("**/ask/annotate/annotate", lose)
        page.keyboard.press("3")
        page.keyboard.press("4")
        saved(page, 2)
        assert [event.said for event in store.all()] == ["3", "4"]
        assert store.tries == 3  # "3" was told twice, and was known the second time


def test_without_a_server_what_is_at_hand_can_be_judged(browser, site):
    url, _, store = site
    with judging(browser, url, faulty=True) as page:
        all_at_hand(page)
        page.context.set_offline(True)
        for key in "12345":
            page.keyboard.press(key)
        expect(page.locator(".hx-ann-problem")).to_contain_text(
            "The server does not answer. 5 answers are kept in this browser"
        )
        page.context.set_offline(False)
        saved(page, 5)
        assert [event.said for event in store.all()] == list("12345")


def test_an_ended_visit_is_told_from_a_silent_server_by_the_status_alone(browser, site):
    url, _, store = site
    with judging(browser, url, faulty=True) as page:
        all_at_hand(page)
        states = [401]
        page.route("**/ask/**", lambda route: route.abort())
        page.route(re.compile("/here$"), lambda route: route.fulfill(status=states[-1]))
        page.evaluate("fetch('here')")  # from here on the browser asks before it sends
        page.keyboard.press("3")
        problem = page.locator(".hx-ann-problem")
        expect(problem).to_contain_text(
            "Open your link again in this browser, or ask for a new one. One answer is kept"
        )
        states.append(204)
        expect(problem).to_contain_text("The server does not answer.", timeout=20_000)
        page.unroute("**/ask/**")
        saved(page, 1)
        expect(problem).to_be_hidden()
        assert [event.said for event in store.all()] == ["3"]


def rank_again(run, store, count):
    """The same run of the first images alone, each with the next label."""
    data = np.load(store.data)
    labels = (data["labels"][:count] + 1) % len(DIGITS)
    np.savez(store.data, images=data["images"][:count], labels=labels)
    rank(store.classifier, store.data, class_names=DIGITS, out=run.folder, force=True)


def test_what_waits_outlives_ranking_again_and_a_reload(browser, site):
    url, run, store = site
    with judging(browser, url) as page:
        all_at_hand(page)
        store.refuses = True
        judge_each(page, "123")
        expect(page.locator(".hx-ann-saved")).to_have_text("3 not saved yet")
        rank_again(run, store, count=60)
        page.reload()
        saved(page, 3)
        now = store.workspace.run
        events = now.annotations.all()
        assert [event.said for event in events] == ["1", "2", "3"]
        for event in events:
            is_right = event.said == now.given_label(event.id)
            assert event.verdict == ("right" if is_right else "wrong")


def refused(page: Page):
    return page.locator(".hx-ann-refused")


def test_what_was_refused_stays_in_view_until_it_is_read(browser, tmp_path):
    with served(tmp_path, view=View(text="5")) as site, judging(browser, site[0]) as page:
        _, run, store = site
        all_at_hand(page)
        store.refuses = True
        page.locator("#annotate [name=comment]").fill("<b>seven</b>")
        page.locator(".hx-ann-classes").get_by_text("5").click()
        page.keyboard.press("b")
        expect(page.locator(".hx-ann-saved")).to_have_text("2 not saved yet")
        page.keyboard.press("u")  # never stored, so never taken back
        rank_again(run, store, count=1)
        expect(refused(page).locator("li")).to_have_count(2, timeout=60_000)
        expect(page.locator(".hx-ann-saved")).not_to_contain_text("not saved yet")
        first, second = (refused(page).locator("li").nth(at) for at in (0, 1))
        expect(first).to_contain_text(
            "Your answer: 5 (<b>seven</b>) – an example must be in this run"
        )
        expect(second).to_contain_text("Your answer: bad image – an example must be in this run")
        expect(page.locator(".hx-ann-problem")).to_be_hidden()
        found = Axe().run(page, context="#annotate", options={"runOnly": ["wcag2a", "wcag2aa"]})
        assert found.response["violations"] == []
        page.reload()
        expect(refused(page).locator("li")).to_have_count(2)
        refused(page).get_by_role("button", name="Close").click()
        expect(refused(page)).to_be_hidden()
        page.reload()
        expect(page.locator(".hx-ann-empty")).to_be_visible()
        expect(page.locator(".hx-ann-count")).not_to_be_empty()
        expect(refused(page)).to_be_hidden()
        assert store.workspace.run.annotations.all() == []


def test_an_undo_shows_what_stood_before_as_it_was_told(browser, site):
    url, _, store = site
    with judging(browser, url) as page:
        ready(page)
        page.keyboard.press("3")
        saved(page, 1)
        while store.latest()[-1].verdict == "right":  # as the data has it, one in ten
            number = len(store.latest())
            judge_each(page, "3")
            saved(page, number + 1)
        told = says(page).text_content()
        expect(page.locator(".hx-ann-keep")).to_be_visible()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("n")
        expect(says(page)).to_contain_text("Your answer: not sure. Given label")
        expect(page.locator(".hx-ann-keep")).to_be_hidden()
        page.keyboard.press("u")
        expect(says(page)).to_have_text(told)
        expect(page.locator(".hx-ann-keep")).to_be_visible()
        page.keyboard.press("Space")
        expect(says(page)).to_contain_text("with the label in view")
        assert [event.shown for event in store.all()][-3:] == ["label", "", "label"]
        assert store.all()[-1].new_label == "3"


def test_what_was_taken_back_is_not_told_after_a_reload(browser, site):
    url, _, store = site
    with judging(browser, url) as page:
        ready(page)
        judge_each(page, "1")
        saved(page, 1)
        quiet(page)
        store.refuses = True
        page.keyboard.press("u")
        expect(page.locator(".hx-ann-saved")).to_have_text("1 not saved yet")
        page.reload()
        expect(page.locator(".hx-ann-saved")).to_have_text("1 not saved yet")
        expect(says(page)).to_contain_text("Your last answer appears here")
        store.refuses = False
        saved(page, 0)
        assert store.latest() == []


def test_answers_of_before_can_be_looked_at_after_a_reload_and_on_another_device(browser, site):
    url, _, store = site
    with judging(browser, url) as page:
        all_at_hand(page)
        judge_each(page, "123")
        saved(page, 3)
        page.reload()
        ready(page)
        with judging(browser, url) as other:
            ready(other)
            for one in (page, other):
                looked_at = one.locator(".hx-ann-changing-says")
                for label in "321":
                    one.keyboard.press("ArrowLeft")
                    expect(looked_at).to_contain_text(f"Your answer: {label}.")
                    expect(one.locator(".hx-ann-figure img")).to_be_visible()
                one.keyboard.press("ArrowLeft")
                expect(one.get_by_role("button", name="Older")).to_be_hidden()
                expect(looked_at).to_contain_text("Your answer: 1.")
        page.keyboard.press("7")
        saved(page, 3)
        assert len(store.all()) == 4
        assert store.all()[-1].id == store.all()[0].id


def test_after_a_reload_an_undo_takes_back_the_last_word_and_not_all_of_them(browser, site):
    url, _, store = site
    with judging(browser, url) as page:
        all_at_hand(page)
        judge_each(page, "1")
        saved(page, 1)
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("2")
        saved(page, 1)
        page.reload()
        ready(page)
        before = shown(page)
        expect(says(page)).to_contain_text("Your answer: 2.")
        page.keyboard.press("u")
        expect(says(page)).to_contain_text("Your answer: 1.")
        assert shown(page) == before  # it is still judged
        page.keyboard.press("u")
        expect(page.locator(".hx-ann-count")).to_contain_text("0 of ")
        assert shown(page) != before
        judge_each(page, "3")
        saved(page, 1)
        assert [event.said for event in store.all() if event.verdict][-1] == ""  # not blind again
        expect(refused(page)).to_be_hidden()


# ------------------------------------------------------------------ many classes, and bad names


def test_among_many_classes_one_is_found_by_typing(browser, tmp_path):
    names = tuple(f"class {number:03}" for number in range(40))
    with served(tmp_path, names=names, count=80) as (url, _, store):
        with judging(browser, url) as page:
            ready(page)
            page.keyboard.press("/")
            page.keyboard.type("class 01")
            expect(page.get_by_role("option")).to_have_count(10)
            page.keyboard.press("ArrowDown")
            page.keyboard.press("Enter")
            saved(page, 1)
            expect(page.get_by_role("option").first).to_have_text("class 011recent")
            page.get_by_role("option", name="class 002").click()
            saved(page, 2)
            assert [event.said for event in store.all()] == ["class 011", "class 002"]
            page.locator(".hx-ann-find").fill("nothing")
            expect(page.locator(".hx-ann-more")).to_have_text("No class matches.")


def test_among_many_classes_letters_are_typed_and_never_pressed(browser, tmp_path):
    names = tuple(f"class {number:03}" for number in range(40))
    with served(tmp_path, names=names, count=80) as (url, _, store):
        with judging(browser, url) as page:
            ready(page)
            page.keyboard.type("banana uck 7")  # from wherever the focus is
            expect(page.locator(".hx-ann-find")).to_have_value("banana uck 7")
            expect(page.locator(".hx-ann-more")).to_have_text("No class matches.")
            page.keyboard.press("Enter")
            page.locator(".hx-ann-find").fill("")
            page.keyboard.press("Enter")  # nothing was chosen
            expect(page.locator("[data-waiting]")).to_have_attribute("data-waiting", "0")
            assert store.all() == []
            page.keyboard.type("class 017")
            page.keyboard.press("Enter")
            saved(page, 1)
            page.keyboard.press("-")  # the field is empty: signs are answers
            saved(page, 2)
            assert [event.said for event in store.all()] == ["class 017", "ambiguous"]
            page.keyboard.press("Backspace")
            saved(page, 1)
            page.keyboard.press("ArrowLeft")
            expect(page.locator(".hx-ann-changing-says")).to_contain_text("Your answer: class 017")
            page.keyboard.press("ArrowRight")
            page.keyboard.type("=class 01")  # a sign begins it as well as a letter
            expect(page.locator(".hx-ann-find")).to_have_value("=class 01")
            page.keyboard.press("Backspace")  # takes back a letter, not an answer
            expect(page.locator(".hx-ann-find")).to_have_value("=class 0")
            expect(page.locator("[data-waiting]")).to_have_attribute("data-waiting", "0")
            assert len(store.latest()) == 1


def test_a_comment_comes_along_when_its_answer_is_looked_at_again(browser, site):
    url, _, store = site
    with judging(browser, url) as page:
        ready(page)
        field = page.get_by_label("Comment, sent with the answer")
        field.fill("a loop is missing")
        field.press("Escape")
        page.keyboard.press("3")
        saved(page, 1)
        field.fill("of the next")
        field.press("Escape")
        page.keyboard.press("ArrowLeft")
        expect(field).to_have_value("a loop is missing")
        page.keyboard.press("5")
        saved(page, 1)
        expect(field).to_have_value("of the next")
        assert [event.comment for event in store.all()] == ["a loop is missing"] * 2
        page.reload()
        ready(page)
        page.keyboard.press("ArrowLeft")
        expect(field).to_have_value("a loop is missing")
        page.keyboard.press("ArrowRight")
        expect(field).to_have_value("")


def test_who_keeps_an_answer_keeps_its_comment_and_its_time(browser, site):
    url, run, store = site
    with judging(browser, url) as page:
        ready(page)
        field = page.get_by_label("Comment, sent with the answer")
        differs = page.locator(".hx-differs")
        for number in range(1, 9):
            ready(page)
            field.fill("the roof is a pagoda")
            field.press("Escape")
            page.keyboard.press("1")
            saved(page, number)
            if store.latest()[-1].verdict == "wrong":
                break
        expect(differs).to_be_visible()
        page.keyboard.press("Space")
        expect(says(page)).to_contain_text("with the label in view")
        blind, kept = store.all()[-2:]
        assert (kept.comment, kept.shown) == ("the roof is a pagoda", "label")
        page.keyboard.press("ArrowLeft")
        expect(field).to_have_value("the roof is a pagoda")
        field.fill("")
        field.press("Escape")
        page.keyboard.press("1")
        saved(page, number)
        assert store.all()[-1].comment == ""  # taken away on purpose
        stream = StringIO()
        export_annotations(run, stream, "label-studio")
        *_, task = json.loads(stream.getvalue())
        assert task["annotations"][0]["lead_time"] == blind.seconds


# ------------------------------------------------------------------ one person, several windows

# What takes its time, as the page counts it, comes at once: 20 seconds and 45 seconds.
HURRY = """
const slowly = window.setTimeout;
window.setTimeout = (then, ms, ...of) => slowly(then, {20000: 500, 45000: 700}[ms] || ms, ...of);
"""


def test_what_is_judged_in_another_window_leaves_this_one(browser, site):
    url, _, store = site
    with judging(browser, url) as page, judging(browser, url) as other:
        all_at_hand(page)
        all_at_hand(other)
        assert shown(page) == shown(other)
        page.get_by_label("Comment, sent with the answer").fill("half a <b>comment</b>")
        judge_each(other, "123")
        saved(other, 3)
        following = shown(other)
        page.evaluate("window.dispatchEvent(new Event('focus'))")  # it is looked at again
        expect(page.locator("[data-ahead]")).to_have_attribute("data-ticket", following)
        saved(page, 3)
        wanting(page, 8)
        expect(page.get_by_label("Comment, sent with the answer")).to_have_value("")
        expect(refused(page)).to_contain_text(
            "comment (half a <b>comment</b>): you have labelled this example meanwhile"
        )
        refused(page).get_by_role("button", name="Close").click()
        expect(refused(page)).to_be_hidden()
        judge_each(page, "45678901")
        saved(page, 11)
        expect(refused(page)).to_be_hidden()
        assert len(store.all()) == 11 == len({event.id for event in store.all()})


def test_a_window_that_stays_in_view_hears_of_the_other_by_itself(browser, site):
    url, _, store = site
    with judging(browser, url) as page, judging(browser, url) as other:
        page.add_init_script(HURRY)
        page.reload()
        all_at_hand(page)
        all_at_hand(other)
        judge_each(other, "12")
        saved(other, 2)
        saved(page, 2)
        assert shown(page) == shown(other)
        page.keyboard.press("5")
        saved(page, 3)
        other.evaluate("window.dispatchEvent(new Event('focus'))")  # somebody looks there
        saved(other, 3)
        page.keyboard.press("ArrowLeft")  # what this window said itself stays its own
        expect(page.locator(".hx-ann-changing-says")).to_contain_text("Your answer: 5")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("u")
        saved(page, 2)
        page.wait_for_timeout(1_500)  # it looks again, and what was taken back is not over
        page.keyboard.press("6")
        saved(page, 3)
        assert len(store.latest()) == 3 and store.latest()[-1].shown == "label"
        expect(refused(page)).to_be_hidden()


# ------------------------------------------------------------------ large images, slow lines


@contextmanager
def served_photographs(folder, count=12):
    """A run of photographs whose longer side has 1,024 pixels."""
    run = run_of(folder, photographs(count, 680, 1024), [0, 1] * (count // 2),
                 FunctionClassifier(parts_of(2)))  # fmt: skip
    assignment = Assignment(view=View(list="all", sort="loss"))
    workspace = Workspace(lambda workspace: None, run=run, assignment=assignment)
    workspace.status = Status("ready")
    with serving(workspace) as served:
        yield served.url


def test_on_a_slow_line_all_photographs_come_and_nothing_is_said_of_silence(browser, tmp_path):
    with served_photographs(tmp_path) as url:
        with judging(browser, url, words="view=overview", **PHONE) as page:
            expect(page.locator(".hx-page-link", has_text="Annotate")).to_be_visible()
            quiet(page)
            page.evaluate(
                """() => {
                    const box = document.querySelector(".hx-ann-problem");
                    window.problems = [];
                    const note = () => box.textContent && window.problems.push(box.textContent);
                    new MutationObserver(note).observe(box, {childList: true, characterData: true,
                                                            subtree: true});
                }"""
            )
            line = page.context.new_cdp_session(page)
            line.send("Network.enable")
            speed = 1_500_000 / 8  # bytes a second
            line.send("Network.emulateNetworkConditions", {
                "offline": False, "latency": 80, "downloadThroughput": speed,
                "uploadThroughput": speed / 2,
            })  # fmt: skip
            page.locator(".hx-page-link", has_text="Annotate").click()
            expect(page.locator("[data-ahead]")).to_have_attribute(
                "data-ahead", "8", timeout=120_000
            )
            assert page.evaluate("window.problems") == []
            assert images(page).startswith("data:image/jpeg;base64,")
            fetched = "performance.getEntriesByType('resource').map((one) => one.name)"
            assert sum("/pictures/" in name for name in page.evaluate(fetched)) >= 8


class Delayed:
    """Questions for examples that the server answers only when it is let."""

    def __init__(self, page):
        self.page, self.held, self.hold = page, [], False
        page.route("**/ask/annotate/next_examples", self._asked)

    def _asked(self, route):
        if self.hold:
            self.held.append(route)
        else:
            route.continue_()

    def wait_for(self, count):
        until(self.page, lambda: len(self.held) >= count)

    def let(self, count):
        for _ in range(count):
            self.held.pop(0).continue_()


def test_nothing_is_asked_beside_an_answer_that_is_on_its_way(browser, site):
    url, _, _ = site
    with judging(browser, url, words="view=overview") as page:
        page.add_init_script(HURRY)
        page.reload()
        delayed = Delayed(page)
        delayed.hold = True
        page.locator(".hx-page-link", has_text="Annotate").click()
        delayed.wait_for(1)
        page.wait_for_timeout(1_600)  # patience has run out twice
        assert len(delayed.held) == 1
        expect(page.locator(".hx-ann-problem")).to_be_hidden()
        delayed.hold = False
        delayed.let(1)
        all_at_hand(page)


def test_what_comes_late_is_taken_once(browser, site):
    url, _, store = site
    with judging(browser, url, faulty=True, words="view=overview") as page:
        page.add_init_script(HURRY)
        page.reload()
        delayed = Delayed(page)
        delayed.hold = True
        page.route(re.compile("/here$"), lambda route: route.abort())
        page.locator(".hx-page-link", has_text="Annotate").click()
        expect(page.locator(".hx-ann-problem")).to_have_text("The server does not answer.")
        delayed.wait_for(2)
        delayed.hold = False
        delayed.let(1)  # the first, long given up
        ready(page)
        expect(page.locator(".hx-ann-problem")).to_be_hidden()
        page.keyboard.press("3")
        saved(page, 1)
        delayed.let(len(delayed.held))  # the others name what is judged by now
        all_at_hand(page)
        page.keyboard.press("4")
        saved(page, 2)
        expect(says(page)).to_contain_text("Your answer: 4")
        expect(refused(page)).to_be_hidden()
        assert len({event.id for event in store.all()}) == len(store.all()) == 2


def test_what_was_judged_in_another_window_is_not_judged_over_it(browser, site):
    url, _, store = site
    with judging(browser, url) as page, judging(browser, url) as other:
        assert ready(page) == ready(other)
        other.keyboard.press("3")
        saved(other, 1)
        page.keyboard.press("4")
        expect(refused(page)).to_contain_text("already labelled this example in another window")
        assert [event.said for event in store.all()] == ["3"]
        judge_each(page, "5")
        saved(page, 2)


def test_names_that_do_harm_are_text(browser, tmp_path):
    with served(tmp_path, names=HOSTILE, count=40) as (url, _, store):
        with judging(browser, url) as page:
            ready(page)
            buttons = page.locator(".hx-ann-classes button")
            for at, name in enumerate(HOSTILE):
                expect(buttons.nth(at)).to_contain_text(re.sub(r"\n", "\u240a", name)[:200])
            for at in range(len(HOSTILE)):
                buttons.nth(at).click()
                saved(page, at + 1)
            assert [event.said for event in store.all()] == list(HOSTILE)
            page.keyboard.press("2")
            saved(page, len(HOSTILE) + 1)
            assert store.all()[-1].said == HOSTILE[1]


def test_a_run_without_images_says_so(browser, tmp_path):
    workspace = Workspace(lambda workspace: None, run=run_without_images(tmp_path))
    workspace.status = Status("ready")
    with serving(workspace) as served, judging(browser, served.url) as page:
        expect(page.locator(".hx-ann-empty")).to_contain_text("no images to judge")


# ------------------------------------------------------------------ for everybody


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [{}, PHONE], ids=["desktop", "phone"])
def test_everybody_can_use_it(browser, site, theme, size):
    url, _, _ = site
    visitor = open_visit(browser, url, f"view=annotate&__theme={theme}", **size)
    page = visitor.page
    ready(page)
    page.keyboard.press("3")
    saved(page, 1)
    visitor.shoot(f"annotate-{theme}-{'phone' if size else 'desktop'}")
    for prepare in (lambda: None, lambda: page.keyboard.press("ArrowLeft"),
                    lambda: page.keyboard.press("?")):  # fmt: skip
        prepare()
        found = Axe().run(page, context="#annotate", options={"runOnly": ["wcag2a", "wcag2aa"]})
        assert found.response["violations"] == []
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    close_visit(visitor)
