"""What a run says of its own diagnosis, and what a damaged file is answered with."""

import json
from dataclasses import replace

import numpy as np
import pytest

import hardex
from hardex.diagnosis.overall import DIAGNOSIS, CauseCount, Diagnosis, LabelErrors, NotJudged
from hardex.diagnosis.reading import (
    diagnosis_of,
    finding_of,
    findings_of,
    first_findings,
    seen_picture,
    selftest_of,
    undone_picture,
)
from hardex.diagnosis.selftest import SELFTEST, CauseTest, SelfTest, share_of, write_json
from hardex.errors import RunError
from hardex.runs.findings import FINDINGS, Finding, write_findings

SAID = Diagnosis(
    examples=2, wrong=1, chosen="all", model="m", data="d", train="", train_path="", train_hash="",
    scope="nothing", judged=("flip",), not_judged=(NotJudged("rare", "no training data"),),
    counts=(CauseCount("flip", 2, "mirror them"),), tests=(),
    label_errors=LabelErrors(1, "too_few", ("a", "b"), 1, 1, "few"), leakage=None,
)  # fmt: skip
TESTED = SelfTest(
    model="m", data="d", train="", model_hash="", train_hash="", seed=0, examples=5,
    causes=(CauseTest("flip", 4, share_of(4, 4), share_of(0, 9), True),), accuracy=share_of(4, 4),
    coverage=share_of(4, 5), threshold=0.6, calibration_error=0, calibration=(),
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    images = np.arange(2 * 4 * 4, dtype=np.uint8).reshape(2, 4, 4, 1)
    np.savez(folder / "data.npz", images=images, labels=np.array([0, 1]))
    rows = np.array([[0.6, 0.4], [0.7, 0.3]])
    return hardex.rank(
        probabilities=rows, labels=np.array([0, 1]), data=folder / "data.npz", out=folder / "run"
    )


@pytest.fixture
def run(made):
    """Without a diagnosis."""
    for name in (DIAGNOSIS, SELFTEST, FINDINGS):
        (made.folder / "results" / name).unlink(missing_ok=True)
    return made


def path(run, name):
    return run.folder / "results" / name


def test_a_run_that_was_not_diagnosed_says_nothing(run):
    assert diagnosis_of(run) is selftest_of(run) is finding_of(run, "0") is None
    assert findings_of(run, ["0"]) == {}
    assert first_findings(run, ["flip"], 8) == {"flip": []}


def test_what_was_written_is_read(run):
    write_json(path(run, DIAGNOSIS), SAID.as_json())
    write_json(path(run, SELFTEST), TESTED.as_json())
    assert diagnosis_of(run) == SAID
    assert selftest_of(run) == TESTED


@pytest.mark.parametrize(
    "changed",
    [
        lambda said: {**said, "schema": "hardex.diagnosis/9"},
        lambda said: {**said, "examples": "many"},
        lambda said: {**said, "examples": True},
        lambda said: {**said, "notes": [1]},
        lambda said: {**said, "counts": [{"cause": "flip", "count": None, "remedy": ""}]},
        lambda said: {**said, "counts": [{"cause": "flip"}]},
        lambda said: {**said, "label_errors": {**said["label_errors"], "p": "low"}},
        lambda said: {**said, "label_errors": []},
        lambda said: {"schema": said["schema"]},
        lambda said: [],
        lambda said: None,
    ],
)
def test_a_diagnosis_of_another_form_is_one_sentence_that_says_to_diagnose_again(run, changed):
    path(run, DIAGNOSIS).write_text(json.dumps(changed(json.loads(json.dumps(SAID.as_json())))))
    with pytest.raises(RunError, match=r"^results/diagnosis.json of .* diagnose again with "):
        diagnosis_of(run)


@pytest.mark.parametrize("text", ["", "{", '{"a": 1e999}', "\x00"])
@pytest.mark.parametrize("name", [DIAGNOSIS, SELFTEST, FINDINGS])
def test_a_damaged_file_is_one_sentence(run, name, text):
    path(run, name).write_text(text)
    ask = {
        DIAGNOSIS: diagnosis_of,
        SELFTEST: selftest_of,
        FINDINGS: lambda about: finding_of(about, "0"),
    }[name]
    with pytest.raises(
        RunError, match=rf"^results/{name} of a run must be as hardex wrote it; .*\.$"
    ):
        ask(run)


def test_the_found_transform_is_undone_on_what_the_model_sees(run):
    flipped = Finding(id="1", cause="flip", confidence=0.9)
    write_findings(path(run, FINDINGS), [flipped, Finding(id="0", cause="rare", confidence=1)], ())
    np.testing.assert_array_equal(undone_picture(run, "1"), seen_picture(run, "1")[:, ::-1])
    for id, said in (("0", "that of '0' is rare"), ("7", "that of '7' is not known")):
        with pytest.raises(RunError, match=f"must be a transform to be undone; {said}"):
            undone_picture(run, id)


@pytest.mark.parametrize(
    ("cause", "amount"),
    [
        ("scale", 0.0),
        ("blur", 1e9),
        ("blur", float("nan")),
        ("rotation", float("inf")),
        ("shear", 1e9),
    ],
)
def test_an_amount_that_cannot_be_undone_is_one_sentence(run, cause, amount):
    found = replace(Finding(id="1", cause=cause, confidence=0.9), amount=amount)
    write_findings(path(run, FINDINGS), [found], ())
    with pytest.raises(RunError, match=f"the amount of a {cause} must be one that can be undone"):
        undone_picture(run, "1")
