"""`hardex prove`: two models before and after a change -> whether it helped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np

from hardex.classifiers.opening import Model
from hardex.comparison.differences import class_differences
from hardex.data.dataset import Dataset, Shape
from hardex.data.manifests import Reading
from hardex.data.part import Part
from hardex.data.pixels import AUTO, checked_name
from hardex.data.sources import Data
from hardex.errors import HardexError, RunError
from hardex.new_files import check_target
from hardex.predict.neighbours import Progress, silent
from hardex.predict.predictions import first_shape, shape_for
from hardex.proof.answers import Answered, answers_on, check_same_examples
from hardex.proof.evidence import evidence, fewest_flips, level_of_use
from hardex.proof.figures import (
    AFTER,
    BEFORE,
    PLACEBO,
    REMEDIED,
    STAGES,
    arms,
    counted_models,
    flips,
    slice_differences,
)
from hardex.proof.ground import (
    CONFIRM,
    LOOKED_AT,
    NOWHERE,
    SEALED,
    Ground,
    Keys,
    ReadAs,
    known_to_run,
    trained_on,
    without,
)
from hardex.proof.history import WHAT, home_of, kept, written
from hardex.proof.models import Calling, batch_size_of, check_called_rightly
from hardex.proof.of_run import tests_of_run
from hardex.proof.planted import Target, planted, target_of
from hardex.proof.proof import Proof, Targeted
from hardex.proof.stage import Given, Stage, between_models, from_run, run_of
from hardex.runs.answers import answers_of
from hardex.runs.manifest import now
from hardex.runs.run import Run
from hardex.runs.seal import open_sealed
from hardex.sentences import counted

_MODELS_MOST = 50  # of an arm


@dataclass(frozen=True)
class _Asked:
    """How a proof is made, besides what is compared."""

    train: Data | None
    aim: Target | None
    level: float
    called: Calling
    seed: int
    progress: Progress


def prove(
    before: Model | Run,
    after: Model,
    *,
    confirm: Data | None = None,
    placebo: Sequence[Model] = (),
    remedied: Sequence[Model] = (),
    train: Data | None = None,
    target: str = "",
    level: float = 0.05,
    out: str | Path | None = None,
    force: bool = False,
    model: Model | None = None,
    data: str | Path = "",
    preprocess: str | None = None,
    logits: bool = False,
    trust_model: bool = False,
    class_names: Sequence[str] | None = None,
    resize: bool = False,
    reading: str = AUTO,
    split: str = "",
    file_column: str = "",
    label_column: str = "",
    trust_paths: bool = False,
    seed: int = 0,
    progress: Progress = silent,
) -> Proof:
    """Say whether a change made a model better, on examples that nobody looked at.

    These are `confirm`, or the sealed part of the run. Each use of a seal is recorded before it is
    opened, and the k-th is judged at `level` / (k (k + 1)). Without either nothing is provable.

    Two questions are answered apart: whether this model is better than that one (paired bootstrap
    and McNemar's exact test, which must agree), and whether it is the remedy, which takes three
    models or more of either arm.

    Args:
        before: a model, or a run of one, or its folder.
        after: the model after the change. If `before` is a run, it is called as the run called its
            own model, unless the options below say otherwise.
        confirm: labelled images that nobody looked at, named as in `rank`. Those that the run
            holds are left out.
        placebo: models trained as `after` was, but without the remedy, with other seeds.
        remedied: further models trained as `after` was, with other seeds.
        train: the training data; its images are left out of the proof.
        target: the weakness that the remedy is aimed at, such as `rotation` or `rotation=45`;
            it is planted on every example, as a test of its own.
        level: the chance of calling two equally good models different.
        out: a new `.json` file for the proof. A run keeps its proofs itself, in `RUN/proofs`.
        force: whether to replace an existing file.
        model: of the run, if it was moved.
        data: where the images of the run are now, if they were moved.
        preprocess, logits, trust_model: as in `rank`, of the models that no run describes.
        class_names: the classes in the order of the outputs of these models.
        resize, reading, split, file_column, label_column, trust_paths: of `confirm`, as in `rank`.
        seed: of the bootstrap, the doctor's sample and what is planted.
        progress: called after every batch; it may raise to stop.

    Raises:
        HardexError: the models and the data do not fit together, or the proof cannot be written.

    Example:
        >>> prove("mnist_small", "mnist_cnn").verdict
        'not_provable'
    """
    _check(level, placebo, remedied)
    aim = target_of(target) if target else None
    file = None if out is None else Path(out)
    if file is not None:
        check_target(file, (".json",), option="--out", what=WHAT, force=force)
    names = None if class_names is None else tuple(map(str, class_names))
    called = Calling(preprocess, logits, trust_model, names)
    asked = Reading(split, file_column, label_column, trust_paths, checked_name(reading))
    given = Given(after, remedied, placebo, called)
    run = run_of(before, data)
    if run is not None:
        stage = from_run(run, model, given, confirm, ReadAs(asked, resize))
    elif model is not None or data:
        raise RunError(
            "--model and --data are for a run that was moved; BEFORE is a model; leave them out."
        )
    else:
        stage = between_models(cast(Model, before), given, confirm, ReadAs(asked, resize))
    found = _proof(stage, _Asked(train, aim, level, called, seed, progress))
    if run is not None:
        found = _kept(found, run)
    return found if file is None else written(found, file)


def _kept(found: Proof, run: Run) -> Proof:
    """The proof, kept in its run; one that cost a use of the seal is not lost to a full disk."""
    try:
        return kept(found, run.folder)
    except RunError as error:
        return replace(found, notes=(*found.notes, f"The proof is not kept in the run: {error}"))


def _proof(stage: Stage, asked: _Asked) -> Proof:
    """A proof on the ground of the stage, if it proves anything."""
    blank = Proof(
        *stage.called,
        NOWHERE,
        "",
        "",
        asked.level,
        notes=stage.notes,
        run="" if stage.run is None else str(stage.run.folder),
        created=now(),
    )
    ground = stage.ground
    if ground is None:
        return blank if stage.run is None else replace(blank, kind=LOOKED_AT)
    blank = replace(
        blank,
        kind=ground.kind,
        data=_data_name(stage, ground),
        data_hash=ground.dataset.fingerprint(),
        notes=(*blank.notes, *ground.notes),
    )
    if ground.kind == LOOKED_AT:
        return _looked_at(stage, ground, blank, asked)
    return _proved(stage, ground, blank, asked)


def _data_name(stage: Stage, ground: Ground) -> str:
    """The data as somebody typed it: a full path would tell a reader about the sender's disk."""
    typed = None if stage.run is None or ground.kind == CONFIRM else stage.run.manifest.data
    return ground.dataset.source if typed is None else typed.name


def _proved(stage: Stage, ground: Ground, blank: Proof, asked: _Asked) -> Proof:
    """Everything is checked on examples that may be looked at before the others are opened."""
    sizes = {
        name: batch_size_of(one, ground.dataset, stage.run) for name, one in stage.models.items()
    }
    notes = [*blank.notes, *_doctor(stage, ground, sizes, asked)]
    known, told = _known(stage, ground, asked)
    notes += told
    if asked.aim is not None:
        planted(_to_look_at(stage, ground), asked.aim, _shape(stage, ground), asked.seed)
    if stage.run is not None:
        home_of(stage.run.folder)
    opened, uses, level = _open(stage, ground, asked.level)
    if opened is None:
        return replace(blank, level=level, notes=tuple(notes))
    ground = without(opened, known, asked.progress)
    answered = _answers(stage, ground.dataset, sizes, asked.progress)
    unread = len(ground.dataset.skipped())
    if unread:
        notes.append(f"{counted(unread, 'file')} left out, which could not be read.")
    blank = replace(blank, level=level, left_out=ground.left_out, notes=tuple(notes))
    if not len(answered[BEFORE]):
        return replace(blank, uses=uses if ground.kind == SEALED else 0)
    rng = np.random.default_rng(asked.seed)
    chosen, twice = counted_models(answered)
    blank = replace(blank, uses=uses, notes=(*blank.notes, *twice))
    found = _compared(answered, chosen, ground.dataset, blank, rng)
    found = replace(found, targeted=_targeted(stage, ground, sizes, level, rng, asked))
    if stage.run is None:
        return found
    return _with_tests_of_run(found, stage, stage.run, chosen)


def _compared(
    answered: Mapping[str, Answered],
    chosen: Sequence[str],
    dataset: Dataset,
    blank: Proof,
    rng: np.random.Generator,
) -> Proof:
    """What the answers of all models say; `chosen` are those of both arms that count."""
    first, second = answered[BEFORE], answered[AFTER]
    right = first.right, second.right
    repaired, broken = flips(first, second, dataset)
    same = (
        ("Both models give the same answers on every example: are they the same?",)
        if first.same_as(second)
        else ()
    )
    return replace(
        blank,
        evidence=evidence(*right, blank.level, rng),
        repaired=repaired,
        broken=broken,
        classes=class_differences(dataset.class_names, first.labels, *right, rng),
        slices=slice_differences(dataset.meta, first.positions, *right, rng),
        remedy=arms(answered, chosen, blank.level),
        calibration=(first.calibration_error, second.calibration_error),
        notes=(*blank.notes, *same),
    )


def _with_tests_of_run(found: Proof, stage: Stage, run: Run, chosen: Sequence[str]) -> Proof:
    """The same, with what the run itself holds to test the models on."""
    placebo = [stage.models[name] for name in chosen if name.startswith(PLACEBO)]
    others = [stage.models[name] for name in chosen if name.startswith(REMEDIED)]
    hard, probes, told = tests_of_run(run, [stage.models[AFTER], *others], placebo, found.level)
    return replace(found, hard_set=hard, probes=probes, notes=(*found.notes, *told))


def _looked_at(stage: Stage, ground: Ground, blank: Proof, asked: _Asked) -> Proof:
    """What the run's own examples show, which proves nothing."""
    run = cast(Run, stage.run)
    sizes = {AFTER: batch_size_of(stage.models[AFTER], ground.dataset, run)}
    notes = (*blank.notes, *_doctor(stage, ground, sizes, asked))
    own = answers_of(run)
    after = answers_on(
        stage.models[AFTER], ground.dataset, sizes[AFTER], asked.progress, STAGES[AFTER]
    )
    _, mine, its = np.intersect1d(
        own.positions, after.positions, assume_unique=True, return_indices=True
    )
    if not len(mine):
        return replace(blank, notes=notes)
    before = (own.predicted == own.given)[mine]
    rng = np.random.default_rng(asked.seed)
    seen = evidence(before, after.right[its], asked.level, rng)
    return replace(blank, evidence=seen, notes=notes)


def _doctor(
    stage: Stage, ground: Ground, sizes: Mapping[str, int], asked: _Asked
) -> tuple[str, ...]:
    """What the doctor says of the models; that of a run was examined when it was ranked."""
    dataset = _to_look_at(stage, ground)
    own = () if stage.run is None else (BEFORE,)
    return tuple(
        sentence
        for name, size in sizes.items()
        if name not in own
        for sentence in check_called_rightly(
            stage.models[name], dataset, size, asked.called, asked.seed
        )
    )


def _to_look_at(stage: Stage, ground: Ground) -> Dataset:
    """Examples that the doctor may see: those of the run that were looked at, if they are there."""
    if stage.run is None:
        return ground.dataset
    try:
        return stage.run.dataset
    except RunError:
        if ground.kind == SEALED:
            raise
        return ground.dataset


def _known(stage: Stage, ground: Ground, asked: _Asked) -> tuple[dict[str, Keys], tuple[str, ...]]:
    """The pictures that a proof must not count, and a sentence if they are not known."""
    known: dict[str, Keys] = {}
    told: tuple[str, ...] = ()
    if ground.kind == CONFIRM and stage.run is not None:
        known, told = known_to_run(stage.run, asked.progress)
    if asked.train is not None:
        names = ground.dataset.class_names
        known["trained_on"] = trained_on(asked.train, stage.run, names, asked.progress)
    return known, told


def _open(stage: Stage, ground: Ground, level: float) -> tuple[Ground | None, int, float]:
    """The ground, how often it has been used now, and the level that this leaves.

    The use of a seal is recorded. None where a seal is too small for any test: it stays closed.
    """
    number = stage.uses + 1
    if ground.kind != SEALED or stage.run is None:
        return ground, number, level if number == 1 else level_of_use(number, level)
    sealed = stage.run.manifest.counts.get("sealed")
    if sealed is not None and sealed < fewest_flips(level_of_use(number, level)):
        return None, 0, level_of_use(number, level)
    whole = cast(Part, ground.dataset).whole
    use = open_sealed(stage.run.folder, whole, reason=f"hardex prove, {stage.called[1].source}")
    return replace(ground, dataset=use.part), use.number, level_of_use(use.number, level)


def _answers(
    stage: Stage, dataset: Dataset, sizes: Mapping[str, int], progress: Progress
) -> dict[str, Answered]:
    """What every model answers on the same examples."""
    found: dict[str, Answered] = {}
    for name, one in stage.models.items():
        told = STAGES.get(name, f"the model {name}")
        found[name] = answers_on(one, dataset, sizes[name], progress, told)
        check_same_examples(found[BEFORE], found[name], dataset.source)
    return found


def _shape(stage: Stage, ground: Ground) -> Shape | None:
    """The (h, w, c) in which the later model gets the pictures."""
    seen = _to_look_at(stage, ground)
    return shape_for(stage.models[AFTER], seen) or first_shape(seen)


def _targeted(
    stage: Stage,
    ground: Ground,
    sizes: Mapping[str, int],
    level: float,
    rng: np.random.Generator,
    asked: _Asked,
) -> Targeted | None:
    """Both models on the same examples with the target planted."""
    if asked.aim is None:
        return None
    changed = planted(ground.dataset, asked.aim, _shape(stage, ground), asked.seed)
    before, after = (
        answers_on(
            stage.models[name], changed, sizes[name], asked.progress, f"planted {asked.aim.name}"
        )
        for name in (BEFORE, AFTER)
    )
    return Targeted(asked.aim.as_text(), evidence(before.right, after.right, level, rng))


def _check(level: float, placebo: Sequence[Model], remedied: Sequence[Model]) -> None:
    if not 0 < level < 0.5:
        raise HardexError(
            f"--level must be above 0 and below 0.5, such as 0.05; received {level:g}; choose such "
            "a number."
        )
    for option, models in (("--placebo", placebo), ("--remedied", remedied)):
        if len(models) > _MODELS_MOST:
            raise HardexError(
                f"{option} takes at most {_MODELS_MOST} models; received {len(models)}; leave some "
                "out."
            )
