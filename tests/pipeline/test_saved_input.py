"""Which example a saved row belongs to, and which class a column is."""

import numpy as np
import pandas as pd
import pytest
from fakes import small_dataset, small_images, write_folders

import hardex
from hardex.data.dataset import ArrayDataset
from hardex.data.folders import open_folders
from hardex.data.sources import open_dataset
from hardex.errors import ClassifierError, DatasetError, HardexError
from hardex.pipeline.prediction_source import source_from_saved

FILES = [f"{c}/{i}.png" for c in "ab" for i in range(1, 12)]
TEXT = sorted(FILES)
OWN = {file: 0.02 + 0.04 * i for i, file in enumerate(FILES)}  # p(a) of each file


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return open_folders(write_folders(tmp_path_factory.mktemp("data"), FILES))


def rows_of(files):
    first = np.array([OWN[file] for file in files])
    return np.stack([first, 1 - first], axis=1)


def source(rows, labels=None, dataset=None, class_names=None, **options):
    return source_from_saved(rows, labels, dataset, class_names=class_names, **options)


def seen(work):
    """p(first class) of each example, as hardex takes it."""
    return {
        id: float(row[0])
        for part in work.predictions()
        for id, row in zip(part.ids, part.probabilities, strict=True)
    }


def labels_of(work):
    return [int(label) for part in work.predictions() for label in part.labels]


def is_right(work, files=FILES):
    found = seen(work)
    return list(found) == list(files) and found == pytest.approx(
        {file: OWN[file] for file in files}
    )


@pytest.fixture
def saved(tmp_path):
    """Write rows in the order of these files, in a kind of file, with or without names."""

    def write(kind, files, names=None, column="path", rows=None):
        path = tmp_path / f"p.{kind.removeprefix('streamed ')}"
        rows = rows_of(files) if rows is None else rows
        table = pd.DataFrame(rows, columns=["a", "b"])
        if names is not None:
            table.insert(1, column, list(names))
        if kind == "npy":
            np.save(path, rows)
        elif kind == "npz":
            beside = {} if names is None else {column: np.array(names)}
            np.savez(path, probabilities=rows, **beside)
        elif kind == "csv":
            table.to_csv(path, index=False)
        else:
            table.to_parquet(path)
        return path

    return write


# ------------------------------------------------------------------ rows


@pytest.mark.parametrize("kind", ["npy", "npz", "csv", "parquet"])
@pytest.mark.parametrize(("word", "files"), [("natural", FILES), ("text", TEXT), ("path", TEXT)])
def test_rows_without_names_need_their_order_where_programs_differ(data, saved, kind, word, files):
    path = saved(kind, files)
    with pytest.raises(ClassifierError) as caught:
        source(path, dataset=data)
    told = str(caught.value)
    assert "number 1 (counted from 0) is a/2.png in natural order and a/10.png in text ord" in told
    # Its advice, one after the other.
    assert f"--order {word}" in told.replace("text", "text --order path")
    work = source(path, dataset=data, order=word)
    assert is_right(work)
    assert work.pairing["rows"].startswith(f"files in {word} order (")
    assert "save the file names beside the rows (a column `path`, or an array `paths`)" in told
    if kind != "npy":
        assert is_right(source(saved(kind, files, files), dataset=data))


def test_rows_in_memory_need_their_order_as_well(data):
    with pytest.raises(ClassifierError, match=r"rows without names \(the array\) must come in an"):
        source(rows_of(TEXT), dataset=data)
    assert is_right(source(rows_of(TEXT), dataset=data, order="text"))


def test_where_all_orders_agree_none_is_needed(tmp_path):
    files = ["a/1.png", "a/2.png", "b/1.png"]
    data = open_folders(write_folders(tmp_path, files))
    for word in ("", "natural", "text", "path"):
        work = source(rows_of(files), dataset=data, order=word)
        assert is_right(work, files)
        assert work.pairing["rows"] == "in the order of the files, the same naturally and as text"


