import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from hardex.classifiers.saved import (
    Saved,
    as_probabilities,
    read_saved,
    read_saved_labels,
)
from hardex.data.label_forms import as_labels
from hardex.errors import ClassifierError, DatasetError

distributions = arrays(
    np.float64, array_shapes(min_dims=2, max_dims=2, min_side=2), elements=st.floats(0.01, 1)
).map(lambda a: a / a.sum(axis=1, keepdims=True))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("saved")


@given(probabilities=distributions, dtype=st.sampled_from([np.float32, np.float64]))
def test_probabilities_saved_by_numpy_are_read_back_bit_for_bit(folder, probabilities, dtype):
    np.save(folder / "p.npy", probabilities.astype(dtype))
    back = read_saved(folder / "p.npy").probabilities
    np.testing.assert_array_equal(back, probabilities.astype(dtype), strict=True)


@given(probabilities=distributions, header=st.sampled_from(["", "cat,dog", "0,1,x"]))
def test_probabilities_saved_as_text_are_read_back_with_or_without_a_header(
    folder, probabilities, header
):
    np.savetxt(folder / "p.csv", probabilities, "%.17g", ",", header=header, comments="")
    if not header:
        path = folder / "p.csv"
        path.write_text(path.read_text().lstrip("\n"))
    np.testing.assert_array_equal(read_saved(folder / "p.csv").probabilities, probabilities)


@given(labels=arrays(np.int64, array_shapes(max_dims=1), elements=st.integers(0, 2**31)))
def test_labels_are_read_back_from_both_kinds_of_file(folder, labels):
    np.save(folder / "y.npy", labels)
    np.savetxt(folder / "y.csv", labels, "%d")
    np.testing.assert_array_equal(read_saved_labels(folder / "y.npy").labels, labels, strict=True)
    np.testing.assert_array_equal(read_saved_labels(folder / "y.csv").labels, labels, strict=True)


def test_half_precision_becomes_single_precision():
    assert as_probabilities(np.array([[0.5, 0.5]], np.float16), "it")[0].dtype == np.float32


@pytest.mark.parametrize(
    "labels",
    [
        *([1, 0], [1.0, 0.0], [[1], [0]], np.array([1, 0], np.uint8), [True, False]),
        *([[0, 1], [1, 0]], [[0.0, 1.0], [1.0, 0.0]], [[False, True], [True, False]]),
    ],
)
def test_labels_of_every_usual_form_become_indices(labels):
    np.testing.assert_array_equal(as_labels(labels, "it")[0], np.array([1, 0]), strict=True)


@pytest.mark.parametrize(
    ("labels", "what"),
    [
        ([1.0, 0.5], r"fractions: label 1 \(counted from 0\) is 0\.5; save its class\.$"),
        (["cat"], r"<U3 of shape \(1,\); save whole numbers from 0\.$"),
        ([0.0, np.nan], r"NaN or infinity \(label 1, counted from 0\); leave these examples out"),
        ([[1, 1]], r"rows of 0 and 1, .*, that are not one-hot: some have several ones or none"),
        ([[0.9, 0.1]], r"soft labels, .*, whose rows sum to 1; save numpy\.argmax\(labels, axis=1"),
        (3, r"int64 of shape \(\)"),
        ([None], r"object of shape \(1,\)"),
        ([[3, 4]], r"int64 of shape \(1, 2\)"),
    ],
)
def test_labels_that_are_no_indices_are_named(labels, what):
    with pytest.raises(DatasetError, match=rf"one class index per example; it holds {what}"):
        as_labels(labels, "it")


def no_file(path):
    pass


def a_pickle(path):
    np.save(path, np.array([{}]), allow_pickle=True)


def several_arrays(path):
    with path.open("wb") as file:
        np.savez(file, a=[1.0], b=[2.0])


