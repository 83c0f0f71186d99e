"""Candidates -> the ranking of one list, and how much of their variety it shows."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Embeddings, Image, Positions
from hardex.classifiers.classifier import Classifier
from hardex.data.dataset import Shape
from hardex.errors import ClassifierError, DatasetError
from hardex.ranking.candidates import Candidates
from hardex.ranking.coverage import Covered, clusters, covered
from hardex.ranking.diverse import Features, farthest_first, gradients, variety
from hardex.ranking.duplicates import Lookalikes
from hardex.ranking.lists import PAIRS, Shortlists
from hardex.ranking.order import Ranking, Refuse, Rule, in_turn

if TYPE_CHECKING:
    from hardex.runs.tables import TableRows

_CHUNK = 256  # images at a time on their way to the embeddings
_WIDTH = 32  # pixels a side, where pixels stand in for embeddings


@dataclass(frozen=True, eq=False)
class Pictures:
    """What can still be seen of the candidates.

    Attributes:
        image: the picture at a position, in its native size.
        shape: what the classifier wants, or None for any.
        classifier: gives embeddings; None where there is none.
        batch_size: images per forward pass.
    """

    image: Callable[[int], Image]
    shape: Shape | None = None
    classifier: Classifier | None = None
    batch_size: int = _CHUNK


@dataclass(frozen=True, eq=False)
class Choice:
    """One list, and what is said about it.

    Attributes:
        ranking: the chosen examples.
        pairs: how many confusion pairs it shows, of those in the pool and in itself.
        clusters: how many clusters it shows, of those in the pool and in itself.
        space: what was clustered: `embeddings` or `probabilities`.
        left_out: near-duplicates that were passed over.
    """

    ranking: Ranking
    pairs: Covered
    clusters: Covered
    space: str
    left_out: int

    def as_json(self) -> dict[str, Any]:
        """What metrics.json says about the list."""
        return {
            "chosen": len(self.ranking),
            "confusion_pairs": asdict(self.pairs),
            "clusters": {"space": self.space, **asdict(self.clusters)},
            "near_duplicates_left_out": self.left_out,
        }


def choose_both(
    lists: Shortlists, rule: Rule, table: Path, *, pictures: Pictures | None, seed: int
) -> dict[str, Choice]:
    """The rankings of both lists, by name."""
    return {
        name: choose(
            name,
            candidates,
            rule,
            table,
            class_count=lists.class_count,
            pictures=pictures,
            seed=seed,
        )
        for name, candidates in (("unsure", lists.unsure), ("wrong", lists.wrong))
    }


def counts_of(choices: Mapping[str, Choice]) -> dict[str, int]:
    """The length of each list, as the manifest says it."""
    return {f"{name}_list": len(choice.ranking) for name, choice in choices.items()}


def write_metrics(results: Path, found: dict[str, Any], choices: Mapping[str, Choice]) -> None:
    """Write metrics.json: what was counted of all examples, and what is said of the lists."""
    whole = found | {"lists": {name: choice.as_json() for name, choice in choices.items()}}
    text = json.dumps(whole, indent=2, ensure_ascii=False)
    (results / "metrics.json").write_text(text + "\n", encoding="utf-8")


def choose(
    name: str,
    candidates: Candidates,
    rule: Rule,
    table: Path,
    *,
    class_count: int,
    pictures: Pictures | None,
    seed: int = 0,
) -> Choice:
    """The ranking of one list.

    Args:
        name: `unsure` or `wrong`.
        candidates: the hardest of each group.
        rule: how to choose among them.
        table: predictions.parquet, which holds their probabilities.
        class_count: k.
        pictures: needed to leave out near-duplicates and for embeddings; None for neither.
        seed: of the clusters that are counted.
    """
    from hardex.runs.tables import rows_at

    hardest = np.lexsort((candidates.positions, -candidates.scores))
    pool = hardest[: rule.pool]
    lookalikes = Lookalikes(pictures.image) if pictures and not rule.allow_duplicates else None
    refuse = _never if lookalikes is None else _where_seen(lookalikes)
    by_embedding = rule.diversity == "embedding"
    seen = pictures if by_embedding else None
    if by_embedding:
        features = _features(name, rows_at(table, candidates.positions[pool]), seen)
        order = _farthest(features, pool, hardest, candidates.positions, refuse)
    else:
        turns = rule.needed(class_count)
        order = in_turn(candidates, pool=rule.pool, turns=turns, refuse=refuse)
    picks = np.fromiter(islice(order, rule.total(class_count)), np.int64)
    # Turns may choose beyond the hardest of all, so the picks count as part of what there is.
    beyond = np.setdiff1d(picks, pool)
    counted = np.concatenate([pool, beyond])
    chosen = np.isin(counted, picks)
    rows = rows_at(table, candidates.positions[counted])
    if not by_embedding or len(beyond):
        features = _features(name, rows, seen)
    pairs = PAIRS[name](rows.probabilities, rows.labels)
    groups = clusters(features, np.random.default_rng(seed))
    return Choice(
        Ranking(candidates.positions[picks], candidates.scores[picks]),
        covered(pairs, chosen),
        covered(groups, chosen),
        "embeddings" if by_embedding and pictures else "probabilities",
        len(lookalikes.refused) if lookalikes else 0,
    )


def _never(position: int) -> bool:
    return False


def _where_seen(refuse: Refuse) -> Refuse:
    """The same, but an example whose picture cannot be read looks like no other."""

    def refuse_seen(position: int) -> bool:
        try:
            return refuse(position)
        except DatasetError:
            return False

    return refuse_seen


def _features(name: str, rows: "TableRows", pictures: Pictures | None) -> Features:
    """Where examples lie: by their pictures where these are asked for, else by probabilities."""
    classes = rows.labels if name == "wrong" else rows.probabilities.argmax(axis=1)
    if pictures is None or not len(rows.positions):
        return gradients(rows.probabilities, classes)
    return _seen(pictures, rows.positions, rows.probabilities, classes)


def _farthest(
    features: Features,
    pool: NDArray[np.intp],
    hardest: NDArray[np.intp],
    positions: Positions,
    refuse: Refuse,
) -> Iterator[int]:
    """Rows of the candidates: the pool farthest first, then the others by hardness."""
    spread = farthest_first(features, lambda row: refuse(int(positions[pool[row]])))
    beyond = hardest[len(pool) :].tolist()
    return chain(
        (int(pool[row]) for row, _ in spread),
        (row for row in beyond if not refuse(int(positions[row]))),
    )


def _seen(
    pictures: Pictures, positions: Positions, probabilities: NDArray[Any], classes: NDArray[Any]
) -> Features:
    """Gradients over embeddings, and what the pictures are like, in equal parts."""
    return variety(probabilities, classes, *_embedded(pictures, positions))


def _embedded(pictures: Pictures, positions: Positions) -> tuple[Embeddings, NDArray[np.float64]]:
    """(m, d) embeddings and (m, 20) statistics of pictures, a batch of them in memory."""
    from hardex.classifiers.embeddings import embeddings, pixel_embeddings
    from hardex.images import resize
    from hardex.images.statistics import statistics

    size, asked = pictures.batch_size, _shows_embeddings(pictures, positions)
    embedded: list[Embeddings] = []
    small: list[Image] = []
    columns: list[NDArray[np.float64]] = []
    for start in range(0, len(positions), size):
        images = [_picture(pictures, i) for i in positions[start : start + size].tolist()]
        columns.extend(map(statistics, images))
        if asked:
            ready = np.stack([resize(image, pictures.shape or image.shape) for image in images])
            embedded.append(embeddings(pictures.classifier, ready, batch_size=size))
        else:
            small.extend(resize(image, (_WIDTH, _WIDTH, 3)) for image in images)
    found = np.concatenate(embedded) if asked else pixel_embeddings(np.stack(small))
    return found, np.stack(columns)


def _picture(pictures: Pictures, position: int) -> Image:
    """The picture at a position; black where it cannot be read."""
    try:
        return pictures.image(position)
    except DatasetError:
        return np.zeros(pictures.shape or (_WIDTH, _WIDTH, 3), np.uint8)


def _shows_embeddings(pictures: Pictures, positions: Positions) -> bool:
    """Whether the classifier has embeddings and gives one: some models do not show their layers."""
    from hardex.images import resize

    embed = getattr(pictures.classifier, "embeddings", None)
    if embed is None:
        return False
    image = _picture(pictures, int(positions[0]))
    ready = resize(image, pictures.shape or image.shape)
    try:
        embed(np.repeat(ready[None], pictures.batch_size, axis=0))
    except ClassifierError:
        return False
    return True
