"""A folder of JPEG class folders through a Keras model: images per second, end to end.

    python benchmarks/jpeg_folder.py FOLDER MODEL.keras [--rounds 5]

Side by side in one process: decoding alone, the compiled forward pass alone (images in memory),
hardex's stream of predictions, and Keras' own way (`image_dataset_from_directory`, then
`model.predict`). Aim: 0.9 x the slower of decoding alone and the forward pass alone.
"""

import argparse
import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from side_by_side import side_by_side

from hardex.classifiers.keras_model import KerasClassifier
from hardex.data.sources import open_dataset
from hardex.predict.predictions import batch_size_for, predict


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("model", type=Path)
    options.add_argument("--rounds", type=int, default=5)
    chosen = options.parse_args()
    classifier = KerasClassifier.open(chosen.model)
    dataset = open_dataset(chosen.folder)
    shape = classifier.input_shape
    size = batch_size_for(shape)
    batches = [batch.images for batch in dataset.batches(size, shape)]
    padded = [batch for batch in batches if len(batch) == size] or batches
    timings = side_by_side(
        {
            "decode alone": lambda: [None for _ in dataset.batches(size, shape)],
            "forward pass alone": lambda: [classifier.probabilities(batch) for batch in padded],
            "hardex, end to end": lambda: [None for _ in predict(classifier, dataset)],
            "Keras, directory and predict": lambda: keras_way(chosen.folder, classifier.model),
        },
        rounds=chosen.rounds,
    )
    counts = [len(dataset), sum(map(len, padded)), len(dataset), len(dataset)]
    speeds = [count / timing.median for count, timing in zip(counts, timings, strict=True)]
    print(f"{len(dataset):,} images to {shape}, model {chosen.model.name}, batches of {size}")
    for timing, speed in zip(timings, speeds, strict=True):
        spread = f"[{min(timing.seconds):.2f} to {max(timing.seconds):.2f} s]"
        print(f"{timing.name:30s} {speed:9,.0f} images/s   {spread}")
    slower = min(speeds[:2])
    print(f"hardex is {speeds[2] / slower:.2f} x the slower of the two alone (aim 0.90),")
    print(f"and {speeds[2] / speeds[3]:.2f} x Keras' own way")


def keras_way(folder: Path, model: keras.Model) -> np.ndarray:
    """What the Keras guides do."""
    height, width = model.input_shape[1:3]
    images = keras.utils.image_dataset_from_directory(
        folder, image_size=(height, width), batch_size=128, shuffle=False, verbose=False
    )
    return model.predict(images, verbose=0)


if __name__ == "__main__":
    main()
