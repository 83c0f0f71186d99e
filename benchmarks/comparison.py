"""How long a comparison of large runs takes, and how much memory: 10 models x 1,000,000 examples.

    python benchmarks/comparison.py --runs 10 --examples 1000000

The runs are synthetic: random answers with the accuracy of ordinary models, in tables as hardex
writes them. They are made first, in a temporary folder, and are no part of what is measured.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hardex.predict.accumulators import Calibration, Confusion
from hardex.predict.metrics import metrics
from hardex.runs.folder import RESULTS, TABLE
from hardex.runs.manifest import Manifest, Source
from hardex.runs.tables import schema

CLASSES = 10
GROUP = 8_192

_MEASURED = """
import json, resource, sys
from pathlib import Path
from time import perf_counter, process_time
from hardex import compare
from hardex.comparison.plain import counts
runs, out = sys.argv[2:], Path(sys.argv[1])
start = perf_counter()
found = compare(*runs)
lists = counts(found)
classes = [found.class_differences(one.a, one.b) for one in found.differences]
compared, busy = perf_counter() - start, process_time()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
from hardex.comparison.table_files import write_table
start = perf_counter()
write_table(found, out / "table.parquet")
written = perf_counter() - start
peak_written = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(dict(examples=len(found), wrong=len(found.rows("wrong_in_all")),
    compared=compared, busy=busy, peak=peak, written=written, peak_written=peak_written)))
"""


def make_run(folder: Path, examples: int, seed: int) -> Path:
    """A run of random answers on examples that every such run has."""
    rng, shared = np.random.default_rng(seed), np.random.default_rng(0)
    given = shared.integers(0, CLASSES, examples).astype(np.int32)
    hardness = shared.random(examples)
    probabilities = rng.dirichlet(np.full(CLASSES, 0.2), examples).astype(np.float32)
    probabilities *= 0.3
    rows = np.arange(examples)
    at = np.where(rng.random(examples) < hardness**8, rng.integers(0, CLASSES, examples), given)
    probabilities[rows, at] += 0.7
    predicted = probabilities.argmax(axis=1).astype(np.int32)
    loss = -np.log(np.maximum(probabilities[rows, given].astype(np.float64), 1.1754944e-38))
    names = np.array([str(n) for n in range(CLASSES)], object)
    columns = {
        "id": pa.array([f"class/{n:07d}.png" for n in range(examples)]),
        "position": pa.array(rows),
        "file_name": pa.nulls(examples, pa.string()),
        "given_label": pa.array(names[given]),
        "predicted_label": pa.array(names[predicted]),
        "given_index": pa.array(given),
        "predicted_index": pa.array(predicted),
        "confidence": pa.array(probabilities.max(axis=1)),
        "probabilities": pa.ListArray.from_arrays(
            np.arange(0, examples * CLASSES + 1, CLASSES, dtype=np.int32), probabilities.ravel()
        ),
    }
    kinds = schema()
    others = {name: pa.array(loss) for name in kinds.names if name not in columns}
    table = pa.table({name: {**columns, **others}[name] for name in kinds.names}, schema=kinds)
    (folder / RESULTS).mkdir(parents=True)
    pq.write_table(
        table, folder / RESULTS / TABLE, compression="zstd", use_dictionary=False,
        write_statistics=["position"], row_group_size=GROUP,
    )  # fmt: skip
    _describe(folder, given, predicted, examples, seed)
    return folder


def _describe(folder, given, predicted, examples, seed) -> None:
    counts = np.bincount(given * CLASSES + predicted, minlength=CLASSES**2)
    names = tuple(map(str, range(CLASSES)))
    figures = metrics(Confusion(counts.reshape(CLASSES, CLASSES)), Calibration.empty(), names)
    (folder / RESULTS / "metrics.json").write_text(json.dumps(figures))
    Manifest(
        data=Source("synthetic", "", "data"),
        model=Source(f"model-{seed}", "", f"model-{seed}"),
        class_names=names,
        image_shape=None,
        preprocess=None,
        batch_size=None,
        numerics={},
        rule={},
        formulas={},
        seed=seed,
        counts={"examples": examples, "wrong": figures["wrong"], "skipped": 0},
        command="benchmark",
    ).save(folder)


def main() -> None:
    """Make the runs, compare them in a process of its own, and print time and peak memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--examples", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        start = perf_counter()
        runs = [
            str(make_run(Path(folder, f"run-{n}"), options.examples, n + 1))
            for n in range(options.runs)
        ]
        print(f"Made {options.runs} runs in {perf_counter() - start:.1f} s.")
        done = subprocess.run(
            [sys.executable, "-c", _MEASURED, folder, *runs], check=True, capture_output=True
        )
        found = json.loads(done.stdout)
        print(
            f"Compared {options.runs} runs x {found['examples']:,} examples in "
            f"{found['compared']:.1f} s ({found['busy']:.1f} s of the processor), peak memory "
            f"{found['peak']:,.0f} MB; "
            f"{found['wrong']:,} wrong in all."
        )
        print(
            f"Wrote the table in {found['written']:.1f} s, peak memory "
            f"{found['peak_written']:,.0f} MB."
        )


if __name__ == "__main__":
    main()
