"""`.npy` and `.npz` files, above all those that promise or hide more than they hold."""

import io
import os
import zipfile

import numpy as np
import pytest
import refusals
from fakes import small_images
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from hardex.classifiers.saved import read_saved, read_saved_labels
from hardex.data.npy_files import open_npz, read_npy
from hardex.data.sources import open_dataset
from hardex.predict.saved_rows import NpyRows

plain_arrays = st.sampled_from([np.uint8, np.int64, np.float32, np.bool_, "<U3", "S2"]).flatmap(
    lambda kind: arrays(kind, array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
)


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def promising(shape, descr="'|u1'", body=b"", version=1):
    """A `.npy` file whose header is written by hand."""
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}\n".encode()
    size = len(text).to_bytes(2 * version, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + size + text + body


def archive(path, members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as file:
        for name, content in members:
            file.writestr(name, content)
    return path


LABELS = ("labels.npy", npy(np.array([0, 1, 1])))
IMAGES = ("images.npy", npy(small_images(3)))


MOST_BYTES = 30_000_000  # of memory, for any refusal here


def refused(read):
    return refusals.refused(read, MOST_BYTES)


@given(array=plain_arrays)
def test_what_numpy_saves_is_read_again(tmp_path_factory, array):
    path = tmp_path_factory.mktemp("npy") / "a.npy"
    np.save(path, array)
    np.testing.assert_array_equal(read_npy(path), array, strict=True)
    np.savez_compressed(path.with_suffix(".npz"), a=array, b=array.T)
    with open_npz(path.with_suffix(".npz")) as found:
        assert found.names == ("a", "b")
        np.testing.assert_array_equal(found["a"], array, strict=True)
        np.testing.assert_array_equal(found["b"], array.T, strict=True)


HEADERS = [
    promising("(1000000000000000,)"),
    promising("(4, 1000000000000000)", "'<f8'"),
    promising(f"({2**32}, {2**32}, {2**32})"),  # 2**96, which is 0 in 64 bits
    promising(f"(1, {2**70})", "'<f4'"),
    promising("(-1, 4)", body=bytes(64)),
    promising("(-2, -2)", body=bytes(64)),
    promising("(1000000000000000,)", "'|S0'"),  # without any bytes, but with a petabyte of items
    promising("(1000000000000000,)", "'|V0'"),
    promising("(1,)", f"'<U{2**40}'"),
    promising("(3,)", "'|O'", b"\x80\x04."),
    promising("(3,)", "[('a', '|O')]", b"\x80\x04."),
    promising("(3,)", "[('a', '<f4'), ('b', '<f4')]", bytes(24)),
    promising("(3,)", "'<M8[s]'", bytes(24)),
    promising("(" * 4_000 + "1" + ",)" * 4_000),
    promising("-" * 9_000 + "1"),
    promising("__import__('os').system('true')"),
    promising("(1,)", body=b"\0", version=3),
    promising("(1,)" + " " * 100_000, body=b"\0", version=2),
    b"\x93NUMPY\2\0\xff\xff\xff\xff" + bytes(100),
    b"\x93NUMPY\1",
    b"\x80\x04\x95",  # a pickle
    b"",
]


@pytest.mark.parametrize("content", HEADERS, ids=lambda content: str(content[10:60]))
def test_a_header_is_believed_only_as_far_as_the_file_goes(tmp_path, content):
    path = tmp_path / "p.npy"
    path.write_bytes(content)
    refused(lambda: read_saved(path))
    refused(lambda: read_saved_labels(path))
    assert NpyRows.open(path) is None
    for images, labels in ((content, LABELS[1]), (IMAGES[1], content)):
        data = archive(tmp_path / "d.npz", [("images.npy", images), ("labels.npy", labels)])
        refused(lambda data=data: open_dataset(data))
    refused(lambda: read_saved(archive(tmp_path / "p.npz", [("probabilities.npy", content)])))


def test_an_array_that_packs_to_almost_nothing_is_refused(tmp_path):
    """300 MB of zeros in 300 kB."""
    path = tmp_path / "d.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(*LABELS)
        with file.open("images.npy", "w", force_zip64=True) as member:
            member.write(promising("(300, 1024, 1024)"))
            for _ in range(300):
                member.write(bytes(2**20))
    assert path.stat().st_size < 400_000
    told = refused(lambda: open_dataset(path))
    assert "would unpack" in told and "more than 100 times as many" in told
    refused(lambda: read_saved(path))


def patched(path, offset, value):
    """The archive with another number in the central directory's first entry."""
    content = bytearray(path.read_bytes())
    place = content.rfind(b"PK\1\2", 0, content.find(b"PK\1\2") + 4) + offset
    content[place : place + len(value)] = value
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("offset", "value"),
    [
        (8, b"\1\0"),  # encrypted
        (10, b"\x0c\0"),  # BZIP2
        (10, b"\x0e\0"),  # LZMA
        (10, b"\x63\0"),  # nothing known
        (24, b"\xff\xff\xff\x7f"),  # 2 GB when unpacked
        (24, b"\1\0\0\0"),
        (42, b"\xff\xff\0\0"),  # lies elsewhere
        (16, b"\0\0\0\0"),  # another checksum
    ],
    ids=str,
)
def test_an_archive_that_numpy_did_not_write_is_refused(tmp_path, offset, value):
    path = patched(archive(tmp_path / "d.npz", [IMAGES, LABELS]), offset, value)
    told = refused(lambda: open_dataset(path))
    assert "must be an .npz file of plain arrays; reading it failed (" in told


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
@pytest.mark.parametrize("again", ["images.npy", "images"])
def test_two_arrays_of_one_name_are_refused(tmp_path, again):
    path = archive(tmp_path / "d.npz", [IMAGES, LABELS, (again, npy(small_images(3) // 2))])
    assert "it holds two arrays called 'images'" in refused(lambda: open_dataset(path))


def test_names_that_lead_elsewhere_are_names_of_arrays_nobody_asks_for(tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    others = [("../evil.npy", npy(np.zeros(3))), ("/evil.npy", b"no array")]
    path = archive(inner / "d.npz", [IMAGES, LABELS, *others])
    assert len(open_dataset(path)) == 3
    only = archive(inner / "e.npz", others)
    assert "must hold the arrays images and labels" in refused(lambda: open_dataset(only))
    assert [file.name for file in tmp_path.rglob("*") if "evil" in file.name] == []


def test_a_thousand_and_one_arrays_are_refused(tmp_path):
    members = [(f"{i}.npy", b"") for i in range(1_000)]
    path = archive(tmp_path / "d.npz", [IMAGES, *members])
    assert "it holds 1,001 arrays, and 1,000 is the most" in refused(lambda: open_dataset(path))


@pytest.mark.parametrize("names", [np.array("ab"), np.zeros((2, 2)), np.zeros(100_001, np.uint8)])
def test_class_names_must_be_one_for_each_class(tmp_path, names):
    path = archive(tmp_path / "d.npz", [IMAGES, LABELS, ("class_names.npy", npy(names))])
    assert "and not one name per class" in refused(lambda: open_dataset(path))


@pytest.mark.parametrize("name", ["d.npz", "p.npy", "p.csv", "t.csv", "t.jsonl"])
def test_a_pipe_is_refused_without_waiting(tmp_path, name):
    os.mkfifo(tmp_path / name)
    if name[0] != "p":
        refused(lambda: open_dataset(tmp_path / name))
    if name[0] != "t":
        refused(lambda: read_saved(tmp_path / name))
