"""`hardex annotate export`, `agreement` and `import` on the command line."""

import csv
import io
import json
import os
import sqlite3
import sys
from contextlib import closing, contextmanager
from datetime import datetime
from threading import Thread
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


def unchecked(number, annotator, id, comment=""):
    """An event whose names and comment were not checked."""
    return AnnotationEvent(
        *(annotator, id, "right", "", comment),
        **{"event_id": str(UUID(int=number)), "time": datetime(2026, 1, 1)},
    )


def test_a_run_without_annotations(hardex, run):
    text = "This run has no annotations yet.\n"
    assert hardex("annotate agreement run") == Answer(0, text, "")
    answer = hardex("annotate export run")
    assert answer.out.startswith("event_id,time,") and answer.out.count("\n") == 1
    assert json.loads(hardex("annotate agreement run --format json").out)["votes"] == 0


def rename_in_the_file(folder, name, new_name):
    """Give an annotator a name that the store would refuse, as in a run folder from elsewhere."""
    with closing(sqlite3.connect(folder / "people" / "annotations.sqlite")) as database, database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type='trigger'"):
            database.execute(f"DROP TRIGGER {trigger}")
        database.execute("UPDATE events SET annotator = ? WHERE annotator = ?", (new_name, name))


def test_agreement_is_shown_as_tables_with_names_escaped(hardex, judged):
    judged.annotations.add(Annotation("eve", judged.predictions["id"][3], "right"))
    rename_in_the_file(judged.folder, "eve", "eve\x1b[31m")
    answer = hardex("annotate agreement run")
    assert (answer.code, answer.err) == (0, "")
    assert "7 votes by 3 annotators on 4 examples, 3 of them judged by two or more" in answer.out
    assert "Krippendorff's alpha 0.444" in answer.out
    assert "eve\\x1b[31m" in answer.out and "[bold]ben" in answer.out
    assert "\x1b" not in answer.out
    assert "Annotators disagree: 1 example." in answer.out
    assert "cat (1), [red] (1)" in answer.out or "[red] (1), cat (1)" in answer.out
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


def test_only_blind_annotations_are_counted(hardex, judged):
    id = judged.predictions["id"][3]
    judged.annotations.add(Annotation("eve", id, "right", shown="label"))
    assert "7 votes by 3 annotators" in hardex("annotate agreement run").out
    alone = hardex("annotate agreement run --blind").out
    assert "6 votes by 2 annotators" in alone and "latest" not in alone


def test_the_owners_annotations_are_the_gold_labels(hardex, judged):
    id = judged.predictions["id"][2]
    judged.annotations.add(Annotation("owner", id, "wrong", "cat", shown="label"))
    shown = hardex("annotate agreement run").out
    assert "Gold labels: 1 example judged by the owner; only blind annotations" in shown
    assert "the owner's 1 vote;" in shown and "100.0% of 1" in shown
    found = json.loads(hardex("annotate agreement run --format json").out)
    assert (found["gold"], found["gold_from"], found["owner_votes"]) == (1, "owner", 1)
    assert [one["name"] for one in found["annotators"]] == ["[bold]ben", "anna"]


def test_the_rate_of_not_sure_is_shown_per_annotator(hardex, judged):
    judged.annotations.add(Annotation("anna", judged.predictions["id"][3], "not_sure"))
    shown = hardex("annotate agreement run").out
    assert "not_sure was chosen 1 time and counts as missing " in shown
    assert ": anna 25.0%." in shown


def test_the_owners_annotations_in_an_import_are_counted(hardex, judged, tmp_path):
    event = {"event_id": str(UUID(int=5)), "time": "2026-01-01T00:00:00Z", "annotator": "owner"}
    row = {**event, "id": judged.predictions["id"][0], "verdict": "right"}
    (tmp_path / "in.jsonl").write_text(json.dumps(row))
    first = hardex("annotate import run in.jsonl").out
    assert first.endswith("\n1 of them by the owner, used as gold labels.\n")
    assert "owner" not in hardex("annotate import run in.jsonl").out
    assert json.loads(hardex("annotate import run in.jsonl --format json").out)["owner"] == 0


