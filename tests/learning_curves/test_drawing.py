"""What a chart draws of a training: few values, every spike, and the same places on each axis."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardex.learning_curves.drawing import (
    axes_of,
    best_of,
    curves_of,
    drawn,
    kinds_of,
    place_of,
)
from hardex.learning_curves.findings import finding
from hardex.learning_curves.reading import read_log
from hardex.learning_curves.training_run import EPOCH, EVALUATION, STEPS

VALUES = st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=300)


@given(VALUES, st.integers(2, 40))
def test_few_values_are_kept_and_the_extremes_are_among_them(values, most):
    curve = np.array(values)
    at = np.arange(len(curve)) * 2.0
    few = drawn(at, curve, most)
    assert len(few.values) <= max(most, 2)
    assert (few.values.min(), few.values.max()) == (curve.min(), curve.max())
    assert np.all(np.diff(few.at) > 0)
    assert few.values.tolist() == curve[(few.at / 2).astype(int)].tolist()


@given(VALUES, st.integers(2, 40))
def test_the_means_of_the_buckets_are_those_of_the_naive_way(values, most):
    curve = np.array(values)
    at = np.arange(len(curve)) * 1.0
    few = drawn(at, curve, most)
    if few.means is None:
        assert len(curve) <= most
        return
    size = -(-len(curve) // (most // 2))
    cuts = [curve[start : start + size] for start in range(0, len(curve), size)]
    np.testing.assert_allclose(few.means, [one.mean() for one in cuts], atol=1e-6)


@pytest.fixture
def with_batches(tmp_path):
    """Three epochs of four batches, whose steps begin at 10."""
    (tmp_path / "a.csv").write_text("epoch,loss,val_loss\n0,2,2.5\n1,1,1.5\n2,0.5,1.75\n")
    lines = [f"{10 + step},{step // 4},{3 - step / 10}" for step in range(12)]
    (tmp_path / "a.batches.csv").write_text("\n".join(["step,epoch,loss", *lines]) + "\n")
    (run,) = read_log(tmp_path / "a.csv")
    return run


def test_an_epoch_lies_at_the_step_that_ends_it(with_batches):
    assert axes_of(with_batches) == (EPOCH, STEPS)
    assert curves_of(with_batches, "loss", STEPS)["training"] == {
        "x": [13, 17, 21], "y": [2, 1, 0.5], "means": None,
    }  # fmt: skip
    batches = curves_of(with_batches, "loss", EPOCH)["batches"]
    assert batches["x"] == [step / 4 for step in range(1, 13)]
    assert curves_of(with_batches, "loss", STEPS)["batches"]["x"] == list(range(10, 22))
    assert curves_of(with_batches, "val_loss", EPOCH)["batches"] is None


def test_a_finding_is_seen_at_the_same_place_on_both_axes(with_batches):
    rise = finding("overfitting", 0.9, "It rises.", epoch=2, start=2, metric="val_loss")
    assert place_of(with_batches, rise) == {
        EPOCH: {"from": 2, "to": 3, "at": 2},
        STEPS: {"from": 17, "to": 21, "at": 17},
    }
    assert place_of(with_batches, finding("healthy", 0.9, "Well.")) is None
    one = place_of(with_batches, finding("nan", 1.0, "NaN.", epoch=3))
    assert one[EPOCH] == {"from": 3, "to": 3, "at": 3}


def test_the_best_epoch_is_that_of_validation(with_batches):
    assert best_of(with_batches) == [
        {"metric": "val_loss", "value": 1.5, "at": {EPOCH: 2, STEPS: 17}}
    ]


def test_an_axis_that_the_log_does_not_have_is_not_made_up(tmp_path):
    (tmp_path / "a.csv").write_text("epoch,loss\n0,2\n1,1\n")
    (tmp_path / "b.csv").write_text("step,loss,val_loss\n100,2,3\n200,1,2\n300,1,2\n")
    rows = [f"0,{2 - n / 10},{'' if n % 3 else 1.5}" for n in range(12)]
    (tmp_path / "c.csv").write_text("\n".join(["epoch,loss,val_loss", *rows]) + "\n")
    epochs, steps, rounds = (read_log(tmp_path / name)[0] for name in ("a.csv", "b.csv", "c.csv"))
    assert [axes_of(one) for one in (epochs, steps, rounds)] == [(EPOCH,), (STEPS,), (EVALUATION,)]
    assert curves_of(epochs, "loss", STEPS)["training"] is None
    assert curves_of(steps, "loss", STEPS)["validation"]["x"] == [100, 200, 300]


def test_a_batch_log_of_another_training_gives_no_steps(tmp_path):
    (tmp_path / "a.csv").write_text("epoch,loss\n" + "".join(f"{n},{3 - n}\n" for n in range(3)))
    lines = [f"{step},{step // 2},1" for step in range(20)]  # ten epochs, not three
    (tmp_path / "a.batches.csv").write_text("\n".join(["step,epoch,loss", *lines]) + "\n")
    (run,) = read_log(tmp_path / "a.csv")
    assert axes_of(run) == (EPOCH,)


def test_metrics_are_named_once_with_loss_and_accuracy_first(tmp_path):
    (tmp_path / "a.csv").write_text(
        "epoch,lr,val_f1,f1,val_accuracy,val_loss\n0,1,1,1,1,1\n1,1,1,1,1,1\n"
    )
    assert kinds_of(read_log(tmp_path / "a.csv")) == ("loss", "accuracy", "f1", "learning_rate")
