"""The hard examples of a run -> what a remedy gains on them beyond a new seed.

Hard examples were chosen because the earlier model fails on them, so any other model is right on
some: a new seed alone repairs a quarter. Only the gain beyond that of models without the remedy
says something.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardex.classifiers.classifier import Classifier
from hardex.diagnosis.examine import batched
from hardex.errors import HardexError
from hardex.proof.arms import Interval, difference_of_means
from hardex.runs.run import Run

_MOST = 2_000  # hard examples that are looked at


@dataclass(frozen=True)
class HardSet:
    """The gain on the hard examples minus the gain of models without the remedy.

    Attributes:
        examples: how many hard examples.
        gain: that difference, -1..1; its interval is about other seeds (Welch), and None as long
            as an arm has one model.
        remedied, placebo: how many models of each arm.
    """

    examples: int
    gain: float
    interval: Interval | None
    remedied: int
    placebo: int


def hard_set(
    run: Run, remedied: Sequence[Classifier], placebo: Sequence[Classifier], level: float
) -> HardSet | None:
    """Compare both arms on the hard examples of a run.

    Args:
        run: whose lists count.
        remedied, placebo: the models of both arms.
        level: of the interval.

    Returns:
        None where an arm has no model, or the run no hard examples.

    Raises:
        HardexError: a picture cannot be read any more.
    """
    if not placebo or not remedied:
        return None
    rows = run.hard.drop_duplicates("id").head(_MOST)
    if not len(rows):
        return None
    names = list(run.manifest.class_names)
    labels = np.array([names.index(name) for name in rows["given_label"]])
    ids = rows["id"].tolist()
    arms = [[_share_right(run, one, ids, labels) for one in arm] for arm in (remedied, placebo)]
    enough = all(len(arm) > 1 for arm in arms)
    return HardSet(
        len(ids),
        float(np.mean(arms[0]) - np.mean(arms[1])),
        difference_of_means(arms[0], arms[1], level) if enough else None,
        len(remedied),
        len(placebo),
    )


def _share_right(
    run: Run, classifier: Classifier, ids: Sequence[str], labels: NDArray[np.int64]
) -> float:
    shape = classifier.input_shape or run.manifest.image_shape
    if shape is None:
        raise HardexError(
            "the hard examples need the size of the model's input; the run has none; rank with a "
            "model."
        )
    images = np.stack([run.input_image(id, shape) for id in ids])
    return float((batched(classifier, images).argmax(axis=1) == labels).mean())
