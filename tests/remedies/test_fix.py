"""A whole fix: what it trains, what it writes, and what it leaves when it does not end."""

import json

import keras
import numpy as np
import pytest
from fakes import contents
from trainings import NAMES, shades, write_model

import hardex
from hardex.classifiers.keras_model import KerasClassifier
from hardex.data.dataset import ArrayDataset
from hardex.errors import HardexError, RunError
from hardex.people.events import Annotation
from hardex.remedies.afterwards import unlabelled
from hardex.remedies.fixed import read_fix
from hardex.remedies.recipe import Balance, Clean, Collect, Recipe, recipe_of
from hardex.training.alone import alone
from hardex.training.augmentation import Amounts, Augmentation
from hardex.training.start import InterruptedTraining

FREE = Recipe(balance=Balance(logit_adjustment=1.0))  # no training


@pytest.fixture
def run(tmp_path):
    """A run of an untrained model on 40 pictures."""
    model = write_model(tmp_path / "m.keras")
    return hardex.rank(
        model, saved(tmp_path / "eval.npz", shades(40, seed=3)), out=tmp_path / "run", seal=0.5
    )


def saved(path, data):
    """The data set as a file, so that it can be opened again."""
    np.savez(path, images=data.images, labels=data.labels, class_names=NAMES)
    return path


def left_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_fix_with_everything(tmp_path, run):
    from hardex.data.sources import open_dataset

    labels = shades().labels.copy()
    labels[:2] = 0  # two bright pictures are called dark
    train = ArrayDataset.of(shades().images, labels, class_names=NAMES)
    before = contents(tmp_path)
    train = saved(tmp_path / "train.npz", train)
    own = hardex.rank(tmp_path / "m.keras", train, out=tmp_path / "own")
    for who in ("Ann", "Bob"):
        for id in ("0", "1"):
            own.annotations.add(Annotation(who, id, "wrong", "bright"))
    saved(tmp_path / "new.npz", shades(6, seed=77))
    recipe = recipe_of(
        {
            "augment": {"rotation": 90},
            "clean": {"run": str(own.folder)},
            "collect": {"folders": [str(tmp_path / "new.npz")]},
            "training": {"epochs": 2, "batch_size": 16, "learning_rate": 0.05, "validation": 0.2},
        }
    )
    with pytest.raises(HardexError, match=r"2 examples must be confirmed.* would be"):
        hardex.fix(run, train=train, recipe=recipe, out=tmp_path / "FIXED")
    seen = []
    fixed = hardex.fix(
        run, train=train, recipe=recipe, out=tmp_path / "FIXED", yes=True, controls=0, prove=False,
        progress=lambda *what: seen.append(what[0]),
    )  # fmt: skip
    assert {one for one in contents(tmp_path) if one.startswith("run/")} == {
        one for one in before if one.startswith("run/")
    }
    names = {"remedied-0.csv", "remedied-0.keras", "data", "fix.json", "lineage.json"}
    assert names | {"recipe.yaml"} < set(left_in(tmp_path / "FIXED"))
    assert not (tmp_path / ".FIXED.fixing").exists()
    assert read_fix(tmp_path / "FIXED").as_json() == fixed.as_json()
    assert [one.name for one in fixed.models] == ["remedied-0"]
    assert fixed.models[0].result.transformed_accuracy is not None and fixed.classes == ()
    assert (fixed.changed, fixed.added, fixed.images) == (2, 6, 86)
    assert "training 1 of 1 (remedied-0)" in seen
    version = open_dataset(tmp_path / "FIXED" / "data", class_names=NAMES)
    assert np.bincount(version.labels).tolist() == [40 + 3, 40 + 3]  # 42 and 38 before
    pixels = {one.tobytes(): label for one, label in zip(shades().images, labels, strict=True)}
    differ = [
        position
        for position in range(len(version))
        if pixels.get(version.image(position).tobytes(), -1) not in (-1, version.labels[position])
    ]
    assert len(differ) == 2
    lineage = json.loads((tmp_path / "FIXED" / "lineage.json").read_text())
    assert [one["to"] for one in lineage["changes"]] == ["bright", "bright"]
    assert lineage["changes"][0]["who"] == "Ann, Bob" and len(lineage["added"][0]["files"]) == 6
    assert fixed.proof_command == (
        f"hardex prove {run.folder} {tmp_path}/FIXED/remedied-0.keras --target rotation=90"
    )


def test_a_fix_of_a_sealed_run_ends_with_its_proof(tmp_path, run):
    fixed = hardex.fix(run, train=shades(80, share=0.25), recipe=FREE, out=tmp_path / "FIXED")
    said = json.loads((tmp_path / "FIXED" / "proof.json").read_text())
    assert said["verdict"] == fixed.proof.verdict and said["uses"] == 1
    assert json.loads((run.folder / "seal.json").read_text())["uses"][0]["reason"]
    without = hardex.fix(
        run, train=shades(80, share=0.25), recipe=FREE, out=tmp_path / "OTHER", prove=False
    )
    assert without.proof is None and not (tmp_path / "OTHER" / "proof.json").exists()
    assert len(json.loads((run.folder / "seal.json").read_text())["uses"]) == 1


