"""All findings together -> the diagnosis of the data set."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hardex.diagnosis.causes import DUPLICATE, IMBALANCE, RARE, UNEXPLAINED, remedy_of
from hardex.diagnosis.chosen import Chosen
from hardex.diagnosis.examine import embedded
from hardex.diagnosis.findings import Known
from hardex.diagnosis.groups import false_credits, group_tests, label_errors
from hardex.diagnosis.overall import MOST, CauseCount, Diagnosis, Leakage, NotJudged
from hardex.diagnosis.plants import plants_for
from hardex.diagnosis.training import notes_on
from hardex.diagnosis.trial import Named, is_even
from hardex.runs.findings import Finding
from hardex.sentences import counted

_SHOWN = 20  # ids of leaked examples


def summary(known: Known, findings: Sequence[Finding], chosen: Chosen, named: Named) -> Diagnosis:
    """What the findings say together.

    Args:
        known: what is known of the examples.
        findings: one for each.
        chosen: which they are.
        named: the model and the data, as typed.
    """
    trial, examples, training = known.trial, known.examples, known.training
    reference = trial.setting.reference
    rates, measured_on = ({}, {}) if trial.selftest is None else false_credits(trial.selftest)
    counts = Counter(finding.cause for finding in findings)
    judged = (*(cause for cause in trial.given if cause != DUPLICATE), DUPLICATE, UNEXPLAINED)
    return Diagnosis(
        examples=len(findings),
        wrong=int((examples.predicted != examples.cases.given).sum()),
        chosen=chosen.what,
        model=named.model,
        data=named.data,
        train=named.train,
        train_path=_path(named.train),
        train_hash=named.train_hash,
        scope=reference.described("other examples" if training is None else "training images"),
        judged=judged,
        not_judged=_not_judged(known),
        counts=tuple(
            CauseCount(cause, number, remedy_of(cause))
            for cause, number in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        ),
        tests=group_tests(findings, rates, known.names, measured_on)[:MOST],
        label_errors=label_errors(findings, embedded(reference, examples.images)),
        leakage=None if training is None else _leakage(known),
        notes=(*trial.notes, *_notes(known)),
    )


def _path(train: str) -> str:
    path = Path(train).expanduser()
    return str(path.resolve()) if train and path.exists() else ""


def _not_judged(known: Known) -> tuple[NotJudged, ...]:
    """The causes that findings do not name, each with the first reason for that."""
    trial, setting = known.trial, known.trial.setting
    tests = () if trial.selftest is None else trial.selftest.causes
    found = {one.cause: one.why_not for one in tests if not one.given and one.cause != DUPLICATE}
    if known.training is None:
        found |= dict.fromkeys((RARE, IMBALANCE), "there is no training data")
    elif is_even(setting.reference):
        found.setdefault(IMBALANCE, "the classes are about equally large")
    if setting.classifier is None:
        for one in plants_for(setting.reference.shape):
            if one.cause not in setting.causes:
                found.setdefault(one.cause, "there is no model to try it with")
    if trial.selftest is None:
        for cause in setting.causes:
            found.setdefault(cause, "no cause could be planted")
    return tuple(NotJudged(cause, why) for cause, why in found.items() if cause != UNEXPLAINED)


def _notes(known: Known) -> list[str]:
    """What limits the diagnosis beside what the trial says."""
    found = []
    if known.examples.unread:
        found.append(
            f"{counted(known.examples.unread, 'chosen example')} cannot be read any more: there is "
            "no finding."
        )
    tests = () if known.trial.selftest is None else known.trial.selftest.causes
    for test in tests:
        if test.cause == DUPLICATE and not test.given:
            found.append(f"Copies are named only if all pixels are the same: {test.why_not}.")
    if known.training is not None:
        found += notes_on(known.training, known.names)
    return found


def _leakage(known: Known) -> Leakage:
    """The examples that are in the training data, too."""
    looked_at, copies = known.looked_at, known.trial.setting.reference.copies
    given = np.asarray(known.dataset.labels)
    found = {
        position: any(known.training_labels[copy] != given[position] for copy in places)
        for key, places in copies.items()
        for position in looked_at.get(key, ())
    }
    shown = tuple(known.dataset.id(position) for position in sorted(found)[:_SHOWN])
    return Leakage(len(found), sum(found.values()), shown, sum(map(len, looked_at.values())))
