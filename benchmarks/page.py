"""How soon the page is usable, and how fast it answers, in a real Chromium.

    python benchmarks/page.py [--rounds 5] [--events 60] [--interactions 1000] [--only NAME …]
                              [--format text|json]

On a `hardex demo` in a process of its own (10,000 digits, `mnist_cnn`, the 60,000 training images),
and beside it in the same run a bare Gradio app that echoes a slider and one that answers a server
function with nothing: the least any Gradio page can take. Times are by the page's own clock, from
the event to the change of the page; "on the screen" adds the wait for the next frame, which is
part of no aim. Memory is read from /proc.

Aims: mouse-up on the pad to new bars p50 30 ms; 15 updates a second while drawing; slider move to
new picture and bars p50 40 ms; a response curve of 73 amounts p50 60 ms; a detail, a filter, a
sort or a page of a view 150 ms; from navigation to a usable page 2.5 s, before the model is ready;
memory after 1,000 interactions within 10 % of that after 100.

Figures are printed as they come. All of it ends within five minutes: on a slow machine there are
fewer rounds, events or interactions, which is told; with --only, a part has the time for itself.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chromium import (
    Figure,
    Server,
    act,
    chromium,
    end,
    megabytes,
    open_files,
    print_figures,
    print_head,
    print_lines,
    ready,
    round_trips,
    seen_after,
    started,
    timed,
    timed_view,
    visit,
)
from playwright.sync_api import Browser, Page
from side_by_side import process, say, seconds_left

SCHEMA = "hardex.page_benchmark/1"
RUN = Path("runs", "mnist-demo")  # where `hardex demo` puts it
SECTIONS = ("start", "probe", "curve", "browse", "memory")
WARM_UP = 5  # events of each kind that count for nothing
USABLE = {"overview": ".hx-ov-matrix", "browse": ".hx-card", "probe": ".hx-slider"}

ECHO = """
import gradio as gr
JS = '''
const input = element.querySelector("input"), out = element.querySelector("output");
input.addEventListener("input", async () => { out.textContent = await server.echo(input.value); });
'''
def echo(value): return value
with gr.Blocks() as page:
    slider = gr.Slider(0, 100, elem_id="slider")
    said = gr.Textbox(elem_id="said")
    slider.input(echo, slider, said, show_progress="hidden", trigger_mode="always_last")
    gr.HTML(html_template="<input type=range><output></output>", js_on_load=JS,
            server_functions=[echo], elem_id="own")
page.launch(server_port={port}, quiet=True)
"""
POLL_TEXTBOX = """
(value) => new Promise((resolve) => {
  const said = document.querySelector("#said textarea"), start = performance.now();
  bench.act(["input", "#slider input[type=range]", String(value)]);
  const look = () => said.value === String(value)
    ? resolve(performance.now() - start) : setTimeout(look, 1);
  look();
})
"""
# The functions behind the page, called in a process that does nothing else.
OWN = """
import json, sys, time
import hardex
from hardex.runs.run_classifier import classifier_of
from hardex.probing.batches import warmed_up
from hardex_app.probing import curve, probe, smallest
run = hardex.load(sys.argv[1])
model = warmed_up(classifier_of(run, None, trust_model=False))
picture = {"kind": "example", "id": run.hard["id"].iloc[0]}
stroke = [[60 + 2 * i, 60 + i] for i in range(60)]
sketch = {"kind": "sketch", "strokes": [stroke, stroke[::-1]], "normalize": True}
calls = {
    "probe of an example": lambda i: probe(
        {"source": picture, "transform": {"rotation": i % 90}}, run, model),
    "probe of a drawing": lambda i: probe(
        {"source": sketch, "transform": {"rotation": i % 90}}, run, model),
    "curve of an example": lambda i: curve(
        {"source": picture, "transform": {"scale": 0.6 + i / 100}}, run, model),
    "smallest changes": lambda i: smallest({"source": picture}, run, model),
}
found = {name: [] for name in calls}
for i in range(int(sys.argv[2]) + 5):
    for name, call in calls.items():
        start = time.perf_counter()
        call(i)
        if i >= 5:
            found[name].append(1000 * (time.perf_counter() - start))
