"""What `hardex fix` leaves: a folder with models, their curves, the recipe and fix.json."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hardex.bounded import read_json, why
from hardex.errors import RunError
from hardex.remedies.recipe import Recipe, recipe_of
from hardex.training.start import Result

SCHEMA = "hardex.fix/1"
FIX, RECIPE = "fix.json", "recipe.yaml"
REMEDIED, CONTROL = "remedied", "control"


def _farther(low: float, high: float) -> float:
    return max(abs(low), abs(high))


def _larger_factor(low: float, high: float) -> float:
    return max(high, 1 / low) if low > 0 else high


_MOST = {  # the most of a transform, of its least and its most amount
    "rotation": _farther,
    "shear": _farther,
    "noise": _farther,
    "scale": _larger_factor,
    "contrast": _larger_factor,
}


@dataclass(frozen=True)
class Model:
    """One model of a fix.

    Attributes:
        name: `remedied-0`, `control-0`, …
        arm: `remedied` or `control`.
        seed: of its training.
        result: of its training; None if it was not trained.
        notes: what checks of what was done after it found, sentences.
    """

    name: str
    arm: str
    seed: int
    result: Result | None
    notes: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """Its file in the folder."""
        return f"{self.name}.keras"


@dataclass(frozen=True)
class ClassResult:
    """How both arms do on the validation images of one class, on average over their models."""

    name: str
    images: int
    remedied: float
    control: float


@dataclass(frozen=True, kw_only=True)
class Fixed:
    """A fix that was carried out.

    Attributes:
        folder: where it is.
        run: folder of the run.
        train: the training data, as typed.
        recipe: what was done.
        models: of both arms; the first one is the repaired model.
        classes: both arms on the validation part of the training data, class by class; () without
            a control arm.
        images: how many training images the remedied arm learns from and validates with.
        left_out: ids of training images that are examples of the run, too.
        changed: how many training images were removed or relabelled.
        added: how many images were added.
        notes: sentences on what to know of it.
        seconds: how long it took.
        preprocess: of the models.
    """

    folder: Path
    run: Path
    train: str
    recipe: Recipe
    models: tuple[Model, ...]
    classes: tuple[ClassResult, ...]
    images: int
    left_out: tuple[str, ...]
    changed: int
    added: int
    notes: tuple[str, ...]
    seconds: float
    preprocess: str

    def paths(self, arm: str) -> tuple[Path, ...]:
        """The files of the models of an arm."""
        return tuple(self.folder / one.file for one in self.models if one.arm == arm)

    @property
    def model(self) -> Path:
        """The file of the repaired model: the first seed, which nobody chose."""
        return self.paths(REMEDIED)[0]

    @property
    def target(self) -> str:
        """The weakness that the remedies are aimed at, as `--target` takes it; "" if there is none.

        That is the transform, if there is one; with the most that was trained, but for lengths,
        which a proof counts in pixels of another size.
        """
        augment = self.recipe.augment
        if augment is None or len(augment.amounts) != 1:
            return ""
        (one,) = augment.amounts
        if one.name not in _MOST:
            return one.name
        low, high = one.ranges[0]
        amount = _MOST[one.name](low, high)
        return one.name if amount in (0, 1) else f"{one.name}={amount:g}"

    @property
    def proof_command(self) -> str:
        """What proves whether it helped, as it is typed."""
        words = ["hardex", "prove", str(self.run), str(self.model)]
        for path in self.paths(REMEDIED)[1:]:
            words += ["--remedied", str(path)]
        for path in self.paths(CONTROL):
            words += ["--placebo", str(path)]
        if self.target:
            words += ["--target", self.target]
        return shlex.join(words)

    def as_json(self) -> dict[str, Any]:
        """What fix.json says."""
        return {
            "schema": SCHEMA,
            "run": str(self.run),
            "train": self.train,
            "recipe": self.recipe.as_plain(),
            "models": [asdict(one) for one in self.models],
            "classes": [asdict(one) for one in self.classes],
            "images": self.images,
            "left_out": list(self.left_out),
            "changed": self.changed,
            "added": self.added,
            "notes": list(self.notes),
            "seconds": round(self.seconds, 1),
            "preprocess": self.preprocess,
        }

    def save(self, folder: Path) -> None:
        """Write fix.json into a folder."""
        text = json.dumps(self.as_json(), indent=2, ensure_ascii=False)
        (folder / FIX).write_text(text + "\n", encoding="utf-8")


def read_fix(folder: str | Path) -> Fixed:
    """The fix in a folder.

    Raises:
        RunError: there is none, or it cannot be read.
    """
    place = Path(folder)
    try:
        found = read_json(place / FIX)
        if found["schema"] != SCHEMA:
            raise ValueError("schema")
        return Fixed(
            folder=place,
            run=Path(found["run"]),
            train=str(found["train"]),
            recipe=recipe_of(found["recipe"], str(place / FIX)),
            models=tuple(map(_model_of, found["models"])),
            classes=tuple(ClassResult(**one) for one in found["classes"]),
            images=int(found["images"]),
            left_out=tuple(map(str, found["left_out"])),
            changed=int(found["changed"]),
            added=int(found["added"]),
            notes=tuple(map(str, found["notes"])),
            seconds=float(found["seconds"]),
            preprocess=str(found["preprocess"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(
            f"a fix is a folder with {FIX}; that of {place} cannot be read ({why(error)}); make "
            "one with hardex fix RUN --train DATA --out FIXED."
        ) from error


def _model_of(found: dict[str, Any]) -> Model:
    result = found["result"]
    if result is not None:
        result = Result(**{**result, "findings": tuple(result["findings"])})
    name = str(found["name"])
    if "/" in name or "\\" in name:
        raise ValueError("a name of a model")
    notes = tuple(map(str, found["notes"]))
    return Model(name, str(found["arm"]), int(found["seed"]), result, notes)


def class_results(
    names: Sequence[str], images: Sequence[int], remedied: Sequence[float], control: Sequence[float]
) -> tuple[ClassResult, ...]:
    """One for each class that has validation images."""
    rows = zip(names, images, remedied, control, strict=True)
    return tuple(ClassResult(n, int(i), float(r), float(c)) for n, i, r, c in rows if i)
