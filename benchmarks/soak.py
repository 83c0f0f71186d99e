"""Long use, accelerated: do the memory and open files of the server stay constant?

    python benchmarks/soak.py [--interactions 10000] [--every 1000] [--people 24]
                              [--limit 1800] [--format text|json]

One `hardex serve` with `mnist_small` and personal links, and two dozen annotators who do at random
what people do: request an example, answer it, undo an answer, draw and probe, load the page (with
its style, its scripts and its facts), request their name and the status, leave and enter again. Ten
thousand interactions are about two hours of use. After every thousand, all annotators pause for
three seconds, and the memory of the server (resident, and private dirty, from /proc) and its open
files are read.

Promises: at the end both memory figures are at most 10 % above those after the first thousand
interactions, and the open files within 10; no request is refused; every acknowledged answer is
stored once, as it was sent.
"""

import argparse
import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from chromium import Figure, megabytes, open_files
from http_annotators import (
    Annotator,
    AppServer,
    Crowd,
    Promise,
    add_options,
    compared,
    crowd_of,
    made_site,
    promises_of,
    quiet,
    report,
    serving,
    wait_for,
    workplace,
)

SCHEMA = "hardex.soak_benchmark/1"
GROWTH_MOST = 1.10
FILES_MOST = 10
REST_SECONDS = 3.0  # connections to the database are closed after one
OVERLAP = 4
SIDE = 28  # of the images, as the model takes them


class Mark(NamedTuple):
    """What the server held after so many interactions; memory in MB."""

    interactions: int
    resident: float
    private_dirty: float
    open_files: int


