"""How every question of a page is answered: plain data, or why there is none, as a sentence."""

from collections.abc import Callable
from typing import Any

from hardex.errors import HardexError
from hardex.runs.run import Run
from hardex_app.inspection import Inspection

Answer = dict[str, Any]


def of_run(inspection: Inspection, ask: Callable[[Run], Any]) -> Any:
    """The answer of the run, `{"waiting": …}` before there is one, or `{"error": …}`."""
    if inspection.run is None:
        return not_ready(inspection, "The run")
    try:
        return ask(inspection.run)
    except HardexError as error:
        return {"error": str(error)}


def not_ready(inspection: Inspection, what: str) -> Answer:
    """Why there is no answer yet, or never will be."""
    status = inspection.status
    if status.over:
        return {"error": status.problem}
    return {"waiting": f"{what} is not ready yet ({status.stage})."}
