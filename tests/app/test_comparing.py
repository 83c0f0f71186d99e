"""What the page Compare and the other pages are told about several models, and who may ask."""

import json
from contextlib import closing

import numpy as np
import pytest

import hardex
from hardex.errors import HardexError, RunError
from hardex.people.access import OWNER, ROLES, Access, Visitor
from hardex_app.auth.keys import Keys
from hardex_app.comparisons import OtherModels
from hardex_app.open_workspace import workspace_of_run
from hardex_app.questions import answered, names_on, question

from .compared_runs import MODELS, answers_of, comparing
from .fake_runs import asking, bearing, decoded, inspecting, sentence, serving, small_run

VERA = Visitor("Vera", "viewer")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return comparing(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def truth(workspace):
    """(m, n) whether each model is right, by hand."""
    return answers_of(workspace) == workspace.run.predictions["given_label"].to_numpy()


def told(workspace, name, request=None, page="compare", visitor=OWNER):
    return answered(question(page, name), workspace, {} if request is None else request, visitor)


def test_the_figures_are_those_of_the_answers(workspace, truth):
    found = told(workspace, "figures")
    assert [one["name"] for one in found["runs"]] == list(MODELS)
    assert [one["errors"] for one in found["runs"]] == (~truth).sum(axis=1).tolist()
    assert found["broken"][0][1] == (truth[0] & ~truth[1]).sum()
    assert found["broken"][2][0] == (truth[2] & ~truth[0]).sum()
    assert found["both_wrong"][0][2] == (~truth[0] & ~truth[2]).sum()
    assert found["wrong_in_all"] == (~truth).all(axis=0).sum()
    assert [(one["a"], one["b"]) for one in found["pairs"]] == [
        ("run", "turned"), ("run", "shy"), ("turned", "shy"),
    ]  # fmt: skip
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_some_models_can_be_chosen(workspace, truth):
    found = told(workspace, "figures", {"runs": ["run", "shy"]})
    assert [one["only_wrong"] for one in found["runs"]] == [
        int((~truth[0] & truth[2]).sum()), int((truth[0] & ~truth[2]).sum()),
    ]  # fmt: skip
    assert found["drift"] == "" and len(found["pairs"]) == 1


def test_a_list_comes_a_page_at_a_time_with_all_answers(workspace, truth):
    asked = {"list": "broken", "a": "run", "b": "turned"}
    found = told(workspace, "examples", asked)
    rows = np.flatnonzero(truth[0] & ~truth[1])
    assert found["total"] == len(rows)
    ids = [one["id"] for one in found["examples"]]
    for page in range(2, found["pages"] + 1):
        ids += [one["id"] for one in told(workspace, "examples", asked | {"p": page})["examples"]]
    assert sorted(ids, key=int) == [str(row) for row in rows]
    first = found["examples"][0]
    assert [one["run"] for one in first["answers"]] == list(MODELS)
    assert first["answers"][1]["predicted"] == answers_of(workspace)[1, int(first["id"])]
    assert first["answers"][0]["predicted"] == first["given"]


def test_a_list_can_be_narrowed_to_a_class_and_a_confusion_pair(workspace):
    asked = {"list": "both_wrong", "a": "run", "b": "run"}
    whole = told(workspace, "examples", asked)
    given, count = whole["classes"][0]
    some = told(workspace, "examples", asked | {"given": given})
    assert some["total"] == count and {one["given"] for one in some["examples"]} == {given}
    given, answer, count = whole["pairs"][0]
    assert told(workspace, "examples", asked | {"given": given, "answer": answer})["total"] == count


@pytest.mark.parametrize(
    "request_",
    [
        {"list": "everything"},
        {"list": "only_wrong", "a": "nobody"},
        {"list": "wrong_in_all", "given": "cow"},
        {"list": "wrong_in_all", "runs": "run"},
        {"list": "wrong_in_all", "runs": ["run"]},
        {"list": "wrong_in_all", "runs": ["run", ["shy"]]},
        {"list": "wrong_in_all", "p": "last"},
        {"list": 3},
        [],
    ],
)
def test_other_requests_are_one_sentence(workspace, request_):
    answer = told(workspace, "examples", request_)
    assert list(answer) == ["error"] and answer["error"].endswith(".")


def test_browse_shows_what_the_other_models_say(workspace):
    found = told(workspace, "other_answers", "7", page="browse")["models"]
    assert [one["run"] for one in found] == list(MODELS[1:])
    assert found[0]["predicted"] == answers_of(workspace)[1, 7]
    assert sum(bar["p"] for bar in found[0]["bars"]) == pytest.approx(1)
    assert told(workspace, "facts", page="browse")["models"] is True
    assert told(workspace, "other_answers", "nothing", page="browse") == {"models": []}


def test_probe_draws_the_curve_of_another_model(workspace):
    about = {"source": {"kind": "example", "id": "7"}, "transform": {}, "along": "rotation"}
    found = told(workspace, "curve_of", about | {"run": "turned"}, page="probe")
    assert found["run"] == "turned" and found["amounts"][-1] == 180
    at = found["amounts"].index(0)
    assert found["leaders"][at] == answers_of(workspace)[1, 7]
    assert told(workspace, "facts", page="probe")["models"] == ["turned", "shy"]
    for name in ("run", "nobody", None, 3):
        answer = told(workspace, "curve_of", about | {"run": name}, page="probe")
        assert "must be" in answer["error"]
    anna = Visitor("Anna", "annotator")
    assert "only the owner" in told(workspace, "curve_of", {}, "probe", anna)["error"]


def test_another_model_that_cannot_be_loaded_is_one_sentence(workspace):
    _, turned, _ = workspace.comparisons.runs(workspace.run)
    with pytest.raises(HardexError) as caught:
        OtherModels().of(turned, trust_model=False)
    assert sentence(caught.value)


def test_pictures_come_from_the_first_run(workspace):
    found = told(workspace, "pictures", ["3"])
    np.testing.assert_array_equal(decoded(found["3"]), workspace.run.image("3"))


def test_one_run_alone_has_nothing_to_compare(tmp_path):
    opened = inspecting(*small_run(tmp_path))
    found = told(opened, "facts")
    assert found["runs"] == [] and found["command"] == f"hardex serve {opened.run.folder} RUN"
    assert told(opened, "other_answers", "3", page="browse") == {"models": []}
    assert told(opened, "facts", page="browse")["models"] is False
    assert "needs 2 to 20 runs" in told(opened, "figures")["error"]


def test_a_run_that_is_ranked_again_is_compared_again(tmp_path):
    opened = comparing(tmp_path)
    before = told(opened, "figures")["runs"]
    images, rows = np.load(tmp_path / "data.npz"), np.eye(3)[np.zeros(60, int)] * 0.9 + 0.1 / 3
    hardex.rank(
        probabilities=rows, labels=images["labels"], data=tmp_path / "data.npz",
        out=tmp_path / "shy", force=True,
    )  # fmt: skip
    after = told(opened, "figures")["runs"]
    assert after[:2] != before[:2] or after[2] != before[2]
    assert after[2]["errors"] == 40


# ------------------------------------------------------------------ who, and what is opened


def test_viewers_read_it_without_folders(workspace):
    for name, request in (("facts", {}), ("figures", {}), ("examples", {"list": "suspects"})):
        answer = told(workspace, name, request, visitor=VERA)
        assert "error" not in answer
        assert str(workspace.run.folder.parent) not in json.dumps(answer)


def test_annotators_never_see_it(workspace):
    assert names_on("compare", "annotator") == []
    keys = Keys(workspace)
    access = Access.open(workspace.run.folder, roles=ROLES)
    with serving(workspace, keys) as served, closing(keys):
        with closing(bearing(served.url, access.invite("Anna"))) as anna:
            for name in names_on("compare", "owner"):
                assert asking(anna, "compare", name, {}).status_code == 404
            assert asking(anna, "browse", "other_answers", "1").status_code == 404
            assert "page-compare" not in anna.get("/").text
        with closing(bearing(served.url, access.invite("Vera", role="viewer"))) as vera:
            assert asking(vera, "compare", "figures", {}).json()["examples"] == 60
            assert "page-compare" in vera.get("/").text


def test_runs_that_cannot_be_compared_are_refused_before_the_app_opens(workspace):
    run = workspace.run
    with pytest.raises(RunError, match="is there twice"):
        workspace_of_run(run, others=[run])
    with pytest.raises(RunError, match="received 21"):
        workspace_of_run(run, others=[run] * 20)
    _, other, _ = workspace.comparisons.runs(run)
    assert workspace_of_run(run, others=[other]).comparisons
