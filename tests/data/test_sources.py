import gzip
import os

import numpy as np
import pytest
from fakes import small_images, write_folders

from hardex.data.manifests import Reading
from hardex.data.mnist import load_mnist
from hardex.data.sources import open_dataset
from hardex.errors import DatasetError

LABELS = np.array([0, 1, 1])


def idx_of(array):
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return header + array.astype(np.uint8).tobytes()


@pytest.mark.parametrize("part", ["test", "train"])
def test_the_shipped_digits_open_by_name(part):
    data = open_dataset(f"mnist:{part}")
    images, labels = load_mnist(part)
    np.testing.assert_array_equal(data.images, images)
    np.testing.assert_array_equal(data.labels, labels)
    assert data.class_names == tuple("0123456789")
    assert (data.source, data.image_shape, data.fits) == (f"mnist:{part}", (28, 28, 1), False)


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_a_folder_opens_by_its_path(tmp_path, kind):
    data = open_dataset(kind(write_folders(tmp_path, ["a/1.png", "b/1.png"])))
    assert (data.source, data.class_names, data.fits) == (str(tmp_path), ("a", "b"), True)


@pytest.mark.parametrize("names", [("images", "labels"), ("x", "y"), ("X", "y"), ("X", "Y")])
@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_npz_file_opens_under_both_pairs_of_names(tmp_path, names, save):
    path = tmp_path / "data.npz"
    save(path, **dict(zip(names, (small_images(3, channels=3), LABELS), strict=True)))
    data = open_dataset(path, class_names=["no", "yes"], resize=True)
    np.testing.assert_array_equal(data.images, small_images(3, channels=3))
    assert (data.class_names, data.fits, data.source) == (("no", "yes"), True, str(path))


@pytest.mark.parametrize(("ending", "pack"), [("", bytes), (".gz", gzip.compress)])
def test_an_idx_file_opens_with_the_labels_beside_it(tmp_path, ending, pack):
    images = small_images(3)[..., 0]
    path = tmp_path / f"my-images-idx3-ubyte{ending}"
    path.write_bytes(pack(idx_of(images)))
    (tmp_path / f"my-labels-idx1-ubyte{ending}").write_bytes(pack(idx_of(LABELS)))
    data = open_dataset(path)
    np.testing.assert_array_equal(data.images[..., 0], images)
    np.testing.assert_array_equal(data.labels, LABELS)


def npz(path, **arrays):
    np.savez(path, **arrays)


def one_array_under_a_wrong_name(path):
    with path.open("wb") as file:
        np.save(file, small_images(3))


def pickled_objects(path):
    np.savez(path, images=np.array([{}, {}]), labels=LABELS)


def damaged_pixels(path):
    np.savez(path, images=small_images(300), labels=np.zeros(300, int))
    content = bytearray(path.read_bytes())
    content[1000:1100] = bytes(100)
    path.write_bytes(content)


def damaged_packing(path):
    np.savez_compressed(path, images=small_images(300) // 64, labels=np.zeros(300, int))
    content = bytearray(path.read_bytes())
    content[500:600] = b"\xff" * 100
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: path.write_text("no arrays"), r"an \.npz file of plain arrays; .* failed \("),
        (lambda path: path.write_bytes(b""), r"must be an \.npz file of plain arrays; reading it"),
        (
            lambda path: path.write_bytes(b"PK\3\4 cut off"),
            r"must be an \.npz file of plain arrays",
        ),
        (one_array_under_a_wrong_name, r"reading it failed \(it holds one array without a name\)"),
        (
            pickled_objects,
            r"reading it failed \(it holds Python objects.*; save it again with numpy.savez",
        ),
        (damaged_packing, r"reading it failed \(Error -3 while decompressing data: .*; save"),
        (damaged_pixels, r"must be an \.npz file of plain arrays; reading it failed \("),
        (lambda path: npz(path, a=LABELS, images=LABELS), r"or x and y; it holds a, images; save"),
        (lambda path: npz(path), r"the arrays images and labels, or x and y; it holds nothing; s"),
        (lambda path: npz(path, x=small_images(3), y=LABELS[:2]), r"has 3 images and 2 labels"),
        (lambda path: npz(path, x=small_images(3) * 2.0, y=LABELS), r"dtype uint8; .* float64; pa"),
    ],
)
def test_an_npz_file_that_holds_no_labelled_images_is_refused(tmp_path, write, message):
    write(tmp_path / "data.npz")
    with pytest.raises(DatasetError, match=message):
        open_dataset(tmp_path / "data.npz")


