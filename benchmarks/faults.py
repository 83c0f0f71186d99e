"""Annotators at work while the disk is full, the database locked, or PostgreSQL restarted.

    python benchmarks/faults.py [--annotators 20] [--verdicts 30] [--only NAME …]
                                [--full-seconds 5] [--locked-seconds 10] [--down-seconds 5]
                                [--limit 300] [--format text|json]

Each fault has its own `hardex serve`, with personal links, while annotators work as the page's
script does: unacknowledged answers are sent again with the same event id.

disk        The run folder is on a small tmpfs, which is filled completely, and freed 5 s after all
            annotators have met the fault. If nothing can be mounted, the size of the server's files
            is limited instead (RLIMIT_FSIZE); the report names the way.
lock        Another process holds the write lock of the SQLite file for 10 s. Opening the page
            meanwhile is timed.
postgresql  The database server is stopped, and started again after 5 s; then once more while an
            annotator judges on the page, in a real Chromium.

Promises: the fault occurs; a request that fails gets one clear sentence, without a path on disk; no
answer is ever acknowledged that is not stored; after the fault, the same event ids are stored,
once, as they were sent, and everybody continues without entering again.
"""

import argparse
import errno
import json
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from chromium import Figure, chromium
from http_annotators import (
    ROOT_PATH,
    Annotator,
    AppServer,
    Crowd,
    Promise,
    Site,
    add_options,
    compared,
    crowd_of,
    integrity,
    is_one_sentence,
    links,
    made_site,
    postgresql,
    promises_of,
    report,
    serving,
    stored_rows,
    tracebacks,
    unlink,
    wait_for,
    workplace,
)
from playwright.sync_api import Page

SCHEMA = "hardex.faults_benchmark/1"
FAULTS = ("disk", "lock", "postgresql")
DISK_MEGABYTES = 8
COMMENT_SIZE = 1_900  # so that what is written soon needs another page of the disk
PER_PERSON = 1_000  # examples: nobody runs out, however long a fault takes
PAGE_MS = 100_000  # a database may be waited for 30 s, and then comes a pause of up to 15
TICKET = "document.querySelector('[data-ticket]')?.dataset.ticket"
SAVED = "document.querySelector('.hx-ann-saved').textContent"
WAITING = "Number(document.querySelector('[data-waiting]')?.dataset.waiting || 0)"
WAIT_SECONDS = 30.0  # until everybody has met a fault, or got over it

