"""Serve an app: its routes and the owner's window, behind the guard, on a free port."""

import asyncio
import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Thread
from time import monotonic, sleep
from typing import Any, TypeVar

import uvicorn
from starlette.types import ASGIApp

from hardex.errors import ServingError
from hardex_app.auth.gate import Gate
from hardex_app.auth.guard import Guard
from hardex_app.auth.keys import Keys
from hardex_app.auth.visitors import SESSIONS_KEPT, THREADS
from hardex_app.front.gradio_protocol import endpoints_of
from hardex_app.front.gradio_window import GradioWindow
from hardex_app.front.opening import Opening
from hardex_app.front.routes import Front
from hardex_app.links.connections import IDLE_SECONDS, Connection, Connections, connections_most
from hardex_app.links.log import keep_short
from hardex_app.links.sharing import Sharing, on_space
from hardex_app.workspace import Workspace

T = TypeVar("T")

FIRST_PORT, _PORTS = 7860, 100
# Notebooks on this computer show the app in a frame, each on its own port.
_NOTEBOOKS = ("http://localhost:*", "http://127.0.0.1:*", "https://localhost:*", "vscode-webview:")
_HUGGING_FACE = "https://huggingface.co"
_TRUSTED_VARIABLE = "FORWARDED_ALLOW_IPS"  # as uvicorn calls it
_THIS_COMPUTER = ("127.0.0.1", "::1")
_FILE_MOST = "1mb"  # nothing is uploaded as a file: images are part of the JSON
_HEADER_BYTES = 65_536
_START_SECONDS, _END_SECONDS = 60.0, 3.0
_TICKS_PER_SWEEP = 10
_WAITING_MOST = 512  # connections that the operating system keeps waiting


def free_port(host: str, port: int | None) -> int:
    """The given port, or the first free one from 7860.

    Raises:
        ServingError: the given port is taken, none is free, or the host is another computer.
    """
    if not _is_free(host, 0):  # 0 is any free port
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
    try:
        _listen(host, port).close()
    except (OSError, OverflowError):
        return False
    return True


def _listen(host: str, port: int) -> socket.socket:
    """A socket at this port, which nobody else can take any more.

    Raises:
        OSError: it is taken, or the host is another computer.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=_WAITING_MOST)


def launch(
    workspace: Workspace,
    host: str,
    port: int | None,
    sharing: Sharing,
    keys: Keys | None,
    *,
    notebook: bool = False,
) -> "Served":
    """Serve the app on the given port, or the next free one.

    It answers at once; the owner sees their window once it was given to `Served.show`.

    Raises:
        ServingError: the given port is taken, or none is free.
    """
    keep_short()
    listening = _listening(host, port)
    frames = _frames(notebook or keys is None)
    gate = Gate(
        listening.getsockname()[1],
        keys,
        root_path=sharing.root_path,
        proxied=sharing.is_proxied,
        framed_by=frames,
    )
    opening = Opening()
    app = Guard(Front(workspace, opening, frames), gate)
    trusted = os.environ.get(_TRUSTED_VARIABLE) or ",".join(_THIS_COMPUTER)
    limits = Connections(connections_most(), proxies=_proxies(sharing, trusted))
    # Without a proxy, visitors could forge their address by these headers.
    headers = {"proxy_headers": sharing.is_proxied, "forwarded_allow_ips": trusted}
    return Served(app, listening, limits, opening, **headers)


def _listening(host: str, port: int | None) -> socket.socket:
    while True:
        where = free_port(host, port)
        try:
            return _listen(host, where)
        except OSError:  # another app was quicker: `free_port` finds the next one, or says so
            continue


def _proxies(sharing: Sharing, trusted: str) -> tuple[str, ...]:
    """The sources that speak for many visitors: a tunnel ends on this computer."""
    if not (sharing.wants_link or sharing.root_path or on_space()):
        return ()
    return (*_THIS_COMPUTER, *(one.strip() for one in trusted.split(",")))


def _frames(notebooks: bool) -> tuple[str, ...]:
    """The sites that may show the app in a frame; a Space is always shown in one."""
    return (*(_NOTEBOOKS if notebooks else ()), *((_HUGGING_FACE,) if on_space() else ()))


def owner_window(workspace: Workspace, root_path: str = "") -> GradioWindow:
    """The owner's window, as Gradio serves it."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    from hardex_app.window import build

    return in_a_loop(lambda: gradio_window(build(workspace), root_path))


