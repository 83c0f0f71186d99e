"""Ways from outside to a port of this computer: Gradio's tunnel, a frp server, `ssh -R`."""

import re
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from threading import Event, Thread
from typing import Any, Protocol
from urllib.parse import urlsplit

from hardex.errors import ServingError

REMOTE_PORT = "8080"
_OPENING_SECONDS = 40.0  # Gradio itself gives up after 30
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0  # seconds between two tries of ssh
_STEADY_SECONDS = 30.0  # a tunnel that held this long may come back at once
_LOG_LINES = 20
_ENDING_SECONDS = 5.0

# A host that begins with a dash would be an option of ssh.
_SSH = re.compile(r"((?P<user>[\w.+-]{1,64})@)?(?P<host>[A-Za-z0-9][\w.-]{0,252})(:(?P<port>\d+))?")
_SERVER = re.compile(r"(?P<host>[A-Za-z0-9][\w.-]{0,252}):(?P<port>\d{1,5})")
_REMOTE = re.compile(r"((?P<bind>\*|[A-Za-z0-9][\w.-]{0,252}):)?(?P<port>\d{1,5})")

Tell = Callable[[str], None]


class NoLink(Exception):
    """A public link could not be opened; why, in a few words."""


class Tunnel(Protocol):
    """A way from outside, as long as it is open."""

    def open(self) -> str:
        """The public address, without a slash at its end; raises `NoLink`."""
        ...

    def close(self) -> None: ...


# ------------------------------------------------------------------ Gradio's tunnel, or one's own


@dataclass(frozen=True)
class FrpServer:
    """A frp server of one's own.

    Attributes:
        address: `HOST:PORT`.
        certificates: a file of certificate authorities; "" for those this computer knows.
    """

    address: str
    certificates: str = ""

    def __post_init__(self) -> None:
        found = _SERVER.fullmatch(self.address)
        if not found or not 0 < int(found["port"]) < 65536:
            raise ServingError(
                f"--share-server must be HOST:PORT of a frp server; received {self.address!r}; try "
                "--share-server frp.example.org:7000."
            )
        if self.certificates and not Path(self.certificates).is_file():
            raise ServingError(
                "--share-server-ca must be a file of certificates (PEM); there is none at "
                f"{self.certificates}; leave it out for those that this computer knows."
            )


class Frp:
    """The tunnel that Gradio starts: to its own service, or to a frp server."""

    def __init__(self, port: int, server: FrpServer | None = None) -> None:
        self._port, self._server = port, server

    def open(self) -> str:
        """The public address; always https, and to a server of one's own always by TLS."""
        found: list[str] = []
        why: list[str] = []

        def work() -> None:
            try:
                found.append(self._opened())
            except BaseException as error:  # Gradio raises whatever its parts raise
                why.append(_reason(error))

        worker = Thread(target=work, name="hardex-tunnel", daemon=True)
        worker.start()
        worker.join(_OPENING_SECONDS)
        if not found:
            self.close()
            raise NoLink(why[0] if why else "the tunnel service gave no address in time")
        return f"https://{urlsplit(found[0]).netloc}"

    def close(self) -> None:
        """End what Gradio started."""
        from gradio import tunneling

        open_ones: list[Any] = tunneling.CURRENT_TUNNELS
        for tunnel in [one for one in open_ones if one.local_port == self._port]:
            process = tunnel.proc
            with redirect_stdout(StringIO()):
                tunnel.kill()
            open_ones.remove(tunnel)
            if process is not None:
                _ended(process)

    def _opened(self) -> str:
        import secrets

        from gradio.networking import setup_tunnel

        server = self._server
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):  # said shorter by us
            return str(
                setup_tunnel(
                    "127.0.0.1",
                    self._port,
                    secrets.token_urlsafe(32),
                    server.address if server else None,
                    (server.certificates or _known_certificates()) if server else None,
                )
            )


