"""Each symptom is named from its shape, and a healthy training is left in peace."""

import numpy as np
import pytest

import hardex
from hardex.learning_curves.data_size import data_curve
from hardex.learning_curves.findings import CODES, REMEDIES
from hardex.learning_curves.periodic import explained_by_position
from hardex.learning_curves.training_run import BatchCurve

AT = np.arange(30)
RNG = np.random.default_rng(5)


def jitter(size=30, by=0.004):
    return by * RNG.standard_normal(size)


def falling(start=2.3, end=0.2, rate=5.0):
    return end + (start - end) * np.exp(-AT / rate)


def rising(start=0.1, end=0.95, rate=5.0):
    return end - (end - start) * np.exp(-AT / rate)


HEALTHY = {
    "loss": falling() + jitter(),
    "accuracy": np.clip(rising() + jitter(), 0, 1),
    "val_loss": falling(end=0.25) + jitter(by=0.008),
    "val_accuracy": np.clip(rising(end=0.93) + jitter(by=0.008), 0, 1),
}

SHAPES = {
    "not_learning": {
        "loss": 2.303 + jitter(), "accuracy": 0.1 + jitter(), "val_loss": 2.303 + jitter(),
        "val_accuracy": np.full(30, 0.098),
    },
    "overfitting": {**HEALTHY, "val_loss": falling(end=0.3) + 0.03 * np.maximum(AT - 10, 0)},
    "ascending": {**HEALTHY, "loss": 2.3 + 0.1 * AT},
    "diverging": {"loss": np.where(AT < 15, falling(), 3.0 + 0.1 * AT)},
    "oscillating": {
        **HEALTHY, "loss": 0.5 + 0.3 * (AT % 2) + falling(1.0, 0.0),
        "accuracy": 0.7 - 0.1 * (AT % 2) + rising(0.0, 0.2),
    },
    "lr_too_low": {
        "loss": 2.3 - 0.01 * AT, "accuracy": 0.1 + 0.006 * AT, "val_loss": 2.3 - 0.0095 * AT,
        "val_accuracy": 0.1 + 0.006 * AT,
    },
    "not_converged": {k: v[:7] for k, v in HEALTHY.items()},
    "bad_initialisation": {
        "loss": np.where(AT < 12, 2.303, falling()[np.maximum(AT - 12, 0)]),
        "accuracy": np.where(AT < 12, 0.1, rising()[np.maximum(AT - 12, 0)]),
    },
    "nan": {"loss": [2.0, 1.5, float("nan"), float("nan")], "val_loss": [2.0, 1.6, 1.5, 1.5]},
    "validation_mismatch": {
        **HEALTHY, "val_loss": 2.3 + 0.05 * AT, "val_accuracy": np.full(30, 0.11) + jitter(),
    },
    "validation_too_small": {**HEALTHY, "val_accuracy": np.round(rising() * 16) / 16},
    "metric_loss_disagree": {**HEALTHY, "accuracy": 0.1 + jitter(by=0.002)},
    "penalty_dominates": {**HEALTHY, "loss": 6 + falling()},
    "underfitting": {
        "loss": falling(2.3, 1.5), "accuracy": rising(0.1, 0.45), "val_loss": falling(2.3, 1.52),
        "val_accuracy": rising(0.1, 0.44),
    },
}  # fmt: skip


@pytest.mark.parametrize("code", SHAPES)
def test_the_shape_of_each_symptom_is_named(code):
    shape = {name: np.asarray(values).tolist() for name, values in SHAPES[code].items()}
    (one,) = hardex.curves(shape).runs
    assert code in one.codes
    (found,) = [each for each in one.findings if each.code == code]
    assert 0 < found.confidence <= 1
    assert found.why.endswith(".") and found.remedy == REMEDIES[code]


@pytest.mark.parametrize("seed", range(20))
def test_healthy_trainings_are_left_in_peace(seed):
    rng = np.random.default_rng(seed)
    by, rate, end = rng.uniform(0, 0.012), rng.uniform(2, 5), rng.uniform(0.8, 0.99)
    shape = {
        "loss": falling(2.3, 1 - end, rate) + by * rng.standard_normal(30),
        "val_loss": falling(2.3, 1.15 - end, rate) + 2 * by * rng.standard_normal(30),
        "accuracy": np.minimum(rising(0.1, end, rate) + by * rng.standard_normal(30), 1),
        "val_accuracy": np.minimum(rising(0.1, end - 0.02, rate) + by * rng.standard_normal(30), 1),
    }
    (one,) = hardex.curves({name: values.tolist() for name, values in shape.items()}).runs
    assert one.codes == ("healthy",)


