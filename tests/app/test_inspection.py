import json
import shutil
from hashlib import sha256
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from fakes import contents, small_dataset

import hardex
from hardex import RunError
from hardex.classifiers.classifier import FunctionClassifier
from hardex.classifiers.shipped import shipped_model
from hardex_app import inspection as under_test
from hardex_app.inspection import (
    DEMO_DATA,
    DEMO_MODEL,
    Inspection,
    Status,
    inspect_demo,
    inspect_run,
    reusable_run,
    wait_until_over,
)
from hardex_app.probing import BATCH_SIZES

from .fake_runs import parts_of, run_without_images, sentence, small_run


def finished(inspection):
    """The inspection once its background work is over, without the wait for a first visit."""
    inspection.visited()
    inspection.start()
    return wait_until_over(inspection, seconds=0.005)


# ------------------------------------------------------------------ how far things are


def test_what_is_prepared_is_there_when_it_is_ready(tmp_path):
    run, classifier = small_run(tmp_path)
    seen = []

    def prepare(inspection):
        seen.append(inspection.status)
        inspection.progress("ranking", 3, 10)
        seen.append(inspection.status)
        inspection.run, inspection.classifier = run, classifier

    inspection = Inspection(prepare)
    assert (inspection.run, inspection.status) == (None, Status("starting"))
    assert finished(inspection) == Status("ready")
    assert seen == [Status("starting"), Status("ranking", 3, 10)]
    assert (inspection.run, inspection.classifier) == (run, classifier)


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (RunError("a run must be whole; rank again."), "a run must be whole; rank again."),
        (KeyError("layer"), "KeyError: 'layer'"),
        (MemoryError(), "MemoryError: "),
    ],
)
def test_a_failure_in_the_background_is_told(error, problem):
    def prepare(inspection):
        inspection.progress("ranking", 3, 10)
        raise error

    status = finished(Inspection(prepare))
    assert status.stage == "failed" and status.over
    assert status.problem == problem


def test_nothing_is_prepared_before_the_first_visit_or_two_seconds():
    prepared = Event()
    inspection = Inspection(lambda inspection: prepared.set())
    inspection.start()
    assert not prepared.wait(0.2)
    inspection.visited()
    assert prepared.wait(10)


# ------------------------------------------------------------------ stopping


def test_stopping_in_the_middle_leaves_no_half_run(tmp_path):
    ranking = Event()
    parts = parts_of(3)

    def slow(images):
        ranking.set()
        stopping.wait(0.005)
        return parts(images)

    def prepare(inspection):
        data = small_dataset(2000)
        hardex.rank(slow, data, out=out, batch_size=1, progress=inspection.progress)

    stopping, out = Event(), tmp_path / "runs" / "mine"
    out.parent.mkdir()
    inspection = Inspection(prepare)
    inspection.visited()
    inspection.start()
    assert ranking.wait(30)
    inspection.stop()
    assert inspection.status == Status("failed", problem="The work was stopped.")
    assert contents(tmp_path) == {"runs": None}


def test_stopping_a_forced_ranking_leaves_the_old_run(tmp_path):
    run, classifier = small_run(tmp_path)
    before = contents(tmp_path)

    def prepare(inspection):
        data = tmp_path / "data.npz"
        progress = inspection.progress
        hardex.rank(classifier, data, out=run.folder, force=True, progress=progress)

    inspection = Inspection(prepare)
    inspection.stop()  # already asked when the work begins
    finished(inspection)
    assert inspection.status.problem == "The work was stopped."
    assert contents(tmp_path) == before


def test_stopping_before_the_first_visit_does_not_wait_for_one():
    inspection = Inspection(lambda inspection: inspection.progress("loading the model"))
    inspection.start()
    inspection.stop()
    assert inspection.status.problem == "The work was stopped."


def test_stopping_what_never_started_or_is_over_changes_nothing():
    never, over = Inspection(lambda inspection: None), Inspection(lambda inspection: None)
    finished(over)
    for inspection, status in ((never, Status("starting")), (over, Status("ready"))):
        inspection.stop()
        assert inspection.status == status


# ------------------------------------------------------------------ a finished run


def test_a_model_given_by_hand_answers_and_is_warmed_up(tmp_path):
    run, _ = small_run(tmp_path)
    parts, sizes = parts_of(3), []

    def counting(images):
        sizes.append(images.shape)
        return parts(images)

    inspection = inspect_run(run, FunctionClassifier(counting, (6, 6, 1), 3))
    assert inspection.run is run
    assert finished(inspection) == Status("ready")
    assert inspection.classifier.function is counting
    assert sizes == [(size, 6, 6, 1) for size in BATCH_SIZES]


def test_a_run_of_saved_probabilities_is_ready_without_a_model(tmp_path):
    inspection = inspect_run(run_without_images(tmp_path))
    assert finished(inspection) == Status("ready")
    assert inspection.classifier is None


