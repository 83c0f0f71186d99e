"""The process of a fix: what it says, and what is there when it has ended."""

import io
import json
from threading import Event

import numpy as np
import pytest
from trainings import NAMES, shades, write_model

import hardex
from hardex.errors import RunError
from hardex.proof.history import history
from hardex.remedies.fixed import read_fix
from hardex.remedies.recipe import Balance, Recipe
from hardex_app.fix_order import Order
from hardex_app.fix_process import main

FREE = Recipe(balance=Balance(logit_adjustment=1.0))  # no training


class Line(io.StringIO):
    """What comes on stdin: the order, and then nothing, the end or a word."""

    def __init__(self, order, then=None):
        super().__init__(json.dumps(order.as_json()) + "\n")
        self.then, self.never = then, Event()

    def readline(self):
        found = super().readline()
        if not found and self.then is None:
            self.never.wait()
        return found or self.then


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A sealed run of an untrained model, and training data beside it."""
    folder = tmp_path_factory.mktemp("run")
    for name, data in (("eval", shades(80, seed=3)), ("train", shades(80, share=0.25))):
        np.savez(folder / f"{name}.npz", images=data.images, labels=data.labels, class_names=NAMES)
    model = write_model(folder / "m.keras")
    return hardex.rank(model, folder / "eval.npz", out=folder / "run", seal=0.5)


def ordered(run, **changes):
    values = {
        "run": str(run.folder),
        "train": str(run.folder.with_name("train.npz")),
        "out": str(run.folder.with_name("run-fixed-1")),
        "recipe": FREE.as_plain(),
    }
    return Order(**(values | changes))


def said(order, then=None):
    lines = []
    main(Line(order, then), lines.append)
    assert json.loads(json.dumps(lines)) == lines
    return lines


def test_a_fix_is_made_and_proved_and_then_only_proved_again(run):
    order = ordered(run, seeds=1, controls=0)
    *stages, last = said(order)
    assert {"starting", "reading training images"} <= {one["stage"] for one in stages}
    assert last["fixed"] == order.out and read_fix(order.out).recipe == FREE
    (first,) = history(run).proofs
    assert (last["proof"], first.where, first.uses) == (first.file, "sealed", 1)
    *stages, last = said(order)
    assert not any("training" in one["stage"] for one in stages)
    assert last["proof"] and len(history(run).proofs) == 2


def test_it_ends_when_it_is_cancelled_and_when_the_app_is_gone(run):
    order = ordered(run, out=str(run.folder.with_name("never")))
    assert said(order, "cancel\n")[-1] == {"cancelled": True}
    assert not run.folder.with_name(".never.fixing").exists()
    left = said(order, "")[-1]
    assert left["can_go_on"] and left["error"].startswith("the app has ended")
    assert not run.folder.with_name("never").exists()


def test_what_fails_is_one_sentence(run):
    order = ordered(run, train="nowhere.npz", out=str(run.folder.with_name("never")))
    last = said(order)[-1]
    assert "there is nothing at nowhere.npz" in last["error"] and not last["can_go_on"]
    with pytest.raises(RunError):
        read_fix(order.out)
