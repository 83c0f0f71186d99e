"""The Overview page: how good the model is, class by class, and the way to where it fails."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from hardex_app.overview import overview
from hardex_app.ui.files import asset
from hardex_app.ui.modules import script
from hardex_app.workspace import Workspace


def facts(workspace: Workspace) -> dict[str, Any] | None:
    """What the page draws, as soon as there is a run."""
    return None if workspace.run is None else overview(workspace.run)


@dataclass(frozen=True)
class OverviewPage:
    """What the window needs of this page: `facts` goes into `board`."""

    board: gr.HTML


def build(workspace: Workspace) -> OverviewPage:
    """The page, with nothing but wiring in it."""
    board = gr.HTML(
        html_template=asset("pages/overview/page.html"),
        js_on_load=script("pages/overview/page.js"),
        elem_id="overview",
    )
    return OverviewPage(board)
