"""The arguments of `hardex prove` -> the models, and the examples that they are compared on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hardex.classifiers.classifier import Classifier
from hardex.classifiers.opening import Model
from hardex.data.sources import Data
from hardex.diagnosis.inputs import same_dataset
from hardex.errors import RunError
from hardex.pipeline.rank_again import is_run
from hardex.proof.figures import AFTER, BEFORE, PLACEBO, REMEDIED
from hardex.proof.ground import (
    LOOKED_AT,
    SEALED,
    Ground,
    ReadAs,
    confirm_for_models,
    confirm_for_run,
    whole_of,
)
from hardex.proof.history import history
from hardex.proof.models import Calling, model_before, model_like_run, opened_alone
from hardex.proof.proof import Named
from hardex.runs.run import Run, load, opened
from hardex.runs.seal import read_seal, seal_uses


@dataclass(frozen=True, eq=False)
class Given:
    """The models as they were given.

    Attributes:
        after: the later model.
        remedied, placebo: further models of both arms.
        called: how they are called, as far as options say.
    """

    after: Model
    remedied: Sequence[Model]
    placebo: Sequence[Model]
    called: Calling

    def named(self) -> dict[str, Model]:
        """Each by its name among all answers."""
        arms = ((REMEDIED, self.remedied), (PLACEBO, self.placebo))
        more = {f"{arm} {i}": one for arm, models in arms for i, one in enumerate(models, 1)}
        return {AFTER: self.after, **more}


@dataclass(frozen=True, eq=False)
class Stage:
    """What is compared, and where.

    Attributes:
        models: by their names; without the earlier one where its answers are in a run.
        called: two names for sentences.
        ground: where; a sealed part is not opened yet. None for nowhere.
        run: the run, if there is one.
        uses: how often the ground had been used for a proof before.
        notes: sentences on what is missing.
    """

    models: Mapping[str, Classifier]
    called: tuple[Named, Named]
    ground: Ground | None
    run: Run | None
    uses: int = 0
    notes: tuple[str, ...] = ()

    def arm(self, name: str) -> list[Classifier]:
        """The models whose names begin so."""
        return [one for key, one in self.models.items() if key.startswith(name)]


def run_of(before: object, data: str | Path) -> Run | None:
    """The run that BEFORE is; None if it is a model.

    Raises:
        RunError: the run cannot be read.
    """
    if isinstance(before, Run):
        moved = data and str(data) != before.data
        return (
            load(before.folder, data=data, annotations=before.annotations_url) if moved else before
        )
    return opened(str(before), data=data) if is_run(before) else None


def between_models(before: Model, given: Given, confirm: Data | None, read_as: ReadAs) -> Stage:
    """Two models without a run.

    Raises:
        HardexError: a model or the data cannot be opened.
    """
    called = given.called
    ground = None if confirm is None else confirm_for_models(confirm, called.class_names, read_as)
    first = opened_alone(before, called)
    models = {name: opened_alone(one, called) for name, one in given.named().items()}
    names = _names(first.source, first, models[AFTER])
    return Stage({BEFORE: first, **models}, names, ground, None)


def from_run(
    run: Run, model: Model | None, given: Given, confirm: Data | None, read_as: ReadAs
) -> Stage:
    """A run, and models for its data.

    Args:
        run: BEFORE.
        model: of the run, if it was moved.
        given: the other models.
        confirm: the confirming data, if there is any.
        read_as: how it is read.

    Raises:
        HardexError: a model or the data cannot be opened, or does not fit the run.
    """
    seal = read_seal(run.folder)
    provable = confirm is not None or seal is not None
    first = model_before(run, model, trust_model=given.called.trust_model) if provable else None
    if provable and first is None:
        raise RunError(
            f"BEFORE must have a model that answers new examples; {run.folder} was made from saved "
            "probabilities; pass the model itself as BEFORE, with --confirm DATA."
        )
    models = {
        name: model_like_run(one, run, first, given.called) for name, one in given.named().items()
    }
    names = _names(run.folder.resolve().name, first, models[AFTER])
    if first is None:
        ground, notes = _looked_at(run)
        return Stage(models, names, ground, run, notes=notes)
    models = {BEFORE: first, **models}
    if confirm is not None:
        ground = confirm_for_run(confirm, run, read_as)
        used = history(run).uses_of(ground.dataset.fingerprint())
        return Stage(models, names, ground, run, used)
    if seal is None:  # checked above
        return Stage(models, names, None, run)
    sealed = Ground(SEALED, seal.sealed_part(whole_of(run)))
    return Stage(models, names, sealed, run, seal_uses(run.folder))


def _looked_at(run: Run) -> tuple[Ground | None, tuple[str, ...]]:
    try:
        return Ground(LOOKED_AT, same_dataset(run)), ()
    except RunError as error:
        return None, (f"The examples of the run could not be looked at: {error}",)


def _names(before: str, first: Classifier | None, second: Classifier) -> tuple[Named, Named]:
    early, late = Path(before).name, Path(second.source).name
    if early == late:
        early, late = f"{early} (before)", f"{late} (after)"
    earlier = Named(early, before) if first is None else _named(early, first)
    return earlier, _named(late, second)


def _named(name: str, classifier: Classifier) -> Named:
    return Named(name, classifier.source, classifier.fingerprint(), classifier.preprocess)
