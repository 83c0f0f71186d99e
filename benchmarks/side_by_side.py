"""Times measured side by side: rounds of A, B, A, B, …; ratios of medians with their spread.

Each time is printed on the error output as it comes, and no round begins that would end later than
five minutes after the start of the program.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_BEGUN = time.perf_counter()
_MOST_SECONDS = 290.0


def seconds_left(*, of: float = 1.0) -> float:
    """Until the end of the five minutes, or of the first share of them."""
    return _BEGUN + of * _MOST_SECONDS - time.perf_counter()


@dataclass(frozen=True)
class Timing:
    """Seconds of one contender over the rounds."""

    name: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def side_by_side(
    contenders: Mapping[str, Callable[[], object]], *, rounds: int, warm_up: bool = True
) -> list[Timing]:
    """Run every contender once a round, in turn, so that a slow moment hits all alike.

    A contender that measures itself returns its seconds as a float; of others all counts. There
    are fewer rounds if the time is short, but always one.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(0 if warm_up else 1, rounds + 1):
        begun = time.perf_counter()
        for name, run in contenders.items():
            start = time.perf_counter()
            own = run()
            whole = time.perf_counter() - start
            found = own if isinstance(own, float) else whole
            # The first round warms caches and compiled files.
            say(f"{f'round {number}' if number else 'warm-up'}: {name} {found:.3f} s")
            if number:
                seconds[name].append(found)
        if 0 < number < rounds and time.perf_counter() - begun > seconds_left():
            say(f"the time is up after {number} of {rounds} rounds")
            break
    return [Timing(name, tuple(values)) for name, values in seconds.items()]


def say(line: str) -> None:
    """Print how far a benchmark is, at once."""
    print(line, file=sys.stderr, flush=True)


def report(timings: list[Timing], *, baseline: str, as_json: bool = False) -> None:
    """Print each median, and its ratio to the baseline's."""
    base = next(timing.median for timing in timings if timing.name == baseline)
    if as_json:
        rows = [
            {"name": t.name, "median_seconds": t.median, "ratio": t.median / base, "all": t.seconds}
            for t in timings
        ]
        print(json.dumps({"schema": "hardex.benchmark/1", "baseline": baseline, "rows": rows}))
        return
    for timing in timings:
        low, high = min(timing.seconds), max(timing.seconds)
        print(
            f"{timing.name:44s} {timing.median:8.3f} s  [{low:.3f} to {high:.3f}]"
            f"  {timing.median / base:6.2f} x {baseline}"
        )


def process(*command: str, cwd: str | None = None) -> Callable[[], object]:
    """A contender that is a whole process; it must end well."""

    def run() -> object:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
        return done

    return run
