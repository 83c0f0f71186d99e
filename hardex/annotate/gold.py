"""Gold: the correct answers that annotators are scored against, from a file or the owner."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from hardex.annotate.answers import Answer, latest, votes_of
from hardex.data.names import shortened
from hardex.errors import RunError
from hardex.people.access import OWNER
from hardex.people.events import AnnotationEvent
from hardex.runs.run import Run

_OTHER_GOLD = ("ambiguous", "bad_image")  # the gold answers that are not a class


def judged_by(owner: str, run: Run) -> dict[str, str]:
    """The true labels by the owner, as in `true_labels`, from all stored annotations.

    Args:
        owner: the name under which the owner judges.
        run: whose annotations and examples.

    Raises:
        RunError: the annotations or the predictions cannot be read.
    """
    return true_labels(run.annotations.by(owner), run)


def true_labels(events: Iterable[AnnotationEvent], run: Run) -> dict[str, str]:
    """The true labels by one annotator: the last answer on each example, if it is a class.

    As in `answer_of`, a blind answer counts even if the given label has changed since.

    Args:
        events: of one annotator, in order of time.
        run: whose examples and classes; events of others are left out.

    Returns:
        True labels by id.

    Raises:
        RunError: the predictions cannot be read.
    """
    last = latest(events)
    votes = votes_of(last, run.tables.given_labels({event.id for event in last}))
    classes = {Answer(name) for name in run.manifest.class_names}
    return {vote.id: vote.answer.name for vote in votes if vote.answer in classes}


def check_gold(gold: Mapping[str, str], run: Run, other: Collection[str] = ()) -> None:
    """Refuse gold of other runs.

    Args:
        gold: the correct answer by example.
        run: whose examples and classes they must be.
        other: the answers that are allowed besides classes.

    Raises:
        RunError: some of the examples or labels are not of this run.
    """
    unknown = run.tables.unknown(list(gold))
    if unknown:
        raise RunError(
            f"gold examples must be of this run; {unknown:,} of {len(gold):,} are not; take their "
            "ids from its tables."
        )
    names = run.manifest.class_names
    known = {*names, *other}
    unknown_labels = [id for id, label in gold.items() if label not in known]
    if unknown_labels:
        first = unknown_labels[0]
        others = f" (nor {' or '.join(other)})" if other else ""
        raise RunError(
            f"{len(unknown_labels):,} of {len(gold):,} gold labels are not classes of the run"
            f"{others}, such as {gold[first]!r} for example {first!r}; correct the spelling."
        )


def read_gold(path: str | Path) -> dict[str, str]:
    """The correct answer by example, from a table with the columns `id` and `label`.

    Args:
        path: a .csv, .jsonl or .parquet file.

    Raises:
        HardexError: it is not such a table, or gives one example two labels.
    """
    from hardex.data.manifests import read_columns

    path = Path(path)
    if path.suffix.lower() not in (".csv", ".jsonl", ".parquet"):
        raise RunError(
            f"gold must be a .csv, .jsonl or .parquet table; received {path}; save it as one."
        )
    if not path.exists():
        raise RunError(
            f"gold must be a .csv, .jsonl or .parquet table; there is nothing at {path}; check "
            "the path."
        )
    columns = read_columns(path)
    missing = [name for name in ("id", "label") if name not in columns]
    if missing:
        raise RunError(
            f"gold must be a table with the columns id and label; {path} has "
            f"{shortened(list(columns))}; name the {missing[0]} column {missing[0]!r}."
        )
    found: dict[str, str] = {}
    for id, label in zip(columns["id"], columns["label"], strict=True):
        if found.setdefault(id, label) != label:
            raise RunError(
                f"gold must have one label for each example; {path} calls {id!r} both "
                f"{found[id]!r} and {label!r}; keep one of them."
            )
    return found


def gold_of(run: Run, gold: Mapping[str, str] | str | Path | None) -> tuple[dict[str, str], str]:
    """The correct answers, written as in `Answer.text`, and where they come from.

    Args:
        run: whose examples and classes they must be.
        gold: correct answers by example, or a file of them; None for the owner's answers.

    Raises:
        HardexError: they cannot be read, or are of another run.
    """
    if gold is None:
        labels = judged_by(OWNER.name, run)
        written = {id: Answer(label).text for id, label in labels.items()}
        return written, OWNER.name if labels else ""
    found = dict(gold) if isinstance(gold, Mapping) else read_gold(gold)
    check_gold(found, run, _OTHER_GOLD)
    classes = set(run.manifest.class_names)
    written = {id: Answer(label, label in classes).text for id, label in found.items()}
    return written, "" if isinstance(gold, Mapping) else str(gold)
