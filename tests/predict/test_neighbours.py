import numpy as np
import pytest
from fakes import brightness, small_dataset, small_images, write_folders
from hypothesis import given, settings
from hypothesis import strategies as st

from hardex.classifiers.classifier import FunctionClassifier
from hardex.data.dataset import ArrayDataset
from hardex.data.folders import open_folders
from hardex.data.part import Part
from hardex.errors import ClassifierError, DatasetError
from hardex.predict.neighbours import EMBEDDINGS, PIXELS, STAGE, Found, build, summary


class Directions(FunctionClassifier):
    """Shows its layers: the first two pixels of an image are its embedding."""

    shapes = None

    def embeddings(self, images):
        if self.shapes is not None:
            self.shapes.append(images.shape)
        return images.reshape(len(images), -1)[:, :2].astype(np.float32)


class Silent(FunctionClassifier):
    """Has the method, as SavedModels do, and does not show its layers."""

    def embeddings(self, images):
        raise ClassifierError("embeddings are the input of a model's last layer; no layers; go.")


class Broken(FunctionClassifier):
    def embeddings(self, images):
        return np.full((len(images), 2), np.nan, np.float32)


def points(*pairs):
    """Images of two pixels."""
    return np.array(pairs, np.uint8).reshape(len(pairs), 1, 2, 1)


def training(images, labels=None, **options):
    labels = np.zeros(len(images), int) if labels is None else np.asarray(labels)
    return ArrayDataset.of(images, labels, **options)


def found_of(*labels, copies=()):
    same = np.isin(np.arange(len(labels)), copies)
    ids = tuple(map(str, range(len(labels))))
    return Found(np.arange(len(labels)), ids, labels, np.zeros(len(labels)), same)


# ------------------------------------------------------------------ by hand


def test_embeddings_are_compared_by_direction():
    data = training(points([1, 1], [30, 40], [3, 4], [0, 9]), [0, 1, 2, 0])
    around = build(data, Directions(brightness))
    assert around.space.name == EMBEDDINGS
    found = around.of(points([200, 0])[0], 4)
    # cos 45 degrees; 3/5 twice, a tie that goes by position; 0
    assert found.positions.tolist() == [0, 1, 2, 3]
    expected = np.sqrt(2 - 2 * np.array([0.5**0.5, 0.6, 0.6, 0.0]))
    np.testing.assert_allclose(found.distances, expected, atol=1e-6)
    assert found.ids == ("0", "1", "2", "3") and found.labels == ("0", "1", "2", "0")


def test_pixels_stand_in_and_their_distance_is_root_mean_square():
    data = training(points([0, 0], [255, 255], [0, 51]), [0, 1, 2])
    for classifier in (None, FunctionClassifier(brightness), Silent(brightness)):
        around = build(data, classifier)
        assert around.space.name == PIXELS
        found = around.of(points([0, 0])[0])
        assert found.labels == ("0", "2", "1")
        np.testing.assert_allclose(found.distances, [0, 0.2 * 0.5**0.5, 1], atol=1e-6)


def test_embeddings_that_a_function_returns_are_compared():
    def with_pixels(images):
        return brightness(images), images.reshape(len(images), -1)[:, :2].astype(float)

    data = training(points([1, 1], [30, 40], [3, 4], [0, 9]), [0, 1, 2, 0])
    around, known = (
        build(data, FunctionClassifier(with_pixels)),
        build(data, Directions(brightness)),
    )
    assert (around.space.name, around.space.width) == (EMBEDDINGS, 2)
    found, expected = (one.of(points([200, 0])[0], 4) for one in (around, known))
    assert found.ids == expected.ids
    np.testing.assert_array_equal(found.distances, expected.distances)


def test_a_function_sees_training_images_of_several_sizes_in_that_of_the_first(tmp_path):
    write_folders(tmp_path, ["a/1.png", "a/2.png"], size=4)
    write_folders(tmp_path, ["b/1.png"], size=7)

    def with_ink(images):
        return brightness(images), images.mean(axis=(1, 2)) + np.array([[1.0, 2.0]])

    for function, name in ((with_ink, EMBEDDINGS), (brightness, PIXELS)):
        around = build(open_folders(tmp_path), FunctionClassifier(function))
        assert (around.space.name, len(around.positions)) == (name, 3)
        assert around.space.shape == (4, 4, 1)


def test_an_image_without_any_direction_does_no_harm():
    around = build(training(points([0, 0], [9, 0])), Directions(brightness))
    found = around.of(points([5, 0])[0])
    assert found.positions.tolist() == [1, 0]
    np.testing.assert_allclose(found.distances, [0, 1], atol=1e-6)


