"""What the benchmarks of annotators share: a server, people at it, and a look at the store.

The people are threads with plain connections of `http.client`, so that they take little of the
machine that they share with the server. They do as the page does: ask for an example, answer with
an event id of their own, and send that again until the server says that it is stored.
"""

import argparse
import json
import os
import signal
import socket
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

import numpy as np
from chromium import Figure, Server, as_line, begun, end

from hardex.people.access import Access
from hardex.people.tickets import Tickets

CLASSES = 10
UNDECIDED = ("ambiguous", "bad_image", "not_sure")
SAID = ("ticket", "label", "verdict", "comment", "seconds", "event_id")
ROOT_PATH = "/hardex"  # as behind a proxy: that switches personal links on
# What a database, a page and a terminal must each give back as it came.
_SIGNS = "<script>alert(1)</script> ${1+1} \U0001f9e6 שלום 'quoted' \"twice\" 50 %"
_PATIENCE_SECONDS = 60.0  # for one answer
_IDLE_SECONDS = 30.0  # then a new connection is taken: the server ends idle ones after a minute
_SENTENCE_MOST = 400  # characters


# ---------------------------------------------------------------------- a run and its server


@dataclass(frozen=True)
class Site:
    """A run, and where its annotations are kept.

    Attributes:
        folder: of the run.
        labels: (n,) given labels by position; the position is the id.
        annotations: the address of a PostgreSQL; "" for the SQLite in the run folder.
    """

    folder: Path
    labels: np.ndarray
    annotations: str = ""

    @property
    def place(self) -> str:
        """Where the annotations are, as `Access.open` and the like take it."""
        return self.annotations or str(self.folder)

    @property
    def words(self) -> list[str]:
        """What `hardex serve` is told, beside the port."""
        kept = ["--annotations", self.annotations] if self.annotations else []
        return [str(self.folder), "--root-path", ROOT_PATH, "--queue", "list=all", *kept]


def made_site(
    folder: Path, count: int, *, side: int = 8, run: Path | None = None, annotations: str = ""
) -> Site:
    """A run of noise with random labels and probabilities, so that no model need be loaded.

    Args:
        folder: where the images are written.
        count: how many examples.
        side: of the images, in pixels.
        run: the run folder; by default in `folder`.
        annotations: where they are kept, if not in the run folder.
    """
    import hardex

    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, side, side, 1), dtype=np.uint8)
    labels = rng.integers(0, CLASSES, count)
    np.savez(folder / "data.npz", images=images, labels=labels)
    made = hardex.rank(
        data=str(folder / "data.npz"),
        probabilities=rng.dirichlet(np.ones(CLASSES), count).astype(np.float32),
        class_names=[str(one) for one in range(CLASSES)],
        out=run or folder / "run",
    )
    return Site(made.folder, labels, annotations)


