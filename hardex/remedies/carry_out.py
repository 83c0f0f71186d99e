"""A plan -> the folder of a fix, whole or not at all."""

import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Labels, Positions
from hardex.data.part import Part
from hardex.diagnosis.training import notes_on
from hardex.new_files import whole_folder
from hardex.predict.neighbours import Progress
from hardex.predict.predictions import batch_size_for
from hardex.remedies.arms import PIXELS, Arm, arms_of
from hardex.remedies.fixed import (
    CONTROL,
    RECIPE,
    REMEDIED,
    ClassResult,
    Fixed,
    Model,
    class_results,
)
from hardex.remedies.new_version import DATA, LINEAGE, write_lineage, write_version
from hardex.remedies.plan import Plan
from hardex.remedies.recipe import recipe_text
from hardex.remedies.trials import ARMS, model_in, train_arms
from hardex.sentences import counted
from hardex.training.job import LOG
from hardex.training.pixels import Kept, keep_pixels, keys_of, open_pixels
from hardex.training.settings import FINE_TUNE

_ENOUGH = 3  # models of an arm that tell the remedy from a new seed
_SHOWN = 5  # ids in a note
_BATCHES = "log.batches.csv"
_TOLD = frozenset(
    {"underfitting", "overfitting", "not_converged", "oscillating", "lr_too_low", "diverging"}
)
_USUAL = frozenset({"lr_too_low", "not_converged"})  # of a model that has learnt before


def carry_out(plan: Plan, work: Path, target: Path, began: float, progress: Progress) -> Fixed:
    """Read the pixels, train both arms and write what is left of it.

    Args:
        plan: the fix.
        work: the folder in which it is made; what is done there already is not done again.
        target: the folder to write, whole or not at all.
        began: when, in seconds of `monotonic`.
        progress: called now and then.

    Raises:
        HardexError: a training fails, or the remedies cannot be applied.
    """
    kept = _pixels(plan, work, progress)
    remedied, control = arms_of(plan, kept)
    models = train_arms(plan, work, remedied, control, kept, progress)
    files = _data_files(plan, work, kept, remedied, progress)
    classes = _classes(plan, work, models, (remedied, control), kept)
    fixed = Fixed(
        folder=target,
        run=plan.run.folder,
        train=plan.train,
        recipe=plan.recipe,
        models=models,
        classes=classes,
        images=len(remedied.fit) + len(remedied.validation),
        left_out=kept.left_out,
        changed=len(plan.changes),
        added=int((kept.origins > 0).sum()),
        notes=tuple(_notes(plan, kept, models)),
        seconds=monotonic() - began,
        preprocess=plan.preprocess,
    )
    with whole_folder(target, "a fix") as partial:
        for one in models:
            job = work / ARMS / one.name
            shutil.copyfile(model_in(work, one), partial / one.file)
            for log, suffix in ((LOG, ".csv"), (_BATCHES, ".batches.csv")):
                if (job / log).exists():
                    shutil.copyfile(job / log, partial / f"{one.name}{suffix}")
        if files:
            (work / DATA).rename(partial / DATA)
            (work / LINEAGE).rename(partial / LINEAGE)
        (partial / RECIPE).write_text(recipe_text(plan.recipe), encoding="utf-8")
        fixed.save(partial)
    return fixed


def _pixels(plan: Plan, work: Path, progress: Progress) -> Kept:
    """The pixels of all sources, read once."""
    folder = work / PIXELS
    if not folder.exists():
        everything = plan.dataset.whole if isinstance(plan.dataset, Part) else plan.dataset
        seen = set(keys_of(everything, plan.shape))
        if plan.confirm is not None:
            seen.update(keys_of(plan.confirm, plan.shape))
        partial = work / f".{PIXELS}"
        shutil.rmtree(partial, ignore_errors=True)
        keep_pixels(partial, plan.sources, plan.shape, seen, progress)
        partial.rename(folder)
    return open_pixels(folder)


