"""What the annotators of a run share."""

from dataclasses import dataclass

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
    """

    run: Run
    queue: Queue
    tickets: Tickets
