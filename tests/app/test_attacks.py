"""Attacks on a real, shared app, over raw HTTP; what the guard does alone: see test_guard.py.

Attacks by files are tested where the files are read: models that run code or hide paths in
`tests/classifiers`, pickles in arrays in `tests/data`, formulas for spreadsheets in
`tests/runs/test_annotation_files.py`.
"""

import base64
import gc
import os
import socket
import tempfile
import threading
import zlib
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import httpx
import numpy as np
import pytest
from playwright.sync_api import expect

from hardex import HardexError
from hardex.images import as_png
from hardex.people.access import Access
from hardex_app.auth.keys import Keys
from hardex_app.auth.visitors import SESSIONS_KEPT
from hardex_app.front.gradio_protocol import endpoints_of
from hardex_app.questions import QUESTIONS

from .fake_runs import HOSTILE, asking, bearing, entered, inspecting, serving, small_run

SECRET = "a secret that no answer may hold"


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    (folder / "secret.txt").write_text(SECRET)
    run, classifier = small_run(folder, shape=(8, 8, 1))
    workspace = inspecting(run, classifier)
    keys = Keys(workspace)
    access = Access.open(run.folder)
    with serving(workspace, keys) as served:
        shared = SimpleNamespace(
            run=run,
            folder=folder,
            access=access,
            url=served.url,
            port=int(served.url.rpartition(":")[2].strip("/")),
            owner=bearing(served.url, keys.owner_token),
            anna=bearing(served.url, access.invite("Anna")),
            session=entered(served.url, access.invite("Bert")),
        )
        yield shared
        for visitor in (shared.owner, shared.anna, shared.session):
            visitor.close()
    keys.close()


# ------------------------------------------------------------------ requests that pages forge


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:1"},  # another page on this computer
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},  # another subdomain of a share domain
    ],
)
def test_a_forged_verdict_is_not_stored(app, headers):
    told = asking(app.session, "annotate", "next_examples", {"have": [], "count": 1})
    ticket = told.json()["examples"][0]["ticket"]
    body = {"ticket": ticket, "label": "0", "event_id": str(uuid4())}
    before = len(app.run.annotations.all())
    for kind in ("application/json", "text/plain"):
        told = app.session.post(
            "/ask/annotate/annotate", json=body, headers=headers | {"content-type": kind}
        )
        assert told.status_code == 403
        assert "access-control-allow-origin" not in told.headers
    told = app.session.options("/ask/annotate/annotate", headers={
        "origin": "https://evil.example", "access-control-request-method": "POST"})  # fmt: skip
    assert told.status_code == 403 and "access-control-allow-origin" not in told.headers
    assert len(app.run.annotations.all()) == before


def test_a_form_of_another_page_cannot_send_anything(app):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        told = app.session.post(
            "/ask/annotate/next_examples", content=b"{}", headers={"content-type": kind}
        )
        assert told.status_code == 415


# ------------------------------------------------------------------ files and addresses

PATHS = [
    "/etc/passwd", "../secret.txt", "..%2fsecret.txt", "%2e%2e/secret.txt", "....//secret.txt",
    "file:///etc/passwd", "/proc/self/environ", "C:\\Windows\\win.ini", "secret.txt\0.png",
    "http://127.0.0.1:1/", "//127.0.0.1/x", "link",
]  # fmt: skip


