"""Wrong labels and a class with few images: found, mended, and the mending proved.

    python examples/photographs_story.py --out story       # about ten minutes on two cores

Pictures of four shapes on busy backgrounds lie in class folders. One class has few training images,
and some training images lie in the wrong folder. The story lets the model's most certain errors on
its own training data be judged, trains again with the mended labels and balanced classes, and
proves the difference on pictures that nobody has looked at.

The verdicts were not given by people: the script knows which pictures it put into a wrong folder,
and two made-up annotators say so, in the form in which annotators' answers are exported.
"""

import argparse
import csv
import os
import time
import warnings
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

import hardex
from hardex.images import write_png
from hardex.proof.wording import headline, sentences
from hardex.remedies.recipe import Balance, Clean, Recipe
from hardex.training.settings import Training

CLASSES = ("circle", "cross", "square", "triangle")
TRAIN, TEST = {"circle": 500, "cross": 60, "square": 500, "triangle": 500}, 500  # of each class
WRONG = 0.08  # of the training images, in another folder
SIZE, EPOCHS = 32, 16
BEGAN = time.perf_counter()


def main() -> None:
    """Tell the story from its beginning to its end."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--out", type=Path, default=Path("story"), help="a new folder")
    options.add_argument("--seeds", type=int, default=3, help="models with and without the remedy")
    chosen = options.parse_args()
    chosen.out.mkdir(parents=True)
    truth = write_pictures(chosen.out)
    train, test = chosen.out / "train", chosen.out / "test"

    tell("1. A first model")
    model = first_model(train, chosen.out / "model.keras")

    tell("2. Its hard pictures; half of all is sealed for the proof")
    run = hardex.rank(model, test, out=chosen.out / "run", seal=0.5, per_class=6, preprocess="unit")
    print(f"Accuracy {run.metrics['accuracy']['value']:.2%}.")
    run = hardex.diagnose(run, train=train)
    for cause, count in run.findings["cause"].value_counts().items():
        print(f"{count:5} {cause}")

    tell("3. The errors on its own training data, judged by two annotators")
    own = hardex.rank(
        model, train, out=chosen.out / "own", per_class=60, diversity="class", preprocess="unit"
    )
    mislabelled = verdicts(own, truth, chosen.out / "verdicts.csv")
    hardex.import_annotations(own, chosen.out / "verdicts.csv")
    everywhere = sum(Path(one).parent.name != name for one, name in truth.items())
    print(f"{mislabelled} of the {everywhere} wrong labels are among the hard examples.")

    tell("4. The recipe: mend what both annotators call wrong, balance the classes")
    recipe = Recipe(
        clean=Clean(action="relabel", by="consensus", run=str(own.folder)),
        balance=Balance(sampling="oversample"),
        training=Training(epochs=10, batch_size=32),
    )
    fixed = hardex.fix(
        run, train=train, recipe=recipe, seeds=chosen.seeds, out=chosen.out / "fixed", yes=True
    )
    for one in fixed.notes:
        print(one)

    tell("5. Did it help? The proof on the sealed pictures")
    print(headline(fixed.proof))
    for sentence in sentences(fixed.proof):
        print(f"  {sentence}")

    tell("6. For comparison: a remedy that no finding asked for, inverted colours")
    inverted = hardex.fix(
        run,
        train=train,
        recipe=Recipe(),
        augment=["inversion"],
        epochs=10,
        out=chosen.out / "inverted",
    )
    print(headline(inverted.proof))
    print(f"\nLook at it: hardex serve {run.folder}")


def tell(what: str) -> None:
    """The title of a step, with the time."""
    print(f"\n{what}  [{time.perf_counter() - BEGAN:.0f} s]", flush=True)


def write_pictures(folder: Path) -> dict[str, str]:
    """Class folders of both parts; the true class of each training image by its id."""
    rng = np.random.default_rng(11)
    truth = {}
    for part, counts in (("train", TRAIN), ("test", dict.fromkeys(CLASSES, TEST))):
        for name in CLASSES:
            (folder / part / name).mkdir(parents=True)
        for name, count in counts.items():
            for number in range(count):
                place = name
                if part == "train" and rng.random() < WRONG:
                    place = str(rng.choice([one for one in CLASSES if one != name]))
                id = f"{place}/{name[:2]}{number:04}.png"
                write_png(picture(name, rng), folder / part / id)
                if part == "train":
                    truth[id] = name
    return truth


def picture(name: str, rng: np.random.Generator) -> np.ndarray:
    """(32, 32, 3) a shape in one colour on a background of soft spots."""
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32)
    image = np.full((SIZE, SIZE, 3), rng.uniform(60, 190, 3), np.float32)
    for _ in range(6):
        (a, b), width = rng.uniform(0, SIZE, 2), rng.uniform(3, 9)
        spot = np.exp(-((x - a) ** 2 + (y - b) ** 2) / (2 * width**2))
        image += spot[..., None] * rng.uniform(-45, 45, 3)
    (a, b), radius = rng.uniform(12, 20, 2), rng.uniform(6, 10)
    angle = rng.uniform(-0.4, 0.4)
    u = ((x - a) * np.cos(angle) + (y - b) * np.sin(angle)) / radius
    v = ((y - b) * np.cos(angle) - (x - a) * np.sin(angle)) / radius
    inside = {
        "circle": u**2 + v**2 < 1,
        "cross": (np.maximum(abs(u), abs(v)) < 1) & (np.minimum(abs(u), abs(v)) < 0.33),
        "square": np.maximum(abs(u), abs(v)) < 0.85,
        "triangle": (v < 0.8) & (v > 1.8 * abs(u) - 1.0),
    }[name]
    colour = image.mean((0, 1)) + rng.uniform(30, 90, 3)
    image = np.where(inside[..., None], colour, image) + rng.normal(0, 8, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8)


def first_model(train: Path, to: Path) -> Path:
    """A small CNN, trained on what lies in the folders."""
    keras.utils.set_random_seed(3)
    warnings.filterwarnings("ignore", message="`shuffle=True` was passed")
    parts = keras.utils.image_dataset_from_directory(
        train, image_size=(SIZE, SIZE), batch_size=32, validation_split=0.1, subset="both", seed=3,
        verbose=False,
    )  # fmt: skip
    layers = keras.layers
    model = keras.Sequential([keras.Input((SIZE, SIZE, 3))])
    for width in (16, 32, 64):
        model.add(layers.Conv2D(width, 3, padding="same"))
        model.add(layers.BatchNormalization())
        model.add(layers.ReLU())
        model.add(layers.MaxPooling2D())
    model.add(layers.Flatten())
    model.add(layers.Dense(64, activation="relu"))
    model.add(layers.Dense(len(CLASSES), activation="softmax"))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    fit, validation = (part.map(lambda images, labels: (images / 255, labels)) for part in parts)
    doctor = hardex.CurveDoctor(to.with_suffix(".csv"), quiet=True)
    model.fit(fit, validation_data=validation, epochs=EPOCHS, verbose=0, callbacks=[doctor])
    model.save(to)
    accuracy = doctor.history["val_accuracy"][-1]
    print(f"Validation accuracy {accuracy:.2%}, measured on labels of which some are wrong.")
    return to


def verdicts(run: hardex.Run, truth: dict[str, str], to: Path) -> int:
    """Write what two annotators would say who know the shapes; count the wrong labels."""
    wrong = 0
    with to.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["event_id", "time", "annotator", "id", "verdict", "new_label"])
        for number, example in enumerate(run.hard["id"].unique()):
            name = truth[example]
            given = example.partition("/")[0]
            wrong += name != given
            verdict = ["right", ""] if name == given else ["wrong", name]
            when = f"2026-01-01T00:{number // 60 % 60:02}:{number % 60:02}Z"
            for annotator in ("story 1", "story 2"):
                event = uuid5(NAMESPACE_URL, f"hardex:{annotator}:{example}")
                writer.writerow([event, when, annotator, example, *verdict])
    return wrong


if __name__ == "__main__":
    main()
