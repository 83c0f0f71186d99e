"""`hardex annotate`: export, agreement, import as they are typed."""

import csv
import io
import json
import os
import subprocess
import sys
from datetime import datetime
from uuid import UUID

import numpy as np
import pytest
from commands import Answer

from hardex import load, rank
from hardex.people.events import Annotation, AnnotationEvent


@pytest.fixture
def run(tmp_path):
    rows = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3], [0.6, 0.4]])
    labels = np.array([0, 1, 1, 0])
    return rank(
        probabilities=rows, labels=labels, class_names=["cat", "[red]"], out=tmp_path / "run"
    )


@pytest.fixture
def judged(run):
    """Two people on three of the examples; they disagree on the last."""
    ids = run.predictions["id"].tolist()
    for who, verdicts in {"anna": "rrw", "[bold]ben": "rrr"}.items():
        for id, verdict in zip(ids, verdicts, strict=False):
            word = {"r": "right", "w": "wrong"}[verdict]
            new = "cat" if verdict == "w" else ""
            said = Annotation(
                *(who, id, word, new, "=1+1", 2.0), said=new or run.given_label(id), shown="blind"
            )
            run.annotations.add(said)
    return run


def older(number, annotator, id, comment=""):
    """An event of a time when names and comments might hold anything."""
    return AnnotationEvent(
        *(annotator, id, "right", "", comment),
        **{"event_id": str(UUID(int=number)), "time": datetime(2026, 1, 1)},
    )


def test_a_run_that_nobody_judged(hardex, run):
    said = "Nobody has judged an example of this run yet.\n"
    assert hardex("annotate agreement run") == Answer(0, said, "")
    answer = hardex("annotate export run")
    assert answer.out.startswith("event_id,time,") and answer.out.count("\n") == 1
    assert json.loads(hardex("annotate agreement run --format json").out)["votes"] == 0


def test_agreement_is_shown_as_tables_that_nobody_can_write_into(hardex, judged):
    judged.annotations.keep([older(1, "eve\x1b[31m", judged.predictions["id"][3])])
    answer = hardex("annotate agreement run")
    assert (answer.code, answer.err) == (0, "")
    assert "7 votes of 3 annotators on 4 examples, 3 of them judged by two or more" in answer.out
    assert "Krippendorff's alpha 0.444" in answer.out
    assert "eve\\x1b[31m" in answer.out and "[bold]ben" in answer.out
    assert "\x1b" not in answer.out
    assert "People disagree: 1 example." in answer.out
    assert "cat (by 1), [red] (by 1)" in answer.out or "[red] (by 1), cat (by 1)" in answer.out
    assert "gold" not in answer.out


def test_agreement_with_gold_and_as_json(hardex, judged, tmp_path):
    id = judged.predictions["id"][2]
    (tmp_path / "gold.csv").write_text(f"id,label\n{id},cat\n")
    assert "100.0% of 1" in hardex("annotate agreement run --gold gold.csv").out
    found = json.loads(hardex("annotate agreement run --gold gold.csv --format json").out)
    assert found["schema"] == "hardex.agreement/1"
    assert [one["gold"]["value"] for one in found["annotators"]] == [0, 1]
    assert found["conflicts"] == [id]
    assert found["consensus"][-1]["answer"] is None or found["consensus"][0]["answer"] is not None
    assert hardex("annotate agreement run --gold none.csv").code == 1


def test_only_what_was_said_blind(hardex, judged):
    id = judged.predictions["id"][3]
    judged.annotations.add(Annotation("eve", id, "right", shown="label"))
    assert "7 votes of 3 annotators" in hardex("annotate agreement run").out
    alone = hardex("annotate agreement run --blind").out
    assert "6 votes of 2 annotators" in alone and "last words" not in alone


def test_the_owner_is_gold_and_this_is_said(hardex, judged):
    id = judged.predictions["id"][2]
    judged.annotations.add(Annotation("owner", id, "wrong", "cat", shown="label"))
    told = hardex("annotate agreement run").out
    assert "The gold standard is 1 example that the owner judged; only blind words" in told
    assert "The owner gave 1 vote, counted in" in told and "100.0% of 1" in told
    found = json.loads(hardex("annotate agreement run --format json").out)
    assert (found["gold"], found["gold_from"], found["owner_votes"]) == (1, "owner", 1)
    assert [one["name"] for one in found["annotators"]] == ["[bold]ben", "anna"]


