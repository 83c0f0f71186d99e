"""What every test and every example in a docstring may use."""

import numpy as np
import pytest
from hypothesis import settings

# A slow or busy machine is no reason for a test to fail.
settings.register_profile("hardex", deadline=None)
settings.load_profile("hardex")


@pytest.fixture(autouse=True)
def names_in_examples(doctest_namespace):
    """`np`, which examples use even where the linter would remove an import made only for them."""
    doctest_namespace["np"] = np
