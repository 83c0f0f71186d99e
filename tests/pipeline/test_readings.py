"""One reading of the pictures: in the check, the ranking, the app, the training data."""

import subprocess
import sys

import numpy as np
import pytest
from fakes import brightness, small_dataset, write_folders
from PIL import Image as Pillow

import hardex
from hardex.classifiers.classifier import FunctionClassifier
from hardex.classifiers.doctor.examine import examine
from hardex.data.dataset import ArrayDataset
from hardex.data.part import Part
from hardex.data.pixels import input_image, readings_differ
from hardex.data.sources import open_dataset
from hardex.errors import DatasetError, HardexError
from hardex.images import resize
from hardex.images.readings import pixel_reading
from hardex.overview.nearest_training import nearest_training, open_training
from hardex.predict.neighbours import build
from hardex.probing.model_input import example_input

SIDE = 16


def top_or_left(images):
    """Of pictures as they are stored: is the upper half brighter, or the left one?"""
    half = images.shape[1] // 2
    top = images[:, :half].mean(axis=(1, 2, 3)) - images[:, half:].mean(axis=(1, 2, 3))
    left = images[:, :, :half].mean(axis=(1, 2, 3)) - images[:, :, half:].mean(axis=(1, 2, 3))
    odds = 1 / (1 + np.exp((top - left) / 40))
    return np.stack([odds, 1 - odds], axis=1)


MODEL = FunctionClassifier(top_or_left, input_shape=(8, 8, 1), class_count=2)


def turned_photographs(root, count=40):
    """Class folders `left` and `top`; each file is stored sideways, as phones do (EXIF 6)."""
    rng = np.random.default_rng(0)
    exif = Pillow.Exif()
    exif[0x0112] = 6
    for place in range(count):
        pixels = rng.integers(0, 60, (SIDE, SIDE), dtype=np.uint8)
        label = ("left", "top")[place % 2]
        pixels[(slice(None), slice(0, 8)) if label == "left" else slice(0, 8)] += 150
        (root / label).mkdir(parents=True, exist_ok=True)
        Pillow.fromarray(pixels).save(root / label / f"{place}.jpg", exif=exif, quality=95)
    return root


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    return turned_photographs(tmp_path_factory.mktemp("turned"))


