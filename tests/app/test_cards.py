import json

import numpy as np
import pytest

from hardex.classifiers.classifier import FunctionClassifier
from hardex_app.cards import ALL, PAGE_SIZE, hard_cards, picture_url

from .fake_runs import HOSTILE, decoded, parts_of, run_of, run_without_images, small_run


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return small_run(tmp_path_factory.mktemp("run"), count=60)[0]


@pytest.fixture(scope="module")
def long_run(tmp_path_factory):
    """More hard examples than one page shows."""
    folder = tmp_path_factory.mktemp("run")
    return small_run(folder, class_count=25, count=100, shape=(10, 10, 1))[0]


def places(shown):
    return [(card["list"], card["rank"]) for card in shown["cards"]]


@pytest.mark.parametrize("list_name", [ALL, "unsure", "wrong"])
@pytest.mark.parametrize("given", [ALL, "0", "2"])
@pytest.mark.parametrize("predicted", [ALL, "1", "2"])
def test_filters_combine(run, list_name, given, predicted):
    expected = [
        (row.list, row.rank)
        for row in run.hard.itertuples()
        if list_name in (ALL, row.list)
        and given in (ALL, row.given_label)
        and predicted in (ALL, row.predicted_label)
    ]
    shown = hard_cards(run, list_name, given, predicted)
    assert places(shown) == expected
    assert shown["total"] == len(expected)


def test_a_card_says_what_the_table_says(run):
    for card, row in zip(hard_cards(run)["cards"], run.hard.itertuples(), strict=True):
        assert (card["id"], card["list"], card["rank"]) == (row.id, row.list, row.rank)
        assert (card["given"], card["predicted"]) == (row.given_label, row.predicted_label)
        assert card["confidence"] == row.confidence
        np.testing.assert_array_equal(decoded(card["image"]), run.image(row.id))


def test_the_pages_together_are_the_whole_list_in_its_order(long_run):
    pages = hard_cards(long_run)["pages"]
    shown = [hard_cards(long_run, page=page) for page in range(1, pages + 1)]
    assert pages > 1
    assert [len(one["cards"]) for one in shown[:-1]] == [PAGE_SIZE] * (pages - 1)
    hard = long_run.hard
    together = [place for one in shown for place in places(one)]
    assert together == list(zip(hard["list"], hard["rank"], strict=True))


@pytest.mark.parametrize(("asked", "given"), [(2, 2), (99, 2), (10**9, 2), (1, 1), (0, 1), (-5, 1)])
def test_a_page_past_an_end_gives_the_page_at_that_end(long_run, asked, given):
    shown = hard_cards(long_run, page=asked)
    assert (shown["page"], shown["pages"]) == (given, 2)
    assert shown["cards"] == hard_cards(long_run, page=given)["cards"] != []


def test_a_page_is_counted_after_the_filters(long_run):
    shown = hard_cards(long_run, "unsure", "3", page=2)
    assert (shown["page"], shown["pages"], shown["total"]) == (1, 1, 2)


def test_nothing_found_explains_itself(run):
    shown = hard_cards(run, "wrong", "1", "1")
    assert (shown["cards"], shown["total"], shown["page"], shown["pages"]) == ([], 0, 1, 1)
    assert shown["empty"] == (
        "No hard example has list wrong and given 1 and predicted 1. Set a filter back to “all”."
    )


def test_a_list_without_wrong_examples_explains_itself(tmp_path):
    images = np.zeros((2, 2, 1, 1), np.uint8)
    images[0, 0], images[1, 1] = 255, 255
    run = run_of(tmp_path, images, [0, 1], FunctionClassifier(parts_of(2)))
    assert hard_cards(run, "wrong")["empty"].startswith("No hard example has list wrong.")


def test_hostile_names_arrive_as_they_are(tmp_path):
    run = small_run(tmp_path, class_count=len(HOSTILE), names=HOSTILE, count=50)[0]
    shown = json.loads(json.dumps(hard_cards(run), allow_nan=False))
    assert {card["given"] for card in shown["cards"]} == set(HOSTILE)
    for name in HOSTILE:
        kept = hard_cards(run, ALL, name)
        assert kept["cards"] and {card["given"] for card in kept["cards"]} == {name}


def test_a_class_called_all_can_be_kept_like_any_other(tmp_path):
    run, _ = small_run(tmp_path, names=("all", "none", "some"))
    shown = hard_cards(run, ALL, "all")
    assert {card["given"] for card in shown["cards"]} == {"all"}
    assert 0 < shown["total"] < hard_cards(run)["total"]


@pytest.mark.parametrize(
    ("shape", "thumbnail"),
    [
        ((96, 40, 1), (96, 40, 1)),
        ((97, 40, 1), (96, 40, 1)),
        ((30, 288, 3), (10, 96, 3)),
        ((400, 1, 1), (96, 1, 1)),
        ((1, 1000, 3), (1, 96, 3)),
    ],
)
def test_thumbnails_are_small_and_pictures_are_whole(tmp_path, shape, thumbnail):
    images = np.random.default_rng(0).integers(0, 256, (3, *shape), dtype=np.uint8)
    run = run_of(tmp_path, images, [0, 1, 1], FunctionClassifier(parts_of(2)))
    assert decoded(hard_cards(run)["cards"][0]["image"]).shape == thumbnail
    for id in "012":
        np.testing.assert_array_equal(decoded(picture_url(run, id)), images[int(id)])


def test_a_run_without_images_has_cards_without_pictures(tmp_path):
    run = run_without_images(tmp_path)
    cards = hard_cards(run)["cards"]
    assert [card["image"] for card in cards] == [""] * len(run.hard) != []


def test_an_example_whose_image_is_gone_has_no_picture(tmp_path):
    run, _ = small_run(tmp_path, count=60)
    others = set(run.predictions["id"]) - set(run.hard["id"])
    (tmp_path / "data.npz").unlink()
    assert picture_url(run, others.pop()) == ""
