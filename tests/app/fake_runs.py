"""Runs for the pages, made of small arrays by classifiers that are plain functions."""

import asyncio
import base64
import io
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import sleep
from types import SimpleNamespace

import gradio as gr
import httpx
import numpy as np

import hardex
from hardex.annotate.plan import Assignment
from hardex.classifiers.classifier import FunctionClassifier
from hardex.diagnosis.causes import CAUSES, remedy_of
from hardex.diagnosis.overall import (
    DIAGNOSIS,
    CauseCount,
    Diagnosis,
    GroupTest,
    LabelErrors,
    Leakage,
    NotJudged,
)
from hardex.diagnosis.selftest import (
    SELFTEST,
    CalibrationBin,
    CauseTest,
    SelfTest,
    share_of,
    write_json,
)
from hardex.images import read_image
from hardex.runs.findings import FINDINGS, write_findings
from hardex_app.auth.gate import Gate
from hardex_app.auth.guard import Guard
from hardex_app.auth.keys import Keys
from hardex_app.background import Status
from hardex_app.front.gradio_window import GradioWindow
from hardex_app.front.routes import Front
from hardex_app.links.connections import Connections
from hardex_app.links.server import Served, gradio_window, in_a_loop, launch, owner_window
from hardex_app.links.sharing import Sharing
from hardex_app.workspace import Workspace

# Names that break what puts them into markup, templates, paths or tables.
HOSTILE = (
    "<script>alert(1)</script>",
    "${1+1}",
    "{{x}}",
    '"><img src=x onerror=alert(1)>',
    "t-shirt, \U0001f9e6",
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "x" * 300,
    "../../etc/passwd",
    "NaN",
    "two\nlines",
)


def parts_of(class_count):
    """A classifier of k classes: the picture is cut into k parts, and the brightest one wins."""

    def parts(images):
        pixels = images.reshape(len(images), -1)
        light = [part.mean(axis=1) + 1 for part in np.array_split(pixels, class_count, axis=1)]
        return np.stack(light, axis=1) / np.sum(light, axis=0)[:, None]

    return parts


def small_run(
    folder, *, class_count=3, names=None, count=30, shape=(6, 6, 1), input_shape=None, **options
):
    """A run of noise with random labels, and its classifier; both can be asked for every image."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, *shape), dtype=np.uint8)
    labels = np.arange(count) % class_count
    classifier = FunctionClassifier(parts_of(class_count), input_shape, class_count)
    return run_of(folder, images, labels, classifier, names=names, **options), classifier


def run_of(folder, images, labels, classifier, *, names=None, **options):
    """A run of these images, kept in a file so that each can be read again."""
    np.savez(folder / "data.npz", images=images, labels=np.asarray(labels))
    return hardex.rank(
        classifier, folder / "data.npz", class_names=names, out=folder / "run", **options
    )


def diagnosed(run, findings, *, selftest=True):
    """Write what a diagnosis of a run would: these findings, and figures that fit them."""
    results = run.folder / "results"
    write_findings(results / FINDINGS, findings, CAUSES)
    counts = Counter(one.cause for one in findings)
    named = "3 of 4 wrong examples of it were found so, where chance explains 0.2 (p = 0.001)"
    tests = [
        GroupTest(one.cause, one.given_label, 3, 4, 0.2, 1e-4, 1e-3, None, None, named)
        for one in findings[:1]
    ]
    diagnosis = Diagnosis(
        examples=len(findings),
        wrong=len(findings),
        chosen="all errors",
        model="parts",
        data=str(run.folder.parent / "data.npz"),
        train="mnist:train",
        train_path="",
        train_hash="0",
        scope="6 training images by pixels",
        judged=CAUSES,
        not_judged=(NotJudged("flip", "the pictures are no drawings"),),
        counts=tuple(CauseCount(cause, n, remedy_of(cause)) for cause, n in counts.most_common()),
        tests=tuple(tests),
        label_errors=LabelErrors(2, "too_few", (), 0, 1.0, "too few wrong labels for a pattern"),
        leakage=Leakage(1, 1, (findings[0].id,)),
        notes=(f"the pictures were read from {run.folder.parent / 'data.npz'}",),
    )
    write_json(results / DIAGNOSIS, diagnosis.as_json())
    if selftest:
        write_json(results / SELFTEST, self_test().as_json())


def self_test():
    """A self-test that names every cause but one."""
    tests = [
        CauseTest(
            cause,
            20,
            share_of(15, 20),
            share_of(1, 90),
            cause != "flip",
            "too weak" * (cause == "flip"),
        )
        for cause in CAUSES[:-1]
    ]
    bins = (CalibrationBin(0.6, 1.0, 90, 0.8, 0.9),)
    given = {"causes": tuple(tests), "accuracy": share_of(81, 90), "coverage": share_of(90, 100)}
    return SelfTest("parts", "data.npz", "mnist:train", "1", "0", 0, 20, **given, threshold=0.6,
                    calibration_error=0.1, calibration=bins)  # fmt: skip


def photographs(count, height, width, channels=3, noise=8):
    """Gradients under a camera's noise."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:height, :width]
    smooth = np.stack([x * 200 / width, y * 200 / height, (x + y) / 9], axis=2)[:, :, :channels]
    grainy = smooth + rng.normal(0, noise, (count, height, width, channels))
    return grainy.clip(0, 255).astype(np.uint8)


