"""What a table says of each example, on its way through a run."""

import csv
import json

import numpy as np
import pytest
from fakes import brightness

from hardex import load, rank
from hardex.images import write_png


@pytest.fixture
def photographs(tmp_path):
    """200 dark and bright pictures; those taken at night by camera B have the wrong label."""
    rng = np.random.default_rng(0)
    rows = []
    for i in range(200):
        bright = bool(i % 2)
        night, camera = bool(i // 2 % 2), "AB"[i // 4 % 2]
        label = bright != (night and camera == "B")
        write_png(
            rng.integers(180, 256, (2, 2, 1)).astype(np.uint8) // (1 if bright else 9),
            tmp_path / f"{i}.png",
        )
        rows.append(
            (
                f"{i}.png",
                f"example {i}",
                "bright" if label else "dark",
                "night" if night else "day",
                camera,
                f"p{i}",
                i / 7,
            )
        )
    with (tmp_path / "photographs.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [("file", "id", "label", "light", "camera", "patient", "dose"), *rows]
        )
    return tmp_path / "photographs.csv"


@pytest.fixture
def run(photographs, tmp_path):
    return rank(
        lambda x: brightness(x)[:, ::-1],
        photographs,
        out=tmp_path / "run",
        class_names=["bright", "dark"],
    )


def test_every_further_column_stands_in_the_table(run, photographs):
    table = run.predictions
    with photographs.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for name in ("light", "camera", "patient", "dose"):
        assert table[f"meta_{name}"].tolist() == [row[name] for row in rows]
    assert table.id.tolist() == [row["id"] for row in rows]
    assert table.file_name.tolist() == [row["file"] for row in rows]
    assert not [name for name in table if name in ("meta_label", "meta_id", "meta_file")]


def test_the_rates_are_those_of_the_table(run):
    table = run.predictions.assign(wrong=lambda t: t.given_label != t.predicted_label)
    for column in run.metrics["slices"]["columns"]:
        if column["column"] != "dose":  # cut into ranges
            counted = table.groupby(f"meta_{column['column']}").wrong.agg(["size", "sum"])
            for value in column["values"]:
                expected = counted.loc[value["value"]]
                assert (value["examples"], value["wrong"]) == tuple(expected)
    assert {c["column"] for c in run.metrics["slices"]["columns"]} == {"light", "camera", "dose"}


def test_the_worst_slice_is_the_planted_one(run):
    slices = run.metrics["slices"]
    assert slices["worst"][0]["slice"] == {"light": "night", "camera": "B"}
    assert slices["worst"][0]["error"]["value"] == 1.0
    assert [out["column"] for out in slices["left_out"]] == ["patient"]


def test_the_run_opens_its_pictures_again(run, photographs):
    again = load(run.folder)
    for position in (0, 77):
        id = f"example {position}"
        np.testing.assert_array_equal(again.image(id), again.dataset.image(position))


def test_columns_named_by_hand_are_remembered_by_the_run(photographs, tmp_path):
    run = rank(
        lambda x: brightness(x),
        photographs,
        out=tmp_path / "run",
        label_column="light",
        class_names=["night", "day"],
    )
    assert load(run.folder).dataset.class_names == ("night", "day")
    assert load(run.folder).manifest.reading.label_column == "light"
    assert "meta_label" in run.predictions


@pytest.fixture
def saved(photographs, tmp_path):
    np.save(tmp_path / "p.npy", np.tile([[0.25, 0.75], [0.875, 0.125]], (100, 1)))
    return "rank photographs.csv --probabilities p.npy --classes bright,dark --out run"


def test_the_screen_shows_every_value_and_the_worst_slices(hardex, saved):
    answer = hardex(saved)
    assert (answer.code, answer.err) == (0, "")
    assert "Error rate by metadata" in answer.out
    assert "camera = B " in answer.out and "dose = up to 7" in answer.out
    assert "Column patient has no slices: it has 200 values that are no" in answer.out
    worst = answer.out[answer.out.index("Worst slices: ") :]
    assert "values and pairs of values with 10 examples or more were tested; p is cor" in worst
    assert worst.index("light = night, camera = B") < worst.index("Run saved in")


def test_json_holds_the_slices(hardex, saved):
    answer = json.loads(hardex(f"{saved} --format json").out)
    assert answer["slices"]["worst"][0]["slice"] == {"light": "night", "camera": "B"}


def test_where_nothing_stands_out_it_is_said(hardex, saved, photographs):
    text = photographs.read_text().replace(",night,B,", ",night,A,").replace(",day,B,", ",day,A,")
    photographs.write_text(text.replace(",night,", ",day,").replace(",day,", ",-,"))
    answer = hardex(saved)
    assert "No slice stands out: " in answer.out


def test_the_screen_says_how_many_are_sealed(hardex, saved):
    answer = hardex(f"{saved} --seal 0.5")
    sealed = load("run").manifest.counts["sealed"]
    assert f"\n{sealed} more examples are sealed for a later proof: not predicted and" in answer.out
    assert "The rule is in run/seal.json." in answer.out


@pytest.mark.parametrize("option", ["--split test", "--label-column nothing"])
def test_options_of_the_data_reach_it(hardex, saved, option):
    answer = hardex(f"{saved} {option}")
    assert answer.code == 1
    assert option.split()[0] in answer.err or "must have a column 'nothing'" in answer.err
