"""The named endpoints as programs call them: signature, description, and the request they make.

Each function here turns its arguments into the request that a page would send; `questions.py` says
what answers it, and `api.py` registers it. The descriptions are shown in the API documentation.
"""

from typing import Any

Json = dict[str, Any]


def status() -> Json:
    """How far the work behind the pages is: stage, done, total, problem; `ready` at the end."""
    return {}


def overview() -> Json:
    """Accuracy, classes, confusion matrix, most confused pairs, calibration and list heads."""
    return {}


def embedding_map() -> Json:
    """Up to 2,000 examples in two dimensions, alike ones close together; hardest first."""
    return {}


def filters() -> Json:
    """Everything that `browse` can filter and sort by: classes, scores, columns, verdicts."""
    return {}


def browse(words: Json) -> Json:
    """One page of 60 examples of any view.

    Args:
        words: list (all, hard, unsure, wrong), given, predicted, correct (yes, no), text,
            score with least and most, meta.NAME, verdict, cause, sort, order (asc), p (page);
            all optional. They are the words of the page's address.
    """
    return words


def example(id: str) -> str:
    """What is known about one example: labels, probabilities, scores, cause, annotations."""
    return id


def image(id: str) -> str:
    """The image of one example as a data URL, and its size."""
    return id


def neighbours(id: str) -> str:
    """The training images nearest to an example; {} if there is no training data."""
    return id


def causes() -> Json:
    """Why the examples are hard: `diagnosis` and `selftest`, each None until there is one."""
    return {}


def curves() -> Json:
    """The findings about each training whose log is open, as `hardex curves --format json`."""
    return {}


def suggested_recipe() -> Json:
    """The remedies that the findings suggest: `recipe`, its `text` as a file, and `notes`."""
    return {}


def fix_state() -> Json:
    """How far the fix is that the page Fix carries out: its state, its models, the time left."""
    return {}


def proofs() -> Json:
    """Every proof of the run, the oldest first, as `hardex prove RUN --history` lists them."""
    return {}


def compare(runs: list[str] = []) -> Json:  # noqa: B006
    """How the models of several runs compare: accuracies, differences, flips, shared errors.

    Args:
        runs: names of some of the open runs; all by default.
    """
    return {"runs": runs}


def compared_examples(
    list: str,
    a: str = "",
    b: str = "",
    runs: list[str] = [],  # noqa: B006
    given: str = "",
    answer: str = "",
    p: int = 1,
) -> Json:
    """One page of 24 examples of a list, with the answers of all models.

    Args:
        list: wrong_in_all, suspects, falling; only_wrong or only_right of the run `a`; repaired,
            broken, both_wrong or disagree of the runs `a` and `b`.
        a: the name of a run.
        b: the name of another run.
        runs: as in `compare`.
        given: only examples of this class.
        answer: only those that most wrong models take for this class.
        p: the page.
    """
    words = {"list": list, "a": a, "b": b, "given": given, "answer": answer}
    return {**words, "runs": runs, "p": p}


def judge(id: str, verdict: str, new_label: str = "", comment: str = "") -> Json:
    """Judge the given label of an example; earlier verdicts are kept.

    Args:
        id: the example.
        verdict: right, wrong, ambiguous, bad_image or not_sure.
        new_label: the correct class, if wrong.
        comment: free text.
    """
    return {"id": id, "verdict": verdict, "new_label": new_label, "comment": comment}


def probe(source: Json, transform: Json) -> Json:
    """What the model predicts for a picture before and after a transform.

    Args:
        source: {"kind": "sketch", "strokes": [[[x, y], …], …]} on a canvas of 280 x 280;
            {"kind": "example", "id"}; or {"kind": "image", "pixels", "shape"} as `take` gives it.
        transform: numbers by name, such as {"rotation": 30}; {} does nothing.
    """
    return {"source": source, "transform": transform}


def curve(source: Json, transform: Json, along: str = "rotation") -> Json:
    """How the prediction changes with one transform, at the other settings, and where it flips.

    Args:
        source: as in `probe`.
        transform: as in `probe`.
        along: the transform that varies.
    """
    return {"source": source, "transform": transform, "along": along}


def smallest(source: Json) -> Json:
    """The smallest change that breaks the prediction, and the one that restores the label."""
    return {"source": source}


def take(file: str) -> Json:
    """An image file (base64) as a picture that `probe` takes, resized to the model's input."""
    return {"file": file}


def keep_probe(
    source: Json, transform: Json, name: str = "", expected: str = "", note: str = ""
) -> Json:
    """Keep a probe with the run under your name, to replay it on later models; returns its id.

    Args:
        source: as in `probe`.
        transform: as in `probe`.
        name: what to call it.
        expected: the class that should be predicted.
        note: free text.
    """
    texts = {"name": name, "expected": expected, "note": note}
    return {"source": source, "transform": transform, **texts}


def kept_probes() -> Json:
    """The kept probes of everybody, the latest first."""
    return {}


def export_probes() -> Json:
    """The kept probes that have an expected label, as a data set: `zip` in base64."""
    return {}


def next_example(have: list[str] = []) -> list[str]:  # noqa: B006
    """The example to judge next: `examples` holds its `ticket` and `image`, or is empty.

    The same one is returned until it is judged, without its label and prediction. `over` lists
    those of `have` that you have judged by now.

    Args:
        have: tickets that you hold already; the next example is another one.
    """
    return have


def annotate(
    ticket: str,
    label: str = "",
    verdict: str = "",
    comment: str = "",
    seconds: float | None = None,
    event_id: str = "",
) -> Json:
    """Annotate an example with its class; the response shows its given label and prediction.

    Args:
        ticket: the example, from `next_example`.
        label: the class; or else
        verdict: ambiguous, bad_image or not_sure.
        comment: free text.
        seconds: how long it took, 0 to 3600.
        event_id: a UUID of yours; a request with the same one is stored once.
    """
    return {
        "ticket": ticket,
        "label": label,
        "verdict": verdict,
        "comment": comment,
        "seconds": seconds,
        "event_id": event_id,
    }


def undo(ticket: str, undoes: str, event_id: str = "") -> Json:
    """Undo an annotation of yours.

    Args:
        ticket: the example.
        undoes: the `event_id` of the annotation.
        event_id: as in `annotate`.
    """
    return {"ticket": ticket, "undoes": undoes, "event_id": event_id}


def progress() -> Json:
    """How many examples you have judged, `done`, of `total`."""
    return {}
