"""How often the findings about a training are right: faults planted in real Keras trainings.

    python benchmarks/curves.py [--runs 24] [--cache FOLDER] [--photographs FOLDER]
    python benchmarks/curves.py --logs FOLDER      # judge other people's logs, one line each

Each fault is planted in trainings of a small MLP and a small CNN on MNIST, on scikit-learn's digits
and, if given, on photographs. A plant counts only if it differs from its twin, the same training
without it, as far as `COUNTS` demands. Which codes are right for which plant stands in
`curve_plants.json`, which was written before the rules were tuned. The rules were tuned on the MLP
with MNIST and digits; the CNN (an architecture) and the photographs (a data set) were held out.
Logs are kept in `--cache`, so an interrupted benchmark goes on where it stopped. Beside ours: a
simple list of rules as guides give them.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hardex.classifiers.doctor.statistics import wilson_interval
from hardex.learning_curves.facts import Facts
from hardex.learning_curves.judging import curves
from hardex.learning_curves.reading import read_log
from hardex.learning_curves.rules import judge

ACCEPTABLE = json.loads(Path(__file__).with_name("curve_plants.json").read_text())
CLEAN = ("bad_initialisation", "ascending", "nan", "not_learning", "unshuffled",
         "validation_too_small")  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """One training."""

    plant: str
    data: str
    model: str
    seed: int
    variant: int = 0
    start: int = 0  # of several that are judged together

    @property
    def name(self) -> str:
        again = f".{self.start}" if self.start else ""
        return f"{self.plant}-{self.data}-{self.model}-{self.seed:02}{again}"


def main() -> None:
    """Train what is not cached, judge all, print the tables."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--runs", type=int, default=24, help="of each fault")
    options.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir(), "hardex-curve-logs")
    )
    options.add_argument("--photographs", type=Path, help="a folder with train/, of class folders")
    options.add_argument("--logs", type=Path, help="a folder with logs of other people")
    options.add_argument("--peers", type=Path, help="what `curve_peers.py` printed of the cache")
    options.add_argument("--wrong", action="store_true", help="list what was judged wrong")
    chosen = options.parse_args()
    if chosen.logs is not None:
        other_people(chosen.logs)
        return
    data = ["mnist", "digits", *(["photographs"] if chosen.photographs else [])]
    start = time.perf_counter()
    wanted = [
        Settings(plant, data[i % len(data)], ("mlp", "cnn")[(i // len(data)) % 2], i, i)
        for i in range(chosen.runs)
        for plant in PLANTS
    ]
    trainings = [
        replace(one, start=start)
        for one in wanted
        if one.plant != "appended"  # made of two healthy logs
        for start in range(_STARTS if one.plant == "dead_starts" else 1)
    ]
    chosen.cache.mkdir(parents=True, exist_ok=True)
    for done, settings in enumerate(trainings):
        path = chosen.cache / f"{settings.name}.csv"
        if not path.exists():
            trained(settings, path, chosen)
            if done % 20 == 0:
                print(
                    f"  … {done} of {len(trainings)}: {time.perf_counter() - start:.0f} s",
                    flush=True,
                )
    table(wanted, chosen)


# ------------------------------------------------------------------ data and models


def images_of(name: str, chosen: argparse.Namespace) -> tuple[Any, Any]:
    """All images, 0..1, and labels."""
    if name == "digits":
        from sklearn.datasets import load_digits

        digits = load_digits()
        return (digits.images[..., None] / 16).astype(np.float32), digits.target
    from hardex.data.sources import open_dataset

    source, shape = (
        (open_dataset("mnist:train"), (28, 28, 1))
        if name == "mnist"
        else (open_dataset(chosen.photographs / "train"), (32, 32, 3))
    )
    few = np.random.default_rng(0).permutation(len(source))[:6000]
    labels = np.asarray(source.labels)[few]
    from hardex.data.pixels import input_image

    images = np.stack([input_image(source, int(place), shape) for place in few])
    return images / np.float32(255), labels


_DATA: dict[str, tuple[Any, Any]] = {}


@dataclass
class Training:
    """What is trained; a plant changes some of it."""

    x: Any
    y: Any
    val_x: Any
    val_y: Any
    rate: float = 1e-3
    optimizer: str = "adam"
    epochs: int = 12
    batch: int = 64
    width: int = 64
    dropout: float = 0.3
    penalty: float = 0.0
    initial: Any = None
    depth: int = 1
    activation: str = "relu"
    shuffle: bool = True
    sign: float = 1.0
    schedule: Callable[[int, float], float] | None = None
    metric_labels: Any = None
    relu_last: bool = False
    patience: int = 3


def prepared(settings: Settings, chosen: argparse.Namespace) -> tuple[Training, Any]:
    """A healthy training of these settings, and its generator."""
    if settings.data not in _DATA:
        _DATA[settings.data] = images_of(settings.data, chosen)
    x, y = _DATA[settings.data]
    rng = np.random.default_rng([settings.seed, hash_of(settings.data + settings.model)])
    order = rng.permutation(len(x))
    count = min(len(x) - 500, int(rng.choice([1200, 2000, 3000])))
    train, val = order[:count], order[count : count + 500]
    return (
        Training(
            x[train], y[train], x[val], y[val],
            rate=float(rng.choice([5e-4, 1e-3, 2e-3])),
            batch=int(rng.choice([16, 32, 64])),
            width=int(rng.choice([32, 64, 128])),
            dropout=float(rng.choice([0.2, 0.4])),
            epochs=int(rng.choice([10, 14, 18])),
        ),
        rng,
    )  # fmt: skip


def hash_of(text: str) -> int:
    """The same number on every machine."""
    return int.from_bytes(text.encode()[:6], "little")


def build(training: Training, model: str) -> Any:
    """A small MLP or a small CNN."""
    import keras

    layers = keras.layers
    more: dict[str, Any] = {}
    if training.initial is not None:
        more["kernel_initializer"] = training.initial
    if training.penalty:
        more["kernel_regularizer"] = keras.regularizers.L2(training.penalty)
    built = keras.Sequential([keras.Input(training.x.shape[1:])])
    if model == "cnn":
        built.add(layers.Conv2D(8, 3, padding="same", activation=training.activation, **more))
        built.add(layers.MaxPooling2D())
    built.add(layers.Flatten())
    for _ in range(training.depth):
        built.add(layers.Dense(training.width, activation=training.activation, **more))
    built.add(layers.Dropout(training.dropout))
    if training.relu_last:
        built.add(layers.Dense(10, activation="relu"))
        built.add(layers.Activation("softmax"))
    else:
        built.add(layers.Dense(10, activation="softmax", **more))
    return built


def trained(settings: Settings, path: Path, chosen: argparse.Namespace) -> None:
    """Plant, train, and keep the log."""
    import keras

    keras.backend.clear_session()  # hundreds of models would fill the memory
    training, rng = prepared(settings, chosen)
    PLANTS[settings.plant](training, rng, settings)
    keras.utils.set_random_seed(settings.seed + 1000 * settings.start)
    model = build(training, settings.model)
    rate = training.rate
    optimizer: Any = {
        "adam": lambda: keras.optimizers.Adam(rate),
        "sgd": lambda: keras.optimizers.SGD(rate, momentum=0.9),
        "plain": lambda: keras.optimizers.SGD(rate),
    }[training.optimizer]()
    sign = training.sign
    entropy = keras.losses.SparseCategoricalCrossentropy()
    loss: Any = entropy if sign > 0 else lambda a, b: -entropy(a, b)
    model.compile(optimizer, loss, metrics=["accuracy"])
    from hardex.learning_curves.curve_doctor import CurveDoctor

    partial = path.with_suffix(".partial")
    doctor = CurveDoctor(partial, quiet=True)
    doctor.judging = False  # the log alone is judged, afterwards
    callbacks: list[Any] = [doctor]
    if training.schedule is not None:
        callbacks.insert(0, keras.callbacks.LearningRateScheduler(training.schedule))
    if training.patience:
        callbacks.append(keras.callbacks.EarlyStopping("val_loss", patience=training.patience))
    model.fit(
        batches_of(training, settings.seed),
        validation_data=(training.val_x, training.val_y),
        epochs=training.epochs,
        shuffle=False,
        verbose=0,
        callbacks=callbacks,
    )
    if sign < 0 or training.metric_labels is not None:
        mended(partial, sign, training)
    beside = partial.with_suffix(".batches.csv")
    if settings.plant == "unshuffled" or settings.plant == "healthy":
        os.replace(beside, path.with_suffix(".batches.csv"))
    else:
        beside.unlink()
    os.replace(partial, path)


def batches_of(training: Training, seed: int) -> Any:
    """Batches in a new order in each epoch, unless the plant wants the same order.

    After `set_random_seed`, Keras' own shuffling gives every epoch the same order.
    """
    import keras

    class Batches(keras.utils.PyDataset):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.rng = np.random.default_rng(seed)
            self.order = np.arange(len(training.x))
            self.on_epoch_end()

        def __len__(self) -> int:
            return -(-len(training.x) // training.batch)

        def __getitem__(self, place: int) -> Any:
            rows = self.order[place * training.batch : (place + 1) * training.batch]
            return training.x[rows], training.y[rows]

        def on_epoch_end(self) -> None:
            if training.shuffle:
                self.order = self.rng.permutation(len(training.x))

    return Batches()


def mended(path: Path, sign: float, training: Training) -> None:
    """Logs as a user would have them: the loss as it is reported, a metric of the wrong labels."""
    import pandas as pd

    table = pd.read_csv(path)
    if sign < 0:
        for name in ("loss", "val_loss"):
            table[name] = -table[name]
    if training.metric_labels is not None:
        rng = np.random.default_rng(0)
        for name in ("accuracy", "val_accuracy"):
            table[name] = training.metric_labels + rng.normal(0, 0.003, len(table)).cumsum() * 0.2
    table.to_csv(path, index=False)


# ------------------------------------------------------------------ plants

Change = Callable[[Training, np.random.Generator, Settings], None]


def healthy(training: Training, rng: np.random.Generator, settings: Settings) -> None:
    """Also slow and noisy fine-tuning, and small batches."""
    if settings.variant % 4 == 3:
        training.batch, training.rate = 8, 3e-4
        training.x, training.y = training.x[:1200], training.y[:1200]


def not_learning(training: Training, rng: np.random.Generator, settings: Settings) -> None:
    kind = settings.variant % 4
    training.patience = 0
    training.epochs = int(rng.choice([5, 10, 20]))
    if kind == 0:  # all inputs are the same
        training.x, training.val_x = training.x * 0, training.val_x * 0
    elif kind == 1:  # dead units
        training.rate, training.optimizer = 1.0, "adam"
    elif kind == 2:  # nothing is trained
        training.rate = 0.0
    else:  # random labels, and no room to learn them by heart
        training.y = rng.permutation(training.y)
        training.val_y = rng.permutation(training.val_y)
        training.width, training.dropout, training.rate = 8, 0.6, 1e-3


def underfitting(training: Training, rng: np.random.Generator, settings: Settings) -> None:
    training.patience, training.epochs = 0, 24
    kind = settings.variant % 3
    training.rate = 5e-3
    if kind == 0:
        training.width, training.depth, training.dropout = 2, 1, 0.0
    elif kind == 1:
        training.dropout, training.width, training.depth = 0.85, 12, 1
    else:
        training.penalty, training.dropout = 0.3, 0.0


def overfitting(training: Training, rng: np.random.Generator, settings: Settings) -> None:
    few = int(rng.choice([60, 120, 250]))
    training.x, training.y = training.x[:few], training.y[:few]
    if settings.variant % 2:  # noisy labels make it worse
        wrong = rng.random(few) < 0.25
        training.y = np.where(wrong, rng.integers(10, size=few), training.y)
    training.dropout, training.width, training.patience = 0.0, 256, 0
    training.epochs, training.batch, training.rate = 60, 16, 3e-3


def not_converged(training: Training, rng: np.random.Generator, settings: Settings) -> None:
    training.patience = 0
    training.optimizer, training.rate = "plain", float(rng.choice([0.005, 0.01]))
    training.epochs, training.dropout = int(rng.choice([5, 7, 9])), 0.0
    training.batch = 64


def diverging(training: Training, rng: np.random.Generator, settings: Settings) -> None:
    training.patience, training.epochs, training.optimizer = 0, 16, "sgd"
    begins, grows = int(rng.integers(4, 9)), float(rng.uniform(1.8, 3.0))
    training.rate = 0.03
    training.schedule = lambda epoch, rate: rate * grows if epoch >= begins else rate


def oscillating(training: Training, rng: np.random.Generator, settings: Settings) -> None:
    training.patience, training.epochs = 0, 20
    training.optimizer = "adam"
    low, high = float(rng.choice([1e-3, 2e-3])), float(rng.choice([0.03, 0.05]))
    training.dropout = 0.0
    if settings.variant % 2:
        training.schedule = lambda epoch, rate: high if epoch % 2 else low
    else:
        training.rate, training.batch = float(rng.choice([0.02, 0.03])), 16


def lr_too_low(training: Training, rng: np.random.Generator, settings: Settings) -> None:
    training.patience, training.epochs = 0, int(rng.choice([10, 20]))
    training.rate = float(rng.choice([3e-6, 1e-5, 2e-5]))


def bad_initialisation(training: Training, rng: np.random.Generator, settings: Settings) -> None:
    import keras

    training.patience = 0
    if settings.variant % 2:
        training.initial = keras.initializers.RandomNormal(stddev=float(rng.choice([1.0, 2.0])))
        training.rate = 1e-3
    else:  # so small that learning waits
        small = {"mlp": 0.1, "cnn": 0.15}[settings.model]  # a CNN has one layer more
        training.initial = keras.initializers.VarianceScaling(small)
        training.depth, training.activation, training.epochs = 4, "tanh", 22
        training.rate, training.optimizer, training.dropout = 0.02, "sgd", 0.0
        training.batch = 32


def ascending(training: Training, rng: np.random.Generator, settings: Settings) -> None:
    training.sign, training.patience = -1.0, 0
    training.rate, training.optimizer = float(rng.choice([1e-4, 1e-3])), "plain"
    training.epochs = 8


def nan(training: Training, rng: np.random.Generator, settings: Settings) -> None:
    training.patience, training.epochs = 0, 8
    if settings.variant % 2:
        training.x = training.x.copy()
        training.x[rng.integers(len(training.x))] = np.nan
    else:
        later = int(rng.integers(2, 5))
        training.schedule = lambda epoch, rate: 1e38 if epoch >= later else rate
        training.optimizer, training.activation = "plain", "tanh"  # ReLU would die instead
        training.rate = 0.05


def unshuffled(training: Training, rng: np.random.Generator, settings: Settings) -> None:
    training.shuffle, training.patience, training.epochs = False, 0, 8
    training.batch = 32
    if settings.variant % 2:  # sorted by class
        order = np.argsort(training.y, kind="stable")
        training.x, training.y = training.x[order], training.y[order]


def validation_too_small(training: Training, rng: np.random.Generator, settings: Settings) -> None:
    few = int(rng.choice([12, 20, 32, 48]))
    training.val_x, training.val_y = training.val_x[:few], training.val_y[:few]
    training.patience = 0


def validation_mismatch(training: Training, rng: np.random.Generator, settings: Settings) -> None:
    training.patience, training.epochs = 0, 12
    kind = settings.variant % 3
    if kind == 0:
        training.val_y = (training.val_y + 1) % 10
    elif kind == 1:
        training.val_x = training.val_x / 255
    else:
        training.val_x = rng.permutation(
            training.val_x.reshape(len(training.val_x), -1), axis=1
        ).reshape(training.val_x.shape)


def metric_loss_disagree(training: Training, rng: np.random.Generator, settings: Settings) -> None:
    training.metric_labels = 0.1  # the accuracy of labels that were mixed up
    training.patience = 0


def penalty_dominates(training: Training, rng: np.random.Generator, settings: Settings) -> None:
    training.penalty = float(rng.choice([0.01, 0.03]))
    training.width, training.depth, training.patience = 512, 2, 0
    training.rate, training.epochs, training.dropout = 1e-4, 12, 0.0
    import keras

    training.initial = keras.initializers.VarianceScaling(2.0)


def dead_starts(training: Training, rng: np.random.Generator, settings: Settings) -> None:
    """ReLU before the softmax, in one of the four trainings that are judged together."""
    training.relu_last, training.patience, training.epochs = True, 0, 8
    training.batch, training.dropout = 64, 0.0
    training.rate = float(rng.choice([3e-3, 1e-2]))


PLANTS: dict[str, Change] = {
    "healthy": healthy,
    "not_learning": not_learning,
    "underfitting": underfitting,
    "overfitting": overfitting,
    "not_converged": not_converged,
    "diverging": diverging,
    "oscillating": oscillating,
    "lr_too_low": lr_too_low,
    "bad_initialisation": bad_initialisation,
    "ascending": ascending,
    "nan": nan,
    "unshuffled": unshuffled,
    "validation_too_small": validation_too_small,
    "validation_mismatch": validation_mismatch,
    "metric_loss_disagree": metric_loss_disagree,
    "penalty_dominates": penalty_dominates,
    "dead_starts": dead_starts,
    "appended": healthy,
}
_STARTS = 4  # trainings with other seeds, which are judged together


# ------------------------------------------------------------------ what counts


def counts(plant: str, run: Any, twin: Any) -> bool:
    """Whether a plant shows, compared with the same training without it."""

    def curve(one: Any, name: str) -> Any:
        return one.curve(name)[1]

    loss, val = curve(run, "loss"), curve(run, "val_loss")
    accuracy, val_accuracy = curve(run, "accuracy"), curve(run, "val_accuracy")
    best = curve(twin, "val_accuracy").max() if len(curve(twin, "val_accuracy")) else 1.0
    if plant == "nan":
        return run.failed is not None
    if run.failed is not None:
        return plant in ("diverging", "ascending")
    if plant == "healthy":  # what never learns much is no example of health
        return bool(val_accuracy.max() >= 0.35)
    if min(len(loss), len(val), len(val_accuracy)) < 3:
        return plant == "ascending"
    if plant == "not_learning":
        return bool(val_accuracy.max() < 0.25 < best)
    if plant == "underfitting":
        return bool(accuracy[-1] < best - 0.1 and accuracy[-1] < val_accuracy[-1] + 0.06)
    if plant == "overfitting":
        return bool(val[-1] > 1.1 * val.min() and val_accuracy[-1] < best)
    if plant in ("not_converged", "lr_too_low"):
        return bool(loss[-1] > 1.3 * curve(twin, "loss").min() and loss[-1] < 0.995 * loss[0])
    if plant == "diverging":
        return bool(loss[-1] > 1.5 * loss.min())
    if plant == "oscillating":
        late = np.diff(loss[4:])
        return bool((late > 0.1 * np.median(loss[4:])).mean() >= 0.25)
    if plant == "bad_initialisation":
        if val_accuracy.max() < 0.3:
            return False
        waits = bool((loss[:4] > 0.97 * loss[0]).all())  # and learns later
        return bool(loss[0] > 2 * curve(twin, "loss")[0]) or waits
    if plant == "ascending":
        return bool(loss[-1] > loss[0])
    if plant == "validation_mismatch":
        return bool(val_accuracy.max() < best - 0.2)
    if plant == "penalty_dominates":
        return bool(loss[-1] > 3 * max(0.1, curve(twin, "loss")[-1]) and accuracy[-1] > 0.7)
    if plant == "metric_loss_disagree":
        return bool(loss[-1] < 0.7 * loss[0])
    return True


# ------------------------------------------------------------------ tables


@dataclass(frozen=True)
class Row:
    """One judged training."""

    settings: Settings
    codes: tuple[str, ...]
    simple: tuple[str, ...]

    @property
    def part(self) -> str:
        if self.settings.data == "photographs":
            return "unseen data"
        return "unseen model" if self.settings.model == "cnn" else "tuned on"


def table(wanted: list[Settings], chosen: argparse.Namespace) -> None:
    """Recall of each fault, by part, and false alarms."""
    rows, left_out = [], 0
    for settings in wanted:
        if settings.plant in _TOGETHER:
            judged = _TOGETHER[settings.plant](settings, wanted, chosen.cache)
            if judged is None:
                left_out += 1
            else:
                rows.append(judged)
            continue
        run = read_log(chosen.cache / f"{settings.name}.csv")[0]
        twin = read_log(chosen.cache / f"{replace(settings, plant='healthy').name}.csv")[0]
        known = {} if settings.plant == "validation_too_small" else {"classes": 10}
        if not counts(settings.plant, run, twin):
            left_out += 1
            continue
        found = judge(Facts.of(replace(run, **known)))
        rows.append(Row(settings, tuple(one.code for one in found), simple_list(run)))
    parts = ("tuned on", "unseen model", "unseen data")
    print(f"\n{len(rows)} trainings; {left_out} plants did not differ from their twins")
    print(
        f"{'plant':22} {'runs':>5} {'found':>7} {'simple':>7}   "
        + "  ".join(f"{p:>14}" for p in parts)
    )
    for plant in PLANTS:
        some = [row for row in rows if row.settings.plant == plant]
        cells = []
        for part in parts:
            inside = [row for row in some if row.part == part]
            cells.append(f"{share(inside):>10} {len(inside):>3}")
        simple = [row for row in some if set(row.simple) & set(ACCEPTABLE[plant])]
        print(
            f"{plant:22} {len(some):5} {share(some):>7} {len(simple) / max(1, len(some)):7.2f}   "
            + "  ".join(cells)
        )
    faults = [row for row in rows if row.settings.plant != "healthy"]
    print(f"\n{'overall':22} {share(faults)} {wilson(*hits(faults))} (aim .90)")
    clean = [row for row in faults if row.settings.plant in CLEAN]
    print(f"{'six clean symptoms':22} {share(clean)} {wilson(*hits(clean))} (aim .98)")
    for part in parts:
        some = [row for row in faults if row.part == part]
        print(f"{part:22} {share(some)} {wilson(*hits(some))} (aim .85)")
    sane = [row for row in rows if row.settings.plant == "healthy"]
    alarms = [row for row in sane if not set(row.codes) <= {*ACCEPTABLE["healthy"], "appended"}]
    simple = [row for row in sane if not set(row.simple) <= set(ACCEPTABLE["healthy"])]
    print(
        f"false alarms on healthy runs: {len(alarms)} of {len(sane)} (aim .05); "
        f"the simple list {len(simple)}"
    )
    if chosen.peers is not None:
        beside_peers(rows, json.loads(chosen.peers.read_text()))
    if chosen.wrong:
        for row in rows:
            if not right(row):
                print(f"  {row.settings.name}: {row.codes}")


def beside_peers(rows: list[Row], peers: dict[str, Any]) -> None:
    """The same trainings judged by other tools; each fault that one log shows."""
    rows = [
        row for row in rows if row.settings.name in peers and row.settings.plant not in _TOGETHER
    ]
    tools = sorted({tool for one in peers.values() for tool in one})
    print(f"\n{'plant':22} {'runs':>5} {'hardex':>9} " + " ".join(f"{t:>12}" for t in tools))
    for plant in [*PLANTS, "all faults"]:
        some = [
            row
            for row in rows
            if row.settings.plant == plant
            or (plant == "all faults" and row.settings.plant != "healthy")
        ]
        if not some:
            continue
        if plant == "healthy":
            ours = sum(not right(row) for row in some)
            theirs = [
                sum(peers[row.settings.name][tool]["accused"] for row in some) for tool in tools
            ]
            name = "healthy, accused"
        else:
            ours = sum(right(row) for row in some)
            theirs = [
                sum(
                    bool(
                        set(peers[row.settings.name][tool]["codes"])
                        & set(ACCEPTABLE[row.settings.plant])
                    )
                    for row in some
                )
                for tool in tools
            ]
            name = plant
        print(f"{name:22} {len(some):5} {ours:9} " + " ".join(f"{count:12}" for count in theirs))


def judged_starts(settings: Settings, wanted: list[Settings], cache: Path) -> Row | None:
    """Four trainings with ReLU before the softmax, if some of them learn and some don't."""
    names = [replace(settings, start=start).name for start in range(_STARTS)]
    report = curves(*(cache / f"{name}.csv" for name in names), classes=10)
    best = [one.run.curve("val_accuracy")[1].max() for one in report.runs]
    if not min(best) < 0.25 < max(best):
        return None
    codes = {code for one in report.runs for code in one.codes}
    return Row(settings, tuple(sorted(codes)), simple_list(report.runs[int(np.argmin(best))].run))


def judged_appended(settings: Settings, wanted: list[Settings], cache: Path) -> Row | None:
    """Two healthy trainings on the same data in one file."""
    others = [
        one
        for one in wanted
        if one.plant == "healthy" and one.data == settings.data and one.seed != settings.seed
    ]
    if not others:
        return None
    other = others[settings.seed % len(others)]
    first = (cache / f"{replace(settings, plant='healthy').name}.csv").read_text()
    second = (cache / f"{other.name}.csv").read_text()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "training.csv")
        log.write_text(first + second.split("\n", 1)[1])
        runs = curves(log).runs
    rows = (len(first.splitlines()) - 1, len(second.splitlines()) - 1)
    split = tuple(len(one.run) for one in runs) == rows
    codes = ("appended",) if split and "appended" in runs[1].codes else ("not split",)
    return Row(settings, codes, simple_list(runs[0].run))


_TOGETHER = {"dead_starts": judged_starts, "appended": judged_appended}


def wilson(count: int, of: int) -> str:
    """The 95 % interval of a share."""
    low, high = wilson_interval(count, max(1, of))
    return f"[{low:.2f}, {high:.2f}]"


def right(row: Row) -> bool:
    codes = set(row.codes)
    if row.settings.plant == "healthy":
        return codes <= {*ACCEPTABLE["healthy"], "appended"}
    return bool(codes & set(ACCEPTABLE[row.settings.plant]))


def hits(rows: list[Row]) -> tuple[int, int]:
    return sum(right(row) for row in rows), len(rows)


def share(rows: list[Row]) -> str:
    hit, of = hits(rows)
    return f"{hit / of:.2f}" if of else "-"


def simple_list(run: Any) -> tuple[str, ...]:
    """What guides say, as plain rules."""
    loss, val, accuracy = (run.curve(name)[1] for name in ("loss", "val_loss", "accuracy"))
    found = []
    if run.failed is not None:
        found.append("nan")
    if len(val) > 2 and len(loss) > 2:
        if val[-1] > val.min() and loss[-1] < loss[0]:
            found.append("overfitting")
        if loss[-1] > loss[0]:
            found.append("diverging")
        if abs(loss[-1] - loss[0]) < 0.02 * loss[0]:
            found.append("not_learning")
        if loss[-1] < 0.95 * loss[-3]:
            found.append("not_converged")
        if len(accuracy) and accuracy[-1] < 0.7:
            found.append("underfitting")
        if (np.diff(loss) > 0).mean() > 0.4:
            found.append("oscillating")
    return tuple(found) or ("healthy",)


def other_people(folder: Path) -> None:
    """One line for each log."""
    for path in sorted(folder.iterdir()):
        if path.suffix not in (".csv", ".json", ".log", ".jsonl") or path.name == "judged.csv":
            continue
        try:
            for one in curves(str(path)).runs:
                said = "; ".join(f"{f.code} ({f.confidence}): {f.why}" for f in one.findings)
                print(f"{one.run.name}, {len(one.run)} rows: {said}")
        except Exception as error:
            print(f"{path.name}: {error}")


if __name__ == "__main__":
    main()
