"""Tables that were made to fill the memory or to hang: each is refused in one sentence."""

import json
import os

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import refusals

from hardex import bounded
from hardex.annotate.gold import read_gold
from hardex.classifiers.saved import read_saved, read_saved_labels
from hardex.data import manifests
from hardex.data.manifests import read_columns
from hardex.errors import HardexError

MOST_BYTES = 150_000_000  # of memory, for any refusal here


def refused(read):
    return refusals.refused(read, MOST_BYTES)


def written(path, text):
    path.write_text(text, newline="")
    return path


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (",".join(f"c{i}" for i in range(1_000_000)), "it has 1,000,000 columns, and 10,000 is"),
        (",".join(["c"] * 9_000), "two columns are called 'c'"),
        ("," * 1_000_000, "it has 1,000,001 columns, and 10,000 is the most"),
        ("file,label\n" + "x" * 10_000_000 + ",a", "field larger than field limit"),
        ('file,label\n"' + "x,\n" * 3_000_000, "field larger than field limit"),
        ("file,label\na,b,c", "line 2 has 3 cells and the header 2"),
        ("file," + "x" * 100_000 + "," + "x" * 100_000, "two columns are called 'xxx"),
    ],
    ids=lambda text: text[:20],
)
def test_a_csv_with_too_much_of_something_is_refused(tmp_path, text, reason):
    path = written(tmp_path / "t.csv", text)
    assert reason in refused(lambda: read_columns(path))


