import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import hardex as library
from hardex.error_analysis.refits import refits_of
from hardex.error_analysis.wording import refit_sentences
from hardex.errors import HardexError, RunError

from .made_sets import read_off, run_of, write_set

answers = arrays(np.int64, (4, 6), elements=st.integers(0, 2))


@settings(max_examples=60)
@given(answers, arrays(np.int64, 6, elements=st.integers(0, 2)))
def test_bias_and_variance_add_up_to_the_mean_error(predicted, labels):
    found = refits_of(predicted, labels, np.random.default_rng(0))
    assert found.mean == pytest.approx(np.mean(found.errors))
    assert found.bias["value"] + found.variance["value"] == pytest.approx(found.mean)
    # Domingos: examples without bias add how often an answer differs from the main one; examples
    # with bias subtract how often an answer is right all the same.
    net = 0.0
    for said, label in zip(predicted.T.tolist(), labels.tolist(), strict=True):
        main = max(range(3), key=lambda one: (said.count(one), -one))
        differs = sum(one != main for one in said) / 4
        net += differs if main == label else -said.count(label) / 4
    assert found.variance["value"] == pytest.approx(net / 6)
    assert found.variance["low"] <= found.variance["value"] <= found.variance["high"]


def test_three_refits_of_four_examples_by_hand():
    predicted = np.array([[0, 1, 1, 0], [0, 1, 0, 0], [0, 1, 0, 1]])
    found = refits_of(predicted, np.array([0, 0, 0, 0]), np.random.default_rng(0))
    assert found.always == ("1",) and found.sometimes == 2
    assert found.bias["value"] == 1 / 4 and found.variance["value"] == pytest.approx(2 / 3 / 4)
    first, second = refit_sentences(found)
    assert (
        "errs on 41.67 % of 4 examples (25.00 to 50.00 %): 1 wrong every time, 2 sometimes" in first
    )
    assert "another seed will not help" in second


@pytest.fixture
def run(tmp_path):
    rng = np.random.default_rng(5)
    write_set(tmp_path / "train.npz", 4, 40, rng)
    return run_of(tmp_path, 10, 50, rng)


def guess_one_more(data, seed):
    """A model that has one further example wrong, chosen by the seed."""
    assert data.class_names == ("cat", "dog") and set(data.labels.tolist()) == {0, 1}
    assert sum(len(batch.ids) for batch in data.batches(16, None)) == 40

    def answer(images):
        rows, _ = read_off(images)
        victim = images[:, 1, 1, 0] % 7 == seed % 7
        rows[victim] = rows[victim][:, ::-1]
        return rows

    return answer


def test_the_seed_changes_only_what_it_should(run, tmp_path):
    options = {"train": tmp_path / "train.npz", "model": read_off}
    found = library.analyze_errors(run, refits=7, train_fn=guess_one_more, **options).refits
    assert found.count == 7 and found.examples == 50 and found.always == ()
    assert found.bias["value"] == 0.2  # each example is turned round by one of seven seeds
    assert found.sometimes == 50 and found.mean == pytest.approx((10 * 6 / 7 + 40 / 7) / 50)
    again = library.analyze_errors(run, refits=7, train_fn=guess_one_more, **options).refits
    assert again == found


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (lambda data, seed: 1 / 0, r"with seed 0 it raised ZeroDivisionError \(division by zero\)"),
        (lambda data: None, "it raised TypeError"),
        (lambda data, seed: "nothing.keras", "must return a classifier; with seed 0 it did not"),
        (lambda data, seed: lambda images: np.eye(3)[[0] * len(images)], "one output per class"),
        ("nothing_here:train", "importing nothing_here failed"),
    ],
)
def test_a_bad_training_function_is_one_sentence(run, tmp_path, function, why):
    with pytest.raises(HardexError, match=why):
        library.analyze_errors(
            run, refits=3, train_fn=function, train=tmp_path / "train.npz", model=read_off
        )


def test_all_three_options_belong_together(run, tmp_path):
    with pytest.raises(RunError, match="received no --train-fn and no --train; add it"):
        library.analyze_errors(run, refits=3)
    with pytest.raises(RunError, match="--refits must be 3 to 50; received 1"):
        library.analyze_errors(
            run, refits=1, train_fn=guess_one_more, train=tmp_path / "train.npz", model=read_off
        )


def test_the_command_trains_again(hardex, run, tmp_path):
    (tmp_path / "trained_again.py").write_text(
        "import numpy as np\n"
        "def answer(images):\n"
        "    return np.eye(2)[(images[:, 0, 0, 0] // 100).astype(int)]\n"
        "def train(data, seed):\n"
        "    return answer\n"
    )
    made = hardex("rank trained_again:answer test.npz --out typed --per-class 1")
    assert made.code == 0, made.err
    line = "errors typed --train train.npz --refits 3 --train-fn trained_again:train --trust-model"
    told = hardex(line)
    assert told.code == 0, told.err
    assert "10 wrong every time, 0 sometimes." in told.out
    found = json.loads(hardex(f"{line} --format json").out)["refits"]
    assert (len(found["always"]), found["sometimes"], found["mean"]) == (10, 0, 0.2)
