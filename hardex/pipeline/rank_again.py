"""A finished run -> another run under another rule, from its tables, without the model."""

import shutil
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from hardex.data.dataset import Dataset
from hardex.errors import HardexError, RunError
from hardex.pipeline.causes import Causes, causes_of
from hardex.pipeline.choice import choose_both, pictures_in, write_metrics
from hardex.pipeline.passes import confidence_in, second_pass
from hardex.ranking.lists import needs_whole_set
from hardex.ranking.order import Rule
from hardex.runs.folder import HARD, MANIFEST, RESULTS, SEAL, TABLE, new_run
from hardex.runs.hard_examples import write_lists
from hardex.runs.manifest import Source, now
from hardex.runs.positive import positive_class
from hardex.runs.run import Run, load
from hardex.runs.seal import check_same_seal, read_seal


def is_run(path: object) -> bool:
    """Whether this names the folder of a finished run."""
    return isinstance(path, str | Path) and (Path(path) / MANIFEST).is_file()


def rank_again(
    old: Run,
    out: Path,
    rule: Rule,
    *,
    positive: str = "",
    sensitivity: float | None = None,
    seed: int,
    force: bool,
    command: str,
) -> Run:
    """Rank the examples of a finished run by another rule, from its tables.

    Counts, predictions and findings are copied. Pictures come from the data if it can still be
    opened, else from the old run if they are there.

    Raises:
        RunError: `out` is the run itself, or a folder that must not be written; or the old run has
            links, or a seal that cannot be read, or no findings for a ranking by cause.
    """
    if out.resolve() == old.folder.resolve():
        raise RunError(
            f"a run that is ranked again must go to a folder of its own; received {out} for both; "
            "name another with --out."
        )
    check_same_seal(old.folder, out)
    _check_files(old.folder)
    causes = causes_of(old) if rule.needs_groups else None
    of_class = None
    if positive or sensitivity is not None:
        of_class = positive_class(old, positive, sensitivity=sensitivity, seed=seed).summary()
    with new_run(out, force=force) as partial:
        _fill(partial, old, rule, causes, of_class, seed=seed, command=command)
    return load(out)


def _fill(
    folder: Path,
    old: Run,
    rule: Rule,
    causes: Causes | None,
    of_class: dict[str, Any] | None,
    *,
    seed: int,
    command: str,
) -> None:
    from hardex.images import read_image

    results, names = folder / RESULTS, old.manifest.class_names
    shutil.copytree(old.folder / RESULTS, results, ignore=_lists)
    if (old.folder / SEAL).exists():
        shutil.copy2(old.folder / SEAL, folder / SEAL)
    whole_set = needs_whole_set(rule)
    confidence = confidence_in(results / TABLE, len(names)) if whole_set else None
    candidates = second_pass(results / TABLE, rule, len(names), confidence, causes)
    dataset = _same_dataset(old)
    choices = choose_both(
        candidates,
        rule,
        results / TABLE,
        class_count=len(names),
        pictures=None if dataset is None else pictures_in(dataset),
        seed=seed,
        causes=causes,
    )
    kept = _kept_pictures(old) if dataset is None else {}
    write_lists(
        choices.rankings,
        choices.examples,
        results,
        names,
        image=dataset.image if dataset is not None else lambda i: read_image(kept[i]),
        shown=lambda position: dataset is not None or position in kept,
    )
    figures = old.metrics if of_class is None else {**old.metrics, "positive": of_class}
    write_metrics(results, figures, choices)
    manifest = replace(
        old.manifest,
        rule=asdict(rule),
        formulas=rule.formulas(),
        seed=seed,
        counts=old.manifest.counts | choices.counts(),
        command=command,
        run=Source(str(old.folder), str(old.folder.resolve()), _hash(old)),
        created=now(),
    )
    manifest.save(folder)


def _check_files(folder: Path) -> None:
    """A run has no links: what they lead to would be copied, or read without end."""
    read_seal(folder)
    for path in (folder / SEAL, folder / RESULTS, *(folder / RESULTS).rglob("*")):
        if path.is_symlink() or (path.exists() and not (path.is_file() or path.is_dir())):
            raise RunError(
                f"a run must hold plain files and folders; {path} is something else; delete it, or "
                "rank the data again."
            )


def _lists(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name == HARD and Path(folder).name == RESULTS]


def _same_dataset(old: Run) -> Dataset | None:
    """The data of the run, if it can still be opened and is unchanged."""
    try:
        dataset = old.dataset
    except HardexError:
        return None
    same = old.manifest.data is not None and dataset.fingerprint() == old.manifest.data.hash
    return dataset if same else None


def _kept_pictures(old: Run) -> dict[int, Path]:
    """The pictures in the run, by position."""
    return {old.position(id): path for id, path in old.pictures.items()}


def _hash(old: Run) -> str:
    return sha256((old.folder / MANIFEST).read_bytes()).hexdigest()
