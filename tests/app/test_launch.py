import json
import os
import re
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from http.client import HTTPConnection
from pathlib import Path
from types import ModuleType, SimpleNamespace
from urllib.error import HTTPError
from urllib.request import HTTPCookieProcessor, Request, build_opener

import httpx
import pytest

import hardex
from hardex import AccessError, DatasetError, HardexError, RunError, ServingError
from hardex.annotate.plan import Assignment
from hardex.cli.main import app as command_line
from hardex.people.access import OWNER
from hardex.people.address import kept_address
from hardex.runs.views import View
from hardex_app.auth.keys import Keys
from hardex_app.links.connections import Connections
from hardex_app.links.launch import (
    _keep_address,
    _open_browser,
    _open_link,
    _print,
    in_notebook,
    notes_of,
    open_window,
    work_for_annotators,
)
from hardex_app.links.server import FIRST_PORT, Served, free_port
from hardex_app.links.sharing import Sharing, is_loopback, reach
from hardex_app.links.tunnels import NoLink
from hardex_app.workspace import Workspace

from .fake_runs import (
    inspecting,
    run_without_images,
    sentence,
    serving,
    small_run,
)

LOCAL = "127.0.0.1"


@pytest.fixture
def taken():
    """A port on which somebody listens."""
    with socket.socket() as listening:
        listening.bind((LOCAL, 0))
        listening.listen()
        yield listening.getsockname()[1]


# ------------------------------------------------------------------ the port


def test_a_taken_port_is_refused_with_a_way_out(taken):
    with pytest.raises(ServingError) as caught:
        free_port(LOCAL, taken)
    assert f"{taken} on {LOCAL} is not; leave out --port" in sentence(caught.value)


def test_a_free_port_is_used_as_asked(taken):
    with socket.socket() as found:
        found.bind((LOCAL, 0))
        port = found.getsockname()[1]
    assert free_port(LOCAL, port) == port


def test_without_a_port_the_next_free_one_is_used(taken, monkeypatch):
    assert free_port(LOCAL, None) >= FIRST_PORT
    monkeypatch.setattr("hardex_app.links.server.FIRST_PORT", taken)
    assert free_port(LOCAL, None) > taken


def test_when_all_ports_are_taken_both_ways_out_are_named(taken, monkeypatch):
    monkeypatch.setattr("hardex_app.links.server.FIRST_PORT", taken)
    monkeypatch.setattr("hardex_app.links.server._PORTS", 1)
    with pytest.raises(ServingError) as caught:
        free_port(LOCAL, None)
    assert "stop another app or pass --port" in sentence(caught.value)


def test_a_server_that_does_not_start_says_so_at_once_and_leaves_its_port():
    listening = socket.create_server((LOCAL, 0))
    port = listening.getsockname()[1]
    with pytest.raises(ServingError, match="its server has not; try again") as caught:
        Served(failing, listening, Connections(10))
    sentence(caught.value)
    assert free_port(LOCAL, port) == port


async def failing(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no"})


def test_a_port_that_somebody_took_meanwhile_is_left_to_them(taken, monkeypatch):
    found = iter([taken, taken, 0])
    monkeypatch.setattr("hardex_app.links.server.free_port", lambda host, port: next(found))
    with serving(Workspace(lambda workspace: None)) as served:
        assert served.port != taken and httpx.get(served.url).status_code == 200


def test_an_app_that_was_closed_leaves_its_port_and_its_thread():
    with serving(Workspace(lambda workspace: None)) as served:
        port = served.port
        assert httpx.get(served.url).status_code == 200
        served.close()
        assert free_port(LOCAL, port) == port
    assert "hardex-server" not in {one.name for one in threading.enumerate()}


def test_an_app_that_ends_while_its_address_is_kept_forgets_it(tmp_path):
    run, _ = small_run(tmp_path)

    class Ended:
        """Ctrl-C comes as soon as the address is kept."""

        @property
        def run(self):
            if threading.current_thread() is not threading.main_thread():
                return run
            while not kept_address(run.folder):
                time.sleep(0.01)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), ExitStack() as ends:
        _keep_address(Ended(), "http://127.0.0.1:7860", ends)
    assert kept_address(run.folder) == ""


