"""Servers that several folders of tests share; each is started when the first test asks for it."""

from collections.abc import Iterator
from pathlib import Path

import postgres
import pytest

from hardex.runs.database import open_database


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """A real PostgreSQL on loopback."""
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
    """Where annotations may be kept: each test is run on both."""
    if request.param == "sqlite":
        return str(tmp_path)
    address: str = request.getfixturevalue("postgres_address")
    return address
