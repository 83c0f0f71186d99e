from dataclasses import fields

import pytest

from hardex.runs.findings import Finding, read_findings, schema, write_findings


def test_what_was_written_is_read(tmp_path):
    rare = Finding(
        id="a",
        cause="rare",
        confidence=0.75,
        position=3,
        neighbour_ids=("x", "y"),
        neighbour_distances=(0.5, 1.0),
        probabilities={"rare": 0.75, "unexplained": 0.25},
    )
    turned = Finding(id="b", cause="rotation", confidence=0.5, amount=-30.0)
    causes = ("rotation", "rare", "unexplained")
    write_findings(tmp_path / "findings.parquet", [rare, turned], causes)
    table = read_findings(tmp_path / "findings.parquet")
    names = [one.name for one in fields(Finding) if one.name != "probabilities"]
    assert list(table.columns) == [*names, "p_rotation", "p_rare", "p_unexplained"]
    assert table["cause"].tolist() == ["rare", "rotation"]
    assert table["position"].tolist() == [3, 0]
    assert list(table["neighbour_ids"][0]) == ["x", "y"]
    assert table["amount"].tolist() == [pytest.approx(float("nan"), nan_ok=True), -30.0]
    assert table["p_rare"].tolist() == [0.75, 0.0]


def test_no_findings_are_a_table_too(tmp_path):
    write_findings(tmp_path / "findings.parquet", [], ("rare",))
    assert read_findings(tmp_path / "findings.parquet").columns.tolist() == schema(("rare",)).names
