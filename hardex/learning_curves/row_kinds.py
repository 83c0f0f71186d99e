"""What rows say they are of: training or validation, a fold, a seed -> rows that belong together.

Programs write `phase` or `fold` beside each row, with one column for the losses of all of them.
Taken as they come, such rows are averaged over each epoch into a curve that nobody measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hardex.learning_curves.columns import EPOCH, LEARNING_RATE, STEP, canonical, says_training
from hardex.learning_curves.raw_log import RawLog
from hardex.learning_curves.training_run import Numbers

Codes = NDArray[np.int64]

_TRAINING = ("train", "training")
_VALIDATION = (  # the first that is there is taken
    "val", "valid", "validation", "dev", "eval", "evaluation", "test", "testing",
)  # fmt: skip
_OF_RUNS = frozenset(
    "fold folds kfold k_fold cv cv_fold split seed random_seed random_state run run_id run_name "
    "trial trial_id model model_name experiment experiment_name exp exp_name repeat repetition "
    "replicate version config name id architecture arch dataset optimizer".split()
)
_SETTINGS = frozenset(
    "batch_size bs dropout weight_decay wd momentum depth width hidden units layers".split()
) | {LEARNING_RATE}
_SHARED = 0.5  # of the epochs of a group, that other groups must have, too
_MOST_GROUPS = 100_000


@dataclass(frozen=True, eq=False)
class Group:
    """Rows of one run.

    Attributes:
        name: what tells it from the others, such as `fold 2`; empty if there is one group only.
        rows: (m,) places of its rows, rising.
    """

    name: str
    rows: Codes


def by_role(raw: RawLog, chosen: Mapping[str, str]) -> tuple[RawLog, Codes]:
    """Rows that say they are of validation get columns of their own: `loss` -> `val_loss`.

    Args:
        raw: as it was read.
        chosen: columns that the user named, by the name used here.

    Returns:
        The log, and (n,) what each row is of: 0 training or unknown, 1 validation.

    Example:
        >>> from hardex.learning_curves.raw_log import raw_log
        >>> cells = [["train", "val"], [2.0, 2.5]]
        >>> found, roles = by_role(raw_log("a.csv", ["phase", "loss"], cells), {})
        >>> found.header, roles.tolist()
        (('phase', 'loss', 'val_loss', 'epoch'), [0, 1])
    """
    none = np.zeros(len(raw.columns[0]) if raw.columns else 0, np.int64)
    place = next((p for p in raw.words if _tells_role(raw, p)), None)
    if place is None:
        return raw, none
    words = raw.words[place]
    named = [word.lower() for word in words.names]
    taken = next(word for word in _VALIDATION if word in named)
    chosen_code = named.index(taken)
    validation = words.codes == chosen_code
    left = [code for code, word in enumerate(named) if word in _VALIDATION and word != taken]
    other = np.isin(words.codes, left)
    title = raw.header[place]
    said = f"Rows in which {title} is {words.names[chosen_code]} are of validation"
    if any(word in _TRAINING for word in named):
        said += ", the others of training"
    notes = [f"{said}; they were read as curves of their own."]
    if left:
        listed = ", ".join(words.names[code] for code in left)
        notes.append(f"Rows in which {title} is {listed} were left out.")
    found = _pivoted(raw, chosen, validation, other)
    roles = validation.astype(np.int64)
    if not any(_is_key(name) for name in raw.header):
        found = _with_column(found, EPOCH, _numbered(roles))
    return replace(found, notes=(*raw.notes, *notes)), roles


def told_apart(
    raw: RawLog, table: Mapping[str, Numbers], rows: Codes, roles: Codes
) -> tuple[list[Group], tuple[str, ...], tuple[str, ...]]:
    """The rows of each run, where a column such as `fold` or `seed` says whose a row is.

    A column counts if its values share epochs: what was trained at the same epoch was trained in
    another run. One that changes within a training, such as a learning rate, shares none.

    Args:
        raw: the log.
        table: its columns by the names used here.
        rows: (m,) the rows with numbers.
        roles: (n,) from `by_role`.

    Returns:
        The groups in the order of their first rows, a note if there are several, and the names of
        the columns that tell them apart.

    Example:
        >>> from hardex.learning_curves.raw_log import raw_log
        >>> raw = raw_log("a.csv", ["epoch", "fold", "loss"], [[0, 0, 1, 1], [1, 2, 1, 2], [4] * 4])
        >>> table = {"epoch": raw.columns[0], "loss": raw.columns[2]}
        >>> groups, _, titles = told_apart(raw, table, np.arange(4), np.zeros(4, np.int64))
        >>> [(group.name, group.rows.tolist()) for group in groups]
        [('fold 1', [0, 2]), ('fold 2', [1, 3])]
    """
    keys = [_inverse(table[name][rows]) for name in (EPOCH, STEP) if name in table]
    key = _joined([*keys, roles[rows]]) if keys else None
    epochs = keys[0] if keys else None
    named = [
        place
        for place, title in enumerate(raw.header)
        if _words(title) in _OF_RUNS and not _tells_role(raw, place)
    ]
    codes = {p: found for p in named if (found := _codes(raw, p, rows)) is not None}
    if codes and not _are_runs(_joined(list(codes.values())), epochs):
        codes = {p: found for p, found in codes.items() if _are_runs(found, epochs)}
    if key is not None and not _unique(key, codes):
        codes |= _further(raw, rows, key, epochs, codes)
    if not codes:
        return [Group("", rows)], (), ()
    joined = _joined(list(codes.values()))
    starts = np.unique(joined, return_index=True)[1]
    by_group = rows[np.argsort(joined, kind="stable")]
    members = np.split(by_group, np.cumsum(np.bincount(joined)[np.unique(joined)])[:-1])
    groups = [
        Group(", ".join(f"{raw.header[p]} {_label(raw, p, int(found[0]))}" for p in codes), found)
        for found in (members[one] for one in np.argsort(starts).tolist())
    ]
    titles = tuple(raw.header[place] for place in codes)
    note = f"The log holds {len(groups):,} runs, told apart by {' and '.join(titles)}."
    return groups, (note,), titles


def in_turn(rows: Codes, key: Numbers, roles: Codes) -> Codes:
    """Rows of training and validation in the order of their epochs, where they stand in blocks.

    Args:
        rows: (m,) places of rows.
        key: (n,) the epoch of each row.
        roles: (n,) from `by_role`.

    Example:
        >>> key, roles = np.array([0.0, 1, 0, 1]), np.array([0, 0, 1, 1])
        >>> in_turn(np.arange(4), key, roles).tolist()
        [0, 2, 1, 3]
    """
    numbers = key[rows]
    if (np.diff(numbers) >= 0).all() or not roles[rows].any():
        return rows
    if any((np.diff(numbers[roles[rows] == role]) < 0).any() for role in (0, 1)):
        return rows
    return rows[np.argsort(numbers, kind="stable")]


# ------------------------------------------------------------------ training and validation


def _tells_role(raw: RawLog, place: int) -> bool:
    named = {word.lower() for word in raw.words[place].names} if place in raw.words else set()
    return bool(named & set(_VALIDATION)) and named <= {*_VALIDATION, *_TRAINING}


def _pivoted(
    raw: RawLog, chosen: Mapping[str, str], validation: NDArray[np.bool_], other: NDArray[np.bool_]
) -> RawLog:
    called = {column: name for name, column in chosen.items()}
    gone = validation | other
    found = raw
    for place, title in enumerate(raw.header):
        known = canonical(called.get(title, title))
        if not _moves(title, known, place, raw):
            continue
        values, failed = raw.columns[place], raw.failed[:, place]
        if not (np.isfinite(values[gone]).any() or failed[gone].any()):
            continue
        found = _replaced(found, place, np.where(gone, np.nan, values), failed & ~gone)
        moved = np.where(validation, values, np.nan), failed & validation
        called_here = [canonical(name) for name in found.header]
        if f"val_{known}" in called_here:
            there = called_here.index(f"val_{known}")
            old, wrong = found.columns[there], found.failed[:, there]
            kept = np.where(np.isfinite(old) | wrong, old, moved[0])
            found = _replaced(found, there, kept, wrong | (moved[1] & ~np.isfinite(old)))
        else:
            found = _with_column(found, f"val_{known}", *moved)
    return found


def _moves(title: str, known: str, place: int, raw: RawLog) -> bool:
    """Whether a column holds values of what its row is of."""
    words = _words(title)
    fixed = _is_key(title) or known == LEARNING_RATE or words in _OF_RUNS | _SETTINGS
    said = known.startswith("val_") or says_training(title)
    return not fixed and not said and place not in raw.words


def _replaced(raw: RawLog, place: int, values: Numbers, failed: NDArray[np.bool_]) -> RawLog:
    columns = (*raw.columns[:place], values, *raw.columns[place + 1 :])
    marks = raw.failed.copy()
    marks[:, place] = failed
    return replace(raw, columns=columns, failed=marks)


def _with_column(
    raw: RawLog, title: str, values: Numbers, failed: NDArray[np.bool_] | None = None
) -> RawLog:
    marks = np.zeros(len(values), np.bool_) if failed is None else failed
    return replace(
        raw,
        header=(*raw.header, title),
        columns=(*raw.columns, values),
        failed=np.column_stack([raw.failed, marks]),
    )


def _numbered(roles: Codes) -> Numbers:
    """(n,) epochs from 0 of rows without numbers; one begins where the first kind comes again."""
    changes = np.flatnonzero(np.diff(roles)) + 1
    if len(changes) == 1 and 2 * changes[0] == len(roles):  # all of training, then validation
        return np.tile(np.arange(changes[0], dtype=np.float64), 2)
    begins = (roles == roles[0]) & np.concatenate([[False], np.diff(roles) != 0])
    return np.cumsum(begins).astype(np.float64)


# ------------------------------------------------------------------ runs


def _further(
    raw: RawLog, rows: Codes, key: Codes, epochs: Codes | None, codes: Mapping[int, Codes]
) -> dict[int, Codes]:
    """Columns without a telling name, where epochs that come several times come once with them."""
    in_time = epochs is not None and bool((np.diff(epochs) >= 0).all())
    found = {}
    for place, title in enumerate(raw.header):
        known = canonical(title)
        setting = in_time and (known in _SETTINGS or _words(title) in _SETTINGS)
        if place in codes or not (setting or place in raw.words) or _tells_role(raw, place):
            continue
        values = _codes(raw, place, rows)
        if values is not None and _are_runs(values, epochs):
            found[place] = values
    for place, values in found.items():  # one of them is enough, if it is
        if _unique(key, {**codes, place: values}):
            return {place: values}
    return found if found and _unique(key, {**codes, **found}) else {}


def _codes(raw: RawLog, place: int, rows: Codes) -> Codes | None:
    """(m,) the number of each value; None if it has one value, empty cells, or too many values."""
    if place in raw.words:
        values = raw.words[place].codes[rows]
        if (values < 0).any():
            return None
    else:
        column = raw.columns[place][rows]
        if not np.isfinite(column).all():
            return None
        values = _inverse(column)
    count = len(np.unique(values))
    return values if 2 <= count <= min(_MOST_GROUPS, len(rows) // 2) else None


def _are_runs(codes: Codes, epochs: Codes | None) -> bool:
    """Whether groups have epochs in common."""
    if len(np.unique(codes)) > _MOST_GROUPS:
        return False
    if epochs is None:
        return True
    width = int(epochs.max(initial=0)) + 1
    pairs = np.unique(codes * width + epochs)  # each epoch of each group, once
    groups, of_group = pairs // width, pairs % width
    shared = np.bincount(of_group)[of_group] > 1
    counts = np.bincount(groups)
    share = np.bincount(groups, shared)[counts > 0] / counts[counts > 0]
    return bool(share.mean() >= _SHARED)


def _unique(key: Codes, codes: Mapping[int, Codes]) -> bool:
    joined = _joined([key, *codes.values()])
    return len(np.unique(joined)) == len(joined)


def _joined(codes: Sequence[Codes]) -> Codes:
    """(m,) one number for each combination."""
    found = codes[0]
    for one in codes[1:]:
        found = _inverse(found * (int(one.max(initial=0)) + 1) + one)
    return found


def _inverse(values: NDArray[np.float64] | Codes) -> Codes:
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def _label(raw: RawLog, place: int, row: int) -> str:
    if place in raw.words:
        words = raw.words[place]
        return words.names[int(words.codes[row])]
    return f"{raw.columns[place][row]:.6g}"


def _words(title: str) -> str:
    return "_".join(title.lower().replace("-", " ").replace("_", " ").split())


def _is_key(title: str) -> bool:
    return canonical(title) in (EPOCH, STEP)
