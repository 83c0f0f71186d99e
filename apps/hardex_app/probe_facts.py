"""What the Probe page must know before it can draw: classes, sliders, examples, sizes."""

from typing import Any, TypeGuard

from hardex.data.dataset import Shape
from hardex.errors import HardexError
from hardex.images import BRUSH_WIDTH, CANVAS_SIZE
from hardex.people.access import Visitor
from hardex.probing.kept_probe import NAME_MOST, NOTE_MOST
from hardex.probing.model_input import input_shape
from hardex.probing.sliders import sliders
from hardex.runs.hard_examples import LISTS
from hardex.runs.run import Run
from hardex_app.answers import draft_key, model_not_ready
from hardex_app.auth.visitors import is_owner
from hardex_app.call import Call
from hardex_app.cards import thumbnail_url
from hardex_app.comparing import models_for_curves
from hardex_app.pixels import FILE_MOST
from hardex_app.probe_permissions import drawing_closed, judged_examples, ticket_of
from hardex_app.workspace import Workspace

_EXAMPLES_OF_EACH = 30  # list; any other is opened by its address, as from the Browse page
_USUAL_SHAPE = (28, 28, 1)  # for a model of any size
_SIDE_MOST = 100_000  # pixels of a picture that sliders are made for
_DIGITS = frozenset("0123456789")

Json = dict[str, Any]


def facts(call: Call) -> Json:
    """What the page must know once; an annotator gets only the examples that they have judged."""
    run, workspace, visitor = call.run, call.workspace, call.visitor
    names, owner = run.manifest.class_names, is_owner(visitor)
    missing = model_not_ready(workspace, visitor) if workspace.classifier is None else {}
    return {
        "whose": draft_key(run, visitor.name),
        "problem": missing.get("error", ""),
        "closed": drawing_closed(visitor, workspace),
        "may": {"upload": owner, "export": owner},
        "class_names": list(names),
        "models": list(models_for_curves(run, workspace.comparisons)) if owner else [],
        "examples": _hard(run) if owner else _judged(workspace, run, visitor),
        "brush": BRUSH_WIDTH,
        "digits": set(names) <= _DIGITS,  # those are drawn as in MNIST
        "limits": {"file_bytes": FILE_MOST, "name": NAME_MOST, "note": NOTE_MOST},
        **_facts_of_shape(workspace, run, _shape(workspace, run)),
    }


def facts_of_shape(call: Call) -> Json:
    """The facts that depend on the `shape` in the request, [h, w, c].

    A page requests these when a picture turns out to have another shape than it knows.

    Raises:
        HardexError: the request has no such shape.
        NotReady: there is no run yet.
    """
    run, workspace = call.run, call.workspace
    shape = call.request.get("shape") if isinstance(call.request, dict) else None
    if not _is_shape(shape):
        raise HardexError(
            "the shape of a picture must be [height, width, channels], whole numbers from 1 to "
            f"{_SIDE_MOST:,}; this request has {str(shape)[:60]!r}; send the shape of a picture."
        )
    height, width, channels = shape
    return _facts_of_shape(workspace, run, (height, width, channels))


def _facts_of_shape(workspace: Workspace, run: Run, shape: Shape) -> Json:
    """The facts that depend on the shape of the picture and on the model."""
    height, width, channels = _shape(workspace, run)
    ranges = sliders(shape)
    return {
        "shape": list(shape),
        "sliders": ranges,
        "order": _order(ranges),
        "canvas": _canvas((height, width, channels)),
        "colored": channels == 3,
    }


def _is_shape(value: Any) -> TypeGuard[list[int]]:
    return (
        isinstance(value, list)
        and len(value) == 3
        and all(type(side) is int and 1 <= side <= _SIDE_MOST for side in value)
    )


def _shape(workspace: Workspace, run: Run) -> Shape:
    """(h, w, c) of the model's input, or that of the run's while the model is loading."""
    model = workspace.classifier
    wanted = input_shape(run, model) if model is not None else None
    return wanted or run.manifest.image_shape or _USUAL_SHAPE


def _canvas(shape: Shape) -> list[int]:
    """Width and height of the pad, in the proportions of the model's input."""
    height, width, _ = shape
    factor = CANVAS_SIZE / max(height, width)
    return [max(1, round(width * factor)), max(1, round(height * factor))]


def _order(ranges: list[Json]) -> str:
    """The order in which changes are applied, in one line; both directions of a shift are one."""
    labels = (str(one["label"]).split()[0] for one in ranges)
    steps = dict.fromkeys(one if one.isupper() else one.lower() for one in labels)
    return f"Order: {', '.join(steps)}. Rotation + is counter-clockwise, shear + leans right."


def _hard(run: Run) -> list[Json]:
    """The first examples of each list."""
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


def _judged(workspace: Workspace, run: Run, visitor: Visitor) -> list[Json]:
    """The examples that an annotator has judged, the last one first."""
    found = []
    for number, id in enumerate(judged_examples(visitor, run), 1):
        found.append(
            {
                "id": ticket_of(id, visitor, workspace),
                "list": "judged",
                "rank": number,
                "given": run.given_label(id),
                "predicted": run.predicted_label(id),
                "image": thumbnail_url(run, id),
            }
        )
    return found
