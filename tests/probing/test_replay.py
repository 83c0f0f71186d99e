import numpy as np
import pytest
from fakes import checksum_of, contents, small_dataset, small_images

import hardex
from hardex import ClassifierError, RunError
from hardex.classifiers.classifier import FunctionClassifier
from hardex.images import Transform, render_strokes, resize, rotations, sketch_to_image, transform
from hardex.probing.kept_probe import KeptProbe
from hardex.probing.replay import as_seen
from hardex.probing.saved_probes import keep
from hardex.runs.run_classifier import classifier_of

NAMES = ("cat", "dog", "10")
STROKE = [[[60.0, 40.0], [200.0, 80.0], [90.0, 240.0]]]
OLD = checksum_of(3)


@pytest.fixture
def run(tmp_path):
    """A run of three classes, made by the model `OLD`."""
    data = small_dataset(40)
    np.savez(tmp_path / "data.npz", images=data.images, labels=data.labels)
    return hardex.rank(OLD, tmp_path / "data.npz", class_names=NAMES, out=tmp_path / "run")


def said(model, image):
    """Index and probability, asked alone."""
    (row,) = model(image[None])
    return int(row.argmax()), float(row.max())


def keep_each(run, images, *, model=OLD, **values):
    """A probe of each picture, with what the model says of it."""
    kept = []
    for image in images:
        best, confidence = said(model, image)
        usual = {"kind": "image", "shape": image.shape, "model": "a hash"}
        answer = {"predicted": NAMES[best], "confidence": confidence}
        kept.append(keep(run.folder, KeptProbe(**(usual | answer | values)), image))
    return kept


def other_in_the_dark(images):
    """The same model, but for dark pictures."""
    rows = OLD(images)
    dark = images.mean(axis=(1, 2, 3)) < 118
    return np.where(dark[:, None], np.roll(rows, 1, axis=1), rows)


def test_exactly_the_probes_of_which_another_class_is_said_are_changed(run):
    """130 of them: two whole batches and a padded one, against one picture at a time."""
    images = small_images(130, seed=5)
    kept = keep_each(run, images)
    shapes = []

    def watched(batch):
        shapes.append(batch.shape)
        return other_in_the_dark(batch)

    replay = hardex.probes(run, watched)
    assert [answer.probe for answer in replay.answers] == kept
    alone = [said(other_in_the_dark, image) for image in images]
    assert [(NAMES.index(a.predicted), a.confidence) for a in replay.answers] == alone
    moved = [
        probe.probe_id
        for probe, (best, _) in zip(kept, alone, strict=True)
        if NAMES[best] != probe.predicted
    ]
    assert [answer.probe.probe_id for answer in replay.changed] == moved
    assert 5 < len(moved) < 125
    assert shapes == [(64, 4, 4, 1)] * 3 and replay.problems == ()


def test_the_same_model_changes_nothing(run):
    keep_each(run, small_images(5))
    replay = hardex.probes(run.folder, OLD)
    assert replay.changed == () and len(replay.answers) == 5
    assert replay.model.endswith("checksum") and replay.preprocess == "raw"


def test_what_is_expected_is_met_before_and_now_or_nothing_is_expected(run):
    image = small_images(1)[0]
    best, _ = said(OLD, image)
    for label in (NAMES[best], NAMES[best - 1], ""):
        keep_each(run, [image], expected=label)
    replay = hardex.probes(run, lambda images: np.roll(OLD(images), -1, axis=1))
    met = {answer.probe.expected: (answer.met_before, answer.met_now) for answer in replay.answers}
    assert met == {
        NAMES[best]: (True, False),
        NAMES[best - 1]: (False, True),
        "": (None, None),
    }


def test_the_model_is_asked_for_the_picture_after_its_transform(run):
    image = small_images(1)[0]
    keep_each(run, [image], transform={"rotation": 90.0, "invert": True})
    seen = []
    hardex.probes(run, lambda images: (seen.append(images[0]), OLD(images))[1])
    assert (seen[0] == 255 - rotations(image, [90.0])[0]).all()


