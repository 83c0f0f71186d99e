import json
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from itertools import pairwise

import numpy as np
import pytest
from fakes import brightness, checksum_of, contents, small_dataset, small_images, write_folders
from hypothesis import given
from hypothesis import strategies as st

import hardex
from hardex.data.dataset import ArrayDataset
from hardex.data.folders import open_folders
from hardex.errors import HardexError, RunError
from hardex.images import as_png, write_png
from hardex.predict.predictions import Predictions
from hardex.runs.seal import Seal, only, open_sealed, read_seal, seal_for, seal_uses, sealed_count

HALF = Seal(0.5, "00" * 16)


def ids_of(data):
    return [id for batch in data.batches(9, None) for id in batch.ids]


def test_the_rule_is_the_one_that_is_written_down():
    """Worked by hand from the words in seal.json."""
    image = np.arange(6, dtype=np.uint8).reshape(1, 2, 3)
    text = bytes(16) + bytes([0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]) + bytes(range(6))
    first = int.from_bytes(sha256(text).digest()[:8], "big") / 2**64
    assert Seal(first + 1e-6, "00" * 16).holds(image)
    assert not Seal(first - 1e-6, "00" * 16).holds(image)


@given(share=st.floats(0.01, 0.99), salt=st.binary(min_size=16, max_size=16))
def test_about_the_share_asked_for_is_sealed(share, salt):
    images = small_images(400)
    sealed = sum(map(Seal(share, salt.hex()).holds, images))
    assert abs(sealed - 400 * share) <= 5.5 * np.sqrt(400 * share * (1 - share)) + 1


def test_another_salt_or_another_shape_of_the_same_bytes_is_another_draw():
    flat = small_images(64, size=4)
    tall = flat.reshape(64, 2, 8, 1)
    held = [HALF.holds(image) for image in flat]
    assert held != [HALF.holds(image) for image in tall]
    assert held != [Seal(0.5, "01" * 16).holds(image) for image in flat]


@given(share=st.floats(0.1, 0.9), larger=st.floats(0, 0.09))
def test_a_larger_share_seals_more_and_nothing_less(share, larger):
    images = small_images(60)
    for image in images:
        assert Seal(share, "ab").holds(image) <= Seal(share + larger, "ab").holds(image)


def test_equal_pixels_are_sealed_together_whatever_file_they_are_in(tmp_path):
    image = small_images(1, size=9, channels=3)[0]
    (tmp_path / "a").mkdir()
    write_png(image, tmp_path / "a" / "1.png")
    (tmp_path / "a" / "2.png").write_bytes(as_png(image) + b"a longer file")
    for salt in range(20):
        held = Seal(0.5, f"{salt:02x}").open_part(open_folders(tmp_path))
        assert len(ids_of(held)) in (0, 2)


def ranked(folder, data=None, **options):
    options = {"seal": 0.5, "out": folder / "run"} | options
    return hardex.rank(checksum_of(3), data or small_dataset(60), **options)


@pytest.fixture
def folders(tmp_path):
    """Forty pictures in three class folders, one of them damaged."""
    files = [f"{'abc'[i % 3]}/picture-{i:02}.png" for i in range(40)]
    write_folders(tmp_path / "data", files, size=6)
    (tmp_path / "data/a/picture-39.png").write_text("no image")
    return tmp_path / "data"


def test_both_parts_are_the_whole_and_counted(tmp_path, folders):
    run = ranked(tmp_path, folders)
    seen, sealed = (
        set(run.predictions.id),
        set(ids_of(read_seal(run.folder).sealed_part(open_folders(folders)))),
    )
    assert not seen & sealed
    assert len(seen | sealed) == 39 and len(sealed) > 5
    counts = run.manifest.counts
    assert (counts["examples"], counts["sealed"], counts["skipped"]) == (len(seen), len(sealed), 1)
    stored = json.loads((run.folder / "seal.json").read_text())
    assert stored["counts"] == {"sealed": len(sealed), "open": len(seen)}
    assert (stored["schema"], stored["share"], stored["uses"]) == ("hardex.seal/1", 0.5, [])


def test_no_sealed_example_is_in_any_file_of_the_run(tmp_path, folders):
    run = ranked(tmp_path, folders, per_class=40, allow_duplicates=True)
    data = open_folders(folders)
    sealed = read_seal(run.folder).sealed_part(data)
    names = [id.split("/")[1].removesuffix(".png").encode() for id in ids_of(sealed)]
    pixels = {as_png(image) for batch in sealed.batches(99, None) for image in batch.images}
    shown = {name.encode() for name in run.predictions.id}
    for name, content in contents(run.folder).items():
        assert not [sealed for sealed in names if sealed in name.encode()]
        assert content is None or not [sealed for sealed in names if sealed in content]
        assert content not in pixels
    assert any(name in (run.folder / "results/hard/metadata.csv").read_bytes() for name in shown)


