"""manifest.json: what a run was made from, so that it can be made again."""

import json
import platform
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from hardex.bounded import Unreadable, read_json, why
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
        doctor: what `hardex.classifiers.doctor` found in the ranking.
        reading: which split and columns of the data were read, and how its pictures were.
        pairing: how the `rows`, `columns` and `labels` of saved probabilities were assigned to
            examples and classes: by which names, or in which order.
        notes: a sentence on each thing in their files that was left out or put right, or that is
            done to the inputs and outputs of the model so that they fit.
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
    pairing: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
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
            fields: dict[str, Any] = read_json(path)
            if fields["format"] > FORMAT:
                raise RunError(
                    f"a run must have format {FORMAT}; {folder} has format {fields['format']}; "
                    "install a newer hardex."
                )
            for name in ("data", "model", "run"):
                fields[name] = None if fields[name] is None else Source(**fields[name])
            for name in ("class_names", "image_shape"):
                if not isinstance(fields[name], list | None):
                    raise TypeError(name)
                fields[name] = None if fields[name] is None else tuple(fields[name])
            fields["doctor"] = tuple(fields["doctor"])
            fields["notes"] = tuple(fields.get("notes", ()))
            fields["reading"] = Reading(**fields["reading"])
            found = cls(**fields)
            _check_types(found)
            return found
        except (FileNotFoundError, NotADirectoryError) as error:
            raise RunError(
                f"a run is a folder with {MANIFEST}; {folder} has none; make one with "
                "`hardex rank MODEL DATA --out RUN`."
            ) from error
        except RunError:
            raise
        except (KeyError, TypeError, ValueError, OSError) as error:
            raise RunError(
                f"{path} must be a manifest written by hardex; it cannot be read ({why(error)}); "
                "rank again with --force."
            ) from error


def _check_types(manifest: Manifest) -> None:
    """Raise `Unreadable` unless every field has the type of those that hardex writes.

    Whatever reads a manifest later may then rely on it.
    """
    sources = [manifest.data, manifest.model, manifest.run]
    shape = manifest.image_shape
    kinds: dict[str, bool] = {
        "data, model and run": all(_are(str, *vars(one).values()) for one in sources if one),
        "class_names": _are(str, *manifest.class_names),
        "image_shape": shape is None or (len(shape) == 3 and _are(int, *shape)),
        "preprocess": manifest.preprocess is None or _are(str, manifest.preprocess),
        "batch_size": manifest.batch_size is None or _are(int, manifest.batch_size),
        "numerics": _are_named(str | int, manifest.numerics),
        "rule": isinstance(manifest.rule, dict)
        and not any(isinstance(value, dict | list) for value in manifest.rule.values()),
        "formulas": _are_named(str, manifest.formulas),
        "seed": _are(int, manifest.seed, manifest.format),
        "counts": _are_named(int, manifest.counts) and "examples" in manifest.counts,
        "command": _are(str, manifest.command, manifest.schema, manifest.created),
        "resize": _are(bool, manifest.resize, manifest.logits),
        "pairing and notes": _are_named(str, manifest.pairing) and _are(str, *manifest.notes),
        "doctor": all(_are_named(str, finding) for finding in manifest.doctor),
        "reading": _are(bool, manifest.reading.trust_paths)
        and _are(
            str,
            manifest.reading.split,
            manifest.reading.file_column,
            manifest.reading.label_column,
            manifest.reading.pixels,
        ),
        "versions": _are_named(str, manifest.versions),
    }
    wrong = [name for name, fine in kinds.items() if not fine]
    if wrong:
        raise Unreadable(f"its {wrong[0]} must be as hardex writes it")


def _are(kind: Any, *values: object) -> bool:
    """Whether all have this type; True is no number."""
    return all(
        isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
        for value in values
    )


def _are_named(kind: Any, values: object) -> bool:
    return isinstance(values, dict) and _are(kind, *values.values())
