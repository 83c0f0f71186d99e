"""Large pictures over HTTP: an address for each, and who may see what is there.

Small pictures come with the answers that list them, as data URLs: 60 requests take longer than one.

An address is relative to the document, so that proxies and notebooks may show the app anywhere. It
names the state of the run, so that a run that was ranked or diagnosed again has new addresses. What
it shows is looked up: the owner and viewers name an example by its id, annotators by their own
ticket.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response

from hardex.arrays import Image
from hardex.diagnosis.reading import seen_picture, undone_picture
from hardex.errors import HardexError
from hardex.images import data_url, type_of
from hardex.people.access import Visitor
from hardex.runs.findings import FINDINGS
from hardex.runs.folder import RESULTS
from hardex.runs.run import Run
from hardex.runs.view_words import checked_text
from hardex_app import annotating
from hardex_app.annotation_requests import NotStored
from hardex_app.answers import for_visitors
from hardex_app.auth.sentences import sentence
from hardex_app.auth.visitors import check_role
from hardex_app.browsing import large
from hardex_app.cards import view
from hardex_app.page import FOR_VIEWERS
from hardex_app.workspace import Workspace

_SMALL = 16_384  # bytes; another request takes longer than sending them as text
_THREADS = 8  # that read and compress pictures
_STATE_CHARACTERS, _STATES_KEPT = 16, 16
_CURRENT = "private, max-age=86400, immutable"
_OUTDATED = "private, no-cache"  # the page is older than the run
_SIZE = "x-image-size"  # "WIDTH HEIGHT" of the original


class Picture(NamedTuple):
    """A picture and the state of its run.

    Attributes:
        content: of a PNG or JPEG file.
        headers: what the page must know besides.
        state: see `state_of`.
    """

    content: bytes
    headers: Mapping[str, str]
    state: str


@lru_cache(maxsize=_STATES_KEPT)
def state_of(run: Run) -> str:
    """Names the state of a run: it changes when the run is ranked again, not with a restart."""
    return sha256(repr((run.manifest, run.data)).encode()).hexdigest()[:_STATE_CHARACTERS]


def large_address(run: Run, id: str) -> str:
    """Where the owner and viewers see an example large."""
    return f"pictures/{state_of(run)}/large?{urlencode({'id': id}, errors='surrogatepass')}"


def large_image(run: Run, id: str) -> dict[str, str]:
    """`image`, the large address of an example; "" without a picture, and then `no_image`, why."""
    if run.pictured([id]):
        return {"image": large_address(run, id), "no_image": ""}
    try:
        run.image(id)
    except HardexError as error:
        return {"image": "", "no_image": for_visitors(error, run)}
    return {"image": large_address(run, id), "no_image": ""}  # it has come back meanwhile


def diagnosed_state_of(run: Run) -> str:
    """As `state_of`; it changes, too, when the run is diagnosed again."""
    try:
        found = (run.folder / RESULTS / FINDINGS).stat()
    except OSError:
        return state_of(run)
    now = (state_of(run), found.st_ino, found.st_mtime_ns)
    return sha256(repr(now).encode()).hexdigest()[:_STATE_CHARACTERS]


def undone_addresses(run: Run, id: str) -> dict[str, str]:
    """Where the owner and viewers see an example as the model sees it, `seen`, and `undone`.

    The found transform is undone there; "" and "" without a picture.
    """
    if not run.pictured([id]):
        return {"seen": "", "undone": ""}
    query = urlencode({"id": id}, errors="surrogatepass")
    state = diagnosed_state_of(run)
    return {kind: f"pictures/{state}/{kind}?{query}" for kind in ("seen", "undone")}


def view_address(run: Run, id: str, ticket: str) -> str:
    """Where an annotator sees an example; an `annotating.ImageOf`, which does not tell the id.

    A small picture is there itself, as a data URL, and "" is where there is none.
    """
    try:
        content = view(run, id)
    except HardexError:
        return ""
    if len(content) <= _SMALL:
        return data_url(content)
    return f"pictures/{state_of(run)}/view?{urlencode({'ticket': ticket})}"


class Pictures:
    """The route of pictures."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._threads = CapacityLimiter(_THREADS)

    async def __call__(self, visitor: Visitor, request: Request) -> Response:
        """Answer a GET or HEAD request for a path that begins with /pictures/."""
        return await run_sync(self._response, visitor, request, limiter=self._threads)

    def _response(self, visitor: Visitor, request: Request) -> Response:
        state, _, kind = request.scope["path"].removeprefix("/pictures/").partition("/")
        try:
            query = parse_qsl(request.scope["query_string"].decode("latin-1"), max_num_fields=2)
            found = _found(kind, query, self._workspace, visitor)
        except NotStored as error:
            return sentence(str(error), 503)
        except HardexError as error:
            return sentence(for_visitors(error, self._workspace.run), 404)
        except ValueError:  # another query than ours
            return sentence("Not found.", 404)
        lifetime = _CURRENT if found.state == state else _OUTDATED
        return _answer(found, request, {**found.headers, "cache-control": lifetime})


def _answer(found: Picture, request: Request, headers: Mapping[str, str]) -> Response:
    tag = f'"{sha256(found.content).hexdigest()[:32]}"'
    headers = {**headers, "etag": tag}
    if _is_known(tag, request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    content = b"" if request.method == "HEAD" else found.content
    headers = {**headers, "content-length": str(len(found.content))}
    return Response(content, headers=headers, media_type=type_of(found.content))


def _is_known(tag: str, header: str) -> bool:
    tags = {one.strip().removeprefix("W/") for one in header.split(",")}
    return tag in tags or "*" in tags


# ------------------------------------------------------------------ looked up


def _found(
    kind: str, query: list[tuple[str, str]], workspace: Workspace, visitor: Visitor
) -> Picture:
    """What a request names.

    Raises:
        NotStored: whether this visitor may see it cannot be read now.
        HardexError: there is no such picture, or it is not for them.
    """
    word, find = _KINDS.get(kind, ("", None))
    if find is None or [name for name, _ in query] != [word]:
        raise HardexError("Not found.")
    return find(query[0][1], workspace, visitor)


def _by_id(
    image: Callable[[Run, str], Image], state: Callable[[Run], str]
) -> Callable[[str, Workspace, Visitor], Picture]:
    """A picture of an example, for those who may know its id."""

    def find(id: str, workspace: Workspace, visitor: Visitor) -> Picture:
        check_role(visitor, FOR_VIEWERS)
        run = workspace.run
        if run is None:
            raise HardexError("Not found.")
        now = state(run)
        pixels = image(run, checked_text("id", id))
        height, width = pixels.shape[:2]
        return Picture(large(pixels), {_SIZE: f"{width} {height}"}, now)

    return find


def _view(ticket: str, workspace: Workspace, visitor: Visitor) -> Picture:
    session = annotating.session_of(workspace, visitor)
    if session is None:
        raise HardexError("Not found.")
    id = annotating.id_of(ticket, session, visitor)
    try:
        return Picture(view(session.run, id), {}, state_of(session.run))
    except HardexError as error:  # its sentence may name the id
        raise HardexError("this example has no image.") from error


_KINDS: Mapping[str, tuple[str, Callable[[str, Workspace, Visitor], Picture]]] = {
    "large": ("id", _by_id(Run.image, state_of)),
    "seen": ("id", _by_id(seen_picture, diagnosed_state_of)),
    "undone": ("id", _by_id(undone_picture, diagnosed_state_of)),
    "view": ("ticket", _view),
}
