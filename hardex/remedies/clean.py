"""What people or findings say of training examples -> which are removed or relabelled."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hardex.annotate.agreement import agreement
from hardex.annotate.answers import Answer
from hardex.annotate.consensus import Consensus
from hardex.arrays import Labels, Positions
from hardex.data.dataset import Dataset
from hardex.diagnosis.causes import MISLABELLED
from hardex.errors import HardexError, RunError
from hardex.remedies.recipe import CONSENSUS, REMOVE, Clean
from hardex.runs.run import Run
from hardex.sentences import counted

_REMOVED_BY_PEOPLE = ("bad_image", "wrong")  # answers that are no class


@dataclass(frozen=True)
class Change:
    """What is done to one training example.

    Attributes:
        id, position: of the example in the training data.
        given: the class it has.
        label: the class it gets; "" if it is removed.
        why: the evidence, a sentence.
        who: who said so.
    """

    id: str
    position: int
    given: str
    label: str
    why: str
    who: str


class ChangesToConfirm(HardexError):
    """Examples would be removed or relabelled, and nobody has agreed to that yet.

    Attributes:
        changes: what would be done.
    """

    def __init__(self, message: str, changes: tuple[Change, ...]) -> None:
        super().__init__(message)
        self.changes = changes


def check_confirmed(changes: tuple[Change, ...], yes: bool) -> None:
    """Raise `ChangesToConfirm` unless somebody has agreed to the changes."""
    if changes and not yes:
        first = changes[0]
        what = f"labelled {first.label} in place of {first.given}" if first.label else "removed"
        raise ChangesToConfirm(
            f"{counted(len(changes), 'example')} must be confirmed before the new data "
            f"is made; {first.id} would be {what}; look at the list, and pass --yes.",
            changes,
        )


def changes_for(
    clean: Clean, source: Run, training: Dataset, class_names: Sequence[str]
) -> tuple[Change, ...]:
    """The training examples to remove or relabel, the surest first.

    Args:
        clean: how.
        source: a run over the training data.
        training: that data.
        class_names: of the model.

    Raises:
        RunError: the run is over other data, or says nothing of this kind.
    """
    _check_same(source, training)
    found = _by_people(clean, source) if clean.by == CONSENSUS else _by_findings(clean, source)
    changes = [one for one in found if one.label in ("", *class_names)]
    if not changes:
        raise RunError(
            f"clean by {clean.by} must find examples to {clean.action}; {source.folder} names none "
            f"with a confidence of {clean.confidence:g} or more; let people judge them first, or "
            "lower confidence."
        )
    return tuple(changes)


def _check_same(source: Run, training: Dataset) -> None:
    data = source.manifest.data
    if data is None or data.hash != training.fingerprint():
        raise RunError(
            "clean needs a run over the training data, in which its examples were judged; "
            f"{source.folder} is over {data.name if data else 'no images'} and the training data "
            f"is {training.source}; make one with hardex rank MODEL {training.source} --out RUN2, "
            "and name it in the recipe (clean: run: RUN2)."
        )


def _by_people(clean: Clean, source: Run) -> list[Change]:
    judged = [
        one
        for one in agreement(source).consensus
        if one.votes >= clean.votes and one.share >= clean.confidence
    ]
    judged.sort(key=lambda one: (-one.share, -one.votes, one.id))
    names = _annotators(source, {one.id for one in judged})
    changes = []
    for one in judged:
        label = _label_of(one, clean)
        if label is not None:
            why = f"{round(one.share * one.votes)} of {one.votes} annotators say {one.answer}."
            changes.append(
                Change(one.id, source.position(one.id), one.given_label, label, why, names[one.id])
            )
    return changes


def _label_of(one: Consensus, clean: Clean) -> str | None:
    """The class that people give it, "" to remove it, None to leave it."""
    answer = Answer.of_text(one.answer) if one.answer else None
    if answer is None or (answer.is_class and answer.name == one.given_label):
        return None
    if answer.is_class:
        return "" if clean.action == REMOVE else answer.name
    return "" if clean.action == REMOVE and answer.name in _REMOVED_BY_PEOPLE else None


def _annotators(source: Run, ids: Collection[str]) -> Mapping[str, str]:
    """By example, the names of those who judged it."""
    found: dict[str, dict[str, None]] = {id: {} for id in ids}
    for event in source.annotations.latest():
        if event.id in found:
            found[event.id][event.annotator] = None
    return {id: ", ".join(sorted(names)) or "annotators" for id, names in found.items()}


def _by_findings(clean: Clean, source: Run) -> list[Change]:
    table = source.findings
    sure = table[(table["cause"] == MISLABELLED) & (table["confidence"] >= clean.confidence)]
    sure = sure.sort_values(["confidence", "position"], ascending=[False, True])
    changes = []
    for row in sure.to_dict(orient="records"):
        label = row["suggested_label"]
        if clean.action != REMOVE and not label:
            continue
        to = "" if clean.action == REMOVE else str(label)
        who = f"the diagnosis of {source.folder}, confidence {row['confidence']:.2f}"
        changes.append(
            Change(row["id"], int(row["position"]), row["given_label"], to, row["why"], who)
        )
    return changes


def cleaned(
    positions: Positions, labels: Labels, changes: Sequence[Change], class_names: Sequence[str]
) -> tuple[Labels, Positions]:
    """The labels after the changes, and the rows that stay.

    Args:
        positions: (n,) place of each row in the training data.
        labels: (n,) classes of the model.
        changes: what is done.
        class_names: of the model.

    Example:
        >>> change = Change("b", 1, "cat", "dog", "", "")
        >>> labels, rows = cleaned(np.arange(3), np.zeros(3, int), [change], ["cat", "dog"])
        >>> labels.tolist(), rows.tolist()
        ([0, 1, 0], [0, 1, 2])
    """
    by_position = {one.position: one.label for one in changes}
    after = np.array(labels)
    stays = np.ones(len(labels), bool)
    for row, position in enumerate(positions.tolist()):
        label = by_position.get(position)
        if label is not None:
            stays[row] = label != ""
            after[row] = class_names.index(label) if label else after[row]
    return after, np.flatnonzero(stays)


def as_many_at_random(labels: Labels, stays: Positions, rng: np.random.Generator) -> Positions:
    """Rows that stay if as many of each class are removed at random.

    Args:
        labels: (n,) given classes.
        stays: rows that stay with the remedy.
        rng: draws.

    Example:
        >>> left = as_many_at_random(np.array([0, 0, 1, 1]), np.array([0, 2, 3]),
        ...                          np.random.default_rng(0))
        >>> np.bincount(np.array([0, 0, 1, 1])[left]).tolist()
        [1, 2]
    """
    gone = np.setdiff1d(np.arange(len(labels)), stays)
    drawn = [
        rng.choice(np.flatnonzero(labels == one), int((labels[gone] == one).sum()), replace=False)
        for one in np.unique(labels[gone])
    ]
    return np.setdiff1d(np.arange(len(labels)), np.concatenate([np.empty(0, np.int64), *drawn]))
