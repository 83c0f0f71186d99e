"""What the pages look at: a run and a model, made ready in the background.

All visitors of one server look at the same inspection; it holds nothing of any one visitor.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread
from time import sleep

from hardex.classifiers.classifier import Classifier
from hardex.classifiers.functions import names_function
from hardex.classifiers.opening import Model, open_classifier
from hardex.classifiers.shipped import SHIPPED, shipped_model
from hardex.errors import ClassifierError, HardexError, RunError
from hardex.runs.folder import RESULTS, check_free
from hardex.runs.make import Progress, rank
from hardex.runs.manifest import Manifest
from hardex.runs.run import Run, load

_FIRST_VISIT_SECONDS = 2.0  # how long the heavy imports wait for the first page to be drawn
_STOP_SECONDS = 30.0  # importing TensorFlow cannot be interrupted
DEMO_MODEL, DEMO_DATA = "mnist_cnn", "mnist:test"
_COMMAND = "hardex demo"


@dataclass(frozen=True)
class Status:
    """How far the inspection is.

    Attributes:
        stage: what is being done, or "ready", or "failed".
        done, total: how much of it; 0 of 0 when that is not known.
        problem: why it failed, as a sentence.
    """

    stage: str
    done: int = 0
    total: int = 0
    problem: str = ""

    @property
    def over(self) -> bool:
        """Whether nothing more will change."""
        return self.stage in ("ready", "failed")


class Stopped(Exception):
    """The work was asked to stop."""


class Inspection:
    """A run and a classifier that become ready while the pages are already open.

    Attributes:
        run: the run, as soon as it is whole.
        classifier: the model, as soon as it is loaded.
        status: how far things are.
    """

    def __init__(self, prepare: "Prepare", *, run: Run | None = None) -> None:
        self.run = run
        self.classifier: Classifier | None = None
        self.status = Status("starting")
        self._prepare = prepare
        self._visited = Event()
        self._stopping = Event()
        self._thread = Thread(target=self._work, name="hardex-inspection", daemon=True)

    def start(self) -> None:
        """Begin to prepare, once the first page was drawn or after two seconds."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the work to stop, and wait until it has cleaned up after itself."""
        self._stopping.set()
        self._visited.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def visited(self) -> None:
        """A page was drawn: heavy imports no longer stand in its way."""
        self._visited.set()

    def progress(self, stage: str, done: int = 0, total: int = 0) -> None:
        """Told how far the work is; a hardex `Progress`.

        Raises:
            Stopped: `stop` was called.
        """
        if self._stopping.is_set():
            raise Stopped
        self.status = Status(stage, done, total)

    def _work(self) -> None:
        self._visited.wait(_FIRST_VISIT_SECONDS)
        try:
            self._prepare(self)
        except Stopped:
            self.status = Status("failed", problem="The work was stopped.")
        except Exception as error:  # shown on the page: nobody reads a background thread's trace
            problem = (
                str(error) if isinstance(error, HardexError) else f"{type(error).__name__}: {error}"
            )
            self.status = replace(self.status, stage="failed", problem=problem)
        else:
            self.status = Status("ready")


Prepare = Callable[[Inspection], None]


def inspect_run(run: Run, model: Model | None = None, *, trust_model: bool = False) -> Inspection:
    """An inspection of a finished run; its model, or the one given, loads in the background.

    Raises:
        HardexError: the run is not whole, or there is no such model.
    """
    check_whole(run)
    if model is not None:
        _check_there(model)

    def prepare(inspection: Inspection) -> None:
        chosen = model if model is not None else _model_of(run)
        if chosen is None:
            return
        inspection.progress("loading the model")
        classifier = (
            _as_in_run(run, chosen, trust_model=trust_model)
            if model is None
            else open_classifier(chosen, trust_model=trust_model)
        )
        if _is_asked_otherwise(run, classifier):
            # Found again at another place: it is asked as it was when the run was made.
            classifier = _as_in_run(run, chosen, trust_model=trust_model)
        _check_classes(classifier, run)
        inspection.classifier = warmed_up(classifier)

    return Inspection(prepare, run=run)


