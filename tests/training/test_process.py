"""The process of a training: its result, its errors, and what ends it."""

import numpy as np
import pytest
from trainings import job_in, shades

from hardex.data.dataset import ArrayDataset
from hardex.diagnosis.keys import pixel_key
from hardex.errors import DatasetError, RunError, TrainingError
from hardex.training.pixels import keep_pixels, keys_of, open_pixels
from hardex.training.process import ERROR_LINE, check_is_wanted
from hardex.training.start import _error_of, train


def test_a_training_ends_with_its_result_and_is_not_done_twice(tmp_path):
    job = job_in(tmp_path)
    seen = []
    result = train(job, stage="one", progress=lambda *what: seen.append(what))
    assert result.epochs == 2 and 0 <= result.val_accuracy <= 1
    written = (job / "model.keras").stat().st_mtime_ns
    assert train(job) == result
    assert (job / "model.keras").stat().st_mtime_ns == written
    assert all(stage == "one" and done <= total for stage, done, total in seen)


def test_an_error_of_the_process_is_raised_here(tmp_path):
    told = '{"kind": "TrainingError", "sentence": "it did not learn.", "errno": null}'
    with pytest.raises(TrainingError, match=r"^it did not learn\.$"):
        raise _error_of(1, ["noise", ERROR_LINE + told], tmp_path)
    full = '{"kind": "OSError", "sentence": "[Errno 28]", "errno": 28}'
    with pytest.raises(
        RunError, match=r"No space left on device.*free disk space, and type the sa"
    ):
        raise _error_of(1, [ERROR_LINE + full], tmp_path)
    much = '{"kind": "MemoryError", "sentence": "", "errno": null}'
    with pytest.raises(TrainingError, match="must fit into memory"):
        raise _error_of(1, [ERROR_LINE + much], tmp_path)
    with pytest.raises(TrainingError, match="was killed, perhaps because the memory"):
        raise _error_of(-9, [], tmp_path)
    with pytest.raises(TrainingError, match=r"ended with -11 \(core dumped\)"):
        raise _error_of(-11, ["core dumped", ""], tmp_path)


def test_a_process_that_nobody_waits_for_ends(monkeypatch):
    monkeypatch.setenv("HARDEX_TRAINING_FOR", "1234567")
    with pytest.raises(SystemExit):
        check_is_wanted()


def test_pixels_are_kept_in_order_and_without_those_of_the_evaluation(tmp_path):
    data = shades(10)
    others = ArrayDataset.of(data.images[:2] // 2, np.array([1, 0]), class_names=["x", "y"])
    seen = {pixel_key(data.images[3]), pixel_key(data.images[7])}
    sources = [(data, np.arange(2)), (others, np.array([1, 0]))]
    kept = keep_pixels(tmp_path / "p", sources, (4, 4, 1), seen)
    rows = [0, 1, 2, 4, 5, 6, 8, 9]
    assert kept.left_out == ("3", "7") and kept.positions.tolist() == [*rows, 0, 1]
    assert (kept.images == np.concatenate([data.images[rows], others.images])).all()
    assert kept.labels.tolist() == [*data.labels[rows], 0, 1]
    assert kept.origins.tolist() == [0] * 8 + [1] * 2
    again = open_pixels(tmp_path / "p")
    assert again.left_out == kept.left_out and (again.images == kept.images).all()
    assert set(keys_of(data, (4, 4, 1))) >= seen


def test_training_data_that_is_all_in_the_evaluation_is_refused(tmp_path):
    data = shades(10)
    seen = set(map(pixel_key, data.images))
    with pytest.raises(DatasetError, match="all 10 of arrays in memory are examples of the run"):
        keep_pixels(tmp_path / "p", [(data, np.arange(2))], (4, 4, 1), seen)


def test_a_disk_that_is_too_small_is_known_before(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 5_000}))
    with pytest.raises(RunError, match=r"\(160 bytes\).*; 5,000 are free"):
        keep_pixels(tmp_path / "p", [(shades(10), np.arange(2))], (4, 4, 1))
