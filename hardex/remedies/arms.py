"""A plan and the pixels -> what is learnt from with the remedies, and without them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hardex.arrays import Labels, Positions
from hardex.errors import RunError
from hardex.remedies.clean import as_many_at_random, cleaned
from hardex.remedies.fixed import Model
from hardex.remedies.plan import Plan
from hardex.remedies.recipe import Balance
from hardex.sentences import counted
from hardex.training.job import Job
from hardex.training.pixels import Kept
from hardex.training.split import split

PIXELS = "pixels"
_SPLIT_SEED = 0  # both arms and all seeds are validated on the same images


@dataclass(frozen=True, eq=False)
class Arm:
    """What one arm learns from.

    Attributes:
        labels: (n,) classes of all pixels.
        fit, validation: rows of the pixels.
    """

    labels: Labels
    fit: Positions
    validation: Positions


def arms_of(plan: Plan, kept: Kept) -> tuple[Arm, Arm]:
    """What is learnt from with the remedies, and without.

    The control arm of removed images lacks as many of each class, drawn at random.

    Args:
        plan: the fix.
        kept: pixels of all its sources.

    Raises:
        RunError: the remedies leave nothing.
    """
    own = np.flatnonzero(kept.origins == 0)
    rng = np.random.default_rng(_SPLIT_SEED)
    fit, validation = (
        own[part] for part in split(kept.labels[own], plan.recipe.training.validation, rng)
    )
    control = Arm(kept.labels, fit, validation)
    labels, stays = kept.labels, np.arange(len(kept))
    if plan.changes:
        changed, rows = cleaned(kept.positions[own], kept.labels[own], plan.changes, plan.names)
        labels = np.array(labels)
        labels[own] = changed
        stays = np.union1d(own[rows], np.flatnonzero(kept.origins > 0))
        if len(rows) < len(own):
            others = own[as_many_at_random(kept.labels[own], rows, rng)]
            control = Arm(
                kept.labels, np.intersect1d(fit, others), np.intersect1d(validation, others)
            )
    if plan.recipe.simple is not None:
        fit = _at_most(fit, kept.labels, plan.recipe.simple.examples, rng)
    added = np.flatnonzero(kept.origins > 0)
    learnt = np.union1d(np.intersect1d(fit, stays), added)
    remedied = Arm(labels, learnt, np.intersect1d(validation, stays))
    if not len(remedied.fit) or not len(remedied.validation):
        raise RunError(
            "a remedy must leave training images to learn from; of "
            f"{counted(len(own), 'training image')} nothing is left; change fewer of them."
        )
    return remedied, control


def _at_most(rows: Positions, labels: Labels, count: int, rng: np.random.Generator) -> Positions:
    """So many of these rows, of each class its share; all if there are no more."""
    if len(rows) <= count:
        return rows
    return rows[split(labels[rows], count / len(rows), rng)[1]]


def job_of(plan: Plan, work: Path, name: str, seed: int) -> Job:
    """The training of one model with the remedies."""
    balance = plan.recipe.balance or Balance()
    return Job(
        name=name,
        model=plan.model,
        class_names=plan.names,
        pixels=str((work / PIXELS).absolute()),
        preprocess=plan.preprocess,
        logits=bool(getattr(plan.classifier, "logits", plan.run.manifest.logits)),
        trust_model=plan.trust_model,
        function=plan.function,
        training=plan.recipe.training,
        sampling=balance.sampling,
        weighted=balance.class_weights,
        focal=balance.focal,
        network="" if plan.recipe.simple is None else plan.recipe.simple.network,
        augmentation=plan.recipe.augment,
        seed=seed,
    )


def without_remedy(job: Job, epochs: int | None) -> Job:
    """The same training without any remedy."""
    plain = replace(job, sampling="all", weighted=False, focal=0.0, augmentation=None)
    if epochs is None:
        return plain
    return replace(plain, training=replace(job.training, epochs=epochs), keep_last=True)


def same_epochs(plan: Plan, models: Sequence[Model], place: int) -> int | None:
    """For augmented trainings how long the control trains: as its counterpart did."""
    if plan.recipe.augment is None or plan.function:
        return None
    result = models[place % plan.seeds].result
    return None if result is None else max(1, result.best_epoch)
