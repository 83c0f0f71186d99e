"""Images -> embeddings: of the model if it has any, else of the pixels."""

from typing import Any

import numpy as np

from hardex.arrays import Embeddings, Images
from hardex.classifiers.classifier import Classifier
from hardex.errors import ClassifierError


def embeddings(
    classifier: Classifier | None, images: Images, *, size: int = 64, batch_size: int = 256
) -> Embeddings:
    """The embeddings of a classifier, or the main directions of the pixels if it has none.

    Args:
        classifier: called with batches of one shape, the last one padded; None for pixels.
        images: (n, h, w, c) uint8, in the shape of its input.
        size: how many main directions of the pixels to keep, at most.
        batch_size: images per forward pass.

    Returns:
        (n, d) float32.

    Raises:
        ClassifierError: the classifier gave NaN or infinity.

    Example:
        >>> images = np.arange(48, dtype=np.uint8).reshape(3, 4, 4, 1)
        >>> embeddings(None, images).shape
        (3, 3)
    """
    embed = getattr(classifier, "embeddings", None)
    if embed is not None and len(images):
        try:
            found = _in_batches(embed, images, batch_size)
        except ClassifierError:  # a model without accessible layers
            pass
        else:
            check_finite(found)
            return found
    return pixel_embeddings(images, size=size)


def pixel_embeddings(images: Images, *, size: int = 64, seed: int = 0) -> Embeddings:
    """The main directions (PCA) of the pixels, (n, min(n, h w c, size)) float32.

    Large images are averaged over blocks first, so nothing larger than 32 x 32 is compared.

    Args:
        images: (n, h, w, c) uint8.
        size: how many directions to keep, at most.
        seed: of the random projection that finds them.

    Source: Halko, Martinsson, Tropp 2011, by scikit-learn; each direction's sign is fixed.

    Example:
        >>> spread = pixel_embeddings(np.array([0, 3, 6], np.uint8).reshape(3, 1, 1, 1))
        >>> [round(float(abs(place)), 3) for place in spread.ravel()]
        [0.012, 0.0, 0.012]
    """
    from sklearn.decomposition import PCA

    if len(images) < 2:
        return np.zeros((len(images), 1), np.float32)
    flat = _shrunk(images).reshape(len(images), -1) / np.float32(255)
    kept = min(*flat.shape, size)
    solver = "randomized" if min(flat.shape) > 2 * kept else "full"
    found: Any = PCA(kept, svd_solver=solver, random_state=seed).fit_transform(flat)
    rows: Embeddings = found.astype(np.float32, copy=False)
    return rows


def check_finite(vectors: Embeddings) -> None:
    """Raise a `ClassifierError` if some of the (n, d) embeddings are not finite."""
    if not np.isfinite(vectors).all():
        raise ClassifierError(
            "the embeddings of a model must be finite numbers; received NaN or infinity; check "
            "its weights and its preprocessing."
        )


def _in_batches(embed: Any, images: Images, size: int) -> Embeddings:
    parts = []
    for start in range(0, len(images), size):
        part = images[start : start + size]
        missing = size - len(part)
        padded = np.pad(part, ((0, missing), (0, 0), (0, 0), (0, 0)))
        parts.append(np.asarray(embed(padded))[: len(part)])
    return np.concatenate(parts)


def _shrunk(images: Images) -> Any:
    """Means over square blocks, until neither side is longer than 32."""
    _, height, width, channels = images.shape
    block = -(-max(height, width) // 32)
    if block == 1:
        return images.astype(np.float32)
    rows, columns = max(1, height // block), max(1, width // block)
    cut = images[:, : rows * block, : columns * block]
    shape = (len(images), rows, min(block, height), columns, min(block, width), channels)
    return cut.reshape(shape).mean(axis=(2, 4), dtype=np.float32)
