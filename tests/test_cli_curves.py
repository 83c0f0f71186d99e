"""`hardex curves` from the command line."""

import json

STUCK = "epoch,loss,accuracy\n" + "".join(f"{e},2.303,0.1\n" for e in range(6))


def test_findings_are_printed(hardex, tmp_path):
    (tmp_path / "log.csv").write_text(STUCK)
    answer = hardex("curves log.csv")
    assert answer.code == 0
    assert "log.csv: 6 epochs" in answer.out and "not_learning" in answer.out


def test_json(hardex, tmp_path):
    (tmp_path / "log.csv").write_text(STUCK)
    found = json.loads(hardex("curves log.csv --format json").out)
    assert found["runs"][0]["findings"][0]["code"] == "not_learning"


def test_the_readable_logs_are_judged_and_the_others_named(hardex, tmp_path):
    (tmp_path / "log.csv").write_text(STUCK)
    answer = hardex("curves missing.csv log.csv")
    assert answer.code == 1
    assert "not_learning" in answer.out and "there is no missing.csv" in answer.err


def test_columns_and_sizes(hardex, tmp_path):
    (tmp_path / "log.csv").write_text("a,b\n1,2\n2,1.5\n3,1.2\n")
    assert hardex("curves log.csv").code == 1
    assert hardex("curves log.csv --columns loss=b").code == 0
    assert hardex("curves log.csv --columns b").code == 1
    (tmp_path / "sizes.csv").write_text(
        "size,error\n100,0.2\n200,0.15\n400,0.12\n800,0.095\n1600,0.08\n"
    )
    assert "more data helps" in hardex("curves --sizes sizes.csv").out
    assert hardex("curves").code == 2
