"""Personal links to the app of a run, for `hardex annotate invite`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from unicodedata import normalize

from hardex.errors import AccessError
from hardex.people.access import Access, Invitation
from hardex.people.address import kept_address
from hardex.people.names import NAME_MOST
from hardex.runs.run import load
from hardex.sentences import counted
from hardex.text import plain_text

_NAMED = 10  # people in an error message
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
_TIME = re.compile(r"([0-9]{1,5})([hdw])")
_ROLES = {"annotate": "annotator", "view": "viewer"}  # by what they can do
_ADDRESS = re.compile(r"https?://[^\s?#/]+[^\s?#]*")


def invited(
    run: str | Path,
    name: str,
    *,
    can: str = "annotate",
    expires: str = "7d",
    address: str = "",
    annotations: str = "",
) -> str:
    """Make a personal link; whoever opens it uses the app under this name.

    If several runs share a database, the link opens the apps of all of them.

    Args:
        run: the run folder.
        name: of the person, 1..80 printable characters.
        can: `annotate`, for Annotate and Probe, or `view`, to read Overview, Browse, Causes
            and Curves.
        expires: when the link expires, such as `12h`, `7d`, `4w` or `never`.
        address: of the app; by default the address where others can reach it now.
        annotations: the database address, if the annotations are not in the run folder.

    Returns:
        The link, `ADDRESS/enter#TOKEN`. Only a hash of the token is stored, so it cannot be shown
        again.

    Raises:
        HardexError: there is no run, no app of it is shared now, or the name, time or address is
            malformed.
    """
    lasts = time_of(expires)
    if can not in _ROLES:
        raise AccessError(
            f"an invitation is to {' or '.join(_ROLES)}; received {can!r}; choose one of them."
        )
    if address and not _ADDRESS.fullmatch(address):
        raise AccessError(
            f"the address of an app must begin with http:// or https://; received {address!r}; "
            "copy it from the terminal of the app."
        )
    access = _access(run, annotations)
    where = address or kept_address(Path(run))
    if not where:
        raise AccessError(
            "a link needs the address of the app, and no app of this run is shared now; start it "
            f"with `hardex serve {run} --share` (or --host, --share-ssh, --root-path) and invite "
            "while it runs, or pass its address with --address."
        )
    token = access.invite(name, role=_ROLES[can], expires=lasts)
    return f"{where.rstrip('/')}/enter#{token}"


def invitations(run: str | Path, *, annotations: str = "") -> list[Invitation]:
    """All invitations of a run, including expired and revoked ones.

    Raises:
        HardexError: there is no run, or its database cannot be read.
    """
    return _access(run, annotations).invitations()


@dataclass(frozen=True)
class AnnotatorWork:
    """The work of one annotator so far.

    Attributes:
        judged: how many examples of the run they have judged.
        last: the time of the last verdict, UTC.
    """

    judged: int
    last: datetime


def work(run: str | Path, *, annotations: str = "") -> dict[str, AnnotatorWork]:
    """The work of each annotator of a run, by name.

    Raises:
        HardexError: there is no run, or its database cannot be read.
    """
    found: dict[str, AnnotatorWork] = {}
    opened = load(run, annotations=annotations)
    events = opened.annotations.latest()  # in order of time
    known = {id for id, _ in opened.tables.positions(list({event.id for event in events}))}
    for event in events:
        if event.id not in known:  # of other data, or of a sealed example
            continue
        before = found.get(event.annotator, AnnotatorWork(0, event.time))
        found[event.annotator] = AnnotatorWork(before.judged + 1, event.time)
    return found


def confirmed(run: str | Path, name: str, *, annotations: str = "") -> int:
    """Confirm the open links of an annotator that are off; returns how many there were.

    Links that came with a run folder are off, because somebody else may have made them. Whoever
    made them has them, so confirm only what you made yourself: on another computer, or before the
    folder was moved.

    Raises:
        HardexError: there is no run, its database cannot be written, nobody of this name was
            invited, or nobody may be invited by it.
    """
    access = _access(run, annotations)
    _check_invited(access, name, "confirm")
    return access.confirm(name)


def unconfirmed(access: Access, now: datetime) -> str:
    """A sentence that names the links that are off; "" if there are none.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as run:
        ...     unconfirmed(Access.open(run), datetime(2026, 1, 1))
        ''

    Raises:
        HardexError: the database cannot be read.
    """
    off = [one.name for one in access.invitations() if one.state(now) == "unconfirmed"]
    if not off:
        return ""
    verb, are = ("was", "is") if len(off) == 1 else ("were", "are")
    return (
        f"{counted(len(off), 'invitation')} in this run {verb} made on another computer or for "
        f"another folder and {are} off: {_listed(off)}. Confirm your own with: hardex annotate "
        "invite RUN NAME --confirm"
    )


def revoked(run: str | Path, name: str, *, annotations: str = "") -> int:
    """Revoke the links of an annotator and end their sessions; returns how many links there were.

    Raises:
        HardexError: there is no run, its database cannot be written, or nobody of this name was
            invited: a mistyped name must not look like a revoked link.
    """
    access = _access(run, annotations)
    _check_invited(access, name, "revoke")
    return access.revoke(name)


def _check_invited(access: Access, name: str, what_for: str) -> None:
    names = [one.name for one in access.invitations()]
    if names and not {name, normalize("NFC", name)}.intersection(names):
        raise AccessError(f"{name!r} was not invited. Invited: {_listed(names)}.")
    if not names:
        raise AccessError(f"{name!r} has no link to {what_for}: nobody has been invited yet.")


def _listed(names: Iterable[str]) -> str:
    """Names for a sentence, each once; those of a run folder may be anything."""
    each = list(dict.fromkeys(names))
    more = f" and {len(each) - _NAMED:,} more" if len(each) > _NAMED else ""
    return ", ".join(plain_text(name)[:NAME_MOST] for name in each[:_NAMED]) + more


def time_of(text: str) -> timedelta | None:
    """How long an invitation is valid; None for ever.

    Raises:
        AccessError: the text is not a time.

    Example:
        >>> time_of("12h"), time_of("never")
        (datetime.timedelta(seconds=43200), None)
    """
    if text == "never":
        return None
    found = _TIME.fullmatch(text)
    if not found or not int(found[1]):
        raise AccessError(
            "an invitation must expire after hours, days or weeks, as in 12h, 7d or 4w; received "
            f"{text[:40]!r}; choose such a time, or never."
        )
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _access(run: str | Path, annotations: str) -> Access:
    found = load(run, annotations=annotations)
    return Access.open(found.annotations_url or found.folder, found.manifest.data)
