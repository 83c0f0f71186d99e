"""What the owner has ordered on the page Fix, as a file that outlives the app.

It lies beside the folder that the fix is written to, and goes when that is done: so the next app
on the same run knows of a fix that a killed one has left, and can go on with it.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from hardex.bounded import read_json
from hardex.errors import RunError
from hardex.remedies.work_folder import work_of
from hardex.training.alone import alone
from hardex.training.job import write_whole

_FIXES_MOST = 10_000
_ORDER_MOST = 2**21  # bytes


@dataclass(frozen=True, kw_only=True)
class Order:
    """One fix, and the proof after it.

    Attributes:
        run: the folder of the run.
        data: where its images are, if they were moved.
        train: the training data.
        out: the folder to write; a fix that is there already is proved only.
        recipe: as plain values.
        seeds, controls: how many models with the remedies, and without.
        yes: whether training examples may be removed or relabelled.
        prove: whether to prove the new model afterwards.
        confirm: data to prove it on; "" for the sealed part of the run.
        trust_model: whether the model may run code of its own.
    """

    run: str
    out: str
    train: str = ""
    data: str = ""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    seeds: int = 1
    controls: int = 1
    yes: bool = False
    prove: bool = True
    confirm: str = ""
    trust_model: bool = False

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> "Order":
        """The order that `as_json` gave.

        Raises:
            TypeError: it is none.
        """
        return cls(**{one.name: found[one.name] for one in fields(cls) if one.name in found})

    @property
    def file(self) -> Path:
        """Where it is kept until it is done."""
        target = Path(self.out).absolute()
        return target.with_name(f".{target.name}.order.json")

    def keep(self) -> None:
        """Write the file.

        Raises:
            RunError: it cannot be written.
        """
        try:
            write_whole(self.file, json.dumps(self.as_json(), indent=2).encode())
        except OSError as error:
            raise RunError(
                f"a fix must go to a folder that can be written; {self.file.parent} cannot "
                f"({error.strerror or error}); free disk space, or move the run."
            ) from error

    def forget(self) -> None:
        """Remove the file; there is nothing left to go on with."""
        self.file.unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove the file, and what is half done; nothing happens while somebody works on it."""
        work = work_of(Path(self.out))
        if work.is_dir():
            with alone(work, wait=False) as mine:
                if not mine:
                    raise RunError(
                        f"what is half done can be removed once nobody works on it; another "
                        f"process writes {self.out} now; wait until it has ended."
                    )
                shutil.rmtree(work, ignore_errors=True)
        self.forget()


def opens_again(data: object) -> str:
    """What opens a data set in another process, wherever that is started.

    Returns:
        An absolute path, or the name of data; "" of data in memory.

    Example:
        >>> opens_again("mnist:train"), opens_again([1, 2])
        ('mnist:train', '')
    """
    if not isinstance(data, str | Path):
        return ""
    path = Path(data).expanduser()
    return str(path.absolute()) if str(data) and path.exists() else str(data)


def next_out(run: Path) -> Path:
    """The first free folder beside a run, `RUN-fixed-1`, `RUN-fixed-2`, …"""
    place = run.resolve()
    numbers = range(1, _FIXES_MOST)
    names = (place.with_name(f"{place.name}-fixed-{number}") for number in numbers)
    return next(one for one in names if not one.exists() and not work_of(one).exists())


def kept_order(run: Path) -> Order | None:
    """The order that an app on this run has left undone; None without one."""
    return next(_kept(run), None)


def _kept(run: Path) -> Iterator[Order]:
    place = run.resolve()
    for path in sorted(place.parent.glob(".*.order.json"))[:_FIXES_MOST]:
        try:
            found = Order.of_json(read_json(path, _ORDER_MOST))
            if found.file == path and Path(found.run).resolve() == place:
                yield found
        except (OSError, ValueError, TypeError, AttributeError):
            continue  # of somebody else
