"""Small trainings: bright and dark pictures, and models that learn them in a moment."""

import keras
import numpy as np

from hardex.data.dataset import ArrayDataset
from hardex.training.job import Job, write_job
from hardex.training.pixels import keep_pixels
from hardex.training.settings import Training
from hardex.training.split import split

NAMES = ("dark", "bright")


def shades(count=80, *, seed=0, share=0.5):
    """Pictures of 4 x 4, of which a share is bright."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(count) < share * count).astype(int)
    images = rng.integers(0, 110, (count, 4, 4, 1)) + 140 * labels[:, None, None, None]
    return ArrayDataset.of(images.astype(np.uint8), labels, class_names=NAMES)


def write_model(path, *, output=2, activation="softmax", layers=()):
    """A `.keras` model of one dense layer behind these layers, not trained."""
    keras.utils.set_random_seed(5)
    model = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            *layers,
            keras.layers.Flatten(),
            keras.layers.Dense(output, activation=activation),
        ]
    )
    model.save(path)
    return path


def job_in(folder, *, name="job", dataset=None, model=None, **changes):
    """A job in a new folder below `folder`; its settings may be changed."""
    if not (folder / "pixels").exists():
        data = shades() if dataset is None else dataset
        keep_pixels(folder / "pixels", [(data, np.arange(len(data.class_names)))], (4, 4, 1))
    from hardex.training.pixels import open_pixels

    kept = open_pixels(folder / "pixels")
    fit, validation = split(kept.labels, 0.25, np.random.default_rng(0))
    training = Training(epochs=2, batch_size=16, learning_rate=0.05)
    path = write_model(folder / "start.keras") if model is None else model
    values = {
        "name": name, "model": str(path), "class_names": NAMES, "pixels": str(folder / "pixels"),
        "training": training,
    }  # fmt: skip
    write_job(folder / name, Job(**(values | changes)), kept.labels, fit, validation)
    return folder / name
