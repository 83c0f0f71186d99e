"""A raw log -> the trainings in it, each in order; what was done is said.

Logs of real programs hold several runs one after the other, epochs twice after a restart, rows of
steps beside rows of epochs, shares beside percents, and NaN. Nothing is claimed about a curve
before this is settled.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hardex.errors import LogError
from hardex.learning_curves.columns import (
    ACCURACY,
    EPOCH,
    LOSS,
    STEP,
    VAL_ACCURACY,
    VAL_LOSS,
    assigned,
)
from hardex.learning_curves.noise import examples_behind, noise
from hardex.learning_curves.raw_log import RawLog
from hardex.learning_curves.row_kinds import by_role, in_turn, told_apart
from hardex.learning_curves.shares import as_shares
from hardex.learning_curves.training_run import (
    EPOCH as BY_EPOCH,
)
from hardex.learning_curves.training_run import (
    EVALUATION,
    STEPS,
    BatchCurve,
    Numbers,
    TrainingRun,
)
from hardex.sentences import counted

Rows = NDArray[np.int64]

_LOSSES = (LOSS, VAL_LOSS)
_EMPTY_LOSS = (
    "The loss is empty to the end while the accuracy goes on: it was taken for NaN, which tables "
    "write as an empty cell."
)
_UNSORTED = 0.2  # share of the rows that go back, above which a log is unsorted
_FEW_GROUPS = 4
_CHUNKS = 60  # rows that a log of steps is cut into
_ONE_BATCH = 512  # examples
_GOES_ON = 0.9  # share of the epochs, whose loss must begin nearer to the one before
_BACK, _STAYS = 0.6, 0.2  # of the way that the loss had fallen; where it jumps, and a row later
_MOST_RUNS = 1000  # as many as logs
_LEAST_CUT, _ROUGHER, _JUMPS = 10, 4.0, 2.0  # rows; times the noise of the other rows


@dataclass(frozen=True, eq=False)
class Groups:
    """Which rows of a log belong together.

    Attributes:
        of: (n,) the group of each row.
        at: (g,) where each group is.
        unit: what a group is.
        counts: what `at` counts.
        several: whether a group has several values of the training loss.
    """

    of: Rows
    at: Numbers
    unit: str
    counts: str
    several: bool


def in_order(
    raw: RawLog, chosen: Mapping[str, str], *, from_zero: bool = False
) -> list[TrainingRun]:
    """The trainings in a log.

    Args:
        raw: as it was read.
        chosen: columns that the user named, by the name used here.
        from_zero: whether its program is known to count epochs from 0; a log that has an epoch 0
            says so itself.

    Raises:
        LogError: it has no rows or no curve.
    """
    raw, roles = by_role(raw, chosen)
    places, notes = assigned(raw.header, chosen, raw.name)
    table = {name: raw.columns[place] for name, place in places.items()}
    table = {k: v for k, v in table.items() if k not in (EPOCH, STEP) or np.isfinite(v).any()}
    failed = np.zeros(len(raw.columns[0]), np.bool_)
    for name in _LOSSES:
        if name in places:
            failed |= _to_the_end(raw.failed[:, places[name]], table[name])
    table, told = as_shares(table, raw, places)
    curves = [name for name in table if name not in (EPOCH, STEP)]
    there = failed | np.any([np.isfinite(table[name]) for name in curves], axis=0)
    if not there.any():
        raise LogError(
            f"a training log must have at least one row with numbers; {raw.name} has "
            f"{counted(len(failed), 'row')} and no number; pass another log."
        )
    rows = np.flatnonzero(there)
    groups, apart, titles = told_apart(raw, table, rows, roles)
    table = {k: v for k, v in table.items() if raw.header[places[k]] not in titles}
    whole_key = _key(table)
    from_zero, counted_from = _from_zero(table, rows, known=from_zero)
    shared = (*raw.notes, *notes, *told, *apart, *counted_from)
    runs: list[TrainingRun] = []
    for group in groups:
        if len(runs) >= _MOST_RUNS:
            break
        own, order_notes = _with_epochs(table, group.rows)
        key = whole_key if own is table else _key(own)
        rows = in_turn(group.rows, key, roles)
        parts, cut = _parts(key[rows], raw.repeated, rows, by_epoch=EPOCH in own)
        order_notes += cut
        named = f"{raw.name}, {group.name}" if group.name else raw.name
        if len(runs) + len(parts) > _MOST_RUNS or len(groups) > _MOST_RUNS:
            order_notes = (*order_notes, f"Only the first {_MOST_RUNS:,} runs were read.")
        for number, whole in enumerate(parts[: _MOST_RUNS - len(runs)], 1):
            part, again = _without_redone(whole, key)
            title = named if len(parts) == 1 else f"{named}, run {number} of {len(parts)}"
            values = {name: column[part] for name, column in own.items()}
            run = _run(raw.name, title, values, failed[part], from_zero or own is not table)
            said = (*shared, *order_notes, *again, *_begins_again(own, part), *run.notes)
            runs.append(replace(run, notes=said, begun_anew=number > 1))
    return runs


def _to_the_end(failed: NDArray[np.bool_], values: Numbers) -> NDArray[np.bool_]:
    """Where a loss is NaN for good; programs also write NaN where they have no value."""
    there = np.flatnonzero(np.isfinite(values))
    found = failed.copy()
    if len(there):
        found[: there[-1]] = False
    return found


def _without_redone(part: Rows, key: Numbers) -> tuple[Rows, tuple[str, ...]]:
    """Without the rows that were done again after a restart from a checkpoint."""
    numbers = key[part]
    if not (np.diff(numbers) < 0).any():
        return part, ()
    back = np.flatnonzero(np.diff(numbers) < 0) + 1
    stays = np.ones(len(numbers), np.bool_)
    for place in back.tolist():
        stays[:place] &= numbers[:place] < numbers[place]
    note = (
        f"The training went back {counted(len(back), 'time')}, as after a restart; "
        f"{counted(int((~stays).sum()), 'row')} that were done again were left out."
    )
    return part[stays], (note,)


def _key(table: Mapping[str, Numbers]) -> Numbers:
    """(n,) what rises within a run: the epoch, else the step, else the place."""
    for name in (EPOCH, STEP):
        if name in table and np.isfinite(table[name]).any():
            return _filled(table[name])
    return np.arange(len(next(iter(table.values()))), dtype=np.float64)


def _filled(values: Numbers) -> Numbers:
    """Empty cells take the value before them, or the first one."""
    there = np.isfinite(values)
    places = np.maximum.accumulate(np.where(there, np.arange(len(values)), 0))
    found = values[places]
    found[~np.isfinite(found)] = values[there][0]
    return found


def _parts(
    key: Numbers, repeated: tuple[int, ...], rows: Rows, *, by_epoch: bool
) -> tuple[list[Rows], tuple[str, ...]]:
    """The rows of each run; they begin where the key does."""
    back = np.flatnonzero(np.diff(key) < 0) + 1
    if len(key) > 2 and len(back) == len(key) - 1:
        return [rows[::-1]], ("The rows were in reverse order; they were turned round.",)
    first = key.min()
    anew = [place for place in back.tolist() if key[place] <= first + (1 if by_epoch else 0)]
    others = len(back) - len(anew)
    if others >= 3 and others > len(anew) and len(back) > _UNSORTED * len(key):
        order = np.argsort(key, kind="stable")
        return [rows[order]], ("The rows were not in order; they were sorted.",)
    if not by_epoch and not len(back):  # rows without numbers: a repeated header begins a run
        anew = [int(np.searchsorted(rows, place)) for place in repeated]
    cuts = [place for place in sorted(set(anew)) if 0 < place < len(key)]
    notes: tuple[str, ...] = ()
    if cuts:
        notes = (
            f"The log holds {len(cuts) + 1:,} runs, one after the other: its "
            f"{'epochs begin' if by_epoch else 'rows begin'} anew {counted(len(cuts), 'time')}. "
            "Each was read as a run of its own.",
        )
    return np.split(rows, cuts), notes


def _from_zero(
    table: Mapping[str, Numbers], rows: Rows, *, known: bool
) -> tuple[bool, tuple[str, ...]]:
    """Whether epochs count from 0, and a note where nobody knows."""
    if EPOCH not in table:
        return known, ()
    epochs = _filled(table[EPOCH])[rows]
    first = float(epochs.min())
    if known or first <= 1 or (epochs != np.round(epochs)).any():
        return known or first == 0, ()
    return False, (
        f"The epochs begin at {first:g}; whether they count from 0 or from 1 is not known, so they "
        "are called as in the log.",
    )


def _with_epochs(
    table: dict[str, Numbers], rows: Rows
) -> tuple[dict[str, Numbers], tuple[str, ...]]:
    """With epochs, where steps without them begin anew while the loss goes on where it was.

    All parts must be equally long, apart from the last one, and begin with the same step.
    """
    curve = next((table[name] for name in _LOSSES if name in table), None)
    if EPOCH in table or STEP not in table or curve is None:
        return table, ()
    steps, values = table[STEP][rows], curve[rows]
    if not np.isfinite(steps).all():
        return table, ()
    back = np.flatnonzero(np.diff(steps) < 0) + 1
    sizes = np.diff(np.concatenate([[0], back, [len(rows)]]))
    alike = len(back) and (sizes[:-1] == sizes[0]).all() and 2 <= sizes[0] >= sizes[-1]
    if not alike or (steps[back] != steps[0]).any() or not np.isfinite(values).all():
        return table, ()
    quarter = max(1, int(sizes[0]) // 4)
    pieces = np.split(values, back)
    heads = np.array([np.median(piece[:quarter]) for piece in pieces])
    tails = np.array([np.median(piece[-quarter:]) for piece in pieces])
    goes_on = np.abs(heads[1:] - tails[:-1]) < np.abs(heads[1:] - heads[0])
    if goes_on.mean() < _GOES_ON:
        return table, ()
    epochs = np.repeat(np.arange(len(sizes), dtype=np.float64), sizes)
    long = steps[back[0] - 1] - steps[0] + steps[1] - steps[0]
    own = dict(table)
    for name, found in ((EPOCH, epochs), (STEP, steps + epochs * long)):
        own[name] = np.full(len(curve), np.nan)
        own[name][rows] = found
    return own, (
        f"The steps begin anew {counted(len(back), 'time')} and the loss goes on where it was: "
        "each part was read as an epoch.",
    )


def _begins_again(table: Mapping[str, Numbers], part: Rows) -> tuple[str, ...]:
    """A note where rows without numbers look like two runs, which only the user knows."""
    if EPOCH in table or STEP in table or LOSS not in table:
        return ()
    loss = table[LOSS][part]
    if len(loss) < _LEAST_CUT or not np.isfinite(loss).all():
        return ()
    places = np.arange(3, len(loss) - 2)
    fallen = loss[0] - loss[places - 1]
    back = loss[places] - loss[places - 1] > _BACK * fallen
    stays = loss[places + 1] - loss[places - 1] > _STAYS * fallen
    far = fallen > _ROUGHER * noise(loss)
    found = places[back & stays & far & (fallen > 0)]
    if not len(found):
        return ()
    more = f", and {counted(len(found) - 1, 'time')} more" if len(found) > 1 else ""
    return (
        f"The loss jumps back to its beginning at row {part[found[0]] + 1:,}{more}: if another run "
        "begins there, give the rows a column of epochs, or pass each run as a log of its own.",
    )


def _run(
    log: str,
    name: str,
    table: dict[str, Numbers],
    failed: NDArray[np.bool_],
    from_zero: bool,
) -> TrainingRun:
    """One run from its rows in order of time."""
    notes: list[str] = []
    empty = LOSS in table and not np.isfinite(table[LOSS]).any()
    table = {k: v for k, v in table.items() if np.isfinite(v).any()}
    if empty and ACCURACY in table and not failed.any():
        failed = np.arange(len(failed)) == 0
        notes.append(_EMPTY_LOSS)
    found = _groups(table, len(failed), from_zero, notes)
    groups, several, count = found.of, found.several, len(found.at)
    metrics = {
        key: _of_groups(values, groups, count, mean=several and key in (LOSS, ACCURACY))
        for key, values in table.items()
        if key not in (EPOCH, STEP)
    }
    _without_cut_epochs(metrics, notes)
    when = np.flatnonzero(np.bincount(groups, failed, minlength=count))
    first = int(when[0]) if len(when) else _lost(metrics, notes)
    return TrainingRun(
        log,
        name,
        found.unit,
        found.at,
        metrics,
        _batches(table, groups, several, from_zero),
        first,
        tuple(notes),
        counts=found.counts,
    )


def _groups(table: Mapping[str, Numbers], count: int, from_zero: bool, notes: list[str]) -> Groups:
    """Which rows belong together."""
    epochs = _filled(table[EPOCH]) if EPOCH in table else None
    steps = _filled(table[STEP]) if STEP in table else None
    evaluated = np.zeros(count, np.bool_)
    for name in (VAL_LOSS, VAL_ACCURACY):
        if name in table:
            evaluated |= np.isfinite(table[name])
    trained = np.zeros(count, np.bool_)
    for name in (LOSS, ACCURACY):
        if name in table:
            trained |= np.isfinite(table[name])
    if epochs is not None and (epochs == np.round(epochs)).all():
        numbers, groups = np.unique(epochs, return_inverse=True)
        each = len(groups) / len(numbers)
        many = int(trained.sum()) > 1.5 * len(numbers)
        if many and len(numbers) < _FEW_GROUPS and evaluated.sum() >= 2 * len(numbers):
            return _by_evaluations(evaluated, steps, STEPS, notes)
        if many and len(numbers) < _FEW_GROUPS and not evaluated.any():
            return _by_chunks(count, steps, STEPS, notes)
        if each > 1 and not many and len(groups) > len(numbers):
            _note_repeated(groups, trained, len(numbers), notes)
        if many:
            notes.append("Rows of steps were averaged over each epoch.")
        at: Numbers = numbers + (1 if from_zero else 0)
        return Groups(groups.astype(np.int64), at, BY_EPOCH, BY_EPOCH, many)
    where = epochs if epochs is not None else steps
    counts = STEPS if epochs is None else BY_EPOCH
    if evaluated.any() and (trained & ~evaluated).sum() > evaluated.sum():
        return _by_evaluations(evaluated, where, counts, notes)
    if count > 4 * _CHUNKS and not evaluated.any():
        return _by_chunks(count, where, counts, notes)
    if where is None:
        return Groups(np.arange(count), np.arange(1.0, count + 1), BY_EPOCH, BY_EPOCH, False)
    numbers, groups = np.unique(where, return_inverse=True)
    unit = STEPS if epochs is None else EVALUATION
    return Groups(groups.astype(np.int64), numbers, unit, counts, False)


def _note_repeated(groups: Rows, trained: NDArray[np.bool_], count: int, notes: list[str]) -> None:
    twice = int((np.bincount(groups, trained, minlength=count) > 1).sum())
    if twice:
        notes.append(f"{counted(twice, 'epoch')} came twice; the last values were taken.")


def _by_evaluations(
    evaluated: NDArray[np.bool_], where: Numbers | None, counts: str, notes: list[str]
) -> Groups:
    """A group ends with each evaluation; what follows the last one is a group of its own."""
    ends = np.flatnonzero(evaluated)
    if not evaluated.all():
        ends = ends[np.append(np.diff(ends) > 1, True)]  # an evaluation may fill two rows
        notes.append("Rows of steps were averaged between one evaluation and the next.")
    groups = np.searchsorted(ends, np.arange(len(evaluated)))
    count = int(groups.max()) + 1
    last = np.append(ends, len(evaluated) - 1)[:count]
    at, counts = (np.arange(1.0, count + 1), EVALUATION) if where is None else (where[last], counts)
    return Groups(groups.astype(np.int64), at, EVALUATION, counts, True)


def _by_chunks(count: int, where: Numbers | None, counts: str, notes: list[str]) -> Groups:
    """Equal parts of a log of steps."""
    size = max(1, -(-count // _CHUNKS))
    groups = np.arange(count) // size
    last = np.minimum(np.arange(1, int(groups.max()) + 2) * size, count) - 1
    at = last + 1.0 if where is None else where[last]
    if size > 1:
        notes.append(f"{count:,} rows of steps were averaged {size} at a time.")
    return Groups(groups, at, STEPS, STEPS if where is None else counts, True)


def _of_groups(values: Numbers, groups: Rows, count: int, *, mean: bool) -> Numbers:
    """(g,) the mean of each group, or its last value; NaN where there is none."""
    there = np.flatnonzero(np.isfinite(values))
    found = np.full(count, np.nan)
    if mean:
        sums = np.bincount(groups[there], values[there], minlength=count)
        numbers = np.bincount(groups[there], minlength=count)
        np.divide(sums, numbers, out=found, where=numbers > 0)
    else:
        found[groups[there]] = values[there]
    return found


def _without_cut_epochs(metrics: dict[str, Numbers], notes: list[str]) -> None:
    """Drop the training values of every second row, where these epochs were cut short.

    Keras does so where the data run out in the middle of an epoch: its values are those of a few
    batches.
    """
    rows = len(next(iter(metrics.values()), []))
    if rows < _LEAST_CUT or LOSS not in metrics or not np.isfinite(metrics[LOSS]).all():
        return
    loss = metrics[LOSS]
    cut = max((0, 1), key=lambda start: noise(loss[start::2]))
    only_training = _jumps(loss, cut, _ROUGHER) and _runs_smoothly(metrics, cut)
    if only_training or _of_few_examples(metrics.get(ACCURACY), cut):
        for name in (LOSS, ACCURACY):
            if name in metrics:
                values = metrics[name].copy()
                values[cut::2] = np.nan
                metrics[name] = values
        notes.append(
            "Training jumps in every second epoch and validation does not, as where the data run "
            "out in the middle: training values of these epochs were left out."
        )


def _jumps(values: Numbers, start: int, times: float) -> bool:
    """Whether every second value from a start on is far from a smooth curve of the others."""
    others = 1 - start
    smooth, rough = noise(values[others::2]), noise(values[start::2])
    between = np.interp(
        np.arange(len(values)), np.arange(others, len(values), 2), values[others::2]
    )
    apart = float(np.median(np.abs(values - between)[start::2]))
    return rough > times * smooth and apart > times * smooth and smooth > 0


def _runs_smoothly(metrics: Mapping[str, Numbers], start: int) -> bool:
    """Whether validation is there in each epoch and does not jump where training does.

    Where it jumps, too, the model is what changes, and not the number of batches.
    """
    curves = [metrics[name] for name in (VAL_LOSS, VAL_ACCURACY) if name in metrics]
    whole = [values for values in curves if np.isfinite(values).all()]
    return bool(whole) and not any(_jumps(values, start, _JUMPS) for values in whole)


def _of_few_examples(accuracy: Numbers | None, start: int) -> bool:
    """Whether every second accuracy is one of a few examples, and the others are not."""
    if accuracy is None or not np.isfinite(accuracy).all():
        return False
    few, others = (examples_behind(accuracy[begin::2]) for begin in (start, 1 - start))
    return few is not None and few <= _ONE_BATCH and (others is None or others > 4 * few)


def _lost(metrics: Mapping[str, Numbers], notes: list[str]) -> int | None:
    """Where the training loss ends although the training goes on: tables write NaN as nothing."""
    if LOSS not in metrics:
        return None
    there = np.isfinite(metrics[LOSS])
    others = [v for k, v in metrics.items() if k in (ACCURACY, VAL_ACCURACY)]
    if not others:
        return None
    last = int(np.flatnonzero(there)[-1])
    goes_on = [int(np.isfinite(other[last + 1 :]).sum()) for other in others]
    whole = all(np.isfinite(other).all() for other in others)
    if max(goes_on) < (1 if whole else 2) or not there[: last + 1].all():
        return None
    notes.append(_EMPTY_LOSS)
    return last + 1


def _batches(
    table: Mapping[str, Numbers], groups: Rows, several: bool, from_zero: bool
) -> BatchCurve | None:
    """The loss of single steps, where the log has it."""
    if not several or LOSS not in table:
        return None
    there = np.flatnonzero(np.isfinite(table[LOSS]))
    steps = _filled(table[STEP])[there] if STEP in table else there.astype(np.float64)
    epochs = groups[there]
    if EPOCH in table:
        numbers = _filled(table[EPOCH])[there]
        epochs = np.floor(numbers).astype(np.int64)
        whole = (numbers == epochs).all()
        epochs -= (0 if from_zero else 1) if whole else epochs.min()
    return BatchCurve(steps, epochs, table[LOSS][there])
