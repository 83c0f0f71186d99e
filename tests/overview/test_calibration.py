import numpy as np
import pytest

from hardex.overview.calibration import Bin, bins_of, calibration_figures, calibration_sentence
from hardex.predict.metrics import share


def calibrated(*rows):
    return [Bin(0.0, 1.0, n, right, confidence) for n, right, confidence in rows]


@pytest.mark.parametrize(
    ("bins", "verdict"),
    [
        (calibrated((1000, 900, 0.95)), "95.0 %, accuracy 90.0 %: the model is overconfident."),
        (calibrated((1000, 900, 0.85)), "85.0 %, accuracy 90.0 %: the model is underconfident."),
        (calibrated((1000, 900, 0.903)), "accuracy 90.0 %: the model is well calibrated."),
        (calibrated((20, 18, 0.95)), "accuracy 90.0 %; with so few examples this may be chance."),
        (calibrated((10**6, 904_000, 0.9)), "the model is well calibrated."),  # too small to mind
        (
            calibrated((500, 300, 0.7), (500, 480, 0.86)),  # both are off, and cancel each other
            "accuracy 78.0 %, but at a confidence of about 70.0 % accuracy is 60.0 %: there the "
            "model is overconfident.",
        ),
        (calibrated((100, 99, 1.0)), "100.0 %, accuracy 99.0 %: the model is overconfident."),
        ([], "No example has a prediction."),
    ],
)
def test_the_sentence_says_whether_the_model_is_calibrated(bins, verdict):
    right, examples = sum(one.right for one in bins), sum(one.examples for one in bins)
    assert verdict in calibration_sentence(bins, share(right, examples))


def test_a_calibrated_model_is_seldom_accused():
    """Two looks at 5 %: of 400 such models at most 40 are accused on average, here 26 or so."""
    rng = np.random.default_rng(0)
    accused = 0
    for _ in range(400):
        confidence = rng.uniform(0.4, 1, 600)
        right = rng.random(600) < confidence
        place = (confidence * 15).astype(int)
        bins = [
            Bin(i / 15, (i + 1) / 15, int(n), int(right[place == i].sum()), float(mean))
            for i in range(15)
            if (n := (place == i).sum()) and (mean := confidence[place == i].mean())
        ]
        said = calibration_sentence(bins, share(int(right.sum()), 600))
        accused += "overconfident" in said or "underconfident" in said
    assert accused <= 35


def test_empty_bins_are_left_out_and_the_others_keep_their_place():
    rows = [{"examples": n, "right": n // 2, "confidence": 0.5} for n in (0, 4, 0)]
    (only,) = bins_of(rows)
    assert (only.low, only.high, only.examples, only.right) == (1 / 3, 2 / 3, 4, 2)
    counted = {"bins": rows, "expected_calibration_error": 0.0}
    told = calibration_figures(counted, share(2, 4))["bins"]
    ends = {"from": 0.3333, "to": 0.6667, "least": 1 / 3, "most": np.nextafter(2 / 3, 0)}
    counts = {"examples": 4, "right": 2, "confidence": 0.5}
    assert told == [ends | counts | share(2, 4)]
