"""The runs that are open beside the first one, and their comparison, made when it is asked for."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from threading import Lock

from hardex.classifiers.classifier import Classifier
from hardex.comparison.compare import compare, narrowed
from hardex.comparison.comparison import Comparison
from hardex.probing.batches import warmed_up
from hardex.runs.folder import MANIFEST
from hardex.runs.run import Run, load
from hardex.runs.run_classifier import classifier_of

_CHOICES_KEPT = 8  # of some of the runs; each holds its own columns


class OtherModels:
    """The models of further runs, each loaded when it is first asked.

    Args:
        loaded: those that are there already.
    """

    def __init__(self, loaded: Mapping[Run, Classifier] | None = None) -> None:
        self._lock = Lock()
        self._loaded = dict(loaded or {})

    def of(self, run: Run, *, trust_model: bool) -> Classifier:
        """The model of a run, ready to be asked.

        Raises:
            HardexError: the run has none, or it cannot be loaded.
        """
        with self._lock:
            if run not in self._loaded:
                self._loaded[run] = warmed_up(classifier_of(run, trust_model=trust_model))
            return self._loaded[run]


State = tuple[int, int] | None


class Comparisons:
    """Runs beside the first one, and what is compared; for any number of threads.

    Args:
        others: the further runs.
    """

    def __init__(self, others: Sequence[Run] = ()) -> None:
        self._lock = Lock()
        self._others = list(others)
        self._seen = [state_of(run) for run in others]
        self._made: tuple[tuple[Run, ...], Comparison] | None = None
        self._chosen: OrderedDict[tuple[str, ...], Comparison] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._others)

    def runs(self, first: Run) -> tuple[Run, ...]:
        """All runs as they are on disk now, the first one first."""
        with self._lock:
            return self._runs(first)

    def of(self, first: Run, names: Sequence[str] = ()) -> Comparison:
        """The comparison of all runs, or of these.

        Raises:
            HardexError: they cannot be compared, or there are no such runs.
        """
        with self._lock:  # whoever asks meanwhile waits for the same comparison
            runs = self._runs(first)
            if self._made is None or self._made[0] != runs:
                self._made = runs, compare(*runs)
                self._chosen.clear()
            whole = self._made[1]
            if not names:
                return whole
            key = tuple(names)
            if key not in self._chosen:
                self._chosen[key] = narrowed(whole, names)
                while len(self._chosen) > _CHOICES_KEPT:
                    self._chosen.popitem(last=False)
            self._chosen.move_to_end(key)
            return self._chosen[key]

    def _runs(self, first: Run) -> tuple[Run, ...]:
        for at, run in enumerate(self._others):
            state = state_of(run)
            if state not in (None, self._seen[at]):
                self._others[at], self._seen[at] = load(run.folder, data=run.data), state
        return (first, *self._others)


def state_of(run: Run | None) -> State:
    """What changes when a run is ranked again in its place; None while it is being replaced."""
    if run is None:
        return None
    try:
        found = (run.folder / MANIFEST).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
