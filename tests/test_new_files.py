"""Files and folders that are whole or absent."""

import pytest
from fakes import contents

from hardex.errors import RunError
from hardex.new_files import check_free, whole_file, whole_folder


def test_a_whole_file_replaces_and_a_broken_one_does_not(tmp_path):
    path = tmp_path / "a.txt"
    with whole_file(path, "a letter") as partial:
        partial.write_text("first")
    with pytest.raises(KeyboardInterrupt), whole_file(path, "a letter") as partial:
        partial.write_text("half")
        raise KeyboardInterrupt
    assert contents(tmp_path) == {"a.txt": b"first"}
    with whole_file(path, "a letter") as partial:
        partial.write_text("second")
    assert contents(tmp_path) == {"a.txt": b"second"}


def test_a_whole_folder_replaces_and_a_broken_one_does_not(tmp_path):
    path = tmp_path / "a"
    for text in ("first", "second"):
        with whole_folder(path, "a box") as partial:
            (partial / f"{text}.txt").write_text(text)
        assert contents(tmp_path) == {"a": None, f"a/{text}.txt": text.encode()}
    with pytest.raises(KeyboardInterrupt), whole_folder(path, "a box") as partial:
        (partial / "half.txt").write_text("half")
        raise KeyboardInterrupt
    assert contents(tmp_path) == {"a": None, "a/second.txt": b"second"}


def test_what_cannot_be_written_is_one_sentence(tmp_path):
    for whole in (whole_file, whole_folder):
        with (
            pytest.raises(RunError, match=r"a box must go to a f\w+ that can be written"),
            whole(tmp_path / "nowhere" / "a", "a box") as partial,
        ):
            partial.write_text("never")


@pytest.mark.parametrize(
    ("name", "options", "why"),
    [
        ("file", {}, "a box must go to a new file; .*file exists; pass --force"),
        ("file", {"force": True, "kind": "folder"}, "a box must go to a folder; .*file is none"),
        ("folder", {"force": True}, "a box must go to a file; .*folder is none"),
        ("no/file", {}, "a box must go to an existing folder; .*no is not one"),
    ],
)
def test_what_is_in_the_way_is_said(tmp_path, name, options, why):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    with pytest.raises(RunError, match=why):
        check_free(tmp_path / name, "a box", **{"force": False, **options})
    check_free(tmp_path / "new", "a box", force=False)
    check_free(tmp_path / "file", "a box", force=True)


def test_a_folder_that_cannot_be_replaced_stays(tmp_path):
    with whole_folder(tmp_path / "a", "a box") as partial:
        (partial / "first.txt").write_text("first")
    with (
        pytest.raises(RunError, match="nothing was written"),
        whole_folder(tmp_path / "a", "a box") as partial,
    ):
        partial.rmdir()  # as somebody might who cleans up
    assert contents(tmp_path) == {"a": None, "a/first.txt": b"first"}
