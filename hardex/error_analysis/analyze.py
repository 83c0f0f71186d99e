"""`hardex errors`: a run -> the whole error."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hardex.classifiers.opening import Model
from hardex.data.sources import Data
from hardex.error_analysis.analysis import ErrorAnalysis
from hardex.error_analysis.classes import class_errors, imbalance, over_predicted
from hardex.error_analysis.decomposition import decomposition
from hardex.error_analysis.figures import Figures
from hardex.error_analysis.floor import Floor, floor_of
from hardex.error_analysis.further_sets import (
    NOTHING,
    look_at_sets,
    model_for_sets,
    with_refits,
)
from hardex.error_analysis.refits import FEWEST, MOST, TrainFunction
from hardex.error_analysis.top import top_errors
from hardex.errors import RunError
from hardex.predict.metrics import Share, share
from hardex.predict.neighbours import Progress, silent
from hardex.runs.answers import answers_of
from hardex.runs.confusion import read_confusion
from hardex.runs.folder import RESULTS
from hardex.runs.positive import positive_class
from hardex.runs.run import Run, load, opened
from hardex.runs.seal import read_seal
from hardex.sentences import counted


def analyze_errors(
    run: str | Path | Run,
    *,
    train: Data | None = None,
    validation: Data | None = None,
    test_validation: Data | None = None,
    test: Data | None = None,
    floor: float | None = None,
    refits: int = 0,
    train_fn: str | TrainFunction | None = None,
    positive: str = "",
    sensitivity: float | None = None,
    count: int = 20,
    figure: str | Path | None = None,
    matrix: str | Path | None = None,
    waterfall: str | Path | None = None,
    force: bool = False,
    model: Model | None = None,
    preprocess: str | None = None,
    logits: bool = False,
    trust_model: bool = False,
    data: str | Path = "",
    annotations: str = "",
    seed: int = 0,
    progress: Progress = silent,
) -> ErrorAnalysis:
    """Say where the errors of a run are, and of which parts they are made.

    With further sets, the error is split: floor + bias (training error - floor) + variance
    (validation - training) + shift (test-validation - validation) + overfitting of the validation
    set (test - test-validation). The parts of sets that are not given are merged.

    Args:
        run: the run, or its folder; its own data is the test set unless `test` is given.
        train: what its model was trained on.
        validation: held-out data of the same kind.
        test_validation: data from where the test set comes, on which the model was selected.
        test: data that nobody selected a model on.
        floor: the least error possible, 0..1; by default from the annotations of the
            run, if two people judged an example.
        refits: how often the model is trained again with other seeds, 3 to 50; 0 for never.
        train_fn: the function that trains it, or MODULE:FUNCTION; see
            `hardex.error_analysis.refits`.
        positive: a class; then its two kinds of error are counted, on the run's own data.
        sensitivity: the sensitivity for `positive` whose threshold is wanted, above 0, at most 1.
        count: how many top errors are listed and drawn.
        figure: a new `.png` file for the top errors with their pictures.
        matrix: a new `.png` file for the confusion matrix.
        waterfall: a new `.png` or `.svg` file for the parts of the error.
        force: whether to replace existing files.
        model, preprocess, logits, trust_model: of the run's model, if it was moved.
        data: where the images of the run are now, if they were moved.
        annotations: the database address, if the annotations are not in the run's folder.
        seed: of the samples and bootstraps.
        progress: called now and then; it may raise to stop.

    Raises:
        HardexError: the run, its model or the data cannot be used together, or a file cannot be
            written.

    Example:
        >>> analyze_errors("runs/nothing-here")
        Traceback (most recent call last):
        hardex.errors.RunError: a run is a folder with manifest.json; runs/nothing-here has none; \
