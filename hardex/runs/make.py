"""Model + data -> a run folder: one pass, two lists, everything on disk."""

import csv
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from hardex.arrays import Labels, Probabilities
from hardex.classifiers.opening import Model
from hardex.data.dataset import Dataset, Skipped
from hardex.data.sources import open_dataset
from hardex.errors import DatasetError, HardexError
from hardex.predict.accumulators import Calibration, Confusion
from hardex.predict.metrics import metrics
from hardex.predict.predictions import shape_for
from hardex.ranking.candidates import Candidates
from hardex.ranking.order import Ranking, Rule, ranking
from hardex.ranking.scores import FORMULAS, SCORES
from hardex.runs.folder import RESULTS, new_run
from hardex.runs.manifest import Manifest, Source
from hardex.runs.run import Run, load
from hardex.runs.work import Work, work_from_model, work_from_saved

Progress = Callable[[str, int, int], None]  # what is done, how many are done, of how many


def silent(stage: str, done: int, total: int) -> None:
    """A `Progress` that says nothing."""


def rank(
    model: Model | None = None,
    data: str | Path | Dataset | None = None,
    *,
    probabilities: str | Path | Probabilities | None = None,
    labels: str | Path | Labels | None = None,
    out: str | Path | None = None,
    per_class: int = 2,
    count: int | None = None,
    diversity: str = "class",
    unsure: str = "least_confidence",
    wrong: str = "loss",
    preprocess: str | None = None,
    class_names: Sequence[str] | None = None,
    resize: bool = False,
    batch_size: int | None = None,
    seed: int = 0,
    strict: bool = False,
    force: bool = False,
    progress: Progress = silent,
    command: str = "hardex.rank(…)",
) -> Run:
    """Find the hard examples of a classifier and save them as a run.

    One streamed pass makes two lists: *unsure* (the model doubts itself) and *wrong* (it is
    sure, and differs from the given label). With saved probabilities no model is needed.

    Args:
        model: `mnist_cnn`, `mnist_small`, a `.keras` file, a function or a `Classifier`.
        data: `mnist:test`, a path, or a `Dataset`.
        probabilities: (n, k) saved probabilities, or their file, in place of a model.
        labels: (n,) given labels for them, or their file; not needed with `data`.
        out: the run folder; by default `runs/MODELSTEM-DATASTEM`.
        per_class: how many of each given class in each list.
        count: how many in all in each list, in place of `per_class`.
        diversity: `class` takes the given classes in turn, `none` the hardest first.
        unsure, wrong: the score of each list.
        preprocess: `unit`, `raw` or `-1..1`; found from the model if not given.
        class_names: the classes in the order of the probability columns.
        resize: whether images of one fixed size may be resized to what the model asks for.
        batch_size: images per forward pass; chosen by image size if not given.
        seed: of everything random.
        strict: whether a file that cannot be read is an error.
        force: whether to replace the results of a run that is there; what people made stays.
        progress: told how far the pass is.
        command: what to write into the manifest as the command line.

    Raises:
        HardexError: model, data or folder cannot be used as asked; nothing is left half-written.
    """
    rule = Rule(per_class, count, diversity, unsure, wrong)
    dataset = (
        open_dataset(data, class_names=class_names, resize=resize)
        if isinstance(data, str | Path)
        else data
    )
    _check_one_source(model, probabilities, labels)
    _check_names(class_names, dataset)
    if probabilities is not None:
        work = work_from_saved(probabilities, labels, dataset, class_names=class_names)
    elif model is not None and dataset is not None:
        work = work_from_model(model, dataset, preprocess=preprocess, batch_size=batch_size)
    else:
        raise HardexError(
            "ranking needs a model and data, or --probabilities and --labels; received "
            f"{'no data' if model is not None else 'no model'}; try `hardex rank mnist_cnn "
            "mnist:test`."
        )
    folder = Path(out) if out is not None else work.default_folder()
    with new_run(folder, force=force) as partial:
        _fill(partial, work, rule, strict=strict, seed=seed, progress=progress, command=command)
    return load(folder)


def _check_one_source(model: object, probabilities: object, labels: object) -> None:
    if model is not None and probabilities is not None:
        raise HardexError(
            "ranking takes a model or saved probabilities; received both; leave one of them out."
        )
    if probabilities is None and labels is not None:
        raise HardexError(
            "--labels belong to saved probabilities; received none, and DATA has its own labels; "
            "pass --probabilities or leave --labels out."
        )


def _check_names(class_names: Sequence[str] | None, dataset: Dataset | None) -> None:
    if class_names is None or dataset is None:
        return
    names = tuple(map(str, class_names))
    if names != dataset.class_names:
        raise HardexError(
            f"class_names must be those of the data set; received {', '.join(names)} and "
            f"{dataset.source} has {', '.join(dataset.class_names)}; name them where it is made."
        )


