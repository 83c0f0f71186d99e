"""What the pages can do, as named endpoints for programs: `gradio_client`, HTTP, OpenAPI.

The same functions answer here and on the pages; here a refusal is an error of the call.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import gradio as gr
from gradio.events import api

from hardex.classifiers.classifier import Classifier
from hardex.errors import HardexError
from hardex.runs.run import Run
from hardex_app import browsing, keeping, overview, probing
from hardex_app.answers import for_visitors
from hardex_app.inspection import Inspection

Json = dict[str, Any]
T = TypeVar("T")


def build(inspection: Inspection) -> None:
    """Register the endpoints on the window that is being built."""
    for endpoint in (*_of_run(inspection), *_of_model(inspection), *_that_write(inspection)):
        name, words = endpoint.__name__, endpoint.__doc__
        api(endpoint, api_name=name, api_description=words, queue=False)


def _of_run(inspection: Inspection) -> list[Callable[..., Any]]:
    def status() -> Json:
        """How far the work behind the pages is: stage, done, total, problem; `ready` at the end."""
        now = vars(inspection.status)
        return {**now, "problem": for_visitors(now["problem"], inspection.run)}

    def overview_of_run() -> Json:
        """Accuracy, classes, confusion matrix, most confused pairs, calibration and list heads."""
        return _answer(lambda: overview.overview(_run(inspection)))

    def filters() -> Json:
        """Everything that `browse` can filter and sort by: classes, scores, columns, verdicts."""
        return _answer(lambda: browsing.facts(_run(inspection)))

    def browse(words: Json) -> Json:
        """One page of 60 examples of any view.

        Args:
            words: list (all, hard, unsure, wrong), given, predicted, correct (yes, no), text,
                score with least and most, meta.NAME, verdict, cause, sort, order (asc), p (page);
                all may be left out. They are the words of the page's address.
        """
        return _answer(lambda: browsing.browse(words, _run(inspection)))

    def example(id: str) -> Json:
        """What is known about one example: labels, probabilities, scores, reasons, verdicts."""
        return _answer(lambda: browsing.example(id, _run(inspection)))

    def image(id: str) -> Json:
        """The image of one example as a data URL, and its size."""
        return _answer(lambda: browsing.image(id, _run(inspection)))

    def neighbours(id: str) -> Json:
        """The training images nearest to an example; {} where there is no training data."""
        told = _answer(lambda: browsing.neighbours(id, _run(inspection), inspection) or {})
        if "waiting" in told:
            raise gr.Error(told["waiting"], print_exception=False)
        return told

    def kept_probes() -> Json:
        """The kept probes, the latest first."""
        return _answer(lambda: keeping.kept(_run(inspection)))

    def export_probes() -> Json:
        """The kept probes that have an expected label, as a data set: `zip` in base64."""
        return _answer(lambda: keeping.exported(_run(inspection)))

    overview_of_run.__name__ = "overview"
    return [status, overview_of_run, filters, browse, example, image, neighbours, kept_probes,
            export_probes]  # fmt: skip


def _of_model(inspection: Inspection) -> list[Callable[..., Any]]:
    def probe(source: Json, transform: Json) -> Json:
        """What the model says of a picture before and after a transform.

        Args:
            source: {"kind": "example", "id"}, {"kind": "sketch", "strokes": [[[x, y], …], …]} on
                a canvas of 280 x 280, or {"kind": "image", "pixels", "shape"} as `take` gives it.
            transform: numbers by name, such as {"rotation": 30}; {} does nothing.
        """
        return _asked(inspection, probing.probe, {"source": source, "transform": transform})

    def curve(source: Json, transform: Json, along: str = "rotation") -> Json:
        """How the prediction answers to one transform, at the other settings, and where it flips.

        Args:
            source: as in `probe`.
            transform: as in `probe`.
            along: the transform that varies.
        """
        asked = {"source": source, "transform": transform, "along": along}
        return _asked(inspection, probing.curve, asked)

    def smallest(source: Json) -> Json:
        """The smallest change that breaks the prediction, and the one that restores the label."""
        return _asked(inspection, probing.smallest, {"source": source})

    def take(file: str) -> Json:
        """An image file (base64) as a picture that `probe` takes, fitted to the model's input."""
        return _asked(inspection, probing.taken, {"file": file})

    return [probe, curve, smallest, take]


def _that_write(inspection: Inspection) -> list[Callable[..., Any]]:
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
        return _answer(lambda: browsing.judge(_run(inspection), request.username or "owner", said))

    def keep_probe(
        source: Json,
        transform: Json,
        request: gr.Request,
        name: str = "",
        expected: str = "",
        note: str = "",
    ) -> str:
        """Keep a probe with the run, to be asked again of later models; gives its id.

        Args:
            source: as in `probe`.
            transform: as in `probe`.
            name: what to call it.
            expected: the class it should get.
            note: free text.
        """
        asked = {"source": source, "transform": transform}
        words = {"name": name, "expected": expected, "note": note}

        def keep(asked: Json, run: Run, classifier: Classifier) -> str:
            return keeping.keep_this(asked, request.username or "owner", run, classifier).probe_id

        return _asked(inspection, keep, {**asked, **words})

    return [judge, keep_probe]


def _asked(inspection: Inspection, ask: Callable[..., T], request: Json) -> T:
    run, classifier = _run(inspection), inspection.classifier
    if classifier is None:
        raise _not_ready("model", inspection)
    return _answer(lambda: ask(request, run, classifier))


def _run(inspection: Inspection) -> Run:
    if inspection.run is None:
        raise _not_ready("run", inspection)
    return inspection.run


def _answer(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except HardexError as error:
        raise gr.Error(for_visitors(error), print_exception=False) from error


def _not_ready(what: str, inspection: Inspection) -> gr.Error:
    sentence = f"The {what} is not ready ({inspection.status.stage}); ask for `status`."
    return gr.Error(sentence, print_exception=False)