make one with `hardex rank MODEL DATA --out RUN`.
    """
    _check(count, positive, sensitivity, floor)
    if positive and test is not None:
        raise RunError(
            "--positive counts the errors on the run's own data, and --test names other data; "
            "rank that data and analyze the new run, or leave one of the options out."
        )
    _check_refits(refits, train_fn, train)
    files = Figures.of(figure, matrix, waterfall)
    files.check(force=force)
    found = opened(run, data=data, annotations=annotations)
    if data and str(data) != found.data:  # a run that was open already
        found = load(found.folder, data=data, annotations=found.annotations_url)
    names = found.manifest.class_names
    of_class = positive_class(found, positive, sensitivity=sensitivity) if positive else None
    own = _counts(found)
    given = {"train": train, "validation": validation, "test_validation": test_validation,
             "test": test}  # fmt: skip
    rng = np.random.default_rng(seed)
    asked = {name: one for name, one in given.items() if one is not None}
    looked = NOTHING
    if asked:
        classifier = model_for_sets(
            found, model, preprocess, logits=logits, trust_model=trust_model
        )
        looked = look_at_sets(found, asked, classifier, count, rng, progress)
        if refits and train_fn is not None:
            looked = with_refits(
                looked, train_fn, refits, found, classifier, seed=seed, progress=progress
            )
    other = looked.seen.get("test") if test is not None else None
    counts = own if other is None else other.counts
    below, floor_notes = _floor(found, floor, int(own.sum()), other is not None, rng)
    errors = {name: error_of(one.counts) for name, one in looked.seen.items()}
    errors["test"] = error_of(counts)
    if floor is not None:
        errors["floor"] = {"value": floor, "low": floor, "high": floor}
    elif below is not None:
        errors["floor"] = below.error
    classes = class_errors(counts, names)
    made = ErrorAnalysis(
        run=str(found.folder),
        class_names=names,
        counts=counts,
        classes=classes,
        over_predicted=over_predicted(counts, classes),
        imbalance=imbalance(counts, names),
        decomposition=decomposition(errors),
        top=top_errors(answers_of(found), names, count) if other is None else other.top,
        sets=looked.sources,
        shifts=looked.shifts,
        shared=looked.shared,
        floor=below,
        refits=looked.refits,
        positive=of_class,
        notes=(*looked.notes, *floor_notes, *_seal_notes(found, asked)),
    )
    told = files.write(made, found, looked.test_image)
    return replace(made, notes=(*made.notes, *told))


def _counts(run: Run) -> NDArray[np.int64]:
    """(k, k) given class by predicted class, of the run's own data."""
    counts = read_confusion(run.folder / RESULTS / "confusion.csv", len(run.manifest.class_names))
    if not counts.sum():
        raise RunError(
            f"an analysis of errors needs examples; confusion.csv in {run.folder} counts none; "
            "rank again with --force."
        )
    return counts


def error_of(counts: NDArray[np.int64]) -> Share:
    """The share of wrong examples in a confusion matrix."""
    examples = int(counts.sum())
    return share(examples - int(counts.trace()), examples)


def _floor(
    run: Run, floor: float | None, examples: int, other_test: bool, rng: np.random.Generator
) -> tuple[Floor | None, tuple[str, ...]]:
    """What the annotations say, unless a floor was given or the test set is another one."""
    if floor is not None or other_test:
        return None, ()
    if not run.annotations_url and not (run.folder / "people").exists():
        return None, ()
    found = floor_of(run, examples, rng)
    if found is None:
        return None, ()
    return found, (
        f"The floor is from {counted(found.judged, 'example')} that two or more people judged; "
        f"somebody contradicts the label of {found.disputed:,} of them. The others count as "
        "confirmed, so the true floor may be higher.",
    )


def _check_refits(refits: int, function: object, train: object) -> None:
    """Raise `RunError` unless there is all that refits need, or nothing."""
    missing = [
        option
        for option, given in (
            ("--refits", refits),
            ("--train-fn", function is not None),
            ("--train", train is not None),
        )
        if not given
    ]
    if (refits or function is not None) and missing:
        raise RunError(
            "training again needs --refits N, --train-fn MODULE:FUNCTION and --train DATA; "
            f"received no {' and no '.join(missing)}; add it."
        )
    if refits and not FEWEST <= refits <= MOST:
        raise RunError(
            f"--refits must be {FEWEST} to {MOST}; received {refits}; choose such a number."
        )


def _seal_notes(run: Run, asked: Mapping[str, Data]) -> tuple[str, ...]:
    """That a seal hides a part of every set, so that nothing sealed is looked at."""
    if not asked or read_seal(run.folder) is None:
        return ()
    return (
        "The run is sealed, and the same rule was kept for the other sets: what it seals was "
        "neither counted nor trained on.",
    )


def _check(count: int, positive: str, sensitivity: float | None, floor: float | None) -> None:
    """Raise `RunError` where options do not fit together."""
    if count < 1:
        raise RunError(f"--count must be 1 or more; received {count}; choose a larger number.")
    if sensitivity is not None and not positive:
        raise RunError(
            "--sensitivity belongs to one class; received no --positive; add --positive CLASS."
        )
    if floor is not None and not 0 <= floor < 1:
        raise RunError(
            f"--floor must be an error from 0 to below 1, such as 0.01; received {floor:g}; give "
            "it as a share and not in percent."
        )
