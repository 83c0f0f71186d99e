"""Start an app, print its links, show it in a browser or notebook, and stop it again."""

import importlib
import sys
import webbrowser
from collections.abc import Callable
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from time import sleep

from hardex.errors import HardexError
from hardex.people.address import forget_address, keep_address
from hardex.sentences import counted
from hardex.text import plain_text
from hardex_app.auth.keys import Keys
from hardex_app.links.ending import ended_by_signals
from hardex_app.links.server import free_port, launch, owner_window
from hardex_app.links.sharing import Sharing, near_address, personal, reach
from hardex_app.links.tunnels import NoLink, Tunnel, say
from hardex_app.workspace import Workspace

_WAYS_OUT = (
    "No public link could be opened ({why}); the app continues locally. There are three "
    "alternatives: --share-ssh USER@HOST through your own server, a reverse proxy with "
    "--root-path, or a Hugging Face Space with the same app."
)
_INLINE_HEIGHT = 900  # pixels, in a notebook
_RUN_EVERY_SECONDS = 0.5  # how often to check whether a demo is ranked


@dataclass(frozen=True)
class Opened:
    """An app that was opened in a notebook.

    Attributes:
        url: its address.
    """

    url: str
    _token: Callable[[], str] = field(repr=False)
    _end: Callable[[], None] = field(repr=False)

    def link(self) -> str:
        """A link that lets you in once; the plain address if no link is needed."""
        return personal(self.url, self._token())

    def show(self, view: str = "") -> None:
        """Show the app below the cell again.

        Args:
            view: what it shows, as *Copy view* on the page gives it: the words of its address.
        """
        _show_inline(f"{self.url}?{view.removeprefix('?')}" if view else self.link())

    def close(self) -> None:
        """Stop the server, its tunnel and the background work; closing twice does no harm."""
        self._end()


def open_window(
    workspace: Workspace,
    *,
    host: str,
    port: int | None,
    browser: bool,
    sharing: Sharing | None = None,
) -> Opened | None:
    """Serve the app until it is stopped; prepare the run and the model in the background.

    Ctrl-C, SIGTERM and SIGHUP stop it. In a notebook the app is shown below the cell, and the call
    returns at once.

    Returns:
        In a notebook, the open app; otherwise None, after the app was stopped.

    Raises:
        ServingError: the port is taken.
    """
    sharing, notebook = sharing or Sharing(), in_notebook()
    shows = browser and not notebook
    free_port(host, port)
    listening = nullcontext() if notebook else ended_by_signals()
    with listening, suppress(KeyboardInterrupt), ExitStack() as ends:
        keys = Keys(workspace) if sharing.needs_link(host) else None
        if keys is not None:
            ends.callback(keys.close)
        served = launch(workspace, host, port, sharing, keys, notebook=notebook)
        ends.callback(served.close)
        ends.callback(workspace.stop)
        tunnel = sharing.tunnel(served.port, say)
        if tunnel is not None:
            ends.callback(tunnel.close)

        def token() -> str:
            """A token of the owner; a notebook is saved with its output, so there it works once."""
            if keys is None:
                return ""
            return keys.one_time_token() if notebook else keys.owner_token

        lines = reach(served.url, host, served.port, sharing, token(), once=notebook)
        lines += where_images_are(workspace)
        # People see a page that waits for the window; a program that reads the address calls it.
        is_for_people = shows or sys.stdout.isatty()
        if is_for_people:
            _print(lines)
        if shows and not sharing.proxy:
            _open_browser(sharing.shown_at(served.url), keys)
        served.show(owner_window(workspace, sharing.root_path))
        if not is_for_people:
            _print(lines)
        workspace.start()
        link = _open_link(tunnel, token(), sharing)
        if keys is not None:
            _print(work_for_annotators(workspace))
            _print(notes_of(keys))
        _print(["Stop with close()." if notebook else "Stop with Ctrl-C."])
        if shows and sharing.proxy:  # the pages load their files from there
            _open_browser(sharing.proxy, keys)
        if keys is not None:
            near = sharing.shown_at(near_address(served.url, host, served.port))
            _keep_address(workspace, link or near, ends)
        if notebook:
            url = link or sharing.shown_at(served.url)
            opened = Opened(url, token, ends.pop_all().close)
            _show_inline(opened.link())
            return opened
        _report_progress(workspace)
        while True:
            sleep(3600)  # not on a lock: on Windows Ctrl-C would not end that
    return None