@pytest.mark.parametrize("kind", ["npz", "csv", "parquet"])
@pytest.mark.parametrize("column", ["path", "filenames", "Image_Path", "img", "id", "name"])
@pytest.mark.parametrize("head", ["", "/old/disk/", "C:\\old\\"])
def test_names_decide_whatever_the_order(data, saved, kind, column, head):
    files = np.random.default_rng(0).permutation(FILES).tolist()
    names = [
        f"{head}{file}" if "\\" not in head else head + file.replace("/", "\\") for file in files
    ]
    work = source(saved(kind, files, names, column), dataset=data)
    assert is_right(work)
    assert work.pairing["rows"] == f"by the names in the column {column!r}"


def test_the_index_of_pandas_may_hold_the_names(data, tmp_path):
    table = pd.DataFrame(rows_of(TEXT), TEXT, ["a", "b"])
    table.to_csv(tmp_path / "p.csv")
    assert is_right(source(tmp_path / "p.csv", dataset=data))
    table.to_parquet(tmp_path / "p.parquet")
    assert is_right(source(tmp_path / "p.parquet", dataset=data))


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_index_that_counts_is_no_name_and_one_that_does_not_is_refused(data, tmp_path, kind):
    def written(table):
        path = tmp_path / f"p.{kind}"
        table.to_csv(path) if kind == "csv" else table.to_parquet(path, index=True)
        return path

    table = pd.DataFrame(rows_of(TEXT), columns=["a", "b"])
    table.index = pd.Index(list(range(22)), name=None)
    assert is_right(source(written(table), dataset=data, order="text"))
    for shuffled in (table.sample(frac=1, random_state=0), table[::2], table[::-1]):
        with pytest.raises(
            ClassifierError, match=r"the index of pandas must count the rows from 0"
        ):
            source(written(shuffled), dataset=data, order="text")
    again = table.sample(frac=1, random_state=0).sort_index()
    assert is_right(source(written(again), dataset=data, order="text"))


def test_a_column_that_only_counts_the_rows_is_no_name(data, saved):
    path = saved("csv", TEXT, range(22), "id")
    with pytest.raises(ClassifierError, match=r"must come in an order that is known"):
        source(path, dataset=data)
    assert is_right(source(path, dataset=data, order="text"))


def test_one_column_of_names_that_fits_is_enough(data, tmp_path):
    table = pd.DataFrame(rows_of(TEXT), columns=["a", "b"])
    table.assign(id=range(100, 122), name="somebody", file=TEXT).to_csv(tmp_path / "p.csv")
    work = source(tmp_path / "p.csv", dataset=data)
    assert is_right(work) and work.pairing["rows"] == "by the names in the column 'file'"


def test_names_that_do_not_fit_are_never_passed_over(data, saved):
    wrong = [*TEXT[:-1], "b/99.png"]
    for order in ("", "text"):
        with pytest.raises(ClassifierError, match=r"none for 'b/9\.png' .* row 21 is 'b/99\.png'"):
            source(saved("csv", TEXT, wrong), dataset=data, order=order)


def test_a_subset_needs_a_word_and_names(data, saved):
    files = ["b/3.png", "a/10.png"]
    path = saved("csv", files, files)
    with pytest.raises(ClassifierError, match=r"20 of 22 are missing; .*pass --subset"):
        source(path, dataset=data)
    work = source(path, dataset=data, subset=True)
    assert is_right(work, ["a/10.png", "b/3.png"])
    assert [part.positions.tolist() for part in work.predictions()] == [[9, 13]]
    assert [part.ids for part in work.predictions(range(10, 22))] == [("b/3.png",)]
    assert labels_of(work) == [0, 1]
    more = saved("csv", [*FILES, "a/1.png"], [*FILES, "c/1.png"])
    with pytest.raises(ClassifierError, match=r"row 22 .* is 'c/1\.png', and 1 of 23 are not in t"):
        source(more, dataset=data)
    assert is_right(source(more, dataset=data, subset=True))
    with pytest.raises(ClassifierError, match=r"--subset needs the names of the rows"):
        source(rows_of(FILES), dataset=data, subset=True)


