"""The guard in front of an app of one line, so that nothing of Gradio's stands behind a refusal."""

import asyncio
import base64
import hashlib
import json
import re
from datetime import datetime, timedelta

import pytest
from starlette.responses import JSONResponse
from starlette.testclient import TestClient

from hardex.errors import HardexError, RunError
from hardex.people.access import OWNER, ROLES, Access, Visitor
from hardex_app.auth import guard
from hardex_app.auth.entering import TOKEN_BODY
from hardex_app.auth.gate import Gate, names_this_computer
from hardex_app.auth.guard import ANNOTATOR_BODY, OTHER_BODY, OWNER_BODY, Guard, policy
from hardex_app.auth.throttle import SOURCES_MOST, Throttle
from hardex_app.auth.visitors import IN_SCOPE, check_role, for_owner, visitor_of

from .fake_runs import run_apart

PUBLIC = "https://abc.example.org"
RUN, ASK = "/gradio_api/run/probe", "/ask/probe/probe"


async def app(scope, receive, send):
    """An app that says who it thinks asks, and what it was told of the request."""
    seen = {
        "visitor": scope[IN_SCOPE].name,
        "headers": {key.decode(): value.decode() for key, value in scope["headers"]},
        "path": scope["path"],
        "raw_path": scope["raw_path"].decode(),
    }
    answer = JSONResponse(seen, headers={"access-control-allow-origin": "*"})
    await answer(scope, receive, send)


