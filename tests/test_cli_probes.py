"""`hardex probes`: saved probes listed, replayed, exported."""

import json

import pytest
from commands import Answer
from fakes import checksum_of, small_dataset, small_images

from hardex import load, rank
from hardex.probing.kept_probe import KeptProbe
from hardex.probing.saved_probes import keep

NAMES = ("cat", "dog", "[red]")
HOSTILE = (
    "[/bold]${1+1}{{x}}",
    "[link=https://example.org]here[/link]",
    "\x1b[2J\x1b]0;title\x07\x9b31m",
    "two\nlines\ttab\r\b",
    "\u202eright to left\u2066 \u05e9\u05dc\u05d5\u05dd",
    "x" * 200,
    "🧦👩\u200d🔬",
    " ",
)
MODELS = """
import numpy as np

def always_cat(images):
    return np.tile([0.8, 0.1, 0.1], (len(images), 1))

def four(images):
    return np.full((len(images), 4), 0.25)
"""


@pytest.fixture
def run(tmp_path):
    """The folder of a run of three classes, with models beside it."""
    data = small_dataset(40)
    rank(
        **{"probabilities": checksum_of(3)(data.images), "labels": data.labels},
        **{"class_names": NAMES, "out": tmp_path / "run"},
    )
    (tmp_path / "probe_models.py").write_text(MODELS)
    return tmp_path / "run"


def keep_one(run, **values):
    image = small_images(1)[0]
    usual = {"kind": "image", "shape": image.shape, "predicted": "cat", "confidence": 0.5}
    return keep(run, KeptProbe(**(usual | {"model": "a hash"} | values)), image)


def test_without_probes_the_page_that_saves_them_is_named(hardex, run):
    text = "This run has no saved probes; save some on the Probe page.\n"
    assert hardex("probes run") == Answer(0, text, "")
    assert hardex("probes run --model probe_models:always_cat") == Answer(0, text, "")


def test_saved_probes_are_listed(hardex, run):
    probe = keep_one(run, name="a leaning 7", expected="dog", annotator="anna")
    other = keep_one(run, predicted="[red]", confidence=0.25)
    answer = hardex("probes run")
    assert (answer.code, answer.err) == (0, "")
    first, second = [line.split("│")[1:-1] for line in answer.out.splitlines() if "0." in line]
    when = probe.time[:16].replace("T", " ")
    assert [cell.strip() for cell in first] == [
        *("a leaning 7", "image", "dog", "cat", "0.5000", "anna", when)
    ]
    assert [cell.strip() for cell in second][:5] == [
        *(other.probe_id[:8], "image", "", "[red]", "0.2500")
    ]


def marks(answer):
    rows = [line.split("│")[1:-1] for line in answer.out.splitlines() if "0." in line]
    return {row[0].strip(): row[4].strip() for row in rows if len(row) == 5}


def test_a_changed_prediction_exits_with_three_and_is_marked(hardex, run):
    keep_one(run, name="same", expected="cat")
    assert hardex("probes run --model probe_models:always_cat").code == 0
    keep_one(run, name="fixed", predicted="dog", expected="cat")
    keep_one(run, name="broken", predicted="dog", expected="dog")
    keep_one(run, name="still wrong", predicted="dog", expected="[red]")
    keep_one(run, name="free", predicted="dog")
    answer = hardex("probes run --model probe_models:always_cat")
    assert (answer.code, answer.err) == (3, "")
    assert marks(answer) == {
        **{"same": "", "fixed": "changed, now right", "broken": "changed, now wrong"},
        **{"still wrong": "changed", "free": "changed"},
    }
    assert answer.out.endswith(
        "probe_models:always_cat changes the prediction of 4 of 5 probes; it is right on 2 of the "
        "4 with an expected class (before: 2).\n"
    )