def main() -> int:
    """Run it; 1 when a promise is broken."""
    options = _options()
    with workplace() as folder:
        site = made_site(folder, options.interactions // OVERLAP + 100, side=SIDE)
        words = (*site.words, "--overlap", str(OVERLAP), "--model", "mnist_small", "--open-probe")
        with serving(folder, *words) as server:
            crowd = crowd_of(site, server, options.people, limit=options.limit)
            people = [_Person(one) for one in crowd.people]
            for one in people:
                one.annotator.enter()
            ready = wait_for(lambda: people[0].is_model_there(), 120)
            begin = time.perf_counter()
            marks = _marks(people, crowd, server, options)
            took = time.perf_counter() - begin
            crowd.close()
        found = compared(crowd, site)
    done = sum((one.done for one in people), Counter())
    promises = [
        Promise("the model was there", ready, f"in {server.starts[0]:.1f} s and what it loads"),
        Promise(
            "all interactions were done",
            not crowd.failures and sum(done.values()) >= options.interactions,
            f"{sum(done.values()):,}; {'; '.join(crowd.failures[:2])}",
        ),
        *_flat(marks),
        Promise("nobody is refused anything", not _refusals(crowd), str(_refusals(crowd))),
        *promises_of(found, len(crowd.sent())),
        quiet(server),
    ]
    kinds = sorted({kind for one in people for kind in one.spent})
    figures = [
        Figure(kind, tuple(1e3 * value for one in people for value in one.spent.get(kind, ())))
        for kind in kinds
    ]
    lines = ["after   resident MB   private dirty MB   open files"]
    lines += [
        f"{one.interactions:6,d} {one.resident:12.1f} {one.private_dirty:18.1f} "
        f"{one.open_files:12d}"
        for one in marks
    ]
    return report(
        SCHEMA,
        figures,
        promises,
        as_json=options.format == "json",
        notes=[f"{took:.0f} s; {dict(done)}", *lines],
        marks=[one._asdict() for one in marks],
        done=dict(done),
    )


def _flat(marks: list[Mark]) -> list[Promise]:
    if len(marks) < 2:
        return [Promise("memory and open files are flat", False, f"only {len(marks)} looks")]
    first, last = marks[0], marks[-1]
    return [
        *(
            Promise(
                f"{name} memory is flat",
                now <= GROWTH_MOST * then,
                f"{then:.0f} MB after {first.interactions:,}, {now:.0f} MB after "
                f"{last.interactions:,}: {100 * (now / then - 1):+.1f} %",
            )
            for name, then, now in (
                ("resident", first.resident, last.resident),
                ("private dirty", first.private_dirty, last.private_dirty),
            )
        ),
        Promise(
            "open files are flat",
            abs(last.open_files - first.open_files) <= FILES_MOST,
            f"{first.open_files}, then {last.open_files}",
        ),
    ]


def _refusals(crowd: Crowd) -> dict[tuple[int, str], int]:
    """But for the door, which lets in ten at a time."""
    return {key: n for key, n in crowd.troubles.items() if key[0] != 429}


def _marks(
    people: list["_Person"], crowd: Crowd, server: AppServer, options: argparse.Namespace
) -> list[Mark]:
    """Let everybody do things, and look at the server after each round."""
    of = {one.annotator.name: one for one in people}
    marks = []
    done = 0
    each = -(-options.every // len(people))
    for _ in range(options.interactions // options.every):
        crowd.together(lambda one: of[one.name].act(each))
        if crowd.failures:
            break
        done += each * len(people)
        time.sleep(REST_SECONDS)
        marks.append(_mark(done, server.process_id))
    return marks


def _mark(done: int, process_id: int) -> Mark:
    rollup = Path(f"/proc/{process_id}/smaps_rollup").read_text(encoding="ascii")
    line = next(line for line in rollup.splitlines() if line.startswith("Private_Dirty"))
    files = open_files(process_id)
    resident = megabytes(process_id)
    assert files is not None and resident is not None
    return Mark(done, resident, int(line.split()[1]) / 1024, files)


class _Person:
    """An annotator who does a bit of everything."""

    def __init__(self, annotator: Annotator) -> None:
        self.annotator = annotator
        self.done: Counter[str] = Counter()
        self.spent: dict[str, list[float]] = {}
        self._rng = np.random.default_rng((1, annotator.seed))
        self._ticket = ""
        self._deeds: dict[str, tuple[float, Callable[[], None]]] = {
            "next example": (0.15, self._next),
            "answer": (0.30, self._answer),
            "undo": (0.06, self._undo),
            "probe a drawing": (0.20, self._probe),
            "page load": (0.08, self._load),
            "facts": (0.06, self._facts),
            "name and status": (0.10, self._name_and_status),
            "leave and enter": (0.05, self._leave_and_enter),
        }

    def act(self, count: int) -> None:
        """Do so many things."""
        names = list(self._deeds)
        weights = [self._deeds[name][0] for name in names]
        for name in self._rng.choice(names, count, p=weights):
            begin = time.perf_counter()
            self._deeds[name][1]()
            self.spent.setdefault(str(name), []).append(time.perf_counter() - begin)
            self.done[str(name)] += 1

    def is_model_there(self) -> bool:
        """Whether probing works already."""
        return "before" in self._probed()

    def _next(self) -> None:
        ticket = self.annotator.next_ticket()
        assert ticket, "no example is left"
        self._ticket = ticket

    def _answer(self) -> None:
        if not self._ticket:
            self._next()
        self.annotator.store(self.annotator.new_answer(self._ticket))
        self._ticket = ""

    def _undo(self) -> None:
        last = next((one for one in reversed(self.annotator.said) if not one.undoes), None)
        undone = {one.undoes for one in self.annotator.said}
        if last is None or last.event_id in undone:
            self._answer()
            return
        undo = self.annotator.new_answer(last.ticket)
        undo.undoes = last.event_id
        self.annotator.store(undo)

    def _probed(self) -> dict[str, object]:
        strokes = self._rng.integers(20, 260, (3, 8, 2)).tolist()
        rotation = int(self._rng.integers(-45, 45))
        source = {"kind": "sketch", "strokes": strokes}
        about = {"source": source, "transform": {"rotation": rotation}}
        return self.annotator.ask("probe", "probe", about)

    def _probe(self) -> None:
        assert "before" in self._probed()

    def _facts(self) -> None:
        assert self.annotator.ask("probe", "facts", {})["sliders"]

    def _name_and_status(self) -> None:
        assert self.annotator.ask("window", "who", {})["name"] == self.annotator.name
        assert self.annotator.ask("window", "status", {})["over"]

    def _load(self) -> None:
        """As a browser does: the page, what it is made of, and what it is filled with."""
        one = self.annotator
        status, page = one.send("GET", "/")
        assert status == 200 and b"hardex" in page, status
        for place in re.findall(r'(?:modules|style)/[^"]+', page.decode()):
            status, told = one.send("GET", f"/{place}")
            assert status == 200 and told, (status, place)
        for name in ("whose", "facts"):
            one.ask("annotate", name, {})

    def _leave_and_enter(self) -> None:
        self.annotator.leave()
        self.annotator.enter()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--interactions", type=int, default=10_000)
    parser.add_argument("--every", type=int, default=1_000, help="interactions between two looks")
    parser.add_argument("--people", type=int, default=24)
    add_options(parser)
    parser.set_defaults(limit=1_800.0)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