@pytest.mark.parametrize(
    ("name", "write", "message"),
    [
        (
            "p.npy",
            no_file,
            r"must be a .*\.csv.* file; there is nothing at .*; check the path",
        ),
        (
            "p.csv",
            no_file,
            r"must be a .*\.csv.* file; there is nothing at .*; check the path",
        ),
        (
            "p.txt",
            lambda path: path.write_text("1"),
            r"received .*p\.txt; save it with numpy\.save",
        ),
        ("p.npy", lambda path: path.mkdir(), r"of numbers; reading .*p\.npy failed \("),
        ("p.npy", lambda path: path.write_bytes(b""), r"file of numbers; reading .*p\.npy failed"),
        ("p.npy", lambda path: path.write_text("0.5,0.5"), r"of numbers; reading .* failed"),
        (
            "p.npy",
            a_pickle,
            r"reading .* failed \(it holds Python objects.*; save it again with numpy\.save",
        ),
        ("p.npy", several_arrays, r"reading .* failed \(it holds several arrays\); save it again"),
        ("p.csv", lambda path: path.write_text("1,2\n3"), r"file of numbers; reading .* failed \("),
        (
            "p.csv",
            lambda path: path.write_text("a,b\nc,d"),
            r"file of numbers; reading .*p\.csv failed",
        ),
        ("p.csv", lambda path: path.write_bytes(b"\xff\xfe0"), r"of numbers; reading .*csv failed"),
    ],
)
@pytest.mark.parametrize(
    ("read", "kind", "what"),
    [
        (read_saved, ClassifierError, "the probabilities "),
        (read_saved_labels, DatasetError, "the labels "),
    ],
)
def test_a_file_that_holds_no_numbers_is_refused(tmp_path, read, kind, what, name, write, message):
    write(tmp_path / name)
    with pytest.raises(kind, match=what + r".*" + message):
        read(tmp_path / name)


@pytest.mark.parametrize("content", ["", "\n", "cat,dog\n"])
def test_a_text_file_without_rows_is_empty(tmp_path, content):
    (tmp_path / "p.csv").write_text(content)
    with pytest.raises(ClassifierError, match=r"at least one row; .*p\.csv is empty; save one row"):
        read_saved(tmp_path / "p.csv")


def test_an_array_without_rows_is_empty(tmp_path):
    np.save(tmp_path / "p.npy", np.zeros((0, 10)))
    with pytest.raises(
        ClassifierError, match=r"must have at least one row; .*p\.npy is empty; sav"
    ):
        read_saved(tmp_path / "p.npy")


ROWS = np.array([[0.1, 0.9], [0.75, 0.25], [0.5, 0.5]])
IDS = ("b/2.png", "a, with comma", "7")


def to_npz(path):
    np.savez(path, probabilities=ROWS, ids=np.array(IDS))


def to_npz_under_another_name(path):
    np.savez(path, whatever=ROWS, id=np.array(IDS))


def to_npz_with_classes(path):
    np.savez(path, probs=ROWS, File_Names=np.array(IDS), class_names=np.array(["cat", "dog"]))


def to_csv_of_pandas(path):
    pd.DataFrame(ROWS, IDS, ("cat", "dog")).to_csv(path)


def to_csv_without_a_header(path):
    pd.DataFrame(ROWS, IDS).to_csv(path, header=False)


def to_csv_of_r(path):
    to_csv_without_a_header(path)
    path.write_text("cat,dog\n" + path.read_text())


def to_parquet_of_pandas(path):
    pd.DataFrame(ROWS, IDS, ("cat", "dog")).to_parquet(path)


def to_csv(path):
    pd.DataFrame({"cat": ROWS[:, 0], "id": IDS, "dog": ROWS[:, 1]}).to_csv(path, index=False)


def to_parquet(path):
    pd.DataFrame({"id": IDS, "cat": ROWS[:, 0], "dog": ROWS[:, 1]}).to_parquet(path)


def to_parquet_of_lists(path):
    table = {"id": IDS, "confidence": ROWS.max(axis=1), "probabilities": list(ROWS)}
    pd.DataFrame(table).to_parquet(path)


@pytest.mark.parametrize(
    ("name", "write", "columns"),
    [
        ("p.npz", to_npz, None),
        ("p.npz", to_npz_under_another_name, None),
        ("p.npz", to_npz_with_classes, ("cat", "dog")),
        ("p.csv", to_csv, ("cat", "dog")),
        ("p.csv", to_csv_of_pandas, ("cat", "dog")),
        ("p.csv", to_csv_without_a_header, None),
        ("p.csv", to_csv_of_r, None),
        ("p.parquet", to_parquet, ("cat", "dog")),
        ("p.parquet", to_parquet_of_pandas, ("cat", "dog")),
        ("p.parquet", to_parquet_of_lists, None),
    ],
)
def test_the_names_of_rows_and_columns_are_read_from_every_kind_of_file(
    tmp_path, name, write, columns
):
    write(tmp_path / name)
    saved = read_saved(tmp_path / name)
    assert (saved.ids, saved.columns) == (IDS, columns)
    np.testing.assert_array_equal(saved.probabilities, ROWS)


