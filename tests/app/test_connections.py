"""Many connections that are silent or slow: visitors who come meanwhile are answered."""

import asyncio
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress

import httpx
import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from uvicorn.server import ServerState

from hardex_app.auth.gate import Gate
from hardex_app.auth.keys import Keys
from hardex_app.links.connections import (
    HEADER_SECONDS,
    IDLE_SECONDS,
    STALLED_SECONDS,
    Connection,
    Connections,
    connections_most,
)
from hardex_app.links.log import keep_short
from hardex_app.links.server import Served
from hardex_app.workspace import Workspace

from .fake_runs import guarded
from .journeys import Serving, answers, free_port, make_run
from .raw_http import asked, connected, request_of

HERE = b"GET /here HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class Clock:
    """Seconds that pass only when they are told to."""

    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


class Wire:
    """A transport without a network: `unread` bytes wait for the client."""

    def __init__(self, source="10.0.0.1"):
        self.source, self.unread, self.is_cut, self.written = source, 0, False, b""

    def get_extra_info(self, name, default=None):
        return {"peername": (self.source, 5_000), "sockname": ("127.0.0.1", 80)}.get(name, default)

    def get_write_buffer_size(self):
        return self.unread

    def write(self, data):
        self.written += data

    def is_closing(self):
        return self.is_cut

    def abort(self):
        self.is_cut = True

    close = abort

    def pause_reading(self):
        pass

    resume_reading = pause_reading


class Bench:
    """Connections on a clock of their own, to an app that answers when it is let."""

    def __init__(self, most=4, proxies=()):
        self.clock = Clock()
        self.limits = Connections(most, proxies=proxies, clock=self.clock)
        self.loop = asyncio.new_event_loop()
        self.may_answer = asyncio.Event()
        self.config = uvicorn.Config(
            self.app, interface="asgi3", lifespan="off", log_config=None, access_log=False
        )
        self.config.load()
        self.state = ServerState()

    async def app(self, scope, receive, send):
        while (await receive()).get("more_body"):
            pass
        await self.may_answer.wait()
        await PlainTextResponse("done")(scope, receive, send)

    def connect(self, source="10.0.0.1"):
        connection = Connection(
            limits=self.limits,
            config=self.config,
            server_state=self.state,
            app_state={},
            _loop=self.loop,
        )
        self.clock.now += 0.001
        connection.connection_made(Wire(source))
        return connection

    def asks(self, connection, request=HERE):
        """Send a request, and let the server work on it."""
        connection.data_received(request)
        self.work()

    def work(self):
        """In a thread of its own: the one of the tests may have a loop already, Playwright's."""
        with ThreadPoolExecutor(1) as pool:
            for _ in range(2):
                pool.submit(self.loop.run_until_complete, asyncio.sleep(0)).result()

    def answers(self, connection):
        self.asks(connection)
        self.may_answer.set()
        for _ in range(5):
            self.work()
        self.may_answer.clear()
        assert b"done" in connection.transport.written

    def passes(self, seconds):
        self.clock.now += seconds
        self.limits.sweep()

    def end(self):
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        with suppress(asyncio.CancelledError):
            self.work()
        self.loop.close()


@pytest.fixture
def bench():
    found = Bench()
    yield found
    found.end()


def is_open(connection):
    return not connection.transport.is_cut


# ------------------------------------------------------------------ deadlines


def test_who_says_nothing_has_ten_seconds(bench):
    one = bench.connect()
    bench.passes(HEADER_SECONDS)
    assert is_open(one)
    bench.passes(0.1)
    assert not is_open(one)


def test_headers_letter_by_letter_have_ten_seconds_from_the_first_letter(bench):
    one = bench.connect()
    bench.passes(HEADER_SECONDS - 1)
    for n in range(10):
        one.data_received(HERE[n : n + 1])
        bench.passes(1)
    assert is_open(one)
    one.data_received(HERE[10:11])
    bench.passes(0.1)
    assert not is_open(one)


def test_who_has_asked_may_be_idle_for_a_minute_and_then_has_ten_seconds_again(bench):
    one, other = bench.connect(), bench.connect()
    for connection in (one, other):
        bench.answers(connection)
    bench.passes(IDLE_SECONDS - 1)
    assert is_open(one) and is_open(other)
    one.data_received(HERE[:5])
    bench.passes(1.5)
    assert is_open(one) and not is_open(other)
    bench.passes(HEADER_SECONDS)
    assert not is_open(one)


def test_a_request_in_work_may_take_as_long_as_it_takes(bench):
    one = bench.connect()
    bench.asks(one)
    bench.passes(10 * IDLE_SECONDS)
    assert is_open(one)


def test_an_answer_must_be_read_a_bit_every_half_minute(bench):
    one = bench.connect()
    bench.asks(one)
    for left in range(1_000, 900, -10):
        one.transport.unread = left
        bench.passes(STALLED_SECONDS - 1)
        bench.passes(0)
        assert is_open(one)
    bench.passes(STALLED_SECONDS + 0.1)
    assert not is_open(one)


