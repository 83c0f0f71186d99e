"""What the page Fix suggests, checks, starts and shows."""

import json
import shlex
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardex
from hardex.people.access import OWNER, Visitor
from hardex.remedies.recipe import Balance, Clean, Recipe, amounts_of, recipe_of, recipe_text
from hardex.remedies.work_folder import work_of
from hardex.training.augmentation import Amounts, Augmentation
from hardex_app.fix_order import Order, kept_order, next_out
from hardex_app.fixes import Fixes
from hardex_app.fixing import command_of, what_it_does
from hardex_app.questions import answered, names_on, question

from .fake_runs import HOSTILE, inspecting, small_run
from .made_fixes import FAKE, PROVED, TURNED, made_fix, made_proof, pretending, sealed_run

ORDER = {"train": "mnist:train", "seeds": 1, "controls": 1, "prove": True, "confirm": ""}


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    """A workspace on a sealed and diagnosed run, which no test changes."""
    run, classifier = sealed_run(tmp_path_factory.mktemp("sealed"))
    return inspecting(run, classifier)


@pytest.fixture
def pretended(tmp_path):
    """A workspace whose fixes are made in pretence, and how to let one end."""
    workspace, let_it_end = pretending(tmp_path)
    yield workspace, let_it_end
    workspace.fixes.stop()


def told(workspace, name, request=None, /, visitor=OWNER):
    answer = answered(question("fix", name), workspace, request or {}, visitor)
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    return answer


def ask(workspace, name, /, **request):
    answer = told(workspace, name, request)
    assert "error" not in answer, answer
    return answer


def until(workspace, *states):
    """How the fix stands once it is in one of these states."""
    end = monotonic() + 30
    while (now := ask(workspace, "state"))["state"] not in states:
        assert monotonic() < end, now
        sleep(0.02)
    return now


def left_beside(run):
    return sorted(one.name for one in run.folder.parent.iterdir() if "fixed" in one.name)


# ------------------------------------------------------------------ suggestions and recipes


def test_the_findings_suggest_a_recipe_with_its_reason(sealed):
    facts = ask(sealed, "facts")
    assert facts["diagnosed"] and facts["suggested"] == ["augment"]
    assert facts["recipe"]["augment"]["rotation"] == [-32, 32]
    assert "hard examples look rotated" in facts["recipe"]["reasons"]["augment"]
    assert facts["findings"] == [{"cause": "rotation", "words": "Rotated", "count": 6}]
    assert facts["seal"]["uses"] == 0 and facts["seal"]["level"] == 0.025
    assert facts["seal"]["examples"] + sealed.run.manifest.counts["examples"] == 120
    assert facts["train"] == "mnist:train"  # of the diagnosis


def test_without_a_diagnosis_the_page_says_what_makes_one(tmp_path):
    workspace = inspecting(*small_run(tmp_path))
    workspace.train = "my data"
    facts = ask(workspace, "facts")
    assert not facts["diagnosed"] and facts["suggested"] == [] and facts["seal"] is None
    assert facts["command"] == f"hardex diagnose {workspace.run.folder} --train 'my data'"
    assert ask(workspace, "checked", recipe=facts["recipe"], **ORDER)["says"] == [
        "Nothing yet: choose a remedy."
    ]


def test_a_diagnosis_that_cannot_be_read_is_said(tmp_path):
    run, classifier = sealed_run(tmp_path)
    (run.folder / "results" / "diagnosis.json").write_text("{")
    facts = ask(inspecting(run, classifier), "facts")
    assert facts["problem"].endswith(".") and facts["suggested"] == []


