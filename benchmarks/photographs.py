"""Photographs and a model of 224x224, whole processes: hardex beside Keras' own loader.

    python benchmarks/photographs.py [--images 1200] [--rounds 2] [--classes 10] [--poor]

Makes JPEGs of 500x375 in class folders, and a MobileNetV2 with random weights and a head that
makes it right; with --poor, without the head, so that the doctor looks for a cause. Then, in turn,
each in a process of its own after a warm-up on a few images: `hardex rank` as a user types it
(ranking, doctor, pictures of the hard examples and manifest), and a script with
`image_dataset_from_directory` and `predict`.

Aim: hardex at most 1.0 x Keras, with everything that it adds.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from side_by_side import process, report, say, side_by_side

import hardex

SIZE = (375, 500)

KERAS = """
import sys, keras
folder, model = sys.argv[1:]
model = keras.saving.load_model(model, compile=False)
images = keras.utils.image_dataset_from_directory(
    folder, image_size=(224, 224), batch_size=32, shuffle=False, verbose=False)
print(model.predict(images, verbose=0).shape)
"""

# The classes are colours; a head that reads the mean colour makes the model right.
MODEL = """
import sys, keras, numpy as np
file, colours, share = sys.argv[1], np.array(eval(sys.argv[2])) / 255, float(sys.argv[3])
keras.utils.set_random_seed(0)
inner = keras.applications.MobileNetV2(weights=None, classes=len(colours))
image = keras.Input((224, 224, 3))
random = inner(keras.layers.Rescaling(1 / 127.5, -1)(image))
mean = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1 / 255)(image))
head = keras.layers.Dense(len(colours))
scores = keras.layers.Rescaling(share)(head(mean))
head.set_weights([2000 * colours.T, -1000 * (colours ** 2).sum(axis=1)])
keras.Model(image, keras.layers.Softmax()(keras.layers.Add()([random, scores]))).save(file)
"""


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--images", type=int, default=1200)
    options.add_argument("--rounds", type=int, default=2)
    options.add_argument("--classes", type=int, default=10)
    options.add_argument("--poor", action="store_true")
    chosen = options.parse_args()
    colours = np.random.default_rng(1).integers(60, 196, (chosen.classes, 3))
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    python, command = sys.executable, str(Path(sys.executable).parent / "hardex")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = folder / "mobilenet.keras"
        say("making the model and the photographs")
        share = "0" if chosen.poor else "1"
        process(python, "-c", MODEL, str(model), str(colours.tolist()), share)()
        make_photographs(folder / "few", 4 * chosen.classes, colours)
        make_photographs(folder / "images", chosen.images, colours)
        contenders = {
            "Keras, directory and predict": (python, "-c", KERAS, "{images}", str(model)),
            "hardex rank": (
                *(command, "rank", str(model), "{images}"),
                *("--out", str(folder / "run"), "--force", "--preprocess", "raw"),
            ),
        }
        for words in contenders.values():
            process(*(word.format(images=folder / "few") for word in words))()
        timings = side_by_side(
            {
                name: process(*(word.format(images=folder / "images") for word in words))
                for name, words in contenders.items()
            },
            rounds=chosen.rounds,
            warm_up=False,
        )
        report(timings, baseline="Keras, directory and predict")
        run = hardex.load(folder / "run")
        found = ", ".join(finding["code"] for finding in run.manifest.doctor) or "nothing"
        print(f"accuracy {run.metrics['accuracy']['value']:.1%}; the doctor found {found}")


def make_photographs(folder: Path, count: int, colours: NDArray[np.int64]) -> None:
    """Smooth patches and a little noise around the colour of the class, about 60 kB each."""
    rng = np.random.default_rng(0)
    for place in range(count):
        label = f"class{place % len(colours):03d}"
        (folder / label).mkdir(parents=True, exist_ok=True)
        patches = colours[place % len(colours)] + rng.integers(-60, 60, (12, 16, 3))
        coarse = Image.fromarray(patches.astype(np.uint8))
        smooth = np.asarray(coarse.resize(SIZE[::-1], Image.Resampling.BICUBIC), dtype=np.int16)
        noise = rng.normal(0, 8, smooth.shape).astype(np.int16)
        pixels = np.clip(smooth + noise, 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / label / f"{place:05d}.jpg", quality=88)


if __name__ == "__main__":
    main()
