"""`hardex diagnose`: a run + its training data -> findings, self-test and diagnosis."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Image, Labels, Positions, Probabilities
from hardex.classifiers.classifier import Classifier
from hardex.classifiers.opening import Model
from hardex.data.dataset import Dataset, Shape
from hardex.data.pixels import input_image
from hardex.data.sources import Data
from hardex.diagnosis.causes import (
    AMBIGUOUS,
    DUPLICATE,
    IMBALANCE,
    MISLABELLED,
    RARE,
    UNEXPLAINED,
    remedy_of,
)
from hardex.diagnosis.chosen import Chosen, choose
from hardex.diagnosis.duplicates import Copy, in_run, in_training, with_another_label
from hardex.diagnosis.evidence import Near, Undone, corrected, near_to, undo
from hardex.diagnosis.examine import batched, embedded
from hardex.diagnosis.groups import false_credits, group_tests, label_errors
from hardex.diagnosis.judge import Verdicts
from hardex.diagnosis.overall import DIAGNOSIS, CauseCount, Diagnosis, Leakage, NotJudged
from hardex.diagnosis.plants import Cases, Sources
from hardex.diagnosis.plugins import plugged_in
from hardex.diagnosis.reference import readable
from hardex.diagnosis.selftest import SELFTEST, write_json
from hardex.diagnosis.setting import Counter
from hardex.diagnosis.sources import drawn, most_sources
from hardex.diagnosis.training import notes_on, training_labels
from hardex.diagnosis.trial import Given, Named, Trial, hidden_pixels, is_even, try_out
from hardex.diagnosis.wording import Facts, why
from hardex.errors import DatasetError, RunError
from hardex.overview.nearest_training import check_there, open_training
from hardex.predict.neighbours import Progress, silent
from hardex.predict.predictions import shape_for
from hardex.runs.findings import FINDINGS, Finding, write_findings
from hardex.runs.folder import RESULTS, TABLE
from hardex.runs.run import Run, load, opened
from hardex.runs.run_classifier import classifier_of
from hardex.runs.tables import examples_at

JUDGING = "looking for causes"
_SHOWN = 20  # ids of leaked examples


def diagnose(
    run: str | Path | Run,
    *,
    train: Data | None = None,
    count: int = 200,
    all: bool = False,
    also: Sequence[str | Path | Run] = (),
    own: Sequence[str | Callable[..., Any]] = (),
    plants: int = 300,
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
        plants: how many of each cause to plant, to learn and to test.
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
    found = opened(run, data=data)
    _check_counts(count, plants)
    own_plants, own_features = plugged_in(own)
    classifier = _classifier(found, model, preprocess, logits=logits, trust_model=trust_model)
    dataset = _dataset(found)
    names = found.manifest.class_names
    training = None if train is None else _training(train, found)
    labels = (
        np.empty(0, np.int64) if training is None else training_labels(training, names, classifier)
    )
    others = tuple(_other(found, dataset, other, trust_model=trust_model) for other in also)
    chosen = choose(found, count=count, all=all)
    shape = _shape(classifier, dataset, training)
    rng = np.random.default_rng(seed)
    examples = _examples(found, dataset, chosen.positions, shape)
    right = drawn(chosen.right, most_sources(shape), rng)
    sources = _sources(found, dataset, right, shape, classifier)
    named = Named(
        found.manifest.model.name if found.manifest.model else "",
        found.manifest.data.name if found.manifest.data else "",
        ""
        if training is None
        else str(train if isinstance(train, str | Path) else training.source),
        found.manifest.model.hash if found.manifest.model else "",
        "" if training is None else training.fingerprint(),
    )
    hidden = hidden_pixels(examples.images, sources.images)
    trial = try_out(
        Given(
            named,
            classifier,
            names,
            sources,
            training,
            labels,
            frozenset() if training is None else hidden,
            others,
            own_plants,
            own_features,
            plants,
            seed,
        ),
        selftest=selftest,
        progress=progress,
    )
    verdicts = _verdicts(trial, examples, progress)
    copies = _copies(found, dataset, examples, trial, training, labels, rng)
    findings = _findings(found, trial, examples, verdicts, copies, training)
    whole = _diagnosis(found, trial, examples, findings, copies, chosen, named, training)
    _write(found, findings, whole, trial)
    return load(found.folder, data=found.data, annotations=found.annotations_url)


@dataclass(frozen=True, eq=False)
class Examples:
    """The examples that are diagnosed, hardest first.

    Attributes:
        ids: n names.
        positions: (n,) in the data.
        cases: their pictures and given classes.
        p: (n, k) probabilities of the run.
    """

    ids: tuple[str, ...]
    positions: Positions
    cases: Cases
    p: Probabilities

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def images(self) -> NDArray[np.uint8]:
        """Their pictures, (n, h, w, c)."""
        return self.cases.images

    @property
    def predicted(self) -> Labels:
        """(n,) predicted classes."""
        found: Labels = self.p.argmax(axis=1)
        return found


def _check_counts(count: int, plants: int) -> None:
    for option, number in (("--count", count), ("--plants", plants)):
        if number < 1:
            raise RunError(
                f"{option} must be 1 or more; received {number}; choose a larger number."
            )


def _classifier(
    run: Run, model: Model | None, preprocess: str | None, *, logits: bool, trust_model: bool
) -> Classifier | None:
    """The model of the run; None if the run was made from saved probabilities."""
    made_with = run.manifest.model
    if made_with is None and model is None:
        return None
    classifier = classifier_of(
        run, model, preprocess=preprocess, logits=logits, trust_model=trust_model
    )
    if made_with is not None and classifier.fingerprint() != made_with.hash:
        raise RunError(
            f"a diagnosis needs the model that the run was made with, {made_with.name} "
            f"({made_with.hash[:12]}…); {classifier.source} is another one "
            f"({classifier.fingerprint()[:12]}…); rank with it first, or pass the former one with "
            "--model."
        )
    return classifier


def _dataset(run: Run) -> Dataset:
    """The images of the run, unchanged since."""
    dataset = run.dataset
    source = run.manifest.data
    if len(dataset) != run.manifest.counts["examples"] and source is not None:
        raise RunError(
            f"the images of the run must be those that were ranked; {dataset.source} has "
            f"{len(dataset):,} and the run {run.manifest.counts['examples']:,} examples; rank "
            "again, or pass their path with --data."
        )
    return dataset


def _training(train: Data, run: Run) -> Dataset:
    check_there(train)
    return open_training(train, run)


def _shape(classifier: Classifier | None, dataset: Dataset, training: Dataset | None) -> Shape:
    """The (h, w, c) in which pictures are diagnosed."""
    shape = None if classifier is None else shape_for(classifier, dataset)
    if shape is None:
        from hardex.predict.neighbours import space_for

        shape = space_for(classifier, training or dataset)[1].shape
    return shape


def _other(run: Run, dataset: Dataset, other: str | Path | Run, *, trust_model: bool) -> Classifier:
    """The model of another run on the same examples."""
    found = opened(other)
    mine, its = run.manifest.data, found.manifest.data
    same = mine is not None and its is not None and mine.hash == its.hash
    if not same or found.manifest.class_names != run.manifest.class_names:
        raise RunError(
            f"--also needs runs on the same examples; {found.folder} is of "
            f"{its.name if its else 'no images'} and {run.folder} of "
            f"{mine.name if mine else 'no images'}; rank the same data with the other model."
        )
    classifier = classifier_of(found, trust_model=trust_model)
    shape_for(classifier, dataset)
    return classifier


def _examples(run: Run, dataset: Dataset, positions: Positions, shape: Shape) -> Examples:
    there, images = readable(dataset, positions.tolist(), shape)
    if not there:
        raise DatasetError(
            f"the images of the run must be readable; none of {len(positions)} hard examples of "
            f"{dataset.source} is; check the path, or pass it with --data."
        )
    rows = examples_at(run.folder / RESULTS / TABLE, np.array(there, np.int64))
    found = [rows[position] for position in there]
    for row in found:
        if dataset.id(row.position) != row.id:
            raise RunError(
                f"the images of this run have changed: {row.id} is no longer at position "
                f"{row.position} of {dataset.source}; rank again, or pass their path with --data."
            )
    given = np.array([row.given_index for row in found], np.int64)
    return Examples(
        tuple(row.id for row in found),
        np.array(there, np.int64),
        Cases.of(images, given),
        np.stack([row.probabilities for row in found]),
    )


def _sources(
    run: Run, dataset: Dataset, right: Positions, shape: Shape, classifier: Classifier | None
) -> Sources:
    """Examples that the model has right, with its own predictions where there is a model."""
    there, images = readable(dataset, right.tolist(), shape)
    rows = examples_at(run.folder / RESULTS / TABLE, np.array(there, np.int64))
    given = np.array([rows[position].given_index for position in there], np.int64)
    classes = len(run.manifest.class_names)
    if classifier is not None and len(there):
        p = batched(classifier, images)
    else:
        p = np.array([rows[i].probabilities for i in there], np.float32).reshape(-1, classes)
    still = np.flatnonzero(p.argmax(axis=1) == given)  # last bits may decide
    return Sources(images, given, p).at(still)


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
    training: Dataset | None,
    labels: Labels,
    rng: np.random.Generator,
) -> list[list[Copy]]:
    """For each example the images that it is a copy of."""
    reference = trial.setting.reference

    def image_at(position: int) -> Image | None:
        try:
            return input_image(dataset, position, reference.shape)
        except DatasetError:
            return None

    within = in_run(
        run.folder / RESULTS / TABLE,
        examples.positions,
        examples.cases.given,
        examples.p,
        examples.images,
        image_at,
        rng=rng,
    )
    if training is None:
        return within
    outside = in_training(examples.images, reference, training, labels)
    return [one + other for one, other in zip(outside, within, strict=True)]


def _findings(
    run: Run,
    trial: Trial,
    examples: Examples,
    verdicts: Verdicts | None,
    copies: Sequence[Sequence[Copy]],
    training: Dataset | None,
) -> list[Finding]:
    setting, names = trial.setting, run.manifest.class_names
    given, predicted = examples.cases.given, examples.predicted
    others = _others(examples)
    causes = _causes(trial, examples, verdicts, copies)
    undone = undo(setting, examples.cases, [cause for cause, _ in causes])
    near = near_to(setting.reference, examples.cases, others)
    by_shares = corrected(examples.p, setting.reference)
    own, usual, nearest = _distances(trial, examples)
    found = []
    for row in range(len(examples)):
        cause, confidence = causes[row]
        copy = with_another_label(copies[row], int(given[row])) if cause == DUPLICATE else None
        around = _labels_of(near[row], trial, names)
        facts = _facts(
            cause,
            row,
            examples,
            names,
            verdicts,
            undone[row],
            around,
            int(others[row]),
            float(own[row] / usual[row]),
            float(nearest[row] / usual[row]),
            float(setting.reference.counts[given[row]] / setting.reference.counts.sum()),
            int(by_shares[row]),
            _copy_id(copy, run, training),
            copy,
        )
        p = verdicts.probabilities[row] if verdicts is not None else np.empty(0)
        probabilities = dict(zip(verdicts.causes if verdicts else (), p.tolist(), strict=True))
        found.append(
            Finding(
                id=examples.ids[row],
                cause=cause,
                confidence=confidence,
                second_cause=_second(cause, verdicts, row),
                suggested_label=_suggested(cause, names, int(others[row]), copy),
                amount=None if undone[row] is None else undone[row].step.amount,  # type: ignore[union-attr]
                amount_y=None if undone[row] is None else undone[row].step.amount_y,  # type: ignore[union-attr]
                position=int(examples.positions[row]),
                given_label=names[given[row]],
                predicted_label=names[predicted[row]],
                why=why(cause, facts),
                label_after=facts.label_after or None,
                confidence_after=facts.confidence_after if facts.label_after else None,
                other_label=_other_label(cause, names, int(others[row]), int(by_shares[row])),
                class_share=None if training is None else facts.class_share,
                own_distance=_finite(own[row]),
                usual_distance=_finite(usual[row]),
                nearest_distance=_finite(nearest[row]),
                neighbour_ids=_ids(training, near[row].positions),
                neighbour_labels=around,
                neighbour_distances=tuple(near[row].distances.tolist()),
                given_ids=_ids(training, near[row].of_given),
                other_ids=_ids(training, near[row].of_other),
                copy_id=facts.copy or None,
                copy_label=facts.copy_label or None,
                copy_in=facts.copy_in or None,
                probabilities=probabilities,
            )
        )
    return found


def _others(examples: Examples) -> Labels:
    """(n,) the predicted class, or the second where that is the given one."""
    ordered = np.argsort(-examples.p, axis=1, kind="stable")
    found: Labels = np.where(ordered[:, 0] == examples.cases.given, ordered[:, 1], ordered[:, 0])
    return found


def _causes(
    trial: Trial,
    examples: Examples,
    verdicts: Verdicts | None,
    copies: Sequence[Sequence[Copy]],
) -> list[tuple[str, float]]:
    """The cause of each example and its confidence; a copy needs no forest."""
    given_causes = trial.given
    found: list[tuple[str, float]] = []
    named = None if verdicts is None else verdicts.named(given_causes)
    for row, given in enumerate(examples.cases.given.tolist()):
        if with_another_label(copies[row], given) is not None:
            found.append((DUPLICATE, 1.0))
            continue
        if verdicts is None or named is None:
            found.append((UNEXPLAINED, 1.0))
            continue
        p = dict(zip(verdicts.causes, verdicts.probabilities[row].tolist(), strict=True))
        cause = str(named[row])
        most = max(value for name, value in p.items() if name != UNEXPLAINED)
        found.append((cause, 1 - most if cause == UNEXPLAINED else p[cause]))
    return found


def _second(cause: str, verdicts: Verdicts | None, row: int) -> str | None:
    """The next likeliest cause."""
    if verdicts is None:
        return None
    order = np.argsort(-verdicts.votes[row], kind="stable")
    names = [verdicts.causes[place] for place in order if verdicts.votes[row][place] > 0]
    return next((name for name in names if name not in (cause, UNEXPLAINED)), None)


def _facts(
    cause: str,
    row: int,
    examples: Examples,
    names: Sequence[str],
    verdicts: Verdicts | None,
    undone: Undone | None,
    around: Sequence[str],
    other: int,
    own_distance: float,
    nearest_distance: float,
    class_share: float,
    by_shares: int,
    copy_id: str,
    copy: Copy | None,
) -> Facts:
    p, given = examples.p[row], int(examples.cases.given[row])
    predicted = int(examples.predicted[row])
    likeliest = "" if verdicts is None else str(verdicts.likeliest[row])
    votes = 0.0 if verdicts is None else float(verdicts.votes[row].max())
    step = None if undone is None else undone.step
    return Facts(
        given=names[given],
        predicted=names[predicted],
        confidence=float(p[predicted]),
        other=names[other],
        other_confidence=float(np.sort(p)[-2]),
        amount=None if step is None else step.amount,
        amount_y=None if step is None else step.amount_y,
        label_after="" if undone is None else names[undone.label],
        confidence_after=0.0 if undone is None else undone.confidence,
        near_given=sum(label == names[given] for label in around),
        near_predicted=sum(label == names[predicted] for label in around),
        near=len(around),
        own_distance=own_distance,
        nearest_distance=nearest_distance,
        class_share=class_share,
        corrected=names[by_shares] if by_shares != predicted else "",
        copy=copy_id,
        copy_label="" if copy is None else names[copy.label],
        copy_in="" if copy is None else copy.where,
        likeliest=likeliest,
        likeliest_confidence=0.0 if verdicts is None else float(verdicts.probabilities[row].max()),
        not_given=verdicts is not None and votes >= verdicts.threshold,
    )


def _suggested(cause: str, names: Sequence[str], other: int, copy: Copy | None) -> str | None:
    if copy is not None:
        return names[copy.label]
    return names[other] if cause == MISLABELLED else None


def _other_label(cause: str, names: Sequence[str], other: int, by_shares: int) -> str | None:
    if cause == IMBALANCE:
        return names[by_shares]
    return names[other] if cause in (AMBIGUOUS, MISLABELLED) else None


def _labels_of(near: Near, trial: Trial, names: Sequence[str]) -> tuple[str, ...]:
    """Class names of the nearest training images."""
    reference = trial.setting.reference
    rows = np.searchsorted(reference.positions, near.positions)
    return tuple(names[label] for label in reference.labels[rows].tolist())


def _ids(training: Dataset | None, positions: Positions) -> tuple[str, ...]:
    if training is None:
        return ()
    return tuple(training.id(position) for position in positions.tolist())


def _copy_id(copy: Copy | None, run: Run, training: Dataset | None) -> str:
    if copy is None:
        return ""
    data = training if copy.where == "train" and training is not None else run.dataset
    return data.id(copy.position)


def _distances(
    trial: Trial, examples: Examples
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """(n,) by pixels: to the own class, what is usual for it, and to the nearest class."""
    setting, given = trial.setting, examples.cases.given
    places = setting.reference.directions.places(examples.images)
    near, _ = setting.reference.pixels.ranked(places, np.zeros(len(given), np.int64))
    return near[np.arange(len(given)), given], setting.usual.pixels[given], near.min(axis=1)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _diagnosis(
    run: Run,
    trial: Trial,
    examples: Examples,
    findings: Sequence[Finding],
    copies: Sequence[Sequence[Copy]],
    chosen: Chosen,
    named: Named,
    training: Dataset | None,
) -> Diagnosis:
    names = run.manifest.class_names
    given = (*trial.given, UNEXPLAINED)
    rates, measured_on = ({}, {}) if trial.selftest is None else false_credits(trial.selftest)
    counts: dict[str, int] = {}
    for finding in findings:
        counts[finding.cause] = counts.get(finding.cause, 0) + 1
    vectors = embedded(trial.setting.reference, examples.images)
    notes = () if training is None else notes_on(training, names)
    return Diagnosis(
        examples=len(findings),
        wrong=int((examples.predicted != examples.cases.given).sum()),
        chosen=chosen.what,
        model=named.model,
        data=named.data,
        train=named.train,
        train_path="" if training is None else _path(named.train),
        train_hash=named.train_hash,
        scope=trial.setting.reference.scope,
        judged=given,
        not_judged=_not_judged(trial, training),
        counts=tuple(
            CauseCount(cause, number, remedy_of(cause))
            for cause, number in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        ),
        tests=group_tests(findings, rates, names, measured_on),
        label_errors=label_errors(findings, vectors),
        leakage=None if training is None else _leakage(examples, copies),
        notes=(*trial.notes, *notes),
    )


def _path(train: str) -> str:
    path = Path(train).expanduser()
    return str(path.resolve()) if path.exists() else ""


def _not_judged(trial: Trial, training: Dataset | None) -> tuple[NotJudged, ...]:
    tests = () if trial.selftest is None else trial.selftest.causes
    found = [NotJudged(test.cause, test.why_not) for test in tests if not test.given]
    if training is None:
        found += [NotJudged(cause, "there is no training data") for cause in (RARE, IMBALANCE)]
    elif trial.selftest is None and is_even(trial.setting.reference):
        found.append(NotJudged(IMBALANCE, "the classes are about equally large"))
    return tuple(found)


def _leakage(examples: Examples, copies: Sequence[Sequence[Copy]]) -> Leakage:
    exact = [
        (examples.ids[row], with_another_label(some, int(examples.cases.given[row])))
        for row, some in enumerate(copies)
        if any(copy.where == "train" and copy.exact for copy in some)
    ]
    others = sum(copy is not None for _, copy in exact)
    return Leakage(len(exact), others, tuple(id for id, _ in exact[:_SHOWN]))


def _write(run: Run, findings: Sequence[Finding], whole: Diagnosis, trial: Trial) -> None:
    """Replace what a former diagnosis wrote; the findings last, because they are what is shown."""
    results = run.folder / RESULTS
    causes = trial.judge.causes if trial.judge is not None else ()
    try:
        if trial.selftest is None:
            (results / SELFTEST).unlink(missing_ok=True)
        else:
            write_json(results / SELFTEST, trial.selftest.as_json())
        write_json(results / DIAGNOSIS, whole.as_json())
        write_findings(results / FINDINGS, findings, causes)
    except OSError as error:
        raise RunError(
            f"the findings must be written into the run; {results} cannot be written "
            f"({error.strerror or error}); free some space or make the folder writable."
        ) from error
