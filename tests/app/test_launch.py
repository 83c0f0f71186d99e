import base64
import json
import socket
import string
import sys
import threading
from http.client import HTTPConnection
from types import ModuleType, SimpleNamespace
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

import hardex
from hardex import DatasetError, ServingError
from hardex.cli import app as command_line
from hardex_app.inspection import Inspection
from hardex_app.launch import (
    FIRST_PORT,
    _built,
    _credentials,
    _launched,
    free_port,
    in_notebook,
    is_loopback,
    open_window,
    reach,
)

from .fake_runs import launched_in_a_loop, sentence, small_run

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


def test_without_a_port_the_next_free_one_is_used():
    first = free_port(LOCAL, None)
    assert first >= FIRST_PORT
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
        listening.bind((LOCAL, first))
        listening.listen()
        assert free_port(LOCAL, None) > first


def test_when_all_ports_are_taken_both_ways_out_are_named(taken, monkeypatch):
    monkeypatch.setattr("hardex_app.launch.FIRST_PORT", taken)
    monkeypatch.setattr("hardex_app.launch._PORTS", 1)
    with pytest.raises(ServingError) as caught:
        free_port(LOCAL, None)
    assert "stop another app or pass --port" in sentence(caught.value)


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


# ------------------------------------------------------------------ name and password


@pytest.mark.parametrize("auth", ["anna", "anna:", ":secret", ":", ""])
def test_a_malformed_auth_is_refused_before_anything_is_served(auth):
    inspection = Inspection(lambda inspection: pytest.fail("nothing may start"))
    with pytest.raises(ServingError) as caught:
        open_window(inspection, host=LOCAL, port=None, browser=False, share=False, auth=auth)
    assert "--auth must be NAME:PASSWORD" in sentence(caught.value)
    assert "secret" not in str(caught.value)


def test_a_taken_port_is_refused_before_anything_is_served(taken):
    inspection = Inspection(lambda inspection: pytest.fail("nothing may start"))
    with pytest.raises(ServingError, match="leave out --port"):
        open_window(inspection, host=LOCAL, port=taken, browser=False, share=False, auth=None)


def test_a_password_may_hold_colons():
    assert _credentials("anna:a:b:", share=False) == ("anna", "a:b:")
    assert _credentials("anna:a:b:", share=True) == ("anna", "a:b:")


def test_only_a_public_link_gets_a_password_of_its_own():
    assert _credentials(None, share=False) is None


def test_a_made_up_password_is_long_and_never_the_same():
    passwords = [_credentials(None, share=True)[1] for _ in range(20)]
    assert len(set(passwords)) == 20
    for password in passwords:
        assert len(base64.urlsafe_b64decode(password + "=" * (-len(password) % 4))) >= 12
        assert set(password) <= {*string.ascii_letters, *string.digits, *"-_"}


# ------------------------------------------------------------------ what the terminal says

URL, LINK = "http://127.0.0.1:7860/", "https://4f2a.gradio.live"
ANNA = ("anna", "a:b")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_on_loopback_only_this_computer_can_reach_it(host):
    assert reach(URL, None, host, 7860, False, None) == [
        f"hardex is at {URL}",
        "Only this computer can reach it.",
        "Stop with Ctrl-C.",
    ]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::"])
def test_on_another_address_everyone_near_needs_the_password(host):
    assert not is_loopback(host)
    lines = reach(URL, None, host, 7860, False, ANNA)
    assert "Everyone who can reach this computer and has the password gets in." in lines
    assert "Only this computer can reach it." not in lines
    assert "Name: anna  Password: a:b" in lines


@pytest.mark.parametrize("auth", [None, "anna:a:b"])
def test_a_public_link_is_never_told_without_a_password(auth):
    name, password = _credentials(auth, share=True)
    lines = reach(URL, LINK, LOCAL, 7860, True, (name, password))
    assert f"Public link: {LINK} (everyone who has it and the password gets in)." in lines
    assert "Only this computer can reach it." not in lines
    assert LINK not in "\n".join(reach(URL, LINK, LOCAL, 7860, True, None))
    assert f"Name: {name}  Password: {password}" in lines


def test_without_a_link_there_are_three_ways_out():
    (way_out,) = [
        line for line in reach(URL, None, LOCAL, 7999, True, ANNA) if "public link" in line
    ]
    for way in ("ssh -R 8080:localhost:7999", "reverse proxy", "Hugging Face Space"):
        assert way in sentence(way_out)


def test_nobody_who_did_not_ask_for_a_link_is_told_of_one():
    assert "ublic link" not in "\n".join(reach(URL, None, LOCAL, 7860, False, None))


# ------------------------------------------------------------------ the server


