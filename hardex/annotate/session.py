"""What the annotators of a run share."""

from dataclasses import dataclass
from threading import Lock

from hardex.annotate.queue import Queue
from hardex.people.tickets import Tickets
from hardex.runs.run import Run


@dataclass(frozen=True)
class AnnotationSession:
    """The annotation of a run by all of its annotators.

    Attributes:
        run: whose examples are judged.
        queue: which annotator judges which example next.
        tickets: the names of examples that annotators see.
        locks: shared among the annotators, however many there are.
    """

    run: Run
    queue: Queue
    tickets: Tickets
    locks: tuple[Lock, ...]

    def lock_for(self, annotator: str) -> Lock:
        """The lock to hold from reading an annotator's events to storing the next one.

        Of several answers that an annotator sends at once, only the first is then blind.
        """
        return self.locks[hash(annotator) % len(self.locks)]
