"""Predictions -> a run folder: one pass, two lists, everything on disk."""

import csv
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from hardex.classifiers.classifier import Classifier
from hardex.classifiers.doctor.examination import Finding
from hardex.data.dataset import Dataset, Shape, Skipped, none_readable
from hardex.data.manifests import AS_FOUND, Reading
from hardex.data.part import Part
from hardex.errors import DatasetError
from hardex.pipeline.check import findings_in_ranking, findings_of_saved
from hardex.pipeline.choice import Pictures, choose_both, pictures_in, write_metrics
from hardex.pipeline.pass_state import PassResult
from hardex.pipeline.passes import Pass, Progress, candidates_of, run_pass, silent
from hardex.pipeline.prediction_source import PredictionSource, under_seal
from hardex.predict.metrics import metrics
from hardex.predict.predictions import batch_size_for, first_shape, shape_for
from hardex.predict.slices import slice_metrics
from hardex.ranking.order import Rule
from hardex.runs.folder import RESULTS, TABLE, new_run
from hardex.runs.hard_examples import write_lists
from hardex.runs.manifest import Manifest, Source
from hardex.runs.positive import check_positive, positive_in
from hardex.runs.run import Run, load
from hardex.runs.seal import read_seal, seal_for, sealed_count, write_seal


@dataclass(frozen=True)
class RunOptions:
    """How a run is made, besides its rule.

    Attributes:
        reading: which split and columns of the data are read.
        seal: the share of examples that stay unseen, or None.
        positive: the class whose two kinds of error are counted, or "".
        sensitivity: the sensitivity for it whose threshold is wanted, or None.
        seed: of everything random.
        strict: whether a file that cannot be read is an error.
        force: whether the results of an existing run are replaced.
        command: what the manifest gives as the command line.
    """

    reading: Reading = AS_FOUND
    seal: float | None = None
    positive: str = ""
    sensitivity: float | None = None
    seed: int = 0
    strict: bool = False
    force: bool = False
    command: str = ""


def make_run(
    folder: Path,
    source: PredictionSource,
    rule: Rule,
    options: RunOptions,
    *,
    progress: Progress = silent,
    do_pass: Pass = run_pass,
) -> Run:
    """Make a run; the folder is complete afterwards, or as it was before.

    Args:
        folder: where the run goes.
        source: the predictions.
        rule: how the lists are made.
        options: everything else.
        progress: called after every batch.
        do_pass: writes the table and returns the state; another one may share the work.

    Raises:
        HardexError: data or folder cannot be used.
    """
    check_positive(options.positive, options.sensitivity, source.class_names)
    seal = seal_for(folder, options.seal)
    seen = source if seal is None else under_seal(source, seal)
    with new_run(folder, force=options.force) as partial:
        manifest = _fill(partial, seen, rule, options, progress=progress, do_pass=do_pass)
        manifest.save(partial)
        if seal is not None and read_seal(folder) is None:
            counts = {"sealed": manifest.counts["sealed"], "open": manifest.counts["examples"]}
            write_seal(seal, partial, counts=counts)
    return load(folder)


def _fill(
    folder: Path,
    source: PredictionSource,
    rule: Rule,
    options: RunOptions,
    *,
    progress: Progress,
    do_pass: Pass,
) -> Manifest:
    """Write the results into the folder of a new run; its manifest is not written yet."""
    results, dataset, k = folder / RESULTS, source.dataset, len(source.class_names)
    results.mkdir()
    passed = do_pass(results / TABLE, source, rule, progress).result()
    files = source.total + len(_left_out(dataset))
    _check_readable(source, passed, files, strict=options.strict)
    doctor = _examined(source, dataset, passed, options.seed)
    choices = choose_both(
        candidates_of(passed, results / TABLE, rule, k),
        rule,
        results / TABLE,
        class_count=k,
        pictures=None if dataset is None else _pictures_of(source, dataset),
        seed=options.seed,
    )
    image = None if dataset is None else dataset.image
    write_lists(choices.rankings, choices.examples, results, source.class_names, image=image)
    skipped = _skipped(source, passed)  # with saved probabilities, only the pictures are read
    _check_strict(skipped, files, strict=options.strict)
    _write_counts(results, source.class_names, passed, skipped)
    figures = metrics(passed.confusion, passed.calibration, source.class_names)
    figures["slices"] = slice_metrics(passed.slices, passed.left_out)
    if options.positive:
        figures["positive"] = positive_in(
            folder,
            source.class_names,
            options.positive,
            sensitivity=options.sensitivity,
            seed=options.seed,
        ).summary()
    write_metrics(results, figures, choices)
    counts = _counts(passed, skipped) | choices.counts()
    if dataset is not None and dataset.files:
        counts["files"] = files
    if isinstance(dataset, Part):
        counts["sealed"] = sealed_count(dataset, counts["examples"], skipped)
    manifest = _manifest_of(source, rule, options, counts)
    return replace(manifest, doctor=tuple(asdict(finding) for finding in doctor))


