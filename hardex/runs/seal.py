"""seal.json: which examples of a run stay unseen until a proof, and every use of them.

It guards against accidents: nobody tunes on the sealed examples unaware. The owner of the run can
still delete the file.
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from hardex.arrays import Image, Positions
from hardex.bounded import read_json
from hardex.data.dataset import Dataset, Skipped
from hardex.data.part import Part
from hardex.errors import RunError
from hardex.predict.predictions import Predictions
from hardex.runs.folder import MANIFEST, SEAL
from hardex.runs.taking_turns import taking_turns

if sys.platform != "win32":
    pass

SCHEMA = "hardex.seal/1"
RULE = (
    "an example is sealed if the first 8 bytes of SHA-256(salt, height, width, channels as 4 bytes "
    "each, native pixels), read as a whole number with the highest byte first, are less than "
    "share * 2**64"
)
_REFUSAL = "it is sealed for a later proof"

_SALT = sha256(b"the sealed part of hardex").hexdigest()[:32]  # of every new seal


@dataclass(frozen=True)
class Seal:
    """The rule that decides which examples are sealed.

    It depends on pixels alone, so equal images are sealed together or not at all.

    Attributes:
        share: the share of examples to seal, between 0 and 1.
        salt: random, 32 hexadecimal digits.

    Raises:
        RunError: the share is not between 0 and 1.
    """

    share: float
    salt: str

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise RunError(
                f"--seal must be a share between 0 and 1; received {self.share:g}; try --seal 0.5."
            )

    def holds(self, image: Image) -> bool:
        """Whether this image, in its native size, is sealed."""
        digest = sha256(bytes.fromhex(self.salt))
        digest.update(np.array(image.shape, ">u4").tobytes())
        digest.update(np.ascontiguousarray(image).data)
        return int.from_bytes(digest.digest()[:8], "big") < self.share * 2**64

    def open_part(self, dataset: Dataset) -> Part:
        """The examples that are not sealed."""
        return Part(dataset, lambda image: not self.holds(image), _REFUSAL)

    def sealed_part(self, dataset: Dataset) -> Part:
        """The sealed examples."""
        return Part(dataset, self.holds, "it is not sealed")


def seal_for(folder: Path, share: float | None) -> Seal | None:
    """The seal of a run in this folder: the existing one, else a new one if `share` is given.

    A new seal always has the same salt: whatever the model, the seed or the options, runs on the
    same data seal the same examples, so no run shows what another hides.

    Raises:
        RunError: the folder has a seal of another share, its seal cannot be read, or it holds a
            run whose examples have all been seen.
    """
    if (folder / SEAL).exists():
        kept = read_seal(folder)
        if kept is not None and share not in (None, kept.share):
            raise RunError(
                f"--seal must stay {kept.share:g}, as when {folder} was sealed; received "
                f"{share:g}; leave it out, or use another --out."
            )
        return kept
    if share is None:
        return None
    if (folder / MANIFEST).exists() or (folder / "people").exists():
        raise RunError(
            f"only examples that nobody has seen can be sealed; {folder} was ranked without a "
            "seal; choose another --out."
        )
    return Seal(share, _SALT)


def read_seal(folder: Path) -> Seal | None:
    """The seal of a run, or None where it has none.

    Raises:
        RunError: its seal.json cannot be read.
    """
    if not (folder / SEAL).exists():
        return None
    fields = _fields(folder)
    try:
        bytes.fromhex(fields["salt"])
        return Seal(float(fields["share"]), str(fields["salt"]))
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(folder, error) from error


def check_same_seal(old: Path, new: Path) -> None:
    """Raise `RunError` unless a run may be replaced by one with the seal of `old`."""
    if (new / SEAL).exists() and read_seal(new) != read_seal(old):
        raise RunError(
            f"a sealed run can be replaced only by one with the same seal; the seals of {new} and "
            f"{old} differ; choose another --out."
        )


def write_seal(seal: Seal, folder: Path, *, counts: dict[str, int]) -> None:
    """Write seal.json into the folder of a new run."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    rule = {"schema": SCHEMA, **asdict(seal), "rule": RULE, "created": now}
    _write(folder, rule | {"counts": counts, "uses": []})


@dataclass(frozen=True, eq=False)
class Use:
    """One use of a seal.

    Attributes:
        number: 1 for the first.
        part: the sealed examples.
    """

    number: int
    part: Part


def open_sealed(folder: Path, dataset: Dataset, *, reason: str) -> Use:
    """The sealed examples of a run, for a proof; the use is recorded first.

    Two proofs at the same time are two uses: they take turns.

    Args:
        folder: the run folder.
        dataset: all its labelled images.
        reason: why they are opened.

    Raises:
        RunError: the run is not sealed, or the use cannot be recorded.
    """
    seal = read_seal(folder)
    if seal is None:
        raise RunError(
            f"only a sealed run has sealed examples; {folder} has no {SEAL}; rank with --seal 0.5."
        )
    with taking_turns(folder):
        fields = _fields(folder)
        use = {"time": datetime.now(UTC).isoformat(timespec="seconds"), "reason": reason}
        try:
            fields["uses"].append(use)
            _write(folder, fields)
        except (KeyError, AttributeError, OSError) as error:
            raise _damaged(folder, error) from error
    return Use(len(fields["uses"]), seal.sealed_part(dataset))


def seal_uses(folder: Path) -> int:
    """How often the sealed examples of a run have been opened.

    Raises:
        RunError: its seal.json cannot be read.
    """
    fields = _fields(folder)
    try:
        return len(fields["uses"])
    except (KeyError, TypeError) as error:
        raise _damaged(folder, error) from error


def sealed_count(part: Part, seen: int, skipped: Iterable[Skipped]) -> int:
    """How many examples a seal left out of a pass that saw `seen` and could not read `skipped`."""
    unreadable = {file.id for file in skipped}
    known = sum(part.id(position) in unreadable for position in range(len(part)))
    return len(part) - known - seen


def positions_in(part: Part, within: range) -> Positions:
    """(m,) positions of a range that are in the part, found by reading every image once."""
    found = [batch.positions for batch in part.batches(256, (1, 1, 1), within=within)]
    return np.concatenate([np.empty(0, np.int64), *found])


def only(stream: Iterator[Predictions], positions: Positions) -> Iterator[Predictions]:
    """The predictions at these positions, (m,) in rising order."""
    for batch in stream:
        kept = np.flatnonzero(np.isin(batch.positions, positions, assume_unique=True))
        if len(kept):
            yield Predictions(
                batch.positions[kept],
                tuple(batch.ids[i] for i in kept),
                batch.labels[kept],
                batch.probabilities[kept],
            )


def _fields(folder: Path) -> dict[str, Any]:
    try:
        fields: dict[str, Any] = read_json(folder / SEAL)
        if fields["schema"] != SCHEMA:
            raise ValueError(f"schema {fields['schema']!r:.40}")
        return fields
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(folder, error) from error


def _write(folder: Path, fields: dict[str, Any]) -> None:
    """Write the file completely or not at all: a partial file would lose the sealing rule."""
    partial = folder / f".{SEAL}.{os.getpid()}"
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write(json.dumps(fields, indent=2, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(folder / SEAL)
    finally:
        partial.unlink(missing_ok=True)


def _damaged(folder: Path, error: Exception) -> RunError:
    return RunError(
        f"{folder / SEAL} must be a seal written by hardex that can be written to; it is not "
        f"({type(error).__name__}: {error}); restore it from a backup, because without it "
        "nobody knows what was sealed."
    )