@pytest.mark.parametrize("code", ["overfitting", "not_learning", "diverging"])
@pytest.mark.parametrize("scale", [0.5, 3.0])
def test_another_unit_of_the_loss_changes_nothing_in_the_shape(code, scale):
    shape = {k: np.asarray(v) for k, v in SHAPES[code].items() if "loss" in k}
    scaled = {name: (scale * values).tolist() for name, values in shape.items()}
    assert code in hardex.curves(scaled).runs[0].codes


def test_a_number_of_classes_tells_a_loss_that_begins_too_high():
    shape = {"loss": falling(30.0, 0.5, 3.0).tolist()}
    assert "bad_initialisation" in hardex.curves(shape, classes=10).runs[0].codes
    assert "bad_initialisation" not in hardex.curves(HEALTHY_LISTS, classes=10).runs[0].codes


HEALTHY_LISTS = {name: values.tolist() for name, values in HEALTHY.items()}


def test_some_of_several_runs_that_never_start_are_dead_starts():
    stuck = {name: np.asarray(v).tolist() for name, v in SHAPES["not_learning"].items()}
    report = hardex.curves(HEALTHY_LISTS, stuck, HEALTHY_LISTS, stuck)
    assert ["dead_starts" in one.codes for one in report.runs] == [False, True, False, True]
    assert "2 of 4 runs" in report.runs[1].findings[-1].why


def test_two_rows_say_nothing():
    (one,) = hardex.curves({"loss": [2.0, 1.9]}).runs
    assert one.codes == ("too_noisy",)


def test_a_good_model_that_stands_still_has_not_failed_to_learn():
    still = {"loss": (0.05 + jitter(by=0.001)).tolist(), "accuracy": [0.985] * 30}
    assert "not_learning" not in hardex.curves(still).runs[0].codes


def test_batches_in_a_fixed_order_are_told_from_shuffled_ones():
    epochs = np.repeat(np.arange(6), 40)
    fixed = np.tile(RNG.standard_normal(40), 6)
    chance = RNG.standard_normal(240)
    loss = 2 - 0.2 * epochs + 0.1 * fixed + 0.03 * chance
    assert explained_by_position(BatchCurve(np.arange(240.0), epochs, loss)) > 0.8
    loss = 2 - 0.2 * epochs + 0.1 * chance
    assert explained_by_position(BatchCurve(np.arange(240.0), epochs, loss)) < 0.1
    running = np.concatenate(
        [part.cumsum() / np.arange(1, 41) for part in np.split(2 + fixed + chance, 6)]
    )
    assert explained_by_position(BatchCurve(np.arange(240.0), epochs, running)) is None


def test_one_log_of_many_that_cannot_be_read_does_not_hide_the_others(tmp_path):
    report = hardex.curves(str(tmp_path / "none.csv"), HEALTHY_LISTS)
    assert len(report.runs) == 1 and "none.csv" in report.unreadable[0][1]
    value = report.as_json()
    assert value["schema"] == "hardex.curves/1"
    assert {"code", "confidence", "epoch", "why", "remedy"} <= set(value["runs"][0]["findings"][0])


def test_every_code_has_a_remedy():
    assert len(CODES) == 19 and all(REMEDIES.values())


def test_a_power_law_is_fitted_with_an_interval_that_holds():
    inside = 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        sizes = np.repeat([100, 200, 400, 800, 1600, 3200], 2)
        true = 0.04 + 1.5 * sizes**-0.5
        found = data_curve(sizes.tolist(), (true * (1 + 0.03 * rng.standard_normal(12))).tolist())
        expected = 0.04 + 1.5 * 6400**-0.5
        inside += found.low[0] <= expected <= found.high[0]
    assert inside >= 3


@pytest.mark.parametrize(
    ("sizes", "errors", "says"),
    [
        ([1, 2, 3], [0.5, 0.4, 0.3], "at least 4"),
        ([1, 2, 3, 4], [50, 40, 30, 20], "shares from 0 to 1"),
        ([1, 2], [0.5], "one error"),
        ([0, 1, 2, 3], [0.5, 0.5, 0.5, 0.5], "above 0"),
    ],
)
def test_sizes_that_cannot_be_fitted_are_refused(sizes, errors, says):
    with pytest.raises(hardex.LogError, match=says):
        data_curve(sizes, errors)


