"""From a first model to a proof: where it fails, why, what to do, and whether that helped.

    python examples/mnist_story.py --out story        # about eight minutes on two cores

A small model learns digits that stand upright. The digits it meets afterwards come from a scanner
that lets every eighth one lie askew, and some of their labels are wrong. The story finds the hard
digits, says why they are hard, has their labels judged, trains with the suggested remedy and
without it, and proves the difference on digits that nobody has looked at.

The verdicts were not given by people: the script knows which labels it changed and writes them in
the form in which annotators' answers are exported.
"""

import argparse
import csv
import os
import time
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np

import hardex
from hardex.data.sources import open_dataset
from hardex.images import rotations
from hardex.proof.wording import headline, sentences
from hardex.remedies.recipe import Balance, Recipe

TRAIN, ASKEW, MISLABELLED = 20_000, 0.125, 0.01
EPOCHS = 4
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
    train, world, truth = digits(chosen.out)

    tell("1. A first model")
    model = first_model(train, chosen.out / "model.keras")

    tell("2. Its hard digits; half of all digits is sealed for the proof")
    run = hardex.rank(
        model, world, out=chosen.out / "run", seal=0.5, per_class=8, preprocess="unit"
    )
    accuracy = run.metrics["accuracy"]
    print(f"Accuracy {accuracy['value']:.2%}, {len(run.hard)} hard digits.")

    tell("3. Why are they hard?")
    run = hardex.diagnose(run, train=train)
    for cause, count in run.findings["cause"].value_counts().items():
        print(f"{count:5} {cause}")

    tell("4. What people say of their labels")
    wrong = verdicts(run, truth, chosen.out / "verdicts.csv")
    hardex.import_annotations(run, chosen.out / "verdicts.csv")
    print(f"{wrong} of {run.hard['id'].nunique()} hard digits have a wrong label.")
    named = run.findings[run.findings["cause"] == "mislabelled"]
    right = sum(truth[int(one)] is not None for one in named["id"])
    print(f"The diagnosis names {len(named)} mislabelled, {right} of them rightly.")

    tell("5. The suggested recipe")
    recipe = hardex.suggest(run).recipe
    for part, why in recipe.reasons.items():
        print(f"{part}: {why}")

    tell(f"6. Training, {chosen.seeds} times with the remedy and as often without it")
    fixed = hardex.fix(
        run,
        train=train,
        recipe=recipe,
        epochs=EPOCHS,
        seeds=chosen.seeds,
        out=chosen.out / "fixed",
    )
    for one in fixed.notes:
        print(one)

    tell("7. Did it help? The proof on the sealed digits")
    print(headline(fixed.proof))
    for sentence in sentences(fixed.proof):
        print(f"  {sentence}")

    tell("8. What did not help: shifting the outputs by the shares of the classes")
    balance = Recipe(balance=Balance(logit_adjustment=1.0))
    shifted = hardex.fix(run, train=train, recipe=balance, out=chosen.out / "shifted")
    print(headline(shifted.proof))
    print(f"\nLook at it: hardex serve {run.folder}")


def tell(what: str) -> None:
    """The title of a step, with the time."""
    print(f"\n{what}  [{time.perf_counter() - BEGAN:.0f} s]", flush=True)


def digits(folder: Path) -> tuple[Path, Path, list[int | None]]:
    """Training digits as they are; others of which some lie askew or have a wrong label.

    Returns:
        Both files, and for each of the others its true class if the label is wrong.
    """
    rng = np.random.default_rng(7)
    images, labels = pixels("mnist:train")
    chosen = rng.permutation(len(images))[:TRAIN]
    train = folder / "train.npz"
    np.savez_compressed(train, images=images[chosen], labels=labels[chosen])
    images, labels = pixels("mnist:test")
    for place in np.flatnonzero(rng.random(len(images)) < ASKEW):
        images[place] = rotations(images[place], [rng.choice([-1, 1]) * rng.uniform(20, 45)])[0]
    given = labels.copy()
    wrong = np.flatnonzero(rng.random(len(images)) < MISLABELLED)
    given[wrong] = (labels[wrong] + rng.integers(1, 10, len(wrong))) % 10
    world = folder / "world.npz"
    np.savez_compressed(world, images=images, labels=given)
    return train, world, [int(a) if a != b else None for a, b in zip(labels, given, strict=True)]


def pixels(source: str) -> tuple[np.ndarray, np.ndarray]:
    """All images and labels of a data set."""
    batches = list(open_dataset(source).batches(1000, (28, 28, 1)))
    return (
        np.concatenate([batch.images for batch in batches]),
        np.concatenate([batch.labels for batch in batches]),
    )


def first_model(train: Path, to: Path) -> Path:
    """A small CNN that has seen upright digits alone."""
    keras.utils.set_random_seed(1)
    with np.load(train) as data:
        images, labels = data["images"].astype(np.float32) / 255, data["labels"]
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    doctor = hardex.CurveDoctor(to.with_suffix(".csv"), quiet=True)
    model.fit(
        images.reshape(-1, 28, 28, 1), labels, epochs=4, batch_size=64, validation_split=0.1,
        verbose=0, callbacks=[doctor],
    )  # fmt: skip
    model.save(to)
    print(f"Validation accuracy {doctor.history['val_accuracy'][-1]:.2%} on upright digits.")
    return to


def verdicts(run: hardex.Run, truth: list[int | None], to: Path) -> int:
    """Write what a person who knows the digits would say; count the wrong labels."""
    wrong = 0
    with to.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["event_id", "time", "annotator", "id", "verdict", "new_label"])
        for number, example in enumerate(run.hard["id"].unique()):
            true = truth[int(example)]
            wrong += true is not None
            verdict = ["right", ""] if true is None else ["wrong", str(true)]
            when = f"2026-01-01T00:{number // 60:02}:{number % 60:02}Z"
            event = uuid5(NAMESPACE_URL, f"hardex:story:{example}")
            writer.writerow([event, when, "story", example, *verdict])
    return wrong


if __name__ == "__main__":
    main()