def test_a_table_or_arrays_give_an_order_of_their_own(data, tmp_path):
    pd.DataFrame({"file": TEXT, "label": [f[0] for f in TEXT]}).to_csv(data.root / "t.csv")
    work = source(rows_of(TEXT), dataset=open_dataset(data.root / "t.csv"))
    assert is_right(work, TEXT)
    digits = ArrayDataset.of(small_images(22), [0, 1] * 11)
    assert list(seen(source(rows_of(TEXT), dataset=digits)).values()) == pytest.approx(
        [OWN[file] for file in TEXT]
    )
    with pytest.raises(
        HardexError, match=r"--order belongs to files and classes found by their na"
    ):
        source(rows_of(TEXT), dataset=digits, order="text")


# ------------------------------------------------------------------ columns

ELEVEN = [str(i) for i in range(1, 12)]


@pytest.fixture(scope="module")
def eleven(tmp_path_factory):
    """Class folders 1 .. 11 with one picture each."""
    root = write_folders(tmp_path_factory.mktemp("eleven"), [f"{c}/x.png" for c in ELEVEN])
    return open_folders(root)


def sure(columns, files):
    """Rows that are sure of the class of their file, in columns of this order."""
    rows = np.full((len(files), len(columns)), 0.02)
    rows[np.arange(len(files)), [columns.index(file.split("/")[0]) for file in files]] = 0.8
    return rows


def errors(work):
    return sum(int((part.predicted != part.labels).sum()) for part in work.predictions())


def test_columns_without_names_need_their_order_where_programs_differ(eleven, tmp_path):
    text = sorted(ELEVEN)
    listed = [f"{c}/x.png" for c in text]
    np.savez(tmp_path / "p.npz", p=sure(text, listed), files=listed)
    np.savez(tmp_path / "n.npz", p=sure(text, listed), files=listed, class_names=text)
    with pytest.raises(ClassifierError) as caught:
        source(tmp_path / "p.npz", dataset=eleven)
    told = str(caught.value)
    assert "number 1 (counted from 0) is 2 in natural order and 10 in text order; name the" in told
    # Each piece of its advice.
    assert errors(source(tmp_path / "p.npz", dataset=eleven, order="text")) == 0
    assert errors(source(tmp_path / "n.npz", dataset=eleven)) == 0
    named = open_folders(eleven.root, class_names=text)
    assert errors(source(tmp_path / "p.npz", dataset=named)) == 0
    wrong = source(tmp_path / "p.npz", dataset=eleven, order="natural")
    assert errors(wrong) == 10


@pytest.mark.parametrize("word", ["text", "natural"])
def test_one_word_settles_rows_and_columns(eleven, word):
    columns = sorted(ELEVEN) if word == "text" else ELEVEN
    rows = sure(columns, [f"{c}/x.png" for c in columns])
    work = source(rows, dataset=eleven, order=word)
    assert errors(work) == 0
    assert work.pairing["rows"].startswith(f"files in {word} order")
    assert work.pairing["columns"].startswith(f"classes in {word} order")


def test_the_order_of_rows_is_not_taken_from_their_accuracy(eleven):
    """Rows and columns in the order of text fit as well as any: that says nothing."""
    text = sorted(ELEVEN)
    with pytest.raises(ClassifierError, match=r"columns of probabilities without names"):
        source(sure(text, [f"{c}/x.png" for c in text]), dataset=eleven)


def test_classes_of_a_table_need_their_order_too(tmp_path):
    write_folders(tmp_path, [f"{c}.png" for c in ELEVEN])
    table = pd.DataFrame({"file": [f"{c}.png" for c in ELEVEN], "label": ELEVEN})
    table.to_csv(tmp_path / "t.csv")
    data = open_dataset(tmp_path / "t.csv")
    rows = sure(sorted(ELEVEN), [f"{c}/x.png" for c in ELEVEN])
    with pytest.raises(ClassifierError, match=r"number 1 .* is 2 in natural order and 10 in text"):
        source(rows, dataset=data)
    work = source(rows, dataset=data, order="text")
    assert errors(work) == 0 and work.pairing["rows"] == "in the order of the data"