class Clock:
    """A clock of one's own, for `Access` and `Throttle`."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def date(self):
        return datetime(2030, 1, 1) + timedelta(seconds=self.now)

    def time(self):
        return 1_900_000_000 + self.now


@pytest.fixture
def clock(monkeypatch):
    """The time of everything that counts here."""
    clock = Clock()
    for module in ("limits.storage.memory", "limits.strategies"):
        monkeypatch.setattr(f"{module}.time", clock)
    monkeypatch.setattr("hardex_app.auth.throttle.time", clock.time)
    return clock


@pytest.fixture
def access(tmp_path, clock):
    return Access.open(tmp_path, roles=ROLES, clock=clock.date)


@pytest.fixture
def shared(access):
    """A gate that asks everybody for a token."""
    return Gate(7860, access, proxied=True)


def client(gate, base=PUBLIC, **options):
    return TestClient(Guard(app, gate), base_url=base, **options)


def local(**options):
    return client(Gate(7860), "http://127.0.0.1:7860", **options)


def entered(gate, token, base=PUBLIC):
    """Somebody who has opened their link."""
    visitor = client(gate, base)
    assert visitor.post("/enter", json={"token": token}).status_code == 204
    return visitor


# ------------------------------------------------------------------ only this computer


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost:7860", "LOCALHOST", "[::1]:7860", "[::1]"]
)
def test_names_of_this_computer_are_answered_without_a_token(host):
    told = local().get("/config", headers={"host": host})
    assert told.status_code == 200
    assert told.json()["visitor"] == "owner"


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.", "", "a b", "[::1", "127.0.0.1@evil",
     "localhost/evil", "localhost\r\nx: y", "xn--lcalhost-gxg", "0.0.0.0", "127.1"],
)  # fmt: skip
def test_any_other_name_is_refused_with_the_ways_to_allow_it(host):
    told = run_apart(raw(Gate(7860), [(b"host", host.encode())]))
    assert told["status"] == 403
    for option in ("--share", "--share-server", "--share-ssh", "--host", "--root-path"):
        assert option in told["body"]


def test_two_hosts_or_none_are_refused():
    for hosts in ([], [(b"host", b"localhost"), (b"host", b"localhost")]):
        assert run_apart(raw(Gate(7860), hosts))["status"] == 403
    assert not names_this_computer([])


async def raw(gate, headers, path="/config", method="GET", body=b"", **scope):
    """A request that no client would send."""
    sent = []

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    asked = {"type": "http", "method": method, "path": path, "headers": headers, **scope}
    asked.setdefault("query_string", b"")
    await Guard(app, gate)(asked, receive, send)
    return {"status": sent[0]["status"], "body": sent[1]["body"].decode(), "sent": sent[0]}


def test_web_sockets_are_closed():
    sent = []

    async def send(message):
        sent.append(message)

    run_apart(Guard(app, Gate(1))({"type": "websocket"}, None, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_nobody_is_let_in_where_no_guard_stands():
    with pytest.raises(HardexError, match="cannot identify the visitor"):
        visitor_of(None)
    with pytest.raises(HardexError, match="only the owner"):
        for_owner(Visitor("anna", "annotator"))
    with pytest.raises(HardexError, match="only annotators"):
        check_role(OWNER, {"annotator"})


# ------------------------------------------------------------------ no token, no page


@pytest.mark.parametrize("path", ["/", "/config", "/assets/a.js", "/gradio_api/info", "/nothing"])
def test_without_a_token_there_is_nothing(shared, path):
    visitor = client(shared)
    page = visitor.get(path, headers={"accept": "text/html"})
    assert page.status_code == 401
    assert "personal link" in page.text and "<script" not in page.text
    program = visitor.get(path)
    assert (program.status_code, program.headers["content-type"][:10]) == (401, "text/plain")


def test_the_app_is_told_whose_link_it_was(shared, access):
    assert entered(shared, access.invite("Anna")).get("/").json()["visitor"] == "Anna"
    owner = entered(shared, access.invite("owner", role="owner"))
    assert owner.get("/").json()["visitor"] == "owner"


def test_a_program_sends_its_token_with_every_request(shared, access):
    token = access.invite("Anna")
    program = client(shared, headers={"authorization": f"Bearer {token}"})
    assert {program.get("/config").json()["visitor"] for _ in range(30)} == {"Anna"}
    assert "set-cookie" not in program.get("/config").headers
    access.revoke("Anna")
    assert program.get("/config").status_code == 401


@pytest.mark.parametrize("token", ["", "x", "a" * 8 + "." + "b" * 43, "ID.SECRET", "\u2603.\u2603"])
def test_a_wrong_token_opens_nothing(shared, token):
    visitor = client(shared)
    told = visitor.post("/enter", json={"token": token})
    assert told.status_code == 401 and "set-cookie" not in told.headers
    assert told.text.count("\n") == 1
    bearer = visitor.get("/config", headers={"authorization": f"Bearer {token}".encode()})
    assert bearer.status_code == 401


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"token": 1}', b'"x"', b"[" * 4000])
def test_what_is_no_token_at_all_is_refused_too(shared, body):
    headers = {"content-type": "application/json"}
    assert client(shared).post("/enter", content=body, headers=headers).status_code == 401


def test_the_enter_page_sends_its_token_only_by_its_own_script(shared):
    page = client(shared).get("/enter")
    rules = page.headers["content-security-policy"]
    script = re.search(r"<script>(.*)</script>", page.text, re.S)[1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in rules and "unsafe" not in rules
    assert "default-src 'none'" in rules and "form-action 'none'" in rules
    assert page.headers["referrer-policy"] == "no-referrer"
    assert client(shared).put("/enter").status_code == 405


def test_a_database_that_cannot_be_read_is_not_a_visitor_who_is_unknown(shared, access):
    anna = entered(shared, access.invite("Anna"))

    class Broken:
        def enter(self, token):
            raise RunError("at /secret/place.")

        visitor = leave = enter

        def known(self, session):
            return None

    shared.keys = Broken()
    for told in (anna.get("/"), anna.post("/enter", json={"token": "x"}), anna.post("/leave")):
        assert told.status_code == 503 and "secret" not in told.text


# ------------------------------------------------------------------ cookies and sessions


def test_over_https_the_cookie_can_be_set_by_no_other_subdomain(shared, access):
    told = client(shared).post("/enter", json={"token": access.invite("Anna")})
    (cookie,) = told.headers.get_list("set-cookie")
    name, _, words = cookie.partition("=")
    assert name == "__Host-hardex-7860"
    assert {"HttpOnly", "Secure", "SameSite=Lax", "Path=/"} <= set(words.split("; "))
    assert "Domain" not in words


def test_on_this_computer_the_cookie_goes_without_https(access):
    gate = Gate(7999, access)
    told = client(gate, "http://127.0.0.1:7999").post("/enter", json={"token": access.invite("A")})
    (cookie,) = told.headers.get_list("set-cookie")
    assert cookie.startswith("hardex-7999=") and "Secure" not in cookie and "HttpOnly" in cookie


def test_under_a_path_the_cookie_stays_there(access):
    gate = Gate(1, access, root_path="/hx")
    anna = client(gate, "http://intranet")
    told = anna.post("/enter", json={"token": access.invite("A")})
    assert "; Path=/hx;" in told.headers["set-cookie"]


@pytest.mark.parametrize(
    "headers",
    [{"x-forwarded-proto": "https"}, {"origin": "https://abc.example.org"},
     {"sec-fetch-site": "same-origin"}],
)  # fmt: skip
def test_https_that_ends_at_a_proxy_is_known(shared, access, headers):
    visitor = client(shared, "http://abc.example.org")
    told = visitor.post("/enter", json={"token": access.invite("Anna")}, headers=headers)
    assert told.headers["set-cookie"].startswith("__Host-")


def test_every_entering_begins_a_session_of_its_own(shared, access):
    token = access.invite("Anna")
    planted = client(shared)
    planted.cookies.set("__Host-hardex-7860", "p" * 43)
    sessions = set()
    for _ in range(3):
        told = planted.post("/enter", json={"token": token})
        sessions.add(re.search("=([^;]*)", told.headers["set-cookie"])[1])
    assert len(sessions) == 3 and "p" * 43 not in sessions
    assert client(shared, cookies={"__Host-hardex-7860": "p" * 43}).get("/").status_code == 401


def test_entering_again_ends_the_session_before(shared, access):
    token = access.invite("Anna")
    anna = entered(shared, token)
    before = anna.cookies["__Host-hardex-7860"]
    assert anna.post("/enter", json={"token": token}).status_code == 204
    assert access.visitor(before) is None and anna.get("/").status_code == 200


def test_leaving_ends_the_session_for_whoever_copied_it(shared, access):
    anna = entered(shared, access.invite("Anna"))
    copied = client(shared, cookies=dict(anna.cookies))
    assert copied.get("/").status_code == 200
    told = anna.post("/leave")
    assert told.status_code == 204 and "Max-Age=0" in told.headers["set-cookie"]
    assert copied.get("/").status_code == anna.get("/").status_code == 401


def test_sessions_and_links_run_out(shared, access, clock):
    token = access.invite("Anna", expires=timedelta(hours=1))
    anna = entered(shared, token)
    clock.now = 3601
    access._clear_cache()
    assert anna.get("/").status_code == 401
    assert anna.post("/enter", json={"token": token}).status_code == 401


def test_a_revoked_visitor_is_out_at_once(shared, access):
    anna = entered(shared, access.invite("Anna"))
    access.revoke("Anna")
    assert anna.get("/").status_code == 401


def test_two_cookies_of_one_name_are_none(shared, access):
    anna = entered(shared, access.invite("Anna"))
    session = anna.cookies["__Host-hardex-7860"]
    cookie = f"__Host-hardex-7860={session}"
    stranger = client(shared)
    assert stranger.get("/", headers={"cookie": f"a=b; {cookie}"}).status_code == 200
    assert stranger.get("/", headers={"cookie": f"{cookie}; {cookie}"}).status_code == 401
    # Over https the plain name, which another subdomain could set, is not looked at.
    assert stranger.get("/", headers={"cookie": f"hardex-7860={session}"}).status_code == 401


def planted(*values):
    return {"cookie": "; ".join(f"hardex-7860={value}" for value in values)}


def test_a_planted_cookie_opens_nothing_and_is_deleted(access):
    gate = Gate(7860, access, root_path="/hx")
    host = "http://app.lab.example.org:8080"
    anna = entered(gate, access.invite("Anna"), host)
    session = next(iter(anna.cookies.values()))
    stranger = client(gate, host)
    assert stranger.get("/hx/", headers=planted("p" * 43)).status_code == 401
    told = stranger.get("/hx/ask/x", headers=planted(session, "p" * 43))
    assert told.status_code == 401
    deleted = told.headers.get_list("set-cookie")
    assert all("Max-Age=0" in one and one.startswith("hardex-7860=;") for one in deleted)
    places = {tuple(one.split("; ")[1:-1]) for one in deleted}
    for path in ("/", "/hx", "/hx/", "/hx/ask", "/hx/ask/", "/hx/ask/x"):
        for domain in ("app.lab.example.org", "lab.example.org", "example.org"):
            assert (f"Domain={domain}", f"Path={path}") in places
        assert ((f"Path={path}",) in places) == (path != "/hx")  # the own one stays
    again = stranger.post(
        "/hx/enter", json={"token": access.invite("B")}, headers=planted("p" * 43)
    )
    assert again.status_code == 204 and len(again.headers.get_list("set-cookie")) > 3
    assert "hardex-7860=;" not in again.headers.get_list("set-cookie")[0]
    for headers in ({}, planted("p" * 43)):  # there is nothing to delete
        assert "set-cookie" not in stranger.get("/hx/", headers=headers).headers


@pytest.mark.parametrize("path", ["/a%0d%0aset-cookie:x/b", "/a;Domain=x/b", "/%e9/b", "/%2f%2f/b"])
def test_what_is_deleted_holds_nothing_that_was_sent(access, path):
    told = client(Gate(7860, access), "http://h.example").get(path, headers=planted("a", "b"))
    assert told.status_code == 401
    for one in told.headers.get_list("set-cookie"):
        assert re.fullmatch(r"hardex-7860=; (Domain=(h\.)?example; )?Path=/; Max-Age=0", one)


# ------------------------------------------------------------------ guessing


def guess(visitor, n=0):
    return visitor.post("/enter", json={"token": f"{n}.x"})


def test_ten_guesses_a_minute(shared, clock):
    visitor = client(shared)
    codes = [guess(visitor, n).status_code for n in range(12)]
    assert codes == [401] * 10 + [429] * 2
    told = guess(visitor)
    assert told.status_code == 429 and 1 <= int(told.headers["retry-after"]) <= 60
    assert f"wait {told.headers['retry-after']} seconds" in told.text
    clock.now = 61
    assert guess(visitor).status_code == 401


def test_bearer_tokens_cannot_be_guessed_faster(shared):
    visitor = client(shared)
    codes = [
        visitor.get("/config", headers={"authorization": f"Bearer {n}.x"}).status_code
        for n in range(12)
    ]
    assert codes == [401] * 10 + [429] * 2
    assert guess(visitor).status_code == 429  # they count together


@pytest.mark.parametrize("guessed", ["a token of nobody", "the token of Anna"])
def test_guesses_from_an_address_keep_out_nobody_with_the_right_token(shared, access, guessed):
    token = access.invite("Anna")
    wrong = token.partition(".")[0] + "." + "x" * 43 if "Anna" in guessed else "a.b"
    visitor = client(shared)
    codes = [visitor.post("/enter", json={"token": wrong}).status_code for _ in range(30)]
    assert codes == [401] * 10 + [429] * 20
    assert visitor.post("/enter", json={"token": token}).status_code == 204
    program = client(shared, headers={"authorization": f"Bearer {access.invite('Bert')}"})
    assert program.get("/").json()["visitor"] == "Bert"
    assert guess(client(shared)).status_code == 429  # and guesses are still counted
    others = [client(shared, client=(f"10.0.0.{n}", 1)) for n in range(12)]
    # Guesses of all others at her token do not add up: they would lock her programs out.
    assert {one.post("/enter", json={"token": wrong}).status_code for one in others} == {401}


def test_who_has_the_right_token_is_never_slowed_down(shared, access):
    token = access.invite("Anna")
    for _ in range(25):
        entered(shared, token)


def test_right_links_at_the_same_moment_from_one_address_all_let_in(access):
    """As at the start of a team that sits behind one tunnel."""
    gate = Gate(7860, access, proxied=True)
    tokens = [access.invite(f"Person {n}") for n in range(30)]
    wrong = ["x" * 8 + "." + "y" * 43] * 30

    async def all_at_once():
        mixed = [one for pair in zip(tokens, wrong, strict=True) for one in pair]
        return await asyncio.gather(*(post(gate, token) for token in mixed))

    codes = run_apart(all_at_once())
    assert codes[::2] == [204] * 30
    assert codes[1::2].count(401) == 10 and codes[1::2].count(429) == 20


async def post(gate, token):
    body = json.dumps({"token": token}).encode()
    headers = [
        (b"host", b"abc.example.org"),
        (b"x-forwarded-proto", b"https"),
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    return (await raw(gate, headers, "/enter", "POST", body=body))["status"]


def test_a_throttle_forgets_after_a_while_and_remembers_a_bounded_number(clock):
    throttle = Throttle(most=3)
    for seconds in (0.0, 10.0, 20.0):
        clock.now = seconds
        assert throttle.failed("a") == throttle.failed("b") == 0
    clock.now = 30.0
    assert throttle.failed("a") == throttle.failed("b") == 30
    assert throttle.failed("c") == 0
    clock.now = 59.0
    assert throttle.failed("a") == 1
    clock.now = 61.0  # the first failure counts no more
    assert throttle.failed("a") == 0
    assert throttle.failed("a") == 9
    for n in range(2 * SOURCES_MOST):
        assert throttle.failed(str(n)) == 0  # a newcomer does not pay for the others
    assert len(throttle._storage.events) <= SOURCES_MOST


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),  # a network of one household
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("10.0.0.1", "10.0.0.2", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("::ffff:10.0.0.1", "10.0.0.1", True),  # as a socket for both kinds sees IPv4
        ("::ffff:10.0.0.1", "::FFFF:0a00:0001", True),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.2", False),  # one network of IPv6 holds all of IPv4
        ("::ffff:10.0.0.1", "::1", False),
        ("testclient", "no address", False),
    ],
)
def test_a_network_is_one_source(shared, one, other, same):
    for n in range(10):
        guess(client(shared, client=(one, 1)), n)
    told = guess(client(shared, client=(other, 1)), 11)
    assert told.status_code == (429 if same else 401)


# ------------------------------------------------------------------ requests that pages forge

FORGED = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "https://other.example.org"},  # another subdomain
    {"origin": "https://abc.example.org.evil.example"},
    {"origin": "https://abc.example.org:8443"},
    {"origin": "file://"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "same-site", "sec-fetch-mode": "navigate", "origin": PUBLIC},
]


@pytest.mark.parametrize("headers", FORGED)
@pytest.mark.parametrize("path", [RUN, "/enter", "/leave", "/gradio_api/upload"])
def test_another_page_cannot_do_anything(shared, access, headers, path):
    anna = entered(shared, access.invite("Anna"))
    assert anna.post(path, json={"token": "x"}, headers=headers).status_code == 403
    told = anna.options(path, headers=headers | {"access-control-request-method": "POST"})
    assert told.status_code == 403 and "access-control-allow-origin" not in told.headers


@pytest.mark.parametrize("headers", FORGED[:2] + FORGED[5:])
def test_nor_on_this_computer(headers):
    assert local().post(RUN, json={}, headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, 403),
        ({"sec-fetch-site": "same-site", "sec-fetch-mode": "cors"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, 200),  # a link
        ({"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, 200),
        ({"sec-fetch-site": "none", "sec-fetch-mode": "navigate"}, 200),
        ({}, 200),
    ],
)
def test_another_page_can_link_here_and_read_nothing(shared, access, headers, status):
    anna = entered(shared, access.invite("Anna"))
    for path in ("/", "/enter"):
        told = anna.get(path, headers=headers)
        assert told.status_code == status
        assert "access-control-allow-origin" not in told.headers
    elsewhere = 403 if "site" in headers.get("sec-fetch-site", "") else 200
    for path in ("/config", "/pictures/x/view", "/here", "/modules/x/y.js", "/enter/", "/x//"):
        assert anna.get(path, headers=headers).status_code == elsewhere, path


INTO = ("iframe", "frame", "object", "embed", "image", "script", "style", "empty", "worker",
        "fencedframe", "webidentity")  # fmt: skip


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("path", ["/", "/enter"])
def test_another_page_leads_here_only_to_a_document(shared, access, site, path):
    anna = entered(shared, access.invite("Anna"))
    link = {"sec-fetch-site": site, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert anna.get(path, headers=link).status_code == 200
    for into in INTO:
        assert anna.get(path, headers=link | {"sec-fetch-dest": into}).status_code == 403, into
    for ahead in ({"sec-purpose": "prefetch"}, {"sec-purpose": "prefetch;prerender"},
                  {"purpose": "prefetch"}, {"x-moz": "prefetch"}):  # fmt: skip
        assert anna.get(path, headers=link | ahead).status_code == 403, ahead
    assert anna.post(path, json={"token": "x"}, headers=link).status_code == 403  # a form
    notebook = client(Gate(1, framed_by=("http://localhost:*",)), "http://localhost")
    for into in INTO:
        told = notebook.get("/", headers=link | {"sec-fetch-dest": into})
        assert (told.status_code == 200) == (into in ("iframe", "frame")), into


@pytest.mark.parametrize(
    "headers",
    [{"origin": PUBLIC, "sec-fetch-site": "same-origin"}, {"origin": PUBLIC + ":443"}, {},
     {"origin": "https://proxy.example", "x-forwarded-host": "proxy.example"}],
)  # fmt: skip
def test_its_own_page_is_not_another_one(shared, access, headers):
    anna = entered(shared, access.invite("Anna"))
    assert anna.post(RUN, json={}, headers=headers).status_code == 200


def test_without_a_proxy_its_words_are_not_believed(access):
    gate = Gate(1, access)
    anna = entered(gate, access.invite("Anna"), "http://lab:7860")
    forged = {"origin": "https://evil.example", "x-forwarded-host": "evil.example"}
    assert anna.post(RUN, json={}, headers=forged).status_code == 403
    words = {"x-forwarded-host": "evil", "x-gradio-server": "evil", "x-forwarded-proto": "https"}
    seen = str(anna.get("/", headers=words | {"forwarded": "host=evil"}).json()["headers"])
    assert "evil" not in seen and "https" not in seen


@pytest.mark.parametrize("host", ["evil.example/x", "a b", "a\tb", "<script>", "a@b", "x" * 300])
def test_a_malformed_forwarded_host_goes_no_further(shared, access, host):
    anna = entered(shared, access.invite("Anna"))
    assert (
        "x-forwarded-host"
        not in anna.get("/", headers={"x-forwarded-host": host}).json()["headers"]
    )


# ------------------------------------------------------------------ sizes and kinds


@pytest.mark.parametrize(
    ("path", "most"),
    [(ASK, OWNER_BODY), (RUN, OWNER_BODY), ("/here", OTHER_BODY), ("/enter", TOKEN_BODY)],
)
def test_a_body_is_refused_before_it_is_read(path, most):
    headers = {"content-type": "application/json"}
    fits = local().post(path, content=b"[]", headers=headers)
    assert fits.status_code == 200
    over = headers | {"content-length": str(most + 1)}
    told = run_apart(raw(Gate(1), as_bytes(over), path=path, method="POST"))
    assert told["status"] == 413 and f"{most:,} bytes" in told["body"]


def test_an_annotator_sends_less(shared, access):
    anna = entered(shared, access.invite("Anna"))
    body = b"1" * (ANNOTATOR_BODY + 1)
    headers = {"content-type": "application/json"}
    assert anna.post(ASK, content=body, headers=headers).status_code == 413
    assert anna.post(ASK, content=body[:-1], headers=headers).status_code == 200


def as_bytes(headers):
    found = [(name.encode(), value.encode()) for name, value in headers.items()]
    return [(b"host", b"localhost"), *found]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"transfer-encoding": "chunked"}, 411),
        ({"content-length": "-1"}, 400),
        ({"content-length": "1e9"}, 400),
        ({"content-length": "9" * 30}, 413),
        ({"content-length": "2", "content-type": "text/plain"}, 415),
        ({"content-length": "2", "content-type": "multipart/form-data; boundary=x"}, 415),
        ({"content-length": "2"}, 415),
        ({"cookie": "x" * 40_000}, 431),
        ({f"x-{n}": "y" for n in range(120)}, 431),
    ],
)
def test_what_is_malformed_is_refused(headers, status):
    told = run_apart(raw(Gate(1), as_bytes(headers), path=ASK, method="POST"))
    assert told["status"] == status
    assert told["body"].count("\n") == 1


@pytest.mark.parametrize("length", [b"\xb2", b"\xb9", b" 2", b"2 ", b"0x2", b"", b"+2"])
def test_a_length_is_written_in_plain_digits(length):
    headers = [(b"host", b"localhost"), (b"content-length", length)]
    told = run_apart(raw(Gate(1), headers, path=ASK, method="POST"))
    assert told["status"] == 400


def test_a_long_address_is_refused():
    assert local().get("/config?" + "x" * 9000).status_code == 414


# ------------------------------------------------------------------ what is handed on


def test_a_method_that_is_not_meant_is_refused(shared, access):
    anna = entered(shared, access.invite("Anna"))
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "CONNECT", "BREW"):
        assert local().request(method, "/").status_code == 405
        assert anna.request(method, "/").status_code == 405
        assert client(shared).request(method, "/").status_code == 401


def test_only_what_was_checked_is_handed_on():
    words = {
        "x-forwarded-user": "anna", "x-gradio-user": "b", "x-forwarded-for": "9.9.9.9",
        "content_length": "3", "cookie": "a=b", "authorization": "Basic x", "referer": "x",
        "range": "bytes=0-1", "accept-language": "de", "user-agent": "tests",
    }  # fmt: skip
    seen = local().post(ASK, json={"a": 1}, headers=words).json()["headers"]
    kept = {"host", "accept", "accept-encoding", "accept-language", "user-agent"}
    assert set(seen) == kept | {"content-type", "content-length"}
    assert (seen["content-type"], seen["content-length"]) == ("application/json", "7")


def test_under_a_root_path_both_kinds_of_proxy_are_understood(access):
    gate = Gate(1, access, root_path="/hx")
    anna = entered(gate, access.invite("Anna"), "http://intranet")
    for path in ("/config", "/hx/config"):
        told = anna.get(path, headers={"cookie": f"hardex-1={next(iter(anna.cookies.values()))}"})
        assert told.json()["path"] == told.json()["raw_path"] == "/config"
    assert anna.get("/hxconfig").status_code in (401, 404)


@pytest.mark.parametrize("root_path", ["/hx", "https://intranet/hx"])
def test_a_path_without_its_slash_leads_to_the_one_with_it(access, root_path):
    gate = Gate(1, access, root_path=root_path)
    told = client(gate, "http://intranet").get("/hx?view=probe", follow_redirects=False)
    assert (told.status_code, told.headers["location"]) == (308, "/hx/?view=probe")
    for path in ("/hx/", "/hxx", "/"):
        assert client(gate, "http://intranet").get(path, follow_redirects=False).status_code != 308
    there = Gate(1, access, root_path="https://intranet")
    assert client(there, "http://intranet").get("/", follow_redirects=False).status_code != 308


def test_a_failure_of_the_app_is_one_short_line(shared, access, caplog):
    async def failing(scope, receive, send):
        raise RuntimeError("a secret\nof many lines")

    visitor = TestClient(Guard(failing, Gate(7860)), base_url="http://127.0.0.1")
    told = visitor.get("/" + "x" * 5_000 + "%0aforged")
    assert (
        told.status_code == 500 and told.text == "This cannot be answered now; try again later.\n"
    )
    (line,) = [one.getMessage() for one in caplog.records if one.levelname == "ERROR"]
    assert "RuntimeError" in line and "secret" not in line and "\n" not in line
    assert len(line) < 300


# ------------------------------------------------------------------ what browsers are told


@pytest.mark.parametrize("path", ["/", "/nothing", "/assets/a.js", "/enter"])
def test_every_answer_carries_what_browsers_keep_to(shared, access, path):
    for told in (entered(shared, access.invite("Anna")).get(path), client(shared).get(path)):
        assert told.headers["x-content-type-options"] == "nosniff"
        assert told.headers["referrer-policy"] == "no-referrer"
        assert told.headers["x-frame-options"] == "SAMEORIGIN"
        assert told.headers["cross-origin-resource-policy"] == "same-origin"
        assert "frame-ancestors 'self'" in told.headers["content-security-policy"]
        assert "access-control-allow-origin" not in told.headers
        assert told.headers["cache-control"] == "no-store"


def test_the_policy_lets_nothing_in_or_out():
    rules = dict(rule.split(" ", 1) for rule in policy(()).split("; "))
    for name in ("default-src", "connect-src", "form-action", "base-uri", "frame-ancestors"):
        assert rules[name] == "'self'"
    assert rules["object-src"] == rules["frame-src"] == "'none'"
    assert rules["img-src"] == "'self' data: blob:"
    assert policy(("http://localhost:*",)).endswith("'self' http://localhost:*")


def test_a_notebook_on_this_computer_may_show_the_app():
    told = client(Gate(1, framed_by=("http://localhost:*",)), "http://localhost").get("/")
    assert "x-frame-options" not in told.headers
    assert "frame-ancestors 'self' http://localhost:*" in told.headers["content-security-policy"]


def test_the_largest_picture_fits_into_a_request():
    from hardex_app.pixels import FILE_MOST

    assert FILE_MOST * 4 / 3 + 1_000 < OWNER_BODY
    assert guard.ANNOTATOR_BODY < OWNER_BODY


def test_owner_is_who_asks_when_nobody_is_asked():
    assert OWNER == Visitor("owner", "owner")


def test_links_that_are_over_are_no_guesses(shared, access, clock):
    """A program that keeps its old link, or a notebook that is loaded again, locks nobody out."""
    revoked, expired = access.invite("Anna"), access.invite("Bert", expires=timedelta(seconds=1))
    access.revoke("Anna")
    clock.now = 2
    visitor = client(shared)
    for token in [revoked, expired] * 10:
        assert visitor.post("/enter", json={"token": token}).status_code == 401
        assert visitor.get("/", headers={"authorization": f"Bearer {token}"}).status_code == 401
    entered(shared, access.invite("Carla"))
