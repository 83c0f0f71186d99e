from itertools import pairwise

import numpy as np
import pytest
from fakes import checksum_of, contents, small_dataset, twins_of

import hardex
from hardex import HardexError, RunError, rank
from hardex.ranking.order import DIVERSITIES
from hardex.ranking.scores import ADJUSTED, FORMULAS, UNSURE_SCORES, WRONG_SCORES

DATA = small_dataset(60)
THREE = checksum_of(3)
FIRST = [name for name in DIVERSITIES if name != "cause"]  # of a first ranking
RULES = [
    *({"diversity": name, "count": 9} for name in FIRST if name != "embedding"),
    *({"unsure": name} for name in UNSURE_SCORES),
    *({"wrong": name} for name in WRONG_SCORES),
    {"per_class": 5, "pool": 3},
    {"count": 50, "allow_duplicates": True},
]


@pytest.fixture
def npz(tmp_path):
    np.savez(tmp_path / "data.npz", images=DATA.images, labels=DATA.labels)
    return tmp_path / "data.npz"


def files_of(run):
    """What a run holds besides what it says about where it came from."""
    return contents(run.folder / "results")


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_ranking_again_gives_the_run_that_the_model_would_have_given(tmp_path, npz, rule):
    old = rank(THREE, npz, out=tmp_path / "old")
    again = rank(old.folder, out=tmp_path / "again", **rule)
    direct = rank(THREE, npz, out=tmp_path / "direct", **rule)
    assert files_of(again) == files_of(direct)
    assert again.manifest.rule == direct.manifest.rule
    assert again.manifest.counts == direct.manifest.counts
    assert again.manifest.formulas == direct.manifest.formulas == FORMULAS


def test_the_old_run_is_left_as_it_was_and_the_new_one_says_where_it_came_from(tmp_path, npz):
    old = rank(THREE, npz, out=tmp_path / "old")
    (old.folder / "people").mkdir()
    kept = contents(old.folder)
    again = rank(str(old.folder), out=tmp_path / "again", count=3, command="hardex rank …", seed=5)
    assert contents(old.folder) == kept
    assert not (again.folder / "people").exists()
    manifest = hardex.load(again.folder).manifest
    assert (manifest.run.name, manifest.run.path) == (str(old.folder), str(old.folder.resolve()))
    assert len(manifest.run.hash) == 64
    assert (manifest.command, manifest.seed) == ("hardex rank …", 5)
    assert (manifest.model, manifest.data) == (old.manifest.model, old.manifest.data)
    assert old.manifest.run is None


def test_embedding_diversity_needs_no_model_for_a_second_ranking(tmp_path, npz):
    old = rank(THREE, npz, out=tmp_path / "old")
    again = rank(old.folder, out=tmp_path / "again", diversity="embedding", count=12)
    assert (again.hard["list"] == "wrong").sum() == 12
    assert again.metrics["lists"]["wrong"]["clusters"]["space"] == "embeddings"


@pytest.mark.parametrize("gone", ["moved", "changed"])
def test_without_its_data_the_pictures_of_the_old_run_are_taken(tmp_path, npz, gone):
    old = rank(THREE, npz, out=tmp_path / "old", per_class=4)
    if gone == "moved":
        npz.rename(tmp_path / "elsewhere.npz")
    else:
        np.savez(npz, images=255 - DATA.images, labels=DATA.labels)
    again = rank(old.folder, out=tmp_path / "again", count=40, diversity="none")
    known = dict(zip(old.hard["id"], old.hard["file_name"], strict=True))
    for row in again.hard.itertuples():
        assert (row.file_name != "") == (row.id in known)
        if row.file_name:
            np.testing.assert_array_equal(again.image(row.id), DATA.images[int(row.id)])
    assert 0 < (again.hard["file_name"] != "").sum() < len(again.hard)


