import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from threading import Barrier, Thread
from uuid import uuid4

import numpy as np
import pytest
from fakes import checksum_of, contents, small_dataset, small_images
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hardex
from hardex import RunError
from hardex.errors import StorageError
from hardex.images import Transform, read_image, write_png
from hardex.probing.kept_probe import KeptProbe, changes
from hardex.probing.saved_probes import (
    KEPT_MOST,
    delete,
    keep,
    keep_once,
    kept_picture,
    kept_probe,
    kept_probes,
    rename,
)

PICTURE = small_images(1)[0]
HOSTILE = (
    "<script>alert(1)</script>",
    "[/bold]${1+1}{{x}}",
    "\x1b[2J\x07 two\nlines\r\0",
    "\U0001f9e6 \u05e9\u05dc\u05d5\u05dd \u202e",
    "../../etc/passwd",
)

# Keeps probes as fast as it can, and says so each time `keep` has returned.
WRITER = """
import sys
from pathlib import Path
import numpy as np
from hardex.probing.kept_probe import KeptProbe
from hardex.probing.saved_probes import keep

picture = np.zeros((4, 4, 1), np.uint8)
while True:
    probe = KeptProbe(kind="image", shape=(4, 4, 1), predicted="0", confidence=1, model="")
    print(keep(Path(sys.argv[1]), probe, picture).probe_id, flush=True)
"""


