"""Which examples are diagnosed."""

import numpy as np
import pytest
from fakes import checksum_of, small_dataset

import hardex
from hardex.diagnosis.chosen import choose


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("chosen") / "run"
    return hardex.rank(checksum_of(3), small_dataset(120), out=out, per_class=1)


def test_wrong_ones_come_first_by_loss_then_the_others_by_how_unsure(run):
    chosen = choose(run, count=9, all=False)
    table = run.predictions.set_index("position").loc[chosen.positions]
    wrong = (table.given_index != table.predicted_index).to_numpy()
    assert wrong[: chosen.wrong].all() and not wrong[chosen.wrong :].any()
    assert (np.diff(table.loss[wrong]) <= 0).all()
    assert (np.diff(table.least_confidence[~wrong]) <= 0).all()


def test_the_lists_of_the_run_are_among_them(run):
    chosen = choose(run, count=9, all=False)
    ids = run.predictions.set_index("position").loc[chosen.positions].id
    assert set(run.hard["id"]) <= set(ids)


def test_no_more_are_chosen_than_fit_into_memory_and_that_is_said(run):
    whole = choose(run, count=9, all=False)
    fewer = choose(run, count=9, all=False, most=3)
    assert fewer.positions.tolist() == whole.positions[:3].tolist()
    assert fewer.what == "the 3 hardest examples, as many as fit into memory"
    assert set(fewer.right) == set(whole.right)


def test_a_shorter_choice_is_part_of_a_longer_one_in_the_same_order(run):
    longest = choose(run, count=40, all=False).positions.tolist()
    for count in (1, 5, 20):
        shorter = choose(run, count=count, all=False).positions.tolist()
        assert [position for position in longest if position in shorter] == shorter


def test_correct_ones_that_are_not_diagnosed_are_the_others(run):
    chosen = choose(run, count=9, all=False)
    table = run.predictions
    right = set(table.position[table.given_index == table.predicted_index])
    assert set(chosen.right) == right - set(chosen.positions)
    assert (np.diff(chosen.right) > 0).all()


def test_all_takes_every_wrong_one(run):
    chosen = choose(run, count=1, all=True)
    assert chosen.wrong == (run.predictions.given_index != run.predictions.predicted_index).sum()
    assert chosen.what.startswith("every wrong example and the 1 least sure ones, ")
    assert chosen.what.endswith(f"{len(chosen.positions)} in all")


def test_a_run_without_errors_has_unsure_ones(tmp_path):
    data = small_dataset(20)
    p = np.eye(3)[data.labels] * 0.7 + 0.1
    found = hardex.rank(
        probabilities=p, data=(data.images, data.labels), out=tmp_path / "run", per_class=1
    )
    assert choose(found, count=4, all=False).wrong == 0
    assert len(choose(found, count=4, all=False).positions) >= 4