def _data_files(plan: Plan, work: Path, kept: Kept, arm: Arm, progress: Progress) -> list[str]:
    """Write the new version of the data, if a remedy changes it."""
    if not plan.changes and len(plan.sources) == 1:
        return []
    shutil.rmtree(work / DATA, ignore_errors=True)
    rows = np.sort(np.concatenate([arm.fit, arm.validation]))
    datasets = [one for one, _ in plan.sources]
    files = write_version(
        work / DATA,
        datasets,
        kept.origins[rows],
        kept.positions[rows],
        arm.labels[rows],
        plan.names,
        progress,
    )
    write_lineage(
        work / LINEAGE,
        datasets[0],
        datasets[1:],
        plan.changes,
        kept.left_out,
        files,
        kept.origins[rows],
        command=shlex.join(["hardex", *sys.argv[1:]]) if sys.argv else "",
    )
    return files


def _classes(
    plan: Plan, work: Path, models: Sequence[Model], arms: tuple[Arm, Arm], kept: Kept
) -> tuple[ClassResult, ...]:
    """How both arms do on the images that both are validated with, class by class."""
    if not plan.controls:
        return ()
    rows = np.intersect1d(arms[0].validation, arms[1].validation)
    labels = arms[0].labels[rows]
    images = np.bincount(labels, minlength=len(plan.names))
    means = []
    for arm in (REMEDIED, CONTROL):
        files = [model_in(work, one) for one in models if one.arm == arm]
        shares = [_right(plan, file, kept, rows, labels) for file in files]
        means.append(np.mean(shares, axis=0))
    return class_results(plan.names, images.tolist(), means[0].tolist(), means[1].tolist())


def _right(
    plan: Plan, file: Path, kept: Kept, rows: Positions, labels: Labels
) -> NDArray[np.float64]:
    """(k,) the share of right predictions of a model in each class; 0 where there are none."""
    from hardex.classifiers.keras_model import KerasClassifier

    classifier = KerasClassifier.open(
        file,
        preprocess=plan.preprocess,
        logits=bool(getattr(plan.classifier, "logits", False)),
        trust_model=plan.trust_model,
    )
    size = batch_size_for(plan.shape)
    predicted = [
        classifier.probabilities(np.asarray(kept.images[rows[at : at + size]])).argmax(axis=1)
        for at in range(0, len(rows), size)
    ]
    right = np.concatenate(predicted) == labels
    count = len(plan.names)
    hits = np.bincount(labels, weights=right, minlength=count)
    return np.asarray(hits / np.maximum(1, np.bincount(labels, minlength=count)))


def _notes(plan: Plan, kept: Kept, models: Sequence[Model]) -> Iterator[str]:
    yield from notes_on(plan.sources[0][0], plan.names)
    if kept.left_out:
        shown = ", ".join(kept.left_out[:_SHOWN])
        more = ", …" if len(kept.left_out) > _SHOWN else ""
        yield (
            "Left out of the training, because the run or the confirming data has the same pixels: "
            f"{counted(len(kept.left_out), 'training image')} ({shown}{more})."
        )
    for dataset, _ in plan.sources:
        if unread := dataset.skipped():
            yield (
                f"{counted(len(unread), 'image')} of {dataset.source} cannot be read and "
                f"{'is' if len(unread) == 1 else 'are'} left out; the first is {unread[0].id}."
            )
    recipe = plan.recipe
    if recipe.augment is not None:
        yield (
            "Augmentation that helps one class may harm another: look at the classes, and at what "
            "the proof says of each."
        )
    if recipe.balance is not None:
        yield (
            "Classes that count the same gain in the small ones and lose in the large ones: the "
            "accuracy over all may fall."
        )
    if recipe.simple is not None:
        yield (
            "The small network stands for what little effort reaches, and has no control: compare "
            "it with the model of the run."
        )
    elif recipe.trains and min(plan.seeds, plan.controls) < _ENOUGH:
        yield (
            f"Whether it is the remedy and not the new training takes {_ENOUGH} models with it and "
            f"{_ENOUGH} without; here are {plan.seeds} and {plan.controls}: pass --seeds "
            f"{_ENOUGH}."
        )
    for one in models:
        yield from (note if len(models) == 1 else f"{one.name}: {note}" for note in one.notes)
        told = _TOLD - _USUAL if recipe.training.start == FINE_TUNE else _TOLD
        bad = [] if one.result is None else [it for it in one.result.findings if it in told]
        if bad:
            yield f"The curves of {one.name} say {', '.join(bad)}: look at {one.name}.csv."