@pytest.mark.parametrize("count", [1, 3])
def test_too_many_or_too_few_columns_are_named_and_names_help(data, tmp_path, count):
    rows = np.full((22, count + 1), 1 / (count + 1))[:, :count] if count == 1 else None
    rows = np.full((22, 3), 1 / 3) if rows is None else np.c_[rows, rows]
    if count == 3:
        with pytest.raises(
            ClassifierError, match=r"3 columns for 2 classes; save one column for e"
        ):
            source(rows, dataset=data, order="text")
        pd.DataFrame(np.c_[rows_of(FILES), rows[:, 0]], columns=["a", "b", "c"]).assign(
            path=FILES
        ).to_csv(tmp_path / "p.csv")
        work = source(tmp_path / "p.csv", dataset=data)
        assert is_right(work) and "left out the column c, which is no class" in work.notes[1]


# ------------------------------------------------------------------ labels


def test_labels_have_the_same_choice_of_orders(data, tmp_path):
    marks = {file: i % 2 for i, file in enumerate(FILES)}
    np.save(tmp_path / "y.npy", [marks[file] for file in TEXT])
    with pytest.raises(HardexError, match=r"must come in an order that is known"):
        source(rows_of(TEXT), tmp_path / "y.npy", data)
    work = source(rows_of(TEXT), tmp_path / "y.npy", data, order="text")
    assert is_right(work) and labels_of(work) == [marks[file] for file in FILES]
    shuffled = FILES[::-1]
    pd.DataFrame({"file": shuffled, "label": [marks[f] for f in shuffled]}).to_csv(
        tmp_path / "y.csv"
    )
    work = source(rows_of(TEXT), tmp_path / "y.csv", data, order="text")
    assert is_right(work) and labels_of(work) == [marks[file] for file in FILES]


def test_labels_without_names_beside_rows_with_names_are_not_guessed(data, saved, tmp_path):
    marks = {file: i % 2 for i, file in enumerate(FILES)}
    shuffled = FILES[::-1]
    path = saved("csv", shuffled, shuffled)
    y = [marks[file] for file in shuffled]
    with pytest.raises(
        HardexError, match=r"labels without names \(the array\) must come in an ord"
    ):
        source(path, y, data)
    few = open_folders(write_folders(tmp_path / "few", ["a/1.png", "b/1.png"]))
    path = saved("csv", ["b/1.png", "a/1.png"], ["b/1.png", "a/1.png"])
    with pytest.raises(DatasetError, match=r"labels must have names where the rows .* have some"):
        source(path, [1, 0], few)
    table = pd.DataFrame({"path": ["b/1.png", "a/1.png"], "label": [1, 0]})
    table.to_csv(tmp_path / "y.csv")
    assert labels_of(source(path, tmp_path / "y.csv", few)) == [0, 1]
    assert labels_of(source(path, None, few)) == [0, 1]


def test_numbers_of_classes_count_them_in_the_order_that_is_named(eleven):
    text = sorted(ELEVEN)
    listed = [f"{c}/x.png" for c in text]
    work = source(sure(text, listed), list(range(11)), eleven, order="text")
    assert errors(work) == 0 and labels_of(work) == list(range(11))
    assert work.pairing["labels"].startswith("files in text order")


