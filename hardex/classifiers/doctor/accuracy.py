"""Checks of the accuracy: why it is low, or suspiciously high."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from hardex.bounded import JSON_MOST, lines_of
from hardex.classifiers.doctor.class_orders import other_orders
from hardex.classifiers.doctor.examination import Cause, Examination, Finding
from hardex.classifiers.doctor.orientations import other_orientations
from hardex.classifiers.doctor.preprocessings import other_preprocessings
from hardex.classifiers.doctor.readings import other_readings
from hardex.classifiers.doctor.statistics import (
    SLIGHT,
    binomial_tail,
    chance_accuracy,
    explains,
    is_suspicious,
    wilson_interval,
)


def wrong_sense(examination: Examination) -> Iterator[Finding]:
    """The cause that explains the errors best; without one, the symptom."""
    suspicious = is_suspicious(examination.probabilities, examination.right)
    causes = [*other_preprocessings(examination, suspicious=suspicious)]
    if suspicious:
        causes += other_orders(examination)
        causes += other_orientations(examination)
        causes += other_readings(examination)
    yield from _named(examination, causes)
    if suspicious and not causes:
        symptoms = [*constant(examination), *at_chance(examination)]
        yield from symptoms[:1]


def wrong_columns(examination: Examination) -> Iterator[Finding]:
    """The same of saved answers, which no other images can be given: the order of the classes."""
    if is_suspicious(examination.probabilities, examination.right):
        causes = [*other_orders(examination)]
        yield from _named(examination, causes)
        if not causes:
            yield from at_chance(examination)


def _named(examination: Examination, causes: Sequence[Cause]) -> Iterator[Finding]:
    """What to say of the causes that leave the fewest errors."""
    best = max((cause.accuracy for cause in causes), default=0.0)
    before = float(examination.right.mean())
    # If two explain the errors equally well, both are named. But cameras note how a picture is
    # turned: where reading the files otherwise helps as much, no picture has to be turned.
    named = [cause for cause in causes if cause.accuracy >= best - SLIGHT]
    read = any(finding.code == "wrong_reading" for cause in named for finding in cause.findings)
    for cause in named:
        if read and cause.findings[0].code == "orientation":
            continue
        sure = cause.expected or explains(cause.accuracy, before)
        yield from cause.findings if sure else _only_seen(cause)


def _only_seen(cause: Cause) -> Iterator[Finding]:
    """A change that helps, but leaves most answers wrong: it is told, and not called the cause."""
    for finding in cause.findings:
        yield Finding(
            finding.code,
            "warning",
            f"{finding.evidence}; that leaves {1 - cause.accuracy:.1%} wrong, so it is not the "
            "main cause",
            "look for the main cause first (are these the images, the labels and the model that "
            f"belong together?); it may help to {finding.advice}",
        )


def constant(examination: Examination) -> Iterator[Finding]:
    """The same class for every image, although ten or more have another label."""
    predicted = np.unique(examination.probabilities.argmax(axis=1))
    others = int((~examination.right).sum())
    if len(predicted) == 1 and others >= 10:
        moved = float(np.ptp(examination.probabilities, axis=0).max())
        yield Finding(
            "constant",
            "error",
            f"all {len(examination.labels)} images are predicted as "
            f"{examination.class_names[predicted[0]]}, {others} of them have another label; "
            f"no probability varies by more than {moved:.3g}",
            "check the preprocessing, and whether the training converged",
        )


def at_chance(examination: Examination) -> Iterator[Finding]:
    """No better than chance; small samples get the benefit of the doubt."""
    predicted, labels = examination.probabilities.argmax(axis=1), examination.labels
    n, chance = len(labels), chance_accuracy(predicted, labels)
    low, high = wilson_interval(int(examination.right.sum()), n)
    if len(np.unique(labels)) > 1 and low <= chance and high <= chance + 0.15 * (1 - chance):
        yield Finding(
            "at_chance",
            "error",
            f"accuracy is {examination.right.mean():.1%} on {n} examples (95 % interval {low:.1%} "
            f"to {high:.1%}); the same predictions in random order would reach {chance:.1%}",
            "check that labels and images belong together, and that this is the trained model",
        )


def in_sample(examination: Examination) -> Iterator[Finding]:
    """As accurate as on the training data, and more than on the validation data, in its log.

    Only a log beside the model shows this: without one, an easy data set looks the same.
    """
    path = getattr(examination.classifier, "path", None)
    log = _accuracies(Path(path).with_suffix(".csv")) if path is not None else None
    if log is None or len(examination.labels) < 50:
        return
    trained, validated = log
    hits, n = int(examination.right.sum()), len(examination.right)
    _, high = wilson_interval(hits, n)
    allowed = validated + (trained - validated) / 4  # the validation data was a sample, too
    if (
        trained - validated >= 0.02
        and high >= trained - 0.02
        and binomial_tail(hits, n, allowed) < 1e-4
    ):
        yield Finding(
            "in_sample",
            "warning",
            f"accuracy is {hits / n:.1%} on {n} examples; the log beside the model says "
            f"{trained:.1%} on the training and {validated:.1%} on the validation data",
            "rank data that the model was not trained on: on its training data it hides its errors",
        )


def _accuracies(log: Path) -> tuple[float, float] | None:
    """The best accuracy on training and validation data in a Keras log."""
    try:
        lines = csv.DictReader(lines_of(log, JSON_MOST))
        rows = [(float(r["accuracy"]), float(r["val_accuracy"])) for r in lines]
    except (OSError, KeyError, TypeError, ValueError, csv.Error):
        return None
    return (max(a for a, _ in rows), max(v for _, v in rows)) if rows else None
