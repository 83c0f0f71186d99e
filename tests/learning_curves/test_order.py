"""Logs as real programs write them are put in order, and what was done is said."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardex.errors import LogError
from hardex.learning_curves.columns import canonical
from hardex.learning_curves.noise import examples_behind, fewer_examples_than, noise
from hardex.learning_curves.reading import read_log

LOSSES = [2.0, 1.5, 1.2, 1.0, 0.9, 0.85]


def table(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def rows(header: str, *lines: str) -> str:
    return "\n".join([header, *lines]) + "\n"


def test_a_plain_log_is_read_as_it_is(tmp_path):
    (run,) = read_log(
        table(tmp_path / "a.csv", rows("epoch,loss,val_loss", "0,2,2.1", "1,1,1.2", "2,0.5,0.9"))
    )
    assert run.at.tolist() == [1, 2, 3]
    assert run.metrics["loss"].tolist() == [2, 1, 0.5]
    assert run.notes == ()


def test_appended_runs_are_split(tmp_path):
    lines = [f"{epoch},{loss}" for _ in range(3) for epoch, loss in enumerate(LOSSES)]
    runs = read_log(table(tmp_path / "a.csv", rows("epoch,loss", *lines)))
    assert [run.metrics["loss"].tolist() for run in runs] == [LOSSES] * 3
    assert [run.begun_anew for run in runs] == [False, True, True]
    assert "3 runs" in runs[0].notes[0]
    assert runs[1].name.endswith("run 2 of 3")


def test_a_repeated_header_begins_a_run_where_no_epoch_is_given(tmp_path):
    text = rows("loss,acc", "2,0.1", "1,0.5", "0.5,0.7", "loss,acc", "2.1,0.1", "1.1,0.4")
    runs = read_log(table(tmp_path / "a.csv", text))
    assert [len(run) for run in runs] == [3, 2]


def test_a_restart_from_a_checkpoint_replaces_epochs(tmp_path):
    text = rows("epoch,loss", "0,2", "1,1.5", "2,1.2", "3,9", "2,1.1", "3,1", "4,0.9")
    (run,) = read_log(table(tmp_path / "a.csv", text))
    assert run.metrics["loss"].tolist() == [2, 1.5, 1.1, 1, 0.9]
    assert "went back 1 time" in run.notes[0] and "2 rows" in run.notes[0]


def test_rows_in_reverse_and_out_of_order(tmp_path):
    back = [f"{e},{LOSSES[e]}" for e in range(5, -1, -1)]
    (run,) = read_log(table(tmp_path / "a.csv", rows("epoch,loss", *back)))
    assert run.metrics["loss"].tolist() == LOSSES
    mixed = [f"{e},{LOSSES[e % 6]}" for e in (3, 9, 1, 8, 2, 7, 4, 6, 5, 11, 10, 12)]
    (run,) = read_log(table(tmp_path / "b.csv", rows("epoch,loss", *mixed)))
    assert (np.diff(run.at) > 0).all()
    assert "sorted" in run.notes[0]


def test_percent_is_divided_and_what_is_no_share_is_left_out(tmp_path):
    text = rows("epoch,acc,val_acc,loss", "1,50,0.4,1", "2,62.5,0.5,0.8", "3,70,0.55,0.7")
    (run,) = read_log(table(tmp_path / "a.csv", text))
    assert run.metrics["accuracy"].tolist() == [0.5, 0.625, 0.7]
    assert run.metrics["val_accuracy"].tolist() == [0.4, 0.5, 0.55]
    assert "percent" in run.notes[0]
    text = rows("epoch,acc,loss", "1,500,1", "2,620,0.8")
    (run,) = read_log(table(tmp_path / "b.csv", text))
    assert not run.has("accuracy")


def test_lightning_writes_training_and_validation_in_rows_of_their_own(tmp_path):
    lines = []
    for epoch in range(5):
        lines += [f"{epoch},{10 * epoch + i},{2 - epoch / 4 + i / 100},," for i in (1, 5, 9)]
        lines.append(f"{epoch},{10 * epoch + 9},,{2.1 - epoch / 4},{epoch / 10}")
    (run,) = read_log(
        table(tmp_path / "metrics.csv", rows("epoch,step,train_loss,val_loss,val_acc", *lines))
    )
    assert len(run) == 5
    assert run.metrics["loss"][0] == pytest.approx(2.05)
    assert run.metrics["val_accuracy"].tolist() == [0, 0.1, 0.2, 0.3, 0.4]
    assert len(run.batches.loss) == 15


def test_a_trainer_state_is_read_between_evaluations(tmp_path):
    history = []
    for step in range(10, 101, 10):
        history.append({"epoch": step / 100, "step": step, "loss": 2 - step / 100})
        if step % 20 == 0:
            history.append({"epoch": step / 100, "step": step, "eval_loss": 2.2 - step / 100})
    path = tmp_path / "trainer_state.json"
    path.write_text(json.dumps({"log_history": history, "global_step": 100}))
    (run,) = read_log(path)
    assert run.unit == "evaluation"
    assert run.metrics["loss"].tolist() == pytest.approx([1.85, 1.65, 1.45, 1.25, 1.05])
    assert run.metrics["val_loss"].tolist() == pytest.approx([2.0, 1.8, 1.6, 1.4, 1.2])


def test_nan_is_no_empty_cell(tmp_path):
    text = rows("epoch,loss,val_loss", "0,2,2", "1,nan,", "2,nan,nan")
    (run,) = read_log(table(tmp_path / "a.csv", text))
    assert run.failed == 1
    text = rows("epoch,loss,accuracy", "0,2,0.1", "1,,0.1", "2,,0.1", "3,,0.1")
    (run,) = read_log(table(tmp_path / "b.csv", text))
    assert run.failed == 1 and "NaN" in run.notes[-1]
    text = rows("epoch,loss,val_loss", "0,2,", "1,1.5,1.6", "2,1.2,", "3,1,1.3")
    (run,) = read_log(table(tmp_path / "c.csv", text))
    assert run.failed is None
    assert run.curve("val_loss")[1].tolist() == [1.6, 1.3]


def test_epochs_that_were_cut_short_are_left_out(tmp_path):
    rng = np.random.default_rng(1)
    lines = [
        f"{e},{(1 + 2 * 0.9**e) * (rng.uniform(0.6, 1.4) if e % 2 else 1):.4f},{0.9**e:.3f}"
        for e in range(20)
    ]
    (run,) = read_log(table(tmp_path / "a.csv", rows("epoch,loss,val_loss", *lines)))
    assert run.curve("loss")[0].tolist() == list(range(1, 21, 2))
    assert len(run.curve("val_loss")[0]) == 20
    assert "Training jumps in every second epoch" in run.notes[0]


ALTERNATING = [1.0, 1.3, 0.75, 1.16, 0.55, 1.2, 0.46, 0.85, 0.41, 1.03, 0.36, 0.72, 0.35, 0.98,
               0.33, 0.80, 0.32, 1.1, 0.31, 0.7]  # fmt: skip


def test_a_rate_that_alternates_leaves_nothing_out():
    for beside in (
        {"val_loss": [one + 0.1 for one in ALTERNATING]},
        {"val_accuracy": [round(1 - one / 2, 3) for one in ALTERNATING]},
        {},
    ):
        (run,) = read_log({"loss": ALTERNATING, **beside})
        assert run.metrics["loss"].tolist() == ALTERNATING and run.notes == ()


def test_other_forms_of_tables(tmp_path):
    (run,) = read_log(table(tmp_path / "a.csv", "epoch;loss\n1;2,5\n2;1,25\n"))
    assert run.metrics["loss"].tolist() == [2.5, 1.25]
    (run,) = read_log(table(tmp_path / "b.tsv", "epoch\tTrain Loss\tValid Acc\n1\t2\t0.5\n"))
    assert sorted(run.metrics) == ["loss", "val_accuracy"]
    (run,) = read_log(table(tmp_path / "c.csv", ",loss,val_loss\n0,2,2.1\n1,1,1.5\n"))
    assert run.metrics["loss"].tolist() == [2, 1]
    (run,) = read_log(table(tmp_path / "d.jsonl", '{"loss": 2}\n{"loss": NaN}\n{"lo'))
    assert run.failed == 1
    (run,) = read_log({"loss": {"0": 2.0, "1": 1.0}, "val_loss": {"0": 2.0, "1": 1.5}})
    assert run.metrics["loss"].tolist() == [2, 1]


def test_a_keras_history_is_read():
    history = SimpleNamespace(history={"loss": [2.0, 1.0], "accuracy": [0.1, 0.5]}, epoch=[4, 5])
    (run,) = read_log(history)
    assert run.metrics["accuracy"].tolist() == [0.1, 0.5]
    assert run.at.tolist() == [5, 6]  # Keras counts from 0, and people from 1


@pytest.mark.parametrize(
    ("header", "at", "known"),
    [
        ("epoch,accuracy,loss,val_accuracy,val_loss", [11, 12], True),  # as CSVLogger sorts them
        ("epoch,loss,accuracy,val_loss,val_accuracy", [10, 11], False),
        ("epoch,loss,accuracy,train_examples,f1", [11, 12], True),  # CurveDoctor
    ],
)
def test_an_epoch_has_one_number(tmp_path, header, at, known):
    lines = rows(header, "10,0.5,0.6,500,0.7", "11,0.4,0.5,500,0.6")
    (run,) = read_log(table(tmp_path / "a.csv", lines))
    assert run.at.tolist() == at
    assert any("from 0 or from 1 is not known" in note for note in run.notes) != known


@pytest.mark.parametrize("first", [0, 1, 7])
def test_epochs_of_batches_are_those_of_the_log(tmp_path, first):
    lines = [f"{first + i // 3},{i},{2 - i / 20}" for i in range(15)]
    (run,) = read_log(table(tmp_path / "a.csv", rows("epoch,step,loss", *lines)))
    assert run.at.tolist() == [max(first, 1) + n for n in range(5)]
    assert np.unique(run.batches.epochs).tolist() == (run.at - 1).tolist()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("1,2\n2,1\n", "first line .* must name its columns"),
        ("epoch,f1\n1,0.5\n", "column of a loss or an accuracy"),
        ("epoch,loss\n1,\n2,\n", "no number"),
        ("epoch,loss\n", "no number"),
    ],
)
def test_what_is_no_log_is_refused_in_one_sentence(tmp_path, text, says):
    path = table(tmp_path / "a.csv", text)
    with pytest.raises(LogError, match=says) as error:
        read_log(path)
    assert str(error.value).count("\n") == 0


def test_pickles_pipes_and_other_objects_are_refused(tmp_path):
    (tmp_path / "history.pkl").write_bytes(b"x")
    for log in (tmp_path / "history.pkl", tmp_path / "missing.csv", "/dev/null", 5, {"a": 1}):
        with pytest.raises(LogError):
            read_log(log)


def test_columns_are_chosen_by_the_user(tmp_path):
    path = table(tmp_path / "a.csv", rows("epoch,my,loss", "1,5,2", "2,4,1"))
    (run,) = read_log(path, {"loss": "my"})
    assert run.metrics["loss"].tolist() == [5, 4]
    with pytest.raises(LogError, match="must name a column"):
        read_log(path, {"loss": "yours"})


def test_the_mean_of_an_epoch_comes_before_the_value_of_a_step():
    found = read_log({"train_loss_step": [9.0, 9.0], "train_loss_epoch": [2.0, 1.0]})[0]
    assert found.metrics["loss"].tolist() == [2, 1]
    assert "of one kind" in found.notes[0]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Loss", "loss"), ("val/loss", "val_loss"), ("validation_accuracy", "val_accuracy"),
        ("sparse_categorical_accuracy", "accuracy"), ("test_acc", "val_accuracy"),
        ("acc_val", "val_accuracy"), ("trainLoss", "loss"), ("epoch_accuracy", "accuracy"),
        ("eval/accuracy", "val_accuracy"), ("lr", "learning_rate"), ("val_f1", "val_f1"),
        ("learning-rate", "learning_rate"), ("valid_acc", "val_accuracy"), ("Epoch", "epoch"),
    ],
)  # fmt: skip
def test_names_of_many_programs(name, known):
    assert canonical(name) == known


@given(st.integers(8, 400), st.integers(0, 2**32 - 1))
def test_the_number_of_examples_is_found_from_their_shares(count, seed):
    hits = np.random.default_rng(seed).integers(0, count + 1, 12)
    found = examples_behind(np.round(hits / count, 7))
    assert found is None or count % found == 0


@given(st.integers(100, 3000), st.sampled_from([2, 3, 4, 7]), st.integers(0, 2**32 - 1))
def test_many_examples_are_not_taken_for_few(count, decimals, seed):
    hits = np.random.default_rng(seed).integers(0, count + 1, 30)
    assert fewer_examples_than(100, np.round(hits / count, decimals)) is None


@pytest.mark.parametrize("count", [12, 16, 31, 48, 64])
@pytest.mark.parametrize("decimals", [3, 4, 7])
def test_few_examples_are_seen_in_rounded_shares_too(count, decimals):
    shares = np.round(np.arange(count // 2, count) / count, decimals)
    found = fewer_examples_than(100, shares)
    assert found is not None and found[0] == count


@pytest.mark.parametrize(
    ("name", "known"),
    [("digit_acc", True), ("top_5_accuracy", False), ("balanced_accuracy", False)],
)
def test_the_accuracy_of_a_named_output_is_taken_and_said(tmp_path, name, known):
    log = table(tmp_path / "log.csv", rows(f"epoch,loss,{name}", "1,2.0,0.3", "2,1.5,0.4"))
    (run,) = read_log(log)
    assert run.has("accuracy") == known
    assert any(f"{name} is taken as accuracy" in note for note in run.notes) == known


@pytest.mark.parametrize(
    "name", ["best_val_acc", "best_acc", "val_best_acc", "max_accuracy", "digit_acc_ema", "ema_acc",
             "runningAcc", "model_val_acc"],
)  # fmt: skip
def test_the_best_so_far_and_validation_are_not_taken_for_training(tmp_path, name):
    log = table(tmp_path / "log.csv", rows(f"epoch,loss,{name}", "1,2.0,0.3", "2,1.5,0.4"))
    (run,) = read_log(log)
    assert not run.has("accuracy")
    assert run.has("val_accuracy") == (name == "model_val_acc")


def test_validation_comes_before_test(tmp_path):
    lines = rows("test_acc,test_loss,loss,valid_loss,valid_acc", "0.1,9,2,2.1,0.2", "0.2,9,1,2,0.3")
    (run,) = read_log(table(tmp_path / "log.csv", lines))
    assert run.metrics["val_accuracy"].tolist() == [0.2, 0.3]
    assert run.metrics["val_loss"].tolist() == [2.1, 2]
    assert "valid_acc and test_acc are of one kind; the first is used." in run.notes


@given(st.lists(st.floats(-100, 100), min_size=4, max_size=40), st.floats(-5, 5), st.floats(-9, 9))
def test_noise_does_not_see_a_straight_line(values, slope, level):
    curve = np.array(values)
    tilted = curve + level + slope * np.arange(len(curve))
    assert noise(tilted) == pytest.approx(noise(curve), abs=1e-6)


def test_a_million_steps_are_read(tmp_path):
    rng = np.random.default_rng(0)
    loss = 2 * np.exp(-np.arange(100_000) / 40_000) + 0.1 * rng.random(100_000)
    text = "step,epoch,loss\n" + "".join(
        f"{i},{i // 1000},{x:.5f}\n" for i, x in enumerate(loss.tolist())
    )
    (run,) = read_log(table(tmp_path / "a.csv", text))
    assert len(run) == 100 and len(run.batches.loss) == 100_000


def test_restarts_leave_no_old_tail(tmp_path):
    epochs = [*range(10), 3, 4, 5]
    text = rows("epoch,loss", *(f"{e},{10 * n + e}" for n, e in enumerate(epochs)))
    (run,) = read_log(table(tmp_path / "a.csv", text))
    assert run.at.tolist() == [1, 2, 3, 4, 5, 6]
    assert run.metrics["loss"].tolist() == [0, 11, 22, 103, 114, 125]


def test_a_column_of_epochs_without_numbers_is_no_epoch(tmp_path):
    (run,) = read_log(table(tmp_path / "a.csv", rows("epoch,loss", "Epoch 1,0.5", "Epoch 2,0.4")))
    assert run.metrics["loss"].tolist() == [0.5, 0.4]


def test_nan_for_no_value_is_no_failure():
    values = [
        {"epoch": 1, "loss": 2.0, "val_loss": float("nan")},
        {"epoch": 2, "loss": 1.5, "val_loss": 1.6},
        {"epoch": 3, "loss": 1.2, "val_loss": 1.4},
    ]
    (run,) = read_log(values)
    assert run.failed is None and run.curve("val_loss")[0].tolist() == [2, 3]


def test_a_loss_that_is_empty_from_the_start_was_nan(tmp_path):
    text = rows("epoch,loss,accuracy", "0,,0.1", "1,,0.1", "2,,0.1")
    (run,) = read_log(table(tmp_path / "a.csv", text))
    assert run.failed == 0


def test_names_of_rows_without_a_column_are_dropped(tmp_path):
    text = 'epoch,loss\n"1",1,2.5\n"2",2,1.5\n'
    (run,) = read_log(table(tmp_path / "a.csv", text))
    assert run.metrics["loss"].tolist() == [2.5, 1.5]


def test_cells_without_a_number_are_counted(tmp_path):
    text = rows("epoch,loss", "1,2.5", "2,about 1", "3,1.5")
    (run,) = read_log(table(tmp_path / "a.csv", text))
    assert any("1 of 3 cells of loss hold no number" in note for note in run.notes)


def test_what_is_neither_a_share_nor_a_percent_for_certain_is_left_out(tmp_path):
    text = rows("epoch,loss,acc", "1,0.6,0.98", "2,0.5,1.02", "3,0.4,1.01")
    (run,) = read_log(table(tmp_path / "a.csv", text))
    assert not run.has("accuracy") and "neither shares nor percents" in run.notes[0]


def test_a_plain_accuracy_beside_two_named_losses_is_of_validation(tmp_path):
    lines = rows(
        "epoch,train_loss,valid_loss,accuracy,time", "0,1.0,0.9,0.7,00:01", "1,0.7,0.8,0.75,00:01"
    )
    (run,) = read_log(table(tmp_path / "fastai.csv", lines))
    assert run.has("val_accuracy") and not run.has("accuracy")
    assert any("taken as that of validation" in note for note in run.notes)
    (told,) = read_log(tmp_path / "fastai.csv", {"accuracy": "accuracy"})
    assert told.has("accuracy") and not told.has("val_accuracy")
    both = rows("epoch,train_loss,valid_loss,train_acc", "0,1.0,0.9,0.7", "1,0.7,0.8,0.75")
    assert read_log(table(tmp_path / "own.csv", both))[0].has("accuracy")


def test_metrics_of_a_run_of_ultralytics_are_of_validation(tmp_path):
    head = "epoch,time,train/loss,metrics/accuracy_top1,metrics/accuracy_top5,val/loss,lr/pg0"
    lines = rows(head, "1,9,1.2,0.6,0.9,1.0,0.001", "2,18,0.9,0.7,0.95,0.8,0.001")
    (run,) = read_log(table(tmp_path / "results.csv", lines))
    assert run.metrics["val_accuracy"].tolist() == [0.6, 0.7]
    assert run.metrics["loss"].tolist() == [1.2, 0.9]


def test_parts_inside_of_rows_are_read(tmp_path):
    values = [{"epoch": n, "train": {"loss": 2.0 / n}, "val": {"loss": 2.1 / n}} for n in (1, 2, 3)]
    (run,) = read_log(table(tmp_path / "log.json", json.dumps(values)))
    assert run.metrics["val_loss"] == pytest.approx([2.1, 1.05, 0.7]) and run.has("loss")
    curves = {"train": {"loss": [2.0, 1.0]}, "val": {"loss": [2.1, 1.2]}}
    assert set(read_log(curves)[0].metrics) == {"loss", "val_loss"}


def test_signs_of_percents_are_said(tmp_path):
    (run,) = read_log(table(tmp_path / "a.csv", rows("epoch,loss,acc", "1,2.0,50%", "2,1.0,75 %")))
    assert run.metrics["accuracy"].tolist() == [0.5, 0.75]
    assert "acc is written with %; it was divided by 100." in run.notes


def test_a_broken_log_of_batches_does_not_hide_the_log(tmp_path):
    path = table(tmp_path / "a.csv", rows("epoch,loss", "0,2", "1,1"))
    for text in ("", "step,epoch", "1,2\n", "step,epoch,loss\n"):
        table(tmp_path / "a.batches.csv", text)
        (run,) = read_log(path)
        assert run.metrics["loss"].tolist() == [2, 1] and run.batches is None
        assert "The losses of batches beside it were left out: " in run.notes[-1]


def test_broken_lines_of_json_are_counted(tmp_path):
    text = '{"loss": 2}\n{"lo\n\n[1]\n{"loss": 1}\n{"loss": 0.5'
    for name in ("a.jsonl", "a.log.json", "a.txt"):
        (run,) = read_log(table(tmp_path / name, text))
        assert run.metrics["loss"].tolist() == [2, 1]
        assert run.notes[0].startswith("2 lines could not be read as JSON and were left out")
    (run,) = read_log(table(tmp_path / "b.jsonl", '{"loss": 2}\n{"loss": 1}\n{"l'))
    assert run.notes == () and len(run) == 2
    (run,) = read_log(table(tmp_path / "c.json", '{"env": "x"}\n{"mode": "train", "loss": 1}\n'))
    assert len(run) == 1
    with pytest.raises(LogError, match="must be JSON"):
        read_log(table(tmp_path / "d.json", '{"loss": [1,\n2'))


def test_a_missing_log_is_called_missing(tmp_path):
    with pytest.raises(LogError, match=r"there is no .*missing\.csv"):
        read_log(tmp_path / "missing.csv")


def test_columns_may_be_set_apart_by_blanks(tmp_path):
    (run,) = read_log(
        table(tmp_path / "a.log", "epoch  loss   val_loss\n 1  2.5  2,6\n 2 1.5 1.7\n")
    )
    assert run.metrics["loss"].tolist() == [2.5, 1.5]
    assert run.metrics["val_loss"].tolist() == [2.6, 1.7]


def test_a_history_without_numbers_is_refused_without_a_warning():
    for history in ({"loss": [None] * 4}, {"accuracy": [float("nan")] * 3}, {"acc": [None] * 4}):
        with pytest.raises(LogError, match="no number"):
            read_log(history)


def test_the_number_of_runs_of_a_log_is_bounded(tmp_path):
    text = rows("epoch,loss", *("0,2", "1,1") * 1500)
    runs = read_log(table(tmp_path / "a.csv", text))
    assert len(runs) == 1000 and "Only the first 1,000 runs were read." in runs[0].notes


def test_steps_that_begin_anew_in_each_epoch_are_epochs():
    steps = [
        {"iter": i % 10, "loss": 2 / (1 + i / 9), "val_loss": 2.1 / (1 + i / 9)} for i in range(47)
    ]
    (run,) = read_log(steps)
    assert run.at.tolist() == [1, 2, 3, 4, 5] and len(run.batches.loss) == 47
    assert (np.diff(run.batches.steps) == 1).all()
    assert "each part was read as an epoch" in run.notes[0]
    again = [{"iter": i % 10, "loss": 2 / (1 + i % 10)} for i in range(50)]
    assert len(read_log(again)) == 5  # runs: the loss begins anew, too
    (run,) = read_log(steps[:20])
    assert (np.diff(run.at) > 0).all() and len(run) > 2


def test_a_second_run_without_epochs_is_suspected():
    first = [1.5 * 0.935**n + 0.01 * (n % 2) for n in range(30)]
    (run,) = read_log({"loss": first + first, "val_loss": first + first})
    assert "jumps back to its beginning at row 31:" in run.notes[0]
    (run,) = read_log({"loss": first + first + first})
    assert "row 31, and 1 time more:" in run.notes[0]
    spike = [*first[:15], 1.5, *first[15:]]
    for loss in (first, spike, first[::-1], [1.0] * 30, ALTERNATING):
        assert read_log({"loss": loss})[0].notes == ()
