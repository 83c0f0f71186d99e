"""One call of a question: what the app has open, who asks, and what they sent."""

from dataclasses import dataclass
from typing import Any

from hardex.annotate.session import AnnotationSession
from hardex.classifiers.classifier import Classifier
from hardex.learning_curves.judging import CurveReport
from hardex.people.access import Visitor
from hardex.predict.neighbours import Neighbours
from hardex.runs.run import Run
from hardex_app import annotating
from hardex_app.answers import Answer, model_not_ready, not_ready
from hardex_app.workspace import Workspace


class NotReady(Exception):
    """There is no answer yet; `answer` says what is missing."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer)
        self.answer = answer


@dataclass
class Call:
    """One call of a question.

    Attributes:
        workspace: what the app has open.
        visitor: who asks.
        request: what they sent; for annotators with tickets replaced once these are checked.
    """

    workspace: Workspace
    visitor: Visitor
    request: Any = None

    @property
    def run(self) -> Run:
        """The run.

        Raises:
            NotReady: there is none yet.
        """
        run = self.workspace.run
        if run is None:
            raise NotReady(not_ready(self.workspace, "The run is", self.visitor))
        return run

    @property
    def run_and_model(self) -> tuple[Run, Classifier]:
        """The run and the model.

        Raises:
            NotReady: one of them is missing.
        """
        run, model = self.workspace.run, self.workspace.classifier
        if run is None or model is None:
            raise NotReady(model_not_ready(self.workspace, self.visitor))
        return run, model

    @property
    def report(self) -> CurveReport:
        """What is said about the trainings.

        Raises:
            NotReady: their logs are still being read.
        """
        return self._report(again=False)

    @property
    def report_again(self) -> CurveReport:
        """As `report`, but logs that have changed since are read again."""
        return self._report(again=True)

    def _report(self, *, again: bool) -> CurveReport:
        found = self.workspace.logs.of(self.run, again=again)
        if found is None:
            raise NotReady({"waiting": "Reading the training logs…"})
        return found

    @property
    def session(self) -> AnnotationSession:
        """Where annotators get their examples.

        Raises:
            NotReady: there is no run yet.
        """
        session = annotating.session_of(self.workspace, self.visitor)
        if session is None:
            raise NotReady(not_ready(self.workspace, "The run is", self.visitor))
        return session

    @property
    def training(self) -> Neighbours | None:
        """The training images; None if there are none.

        Raises:
            NotReady: they are still being read.
        """
        found, status = self.workspace.neighbours, self.workspace.status
        if found is None and self.workspace.has_training and not status.over:
            raise NotReady(not_ready(self.workspace, "The training images are", self.visitor))
        return found
