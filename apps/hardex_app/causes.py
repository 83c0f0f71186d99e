"""Requests about causes -> what the diagnosis of the run says, in plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from math import isfinite
from shlex import quote
from typing import Any

from hardex.data.dataset import Dataset
from hardex.data.places import Places
from hardex.diagnosis.causes import TRANSFORMS, UNEXPLAINED, amount_in_words, remedy_of
from hardex.diagnosis.overall import Diagnosis
from hardex.diagnosis.reading import (
    CARD,
    diagnosis_of,
    finding_of,
    findings_of,
    first_findings,
    selftest_of,
)
from hardex.diagnosis.selftest import LEAST_POWER, MOST_FALSE_CREDIT, SelfTest
from hardex.errors import HardexError
from hardex.images import png_url
from hardex.predict.neighbours import Neighbours
from hardex.runs.findings import Finding
from hardex.runs.run import Run
from hardex.runs.view_words import checked_text
from hardex_app.cards import THUMBNAIL_PIXELS

CAUSE_NAMES = {
    "rotation": "Rotated",
    "shift": "Shifted",
    "scale": "Other size",
    "shear": "Slanted",
    "contrast": "Other contrast",
    "inversion": "Inverted",
    "blur": "Blurred",
    "noise": "Noisy",
    "stroke": "Stroke width",
    "flip": "Mirrored",
    "mislabelled": "Mislabelled",
    "ambiguous": "Ambiguous",
    "rare": "Rare",
    "imbalance": "Class imbalance",
    "junk": "Junk",
    "duplicate": "Duplicate",
    "unexplained": "Unexplained",
}
_OTHERS_MOST = 3  # likeliest other causes of an example
_EXAMPLES = 8  # pictures of a cause
_TESTS_MOST = 500  # significant tests, which are thousands with many classes
_PICTURES_MOST = 60  # training pictures of one request
Json = dict[str, Any]


def name_of(cause: str) -> str:
    """How the pages call a cause; one of a plug-in by its own name.

    Example:
        >>> name_of("flip"), name_of("lens_flare")
        ('Mirrored', 'lens_flare')
    """
    return CAUSE_NAMES.get(cause, cause)


# ------------------------------------------------------------------ of examples


def tags(run: Run, ids: Sequence[str]) -> dict[str, Json]:
    """What a card says of the cause of each diagnosed example, by id.

    None while the findings cannot be read: the pictures are shown even if their causes cannot be.
    """
    try:
        found = findings_of(run, ids, CARD)
    except HardexError:
        return {}
    return {
        id: {
            "cause": one.cause,
            "words": name_of(one.cause),
            "confidence": _finite(one.confidence),
            "second": name_of(one.second_cause) if one.second_cause else "",
        }
        for id, one in found.items()
    }


def evidence(run: Run, id: str) -> Json:
    """Why an example is hard.

    Returns:
        `finding`, its attributes with `words` (its cause as the pages call it), `second` (the
        second one), `done` (the amount in words), `remedy`, `is_transform` and `others`, the
        likeliest other causes with their probability; None if it was not diagnosed. And
        `finding_problem`: why it cannot be read, or "".
    """
    try:
        found = finding_of(run, id)
    except HardexError as error:
        return {"finding": None, "finding_problem": str(error)}
    return {"finding": found and _facts_of(found), "finding_problem": ""}


def _facts_of(found: Finding) -> Json:
    facts = {name: _finite(value) for name, value in asdict(found).items()}
    shares = facts.pop("probabilities")
    named = (found.cause, UNEXPLAINED)
    others = sorted(((p, one) for one, p in shares.items() if p and one not in named), reverse=True)
    return {
        **facts,
        "words": name_of(found.cause),
        "second": name_of(found.second_cause) if found.second_cause else "",
        "done": amount_in_words(found.cause, found.amount, found.amount_y),
        "remedy": remedy_of(found.cause),
        "is_transform": found.cause in TRANSFORMS,
        "others": [{"words": name_of(cause), "p": p} for p, cause in others[:_OTHERS_MOST]],
    }


def training_pictures(ids: Any, training: Neighbours) -> dict[str, str]:
    """Small pictures of training images by id, as data URLs; those that are not there have none.

    Raises:
        HardexError: it is no list of so few ids.
    """
    if not isinstance(ids, list) or len(ids) > _PICTURES_MOST:
        raise HardexError(
            f"training pictures are requested by a list of up to {_PICTURES_MOST} ids; received "
            f"{len(ids) if isinstance(ids, list) else 'something else'}; request fewer."
        )
    places = _places(training).of([checked_text("id", one) for one in ids])
    return {id: training_picture(training.dataset, position) for id, position in places.items()}


def training_picture(dataset: Dataset, position: int) -> str:
    """A training image at the size of a card, as a data URL; "" if its file was deleted since."""
    try:
        return png_url(dataset.image(position), THUMBNAIL_PIXELS)
    except HardexError:
        return ""


def open_training(run: Run) -> str:
    """The command that opens a run with the training data of its diagnosis."""
    try:
        diagnosis = diagnosis_of(run)
    except HardexError:
        diagnosis = None
    return f"hardex serve {quote(str(run.folder))} --train {_train(diagnosis)}"


@lru_cache(maxsize=1)
def _places(training: Neighbours) -> Places:
    return Places(training.dataset)


# ------------------------------------------------------------------ of the whole run


def causes(run: Run) -> Json:
    """What the page Causes shows.

    Returns:
        `diagnosis` as diagnosis.json has it, each count with its `words` and the first `examples`
        (id, labels, confidence), and the 500 surest `tests` of `test_count`; None without one.
        `selftest` as selftest.json has it, each cause with its `words`; None without one. And
        `command`, which makes both, `least_power` and `most_false_credit`.

    Raises:
        RunError: a file of the diagnosis cannot be read.
    """
    diagnosis, selftest = diagnosis_of(run), selftest_of(run)
    return {
        "diagnosis": diagnosis and _whole(diagnosis, run),
        "selftest": selftest and _tested(selftest),
        "command": f"hardex diagnose {quote(str(run.folder))} --train {_train(diagnosis)}",
        "least_power": LEAST_POWER,
        "most_false_credit": MOST_FALSE_CREDIT,
    }


def top_causes(run: Run, most: int) -> Json | None:
    """The most frequent causes, with their names; None without a diagnosis that can be read."""
    try:
        diagnosis = diagnosis_of(run)
    except HardexError:
        return None
    if diagnosis is None:
        return None
    counts = [
        {"cause": one.cause, "words": name_of(one.cause), "count": one.count}
        for one in diagnosis.counts
        if one.count
    ]
    return {"examples": diagnosis.examples, "count": len(counts), "counts": counts[:most]}


def _whole(diagnosis: Diagnosis, run: Run) -> Json:
    found = _finite(diagnosis.as_json())
    examples = first_findings(run, [one.cause for one in diagnosis.counts], _EXAMPLES)
    return {
        **found,
        "judged": [{"cause": one, "words": name_of(one)} for one in diagnosis.judged],
        "not_judged": [{**one, "words": name_of(one["cause"])} for one in found["not_judged"]],
        "counts": [
            {
                **one,
                "words": name_of(one["cause"]),
                "examples": [_example(example) for example in examples[one["cause"]]],
            }
            for one in found["counts"]
            if one["count"]
        ],
        "tests": [{**one, "words": name_of(one["cause"])} for one in found["tests"][:_TESTS_MOST]],
        "test_count": len(diagnosis.tests),
    }


def _example(found: Finding) -> Json:
    return {
        "id": found.id,
        "given": found.given_label,
        "predicted": found.predicted_label,
        "confidence": _finite(found.confidence),
    }


def _tested(selftest: SelfTest) -> Json:
    found = _finite(selftest.as_json())
    causes = [{**one, "words": name_of(one["cause"])} for one in found["causes"]]
    return {**found, "causes": causes}


def _train(diagnosis: Diagnosis | None) -> str:
    """The training data as it is typed, or the word for it."""
    return quote(diagnosis.train) if diagnosis and diagnosis.train else "DATA"


def _finite(value: Any) -> Any:
    """A value as JSON has it: lists, and None for NaN, which a table may hold."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _finite(one) for name, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, tuple | list) else value