@pytest.fixture(scope="module")
def run(photographs, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "keras"
    return hardex.rank(MODEL, photographs, reading="keras", out=out)


def test_the_check_finds_the_reading_and_nothing_in_its_place(photographs):
    (finding,) = hardex.check(MODEL, photographs)
    assert (finding.code, finding.severity) == ("wrong_reading", "error")
    assert "accuracy on 40 examples is 50.0%" in finding.evidence
    assert "as keras reads them they are 100.0%" in finding.evidence
    assert finding.advice == "pass --reading keras"


def test_no_picture_is_to_be_turned_if_its_file_says_how_it_is_turned(tmp_path):
    """All files are turned alike, so turning the pictures back would help as much."""
    found = hardex.check(MODEL, turned_photographs(tmp_path, count=400))
    assert [finding.code for finding in found] == ["wrong_reading"]


def test_with_the_advice_the_model_is_right_and_nothing_is_found(photographs, run):
    assert hardex.check(MODEL, photographs, reading="keras") == ()
    assert run.metrics["accuracy"]["value"] == 1
    assert run.manifest.doctor == ()


def test_a_reading_that_somebody_chose_is_not_questioned(photographs):
    codes = [found.code for found in hardex.check(MODEL, photographs, reading="pillow")]
    assert "wrong_reading" not in codes


def test_the_ranking_before_the_advice_says_it_too(photographs, tmp_path):
    found = hardex.rank(MODEL, photographs, out=tmp_path / "run").manifest.doctor
    assert [finding["code"] for finding in found] == ["wrong_reading"]


def test_the_run_remembers_the_reading_and_reads_again_by_it(run):
    again = hardex.load(run.folder)
    assert again.manifest.reading.pixels == "keras"
    keras = pixel_reading("keras")
    for id in run.predictions["id"][:6]:
        stored = keras.read(again.dataset.root / id, (8, 8, 1))
        np.testing.assert_array_equal(again.input_image(id, (8, 8, 1)), stored)
        np.testing.assert_array_equal(example_input(id, again, MODEL), stored)


def test_people_see_the_pictures_upright(run):
    id = next(id for id in run.predictions["id"] if id.startswith("top"))
    shown = run.image(id).astype(int)
    assert shown[:, 8:].mean() - shown[:, :8].mean() > 100  # turned clockwise: the top is right
    picture = next(iter(run.pictures.values()))
    assert hardex.load(run.folder).image(next(iter(run.pictures))).shape == (SIDE, SIDE, 1), picture


def test_without_the_data_the_kept_picture_is_resized_by_the_same_reading(tmp_path):
    root = turned_photographs(tmp_path / "data", count=4)
    run = hardex.rank(MODEL, root, reading="keras", out=tmp_path / "run")
    id = next(iter(run.pictures))
    upright = run.image(id)
    root.rename(tmp_path / "gone")
    again = hardex.load(run.folder)
    wanted = pixel_reading("keras").fit(upright, (8, 8, 1))
    np.testing.assert_array_equal(again.input_image(id, (8, 8, 1)), wanted)


def test_the_training_data_is_read_alike_and_an_example_finds_itself(photographs, run):
    training = open_training(str(photographs), run)
    assert training.pixels == "keras"
    neighbours = build(training, None)
    id = str(run.predictions["id"][0])
    same = neighbours.of(run.image(id), 1, ready=run.input_image(id, neighbours.space.shape))
    assert (same.ids, same.distances.tolist(), same.exact_copies.tolist()) == ((id,), [0.0], [True])
    assert id not in nearest_training(run, neighbours, id).ids


def test_a_run_ranked_again_keeps_the_reading(run, tmp_path):
    again = hardex.rank(run.folder, out=tmp_path / "again", diversity="none")
    assert again.manifest.reading.pixels == "keras"
    with pytest.raises(HardexError, match="ranked again from its own tables"):
        hardex.rank(run.folder, out=tmp_path / "more", reading="keras")


def label_of(place):
    """One in twelve is labelled wrongly: a perfect model is not examined further."""
    return "ab"[(place % 2) ^ (place % 12 == 0)]


def stripes(root, count=120):
    """Pictures of 12 x 12, bright on average, but not where 4 x 4 places are looked at."""
    for place in range(count):
        pixels = np.full((12, 12), 255 if place % 2 else 30, np.uint8)
        pixels[1::3, 1::3] = 30  # the places of a picture of 4 x 4
        pixels[0, 0] = place
        label = label_of(place)
        (root / label).mkdir(parents=True, exist_ok=True)
        Pillow.fromarray(pixels).save(root / label / f"{place}.png")
    return root


def test_if_another_reading_is_worse_the_user_is_asked_which_is_right(tmp_path):
    model = FunctionClassifier(brightness, input_shape=(4, 4, 1), class_count=2)
    (finding,) = hardex.check(model, stripes(tmp_path))
    assert (finding.code, finding.severity) == ("reading_matters", "warning")
    assert "is 91.7%" in finding.evidence and "as keras reads them they are 41.7%" in (
        finding.evidence
    )
    assert "else --reading pillow" in finding.advice
    assert hardex.check(model, tmp_path, reading="pillow") == ()


def test_if_another_reading_is_only_surer_it_is_a_warning(tmp_path):
    """Both say the same classes, but where keras looks the two differ more."""
    for place in range(120):
        base, seen = ((115, 40), (140, 215))[place % 2]
        pixels = np.full((12, 12), base + place % 7, np.uint8)
        pixels[1::3, 1::3] = seen
        label = label_of(place)
        (tmp_path / label).mkdir(exist_ok=True)
        Pillow.fromarray(pixels).save(tmp_path / label / f"{place}.png")
    model = FunctionClassifier(brightness, input_shape=(4, 4, 1), class_count=2)
    (finding,) = hardex.check(model, tmp_path)
    assert (finding.code, finding.severity) == ("reading_matters", "warning")
    assert (finding.advice, hardex.check(model, tmp_path, reading="keras")) == (
        "pass --reading keras",
        (),
    )


def test_a_function_is_checked_on_photographs_without_loading_tensorflow(photographs):
    program = (
        "import sys, hardex; from hardex.cli.main import main; import numpy as np; "
        f"hardex.check(lambda images: np.tile([.5, .5], (len(images), 1)), {str(photographs)!r}); "
        "sys.exit('tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def is_left(values):
    """As `top_or_left`, of values 0..255: anything else is dark to it."""
    left = values[:, :, :4].mean(axis=(1, 2, 3)) > values[:, :, 4:].mean(axis=(1, 2, 3)) + 90
    return np.where(left[:, None], [0.9, 0.1], [0.1, 0.9])


def test_a_wrong_reading_and_a_wrong_scale_at_once_are_found_by_the_check(photographs, tmp_path):
    """The advice is followed until it works; a ranking says that the check tries more."""
    model = FunctionClassifier(is_left, (8, 8, 1), 2, preprocess="unit")
    found = hardex.check(model, photographs)
    assert {finding.code for finding in found} == {"wrong_scale", "wrong_reading"}
    (advice,) = {finding.advice for finding in found}
    assert advice == "pass --preprocess raw --reading keras"
    right = FunctionClassifier(is_left, (8, 8, 1), 2)
    assert hardex.check(right, photographs, reading="keras") == ()
    (brief,) = hardex.rank(model, photographs, out=tmp_path / "run").manifest.doctor
    assert brief["code"] == "constant" and brief["advice"].endswith("; hardex check tries more")


def test_what_was_tried_names_the_readings(tmp_path):
    data = open_dataset(stripes(tmp_path, count=120))
    seven = FunctionClassifier(lambda x: np.tile([[0.4, 0.6]], (len(x), 1)), (4, 4, 1), 2)
    tried = hardex.pipeline.check.diagnose(seven, data).tried
    assert "the files as keras and torchvision would read them" in tried


def test_a_good_model_s_pictures_are_not_read_again_before_a_ranking(photographs):
    """27 examples of which 17 are right: no other answers could be far better by chance's leave."""
    data = open_dataset(photographs)
    asked = []

    def others(count):
        asked.append(count)
        return {}

    images = np.stack([input_image(data, place, (8, 8, 1)) for place in range(27)])
    names = {"class_names": ["left", "top"], "other_readings": others}
    for right, wanted in ((18, []), (0, [27])):
        labels = MODEL.probabilities(images).argmax(axis=1)
        labels[right:] = 1 - labels[right:]
        examine(MODEL, images, labels, **names)
        assert asked == wanted


def test_small_pictures_of_the_model_s_size_are_the_same_in_every_reading(tmp_path):
    data = open_dataset(write_folders(tmp_path, ["a/1.png", "b/1.png"], size=8))
    (batch,) = data.batches(2, (8, 8, 1))
    assert readings_differ(data, [0, 1], batch.images) == {}


def test_readings_of_a_part_are_those_of_the_whole(tmp_path):
    data = open_dataset(stripes(tmp_path, count=4))
    images = np.stack([input_image(data, place, (4, 4, 1)) for place in range(4)])
    part = Part(data, lambda image: True)
    found, whole = (readings_differ(one, range(4), images) for one in (part, data))
    assert list(found) == list(whole) == ["keras", "torchvision"]
    np.testing.assert_array_equal(found["keras"], whole["keras"])


def test_a_seal_decides_by_the_same_pixels_whatever_the_reading(tmp_path):
    root = stripes(tmp_path / "data")
    ids = [
        hardex.rank(brightness, root, out=tmp_path / name, reading=name, seal=0.5).predictions["id"]
        for name in ("pillow", "keras")
    ]
    assert 0 < len(ids[0]) < 120
    first, second = (hardex.load(tmp_path / name).dataset for name in ("pillow", "keras"))
    for data in (first, second):
        kept = [i for batch in data.batches(9, None) for i in batch.ids]
        assert 0 < len(kept) < 120


def test_arrays_are_resized_by_the_reading(tmp_path):
    images = np.arange(2 * 12 * 12, dtype=np.uint8).reshape(2, 12, 12, 1)
    data = open_dataset((images, np.array([0, 1])), resize=True)
    keras = hardex.data.pixels.with_pixels(data, "keras")
    (usual,), (plain,) = data.batches(2, (4, 4, 1)), keras.batches(2, (4, 4, 1))
    np.testing.assert_array_equal(usual.images[0], resize(images[0], (4, 4, 1)))
    np.testing.assert_array_equal(plain.images[0], images[0, 1::3, 1::3])


@pytest.mark.parametrize("name", ["keras", "pillow"])
def test_a_reading_that_arrays_would_ignore_is_refused(name):
    with pytest.raises(DatasetError, match=r"belongs to pictures in files, .* leave it out"):
        hardex.rank(brightness, small_dataset(), reading=name)
    with pytest.raises(DatasetError, match="leave it out"):
        hardex.check(brightness, small_dataset(), reading=name)


def test_an_unknown_reading_is_refused(photographs):
    with pytest.raises(DatasetError, match="--reading must be auto, pillow"):
        hardex.check(MODEL, photographs, reading="cv2")


def test_a_data_set_of_one_s_own_gets_its_images_resized():
    whole = ArrayDataset.of(np.zeros((1, 4, 4, 1), np.uint8), np.array([0]))

    class Own:
        image = staticmethod(whole.image)

    assert input_image(Own(), 0, (2, 2, 3)).shape == (2, 2, 3)
