import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from fakes import contents, small_dataset, small_images, write_folders

import hardex
from hardex import DatasetError, RunError
from hardex.annotate.plan import plan_of
from hardex.classifiers.classifier import FunctionClassifier
from hardex.classifiers.shipped import shipped_model
from hardex.overview.nearest_training import nearest_training, open_training
from hardex.people.events import Annotation
from hardex.probing.batches import BATCH_SIZES
from hardex_app import open_workspace as under_test
from hardex_app.background import Status
from hardex_app.open_workspace import (
    DEMO_DATA,
    DEMO_MODEL,
    reusable_run,
    workspace_of_demo,
    workspace_of_run,
)
from hardex_app.workspace import Workspace

from .fake_runs import parts_of, run_of, run_without_images, sentence, small_run, wait_until_over


def finished(workspace):
    """The workspace once its background work is over, without the wait for a first visit."""
    workspace.visited()
    workspace.start()
    return wait_until_over(workspace, seconds=0.005)


# ------------------------------------------------------------------ how far things are


def test_what_is_prepared_is_there_when_it_is_ready(tmp_path):
    run, classifier = small_run(tmp_path)
    seen = []

    def prepare(workspace):
        seen.append(workspace.status)
        workspace.progress("ranking", 3, 10)
        seen.append(workspace.status)
        workspace.run, workspace.classifier = run, classifier

    workspace = Workspace(prepare)
    assert (workspace.run, workspace.status) == (None, Status("starting"))
    assert finished(workspace) == Status("ready")
    assert seen == [Status("starting"), Status("ranking", 3, 10)]
    assert (workspace.run, workspace.classifier) == (run, classifier)


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (RunError("a run must be whole; rank again."), "a run must be whole; rank again."),
        (KeyError("layer"), "KeyError: 'layer'"),
        (MemoryError(), "MemoryError: "),
    ],
)
def test_a_failure_in_the_background_is_told(error, problem):
    def prepare(workspace):
        workspace.progress("ranking", 3, 10)
        raise error

    status = finished(Workspace(prepare))
    assert status.stage == "failed" and status.over
    assert status.problem == problem


def test_nothing_is_prepared_before_the_first_visit_or_two_seconds():
    prepared = Event()
    workspace = Workspace(lambda workspace: prepared.set())
    workspace.start()
    assert not prepared.wait(0.2)
    workspace.visited()
    assert prepared.wait(10)


# ------------------------------------------------------------------ stopping


def test_stopping_in_the_middle_leaves_no_half_run(tmp_path):
    ranking = Event()
    parts = parts_of(3)

    def slow(images):
        ranking.set()
        stopping.wait(0.005)
        return parts(images)

    def prepare(workspace):
        data = small_dataset(2000)
        hardex.rank(slow, data, out=out, batch_size=1, progress=workspace.progress)

    stopping, out = Event(), tmp_path / "runs" / "mine"
    out.parent.mkdir()
    workspace = Workspace(prepare)
    workspace.visited()
    workspace.start()
    assert ranking.wait(30)
    workspace.stop()
    assert workspace.status == Status("failed", problem="The work was stopped.")
    assert contents(tmp_path) == {"runs": None}


def test_stopping_a_forced_ranking_leaves_the_old_run(tmp_path):
    run, classifier = small_run(tmp_path)
    before = contents(tmp_path)

    def prepare(workspace):
        data = tmp_path / "data.npz"
        progress = workspace.progress
        hardex.rank(classifier, data, out=run.folder, force=True, progress=progress)

    workspace = Workspace(prepare)
    workspace.stop()  # already asked when the work begins
    finished(workspace)
    assert workspace.status.problem == "The work was stopped."
    assert contents(tmp_path) == before


def test_stopping_before_the_first_visit_does_not_wait_for_one():
    workspace = Workspace(lambda workspace: workspace.progress("loading the model"))
    workspace.start()
    workspace.stop()
    assert workspace.status.problem == "The work was stopped."


def test_stopping_what_never_started_or_is_over_changes_nothing():
    never, over = Workspace(lambda workspace: None), Workspace(lambda workspace: None)
    finished(over)
    for workspace, status in ((never, Status("starting")), (over, Status("ready"))):
        workspace.stop()
        assert workspace.status == status


# ------------------------------------------------------------------ cancelling


class Gate:
    """Work that reports as often as it is let."""

    def __init__(self, report):
        self.begun, self.go_on, self.report = Event(), Event(), report

    def __call__(self, workspace):
        getattr(workspace, self.report)("counting", 1, 2)
        self.begun.set()
        assert self.go_on.wait(30)
        getattr(workspace, self.report)("counting", 2, 2)


