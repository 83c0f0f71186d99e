import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardex.predict.predictions import Predictions
from hardex.ranking.scored import ScoredPredictions
from hardex.ranking.scores import SCORES
from hardex.runs.tables import (
    PredictionsWriter,
    join_tables,
    read_predictions,
    stream_predictions,
    stream_scored,
)

COLUMNS = [
    *("id", "position", "file_name", "given_label", "predicted_label"),
    *("given_index", "predicted_index", "confidence"),
    *("least_confidence", "margin", "entropy", "loss", "normalized_margin", "el2n"),
    "probabilities",
]
NAMES = ("7", "None", "nan")


def some_predictions(count=20):
    rng = np.random.default_rng(0)
    weights = rng.integers(0, 5, (count, 3)) + 0.25
    return Predictions(
        np.arange(count) * 2,  # gaps, as skipped files leave them
        tuple(f"a/{i}.png" for i in range(count)),
        rng.integers(0, 3, count),
        weights / weights.sum(axis=1, keepdims=True),
    )


def scored(predictions, functions=SCORES):
    return ScoredPredictions.of(predictions, functions)


def written(path, whole, cuts=(), *, files=None, meta=None):
    """A table of these rows, whose files have their ids for names."""
    if files is None:
        files = np.array([""] * (int(whole.positions.max(initial=0)) + 1), object)
        files[whole.positions] = whole.ids
    with PredictionsWriter(path, class_names=NAMES, files=files, meta=meta or {}) as table:
        for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True):
            part = slice(a, b)
            table.write(
                scored(
                    Predictions(
                        whole.positions[part],
                        whole.ids[part],
                        whole.labels[part],
                        whole.probabilities[part],
                    )
                )
            )
    return path


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("tables") / "predictions.parquet"


def test_the_columns_are_those_of_the_design(path):
    schema = pq.read_schema(written(path, some_predictions()))
    assert schema.names == COLUMNS
    types = {name: str(schema.field(name).type) for name in COLUMNS}
    assert types == {
        **dict.fromkeys(("id", "file_name", "given_label", "predicted_label"), "string"),
        **dict.fromkeys(("given_index", "predicted_index"), "int32"),
        **dict.fromkeys(SCORES, "double"),
        "position": "int64",
        "confidence": "float",
        "probabilities": types["probabilities"],
    }
    assert types["probabilities"].startswith("list<") and "float" in types["probabilities"]


def test_every_cell_says_what_the_predictions_say(path):
    whole = some_predictions()
    table = read_predictions(written(path, whole))
    p, predicted = whole.probabilities, whole.probabilities.argmax(axis=1)
    assert table["id"].tolist() == table["file_name"].tolist() == list(whole.ids)
    assert table["position"].tolist() == whole.positions.tolist()
    assert table["given_index"].tolist() == whole.labels.tolist()
    assert table["predicted_index"].tolist() == predicted.tolist()
    assert table["given_label"].tolist() == [NAMES[i] for i in whole.labels]
    assert table["predicted_label"].tolist() == [NAMES[i] for i in predicted]
    np.testing.assert_array_equal(table["confidence"], p.max(axis=1))
    np.testing.assert_array_equal(np.stack(table["probabilities"]), p)
    for name, score in SCORES.items():
        np.testing.assert_array_equal(table[name], score(p, whole.labels))


def test_examples_that_are_no_files_have_no_file_name(path):
    table = read_predictions(written(path, some_predictions(), files=()))
    assert table["file_name"].isna().all() and table["id"].notna().all()


@settings(max_examples=25)
@given(cuts=st.sets(st.integers(0, 20), max_size=6).map(sorted))
def test_the_cut_into_batches_never_changes_the_table(path, cuts):
    whole = some_predictions()
    expected = written(path, whole).read_bytes()
    assert written(path, whole, cuts).read_bytes() == expected


