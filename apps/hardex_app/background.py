"""Work that goes on in the background while the pages are already open."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread

from hardex.errors import HardexError

_FIRST_VISIT_SECONDS = 2.0  # how long heavy imports wait for the first page to be drawn
_STOP_SECONDS = 30.0  # importing TensorFlow cannot be interrupted


@dataclass(frozen=True)
class Status:
    """The progress of the work.

    Attributes:
        stage: what is being done, or "ready", "failed" or "stopped" (by a visitor).
        done, total: how much of it; 0 of 0 when that is not known.
        problem: what went wrong or is missing, as a sentence; also when all else is ready.
        cancellable: whether `BackgroundWork.cancel` can stop it now.
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
    """The app ends."""


class Cancelled(Exception):
    """A visitor does not want to wait for this part of the work."""


class BackgroundWork:
    """A necessary part and an optional part, one after the other, in a thread.

    Attributes:
        status: the progress.
    """

    def __init__(
        self, necessary: Callable[[], None], optional: Callable[[], None] | None = None
    ) -> None:
        """
        Args:
            necessary: if it fails, the work has failed.
            optional: if it fails or is cancelled, the rest is ready all the same.
        """
        self.status = Status("starting")
        self._necessary, self._optional = necessary, optional
        self._visited, self._stopping, self._cancelled = Event(), Event(), Event()
        self._thread = Thread(target=self._work, name="hardex-workspace", daemon=True)

    def start(self) -> None:
        """Begin, once the first page is drawn or after two seconds."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the work and wait until it has cleaned up."""
        self._stopping.set()
        self._visited.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)

    def cancel(self) -> None:
        """Skip the optional part, if it is going on."""
        if self.status.cancellable:
            self._cancelled.set()

    def visited(self) -> None:
        """A page was drawn, so heavy imports no longer delay it."""
        self._visited.set()

    def progress(self, stage: str, done: int = 0, total: int = 0) -> None:
        """Report progress; a hardex `Progress`.

        Raises:
            Stopped: `stop` was called.
        """
        if self._stopping.is_set():
            raise Stopped
        self.status = Status(stage, done, total)

    def optional_progress(self, stage: str, done: int = 0, total: int = 0) -> None:
        """Report progress of the optional part.

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
        status = self._attempt(self._necessary, "failed")
        if status.stage == "ready" and self._optional is not None:
            status = self._attempt(self._optional, "ready")
        self.status = status

    def _attempt(self, part: Callable[[], None], when_it_fails: str) -> Status:
        """Do a part of the work; the status after it."""
        try:
            part()
        except Stopped:
            return Status("failed", problem="The work was stopped.")
        except Cancelled:
            stage = self.status.stage.capitalize()
            return Status("stopped", problem=f"{stage} was skipped; restart the app to run it.")
        except Exception as error:  # shown on the page: nobody reads a background thread's trace
            return Status(when_it_fails, problem=_sentence(error))
        return Status("ready")


def _sentence(error: Exception) -> str:
    return str(error) if isinstance(error, HardexError) else f"{type(error).__name__}: {error}"
