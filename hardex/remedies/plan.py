"""Everything that a fix is made of, checked: the run, the model, the data and the recipe."""

from dataclasses import dataclass
from typing import Any

from hardex.classifiers.classifier import Classifier
from hardex.data.dataset import Dataset, Shape
from hardex.remedies.clean import Change
from hardex.remedies.recipe import Recipe
from hardex.runs.run import Run
from hardex.training.pixels import Source


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
            "sources": [one.fingerprint() for one, _ in self.sources],
            "recipe": self.recipe.as_plain(),
            "changes": [[one.position, one.label] for one in self.changes],
            "function": self.function,
            "preprocess": self.preprocess,
            "seeds": [self.seed, self.seeds, self.controls],
            "shape": list(self.shape),
        }
