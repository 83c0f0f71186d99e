import gzip
import io
import math
import os
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from hardex.data import idx
from hardex.data.idx import read_idx
from hardex.errors import DatasetError

bytes_of_1_to_4_dimensions = arrays(np.uint8, array_shapes(max_dims=4, max_side=5))
THREE_LABELS = bytes([0, 0, 8, 1]) + bytes([0, 0, 0, 3]) + bytes([7, 2, 1])


def idx_of(array):
    """The other direction: an array as an IDX file."""
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return header + array.tobytes()


def written(folder, content):
    path = folder / "file"
    path.write_bytes(content)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("idx")


def test_a_file_written_by_hand_is_read(folder):
    two_images = bytes([0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3]) + bytes([1, 2, 3, 4, 5, 6])
    images = read_idx(written(folder, two_images))
    np.testing.assert_array_equal(images, [[[1, 2, 3]], [[4, 5, 6]]])


def test_a_dimension_above_255_is_read_highest_byte_first(folder):
    many = bytes([0, 0, 8, 1, 0, 0, 1, 2]) + bytes(258)
    assert read_idx(written(folder, many)).shape == (258,)


@given(array=bytes_of_1_to_4_dimensions, pack=st.sampled_from([bytes, gzip.compress]))
def test_what_was_written_is_read_back(folder, array, pack):
    back = read_idx(written(folder, pack(idx_of(array))))
    assert back.dtype == np.uint8
    np.testing.assert_array_equal(back, array, strict=True)


@given(
    array=bytes_of_1_to_4_dimensions, pack=st.sampled_from([bytes, gzip.compress]), data=st.data()
)
def test_a_file_cut_short_anywhere_is_refused(folder, array, pack, data):
    content = pack(idx_of(array))
    path = written(folder, content[: data.draw(st.integers(0, len(content) - 1))])
    with pytest.raises(DatasetError):
        read_idx(path)


@given(content=st.binary(max_size=40), opening=st.sampled_from([b"", b"\0\0\x08", b"\x1f\x8b\x08"]))
def test_any_bytes_are_read_whole_or_refused_in_one_sentence(folder, content, opening):
    try:
        array = read_idx(written(folder, opening + content))
    except DatasetError as error:
        assert str(error).endswith(".") and ". " not in str(error)
    else:
        assert array.size == len(opening + content) - 4 - 4 * array.ndim > 0


def test_the_array_is_the_callers_to_write_to(folder):
    labels = read_idx(written(folder, THREE_LABELS))
    labels[0] = 9
    assert labels.tolist() == [9, 2, 1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"must begin with 00 00 08 .* begins with nothing; pass an IDX file"),
        (b"\x89PNG\r\n", r"must begin with 00 00 08 .* begins with 89 50 4e 47; pass an IDX file"),
        (b"\0\0\x0d\x01" + bytes(8), r"IDX file of unsigned bytes .* begins with 00 00 0d 01"),
        (b"\0\0\x08\x00", r"01, 02, 03 or 04 for its dimensions; .* begins with 00 00 08 00"),
        (b"\0\0\x08\x05" + bytes(40), r"begins with 00 00 08 05"),
        (THREE_LABELS[:6], r"must name 1 dimensions in 4 bytes; received 2 bytes; fetch"),
        (THREE_LABELS[:10], r"must hold 3 numbers behind a header of shape \(3,\); received 2"),
        (THREE_LABELS + b"\0", r"must hold 3 numbers .* received 4; fetch the file again\."),
        (b"\0\0\x08\x02" + bytes(4) + b"\xff" * 4, r"one number or more; .* shape \(0, 4294967295"),
        (
            gzip.compress(THREE_LABELS, mtime=0)[:-9],
            r"must be a whole gzip file; unpacking it stopped",
        ),
        (
            gzip.compress(THREE_LABELS, mtime=0)[:-8] + bytes(8),
            r"unpacking it stopped \(Error -3 .*incorrect data check",
        ),
        (b"\x1f\x8b\x08" + bytes(7) + b"\xff" * 9, r"unpacking it stopped \(Error -3 while dec"),
    ],
)
def test_a_wrong_file_is_refused_with_what_it_is(folder, content, message):
    with pytest.raises(DatasetError, match=message):
        read_idx(written(folder, content))


