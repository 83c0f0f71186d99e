"""What reaches Gradio, and what does not: no request makes it fail, or write more than a line."""

import json
from types import SimpleNamespace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardex_app.front.gradio_protocol import (
    Endpoint,
    Refused,
    check_result,
    checked_call,
    checked_query,
    endpoints_of,
    is_known,
)
from hardex_app.questions import QUESTIONS

from .fake_runs import bearing, local_or_shared
from .raw_http import asked, is_sentence

ENDPOINTS = {"probe": Endpoint(3, 2), "status": Endpoint(7, 0)}
RUN, JOIN, DATA = "/gradio_api/run/probe", "/gradio_api/queue/join", "/gradio_api/queue/data"
PROBE = [{"kind": "example", "id": "1"}, {}]
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module", params=["local", "shared"])
def app(request, tmp_path_factory):
    """An app without keys, or a shared one, and its owner."""
    shared = request.param == "shared"
    with local_or_shared(tmp_path_factory.mktemp("run"), shared) as found:
        if shared:
            owner = bearing(found.url, found.keys.owner_token)
        else:
            owner = httpx.Client(base_url=found.url, timeout=60)
        config = owner.get("/config").json()
        endpoints = endpoints_of(config["dependencies"])
        yield SimpleNamespace(port=found.port, line=found.line, owner=owner, endpoints=endpoints)
        owner.close()


@pytest.fixture
def quiet(capfd, caplog):
    """At most one short line is written, on the terminal and in the log together."""
    yield
    told = capfd.readouterr()
    lines = [one for one in (told.out + told.err).splitlines() if one]
    lines += [one.getMessage() for one in caplog.records if one.levelname not in ("INFO", "DEBUG")]
    assert len(lines) <= 1, lines
    assert all(len(line) < 600 for line in lines)


def assert_refused(told):
    status = told.status if hasattr(told, "status") else told.status_code
    assert 400 <= status < 500, (status, told.text[:300])
    assert is_sentence(told.text), told.text[:300]


def number_of(app, name):
    return app.endpoints[name].number


# ------------------------------------------------------------------ sessions and numbers

NO_SESSION = [
    "x" * 900_000, "x" * 65, "", "a b", "a\n", "\nabc", "a/../b", "\u00e9", "\x00", "\ud800", "%61",
    ["abc"], {"a": 1}, 1, 1.5, True,
]  # fmt: skip


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("session", NO_SESSION, ids=lambda one: repr(one)[:12])
def test_a_session_is_a_short_word(app, session):
    for path, body in (
        (JOIN, {"fn_index": number_of(app, "status"), "data": []}),
        (RUN, {"data": PROBE}),
    ):
        body = json.dumps({**body, "session_hash": session})
        assert_refused(app.owner.post(path, content=body, headers=JSON))
    assert_refused(app.owner.post(JOIN, json={"fn_index": number_of(app, "status"), "data": []}))


NO_NUMBER = [-1, 10**6, 2**63, 10**400, True, False, 0.0, 1.5, "0", "probe", None, [0], {}, []]


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("number", NO_NUMBER, ids=lambda one: repr(one)[:12])
def test_a_number_is_that_of_a_named_endpoint(app, number):
    body = {"data": [], "session_hash": "abc", "fn_index": number}
    assert_refused(app.owner.post(JOIN, json=body))
    text = json.dumps(body).replace('"fn_index": ', '"fn_index": ' + "9" * 5_000)
    assert_refused(app.owner.post(JOIN, content=text, headers=JSON))


def test_by_name_a_number_means_nothing(app):
    """Gradio would call the function of this number instead."""
    body = {"data": PROBE, "fn_index": number_of(app, "export_probes")}
    told = app.owner.post(RUN, json=body)
    assert told.status_code == 200 and "before" in told.json()["data"][0]


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(
    "name", ["nothing", "predict", "x" * 100, "x" * 101, "x" * 5_000, "probe%0a", "pro be", "..",
             "probe/../judge", "%2e%2e", "PROBE", "_probe", ""],
)  # fmt: skip
def test_a_name_is_that_of_an_endpoint(app, name):
    for kind in ("run", "api", "call"):
        path = f"/gradio_api/{kind}/{name.replace(' ', '%20')}"
        assert_refused(asked(app.port, "POST", path, app.line, "Content-Type: application/json",
                             body=b'{"data": []}'))  # fmt: skip
    assert_refused(asked(app.port, "GET", f"/gradio_api/call/{name.replace(' ', '%20')}/abc",
                         app.line))  # fmt: skip


