"""The Curves page: training curves and the findings about them."""

from typing import Any

from hardex_app.auth.visitors import is_owner
from hardex_app.call import Call
from hardex_app.curves import report_facts, without_folders
from hardex_app.page import FOR_VIEWERS, Page


def facts(call: Call) -> dict[str, Any]:
    """The trainings and their findings; viewers learn nothing of this computer's folders."""
    report, run = call.report_again, call.run
    found = report_facts(report, run)
    return found if is_owner(call.visitor) else without_folders(found, report, run)


PAGE = Page("curves", "Curves", FOR_VIEWERS, facts)