def _fill(
    folder: Path,
    work: Work,
    rule: Rule,
    *,
    strict: bool,
    seed: int,
    progress: Progress,
    command: str,
) -> None:
    results = folder / RESULTS
    results.mkdir()
    counted, candidates = _pass(results / "predictions.parquet", work, rule, progress)
    skipped = work.dataset.skipped() if work.dataset is not None else ()
    if strict and skipped:
        raise DatasetError(
            f"--strict wants every file to be readable; {len(skipped)} of {work.total} are not, "
            f"the first is {skipped[0].id} ({skipped[0].reason}); mend or remove them."
        )
    total = rule.total(len(work.class_names))
    rankings = {name: ranking(found, count=total) for name, found in candidates.items()}
    _write_lists(results, work, rankings)
    _write_counts(results, work, counted, skipped)
    counts = {
        "examples": int(counted.confusion.counts.sum()),
        "skipped": len(skipped),
        "wrong": int(counted.confusion.counts.sum() - counted.confusion.counts.trace()),
        **{f"{name}_list": len(chosen) for name, chosen in rankings.items()},
    }
    manifest_of(work, rule, counts=counts, seed=seed, command=command).save(folder)


@dataclass(frozen=True, eq=False)
class _Counted:
    confusion: Confusion
    calibration: Calibration


def _pass(
    path: Path, work: Work, rule: Rule, progress: Progress
) -> tuple[_Counted, dict[str, Candidates]]:
    """The one pass over the data: the table on disk, counts and candidates in memory."""
    from hardex.runs.tables import PredictionsWriter

    k = len(work.class_names)
    confusion, calibration = Confusion.empty(k), Calibration.empty()
    unsure, wrong = (Candidates.empty(rule.capacity(k)) for _ in range(2))
    done = 0
    progress("ranking", 0, work.total)
    with PredictionsWriter(
        path, class_names=work.class_names, files=_are_files(work.dataset)
    ) as table:
        for batch in work.predictions():
            table.write(batch)
            confusion, calibration = confusion.update(batch), calibration.update(batch)
            predicted = batch.probabilities.argmax(axis=1)
            groups = rule.groups(batch.labels, predicted)
            scores = SCORES[rule.unsure](batch.probabilities, batch.labels)
            unsure = unsure.update(groups, scores, batch.positions)
            miss = np.flatnonzero(predicted != batch.labels)
            scores = SCORES[rule.wrong](batch.probabilities[miss], batch.labels[miss])
            wrong = wrong.update(groups[miss], scores, batch.positions[miss])
            done += len(batch)
            progress("ranking", done, work.total)
    if not done:
        raise DatasetError(
            f"at least one image must be readable; none of the {work.total} is; look at one of "
            "the files with an image viewer."
        )
    return _Counted(confusion, calibration), {"unsure": unsure, "wrong": wrong}


def _are_files(dataset: Dataset | None) -> bool:
    return dataset is not None and dataset.image_shape is None


def _write_lists(results: Path, work: Work, rankings: dict[str, Ranking]) -> None:
    from hardex.runs.hard import hard_examples, write_hard, write_pictures

    table, hard = results / "predictions.parquet", results / "hard"
    images = work.dataset is not None
    lists = {
        name: hard_examples(name, chosen, table, work.class_names, images=images)
        for name, chosen in rankings.items()
    }
    write_hard([example for examples in lists.values() for example in examples], hard)
    if work.dataset is not None:
        for name, examples in lists.items():
            write_pictures(examples, rankings[name], hard, work.dataset)


def _write_counts(results: Path, work: Work, counted: _Counted, skipped: Sequence[Skipped]) -> None:
    found = metrics(counted.confusion, counted.calibration, work.class_names)
    (results / "metrics.json").write_text(
        json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    _write_csv(
        results / "confusion.csv",
        ("given \\ predicted", *work.class_names),
        (
            (name, *row)
            for name, row in zip(work.class_names, counted.confusion.counts.tolist(), strict=True)
        ),
    )
    _write_csv(results / "skipped.csv", ("id", "reason"), ((s.id, s.reason) for s in skipped))


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def manifest_of(
    work: Work,
    rule: Rule,
    *,
    counts: dict[str, int],
    seed: int,
    command: str,
) -> Manifest:
    """What a run of this work says about itself."""
    classifier, dataset = work.classifier, work.dataset
    shape = shape_for(classifier, dataset) if classifier and dataset else None
    return Manifest(
        data=_source(dataset.source, dataset.fingerprint()) if dataset else None,
        model=_source(classifier.source, classifier.fingerprint()) if classifier else None,
        class_names=work.class_names,
        image_shape=shape,
        preprocess=classifier.preprocess if classifier else None,
        batch_size=work.batch_size,
        numerics=classifier.numerics() if classifier else {},
        rule=asdict(rule),
        formulas=FORMULAS,
        seed=seed,
        counts=counts,
        command=command,
        resize=dataset.fits if dataset else False,
    )


def _source(name: str, hash: str) -> Source:
    path = Path(name).expanduser()
    return Source(name, str(path.resolve()) if path.exists() else "", hash)
