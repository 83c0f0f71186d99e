"""`python -m hardex_app.fix_process`: the process of one fix, and of the proof after it.

Its first line on stdin is the order. A further line asks it to end and to leave nothing. If stdin
ends, the app is gone: it ends, and leaves what the same order can go on from. Each line that it
writes to stdout is JSON: `stage`, `done` and `total`; at last the folder `fixed` and the file
`proof`, or an `error`.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any, TextIO

from hardex.errors import HardexError
from hardex_app.fix_order import Order

_SECONDS = 0.25  # between two lines of one stage
_CHANGES = 60  # that are listed
Json = dict[str, Any]
Say = Callable[[Mapping[str, Any]], None]


class Unwanted(Exception):
    """The owner has cancelled it."""


class Wanted:
    """Whether the work goes on, as stdin tells.

    Args:
        orders: stdin, behind the order.
        say: writes a line.
    """

    def __init__(self, orders: TextIO, say: Say) -> None:
        self._orders, self._say = orders, say
        self._cancelled, self._alone = Event(), Event()
        self._stage, self._last = "", 0.0
        Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        (self._cancelled if self._orders.readline() else self._alone).set()

    def __call__(self, stage: str, done: int = 0, total: int = 0) -> None:
        """A hardex `Progress`.

        Raises:
            Unwanted: the owner has cancelled it.
            InterruptedTraining: the app is gone.
        """
        from hardex.training.start import InterruptedTraining

        if self._cancelled.is_set():
            raise Unwanted
        if self._alone.is_set():
            raise InterruptedTraining("the app has ended; open it again to go on.")
        now = monotonic()
        if stage != self._stage or now - self._last >= _SECONDS:
            self._stage, self._last = stage, now
            self._say({"stage": stage, "done": done, "total": total})


def main(orders: TextIO, say: Say) -> None:
    """Carry out the order given on the first line, and write the outcome as the last line."""
    order = Order.of_json(json.loads(orders.readline()))
    wanted = Wanted(orders, say)
    try:
        wanted("starting")
        fixed = _fixed(order, wanted)
        say({"fixed": order.out, "proof": _proved(order, fixed, wanted) if order.prove else ""})
    except Unwanted:
        say({"cancelled": True})
    except HardexError as error:
        say(_problem(error))
    except MemoryError:
        say({"error": "a fix must fit into memory; it did not; choose a smaller batch_size."})


def _fixed(order: Order, wanted: Wanted) -> Any:
    from hardex.remedies.fix import fix
    from hardex.remedies.fixed import FIX, read_fix
    from hardex.remedies.recipe import recipe_of

    if (Path(order.out) / FIX).exists():  # it is the proof that is missing
        return read_fix(order.out)
    return fix(
        order.run,
        train=order.train,
        out=order.out,
        recipe=recipe_of(dict(order.recipe)),
        seeds=order.seeds,
        controls=order.controls,
        yes=order.yes,
        trust_model=order.trust_model,
        data=order.data,
        prove=False,  # a proof that was stopped is made when the page asks for it again
        progress=wanted,
    )


def _proved(order: Order, fixed: Any, wanted: Wanted) -> str:
    """The file of the proof."""
    from hardex.remedies.proving import proof_of

    found = proof_of(
        fixed,
        confirm=order.confirm or None,
        data=order.data,
        trust_model=order.trust_model,
        progress=wanted,
    )
    return found.file


def _problem(error: HardexError) -> Json:
    from hardex.remedies.clean import ChangesToConfirm
    from hardex.training.start import FullDisk, InterruptedTraining

    can_go_on = isinstance(error, InterruptedTraining | FullDisk)
    found: Json = {"error": str(error), "can_go_on": can_go_on}
    if isinstance(error, ChangesToConfirm):
        found["changes"] = [vars(one) for one in error.changes[:_CHANGES]]
        found["change_count"] = len(error.changes)
    return found


if __name__ == "__main__":
    # Libraries that print would break the lines: what they say goes to stderr.
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)

    def _say(line: Mapping[str, Any]) -> None:
        lines.write(json.dumps(line) + "\n")

    main(sys.stdin, _say)
