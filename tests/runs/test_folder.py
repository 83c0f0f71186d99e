import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from fakes import contents
from hypothesis import given
from hypothesis import strategies as st

from hardex.errors import RunError
from hardex.runs.folder import (
    MANIFEST,
    PEOPLE,
    RESULTS,
    _put_in_place,
    check_free,
    new_run,
    safe_name,
)

WORK_OF_PEOPLE = {
    "people/annotations.sqlite": b"verdicts",
    "proofs/20261201.json": b"better",
    "seal.json": b"{}",
}


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def files_of(folder):
    return {name: content for name, content in contents(folder).items() if content is not None}


def run_of(word):
    """The files of a run; `word` tells runs apart."""
    return {
        MANIFEST: word,
        f"{RESULTS}/predictions.parquet": word,
        f"{RESULTS}/hard/wrong/1.png": word,
    }


def make_run(folder, word, *, force=False):
    with new_run(folder, force=force) as partial:
        write(partial, run_of(word))


def test_a_run_is_there_when_it_is_whole_and_not_before(tmp_path):
    folder = tmp_path / "deep" / "er" / "run"
    with new_run(folder, force=False) as partial:
        write(partial, run_of(b"new"))
        assert not folder.exists()
    assert files_of(tmp_path / "deep/er") == {f"run/{k}": v for k, v in run_of(b"new").items()}


def test_a_folder_that_is_empty_or_holds_only_the_work_of_people_becomes_a_run(tmp_path):
    write(tmp_path / "run", WORK_OF_PEOPLE)
    make_run(tmp_path / "run", b"new")
    assert files_of(tmp_path / "run") == run_of(b"new") | WORK_OF_PEOPLE
    (tmp_path / "empty").mkdir()
    make_run(tmp_path / "empty", b"new")
    assert files_of(tmp_path / "empty") == run_of(b"new")


def test_the_current_folder_can_become_a_run(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    make_run(Path("."), b"new")
    assert files_of(tmp_path) == {f"here/{k}": v for k, v in run_of(b"new").items()}


def test_a_link_to_a_run_stays_a_link(tmp_path):
    make_run(tmp_path / "elsewhere" / "run", b"old")
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere" / "run")
    make_run(tmp_path / "link", b"new", force=True)
    assert (tmp_path / "link").is_symlink()
    assert files_of(tmp_path / "elsewhere") == {f"run/{k}": v for k, v in run_of(b"new").items()}


def test_force_replaces_the_results_whole_and_keeps_what_people_made(tmp_path):
    make_run(tmp_path / "run", b"old")
    write(tmp_path / "run", {**WORK_OF_PEOPLE, f"{RESULTS}/findings.parquet": b"of the old run"})
    make_run(tmp_path / "run", b"new", force=True)
    assert files_of(tmp_path) == {
        f"run/{k}": v for k, v in (run_of(b"new") | WORK_OF_PEOPLE).items()
    }


def test_people_is_what_no_verb_deletes():
    assert PEOPLE == ("people", "seal.json", "proofs")


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, ValueError, MemoryError])
@pytest.mark.parametrize("before", [{}, run_of(b"old") | WORK_OF_PEOPLE])
def test_a_run_that_is_stopped_leaves_everything_as_it_was(tmp_path, stop, before):
    write(tmp_path / "run", before)
    kept = contents(tmp_path)
    with pytest.raises(stop), new_run(tmp_path / "run", force=True) as partial:
        write(partial, run_of(b"new"))
        raise stop
    assert contents(tmp_path) == kept


def test_a_full_disk_is_said_in_one_sentence_and_leaves_nothing(tmp_path):
    with (
        pytest.raises(RunError, match=r"could not be written comple.* \(No space left.*; free"),
        new_run(tmp_path / "run", force=False) as partial,
    ):
        write(partial, run_of(b"new"))
        raise OSError(28, "No space left on device")
    assert contents(tmp_path) == {}


def states_on_the_way(tmp_path, steps_done):
    """A forced run whose power goes after so many moves of the last step."""
    folder, partial = tmp_path / "run", tmp_path / "partial"
    write(folder, run_of(b"old") | WORK_OF_PEOPLE)
    write(partial, run_of(b"new"))

    class PowerCut(BaseException):
        pass

    class Moving(type(folder)):
        """A path whose moves and removals are counted."""

        done = 0

        def _count(self):
            if Moving.done == steps_done:
                raise PowerCut
            Moving.done += 1

        def unlink(self, missing_ok=False):
            self._count()
            super().unlink(missing_ok=missing_ok)

        def rename(self, target):
            self._count()
            return super().rename(target)

    try:
        _put_in_place(Moving(partial), Moving(folder))
    except PowerCut:
        return folder, False
    return folder, True


