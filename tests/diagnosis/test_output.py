"""What `hardex diagnose` and `hardex selftest` print, of values made by hand."""

import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from hardex.cli.diagnosis_output import print_diagnosis, print_selftest
from hardex.diagnosis.causes import CAUSES
from hardex.diagnosis.groups import false_credits
from hardex.diagnosis.overall import (
    CauseCount,
    Diagnosis,
    GroupTest,
    LabelErrors,
    Leakage,
    NotJudged,
    of_json,
)
from hardex.diagnosis.selftest import CalibrationBin, CauseTest, SelfTest, share_of
from hardex.diagnosis.selftest import of_json as selftest_of_json
from hardex.runs.findings import Finding, read_findings, schema, write_findings

SELFTEST = SelfTest(
    model="mine.keras",
    data="images",
    train="train",
    model_hash="m",
    train_hash="t",
    seed=0,
    examples=900,
    causes=(
        CauseTest("rotation", 300, share_of(240, 300), share_of(6, 300), given=True),
        CauseTest("blur", 300, share_of(90, 300), share_of(3, 300), False, "too seldom found"),
        CauseTest("duplicate", 0, share_of(0, 0), share_of(0, 300), True),
    ),
    accuracy=share_of(285, 300),
    coverage=share_of(300, 600),
    threshold=0.6,
    calibration_error=0.031,
    calibration=(
        CalibrationBin(0.6, 0.8, 100, 0.71, 0.74),
        CalibrationBin(0.8, 1.0, 0, 0.0, 0.0),
    ),
    notes=("only few examples are right.",),
)
DIAGNOSIS = Diagnosis(
    examples=1200,
    wrong=700,
    chosen="the 200 hardest of both lists",
    model="mine.keras",
    data="images",
    train="train",
    train_path="/train",
    train_hash="t",
    scope="6,000 training images",
    judged=("rotation", "mislabelled", "unexplained"),
    not_judged=(NotJudged("blur", "too seldom found"), NotJudged("noise", "too seldom found")),
    counts=(
        CauseCount("rotation", 900, "train with rotations"),
        CauseCount("unexplained", 300, "look at them"),
    ),
    tests=(GroupTest("rotation", "2", 31, 120, 2.0, 1e-9, 1e-7, -60.0, -20.0, "31 of 120 turn."),),
    label_errors=LabelErrors(7, "spread", ("4", "9"), 2, 0.4, "7 are spread."),
    leakage=Leakage(12, 3, tuple(f"a/{i}.png" for i in range(12)), 90),
    notes=("two classes have no training images.",),
)


@pytest.fixture
def findings(tmp_path):
    """A table with a gap in every kind of column."""
    made = [
        Finding(
            id=f"a/{i}.png",
            cause="rotation" if i else "unexplained",
            confidence=0.9,
            given_label="2",
            predicted_label="7",
            why="turned back it is a 2",
            amount=-30.0 if i else None,
            neighbour_ids=("n1", "n2") if i else (),
            neighbour_distances=(0.5, 1.5) if i else (),
            probabilities={"rotation": 0.9},
        )
        for i in range(8)
    ]
    write_findings(tmp_path / "findings.parquet", made, ["rotation", "unexplained"])
    return read_findings(tmp_path / "findings.parquet")


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "250")


def printed(capsys, findings, found=DIAGNOSIS, selftest=SELFTEST, rows=5, as_json=False):
    print_diagnosis(Path("runs/a"), found, selftest, findings, as_json=as_json, rows=rows)
    return capsys.readouterr().out


def test_the_data_set_comes_first_then_findings_then_the_next_step(capsys, findings):
    lines = printed(capsys, findings).splitlines()
    assert lines[0] == (
        "1,200 examples diagnosed (the 200 hardest of both lists), 700 of them wrong."
    )
    assert lines[1] == "Compared with 6,000 training images."
    assert lines[2].startswith("Self-test: 95% of the answers about planted causes were right, ")
    order = [
        "│ rotation ",
        "31 of 120 turn.",
        "7 are spread.",
        "12 of 90 examples are in the training data, too, 3 of them with another",
        "Not judged: blur, noise (too seldom found).",
        "Note: two classes have no training images.",
        "│ a/0.png │ 2",
        "… and 3 more findings; -v shows all.",
        "Kept in runs/a/results/findings.parquet. Look at them by cause: hardex serve runs/a. "
        "One of each cause first: hardex rank runs/a --out RUN2 --diversity cause",
    ]
    places = [next(i for i, line in enumerate(lines) if part in line) for part in order]
    assert places == sorted(places)
    assert places[-1] == len(lines) - 1
    counts = next(line for line in lines if "train with rotations" in line)
    assert [part.strip() for part in counts.split("│")[1:5]] == [
        *("rotation", "900", "75%", "train with rotations"),
    ]
    assert "a/9.png and 2 more)." in "\n".join(lines)


