"""Checks of the accuracy: why it is low, or suspiciously high."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np

from hardex.bounded import JSON_MOST, lines_of
from hardex.classifiers.doctor.class_orders import other_orders
from hardex.classifiers.doctor.examination import Cause, Examination, Finding
from hardex.classifiers.doctor.orientations import other_orientations
from hardex.classifiers.doctor.preprocessings import other_preprocessings
from hardex.classifiers.doctor.readings import other_readings, read_and_prepared_otherwise
from hardex.classifiers.doctor.statistics import (
    SLIGHT,
    binomial_tail,
    chance_accuracy,
    explains,
    is_poor,
    wilson_interval,
)


def wrong_sense(examination: Examination) -> Iterator[Finding]:
    """The cause that explains the errors best; without one, the symptom."""
    suspicious = examination.is_suspicious
    causes = [*other_preprocessings(examination, suspicious=suspicious)]
    if suspicious:
        causes += other_orders(examination)
        read = [*other_readings(examination)]
        # Pictures that another program would read turned need not be turned as well.
        causes += [*_not_better(other_orientations(examination), read), *read]
        if examination.thorough and not any(map(partial(_is_sure, examination), causes)):
            causes += read_and_prepared_otherwise(examination)
    told = [*_best_of(examination, causes)]
    yield from told
    if suspicious and not told:
        symptoms = [*constant(examination), *at_chance(examination)][:1]
        yield from symptoms if examination.thorough else map(_with_more, symptoms)


def wrong_columns(examination: Examination) -> Iterator[Finding]:
    """The same of saved answers, which no other images can be given: the order of the classes."""
    if examination.is_suspicious:
        causes = [*other_orders(examination)]
        yield from _best_of(examination, causes)
        if not causes:
            yield from at_chance(examination)


def _not_better(causes: Iterable[Cause], others: Sequence[Cause]) -> Iterator[Cause]:
    best = max((other.accuracy for other in others), default=-1.0)
    return (cause for cause in causes if cause.accuracy > best + SLIGHT)


def _best_of(examination: Examination, causes: Sequence[Cause]) -> Iterator[Finding]:
    """The findings of the best cause; of both, if two explain the errors equally well."""
    best = max((cause.accuracy for cause in causes), default=0.0)
    before = float(examination.right.mean())
    ignorant = any(chain(constant(examination), at_chance(examination)))
    for cause in causes:
        if cause.accuracy < best - SLIGHT:
            continue
        sure = _is_sure(examination, cause)
        if not sure and ignorant and cause.accuracy <= before + SLIGHT:
            continue  # the losses of a model that knows nothing tell nothing
        found = cause.findings if sure else _only_seen(cause)
        yield from found if examination.thorough else _briefly(examination, cause, found)


def _is_sure(examination: Examination, cause: Cause) -> bool:
    return cause.expected or explains(cause.accuracy, float(examination.right.mean()))


def _briefly(examination: Examination, cause: Cause, found: Iterable[Finding]) -> Iterator[Finding]:
    """The same findings; where many errors stay, with the word that a longer check tries more."""
    n = min(len(examination.labels), examination.try_count)
    poor = is_poor(round(cause.accuracy * n), n)
    return map(_with_more, found) if poor else iter(found)


def _with_more(finding: Finding) -> Finding:
    return replace(finding, advice=f"{finding.advice}; hardex check tries more")


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