def begun(gate, **parts):
    workspace = Workspace(**parts)
    workspace.visited()
    workspace.start()
    assert gate.begun.wait(30)
    return workspace


@pytest.mark.parametrize("part", ["prepare", "afterwards"])
def test_optional_work_can_be_cancelled_and_is_told_as_stopped(part):
    gate = Gate("optional_progress")
    workspace = begun(gate, **{"prepare": lambda workspace: None} | {part: gate})
    assert workspace.status == Status("counting", 1, 2, cancellable=True)
    workspace.cancel()
    gate.go_on.set()
    status = wait_until_over(workspace)
    assert status.stage == "stopped" and not status.cancellable
    assert sentence(status.problem).startswith("Counting was skipped; ")


def test_what_is_needed_cannot_be_cancelled():
    gate = Gate("progress")
    workspace = begun(gate, prepare=gate)
    workspace.cancel()
    gate.go_on.set()
    assert wait_until_over(workspace) == Status("ready")


def test_a_cancelled_ranking_leaves_nothing_behind(tmp_path):
    ranking, cancelled = Event(), Event()
    parts = parts_of(3)

    def slow(images):
        if workspace.status.cancellable:  # not while the doctor asks, who comes before
            ranking.set()
            assert cancelled.wait(30)
        return parts(images)

    def prepare(workspace):
        data, progress = small_dataset(20), workspace.optional_progress
        hardex.rank(slow, data, out=tmp_path / "run", batch_size=1, progress=progress)

    workspace = Workspace(prepare)
    workspace.visited()
    workspace.start()
    assert ranking.wait(30)
    workspace.cancel()
    cancelled.set()
    assert wait_until_over(workspace).stage == "stopped"
    assert contents(tmp_path) == {}


def test_what_is_good_to_have_may_fail_and_the_rest_is_ready():
    def afterwards(workspace):
        workspace.optional_progress("counting", 1, 2)
        raise RunError("no training data; pass another.")

    status = finished(Workspace(lambda workspace: None, afterwards=afterwards))
    assert status == Status("ready", problem="no training data; pass another.")


def test_nothing_comes_after_a_failure():
    def prepare(workspace):
        raise RunError("no model; pass another.")

    workspace = Workspace(prepare, afterwards=lambda workspace: pytest.fail("not now"))
    assert finished(workspace) == Status("failed", problem="no model; pass another.")


# ------------------------------------------------------------------ the training data


def test_the_model_answers_before_the_training_data_was_looked_at(tmp_path):
    run, classifier = small_run(tmp_path)
    workspace = workspace_of_run(run, classifier, train=tmp_path / "data.npz")
    stages = []
    tell = workspace.progress

    def note(stage, done=0, total=0):
        tell(stage, done, total)
        stages.append((stage, workspace.classifier is None, workspace.neighbours is None))

    workspace.progress = note
    assert finished(workspace) == Status("ready")
    assert stages[0] == ("loading the model", True, True)
    assert len(stages) > 1
    assert set(stages[1:]) == {("looking at the training data", False, True)}
    assert workspace.neighbours.scope == "30 training images, compared by pixels"


def test_an_example_of_the_training_data_is_not_its_own_neighbour(tmp_path):
    run, classifier = small_run(tmp_path)
    workspace = workspace_of_run(run, classifier, train=tmp_path / "data.npz")
    assert workspace.neighbours is None  # not yet
    finished(workspace)
    found = nearest_training(workspace.run, workspace.neighbours, "3", count=29)
    assert len(found) == 29 and "3" not in found.ids and not found.exact_copies.any()


def test_a_leak_between_training_and_test_data_is_seen(tmp_path):
    run, classifier = small_run(tmp_path)
    images = np.concatenate([small_images(4, size=6, seed=5), run.image("3")[None]])
    workspace = workspace_of_run(run, classifier, train=(images, np.array([0, 1, 2, 0, 1])))
    finished(workspace)
    found = nearest_training(
        workspace.run, workspace.neighbours, "3", count=2
    )  # its id is taken by another image there
    assert found.ids[0] == "4" and found.labels[0] == "1"
    assert found.exact_copies.tolist() == [True, False]


def test_labels_of_the_training_data_are_told_by_their_names(tmp_path):
    run, _ = small_run(tmp_path, names=["cat", "dog", "eel"])
    write_folders(tmp_path / "train", ["eel/1.png", "dog/2.png"], size=6)  # fewer
    dataset = open_training(tmp_path / "train", run)
    assert dataset.class_names == ("dog", "eel")
    workspace = workspace_of_run(run, FunctionClassifier(parts_of(3), None, 3), train=dataset)
    finished(workspace)
    found = nearest_training(workspace.run, workspace.neighbours, "0")
    labels = set(zip(found.ids, found.labels, strict=True))
    assert labels == {("eel/1.png", "eel"), ("dog/2.png", "dog")}


