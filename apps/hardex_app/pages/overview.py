"""The Overview page: how good the model is, class by class, and the way to where it fails."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from hardex_app.assets import asset, script
from hardex_app.inspection import Inspection
from hardex_app.overview import overview


def facts(inspection: Inspection) -> dict[str, Any] | None:
    """What the page draws, as soon as there is a run."""
    return None if inspection.run is None else overview(inspection.run)


@dataclass(frozen=True)
class OverviewPage:
    """What the window needs of this page: `facts` goes into `board`."""

    board: gr.HTML


def build(inspection: Inspection) -> OverviewPage:
    """The page, with nothing but wiring in it."""
    board = gr.HTML(
        html_template=asset("overview.html"),
        js_on_load=script("overview.js"),
        elem_id="overview",
    )
    return OverviewPage(board)