def run_without_images(folder):
    """A run of saved probabilities alone."""
    rows = np.array([[0.6, 0.4], [0.7, 0.3], [0.2, 0.8], [0.9, 0.1]])
    return hardex.rank(probabilities=rows, labels=np.array([0, 1, 1, 1]), out=folder / "saved")


def decoded(url):
    """The pixels of a PNG data URL."""
    head, _, data = url.partition(",")
    assert head == "data:image/png;base64"
    return read_image(io.BytesIO(base64.b64decode(data)))


def sentence(error):
    """The text of an error, which must be one line that ends as a sentence does."""
    text = str(error)
    assert text.endswith(".") and "\n" not in text
    return text


def launched_blocks(build, workspace=None):
    """A window that `build` makes, on a free port of loopback; its pages ask of `workspace`."""

    def built():
        with gr.Blocks(analytics_enabled=False, fill_width=True) as window:
            build(window)
        return gradio_window(window)

    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    workspace = workspace or Workspace(lambda workspace: None)
    app = Guard(Front(workspace, in_a_loop(built)), Gate(port))
    return Served(app, listening, Connections(100))


async def never(scope, receive, send):
    """Stands for Gradio where nothing may reach it."""
    raise AssertionError(f"{scope['path']} reached Gradio")


def guarded(workspace, gate, app=never):
    """The app's own routes behind the guard, with `app` in the place of Gradio."""
    return Guard(Front(workspace, GradioWindow(app, {}, lifespan=app)), gate)


@contextmanager
def serving(workspace, keys=None, **sharing):
    """The whole app on loopback, as `hardex serve` opens it."""
    options = Sharing(**sharing)
    served = launch(workspace, "127.0.0.1", None, options, keys)
    try:
        served.show(owner_window(workspace, options.root_path))
        yield served
    finally:
        served.close()


def entered(url, token):
    """Somebody who has opened their link and asks over raw HTTP; close it in the end."""
    visitor = httpx.Client(base_url=url, timeout=60, limits=httpx.Limits(max_connections=60))
    assert visitor.post("/enter", json={"token": token}).status_code == 204
    return visitor


def bearing(url, token):
    """A program that sends its token with each request; close it in the end."""
    visitor = httpx.Client(base_url=url, timeout=60, headers={"authorization": f"Bearer {token}"})
    assert visitor.get("/here").status_code == 204
    return visitor


def run_apart(coroutine):
    """In a thread of its own: the one of the tests may have a loop already, Playwright's."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def asking(visitor, page, name, about):
    """The response to a question, as the script of a page asks it."""
    return visitor.post(f"/ask/{page}/{name}", json=about)


@contextmanager
def local_or_shared(folder, is_shared):
    """An app without keys, or a shared one; a header `line` is what its owner sends."""
    run, classifier = small_run(folder, shape=(8, 8, 1))
    workspace = inspecting(run, classifier)
    keys = Keys(workspace) if is_shared else None
    with serving(workspace, keys) as served:
        line = f"Authorization: Bearer {keys.owner_token}" if keys else "X-Nothing: here"
        yield SimpleNamespace(port=served.port, url=served.url, line=line, keys=keys)
    if keys:
        keys.close()


def ask(visitor, page, name, about):
    """The answer to a question, as the script of a page gets it."""
    told = asking(visitor, page, name, about)
    assert told.status_code == 200, told.text
    return told.json()


def wait_until_over(workspace, *, seconds=0.05):
    """The status of a workspace once its background work has ended."""
    while not workspace.status.over:
        sleep(seconds)
    return workspace.status


def inspecting(run, classifier=None, **asked):
    """A workspace with all its work done; `asked` of annotators."""
    assignment = Assignment(**asked) if asked else None
    workspace = Workspace(lambda workspace: None, run=run, assignment=assignment)
    workspace.classifier, workspace.status = classifier, Status("ready")
    return workspace
