"""Rows that say what they are of are not averaged with others."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardex.learning_curves.reading import read_log

LOSS, VAL = [2.0, 1.5, 1.2, 1.0], [2.1, 1.7, 1.5, 1.6]


def of(run, name):
    return run.metrics[name].tolist()


def phases(column="phase", names=("train", "val")):
    return [
        {"epoch": epoch, column: name, "loss": values[epoch], "accuracy": 1 - values[epoch] / 3}
        for epoch in range(4)
        for name, values in zip(names, (LOSS, VAL), strict=True)
    ]


@pytest.mark.parametrize("column", ["phase", "mode", "split", "set", "stage"])
@pytest.mark.parametrize("names", [("train", "val"), ("Training", "test"), ("train", "eval")])
def test_rows_of_validation_are_curves_of_their_own(column, names):
    (run,) = read_log(phases(column, names))
    assert of(run, "loss") == LOSS and of(run, "val_loss") == VAL
    assert of(run, "val_accuracy") == [1 - one / 3 for one in VAL]
    assert run.at.tolist() == [1, 2, 3, 4]
    assert f"Rows in which {column} is {names[1]} are of validation" in run.notes[0]


@given(st.permutations(range(8)))
@settings(max_examples=20)
def test_blocks_of_rows_are_put_together_in_any_table(order):
    rows = phases()
    blocks = sorted(rows, key=lambda row: row["phase"])  # all of training, then validation
    (run,) = read_log(blocks)
    assert of(run, "loss") == LOSS and of(run, "val_loss") == VAL
    (run,) = read_log(sorted((rows[place] for place in order), key=lambda row: row["epoch"]))
    assert of(run, "loss") == LOSS and of(run, "val_loss") == VAL


def test_rows_without_epochs_are_numbered(tmp_path):
    rows = [{"phase": row["phase"], "loss": row["loss"]} for row in phases()]
    for one in (rows, sorted(rows, key=lambda row: row["phase"])):
        (run,) = read_log(one)
        assert of(run, "loss") == LOSS and of(run, "val_loss") == VAL


def test_steps_and_the_rows_of_several_kinds_of_validation(tmp_path):
    text = "mode,epoch,iter,loss,top1\n"
    for epoch in range(4):
        text += "".join(f"train,{epoch},{i},{LOSS[epoch] + i / 100},\n" for i in (10, 20, 30))
        text += f"val,{epoch},5,,{epoch / 10}\ntest,{epoch},5,,0.9\n"
    (tmp_path / "a.csv").write_text(text)
    (run,) = read_log(tmp_path / "a.csv")
    assert of(run, "loss") == pytest.approx([one + 0.2 for one in LOSS])
    assert of(run, "val_accuracy") == [0, 0.1, 0.2, 0.3] and not run.has("accuracy")
    assert "Rows in which mode is test were left out." in run.notes


@pytest.mark.parametrize("column", ["fold", "seed", "run", "trial", "model", "lr", "kind"])
@pytest.mark.parametrize("by_epoch", [True, False])
def test_folds_are_not_averaged(column, by_epoch):
    names = {"model": ["small", "large", "wide"], "kind": ["a", "b", "c"], "lr": [0.1, 0.2, 0.3]}
    rows = [
        {"epoch": epoch, column: name, "loss": LOSS[epoch] + n, "val_loss": VAL[epoch] + n}
        for n, name in enumerate(names.get(column, [1, 2, 3]))
        for epoch in range(4)
    ]
    if by_epoch:
        rows.sort(key=lambda row: row["epoch"])
    runs = read_log(rows)
    for n, run in enumerate(runs):
        assert of(run, "loss") == [one + n for one in LOSS]
        assert of(run, "val_loss") == [one + n for one in VAL]
        assert not by_epoch or column not in run.metrics
    assert len(runs) == 3
    if by_epoch or column != "lr":
        assert f"told apart by {column}" in runs[0].notes[0] and not runs[1].begun_anew
        assert runs[1].name.endswith(f", {column} {names.get(column, [1, 2, 3])[1]}")


def test_folds_with_rows_of_training_and_validation():
    rows = [{**row, "fold": n, "loss": row["loss"] + n} for row in phases() for n in (1, 2)]
    runs = read_log(rows)
    assert [of(run, "val_loss") for run in runs] == [[one + n for one in VAL] for n in (1, 2)]
    runs = read_log(sorted(rows, key=lambda row: (row["fold"], row["phase"])))
    assert [of(run, "loss") for run in runs] == [[one + n for one in LOSS] for n in (1, 2)]


def test_what_changes_within_a_training_splits_nothing():
    for column, values in {
        "status": ["", "best", "best", ""],
        "phase": ["warmup", "main", "main", "main"],
        "model": ["a.keras", "b.keras", "c.keras", "d.keras"],
        "lr": [0.1, 0.1, 0.01, 0.01],
        "run": [1, 1, 2, 2],
        "split": ["train"] * 4,
    }.items():
        rows = [{"epoch": e, column: values[e], "loss": LOSS[e]} for e in range(4)]
        (run,) = read_log(rows)
        assert of(run, "loss") == LOSS, column


def test_steps_with_words_are_one_training():
    rows = [
        {"epoch": e, "step": 10 * e + i, "better": "no" if i % 2 else "yes", "loss": 2 - e / 4}
        for e in range(4)
        for i in range(10)
    ]
    (run,) = read_log(rows)
    assert of(run, "loss") == pytest.approx([2, 1.75, 1.5, 1.25])


def test_columns_that_the_user_names_and_cells_without_numbers(tmp_path):
    rows = [{"epoch": row["epoch"], "phase": row["phase"], "my": row["loss"]} for row in phases()]
    (run,) = read_log(rows, {"loss": "my"})
    assert of(run, "loss") == LOSS and of(run, "val_loss") == VAL
    rows = phases()
    rows[1]["loss"] = "about 2"
    (run,) = read_log(rows)
    assert of(run, "loss") == LOSS and run.curve("val_loss")[1].tolist() == VAL[1:]


def test_nan_of_validation_stays_nan():
    rows = phases()
    rows[-1]["loss"] = np.nan
    (run,) = read_log(rows)
    assert run.failed == 3 and of(run, "loss") == LOSS
