"""One training as files: what its process needs, and what it leaves.

job.json         the model or function, the settings and the plan
arrays.npz       labels, and which rows to learn from and to validate with
progress.jsonl   a line now and then, see `hardex.training.progress_lines`
state.npz        where it is, after each epoch; what a killed training goes on from
log.csv          the curves, which `hardex curves` reads
model.keras      the trained model
result.json      written last: the training is done
"""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hardex.arrays import Labels, Positions
from hardex.bounded import read_json
from hardex.training.augmentation import Amounts, Augmentation
from hardex.training.lessons import Lessons
from hardex.training.pixels import open_pixels
from hardex.training.sampling import ALL, class_weights
from hardex.training.settings import Training

JOB, ARRAYS, RESULT, MODEL, LOG = "job.json", "arrays.npz", "result.json", "model.keras", "log.csv"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One training.

    Attributes:
        name: what it is called in progress and errors, such as `remedied-0`.
        model: the `.keras` file to begin with; "" if a function trains.
        function: MODULE:FUNCTION that trains; "" for the settings.
        network: one of `hardex.training.settings.NETWORKS` in place of the model; "" for the model.
        preprocess, logits, trust_model: how the model is called.
        class_names: k names.
        pixels: the folder of the pixels.
        training: the settings.
        sampling, weighted, focal, augmentation: what is done beside; focal 0 is the usual loss.
        keep_last: whether all epochs are trained and the last weights kept, without early stopping.
        seed: of everything random.
    """

    name: str
    model: str
    class_names: tuple[str, ...]
    pixels: str
    preprocess: str = "unit"
    logits: bool = False
    trust_model: bool = False
    function: str = ""
    network: str = ""
    training: Training = field(default_factory=Training)
    sampling: str = ALL
    weighted: bool = False
    focal: float = 0.0
    augmentation: Augmentation | None = None
    keep_last: bool = False
    seed: int = 0

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def of_json(cls, found: dict[str, Any]) -> "Job":
        """The job that `as_json` gave."""
        augmentation = found["augmentation"]
        if augmentation is not None:
            amounts = tuple(
                Amounts(one["name"], tuple((low, high) for low, high in one["ranges"]))
                for one in augmentation["amounts"]
            )
            augmentation = Augmentation(amounts, augmentation["share"])
        return cls(
            **{
                **found,
                "class_names": tuple(found["class_names"]),
                "training": Training(**found["training"]),
                "augmentation": augmentation,
            }
        )

    def lessons(self, labels: Labels, fit: Positions, validation: Positions) -> Lessons:
        """What is learnt from.

        Args:
            labels: (n,) classes of all pixels.
            fit, validation: rows.
        """
        weights = class_weights(labels[fit], len(self.class_names)) if self.weighted else None
        return Lessons(
            open_pixels(Path(self.pixels)).images,
            labels,
            fit,
            validation,
            self.training.batch_size,
            self.seed,
            self.sampling,
            weights,
            self.augmentation,
        )


def write_job(
    folder: Path, job: Job, labels: Labels, fit: Positions, validation: Positions
) -> None:
    """Write what the process of a training needs; the job itself last."""
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / ARRAYS, labels=labels, fit=fit, validation=validation)
    write_whole(folder / JOB, json.dumps(job.as_json(), indent=2).encode())


def read_job(folder: Path) -> tuple[Job, Lessons]:
    """What `write_job` wrote."""
    job = Job.of_json(read_json(folder / JOB))
    with np.load(folder / ARRAYS, allow_pickle=False) as arrays:
        return job, job.lessons(arrays["labels"], arrays["fit"], arrays["validation"])


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, also if the power fails.

    Raises:
        OSError: it cannot be written; a former one stays.
    """
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
