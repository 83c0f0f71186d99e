"""Small stand-ins for data sets and classifiers. None of them is patched into anything."""

import numpy as np

from hardex.data.dataset import ArrayDataset
from hardex.images import write_png


def brightness(images):
    """A classifier of two classes: the brighter the image, the surer of class 1."""
    bright = images.mean(axis=(1, 2, 3), dtype=np.float64) / 255
    return np.stack([1 - bright, bright], axis=1)


def checksum_of(class_count):
    """A classifier of k classes whose rows depend on every pixel and on nothing else.

    Whole numbers divided by their sum: the same bits in every batch, on every machine.
    """

    def checksum(images):
        pixels = images.reshape(len(images), -1).astype(np.int64)
        weights = np.arange(1, pixels.shape[1] + 1)[:, None] * np.arange(3, class_count + 3)
        counts = 1 + (pixels @ weights) % 97
        return counts / counts.sum(axis=1, keepdims=True)

    return checksum


def small_images(count, *, size=4, channels=1, seed=0):
    """Noise, (count, size, size, channels)."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, size, size, channels), dtype=np.uint8)


def small_dataset(count=40, *, class_count=3, seed=0, class_names=None):
    """Noise with random labels."""
    labels = np.random.default_rng(seed + 1).integers(0, class_count, count)
    names = [str(i) for i in range(class_count)] if class_names is None else class_names
    return ArrayDataset.of(small_images(count, seed=seed), labels, class_names=names)


def twins_of(count):
    """Pictures of which each comes twice, the second a level brighter."""
    images = np.repeat(small_images(count, size=12) // 2, 2, axis=0)
    images[1::2] += 1
    return ArrayDataset.of(images, np.zeros(2 * count, int), class_names=["0", "1", "2"])


def write_folders(root, files, *, size=4, channels=1):
    """Class folders with a noise picture for each path, such as `cat/1.png`; returns `root`."""
    images = small_images(len(files), size=size, channels=channels)
    for name, image in zip(files, images, strict=True):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        write_png(image, root / name)
    return root


def diagnosed(run, causes):
    """The same run with a finding for each of these ids, as `hardex diagnose` leaves it."""
    from hardex.runs.findings import FINDINGS, Finding, write_findings

    findings = [Finding(id=id, cause=cause, confidence=1.0) for id, cause in causes.items()]
    write_findings(run.folder / "results" / FINDINGS, findings, sorted(set(causes.values())))
    return run


def contents(folder):
    """Every path below a folder with its bytes (None for folders), to compare before and after."""
    return {
        path.relative_to(folder).as_posix(): None if path.is_dir() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
    }
