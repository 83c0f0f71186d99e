"""Train a Keras model with one sigmoid output on grey two-class images in an .npz file.

    python examples/train_two_classes.py --make scans.npz      # create images to try
    python examples/train_two_classes.py scans.npz --out scans.keras

The file contains `train_images`, `train_labels`, `test_images`, `test_labels` and `class_names`, a
common layout of medical image collections. The created images show noise that resembles tissue;
half of them contain a bright round spot, sometimes hardly brighter than the rest.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

CLASS_NAMES = ("clear", "spot")


def made_scans(count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Create (count, 48, 48) grey images, and labels that say whether each contains a spot."""
    labels = rng.integers(0, 2, count)
    y, x = np.mgrid[:48, :48]
    images = np.empty((count, 48, 48), np.uint8)
    for i, label in enumerate(labels):
        tissue = 90 + 18 * rng.standard_normal((48, 48))
        centre, width = rng.uniform(12, 36, 2), rng.uniform(2.5, 5)
        brightness = rng.uniform(15, 110) * label
        spot = np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / (2 * width**2))
        images[i] = np.clip(tissue + brightness * spot, 0, 255)
    return images, labels


def save_scans(path: Path, seed: int) -> None:
    """Write a file of created images."""
    rng = np.random.default_rng(seed)
    train_images, train_labels = made_scans(2000, rng)
    test_images, test_labels = made_scans(600, rng)
    np.savez_compressed(
        path,
        train_images=train_images,
        train_labels=train_labels,
        test_images=test_images,
        test_labels=test_labels,
        class_names=np.array(CLASS_NAMES),
    )


def small_model(height: int, width: int) -> keras.Model:
    """Two convolutions and one sigmoid output: the probability of the second class."""
    return keras.Sequential(
        [
            keras.Input((height, width, 1)),
            keras.layers.Conv2D(16, 5, activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(32, 5, activation="relu"),
            keras.layers.GlobalMaxPooling2D(name="embedding"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )


def main() -> None:
    """Create a file of images, or train on one."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("file", type=Path, nargs="?", help="an .npz file")
    options.add_argument("--make", type=Path, metavar="FILE", help="create a file of images to try")
    options.add_argument("--out", type=Path, default=Path("scans.keras"))
    options.add_argument("--epochs", type=int, default=10)
    options.add_argument("--seed", type=int, default=0)
    chosen = options.parse_args()
    if chosen.make is not None:
        save_scans(chosen.make, chosen.seed)
    if chosen.file is None:
        return
    keras.utils.set_random_seed(chosen.seed)
    with np.load(chosen.file, allow_pickle=False) as arrays:
        images, labels = arrays["train_images"], arrays["train_labels"]
    model = small_model(*images.shape[1:3])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    pixels = images[..., None].astype("float32") / 255
    model.fit(pixels, labels, epochs=chosen.epochs, validation_split=0.1, verbose=2)
    model.save(chosen.out)
    print(f"Saved {chosen.out}.")


if __name__ == "__main__":
    main()
