"""Train a small Keras model on colour photographs in class folders, for use with hardex.

    python examples/train_photographs.py PHOTOS/train --out photographs.keras

hardex itself reads the images, so the model is trained on exactly the pixels that the ranking and
the app use (JPEG decoders differ from each other by a few levels).
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

from hardex.data.sources import open_dataset


def read(folder: Path, side: int) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Read class folders: all images at one size, their labels, and the class names."""
    dataset = open_dataset(folder)
    batches = list(dataset.batches(256, (side, side, 3)))
    images = np.concatenate([batch.images for batch in batches])
    labels = np.concatenate([batch.labels for batch in batches])
    return images, labels, dataset.class_names


def small_model(side: int, class_count: int) -> keras.Model:
    """Three convolutions. The model scales its pixels itself, so it takes raw pixels."""
    return keras.Sequential(
        [
            keras.Input((side, side, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(32, 3, activation="relu", padding="same"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(64, 3, activation="relu", padding="same"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(64, 3, activation="relu", padding="same"),
            keras.layers.GlobalAveragePooling2D(name="embedding"),
            keras.layers.Dense(class_count, activation="softmax"),
        ]
    )


def main() -> None:
    """Train on a folder and save the model."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path, help="a folder with one folder of images per class")
    options.add_argument("--out", type=Path, default=Path("photographs.keras"))
    options.add_argument("--side", type=int, default=32, help="image width and height, in pixels")
    options.add_argument("--epochs", type=int, default=20)
    options.add_argument("--seed", type=int, default=0)
    chosen = options.parse_args()

    keras.utils.set_random_seed(chosen.seed)
    images, labels, names = read(chosen.folder, chosen.side)
    order = np.random.default_rng(chosen.seed).permutation(len(images))
    images, labels = images[order], labels[order]
    model = small_model(chosen.side, len(names))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(
        images.astype("float32"), labels, epochs=chosen.epochs, validation_split=0.1, verbose=2
    )
    model.save(chosen.out)
    print(f"Saved {chosen.out}: {len(names)} classes ({', '.join(names)}).")


if __name__ == "__main__":
    main()