@pytest.mark.parametrize("port", [0, -1, 65536, 99999])
def test_a_number_that_is_no_port_is_refused(port):
    with pytest.raises(ServingError, match=f"from 1 to 65535; {port} on"):
        free_port(LOCAL, port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid", "a:b"])
@pytest.mark.parametrize("port", [None, 7860])
def test_a_host_that_is_not_this_computer_is_not_called_a_taken_port(host, port):
    with pytest.raises(ServingError) as caught:
        free_port(host, port)
    assert f"{host} is not; leave out --host" in sentence(caught.value)


@pytest.mark.skipif(not socket.has_ipv6, reason="this computer has no IPv6")
def test_the_other_loopback_address_has_ports_too():
    assert free_port("::1", None) >= FIRST_PORT


# ------------------------------------------------------------------ what is asked for


def test_a_taken_port_is_refused_before_anything_is_served(taken):
    workspace = Workspace(lambda workspace: pytest.fail("nothing may start"))
    with pytest.raises(ServingError, match="leave out --port"):
        open_window(workspace, host=LOCAL, port=taken, browser=False)


def test_only_who_can_be_reached_by_others_asks_for_a_link():
    assert not Sharing().needs_link(LOCAL) and not Sharing().needs_link("::1")
    assert Sharing().needs_link("0.0.0.0") and Sharing().needs_link("192.168.1.4")
    for sharing in (
        Sharing(share=True),
        Sharing(server="frp.example.org:7000"),
        Sharing(ssh="anna@example.org"),
        Sharing(root_path="/hx"),
    ):
        assert sharing.needs_link(LOCAL)


def test_what_writes_forwarded_headers_is_believed_and_ssh_writes_none():
    assert Sharing(share=True).is_proxied and Sharing(root_path="/hx").is_proxied
    assert not Sharing(ssh="anna@example.org").is_proxied and not Sharing().is_proxied


@pytest.mark.parametrize(
    "options",
    [
        {"share": True, "ssh": "a@b"},
        {"share": True, "server": "a:1"},
        {"server": "a:1", "ssh": "a@b"},
    ],
)
def test_there_is_one_public_link_at_most(options):
    with pytest.raises(ServingError, match="choose one"):
        Sharing(**options)


@pytest.mark.parametrize(
    "root_path", ["hx", "/", "//evil", "/hx/", "/h x", "ftp://a/hx", "/hx?x", "/a\n"]
)
def test_what_is_no_root_path_is_refused(root_path):
    with pytest.raises(ServingError) as caught:
        Sharing(root_path=root_path)
    assert "try --root-path /hardex" in sentence(caught.value)


# ------------------------------------------------------------------ what the terminal says

URL, LINK = "http://127.0.0.1:7860/", "https://4f2a.gradio.live"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_on_loopback_only_this_computer_can_reach_it(host):
    assert reach(URL, host, 7860, Sharing(), "") == [
        f"hardex is at {URL}",
        "Only this computer can reach it.",
    ]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::"])
def test_on_another_address_everyone_near_needs_a_link(host):
    assert not is_loopback(host)
    lines = reach(URL, host, 7860, Sharing(), "ID.SECRET")
    assert "Everyone who can reach this computer and has a personal link can open it." in lines
    assert "Only this computer can reach it." not in lines
    (own,) = [line for line in lines if "Your personal link" in line]
    assert own.endswith(":7860/enter#ID.SECRET")
    assert any("hardex annotate invite RUN NAME" in line for line in lines)


def test_behind_a_proxy_nobody_is_told_that_only_this_computer_can_reach_it():
    for path in ("/hx", "https://example.org/hx"):
        lines = reach(URL, LOCAL, 7860, Sharing(root_path=path), "ID.SECRET")
        assert "Only this computer can reach it." not in lines
        assert any(line.startswith(f"Behind a proxy it is at {path}/; ") for line in lines)
        own = path if path.startswith("https") else f"{URL.rstrip('/')}{path}"
        assert any(line.endswith(f" {own}/enter#ID.SECRET") for line in lines)


class FakeTunnel:
    """A tunnel that opens, or does not."""

    def __init__(self, link=""):
        self.link = link

    def open(self):
        if not self.link:
            raise NoLink("no network")
        return self.link

    def close(self):
        pass


def test_a_link_is_told_with_the_owners_own(capsys):
    assert _open_link(FakeTunnel(LINK), "ID.SECRET", Sharing()) == LINK
    told = capsys.readouterr().out
    assert f"Public link: {LINK} (for everyone with a personal link)." in told
    assert f"Your personal link there: {LINK}/enter#ID.SECRET" in told


def test_behind_a_proxy_the_link_is_the_proxys(capsys):
    proxy = "https://hardex.example.org"
    sharing, inner = Sharing(root_path=proxy), "http://lab.example.org:8080"
    assert _open_link(FakeTunnel(inner), "ID.SECRET", sharing) == proxy
    told = capsys.readouterr().out
    assert f"Public link: {proxy} " in told and f"{proxy}/enter#ID.SECRET" in told
    assert "lab.example.org" not in told
    assert _open_link(FakeTunnel(), "ID.SECRET", sharing) == ""
    sharing = Sharing(root_path="/hx")
    assert _open_link(FakeTunnel(inner), "ID.SECRET", sharing) == f"{inner}/hx"


def test_without_a_link_there_is_one_sentence_with_three_ways_out(capsys):
    assert _open_link(FakeTunnel(), "ID.SECRET", Sharing()) == ""
    (line,) = capsys.readouterr().out.splitlines()
    for words in ("no network", "continues locally", "--share-ssh", "--root-path", "Space"):
        assert words in sentence(line)
    assert _open_link(None, "", Sharing()) == "" and capsys.readouterr().out == ""


def test_invitations_that_came_with_a_run_are_named_at_the_start(tmp_path, monkeypatch):
    run, _ = small_run(tmp_path)
    workspace = Workspace(lambda workspace: None, run=run)
    keys = Keys(workspace)
    try:
        assert notes_of(keys) == []
        with monkeypatch.context() as elsewhere:
            elsewhere.setenv("HARDEX_KEY_FILE", str(tmp_path / "another computer" / "key"))
            for name in ("Anna", "Ben"):
                keys._accesses()[1].invite(name)
        (line,) = notes_of(keys)
        assert line == (
            "2 invitations in this run were made on another computer or for another folder and are "
            "off: Anna, Ben. Confirm your own with: hardex annotate invite RUN NAME --confirm"
        )
        keys._accesses()[1].close()
        (run.folder / "people" / "annotations.sqlite").write_bytes(b"no database " * 99)
        (line,) = notes_of(keys)
        assert line.startswith("Nobody but you can enter: ") and sentence(line)
    finally:
        keys.close()


def test_what_is_printed_does_not_act_on_the_terminal(capsys):
    _print(["Anna \x1b[31m\u202e 🦊"])
    assert capsys.readouterr().out == "Anna \\x1b[31m\\u202e 🦊\n"


def test_an_address_that_cannot_be_kept_safely_is_said(tmp_path, capsys):
    run, _ = small_run(tmp_path)
    (run.folder / "people").write_text("no folder")
    with ExitStack() as ends:
        _keep_address(SimpleNamespace(run=run), "http://127.0.0.1:7860", ends)
    told = capsys.readouterr().out
    assert told.startswith("Invitations will have no address: ") and "a real folder" in told


def test_the_owners_token_is_not_shown_to_who_lists_programs(monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    keys = Keys(Workspace(lambda workspace: None))
    try:
        _open_browser(URL, keys)
        (url,) = opened
        assert keys.owner_token not in url and url.startswith("file://")
        page = Path(url.removeprefix("file://"))
        assert f"{URL}enter#{keys.owner_token}" in page.read_text()
        assert page.stat().st_mode & 0o077 == 0 and page.parent.stat().st_mode & 0o077 == 0
        _open_browser(URL, None)
        assert opened[1] == URL
    finally:
        keys.close()
    assert not page.exists()


def test_a_token_for_one_use_lets_the_owner_in_once():
    keys = Keys(Workspace(lambda workspace: None))
    try:
        first, second = keys.one_time_token(), keys.one_time_token()
        assert len({first, second, keys.owner_token}) == 3
        assert keys.visitor(keys.enter(first)) == OWNER
        with pytest.raises(AccessError) as caught:
            keys.enter(first)
        assert "works once" in sentence(caught.value)
        assert keys.visitor(keys.enter(second)) == OWNER
        for _ in range(2):
            assert keys.visitor(keys.enter(keys.owner_token)) == OWNER
        for wrong in (first[:-1], first + "x", first.upper(), "", "\ud800"):
            with pytest.raises(AccessError):
                keys.enter(wrong)
    finally:
        keys.close()


def test_a_token_for_one_use_is_not_used_up_while_nobody_gets_in():
    keys = Keys(Workspace(lambda workspace: None))
    try:
        token, door = keys.one_time_token(), keys._of_owner
        keys._of_owner = SimpleNamespace(enter=cannot)
        for _ in range(2):
            with pytest.raises(RunError):
                keys.enter(token)
        keys._of_owner = door
        assert keys.visitor(keys.enter(token)) == OWNER
    finally:
        keys.close()


def cannot(token):
    raise RunError("the database must be writable; it is not; free the disk.")


def test_of_many_at_once_a_token_for_one_use_lets_in_one():
    keys = Keys(Workspace(lambda workspace: None))
    token = keys.one_time_token()

    def enters(_):
        with suppress(AccessError):
            return keys.enter(token)

    try:
        with ThreadPoolExecutor(8) as pool:
            assert sum(one is not None for one in pool.map(enters, range(40))) == 1
    finally:
        keys.close()


# ------------------------------------------------------------------ the server


def test_without_a_sharing_option_only_names_of_this_computer_are_answered():
    with serving(Workspace(lambda workspace: None)) as app:
        port = int(app.url.rpartition(":")[2].strip("/"))
        for host, expected in {
            "127.0.0.1": 200,
            f"localhost:{port}": 200,
            "[::1]": 200,
            "evil.example": 403,
            f"evil.example:{port}": 403,
            "127.0.0.1.evil.example": 403,
        }.items():
            for path in ("/", "/config", "/gradio_api/upload"):
                connection = HTTPConnection(LOCAL, port, timeout=30)
                connection.request("GET", path, headers={"Host": host})
                answer = connection.getresponse()
                assert (answer.status == 403) == (expected == 403), (host, path)
                if expected == 403:
                    assert "--share" in sentence(answer.read().decode().strip())
                connection.close()


def test_the_server_answers_nobody_without_a_token():
    workspace = Workspace(lambda workspace: None)
    keys = Keys(workspace)
    with serving(workspace, keys) as app:
        stranger, owner = (build_opener(HTTPCookieProcessor()) for _ in range(2))
        assert status(stranger, app.url + "enter", {"token": "x"}) == 401
        assert status(owner, app.url + "enter", {"token": keys.owner_token}) == 204
        for path in ("config", "gradio_api/info"):
            assert status(stranger, app.url + path) == 401
            assert status(owner, app.url + path) == 200
        assert status(stranger, app.url + "ask/probe/probe", {}) == 401
    keys.close()


def status(opener, url, data=None):
    body = None if data is None else json.dumps(data).encode()
    request = Request(url, body, {"Content-Type": "application/json"})
    try:
        with opener.open(request, timeout=30) as response:
            return response.status
    except HTTPError as error:
        error.close()
        return error.code


@pytest.mark.parametrize("root_path", ["/hx", "https://example.org/hx"])
def test_behind_a_proxy_the_page_knows_its_place(root_path):
    workspace = Workspace(lambda workspace: None)
    keys = Keys(workspace)
    with serving(workspace, keys, root_path=root_path) as app:
        request = Request(app.url + "config")
        assert status(build_opener(), app.url + "config") == 401
        request.add_header("Authorization", f"Bearer {keys.owner_token}")
        with build_opener().open(request, timeout=30) as answer:
            assert json.load(answer)["root"].endswith("/hx")
    keys.close()


def guesses(url, count, **headers):
    """The answers to wrong tokens, each of which claims to come from another computer."""
    found = []
    for n in range(count):
        forged = {name.replace("_", "-"): value.format(n=n) for name, value in headers.items()}
        asked = HTTPConnection(LOCAL, int(url.rpartition(":")[2].strip("/")), timeout=30)
        body = json.dumps({"token": f"abc{n:05d}." + "x" * 43})
        asked.request("POST", "/enter", body, {"Content-Type": "application/json", **forged})
        answer = asked.getresponse()
        answer.read()
        found.append(answer.status)
        asked.close()
    return found


def test_without_a_proxy_nobody_chooses_where_they_come_from(monkeypatch):
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    workspace = Workspace(lambda workspace: None)
    keys = Keys(workspace)
    with serving(workspace, keys, ssh="anna@example.org") as app:
        assert os.environ["FORWARDED_ALLOW_IPS"] == "*"
        told = guesses(app.url, 40, X_Forwarded_For="10.0.0.{n}")
        assert told == [401] * 10 + [429] * 30
        headers = {"X-Forwarded-Proto": "https", "Content-Type": "application/json"}
        left = Request(app.url + "leave", b"{}", headers)
        with build_opener().open(left, timeout=30) as answer:
            assert "Secure" not in answer.headers["Set-Cookie"]
    keys.close()


def test_behind_a_proxy_each_computer_counts_for_itself(monkeypatch):
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)
    workspace = Workspace(lambda workspace: None)
    keys = Keys(workspace)
    with serving(workspace, keys, root_path="/hx") as app:
        assert "FORWARDED_ALLOW_IPS" not in os.environ
        assert guesses(app.url, 20, X_Forwarded_For="10.0.0.{n}") == [401] * 20
        # What the visitor wrote comes first, and what the proxy saw comes last.
        told = guesses(app.url, 12, X_Forwarded_For="10.1.0.{n}, 10.2.0.1")
        assert told == [401] * 10 + [429] * 2
    keys.close()


# ------------------------------------------------------------------ in a notebook


class ZMQInteractiveShell:
    """Called as the shell of a Jupyter kernel is."""


class Shell(ZMQInteractiveShell):
    """As Colab derives its own."""


class TerminalInteractiveShell:
    """IPython at a terminal."""


@pytest.fixture
def notebook(monkeypatch):
    """What stands below the cell: a stand-in for IPython collects it."""
    shown = []
    display = ModuleType("IPython.display")
    display.IFrame = lambda url, **size: SimpleNamespace(url=url, **size)
    display.display = shown.append
    running_in(Shell(), monkeypatch)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    return shown


def running_in(shell, monkeypatch):
    ipython = ModuleType("IPython")
    ipython.get_ipython = lambda: shell
    ipython.version_info = (9, 0, 0, "")
    monkeypatch.setitem(sys.modules, "IPython", ipython)


def test_a_notebook_is_known_by_its_shell_and_nothing_is_imported_for_that(monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert not in_notebook() and "IPython" not in sys.modules
    for shell, expected in (
        (ZMQInteractiveShell(), True),
        (Shell(), True),
        (TerminalInteractiveShell(), False),
        (None, False),
    ):
        running_in(shell, monkeypatch)
        assert in_notebook() == expected


@pytest.fixture
def own_ports(monkeypatch):
    """Ports that no other test looks for: all others begin at the usual one."""
    with socket.socket() as found:
        found.bind((LOCAL, 0))
        monkeypatch.setattr("hardex_app.links.server.FIRST_PORT", found.getsockname()[1])


@pytest.mark.usefixtures("own_ports")
def test_in_a_notebook_two_apps_open_below_their_cells_and_close_one_by_one(
    notebook, tmp_path, capsys
):
    run, classifier = small_run(tmp_path)

    def served():
        return hardex.serve(run, classifier, train=tmp_path / "data.npz", browser=False)

    first, second = served(), served()
    try:
        assert first.url != second.url
        assert [frame.url for frame in notebook] == [first.url, second.url]
        assert {(frame.width, frame.height) for frame in notebook} == {("100%", 900)}
        assert "Stop with close()." in capsys.readouterr().out
        assert repr(first) == f"Opened(url={first.url!r})"
        assert first.link() == first.url
        first.close()
        first.close()
        assert not answers(first.url) and answers(second.url)
    finally:
        first.close()
        second.close()
    assert not answers(second.url)
    assert "hardex-workspace" not in {thread.name for thread in threading.enumerate()}


def opened(workspace, **sharing):
    """An app that is open beside a notebook."""

    return open_window(workspace, host=LOCAL, port=None, browser=False, sharing=Sharing(**sharing))


def test_what_a_notebook_keeps_lets_nobody_in_twice(notebook, tmp_path, capsys):
    run, _ = small_run(tmp_path)
    app = opened(inspecting(run), root_path="/hx")
    try:
        (frame,) = notebook
        told = capsys.readouterr().out
        assert "Your personal link (works once): " in told
        shown = re.findall(r"enter#(\S+)", f"{frame.url} {told} {app.link()} {app.link()}")
        assert len(set(shown)) == len(shown) == 4
        for token in shown:
            for expected in (204, 401):
                visitor = build_opener(HTTPCookieProcessor())
                assert status(visitor, f"{app.url}/enter", {"token": token}) == expected
                assert (status(visitor, f"{app.url}/config") == 200) == (expected == 204)
        bearer = Request(f"{app.url}/config", headers={"Authorization": f"Bearer {shown[0]}"})
        with pytest.raises(HTTPError, match="401") as caught:
            build_opener().open(bearer, timeout=30)
        caught.value.close()
    finally:
        app.close()


def test_behind_a_proxy_all_links_lead_to_it(notebook, tmp_path, monkeypatch, capsys):
    run, _ = small_run(tmp_path)
    inner, proxy = "http://lab.example.org:8080", "https://hardex.example.org"
    monkeypatch.setattr(Sharing, "tunnel", lambda *_: FakeTunnel(inner))
    app = opened(inspecting(run), ssh="anna@lab.example.org", root_path=proxy)
    try:
        assert app.url == kept_address(run.folder) == proxy
        assert notebook[0].url.startswith(f"{proxy}/enter#")
        assert app.link().startswith(f"{proxy}/enter#")
        assert "lab.example.org" not in capsys.readouterr().out
    finally:
        app.close()
    assert kept_address(run.folder) == ""


# ------------------------------------------------------------------ where it is


def test_an_app_forgets_only_where_it_was_itself(notebook, tmp_path):
    run, _ = small_run(tmp_path)
    shared = opened(inspecting(run), root_path="https://hardex.example.org")
    local = opened(inspecting(run))
    local.close()
    assert kept_address(run.folder) == "https://hardex.example.org"
    other = opened(inspecting(run), root_path="https://other.example.org")
    shared.close()
    assert kept_address(run.folder) == "https://other.example.org"
    other.close()
    assert kept_address(run.folder) == ""


def test_a_demo_that_still_ranks_notes_where_it_is_as_soon_as_there_is_a_run(notebook, tmp_path):
    run, _ = small_run(tmp_path)
    ranked = threading.Event()

    def prepare(workspace):
        ranked.wait(60)
        workspace.run = run

    app = opened(Workspace(prepare), root_path="https://hardex.example.org")
    assert kept_address(run.folder) == ""
    ranked.set()
    end = time.monotonic() + 60
    while not kept_address(run.folder):
        assert time.monotonic() < end, "it was never noted"
        time.sleep(0.05)
    assert kept_address(run.folder) == "https://hardex.example.org"
    app.close()
    assert kept_address(run.folder) == ""
    assert "hardex-address" not in {thread.name for thread in threading.enumerate()}


def test_an_app_that_cannot_start_leaves_nothing_behind(tmp_path, monkeypatch):
    run, _ = small_run(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def fails(*words, **options):
        raise ServingError("the port must be free.")

    monkeypatch.setattr("hardex_app.links.launch.launch", fails)
    with pytest.raises(ServingError):
        opened(inspecting(run), root_path="/hx")
    assert not list(tmp_path.glob("hardex-*"))


def answers(url):
    """Whether somebody listens there."""
    with socket.socket() as asking:
        return asking.connect_ex((LOCAL, int(url.rpartition(":")[2].strip("/")))) == 0


# ------------------------------------------------------------------ the command line


def test_training_data_that_is_not_there_ends_the_command_in_a_sentence(tmp_path):
    run, _ = small_run(tmp_path)
    words = ["serve", str(run.folder), "--train", str(tmp_path / "nowhere"), "--no-browser"]
    with pytest.raises(DatasetError) as caught:
        command_line(words, standalone_mode=False)
    assert "--train must be the training data" in sentence(caught.value)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--queue", "nonsense"], "each parameter once; received 'nonsense'; try list=hard"),
        (["--queue", "given=1&given=2"], "each parameter once"),
        (["--queue", "nonsense=1"], "unknown filter 'nonsense'; use one of list, "),
        (
            ["--queue", "list=wrong&given=0&predicted=0"],
            "at least one example .*matches none: no example matches; choose",
        ),
        (["--data", "nowhere"], "must be where --data says, nowhere; .*; check the path"),
    ],
)
def test_what_annotators_could_not_judge_is_refused_at_the_start(tmp_path, words, sentence):
    run, _ = small_run(tmp_path)
    with pytest.raises(HardexError, match=sentence):
        command_line(["serve", str(run.folder), "--no-browser", *words], standalone_mode=False)


def test_how_much_there_is_to_judge_is_told_at_the_start(tmp_path):
    run, _ = small_run(tmp_path)
    everything = View(list="all")
    assert work_for_annotators(Workspace(lambda workspace: None)) == []
    told = work_for_annotators(
        Workspace(lambda workspace: None, run=run, assignment=Assignment(everything))
    )
    assert told == ["2 annotators judge each of 30 examples."]
    (tmp_path / "data.npz").unlink()
    run = hardex.load(run.folder)
    once = Workspace(lambda workspace: None, run=run, assignment=Assignment(everything, 1))
    hard = len(set(run.hard["id"]))
    assert work_for_annotators(once) == [
        f"One annotator judges each of {hard} examples; {30 - hard} examples without an "
        "image left out."
    ]
    saved = Workspace(lambda workspace: None, run=run_without_images(tmp_path))
    assert work_for_annotators(saved)[0].startswith("There is nothing for annotators to judge (")
    lost = Assignment(View(given="nobody"))
    (told,) = work_for_annotators(Workspace(lambda workspace: None, run=run, assignment=lost))
    assert told.startswith("Annotators cannot start: a class of a view must be one of")


def test_a_root_path_reaches_the_window_from_the_command_line(tmp_path):
    run, _ = small_run(tmp_path)
    words = ["serve", str(run.folder), "--model", "mnist_cnn", "--root-path", "hx", "--no-browser"]
    with pytest.raises(ServingError, match="received 'hx'"):
        command_line(words, standalone_mode=False)
