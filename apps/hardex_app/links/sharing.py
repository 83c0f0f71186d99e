"""How an app is reached from other computers, and by whom."""

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
    """How the app is reached from other computers; by default it is not.

    Attributes:
        share: through Gradio's tunnel.
        server: through your own frp server, `HOST:PORT`.
        server_ca: a file with the certificates that server is checked against.
        ssh: through `ssh -R` to `USER@HOST[:PORT]`.
        ssh_port: the port on which that computer listens, or `ADDRESS:PORT`.
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
                "an app can have one public link; received two of --share, --share-server and "
                "--share-ssh; choose one."
            )
        if self.server or self.server_ca:
            FrpServer(self.server, self.server_ca)
        if self.ssh_port != REMOTE_PORT and not self.ssh:
            raise ServingError(
                "--share-ssh-port is a port of the computer in --share-ssh; received "
                f"{self.ssh_port} alone; add --share-ssh USER@HOST or leave it out."
            )
        if self.ssh:
            SshServer.of(self.ssh, self.ssh_port)

    @property
    def wants_link(self) -> bool:
        """Whether to open a public link."""
        return bool(self.share or self.server or self.ssh)

    def needs_link(self, host: str) -> bool:
        """Whether visitors need a personal link: if other computers can reach the app."""
        return self.wants_link or bool(self.root_path) or not is_loopback(host)

    @property
    def is_proxied(self) -> bool:
        """Whether a proxy or tunnel writes `X-Forwarded-…`; `ssh -R` does not."""
        return self.share or bool(self.server or self.root_path) or on_space()

    @property
    def proxy(self) -> str:
        """The full address at which a proxy shows the app; "" if only the path is known."""
        return self.root_path if self.root_path.startswith("http") else ""

    def shown_at(self, address: str) -> str:
        """The address for visitors of an app that listens at an address.

        Example:
            >>> Sharing(root_path="/hardex").shown_at("http://127.0.0.1:7860/")
            'http://127.0.0.1:7860/hardex'
        """
        if self.proxy or not self.root_path:
            return self.proxy or address
        return address.rstrip("/") + self.root_path  # cookies are limited to that path

    def tunnel(self, port: int, tell: Callable[[str], None]) -> Tunnel | None:
        """The tunnel for the public link, if there is one."""
        if self.ssh:
            return Ssh(SshServer.of(self.ssh, self.ssh_port), port, tell)
        if self.server:
            return Frp(port, FrpServer(self.server, self.server_ca))
        return Frp(port) if self.share else None


def on_space() -> bool:
    """Whether this is a Hugging Face Space."""
    return bool(os.environ.get("SPACE_ID"))


def _check_root_path(root_path: str) -> None:
    if root_path and not re.fullmatch(r"(/(?!/)|https?://)[^\s?#]*[^\s?#/]", root_path):
        raise ServingError(
            "--root-path must be the path or the full address under which a proxy shows the app, "
            f"without a final slash; received {root_path!r}; try --root-path /hardex."
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
        token: of the owner; "" if none is needed.
        once: whether it works only once.
    """
    address = near_address(local_url, host, port)
    lines = [f"hardex is at {address}"]
    if sharing.root_path:
        lines.append(
            f"Behind a proxy it is at {sharing.root_path}/; everyone whom the proxy lets through "
            "and who has a personal link can open it."
        )
    if not is_loopback(host):
        lines.append("Everyone who can reach this computer and has a personal link can open it.")
    elif sharing.wants_link:
        lines.append("Opening a public link; until then, only this computer can reach the app.")
    elif not sharing.root_path:
        lines.append("Only this computer can reach it.")
    if token:
        own = personal(sharing.shown_at(address), token)
        lines += [
            f"Your personal link ({'works once' if once else 'do not share it'}): {own}",
            "Make a link for each annotator with `hardex annotate invite RUN NAME`.",
        ]
    return lines


def personal(address: str, token: str) -> str:
    """A link with a token, if there is one, after the #: browsers do not send that part."""
    return f"{address.rstrip('/')}/enter#{token}" if token else address


def near_address(local_url: str, host: str, port: int) -> str:
    """The address of the app on the local network, or on this computer."""
    everywhere = host in ("0.0.0.0", "::")
    return f"http://{this_computer()}:{port}/" if everywhere else local_url