def test_an_idx_file_without_labels_is_refused_with_the_name_it_looks_for(tmp_path):
    path = tmp_path / "my-images-idx3-ubyte.gz"
    path.write_bytes(idx_of(small_images(3)[..., 0]))
    with pytest.raises(DatasetError, match=r"must lie beside it as my-labels-idx1-ubyte\.gz; ther"):
        open_dataset(path)


@pytest.mark.parametrize("name", ["nowhere", "x" * 300, os.devnull + "/file", "mnist", ""])
def test_nothing_there_is_said_with_all_that_may_be_there(tmp_path, name):
    where = tmp_path / name if name else tmp_path / "empty" / ".."
    with pytest.raises(
        DatasetError, match=r"data must be a folder .* mnist:train; there is nothin"
    ):
        open_dataset(where)


def test_another_kind_of_file_is_refused(tmp_path):
    (tmp_path / "data.txt").write_text("7")
    with pytest.raises(DatasetError, match=r"data must be .*data\.txt is none of them; convert it"):
        open_dataset(tmp_path / "data.txt")


def test_a_part_of_mnist_that_is_not_there_is_refused():
    with pytest.raises(
        DatasetError, match=r"the parts train and test; received 'dev'; pass one of"
    ):
        open_dataset("mnist:dev")


SPLITS = {"train": small_images(4), "val": small_images(5), "test": small_images(3)}


@pytest.mark.parametrize("form", ["{split}_{name}", "{name}_{split}"])
@pytest.mark.parametrize("names", [("images", "labels"), ("x", "y"), ("X", "y"), ("X", "Y")])
def test_a_split_of_an_npz_file_opens_by_its_name(tmp_path, form, names):
    arrays = {}
    for split, images in SPLITS.items():
        arrays[form.format(split=split, name=names[0])] = images
        arrays[form.format(split=split, name=names[1])] = np.zeros((len(images), 1), np.uint8)
    npz(tmp_path / "data.npz", **arrays)
    for split, images in SPLITS.items():
        data = open_dataset(tmp_path / "data.npz", reading=Reading(split=split))
        np.testing.assert_array_equal(data.images, images)
    for reading in (Reading(), Reading(split="dev")):
        with pytest.raises(
            DatasetError, match=r"holds the splits train, val, test; received .*; nam"
        ):
            open_dataset(tmp_path / "data.npz", reading=reading)


def test_class_names_in_an_npz_file_are_those_of_its_labels(tmp_path):
    npz(tmp_path / "data.npz", images=small_images(3), labels=LABELS, class_names=["ok", "ill"])
    assert open_dataset(tmp_path / "data.npz").class_names == ("ok", "ill")
    assert open_dataset(tmp_path / "data.npz", class_names=["b", "a"]).class_names == ("b", "a")


def test_labels_of_an_npz_file_may_be_texts(tmp_path):
    npz(tmp_path / "data.npz", images=small_images(3), labels=["class 10", "class 2", "class 10"])
    data = open_dataset(tmp_path / "data.npz")
    assert (data.class_names, data.labels.tolist()) == (("class 2", "class 10"), [1, 0, 1])


@pytest.mark.parametrize(
    ("name", "reading", "message"),
    [
        (
            "mnist:test",
            Reading(split="train"),
            r"--split belongs to an \.npz file, .*; received 't",
        ),
        ("data.npz", Reading(file_column="x"), r"--file-column and --label-column belong to a tab"),
        ("data.csv", Reading(split="test"), r"--split belongs to"),
        (
            "folder",
            Reading(split="test"),
            r"--split must name a folder in .*; there is none called",
        ),
        (
            "keras:imdb",
            Reading(),
            r"keras:cifar100 with --split train or test; received keras:imdb",
        ),
    ],
)
def test_an_option_that_would_be_passed_over_is_refused(tmp_path, name, reading, message):
    npz(tmp_path / "data.npz", images=small_images(3), labels=LABELS)
    (tmp_path / "data.csv").write_text("file,label\n1.png,a\n")
    (tmp_path / "folder").mkdir()
    with pytest.raises(DatasetError, match=message):
        open_dataset(name if ":" in name else tmp_path / name, reading=reading)
