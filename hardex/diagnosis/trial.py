"""Model + data + training data -> a trained judge and its self-test."""

from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from hardex.arrays import Labels
from hardex.classifiers.classifier import Classifier
from hardex.data.dataset import ArrayDataset, Dataset
from hardex.diagnosis.cases import Sources
from hardex.diagnosis.causes import DUPLICATE, IMBALANCE, RARE
from hardex.diagnosis.duplicates import in_training, with_another_label
from hardex.diagnosis.examine import usual_of
from hardex.diagnosis.features import FEATURES, FeatureFunction
from hardex.diagnosis.judge import Judge, train
from hardex.diagnosis.measuring import accuracy, calibration, cause_test, cause_tests
from hardex.diagnosis.plants import Plant, plants_for
from hardex.diagnosis.reference import Reference, read_reference, readable
from hardex.diagnosis.search import steps
from hardex.diagnosis.selftest import CauseTest, SelfTest
from hardex.diagnosis.setting import Setting, measure_plants
from hardex.diagnosis.sources import LEAST, Parts, distinct, some_usual, split
from hardex.errors import DatasetError
from hardex.images import Transform, transform
from hardex.predict.neighbours import PIXELS, Progress, silent
from hardex.predict.predictions import batch_size_for
from hardex.sentences import counted

OUT_OF_BAG = (
    "The self-test used the plants that the diagnosis learnt from, each judged by the trees that "
    "did not see it, which is a little too favourable."
)
SIMULATED = (
    "The power of rare and imbalance is that of a simulated lack of training data. Of digits that "
    "models really failed for such a lack, 155 of 194 with imbalance and 18 of 44 rare ones were "
    "named."
)
NOTHING_COUNTED = "No planted cause made the model wrong: there is evidence, but no cause is named."
LEARNING, TESTING = "planting causes to learn from", "planting causes to test the diagnosis"
PLANTS = 300  # of each cause
_FEWEST, _SECONDS = 30, 1200
_UNEVEN = 0.5  # share of the largest class, below which a class is small
_COPIED = 300  # training images whose copies are looked for
_SAVED_AGAIN = 90.0  # quality of JPEG


@dataclass(frozen=True, eq=False)
class Trial:
    """A judge, ready for the examples of a data set.

    Attributes:
        setting: what it works with.
        judge: None if there were too few correct examples to plant causes on.
        selftest: None in that case.
        notes: sentences about what limits it.
    """

    setting: Setting
    judge: Judge | None
    selftest: SelfTest | None
    notes: tuple[str, ...]

    @property
    def given(self) -> tuple[str, ...]:
        """The causes that may be named."""
        return () if self.selftest is None else self.selftest.given


@dataclass(frozen=True)
class Named:
    """What a trial is about, as typed, and the hashes of it."""

    model: str
    data: str
    train: str
    model_hash: str
    train_hash: str


@dataclass(frozen=True, eq=False)
class Given:
    """What a trial needs.

    Attributes:
        named: model and data, as typed.
        classifier: None where only probabilities are known.
        class_names: k names.
        sources: correct examples that are not diagnosed.
        train: the training data; None without.
        train_labels: (m,) its labels as classes of the model; () without.
        hidden: names of the pixels of the examples of the run, which are no neighbours.
        others: further models.
        own_plants, own_features: of plug-ins.
        plants: how many of each cause; None for 300, or fewer if the model is slow.
        seed: of everything drawn.
    """

    named: Named
    classifier: Classifier | None
    class_names: tuple[str, ...]
    sources: Sources
    train: Dataset | None
    train_labels: Labels
    hidden: frozenset[str]
    others: tuple[Classifier, ...] = ()
    own_plants: tuple[Plant, ...] = ()
    own_features: tuple[FeatureFunction, ...] = ()
    plants: int | None = None
    seed: int = 0


def try_out(given: Given, *, selftest: bool = True, progress: Progress = silent) -> Trial:
    """Read the training data, plant causes, learn from them, and test what was learnt on others.

    Args:
        given: model, data and training data.
        selftest: whether to plant causes a second time, on other examples, to test; if not, the
            plants that were learnt from are judged by the trees that did not see them.
        progress: it may raise to stop; nothing has been written.

    Raises:
        ClassifierError: the model does not fit the training data.
        DatasetError: no training image can be read.
    """
    rng = np.random.default_rng(given.seed)
    sources = distinct(given.sources)
    parts = split(sources, with_training=given.train is not None, rng=rng)
    reference = _reference(given, parts, rng, progress)
    setting = _setting(given, parts, reference, rng)
    notes = _notes(given, reference)
    if len(sources) < LEAST:
        few = (
            f"The model has only {counted(len(sources), 'other example')} right, and {LEAST} are "
            "needed to plant causes on: there is evidence, but no cause is named."
        )
        return Trial(setting, None, None, (*notes, few))
    count = PLANTS if given.plants is None else given.plants
    if given.plants is None and (affordable := _affordable(setting)) < PLANTS:
        count = affordable
        notes = (
            *notes,
            f"The model is slow: {count} plants of each cause were made, not {PLANTS}.",
        )
    learnt = measure_plants(
        setting, parts.learnt, count, rng=rng, stage=LEARNING, progress=progress
    )
    if not len(learnt):
        return Trial(setting, None, None, (*notes, NOTHING_COUNTED))
    judge = train(learnt.columns, learnt.causes, seed=given.seed)
    if selftest:
        tested = measure_plants(
            setting, parts.tested, count, rng=rng, stage=TESTING, progress=progress
        )
        verdicts = judge.verdicts(tested.columns) if len(tested) else judge.nothing()
    else:
        tested, verdicts = learnt, judge.out_of_bag()
        notes = (*notes, OUT_OF_BAG)
    tests = cause_tests(tested, verdicts, setting.causes)
    if given.train is not None:
        tests = (*tests, _duplicate_test(given, given.train, reference, parts, rng))
    tests = tuple(_only_if_judged(test, given, reference) for test in tests)
    named = tuple(test.cause for test in tests if test.given and test.cause != DUPLICATE)
    right, answered = accuracy(tested, verdicts, named)
    error, bins = calibration(tested, verdicts)
    found = SelfTest(
        given.named.model,
        given.named.data,
        given.named.train,
        given.named.model_hash,
        given.named.train_hash,
        given.seed,
        len(sources),
        tests,
        right,
        answered,
        float(judge.thresholds.min()),
        error,
        bins,
        notes,
    )
    return Trial(setting, judge, found, notes)