def test_an_answer_is_read_before_a_minute_of_idling_begins(bench):
    one = bench.connect()
    bench.answers(one)
    one.transport.unread = 100
    for left in (99, 98, 97, 0):
        bench.passes(STALLED_SECONDS - 1)
        assert is_open(one)
        one.transport.unread = left
    one.transport.unread = 0
    bench.passes(1)
    assert is_open(one) == (4 * (STALLED_SECONDS - 1) <= IDLE_SECONDS)


def test_what_is_closed_is_forgotten(bench):
    one = bench.connect()
    one.connection_lost(None)
    assert not bench.limits._open
    bench.passes(1_000)


# ------------------------------------------------------------------ room for others


def test_the_one_that_was_silent_longest_makes_room():
    bench = Bench(most=4, proxies=("10.0.0.1",))
    asked_before = bench.connect()
    bench.answers(asked_before)
    silent = []
    for _ in range(3):
        bench.clock.now += 1
        silent.append(bench.connect())
    newcomer = bench.connect()
    assert is_open(newcomer) and is_open(asked_before)
    assert [is_open(one) for one in silent] == [False, True, True]
    for one in silent[1:]:
        bench.connect()
        assert not is_open(one)
    assert len(bench.limits._open) == 4
    bench.end()


def test_where_all_wait_for_the_server_nobody_makes_room(caplog):
    bench = Bench(most=2, proxies=("10.0.0.1",))
    working = [bench.connect() for _ in range(2)]
    for one in working:
        bench.asks(one)
    newcomer = bench.connect()
    assert not is_open(newcomer) and all(map(is_open, working))
    assert "refused, because 2 are in use" in caplog.text
    bench.end()


@pytest.mark.parametrize("slow", ["body", "reading"])
def test_requests_that_wait_for_their_client_make_room_last(slow):
    bench = Bench(most=4, proxies=("10.0.0.1",))
    working, waiting, later, silent = (bench.connect() for _ in range(4))
    bench.asks(working)
    for one in (waiting, later):
        bench.clock.now += 1
        if slow == "body":
            bench.asks(one, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n12")
        else:
            bench.asks(one)
            one.transport.unread = 1_000
    for closed in (silent, waiting, later):
        assert is_open(closed)
        newcomer = bench.connect()
        assert not is_open(closed) and is_open(newcomer)
        bench.asks(newcomer)  # it is in work, and makes no room
    assert is_open(working)
    bench.end()


def test_one_source_has_half_of_all_and_a_proxy_any_number():
    bench = Bench(most=6, proxies=("127.0.0.1",))
    crowd = [bench.connect("10.0.0.9") for _ in range(5)]
    assert [is_open(one) for one in crowd] == [False, False, True, True, True]
    other = bench.connect("10.0.0.1")
    assert is_open(other)
    for one in crowd[2:]:
        bench.asks(one)
    assert not is_open(bench.connect("10.0.0.9"))  # all of its own are in work
    assert is_open(bench.connect("10.0.0.2")) and is_open(other)
    bench.end()
    bench = Bench(most=6, proxies=("127.0.0.1",))
    assert all(is_open(bench.connect("127.0.0.1")) for _ in range(6))
    assert len(bench.limits._open) == 6
    bench.end()


@pytest.mark.parametrize(
    ("files", "most"), [(100, 50), (256, 128), (512, 384), (1_024, 896), (1_000_000, 1_000), (1, 1)]
)
def test_some_open_files_are_left_for_everything_else(files, most, monkeypatch):
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda which: (files, files))
    assert connections_most() == most


# ------------------------------------------------------------------ a real server


LARGE = "x" * 12_000_000  # more than the buffers of the operating system take


@contextmanager
def small_server(most, proxies=()):
    """A server that lets in few connections; what stands for Gradio gives a large answer."""
    workspace = Workspace(lambda workspace: None)
    keys = Keys(workspace)
    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    gate = Gate(listening.getsockname()[1], keys)
    app = guarded(workspace, gate, large)
    keep_short()
    served = Served(app, listening, Connections(most, proxies=proxies))
    try:
        yield served, keys.owner_token
    finally:
        served.close()
        keys.close()


async def large(scope, receive, send):
    if scope["type"] == "lifespan":
        for stage in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{stage}.complete"})
        return
    await PlainTextResponse(LARGE)(scope, receive, send)


def is_answered(served, token):
    """Whether a visitor who comes now, and brings a link, is answered, if need be a second later.

    For a moment, as many requests as there may be connections can be in work.
    """
    for _ in range(5):
        with (
            suppress(httpx.TransportError),
            closing(httpx.Client(base_url=served.url, timeout=20)) as visitor,
        ):
            told = visitor.post("/enter", json={"token": token})
            return told.status_code == 204 and visitor.get("/here").status_code == 204
        time.sleep(1)
    return False


