"""What the benchmarks of the app share: servers, a Chromium that tells the time, and figures."""

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

Server = subprocess.Popen[str]

# Everything is timed by the page's own clock: neither Playwright nor its pipe is in a figure.
RECORDER = """
window.bench = (() => {
  const asked = [], answers = [], ups = [];
  const plainFetch = window.fetch;
  const summed = (text) => {  // tells one request from another
    let sum = 0;
    for (let i = 0; i < text.length; i++) sum = (31 * sum + text.charCodeAt(i)) | 0;
    return `${text.length} ${sum}`;
  };
  window.fetch = async (...all) => {
    const [, name] = String(all[0]).match(/(?:^|\\/)ask\\/[a-z]+\\/([a-z_]+)$/) || [];
    if (!name) return plainFetch(...all);
    const one = { name, start: performance.now(), end: null, about: summed(all[1].body) };
    asked.push(one);
    if (asked.length > 500) asked.shift();
    const response = await plainFetch(...all);
    one.end = performance.now();
    return response;
  };
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const after = new MessageChannel();
    after.port1.onmessage = () => done(performance.now());
    after.port2.postMessage(0);
  }));
  function act([kind, selector, value]) {
    const node = document.querySelector(selector);
    if (kind === "click") { node.click(); return; }
    if (node.tagName === "INPUT") {  // past the setter of whatever framework owns it
      const own = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value");
      own.set.call(node, value);
    } else node.value = value;
    node.dispatchEvent(new Event(kind, { bubbles: true }));
  }
  // Do something, and tell the milliseconds until the watched node changed, and was painted.
  function time(deed, watched, attribute) {
    return new Promise((done) => {
      let start = 0;
      const seen = new MutationObserver(async () => {
        seen.disconnect();
        const changed = performance.now() - start;
        done({ changed, painted: await painted() - start });
      });
      seen.observe(document.querySelector(watched), attribute
        ? { attributes: true, subtree: true, attributeFilter: [attribute] }
        : { attributes: true, childList: true, subtree: true, characterData: true });
      start = performance.now();
      act(deed);
    });
  }
  // The same for a view: until its cards are drawn, and until each of them has its picture.
  function view(deed) {
    return new Promise((done) => {
      const board = document.querySelector("#browse"), found = {};
      let start = 0;
      const pages = () => Number(board.querySelector("[data-pages]")?.dataset.pages || 0);
      const before = pages();
      const seen = new MutationObserver(async () => {
        if (pages() === before) return;
        found.changed = found.changed || performance.now() - start;
        const empty = [...board.querySelectorAll(".hx-place")].some((one) => !one.dataset.filled);
        if (empty) return;
        seen.disconnect();
        found.pictures = performance.now() - start;
        done({ ...found, painted: await painted() - start,
          cards: board.querySelectorAll(".hx-card").length });
      });
      seen.observe(board, { attributes: true, subtree: true,
        attributeFilter: ["data-pages", "data-filled"] });
      start = performance.now();
      act(deed);
    });
  }
  function watchPad() {
    new MutationObserver(async () => {
      const done = asked.filter((one) => one.name === "probe" && one.end !== null);
      const { start, about } = done[done.length - 1];
      const one = { at: performance.now(), asked: start, about };
      answers.push(one);
      if (answers.length > 500) answers.shift();
      one.painted = await painted();
    }).observe(document.querySelector("#probe"),
      { attributes: true, subtree: true, attributeFilter: ["data-answers"] });
    for (const kind of ["pointerdown", "pointerup"])
      window.addEventListener(kind, (event) => ups.push({ kind, at: event.timeStamp }), true);
  }
  return { asked, answers, ups, time, view, watchPad, act };
})();
"""


