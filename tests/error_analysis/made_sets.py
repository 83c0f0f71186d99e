"""Sets on which a model of one line has a known error: it reads its answer from the first pixel."""

import numpy as np

import hardex

NAMES = ("cat", "dog")


def read_off(images):
    """(n, h, w, 1) -> probabilities and embeddings: the first pixel is the answer."""
    answers = images[:, 0, 0, 0] // 100
    rows = np.where(answers[:, None] == np.arange(2), 0.9, 0.1)
    return rows, images[:, 1:].reshape(len(images), -1) / 255.0


def images_of(answers, rng, *, light=0):
    """Pictures of noise on which the model gives these answers."""
    images = rng.integers(light, 100 + light, (len(answers), 4, 4, 1), np.uint8)
    images[:, 0, 0, 0] = 100 * np.asarray(answers)
    return images


def set_with(wrong, examples, rng, *, light=0):
    """(images, labels) of which the model has this many wrong."""
    labels = np.arange(examples) % 2
    answers = np.where(np.arange(examples) < wrong, 1 - labels, labels)
    return images_of(answers, rng, light=light), labels


def write_set(path, wrong, examples, rng, *, light=0):
    """The same in an .npz file, with the labels as names."""
    images, labels = set_with(wrong, examples, rng, light=light)
    np.savez(path, images=images, labels=np.array(NAMES)[labels])
    return path


def run_of(folder, wrong, examples, rng, *, light=0):
    """A run of the model on such a set."""
    data = write_set(folder / "test.npz", wrong, examples, rng, light=light)
    return hardex.rank(read_off, data, out=folder / "run", per_class=1)
