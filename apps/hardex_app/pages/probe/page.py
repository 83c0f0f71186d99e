"""The Probe page: draw, take an image or choose an example; change it, and watch what happens."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeGuard

import gradio as gr

from hardex.errors import HardexError
from hardex.images import BRUSH_WIDTH, CANVAS_SIZE
from hardex.people.access import OWNER, Visitor
from hardex.probing.saved_probes import NAME_MOST, NOTE_MOST
from hardex.runs.hard_examples import LISTS
from hardex.runs.run import Run
from hardex_app.answers import kept_for, of_run, token_of
from hardex_app.auth.visitors import current, for_owner, is_owner, visitor_of
from hardex_app.cards import thumbnail_url
from hardex_app.probe_permissions import error_for, judged_examples, permitted, ticket_of
from hardex_app.probing import FILE_MOST, Shape, curve, probe, sliders, smallest, taken
from hardex_app.saved_probes import exported, keep_this, kept, reopened
from hardex_app.sources import shape_of_input
from hardex_app.ui.files import asset
from hardex_app.ui.modules import script
from hardex_app.workspace import Workspace

_EXAMPLES_OF_EACH = 30  # list; any other is opened by its address, as from the Browse page
_USUAL_SHAPE = (28, 28, 1)  # of a model that takes any size
_SIDE_MOST = 100_000  # pixels of a picture that sliders are made for
_DIGITS = frozenset("0123456789")

Answer = dict[str, Any]


def answer(
    workspace: Workspace, ask: Callable[..., Answer], request: Answer, visitor: Visitor
) -> Answer:
    """What the page gets of run and model: the answer, or `waiting`, or an `error` sentence."""
    if workspace.run is None or workspace.classifier is None:
        return not_ready(workspace, visitor)
    asked = None
    try:
        asked = permitted(request, visitor, workspace)
        return ask(asked, workspace.run, workspace.classifier)
    except HardexError as error:
        return {"error": error_for(visitor, error, workspace.run, asked)}


def not_ready(workspace: Workspace, visitor: Visitor) -> Answer:
    """Why the model does not answer yet, or never will."""
    status = workspace.status
    if not status.over:
        return {"waiting": f"The model is not ready yet ({status.stage}); your picture is kept."}
    if not is_owner(visitor):
        return {"error": "There is no model here to probe; the owner can start the app with one."}
    if status.stage == "ready":
        return {
            "error": "This run was made from saved probabilities; to probe, start the app again "
            "with --model."
        }
    return {"error": status.problem}


def facts(workspace: Workspace, visitor: Visitor = OWNER, *, listed: bool = True) -> Answer | None:
    """What the page must know once: classes, sliders, examples to choose from, sizes.

    Args:
        workspace: the run and the model.
        visitor: an annotator is told only of examples that they have judged.
        listed: whether the examples are wanted: their pictures take most of the time.
    """
    run = workspace.run
    if run is None:
        return None
    names = run.manifest.class_names
    owner = is_owner(visitor)
    model = workspace.classifier
    return {
        "whose": kept_for(run, visitor.name),
        "problem": not_ready(workspace, visitor).get("error", "") if model is None else "",
        "may": {"upload": owner, "export": owner},
        "class_names": list(names),
        "examples": _offered(workspace, run, visitor) if listed else [],
        "brush": BRUSH_WIDTH,
        "digits": set(names) <= _DIGITS,  # those are drawn as MNIST was made
        "limits": {"file_bytes": FILE_MOST, "name": NAME_MOST, "note": NOTE_MOST},
        **facts_of_shape(workspace, run, _shape(workspace, run)),
    }


def facts_of_shape(workspace: Workspace, run: Run, shape: Shape) -> Answer:
    """What of the facts depends on the shape of the picture, and on the model that has come."""
    height, width, channels = _shape(workspace, run)
    changes = sliders(shape)
    return {
        "shape": list(shape),
        "sliders": changes,
        "order": _order(changes),
        "canvas": _canvas((height, width, channels)),
        "colored": channels == 3,
    }


def on_facts(workspace: Workspace, request: Any, visitor: Visitor) -> Answer | None:
    """All facts, or with the `shape` [h, w, c] of a picture in the request those that go with it.

    A page asks so when a picture turns out to have another shape than it knew of.
    """
    run = workspace.run
    shape = request.get("shape") if isinstance(request, dict) else None
    if run is None or not _is_shape(shape):
        return facts(workspace, visitor)
    height, width, channels = shape
    return facts_of_shape(workspace, run, (height, width, channels))


def _is_shape(value: Any) -> TypeGuard[list[int]]:
    return (
        isinstance(value, list)
        and len(value) == 3
        and all(type(side) is int and 1 <= side <= _SIDE_MOST for side in value)
    )


def _shape(workspace: Workspace, run: Run) -> Shape:
    """(h, w, c) of the model's input, or what the run's was while there is no model yet."""
    model = workspace.classifier
    wanted = shape_of_input(run, model) if model is not None else None
    return wanted or run.manifest.image_shape or _USUAL_SHAPE


def _canvas(shape: Shape) -> list[int]:
    """Width and height of the pad, in the proportions of the model's input."""
    height, width, _ = shape
    factor = CANVAS_SIZE / max(height, width)
    return [max(1, round(width * factor)), max(1, round(height * factor))]


