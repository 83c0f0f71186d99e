"""How every question of a page is answered: plain data, or why there is none, as a sentence."""

import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from hardex.errors import HardexError
from hardex.runs.run import Run
from hardex_app.workspace import Workspace

Answer = dict[str, Any]

_TOKEN_MOST = 100  # characters
# An absolute path, however it begins, up to what ends one within a sentence.
_PATH = re.compile(
    r"(?<![\w.:/\\])(?:[A-Za-z]:)?(?:[/\\][^/\\\s'\"();:,]+)+[/\\]([^/\\\s'\"();:,]+)"
)


def of_run(workspace: Workspace, ask: Callable[[Run], Any]) -> Any:
    """The answer of the run, `{"waiting": …}` before there is one, or `{"error": …}`."""
    run = workspace.run
    if run is None:
        return not_ready(workspace, "The run")
    try:
        return ask(run)
    except HardexError as error:
        return {"error": for_visitors(error, run)}


def not_ready(workspace: Workspace, what: str) -> Answer:
    """Why there is no answer yet, or never will be."""
    status = workspace.status
    if status.over:
        return {"error": for_visitors(status.problem, workspace.run)}
    return {"waiting": f"{what} is not ready yet ({status.stage})."}


def kept_for(run: Run, name: str) -> str:
    """For whom a tab of a browser keeps what was not finished: this visitor of this run alone.

    It tells nobody where the run is.
    """
    return sha256(f"{run.folder.resolve()}\n{name}".encode()).hexdigest()[:16]


def token_of(value: Any) -> str | int | None:
    """What a page knows an answer by: a short text or a number; nothing else is given back to it.

    Example:
        >>> token_of(3), token_of("a"), token_of({"path": "http://example.org"})
        (3, 'a', None)
    """
    if isinstance(value, str):
        return value if len(value) <= _TOKEN_MOST else None
    return value if type(value) is int and abs(value) < 2**53 else None


def for_visitors(sentence: object, run: Run | None = None) -> str:
    """A sentence without the folders of this computer, which visitors need not know.

    Example:
        >>> for_visitors("the images were at /home/ann/my/data.npz; show where they are.")
        'the images were at data.npz; show where they are.'
    """
    text = str(sentence)
    sources = () if run is None else (run.manifest.data, run.manifest.model)
    known = [source.path for source in sources if source is not None and source.path]
    known += [] if run is None else [str(run.folder.resolve()), str(run.folder), run.data]
    for path in sorted(filter(None, known), key=len, reverse=True):
        # These are known as they are, with spaces and all; a bare name gives nothing away.
        text = text.replace(path, re.split(r"[/\\]", path.rstrip("/\\"))[-1])
    return _PATH.sub(r"\1", text)
