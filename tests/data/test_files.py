import threading
import time

import numpy as np
import pytest
from fakes import small_images, write_folders
from PIL import Image as Pillow

from hardex.data.folders import open_folders
from hardex.images import read_image, resize, write_png


def read_all(data, *, size=3, shape=None, keep=None):
    return list(data.batches(size, shape, keep))


def ids_of(batches):
    return [id for batch in batches for id in batch.ids]


def bright(image):
    return image.mean() > 127


@pytest.fixture(scope="module", params=[1, 64], ids=["small", "large"])
def folder(request, tmp_path_factory):
    """160 files of several sizes, two of which are no images; large ones are read by threads."""
    root = tmp_path_factory.mktemp("files")
    for place in range(160):
        (root / str(place % 3)).mkdir(exist_ok=True)
        image = small_images(1, size=4 + place % 3, channels=1 + 2 * (place % 2), seed=place)[0]
        larger = image.repeat(request.param, axis=0).repeat(request.param, axis=1)
        write_png(larger, root / str(place % 3) / f"{place}.png")
    (root / "0" / "9.png").write_text("no image")
    (root / "1" / "31.png").write_bytes(b"")
    return root


@pytest.fixture
def many(folder):
    return open_folders(folder)


def one_by_one(data, shape, keep):
    """The naive way: read each file, ask, resize."""
    for position, file in enumerate(data.files):
        if file in ("0/9.png", "1/31.png"):
            continue
        image = read_image(data.root / file)
        if keep is None or keep(image):
            shape = shape or image.shape
            yield position, resize(image, shape)


@pytest.mark.parametrize("keep", [None, bright, lambda image: image.shape[2] == 1])
@pytest.mark.parametrize("shape", [None, (4, 4, 1)])
@pytest.mark.parametrize("size", [1, 7, 100])
def test_many_threads_give_what_one_would_in_its_order(many, size, shape, keep):
    expected = list(one_by_one(many, shape, keep))
    batches = read_all(many, size=size, shape=shape, keep=keep)
    assert [len(batch.ids) for batch in batches[:-1]] == [size] * (len(batches) - 1)
    positions = [int(position) for batch in batches for position in batch.positions]
    assert positions == [position for position, _ in expected]
    for image, (_, wanted) in zip(
        (image for batch in batches for image in batch.images), expected, strict=True
    ):
        np.testing.assert_array_equal(image, wanted)
    for batch in batches:
        assert batch.ids == tuple(map(many.id, batch.positions))
        np.testing.assert_array_equal(batch.labels, many.labels[batch.positions])


def test_what_is_not_kept_is_not_skipped_but_left_out(many):
    read_all(many, keep=lambda image: False)
    assert [skipped.id for skipped in many.skipped()] == ["0/9.png", "1/31.png"]


def test_the_rule_sees_native_pixels(many):
    seen = []
    read_all(many, shape=(2, 2, 3), keep=lambda image: seen.append(image.shape) or True)
    assert set(seen) == {
        read_image(many.root / f).shape for f in many.files if f != "0/9.png" and f != "1/31.png"
    }


def test_only_a_few_images_are_read_ahead(tmp_path):
    """A reader who pauses at the first batch finds that the threads have paused, too."""
    write_png(np.zeros((256, 256, 1), np.uint8), write_folders(tmp_path, ["a/0.png"]) / "a/0.png")
    for place in range(1, 400):
        (tmp_path / f"a/{place}.png").write_bytes((tmp_path / "a/0.png").read_bytes())
    seen, before = [], -1
    stream = open_folders(tmp_path).batches(2, (2, 2, 1), lambda image: seen.append(0) or True)
    next(stream)
    while len(seen) > before:  # until they pause; a slow machine can only make it pass
        before = len(seen)
        time.sleep(0.3)
    assert len(seen) <= 170
    stream.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("hardex-decode")]


def test_an_error_of_the_rule_reaches_the_reader(many):
    def fails(image):
        raise KeyError("rule")

    with pytest.raises(KeyError, match="rule"):
        read_all(many, keep=fails)


def test_a_picture_of_one_pixel_is_an_image(tmp_path):
    data = open_folders(write_folders(tmp_path, ["a/1.png"], size=1))
    (batch,) = read_all(data)
    assert batch.images.shape == (1, 1, 1, 1)


def test_a_decompression_bomb_is_skipped_and_never_unpacked(tmp_path):
    write_folders(tmp_path, ["a/1.png", "a/3.png"])
    Pillow.new("1", (20_000, 20_000)).save(tmp_path / "a" / "2.png")
    data = open_folders(tmp_path)
    assert ids_of(read_all(data)) == ["a/1.png", "a/3.png"]
    (skipped,) = data.skipped()
    assert (skipped.id, "89,478,485 pixels" in skipped.reason) == ("a/2.png", True)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".gif", ".webp", ".tif"])
def test_cut_off_zeroed_and_empty_files_of_every_kind_are_skipped(tmp_path, suffix):
    image = small_images(1, size=64, channels=3)[0]
    (tmp_path / "a").mkdir()
    Pillow.fromarray(image).save(tmp_path / f"a/whole{suffix}")
    content = (tmp_path / f"a/whole{suffix}").read_bytes()
    (tmp_path / f"a/cut{suffix}").write_bytes(content[: len(content) // 2])
    (tmp_path / f"a/zeroed{suffix}").write_bytes(bytes(len(content)))
    (tmp_path / f"a/empty{suffix}").write_bytes(b"")
    data = open_folders(tmp_path)
    assert ids_of(read_all(data)) == [f"a/whole{suffix}"]
    assert [s.id for s in data.skipped()] == [f"a/{n}{suffix}" for n in ("cut", "empty", "zeroed")]


def test_a_pipe_among_the_images_is_skipped_and_never_waited_for(tmp_path):
    import os

    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    os.mkfifo(write_folders(tmp_path, ["a/1.png"]) / "a" / "2.png")
    data = open_folders(tmp_path)
    assert ids_of(read_all(data)) == ["a/1.png"]
    assert "it is not a plain file" in data.skipped()[0].reason
