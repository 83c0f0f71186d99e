"""The Causes page: why the examples are hard, and how far that can be trusted."""

from typing import Any

from hardex_app import causes
from hardex_app.answers import for_visitors
from hardex_app.auth.visitors import is_owner
from hardex_app.call import Call
from hardex_app.page import FOR_VIEWERS, Page

_OF_FILES = ("train_path", "train_hash", "model_hash")  # which no page shows


def facts(call: Call) -> dict[str, Any]:
    """The diagnosis and its self-test; viewers learn nothing of the folders of this computer."""
    run = call.run
    found = causes.causes(run)
    for part in ("diagnosis", "selftest"):
        if found[part]:
            found[part] = {name: it for name, it in found[part].items() if name not in _OF_FILES}
    return found if is_owner(call.visitor) else _without_folders(found, run)


def _without_folders(value: Any, run: Any) -> Any:
    """The same without paths in its sentences; names and ids of examples stay."""
    if isinstance(value, dict):
        return {
            name: it if name in _NAMES else _without_folders(it, run) for name, it in value.items()
        }
    if isinstance(value, list | tuple):
        return [_without_folders(it, run) for it in value]
    return for_visitors(value, run) if isinstance(value, str) else value


_NAMES = frozenset({"id", "ids", "given", "predicted", "given_label", "cause", "pair", "words"})

PAGE = Page("causes", "Causes", FOR_VIEWERS, facts)
