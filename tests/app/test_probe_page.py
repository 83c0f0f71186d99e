import base64
import errno
import io
import json
import uuid
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from hardex import HardexError, RunError
from hardex.images import Transform, transform
from hardex.people.access import OWNER, Visitor
from hardex.probing.kept_probe import NAME_MOST
from hardex.probing.saved_probes import kept_picture, kept_probes
from hardex.probing.sliders import sliders
from hardex_app import kept_probes as keeping
from hardex_app.background import Status
from hardex_app.kept_probes import SHOWN_MOST, exported, keep_this, kept, reopened
from hardex_app.open_workspace import workspace_of_run
from hardex_app.probing import curve, probe, smallest, source_image
from hardex_app.questions import answered, names_on, question
from hardex_app.workspace import Workspace

from .fake_runs import HOSTILE, decoded, run_without_images, sentence, small_run, wait_until_over


def answer(workspace, ask, request, visitor):
    """What the script of the page gets for one of its questions."""
    asked = question("probe", ask.__name__)
    return answered(asked, workspace, request, visitor)


def facts(workspace, visitor=OWNER):
    """What the page gets when it is first opened."""
    return answered(question("probe", "facts"), workspace, {}, visitor)


def keep(workspace, request):
    """What the page gets when it sends a probe to keep."""
    return answered(question("probe", "keep"), workspace, request, OWNER)


ONE = {"source": {"kind": "example", "id": "1"}}
STROKES = {"kind": "sketch", "strokes": [[[60, 40], [200, 240]]], "normalize": False}
PIXELS = {
    "kind": "image",
    "pixels": base64.b64encode(bytes(range(36))).decode(),
    "shape": [6, 6, 1],
}
EXAMPLE = {"kind": "example", "id": "4"}


def inspecting(run, classifier=None, status="ready"):
    workspace = Workspace(lambda workspace: None, run=run)
    workspace.classifier, workspace.status = classifier, Status(status)
    return workspace


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    return inspecting(*small_run(tmp_path_factory.mktemp("run")))


@pytest.fixture
def fresh(tmp_path):
    """An workspace of a run that nobody kept a probe with."""
    return inspecting(*small_run(tmp_path))


