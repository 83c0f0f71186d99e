"""The readers on which all others stand: what they refuse, and that all readers use them."""

import ast
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardex
from hardex import bounded
from hardex.bounded import (
    Unreadable,
    check_unpacked,
    is_inside,
    json_of,
    lines_of,
    open_plain,
    read_bytes,
    read_json,
)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64)
    | st.floats(allow_nan=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=20,
)


def finite(value):
    return "Infinity" not in json.dumps(value)


@given(json_values.filter(finite))
def test_what_python_writes_is_read_again(value):
    assert json_of(json.dumps(value)) == value
    assert json_of(json.dumps(value, ensure_ascii=False)) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 200_000, "nested more than 64 deep"),
        ("[" * 200_000 + "]" * 200_000, "nested more than 64 deep"),
        ('{"a":' * 200_000, "nested more than 64 deep"),
        ("[" * 900 + "]" * 900, "nested more than 64 deep"),  # Python itself would read this
        ("[" * 65 + "]" * 65, "nested more than 64 deep"),
        ('{"a": 1, "a": 2}', "names the field 'a' twice"),
        ('[{"b": {"a": 1, "a": 1}}]', "names the field 'a' twice"),
        ("NaN", "NaN is not a number"),
        ("[-Infinity]", "-Infinity is not a number"),
        ("1e999", "the number 1e999 is infinite"),
        ("-1" + "0" * 400 + ".0", "is infinite"),
        ("9" * 41, "a number has 41 digits"),
        ("9" * 100_000, "a number has 100,000 digits"),
        ('"\\ud800"', "half of a character"),
        ('{"\\udfff": 1}', "half of a character"),
    ],
    ids=lambda text: text[:20],
)
def test_what_would_break_its_readers_is_refused(text, reason):
    with pytest.raises(Unreadable, match=reason) as caught:
        json_of(text)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "text", ["[" * 64 + "]" * 64, "9" * 40, '"\\ud83d\\ude00"', "1e308", "-0.0"]
)
def test_what_is_just_allowed_is_read(text):
    assert json_of(text) == json.loads(text)


@given(st.text(alphabet='{}[]",:0123456789eE+-.\\untfalsr ', max_size=30))
def test_any_text_is_read_as_python_reads_it_or_refused(text):
    try:
        value = json_of(text)
    except ValueError:
        return
    assert value == json.loads(text)


# ------------------------------------------------------------------ files


def test_a_file_larger_than_allowed_is_refused_unread(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(b"12345")
    assert read_bytes(path, 5) == b"12345"
    with pytest.raises(Unreadable, match="it has 5 bytes, and 4 is the most"):
        read_bytes(path, 4)
    with pytest.raises(Unreadable, match="it has 5 bytes, and 4 is the most"):
        list(lines_of(path, 4))
    os.truncate(path, 2**40)
    with pytest.raises(Unreadable, match=r"it has 1,099,511,627,776 bytes"):
        read_json(path)


def test_a_line_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(bounded, "_LINE_MOST", 100)
    path = tmp_path / "f"
    path.write_text("a\r\nb\n" + "x" * 99 + "\n")
    with pytest.raises(Unreadable, match="a line has 100 characters or more"):
        list(lines_of(path))
    path.write_text("\ufeffa\r\nb\rc\n" + "x" * 98 + "\nend")
    assert list(lines_of(path)) == ["a\r\n", "b\r", "c\n", "x" * 98 + "\n", "end"]


@pytest.mark.parametrize(
    "kind", ["pipe", "device", "folder", "loop", "nothing", "a link to a pipe"]
)
def test_only_plain_files_are_opened(tmp_path, kind):
    path = tmp_path / "f"
    if "pipe" in kind:
        os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    targets = {"device": "/dev/zero", "folder": "folder", "loop": "f", "nothing": "nowhere"}
    path.symlink_to(targets.get(kind, "pipe"))
    with pytest.raises(OSError):
        open_plain(path)
    with pytest.raises(OSError):
        read_json(path)
    with pytest.raises(OSError):
        list(lines_of(path))


def test_a_link_to_a_plain_file_is_one(tmp_path):
    (tmp_path / "f").write_text("[1]")
    (tmp_path / "link").symlink_to("f")
    assert read_json(tmp_path / "link") == [1]


def test_a_path_is_inside_only_if_its_links_are(tmp_path):
    run, other = tmp_path / "run", tmp_path / "run-2"
    for folder in (run, other):
        folder.mkdir()
        (folder / "a.png").touch()
    (run / "out.png").symlink_to(other / "a.png")
    (run / "in.png").symlink_to("a.png")
    (run / "up").symlink_to("..")
    (tmp_path / "here").symlink_to(run)
    assert is_inside(run / "a.png", run) and is_inside(run / "in.png", run)
    assert is_inside(tmp_path / "here" / "a.png", run) and is_inside(
        run / "a.png", tmp_path / "here"
    )
    for name in ("out.png", "../run-2/a.png", "up/run-2/a.png", "/etc/passwd"):
        assert not is_inside(run / name, run)


def test_little_may_unpack_to_anything():
    check_unpacked(2**28, 1)
    check_unpacked(10**12, 10**10)
    with pytest.raises(Unreadable):
        check_unpacked(2**28 + 1, 1)


# ------------------------------------------------------------------ the rule


OWN_READERS = {  # what reads only files that hardex wrote into its own folders
    "hardex/people",
    "hardex/training",  # of a fix that is being made
}
UNBOUNDED = {
    "json": {"load", "loads"},
    "gzip": {"open", "decompress"},
    "np": {"load", "genfromtxt", "fromfile"},
    "pq": {"read_table"},
    "pickle": {"load", "loads"},
}


def test_no_reader_goes_around_these():
    """A call of `json.loads` or `read_text` has no limit: there is one place for them."""
    found = []
    root = Path(hardex.__file__).parent
    for path in root.rglob("*.py"):
        place = path.relative_to(root.parent).as_posix()
        if place == "hardex/bounded.py" or any(place.startswith(own) for own in OWN_READERS):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
                name = node.func.attr
                if name in UNBOUNDED.get(owner, ()) or name in ("read_text", "read_bytes"):
                    found.append(f"{place}:{node.lineno} {owner}.{name}")
    assert [one for one in found if not one.startswith(ALLOWED)] == []


ALLOWED = (
    "hardex/data/tensors.py",  # a temporary file of its own
    "hardex/pipeline/rank_again.py",  # the hash of a manifest that was read before
    "hardex/runs/findings.py",  # after `open_table`
    "hardex/runs/tables.py",  # after `check_table`
)