def _ended(process: "subprocess.Popen[bytes]") -> None:
    """Wait until a program that was asked to end has ended, and close its pipes."""
    process.terminate()
    try:
        process.wait(_ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _known_certificates() -> str:
    import certifi

    return certifi.where()


def _reason(error: BaseException) -> str:
    cause = error.__cause__ or error
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    return (lines[-1] if lines else type(cause).__name__)[:200].rstrip(".")


# ------------------------------------------------------------------ ssh


@dataclass(frozen=True)
class SshServer:
    """A computer to which ssh leads.

    Attributes:
        host: its name, or one of ssh's own configuration; with `user@`, if wished.
        port: where its sshd listens; None: as ssh is configured.
        remote: `[ADDRESS:]PORT` on which it listens for visitors.
    """

    host: str
    port: int | None = None
    remote: str = REMOTE_PORT

    @classmethod
    def of(cls, target: str, remote: str = REMOTE_PORT) -> "SshServer":
        """Read `[USER@]HOST[:PORT]`.

        Raises:
            ServingError: it is something else.

        Example:
            >>> SshServer.of("anna@example.org:2222").port
            2222
        """
        found, listens = _SSH.fullmatch(target), _REMOTE.fullmatch(remote)
        port = int(found["port"]) if found and found["port"] else None
        if not found or (port is not None and not 0 < port < 65536):
            raise ServingError(
                f"--share-ssh must be USER@HOST or USER@HOST:PORT; received {target!r}; try "
                "--share-ssh anna@example.org."
            )
        if not listens or not 0 < int(listens["port"]) < 65536:
            raise ServingError(
                "--share-ssh-port must be the port on which the other computer listens, or "
                f"ADDRESS:PORT; received {remote!r}; leave it out for {REMOTE_PORT}."
            )
        user = f"{found['user']}@" if found["user"] else ""
        return cls(user + found["host"], port, remote)

    def command(self, local_port: int) -> list[str]:
        """The ssh that opens the tunnel and says so (`-v`); it asks nothing, trusts no new host."""
        options = [
            "BatchMode=yes",
            "ExitOnForwardFailure=yes",
            "ServerAliveInterval=15",
            "ServerAliveCountMax=3",
            "ConnectTimeout=15",
            "ControlMaster=no",  # a tunnel that a shared connection holds could not be ended
            "ControlPath=none",
        ]
        return [
            "ssh", "-v", "-N", "-T",
            *(word for option in options for word in ("-o", option)),
            *(["-p", str(self.port)] if self.port else []),
            "-R", f"{self.remote}:127.0.0.1:{local_port}",
            self.host,
        ]  # fmt: skip

    def address(self) -> str:
        """Where visitors find it: the real name of the host, as ssh is configured."""
        name = self.host.rpartition("@")[2]
        with suppress(OSError, subprocess.SubprocessError):
            told = subprocess.run(
                ["ssh", "-G", self.host], capture_output=True, text=True, timeout=10, check=True
            ).stdout
            name = next(
                line.split(" ", 1)[1] for line in told.splitlines() if line.startswith("hostname ")
            )
        return f"http://{f'[{name}]' if ':' in name else name}:{self.remote.rpartition(':')[2]}"


class Ssh:
    """`ssh -R`, started, watched, and started again whenever it ends.

    Args:
        server: where it leads.
        port: of the app.
        tell: is told in a sentence when the tunnel is cut, and when it is back.
    """

    def __init__(self, server: SshServer, port: int, tell: Tell) -> None:
        self._server, self._port, self._tell = server, port, tell
        self._closing, self._settled = Event(), Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_up = False
        self._log: deque[str] = deque(maxlen=_LOG_LINES)
        self._watch = Thread(target=self._work, name="hardex-ssh", daemon=True)

    @property
    def pid(self) -> int | None:
        """The ssh that runs now."""
        process = self._process
        return process.pid if process and process.poll() is None else None

    def open(self) -> str:
        """The public address; from now on the tunnel is kept open until `close`."""
        self._watch.start()
        self._settled.wait(_OPENING_SECONDS)
        if not self._is_up:
            self.close()
            raise NoLink(self._why())
        return self._server.address()

    def close(self) -> None:
        """End ssh; it is not started again."""
        self._closing.set()
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(_ENDING_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        if self._watch.is_alive():
            self._watch.join(_ENDING_SECONDS)

    def _work(self) -> None:
        from time import monotonic

        pause, was_up = _FIRST_PAUSE, False
        while not self._closing.is_set():
            began = monotonic()
            self._once(was_up)
            if self._closing.is_set():
                return
            if self._is_up:
                self._is_up, was_up = False, True
                self._tell("The ssh tunnel was cut; it is being opened again.")
                if monotonic() - began > _STEADY_SECONDS:
                    pause = _FIRST_PAUSE
            self._settled.set()
            if not was_up:
                return  # the first try failed: said by `open`, and the app goes on without
            self._closing.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _once(self, again: bool) -> None:
        """Run ssh until it ends."""
        self._log.clear()
        try:
            process = subprocess.Popen(
                self._server.command(self._port),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is for us; we end ssh
            )
        except OSError as error:
            self._log.append(f"ssh cannot be started ({error.strerror})")
            return
        self._process = process
        if self._closing.is_set():
            process.terminate()
        for line in process.stderr or ():
            text = line.decode("utf-8", "replace").strip()
            if "remote forward success" in text:
                self._is_up = True
                self._settled.set()
                if again:
                    self._tell("The ssh tunnel is open again.")
            elif text and not text.startswith(("debug1:", "OpenSSH_", "Authenticated to")):
                self._log.append(text)
        process.wait()
        if process.stderr:
            process.stderr.close()

    def _why(self) -> str:
        telling = [line for line in self._log if not line.startswith(("Warning:", "Transferred:"))]
        text = telling[-1] if telling else "ssh gave no answer in time"
        return "".join(sign if sign.isprintable() else " " for sign in text)[:200].rstrip(".")


def this_computer() -> str:
    """Its name for others on the same network."""
    return socket.gethostname()


def say(text: str) -> None:
    """A line on the terminal of whoever started the app."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
