"""Everything that a fix is made of, checked: the run, the model, the data and the recipe."""

from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from typing import Any

from hardex.bounded import read_bytes
from hardex.classifiers.classifier import Classifier
from hardex.data.dataset import Dataset, Shape
from hardex.remedies.clean import Change
from hardex.remedies.recipe import Recipe
from hardex.runs.run import Run
from hardex.training.pixels import Source

_SOURCE_MOST = 10_000_000  # bytes


def _source_of(function: str) -> str:
    """The hash of the file of MODULE:FUNCTION; "" if it has none."""
    try:
        spec = find_spec(function.partition(":")[0]) if function else None
        return sha256(read_bytes(spec.origin or "", _SOURCE_MOST)).hexdigest() if spec else ""
    except (ImportError, OSError, ValueError):
        return ""


@dataclass(frozen=True, eq=False, kw_only=True)
class Plan:
    """Everything that a fix is made of."""

    run: Run
    train: str
    recipe: Recipe
    classifier: Classifier | None
    model: str
    function: str
    trust_model: bool
    dataset: Dataset
    shape: Shape
    sources: list[Source]
    changes: tuple[Change, ...]
    seeds: int
    controls: int
    seed: int
    confirm: Dataset | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The classes of the model."""
        return self.run.manifest.class_names

    @property
    def preprocess(self) -> str:
        """Of the model."""
        if self.classifier is not None:
            return self.classifier.preprocess
        return self.run.manifest.preprocess or "unit"

    def identity(self) -> dict[str, Any]:
        """What makes two fixes the same: one goes on where the other was."""
        source = self.run.manifest.model
        return {
            "model": "" if source is None else source.hash,
            "data": self.dataset.fingerprint(),
            "confirm": "" if self.confirm is None else self.confirm.fingerprint(),
            "sources": [one.fingerprint() for one, _ in self.sources],
            "recipe": self.recipe.as_plain(),
            "changes": [[one.position, one.label] for one in self.changes],
            "function": [self.function, _source_of(self.function)],
            "preprocess": self.preprocess,
            "seeds": [self.seed, self.seeds, self.controls],
            "shape": list(self.shape),
        }
