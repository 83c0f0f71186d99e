"""The right answers that annotators are measured by: from a file, or what the owner says."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from hardex.annotate.answers import Answer, latest, votes_of
from hardex.errors import RunError
from hardex.people.access import OWNER
from hardex.people.events import AnnotationEvent
from hardex.runs.run import Run

_GOLD_BESIDES = ("ambiguous", "bad_image")  # what gold may say besides the name of a class


def judged_by(owner: str, run: Run) -> dict[str, str]:
    """The labels of which the owner is sure, as in `true_labels`, found in all that is stored.

    Args:
        owner: under which name the owner judges.
        run: whose annotations and examples.

    Raises:
        RunError: the annotations or the predictions cannot be read.
    """
    return true_labels(run.annotations.by(owner), run)


def true_labels(said: Iterable[AnnotationEvent], run: Run) -> dict[str, str]:
    """The labels of which somebody is sure: the last word on each example that names its class.

    A word is read as in `answer_of`: what was said without the label counts, whatever the label is
    by now.

    Args:
        said: what they said, in order of time.
        run: whose examples; what was said of others, or names no class of it, is left out.

    Returns:
        True labels by id.

    Raises:
        RunError: the predictions cannot be read.
    """
    last = latest(said)
    votes = votes_of(last, run.tables.given_labels({event.id for event in last}))
    classes = {Answer(name) for name in run.manifest.class_names}
    return {vote.id: vote.answer.name for vote in votes if vote.answer in classes}


def check_gold(gold: Mapping[str, str], run: Run, besides: Collection[str] = ()) -> None:
    """Refuse gold of other runs.

    Args:
        gold: the right answer by example.
        run: whose examples and classes they must be.
        besides: what may be said in place of a class.

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
    known = {*names, *besides}
    strange = [id for id, label in gold.items() if label not in known]
    if strange:
        raise RunError(
            f"{' or '.join(['a gold label must be a class of the run', *besides])}; "
            f"{len(strange):,} of {len(gold):,} are not, the first, of {strange[0]!r}, is "
            f"{gold[strange[0]]!r}; write it as the run does."
        )


def read_gold(path: str | Path) -> dict[str, str]:
    """The right answer by example, from a table with the columns `id` and `label`.

    Args:
        path: a .csv, .jsonl or .parquet file.

    Raises:
        HardexError: it is no such table, or gives one example two labels.
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
            f"{', '.join(columns)}; name the {missing[0]} column {missing[0]!r}."
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
    """The right answers, written as in `Answer.text`, and whose they are.

    Args:
        run: whose examples and classes they must be.
        gold: right answers by example, or a file of them; None for what the owner judged.

    Raises:
        HardexError: they cannot be read, or are not of this run.
    """
    if gold is None:
        labels = judged_by(OWNER.name, run)
        written = {id: Answer(label).text for id, label in labels.items()}
        return written, OWNER.name if labels else ""
    found = dict(gold) if isinstance(gold, Mapping) else read_gold(gold)
    check_gold(found, run, _GOLD_BESIDES)
    classes = set(run.manifest.class_names)
    written = {id: Answer(label, label in classes).text for id, label in found.items()}
    return written, "" if isinstance(gold, Mapping) else str(gold)
