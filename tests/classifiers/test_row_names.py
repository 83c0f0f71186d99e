import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardex.classifiers.row_names import (
    NAME_COLUMNS,
    Examples,
    holds_names,
    match,
    placed,
    preferred,
)
from hardex.data.orders import ORDERS
from hardex.errors import ClassifierError, DatasetError

IDS = ("cat/1.png", "cat/10.png", "cat/2.png", "dog/1.png")


def found(names, examples=None, **options):
    examples = Examples(IDS, heads_differ=False) if examples is None else examples
    return placed(
        names, examples, what="row", source="p.csv", kind=ClassifierError, **options
    ).tolist()


@pytest.mark.parametrize(
    "change",
    [
        lambda name: name,
        lambda name: f"/data/test/{name}",
        lambda name: f"test/{name}",
        lambda name: f"./{name}",
        lambda name: f"C:\\data\\{name.replace('/', chr(92))}",
        lambda name: f"//{name.replace('/', '//')}",
        lambda name: name.removesuffix(".png"),
        lambda name: f"x/{name.removesuffix('.png')}",
    ],
)
@given(order=st.permutations(range(4)))
def test_a_name_finds_its_example_from_wherever_it_was_named(change, order):
    assert found([change(IDS[i]) for i in order]) == np.argsort(order).tolist()


def test_a_name_without_folders_will_do_where_it_fits_one_example():
    examples = Examples(("a/1.png", "b/2.png"), heads_differ=False)
    assert found(["2.png", "1.png"], examples) == [1, 0]
    assert found(["2", "1"], examples) == [1, 0]


def test_a_longer_end_counts_before_a_shorter_one():
    examples = Examples(("cat/1.png", "a/cat/1.png"), heads_differ=False)
    assert found(["x/a/cat/1.png", "x/cat/1.png"], examples) == [1, 0]


def test_letters_with_accents_are_the_same_however_they_are_written():
    composed, split = "caf\u00e9/1.png", "cafe\u0301/1.png"
    assert found([split, "b/1.png"], Examples(("b/1.png", composed))) == [1, 0]


def test_files_of_a_table_are_names_besides_its_ids():
    examples = Examples(("17", "4"), ("images/a.png", "images/b.png"))
    assert found(["/old/images/b.png", "/old/images/a.png"], examples) == [1, 0]
    assert found(["4", "17"], examples) == [1, 0]
    # Folders that all names share may differ from those that all examples share.
    assert found(["photos/b.png", "photos/a.png"], examples) == [1, 0]


def test_an_example_of_another_class_is_never_meant():
    """The end of `dog/2.png` fits `cat/2.png` alone, but its class does not."""
    with pytest.raises(
        ClassifierError, match=r"none for 'cat/2\.png' .* row 2 is 'dog/2\.png', on"
    ):
        found(["cat/1.png", "cat/10.png", "dog/2.png", "dog/1.png"])
    with pytest.raises(ClassifierError, match=r"none for 'cat/1\.png'"):
        found(["dog/1.png"], Examples(("cat/1.png",), heads_differ=False))


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (
            ("1.png", "10.png", "2.png", "1.png"),
            r"every name must fit one example; row 0 .* of p\.csv is '1\.png', which fits cat/1\.pn"
            r"g and dog/1\.png, and 2 of 4 fit several; save the names with their folders\.",
        ),
        (
            ("cat/1.png", "cat/10.png", "cat/2.png", "x/cat/10.png"),
            r"must have one row; row 3 .* of p\.csv is 'x/cat/10\.png' and row 1 is 'cat/10\.png' a"
            r"lready, and 1 of 4 come again; save each example once",
        ),
        (
            IDS[1:],
            r"must have a row; p\.csv has none for 'cat/1\.png' \(example 0, counted from 0\), and"
            r" 1 of 4 are missing; save .* pass --subset",
        ),
        (
            (*IDS, "cat/3.png", "cat/4.png"),
            r"every row must belong to an example; row 4 .* is 'cat/3\.png', and 2 of 6 are not i",
        ),
        (
            ("a", "b", "c", "d"),
            r"none for 'cat/1\.png' .* 4 of 4 are missing, while row 0 is 'a', o",
        ),
        ((), r"none for 'cat/1\.png' .* 4 of 4 are missing; save"),
    ],
)
def test_names_that_are_not_one_to_one_are_refused(names, message):
    with pytest.raises(ClassifierError, match=message):
        found(names)


def test_a_subset_may_leave_out_examples_and_rows_but_not_be_unclear():
    assert found(["dog/1.png", "cow/1.png", "cat/2.png"], subset=True) == [-1, -1, 2, 0]
    with pytest.raises(ClassifierError, match=r"must fit one example"):
        found(["1.png"], subset=True)
    with pytest.raises(
        DatasetError, match=r"at least one label .* row 0 of y is 'x', and none of 1"
    ):
        placed(["x"], Examples(IDS), what="label", source="y", kind=DatasetError, subset=True)


@given(
    paths=st.lists(
        st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map("/".join),
        unique=True,
        min_size=1,
        max_size=8,
    ),
    head=st.sampled_from(["", "a", "x/y"]),
)
def test_what_is_matched_ends_alike(paths, head):
    """Whatever the names: a match is exact, or one of the two is the end of the other."""
    names = [f"{head}/{path}".lstrip("/") for path in paths]
    seen = match(names, Examples(paths, heads_differ=False))
    for name, place in zip(names, seen.found.tolist(), strict=True):
        if place >= 0:
            one, other = sorted((f"/{name}", f"/{paths[place]}"), key=len)
            assert other.endswith(one)
    assert head == "a" or not seen.misses


def test_columns_of_names_are_known_in_any_spelling():
    assert all(holds_names(name) for name in NAME_COLUMNS)
    assert all(map(holds_names, ("ID", "FileName", "file-path", "Image Path", "IMG")))
    assert not any(map(holds_names, ("cat", "identity", "", "images_of")))
    assert preferred(["img", "x", "Path", "id"]) == ["id", "Path", "img"]


def test_the_guide_lists_the_columns_of_names_and_the_orders():
    guide = Path(__file__).parents[2].joinpath("docs", "your-own-data.md").read_text("utf-8")
    listed = guide[guide.index("By names, where") : guide.index("so does the index of a pandas")]
    assert tuple(re.findall(r"`(\w{2,})`", listed)) == NAME_COLUMNS
    assert all(f"| `{word}` |" in guide for word in ORDERS)


def test_addresses_and_spaces_around_a_name_play_no_part():
    examples = Examples(["a/my cat.png", "b/2.png"])
    names = ["file:///data/a/my%20cat.png", " b/2.png "]
    assert match(names, examples).found.tolist() == [0, 1]
