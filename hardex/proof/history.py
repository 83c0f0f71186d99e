"""RUN/proofs/: every proof of a run, one file each; no command deletes them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from hardex.bounded import Unreadable, is_inside, read_json, why
from hardex.errors import RunError
from hardex.new_files import whole_file
from hardex.proof.evidence import VERDICTS, level_of_use
from hardex.proof.plain import SCHEMA, as_json
from hardex.proof.proof import Proof
from hardex.runs.folder import PROOFS
from hardex.runs.run import Run, opened
from hardex.runs.seal import read_seal, seal_uses
from hardex.sentences import counted
from hardex.text import plain_json

WHAT = "a proof"
_JSON_MOST = 2**24  # bytes of one proof; one with 20,000 long ids has some 4 million
_ALL_MOST = 2**28  # bytes of all of them that are read


@dataclass(frozen=True)
class Past:
    """One proof of a run, as kept.

    Attributes:
        created: when, in UTC, ISO 8601.
        verdict: its verdict.
        sentence: the verdict in one sentence.
        told: everything else that it says, in sentences.
        before, after: the names of the models.
        where: `sealed`, `confirm`, `looked_at` or `nowhere`.
        data_hash: of the data.
        uses: how often its examples had been used, that time included.
        level: at which it was judged.
        difference, low, high: of the accuracies; None if it proves nothing.
        file: where it is kept.
    """

    created: str
    verdict: str
    sentence: str
    told: tuple[str, ...]
    before: str
    after: str
    where: str
    data_hash: str
    uses: int
    level: float
    difference: float | None
    low: float | None
    high: float | None
    file: str


@dataclass(frozen=True)
class History:
    """All proofs of a run.

    Attributes:
        proofs: the oldest first.
        uses: how often the seal was opened; 0 without a seal.
        problems: a sentence on each file that is no proof.
    """

    proofs: tuple[Past, ...]
    uses: int
    problems: tuple[str, ...] = ()

    @property
    def unfinished(self) -> int:
        """How many uses of the seal have left no proof."""
        return max(
            0, self.uses - sum(one.where == "sealed" and one.uses > 0 for one in self.proofs)
        )

    def uses_of(self, data_hash: str) -> int:
        """How many proofs were made on confirming data with this hash."""
        return sum(one.where == "confirm" and one.data_hash == data_hash for one in self.proofs)

    def sentences(self) -> Iterator[str]:
        """What the proofs of the run have used up."""
        yield f"{counted(len(self.proofs), 'proof')} of this run."
        if self.uses:
            yield (
                f"The seal was opened {counted(self.uses, 'time')}; the next use is judged at the "
                f"level {level_of_use(self.uses + 1):.2g}."
            )
        if self.unfinished:
            yield f"{counted(self.unfinished, 'use')} of the seal left no proof here."
        yield from self.problems

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "schema": "hardex.proofs/1",
            "proofs": [asdict(one) for one in self.proofs],
            "uses": self.uses,
            "unfinished": self.unfinished,
            "problems": list(self.problems),
        }


def history(run: str | Path | Run) -> History:
    """The proofs that a run keeps.

    Raises:
        RunError: the folder is no run.
    """
    found = opened(run)
    proofs: list[Past] = []
    problems: list[str] = []
    room = _ALL_MOST
    for path in _files(found.folder):
        try:
            room -= path.stat().st_size
            if room < 0:
                raise Unreadable(f"the proofs of a run may take {_ALL_MOST:,} bytes")
            proofs.append(_read(path))
        except (OSError, ValueError, KeyError, TypeError) as error:
            problems.append(f"{path} is no proof that hardex wrote ({why(error)}).")
    proofs.sort(key=lambda one: (one.created, one.uses, one.file))
    uses = 0 if read_seal(found.folder) is None else seal_uses(found.folder)
    return History(tuple(proofs), uses, tuple(problems))


def home_of(folder: Path) -> Path:
    """The folder of the proofs of a run; made if it is missing.

    Raises:
        RunError: it cannot be made, or leads elsewhere.
    """
    home = folder / PROOFS
    try:
        home.mkdir(exist_ok=True)
    except OSError as error:
        raise RunError(
            f"the proofs of a run must be written into its folder; {home} cannot be made "
            f"({error.strerror}); make the folder writable."
        ) from error
    if not is_inside(home, folder):
        raise RunError(
            f"the proofs of a run must lie in its folder; {home} leads elsewhere; remove the link."
        )
    return home


def kept(proof: Proof, folder: Path) -> Proof:
    """Write a proof into the folder of its run, whole or not at all, and say where.

    Raises:
        RunError: it cannot be written.
    """
    stamp = "".join(sign for sign in proof.created if sign.isalnum())[:15]
    return written(proof, home_of(folder) / f"{stamp}-{uuid4().hex[:8]}.json")


def written(proof: Proof, path: Path) -> Proof:
    """Write a proof to a file, whole or not at all.

    Raises:
        RunError: it cannot be written.
    """
    named = replace(proof, file=str(path))
    with whole_file(path, WHAT) as partial:
        text = plain_json(json.dumps(as_json(named), indent=2, ensure_ascii=False))
        partial.write_text(text + "\n", encoding="utf-8")
    return named


def _files(folder: Path) -> Sequence[Path]:
    home = folder / PROOFS
    if not home.is_dir() or not is_inside(home, folder):
        return ()
    return [path for path in sorted(home.glob("*.json")) if is_inside(path, folder)]


def _read(path: Path) -> Past:
    fields: dict[str, Any] = read_json(path, _JSON_MOST)
    if fields["schema"] != SCHEMA or fields["verdict"] not in VERDICTS:
        raise ValueError(f"schema {fields['schema']!r:.40}")
    difference, low, high = (
        None if fields[name] is None else float(fields[name])
        for name in ("difference", "low", "high")
    )
    return Past(
        created=_text(fields["created"]),
        verdict=_text(fields["verdict"]),
        sentence=_text(fields["sentence"]),
        told=tuple(map(_text, fields["told"])),
        before=_text(fields["before"]["name"]),
        after=_text(fields["after"]["name"]),
        where=_text(fields["where"]),
        data_hash=_text(fields["data_hash"]),
        uses=int(fields["uses"]),
        level=float(fields["level"]),
        difference=difference,
        low=low,
        high=high,
        file=str(path),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Unreadable("a text is none")
    return value
