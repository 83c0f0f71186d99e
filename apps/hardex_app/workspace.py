"""What the pages look at: a run and a model, made ready in the background.

All visitors of one server look at the same workspace; it holds nothing of any one visitor.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, Thread
from time import sleep
from typing import TYPE_CHECKING

from hardex.annotate.plan import Assignment, Plan, plan_of
from hardex.annotate.queue import Queue
from hardex.annotate.session import AnnotationSession
from hardex.classifiers.classifier import Classifier
from hardex.classifiers.opening import Model, open_classifier
from hardex.classifiers.shipped import SHIPPED, shipped_model
from hardex.data.sources import Data, open_dataset
from hardex.errors import ClassifierError, HardexError, RunError
from hardex.overview.nearest_training import check_there, open_training
from hardex.people.tickets import Tickets
from hardex.pipeline.rank import Progress, rank
from hardex.predict.neighbours import Neighbours, build
from hardex.runs.folder import MANIFEST, RESULTS, check_free
from hardex.runs.manifest import Manifest
from hardex.runs.run import Run, load
from hardex.runs.run_classifier import classifier_of

if TYPE_CHECKING:  # SQLAlchemy only when it is asked for
    from hardex.people.events import AnnotationEvent

_FIRST_VISIT_SECONDS = 2.0  # how long the heavy imports wait for the first page to be drawn
_STOP_SECONDS = 30.0  # importing TensorFlow cannot be interrupted
_TURNS = 64  # answers that are stored at the same moment, at most
DEMO_MODEL, DEMO_DATA, DEMO_TRAIN = "mnist_cnn", "mnist:test", "mnist:train"
_COMMAND = "hardex demo"


@dataclass(frozen=True)
class Status:
    """How far the workspace is.

    Attributes:
        stage: what is being done, or "ready", "failed" or "stopped" (by a visitor).
        done, total: how much of it; 0 of 0 when that is not known.
        problem: what went wrong or is missing, as a sentence; also when all else is ready.
        cancellable: whether `Workspace.cancel` can stop it now.
    """

    stage: str
    done: int = 0
    total: int = 0
    problem: str = ""
    cancellable: bool = False

    @property
    def over(self) -> bool:
        """Whether nothing more will change."""
        return self.stage in ("ready", "failed", "stopped")


class Stopped(Exception):
    """The work was asked to stop, because the app ends."""


class Cancelled(Exception):
    """A visitor does not want to wait for this part of the work."""


class Workspace:
    """A run and a classifier that become ready while the pages are already open.

    Attributes:
        run: the run, as soon as it is whole.
        classifier: the model, as soon as it is loaded; probing need not wait for what comes after.
        neighbours: the training data, as soon as it was looked at; None where there is none.
        status: how far things are.
    """

    def __init__(
        self,
        prepare: "Prepare",
        *,
        run: Run | None = None,
        afterwards: "Prepare | None" = None,
        assignment: Assignment | None = None,
    ) -> None:
        """
        Args:
            prepare: makes run and classifier ready; if it fails, all has failed.
            run: the run, if it is whole already.
            afterwards: what else is good to have; if it fails or is cancelled, all else goes on.
            assignment: what annotators are asked; the hard examples by default.
        """
        self._run_lock = Lock()
        self._run, self._seen = run, _state_of(run)
        self.classifier: Classifier | None = None
        self.neighbours: Neighbours | None = None
        self.status = Status("starting")
        self._prepare = prepare
        self._afterwards = afterwards
        self._assignment = assignment or Assignment()
        self._desk: AnnotationSession | None = None
        self._plan: tuple[Run, Plan] | None = None
        self._desk_lock = Lock()
        self._turns = tuple(Lock() for _ in range(_TURNS))
        self._visited = Event()
        self._stopping = Event()
        self._cancelled = Event()
        self._thread = Thread(target=self._work, name="hardex-workspace", daemon=True)

    @property
    def run(self) -> Run | None:
        """The run as it is on disk now: it may have been ranked again meanwhile."""
        with self._run_lock:
            run = self._run
            state = _state_of(run)  # before it is opened: what comes in between is seen next time
            if run is not None and state not in (None, self._seen):
                self._run = load(run.folder, data=run.data, annotations=run.annotations_url)
                self._seen = state
            return self._run

    @run.setter
    def run(self, run: Run) -> None:
        with self._run_lock:
            self._run, self._seen = run, _state_of(run)

    @property
    def has_training(self) -> bool:
        """Whether there is training data to look at."""
        return self._afterwards is not None

    @property
    def desk(self) -> AnnotationSession | None:
        """Where annotators get their work; None without a run.

        It is made when it is first asked for, and again when the run was ranked again: labels,
        images and hard examples may be others now. Tickets stay good, and nothing that was said is
        lost; only who holds which example is forgotten.

        Raises:
            RunError: what was said so far cannot be read, or the run has no such examples.
        """
        with self._desk_lock:
            run = self.run
            if run is not None and (self._desk is None or self._desk.run is not run):
                if self._plan is None or self._plan[0] is not run:  # of a million it takes seconds
                    self._plan = run, plan_of(run, self._assignment)
                queue = Queue(self._plan[1], run.annotations)
                self._desk = AnnotationSession(run, queue, Tickets.open(run.folder), self._turns)
            return self._desk

    def heard(self, event: "AnnotationEvent") -> None:
        """Told of an event that was stored, but not at the desk: what the owner says is gold."""
        with self._desk_lock:
            if self._desk is not None:  # else it reads what is stored when it is made
                self._desk.queue.record(event)

    def start(self) -> None:
        """Begin to prepare, once the first page was drawn or after two seconds."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the work to stop, and wait until it has cleaned up after itself."""
        self._stopping.set()
        self._visited.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def cancel(self) -> None:
        """Do without the long work that is going on, if it can be done without."""
        if self.status.cancellable:
            self._cancelled.set()

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

    def optional_progress(self, stage: str, done: int = 0, total: int = 0) -> None:
        """The same for work that a visitor may cancel.

        Raises:
            Stopped: `stop` was called.
            Cancelled: `cancel` was called.
        """
        self.progress(stage, done, total)
        if self._cancelled.is_set():
            raise Cancelled
        self.status = Status(stage, done, total, cancellable=True)

    def _work(self) -> None:
        self._visited.wait(_FIRST_VISIT_SECONDS)
        status = self._attempt(self._prepare, "failed")
        if status.stage == "ready" and self._afterwards is not None:
            status = self._attempt(self._afterwards, "ready")
        self.status = status

    def _attempt(self, work: "Prepare", when_it_fails: str) -> Status:
        """How a part of the work ended."""
        try:
            work(self)
        except Stopped:
            return Status("failed", problem="The work was stopped.")
        except Cancelled:
            stage = self.status.stage.capitalize()
            return Status("stopped", problem=f"{stage} was stopped; start the app again for it.")
        except Exception as error:  # shown on the page: nobody reads a background thread's trace
            problem = (
                str(error) if isinstance(error, HardexError) else f"{type(error).__name__}: {error}"
            )
            return Status(when_it_fails, problem=problem)
        return Status("ready")