def test_column_names_as_long_as_a_book_stay_out_of_the_sentence(tmp_path):
    names = ",".join("x" * 100_000 + str(i) for i in range(9))
    path = written(tmp_path / "t.csv", names + "\n" + ",".join("123456789"))
    assert "must be a table with the columns id and label" in refused(lambda: read_gold(path))


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["[" * 200_000], "nested more than 64 deep"),
        (['{"file": ' + "[" * 100 + "]" * 100 + "}"], "nested more than 64 deep"),
        (['{"file": "a", "file": "b"}'], "names the field 'file' twice"),
        (['{"size": ' + "9" * 5_000 + "}"], "a number has 5,000 digits"),
        (['{"file": "\\ud800"}'], "half of a character"),
        ([json.dumps({f"c{i}": 1}) for i in range(20_000)], "10,001 columns, and 10,000 is"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_jsonl_with_too_much_of_something_is_refused(tmp_path, lines, reason):
    path = written(tmp_path / "t.jsonl", "\n".join(lines))
    assert reason in refused(lambda: read_columns(path))


def test_a_cell_in_every_place_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(manifests, "_CELLS_MOST", 100)
    for name, text in (
        ("t.csv", "a,b\n" + "1,2\n" * 51),
        ("t.jsonl", "\n".join(json.dumps({f"c{i}": i}) for i in range(11))),
    ):
        path = written(tmp_path / name, text)
        assert "it has more than 100 cells" in refused(lambda path=path: read_columns(path))


def test_numbers_that_python_writes_and_json_lacks_are_empty_cells(tmp_path):
    path = written(tmp_path / "t.jsonl", '{"a": NaN, "b": 1.0, "c": Infinity}\n')
    assert read_columns(path) == {"a": [""], "b": ["1"], "c": ["inf"]}


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("read", [read_columns, read_gold, read_saved])
def test_a_pipe_is_refused_without_waiting(tmp_path, suffix, read):
    path = tmp_path / f"t.{suffix}"
    os.mkfifo(path)
    refused(lambda: read(path))


# ------------------------------------------------------------------ Parquet


def parquet(path, **columns):
    pq.write_table(pa.table(columns), path)
    return path


def repeated(value, count):
    """One value, as often as one likes, in a few bytes of the file."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array([value]))


def test_a_value_repeated_without_end_is_refused_before_it_is_read(tmp_path):
    path = parquet(tmp_path / "t.parquet", file=repeated("a", 70_000_000))
    assert path.stat().st_size < 200_000
    for read in (read_columns, read_gold, read_saved):
        assert "would unpack" in refused(lambda read=read: read(path))


def test_a_long_text_repeated_is_refused_before_memory_holds_it(tmp_path, monkeypatch):
    monkeypatch.setattr(bounded, "_ANY_RATIO", 2**26)
    path = parquet(tmp_path / "t.parquet", id=repeated("x" * 130_000, 200_000))  # 26 GB
    assert "would unpack" in refused(lambda: read_columns(path))
    parquet(path, id=repeated("x" * 130_000, 200_000), p=np.zeros(200_000))
    assert "would unpack" in refused(lambda: read_saved(path))


def test_a_text_longer_than_any_cell_is_refused(tmp_path):
    path = parquet(tmp_path / "t.parquet", file=["x" * 200_000], label=["a"])
    assert "a cell has 200,000 bytes, and 131,072 is the most" in refused(
        lambda: read_columns(path)
    )


def test_lists_that_unpack_to_far_more_are_refused(tmp_path):
    count = 70_000_000
    values = pa.ListArray.from_arrays([0, count], pa.array(np.zeros(count, np.int8)))
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"probabilities": values}), path, compression="zstd")
    assert path.stat().st_size < 30_000
    assert "would unpack" in refused(lambda: read_saved(path))
    assert "would unpack" in refused(lambda: read_columns(path))


@pytest.mark.parametrize(
    "columns",
    [
        {"p": ["a", "b"]},
        {"probabilities": ["a", "b"]},
        {"probabilities": [1, 2]},
        {"probabilities": [["a", "b"], ["c", "d"]]},
        {"probabilities": [[[0.1]], [[0.9]]]},
        {"probabilities": [{"a": 0.5}, {"a": 0.5}]},
        {"probabilities": [[0.5, None], [0.5, 0.5]]},
        {"probabilities": [None, None]},
        {"a": [b"\0", b"\1"]},
    ],
    ids=str,
)
def test_columns_of_another_type_are_refused(tmp_path, columns):
    path = parquet(tmp_path / "t.parquet", **{name: pa.array(v) for name, v in columns.items()})
    refused(lambda: read_saved(path))


def test_two_columns_of_one_name_are_refused(tmp_path):
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table([["a.png"], ["b.png"]], names=["file", "file"]), path)
    assert "two columns are called 'file'" in refused(lambda: read_columns(path))


@pytest.mark.parametrize("cut", [0, 4, 40, -1, -8, -30])
def test_a_damaged_parquet_file_is_refused(tmp_path, cut):
    path = parquet(tmp_path / "t.parquet", file=["a.png"] * 9, label=["a"] * 9)
    path.write_bytes(path.read_bytes()[:cut])
    for read in (read_columns, read_saved):
        refused(lambda read=read: read(path))


def test_every_changed_byte_is_refused_or_read(tmp_path):
    path = parquet(tmp_path / "t.parquet", file=["a.png", "b.png"], label=["a", "b"])
    whole = path.read_bytes()
    for place in range(4, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            read_columns(path)
        except HardexError as error:
            assert str(error).endswith(".")


# ------------------------------------------------------------------ saved probabilities


@pytest.mark.parametrize(
    "text",
    [
        "id," + ",".join(f"c{i}" for i in range(200_000)),
        "x" * 1_000_000,
        '"' + "x\n" * 1_000_000,
        "0.5,0.5\n" + "1" * 1_000_000,
        "id,a,b\n\0,0.5,0.5",
    ],
    ids=lambda text: text[:12],
)
@pytest.mark.parametrize("read", [read_saved, read_saved_labels])
def test_saved_numbers_with_too_much_of_something_are_refused(tmp_path, text, read):
    path = written(tmp_path / "p.csv", text)
    if text.startswith("id,a") and read is read_saved:
        assert read(path).ids == ("\0",)
    else:
        refused(lambda: read(path))