def in_a_loop(make: Callable[[], T]) -> T:
    """What `make` returns, called where an event loop runs: else Gradio opens one for good.

    Example:
        >>> in_a_loop(lambda: asyncio.get_running_loop().is_running())
        True
    """

    async def making() -> T:
        return make()

    with ThreadPoolExecutor(1) as pool:  # this thread may have a loop of its own, as in a notebook
        return pool.submit(asyncio.run, making()).result()


def gradio_window(blocks: Any, root_path: str = "") -> GradioWindow:
    """A window that was built with Gradio, in the look of the app."""
    import gradio as gr
    from fastapi import FastAPI
    from gradio.routes import App

    from hardex_app.ui.files import style

    blocks.state_session_capacity = SESSIONS_KEPT
    blocks.max_threads = THREADS
    outer = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    gr.mount_gradio_app(
        outer,
        blocks,
        path="/",
        root_path=root_path or None,
        footer_links=["api"],
        show_error=False,
        allowed_paths=[],
        enable_monitoring=False,
        run_history=False,
        max_file_size=_FILE_MOST,
        theme=gr.themes.Default(
            primary_hue="indigo",
            font=["system-ui", "sans-serif"],
            font_mono=["ui-monospace", "monospace"],
        ),
        css=style(),
    )
    # Gradio's own app without the outer one, which would add its own path.
    found: list[Any] = [getattr(route, "app", None) for route in outer.routes]
    inner = next(app for app in found if isinstance(app, App))
    return GradioWindow(inner, endpoints_of(blocks.config["dependencies"]), lifespan=outer)


class Served:
    """An app that is being served until it is closed.

    Attributes:
        url: its address on this computer.
        port: where it listens.
    """

    def __init__(
        self,
        app: ASGIApp,
        listening: socket.socket,
        limits: Connections,
        opening: Opening | None = None,
        **options: Any,
    ) -> None:
        """
        Args:
            app: to be served.
            listening: the socket.
            limits: for its connections.
            opening: the part of the app that waits for the owner's window.
            options: for uvicorn.

        Raises:
            ServingError: the server did not start.
        """
        self._opening = opening
        host, self.port = listening.getsockname()[:2]
        self.url = f"http://{_url_host(host)}:{self.port}/"
        self._listening = listening
        config = uvicorn.Config(
            app,
            http=partial(Connection, limits=limits),  # type: ignore[arg-type]  # makes a protocol
            ws="none",
            lifespan="on",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_keep_alive=IDLE_SECONDS,
            h11_max_incomplete_event_size=_HEADER_BYTES,
            **options,
        )
        self._server = _Server(config, limits)
        self._thread = Thread(target=self._run, name="hardex-server", daemon=True)
        self._thread.start()
        try:
            self._server.wait_until_started(self._thread)
        except ServingError:
            self.close()
            raise

    def show(self, window: ASGIApp) -> None:
        """Show this window to the owner from now on.

        Raises:
            RuntimeError: the window does not start, or nothing waits for it.
        """
        if self._opening is None:
            raise RuntimeError("this app waits for no window")
        self._opening.show(window)

    def _run(self) -> None:
        with suppress(SystemExit):  # uvicorn ends the program where its app does not start
            self._server.run(sockets=[self._listening])

    def close(self) -> None:
        """Stop the server; closing twice does no harm."""
        self._server.should_exit = True
        self._thread.join(_END_SECONDS)
        self._server.force_exit = True
        self._thread.join(_END_SECONDS)
        self._listening.close()


class _Server(uvicorn.Server):
    """Uvicorn's server, which closes slow connections, and leaves the signals to `launch`."""

    def __init__(self, config: uvicorn.Config, limits: Connections) -> None:
        super().__init__(config)
        self._limits = limits

    async def on_tick(self, counter: int) -> bool:
        """Whether to end; called ten times a second."""
        if counter % _TICKS_PER_SWEEP == 0:
            self._limits.sweep()
        return await super().on_tick(counter)

    def wait_until_started(self, thread: Thread) -> None:
        """Wait until it answers.

        Raises:
            ServingError: it does not.
        """
        until = monotonic() + _START_SECONDS
        while not self.started:
            if not thread.is_alive() or monotonic() > until:
                raise ServingError("the app must be able to start; its server has not; try again.")
            sleep(0.005)


def _url_host(host: str) -> str:
    """A host as an address names it; an app that listens everywhere is on this computer, too."""
    if host in ("0.0.0.0", "::"):
        return "localhost"
    return f"[{host}]" if ":" in host else host
