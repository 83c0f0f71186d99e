"""More images like hard examples, from a pool without labels."""

import numpy as np
import pytest
from fakes import checksum_of, small_dataset, small_images

import hardex
from hardex.data.sources import open_dataset
from hardex.errors import RunError
from hardex.images import write_png
from hardex.remedies.pool import POOL


@pytest.fixture
def run(tmp_path):
    data = small_dataset(40)
    np.savez(
        tmp_path / "e.npz", images=data.images, labels=data.labels, class_names=["0", "1", "2"]
    )
    return hardex.rank("pool_model:rows", tmp_path / "e.npz", out=tmp_path / "run")


@pytest.fixture(autouse=True)
def model(monkeypatch):
    import sys
    from types import SimpleNamespace

    monkeypatch.setitem(sys.modules, "pool_model", SimpleNamespace(rows=checksum_of(3)))


def pool_of(folder, run, ids):
    """Noise, a copy of each of these examples, and each of them a little brighter."""
    folder.mkdir()
    for number, image in enumerate(small_images(20, seed=99)):
        write_png(image, folder / f"noise{number}.png")
    for id in ids:
        image = run.image(id)
        write_png(image, folder / f"copy{id}.png")
        write_png(np.minimum(image, 250) + 3, folder / f"like{id}.png")
    return folder


def test_what_is_like_an_example_is_found_and_copies_of_it_are_not(tmp_path, run):
    ids = list(run.hard["id"][run.hard["list"] == "wrong"])[:3]
    pool = pool_of(tmp_path / "pool", run, ids)
    search = hardex.more_like(
        run, str(pool), out=tmp_path / "found", ids=ids, count=2, trust_model=True
    )
    nearest = {one.id: one for one in search.found[:3]}
    assert set(nearest) == {f"like{id}.png" for id in ids}
    for id in ids:
        assert nearest[f"like{id}.png"].like == id
        assert nearest[f"like{id}.png"].guess == run.given_label(id)
    assert not any(one.id.startswith("copy") for one in search.found)
    assert sum(search.missing.values()) == 3
    data = open_dataset(tmp_path / "found" / "data", class_names=["0", "1", "2"])
    assert len(data) == len(search.found)
    for one in search.found:
        place = [data.id(i) for i in range(len(data))].index(one.file)
        assert data.class_names[data.labels[place]] == one.guess


def test_what_cannot_be_looked_for_is_said(tmp_path, run):
    with pytest.raises(RunError, match="choose another --out"):
        (tmp_path / "found").mkdir()
        hardex.more_like(run, "pool", out=tmp_path / "found", force=True)
    (id,) = list(run.hard["id"][run.hard["list"] == "wrong"])[:1]
    (tmp_path / "pool").mkdir()
    write_png(run.image(id), tmp_path / "pool" / "a.png")
    with pytest.raises(RunError, match="holds only copies"):
        hardex.more_like(
            run, str(tmp_path / "pool"), out=tmp_path / "new", ids=[id], trust_model=True
        )
    assert not (tmp_path / "new").exists()
    with pytest.raises(RunError, match="none has the id 'x'"):
        hardex.more_like(
            run, str(tmp_path / "pool"), out=tmp_path / "new", ids=["x"], trust_model=True
        )


def test_it_is_typed(tmp_path, run, hardex):
    pool_of(tmp_path / "pool", run, ["3"])
    answer = hardex("fix run --pool pool --like 3 --count 1 --out found --trust-model")
    assert answer.code == 0, answer.err
    assert "Looked for more like 1 of " in answer.out and "images of the pool" in answer.out
    assert "hardex rank MODEL found/data --out RUN2" in answer.out
    assert (tmp_path / "found" / POOL).exists()
    assert hardex("fix run --train t --out f --like 3").code == 2
