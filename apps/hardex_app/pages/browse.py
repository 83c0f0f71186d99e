"""The Browse page: the hard examples as a grid; one click shows an example large, with its bars."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from hardex.errors import HardexError
from hardex.runs.annotations import VERDICTS, Annotation, annotate, annotations_of
from hardex.runs.run import Run
from hardex_app.assets import asset, script
from hardex_app.cards import ALL, hard_cards, picture_url
from hardex_app.inspection import Inspection

_EVERYTHING = ("all", ALL)  # a class may be called "all", too: the value differs
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
_BARS_MOST = 10  # with more classes only the likeliest are shown
_VERDICT_WORDS = {
    "right": "Right",
    "wrong": "Wrong",
    "ambiguous": "Ambiguous",
    "bad_image": "Bad image",
    "not_sure": "Not sure",
}


def detail(run: Run, id: str) -> dict[str, Any]:
    """Everything known about one example, as the detail panel draws it.

    Raises:
        HardexError: no such example.
    """
    row = run.row(id)
    places = run.hard[run.hard["id"] == id]
    names = run.manifest.class_names
    formulas = run.manifest.formulas
    return {
        "id": id,
        "file_name": row["file_name"] if isinstance(row["file_name"], str) else "",
        "given": row["given_label"],
        "predicted": row["predicted_label"],
        "confidence": float(row["confidence"]),
        "image": picture_url(run, id),
        "bars": [
            {"class": names[i], "p": float(row["probabilities"][i])}
            for i in _worth_a_bar(row["probabilities"], int(row["given_index"]))
        ],
        "reasons": [f"{place.list} {place.rank}: {place.reason}" for place in places.itertuples()],
        "scores": {name: float(row[name]) for name in formulas if name in row},
        "formulas": formulas,
    }


def _worth_a_bar(probabilities: Any, given: int) -> list[int]:
    """All classes of a few; the likeliest of many, and the given label."""
    if len(probabilities) <= _BARS_MOST:
        return list(range(len(probabilities)))
    likeliest: list[int] = (-probabilities).argsort(kind="stable")[:_BARS_MOST].tolist()
    return likeliest if given in likeliest else [*likeliest[:-1], given]


@dataclass(frozen=True)
class Filters:
    """The components a visitor filters with, in the order of `hard_cards`."""

    list_name: gr.Radio
    given: gr.Dropdown
    predicted: gr.Dropdown

    def inputs(self) -> list[Any]:
        """As inputs of an event."""
        return [self.list_name, self.given, self.predicted]


def on_page(
    inspection: Inspection, list_name: str, given: str, predicted: str, page: int
) -> tuple[Any, int]:
    """Show one page of the grid."""
    if inspection.run is None:
        return None, 1
    shown = hard_cards(inspection.run, list_name, given, predicted, page)
    return shown, shown["page"]


def on_open(inspection: Inspection, id: str) -> tuple[Any, str, str]:
    """A card was chosen: show it large, with what people said of it."""
    run = _run(inspection)
    try:
        return detail(run, id), id, said_about(run, id)
    except HardexError as error:
        raise gr.Error(str(error)) from error


def on_verdict(
    inspection: Inspection, verdict: str, id: str, new_label: str | None, annotator: str | None
) -> str:
    """A visitor judged the open example: keep who said what; without accounts it is the owner."""
    run = _run(inspection)
    if not id:
        raise gr.Error("Choose an example first.")
    try:
        annotate(
            run.folder, Annotation(annotator or "owner", id, verdict, _label(verdict, new_label))
        )
    except HardexError as error:
        raise gr.Error(str(error)) from error
    return said_about(run, id)


def _label(verdict: str, new_label: str | None) -> str:
    return new_label or "" if verdict == "wrong" else ""


def said_about(run: Run, id: str) -> str:
    """What people said of an example, latest last, as plain text."""
    lines = []
    for event in annotations_of(run.folder, id):
        words = _VERDICT_WORDS[event.verdict].lower()
        label = f", it is {event.new_label}" if event.new_label else ""
        lines.append(f"{event.time:%Y-%m-%d %H:%M} UTC  {event.annotator}: {words}{label}")
    return "\n".join(lines)


def class_choices(inspection: Inspection) -> tuple[Any, Any, Any]:
    """The class filters and the new label, once the class names are known."""
    names = [] if inspection.run is None else list(inspection.run.manifest.class_names)
    return (
        gr.Dropdown(choices=[_EVERYTHING, *names], value=ALL),
        gr.Dropdown(choices=[_EVERYTHING, *names], value=ALL),
        gr.Dropdown(choices=names, value=None),
    )


def _run(inspection: Inspection) -> Run:
    if inspection.run is None:
        raise gr.Error("The run is not ready yet; wait until the ranking is done.")
    return inspection.run


@dataclass(frozen=True)
class BrowsePage:
    """What the window needs of this page.

    Attributes:
        refresh: a handler, and its outputs, to call when the run is ready.
        probe_this: the button that asks for the open example on the Probe page.
        chosen: the id of the open example.
    """

    refresh: Callable[[], tuple[Any, ...]]
    outputs: list[Any]
    probe_this: gr.Button
    chosen: gr.State


def build(inspection: Inspection) -> BrowsePage:
    """The page, with nothing but wiring in it."""
    with gr.Row(elem_classes="hx-filters"):
        list_name = gr.Radio(
            [_EVERYTHING, "unsure", "wrong"], value=ALL, label="List", elem_id="list", min_width=280
        )
        given = gr.Dropdown([_EVERYTHING], value=ALL, label="Given class", elem_id="given")
        predicted = gr.Dropdown(
            [_EVERYTHING], value=ALL, label="Predicted class", elem_id="predicted"
        )
    filters = Filters(list_name, given, predicted)
    with gr.Row(elem_classes="hx-browse"):
        with gr.Column(scale=3, min_width=320):
            grid = gr.HTML(
                html_template=asset("grid.html"), js_on_load=script("grid.js"), elem_id="grid"
            )
            page = gr.Number(1, visible=False)
        with gr.Column(scale=2, min_width=320, elem_classes="hx-panel"):
            panel = gr.HTML(
                html_template=asset("detail.html"), js_on_load=script("detail.js"), elem_id="detail"
            )
            chosen = gr.State("")
            with gr.Column(elem_id="judge", visible=False) as judge:
                gr.HTML("<h3>Is the given label right?</h3>")
                with gr.Row(elem_classes="hx-verdicts"):
                    buttons = {
                        verdict: gr.Button(_VERDICT_WORDS[verdict], size="sm", min_width=84)
                        for verdict in VERDICTS
                    }
                new_label = gr.Dropdown(
                    [], label="If it is wrong: what is it? (choose first)", elem_id="new-label"
                )
                said = gr.Textbox(
                    label="What people said", lines=2, interactive=False, elem_id="said"
                )
            probe_this = gr.Button(
                "Probe this example", variant="primary", visible=False, elem_id="probe-this"
            )
    _wire_grid(inspection, filters, grid, page)

    # Closures rather than partials: Gradio finds `gr.EventData` and `gr.Request` by signature.
    def open_card(event: gr.EventData) -> tuple[Any, ...]:
        seen = gr.Column(visible=True), gr.Button(visible=True)
        return (*on_open(inspection, str(event.id)), *seen, None)

    grid.select(open_card, None, [panel, chosen, said, judge, probe_this, new_label], **_QUIET)
    for verdict, button in buttons.items():
        button.click(_judge(inspection, verdict), [chosen, new_label], said, **_QUIET)

    def refresh() -> tuple[Any, ...]:
        return (*class_choices(inspection), *on_page(inspection, ALL, ALL, ALL, 1))

    return BrowsePage(refresh, [given, predicted, new_label, grid, page], probe_this, chosen)


def _judge(inspection: Inspection, verdict: str) -> Callable[..., str]:
    def judge(id: str, new_label: str | None, request: gr.Request) -> str:
        return on_verdict(inspection, verdict, id, new_label, request.username)

    return judge


def _wire_grid(inspection: Inspection, filters: Filters, grid: gr.HTML, page: gr.Number) -> None:
    def filtered(list_name: str, given: str, predicted: str) -> tuple[Any, int]:
        return on_page(inspection, list_name, given, predicted, 1)

    def turned(list_name: str, given: str, predicted: str, event: gr.EventData) -> tuple[Any, int]:
        return on_page(inspection, list_name, given, predicted, int(event.page))

    changes = [component.input for component in filters.inputs()]
    gr.on(changes, filtered, filters.inputs(), [grid, page], **_QUIET)
    grid.turn(turned, filters.inputs(), [grid, page], **_QUIET)