def test_a_loss_that_waits_and_then_explodes_diverges():
    shape = {"loss": [*[2.30] * 12, 2.4, 3.0, 9.0, 30.0, 80.0]}
    assert hardex.curves(shape).runs[0].codes == ("diverging",)
    at_once = {"loss": [2.48, 2.58, 2.72, 2.93, 3.49, 5.45, 11.0, 22.8]}
    assert hardex.curves(at_once).runs[0].codes == ("ascending",)


def test_a_training_that_slides_back_row_by_row_diverges():
    shape = {
        "loss": [1.71, 1.40, 1.32, 1.34, 1.41, 1.47, 1.55, 1.62],
        "accuracy": [0.38, 0.52, 0.55, 0.545, 0.53, 0.52, 0.50, 0.48],
    }
    assert "diverging" in hardex.curves(shape).runs[0].codes


def test_one_high_loss_among_many_at_chance_is_no_learning():
    shape = {
        "loss": [86441.0, 10.7, 6.48, 2.3047, 2.3083, 2.3043, 3.44, 3.92, 2.3042, 2.3045],
        "accuracy": [0.0986, 0.1, 0.1008, 0.0988, 0.1021, 0.1, 0.0999, 0.1012, 0.0999, 0.1],
        "val_loss": [2.304, 2.305, 2.3052, 2.307, 2.3026, 2.3046, 2.3072, 2.3044, 2.3036, 2.3048],
        "val_accuracy": [0.1026, 0.1013, 0.0997, 0.0954, 0.1026, 0.0954, 0.0971, 0.0954, 0.1, 0.1],
    }
    assert hardex.curves(shape).runs[0].codes == ("not_learning",)


def test_the_share_of_a_large_class_is_told_from_a_good_model():
    loss = (0.118 + jitter(by=0.0005)).tolist()
    stuck = {"loss": loss, "accuracy": [0.9383467] * 30, "val_accuracy": [0.9374629] * 30}
    assert hardex.curves(stuck).runs[0].codes == ("not_learning",)
    rounded = {"loss": loss, "accuracy": [0.938] * 30}
    assert "not_learning" not in hardex.curves(rounded).runs[0].codes


def test_a_healthy_training_is_said_to_improve_only_where_it_does():
    still = {"loss": falling(0.06, 0.05), "val_loss": 0.1 + jitter(by=0.0002)}
    (found,) = hardex.curves({k: v.tolist() for k, v in still.items()}).runs[0].findings
    assert found.code == "healthy" and "validation stays where it is" in found.why


def test_jumps_of_nearly_no_loss_are_no_oscillation():
    tiny = {**HEALTHY, "loss": np.where(AT < 8, falling(2.3, 0.0, 1.0), 0.002 + 0.01 * (AT % 2))}
    lists = {name: np.asarray(values).tolist() for name, values in tiny.items()}
    assert "oscillating" not in hardex.curves(lists).runs[0].codes


def test_a_validation_that_falls_and_comes_back_oscillates():
    jumps = {**HEALTHY, "val_accuracy": np.where(AT % 3 == 1, 0.5, 0.9) + jitter(by=0.01)}
    lists = {name: np.asarray(values).tolist() for name, values in jumps.items()}
    (found,) = [one for one in hardex.curves(lists).runs[0].findings if one.code == "oscillating"]
    assert found.metric == "val_accuracy"


