"""What a person finds who looks at the head of a ranking: wrong labels, and kinds of failure.

    python benchmarks/ranking_quality.py [--plants FILE] [--seed N] [--draws 60]
    python examples/train_photographs.py PHOTOS/train --out photographs.keras
    python benchmarks/ranking_quality.py --model photographs.keras --data PHOTOS/test

Two experiments on held-out data, each drawn anew 60 times; means with 95 % intervals:

* 2 % of the labels are wrong, at random or within the pairs the model confuses: how many of them
  stand among the first 20, 50, 100;
* 14 hidden kinds of failure of sizes 160 to 3 (pictures spoilt in one way each and misclassified
  for it) lie among the natural errors: the share of kinds that the first 20, 50, 100 show, and how
  many confusion pairs the first 50 show.

Beside random, the article's list (each class in turn, least confidence) and cleanlab's orders. The
latter follow its published formulas (2.9), written anew here: it is AGPL and not installed.
Aims: never behind cleanlab's best order; kinds shown at 50 at least 0.80.
"""

import argparse
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from plants import NOISES, SIZES, Plant, read_plants, spoilt
from ranking_in_memory import both_lists

from hardex.arrays import Images, Labels, Probabilities
from hardex.classifiers.classifier import Classifier
from hardex.classifiers.embeddings import embeddings
from hardex.classifiers.opening import open_classifier
from hardex.data.sources import open_dataset
from hardex.images.statistics import statistics
from hardex.predict.predictions import batch_size_for, shape_for
from hardex.ranking.diverse import farthest_first, variety
from hardex.ranking.lists import mistaken
from hardex.ranking.order import Rule
from hardex.ranking.scores import UNSURE_SCORES, WRONG_SCORES, loss

HEADS = (20, 50, 100)
SHARE = 0.02  # of the labels that are given wrongly
TRIED = 700  # pictures that are spoilt in each way; those that stay right are no failures
POOL = 2000

Order = NDArray[np.intp]
Rows = tuple[NDArray[np.generic], ...]  # probabilities, labels, embeddings, statistics


