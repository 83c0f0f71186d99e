"""Accuracies as a log writes them, shares or percents -> shares.

All columns of accuracies of a log are judged together: 0.9 beside 40 is hardly a share. What
cannot be told is left out, and it is said.
"""

import math
import re
from collections.abc import Mapping
from enum import Enum

import numpy as np

from hardex.learning_curves.columns import ACCURACY, LOSS, VAL_ACCURACY, VAL_LOSS
from hardex.learning_curves.raw_log import RawLog
from hardex.learning_curves.training_run import Numbers

_SHARE, _PERCENT, _WHOLE = 1 + 1e-6, 1.5, 100.5
_ACCURACY = re.compile(r"(^|[^a-z])acc([^a-z]|uracy|$)|top[-_ @]?\d", re.IGNORECASE)
_SAYS_PERCENT = re.compile(r"%|percent|pct", re.IGNORECASE)
_CLEARLY = math.log(3)  # by so much must one reading be nearer than the other
_HIGH_LOSS = 3.0  # of a cross-entropy, as of a model of many classes that knows little
_LEAST_LOSS = 2.0
_AT_CHANCE, _NEAR = 0.15, 2.0  # between the loss and minus the logarithm of the accuracy
_FLAT = 0.3


class _Unit(Enum):
    SHARE, PERCENT, UNCLEAR = range(3)


def as_shares(
    table: Mapping[str, Numbers], raw: RawLog, places: Mapping[str, int]
) -> tuple[dict[str, Numbers], tuple[str, ...]]:
    """The table with accuracies of 0..1 only, and what was done.

    Args:
        table: (n,) columns by the names used here.
        raw: the log; its other accuracies, such as those of the best five, are evidence, too.
        places: which column is which.

    Returns:
        The table, without accuracies that are unclear or none, and a sentence for each change.

    Example:
        >>> from hardex.learning_curves.raw_log import raw_log
        >>> raw = raw_log("a.csv", ["acc", "val_acc"], [[0.5, 0.9], [0.6, 2.1]])
        >>> table = {"accuracy": raw.columns[0], "val_accuracy": raw.columns[1]}
        >>> found, notes = as_shares(table, raw, {"accuracy": 0, "val_accuracy": 1})
        >>> found["accuracy"].round(4).tolist(), notes[1]
        ([0.005, 0.009], 'accuracy is taken as percent, as val_accuracy is; it was divided by 100.')
    """
    found = dict(table)
    notes: list[str] = []
    names = [n for n in (ACCURACY, VAL_ACCURACY) if n in table and np.isfinite(table[n]).any()]
    percents = _other_percents(raw, places)
    doubtful = []
    for name in names:
        most, least = float(np.nanmax(table[name])), float(np.nanmin(table[name]))
        title = raw.header[places[name]]
        if least < 0 or most > _WHOLE:
            notes.append(
                f"{name} has values from {least:.4g} to {most:.4g} and is no share; it was left "
                "out."
            )
            del found[name]
        elif title in raw.with_sign:
            continue
        elif most > _PERCENT or _SAYS_PERCENT.search(title):
            found[name] = percents[name] = table[name] / 100
            notes.append(f"{name} is in percent; it was divided by 100.")
        else:
            doubtful.append(name)
    if percents:
        for name in doubtful:
            _beside(found, name, percents, notes)
    elif doubtful:
        _by_loss(found, doubtful, notes)
    return found, tuple(notes)


def _other_percents(raw: RawLog, places: Mapping[str, int]) -> dict[str, Numbers]:
    """Accuracies that no rule looks at, such as `top5`, where they are clearly in percent."""
    used = set(places[name] for name in (ACCURACY, VAL_ACCURACY) if name in places)
    found = {}
    for place, title in enumerate(raw.header):
        values = raw.columns[place]
        if place in used or title in raw.with_sign or not _ACCURACY.search(title):
            continue
        there = values[np.isfinite(values)]
        if len(there) and there.min() >= 0 and _PERCENT < there.max() <= _WHOLE:
            found[title] = values / 100
    return found


