import csv

import numpy as np
import pytest
from fakes import small_images

import hardex
from hardex.data.manifests import Reading
from hardex.data.sources import open_dataset
from hardex.errors import DatasetError

LABELS = [3, 0, 1]


def pixel_table(path, *, images=None, header="pixel{}", labels=LABELS, label="label"):
    images = small_images(3, size=28) if images is None else images
    flat = images.reshape(len(images), -1).tolist()
    names = [header.format(i) for i in range(len(flat[0]))] if header else []
    if labels is not None:
        flat = [[y, *row] for y, row in zip(labels, flat, strict=True)]
        names = [label, *names]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([names, *flat] if header else flat)
    return path


@pytest.mark.parametrize("header", ["pixel{}", "pixel_{}", "p{}", ""])
@pytest.mark.parametrize(("size", "channels"), [(28, 1), (8, 3)])
def test_a_table_of_pixels_holds_square_images(tmp_path, header, size, channels):
    images = small_images(3, size=size, channels=channels)
    data = open_dataset(pixel_table(tmp_path / "a.csv", images=images, header=header))
    np.testing.assert_array_equal(data.images, images)
    assert (data.labels.tolist(), data.class_names) == (LABELS, ("0", "1", "2", "3"))


def test_the_names_of_rows_and_columns_are_names_of_pixels(tmp_path):
    names = ",".join(f"{i}x{j}" for i in range(1, 5) for j in range(1, 5))
    (tmp_path / "a.csv").write_text(f"label,{names}\n7{',9' * 16}\n")
    data = open_dataset(tmp_path / "a.csv")
    assert (data.image_shape, data.labels.tolist()) == ((4, 4, 1), [7])


def test_labels_may_be_texts_and_their_column_another(tmp_path):
    path = pixel_table(tmp_path / "a.csv", labels=["b", "a", "b"], label="sign")
    assert open_dataset(path).labels.tolist() == [1, 0, 1]
    named = open_dataset(path, class_names=["b", "a"], reading=Reading(label_column="sign"))
    assert named.labels.tolist() == [0, 1, 0]


@pytest.mark.parametrize("header", ["pixel{}", ""])
def test_without_labels_it_is_refused_in_one_short_sentence(tmp_path, header):
    path = pixel_table(tmp_path / "a.csv", labels=None, header=header)
    with pytest.raises(
        DatasetError, match=r"one label beside its 784 pixels; .* no other"
    ) as refused:
        open_dataset(path)
    assert len(str(refused.value)) < 300 + len(str(path))


@pytest.mark.parametrize("cell", ["256", "-1", "0.5", "x", "", "9" * 5000])
def test_a_pixel_that_is_no_byte_is_refused_with_its_row(tmp_path, cell):
    rows = [["label", *(f"pixel{i}" for i in range(16))], ["1", *["0"] * 16]]
    rows.append(["1", *["0"] * 15, cell])
    (tmp_path / "a.csv").write_text("\n".join(map(",".join, rows)))
    with pytest.raises(DatasetError, match="every pixel; row 2 cannot be read"):
        open_dataset(tmp_path / "a.csv")


@pytest.mark.parametrize("content", ["", "label,pixel0\n1,2\n", "label,a,b\n1,2,3\n"])
def test_another_table_is_no_table_of_pixels(tmp_path, content):
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(DatasetError) as refused:
        open_dataset(tmp_path / "a.csv")
    assert "pixels" not in str(refused.value)


def test_a_table_of_pixels_without_rows_is_refused(tmp_path):
    names = ",".join(f"pixel{i}" for i in range(16))
    (tmp_path / "a.csv").write_text(f"label,{names}\n")
    with pytest.raises(DatasetError, match="must hold one row per image; it holds none"):
        open_dataset(tmp_path / "a.csv")


def test_it_can_be_ranked_and_opened_again(tmp_path):
    path = pixel_table(tmp_path / "kaggle.csv")
    run = hardex.rank(
        lambda images: np.tile([0.4, 0.3, 0.2, 0.1], (len(images), 1)), path, out=tmp_path / "run"
    )
    assert hardex.load(run.folder).image("0").shape == (28, 28, 1)


@pytest.mark.parametrize("column", ["id", "ImageId", "", "Unnamed: 0", "Usage", "file_name"])
def test_what_names_the_rows_is_never_taken_for_their_label(tmp_path, column):
    with pytest.raises(DatasetError, match="must have one label beside its 784 pixels"):
        open_dataset(pixel_table(tmp_path / "a.csv", label=column))
    both = pixel_table(tmp_path / "b.csv")
    lines = both.read_text().splitlines()
    lines = [f"{column},{lines[0]}", *(f"{i},{line}" for i, line in enumerate(lines[1:], 9))]
    both.write_text("\n".join(lines) + "\n")
    assert open_dataset(both).labels.tolist() == LABELS


def test_of_several_further_columns_the_one_with_a_usual_name_holds_the_labels(tmp_path):
    path = pixel_table(tmp_path / "a.csv")
    lines = path.read_text().splitlines()
    for head in ("", "id"):
        path.write_text("\n".join([f"{head},{lines[0]}", *(f"9,{line}" for line in lines[1:])]))
        data = open_dataset(path)
        assert data.labels.tolist() == LABELS
        np.testing.assert_array_equal(data.images, small_images(3, size=28))
    path.write_text("\n".join([f"a,b,{lines[0][6:]}", *(f"9,{line}" for line in lines[1:])]))
    with pytest.raises(DatasetError, match=r"beside its 784 pixels; it has a, b; add a column la"):
        open_dataset(path)
    named = open_dataset(path, reading=Reading(label_column="b"))
    assert named.labels.tolist() == LABELS


def test_all_pixels_may_be_in_one_column_and_decimals(tmp_path):
    images = small_images(3, size=28)
    rows = [
        f"{y},{' '.join(map(str, image.ravel().tolist()))},test"
        for y, image in zip(LABELS, images, strict=True)
    ]
    (tmp_path / "a.csv").write_text("\n".join(["emotion,pixels,Usage", *rows]))
    data = open_dataset(tmp_path / "a.csv", reading=Reading(label_column="emotion"))
    np.testing.assert_array_equal(data.images, images)
    assert data.labels.tolist() == LABELS
    path = pixel_table(tmp_path / "b.csv", images=images.astype(float))
    np.testing.assert_array_equal(open_dataset(path).images, images)
    small = pixel_table(tmp_path / "c.csv", images=images / 255)
    with pytest.raises(DatasetError, match=r"its pixels go from 0 to 1: multiply them by 255\)"):
        open_dataset(small)
