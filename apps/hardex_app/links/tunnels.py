"""Tunnels to a port of this computer: Gradio's service, a frp server, `ssh -R`."""

import re
import secrets
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Lock, Thread
from typing import Protocol
from urllib.parse import urlsplit

from hardex.errors import ServingError
from hardex.text import plain_text
from hardex_app.links.programs import CANNOT_START, Program

REMOTE_PORT = "8080"
_OPENING_SECONDS = 40.0
_ASKING_SECONDS = 30.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0  # seconds between two attempts of ssh
_STEADY_SECONDS = 30.0  # after a tunnel was up this long, the first pause is used again
_LOG_LINES = 20
_ENDING_SECONDS = 5.0

# A host that begins with a dash would be an option of ssh.
_SSH = re.compile(r"((?P<user>[\w.+-]{1,64})@)?(?P<host>[A-Za-z0-9][\w.-]{0,252})(:(?P<port>\d+))?")
_SERVER = re.compile(r"(?P<host>[A-Za-z0-9][\w.-]{0,252}):(?P<port>\d{1,5})")
_REMOTE = re.compile(r"((?P<bind>\*|[A-Za-z0-9][\w.-]{0,252}):)?(?P<port>\d{1,5})")
# What frpc prints when the tunnel is open, and when it failed for good.
_PROXY = re.compile(r"start proxy success: (\S+)")
_REFUSED = ("login to server failed", "start error", CANNOT_START)

Tell = Callable[[str], None]


class NoLink(Exception):
    """A public link could not be opened; the message is the reason in a few words."""


class Tunnel(Protocol):
    """A tunnel from a public address to the app."""

    def open(self) -> str:
        """Open it; the public address without a final slash. Raises `NoLink`."""
        ...

    def close(self) -> None: ...


# ------------------------------------------------------------------ frp


@dataclass(frozen=True)
class FrpServer:
    """Your own frp server.

    Attributes:
        address: `HOST:PORT`.
        certificates: a file of certificate authorities; "" for those that this computer trusts.
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
                "--share-server-ca must be a certificate file (PEM); there is none at "
                f"{self.certificates}; leave it out to use those that this computer trusts."
            )


class Frp:
    """Gradio's tunnel program, frpc: to Gradio's service, or to another frp server.

    The program reconnects by itself, at the same address.
    """

    def __init__(self, port: int, server: FrpServer | None = None) -> None:
        self._port, self._server = port, server
        self._lock, self._settled = Lock(), Event()
        self._closed = False
        self._program: Program | None = None
        self._address, self._why = "", "the tunnel service gave no address in time"
        self._worker = Thread(target=self._work, name="hardex-tunnel", daemon=True)

    def open(self) -> str:
        """The public address; always https, and the connection to the server always uses TLS."""
        self._worker.start()
        self._settled.wait(_OPENING_SECONDS)
        if not self._address:
            self.close()
            raise NoLink(self._why)
        return f"https://{urlsplit(self._address).netloc}"

    def close(self) -> None:
        """End the program, and start no other."""
        with self._lock:
            self._closed = True
            program = self._program
        if program is not None:
            program.end()
            self._worker.join(_ENDING_SECONDS)

    def _work(self) -> None:
        try:
            with TemporaryDirectory(prefix="hardex-") as folder:
                program = self._started(self._command(Path(folder)))
                for line in program.lines() if program else ():
                    self._read(line)
        except Exception as error:  # without a network, httpx raises whatever its parts raise
            self._why = _reason(error)
        finally:
            self._settled.set()

    def _started(self, command: list[str]) -> Program | None:
        with self._lock:
            if not self._closed:
                self._program = Program(command)
            return self._program

    def _read(self, line: str) -> None:
        found = _PROXY.search(line)
        if found and not self._address:
            self._address = found[1]
            self._settled.set()
        elif not self._address and any(mark in line for mark in _REFUSED):
            self._why = _few_words(line)
            self._settled.set()

    def _command(self, folder: Path) -> list[str]:
        """The command that Gradio uses; the folder is for the certificate of its service."""
        from gradio import tunneling

        server = self._server or _gradio_server(folder)
        fetch: Callable[[], None] = tunneling.Tunnel.download_binary  # once, with a checksum
        fetch()
        return [
            tunneling.BINARY_PATH, "http",
            "-n", secrets.token_urlsafe(32),
            "-l", str(self._port), "-i", "127.0.0.1",
            "--uc", "--sd", "random", "--ue",
            "--server_addr", server.address,
            "--disable_log_color",
            "--tls_enable", "--tls_trusted_ca_file", server.certificates or _known_certificates(),
        ]  # fmt: skip


def _gradio_server(folder: Path) -> FrpServer:
    """The server that Gradio's service assigns, and its certificate."""
    import httpx
    from gradio.networking import GRADIO_API_SERVER

    try:
        server = httpx.get(GRADIO_API_SERVER, timeout=_ASKING_SECONDS).json()[0]
        certificates = folder / "certificate.pem"
        certificates.write_text(server["root_ca"], encoding="utf-8")
        return FrpServer(f"{server['host']}:{int(server['port'])}", str(certificates))
    except (LookupError, TypeError, ValueError) as error:
        raise ValueError("Gradio's service returned no server") from error


