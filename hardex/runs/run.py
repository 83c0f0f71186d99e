"""A finished run: its tables as data frames, its images as arrays."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hardex.arrays import Image
from hardex.bounded import is_inside, read_json, why
from hardex.data.dataset import Dataset, Shape
from hardex.errors import DatasetError, RunError
from hardex.runs.folder import HARD, METRICS, RESULTS, TABLE
from hardex.runs.manifest import Manifest
from hardex.runs.seal import read_seal
from hardex.runs.views import DISPUTED, PAGE_SIZE, Found, Place, Tables, View

_METRICS_MOST = 2**26  # bytes; a hundred thousand classes have some 20 million

if TYPE_CHECKING:
    import pandas as pd

    from hardex.people.store import Store


@dataclass(frozen=True, eq=False)
class Run:
    """What `hardex rank` found, read from its folder when needed.

    Attributes:
        folder: the run folder.
        manifest: what the run was made from.
        data: where the images are now, if they moved; else "".
        annotations_url: the database of the annotations, if they are not in the folder; else "".
    """

    folder: Path
    manifest: Manifest
    data: str = ""
    annotations_url: str = field(default="", repr=False)  # it may hold a password

    @cached_property
    def predictions(self) -> "pd.DataFrame":
        """One row per example, in order of position."""
        from hardex.runs.tables import read_predictions

        _ = self.tables  # checks that the table is one
        return read_predictions(self.folder / RESULTS / TABLE)

    @cached_property
    def hard(self) -> "pd.DataFrame":
        """One row per list and chosen example, in order of rank."""
        from hardex.runs.hard_examples import read_hard

        with self._readable("hard/metadata.csv"):
            return read_hard(self.folder / RESULTS / HARD)

    @property
    def findings(self) -> "pd.DataFrame":
        """Why each diagnosed example is hard, hardest first; see `hardex.runs.findings.Finding`.

        Raises:
            RunError: the run has not been diagnosed.
        """
        from hardex.runs.findings import FINDINGS, read_findings

        path = self.folder / RESULTS / FINDINGS
        if not path.is_file():
            raise RunError(
                f"the run {self.folder} has no findings yet; make them with "
                f"hardex diagnose {self.folder} --train DATA."
            )
        with self._readable(FINDINGS):
            return read_findings(path)

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """Accuracy with intervals, per class, and calibration."""
        path = self.folder / RESULTS / METRICS
        with self._readable(METRICS):
            found: dict[str, Any] = read_json(path, _METRICS_MOST)
            if not isinstance(found, dict):
                raise TypeError
            return found

    @contextmanager
    def _readable(self, name: str) -> Iterator[None]:
        """Turn an error while reading a table into a `RunError`."""
        try:
            yield
        except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
            raise RunError(
                f"{RESULTS}/{name} of a run must be as hardex wrote it; the one in {self.folder} "
                f"cannot be read ({why(error)}); rank again with --force."
            ) from error

    @cached_property
    def dataset(self) -> Dataset:
        """The labelled images of the run, opened again; without the sealed ones.

        Raises:
            RunError: the run was made without images, or they are no longer there.
        """
        from hardex.data.sources import open_dataset

        source = self.manifest.data
        if source is None:
            raise RunError(
                "this run was made from saved probabilities without images; rank again with DATA "
                "to see them."
            )
        where = self.data or source.path or source.name
        try:
            dataset = open_dataset(
                where,
                class_names=self.manifest.class_names,
                resize=self.manifest.resize,
                reading=self.manifest.reading,
            )
        except DatasetError as error:
            if self.data:
                raise RunError(
                    f"the images of this run must be where --data says, {self.data}; they cannot "
                    f"be opened there ({error}); check the path."
                ) from error
            raise RunError(
                f"the images of this run were at {source.path or source.name} and cannot be opened "
                f"there now ({error}); pass their path with --data."
            ) from error
        seal = read_seal(self.folder)
        return dataset if seal is None else seal.open_part(dataset)

    def image(self, id: str) -> Image:
        """The image of one example in its native size, (h, w, c).

        Raises:
            RunError: no such example, or its image is no longer there.
        """
        from hardex.images import read_image

        if id in self.pictures:
            return read_image(self.pictures[id])
        position = self.position(id)
        if position >= len(self.dataset) or self.dataset.id(position) != id:
            raise RunError(
                f"the images of this run have changed: {id} is no longer at position {position} "
                f"of {self.dataset.source}; rank again or pass their path with --data."
            )
        return self.dataset.image(position)

    def input_image(self, id: str, shape: Shape) -> Image:
        """What a classifier of this input gets of one example, read as in the ranking.

        Without the data, it is made of the picture that the run holds, which is upright and opaque.

        Raises:
            RunError: no such example, or its image is no longer there.
        """
        from hardex.data.pixels import input_image
        from hardex.images.readings import pixel_reading

        position = self.position(id)
        try:
            dataset = self.dataset
            if position < len(dataset) and dataset.id(position) == id:
                return input_image(dataset, position, shape)
        except (RunError, DatasetError):
            pass
        return pixel_reading(self.manifest.reading.pixels).fit(self.image(id), shape)

    def pictured(self, ids: Sequence[str]) -> list[str]:
        """Those of these examples that have a picture, in the same order.

        The run holds the pictures of the hard examples. The others can be shown only while the
        data is where it was.
        """
        kept = self.pictures
        others = [id for id in ids if id not in kept]
        there = set(self._still_there(others)) if others else set()
        return [id for id in ids if id in kept or id in there]

    def _still_there(self, ids: Sequence[str]) -> Iterator[str]:
        """Those that are still at the position they had when the run was made."""
        try:
            dataset = self.dataset
        except RunError:
            return
        for id, position in self.tables.positions(ids):
            if position < len(dataset) and dataset.id(position) == id:
                yield id

    @cached_property
    def tables(self) -> Tables:
        """The tables of the run, for queries about any view of its examples."""

        def chosen() -> Iterable[tuple[str, int, str]]:
            return zip(self.hard["list"], self.hard["rank"], self.hard["id"], strict=True)

        def judged(verdict: str) -> Sequence[str]:
            store = self.annotations
            return store.disputed() if verdict == DISPUTED else store.judged(verdict)

        return Tables(
            self.folder,
            self.manifest.class_names,
            chosen,
            judged,
        )

    @cached_property
    def annotations(self) -> "Store":
        """The annotations of the examples.

        Raises:
            RunError: the database URL is not supported. When it is first read or written: it
                belongs to another data set.
        """
        from hardex.people.store import Store  # loads SQLAlchemy only when needed

        return Store.open(self.annotations_url or self.folder, self.manifest.data)

    def find(self, view: View, *, page: int = 1, size: int = PAGE_SIZE) -> Found:
        """One page of any view of the examples; sealed examples are in none.

        Args:
            view: which examples, in which order.
            page: from 1; past the end gives the last one.
            size: examples per page, 1..1000.

        Raises:
            RunError: the view names a list, class, score, column or verdict that does not exist.
        """
        return self.tables.find(view, page=page, size=size)

    def count(self, view: View) -> int:
        """How many examples a view has.

        Raises:
            RunError: as in `find`.
        """
        return self.tables.count(view)

    def position(self, id: str) -> int:
        """The position of an example in the data set.

        Raises:
            RunError: no such example.
        """
        return self._place(id).position

    def given_label(self, id: str) -> str:
        """The given label of an example.

        Raises:
            RunError: no such example.
        """
        return self._place(id).given_label

    def predicted_label(self, id: str) -> str:
        """The predicted label of an example.

        Raises:
            RunError: no such example.
        """
        return self._place(id).predicted_label

    def row(self, id: str) -> dict[str, Any]:
        """One example's row of the predictions, by column name.

        Raises:
            RunError: no such example.
        """
        from hardex.runs.tables import read_predictions

        table = self.folder / RESULTS / TABLE
        try:
            row = read_predictions(table, np.array([self.position(id)])).iloc[0]
            found = row["id"] == id
        except KeyError:
            found = False
        if not found:
            raise RunError(
                f"the tables of a run must not change while it is open; {id} has moved; open "
                "the run again."
            )
        return {str(name): value for name, value in row.items()}

    def unmatched_annotations(self) -> int:
        """How many annotations are about an example that this run does not have.

        There may be some after `--force` with other data: annotations are never deleted.
        """
        if not self.annotations_url and not (self.folder / "people").exists():
            return 0
        return self.tables.unknown([event.id for event in self.annotations.all()])

    def _place(self, id: str) -> Place:
        try:
            return self.tables.place(id)
        except KeyError as error:
            counts = self.manifest.counts
            sealed = counts.get("sealed", 0)
            others = f", and {sealed} more are sealed for a later proof" if sealed else ""
            raise RunError(
                f"this run has {counts['examples']} examples, and none has the id "
                f"{id[:60]!r}{others}; take an id from its tables."
            ) from error

    @cached_property
    def pictures(self) -> dict[str, Path]:
        """The pictures that the run itself holds, by id.

        A run may come from somebody else: a name in its table, or a link in its folder, must not
        show other files of this disk.
        """
        folder = self.folder / RESULTS / HARD
        names = zip(self.hard["id"], self.hard["file_name"], strict=True)
        return {
            id: folder / name
            for id, name in names
            if name and is_inside(folder / name, self.folder)
        }


def load(folder: str | Path, *, data: str | Path = "", annotations: str = "") -> Run:
    """Open a finished run.

    Args:
        folder: the run folder.
        data: where its images are now, if they moved.
        annotations: the database of the annotations, `postgresql+pg8000://...`; by default they
            are in the folder.

    Raises:
        RunError: the folder is no run that this version can read.

    Example:
        >>> load("runs/nothing-here")
        Traceback (most recent call last):
        hardex.errors.RunError: a run is a folder with manifest.json; runs/nothing-here has none; \
make one with `hardex rank MODEL DATA --out RUN`.
    """
    path = Path(folder)
    if annotations and "://" not in annotations:
        raise RunError(
            "annotations outside the run folder must be in a PostgreSQL database, "
            f"postgresql+pg8000://USER:PASSWORD@HOST:PORT/DATABASE; received {annotations[:80]!r}; "
            "pass such a URL, or leave it out."
        )
    return Run(path, Manifest.open(path), str(data), annotations)


def opened(run: str | Path | Run, *, data: str | Path = "", annotations: str = "") -> Run:
    """The run itself, or the one that `load` opens if a folder is given."""
    return run if isinstance(run, Run) else load(run, data=data, annotations=annotations)