def in_classes(path, names, **columns):
    pd.DataFrame(columns).to_csv(path, index=False)
    saved = read_saved(path, names)
    return saved.probabilities.tolist(), saved.by_name


CAT, DOG = [0.1, 0.75], [0.9, 0.25]


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        ({"dog": DOG, "cat": CAT}, ("cat", "dog")),
        ({"Dog": DOG, "CAT": CAT}, ("cat", "dog")),
        ({"prob_dog": DOG, "prob_cat": CAT}, ("cat", "dog")),
        ({"P(dog)": DOG, "P(cat)": CAT}, ("cat", "dog")),
        ({"dog_score": DOG, "cat_score": CAT}, ("cat", "dog")),
        ({"p_A": DOG, "p_a": CAT}, ("a", "A")),
        ({"A": DOG, "a": CAT}, ("a", "A")),
        ({"10": DOG, "2": CAT}, ("2", "10")),
        ({"dog": DOG, "confidence": DOG, "cat": CAT}, ("cat", "dog")),
        ({"file": DOG, "id": CAT}, ("id", "file")),
    ],
    ids=str,
)
def test_named_columns_come_in_the_order_of_the_classes(tmp_path, columns, names):
    rows = np.array([CAT, DOG]).T.tolist()
    assert in_classes(tmp_path / "p.csv", names, **columns) == (rows, True)


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        ({"0": CAT, "1": DOG}, ("cat", "dog")),
        ({"2": DOG, "1": CAT}, ("cat", "dog")),
        ({"prob_1": DOG, "prob_0": CAT}, ("cat", "dog")),
        ({"0": CAT, "1": DOG, "confidence": DOG}, ("cat", "dog")),
        ({"zero": CAT, "one": DOG}, ("0", "1")),
        ({"0": CAT, "1": DOG}, ("0", "1")),
    ],
    ids=str,
)
def test_numbered_columns_have_a_place_and_no_name(tmp_path, columns, names):
    rows = np.array([CAT, DOG]).T.tolist()
    assert in_classes(tmp_path / "p.csv", names, **columns) == (rows, False)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"cat": CAT, "dog": DOG},
            r"has cat, dog and the classes are dog, bird \(there is none for bird\); rename",
        ),
        (
            {"p_dog": DOG, "p_bird": CAT, "x_dog": DOG, "x_bird": CAT},
            r"two sets of columns are named after the classes, p_… and x_…; keep that of the prob",
        ),
    ],
)
def test_columns_of_other_classes_are_refused(tmp_path, columns, message):
    with pytest.raises(ClassifierError, match=message):
        in_classes(tmp_path / "p.csv", ("dog", "bird"), **columns)


def test_without_known_classes_the_columns_name_them(tmp_path):
    pd.DataFrame({"prob_cat": CAT, "prob_dog": DOG}).to_parquet(tmp_path / "p.parquet")
    assert read_saved(tmp_path / "p.parquet").columns == ("cat", "dog")


def test_one_column_is_the_probability_of_the_second_class():
    rows, _ = as_probabilities([[0.25], [1.0]], "it")
    np.testing.assert_array_equal(rows, [[0.75, 0.25], [0.0, 1.0]])
    with pytest.raises(ClassifierError, match=r"row 1 of it holds 3, and 1 of 2 .* put a sigmoid"):
        as_probabilities([[0.25], [3.0]], "it")


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (("a", "b", "a"), r"every id must occur once; row 2 .* is 'a' again, and 1 of 3 are; save"),
        (("a", "b"), r"one id per row of probabilities; it has 2 ids and 3 rows; save both"),
    ],
)
def test_ids_that_do_not_tell_rows_apart_are_refused(ids, message):
    with pytest.raises(ClassifierError, match=message):
        _ = Saved(ROWS, {"id": ids}, source="it").ids


def test_the_first_column_of_names_that_tells_all_rows_apart_counts():
    names = {"path": ("a", "b", "a"), "name": ("x", "y", "z")}
    assert Saved(ROWS, names).ids == ("x", "y", "z")
    assert Saved(ROWS).ids is None


