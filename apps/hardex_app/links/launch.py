"""A window -> an address in the browser: port, links, and who can reach it."""

import importlib
import os
import re
import socket
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext, redirect_stdout, suppress
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from threading import Event, Lock, Thread
from time import sleep
from typing import Any

from hardex.annotate.address import forget_address, keep_address
from hardex.errors import HardexError, ServingError
from hardex.sentences import counted
from hardex_app.door.gate import Gate
from hardex_app.door.guard import Guard
from hardex_app.door.keys import Keys
from hardex_app.door.visitors import SESSIONS_KEPT, THREADS
from hardex_app.inspection import Inspection
from hardex_app.links.ending import ended_by_signals
from hardex_app.links.tunnels import (
    REMOTE_PORT,
    Frp,
    FrpServer,
    NoLink,
    Ssh,
    SshServer,
    Tunnel,
    say,
    this_computer,
)

FIRST_PORT, _PORTS = 7860, 100
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_WAYS_OUT = (
    "No public link could be opened ({why}); the app goes on locally, and there are three ways "
    "out: --share-ssh USER@HOST through a server of yours, a reverse proxy in front of it with "
    "--root-path, or a Hugging Face Space with the same app."
)
_INLINE_HEIGHT = 900  # pixels, in a notebook
# Notebooks on this computer show the app in a frame, each on a port of its own.
_NOTEBOOKS = ("http://localhost:*", "http://127.0.0.1:*", "https://localhost:*", "vscode-webview:")
_HUGGING_FACE = "https://huggingface.co"
_RUN_EVERY_SECONDS = 0.5  # how often a demo is asked whether its ranking is done
_BELIEVED = "FORWARDED_ALLOW_IPS"  # read by uvicorn
_THIS_COMPUTER = ("127.0.0.1", "::1")
_STARTED = "startup-events"  # what Gradio asks of an app that it has started
_STARTING = Lock()  # a server reads a setting of the whole process while it starts
_FILE_MOST = "1mb"  # nothing is uploaded as a file: pictures travel inside the questions


@dataclass(frozen=True)
class Sharing:
    """How the app is reached from elsewhere; nothing set: only from this computer.

    Attributes:
        share: by Gradio's tunnel.
        server: `HOST:PORT` of a frp server of one's own.
        server_ca: certificates to check it by, in a file.
        ssh: `USER@HOST[:PORT]`, to be reached there by `ssh -R`.
        ssh_port: the port at which that computer listens, or `ADDRESS:PORT`.
        root_path: the path or address under which a proxy shows the app.

    Raises:
        ServingError: one of them is malformed, or two exclude each other.
    """

    share: bool = False
    server: str = ""
    server_ca: str = ""
    ssh: str = ""
    ssh_port: str = REMOTE_PORT
    root_path: str = ""

    def __post_init__(self) -> None:
        _check_root_path(self.root_path)
        if sum(map(bool, (self.share, self.server, self.ssh))) > 1:
            raise ServingError(
                "an app has one public link at most; received two of --share, --share-server and "
                "--share-ssh; choose one."
            )
        if self.server or self.server_ca:
            FrpServer(self.server, self.server_ca)
        if self.ssh_port != REMOTE_PORT and not self.ssh:
            raise ServingError(
                "--share-ssh-port is the port at the computer of --share-ssh; received "
                f"{self.ssh_port} alone; add --share-ssh USER@HOST or leave it out."
            )
        if self.ssh:
            SshServer.of(self.ssh, self.ssh_port)

    @property
    def wants_link(self) -> bool:
        """Whether a public link is to be opened."""
        return bool(self.share or self.server or self.ssh)

    def asks_who(self, host: str) -> bool:
        """Whether visitors need a personal link: as soon as others than this computer can come."""
        return self.wants_link or bool(self.root_path) or not is_loopback(host)

    @property
    def is_proxied(self) -> bool:
        """Whether what comes in between writes `X-Forwarded-…`; `ssh -R` hands on what it gets."""
        return self.share or bool(self.server or self.root_path) or _on_space()

    @property
    def proxy(self) -> str:
        """The whole address at which a proxy shows the app; "" where only its path is known."""
        return self.root_path if self.root_path.startswith("http") else ""

    def shown_at(self, address: str) -> str:
        """Where visitors find what is reached at an address.

        Example:
            >>> Sharing(root_path="/hardex").shown_at("http://127.0.0.1:7860/")
            'http://127.0.0.1:7860/hardex'
        """
        if self.proxy or not self.root_path:
            return self.proxy or address
        return address.rstrip("/") + self.root_path  # cookies are for that path alone

    def tunnel(self, port: int, tell: Callable[[str], None]) -> Tunnel | None:
        """What opens the public link."""
        if self.ssh:
            return Ssh(SshServer.of(self.ssh, self.ssh_port), port, tell)
        if self.server:
            return Frp(port, FrpServer(self.server, self.server_ca))
        return Frp(port) if self.share else None


