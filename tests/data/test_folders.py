import os

import numpy as np
import pytest
from fakes import brightness, small_images, write_folders
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

import hardex
from hardex.cli.options import class_names_of
from hardex.cli.rank_output import _headline, summary
from hardex.data.folders import open_folders, open_unlabelled
from hardex.data.names import natural_order
from hardex.data.sources import open_dataset
from hardex.errors import DatasetError, HardexError
from hardex.images import read_image, resize, write_png


def read_all(data, *, size=3, shape=None):
    return list(data.batches(size, shape))


def ids_of(batches):
    return [id for batch in batches for id in batch.ids]


@given(numbers=st.lists(st.integers(0, 10**6), unique=True))
def test_numbers_are_sorted_as_numbers(numbers):
    names = sorted((f"img{number}.png" for number in numbers), key=natural_order)
    assert names == [f"img{number}.png" for number in sorted(numbers)]


@given(names=st.lists(st.text(max_size=6), unique=True), data=st.data())
def test_the_order_of_names_does_not_depend_on_how_they_were_found(names, data):
    shuffled = data.draw(st.permutations(names))
    assert sorted(shuffled, key=natural_order) == sorted(names, key=natural_order)


def test_pictures_without_classes_are_found_at_every_depth(tmp_path):
    data = open_unlabelled(
        write_folders(tmp_path, ["10.png", "9.png", "b/2.png", "b/c/1.png"]), ["x", "y"]
    )
    assert data.ids == ("9.png", "10.png", "b/2.png", "b/c/1.png")
    assert data.class_names == ("x", "y") and len(read_all(data)) == 2
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="holds none; check the path"):
        open_unlabelled(tmp_path / "empty", ["x"])


def test_classes_and_files_come_in_natural_order_with_posix_ids(tmp_path):
    files = ["10/1.png", "2/b10.png", "2/b9.png", "2/deep/er/1.png", "b/1.png"]
    data = open_folders(write_folders(tmp_path, files))
    assert data.class_names == ("2", "10", "b")
    ids = ["2/b9.png", "2/b10.png", "2/deep/er/1.png", "10/1.png", "b/1.png"]
    assert ids_of(read_all(data)) == list(data.files) == ids
    assert data.labels.tolist() == [0, 0, 0, 1, 2]
    assert data.id(3) == "10/1.png"


def test_each_image_stands_beside_its_id_and_its_label(tmp_path):
    data = open_folders(write_folders(tmp_path, ["a/1.png", "a/2.png", "b/1.png", "b/2.png"]))
    for batch in read_all(data):
        for id, image, label, position in zip(
            batch.ids, batch.images, batch.labels, batch.positions, strict=True
        ):
            np.testing.assert_array_equal(image, read_image(tmp_path / id))
            np.testing.assert_array_equal(image, data.image(position))
            assert data.class_names[label] == id.split("/")[0]
            assert data.id(position) == id


def test_names_given_by_hand_set_the_order_of_the_classes(tmp_path):
    write_folders(tmp_path, ["cat/1.png", "dog/1.png"])
    data = open_folders(tmp_path, class_names=["dog", "cat"])
    assert (data.class_names, data.files) == (("dog", "cat"), ("dog/1.png", "cat/1.png"))


