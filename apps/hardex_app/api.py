"""What the pages can do, as named endpoints for programs: `gradio_client`, HTTP, OpenAPI.

The same functions answer here and on the pages; here a refusal is an error of the call.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import gradio as gr
from gradio.events import api

from hardex.annotate.session import AnnotationSession
from hardex.classifiers.classifier import Classifier
from hardex.errors import HardexError
from hardex.people.access import Visitor
from hardex.runs.run import Run
from hardex_app import annotating, browsing, overview, probing, saved_probes
from hardex_app.answers import for_visitors
from hardex_app.auth.visitors import for_owner, visitor_of
from hardex_app.probe_permissions import error_for, permitted
from hardex_app.workspace import Workspace

Json = dict[str, Any]
T = TypeVar("T")


def build(workspace: Workspace) -> None:
    """Register the endpoints on the window that is being built."""
    _register(*_of_run(workspace), *_of_model(workspace), *_that_write(workspace))
    _register(*_of_desk(workspace))


def build_for_annotators(workspace: Workspace) -> None:
    """Register what an annotator may ask, on the window of annotators."""
    _register(*_of_desk(workspace), *_of_bench(workspace))


def _register(*endpoints: Callable[..., Any]) -> None:
    for endpoint in endpoints:
        name, words = endpoint.__name__, endpoint.__doc__
        api(endpoint, api_name=name, api_description=words, queue=False)


def _of_run(workspace: Workspace) -> list[Callable[..., Any]]:
    def status() -> Json:
        """How far the work behind the pages is: stage, done, total, problem; `ready` at the end."""
        now = vars(workspace.status)
        return {**now, "problem": for_visitors(now["problem"], workspace.run)}

    def overview_of_run() -> Json:
        """Accuracy, classes, confusion matrix, most confused pairs, calibration and list heads."""
        return _answer(lambda: overview.overview(_run(workspace)))

    def filters() -> Json:
        """Everything that `browse` can filter and sort by: classes, scores, columns, verdicts."""
        return _answer(lambda: browsing.facts(_run(workspace)))

    def browse(words: Json) -> Json:
        """One page of 60 examples of any view.

        Args:
            words: list (all, hard, unsure, wrong), given, predicted, correct (yes, no), text,
                score with least and most, meta.NAME, verdict, cause, sort, order (asc), p (page);
                all may be left out. They are the words of the page's address.
        """
        return _answer(lambda: browsing.browse(words, _run(workspace)))

    def example(id: str) -> Json:
        """What is known about one example: labels, probabilities, scores, reasons, verdicts."""
        return _answer(lambda: browsing.example(id, _run(workspace)))

    def image(id: str) -> Json:
        """The image of one example as a data URL, and its size."""
        return _answer(lambda: browsing.image(id, _run(workspace)))

    def neighbours(id: str) -> Json:
        """The training images nearest to an example; {} where there is no training data."""
        told = _answer(lambda: browsing.neighbours(id, _run(workspace), workspace) or {})
        if "waiting" in told:
            raise gr.Error(told["waiting"], print_exception=False)
        return told

    def kept_probes() -> Json:
        """The kept probes, the latest first."""
        return _answer(lambda: saved_probes.kept(_run(workspace)))

    def export_probes() -> Json:
        """The kept probes that have an expected label, as a data set: `zip` in base64."""
        return _answer(lambda: saved_probes.exported(_run(workspace)))

    overview_of_run.__name__ = "overview"
    return [status, overview_of_run, filters, browse, example, image, neighbours, kept_probes,
            export_probes]  # fmt: skip


def _of_model(workspace: Workspace) -> list[Callable[..., Any]]:
    def probe(source: Json, transform: Json) -> Json:
        """What the model says of a picture before and after a transform.

        Args:
            source: {"kind": "example", "id"}, {"kind": "sketch", "strokes": [[[x, y], …], …]} on
                a canvas of 280 x 280, or {"kind": "image", "pixels", "shape"} as `take` gives it.
            transform: numbers by name, such as {"rotation": 30}; {} does nothing.
        """
        return _asked(workspace, probing.probe, {"source": source, "transform": transform})

    def curve(source: Json, transform: Json, along: str = "rotation") -> Json:
        """How the prediction answers to one transform, at the other settings, and where it flips.

        Args:
            source: as in `probe`.
            transform: as in `probe`.
            along: the transform that varies.
        """
        asked = {"source": source, "transform": transform, "along": along}
        return _asked(workspace, probing.curve, asked)

    def smallest(source: Json) -> Json:
        """The smallest change that breaks the prediction, and the one that restores the label."""
        return _asked(workspace, probing.smallest, {"source": source})

    def take(file: str) -> Json:
        """An image file (base64) as a picture that `probe` takes, fitted to the model's input."""
        return _asked(workspace, probing.taken, {"file": file})

    return [probe, curve, smallest, take]


def _that_write(workspace: Workspace) -> list[Callable[..., Any]]:
    # Who writes is known from the session alone, never from what is sent.
    def judge(
        id: str, verdict: str, request: gr.Request, new_label: str = "", comment: str = ""
    ) -> list[str]:
        """Say whether the given label of an example is right; what was said before stays, too.

        Args:
            id: the example.
            verdict: right, wrong, ambiguous, bad_image or not_sure.
            new_label: the class it is, if wrong.
            comment: free text.
        """
        said = {"id": id, "verdict": verdict, "new_label": new_label, "comment": comment}
        heard = workspace.heard
        return _answer(lambda: browsing.judge(_run(workspace), _owner(request), said, heard))

    def asked(request: gr.Request, ask: Callable[..., T], about: Json) -> T:
        return _asked(workspace, ask, about)

    return [judge, _keeping(asked, _owner)]