def a_probe(**values):
    usual = {"kind": "image", "shape": (4, 4, 1), "predicted": "1", "confidence": 0.5}
    return KeptProbe(**(usual | {"model": "a hash"} | values))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A run of three classes called 0, 1 and 2."""
    data, folder = small_dataset(40), tmp_path_factory.mktemp("run") / "run"
    hardex.rank(probabilities=checksum_of(3)(data.images), labels=data.labels, out=folder)
    return folder


@pytest.fixture
def folder(made, tmp_path):
    """A run that nobody has kept a probe with."""
    (tmp_path / "manifest.json").write_bytes((made / "manifest.json").read_bytes())
    return tmp_path


def probes_in(folder):
    return folder / "people" / "probes"


def sentence(caught):
    text = str(caught.value)
    assert text.endswith(".") and "\n" not in text
    return text


# ------------------------------------------------------------------ written and read back


def test_what_was_kept_is_read_back_in_order_of_time(folder):
    later = a_probe(time="2030-01-01T10:00:00+00:00")
    first = a_probe(
        **{"kind": "example", "example": "cats/7.png", "transform": {"rotation": -30.0}},
        **{"expected": "2", "name": "a 7", "note": "leans", "annotator": "anna"},
        time="2030-01-01T09:00:00.5+00:00",
    )
    assert [keep(folder, one, PICTURE) for one in (later, first)] == [later, first]
    assert kept_probes(folder) == ([first, later], [])
    assert (kept_picture(folder, first) == PICTURE).all()


texts = st.text(st.characters(codec="utf-8"), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(texts, inside, max_size=3),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.builds(
        a_probe,
        **dict.fromkeys(("name", "note", "annotator", "example", "model"), texts),
        source=st.dictionaries(texts, values, max_size=3),
        confidence=st.floats(0, 1),
    ),
    st.builds(Transform, rotation=st.floats(-360, 360), flip=st.booleans(), blur=st.floats(0, 3)),
)
def test_any_text_source_and_transform_come_back_as_they_were(folder, probe, transform):
    probe = replace(probe, transform=changes(transform), probe_id=str(uuid4()))
    assert KeptProbe.from_json(probe.as_json()) == probe
    keep(folder, probe, PICTURE)
    found, problems = kept_probes(folder)
    assert probe in found and not problems
    assert probe.as_transform() == transform


def test_it_can_be_read_without_hardex(folder):
    probe = keep(folder, a_probe(note=HOSTILE[3], transform={"flip": True}), PICTURE)
    lines = (probes_in(folder) / f"{probe.probe_id}.json").read_text(encoding="utf-8")
    found = json.loads(lines)
    assert found["schema"] == 1
    assert (found["note"], found["transform"], found["shape"]) == (
        *(HOSTILE[3], {"flip": True}, [4, 4, 1]),
    )
    assert len(lines.splitlines()) == len(found) + 2
    assert sorted(path.suffix for path in probes_in(folder).iterdir()) == [".json", ".png"]


def test_only_what_differs_from_doing_nothing_is_kept_of_a_transform():
    assert changes(Transform()) == {}
    odd = Transform(rotation=np.float32(1.5), shift_x=2, flip=np.True_)
    found = changes(odd)
    assert found == {"flip": True, "rotation": 1.5, "shift_x": 2.0}
    assert [type(value) for value in found.values()] == [bool, float, float]


def test_reading_where_nothing_was_kept_writes_nothing(folder):
    before = contents(folder)
    assert kept_probes(folder) == ([], [])
    assert contents(folder) == before


# ------------------------------------------------------------------ refused


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"kind": "drawing"}, "one of example, sketch, image; received 'drawing'"),
        ({"kind": "example"}, "must name it; received no id"),
        ({"name": "x" * 201}, "the name of a probe may have 200 characters; received 201"),
        ({"note": "x" * 2001}, "the note of a probe may have 2,000 characters; received 2,001"),
        ({"note": None}, "the note of a probe must be text; received NoneType"),
        ({"name": "cut \ud83d"}, "must be whole characters; number 5 is an unpaired surrogate"),
        ({"transform": {"melt": 1}}, "has the amounts flip, .*; received 'melt'; leave it out"),
        ({"transform": {"scale": 0}}, "above 0; received 0; .*; received others; leave them out"),
        ({"transform": {"rotation": "a lot"}}, "amounts that can be applied to a picture"),
        ({"source": {"x": float("nan")}}, "the source of a probe must be what JSON holds"),
        ({"source": {"x": PICTURE}}, "the source of a probe must be what JSON holds"),
        ({"source": {"x": "y" * 2**22}}, "may have 4,194,304 characters; received 4,194,313"),
        ({"confidence": 1.5}, r"confidence from 0 to 1; received \(4, 4, 1\) and 1.5"),
        ({"confidence": float("nan")}, "confidence from 0 to 1"),
        ({"shape": (4, 4)}, r"the \(h, w, c\) of its picture and a confidence"),
        ({"shape": (4.0, 4.0, 1)}, r"the \(h, w, c\) of its picture and a confidence"),
        ({"probe_id": "../../x"}, "needs a UUID and a time in UTC .*; received '../../x'"),
        ({"time": "yesterday"}, "needs a UUID and a time in UTC .* and 'yesterday'"),
        ({"time": "2030-01-01T10:00:00+02:00"}, "needs a UUID and a time in UTC"),
        ({"time": "2030-01-01T10:00:00"}, "needs a UUID and a time in UTC"),
    ],
)
def test_a_probe_that_cannot_be_is_refused_at_birth(value, words):
    with pytest.raises(RunError, match=words) as caught:
        a_probe(**value)
    sentence(caught)


@pytest.mark.parametrize(
    ("probe", "picture", "words"),
    [
        (a_probe(expected="7"), PICTURE, "expected class .* of the 3 of the run; received '7'"),
        (a_probe(predicted=""), PICTURE, "the predicted class of a probe must be one of the 3"),
        (a_probe(), PICTURE[:3], r"must have its shape \(4, 4, 1\); received \(3, 4, 1\)"),
    ],
)
def test_a_probe_that_does_not_fit_its_run_or_picture_leaves_nothing(folder, probe, picture, words):
    before = contents(folder)
    with pytest.raises(RunError, match=words) as caught:
        keep(folder, probe, picture)
    sentence(caught)
    assert contents(folder) == before


def test_only_a_run_has_probes(tmp_path):
    with pytest.raises(RunError, match=r"a run is a folder with manifest\.json"):
        keep(tmp_path, a_probe(), PICTURE)
    assert contents(tmp_path) == {}


def test_a_probe_is_kept_once_and_never_rewritten(folder):
    probe = keep(folder, a_probe(name="first"), PICTURE)
    before = contents(folder)
    with pytest.raises(RunError, match="with this id exists already") as caught:
        keep(folder, replace(probe, name="second"), 255 - PICTURE)
    sentence(caught)
    assert contents(folder) == before


def test_where_nothing_can_be_written_nothing_is_kept(folder):
    (folder / "people").write_text("a file where the folder should be")
    with pytest.raises(RunError) as caught:
        keep(folder, a_probe(), PICTURE)
    sentence(caught)
    assert (folder / "people").is_file()


@pytest.mark.parametrize("in_the_way", ["{}.json", ".{}.json.partial"])
def test_when_the_text_cannot_be_written_the_picture_goes_too(folder, in_the_way):
    probe = a_probe()
    (probes_in(folder) / in_the_way.format(probe.probe_id) / "x").mkdir(parents=True)
    before = contents(folder)
    with pytest.raises(RunError, match="and nothing was stored") as caught:
        keep(folder, probe, PICTURE)
    sentence(caught)
    assert contents(folder) == before


# ------------------------------------------------------------------ never half, never lost


@pytest.mark.parametrize(
    "left",
    [
        {"{}.png": b"half a pict"},
        {"{}.png": b"", ".{}.json.partial": b'{"schema"'},
        {".{}.json.partial": b""},
        {"._{}.json": b"what another system writes beside a file"},
    ],
)
def test_what_a_power_cut_left_is_no_probe(folder, left):
    kept = keep(folder, a_probe(), PICTURE)
    for name, content in left.items():
        (probes_in(folder) / name.format(uuid4())).write_bytes(content)
    assert kept_probes(folder) == ([kept], [])
    keep(folder, a_probe(), PICTURE)
    assert len(kept_probes(folder)[0]) == 2


def changed_json(change):
    def damage(path):
        found = json.loads(path.read_text())
        path.write_text(json.dumps(change(found)))

    return damage


DAMAGES = {
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:99]),
    "empty": lambda path: path.write_bytes(b""),
    "no text": lambda path: path.write_bytes(b"\xff\xfe\x00"),
    "deep": lambda path: path.write_text("[" * 100_000),
    "a list": lambda path: path.write_text("[]"),
    "too long": lambda path: path.write_text(" " * 2**24 + path.read_text()),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "no picture": lambda path: path.with_suffix(".png").unlink(),
    "another name": lambda path: path.rename(path.with_stem("another")),
    "a value less": changed_json(lambda found: {k: v for k, v in found.items() if k != "kind"}),
    "a value more": changed_json(lambda found: found | {"colour": "red"}),
    "another kind of value": changed_json(lambda found: found | {"shape": 4}),
    "a huge number": changed_json(lambda found: found | {"confidence": 10**400}),
    "a later transform": changed_json(lambda found: found | {"transform": {"melt": 1}}),
    "a later schema": changed_json(lambda found: found | {"schema": 2}),
    "another id": changed_json(lambda found: found | {"probe_id": "../" * 9}),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_probe_is_named_in_one_sentence_and_the_others_are_read(folder, damage):
    whole, damaged = (keep(folder, a_probe(), PICTURE) for _ in range(2))
    DAMAGES[damage](probes_in(folder) / f"{damaged.probe_id}.json")
    found, (problem,) = kept_probes(folder)
    assert found == [whole]
    assert str(probes_in(folder)) in problem and " is skipped: " in problem
    assert problem.endswith(".") and "\n" not in problem


def test_a_picture_that_is_another_one_or_none_is_refused(folder):
    probe = keep(folder, a_probe(), PICTURE)
    path = probes_in(folder) / f"{probe.probe_id}.png"
    write_png(PICTURE[:2], path)
    with pytest.raises(RunError, match=r"must have its shape \(4, 4, 1\); received \(2, 4, 1\)"):
        kept_picture(folder, probe)
    path.write_text("no picture")
    with pytest.raises(RunError, match=r"must be the picture of a probe; cannot read") as caught:
        kept_picture(folder, probe)
    sentence(caught)


def test_eight_visitors_who_keep_at_the_same_moment_lose_nothing(folder):
    everybody = Barrier(8)
    pictures = small_images(8)

    def visit(number):
        everybody.wait()
        for _ in range(5):
            keep(folder, a_probe(annotator=str(number)), pictures[number])

    visitors = [Thread(target=visit, args=(i,)) for i in range(8)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    found, problems = kept_probes(folder)
    assert problems == []
    assert sorted(probe.annotator for probe in found) == sorted("01234567" * 5)
    for probe in found:
        assert (kept_picture(folder, probe) == pictures[int(probe.annotator)]).all()


def test_of_two_who_keep_one_probe_one_is_told(folder):
    probe, everybody, told = a_probe(), Barrier(8), []

    def visit():
        everybody.wait()
        try:
            keep(folder, probe, PICTURE)
        except RunError as error:
            told.append(str(error))

    visitors = [Thread(target=visit) for _ in range(8)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert len(told) == 7 and all("exists already" in text for text in told)
    assert kept_probes(folder) == ([probe], [])


@pytest.mark.skipif(os.name == "nt", reason="no kill -9 there")
def test_what_was_acknowledged_survives_kill_9_and_nothing_is_half(folder):
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE, text=True
    )
    acknowledged = [process.stdout.readline() for _ in range(5)]
    process.send_signal(signal.SIGKILL)
    acknowledged += process.stdout.readlines()
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
    found, problems = kept_probes(folder)
    assert problems == []
    kept = {probe.probe_id for probe in found}
    assert {line.strip() for line in acknowledged if line.endswith("\n")} <= kept
    for probe in found:
        assert kept_picture(folder, probe).shape == (4, 4, 1)


# Waits for a line, keeps the probe of this id, and says how that ended.
SENDER = """
import sys
from pathlib import Path
import numpy as np
from hardex.errors import RunError
from hardex.probing.kept_probe import KeptProbe
from hardex.probing.saved_probes import keep_once

