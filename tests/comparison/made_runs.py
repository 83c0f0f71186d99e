"""Small runs whose answers are given, so that each list of a comparison can be worked by hand."""

import numpy as np
from fakes import small_images

import hardex

NAMES = ("cat", "dog", "owl")


def rows_of(answers, *, sure=0.8, class_count=3):
    """A row of probabilities for each answer, by number."""
    rows = np.full((len(answers), class_count), (1 - sure) / (class_count - 1))
    rows[np.arange(len(answers)), answers] = sure
    return rows


def write_data(path, labels, *, images=None, names=NAMES):
    """Pictures and labels by name in an .npz file."""
    images = small_images(len(labels)) if images is None else images
    np.savez(path, images=images, labels=np.array([names[label] for label in labels]))
    return path


def run_of(folder, name, answers, labels, *, images=None, names=NAMES, order=NAMES, rows=None):
    """A run of these answers (classes by number in `names`) on pictures in a file.

    Args:
        order: the order of the classes in the run.
        rows: probabilities in the order of `names`, instead of `answers`.
    """
    data = folder / f"{name}-data.npz"
    write_data(data, labels, images=images, names=names)
    rows = rows_of(answers, class_count=len(names)) if rows is None else np.asarray(rows)
    columns = [names.index(one) for one in order]
    return hardex.rank(
        probabilities=rows[:, columns],
        labels=np.array([order.index(names[label]) for label in labels]),
        data=data,
        class_names=list(order),
        per_class=1,
        out=folder / name,
    )
