"""MNIST's training part -> the two demo models, each with its training log and its card.

    python models/train.py                      both, into the folder of this script
    python models/train.py --only mnist_small --out /tmp/again

Seed and epoch are chosen on a validation part that is cut from the training part. The test part
is read once for each model, at the very end, for the card.
"""

import csv
import hashlib
import io
import json
import platform
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import keras
import numpy as np
import rich.progress
import tensorflow as tf
import typer
from numpy.typing import NDArray

from hardex.arrays import Images, Labels
from hardex.data.mnist import MNIST_FILES, load_mnist

Row = dict[str, float]
Weights = list[NDArray[np.float32]]

LOG_COLUMNS = ("epoch", "loss", "accuracy", "val_loss", "val_accuracy")
VALIDATION_SIZE = 10_000
SPLIT_SEED = 0
BATCH_SIZE = 128
THREADS = 2  # sums of floats depend on how they are cut among threads
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip file can tell


@dataclass(frozen=True)
class Recipe:
    """All that makes one model but the data."""

    name: str
    what: str
    build: Callable[[], keras.Model]
    epochs: int
    seeds: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Split:
    """Pixels in 0..1 and labels, to learn from and to choose by."""

    images: NDArray[np.float32]
    labels: Labels
    val_images: NDArray[np.float32]
    val_labels: Labels


@dataclass(frozen=True, eq=False)
class Trial:
    """One training run: its log, and the weights after its best epoch."""

    seed: int
    log: list[Row]
    best: Row
    weights: Weights


def build_small() -> keras.Model:
    """The first model of many an article: one convolution, one pooling, one dense layer."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1), name="digit"),
            keras.layers.Conv2D(32, 3, activation="relu", name="convolution"),
            keras.layers.MaxPooling2D(name="pooling"),
            keras.layers.Flatten(name="embedding"),
            keras.layers.Dense(10, activation="softmax", name="probabilities"),
        ],
        name="mnist_small",
    )


def build_cnn() -> keras.Model:
    """A plain small network: twice convolution and pooling, then two dense layers."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 1), name="digit"),
            keras.layers.Conv2D(32, 3, activation="relu", name="convolution_1"),
            keras.layers.MaxPooling2D(name="pooling_1"),
            keras.layers.Conv2D(64, 3, activation="relu", name="convolution_2"),
            keras.layers.MaxPooling2D(name="pooling_2"),
            keras.layers.Flatten(name="flatten"),
            keras.layers.Dropout(0.3, name="dropout"),
            keras.layers.Dense(128, activation="relu", name="embedding"),
            keras.layers.Dense(10, activation="softmax", name="probabilities"),
        ],
        name="mnist_cnn",
    )


RECIPES = (
    Recipe(
        name="mnist_small",
        what="one convolution, one max pooling and one dense layer; the first model of many an "
        "article, trained on upright digits only",
        build=build_small,
        epochs=6,
        seeds=(0, 1),
    ),
    Recipe(
        name="mnist_cnn",
        what="two convolutions, two max poolings and two dense layers; a plain good model, trained "
        "on upright digits only",
        build=build_cnn,
        epochs=10,
        seeds=(0, 1),
    ),
)


def unit(images: Images) -> NDArray[np.float32]:
    """Pixels 0..255 as numbers 0..1, the preprocessing that both models expect.

    Example:
        >>> unit(np.array([[[[0], [255]]]], np.uint8)).ravel()
        array([0., 1.], dtype=float32)
    """
    return images.astype(np.float32) / np.float32(255)


def split(images: Images, labels: Labels) -> Split:
    """The last `VALIDATION_SIZE` examples of a fixed shuffle are kept apart to choose by."""
    order = np.random.default_rng(SPLIT_SEED).permutation(len(labels))
    train, validation = order[:-VALIDATION_SIZE], order[-VALIDATION_SIZE:]
    return Split(unit(images[train]), labels[train], unit(images[validation]), labels[validation])


