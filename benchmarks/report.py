"""How large a report is and how long it takes: 200 thumbnails, and a run of 10,000 rows.

    python benchmarks/report.py

The runs are synthetic: answers of a model with the accuracy of ordinary ones, on gradients under
the noise of a camera (photographs) and on noise, which no picture format makes shorter. They are
made first, in a temporary folder, and are no part of what is measured. Each time is that of a
process of its own, after its imports.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import hardex

CLASSES = 10

_MEASURED = """
import json, sys
from time import perf_counter
import hardex
start = perf_counter()
hardex.report, hardex.compare
import duckdb, jinja2, pandas, pyarrow.parquet, scipy.stats, sqlalchemy, PIL.Image
import hardex.reporting.report
imports = perf_counter() - start
times = []
for _ in range(3):
    start = perf_counter()
    found = hardex.report(*sys.argv[2:], out=sys.argv[1], format="html", force=True)
    times.append(perf_counter() - start)
print(json.dumps(dict(imports=imports, first=times[0], again=min(times), size=found.size,
    thumbnails=found.thumbnails, tensorflow="tensorflow" in sys.modules)))
"""


def photographs(count: int, height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Gradients under the noise of a camera, (count, height, width, 3)."""
    y, x = np.mgrid[:height, :width]
    smooth = np.stack([x * 200 / width, y * 200 / height, (x + y) * 200 / (height + width)], axis=2)
    grain = rng.normal(0, 8, (count, height, width, 3))
    return (smooth + grain).clip(0, 255).astype(np.uint8)


def noise(count: int, height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Noise of the same shape."""
    return rng.integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def make_run(
    folder: Path, images: np.ndarray, rows: int, per_list: int, rng: np.random.Generator
) -> Path:
    """A run of random answers; the same few pictures again and again."""
    folder.mkdir()
    labels = rng.integers(0, CLASSES, rows)
    right = np.where(rng.random(rows) < 0.95, labels, rng.integers(0, CLASSES, rows))
    answers = rng.dirichlet(np.full(CLASSES, 0.1), rows) * 0.4
    answers[np.arange(rows), right] += 0.6
    np.savez(folder / "data.npz", images=images[np.arange(rows) % len(images)], labels=labels)
    hardex.rank(
        probabilities=answers / answers.sum(axis=1, keepdims=True),
        labels=labels,
        data=folder / "data.npz",
        out=folder / "run",
        count=per_list,
        diversity="none",
        allow_duplicates=True,
    )
    return folder / "run"


def measured(out: Path, *runs: Path) -> dict[str, float]:
    """The report of these runs, timed in a process of its own."""
    command = [sys.executable, "-c", _MEASURED, str(out), *map(str, runs)]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(told.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    rows = parser.parse_args().rows
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small = rng.integers(0, 256, (100, 28, 28, 1), dtype=np.uint8)
        runs = {
            "200 photographs of 640 x 480": make_run(
                folder / "photographs", photographs(100, 480, 640, rng), 2_100, 100, rng
            ),
            "200 pictures of noise, 300 x 300": make_run(
                folder / "noise", noise(100, 300, 300, rng), 2_100, 100, rng
            ),
            f"{rows:,} rows, 40 digits": make_run(folder / "rows", small, rows, 20, rng),
            f"{rows:,} rows, 200 digits": make_run(folder / "many", small, rows, 100, rng),
        }
        for what, run in runs.items():
            print(what, _told(measured(folder / "report.html", run)))
        two = [runs[f"{rows:,} rows, 40 digits"], runs[f"{rows:,} rows, 200 digits"]]
        print("both compared", _told(measured(folder / "report.html", *two)))


def _told(found: dict[str, float]) -> str:
    return (
        f"{found['thumbnails']} thumbnails, {found['size'] / 1e6:.2f} MB, {found['first']:.2f} s "
        f"after {found['imports']:.2f} s of imports, again {found['again']:.2f} s"
        f"{', TensorFlow loaded' if found['tensorflow'] else ''}"
    )


if __name__ == "__main__":
    main()
