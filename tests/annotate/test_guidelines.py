import pytest

from hardex.annotate.guidelines import GUIDELINES_MOST, read_guidelines
from hardex.errors import RunError


def test_guidelines_are_the_text_of_a_file(tmp_path):
    file = tmp_path / "guide.txt"
    file.write_bytes("\ufeff A seven é.\n\n".encode())
    assert read_guidelines(file) == "A seven é."


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b" \n", "has 0; write some"),
        (b"a" * (GUIDELINES_MOST + 1), "has 20,001; shorten it"),
        (b"\xff\xfe\x00", "cannot be read as one"),
        (b"a" * 5 * GUIDELINES_MOST, "cannot be read as one"),
        (None, "cannot be read as one"),
    ],
)
def test_what_is_no_such_file_is_one_sentence(tmp_path, content, says):
    file = tmp_path / "guide.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(RunError, match=says) as caught:
        read_guidelines(file)
    assert str(caught.value).endswith(".")
