"""How an app is reached from elsewhere, and who can reach it, said in sentences."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass

from hardex.errors import ServingError
from hardex_app.links.tunnels import (
    REMOTE_PORT,
    Frp,
    FrpServer,
    Ssh,
    SshServer,
    Tunnel,
    this_computer,
)

LOOPBACK = ("127.0.0.1", "localhost", "::1")


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
        return self.share or bool(self.server or self.root_path) or on_space()

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


def on_space() -> bool:
    return bool(os.environ.get("SPACE_ID"))


def _check_root_path(root_path: str) -> None:
    if root_path and not re.fullmatch(r"(/(?!/)|https?://)[^\s?#]*[^\s?#/]", root_path):
        raise ServingError(
            "--root-path must be the path or the whole address under which a proxy shows the app, "
            f"without a slash at its end; received {root_path!r}; try --root-path /hardex."
        )


def is_loopback(host: str) -> bool:
    """Whether only this computer can reach the address."""
    return host in LOOPBACK


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
    address = near_address(local_url, host, port)
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
        own = personal(sharing.shown_at(address), token)
        lines += [
            f"Your own link, for {'one use' if once else 'nobody else'}: {own}",
            "Annotators each get a link of their own by `hardex annotate invite RUN NAME`.",
        ]
    return lines


def personal(address: str, token: str) -> str:
    """A link with a token, if there is one, behind the # that browsers send to no server."""
    return f"{address.rstrip('/')}/enter#{token}" if token else address


def near_address(local_url: str, host: str, port: int) -> str:
    everywhere = host in ("0.0.0.0", "::")
    return f"http://{this_computer()}:{port}/" if everywhere else local_url