def test_labels_may_be_names_of_classes_one_hot_or_decimals(tmp_path):
    rows = np.array([[0.1, 0.9], [0.75, 0.25], [0.5, 0.5]])
    pd.DataFrame(rows, columns=["dog", "cat"]).to_csv(tmp_path / "p.csv", index=False)
    for labels, said in (
        (["cat", "dog", "dog"], 0),
        ([[0, 1], [1, 0], [1, 0]], 1),
        ([1.0, 0.0, 0.0], 1),
        ([1, 0, 0], 0),
    ):
        work = source(tmp_path / "p.csv", labels)
        assert labels_of(work) == [1, 0, 0] and len(work.notes) == said
    work = source(rows, ["cat", "dog", "dog"])
    assert (work.class_names, labels_of(work)) == (("cat", "dog"), [0, 1, 1])
    with pytest.raises(
        DatasetError, match=r"the names of all 2 columns; .* 1 classes, cat; pass --c"
    ):
        source(rows, ["cat", "cat", "cat"])
    assert labels_of(source(rows, ["cat", "cat", "cat"], class_names=["dog", "cat"])) == [1, 1, 1]
    ten = [str(i) for i in (10, *range(1, 10), 11)]
    with pytest.raises(ClassifierError, match=r"columns without names must come in an order"):
        source(np.eye(11), ten)
    assert errors(source(np.eye(11), sorted(ten), order="text")) == 0


def test_labels_and_rows_without_data_meet_by_their_names(tmp_path, saved):
    path = saved("csv", FILES, FILES)
    table = pd.DataFrame({"file": [f"x/{f}" for f in TEXT], "label": [f[0] for f in TEXT]})
    table.to_csv(tmp_path / "y.csv")
    assert labels_of(source(path, tmp_path / "y.csv")) == [0] * 11 + [1] * 11
    table[3:].to_csv(tmp_path / "y.csv")
    with pytest.raises(
        DatasetError, match=r"every example must have a label; .* 3 of 22 are missi"
    ):
        source(path, tmp_path / "y.csv")
    work = source(path, tmp_path / "y.csv", subset=True)
    assert len(seen(work)) == 19 and "a/10.png" not in seen(work)


# ------------------------------------------------------------------ whole runs


def test_a_run_says_how_its_rows_were_matched(data, tmp_path, saved):
    run = hardex.rank(
        data=data.root, probabilities=rows_of(TEXT), order="text", out=tmp_path / "run"
    )
    manifest = hardex.load(tmp_path / "run").manifest
    assert manifest.pairing == run.manifest.pairing
    assert manifest.pairing["rows"].startswith("files in text order (")
    table = run.predictions
    assert {i: p[0] for i, p in zip(table["id"], table["probabilities"], strict=True)} == (
        pytest.approx(OWN)
    )


def test_a_run_of_a_subset_holds_its_examples_only(data, tmp_path, saved):
    files = ["b/3.png", "a/10.png", "a/2.png", "b/11.png"]
    path = saved("parquet", files, files)
    options = {"data": data.root, "probabilities": path, "subset": True}
    run = hardex.rank(**options, out=tmp_path / "run")
    assert run.predictions["id"].tolist() == ["a/2.png", "a/10.png", "b/3.png", "b/11.png"]
    assert run.manifest.counts["examples"] == 4
    assert set(run.hard["id"]) <= set(files)
    assert run.image("b/3.png").shape == (4, 4, 1)
    with pytest.raises(DatasetError, match=r"a seal counts all examples; received --subset"):
        hardex.rank(**options, out=tmp_path / "sealed", seal=0.5)


@pytest.mark.parametrize("option", [{"order": "text"}, {"subset": True}])
def test_options_of_saved_probabilities_are_refused_with_a_model(tmp_path, option):
    with pytest.raises(HardexError, match=rf"--{next(iter(option))} must come with saved proba"):
        hardex.rank(lambda images: images, small_dataset(3), out=tmp_path / "run", **option)


# ------------------------------------------------------------------ names are known by their values


