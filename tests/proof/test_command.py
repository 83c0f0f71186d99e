"""`hardex prove` as it is typed."""

import json
from pathlib import Path

import numpy as np
import pytest

import hardex as library
from hardex.runs.seal import seal_uses

from .made_models import NAMES, model_of, pictures, write

FIXED = (
    *("verdict", "difference", "low", "high", "repaired", "broken", "p_mcnemar"),
    *("level", "detectable", "uses"),
)

MODELS = """
import numpy as np

def of(modulo):
    def model(images):
        sums = images.reshape(len(images), -1).sum(axis=1, dtype=np.int64)
        answers = np.where(sums % modulo == 0, (sums + 1 + sums // modulo % 2) % 3, sums % 3)
        return 0.1 + 0.7 * np.eye(3)[answers]
    return model

old, new, same = of(6), of(10**9), of(6)
for name in ("old", "new", "same"):
    globals()[name].__qualname__ = name
"""


@pytest.fixture
def run(hardex, tmp_path, monkeypatch):
    """A sealed run of a function in a file; `made_by_hand:new` is right everywhere."""
    (tmp_path / "made_by_hand.py").write_text(MODELS)
    monkeypatch.syspath_prepend(tmp_path)
    images, _ = pictures(400)
    labels = images.reshape(400, -1).sum(axis=1, dtype=np.int64) % 3
    write(tmp_path / "data.npz", images, labels)
    made = hardex("rank made_by_hand:old data.npz --seal 0.5 --out run")
    assert made.code == 0, made.err


def test_the_verdict_comes_first_and_is_kept(hardex, run):
    told = hardex("prove run made_by_hand:new --trust-model --target rotation=30")
    assert told.code == 0, told.err
    assert told.out.startswith("made_by_hand:new is better than run: +")
    for line in (
        "that were sealed. This is use 1 of the seal, judged at the level 0.025.",
        "97.5 % interval",
        "Broken: none.",
        "would be found with 80 % power.",
        "not answered: another seed alone may change as much. It takes 2 more models with",
        "The same examples with a planted rotation of -30 to 30: ",
        "Calibration error: ",
        "Proof written to run/proofs/",
        "All proofs of this run: hardex prove run --history",
    ):
        assert line in told.out
    listed = hardex("prove run --history").out
    assert "1 proof of this run." in listed and "better" in listed
    assert "The seal was opened 1 time; the next use is judged at the level 0.0083." in listed
    assert hardex("report run -o report.md").code == 0
    report = Path("report.md").read_text(encoding="utf-8")
    assert "### Did the changes help?" in report and "| better |" in report
    history = json.loads(hardex("prove run --history --format json").out)
    assert (history["schema"], history["proofs"][0]["verdict"]) == ("hardex.proofs/1", "better")


def test_json_has_the_fixed_names(hardex, run):
    found = json.loads(hardex("prove run made_by_hand:new --trust-model --format json").out)
    assert found["schema"] == "hardex.proof/1" and set(FIXED) <= found.keys()
    assert (found["verdict"], found["uses"], found["level"]) == ("better", 1, 0.025)
    assert found["repaired"] == len(found["repaired_ids"]) > 0 == found["broken"]
    assert found["low"] <= found["difference"] <= found["high"]
    same = json.loads(
        hardex("prove made_by_hand:old made_by_hand:same --confirm data.npz --format json").out
    )
    assert (same["verdict"], same["level"]) == ("no_measurable_difference", 0.05)
    nothing = json.loads(hardex("prove made_by_hand:old made_by_hand:new --format json").out)
    assert (nothing["verdict"], nothing["difference"]) == ("not_provable", None)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("prove run made_by_hand:nobody --trust-model", "nobody"),
        ("prove run made_by_hand:new", "--trust-model"),
        ("prove nothing made_by_hand:new --confirm data.npz", "nothing"),
        ("prove run made_by_hand:new --trust-model --target snow", "--target must be one of"),
        ("prove made_by_hand:old --history", "a run is a folder with manifest.json"),
    ],
)
def test_bad_input_is_one_sentence(hardex, run, line, why):
    told = hardex(line)
    assert told.code == 1 and why in told.err and told.err.count("\n") == 1
    assert seal_uses(Path("run")) == 0


@pytest.mark.parametrize("line", ["prove", "prove run", "prove run new --history"])
def test_wrong_usage(hardex, run, line):
    assert hardex(line).code == 2


def test_the_function_has_the_defaults_of_the_command(hardex):
    assert "--confirm" in hardex("prove --help").out
    images, labels = pictures(60)
    found = library.prove(
        model_of("a", images, labels, []), model_of("b", images, labels, [0]),
        confirm=(images, np.array([NAMES[label] for label in labels])),
    )  # fmt: skip
    assert found.verdict == "no_measurable_difference"
