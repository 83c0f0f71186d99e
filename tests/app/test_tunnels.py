"""Public links: what is asked for, a real `ssh -R` to a real sshd, and a stand-in for frpc."""

import getpass
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import needs
import pytest
from playwright.sync_api import expect

from hardex import ServingError, load
from hardex.probing.saved_probes import kept_probes
from hardex_app.links.sharing import Sharing
from hardex_app.links.tunnels import Frp, FrpServer, NoLink, Ssh, SshServer

from .fake_runs import sentence
from .journeys import (
    Serving,
    answers,
    free_port,
    judge_one,
    make_run,
    probe_and_keep,
    stored,
)

# ------------------------------------------------------------------ what is asked for


@pytest.mark.parametrize(
    ("target", "host", "port"),
    [
        ("anna@example.org", "anna@example.org", None),
        ("anna@example.org:2222", "anna@example.org", 2222),
        ("lab", "lab", None),  # a name of ssh's own configuration
    ],
)
def test_a_target_of_ssh_is_read(target, host, port):
    server = SshServer.of(target)
    assert (server.host, server.port) == (host, port)
    command = server.command(7860)
    assert command[-1] == host and command[0] == "ssh"
    assert command[command.index("-R") + 1] == "8080:127.0.0.1:7860"
    options = {command[at + 1] for at, word in enumerate(command) if word == "-o"}
    assert {"BatchMode=yes", "ExitOnForwardFailure=yes", "ServerAliveInterval=15"} <= options
    assert not any("StrictHostKeyChecking" in option for option in options)


@pytest.mark.parametrize(
    "target",
    ["", "-oProxyCommand=x", "a@-x", "a b@c", "a@b;id", "a@b:0", "a@b:99999", "a@b:x", "a@b\n",
     "a@b/c", "a@$(id)", "@b", "ssh://a@b"],
)  # fmt: skip
def test_what_is_no_target_of_ssh_is_refused(target):
    with pytest.raises(ServingError) as caught:
        SshServer.of(target)
    assert "try --share-ssh anna@example.org" in sentence(caught.value)


@pytest.mark.parametrize("remote", ["", "0", "70000", "a b:1", "-o:1", "1:2:3", "x"])
def test_what_is_no_port_of_the_other_computer_is_refused(remote):
    with pytest.raises(ServingError, match="--share-ssh-port"):
        SshServer.of("a@b", remote)


def test_a_port_without_its_computer_is_refused():
    with pytest.raises(ServingError, match="received 80 alone; add --share-ssh USER@HOST"):
        Sharing(ssh_port="80")


@pytest.mark.parametrize("address", ["", "host", "host:0", "host:70000", ":7000", "a b:1", "h:1/x"])
def test_what_is_no_frp_server_is_refused(address):
    with pytest.raises(ServingError) as caught:
        FrpServer(address)
    assert "try --share-server frp.example.org:7000" in sentence(caught.value)


def test_certificates_that_are_not_there_are_said_before_anything_opens(tmp_path):
    with pytest.raises(ServingError, match="--share-server-ca"):
        FrpServer("frp.example.org:7000", str(tmp_path / "none.pem"))


# ------------------------------------------------------------------ a real sshd


