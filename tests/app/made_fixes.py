"""A sealed run, a fix of it and its proof as they lie on a disk; an app that fixes in pretence."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from hardex.comparison.differences import class_differences
from hardex.proof.arms import remedy_answer
from hardex.proof.evidence import evidence
from hardex.proof.ground import whole_of
from hardex.proof.history import written
from hardex.proof.proof import Named, Probes, Proof
from hardex.remedies.fixed import FIX, RECIPE, Fixed, Model
from hardex.remedies.recipe import Recipe, recipe_text
from hardex.runs.findings import Finding
from hardex.runs.seal import read_seal
from hardex.training.augmentation import Amounts, Augmentation
from hardex.training.start import Result
from hardex_app.fixes import Fixes

from .fake_runs import diagnosed, inspecting, small_run

PROVED = 1_767_323_045  # seconds since 1970
FAKE = Path(__file__).with_name("fake_fix.py")
TURNED = Recipe(augment=Augmentation((Amounts.up_to("rotation", 40.0),)))
LOG = "epoch,loss,accuracy,val_loss,val_accuracy\n" + "".join(
    f"{n},{2 * 0.8**n:.4f},{1 - 0.8**n:.4f},{2.1 * 0.8**n:.4f},{1 - 0.82 * 0.8**n:.4f}\n"
    for n in range(1, 13)
)


def sealed_run(folder, *, findings=True, **options):
    """A run with a seal, whose diagnosis found turned pictures."""
    run, classifier = small_run(folder, count=120, shape=(8, 8, 1), seal=0.5, **options)
    if findings:
        diagnosed(run, turned(run))
    return run, classifier


def turned(run):
    """Findings that six hard examples are rotated, by -40 to 40 degrees."""
    ids, labels = run.hard["id"].unique()[:6], run.predictions.set_index("id").given_label
    amounts = np.linspace(-40, 40, len(ids)).tolist()
    return [
        Finding(
            id=id, position=run.position(id), cause="rotation", confidence=0.9, amount=amount,
            given_label=labels[id],
        )
        for id, amount in zip(ids, amounts, strict=True)
    ]  # fmt: skip


def made_fix(folder, run, *, recipe=TURNED, train="mnist:train", made=None):
    """The folder of a fix of a run, made at this time; its models are empty files."""
    folder.mkdir()
    models = []
    for number, arm in enumerate(("remedied", "control")):
        name = f"{arm}-0"
        (folder / f"{name}.csv").write_text(LOG)
        (folder / f"{name}.keras").write_bytes(b"")
        result = Result(
            epochs=12, best_epoch=12, val_loss=0.1, val_accuracy=0.9, transformed_accuracy=0.8,
            stopped_early=False, findings=("healthy",),
        )  # fmt: skip
        models.append(Model(name, arm, number, result))
    fixed = Fixed(
        folder=folder, run=run.folder, train=train, recipe=recipe, models=tuple(models), classes=(),
        images=1000, left_out=(), changed=0, added=0,
        notes=("look at the classes.",), seconds=120.0, preprocess="unit",
    )  # fmt: skip
    (folder / RECIPE).write_text(recipe_text(recipe))
    fixed.save(folder)
    if made is not None:
        os.utime(folder / FIX, (made, made))
    return fixed


def sealed_ids(run):
    """The ids of the examples that the seal hides."""
    part = read_seal(run.folder).sealed_part(whole_of(run))
    return [id for batch in part.batches(64, (8, 8, 1)) for id in batch.ids]


def made_proof(path, run, model, *, kind="sealed"):
    """A proof in a file: 3 of the sealed examples are broken, 15 repaired."""
    ids = sealed_ids(run)
    before, after = np.ones(len(ids), bool), np.ones(len(ids), bool)
    before[:15], after[15:18] = False, False
    rng = np.random.default_rng(0)
    labels = np.arange(len(ids)) % 3
    arm = np.arange(100) < np.array([[90], [91], [92]])
    proof = Proof(
        before=Named("run", "m.keras"),
        after=Named(model.name, str(model), "abc"),
        kind=kind,
        data=run.data or "data.npz",
        data_hash="0",
        level=0.025,
        uses=1 if kind == "sealed" else 0,
        evidence=evidence(before, after, 0.025, rng),
        repaired=tuple(ids[:15]) if kind == "sealed" else (),
        broken=tuple(ids[15:18]) if kind == "sealed" else (),
        classes=class_differences(run.manifest.class_names, labels, before, after, rng),
        remedy=remedy_answer(arm, arm[:, ::-1][:, :100] & (np.arange(100) < 80), 0.025),
        calibration=(0.04, 0.03),
        probes=Probes(4, ("a",), 4, 2, 3, ()),
        run=str(run.folder),
        created=datetime.fromtimestamp(PROVED, UTC).isoformat(),
    )
    return written(proof, path)


def pretending(folder, **options):
    """A workspace on a sealed run whose fixes are made by `fake_fix`; and how to let one end."""
    run, classifier = sealed_run(folder, **options)
    workspace = inspecting(run, classifier)
    workspace.train = "mnist:train"
    (folder / "made").mkdir()
    fixed = made_fix(folder / "made" / "prepared", run, made=PROVED - 60)
    out = run.folder.resolve().with_name(f"{run.folder.name}-fixed-1")
    proof = made_proof(folder / "made" / "first.json", run, out / fixed.model.name)
    command = (sys.executable, str(FAKE), str(fixed.folder), proof.file)
    workspace.fixes = Fixes(command)

    def let_it_end(word="done"):
        partial = folder / "made" / ".go"
        partial.write_text(word)
        partial.rename(folder / "made" / "go")

    return workspace, let_it_end
