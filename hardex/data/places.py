"""A data set -> the positions of examples that are known by their ids."""

from collections.abc import Collection

import numpy as np

from hardex.data.dataset import Dataset


class Places:
    """Where the examples of a data set are, by id; 16 bytes are kept for each.

    Example:
        >>> from hardex.data.dataset import ArrayDataset
        >>> images = np.zeros((3, 2, 2, 1), np.uint8)
        >>> Places(ArrayDataset.of(images, np.array([0, 1, 0]))).of(["2", "elsewhere"])
        {'2': 2}
    """

    def __init__(self, dataset: Dataset) -> None:
        count = len(dataset)
        hashes = np.fromiter((hash(dataset.id(at)) for at in range(count)), np.int64, count)
        self._dataset, self._order = dataset, np.argsort(hashes, kind="stable")
        self._hashes = hashes[self._order]

    def of(self, ids: Collection[str]) -> dict[str, int]:
        """The positions of these examples; those that are not there are left out."""
        found = {}
        for id in ids:
            first = np.searchsorted(self._hashes, hash(id))
            last = np.searchsorted(self._hashes, hash(id), "right")
            for position in self._order[first:last].tolist():  # two ids may have one hash
                if self._dataset.id(position) == id:
                    found[id] = position
                    break
        return found
