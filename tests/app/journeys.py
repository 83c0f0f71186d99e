"""`hardex serve` as a process of its own, and what an annotator does with it in a browser."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import hardex

# A classifier in a file of its own, so that a process can name it: the brightest third wins.
PARTS = """
import numpy as np
def parts(images):
    pixels = images.reshape(len(images), -1)
    light = [part.mean(axis=1) + 1 for part in np.array_split(pixels, 3, axis=1)]
    return np.stack(light, axis=1) / np.sum(light, axis=0)[:, None]
"""


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


def make_run(folder: Path) -> Path:
    """A run whose model a process of its own can load."""
    (folder / "bright.py").write_text(PARTS)
    images = np.random.default_rng(0).integers(0, 256, (30, 12, 12, 1), dtype=np.uint8)
    np.savez(folder / "data.npz", images=images, labels=np.arange(30) % 3)
    with _importing(folder):
        hardex.rank("bright:parts", folder / "data.npz", out=folder / "run")
    return folder / "run"


@contextmanager
def _importing(folder: Path):
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop("bright", None)


class Serving:
    """A running `hardex serve`."""

    def __init__(self, run: Path, *options: str, path: str = "", env: dict | None = None):
        self.run, self.log = run, run.parent / f"log-{time.monotonic_ns()}.txt"
        places = [str(run.parent), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
        self.env = {**os.environ, "PYTHONPATH": os.pathsep.join(places), **(env or {})}
        if path:
            self.env["PATH"] = f"{path}{os.pathsep}{os.environ['PATH']}"
        words = ["serve", str(run), "--no-browser", "--trust-model", *options]
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hardex", *words],
                cwd=run.parent,
                env=self.env,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def told(self) -> str:
        return self.log.read_text()

    def wait_for(self, words: str, seconds: float = 120.0) -> str:
        """The line with these words."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for line in self.told().splitlines():
                if words in line:
                    return line
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        pytest.fail(f"the server did not say {words!r}:\n{self.told()}")

    def invited(self, name: str, *options: str) -> str:
        """A personal link, as the owner makes one at another terminal."""
        command = [sys.executable, "-m", "hardex", "annotate", "invite", str(self.run), name]
        made = subprocess.run(
            [*command, *options], capture_output=True, text=True, env=self.env, check=True
        )
        return made.stdout.strip()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)


def answers(url: str) -> int:
    """The status with which an address answers; 0 if nobody does."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except OSError:
        return 0


def judge_one(page: Page) -> None:
    """Say which class the example in view is."""
    page.locator(".hx-ann-classes button").first.click()


def stored(page: Page, run: Path, name: str, count: int) -> None:
    """Wait until so many answers are stored, and the page says so."""
    end = time.monotonic() + 120
    while len(hardex.load(run).annotations.by(name)) < count:
        assert time.monotonic() < end, page.locator(".hx-annotate").inner_text()
        page.wait_for_timeout(200)
    expect(page.locator(".hx-ann-saved")).to_have_text("Saved ✓", timeout=120_000)


def probe_and_keep(page: Page, name: str) -> None:
    """Draw something on the Probe page and keep it."""
    page.locator(".hx-page-link[data-page=probe]").click()
    pad = page.locator(".hx-pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 180, box["y"] + 200, steps=8)
    page.mouse.up()
    expect(page.locator(".hx-says-after")).to_contain_text("%", timeout=30_000)
    page.locator(".hx-keep-name").fill(name)
    page.locator(".hx-keep-this").click()
    expect(page.locator(".hx-keep-says")).to_have_text("Kept with the run.", timeout=30_000)