@pytest.mark.parametrize("kind", ["npz", "csv", "parquet"])
@pytest.mark.parametrize("column", ["fname", "relative path", "photo", "key", "img_id", "samples"])
@pytest.mark.parametrize("head", ["", "/old/disk/"])
def test_any_column_of_texts_that_fits_names_the_rows(data, saved, kind, column, head):
    files = np.random.default_rng(0).permutation(FILES).tolist()
    path = saved(kind, files, [head + file for file in files], column)
    work = source(path, dataset=data)
    assert is_right(work)
    assert work.pairing["rows"] == f"by the names in the column {column!r}"


def test_names_of_other_pictures_are_refused_under_any_column(data, saved):
    path = saved("csv", FILES, [f"other/{i}.png" for i in range(len(FILES))], "photo")
    for word in ("", "natural"):  # an order does not make them fit
        with pytest.raises(ClassifierError, match=r"\(column photo\) has none for 'a/1.png'"):
            source(path, dataset=data, order=word)


@pytest.mark.parametrize(
    "texts", [["a"] * 11 + ["b"] * 11, [f"taken on day {i}" for i in range(22)]]
)
def test_a_column_of_other_texts_names_nothing(data, saved, texts):
    path = saved("csv", FILES, texts, "note")
    with pytest.raises(ClassifierError, match="rows without names"):
        source(path, dataset=data)
    assert is_right(source(path, dataset=data, order="natural"))


def test_names_may_stand_anywhere_in_a_table_without_a_header(data, tmp_path):
    files = np.random.default_rng(0).permutation(FILES).tolist()
    lines = [f"{a},{b},{file}" for (a, b), file in zip(rows_of(files), files, strict=True)]
    (tmp_path / "p.csv").write_text("\n".join(lines) + "\n")
    assert is_right(source(tmp_path / "p.csv", dataset=data))


def test_a_number_of_the_row_does_not_hide_its_name(data, tmp_path):
    files = np.random.default_rng(0).permutation(FILES).tolist()
    table = pd.DataFrame(rows_of(files), columns=["a", "b"])
    table.insert(0, "fname", files)
    table.insert(0, "id", range(len(files)))
    table.to_csv(tmp_path / "p.csv", index=False)
    assert is_right(source(tmp_path / "p.csv", dataset=data))


def test_names_saved_as_python_objects_are_refused_with_what_to_save(data, tmp_path):
    rows, names = rows_of(FILES), np.array(FILES, object)
    for column in ("paths", "fname"):
        np.savez(tmp_path / "p.npz", probabilities=rows, **{column: names})
        with pytest.raises(ClassifierError, match=rf"np\.array\({column}, dtype=str\)"):
            source(tmp_path / "p.npz", dataset=data)
        np.savez(tmp_path / "p.npz", probabilities=rows, **{column: np.array(names, dtype=str)})
        assert is_right(source(tmp_path / "p.npz", dataset=data))
    np.savez(tmp_path / "p.npz", probabilities=rows, paths=FILES, settings=np.array({"a": 1}))
    assert is_right(source(tmp_path / "p.npz", dataset=data))  # of no row


def test_the_index_and_columns_of_a_pandas_table_are_names(data):
    files = np.random.default_rng(0).permutation(FILES).tolist()
    table = pd.DataFrame(rows_of(files), columns=["a", "b"], index=files)
    for one in (table, table[["b", "a"]], table.rename_axis("photo").reset_index()):
        assert is_right(source(one, dataset=data))
    numbered = table.set_axis(range(5, 27))
    with pytest.raises(ClassifierError, match="the index of pandas must count the rows from 0"):
        source(numbered, dataset=data)
    by_place = source(numbered, np.arange(22) % 2)  # as after a random split: nothing to assign
    assert list(seen(by_place).values()) == pytest.approx([OWN[file] for file in files])


def test_labels_of_pandas_follow_the_names_of_the_rows():
    rows = pd.DataFrame(rows_of(FILES), columns=["a", "b"], index=FILES)
    labels = pd.Series([file[0] for file in TEXT], index=TEXT)
    assert labels_of(source(rows, labels)) == [0] * 11 + [1] * 11
    split_at_random = pd.Series([0] * 11 + [1] * 11, index=range(40, 18, -1))
    assert labels_of(source(rows, split_at_random)) == [0] * 11 + [1] * 11


