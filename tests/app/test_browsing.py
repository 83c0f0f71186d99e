import json
from uuid import uuid4

import numpy as np
import pytest

from hardex import HardexError
from hardex.classifiers.classifier import FunctionClassifier
from hardex.data.dataset import ArrayDataset
from hardex.people.access import OWNER
from hardex.people.events import VERDICTS, Annotation
from hardex.predict.neighbours import build
from hardex.runs.view_words import view_of
from hardex_app.background import Status
from hardex_app.browsing import (
    VERDICT_NAMES,
    annotation_lines,
    browse,
    easier,
    example,
    facts,
    image,
    judge,
    more_like,
    neighbours,
    pictures,
    undo,
)
from hardex_app.questions import answered, question
from hardex_app.workspace import Workspace

from .fake_runs import (
    HOSTILE,
    decoded,
    parts_of,
    run_of,
    run_without_images,
    sentence,
    small_run,
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return small_run(tmp_path_factory.mktemp("run"), count=150)[0]


@pytest.fixture
def own_run(tmp_path):
    """A run to be judged."""
    return small_run(tmp_path)[0]


# ------------------------------------------------------------------ a page of examples


def test_a_page_is_the_view_of_the_run(run):
    for words in ({}, {"list": "wrong"}, {"list": "all", "given": "1", "sort": "entropy", "p": 1}):
        shown, found = browse(words, run), run.find(view_of(words))
        assert [one["id"] for one in shown["examples"]] == [one.id for one in found.examples]
        assert (shown["total"], shown["pages"]) == (found.total, found.pages)
        json.dumps(shown, allow_nan=False)


def test_a_card_says_what_the_table_says(run):
    for card in browse({"list": "all", "sort": "loss"}, run)["examples"]:
        row = run.row(card["id"])
        assert (card["given"], card["predicted"]) == (row["given_label"], row["predicted_label"])
        assert (card["confidence"], card["score"]) == (row["confidence"], row["loss"])
        places = run.hard[run.hard["id"] == card["id"]]
        assert card["ranks"] == dict(zip(places["list"], places["rank"], strict=True))


def test_the_second_page_goes_on_where_the_first_ends(run):
    pages = [browse({"list": "all", "p": number}, run) for number in ("1", 2, 3)]
    ids = [one["id"] for page in pages for one in page["examples"]]
    assert ids == [str(number) for number in range(150)]
    assert browse({"list": "all", "p": 99}, run) == pages[2]


@pytest.mark.parametrize("page", ["two", 1.5, float("nan"), [], "1e300"])
def test_a_page_that_is_no_number_is_one_sentence(run, page):
    with pytest.raises(HardexError, match=r"the '?p'? (of a view )?must be a"):
        browse({"p": page}, run)


def test_nothing_found_says_what_to_do(run):
    assert "Show all examples" in browse({"given": "0", "text": "no such id"}, run)["empty"]
    assert "Remove a filter" in browse({"list": "all", "text": "no such id"}, run)["empty"]
    assert "verdict yet" in browse({"list": "all", "verdict": "wrong"}, run)["empty"]
    assert browse({}, run)["empty"] == ""


def test_a_model_without_errors_is_praised(tmp_path):
    import hardex

    run = hardex.rank(probabilities=np.eye(2) * 0.8 + 0.1, labels=[0, 1], out=tmp_path / "run")
    assert browse({"list": "wrong"}, run)["empty"].startswith("The model makes no errors")


def test_what_can_be_filtered_is_told(run):
    told = facts(run)
    assert told["class_names"] == ["0", "1", "2"]
    assert [one["name"] for one in told["scores"]][:3] == [
        "confidence",
        "least_confidence",
        "margin",
    ]
    assert all(one["meaning"] for one in told["scores"])
    json.dumps(told, allow_nan=False)


# ------------------------------------------------------------------ pictures


def test_pictures_come_by_id(run):
    urls = pictures(["3", "7"], run)
    for id in ("3", "7"):
        np.testing.assert_array_equal(decoded(urls[id]), run.image(id))


def test_an_unknown_id_has_no_picture(run):
    assert pictures(["nobody"], run) == {"nobody": ""}


def test_a_picture_that_comes_back_is_shown_again(tmp_path):
    run, _ = small_run(tmp_path)
    id = next(one for one in run.predictions["id"] if one not in set(run.hard["id"]))
    (tmp_path / "data.npz").rename(tmp_path / "away.npz")
    assert pictures([id], run) == {id: ""}
    (tmp_path / "away.npz").rename(tmp_path / "data.npz")
    assert pictures([id], run)[id]


def test_a_photograph_is_shown_at_two_million_pixels(tmp_path):
    photographs = np.zeros((2, 1500, 2000, 3), np.uint8)
    photographs[:, 500:, :, 0] = 200
    run = run_of(tmp_path, photographs, [0, 1], FunctionClassifier(parts_of(2)))
    shown = image("1", run)
    assert (shown["width"], shown["height"], shown["whole"]) == (2000, 1500, False)
    height, width, _ = decoded(shown["image"]).shape
    assert 1_900_000 < height * width <= 2_000_000


@pytest.mark.parametrize("id", [None, True, [1], {"a": 1}, "x" * 5000, "\ud800"])
def test_what_is_no_id_is_one_sentence(run, id):
    for ask in (example, image, easier, lambda id, run: pictures([id], run)):
        if id is None and ask is not example:
            continue
        with pytest.raises(HardexError) as caught:
            ask(id, run)
        sentence(caught.value)


@pytest.mark.parametrize("words", [None, "all", ["all"], {"text": ["a"]}, {"text": "\ud800"}])
def test_words_that_are_none_are_one_sentence(run, words):
    with pytest.raises(HardexError) as caught:
        browse(words, run)
    sentence(caught.value)


@pytest.mark.parametrize("ids", [None, "3", {"3": 1}, ["1"] * 61])
def test_pictures_of_something_else_are_refused(run, ids):
    with pytest.raises(HardexError, match="a list of up to 60 ids"):
        pictures(ids, run)


# ------------------------------------------------------------------ one example


@pytest.mark.parametrize("class_count", [3, 25])
def test_an_example_comes_with_everything_known(tmp_path, class_count):
    run, _ = small_run(tmp_path, class_count=class_count, count=75, shape=(10, 10, 3))
    for id in {*run.hard["id"].head(6), "0", "74"}:
        shown, row = example(id, run), run.row(id)
        assert (shown["id"], shown["position"]) == (id, int(id))
        assert (shown["given"], shown["predicted"]) == (row["given_label"], row["predicted_label"])
        assert shown["confidence"] == row["confidence"]
        large = image(id, run)
        np.testing.assert_array_equal(decoded(large["image"]), run.image(id))
        assert (large["width"], large["height"], large["whole"]) == (10, 10, True)
        lower = easier(id, run)
        assert [(one["list"], one["rank"], one["reason"]) for one in shown["reasons"]] == [
            (place.list, place.rank, place.reason)
            for place in run.hard.itertuples()
            if place.id == id
        ]
        for score in shown["scores"]:
            assert score["value"] == row[score["name"]]
            assert score["formula"] == run.manifest.formulas[score["name"]]
            share = (run.predictions[score["name"]] < score["value"]).mean()
            assert lower[score["name"]] == pytest.approx(share)
        assert len(shown["scores"]) == 6
        json.dumps(shown, allow_nan=False)


@pytest.mark.parametrize("class_count", [3, 10, 11, 25])
def test_an_example_has_bars_for_the_likeliest_classes_and_the_given_label(tmp_path, class_count):
    run, _ = small_run(tmp_path, class_count=class_count, count=50, shape=(10, 10, 1))
    for row in run.predictions.itertuples():
        bars = example(row.id, run)["bars"]
        p = {bar["class"]: bar["p"] for bar in bars}
        assert len(p) == len(bars) == min(class_count, 10)
        assert {row.given_label, row.predicted_label} <= set(p)
        names = run.manifest.class_names
        assert p == {name: row.probabilities[names.index(name)] for name in p}
        likeliest = np.sort(row.probabilities)[::-1][: len(bars) - 1]
        assert sorted(p.values(), reverse=True)[: len(likeliest)] == likeliest.tolist()


def test_an_example_without_image_or_list_says_the_rest(tmp_path):
    run = run_without_images(tmp_path)
    shown = example("0", run)
    assert shown["file_name"] == ""
    with pytest.raises(HardexError, match="rank again with DATA to see them"):
        image("0", run)
    assert [bar["p"] for bar in shown["bars"]] == pytest.approx([0.6, 0.4])


def test_hostile_names_arrive_as_they_are(tmp_path):
    run, _ = small_run(tmp_path, class_count=len(HOSTILE), names=HOSTILE)
    shown = json.loads(json.dumps(example("7", run)))
    assert shown["given"] == HOSTILE[7]
    assert [bar["class"] for bar in shown["bars"]] == list(HOSTILE)
    assert facts(run)["class_names"] == list(HOSTILE)
    for name in HOSTILE:
        kept = browse({"list": "all", "given": name}, run)
        assert {card["given"] for card in kept["examples"]} == {name}


def test_an_unknown_example_is_one_sentence(run):
    with pytest.raises(HardexError, match="none has the id 'nobody'") as caught:
        example("nobody", run)
    sentence(caught.value)


# ------------------------------------------------------------------ its neighbours


def training_of(run, *, copy_of=None):
    """Training data of which each image is a noisy copy of the run's image at its place."""
    rng = np.random.default_rng(3)
    images = np.stack([run.image(str(number)) for number in range(20)])
    noisy = np.clip(images + rng.integers(-9, 10, images.shape), 0, 255).astype(np.uint8)
    if copy_of is not None:
        noisy[copy_of + 9] = images[copy_of]  # under another id
    return ArrayDataset.of(noisy, np.arange(20) % 3, class_names=run.manifest.class_names)


def test_neighbours_come_with_pictures_labels_and_copies(run):
    training = build(training_of(run, copy_of=4), None)
    shown = neighbours("4", run, training)
    first = shown["neighbours"][0]
    assert (first["id"], first["label"], first["distance"], first["copy"]) == ("13", "1", 0.0, True)
    np.testing.assert_array_equal(decoded(first["image"]), run.image("4"))
    assert [one["distance"] for one in shown["neighbours"]] == sorted(
        one["distance"] for one in shown["neighbours"]
    )
    assert len(shown["neighbours"]) == 8 and not any(one["copy"] for one in shown["neighbours"][1:])
    assert "20 training images" in shown["sentence"]
    assert neighbours("5", run, training)["neighbours"][0]["id"] == "5"
    json.dumps(shown, allow_nan=False)


def neighbours_on_page(workspace):
    asked = question("browse", "neighbours")
    return answered(asked, workspace, "4", OWNER)


def test_without_training_data_there_are_no_neighbours(run):
    workspace = Workspace(lambda workspace: None, run=run)
    workspace.status = Status("loading the model")
    assert neighbours_on_page(workspace) is None


def test_while_the_training_data_is_looked_at_one_waits(run):
    workspace = Workspace(lambda workspace: None, run=run, afterwards=lambda workspace: None)
    workspace.status = Status("looking at the training data", 1, 2)
    assert "not ready yet (looking" in neighbours_on_page(workspace)["waiting"]
    workspace.status = Status("stopped", problem="…")
    assert neighbours_on_page(workspace) is None


# ------------------------------------------------------------------ verdicts


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_verdict_is_stored_with_the_name_of_who_said_it(own_run, verdict):
    label = "2" if verdict == "wrong" else ""
    lines = judge(own_run, "anna", {"id": "4", "verdict": verdict, "new_label": label})
    (event,) = own_run.annotations.all()
    assert (event.annotator, event.id, event.verdict) == ("anna", "4", verdict)
    assert event.new_label == label
    assert f"anna: {VERDICT_NAMES[verdict].lower()}" in lines[0]


def test_a_verdict_can_be_taken_back_by_who_gave_it(own_run):
    judge(own_run, "anna", {"id": "4", "verdict": "wrong", "new_label": "2"})
    (event,) = own_run.annotations.all()
    about = {"id": "4", "undoes": event.event_id, "event_id": str(uuid4())}
    with pytest.raises(HardexError, match="only your own verdict"):
        undo(own_run, "bob", about)
    for _ in range(2):  # sent twice, stored once
        assert undo(own_run, "anna", about)[-1].endswith("mislabelled, it is 2 (undone)")
    assert len(own_run.annotations.all()) == 2
    assert own_run.annotations.verdicts(["4"]) == {}
    with pytest.raises(HardexError, match="only your own verdict"):
        undo(own_run, "anna", {"id": "4", "undoes": str(uuid4()), "event_id": str(uuid4())})


def test_examples_on_which_people_disagree_are_a_view(own_run):
    for who, id, verdict, label in (
        ("anna", "1", "right", ""), ("bob", "1", "wrong", "2"), ("anna", "2", "wrong", "1"),
        ("bob", "2", "wrong", "1"), ("anna", "3", "right", ""), ("bob", "3", "not_sure", ""),
    ):  # fmt: skip
        judge(own_run, who, {"id": id, "verdict": verdict, "new_label": label})
    found = browse({"list": "all", "verdict": "disagree"}, own_run)
    assert [one["id"] for one in found["examples"]] == ["1"]


def test_more_like_an_example_are_those_with_the_most_similar_probabilities(own_run):
    rows = np.stack(own_run.predictions["probabilities"]).astype(np.float64)
    apart = np.linalg.norm(np.sqrt(rows) - np.sqrt(rows[4]), axis=1)
    at = more_like("4", own_run)["at"]
    assert at[0] == 4 and len(at) == min(60, len(rows))
    assert (np.diff(apart[at[1:]]) > -2e-6).all()
    assert apart[at].max() <= np.sort(apart)[len(at) - 1] + 2e-6
    found = browse({"list": "all", "at": ".".join(map(str, at))}, own_run)
    assert [int(one["id"]) for one in found["examples"]] == at
    with pytest.raises(HardexError, match="none has the id"):
        more_like("nobody", own_run)


def test_a_verdict_that_is_sent_twice_is_stored_once(own_run):
    said = {"id": "4", "verdict": "right", "event_id": "0b0f6ba7-5a5c-4d4f-8a0f-7b8f2f5c9a11"}
    assert judge(own_run, "anna", said) == judge(own_run, "anna", said)
    assert [event.event_id for event in own_run.annotations.all()] == [said["event_id"]]
    with pytest.raises(HardexError, match="event"):  # the id of another verdict
        judge(own_run, "anna", {**said, "verdict": "wrong"})
    with pytest.raises(HardexError, match="Invalid request"):
        judge(own_run, "anna", {**said, "event_id": "1"})
    assert len(own_run.annotations.all()) == 1


def test_what_people_said_has_the_latest_last_and_only_of_this_example(own_run):
    for verdict, id, name in (("wrong", "4", "anna"), ("right", "5", "bob"), ("right", "4", "bob")):
        label = "2" if verdict == "wrong" else ""
        said = judge(own_run, name, {"id": id, "verdict": verdict, "new_label": label})
    assert [line.split("UTC  ")[1] for line in said] == [
        "anna: mislabelled, it is 2",
        "bob: label right",
    ]
    own_run.annotations.add(
        Annotation("cleo", "5", "right", comment="clear", said="1", shown="blind")
    )
    assert annotation_lines(own_run, "5")[-1].endswith("cleo: label right, labels hidden: clear")
    assert annotation_lines(own_run, "4") == example("4", own_run)["said"] == said
    assert annotation_lines(own_run, "6") == []


def test_what_was_taken_back_is_said_and_counts_no_more(own_run):
    said = own_run.annotations.add(Annotation("anna", "4", "wrong", "1"))
    own_run.annotations.add(Annotation("bob", "4", "right"))
    own_run.annotations.add(Annotation("anna", "4", "", undoes=said.event_id))
    lines = example("4", own_run)["said"]
    assert len(lines) == 2
    assert lines[0].endswith("anna: mislabelled, it is 1 (undone)")
    assert lines[1].endswith("bob: label right")


def test_cards_carry_what_stands_of_them(own_run):
    for who, id, verdict in (("anna", "4", "wrong"), ("bob", "4", "right"), ("anna", "5", "right")):
        own_run.annotations.add(Annotation(who, id, verdict))
    own_run.annotations.add(Annotation("anna", "4", "ambiguous"))  # changed her mind
    shown = {card["id"]: card["verdicts"] for card in browse({"list": "all"}, own_run)["examples"]}
    assert shown["4"] == ["right", "ambiguous"] and shown["5"] == ["right"] and shown["6"] == []


def test_cards_are_shown_while_the_annotations_cannot_be_read(own_run):
    people = own_run.folder / "people"
    people.mkdir()
    (people / "annotations.sqlite").write_bytes(b"no database" * 1000)
    assert all(card["verdicts"] == [] for card in browse({"list": "all"}, own_run)["examples"])


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"verdict": "right"}, "none has the id ''"),
        ({"id": "nobody", "verdict": "right"}, "none has the id 'nobody'"),
        ({"id": "4", "verdict": "superb"}, "a verdict must be one of"),
        ({"id": "4"}, "a verdict must be one of"),
        ({"id": "4", "verdict": "wrong", "new_label": "dog"}, "must be one of the run's 3 classes"),
        (
            {"id": "4", "verdict": "right", "comment": "x" * 10_001},
            "a text of up to 10,000 characters",
        ),
        ({"id": "4", "verdict": "right", "comment": "\ud800"}, "a text of up to 10,000 characters"),
    ],
)
def test_what_is_no_verdict_stores_nothing(own_run, said, says):
    with pytest.raises(HardexError, match=says) as caught:
        judge(own_run, "anna", said)
    sentence(caught.value)
    assert own_run.annotations.all() == []


def test_a_damaged_database_is_one_sentence(own_run):
    (own_run.folder / "people").mkdir()
    (own_run.folder / "people" / "annotations.sqlite").write_bytes(b"no database " * 999)
    with pytest.raises(HardexError, match="cannot be read"):
        example("4", own_run)
    with pytest.raises(HardexError, match="nothing was stored"):
        judge(own_run, "anna", {"id": "4", "verdict": "right"})