@pytest.mark.parametrize("steps_done", range(6))
def test_a_power_cut_between_the_moves_leaves_a_whole_run_or_none_and_always_the_people(
    tmp_path, steps_done
):
    folder, finished = states_on_the_way(tmp_path, steps_done)
    files = files_of(folder)
    assert WORK_OF_PEOPLE.items() <= files.items()
    if MANIFEST in files:
        assert files == run_of(files[MANIFEST]) | WORK_OF_PEOPLE
        assert files[MANIFEST] == (b"new" if finished else b"old")
    make_run(folder, b"newest", force=MANIFEST in files)
    assert files_of(folder) == run_of(b"newest") | WORK_OF_PEOPLE


def test_the_moves_of_the_last_step_are_four(tmp_path):
    ends = [states_on_the_way(tmp_path / str(steps), steps)[1] for steps in range(6)]
    assert ends == [False, False, False, False, True, True]


@pytest.mark.parametrize("failing_move", range(4))
def test_a_failing_move_puts_the_old_run_back(tmp_path, monkeypatch, failing_move):
    write(tmp_path / "run", run_of(b"old") | WORK_OF_PEOPLE)
    kept = contents(tmp_path)
    move, moves = Path.rename, []

    def fails_once(path, target):
        moves.append(path)
        if len(moves) == failing_move + 1:
            raise OSError(28, "No space left on device")
        return move(path, target)

    with (
        pytest.raises(RunError, match="could not be written completely"),
        new_run(tmp_path / "run", force=True) as partial,
    ):
        write(partial, run_of(b"new"))
        monkeypatch.setattr(Path, "rename", fails_once)
    assert contents(tmp_path) == kept


def test_a_run_that_appears_meanwhile_is_not_replaced(tmp_path):
    with (
        pytest.raises(RunError, match="is a run already"),
        new_run(tmp_path / "run", force=False) as partial,
    ):
        write(partial, run_of(b"slower"))
        write(tmp_path / "run", run_of(b"quicker"))
    assert files_of(tmp_path / "run") == run_of(b"quicker")


def test_what_a_killed_process_left_is_swept_up_and_what_a_living_one_writes_is_not(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    dead, alive = (tmp_path / f".run.partial-{number}" for number in (ended.pid, os.getppid()))
    write(dead, run_of(b"half"))
    write(alive, run_of(b"half"))
    make_run(tmp_path / "run", b"new")
    assert not dead.exists()
    assert alive.exists()


def test_a_run_that_is_there_is_refused_without_force(tmp_path):
    make_run(tmp_path / "run", b"old")
    with pytest.raises(
        RunError, match=r"a new folder; .*run is a run already; pass --force to rep"
    ):
        make_run(tmp_path / "run", b"new")
    assert files_of(tmp_path / "run") == run_of(b"old")


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"thesis.tex": b""},
            r"must go to a new folder; .* holds other things \(thesis\.tex\); ch",
        ),
        ({"a.txt": b"", "b.txt": b""}, r"holds other things \(a\.txt, …\); choose another --out"),
        ({"results/mine.csv": b""}, r"holds other things \(results\); choose another --out"),
    ],
)
def test_a_folder_of_other_things_is_refused_and_left_alone(tmp_path, force, files, message):
    write(tmp_path / "run", files)
    kept = contents(tmp_path)
    with pytest.raises(RunError, match=message):
        make_run(tmp_path / "run", b"new", force=force)
    assert contents(tmp_path) == kept


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "run").write_text("a file")
    with pytest.raises(
        RunError, match=r"must go to a folder; .*run is a file; choose another with"
    ):
        make_run(tmp_path / "run", b"new")


@pytest.mark.parametrize(
    ("name", "reason"), [("file/run", r"Not a directory|File exists"), ("x" * 300, "too long")]
)
def test_a_place_that_cannot_be_written_is_refused(tmp_path, name, reason):
    (tmp_path / "file").write_text("a file")
    kept = contents(tmp_path)
    with pytest.raises(RunError, match=rf"can be written; .* cannot \(.*({reason}).*--out\.$"):
        make_run(tmp_path / name, b"new")
    assert contents(tmp_path) == kept


def test_asking_whether_a_folder_is_free_makes_nothing(tmp_path):
    check_free(tmp_path / "run", force=False)
    assert contents(tmp_path) == {}


@given(
    parts=st.lists(st.text(max_size=200), min_size=1, max_size=5),
    suffix=st.sampled_from(["", ".png"]),
)
def test_any_text_becomes_a_safe_file_name(parts, suffix):
    name = safe_name("0001", *parts, suffix=suffix)
    assert re.fullmatch(r"[A-Za-z0-9._-]+", name)
    assert len(name.encode()) <= 120
    assert name.endswith(suffix) and name.startswith("0001_")


def test_a_plain_name_stays_as_it_is():
    assert safe_name("mnist_cnn-mnist") == "mnist_cnn-mnist"
    assert safe_name("0001", "given-7", "conf-0.43", "12", suffix=".png") == (
        "0001_given-7_conf-0.43_12.png"
    )
