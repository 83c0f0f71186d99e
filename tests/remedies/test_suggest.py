"""The findings of a run -> a recipe, each part with its reason."""

import json

import numpy as np
import pytest
from fakes import checksum_of, small_dataset

import hardex
from hardex.diagnosis.overall import DIAGNOSIS, CauseCount, Diagnosis, GroupTest
from hardex.errors import RunError
from hardex.remedies.recipe import Balance
from hardex.remedies.suggest import suggest
from hardex.runs.findings import FINDINGS, Finding, write_findings
from hardex.training.augmentation import Amounts


@pytest.fixture
def run(tmp_path):
    return hardex.rank(checksum_of(3), small_dataset(40), out=tmp_path / "run")


def diagnosed(run, *findings, sure=(), train_hash=""):
    """The run with these findings, of which some causes are more often than by chance."""
    causes = [one.cause for one in findings]
    results = run.folder / "results"
    write_findings(results / FINDINGS, findings, sorted(set(causes)))
    whole = Diagnosis(
        examples=len(findings), wrong=len(findings), chosen="", model="m", data="d", train="t",
        train_path="", train_hash=train_hash, scope="", judged=(), not_judged=(),
        counts=tuple(
            CauseCount(cause, causes.count(cause), "look") for cause in sorted(set(causes))
        ),
        tests=tuple(
            GroupTest(cause, given, 3, 4, 0.1, 1e-6, 1e-5, None, None, "s")
            for cause in sure for given in ("", "1")
        ),
        label_errors=None, leakage=None,
    )  # fmt: skip
    (results / DIAGNOSIS).write_text(json.dumps(whole.as_json()))
    return hardex.load(run.folder)


def found(cause, number, amount=None, amount_y=None, given="1"):
    return Finding(
        id=f"{cause}{number}", cause=cause, confidence=0.9, amount=amount, amount_y=amount_y,
        given_label=given,
    )  # fmt: skip


def test_the_middle_of_the_amounts_is_trained_and_only_what_chance_does_not_explain(run):
    turned = [found("rotation", i, amount) for i, amount in enumerate(np.linspace(-50, 50, 11))]
    shifted = [found("shift", i, float(i), -float(i)) for i in range(11)]
    blurred = [found("blur", 0, 2.0)]
    suggestion = suggest(
        diagnosed(run, *turned, *shifted, *blurred, found("flip", 0), sure=("rotation", "shift"))
    )
    assert suggestion.recipe.parts == ("augment",)
    assert suggestion.recipe.augment.amounts == (
        Amounts("rotation", ((-40.0, 40.0),)),
        Amounts("shift", ((1.0, 9.0), (-9.0, -1.0))),
    )
    assert suggestion.recipe.reasons["augment"] == (
        "Of 24 diagnosed, 11 hard examples look rotated, by -40 to 40 and 11 hard examples look "
        "shifted, by 1 to 9 and -9 to -1."
    )
    assert suggestion.notes == ()


def test_imbalance_is_corrected_without_a_training_and_the_rest_is_for_people(run):
    rare = [found("rare", i, given=str(i % 2)) for i in range(3)]
    findings = [found("imbalance", 0), *rare, found("mislabelled", 0), found("junk", 0)]
    sure = ("imbalance", "rare", "mislabelled", "junk")
    suggestion = suggest(diagnosed(run, *findings, sure=sure))
    assert suggestion.recipe.balance == Balance(logit_adjustment=1.0)
    assert not suggestion.recipe.trains and suggestion.recipe.clean is None
    assert "3 hard examples (2 of 0, 1 of 1); collect" in suggestion.notes[0]
    assert [one.partition(":")[0] for one in suggestion.notes] == [
        "Unlike the training images of their class",
        "1 evaluation example seems to be mislabelled",
        "junk",
    ]


def test_labels_of_training_data_are_cleaned_by_a_fix_of_another_run(run):
    own = run.manifest.data.hash
    one = diagnosed(run, found("mislabelled", 0), sure=("mislabelled",), train_hash=own)
    found_here = suggest(one)
    assert found_here.recipe.clean is None
    assert f"clean: {{by: findings, run: {run.folder}}}" in found_here.notes[0]


def test_findings_that_chance_explains_suggest_nothing(run):
    assert suggest(diagnosed(run, found("rotation", 0, 20.0))).recipe.parts == ()


def test_a_run_that_was_not_diagnosed_is_refused(run):
    with pytest.raises(RunError, match="has no findings yet"):
        suggest(run)
