"""Names of columns in logs of several programs -> the names that are used here."""

import re
from collections.abc import Mapping, Sequence

from hardex.errors import LogError
from hardex.sentences import counted

LOSS, ACCURACY = "loss", "accuracy"
VAL_LOSS, VAL_ACCURACY = "val_loss", "val_accuracy"
LEARNING_RATE, EPOCH, STEP = "learning_rate", "epoch", "step"

_VALIDATION = ("validation", "valid", "val", "eval", "evaluation", "test", "dev", "metrics")
_TRAINING = ("train", "training", "tr")
_SPAN = re.compile(r"^(epoch|batch)_|_(epoch|step|batch|mean|avg)$")  # over what a mean is taken
_ANOTHER_METRIC = re.compile(r"top|balanced|macro|weighted|class|pixel|per_")  # of its own kind
_SO_FAR = re.compile(
    r"(^|_)(best|max|min|ema|swa|running|smoothed|moving|so_far)(_|$)"
)  # no value of its epoch
_NAMES = {
    LOSS: {"loss", "cross_entropy", "crossentropy", "cross_entropy_loss", "nll", "nll_loss", "ce"},
    ACCURACY: {
        "accuracy", "acc", "categorical_accuracy", "sparse_categorical_accuracy",
        "binary_accuracy", "top1", "top_1", "acc1", "acc_1", "acc_top1", "top1_acc",
        "top_1_accuracy", "accuracy_top1", "accuracy_top_1",
        "multiclass_accuracy", "multiclassaccuracy", "accuracy_score",
    },
    LEARNING_RATE: {"lr", "learning_rate", "learningrate"},
    EPOCH: {"epoch", "epochs", "ep", "epoch_number"},
    STEP: {"step", "steps", "global_step", "iteration", "iterations", "iter", "it", "batch"},
}  # fmt: skip


def canonical(name: str) -> str:
    """The name used here of a column; its own name in lower case if it is of no known kind.

    Example:
        >>> [canonical(name) for name in ("Val Acc", "train/loss", "eval_loss", "epoch_val_loss")]
        ['val_accuracy', 'loss', 'val_loss', 'val_loss']
        >>> canonical("f1")
        'f1'
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    words = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")
    plain = _known(words)
    if plain:
        return plain
    words = _SPAN.sub("", words)
    parts = words.split("_")
    validation = any(part in _VALIDATION for part in (parts[0], parts[-1]))
    rest = "_".join(
        part
        for place, part in enumerate(parts)
        if place not in (0, len(parts) - 1) or part not in (*_VALIDATION, *_TRAINING)
    )
    rest = _SPAN.sub("", rest)
    known = _known(rest)
    if known in (LOSS, ACCURACY):
        return f"val_{known}" if validation else known
    return known or (f"val_{rest}" if validation and rest else rest or words)


def _known(words: str) -> str:
    return next((plain for plain, names in _NAMES.items() if words in names), "")


def assigned(
    header: Sequence[str], chosen: Mapping[str, str], log: str
) -> tuple[dict[str, int], tuple[str, ...]]:
    """Which column is which.

    Args:
        header: the names in the log.
        chosen: names used here, and the names in the log that the user gave for them.
        log: its name, for the error.

    Returns:
        The place of each name used here, and notes about columns that were left out because
        another one is of the same kind.

    Raises:
        LogError: a chosen column is not there, or there is neither a loss nor an accuracy.
    """
    found: dict[str, int] = {}
    notes = []
    for name, column in chosen.items():
        if column not in header:
            raise LogError(
                f"--columns {name}={column} must name a column of {log}; it has {_listed(header)}; "
                "take one of these."
            )
        found[canonical(name)] = header.index(column)
    exact = sorted(range(len(header)), key=lambda place: (*_rank(header[place]), place))
    for place in exact:
        if place in found.values():
            continue
        name = canonical(header[place])
        if name in found:
            notes.append(
                f"{header[found[name]]} and {header[place]} are of one kind; the first is used."
            )
        elif name:
            found[name] = place
    notes += _of_validation(header, chosen, found)
    for name in (ACCURACY, VAL_ACCURACY):
        if name not in found:
            notes += _of_an_output(header, name, found)
    if not any(name in found for name in (LOSS, ACCURACY, VAL_LOSS, VAL_ACCURACY)):
        raise LogError(
            f"a training log must have a column of a loss or an accuracy; {log} has "
            f"{_listed(header)}; name it with --columns loss=NAME."
        )
    return found, tuple(notes)


def _of_validation(
    header: Sequence[str], chosen: Mapping[str, str], found: dict[str, int]
) -> list[str]:
    """Take a plain accuracy for that of validation where only the losses say what they are of.

    So fastai writes it: epoch, train_loss, valid_loss, accuracy.
    """
    told = {canonical(name) for name in chosen}
    losses = LOSS in found and VAL_LOSS in found
    if not losses or ACCURACY not in found or VAL_ACCURACY in found or ACCURACY in told:
        return []
    loss, accuracy = header[found[LOSS]], header[found[ACCURACY]]
    if not says_training(loss) or says_training(accuracy):
        return []
    found[VAL_ACCURACY] = found.pop(ACCURACY)
    return [
        f"{accuracy} is taken as that of validation, as it stands beside {loss} without saying "
        f"training; if it is of training, pass --columns accuracy={accuracy}."
    ]


def says_training(column: str) -> bool:
    """Whether the name of a column has a word for training."""
    return any(word in _TRAINING for word in _parts(column))


def _says_validation(column: str) -> bool:
    return any(word in _VALIDATION for word in _parts(column))


def _parts(column: str) -> list[str]:
    """The words of a name, in lower case."""
    return re.split(r"[^a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column).lower())


def _of_an_output(header: Sequence[str], name: str, found: dict[str, int]) -> list[str]:
    """Take the one column that is this accuracy of a named output, such as `digit_acc`."""
    ends = tuple(f"_{known}" for known in _NAMES[ACCURACY])
    fitting = [
        column
        for column in header
        if (words := canonical(column)).endswith(ends)
        and _says_validation(column) == (name == VAL_ACCURACY)
        and not _ANOTHER_METRIC.search(words)
        and not _SO_FAR.search(words)
    ]
    if len(fitting) == 1:
        found[name] = header.index(fitting[0])
        return [f"{fitting[0]} is taken as {name}."]
    if fitting:
        listed = ", ".join(fitting[:4])
        return [f"{listed} could be {name}; name one with --columns {name}=NAME."]
    return []


def _rank(name: str) -> tuple[bool, int]:
    """Exact names first; the mean of an epoch before the value of a step; test data last."""
    words = name.strip().lower()
    test = "test" in _parts(name)
    if words == canonical(name):
        return test, 0
    return test, 2 if words.endswith(("_step", "_batch")) else 1


def _listed(header: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:30]) for name in header[:8])
    return f"{counted(len(header), 'column')}: {shown}" + (", …" if len(header) > 8 else "")