def _known_certificates() -> str:
    import certifi

    return certifi.where()


def _reason(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return _few_words(lines[-1] if lines else type(error).__name__)


def _few_words(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text)[:200].rstrip(".")


# ------------------------------------------------------------------ ssh


@dataclass(frozen=True)
class SshServer:
    """A computer that ssh connects to.

    Attributes:
        host: its name, or one in the ssh configuration; may start with `user@`.
        port: of its sshd; None for the one in the ssh configuration.
        remote: `[ADDRESS:]PORT` on which it listens for visitors.
    """

    host: str
    port: int | None = None
    remote: str = REMOTE_PORT

    @classmethod
    def of(cls, target: str, remote: str = REMOTE_PORT) -> "SshServer":
        """Read `[USER@]HOST[:PORT]`.

        Raises:
            ServingError: it is malformed.

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
        """The ssh command for the tunnel; it reports success (`-v`), and never prompts."""
        options = [
            "BatchMode=yes",
            "ExitOnForwardFailure=yes",
            "ServerAliveInterval=15",
            "ServerAliveCountMax=3",
            "ConnectTimeout=15",
            "ControlMaster=no",  # a tunnel in a shared connection could not be ended
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
        """The address for visitors, with the host name from the ssh configuration."""
        name = self.host.rpartition("@")[2]
        with suppress(OSError, subprocess.SubprocessError):
            output = subprocess.run(
                ["ssh", "-G", self.host], capture_output=True, text=True, timeout=10, check=True
            ).stdout
            name = next(
                line.split(" ", 1)[1]
                for line in output.splitlines()
                if line.startswith("hostname ")
            )
        return f"http://{f'[{name}]' if ':' in name else name}:{self.remote.rpartition(':')[2]}"


class Ssh:
    """`ssh -R`, restarted whenever it ends.

    Args:
        server: the other computer.
        port: of the app.
        tell: called with a sentence when the tunnel is lost, and when it is open again.
    """

    def __init__(self, server: SshServer, port: int, tell: Tell) -> None:
        self._server, self._port, self._tell = server, port, tell
        self._closing, self._settled = Event(), Event()
        self._lock = Lock()
        self._program: Program | None = None
        self._is_up = False
        self._log: deque[str] = deque(maxlen=_LOG_LINES)
        self._watch = Thread(target=self._work, name="hardex-ssh", daemon=True)

    def open(self) -> str:
        """The public address; the tunnel is kept open until `close`."""
        self._watch.start()
        self._settled.wait(_OPENING_SECONDS)
        if not self._is_up:
            self.close()
            raise NoLink(self._why())
        return self._server.address()

    def close(self) -> None:
        """End ssh, and do not restart it."""
        with self._lock:
            self._closing.set()
            program = self._program
        if program is not None:
            program.end()
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
                self._tell("The ssh tunnel was lost; opening it again.")
                if monotonic() - began > _STEADY_SECONDS:
                    pause = _FIRST_PAUSE
            self._settled.set()
            if not was_up:
                return  # the first attempt failed: `open` reports it
            self._closing.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _once(self, again: bool) -> None:
        """Run ssh until it ends."""
        self._log.clear()
        with self._lock:
            if self._closing.is_set():
                return
            try:
                self._program = program = Program(self._server.command(self._port))
            except OSError as error:
                self._log.append(f"ssh {CANNOT_START} ({error.strerror})")
                return
        for line in program.lines():
            if "remote forward success" in line:
                self._is_up = True
                self._settled.set()
                if again:
                    self._tell("The ssh tunnel is open again.")
            elif line and not line.startswith(("debug1:", "OpenSSH_", "Authenticated to")):
                self._log.append(line)
        program.end()

    def _why(self) -> str:
        relevant = [line for line in self._log if not line.startswith(("Warning:", "Transferred:"))]
        return _few_words(relevant[-1] if relevant else "ssh gave no answer in time")


def this_computer() -> str:
    """Its address on the local network; its name if it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as looking, suppress(OSError):
        looking.connect(("192.0.2.1", 9))  # sends nothing: this only finds the route
        return str(looking.getsockname()[0])
    return socket.gethostname()


def say(text: str) -> None:
    """Print lines on the terminal of the app, if it is still open; controls are escaped."""
    lines = map(plain_text, text.split("\n"))
    with suppress(OSError):
        sys.stdout.write("\n".join(lines) + "\n")
        sys.stdout.flush()