def test_numbered_labels_take_the_names_of_the_run(tmp_path):
    run, _ = small_run(tmp_path, names=["cat", "dog", "eel"])
    dataset = open_training(str(tmp_path / "data.npz"), run)
    assert dataset.class_names == ("cat", "dog", "eel")
    assert dataset.fingerprint() == run.manifest.data.hash


def test_of_several_splits_the_one_called_train_is_taken(tmp_path):
    run, _ = small_run(tmp_path)
    images, labels = small_images(6, size=6), np.array([0, 1, 2])
    parts = {"train_images": images[:3], "test_images": images[3:]}
    np.savez(tmp_path / "parts.npz", train_labels=labels, test_labels=labels, **parts)
    dataset = open_training(tmp_path / "parts.npz", run)
    np.testing.assert_array_equal(dataset.images, images[:3])
    write_folders(tmp_path / "parts", ["train/0/1.png", "test/1/2.png"], size=6)
    assert open_training(tmp_path / "parts", run).ids == ("0/1.png",)


def test_training_data_of_other_classes_is_told_and_the_rest_goes_on(tmp_path):
    run, classifier = small_run(tmp_path)
    write_folders(tmp_path / "train", ["cat/1.png", "dog/2.png"], size=6)
    workspace = workspace_of_run(run, classifier, train=tmp_path / "train")
    status = finished(workspace)
    assert status.stage == "ready" and workspace.classifier is classifier
    told = sentence(status.problem)
    assert "has cat, dog and" in told and "has 0, 1, 2; pass the data" in told
    assert workspace.neighbours is None


def test_training_data_that_is_not_there_is_said_before_anything_opens(tmp_path):
    run, classifier = small_run(tmp_path)
    with pytest.raises(DatasetError) as caught:
        workspace_of_run(run, classifier, train=tmp_path / "nowhere")
    assert "there is nothing at" in sentence(caught.value)


def test_a_run_without_model_compares_pixels(tmp_path):
    small_run(tmp_path)  # for its images
    rows = np.full((30, 3), 1 / 3)
    data = tmp_path / "data.npz"
    saved = hardex.rank(probabilities=rows, data=data, out=tmp_path / "saved")
    workspace = workspace_of_run(saved, train=data)
    assert finished(workspace) == Status("ready") and workspace.classifier is None
    assert len(nearest_training(workspace.run, workspace.neighbours, "0")) == 8


def test_sealed_examples_are_no_neighbours(tmp_path):
    images, labels = small_images(60, size=6), np.arange(60) % 3
    classifier = FunctionClassifier(parts_of(3), None, 3)
    run = run_of(tmp_path, images, labels, classifier, seal=0.5)
    workspace = workspace_of_run(run, classifier, train=tmp_path / "data.npz")
    assert finished(workspace) == Status("ready")
    seen = set(run.predictions["id"])
    assert 0 < len(seen) < 60
    found = nearest_training(workspace.run, workspace.neighbours, min(seen), count=60)
    assert set(found.ids) == seen - {min(seen)}


def test_a_seal_hides_its_images_whatever_data_they_come_with(tmp_path):
    images, labels = small_images(60, size=6), np.arange(60) % 3
    classifier = FunctionClassifier(parts_of(3), None, 3)
    run = run_of(tmp_path, images, labels, classifier, seal=0.5)
    seen = {run.image(id).tobytes() for id in run.predictions["id"]}
    more = np.concatenate([images[::-1], small_images(1, size=6, seed=9)])  # other ids, one more
    workspace = workspace_of_run(run, classifier, train=(more, np.arange(61) % 3))
    assert finished(workspace) == Status("ready")
    shown = nearest_training(run, workspace.neighbours, run.predictions["id"][0], count=99)
    copies = {workspace.neighbours.dataset.image(int(at)).tobytes() for at in shown.positions}
    assert copies & {image.tobytes() for image in images} <= seen and len(copies) > 10


# ------------------------------------------------------------------ ranked again meanwhile


def test_a_run_that_is_ranked_again_is_shown_as_it_is_now(tmp_path):
    run, classifier = small_run(tmp_path)
    workspace = workspace_of_run(run, classifier)
    assert workspace.run is run and workspace.run.position("29") == 29
    images, labels = small_images(20, size=6, seed=7), np.arange(20) % 3
    np.savez(tmp_path / "data.npz", images=images, labels=labels)
    hardex.rank(classifier, tmp_path / "data.npz", out=run.folder, force=True)
    again = workspace.run
    assert again is not run and len(again.predictions) == 20
    np.testing.assert_array_equal(again.image("3"), images[3])
    with pytest.raises(RunError, match="none has the id '29'"):
        again.row("29")
    assert workspace.run is again  # opened once