def test_a_recipe_comes_back_as_text_values_numbers_and_a_command(sealed):
    found = ask(sealed, "checked", recipe=ask(sealed, "facts")["recipe"], **ORDER)
    assert ask(sealed, "checked", text=found["text"], **ORDER) == found
    assert found["parts"] == ["augment"]
    assert found["says"] == [
        "In each epoch, 50 % of the training images are transformed: rotated by -32° to 32°. "
        "Validation and test images stay as they are.",
        "2 trainings of at most 10 epochs: 1 with the remedies and 1 without them.",
        "How long it takes is unknown yet; it is measured as soon as the first one has begun.",
    ]
    run = sealed.run.folder
    assert found["command"] == (
        f"hardex fix {run} --train mnist:train --augment rotation=-32:32 --out {run}-fixed-1"
    )


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        ({"text": "augment: {rotaton: 30}"}, "did you mean 'rotation'"),
        ({"text": "augment: [1"}, "must be YAML"),
        ({"text": "augment: {rotation: 3}\naugment: {rotation: 4}"}, "'augment' twice"),
        ({"text": "x" * 100_001}, "at most 100,000 characters"),
        ({"text": 7}, "must be a text"),
        ({"recipe": [1]}, "must be words with values"),
        ({"text": "training: {epochs: 0}"}, "epochs must be 1 or more"),
        ({"text": "", "seeds": 0}, "seeds must be a whole number from 1 to 20"),
        (
            {"text": "augment: {flip: true}", "controls": "3"},
            "controls must be a whole number from 0 to 20",
        ),
        ({"text": "", "train": ["x"]}, "train must be the path"),
        ({"text": "", "confirm": "a\0b"}, "confirm must be the path"),
        *(({"text": f"{json.dumps(name)}: 1"}, "must have the words") for name in HOSTILE),
    ],
)
def test_what_is_no_recipe_is_one_sentence(sealed, request_, says):
    error = told(sealed, "checked", ORDER | request_)["error"]
    assert says in error and error[-1] in ".?" and "\n" not in error


def test_a_request_of_another_form_is_refused(sealed):
    for name in ("checked", "train", "prove", "proof"):
        for request in (None, [1], "x", 3):
            answer = answered(question("fix", name), sealed, request, OWNER)
            assert answer["error"].endswith(".")


@given(
    low=st.integers(-170, 0),
    high=st.integers(0, 170),
    start=st.sampled_from(["fine-tune", "retrain"]),
    epochs=st.integers(1, 99),
    seeds=st.integers(1, 5),
    controls=st.integers(0, 5),
)
def test_a_short_command_says_the_same_as_the_recipe(low, high, start, epochs, seeds, controls):
    training = replace(Recipe().training, start=start, epochs=epochs)
    recipe = Recipe(
        augment=Augmentation((Amounts("rotation", ((float(low), float(high)),)), Amounts("flip"))),
        training=training,
    )
    order = Order(run="a run", out="a run-fixed-1", train="d", seeds=seeds, controls=controls)
    words = shlex.split(command_of(recipe, order))
    options = {}
    for name, value in zip(words[3::2], words[4::2], strict=True):
        options.setdefault(name, []).append(value)
    assert words[:3] == ["hardex", "fix", "a run"] and options["--out"] == ["a run-fixed-1"]
    assert tuple(map(amounts_of, options["--augment"])) == recipe.augment.amounts
    assert options.get("--start", ["fine-tune"]) == [start]
    assert options.get("--epochs", ["10"]) == [str(epochs)]
    typed = int(options.get("--seeds", ["1"])[0])
    assert typed == seeds and int(options.get("--controls", [typed])[0]) == controls


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(augment=Augmentation((Amounts("flip"),), 0.3)),
        Recipe(balance=Balance(focal=2.0)),
        Recipe(augment=TURNED.augment, training=replace(Recipe().training, patience=7)),
        Recipe(augment=TURNED.augment, clean=Clean()),
    ],
)
def test_a_recipe_that_options_cannot_say_is_a_file(recipe):
    words = shlex.split(command_of(recipe, Order(run="r", out="o", train="d")))
    assert words[words.index("--recipe") + 1] == "recipe.yaml" and "--augment" not in words
    assert recipe_of(recipe.as_plain()) == recipe and recipe_text(recipe)


def test_what_it_does_is_said_in_numbers():
    order = Order(run="r", out="o", seeds=3, controls=2)
    says = list(what_it_does(TURNED, order, 60_000, 1e-4))
    assert "about 27,000 of 54,000 training images are transformed" in says[0]
    assert says[1].startswith("5 trainings of at most 10 epochs: 3 with the remedies and 2")
    # 5 trainings of 10 s to start and 54,000 * 10 * 1e-4 s.
    assert says[2] == "About 5 minutes at most, at the pace of the last fix."
    free = Recipe(balance=Balance(logit_adjustment=1.0))
    assert list(what_it_does(free, order, None, None))[-1] == "No training: it is done in moments."