# ------------------------------------------------------------------ values


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(
    "values",
    [[], PROBE[:1], [*PROBE, 1], PROBE * 60, {"0": 1, "1": 2}, "ab", 2, None, True],
    ids=lambda one: repr(one)[:12],
)
def test_an_endpoint_takes_a_list_of_its_values(app, values):
    for path in (RUN, JOIN):
        body = {"data": values, "session_hash": "abc", "fn_index": number_of(app, "probe")}
        assert_refused(app.owner.post(path, json=body))


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("body", [b"", b"[]", b"1", b'"x"', b"null", b"{", b"\xff\xfe", b"{}{}"])
def test_what_is_no_request_is_refused(app, body):
    for path in (RUN, JOIN, "/ask/probe/probe", "/ask/window/who"):
        told = app.owner.post(path, content=body, headers=JSON)
        if path.startswith("/ask") and told.status_code == 200:
            assert set(told.json()) in ({"error"}, {"name"})
        else:
            assert_refused(told)


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("depth", [100, 240, 300, 500, 900, 3_000, 100_000])
@pytest.mark.parametrize("opens", ["[", '{"a":'])
def test_deep_values_are_refused_or_answered(app, depth, opens):
    closes = "]" if opens == "[" else "}"
    deep = opens * depth + "1" + closes * depth
    paths = {
        RUN: f'{{"data": [{deep}, {{}}]}}',
        "/ask/probe/probe": f'{{"source": {deep}, "transform": {{}}}}',
        "/ask/annotate/annotate": f'{{"ticket": {deep}, "label": {deep}}}',
        "/ask/browse/judge": deep,
    }
    for path, body in paths.items():
        told = app.owner.post(path, content=body, headers=JSON)
        if told.status_code == 200:
            assert "error" in told.json()
        else:
            assert told.status_code < 500, (path, told.text)
            message = told.json()["error"] if "json" in told.headers["content-type"] else told.text
            assert is_sentence(message)


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(
    "field", ["event_data", "trigger_id", "simple_format", "request", "batched"]
)
@pytest.mark.parametrize(
    "value", [None, 1, "x" * 100_000, {"a": []}, [[[]]]], ids=lambda one: repr(one)[:9]
)
def test_other_fields_of_clients_are_not_handed_on(app, field, value):
    told = app.owner.post(RUN, json={"data": PROBE, field: value})
    assert told.status_code == 200


def test_values_that_no_text_can_hold_are_answered_in_a_sentence(app):
    for text in ("\ud800", "\0", "\u202e", "a" * 100_000):
        for path, about in (
            ("/gradio_api/run/example", {"data": [text]}),
            ("/gradio_api/run/browse", {"data": [{"given": text}]}),
            ("/ask/browse/example", text),
            ("/ask/browse/browse", {"given": text}),
        ):
            told = app.owner.post(path, content=json.dumps(about), headers=JSON)
            assert "error" in told.json(), (path, told.text[:300])
            assert len(told.text) < 2_000


def test_ten_megabytes_are_given_back_nowhere(app, capfd, caplog):
    word = "waldmeister" * 900_000
    for path, about in (
        (RUN, {"data": [{"kind": word, "id": word}, {}]}),
        ("/gradio_api/run/browse", {"data": [{"given": word}]}),
        ("/gradio_api/run/judge", {"data": [word, word, word, word]}),
        ("/ask/browse/example", word),
        ("/ask/probe/probe", {"source": {"kind": "example", "id": word}, "transform": {}}),
        ("/ask/annotate/annotate", {"ticket": word, "label": word}),
        ("/gradio_api/queue/join", {"data": [word], "fn_index": 0, "session_hash": word}),
    ):
        told = app.owner.post(path, json=about)
        assert len(told.content) < 2_000, path
    told = capfd.readouterr()
    assert len(told.out + told.err) < 2_000
    assert sum(len(one.getMessage()) for one in caplog.records) < 20_000