class Sshd:
    """An sshd on loopback with a throwaway key, and an `ssh` that knows both."""

    def __init__(self, folder: Path):
        self.folder, self.port, self.remote = folder, free_port(), free_port()
        self.user = getpass.getuser()
        program = needs.program("sshd", "openssh-server")
        keygen = needs.program("ssh-keygen", "openssh-client")
        for name in ("host", "own", "other"):
            subprocess.run(
                [keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True
            )
        (folder / "authorized").write_text((folder / "own.pub").read_text())
        (folder / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\n"
            f"AuthorizedKeysFile {folder}/authorized\nPidFile {folder}/sshd.pid\nUsePAM no\n"
            "StrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
            "AllowTcpForwarding remote\nPermitRootLogin prohibit-password\n"
            f"PermitListen 127.0.0.1:{self.remote} localhost:{self.remote}\n"
        )
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)
        self.log = (folder / "sshd.log").open("wb")
        self.process = subprocess.Popen(
            [program, "-D", "-e", "-f", str(folder / "sshd_config")], stderr=self.log
        )
        for _ in range(200):
            with socket.socket() as asked:
                if asked.connect_ex(("127.0.0.1", self.port)) == 0:
                    break
            time.sleep(0.05)
        self.ssh = needs.program("ssh", "openssh-client")
        self.configure("own", self.known())

    def known(self) -> str:
        kind, key, *_ = (self.folder / "host.pub").read_text().split()
        return f"[127.0.0.1]:{self.port} {kind} {key}\n"

    def configure(self, key: str, known: str) -> None:
        """Which key `ssh` shows, and which hosts it knows, as a user would have set them."""
        (self.folder / "known").write_text(known)
        (self.folder / "config").write_text(
            f"IdentityFile {self.folder / key}\nIdentitiesOnly yes\nIdentityAgent none\n"
            f"UserKnownHostsFile {self.folder}/known\nGlobalKnownHostsFile /dev/null\n"
        )
        (self.folder / "bin").mkdir(exist_ok=True)
        program = self.folder / "bin" / "ssh"
        program.write_text(f'#!/bin/sh\nexec {self.ssh} -F {self.folder}/config "$@"\n')
        program.chmod(0o755)

    @property
    def path(self) -> str:
        return str(self.folder / "bin")

    @property
    def target(self) -> str:
        return f"{self.user}@127.0.0.1:{self.port}"

    def server(self) -> SshServer:
        return SshServer.of(self.target, f"127.0.0.1:{self.remote}")

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        self.log.close()


@pytest.fixture(scope="module")
def sshd(tmp_path_factory):
    started = Sshd(tmp_path_factory.mktemp("sshd"))
    yield started
    started.close()


@pytest.fixture
def own_ssh(sshd, monkeypatch):
    monkeypatch.setenv("PATH", f"{sshd.path}{os.pathsep}{os.environ['PATH']}")
    sshd.configure("own", sshd.known())
    return sshd


@pytest.fixture
def page():
    """A small server on this computer; gives its port."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def wait_until(true, seconds=30.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def ssh_to(sshd):
    """The ssh that holds the tunnel open now, whoever has started it."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            program, *words = place.joinpath("cmdline").read_bytes().decode().split("\0")
            forwards = [word for word in words if word.startswith(f"127.0.0.1:{sshd.remote}:")]
            if Path(program).name == "ssh" and forwards:
                found.append(int(place.name))
    return found


def test_a_tunnel_opens_comes_back_and_ends(own_ssh, page):
    told = []
    tunnel = Ssh(own_ssh.server(), page, told.append)
    url = tunnel.open()
    assert url == f"http://127.0.0.1:{own_ssh.remote}"
    assert answers(url) == 200
    (first,) = ssh_to(own_ssh)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: len(told) == 2)
    assert told == [
        "The ssh tunnel was lost; opening it again.",
        "The ssh tunnel is open again.",
    ]
    assert ssh_to(own_ssh) not in ([], [first]) and answers(url) == 200
    tunnel.close()
    tunnel.close()
    assert ssh_to(own_ssh) == []
    wait_until(lambda: answers(url) == 0)
    assert len(told) == 2


def refusal(own_ssh, page):
    with pytest.raises(NoLink) as caught:
        Ssh(own_ssh.server(), page, pytest.fail).open()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_host_that_is_not_known_is_not_trusted(own_ssh, page):
    own_ssh.configure("own", "")
    assert "Host key verification failed" in refusal(own_ssh, page)
    other = own_ssh.known().rpartition(" ")[0]
    key = (own_ssh.folder / "other.pub").read_text().split()[1]
    own_ssh.configure("own", f"{other} {key}\n")
    assert "Host key verification failed" in refusal(own_ssh, page)


