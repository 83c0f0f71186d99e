"""Both arms of a fix -> trained models, one after the other."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from hardex.errors import RunError
from hardex.predict.neighbours import Progress
from hardex.remedies.arms import Arm, job_of, same_epochs, without_remedy
from hardex.remedies.fixed import CONTROL, REMEDIED, Model
from hardex.remedies.plan import Plan
from hardex.training.job import JOB, MODEL, write_job
from hardex.training.start import Result, train

ARMS = "arms"
_ADJUSTED = "adjusted.keras"


def train_arms(
    plan: Plan,
    work: Path,
    remedied: Arm,
    control: Arm,
    progress: Progress,
    train: Callable[..., Result] = train,
) -> tuple[Model, ...]:
    """Train the models of both arms, those with the remedies first.

    Args:
        plan: the fix.
        work: its folder; what is trained there already is not trained again.
        remedied, control: what each learns from.
        progress: called now and then.
        train: what trains the job in a folder.

    Raises:
        HardexError: a training fails; see `hardex.training.start.train`.
    """
    if not plan.recipe.trains:
        folder = work / ARMS / f"{REMEDIED}-0"
        folder.mkdir(parents=True, exist_ok=True)
        adjust_outputs(plan, Path(plan.model), remedied, folder)
        return (Model(folder.name, REMEDIED, plan.seed, None),)
    models: list[Model] = []
    total = plan.seeds + plan.controls
    for number in range(total):
        is_control = number >= plan.seeds
        within = number - plan.seeds if is_control else number
        arm = CONTROL if is_control else REMEDIED
        name, seed = f"{arm}-{within}", plan.seed + number
        job = job_of(plan, work, name, seed)
        if is_control:
            job = without_remedy(job, same_epochs(plan, models, within))
        folder = work / ARMS / name
        chosen = control if is_control else remedied
        if not (folder / JOB).exists():
            write_job(folder, job, chosen.labels, chosen.fit, chosen.validation)
        stage = f"training {number + 1} of {total} ({name})"
        result = train(folder, stage=stage, progress=progress)
        if not is_control and shift_of(plan) > 0:
            adjust_outputs(plan, folder / MODEL, remedied, folder)
        models.append(Model(name, arm, seed, result))
    return tuple(models)


def model_in(work: Path, model: Model) -> Path:
    """The file of a model of a fix that is being made."""
    adjusted = work / ARMS / model.name / _ADJUSTED
    return adjusted if adjusted.exists() else adjusted.with_name(MODEL)


def adjust_outputs(plan: Plan, model: Path, arm: Arm, folder: Path) -> None:
    """Write the model with its outputs shifted by the shares of the classes it learnt from.

    Args:
        plan: the fix.
        model: its file, which stays as it is.
        arm: what it learnt from.
        folder: for the new one.

    Raises:
        HardexError: a class has no images, or the model has no outputs that can be shifted.
    """
    from hardex.classifiers.keras_model import KerasClassifier
    from hardex.training.keras_training import shift_outputs

    counts = np.bincount(arm.labels[arm.fit], minlength=len(plan.names))
    if not counts.all():
        missing = plan.names[int((counts == 0).argmax())]
        raise RunError(
            f"logit_adjustment needs training images of each class; there are none of {missing}; "
            "add some, or leave it out."
        )
    classifier = KerasClassifier.open(
        model,
        preprocess=plan.preprocess,
        logits=bool(getattr(plan.classifier, "logits", False)),
        trust_model=plan.trust_model,
    )
    partial = folder / f".partial-{_ADJUSTED}"
    shift_outputs(classifier, -shift_of(plan) * np.log(counts / counts.sum()), partial)
    partial.replace(folder / _ADJUSTED)


def shift_of(plan: Plan) -> float:
    """How far the outputs are shifted; 0 for not at all."""
    return 0.0 if plan.recipe.balance is None else plan.recipe.balance.logit_adjustment
