"""Serve the windows of an app on a free port, behind the guard."""

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
from hardex_app.pictures import Pictures
from hardex_app.workspace import Workspace

FIRST_PORT, _PORTS = 7860, 100
# Notebooks on this computer show the app in a frame, each on its own port.
_NOTEBOOKS = ("http://localhost:*", "http://127.0.0.1:*", "https://localhost:*", "vscode-webview:")
_HUGGING_FACE = "https://huggingface.co"
_TRUSTED_VARIABLE = "FORWARDED_ALLOW_IPS"  # read by uvicorn
_THIS_COMPUTER = ("127.0.0.1", "::1")
_STARTED = "startup-events"  # the path that Gradio requests from an app that it has started
_STARTING = Lock()  # a server reads an environment variable while it starts
_FILE_MOST = "1mb"  # nothing is uploaded as a file: images are part of the JSON


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
    """Build the windows and serve them on the given port, or the next free one.

    Returns:
        The owner's window, and the port.

    Raises:
        ServingError: the given port is taken, or none is free.
    """
    window = _built(workspace)
    while True:  # another app may take the port first
        where = free_port(host, port)
        gate = Gate(
            where,
            keys,
            _for_annotators(workspace, sharing.root_path) if keys else None,
            Pictures(workspace),
            root_path=sharing.root_path,
            proxied=sharing.is_proxied,
            framed_by=_frames(notebook or keys is None),
            opening=True,
        )
        try:
            # Gradio prints its own lines about links; `reach` has better ones.
            with redirect_stdout(StringIO()), _trusting_headers(sharing.is_proxied):
                _launch(window, host, where, sharing.root_path, gate)
        except Exception as error:
            window.close(verbose=False)
            # The port was taken meanwhile: `free_port` finds the next one, or reports that there is
            # none. Gradio may also have sent its start request to the other app.
            reached_another = _STARTED in str(error) and not _is_free(host, where)
            if not isinstance(error, OSError) and not reached_another:
                raise
            continue
        gate.opening = False
        _put_first(window.app)
        return window, where


@contextmanager
def _trusting_headers(proxied: bool) -> Iterator[None]:
    """A server that starts inside trusts `X-Forwarded-…` only behind a proxy.

    Otherwise visitors could forge their address. Behind a proxy, the headers are trusted from this
    computer, or from the addresses in `FORWARDED_ALLOW_IPS`.
    """
    with _STARTING:
        before = os.environ.get(_TRUSTED_VARIABLE)
        if not proxied:
            os.environ[_TRUSTED_VARIABLE] = ""
        elif before is None:
            os.environ[_TRUSTED_VARIABLE] = ",".join(_THIS_COMPUTER)
        try:
            yield
        finally:
            os.environ.pop(_TRUSTED_VARIABLE, None)
            if before is not None:
                os.environ[_TRUSTED_VARIABLE] = before


def _frames(notebooks: bool) -> tuple[str, ...]:
    """The sites that may show the app in a frame; a Space is always shown in one."""
    return (*(_NOTEBOOKS if notebooks else ()), *((_HUGGING_FACE,) if on_space() else ()))


def _built(workspace: Workspace) -> Any:
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    from hardex_app.window import build

    return build(workspace)


def _for_annotators(workspace: Workspace, root_path: str) -> Any:
    from hardex_app.annotator_window import Annotators

    return Annotators(workspace, root_path, looks())


def looks() -> dict[str, Any]:
    """The theme and style of both windows."""
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
        share=False,  # `tunnels` opens links, when the page is open already
        prevent_thread_lock=True,
        inbrowser=False,
        inline=False,  # `launch` shows its own frame
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
        # Skip the check that the page loads: a busy computer may need more than the 3 s that Gradio
        # waits, and Gradio would then ask for a public link.
        _frontend=False,
        **looks(),
    )


def _put_first(app: Any) -> None:
    """Put the guard before Gradio's own middleware.

    Gradio's would answer CORS requests of other pages, which the guard refuses.
    """
    app.user_middleware.sort(key=lambda one: one.cls is not Guard)
    app.middleware_stack = None  # the next request builds it again