def main() -> None:
    """Plant, rank, count and print."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--model", default="mnist_cnn")
    options.add_argument("--data", default="mnist:test")
    options.add_argument("--plants", type=Path, help="ranges as JSON, see plants.py")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--draws", type=int, default=60)
    chosen = options.parse_args()
    start = time.perf_counter()
    model = open_classifier(chosen.model)
    images, labels = held_out(model, chosen.data)
    whole = seen(model, images, labels)
    right = whole[0].argmax(axis=1) == labels
    print(f"{chosen.model} on {chosen.data}: {len(labels)} examples, accuracy {right.mean():.4f}")
    print(f"seed {chosen.seed}, {chosen.draws} draws, plants {chosen.plants or 'as built in'}\n")
    wrong_labels(whole, chosen.draws, chosen.seed)
    supply = failures(model, images, labels, right, read_plants(chosen.plants), chosen.seed)
    hidden_kinds(whole, right, supply, chosen.draws, chosen.seed)
    print(f"\n{time.perf_counter() - start:.0f} s in all")


def held_out(model: Classifier, data: str) -> tuple[Images, Labels]:
    """All images in the shape the model wants, and their labels."""
    dataset = open_dataset(data)
    shape = shape_for(model, dataset)
    batches = list(dataset.batches(256, shape))
    labels = np.concatenate([batch.labels for batch in batches]).astype(np.int64)
    return np.concatenate([batch.images for batch in batches]), labels


def seen(model: Classifier, images: Images, labels: Labels) -> Rows:
    """What the rankings go by: probabilities, labels, embeddings, statistics."""
    return (
        believed(model, images),
        labels,
        embeddings(model, images, batch_size=256),
        np.stack([statistics(image) for image in images]),
    )


def believed(model: Classifier, images: Images) -> Probabilities:
    """(n, k), one batch shape."""
    size, parts = batch_size_for(images.shape[1:]), []
    for first in range(0, len(images), size):
        part = images[first : first + size]
        padded = np.pad(part, ((0, size - len(part)), (0, 0), (0, 0), (0, 0)))
        parts.append(model.probabilities(padded)[: len(part)])
    return np.concatenate(parts)


def orders(rows: Rows, rng: np.random.Generator) -> dict[str, Callable[[], Order]]:
    """Every ranking, by name; each gives at least 100 places, or all it has."""
    p, y = rows[0], rows[1]

    def listed(name: str, **rule: str) -> Callable[[], Order]:
        return lambda: both_lists(p, y, Rule(count=HEADS[-1], **rule))[name].positions

    wrong = np.flatnonzero(p.argmax(axis=1) != y)
    found = {
        "random": lambda: rng.permutation(len(y)),
        "random among the misclassified": lambda: rng.permutation(wrong),
        "article: class, least confidence": listed("unsure", diversity="class"),
        "cleanlab: self-confidence": lambda: np.argsort(self_confidence(p, y), kind="stable"),
        "cleanlab: normalized margin": lambda: np.argsort(margin(p, y), kind="stable"),
        "cleanlab: confidence-weighted entropy": lambda: np.argsort(weighted(p, y), kind="stable"),
        "cleanlab: adjusted self-confidence": lambda: np.argsort(
            self_confidence(adjusted(p, y), y), kind="stable"
        ),
    }
    for score in UNSURE_SCORES:
        found[f"unsure: {score}"] = listed("unsure", unsure=score, diversity="none")
    for score in WRONG_SCORES:
        found[f"wrong: {score}"] = listed("wrong", wrong=score, diversity="none")
    for diversity in ("class", "confusion"):
        found[f"wrong: loss, {diversity}"] = listed("wrong", diversity=diversity)
    found["wrong: loss, embedding"] = lambda: by_embedding(rows)
    return found


def by_embedding(rows: Rows) -> Order:
    """As `hardex rank --diversity embedding` chooses among the misclassified."""
    wrong = np.flatnonzero(rows[0].argmax(axis=1) != rows[1])
    hardest = wrong[np.lexsort((wrong, -loss(rows[0][wrong], rows[1][wrong])))][:POOL]
    features = variety(*(column[hardest] for column in rows))
    picks = islice(farthest_first(features, lambda row: False), HEADS[-1])
    return hardest[[row for row, _ in picks]]


def self_confidence(p: Probabilities, y: Labels) -> NDArray[np.float64]:
    """Cleanlab's: p(given), low is bad."""
    return p[np.arange(len(y)), y].astype(np.float64)


def margin(p: Probabilities, y: Labels) -> NDArray[np.float64]:
    """Cleanlab's: (p(given) - max p(other) + 1) / 2, low is bad."""
    others = p.astype(np.float64)
    others[np.arange(len(y)), y] = -1
    return (self_confidence(p, y) - others.max(axis=1) + 1) / 2


def weighted(p: Probabilities, y: Labels) -> NDArray[np.float64]:
    """Cleanlab's: entropy / ln k over p(given), as ln(1 + x) / x; low is bad, unstable at 0."""
    q = np.clip(p.astype(np.float64), 1e-6, None)
    entropy = -(q * np.log(q)).sum(axis=1) / np.log(p.shape[1])
    x = np.clip(entropy, 0, None) / np.clip(self_confidence(p, y), 1e-6, None)
    return np.log(x + 1) / np.clip(x, 1e-6, None)


def adjusted(p: Probabilities, y: Labels) -> NDArray[np.float64]:
    """Cleanlab's: probabilities less the mean self-confidence of each class."""
    expected = np.array([self_confidence(p, y)[y == label].mean() for label in range(p.shape[1])])
    moved = p - expected + expected.max()
    return moved / moved.sum(axis=1, keepdims=True)


def wrong_labels(rows: Rows, draws: int, seed: int) -> None:
    """The first experiment."""
    p, y = rows[0], rows[1]
    for kind, spoil in NOISES.items():
        found: dict[str, list[list[float]]] = {}
        for draw in range(draws):
            rng = np.random.default_rng([seed, draw])
            given = spoil(y, p, SHARE, rng)
            for name, order in orders((p, given, *rows[2:]), rng).items():
                chosen = order()[: HEADS[-1]]
                planted = (given != y)[chosen]
                pairs = len(np.unique(mistaken(p[chosen[:50]], given[chosen[:50]])))
                counts = [float(planted[:head].sum()) for head in HEADS]
                found.setdefault(name, []).append([*counts, float(pairs)])
            progress(f"wrong labels, {kind}", draw, draws)
        print(f"{round(SHARE * len(y))} wrong labels ({kind}): found in the first")
        table(found, digits=1)