SLOW = np.arange(20)
OTHERS = {  # what looks like a symptom and is none -> what must not be said
    "a loss of zero": ({"loss": [0.0] * 10, "accuracy": [1.0] * 10}, {"not_learning"}),
    "a regression": (
        {"loss": 5e4 * np.exp(-AT / 3) + 2e3, "val_loss": 5e4 * np.exp(-AT / 3) + 2.1e3},
        {"bad_initialisation", "not_learning"},
    ),
    "a bound that falls below zero": (
        {"loss": 1700 * np.exp(-AT / 4) - 1200}, {"bad_initialisation", "ascending"},
    ),
    "an accuracy that does not fit": (
        {"loss": 0.4 * np.exp(-AT / 3) + 0.005, "accuracy": [0.0] * 30},
        {"not_learning", "underfitting"},
    ),
    "a Dice loss": (
        {"loss": -0.9 + 0.6 * np.exp(-AT / 5), "accuracy": 0.985 - 0.035 * np.exp(-AT / 5)},
        {"ascending"},
    ),
    "four rows that hardly rise": (
        {"loss": [0.2501, 0.2503, 0.2506, 0.2511], "accuracy": [0.912] * 4}, {"ascending"},
    ),
    "a fast start": ({"loss": 1.2 + 1.1 * np.exp(-AT / 1.5)}, {"not_learning"}),
    "slow fine-tuning": (
        {
            "loss": 0.62 - 0.006 * SLOW, "accuracy": 0.68 + 0.004 * SLOW,
            "val_loss": 0.63 - 0.006 * SLOW, "val_accuracy": 0.67 + 0.004 * SLOW,
        },
        {"lr_too_low"},
    ),
    "a good model trained further": (
        {
            "loss": [0.552, 0.548, 0.54, 0.5365, 0.53],
            "accuracy": [0.815, 0.818, 0.817, 0.819, 0.82],
            "val_loss": [0.61, 0.6, 0.602, 0.6, 0.598],
            "val_accuracy": [0.8141026, 0.8141026, 0.8205128, 0.8141026, 0.8141026],
        },
        {"not_learning"},
    ),
    "a good model with the loss of a share": (
        {"loss": [0.476, 0.475, 0.474, 0.474], "accuracy": [0.818, 0.817, 0.818, 0.818]},
        {"not_learning"},
    ),
    "mixed images": (
        {
            "loss": 1.6 + 0.7 * np.exp(-AT / 6), "accuracy": 0.45 - 0.35 * np.exp(-AT / 6),
            "val_loss": 0.8 + 1.4 * np.exp(-AT / 6), "val_accuracy": 0.78 - 0.6 * np.exp(-AT / 6),
        },
        {"underfitting"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", OTHERS)
def test_what_is_no_such_symptom_is_not_accused(kind):
    curves, wrong = OTHERS[kind]
    lists = {name: np.asarray(values).tolist() for name, values in curves.items()}
    assert not wrong & set(hardex.curves(lists).runs[0].codes)


@pytest.mark.parametrize(
    ("val", "best"),
    [([0.6, 0.45, 0.5, 0.58, 0.66], 2), ([0.52, 0.5, 0.55, 0.62, 0.7, 0.8], 2)],
)
def test_overfitting_in_few_rows_names_the_best_one(val, best):
    loss = [0.7, 0.4, 0.25, 0.15, 0.1, 0.05][: len(val)]
    (found,) = hardex.curves({"loss": loss, "val_loss": val}).runs[0].findings
    assert (found.code, found.epoch) == ("overfitting", best)
    assert f"{min(val):.4g}" in found.why


def test_one_evaluation_that_is_nan_is_told_from_a_loss_that_is():
    val = [2.0, 1.6, 1.2, 1.0, float("nan")]
    (one,) = hardex.curves({"loss": [2, 1.5, 1.0, 0.8, 0.7], "val_loss": val}).runs
    assert one.codes == ("nan",) and one.findings[0].confidence < 0.9
    assert "validation loss" in one.findings[0].why


def test_a_loss_that_never_changes_is_no_learning():
    stuck = {"loss": [0.0] * 10, "accuracy": [0.5] * 10}
    assert hardex.curves(stuck).runs[0].codes == ("not_learning",)


def test_a_schedule_that_has_ended_asks_for_no_more_epochs():
    lists = {name: values[:7].tolist() for name, values in HEALTHY.items()}
    assert "not_converged" in hardex.curves(lists).runs[0].codes
    ended = lists | {"learning_rate": [1e-3, 9e-4, 7e-4, 5e-4, 3e-4, 1e-4, 1e-6]}
    assert "not_converged" not in hardex.curves(ended).runs[0].codes


def test_two_rates_that_take_turns_oscillate():
    loss = [1.0, 1.3, 0.75, 1.16, 0.55, 1.2, 0.46, 0.85, 0.41, 1.03, 0.36, 0.72, 0.35, 0.98]
    lists = {"loss": loss, "val_loss": [one + 0.1 for one in loss]}
    assert hardex.curves(lists).runs[0].codes == ("oscillating",)
