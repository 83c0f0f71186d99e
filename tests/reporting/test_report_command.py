"""`hardex report` as it is typed."""

import json

import pytest

from tests.app.fake_runs import run_without_images


@pytest.fixture
def run(tmp_path):
    return run_without_images(tmp_path)


def test_the_name_of_the_file_says_the_format(hardex, run, tmp_path):
    told = hardex("report saved")
    assert told.code == 0 and told.out.startswith("Report of 1 run with 5 hard examples, ")
    assert told.out.endswith("written to report.html.\n")
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")
    assert hardex("report saved -o report.md").code == 0
    assert (tmp_path / "report.md").read_text().startswith("# Where saved fails")


def test_standard_output_takes_the_report_alone(hardex, run):
    assert json.loads(hardex("report saved -o - --format json").out)["runs"][0]["wrong"] == 2


def test_an_existing_file_stays(hardex, run):
    assert hardex("report saved").code == 0
    again = hardex("report saved")
    assert again.code == 1 and "report.html exists; pass --force" in again.err
    assert hardex("report saved --force --thumbnails 2").out.startswith(
        "Report of 1 run with 2 hard examples"
    )


def test_an_export_is_typed_and_told(hardex, run, tmp_path):
    told = hardex("export saved --to parquet")
    assert told.out == "4 examples written to saved.parquet.\n"
    found = json.loads(hardex("export saved --to cleanlab --format json").out)
    assert found == {
        "schema": "hardex.export/1", "path": "saved-cleanlab", "to": "cleanlab", "examples": 4,
        "left_out": 0, "first_left_out": "",
    }  # fmt: skip
    assert (tmp_path / "saved-cleanlab" / "labels.npy").is_file()
    assert "this export needs pictures" in hardex("export saved --to fiftyone").err
