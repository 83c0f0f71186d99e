"""Candidates -> the rankings of both lists, and how much variety each shows."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Embeddings, Image, Positions
from hardex.classifiers.classifier import Classifier
from hardex.data.dataset import Dataset, Shape
from hardex.data.pixels import input_image
from hardex.errors import ClassifierError, DatasetError
from hardex.pipeline.causes import Causes
from hardex.ranking.candidates import Hardest
from hardex.ranking.coverage import Covered, clusters, covered
from hardex.ranking.diverse import Features, farthest_first, gradients, variety
from hardex.ranking.duplicates import Lookalikes
from hardex.ranking.lists import PAIRS, ListCandidates, Pool, groups_of
from hardex.ranking.order import Ranking, Refuse, Rule, in_turn, in_turns_of_turns
from hardex.runs.folder import METRICS

if TYPE_CHECKING:
    from hardex.runs.tables import Predicted

_CHUNK = 256  # images at a time on their way to the embeddings
_WIDTH = 32  # pixels a side, where pixels stand in for embeddings


@dataclass(frozen=True, eq=False)
class Pictures:
    """How to see the candidates.

    Attributes:
        image: gives the picture at a position, in its native size.
        ready: gives what a classifier gets of it, from its position, shape and picture.
        shape: (h, w, c) that the classifier needs, or None for any.
        classifier: gives embeddings; None where there is none.
        batch_size: images per forward pass.
    """

    image: Callable[[int], Image]
    ready: Callable[[int, Shape, Image], Image]
    shape: Shape | None = None
    classifier: Classifier | None = None
    batch_size: int = _CHUNK


def pictures_in(
    dataset: Dataset,
    shape: Shape | None = None,
    classifier: Classifier | None = None,
    batch_size: int = _CHUNK,
) -> Pictures:
    """How to see the candidates of a data set; see `Pictures`."""

    def ready(position: int, shape: Shape, image: Image) -> Image:
        return input_image(dataset, position, shape, image)

    return Pictures(dataset.image, ready, shape, classifier, batch_size)


@dataclass(frozen=True, eq=False)
class Choice:
    """One list, and how much of the variety of its candidates it shows.

    Attributes:
        ranking: the chosen examples.
        pairs: confusion pairs in the list, of those in the pool and the list together.
        clusters: clusters in the list, of those in the pool and the list together.
        space: what was clustered: `embeddings` or `probabilities`.
        left_out: how many near-duplicates were passed over.
        causes: causes in the list, of those in the pool and the list together, where the examples
            are chosen by their causes; else None.
    """

    ranking: Ranking
    pairs: Covered
    clusters: Covered
    space: str
    left_out: int
    causes: Covered | None = None

    def as_json(self) -> dict[str, Any]:
        """What metrics.json says about the list."""
        return {
            "chosen": len(self.ranking),
            "confusion_pairs": asdict(self.pairs),
            **({} if self.causes is None else {"causes": asdict(self.causes)}),
            "clusters": {"space": self.space, **asdict(self.clusters)},
            "near_duplicates_left_out": self.left_out,
        }


@dataclass(frozen=True, eq=False)
class Choices:
    """Both lists, and the rows of the table that they show.

    Attributes:
        lists: by name.
        examples: what predictions.parquet says of each chosen example, by position.
    """

    lists: dict[str, Choice]
    examples: dict[int, "Predicted"]

    @property
    def rankings(self) -> dict[str, Ranking]:
        """The chosen examples of each list."""
        return {name: choice.ranking for name, choice in self.lists.items()}

    def counts(self) -> dict[str, int]:
        """The length of each list, under its name in the manifest."""
        return {f"{name}_list": len(choice.ranking) for name, choice in self.lists.items()}


def choose_both(
    candidates: Mapping[str, ListCandidates],
    rule: Rule,
    table: Path,
    *,
    class_count: int,
    pictures: Pictures | None,
    seed: int,
    causes: Causes | None = None,
) -> Choices:
    """Choose both lists, and read what the table says of the chosen examples, once.

    Args:
        candidates: what each list is chosen from, by its name.
        rule: how to choose.
        table: predictions.parquet; only row groups with chosen examples are read.
        class_count: k.
        pictures: needed to leave out near-duplicates and for embeddings; None for neither.
        seed: of the clusters that are counted.
        causes: of the examples, if they are chosen by their causes.
    """
    from hardex.runs.tables import examples_at

    picked = {
        name: _pick(name, found, rule, class_count=class_count, pictures=pictures)
        for name, found in candidates.items()
    }
    positions = np.concatenate([picks.ranking.positions for picks in picked.values()])
    examples = examples_at(table, np.unique(positions))
    seen = pictures if rule.diversity == "embedding" else None
    return Choices(
        {
            name: _with_coverage(name, picks, candidates[name].pool, examples, seen, seed, causes)
            for name, picks in picked.items()
        },
        examples,
    )


def write_metrics(results: Path, figures: dict[str, Any], choices: Choices) -> None:
    """Write metrics.json: the figures of all examples, and those of the lists."""
    whole = figures | {"lists": {name: one.as_json() for name, one in choices.lists.items()}}
    text = json.dumps(whole, indent=2, ensure_ascii=False)
    (results / METRICS).write_text(text + "\n", encoding="utf-8")


@dataclass(frozen=True, eq=False)
class _Picks:
    """The chosen examples of one list, before it is known how much variety they show."""

    ranking: Ranking
    features: Features | None  # of the pool, where the choice went by them
    left_out: int


def _pick(
    name: str,
    candidates: ListCandidates,
    rule: Rule,
    *,
    class_count: int,
    pictures: Pictures | None,
) -> _Picks:
    """Choose the examples of one list."""
    hardest = candidates.hardest
    lookalikes = Lookalikes(pictures.image) if pictures and not rule.allow_duplicates else None
    refuse = None if lookalikes is None else _unless_unreadable(lookalikes)
    features = None
    if rule.diversity == "embedding":
        features = _features(name, candidates.pool, pictures)
        order = _farthest(features, hardest, refuse or _never)
    elif rule.needs_groups:
        order = in_turns_of_turns(hardest, groups_of(hardest.groups, class_count), refuse=refuse)
    else:
        turns = rule.needed(class_count)
        order = in_turn(hardest, pool=rule.pool, turns=turns, refuse=refuse)
    rows = np.fromiter(islice(order, rule.total(class_count)), np.int64)
    ranking = Ranking(hardest.positions[rows], hardest.scores[rows])
    return _Picks(ranking, features, len(lookalikes.refused) if lookalikes else 0)


def _with_coverage(
    name: str,
    picks: _Picks,
    pool: Pool,
    examples: Mapping[int, "Predicted"],
    pictures: Pictures | None,
    seed: int,
    causes: Causes | None,
) -> Choice:
    """The list with the share of pairs and clusters that it shows.

    In turns, examples may be chosen that are not among the hardest of all. They count as part of
    what there was to show.
    """
    beyond = np.setdiff1d(picks.ranking.positions, pool.positions)
    rows = _and_beyond(pool, [examples[position] for position in beyond.tolist()])
    features = picks.features
    if features is None or len(beyond):
        features = _features(name, rows, pictures)
    chosen = np.isin(rows.positions, picks.ranking.positions)
    groups = clusters(features, np.random.default_rng(seed))
    return Choice(
        picks.ranking,
        covered(PAIRS[name](rows.probabilities, rows.labels), chosen),
        covered(groups, chosen),
        "embeddings" if pictures else "probabilities",
        picks.left_out,
        None if causes is None else covered(causes.of(rows.positions), chosen),
    )


def _and_beyond(pool: Pool, others: Sequence["Predicted"]) -> Pool:
    """The pool, and some examples behind it."""
    if not others:
        return pool
    return Pool(
        np.r_[pool.positions, [one.position for one in others]],
        np.r_[pool.labels, [one.given_index for one in others]],
        np.concatenate([pool.probabilities, [one.probabilities for one in others]]),
    )


def _never(position: int) -> bool:
    return False


def _unless_unreadable(refuse: Refuse) -> Refuse:
    """The same, but an example whose picture cannot be read is never refused."""

    def refuse_readable(position: int) -> bool:
        try:
            return refuse(position)
        except DatasetError:
            return False

    return refuse_readable


def _features(name: str, rows: Pool, pictures: Pictures | None) -> Features:
    """Where examples lie: by embeddings and pictures where there are any, else by probabilities."""
    classes = rows.labels if name == "wrong" else rows.probabilities.argmax(axis=1)
    if pictures is None or not len(rows.positions):
        return gradients(rows.probabilities, classes)
    return variety(rows.probabilities, classes, *_embedded(pictures, rows.positions))


def _farthest(features: Features, hardest: Hardest, refuse: Refuse) -> Iterator[int]:
    """Rows of the candidates, which are one group: the pool farthest first, then by hardness."""
    positions = hardest.positions.tolist()
    spread = farthest_first(features, lambda row: refuse(positions[row]))
    beyond = range(len(features), len(positions))
    return chain((row for row, _ in spread), (row for row in beyond if not refuse(positions[row])))


def _embedded(pictures: Pictures, positions: Positions) -> tuple[Embeddings, NDArray[np.float64]]:
    """(m, d) embeddings and (m, 20) statistics of pictures, a batch of them in memory."""
    from hardex.classifiers.embeddings import embeddings, pixel_embeddings
    from hardex.images import resize
    from hardex.images.statistics import statistics

    size, by_model = pictures.batch_size, _has_embeddings(pictures, positions)
    embedded: list[Embeddings] = []
    small: list[Image] = []
    columns: list[NDArray[np.float64]] = []
    for start in range(0, len(positions), size):
        some = positions[start : start + size].tolist()
        images = [_picture(pictures, position) for position in some]
        columns.extend(map(statistics, images))
        if by_model:
            ready = [_ready(pictures, *both) for both in zip(some, images, strict=True)]
            embedded.append(embeddings(pictures.classifier, np.stack(ready), batch_size=size))
        else:
            small.extend(resize(image, (_WIDTH, _WIDTH, 3)) for image in images)
    found = np.concatenate(embedded) if by_model else pixel_embeddings(np.stack(small))
    return found, np.stack(columns)


def _picture(pictures: Pictures, position: int) -> Image:
    """The picture at a position; black where it cannot be read."""
    try:
        return pictures.image(position)
    except DatasetError:
        return np.zeros(pictures.shape or (_WIDTH, _WIDTH, 3), np.uint8)


def _ready(pictures: Pictures, position: int, image: Image) -> Image:
    """What the classifier gets of it; the black picture where it cannot be read."""
    height, width, channels = image.shape
    shape = pictures.shape or (height, width, channels)
    try:
        return pictures.ready(position, shape, image)
    except DatasetError:
        return np.zeros(shape, np.uint8)


def _has_embeddings(pictures: Pictures, positions: Positions) -> bool:
    """Whether the classifier can compute embeddings: not all models have accessible layers."""
    embed = getattr(pictures.classifier, "embeddings", None)
    if embed is None:
        return False
    first = int(positions[0])
    ready = _ready(pictures, first, _picture(pictures, first))
    try:
        embed(np.repeat(ready[None], pictures.batch_size, axis=0))
    except ClassifierError:
        return False
    return True
