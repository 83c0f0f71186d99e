"""The wheel: what is in it, and that it works without this checkout."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen
from zipfile import ZipFile

import pytest

from hardex.classifiers.shipped import SHIPPED
from hardex.version import VERSION

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
INFO = f"hardex-{VERSION}.dist-info"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", folder, ROOT, cwd=folder)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The programs of a new environment with only the wheel and its dependencies."""
    folder = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    programs, versions = folder / "venv" / "bin", folder / "versions.txt"
    # The tested versions, without their hashes: with hashes pip would ask for the wheel's, too.
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    versions.write_text(re.sub(r"\s*\\\s+--hash=\S+", "", pinned), encoding="utf-8")
    run(programs / "pip", "install", "--no-compile", "-c", versions, wheel, cwd=folder)
    return programs


def test_the_wheel_holds_the_packages_and_nothing_else(wheel):
    packages = {"hardex": ROOT / "hardex", "hardex_app": ROOT / "apps" / "hardex_app"}
    expected = {
        f"{name}/{path.relative_to(folder).as_posix()}"
        for name, folder in packages.items()
        for path in folder.rglob("*")
        if path.is_file() and path.parent.name != "__pycache__"
    }
    expected |= {
        f"hardex_models/{name}.{kind}" for name in SHIPPED for kind in ("keras", "csv", "card.json")
    }
    files = {name for name in ZipFile(wheel).namelist() if not name.startswith(f"{INFO}/")}
    assert files == expected
    assert "hardex/data/mnist_files/t10k-images-idx3-ubyte.gz" in files


def test_the_wheel_carries_both_licences(wheel):
    with ZipFile(wheel) as archive:
        licences = {
            name: archive.read(f"{INFO}/licenses/{name}").decode()
            for name in ("LICENSE", "hardex/data/mnist_files/LICENSE-MNIST.md")
        }
    assert "Apache License" in licences["LICENSE"]
    assert "ShareAlike" in licences["hardex/data/mnist_files/LICENSE-MNIST.md"]


def test_the_demo_runs_from_an_installed_wheel(installed, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with started(
        installed / "hardex", "demo", "--no-browser", "--port", port, cwd=tmp_path
    ) as demo:
        demo.wait_for(lambda: answers(port), seconds=180)
        manifest = tmp_path / "runs" / "mnist-demo" / "manifest.json"
        demo.wait_for(manifest.exists, seconds=300)
        demo.process.send_signal(signal.SIGINT)
        code = demo.process.wait(timeout=60)
    assert code in (0, 130), demo.output()
    assert "Traceback" not in demo.output()
    assert {path.name for path in tmp_path.iterdir()} <= {"runs", ".gradio"}


def answers(port):
    """Whether the server returns the page."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/", timeout=30) as page:
            return b"hardex" in page.read()
    except (URLError, ConnectionError, TimeoutError):
        return False


class Started:
    """A running program and its output so far."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path) -> None:
        self.process = process
        self._output = output

    def output(self) -> str:
        return self._output.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, condition: Callable[[], bool], *, seconds: float) -> None:
        """Wait for a condition; if it takes too long, fail with the program's output."""
        end = time.monotonic() + seconds
        while not condition():
            if self.process.poll() is not None:
                pytest.fail(f"ended with {self.process.returncode} and said:\n{self.output()}")
            if time.monotonic() > end:
                pytest.fail(f"nothing came in {seconds} seconds; it said:\n{self.output()}")
            time.sleep(0.2)


@contextmanager
def started(*command, cwd):
    """Start a program; kill it at the end of the block if it is still running."""
    output = cwd.with_name(f"{cwd.name}.log")
    # When pytest runs in the background it ignores Ctrl-C, and so do its children.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with output.open("wb") as log:
            process = subprocess.Popen(
                [str(part) for part in command],
                cwd=cwd,
                env=environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
    finally:
        signal.signal(signal.SIGINT, before)
    try:
        yield Started(process, output)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def run(*command, cwd):
    """Run a program to its end; fail with its output if it returns an error."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=900,
    )
    assert done.returncode == 0, done.stdout


def environment():
    """The environment variables, without those that point to the checkout."""
    hidden = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if name not in hidden}
