import numpy as np
import pytest

import hardex
from hardex.classifiers.classifier import FunctionClassifier
from hardex.overview.embedding_map import drawn_for_map, embedding_map, placed


class Embedding:
    """A model whose embedding points up for bright pictures and down for dark ones."""

    source, input_shape, class_count, preprocess = "model", (4, 4, 1), 2, "raw"

    def probabilities(self, images):
        return np.eye(2)[(images.mean(axis=(1, 2, 3)) > 127).astype(int)] * 0.8 + 0.1

    def embeddings(self, images):
        rows = images.mean(axis=(2, 3)).astype(np.float32)
        return np.concatenate([rows, 255 - rows], axis=1)

    def fingerprint(self):
        return "model"

    def numerics(self):
        return {}


@pytest.fixture
def run(tmp_path):
    """Dark pictures of class 0 and bright ones of class 1; three labels are wrong."""
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 2
    pixels = labels[:, None, None, None] * 180 + rng.integers(0, 60, (60, 4, 4, 1))
    labels[[3, 10, 20]] = 1 - labels[[3, 10, 20]]
    np.savez(tmp_path / "data.npz", images=pixels.astype(np.uint8), labels=labels)
    return hardex.rank(Embedding(), tmp_path / "data.npz", out=tmp_path / "run")


def test_alike_examples_lie_close_whatever_their_labels(run):
    found = embedding_map(run, Embedding())
    assert found.compared_by == "the embeddings of the model"
    assert found.sentence == "All 60 examples; compared by the embeddings of the model."
    points, is_bright = found.points, found.rows.predicted == 1
    middles = [points[is_bright == one].mean(axis=0) for one in (True, False)]
    near = [np.linalg.norm(points - middle, axis=1) for middle in middles]
    assert ((near[0] < near[1]) == is_bright).all()
    assert points.min() == 0 and points.max() == 1


def test_the_hardest_come_first_and_it_is_the_same_every_time(run):
    found, again = (embedding_map(run, Embedding()) for _ in range(2))
    assert set(found.rows.ids[:3]) == {"3", "10", "20"}
    np.testing.assert_array_equal(found.points, again.points)
    assert found.as_dict() == again.as_dict()


@pytest.mark.parametrize("lost", ["model", "embeddings", "images"])
def test_without_embeddings_or_images_probabilities_are_compared_and_that_is_said(run, lost):
    model = {"model": None, "embeddings": FunctionClassifier(Embedding().probabilities)}
    if lost == "images":
        (run.folder.parent / "data.npz").unlink()
    found = embedding_map(hardex.load(run.folder), model.get(lost, Embedding()))
    assert found.compared_by == "the logarithms of probabilities"
    assert len(found.points) == 60


def test_progress_may_stop_it(run):
    class Stop(Exception):
        pass

    def stop(stage, done, total):
        if done:
            raise Stop

    with pytest.raises(Stop):
        embedding_map(run, Embedding(), progress=stop)


def test_too_few_examples_get_a_sentence(tmp_path):
    rows = np.array([[0.6, 0.4], [0.7, 0.3]])
    run = hardex.rank(probabilities=rows, labels=np.array([0, 1]), out=tmp_path / "run")
    with pytest.raises(hardex.RunError, match="at least 3 examples; this run has 2"):
        embedding_map(run, None)


@pytest.mark.parametrize(
    ("wrong", "most", "of_wrong"), [(5, 20, 5), (80, 20, 10), (95, 20, 15), (100, 20, 20)]
)
def test_errors_are_at_most_half_unless_there_is_little_else(wrong, most, of_wrong):
    errors = np.arange(100) < wrong
    drawn = drawn_for_map(errors, most, np.random.default_rng(0))
    assert len(set(drawn.tolist())) == most and errors[drawn].sum() == of_wrong
    assert (np.diff(drawn) > 0).all()


@pytest.mark.parametrize("shape", [(3, 1), (4, 300), (40, 2)])
def test_vectors_of_any_width_are_placed(shape):
    points = placed(np.random.default_rng(0).normal(size=shape).astype(np.float32), 0)
    assert points.shape == (shape[0], 2) and np.isfinite(points).all()


def test_equal_vectors_are_placed_too():
    assert np.isfinite(placed(np.ones((10, 4), np.float32), 0)).all()