@pytest.mark.parametrize("kind", ["npz", "csv", "parquet"])
@pytest.mark.parametrize("column", ["fname", "sample"])
def test_labels_without_data_follow_names_under_any_column(saved, tmp_path, kind, column):
    names = FILES if column == "fname" else [f"s{i}" for i in range(22)]
    path = saved(kind, FILES, names, column)
    table = pd.DataFrame({column: names, "label": [file[0] for file in FILES]})
    table.sample(frac=1, random_state=0).to_csv(tmp_path / "y.csv", index=False)
    assert labels_of(source(path, tmp_path / "y.csv")) == [0] * 11 + [1] * 11


# ------------------------------------------------------------------ labels beside the rows


@pytest.mark.parametrize("column", ["label", "y_true", "Target"])
@pytest.mark.parametrize("labels", ["names", "numbers"])
@pytest.mark.parametrize("kind", ["npz", "csv", "parquet"])
def test_labels_beside_rows_without_names_must_be_those_of_the_data(
    tmp_path, saved, kind, labels, column
):
    files = ["a/1.png", "a/2.png", "b/1.png"]
    data = open_folders(write_folders(tmp_path / "data", files))
    own = [file[0] if labels == "names" else "ab".index(file[0]) for file in files]
    assert is_right(source(saved(kind, files, own, column), dataset=data), files)
    turned = files[::-1]
    path = saved(kind, turned, own[::-1], column)
    with pytest.raises(ClassifierError, match=r"in row 0 .* where a/1.png has 'a', and 2 of 3 dif"):
        source(path, dataset=data)


def test_labels_beside_rows_with_names_are_only_told_apart(tmp_path, data):
    table = pd.DataFrame(rows_of(TEXT), columns=["a", "b"])
    table["path"], table["label"] = TEXT, ["b"] * 22
    table.to_csv(tmp_path / "p.csv", index=False)
    work = source(tmp_path / "p.csv", dataset=data)
    assert is_right(work)
    assert "11 of 22 labels in" in work.notes[-1]


def test_predictions_beside_the_rows_are_no_labels(tmp_path, saved):
    files = ["a/1.png", "a/2.png", "b/1.png"]
    data = open_folders(write_folders(tmp_path / "data", files))
    predicted = ["ab"[row.argmax()] for row in rows_of(files)]
    assert is_right(source(saved("csv", files, predicted, "class"), dataset=data), files)
    with pytest.raises(DatasetError, match=r"pass --labels FILE \(.*'label' holds them\) or DATA"):
        source(saved("csv", files, ["a", "a", "b"], "label"))


# ------------------------------------------------------------------ classes whose names are numbers


def test_names_of_columns_that_are_numbers_are_names(tmp_path):
    """As `classes_` of scikit-learn: 1, 2, 3."""
    rows = np.eye(3)[[0, 1, 2, 1]] * 0.7 + 0.1
    pd.DataFrame(rows, columns=[1, 2, 3]).to_csv(tmp_path / "p.csv", index=False)
    work = source(tmp_path / "p.csv", np.array([1, 2, 3, 2]))
    assert (work.class_names, labels_of(work)) == (("1", "2", "3"), [0, 1, 2, 1])
    work = source(tmp_path / "p.csv", np.array([0, 1, 2, 1]))
    assert labels_of(work) == [0, 1, 2, 1]
    with pytest.raises(DatasetError, match="1 is the name of a class, and class number 1 is 2"):
        source(tmp_path / "p.csv", np.array([1, 2, 2, 1]))
    work = source(tmp_path / "p.csv", np.array(["1", "2", "2", "1"]))  # its advice
    assert labels_of(work) == [0, 1, 1, 0]


