"""What this app has open: a run, its model and its training data. All visitors share it."""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING

from hardex.annotate.plan import Assignment
from hardex.annotate.session import AnnotationSession
from hardex.classifiers.classifier import Classifier
from hardex.learning_curves.reading import Log
from hardex.predict.neighbours import Neighbours
from hardex.runs.run import Run, load
from hardex_app.annotation_session import AnnotationSessions
from hardex_app.background import BackgroundWork
from hardex_app.comparisons import Comparisons, OtherModels, state_of
from hardex_app.embedding_maps import EmbeddingMaps
from hardex_app.fixes import Fixes
from hardex_app.training_logs import TrainingLogs

if TYPE_CHECKING:  # SQLAlchemy only when it is needed
    from hardex.people.events import AnnotationEvent


class Workspace(BackgroundWork):
    """A run and a classifier that become ready while the pages are already open.

    Attributes:
        run: the run, as soon as it is complete.
        classifier: the model, as soon as it is loaded; probing need not wait for what follows.
        neighbours: the training data, once it is read; None if there is none.
        status: the progress.
        assignment: which examples annotators judge.
        maps: the map of the run, once somebody has looked at it.
        comparisons: further runs, and their comparison with this one.
        other_models: the models of these runs.
        trusts_models: whether models of further runs may run code of their own.
        logs: the training logs, once somebody has looked at them.
        train: what opens the training data again; "" without any, or if it is in memory.
        fixes: the fix that the app carries out.
    """

    def __init__(
        self,
        prepare: "Prepare",
        *,
        run: Run | None = None,
        afterwards: "Prepare | None" = None,
        assignment: Assignment | None = None,
        others: Sequence[Run] = (),
        trusts_models: bool = False,
        logs: Sequence[Log] = (),
        train: str = "",
    ) -> None:
        """
        Args:
            prepare: makes run and classifier ready; if it fails, the app has failed.
            run: the run, if it is complete already.
            afterwards: optional work, which may fail or be cancelled.
            assignment: which examples annotators judge; the hard ones by default.
            others: runs to compare with this one.
            trusts_models: whether their models may run code of their own.
            logs: training logs, besides the one that lies beside the model.
            train: what opens the training data again.
        """
        optional = None if afterwards is None else lambda: afterwards(self)
        super().__init__(lambda: prepare(self), optional)
        self._run_lock = Lock()
        self._run, self._seen = run, state_of(run)
        self.assignment = assignment or Assignment()
        self._sessions = AnnotationSessions(self.assignment)
        self.classifier: Classifier | None = None
        self.neighbours: Neighbours | None = None
        self.has_training = afterwards is not None
        self.maps = EmbeddingMaps()
        self.comparisons = Comparisons(others)
        self.other_models = OtherModels()
        self.trusts_models = trusts_models
        self.logs = TrainingLogs(logs)
        self.train = train
        self.fixes = Fixes()

    def stop(self) -> None:
        """Stop all work and wait until it has cleaned up."""
        self.fixes.stop()
        super().stop()

    @property
    def run(self) -> Run | None:
        """The run as it is on disk now: it may have been ranked again meanwhile."""
        with self._run_lock:
            run = self._run
            state = state_of(run)  # before it is opened: a later change is seen next time
            if run is not None and state not in (None, self._seen):
                self._run = load(run.folder, data=run.data, annotations=run.annotations_url)
                self._seen = state
            return self._run

    @run.setter
    def run(self, run: Run) -> None:
        with self._run_lock:
            self._run, self._seen = run, state_of(run)

    @property
    def desk(self) -> AnnotationSession | None:
        """The annotation session of the run; None without a run.

        Raises:
            RunError: the annotations cannot be read, or the run has no such examples.
        """
        return self._sessions.of(lambda: self.run)

    def annotation_stored(self, event: "AnnotationEvent") -> None:
        """Report an annotation that was stored outside of the session, such as a verdict."""
        self._sessions.stored(event)


Prepare = Callable[[Workspace], None]
