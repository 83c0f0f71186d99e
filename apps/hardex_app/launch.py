"""A window -> an address in the browser: port, password, public link, and who can reach it."""

import importlib
import os
import re
import secrets
import socket
import sys
import webbrowser
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from threading import Event
from typing import Any

from hardex.errors import ServingError
from hardex_app.inspection import Inspection

FIRST_PORT, _PORTS = 7860, 100
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_WAYS_OUT = (
    "No public link could be opened (the tunnel service cannot be reached from here); the app goes "
    "on locally, and there are three ways out: `ssh -R 8080:localhost:{port} HOST` to a server of "
    "yours, a reverse proxy in front of it, or a Hugging Face Space with the same app."
)
_INLINE_HEIGHT = 900  # pixels, in a notebook


@dataclass(frozen=True)
class Opened:
    """An app that is open beside a notebook.

    Attributes:
        url: its address.
    """

    url: str
    _end: Callable[[], None] = field(repr=False)

    def close(self) -> None:
        """End the server, and the work behind it; closing twice does no harm."""
        self._end()


def open_window(
    inspection: Inspection,
    *,
    host: str,
    port: int | None,
    browser: bool,
    share: bool,
    auth: str | None,
    root_path: str = "",
) -> Opened | None:
    """Serve the app until it is stopped (Ctrl-C); prepare run and model behind the open page.

    In a notebook the app is shown below the cell, and the call returns at once.

    Returns:
        In a notebook what closes the app again; else nothing, once it was stopped.

    Raises:
        ServingError: the port is taken, the name and password are not `NAME:PASSWORD`, or the root
            path is none.
    """
    _check_root_path(root_path)
    beyond = share or bool(root_path) or not is_loopback(host)
    credentials = _credentials(auth, share=beyond)
    free_port(host, port)  # said before the seconds that the start takes
    window = _built(inspection)
    where = _launched(window, host, port, share, credentials, root_path)
    notebook = in_notebook()
    lines = reach(
        window.local_url,
        window.share_url,
        host,
        where,
        share,
        credentials,
        root_path=root_path,
        notebook=notebook,
    )
    sys.stdout.write("".join(line + "\n" for line in lines))
    sys.stdout.flush()

    def end() -> None:
        inspection.stop()
        window.close(verbose=False)

    if notebook:
        inspection.start()
        url = window.share_url or window.local_url
        _show_inline(url)
        return Opened(url, end)
    if browser:
        webbrowser.open(window.local_url)
    inspection.start()
    try:
        _report_progress(inspection)
        Event().wait()
    except KeyboardInterrupt:  # the usual way to end a server
        pass
    finally:
        end()
    return None


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


def _credentials(auth: str | None, *, share: bool) -> tuple[str, str] | None:
    if auth is not None:
        name, colon, password = auth.partition(":")
        if not (name and colon and password):
            raise ServingError(
                "--auth must be NAME:PASSWORD with both parts; one of them is missing; "
                "try --auth anna:SECRET."
            )
        return name, password
    return ("hardex", secrets.token_urlsafe(12)) if share else None


def _built(inspection: Inspection) -> Any:
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    from hardex_app.window import build

    return build(inspection)


def _launched(
    window: Any,
    host: str,
    port: int | None,
    share: bool,
    credentials: tuple[str, str] | None,
    root_path: str = "",
) -> int:
    """Launch on the port asked for, or the next free one; another start may be as quick."""
    while True:
        where = free_port(host, port)
        try:
            # Gradio prints its own lines about links; `reach` says it shorter, with ways out.
            with redirect_stdout(StringIO()):
                _launch(window, host, where, share, credentials, root_path)
        except OSError:
            window.close(verbose=False)
            continue  # taken in between: `free_port` finds the next one, or says that there is none
        return where


def _launch(
    window: Any,
    host: str,
    port: int,
    share: bool,
    credentials: tuple[str, str] | None,
    root_path: str,
) -> None:
    import gradio as gr
    from starlette.middleware import Middleware

    from hardex_app.assets import style
    from hardex_app.local_only import LocalOnly

    window.launch(
        server_name=f"[{host}]" if ":" in host else host,
        server_port=port,
        share=share,
        auth=credentials,
        prevent_thread_lock=True,
        inbrowser=False,
        inline=False,  # a notebook is shown our own frame
        root_path=root_path or None,
        quiet=True,
        theme=gr.themes.Default(
            primary_hue="indigo",
            font=["system-ui", "sans-serif"],
            font_mono=["ui-monospace", "monospace"],
        ),
        css=style(),
        footer_links=["api"],
        enable_monitoring=False,
        run_history=False,
        max_file_size="20mb",
        allowed_paths=[],
        # Without a password only this computer may ask, whatever name leads to it.
        app_kwargs={} if credentials else {"middleware": [Middleware(LocalOnly)]},
    )


def reach(
    local_url: str,
    share_url: str | None,
    host: str,
    port: int,
    share: bool,
    credentials: tuple[str, str] | None,
    *,
    root_path: str = "",
    notebook: bool = False,
) -> list[str]:
    """The address, and who can reach it, as lines for the terminal."""
    everywhere = host in ("0.0.0.0", "::")
    lines = [
        f"hardex is at {f'http://{socket.gethostname()}:{port}/' if everywhere else local_url}"
    ]
    if share_url and credentials:
        lines.append(f"Public link: {share_url} (everyone who has it and the password gets in).")
    elif root_path and is_loopback(host):
        lines.append(
            f"Behind a proxy it is at {root_path}; everyone whom that lets through and who has the "
            "password gets in."
        )
    elif is_loopback(host):
        lines.append("Only this computer can reach it.")
    else:
        lines.append("Everyone who can reach this computer and has the password gets in.")
    if share and not share_url:
        lines.append(_WAYS_OUT.format(port=port))
    if credentials:
        lines.append(f"Name: {credentials[0]}  Password: {credentials[1]}")
    lines.append("Stop with close()." if notebook else "Stop with Ctrl-C.")
    return lines


def _report_progress(inspection: Inspection) -> None:
    """The background work on the terminal, until it is over."""
    from time import sleep

    from hardex.terminal import ProgressBar

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