def test_row_groups_bound_memory_and_change_no_row(path):
    whole = some_predictions(150_000)
    written(path, whole, range(10_000, 150_000, 10_000))
    file = pq.ParquetFile(path)
    sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
    assert len(sizes) > 3 and max(sizes) <= 8_192 and len(set(sizes[:-1])) == 1
    table = file.read(columns=["position", "confidence"])
    assert table.column("position").to_pylist() == whole.positions.tolist()
    np.testing.assert_array_equal(table.column("confidence"), whole.probabilities.max(axis=1))
    parts = [part.positions for part in stream_predictions(path)]
    assert [len(part) for part in parts] == sizes
    np.testing.assert_array_equal(np.concatenate(parts), whole.positions)


@settings(max_examples=25)
@given(places=st.lists(st.integers(0, 19), unique=True))
def test_rows_are_read_back_in_the_order_asked_for(path, places):
    path = path.with_name("twenty.parquet")
    if not path.exists():
        written(path, some_predictions())
    positions = np.array(places, np.int64) * 2
    rows = read_predictions(path, positions)
    assert rows["position"].tolist() == positions.tolist()
    assert rows["id"].tolist() == [f"a/{place}.png" for place in places]


@settings(max_examples=10, deadline=None)
@given(cuts=st.sets(st.integers(0, 17_000), max_size=3).map(sorted))
def test_parts_join_to_the_bytes_of_one_table(tmp_path_factory, cuts):
    whole, folder = some_predictions(17_000), tmp_path_factory.mktemp("parts")
    expected = written(folder / "whole.parquet", whole).read_bytes()
    parts = []
    for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True):
        some = Predictions(
            whole.positions[a:b], whole.ids[a:b], whole.labels[a:b], whole.probabilities[a:b]
        )
        files = np.array([f"a/{i // 2}.png" for i in range(34_000)], object)
        parts.append(written(folder / f"{len(parts)}.parquet", some, files=files))
    join_tables(parts, folder / "joined.parquet", class_count=3)
    assert (folder / "joined.parquet").read_bytes() == expected


def test_a_score_that_is_no_column_becomes_one_as_the_table_is_streamed(path):
    whole = some_predictions(9_000)
    written(path, whole)
    expected = whole.probabilities[:, 0].astype(float)
    functions = {"loss": SCORES["loss"], "mine:first": lambda p, y: p[:, 0].astype(float)}
    for _ in range(2):  # the second time it is read
        batches = list(stream_scored(path, functions))
        assert len(batches) > 1
        for name, scores in (("mine:first", expected), ("loss", SCORES["loss"](*rows_of(whole)))):
            found = np.concatenate([batch.scores[name] for batch in batches])
            np.testing.assert_array_equal(found, scores)
    assert pq.read_schema(path).names == [*COLUMNS[:-1], "mine:first", "probabilities"]


def rows_of(whole):
    return whole.probabilities, whole.labels


def test_a_table_that_is_stopped_can_be_deleted_at_once(tmp_path):
    path = tmp_path / "predictions.parquet"
    with (
        pytest.raises(KeyboardInterrupt),
        PredictionsWriter(path, class_names=NAMES) as table,
    ):
        table.write(scored(some_predictions()))
        raise KeyboardInterrupt
    path.unlink()


def test_what_else_is_known_stands_beside_the_example_it_is_known_of(path):
    meta = {"hour of day": np.array([f"{i} h" for i in range(40)], object)}
    table = read_predictions(written(path, some_predictions(), meta=meta))
    assert list(table.columns) == [*COLUMNS, "meta_hour of day"]
    assert table["meta_hour of day"].tolist() == [f"{position} h" for position in table.position]


def test_a_file_may_have_another_name_than_its_id(path):
    files = [f"picture {i}" for i in range(40)]
    table = read_predictions(written(path, some_predictions(), files=files))
    assert table.file_name.tolist() == [f"picture {position}" for position in table.position]