def _beside(
    found: dict[str, Numbers], name: str, percents: Mapping[str, Numbers], notes: list[str]
) -> None:
    """Read a column as what is nearer to the percents beside it."""
    values = found[name]
    as_share = min(_distance(values, other) for other in percents.values())
    as_percent = min(_distance(values / 100, other) for other in percents.values())
    above = np.nanmax(values) > _SHARE
    listed = " and ".join(percents)
    if above or as_percent + _CLEARLY < as_share:
        found[name] = values / 100
        notes.append(f"{name} is taken as percent, as {listed} is; it was divided by 100.")
    elif as_share + _CLEARLY >= as_percent and as_share > 0:
        notes.append(_unclear(name, values))
        del found[name]


def _by_loss(found: dict[str, Numbers], doubtful: list[str], notes: list[str]) -> None:
    """No column is clearly in percent: ask the loss of the first one, or of one above 1."""
    above = [name for name in doubtful if np.nanmax(found[name]) > _SHARE]
    lead = (above or doubtful)[0]
    values = found[lead]
    loss = next((found[n] for n in _losses(lead) if n in found), np.full(len(values), np.nan))
    unit = _unit(values, loss, above=bool(above))
    if unit is _Unit.SHARE:
        return
    others = [name for name in doubtful if name != lead]
    if unit is _Unit.UNCLEAR:
        for name in others:
            same = _distance(found[name], values) <= _distance(found[name], values / 100)
            if same or name in above:
                notes.append(_unclear(name, found[name]))
                del found[name]
        notes.append(_unclear(lead, values))
        del found[lead]
        return
    found[lead] = values / 100
    there = np.isfinite(values) & np.isfinite(loss)
    last, beside = float(values[there][-1]), float(loss[there][-1])
    notes.append(
        f"{lead} is taken as percent, as a loss of {beside:.3g} goes with {last:.3g} % that are "
        f"right and not with a share of {last:.3g}; it was divided by 100."
    )
    for name in others:
        _beside(found, name, {lead: found[lead]}, notes)


def _losses(accuracy: str) -> tuple[str, str]:
    return (LOSS, VAL_LOSS) if accuracy == ACCURACY else (VAL_LOSS, LOSS)


def _unit(values: Numbers, loss: Numbers, *, above: bool) -> _Unit:
    """What the loss beside an accuracy says, if it is a cross-entropy.

    A model that knows little of many classes has a loss near minus the logarithm of its accuracy.
    A penalty in the loss makes it high, too, but falls with it where the accuracy rises.
    """
    there = np.isfinite(values) & np.isfinite(loss) & (values > 0)
    accuracy, beside = values[there], loss[there]
    if not len(accuracy):
        return _Unit.UNCLEAR if above else _Unit.SHARE
    apart = float(np.median(np.abs(np.log(accuracy / 100) + beside)))
    if above:
        near = apart < _NEAR and float(np.median(beside)) > _LEAST_LOSS
        return _Unit.PERCENT if near else _Unit.UNCLEAR
    if float(beside.min()) <= _HIGH_LOSS:
        return _Unit.SHARE
    if apart < _AT_CHANCE and float(np.ptp(beside)) < _FLAT:
        return _Unit.PERCENT
    gain, fall = float(accuracy[-1] - accuracy[0]), float(beside[0] - beside[-1])
    if len(accuracy) >= 3 and gain > 0.1 and 0 <= fall <= gain:
        return _Unit.PERCENT if apart < _NEAR else _Unit.UNCLEAR
    return _Unit.SHARE


def _distance(values: Numbers, others: Numbers) -> float:
    """The median ratio of two curves, as a logarithm; 0 if one of them is 0 all the way."""
    rows, beside = (np.flatnonzero(np.isfinite(one) & (one > 0)) for one in (values, others))
    if not len(rows) or not len(beside):
        return 0.0
    level = np.interp(rows, beside, others[beside])
    return float(np.median(np.abs(np.log(values[rows] / level))))


def _unclear(name: str, values: Numbers) -> str:
    return (
        f"{name} has values up to {np.nanmax(values):.4g}: neither shares nor percents for "
        "certain, so it was left out; divide percents by 100."
    )
