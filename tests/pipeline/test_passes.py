import pickle
import subprocess
import sys
from dataclasses import fields, is_dataclass
from pathlib import Path

import fakes
import numpy as np
import pytest
from fakes import checksum_of, small_dataset, small_images, write_folders
from hypothesis import given, settings
from hypothesis import strategies as st

from hardex.data.dataset import Skipped
from hardex.data.folders import open_folders
from hardex.pipeline.make import RunOptions, make_run
from hardex.pipeline.pass_state import PassState
from hardex.pipeline.passes import join_parts, run_part, run_pass
from hardex.pipeline.prediction_source import source_from_model, source_from_saved, under_seal
from hardex.predict.predictions import Predictions
from hardex.ranking.lists import scores_of
from hardex.ranking.order import DIVERSITIES, Rule
from hardex.ranking.scored import ScoredPredictions
from hardex.ranking.scores import ADJUSTED
from hardex.runs.seal import Seal

COUNT = 40
FIRST = [name for name in DIVERSITIES if name != "cause"]  # of a first ranking
META = {"light": np.array([("day", "night", "")[i % 3] for i in range(COUNT)], object)}


def plain(value):
    """Everything in a value, down to the bytes of its arrays."""
    if isinstance(value, np.ndarray):
        return str(value.dtype), value.shape, value.tobytes()
    if is_dataclass(value):
        return [plain(getattr(value, field.name)) for field in fields(value)]
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    return value


def some_predictions(seed, levels):
    """Rows with ties, exact zeros and ones."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, levels + 1, (COUNT, 3)).astype(np.float32)
    rows[rows.sum(axis=1) == 0, 0] = 1
    return rows / rows.sum(axis=1, keepdims=True), rng.integers(0, 3, COUNT)


def batch_of(rule, rows, labels, positions):
    where = np.array(positions, np.int64)
    seen = Predictions(where, tuple(map(str, positions)), labels[where], rows[where])
    return ScoredPredictions.of(seen, scores_of(rule))


@pytest.mark.parametrize("diversity", FIRST)
@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    levels=st.sampled_from([1, 3, 10**6]),
    pool=st.integers(1, 9),
    data=st.data(),
)
def test_batches_parts_pickling_and_order_of_merging_never_change_the_result(
    diversity, seed, levels, pool, data
):
    rule = Rule(diversity=diversity, pool=pool, per_class=data.draw(st.integers(1, 9)))
    rows, labels = some_predictions(seed, levels)
    empty = PassState.empty(rule, 3, META)
    whole = empty.update(batch_of(rule, rows, labels, range(COUNT)))
    expected = plain(whole.with_skipped([Skipped("b", "cut"), Skipped("a", "")]).result())

    cuts = sorted(data.draw(st.sets(st.integers(0, COUNT), max_size=6)))
    ranges = [range(a, b) for a, b in zip([0, *cuts], [*cuts, COUNT], strict=True)]
    workers = [empty, empty.with_skipped([Skipped("a", "")]), empty]
    for positions in data.draw(st.permutations(ranges)):
        worker = data.draw(st.integers(0, 2))
        workers[worker] = workers[worker].update(batch_of(rule, rows, labels, positions))
    workers[0] = workers[0].with_skipped([Skipped("b", "cut"), Skipped("a", "")])
    first, second, third = data.draw(st.permutations(workers))
    if data.draw(st.booleans()):
        second = pickle.loads(pickle.dumps(second))
    merged = data.draw(
        st.sampled_from([first.merge(second).merge(third), first.merge(second.merge(third))])
    )
    assert plain(pickle.loads(pickle.dumps(merged)).result()) == expected


def test_nothing_merges_as_nothing():
    rule = Rule()
    empty = PassState.empty(rule, 3, META)
    some = empty.update(batch_of(rule, *some_predictions(0, 3), range(COUNT)))
    assert plain(some.merge(empty).result()) == plain(empty.merge(some).result())
    assert plain(some.merge(empty).result()) == plain(some.result())


def files_of(folder):
    """The content of every file of a run but its manifest, which says when it was made."""
    files = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}
    return {str(name): path.read_bytes() for name, path in files.items() if path.suffix != ".json"}


def in_parts(folder, ranges):
    """A pass in parts, done one after the other and joined in another order."""

    def do_pass(table, source, rule, progress):
        folder.mkdir()
        parts = [
            run_part(folder / f"{number}.parquet", source, rule, positions, progress)
            for number, positions in enumerate(ranges)
        ]
        return join_parts(parts[::-1], table, class_count=len(source.class_names))

    return do_pass


@pytest.mark.parametrize("wrong", ["loss", ADJUSTED])
@pytest.mark.parametrize("cut", [0, 7, 30, 40])
def test_a_run_made_in_parts_is_the_run_of_one_pass(tmp_path, wrong, cut):
    rows, labels = checksum_of(3)(small_images(40)), small_dataset(40).labels
    rule, options = Rule(wrong=wrong), RunOptions()
    for name, do_pass in (
        ("whole", run_pass),
        ("parts", in_parts(tmp_path / "tables", [range(cut), range(cut, 40)])),
    ):
        source = source_from_saved(rows, labels, small_dataset(40), class_names=None)
        make_run(tmp_path / name, source, rule, options, do_pass=do_pass)
    assert files_of(tmp_path / "parts") == files_of(tmp_path / "whole")
    metrics = [tmp_path / name / "results" / "metrics.json" for name in ("whole", "parts")]
    assert metrics[0].read_bytes() == metrics[1].read_bytes()


def test_unreadable_and_sealed_files_are_the_same_in_parts(tmp_path):
    write_folders(tmp_path / "data", [f"{i % 3}/{i}.png" for i in range(30)])
    broken = sorted((tmp_path / "data").rglob("*.png"))[4]
    broken.write_bytes(b"no picture")
    manifests = []
    for name, do_pass in (
        ("whole", run_pass),
        ("parts", in_parts(tmp_path / "tables", [range(8), range(8, 16), range(16, 30)])),
    ):
        data = open_folders(tmp_path / "data")
        source = source_from_model(checksum_of(3), data, preprocess=None, batch_size=4)
        options = RunOptions(seal=0.5)
        made = make_run(tmp_path / name, source, Rule(), options, do_pass=do_pass)
        manifests.append(made.manifest.counts)
    assert files_of(tmp_path / "parts") == files_of(tmp_path / "whole")
    assert manifests[0] == manifests[1] and manifests[0]["skipped"] == 1


def test_a_range_of_a_sealed_source_gives_its_open_examples_alone():
    data = small_dataset(40)
    rows = checksum_of(3)(small_images(40))
    sealed = under_seal(
        source_from_saved(rows, data.labels, data, class_names=None), Seal(0.5, "00")
    )
    every = np.concatenate([batch.positions for batch in sealed.predictions()])
    some = [batch.positions for batch in sealed.predictions(range(10, 25))]
    inside = every[(every >= 10) & (every < 25)]
    np.testing.assert_array_equal(np.concatenate(some), inside)
    assert 0 < len(inside) < 15


@pytest.mark.parametrize("ranges", [[range(10), range(11, 40)], [range(20), range(10, 40)]])
def test_parts_that_leave_a_gap_or_overlap_are_refused(tmp_path, ranges):
    source = source_from_saved(
        checksum_of(3)(small_images(40)), small_dataset(40).labels, None, class_names=None
    )
    with pytest.raises(ValueError, match="cover all positions once"):
        make_run(
            tmp_path / "run",
            source,
            Rule(),
            RunOptions(),
            do_pass=in_parts(tmp_path / "tables", ranges),
        )
    assert not (tmp_path / "run").exists()


WORKER = """
import pickle, sys
from pathlib import Path
from hardex.data.sources import open_dataset
from hardex.pipeline.passes import run_part
from hardex.pipeline.prediction_source import source_from_model
from hardex.ranking.order import Rule

