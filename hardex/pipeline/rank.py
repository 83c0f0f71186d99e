"""Model + data -> a run folder: one pass, two lists, everything on disk."""

import csv
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from hardex.arrays import Labels, Probabilities
from hardex.classifiers.classifier import Classifier
from hardex.classifiers.opening import Model
from hardex.data.dataset import Dataset, Shape, Skipped
from hardex.data.manifests import Reading
from hardex.data.part import Part
from hardex.data.sources import Data, open_dataset
from hardex.errors import DatasetError, HardexError
from hardex.pipeline.check import findings_before_ranking
from hardex.pipeline.choice import Pictures, choose_both, counts_of, write_metrics
from hardex.pipeline.first_pass import Counted, first_pass
from hardex.pipeline.first_pass import Progress as Progress
from hardex.pipeline.prediction_source import (
    PredictionSource,
    source_from_model,
    source_from_saved,
    under_seal,
)
from hardex.pipeline.rank_again import is_run, rank_again
from hardex.predict.metrics import metrics
from hardex.predict.predictions import batch_size_for, shape_for
from hardex.predict.slices import slice_metrics
from hardex.ranking.order import POOL, Rule
from hardex.runs.folder import RESULTS, TABLE, new_run
from hardex.runs.hard_examples import write_lists
from hardex.runs.manifest import Manifest, Source
from hardex.runs.run import Run, load
from hardex.runs.seal import read_seal, seal_for, sealed_count, write_seal


def silent(stage: str, done: int, total: int) -> None:
    """A `Progress` that says nothing."""