def test_five_findings_are_shown_and_all_with_v(capsys, findings):
    assert printed(capsys, findings).count("turned back it is a 2") == 5
    shown = printed(capsys, findings, rows=None)
    assert shown.count("turned back it is a 2") == 8
    assert "more findings" not in shown


def test_ten_groups_are_shown_and_all_with_v(capsys, findings):
    many = replace(DIAGNOSIS, tests=DIAGNOSIS.tests * 14)
    shown = printed(capsys, findings, found=many)
    assert shown.count("31 of 120 turn.") == 10
    assert "… and 4 more groups; -v shows all." in shown
    assert printed(capsys, findings, found=many, rows=None).count("31 of 120 turn.") == 14


def test_without_a_self_test_it_says_so(capsys, findings):
    shown = printed(capsys, findings, selftest=None)
    assert "There is no self-test of this model and data: findings are evidence" in shown


def test_nothing_found_is_printed_as_nothing(capsys, findings):
    empty = replace(
        DIAGNOSIS,
        **{"examples": 0, "wrong": 0, "counts": (), "tests": (), "label_errors": None},
        **{"leakage": Leakage(0, 0, (), 90), "not_judged": (), "notes": (), "scope": ""},
    )
    lines = printed(capsys, findings.head(0), found=empty).splitlines()
    assert lines[0].startswith("0 examples diagnosed")
    assert lines[2] == "None of the 90 examples looked at is in the training data."
    assert len(lines) == 4 and lines[3].startswith("Kept in ")


def test_names_do_nothing_on_the_terminal(capsys, findings):
    evil = findings.assign(id="a\x1b[31m[bold]", given_label="two\nlines")
    shown = printed(capsys, evil)
    assert "\x1b" not in shown and "a\\x1b[31m[bold]" in shown and "two\\nlines" in shown


def test_json_holds_the_values_themselves(capsys, findings):
    found = json.loads(printed(capsys, findings, as_json=True))
    assert list(found) == ["schema", "run", "diagnosis", "selftest", "findings"]
    assert (found["schema"], found["run"]) == ("hardex.diagnose/1", "runs/a")
    assert of_json(found["diagnosis"]) == DIAGNOSIS
    assert selftest_of_json(found["selftest"]) == SELFTEST
    assert len(found["findings"]) == 8
    first, second, *_ = found["findings"]
    assert first["amount"] is None and first["label_after"] is None
    assert first["neighbour_ids"] == []
    assert (second["amount"], second["neighbour_distances"]) == (-30.0, [0.5, 1.5])
    assert second["p_rotation"] == 0.9
    without = json.loads(printed(capsys, findings, selftest=None, as_json=True))
    assert without["selftest"] is None


def test_the_self_test_as_a_table(capsys):
    print_selftest(SELFTEST, as_json=False)
    shown = capsys.readouterr().out
    rows = [
        [part.strip() for part in line.split("│")[1:-1]]
        for line in shown.splitlines()
        if line.startswith("│")
    ]
    assert rows == [
        ["rotation", "300", "80.0% [75.1%, 84.1%]", "2.0% [0.9%, 4.3%]", "yes"],
        ["blur", "300", "30.0% [25.1%, 35.4%]", "1.0% [0.3%, 2.9%]", "no: too seldom found"],
        ["duplicate", "0", "–", "0.0% [0.0%, 1.3%]", "yes"],
    ]
    assert shown.startswith(
        "Self-test of mine.keras on images, compared with train: causes planted"
    )
    for part in (
        "A cause is named if its power is surely at least 50% (the lower end) and its false",
        "Accuracy: 95.0% [91.9%, 96.9%] of 300 answers are right.",
        "Coverage: 50.0% [46.0%, 54.0%] of 600 plants get an answer; without enough of the votes",
        "Calibration error of the confidence: 0.031.",
        "  confidence 0.6 to 0.8: 74% of 100 right (stated 71%)",
        "Note: only few examples are right.",
    ):
        assert part in shown
    assert "0.8 to 1.0" not in shown