def test_what_cannot_be_proved_is_kept_and_said(tmp_path, run, monkeypatch):
    def broken(*models, **options):
        raise RunError("a proof must be a proof; it is none.")

    monkeypatch.setattr("hardex.remedies.proving.proof_of", broken)
    fixed = hardex.fix(run, train=shades(80), recipe=FREE, out=tmp_path / "FIXED")
    assert fixed.model.exists() and fixed.proof is None
    assert fixed.notes[-1] == "It is not proved: a proof must be a proof; it is none."
    assert read_fix(tmp_path / "FIXED").notes == fixed.notes


def test_confirming_data_is_checked_before_anything_is_trained(tmp_path, run):
    (tmp_path / "none.npz").write_bytes(b"no archive")
    for wrong in ("missing.npz", tmp_path / "none.npz"):
        with pytest.raises(HardexError, match=r"missing\.npz|none\.npz"):
            hardex.fix(run, train=shades(80), recipe=FREE, out=tmp_path / "O", confirm=wrong)
    assert not (tmp_path / "O").exists()


def test_of_images_without_labels_only_the_sealed_examples_are_left_out(tmp_path, run):
    def used(data):
        return sum(len(batch.ids) for batch in unlabelled(str(data), run).batches(64, (4, 4, 1)))

    assert used(saved(tmp_path / "pool.npz", shades(60, seed=31))) == 60
    examples = used(saved(tmp_path / "own.npz", shades(40, seed=3)))
    assert examples == run.manifest.counts["examples"] < 40


def test_confirming_data_is_not_trained_on(tmp_path, run):
    kept, shared = shades(40, seed=21), shades(30, seed=22)
    images = np.concatenate([kept.images, shared.images])
    labels = np.concatenate([kept.labels, shared.labels])
    train = ArrayDataset.of(images, labels, class_names=NAMES)
    confirm = saved(tmp_path / "confirm.npz", shared)
    fixed = hardex.fix(run, train=train, recipe=FREE, out=tmp_path / "FIXED", confirm=confirm)
    known = {one.tobytes() for one in (*shared.images, *shades(40, seed=3).images)}
    assert len(fixed.left_out) == sum(one.tobytes() in known for one in images) >= 30
    assert fixed.proof is not None and fixed.proof.kind == "confirm"


def test_logit_adjustment_is_exact_and_needs_no_training(tmp_path, run):
    train = shades(80, share=0.25)
    fixed = hardex.fix(run, train=train, recipe=FREE, out=tmp_path / "FIXED", seeds=3)
    assert [one.name for one in fixed.models] == ["remedied-0"] and fixed.classes == ()
    images = shades(20, seed=8).images
    before, after = (
        KerasClassifier.open(path).probabilities(images)
        for path in (tmp_path / "m.keras", fixed.model)
    )
    wanted = before / [0.75, 0.25]
    assert after == pytest.approx(wanted / wanted.sum(axis=1, keepdims=True), abs=1e-5)


@pytest.mark.parametrize("kind", ["sigmoid", "logits", "softmax layer"])
def test_outputs_of_every_kind_are_shifted(tmp_path, kind):
    from hardex.training.keras_training import shift_outputs

    width, activation = {"sigmoid": (1, "sigmoid"), "logits": (2, None)}.get(kind, (2, None))
    path = write_model(tmp_path / "m.keras", output=width, activation=activation)
    if kind == "softmax layer":
        model = keras.Sequential([keras.saving.load_model(path), keras.layers.Softmax()])
        model.save(path)
    classifier = KerasClassifier.open(path, logits=kind == "logits")
    images = shades(9).images
    before = classifier.probabilities(images)
    shift_outputs(classifier, -np.log([0.9, 0.1]), tmp_path / "shifted.keras")
    assert (classifier.probabilities(images) == before).all()
    after = KerasClassifier.open(tmp_path / "shifted.keras", logits=kind == "logits")
    wanted = before / [0.9, 0.1]
    shares = wanted / wanted.sum(axis=1, keepdims=True)
    assert after.probabilities(images) == pytest.approx(shares, abs=1e-5)


def test_training_images_of_the_run_are_left_out_sealed_ones_too(tmp_path, run):
    images = np.concatenate([shades(40, seed=3).images, shades(20).images])
    labels = np.concatenate([shades(40, seed=3).labels, shades(20).labels])
    train = ArrayDataset.of(images, labels, class_names=NAMES)
    fixed = hardex.fix(run, train=train, recipe=FREE, out=tmp_path / "FIXED")
    assert fixed.left_out == tuple(map(str, range(40))) and fixed.images == 20
    assert "same pixels: 40 training images (0, 1, 2, 3, 4, …)." in fixed.notes[0]


def stops(*what):
    raise KeyboardInterrupt


def killed(*what):
    raise InterruptedTraining("killed")


