"""What the pages tell about causes, to whom, and which pictures come with it."""

import json
from contextlib import closing
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from starlette.testclient import TestClient

from hardex.data.dataset import ArrayDataset
from hardex.diagnosis.undone import undone
from hardex.images import read_image
from hardex.people.access import OWNER, ROLES, Access, Visitor
from hardex.predict.neighbours import build
from hardex.runs.findings import FINDINGS, Finding
from hardex.runs.views import View
from hardex_app import browsing, causes
from hardex_app.auth.gate import Gate
from hardex_app.auth.keys import Keys
from hardex_app.background import Status
from hardex_app.questions import answered, names_on, question
from hardex_app.workspace import Workspace

from .fake_runs import asking, bearing, decoded, diagnosed, guarded, inspecting, serving, small_run

ANNA, VERA = Visitor("Anna", "annotator"), Visitor("Vera", "viewer")
SHARES = {"rotation": 0.8, "blur": 0.15, "rare": 0.05}
TURNED = Finding(
    id="4", cause="rotation", confidence=0.8, second_cause="blur", amount=-90.0, position=4,
    given_label="1", predicted_label="0", why="turned back, it is a 1", label_after="1",
    confidence_after=0.9, probabilities=SHARES,
)  # fmt: skip
UNKNOWN = Finding(
    id="7", cause="unexplained", confidence=0.7, second_cause="rare", given_label="1",
    probabilities={"unexplained": 0.7, "rare": 0.2, "junk": 0.1}, own_distance=float("nan"),
)  # fmt: skip
FOUND = [
    TURNED,
    UNKNOWN,
    *(Finding(id=str(n), cause="rare", confidence=0.6) for n in range(10, 20)),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    made, _ = small_run(tmp_path_factory.mktemp("run"), shape=(8, 8, 1))
    diagnosed(made, FOUND)
    return made


@pytest.fixture
def workspace(run):
    opened = inspecting(run)
    images = np.stack([run.image(str(number)) for number in range(6)])
    opened.neighbours = build(ArrayDataset.of(images, np.arange(6) % 3), None)
    return opened


def told(workspace, page, name, request=None, visitor=OWNER):
    return answered(question(page, name), workspace, request or {}, visitor)


# ------------------------------------------------------------------ Browse


def test_a_card_names_the_cause_and_the_second_one(run):
    found = browsing.browse({"list": "all"}, run)["examples"]
    assert found[4]["cause"] == {
        "cause": "rotation", "words": "Rotated", "confidence": 0.8, "second": "Blurred",
    }  # fmt: skip
    assert found[0]["cause"] is None


def test_the_filter_offers_the_causes_by_their_names(run):
    facts = browsing.facts(run)
    assert facts["causes"] == ["rare", "rotation", "unexplained"]
    assert [facts["cause_names"][one] for one in facts["causes"]] == [
        "Rare", "Rotated", "Unexplained",
    ]  # fmt: skip
    answer = browsing.browse({"list": "all", "cause": "rare"}, run)
    assert [one["id"] for one in answer["examples"]] == [str(n) for n in range(10, 20)]


def test_a_filter_follows_a_diagnosis_that_is_made_meanwhile(tmp_path):
    made, _ = small_run(tmp_path)
    diagnosed(made, [Finding(id="1", cause="rare", confidence=0.6)])
    assert made.count(View(cause="rare")) == 1
    diagnosed(made, [Finding(id=one, cause="rare", confidence=0.6) for one in "123"])
    assert made.count(View(cause="rare")) == 3


def test_an_example_comes_with_the_evidence(run):
    found = browsing.example("4", run)["finding"]
    assert (found["words"], found["second"], found["confidence"]) == ("Rotated", "Blurred", 0.8)
    assert found["done"] == "rotated by 90° clockwise"
    assert (found["why"], found["label_after"]) == ("turned back, it is a 1", "1")
    assert found["is_transform"] and found["remedy"].startswith("train with rotations")
    assert browsing.example("0", run)["finding"] is None


def test_the_unexplained_comes_with_the_likeliest_cause_below_the_threshold(run):
    found = browsing.example("7", run)["finding"]
    assert found["others"] == [{"words": "Rare", "p": 0.2}, {"words": "Junk", "p": 0.1}]
    assert found["own_distance"] is None  # not NaN, which JSON does not have
    json.dumps(found, allow_nan=False)


def test_findings_that_cannot_be_read_leave_the_pictures_and_say_why(tmp_path):
    made, classifier = small_run(tmp_path)
    (made.folder / "results" / FINDINGS).write_bytes(b"nothing")
    assert causes.tags(made, ["1"]) == {}
    answer = told(inspecting(made, classifier), "browse", "example", "1")
    assert answer["finding"] is None and answer["bars"]
    assert "diagnose again" in answer["finding_problem"]
    assert str(tmp_path) not in answer["finding_problem"]


# ------------------------------------------------------------------ pictures


def picture(workspace, address):
    browser = TestClient(guarded(workspace, Gate(7860)), base_url="http://127.0.0.1")
    return browser.get(f"/{address}")


def test_a_transform_is_shown_as_it_is_and_undone(workspace, run):
    found = told(workspace, "browse", "example", "4")["finding"]
    seen, mended = (
        read_image(BytesIO(picture(workspace, found[name]).content)) for name in ("seen", "undone")
    )
    np.testing.assert_array_equal(seen, run.image("4"))
    np.testing.assert_array_equal(mended, undone(run.image("4"), "rotation", -90.0))
    assert "undone" not in told(workspace, "browse", "example", "7")["finding"]


def test_another_diagnosis_has_other_addresses(tmp_path):
    made, _ = small_run(tmp_path)
    diagnosed(made, [TURNED])
    before = told(inspecting(made), "browse", "example", "4")["finding"]["undone"]
    diagnosed(made, [TURNED])
    opened = inspecting(made)
    after = told(opened, "browse", "example", "4")["finding"]["undone"]
    assert urlsplit(before).path != urlsplit(after).path
    assert parse_qs(urlsplit(after).query) == {"id": ["4"]}
    assert "no-cache" in picture(opened, before).headers["cache-control"]
    assert "immutable" in picture(opened, after).headers["cache-control"]


def test_training_pictures_come_by_their_ids(workspace):
    answer = told(workspace, "browse", "training_pictures", ["3", "nothing", "3"])["pictures"]
    assert list(answer) == ["3"]
    np.testing.assert_array_equal(decoded(answer["3"]), workspace.run.image("3"))
    for request in ({"id": "3"}, ["3"] * 61, [["3"]]):
        assert "error" in told(workspace, "browse", "training_pictures", request)


def test_without_training_data_there_are_none_and_while_it_is_read_the_page_waits(run):
    assert told(inspecting(run), "browse", "training_pictures", ["3"]) == {"pictures": None}
    reading = Workspace(lambda one: None, run=run, afterwards=lambda one: None)
    reading.status = Status("reading")
    assert list(told(reading, "browse", "training_pictures", ["3"])) == ["waiting"]


# ------------------------------------------------------------------ Causes, Overview


def test_the_page_shows_counts_tests_examples_and_the_self_test(workspace):
    facts = told(workspace, "causes", "facts")
    said = facts["diagnosis"]
    assert [(one["words"], one["count"]) for one in said["counts"]] == [
        ("Rare", 10), ("Rotated", 1), ("Unexplained", 1),
    ]  # fmt: skip
    assert [one["id"] for one in said["counts"][0]["examples"]] == [str(n) for n in range(10, 18)]
    (test,) = said["tests"]
    assert (test["words"], test["given_label"]) == ("Rotated", "1")
    assert said["not_judged"][0]["words"] == "Mirrored" and said["leakage"]["ids"] == ["4"]
    assert [one["words"] for one in facts["selftest"]["causes"] if not one["given"]] == ["Mirrored"]
    assert facts["command"] == f"hardex diagnose {workspace.run.folder} --train mnist:train"


def test_before_the_diagnosis_there_is_the_command_that_makes_it(tmp_path):
    folder = tmp_path / "my runs"
    folder.mkdir()
    made, classifier = small_run(folder)
    opened = inspecting(made, classifier)
    facts = told(opened, "causes", "facts")
    assert facts["diagnosis"] is facts["selftest"] is None
    assert facts["command"] == f"hardex diagnose '{made.folder}' --train DATA"
    assert told(opened, "overview", "facts")["causes"] is None
    diagnosed(made, FOUND, selftest=False)
    facts = told(opened, "causes", "facts")
    assert facts["diagnosis"]["examples"] == 12 and facts["selftest"] is None
    (made.folder / "results/selftest.json").write_text("{}")
    assert "selftest.json of a run must be as" in told(opened, "causes", "facts")["error"]


def test_overview_shows_the_most_frequent_causes(workspace):
    found = told(workspace, "overview", "facts")["causes"]
    assert (found["examples"], found["count"]) == (12, 3)
    assert found["counts"][0] == {"cause": "rare", "words": "Rare", "count": 10}
    assert len(causes.top_causes(workspace.run, 2)["counts"]) == 2


def test_thousands_of_tests_are_cut(tmp_path):
    made, _ = small_run(tmp_path)
    diagnosed(made, FOUND)
    path = made.folder / "results/diagnosis.json"
    said = json.loads(path.read_text())
    path.write_text(json.dumps({**said, "tests": said["tests"] * 2_000}))
    found = causes.causes(made)["diagnosis"]
    assert (len(found["tests"]), found["test_count"]) == (500, 2_000)


# ------------------------------------------------------------------ who may see it


def test_viewers_see_the_causes_without_folders(workspace, tmp_path):
    folder = str(workspace.run.folder.parent)
    facts = told(workspace, "causes", "facts", visitor=VERA)
    assert facts["diagnosis"]["counts"] and facts["selftest"]["causes"]
    assert folder not in json.dumps(facts)
    assert facts["command"] == "hardex diagnose run --train mnist:train"
    assert folder not in json.dumps(told(workspace, "browse", "facts", visitor=VERA))
    assert told(workspace, "browse", "facts")["open_training"].startswith("hardex serve /")


def test_annotators_learn_no_cause(run):
    workspace = inspecting(run, overlap=50)
    keys, access = Keys(workspace), Access.open(run.folder, roles=ROLES)
    with serving(workspace, keys) as served, closing(keys):
        anna = bearing(served.url, access.invite("Anna"))
        vera = bearing(served.url, access.invite("Vera", role="viewer"))
        with closing(anna), closing(vera):
            for page, name in (
                ("causes", "facts"), ("causes", "pictures"), ("browse", "training_pictures"),
                ("browse", "example"), ("browse", "browse"), ("overview", "facts"),
            ):  # fmt: skip
                assert asking(anna, page, name, {}).status_code == 404
            address = asking(vera, "browse", "example", "4").json()["finding"]["undone"]
            assert vera.get(f"/{address}").headers["content-type"] == "image/png"
            for kind in ("undone", "seen"):
                assert anna.get(f"/{address.replace('undone', kind)}").status_code == 404
            said = [anna.get("/").text]
            for name in names_on("annotate", "annotator"):
                said.append(asking(anna, "annotate", name, {"have": [], "count": 5}).text)
            assert not [one for one in said if "rotat" in one.lower() or "finding" in one]
