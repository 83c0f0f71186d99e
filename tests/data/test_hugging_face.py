"""Parquet files and objects as the library `datasets` has them; the library is not needed."""

import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fakes import brightness, small_images
from PIL import Image as Pillow

import hardex
from hardex.data.manifests import Reading
from hardex.data.sources import open_dataset
from hardex.errors import DatasetError
from hardex.images import as_png, read_image

IMAGES = small_images(4, size=6, channels=3)
NAMES = ["wolf", "dog", "cat"]
LABELS = [2, 0, 1, 0]


def encoded():
    return [as_png(image) for image in IMAGES]


def picture_file(path, *, names=NAMES, paths=None, label="label", labels=LABELS, **more):
    paths = [f"{i}.png" for i in range(4)] if paths is None else paths
    cells = [{"bytes": b, "path": p} for b, p in zip(encoded(), paths, strict=True)]
    table = pa.table({"image": cells, label: labels, **more})
    feature = {"_type": "ClassLabel", "names": names} if names else {"_type": "Value"}
    note = {"info": {"features": {"image": {"_type": "Image"}, label: feature}}}
    pq.write_table(table.replace_schema_metadata({"huggingface": json.dumps(note)}), path)
    return path


def check_pictures(data):
    (batch,) = data.batches(8, None)
    np.testing.assert_array_equal(batch.images, IMAGES)
    for place in range(4):
        np.testing.assert_array_equal(data.image(place), IMAGES[place])


def test_a_parquet_file_of_pictures_opens_with_the_names_of_its_classes(tmp_path):
    data = open_dataset(picture_file(tmp_path / "test.parquet", hour=[1, 2, 3, 4]))
    assert (data.class_names, data.labels.tolist()) == (tuple(NAMES), LABELS)
    assert data.ids == data.files == ("0.png", "1.png", "2.png", "3.png")
    assert data.meta["hour"].tolist() == ["1", "2", "3", "4"]
    check_pictures(data)


def test_its_classes_may_be_put_in_the_order_of_a_model(tmp_path):
    path = picture_file(tmp_path / "test.parquet")
    data = open_dataset(path, class_names=["cat", "dog", "wolf"])
    assert [data.class_names[label] for label in data.labels] == ["cat", "wolf", "dog", "wolf"]


def test_without_names_classes_are_numbers_and_without_paths_ids_are(tmp_path):
    data = open_dataset(picture_file(tmp_path / "a.parquet", names=None, paths=[None] * 4))
    assert (data.class_names, data.ids) == (("0", "1", "2"), ("0", "1", "2", "3"))
    assert data.labels.tolist() == LABELS


def test_pictures_may_be_plain_bytes(tmp_path):
    table = pa.table({"image": encoded(), "label": LABELS, "hour": [1, 2, 3, 4]})
    pq.write_table(table, tmp_path / "a.parquet")
    data = open_dataset(tmp_path / "a.parquet")
    assert (data.ids, data.labels.tolist()) == (("0", "1", "2", "3"), LABELS)
    assert data.meta["hour"].tolist() == ["1", "2", "3", "4"]
    check_pictures(data)
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    pq.write_table(pa.table({"image": [as_png(noise)], "label": [1]}), tmp_path / "b.parquet")
    np.testing.assert_array_equal(open_dataset(tmp_path / "b.parquet").image(0), noise)


def test_a_label_column_of_texts_and_another_name(tmp_path):
    path = picture_file(
        tmp_path / "a.parquet", names=None, label="vet", labels=["b", "a", "b", "a"]
    )
    with pytest.raises(DatasetError, match=r"beside the pictures it has vet; name the labels"):
        open_dataset(path)
    data = open_dataset(path, reading=Reading(label_column="vet"))
    assert (data.class_names, data.labels.tolist()) == (("a", "b"), [1, 0, 1, 0])


@pytest.mark.parametrize("labels", [[0, -1, 1, 2], [0, None, 1, 2], [0, 3, 1, 2]])
def test_a_row_without_a_label_is_refused(tmp_path, labels):
    path = picture_file(tmp_path / "a.parquet", labels=labels)
    with pytest.raises(DatasetError, match=r"must have a label; row 2 has .*; use a split with"):
        open_dataset(path)


def test_a_damaged_picture_is_skipped_by_its_name(tmp_path):
    cells = [{"bytes": b, "path": None} for b in [*encoded()[:2], b"no picture", None]]
    pq.write_table(pa.table({"image": cells, "label": [0, 1, 0, 1]}), tmp_path / "a.parquet")
    run = hardex.rank(brightness, tmp_path / "a.parquet", out=tmp_path / "run")
    assert run.manifest.counts["examples"] == 2
    assert [s.id for s in run.dataset.skipped()] == []  # opened again: nothing was tried yet
    skipped = (tmp_path / "run/results/skipped.csv").read_text()
    assert "it is none of PNG" in skipped and "it is empty" in skipped