def test_without_a_password_only_names_of_this_computer_are_answered():
    def launched():
        window = _built(Inspection(lambda inspection: None))
        _launched(window, LOCAL, None, False, None)
        return window

    app = launched_in_a_loop(launched)
    try:
        port = app.local_url.rpartition(":")[2].strip("/")
        for host, expected in {
            "127.0.0.1": 200,
            f"localhost:{port}": 200,
            "[::1]": 200,
            "evil.example": 403,
            f"evil.example:{port}": 403,
            "127.0.0.1.evil.example": 403,
            "": 403,
        }.items():
            for path in ("/", "/config", "/gradio_api/upload"):
                connection = HTTPConnection(LOCAL, int(port), timeout=30)
                connection.request("GET", path, headers={"Host": host})
                answer = connection.getresponse()
                assert (answer.status == 403) == (expected == 403), (host, path)
                if expected == 403:
                    assert "--share" in sentence(answer.read().decode().strip())
                connection.close()
    finally:
        app.close(verbose=False)


def test_the_server_answers_nobody_without_the_password():
    def launched():
        window = _built(Inspection(lambda inspection: None))
        _launched(window, LOCAL, None, False, ANNA)
        return window

    app = launched_in_a_loop(launched)
    try:
        assert app.share_url is None
        stranger, anna = (build_opener(HTTPCookieProcessor()) for _ in range(2))
        assert status(stranger, app.local_url + "login", log_in(ANNA[0], "a")) == 400
        assert status(anna, app.local_url + "login", log_in(*ANNA)) == 200
        for path in ("config", "gradio_api/info"):
            assert status(stranger, app.local_url + path) == 401
            assert status(anna, app.local_url + path) == 200
        assert status(stranger, app.local_url + "gradio_api/component_server", b"{}") == 401
    finally:
        app.close(verbose=False)


def log_in(name, password):
    return urlencode({"username": name, "password": password}).encode()


def status(opener, url, data=None):
    try:
        with opener.open(url, data, timeout=30) as response:
            return response.status
    except HTTPError as error:
        error.close()
        return error.code


# ------------------------------------------------------------------ behind a proxy


@pytest.mark.parametrize(
    "root_path", ["hx", "/", "//evil", "/hx/", "/h x", "ftp://a/hx", "/hx?x", "/a\n"]
)
def test_what_is_no_root_path_is_refused_before_anything_is_served(root_path):
    inspection = Inspection(lambda inspection: pytest.fail("nothing may start"))
    options = {"host": LOCAL, "port": None, "browser": False, "share": False, "auth": None}
    with pytest.raises(ServingError) as caught:
        open_window(inspection, root_path=root_path, **options)
    assert "try --root-path /hardex" in sentence(caught.value)


def test_behind_a_proxy_nobody_is_told_that_only_this_computer_can_reach_it():
    lines = reach(URL, None, LOCAL, 7860, False, ANNA, root_path="/hx")
    assert "Only this computer can reach it." not in lines
    assert any(line.startswith("Behind a proxy it is at /hx; ") for line in lines)


@pytest.mark.parametrize("root_path", ["/hx", "https://example.org/hx"])
def test_behind_a_proxy_the_page_knows_its_place_and_asks_for_a_password(root_path):
    def launched():
        window = _built(Inspection(lambda inspection: None))
        _launched(window, LOCAL, None, False, ANNA, root_path)
        return window

    app = launched_in_a_loop(launched)
    try:
        anna = build_opener(HTTPCookieProcessor())
        assert status(anna, app.local_url + "config") == 401
        assert status(anna, app.local_url + "login", log_in(*ANNA)) == 200
        with anna.open(app.local_url + "config", timeout=30) as answer:
            assert json.load(answer)["root"].endswith("/hx")
    finally:
        app.close(verbose=False)


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


def test_in_a_notebook_two_apps_open_below_their_cells_and_close_one_by_one(
    notebook, tmp_path, capsys
):
    run, classifier = small_run(tmp_path)

    def served():
        return hardex.serve(run, classifier, train=tmp_path / "data.npz", browser=False)

    first, second = launched_in_a_loop(served), launched_in_a_loop(served)
    try:
        assert first.url != second.url
        assert [frame.url for frame in notebook] == [first.url, second.url]
        assert {(frame.width, frame.height) for frame in notebook} == {("100%", 900)}
        assert "Stop with close()." in capsys.readouterr().out
        assert repr(first) == f"Opened(url={first.url!r})"
        first.close()
        first.close()
        assert not answers(first.url) and answers(second.url)
    finally:
        first.close()
        second.close()
    assert not answers(second.url)
    assert "hardex-inspection" not in {thread.name for thread in threading.enumerate()}


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


def test_a_root_path_reaches_the_window_from_the_command_line(tmp_path):
    run, _ = small_run(tmp_path)
    words = ["serve", str(run.folder), "--model", "mnist_cnn", "--root-path", "hx", "--no-browser"]
    with pytest.raises(ServingError, match="received 'hx'"):
        command_line(words, standalone_mode=False)
