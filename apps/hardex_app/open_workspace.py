"""A run, or the demo -> a workspace whose model and training data load in the background."""

import os
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from hardex.annotate.plan import Assignment
from hardex.classifiers.classifier import Classifier
from hardex.classifiers.opening import Model, open_classifier
from hardex.classifiers.shipped import SHIPPED, shipped_model
from hardex.comparison.compare import check_different
from hardex.data.sources import Data, open_dataset
from hardex.errors import ClassifierError, RunError
from hardex.learning_curves.reading import Log
from hardex.overview.nearest_training import check_there, open_training
from hardex.pipeline.rank import Progress, rank
from hardex.predict.neighbours import STAGE, build
from hardex.probing.batches import warmed_up
from hardex.runs.folder import RESULTS, check_free
from hardex.runs.manifest import Manifest
from hardex.runs.run import Run, load
from hardex.runs.run_classifier import classifier_of
from hardex.version import VERSION
from hardex_app.fix_order import opens_again
from hardex_app.workspace import Prepare, Workspace

DEMO_MODEL, DEMO_DATA, DEMO_TRAIN = "mnist_cnn", "mnist:test", "mnist:train"
_COMMAND = "hardex demo"


def workspace_of_run(
    run: Run,
    model: Model | None = None,
    *,
    train: Data | None = None,
    trust_model: bool = False,
    assignment: Assignment | None = None,
    others: Sequence[Run] = (),
    logs: Sequence[Log] = (),
) -> Workspace:
    """The workspace of a finished run.

    Args:
        run: the run to show.
        model: whose predictions Probe shows; by default the run's own model.
        train: the training data, to show its nearest images; it is read once the model is ready.
        trust_model: whether models and functions may be loaded that run code of their own.
        assignment: which examples annotators judge; the hard ones by default.
        others: runs to compare with this one, at most 19.
        logs: training logs, for the page Curves; one that cannot be read is named there.

    Raises:
        HardexError: a run is not complete, one is there twice, they are too many, or there is no
            such model or training data.
    """
    check_whole(run)
    if others:
        check_different([run, *others])
        for other in others:
            check_whole(other)
    if model is not None:
        _check_model(model)
    if train is not None:
        check_there(train)

    def prepare(workspace: Workspace) -> None:
        workspace.logs.begin(run)
        if model is None and run.manifest.model is None:
            return  # made from saved probabilities, without a model
        workspace.progress("loading the model")
        workspace.classifier = warmed_up(classifier_of(run, model, trust_model=trust_model))

    return Workspace(
        prepare,
        run=run,
        afterwards=_read_training(train),
        assignment=assignment,
        others=others,
        trusts_models=trust_model,
        logs=logs,
        train=opens_again(train),
    )


def workspace_of_demo(out: Path, *, assignment: Assignment | None = None) -> Workspace:
    """The workspace of the shipped digits: a complete run is reused, else one is made.

    Args:
        out: the run folder.
        assignment: which examples annotators judge; the hard ones by default.

    Raises:
        RunError: the folder holds something else.
    """
    found = reusable_run(out)
    if found is None:
        check_free(out, force=_was_demo(out))

    def prepare(workspace: Workspace) -> None:
        workspace.progress("loading the model")
        classifier = open_classifier(DEMO_MODEL)
        if workspace.run is None:
            workspace.run = _rank_demo(out, classifier, workspace.progress)
        workspace.classifier = warmed_up(classifier)

    return Workspace(
        prepare,
        run=found,
        afterwards=_read_training(DEMO_TRAIN),
        assignment=assignment,
        train=DEMO_TRAIN,
    )


def reusable_run(out: Path) -> Run | None:
    """The run in this folder if it is complete and of the same model, data and version."""
    if not (out / "manifest.json").exists():
        return None
    try:
        run = load(out)
    except RunError:
        return None
    return run if _is_demo(run.manifest) else None


def check_whole(run: Run) -> None:
    """Raise `RunError` unless every table of the run is there and can be read."""
    for name in ("predictions.parquet", "metrics.json", "hard/metadata.csv"):
        if not (run.folder / RESULTS / name).is_file():
            raise RunError(
                f"a run must hold {RESULTS}/{name}; {run.folder} has none; rank again with --force."
            )
    _ = run.tables.columns, run.hard, run.metrics


def _read_training(train: Data | None) -> Prepare | None:
    """The part of the work that reads the training data, if there is any."""
    if train is None:
        return None

    def read(workspace: Workspace) -> None:
        run = workspace.run
        if run is not None:
            workspace.optional_progress(STAGE)
            workspace.neighbours = build(
                open_training(train, run),
                workspace.classifier,
                seed=run.manifest.seed,
                progress=workspace.optional_progress,
            )

    return read


def _rank_demo(out: Path, classifier: Classifier, progress: Progress) -> Run:
    force = _was_demo(out)  # of another version; never replace any other run
    return rank(classifier, DEMO_DATA, out=out, force=force, progress=progress, command=_COMMAND)


def _was_demo(out: Path) -> bool:
    try:
        return load(out).manifest.command == _COMMAND
    except RunError:
        return False


def _is_demo(manifest: Manifest) -> bool:
    if manifest.model is None or manifest.data is None:
        return False
    model = sha256(shipped_model(DEMO_MODEL).read_bytes()).hexdigest()
    data = open_dataset(DEMO_DATA).fingerprint()
    made_by = manifest.versions.get("hardex")
    return (manifest.model.hash, manifest.data.hash, made_by) == (model, data, VERSION)


def _check_model(model: Model) -> None:
    """A missing file is reported before the window opens."""
    text = str(model)
    if isinstance(model, str | Path) and text not in SHIPPED and ":" not in text:
        if not os.path.exists(os.path.expanduser(text)):
            raise ClassifierError(
                f"--model must be a shipped model or the path of one; there is nothing at {text}; "
                "check the path."
            )