def test_every_other_file_is_listed_with_the_reason(tmp_path):
    write_folders(tmp_path, ["a/1.PNG", "loose.png", ".git/1.png", "__MACOSX/1.png"])
    (tmp_path / "a/more").mkdir()
    heic = b"\0\0\0\x18ftypheic" + bytes(99)
    contents = {
        "a/notes.txt": b"no image",
        "a/more/IMG_1.HEIC": heic,
        "a/2.avif": heic.replace(b"heic", b"avif"),
        "a/3.jxl": b"\xff\x0a and more",
        "a/film.mp4": heic.replace(b"heic", b"isom"),
        "a/nothing.raw": b"",
        "table.csv": b"file,label",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    data = open_folders(tmp_path)
    assert (data.class_names, data.files) == (("a",), ("a/1.PNG",))
    reasons = {skipped.id: skipped.reason for skipped in data.skipped()}
    assert sorted(reasons) == sorted([*contents, "loose.png"])
    assert reasons["a/more/IMG_1.HEIC"].startswith("it is HEIC, which hardex does not read; save")
    assert reasons["a/2.avif"].startswith("it is AVIF")
    assert reasons["a/film.mp4"].startswith("it is a film")
    assert reasons["a/nothing.raw"] == "it is empty."
    assert reasons["loose.png"].startswith("it is beside the class folders, so it has no class")
    assert "none of PNG" in reasons["a/notes.txt"]


@pytest.mark.parametrize(
    "name",
    [".DS_Store", "._1.png", "Thumbs.db", "desktop.ini", "README.md", "LICENSE", "licence.txt"],
)
def test_files_that_programs_and_people_put_beside_pictures_are_silent(tmp_path, name):
    write_folders(tmp_path, ["a/1.png"])
    for folder in ("", "a/"):
        (tmp_path / folder / name).write_bytes(b"anything")
    assert open_folders(tmp_path).skipped() == ()


@pytest.mark.parametrize(
    "name", ["icon", "license_plate", "readme.txt", "NOTICE", "desktop.ini", "__unknown__/1.png"]
)
def test_no_picture_vanishes_because_of_its_name(tmp_path, name):
    write_folders(tmp_path, ["a/1.png", f"a/{name}.png"])
    (tmp_path / f"a/{name}.png").rename(tmp_path / "a" / name)
    data = open_folders(tmp_path)
    assert sorted(data.files) == sorted(["a/1.png", f"a/{name}"])
    assert data.skipped() == ()


def test_a_text_with_a_similar_name_and_a_hidden_picture_are_listed(tmp_path):
    write_folders(tmp_path, ["a/1.png", "a/.2.png", "a/._1.png"])
    for name in ("noticeboard.txt", "readmes.md"):
        (tmp_path / "a" / name).write_text("a text")
    reasons = {skipped.id: skipped.reason for skipped in open_folders(tmp_path).skipped()}
    assert sorted(reasons) == ["a/.2.png", "a/noticeboard.txt", "a/readmes.md"]
    assert reasons["a/.2.png"] == "its name begins with a dot, so it is hidden; rename it."


def test_a_folder_called_like_a_picture_is_a_folder(tmp_path):
    write_folders(tmp_path, ["a/1.png", "a/2.png/3.png", "b.tif/1.png"])
    data = open_folders(tmp_path)
    assert data.files == ("a/1.png", "a/2.png/3.png", "b.tif/1.png")
    assert data.skipped() == ()


@pytest.mark.parametrize("name", ["loop.png", "loop"])
def test_a_link_to_itself_is_listed(tmp_path, name):
    write_folders(tmp_path, ["a/1.png"])
    (tmp_path / "a" / name).symlink_to(name)
    data = open_folders(tmp_path)
    assert sum(len(batch.ids) for batch in data.batches(4, (4, 4, 1))) == 1
    assert [skipped.id for skipped in data.skipped()] == [f"a/{name}"]


def test_pictures_that_the_table_of_a_folder_does_not_name_are_listed(tmp_path):
    write_folders(tmp_path, ["1.png", "more/2.png", "3.png"])
    (tmp_path / "notes.doc").write_text("a text")
    (tmp_path / "metadata.csv").write_text("file_name,label\n./1.png,a\n3.png,b\n")
    data = open_dataset(tmp_path)
    reasons = {skipped.id: skipped.reason for skipped in data.skipped()}
    assert sorted(reasons) == ["more/2.png", "notes.doc"]
    assert reasons["more/2.png"] == "no row of metadata.csv names it."


def test_a_picture_called_readme_is_a_picture(tmp_path):
    assert len(open_folders(write_folders(tmp_path, ["a/readme.png", "a/License 1.png"]))) == 2


def test_pictures_are_known_by_their_content_where_their_suffix_says_nothing(tmp_path):
    (tmp_path / "a").mkdir()
    picture = Pillow.fromarray(small_images(1, channels=3)[0])
    kinds = {"1.jfif": "JPEG", "2.ppm": "PPM", "3": "PNG", "4.dat": "WEBP", "5.dib": "BMP"}
    for name, kind in kinds.items():
        picture.save(tmp_path / "a" / name, kind)
    (tmp_path / "a/6.jfif").write_bytes(b"no picture")
    data = open_folders(tmp_path)
    assert ids_of(read_all(data)) == [f"a/{name}" for name in kinds]
    assert [skipped.id for skipped in data.skipped()] == ["a/6.jfif"]


def test_a_folder_of_pictures_without_suffixes_is_a_class(tmp_path):
    write_folders(tmp_path, ["a/1.png", "a/deep/2.png", "b/1.png"])
    for file in [*tmp_path.rglob("*.png")]:
        file.rename(file.with_suffix(""))
    assert open_folders(tmp_path).files == ("a/1", "a/deep/2", "b/1")


def test_with_strict_a_picture_that_would_vanish_is_an_error(tmp_path):
    root = write_folders(tmp_path / "data", ["a/1.png", "b/1.png", "b/2.png"])
    (root / "a/2.heic").write_bytes(b"\0\0\0\x18ftypheic")
    with pytest.raises(DatasetError, match=r"1 of 4 are not, the first is a/2.heic \(it is HEIC"):
        hardex.rank(brightness, root, out=tmp_path / "run", strict=True)
    run = hardex.rank(brightness, root, out=tmp_path / "run")
    counts = run.manifest.counts
    assert (counts["files"], counts["examples"], counts["skipped"]) == (4, 3, 1)
    assert (run.folder / "results/skipped.csv").read_text().splitlines()[1].startswith("a/2.heic,")
    assert summary(run)["counts"]["files"] == 4
    assert next(line for line in _headline(run) if "Skipped" in line).startswith(
        "Skipped: 1 of 4 files; see "
    )


def three_classes(images):
    return np.tile([0.5, 0.3, 0.2], (len(images), 1))


@pytest.mark.parametrize("empty_folder", [False, True])
def test_the_advice_for_a_class_without_pictures_works(tmp_path, empty_folder):
    """Each message names one way, --classes, and that way works."""
    root = write_folders(tmp_path / "data", ["a/1.png", "b/1.png", "b/2.png"])
    if empty_folder:
        (root / "c").mkdir()
    with pytest.raises(HardexError, match=r"--classes"):
        hardex.rank(three_classes, root, out=tmp_path / "run")
    names = class_names_of("a,b,c")
    run = hardex.rank(three_classes, root, class_names=names, out=tmp_path / "run")
    assert run.manifest.class_names == ("a", "b", "c")
    assert [found["examples"] for found in run.metrics["per_class"]] == [1, 2, 0]
    assert len(hardex.load(run.folder).dataset) == 3  # the app opens it again


def test_a_misspelt_class_is_still_refused(tmp_path):
    write_folders(tmp_path, ["cat/1.png", "dog/1.png"])
    with pytest.raises(DatasetError, match=r"cat, dgo; dog is none of them; name every class"):
        open_folders(tmp_path, class_names=["cat", "dgo"])


@pytest.fixture
def mixed_sizes(tmp_path):
    """Nine files of many sizes, grey and RGB, and one that is no image."""
    for place, size in enumerate([5, 4, 6, 5, 7, 4, 5, 6, 4]):
        (tmp_path / str(place % 2)).mkdir(exist_ok=True)
        image = small_images(1, size=size, channels=1 + 2 * (place % 3 == 0), seed=place)[0]
        write_png(image, tmp_path / str(place % 2) / f"{place}.png")
    (tmp_path / "0" / "5.png").write_text("no image")
    return tmp_path


@pytest.mark.parametrize("shape", [None, (8, 3, 1), (2, 2, 3)])
@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_the_cut_into_batches_never_changes_the_pixels(mixed_sizes, shape, size):
    (whole,) = read_all(open_folders(mixed_sizes), size=1000, shape=shape)
    cut = read_all(open_folders(mixed_sizes), size=size, shape=shape)
    assert ids_of(cut) == list(whole.ids)
    np.testing.assert_array_equal(np.concatenate([b.images for b in cut]), whole.images)
    np.testing.assert_array_equal(np.concatenate([b.positions for b in cut]), whole.positions)
    assert whole.images.shape[1:] == (shape or (5, 5, 3))


def test_images_are_resized_and_made_grey_as_the_classifier_asks(mixed_sizes):
    (batch,) = read_all(open_folders(mixed_sizes), size=20, shape=(3, 9, 1))
    for id, image in zip(batch.ids, batch.images, strict=True):
        np.testing.assert_array_equal(image, resize(read_image(mixed_sizes / id), (3, 9, 1)))


def test_a_file_that_cannot_be_read_leaves_a_gap_and_its_reason(mixed_sizes):
    data = open_folders(mixed_sizes)
    assert data.skipped() == ()
    batches = read_all(data)
    places = np.concatenate([batch.positions for batch in batches]).tolist()
    gap = data.files.index("0/5.png")
    assert places == [place for place in range(10) if place != gap]
    (skipped,) = data.skipped()
    assert skipped.id == "0/5.png"
    assert "it is none of PNG" in skipped.reason


def test_a_cut_off_and_an_empty_file_are_skipped_and_the_rest_is_read(tmp_path):
    write_folders(tmp_path, ["a/1.png", "a/2.png", "b/1.png"], size=40)
    whole = (tmp_path / "a/2.png").read_bytes()
    (tmp_path / "a/2.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "b/1.png").write_bytes(b"")
    (tmp_path / "b/folder.png").mkdir()
    data = open_folders(tmp_path)
    assert ids_of(read_all(data)) == ["a/1.png"]
    assert [skipped.id for skipped in data.skipped()] == ["a/2.png", "b/1.png"]


def test_a_file_whose_name_is_no_text_is_skipped(tmp_path):
    write_folders(tmp_path, ["a/1.png"])
    strange = os.fsdecode(os.fsencode(tmp_path / "a") + b"/\xff.png")
    try:
        os.link(tmp_path / "a/1.png", strange)
    except OSError:
        pytest.skip("this disk takes only names in UTF-8")
    data = open_folders(tmp_path)
    assert ids_of(read_all(data)) == ["a/1.png"]
    (skipped,) = data.skipped()
    assert skipped.id == r"a/\udcff.png"
    assert skipped.reason.startswith("its name is not UTF-8")


def test_a_class_whose_name_is_no_text_is_refused(tmp_path):
    write_folders(tmp_path, ["a/1.png"])
    try:
        os.mkdir(os.fsencode(tmp_path) + b"/\xff")
    except OSError:
        pytest.skip("this disk takes only names in UTF-8")
    with pytest.raises(DatasetError, match=r"must have names in UTF-8; \\udcff has none; rename"):
        open_folders(tmp_path)


def test_the_fingerprint_knows_files_sizes_and_class_order(tmp_path):
    write_folders(tmp_path, ["a/1.png", "b/1.png"])
    seen = [
        open_folders(tmp_path).fingerprint(),
        open_folders(tmp_path, class_names=["b", "a"]).fingerprint(),
    ]
    (tmp_path / "a/1.png").write_bytes(b"shorter")
    seen.append(open_folders(tmp_path).fingerprint())
    write_folders(tmp_path, ["a/2.png"])
    seen.append(open_folders(tmp_path).fingerprint())
    assert len(set(seen)) == 4
    assert open_folders(tmp_path).fingerprint() == seen[-1]


@pytest.mark.parametrize(
    ("files", "names", "message"),
    [
        ([], None, r"one folder of images per class; it holds no folders; sort the images"),
        (
            ["a/", "b/"],
            None,
            r"must hold images \(\.bmp, .*\) in its .* none was found in 2 folders",
        ),
        (["a/", "b/"], ["a", "c"], r"none was found in 2 folders; check the path"),
        (
            ["a/1.png", "c/1.png"],
            ["a", "b"],
            r"must be one of the named classes a, b; c is none of them; name every class of the",
        ),
        (
            ["a/1.png", "b/1.png"],
            ["a"],
            r"must be one of the named classes a; b is none of them; name every class of the model",
        ),
        (["a/", "b/"], ["a", "b", "a"], r"'a' names two or more of 3; name each class once"),
    ],
)
def test_folders_that_are_no_data_set_are_refused(tmp_path, files, names, message):
    for name in files:
        (tmp_path / name).mkdir() if name.endswith("/") else write_folders(tmp_path, [name])
    with pytest.raises(DatasetError, match=message):
        open_folders(tmp_path, class_names=names)


def test_folders_without_images_of_their_own_are_groups_of_classes(tmp_path):
    files = ["animals/cat/1.png", "animals/dog/2/1.png", "animals/dog/1.png", "plants/10/1.png"]
    data = open_folders(write_folders(tmp_path, files))
    assert data.class_names == ("animals/cat", "animals/dog", "plants/10")
    assert data.labels.tolist() == [0, 1, 1, 2]


def test_a_group_may_be_named_as_one_class(tmp_path):
    write_folders(tmp_path, ["animals/cat/1.png", "animals/dog/1.png", "plants/10/1.png"])
    data = open_folders(tmp_path, class_names=["plants/10", "animals"])
    assert data.labels.tolist() == [0, 1, 1]
    with pytest.raises(
        DatasetError, match="classes animals, animals/cat, plants; animals/cat is inside another"
    ):
        open_folders(tmp_path, class_names=["animals", "animals/cat", "plants"])


@pytest.mark.parametrize(
    "hidden", ["a/.thumbs", "a/@eaDir", "$RECYCLE.BIN", "lost+found", "__MACOSX"]
)
def test_hidden_and_system_folders_are_passed_over_at_every_depth(tmp_path, hidden):
    data = open_folders(write_folders(tmp_path, ["a/1.png", f"{hidden}/2.png", "a/._1.png"]))
    assert (data.class_names, data.files) == (("a",), ("a/1.png",))


def test_an_empty_class_folder_is_refused_by_name(tmp_path):
    write_folders(tmp_path, ["a/1.png", "pets/b/1.png"])
    for name in ("pets/c", "d"):
        (tmp_path / name).mkdir()
    (tmp_path / "d" / "notes.txt").write_text("none")
    message = r"must hold images unless all .*; d holds none, and 2 of 4 are empty; pass --classes"
    with pytest.raises(DatasetError, match=message):
        open_folders(tmp_path)
    assert len(open_folders(tmp_path, class_names=["a", "pets/b"])) == 2


def test_class_folders_that_differ_only_by_case_are_refused(tmp_path):
    write_folders(tmp_path, ["x/Cat/1.png", "x/dog/1.png"])
    try:
        (tmp_path / "x" / "cat").mkdir()
    except FileExistsError:
        pytest.skip("this disk does not tell cases apart")
    write_folders(tmp_path, ["x/cat/1.png"])
    with pytest.raises(DatasetError, match=r"x/Cat and x/cat differ only by case; rename one"):
        open_folders(tmp_path)


def test_a_linked_class_is_read_and_a_link_in_a_circle_ends(tmp_path):
    write_folders(tmp_path, ["data/a/1.png", "elsewhere/1.png"])
    (tmp_path / "data" / "b").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "data" / "a" / "back").symlink_to(tmp_path / "data")
    assert open_folders(tmp_path / "data").files == ("a/1.png", "b/1.png")
