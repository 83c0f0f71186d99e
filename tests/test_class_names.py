"""`--classes`, as a list and as a file."""

import pytest

from hardex.cli.options import class_names_of
from hardex.errors import HardexError


def test_names_are_separated_by_commas_and_stripped_of_spaces():
    assert class_names_of("cat, dog ,10") == ["cat", "dog", "10"]
    assert class_names_of(None) is None


@pytest.mark.parametrize("end", ["", "\n"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_a_file_has_one_name_per_line(tmp_path, mark, line_end, end):
    names = ["cats, dogs", " a space before", "@home", "שלום", "10"]
    text = (line_end.join(names) + end.replace("\n", line_end)).encode()
    (tmp_path / "names.txt").write_bytes(mark + text)
    assert class_names_of(f"@{tmp_path / 'names.txt'}") == names


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, r"one class name per line; .*names.txt' cannot be read \(FileNotFoundError\)"),
        (b"\xff\xfe\x00", r"cannot be read \(UnicodeDecodeError\); check the path"),
        (b"", "name 1 of 1 is empty"),
        (b"a\n\nb\n", "name 2 of 3 is empty"),
    ],
)
def test_an_invalid_file_is_refused_in_a_sentence(tmp_path, content, sentence):
    if content is not None:
        (tmp_path / "names.txt").write_bytes(content)
    with pytest.raises(HardexError, match=sentence):
        class_names_of(f"@{tmp_path / 'names.txt'}")


@pytest.mark.parametrize("path", ["@", "@~nobody-here/names.txt", "@a\0b"])
def test_an_invalid_path_is_refused_in_a_sentence(path):
    with pytest.raises(HardexError, match="cannot be read"):
        class_names_of(path)
