import base64
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import sleep

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hardex import HardexError
from hardex.classifiers.classifier import FunctionClassifier
from hardex.classifiers.preprocess import PREPROCESS, preprocess
from hardex.images import (
    ORDER,
    Transform,
    render_strokes,
    resize,
    rotations,
    sketch_to_image,
    transform,
    transform_each,
)
from hardex.probing.batches import BATCH_SIZES, batch_sizes
from hardex.probing.before_after import BeforeAfter
from hardex.probing.model_input import preprocess_table
from hardex.probing.response_curve import Flip, ResponseCurve
from hardex.probing.sliders import slider_of, sliders_of
from hardex_app.probing import curve, probe, smallest

from .fake_runs import HOSTILE, parts_of, run_of, sentence, small_run

SHAPES = {
    "as they are": {"shape": (6, 6, 1)},
    "RGB": {"shape": (5, 7, 3)},
    "RGB made grey and smaller": {
        "shape": (9, 12, 3),
        "input_shape": (6, 8, 1),
        "resize": True,
    },
    "grey made RGB and larger": {"shape": (4, 4, 1), "input_shape": (8, 8, 3), "resize": True},
    "25 classes": {"shape": (10, 10, 1), "class_count": 25, "count": 75},
    "hostile names": {"class_count": len(HOSTILE), "names": HOSTILE},
}
MOVED = {"rotation": 37.0, "scale": 1.25, "shift_x": 1.5, "shift_y": -1.0}
ALL = MOVED | {"flip": True, "shear": 0.2, "stroke": 0.5, "blur": 0.4, "contrast": 1.5}
ALL |= {
    "invert": True,
    "noise": 0.05,
    "brightness": 0.1,
    "crop": 0.1,
    "occlusion": 0.2,
    "jpeg": 60.0,
}
ALONE = [name for name in ORDER if name not in ("saturation", "occlusion_x", "occlusion_y")]
ANGLES = list(range(-180, 181, 5))


@pytest.fixture(scope="module", params=SHAPES)
def inspected(request, tmp_path_factory):
    """A run and its classifier, one of each kind."""
    return small_run(tmp_path_factory.mktemp("run"), **SHAPES[request.param])


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return small_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def many_classes(tmp_path_factory):
    return small_run(tmp_path_factory.mktemp("run"), **SHAPES["25 classes"])


def example(id, **amounts):
    return {"source": {"kind": "example", "id": id}, "transform": amounts}


def sketch(strokes, **source):
    return {"source": {"kind": "sketch", "strokes": strokes, **source}}


def pixels(picture):
    flat = np.frombuffer(base64.b64decode(picture["pixels"]), np.uint8)
    return flat.reshape(picture["shape"])


def by_class(answer, when):
    return {bar["class"]: bar[when] for bar in answer["classes"]}


# ------------------------------------------------------------------ before and after


def test_before_is_the_example_and_after_is_transformed(inspected):
    run, classifier = inspected
    for id in run.predictions["id"].head(5):
        answer = probe(example(id, **ALL), run, classifier)
        image = run.image(id)
        before = resize(image, classifier.input_shape or image.shape)
        np.testing.assert_array_equal(pixels(answer["before"]), before)
        np.testing.assert_array_equal(pixels(answer["after"]), transform(before, Transform(**ALL)))


def test_pictures_and_bars_say_what_the_classifier_says(inspected):
    run, classifier = inspected
    names = run.manifest.class_names
    answer = probe(example("4", **MOVED), run, classifier)
    for when in ("before", "after"):
        p = classifier.probabilities(pixels(answer[when])[None])[0]
        assert answer[when]["predicted"] == names[p.argmax()]
        assert answer[when]["confidence"] == pytest.approx(p.max(), abs=1e-6)
        assert by_class(answer, when) == pytest.approx(
            {name: p[names.index(name)] for name in by_class(answer, when)}, abs=1e-6
        )


def test_before_is_what_the_table_of_the_run_says(inspected):
    run, classifier = inspected
    for row in run.predictions.head(5).itertuples():
        answer = probe(example(row.id), run, classifier)
        assert answer["before"]["predicted"] == row.predicted_label
        assert answer["before"]["confidence"] == pytest.approx(row.confidence, abs=1e-6)
        assert answer["given"] == row.given_label


