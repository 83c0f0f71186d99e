"""Every command of docs/your-own-data.md, run in order on small data."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from commands import Answer

from hardex import load
from hardex.images import write_png

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "docs" / "your-own-data.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for block in re.findall(r"```bash\n(.*?)```", GUIDE, re.DOTALL)
    for line in block.splitlines()
    if line and not line.startswith("hardex serve")  # stays until it is stopped
]


def test_the_guide_names_each_kind_of_command():
    verbs = {line.split()[1] for line in COMMANDS}
    assert {"check", "rank", "examples/train_photographs.py"} <= verbs


@pytest.mark.slow
def test_every_command_of_the_guide_works(tmp_path, hardex):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    write_photographs(tmp_path / "photos")
    np.save(tmp_path / "probabilities.npy", np.full((4, 2), 0.5, np.float32))
    np.save(tmp_path / "labels.npy", np.array([0, 1, 0, 1]))
    files = sorted((tmp_path / "photos" / "test").rglob("*.*"), reverse=True)
    classes = ["red", "green", "blue"]
    sure = 0.1 + 0.7 * np.array([[file.parent.name == name for name in classes] for file in files])
    np.savez(
        tmp_path / "probabilities.npz",
        probabilities=sure,
        paths=list(map(str, files)),
        class_names=classes,
    )
    for line in COMMANDS:
        program, _, words = line.partition(" ")
        done = hardex(words) if program == "hardex" else python(line, tmp_path)
        # The check may find problems in a model trained on sixty pictures.
        allowed = (0, 3) if words.startswith("check ") else (0,)
        assert done.code in allowed, f"{line}\n{done.out}{done.err}"
        assert "Traceback" not in done.err, f"{line}\n{done.err}"
    photographs = load(tmp_path / "runs" / "photographs")
    assert photographs.manifest.class_names == ("blue", "green", "red")
    assert photographs.image(photographs.hard["id"].iloc[0]).shape == (40, 30, 3)
    saved = load(tmp_path / "runs" / "probabilities-test")
    assert saved.metrics["accuracy"]["value"] == 1
    scans = load(tmp_path / "runs" / "scans")
    assert scans.manifest.class_names == ("clear", "spot")
    assert scans.predictions["probabilities"].map(len).eq(2).all()
    assert scans.metrics["accuracy"]["value"] > 0.7


def write_photographs(folder: Path) -> None:
    """Noisy red, green and blue pictures, some of them ambiguous."""
    rng = np.random.default_rng(0)
    for part, count in (("train", 20), ("test", 10)):
        for channel, name in enumerate(("red", "green", "blue")):
            (folder / part / name).mkdir(parents=True)
            for i in range(count):
                image = rng.integers(0, 200, (40, 30, 3), dtype=np.uint8)
                image[:, :, channel] += np.uint8(rng.integers(5, 55))
                write_png(image, folder / part / name / f"{i}.png")


def python(line: str, folder: Path) -> Answer:
    """Run one of the scripts of the guide."""
    done = subprocess.run(
        [sys.executable, *shlex.split(line, comments=True)[1:]],
        cwd=folder,
        env=os.environ | {"PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)