LOCK = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
connection.execute("ROLLBACK")
"""


@dataclass
class Found:
    """What one fault did.

    Attributes:
        by: how it was made.
        promises: what held.
        figures: how long it took.
        seen: the errors that annotators got, and how often.
        tracebacks: that the owner's terminal shows; no promise, but worth a look.
    """

    by: str
    promises: list[Promise]
    figures: list[Figure]
    seen: Counter[tuple[int, str]]
    tracebacks: int


def main() -> int:
    """Run them; 1 when a promise is broken."""
    options = _options()
    faults: dict[str, Callable[[Path, argparse.Namespace], Found]] = {
        "disk": _disk_full,
        "lock": _locked,
        "postgresql": _postgresql_restarted,
    }
    found = {}
    for name in options.only or FAULTS:
        with workplace() as folder:
            found[name] = faults[name](folder, options)
    notes = []
    for name, one in found.items():
        notes.append(f"{name}: {one.by}; {one.tracebacks} tracebacks; people were told:")
        notes += [f"    {n:5d} x {code} {said}" for (code, said), n in one.seen.most_common()]
    seen: dict[str, Any] = {
        name: [[*key, n] for key, n in one.seen.items()] for name, one in found.items()
    }
    return report(
        SCHEMA,
        [figure for one in found.values() for figure in one.figures],
        [promise for one in found.values() for promise in one.promises],
        as_json=options.format == "json",
        notes=notes,
        by={name: one.by for name, one in found.items()},
        tracebacks={name: one.tracebacks for name, one in found.items()},
        told=seen,
    )


# ---------------------------------------------------------------------- people who go on


@contextmanager
def _working(
    site: Site, server: AppServer, options: argparse.Namespace
) -> Iterator[tuple[Crowd, Event]]:
    """Annotators at work, until the event is cleared; before and after it, some answers each."""
    crowd = crowd_of(site, server, options.annotators, limit=options.limit)
    for one in crowd.people:
        one.enter()
    goes_on = Event()
    goes_on.set()
    size = COMMENT_SIZE
    crowd.start(lambda one: one.work(options.verdicts, comment_size=size, goes_on=goes_on))
    try:
        _some_more(crowd, 2)
        yield crowd, goes_on
    finally:
        goes_on.clear()
        crowd.wait()
        crowd.close()


def _some_more(crowd: Crowd, count: int) -> bool:
    """Whether everybody stores so many more answers in time."""
    before = {one.name: one.stored for one in crowd.people}
    return wait_for(
        lambda: all(one.stored >= before[one.name] + count for one in crowd.people), WAIT_SECONDS
    )


def _all_told(crowd: Crowd) -> bool:
    """Whether everybody is refused something in time."""
    return wait_for(
        lambda: all(one.troubles or one.lost for one in crowd.people) or not crowd.busy,
        WAIT_SECONDS,
    )


def _everything(name: str, site: Site, crowd: Crowd, during: Promise, over: bool) -> list[Promise]:
    """The promises that all faults have in common, once it is over."""
    found = compared(crowd, site)
    checked = integrity(site)
    bad = [said for _, said in crowd.troubles if not is_one_sentence(said)]
    lost = sum(one.lost for one in crowd.people)
    entered = sum(one.entered for one in crowd.people)
    sentences = len({said for _, said in crowd.troubles})
    return [
        during,
        Promise(
            f"{name}: whoever is refused is told one clear sentence",
            not bad and not lost,
            f"{sum(crowd.troubles.values())} refusals, {sentences} sentences, {lost} without an "
            f"answer; bad: {bad[:2]}",
        ),
        Promise(f"{name}: everybody goes on afterwards", over, ""),
        *promises_of(found, len(crowd.sent()), name),
        Promise(f"{name}: nobody is stopped", not crowd.failures, "; ".join(crowd.failures[:2])),
        Promise(f"{name}: nobody enters again", entered == len(crowd.people), f"{entered}"),
        Promise(f"{name}: the database checks clean", checked == "ok", checked),
    ]


def _figure(name: str, crowd: Crowd) -> Figure:
    again = [said for _, said in crowd.acknowledged().values() if said.tries > 1]
    return Figure(
        f"{name}: an answer until it is acknowledged",
        tuple(said.milliseconds for _, said in crowd.acknowledged().values()) or (0.0,),
        about=f"{len(again)} of them were sent more than once, up to "
        f"{max((said.tries for said in again), default=1)} times",
    )


def _nothing_made_up(name: str, site: Site, crowd: Crowd, met: bool, words: str) -> Promise:
    """While it lasts: what is acknowledged is stored."""
    found = compared(crowd, site)
    return Promise(
        f"{name}: while it lasts, nothing is acknowledged that is not stored",
        met and found.is_clean,
        f"{words}; {found.acknowledged} acknowledged, {found.stored} stored, missing "
        f"{found.missing}, changed {found.changed}, twice {found.twice}",
    )


# ---------------------------------------------------------------------- the disk is full


def _disk_full(folder: Path, options: argparse.Namespace) -> Found:
    disk = folder / "disk"
    disk.mkdir()
    mounted = _mount(disk)
    try:
        return _on_disk(folder, disk, mounted, options)
    finally:
        if mounted:
            subprocess.run(["umount", str(disk)], check=True)


def _on_disk(folder: Path, disk: Path, mounted: bool, options: argparse.Namespace) -> Found:
    site = made_site(folder, PER_PERSON, run=disk / "run")
    with serving(folder, *site.words, "--overlap", "100") as server:
        with _working(site, server, options) as (crowd, _):
            begin = time.perf_counter()
            free = _fill(disk) if mounted else _let_no_file_grow(server, site)
            met = _all_told(crowd)
            told = time.perf_counter() - begin
            time.sleep(options.full_seconds)
            during = _nothing_made_up("disk", site, crowd, met, "everybody was told" if met else "")
            free()
            over = _some_more(crowd, 2)
        promises = _everything("disk", site, crowd, during, over)
    by = f"a tmpfs of {DISK_MEGABYTES} MB, full" if mounted else "RLIMIT_FSIZE of the server"
    by = f"{by}; after {told:.1f} s everybody had met it"
    return Found(by, promises, [_figure("disk", crowd)], crowd.troubles, tracebacks(server))


def _mount(disk: Path) -> bool:
    """Whether a small disk could be put there."""
    size = f"size={DISK_MEGABYTES}m"
    try:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", size, "hardex-load", str(disk)], capture_output=True
        )
    except OSError:
        return False
    return done.returncode == 0


def _fill(disk: Path) -> Callable[[], None]:
    """Leave no free byte; what ends that."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (65_536, 4_096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
    return lambda: unlink(filler)


def _let_no_file_grow(server: AppServer, site: Site) -> Callable[[], None]:
    """The same for one process, where no disk may be mounted; what ends that."""
    people = site.folder / "people"
    most = max(path.stat().st_size for path in people.iterdir())
    before = resource.prlimit(server.process_id, resource.RLIMIT_FSIZE)
    resource.prlimit(server.process_id, resource.RLIMIT_FSIZE, (most, before[1]))

    def free() -> None:
        resource.prlimit(server.process_id, resource.RLIMIT_FSIZE, before)

    return free


# ---------------------------------------------------------------------- the database is locked


