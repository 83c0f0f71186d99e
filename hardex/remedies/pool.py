"""Hard examples + images that nobody labelled -> more images like them, to be labelled.

What is found is written as class folders, by the class of the hard example that it is like. That
class is a guess: rank the folder and let people judge it before anything is learnt from it.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hardex.classifiers.opening import Model
from hardex.diagnosis.causes import RARE
from hardex.diagnosis.inputs import input_shape, model_of, same_dataset
from hardex.errors import RunError
from hardex.new_files import check_free, whole_folder
from hardex.predict.neighbours import Progress, build, silent
from hardex.remedies.afterwards import unlabelled
from hardex.remedies.new_version import DATA, write_version
from hardex.runs.findings import FINDINGS
from hardex.runs.folder import RESULTS
from hardex.runs.run import Run, opened

SCHEMA = "hardex.pool/1"
POOL = "pool.json"
_COPIES = 8  # of an example, which are passed over
_MOST_EXAMPLES = 200  # whose like is looked for, the hardest first


@dataclass(frozen=True)
class Alike:
    """An image of the pool.

    Attributes:
        id: in the pool.
        file: its copy, relative to `data/`.
        like: the hard example that it is nearest to.
        guess: the given class of that example.
        distance: between both; see `hardex.predict.neighbours.Neighbours`.
    """

    id: str
    file: str
    like: str
    guess: str
    distance: float


@dataclass(frozen=True)
class PoolSearch:
    """What was found in a pool.

    Attributes:
        folder: where it is.
        scope: how many images were compared, and by what, a clause.
        missing: by class, for how many hard examples more was looked for.
        found: the images, those nearest to a hard example first.
    """

    folder: Path
    scope: str
    missing: dict[str, int]
    found: tuple[Alike, ...]

    def as_json(self) -> dict[str, Any]:
        """What pool.json says."""
        return {
            "schema": SCHEMA,
            "scope": self.scope,
            "missing": self.missing,
            "found": [asdict(one) for one in self.found],
        }


def more_like(
    run: str | Path | Run,
    pool: str,
    *,
    out: str | Path,
    ids: Sequence[str] = (),
    count: int = 8,
    force: bool = False,
    model: Model | None = None,
    trust_model: bool = False,
    data: str | Path = "",
    progress: Progress = silent,
) -> PoolSearch:
    """Look for images in a pool that are like hard examples of a run, and copy them.

    Args:
        run: the run, or its folder.
        pool: a folder of pictures, or anything that DATA can be; labels are not used.
        out: the folder to write; it is whole or absent.
        ids: of the hard examples; by default those that are rare by the diagnosis, else all wrong
            ones of the list.
        count: how many for each example.
        force: whether to replace a former search in `out`.
        model, trust_model: of the run's model, if it was moved.
        data: where the images of the run are now, if they were moved.
        progress: called now and then; if it raises, nothing is left.

    Raises:
        HardexError: there is nothing to look for or in, or no such example.
    """
    found, target = opened(run, data=data), Path(out)
    check_free(target, "what is found in a pool", force=force, kind="folder")
    if target.exists() and not (target / POOL).exists():
        raise RunError(
            f"--force replaces a former search; {target} has no {POOL}, so it is none; choose "
            "another --out."
        )
    wanted = list(ids) or _hard_ones(found)
    if not wanted or count < 1:
        raise RunError(
            f"there must be hard examples to look for, and --count 1 or more; {found.folder} has "
            f"{len(wanted)} and --count is {count}; name examples with --like ID."
        )
    classifier = model_of(
        found, model, None, logits=False, trust_model=trust_model, what="a search in a pool"
    )
    shape = input_shape(classifier, same_dataset(found))
    images = unlabelled(pool, found)
    neighbours = build(images, classifier, progress=progress)
    nearest: dict[int, tuple[float, str]] = {}
    for id in wanted[:_MOST_EXAMPLES]:
        near = neighbours.of(found.image(id), count + _COPIES, ready=found.input_image(id, shape))
        others = near.only(np.flatnonzero(~near.exact_copies)[:count].tolist())
        for position, distance in zip(
            others.positions.tolist(), others.distances.tolist(), strict=True
        ):
            if position not in nearest or distance < nearest[position][0]:
                nearest[position] = (distance, id)
    if not nearest:
        raise RunError(
            f"a pool must hold images that the run does not; {pool} holds only copies of its hard "
            "examples; choose another one."
        )
    order = sorted(nearest, key=lambda position: (nearest[position][0], position))
    names = found.manifest.class_names
    guesses = {id: found.given_label(id) for id in {id for _, id in nearest.values()}}
    labels = np.array([names.index(guesses[nearest[position][1]]) for position in order])
    missing = [found.given_label(id) for id in wanted[:_MOST_EXAMPLES]]
    with whole_folder(target, "what is found in a pool") as partial:
        origins, places = np.zeros(len(order), np.int64), np.array(order, np.int64)
        files = write_version(partial / DATA, [images], origins, places, labels, names, progress)
        search = PoolSearch(
            target,
            neighbours.scope.replace("training images", "images of the pool"),
            {name: missing.count(name) for name in names if name in missing},
            tuple(
                Alike(images.id(position), file, like, guesses[like], distance)
                for position, file in zip(order, files, strict=True)
                for distance, like in [nearest[position]]
            ),
        )
        text = json.dumps(search.as_json(), indent=2, ensure_ascii=False)
        (partial / POOL).write_text(text + "\n", encoding="utf-8")
    return search


def _hard_ones(run: Run) -> list[str]:
    """The rare examples, or without a diagnosis or any of them all of the list of wrong ones."""
    if (run.folder / RESULTS / FINDINGS).is_file():
        table = run.findings
        rare = [str(id) for id in table["id"][table["cause"] == RARE]]
        if rare:
            return rare
    return [str(id) for id in run.hard["id"][run.hard["list"] == "wrong"]]
