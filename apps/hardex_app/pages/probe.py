"""The Probe page: draw, or load an example; turn it, and watch the prediction shift."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

import gradio as gr

from hardex.errors import HardexError
from hardex.images import BRUSH_WIDTH
from hardex.runs.hard import LISTS
from hardex_app.assets import asset, script
from hardex_app.cards import hard_cards
from hardex_app.inspection import Inspection
from hardex_app.probing import curve, probe

_EXAMPLES_OF_EACH = 30  # list; any other is opened from the Browse page


def answer(
    inspection: Inspection, ask: Callable[..., dict[str, Any]], request: dict[str, Any]
) -> dict[str, Any]:
    """What the page gets: the answer, or `waiting`, or an `error` sentence."""
    if inspection.run is None or inspection.classifier is None:
        return not_ready(inspection)
    try:
        return ask(request, inspection.run, inspection.classifier)
    except HardexError as error:
        return {"error": str(error)}


def not_ready(inspection: Inspection) -> dict[str, Any]:
    """Why there is no answer yet, or never will be."""
    status = inspection.status
    if status.stage == "failed":
        return {"error": status.problem}
    if status.stage == "ready":
        return {
            "error": "This run was made from saved probabilities; to probe, start the app again "
            "with --model."
        }
    return {"waiting": f"The model is not ready yet ({status.stage}); your picture is kept."}


def facts(inspection: Inspection) -> dict[str, Any] | None:
    """What the page must know once: classes, examples to choose from, sizes."""
    run = inspection.run
    if run is None:
        return None
    shown = [card for name in LISTS for card in hard_cards(run, name)["cards"][:_EXAMPLES_OF_EACH]]
    return {
        "class_names": list(run.manifest.class_names),
        "examples": shown,
        "brush": BRUSH_WIDTH,
        "most_shift": max(run.manifest.image_shape or (28, 28, 1)) // 2,
    }


def asked_for(inspection: Inspection, id: str) -> dict[str, Any]:
    """Ask the page to open one example; asked twice, it opens twice.

    With all facts: a page that was never shown has not seen the value before this one.
    """
    return {**(facts(inspection) or {}), "open": id, "asked": str(uuid4())}


@dataclass(frozen=True)
class ProbePage:
    """What the window needs of this page: `facts` goes into `bench`."""

    bench: gr.HTML


def build(inspection: Inspection) -> ProbePage:
    """The page, with nothing but wiring in it."""
    ask_probe: Any = partial(answer, inspection, probe)
    ask_curve: Any = partial(answer, inspection, curve)
    ask_probe.__name__, ask_curve.__name__ = "probe", "curve"
    bench = gr.HTML(
        html_template=asset("probe.html"),
        js_on_load=script("probe.js"),
        server_functions=[ask_probe, ask_curve],
        elem_id="bench",
    )
    return ProbePage(bench)