def _keeping(
    asked: Callable[[gr.Request, Callable[..., str], Json], str], who: Callable[[gr.Request], str]
) -> Callable[..., str]:
    """The endpoint that keeps a probe, asked so, in the name of whoever asks."""

    def keep_probe(
        source: Json,
        transform: Json,
        request: gr.Request,
        name: str = "",
        expected: str = "",
        note: str = "",
    ) -> str:
        """Keep a probe with the run under your name, for later models too; gives its id.

        Args:
            source: as in `probe`.
            transform: as in `probe`.
            name: what to call it.
            expected: the class it should get.
            note: free text.
        """

        def keep(about: Json, run: Run, classifier: Classifier) -> str:
            return saved_probes.keep_this(about, who(request), run, classifier).probe_id

        about = {"source": source, "transform": transform}
        return asked(request, keep, {**about, "name": name, "expected": expected, "note": note})

    return keep_probe


def _of_desk(workspace: Workspace) -> list[Callable[..., Any]]:
    def at_the_desk(request: gr.Request, ask: Callable[[AnnotationSession, Visitor], T]) -> T:
        def asked() -> T:
            visitor = visitor_of(request)
            desk = annotating.session_of(workspace, visitor)
            if desk is None:
                raise gr.Error(f"The run is not ready ({workspace.status.stage}); ask later.")
            return ask(desk, visitor)

        return _answer(asked)

    def next_example(request: gr.Request, have: list[str] = []) -> Json:  # noqa: B006
        """The example to judge next: `examples` holds its `ticket` and `image`, or is empty.

        The same one is given until it is judged. Neither its label nor the model's answer is told.
        `over` names those of `have` that you have judged by now.

        Args:
            have: tickets that are at hand already, beside which another one is wanted.
        """
        asked = {"have": have, "count": 1}
        return at_the_desk(request, lambda desk, who: annotating.next_examples(asked, desk, who))

    def annotate(
        ticket: str,
        request: gr.Request,
        label: str = "",
        verdict: str = "",
        comment: str = "",
        seconds: float | None = None,
        event_id: str = "",
    ) -> Json:
        """Say which class an example is; only then its given label and the model's are told.

        Args:
            ticket: the example, as `next_example` gave it.
            label: the class it is; or else
            verdict: ambiguous, bad_image or not_sure.
            comment: free text.
            seconds: how long it took, 0 to 3600.
            event_id: a UUID of yours; sent again with the same, an answer is stored once.
        """
        said = {"ticket": ticket, "label": label, "verdict": verdict, "comment": comment,
                "seconds": seconds, "event_id": event_id}  # fmt: skip
        return at_the_desk(request, lambda desk, who: annotating.annotate(said, desk, who))

    def undo(ticket: str, undoes: str, request: gr.Request, event_id: str = "") -> Json:
        """Take back what you said of an example.

        Args:
            ticket: the example.
            undoes: the `event_id` of what is taken back.
            event_id: as in `annotate`.
        """
        said = {"ticket": ticket, "undoes": undoes, "event_id": event_id}
        return at_the_desk(request, lambda desk, who: annotating.undo(said, desk, who))

    def progress(request: gr.Request) -> Json:
        """How many examples you have judged, `done`, of how many that are yours, `total`."""
        return at_the_desk(request, annotating.progress)

    return [next_example, annotate, undo, progress]


def _of_bench(workspace: Workspace) -> list[Callable[..., Any]]:
    def asked(request: gr.Request, ask: Callable[..., Any], about: Json) -> Any:
        run, classifier, checked = workspace.run, workspace.classifier, None
        if run is None or classifier is None:
            raise gr.Error("The model is not ready; ask later.", print_exception=False)
        visitor = visitor_of(request)
        try:
            checked = permitted(about, visitor, workspace)
            return ask(checked, run, classifier)
        except HardexError as error:
            sentence = error_for(visitor, error, run, checked)
            raise gr.Error(sentence, print_exception=False) from error

    def probe(source: Json, transform: Json, request: gr.Request) -> Json:
        """What the model says of a picture before and after a transform.

        Args:
            source: {"kind": "sketch", "strokes": [[[x, y], …], …]} on a canvas of 280 x 280, or
                {"kind": "example", "id"} with the ticket of an example that you have judged.
            transform: numbers by name, such as {"rotation": 30}; {} does nothing.
        """
        told: Json = asked(request, probing.probe, {"source": source, "transform": transform})
        return told

    def kept_probes(request: gr.Request) -> Json:
        """Your kept probes, the latest first."""
        if workspace.run is None:
            raise gr.Error("The run is not ready; ask later.", print_exception=False)
        return saved_probes.kept(workspace.run, visitor_of(request))

    return [probe, _keeping(asked, _name), kept_probes]


def _asked(workspace: Workspace, ask: Callable[..., T], request: Json) -> T:
    run, classifier = _run(workspace), workspace.classifier
    if classifier is None:
        raise _not_ready("model", workspace)
    return _answer(lambda: ask(request, run, classifier))


def _owner(request: gr.Request) -> str:
    visitor = visitor_of(request)
    for_owner(visitor)
    return visitor.name


def _name(request: gr.Request) -> str:
    return visitor_of(request).name


def _run(workspace: Workspace) -> Run:
    if workspace.run is None:
        raise _not_ready("run", workspace)
    return workspace.run


def _answer(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except HardexError as error:
        raise gr.Error(for_visitors(error), print_exception=False) from error


def _not_ready(what: str, workspace: Workspace) -> gr.Error:
    sentence = f"The {what} is not ready ({workspace.status.stage}); ask for `status`."
    return gr.Error(sentence, print_exception=False)
