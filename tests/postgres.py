"""A real PostgreSQL server for the tests: on loopback, in a folder of its own, removed after."""

import os
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

from needs import needed

PASSWORD = "s3cret/p@ss:w%rd"  # needs quoting in an address, and must never be printed
_PROGRAMS = ("initdb", "pg_ctl")


@dataclass
class Server:
    """A server with as many empty databases as tests need.

    With TLS it has its own `certificate`, for 127.0.0.1 only.
    """

    programs: Path
    folder: Path
    port: int
    speaks_tls: bool = False
    numbers: "count[int]" = field(default_factory=count)
    free: list[str] = field(default_factory=list)  # databases that are empty again

    def start(self) -> None:
        options = f"-c port={self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        if self.speaks_tls:
            files = f"-c ssl_cert_file={self.certificate} -c ssl_key_file={self.folder / 'key'}"
            options += f" -c ssl=on {files}"
        self._run(
            "pg_ctl", "start", "-w", "-t", "60", "-l", str(self.folder / "log"), "-o", options
        )

    @property
    def certificate(self) -> Path:
        return self.folder / "certificate.pem"

    def stop(self, how: str = "fast") -> None:
        """Stop it: `fast` ends all sessions, `immediate` is a crash."""
        self._run("pg_ctl", "stop", "-w", "-t", "60", "-m", how)

    def restart(self, how: str = "fast") -> None:
        self.stop(how)
        self.start()

    def new_database(self) -> str:
        """The address of an empty database; call `give_back` when done."""
        if self.free:
            return self.address(self.free.pop())
        name = f"run_{next(self.numbers)}"
        self.ask("postgres", f"CREATE DATABASE {name}")
        return self.address(name)

    def give_back(self, address: str) -> None:
        self.ask(
            address,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()",
            "DROP SCHEMA public CASCADE",
            "CREATE SCHEMA public",
        )
        self.free.append(address.rpartition("/")[2])

    def address(self, name: str) -> str:
        return f"postgresql+pg8000://anna:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/{name}"

    def ask(self, address_or_name: str, *queries: str) -> "list[tuple[object, ...]]":
        """The rows of the last query, over a connection without hardex."""
        import pg8000.native

        name = address_or_name.rpartition("/")[2]
        connection = pg8000.native.Connection(
            "anna", host="127.0.0.1", port=self.port, password=PASSWORD, database=name
        )
        try:
            rows = [connection.run(query) for query in queries][-1]
        finally:
            connection.close()
        return [tuple(row) for row in rows or ()]

    def _run(self, program: str, *words: str) -> None:
        run_as_nobody_special(
            [str(self.programs / program), "-D", str(self.folder / "data"), *words], self.folder
        )


def new_server(*, speaks_tls: bool = False) -> Server:
    """Create a server and start it; without PostgreSQL the test is skipped (see `needs.py`)."""
    programs = needed(_found(), "PostgreSQL (initdb and pg_ctl)", "postgresql")
    folder = Path(tempfile.mkdtemp(prefix="hardex-postgres-"))
    try:
        (folder / "password").write_text(PASSWORD)
        owner = _owner()
        if owner is not None:
            for path in (folder, folder / "password"):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        run_as_nobody_special(
            [
                *(str(programs / "initdb"), "-D", str(folder / "data"), "-U", "anna"),
                *("--auth=scram-sha-256", f"--pwfile={folder / 'password'}", "--no-sync"),
                *("--encoding=UTF8", "--locale=C"),
            ],
            folder,
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = Server(programs, folder, port, speaks_tls)
        if speaks_tls:
            _certify(server)
        server.start()
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return server


def _certify(server: Server) -> None:
    """Create a certificate for a day; Debian's postgresql depends on openssl."""
    run_as_nobody_special(
        [
            *("openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-days", "1"),
            *("-subj", "/CN=tests", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(server.folder / "key"), "-out", str(server.certificate)),
        ],
        server.folder,
    )
    (server.folder / "key").chmod(0o600)


def end(server: Server) -> None:
    try:
        server.stop("immediate")
    finally:
        shutil.rmtree(server.folder, ignore_errors=True)


def run_as_nobody_special(words: "list[str]", folder: Path) -> None:
    """Run a program as another user than root, as whom PostgreSQL refuses to run."""
    owner = _owner()
    who = {} if owner is None else {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    done = subprocess.run(
        words, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, timeout=120, **who,
    )  # fmt: skip
    if done.returncode:
        log = folder / "log"
        raise RuntimeError(f"{words[0]}: {done.stderr}{log.read_text() if log.exists() else ''}")


def _owner() -> Any:
    """The user who runs the server where the tests are run by root."""
    if os.name != "posix" or os.geteuid() != 0:
        return None
    import pwd

    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")


def _found() -> Path | None:
    on_path = (shutil.which("pg_ctl"), shutil.which("pg_config"))
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    folders = [*debian, *(Path(path).resolve().parent for path in on_path if path)]
    return next(
        (one for one in folders if all((one / program).exists() for program in _PROGRAMS)), None
    )


def _version(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdecimal() else 0