def test_a_sealed_example_is_never_predicted():
    data, seen = small_dataset(60), []

    def noting(images):
        seen.extend(image.tobytes() for image in images)
        return checksum_of(3)(images)

    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        run = hardex.rank(noting, data, seal=0.5, out=f"{folder}/run", batch_size=7)
        seal = read_seal(run.folder)
    assert seen and not [
        image for image in data.images if seal.holds(image) and image.tobytes() in seen
    ]


def test_a_sealed_example_cannot_be_asked_for(tmp_path, folders):
    run = ranked(tmp_path, folders)
    (sealed, *_) = ids_of(read_seal(run.folder).sealed_part(open_folders(folders)))
    for ask in (run.image, run.position, run.row, run.given_label):
        with pytest.raises(RunError, match=r"none has the id '.*', and \d+ more are sealed for a"):
            ask(sealed)
    position = open_folders(folders).files.index(sealed)
    with pytest.raises(HardexError, match=r"cannot be shown: it is sealed for a later proof"):
        run.dataset.image(position)
    assert set(ids_of(run.dataset)) == set(run.predictions.id)
    assert run.image(run.predictions.id[0]).shape == (6, 6, 1)


def test_force_keeps_the_seal_and_applies_it_again(tmp_path, folders):
    first = ranked(tmp_path, folders, seed=3)
    stored = (first.folder / "seal.json").read_bytes()
    again = hardex.rank(checksum_of(3), folders, out=first.folder, force=True, seed=99)
    assert (again.folder / "seal.json").read_bytes() == stored
    assert again.predictions.id.tolist() == first.predictions.id.tolist()
    assert again.manifest.counts["sealed"] == first.manifest.counts["sealed"]
    assert (
        ranked(tmp_path, folders, force=True).predictions.id.tolist()
        == first.predictions.id.tolist()
    )
    with pytest.raises(RunError, match=r"--seal must stay 0\.5, as when .*; received 0\.25; leav"):
        ranked(tmp_path, folders, force=True, seal=0.25)


def test_all_runs_on_the_same_data_seal_the_same_examples(tmp_path, folders):
    runs = [
        hardex.rank(model, folders, seal=0.5, class_names=["a", "b", "c"], out=tmp_path / name)
        for name, model in (("one", checksum_of(3)), ("two", lambda x: checksum_of(3)(x)[:, ::-1]))
    ]
    other = ranked(tmp_path, folders, seed=1)
    assert runs[0].predictions.id.tolist() == runs[1].predictions.id.tolist()
    assert runs[0].predictions.id.tolist() == other.predictions.id.tolist()


def test_what_has_been_seen_cannot_be_sealed_afterwards(tmp_path, folders):
    ranked(tmp_path, folders, seal=None)
    with pytest.raises(RunError, match=r"nobody has seen can be sealed; .* without a seal"):
        ranked(tmp_path, folders, force=True)
    assert not (tmp_path / "run/seal.json").exists()


def test_an_empty_folder_can_become_a_sealed_run(tmp_path, folders):
    (tmp_path / "run").mkdir()
    assert (ranked(tmp_path, folders).folder / "seal.json").exists()


def test_a_run_that_fails_leaves_no_seal(tmp_path, folders):
    (tmp_path / "run").mkdir()
    with pytest.raises(HardexError, match="--strict"):
        ranked(tmp_path, folders, strict=True)
    assert list((tmp_path / "run").iterdir()) == []


def test_saved_probabilities_are_sealed_by_their_images(tmp_path, folders):
    data = open_folders(folders)
    images = np.stack([small_images(1, seed=i)[0] for i in range(len(data))])
    run = hardex.rank(
        None, data, probabilities=checksum_of(3)(images), seal=0.5, out=tmp_path / "saved"
    )
    assert run.predictions.id.tolist() == ranked(tmp_path, folders).predictions.id.tolist()
    expected = checksum_of(3)(images).astype(np.float32)[run.predictions.position]
    np.testing.assert_array_equal(np.stack(run.predictions.probabilities), expected)