def test_json_is_one_object_with_its_schema(hardex, run):
    same = keep_one(run, note="a note", transform={"rotation": 30.0})
    other = keep_one(run, predicted="dog", expected="cat", name=HOSTILE[2])
    listed = json.loads(hardex("probes run --format json").out)
    assert (listed["schema"], listed["run"], listed["model"]) == ("hardex.probes/1", "run", None)
    assert [probe["now"] for probe in listed["probes"]] == [None, None]
    line = "probes run --model probe_models:always_cat --export out --format json"
    answer = hardex(line)
    found = json.loads(answer.out)
    assert (answer.code, answer.err) == (3, "")
    assert (found["model"], found["preprocess"]) == ("probe_models:always_cat", "raw")
    assert (found["changed"], found["problems"]) == (1, [])
    assert found["exported"] == {"folder": str(run.parent / "out"), "written": 1, "left_out": 1}
    first, second = found["probes"]
    assert (first["probe_id"], first["note"], first["transform"]) == (
        *(same.probe_id, "a note", {"rotation": 30.0}),
    )
    assert first["before"] == {"predicted": "cat", "confidence": 0.5, "met": None}
    assert (second["probe_id"], second["name"]) == (other.probe_id, HOSTILE[2])
    assert second["now"] == {"predicted": "cat", "confidence": 0.8, "changed": True, "met": True}
    assert second["before"]["met"] is False


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("options", ["", "--model probe_models:always_cat"])
def test_hostile_names_stay_one_row_of_plain_text(hardex, run, text, options):
    keep_one(run, name=text, note=text, annotator=text)
    answer = hardex(f"probes run {options}")
    assert (answer.code, answer.err) == (0, "")
    assert not any(ord(sign) < 32 and sign != "\n" for sign in answer.out)
    assert not set("\x9b\x7f\u202e\u2066") & set(answer.out)
    rows = [line for line in answer.out.splitlines() if "0.5000" in line]
    assert len(rows) == 1 and len(answer.out.splitlines()) <= 6
    if text.startswith("["):
        assert text in rows[0]


def test_an_export_reports_what_was_skipped_and_how_to_rank_it(hardex, run):
    keep_one(run, expected="dog")
    keep_one(run)
    answer = hardex("probes run --export out")
    assert (answer.code, answer.err) == (0, "")
    out = run.parent / "out"
    assert f"1 probe exported to {out}; 1 without an expected class skipped." in answer.out
    assert "rank it with --classes 'cat,dog,[red]'." in answer.out
    line = "rank probe_models:always_cat out --classes 'cat,dog,[red]' --out again"
    assert hardex(line).code == 0
    table = load("again").predictions
    assert (table["given_label"].tolist(), table["predicted_label"].tolist()) == (["dog"], ["cat"])
    refused = hardex("probes run --export out")
    assert refused.code == 1 and "out holds other things (label-dog_" in refused.err


def test_with_every_class_in_it_an_export_needs_no_names(hardex, run):
    for name in NAMES:
        keep_one(run, expected=name)
    assert "--classes" not in hardex("probes run --export out").out


def test_a_damaged_probe_is_reported_on_stderr_and_the_others_are_shown(hardex, run):
    keep_one(run, name="whole")
    place = run / "people" / "probes"
    (place / "\x1b[31mbad.json").write_text("{}")
    answer = hardex("probes run --model probe_models:always_cat --format json")
    assert answer.code == 0
    assert "bad.json is skipped: a probe must be JSON written by hardex" in answer.err
    assert "\x1b" not in answer.err and answer.err.count("\n") == 1
    found = json.loads(answer.out)
    assert len(found["probes"]) == len(found["problems"]) == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("probes nowhere", "a run is a folder with manifest.json; nowhere has none"),
        ("probes run --model nowhere.keras", "there is nothing at nowhere.keras"),
        ("probes run --model probe_models:four", "has 4 and run has 3 classes; pass another"),
        ("probes run --model probe_models:none", "probe_models has no none"),
        ("probes run --model mnist_small", "has 10 and run has 3 classes; pass another --model"),
        ("probes run --export out", "an export needs probes with an expected class"),
        ("probes run --export run", "run holds other things"),
    ],
)
def test_an_error_is_one_sentence(hardex, run, line, words):
    keep_one(run)
    answer = hardex(line)
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith("Error: ") and words in answer.err
    assert answer.err.endswith(".\n") and answer.err.count("\n") == 1


@pytest.mark.parametrize("line", ["probes", "probes run --preprocess raw", "probes run --logits"])
def test_wrong_usage_exits_with_two(hardex, run, line):
    answer = hardex(line)
    assert (answer.code, answer.out) == (2, "")
    assert "Usage: " in answer.err