def _on_space() -> bool:
    return bool(os.environ.get("SPACE_ID"))


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
        return _personal(self.url, self._token())

    def close(self) -> None:
        """End the server, its tunnel, and the work behind it; closing twice does no harm."""
        self._end()


def open_window(
    inspection: Inspection,
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
        keys = Keys(inspection) if sharing.asks_who(host) else None
        if keys is not None:
            ends.callback(keys.close)
        window, where = launch(inspection, host, port, sharing, keys, notebook=notebook)
        ends.callback(window.close, verbose=False)
        ends.callback(inspection.stop)
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
        inspection.start()
        link = _open_link(tunnel, token(), sharing)
        if keys is not None:
            _tell(work_of(inspection))
        _tell(["Stop with close()." if notebook else "Stop with Ctrl-C."])
        if shows and sharing.proxy:  # where the pages look for what they need
            _open_browser(sharing.proxy, keys)
        if keys is not None:
            near = sharing.shown_at(_near_address(window.local_url, host, where))
            ends.callback(_keep_address(inspection, link or near))
        if notebook:
            url = link or sharing.shown_at(window.local_url)
            opened = Opened(url, token, ends.pop_all().close)
            _show_inline(opened.link())
            return opened
        _report_progress(inspection)
        while True:
            sleep(3600)  # not on a lock: on Windows Ctrl-C would not end that
    return None


def _keep_address(inspection: Inspection, address: str) -> Callable[[], None]:
    """Note with the run where its app is, as soon as there is a run; gives what forgets it."""
    kept: list[Path] = []
    over = Event()

    def keep() -> None:
        while (run := inspection.run) is None:  # a demo is still ranking
            if over.wait(_RUN_EVERY_SECONDS):
                return
        keep_address(run.folder, address)
        kept.append(run.folder)

    def forget() -> None:
        over.set()
        waiting.join()
        for folder in kept:
            forget_address(folder, address)

    waiting = Thread(target=keep, name="hardex-address", daemon=True)
    waiting.start()
    if inspection.run is not None:
        waiting.join()
    return forget


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
            f"Your own link there: {_personal(link, token)}",
        ]
    )
    return link


def _personal(address: str, token: str) -> str:
    """A link with a token, if there is one, behind the # that browsers send to no server."""
    return f"{address.rstrip('/')}/enter#{token}" if token else address


def _open_browser(url: str, keys: Keys | None) -> None:
    """Open the page; a token goes by a file: others see what programs are called with."""
    if keys is None:
        webbrowser.open(url)
    else:
        with suppress(OSError):
            webbrowser.open(keys.page_that_enters(_personal(url, keys.owner_token)).as_uri())


def _near_address(local_url: str, host: str, port: int) -> str:
    everywhere = host in ("0.0.0.0", "::")
    return f"http://{this_computer()}:{port}/" if everywhere else local_url


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


def _check_root_path(root_path: str) -> None:
    if root_path and not re.fullmatch(r"(/(?!/)|https?://)[^\s?#]*[^\s?#/]", root_path):
        raise ServingError(
            "--root-path must be the path or the whole address under which a proxy shows the app, "
            f"without a slash at its end; received {root_path!r}; try --root-path /hardex."
        )


def free_port(host: str, port: int | None) -> int:
    """The port asked for, or the first free one from 7860.

    Raises:
        ServingError: the port asked for is taken, none is free, or the host is another computer.
    """
    if not _is_free(host, 0):  # 0 is whichever port is free
        raise ServingError(
            f"the host must be an address of this computer; {host} is not; leave out --host for "
            "127.0.0.1."
        )
    for candidate in [port] if port is not None else range(FIRST_PORT, FIRST_PORT + _PORTS):
        if candidate and _is_free(host, candidate):
            return candidate
    if port is not None:
        raise ServingError(
            f"the port must be free and from 1 to 65535; {port} on {host} is not; leave out --port "
            "for the next free one."
        )
    raise ServingError(
        f"a port from {FIRST_PORT} to {FIRST_PORT + _PORTS - 1} must be free; all are taken; stop "
        "another app or pass --port."
    )


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, OverflowError):
            return False
        return True


def is_loopback(host: str) -> bool:
    """Whether only this computer can reach the address."""
    return host in LOOPBACK


def launch(
    inspection: Inspection,
    host: str,
    port: int | None,
    sharing: Sharing,
    keys: Keys | None,
    *,
    notebook: bool = False,
) -> tuple[Any, int]:
    """Build the windows and serve them on the port asked for, or the next free one.

    Returns:
        The owner's window, and the port.

    Raises:
        ServingError: the port asked for is taken, or none is free.
    """
    window = _built(inspection)
    while True:  # another start may be as quick
        where = free_port(host, port)
        gate = Gate(
            where,
            keys,
            _for_annotators(inspection, sharing.root_path) if keys else None,
            root_path=sharing.root_path,
            proxied=sharing.is_proxied,
            framed_by=_frames(notebook or keys is None),
            opening=True,
        )
        try:
            # Gradio prints its own lines about links; `reach` says it shorter, with ways out.
            with redirect_stdout(StringIO()), _believing_headers(sharing.is_proxied):
                _launch(window, host, where, sharing.root_path, gate)
        except Exception as error:
            window.close(verbose=False)
            # Taken in between: `free_port` finds the next one, or says that there is none. Who came
            # later may also have asked the other app, in place of its own, whether it is up.
            asked_another = _STARTED in str(error) and not _is_free(host, where)
            if not isinstance(error, OSError) and not asked_another:
                raise
            continue
        gate.opening = False
        _put_first(window.app)
        return window, where