def test_rows_of_nan_are_counted_and_the_first_is_named(tmp_path):
    rows = ROWS.copy()
    rows[1:] = np.nan
    np.savez(tmp_path / "p.npz", probabilities=rows)
    with pytest.raises(
        ClassifierError,
        match=r"row 1 holds NaN or infinity in .*p\.npz \(column 0, .*\), and 2 of 3 rows are off",
    ):
        read_saved(tmp_path / "p.npz")


def several_tables(path):
    np.savez(path, a=ROWS, b=ROWS)


def one_array(path):
    with path.open("wb") as file:
        np.save(file, ROWS)


def ragged_lists(path):
    pd.DataFrame({"probabilities": [[1.0, 0.0], [1.0]]}).to_parquet(path)


def only_text(path):
    pd.DataFrame({"id": ["a"]}).to_parquet(path)


@pytest.mark.parametrize(
    ("name", "write", "message"),
    [
        ("p.npz", several_tables, r"failed \(it holds a, b; name the array probabilities\); save"),
        ("p.npz", one_array, r"holds one array without a name"),
        ("p.npz", lambda path: path.write_bytes(b"PK"), r"of numbers; reading .*p\.npz failed \("),
        ("p.parquet", ragged_lists, r"failed \(its lists of probabilities have different lengths"),
        ("p.parquet", only_text, r"failed \(it has the columns id and none of floating-point num"),
        ("p.parquet", lambda path: path.write_bytes(b"PAR1"), r"reading .*p\.parquet failed \("),
    ],
)
def test_a_file_without_one_table_of_probabilities_is_refused(tmp_path, name, write, message):
    write(tmp_path / name)
    with pytest.raises(ClassifierError, match=message) as caught:
        read_saved(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_columns_that_pandas_numbered_are_a_header_above_decimals_only(tmp_path):
    pd.DataFrame(ROWS).to_csv(tmp_path / "p.csv", index=False)
    saved = read_saved(tmp_path / "p.csv")
    np.testing.assert_array_equal(saved.probabilities, ROWS)
    assert saved.columns is None
    (tmp_path / "p.csv").write_text("0,1\n1,0\n")
    np.testing.assert_array_equal(read_saved(tmp_path / "p.csv").probabilities, [[0, 1], [1, 0]])


def test_the_names_of_labels_are_read(tmp_path):
    pd.DataFrame({"id": IDS, "label": [4, 5, 6], "split": 0}).to_csv(tmp_path / "y.csv")
    pd.DataFrame({"id": IDS, "label": [4, 5, 6], "split": "a"}).to_parquet(tmp_path / "y.parquet")
    np.savez(tmp_path / "y.npz", y=[4, 5, 6], files=IDS)
    for name, column in (("y.csv", "id"), ("y.parquet", "id"), ("y.npz", "files")):
        saved = read_saved_labels(tmp_path / name)
        assert (saved.labels.tolist(), saved.names) == ([4, 5, 6], {column: IDS})


@pytest.mark.parametrize(("count", "labels"), [(3, [0, 2, 1]), (2, [2, 1]), (1, [0, 2, 1])])
def test_a_lone_zero_is_a_header_if_there_is_one_row_too_many(tmp_path, count, labels):
    pd.Series([2, 1]).to_csv(tmp_path / "y.csv", index=False)
    saved = read_saved_labels(tmp_path / "y.csv")
    assert saved.for_count(count).labels.tolist() == labels


def test_labels_may_be_names_below_a_header_or_not(tmp_path):
    (tmp_path / "y.csv").write_text("dog\ncat\n")
    saved = read_saved_labels(tmp_path / "y.csv")
    assert (saved.for_count(2).labels, saved.for_count(1).labels) == (("dog", "cat"), ("cat",))
    (tmp_path / "y.csv").write_text("label\ncat\n")
    assert read_saved_labels(tmp_path / "y.csv").for_count(2).labels == ("cat",)


def test_a_row_without_its_id_is_refused(tmp_path):
    (tmp_path / "p.csv").write_text("a,b,id\n0.5,0.5\n")
    with pytest.raises(
        ClassifierError, match=r"failed \(row 0, .*, has 2 cells and the header 3\)"
    ):
        read_saved(tmp_path / "p.csv")