def test_nothing_to_do_leaves_after_as_before(plain):
    answer = probe(example("0"), *plain)
    assert answer["after"] == answer["before"]


def test_an_answer_is_plain_json_with_names_untouched(inspected):
    run, classifier = inspected
    for ask in (probe, curve, smallest):
        answer = ask(example("3", **MOVED), run, classifier)
        assert json.loads(json.dumps(answer, allow_nan=False)) == answer
        assert answer["given"] == run.given_label("3")


def test_many_classes_get_at_most_12_bars_with_the_given_label_among_them(many_classes):
    run, classifier = many_classes
    for row in run.predictions.itertuples():
        shown = by_class(probe(example(row.id), run, classifier), "before")
        assert len(shown) == 12
        assert {row.given_label, row.predicted_label} <= set(shown)


@given(
    k=st.integers(2, 30),
    rows=arrays(float, (2, 30), elements=st.floats(0, 1)),
    label=st.integers(0, 29),
)
def test_bars_are_all_of_a_few_classes_and_the_likeliest_of_many(k, rows, label):
    rows, label = rows[:, :k], label % k
    found = BeforeAfter(np.empty((1, 1, 1)), np.empty((1, 1, 1)), rows)
    shown = [index for index, *_ in found.likeliest(label)]
    assert len(shown) == len(set(shown)) == min(k, 12)
    assert label in shown
    likeliest = rows.max(axis=0)
    left_out = sorted(set(range(k)) - set(shown))
    others = [i for i in shown if i != label]
    assert not left_out or likeliest[others].min() >= likeliest[left_out].max()


# ------------------------------------------------------------------ the response curve


def ray(size=15, degrees=0.0):
    """A soft dot beside the middle, in this direction."""
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    far, angle = size / 4, np.radians(degrees)
    distance = (x - far * np.cos(angle)) ** 2 + (y + far * np.sin(angle)) ** 2
    return (255 * np.exp(-distance / 4)).astype(np.uint8)[:, :, None]


def direction(images):
    """Where the light is, in degrees, counter-clockwise from the right as seen."""
    light = images[..., 0].astype(float)
    y, x = np.mgrid[: light.shape[1], : light.shape[2]]
    middle_y, middle_x = (light.shape[1] - 1) / 2, (light.shape[2] - 1) / 2
    return np.degrees(
        np.arctan2((light * (middle_y - y)).sum((1, 2)), (light * (x - middle_x)).sum((1, 2)))
    )


def compass(cuts):
    """A classifier whose class is the sector, between two cuts, in which the light is."""

    def sector(images):
        k = len(cuts) + 1
        label = np.searchsorted(cuts, direction(images))
        return np.where(np.arange(k) == label[:, None], 0.9, 0.1 / max(1, k - 1))

    return FunctionClassifier(sector, (15, 15, 1), len(cuts) + 1)


def compass_run(folder, cuts, *, label=0, names=None):
    classifier = compass(cuts)
    images = np.stack([ray(), ray(degrees=100)])
    labels = [label, len(cuts)]
    return run_of(folder, images, labels, classifier, names=names), classifier


def test_a_hand_worked_curve(tmp_path):
    run, classifier = compass_run(tmp_path, [-57.5, 32.5], names=("down", "ahead", "t-up"), label=1)
    answer = curve(example("0"), run, classifier)
    assert answer["along"] == "rotation" and answer["amounts"] == ANGLES
    at = dict(zip(answer["amounts"], answer["leaders"], strict=True))
    assert (at[-60], at[-55], at[0], at[30], at[35]) == ("down", "ahead", "ahead", "ahead", "t-up")
    assert answer["flips"] == [{"amount": -58, "class": "down"}, {"amount": 33, "class": "t-up"}]
    assert answer["given"] == "ahead"
    assert answer["sentence"] == (
        "At 0° the model says ahead; at −58° it becomes down and at +33° it becomes t-up."
    )