def on_a_full_disk(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


def wanted(source, **others):
    return {"source": source, "transform": {"rotation": 30}, "name": "a", "note": ""} | others


# ------------------------------------------------------------------ answers


def last_answer(ready, ask):
    """What a page gets when it asks until nothing more is to come."""
    for _ in range(100):
        told = answer(ready, ask, ONE, OWNER)
        if told.get("finished", True) and told.get("done") == told.get("total"):
            return told
    raise AssertionError("the answer never comes to an end")


@pytest.mark.parametrize("ask", [probe, curve, smallest])
def test_an_answer_is_passed_on_as_it_is(ready, ask):
    assert last_answer(ready, ask) == ask(ONE, ready.run, ready.classifier)


@pytest.mark.parametrize("ask", [probe, curve, smallest])
def test_a_refusal_becomes_an_error_sentence(ready, ask):
    bad = {"source": {"kind": "example", "id": "nobody"}}
    with pytest.raises(HardexError) as caught:
        ask(bad, ready.run, ready.classifier)
    assert answer(ready, ask, bad, OWNER) == {"error": str(caught.value)}


@pytest.mark.parametrize("stage", ["starting", "loading the model", "ranking"])
def test_before_it_is_ready_the_page_is_told_to_wait(ready, stage):
    for run in (None, ready.run):
        waiting = inspecting(run)
        waiting.status = Status(stage, 3, 10)
        assert answer(waiting, probe, ONE, OWNER) == {
            "waiting": f"The model is not ready yet ({stage}); your picture is kept."
        }


@pytest.mark.parametrize("stage", ["failed", "stopped"])
def test_a_failure_is_passed_on_instead_of_waiting_for_ever(ready, stage):
    failed = inspecting(ready.run)
    failed.status = Status(stage, problem="the model must be …; it is not; pass another.")
    assert answer(failed, probe, ONE, OWNER) == {"error": failed.status.problem}


def test_a_run_of_saved_probabilities_names_the_option_that_helps(tmp_path):
    workspace = workspace_of_run(run_without_images(tmp_path))
    assert facts(workspace)["problem"] == ""  # it may still come
    workspace.visited()
    workspace.start()
    assert wait_until_over(workspace).stage == "ready"
    told = answer(workspace, probe, ONE, OWNER)
    assert list(told) == ["error"]
    assert "saved probabilities" in told["error"] and "--model" in told["error"]
    assert facts(workspace)["problem"] == told["error"]  # before anything is drawn in vain
    anna = Visitor("Anna", "annotator")
    says = "There is no model here to probe; the owner can start the app with one."
    assert answer(workspace, probe, ONE, anna) == {"error": says}
    assert facts(workspace, anna)["problem"] == says


def test_the_curve_names_the_preprocessing_of_the_model_that_answers(ready):
    told = answer(ready, curve, ONE, OWNER)
    assert told["preprocess"] == "raw"
    assert told["preprocess_table"] == [list(range(256))]
    assert told["preprocess_swaps_channels"] is False


def test_the_script_may_call_these_functions_and_each_answers(ready):
    names = names_on("probe", OWNER.role)
    assert set(names) == {
        "probe", "curve", "curve_of", "smallest", "occlusion", "taken", "facts", "facts_of_shape",
        "kept", "keep", "reopen", "rename", "delete", "export", "whose",
    }  # fmt: skip
    for name in names:
        for nonsense in (None, [], "text", {"id": "x" * 300, "source": 3, "file": 3}):
            told = answered(question("probe", name), ready, nonsense, OWNER)
            assert name in ("facts", "kept", "whose") or sentence(told["error"])


def test_before_there_is_a_run_each_function_says_wait():
    waiting = inspecting(None, status="ranking")
    for name in names_on("probe", OWNER.role):
        again = ["again"] if name == "keep" else []
        assert list(answered(question("probe", name), waiting, {}, OWNER)) == ["waiting", *again]


# ------------------------------------------------------------------ facts


def test_facts_are_the_classes_the_examples_and_the_sliders(ready):
    told = facts(ready)
    assert told["class_names"] == ["0", "1", "2"]
    assert [one["id"] for one in told["examples"]] == ready.run.hard["id"].tolist()
    assert told["sliders"] == sliders((6, 6, 1))
    assert told["digits"] and not told["colored"]
    first = told["examples"][0]
    np.testing.assert_array_equal(decoded(first["image"]), ready.run.image(first["id"]))


def test_the_order_names_each_step_once(ready):
    order = facts(ready)["order"].split(".")[0]
    assert order == (
        "Order: mirror, scale, shear, rotate, shift, stroke, blur, contrast, brightness, invert, "
        "noise, crop, occlusion, JPEG"
    )


@pytest.mark.parametrize(
    ("shape", "canvas"),
    [((28, 28, 1), [280, 280]), ((20, 40, 1), [280, 140]), ((300, 200, 3), [187, 280])],
)
def test_the_pad_has_the_proportions_and_colours_of_the_input(tmp_path, shape, canvas):
    run, classifier = small_run(tmp_path, count=6, shape=shape)
    told = facts(inspecting(run, classifier))
    assert (told["shape"], told["canvas"]) == (list(shape), canvas)
    assert told["colored"] == (shape[2] == 3)
    assert facts(inspecting(run))["shape"] == list(shape)  # before the model is loaded, too


def test_facts_of_hostile_names_are_plain_data(tmp_path):
    run, _ = small_run(tmp_path, class_count=len(HOSTILE), names=HOSTILE)
    told = facts(inspecting(run))
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["class_names"] == list(HOSTILE)
    assert not told["digits"]


def test_a_picture_of_another_shape_has_sliders_of_its_own(ready):
    def ask(request):
        return answered(question("probe", "facts_of_shape"), ready, request, OWNER)

    told = ask({"shape": [40, 90, 3]})
    assert set(told) == {"shape", "sliders", "order", "canvas", "colored"}
    assert (told["shape"], told["sliders"]) == ([40, 90, 3], sliders((40, 90, 3)))
    assert (told["canvas"], told["colored"]) == ([280, 280], False)  # the pad is the model's
    for nonsense in ([0, 9, 1], [9, 9], [10**9, 9, 1], [9.5, 9, 1], "9", {"a": 1}, [True, 9, 1]):
        assert "must be [height, width, channels]" in sentence(ask({"shape": nonsense})["error"])


# ------------------------------------------------------------------ kept probes


@pytest.mark.parametrize("source", [EXAMPLE, STROKES, PIXELS], ids=["example", "sketch", "image"])
def test_what_is_kept_is_what_was_seen_and_opens_again(fresh, source):
    asked = wanted(source, expected="2", note="two\nlines")
    told = keep(fresh, asked)
    (one,), problems = kept_probes(fresh.run.folder)
    seen = probe(asked, fresh.run, fresh.classifier)["after"]
    assert problems == [] and told == {"kept": one.probe_id}
    assert (one.annotator, one.name, one.expected, one.note) == ("owner", "a", "2", "two\nlines")
    assert (one.predicted, one.confidence) == (seen["predicted"], seen["confidence"])
    assert one.transform == {"rotation": 30}
    before = source_image(source, fresh.run, fresh.classifier)
    np.testing.assert_array_equal(kept_picture(fresh.run.folder, one), before)

    again = reopened({"id": one.probe_id}, fresh.run)
    assert again["source"] == source
    assert (again["transform"], again["expected"]) == ({"rotation": 30}, "2")
    assert probe(again, fresh.run, fresh.classifier)["after"] == seen


def test_what_does_nothing_to_the_picture_is_not_kept(fresh):
    keep(fresh, wanted(EXAMPLE, transform={"scale": 1, "flip": False, "blur": 0.5}))
    assert kept_probes(fresh.run.folder)[0][0].transform == {"blur": 0.5}


def test_a_switch_may_be_a_number_and_strokes_belong_to_sketches(fresh):
    keep(fresh, wanted(EXAMPLE | {"strokes": ["x" * 9_000]}, transform={"flip": 1}))
    (one,), _ = kept_probes(fresh.run.folder)
    assert (one.transform, one.source) == ({"flip": True}, {})


@pytest.mark.parametrize(
    "bad",
    [
        None,
        [],
        {},
        wanted(EXAMPLE, expected="no class"),
        wanted(EXAMPLE, name="x" * (NAME_MOST + 1)),
        wanted(EXAMPLE, note=7),
        *(wanted(EXAMPLE, probe_id=bad) for bad in ("../../7", "7", 7, ["7"], {"a": 1})),
        wanted(EXAMPLE, transform={"rotation": "far"}),
        wanted({"kind": "example", "id": "nobody"}),
    ],
)
def test_what_cannot_be_kept_is_refused_with_a_sentence_and_leaves_nothing(fresh, bad):
    told = keep(fresh, bad)
    assert sentence(told["error"]) and not told["again"]
    assert kept(fresh.run)["total"] == 0


def test_a_probe_that_cannot_be_written_now_is_sent_again(fresh):
    asked = wanted(EXAMPLE, probe_id=str(uuid.uuid4()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hardex.probing.saved_probes._write_both", on_a_full_disk)
        told = keep(fresh, asked)
    assert told["again"] and "No space left" in told["error"]
    assert keep(fresh, asked) == keep(fresh, asked) == {"kept": asked["probe_id"]}
    assert kept(fresh.run)["total"] == 1


def test_while_the_model_loads_nothing_is_kept(fresh):
    told = keep(inspecting(fresh.run, status="loading the model"), wanted(EXAMPLE))
    assert "not ready" in told["waiting"]
    assert kept(fresh.run)["total"] == 0


def test_what_is_sent_twice_is_kept_once(fresh, monkeypatch):
    monkeypatch.setattr(keeping, "KEPT_BY_ONE", 1)
    asked = wanted(EXAMPLE, name="once", probe_id=str(uuid.uuid4()))
    first = keep_this(asked, "anna", fresh.run, fresh.classifier)
    assert keep_this(asked, "anna", fresh.run, fresh.classifier) == first
    assert first.probe_id == asked["probe_id"]
    for other, who in (({**asked, "name": "twice"}, "owner"), (asked, "bert")):
        with pytest.raises(RunError, match="with this id exists already"):
            keep_this(other, who, fresh.run, fresh.classifier)
    assert kept(fresh.run)["total"] == 1


def test_what_is_sent_twice_at_one_moment_is_kept_once(fresh):
    asked = wanted(EXAMPLE, probe_id=str(uuid.uuid4()))
    with ThreadPoolExecutor(8) as pool:
        answers = [
            pool.submit(keep_this, asked, "anna", fresh.run, fresh.classifier) for _ in range(8)
        ]
        assert {answer.result().probe_id for answer in answers} == {asked["probe_id"]}
    assert kept(fresh.run)["total"] == 1


def test_one_annotator_alone_does_not_fill_the_run(fresh, monkeypatch):
    monkeypatch.setattr(keeping, "KEPT_BY_ONE", 2)
    for who in ("anna", "anna", "bert", "owner", "owner", "owner"):
        keep_this(wanted(EXAMPLE), who, fresh.run, fresh.classifier)
    with pytest.raises(HardexError, match="keeps at most 2 probes in a run; you have 2") as caught:
        keep_this(wanted(EXAMPLE), "anna", fresh.run, fresh.classifier)
    sentence(str(caught.value))
    assert kept(fresh.run)["total"] == 6


def test_the_list_has_the_latest_first_and_says_how_many_there_are(fresh):
    names = [f"{n} {text[:150]}" for n, text in enumerate([*HOSTILE, *["x"] * SHOWN_MOST])]
    for name in names:
        keep_this(wanted(EXAMPLE, name=name, expected="0"), "anna", fresh.run, fresh.classifier)
    told = kept(fresh.run)
    assert [one["name"] for one in told["probes"]] == names[::-1][:SHOWN_MOST]
    assert told["total"] == told["labelled"] == len(names)
    image = decoded(told["probes"][0]["image"])
    seen = transform(fresh.run.image("4"), Transform(rotation=30))  # as the answer beside it is of
    np.testing.assert_array_equal(image, seen)


def test_the_list_says_what_was_done_to_each_picture(fresh):
    done = {
        "flip": True, "scale": 1.5, "shear": -0.2, "rotation": 112, "shift_x": -1.5, "shift_y": 2,
        "stroke": 1, "blur": 0.5, "contrast": 1.2, "invert": True, "noise": 0.1,
    }  # fmt: skip
    for amounts in ({}, done):
        keep(fresh, wanted(EXAMPLE, transform=amounts))
    words = [one["changes"] for one in kept(fresh.run)["probes"]]
    assert words[1] == ""
    assert set(words[0].split(", ")) == {
        "mirrored", "scaled ×1.5", "sheared \N{MINUS SIGN}0.2", "rotated +112°",
        "shifted 1.5 px to the left", "shifted 2 px down", "strokes +1 px", "blurred 0.5 px",
        "contrast ×1.2", "inverted", "noise 0.1",
    }  # fmt: skip


def test_a_damaged_probe_is_told_of_without_the_folders_of_this_computer(fresh):
    keep(fresh, wanted(EXAMPLE))
    place = fresh.run.folder / "people" / "probes"
    (place / f"{uuid.uuid4()}.json").write_text("{")
    told = kept(fresh.run)
    assert told["total"] == 1 and "hardex probes" in sentence(told["problem"])
    assert str(fresh.run.folder) not in json.dumps(told)


def test_the_data_set_holds_the_pictures_as_they_were_seen(fresh):
    keep(fresh, wanted(EXAMPLE, expected="2"))
    keep(fresh, wanted(STROKES))  # of no label
    told = exported(fresh.run)
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(told["zip"]))) as archive:
        names = archive.namelist()
        (png,) = [name for name in names if name.endswith(".png")]
        url = "data:image/png;base64," + base64.b64encode(archive.read(png)).decode()
        table = archive.read("metadata.csv").decode()
    assert len(names) == 2 and f"{png},2,a" in table
    expected = transform(fresh.run.image("4"), Transform(rotation=30))
    np.testing.assert_array_equal(decoded(url), expected)
    assert "1 without an expected label" in sentence(told["says"])
    assert told["file_name"] == "run_probes.zip"


def test_a_probe_without_its_picture_is_not_counted_as_exported(fresh):
    for label in ("2", "1", ""):
        keep(fresh, wanted(EXAMPLE, expected=label))
    first = kept_probes(fresh.run.folder)[0][0]
    (fresh.run.folder / "people" / "probes" / f"{first.probe_id}.png").write_text("no picture")
    assert exported(fresh.run)["says"] == (
        "1 probe as a data set. 1 without an expected label left out. 1 probe that cannot be read "
        "left out; `hardex probes` says why."
    )


def test_without_labels_there_is_no_data_set_and_no_folder_is_told(fresh):
    keep(fresh, wanted(EXAMPLE))
    with pytest.raises(HardexError) as caught:
        exported(fresh.run)
    assert str(fresh.run.folder) not in sentence(caught.value)


def test_a_probe_that_nobody_kept_is_refused(fresh):
    for id in ("", "../manifest", str(uuid.uuid4()), "x" * 300):
        with pytest.raises(HardexError) as caught:
            reopened({"id": id}, fresh.run)
        sentence(caught.value)