data, start, stop, table = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4])
source = source_from_model("fakes:brightness", open_dataset(data), preprocess=None, batch_size=5)
part = run_part(table, source, Rule(), range(start, stop))
table.with_suffix(".pickle").write_bytes(pickle.dumps(part))
"""


def test_two_processes_share_a_pass_and_make_the_run_of_one(tmp_path):
    data = tmp_path / "data"
    write_folders(data, [f"{'ab'[i % 2]}/{i}.png" for i in range(30)])

    def by_workers(table, source, rule, progress):
        tables = [tmp_path / "second.parquet", tmp_path / "first.parquet"]
        workers = [
            subprocess.Popen(
                [sys.executable, "-c", WORKER, data, str(start), str(start + 15), path],
                cwd=Path(fakes.__file__).parent,
            )
            for start, path in zip((15, 0), tables, strict=True)
        ]
        assert [worker.wait(timeout=120) for worker in workers] == [0, 0]
        parts = [pickle.loads(path.with_suffix(".pickle").read_bytes()) for path in tables]
        return join_parts(parts, table, class_count=len(source.class_names))

    for name, do_pass in (("whole", run_pass), ("shared", by_workers)):
        source = source_from_model(
            fakes.brightness, open_folders(data), preprocess=None, batch_size=5
        )
        make_run(tmp_path / name, source, Rule(), RunOptions(), do_pass=do_pass)
    assert files_of(tmp_path / "shared") == files_of(tmp_path / "whole")
    metrics = [tmp_path / name / "results" / "metrics.json" for name in ("whole", "shared")]
    assert metrics[0].read_bytes() == metrics[1].read_bytes()
