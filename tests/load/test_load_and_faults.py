"""A short run of each load and fault script: no acknowledged annotation is lost."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks at the server in /proc"),
]

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def result_of(script, line, tmp_path):
    """A script's result; it must have succeeded and kept every promise."""
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / script), *line.split(), "--format", "json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=420,
    )
    assert done.stdout.startswith("{"), done.stderr
    found = json.loads(done.stdout)
    assert [one for one in found["promises"] if not one["kept"]] == []
    assert done.returncode == 0, done.stderr
    return found


def once(found, count):
    """Every annotation was acknowledged, and stored exactly once and unchanged."""
    kept = found["found"]
    assert (kept["acknowledged"], kept["stored"]) == (count, count)
    assert not any(kept[name] for name in ("missing", "twice", "changed", "unknown", "again"))


@pytest.mark.parametrize("database", ["SQLite", "PostgreSQL"])
def test_many_annotators_at_once(tmp_path, database, request):
    line = "--annotators 6 --verdicts 10"
    if database == "PostgreSQL":
        line += f" --annotations {request.getfixturevalue('postgres_address')}"
    found = result_of("annotators.py", line, tmp_path)
    once(found, 60)
    assert found["database"] == database
    assert (found["found"]["fewest_votes"], found["found"]["most_votes"]) == (1, 2)
    assert found["errors"] == 0
    rows = {row["name"]: row for row in found["rows"]}
    assert rows["an answer until it is acknowledged"]["count"] == 60


def test_the_server_is_killed_under_load(tmp_path):
    found = result_of("crashes.py", "--annotators 6 --verdicts 15 --kills 3", tmp_path)
    once(found, 90)
    assert found["kills"] == 3 and found["lost_connections"] >= 3


def test_disk_full_and_database_locked(tmp_path):
    line = "--annotators 6 --verdicts 5 --only disk lock --full-seconds 2 --locked-seconds 6"
    found = result_of("faults.py", line, tmp_path)
    assert {status for status, _, _ in found["told"]["disk"]} <= {200, 503}
    assert sum(count for _, _, count in found["told"]["disk"]) >= 6
    assert found["tracebacks"] == {"disk": 0, "lock": 0}


@pytest.mark.browser
def test_postgresql_restarted_under_programs_and_under_a_page(tmp_path):
    line = "--annotators 6 --verdicts 5 --only postgresql --down-seconds 1"
    found = result_of("faults.py", line, tmp_path)
    assert sum(count for _, _, count in found["told"]["postgresql"]) >= 6


def test_memory_and_open_files_are_flat(tmp_path):
    found = result_of("soak.py", "--interactions 400 --every 200 --people 10", tmp_path)
    assert len(found["marks"]) == 2 and sum(found["done"].values()) >= 400
    assert set(found["done"]) == {
        *("next example", "answer", "undo", "probe a drawing", "page load", "facts"),
        *("name and status", "leave and enter"),
    }
