import shutil

import numpy as np
import pytest
from fakes import checksum_of, small_dataset, small_images, write_folders

from hardex import RunError, load, rank
from hardex.images import read_image, write_png

FILES = [f"{name}/{number}.png" for name in ("cat", "dog") for number in range(6)]


@pytest.fixture
def folder(tmp_path):
    return write_folders(tmp_path / "images", FILES)


@pytest.fixture
def run(tmp_path, folder):
    rank(checksum_of(2), folder, out=tmp_path / "run", per_class=1)
    return load(tmp_path / "run")


def easy_id(run):
    """An example that stands in no list, so that its picture is not in the run."""
    return next(id for id in run.predictions["id"] if id not in set(run.hard["id"]))


def test_every_image_is_found_by_its_id(run, folder):
    for id in FILES:
        np.testing.assert_array_equal(run.image(id), read_image(folder / id))


def test_tables_and_hard_images_open_without_the_data(run, folder):
    shutil.rmtree(folder)
    assert len(run.predictions) == 12 and len(run.hard) >= 2
    for id in run.hard["id"]:
        assert run.image(id).shape == (4, 4, 1)
    with pytest.raises(
        RunError, match=r"were at .*images and cannot be opened there now \(data mus"
    ):
        run.image(easy_id(run))


def test_data_that_moved_is_found_where_it_is_said_to_be(tmp_path, run, folder):
    id = easy_id(run)
    before = run.image(id)
    folder.rename(tmp_path / "moved")
    moved = load(run.folder, data=tmp_path / "moved")
    content = (tmp_path / "moved" / FILES[0]).read_bytes()
    (tmp_path / "moved" / FILES[0]).unlink()  # all that follow stand elsewhere now
    shorter = load(run.folder, data=tmp_path / "moved")
    assert shorter.pictured(list(FILES)) == [one for one in FILES if one in set(run.hard["id"])]
    (tmp_path / "moved" / FILES[0]).write_bytes(content)
    assert moved.pictured([id]) == [id] and load(run.folder).pictured([id]) == []
    with pytest.raises(RunError, match=r"must be where --data says, .*nowhere; .*; check the path"):
        load(run.folder, data=tmp_path / "nowhere").image(id)
    np.testing.assert_array_equal(moved.image(id), before)


def test_data_that_changed_is_not_taken_for_what_it_was(run, folder):
    id = easy_id(run)
    first = FILES[0] if id != FILES[0] else FILES[1]
    (folder / first).unlink()
    (folder / id).rename(folder / id.split("/")[0] / "new.png")
    with pytest.raises(RunError, match=r"have changed: .* is no longer at position \d+ of .*; ra"):
        run.image(id)


@pytest.mark.parametrize("ask", ["image", "position", "given_label", "row"])
def test_an_id_that_is_not_there_is_refused(run, ask):
    with pytest.raises(RunError, match=r"has 12 examples, and none has the id 'cow/1\.png'; take"):
        getattr(run, ask)("cow/1.png")


def test_place_label_and_row_of_an_example_are_those_of_the_table(run):
    for row in run.predictions.itertuples():
        assert run.position(row.id) == row.position
        assert run.given_label(row.id) == row.given_label
    one = run.row("dog/3.png")
    assert (one["id"], one["given_label"], one["position"]) == ("dog/3.png", "dog", 9)


def test_the_shipped_digits_are_found_again(tmp_path):
    from hardex.data.sources import open_dataset

    digits = open_dataset("mnist:test")
    rank(lambda images: np.full((len(images), 10), 0.1), digits, out=tmp_path / "run")
    np.testing.assert_array_equal(load(tmp_path / "run").image("9999"), digits.image(9999))


def test_images_that_were_only_in_memory_are_gone_but_for_the_hard_ones(tmp_path):
    rank(checksum_of(3), small_dataset(40), out=tmp_path / "run", per_class=1)
    run = load(tmp_path / "run")
    for id in run.hard["id"]:
        np.testing.assert_array_equal(run.image(id), small_images(40)[int(id)])
    with pytest.raises(RunError, match=r"were at arrays in memory and cannot be opened there now"):
        run.image(easy_id(run))
    hard = list(run.hard["id"])
    assert run.pictured([easy_id(run), *hard]) == hard and run.pictured(hard) == hard


def test_a_run_of_saved_probabilities_has_no_images(tmp_path):
    rank(probabilities=[[0.6, 0.4], [0.3, 0.7]], labels=[0, 0], out=tmp_path / "run")
    with pytest.raises(RunError, match=r"made from saved probabilities without images; rank again"):
        load(tmp_path / "run").image("0")


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(RunError, match=r"a run is a folder with manifest\.json; .* has none; make"):
        load(tmp_path)


def test_opening_a_run_reads_no_table(run):
    assert not {"predictions", "hard", "metrics", "dataset"} & set(vars(load(run.folder)))


@pytest.mark.parametrize("outside", ["../../../secret.png", "ABSOLUTE"])
def test_a_table_that_names_a_picture_outside_the_run_does_not_show_it(tmp_path, outside):
    made = rank(checksum_of(3), small_dataset(), out=tmp_path / "run")
    write_png(small_images(1)[0], tmp_path / "secret.png")
    metadata = tmp_path / "run" / "results" / "hard" / "metadata.csv"
    first = made.hard["file_name"].iloc[0]
    name = str(tmp_path / "secret.png") if outside == "ABSOLUTE" else outside
    metadata.write_text(metadata.read_text().replace(first, name))
    with pytest.raises(RunError):
        load(tmp_path / "run").image(made.hard["id"].iloc[0])