def test_the_self_test_as_json_is_the_file(capsys):
    print_selftest(SELFTEST, as_json=True)
    assert selftest_of_json(json.loads(capsys.readouterr().out)) == SELFTEST


def test_groups_are_compared_with_the_causes_that_may_be_named():
    rates, measured_on = false_credits(SELFTEST)
    assert rates == {"rotation": 7 / 302, "duplicate": 1 / 302}
    assert measured_on == {"rotation": 300, "duplicate": 300}


GUIDE = (Path(__file__).parents[2] / "docs" / "diagnose.md").read_text(encoding="utf-8")


def test_the_guide_lists_every_cause_in_order():
    _, _, section = GUIDE.partition("## The causes")
    listed = re.findall(r"^\| `(\w+)` \|", section.partition("## The self-test")[0], re.MULTILINE)
    assert tuple(listed) == CAUSES


def test_the_guide_lists_every_column_of_the_findings():
    _, _, section = GUIDE.partition("## The tables")
    rows = re.findall(r"^\| (`.+?`) \|", section, re.MULTILINE)
    listed = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert len(listed) == len(set(listed))
    assert set(listed) == {*schema(()).names, "p_CAUSE"}


# The commands, with an engine that only keeps what it was asked.


def engine(monkeypatch, name, **functions):
    """Put a module with these functions where the engine is."""
    module = ModuleType(f"hardex.diagnosis.{name}")
    for function, value in functions.items():
        setattr(module, function, value)
    monkeypatch.setitem(sys.modules, module.__name__, module)


def test_diagnose_asks_for_what_was_typed(hardex, monkeypatch, findings):
    asked = {}

    def diagnose(run, **values):
        asked.update(values, run=run)
        return SimpleNamespace(folder=run, findings=findings)

    engine(monkeypatch, "diagnose", diagnose=diagnose)
    engine(
        monkeypatch,
        "reading",
        diagnosis_of=lambda run: DIAGNOSIS,
        selftest_of=lambda run: SELFTEST,
    )
    answer = hardex(
        "diagnose runs/a --train t --count 9 --all --also b --also c --own m:f --plants 7 "
        "--no-selftest --model m.keras --preprocess unit --data d --seed 3 --trust-model"
    )
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("1,200 examples diagnosed")
    assert asked.pop("progress") is not None
    assert asked == {
        **{"run": Path("runs/a"), "train": "t", "count": 9, "all": True, "also": ("b", "c")},
        **{"own": ("m:f",), "plants": 7, "selftest": False, "model": "m.keras", "data": "d"},
        **{"preprocess": "unit", "logits": False, "trust_model": True, "seed": 3},
    }
    answer = hardex("diagnose runs/a --format json")
    assert json.loads(answer.out)["schema"] == "hardex.diagnose/1"
    del asked["progress"]
    assert asked == {
        **{"run": Path("runs/a"), "train": None, "count": 200, "all": False, "also": ()},
        **{"own": (), "plants": None, "selftest": True, "model": None, "data": ""},
        **{"preprocess": None, "logits": False, "trust_model": False, "seed": 0},
    }
    answer = hardex("diagnose runs/a --logits")
    assert answer.code == 2 and "--preprocess and --logits require --model" in answer.err


def test_selftest_asks_for_what_was_typed(hardex, monkeypatch):
    asked = {}

    def selftest(model, data, **values):
        asked.update(values, model=model, data=data)
        return SELFTEST

    engine(monkeypatch, "selftesting", selftest=selftest)
    answer = hardex("selftest m.keras images --train t --own m:f --classes a,b --split test")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("Self-test of mine.keras on images")
    del asked["progress"]
    assert asked == {
        **{"model": "m.keras", "data": "images", "train": "t", "own": ("m:f",), "plants": None},
        **{"seed": 0, "preprocess": None, "logits": False, "trust_model": False},
        **{"class_names": ["a", "b"], "resize": False, "reading": "auto", "split": "test"},
        **{"file_column": "", "label_column": "", "trust_paths": False},
    }
