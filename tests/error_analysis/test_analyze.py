import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ks_2samp

import hardex
from hardex.annotate.answers import Answer, Vote
from hardex.annotate.votes import Votes
from hardex.error_analysis.analyze import error_of
from hardex.error_analysis.floor import floor_from
from hardex.error_analysis.shift import TwoSample, two_samples
from hardex.error_analysis.wording import shift_sentence
from hardex.errors import DatasetError, RunError
from hardex.people.events import Annotation

from .made_sets import read_off, run_of, set_with, write_set


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.fixture
def run(tmp_path, rng):
    return run_of(tmp_path, 20, 100, rng, light=60)


def analyzed(run, **options):
    return hardex.analyze_errors(run, model=read_off, **options)


def test_each_set_ends_one_term(tmp_path, run, rng):
    sets = {
        name: write_set(tmp_path / f"{name}.npz", wrong, 200, rng)
        for name, wrong in (("train", 4), ("validation", 10), ("test_validation", 30))
    }
    found = analyzed(run, floor=0.01, **sets)
    terms = {one.name: one.value for one in found.decomposition.terms}
    assert terms == pytest.approx(
        {"floor": 0.01, "bias": 0.01, "variance": 0.03, "shift": 0.1, "overfitting": 0.05}
    )
    assert found.decomposition.merged == {}
    assert found.sets["train"].endswith("train.npz") and found.sets["test"].endswith("test.npz")
    assert found.notes == ()
    names = [(one.before, one.after) for one in found.shifts]
    assert names == [
        ("train", "validation"), ("validation", "test_validation"), ("test_validation", "test")
    ]  # fmt: skip


def test_a_planted_shift_is_found_and_its_examples_are_named(tmp_path, run, rng):
    same = write_set(tmp_path / "same.npz", 20, 100, rng, light=60)
    dark = write_set(tmp_path / "dark.npz", 20, 100, rng)
    (none,) = analyzed(run, validation=same).shifts
    assert not none.is_certain and shift_sentence(none).startswith("No difference was found")
    (one,) = analyzed(run, validation=dark).shifts
    assert one.is_certain and one.of_model and one.embeddings.p < 1e-6 < one.outputs.p
    assert one.accuracy["value"] > 0.9 and len(one.typical) == 10
    assert "are told apart with an accuracy of" in shift_sentence(one)
    again = analyzed(run, validation=dark).shifts[0]
    assert again == one  # the seed decides


def test_the_examples_that_differ_are_the_typical_ones(run, rng):
    images, labels = set_with(5, 100, rng)
    images[60:, 1:] = 255 - images[60:, 1:]  # the last 40 of the test set alone
    names = np.array(["cat", "dog"])
    before, after = set_with(5, 100, rng), (images, names[labels])
    (one,) = analyzed(run, train=(before[0], names[before[1]]), test=after).shifts
    assert one.is_certain and all(int(id) >= 60 for id in one.typical)


def test_the_test_of_two_samples_is_scipys_with_bonferroni(rng):
    one, other = rng.normal(size=(50, 3)), rng.normal(0.2, size=(60, 3))
    p = [ks_2samp(a, b, method="asymp").pvalue for a, b in zip(one.T, other.T, strict=True)]
    assert two_samples(one, other).p == pytest.approx(min(1, 3 * min(p)))
    constant = np.zeros((50, 1))
    assert two_samples(constant, constant) == TwoSample(0.0, 1, 1.0)
    assert two_samples(constant, constant + 1).statistic == 1


def test_examples_in_two_sets_are_named(tmp_path, run, rng):
    images, labels = set_with(0, 50, rng)
    images[:3] = run.dataset.images[7:10]
    np.savez(tmp_path / "train.npz", images=images, labels=np.array(["cat", "dog"])[labels])
    found = analyzed(run, train=tmp_path / "train.npz")
    assert found.shared == {("train", "test"): ("7", "8", "9")}
    assert found.notes == (
        "3 examples of the test data are in the training data, too, pixel for pixel: 7, 8, 9. So "
        "the part between these sets is too small.",
    )


def test_another_test_set_takes_the_place_of_the_runs_own(tmp_path, run, rng):
    other = write_set(tmp_path / "other.npz", 3, 60, rng)
    found = analyzed(run, test=other, count=2)
    assert (found.examples, found.wrong) == (60, 3)
    assert [one.id for one in found.top] == ["0", "1"]
    assert found.decomposition.total == error_of(found.counts)
    assert len(analyzed(run).top) == 20