def test_every_remedy_says_what_it_does_and_simple_has_no_controls(sealed):
    parts = {
        "balance": {"focal": 2},
        "clean": {"by": "findings"},
        "collect": {"folders": ["new"]},
        "adapt": {"statistics": "a", "shares": "b"},
    }
    found = ask(sealed, "checked", recipe=parts, **ORDER)
    assert len(found["says"]) == 1 + 1 + 1 + 2 + 2
    alone = {"balance": {"sampling": "oversample", "focal": 2}, "simple": {"examples": 500}}
    found = ask(sealed, "checked", recipe=alone, **ORDER)
    assert len(found["says"]) == 2 + 1 + 2
    assert found["says"][-2] == "1 training of at most 10 epochs."
    assert found["command"].split()[-4:-2] == ["--controls", "0"]
    both = {"balance": {"sampling": "oversample"}, "adapt": {"shares": "b"}}
    assert "keep one of them" in told(sealed, "checked", ORDER | {"recipe": both})["error"]


def test_the_pace_and_the_size_are_those_of_the_last_fix(tmp_path):
    run, classifier = sealed_run(tmp_path)
    made_fix(tmp_path / "run-fixed-1", run)
    workspace = inspecting(run, classifier)
    says = ask(workspace, "checked", text=recipe_text(TURNED), **ORDER)["says"]
    # 120 s, of which 20 to start, for 2 models, 12 epochs and 1,000 images: 4.2 ms an image. Then
    # 900 images are learnt from in 10 epochs by 2 models: 75 s and 20 to start.
    assert says[-1] == "About 2 minutes at most, at the pace of the last fix."
    assert "450 of 900" in says[0]
    assert ask(workspace, "checked", text="", **ORDER)["command"].endswith("run-fixed-2")


# ------------------------------------------------------------------ while it is trained


def test_a_fix_runs_beside_the_app_and_ends_with_its_proof(pretended):
    workspace, let_it_end = pretended
    run = workspace.run
    begun = ask(workspace, "train", text=recipe_text(TURNED), **ORDER)
    assert begun["state"] == "running" and begun["out"].endswith("run-fixed-1")
    while not (now := until(workspace, "running"))["models"][0]["loss"]:
        sleep(0.02)
    first, second = now["models"]
    assert (first["state"], first["epoch"], first["epochs"]) == ("running", 1, 2)
    assert first["loss"][-1] == {"x": 0.5, "y": 0.2} and second["state"] == "waiting"
    assert now["seconds_left"] >= 30 and now["text"] == recipe_text(TURNED)
    refused = told(workspace, "train", ORDER | {"text": recipe_text(TURNED)})["error"]
    assert refused.startswith("one fix of a run is made at a time")
    assert "cancel it first" in told(workspace, "clear")["error"]
    let_it_end()
    done = until(workspace, "done")
    assert [one["state"] for one in done["models"]] == ["done", "done"]
    assert done["models"][0]["findings"][0]["words"] and len(done["models"][0]["validation"]) == 12
    assert done["notes"] == ["look at the classes."]
    assert left_beside(run) == ["run-fixed-1"]
    (row,) = ask(workspace, "past")["rows"]
    assert (row["verdict"], row["parts"], row["file"]) == ("better", ["augment"], done["proof"])
    assert ask(workspace, "clear")["state"] == "idle"
    assert left_beside(run) == ["run-fixed-1"]  # what is done stays


def test_cancel_leaves_nothing(pretended):
    workspace, _ = pretended
    ask(workspace, "train", text=recipe_text(TURNED), **ORDER)
    while not until(workspace, "running")["models"][0]["loss"]:
        sleep(0.02)
    assert left_beside(workspace.run) == [".run-fixed-1.fixing", ".run-fixed-1.order.json"]
    ask(workspace, "cancel")
    until(workspace, "cancelled")
    assert left_beside(workspace.run) == []
    assert ask(workspace, "clear")["state"] == "idle"


