"""What is learnt from: the split, the order of an epoch, the weights, the transforms."""

import numpy as np
import pytest
from fakes import small_images
from hypothesis import given
from hypothesis import strategies as st

from hardex.errors import DatasetError, HardexError
from hardex.images import Transform, transform
from hardex.training.augmentation import FIELDS, Amounts, Augmentation
from hardex.training.lessons import Lessons
from hardex.training.sampling import SAMPLINGS, class_weights, epoch_order
from hardex.training.settings import Training
from hardex.training.split import split

LABELS = st.lists(st.integers(0, 3), min_size=2, max_size=60).map(np.array)


@given(LABELS, st.floats(0.05, 0.9), st.integers(0, 99))
def test_a_split_gives_each_example_to_one_part_and_leaves_each_class_one_to_learn(
    labels, share, seed
):
    if len(np.unique(labels)) == len(labels):
        with pytest.raises(DatasetError, match="two images of a class"):
            split(labels, share, np.random.default_rng(seed))
        return
    fit, validation = split(labels, share, np.random.default_rng(seed))
    assert sorted([*fit, *validation]) == list(range(len(labels)))
    assert set(labels[fit]) == set(labels)


@given(LABELS, st.integers(0, 99))
def test_an_epoch_of_all_is_each_once_and_balanced_ones_are_even(labels, seed):
    orders = {it: epoch_order(labels, it, np.random.default_rng(seed)) for it in SAMPLINGS}
    assert sorted(orders["all"]) == list(range(len(labels)))
    counts = np.unique(labels[orders["oversample"]], return_counts=True)[1]
    assert len(orders["oversample"]) == len(labels) and counts.max() - counts.min() <= 1
    fewest = np.unique(labels, return_counts=True)[1].min()
    assert set(np.unique(labels[orders["undersample"]], return_counts=True)[1]) == {fewest}
    assert len(set(orders["undersample"])) == len(orders["undersample"])
    for one in np.unique(labels):  # none comes twice more often than another of its class
        times = [(orders["oversample"] == row).sum() for row in np.flatnonzero(labels == one)]
        assert max(times) - min(times) <= 1


def test_weights_are_those_of_scikit_learn():
    from sklearn.utils.class_weight import compute_class_weight

    labels = np.array([0, 0, 0, 0, 1, 2, 2])
    wanted = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    assert class_weights(labels, 3) == pytest.approx(wanted, rel=1e-6)
    assert class_weights(labels, 4)[3] == 1
    assert class_weights(labels, 3)[labels].mean() == pytest.approx(1)


@pytest.mark.parametrize("name", FIELDS)
def test_every_transform_of_the_diagnosis_can_be_trained_and_stays_in_its_range(name):
    amounts = Amounts.up_to(name, 0.5)
    rng = np.random.default_rng(1)
    for _ in range(50):
        drawn = amounts.drawn(rng)
        assert drawn != Transform()
        for field, (low, high) in zip(FIELDS[name], amounts.ranges, strict=False):
            assert low <= getattr(drawn, field) <= high


def test_the_share_of_transformed_images_is_as_said_and_they_are_what_transform_makes():
    images = small_images(400, size=6)
    plan = Augmentation((Amounts("rotation", ((90.0, 90.0),)),), 0.25)
    found = plan.of(images, np.random.default_rng(0))
    changed = [row for row in range(400) if (found[row] != images[row]).any()]
    assert 70 <= len(changed) <= 130
    for row in changed[:5]:
        assert (found[row] == transform(images[row], Transform(rotation=90.0))).all()


def lessons_of(**changes):
    rows = np.arange(10)
    values = {
        "pixels": small_images(12), "labels": np.arange(12) % 3, "fit": rows,
        "validation": np.array([10, 11]), "batch_size": 4, "seed": 3,
        "augmentation": Augmentation((Amounts.up_to("shift", 2),), 0.5),
    }  # fmt: skip
    return Lessons(**(values | changes))


def test_a_batch_depends_on_seed_epoch_and_number_alone():
    lessons = lessons_of()
    order = lessons.order(5)
    late = lessons.batch(5, 2, order)
    again = lessons_of().batch(5, 2, lessons_of().order(5))
    assert (late.images == again.images).all() and (late.labels == again.labels).all()
    assert (lessons.order(5) != lessons.order(6)).any()
    assert (lessons.order(5) != lessons_of(seed=4).order(5)).any()
    assert sorted(np.concatenate([one.labels for one in lessons.epoch(5)])) == sorted(
        lessons.labels[:10]
    )


def test_validation_images_stay_as_they_are_but_for_the_test_of_transformed_ones():
    lessons = lessons_of()
    assert (lessons.validation_batch(0).images == lessons.pixels[[10, 11]]).all()
    first, again = lessons.transformed_batch(0), lessons.transformed_batch(0)
    assert (first.images == again.images).all()
    assert (first.images != lessons.pixels[[10, 11]]).any()
    plain = lessons_of(augmentation=None)
    assert (plain.transformed_batch(0).images == plain.pixels[[10, 11]]).all()


def test_epochs_are_compared_as_classes_count_in_the_training():
    assert lessons_of().validation_weights is None
    balanced = lessons_of(sampling="undersample", validation=np.array([0, 3, 6, 10]))
    assert balanced.labels[[0, 3, 6, 10]].tolist() == [0, 0, 0, 1]
    assert balanced.validation_weights == pytest.approx([4 / 6, 2.0, 1.0])
    weighted = lessons_of(weights=np.ones(3, np.float32))
    assert weighted.validation_weights is not None


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Training(start="again"), "start must be fine-tune or retrain; received again"),
        (lambda: Training(optimizer="lion"), "optimizer must be adam"),
        (lambda: Training(epochs=0), "epochs must be 1 or more; received 0"),
        (lambda: Training(batch_size=0), "batch_size must be 1 or more"),
        (lambda: Training(patience=0), "patience must be 1 or more"),
        (lambda: Training(validation=1.0), "a share between 0 and 1; received 1"),
        (lambda: Training(learning_rate=0.0), "learning_rate must be a number above 0"),
        (lambda: lessons_of(sampling="more"), "sampling must be all, oversample, undersample"),
        (lambda: Amounts("rotate"), "received 'rotate'; choose one of them"),
        (lambda: Amounts("rotation"), "write for example rotation=-30:30"),
        (lambda: Amounts("flip", ((0.0, 1.0),)), "flip must have 0 ranges"),
        (lambda: Amounts("rotation", ((9.0, 3.0),)), "no more than the most; received 9 and 3"),
        (lambda: Amounts("scale", ((0.0, 3.0),)), "and above 0"),
        (lambda: Amounts("noise", ((0.0, 3.0),)), "from 0 to 1"),
        (lambda: Augmentation((Amounts("flip"),), 0.0), "above 0 and at most 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(make, words):
    with pytest.raises(HardexError, match=words.replace("(", r"\(")):
        make()