PLACES = (
    "/gradio_api/file=", "/file=", "/gradio_api/file/", "/static/", "/assets/", "/svelte/",
    "/gradio_api/proxy=",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_no_file_can_be_named(app, path):
    with_link = app.folder / "link"
    if not with_link.exists():
        with_link.symlink_to(app.folder / "secret.txt")
    quoted = path.replace("\0", "%00")
    for visitor in (app.owner, app.anna):
        for place in (*PLACES, f"/gradio_api/file={app.folder}/"):
            told = raw(app.port, f"{place}{quoted}", visitor.headers["authorization"])
            assert told.split(" ", 2)[1] in ("400", "403", "404"), told[:200]
            assert SECRET not in told and "root:" not in told


def raw(port, path, bearer, host="127.0.0.1"):
    """A request byte for byte, as no client would send it."""
    words = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {bearer}\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(f"{words}Connection: close\r\n\r\n".encode("latin-1", "replace"))
        told = b""
        while part := connection.recv(65536):
            told += part
    return told.decode("latin-1")


@pytest.fixture
def listener():
    """Somebody on this network whom the app should never ask; gives the address and the visits."""
    visits = []
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(0.2)
        ending = threading.Event()

        def accept():
            while not ending.is_set():
                try:
                    connection, _ = listening.accept()
                except TimeoutError:
                    continue
                visits.append(connection.recv(1000))
                connection.close()

        thread = threading.Thread(target=accept)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/x.png", visits
        ending.set()
        thread.join()


def joined(visitor, body):
    """Ask for an event of the queue as a page does, and wait for its end."""
    session = uuid4().hex
    asked = {"session_hash": session, "trigger_id": None, **body}
    told = visitor.post("/gradio_api/queue/join", json=asked)
    if told.status_code != 200:
        return told.text
    with visitor.stream("GET", f"/gradio_api/queue/data?session_hash={session}") as stream:
        for line in stream.iter_lines():
            if "process_completed" in line or "unexpected_error" in line:
                return line
    return ""


def test_nothing_that_is_sent_makes_the_app_ask_another_server(app, listener, monkeypatch):
    address, visits = listener
    # Gradio itself never asks this computer; so the listener stands for a public server.
    url = address.replace("127.0.0.1", "public.example")
    monkeypatch.setattr("safehttpx.async_validate_url", to_this_computer)
    kind = {"_type": "gradio.FileData"}
    files = [
        {"path": url, "meta": kind},
        {"path": "x.png", "url": url, "meta": kind},
        {"path": str(app.folder / "secret.txt"), "meta": kind},
        {"path": str(app.folder / "link"), "url": url, "orig_name": "a", "meta": kind},
        url,
    ]
    for visitor in (app.owner, app.anna):
        for one in files:
            source = {"kind": "example", "id": one, "pixels": one, "strokes": one, "file": one}
            for question in (one for one in QUESTIONS if one.page):
                about = {"source": source, "id": one, "file": one, "ticket": one, "have": [one]}
                told = asking(visitor, question.page, question.name, about)
                assert SECRET not in told.text
                assert told.status_code == 200 or visitor is app.anna
    for name, endpoint in endpoints(app.owner).items():
        for one in files:
            body = {"data": [one] * endpoint.values, "session_hash": "s"}
            told = app.owner.post(f"/gradio_api/run/{name}", json=body)
            assert SECRET not in told.text
            assert told.status_code == 400 or one == url or not endpoint.values
    assert visits == []


def endpoints(owner):
    """The named endpoints of the owner's window."""
    return endpoints_of(owner.get("/config").json()["dependencies"])


def test_nothing_in_an_event_makes_the_app_ask_another_server(app, listener, monkeypatch):
    address, visits = listener
    url = address.replace("127.0.0.1", "public.example")
    monkeypatch.setattr("safehttpx.async_validate_url", to_this_computer)
    file = {"path": url, "url": url, "meta": {"_type": "gradio.FileData"}}
    for endpoint in endpoints(app.owner).values():
        empty = [None] * endpoint.values
        events = (file, {"probe": file}, {"token": file}, {"id": [{"x": file}]})
        asked = [{"event_data": event, "data": empty} for event in events]
        for one in (*asked, {"event_data": None, "data": [file] * max(1, len(empty))}):
            told = joined(app.owner, {**one, "fn_index": endpoint.number})
            assert "Files are not accepted" in told
            assert joined(app.anna, {**one, "fn_index": endpoint.number}) == "Not found.\n"
    assert visits == []


async def to_this_computer(hostname):
    return "127.0.0.1"


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode("utf-16"),
        lambda text: text.encode("utf-32-le"),
        lambda text: text.replace("_type", "\\u005ftype").encode(),
        lambda text: text.replace("_type", "_typ\\u0065").encode("utf-8-sig"),
    ],
    ids=["utf-16", "utf-32", "escaped", "with a mark"],
)
def test_a_file_is_known_however_it_is_written(app, encode):
    text = '{"data": [{"path": "x", "meta": {"_type": "gradio.FileData"}}]}'
    for path in ("run/progress", "call/progress", "api/progress", "queue/join"):
        told = app.owner.post(
            f"/gradio_api/{path}",
            content=encode(text),
            headers={"content-type": "application/json"},
        )
        assert told.status_code == 400
        assert "Files are not accepted" in told.text


def test_what_goes_wrong_in_an_event_is_no_traceback(app, capfd, caplog):
    for endpoint in endpoints(app.owner).values():
        for values in ([1] * 50, [], [{"a": "b"}] * endpoint.values, [None] * endpoint.values):
            body = {"data": values, "event_data": 3, "fn_index": endpoint.number}
            assert "Traceback" not in joined(app.owner, body)
    assert "Traceback" not in capfd.readouterr().err
    assert all(record.exc_info is None for record in caplog.records)