def test_an_embedding_can_be_asked_about_in_place_of_its_picture():
    around = build(training(points([1, 0], [1, 1], [0, 1])), Directions(brightness))
    by_picture, by_row = around.of(points([9, 8])[0]), around.of(np.array([9.0, 8.0]))
    np.testing.assert_array_equal(by_picture.positions, by_row.positions)
    np.testing.assert_allclose(by_picture.distances, by_row.distances, atol=1e-6)


# ------------------------------------------------------------------ laws


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=40),
    asked=st.tuples(*[st.integers(0, 3)] * 3),
    count=st.integers(0, 45),
)
def test_the_nearest_are_those_of_the_slow_way_and_ties_go_by_position(values, asked, count):
    images = np.array(values, np.uint8).reshape(-1, 1, 3, 1)
    query = np.array(asked, np.uint8).reshape(1, 3, 1)
    squares = [sum((a - b) ** 2 for a, b in zip(v, asked, strict=True)) for v in values]
    expected = sorted(range(len(values)), key=lambda place: (squares[place], place))[:count]
    found = build(training(images), None).of(query, count)
    assert found.positions.tolist() == expected
    assert found.exact_copies.tolist() == [squares[place] == 0 for place in expected]


def test_many_equal_images_go_by_position():
    around = build(training(points(*[[7, 7]] * 9000, [7, 8])), None)
    found = around.of(points([7, 7])[0], 5)
    assert found.positions.tolist() == [0, 1, 2, 3, 4] and found.exact_copies.all()


@pytest.mark.parametrize("count", [0, 1, 5])
def test_a_shorter_answer_begins_a_longer_one(count):
    around = build(small_dataset(50), None)
    image = small_images(1, seed=9)[0]
    shorter, longer = around.of(image, count), around.of(image, 20)
    assert shorter.positions.tolist() == longer.positions.tolist()[:count]


# ------------------------------------------------------------------ itself, and copies


def test_the_example_itself_is_left_out_and_the_answer_stays_as_long():
    data = small_dataset(20)
    around = build(data, None)
    whole, rest = around.of(data.images[4], 6), around.of(data.images[4], 5, leave_out="4")
    assert whole.ids[0] == "4" and whole.exact_copies.tolist() == [True] + [False] * 5
    assert rest.ids == whole.ids[1:] and not rest.exact_copies.any()


def test_leaving_out_what_is_far_away_changes_nothing():
    data = small_dataset(20)
    around = build(data, None)
    whole = around.of(data.images[4], 20)
    assert around.of(data.images[4], 5, leave_out=whole.ids[-1]).ids == whole.ids[:5]


def test_equal_places_are_no_copies_unless_every_pixel_is_equal():
    images = np.zeros((3, 40, 40, 1), np.uint8)
    images[1, 0, 0] = 1  # lost when it is compared at 32 x 32
    found = build(training(images), None).of(images[0], 3)
    assert dict(zip(found.ids, found.exact_copies.tolist(), strict=True)) == {
        "0": True,
        "1": False,
        "2": True,
    }


# ------------------------------------------------------------------ what is kept


def test_what_does_not_fit_into_memory_is_a_sample_that_the_seed_repeats():
    data = small_dataset(300)
    limit = 4 * 16 * 40  # 40 rows of 16 pixels
    first, again, other = (build(data, None, seed=seed, most_bytes=limit) for seed in (1, 1, 2))
    assert len(first.positions) == 40 and first.sampled
    assert (np.diff(first.positions) > 0).all()
    assert first.positions.tolist() == again.positions.tolist() != other.positions.tolist()
    assert first.scope == "40 of 300 training images, drawn at random, compared by pixels"
    found = first.of(data.images[first.positions[7]], 1)
    assert found.positions.tolist() == [first.positions[7]] and found.exact_copies.all()


def test_all_are_kept_where_they_fit():
    around = build(small_dataset(30), None, most_bytes=4 * 16 * 30)
    assert around.scope == "30 training images, compared by pixels" and not around.sampled


def test_every_forward_pass_has_one_shape_but_that_of_a_single_picture():
    classifier = Directions(brightness, (4, 4, 1))
    object.__setattr__(classifier, "shapes", [])
    around = build(small_dataset(1100), classifier)
    around.of(small_images(1)[0])
    assert set(classifier.shapes[:-2]) == {(512, 4, 4, 1)} and len(classifier.shapes) == 6
    assert classifier.shapes[-2:] == [(1, 4, 4, 1)] * 2  # compiled before, then asked


def test_progress_counts_up_to_the_whole():
    told = []
    build(small_dataset(1100), None, progress=lambda *news: told.append(news))
    assert told == [(STAGE, done, 1100) for done in (0, 512, 1024, 1100)]


def test_progress_may_stop_it():
    class Enough(Exception):
        pass

    def stop(stage, done, total):
        if done:
            raise Enough

    with pytest.raises(Enough):
        build(small_dataset(1100), None, progress=stop)


