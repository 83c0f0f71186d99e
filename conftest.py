"""What every test and every example in a docstring uses."""

import os

import numpy as np
import pytest
from hypothesis import settings

# No deadline: a slow or busy machine is no reason for a test to fail.
settings.register_profile("quick", deadline=None, max_examples=30)
settings.register_profile("ci", deadline=None, max_examples=100)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "quick")


@pytest.fixture(autouse=True)
def names_in_examples(doctest_namespace):
    """Let examples use `np` without an import, which the linter would remove as unused."""
    doctest_namespace["np"] = np