def test_data_that_moved_can_be_shown(tmp_path, npz):
    old = rank(THREE, npz, out=tmp_path / "old")
    npz.rename(tmp_path / "elsewhere.npz")
    again = rank(old.folder, tmp_path / "elsewhere.npz", out=tmp_path / "again", count=40)
    assert (again.hard["file_name"] != "").all()


def test_a_run_without_images_can_be_ranked_again(tmp_path):
    rows, labels = THREE(DATA.images), DATA.labels
    old = rank(probabilities=rows, labels=labels, out=tmp_path / "old")
    again = rank(old.folder, out=tmp_path / "again", diversity="embedding", count=9)
    assert set(again.hard["file_name"]) == {""}
    assert again.metrics["lists"]["wrong"]["clusters"]["space"] == "probabilities"
    assert (again.hard["list"] == "wrong").sum() == 9


def test_a_score_that_the_table_does_not_have_becomes_a_column(tmp_path, npz):
    old = rank(THREE, npz, out=tmp_path / "old")
    assert ADJUSTED not in old.predictions
    again = rank(old.folder, out=tmp_path / "again", wrong=ADJUSTED)
    table = again.predictions.set_index("id")
    wrong = again.hard[again.hard["list"] == "wrong"]
    assert table.loc[wrong["id"], ADJUSTED].tolist() == wrong["score"].tolist()
    assert ADJUSTED not in hardex.load(old.folder).predictions


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"out": None}, HardexError, r"needs a folder of its own; received only .*old; n"),
        ({"out": "old"}, RunError, r"must go to a folder of its own; received .*old for both; na"),
        ({"out": "x", "preprocess": "unit"}, HardexError, r"from its own tables, by another rule"),
        ({"out": "x", "resize": True}, HardexError, r"from its own tables, by another rule"),
        ({"out": "x", "split": "test"}, HardexError, r"from its own tables, by another rule"),
        ({"out": "x", "probabilities": [[1]]}, HardexError, r"received options of a first rankin"),
        ({"out": "x", "diversity": "all"}, HardexError, r"--diversity must be one of none, class"),
    ],
)
def test_what_does_not_go_together_is_refused(tmp_path, npz, arguments, kind, message):
    old = rank(THREE, npz, out=tmp_path / "old")
    kept = contents(tmp_path)
    if arguments["out"]:
        arguments = arguments | {"out": tmp_path / arguments["out"]}
    with pytest.raises(kind, match=message):
        rank(old.folder, **arguments)
    assert contents(tmp_path) == kept


@pytest.mark.parametrize("diversity", FIRST)
def test_near_duplicates_are_left_out_unless_they_are_wanted(tmp_path, diversity):
    def alike(images):  # twins look alike to the model, too
        return checksum_of(3)(images // 2)

    rule = {"diversity": diversity, "count": 40}
    data = twins_of(10)
    found = rank(alike, data, out=tmp_path / "a", **rule)
    for _, table in found.hard.groupby("list"):
        assert len({int(id) // 2 for id in table["id"]}) == len(table)
    said = found.metrics["lists"]["unsure"]
    assert (said["chosen"], said["near_duplicates_left_out"]) == (10, 10)
    every = rank(alike, data, out=tmp_path / "b", allow_duplicates=True, **rule)
    assert every.metrics["lists"]["unsure"]["chosen"] == 20


@pytest.mark.parametrize("diversity", FIRST)
@pytest.mark.parametrize("duplicates", [True, False])
def test_a_shorter_list_begins_a_longer_one(tmp_path, diversity, duplicates):
    data = twins_of(12)
    rule = {"diversity": diversity, "pool": 5, "allow_duplicates": duplicates}
    lists = []
    for count in (2, 6, 15):
        made = rank(THREE, data, out=tmp_path / str(count), count=count, **rule).hard
        lists.append({name: table["id"].tolist() for name, table in made.groupby("list")})
    for short, long in pairwise(lists):
        for name, ids in short.items():
            assert long[name][: len(ids)] == ids
