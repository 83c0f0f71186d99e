"""Who may enter a shared app: the owner, while it runs, and everybody with an invitation."""

import shutil
from datetime import UTC, datetime
from hmac import compare_digest
from html import escape
from pathlib import Path
from secrets import token_urlsafe
from tempfile import mkdtemp
from threading import Lock

from hardex.annotate.invitations import unconfirmed
from hardex.errors import AccessError, HardexError, LinkOverError
from hardex.people.access import OWNER, ROLES, Access, Visitor, hashed
from hardex_app.workspace import Workspace

_USED = (
    "this link works once and has been used; get another one with link(), or run the cell again."
)


class Keys:
    """The tokens of an app.

    The owner's token is created at the start and expires with the app. It is the only one with the
    owner's role: what is stored with a run gives nobody more than the annotator's. Invitations are
    stored with the run, so they and their sessions survive a restart.

    Attributes:
        owner_token: the token of the owner.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._folder = Path(mkdtemp(prefix="hardex-"))  # only this user can read it
        self._of_owner = Access.open(self._folder, roles=ROLES)
        self._of_run: Access | None = None
        self._lock = Lock()
        self._once: dict[str, bool] = {}  # by hash: whether a one-time token was used
        self.owner_token = self._of_owner.invite(OWNER.name, role=OWNER.role, expires=None)

    def one_time_token(self) -> str:
        """A token that lets the owner in once, for output that is saved, as in a notebook."""
        token = f"{token_urlsafe(6)}.{token_urlsafe(32)}"
        with self._lock:
            self._once[hashed(token)] = False
        return token

    def enter(self, token: str) -> str:
        """Start a session with a token.

        Raises:
            AccessError: the token is wrong, expired, revoked, or was used and works only once.
            RunError: the invitations of the run cannot be read.
        """
        once = self._take(token)
        if once:
            try:
                return self._of_owner.enter(self.owner_token)
            except HardexError:
                with self._lock:
                    self._once[once] = False  # it was not used after all
                raise
        *others, last = self._accesses()
        for access in others:
            try:
                return access.enter(token)
            except LinkOverError:
                raise
            except AccessError:
                continue
        return last.enter(token)

    def visitor(self, session: str) -> Visitor | None:
        """The visitor of a session; None if it is unknown or has ended.

        Raises:
            RunError: the invitations of the run cannot be read.
        """
        found = self.known(session)
        if found is not None:
            return found
        for access in self._accesses():
            found = access.visitor(session)
            if found is not None:
                return found
        return None

    def known(self, session: str) -> Visitor | None:
        """The visitor of a session that was read within the last second; reads nothing."""
        accesses = (self._of_owner, self._of_run)
        return next((one for access in accesses if access and (one := access.known(session))), None)

    def leave(self, session: str) -> None:
        """End a session, if it has not ended."""
        for access in self._accesses():
            access.leave(session)

    def notes(self) -> list[str]:
        """What the owner must know of the run's invitations, as lines; none before there is a run.

        Raises:
            RunError: the invitations of the run cannot be read.
        """
        _, *of_run = self._accesses()
        now = datetime.now(UTC).replace(tzinfo=None)
        return [line for access in of_run if (line := unconfirmed(access, now))]

    def page_that_enters(self, link: str) -> Path:
        """A file that redirects this user's browser to a link; deleted when the app ends."""
        page = self._folder / "open.html"
        page.touch(mode=0o600)
        page.write_text(
            f'<!doctype html><meta http-equiv="refresh" content="0;url={escape(link)}">',
            encoding="utf-8",
        )
        return page

    def close(self) -> None:
        """Invalidate the owner's token."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _take(self, token: str) -> str:
        """Use up a one-time token; its hash, or "" if it is another kind of token.

        Raises:
            LinkOverError: it was used before.
        """
        key = hashed(token)
        with self._lock:
            found = next((one for one in self._once if compare_digest(one, key)), "")
            if found and self._once[found]:
                raise LinkOverError(_USED)
            if found:
                self._once[found] = True
        return found

    def _accesses(self) -> list[Access]:
        run = self._workspace.run
        with self._lock:
            if self._of_run is None and run is not None:  # a demo may still be ranking
                place = run.annotations_url or run.folder
                self._of_run = Access.open(place, run.manifest.data)
            return [self._of_owner, *([self._of_run] if self._of_run else [])]
