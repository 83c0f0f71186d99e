"""A run -> a map of its examples in two dimensions: pictures that the model finds alike lie close.

Errors between two groups are doubt; errors deep within the group of another class are often
mislabelled; a group of errors on its own is a kind of failure.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Embeddings, Positions
from hardex.classifiers.classifier import Classifier
from hardex.errors import DatasetError, RunError
from hardex.predict.neighbours import EMBEDDINGS, Progress, silent, space_for, vectors_at
from hardex.runs.folder import RESULTS, TABLE
from hardex.runs.run import Run
from hardex.runs.tables import Labelled, labels_of, read_predictions

STAGE = "drawing the map"
MOST, MOST_OF_LARGE = 2_000, 600  # examples; of large images the model needs far longer
_LARGE = 128 * 128  # pixels
_SHARE_OF_ERRORS = 0.5  # of the examples on the map, at most
_COMPONENTS = 50  # of the vectors; the rest is mostly noise, and takes time
_PERPLEXITY = 30.0  # about as many neighbours as each example is placed by
_FEWEST = 3
_LEAST = 1e-7  # probability; the logarithm of a smaller one says nothing more


@dataclass(frozen=True, eq=False)
class EmbeddingMap:
    """Examples in two dimensions, the hardest (by loss) first.

    Attributes:
        points: (m, 2) from 0 to 1; distances between groups that are far apart mean nothing.
        rows: positions, ids, labels and confidence of the m examples.
        compared_by: what their distances come from, in words.
        errors: how many of the m are errors.
        all_errors, total: how many the run has, and how many examples.
    """

    points: NDArray[np.float32]
    rows: Labelled
    compared_by: str
    errors: int
    all_errors: int
    total: int

    def as_dict(self) -> dict[str, Any]:
        """Plain data: a list per column, the classes by index."""
        rows = self.rows
        return {
            "x": self.points[:, 0].round(4).tolist(),
            "y": self.points[:, 1].round(4).tolist(),
            "positions": rows.positions.tolist(),
            "given": rows.given.tolist(),
            "predicted": rows.predicted.tolist(),
            "confidence": rows.confidence.astype(float).round(4).tolist(),
            "ids": list(rows.ids),
            "says": self.sentence,
        }

    @property
    def sentence(self) -> str:
        """Which examples are on the map, and by what they are compared."""
        shown = len(self.points)
        if shown == self.total:
            what = f"All {shown:,} examples"
        elif self.errors == self.all_errors:
            what = (
                f"{shown:,} of {self.total:,} examples: all {self.errors:,} errors, the others "
                "drawn at random"
            )
        else:
            what = (
                f"{shown:,} of {self.total:,} examples, drawn at random: {self.errors:,} of "
                f"{self.all_errors:,} errors, {shown - self.errors:,} others"
            )
        return f"{what}; compared by {self.compared_by}."


def embedding_map(
    run: Run, classifier: Classifier | None, *, progress: Progress = silent
) -> EmbeddingMap:
    """The map of a run, by t-SNE (van der Maaten and Hinton 2008) from principal components.

    Args:
        run: of which the examples are.
        classifier: its embeddings are compared; without any, or without the images, the logarithms
            of the probabilities.
        progress: called as the work goes on; it may raise to stop.

    Returns:
        A map of at most 2,000 examples, 600 of large images; the same every time.

    Raises:
        RunError: the run has too few examples, or its tables cannot be read.
        ClassifierError: the model returns NaN.
    """
    table = run.folder / RESULTS / TABLE
    _ = run.tables.columns  # raises where the table is none of hardex
    rows = labels_of(table)
    errors = rows.given != rows.predicted
    rng = np.random.default_rng(run.manifest.seed)
    shape = run.manifest.image_shape
    is_large = shape is not None and shape[0] * shape[1] > _LARGE
    drawn = drawn_for_map(errors, MOST_OF_LARGE if is_large else MOST, rng)
    progress(STAGE, 0, len(drawn))
    kept, vectors, compared_by = _vectors(run, classifier, rows.positions[drawn], progress)
    kept_at = drawn[np.isin(rows.positions[drawn], kept)]
    if len(kept_at) < _FEWEST:
        raise RunError(
            f"a map needs at least {_FEWEST} examples; this run has {len(kept_at)}; rank more data."
        )
    points = placed(vectors, run.manifest.seed)
    known = read_predictions(table, kept)
    order = np.argsort(-known["loss"].to_numpy(), kind="stable")
    found = replace(rows.at(kept_at[order]), ids=tuple(known["id"].iloc[order]))
    wrong = int((found.given != found.predicted).sum())
    return EmbeddingMap(points[order], found, compared_by, wrong, int(errors.sum()), len(errors))


def drawn_for_map(
    errors: NDArray[np.bool_], most: int, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Which examples are on the map, ascending: errors first, which are at most half of it.

    Example:
        >>> errors = np.arange(100) < 3
        >>> drawn_for_map(errors, 10, np.random.default_rng(0)).tolist()[:3]
        [0, 1, 2]
    """
    if len(errors) <= most:
        return np.arange(len(errors))
    wrong, right = np.flatnonzero(errors), np.flatnonzero(~errors)
    of_wrong = max(min(len(wrong), int(most * _SHARE_OF_ERRORS)), most - len(right))
    parts = [_some(wrong, of_wrong, rng), _some(right, most - of_wrong, rng)]
    return np.sort(np.concatenate(parts))


