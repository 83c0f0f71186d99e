import json

import numpy as np
import pytest
from fakes import brightness, small_dataset, write_folders

import hardex
from hardex.classifiers.doctor.examination import Finding
from hardex.classifiers.opening import open_classifier
from hardex.data.dataset import ArrayDataset
from hardex.data.sources import open_dataset
from hardex.errors import DatasetError, HardexError
from hardex.images import write_png
from hardex.pipeline.check import check, diagnose, findings_in_ranking, sample


def shades(count=200, seed=0):
    """Dark and bright pictures, which `brightness` tells apart."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, count)
    level = np.where(labels == 1, 190, 60)[:, None, None, None]
    noise = rng.integers(-40, 40, (count, 4, 4, 1))
    return ArrayDataset.of((level + noise).astype(np.uint8), labels)


def test_a_healthy_model_gives_nothing_and_its_run_says_so(tmp_path):
    assert check(brightness, shades()) == ()
    assert hardex.rank(brightness, shades(), out=tmp_path / "run").manifest.doctor == ()


def test_what_is_found_before_a_ranking_stands_in_the_manifest(tmp_path):
    data = shades()
    inverted = ArrayDataset.of(255 - data.images, data.labels)
    found = hardex.rank(brightness, inverted, out=tmp_path / "run").manifest.doctor
    # Between two classes of brightness nobody can tell which of the two was turned around.
    assert [finding["code"] for finding in found] == ["inverted_colours", "class_order"]
    assert Finding(**found[0]).advice == "pass --preprocess raw,inverted"
    assert json.loads((tmp_path / "run/manifest.json").read_text())["doctor"] == list(found)
    advised = hardex.rank(brightness, inverted, out=tmp_path / "other", preprocess="raw,inverted")
    assert advised.manifest.doctor == () and advised.manifest.preprocess == "raw,inverted"


def test_folders_in_the_order_of_sorted_text_are_told_how_to_be_named(tmp_path):
    """Eleven shades, each in its folder; a model trained as Keras numbers folders."""
    for shade in range(11):
        for copy in range(6):
            (tmp_path / "data" / str(shade)).mkdir(parents=True, exist_ok=True)
            pixels = np.full((4, 4, 1), 20 * shade, np.uint8)
            write_png(pixels, tmp_path / "data" / str(shade) / f"{copy}.png")
    as_text = sorted(map(str, range(11)))

    def as_keras_numbers(images):
        shades = images[:, 0, 0, 0] // 20
        return 0.9 * np.eye(11)[[as_text.index(str(shade)) for shade in shades]] + 0.1 / 11

    (finding,) = check(as_keras_numbers, tmp_path / "data")
    assert "--classes 0,1,10,2,3,4,5,6,7,8,9, the names" in finding.advice
    assert check(as_keras_numbers, tmp_path / "data", class_names=as_text) == ()


def test_a_ranking_goes_on_whatever_is_found(tmp_path):
    constant = hardex.rank(
        lambda images: np.tile([0.9, 0.1], (len(images), 1)), shades(), out=tmp_path / "run"
    )
    assert [finding["code"] for finding in constant.manifest.doctor] == ["constant"]
    assert constant.manifest.counts["examples"] == 200


def test_a_model_made_for_other_images_is_a_finding():
    (finding,) = check("mnist_small", shades())
    assert (finding.code, finding.severity) == ("wrong_shape", "error")
    assert "28 x 28 x 1" in finding.evidence and "4 x 4 x 1" in finding.evidence
    assert "--resize" in finding.advice


def test_the_sample_is_drawn_at_random_and_without_what_cannot_be_read(tmp_path):
    root = write_folders(tmp_path, [f"{c}/{i}.png" for c in "ab" for i in range(6)])
    (root / "a/0.png").write_bytes(b"no picture")
    data = open_dataset(root)
    drawn = sample(data, None, count=100, rng=np.random.default_rng(0))
    ids, images, labels = drawn.ids, drawn.images, drawn.labels
    assert len(ids) == len(images) == len(labels) == 11
    assert list(ids) != sorted(ids) and "a/0.png" not in ids
    assert [data.class_names[label] for label in labels] == [name[0] for name in ids]


def test_the_same_seed_draws_the_same_sample():
    draws = [sample(shades(), None, count=9, rng=np.random.default_rng(s)).ids for s in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]


def test_images_none_of_which_can_be_read_are_refused(tmp_path):
    root = write_folders(tmp_path, ["a/0.png", "b/0.png"])
    for file in root.rglob("*.png"):
        file.write_bytes(b"no picture")
    with pytest.raises(
        DatasetError, match=r"none of the 2 of .* is; the first is a/0.png .*; check"
    ):
        check(brightness, root)


@pytest.mark.parametrize(("size", "examples"), [(100, 10), (10_000, 400), (60_000, 512)])
def test_in_a_ranking_few_examples_are_looked_at(size, examples):
    images = np.full((1, 1, 1, 1), 200, np.uint8)
    data = ArrayDataset.of(np.broadcast_to(images, (size, 1, 1, 1)), np.arange(size) % 2)
    seen = []

    def counting(images):
        seen.append(len(images))
        return brightness(images)

    findings_in_ranking(open_classifier(counting), data, 10, seed=0)
    first_pass = -(-examples // 10)
    assert sum(seen[:first_pass]) - examples in range(10)


def test_saved_probabilities_are_not_examined():
    assert findings_in_ranking(None, small_dataset(), None, seed=0) == ()


def a_model_of(outputs):
    """A function of images whose rows are these outputs, one by one."""
    return lambda images: np.resize(np.asarray(outputs), (len(images), 2))


@pytest.mark.parametrize(
    ("model", "options"),
    [
        (a_model_of([[-3.0, 4.0], [5.0, -1.0]]), {}),
        (a_model_of([[0.9, 0.8], [0.1, 0.2]]), {}),
        (a_model_of([[0, 1], [1, 0]]), {}),
        (a_model_of([[np.nan, 1.0]]), {}),
        (lambda images: np.full((len(images), 3), 1 / 3), {}),
        (lambda images: np.full((len(images), 2), 50.0), {}),
        ("mnist_small", {}),
    ],
    ids=["logits", "sigmoids", "classes", "not finite", "three classes", "percent", "other shape"],
)
def test_a_ranking_that_stops_advises_what_the_check_advises(tmp_path, model, options):
    (finding, *_) = check(model, shades(), **options)
    with pytest.raises(HardexError) as caught:
        hardex.rank(model, shades(), out=tmp_path / "run", **options)
    assert str(caught.value).endswith(f"{finding.advice}.")
    assert "\n" not in str(caught.value)


def test_a_keras_model_that_ends_in_positive_logits_is_told_of_the_option_by_both(tmp_path):
    keras = pytest.importorskip("keras")
    ones = keras.layers.Dense(2, kernel_initializer="ones", bias_initializer="ones")
    keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), ones]).save(
        tmp_path / "m.keras"
    )
    found = [finding.advice for finding in check(tmp_path / "m.keras", shades())]
    assert found[0] == "pass --logits"
    with pytest.raises(HardexError, match=r"look like logits: pass --logits\.$"):
        hardex.rank(tmp_path / "m.keras", shades(), out=tmp_path / "run")
    hardex.rank(tmp_path / "m.keras", shades(), out=tmp_path / "run", logits=True)


def test_labels_that_count_from_one_are_named_by_both(tmp_path):
    images, labels = shades().images, shades().labels
    (finding,) = check(a_model_of([[0.25, 0.75]]), (images, labels + 1))
    assert finding.advice.startswith("the labels go from 1 to 2, and none is 0: number them from 0")
    with pytest.raises(HardexError) as caught:
        hardex.rank(a_model_of([[0.25, 0.75]]), (images, labels + 1), out=tmp_path / "run")
    assert str(caught.value).endswith(f"{finding.advice}.")


def test_what_was_read_in_another_form_is_said_by_both(tmp_path):
    images, labels = shades().images, shades().labels
    data = (images / 255, np.eye(2)[labels])
    found = diagnose(brightness, data).notes
    assert len(found) == 2 and "multiplied by 255" in found[0] and "one-hot" in found[1]
    assert hardex.rank(brightness, data, out=tmp_path / "run").manifest.notes == found


def test_labels_that_are_texts_in_an_array_are_told_how_to_be_named(tmp_path):
    path = tmp_path / "data.npz"
    np.savez(path, images=shades().images, labels=np.array(["dark", "bright"])[shades().labels])
    (advice,) = [one.advice for one in check(brightness, path) if one.code == "class_order"]
    assert advice == "pass --classes dark,bright, the names in the order of the outputs"
    assert check(brightness, path, class_names=["dark", "bright"]) == ()
