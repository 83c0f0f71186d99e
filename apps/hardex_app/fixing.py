"""Requests of the page Fix -> recipes, orders and what comes of them, in plain data."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from shlex import join
from typing import Any

from hardex.bounded import why
from hardex.diagnosis.overall import Diagnosis
from hardex.diagnosis.reading import diagnosis_of
from hardex.errors import HardexError
from hardex.proof.evidence import level_of_use
from hardex.proof.history import history
from hardex.remedies.fixed import Fixed, read_fix
from hardex.remedies.recipe import Recipe, recipe_of, recipe_text
from hardex.remedies.suggest import suggest
from hardex.remedies.yaml_text import values_of
from hardex.runs.run import Run
from hardex.runs.seal import read_seal, seal_uses
from hardex.runs.view_words import checked_text
from hardex.sentences import counted
from hardex.training.augmentation import FIELDS, Amounts, Augmentation
from hardex_app.causes import name_of
from hardex_app.fix_order import Order, next_out, opens_again
from hardex_app.fix_progress import models_of, seconds_left
from hardex_app.fixes import DONE, RUNNING, Fixes, Standing
from hardex_app.workspace import Workspace

RECIPE_MOST = 100_000  # characters
_SEEDS_MOST = 20  # of each arm
_FOLDERS_MOST = 1_000  # beside the run, in which fixes are looked for
_STARTING_SECONDS = 10.0  # of the process of a training, most of it TensorFlow's
_TEXT_MOST = 4_000  # characters of a path
_UNITS = {"rotation": "°", "shift": " pixels", "blur": " pixels"}
Json = dict[str, Any]


# ------------------------------------------------------------------ before anything is trained


def facts(run: Run, workspace: Workspace) -> Json:
    """What the page must know first.

    Returns:
        `class_names`; `diagnosed`, and the `command` that diagnoses; `findings`, the causes with
        their `words` and `count`; `recipe` and `notes`, what they suggest; `suggested`, the parts
        of the recipe; `train`, the training data that is known, or ""; `seal`, with `examples`,
        `uses` and the next `level`, or None; `transforms`, each with its `words`, its `fields` and
        its `unit`; `problem`, why there is no suggestion, or "".
    """
    diagnosis, recipe, problem = None, Recipe(), ""
    notes: tuple[str, ...] = ()
    try:
        diagnosis = diagnosis_of(run)
        if diagnosis is not None:
            found = suggest(run)
            recipe, notes = found.recipe, found.notes
    except HardexError as error:
        problem = str(error)
    train = _known_training(workspace, diagnosis)
    return {
        "class_names": list(run.manifest.class_names),
        "diagnosed": diagnosis is not None,
        "command": join(["hardex", "diagnose", str(run.folder), "--train", train or "DATA"]),
        "findings": _findings(diagnosis),
        "recipe": recipe.as_plain(),
        "suggested": list(recipe.parts),
        "notes": list(notes),
        "train": train,
        "seal": _seal(run),
        "transforms": [
            {
                "name": name,
                "words": name_of(name),
                "fields": list(fields),
                "unit": _UNITS.get(name, ""),
            }
            for name, fields in FIELDS.items()
        ],
        "problem": problem,
    }


def suggestion(run: Run) -> Json:
    """The recipe that the findings suggest, for programs.

    Raises:
        RunError: the run has not been diagnosed.
    """
    found = suggest(run)
    return {
        "recipe": found.recipe.as_plain(),
        "text": recipe_text(found.recipe),
        "notes": list(found.notes),
    }


def checked(request: Any, run: Run, workspace: Workspace) -> Json:
    """A recipe as the page or its owner has written it.

    Args:
        request: `text`, or else `recipe` as plain values; `train`, `seeds`, `controls`, `prove`
            and `confirm` as in `train`.
        run, workspace: what is open.

    Returns:
        `text` and `recipe`; `parts`, its remedies; `says`, what it will do, in sentences; and the
        `command` that does the same.

    Raises:
        HardexError: it is no recipe; what is wrong, and what may be meant.
    """
    recipe = _recipe(request)
    order = _order(request, recipe, run, workspace)
    size = _training_size(workspace, run, order.train)
    return {
        "text": recipe_text(recipe),
        "recipe": recipe.as_plain(),
        "parts": list(recipe.parts),
        "trains": recipe.trains,
        "says": list(what_it_does(recipe, order, size, _pace(run))),
        "command": command_of(recipe, order),
    }


def what_it_does(
    recipe: Recipe, order: Order, size: int | None, pace: float | None
) -> Iterator[str]:
    """What a recipe does, in numbers.

    Args:
        recipe: the recipe.
        order: how often it is trained.
        size: how many training images there are; None if unknown.
        pace: seconds for one image in one epoch, measured; None if unknown.
    """
    if not recipe.parts:
        yield "Nothing yet: choose a remedy."
        return
    learnt = None if size is None else round(size * (1 - recipe.training.validation))
    if recipe.augment is not None:
        yield _augmented(recipe.augment, learnt)
    yield from _balanced(recipe)
    if recipe.clean is not None:
        yield (
            f"Training examples that {_WHO[recipe.clean.by]} are "
            f"{_ACTIONS[recipe.clean.action]}; they are listed, and nothing is changed before you "
            "confirm it."
        )
    if recipe.collect is not None:
        what = ["the kept probes that have a class"] if recipe.collect.probes else []
        what += list(recipe.collect.folders)
        yield f"Added to what is learnt from: {', '.join(what) or 'nothing yet'}."
    yield from _adapted(recipe)
    if recipe.simple is not None:
        yield (
            f"A small network ({recipe.simple.network}) learns from {recipe.simple.examples:,} "
            "images at most; it has no model beside it to be compared with."
        )
    yield from _effort(recipe, order, learnt, pace)


_WHO = {
    "consensus": "annotators agree to be labelled otherwise",
    "findings": "the diagnosis calls mislabelled",
}
_ACTIONS = {"relabel": "relabelled", "remove": "removed"}


def _augmented(augment: Augmentation, learnt: int | None) -> str:
    share = f"{100 * augment.share:g} %"
    which = (
        f"{share} of the training images"
        if learnt is None
        else f"about {round(augment.share * learnt):,} of {learnt:,} training images"
    )
    return (
        f"In each epoch, {which} are transformed: {' or '.join(map(in_words, augment.amounts))}. "
        "Validation and test images stay as they are."
    )


def in_words(amounts: Amounts) -> str:
    """A transform with its range.

    Example:
        >>> in_words(Amounts("rotation", ((-45.0, 45.0),))), in_words(Amounts("flip"))
        ('rotated by -45° to 45°', 'mirrored')
    """
    words = name_of(amounts.name).lower()
    unit = _UNITS.get(amounts.name, "")
    ends = [f"{low:g}{unit} to {high:g}{unit}" for low, high in amounts.ranges]
    if len(ends) == 2 and ends[0] == ends[1]:
        ends = ends[:1]
    return f"{words} by {' and '.join(ends)}" if ends else words


def _balanced(recipe: Recipe) -> Iterator[str]:
    balance = recipe.balance
    if balance is None:
        return
    if balance.class_weights:
        yield "Examples of small classes count more, so that all classes count the same."
    if balance.sampling == "oversample":
        yield "Examples of small classes are learnt from several times in each epoch."
    if balance.sampling == "undersample":
        yield "Of large classes only as many examples are learnt from as the smallest class has."
    if balance.focal:
        yield f"Examples that are easy count less (focal loss, exponent {balance.focal:g})."
    if balance.logit_adjustment:
        yield "The outputs are corrected for the shares of the classes, without any training."


def _adapted(recipe: Recipe) -> Iterator[str]:
    adapt = recipe.adapt
    if adapt is None:
        return
    if adapt.statistics:
        yield f"Means and deviations of batch normalisation are estimated on {adapt.statistics}."
    if adapt.shares:
        yield f"The outputs are corrected for the shares of the classes in {adapt.shares}."


def _effort(recipe: Recipe, order: Order, learnt: int | None, pace: float | None) -> Iterator[str]:
    """How many trainings, and how long they take."""
    if not recipe.trains:
        yield "No training: it is done in moments."
        return
    trainings, epochs = order.seeds + order.controls, recipe.training.epochs
    arms = f": {order.seeds} with the remedies and {order.controls} without them"
    yield (
        f"{counted(trainings, 'training')} of at most {counted(epochs, 'epoch')}"
        f"{arms if order.controls else ''}."
    )
    if pace is None or learnt is None:
        yield "How long it takes is unknown yet; it is measured as soon as the first one has begun."
    else:
        seconds = trainings * (_STARTING_SECONDS + pace * learnt * epochs)
        yield f"About {_duration(seconds)} at most, at the pace of the last fix."


def _duration(seconds: float) -> str:
    """How long, in words.

    Example:
        >>> _duration(20), _duration(240), _duration(9000)
        ('20 seconds', '4 minutes', '2.5 hours')
    """
    if seconds < 90:
        return counted(max(1, round(seconds)), "second")
    if seconds < 5400:
        return counted(round(seconds / 60), "minute")
    return f"{seconds / 3600:.1f} hours"


def command_of(recipe: Recipe, order: Order) -> str:
    """The same as commands to type; a recipe that needs a file is called recipe.yaml."""
    words = ["hardex", "fix", order.run, "--train", order.train or "DATA"]
    if order.data:
        words += ["--data", order.data]
    plain = recipe.as_plain()
    is_short = (
        recipe.parts == ("augment",)
        and recipe.augment is not None
        and recipe.augment.share == Augmentation.share
        and set(plain["training"].items())
        <= {*Recipe().as_plain()["training"].items(), *_typed(recipe).items()}
    )
    if is_short and recipe.augment is not None:
        for one in recipe.augment.amounts:
            words += ["--augment", _amount_as_typed(one)]
        for name, value in _typed(recipe).items():
            if value != getattr(Recipe().training, name):
                words += [f"--{name}", str(value)]
    else:
        words += ["--recipe", "recipe.yaml"]
    if (order.seeds, order.controls) != (1, 1):
        words += ["--seeds", str(order.seeds)]
        if order.controls != order.seeds:
            words += ["--controls", str(order.controls)]
    return join([*words, "--out", order.out])


def _typed(recipe: Recipe) -> Json:
    """What of the training has an option of its own."""
    return {"start": recipe.training.start, "epochs": recipe.training.epochs}


def _amount_as_typed(amounts: Amounts) -> str:
    """`rotation=-45:45`, which `hardex fix --augment` reads."""
    ends = ",".join(f"{low:g}:{high:g}" for low, high in amounts.ranges)
    return f"{amounts.name}={ends}" if ends else amounts.name


# ------------------------------------------------------------------ while something is trained


def train(request: Any, run: Run, workspace: Workspace) -> Json:
    """Begin a fix.

    Args:
        request: `text` or `recipe`; `train`, the training data; `seeds` and `controls`; `prove`,
            whether to prove it afterwards, and `confirm`, on which data.
        run, workspace: what is open.

    Returns:
        As `state`.

    Raises:
        HardexError: something is missing, or another fix is going on.
    """
    recipe = _recipe(request)
    order = _order(request, recipe, run, workspace)
    if not recipe.parts:
        raise HardexError("a fix must have a remedy; the recipe names none; choose one.")
    if not order.train:
        raise HardexError(
            "a fix learns from training data; none is named; write its path or name, as in "
            "hardex serve RUN --train DATA."
        )
    workspace.fixes.start(order)
    return state(run, workspace)


def prove(request: Any, run: Run, workspace: Workspace) -> Json:
    """Prove a fix that is done.

    Args:
        request: `folder` of the fix, and `confirm` as in `train`.
        run, workspace: what is open.

    Raises:
        HardexError: there is no such fix, or another one is going on.
    """
    wanted = checked_text("folder", _of(request, "folder"))
    found = next((one for one in fixes_of(run) if str(one.folder) == wanted), None)
    if found is None:
        raise HardexError(
            f"a fix of this run is proved; {wanted[:200]!r} is none; reload the page."
        )
    order = Order(
        run=str(run.folder.absolute()),
        data=str(run.data or ""),
        out=str(found.folder),
        train=found.train,
        recipe=found.recipe.as_plain(),
        seeds=sum(one.arm == "remedied" for one in found.models),
        controls=sum(one.arm == "control" for one in found.models),
        confirm=opens_again(_text(request, "confirm")),
        trust_model=workspace.trusts_models,
    )
    workspace.fixes.start(order)
    return state(run, workspace)


def cancel(run: Run, fixes: Fixes) -> Json:
    """End what is going on; nothing half done stays."""
    fixes.cancel()
    fixes.wait(0.5)
    return standing_as_json(fixes.standing(run.folder))


def go_on(request: Any, run: Run, workspace: Workspace) -> Json:
    """Go on with what was left, or do again what failed.

    Args:
        request: `yes`, whether the listed changes of training examples are confirmed.
        run, workspace: what is open.
    """
    is_confirmed = isinstance(request, Mapping) and request.get("yes") is True
    workspace.fixes.go_on(run.folder, trust_model=workspace.trusts_models, yes=is_confirmed)
    return state(run, workspace)


def clear(run: Run, fixes: Fixes) -> Json:
    """Put away what has ended."""
    fixes.clear(run.folder)
    return standing_as_json(fixes.standing(run.folder))


def state(run: Run, workspace: Workspace) -> Json:
    """How far the fix is; see `standing_as_json`."""
    return standing_as_json(workspace.fixes.standing(run.folder))


def standing_as_json(standing: Standing) -> Json:
    """Where the work is.

    Returns:
        `state`, `stage`, `done`, `total`, `problem`, `can_go_on`, `changes` and `change_count`;
        `out`, `text` (of the recipe), `train` and `proof`; `models`, see `models_of`; `notes`, what
        to know of a fix that is done; and `seconds_left` for all trainings, None if unknown.
    """
    order = standing.order
    found = {name: it for name, it in asdict(standing).items() if name != "order"}
    try:
        models = [] if order is None else models_of(order)
        text = (
            "" if order is None or not order.recipe else recipe_text(recipe_of(dict(order.recipe)))
        )
    except HardexError as error:  # of a file that somebody has changed
        models, text = [], str(error)
    return {
        **found,
        "changes": [dict(one) for one in standing.changes],
        "out": "" if order is None else order.out,
        "train": "" if order is None else order.train,
        "text": text,
        "models": models,
        "notes": _notes(standing),
        "seconds_left": seconds_left(models) if standing.state == RUNNING else None,
    }


def _notes(standing: Standing) -> list[str]:
    if standing.state != DONE or standing.order is None:
        return []
    try:
        return list(read_fix(standing.order.out).notes)
    except HardexError as error:
        return [str(error)]


# ------------------------------------------------------------------ what is there


def fixes_of(run: Run) -> list[Fixed]:
    """The fixes of a run that lie beside it, the latest last."""
    place = run.folder.resolve()
    found = []
    for path in sorted(place.parent.glob("*/fix.json"))[:_FOLDERS_MOST]:
        try:
            one = read_fix(path.parent)
            if one.run.resolve() == place:
                found.append((path.stat().st_mtime, one))
        except (HardexError, OSError):
            continue
    return [one for _, one in sorted(found, key=lambda it: it[0])]


def _pace(run: Run) -> float | None:
    """Seconds for one image in one epoch, as the last fix with a training took; None if unknown."""
    for one in reversed(fixes_of(run)):
        epochs = [model.result.epochs for model in one.models if model.result is not None]
        if epochs and one.images:
            learning = max(0.0, one.seconds - _STARTING_SECONDS * len(epochs))
            return learning / (sum(epochs) * one.images)
    return None


def _training_size(workspace: Workspace, run: Run, train: str) -> int | None:
    """How many training images there are, as far as that is known already."""
    known = workspace.neighbours
    if known is not None and train == workspace.train:
        return len(known.dataset)
    return next((one.images for one in reversed(fixes_of(run)) if one.train == train), None)


def _known_training(workspace: Workspace, diagnosis: Diagnosis | None) -> str:
    """The training data that the app was opened with, or that the diagnosis used."""
    if workspace.train or diagnosis is None:
        return workspace.train
    return diagnosis.train_path or diagnosis.train


def _seal(run: Run) -> Json | None:
    if read_seal(run.folder) is None:
        return None
    uses = seal_uses(run.folder)
    count = run.manifest.counts.get("sealed")
    return {"examples": count, "uses": uses, "level": level_of_use(uses + 1)}


def _findings(diagnosis: Diagnosis | None) -> list[Json]:
    counts = () if diagnosis is None else diagnosis.counts
    return [
        {"cause": one.cause, "words": name_of(one.cause), "count": one.count}
        for one in counts
        if one.count
    ]


def proofs(run: Run) -> Json:
    """All proofs of the run, as `hardex prove --history` tells them."""
    return history(run).as_dict()


# ------------------------------------------------------------------ requests


def _recipe(request: Any) -> Recipe:
    if not isinstance(request, Mapping):
        raise HardexError(
            "a recipe is sent as text or as values; received neither; reload the page."
        )
    text = request.get("text")
    if text is None:
        return recipe_of(request.get("recipe"))
    if not isinstance(text, str) or len(text) > RECIPE_MOST:
        raise HardexError(
            f"a recipe must be a text of at most {RECIPE_MOST:,} characters; received another "
            "thing; shorten it."
        )
    try:
        values = values_of(text)
    except ValueError as error:
        raise HardexError(
            f"a recipe must be YAML; this is none ({why(error)}); write for example "
            "augment: {rotation: 45}."
        ) from error
    return recipe_of(values)


def _order(request: Mapping[str, Any], recipe: Recipe, run: Run, workspace: Workspace) -> Order:
    has_controls = recipe.trains and recipe.simple is None
    return Order(
        run=str(run.folder.absolute()),
        data=str(run.data or ""),
        train=opens_again(_text(request, "train")),
        out=str(next_out(run.folder)),
        recipe=recipe.as_plain(),
        seeds=_count(request, "seeds", 1),
        controls=_count(request, "controls", 0) if has_controls else 0,
        prove=request.get("prove") is not False,
        confirm=opens_again(_text(request, "confirm")),
        trust_model=workspace.trusts_models,
    )


def _of(request: Any, name: str) -> Any:
    return request.get(name) if isinstance(request, Mapping) else None


def _text(request: Any, name: str) -> str:
    value = _of(request, name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > _TEXT_MOST or "\0" in value:
        raise HardexError(
            f"{name} must be the path or the name of data; received {str(value)[:40]!r}; write it "
            "as for hardex rank."
        )
    return value.strip()


def _count(request: Mapping[str, Any], name: str, least: int) -> int:
    value = request.get(name, 1)
    if type(value) is not int or not least <= value <= _SEEDS_MOST:
        raise HardexError(
            f"{name} must be a whole number from {least} to {_SEEDS_MOST}; received "
            f"{str(value)[:40]!r}; 3 of both tell the remedy from a new training."
        )
    return value
