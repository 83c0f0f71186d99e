"""What three other tools say of training logs, in the codes of hardex.

    python -m venv peers
    peers/bin/pip install trainspotter==0.2.6 runmedic==0.1.1 sk-autod==0.1.1
    peers/bin/python benchmarks/curve_peers.py FOLDER > peers.json

The environment is their own; `benchmarks/curves.py --peers peers.json` reads the result. Each of
their names stands for every code that it may mean, so they are judged kindly. What they call
information only is no accusation.
"""

import csv
import json
import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

MEANINGS = {
    "trainspotter": {
        "divergence": ["diverging", "ascending", "nan"],
        "spikes": ["diverging", "oscillating", "bad_initialisation"],
        "overfitting": ["overfitting"],
        "plateau": ["not_learning", "underfitting", "bad_initialisation"],
        "eval_noise": ["validation_too_small", "oscillating"],
        "grad_norm": ["diverging"],
        "loss_floor": ["validation_mismatch"],
        "lr_schedule": [],
        "throughput": [],
    },
    "runmedic": {
        "non_finite": ["nan"],
        "divergence": ["diverging", "ascending"],
        "no_learning": ["not_learning", "lr_too_low"],
        "loss_spikes": ["diverging", "oscillating", "bad_initialisation"],
        "overfitting": ["overfitting"],
        "val_below_train": ["validation_mismatch"],
        "constant_lr_plateau": ["not_learning", "underfitting", "bad_initialisation"],
    },
    "sk-autod": {
        "Classic overfitting": ["overfitting"],
        "Missed early stopping": ["overfitting"],
        "Exploding gradient": ["diverging", "ascending", "nan", "bad_initialisation"],
        "LR too high": ["oscillating", "diverging", "ascending"],
        "LR too low": ["lr_too_low", "not_converged", "not_learning"],
        "Underfitting": ["underfitting", "not_learning", "not_converged"],
        "Dying ReLU proxy": ["not_learning", "dead_starts"],
        "Noisy training": ["oscillating", "validation_too_small"],
        "Data leakage": ["validation_mismatch"],
        "Label noise floor": ["underfitting"],
    },
}
NO_ACCUSATION = ("info", "INFO")


def main() -> None:
    """Judge all logs of a folder and print one JSON value."""
    logs = sorted(p for p in Path(sys.argv[1]).glob("*.csv") if ".batches" not in p.name)
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(judged, logs))
    json.dump({log.stem: one for log, one in zip(logs, found, strict=True)}, sys.stdout)


def judged(log: Path) -> dict[str, Any]:
    """For each tool its codes, and whether it accuses the training of anything."""
    said = {
        "trainspotter": program("trainspotter", "analyze", str(log), "--output", "json"),
        "runmedic": program("runmedic", "diagnose", str(log), "--json"),
        "sk-autod": sk_autod(log),
    }
    return {
        tool: {
            "codes": sorted({code for name, _ in names for code in MEANINGS[tool].get(name, [])}),
            "accused": any(severity not in NO_ACCUSATION for _, severity in names),
        }
        for tool, names in said.items()
    }


def program(name: str, *words: str) -> list[tuple[str, str]]:
    """The findings that a program prints as JSON, with their severity."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name(name)), *words],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        value = json.loads(done.stdout)
    except ValueError:
        return []
    runs = value if isinstance(value, list) else [value]
    return [
        (str(one.get("check") or one.get("detector")), str(one.get("severity")))
        for run in runs
        for one in run.get("findings", [])
    ]


def sk_autod(log: Path) -> list[tuple[str, str]]:
    """It takes two lists of finite numbers."""
    from sk_autod import diagnose

    with log.open(newline="") as file:
        rows = list(csv.DictReader(file))
    losses = [
        (value(row.get("loss")), value(row.get("val_loss")))
        for row in rows
        if row.get("loss") != "loss"
    ]
    try:
        report = diagnose([a for a, _ in losses], [b for _, b in losses])
    except Exception as error:  # it refuses NaN, and says so
        return [("Exploding gradient", "CRITICAL")] if "nan" in str(error).lower() else []
    return [(one.detector_name, str(one.severity.value)) for one in report.findings]


def value(text: str | None) -> float:
    """A number, or NaN."""
    try:
        return float(text or "nan")
    except ValueError:
        return math.nan


if __name__ == "__main__":
    main()
