import csv
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fakes import brightness, write_folders
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hardex
from hardex.data.manifests import AS_FOUND, Reading, open_manifest, read_columns
from hardex.data.sources import open_dataset
from hardex.errors import DatasetError
from hardex.images import read_image

FILES = ["scans/1.png", "scans/2.png", "10.png"]


def as_csv(path, columns):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def as_jsonl(path, columns):
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def as_parquet(path, columns):
    pq.write_table(pa.table(columns), path)


WRITERS = {".csv": as_csv, ".jsonl": as_jsonl, ".parquet": as_parquet}


def manifest(folder, columns, suffix=".csv", name="data"):
    path = folder / f"{name}{suffix}"
    WRITERS[suffix](path, columns)
    return path


def opened(folder, columns, reading=AS_FOUND, **options):
    return open_manifest(manifest(folder, columns), reading, **options)


@pytest.mark.parametrize("suffix", WRITERS)
def test_each_row_is_an_image_with_its_label_its_id_and_what_else_is_known(tmp_path, suffix):
    write_folders(tmp_path, FILES)
    columns = {
        "file_name": FILES,
        "label": ["wolf", "dog", "wolf"],
        "id": ["x1", "x2", "x3"],
        "hour": [3, 22, 7],
        "camera": ["A", "", "A"],
    }
    data = open_dataset(manifest(tmp_path, columns, suffix))
    assert (data.class_names, data.labels.tolist()) == (("dog", "wolf"), [1, 0, 1])
    assert (data.ids, data.files) == (("x1", "x2", "x3"), tuple(FILES))
    assert {name: list(values) for name, values in data.meta.items()} == {
        "hour": ["3", "22", "7"],
        "camera": ["A", "", "A"],
    }
    (batch,) = data.batches(8, None)
    assert batch.ids == ("x1", "x2", "x3")
    for file, image in zip(FILES, batch.images, strict=True):
        np.testing.assert_array_equal(image, read_image(tmp_path / file))


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=8)


@pytest.mark.parametrize("suffix", WRITERS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    rows=st.lists(st.tuples(CELLS, CELLS, CELLS), min_size=1, max_size=6),
    names=st.lists(CELLS.filter(bool), min_size=3, max_size=3, unique=True),
)
def test_what_is_written_into_a_table_is_read_from_it(tmp_path, suffix, rows, names):
    columns = {
        name: list(cells) for name, cells in zip(names, zip(*rows, strict=True), strict=True)
    }
    if suffix == ".csv" and names[0].startswith("\ufeff"):
        return  # the mark that other tools set in front of UTF-8
    assert read_columns(manifest(tmp_path, columns, suffix)) == columns


@pytest.mark.parametrize(
    "names", [("file_name", "label"), ("Path", "Class"), ("image", "target"), ("FILENAME", "y")]
)
def test_the_columns_are_found_by_their_usual_names(tmp_path, names):
    data = opened(tmp_path, dict(zip(names, (FILES, ["a", "b", "a"]), strict=True)))
    assert (data.ids, data.labels.tolist(), data.meta) == (tuple(FILES), [0, 1, 0], {})


def test_columns_named_by_hand_are_taken_and_the_usual_ones_kept(tmp_path):
    columns = {"label": ["no"] * 3, "vet": ["a", "b", "a"], "file": ["-"] * 3, "scan": FILES}
    data = opened(tmp_path, columns, Reading(file_column="scan", label_column="vet"))
    assert (data.files, data.class_names) == (tuple(FILES), ("a", "b"))
    assert sorted(data.meta) == ["file", "label"]


def test_class_names_by_hand_fix_the_order(tmp_path):
    columns = {"file": FILES, "label": ["a", "b", "a"]}
    data = opened(tmp_path, columns, class_names=["b", "a", "c"])
    assert (data.class_names, data.labels.tolist()) == (("b", "a", "c"), [1, 0, 1])


def test_a_gap_makes_no_number_of_a_parquet_column_a_fraction(tmp_path):
    columns = {"file": FILES, "label": [1.0, 0.0, 1.0], "hour": [3.0, float("nan"), 2.5]}
    data = open_dataset(manifest(tmp_path, columns, ".parquet"))
    assert data.class_names == ("0", "1")
    assert data.meta["hour"].tolist() == ["3", "", "2.5"]


