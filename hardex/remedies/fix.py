"""`hardex fix`: a run + its training data + a recipe -> models with the remedy and without it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

from hardex.classifiers.classifier import Classifier
from hardex.classifiers.functions import names_function
from hardex.classifiers.opening import Model as ModelArgument
from hardex.data.dataset import Dataset, Shape
from hardex.data.sources import Data
from hardex.diagnosis.inputs import input_shape, model_of, same_dataset
from hardex.diagnosis.training import check_size, class_places
from hardex.errors import HardexError, RunError
from hardex.new_files import check_free
from hardex.overview.nearest_training import check_there, opened_by_name
from hardex.predict.neighbours import Progress, silent
from hardex.remedies.carry_out import carry_out
from hardex.remedies.clean import Change, changes_for, check_confirmed
from hardex.remedies.collect import sources_of
from hardex.remedies.fixed import FIX, Fixed
from hardex.remedies.plan import Plan
from hardex.remedies.proving import with_proof
from hardex.remedies.recipe import Recipe, amounts_of, read_recipe
from hardex.remedies.suggest import suggest
from hardex.remedies.work_folder import work_folder
from hardex.runs.folder import RESULTS
from hardex.runs.run import Run, load, opened
from hardex.runs.seal import read_seal
from hardex.training.alone import alone
from hardex.training.augmentation import Augmentation

CONFIRMING = "confirming data"


def fix(
    run: str | Path | Run,
    *,
    train: Data,
    out: str | Path,
    recipe: str | Path | Recipe | None = None,
    augment: Sequence[str] = (),
    train_function: str | Callable[..., Any] = "",
    epochs: int | None = None,
    start: str | None = None,
    seeds: int = 1,
    controls: int | None = None,
    seed: int = 0,
    yes: bool = False,
    wait: bool = False,
    confirm: Data | None = None,
    prove: bool = True,
    force: bool = False,
    model: ModelArgument | None = None,
    preprocess: str | None = None,
    logits: bool = False,
    trust_model: bool = False,
    data: str | Path = "",
    progress: Progress = silent,
) -> Fixed:
    """Train a model with remedies, and control models without them, so that a proof can compare.

    Nothing of the run, its model or the training data is changed. The same call goes on where a
    killed one was; one that is stopped leaves nothing.

    Args:
        run: the run, or its folder.
        train: the training data.
        out: the folder to write; it is plan or absent.
        recipe: what to do, or its file; by default what the findings of the run suggest.
        augment: transforms that are added to the recipe, such as `rotation=45`.
        train_function: a function, or MODULE:FUNCTION, that trains in place of the settings of the
            recipe; see `hardex.training.keras_training.TrainingData`.
        epochs, start: in place of those of the recipe.
        seeds: how many models to train with the remedies.
        controls: how many without; as many by default.
        seed: of the first one.
        yes: whether training examples may be removed or relabelled in the new data.
        wait: whether to wait for another fix of the run to end.
        confirm: labelled images that nobody looked at, for the proof at the end; by default the
            sealed part of the run, of which a use is recorded.
        prove: whether to prove it at the end, where there is a sealed part or `confirm`.
        force: whether to replace a former fix in `out`.
        model, preprocess, logits, trust_model: of the run's model, if it was moved.
        data: where the images of the run are now, if they were moved.
        progress: called now and then; if it raises, nothing is left.

    Raises:
        TrainingError: a training does not learn.
        HardexError: the run, its model, the training data and the recipe cannot be used together.
    """
    began = monotonic()
    if confirm is not None:
        check_there(confirm, "--confirm", CONFIRMING)
    found = opened(run, data=data)
    if data and str(data) != found.data:
        found = load(found.folder, data=data, annotations=found.annotations_url)
    target = Path(out)
    wanted = _recipe(found, recipe, augment, epochs, start)
    controls = seeds if controls is None else controls
    _check(wanted, target, seeds, controls, force=force)
    function = _named(train_function)
    _check_function(wanted, function)
    # The folder of the run itself is locked by whoever uses its seal or keeps a probe.
    with alone(found.folder / RESULTS, wait=wait) as mine:
        if not mine:
            raise RunError(
                f"one fix of a run is made at a time; another process fixes {found.folder} now; "
                "wait until it has ended, or pass --wait."
            )
        classifier = model_of(
            found, model, preprocess, logits=logits, trust_model=trust_model, what="a fix"
        )
        path = _model_file(classifier, function, wanted)
        dataset = same_dataset(found)
        shape = input_shape(classifier, dataset)
        training = _training(train, found, dataset, shape)
        sources = [(training, class_places(training, found.manifest.class_names))]
        if wanted.collect is not None:
            sources += sources_of(wanted.collect, found, shape)
        changes = _changes(wanted, found, training)
        check_confirmed(changes, yes)
        plan = Plan(
            run=found,
            train=str(train) if isinstance(train, str | Path) else training.source,
            recipe=wanted,
            classifier=classifier,
            model=path,
            function=function,
            trust_model=trust_model,
            dataset=dataset,
            confirm=None if confirm is None else _confirming(confirm, found),
            shape=shape,
            sources=sources,
            changes=changes,
            seeds=seeds,
            controls=controls if wanted.trains and wanted.simple is None else 0,
            seed=seed,
        )
        with work_folder(target, plan.identity()) as work:
            fixed = carry_out(plan, work, target, began, progress)
    if not prove or (confirm is None and read_seal(found.folder) is None):
        return fixed
    return with_proof(
        fixed,
        confirm=confirm,
        model=model,
        data=data,
        trust_model=trust_model,
        progress=progress,
    )


def _recipe(
    run: Run,
    recipe: str | Path | Recipe | None,
    augment: Sequence[str],
    epochs: int | None,
    start: str | None,
) -> Recipe:
    """The recipe with what was typed beside it."""
    if isinstance(recipe, str | Path):
        recipe = read_recipe(recipe)
    if recipe is None:
        recipe = Recipe() if augment else suggest(run).recipe
    if augment:
        typed = tuple(map(amounts_of, augment))
        named = {one.name for one in typed}
        before = recipe.augment or Augmentation(())
        others = tuple(one for one in before.amounts if one.name not in named)
        recipe = replace(recipe, augment=replace(before, amounts=(*others, *typed)))
    changes: dict[str, Any] = {"epochs": epochs, "start": start}
    given = {name: value for name, value in changes.items() if value is not None}
    return replace(recipe, training=replace(recipe.training, **given))


def _check(recipe: Recipe, target: Path, seeds: int, controls: int, *, force: bool) -> None:
    if not recipe.parts:
        raise HardexError(
            "a recipe must have a remedy; the findings suggest none that can be trained; name one, "
            "such as --augment rotation=30, or write a recipe."
        )
    if seeds < 1 or controls < 0:
        raise HardexError(
            "--seeds must be 1 or more and --controls 0 or more; received "
            f"{seeds} and {controls}; choose such numbers."
        )
    check_free(target, "a fix", force=force, kind="folder")
    if target.exists() and not (target / FIX).exists():
        raise RunError(
            f"--force replaces a former fix; {target} has no {FIX}, so it is none; choose another "
            "--out."
        )


def _named(function: str | Callable[..., Any]) -> str:
    """MODULE:FUNCTION, by which the process of a training finds it."""
    if isinstance(function, str):
        if function and not names_function(function):
            raise HardexError(
                f"--train-fn must be MODULE:FUNCTION; received {function!r}; name a function that "
                "can be imported."
            )
        return function
    module, name = getattr(function, "__module__", ""), getattr(function, "__qualname__", "")
    if module in ("", "__main__") or not names_function(f"{module}:{name}"):
        raise HardexError(
            "the function that trains must be one that another process can import; received "
            f"{module}:{name}; put it into a module."
        )
    return f"{module}:{name}"


def _check_function(recipe: Recipe, function: str) -> None:
    if function and recipe.balance is not None and recipe.balance.focal:
        raise HardexError(
            f"the loss is chosen by the function that trains; {function} can't be given a focal "
            "loss; use it there, and leave focal out of the recipe."
        )


def _model_file(classifier: Classifier | None, function: str, recipe: Recipe) -> str:
    """The file of a Keras model; "" if a function trains and there is none."""
    path = getattr(classifier, "path", None)
    if hasattr(classifier, "model") and isinstance(path, Path) and path.is_file():
        return str(path.absolute())
    if function or recipe.simple is not None:
        return ""
    raise RunError(
        "a fix trains a .keras model; "
        f"{'this run has no model' if classifier is None else f'{classifier.source} is none'}; "
        "pass --train-fn MODULE:FUNCTION, a function that trains."
    )


def _training(train: Data, run: Run, dataset: Dataset, shape: Shape) -> Dataset:
    """The training data; what the seal hides is left out by its pixels, not by its rule."""
    check_there(train)
    manifest = run.manifest
    training = opened_by_name(
        train,
        manifest.class_names,
        resize=manifest.resize,
        pixels=manifest.reading.pixels,
        source=str(run.folder),
    )
    check_size(training, dataset, shape)
    return training


def _confirming(confirm: Data, run: Run) -> Dataset:
    """Data for the proof, whose images are not trained on."""
    manifest = run.manifest
    return opened_by_name(
        confirm,
        manifest.class_names,
        resize=manifest.resize,
        pixels=manifest.reading.pixels,
        source=str(run.folder),
        splits=("test", "validation", "val"),
        what=CONFIRMING,
    )


def _changes(recipe: Recipe, run: Run, training: Dataset) -> tuple[Change, ...]:
    if recipe.clean is None:
        return ()
    source = opened(recipe.clean.run) if recipe.clean.run else run
    return changes_for(recipe.clean, source, training, run.manifest.class_names)
