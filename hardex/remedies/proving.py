"""A fix -> the proof whether it helped: the one place that calls `hardex.prove`."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from hardex.data.sources import Data
from hardex.predict.neighbours import Progress, silent
from hardex.remedies.fixed import CONTROL, REMEDIED, Fixed


def proof_of(
    fixed: Fixed,
    *,
    confirm: Data | None = None,
    prove: Callable[..., Any] | None = None,
    progress: Progress = silent,
) -> Any:
    """Whether the repaired model is better, and whether that is the remedy.

    Args:
        fixed: the fix.
        confirm: labelled images that nobody looked at; by default the sealed part of the run, of
            which a use is recorded.
        prove: what proves; by default `hardex.prove`.
        progress: called now and then.

    Raises:
        HardexError: nothing can be proved with these models.
    """
    prove = prove or import_module("hardex").prove
    return prove(
        fixed.run,
        fixed.model,
        confirm=confirm,
        placebo=fixed.paths(CONTROL),
        remedied=fixed.paths(REMEDIED)[1:],
        target=fixed.target,
        progress=progress,
    )