def test_row_numbers_without_a_name_are_passed_over(tmp_path):
    assert opened(tmp_path, {"": [0, 1, 2], "file": FILES, "label": ["a"] * 3}).meta == {}


@pytest.mark.parametrize("suffix", WRITERS)
def test_a_hugging_face_imagefolder_opens_by_its_folder(tmp_path, suffix):
    write_folders(tmp_path, FILES)
    columns = {"file_name": FILES, "label": ["a", "b", "a"], "light": ["day", "night", "day"]}
    manifest(tmp_path, columns, suffix, name="metadata")
    data = open_dataset(tmp_path)
    assert (data.source, data.files) == (str(tmp_path), tuple(FILES))
    assert data.meta["light"].tolist() == ["day", "night", "day"]


def test_a_split_of_an_imagefolder_is_a_folder_in_it(tmp_path):
    for split in ("train", "test"):
        write_folders(tmp_path / split, [f"{split}.png"])
        manifest(tmp_path / split, {"file_name": [f"{split}.png"], "label": ["a"]}, name="metadata")
    data = open_dataset(tmp_path, reading=Reading(split="test"))
    assert (data.ids, data.source) == (("test.png",), str(tmp_path))


def test_class_folders_may_carry_a_table_without_labels_if_somebody_says_so(tmp_path):
    files = ["animals/cat/1.png", "plants/oak/1.png", "animals/cat/2.png"]
    write_folders(tmp_path, files)
    manifest(tmp_path, {"file_name": files, "light": ["day"] * 3}, name="metadata")
    with pytest.raises(DatasetError, match=r"it has file_name, light; .* --label-column @folder"):
        open_dataset(tmp_path)
    data = open_dataset(tmp_path, reading=Reading(label_column="@folder"))
    assert (data.class_names, data.labels.tolist()) == (("animals/cat", "plants/oak"), [0, 1, 0])


def test_the_folder_of_a_file_is_no_class_unless_somebody_says_so(tmp_path):
    """`berlin/1.png` with a column `species`: the city was taken for the class."""
    files = ["berlin/1.png", "paris/1.png", "berlin/2.png"]
    path = manifest(tmp_path, {"file": files, "species": ["fox", "owl", "fox"]})
    with pytest.raises(DatasetError, match=r"it has file, species; name it with --label-column"):
        open_dataset(path)
    assert open_dataset(path, reading=Reading(label_column="species")).class_names == ("fox", "owl")
    by_folder = open_dataset(path, reading=Reading(label_column="@folder"))
    assert by_folder.class_names == ("berlin", "paris")
    flat = manifest(tmp_path, {"file": ["1.png"], "species": ["fox"]}, name="flat")
    with pytest.raises(DatasetError) as refused:
        open_dataset(flat)
    assert "@folder" not in str(refused.value)
    with pytest.raises(DatasetError, match=r"every file in .* must be in a folder; 1.png is in"):
        open_dataset(flat, reading=Reading(label_column="@folder"))


def test_windows_paths_addresses_of_files_and_ids_without_suffix_find_their_files(tmp_path):
    write_folders(tmp_path, ["cat/1.png", "dog/two.five.png", "dog/3.png"])
    address = (tmp_path / "dog" / "3.png").as_uri()
    written = ["cat\\1.png", "dog/two.five", address]
    path = manifest(tmp_path, {"file": written, "label": ["cat", "dog", "dog"]})
    data = open_dataset(path)
    assert data.files == ("cat/1.png", "dog/two.five.png", "dog/3.png")
    assert data.ids == tuple(written)  # so that saved probabilities of the same table fit
    (batch,) = data.batches(8, None)
    assert len(batch.ids) == 3


def test_a_file_may_have_a_backslash_in_its_name(tmp_path):
    try:
        write_folders(tmp_path, ["a\\b.png"])
    except OSError:
        pytest.skip("this disk takes no backslashes")
    assert opened(tmp_path, {"file": ["a\\b.png"], "label": ["x"]}).files == ("a\\b.png",)


def test_an_id_that_fits_two_pictures_is_refused(tmp_path):
    write_folders(tmp_path, ["5f.png", "5f.jpg"])
    (tmp_path / "5f.txt").write_text("no picture")
    with pytest.raises(DatasetError, match=r"'5f' fits 5f.jpg, 5f.png; write the suffixes"):
        opened(tmp_path, {"id_code": ["5f"], "label": ["a"]}, Reading(file_column="id_code"))


