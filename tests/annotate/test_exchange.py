"""Annotations out to files and back in: the same events, however hostile, once, all or nothing."""

import csv
import io
import json
import os
from base64 import b64decode
from datetime import datetime, timedelta
from uuid import UUID
from xml.etree import ElementTree

import numpy as np
import pytest
from fakes import contents
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hardex
from hardex import RunError, export_annotations, import_annotations
from hardex.annotate.exchange import FORMATS, _cell
from hardex.annotate.rows import COLUMNS
from hardex.images import read_image
from hardex.people.events import VERDICTS, AnnotationEvent
from hardex.runs.run import load
from hardex.text import of_cell

CLASSES = ("=cat", "dog", "<script>")
NAMES = (
    "=1+1",
    "'tis",
    "+49",
    "-1",
    "@SUM(A1)",
    "＝1",
    'a "quoted", comma',
    "🧦 'n",
    "owner",
    "x" * 80,
)
HOSTILE = (
    "=1+1", "'=1+1", "''", "'tis", "+49", "-1", "@SUM(A1)", "\t=1", "\r\nx", "\n=1", "＝1",
    'a "quoted", comma', "two\nlines", "two\r\nlines", "\ufeffmark", "\u202eright to left", "🧦",
    "\u2028", "x" * 9_000, " ", "null", "NaN", "${1+1}{{x}}</script>",
)  # fmt: skip
SUFFIXES = {"csv": ".csv", "jsonl": ".jsonl", "label-studio": ".json"}


@pytest.fixture
def make_run(tmp_path):
    """Makes runs of the same six examples, with nothing said of them yet."""
    rows = np.random.default_rng(0).dirichlet(np.ones(3), 6)
    labels = np.array([0, 1, 2, 0, 1, 2])

    def make(name, classes=CLASSES):
        return hardex.rank(
            probabilities=rows, labels=labels, class_names=classes, out=tmp_path / name
        )

    return make


@pytest.fixture
def run(make_run):
    return make_run("run")


def event(number, *, id="0", annotator="anna", verdict="right", **values):
    usual = {
        "event_id": str(UUID(int=number)),
        "time": datetime(2026, 1, 1) + timedelta(seconds=number),
    }
    return AnnotationEvent(annotator, id, verdict, **(usual | values))


def ids_of(run):
    return run.predictions["id"].tolist()


def some_events(run):
    """Everything an event can be."""
    ids = ids_of(run)
    texts = [
        event(n + 1, id=ids[n % 6], annotator=NAMES[n % len(NAMES)], comment=text)
        for n, text in enumerate(HOSTILE)
    ]
    blind = event(50, id=ids[1], said="=cat", verdict="wrong", new_label="=cat", shown="blind")
    return [
        *texts,
        blind,
        event(51, id=ids[1], verdict="right", shown="label", seconds=0.1 + 0.2),
        event(52, id=ids[2], verdict="bad_image", said="bad_image", shown="blind", seconds=3.0),
        event(53, id=ids[2], verdict="", undoes=str(UUID(int=52))),
        event(54, id=ids[3], annotator="ben", verdict="wrong", time=datetime(2026, 2, 1, 1, 1, 1)),
        event(55, id=ids[3], annotator="ben", verdict="not_sure", comment="later"),
    ]


def exported(run, kind):
    stream = io.StringIO(newline="")
    written = export_annotations(run, stream, kind)
    assert written.file == "-"
    return stream.getvalue()


# ------------------------------------------------------------------ there and back


@pytest.mark.parametrize("kind", SUFFIXES)
def test_out_and_in_and_out_again_is_the_same(run, make_run, tmp_path, kind):
    events = some_events(run)
    run.annotations.keep(events)
    file = tmp_path / f"out{SUFFIXES[kind]}"
    export_annotations(run, file, kind)
    other = make_run("other")
    first = import_annotations(other, file)
    assert (first.stored, first.known, first.skipped) == (len(events), 0, 0)
    assert other.annotations.all() == run.annotations.all()
    assert all(exported(other, each) == exported(run, each) for each in FORMATS)
    again = import_annotations(other.folder, file)
    assert (again.stored, again.known) == (0, len(events))


