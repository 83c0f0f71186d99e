"""A diagnosed run -> a recipe, with the reason for each of its parts in one sentence."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hardex.diagnosis.causes import IMBALANCE, MISLABELLED, RARE, amount_in_words
from hardex.diagnosis.overall import Diagnosis
from hardex.diagnosis.reading import diagnosis_of
from hardex.errors import RunError
from hardex.probing.saved_probes import kept_probes
from hardex.remedies.recipe import FINDINGS, Balance, Collect, Recipe
from hardex.runs.run import Run, opened
from hardex.sentences import agreeing, counted
from hardex.training.augmentation import FACTORS, FIELDS, Amounts, Augmentation

if TYPE_CHECKING:
    import pandas as pd

_MIDDLE = (0.1, 0.9)  # of the amounts, as in the groups of the diagnosis
_CLASSES = 3  # that are named


@dataclass(frozen=True)
class Suggestion:
    """What the findings of a run suggest.

    Attributes:
        recipe: the remedies that hardex can try, each with its reason.
        notes: what else is to be done, by people, a sentence each.
    """

    recipe: Recipe
    notes: tuple[str, ...]


def suggest(run: str | Path | Run) -> Suggestion:
    """The recipe that the findings of a run suggest.

    A cause counts only if the diagnosis names it more often than chance explains. The amounts are
    the middle 80 % of those found.

    Args:
        run: a diagnosed run, or its folder.

    Raises:
        RunError: it has not been diagnosed.
    """
    found = opened(run)
    findings, diagnosis = found.findings, diagnosis_of(found)
    if diagnosis is None:
        raise RunError(
            f"a suggestion needs a diagnosis; {found.folder} has none; make one with "
            f"hardex diagnose {found.folder} --train DATA."
        )
    causes = list(dict.fromkeys(test.cause for test in diagnosis.tests))
    reasons: dict[str, str] = {}
    augment = _augment(findings, [cause for cause in causes if cause in FIELDS], reasons)
    balance = _balance(diagnosis, causes, reasons)
    collect = _collect(found, reasons)
    recipe = Recipe(augment=augment, balance=balance, collect=collect, reasons=reasons)
    own = found.manifest.data is not None and found.manifest.data.hash == diagnosis.train_hash
    return Suggestion(recipe, tuple(_notes(findings, diagnosis, causes, found.folder, own)))


def _augment(
    findings: "pd.DataFrame", causes: Sequence[str], reasons: dict[str, str]
) -> Augmentation | None:
    amounts = [one for one in (_amounts(findings, cause) for cause in causes) if one is not None]
    if not amounts:
        return None
    said = [
        f"{agreeing(int((findings['cause'] == one.name).sum()), 'hard example', 'look')} "
        f"{in_words(one)}"
        for one in amounts
    ]
    reasons["augment"] = f"Of {len(findings):,} diagnosed, {' and '.join(said)}."
    return Augmentation(tuple(amounts))


def _amounts(findings: "pd.DataFrame", cause: str) -> Amounts | None:
    """The range in which a transform was found."""
    if not FIELDS[cause]:
        return Amounts(cause)
    mine = findings[findings["cause"] == cause]
    ranges = []
    for column, field in zip(("amount", "amount_y"), FIELDS[cause], strict=False):
        values = mine[column].to_numpy(float)
        values = values[np.isfinite(values)]
        if not len(values):
            continue
        low, high = (float(np.round(it, 2)) for it in np.quantile(values, _MIDDLE))
        if field in FACTORS and low <= 0:
            return None
        ranges.append((low, high))
    return Amounts(cause, tuple(ranges)) if ranges else None


def in_words(amounts: Amounts) -> str:
    """How pictures look that were transformed so, a clause.

    Example:
        >>> in_words(Amounts("rotation", ((-40.0, 35.0),)))
        'rotated, by -40 to 35'
        >>> in_words(Amounts("flip"))
        'mirrored'
    """
    if not amounts.ranges:
        return amount_in_words(amounts.name, None)
    ends = [f"{low:g} to {high:g}" for low, high in amounts.ranges]
    kinds = {
        "rotation": "rotated", "shift": "shifted", "scale": "scaled", "shear": "slanted",
        "contrast": "of other contrast", "blur": "blurred", "noise": "noisy",
        "stroke": "drawn thicker or thinner",
    }  # fmt: skip
    return f"{kinds[amounts.name]}, by {' and '.join(ends)}"


def _balance(
    diagnosis: Diagnosis, causes: Sequence[str], reasons: dict[str, str]
) -> Balance | None:
    if IMBALANCE not in causes:
        return None
    count = next(one.count for one in diagnosis.counts if one.cause == IMBALANCE)
    reasons["balance"] = (
        f"{counted(count, 'hard example')} of small classes would be right if the outputs were "
        "corrected for the shares of the classes, which needs no training."
    )
    return Balance(logit_adjustment=1.0)


def _collect(run: Run, reasons: dict[str, str]) -> Collect | None:
    probes = [probe for probe in kept_probes(run.folder, light=True)[0] if probe.expected]
    if not probes:
        return None
    reasons["collect"] = f"{counted(len(probes), 'kept probe')} with a class can be learnt from."
    return Collect(probes=True)


def _notes(
    findings: "pd.DataFrame", diagnosis: Diagnosis, causes: Sequence[str], run: Path, own: bool
) -> list[str]:
    """What people have to do; `own` says whether the run is over its own training data."""
    told = {one.cause: one for one in diagnosis.counts}
    found = []
    if RARE in causes:
        classes = Counter(findings["given_label"][findings["cause"] == RARE]).most_common(_CLASSES)
        named = ", ".join(f"{count} of {name}" for name, count in classes)
        found.append(
            "Unlike the training images of their class: "
            f"{counted(told[RARE].count, 'hard example')} ({named}); collect more like these, and "
            "add them with collect: folders."
        )
    if MISLABELLED in causes and own:
        found.append(
            f"{agreeing(told[MISLABELLED].count, 'training example', 'seem')} to be mislabelled: "
            f"fix a run over other data, with clean: {{by: {FINDINGS}, run: {run}}}."
        )
    elif MISLABELLED in causes:
        found.append(
            f"{agreeing(told[MISLABELLED].count, 'evaluation example', 'seem')} to be mislabelled: "
            "let people judge them; labels of training data are cleaned by a run over that data."
        )
    others = [cause for cause in causes if cause not in (*FIELDS, IMBALANCE, RARE, MISLABELLED)]
    found += [f"{cause}: {told[cause].remedy}." for cause in others if cause in told]
    return found