def test_a_run_that_is_ranked_again_keeps_where_its_data_and_annotations_are(tmp_path):
    run, classifier = small_run(tmp_path)
    elsewhere = "postgresql+pg8000://ann@127.0.0.1:1/marks"
    opened = hardex.load(run.folder, data=tmp_path / "data.npz", annotations=elsewhere)
    workspace = workspace_of_run(opened, classifier)
    hardex.rank(classifier, tmp_path / "data.npz", out=run.folder, force=True)
    again = workspace.run
    assert again is not opened
    assert (again.data, again.annotations_url) == (opened.data, elsewhere)


def test_annotators_work_on_the_run_as_it_is_now(tmp_path):
    run, classifier = small_run(tmp_path)
    workspace = workspace_of_run(run, classifier)
    before = workspace.desk
    assert before.run.given_label("3") == "0" and workspace.desk is before
    ticket = before.tickets.of("ann", "3")
    images, labels = small_images(6, size=6, seed=7), (np.arange(6) + 1) % 3
    np.savez(tmp_path / "data.npz", images=images, labels=labels)
    hardex.rank(classifier, tmp_path / "data.npz", out=run.folder, force=True)
    desk = workspace.desk
    assert desk is not before and desk.run is workspace.run
    assert desk.run.given_label("3") == "1"
    assert set(desk.queue.plan.ids) == set(desk.run.hard["id"]) <= set("012345")
    assert desk.tickets.id("ann", ticket) == "3"
    assert workspace.desk is desk  # made once


def test_the_desk_hears_what_the_owner_says_elsewhere(tmp_path):
    run, classifier = small_run(tmp_path)
    workspace = workspace_of_run(run, classifier)

    def say(verdict, **words):
        event = run.annotations.add(Annotation("owner", "3", verdict, shown="label", **words))
        workspace.annotation_stored(event)
        return event

    say("right")  # before there is a desk
    assert workspace.desk.queue._gold == {"3": "0"}
    desk, last = workspace.desk, say("wrong", new_label="2")
    assert desk.queue._gold == {"3": "2"}
    say("not_sure")
    assert desk.queue._gold == {} and workspace.desk is desk
    workspace.annotation_stored(
        run.annotations.add(Annotation("owner", "3", "", undoes=last.event_id))
    )
    assert desk.queue._gold == {} and desk.queue.progress("owner")[0] == (
        "3" in desk.queue.plan.ids
    )


def test_a_desk_that_cannot_hear_of_gold_now_finds_it_later(tmp_path):
    run, classifier = small_run(tmp_path)
    workspace = workspace_of_run(run, classifier)
    before = workspace.desk
    table = run.folder / "results" / "predictions.parquet"
    content = table.read_bytes()
    table.write_bytes(b"no table")  # as if it were being replaced
    said = run.annotations.add(Annotation("owner", "3", "right", shown="label"))
    workspace.annotation_stored(said)
    assert workspace.desk.queue._gold == {}
    table.write_bytes(content)
    assert workspace.desk.queue.next("anna") is not None
    assert workspace.desk is before and before.queue._gold == {"3": "0"}


def test_a_plan_is_made_once_however_often_the_answers_cannot_be_read(tmp_path, monkeypatch):
    run, classifier = small_run(tmp_path)
    made = []

    def counted(*of):
        made.append(of)
        return plan_of(*of)

    monkeypatch.setattr("hardex_app.annotation_session.plan_of", counted)
    workspace = workspace_of_run(run, classifier)
    (run.folder / "people").mkdir(exist_ok=True)
    (run.folder / "people" / "annotations.sqlite").write_bytes(b"no database" * 1000)
    for _ in range(5):
        with pytest.raises(RunError):
            _ = workspace.desk
    assert len(made) == 1


def test_many_ask_at_once_for_a_run_that_was_ranked_again(tmp_path):
    run, classifier = small_run(tmp_path)
    workspace = workspace_of_run(run, classifier)
    before = workspace.desk
    hardex.rank(classifier, tmp_path / "data.npz", out=run.folder, force=True)
    asks = [lambda: workspace.desk, lambda: workspace.run] * 8
    with ThreadPoolExecutor(len(asks)) as pool:
        found = list(pool.map(lambda ask: ask(), asks))
    assert set(found) == {workspace.desk, workspace.run}
    assert workspace.desk is not before and workspace.desk.run is workspace.run


