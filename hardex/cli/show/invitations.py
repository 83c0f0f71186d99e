"""What `hardex annotate invite` answers."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hardex.sentences import counted

if TYPE_CHECKING:  # they bring SQLAlchemy, which most verbs do without
    from hardex.annotate.invitations import AnnotatorWork
    from hardex.people.access import Invitation

SCHEMA = "hardex.invitation/1"


def show_invited(name: str, link: str, expires: str, *, as_json: bool) -> None:
    """A link for somebody; on its own line, so that it can be copied."""
    if as_json:
        sys.stdout.write(
            json.dumps({"schema": SCHEMA, "name": name, "link": link}, indent=2) + "\n"
        )
        return
    ends = "" if expires == "never" else f" within {expires}"
    sys.stdout.write(f"{link}\n")
    sys.stderr.write(
        f"Whoever has this link is {name} here; it opens{ends} and is not shown again.\n"
    )
    if not link.startswith("http"):
        sys.stderr.write(
            "The app of this run is not open to others now: put its address before the link, or "
            "start it with one of the sharing options first.\n"
        )


def show_revoked(name: str, count: int, *, as_json: bool) -> None:
    """How many links were taken back."""
    if as_json:
        sys.stdout.write(
            json.dumps({"schema": SCHEMA, "name": name, "revoked": count}, indent=2) + "\n"
        )
    elif count:
        links = counted(count, "link")
        sys.stdout.write(f"{links} of {name} taken back; their visits have ended.\n")
    else:
        sys.stdout.write(f"{name} has no link that could be taken back.\n")


def show_invitations(
    found: "Sequence[Invitation]", work: "Mapping[str, AnnotatorWork]", *, as_json: bool
) -> None:
    """All invitations of a run, and what came of them; the secrets are stored nowhere."""
    now = datetime.now(UTC).replace(tzinfo=None)
    rows: list[dict[str, Any]] = [
        {
            "name": one.name,
            "state": one.state(now),
            "token_id": one.token_id,
            "created": f"{one.created:%Y-%m-%d %H:%M}",
            "expires": f"{one.expires:%Y-%m-%d %H:%M}" if one.expires else None,
            "revoked": f"{one.revoked:%Y-%m-%d %H:%M}" if one.revoked else None,
            "judged": work[one.name].judged if one.name in work else 0,
            "last": f"{work[one.name].last:%Y-%m-%d %H:%M}" if one.name in work else None,
        }
        for one in found
    ]
    if as_json:
        sys.stdout.write(json.dumps({"schema": SCHEMA, "invitations": rows}, indent=2) + "\n")
        return
    table = Table(title="Invitations (times are UTC)", expand=False)
    for column in ("name", "invited", "link", "until", "judged", "last"):
        table.add_column(column, justify="right" if column == "judged" else "left")
    for row in rows:
        until = row["revoked"] or row["expires"] or "for ever"
        table.add_row(
            escape(str(row["name"])),
            row["created"],
            row["state"],
            until,
            f"{row['judged']:,}",
            row["last"] or "",
        )
    Console().print(table)
