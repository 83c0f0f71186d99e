"""Responses: why there is no answer yet, and error sentences without this computer's folders."""

import re
from hashlib import sha256
from typing import Any

from hardex.errors import HardexError, MisplacedError, StorageError
from hardex.people.access import Visitor
from hardex.runs.run import Run
from hardex_app.annotation_requests import NotStored
from hardex_app.auth.visitors import is_owner
from hardex_app.workspace import Workspace

Answer = dict[str, Any]

_FOR_ANNOTATORS = "The app did not start; tell the owner."
# An absolute path, however it begins, up to what ends one within a sentence.
_PATH = re.compile(
    r"(?<![\w.:/\\])(?:[A-Za-z]:)?(?:[/\\][^/\\\s'\"();:,]+)+[/\\]([^/\\\s'\"();:,]+)"
)


def not_ready(workspace: Workspace, what: str, visitor: Visitor) -> Answer:
    """Why there is no answer yet, or never will be: `waiting` or `error`, a sentence.

    Args:
        workspace: how far the work is.
        what: the subject and verb of the sentence, such as "The run is".
        visitor: only the owner learns what went wrong.
    """
    status = workspace.status
    if status.over:
        problem = for_visitors(status.problem, workspace.run)
        return {"error": problem if is_owner(visitor) else _FOR_ANNOTATORS}
    return {"waiting": f"{what} not ready yet ({status.stage})."}


def model_not_ready(workspace: Workspace, visitor: Visitor) -> Answer:
    """Why the model makes no prediction yet, or never will: `waiting` or `error`, a sentence."""
    status = workspace.status
    if not status.over:
        return {"waiting": f"The model is not ready yet ({status.stage}); your picture is kept."}
    if not is_owner(visitor):
        return {"error": "There is no model here to probe; the owner can start the app with one."}
    if status.stage == "ready":
        return {
            "error": "This run was made from saved probabilities; to probe, start the app again "
            "with --model."
        }
    return {"error": status.problem}


def can_be_sent_again(error: HardexError) -> bool:
    """Whether a request that failed may succeed later; its page keeps what it wrote, and sends it.

    Example:
        >>> can_be_sent_again(StorageError("the disk is full.")), can_be_sent_again(HardexError(""))
        (True, False)
    """
    return isinstance(error, NotStored | StorageError | MisplacedError)


def draft_key(run: Run, name: str) -> str:
    """The name under which a browser tab stores drafts: of this visitor and this run only.

    It does not reveal where the run is.
    """
    return sha256(f"{run.folder.resolve()}\n{name}".encode()).hexdigest()[:16]


def for_visitors(sentence: object, run: Run | None = None) -> str:
    """A sentence without the folders of this computer, which visitors need not know.

    Example:
        >>> for_visitors("the images were at /home/ann/my/data.npz; show where they are.")
        'the images were at data.npz; show where they are.'
    """
    text = str(sentence)
    for path in sorted(filter(None, _known_paths(run)), key=len, reverse=True):
        # Known paths are replaced whole, spaces included; the bare name reveals nothing.
        text = text.replace(path, re.split(r"[/\\]", path.rstrip("/\\"))[-1])
    return _PATH.sub(r"\1", text)


def _known_paths(run: Run | None) -> list[str]:
    """The paths of a run, its data and its model."""
    if run is None:
        return []
    sources = (run.manifest.data, run.manifest.model)
    paths = [source.path for source in sources if source is not None and source.path]
    return [*paths, str(run.folder.resolve()), str(run.folder), run.data]
