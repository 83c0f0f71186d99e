"""What an annotator is told and what is believed of what they say."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from threading import Barrier, BrokenBarrierError
from uuid import uuid4

import numpy as np
import pytest

import hardex
from hardex.annotate.plan import Assignment
from hardex.errors import HardexError, MisplacedError, RunError, StorageError
from hardex.images import write_png
from hardex.people.access import OWNER, Visitor
from hardex.people.events import Annotation
from hardex.runs.views import View
from hardex_app import annotating, questions
from hardex_app.annotating import annotate, earlier, progress, undo
from hardex_app.annotating import next_examples as ask
from hardex_app.annotation_requests import INVALID, NotStored
from hardex_app.background import Status
from hardex_app.questions import question
from hardex_app.workspace import Workspace

from .fake_runs import decoded, parts_of, run_without_images, sentence, small_run

ANN, BOB = Visitor("ann", "annotator"), Visitor("bob", "annotator")
NAMES = ("aardvark", "buffalo", "chameleon")


def at_the_desk(workspace, who, ask):
    """What the page gets of a question that `ask` answers."""
    asking = question("annotate", "next_examples")
    asked = replace(asking, answer=lambda call: ask(call.session, call.visitor))
    return questions.answered(asked, workspace, {}, who)


@pytest.fixture
def run(tmp_path):
    """A run of a folder per class: its ids hold the labels."""
    rng = np.random.default_rng(0)
    for number in range(24):
        path = tmp_path / "zoo" / NAMES[number % 3]
        path.mkdir(parents=True, exist_ok=True)
        write_png(rng.integers(0, 256, (6, 6, 1), dtype=np.uint8), path / f"{number}.png")
    return hardex.rank(parts_of(3), tmp_path / "zoo", out=tmp_path / "run")


@pytest.fixture
def desk(run):
    return desk_of(run)


def desk_of(run, **options):
    return Workspace(lambda workspace: None, run=run, assignment=Assignment(**options)).desk


def one(desk, visitor=ANN):
    """The next ticket of an annotator and the example behind it."""
    ticket = next_examples(desk, visitor, count=1)["examples"][0]["ticket"]
    return ticket, desk.tickets.id(visitor.name, ticket)


def next_examples(desk, visitor, have=(), **options):
    return ask({"have": list(have), **options}, desk, visitor)


def answered(desk, ticket, visitor=ANN, label="aardvark", **said):
    return annotate({"ticket": ticket, "label": label, **said}, desk, visitor)


class Broken:
    """A store whose disk is full, whose database is locked, or that cannot even be read."""

    def __init__(self, store, *broken, error=StorageError):
        self._store, self._broken, self._error = store, broken, error

    def __getattr__(self, name):
        if name in self._broken:
            return self._refuse
        return getattr(self._store, name)

    def _refuse(self, *of):
        raise self._error("the annotation must be written to /secret/path; it could not be.")


# ------------------------------------------------------------------ blind


def test_nothing_is_told_of_an_example_before_it_is_judged(desk, run, tmp_path):
    told = next_examples(desk, ANN, count=8, last=True)
    text = json.dumps({**told, "examples": [{**e, "image": ""} for e in told["examples"]]})
    for secret in (*NAMES, ".png", "zoo", "unsure", "gold", str(tmp_path), *run.hard["id"]):
        assert secret not in text
    assert set(told) == {"name", "run", "examples", "over", "done", "total", "later"}
    assert all(set(example) == {"ticket", "image"} for example in told["examples"])


def test_the_image_is_the_one_that_is_judged(desk, run):
    (example,) = next_examples(desk, ANN, count=1)["examples"]
    id = desk.tickets.id("ann", example["ticket"])
    assert np.array_equal(decoded(example["image"]), run.image(id))


def test_what_the_page_knows_beforehand_is_nothing_of_any_example(run):
    assert annotating.facts(run)["class_names"] == list(NAMES)
    assert set(annotating.facts(run)) == {"class_names", "undecided", "comment_most", "problem"}
    assert annotating.facts(run)["problem"] == ""


def test_the_verdict_follows_by_comparison(desk, run):
    for label in NAMES:
        ticket, id = one(desk)
        told = answered(desk, ticket, label=label, seconds=1.5, comment="striped")
        (event,) = run.annotations.of(id)
        given = run.given_label(id)
        assert event.verdict == told["verdict"] == ("right" if label == given else "wrong")
        assert event.new_label == ("" if label == given else label)
        assert (event.said, event.shown, event.annotator) == (label, "blind", "ann")
        assert (event.seconds, event.comment) == (1.5, "striped")
        assert (told["given"], told["said"]) == (given, label)
        assert told["predicted"] == run.row(id)["predicted_label"]


@pytest.mark.parametrize("verdict", ["ambiguous", "bad_image", "not_sure"])
def test_an_annotator_may_name_no_class(desk, run, verdict):
    ticket, id = one(desk)
    told = annotate({"ticket": ticket, "verdict": verdict}, desk, ANN)
    (event,) = run.annotations.of(id)
    assert event.verdict == event.said == told["said"] == verdict and event.new_label == ""


def test_what_is_said_after_the_label_was_seen_is_a_second_event(desk, run):
    ticket, id = one(desk)
    answered(desk, ticket, label="buffalo")
    kept = answered(desk, ticket, label="buffalo")
    changed = answered(desk, ticket, label=run.given_label(id))
    assert [event.shown for event in run.annotations.of(id)] == ["blind", "label", "label"]
    assert [event.said for event in run.annotations.of(id)] == ["buffalo", "", ""]
    assert kept["shown"] == "label" and changed["verdict"] == "right"
    assert progress(desk, ANN)["done"] == 1


@pytest.mark.parametrize("words", [{"label": "buffalo"}, {"label": "", "verdict": "ambiguous"}])
def test_who_keeps_an_answer_keeps_its_comment(desk, run, words):
    ticket, id = one(desk)
    answered(desk, ticket, comment="a pagoda", seconds=12.5, **words)
    kept = {"event_id": str(uuid4()), "comment": "", **words}
    told = answered(desk, ticket, **kept)
    assert told["comment"] == "a pagoda" and told["shown"] == "label"
    assert answered(desk, ticket, **kept) == told  # its receipt was lost
    assert run.annotations.latest()[0].comment == "a pagoda" and len(run.annotations.of(id)) == 2
    with pytest.raises(HardexError, match="already used for a different event"):
        answered(desk, ticket, **{**kept, "comment": "a temple"})
    assert answered(desk, ticket, comment="a temple", **words)["comment"] == "a temple"
    assert answered(desk, ticket, **words)["comment"] == "a temple"
    assert answered(desk, ticket, label="chameleon")["comment"] == ""  # another answer
    assert answered(desk, ticket, **words)["comment"] == ""


def test_a_comment_that_nobody_may_say_is_not_kept(desk, run):
    ticket, id = one(desk)
    told = answered(desk, ticket)
    (event,) = run.annotations.of(id)
    later = event.time + timedelta(microseconds=1)
    old = replace(event, event_id=str(uuid4()), time=later, comment="\x1b[31m", shown="label")
    run.annotations.keep([old])
    assert answered(desk, ticket)["comment"] == "" and told["comment"] == ""


def test_a_comment_can_be_taken_away(desk, run):
    ticket, _ = one(desk)
    told = answered(desk, ticket, comment="a pagoda")
    gone = {"uncommented": True, "event_id": str(uuid4())}
    assert answered(desk, ticket, **gone)["comment"] == ""
    assert answered(desk, ticket, **gone)["comment"] == ""
    undo({"ticket": ticket, "undoes": gone["event_id"]}, desk, ANN)
    assert answered(desk, ticket)["comment"] == "a pagoda"
    for event in run.annotations.latest():
        undo({"ticket": ticket, "undoes": event.event_id}, desk, ANN)
    undo({"ticket": ticket, "undoes": told["event_id"]}, desk, ANN)
    assert answered(desk, ticket)["comment"] == ""  # what was taken back is not kept


def test_whoever_saw_the_label_in_browse_or_before_an_undo_is_not_blind(desk, run):
    ticket, id = one(desk)
    told = answered(desk, ticket)
    undo({"ticket": ticket, "undoes": told["event_id"]}, desk, ANN)
    assert answered(desk, ticket)["shown"] == "label"
    ticket, id = one(desk, OWNER)
    run.annotations.add(Annotation("owner", id, "right", shown="label"))
    assert answered(desk, ticket, OWNER)["shown"] == "label"


# ------------------------------------------------------------------ what is not believed


def test_an_example_must_be_one_that_was_given_to_this_annotator(desk, run):
    ticket, id = one(desk)
    for made_up in (id, "", None, ticket[:-3] + "AAA", desk.tickets.of("bob", id)):
        with pytest.raises(HardexError, match="one that you were given") as refused:
            answered(desk, made_up)
        assert id not in sentence(refused.value) or made_up == id
        with pytest.raises(HardexError, match="one that you were given"):
            undo({"ticket": made_up, "undoes": str(uuid4())}, desk, ANN)
    assert run.annotations.all() == []


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({"verdict": "right"}, "verdict without a label must be one of ambiguous"),
        ({"verdict": "wrong"}, "verdict without a label must be one of ambiguous"),
        ({"label": "dog"}, "label must be one of the 3 classes; received 'dog'"),
        ({"label": ["buffalo"]}, INVALID),
        ({"label": {"a": 1}}, INVALID),
        ({"label": 0, "verdict": "ambiguous"}, INVALID),
        ({"label": "\ud800"}, "label must be one of the 3 classes"),
        ({"verdict": {"a": 1}}, INVALID),
        ({"verdict": ["ambiguous"]}, INVALID),
        ({"label": "buffalo", "verdict": []}, INVALID),
        ({"label": "buffalo", "ticket": 7}, INVALID),
        ({"label": "buffalo", "ticket": ["x"]}, INVALID),
        ({"label": "buffalo", "ticket": "x" * 8_193}, INVALID),
        ({"label": "buffalo", "first": "yes"}, INVALID),
        ({}, "either a label or a verdict; received neither"),
        ({"label": "buffalo", "verdict": "ambiguous"}, "either a label or a verdict; received bo"),
        ({"label": "buffalo", "seconds": -1}, INVALID),
        ({"label": "buffalo", "seconds": 3601}, INVALID),
        ({"label": "buffalo", "seconds": float("nan")}, INVALID),
        ({"label": "buffalo", "seconds": "1"}, INVALID),
        ({"label": "buffalo", "seconds": True}, INVALID),
        ({"label": "buffalo", "seconds": 10**400}, INVALID),
        ({"label": "buffalo", "comment": "x" * 10_001}, "comment must be a text of up to 10,000"),
        ({"label": "buffalo", "comment": "\0"}, "comment must be a text"),
        ({"label": "buffalo", "comment": "\x1b[31m"}, "comment must be a text"),
        ({"label": "buffalo", "comment": "\x9b31m"}, "comment must be a text"),
        ({"label": "buffalo", "comment": "\ud800"}, "comment must be a text"),
        ({"label": "buffalo", "comment": ["x"]}, "comment must be a text"),
        ({"label": "buffalo", "event_id": "1"}, INVALID),
        ({"label": "buffalo", "event_id": str(uuid4()).upper()}, INVALID),
        ({"label": "buffalo", "event_id": [1]}, INVALID),
        ({"label": "buffalo", "event_id": 0}, INVALID),
    ],
)
def test_what_cannot_be_stored_is_refused_in_a_sentence(desk, run, said, says):
    ticket, _ = one(desk)
    with pytest.raises(HardexError, match=says) as refused:
        annotate({"ticket": ticket, **said}, desk, ANN)
    assert not isinstance(refused.value, NotStored)  # sent again it would be refused again
    sentence(refused.value)
    assert run.annotations.all() == []


def test_who_speaks_is_told_by_the_session_alone(desk, run):
    ticket, id = one(desk)
    told = answered(desk, ticket, annotator="owner", role="owner", shown="label", said="x", id="y")
    (event,) = run.annotations.of(id)
    assert (event.annotator, event.shown, event.said) == ("ann", "blind", "aardvark")
    assert told["event_id"] == event.event_id


def test_what_somebody_else_left_in_the_browser_waits_for_them(desk, run):
    ticket, _ = one(desk)
    for asked in (
        lambda: answered(desk, ticket, name="bob"),
        lambda: ask({"name": "bob"}, desk, ANN),
    ):
        with pytest.raises(NotStored, match="open your own link again"):
            asked()
    assert run.annotations.all() == []
    answered(desk, ticket, name="ann")


@pytest.mark.parametrize(
    "asked",
    [None, "", [], 7, {"have": "abc"}, {"have": [1]}, {"have": ["x"] * 65}]
    + [{"count": count} for count in (-1, 13, "2", None)],
)
def test_a_page_asks_for_a_few_examples(desk, asked):
    with pytest.raises(HardexError, match=INVALID):
        ask(asked, desk, ANN)


def test_the_tickets_of_a_page_may_be_of_yesterday(desk):
    assert len(ask({"have": ["nonsense", "A" * 60], "count": 3}, desk, ANN)["examples"]) == 3


# ------------------------------------------------------------------ stored once, or not at all


def test_what_is_sent_twice_is_stored_once(desk, run):
    ticket, id = one(desk)
    said = {"event_id": str(uuid4()), "seconds": 0.12345, "comment": "  striped"}
    first, second = (answered(desk, ticket, **said) for _ in range(2))
    assert first == second and first["shown"] == "blind"
    assert len(run.annotations.of(id)) == 1
    with pytest.raises(HardexError, match="already used for a different event"):
        answered(desk, ticket, label="buffalo", **said)
    kept = {"event_id": str(uuid4())}
    assert answered(desk, ticket, **kept) == answered(desk, ticket, **kept)
    back = {"ticket": ticket, "undoes": kept["event_id"], "event_id": str(uuid4())}
    assert undo(back, desk, ANN) == undo(back, desk, ANN)
    assert len(run.annotations.of(id)) == 3


def test_with_the_label_in_view_an_event_id_stands_for_one_answer(desk, run):
    ticket, id = one(desk)
    given = run.given_label(id)
    other, third = (name for name in NAMES if name != given)
    answered(desk, ticket, label=other)
    for first, others in ((given, (other, third)), (other, (given, third))):
        said = {"event_id": str(uuid4())}
        told = answered(desk, ticket, label=first, **said)
        assert told["shown"] == "label" and told == answered(desk, ticket, label=first, **said)
        for label in others:
            with pytest.raises(HardexError, match="already used for a different event"):
                answered(desk, ticket, label=label, **said)
        with pytest.raises(HardexError, match="already used for a different event"):
            annotate({"ticket": ticket, "verdict": "not_sure", **said}, desk, ANN)
    assert len(run.annotations.of(id)) == 3


def test_many_send_the_same_at_the_same_moment(desk, run):
    people = [Visitor(f"person {number}", "annotator") for number in range(6)]
    sent = [
        (person, {"ticket": example["ticket"], "label": NAMES[0], "event_id": str(uuid4())})
        for person in people
        for example in next_examples(desk, person, count=2)["examples"]
    ]
    with ThreadPoolExecutor(12) as pool:
        told = list(pool.map(lambda one: annotate(one[1], desk, one[0]), sent * 4))
    assert {one["event_id"] for one in told} == {said["event_id"] for _, said in sent}
    assert len(run.annotations.all()) == len(sent)
    assert all(event.shown == "blind" for event in run.annotations.all())


class Crowded:
    """A store that three people ask what was said before one of them says something."""

    def __init__(self, store):
        self._store, self._crowd = store, Barrier(3)

    def __getattr__(self, name):
        return getattr(self._store, name)

    def of(self, id):
        said = self._store.of(id)
        with suppress(BrokenBarrierError):  # where they are let in one by one
            self._crowd.wait(0.5)
        return said


def test_of_three_answers_at_the_same_moment_one_is_blind(desk, run):
    ticket, id = one(desk)
    store = run.annotations
    run.__dict__["annotations"] = Crowded(store)
    with ThreadPoolExecutor(3) as pool:
        told = list(pool.map(lambda label: answered(desk, ticket, label=label), NAMES))
    assert sorted(answer["shown"] for answer in told) == ["blind", "label", "label"]
    assert [event.shown for event in store.of(id)] == ["blind", "label", "label"]


def test_an_answer_is_taken_back_once(desk, run):
    ticket, id = one(desk)
    told = answered(desk, ticket)
    store = run.annotations
    run.__dict__["annotations"] = Crowded(store)
    with ThreadPoolExecutor(3) as pool:
        back = {"ticket": ticket, "undoes": told["event_id"]}
        list(pool.map(lambda _: undo(back, desk, ANN), range(3)))
    assert len(store.of(id)) == 2


@pytest.mark.parametrize("broken", ["respond"])
def test_nothing_is_acknowledged_that_is_not_stored(desk, run, broken):
    store = run.annotations
    ticket, _ = one(desk)
    said = {"ticket": ticket, "label": "buffalo", "event_id": str(uuid4())}
    run.__dict__["annotations"] = Broken(store, broken)
    with pytest.raises(
        NotStored, match="kept on this page and sent again automatically"
    ) as refused:
        annotate(said, desk, ANN)
    assert "/secret" not in sentence(refused.value)
    with pytest.raises(NotStored, match="/secret/path"):  # the owner can do something about it
        answered(desk, one(desk, OWNER)[0], OWNER)
    assert store.all() == [] and progress(desk, ANN)["done"] == 0
    run.__dict__["annotations"] = store
    assert annotate(said, desk, ANN)["done"] == 1


@pytest.mark.parametrize("broken", ["respond"])
def test_what_the_whole_desk_waits_for_is_told_from_what_one_answer_lacks(desk, run, broken):
    store = run.annotations
    ticket, _ = one(desk)
    told = answered(desk, one(desk, BOB)[0], BOB)
    run.__dict__["annotations"] = Broken(store, broken, error=MisplacedError)
    with pytest.raises(NotStored, match="tell the owner, who sees why here"):
        answered(desk, ticket)
    run.__dict__["annotations"] = Broken(store, broken, error=RunError)
    with pytest.raises(RunError):
        answered(desk, ticket)
    with pytest.raises(RunError):
        undo({"ticket": told["ticket"], "undoes": told["event_id"]}, desk, BOB)


def test_an_event_id_of_another_example_is_refused_for_good(desk, run):
    one_of_them, other = (e["ticket"] for e in next_examples(desk, ANN, count=2)["examples"])
    said = {"event_id": str(uuid4())}
    told = answered(desk, one_of_them, **said)
    with pytest.raises(RunError, match="already used for a different event") as refused:
        answered(desk, other, **said)
    assert not isinstance(refused.value, NotStored)
    answered(desk, other)
    with pytest.raises(RunError, match="already used for a different event"):
        undo({"ticket": other, "undoes": answered(desk, other)["event_id"], **said}, desk, ANN)
    with pytest.raises(HardexError, match=INVALID):
        undo({"ticket": other, "undoes": [told["event_id"]]}, desk, ANN)
    assert len(run.annotations.all()) == 3


def test_a_run_that_is_being_replaced_takes_the_answer_a_moment_later(desk, run):
    ticket, _ = one(desk)

    def unreadable(id):
        raise RunError("the predictions of a run must be readable; they are not.")

    place, run.tables.place = run.tables.place, unreadable
    with pytest.raises(NotStored):
        answered(desk, ticket)
    run.tables.place = place
    assert answered(desk, ticket)["done"] == 1


def test_a_store_that_cannot_be_read_is_asked_again(run):
    store = run.annotations
    run.__dict__["annotations"] = Broken(store, "all", "latest")
    workspace = Workspace(lambda workspace: None, run=run)
    told = at_the_desk(workspace, ANN, lambda desk, who: {})
    assert told["again"] and "/secret" not in told["error"]
    run.__dict__["annotations"] = store
    assert at_the_desk(workspace, ANN, lambda desk, who: {"fine": 1}) == {"fine": 1}


def test_an_answer_of_before_a_restart_is_taken(desk, run):
    ticket, id = one(desk)
    later = desk_of(run)  # its leases are gone, its key is not
    assert answered(later, ticket)["done"] == 1
    assert [event.id for event in run.annotations.all()] == [id]


# ------------------------------------------------------------------ undo


def test_an_answer_can_be_taken_back(desk, run):
    ticket, _ = one(desk)
    told = answered(desk, ticket)
    gone = undo({"ticket": ticket, "undoes": told["event_id"]}, desk, ANN)
    assert gone["done"] == 0 and run.annotations.latest() == []
    assert one(desk)[0] == ticket  # to be judged again
    assert "given" not in gone


def test_only_ones_own_answer_can_be_taken_back(desk, run):
    ticket, id = one(desk)
    told = answered(desk, ticket)
    theirs = desk.tickets.of("bob", id)
    for who, which, undoes in (
        (BOB, theirs, told["event_id"]),
        (ANN, ticket, str(uuid4())),
        (ANN, ticket, ""),
        (ANN, one(desk)[0], told["event_id"]),
    ):
        with pytest.raises(
            HardexError, match="only your own verdict on this example can be undone"
        ):
            undo({"ticket": which, "undoes": undoes}, desk, who)
    assert len(run.annotations.latest()) == 1


# ------------------------------------------------------------------ going on


def test_everybody_goes_on_where_they_left_off(desk, run):
    ticket, id = one(desk)
    answered(desk, ticket, label="buffalo")
    following = one(desk)[0]
    again = next_examples(desk_of(run), ANN, last=True)
    assert again["examples"][0]["ticket"] == following
    assert again["last"]["ticket"] == ticket and again["last"]["said"] == "buffalo"
    assert again["last"]["given"] == run.given_label(id)
    assert again["done"] == 1
    assert "last" not in next_examples(desk, BOB, last=True)


def test_what_is_at_hand_and_judged_elsewhere_is_over(desk, run):
    held = [example["ticket"] for example in next_examples(desk, ANN, count=6)["examples"]]
    first, second, third, fourth, *_ = held
    answered(desk, first)
    answered(desk, second, label="buffalo")
    back = answered(desk, third)
    undo({"ticket": third, "undoes": back["event_id"]}, desk, ANN)
    answered(desk, desk.tickets.of("bob", desk.tickets.id("ann", fourth)), BOB)
    told = next_examples(desk, ANN, [*reversed(held), "nonsense"], count=0)
    assert told["over"] == [second, first] and told["examples"] == []
    assert (told["done"], told["later"]) == (2, False)
    # Said to another server, or to Browse: this queue has not heard of it.
    run.annotations.add(Annotation("ann", desk.tickets.id("ann", held[5]), "right"))
    assert next_examples(desk, ANN, held)["over"] == [first, second]
    assert next_examples(desk, ANN, held, count=0)["over"] == [first, second, held[5]]
    assert next_examples(desk_of(run), ANN, held)["over"] == [first, second, held[5]]
    theirs = [desk.tickets.of("bob", desk.tickets.id("ann", ticket)) for ticket in held]
    assert next_examples(desk, BOB, theirs, count=0)["over"] == [theirs[3]]


def test_the_last_answer_is_one_that_counts_and_of_this_run(desk, run):
    run.annotations.add(Annotation("ann", "gone.png", "right", said="buffalo", shown="blind"))
    assert "last" not in next_examples(desk, ANN, last=True)
    told = answered(desk, one(desk)[0])
    undone = answered(desk, one(desk)[0])
    undo({"ticket": undone["ticket"], "undoes": undone["event_id"]}, desk, ANN)
    assert next_examples(desk, ANN, last=True)["last"]["event_id"] == told["event_id"]


def test_the_marks_of_others_are_never_told(desk, run):
    ticket, id = one(desk)
    answered(desk, ticket, label="chameleon", comment="a secret of ann")
    theirs = desk.tickets.of("bob", id)
    told = json.dumps([next_examples(desk, BOB, last=True), answered(desk, theirs, BOB)])
    assert "ann" not in told.replace("annot", "") and "chameleon" not in told.replace(
        run.given_label(id), ""
    ).replace(run.row(id)["predicted_label"], "")


def test_everything_is_judged_in_the_end(run):
    desk = desk_of(run, view=View(given="buffalo", sort="loss"), overlap=1)
    count = len(run.find(View(given="buffalo")).examples)
    waiting = next_examples(desk, BOB, count=12)
    assert len(waiting["examples"]) == count
    assert next_examples(desk, ANN) == {
        "name": "ann", "run": waiting["run"], "examples": [], "over": [], "done": 0,
        "total": count, "later": True,
    }  # fmt: skip
    for example in waiting["examples"]:
        answered(desk, example["ticket"], BOB)
    assert progress(desk, BOB) == {"done": count, "total": count}
    assert next_examples(desk, ANN)["later"] is False


def test_earlier_answers_are_told_one_by_one_the_latest_first(desk):
    said = []
    for label in ("aardvark", "buffalo", "chameleon"):
        ticket, _ = one(desk)
        said.append((ticket, label))
        answered(desk, ticket, label=label)
    theirs, _ = one(desk, BOB)
    answered(desk, theirs, BOB)
    taken_back, _ = one(desk)
    event = answered(desk, taken_back)["event_id"]
    undo({"ticket": taken_back, "undoes": event, "event_id": str(uuid4())}, desk, ANN)
    have, told = ["no ticket"], []
    while (found := earlier({"have": have}, desk, ANN)["earlier"]) is not None:
        told.append((found["ticket"], found["said"]))
        have.append(found["ticket"])
        assert decoded(found["image"]).shape == (6, 6, 1)
    assert told == said[::-1]
    first = next(ticket for ticket, _ in said)
    changed = {"ticket": first, "verdict": "ambiguous", "event_id": str(uuid4())}
    annotate(changed, desk, ANN)
    found = earlier({"have": []}, desk, ANN)["earlier"]
    assert (found["said"], [word["said"] for word in found["words"]]) == ("ambiguous", ["aardvark"])
    for nonsense in (None, {"have": 3}, {"have": [3]}, {"have": ["x"] * 1_001}, {"name": "bob"}):
        with pytest.raises(HardexError) as caught:
            earlier(nonsense, desk, ANN)
        assert sentence(caught.value)


# ------------------------------------------------------------------ ranked again meanwhile


@pytest.fixture
def served(tmp_path):
    """An workspace, and how to rank its run again with the next label for every image."""
    folder = tmp_path / "served"
    folder.mkdir()
    run, classifier = small_run(folder)
    images = np.load(folder / "data.npz")["images"]

    def rank_again(count=30):
        labels = (np.arange(count) + 1) % 3
        np.savez(folder / "data.npz", images=images[:count], labels=labels)
        hardex.rank(classifier, folder / "data.npz", out=run.folder, force=True)

    return Workspace(lambda workspace: None, run=run), rank_again


def test_a_verdict_is_about_the_label_that_stands_in_the_run_now(served):
    workspace, rank_again = served
    ticket, id = one(workspace.desk)
    before = workspace.run.given_label(id)
    answered(workspace.desk, ticket, label=before)
    rank_again()
    now = workspace.run.given_label(id)
    assert now != before
    theirs = workspace.desk.tickets.of("bob", id)
    told = answered(workspace.desk, theirs, BOB, label=now)
    assert (told["verdict"], told["given"], told["said"]) == ("right", now, now)
    event = workspace.run.annotations.of(id)[-1]
    assert (event.annotator, event.verdict, event.new_label) == ("bob", "right", "")


def test_what_left_the_run_is_not_given_any_more_and_what_is_new_is(served):
    workspace, rank_again = served
    old = set(workspace.desk.queue.plan.ids)
    held = [one["ticket"] for one in next_examples(workspace.desk, ANN)["examples"]]
    rank_again(count=6)
    desk = workspace.desk
    given = {desk.tickets.id("ann", one["ticket"])
             for one in next_examples(desk, ANN, held, count=12)["examples"]}  # fmt: skip
    assert given <= set(workspace.run.hard["id"]) and not given & (old - set("012345"))
    assert given - old


def test_what_is_said_last_is_told_as_it_was_said(served):
    workspace, rank_again = served
    ticket, id = one(workspace.desk)
    said = workspace.run.given_label(id)
    answered(workspace.desk, ticket, label=said)
    rank_again()
    last = next_examples(workspace.desk, ANN, last=True)["last"]
    assert (last["said"], last["given"]) == (said, workspace.run.given_label(id))


def test_what_was_stored_before_is_acknowledged_after_ranking_again(served):
    workspace, rank_again = served
    ticket, id = one(workspace.desk)
    blind = {"ticket": ticket, "label": "0", "event_id": str(uuid4())}
    kept = {"ticket": ticket, "verdict": "ambiguous", "event_id": str(uuid4())}
    changed = {"ticket": ticket, "label": "1", "event_id": str(uuid4())}
    for said in (blind, kept, changed):
        annotate(said, workspace.desk, ANN)
    rank_again()
    for said in (blind, kept, changed):
        assert annotate(said, workspace.desk, ANN)["event_id"] == said["event_id"]
    assert len(workspace.run.annotations.of(id)) == 3
    for said in ({**blind, "label": "2"}, {**kept, "verdict": "not_sure"},
                 {**kept, "verdict": "", "label": "1"}, {**changed, "comment": "no"}):  # fmt: skip
        with pytest.raises(HardexError, match="already used for a different event"):
            annotate(said, workspace.desk, ANN)


def test_a_browser_finds_what_it_kept_after_ranking_again(served, desk):
    workspace, rank_again = served
    before = next_examples(workspace.desk, ANN)["run"]
    rank_again()
    assert next_examples(workspace.desk, ANN)["run"] == before
    assert next_examples(workspace.desk, BOB)["run"] == before
    assert next_examples(desk, ANN)["run"] != before  # another run, at the same address
    key = workspace.desk.tickets.key
    assert before not in (key.hex()[:16], sha256(key).hexdigest()[:16]) and len(before) == 16


def test_an_app_that_no_longer_fits_the_run_is_told_otherwise_than_a_full_disk(tmp_path):
    run, classifier = small_run(tmp_path)
    class_two = Assignment(view=View(list="all", given="2"))
    workspace = Workspace(lambda workspace: None, run=run, assignment=class_two)
    others = ["cat", "dog", "owl"]
    hardex.rank(classifier, tmp_path / "data.npz", class_names=others, out=run.folder, force=True)
    with pytest.raises(NotStored, match="tell the owner, who sees why here; your answers"):
        annotating.session_of(workspace, ANN)
    with pytest.raises(NotStored, match="a class of a view must be one of"):
        annotating.session_of(workspace, OWNER)


# ------------------------------------------------------------------ before and without


def test_before_the_run_is_ready_the_page_is_told_to_wait(run):
    workspace = Workspace(lambda workspace: None)
    workspace.status = Status("ranking", 1, 2)
    assert at_the_desk(workspace, ANN, lambda *of: {}) == {
        "waiting": "The run is not ready yet (ranking)."
    }


def test_whoever_has_no_role_is_told_nothing(run):
    workspace = Workspace(lambda workspace: None, run=run)
    told = at_the_desk(workspace, Visitor("ann", ""), lambda *of: {"secret": 1})
    assert set(told) == {"error", "again"} and not told["again"]


def test_a_run_without_images_says_so(tmp_path):
    assert "no images to judge" in annotating.facts(run_without_images(tmp_path))["problem"]


def test_an_example_whose_image_is_gone_can_still_be_called_so(desk, run, tmp_path):
    import shutil

    shutil.rmtree(tmp_path / "zoo")
    shutil.rmtree(run.folder / "results" / "hard")
    (example,) = next_examples(desk, ANN, count=1)["examples"]
    assert example["image"] == ""
    assert annotate({"ticket": example["ticket"], "verdict": "bad_image"}, desk, ANN)["done"] == 1


def test_a_run_that_was_made_again_of_other_data_refuses_old_examples(desk):
    ticket = desk.tickets.of("ann", "gone.png")
    with pytest.raises(HardexError, match="the run was made again") as refused:
        answered(desk, ticket)
    assert "gone.png" not in sentence(refused.value)