@pytest.mark.parametrize("name", ["https://a.org/1.png", "s3://b/1.png", "file://host/1.png"])
def test_an_address_on_the_web_is_refused_by_name(tmp_path, name):
    with pytest.raises(DatasetError, match=rf"names {name}; download the pictures"):
        opened(tmp_path, {"file": [name], "label": ["a"]})


@pytest.mark.parametrize(
    "name", ["file:///etc/hosts", "file:///etc/../etc/a.png", "file:///%2e%2e"]
)
def test_an_address_of_a_file_elsewhere_needs_trust(tmp_path, name):
    with pytest.raises(DatasetError, match="pass --trust-paths"):
        opened(tmp_path, {"file": [name], "label": ["a"]})


def test_an_address_does_not_lead_out_of_the_folder_by_dots(tmp_path):
    write_folders(tmp_path, ["secret.png", "data/1.png"])
    address = (tmp_path / "data").as_uri() + "/%2e%2e/secret.png"
    path = manifest(tmp_path / "data", {"file": [address], "label": ["a"]})
    with pytest.raises(DatasetError, match="pass --trust-paths"):
        open_dataset(path)


def test_if_nothing_can_be_read_the_first_file_and_its_reason_are_named(tmp_path):
    path = manifest(tmp_path, {"file": ["x/1.png", "x/2.png"], "label": ["a", "b"]})
    with pytest.raises(DatasetError, match=r"none of the 2 .*first is x/1.png .*no such file"):
        hardex.rank(brightness, path, out=tmp_path / "run")
    with pytest.raises(DatasetError, match=r"none of the 2 .*first is x/[12].png .*no such file"):
        hardex.check(brightness, path)


def test_a_file_that_is_not_there_is_skipped_by_its_id(tmp_path):
    write_folders(tmp_path, FILES[:1])
    columns = {
        "file": [FILES[0], "gone.png", "\0"],
        "label": ["a", "b", "a"],
        "id": ["x", "y", "z"],
    }
    data = open_dataset(manifest(tmp_path, columns, ".jsonl"))
    (batch,) = data.batches(8, None)
    assert batch.ids == ("x",)
    assert [skipped.id for skipped in data.skipped()] == ["y", "z"]
    assert "there is no such file" in data.skipped()[0].reason
    assert len(data.fingerprint()) == 64


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize(
    "name",
    ["/etc/x.png", "../x.png", "a/../../x.png", r"..\x.png", r"C:\x.png", r"\\host\x.png", "C:x"],
)
def test_a_table_may_leave_its_folder_only_when_trusted(tmp_path, name, suffix):
    path = manifest(tmp_path, {"file": ["1.png", name, name], "label": ["a"] * 3}, suffix)
    message = r"name a file in its own folder; row 2 names .*, and so do 2 of 3; pass --trust-paths"
    with pytest.raises(DatasetError, match=message):
        open_dataset(path)
    with pytest.raises(DatasetError, match="add a column id"):  # trusted, and named twice
        open_dataset(path, reading=Reading(trust_paths=True))


def test_trusted_paths_are_read_where_they_point(tmp_path):
    write_folders(tmp_path, ["far/1.png", "far/2.png"])
    (tmp_path / "near").mkdir()
    files = ["../far/1.png", str(tmp_path / "far" / "2.png")]
    path = manifest(tmp_path / "near", {"file": files, "label": ["a", "b"]})
    data = open_dataset(path, reading=Reading(trust_paths=True))
    (batch,) = data.batches(8, None)
    assert list(batch.ids) == files
    np.testing.assert_array_equal(batch.images[1], read_image(tmp_path / "far/2.png"))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"file": ["1", "2"], "label": ["a", ""]}, r"must have a label; row 2 has none, .* 1 of 2"),
        ({"file": ["1", " ", ""], "label": ["a"] * 3}, r"name a file; row 2 names none, .* 2 of 3"),
        (
            {"file": ["1", "2", "3"], "label": ["a"] * 3, "id": ["x", "x", "x"]},
            r"have an id of its own .*; row 2 has 'x' again, and so do 2 of 3; take one of them",
        ),
        ({"file": ["1", "1"], "label": ["a"] * 2}, r"row 2 has '1' again, and so do 1 of 2; take"),
        ({"file": ["1", "2"], "label": ["a"] * 2, "id": ["x", ""]}, r"have an id; row 2 has none"),
        (
            {"scan": ["1"], "label": ["a"]},
            r"a file column such as file_name; it has scan, label; n",
        ),
        ({"file": ["1"], "vet": ["a"]}, r"a label column such as label; it has file, vet; name it"),
        ({"file": [], "label": []}, r"must hold one row per image; it holds none; check that"),
        ({}, r"must hold one row per image; it holds none"),
    ],
)
def test_a_table_that_names_no_labelled_images_is_refused(tmp_path, columns, message):
    with pytest.raises(DatasetError, match=message):
        opened(tmp_path, columns)