def test_a_model_of_other_classes_is_refused_with_a_way_out(tmp_path):
    run, _ = small_run(tmp_path)
    inspection = inspect_run(run, FunctionClassifier(parts_of(4), None, 4))
    told = sentence(finished(inspection).problem)
    assert "has 4 and" in told and "has 3 classes" in told and "--model" in told
    assert inspection.classifier is None and inspection.run is run


def test_a_model_that_is_gone_leaves_the_run_and_says_so(tmp_path):
    run, _ = small_run(tmp_path)  # made by a function, which no path opens again
    inspection = inspect_run(run)
    assert "there is nothing at" in sentence(finished(inspection).problem)
    assert inspection.run is run


# ------------------------------------------------------------------ the demo


class StandIn(FunctionClassifier):
    """Says it is the shipped model, without TensorFlow."""

    source = DEMO_MODEL

    def fingerprint(self):
        return sha256(shipped_model(DEMO_MODEL).read_bytes()).hexdigest()


STAND_IN = StandIn(parts_of(10), (28, 28, 1), 10)


@pytest.fixture(scope="module")
def ranked(tmp_path_factory):
    return hardex.rank(STAND_IN, DEMO_DATA, out=tmp_path_factory.mktemp("demo") / "run").folder


@pytest.fixture
def demo_run(ranked, tmp_path):
    """The folder of a demo run, to be tampered with."""
    return Path(shutil.copytree(ranked, tmp_path / "run"))


@pytest.fixture
def no_tensorflow(monkeypatch):
    monkeypatch.setattr(under_test, "open_classifier", lambda name: STAND_IN)


def tamper(folder, change):
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))


CHANGES = {
    "another model": lambda manifest: manifest["model"].update(hash="0" * 64),
    "other data": lambda manifest: manifest["data"].update(hash="0" * 64),
    "another version": lambda manifest: manifest["versions"].update(hardex="0.0.0"),
    "no version": lambda manifest: manifest["versions"].pop("hardex"),
    "no model": lambda manifest: manifest.update(model=None),
    "no data": lambda manifest: manifest.update(data=None),
    "a later format": lambda manifest: manifest.update(format=99),
    "no format": lambda manifest: manifest.pop("format"),
}


def test_a_run_of_the_same_model_data_and_version_is_reused(demo_run):
    assert reusable_run(demo_run).folder == demo_run


@pytest.mark.parametrize("change", CHANGES)
def test_any_other_run_is_not_reused(demo_run, change):
    tamper(demo_run, CHANGES[change])
    assert reusable_run(demo_run) is None


def test_an_absent_or_unreadable_run_is_not_reused(demo_run, tmp_path):
    (demo_run / "manifest.json").write_bytes(b"{\xff")
    assert reusable_run(demo_run) is None
    assert reusable_run(tmp_path / "nothing") is None


def test_the_demo_shows_a_reusable_run_at_once_and_leaves_it_as_it_is(demo_run, no_tensorflow):
    before = contents(demo_run)
    inspection = inspect_demo(demo_run)
    assert inspection.run is not None
    assert finished(inspection) == Status("ready")
    assert inspection.classifier is STAND_IN
    assert contents(demo_run) == before


def test_the_demo_ranks_again_otherwise_and_keeps_what_people_made(demo_run, no_tensorflow):
    tamper(demo_run, CHANGES["another version"])
    tamper(demo_run, lambda manifest: manifest.update(command="hardex demo"))
    (demo_run / "people").mkdir()
    (demo_run / "people" / "note.txt").write_text("kept")
    inspection = inspect_demo(demo_run)
    assert inspection.run is None
    assert finished(inspection) == Status("ready")
    assert inspection.run.manifest.versions["hardex"] == hardex.__version__
    assert inspection.run.manifest.command == "hardex demo"
    assert reusable_run(demo_run) is not None
    assert (demo_run / "people" / "note.txt").read_text() == "kept"


def test_the_demo_does_not_replace_a_run_that_somebody_else_made(demo_run, no_tensorflow):
    tamper(demo_run, CHANGES["another version"])
    before = contents(demo_run)
    with pytest.raises(RunError, match="is a run already"):
        inspect_demo(demo_run)
    assert contents(demo_run) == before


def test_the_demo_does_not_write_over_something_else(tmp_path, no_tensorflow):
    (tmp_path / "thesis.txt").write_text("four years")
    with pytest.raises(RunError, match=r"holds other things \(thesis.txt\)"):
        inspect_demo(tmp_path)
    assert contents(tmp_path) == {"thesis.txt": b"four years"}


def test_the_stand_in_answers_like_any_classifier():
    assert STAND_IN.probabilities(np.zeros((2, 28, 28, 1), np.uint8)).shape == (2, 10)
