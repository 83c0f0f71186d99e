"""`hardex.diagnose` from end to end: letters with known causes, and all that is refused."""

import json

import numpy as np
import pytest
from fakes import contents
from letters import NAMES, letters, nearest_letter, same_by_another_name

import hardex
from hardex.data.dataset import ArrayDataset
from hardex.diagnosis.causes import CAUSES
from hardex.diagnosis.overall import DIAGNOSIS
from hardex.diagnosis.selftest import SELFTEST, of_json
from hardex.errors import DatasetError, HardexError, RunError
from hardex.images import Transform, transform, write_png
from hardex.runs.findings import FINDINGS
from hardex.runs.seal import read_seal

MOVED, FALSE, INVERTED, HALVED = (range(a, a + 8) for a in (8, 16, 24, 32))
TURNED = (0, 3, 4, 7, 80, 83, 84, 87)  # F and Z
LEAKED, LEAKED_OTHERWISE, TWINS = 40, 41, (42, 43)
CLASSES = np.array(NAMES)


def halved(images, labels, rng):
    """A cause of one's own: the upper half is missing."""
    images[:, :6] = 0
    return images


def hard_letters(count=360):
    """Letters, some of them with a known cause."""
    images, labels = letters(count, seed=1)
    for rows, change in ((TURNED, Transform(rotation=30)), (MOVED, Transform(shift_x=2))):
        for row in rows:
            images[row] = transform(images[row], change)
    images[INVERTED] = 255 - images[INVERTED]
    images[HALVED, :6] = 0
    labels[FALSE] = (labels[FALSE] + 1) % 4
    images[TWINS[1]] = images[TWINS[0]]  # two classes, one picture
    return images, labels


def training_letters(images, labels, count=160):
    """Other letters, with two of the examples among them."""
    train, own = letters(count, seed=2)
    train[0], own[0] = images[LEAKED], labels[LEAKED]
    train[1], own[1] = images[LEAKED_OTHERWISE], (labels[LEAKED_OTHERWISE] + 1) % 4
    return train, own