def failures(
    model: Classifier,
    images: Images,
    labels: Labels,
    right: NDArray[np.bool_],
    plants: dict[str, Plant],
    seed: int,
) -> dict[str, Rows]:
    """Pictures that the model had right until they were spoilt, by how they were."""
    supply = {}
    for number, (name, plant) in enumerate(plants.items()):
        rng = np.random.default_rng([seed, 1_000_000 + number])
        tried = rng.permutation(np.flatnonzero(right))[:TRIED]
        rows = seen(model, spoilt(images[tried], plant, rng), labels[tried])
        failed = rows[0].argmax(axis=1) != rows[1]
        supply[name] = tuple(column[failed] for column in rows)
        progress("spoiling pictures", number, len(plants))
    short = ", ".join(f"{name} {len(rows[1])}" for name, rows in supply.items())
    print(f"misclassified of {TRIED} spoilt in each way: {short}\n")
    return supply


def hidden_kinds(
    whole: Rows, right: NDArray[np.bool_], supply: dict[str, Rows], draws: int, seed: int
) -> None:
    """The second experiment."""
    found: dict[str, list[list[float]]] = {}
    for draw in range(draws):
        rng = np.random.default_rng([seed, 2_000_000 + draw])
        rows, kinds = planted(whole, supply, rng)
        there = len(set(kinds.tolist())) - 1
        for name, order in orders(rows, rng).items():
            chosen = order()[: HEADS[-1]]
            shares = [len(set(kinds[chosen[:head]].tolist()) - {-1}) / there for head in HEADS]
            pairs = mistaken(rows[0][chosen[:50]], rows[1][chosen[:50]])
            found.setdefault(name, []).append([*shares, float(len(np.unique(pairs)))])
        progress("hidden kinds of failure", draw, draws)
    print(
        f"{len(supply)} hidden kinds of failure among {int((~right).sum())} natural ones: shown in"
    )
    table(found, digits=3)


def planted(
    whole: Rows, supply: dict[str, Rows], rng: np.random.Generator
) -> tuple[Rows, NDArray[np.int64]]:
    """All held-out rows and the failures of one draw in any order; -1 or the kind of each."""
    parts, kinds = [whole], [np.full(len(whole[1]), -1)]
    for size, (number, rows) in zip(
        rng.permutation(SIZES), enumerate(supply.values()), strict=True
    ):
        some = rng.permutation(len(rows[1]))[:size]
        parts.append(tuple(column[some] for column in rows))
        kinds.append(np.full(len(some), number))
    mixed = rng.permutation(sum(map(len, kinds)))
    columns = (np.concatenate(column)[mixed] for column in zip(*parts, strict=True))
    return tuple(columns), np.concatenate(kinds)[mixed]


def table(found: dict[str, list[list[float]]], *, digits: int) -> None:
    """Mean and 95 % interval of every column."""
    heads = "".join(f"{f'@{head}':>19s}" for head in HEADS)
    print(f"{'':40s}{heads}{'pairs@50':>19s}")
    for name, rows in found.items():
        means = np.mean(rows, axis=0)
        half = 1.96 * np.std(rows, axis=0, ddof=1) / len(rows) ** 0.5 if len(rows) > 1 else means
        cells = "".join(
            f"{f'{mean:.{digits}f} ± {width:.{digits}f}':>19s}"
            for mean, width in zip(means, half, strict=True)
        )
        print(f"{name:40s}{cells}")
    print()


def progress(stage: str, done: int, total: int) -> None:
    """One line now and then."""
    if (done + 1) % 20 == 0 or done + 1 == total:
        print(f"  … {stage}: {done + 1} of {total}", flush=True)


if __name__ == "__main__":
    main()