# ------------------------------------------------------------------ addresses

NO_ADDRESS = [
    "/static/" + "x" * 300, "/assets/" + "x" * 300, "/assets/../config", "/assets/..", "/assets/",
    "/static/..%2f..%2fetc%2fpasswd", "/static/%2e%2e/x", "/assets/%2fetc%2fpasswd",
    "/static/a%00b", "/static/a//b", "/assets//etc/passwd", "/assets/./x", "/static/%7e/x",
    "/assets/a%0ab", "/svelte/..%5c..%5cx", "/static//etc/passwd/..", "/assets/x%20y", "/%00",
    "/config%00", "/config/x", "//config", "/./config", "/%2e/config", "/gradio_api/info/x",
    "/gradio_api/heartbeat/" + "x" * 65, "/gradio_api/heartbeat/a%2fb", "/gradio_api/heartbeat/",
    "/gradio_api/heartbeat/a%0a", "/gradio_api/queue/data", "/gradio_api/queue/data?session_hash=",
    "/gradio_api/queue/data?session_hash=a&session_hash=b",
    "/gradio_api/queue/data?session_hash=a%0a",
    "/gradio_api/queue/data?session_hash=a&session_hash=a",
    "/gradio_api/queue/data?session_hash=" + "x" * 7_000,
    "/gradio_api/queue/data?session%5Fhash=a&session_hash=", "/gradio_api/queue/status",
    "/gradio_api/upload", "/gradio_api/file=/etc/passwd", "/gradio_api/file/x", "/file=/etc/passwd",
    "/gradio_api/proxy=http://127.0.0.1/", "/gradio_api/stream/a/b/c/playlist.m3u8",
    "/gradio_api/upload_progress", "/gradio_api/deep_link", "/gradio_api/runs", "/monitoring",
    "/gradio_api/run-history/records", "/gradio_api/vibe-edit", "/gradio_api/process_recording",
    "/gradio_api/dev/reload", "/login", "/logout", "/gradio_api/user", "/gradio_api/token",
    "/gradio_api/login_check", "/docs", "/custom_component/a/b/c/d", "/pwa_icon",
    "/gradio_api/mcp/",
    "/gradio_api/profiling/traces", "/gradio_api/startup-events", "/gradio_api/cancel",
    "/gradio_api/component_server", "/hx/config", "/enter/", "/ask", "/ask/", "/ask/probe",
    "/ask/probe/probe/x", "/pictures", "/pictures/a/b", "/modules/x", "/style/x.css", "/here/",
]  # fmt: skip


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("path", NO_ADDRESS, ids=lambda one: one[:40])
def test_what_no_page_needs_is_not_there_for_anybody(app, path):
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "TRACE"):
        told = asked(app.port, method, path, app.line, "Content-Type: application/json",
                     body=b"{}" if method == "POST" else b"")  # fmt: skip
        assert 400 <= told.status < 500, method
        assert method == "HEAD" or is_sentence(told.text)


@pytest.mark.parametrize(
    "query", ["page=x", "page=", "deep_link=1", "deep%5flink=1", "deep_link=../../x",
              "__theme=dark", "__theme=%00", "a=" + "b" * 5_000, "view=probe&id=%ff",
              "fbclid=1&page=a&page=b"],
)  # fmt: skip
def test_gradio_hears_nothing_of_the_words_of_an_address(app, query):
    """It would look up pages and deep links by them; the scripts of the pages read them."""
    plain = app.owner.get("/")
    told = app.owner.get(f"/?{query}")
    assert told.status_code == 200
    assert "Traceback" not in told.text and len(told.text) == len(plain.text)
    assert app.owner.get(f"/config?{query}").status_code == 200


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(
    "method", ["HEAD", "PUT", "TRACE", "OPTIONS", "DELETE", "PATCH", "CONNECT"]
)
@pytest.mark.parametrize(
    "path", ["/", "/config", RUN, JOIN, "/gradio_api/info", "/ask/probe/probe"]
)
def test_other_methods_are_refused(app, method, path):
    told = asked(app.port, method, path, app.line)
    if method == "HEAD":
        assert told.status in (200, 404, 405) and told.text == ""
    else:
        assert_refused(told)


