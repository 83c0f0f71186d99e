"""Where annotators get their examples: one queue for all of them, made again with the run."""

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING

from hardex.annotate.plan import Assignment, Plan, plan_of
from hardex.annotate.queue import Queue
from hardex.annotate.session import AnnotationSession
from hardex.people.tickets import Tickets
from hardex.runs.run import Run

if TYPE_CHECKING:  # SQLAlchemy only when it is needed
    from hardex.people.events import AnnotationEvent


class AnnotationSessions:
    """The session of the present run. A new one is made when the run was ranked again."""

    def __init__(self, assignment: Assignment) -> None:
        """
        Args:
            assignment: which examples are judged, and by how many.
        """
        self._assignment = assignment
        self._session: AnnotationSession | None = None
        self._plan: tuple[Run, Plan] | None = None
        self._lock = Lock()

    def of(self, present_run: Callable[[], Run | None]) -> AnnotationSession | None:
        """The session of the present run; None without one.

        Labels, images and hard examples may differ after a run was ranked again. Tickets stay valid
        and no annotation is lost; only who is working on which example is forgotten.

        Raises:
            RunError: the annotations cannot be read, or the run has no such examples.
        """
        with self._lock:
            run = present_run()
            if run is not None and (self._session is None or self._session.run is not run):
                queue = Queue(self._plan_of(run), run.annotations)
                run.tables.remember(queue.numbers)
                self._session = AnnotationSession(run, queue, Tickets.open(run.folder))
            return self._session

    def stored(self, event: "AnnotationEvent") -> None:
        """Tell the session of an annotation that was stored elsewhere: the owner's are gold."""
        with self._lock:
            if self._session is not None:  # else the session reads it when it is made
                self._session.queue.record(event)

    def _plan_of(self, run: Run) -> Plan:
        """The plan of a run, made once: of a million examples it takes seconds."""
        if self._plan is None or self._plan[0] is not run:
            self._plan = run, plan_of(run, self._assignment)
        return self._plan[1]