def test_a_key_that_opens_nothing_is_said_and_nobody_is_asked(own_ssh, page):
    own_ssh.configure("other", own_ssh.known())
    assert "Permission denied" in refusal(own_ssh, page)


def test_a_port_that_is_taken_there_is_said(own_ssh, page):
    first = Ssh(own_ssh.server(), page, pytest.fail)
    first.open()
    try:
        assert "remote port forwarding failed" in refusal(own_ssh, page)
    finally:
        first.close()


def test_where_no_ssh_is_and_where_nobody_answers(own_ssh, page, monkeypatch):
    with pytest.raises(NoLink, match="Connection refused"):
        Ssh(SshServer.of(f"a@127.0.0.1:{free_port()}"), page, pytest.fail).open()
    monkeypatch.setenv("PATH", "/nothing")
    with pytest.raises(NoLink, match="ssh cannot be started"):
        Ssh(own_ssh.server(), page, pytest.fail).open()


# ------------------------------------------------------------------ an annotator behind it


@pytest.mark.browser
@pytest.mark.slow
def test_an_annotator_works_through_the_tunnel_also_when_it_is_cut(browser, sshd, tmp_path):
    sshd.configure("own", sshd.known())
    run = make_run(tmp_path)
    options = ["--share-ssh", sshd.target, "--share-ssh-port", f"127.0.0.1:{sshd.remote}"]
    serving = Serving(run, *options, "--open-probe", path=sshd.path)
    try:
        public = f"http://127.0.0.1:{sshd.remote}"
        serving.wait_for(f"Public link: {public} (for everyone with a personal link).")
        assert answers(public + "/") == 401
        link = serving.invited("Anna")
        assert link.startswith(f"{public}/enter#")
        context = browser.new_context()
        page = context.new_page()
        page.goto(link)
        expect(page.locator(".hx-who")).to_have_text("Anna", timeout=60_000)
        assert "#" not in page.url
        judge_one(page)
        stored(page, run, "Anna", 1)
        (ssh,) = ssh_to(sshd)
        os.kill(ssh, signal.SIGSTOP)  # the tunnel hangs, as on a train
        expect(page.locator(".hx-ann-classes button").first).to_be_visible()
        judge_one(page)
        page.wait_for_timeout(1_000)
        os.kill(ssh, signal.SIGKILL)  # and then it is gone
        serving.wait_for("The ssh tunnel was lost")
        serving.wait_for("The ssh tunnel is open again")
        stored(page, run, "Anna", 2)
        probe_and_keep(page, "through the tunnel")
        context.close()
        own = {event.event_id for event in load(run).annotations.by("Anna")}
        assert len(own) == len({event.id for event in load(run).annotations.by("Anna")}) == 2
        (kept,), _ = kept_probes(run)
        assert (kept.annotator, kept.name) == ("Anna", "through the tunnel")
        assert link.partition("#")[2] not in serving.told()
        left = ssh_to(sshd)
    finally:
        serving.close()
    assert left and not [pid for pid in left if Path(f"/proc/{pid}").exists()]
    assert answers(public + "/") == 0
    assert "Traceback" not in serving.told()
    assert not (run / "people" / "address.txt").exists()


def test_an_app_whose_tunnel_cannot_open_goes_on_locally(sshd, tmp_path):
    sshd.configure("other", sshd.known())
    serving = Serving(make_run(tmp_path), "--share-ssh", sshd.target, path=sshd.path)
    try:
        line = serving.wait_for("No public link could be opened")
        assert "Permission denied" in line and line.count("--") == 2
        url = serving.wait_for("hardex is at ").rpartition(" ")[2]
        assert answers(url) == 401
        serving.wait_for("Stop with Ctrl-C.")
    finally:
        serving.close()
    assert "Traceback" not in serving.told()


