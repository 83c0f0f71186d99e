"""The map of the run that is open: drawn once, in a thread, when somebody first looks at it."""

from threading import Lock, Thread
from typing import Any

from hardex.classifiers.classifier import Classifier
from hardex.errors import HardexError
from hardex.overview.embedding_map import STAGE, embedding_map
from hardex.runs.run import Run


class EmbeddingMaps:
    """The map of the present run; a new one is drawn when the run was ranked again."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._drawing: _Drawing | None = None

    def of(self, run: Run, classifier: Classifier | None) -> dict[str, Any]:
        """The map as plain data, or `waiting`, or an `error`; each a sentence.

        Args:
            run: whose examples are on it.
            classifier: compares them; None where the run has no model.
        """
        return self._of(run, classifier).answer

    def whole(self, run: Run, classifier: Classifier | None) -> dict[str, Any]:
        """As `of`, once it is drawn."""
        drawing = self._of(run, classifier)
        drawing.thread.join()
        return drawing.answer

    def _of(self, run: Run, classifier: Classifier | None) -> "_Drawing":
        with self._lock:
            if self._drawing is None or not self._drawing.is_of(run, classifier):
                self._drawing = _Drawing(run, classifier)
            return self._drawing


class _Drawing:
    """One map, while it is drawn and then.

    Attributes:
        answer: the map, `waiting`, or an `error`.
        thread: draws it.
    """

    def __init__(self, run: Run, classifier: Classifier | None) -> None:
        self._run, self._classifier = run, classifier
        self.answer: dict[str, Any] = {"waiting": f"{STAGE.capitalize()}…"}
        self.thread = Thread(target=self._draw, name="hardex-map", daemon=True)
        self.thread.start()

    def is_of(self, run: Run, classifier: Classifier | None) -> bool:
        return self._run is run and self._classifier is classifier

    def _draw(self) -> None:
        try:
            self.answer = embedding_map(self._run, self._classifier, progress=self._told).as_dict()
        except HardexError as error:
            self.answer = {"error": str(error)}
        except Exception as error:  # of a library; nobody reads a background thread's trace
            self.answer = {"error": f"The map cannot be drawn: {type(error).__name__}."}

    def _told(self, stage: str, done: int, total: int) -> None:
        amount = f": {done:,} of {total:,} examples" if done < total else "…"
        self.answer = {"waiting": f"{stage.capitalize()}{amount}"}