@contextmanager
def _believing_headers(proxied: bool) -> Iterator[None]:
    """A server that starts inside takes `X-Forwarded-…` for true only if a proxy writes them.

    Else visitors could choose which computer they seem to come from. With a proxy, this computer is
    believed, or whom `FORWARDED_ALLOW_IPS` names.
    """
    with _STARTING:
        before = os.environ.get(_BELIEVED)
        if not proxied:
            os.environ[_BELIEVED] = ""
        elif before is None:
            os.environ[_BELIEVED] = ",".join(_THIS_COMPUTER)
        try:
            yield
        finally:
            os.environ.pop(_BELIEVED, None)
            if before is not None:
                os.environ[_BELIEVED] = before


def _frames(notebooks: bool) -> tuple[str, ...]:
    """Who may show the app in a frame; a Space is shown in one, where it says how to get in."""
    return (*(_NOTEBOOKS if notebooks else ()), *((_HUGGING_FACE,) if _on_space() else ()))


def _built(inspection: Inspection) -> Any:
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    from hardex_app.window import build

    return build(inspection)


def _for_annotators(inspection: Inspection, root_path: str) -> Any:
    from hardex_app.annotators import Annotators

    return Annotators(inspection, root_path, looks())


def looks() -> dict[str, Any]:
    """What both windows look like."""
    import gradio as gr

    from hardex_app.assets import style

    return {
        "theme": gr.themes.Default(
            primary_hue="indigo",
            font=["system-ui", "sans-serif"],
            font_mono=["ui-monospace", "monospace"],
        ),
        "css": style(),
    }


def _launch(window: Any, host: str, port: int, root_path: str, gate: Gate) -> None:
    from starlette.middleware import Middleware

    window.launch(
        server_name=f"[{host}]" if ":" in host else host,
        server_port=port,
        share=False,  # links are opened by `tunnels`, behind the page that is open already
        prevent_thread_lock=True,
        inbrowser=False,
        inline=False,  # a notebook is shown our own frame
        root_path=root_path or None,
        quiet=True,
        footer_links=["api"],
        enable_monitoring=False,
        run_history=False,
        max_file_size=_FILE_MOST,
        allowed_paths=[],
        state_session_capacity=SESSIONS_KEPT,
        max_threads=THREADS,
        app_kwargs={"middleware": [Middleware(Guard, gate=gate)]},
        **looks(),
    )


def _put_first(app: Any) -> None:
    """Let the guard be the first to see a request: Gradio puts its own middleware before it.

    Gradio's would answer other pages' questions whether they may ask (CORS); here they may not.
    """
    app.user_middleware.sort(key=lambda one: one.cls is not Guard)
    app.middleware_stack = None  # made anew by the next request


def reach(
    local_url: str, host: str, port: int, sharing: Sharing, token: str, *, once: bool = False
) -> list[str]:
    """The address, and who can reach it, as lines for the terminal.

    Args:
        local_url, host, port: where the app listens.
        sharing: how it is reached from elsewhere.
        token: what lets the owner in.
        once: whether it does so only once.
    """
    address = _near_address(local_url, host, port)
    lines = [f"hardex is at {address}"]
    if sharing.root_path:
        lines.append(
            f"Behind a proxy it is at {sharing.root_path}/; everyone whom that lets through and "
            "who has a personal link gets in."
        )
    if not is_loopback(host):
        lines.append("Everyone who can reach this computer and has a personal link gets in.")
    elif sharing.wants_link:
        lines.append("A public link is being opened; until it is, only this computer can reach it.")
    elif not sharing.root_path:
        lines.append("Only this computer can reach it.")
    if token:
        own = _personal(sharing.shown_at(address), token)
        lines += [
            f"Your own link, for {'one use' if once else 'nobody else'}: {own}",
            "Annotators each get a link of their own by `hardex annotate invite RUN NAME`.",
        ]
    return lines


def work_of(inspection: Inspection) -> list[str]:
    """What annotators will be asked, as lines for the terminal; none before there is a run."""
    try:
        desk = inspection.desk
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


def _report_progress(inspection: Inspection) -> None:
    """The background work on the terminal, until it is over."""
    from hardex.terminal.progress import ProgressBar

    with ProgressBar() as bar:
        while not inspection.status.over:
            status = inspection.status
            bar(status.stage, status.done, status.total)
            sleep(0.2)
    status = inspection.status
    if status.problem:
        # Without the model there is no app to speak of; without anything else the app goes on.
        told = "Error" if status.stage == "failed" else "Note"
        sys.stderr.write(f"{told}: {status.problem}\n")
