from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardex.comparison.names import class_numbers, common_classes, run_names
from hardex.errors import RunError

parts = st.lists(st.sampled_from(["a", "b", "run"]), min_size=1, max_size=4)


@given(st.lists(parts.map(lambda names: Path("/", *names)), min_size=2, max_size=6, unique=True))
def test_every_run_has_a_name_of_its_own_that_ends_its_path(folders):
    names = run_names(folders)
    assert len(set(names)) == len(folders)
    for name, folder in zip(names, folders, strict=True):
        assert str(folder).endswith(name)


def test_the_folder_is_the_name_and_the_shortest_tail_where_two_are_the_same():
    folders = [Path("/x/1/run"), Path("/y/1/run"), Path("/y/cnn")]
    assert run_names(folders) == ("x/1/run", "y/1/run", "cnn")


def test_a_class_that_one_run_lacks_is_said():
    whole, notes = common_classes(["a", "b"], [("cat", "dog"), ("cat", "dog", "owl")])
    assert whole == ("cat", "dog", "owl")
    assert notes == ("a has no class owl, so its model never predicts it.",)
    assert class_numbers(("owl", "cat"), whole).tolist() == [2, 0]


def test_other_classes_are_refused():
    with pytest.raises(RunError, match="a has cat, dog and b has cat, owl; compare runs of one"):
        common_classes(["a", "b"], [("cat", "dog"), ("cat", "owl")])
