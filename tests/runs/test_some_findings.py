"""Some rows of findings.parquet, without reading the others."""

import math
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hardex.runs.findings import Finding, find_findings, first_of_each, write_findings

TURNED = Finding(
    id="a/1.png",
    cause="rotation",
    confidence=0.75,
    second_cause="blur",
    amount=-30.0,
    position=7,
    given_label="6",
    predicted_label="0",
    why="turned back, it is a 6",
    label_after="6",
    confidence_after=0.9,
    neighbour_ids=("t1", "t2"),
    neighbour_labels=("6", "0"),
    neighbour_distances=(0.25, 0.5),
    probabilities={"rotation": 0.75, "blur": 0.25},
)
RARE = Finding(id="b", cause="rare", confidence=0.5, probabilities={"rotation": 0.5, "blur": 0.0})
JUDGED = ("rotation", "blur")


@pytest.fixture
def table(tmp_path):
    """Six findings in row groups of two."""
    whole = tmp_path / "whole.parquet"
    others = [replace(TURNED, id=str(number)) for number in range(4)]
    write_findings(whole, [TURNED, *others, RARE], JUDGED)
    pq.write_table(pq.read_table(whole), tmp_path / "findings.parquet", row_group_size=2)
    return tmp_path / "findings.parquet"


def test_a_finding_is_read_as_it_was_written(table):
    assert find_findings(table, ["b", "a/1.png", "nothing"]) == {"a/1.png": TURNED, "b": RARE}
    assert find_findings(table, []) == {}


def test_of_many_findings_only_the_attributes_that_are_asked_for_are_read(table):
    found = find_findings(table, ["a/1.png"], ["second_cause"])["a/1.png"]
    assert found == Finding(id="a/1.png", cause="rotation", confidence=0.75, second_cause="blur")


def test_the_first_of_each_cause_come_in_the_order_of_the_table(table):
    found = first_of_each(table, ["rare", "rotation", "junk"], 3)
    assert {cause: [one.id for one in some] for cause, some in found.items()} == {
        "rotation": ["a/1.png", "0", "1"],
        "rare": ["b"],
        "junk": [],
    }
    assert found["rotation"][0].given_label == "6"


def test_row_groups_without_the_example_are_not_read(tmp_path):
    """The second half of the file is destroyed; the first can still be read."""
    path = tmp_path / "findings.parquet"
    write_findings(path, [replace(TURNED, id=str(number)) for number in range(9_000)], JUDGED)
    assert pq.ParquetFile(path).num_row_groups == 2
    column = pq.ParquetFile(path).metadata.row_group(1).column(0)
    start = column.dictionary_page_offset or column.data_page_offset
    content = bytearray(path.read_bytes())
    content[start : start + 2_000] = bytes(2_000)
    path.write_bytes(content)
    assert find_findings(path, ["17"])["17"].position == 7
    with pytest.raises((OSError, ValueError)):
        find_findings(path, ["8999"])


@pytest.mark.parametrize("name", ["cause", "neighbour_ids", "amount"])
def test_another_table_is_refused_by_the_column_that_it_lacks(table, name):
    pq.write_table(pq.read_table(table).drop_columns([name]), table)
    with pytest.raises(ValueError, match=f"its column '{name}' is missing or of another type"):
        find_findings(table, ["b"])


def test_a_text_that_is_too_long_is_refused_where_it_is_read(table):
    rows = pq.read_table(table)
    long = pa.array([["x" * 200_000] * 8] * len(rows), rows.schema.field("given_ids").type)
    at = rows.schema.get_field_index("given_ids")
    pq.write_table(rows.set_column(at, "given_ids", long), table, compression="none")
    with pytest.raises(ValueError, match=r"a cell has 200,000 characters"):
        find_findings(table, ["b"])
    assert find_findings(table, ["b"], ["second_cause"])["b"].cause == "rare"


def test_empty_cells_are_defaults_and_a_finding_without_a_cause_is_refused(table):
    rows = pq.read_table(table)
    for name in ("why", "position", "p_rotation"):
        empty = pa.nulls(len(rows), rows.schema.field(name).type)
        rows = rows.set_column(rows.schema.get_field_index(name), name, empty)
    pq.write_table(rows, table)
    found = find_findings(table, ["a/1.png"])["a/1.png"]
    assert (found.why, found.position, found.probabilities) == ("", 0, {"blur": 0.25})
    empty = pa.nulls(len(rows), pa.string())
    pq.write_table(rows.set_column(1, "cause", empty), table)
    with pytest.raises(ValueError, match="a finding has no cause"):
        find_findings(table, ["b"])
    assert math.isclose(found.confidence, 0.75)