def _keep_address(workspace: Workspace, address: str, ends: ExitStack) -> None:
    """Store the address of the app with the run once there is one; remove it at the end."""
    kept: list[Path] = []
    ended = Event()

    def keep() -> None:
        while (run := workspace.run) is None:  # a demo is still ranking
            if ended.wait(_RUN_EVERY_SECONDS):
                return
        kept.append(run.folder)
        try:
            keep_address(run.folder, address)
        except HardexError as error:
            _print([f"Invitations will have no address: {error}"])

    def forget() -> None:
        ended.set()
        if waiting.is_alive():
            waiting.join()
        for folder in kept:
            forget_address(folder, address)

    waiting = Thread(target=keep, name="hardex-address", daemon=True)
    ends.callback(forget)  # registered first, so that the address is always removed
    waiting.start()
    if workspace.run is not None:
        waiting.join()


def _open_link(tunnel: Tunnel | None, token: str, sharing: Sharing) -> str:
    """Open the public link and print it; "" if there is none."""
    if tunnel is None:
        return ""
    try:
        link = sharing.shown_at(tunnel.open())
    except NoLink as error:
        _print([_WAYS_OUT.format(why=error)])
        return ""
    _print(
        [
            f"Public link: {link} (for everyone with a personal link).",
            f"Your personal link there: {personal(link, token)}",
        ]
    )
    return link


def _open_browser(url: str, keys: Keys | None) -> None:
    """Open the page; a token is passed in a file, as other users can see program arguments."""
    if keys is None:
        webbrowser.open(url)
    else:
        with suppress(OSError):
            webbrowser.open(keys.page_that_enters(personal(url, keys.owner_token)).as_uri())


def _print(lines: list[str]) -> None:
    for line in lines:
        say(plain_text(line))  # a run from somebody else may bring names of any characters


def in_notebook() -> bool:
    """Whether this is a Jupyter kernel; IPython is not loaded for this."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    # Also subclasses, as in Colab.
    return any(kind.__name__ == "ZMQInteractiveShell" for kind in type(shell).__mro__)


def _show_inline(url: str) -> None:
    shown = importlib.import_module("IPython.display")
    shown.display(shown.IFrame(url, width="100%", height=_INLINE_HEIGHT))


def work_for_annotators(workspace: Workspace) -> list[str]:
    """The annotators' task, as lines for the terminal; none before there is a run."""
    try:
        session = workspace.desk
    except HardexError as error:
        return [f"Annotators cannot start: {error}"]
    if session is None:
        return []
    plan = session.queue.plan
    without = f"{counted(plan.left_out, 'example')} without an image left out"
    if not plan.ids:
        return [f"There is nothing for annotators to judge ({without})."]
    people = "one annotator judges" if plan.overlap == 1 else f"{plan.overlap} annotators judge"
    task = f"{people} each of {counted(len(plan.ids), 'example')}"
    task = task[0].upper() + task[1:]
    return [f"{task}; {without}." if plan.left_out else f"{task}."]


def where_images_are(workspace: Workspace) -> list[str]:
    """Where the app reads images from, if only the run says so, as lines for the terminal.

    The run may come from somebody else, and everyone who is invited sees these images.
    """
    run = workspace.run
    source = None if run is None or run.data else run.manifest.data
    if run is None or source is None or not source.path:
        return []
    line = f"Images are read from {source.path}, as the run says; --data names another place."
    if run.manifest.reading.trust_paths:
        line += " Its table may name files anywhere on this computer (--trust-paths)."
    return [line]


def notes_of(keys: Keys) -> list[str]:
    """What the owner must know of the invitations, as lines for the terminal."""
    try:
        return keys.notes()
    except HardexError as error:
        return [f"Nobody but you can enter: {error}"]


def _report_progress(workspace: Workspace) -> None:
    """Show the background work on the terminal until it is done."""
    from hardex.progress import ProgressBar

    with ProgressBar() as bar:
        while not workspace.status.over:
            status = workspace.status
            bar(status.stage, status.done, status.total)
            sleep(0.2)
    status = workspace.status
    if status.problem:
        # Only a failure is an error; without anything else, the app continues.
        kind = "Error" if status.stage == "failed" else "Note"
        sys.stderr.write(f"{kind}: {plain_text(status.problem)}\n")
