"""The Probe page: draw, load or choose a picture; change it, and watch the prediction."""

from typing import Any

import gradio as gr

from hardex_app.auth.visitors import visitor_of
from hardex_app.page import EVERYBODY, QUIET, Page
from hardex_app.probe_facts import facts_for
from hardex_app.questions import answer_keep
from hardex_app.responses import token_of
from hardex_app.workspace import Workspace


def _listen(bench: gr.HTML, workspace: Workspace) -> None:
    # Gradio finds `gr.EventData` and `gr.Request` by the signature of a real function.
    def keep(event: gr.EventData, request: gr.Request) -> Any:
        sent = event._data if isinstance(event._data, dict) else {}
        response = answer_keep(workspace, sent.get("probe"), visitor_of(request))
        return gr.HTML(said={"token": token_of(sent.get("token")), **response})

    bench.keep(keep, None, bench, **QUIET)


PAGE = Page(
    "probe",
    "Probe",
    roles=EVERYBODY,
    facts=facts_for,
    events=("keep",),
    listen=_listen,
    elem_id="bench",
    properties=("said",),
)