@pytest.mark.parametrize("note", ["", "[1", '{"info": 3}', '{"info": {"features": []}}'])
def test_a_strange_note_in_the_file_names_no_classes(tmp_path, note):
    cells = [{"bytes": b, "path": None} for b in encoded()]
    table = pa.table({"image": cells, "label": LABELS})
    pq.write_table(table.replace_schema_metadata({"huggingface": note}), tmp_path / "a.parquet")
    assert open_dataset(tmp_path / "a.parquet").class_names == ("0", "1", "2")


def test_pictures_that_unpack_to_far_more_than_their_file_are_refused(tmp_path):
    cells = pa.array([{"bytes": bytes(2**20), "path": ""}] * 400)
    pq.write_table(pa.table({"image": cells, "label": [0] * 400}), tmp_path / "a.parquet")
    assert (tmp_path / "a.parquet").stat().st_size < 2**20
    with pytest.raises(DatasetError, match="reading it failed"):
        open_dataset(tmp_path / "a.parquet")


def test_the_temporary_file_goes_with_the_data_set(tmp_path):
    data = open_dataset(picture_file(tmp_path / "a.parquet"), reading=Reading(pixels="keras"))
    path = data.packed.path
    assert path.exists() and data.fingerprint()
    del data
    assert not path.exists()


class Image:
    """As `datasets.Image`."""

    def __init__(self, decode=True):
        self.decode = decode


class ClassLabel:
    """As `datasets.ClassLabel`."""

    def __init__(self, names):
        self.names = names


class Rows:
    """As `datasets.Dataset`: rows are dictionaries, and pictures are decoded unless not wanted."""

    def __init__(self, columns, features):
        self.columns, self.features = columns, features
        self.column_names = list(columns)
        self.num_rows = len(next(iter(columns.values())))

    def __len__(self):
        return self.num_rows

    def __getitem__(self, place):
        row = {name: values[place] for name, values in self.columns.items()}
        for name, feature in self.features.items():
            if isinstance(feature, Image) and feature.decode:
                row[name] = Pillow.open(io.BytesIO(row[name]["bytes"]))
        return row

    def cast_column(self, name, feature):
        return Rows(self.columns, self.features | {name: feature})


def rows(kind=Rows, count=4):
    cells = [{"bytes": content, "path": None} for content in encoded()[:count]]
    columns = {"picture": cells, "label": LABELS[:count]}
    return kind(columns, {"picture": Image(), "label": ClassLabel(NAMES)})


class NoCast(Rows):
    """An older one."""

    def cast_column(self, name, feature):
        raise ValueError(name)


@pytest.mark.parametrize("kind", [Rows, NoCast])
def test_a_dataset_object_opens_like_its_file(kind):
    data = open_dataset(rows(kind))
    assert (data.class_names, data.labels.tolist()) == (tuple(NAMES), LABELS)
    check_pictures(data)


def test_its_pictures_are_read_by_the_reading_from_their_own_bytes():
    exif = Pillow.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Pillow.fromarray(np.zeros((4, 8, 3), np.uint8)).save(file, "JPEG", exif=exif)
    cells = [{"bytes": file.getvalue(), "path": None}]
    features = {"image": Image(), "label": ClassLabel(["a", "b"])}
    data = open_dataset(
        Rows({"image": cells, "label": [0]}, features), reading=Reading(pixels="keras")
    )
    assert data.image(0).shape == (8, 4, 3)
    assert data.input_image(0, None).shape == (4, 8, 3)


def test_of_several_splits_one_must_be_named(tmp_path):
    both = {"train": rows(count=2), "test": rows()}
    with pytest.raises(DatasetError, match="has the splits train, test; received none; name one"):
        open_dataset(both)
    assert len(open_dataset(both, reading=Reading(split="test"))) == 4
    assert len(open_dataset({"train": rows()})) == 4
    run = hardex.rank(
        lambda images: np.tile([0.5, 0.3, 0.2], (len(images), 1)),
        both,
        split="test",
        out=tmp_path / "run",
    )
    assert run.manifest.counts["examples"] == 4


def test_pictures_in_files_that_a_dataset_names_are_read(tmp_path):
    (tmp_path / "1.png").write_bytes(encoded()[0])
    cells = [{"bytes": None, "path": str(tmp_path / name)} for name in ("1.png", "gone.png")]
    features = {"image": Image(), "label": ClassLabel(["a", "b"])}
    data = open_dataset(Rows({"image": cells, "label": [0, 1]}, features))
    np.testing.assert_array_equal(data.image(0), read_image(tmp_path / "1.png"))
    with pytest.raises(DatasetError, match=r"gone.png'?: it is empty"):
        data.image(1)
