"""Programs that some tests need and pip does not install; no test installs them itself."""

import os
import shutil
from typing import TypeVar

import pytest

Found = TypeVar("Found")


def needed(found: Found | None, name: str, package: str) -> Found:
    """What was found. If it is None the test is skipped, or fails when `CI=true` is set."""
    if found is None:
        sentence = f"this test needs {name}; install it with `apt install {package}`."
        if os.environ.get("CI") == "true":
            pytest.fail(sentence, pytrace=False)
        pytest.skip(sentence)
    return found


def program(name: str, package: str) -> str:
    """The path of a program, also where the servers are that only root starts."""
    places = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    return needed(shutil.which(name, path=places), name, package)
