"""What the test folders share: the command line, and a database server started on first use."""

import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import postgres
import pytest
from commands import Answer

from hardex.cli.main import main
from hardex.people.opening import open_database


@pytest.fixture
def hardex(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[[str], Answer]:
    """Run a command in an empty folder; the terminal is wide, so that no line is wrapped."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "250")

    def type_in(line: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["hardex", *shlex.split(line)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        seen = capfd.readouterr()
        return Answer(end.value.code, seen.out, seen.err)

    return type_in


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A real PostgreSQL server on loopback."""
    server = postgres.new_server()
    yield server
    postgres.end(server)


@pytest.fixture
def postgres_address(postgres_server: postgres.Server) -> Iterator[str]:
    """An empty database."""
    address = postgres_server.new_database()
    yield address
    open_database(address).close()
    postgres_server.give_back(address)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where annotations are stored: each test runs on both databases."""
    if request.param == "sqlite":
        return str(tmp_path)
    address: str = request.getfixturevalue("postgres_address")
    return address