def _affordable(setting: Setting) -> int:
    """How many plants of each cause can be measured in about twenty minutes."""
    if setting.classifier is None:
        return PLANTS
    shape = setting.reference.shape
    size = batch_size_for(shape)
    batch = np.zeros((size, *shape), np.uint8)
    setting.classifier.probabilities(batch)  # compiles it
    start = perf_counter()
    setting.classifier.probabilities(batch)
    each = (perf_counter() - start) / size * len(steps(shape))
    return int(max(_FEWEST, min(PLANTS, _SECONDS / (2 * len(setting.causes) * each))))


def _reference(
    given: Given, parts: Parts, rng: np.random.Generator, progress: Progress
) -> Reference:
    if given.train is not None:
        data, labels = given.train, given.train_labels
    else:
        few = len(parts.compared) == 0  # too few examples for three parts
        some = parts.learnt if few else parts.compared
        if not len(some):
            raise DatasetError(
                "examples are compared with training images, or with others that the model has "
                f"right; there are none of both for {given.named.data or 'this data'}; pass the "
                "training data with --train."
            )
        data = ArrayDataset.of(some.images, some.labels, class_names=given.class_names)
        labels = some.labels
    return read_reference(
        data,
        labels,
        given.classifier,
        class_count=len(given.class_names),
        shape=given.sources.shape,
        left_out=given.hidden,
        rng=rng,
        progress=progress,
    )


def _setting(given: Given, parts: Parts, reference: Reference, rng: np.random.Generator) -> Setting:
    some = some_usual(parts.learnt, rng)
    plants = plants_for(reference.shape, with_model=given.classifier is not None)
    if given.train is None:
        plants = tuple(one for one in plants if one.cause not in (RARE, IMBALANCE))
    return Setting(
        given.classifier,
        reference,
        usual_of(reference, some.images, some.labels),
        (*plants, *given.own_plants),
        (*FEATURES, *given.own_features),
        given.others,
    )


def _notes(given: Given, reference: Reference) -> tuple[str, ...]:
    found = []
    if given.classifier is None:
        found.append(
            "The run was made from saved probabilities, without a model: transforms cannot be "
            "tried, and only neighbours and labels are evidence."
        )
    if given.train is None:
        found.append(
            "Without training data (--train DATA) rare examples, imbalance and copies of training "
            "images cannot be judged; examples were compared with others of the run."
        )
    if given.train is not None and given.classifier is not None:
        found.append(SIMULATED)
    if reference.sampled:
        found.append(f"The training data did not fit into memory: compared were {reference.scope}.")
    if given.classifier is not None and reference.space == PIXELS:
        found.append(
            "The model shows no embeddings: pixels stand in for them, and the power shows what "
            "that costs."
        )
    return tuple(found)


def _duplicate_test(
    given: Given, train: Dataset, reference: Reference, parts: Parts, rng: np.random.Generator
) -> CauseTest:
    """Copies of training images under another label must be found, and others must not.

    Half of the copies are compressed, as pictures are that were saved again.
    That a correct example has exactly the pixels of a training image is no false credit.
    """
    rows = rng.permutation(len(reference.positions))[:_COPIED]
    there, copied = readable(train, np.sort(reference.positions[rows]).tolist(), reference.shape)
    labels = given.train_labels[np.array(there, np.int64)]
    others = (labels + rng.integers(1, len(given.class_names), len(labels))) % len(
        given.class_names
    )
    half = len(copied) // 2
    again = [transform(image, Transform(jpeg=_SAVED_AGAIN)) for image in copied[:half]]
    copied = np.concatenate([np.stack(again), copied[half:]]) if again else copied
    found = in_training(copied, reference, train, given.train_labels)
    hits = [
        with_another_label(copies, int(label)) is not None
        for copies, label in zip(found, others, strict=True)
    ]
    some = parts.tested.at(slice(_COPIED))
    beside = in_training(some.images, reference, train, given.train_labels)
    wrong = [
        with_another_label([copy for copy in copies if not copy.exact], int(label)) is not None
        for copies, label in zip(beside, some.labels, strict=True)
    ]
    return cause_test(DUPLICATE, np.array(hits, np.bool_), np.array(wrong, np.bool_))


def _only_if_judged(test: CauseTest, given: Given, reference: Reference) -> CauseTest:
    """Imbalance is named only where classes differ in size."""
    if test.cause != IMBALANCE or not is_even(reference):
        return test
    least, most = int(reference.counts.min()), int(reference.counts.max())
    why = f"the classes are about equally large: {least:,} to {most:,} training images"
    return replace(test, given=False, why_not=why)


def is_even(reference: Reference) -> bool:
    """Whether no class has fewer than half the training images of the largest."""
    return bool(reference.counts.min() >= _UNEVEN * reference.counts.max())
