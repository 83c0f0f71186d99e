"""How soon the page is usable, and how fast it answers, in a real Chromium.

    python benchmarks/page.py [--rounds 5] [--events 60]

Beside it, in the same run: a bare `import gradio`, and a bare Gradio app that echoes a slider and
one that answers a server function with nothing (the least any Gradio page can take).
Aims: mouse-up on the pad to new bars p50 under 30 ms; slider move to new picture and bars p50
under 40 ms.
"""

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from side_by_side import Timing, process, report, side_by_side

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

# Set an input's value, and resolve with the milliseconds until the watched node changes.
ACT_AND_WATCH = """
([act, watched, value]) => new Promise((resolve) => {
  const node = document.querySelector(watched);
  let start;
  const seen = new MutationObserver(() => {
    seen.disconnect();
    resolve(performance.now() - start);
  });
  seen.observe(node, { attributes: true, childList: true, subtree: true, characterData: true });
  const input = document.querySelector(act);
  const setter = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
  start = performance.now();
  setter.call(input, value);
  input.dispatchEvent(new Event("input", { bubbles: true }));
})
"""
POLL_TEXTBOX = """
([value]) => new Promise((resolve) => {
  const input = document.querySelector("#slider input[type=range]");
  const said = document.querySelector("#said textarea");
  const setter = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
  const start = performance.now();
  setter.call(input, value);
  input.dispatchEvent(new Event("input", { bubbles: true }));
  const look = () => said.value === String(value)
    ? resolve(performance.now() - start) : setTimeout(look, 1);
  look();
})
"""
STROKE = """
([x0, y0, x1, y1]) => new Promise((resolve) => {
  const pad = document.querySelector(".hx-pad"), box = pad.getBoundingClientRect();
  const send = (kind, x, y) => pad.dispatchEvent(new PointerEvent(kind, {
    pointerId: 1, bubbles: true, button: 0, clientX: box.left + x, clientY: box.top + y }));
  pad.setPointerCapture = () => {};
  send("pointerdown", x0, y0);
  send("pointermove", x1, y1);
  setTimeout(() => {
    const seen = new MutationObserver(() => {
      seen.disconnect();
      resolve(performance.now() - start);
    });
    seen.observe(document.querySelector("#bench"),
      { attributes: true, subtree: true, attributeFilter: ["data-answers"] });
    const start = performance.now();
    send("pointerup", x1, y1);
  }, 150);
})
"""


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--events", type=int, default=60)
    arguments = options.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        measure_start(browser, Path(folder), arguments.rounds)
        measure_latency(browser, Path(folder), arguments.events)
        browser.close()


def measure_start(browser: Browser, folder: Path, rounds: int) -> None:
    """From the command to a page one can work on, with a run that is reused."""
    start_and_look(browser, folder, ready=True)  # makes the run
    timings = side_by_side(
        {
            "import gradio": process(sys.executable, "-c", "import gradio"),
            "command to usable page": lambda: start_and_look(browser, folder),
        },
        rounds=rounds,
    )
    report(timings, baseline="import gradio")


def start_and_look(browser: Browser, folder: Path, *, ready: bool = False) -> float:
    """Seconds from the command until an example was opened; ending the server does not count."""
    start = time.perf_counter()
    server, page = open_demo(browser, folder)
    page.locator(".hx-card").first.click()
    page.wait_for_selector(".hx-detail-body:visible")
    seconds = time.perf_counter() - start
    if ready:
        wait_for_model(page)
    page.close()
    end(server)
    return seconds


def open_demo(browser: Browser, folder: Path) -> tuple[subprocess.Popen[str], Page]:
    """A demo in a process of its own, and a page on it that shows the hard examples."""
    server = subprocess.Popen(
        [sys.executable, "-m", "hardex", "demo", "--no-browser"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    url = next(line.split(" at ")[1].strip() for line in server.stdout if " is at " in line)
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(url)
    page.wait_for_selector(".hx-card", timeout=120_000)
    return server, page


def wait_for_model(page: Page) -> None:
    """Until a picture gets an answer."""
    page.get_by_role("tab", name="Probe").click()
    page.get_by_role("button", name="Hard example").click()
    page.locator(".hx-tile").first.click()
    page.wait_for_selector(".hx-pair-bars .hx-bar", timeout=120_000)
    page.wait_for_timeout(1000)


def end(server: subprocess.Popen[str]) -> None:
    """Stop one server of ours and wait until it is gone."""
    server.send_signal(signal.SIGTERM)
    server.wait(60)


def measure_latency(browser: Browser, folder: Path, events: int) -> None:
    """Events of the Probe page and of bare Gradio pages, in turn."""
    echo, bare = open_echo(browser)
    server, page = open_demo(browser, folder)
    wait_for_model(page)
    seconds: dict[str, list[float]] = {
        name: []
        for name in ("bare Gradio slider echo", "bare server function", "slider", "mouse-up")
    }
    for i in range(events + 5):
        value = 10 + i % 80
        found = {
            "bare Gradio slider echo": bare.evaluate(POLL_TEXTBOX, [value]),
            "bare server function": bare.evaluate(
                ACT_AND_WATCH, ["#own input", "#own output", str(value)]
            ),
            "slider": page.evaluate(
                ACT_AND_WATCH, [".hx-rotation", ".hx-fill-after", str(3 * value - 150)]
            ),
        }
        if i >= 5:  # the first few warm up
            for name, milliseconds in found.items():
                seconds[name].append(milliseconds / 1000)
    page.get_by_role("button", name="Draw").click()
    for i in range(events + 5):
        page.get_by_role("button", name="Clear").click()
        page.wait_for_timeout(120)
        milliseconds = page.evaluate(STROKE, [60 + i, 60, 150, 200])
        if i >= 5:
            seconds["mouse-up"].append(milliseconds / 1000)
    print_latency([Timing(name, tuple(values)) for name, values in seconds.items()])
    end(server)
    echo.terminate()
    echo.wait(30)


def open_echo(browser: Browser) -> tuple[subprocess.Popen[bytes], Page]:
    """The bare app, and a page on it."""
    from hardex_app.launch import free_port

    port = free_port("127.0.0.1", None) + 50
    process = subprocess.Popen(
        [sys.executable, "-c", ECHO.replace("{port}", str(port))],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    page = browser.new_page()
    for _ in range(300):
        try:
            page.goto(f"http://127.0.0.1:{port}/")
            break
        except Exception:  # not listening yet
            time.sleep(0.2)
    page.wait_for_selector("#said textarea")
    page.wait_for_selector("#own output", state="attached")
    return process, page


def print_latency(timings: list[Timing]) -> None:
    """p50 and p95 in milliseconds, and the ratio to the bare slider echo."""
    base = timings[0].median
    for timing in timings:
        p50 = 1000 * timing.median
        p95 = 1000 * statistics.quantiles(timing.seconds, n=20)[-1]
        print(
            f"{timing.name:28s} p50 {p50:7.1f} ms   p95 {p95:7.1f} ms   "
            f"{timing.median / base:5.2f} x {timings[0].name}"
        )


if __name__ == "__main__":
    main()