def inspect_demo(out: Path) -> Inspection:
    """An inspection of the shipped digits: a whole run is reused, else one is made.

    Raises:
        RunError: the folder holds something else.
    """
    found = reusable_run(out)
    if found is None:
        check_free(out, force=_was_demo(out))

    def prepare(inspection: Inspection) -> None:
        inspection.progress("loading the model")
        classifier = open_classifier(DEMO_MODEL)
        if inspection.run is None:
            inspection.run = _rank_demo(out, classifier, inspection.progress)
        inspection.classifier = warmed_up(classifier)

    return Inspection(prepare, run=found)


def _rank_demo(out: Path, classifier: Classifier, progress: Progress) -> Run:
    force = _was_demo(out)  # of another version; any other run is not ours to replace
    return rank(classifier, DEMO_DATA, out=out, force=force, progress=progress, command=_COMMAND)


def _was_demo(out: Path) -> bool:
    try:
        return load(out).manifest.command == _COMMAND
    except RunError:
        return False


def reusable_run(out: Path) -> Run | None:
    """The run in this folder if it is whole and of the same model, data and version."""
    if not (out / "manifest.json").exists():
        return None
    try:
        run = load(out)
    except RunError:
        return None
    return run if _is_demo(run.manifest) else None


def _is_demo(manifest: Manifest) -> bool:
    from hashlib import sha256

    from hardex.data.sources import open_dataset
    from hardex.version import VERSION

    if manifest.model is None or manifest.data is None:
        return False
    model = sha256(shipped_model(DEMO_MODEL).read_bytes()).hexdigest()
    data = open_dataset(DEMO_DATA).fingerprint()
    made_by = manifest.versions.get("hardex")
    return (manifest.model.hash, manifest.data.hash, made_by) == (model, data, VERSION)


def warmed_up(classifier: Classifier) -> Classifier:
    """The same classifier, compiled for each batch shape that probing uses."""
    import numpy as np

    from hardex_app.probing import BATCH_SIZES

    if classifier.input_shape is not None:
        for size in BATCH_SIZES:
            classifier.probabilities(np.zeros((size, *classifier.input_shape), np.uint8))
    return classifier


def _model_of(run: Run) -> str | None:
    source = run.manifest.model
    return None if source is None else source.path or source.name


def _is_asked_otherwise(run: Run, classifier: Classifier) -> bool:
    made_with = run.manifest.model
    moved = made_with is not None and made_with.hash == classifier.fingerprint()
    asked = (classifier.preprocess, bool(getattr(classifier, "logits", False)))
    return moved and asked != (run.manifest.preprocess, run.manifest.logits)


def check_whole(run: Run) -> None:
    """Raise `RunError` unless every table of the run can be read."""
    for name in ("predictions.parquet", "metrics.json", "hard/metadata.csv"):
        if not (run.folder / RESULTS / name).is_file():
            raise RunError(
                f"a run must hold {RESULTS}/{name}; {run.folder} has none; rank again with --force."
            )


def _check_there(model: Model) -> None:
    """A path that leads nowhere is said before the window opens, not behind it."""
    text = str(model)
    if isinstance(model, str | Path) and text not in SHIPPED and ":" not in text:
        if not os.path.exists(os.path.expanduser(text)):
            raise ClassifierError(
                f"--model must be a shipped model or the path of one; there is nothing at {text}; "
                "check the path."
            )


def _as_in_run(run: Run, model: Model, *, trust_model: bool) -> Classifier:
    """The model as it was asked when the run was made; opening a run runs no code of its own."""
    manifest = run.manifest
    typed = manifest.model.name if manifest.model is not None else ""
    named = [name for name in (typed, manifest.preprocess or "") if names_function(name)]
    if named and not trust_model:
        raise ClassifierError(
            f"opening a run should run no code; {run.folder} asks for the function {named[0]}; "
            "pass --trust-model if you trust who made it."
        )
    return open_classifier(
        model, preprocess=manifest.preprocess, logits=manifest.logits, trust_model=trust_model
    )


def _check_classes(classifier: Classifier, run: Run) -> None:
    names = run.manifest.class_names
    if classifier.class_count not in (None, len(names)):
        raise RunError(
            f"the model must have one output per class of the run; {classifier.source} has "
            f"{classifier.class_count} and {run.folder} has {len(names)} classes; pass another "
            "--model."
        )


def wait_until_over(inspection: Inspection, *, seconds: float = 0.05) -> Status:
    """Wait for the background work; for tests and scripts."""
    while not inspection.status.over:
        sleep(seconds)
    return inspection.status