def test_a_model_of_another_size_gets_the_picture_resized(run):
    images = small_images(3)
    keep_each(run, images, transform={"shift_x": 1.0})
    seen = []
    asked = FunctionClassifier(lambda batch: (seen.append(batch), OLD(batch))[1], (9, 7, 3), 3)
    hardex.probes(run, asked)
    moved = [transform(image, Transform(shift_x=1)) for image in images]
    assert (seen[0][:3] == [resize(image, (9, 7, 3)) for image in moved]).all()
    assert not seen[0][3:].any()


def sketch(source, *, shape=(28, 28, 1), picture=None, **values):
    drawn = sketch_to_image(render_strokes([np.array(s) for s in STROKE]), shape=shape)
    picture = drawn if picture is None else picture
    known = {"kind": "sketch", "predicted": "cat", "confidence": 0.5, "model": ""}
    return KeptProbe(shape=picture.shape, source=source, **known, **values), picture


def test_a_plain_sketch_is_drawn_again_in_the_size_of_the_model():
    probe, picture = sketch({"strokes": STROKE}, transform={"rotation": 20.0})
    large = sketch_to_image(render_strokes([np.array(STROKE[0])]), shape=(64, 64, 3))
    seen = as_seen(probe, picture, (64, 64, 3))
    assert (seen == rotations(large, [20.0])[0]).all()
    assert (seen != resize(rotations(picture, [20.0])[0], (64, 64, 3))).any()


def test_a_sketch_on_white_paper_by_several_brushes_is_drawn_again_on_its_canvas():
    strokes, widths, canvas = [*STROKE, [[10.0, 150.0]]], [30, 12], [400, 200]
    ink = render_strokes([np.array(s) for s in strokes], canvas_size=(400, 200), brush_width=widths)
    source = {"strokes": strokes, "widths": widths, "canvas": canvas, "brush": 5}
    source |= {"paper": "#ffffff", "normalize": False}
    small, large = (
        255 - sketch_to_image(ink, shape=shape, normalize=False)
        for shape in ((14, 28, 1), (50, 100, 1))
    )
    probe, picture = sketch(source, picture=small)
    assert (as_seen(probe, picture, (50, 100, 1)) == large).all()


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ({"strokes": STROKE, "widths": [18, 18]}, {}),
        ({"strokes": STROKE, "widths": 18}, {}),
        ({"strokes": STROKE, "canvas": [280]}, {}),
        ({"strokes": STROKE, "canvas": [10**6, 10**6]}, {}),
        ({"strokes": STROKE, "paper": "#ffffff"}, {}),
        ({"strokes": STROKE, "brush": 40}, {}),  # does not draw the picture that was kept
        ({"strokes": STROKE}, {"transform": {"blur": 1.0}}),
        ({"strokes": STROKE}, {"transform": {"rotation": 5.0, "shift_y": 3.0}}),
        ({}, {}),
        ({"strokes": "none"}, {}),
        ({"strokes": [[[1]]]}, {}),
        ({"strokes": [[["a", "b"]]]}, {}),
        ({"strokes": [[[1e300, 0]]]}, {}),
        ({"strokes": [[[None, 0]]]}, {}),
        ({"strokes": STROKE * 5000}, {}),
        ({"strokes": STROKE, "brush": -1}, {}),
        ({"strokes": STROKE, "brush": "thick"}, {}),
    ],
)
def test_a_sketch_that_cannot_be_drawn_alike_stays_the_picture_that_was_kept(source, values):
    probe, picture = sketch(source, **values)
    expected = resize(transform(picture, probe.as_transform()), (64, 64, 1))
    assert (as_seen(probe, picture, (64, 64, 1)) == expected).all()


def test_a_sketch_in_colours_stays_the_picture_that_was_kept():
    """Its strokes alone would give another picture."""
    picture = small_images(1, size=28, channels=3)[0]
    source = {"strokes": STROKE, "colors": ["#ff0000"], "paper": "#ffffff"}
    probe, picture = sketch(source, picture=picture)
    assert (as_seen(probe, picture, (64, 64, 3)) == resize(picture, (64, 64, 3))).all()


