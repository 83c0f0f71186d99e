"""Personal links to the app of a run, as `hardex annotate invite` makes them."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from unicodedata import normalize

from hardex.errors import AccessError
from hardex.people.access import Access, Invitation
from hardex.people.address import kept_address
from hardex.runs.run import load

_NAMED = 10  # people in a sentence
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}
_TIME = re.compile(r"([0-9]{1,5})([hdw])")
_ADDRESS = re.compile(r"https?://[^\s?#/]+[^\s?#]*")


def invited(
    run: str | Path, name: str, *, expires: str = "7d", address: str = "", annotations: str = ""
) -> str:
    """Make a personal link; whoever opens it is an annotator of this name.

    In a database that serves several runs, it opens the apps of all of them.

    Args:
        run: the run folder.
        name: who is invited, 1..80 printable characters.
        expires: how long the link opens the app, such as `12h`, `7d`, `4w` or `never`.
        address: where the app is; by default where it is open to others now.
        annotations: the database, when it is not in the run folder.

    Returns:
        The link, `ADDRESS/enter#TOKEN`, without the address where none is known. The token is
        stored only as a hash, and cannot be shown again.

    Raises:
        HardexError: no run there, or a name, time or address that will not do.
    """
    lasts = time_of(expires)
    if address and not _ADDRESS.fullmatch(address):
        raise AccessError(
            f"the address of an app begins with http:// or https://; received {address!r}; copy it "
            "from the terminal in which the app runs."
        )
    access = _access(run, annotations)
    where = address or kept_address(Path(run))
    return f"{where.rstrip('/')}/enter#{access.invite(name, expires=lasts)}"


def invitations(run: str | Path, *, annotations: str = "") -> list[Invitation]:
    """All invitations of a run, also those that are over.

    Raises:
        HardexError: no run there, or its database cannot be read.
    """
    return _access(run, annotations).invitations()


@dataclass(frozen=True)
class PredictionSource:
    """What somebody has done so far.

    Attributes:
        judged: how many examples of the run they have judged.
        last: when they did so last, UTC.
    """

    judged: int
    last: datetime


def work(run: str | Path, *, annotations: str = "") -> dict[str, PredictionSource]:
    """What each annotator of a run has done so far, by name.

    Raises:
        HardexError: no run there, or its database cannot be read.
    """
    found: dict[str, PredictionSource] = {}
    opened = load(run, annotations=annotations)
    said = opened.annotations.latest()  # in order of time
    there = {id for id, _ in opened.tables.positions(list({event.id for event in said}))}
    for event in said:
        if event.id not in there:  # of other data, or of a sealed example
            continue
        before = found.get(event.annotator, PredictionSource(0, event.time))
        found[event.annotator] = PredictionSource(before.judged + 1, event.time)
    return found


def revoked(run: str | Path, name: str, *, annotations: str = "") -> int:
    """Take back the links of somebody, and end their sessions; gives how many there were.

    Raises:
        HardexError: no run there, its database cannot be written, or nobody of this name was
            ever invited: who mistypes a name should not think that somebody is out.
    """
    access = _access(run, annotations)
    names = dict.fromkeys(one.name for one in access.invitations())
    if normalize("NFC", name) not in names:
        invited = ", ".join(list(names)[:_NAMED]) or "nobody"
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        raise AccessError(
            f"links are taken back from somebody who was invited; {name!r} was not; invited "
            f"{'is' if len(names) < 2 else 'are'} {invited}{more}; choose one of them."
            if names
            else f"links are taken back from somebody who was invited; {name!r} was not, and "
            "nobody else; see `hardex annotate invite RUN --list`."
        )
    return access.revoke(name)


def time_of(text: str) -> timedelta | None:
    """How long an invitation lasts; None for ever.

    Raises:
        AccessError: it is none.

    Example:
        >>> time_of("12h"), time_of("never")
        (datetime.timedelta(seconds=43200), None)
    """
    if text == "never":
        return None
    found = _TIME.fullmatch(text)
    if not found or not int(found[1]):
        raise AccessError(
            "an invitation lasts some hours, days or weeks, as in 12h, 7d or 4w; received "
            f"{text[:40]!r}; choose such a time, or never."
        )
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _access(run: str | Path, annotations: str) -> Access:
    found = load(run, annotations=annotations)
    return Access.open(found.annotations_url or found.folder, found.manifest.data)