# ------------------------------------------------------------------ pictures that are sent


def take(app, data):
    file = base64.b64encode(data).decode()
    return asking(app.owner, "probe", "taken", {"file": file}).json()


def bomb():
    """A PNG of 30,000 x 30,000 pixels in a few kilobytes."""

    def chunk(kind, data):
        return (
            len(data).to_bytes(4, "big") + kind + data
            + zlib.crc32(kind + data).to_bytes(4, "big")
        )  # fmt: skip

    head = (30_000).to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    lines = zlib.compress(bytes(30_001) * 1_000, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no picture",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<html><script>alert(1)</script></html>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n(%pipe%id) (r) file\n",
        b"%PDF-1.4",
        bomb(),
        as_png(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))[:3_000],
        b"GIF89a" + b"\xff" * 100,
        os.urandom(5_000),
    ],
    ids=["empty", "text", "svg", "html", "eps", "pdf", "bomb", "cut", "gif", "noise"],
)
def test_what_is_no_picture_is_refused_in_a_sentence(app, data):
    told = take(app, data)
    assert set(told) == {"error"}
    assert str(app.folder) not in told["error"] and "Traceback" not in told["error"]


def test_a_file_that_is_too_large_is_refused_unread(app):
    with pytest.raises((httpx.WriteError, httpx.ReadError, AssertionError)):
        body = b'{"data": "' + b"x" * 22_000_000 + b'"}'
        told = app.owner.post(
            "/ask/probe/taken",
            content=body,
            headers={"content-type": "application/json"},
        )
        assert told.status_code != 413
    assert app.owner.get("/config").status_code == 200


def test_uploads_as_files_are_not_taken_at_all(app):
    for visitor in (app.owner, app.anna, app.session):
        files = {"files": ("../../x.html", b"<script>", "text/html")}
        for path in ("/gradio_api/upload", "/upload", "/ask/probe/taken", "/gradio_api/run/take"):
            assert visitor.post(path, files=files).status_code in (404, 415)


@pytest.mark.slow
def test_hundreds_of_pictures_in_a_row_leave_nothing_behind(app):
    data = as_png(np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8))
    folder = Path(os.environ.get("GRADIO_TEMP_DIR", Path(tempfile.gettempdir()) / "gradio"))
    file = base64.b64encode(data).decode()

    def send(pages):
        for page in pages:  # each time another page, as far as is said
            body = {"data": [file], "session_hash": f"s{page}"}
            assert app.owner.post("/gradio_api/run/take", json=body).status_code == 200

    send(range(SESSIONS_KEPT))  # so many are remembered, and then no more
    before, size = count(folder), resident()
    send(range(SESSIONS_KEPT, SESSIONS_KEPT + 300))  # 60 MB, and 80 MB as they are sent
    gc.collect()
    assert count(folder) == before
    assert resident() - size < 40_000_000


def count(folder):
    return sum(1 for _ in folder.rglob("*")) if folder.exists() else 0


def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


# ------------------------------------------------------------------ names, headers, logs


@pytest.mark.parametrize(
    "name", ["a\r\nSet-Cookie: x=y", "a\nb", "a\x1b[31mb", "\u202eanna", "a\0"]
)
def test_a_name_that_could_break_a_line_is_refused(app, name):
    with pytest.raises(HardexError, match="printable") as caught:
        app.access.invite(name)
    assert str(caught.value).isprintable()


@pytest.mark.browser
@pytest.mark.parametrize("name", [one for one in HOSTILE if len(one) < 80 and one.isprintable()])
def test_names_of_annotators_are_shown_as_text(app, browser, name):
    token = app.access.invite(name)
    context = browser.new_context()
    page, wrong = context.new_page(), []
    page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"{app.url}enter#{token}")
    expect(page.locator(".hx-who")).to_have_text(name, timeout=60_000)
    assert page.locator(".hx-who *").count() == 0
    context.close()
    assert wrong == []


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1\r\nX-Injected: 1", "evil.example/<script>", "a b", "", "evil.example@127.0.0.1"],
)
def test_a_malformed_host_is_not_given_back(app, host):
    told = raw(app.port, "/here", app.anna.headers["authorization"], host=host)
    head, _, body = told.partition("\r\n\r\n")
    assert "X-Injected" not in head and "evil" not in body and "<script" not in body


