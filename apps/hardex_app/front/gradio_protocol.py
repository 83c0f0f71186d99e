"""What reaches Gradio: the few kinds of request that the owner's window and programs send.

Each is checked for its form and length, and only what was checked is handed on: path, query and
body are written anew. Nothing else reaches Gradio, which would answer some of it with a traceback.
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hardex_app.auth.bodies import NO_FILES, holds_file

_API = "/gradio_api"
_NAME = r"[A-Za-z0-9_.-]{1,100}"
_SESSION = r"^[A-Za-z0-9_-]{1,64}$"
_NO_QUERY = re.compile(
    rf"/|/config/?|/theme\.css|/favicon\.ico|/robots\.txt|/manifest\.json|/openapi\.json"
    rf"|/(assets|static|svelte)/(?!.*\.\.)(?!.*//)[A-Za-z0-9_.@+-][A-Za-z0-9_./@+-]{{0,199}}"
    rf"|{_API}/(info/?|app_id/?|theme\.css|openapi\.json)"
)
_HEARTBEAT = re.compile(rf"{_API}/heartbeat/[A-Za-z0-9_-]{{1,64}}")
_RESULT = re.compile(rf"{_API}/call/({_NAME})/[A-Za-z0-9_-]{{1,64}}")
_CALL = re.compile(rf"{_API}/(?:run|api|call)/({_NAME})/?")
_JOIN, _DATA = f"{_API}/queue/join", f"{_API}/queue/data"

INVALID = "This is no request of this app; open the app again, or see its API documentation."
TOO_MANY = "Too many answers wait to be read; read them first."
_UNKNOWN = "There is no such endpoint; see the API documentation of the app."
_COUNT = "This endpoint takes {takes} values; received {came}; see its documentation."


@dataclass(frozen=True)
class Endpoint:
    """A named endpoint of the owner's window.

    Attributes:
        number: by which Gradio's own clients call it.
        values: how many it takes.
    """

    number: int
    values: int


class Refused(Exception):
    """A request that Gradio does not get: `sentence` and the HTTP `status`."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.sentence, self.status = sentence, status


class _Call(BaseModel):
    """The body of a call; other fields that Gradio's clients send are dropped."""

    model_config = ConfigDict(strict=True, extra="ignore")

    data: Annotated[list[Any], Field(max_length=100)] = []
    session_hash: Annotated[str | None, Field(pattern=_SESSION)] = None


class _Join(_Call):
    """The body of a call through the queue."""

    fn_index: Annotated[int, Field(ge=0)]
    session_hash: Annotated[str, Field(pattern=_SESSION)]


def is_known(method: str, path: str) -> bool:
    """Whether Gradio has this path for this method.

    Example:
        >>> is_known("GET", "/config"), is_known("POST", "/gradio_api/upload")
        (True, False)
    """
    if method in ("GET", "HEAD"):
        found = any(one.fullmatch(path) for one in (_NO_QUERY, _HEARTBEAT, _RESULT))
        return found or path == _DATA
    return method == "POST" and (path.rstrip("/") == _JOIN or bool(_CALL.fullmatch(path)))


def checked_query(path: str, query: bytes) -> bytes:
    """The query that is handed on: only the queue's has one.

    Raises:
        Refused: it does not name one session.
    """
    if path != _DATA:
        return b""
    words = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    found = [value for name, value in words if name == "session_hash"]
    if len(found) != 1 or not re.fullmatch(_SESSION, found[0]):
        raise Refused(INVALID, 422)
    return urlencode({"session_hash": found[0]}).encode()


def check_result(path: str, endpoints: Mapping[str, Endpoint]) -> None:
    """Refuse the result of an endpoint that does not exist.

    Raises:
        Refused: there is none.
    """
    found = _RESULT.fullmatch(path)
    if found and found[1] not in endpoints:
        raise Refused(_UNKNOWN, 404)


class Checked(NamedTuple):
    """A call that is handed on.

    Attributes:
        body: as JSON, written anew.
        queued_for: the session that reads its answer from the queue; "" for a call with a session
            of its own, None for a call that is answered at once.
    """

    body: bytes
    queued_for: str | None


def checked_call(path: str, body: bytes, endpoints: Mapping[str, Endpoint]) -> Checked:
    """The call that is handed on.

    Args:
        path: of a POST request, see `is_known`.
        body: as it came.
        endpoints: by name.

    Raises:
        Refused: it is no JSON, names no endpoint, has another number of values, or holds a file.
    """
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refused(INVALID, 400) from error
    if holds_file(sent):
        raise Refused(NO_FILES, 400)
    found = _CALL.fullmatch(path)
    try:
        call: _Call = _Call.model_validate(sent) if found else _Join.model_validate(sent)
    except (ValidationError, RecursionError) as error:
        raise Refused(INVALID, 422) from error
    endpoint = _endpoint(found[1] if found else call, endpoints)
    if len(call.data) != endpoint.values:
        raise Refused(_COUNT.format(takes=endpoint.values, came=len(call.data)), 422)
    queued_for = call.session_hash if isinstance(call, _Join) else None
    if path.startswith(f"{_API}/call/"):
        queued_for = ""
    return Checked(json.dumps(call.model_dump(exclude_none=True)).encode(), queued_for)


def read_by(path: str, query: bytes) -> str | None:
    """The session whose answers a checked request reads; "" for one call; None for no answers."""
    if path == _DATA:
        return dict(parse_qsl(query.decode()))["session_hash"]
    return "" if _RESULT.fullmatch(path) else None


def _endpoint(name: "str | _Call", endpoints: Mapping[str, Endpoint]) -> Endpoint:
    if isinstance(name, _Join):
        found = next((one for one in endpoints.values() if one.number == name.fn_index), None)
    else:
        found = endpoints.get(str(name))
    if found is None:
        raise Refused(_UNKNOWN, 404)
    return found


def endpoints_of(dependencies: Collection[Mapping[str, Any]]) -> dict[str, Endpoint]:
    """The named endpoints of a window, from the `dependencies` of its configuration."""
    return {
        one["api_name"]: Endpoint(one["id"], len(one["inputs"]))
        for one in dependencies
        if one["api_name"] and one["api_visibility"] == "public"
    }