def rank(
    model: Model | None = None,
    data: Data | None = None,
    *,
    probabilities: str | Path | Probabilities | None = None,
    labels: str | Path | Labels | None = None,
    out: str | Path | None = None,
    per_class: int = 2,
    count: int | None = None,
    diversity: str = "class",
    unsure: str = "least_confidence",
    wrong: str = "loss",
    pool: int = POOL,
    allow_duplicates: bool = False,
    preprocess: str | None = None,
    logits: bool = False,
    trust_model: bool = False,
    class_names: Sequence[str] | None = None,
    resize: bool = False,
    batch_size: int | None = None,
    split: str = "",
    file_column: str = "",
    label_column: str = "",
    trust_paths: bool = False,
    seal: float | None = None,
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
        model: `mnist_cnn`, `mnist_small`, a `.keras` or `.onnx` file, a function, by name or
            itself, or a `Classifier`; or a finished run, which is ranked again by another rule
            from its own tables, without its model.
        data: `mnist:test`, a path, a pair (images, labels), a `tf.data.Dataset` or a `Dataset`.
        probabilities: (n, k) saved probabilities, or their file, in place of a model.
        labels: (n,) given labels for them, or their file; not needed with `data`.
        out: the run folder; by default `runs/MODELSTEM-DATASTEM`.
        per_class: how many of each given class in each list.
        count: how many in all in each list, in place of `per_class`.
        diversity: `class` takes the given classes in turn, `confusion` the pairs of classes,
            `none` the hardest first; `embedding` goes to what is farthest from all before.
        unsure, wrong: the score of each list, or `MODULE:FUNCTION`.
        pool: how many of the hardest of each key the choice is made among.
        allow_duplicates: whether pictures that look like an earlier one may be chosen.
        preprocess: `unit`, `raw` or `-1..1`, with `,inverted` or `,bgr` behind it, or
            MODULE:FUNCTION; found from the model if not given.
        logits: whether the model ends in logits, so that a softmax is still to be taken.
        trust_model: whether files may be loaded that can run code of their own.
        class_names: the classes in the order of the probability columns.
        resize: whether images of one fixed size may be resized to what the model asks for.
        batch_size: images per forward pass; chosen by image size if not given.
        split: which part of an `.npz` file, a folder of splits or `keras:NAME`.
        file_column, label_column: the columns of a manifest; found by their names if not given.
        trust_paths: whether a manifest may name files outside its own folder.
        seal: the share of examples that stay unseen for a later proof; none by default.
        seed: of everything random.
        strict: whether a file that cannot be read is an error.
        force: whether to replace the results of a run that is there; what people made stays.
        progress: told how far the pass is.
        command: what to write into the manifest as the command line.

    Raises:
        HardexError: model, data or folder cannot be used as asked; nothing is left half-written.
    """
    rule = Rule(per_class, count, diversity, unsure, wrong, pool, allow_duplicates)
    if isinstance(model, str | Path) and is_run(model):
        given = (probabilities, labels, class_names, preprocess, batch_size, seal)
        words = (split, file_column, label_column)
        flags = (resize, logits, strict, trust_model, trust_paths)
        _check_nothing_but_rules(*given, *(word or None for word in (*words, *flags)))
        return rank_again(
            load(model, data="" if data is None else str(data)),
            _place_for(model, out),
            rule,
            seed=seed,
            force=force,
            command=command,
        )
    reading = Reading(split, file_column, label_column, trust_paths)
    dataset = (
        None
        if data is None
        else open_dataset(data, class_names=class_names, resize=resize, reading=reading)
    )
    _check_one_source(model, probabilities, labels)
    _check_no_model_options(probabilities, logits, preprocess, batch_size)
    _check_names(class_names, dataset)
    if probabilities is not None:
        work = source_from_saved(probabilities, labels, dataset, class_names=class_names)
    elif model is not None and dataset is not None:
        work = source_from_model(
            model,
            dataset,
            preprocess=preprocess,
            logits=logits,
            trust_model=trust_model,
            batch_size=batch_size,
        )
    else:
        raise HardexError(
            "ranking needs a model and data, or --probabilities and --labels; received "
            f"{'no data' if model is not None else 'no model'}; try `hardex rank mnist_cnn "
            "mnist:test`."
        )
    folder = Path(out) if out is not None else work.default_folder()
    sealed = seal_for(folder, seal)
    work = work if sealed is None else under_seal(work, sealed)
    with new_run(folder, force=force) as partial:
        manifest = _fill(
            partial, work, rule, strict=strict, seed=seed, progress=progress, command=command
        )
        replace(manifest, reading=reading).save(partial)
        if sealed is not None and read_seal(folder) is None:
            counts = {"sealed": manifest.counts["sealed"], "open": manifest.counts["examples"]}
            write_seal(sealed, partial, counts=counts)
    return load(folder)


def _place_for(run: str | Path, out: str | Path | None) -> Path:
    if out is None:
        raise HardexError(
            f"a run that is ranked again needs a folder of its own; received {run} and no other; "
            "name it with --out."
        )
    return Path(out)


def _check_nothing_but_rules(*options: object) -> None:
    if any(option is not None for option in options):
        raise HardexError(
            "a run is ranked again from its own tables, by another rule; received options of a "
            "first ranking; pass only --diversity, --per-class, --count, --unsure, --wrong, "
            "--pool, --allow-duplicates and --out."
        )


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


def _check_no_model_options(
    probabilities: object, logits: bool, preprocess: object, batch_size: object
) -> None:
    asked = {
        "--logits": logits,
        "--preprocess": preprocess is not None,
        "--batch-size": batch_size is not None,
    }
    found = [name for name, given in asked.items() if given]
    if probabilities is not None and found:
        raise HardexError(
            f"{' and '.join(found)} must come with a model; received saved probabilities, which "
            "are taken as they are; leave that out, or pass MODEL in place of --probabilities."
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
    work: PredictionSource,
    rule: Rule,
    *,
    strict: bool,
    seed: int,
    progress: Progress,
    command: str,
) -> Manifest:
    results = folder / RESULTS
    results.mkdir()
    dataset = work.dataset
    doctor = findings_before_ranking(work.classifier, dataset, work.batch_size, seed=seed)
    counted, lists = first_pass(results / TABLE, work, rule, progress)
    _skipped(work, strict=strict)
    pictures = None if dataset is None else pictures_of(work, dataset)
    choices = choose_both(lists, rule, results / TABLE, pictures=pictures, seed=seed)
    write_lists(
        {name: choice.ranking for name, choice in choices.items()},
        results,
        work.class_names,
        image=None if dataset is None else dataset.image,
    )
    skipped = _skipped(work, strict=strict)  # of saved probabilities, only the pictures are read
    _write_counts(results, work, counted, skipped)
    found = metrics(counted.confusion, counted.calibration, work.class_names)
    found["slices"] = slice_metrics(counted.slices, counted.left_out)
    write_metrics(results, found, choices)
    counts = {
        "examples": int(counted.confusion.counts.sum()),
        "skipped": len(skipped),
        "wrong": int(counted.confusion.counts.sum() - counted.confusion.counts.trace()),
        **counts_of(choices),
    }
    if isinstance(dataset, Part):
        counts["sealed"] = sealed_count(dataset, counts["examples"])
    manifest = manifest_of(work, rule, counts=counts, seed=seed, command=command)
    return replace(manifest, doctor=tuple(asdict(finding) for finding in doctor))


def _skipped(work: PredictionSource, *, strict: bool) -> tuple[Skipped, ...]:
    """The files that could not be read so far; with `strict` they are an error."""
    skipped = work.dataset.skipped() if work.dataset is not None else ()
    if strict and skipped:
        raise DatasetError(
            f"--strict wants every file to be readable; {len(skipped)} of {work.total} are not, "
            f"the first is {skipped[0].id} ({skipped[0].reason}); mend or remove them."
        )
    return skipped


def pictures_of(work: PredictionSource, dataset: Dataset) -> Pictures:
    """What can be seen of the candidates while a run is made."""
    shape = shape_for(work.classifier, dataset) if work.classifier else dataset.image_shape
    return Pictures(dataset.image, shape, work.classifier, work.batch_size or batch_size_for(shape))


def _write_counts(
    results: Path, work: PredictionSource, counted: Counted, skipped: Sequence[Skipped]
) -> None:
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
    work: PredictionSource,
    rule: Rule,
    *,
    counts: dict[str, int],
    seed: int,
    command: str,
) -> Manifest:
    """What a run of this work says about itself."""
    classifier, dataset = work.classifier, work.dataset
    return Manifest(
        data=_source(dataset.source, dataset.fingerprint()) if dataset else None,
        model=_source(classifier.source, classifier.fingerprint()) if classifier else None,
        class_names=work.class_names,
        image_shape=_shape_of_pass(classifier, dataset) if classifier and dataset else None,
        preprocess=classifier.preprocess if classifier else None,
        batch_size=work.batch_size,
        numerics=classifier.numerics() if classifier else {},
        rule=asdict(rule),
        formulas=rule.formulas(),
        seed=seed,
        counts=counts,
        command=command,
        resize=dataset.fits if dataset else False,
        logits=bool(getattr(classifier, "logits", False)),
    )


def _shape_of_pass(classifier: Classifier, dataset: Dataset) -> Shape | None:
    """The shape that every image had; where any would do, all were fitted to the first one."""
    shape = shape_for(classifier, dataset)
    if shape is None:
        for batch in dataset.batches(1, None):
            height, width, channels = batch.images.shape[1:]
            return height, width, channels
    return shape


def _source(name: str, hash: str) -> Source:
    path = Path(os.path.expanduser(name))
    return Source(name, str(path.resolve()) if path.exists() else "", hash)