def merit(row: Row) -> tuple[float, float]:
    """What one epoch is chosen by: the higher accuracy, and among equals the lower loss.

    Example:
        >>> merit({"val_accuracy": 0.9, "val_loss": 0.3}) > merit(
        ...     {"val_accuracy": 0.9, "val_loss": 0.4}
        ... )
        True
    """
    return row["val_accuracy"], -row["val_loss"]


def train(recipe: Recipe, seed: int, data: Split, *, advance: Callable[[], None]) -> Trial:
    """Train one model from one seed, and keep the weights of its best epoch.

    Args:
        advance: called after each batch.
    """
    keras.utils.set_random_seed(seed)
    model = recipe.build()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    log: list[Row] = []
    weights: Weights = []

    def note(epoch: int, logs: Row) -> None:
        log.append({"epoch": epoch} | {name: round(logs[name], 6) for name in LOG_COLUMNS[1:]})
        if max(log, key=merit) is log[-1]:
            weights[:] = model.get_weights()

    model.fit(
        data.images,
        data.labels,
        batch_size=BATCH_SIZE,
        epochs=recipe.epochs,
        validation_data=(data.val_images, data.val_labels),
        callbacks=[
            keras.callbacks.LambdaCallback(
                on_epoch_end=note, on_train_batch_end=lambda batch, logs: advance()
            )
        ],
        verbose=0,
    )
    return Trial(seed, log, max(log, key=merit), weights)


