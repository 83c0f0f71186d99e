"""The windows of an app -> a server on a free port, with the guard before everything."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from threading import Lock
from typing import Any

from hardex.errors import ServingError
from hardex_app.auth.gate import Gate
from hardex_app.auth.guard import Guard
from hardex_app.auth.keys import Keys
from hardex_app.auth.visitors import SESSIONS_KEPT, THREADS
from hardex_app.links.sharing import Sharing, on_space
from hardex_app.workspace import Workspace

FIRST_PORT, _PORTS = 7860, 100
# Notebooks on this computer show the app in a frame, each on a port of its own.
_NOTEBOOKS = ("http://localhost:*", "http://127.0.0.1:*", "https://localhost:*", "vscode-webview:")
_HUGGING_FACE = "https://huggingface.co"
_BELIEVED = "FORWARDED_ALLOW_IPS"  # read by uvicorn
_THIS_COMPUTER = ("127.0.0.1", "::1")
_STARTED = "startup-events"  # what Gradio asks of an app that it has started
_STARTING = Lock()  # a server reads a setting of the whole process while it starts
_FILE_MOST = "1mb"  # nothing is uploaded as a file: pictures travel inside the questions


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


def launch(
    workspace: Workspace,
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
    window = _built(workspace)
    while True:  # another start may be as quick
        where = free_port(host, port)
        gate = Gate(
            where,
            keys,
            _for_annotators(workspace, sharing.root_path) if keys else None,
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
    return (*(_NOTEBOOKS if notebooks else ()), *((_HUGGING_FACE,) if on_space() else ()))


def _built(workspace: Workspace) -> Any:
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    from hardex_app.window import build

    return build(workspace)


def _for_annotators(workspace: Workspace, root_path: str) -> Any:
    from hardex_app.annotator_window import Annotators

    return Annotators(workspace, root_path, looks())


def looks() -> dict[str, Any]:
    """What both windows look like."""
    import gradio as gr

    from hardex_app.ui.files import style

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
        # Without a second question whether the server is up: a busy computer may take longer for a
        # whole page than the 3 s that Gradio waits for it, and would be told to use a public link.
        _frontend=False,
        **looks(),
    )


def _put_first(app: Any) -> None:
    """Let the guard be the first to see a request: Gradio puts its own middleware before it.

    Gradio's would answer other pages' questions whether they may ask (CORS); here they may not.
    """
    app.user_middleware.sort(key=lambda one: one.cls is not Guard)
    app.middleware_stack = None  # made anew by the next request