def test_classes_in_another_order_mean_the_same(tmp_path, run, rng):
    images, labels = set_with(6, 60, rng)
    names = np.array(["cat", "dog"])[labels]
    order = np.argsort(names)[::-1]
    np.savez(
        tmp_path / "other.npz", images=images[order], labels=1 - labels[order],
        class_names=np.array(["dog", "cat"]),
    )  # fmt: skip
    found = analyzed(run, train=tmp_path / "other.npz")
    assert found.decomposition.errors["train"]["value"] == 0.1
    assert "stand in another order" in found.notes[0]


def test_a_run_without_its_pictures_is_still_the_test_set(tmp_path, run, rng):
    train = write_set(tmp_path / "train.npz", 2, 50, rng)
    (tmp_path / "test.npz").unlink()
    found = analyzed(run, train=train)
    assert found.decomposition.terms[1].value == pytest.approx(0.16)
    assert "were not compared with those of other sets" in found.notes[0]
    assert found.shifts[0].embeddings is None


def test_what_a_seal_hides_stays_hidden_in_other_sets(tmp_path, rng):
    images, labels = set_with(40, 200, rng)
    data = (images, labels)
    run = hardex.rank(read_off, data, out=tmp_path / "sealed", seal=0.5, class_names=["a", "b"])
    found = analyzed(run, train=data, test=data)
    assert 60 < found.examples < 140


def test_bad_input_is_refused(tmp_path, run, rng):
    with pytest.raises(RunError, match="--floor must be an error from 0 to below 1, such as"):
        analyzed(run, floor=3)
    with pytest.raises(DatasetError, match="--validation must be the validation data"):
        analyzed(run, validation=tmp_path / "nothing.npz")
    images, _ = set_with(0, 9, rng)
    owls = (images, np.array(["owl"] * 9))
    with pytest.raises(DatasetError, match="the test data must have classes of the run"):
        analyzed(run, test=owls)
    saved = hardex.rank(probabilities=np.eye(2), labels=np.array([0, 1]), out=tmp_path / "saved")
    with pytest.raises(RunError, match="further sets need the model of the run"):
        hardex.analyze_errors(saved, train=owls)
    with pytest.raises(RunError, match="an analysis of further sets needs the model"):
        hardex.analyze_errors(run, train=owls, model=lambda images: np.eye(2)[[0] * len(images)])


def votes(answers):
    """Votes of these people: id -> answers, one letter each; `-` is no answer."""
    return Votes.of(
        Vote(str(who), id, Answer(one))
        for id, said in answers.items()
        for who, one in enumerate(said)
        if one != "-"
    )


def test_the_floor_is_how_often_people_contradict_the_labels(rng):
    given_labels = {"1": "a", "2": "a", "3": "b"}
    found = floor_from(votes({"1": "aab", "2": "bb", "3": "a-"}), given_labels, 10, rng)
    assert found.error["value"] == pytest.approx((1 / 3 + 1) / 10)
    assert (found.judged, found.disputed) == (2, 2)
    assert found.error["low"] <= found.error["value"] <= found.error["high"] < 0.5
    assert floor_from(votes({"1": "a"}), given_labels, 10, rng) is None


def test_the_floor_comes_from_the_annotations_of_the_run(run, tmp_path):
    def say(who, id, answer, shown="blind"):
        given_label = run.given_label(id)
        verdict = "right" if answer == given_label else "wrong"
        label = "" if answer == given_label else answer
        run.annotations.add(Annotation(who, id, verdict, label, said=answer, shown=shown))

    other = {"cat": "dog", "dog": "cat"}
    for who in ("anna", "ben"):
        say(who, "0", other[run.given_label("0")])
        say(who, "1", run.given_label("1"))
    say("anna", "2", other[run.given_label("2")])  # only one person judged it
    say("owner", "1", other[run.given_label("1")])  # the owner knows the label
    found = analyzed(run)
    assert found.floor.error["value"] == 1 / 100
    assert (found.floor.judged, found.floor.disputed) == (2, 1)
    assert [one.name for one in found.decomposition.terms] == ["floor", "bias"]
    assert "The floor is from 2 examples that two or more people judged" in found.notes[0]
    assert analyzed(run, floor=0.0).floor is None
    data = (run.dataset.images, np.array(run.manifest.class_names)[run.dataset.labels])
    assert analyzed(run, test=data).floor is None  # nobody judged these


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5))
def test_the_test_of_two_samples_knows_no_order(seed, dimensions):
    rng = np.random.default_rng(seed)
    one, other = rng.normal(size=(30, dimensions)), rng.normal(0.5, size=(40, dimensions))
    assert two_samples(one, other) == two_samples(other, one)
    assert two_samples(one, one).p == 1


def test_the_module_of_the_exceptions_is_called_like_the_verb(tmp_path):
    with pytest.raises(hardex.errors.RunError, match="nothing-here"):
        hardex.errors(tmp_path / "nothing-here")
    assert issubclass(hardex.errors.RunError, hardex.HardexError)