class AppServer:
    """`hardex serve` in a process of its own, at one port over any number of starts.

    Attributes:
        starts: seconds from each start to its first answer to annotators, who need no Gradio.
        complaints: what it wrote to its standard error, start by start.
    """

    def __init__(self, folder: Path, *words: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._folder, self._words = folder, words
        self._server: Server | None = None
        self.starts: list[float] = []
        self.complaints: list[str] = []

    @property
    def process_id(self) -> int:
        assert self._server is not None
        return self._server.pid

    def start(self) -> None:
        begin = time.perf_counter()
        words = ("serve", *self._words, "--port", str(self.port))
        self._server = begun(*words, folder=self._folder)
        if not wait_for(self._answers, _START_SECONDS):
            said = (self._folder / "server-says.txt").read_text(encoding="utf-8", errors="replace")
            raise SystemExit(f"hardex {' '.join(words)} does not answer:\n{said}")
        self.starts.append(time.perf_counter() - begin)

    def _answers(self) -> bool:
        with (
            suppress(OSError, HTTPException),
            closing(HTTPConnection("127.0.0.1", self.port, timeout=5)) as asking,
        ):
            asking.request("GET", "/enter")
            return asking.getresponse().status == 200
        return False

    def kill(self) -> None:
        """As `kill -9`: nothing is said to it and nothing is cleaned up."""
        assert self._server is not None
        self._server.kill()
        self._server.wait(60)
        self._gone()

    def end(self) -> None:
        if self._server is not None:
            end(self._server)
            self._gone()

    def _gone(self) -> None:
        assert self._server is not None and self._server.stdout is not None
        self._server.stdout.close()
        self._server = None
        said = (self._folder / "server-says.txt").read_text(encoding="utf-8", errors="replace")
        self.complaints.append(said)

    def cpu_seconds(self) -> float:
        """Processor time of the process that runs now."""
        fields = Path(f"/proc/{self.process_id}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


_START_SECONDS = 60.0


@contextmanager
def serving(folder: Path, *words: str) -> Iterator[AppServer]:
    """A server that has started; it is ended whatever happens."""
    server = AppServer(folder, *words)
    server.start()
    try:
        yield server
    finally:
        server.end()


def links(site: Site, names: Sequence[str]) -> dict[str, str]:
    """A personal token for each name."""
    access = Access.open(site.place)
    tokens = {name: access.invite(name) for name in names}
    access.close()
    return tokens


# ---------------------------------------------------------------------- an annotator


@dataclass
class Submission:
    """One answer: sent with the same event id until it is acknowledged.

    Attributes:
        answer: what the server said when it was stored; None until then.
        tries: how often it was sent.
        milliseconds: from the first try to the acknowledgement.
    """

    event_id: str
    ticket: str
    label: str
    verdict: str
    comment: str
    seconds: float
    undoes: str = ""
    answer: dict[str, Any] | None = None
    tries: int = 0
    milliseconds: float = 0.0

    @property
    def about(self) -> dict[str, Any]:
        """As the page sends it."""
        names = ("ticket", "undoes", "event_id") if self.undoes else SAID
        return {name: getattr(self, name) for name in names}


class GaveUp(Exception):
    """An annotator could not go on; the sentence says why."""


@dataclass
class Annotator:
    """Somebody with a personal link.

    Attributes:
        port: of the server.
        name: whose link it is.
        token: of the link.
        seed: of what they answer.
        pause: seconds before something is sent again.
        until: `time.monotonic` after which they give up.
        said: all answers, the latest last.
        troubles: status and sentence of every refusal.
        stored: how many of them are acknowledged.
        lost: how often the connection was lost or refused.
        entered: how often they had to show their link.
        waited: seconds for each example that was asked for.
    """

    port: int
    name: str
    token: str
    seed: int = 0
    pause: float = 0.25
    until: float = float("inf")
    said: list[Submission] = field(default_factory=list)
    troubles: list[tuple[int, str]] = field(default_factory=list)
    stored: int = 0
    lost: int = 0
    entered: int = 0
    waited: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng(self.seed)
        self._connection: HTTPConnection | None = None
        self._last_used = 0.0
        self._cookie = ""

    # ------------------------------------------------------------------ HTTP

    def send(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        """One request over the connection that is kept; status and body.

        Raises:
            OSError, HTTPException: there was no whole answer.
        """
        now = time.monotonic()
        if now - self._last_used > _IDLE_SECONDS:
            self.close()
        self._last_used = now
        if self._connection is None:
            self._connection = HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE_SECONDS)
        headers = {"Cookie": self._cookie} if self._cookie else {}
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        try:
            self._connection.request(method, path, data, headers)
            response = self._connection.getresponse()
            told = response.read()
        except (OSError, HTTPException):
            self.close()
            raise
        for cookie in response.headers.get_all("set-cookie", []):
            if "Max-Age=0" not in cookie:
                self._cookie = cookie.partition(";")[0]
        return response.status, told

    def close(self) -> None:
        """End the connection; the session stays."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _patiently(self, method: str, path: str, body: object) -> dict[str, Any]:
        """Send until there is an answer that is no refusal for now."""
        while time.monotonic() < self.until:
            try:
                status, told = self.send(method, path, body)
            except (OSError, HTTPException):
                self.lost += 1
                time.sleep(self.pause)
                continue
            if status in (401, 403):
                raise GaveUp(f"{self.name} was thrown out: {told.decode()}")
            answer = _read(told)
            if status == 200 and "error" not in answer:
                return answer
            self.troubles.append((status, str(answer.get("error", answer))))
            if status < 500 and not answer.get("again"):
                raise GaveUp(f"{self.name} was refused: {status} {answer}")
            time.sleep(self.pause)
        raise GaveUp(f"{self.name} had no answer in time")

    # ------------------------------------------------------------------ coming in

    def enter(self) -> None:
        """Show the link; whoever is to wait waits."""
        while time.monotonic() < self.until:
            status, told = self.send("POST", "/enter", {"token": self.token})
            if status == 204:
                self.entered += 1
                return
            self.troubles.append((status, told.decode().strip()))
            if status != 429:
                break
            time.sleep(self.pause)
        raise GaveUp(f"{self.name} was not let in: {self.troubles[-1]}")

    def leave(self) -> None:
        """End the session."""
        status, _ = self.send("POST", "/leave", {})
        assert status == 204, status

    # ------------------------------------------------------------------ asking

    def ask(self, page: str, name: str, about: object) -> dict[str, Any]:
        """A question, as the script of a page asks it."""
        return self._patiently("POST", f"/ask/{page}/{name}", about)

    def next_ticket(self) -> str:
        """The example to judge next, with its picture; "" where there is none for now."""
        begin = time.perf_counter()
        told = self.ask("annotate", "next_examples", {"have": [], "count": 1})
        if not told["examples"]:
            return ""
        (one,) = told["examples"]
        if not one["image"].startswith("data:image/"):
            status, picture = self.send("GET", f"/{one['image']}")
            assert status == 200 and picture, (status, one)
        self.waited.append(time.perf_counter() - begin)
        ticket: str = one["ticket"]
        return ticket

    def new_answer(self, ticket: str, comment_size: int = 0) -> Submission:
        """What they say of an example, drawn by their seed."""
        undecided = self._rng.random() < 0.15
        label = "" if undecided else str(self._rng.integers(CLASSES))
        verdict = str(self._rng.choice(UNDECIDED)) if undecided else ""
        comment = f"{self.name} {len(self.said)} {_SIGNS}".ljust(comment_size, ".")
        seconds = round(float(self._rng.uniform(0, 60)), 3)
        event_id = str(UUID(bytes=self._rng.bytes(16), version=4))
        return Submission(event_id, ticket, label, verdict, comment, seconds)

    def store(self, said: Submission) -> None:
        """Send it until it is acknowledged."""
        self.said.append(said)
        begin = time.perf_counter()
        before = self.lost + len(self.troubles)
        answer = self.ask("annotate", "undo" if said.undoes else "annotate", said.about)
        if (answer["event_id"], answer["ticket"]) != (said.event_id, said.ticket):
            raise GaveUp(f"{self.name} was told of another answer: {answer}")
        said.milliseconds = 1e3 * (time.perf_counter() - begin)
        said.tries = 1 + self.lost + len(self.troubles) - before
        said.answer = answer  # from here on it must never be lost
        self.stored += 1

    def work(
        self, count: int, *, comment_size: int = 0, goes_on: threading.Event | None = None
    ) -> None:
        """Judge `count` examples, and more for as long as `goes_on` is set."""
        done = 0
        while done < count or (goes_on is not None and goes_on.is_set()):
            ticket = self.next_ticket()
            if not ticket:
                raise GaveUp(f"{self.name} was given nothing after {done} examples")
            self.store(self.new_answer(ticket, comment_size))
            done += 1


def _read(told: bytes) -> dict[str, Any]:
    try:
        found = json.loads(told)
    except ValueError:
        return {"error": told.decode("utf-8", "replace").strip()}
    return found if isinstance(found, dict) else {"error": f"no values by name: {found!r}"[:200]}


class Crowd:
    """Annotators that work at the same time, each in a thread.

    Attributes:
        people: all of them.
        failures: why somebody could not go on.
    """

    def __init__(self, people: Sequence[Annotator]) -> None:
        self.people = list(people)
        self.failures: list[str] = []
        self._threads: list[threading.Thread] = []

    def start(self, deed: Callable[[Annotator], object]) -> None:
        """Let everybody do it; all begin at the same moment."""
        gate = threading.Barrier(len(self.people))

        def one(annotator: Annotator) -> None:
            try:
                gate.wait(60)
                deed(annotator)
            except Exception as error:  # a thread has nobody else to tell
                self.failures.append(f"{annotator.name}: {type(error).__name__}: {error}")

        self._threads = [
            threading.Thread(target=one, args=(annotator,), daemon=True)
            for annotator in self.people
        ]
        for thread in self._threads:
            thread.start()

    def wait(self) -> None:
        """Until everybody is done."""
        for thread in self._threads:
            thread.join()

    def together(self, deed: Callable[[Annotator], object]) -> float:
        """Let everybody do it and wait for them; seconds."""
        begin = time.perf_counter()
        self.start(deed)
        self.wait()
        return time.perf_counter() - begin

    @property
    def busy(self) -> bool:
        """Whether somebody still works."""
        return any(thread.is_alive() for thread in self._threads)

    def acknowledged(self) -> dict[str, tuple[Annotator, Submission]]:
        """What was said to be stored, by event id."""
        return {
            said.event_id: (one, said)
            for one in self.people
            for said in tuple(one.said)
            if said.answer is not None
        }

    def sent(self) -> dict[str, tuple[Annotator, Submission]]:
        """What was sent at least once, by event id."""
        return {said.event_id: (one, said) for one in self.people for said in tuple(one.said)}

    def count(self) -> int:
        """How many answers are acknowledged."""
        return sum(one.stored for one in self.people)

    @property
    def troubles(self) -> Counter[tuple[int, str]]:
        """Refusals of all, by status and sentence."""
        return Counter(trouble for one in self.people for trouble in one.troubles)

    def close(self) -> None:
        """End all connections."""
        for one in self.people:
            one.close()


def crowd_of(site: Site, server: AppServer, count: int, *, limit: float, **options: Any) -> Crowd:
    """So many annotators with links of their own, who give up after `limit` seconds."""
    names = [f"annotator {number:02d}" for number in range(count)]
    tokens = links(site, names)
    until = time.monotonic() + limit
    return Crowd(
        [
            Annotator(server.port, name, tokens[name], seed=seed, until=until, **options)
            for seed, name in enumerate(names)
        ]
    )


# ---------------------------------------------------------------------- the store, from outside

Row = Mapping[str, Any]


def stored_rows(site: Site) -> list[Row]:
    """All events, as another program reads them."""
    return _asked(site, "SELECT * FROM events")


def integrity(site: Site) -> str:
    """`ok`, or what the database finds wrong with itself."""
    if not site.annotations:
        return str(_asked(site, "PRAGMA integrity_check")[0]["integrity_check"])
    keys = _asked(
        site,
        "SELECT a.attname AS name FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid "
        "AND a.attnum = ANY(i.indkey) WHERE i.indrelid = 'events'::regclass AND i.indisprimary",
    )
    counts = _asked(site, "SELECT count(*) AS n, count(DISTINCT event_id) AS ids FROM events")[0]
    if [one["name"] for one in keys] != ["event_id"]:
        return f"the primary key is {keys}"
    return "ok" if counts["n"] == counts["ids"] else f"{counts}"


def _asked(site: Site, query: str) -> list[Row]:
    if site.annotations:
        import pg8000.native

        url = urlsplit(site.annotations)
        connection = pg8000.native.Connection(
            unquote(url.username or ""),
            host=url.hostname,
            port=url.port,
            password=unquote(url.password or ""),
            database=url.path[1:],
        )
        try:
            rows = connection.run(query)
            names = [column["name"] for column in connection.columns]
        finally:
            connection.close()
        return [dict(zip(names, row, strict=True)) for row in rows]
    path = site.folder / "people" / "annotations.sqlite"
    with closing(sqlite3.connect(path, timeout=60)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query)]


@dataclass(frozen=True)
class Comparison:
    """What people were told, beside what is stored.

    Attributes:
        acknowledged: how many answers were said to be stored.
        stored: how many events there are.
        missing: acknowledged, and not there.
        twice: event ids that stand there more than once.
        changed: stored with other contents than were sent.
        unknown: stored, and sent by nobody.
        again: pairs of person and example with more than one blind answer.
        most_votes: of one example.
        fewest_votes: of one example.
    """

    acknowledged: int
    stored: int
    missing: int
    twice: int
    changed: int
    unknown: int
    again: int
    most_votes: int
    fewest_votes: int

    @property
    def is_clean(self) -> bool:
        """Whether nothing is lost, doubled, changed or made up."""
        return not (self.missing or self.twice or self.changed or self.unknown or self.again)


def compared(crowd: Crowd, site: Site) -> Comparison:
    """Look up everything that was acknowledged. To be called also while people work."""
    acknowledged = crowd.acknowledged()  # first: what comes meanwhile may be stored already
    rows = stored_rows(site)
    sent = crowd.sent()
    tickets = Tickets.open(site.folder)
    ids = Counter(row["event_id"] for row in rows)
    known = [row for row in rows if row["event_id"] in sent]
    changed = [
        row for row in known if not _is_what_was_said(row, *sent[row["event_id"]], tickets, site)
    ]
    pairs = Counter((row["annotator"], row["id"]) for row in rows if row["shown"] == "blind")
    votes = Counter(id for _, id in pairs)
    return Comparison(
        acknowledged=len(acknowledged),
        stored=len(rows),
        missing=len(acknowledged.keys() - ids.keys()),
        twice=sum(count > 1 for count in ids.values()),
        changed=len(changed),
        unknown=len(rows) - len(known),
        again=sum(count > 1 for count in pairs.values()),
        most_votes=max(votes.values(), default=0),
        fewest_votes=min(votes.values()) if len(votes) == len(site.labels) else 0,
    )


def _is_what_was_said(
    row: Row, annotator: Annotator, said: Submission, tickets: Tickets, site: Site
) -> bool:
    id = tickets.id(annotator.name, said.ticket)
    wanted: dict[str, Any] = {"annotator": annotator.name, "id": id, "undoes": said.undoes}
    if not said.undoes:
        given = str(site.labels[int(id)])
        wrong = bool(said.label) and said.label != given
        wanted |= {
            "verdict": said.verdict or ("wrong" if wrong else "right"),
            "new_label": said.label if wrong else "",
            "comment": said.comment,
            "seconds": said.seconds,
        }
        if row["shown"] == "blind":
            wanted["said"] = said.label or said.verdict
    return all(row[name] == value for name, value in wanted.items())


# ---------------------------------------------------------------------- what is printed


@dataclass(frozen=True)
class Promise:
    """Something that must hold.

    Attributes:
        words: what.
        kept: whether it does.
        found: what was found.
    """

    words: str
    kept: bool
    found: str = ""


def promises_of(found: Comparison, wanted: int, where: str = "") -> list[Promise]:
    """That everything was acknowledged, and is stored once as it was said."""
    where = f"{where}: " if where else ""
    return [
        Promise(
            f"{where}all are acknowledged",
            found.acknowledged == wanted,
            f"{found.acknowledged:,} of {wanted:,}",
        ),
        Promise(
            f"{where}what is acknowledged is stored exactly once, as it was said",
            found.is_clean and found.stored == found.acknowledged,
            f"{found.stored:,} stored; missing {found.missing}, twice {found.twice}, changed "
            f"{found.changed}, unknown {found.unknown}, to one person again {found.again}",
        ),
    ]


def quiet(server: AppServer) -> Promise:
    """That the owner's terminal shows no traceback."""
    bad = [said for said in server.complaints if "Traceback" in said]
    lines = bad[0].strip().splitlines() if bad else []
    found = f"{tracebacks(server)} tracebacks {' | '.join(lines[-3:])}".strip()
    return Promise("the server complains of nothing", not bad, found)


def tracebacks(server: AppServer) -> int:
    """How many the owner's terminal showed."""
    return sum(said.count("Traceback (most recent") for said in server.complaints)


def is_one_sentence(text: str) -> bool:
    """Whether an annotator can be shown it: short, one line, with an end, and no place on disk."""
    return (
        0 < len(text) <= _SENTENCE_MOST
        and "\n" not in text
        and text.endswith(".")
        and not any(
            word in text for word in ("/tmp", ".sqlite", "postgresql", "Traceback", "pg8000")
        )
    )


def report(
    schema: str,
    figures: Sequence[Figure],
    promises: Sequence[Promise],
    *,
    as_json: bool,
    notes: Sequence[str] = (),
    **more: Any,
) -> int:
    """Print it all; the exit code: 1 when a promise is broken."""
    broken = [one for one in promises if not one.kept]
    if as_json:
        rows = [{**figure.as_row(), "values": None} for figure in figures]
        kept = [vars(one) for one in promises]
        machine = {"cores": os.cpu_count(), "load": os.getloadavg()}
        found = {"schema": schema, "machine": machine, **more, "rows": rows, "promises": kept}
        print(json.dumps({**found, "notes": list(notes)}, indent=1))
        return 1 if broken else 0
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"{os.cpu_count()} cores, load {load} (1, 5, 15 minutes)")
    print(f"{'':52s} {'p50':>8s} {'p95':>8s} {'worst':>8s}")
    for figure in figures:
        print(as_line(figure))
        if figure.about:
            print(f"    {figure.about}")
    for note in notes:
        print(note)
    for one in promises:
        print(f"{'kept  ' if one.kept else 'BROKEN'}  {one.words}: {one.found}")
    return 1 if broken else 0


# ---------------------------------------------------------------------- where it all happens


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder for the run; ending the script ends its servers."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="hardex-load-") as folder:
        yield Path(folder)


@contextmanager
def postgresql() -> Iterator[tuple[Any, str]]:
    """A real PostgreSQL on loopback, the one of the tests, and the address of an empty database."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    import postgres

    server = postgres.new_server()
    try:
        yield server, server.new_database()
    finally:
        postgres.end(server)


@contextmanager
def database_of(options: argparse.Namespace) -> Iterator[str]:
    """The address that the options name; "" for the run folder."""
    if options.postgres:
        with postgresql() as (_, address):
            yield address
    else:
        yield options.annotations


def add_options(parser: argparse.ArgumentParser) -> None:
    """What the scripts have in common."""
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--limit", type=float, default=600.0, help="seconds, at most")


def add_database_options(parser: argparse.ArgumentParser) -> None:
    """Where the annotations are kept."""
    kept = parser.add_mutually_exclusive_group()
    kept.add_argument("--annotations", default="", help="an empty PostgreSQL database")
    kept.add_argument("--postgres", action="store_true", help="start a PostgreSQL of its own")


def wait_for(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether it came true in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def unlink(path: Path) -> None:
    """Delete a file that may not be there."""
    with suppress(FileNotFoundError):
        path.unlink()
