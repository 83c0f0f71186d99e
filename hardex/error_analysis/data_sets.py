"""Training, validation and test data of a run's model -> what one pass over each of them leaves."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Images, Positions, Probabilities
from hardex.classifiers.classifier import Classifier
from hardex.data.dataset import Batch, Dataset, Keep, Shape, none_readable
from hardex.data.part import Part, Renumbered
from hardex.data.sources import Data
from hardex.diagnosis.inputs import input_shape, same_dataset
from hardex.diagnosis.keys import pixel_key
from hardex.diagnosis.training import class_places, notes_on
from hardex.error_analysis.top import TopError, errors_in, lowest
from hardex.errors import DatasetError, RunError
from hardex.overview.nearest_training import check_there, opened_by_name
from hardex.predict.accumulators import Confusion
from hardex.predict.neighbours import Progress
from hardex.predict.predictions import batch_size_for, predict
from hardex.runs.answers import answers_of
from hardex.runs.confusion import read_confusion
from hardex.runs.folder import RESULTS, TABLE
from hardex.runs.run import Run
from hardex.runs.seal import read_seal
from hardex.runs.tables import stream_predictions
from hardex.sentences import counted

SPLITS = {
    "train": ("train", "training"),
    "validation": ("validation", "val", "valid"),
    "test_validation": ("test_validation", "test-validation"),
    "test": ("test",),
}
TITLES = {
    "train": "the training data",
    "validation": "the validation data",
    "test_validation": "the test-validation data",
    "test": "the test data",
}
_SAMPLE = 1_000  # examples of a set that are compared with those of another
_SAMPLE_BYTES = 2**28  # of their pixels
_KEYS_MOST = 100_000  # of a run's own pictures, which are read once more for their keys


@dataclass(frozen=True, eq=False)
class Sample:
    """Some examples of a set, drawn at random.

    Attributes:
        ids: m stable names.
        probabilities: (m, k).
        images: (m, h, w, c) as the model gets them; None where they cannot be read.
    """

    ids: tuple[str, ...]
    probabilities: Probabilities
    images: Images | None


@dataclass(frozen=True, eq=False)
class Keys:
    """The pixels of a set's examples, each as one number, to find those that two sets share.

    Attributes:
        keys: (n,) one for each picture; equal pictures have equal keys.
        positions: (n,) in the set.
        id: the stable name at a position.
    """

    keys: NDArray[np.uint64]
    positions: Positions
    id: Callable[[int], str]

    def shared_with(self, other: "Keys") -> Positions:
        """(m,) positions of the examples whose pictures another set holds, too."""
        return self.positions[np.isin(self.keys, other.keys)]


@dataclass(frozen=True, eq=False)
class Seen:
    """What a pass over one set leaves.

    Attributes:
        name: of the set, see `hardex.error_analysis.decomposition.SETS`.
        source: what opens it again.
        counts: (k, k), given class by predicted class.
        top: the wrong examples whose label the model believes least; () where none were wanted.
        sample: some of its examples.
        keys: the pixels of all of them; None where they were not read.
        notes: sentences on how it differs from what was expected.
    """

    name: str
    source: str
    counts: NDArray[np.int64]
    top: tuple[TopError, ...]
    sample: Sample
    keys: Keys | None
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Matched(Renumbered):
    """A data set whose classes are those of a model, and which keeps what passes by.

    Attributes:
        drawn: positions whose pictures are kept.
        kept: those pictures, by position.
        seen: positions and keys of the pictures, batch by batch.
    """

    drawn: frozenset[int] = frozenset()
    kept: dict[int, NDArray[np.uint8]] = field(default_factory=dict)
    seen: list[tuple[Positions, NDArray[np.uint64]]] = field(default_factory=list)

    def batches(
        self,
        size: int,
        shape: Shape | None,
        keep: Keep | None = None,
        within: range | None = None,
    ) -> Iterator[Batch]:
        """The examples, with labels as the model numbers its classes."""
        for batch in super().batches(size, shape, keep, within):
            keys = [int(pixel_key(image)[:16], 16) for image in batch.images]
            self.seen.append((batch.positions, np.array(keys, np.uint64)))
            for row, position in enumerate(batch.positions.tolist()):
                if position in self.drawn:
                    self.kept[position] = batch.images[row].copy()  # not the whole batch with it
            yield batch

    def keys(self) -> Keys:
        """Those of all pictures that have passed by."""
        positions = np.concatenate([part for part, _ in self.seen])
        keys = np.concatenate([part for _, part in self.seen])
        return Keys(keys, positions, self.id)

    def sample(self, probabilities: dict[int, Probabilities]) -> Sample:
        """The drawn examples that could be read.

        Args:
            probabilities: (k,) by position.
        """
        positions = sorted(self.kept.keys() & probabilities.keys())
        return Sample(
            tuple(map(self.id, positions)),
            np.stack([probabilities[position] for position in positions]),
            np.stack([self.kept[position] for position in positions]),
        )


def open_set(
    name: str, data: Data, run: Run, classifier: Classifier, rng: np.random.Generator
) -> Matched:
    """One further set, with the classes of the run; what the run's seal hides stays hidden.

    Args:
        name: of the set, see `SPLITS`.
        data: the set; of several splits the one of its name is used.
        run: the run.
        classifier: its model.
        rng: draws the sample.

    Raises:
        DatasetError: it is not there, or has other classes.
    """
    option, what = f"--{name.replace('_', '-')}", TITLES[name]
    check_there(data, option, what)
    manifest = run.manifest
    dataset = opened_by_name(
        data,
        manifest.class_names,
        resize=manifest.resize,
        pixels=manifest.reading.pixels,
        source=str(run.folder),
        splits=SPLITS[name],
        what=what,
    )
    shape = input_shape(classifier, dataset)
    return matched(dataset, manifest.class_names, what, run, shape, rng)


def matched(
    dataset: Dataset,
    names: tuple[str, ...],
    what: str,
    run: Run,
    shape: Shape,
    rng: np.random.Generator,
) -> Matched:
    """The data set as `Matched`, with a sample drawn."""
    places = class_places(dataset, names, what)
    seal = read_seal(run.folder)
    if seal is not None and not isinstance(dataset, Part):
        dataset = seal.open_part(dataset)
    count = min(len(dataset), _sample_size(shape))
    drawn = frozenset(rng.choice(len(dataset), count, replace=False).tolist())
    return Matched(dataset, lambda image: True, "", names, places, drawn)


def look_through(
    name: str,
    dataset: Matched,
    classifier: Classifier,
    size: int | None,
    progress: Progress,
    *,
    top: int = 0,
) -> Seen:
    """One pass of a model over a set.

    Args:
        name: of the set.
        dataset: the set.
        classifier: the model.
        size: images per forward pass, as in the run.
        progress: called after every batch.
        top: how many top errors are kept.

    Raises:
        HardexError: none of it can be read, or the model does not fit it.
    """
    confusion = Confusion.empty(len(dataset.names))
    rows: dict[int, Probabilities] = {}
    errors: list[TopError] = []
    stage, done = f"looking at {TITLES[name]}", 0
    progress(stage, 0, len(dataset))
    for batch in predict(classifier, dataset, batch_size=size):
        confusion = confusion.update(batch)
        for row, position in enumerate(batch.positions.tolist()):
            if position in dataset.drawn:
                rows[position] = batch.probabilities[row]
        if top:
            errors = lowest([*errors, *errors_in(batch, dataset.names)], top)
        done += len(batch)
        progress(stage, done, len(dataset))
    if not done or not rows:
        raise none_readable("image", dataset)
    notes = list(notes_on(dataset.whole, dataset.names, TITLES[name]))
    skipped = len(dataset.skipped())
    if skipped:
        verb = "is" if skipped == 1 else "are"
        files = f"{counted(skipped, 'file')} of {TITLES[name]}"
        notes.append(f"{files} could not be read and {verb} left out.")
    return Seen(
        name,
        dataset.source,
        confusion.counts,
        tuple(errors),
        dataset.sample(rows),
        dataset.keys(),
        tuple(notes),
    )


def own_test_set(
    run: Run, classifier: Classifier, rng: np.random.Generator, progress: Progress
) -> Seen:
    """The run's own data as the test set, from its tables; its pictures are read if they are there.

    Args:
        run: the run.
        classifier: whose input the pictures are read for.
        rng: draws the sample.
        progress: called now and then.
    """
    names = run.manifest.class_names
    counts = read_confusion(run.folder / RESULTS / "confusion.csv", len(names))
    dataset, note = _own_pictures(run, classifier, rng, progress)
    answers = answers_of(run)
    drawn = _drawn(answers.positions, rng) if dataset is None else sorted(dataset.kept)
    rows = _rows_at(run, drawn)
    if dataset is None:
        places = np.flatnonzero(np.isin(answers.positions, drawn))
        sample = Sample(
            tuple(answers.ids.at(places)), np.stack([rows[place] for place in drawn]), None
        )
        keys = None
    else:
        sample, keys = dataset.sample(rows), dataset.keys()
    source = run.manifest.data
    title = source.name if source is not None else str(run.folder)
    return Seen("test", title, counts, (), sample, keys, (note,) if note else ())


def _own_pictures(
    run: Run, classifier: Classifier, rng: np.random.Generator, progress: Progress
) -> tuple[Matched | None, str]:
    """The run's own data, read once; or None, and the reason in a sentence."""
    if run.manifest.counts["examples"] > _KEYS_MOST:
        return None, (
            f"The run has more than {_KEYS_MOST:,} pictures: they were not compared with those of "
            "other sets."
        )
    try:
        opened = same_dataset(run)
        shape = input_shape(classifier, opened)
        dataset = matched(opened, run.manifest.class_names, TITLES["test"], run, shape, rng)
        _read_all(dataset, shape, run.manifest.batch_size, progress)
    except (RunError, DatasetError) as error:
        return None, f"The pictures of the run were not compared with those of other sets: {error}"
    return (dataset, "") if dataset.kept else (None, "")


def _rows_at(run: Run, positions: Sequence[int]) -> dict[int, Probabilities]:
    """(k,) the probabilities of these examples, by position."""
    wanted = np.array(positions, np.int64)
    found: dict[int, Probabilities] = {}
    for batch in stream_predictions(run.folder / RESULTS / TABLE):
        rows = np.flatnonzero(np.isin(batch.positions, wanted))
        places = batch.positions[rows].tolist()
        found.update(zip(places, batch.probabilities[rows], strict=True))
    return found


def _drawn(positions: Positions, rng: np.random.Generator) -> list[int]:
    """Some of these positions, ascending."""
    found: list[int] = rng.choice(positions, min(len(positions), _SAMPLE), replace=False).tolist()
    return sorted(found)


def _read_all(dataset: Matched, shape: Shape, size: int | None, progress: Progress) -> None:
    done = 0
    for batch in dataset.batches(size or batch_size_for(shape), shape):
        done += len(batch.ids)
        progress(f"reading {TITLES['test']}", done, len(dataset))


def _sample_size(shape: Shape) -> int:
    return max(1, min(_SAMPLE, _SAMPLE_BYTES // int(np.prod(shape))))
