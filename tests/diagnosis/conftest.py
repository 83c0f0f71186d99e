"""What a diagnosis of small drawn letters works with."""

import pytest
from letters import setting_of


@pytest.fixture(scope="session")
def grey():
    """A setting of grey letters."""
    return setting_of(1)


@pytest.fixture(scope="session")
def colour():
    """The same letters in three channels."""
    return setting_of(3)
