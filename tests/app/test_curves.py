"""What the page Curves tells of training logs, and to whom."""

import json
import os
from time import monotonic, sleep

import numpy as np
import pytest

import hardex
from hardex.cli.main import app as command_line
from hardex.learning_curves.findings import CODES
from hardex.people.access import OWNER, Visitor
from hardex_app import training_logs
from hardex_app.curves import FINDING_NAMES, short_names
from hardex_app.links import launch
from hardex_app.open_workspace import workspace_of_run
from hardex_app.questions import answered, question
from hardex_app.training_logs import TrainingLogs, log_beside_model

from .fake_runs import HOSTILE, inspecting, small_run

ANNA, VERA = Visitor("Anna", "annotator"), Visitor("Vera", "viewer")
SICK = "epoch,loss,val_loss,f1\n" + "".join(
    f"{n},{2 * 0.7**n + 0.01:.4f},{1 + max(0.12 * (n - 4), 0.3 * (4 - n)):.3f},{n / 20}\n"
    for n in range(20)
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return small_run(tmp_path_factory.mktemp("run"))[0]


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "sick.csv"
    path.write_text(SICK)
    return str(path)


def opened(run, *logs):
    workspace = inspecting(run)
    workspace.logs = TrainingLogs(logs)
    return workspace


def told(workspace, name="facts", request=None, visitor=OWNER):
    """The answer once the logs are read."""
    for _ in range(200):
        answer = answered(question("curves", name), workspace, request or {}, visitor)
        if "waiting" not in answer:
            return answer
        sleep(0.05)
    raise AssertionError(answer)


def drawn(workspace, **request):
    return told(workspace, "curves", {"kind": "loss", "axis": "epoch", "runs": [0]} | request)


# ------------------------------------------------------------------ what it tells


def test_every_finding_has_a_name():
    assert set(FINDING_NAMES) == set(CODES)


def test_a_training_comes_with_findings_the_best_epoch_and_its_metrics(run, log):
    facts = told(opened(run, log))
    (one,) = facts["runs"]
    assert (one["label"], one["name"], one["size"]) == ("sick.csv", log, "20 epochs")
    assert facts["kinds"] == one["kinds"] == ["loss", "f1"]
    assert facts["axes"] == one["axes"] == ["epoch"]
    found = next(one for one in one["findings"] if one["code"] == "overfitting")
    assert found["words"] == "Overfitting" and found["remedy"].startswith("Stop at the best")
    place = found["place"]["epoch"]
    assert place["from"] == place["at"] == one["best"][0]["at"]["epoch"] == 5
    assert place["to"] == 20
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts


def test_curves_are_those_of_the_log(run, log):
    found = drawn(opened(run, log))["curves"]["0"]
    assert found["training"]["x"] == list(range(1, 21))
    assert found["training"]["y"][:2] == [2.01, 1.41]
    assert found["validation"]["y"][4] == 1 and found["batches"] is None
    assert drawn(opened(run, log), kind="f1")["curves"]["0"]["validation"] is None


def test_a_long_curve_is_thinned_and_keeps_its_spike(run):
    loss = 2 + np.random.default_rng(0).normal(0, 0.01, 10_000)
    loss[4_321] = 77
    history = {"epoch": list(range(10_000)), "loss": loss.tolist()}
    found = drawn(opened(run, history))["curves"]["0"]["training"]
    assert len(found["x"]) <= 500 and max(found["y"]) == 77
    assert found["x"][found["y"].index(77)] == 4_322
    assert len(found["means"]["x"]) == 250
    found = drawn(opened(run, {"loss": loss.tolist()}), axis="step")["curves"]["0"]
    assert len(found["training"]["x"]) == 60 and max(found["batches"]["y"]) == 77


@pytest.mark.parametrize(
    "request_",
    [
        {"axis": "year"}, {"kind": 3}, {"runs": [1]}, {"runs": [-1]}, {"runs": [True]},
        {"runs": "0"}, {"runs": [0] * 41}, {"runs": [[0]]},
    ],
)  # fmt: skip
def test_a_request_for_what_is_not_there_is_refused(run, log, request_):
    assert "reload the page" in drawn(opened(run, log), **request_)["error"]
    assert "reload the page" in told(opened(run, log), "curves", [1])["error"]


def test_an_unknown_metric_has_no_curve(run, log):
    found = drawn(opened(run, log), kind="<script>")["curves"]["0"]
    assert found == {"training": None, "validation": None, "batches": None}


def test_names_are_cut_to_what_tells_them_apart():
    assert short_names(["/a/b/x.csv", "/a/c/x.csv", "/a/c/y.csv"]) == [
        "b/x.csv",
        "c/x.csv",
        "y.csv",
    ]
    assert short_names(["C:\\logs\\x.csv", "history"]) == ["x.csv", "history"]
    assert short_names(["x.csv", "x.csv"]) == ["x.csv", "x.csv"]
    assert short_names([]) == []


# ------------------------------------------------------------------ which logs


def test_without_a_log_there_is_the_command_that_opens_one(run):
    facts = told(opened(run))
    assert facts["runs"] == facts["problems"] == []
    assert facts["command"] == f"hardex serve {run.folder} --log training.csv"


def test_a_log_that_cannot_be_read_is_named_beside_the_others(run, log, tmp_path):
    facts = told(opened(run, str(tmp_path / "none.csv"), log))
    assert [one["label"] for one in facts["runs"]] == ["sick.csv"]
    assert "none.csv" in facts["problems"][0]["why"]
    facts = told(opened(run, tmp_path / "none.csv"))
    assert facts["runs"] == [] and len(facts["problems"]) == 1


def test_what_a_library_raises_is_a_sentence(run, log, monkeypatch):
    def broken(*logs, **options):
        raise RuntimeError("inside")

    monkeypatch.setattr(training_logs, "report_of", broken)
    assert told(opened(run, log)) == {"error": "The training logs cannot be read: RuntimeError."}


def test_the_app_opens_although_a_log_is_missing_and_begins_to_read(run, log, tmp_path):
    workspace = workspace_of_run(run, logs=(str(tmp_path / "none.csv"), log))
    workspace.start()
    workspace.visited()
    try:
        assert len(told(workspace)["runs"]) == 1
    finally:
        workspace.stop()


def test_logs_are_passed_on_the_command_line_and_in_python(run, log, tmp_path, monkeypatch):
    shown = []
    monkeypatch.setattr(launch, "open_window", lambda workspace, **how: shown.append(workspace))
    other = tmp_path / "other.csv"
    other.write_text(SICK)
    words = ["serve", str(run.folder), "--log", log, "--log", str(other)]
    command_line(words, standalone_mode=False)
    hardex.serve(run, logs=(log, other))
    hardex.serve(run, logs=other)
    hardex.serve(run, logs={"loss": [3, 2, 1]})
    found = [[one["label"] for one in told(workspace)["runs"]] for workspace in shown]
    assert found == [
        ["sick.csv", "other.csv"],
        ["sick.csv", "other.csv"],
        ["other.csv"],
        ["history"],
    ]


def test_the_log_beside_the_model_is_found_by_itself(run, tmp_path):
    model = tmp_path / "m.keras"
    model.write_bytes(b"")
    moved = small_run(tmp_path)[0]
    path = moved.folder / "manifest.json"
    said = json.loads(path.read_text())
    said["model"] = {"name": "m.keras", "path": str(model), "hash": "0"}
    path.write_text(json.dumps(said))
    moved = hardex.load(moved.folder)
    assert log_beside_model(run) is None and log_beside_model(moved) is None
    beside = tmp_path / "m.csv"
    beside.write_text(SICK)
    assert log_beside_model(moved) == beside
    assert [one["label"] for one in told(opened(moved))["runs"]] == ["m.csv"]
    assert len(told(opened(moved, str(beside)))["runs"]) == 1  # not twice
    said["model"] = {"name": "mnist_cnn", "path": "", "hash": "0"}
    path.write_text(json.dumps(said))
    (one,) = told(opened(hardex.load(moved.folder)))["runs"]
    assert (one["label"], one["findings"][0]["code"]) == ("mnist_cnn.csv", "healthy")


def test_a_log_that_is_written_meanwhile_is_read_again(run, log, monkeypatch):
    monkeypatch.setattr(training_logs, "_FRESH_SECONDS", 0)
    workspace = opened(run, log)
    assert told(workspace)["runs"][0]["size"] == "20 epochs"
    before = workspace.logs.of(run)
    with open(log, "a") as file:
        file.write("20,0.01,3,1\n")
    os.utime(log, (1, 1))  # whatever the clock of the file system
    assert workspace.logs.of(run) is before  # curves are those of the facts
    assert told(workspace)["runs"][0]["size"] == "21 epochs"


def test_a_log_that_never_rests_is_shown_all_the_same(run, log):
    workspace = opened(run, log)
    began = monotonic()
    while "runs" not in answered(question("curves", "facts"), workspace, {}, OWNER):
        os.utime(log)
        assert monotonic() < began + 20


# ------------------------------------------------------------------ who may see it


def test_viewers_see_no_folders(run, tmp_path):
    folder = tmp_path / "an owner" / "secret"
    for name in ("my a", "my b"):
        (folder / name).mkdir(parents=True)
        (folder / name / "x.csv").write_text(SICK * 2)  # two runs, and a note
    (folder / "my c.csv").write_text("nothing")
    logs = [str(path) for path in (*sorted(folder.glob("*/x.csv")), folder / "my c.csv")]
    workspace = opened(run, *logs)
    for visitor in (OWNER, VERA):
        facts = told(workspace, visitor=visitor)
        assert [one["label"] for one in facts["runs"]] == [
            f"my {name}/x.csv, run {number} of 2" for name in "ab" for number in (1, 2)
        ]
        hidden = "secret" not in json.dumps(facts)
        assert hidden == (visitor is VERA)
    assert "my c.csv" in facts["problems"][0]["why"]
    assert facts["command"] == "hardex serve run --log training.csv"


def test_annotators_get_nothing(run, log):
    for name in ("facts", "curves"):
        assert list(told(opened(run, log), name, visitor=ANNA)) == ["error"]


def test_names_from_a_log_are_data(run, tmp_path):
    path = tmp_path / "hostile.csv"
    names = [name.replace('"', '""') for name in HOSTILE if "\n" not in name]
    header = ",".join(f'"{name}"' for name in ("loss", *names))
    path.write_text("\n".join([header, *[",".join(["1"] * (len(names) + 1))] * 3]))
    facts = told(opened(run, str(path)))
    assert facts["kinds"][0] == "loss" and len(facts["kinds"]) > 3
    for kind in facts["kinds"]:
        assert drawn(opened(run, str(path)), kind=kind)["curves"]["0"]["training"]
