"""What every test and every example in a docstring uses."""

import os
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import settings

# No deadline: a slow or busy machine is no reason for a test to fail.
settings.register_profile("quick", deadline=None, max_examples=30)
settings.register_profile("ci", deadline=None, max_examples=40)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "quick")


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than there are cores: many tests wait for a server or a page."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that last longest, so that no worker is left alone with one of them."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(autouse=True)
def names_in_examples(doctest_namespace):
    """Let examples use `np` without an import, which the linter would remove as unused."""
    doctest_namespace["np"] = np


@pytest.fixture(scope="session", autouse=True)
def key_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Seal with a key of the tests, never with that of the person who runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARDEX_KEY_FILE", str(tmp_path_factory.mktemp("key") / "key"))
        yield