def test_what_an_ended_app_has_left_can_go_on_or_be_removed(pretended):
    workspace, let_it_end = pretended
    run, command = workspace.run, workspace.fixes._command
    ask(workspace, "train", text=recipe_text(TURNED), **ORDER)
    while not until(workspace, "running")["models"][0]["loss"]:
        sleep(0.02)
    workspace.fixes.stop()
    assert left_beside(run) == [".run-fixed-1.fixing", ".run-fixed-1.order.json"]
    workspace.fixes = Fixes(command)  # the next app
    left = ask(workspace, "state")
    assert (left["state"], left["can_go_on"]) == ("left", True)
    assert left["text"] == recipe_text(TURNED) and left["models"][0]["epoch"] == 1
    assert ask(workspace, "checked", text="", **ORDER)["command"].endswith("run-fixed-2")
    let_it_end()
    ask(workspace, "go_on")
    assert until(workspace, "done")["out"].endswith("run-fixed-1")
    assert kept_order(run.folder) is None
    order = Order(run=str(run.folder), out=str(next_out(run.folder)), recipe=TURNED.as_plain())
    order.keep()
    work_of(Path(order.out)).mkdir()
    workspace.fixes = Fixes(command)
    assert ask(workspace, "clear")["state"] == "idle"
    assert left_beside(run) == ["run-fixed-1"]


def test_a_file_of_somebody_else_is_no_order(tmp_path):
    run = sealed_run(tmp_path)[0]
    other = Order(run="/elsewhere", out=str(tmp_path / "run-fixed-1"))
    other.keep()
    (tmp_path / ".x.order.json").write_text('{"run": "x"}')
    (tmp_path / ".y.order.json").write_text("[")
    moved = Order(run=str(run.folder), out="/elsewhere/run-fixed-1")  # it would write elsewhere
    (tmp_path / ".z.order.json").write_text(json.dumps(moved.as_json()))
    assert kept_order(run.folder) is None


def test_an_order_in_a_file_does_not_decide_whether_models_may_run_code(tmp_path):
    workspace, _ = pretending(tmp_path)
    run = workspace.run
    out = str(next_out(run.folder))
    Order(run=str(run.folder), out=out, trust_model=True, recipe=TURNED.as_plain()).keep()
    ask(workspace, "go_on")
    order = json.loads((tmp_path / ".run-fixed-1.order.json").read_text())
    workspace.fixes.stop()
    assert order["trust_model"] is False


def test_changes_of_training_examples_are_listed_and_confirmed_first(pretended):
    workspace, let_it_end = pretended
    let_it_end("changes")
    ask(workspace, "train", text=recipe_text(TURNED), **ORDER)
    failed = until(workspace, "failed")
    assert failed["change_count"] == 1 and failed["changes"][0]["id"] == "<b>7"
    assert not failed["can_go_on"] and kept_order(workspace.run.folder) is None
    ask(workspace, "go_on", yes=True)
    until(workspace, "done")


def test_a_process_that_dies_is_one_sentence_and_can_go_on(pretended):
    workspace, let_it_end = pretended
    let_it_end("crash")
    ask(workspace, "train", text=recipe_text(TURNED), **ORDER)
    failed = until(workspace, "failed")
    assert failed["problem"] == "The process of the fix ended with 9 (out of memory)."
    assert failed["can_go_on"] and kept_order(workspace.run.folder) is not None


def test_a_fix_needs_a_remedy_and_training_data(pretended):
    workspace, _ = pretended
    for request, says in (
        ({"text": ""}, "the recipe names none"),
        ({"text": recipe_text(TURNED), "train": " "}, "none is named"),
    ):
        assert says in told(workspace, "train", ORDER | request)["error"]
    assert left_beside(workspace.run) == []


def test_a_process_that_cannot_be_started_is_said(pretended):
    workspace, _ = pretended
    workspace.fixes = Fixes(("/nowhere/python", str(FAKE)))
    error = told(workspace, "train", ORDER | {"text": recipe_text(TURNED)})["error"]
    assert "none could be started" in error and left_beside(workspace.run) == []