Prepare = Callable[[Workspace], None]


def _state_of(run: Run | None) -> tuple[int, int] | None:
    """What changes when a run is ranked again in its place; None while it is being replaced."""
    if run is None:
        return None
    try:
        found = (run.folder / MANIFEST).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def workspace_of_run(
    run: Run,
    model: Model | None = None,
    *,
    train: Data | None = None,
    trust_model: bool = False,
    assignment: Assignment | None = None,
) -> Workspace:
    """An workspace of a finished run; its model, or the one given, loads in the background.

    Args:
        run: what is looked at.
        model: who answers; by default the run's own model.
        train: the training data, to show its nearest images; it is looked at once the model is
            ready.
        trust_model: whether models and functions may be loaded that run code of their own.
        assignment: what annotators are asked; the hard examples by default.

    Raises:
        HardexError: the run is not whole, or there is no such model or training data.
    """
    check_whole(run)
    if model is not None:
        _check_there(model)
    if train is not None:
        check_there(train)

    def prepare(workspace: Workspace) -> None:
        if model is None and run.manifest.model is None:
            return  # made from saved probabilities: there is nobody to ask
        workspace.progress("loading the model")
        workspace.classifier = warmed_up(classifier_of(run, model, trust_model=trust_model))

    return Workspace(prepare, run=run, afterwards=_looking_at(train), assignment=assignment)


def workspace_of_demo(out: Path, *, assignment: Assignment | None = None) -> Workspace:
    """An workspace of the shipped digits: a whole run is reused, else one is made.

    Args:
        out: the run folder.
        assignment: what annotators are asked; the hard examples by default.

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

    return Workspace(prepare, run=found, afterwards=_looking_at(DEMO_TRAIN), assignment=assignment)


def _looking_at(train: Data | None) -> Prepare | None:
    """The part of the work that looks at the training data, if there is any."""
    if train is None:
        return None

    def look(workspace: Workspace) -> None:
        run = workspace.run
        if run is not None:
            workspace.optional_progress("looking at the training data")
            dataset = open_training(train, run)
            workspace.neighbours = build(
                dataset,
                workspace.classifier,
                seed=run.manifest.seed,
                progress=workspace.optional_progress,
            )

    return look


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

    from hardex_app.probing import batch_sizes

    if classifier.input_shape is not None:
        for size in batch_sizes(classifier.input_shape):
            classifier.probabilities(np.zeros((size, *classifier.input_shape), np.uint8))
    return classifier


def check_whole(run: Run) -> None:
    """Raise `RunError` unless every table of the run is there and can be read."""
    for name in ("predictions.parquet", "metrics.json", "hard/metadata.csv"):
        if not (run.folder / RESULTS / name).is_file():
            raise RunError(
                f"a run must hold {RESULTS}/{name}; {run.folder} has none; rank again with --force."
            )
    _ = run.tables.columns, run.hard, run.metrics


def _check_there(model: Model) -> None:
    """A path that leads nowhere is said before the window opens, not behind it."""
    text = str(model)
    if isinstance(model, str | Path) and text not in SHIPPED and ":" not in text:
        if not os.path.exists(os.path.expanduser(text)):
            raise ClassifierError(
                f"--model must be a shipped model or the path of one; there is nothing at {text}; "
                "check the path."
            )


def wait_until_over(workspace: Workspace, *, seconds: float = 0.05) -> Status:
    """Wait for the background work; for tests and scripts."""
    while not workspace.status.over:
        sleep(seconds)
    return workspace.status
