"""`hardex diagnose`: a run + its training data -> findings, self-test and diagnosis."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hardex.arrays import Image
from hardex.classifiers.opening import Model
from hardex.data.dataset import Dataset
from hardex.data.pixels import input_image
from hardex.data.sources import Data
from hardex.diagnosis.chosen import choose
from hardex.diagnosis.duplicates import Copy, among, in_run, in_training
from hardex.diagnosis.examples import (
    Examples,
    check_answers,
    is_whole,
    look_at,
    read_examples,
    read_sources,
)
from hardex.diagnosis.findings import Known, findings_of
from hardex.diagnosis.inputs import (
    check_counts,
    check_unchanged,
    input_shape,
    model_of,
    named_of,
    other_model,
    same_dataset,
    training_of,
)
from hardex.diagnosis.judge import Verdicts
from hardex.diagnosis.plugins import check_model, plugged_in
from hardex.diagnosis.setting import Counter
from hardex.diagnosis.sources import drawn, most_sources
from hardex.diagnosis.summary import summary
from hardex.diagnosis.training import training_labels
from hardex.diagnosis.trial import Given, Trial, try_out
from hardex.diagnosis.writing import write_all
from hardex.errors import DatasetError
from hardex.predict.neighbours import Progress, silent
from hardex.runs.folder import RESULTS, TABLE
from hardex.runs.run import Run, load, opened

JUDGING = "looking for causes"
_MOST_BYTES = 2**31  # of pictures that are diagnosed


def diagnose(
    run: str | Path | Run,
    *,
    train: Data | None = None,
    count: int = 200,
    all: bool = False,
    also: Sequence[str | Path | Run] = (),
    own: Sequence[str | Callable[..., Any]] = (),
    plants: int | None = None,
    selftest: bool = True,
    seed: int = 0,
    model: Model | None = None,
    preprocess: str | None = None,
    logits: bool = False,
    trust_model: bool = False,
    data: str | Path = "",
    progress: Progress = silent,
) -> Run:
    """Say why the hard examples of a run are hard, one cause each, or that none fits.

    Causes are planted on examples that the model has right; a forest learns to tell them apart,
    and is tested on other plants. A cause that it cannot find here is not named.

    Args:
        run: the run, or its folder; `findings.parquet`, `selftest.json` and `diagnosis.json` are
            written into its results, and replace those of a former diagnosis.
        train: the training data; without it rare examples, imbalance and copies cannot be judged.
        count: how many of the hardest of each list to diagnose.
        all: whether to diagnose every wrong example.
        also: runs of other models on the same examples, whose errors are evidence, too.
        own: functions, or MODULE:FUNCTION, that add causes or features; see
            `hardex.diagnosis.plugins`.
        plants: how many of each cause to plant, to learn and to test; 300 by default, and fewer if
            the model is slow.
        selftest: whether causes are planted a second time to test; if not, the plants that were
            learnt from are judged by the trees that did not see them.
        seed: of the plants and of everything else that is drawn.
        model, preprocess, logits, trust_model: of the run's model, if it was moved.
        data: where the images of the run are now, if they were moved.
        progress: called now and then; it may raise to stop, and nothing is changed.

    Returns:
        The run, with `findings`.

    Raises:
        HardexError: the run, its model, its images or the training data cannot be used together.
    """
    check_counts(count, plants)
    found = opened(run, data=data)
    if data and str(data) != found.data:  # a run that was open already
        found = load(found.folder, data=data, annotations=found.annotations_url)
    own_plants, own_features = plugged_in(own)
    classifier = model_of(found, model, preprocess, logits=logits, trust_model=trust_model)
    check_model(classifier, own_plants)
    dataset = same_dataset(found)
    shape = input_shape(classifier, dataset)
    training = None if train is None else training_of(train, found, dataset, shape)
    names = found.manifest.class_names
    labels = np.empty(0, np.int64) if training is None else training_labels(training, names)
    others = tuple(other_model(found, dataset, one, shape, trust_model) for one in also)
    rng = np.random.default_rng(seed)
    most = max(1, _MOST_BYTES // int(np.prod(shape)))
    chosen = choose(found, count=count, all=all, most=most)
    examples = read_examples(found, dataset, chosen.positions, shape)
    check_answers(classifier, examples)
    right = drawn(chosen.right, most_sources(shape), rng)
    sources = read_sources(found, dataset, right, shape, classifier).without(examples.images)
    looked_at = look_at(dataset, shape, examples.positions, right, progress=progress)
    named = named_of(found, train, training)
    given = Given(
        named=named,
        classifier=classifier,
        class_names=names,
        sources=sources,
        train=training,
        train_labels=labels,
        hidden=frozenset() if training is None else frozenset(looked_at),
        others=others,
        own_plants=own_plants,
        own_features=own_features,
        plants=plants,
        seed=seed,
    )
    trial = try_out(given, selftest=selftest, progress=progress)
    verdicts = _verdicts(trial, examples, progress)
    copies = _copies(found, dataset, examples, trial, looked_at)
    if training is not None:
        outside = in_training(examples.images, trial.setting.reference, training, labels)
        copies = [one + other for one, other in zip(outside, copies, strict=True)]
    known = Known(found, dataset, training, trial, examples, verdicts, copies, looked_at, labels)
    findings = findings_of(known)
    whole = summary(known, findings, chosen, named)
    check_unchanged(found)
    write_all(found.folder / RESULTS, findings, whole, trial)
    return load(found.folder, data=found.data, annotations=found.annotations_url)


def _verdicts(trial: Trial, examples: Examples, progress: Progress) -> Verdicts | None:
    """What the judge says; None without one."""
    if trial.judge is None:
        return None
    counted = Counter(JUDGING, len(examples), progress)
    columns = trial.setting.columns(examples.cases, examples.p, counted)
    return trial.judge.verdicts(columns)


def _copies(
    run: Run,
    dataset: Dataset,
    examples: Examples,
    trial: Trial,
    looked_at: Mapping[str, Sequence[int]],
) -> list[list[Copy]]:
    """For each example the others of the run that it is a copy of."""
    reference = trial.setting.reference
    if is_whole(dataset, reference.shape):
        return among(looked_at, np.asarray(dataset.labels), examples.positions, examples.images)

    def image_at(position: int) -> Image | None:
        try:
            return input_image(dataset, position, reference.shape)
        except DatasetError:
            return None

    return in_run(
        run.folder / RESULTS / TABLE,
        examples.positions,
        examples.cases.given,
        examples.p,
        examples.images,
        image_at,
    )