def saved(path, images, labels, names=CLASSES):
    np.savez(path, images=images, labels=names[labels])
    return str(path)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A folder with test.npz, train.npz and a run."""
    folder = tmp_path_factory.mktemp("world")
    images, labels = hard_letters()
    data = saved(folder / "test.npz", images, labels)
    saved(folder / "train.npz", *training_letters(images, labels))
    hardex.rank(nearest_letter, data, out=folder / "run", per_class=2)
    images, labels = letters(48, seed=6)
    labels[:8] = (labels[:8] + 1) % 4
    saved(folder / "few.npz", images, labels)  # on which nothing can be planted
    return folder


@pytest.fixture(scope="module")
def diagnosed(world):
    """The run of the world, fully diagnosed."""
    return hardex.diagnose(
        world / "run",
        train=world / "train.npz",
        model=nearest_letter,
        own=[halved],
        plants=60,
        all=True,
        count=20,
    )


@pytest.fixture
def quickly(world, tmp_path):
    """Diagnose a new run of a few letters; the run is made as asked."""

    def diagnose(*, train="train.npz", data="few.npz", rank=None, **more):
        run = hardex.rank(
            **{"model": nearest_letter, "data": str(world / data), **(rank or {})},
            out=tmp_path / "run",
            force=True,
            per_class=1,
        )
        options = {"model": nearest_letter, "plants": 2, "count": 1, "selftest": False, **more}
        train = world / train if isinstance(train, str) else train
        return hardex.diagnose(run, train=train, **options)

    return diagnose


def of(run, rows):
    """The findings of some examples."""
    return run.findings.set_index("position").reindex(list(rows)).dropna(subset="cause")


def whole(run):
    return json.loads((run.folder / "results" / DIAGNOSIS).read_text(encoding="utf-8"))


def selftest(run):
    return of_json(json.loads((run.folder / "results" / SELFTEST).read_text(encoding="utf-8")))


# What is found


def test_a_rotation_by_thirty_degrees_is_found_as_that(diagnosed):
    turned = of(diagnosed, TURNED)
    named = turned[turned.cause == "rotation"]
    assert len(named) >= 3 and set(turned.cause) <= {"rotation", "unexplained"}
    assert named.amount.between(20, 40).all()
    assert named.why.str.contains("counter-clockwise").all()
    assert (named.label_after == named.given_label).all()


def test_a_shift_to_the_right_is_found_as_that(diagnosed):
    moved = of(diagnosed, MOVED)
    named = moved[moved.cause == "shift"]
    assert len(named) >= 2 and set(moved.cause) <= {"shift", "unexplained"}
    assert named.amount.between(1, 3).all() and named.amount_y.abs().max() < 1


def test_false_labels_are_found_with_the_right_one(diagnosed):
    false = of(diagnosed, FALSE)
    named = false[false.cause == "mislabelled"]
    assert len(named) >= 6
    true = [NAMES[(NAMES.index(label) - 1) % 4] for label in named.given_label]
    assert named.suggested_label.tolist() == true == named.other_label.tolist()


def test_inverted_ones_are_found(diagnosed):
    assert (of(diagnosed, INVERTED).cause == "inversion").sum() >= 4


def test_a_cause_of_ones_own_is_planted_found_and_listed(diagnosed):
    test = {one.cause: one for one in selftest(diagnosed).causes}["halved"]
    assert test.given and test.planted >= 20 and test.power.low > 0.5
    named = of(diagnosed, HALVED)
    assert (named.cause == "halved").sum() >= 3
    assert "p_halved" in diagnosed.findings and "halved" in whole(diagnosed)["judged"]
    assert "on which halved was planted" in named[named.cause == "halved"].why.iloc[0]


def test_twins_of_two_classes_are_copies_of_each_other(diagnosed):
    found = of(diagnosed, TWINS)
    assert (found.cause == "duplicate").any()
    one = found[found.cause == "duplicate"].iloc[0]
    other = TWINS[1] if one.id == str(TWINS[0]) else TWINS[0]
    assert (one.copy_id, one.copy_in, one.confidence) == (str(other), "test", 1)


def test_examples_in_the_training_data_are_said_and_are_no_neighbours(diagnosed):
    found = diagnosed.findings
    assert not found.neighbour_ids.map(lambda ids: bool({"0", "1"} & set(ids))).any()
    assert whole(diagnosed)["scope"] == "158 of 160 training images, by pixels"


def test_training_data_that_contains_examples_is_told(quickly):
    images, labels = letters(48, seed=6)
    more, own = letters(60, seed=5)
    train = (np.concatenate([images[:9], more]), CLASSES[np.concatenate([labels[:9], own])])
    leakage = whole(quickly(train=train, count=20))["leakage"]
    # the first eight have another label among the examples
    assert (leakage["other_label"], leakage["examples"] in (8, 9)) == (8, True)
    assert set(leakage["ids"]) <= set("012345678")


def test_probabilities_of_the_causes_sum_to_one(diagnosed):
    found = diagnosed.findings
    columns = [name for name in found if name.startswith("p_")]
    np.testing.assert_allclose(found[columns].sum(axis=1), 1)


def test_only_causes_that_passed_the_self_test_are_named(diagnosed):
    given = {*selftest(diagnosed).given, "unexplained", "duplicate"}
    assert set(diagnosed.findings.cause) <= given == set(whole(diagnosed)["judged"])
    assert set(diagnosed.findings.second_cause.dropna()) <= given
    left = {one["cause"] for one in whole(diagnosed)["not_judged"]}
    assert left.isdisjoint(given)
    assert left | given == {*CAUSES, "halved"}


def test_every_wrong_example_has_one_finding_in_order(diagnosed):
    found, table = diagnosed.findings, diagnosed.predictions
    wrong = table.position[table.given_index != table.predicted_index]
    assert set(wrong) <= set(found.position) and found.id.is_unique
    assert whole(diagnosed)["wrong"] == len(wrong)
    assert sum(one["count"] for one in whole(diagnosed)["counts"]) == len(found)


def test_the_classes_are_of_one_size_so_imbalance_is_not_judged(diagnosed):
    why = {one["cause"]: one["why"] for one in whole(diagnosed)["not_judged"]}
    assert why["imbalance"].startswith("the classes are about equally large: ")


# The same twice, and nothing half-written


def test_the_same_seed_gives_the_same_findings_bit_for_bit(quickly):
    kept = []
    for _ in range(2):
        run = quickly(data="test.npz", plants=5, count=4, seed=3)
        kept.append((run.findings.to_json(), whole(run), selftest(run)))
    assert kept[0] == kept[1]


@pytest.mark.parametrize("stage", ["reading the training data", "planting causes to learn from"])
def test_stopped_at_any_stage_nothing_is_changed(world, stage):
    before = contents(world / "run")

    def stop(now, done, total):
        if now == stage:
            raise KeyboardInterrupt

    options = {"train": world / "train.npz", "model": nearest_letter, "plants": 1, "count": 1}
    with pytest.raises(KeyboardInterrupt):
        hardex.diagnose(world / "run", **options, progress=stop)
    assert contents(world / "run") == before


def test_a_new_diagnosis_replaces_the_former_one(quickly):
    first = quickly()
    former = len(first.findings)
    (first.folder / "results" / SELFTEST).write_text("of a former one", encoding="utf-8")
    train = _named(*letters(8, seed=4), CLASSES)
    again = hardex.diagnose(first.folder, train=train, model=nearest_letter, count=20)
    assert len(again.findings) > former
    assert whole(again)["scope"].startswith("8 training images")
    assert not (first.folder / "results" / SELFTEST).exists()


# With less than all of it


def test_without_training_data_it_says_what_cannot_be_judged(quickly):
    found = whole(quickly(train=None))
    why = {one["cause"]: one["why"] for one in found["not_judged"]}
    assert why["rare"] == why["imbalance"] == "there is no training data"
    assert found["leakage"] is None and found["train"] == found["train_path"] == ""
    assert any(note.startswith("Without training data (--train DATA)") for note in found["notes"])


def test_too_few_correct_examples_give_evidence_without_verdicts(quickly):
    run = quickly()
    found = whole(run)
    assert any("other examples right, and 60 are needed" in note for note in found["notes"])
    assert set(run.findings.cause) == {"unexplained"}
    assert (run.findings.why == "No cause was judged for it.").all()
    assert run.findings.neighbour_ids.map(len).min() == 8
    assert not (run.folder / "results" / SELFTEST).exists()
    assert {"rotation", "junk"} <= {one["cause"] for one in found["not_judged"]}


def test_a_model_that_is_always_wrong_gives_evidence(quickly, tmp_path):
    images, labels = letters(16, seed=6)
    wrong = saved(tmp_path / "wrong.npz", images, (labels + 1) % 4)
    run = quickly(rank={"data": wrong})
    assert set(run.findings.cause) == {"unexplained"}
    with pytest.raises(DatasetError, match=r"there are none of both for .*wrong.npz; pass the tr"):
        quickly(rank={"data": wrong}, train=None)


def test_from_saved_probabilities_neighbours_and_labels_are_evidence(quickly, world):
    images, _ = hard_letters()
    p = nearest_letter(images)
    run = quickly(
        data="test.npz",
        rank={"model": None, "probabilities": p},
        model=None,
        plants=30,
        selftest=True,
    )
    found = whole(run)
    assert any("only neighbours and labels are evidence" in note for note in found["notes"])
    why = {one["cause"]: one["why"] for one in found["not_judged"]}
    assert why["rotation"] == why["junk"] == "there is no model to try it with"
    assert "mislabelled" in {one.cause for one in selftest(run).causes}
    assert run.findings.neighbour_ids.map(len).min() == 8
    with pytest.raises(HardexError, match=r"saved probabilities, and halved cannot be planted"):
        hardex.diagnose(run, train=world / "train.npz", own=[halved])


def test_a_class_without_training_images_is_no_crash(quickly):
    images, labels = letters(60, seed=7)
    labels = labels % 3
    run = quickly(train=(images, CLASSES[labels]), count=20)
    found = whole(run)
    assert (
        f"The training data has no images of {NAMES[3]}, which the model knows." in found["notes"]
    )
    lacking = run.findings[run.findings.given_label == NAMES[3]]
    assert len(lacking) and lacking.own_distance.isna().all()
    assert lacking.given_ids.map(len).max() == 0


def test_classes_in_another_order_are_matched_by_name_and_it_is_said(quickly):
    run = quickly(train=_named(*letters(60, seed=7), CLASSES[::-1]), count=20)
    assert any("matched by name" in note for note in whole(run)["notes"])
    right = run.findings[run.findings.given_label == run.findings.predicted_label]
    own = [
        near.tolist().count(label)
        for near, label in zip(right.neighbour_labels, right.given_label, strict=True)
    ]
    assert len(own) and min(own) > 4


def _named(images, labels, order):
    places = np.array([list(order).index(NAMES[label]) for label in labels])
    return ArrayDataset.of(images, places, class_names=order)


def test_examples_of_other_runs_are_evidence(world, quickly, tmp_path):
    same = hardex.rank(nearest_letter, str(world / "few.npz"), out=tmp_path / "same")
    with pytest.raises(RunError, match=r"--also needs runs of other models; .* the same one"):
        quickly(also=[same], trust_model=True)
    other = hardex.rank(same_by_another_name, str(world / "few.npz"), out=tmp_path / "other")
    run = quickly(also=[other], trust_model=True)
    wrong = run.findings.given_label != run.findings.predicted_label
    assert (run.findings.others_wrong == wrong).all() and (run.findings.others == 1).all()
    assert run.findings.why[wrong].str.endswith("the other model is wrong, too.").all()
    elsewhere = hardex.rank(nearest_letter, letters(20, seed=8), out=tmp_path / "elsewhere")
    with pytest.raises(RunError, match=r"--also needs runs on the same examples"):
        quickly(also=[elsewhere])


def test_sealed_examples_are_never_read_nor_shown(world, tmp_path):
    data = str(world / "few.npz")
    run = hardex.rank(nearest_letter, data, out=tmp_path / "run", per_class=1, seal=0.5)
    seen = set(run.predictions.position)
    assert 12 < len(seen) < 36
    images, labels = letters(48, seed=6)
    more, own = letters(60, seed=5)
    train = np.concatenate([images, more]), CLASSES[np.concatenate([labels, own])]
    found = hardex.diagnose(run, train=train, model=nearest_letter, count=3)
    assert set(found.findings.position) <= seen
    seal = read_seal(run.folder)
    open_ones = {48 + row for row, image in enumerate(more) if not seal.holds(image)}
    shown = {int(id) for ids in found.findings.neighbour_ids for id in ids}
    assert shown and shown <= open_ones
    assert whole(found)["scope"].startswith(f"{len(open_ones)} of 108 training images")


def test_a_run_that_was_ranked_again_is_diagnosed_like_the_first(world, tmp_path):
    first = hardex.rank(nearest_letter, str(world / "few.npz"), out=tmp_path / "first")
    hardex.rank(first.folder, out=tmp_path / "again", diversity="none", count=3)
    found = hardex.diagnose(
        tmp_path / "again", model=nearest_letter, train=world / "train.npz", count=2
    )
    assert set(found.hard["id"]) <= set(found.findings.id)


def test_files_that_cannot_be_read_are_left_out_and_said(tmp_path):
    images, labels = letters(40, seed=6)
    labels[:4] = (labels[:4] + 1) % 4
    for row, (image, label) in enumerate(zip(images, labels, strict=True)):
        folder = tmp_path / "data" / NAMES[label]
        folder.mkdir(parents=True, exist_ok=True)
        write_png(image, folder / f"{row:02}.png")
    (tmp_path / "data" / "F" / "never.png").write_bytes(b"no picture")
    run = hardex.rank(nearest_letter, tmp_path / "data", out=tmp_path / "run")
    hardest = run.hard[run.hard["list"] == "wrong"].id.iloc[0]
    now_broken = tmp_path / "data" / hardest
    now_broken.write_bytes(b"x" * now_broken.stat().st_size)  # the hash of files is their size
    train = letters(40, seed=7)
    found = hardex.diagnose(run, model=nearest_letter, train=(train[0], CLASSES[train[1]]), count=2)
    assert hardest not in set(found.findings.id) and len(found.findings) >= 4
    said = "1 chosen example cannot be read any more: there is no finding."
    assert said in whole(found)["notes"]


# What is refused


def test_training_data_of_other_classes_is_refused(quickly):
    images, labels = letters(20)
    with pytest.raises(DatasetError, match=r"a, b, c, d and .*run has F, J, L, Z; pass the data"):
        quickly(train=(images, np.array(list("abcd"))[labels]))
    some = np.array(["F", "J", "L", "Q"])
    with pytest.raises(DatasetError, match=r"has F, J, L, Q and the model F, J, L, Z, and 'Q' is"):
        quickly(train=(images, some[labels]))


@pytest.mark.parametrize("model", [nearest_letter, None])
def test_training_data_of_another_size_is_refused_and_both_sizes_named(quickly, model):
    images = np.zeros((8, 10, 10, 1), np.uint8)
    rank = {}
    if model is None:
        rank = {"model": None, "probabilities": nearest_letter(letters(48, seed=6)[0])}
    with pytest.raises(DatasetError, match=r"has 10 x 10 x 1 and .*few.npz 12 x 12 x 1; pass"):
        quickly(train=(images, CLASSES[np.arange(8) % 4]), rank=rank, model=model)


def test_training_data_that_is_the_examples_is_refused(quickly, world):
    with pytest.raises(DatasetError, match=r"must hold images that are not among the examples"):
        quickly(train="few.npz", count=300)


def test_training_data_that_is_not_there_is_refused(quickly):
    with pytest.raises(DatasetError, match=r"there is nothing at .*absent; check the path"):
        quickly(train="absent")


def surer(images):
    """Another model."""
    return nearest_letter(images)


def test_another_model_is_refused_by_its_hash(quickly):
    with pytest.raises(RunError, match=r"made with, letters:nearest_letter \(function let…\)"):
        quickly(model=surer)


def test_a_model_that_says_something_else_now_is_refused(tmp_path, world):
    turn = {"classes": 0}

    def moody(images):
        return np.roll(nearest_letter(images), turn["classes"], axis=1)

    run = hardex.rank(moody, str(world / "few.npz"), out=tmp_path / "run")
    turn["classes"] = 1
    with pytest.raises(RunError, match=r"says something else of \d+ of \d+ examples; pass"):
        hardex.diagnose(run, model=moody, train=world / "train.npz")


def test_saved_probabilities_with_a_model_of_other_classes_are_refused(quickly):
    p = nearest_letter(letters(48, seed=6)[0])
    with pytest.raises(HardexError, match=r"has 3 and the run 4 classes"):
        quickly(
            rank={"model": None, "probabilities": p},
            model=lambda images: np.full((len(images), 3), 1 / 3),
        )


def test_a_run_without_images_is_refused(tmp_path):
    images, labels = letters(20)
    run = hardex.rank(probabilities=nearest_letter(images), labels=labels, out=tmp_path / "run")
    with pytest.raises(RunError, match=r"made from saved probabilities without images"):
        hardex.diagnose(run)


def test_data_that_has_changed_since_is_refused(tmp_path):
    images, labels = letters(20)
    data = saved(tmp_path / "data.npz", images, labels)
    run = hardex.rank(nearest_letter, data, out=tmp_path / "run")
    images[3] = 255 - images[3]
    saved(tmp_path / "data.npz", images, labels)
    with pytest.raises(RunError, match=r"data.npz has other images, labels or files now; rank"):
        hardex.diagnose(hardex.load(tmp_path / "run"), model=nearest_letter)
    moved = saved(tmp_path / "moved.npz", *letters(20))
    with pytest.raises(DatasetError, match=r"there are none of both|compared with"):
        hardex.diagnose(run, model=nearest_letter, data=moved, count=20)


@pytest.mark.parametrize("option", ["count", "plants"])
def test_nothing_to_do_is_refused(quickly, option):
    with pytest.raises(RunError, match=rf"--{option} must be 1 or more; received 0"):
        quickly(**{option: 0})


def test_a_run_that_was_replaced_meanwhile_gets_no_findings(quickly, world, tmp_path):
    def replaced(stage, done, total):
        data = str(world / "few.npz")
        hardex.rank(nearest_letter, data, out=tmp_path / "run", force=True, seed=9)

    with pytest.raises(RunError, match=r"run was made again; diagnose it again"):
        quickly(progress=replaced)
    assert not (tmp_path / "run" / "results" / FINDINGS).exists()