def test_saved_probabilities_without_images_cannot_be_sealed(tmp_path):
    rows = brightness(small_images(6))
    with pytest.raises(HardexError, match=r"without images; pass DATA"):
        hardex.rank(probabilities=rows, labels=np.zeros(6, int), seal=0.5, out=tmp_path / "run")


def test_the_sealed_part_is_handed_out_and_every_use_counted(tmp_path, folders):
    run = ranked(tmp_path, folders)
    data = open_folders(folders)
    for use in (1, 2):
        opened = open_sealed(run.folder, data, reason=f"proof {use}")
        assert opened.number == seal_uses(run.folder) == use
        assert not set(ids_of(opened.part)) & set(run.predictions.id)
        uses = json.loads((run.folder / "seal.json").read_text())["uses"]
        assert [entry["reason"] for entry in uses] == ["proof 1", "proof 2"][:use]
        assert uses[0]["time"].endswith("+00:00")
    assert [path.name for path in run.folder.glob(".*")] == []


def test_proofs_at_the_same_time_are_as_many_uses(tmp_path, folders):
    run = ranked(tmp_path, folders)
    data = open_folders(folders)

    def use(place):
        return open_sealed(run.folder, data, reason=f"proof {place}").number

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(use, range(8))) == list(range(1, 9))
    assert seal_uses(run.folder) == 8


def test_only_a_sealed_run_has_sealed_examples(tmp_path, folders):
    run = ranked(tmp_path, folders, seal=None)
    with pytest.raises(
        RunError, match=r"only a sealed run has sealed examples; .* no seal\.json; r"
    ):
        open_sealed(run.folder, run.dataset, reason="proof")


def test_a_run_that_is_ranked_again_stays_sealed(tmp_path, folders):
    run = ranked(tmp_path, folders)
    again = hardex.rank(run.folder, out=tmp_path / "again", diversity="none")
    assert read_seal(again.folder) == read_seal(run.folder)
    assert set(ids_of(again.dataset)) == set(run.predictions.id)
    ranked(tmp_path, folders, out=tmp_path / "other", seal=0.2)
    with pytest.raises(RunError, match=r"only by one with the same seal; the seals of .* differ"):
        hardex.rank(run.folder, out=tmp_path / "other", force=True)


@pytest.mark.parametrize("share", [0.0, 1.0, -1.0, 1.5, float("nan")])
def test_a_share_is_more_than_nothing_and_less_than_all(tmp_path, share):
    with pytest.raises(RunError, match=r"--seal must be a share between 0 and 1; received .*; try"):
        seal_for(tmp_path, share)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"schema": "hardex.seal/2"}',
        '{"schema": "hardex.seal/1", "share": 0.5}',
        '{"schema": "hardex.seal/1", "share": 0.5, "salt": "no hex"}',
    ],
)
def test_a_damaged_seal_is_never_passed_over(tmp_path, folders, text):
    run = ranked(tmp_path, folders)
    (run.folder / "seal.json").write_text(text)
    for act in (
        lambda: ranked(tmp_path, folders, force=True),
        lambda: hardex.load(run.folder).dataset,
        lambda: open_sealed(run.folder, small_dataset(), reason="proof"),
    ):
        with pytest.raises(RunError, match=r"must be a seal written by hardex .*; restore it from"):
            act()


@given(kept=st.sets(st.integers(0, 19)), cuts=st.lists(st.integers(0, 20)))
def test_only_keeps_whole_rows_of_the_places_asked_for(kept, cuts):
    rows = checksum_of(3)(small_images(20))
    edges = sorted({0, 20, *cuts})
    stream = (
        Predictions(np.arange(a, b), tuple(map(str, range(a, b))), np.arange(a, b) % 3, rows[a:b])
        for a, b in pairwise(edges)
    )
    found = list(only(stream, np.array(sorted(kept), int)))
    assert [id for batch in found for id in batch.ids] == [str(place) for place in sorted(kept)]
    for batch in found:
        np.testing.assert_array_equal(batch.probabilities, rows[batch.positions].astype(np.float32))
        assert batch.labels.tolist() == (batch.positions % 3).tolist()


def test_files_that_cannot_be_read_are_not_counted_as_sealed(folders):
    part = HALF.open_part(open_folders(folders))
    assert sealed_count(part, len(ids_of(part)), part.skipped()) == len(
        ids_of(HALF.sealed_part(part.whole))
    )


def test_arrays_are_sealed_too():
    data = ArrayDataset.of(small_images(30), np.zeros(30, int))
    whole = ids_of(HALF.open_part(data)) + ids_of(HALF.sealed_part(data))
    assert sorted(whole, key=int) == list(map(str, range(30)))
