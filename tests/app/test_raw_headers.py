"""Headers that two programs could read in two ways, byte for byte over a socket."""

import json
import tempfile
from pathlib import Path

import pytest

from .fake_runs import local_or_shared
from .raw_http import asked, connected, is_sentence, received, request_of, sent, told_by

ASK = "/ask/window/who"
JSON = "Content-Type: application/json"


@pytest.fixture(scope="module", params=["local", "shared"])
def app(request, tmp_path_factory):
    """An app without keys, and a shared one; a `line` is what its owner sends."""
    with local_or_shared(tmp_path_factory.mktemp("run"), request.param == "shared") as found:
        yield found


@pytest.fixture
def temporary():
    """What lies in the folder for temporary files that Gradio uses; unchanged in the end."""

    def listing():
        folder = Path(tempfile.gettempdir()) / "gradio"
        return sorted(folder.rglob("*")) if folder.exists() else []

    before = listing()
    yield
    assert listing() == before


def question(app, *lines, body=b"{}"):
    return asked(app.port, "POST", ASK, app.line, *lines, body=body)


def assert_refused(told, least=400):
    assert least <= told.status < 500, told
    assert is_sentence(told.text), told.text


def test_the_plain_request_is_answered(app):
    told = question(app, JSON)
    assert told.status == 200 and json.loads(told.text) == {"name": "owner"}


# ------------------------------------------------------------------ twice

TWICE = {
    "Content-Type": ("application/json", "text/plain"),
    "Content-Length": ("2", "3"),
    "Host": ("127.0.0.1", "127.0.0.1"),
    "Cookie": ("a=b", "a=c"),
    "Authorization": ("Bearer a.b", "Bearer a.b"),
    "Content-Encoding": ("identity", "identity"),
    "Transfer-Encoding": ("chunked", "chunked"),
    "Origin": ("http://127.0.0.1", "http://evil.example"),
    "X-Forwarded-Host": ("127.0.0.1", "evil.example"),
    "X-Forwarded-Proto": ("http", "https"),
    "Sec-Fetch-Site": ("same-origin", "cross-site"),
    "User-Agent": ("a", "a"),
    "If-None-Such": ("a", "b"),
    "Range": ("bytes=0-1", "bytes=0-1"),
    "X-Nobody-Knows": ("", ""),
    "Content_Length": ("2", "2"),
}


@pytest.mark.parametrize("name", TWICE)
@pytest.mark.parametrize("written", [str, str.upper, str.lower], ids=["usual", "upper", "lower"])
def test_a_header_that_comes_twice_is_refused(app, temporary, name, written):
    first, second = TWICE[name]
    lines = [f"{name}: {first}", f"{written(name)}: {second}"]
    if name != "Content-Type":
        lines.append(JSON)
    bearer = [] if name == "Authorization" else [app.line]
    for order in (lines, [*lines[::-1]]):
        told = asked(app.port, "POST", ASK, *bearer, *order, body=b"{}")
        assert_refused(told)
        told = asked(app.port, "GET", "/here", *bearer, *order)
        assert_refused(told)


LISTS = (
    "Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Cache-Control", "Forwarded",
    "If-Match", "Pragma", "TE", "Via", "Warning", "X-Forwarded-For",
)  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_headers_that_are_lists_may_come_in_parts(app, name):
    told = question(app, JSON, f"{name}: a", f"{name.upper()}: b")
    assert told.status == 200, told.text


# ------------------------------------------------------------------ bodies


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity", "", "x-nothing"])
def test_a_compressed_body_is_refused_before_it_is_read(app, temporary, coding):
    told = question(app, JSON, f"Content-Encoding: {coding}", body=b"\x1f\x8b" + bytes(20))
    assert_refused(told, 415)
    assert "compressed" in told.text