def _locked(folder: Path, options: argparse.Namespace) -> Found:
    site = made_site(folder, PER_PERSON)
    path = site.folder / "people" / "annotations.sqlite"
    with serving(folder, *site.words, "--overlap", "100") as server:
        bystander = Annotator(server.port, "somebody", links(site, ["somebody"])["somebody"])
        bystander.enter()
        with _working(site, server, options) as (crowd, _):
            words = [sys.executable, "-c", LOCK, str(path), str(options.locked_seconds)]
            with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as other:
                assert other.stdout is not None
                assert other.stdout.readline() == "locked\n"
                opened = _page_opened(bystander)
                during = _nothing_made_up("lock", site, crowd, other.poll() is None, "locked")
                other.wait(60)
            over = _some_more(crowd, 2)
        longest = max(said.milliseconds for _, said in crowd.acknowledged().values())
        waited = longest > 500 * options.locked_seconds
        promises = [
            Promise("lock: people met it", waited, f"somebody waited {longest / 1e3:.1f} s"),
            *_everything("lock", site, crowd, during, over),
        ]
    page = Figure("lock: the page for somebody who opens it meanwhile", (1e3 * opened,))
    by = f"another process held the write lock for {options.locked_seconds:g} s"
    return Found(by, promises, [_figure("lock", crowd), page], crowd.troubles, tracebacks(server))


def _page_opened(visitor: Annotator) -> float:
    """Seconds that somebody who is in waits for the page."""
    begin = time.perf_counter()
    status, _ = visitor.send("GET", "/")
    assert status == 200, status
    visitor.close()
    return time.perf_counter() - begin


# ---------------------------------------------------------------------- PostgreSQL is restarted


def _postgresql_restarted(folder: Path, options: argparse.Namespace) -> Found:
    with postgresql() as (database, address):
        site = made_site(folder, PER_PERSON, annotations=address)
        with serving(folder, *site.words, "--overlap", "100") as server:
            with _working(site, server, options) as (crowd, _):
                database.stop("fast")
                time.sleep(options.down_seconds)
                met = _all_told(crowd)
                database.start()
                during = _nothing_made_up("postgresql", site, crowd, met, "after the start")
                over = _some_more(crowd, 2)
            promises = _everything("postgresql", site, crowd, during, over)
            promises += _in_chromium(site, server, database, options)
    by = f"stopped (fast), and started again after {options.down_seconds:g} s"
    figure = _figure("postgresql", crowd)
    return Found(by, promises, [figure], crowd.troubles, tracebacks(server))


def _in_chromium(
    site: Site, server: AppServer, database: Any, options: argparse.Namespace
) -> list[Promise]:
    """The same while somebody judges on the page."""
    name = "in Chromium"
    token = links(site, [name])[name]
    with chromium() as browser:
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.port}{ROOT_PATH}/enter#{token}")
        page.wait_for_selector(".hx-ann-figure img", timeout=PAGE_MS)
        _judge(page, 2)
        _wait_until_saved(page, 2)
        database.stop("fast")
        _judge(page, 3)
        page.wait_for_selector(".hx-ann-problem:not([hidden])", timeout=PAGE_MS)
        _wait_until(page, f"{SAVED} === '3 not saved yet'")
        time.sleep(options.down_seconds)
        told = page.inner_text(".hx-ann-problem")
        waiting, saved = page.evaluate(WAITING), page.inner_text(".hx-ann-saved")
        database.start()
        begin = time.perf_counter()
        _wait_until_saved(page, 5)
        took = time.perf_counter() - begin
        gone = "document.querySelector('.hx-ann-problem').hidden"
        with suppress(TimeoutError):  # the page says so a moment later
            _wait_until(page, gone)
        still_told = not page.evaluate(gone)
        browser.close()
    rows = [row for row in stored_rows(site) if row["annotator"] == name]
    examples = {row["id"] for row in rows if row["shown"] == "blind"}
    return [
        Promise(
            "page: what is not stored waits there, and the page says so",
            waiting == 3 and saved == "3 not saved yet" and "kept in this browser" in told,
            f"{waiting} wait, {saved!r}, {told!r}",
        ),
        Promise(
            "page: it is sent again automatically, and stored once",
            len(rows) == len(examples) == 5 and not still_told,
            f"{len(rows)} events of {len(examples)} examples, {took:.1f} s after the start",
        ),
    ]


def _judge(page: Page, count: int) -> None:
    for _ in range(count):
        before = page.evaluate(TICKET)
        page.keyboard.press("3")
        _wait_until(page, f"{TICKET} !== {json.dumps(before)}")


def _wait_until_saved(page: Page, count: int) -> None:
    # As the page says it: what it counts itself begins anew where it was loaded again.
    says = f"document.querySelector('.hx-ann-count')?.textContent.includes('{count} of ')"
    _wait_until(page, f"{WAITING} === 0 && {says}")


def _wait_until(page: Page, true: str) -> None:
    """Not by Playwright's `wait_for_function`, whose `eval` the page does not allow."""
    if not wait_for(lambda: bool(page.evaluate(true)), PAGE_MS / 1000):
        raise TimeoutError(f"the page did not come to {true}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--annotators", type=int, default=20)
    parser.add_argument("--verdicts", type=int, default=30, help="of each annotator, at least")
    parser.add_argument("--only", nargs="*", choices=FAULTS, default=())
    parser.add_argument("--full-seconds", type=float, default=5.0)
    parser.add_argument("--locked-seconds", type=float, default=10.0)
    parser.add_argument("--down-seconds", type=float, default=5.0)
    add_options(parser)
    parser.set_defaults(limit=300.0)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
