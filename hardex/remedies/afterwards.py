"""A trained model -> the same model after what needs no training, and what its check found.

Logit adjustment, batch normalisation on other images, and other shares of the classes. All end in
the weights of the model, so that it stays a plain `.keras` file.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Image, Images
from hardex.bounded import read_json
from hardex.classifiers.keras_model import KerasClassifier
from hardex.data.dataset import Dataset
from hardex.data.folders import open_unlabelled
from hardex.data.part import Part
from hardex.diagnosis.keys import pixel_key
from hardex.errors import DatasetError, RunError
from hardex.overview.nearest_training import check_there
from hardex.predict.predictions import batch_size_for, predict
from hardex.remedies.arms import Arm
from hardex.remedies.collect import opened_new
from hardex.remedies.plan import Plan
from hardex.remedies.recipe import EM, Adapt
from hardex.remedies.shares import Shares, apart, confusion_shares, em_shares
from hardex.runs.run import Run
from hardex.runs.seal import Seal, read_seal
from hardex.sentences import counted, p_words
from hardex.training.job import write_whole
from hardex.training.pixels import Kept

FINISHED, _NOTES = "finished.keras", "finished.json"
_PARTIAL = ".partial-finished.keras"
_FEW = 100  # images, from which statistics are not known well
_ALPHA = 0.05
_DISAGREE = 0.1  # of the images, of which two estimates of the shares differ
_NAMED = 3  # classes in a note


def finish(plan: Plan, model: Path, arm: Arm, kept: Kept, folder: Path) -> tuple[str, ...]:
    """Write `finished.keras`, once; `model` stays as it is.

    Args:
        plan: the fix.
        model: the file of the model.
        arm: what it learnt from.
        kept: the pixels.
        folder: to write to.

    Returns:
        What the checks found, sentences.

    Raises:
        HardexError: the model has no layers of this kind, or the images cannot be read.
    """
    if not (folder / FINISHED).exists():
        notes = _finished(plan, model, arm, kept, folder / _PARTIAL)
        write_whole(folder / _NOTES, json.dumps(notes).encode())
        (folder / _PARTIAL).replace(folder / FINISHED)
    return tuple(map(str, read_json(folder / _NOTES)))


def _finished(plan: Plan, model: Path, arm: Arm, kept: Kept, to: Path) -> list[str]:
    from hardex.training.keras_training import shift_outputs, with_statistics_of

    notes: list[str] = []
    now, source = model, _shares_of(plan, arm)
    if plan.recipe.shift > 0:
        shift_outputs(_opened(plan, now), -plan.recipe.shift * np.log(source), to)
        now = to
    adapt = plan.recipe.adapt or Adapt()
    if adapt.statistics:
        target = unlabelled(adapt.statistics, plan.run)
        with_statistics_of(_opened(plan, now), lambda: _images(target, plan), to)
        now = to
        notes += _about_few(target, "The statistics of batch normalisation")
    if adapt.shares:
        target = unlabelled(adapt.shares, plan.run)
        classifier = _opened(plan, now)
        probabilities = np.concatenate(
            [classifier.probabilities(images) for images in _images(target, plan)]
        )
        by_em = em_shares(probabilities, source)
        by_confusion = confusion_shares(
            _confusion(plan, classifier, arm, kept), _predicted(probabilities)
        )
        chosen = by_em if adapt.method == EM else by_confusion
        least = 0.5 / len(probabilities)
        shift = np.log(np.maximum(chosen, least) / np.maximum(source, least))
        shift_outputs(classifier, shift, to)
        now = to
        notes += [
            *_about_few(target, "The shares of the classes"),
            *_about_shares(plan, source, chosen, by_em, by_confusion),
        ]
    if plan.recipe.adapt is not None:
        notes.append(_labelled_check(plan, model, now))
    return notes


def unlabelled(data: str, run: Run) -> Dataset:
    """Images whose labels, if they have some, are not used; without what the run seals.

    Args:
        data: a folder of pictures, or anything that DATA can be.
        run: whose classes, reading and seal.

    Raises:
        HardexError: there are none.
    """
    check_there(data, "the data without labels", "images")
    path = Path(data).expanduser()
    try:
        found = opened_new(data, run)
    except DatasetError:  # no labels, or others than those of the run
        if not path.is_dir():
            raise
        found = open_unlabelled(path, run.manifest.class_names)
    seal = read_seal(run.folder)
    if seal is None:
        return found
    sealed = _sealed_keys(run, seal)

    def is_free(image: Image) -> bool:
        return not seal.holds(image) or pixel_key(image) not in sealed

    return Part(found, is_free, "it is a sealed example of the run")


def _sealed_keys(run: Run, seal: Seal) -> set[str]:
    """The pixels of the sealed examples themselves: its rule alone holds of other images, too."""
    data = run.dataset
    whole = data.whole if isinstance(data, Part) else data
    keys = set()

    def note(image: Image) -> bool:
        if seal.holds(image):
            keys.add(pixel_key(image))
        return False  # nothing more of it is needed

    for _ in whole.batches(256, (1, 1, 1), keep=note):
        pass
    return keys


def _images(dataset: Dataset, plan: Plan) -> Iterator[Images]:
    for batch in dataset.batches(batch_size_for(plan.shape), plan.shape):
        yield batch.images


def _opened(plan: Plan, model: Path) -> KerasClassifier:
    return KerasClassifier.open(
        model,
        preprocess=plan.preprocess,
        logits=bool(getattr(plan.classifier, "logits", False)),
        trust_model=plan.trust_model,
    )


def _shares_of(plan: Plan, arm: Arm) -> Shares:
    """The shares of the classes that the model learnt from."""
    counts = np.bincount(arm.labels[arm.fit], minlength=len(plan.names))
    if not counts.all():
        missing = plan.names[int((counts == 0).argmax())]
        raise RunError(
            "shares of the classes need training images of each; there are none of "
            f"{missing}; add some, or leave logit_adjustment and shares out."
        )
    return np.asarray(counts / counts.sum())


def _predicted(probabilities: NDArray[np.floating]) -> Shares:
    count = probabilities.shape[1]
    return np.asarray(np.bincount(probabilities.argmax(axis=1), minlength=count)) / len(
        probabilities
    )


def _confusion(
    plan: Plan, classifier: KerasClassifier, arm: Arm, kept: Kept
) -> NDArray[np.float64]:
    """(k, k) counts on the validation part, by given and predicted class."""
    size, count = batch_size_for(plan.shape), len(plan.names)
    found = np.zeros((count, count))
    for start in range(0, len(arm.validation), size):
        rows = arm.validation[start : start + size]
        predicted = classifier.probabilities(np.asarray(kept.images[rows])).argmax(axis=1)
        np.add.at(found, (arm.labels[rows], predicted), 1)
    return found


def _about_few(target: Dataset, what: str) -> Iterator[str]:
    if len(target) < _FEW:
        yield (
            f"{what} come from {counted(len(target), 'image')} only, and may do harm: take {_FEW} "
            "or more."
        )


def _about_shares(
    plan: Plan, source: Shares, chosen: Shares, by_em: Shares, by_confusion: Shares
) -> Iterator[str]:
    places = np.argsort(-np.abs(chosen - source), kind="stable")[:_NAMED]
    named = ", ".join(f"{plan.names[i]} {source[i]:.1%} → {chosen[i]:.1%}" for i in places)
    yield f"Shares of the classes, in the training → estimated: {named}."
    differ = apart(by_em, by_confusion)
    if differ > _DISAGREE:
        yield (
            f"The two ways to estimate the shares disagree on {differ:.0%} of the images, so the "
            "correction may do harm: the images differ in more than the shares, or the model is "
            "not calibrated."
        )


def _labelled_check(plan: Plan, before: Path, after: Path) -> str:
    """Whether the labelled examples of the run, which were looked at, got worse."""
    from scipy.stats import binomtest

    rights = []
    for path in (before, after):
        batches = predict(_opened(plan, path), plan.dataset)
        rights.append(np.concatenate([one.predicted == one.labels for one in batches]))
    broken, repaired = int((rights[0] & ~rights[1]).sum()), int((~rights[0] & rights[1]).sum())
    p = binomtest(broken, broken + repaired, 0.5, "greater").pvalue if broken + repaired else 1.0
    text = (
        f"Of {counted(len(rights[0]), 'labelled example')} of the run, adapting repaired "
        f"{repaired:,} and broke {broken:,}"
    )
    if p < _ALPHA:
        return f"{text} ({p_words(float(p))}): it does harm where they are like the new images."
    return f"{text}; nothing speaks for harm there."