id, shade, note = sys.argv[2:]
picture = np.full((4, 4, 1), int(shade), np.uint8)
probe = KeptProbe(kind="image", shape=(4, 4, 1), predicted="0", confidence=1, model="",
                  probe_id=id, note=note)
print("ready", flush=True)
sys.stdin.readline()
try:
    print(keep_once(Path(sys.argv[1]), probe, picture).note)
except RunError as error:
    print("refused", error)
"""


@pytest.mark.parametrize("left", [b"", b"half a pict", None])
def test_a_picture_that_was_left_without_its_text_is_replaced(folder, left):
    probe = a_probe()
    probes_in(folder).mkdir(parents=True)
    orphan = probes_in(folder) / f"{probe.probe_id}.png"
    if left is None:
        write_png(255 - PICTURE, orphan)
    else:
        orphan.write_bytes(left)
    assert keep_once(folder, probe, PICTURE) == keep_once(folder, probe, PICTURE) == probe
    assert kept_probes(folder) == ([probe], [])
    assert (kept_picture(folder, probe) == PICTURE).all()
    assert sorted(path.suffix for path in probes_in(folder).iterdir()) == [".json", ".png"]


def sent_at_once(folder, id, *contents):
    """What four processes say that keep a probe of one id at the same moment."""
    command = [sys.executable, "-c", SENDER, str(folder), id]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    senders = [subprocess.Popen([*command, *content], **pipes) for content in contents]
    for sender in senders:
        assert sender.stdout.readline() == "ready\n"
    for sender in senders:
        sender.stdin.write("\n")
        sender.stdin.flush()
    return [sender.communicate()[0].strip() for sender in senders]


@pytest.mark.skipif(os.name == "nt", reason="processes do not take turns there")
def test_processes_that_keep_one_probe_at_once_keep_one_whole_probe(folder):
    id = str(uuid4())
    assert sent_at_once(folder, id, *[("7", "same")] * 4) == ["same"] * 4
    (found,), problems = kept_probes(folder)
    assert not problems and (kept_picture(folder, found) == 7).all()


@pytest.mark.skipif(os.name == "nt", reason="processes do not take turns there")
def test_of_processes_that_keep_different_probes_of_one_id_one_is_whole(folder):
    answers = sent_at_once(folder, str(uuid4()), *[(str(n), str(n)) for n in range(4)])
    assert sum(answer.startswith("refused a probe with this id exists") for answer in answers) == 3
    (found,), problems = kept_probes(folder)
    assert not problems and found.note in answers
    assert (kept_picture(folder, found) == int(found.note)).all()


@pytest.mark.parametrize("reading", [kept_probes, lambda run: kept_probe(run, str(uuid4()))])
def test_a_folder_that_cannot_be_read_now_is_a_storage_error(folder, reading, monkeypatch):
    def closed(*path, **options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.lstat", closed)
    with pytest.raises(StorageError, match="Permission denied") as caught:
        reading(folder)
    sentence(caught)


# ------------------------------------------------------------------ beside everything else


@pytest.mark.parametrize("seal", [None, 0.5])
def test_probes_stay_when_a_run_is_replaced_and_seals_are_left_alone(tmp_path, seal):
    data = small_dataset(40)
    np.savez(tmp_path / "data.npz", images=data.images, labels=data.labels)
    options = {"out": tmp_path / "run", "seal": seal}
    run = hardex.rank(checksum_of(3), tmp_path / "data.npz", **options)
    sealed = contents(tmp_path / "run").get("seal.json")
    id = run.predictions["id"][0]
    probe = keep(run.folder, a_probe(kind="example", example=id), run.image(id))
    hardex.rank(checksum_of(3), tmp_path / "data.npz", force=True, per_class=1, **options)
    assert kept_probes(run.folder) == ([probe], [])
    assert contents(tmp_path / "run").get("seal.json") == sealed


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_kept_as_it_is_and_names_no_file(folder, text):
    probe = keep(folder, a_probe(name=text, note=text, annotator=text), PICTURE)
    assert kept_probes(folder) == ([probe], [])
    names = {path.name for path in folder.rglob("*") if path.is_file()}
    assert names == {"manifest.json", f"{probe.probe_id}.json", f"{probe.probe_id}.png"}
    assert (read_image(probes_in(folder) / f"{probe.probe_id}.png") == PICTURE).all()


def test_a_light_list_leaves_out_the_source_and_sees_what_is_new_gone_or_restored(folder):
    one = keep(folder, a_probe(kind="sketch", source={"strokes": [[[1, 2]]]}), PICTURE)
    for _ in range(2):
        assert kept_probes(folder, light=True) == ([replace(one, source={})], [])
    assert kept_probes(folder) == ([one], [])
    other = keep(folder, a_probe(), PICTURE)
    assert kept_probes(folder, light=True)[0] == [replace(one, source={}), other]
    renamed = replace(one, name="restored from a copy")
    (probes_in(folder) / f"{one.probe_id}.json").write_text(renamed.as_json())
    (probes_in(folder) / f"{other.probe_id}.png").unlink()
    found, (problem,) = kept_probes(folder, light=True)
    assert found == [replace(renamed, source={})] and "has no picture" in problem


def test_one_probe_is_found_by_its_id_and_by_nothing_else(folder):
    one = keep(folder, a_probe(source={"a": 1}), PICTURE)
    assert kept_probe(folder, one.probe_id) == one
    for other in (str(uuid4()), "", "../../manifest", one.probe_id.upper(), f"{one.probe_id}\0"):
        assert kept_probe(folder, other) is None


def test_a_run_keeps_so_many_and_no_more(folder):
    probes_in(folder).mkdir(parents=True)
    for number in range(KEPT_MOST - 1):
        os.mknod(probes_in(folder) / f"{number}.json")
    keep(folder, a_probe(), PICTURE)
    with pytest.raises(
        RunError, match="keeps at most 10,000 probes; this one has 10,000"
    ) as caught:
        keep(folder, a_probe(), PICTURE)
    sentence(caught)
    assert len(list(probes_in(folder).glob("*.png"))) == 1


def test_a_probe_can_be_renamed_and_deleted_by_who_kept_it(folder):
    kept = [keep(folder, a_probe(annotator=who, name=who), PICTURE) for who in ("anna", "bert")]
    for change in (delete, lambda *about, by: rename(*about, "mine", by=by)):
        with pytest.raises(RunError, match="there is no"):
            change(folder, kept[1].probe_id, by="anna")
    assert rename(folder, kept[0].probe_id, "a new <name>", by="anna").name == "a new <name>"
    assert [one.name for one in kept_probes(folder, light=True)[0]] == ["a new <name>", "bert"]
    with pytest.raises(RunError, match="name"):
        rename(folder, kept[0].probe_id, "n" * 100_000)
    delete(folder, kept[1].probe_id)
    assert [one.name for one in kept_probes(folder)[0]] == ["a new <name>"]
    files = {path.name for path in (folder / "people" / "probes").iterdir()}
    assert files == {f"{kept[0].probe_id}.{kind}" for kind in ("json", "png")} | {"events.jsonl"}
    lines = (folder / "people/probes/events.jsonl").read_text().splitlines()
    said = [json.loads(line) for line in lines]
    assert [(one["event"], one["by"]) for one in said] == [
        ("renamed", "anna"),
        ("deleted", "owner"),
    ]
    for id in (kept[1].probe_id, "../../manifest", ""):
        with pytest.raises(RunError, match="there is no"):
            delete(folder, id)