def test_a_probe_whose_picture_is_gone_is_named_and_the_others_are_replayed(run):
    kept = keep_each(run, small_images(3))
    (run.folder / "people" / "probes" / f"{kept[1].probe_id}.png").write_text("no picture")
    replay = hardex.probes(run, OLD)
    assert [answer.probe for answer in replay.answers] == [kept[0], kept[2]]
    (problem,) = replay.problems
    assert problem.startswith(f"the probe {kept[1].probe_id} is skipped: ")


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (FunctionClassifier(OLD, None, 4), "has 4 and .* has 3 classes; pass another --model"),
        (checksum_of(4), "has 4 and .* has 3 classes; pass another --model"),
        (lambda images: OLD(images)[:1], r"one row per image; .* shape \(1, 3\) for 64 images"),
        (lambda images: OLD(images) * 9, "must be non-negative and sum to 1"),
        (lambda images: 1 / 0, "it raised ZeroDivisionError"),
        ("nowhere.keras", "there is nothing at nowhere.keras"),
    ],
)
def test_a_model_that_cannot_answer_is_one_sentence(run, model, words):
    keep_each(run, small_images(2))
    with pytest.raises((RunError, ClassifierError), match=words):
        hardex.probes(run, model)


def test_without_probes_nothing_is_asked(run):
    before = contents(run.folder)
    assert hardex.probes(run, lambda images: 1 / 0).answers == ()
    assert contents(run.folder) == before


def test_a_run_of_saved_probabilities_needs_a_model(tmp_path):
    run = hardex.rank(probabilities=np.eye(2), labels=np.array([0, 1]), out=tmp_path / "run")
    with pytest.raises(RunError, match="saved probabilities and has none; pass --model"):
        hardex.probes(run)


def test_a_function_that_a_run_names_is_called_only_when_trusted(tmp_path):
    data = small_dataset(40, class_count=2)
    run = hardex.rank("fakes:brightness", data, out=tmp_path / "run")
    with pytest.raises(ClassifierError, match=r"opening a run should run no code; .*--trust-model"):
        hardex.probes(run)
    assert hardex.probes(run, trust_model=True).model == "fakes:brightness"
    assert hardex.probes(run, "fakes:brightness").model == "fakes:brightness"  # typed by hand


@pytest.mark.parametrize("options", [{"preprocess": "unit"}, {"logits": True}])
def test_the_runs_own_model_is_asked_as_it_was(run, options):
    with pytest.raises(ClassifierError, match=r"apply only with --model; .* or omit them"):
        classifier_of(run, **options)


def test_the_runs_own_model_is_found_and_asked_as_it_was_also_at_another_place(tmp_path):
    from hardex.classifiers.shipped import shipped_model

    images = small_images(20, size=28)
    run = hardex.rank(
        *("mnist_small", (images, np.arange(20) % 10)), preprocess="-1..1", out=tmp_path / "run"
    )
    row = run.row("3")
    probe = KeptProbe(
        **{"kind": "example", "example": "3", "shape": (28, 28, 1)},
        **{"predicted": row["predicted_label"], "confidence": row["confidence"], "model": "m"},
    )
    keep(run.folder, probe, images[3])
    moved = tmp_path / "moved.keras"
    moved.write_bytes(shipped_model("mnist_small").read_bytes())
    for model in (None, moved):
        replay = hardex.probes(run, model)
        assert replay.preprocess == "-1..1"
        (answer,) = replay.answers
        assert not answer.changed
        assert answer.confidence == pytest.approx(row["confidence"], abs=1e-5)
    assert hardex.probes(run, moved, preprocess="raw").preprocess == "raw"
    assert hardex.probes(run, "mnist_cnn").preprocess == "unit"


def test_a_model_of_any_size_is_asked_in_the_shape_that_each_probe_had(run):
    images = [small_images(1, size=4 + i % 3, seed=i)[0] for i in range(9)]
    kept = keep_each(run, images)
    shapes = []
    asked = FunctionClassifier(lambda batch: (shapes.append(batch.shape), OLD(batch))[1], None, 3)
    replay = hardex.probes(run, asked)
    assert [answer.probe for answer in replay.answers] == kept and replay.changed == ()
    assert [(answer.predicted, answer.confidence) for answer in replay.answers] == [
        (probe.predicted, probe.confidence) for probe in kept
    ]
    assert shapes == [(64, side, side, 1) for side in (4, 5, 6)]