def _some(numbers: NDArray[np.intp], count: int, rng: np.random.Generator) -> NDArray[np.intp]:
    return rng.choice(numbers, count, replace=False) if count < len(numbers) else numbers


def _vectors(
    run: Run, classifier: Classifier | None, positions: Positions, progress: Progress
) -> tuple[Positions, Embeddings, str]:
    """The positions that have a vector, ascending, the vectors, and what these are."""

    def told(stage: str, done: int, total: int) -> None:
        progress(STAGE, done, total)

    if classifier is not None and hasattr(classifier, "embeddings"):
        try:
            size, space = space_for(classifier, run.dataset)
            if space.name == EMBEDDINGS:
                vectors, kept = vectors_at(run.dataset, positions, size, space, told)
                if len(kept):
                    return kept, vectors, f"the {EMBEDDINGS}"
        except (RunError, DatasetError):  # the images have moved
            pass
    table = read_predictions(run.folder / RESULTS / TABLE, positions)
    probabilities = np.stack(table["probabilities"].to_list())
    return positions, np.log(np.maximum(probabilities, _LEAST)), "the logarithms of probabilities"


def placed(vectors: Embeddings, seed: int) -> NDArray[np.float32]:
    """(m, d) vectors -> (m, 2) points from 0 to 1, the longer side of the map filled.

    Example:
        >>> two_groups = np.repeat(np.eye(2, 5, dtype=np.float32), 20, axis=0)
        >>> points = placed(two_groups + np.linspace(0, 0.01, 200).reshape(40, 5), 0)
        >>> points.shape, float(points.min()), float(points.max())
        ((40, 2), 0.0, 1.0)
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    if not np.ptp(vectors, axis=0).any():  # all in one place
        return np.zeros((len(vectors), 2), np.float32)
    components = min(_COMPONENTS, *vectors.shape)
    parts = PCA(components, random_state=seed).fit_transform(vectors.astype(np.float32))
    first = parts[:, :2] if parts.shape[1] > 1 else np.column_stack([parts, np.zeros(len(parts))])
    spread = float(first[:, 0].std()) or 1.0  # as scikit-learn starts from components
    points = TSNE(
        2,
        init=(first / spread * 1e-4).astype(np.float32),
        perplexity=min(_PERPLEXITY, (len(vectors) - 1) / 3),
        random_state=seed,
    ).fit_transform(parts)
    points = points - points.min(axis=0)
    side = float(points.max()) or 1.0
    found: NDArray[np.float32] = (points / side).astype(np.float32)
    return found