@pytest.mark.parametrize(
    "lines",
    [
        ("Transfer-Encoding: chunked",),
        ("Transfer-Encoding: chunked", "Content-Length: 2"),
        ("Content-Length: 2", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: gzip, chunked",),
        ("Transfer-Encoding: identity", "Content-Length: 2"),
        ("Transfer-Encoding : chunked",),
        ("Transfer-Encoding:\tchunked",),
        ("Content-Length: +2",),
        ("Content-Length: -2",),
        ("Content-Length: 0x2",),
        ("Content-Length: 2, 3",),
        ("Content-Length: \xb2",),
        ("Content-Length: 1e1",),
        ("Content-Length: 2_0",),
        ("Content-Length: " + "9" * 30,),
        ("Content-Length:",),
    ],
)
def test_a_body_of_unclear_length_is_refused_and_nothing_follows_it(app, temporary, lines):
    """Whatever comes after it is not taken for a request of its own."""
    hidden = request_of("GET", "/here", app.line)
    body = b"2\r\n{}\r\n0\r\n\r\n" + hidden
    request = request_of("POST", ASK, app.line, JSON, *lines)
    told = told_by(sent(app.port, request + body))
    assert_refused(told)


@pytest.mark.parametrize("kind", ["text/plain", "application/jsonx", "application", "a/b;json", ""])
def test_only_json_is_a_body(app, kind):
    assert_refused(question(app, f"Content-Type: {kind}"), 415)
    assert_refused(question(app), 415)
    for kind in ("Application/JSON", "application/json; charset=utf-8", "application/json ;a=b"):
        assert question(app, f"Content-Type: {kind}").status == 200


# ------------------------------------------------------------------ odd names and lines


@pytest.mark.parametrize(
    "line",
    [": empty", " : blank", "Na me: x", "Name\t: x", "N\u00e9: x", "(x): y", "X@: y", "X: a\0b",
     "no colon", "X: a\rb"],
)  # fmt: skip
def test_a_line_that_is_no_header_is_refused(app, line):
    assert_refused(question(app, JSON, line))


def test_names_are_the_same_in_any_case(app):
    assert question(app, "cOnTeNt-TyPe: application/json").status == 200
    assert_refused(question(app, "CONTENT-TYPE: text/plain"), 415)
    assert_refused(question(app, JSON, "ORIGIN: http://evil.example"), 403)
    assert_refused(question(app, JSON, "SEC-FETCH-SITE: cross-site"), 403)


def test_a_name_with_an_underscore_is_another_name(app):
    """Some servers read `Content_Length` as `Content-Length`."""
    for line in ("Content_Length: 900", "Content_Type: text/plain", "Transfer_Encoding: chunked",
                 "X_Forwarded_Host: evil.example"):  # fmt: skip
        told = question(app, JSON, line)
        assert told.status == 200 and json.loads(told.text) == {"name": "owner"}


def test_a_folded_line_is_one_value(app):
    assert question(app, "Content-Type: application/json;\r\n charset=utf-8").status == 200
    assert_refused(question(app, "Content-Type: text/plain;\r\n a=application/json"), 415)
    told = asked(app.port, "GET", "/here", app.line, "Host: 127.0.0.1\r\n evil.example")
    assert_refused(told)
    told = asked(app.port, "GET", "/here", app.line, "Host: 127.0.0.1", "A: b\r\n Host: evil")
    assert told.status == 204


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_lines_may_end_without_a_carriage_return_and_mean_the_same(app, end):
    def told(*lines, body=b"{}"):
        request = request_of("POST", ASK, app.line, *lines, body=body)
        head, _, rest = request.partition(b"\r\n\r\n")
        return told_by(sent(app.port, head.replace(b"\r\n", end) + 2 * end + rest))

    assert told(JSON).status == 200
    assert_refused(told(JSON, "Transfer-Encoding: chunked"))
    assert_refused(told(JSON, "Origin: http://evil.example"), 403)
    assert_refused(told(JSON, "Content-Type: text/plain"))


@pytest.mark.parametrize(
    "first",
    [b"GET /here", b"GET /here HTTP/x", b"GET  /here HTTP/1.1",
     b"GET /he re HTTP/1.1", b"G\xc3\xa9T /here HTTP/1.1", b"\x16\x03\x01\x02\x00\x01\x00",
     b"GET http://evil.example/here HTTP/1.1", b"GET * HTTP/1.1", b"PRI * HTTP/2.0", b"X" * 70_000],
)  # fmt: skip
def test_a_first_line_that_is_none_is_refused(app, first):
    line = app.line.encode()
    request = first + b"\r\nHost: 127.0.0.1\r\nConnection: close\r\n" + line + b"\r\n\r\n"
    told = told_by(sent(app.port, request))
    assert_refused(told)


def test_what_is_no_http_is_one_line_in_the_log(app, caplog):
    for n in range(50):
        sent(app.port, b"\x16\x03\x01 %d\r\n\r\n" % n)
    lines = [one for one in caplog.records if one.levelname != "INFO"]
    assert len(lines) <= 1


def test_two_requests_in_one_breath_are_answered_in_turn_each_by_its_own_headers(app):
    stranger = "GET /here HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    known = f"GET /here HTTP/1.1\r\nHost: 127.0.0.1\r\n{app.line}\r\n\r\n"
    last = "GET /here HTTP/1.1\r\nHost: evil.example/x\r\nConnection: close\r\n\r\n"
    with connected(app.port) as connection:
        connection.sendall((stranger + known + stranger + last).encode())
        told = received(connection).decode()
    codes = [part[:3] for part in told.split("HTTP/1.1 ")[1:]]
    unknown = "401" if app.keys else "204"
    assert codes == [unknown, "204", unknown, "400" if app.keys else "403"]
