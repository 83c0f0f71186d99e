import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from fakes import checksum_of, contents, diagnosed, small_dataset, small_images, write_folders

from hardex import load
from hardex.people.events import Annotation
from hardex.people.store import Store
from hardex.runs.views import View
from hardex.version import VERSION

DATA = small_dataset(40)


@pytest.fixture
def files(tmp_path):
    """Input files of every kind."""
    np.save(tmp_path / "p.npy", checksum_of(3)(DATA.images))
    np.save(tmp_path / "y.npy", DATA.labels)
    np.savetxt(tmp_path / "p.csv", checksum_of(3)(DATA.images), "%.17g", ",", header="0,1,2")
    np.savetxt(tmp_path / "y.csv", DATA.labels, "%d")
    np.savez(tmp_path / "data.npz", images=DATA.images, labels=DATA.labels)
    write_folders(tmp_path / "images", [f"{c}/{i}.png" for c in ("2", "10", "b") for i in range(4)])
    return tmp_path


@pytest.fixture(scope="session")
def model_of_three(tmp_path_factory):
    """A model of 4 x 4 grey images and three classes."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(3, "softmax")]
    )
    path = tmp_path_factory.mktemp("models") / "of_three.keras"
    model.save(path)
    return path


def hard_of(out):
    return load(out).hard


def test_a_model_and_class_folders_give_a_run_and_the_next_command(hardex, files, model_of_three):
    answer = hardex(f"rank {model_of_three} images")
    assert (answer.code, answer.err) == (0, "")
    assert "12 examples, " in answer.out
    assert "Classes in the order of the outputs: 2, 10, b." in answer.out
    assert "Images 4 x 4 x 1, preprocessing unit." in answer.out
    assert answer.out.endswith(" hardex serve runs/of_three-images\n")
    run = load("runs/of_three-images")
    assert run.manifest.command == f"hardex rank {model_of_three} images"
    assert run.manifest.model.path == str(model_of_three)
    for id in run.predictions["id"]:
        assert run.image(id).shape == (4, 4, 1)


@pytest.mark.parametrize("p", ["p.npy", "p.csv"])
@pytest.mark.parametrize("y", ["--labels y.npy", "--labels y.csv", "data.npz"])
def test_saved_probabilities_give_the_same_run_in_every_file_format(hardex, files, p, y):
    assert hardex(f"rank --probabilities {p} {y} --out run").code == 0
    assert hardex("rank --probabilities p.npy --labels y.npy --out other").code == 0
    first, second = hard_of("run"), hard_of("other")
    assert first.drop(columns="file_name").equals(second.drop(columns="file_name"))
    assert (first["file_name"] != "").all() == (y == "data.npz")


def test_labels_and_data_can_both_be_given_with_saved_probabilities(hardex, files):
    np.save("z.npy", (DATA.labels + 1) % 3)
    assert hardex("rank --probabilities p.npy --labels z.npy data.npz --out run").code == 0
    table = load("run").predictions
    assert table["given_index"].tolist() == ((DATA.labels + 1) % 3).tolist()
    assert load("run").image("0").shape == (4, 4, 1)


def test_json_is_one_object_with_its_schema_and_the_numbers_of_the_table(hardex, files):
    answer = hardex("rank --probabilities p.npy --labels y.npy --out run --format json")
    assert (answer.code, answer.err) == (0, "")
    found = json.loads(answer.out)
    assert (found["schema"], found["run"]) == ("hardex.rank/1", "run")
    assert found["hard"] == hard_of("run").to_dict(orient="records")
    assert found["counts"] == load("run").manifest.counts
    assert found["class_names"] == ["0", "1", "2"]


def rows_shown(answer):
    return sum(line.count("│") >= 5 and "0." in line for line in answer.out.splitlines())


def test_five_rows_of_each_list_are_shown_and_all_with_v(hardex, files):
    line = "rank --probabilities p.npy --labels y.npy --per-class 3 --force --out run "
    assert rows_shown(hardex(line)) == 10
    assert rows_shown(hardex(line + "-v")) == rows_shown(hardex(line + "--verbose")) == 18


def test_names_with_brackets_are_shown_as_they_are(hardex, files):
    answer = hardex(
        "rank --probabilities p.npy --labels y.npy --out '[/b]' --classes '[red],[/red],[bold]x'"
    )
    assert answer.code == 0
    assert "Classes in the order of the outputs: [red], [/red], [bold]x." in answer.out
    assert rows_shown(answer) == 10 and answer.out.count("[/red]") > 2
    assert answer.out.endswith("Run saved in [/b]. Open it: hardex serve [/b]\n")


def test_a_finished_run_is_ranked_again_by_another_rule(hardex, files):
    hardex("rank --probabilities p.npy data.npz --out run")
    answer = hardex("rank run --out again --diversity confusion --count 6 --wrong entropy:no")
    assert answer.code == 1 and "importing entropy failed" in answer.err
    answer = hardex("rank run --out again --diversity confusion --count 6 --pool 30")
    assert (answer.code, answer.err) == (0, "")
    rule = load("again").manifest.rule
    assert (rule["diversity"], rule["count"], rule["pool"]) == ("confusion", 6, 30)
    assert " 6 of 6 confusion pairs (random: " in answer.out
    refused = hardex("rank run")
    assert refused.code == 1 and "received only run; name it with --out." in refused.err


def test_the_coverage_of_each_list_is_printed(hardex, files):
    answer = hardex("rank --probabilities p.npy data.npz --out run --diversity embedding")
    assert answer.out.count("clusters of embeddings (random:") == 2
    assert answer.out.count("confusion pairs (random:") == 2
    np.savez("twins.npz", images=DATA.images[[0, 0, 1, 2]], labels=[0, 0, 1, 2])
    np.save("four.npy", np.tile([0.2, 0.5, 0.3], (4, 1)))
    line = "rank --probabilities four.npy twins.npz --out twins"
    assert "; skipped: 1 near-duplicate (--allow-duplicates keeps them)." in hardex(line).out
    assert "near-duplicates" not in hardex(line + " --force --allow-duplicates").out


def test_a_rare_class_gets_a_hint_unless_it_is_followed(hardex):
    np.save("p.npy", np.tile([0.6, 0.4], (100, 1)))
    np.save("y.npy", np.arange(100) // 98)
    line = "rank --probabilities p.npy --labels y.npy --out run --force"
    hint = " 2 of 100 examples: try --wrong adjusted_self_confidence"
    assert hint in hardex(line).out
    assert hint not in hardex(line + " --wrong adjusted_self_confidence").out
    np.save("y.npy", np.arange(100) // 90)
    assert "rarest" not in hardex(line).out


def test_a_shortfall_is_printed(hardex, files):
    np.save("p.npy", np.array([[0.9, 0.1], [0.8, 0.2], [0.4, 0.6]]))
    np.save("y.npy", np.array([0, 0, 0]))
    answer = hardex("rank --probabilities p.npy --labels y.npy --out run")
    assert "2 of the 4 requested: there are no more examples in some classes." in answer.out
    assert "1 of the 4 requested: there are no more misclassified examples in some" in answer.out
    line = "rank --probabilities p.npy --labels y.npy --out b --count 3 --diversity none"
    assert "1 of the 3 requested: there are no more misclassified examples." in hardex(line).out


def test_a_diagnosed_run_is_ranked_by_cause(hardex, files):
    hardex("rank --probabilities p.npy data.npz --out run")
    answer = hardex("rank run --out again --diversity cause")
    assert (answer.code, answer.out) == (1, "")
    assert "run hardex diagnose" not in answer.err and "diagnose run --train DATA." in answer.err
    answer = hardex("rank --probabilities p.npy data.npz --out again --diversity cause")
    assert answer.code == 1 and "then rank that RUN again with --out." in answer.err
    wrong = load("run").find(View(correct=False, sort="loss")).examples[:4]
    causes = zip(wrong, ("rare", "blur", "rare", "noise"), strict=True)
    diagnosed(load("run"), {one.id: cause for one, cause in causes})
    answer = hardex("rank run --out again --diversity cause --count 6")
    assert (answer.code, answer.err) == (0, "")
    assert ", 3 of 3 causes (random: 3.0) and " in answer.out
    few = "Only 4 of the 6 requested: there are no more misclassified examples that were diagnosed."
    assert few in answer.out
    chosen = hard_of("again")
    assert chosen[chosen["list"] == "wrong"]["id"].tolist() == [wrong[i].id for i in (0, 1, 3, 2)]


def test_unreadable_files_are_counted(hardex, files, model_of_three):
    (files / "images/10/2.png").write_text("no image")
    answer = hardex(f"rank {model_of_three} images --out run")
    assert answer.code == 0
    assert "11 examples, " in answer.out
    assert "files; see run/results/skipped.csv." in answer.out
    refused = hardex(f"rank {model_of_three} images --out strict --strict")
    assert refused.code == 1
    assert "1 of 12 are not, the first is 10/2.png" in refused.err
    assert not os.path.exists("strict")


def test_a_long_list_of_classes_is_shortened(hardex):
    np.save("p.npy", np.eye(30))
    np.save("y.npy", np.arange(30))
    answer = hardex("rank --probabilities p.npy --labels y.npy --out run")
    assert "outputs: 0, 1, 2," in answer.out and ", 17, …, 29." in answer.out


def test_options_reach_the_run(hardex, files, model_of_three):
    options = (
        "--count 5 --diversity none --unsure entropy --wrong el2n --preprocess raw "
        "--classes b,2,10 --batch-size 3 --seed 7"
    )
    assert hardex(f"rank {model_of_three} images --out run {options}").code == 0
    manifest = load("run").manifest
    assert manifest.rule == {
        **{"per_class": 2, "count": 5, "diversity": "none"},
        **{"unsure": "entropy", "wrong": "el2n"},
        **{"pool": 2000, "allow_duplicates": False},
    }
    assert (manifest.preprocess, manifest.batch_size, manifest.seed) == ("raw", 3, 7)
    assert manifest.class_names == ("b", "2", "10")


def test_force_replaces_a_run_and_keeps_its_annotations(hardex, files):
    line = "rank --probabilities p.npy --labels y.npy --out run"
    hardex(line)
    os.mkdir("run/people")
    refused = hardex(line)
    assert refused.code == 1
    assert "run is a run already; pass --force to replace its results" in refused.err
    assert hardex(line + " --force --per-class 1").code == 0
    assert os.path.isdir("run/people") and len(hard_of("run")) == 6


def test_force_reports_how_many_annotations_no_longer_match(hardex, files):
    line = "rank --probabilities p.npy --labels y.npy --out run --force"
    assert hardex(line).code == 0
    for id in ("0", "1", "gone/1.png", "gone/2.png"):
        Store.open("run").add(Annotation("anna", id, "right"))
    answer = hardex(line)
    assert "2 annotations on examples that this run does not have" in answer.out
    assert [event.id for event in Store.open("run").all()][:2] == ["0", "1"]


LOGITS = "these look like logits: put a softmax behind the model, or save scipy.special.softmax("


def prepare(folder):
    """Invalid files, each in its own way."""
    np.save(folder / "y.npy", DATA.labels)
    np.save(folder / "p.npy", checksum_of(3)(DATA.images))
    np.save(folder / "y9.npy", np.where(np.arange(40) == 9, 9, DATA.labels))
    np.save(folder / "y39.npy", DATA.labels[:39])
    np.save(folder / "y_half.npy", DATA.labels / 2)
    np.save(folder / "p0.npy", np.zeros((0, 3)))
    np.save(folder / "p1.npy", np.zeros(40))
    np.save(folder / "p_nan.npy", np.full((40, 3), np.nan))
    np.save(folder / "p_logits.npy", np.random.default_rng(0).normal(size=(40, 3)))
    (folder / "p0.csv").write_text("")
    (folder / "p_text.csv").write_text("a,b\nc,d\n")
    (folder / "text.keras").write_text("no model")
    (folder / "folder.keras").mkdir()
    (folder / "model.pkl").write_bytes(b"\x80")
    (folder / "empty").mkdir()
    (folder / "no_images/a").mkdir(parents=True)
    (folder / "no_images/a/notes.txt").write_text("no image")
    (folder / "other").mkdir()
    (folder / "other/thesis.tex").write_text("dear to somebody")
    write_folders(folder / "two", ["a/1.png", "b/1.png"])
    two = {"labels": np.array([0, 1, 2])}
    np.savez(folder / "other_size.npz", images=small_images(3, size=5), **two)
    np.savez(folder / "rgb.npz", images=small_images(3, channels=3), **two)
    np.savez(folder / "floats.npz", images=small_images(3) / -255, **two)
    np.savez(folder / "four.npz", images=small_images(4), labels=np.arange(4))
    np.savez(folder / "fits.npz", images=small_images(3), **two)
    np.savez(folder / "one_label.npz", images=small_images(3), labels=np.array(3))
    np.savez(folder / "flat.npz", images=np.zeros((3, 0, 4), np.uint8), **two)
    np.save(folder / "y_huge.npy", np.where(np.arange(40) == 9, 1e300, DATA.labels))


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("rank nowhere.keras two", "there is nothing at nowhere.keras; check the path"),
        ("rank mnist_huge two", "or a shipped model; there is nothing at mnist_huge"),
        ("rank text.keras two", "must be a whole .keras file of built-in layers; reading text.ker"),
        ("rank folder.keras two", "must be a Keras 3 .keras file; folder.keras is not one"),
        ("rank model.pkl two", "must be a Keras 3 .keras file; model.pkl is not one"),
        (
            "rank MODEL other_size.npz",
            "expects images of 4 x 4 x 1; other_size.npz holds 5 x 5 x 1",
        ),
        ("rank MODEL rgb.npz", "expects images of 4 x 4 x 1; rgb.npz holds 4 x 4 x 3"),
        ("rank MODEL mnist:test", "expects images of 4 x 4 x 1; mnist:test holds 28 x 28 x 1"),
        ("rank MODEL floats.npz", "dtype uint8; received shape (3, 4, 4, 1), float64; pass"),
        ("rank MODEL two", "one output per class; MODEL has 3 and two has 2 classes (a, b); pass"),
        ("rank MODEL four.npz", "has 3 and four.npz has 4 classes (0, 1, 2, 3); pass the model"),
        ("rank MODEL nowhere", "data must be a folder of class folders, an .npz file, an IDX im"),
        ("rank MODEL mnist:dev", "the shipped MNIST has the parts train and test; received 'dev'"),
        ("rank MODEL text.keras", "text.keras is none of them; convert it to one"),
        ("rank MODEL empty", "one folder of images per class; it holds no folders; sort"),
        ("rank MODEL no_images", "in its class folders; none was found in 1 folders; check"),
        ("rank MODEL two --classes a,c,d", "must be one of the named classes a, c, d; b is none"),
        ("rank MODEL two --classes a,a", "'a' names two or more of 2; name each class once"),
        ("rank MODEL fits.npz --classes a,b", "lie in 0..1 for 2 classes; label 2 (counted from"),
        ("rank MODEL fits.npz --preprocess x", "or MODULE:FUNCTION; received 'x'; choose what the"),
        ("rank MODEL fits.npz --batch-size 0", "--batch-size must be 1 or more; received 0"),
        (
            "rank MODEL fits.npz --batch-size 1000000000",
            "a batch fit into 1 GiB of pixels; received 1,000,000,000 images of 4 x 4 x 1; choose",
        ),
        ("rank MODEL one_label.npz", "one_label.npz has 3 images and 1 labels; pass the labels"),
        ("rank MODEL flat.npz", "shape (3, 0, 4, 1), uint8; check how they were saved: they"),
        ("rank ~nobody-here/m.keras two", "there is nothing at ~nobody-here/m.keras; check"),
        ("rank MODEL ~nobody-here/images", "there is nothing at ~nobody-here/images; check"),
        (
            "rank --probabilities p.npy --labels y_huge.npy",
            "y_huge.npy holds huge numbers: label 9 (c",
        ),
        ("rank MODEL two --classes a,", "name 2 of 2 is empty; name all of them"),
        ("serve text.keras", "a run is a folder with manifest.json; text.keras has none; make one"),
        ("rank MODEL fits.npz --per-class 0", "--per-class must be 1 or more; received 0"),
        ("rank MODEL fits.npz --count -1", "--count must be 1 or more; received -1"),
        (
            "rank MODEL fits.npz --diversity all",
            "--diversity must be one of none, class, confusion",
        ),
        ("rank MODEL fits.npz --unsure loss", "--unsure must be one of least_confidence, margin"),
        ("rank MODEL fits.npz --labels y.npy", "--labels belong to saved probabilities; received"),
        ("rank MODEL fits.npz --out other", "other holds other things (thesis.tex); choose"),
        ("rank MODEL fits.npz --out text.keras", "text.keras is a file; choose another with --out"),
        ("rank MODEL fits.npz --out text.keras/run", "text.keras/run cannot ("),
        ("rank MODEL fits.npz --probabilities p.npy", "takes a model or saved probabilities; rece"),
        ("rank --probabilities p.npy", "need the given labels; received none; pass --labels FILE"),
        (
            "rank --probabilities p.npy --labels y9.npy",
            "label 9 (counted from 0) is 9, and 1 of 40",
        ),
        ("rank --probabilities p.npy --labels y39.npy", "received 39 labels and 40 rows; pass the"),
        (
            "rank --probabilities p.npy --labels y_half.npy",
            "y_half.npy holds fractions: label 0 (coun",
        ),
        (
            "rank --probabilities p.npy --labels no.npy",
            "the labels must be a .npy, .npz, .csv or",
        ),
        ("rank --probabilities p.npy fits.npz", "holds 3 images and there are 40 rows; pass"),
        ("rank --probabilities p.npy --labels y.npy fits.npz", "holds 3 images and there are 40"),
        ("rank --probabilities p.npy --labels y.npy --classes a", "3 columns for 1 classes; name"),
        ("rank --probabilities no.npy --labels y.npy", ".parquet file; there is nothing at no.npy"),
        ("rank --probabilities p0.npy --labels y.npy", "at least one row; p0.npy is empty; save"),
        ("rank --probabilities p0.csv --labels y.npy", "at least one row; p0.csv is empty; save"),
        ("rank --probabilities p1.npy --labels y.npy", "two classes or more; received shape (40,)"),
        ("rank --probabilities p_text.csv --labels y.npy", "numbers; reading p_text.csv failed ("),
        (
            "rank --probabilities p_nan.npy --labels y.npy",
            "row 0 holds NaN or infinity in p_nan.npy",
        ),
        ("rank --probabilities p_logits.npy --labels y.npy", LOGITS),
        ("rank --probabilities '[/b].npy' --labels y.npy", "there is nothing at [/b].npy; check"),
        ("rank --probabilities p.npy --labels y.npy --out text.keras/run", "text.keras/run cannot"),
    ],
)
def test_bad_input_gets_one_sentence_and_leaves_nothing(
    hardex, tmp_path, model_of_three, line, sentence
):
    prepare(tmp_path)
    (tmp_path / "MODEL").symlink_to(model_of_three)
    line = line.replace("MODEL", "of_three.keras", 1)
    (tmp_path / "MODEL").rename(tmp_path / "of_three.keras")
    kept = contents(tmp_path)
    answer = hardex(line)
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith("Error: ") and answer.err.endswith(".\n")
    assert answer.err.count("\n") == 1
    assert "Traceback" not in answer.err
    assert sentence.replace("MODEL", "of_three.keras") in answer.err
    assert contents(tmp_path) == kept


@pytest.mark.parametrize(
    "line",
    [
        "rank",
        "rank mnist_cnn",
        "rank --out run",
        "rank a b c",
        "rank a b --per-class two",
        "rank a b --no-such-option",
        "rank a b --format yaml",
        "no-such-verb",
    ],
)
def test_wrong_usage_exits_with_two_and_shows_the_usage(hardex, tmp_path, line):
    answer = hardex(line)
    assert (answer.code, answer.out) == (2, "")
    assert "Usage: " in answer.err
    assert contents(tmp_path) == {}


def test_help_and_version_exit_with_zero(hardex):
    assert hardex("--version").out == f"hardex {VERSION}\n"
    for line in ("--help", "rank --help", "demo --help", "serve --help"):
        answer = hardex(line)
        assert (answer.code, answer.err) == (0, "")
        assert "Usage: " in answer.out


HARDEX = (sys.executable, "-c", "from hardex.cli.main import main; main()")


def in_a_shell(line, folder):
    words = [*HARDEX, *shlex.split(line)]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=120)


def test_a_process_exits_with_one_sentence_and_its_code(files):
    done = in_a_shell("rank --probabilities p.npy --labels nowhere.npy", files)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "Error: the labels must be a .npy, .npz, .csv or .parquet file; there is nothing at "
        "nowhere.npy; check the path.\n"
    )
    assert in_a_shell("rank", files).returncode == 2


def test_a_process_that_ranks_prints_only_its_result(files, model_of_three):
    done = in_a_shell(f"rank {model_of_three} data.npz --out run --format json", files)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["counts"]["examples"] == 40


def test_ctrl_c_exits_with_130_and_one_sentence_and_leaves_nothing(files):
    """Ctrl-C is pressed while a model does not return."""
    (files / "slow.py").write_text(
        "from pathlib import Path\nfrom time import sleep\nimport numpy as np\n"
        "def model(images):\n"
        "    while list(Path().glob('.run.partial-*/results/predictions.parquet')): sleep(0.02)\n"
        "    return np.full((len(images), 3), 1 / 3)\n"
    )
    words = [*HARDEX, "rank", "slow:model", "images", "--out", "run"]
    # As from a terminal: tests that run in the background ignore SIGINT.
    process = subprocess.Popen(
        words, cwd=files, stderr=subprocess.PIPE, text=True, preexec_fn=handle_sigint
    )
    wait_for(lambda: list(files.glob(".run.partial-*/results/predictions.parquet")))
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (
        *(130, "Error: stopped; no incomplete results were left behind.\n"),
    )
    assert [path.name for path in files.iterdir() if "run" in path.name] == []


def handle_sigint():
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_check_reports_a_problem_and_the_fix(hardex):
    answer = hardex("check mnist_small mnist:test --preprocess unit,inverted")
    assert (answer.code, answer.err) == (3, "")
    assert answer.out.startswith("inverted_colours: accuracy on 512 examples is ")
    assert answer.out.endswith("\n  What to do: pass --preprocess unit.\n")


def test_check_reports_that_there_is_no_problem(hardex):
    answer = hardex("check mnist_small mnist:test")
    assert (answer.code, answer.err) == (0, "")
    assert re.fullmatch(
        r"No problems found: accuracy is 9\d\.\d% on 512 examples \(95 % interval .*\)\.\n",
        answer.out,
    )


def test_check_does_not_praise_a_weak_model_and_says_how_it_was_called(hardex):
    (Path.cwd() / "weak.py").write_text(
        "import numpy as np\n"
        "def weak(images):\n"
        "    rows = np.zeros((len(images), 3))\n"
        "    rows[np.arange(len(images)), images[:, 0, 0, 0] % 3] = 1\n"
        "    return 0.4 * rows + 0.2\n"
    )
    labels = np.arange(400) % 3
    rng = np.random.default_rng(0)
    images = rng.integers(0, 252, (400, 4, 4, 1), dtype=np.uint8)
    told = np.where(rng.random(400) < 0.6, labels, images[:, 0, 0, 0] % 3)
    images[:, 0, 0, 0] = images[:, 0, 0, 0] // 3 * 3 + told
    np.savez("weak.npz", images=images, labels=labels)
    answer = hardex("check weak:weak weak.npz")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("No cause found, and the accuracy is ")
    assert "below 95 %; tried without success: " in answer.out
    told = json.loads(hardex("check weak:weak weak.npz --format json").out)
    assert (told["verdict"], told["examples"], told["findings"]) == ("poor", 400, [])
    assert told["accuracy"]["low"] < told["accuracy"]["value"] < told["accuracy"]["high"] < 0.95


@pytest.mark.parametrize(("options", "codes"), [("", []), ("--logits", ["softmax_twice"])])
def test_check_answers_in_json(hardex, options, codes):
    answer = hardex(f"check mnist_small mnist:test --format json {options}")
    found = json.loads(answer.out)
    assert (answer.code, answer.err) == (3 if codes else 0, "")
    assert found["schema"] == "hardex.check/1"
    assert [finding["code"] for finding in found["findings"]] == codes
    assert all(
        set(finding) == {"code", "severity", "evidence", "advice"} for finding in found["findings"]
    )


def test_a_ranking_reports_what_the_check_found_and_continues(hardex):
    answer = hardex("rank mnist_small mnist:test --preprocess unit,inverted --out run")
    assert (answer.code, answer.err) == (0, "")
    assert "inverted_colours: " in answer.out
    assert "What to do: pass --preprocess unit." in answer.out
    answer = hardex("rank mnist_small mnist:test --preprocess raw --out other --format json")
    assert [finding["code"] for finding in json.loads(answer.out)["doctor"]] == ["wrong_scale"]