def test_a_missing_file_is_named(folder):
    with pytest.raises(DatasetError, match=r"at .*nowhere.gz; it cannot be read \(No such file"):
        read_idx(folder / "nowhere.gz")


def test_a_header_alone_takes_no_memory(folder):
    # 16 bytes that promise 4 GiB.
    huge = bytes([0, 0, 8, 3]) + bytes([0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0])
    promised = math.prod((65536, 256, 256))
    with pytest.raises(DatasetError, match=f"must hold {promised} numbers"):
        read_idx(written(folder, huge))


# ------------------------------------------------------------------ files made to do harm


def header(*shape):
    return bytes([0, 0, 8, len(shape)]) + np.array(shape, ">u4").tobytes()


def peak_of(read):
    """(what was raised, the most bytes that Python held meanwhile)."""
    tracemalloc.start()
    try:
        with pytest.raises(DatasetError) as caught:
            read()
        return str(caught.value), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def packed_zeros(count):
    """So many zeros as a gzip file, made a piece at a time."""
    file = io.BytesIO()
    with gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed:
        for _ in range(count // 2**20):
            packed.write(bytes(2**20))
    return file.getvalue()


def test_a_bomb_is_refused_by_its_header_alone(folder):
    bomb = gzip.compress(header(300, 1024, 1024), mtime=0) + packed_zeros(300 * 2**20)
    assert len(bomb) < 400_000
    told, peak = peak_of(lambda: read_idx(written(folder, bomb)))
    assert "would unpack" in told and "more than 100 times as many" in told
    assert told.endswith(".") and peak < 5_000_000


def test_what_lies_behind_the_promised_numbers_is_not_unpacked(folder):
    bomb = gzip.compress(header(3) + b"\7\2\1", mtime=0) + packed_zeros(300 * 2**20)
    told, peak = peak_of(lambda: read_idx(written(folder, bomb)))
    assert "must hold 3 numbers" in told and "received more" in told and peak < 5_000_000


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_promise_that_no_memory_can_hold_is_refused(folder, pack):
    told, peak = peak_of(lambda: read_idx(written(folder, pack(header(*4 * [2**32 - 1])))))
    assert told.endswith(".") and peak < 1_000_000


def test_a_sparse_file_is_no_excuse(folder):
    """A file may have a terabyte of nothing on a small disk; no memory holds it."""
    path = written(folder, header(2**20, 2**12, 2**8))
    try:
        os.truncate(path, path.stat().st_size + 2**40)
    except OSError:
        pytest.skip("this disk has no sparse files of this size")
    told, peak = peak_of(lambda: read_idx(path))
    path.unlink()
    assert "is the most" in told and peak < 1_000_000


@given(array=bytes_of_1_to_4_dimensions, data=st.data())
def test_a_file_of_several_members_and_zeros_is_read(folder, array, data):
    content = idx_of(array)
    cut = data.draw(st.integers(0, len(content)))
    parts = [content[:cut], b"", content[cut:]]
    packed = b"".join(map(gzip.compress, parts)) + bytes(data.draw(st.integers(0, 9)))
    np.testing.assert_array_equal(read_idx(written(folder, packed)), array)


def test_endless_empty_members_are_refused(folder, monkeypatch):
    monkeypatch.setattr(idx, "_MEMBERS_MOST", 1_000)
    with pytest.raises(DatasetError, match="more than 1,000 gzip members"):
        read_idx(written(folder, gzip.compress(b"") * 1_001))


def test_a_pipe_is_refused_without_waiting(folder):
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(DatasetError, match=r"cannot be read \(it is not a plain file\)"):
        read_idx(pipe)