def log_text(log: list[Row]) -> str:
    """The training log as CSV, in the form of Keras' CSVLogger: epochs count from 0.

    Example:
        >>> row = {"epoch": 0, "loss": 0.5, "accuracy": 0.8, "val_loss": 0.4, "val_accuracy": 0.9}
        >>> log_text([row]).splitlines()
        ['epoch,loss,accuracy,val_loss,val_accuracy', '0,0.5,0.8,0.4,0.9']
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, LOG_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(log)
    return text.getvalue()


def save_model(model: keras.Model, path: Path) -> None:
    """Save a model so that equal weights give equal files.

    Keras writes the time of saving into the zip's entries and into `metadata.json`, and addresses
    in memory into `config.json`, where they only say which objects are the same one.
    """
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in sorted(archive.namelist())}
    metadata = json.loads(entries["metadata.json"])
    del metadata["date_saved"]
    entries["metadata.json"] = json.dumps(metadata).encode()
    entries["config.json"] = count_shared_objects(entries["config.json"].decode()).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name, ZIP_EPOCH), content, zipfile.ZIP_DEFLATED)


def count_shared_objects(config: str) -> str:
    """A model's config with its shared objects numbered 1, 2, … in the order they come.

    Example:
        >>> count_shared_objects('{"shared_object_id": 140225212539152}')
        '{"shared_object_id": 1}'
    """
    numbers: dict[str, int] = {}
    return re.sub(
        r'(?<="shared_object_id": )\d+',
        lambda found: str(numbers.setdefault(found[0], len(numbers) + 1)),
        config,
    )


def count_test_errors(model: keras.Model) -> tuple[int, int]:
    """How many test digits the model gets wrong, and of how many."""
    images, labels = load_mnist("test")
    probabilities = model.predict(unit(images), batch_size=250, verbose=0)
    return int((probabilities.argmax(axis=1) != labels).sum()), len(labels)


def card(
    recipe: Recipe, data: Split, trials: list[Trial], chosen: Trial, path: Path
) -> dict[str, Any]:
    """What a reader should know of the model at `path`: origin, choice, figures, checksum."""
    model = keras.models.load_model(path)
    errors, test_size = count_test_errors(model)
    return {
        "schema": "hardex.model_card/1",
        "name": recipe.name,
        "what": recipe.what,
        "license": "Apache-2.0",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "preprocessing": "unit",
        "parameters": model.count_params(),
        "embedding_size": model.layers[-1].input.shape[-1],
        "test_accuracy": (test_size - errors) / test_size,
        "test_errors": errors,
        "seed": chosen.seed,
        "epoch": chosen.best["epoch"],
        "val_accuracy": chosen.best["val_accuracy"],
        "seeds_tried": [
            {"seed": trial.seed} | {name: trial.best[name] for name in ("epoch", "val_accuracy")}
            for trial in trials
        ],
        "training": {
            "optimizer": "adam",
            "learning_rate": 0.001,
            "loss": "sparse_categorical_crossentropy",
            "batch_size": BATCH_SIZE,
            "epochs": recipe.epochs,
            "augmentation": "none",
        },
        "split": {
            "train": len(data.labels),
            "validation": len(data.val_labels),
            "test": test_size,
            "seed": SPLIT_SEED,
        },
        "data": {"name": "mnist", "license": "CC-BY-SA-3.0", "sha256": data_checksums()},
        "versions": {
            "python": platform.python_version(),
            "keras": keras.__version__,
            "tensorflow": tf.__version__,
            "numpy": np.__version__,
        },
    }


def data_checksums() -> dict[str, str]:
    """The checksum of each file of MNIST, as it stands in `SHA256SUMS`.

    Example:
        >>> data_checksums()["t10k-labels-idx1-ubyte.gz"][:8]
        'b91679a0'
    """
    lines = (MNIST_FILES / "SHA256SUMS").read_text().splitlines()
    return {name: digest for digest, name in (line.split() for line in lines)}


def make(recipe: Recipe, data: Split, folder: Path, *, advance: Callable[[], None]) -> None:
    """Train from every seed, choose one on the validation part, and write the three files."""
    trials = [train(recipe, seed, data, advance=advance) for seed in recipe.seeds]
    chosen = max(trials, key=lambda trial: merit(trial.best))
    # Not compiled: Keras would save Adam's moments too, twice the size of the weights.
    model = recipe.build()
    model.set_weights(chosen.weights)
    path = folder / f"{recipe.name}.keras"
    save_model(model, path)
    path.with_suffix(".csv").write_text(log_text(chosen.log))
    text = json.dumps(card(recipe, data, trials, chosen, path), indent=2)
    path.with_suffix(".card.json").write_text(text + "\n")


def make_repeatable() -> None:
    """CPU only, a fixed number of threads, and only operations that repeat themselves."""
    tf.config.set_visible_devices([], "GPU")
    tf.config.threading.set_intra_op_parallelism_threads(THREADS)
    tf.config.threading.set_inter_op_parallelism_threads(THREADS)
    tf.config.experimental.enable_op_determinism()


@contextmanager
def progress(recipe: Recipe, data: Split) -> Iterator[Callable[[], None]]:
    """A bar on screen while one model is made; what it yields moves it on by one batch."""
    steps = -(-len(data.labels) // BATCH_SIZE) * recipe.epochs * len(recipe.seeds)
    with rich.progress.Progress(
        *rich.progress.Progress.get_default_columns(), rich.progress.TimeElapsedColumn()
    ) as bar:
        task = bar.add_task(recipe.name, total=steps)
        yield lambda: bar.advance(task)


def asked_for(only: str | None) -> list[Recipe]:
    """The recipes to make: all, or the one of this name.

    Example:
        >>> [recipe.name for recipe in asked_for(None)]
        ['mnist_small', 'mnist_cnn']
    """
    names = [recipe.name for recipe in RECIPES]
    if only is not None and only not in names:
        raise typer.BadParameter(f"must be {' or '.join(names)}; received {only}.")
    return [recipe for recipe in RECIPES if only in (None, recipe.name)]


def main(
    only: Annotated[str | None, typer.Option(help="Make the model of this name alone.")] = None,
    out: Annotated[Path, typer.Option(help="The folder to write to.")] = Path(__file__).parent,
) -> None:
    """Remake the demo models, their training logs and their cards."""
    recipes = asked_for(only)
    make_repeatable()
    out.mkdir(parents=True, exist_ok=True)
    data = split(*load_mnist("train"))
    for recipe in recipes:
        with progress(recipe, data) as advance:
            make(recipe, data, out, advance=advance)


if __name__ == "__main__":
    typer.run(main)