print(json.dumps(found))
"""


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rounds", type=int, default=5, help="servers that are started anew")
    options.add_argument("--events", type=int, default=60, help="of each kind")
    options.add_argument("--interactions", type=int, default=1000, help="for the memory")
    options.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS)
    options.add_argument("--format", choices=("text", "json"), default="text")
    chosen = options.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    figures: list[Figure] = []
    base = None
    as_text = chosen.format == "text"
    if as_text:
        print_head()

    def found_now(more: list[Figure]) -> None:
        figures.extend(more)
        if as_text:
            print_lines(more, base)

    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        folder = Path(name)
        make_run(browser, folder)
        if "start" in chosen.only:
            found_now(start_figures(browser, folder, chosen.rounds))
        if set(chosen.only) & {"probe", "curve", "browse"}:
            found = latency_figures(browser, folder, chosen.events, chosen.only)
            base = found[0].p50
            found_now(found)
        if "memory" in chosen.only:
            found_now(memory_figures(browser, folder, chosen.interactions))
    if not as_text:
        print_figures(SCHEMA, figures, base=base, as_json=True)


def make_run(browser: Browser, folder: Path) -> None:
    """The demo's run, and everything a first start leaves in caches."""
    with demo(browser, folder):
        pass


# ------------------------------------------------------------------ the start


def start_figures(browser: Browser, folder: Path, rounds: int) -> list[Figure]:
    """From a command, and from a navigation, to a page one can work on."""
    imported = process(sys.executable, "-c", "import gradio")
    seconds: dict[str, list[float]] = {"import gradio": [], "command": []}
    early: dict[str, list[float]] = {page: [] for page in USABLE}
    late: dict[str, list[float]] = {page: [] for page in (*USABLE, "bare")}
    pages = list(USABLE)
    with echoing() as echo:
        for i in range(rounds + 1):  # the first one warms up
            if i > 1 and seconds_left(of=0.4) < 0:
                say(f"the time for the start is up after {i - 1} of {rounds} rounds")
                break
            seconds["import gradio"].append(lasting(imported))
            start = time.perf_counter()
            server, url = started("demo", folder=folder)
            try:
                page = visit(browser, url, "view=browse")
                page.wait_for_selector(".hx-card")
                page.locator(".hx-card").first.click()
                page.wait_for_selector(".hx-detail-body:visible")
                seconds["command"].append(time.perf_counter() - start)
                page.close()
                for k in range(len(pages)):  # while TensorFlow is being imported
                    view = pages[(i + k) % len(pages)]
                    found, loading = navigated(browser, url, view)
                    if not loading:
                        break  # it is ready; the rest comes in another order in the next round
                    early[view].append(found)
                ready(url, browser)
                for view in USABLE:
                    found, _ = navigated(browser, url, view)
                    late[view].append(found)
                page = visit(browser, echo)
                late["bare"].append(seen_after(page, "#said textarea"))
                page.close()
            finally:
                end(server)
    figures = [
        Figure("import gradio", tuple(seconds["import gradio"][1:]), "s"),
        Figure("command to a detail that is open, run reused", tuple(seconds["command"][1:]), "s"),
    ]
    aims: dict[str, Any] = {"unit": "s", "aim": 2.5, "judged": "max"}
    for view, values in early.items():
        if values:
            name = f"navigation to {view}, model not ready"
            figures.append(Figure(name, in_seconds(values), **aims))
    missing = ", ".join(view for view, values in early.items() if not values)
    if missing:
        figures[-1] = Figure(
            figures[-1].name, figures[-1].values, about=f"never seen so: {missing}", **aims
        )
    figures.append(Figure("navigation to a bare Gradio page", in_seconds(late["bare"][1:]), "s"))
    for view in USABLE:
        figures.append(
            Figure(f"navigation to {view}, model ready", in_seconds(late[view][1:]), **aims)
        )
    return figures


def navigated(browser: Browser, url: str, view: str) -> tuple[float, bool]:
    """Milliseconds until a page is usable for a new visitor, and whether the model still loads."""
    page = visit(browser, url, f"view={view}")
    found = seen_after(page, USABLE[view])
    status = page.locator("#status").inner_text()
    page.close()
    return found, "loading the model" in status.lower()


