"""Both arms of a fix -> trained models, one after the other."""

from collections.abc import Callable
from pathlib import Path

from hardex.predict.neighbours import Progress
from hardex.remedies.afterwards import FINISHED, finish
from hardex.remedies.arms import Arm, job_of, same_epochs, without_remedy
from hardex.remedies.fixed import CONTROL, REMEDIED, Model
from hardex.remedies.plan import Plan
from hardex.training.job import JOB, MODEL, write_job
from hardex.training.pixels import Kept
from hardex.training.start import Result, train

ARMS = "arms"


def train_arms(
    plan: Plan,
    work: Path,
    remedied: Arm,
    control: Arm,
    kept: Kept,
    progress: Progress,
    train: Callable[..., Result] = train,
) -> tuple[Model, ...]:
    """Train the models of both arms, those with the remedies first.

    Args:
        plan: the fix.
        work: its folder; what is trained there already is not trained again.
        remedied, control: what each learns from.
        kept: the pixels.
        progress: called now and then.
        train: what trains the job in a folder.

    Raises:
        HardexError: a training fails; see `hardex.training.start.train`.
    """
    if not plan.recipe.trains:
        folder = work / ARMS / f"{REMEDIED}-0"
        folder.mkdir(parents=True, exist_ok=True)
        notes = finish(plan, Path(plan.model), remedied, kept, folder)
        return (Model(folder.name, REMEDIED, plan.seed, None, notes),)
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
        checked: tuple[str, ...] = ()
        if not is_control and plan.recipe.finishes:
            checked = finish(plan, folder / MODEL, remedied, kept, folder)
        models.append(Model(name, arm, seed, result, checked))
    return tuple(models)


def model_in(work: Path, model: Model) -> Path:
    """The file of a model of a fix that is being made."""
    finished = work / ARMS / model.name / FINISHED
    return finished if finished.exists() else finished.with_name(MODEL)