@dataclass(frozen=True)
class Figure:
    """What was measured, and what it should be.

    Attributes:
        name: what.
        values: every single measurement.
        unit: of the values.
        aim: what the judged number should be at most (at least, if `least`); None: no aim.
        judged: which number the aim is for: p50, p95 or max.
        least: whether more is better.
        about: one line on how it was taken.
        load: of the machine when it was done, over the last minute.
    """

    name: str
    values: tuple[float, ...]
    unit: str = "ms"
    aim: float | None = None
    judged: str = "p50"
    least: bool = False
    about: str = ""
    load: float = field(default_factory=lambda: os.getloadavg()[0])

    @property
    def p50(self) -> float:
        return statistics.median(self.values)

    @property
    def p95(self) -> float:
        """The value that 95 % do not pass; of fewer than 20 the largest."""
        ordered = sorted(self.values, reverse=self.least)
        return ordered[min(len(ordered) - 1, -(-95 * len(ordered) // 100) - 1)]

    @property
    def max(self) -> float:
        return min(self.values) if self.least else max(self.values)

    @property
    def met(self) -> bool | None:
        """Whether the aim was reached."""
        if self.aim is None:
            return None
        value = getattr(self, self.judged)
        return bool(value >= self.aim if self.least else value <= self.aim)

    def as_row(self) -> dict[str, Any]:
        """All numbers of it."""
        return {
            "name": self.name,
            "unit": self.unit,
            "p50": self.p50,
            "p95": self.p95,
            "worst": self.max,
            "count": len(self.values),
            "aim": self.aim,
            "judged": self.judged,
            "met": self.met,
            "load": self.load,
            "about": self.about,
            "values": [round(value, 3) for value in self.values],
        }


def as_line(figure: Figure, base: float | None = None) -> str:
    """One line of the table."""
    aim = ""
    if figure.aim is not None:
        sign = ">=" if figure.least else "<="
        verdict = "ok" if figure.met else "MISSED"
        aim = f"  {verdict}: {figure.judged} {sign} {figure.aim:g}"
    ratio = f"  {figure.p50 / base:5.2f} x" if base and figure.unit == "ms" else " " * 9
    return (
        f"{figure.name:52s} {figure.p50:8.1f} {figure.p95:8.1f} {figure.max:8.1f} "
        f"{figure.unit:5s}{ratio}  n {len(figure.values):4d}  load {figure.load:4.1f}{aim}"
    )


def print_figures(
    schema: str, figures: Sequence[Figure], *, base: float | None, as_json: bool, **more: Any
) -> None:
    """The table, or everything as JSON; `base` is the p50 of the bare echo in milliseconds."""
    if as_json:
        rows = [figure.as_row() for figure in figures]
        machine = {"cores": os.cpu_count(), "load": os.getloadavg()}
        print(json.dumps({"schema": schema, "machine": machine, **more, "rows": rows}, indent=1))
        return
    print_head()
    print_lines(figures, base)


def print_head() -> None:
    """The machine, and the names of the columns."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"{os.cpu_count()} cores, load {load} (1, 5, 15 minutes)")
    head = f"{'':52s} {'p50':>8s} {'p95':>8s} {'worst':>8s}       {'of bare echo':>9s}"
    print(head, flush=True)


def print_lines(figures: Sequence[Figure], base: float | None) -> None:
    """The rows of the table."""
    for figure in figures:
        print(as_line(figure, base), flush=True)
        if figure.about:
            print(f"    {figure.about}", flush=True)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A Chromium of this machine, else Playwright's own; ending the script ends its servers."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


def started(*arguments: str, folder: Path) -> tuple[Server, str]:
    """A server of `hardex ARGUMENTS` in a process of its own, and its address."""
    server = begun(*arguments, folder=folder)
    assert server.stdout is not None
    for line in server.stdout:
        if line.startswith("hardex is at "):
            return server, line.removeprefix("hardex is at ").strip()
    said = (folder / "server-says.txt").read_text(encoding="utf-8", errors="replace")
    raise SystemExit(f"hardex {' '.join(arguments)} gave no address:\n{said}")


def begun(*arguments: str, folder: Path) -> Server:
    """A server that may not answer yet."""
    complaints = (folder / "server-says.txt").open("wb")  # a pipe that nobody reads fills up
    server = subprocess.Popen(
        [sys.executable, "-m", "hardex", *arguments, "--no-browser"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=complaints,
        text=True,
    )
    complaints.close()
    return server


def end(server: Server) -> None:
    """Stop one server of ours and wait until it is gone."""
    server.send_signal(signal.SIGTERM)
    server.wait(60)


def visit(browser: Browser, url: str, words: str = "") -> Page:
    """A page of a visitor who was never here before, on its way to an address."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.add_init_script(RECORDER)
    page.goto(f"{url}?{words}" if words else url, wait_until="commit")
    return page


def seen_after(page: Page, selector: str) -> float:
    """Milliseconds from navigation until a part is seen, by the page's clock."""
    found = page.wait_for_function(
        """(selector) => {
          const node = document.querySelector(selector);
          return node && node.checkVisibility() ? performance.now() : null;
        }""",
        arg=selector,
        timeout=300_000,
    )
    return float(found.json_value())


def act(page: Page, kind: str, selector: str, value: object = "") -> None:
    """A click, or an event on an input that was given a value."""
    page.evaluate("deed => bench.act(deed)", [kind, selector, str(value)])


def timed(
    page: Page, deed: tuple[str, str, object], watched: str, attribute: str = ""
) -> dict[str, float]:
    """Act; milliseconds until the watched part `changed`, and until it was `painted`."""
    kind, selector, value = deed
    found: dict[str, float] = page.evaluate(
        "([deed, watched, attribute]) => bench.time(deed, watched, attribute)",
        [[kind, selector, str(value)], watched, attribute],
    )
    return found


def timed_view(page: Page, kind: str, selector: str, value: object = "") -> dict[str, float]:
    """Act on Browse; milliseconds until the cards `changed` and all `pictures` were there."""
    found: dict[str, float] = page.evaluate(
        "deed => bench.view(deed)", [kind, selector, str(value)]
    )
    return found


def round_trips(page: Page, name: str) -> tuple[float, ...]:
    """Milliseconds of every question that the page still remembers."""
    found = page.evaluate(
        """(name) => bench.asked.filter((one) => one.name === name && one.end !== null)
          .map((one) => one.end - one.start)""",
        name,
    )
    return tuple(found)


def megabytes(process_id: int | None = None) -> float | None:
    """Memory of a process that lies in RAM (this one's by default); None where nobody tells."""
    try:
        text = Path("/proc", str(process_id or "self"), "status").read_text(encoding="ascii")
    except OSError:
        return None
    line = next(line for line in text.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def open_files(process_id: int) -> int | None:
    """How many file descriptors a process holds; None where nobody tells."""
    try:
        return len(os.listdir(f"/proc/{process_id}/fd"))
    except OSError:
        return None


def ready(url: str, browser: Browser) -> None:
    """Wait until run, model and training data of a server are there."""
    page = visit(browser, url)
    seen_after(page, "#status .hx-line-run:not([hidden])")
    page.wait_for_function(
        "!document.querySelector('#status .hx-progress:not([hidden])')",
        timeout=300_000,
        polling=200,
    )
    page.close()
    time.sleep(1)