def test_a_row_that_has_moved_is_never_shown_as_another(tmp_path):
    run, classifier = small_run(tmp_path)
    assert run.row("29")["id"] == "29"
    np.savez(tmp_path / "data.npz", images=small_images(20, size=6), labels=np.arange(20) % 3)
    hardex.rank(classifier, tmp_path / "data.npz", out=run.folder, force=True)
    with pytest.raises(RunError, match="must not change while it is open"):
        run.row("29")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("predictions.parquet", b"no table"),
        ("metrics.json", b"{"),
        ("hard/metadata.csv", b"a,b\n1,2\n"),
    ],
)
def test_a_damaged_table_is_said_before_anything_opens(tmp_path, name, content):
    run, classifier = small_run(tmp_path)
    (run.folder / "results" / name).write_bytes(content)
    with pytest.raises(RunError) as caught:
        workspace_of_run(hardex.load(run.folder), classifier)
    assert "rank again with --force" in sentence(caught.value)


# ------------------------------------------------------------------ a finished run


def test_a_model_given_by_hand_answers_and_is_warmed_up(tmp_path):
    run, _ = small_run(tmp_path)
    parts, sizes = parts_of(3), []

    def counting(images):
        sizes.append(images.shape)
        return parts(images)

    workspace = workspace_of_run(run, FunctionClassifier(counting, (6, 6, 1), 3))
    assert workspace.run is run
    assert finished(workspace) == Status("ready")
    assert workspace.classifier.function is counting
    assert sizes == [(size, 6, 6, 1) for size in BATCH_SIZES]


def test_a_run_of_saved_probabilities_is_ready_without_a_model(tmp_path):
    workspace = workspace_of_run(run_without_images(tmp_path))
    assert finished(workspace) == Status("ready")
    assert workspace.classifier is None


def test_a_model_of_other_classes_is_refused_with_a_way_out(tmp_path):
    run, _ = small_run(tmp_path)
    workspace = workspace_of_run(run, FunctionClassifier(parts_of(4), None, 4))
    told = sentence(finished(workspace).problem)
    assert "has 4 and" in told and "has 3 classes" in told and "--model" in told
    assert workspace.classifier is None and workspace.run is run


def test_a_model_that_is_gone_leaves_the_run_and_says_so(tmp_path):
    run, _ = small_run(tmp_path)  # made by a function, which no path opens again
    workspace = workspace_of_run(run)
    assert "there is nothing at" in sentence(finished(workspace).problem)
    assert workspace.run is run


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
    digits = small_images(10, size=28), np.arange(10)
    monkeypatch.setattr(under_test, "DEMO_TRAIN", digits)  # not sixty thousand


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
    workspace = workspace_of_demo(demo_run)
    assert workspace.run is not None
    assert finished(workspace) == Status("ready")
    assert workspace.classifier is STAND_IN
    assert workspace.neighbours.scope == "10 training images, compared by pixels"
    assert contents(demo_run) == before


def test_the_demo_ranks_again_otherwise_and_keeps_what_people_made(demo_run, no_tensorflow):
    tamper(demo_run, CHANGES["another version"])
    tamper(demo_run, lambda manifest: manifest.update(command="hardex demo"))
    (demo_run / "people").mkdir()
    (demo_run / "people" / "note.txt").write_text("kept")
    workspace = workspace_of_demo(demo_run)
    assert workspace.run is None
    assert finished(workspace) == Status("ready")
    assert workspace.run.manifest.versions["hardex"] == hardex.__version__
    assert workspace.run.manifest.command == "hardex demo"
    assert reusable_run(demo_run) is not None
    assert (demo_run / "people" / "note.txt").read_text() == "kept"


def test_the_demo_does_not_replace_a_run_that_somebody_else_made(demo_run, no_tensorflow):
    tamper(demo_run, CHANGES["another version"])
    before = contents(demo_run)
    with pytest.raises(RunError, match="is a run already"):
        workspace_of_demo(demo_run)
    assert contents(demo_run) == before


def test_the_demo_does_not_write_over_something_else(tmp_path, no_tensorflow):
    (tmp_path / "thesis.txt").write_text("four years")
    with pytest.raises(RunError, match=r"holds other things \(thesis.txt\)"):
        workspace_of_demo(tmp_path)
    assert contents(tmp_path) == {"thesis.txt": b"four years"}


def test_the_stand_in_answers_like_any_classifier():
    assert STAND_IN.probabilities(np.zeros((2, 28, 28, 1), np.uint8)).shape == (2, 10)
