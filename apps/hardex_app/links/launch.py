"""An app is opened: served, told of, shown in the browser or a notebook, and ended again."""

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
from hardex_app.auth.keys import Keys
from hardex_app.links.ending import ended_by_signals
from hardex_app.links.server import free_port, launch
from hardex_app.links.sharing import Sharing, near_address, personal, reach
from hardex_app.links.tunnels import NoLink, Tunnel, say
from hardex_app.workspace import Workspace

_WAYS_OUT = (
    "No public link could be opened ({why}); the app goes on locally, and there are three ways "
    "out: --share-ssh USER@HOST through a server of yours, a reverse proxy in front of it with "
    "--root-path, or a Hugging Face Space with the same app."
)
_INLINE_HEIGHT = 900  # pixels, in a notebook
_RUN_EVERY_SECONDS = 0.5  # how often a demo is asked whether its ranking is done


@dataclass(frozen=True)
class Opened:
    """An app that is open beside a notebook.

    Attributes:
        url: its address.
    """

    url: str
    _token: Callable[[], str] = field(repr=False)
    _end: Callable[[], None] = field(repr=False)

    def link(self) -> str:
        """A link that lets you in, for one use; the address where nobody is asked who they are."""
        return personal(self.url, self._token())

    def close(self) -> None:
        """End the server, its tunnel, and the work behind it; closing twice does no harm."""
        self._end()


def open_window(
    workspace: Workspace,
    *,
    host: str,
    port: int | None,
    browser: bool,
    sharing: Sharing | None = None,
) -> Opened | None:
    """Serve the app until it is stopped; prepare run and model behind the open page.

    Ctrl-C stops it, and so do SIGTERM and SIGHUP. In a notebook the app is shown below the cell,
    and the call returns at once.

    Returns:
        In a notebook what closes the app again; else nothing, once it was stopped.

    Raises:
        ServingError: the port is taken.
    """
    sharing, notebook = sharing or Sharing(), in_notebook()
    shows = browser and not notebook
    free_port(host, port)  # said before the seconds that the start takes
    listening = nullcontext() if notebook else ended_by_signals()
    with listening, suppress(KeyboardInterrupt), ExitStack() as ends:
        keys = Keys(workspace) if sharing.asks_who(host) else None
        if keys is not None:
            ends.callback(keys.close)
        window, where = launch(workspace, host, port, sharing, keys, notebook=notebook)
        ends.callback(window.close, verbose=False)
        ends.callback(workspace.stop)
        tunnel = sharing.tunnel(where, say)
        if tunnel is not None:
            ends.callback(tunnel.close)

        def token() -> str:
            """What lets the owner in; what a notebook shows is saved, and good for once only."""
            if keys is None:
                return ""
            return keys.one_time_token() if notebook else keys.owner_token

        _tell(reach(window.local_url, host, where, sharing, token(), once=notebook))
        if shows and not sharing.proxy:
            _open_browser(sharing.shown_at(window.local_url), keys)
        workspace.start()
        link = _open_link(tunnel, token(), sharing)
        if keys is not None:
            _tell(work_of(workspace))
        _tell(["Stop with close()." if notebook else "Stop with Ctrl-C."])
        if shows and sharing.proxy:  # where the pages look for what they need
            _open_browser(sharing.proxy, keys)
        if keys is not None:
            near = sharing.shown_at(near_address(window.local_url, host, where))
            _keep_address(workspace, link or near, ends)
        if notebook:
            url = link or sharing.shown_at(window.local_url)
            opened = Opened(url, token, ends.pop_all().close)
            _show_inline(opened.link())
            return opened
        _report_progress(workspace)
        while True:
            sleep(3600)  # not on a lock: on Windows Ctrl-C would not end that
    return None


def _keep_address(workspace: Workspace, address: str, ends: ExitStack) -> None:
    """Note with the run where its app is, as soon as there is a run, and forget it in the end."""
    kept: list[Path] = []
    over = Event()

    def keep() -> None:
        while (run := workspace.run) is None:  # a demo is still ranking
            if over.wait(_RUN_EVERY_SECONDS):
                return
        keep_address(run.folder, address)
        kept.append(run.folder)

    def forget() -> None:
        over.set()
        if waiting.is_alive():
            waiting.join()
        for folder in kept:
            forget_address(folder, address)

    waiting = Thread(target=keep, name="hardex-address", daemon=True)
    ends.callback(forget)  # before it begins: whatever comes now, nothing is left
    waiting.start()
    if workspace.run is not None:
        waiting.join()


def _open_link(tunnel: Tunnel | None, token: str, sharing: Sharing) -> str:
    """The public link, told on the terminal; "" where there is none."""
    if tunnel is None:
        return ""
    try:
        link = sharing.shown_at(tunnel.open())
    except NoLink as error:
        _tell([_WAYS_OUT.format(why=error)])
        return ""
    _tell(
        [
            f"Public link: {link} (everyone who has a personal link gets in).",
            f"Your own link there: {personal(link, token)}",
        ]
    )
    return link


def _open_browser(url: str, keys: Keys | None) -> None:
    """Open the page; a token goes by a file: others see what programs are called with."""
    if keys is None:
        webbrowser.open(url)
    else:
        with suppress(OSError):
            webbrowser.open(keys.page_that_enters(personal(url, keys.owner_token)).as_uri())


def _tell(lines: list[str]) -> None:
    for line in lines:
        say(line)


def in_notebook() -> bool:
    """Whether this is a Jupyter kernel; IPython is asked only where it is loaded already."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    # Also what is derived from it, as in Colab.
    return any(kind.__name__ == "ZMQInteractiveShell" for kind in type(shell).__mro__)


def _show_inline(url: str) -> None:
    shown = importlib.import_module("IPython.display")
    shown.display(shown.IFrame(url, width="100%", height=_INLINE_HEIGHT))


def work_of(workspace: Workspace) -> list[str]:
    """What annotators will be asked, as lines for the terminal; none before there is a run."""
    try:
        desk = workspace.desk
    except HardexError as error:
        return [f"Annotators cannot begin: {error}"]
    if desk is None:
        return []
    plan = desk.queue.plan
    without = f"{counted(plan.left_out, 'example')} without an image here left out"
    if not plan.ids:
        return [f"There is nothing for annotators to judge ({without})."]
    people = "one person" if plan.overlap == 1 else f"{plan.overlap} people"
    words = f"Annotators judge {counted(len(plan.ids), 'example')}, each by {people}"
    return [f"{words}; {without}." if plan.left_out else f"{words}."]


def _report_progress(workspace: Workspace) -> None:
    """The background work on the terminal, until it is over."""
    from hardex.progress import ProgressBar

    with ProgressBar() as bar:
        while not workspace.status.over:
            status = workspace.status
            bar(status.stage, status.done, status.total)
            sleep(0.2)
    status = workspace.status
    if status.problem:
        # Without the model there is no app to speak of; without anything else the app goes on.
        told = "Error" if status.stage == "failed" else "Note"
        sys.stderr.write(f"{told}: {status.problem}\n")
