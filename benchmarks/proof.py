"""How honest a verdict is: retrainings that change nothing, true repairs, and harmful changes.

    python benchmarks/proof.py [--placebos 100] [--repairs 20] [--harms 20] [--cache FOLDER]

A tenth of the test digits of MNIST is rotated by up to 45 degrees. Small networks are trained on
10,000 upright training digits, each with a seed of its own:

- placebo: two trainings that differ in the seed alone, before and after;
- repair: rotation added to the training; a repair counts if its effect, the mean over all repairs,
  is at least twice the printed detectable size;
- harm: a tenth of the data, 30 % wrong labels, one class nearly missing, or half of the training
  images inverted.

Each pair goes through `hardex.rank --seal 0.5` and `hardex.prove`, three times on the same seal, so
that the third, stricter use is judged, too. Then arms of three are compared: is it the remedy?

What a network says of the test digits is kept in `--cache`, and so is every verdict: an interrupted
benchmark goes on where it stopped.
"""

import argparse
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.neural_network import MLPClassifier

import hardex
from hardex.data.mnist import load_mnist
from hardex.images import Transform, transform
from hardex.proof.arms import remedy_answer
from hardex.proof.evidence import evidence, level_of_use
from hardex.proof.plain import as_json
from hardex.runs.seal import read_seal

Floats = NDArray[np.float32]
HARMS = ("a tenth", "wrong labels", "a class missing", "half inverted")
EPOCHS, TRAINED_ON, ROTATED = 8, 10_000, 0.1
USES = 3


@dataclass(frozen=True)
class Saved:
    """A classifier that knows what a network said of each test digit."""

    source: str
    rows: dict[bytes, Floats]
    class_count: int = 10
    input_shape: tuple[int, int, int] = (28, 28, 1)
    preprocess: str = "raw"

    def probabilities(self, images: NDArray[np.uint8]) -> Floats:
        """The saved rows; padding gets a row, too."""
        padding = np.full(10, 0.1, np.float32)
        return np.array([self.rows.get(image.tobytes(), padding) for image in images])

    def fingerprint(self) -> str:
        return f"saved answers of {self.source}"

    def numerics(self) -> dict[str, str | int]:
        return {}


@dataclass(frozen=True)
class World:
    """The digits, and where what is computed is kept."""

    train: tuple[NDArray[np.uint8], NDArray[np.int64]]
    test: tuple[NDArray[np.uint8], NDArray[np.int64]]
    turned: NDArray[np.uint8]
    cache: Path

    def answers(self, kind: str, seed: int) -> Floats:
        """(10000, 10) what a network of this kind and seed says of the test digits."""
        file = self.cache / f"{kind.replace(' ', '-')}-{seed:03}.npy"
        if not file.exists():
            partial = file.with_suffix(".part")
            with partial.open("wb") as opened:
                np.save(opened, trained(self, kind, seed).astype(np.float32))
            partial.replace(file)
        found: Floats = np.load(file)
        return found

    def model(self, kind: str, seed: int) -> Saved:
        images, answers = self.test[0], self.answers(kind, seed)
        rows = {image.tobytes(): row for image, row in zip(images, answers, strict=True)}
        return Saved(f"{kind} {seed}", rows)


