"""What each arm learns from, and how the control differs from the remedy: in nothing else."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from trainings import NAMES, shades, write_model

import hardex
from hardex.errors import RunError
from hardex.remedies.arms import arms_of, job_of
from hardex.remedies.carry_out import _classes
from hardex.remedies.clean import Change
from hardex.remedies.fixed import Fixed, Model
from hardex.remedies.plan import Plan
from hardex.remedies.proving import proof_of
from hardex.remedies.recipe import Balance, Clean, Recipe, Simple, amounts_of
from hardex.remedies.trials import train_arms
from hardex.training.augmentation import Amounts, Augmentation
from hardex.training.job import read_job
from hardex.training.pixels import keep_pixels
from hardex.training.settings import Training
from hardex.training.start import Result

RESULT = Result(
    epochs=5, best_epoch=4, val_loss=0.1, val_accuracy=0.9, transformed_accuracy=0.8,
    stopped_early=False, findings=("healthy",),
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A plan for 80 pictures and 6 more, and their pixels."""
    folder = tmp_path_factory.mktemp("made")
    model = write_model(folder / "m.keras")
    run = hardex.rank(model, shades(20, seed=3), out=folder / "run")
    sources = [(shades(), np.arange(2)), (shades(6, seed=4), np.arange(2))]
    (folder / "work").mkdir()
    kept = keep_pixels(folder / "work" / "pixels", sources, (4, 4, 1))
    plan = Plan(
        run=run, train="train", recipe=Recipe(training=Training(validation=0.25)),
        classifier=None, model=str(model), function="", trust_model=False,
        dataset=shades(20, seed=3), shape=(4, 4, 1), sources=sources, changes=(), seeds=2,
        controls=3, seed=7,
    )  # fmt: skip
    return plan, kept, folder / "work"


def changed(positions, label):
    labels = shades().labels
    return tuple(Change(str(it), it, NAMES[labels[it]], label, "", "Ann") for it in positions)


def test_added_images_are_learnt_from_and_never_validated_with_nor_in_the_control(made):
    plan, kept, _ = made
    remedied, control = arms_of(plan, kept)
    assert set(remedied.fit) - set(control.fit) == set(range(80, 86))
    assert (remedied.validation == control.validation).all() and len(control.validation) == 20
    assert not set(control.fit) & set(control.validation)


def test_a_simple_start_learns_from_few_of_each_class(made):
    plan, kept, work = made
    few = replace(plan.recipe, simple=Simple(network="hidden", examples=20))
    remedied, control = arms_of(replace(plan, recipe=few, sources=plan.sources[:1]), kept)
    own = remedied.fit[remedied.fit < 80]
    assert np.bincount(shades().labels[own]).tolist() == [10, 10]
    assert (remedied.validation == control.validation).all()
    assert job_of(replace(plan, recipe=few), work, "a", 0).network == "hidden"


def test_the_control_of_removed_images_lacks_as_many_of_each_class(made):
    plan, kept, _ = made
    gone = (0, 3, 9, 50)
    remedied, control = arms_of(replace(plan, changes=changed(gone, "")), kept)
    own = [set(np.concatenate([one.fit, one.validation])) - set(range(80, 86)) for one in
           (remedied, control)]  # fmt: skip
    assert set(range(80)) - own[0] == set(gone)
    missing = np.array(sorted(set(range(80)) - own[1]))
    assert np.bincount(shades().labels[missing]).tolist() == [1, 3] and set(missing) != set(gone)
    assert (remedied.labels == control.labels).all()


def test_the_control_of_relabelled_images_has_them_as_they_were(made):
    plan, kept, _ = made
    remedied, control = arms_of(replace(plan, changes=changed((0, 3), "dark")), kept)
    assert np.flatnonzero(remedied.labels != control.labels).tolist() == [0, 3]
    assert (control.labels == kept.labels).all()
    assert set(remedied.fit) - set(range(80, 86)) == set(control.fit)


def test_a_remedy_that_leaves_nothing_is_refused(made):
    plan, kept, _ = made
    with pytest.raises(RunError, match="of 80 training images nothing is left"):
        arms_of(replace(plan, changes=changed(range(80), "")), kept)