# ------------------------------------------------------------------ files, sizes, seals


def test_files_of_many_sizes_are_compared_and_unreadable_ones_left_out(tmp_path):
    write_folders(tmp_path, ["cat/1.png", "cat/2.png", "dog/3.png"], size=50)
    (tmp_path / "dog" / "bad.png").write_bytes(b"no picture")
    data = open_folders(tmp_path)
    around = build(data, None)
    assert around.scope == "3 of 4 training images, compared by pixels" and not around.sampled
    assert around.space.shape == (32, 32, 1)
    found = around.of(data.image(data.ids.index("dog/3.png")))
    assert found.ids[0] == "dog/3.png" and found.labels[0] == "dog"
    assert found.exact_copies.tolist() == [True, False, False]


def test_a_picture_of_another_size_is_fitted():
    around = build(training(np.zeros((2, 8, 8, 1), np.uint8)), None)
    assert around.of(np.zeros((20, 30, 3), np.uint8)).distances.tolist() == [0, 0]
    assert not around.of(np.zeros((20, 30, 3), np.uint8)).exact_copies.any()


def test_a_long_narrow_picture_keeps_its_proportions():
    assert build(training(np.zeros((2, 8, 640, 3), np.uint8)), None).space.shape == (1, 32, 3)


def test_sealed_examples_are_neither_compared_nor_found():
    images = small_images(40)
    part = Part(training(images), lambda image: image[0, 0, 0] < 128)
    around = build(part, None)
    kept = np.flatnonzero(images[:, 0, 0, 0] < 128)
    assert around.positions.tolist() == kept.tolist()
    hidden = next(image for image in images if image[0, 0, 0] >= 128)
    assert not around.of(hidden).exact_copies.any()


# ------------------------------------------------------------------ refusals


def test_data_of_which_nothing_can_be_read_is_refused(tmp_path):
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "1.png").write_bytes(b"no picture")
    with pytest.raises(DatasetError, match="none of the 1 of"):
        build(open_folders(tmp_path), None)
    nothing = Part(small_dataset(3), lambda image: False)
    with pytest.raises(DatasetError, match="none of the 3 of"):
        build(nothing, None)


def test_a_model_that_gives_nan_is_refused():
    with pytest.raises(ClassifierError, match="received NaN or infinity; check its weights"):
        build(small_dataset(5), Broken(brightness))


def test_images_that_the_model_was_not_made_for_are_refused():
    with pytest.raises(ClassifierError, match="expects images of 9 x 9 x 1"):
        build(small_dataset(5), Directions(brightness, (9, 9, 1)))


def test_a_vector_of_another_length_is_refused():
    for classifier in (Directions(brightness), None):
        around = build(small_dataset(5), classifier)
        with pytest.raises(ClassifierError, match=r"received shape \(3,\)"):
            around.of(np.zeros(3))


# ------------------------------------------------------------------ the sentence


@pytest.mark.parametrize(
    ("labels", "label", "predicted", "expected"),
    [
        (
            "77277277",
            "7",
            "2",
            "6 of the 8 nearest training images are labelled 7, the label given; 2 say 2, the "
            "prediction.",
        ),
        ("7777", "7", "7", "4 of the 4 nearest training images are labelled 7, as given and predi"),
        ("7722", "7", "7", "2 of the 4 nearest training images are labelled 7, as given and predi"),
        ("2272", "7", "2", "1 of the 4 nearest training images is labelled 7, the label given; 3 "),
        (
            "2233",
            "7",
            "2",
            "None of the 4 nearest training images is labelled 7, the label given; 2 say 2, the "
            "prediction; 2 say 3.",
        ),
        (
            "7777",
            "7",
            "2",
            "4 of the 4 nearest training images are labelled 7, the label given; none say 2, the "
            "prediction.",
        ),
        ("3322", None, "2", "2 of the 4 nearest training images are labelled 3; 2 say 2, the pred"),
        ("2", "7", "2", "The nearest training image is not labelled 7, the label given; 1 says 2"),
        ("", "7", "2", "There is no other training image to compare with."),
    ],
)
def test_what_the_labels_say(labels, label, predicted, expected):
    text = summary(found_of(*labels), label, predicted)
    assert text.startswith(expected) and text.endswith(".")


def test_copies_are_told_with_their_labels():
    one = summary(found_of("7", "2", copies=[1]), "7", "7")
    assert one.endswith(". One has exactly these pixels, labelled 2.")
    three = summary(found_of("7", "2", "7", copies=[0, 1, 2]), "7", "7")
    assert three.endswith(". 3 have exactly these pixels, labelled 7 and 2.")


def test_names_meant_to_do_harm_are_only_text():
    name = "<script>${1+1}"
    assert f"labelled {name}, the label given" in summary(found_of(name), name, "b")
