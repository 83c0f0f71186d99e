"""Predictions that were made before, so that a search that is asked for in parts goes on.

A search is deterministic: asked again, it takes the same steps, and those whose predictions are
known cost nothing. So nothing of a search is kept between two requests but what it has learnt.
"""

from collections import OrderedDict
from collections.abc import Iterable
from hashlib import blake2b
from threading import Lock
from weakref import ref

from hardex.arrays import Image, Probabilities
from hardex.classifiers.classifier import Classifier
from hardex.images import Transform

_BYTES_MOST = 2**25  # of the rows that are remembered for one classifier
_CLASSIFIERS_MOST = 4


class Known:
    """The latest predictions of one classifier, by picture and transform.

    Example:
        >>> known, picture = Known(bytes_most=80), np.zeros((2, 2, 1), np.uint8)
        >>> known.remember(picture_key(picture), [Transform()], np.array([[0.25, 0.75]]))
        >>> known.row(picture_key(picture), Transform())
        array([0.25, 0.75])
    """

    def __init__(self, bytes_most: int = _BYTES_MOST) -> None:
        """
        Args:
            bytes_most: of the rows; the ones longest unused are forgotten.
        """
        self._rows: OrderedDict[tuple[bytes, Transform], Probabilities] = OrderedDict()
        self._bytes, self._bytes_most, self._lock = 0, bytes_most, Lock()

    def row(self, picture: bytes, change: Transform) -> Probabilities | None:
        """(k,) for a picture after a transform; None if it is not known."""
        with self._lock:
            found = self._rows.get((picture, change))
            if found is not None:
                self._rows.move_to_end((picture, change))
            return found

    def remember(self, picture: bytes, changes: Iterable[Transform], rows: Probabilities) -> None:
        """Keep (m, k) for m transforms of a picture."""
        with self._lock:
            for change, row in zip(changes, rows, strict=True):
                before = self._rows.pop((picture, change), None)
                self._bytes += row.nbytes - (0 if before is None else before.nbytes)
                self._rows[picture, change] = row.copy()
            while self._bytes > self._bytes_most and self._rows:
                self._bytes -= self._rows.popitem(last=False)[1].nbytes


def picture_key(image: Image) -> bytes:
    """What tells a picture from others."""
    return blake2b(repr(image.shape).encode() + image.tobytes(), digest_size=16).digest()


_OF: OrderedDict[int, tuple["ref[Classifier]", Known]] = OrderedDict()
_LOCK = Lock()


def known_of(classifier: Classifier) -> Known:
    """What is known of this classifier; of few classifiers at a time."""
    with _LOCK:
        found = _OF.get(id(classifier))
        if found is None or found[0]() is not classifier:  # another may have had its place
            found = _OF[id(classifier)] = (ref(classifier), Known())
        _OF.move_to_end(id(classifier))
        while len(_OF) > _CLASSIFIERS_MOST:
            _OF.popitem(last=False)
        return found[1]
