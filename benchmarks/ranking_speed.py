"""How fast saved probabilities are ranked, and in how much memory.

    python benchmarks/ranking_speed.py [--rounds 5] [--no-cleanlab] [--cache FOLDER]

In memory, checks included, both lists ranked; contenders take turns, ratios of medians:

* 1,000,000 x 10: aim at most 0.3 x cleanlab 2.9's `get_label_quality_scores` alone;
* 200,000 x 1,000: aim at most 1.5 x one `p.max(axis=1)`;
* rows that come in the worst order (each harder than all before): not much slower.

Streamed from disk: peak memory of a whole `hardex.rank` over what its imports take, aim at most
60 MB, and within 10 % the same for 100 thousand and 1 million rows.

Cleanlab is AGPL and no part of hardex: it is installed into an environment of its own (--cache)
and asked from there.
"""

import argparse
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from ranking_in_memory import both_lists
from side_by_side import report, side_by_side

from hardex.ranking.order import Rule

REQUIREMENTS = Path(__file__).with_name("cleanlab-requirements.txt")

ASKED = """
import sys, time
import numpy as np
from cleanlab.rank import get_label_quality_scores
p, y = np.load(sys.argv[1]), np.load(sys.argv[2])
for line in sys.stdin:
    start = time.perf_counter()
    get_label_quality_scores(y, p, method="self_confidence")
    print(time.perf_counter() - start, flush=True)
"""

STREAMED = """
import re, sys
from pathlib import Path
import hardex, hardex.runs.hard_examples, hardex.pipeline.rank, hardex.runs.tables
import pandas, pyarrow.parquet
def peak():  # what a process inherits when it is started counts in `ru_maxrss`, not here
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 2**10
before = peak()
hardex.rank(probabilities=sys.argv[1], labels=sys.argv[2], out=sys.argv[3])
print(peak() - before)
"""


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--no-cleanlab", action="store_true")
    options.add_argument(
        "--cache", type=Path, default=Path(tempfile.gettempdir(), "hardex-cleanlab")
    )
    chosen = options.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # each line is shown as it comes
    with tempfile.TemporaryDirectory() as folder:
        python = None if chosen.no_cleanlab else cleanlab_python(chosen.cache)
        in_memory(1_000_000, 10, Path(folder), python, chosen.rounds)
        in_memory(200_000, 1_000, Path(folder), python, chosen.rounds)
        worst_order(chosen.rounds)
        streamed(Path(folder))


def cleanlab_python(folder: Path) -> Path:
    """The interpreter of an environment that has cleanlab; made once."""
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        install = [python, "-m", "pip", "install", "--quiet", "-r", REQUIREMENTS]
        subprocess.run(install, check=True)
    return python


def beliefs(count: int, class_count: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Random rows, some sure and some torn, and labels."""
    rng = np.random.default_rng(0)
    rows = rng.random((count, class_count), dtype=np.float32) ** 4
    rows /= rows.sum(axis=1, keepdims=True)
    return rows, rng.integers(0, class_count, count)


def in_memory(count: int, class_count: int, folder: Path, python: Path | None, rounds: int) -> None:
    """Both lists beside one maximum and beside cleanlab's scores alone."""
    p, y = beliefs(count, class_count)
    contenders: dict[str, Callable[[], object]] = {
        "p.max(axis=1)": lambda: p.max(axis=1),
        "both lists, checks included": lambda: both_lists(p, y, Rule()),
        "both lists, 100 of each class": lambda: both_lists(p, y, Rule(per_class=100)),
    }
    baseline = "p.max(axis=1)"
    if python is not None:
        np.save(folder / "p.npy", p)
        np.save(folder / "y.npy", y)
        baseline = "cleanlab, self_confidence alone"
        contenders[baseline] = asked(python, folder)
    print(f"\n{count:,} x {class_count:,}")
    timings = side_by_side(contenders, rounds=rounds)
    report(timings, baseline="p.max(axis=1)")
    if python is not None:
        print()
        report(timings, baseline=baseline)


def asked(python: Path, folder: Path) -> Callable[[], float]:
    """A contender in its own process and environment, which measures itself."""
    process = subprocess.Popen(
        [python, "-c", ASKED, folder / "p.npy", folder / "y.npy"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def run() -> float:
        assert process.stdin and process.stdout
        process.stdin.write("go\n")
        process.stdin.flush()
        return float(process.stdout.readline())

    return run


def worst_order(rounds: int) -> None:
    """Each row harder than all before: none can be passed over."""
    p, y = beliefs(1_000_000, 10)
    rising = np.argsort(-p[np.arange(len(y)), y], kind="stable")
    sure_first = np.argsort(-p.max(axis=1), kind="stable")
    orders = {"as they come": (p, y)}
    for name, order in (("hardest labels last", rising), ("most unsure last", sure_first)):
        orders[name] = (p[order], y[order])
    print("\n1,000,000 x 10, 100 of each class, by the order of the rows")
    rule = Rule(per_class=100)
    contenders = {name: lambda rows=rows: both_lists(*rows, rule) for name, rows in orders.items()}
    report(side_by_side(contenders, rounds=rounds), baseline="as they come")


def streamed(folder: Path) -> None:
    """Peak memory of a whole run from files, each in a fresh process."""
    if not Path("/proc/self/status").exists():
        print("\nPeak memory is read from /proc, which this system does not have.")
        return
    print("\nhardex rank from .npy files, peak memory over the imports")
    for count in (100_000, 1_000_000):
        p, y = beliefs(count, 10)
        np.save(folder / "p.npy", p)
        np.save(folder / "y.npy", y)
        arguments = [folder / "p.npy", folder / "y.npy", folder / f"run{count}"]
        done = subprocess.run(
            [sys.executable, "-c", STREAMED, *arguments], capture_output=True, text=True, check=True
        )
        print(f"{count:>12,} x 10   {float(done.stdout):6.1f} MiB")


if __name__ == "__main__":
    main()