@pytest.mark.skipif(os.name == "nt", reason="there are no such terminals")
@pytest.mark.parametrize("kind", ["csv", "jsonl", "label-studio"])
def test_on_a_terminal_control_characters_are_escaped_and_files_keep_them(
    hardex, judged, monkeypatch, kind
):
    comment = "\x1b]0;owned\x07\x1b[2J\x9b31m\rover\ttab\nline"
    judged.annotations.keep([unchecked(1, "eve", judged.predictions["id"][3], comment)])
    line = f"annotate export run --as {kind}"
    with _terminal() as (end, read):
        monkeypatch.setattr(sys, "stdout", end)
        assert hardex(line).code == 0
        monkeypatch.undo()
    shown = read()
    assert "owned" in shown and "over" in shown
    assert set(shown) & {chr(code) for code in (*range(32), *range(127, 160))} <= set("\r\n\t")
    assert "\rover" not in shown
    monkeypatch.chdir(judged.folder.parent)
    written = hardex(line).out
    assert (comment if kind == "csv" else json.dumps(comment, ensure_ascii=False)) in written


@contextmanager
def _terminal():
    """A pseudo-terminal: its end to write to, and a function for all that was written."""
    import pty

    screen, end = pty.openpty()
    received = []
    reader = Thread(target=lambda: received.extend(iter(lambda: _read(screen), b"")))
    reader.start()
    with open(end, "w", encoding="utf-8") as stream:
        yield stream, lambda: b"".join(received).decode()
    reader.join(30)
    os.close(screen)


def _read(screen):
    try:
        return os.read(screen, 65_536)
    except OSError:  # Linux: every writer has closed the terminal
        return b""


def test_an_export_is_imported_again_without_duplicates(hardex, judged, tmp_path):
    answer = hardex("annotate export run --out out.csv")
    assert answer == Answer(0, "6 events written to out.csv.\n", "")
    assert hardex("annotate export run").out.encode() == (tmp_path / "out.csv").read_bytes()
    assert hardex("annotate export run --out out.csv").code == 1
    told = json.loads(hardex("annotate export run --out out.csv --force --format json").out)
    wanted = {"schema": "hardex.annotate.export/1", "file": "out.csv", "format": "csv", "rows": 6}
    assert told == wanted
    answer = hardex("annotate import run out.csv")
    assert answer == Answer(
        0, "0 new annotations imported from out.csv; 6 duplicates skipped.\n", ""
    )
    told = json.loads(hardex("annotate import run out.csv --format json").out)
    assert (told["schema"], told["known"]) == ("hardex.annotate.import/1", 6)
    assert len(load("run").annotations.all()) == 6


def test_each_export_format(hardex, judged):
    rows = list(csv.DictReader(io.StringIO(hardex("annotate export run --as consensus").out)))
    assert [row["votes"] for row in rows] == ["2", "2", "2"]
    assert len(json.loads(hardex("annotate export run --as label-studio").out)) == 3
    assert len(hardex("annotate export run --as jsonl").out.splitlines()) == 6
    assert hardex("annotate export run --as label-studio-setup").out.startswith("<View>")
    assert hardex("annotate export run --as xml").code == 2


def test_an_invalid_import_is_refused_in_one_sentence(hardex, judged, tmp_path):
    (tmp_path / "in.csv").write_text("id,verdict\n")
    answer = hardex("annotate import run in.csv")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.count("\n") == 1 and "no column 'event_id'" in answer.err
    assert hardex("annotate export nowhere").code == 1


@pytest.mark.parametrize("verb", ["", "export", "agreement", "import"])
def test_help(hardex, verb):
    answer = hardex(f"annotate {verb} --help")
    assert answer.code == 0 and "Usage:" in answer.out
