"""The two doors of a shared app: the owner's, for as long as it runs, and that of the invited."""

import shutil
from hashlib import sha256
from hmac import compare_digest
from html import escape
from pathlib import Path
from secrets import token_urlsafe
from tempfile import mkdtemp
from threading import Lock

from hardex.errors import AccessError, HardexError, LinkOverError
from hardex.people.access import OWNER, Access, Visitor
from hardex_app.workspace import Workspace

_USED = (
    "this link was for one use, and somebody has used it; ask the app for another one with link(), "
    "or run its cell again."
)


class Keys:
    """Who has which token.

    The owner's token is made at the start and ends with the app. Invitations are kept with the
    run, so that they and the sessions of the invited outlive a restart.

    Attributes:
        owner_token: what lets the owner in.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._inspection = workspace
        self._folder = Path(mkdtemp(prefix="hardex-"))  # only this user can read it
        self._of_owner = Access.open(self._folder)
        self._of_run: Access | None = None
        self._lock = Lock()
        self._once: dict[str, bool] = {}  # the hash of each token for one use: whether it was used
        self.owner_token = self._of_owner.invite(OWNER.name, role=OWNER.role, expires=None)

    def one_time_token(self) -> str:
        """A token that lets the owner in once, for places where what is shown is kept."""
        token = f"{token_urlsafe(6)}.{token_urlsafe(32)}"
        with self._lock:
            self._once[_hashed(token)] = False
        return token

    def enter(self, token: str) -> str:
        """A new session for whoever has this token.

        Raises:
            AccessError: it is wrong, expired, revoked, or was for one use and used.
            RunError: the run's own list of invitations cannot be read.
        """
        once = self._take(token)
        if once:
            try:
                return self._of_owner.enter(self.owner_token)
            except HardexError:
                with self._lock:
                    self._once[once] = False  # nobody came in by it
                raise
        *others, last = self._doors()
        for door in others:
            try:
                return door.enter(token)
            except LinkOverError:
                raise
            except AccessError:
                continue
        return last.enter(token)

    def visitor(self, session: str) -> Visitor | None:
        """Whose session it is; None if it is nobody's, or over.

        Raises:
            RunError: the run's own list of invitations cannot be read.
        """
        for door in self._doors():
            found = door.visitor(session)
            if found is not None:
                return found
        return None

    def leave(self, session: str) -> None:
        """End a session; one that is over already is left alone."""
        for door in self._doors():
            door.leave(session)

    def page_that_enters(self, link: str) -> Path:
        """A file that leads a browser of this user to a link; it goes when the app ends."""
        page = self._folder / "open.html"
        page.touch(mode=0o600)
        page.write_text(
            f'<!doctype html><meta http-equiv="refresh" content="0;url={escape(link)}">',
            encoding="utf-8",
        )
        return page

    def close(self) -> None:
        """Forget the owner's token."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _take(self, token: str) -> str:
        """The hash of a token for one use, which is used up now; "" if it is another kind.

        Raises:
            LinkOverError: it was used before.
        """
        hashed = _hashed(token)
        with self._lock:
            found = next((one for one in self._once if compare_digest(one, hashed)), "")
            if found and self._once[found]:
                raise LinkOverError(_USED)
            if found:
                self._once[found] = True
        return found

    def _doors(self) -> list[Access]:
        run = self._inspection.run
        with self._lock:
            if self._of_run is None and run is not None:  # a demo is still ranking, perhaps
                place = run.annotations_url or run.folder
                self._of_run = Access.open(place, run.manifest.data)
            return [self._of_owner, *([self._of_run] if self._of_run else [])]


def _hashed(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