def _examined(
    source: PredictionSource, dataset: Dataset | None, passed: PassResult, seed: int
) -> tuple[Finding, ...]:
    if source.classifier is None:
        return findings_of_saved(source, seed=seed)
    counts = passed.confusion.counts
    return findings_in_ranking(
        source.classifier,
        dataset,
        source.batch_size,
        seed=seed,
        shape=_shape_of_pass(source.classifier, dataset),
        of_all=(int(counts.trace()), int(counts.sum())),
    )


def _left_out(dataset: Dataset | None) -> tuple[Skipped, ...]:
    """The files beside the examples that are none."""
    whole = dataset.whole if isinstance(dataset, Part) else dataset
    found: tuple[Skipped, ...] = getattr(whole, "left_out", ())
    return found


def _check_readable(
    source: PredictionSource, passed: PassResult, files: int, *, strict: bool
) -> None:
    if not passed.confusion.counts.any() and source.dataset is not None:
        raise none_readable("image", source.dataset)
    _check_strict(passed.skipped, files, strict=strict)


def _check_strict(skipped: Sequence[Skipped], total: int, *, strict: bool) -> None:
    if strict and skipped:
        raise DatasetError(
            f"with --strict every file must be readable; {len(skipped)} of {total} are not, the "
            f"first is {skipped[0].id} ({skipped[0].reason.rstrip('.')}); fix or remove them."
        )


def _skipped(source: PredictionSource, passed: PassResult) -> tuple[Skipped, ...]:
    """The files that the pass could not read, and those found since."""
    known = {file.id for file in passed.skipped}
    since = source.dataset.skipped() if source.dataset is not None else ()
    return (*passed.skipped, *(file for file in since if file.id not in known))


def _counts(passed: PassResult, skipped: Sequence[Skipped]) -> dict[str, int]:
    counts = passed.confusion.counts
    return {
        "examples": int(counts.sum()),
        "skipped": len(skipped),
        "wrong": int(counts.sum() - counts.trace()),
    }


def _pictures_of(source: PredictionSource, dataset: Dataset) -> Pictures:
    """How to see the candidates while a run is made."""
    shape = _shape_of_pass(source.classifier, dataset) or dataset.image_shape
    size = source.batch_size or batch_size_for(shape)
    return pictures_in(dataset, shape, source.classifier, size)


def _write_counts(
    results: Path, names: Sequence[str], passed: PassResult, skipped: Sequence[Skipped]
) -> None:
    counts = passed.confusion.counts.tolist()
    rows = ((name, *row) for name, row in zip(names, counts, strict=True))
    _write_csv(results / "confusion.csv", ("given \\ predicted", *names), rows)
    _write_csv(results / "skipped.csv", ("id", "reason"), ((s.id, s.reason) for s in skipped))


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def _manifest_of(
    source: PredictionSource, rule: Rule, options: RunOptions, counts: dict[str, int]
) -> Manifest:
    """What the run was made from."""
    classifier, dataset = source.classifier, source.dataset
    return Manifest(
        data=_origin(dataset.source, dataset.fingerprint()) if dataset else None,
        model=_origin(classifier.source, classifier.fingerprint()) if classifier else None,
        class_names=source.class_names,
        image_shape=_shape_of_pass(classifier, dataset),
        preprocess=classifier.preprocess if classifier else None,
        batch_size=source.batch_size,
        numerics=classifier.numerics() if classifier else {},
        rule=asdict(rule),
        formulas=rule.formulas(),
        seed=options.seed,
        counts=counts,
        command=options.command,
        resize=dataset.fits if dataset else False,
        logits=bool(getattr(classifier, "logits", False)),
        reading=options.reading,
        pairing=dict(source.pairing),
        notes=source.notes,
    )


def _shape_of_pass(classifier: Classifier | None, dataset: Dataset | None) -> Shape | None:
    """The shape of every image in the pass; where any would do, that of the first one."""
    if classifier is None or dataset is None:
        return None
    return shape_for(classifier, dataset) or first_shape(dataset)


def _origin(name: str, hash: str) -> Source:
    path = Path(os.path.expanduser(name))
    return Source(name, str(path.resolve()) if path.exists() else "", hash)