def test_a_turn_that_restores_the_given_label_is_named(tmp_path):
    run, classifier = compass_run(tmp_path, [-57.5, 32.5], names=("down", "ahead", "up"), label=0)
    answer = curve(example("0"), run, classifier)
    assert answer["sentence"].endswith(" A turn of −58° restores the given label down.")


def test_a_curve_without_flips_says_so(tmp_path):
    images = np.stack([ray(), ray(degrees=90)])
    always = FunctionClassifier(lambda images: np.full((len(images), 2), [0.7, 0.3]), None, 2)
    run = run_of(tmp_path, images, [1, 0], always, names=("one-eyed", "other"))
    answer = curve(example("0"), run, always)
    assert answer["flips"] == []
    assert answer["sentence"] == "The model says one-eyed at each of the 73 angles."
    assert [line["class"] for line in answer["lines"]] == ["one-eyed", "other"]  # the given label


# Wider than the five degrees between two angles, also where a shift makes the light turn faster.
cuts_ten_degrees_apart = st.lists(st.integers(-170, 170), min_size=1, max_size=5).map(
    lambda cuts: [cut + 0.5 for cut in sorted({cut // 10 * 10 for cut in cuts})]
)


@settings(max_examples=25)
@given(cuts=cuts_ten_degrees_apart, amounts=st.sampled_from([{}, {"scale": 0.8}, {"shift_x": 1}]))
def test_flips_are_the_nearest_degrees_at_which_the_class_changes(tmp_path_factory, cuts, amounts):
    run, classifier = compass_run(tmp_path_factory.mktemp("run"), cuts)
    names = run.manifest.class_names
    turns = [Transform(rotation=degree, **amounts) for degree in range(-180, 181)]
    leaders = classifier.probabilities(transform_each(ray(), turns)).argmax(axis=1)
    expected = []
    for side in (-1, 1):
        changed = (side * d for d in range(181) if leaders[180 + side * d] != leaders[180])
        nearest = next(changed, None)
        if nearest is not None:
            expected.append({"amount": nearest, "class": names[leaders[180 + nearest]]})
    assert curve(example("0", **amounts), run, classifier)["flips"] == expected


def test_a_curve_is_what_the_classifier_says_at_each_angle(inspected):
    run, classifier = inspected
    names = run.manifest.class_names
    answer = curve(example("2"), run, classifier)
    image = run.image("2")
    p = classifier.probabilities(
        rotations(resize(image, classifier.input_shape or image.shape), ANGLES)
    )
    assert answer["leaders"] == [names[label] for label in p.argmax(axis=1)]
    for line in answer["lines"]:
        np.testing.assert_allclose(
            line["probabilities"], p[:, names.index(line["class"])], atol=5.1e-5
        )


def test_a_curve_has_a_line_for_each_class_that_its_sentence_names():
    # Ten classes lead at 73 amounts; that in the middle and both flips' lead at few or none.
    counts = [9, 9, 9, 9, 9, 9, 9, 8, 1, 1, 0]
    leaders = np.repeat(np.arange(11), counts)
    slider = slider_of("rotation", (28, 28, 1))
    some = ResponseCurve(
        slider, (), np.eye(11)[leaders], 8, (Flip(-1, 10, -0.5, True), Flip(1, 0, 0.5, True)), True
    )
    assert some.lines(9) == [0, 1, 2, 3, 4, 5, 8, 10, 9]  # eight by count, and the given label
    assert replace(some, start=0, flips=()).lines() == [0, 1, 2, 3, 4, 5, 6, 7]


def test_a_curve_has_a_line_for_the_given_label_and_for_the_eight_that_lead_most(inspected):
    run, classifier = inspected
    answer = curve(example("2"), run, classifier)
    shown = [line["class"] for line in answer["lines"]]
    leads = Counter(answer["leaders"])
    assert answer["given"] in shown
    assert len(shown) == len(set(shown))
    chosen = [name for name in shown if leads[name]]
    assert len(chosen) >= min(8, len(leads))
    left_out = max((leads[name] for name in leads if name not in shown), default=0)
    middle = answer["leaders"][len(ANGLES) // 2]
    named = {answer["given"], middle, *(flip["class"] for flip in answer["flips"])}
    assert named <= set(shown)
    assert min((leads[name] for name in chosen if name not in named), default=73) >= left_out


def test_a_curve_keeps_scale_and_shift_and_turns_away_the_rotation(plain):
    run, classifier = plain
    moved = curve(example("1", **MOVED), run, classifier)
    others = {name: amount for name, amount in MOVED.items() if name != "rotation"}
    turned = transform_each(
        run.image("1"), [Transform(rotation=float(angle), **others) for angle in ANGLES]
    )
    p = classifier.probabilities(turned)
    for line in moved["lines"]:
        column = run.manifest.class_names.index(line["class"])
        np.testing.assert_allclose(line["probabilities"], p[:, column], atol=5.1e-5)
    assert moved == curve(example("1", **others), run, classifier)
    assert moved["lines"] != curve(example("1"), run, classifier)["lines"]


def test_only_batch_sizes_that_were_warmed_up_are_used(tmp_path):
    run, classifier = compass_run(tmp_path, [-57.5, 32.5])
    sizes = []

    def counting(images):
        sizes.append(len(images))
        return classifier.function(images)

    asked = FunctionClassifier(counting, (15, 15, 1), 3)
    for ask in (probe, curve, smallest):
        ask(example("0"), run, asked)
    for along in ORDER:
        curve(example("0") | {"along": along}, run, asked)
    assert set(sizes) == set(BATCH_SIZES)


# ------------------------------------------------------------------ curves along the others


def light_run(folder, cuts, *, label=0, size=9):
    """A run of a grey square on black; the class tells how much light there is in the picture."""

    def amount_of_light(images):
        light = images.reshape(len(images), -1).mean(axis=1)
        at = np.searchsorted(cuts, light)
        return np.where(np.arange(len(cuts) + 1) == at[:, None], 0.9, 0.1 / len(cuts))

    square = np.zeros((size, size, 1), np.uint8)
    square[3:6, 3:6] = 200
    classifier = FunctionClassifier(amount_of_light, (size, size, 1), len(cuts) + 1)
    names = ("dark", "dim", "light", "bright")[: len(cuts) + 1]
    run = run_of(
        folder, np.stack([square, 255 - square]), [label, len(cuts)], classifier, names=names
    )
    return run, classifier


def test_each_curve_holds_the_start_and_says_what_the_classifier_says(inspected):
    run, classifier = inspected
    names = run.manifest.class_names
    image = run.image("2")
    image = resize(image, classifier.input_shape or image.shape)
    for slider in sliders_of(image.shape):
        answer = curve(example("2", blur=0.5) | {"along": slider.name}, run, classifier)
        amounts = answer["amounts"]
        assert answer["along"] == slider.name
        assert slider.amount(slider.start) in amounts and amounts == sorted(set(amounts))
        assert len(amounts) == (2 if slider.switch else 73)
        others = {"blur": 0.5} if slider.name != "blur" else {}
        steps = [
            Transform(**others, **{slider.name: bool(a) if slider.switch else a}) for a in amounts
        ]
        p = classifier.probabilities(transform_each(image, steps))
        assert answer["leaders"] == [names[label] for label in p.argmax(axis=1)]
        for line in answer["lines"]:
            np.testing.assert_allclose(
                line["probabilities"], p[:, names.index(line["class"])], atol=5.1e-5
            )


def test_flips_along_each_slider_are_the_nearest_steps(tmp_path):
    # 22.2 levels of light in the picture as it is; the cuts lie on both sides of it, far and near.
    run, classifier = light_run(tmp_path, [12, 20, 25])
    names, image = run.manifest.class_names, run.image("0")
    for slider in sliders_of((9, 9, 1)):
        steps = range(slider.first, slider.last + 1)
        turned = [
            Transform(**{slider.name: bool(step) if slider.switch else slider.amount(step)})
            for step in steps
        ]
        found = classifier.probabilities(transform_each(image, turned)).argmax(axis=1)
        leaders = dict(zip(steps, found, strict=True))
        expected = []
        for side in (
            range(slider.start, slider.first - 1, -1),
            range(slider.start, slider.last + 1),
        ):
            changed = (step for step in side if leaders[step] != leaders[slider.start])
            nearest = next(changed, None)
            if nearest is not None:
                expected.append(
                    {"amount": slider.amount(nearest), "class": names[leaders[nearest]]}
                )
        answer = curve(example("0") | {"along": slider.name}, run, classifier)
        assert answer["flips"] == expected, slider.name


def test_sentences_along_other_sliders(tmp_path):
    run, classifier = light_run(tmp_path, [16, 60], label=2)
    along = {
        name: curve(example("0") | {"along": name}, run, classifier)["sentence"] for name in ORDER
    }
    assert along["flip"] == "The model says dim, both as it is and mirrored."
    assert along["invert"] == (
        "As it is, the model says dim; inverted, it becomes light. Inverting restores the given "
        "label light."
    )
    assert along["rotation"] == "The model says dim at each of the 73 angles."
    assert along["contrast"] == "The model says dim at each of the 73 contrasts."
    assert along["scale"].startswith("At scale ×1 the model says dim; at ×0.8")
    assert along["scale"].endswith(" restores the given label light.")
    assert " it becomes dark and at ×1.6" in along["scale"]
    assert along["shift_x"].startswith("At shift 0 px the model says dim; at 3.")
    assert " px to the left it becomes dark and at 3." in along["shift_x"]
    assert along["stroke"].startswith("At stroke change 0 px the model says dim; at −0.")


# ------------------------------------------------------------------ the smallest changes


def test_the_smallest_changes_are_the_least_that_can_be_set(tmp_path):
    run, classifier = light_run(tmp_path, [16, 60], label=2)
    names, image = run.manifest.class_names, run.image("0")
    answer = smallest(example("0", rotation=90, noise=0.5), run, classifier)  # untouched, it says
    assert answer["given"] == "light"
    for found in answer["breaking"] + answer["restoring"]:
        slider = slider_of(found["transform"], image.shape)
        distance = abs(found["amount"] - slider.amount(slider.start))
        amounts = map(slider.amount, range(slider.first, slider.last + 1))
        nearer = {amount for amount in amounts
                  if abs(amount - slider.amount(slider.start)) < distance - 1e-9}  # fmt: skip
        restores = found in answer["restoring"]

        def says(amount, slider=slider):
            amount = bool(amount) if slider.switch else amount
            after = transform(image, Transform(**{slider.name: amount}))
            return after, names[classifier.probabilities(after[None])[0].argmax()]

        after, label = says(found["amount"])
        assert label == found["class"] != "dim"
        changed = after.astype(float) - image
        assert found["change"] == pytest.approx(np.sqrt((changed**2).mean()), abs=1e-3)
        for amount in nearer:
            assert says(amount)[1] == "dim" or (restores and says(amount)[1] != "light")
    for several in (answer["breaking"], answer["restoring"]):
        shares = [one["share"] for one in several]
        assert shares == sorted(shares) and all(0 < share <= 1 for share in shares)
        assert len({one["transform"] for one in several}) == len(several)
    broken = {one["transform"] for one in answer["breaking"]}
    levels = {"stroke", "invert", "noise", "brightness", "crop", "occlusion"}
    assert levels | {"scale", "shift_x", "shift_y"} == broken - {"shear"}
    assert answer["unchanged"] == [name for name in ALONE if name not in broken]
    assert {one["class"] for one in answer["restoring"]} == {"light"}
    assert answer["sentence"] == (
        "The smallest change that breaks the prediction dim is a stroke change of −0.35 px: it "
        "becomes dark. The smallest that restores the given label light is a brightness change of "
        "+0.15."
    )


def test_nothing_is_restored_where_the_prediction_is_the_label(tmp_path):
    run, classifier = light_run(tmp_path, [16, 60], label=1)
    answer = smallest(example("0"), run, classifier)
    assert answer["breaking"] and not answer["restoring"]
    assert "restores" not in answer["sentence"]


def test_nothing_breaks_a_classifier_that_does_not_look(tmp_path):
    images = np.stack([ray(), ray(degrees=90)])
    always = FunctionClassifier(lambda images: np.full((len(images), 2), [0.7, 0.3]), None, 2)
    run = run_of(tmp_path, images, [1, 0], always, names=("one-eyed", "other"))
    answer = smallest(example("0"), run, always)
    assert answer["breaking"] == answer["restoring"] == []
    assert answer["unchanged"] == list(ALONE)
    assert answer["sentence"] == (
        "None of the changes tried breaks the prediction one-eyed. None of them "
        "restores the given label other."
    )


def test_what_is_expected_of_a_sketch_plays_the_part_of_its_label(many_classes):
    run, classifier = many_classes
    says = probe(sketch([[[40, 40], [200, 60]]]), run, classifier)["before"]["predicted"]
    other = next(name for name in run.manifest.class_names if name != says)
    expecting = sketch([[[40, 40], [200, 60]]], expected=other)
    answer = probe(expecting, run, classifier)
    assert answer["given"] == other and other in by_class(answer, "before")
    answer = curve(expecting, run, classifier)
    assert answer["given"] == other and other in [line["class"] for line in answer["lines"]]
    answer = smallest(expecting, run, classifier)
    assert answer["given"] == other
    assert f"the expected label {other}" in answer["sentence"]
    for nothing in (None, ""):
        assert probe(sketch([], expected=nothing), run, classifier)["given"] is None


def test_large_pictures_are_asked_for_in_smaller_batches(tmp_path):
    shape, sizes = (200, 180, 3), []

    def counting(images):
        sizes.append(len(images))
        return parts_of(3)(images)

    images = np.random.default_rng(0).integers(0, 256, (3, *shape), dtype=np.uint8)
    small = FunctionClassifier(parts_of(3), shape, 3)
    run = run_of(tmp_path, images, [0, 1, 2], small)
    asked = FunctionClassifier(counting, shape, 3)
    answer = smallest(example("0"), run, asked)
    assert set(sizes) <= set(batch_sizes(shape)) and max(sizes) * images[0].size <= 2**24
    for found in answer["breaking"]:
        slider = slider_of(found["transform"], shape)
        amount = bool(found["amount"]) if slider.switch else found["amount"]
        after = transform(images[0], Transform(**{slider.name: amount}))
        label = small.probabilities(after[None])[0].argmax()
        assert run.manifest.class_names[label] == found["class"]


@pytest.mark.parametrize("along", ["rotation", "scale", "shift_x", "blur", "contrast", "noise"])
def test_no_smallest_change_is_more_than_what_the_curve_shows(inspected, along):
    run, classifier = inspected
    for id in run.predictions["id"].head(4):
        flips = curve(example(id) | {"along": along}, run, classifier)["flips"]
        answer = smallest(example(id), run, classifier)
        found = {one["transform"]: one["amount"] for one in answer["breaking"]}
        start = getattr(Transform(), along)
        if flips:
            least = min(abs(flip["amount"] - start) for flip in flips)
            assert abs(found[along] - start) <= least + 1e-9
        else:
            assert (along in found) == (along not in answer["unchanged"])


# ------------------------------------------------------------------ large pictures


def watched(shape, function=None):
    """A classifier that notes how many pictures it is asked for, and how many ask at once."""
    sizes, inside, most = [], [], []

    def asked(images):
        inside.append(1)
        most.append(len(inside))
        sizes.append(len(images))
        sleep(0.002)
        inside.pop()
        return np.full((len(images), 3), 1 / 3) if function is None else function(images)

    return FunctionClassifier(asked, shape, 3), sizes, most


@pytest.mark.parametrize("shape", [(700, 800, 3), (3000, 2000, 3)])
def test_a_curve_of_large_pictures_holds_few_of_them(tmp_path, shape):
    classifier, sizes, _ = watched(shape)
    images = np.zeros((3, 4, 4, 1), np.uint8)
    run = run_of(tmp_path, images, [0, 1, 2], classifier, resize=True)
    sizes.clear()
    curve(example("0") | {"along": "flip"}, run, classifier)
    if shape[0] < 1000:
        curve(example("0") | {"along": "contrast"}, run, classifier)
    assert all(size == 2 or size * np.prod(shape) <= 2**24 for size in sizes)
    assert set(sizes) <= set(batch_sizes(shape))


@pytest.mark.parametrize(("side", "alone"), [(200, True), (28, False)])
def test_curves_of_large_pictures_wait_for_each_other(tmp_path, side, alone):
    shape = (side, side, 3)
    classifier, _, most = watched(shape)
    images = np.zeros((3, *shape), np.uint8)
    run = run_of(tmp_path, images, [0, 1, 2], classifier)
    most.clear()
    asked = example("0") | {"along": "contrast"}
    with ThreadPoolExecutor(6) as pool:
        for answer in [pool.submit(curve, asked, run, classifier) for _ in range(6)]:
            assert answer.result()["along"] == "contrast"
    assert (max(most) == 1) is alone


# ------------------------------------------------------------------ sketches


@pytest.mark.parametrize("normalize", [True, False])
def test_a_sketch_is_prepared_as_asked(plain, normalize):
    strokes = [[[40.0, 40.0], [200.0, 60.0]], [[100.0, 200.0]]]
    answer = probe(sketch(strokes, brush=24, normalize=normalize), *plain)
    ink = render_strokes([np.array(stroke) for stroke in strokes], brush_width=24)
    expected = sketch_to_image(ink, shape=(6, 6, 1), normalize=normalize)
    np.testing.assert_array_equal(pixels(answer["before"]), expected)
    assert answer["given"] is None


def test_a_sketch_has_the_shape_the_classifier_wants(inspected):
    run, classifier = inspected
    answer = probe(sketch([[[40, 40], [200, 60]]]), run, classifier)
    assert tuple(answer["before"]["shape"]) == run.manifest.image_shape
    assert curve(sketch([[[40, 40], [200, 60]]]), run, classifier)["given"] is None


@pytest.mark.parametrize("strokes", [[], [[]], [[[5, 5]]], [[[-900.0, 5.0], [900.0, 5.0]]]])
def test_every_drawing_gets_an_answer(plain, strokes):
    assert probe(sketch(strokes), *plain)["after"]["predicted"] in ("0", "1", "2")


@pytest.mark.parametrize("name", PREPROCESS)
def test_the_table_of_the_page_is_the_one_of_the_model(name):
    np.testing.assert_array_equal(np.float32(preprocess_table(name)).T, PREPROCESS[name])


def test_an_unknown_preprocessing_has_no_table():
    assert preprocess_table("package.module:function") is None


# ------------------------------------------------------------------ bad requests

BAD = {
    "unknown id": (example("nobody"), "none has the id 'nobody'"),
    "no id": ({"source": {"kind": "example"}}, "none has the id"),
    "no kind": ({"source": {"id": "1"}}, "needs an example, an image or a sketch; received None"),
    "no source": ({}, "needs an example, an image or a sketch"),
    "another kind": ({"source": {"kind": "file", "path": "/etc/passwd"}}, "received 'file'"),
    "source is text": ({"source": "1"}, "the source is something else"),
    "source is nothing": ({"source": None}, "the source is something else"),
    "request is a list": ([], "the source is something else"),
    "transform is a list": (example("1") | {"transform": [1]}, "the transform is something else"),
    "unknown name": (example("1", sheer=0.1), "received 'sheer'"),
    "NaN": (example("1", rotation=float("nan")), "the rotation must be a finite number"),
    "infinite": (example("1", shift_x=float("inf")), "the shift_x must be a finite number"),
    "text of 900 letters": (example("1", rotation="x" * 900), "received 'xxxx"),
    "too large for a float": (example("1", rotation=10**400), "must be a finite number"),
    "text": (example("1", rotation="thirty"), "must be a finite number; received 'thirty'"),
    "nothing": (example("1", rotation=None), "must be a finite number; received None"),
    "a list": (example("1", scale=[1]), "must be a finite number"),
    "no size": (example("1", scale=0), "scale of a probe must be from 0.001 to 1000; received 0;"),
    "true for a number": (example("1", rotation=True), "must be a finite number; received True"),
    "digits in text": (example("1", rotation="30"), "must be a finite number; received '30'"),
    "too thick": (example("1", stroke=3.1), "stroke of a probe must be from -3 to 3; received 3.1"),
    "too blurred": (example("1", blur=900), "the blur of a probe must be from 0 to 4"),
    "too noisy": (example("1", noise=1.5), "the noise of a probe must be from 0 to 1"),
    "half mirrored": (example("1", flip=0.5), "flip must be 0 or 1; received 0.5"),
    "mirrored twice": (example("1", flip=2), "the flip of a probe must be from 0 to 1"),
    "inverted by text": (example("1", invert="yes"), "the invert must be a finite number"),
    "far away": (example("1", shift_x=1e9), "shift_x of a probe must be from -10000 to 10000"),
    "a long name": (example("1", **{"x" * 900: 1}), "received 'xxxxxxxx"),
    "hardly any size": (example("1", scale=1e-200), "scale of a probe must be from 0.001"),
    "no strokes": (sketch(None), "list of strokes"),
    "strokes left out": ({"source": {"kind": "sketch"}}, "list of strokes"),
    "a number": (sketch(3), "list of strokes"),
    "text for points": (sketch([[["a", "b"]]]), "list of strokes"),
    "half a point": (sketch([[1, 2, 3]]), "list of strokes"),
    "a huge whole number": (sketch([[[10**400, 1]]]), "list of strokes"),
    "too many strokes": (sketch([[[1, 1]]] * 501), "received 501 and 501"),
    "too many points": (sketch([[[1, 1]] * 20_001]), "received 1 and 20,001"),
    "NaN in a stroke": (sketch([[[1, float("nan")]]]), "points of a sketch must be finite"),
    "a point far away": (sketch([[[1e308, 0], [-1e308, 0]]]), "not far from the canvas"),
    "brush is text": (sketch([[[1, 1]]], brush="wide"), "the brush must be a finite number"),
    "brush is NaN": (sketch([[[1, 1]]], brush=float("nan")), "the brush must be a finite number"),
}


@pytest.mark.parametrize("ask", [probe, curve, smallest])
@pytest.mark.parametrize("what", BAD)
def test_a_bad_request_gets_one_sentence(plain, ask, what):
    request, words = BAD[what]
    if ask is smallest and isinstance(request, dict) and request.get("transform"):
        return  # it asks for no transform
    with pytest.raises(HardexError) as caught:
        ask(request, *plain)
    assert words in sentence(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("along", ["sheer", None, 3, ["rotation"], {}])
def test_a_curve_along_something_else_is_refused(plain, along):
    with pytest.raises(HardexError, match="a curve varies one of flip, scale, shear, rot"):
        curve(example("1") | {"along": along}, *plain)


numbers = st.floats() | st.integers() | st.floats(-300, 300)
anything = st.none() | st.booleans() | numbers | st.text(max_size=3)
some_points = st.lists(st.lists(numbers | anything, min_size=2, max_size=2), max_size=3)
sources = st.fixed_dictionaries(
    {"kind": st.sampled_from(["example", "sketch"]) | anything},
    optional={
        "id": st.sampled_from(["0", "7"]) | anything,
        "strokes": st.lists(some_points, max_size=3) | anything,
        "brush": anything,
        "normalize": anything,
    },
)
transforms = st.dictionaries(st.sampled_from([*ORDER, "blurr"]), anything, max_size=4)
requests = st.dictionaries(st.sampled_from(["source", "transform", "more"]), anything) | (
    st.fixed_dictionaries({"source": sources}, optional={"transform": transforms})
)


@settings(max_examples=150)
@given(request=requests)
def test_whatever_comes_over_the_network_gets_an_answer_or_a_sentence(plain, request):
    try:
        answer = probe(request, *plain)
    except HardexError as error:
        sentence(error)
    else:
        json.dumps(answer, allow_nan=False)


@pytest.mark.parametrize("name", ["unit", "raw", "-1..1", "mnist", "unit,inverted", "unit,bgr"])
def test_the_table_is_what_the_model_is_given(name):
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    assert preprocess_table(name) == [preprocess(levels, name).ravel().tolist()]


@pytest.mark.parametrize("name", ["standardized", "module:function"])
def test_there_is_no_table_where_one_pixel_alone_does_not_tell(name):
    assert preprocess_table(name) is None
