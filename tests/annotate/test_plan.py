"""Which examples of a run are judged, in which order."""

from dataclasses import replace

import pytest
from fakes import checksum_of, diagnosed, small_images
from hypothesis import given
from hypothesis import strategies as st

from hardex import RunError, rank
from hardex.annotate.plan import (
    Assignment,
    plan_of,
    shuffled_in_blocks,
)
from hardex.annotate.queue import (
    Queue,
)
from hardex.people.events import Annotation
from hardex.runs.view_words import view_of
from hardex.runs.views import View

PEOPLE = ("ann", "bob", "cleo", "dan", "eve")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    names = ("a", "b", "c")
    from hardex.images import write_png

    for number, image in enumerate(small_images(60)):
        path = folder / "data" / names[number // 20]
        path.mkdir(parents=True, exist_ok=True)
        write_png(image, path / f"{number}.png")
    classify = checksum_of(3)

    def rows(images):
        raw = classify(images) + 1e-3
        return raw / raw.sum(axis=1, keepdims=True)

    return rank(rows, folder / "data", out=folder / "run")


def found(run, view):
    return [one.id for one in run.find(view, size=1000).examples]


def test_the_hard_examples_come_in_blocks_in_order_of_rank(run):
    plan = plan_of(run, Assignment())
    ranked = found(run, View(list="hard"))
    assert plan.ids == shuffled_in_blocks(ranked, 40, run.manifest.seed) != ranked
    assert plan_of(run, Assignment()).ids == plan.ids
    assert plan.overlap == 2 and plan.gold == {} and plan.seed == run.manifest.seed
    assert plan.owner == "owner"


def test_any_view_can_be_judged(run):
    view = View(given="b", sort="loss")
    plan = plan_of(run, Assignment(view, overlap=3))
    assert plan.ids == shuffled_in_blocks(found(run, view), 40, run.manifest.seed)
    assert plan.overlap == 3
    with pytest.raises(RunError, match="class of a view"):
        plan_of(run, Assignment(View(given="dog")))


def test_the_queue_of_a_ranking_by_cause_is_by_cause(run, tmp_path):
    """Causes take turns in the list, and stay in their blocks when these are shuffled."""
    wrong = found(run, View(correct=False, sort="loss"))
    causes = {id: ("rare", "blur", "noise")[i % 3] for i, id in enumerate(wrong)}
    copy = rank(run.folder, out=tmp_path / "copy")
    again = rank(
        diagnosed(copy, causes).folder, out=tmp_path / "again", diversity="cause", count=60
    )
    listed = View(list="wrong")
    assert plan_of(again, Assignment(listed)).ids == shuffled_in_blocks(
        found(again, listed), 40, run.manifest.seed
    )
    assert [causes[id] for id in found(again, listed)[:6]] == ["rare", "blur", "noise"] * 2
    # Without a ranking by cause, the view sorts by it.
    words = view_of({"list": "all", "correct": "no", "sort": "cause"})
    asked = plan_of(copy, Assignment(words)).ids
    assert asked == shuffled_in_blocks(found(copy, words), 40, run.manifest.seed)
    assert found(copy, words)[:6] == wrong[:6]


def test_of_many_classes_the_blocks_are_larger(run, monkeypatch):
    classes = tuple(f"class {number}" for number in range(13))
    monkeypatch.setitem(vars(run), "manifest", replace(run.manifest, class_names=classes))
    view = View(sort="loss")
    plan = plan_of(run, Assignment(view))
    assert plan.ids == shuffled_in_blocks(found(run, view), 52, run.manifest.seed)


def test_the_order_of_a_block_is_drawn_by_the_seed():
    # The first bytes of SHA-256 of "3\n\nID": d0, cb, 00, d7 | df, 83, 68, ed | e4, 7e.
    ids = [str(number) for number in range(10)]
    assert shuffled_in_blocks(ids, 4, seed=3) == ["2", "1", "0", "3", "6", "5", "4", "7", "9", "8"]
    assert shuffled_in_blocks(ids, 4, seed=4) != shuffled_in_blocks(ids, 4, seed=3)
    assert shuffled_in_blocks([], 4, seed=3) == [] and shuffled_in_blocks(ids, 1, seed=3) == ids


@given(st.lists(st.text(), unique=True, max_size=60), st.integers(1, 20), st.integers(0, 99))
def test_every_example_stays_within_its_block(ids, size, seed):
    shuffled = shuffled_in_blocks(ids, size, seed)
    assert sorted(shuffled) == sorted(ids)
    places = {id: place for place, id in enumerate(shuffled)}
    assert all(places[id] // size == place // size for place, id in enumerate(ids))
    assert shuffled_in_blocks(ids, size, seed) == shuffled
    # Where an example comes says nothing of where it stood within its block.
    assert shuffled_in_blocks([*reversed(ids[:size]), *ids[size:]], size, seed) == shuffled


def test_examples_in_the_order_of_the_data_are_shuffled(run):
    ids = list(run.predictions["id"])
    for view in (View(), View(sort="position")):
        plan = plan_of(run, Assignment(view))
        assert sorted(plan.ids) == sorted(ids) and plan.ids != ids
        assert len({id[0] for id in plan.ids[:15]}) == 3  # not one class after another
        assert plan_of(run, Assignment(view)).ids == plan.ids


def test_gold_must_be_of_the_run(run):
    id = run.predictions["id"][0]
    assert plan_of(run, Assignment(gold={id: "b"})).gold == {id: "b"}
    with pytest.raises(RunError, match=r"1 of 2 are not; take their ids from its tables\.$"):
        plan_of(run, Assignment(gold={id: "b", "nobody": "a"}))
    with pytest.raises(
        RunError, match=r"1 of 1 gold labels are not classes of the run, such as 'dog'"
    ):
        plan_of(run, Assignment(gold={id: "dog"}))


def test_what_the_owner_is_sure_of_is_gold_where_there_is_no_other(run):
    ids = list(run.predictions["id"])
    for annotator, id, verdict, label in (
        ("owner", ids[0], "right", ""),
        ("owner", ids[1], "wrong", "c"),
        ("owner", ids[2], "wrong", ""),
        ("owner", ids[3], "ambiguous", ""),
        ("owner", "gone", "right", ""),
        ("ann", ids[4], "right", ""),
    ):
        run.annotations.add(Annotation(annotator, id, verdict, label, shown="label"))
    taken_back = run.annotations.add(Annotation("owner", ids[5], "right"))
    run.annotations.add(Annotation("owner", ids[5], "", undoes=taken_back.event_id))
    plan, store = plan_of(run, Assignment()), run.annotations
    queue = Queue(plan, store)
    assert queue._gold == {ids[0]: "a", ids[1]: "c"}
    queue.record(store.add(Annotation("owner", ids[6], "right", shown="label")))
    queue.record(store.add(Annotation("owner", ids[1], "ambiguous", shown="label")))
    assert queue._gold == {ids[0]: "a", ids[6]: "a"} == Queue(plan, store)._gold
    assert Queue(plan_of(run, Assignment(gold={ids[9]: "a"})), store)._gold == {ids[9]: "a"}