def full(*what):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("end", "kind", "stays"),
    [
        (stops, KeyboardInterrupt, []),
        (killed, InterruptedTraining, [".FIXED.fixing"]),
        (full, RunError, [".FIXED.fixing"]),
    ],
)
def test_what_does_not_end_leaves_nothing_but_what_can_go_on(tmp_path, run, end, kind, stays):
    before = left_in(tmp_path)
    with pytest.raises(kind):
        hardex.fix(run, train=shades(), recipe=FREE, out=tmp_path / "FIXED", progress=end)
    assert left_in(tmp_path) == sorted([*stays, *before])
    fixed = hardex.fix(run, train=shades(), recipe=FREE, out=tmp_path / "FIXED")
    assert left_in(tmp_path) == sorted(["FIXED", *before]) and fixed.model.exists()


def test_what_another_fix_left_is_not_taken_for_ones_own(tmp_path, run):
    with pytest.raises(InterruptedTraining):
        hardex.fix(run, train=shades(), recipe=FREE, out=tmp_path / "FIXED", progress=killed)
    (tmp_path / ".FIXED.fixing" / "pixels").mkdir(exist_ok=True)
    hardex.fix(run, train=shades(60), recipe=FREE, out=tmp_path / "FIXED")


def test_a_second_fix_of_a_run_is_refused(tmp_path, run):
    held = alone(run.folder / "results", wait=False)
    with held, pytest.raises(RunError, match="one fix of a run is made"):
        hardex.fix(run, train=shades(), recipe=FREE, out=tmp_path / "FIXED")
    (tmp_path / ".FIXED.fixing").mkdir()
    with (
        alone(tmp_path / ".FIXED.fixing", wait=False),
        pytest.raises(RunError, match="another process writes"),
    ):
        hardex.fix(run, train=shades(), recipe=FREE, out=tmp_path / "FIXED")


def test_a_former_fix_is_replaced_only_if_asked_and_nothing_else(tmp_path, run):
    (tmp_path / "FIXED").mkdir()
    with pytest.raises(RunError, match="exists; pass --force"):
        hardex.fix(run, train=shades(), recipe=FREE, out=tmp_path / "FIXED")
    with pytest.raises(RunError, match="so it is none"):
        hardex.fix(run, train=shades(), recipe=FREE, out=tmp_path / "FIXED", force=True)
    (tmp_path / "FIXED" / "fix.json").write_text("{}")
    hardex.fix(run, train=shades(), recipe=FREE, out=tmp_path / "FIXED", force=True)
    assert read_fix(tmp_path / "FIXED").recipe == FREE


def local(data):
    return None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"recipe": Recipe()}, "a recipe must have a remedy"),
        ({"recipe": None}, "has no findings yet"),
        ({"recipe": FREE, "seeds": 0}, "--seeds must be 1 or more"),
        ({"recipe": FREE, "train": "nowhere"}, "there is nothing at nowhere"),
        ({"recipe": FREE, "train": shades(4)}, "there are none of bright"),
        ({"recipe": FREE, "train_function": "no name"}, "--train-fn must be MODULE:FUNCTION"),
        ({"recipe": FREE, "train_function": lambda data: None}, "put it into a module"),
        (
            {"recipe": Recipe(balance=Balance(focal=2.0)), "train_function": "a:b"},
            "can't be given a focal loss",
        ),
        ({"recipe": Recipe(clean=Clean())}, "clean needs a run over the training data"),
        ({"recipe": Recipe(collect=Collect(probes=True))}, "needs kept probes with an expected"),
        ({"recipe": Recipe(collect=Collect(folders=("no",)))}, "collect: folders must be the data"),
        ({"augment": ["rotate=3"]}, "received 'rotate'"),
    ],
)
def test_what_cannot_be_fixed_is_said_and_leaves_nothing(tmp_path, run, options, words):
    if isinstance(options.get("train"), ArrayDataset):
        dark = shades(40).labels == 0
        options = {**options, "train": ArrayDataset.of(
            shades(40).images[dark], shades(40).labels[dark], class_names=NAMES
        )}  # fmt: skip
    before = left_in(tmp_path)
    with pytest.raises(HardexError, match=words) as error:
        hardex.fix(run, **{"train": shades(), "out": tmp_path / "FIXED"} | options)
    assert "\n" not in str(error.value) and left_in(tmp_path) == before


def test_only_a_keras_model_or_a_function_is_trained(tmp_path):
    from fakes import brightness

    run = hardex.rank(brightness, shades(40), out=tmp_path / "run")
    with pytest.raises(HardexError, match="brightness is none; pass --train-fn"):
        hardex.fix(run, train=shades(), recipe=FREE, out=tmp_path / "FIXED", model=brightness)


def test_typed_transforms_replace_those_of_the_recipe(run):
    from hardex.remedies.fix import _recipe

    before = Recipe(augment=Augmentation((Amounts("flip"), Amounts.up_to("blur", 1)), 0.3))
    found = _recipe(run, before, ["blur=2", "rotation=9"], 7, "retrain")
    assert [one.name for one in found.augment.amounts] == ["flip", "blur", "rotation"]
    assert found.augment.amounts[1] == Amounts.up_to("blur", 2.0) and found.augment.share == 0.3
    assert (found.training.epochs, found.training.start) == (7, "retrain")
