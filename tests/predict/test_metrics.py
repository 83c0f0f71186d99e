import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from hardex.predict.accumulators import Calibration, Confusion
from hardex.predict.metrics import combined, f1, metrics, share


@given(whole=st.integers(1, 10**6), data=st.data())
def test_the_interval_is_scipys_wilson_interval(whole, data):
    part = data.draw(st.integers(0, whole))
    expected = binomtest(part, whole).proportion_ci(method="wilson")
    found = share(part, whole)
    assert found["value"] == part / whole
    assert (found["low"], found["high"]) == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert 0 <= found["low"] <= found["value"] + 1e-15
    assert found["value"] - 1e-15 <= found["high"] <= 1


def test_a_share_of_nothing_has_no_value():
    assert share(0, 0) == {"value": None, "low": None, "high": None}


def test_a_difference_has_newcombes_interval():
    # Newcombe (1998), table II: 56/70 - 48/80 and 10/10 - 0/10 by method 10.
    found = combined((1, -1), (share(56, 70), share(48, 80)))
    assert list(found.values()) == pytest.approx([0.2, 0.0524, 0.3339], abs=5e-5)
    found = combined((1, -1), (share(10, 10), share(0, 10)))
    assert list(found.values()) == pytest.approx([1, 0.6075, 1], abs=5e-5)


@given(st.lists(st.integers(0, 9), min_size=3, max_size=3))
def test_the_interval_of_f1_is_that_of_its_share(counts):
    found, missed, alarms = counts
    shares, interval = share(found, sum(counts)), f1(found, missed, alarms)
    if not sum(counts):
        assert interval == {"value": None, "low": None, "high": None}
        return
    assert interval["value"] == pytest.approx(2 * found / (2 * found + missed + alarms))
    for end in ("low", "high"):
        assert interval[end] / (2 - interval[end]) == pytest.approx(shares[end])


def test_metrics_of_six_examples_by_hand():
    counts = np.array([[2, 1, 0], [0, 3, 0], [0, 0, 0]])
    found = metrics(Confusion(counts), Calibration.empty(), ("cat", "dog", "7"))
    assert (found["examples"], found["wrong"], found["accuracy"]["value"]) == (6, 1, 5 / 6)
    rows = [
        (row["class"], row["examples"], row["predicted"], row["accuracy"]["value"])
        for row in found["per_class"]
    ]
    assert rows == [("cat", 3, 2, 2 / 3), ("dog", 3, 4, 1.0), ("7", 0, 0, None)]
    assert found["schema"] == "hardex.metrics/1"


def test_metrics_of_nothing_can_still_be_written():
    found = metrics(Confusion.empty(2), Calibration.empty(), ("a", "b"))
    assert found["accuracy"]["value"] is None
    json.dumps(found, allow_nan=False)


def test_a_bin_shows_its_mean_confidence():
    counts = np.zeros(15, np.int64)
    counts[9] = 2
    calibration = Calibration(counts, counts // 2, counts * 635_000)
    found = metrics(Confusion(np.eye(2, dtype=int)), calibration, ("a", "b"))["calibration"]
    assert found["bins"][9] == {"examples": 2, "right": 1, "confidence": 0.635}
    assert found["expected_calibration_error"] == pytest.approx(0.135)