def lines_of(caplog):
    return [one.getMessage() for one in caplog.records if one.levelname not in ("INFO", "DEBUG")]


@pytest.mark.parametrize("proxies", [(), ("127.0.0.1",)], ids=["direct", "behind a tunnel"])
@pytest.mark.parametrize("kind", ["silent", "half a header", "half a body", "slow reader"])
def test_who_comes_meanwhile_is_answered(kind, proxies, caplog):
    with small_server(20, proxies) as (served, token), ExitStack() as closes:
        crowd = []
        for _ in range(200 if kind == "slow reader" else 300):
            connection = socket.socket()
            if kind == "slow reader":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
            connection.settimeout(20)
            connection.connect(("127.0.0.1", served.port))
            crowd.append(closes.enter_context(closing(connection)))
            with suppress(OSError):  # it had to make room already
                connection.sendall(beginning(kind, token))
        for connection in crowd[-40:]:
            if kind == "half a header":
                with suppress(OSError):
                    connection.sendall(b"X")
        assert is_answered(served, token)
        assert sum(map(is_alive, crowd)) <= 20
        assert len(lines_of(caplog)) <= 3
    assert all(len(line) < 300 for line in lines_of(caplog))


def beginning(kind, token):
    """What a client sends before it is slow."""
    if kind == "silent":
        return b""
    if kind == "half a header":
        return b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
    if kind == "half a body":
        return request_of("POST", "/enter", "Content-Type: application/json",
                          "Content-Length: 4000", body=b"{")  # fmt: skip
    return request_of("GET", "/config", f"Authorization: Bearer {token}")


def is_alive(connection):
    """Whether the server still holds the connection."""
    connection.setblocking(False)
    try:
        while part := connection.recv(65_536):
            if not part:
                return False
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def test_slow_connections_are_closed_by_the_server(monkeypatch):
    for name in ("HEADER_SECONDS", "STALLED_SECONDS", "IDLE_SECONDS"):
        monkeypatch.setattr(f"hardex_app.links.connections.{name}", 0.5)
    with small_server(20) as (served, token), ExitStack() as closes:
        crowd = [closes.enter_context(connected(served.port)) for _ in range(8)]
        for n, kind in enumerate(("silent", "half a header")):
            for connection in crowd[n::2]:
                connection.sendall(beginning(kind, token))
        idle = closes.enter_context(connected(served.port))
        idle.sendall(HERE)
        reader = closes.enter_context(closing(socket.socket()))
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
        reader.connect(("127.0.0.1", served.port))
        reader.sendall(beginning("slow reader", token))
        until = time.monotonic() + 30
        while time.monotonic() < until and any(map(is_alive, [*crowd, idle])):
            time.sleep(0.1)
        assert not any(map(is_alive, [*crowd, idle]))
        time.sleep(3)
        assert len(read_to_the_end(reader)) < len(LARGE)
        assert is_answered(served, token)


def read_to_the_end(connection):
    connection.settimeout(20)
    told = b""
    with suppress(ConnectionError):
        while part := connection.recv(1_000_000):
            told += part
    return told


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="sets the limit of open files of a shell")
def test_three_hundred_silent_connections_and_256_open_files(tmp_path):
    """As many systems limit them: without a limit of its own, the server could open no file."""
    run, port = make_run(tmp_path), free_port()
    serving = Limited(run, "--port", str(port), "--root-path", "/hx")
    try:
        serving.wait_for("Stop with Ctrl-C.")
        link = serving.invited("Anna", "--address", f"http://127.0.0.1:{port}/hx")
        token = link.partition("#")[2]
        with ExitStack() as closes:
            for _ in range(300):
                closes.enter_context(connected(port))
            assert answers(f"http://127.0.0.1:{port}/hx/") == 401
            with closing(httpx.Client(base_url=f"http://127.0.0.1:{port}/hx", timeout=30)) as anna:
                assert anna.post("/enter", json={"token": token}).status_code == 204
                for name in ("whose", "facts", "next_examples"):
                    told = anna.post(f"/ask/annotate/{name}", json={"have": [], "count": 1})
                    assert told.status_code == 200 and "error" not in told.json()
        told = asked(port, "GET", "/enter")
        assert told.status == 200
        assert serving.process.poll() is None
        assert len(serving.told()) < 5_000 and "Traceback" not in serving.told()
    finally:
        serving.close()


class Limited(Serving):
    """`hardex serve` that may open 256 files."""

    def __init__(self, *about):
        real = subprocess.Popen

        def limited(command, **options):
            return real(["sh", "-c", 'ulimit -n 256; exec "$@"', "sh", *command], **options)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(subprocess, "Popen", limited)
            super().__init__(*about)