def test_class_names_in_an_npz_file_keep_their_order(tmp_path):
    """Labels count through them; they are not sorted."""
    rows = np.eye(3)[[0, 1, 2]] * 0.7 + 0.1
    np.savez(tmp_path / "p.npz", probabilities=rows, class_names=["1", "10", "2"])
    work = source(tmp_path / "p.npz", np.arange(3))
    assert (work.class_names, labels_of(work)) == (("1", "10", "2"), [0, 1, 2])
    np.savez(tmp_path / "y.npz", labels=["2", "1", "10"])
    assert labels_of(source(tmp_path / "p.npz", tmp_path / "y.npz")) == [2, 0, 1]


# ------------------------------------------------------------------ orders with given classes


def test_with_given_classes_each_order_is_what_it_says(tmp_path):
    """ImageFolder sorts the folders whatever the classes; Keras follows its `class_names`."""
    files = ["2/1.png", "2/10.png", "2/2.png", "10/1.png"]
    data = open_folders(write_folders(tmp_path, files), class_names=["2", "10"])
    by_word = {
        "text": ["10/1.png", "2/1.png", "2/10.png", "2/2.png"],
        "natural": ["2/1.png", "2/2.png", "2/10.png", "10/1.png"],
        "classes": ["2/1.png", "2/10.png", "2/2.png", "10/1.png"],
    }
    own = {file: 0.1 + 0.2 * i for i, file in enumerate(files)}
    for word, order in by_word.items():
        first = np.array([own[file] for file in order])
        rows = np.stack([first, 1 - first], axis=1)
        with pytest.raises(ClassifierError, match=rf"--order {word} \("):
            source(rows, dataset=data)
        assert seen(source(rows, dataset=data, order=word)) == pytest.approx(own)
    found = open_folders(tmp_path)
    with pytest.raises(ClassifierError, match="--order classes belongs to class folders with --cl"):
        source(rows, dataset=found, order="classes")


@pytest.mark.parametrize(
    ("head", "folder", "told"),
    [
        ("/data/train/", "test", "'train'"),
        ("C:\\data\\Train\\", "val", "'Train'"),
        ("train/", "validation", "'train'"),
        ("/data/test/", "test", ""),
        ("valid/", "val", ""),
        ("/data/images/", "test", ""),
        ("train/", "images", ""),
        ("", "test", ""),
    ],
)
def test_names_of_another_split_are_told(tmp_path, saved, head, folder, told):
    files = ["a/1.png", "b/2.png"]
    data = open_folders(write_folders(tmp_path / folder, files))
    work = source(saved("csv", files, [head + file for file in files]), dataset=data)
    assert is_right(work, files)
    assert [f"in a folder {told}" in note for note in work.notes] == [True] * bool(told)


# ------------------------------------------------------------------ the doctor


def test_the_order_of_columns_without_names_is_judged_by_the_labels(tmp_path):
    """dog, cat for the folders cat, dog: all orders of names agree, and all is wrong."""
    files = [f"{c}/{i:03}.png" for c in ("cat", "dog") for i in range(60)]
    data = write_folders(tmp_path / "data", files, size=4)
    is_dog = np.array([file.startswith("dog") for file in files]) * 0.8 + 0.1
    rows = np.stack([is_dog, 1 - is_dog], axis=1)
    options = {"probabilities": rows, "data": data, "force": True, "out": tmp_path / "run"}
    (found,) = hardex.rank(**options).manifest.doctor
    assert found["code"] == "class_order"
    assert found["advice"].startswith("pass --classes dog,cat, the names in the order of the outp")
    run = hardex.rank(**options, class_names=["dog", "cat"], order="text")
    assert (run.metrics["wrong"], run.manifest.doctor) == (0, ())


def test_rows_in_random_order_are_no_better_than_chance(tmp_path):
    labels = np.arange(300) % 3
    shuffled = np.random.default_rng(0).permutation(labels)
    rows = np.eye(3)[shuffled] * 0.7 + 0.1
    run = hardex.rank(probabilities=rows, labels=labels, out=tmp_path / "run")
    assert [found["code"] for found in run.manifest.doctor] == ["at_chance"]