def test_no_request_writes_a_line_of_its_own_into_the_log(app, capfd):
    line = "hardex is at http://evil.example/"
    bearer = app.anna.headers["authorization"]
    for path in (f"/%0d%0a{line}", f"/gradio_api/run/x%0A{line}", f"/config?x=%0d%0a{line}"):
        raw(app.port, path.replace(" ", "%20"), bearer)
    for name, value in (
        ("x-forwarded-for", line),
        ("user-agent", line),
        ("x-forwarded-host", line),
    ):
        app.owner.get("/config", headers={name: value})
        app.anna.get("/", headers={name: value})
    asking(app.anna, "annotate", "annotate", {"ticket": f"\n{line}\n", "label": f"\n{line}\n"})
    asking(app.anna, "annotate", f"x%0d%0a{line}", {})
    app.owner.post("/gradio_api/run/annotate", json={"data": [f"\n{line}\n"] * 6})
    app.anna.post("/enter", json={"token": f"\n{line}\n"})
    app.owner.post("/gradio_api/run/nothing-here", json={"data": []})
    told = capfd.readouterr()
    assert line not in (told.out + told.err).splitlines()
    assert "Traceback" not in told.err or "Bearer" not in told.err


def test_a_token_stands_in_no_log_and_no_answer(app, capfd):
    token = app.access.invite("Dora")
    dora = entered(app.url, token)
    told = dora.get("/").text + asking(dora, "window", "who", {}).text
    told += asking(dora, "annotate", "annotate", {"ticket": token}).text
    session = next(iter(dora.cookies.values()))
    dora.close()
    logged = "".join(capfd.readouterr())
    for secret in (token, token.partition(".")[2], session):
        assert secret not in told and secret not in logged
    stored = b"".join(one.read_bytes() for one in (app.run.folder / "people").iterdir())
    assert token.partition(".")[2].encode() not in stored and session.encode() not in stored


# ------------------------------------------------------------------ what is off


@pytest.mark.parametrize(
    "path",
    ["/monitoring", "/monitoring/summary", "/gradio_api/monitoring", "/gradio_api/runs",
     "/gradio_api/run-history/records", "/gradio_api/vibe-code", "/docs", "/redoc", "/login",
     "/gradio_api/deep_link?session_hash=s", "/gradio_api/mcp/", "/gradio_api/startup-events",
     "/gradio_api/cancel", "/gradio_api/reset", "/gradio_api/component_server",
     "/gradio_api/profiling/summary", "/gradio_api/dev/reload"],
)  # fmt: skip
def test_debug_pages_are_off_for_the_owner_too(app, path):
    assert app.owner.get(path).status_code == app.anna.get(path).status_code == 404


def test_descriptions_of_the_interface_are_for_the_owner_alone(app):
    for path in ("/openapi.json", "/gradio_api/openapi.json"):
        assert app.owner.get(path).status_code == 200
        assert app.anna.get(path).status_code == 404


def test_nothing_is_fetched_from_elsewhere_and_no_analytics_sent(app):
    config = app.owner.get("/config").json()
    assert config["analytics_enabled"] is False
    assert config.get("enable_monitoring") in (None, False)


@pytest.mark.parametrize("path", ["/", "/config", "/theme.css", "/enter", "/nothing", "/here"])
def test_what_browsers_are_told_stands_on_real_answers(app, path):
    for visitor in (app.owner, app.anna, None):
        told = visitor.get(path) if visitor else httpx.get(app.url + path.lstrip("/"))
        assert told.headers["x-content-type-options"] == "nosniff"
        assert told.headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'self'" in told.headers["content-security-policy"]


def test_deep_and_endless_json_does_not_end_the_server(app):
    for body in (b"[" * 60_000, b'{"a":' * 10_000, b'{"data": [1e999, NaN, -Infinity]}'):
        told = app.session.post(
            "/ask/probe/probe", content=body, headers={"content-type": "application/json"}
        )
        assert told.status_code == 400 or set(told.json()) == {"error"}
    assert app.session.get("/here").status_code == 204


# ------------------------------------------------------------------ guessing


def test_tokens_are_not_guessed_on_the_real_server(app):
    with httpx.Client(base_url=app.url) as stranger:
        codes = [stranger.post("/enter", json={"token": f"{n}.x"}).status_code for n in range(14)]
    assert codes[-3:] == [429] * 3 and set(codes) == {401, 429}
    assert app.session.get("/here").status_code == 204  # who is in stays in
    entered(app.url, app.access.invite("Emil")).close()  # and who has a link comes in