@pytest.mark.parametrize("reading", [Reading(file_column="x"), Reading(label_column="x")])
def test_a_column_named_by_hand_must_be_there(tmp_path, reading):
    with pytest.raises(DatasetError, match=r"must have a column 'x'; it has file, label; name one"):
        opened(tmp_path, {"file": FILES, "label": ["a"] * 3}, reading)


@pytest.mark.parametrize(
    ("suffix", "content", "reason"),
    [
        (".csv", b"file,label\n1.png\n", "line 2 has 1 cells and the header 2"),
        (".csv", b"file,file\n1,2\n", "two columns are called 'file'"),
        (".csv", b'file,label\n"1.png,a\n', "unexpected end of data"),
        (".csv", b"file,label\n\xff.png,a\n", "codec can't decode"),
        (".jsonl", b'{"file": "1.png"}\n\n[1]\n', "line 3 is not an object"),
        (".jsonl", b'{"file": ', "Expecting value"),
        (".parquet", b"PAR1 and no more", "reading it failed"),
        (".parquet", b"", "reading it failed"),
    ],
)
def test_a_damaged_table_is_refused_with_its_reason(tmp_path, suffix, content, reason):
    (tmp_path / f"data{suffix}").write_bytes(content)
    with pytest.raises(DatasetError, match=reason):
        open_dataset(tmp_path / f"data{suffix}")


def test_a_usual_name_is_known_however_it_is_written(tmp_path):
    write_folders(tmp_path, ["1.png", "2.png"])
    for header in ("file, label", "File Name,Class_Name", "file-path,class name", "FILE,label "):
        (tmp_path / "t.csv").write_text(f"{header}\n1.png,cat\n2.png,dog\n")
        assert open_dataset(tmp_path / "t.csv").class_names == ("cat", "dog")


def test_a_coordinate_is_no_label(tmp_path):
    write_folders(tmp_path, ["1.png", "2.png"])
    (tmp_path / "t.csv").write_text("file,x,y,species\n1.png,3,4,cat\n2.png,5,6,dog\n")
    with pytest.raises(
        DatasetError, match="must have a label column such as label; it has file, x"
    ):
        open_dataset(tmp_path / "t.csv")
    (tmp_path / "t.csv").write_text("file,y\n1.png,4\n2.png,6\n")
    assert open_dataset(tmp_path / "t.csv").class_names == ("4", "6")


@pytest.mark.parametrize(("zero", "one"), [(0, 1), (0.0, 1.0), (False, True)])
@pytest.mark.parametrize("suffix", WRITERS)
def test_one_column_for_each_class_is_a_label(tmp_path, suffix, zero, one):
    write_folders(tmp_path, FILES)
    columns = {
        "image": FILES,
        "MEL": [zero, one, zero],
        "BCC": [zero] * 3,
        "AK": [one, zero, one],
        "age": ["40", "50", ""],
    }
    path = manifest(tmp_path, columns, suffix)
    data = open_dataset(path)
    assert (data.class_names, data.labels.tolist()) == (("MEL", "BCC", "AK"), [2, 0, 2])
    assert list(data.meta) == ["age"]
    (note,) = data.notes
    assert "one column for each class (MEL, BCC, AK): the one that holds 1 is the label." in note
    assert open_dataset(path, class_names=["AK", "BCC", "MEL"]).labels.tolist() == [0, 2, 0]


def test_columns_of_zero_and_one_that_are_not_one_hot_are_no_labels(tmp_path):
    columns = {"file_name": FILES, "hat": [0, 1, 1], "glasses": [0, 1, 0]}
    with pytest.raises(DatasetError, match="must have a label column such as label; it has file_n"):
        opened(tmp_path, columns)
    assert opened(tmp_path, columns | {"label": [1, 0, 1]}).labels.tolist() == [1, 0, 1]