@pytest.mark.slow
@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM", "SIGHUP"])
def test_no_tunnel_outlives_the_app(sshd, tmp_path, how):
    sshd.configure("own", sshd.known())
    run = make_run(tmp_path)
    options = ["--share-ssh", sshd.target, "--share-ssh-port", f"127.0.0.1:{sshd.remote}"]
    serving = Serving(run, *options, path=sshd.path)
    try:
        serving.wait_for("Public link: ")
        serving.wait_for("Stop with Ctrl-C")
        wait_until(lambda: (run / "people" / "address.txt").exists())
        assert len(ssh_to(sshd)) == 1
        serving.process.send_signal(getattr(signal, how))
        code = serving.process.wait(60)
        if how != "SIGKILL":
            assert code == 0 and ssh_to(sshd) == []
            assert not (run / "people" / "address.txt").exists()
        wait_until(lambda: not ssh_to(sshd))
    finally:
        serving.close()
    wait_until(lambda: answers(f"http://127.0.0.1:{sshd.remote}/") == 0)
    assert "Traceback" not in serving.told()


# ------------------------------------------------------------------ a stand-in for frpc

FRPC = """#!{python}
import json, os, sys, time
with open({log!r}, "w") as file:
    json.dump(sys.argv[1:] + [os.getpid()], file)
if {works}:
    print("start proxy success: http://abc.tunnel.example", flush=True)
    time.sleep(600)
if {silent}:
    time.sleep(600)
print("login to server failed: token is wrong", flush=True)
time.sleep(600)
"""


@pytest.fixture
def frpc(tmp_path, monkeypatch):
    """A program in the place of Gradio's frpc, which writes down how it was called."""
    import gradio.tunneling

    program, log = tmp_path / "frpc", tmp_path / "frpc.json"
    monkeypatch.setattr(gradio.tunneling, "BINARY_PATH", str(program))

    def make(works=True, silent=False):
        words = {"python": sys.executable, "log": str(log), "works": works, "silent": silent}
        program.write_text(FRPC.format(**words))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return log

    return make


def test_a_frp_server_of_ones_own_is_spoken_to_by_tls_alone(frpc, capfd):
    log = frpc()
    tunnel = Frp(7950, FrpServer("frp.example.org:7000"))
    assert tunnel.open() == "https://abc.tunnel.example"
    *words, pid = json.loads(log.read_text())
    assert words[words.index("-l") + 1] == "7950" and words[words.index("-i") + 1] == "127.0.0.1"
    assert words[words.index("--server_addr") + 1] == "frp.example.org:7000"
    assert "--tls_enable" in words
    assert Path(words[words.index("--tls_trusted_ca_file") + 1]).is_file()
    tunnel.close()
    tunnel.close()
    wait_until(partial(is_over, pid))
    assert capfd.readouterr().out == ""