def test_each_address_says_which_method_it_answers(app):
    for method, path, other in (
        ("GET", RUN, "POST"), ("GET", JOIN, "POST"), ("POST", "/config", "GET"),
        ("POST", "/", "GET"), ("GET", "/ask/probe/probe", "POST"), ("POST", "/here", "GET"),
    ):  # fmt: skip
        told = app.owner.request(method, path, json={} if method == "POST" else None)
        assert (told.status_code, told.text) == (405, f"Use {other} here.\n")


def test_what_the_window_needs_is_there(app):
    page = app.owner.get("/")
    assert page.status_code == 200
    for path in ("/config", "/theme.css", "/gradio_api/info", "/openapi.json", "/robots.txt",
                 "/gradio_api/app_id", "/manifest.json"):  # fmt: skip
        told = app.owner.get(path)
        assert told.status_code == 200, path
        assert told.headers["cache-control"] == "no-store"
    script = next(
        one for one in page.text.split('"') if one.startswith("./assets/") and ".js" in one
    )
    told = app.owner.get(script[1:])
    assert told.status_code == 200
    assert told.headers["cache-control"] == "private, max-age=3600"
    for missing in ("/static/nothing.png", "/assets/nothing.js", "/svelte/nothing.js"):
        assert_refused(app.owner.get(missing))


# ------------------------------------------------------------------ the checks on their own

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
NAMES = st.sampled_from(["data", "session_hash", "fn_index", "event_data", "trigger_id", "x"])


@given(sent=st.dictionaries(NAMES, ANYTHING) | ANYTHING)
def test_whatever_is_sent_only_a_checked_body_is_handed_on(sent):
    for path in (RUN, JOIN):
        try:
            body = json.loads(checked_call(path, json.dumps(sent).encode(), ENDPOINTS).body)
        except Refused as refusal:
            assert is_sentence(refusal.sentence) and refusal.status in (400, 404, 422)
        else:
            assert set(body) <= {"data", "session_hash", "fn_index"}
            assert len(body["data"]) in (0, 2)


@given(
    path=st.text("/abc.%\\\0 \n-_é", max_size=30),
    start=st.sampled_from(["/", "/assets/", "/static/"]),
)
def test_no_known_path_leads_out_of_its_folder(path, start):
    whole = start + path
    if is_known("GET", whole):
        assert ".." not in whole
        assert not set(whole) & set("%\\\0 \né")


@given(query=st.binary(max_size=60))
def test_a_query_is_one_session_or_nothing(query):
    assert checked_query("/config", query) == b""
    try:
        found = checked_query(DATA, query)
    except Refused as refusal:
        assert refusal.status == 422
    else:
        assert found.startswith(b"session_hash=") and found.count(b"=") == 1 and b"&" not in found


def test_a_session_that_nobody_has_ends_without_a_failure(app, quiet):
    told = app.owner.get(f"{DATA}?session_hash=nobody")
    assert told.status_code == 200 and "session_not_found" in told.text


def test_a_failure_of_an_endpoint_is_told_without_its_words(app, monkeypatch):
    (one,) = [one for one in QUESTIONS if one.endpoint and one.endpoint.__name__ == "overview"]

    def failing(call):
        raise RuntimeError("a secret of the server")

    monkeypatch.setitem(one.__dict__, "answer", failing)
    told = app.owner.post("/gradio_api/run/overview", json={"data": []})
    assert told.status_code == 500 and is_sentence(told.text)
    assert "secret" not in told.text


def test_results_are_those_of_endpoints():
    check_result("/gradio_api/call/probe/abc", ENDPOINTS)
    check_result("/config", ENDPOINTS)
    with pytest.raises(Refused, match="no such endpoint"):
        check_result("/gradio_api/call/judge/abc", ENDPOINTS)


def test_endpoints_without_a_public_name_are_not_called():
    one = {"id": 1, "inputs": [1, 2], "api_name": "probe", "api_visibility": "public"}
    hidden = [one | {"id": 2, "api_name": ""}, one | {"id": 3, "api_name": False},
              one | {"id": 4, "api_name": "secret", "api_visibility": "private"}]  # fmt: skip
    assert endpoints_of([one, *hidden]) == {"probe": Endpoint(1, 2)}
