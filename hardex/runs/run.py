"""A finished run: its tables as data frames, its images as arrays."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hardex.arrays import Image
from hardex.data.dataset import Dataset
from hardex.errors import DatasetError, RunError
from hardex.runs.folder import RESULTS
from hardex.runs.manifest import Manifest

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Run:
    """What `hardex rank` found, read from its folder when asked for.

    Attributes:
        folder: the run folder.
        manifest: what the run was made from.
        data: where the images are now, when they moved; else "".
    """

    folder: Path
    manifest: Manifest
    data: str = ""

    @cached_property
    def predictions(self) -> "pd.DataFrame":
        """One row per example, in order of position."""
        from hardex.runs.tables import read_predictions

        return read_predictions(self.folder / RESULTS / "predictions.parquet")

    @cached_property
    def hard(self) -> "pd.DataFrame":
        """One row per list and chosen example, in order of rank."""
        from hardex.runs.hard import read_hard

        return read_hard(self.folder / RESULTS / "hard")

    @cached_property
    def metrics(self) -> dict[str, Any]:
        """Accuracy with intervals, per class, and calibration."""
        path = self.folder / RESULTS / "metrics.json"
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    @cached_property
    def dataset(self) -> Dataset:
        """The labelled images of the run, opened again.

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
            dataset = open_dataset(where, class_names=self.manifest.class_names)
        except DatasetError as error:
            raise RunError(
                f"the images of this run were at {source.path or source.name} and cannot be opened "
                f"there now ({error}); show where they are with --data."
            ) from error
        return dataset

    def image(self, id: str) -> Image:
        """The image of one example in its native size, (h, w, c).

        Raises:
            RunError: no such example, or its image is no longer there.
        """
        from hardex.images import read_image

        pictures = self._pictures
        if id in pictures:
            return read_image(self.folder / RESULTS / "hard" / pictures[id])
        return self.dataset.image(self.position(id))

    def position(self, id: str) -> int:
        """The place of an example in the data set.

        Raises:
            RunError: no such example.
        """
        try:
            return self._positions[id]
        except KeyError as error:
            raise RunError(
                f"this run has {len(self._positions)} examples, and none has the id {id!r}; "
                "take an id from its tables."
            ) from error

    @cached_property
    def _positions(self) -> dict[str, int]:
        table = self.predictions
        return dict(zip(table["id"].tolist(), table["position"].tolist(), strict=True))

    @cached_property
    def _pictures(self) -> dict[str, str]:
        table = self.hard
        return {id: name for id, name in zip(table["id"], table["file_name"], strict=True) if name}


def load(folder: str | Path, *, data: str | Path = "") -> Run:
    """Open a finished run.

    Args:
        folder: the run folder.
        data: where its images are now, when they moved.

    Raises:
        RunError: the folder is no run that this version can read.

    Example:
        >>> load("runs/nothing-here")
        Traceback (most recent call last):
        hardex.errors.RunError: a run is a folder with manifest.json; runs/nothing-here has none; \
make one with `hardex rank MODEL DATA --out RUN`.
    """
    path = Path(folder)
    return Run(path, Manifest.open(path), str(data))