def main() -> None:
    """Train what is not cached, prove what is not proved, print the table."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--placebos", type=int, default=100)
    options.add_argument("--repairs", type=int, default=20)
    options.add_argument("--harms", type=int, default=20)
    options.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir(), "hardex-proof-benchmark")
    )
    chosen = options.parse_args()
    chosen.cache.mkdir(parents=True, exist_ok=True)
    start, world = time.perf_counter(), made(chosen.cache)
    pairs = [("placebo", 2 * i, "placebo", 2 * i + 1) for i in range(chosen.placebos)]
    repairs = [("placebo", 2 * i, "rotation", i) for i in range(chosen.repairs)]
    harms = [("placebo", 2 * i, HARMS[i % len(HARMS)], i) for i in range(chosen.harms)]
    print(f"{'':34} better   same  worse   rate of better, or of what it should be, 95 % interval")
    for title, these, wanted in (
        ("placebo", pairs, ("better",)),
        ("repair", repairs, ("better",)),
        ("harm", harms, ("worse", "no_measurable_difference")),
    ):
        proofs = [proved(world, *pair) for pair in these]
        for use in (0, USES - 1):
            report(f"{title}, use {use + 1} of the seal", [one[use] for one in proofs], wanted)
        if title == "placebo":
            report_seeds(world, these)
        if title == "repair":
            report_repairs(proofs)
        if title == "harm":
            report_harms(these, proofs)
    report_arms(world, chosen)
    print(f"{time.perf_counter() - start:.0f} s on {os.cpu_count()} cores")


def made(cache: Path) -> World:
    """The digits; the same ones are rotated each time."""
    rng = np.random.default_rng(0)
    images, labels = load_mnist("train")
    rows = rng.permutation(len(images))[:TRAINED_ON]
    train = images[rows], labels[rows].astype(np.int64)
    test, truth = load_mnist("test")
    test = test.copy()
    for row in np.flatnonzero(rng.random(len(test)) < ROTATED):
        test[row] = transform(test[row], Transform(rotation=float(rng.uniform(-45, 45))))
    angles = rng.uniform(-45, 45, len(rows))
    turned = [
        transform(image, Transform(rotation=float(angle)))
        for image, angle in zip(train[0], angles, strict=True)
    ]
    if not (cache / "data.npz").exists():
        np.savez(cache / "data.npz", images=test, labels=truth)
    return World(train, (test, truth.astype(np.int64)), np.stack(turned), cache)


def trained(world: World, kind: str, seed: int) -> Floats:
    """Train a small network and ask it about the test digits."""
    rng = np.random.default_rng([seed, *kind.encode()])
    images, labels = training_data(world, kind, rng)
    network = MLPClassifier((64,), batch_size=128, random_state=int(rng.integers(2**31)))
    pixels = images.reshape(len(images), -1) / np.float32(255)
    for _ in range(EPOCHS):
        order = rng.permutation(len(pixels))
        network.partial_fit(pixels[order], labels[order], classes=np.arange(10))
    test = world.test[0]
    found: Floats = network.predict_proba(test.reshape(len(test), -1) / np.float32(255))
    return found


def training_data(
    world: World, kind: str, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    images, labels = world.train
    if kind == "rotation":
        return np.concatenate([images, world.turned]), np.concatenate([labels, labels])
    if kind == "a tenth":
        rows = rng.permutation(len(images))[: len(images) // 10]
        return images[rows], labels[rows]
    if kind == "wrong labels":
        wrong = rng.random(len(labels)) < 0.3
        return images, np.where(wrong, rng.integers(0, 10, len(labels)), labels)
    if kind == "a class missing":
        kept = (labels != rng.integers(10)) | (rng.random(len(labels)) < 0.02)
        return images[kept], labels[kept]
    if kind == "half inverted":
        inverted = rng.random(len(images)) < 0.5
        return np.where(inverted[:, None, None, None], 255 - images, images), labels
    return images, labels


def proved(world: World, before: str, seed: int, after: str, other: int) -> list[dict[str, Any]]:
    """The verdicts of three uses of one seal."""
    name = f"{before}-{seed:03}-{after}-{other:03}".replace(" ", "-")
    file = world.cache / f"{name}.json"
    if not file.exists():
        with tempfile.TemporaryDirectory() as folder:
            first, second = world.model(before, seed), world.model(after, other)
            data = world.cache / "data.npz"
            run = hardex.rank(first, data, seal=0.5, out=Path(folder, "run"), per_class=1)
            found = [as_json(hardex.prove(run, second, model=first)) for _ in range(USES)]
        partial = file.with_suffix(".part")
        partial.write_text(json.dumps([_short(one) for one in found]))
        partial.replace(file)
    kept: list[dict[str, Any]] = json.loads(file.read_text())
    return kept


def _short(found: dict[str, Any]) -> dict[str, Any]:
    names = ("verdict", "difference", "low", "high", "repaired", "broken", "p_mcnemar", "level",
             "detectable", "uses", "examples")  # fmt: skip
    return {name: found[name] for name in names}


def report(title: str, proofs: Sequence[dict[str, Any]], wanted: Sequence[str]) -> None:
    counts = Counter(one["verdict"] for one in proofs)
    good = sum(counts[verdict] for verdict in wanted)
    told = "  ".join(
        f"{counts[verdict]:5}" for verdict in ("better", "no_measurable_difference", "worse")
    )
    print(f"{title:34} {told}   {interval(good, len(proofs))}")


def report_seeds(world: World, pairs: Sequence[tuple[str, int, str, int]]) -> None:
    """Whether two seeds that are called different are so on the other half, too.

    A retraining is another model, and may really be better or worse: then the verdict is right
    about the model, and only the comparison of both arms is about the remedy.
    """
    labels, sealed = world.test[1], sealed_of(world)
    same_way, found = 0, 0
    verdicts: Counter[str] = Counter()
    for before, seed, after, other in pairs:
        first, second = (
            world.answers(kind, one).argmax(axis=1) == labels
            for kind, one in ((before, seed), (after, other))
        )
        rng = np.random.default_rng(0)
        verdict = evidence(first[sealed], second[sealed], level_of_use(1), rng).verdict
        verdicts[evidence(first, second, 0.05, rng).verdict] += 1
        if verdict != "no_measurable_difference":
            rest = float(second[~sealed].mean() - first[~sealed].mean())
            same_way += (rest > 0) == (verdict == "better")
            found += 1
    print(f"  called different: {found}; in the same direction on the other half: {same_way}")
    print(
        f"  all {len(labels):,} examples as confirming data, level 0.05: "
        f"{interval(verdicts['better'], len(pairs))} better"
    )


def report_repairs(proofs: Sequence[Sequence[dict[str, Any]]]) -> None:
    """Those whose effect is twice what could be seen, by the mean effect of all."""
    for use in (0, USES - 1):
        these = [one[use] for one in proofs]
        effect = float(np.mean([one["difference"] for one in these]))
        large = [one for one in these if effect >= 2 * one["detectable"]]
        better = sum(one["verdict"] == "better" for one in large)
        sizes = [100 * one["detectable"] for one in these]
        print(
            f"  use {use + 1}: effect {100 * effect:+.2f} points; detectable {min(sizes):.2f} to "
            f"{max(sizes):.2f}; at least twice that in {len(large)}: {interval(better, len(large))}"
        )


def report_harms(
    pairs: Sequence[tuple[str, int, str, int]], proofs: Sequence[Sequence[dict[str, Any]]]
) -> None:
    for harm in HARMS:
        these = [one[0] for pair, one in zip(pairs, proofs, strict=True) if pair[2] == harm]
        if these:
            counts = Counter(one["verdict"] for one in these)
            effect = 100 * float(np.mean([one["difference"] for one in these]))
            print(f"  {harm}: {effect:+.2f} points; {dict(counts)}")


def report_arms(world: World, chosen: argparse.Namespace) -> None:
    """Three models of one arm against three of the other, on the sealed half."""
    labels, sealed = world.test[1], sealed_of(world)

    def rights(kind: str, seeds: Sequence[int]) -> NDArray[np.bool_]:
        answers = [world.answers(kind, seed).argmax(axis=1) == labels for seed in seeds]
        return np.array(answers)[:, sealed]

    def answers(kind: str, groups: int, first: int) -> Counter[str]:
        return Counter(
            remedy_answer(
                rights(kind, range(3 * i, 3 * i + 3)),
                rights("placebo", range(first + 3 * i, first + 3 * i + 3)),
                0.025,
            ).answer
            for i in range(groups)
        )

    same = chosen.placebos // 3
    real = min(chosen.repairs // 3, 2 * chosen.placebos // 3)
    print("\nIs it the remedy? Three models against three:")
    nothing, remedy = answers("placebo", same, 3 * same), answers("rotation", real, 0)
    print(f"  no remedy, helps: {interval(nothing['helps'], same)} {dict(nothing)}")
    print(f"  rotation,  helps: {interval(remedy['helps'], real)} {dict(remedy)}")


def sealed_of(world: World) -> NDArray[np.bool_]:
    """(10000,) which test digits every seal of a half hides."""
    with tempfile.TemporaryDirectory() as folder:
        first, data = world.model("placebo", 0), world.cache / "data.npz"
        run = hardex.rank(first, data, seal=0.5, out=Path(folder, "run"), per_class=1)
        seal = read_seal(run.folder)
    return np.array([seal is not None and seal.holds(image) for image in world.test[0]])


def interval(part: int, whole: int) -> str:
    """A share with the exact 95 % interval of Clopper and Pearson."""
    from scipy.stats import binomtest

    if not whole:
        return "none"
    found = binomtest(part, whole).proportion_ci(0.95, method="exact")
    return f"{part} of {whole}, {found.low:.1%} to {found.high:.1%}"


if __name__ == "__main__":
    main()
