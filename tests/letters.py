"""Small drawn letters and a classifier that knows them: a world to plant causes in."""

import numpy as np

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