def test_only_the_owner_may_ask():
    for role in ("viewer", "annotator"):
        assert names_on("fix", role) == []
    workspace = inspecting(None)
    for name in names_on("fix", "owner"):
        answer = answered(question("fix", name), workspace, {}, Visitor("Vera", "viewer"))
        assert "owner" in answer["error"]


# ------------------------------------------------------------------ what was proved


def test_a_proof_comes_with_the_pictures_of_what_it_broke(tmp_path):
    run, classifier = sealed_run(tmp_path)
    fixed = made_fix(tmp_path / "run-fixed-1", run, made=PROVED - 60)
    (run.folder / "proofs").mkdir()
    made_proof(run.folder / "proofs" / "first.json", run, fixed.model)
    made_proof(run.folder / "proofs" / "second.json", run, fixed.model, kind="looked_at")
    workspace = inspecting(run, classifier)
    found = ask(workspace, "proof", name="first")
    assert (found["verdict"], found["broken"], found["repaired"]) == ("better", 3, 15)
    broken, repaired = found["pictures"]["broken"], found["pictures"]["repaired"]
    assert (len(broken), len(repaired), found["pictures_problem"]) == (3, 12, "")
    assert all(one["image"].startswith("data:image/png") for one in (*broken, *repaired))
    whole = run.dataset.whole
    assert broken[0]["given"] == whole.class_names[whole.labels[int(broken[0]["id"])]]
    assert found["says"]["remedy"].startswith("The remedy helps")
    assert found["says"]["classes"].startswith("Classes that differ")
    assert found["says"]["calibration"] and found["says"]["probes"]
    unproved = ask(workspace, "proof", name="second")
    assert unproved["verdict"] == "not_provable" and unproved["difference"] is None
    assert "Not provable on data that was looked at" in unproved["sentence"]
    assert "is none" in told(workspace, "proof", {"name": "../../seal"})["error"]
    rows = ask(workspace, "past")["rows"]
    assert {one["verdict"] for one in rows} == {"not_provable", "better"}
    rank, serve = rows[0]["commands"]
    assert f"hardex rank {fixed.model} " in rank and "--seal 0.5" in rank
    assert serve == f"hardex serve {run.folder} {fixed.folder}-run"


def test_a_fix_that_was_replaced_was_not_proved(tmp_path):
    run, classifier = sealed_run(tmp_path)
    fixed = made_fix(tmp_path / "run-fixed-1", run)
    (run.folder / "proofs").mkdir()
    made_proof(run.folder / "proofs" / "first.json", run, fixed.model)  # created long before
    first, second = ask(inspecting(run, classifier), "past")["rows"]
    assert (first["model"], first["verdict"]) == ("run-fixed-1", "untried")
    assert (second["model"], second["verdict"], second["parts"]) == (
        "remedied-0.keras", "better", [],
    )  # fmt: skip
    assert len(first["commands"]) == 2 and second["commands"] == []


def test_pictures_of_data_that_is_gone_are_said_to_be_missing(tmp_path):
    run, classifier = sealed_run(tmp_path)
    (run.folder / "proofs").mkdir()
    made_proof(run.folder / "proofs" / "first.json", run, tmp_path / "m.keras")
    (tmp_path / "data.npz").unlink()
    run = hardex.load(run.folder)
    found = ask(inspecting(run, classifier), "proof", name="first")
    assert found["pictures_problem"].startswith("The pictures cannot be shown: ")
    assert [one["image"] for one in found["pictures"]["broken"]] == [""] * 3


def test_a_fix_that_was_not_proved_can_be(tmp_path):
    workspace, _ = pretending(tmp_path)
    made_fix(tmp_path / "run-fixed-1", workspace.run)
    (row,) = ask(workspace, "past")["rows"]
    assert (row["verdict"], row["file"]) == ("untried", "")
    assert ask(workspace, "prove", folder=row["folder"])["state"] == "running"
    workspace.fixes.stop()
    assert "is none" in told(workspace, "prove", {"folder": str(tmp_path)})["error"]