def lasting(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def in_seconds(milliseconds: list[float]) -> tuple[float, ...]:
    return tuple(value / 1000 for value in milliseconds)


# ------------------------------------------------------------------ how fast the pages answer


def latency_figures(
    browser: Browser, folder: Path, events: int, sections: tuple[str, ...]
) -> list[Figure]:
    """Events of the pages and of the bare app, in turn; the bare slider echo comes first."""
    with echoing() as echo, demo(browser, folder) as (_, url):
        bare = visit(browser, echo)
        seen_after(bare, "#said textarea")
        seen_after(bare, "#own input")
        page = visit(browser, url, f"view=probe&id={hardest(folder)}")
        answered(page)
        values: dict[str, list[float]] = {}
        found: list[Figure] = []
        for i in range(events + WARM_UP):
            if i > 2 * WARM_UP and seconds_left(of=0.6) < 0:
                say(f"the time is up after {i - WARM_UP} of {events} events")
                break
            step = {"bare Gradio slider echo": bare.evaluate(POLL_TEXTBOX, 10 + i % 80)}
            echoed = timed(bare, ("input", "#own input", i % 97), "#own output")
            step["bare server function"] = echoed["changed"]
            if "probe" in sections:
                step |= slider_moved(page, i)
            if "curve" in sections:
                step |= curve_asked(page, i)
            if i >= WARM_UP:
                for name, value in step.items():
                    values.setdefault(name, []).append(value)
        found += [
            Figure(name, tuple(all), **PROMISES.get(name, {})) for name, all in values.items()
        ]
        if "curve" in sections:
            found.append(Figure("  curve, its request alone", round_trips(page, "curve")[-events:]))
        if "probe" in sections:
            found += drawing_figures(page, max(10, events // 2))
        page.close()
        if "browse" in sections:
            found += browsing_figures(browser, url, bare, events)
    if "curve" in sections:
        found += own_figures(folder, events)
    return found


PROMISES: dict[str, dict[str, Any]] = {
    "slider to new picture and bars": {"aim": 40.0},
    "curve, from the change that asks for it": {
        "about": "80 ms of it are the wait for the hand to rest"
    },
    "mouse-up to new bars": {"aim": 30.0},
    "hasty mouse-up to the bars of the whole drawing": {"aim": 30.0},
    "updates while drawing": {"unit": "/s", "aim": 15.0, "judged": "p95", "least": True},
    "detail": {"aim": 150.0, "judged": "p95"},
    "cards": {"aim": 150.0, "judged": "p95"},
    "curve of an example": {"aim": 60.0},
}


def slider_moved(page: Page, i: int) -> dict[str, float]:
    """Rotation, along which the curve lies: only the picture is requested again."""
    found = timed(
        page, ("input", ".hx-rotation", 3 * (10 + i % 80) - 150), "#probe", "data-answers"
    )
    page.wait_for_timeout(30)
    name = "slider to new picture and bars"
    return {name: found["changed"], f"  {name.split(' to ')[0]}, on the screen": found["painted"]}


def curve_asked(page: Page, i: int) -> dict[str, float]:
    """Scale, across the curve: picture and curve are requested again."""
    found = timed(page, ("input", ".hx-scale", 0.6 + (i % 80) / 100), ".hx-chart-legend")
    page.wait_for_timeout(30)
    return {"curve, from the change that asks for it": found["changed"]}


def drawing_figures(page: Page, count: int) -> list[Figure]:
    """Strokes of a second each, with the mouse.

    Before every other mouse-up the pen rests for a moment, as most people's does; before the rest
    it does not, and an answer to the last move is still under way.
    """
    page.get_by_role("button", name="Draw").click()
    page.evaluate("bench.watchPad()")
    box = page.locator(".hx-pad").bounding_box()
    assert box is not None
    values: dict[str, list[float]] = {}
    for i in range(2 * count + 4):
        page.get_by_role("button", name="Clear").click()
        page.wait_for_timeout(150)
        page.evaluate("bench.answers.length = bench.ups.length = 0")
        rest = i % 2 == 0
        start, stop = (box["x"] + 40 + i % 20, box["y"] + 40), (box["x"] + 240, box["y"] + 230)
        draw(page, start, stop, rest=0.15 if rest else 0.0)
        page.wait_for_timeout(400)  # lifting the pen asks nothing more: the last answer is the one
        next_answer, painted, whole, rate = page.evaluate(STROKE_FIGURES)
        if i < 4:
            continue
        if rest:
            values.setdefault("mouse-up to new bars", []).append(next_answer)
            values.setdefault("  mouse-up, on the screen", []).append(painted)
            continue
        values.setdefault("updates while drawing", []).append(rate)
        values.setdefault("hasty mouse-up to the bars of the whole drawing", []).append(whole)
        values.setdefault("  hasty mouse-up to the answer asked at it", []).append(next_answer)
    return [Figure(name, tuple(all), **PROMISES.get(name, {})) for name, all in values.items()]


# A response is of the whole drawing if its request equals that at mouse-up.
STROKE_FIGURES = """
() => {
  const [down, up] = bench.ups.map((one) => one.at);
  const last = bench.answers[bench.answers.length - 1];
  const whole = bench.answers.find((one) => one.about === last.about);
  const drawing = bench.answers.filter((one) => one.at <= up).length;
  return [Math.max(0, whole.at - up), Math.max(0, whole.painted - up), Math.max(0, whole.at - up),
    drawing / (up - down) * 1000];
}
"""


def draw(page: Page, first: tuple[float, float], last: tuple[float, float], *, rest: float) -> None:
    """A stroke of about a second, a move every 16 ms, as mice and frames are; then a rest."""
    page.mouse.move(*first)
    page.mouse.down()
    steps = 60
    start = time.perf_counter()
    for i in range(1, steps + 1):
        bend = 30 * ((i / 10) % 2 - 1)  # a straight line would be thinned to a few points
        x, y = (a + (b - a) * i / steps for a, b in zip(first, last, strict=True))
        page.mouse.move(x + bend, y)
        time.sleep(max(0.0, start + 0.016 * i - time.perf_counter()))
    time.sleep(rest)
    page.mouse.up()


def browsing_figures(browser: Browser, url: str, bare: Page, events: int) -> list[Figure]:
    """Details, and views: each kind of change in turn, with pages that were not shown before."""
    page = visit(browser, url, "view=browse&list=all")
    seen_after(page, ".hx-card img")
    page.wait_for_timeout(500)
    details, painted, trained = [], [], []
    for i in range(events + WARM_UP):
        bare.evaluate(POLL_TEXTBOX, 10 + i % 80)
        card = f".hx-item:nth-child({1 + i % 60}) .hx-card"
        found = timed(page, ("click", card, ""), "#browse", "data-opened")
        page.wait_for_timeout(150)  # the training images are requested, too
        if i >= WARM_UP:
            details.append(found["changed"])
            painted.append(found["painted"])
    trained = list(round_trips(page, "neighbours"))[-events:]
    figures = [
        Figure("click to an open detail", tuple(details), **PROMISES["detail"]),
        Figure("  detail, on the screen", tuple(painted)),
        Figure("  nearest training images, their request alone", tuple(trained)),
    ]
    figures += view_figures(page, max(1, events // 10))
    page.close()
    return figures


def view_figures(page: Page, rounds: int) -> list[Figure]:
    """Filters, orders and pages of Browse by their own controls; the time until cards and pictures.

    Each is requested `rounds` times, with other words each time if there are others.
    """
    classes = page.eval_on_selector_all("[name=given] option", "all => all.map((o) => o.value)")[1:]
    scores = page.eval_on_selector_all("[name=score] option", "all => all.map((o) => o.value)")[1:]
    cards: dict[str, list[float]] = {}
    pictures: dict[str, list[float]] = {}
    for i in range(rounds):
        for name, deed in view_deeds(classes, scores, i):
            found = timed_view(page, *deed)
            page.wait_for_timeout(20)
            cards.setdefault(name, []).append(found["changed"])
            pictures.setdefault(name, []).append(found["pictures"])
        act(page, "click", ".hx-clear-filters")
        page.wait_for_timeout(400)
    promise = PROMISES["cards"]
    return [
        *(Figure(f"{name} to cards", tuple(all), **promise) for name, all in cards.items()),
        *(Figure(f"{name} to all pictures", tuple(all)) for name, all in pictures.items()),
    ]


def view_deeds(
    classes: list[str], scores: list[str], i: int
) -> Iterator[tuple[str, tuple[str, str, object]]]:
    """What is done, one after the other; every one of them is another view."""
    given, score = classes[i % len(classes)], scores[i % len(scores)]
    yield "next page", ("click", ".hx-next", "")
    yield "last page", ("click", ".hx-last", "")
    yield "given class", ("change", "[name=given]", given)
    yield "right or wrong", ("change", "[name=correct]", "yes" if i % 2 else "no")
    yield "order by a score", ("change", "[name=sort]", score)
    yield "the other way round", ("click", ".hx-order", "")
    yield "any class again", ("change", "[name=given]", "")
    yield "list of wrong ones", ("click", "[name=list][value=wrong]", "")
    yield "all examples again", ("click", "[name=list][value=all]", "")
    yield "judged", ("change", "[name=verdict]", "none" if i % 2 else "any")


def own_figures(folder: Path, events: int) -> list[Figure]:
    """The functions themselves, without page and server."""
    command = [sys.executable, "-c", OWN, str(folder / RUN), str(events)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return [
        Figure(f"function: {name}", tuple(values), **PROMISES.get(name, {}))
        for name, values in found.items()
    ]


# ------------------------------------------------------------------ memory


def memory_figures(browser: Browser, folder: Path, most: int) -> list[Figure]:
    """Memory of server and page, and open files, after the first tenth and after all."""
    marks = sorted({most // 10, most // 4, most // 2, 3 * most // 4, most})
    with demo(browser, folder) as (server, url):
        page = visit(browser, url, f"view=probe&id={hardest(folder)}")
        answered(page)
        page.evaluate("id => { bench.id = id; }", hardest(folder))
        cdp = page.context.new_cdp_session(page)
        cdp.send("Performance.enable")
        taken: dict[int, tuple[float, float, float]] = {}
        for i in range(1, most + 1):
            INTERACTIONS[i % len(INTERACTIONS)](page, i)
            is_up = seconds_left(of=0.9) < 0
            if i in marks or is_up:
                page.wait_for_timeout(1000)
                taken[i] = (
                    megabytes(server.pid) or 0.0,
                    open_files(server.pid) or 0,
                    heap(cdp),
                )
            if is_up:
                say(f"the time is up after {i} of {most} interactions")
                break
        page.close()
    marks = list(taken)
    with echoing() as echo:
        bare = echo_memory(browser, echo, marks)
    said = {
        "server": [row[0] for row in taken.values()],
        "open files": [row[1] for row in taken.values()],
        "page": [row[2] for row in taken.values()],
        "bare": bare,
    }
    after = ", ".join(map(str, marks))
    about = f"after {after} interactions: "
    growth = [said[name][-1] / max(1.0, said[name][0]) for name in said]
    listed = [", ".join(f"{value:.0f}" for value in said[name]) for name in said]
    names = (
        "server memory, last over first",
        "server's open files, last over first",
        "memory of the page's script, last over first",
        "bare Gradio server memory, last over first",
    )
    aims = ({"aim": 1.1}, {"aim": 1.1}, {"aim": 1.1}, {})
    return [
        Figure(name, (ratio,), "x", about=about + values, **aim)
        for name, ratio, values, aim in zip(names, growth, listed, aims, strict=True)
    ]


def heap(cdp: Any) -> float:
    """Megabytes of a page's script after its garbage was collected."""
    cdp.send("HeapProfiler.collectGarbage")
    metrics = cdp.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "JSHeapUsedSize") / 2**20)


def echo_memory(browser: Browser, url: str, marks: list[int]) -> list[float]:
    page = visit(browser, url)
    seen_after(page, "#said textarea")
    seen_after(page, "#own input")
    found = []
    for i in range(1, marks[-1] + 1):
        if i % 2:
            page.evaluate(POLL_TEXTBOX, 10 + i % 80)
        else:
            timed(page, ("input", "#own input", i % 97), "#own output")
        if i in marks:
            found.append(megabytes(ECHOES[url]) or 0.0)
    page.close()
    return found


def _slide(page: Page, i: int) -> None:
    name, value = SLID[i % len(SLID)], 0.5 + (i % 20) / 20
    act(page, "input", f".hx-{name}", 30 * value if name == "rotation" else value)
    page.wait_for_timeout(50)


def _draw(page: Page, i: int) -> None:
    act(page, "click", "[data-kind=sketch]")
    page.evaluate(
        """(i) => {
          const pad = document.querySelector(".hx-pad"), box = pad.getBoundingClientRect();
          pad.setPointerCapture = () => {};
          const send = (kind, x, y) => pad.dispatchEvent(new PointerEvent(kind, { pointerId: 1,
            bubbles: true, button: 0, clientX: box.left + x, clientY: box.top + y }));
          send("pointerdown", 40 + i % 50, 40);
          for (let k = 1; k < 12; k++) send("pointermove", 40 + i % 50 + 12 * k, 40 + 15 * k);
        }""",
        i,
    )
    page.wait_for_timeout(60)
    page.evaluate(
        """() => document.querySelector(".hx-pad").dispatchEvent(
          new PointerEvent("pointerup", { pointerId: 1, bubbles: true, button: 0 }))"""
    )
    page.wait_for_timeout(60)
    act(page, "click", "[data-kind=example]" if i % 3 else ".hx-clear")


def _filter(page: Page, i: int) -> None:
    _go(page, f"view=browse&list=all&given={i % 10}&correct={'yes' if i % 4 else ''}&p={1 + i % 7}")


def _detail(page: Page, i: int) -> None:
    _go(page, f"view=browse&list={'wrong' if i % 2 else 'unsure'}&sort=confidence")
    page.evaluate(
        """(i) => {
          const cards = document.querySelectorAll("#browse .hx-card");
          const card = cards[i % cards.length];
          bench.wanted = card.dataset.id;
          card.click();
        }""",
        i,
    )
    page.wait_for_function(
        "document.querySelector('#browse [data-opened]')?.dataset.opened === bench.wanted"
    )


def _judge(page: Page, i: int) -> None:
    act(page, "click", f".hx-verdicts button:nth-child({1 + i % 5})")
    page.wait_for_function("document.querySelector('.hx-judge-says').textContent === 'Saved.'")


def _curve(page: Page, i: int) -> None:
    _go(page, f"view=probe&id={page.evaluate('bench.id')}&scale={0.6 + (i % 60) / 100:.2f}")


def _go(page: Page, words: str) -> None:
    """To an address, as a link within the app goes, and a moment for what it asks."""
    page.evaluate(
        """(words) => {
          history.pushState(null, "", "?" + words);
          window.dispatchEvent(new Event("hardex:address"));
        }""",
        words,
    )
    page.wait_for_timeout(100)


SLID = ("rotation", "scale", "shift_x", "blur", "noise")
# A visitor who probes, looks around, opens an example and says what they think of it.
INTERACTIONS: tuple[Callable[[Page, int], None], ...] = (
    _slide, _slide, _draw, _slide, _filter, _detail, _judge, _filter, _curve,
)  # fmt: skip


# ------------------------------------------------------------------ servers

ECHOES: dict[str, int] = {}  # the process of each bare app, by address


@contextmanager
def demo(browser: Browser, folder: Path) -> Iterator[tuple[Server, str]]:
    """A `hardex demo` whose run, model and training data are ready."""
    server, url = started("demo", folder=folder)
    try:
        ready(url, browser)
        yield server, url
    finally:
        end(server)


@contextmanager
def echoing() -> Iterator[str]:
    """The bare app; gives its address."""
    from urllib.request import urlopen

    from hardex_app.links.server import free_port

    port = free_port("127.0.0.1", None) + 50
    bare = subprocess.Popen(
        [sys.executable, "-c", ECHO.replace("{port}", str(port))],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}/"
    ECHOES[url] = bare.pid
    try:
        for _ in range(600):
            try:
                urlopen(url, timeout=10).read()
                break
            except OSError:  # not listening yet
                time.sleep(0.1)
        yield url
    finally:
        bare.terminate()
        bare.wait(30)


def hardest(folder: Path) -> str:
    """The id of the first hard example of the demo's run."""
    import hardex

    return str(hardex.load(folder / RUN).hard["id"].iloc[0])


def answered(page: Page) -> None:
    """The Probe page shows an example, its bars and its curve."""
    seen_after(page, ".hx-pair-bars .hx-bar")
    seen_after(page, ".hx-chart-legend .hx-chart-key")
    page.wait_for_timeout(1000)


if __name__ == "__main__":
    main()
