"""The Browse page: any view of the examples, and one of them large, with all that is known."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from hardex.errors import HardexError
from hardex_app import browsing
from hardex_app.answers import for_visitors, of_run
from hardex_app.assets import asset, script
from hardex_app.inspection import Inspection

_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def facts(inspection: Inspection) -> dict[str, Any] | None:
    """What the page must know once, as soon as there is a run."""
    run = inspection.run
    return None if run is None else browsing.facts(run)


def on_judge(inspection: Inspection, said: Any, annotator: str | None) -> dict[str, Any]:
    """A visitor judged an example; without accounts it is the owner."""
    try:
        if inspection.run is None:
            raise HardexError("a verdict needs a run; it is not ready yet; wait for the ranking.")
        lines = browsing.judge(inspection.run, annotator or "owner", said)
    except HardexError as error:
        return {"id": said.get("id"), "error": for_visitors(error, inspection.run)}
    return {"id": said.get("id"), "verdict": said.get("verdict"), "lines": lines}


@dataclass(frozen=True)
class BrowsePage:
    """What the window needs of this page: `facts` goes into `board`."""

    board: gr.HTML


def build(inspection: Inspection) -> BrowsePage:
    """The page, with nothing but wiring in it."""
    board = gr.HTML(
        html_template=asset("browse.html"),
        js_on_load=script("browse.js"),
        server_functions=_questions(inspection),
        said=None,  # the answer to "judge"
        elem_id="board",
    )

    # Gradio finds `gr.EventData` and `gr.Request` by the signature of a real function.
    def judge(event: gr.EventData, request: gr.Request) -> gr.HTML:
        said = {name: getattr(event, name, "") for name in ("id", "verdict", "new_label", "token")}
        told = on_judge(inspection, said, request.username)
        return gr.HTML(said={"token": said["token"], **told})

    board.judge(judge, None, board, api_name="judge_on_page", **_QUIET)
    return BrowsePage(board)


def _questions(inspection: Inspection) -> list[Callable[..., Any]]:
    def browse(words: dict[str, Any]) -> Any:
        return of_run(inspection, lambda run: browsing.browse(words, run))

    def example(id: str) -> Any:
        return of_run(inspection, lambda run: browsing.example(id, run))

    def image(id: str) -> Any:
        return of_run(inspection, lambda run: browsing.image(id, run))

    def standing(id: str) -> Any:
        return of_run(inspection, lambda run: browsing.standing(id, run))

    def pictures(ids: list[str]) -> Any:
        return of_run(inspection, lambda run: browsing.pictures(ids, run))

    def neighbours(id: str) -> Any:
        return of_run(inspection, lambda run: browsing.neighbours(id, run, inspection))

    return [browse, example, image, standing, pictures, neighbours]
