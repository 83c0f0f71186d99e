"""How a file that is made to do harm is refused."""

import tracemalloc

import pytest

from hardex.errors import HardexError


def refused(read, most_bytes):
    """The sentence by which a file is refused, for which little memory was taken."""
    tracemalloc.start()
    try:
        with pytest.raises(HardexError) as caught:
            read()
        told, peak = str(caught.value), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "\n" not in told and told.endswith(".") and len(told) < 2_000
    assert peak < most_bytes
    return told
