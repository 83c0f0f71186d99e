import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardex.data.names import NAME_MOST, check_storable, labels_by_name, natural_order
from hardex.errors import DatasetError

NAMES = st.lists(st.text("ab12 é/", min_size=1, max_size=4), min_size=1, max_size=20)


@given(labels=NAMES)
def test_every_label_points_to_its_own_name(labels):
    indices, names = labels_by_name(labels, None, source="notes.csv")
    assert [names[index] for index in indices] == labels
    assert list(names) == sorted(set(labels), key=natural_order)


@given(labels=NAMES, data=st.data())
def test_names_given_by_hand_fix_the_order_and_never_the_meaning(labels, data):
    order = data.draw(st.permutations([*sorted(set(labels)), "never seen"]))
    indices, names = labels_by_name(labels, order, source="notes.csv")
    assert names == tuple(order)
    assert [names[index] for index in indices] == labels


def test_numbers_count_through_the_names_only_when_no_name_is_a_label():
    assert labels_by_name(["0", "2"], ["a", "b", "c"], source="")[0].tolist() == [0, 2]
    assert labels_by_name(["0", "2"], ["2", "1", "0"], source="")[0].tolist() == [2, 0]


@pytest.mark.parametrize(
    ("labels", "names", "message"),
    [
        (["a", "", "b", ""], None, r"in x must have a label; row 2 has none, .* for 2 of 4; label"),
        (["a", "c"], ["a", "b"], r"one of the classes a, b; row 2 is 'c', and so it is for 1 of 2"),
        (["1", "3"], ["a", "b", "c"], r"row 1 is '1', and so it is for 2 of 2; fix the labels"),
        (["a"], ["a", "a"], r"'a' names two or more of 2"),
    ],
)
def test_labels_that_mean_no_class_are_refused(labels, names, message):
    with pytest.raises(DatasetError, match=message):
        labels_by_name(labels, names, source="x")


@pytest.mark.parametrize(
    "name", ["", "\0", "a\0b", "\ud800", "é\udfff", "x" * (NAME_MOST + 1), None, 7]
)
def test_names_that_no_database_takes_are_refused_with_the_first_and_how_many(name):
    with pytest.raises(DatasetError, match=r"every id must be .*; number 2 is .* for 2 of 4; ren"):
        check_storable(["a", name, "b", name], "id")


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=99))
def test_every_other_name_is_taken(name):
    check_storable([name, "x" * NAME_MOST, "\n", "🧦", "=1+1"], "id")