plain = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
comments = st.builds(str.__add__, st.sampled_from(["", *"'=+-@\t\r\n", "'=", "''+"]), plain)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(comments, st.none() | st.floats(0, 1e9)), min_size=1, max_size=5))
def test_any_comment_and_time_comes_back_exactly(run, tmp_path, said):
    base = len(run.annotations.all())
    start = datetime(2026, 3, 1) + timedelta(microseconds=base)
    run.annotations.keep(
        event(1000 + base + i, id=ids_of(run)[0], comment=c, seconds=s, time=start)
        for i, (c, s) in enumerate(said)
    )
    for kind, suffix in SUFFIXES.items():
        file = tmp_path / f"any{suffix}"
        export_annotations(run, file, kind, force=True)
        # What is stored is compared field by field with what is read.
        assert import_annotations(run, file).known == base + len(said)


@given(comments)
def test_a_cell_is_no_formula_and_gives_its_text_back(text):
    assert of_cell(_cell(text)) == text
    assert not _cell(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


# ------------------------------------------------------------------ what stands in the files


def test_no_cell_of_a_csv_is_a_formula_and_json_has_the_texts_as_they_are(run):
    run.annotations.keep(some_events(run))
    for kind in ("csv", "consensus"):
        rows = list(csv.reader(io.StringIO(exported(run, kind), newline="")))
        assert len({len(row) for row in rows}) == 1
        assert not [cell for row in rows for cell in row if cell.startswith((*"=+-@\t\r\n", "＝"))]
    lines = [json.loads(line) for line in exported(run, "jsonl").splitlines() if line]
    assert tuple(lines[0]) == COLUMNS
    said = {line["comment"] for line in lines}
    assert said.issuperset({"=1+1", "'=1+1", "\t=1"})


def test_a_csv_begins_with_these_fields_and_tells_utc(run):
    run.annotations.keep([event(1, id=ids_of(run)[0], seconds=1.5)])
    header, row = exported(run, "csv").splitlines()
    assert header.startswith("event_id,time,annotator,id,verdict,new_label,comment,seconds,")
    assert ",2026-01-01T00:00:01.000000Z," in row and ",1.5," in row


def test_the_consensus_is_what_most_say(run):
    id = ids_of(run)[1]
    run.annotations.keep(
        event(n, id=id, annotator=f"p{n}", verdict=verdict, new_label=new, comment="x")
        for n, (verdict, new) in enumerate([("right", ""), ("wrong", "=cat"), ("wrong", "=cat")], 1)
    )
    [row] = csv.DictReader(io.StringIO(exported(run, "consensus")))
    assert row.pop("share") == repr(2 / 3)
    assert row == {"id": id, "given_label": "dog", "consensus": "'=cat", "votes": "3"}


def test_label_studio_gets_a_task_for_each_example_with_the_last_word_of_each(run):
    events = some_events(run)
    run.annotations.keep(events)
    tasks = {task["data"]["id"]: task for task in json.loads(exported(run, "label-studio"))}
    ids = ids_of(run)
    assert set(tasks) == {event.id for event in events}
    annotations = tasks[ids[3]]["annotations"]
    [ben] = [one for one in annotations if one["completed_by"] == {"email": "ben"}]
    assert [(part["type"], part["value"]) for part in ben["result"]] == [
        ("choices", {"choices": ["wrong"]})
    ]
    assert ben["was_cancelled"] is False
    setup = ElementTree.fromstring(exported(run, "label-studio-setup"))
    asked = [one.get("value") for one in setup.iter("Choice")]
    assert asked == [*CLASSES, "ambiguous", "bad_image", "not_sure", "wrong"]
    names = {one.get("name") for one in setup.iter() if one.get("name")}
    parts = [
        part for task in tasks.values() for one in task["annotations"] for part in one["result"]
    ]
    assert {part[name] for part in parts for name in ("from_name", "to_name")} == names


def test_the_lead_time_in_label_studio_is_that_of_the_blind_word(run):
    id, other = ids_of(run)[:2]
    blind = {"id": id, "shown": "blind", "said": "=cat", "verdict": "wrong", "new_label": "=cat"}
    kept = {"id": id, "shown": "label", "verdict": "wrong", "new_label": "=cat"}
    run.annotations.keep(
        [
            event(1, **blind, seconds=12.5),
            event(2, **kept),
            event(3, annotator="ben", **blind, seconds=3.0),
            event(4, annotator="ben", **(kept | {"verdict": "ambiguous"}), seconds=40.0),
            event(5, annotator="cleo", **blind),
            event(6, annotator="cleo", **kept, seconds=7.0),
            event(7, annotator="dora", **blind, seconds=1.0),
            event(8, annotator="dora", id=id, verdict="", undoes=str(UUID(int=7))),
            event(9, annotator="dora", **kept, seconds=2.0),
            event(10, annotator="owner", id=other, shown="label", seconds=5.0),
        ]
    )
    times = [
        (one["completed_by"]["email"], one["lead_time"])
        for task in json.loads(exported(run, "label-studio"))
        for one in task["annotations"]
    ]
    assert times == [("anna", 12.5), ("ben", 3.0), ("cleo", 7.0), ("dora", 2.0), ("owner", 5.0)]


def test_label_studio_gets_the_pictures_themselves(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (6, 9, 7, 1), dtype=np.uint8)
    rows = np.random.default_rng(1).dirichlet(np.ones(3), 6)
    data = (images, np.arange(6) % 3)
    run = hardex.rank(probabilities=rows, data=data, class_names=CLASSES, out=tmp_path / "run")
    run.annotations.keep([event(n + 1, id=id) for n, id in enumerate(ids_of(run))])
    tasks = json.loads(exported(run, "label-studio"))
    assert [task["data"]["id"] for task in tasks] == ids_of(run)
    for task, image in zip(tasks, images, strict=True):
        kind, _, text = task["data"]["image"].partition(",")
        assert kind == "data:image/png;base64"
        np.testing.assert_array_equal(read_image(io.BytesIO(b64decode(text))), image)
    hardex.export_annotations(run, tmp_path / "x.json", "label-studio", pictures=False)
    alone = json.loads((tmp_path / "x.json").read_text())
    assert [task["data"]["image"] for task in alone] == ids_of(run)
    assert hardex.import_annotations(run, tmp_path / "x.json").known == 6


def test_without_a_picture_label_studio_gets_the_id(run):
    run.annotations.keep([event(1, id=ids_of(run)[0])])
    (task,) = json.loads(exported(run, "label-studio"))
    assert task["data"]["image"] == ids_of(run)[0]


def test_what_was_judged_anew_in_label_studio_comes_in_as_new_events(run, tmp_path):
    ids = ids_of(run)
    run.annotations.keep([event(1, id=ids[0], comment="as it was"), event(2, id=ids[1])])
    tasks = json.loads(exported(run, "label-studio"))
    tasks[1]["annotations"][0]["result"][0]["value"]["choices"] = ["=cat"]
    tasks[1]["annotations"][0]["updated_at"] = "2026-04-01T12:00:00+02:00"
    made = {"to_name": "image", "from_name": "answer", "type": "choices", "id": "Dx_aB91ISN"}
    made["value"] = {"choices": ["not_sure"]}
    theirs = {"created_at": "2026-05-01T00:00:00.5Z", "lead_time": 4.25, "result": [made]}
    tasks[0]["annotations"] += [
        theirs | {"completed_by": {"email": "eva@example.org", "id": 3}},
        theirs | {"completed_by": 7},
        theirs | {"completed_by": 8, "was_cancelled": True},
        {"completed_by": 9, "result": []},
    ]
    file = tmp_path / "back.json"
    file.write_text(json.dumps(tasks))
    assert import_annotations(run, file).stored == 3
    changed, eva, seven = run.annotations.all()[2:]
    assert (changed.annotator, changed.verdict, changed.new_label) == ("anna", "wrong", "=cat")
    assert changed.time == datetime(2026, 4, 1, 10)
    assert (eva.annotator, eva.verdict, eva.seconds) == ("eva@example.org", "not_sure", 4.25)
    assert (seven.annotator, seven.shown) == ("label-studio-7", "")
    assert import_annotations(run, file).stored == 0


def test_who_corrects_somebody_else_in_label_studio_speaks_for_themselves(run, tmp_path):
    run.annotations.keep([event(1, id=ids_of(run)[0]), event(2, id=ids_of(run)[1])])
    tasks = json.loads(exported(run, "label-studio"))
    for task, who in zip(tasks, ({"email": "boss@example.org", "id": 3}, 7), strict=True):
        [one] = task["annotations"]
        one["result"][0]["value"]["choices"] = ["not_sure"]
        one |= {"completed_by": who, "updated_at": "2026-04-01T12:00:00Z"}
    file = tmp_path / "back.json"
    file.write_text(json.dumps(tasks))
    import_annotations(run, file)
    said = {(one.annotator, one.verdict) for one in run.annotations.latest()}
    assert said == {
        ("anna", "right"),
        ("boss@example.org", "not_sure"),
        ("label-studio-7", "not_sure"),
    }


def test_a_class_with_the_name_of_an_answer_goes_out_and_comes_back_as_a_class(make_run, tmp_path):
    run = make_run("odd", ["wrong", "not_sure", "class wrong"])
    ids = ids_of(run)  # given are wrong, not_sure, class wrong, wrong, ...
    run.annotations.keep(
        [
            event(1, id=ids[0], verdict="not_sure", said="not_sure", shown="blind"),
            event(2, id=ids[0], annotator="ben", verdict="wrong", new_label="not_sure"),
            event(3, id=ids[1], verdict="right", said="not_sure", shown="blind"),
            event(4, id=ids[2], verdict="wrong"),
        ]
    )
    rows = list(csv.DictReader(io.StringIO(exported(run, "consensus"))))
    assert [row["consensus"] for row in rows] == ["", "class not_sure", "wrong"]
    setup = ElementTree.fromstring(exported(run, "label-studio-setup"))
    asked = [one.get("value") for one in setup.iter("Choice")]
    assert asked[:3] == ["class wrong", "class not_sure", "class class wrong"]
    assert len(set(asked)) == len(asked) == 7
    file = tmp_path / "odd.json"
    file.write_text(exported(run, "label-studio"))
    assert import_annotations(run, file).known == 4
    tasks = json.loads(file.read_text())
    chosen = [one["result"][0]["value"]["choices"] for task in tasks for one in task["annotations"]]
    assert chosen == [["not_sure"], ["class not_sure"], ["class not_sure"], ["wrong"]]
    for task, answer in zip(tasks, ("class wrong", "wrong", "class not_sure"), strict=True):
        task["annotations"][0]["result"][0]["value"]["choices"] = [answer]
    file.write_text(json.dumps(tasks))
    assert import_annotations(run, file).stored == 3
    new = [one for one in run.annotations.all() if UUID(one.event_id).version == 5]
    assert {one.id: (one.verdict, one.new_label) for one in new} == {
        ids[0]: ("right", ""),
        ids[1]: ("wrong", ""),
        ids[2]: ("wrong", "not_sure"),
    }


# ------------------------------------------------------------------ whole or not at all


def test_a_file_that_is_there_is_replaced_only_if_wished(run, tmp_path):
    file = tmp_path / "out.csv"
    file.write_text("mine")
    with pytest.raises(RunError, match="exists; pass --force"):
        export_annotations(run, file)
    assert file.read_text() == "mine"
    assert export_annotations(run, file, force=True).rows == 0
    assert file.read_text().startswith("event_id,")


def test_an_export_that_fails_leaves_nothing(run, tmp_path):
    folder = tmp_path / "there"
    folder.mkdir()
    file = folder / "out.csv"
    file.write_text("mine")
    (run.folder / "people").mkdir(exist_ok=True)
    (run.folder / "people" / "annotations.sqlite").write_bytes(b"no database" * 1000)
    before = contents(folder)
    with pytest.raises(RunError):
        export_annotations(load(run.folder), file, force=True)
    assert contents(folder) == before
    for nowhere in (tmp_path / "none" / "x.csv", file / "x.csv", folder):
        with pytest.raises(RunError, match=r"is not one; create it|exists"):
            export_annotations(run, nowhere)
    assert contents(folder) == before


def test_another_format_is_refused(run, tmp_path):
    with pytest.raises(RunError, match=r"one of csv, jsonl, .*; received 'xml'"):
        export_annotations(run, tmp_path / "x", "xml")
    (tmp_path / "x.xml").touch()
    with pytest.raises(RunError, match=r"from a \.csv, \.jsonl or \.json file"):
        import_annotations(run, tmp_path / "x.xml")


# ------------------------------------------------------------------ files of strangers


def test_what_is_of_other_examples_or_classes_is_refused_or_left_out(run, make_run, tmp_path):
    ids = ids_of(run)
    run.annotations.keep(
        [
            event(1, id=ids[0]),
            event(2, id="elsewhere"),
            event(3, id="elsewhere", verdict="", undoes=str(UUID(int=2))),
            event(4, id=ids[1], verdict="wrong", new_label="bird"),
            event(5, id=ids[1], verdict="", undoes=str(UUID(int=4))),
        ]
    )
    file = tmp_path / "out.csv"
    export_annotations(run, file)
    other = make_run("other")
    with pytest.raises(RunError, match=r"4 of 5 .* \(first: line 3 names the example 'else"):
        import_annotations(other, file)
    assert other.annotations.all() == []
    found = import_annotations(other, file, skip_unknown=True)
    assert (found.stored, found.skipped) == (1, 4)


GOOD = {
    **{"event_id": str(UUID(int=1)), "time": "2026-01-01T00:00:00Z"},
    **{"annotator": "anna", "id": "0", "verdict": "right"},
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"verdict": "maybe"}, "line 1 of .* is not an annotation: a verdict must be one of"),
        ({"event_id": "one"}, "must be a UUID"),
        ({"event_id": None}, "line 1 has no event_id"),
        ({"time": "yesterday"}, "line 1: "),
        ({"time": "2999-01-01T00:00:00Z"}, "not in the future"),
        ({"seconds": "long"}, "seconds is not a number"),
        ({"seconds": float("nan")}, "seconds is nan"),
        ({"seconds": -1}, "a non-negative number; "),
        ({"seconds": 10**400}, "line 1: a number has 401 digits"),
        ({"annotator": "owner\nZ\x1b[31m"}, "line 1 of .*: a name must have 1 to 80 printable"),
        ({"annotator": "anna\n"}, "1 to 80 printable characters, .*; received 'anna"),
        ({"annotator": "owner\u2028Z"}, "1 to 80 printable characters"),
        ({"annotator": "Ｏwner"}, "only the owner is called 'owner'"),
        ({"annotator": "x" * 81}, "1 to 80 printable characters"),
        ({"said": "not_sure"}, r"the class 'not_sure'\); nothing was imported"),
        ({"comment": ["x"]}, "comment is not text"),
        ({"undoes": str(UUID(int=7)), "verdict": ""}, "only a verdict that the same annotator"),
    ],
)
def test_an_event_that_is_none_is_refused_in_a_sentence(run, tmp_path, change, said):
    file = tmp_path / "in.jsonl"
    file.write_text(json.dumps({**GOOD, "id": ids_of(run)[0], **change}))
    with pytest.raises(RunError, match=said) as error:
        import_annotations(run, file)
    assert str(error.value).endswith(".") and "\n" not in str(error.value)
    assert run.annotations.all() == []


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.csv", b""),
        ("x.csv", b"id,verdict\n1,right\n"),
        ("x.csv", b'event_id,time,annotator,id,verdict\n"open'),
        ("x.csv", b"event_id,time,annotator,id,verdict\n1,2\n"),
        ("x.csv", b"\xff\xfe"),
        (
            "x.csv",
            b"event_id,time,annotator,id,verdict,seconds\n1,2026-01-01,a,0,right," + b"1" * 400,
        ),
        ("x.jsonl", b"[1]\n"),
        ("x.jsonl", b"{"),
        ("x.jsonl", b"[" * 100_000),
        ("x.json", b'{"data": {}}'),
        ("x.json", b"[1]"),
        ("x.json", b'[{"data": {"id": "0"}, "annotations": [1]}]'),
        ("x.json", b'[{"data": {"id": 0}}]'),
        ("x.json", b"not json"),
    ],
)
def test_a_file_that_holds_no_annotations_is_refused_in_a_sentence(run, tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(RunError, match=r"must be annotations in .* export them again") as error:
        import_annotations(run, tmp_path / name)
    assert str(error.value).endswith(".") and "\n" not in str(error.value)


def test_an_id_of_no_text_is_blamed_on_the_file_and_not_on_the_run(run, tmp_path):
    answer = {"type": "choices", "value": {"choices": ["ambiguous"]}}
    made = {"completed_by": 7, "created_at": "2026-01-02T03:04:05Z", "result": [answer]}
    file = tmp_path / "in.json"
    ids = (ids_of(run)[0], "\ud800")
    file.write_text(json.dumps([{"data": {"id": id}, "annotations": [made]} for id in ids]))
    with pytest.raises(RunError, match=r"in\.json must be .* half of a character"):
        import_annotations(run, file)
    assert run.annotations.all() == []


def test_how_many_events_of_the_owner_came_in_is_told(run, tmp_path):
    file = tmp_path / "in.jsonl"
    rows = [
        {**GOOD, "id": ids_of(run)[0], "event_id": str(UUID(int=n)), "annotator": who}
        for n, who in enumerate(("owner", "anna", "owner"), 1)
    ]
    file.write_text(json.dumps(rows[0]))
    assert import_annotations(run, file).owner == 1
    file.write_text("\n".join(map(json.dumps, rows)))
    found = import_annotations(run, file)
    assert (found.stored, found.known, found.owner) == (2, 1, 1)


def test_a_file_that_is_not_there_is_refused(run, tmp_path):
    with pytest.raises(RunError, match=r"nothing is at .*none.csv; check the path"):
        import_annotations(run, tmp_path / "none.csv")
    with pytest.raises(RunError, match=r"a folder is at .*; check the path"):
        import_annotations(run, tmp_path)


def test_a_consensus_cannot_come_back(run, tmp_path):
    export_annotations(run, tmp_path / "all.csv", "consensus")
    with pytest.raises(RunError, match="it is a consensus, not the annotations"):
        import_annotations(run, tmp_path / "all.csv")


def test_an_export_into_no_folder_is_refused(run, tmp_path):
    with pytest.raises(RunError, match=r"nowhere is not one; create it or choose another"):
        export_annotations(run, tmp_path / "nowhere" / "all.csv")


def test_another_event_of_the_same_id_is_refused_and_nothing_is_stored(run, tmp_path):
    id = ids_of(run)[0]
    run.annotations.keep([event(1, id=id)])
    file = tmp_path / "in.jsonl"
    rows = [{**GOOD, "id": id, "event_id": str(UUID(int=n)), "comment": "x"} for n in (2, 1)]
    file.write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(RunError, match="was already used for a different event"):
        import_annotations(run, file)
    assert len(run.annotations.all()) == 1


def test_the_file_of_a_spreadsheet_that_writes_a_mark_and_other_columns(run, tmp_path):
    file = tmp_path / "in.csv"
    row = {"mine": "x", **GOOD, "id": ids_of(run)[0]}
    file.write_text(f"{','.join(row)}\n{','.join(row.values())}\n\n", encoding="utf-8-sig")
    assert import_annotations(run, file).stored == 1
    assert run.annotations.all()[0].verdict in VERDICTS


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_is_no_new_file(run, tmp_path):
    (tmp_path / "link.csv").symlink_to(tmp_path / "elsewhere.csv")
    with pytest.raises(RunError, match="exists; pass --force"):
        export_annotations(run, tmp_path / "link.csv")