def is_over(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    except OSError:
        return True


def test_certificates_of_ones_own_are_used(frpc, tmp_path):
    own = tmp_path / "ca.pem"
    own.write_text("a certificate")
    log = frpc()
    tunnel = Frp(7950, FrpServer("frp.example.org:7000", str(own)))
    tunnel.open()
    tunnel.close()
    assert re.search(r'"--tls_trusted_ca_file", "([^"]*)"', log.read_text())[1] == str(own)


def test_a_server_that_refuses_is_said_in_a_few_words(frpc):
    frpc(works=False)
    tunnel = Frp(7950, FrpServer("frp.example.org:7000"))
    with pytest.raises(NoLink, match="login to server failed: token is wrong"):
        tunnel.open()


def test_frpc_is_called_as_gradio_calls_it(frpc, tmp_path, monkeypatch):
    import gradio.tunneling

    certificates = tmp_path / "ca.pem"
    certificates.write_text("a certificate")
    monkeypatch.setattr("secrets.token_urlsafe", lambda count: "a token")
    log = frpc()
    ours = Frp(7950, FrpServer("frp.example.org:7000", str(certificates)))
    ours.open()
    ours.close()
    *words, _ = json.loads(log.read_text())
    theirs = gradio.tunneling.Tunnel(
        "frp.example.org", 7000, "127.0.0.1", 7950, "a token", str(certificates)
    )
    theirs.start_tunnel()
    with theirs.proc:  # closes its pipes
        theirs.kill()
    gradio.tunneling.CURRENT_TUNNELS.remove(theirs)
    assert words == json.loads(log.read_text())[:-1]


def test_a_program_that_is_not_there_or_says_nothing_is_said(frpc, tmp_path, monkeypatch):
    tunnel = Frp(7950, FrpServer("frp.example.org:7000"))
    (tmp_path / "frpc").write_text("no program")
    with pytest.raises(NoLink, match="frpc cannot be started"):
        tunnel.open()
    log = frpc(works=False, silent=True)
    monkeypatch.setattr("hardex_app.links.tunnels._OPENING_SECONDS", 3.0)
    with pytest.raises(NoLink, match="no address in time"):
        Frp(7950, FrpServer("frp.example.org:7000")).open()
    # It may be ended before it has written all, or anything, of its log.
    wait_until(
        lambda: not log.exists() or not log.read_text() or is_over(json.loads(log.read_text())[-1])
    )


@pytest.fixture
def service(monkeypatch):
    """A stand-in for the service of Gradio that names a server; it answers when it may."""
    import gradio.networking

    may_answer, has_answered = threading.Event(), threading.Event()

    class Service(BaseHTTPRequestHandler):
        def do_GET(self):
            may_answer.wait(60)
            told = [{"host": "frp.example.org", "port": 7000, "root_ca": "a certificate"}]
            body = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            has_answered.set()

        def log_message(self, *words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/"
    monkeypatch.setattr(gradio.networking, "GRADIO_API_SERVER", address)
    yield SimpleNamespace(may_answer=may_answer, has_answered=has_answered)
    may_answer.set()
    server.shutdown()
    server.server_close()


def test_gradios_own_tunnel_is_checked_by_the_certificate_that_its_service_gives(
    frpc, service, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    service.may_answer.set()
    log = frpc()
    tunnel = Frp(7950)
    assert tunnel.open() == "https://abc.tunnel.example"
    *words, pid = json.loads(log.read_text())
    assert words[words.index("--server_addr") + 1] == "frp.example.org:7000"
    certificate = Path(words[words.index("--tls_trusted_ca_file") + 1])
    assert certificate.read_text() == "a certificate"
    tunnel.close()
    assert is_over(pid) and not certificate.exists()
    assert not (tmp_path / ".gradio").exists()


def test_a_service_that_answers_too_late_opens_nothing(frpc, service, monkeypatch, capfd):
    log = frpc()
    monkeypatch.setattr("hardex_app.links.tunnels._OPENING_SECONDS", 1.0)
    before, tunnel = sys.stdout, Frp(7950)
    with pytest.raises(NoLink, match="no address in time"):
        tunnel.open()
    assert sys.stdout is before
    service.may_answer.set()
    assert service.has_answered.wait(60)
    wait_until(lambda: "hardex-tunnel" not in {one.name for one in threading.enumerate()})
    assert not log.exists() and sys.stdout is before
    tunnel.close()


OPENS = """
import sys, time
import gradio.tunneling
from hardex_app.links.tunnels import Frp, FrpServer
gradio.tunneling.BINARY_PATH = sys.argv[1]
print(Frp(7950, FrpServer("frp.example.org:7000")).open(), flush=True)
time.sleep(600)
"""


def test_no_frpc_outlives_the_app(frpc, tmp_path):
    log = frpc()
    words = [sys.executable, "-c", OPENS, str(tmp_path / "frpc")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as app:
        assert app.stdout.readline().strip() == "https://abc.tunnel.example"
        pid = json.loads(log.read_text())[-1]
        assert not is_over(pid)
        app.kill()
    wait_until(partial(is_over, pid))


def test_without_a_network_gradios_own_tunnel_says_so(monkeypatch):
    import gradio.networking

    monkeypatch.setattr(gradio.networking, "GRADIO_API_SERVER", "http://127.0.0.1:9/none")
    with pytest.raises(NoLink):
        Frp(7950).open()