def _order(changes: list[Answer]) -> str:
    """In which order changes act, in one line; both directions of a shift are one of them."""
    steps = dict.fromkeys(str(one["label"]).split()[0].lower() for one in changes)
    return f"Order: {', '.join(steps)}. Rotation + is counter-clockwise, shear + leans right."


def _offered(workspace: Workspace, run: Run, visitor: Visitor) -> list[Answer]:
    return _examples(run) if is_owner(visitor) else _judged(workspace, run, visitor)


def _examples(run: Run) -> list[Answer]:
    hard = run.hard
    return [
        {
            "id": row.id,
            "list": row.list,
            "rank": int(row.rank),
            "given": row.given_label,
            "predicted": row.predicted_label,
            "image": thumbnail_url(run, row.id),
        }
        for name in LISTS
        for row in hard[hard["list"] == name].head(_EXAMPLES_OF_EACH).itertuples()
    ]


def _judged(workspace: Workspace, run: Run, visitor: Visitor) -> list[Answer]:
    """What an annotator has judged, the last one first; the number tells how long ago."""
    found = []
    for number, id in enumerate(judged_examples(visitor, run), 1):
        row = run.row(id)
        found.append(
            {
                "id": ticket_of(id, visitor, workspace),
                "list": "judged",
                "rank": number,
                "given": row["given_label"],
                "predicted": row["predicted_label"],
                "image": thumbnail_url(run, id),
            }
        )
    return found


def on_keep(workspace: Workspace, request: Any, visitor: Visitor) -> Answer:
    """A visitor wants to keep what they see: the new probe's id, or why it cannot be kept.

    Args:
        workspace: the run and the model.
        request: what `keeping.keep_this` takes.
        visitor: who it is; what they keep stands under their name.
    """

    def ask(request: Answer, run: Run, classifier: Any) -> Answer:
        return {"kept": keep_this(request, visitor.name, run, classifier).probe_id}

    told = answer(workspace, ask, request, visitor)
    return {"error": told["waiting"]} if "waiting" in told else told


class ProbePage(NamedTuple):
    """What the window needs of this page: `facts` goes into `bench`."""

    bench: gr.HTML


def build(workspace: Workspace) -> ProbePage:
    """The page, with nothing but wiring in it."""
    bench = gr.HTML(
        html_template=asset("pages/probe/page.html"),
        js_on_load=script("pages/probe/page.js", "keep"),
        server_functions=_server_functions(workspace),
        said=None,  # the answer to "keep"
        elem_id="bench",
    )

    # A closure rather than a partial: Gradio finds `gr.EventData` and `gr.Request` by signature.
    def on_event(event: gr.EventData, request: gr.Request) -> Any:
        asked = event._data if isinstance(event._data, dict) else {}
        told = on_keep(workspace, asked.get("probe"), visitor_of(request))
        return gr.HTML(said={"token": token_of(asked.get("token")), **told})

    bench.keep(on_event, None, bench, show_progress="hidden", api_visibility="private")
    return ProbePage(bench)


def _server_functions(workspace: Workspace) -> list[Any]:
    """What the script may call, each under its name as `server.NAME(request)`."""
    of_model = {"probe": probe, "curve": curve, "smallest": smallest}
    functions: dict[str, Callable[[Answer], Any]] = {
        name: partial(_asked_now, workspace, ask) for name, ask in of_model.items()
    }
    functions |= {
        "taken": lambda request: _taken(workspace, request),
        "facts": lambda request: _of_run(
            workspace, lambda run: on_facts(workspace, request, current())
        ),
        "kept": lambda request: _of_run(workspace, lambda run: kept(run, current())),
        "reopen": lambda request: _of_run(workspace, lambda run: _reopened(workspace, request)),
        "export": lambda request: _of_run(workspace, _exported),
    }
    for name, function in functions.items():
        function.__name__ = name
    return list(functions.values())


def _of_run(workspace: Workspace, ask: Callable[[Run], Any]) -> Any:
    def asking(run: Run) -> Any:
        try:
            return ask(run)
        except HardexError as error:
            return {"error": error_for(current(), error, run)}

    return of_run(workspace, asking)


def _asked_now(workspace: Workspace, ask: Callable[..., Answer], request: Answer) -> Answer:
    return answer(workspace, ask, request, current())


def _taken(workspace: Workspace, request: Answer) -> Answer:
    """A file becomes a picture; only the owner's."""

    def ask(request: Answer, run: Run, classifier: Any) -> Answer:
        for_owner(current())
        return taken(request, run, classifier)

    return answer(workspace, ask, request, current())


def _reopened(workspace: Workspace, request: Answer) -> Answer:
    run, visitor = workspace.run, current()
    if run is None:
        return not_ready(workspace, visitor)
    found = reopened(request, run, visitor)
    source = found["source"]
    if source["kind"] == "example":
        found["source"] = {**source, "id": ticket_of(source["id"], visitor, workspace)}
    return found


def _exported(run: Run) -> Answer:
    for_owner(current())
    return exported(run)