def test_who_is_not_sure_how_often_is_said(hardex, judged):
    judged.annotations.add(Annotation("anna", judged.predictions["id"][3], "not_sure"))
    told = hardex("annotate agreement run").out
    assert (
        "not_sure was said 1 time, and is missing in alpha, kappa and on gold: anna 25.0%." in told
    )


def test_what_the_owner_said_in_an_imported_file_is_told(hardex, judged, tmp_path):
    event = {"event_id": str(UUID(int=5)), "time": "2026-01-01T00:00:00Z", "annotator": "owner"}
    row = {**event, "id": judged.predictions["id"][0], "verdict": "right"}
    (tmp_path / "in.jsonl").write_text(json.dumps(row))
    told = hardex("annotate import run in.jsonl").out
    assert told.endswith("stored.\nOf the owner, and gold: 1.\n")
    assert "owner's" not in hardex("annotate import run in.jsonl").out
    assert json.loads(hardex("annotate import run in.jsonl --format json").out)["owner"] == 0


@pytest.mark.skipif(os.name == "nt", reason="there are no such terminals")
@pytest.mark.parametrize("kind", ["csv", "jsonl", "label-studio"])
def test_on_a_screen_no_text_acts_and_files_have_it_as_it_is(judged, tmp_path, kind):
    import pty

    comment = "\x1b]0;owned\x07\x1b[2J\x9b31m\rover\ttab\nline"
    judged.annotations.keep([older(1, "eve", judged.predictions["id"][3], comment)])
    command = [sys.executable, "-m", "hardex", "annotate", "export", "run", "--as", kind]
    screen, end = pty.openpty()
    with subprocess.Popen(command, cwd=tmp_path, stdin=end, stdout=end, stderr=end) as process:
        os.close(end)
        shown = b"".join(iter(lambda: _read(screen), b"")).decode()
    os.close(screen)
    assert process.returncode == 0
    assert "owned" in shown and "over" in shown
    assert set(shown) & {chr(code) for code in (*range(32), *range(127, 160))} <= set("\r\n\t")
    assert "\rover" not in shown
    written = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True).stdout.decode()
    assert (comment if kind == "csv" else json.dumps(comment, ensure_ascii=False)) in written


def _read(screen):
    try:
        return os.read(screen, 65_536)
    except OSError:  # Linux: nobody writes any more
        return b""


def test_out_to_a_file_and_in_again(hardex, judged, tmp_path):
    answer = hardex("annotate export run --out out.csv")
    assert answer == Answer(0, "6 events written to out.csv.\n", "")
    assert hardex("annotate export run").out.encode() == (tmp_path / "out.csv").read_bytes()
    assert hardex("annotate export run --out out.csv").code == 1
    told = json.loads(hardex("annotate export run --out out.csv --force --format json").out)
    wanted = {"schema": "hardex.annotate.export/1", "file": "out.csv", "format": "csv", "rows": 6}
    assert told == wanted
    answer = hardex("annotate import run out.csv")
    assert answer == Answer(0, "0 new events of out.csv stored; 6 were there already.\n", "")
    told = json.loads(hardex("annotate import run out.csv --format json").out)
    assert (told["schema"], told["known"]) == ("hardex.annotate.import/1", 6)
    assert len(load("run").annotations.all()) == 6


def test_each_kind_of_export(hardex, judged):
    rows = list(csv.DictReader(io.StringIO(hardex("annotate export run --as consensus").out)))
    assert [row["votes"] for row in rows] == ["2", "2", "2"]
    assert len(json.loads(hardex("annotate export run --as label-studio").out)) == 3
    assert len(hardex("annotate export run --as jsonl").out.splitlines()) == 6
    assert hardex("annotate export run --as label-studio-setup").out.startswith("<View>")
    assert hardex("annotate export run --as xml").code == 2


def test_what_cannot_be_imported_is_one_sentence(hardex, judged, tmp_path):
    (tmp_path / "in.csv").write_text("id,verdict\n")
    answer = hardex("annotate import run in.csv")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.count("\n") == 1 and "no column 'event_id'" in answer.err
    assert hardex("annotate export nowhere").code == 1


@pytest.mark.parametrize("verb", ["", "export", "agreement", "import"])
def test_help(hardex, verb):
    answer = hardex(f"annotate {verb} --help")
    assert answer.code == 0 and "Usage:" in answer.out
