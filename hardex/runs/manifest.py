"""manifest.json: what a run was made from, so that it can be made again."""

import json
import platform
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from hardex.data.manifests import AS_FOUND, Reading
from hardex.errors import RunError
from hardex.runs.folder import MANIFEST
from hardex.version import VERSION

FORMAT = 1
SCHEMA = "hardex.run/1"


def now() -> str:
    """The current time in UTC, to the second, as ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True)
class Source:
    """Where data or a model came from.

    Attributes:
        name: what opens it again, as the user gave it.
        path: its absolute path when it is a file or folder, else "".
        hash: a hash that changes when it changes.
    """

    name: str
    path: str
    hash: str


@dataclass(frozen=True)
class Manifest:
    """What a run was made from.

    Attributes:
        data: the labelled images; None when only probabilities were given.
        model: the classifier; None when probabilities were given.
        class_names: k names in the order of the probability columns.
        image_shape: (h, w, c) of every forward pass, or None.
        preprocess: what was done to the pixels, or None.
        batch_size: images per forward pass, or None.
        numerics: versions and settings on which the last bits depend.
        rule: per_class, count, diversity and the score of each list.
        formulas: every score's formula.
        seed: of everything random.
        counts: examples, skipped, wrong, and the length of each list.
        command: the command line.
        resize: whether images of one fixed size were resized to what the model needs.
        run: the run that was ranked again, if this one was not made from model and data.
        logits: whether a softmax was applied to the outputs of the model.
        doctor: what `hardex.classifiers.doctor` found before the ranking.
        reading: which split and columns of the data were read.
    """

    data: Source | None
    model: Source | None
    class_names: tuple[str, ...]
    image_shape: tuple[int, int, int] | None
    preprocess: str | None
    batch_size: int | None
    numerics: dict[str, str | int]
    rule: dict[str, str | int | None]
    formulas: dict[str, str]
    seed: int
    counts: dict[str, int]
    command: str
    resize: bool = False
    logits: bool = False
    doctor: tuple[dict[str, str], ...] = ()
    reading: Reading = AS_FOUND
    run: Source | None = None
    format: int = FORMAT
    schema: str = SCHEMA
    created: str = field(default_factory=now)
    versions: dict[str, str] = field(
        default_factory=lambda: {
            "hardex": VERSION,
            "python": platform.python_version(),
            "numpy": np.__version__,
        }
    )

    def save(self, folder: Path) -> None:
        """Write manifest.json into the folder."""
        fields = asdict(self)
        head = {name: fields.pop(name) for name in ("schema", "format", "created", "command")}
        text = json.dumps(head | fields, indent=2, ensure_ascii=False)
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def open(cls, folder: Path) -> "Manifest":
        """Read manifest.json of a run.

        Raises:
            RunError: the folder is not a run, or has a newer format.
        """
        path = folder / MANIFEST
        try:
            fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if fields["format"] > FORMAT:
                raise RunError(
                    f"a run must have format {FORMAT}; {folder} has format {fields['format']}; "
                    "install a newer hardex."
                )
            for name in ("data", "model", "run"):
                fields[name] = None if fields[name] is None else Source(**fields[name])
            for name in ("class_names", "image_shape"):
                fields[name] = None if fields[name] is None else tuple(fields[name])
            fields["doctor"] = tuple(fields["doctor"])
            fields["reading"] = Reading(**fields["reading"])
            return cls(**fields)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise RunError(
                f"a run is a folder with {MANIFEST}; {folder} has none; make one with "
                "`hardex rank MODEL DATA --out RUN`."
            ) from error
        except (KeyError, TypeError, UnicodeDecodeError, json.JSONDecodeError, OSError) as error:
            raise RunError(
                f"{path} must be a manifest written by hardex; it cannot be read "
                f"({type(error).__name__}); rank again with --force."
            ) from error