def test_the_control_differs_from_the_remedy_in_nothing_but_the_remedy_and_the_seed(made, tmp_path):
    plan, kept, work = made
    recipe = Recipe(
        augment=Augmentation((Amounts("flip"),), 0.3),
        balance=Balance(class_weights=True, focal=1.5),
        training=Training(epochs=9, learning_rate=0.01, validation=0.25),
    )
    shutil.copytree(work / "pixels", tmp_path / "pixels")
    plan = replace(plan, recipe=recipe)
    seen = []

    def fake(folder, *, stage, progress):
        seen.append((stage, *read_job(folder)))
        shutil.copyfile(plan.model, folder / "model.keras")
        return RESULT

    models = train_arms(plan, tmp_path, *arms_of(plan, kept), kept, lambda *what: None, fake)
    names = ["remedied-0", "remedied-1", "control-0", "control-1", "control-2"]
    assert [one.name for one in models] == names
    assert [stage for stage, _, _ in seen][2] == "training 3 of 5 (control-0)"
    assert [job.seed for _, job, _ in seen] == [7, 8, 9, 10, 11]
    first, control = seen[0][1], seen[2][1]
    assert (first.focal, first.weighted, first.augmentation) == (1.5, True, recipe.augment)
    assert replace(
        first, name=control.name, seed=control.seed, focal=0.0, weighted=False,
        augmentation=None, keep_last=True, training=replace(first.training, epochs=4),
    ) == control  # fmt: skip
    results = _classes(plan, tmp_path, models, arms_of(plan, kept), kept)
    assert [one.images for one in results] == [10, 10]
    assert all(one.remedied == pytest.approx(one.control) for one in results)


def test_without_augmentation_the_control_stops_by_itself(made, tmp_path):
    plan, kept, work = made
    shutil.copytree(work / "pixels", tmp_path / "pixels")
    recipe = Recipe(clean=Clean(), training=Training(validation=0.25))
    jobs = []

    def fake(folder, **options):
        jobs.append(read_job(folder)[0])
        return RESULT

    train_arms(
        replace(plan, recipe=recipe, seeds=1, controls=1), tmp_path, *arms_of(plan, kept), kept,
        lambda *what: None, fake,
    )  # fmt: skip
    assert not jobs[1].keep_last and jobs[1].training == jobs[0].training


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        (["rotation=-30:55"], "rotation=55"), (["scale=0.5:1.2"], "scale=2"), (["flip"], "flip"),
        (["blur=2"], "blur"), (["noise=0.3"], "noise=0.3"), (["flip", "blur=2"], ""), ([], ""),
    ],
)  # fmt: skip
def test_the_proof_plants_what_was_trained(typed, wanted):
    amounts = tuple(map(amounts_of, typed))
    recipe = Recipe(augment=Augmentation(amounts) if amounts else None)
    fixed = Fixed(
        folder=Path("F"), run=Path("r"), train="t", recipe=recipe, models=(), classes=(),
        images=1, left_out=(), changed=0, added=0, notes=(), seconds=1.0, preprocess="unit",
    )  # fmt: skip
    assert fixed.target == wanted


def test_the_proof_names_each_model_once():
    models = tuple(
        Model(f"{arm}-{i}", arm, i, RESULT) for arm in ("remedied", "control") for i in range(3)
    )
    recipe = Recipe(augment=Augmentation((Amounts.up_to("rotation", 45),)))
    fixed = Fixed(
        folder=Path("F"), run=Path("my run"), train="t", recipe=recipe, models=models,
        classes=(), images=1, left_out=(), changed=0, added=0, notes=(), seconds=1.0,
        preprocess="unit",
    )  # fmt: skip
    assert fixed.proof_command == (
        "hardex prove 'my run' F/remedied-0.keras --remedied F/remedied-1.keras --remedied "
        "F/remedied-2.keras --placebo F/control-0.keras --placebo F/control-1.keras --placebo "
        "F/control-2.keras --target rotation=45"
    )
    assert json.loads(json.dumps(fixed.as_json()))["schema"] == "hardex.fix/1"
    asked = {}

    def prove(*models, **options):
        asked.update(options, models=models)
        return "better"

    assert proof_of(fixed, confirm="new", prove=prove) == "better"
    assert asked["models"] == (Path("my run"), Path("F/remedied-0.keras"))
    assert asked["remedied"] == (Path("F/remedied-1.keras"), Path("F/remedied-2.keras"))
    assert len(asked["placebo"]) == 3 and (asked["target"], asked["confirm"]) == (
        "rotation=45",
        "new",
    )
