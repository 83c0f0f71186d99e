"""Percents are told from shares by all that a log holds, or not at all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardex.learning_curves.reading import read_log

FALLING = [6.9, 6.8, 6.6, 6.4]


def read(**curves):
    (run,) = read_log(curves)
    return run


def of(run, name):
    return run.metrics[name].tolist()


def test_percents_below_one_are_seen_by_the_percents_beside_them():
    run = read(train_acc1=[0.1, 0.2, 0.5, 0.9], val_acc1=[0.1, 0.4, 1.1, 2.1])
    assert of(run, "accuracy") == pytest.approx([0.001, 0.002, 0.005, 0.009])
    assert of(run, "val_accuracy") == pytest.approx([0.001, 0.004, 0.011, 0.021])
    assert any("accuracy is taken as percent, as val_accuracy is" in note for note in run.notes)
    run = read(loss=[6, 5, 4], acc1=[0.1, 0.5, 0.9], acc5=[0.5, 2.2, 4.1])
    assert of(run, "accuracy") == pytest.approx([0.001, 0.005, 0.009])


def test_shares_stay_shares_beside_percents():
    run = read(acc=[50.0, 62.5, 70.0], val_acc=[0.4, 0.5, 0.55])
    assert of(run, "val_accuracy") == [0.4, 0.5, 0.55] and len(run.notes) == 1


def test_what_is_between_both_is_left_out():
    run = read(loss=[2.0, 1.5], acc=[5.0, 5.0], val_acc=[0.5, 0.5])
    assert of(run, "accuracy") == [0.05, 0.05] and not run.has("val_accuracy")
    assert "val_accuracy has values up to 0.5: neither" in run.notes[-1]


def test_the_loss_tells_percents():
    run = read(loss=FALLING, accuracy=[0.1, 0.2, 0.5, 0.9])
    assert of(run, "accuracy") == pytest.approx([0.001, 0.002, 0.005, 0.009])
    assert "a loss of 6.4 goes with 0.9 %" in run.notes[0]
    run = read(loss=[4.605] * 3, acc=[0.98, 1.02, 1.01], val_acc=[1.0, 1.0, 0.99])
    assert of(run, "accuracy") == pytest.approx([0.0098, 0.0102, 0.0101])
    assert of(run, "val_accuracy") == pytest.approx([0.01, 0.01, 0.0099])
    run = read(loss=[4.605] * 3, acc=[1.0, 1.0, 1.0])
    assert of(run, "accuracy") == pytest.approx([0.01] * 3)


def test_without_a_loss_values_around_one_are_left_out_together():
    run = read(lr=[1, 1, 1], loss=[np.nan] * 3, acc=[0.98, 1.02, 1.01], val_acc=[1.0, 1.0, 0.99],
               val_loss=[np.nan] * 2 + [0.3])  # fmt: skip
    assert not run.has("accuracy") and not run.has("val_accuracy")
    assert sum("neither shares nor percents" in note for note in run.notes) == 2


@pytest.mark.parametrize(
    ("loss", "accuracy"),
    [
        ([6.9, 6.0, 5.4, 4.95], [0.1, 0.5, 0.7, 0.9]),  # a penalty in the loss
        ([9.0, 9.0, 9.0], [0.1, 0.1, 0.1]),
        ([2.3, 2.3, 2.3], [0.1, 0.1, 0.1]),
        ([4.5, 4.0, 3.6], [0.02, 0.09, 0.15]),
        ([3.5, 4.0, 5.0], [0.2, 0.3, 0.35]),  # overfits
        ([0.5, 0.3, 0.2], [0.8, 0.9, 1.0]),
    ],
)
def test_shares_stay_shares_beside_high_losses(loss, accuracy):
    assert of(read(loss=loss, accuracy=accuracy), "accuracy") == accuracy
    assert of(read(val_loss=loss, val_accuracy=accuracy), "val_accuracy") == accuracy


def test_names_and_signs_tell_percents():
    assert of(read(**{"loss": [5, 5], "acc (%)": [0.5, 0.6]}), "accuracy") == [0.005, 0.006]
    run = read(loss=[2.0, 1.0], acc=["0.5%", "0.6%"], val_acc=[40.0, 50.0])
    assert of(run, "accuracy") == [0.005, 0.006]


@given(st.lists(st.floats(0.02, 1), min_size=3, max_size=20), st.integers(0, 2**32 - 1))
def test_the_unit_of_a_log_does_not_change_what_is_read(shares, seed):
    share = np.array(shares)
    near = np.clip(share * np.random.default_rng(seed).uniform(0.6, 1.2, len(share)), 0, 1)
    plain = read(loss=[1.0] * len(share), acc=share.tolist(), val_acc=near.tolist())
    percent = read(
        loss=[1.0] * len(share), acc=(100 * share).tolist(), val_acc=(100 * near).tolist()
    )
    for name in ("accuracy", "val_accuracy"):
        assert of(percent, name) == pytest.approx(of(plain, name))


def test_an_accuracy_without_values_is_none():
    run = read(loss=[1.0, 0.5], accuracy=[None, None])
    assert not run.has("accuracy")
