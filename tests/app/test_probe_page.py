import json

import pytest

from hardex import HardexError
from hardex_app.inspection import Inspection, Status, inspect_run, wait_until_over
from hardex_app.pages.probe import answer, asked_for, facts
from hardex_app.probing import curve, probe

from .fake_runs import HOSTILE, run_without_images, small_run

ONE = {"source": {"kind": "example", "id": "1"}}


@pytest.fixture(scope="module")
def ready(tmp_path_factory):
    run, classifier = small_run(tmp_path_factory.mktemp("run"))
    inspection = Inspection(lambda inspection: None, run=run)
    inspection.classifier, inspection.status = classifier, Status("ready")
    return inspection


@pytest.mark.parametrize("ask", [probe, curve])
def test_an_answer_is_passed_on_as_it_is(ready, ask):
    assert answer(ready, ask, ONE) == ask(ONE, ready.run, ready.classifier)


@pytest.mark.parametrize("ask", [probe, curve])
def test_a_refusal_becomes_an_error_sentence(ready, ask):
    bad = {"source": {"kind": "example", "id": "nobody"}}
    with pytest.raises(HardexError) as caught:
        ask(bad, ready.run, ready.classifier)
    assert answer(ready, ask, bad) == {"error": str(caught.value)}


@pytest.mark.parametrize("stage", ["starting", "loading the model", "ranking"])
def test_before_it_is_ready_the_page_is_told_to_wait(ready, stage):
    for run in (None, ready.run):
        waiting = Inspection(lambda inspection: None, run=run)
        waiting.status = Status(stage, 3, 10)
        assert answer(waiting, probe, ONE) == {
            "waiting": f"The model is not ready yet ({stage}); your picture is kept."
        }


def test_a_failure_is_passed_on_instead_of_waiting_for_ever(ready):
    failed = Inspection(lambda inspection: None, run=ready.run)
    failed.status = Status("failed", problem="the model must be …; it is not; pass another.")
    assert answer(failed, probe, ONE) == {"error": failed.status.problem}


def test_a_run_of_saved_probabilities_names_the_option_that_helps(tmp_path):
    inspection = inspect_run(run_without_images(tmp_path))
    inspection.visited()
    inspection.start()
    assert wait_until_over(inspection).stage == "ready"
    told = answer(inspection, probe, ONE)
    assert list(told) == ["error"]
    assert "saved probabilities" in told["error"] and "--model" in told["error"]


def test_facts_are_the_classes_and_the_examples(ready):
    told = facts(ready)
    assert told["class_names"] == ["0", "1", "2"]
    assert [one["id"] for one in told["examples"]] == ready.run.hard["id"].tolist()


def test_an_example_can_be_asked_for_twice(ready):
    once, twice = asked_for(ready, "4"), asked_for(ready, "4")
    assert once["examples"] == facts(ready)["examples"]
    assert once["open"] == twice["open"] == "4"
    assert once != twice


def test_the_curve_names_the_preprocessing_of_the_model_that_answers(ready):
    told = answer(ready, curve, ONE)
    assert told["preprocess"] == "raw"
    assert told["preprocess_table"] == list(range(256))


def test_facts_of_hostile_names_are_plain_data(tmp_path):
    run, _ = small_run(tmp_path, class_count=len(HOSTILE), names=HOSTILE)
    told = facts(Inspection(lambda inspection: None, run=run))
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert told["class_names"] == list(HOSTILE)


def test_without_a_run_there_are_no_facts():
    assert facts(Inspection(lambda inspection: None)) is None
