"""The Overview page: how good the model is, class by class, and links to where it fails."""

from typing import Any

from hardex.error_analysis.of_run import accuracy_sentences
from hardex_app.answers import for_visitors
from hardex_app.auth.visitors import is_owner
from hardex_app.call import Call
from hardex_app.cards import overview_with_pictures
from hardex_app.causes import top_causes
from hardex_app.page import FOR_VIEWERS, Page

_CAUSES = 6  # that are shown


def facts(call: Call) -> dict[str, Any]:
    """The figures, the most frequent `causes`, and `sentences` on what the accuracy is worth.

    See `hardex_app.causes.top_causes` and `hardex.error_analysis.of_run.accuracy_sentences`.
    Viewers learn nothing of the folders of this computer.
    """
    run = call.run
    found = {
        **overview_with_pictures(run),
        "causes": top_causes(run, _CAUSES),
        "sentences": list(accuracy_sentences(run)),
    }
    if not is_owner(call.visitor):
        found["notes"] = [for_visitors(note, run) for note in found["notes"]]
        found["doctor"] = [
            {name: for_visitors(text, run) for name, text in finding.items()}
            for finding in found["doctor"]
        ]
        found["problem"] = for_visitors(found["problem"], run)
    return found


PAGE = Page("overview", "Overview", FOR_VIEWERS, facts)
