"""The training logs of the run that is open, read in a thread."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock, Thread
from time import monotonic

from hardex.classifiers.shipped import SHIPPED, shipped_model
from hardex.errors import HardexError
from hardex.learning_curves.judging import CurveReport, report_of
from hardex.learning_curves.reading import BATCHES, Log
from hardex.runs.run import Run

_FRESH_SECONDS = 3.0  # a log that is being written is not read again before somebody got it
_AT_ONCE_SECONDS = 0.3  # most logs are read by then
State = tuple[tuple[int, int], ...]


class TrainingLogs:
    """The logs that were passed, and the one beside the model of the run."""

    def __init__(self, given: Sequence[Log] = ()) -> None:
        """
        Args:
            given: the logs, as `hardex.curves` reads them.
        """
        self._given = tuple(str(log) if isinstance(log, Path) else log for log in given)
        self._lock = Lock()
        self._reading: _Reading | None = None

    def of(self, run: Run, *, again: bool = False) -> CurveReport | None:
        """What is said about the trainings; None while the logs are being read.

        Args:
            run: the run that is open.
            again: whether to read logs again that have changed since.

        Raises:
            HardexError: they cannot be read at all.
        """
        reading = self._of(run, again=again)
        reading.thread.join(_AT_ONCE_SECONDS)
        return reading.report

    def begin(self, run: Run) -> None:
        """Begin to read them before anybody asks."""
        self._of(run, again=False)

    def _of(self, run: Run, *, again: bool) -> "_Reading":
        with self._lock:
            found = self._reading
            if found is None or found.run is not run or (again and found.is_old):
                found = self._reading = _Reading(self._given, run)
            return found


def log_beside_model(run: Run) -> Path | None:
    """The training log beside the model file of a run, `NAME.csv`; None if there is none.

    A model that was moved takes its log along: then it is passed.
    """
    source = run.manifest.model
    if source is None:
        return None
    if source.name in SHIPPED:
        model = shipped_model(source.name)
    elif source.path:
        model = Path(source.path)
    else:
        return None
    beside = model.with_suffix(".csv")
    return beside if beside.is_file() else None


class _Reading:
    """The logs, while they are read and then.

    Attributes:
        run: the run that is open.
        thread: reads them.
    """

    def __init__(self, given: Sequence[Log], run: Run) -> None:
        self.run = run
        self._given = given
        self._logs: tuple[Log, ...] = tuple(given)
        self._state: State = ()
        self._report: CurveReport | None = None
        self._problem: HardexError | None = None
        self._over = 0.0
        self.thread = Thread(target=self._read, name="hardex-logs", daemon=True)
        self.thread.start()

    @property
    def report(self) -> CurveReport | None:
        """The report; None until it is there."""
        if self._problem is not None:
            raise self._problem
        return self._report

    @property
    def is_old(self) -> bool:
        """Whether the files were read a while ago and have changed since."""
        if not self._over or monotonic() < self._over + _FRESH_SECONDS:
            return False
        return self._state != _state_of(_with(self._given, log_beside_model(self.run)))

    def _read(self) -> None:
        try:
            self._logs = _with(self._given, log_beside_model(self.run))
            self._state = _state_of(self._logs)
            classes = len(self.run.manifest.class_names)
            self._report = (
                report_of(*self._logs, classes=classes if classes > 1 else None)
                if self._logs
                else CurveReport(())
            )
        except HardexError as error:
            self._problem = error
        except Exception as error:  # of a library; nobody reads a background thread's trace
            self._problem = HardexError(
                f"The training logs cannot be read: {type(error).__name__}."
            )
        self._over = monotonic()


def _with(given: Sequence[Log], beside: Path | None) -> tuple[Log, ...]:
    """The logs that were passed, and after them the one beside the model, unless it is one."""
    if beside is None or any(_is_same(one, beside) for one in given):
        return tuple(given)
    return (*given, str(beside))


def _is_same(log: Log, path: Path) -> bool:
    try:
        return isinstance(log, str) and Path(log).samefile(path)
    except OSError:
        return False


def _state_of(logs: Sequence[Log]) -> State:
    """What changes when a log is written to."""
    return tuple(found for log in logs if isinstance(log, str) for found in _times(Path(log)))


def _times(path: Path) -> Iterator[tuple[int, int]]:
    files = sorted(path.rglob("*")) if path.is_dir() else [path, path.with_suffix(BATCHES)]
    for file in files:
        try:
            found = file.stat()
        except OSError:
            continue
        yield found.st_mtime_ns, found.st_size
