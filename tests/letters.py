"""Small drawn letters and a classifier that knows them: a world to plant causes in."""

import numpy as np

from hardex.classifiers.classifier import FunctionClassifier
from hardex.data.dataset import ArrayDataset
from hardex.diagnosis.cases import Sources
from hardex.diagnosis.examine import batched, usual_of
from hardex.diagnosis.plants import plants_for
from hardex.diagnosis.reference import read_reference
from hardex.diagnosis.setting import Setting

SIDE = 12
_DRAWN = {
    "F": ("#####", "#....", "####.", "#....", "#....", "#...."),
    "J": ("..###", "...#.", "...#.", "...#.", "#..#.", ".##.."),
    "L": ("#....", "#....", "#....", "#....", "#....", "#####"),
    "Z": ("#####", "...#.", "..#..", ".#...", "#....", "#####"),
}
NAMES = tuple(_DRAWN)


def _template(rows):
    picture = np.zeros((SIDE, SIDE))
    inside = np.array([[mark == "#" for mark in row] for row in rows])
    picture[3 : 3 + inside.shape[0], 3 : 3 + inside.shape[1]] = inside * 220
    return picture


TEMPLATES = np.stack([_template(rows) for rows in _DRAWN.values()])  # (k, 12, 12)


def letters(count, *, seed=0, channels=1, noise=14.0):
    """Letters with noise: (n, 12, 12, c) uint8 and their (n,) classes, in turn."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % len(NAMES)
    levels = TEMPLATES[labels] * rng.uniform(0.8, 1.1, (count, 1, 1))
    levels = np.repeat(levels[..., None], channels, axis=3)
    noisy = levels + rng.normal(0, noise, levels.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8), labels


def nearest_letter(images):
    """A classifier: the nearer the template of a class, the surer."""
    grey = images.mean(axis=3, dtype=np.float64)
    apart = ((grey[:, None] - TEMPLATES) ** 2).mean(axis=(2, 3))
    powers = np.exp((apart.min(axis=1, keepdims=True) - apart) / 400)
    return powers / powers.sum(axis=1, keepdims=True)


MODEL = FunctionClassifier(nearest_letter)


def sources_of(count, *, channels=1, seed=3):
    """Letters that the model has right."""
    images, labels = letters(count, seed=seed, channels=channels)
    return Sources(images, labels, batched(MODEL, images))


def setting_of(channels):
    """What a diagnosis of letters works with."""
    images, labels = letters(120, seed=2, channels=channels)
    reference = read_reference(
        ArrayDataset.of(images, labels, class_names=NAMES),
        labels,
        MODEL,
        class_count=len(NAMES),
        rng=np.random.default_rng(0),
    )
    right = sources_of(80, channels=channels)
    usual = usual_of(reference, right.images, right.labels)
    return Setting(MODEL, reference, usual, plants_for(reference.shape))


def same_by_another_name(images):
    """Another model that says the same."""
    return nearest_letter(images)
