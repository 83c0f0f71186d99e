"""What `hardex annotate invite` prints."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from hardex.cli.terminal import unmarked
from hardex.sentences import counted
from hardex.text import plain_text

if TYPE_CHECKING:  # they bring SQLAlchemy, which most verbs do without
    from hardex.annotate.invitations import AnnotatorWork
    from hardex.people.access import Invitation

SCHEMA = "hardex.invitation/1"


def print_invited(name: str, link: str, expires: str, *, as_json: bool) -> None:
    """Print a personal link, alone on its line so that it can be copied."""
    if as_json:
        sys.stdout.write(
            json.dumps({"schema": SCHEMA, "name": name, "link": link}, indent=2) + "\n"
        )
        return
    validity = "does not expire" if expires == "never" else f"expires in {expires}"
    sys.stdout.write(f"{link}\n")
    sys.stderr.write(
        f"Anyone with this link acts as {plain_text(name)}. It {validity} and is not shown again.\n"
    )
    if not link.startswith("http"):
        sys.stderr.write(
            "The app is not shared at the moment: add its address before the link, or start it "
            "with a sharing option first.\n"
        )


def print_revoked(name: str, count: int, *, as_json: bool) -> None:
    """Print how many links were revoked."""
    if as_json:
        sys.stdout.write(
            json.dumps({"schema": SCHEMA, "name": name, "revoked": count}, indent=2) + "\n"
        )
    elif count:
        links = counted(count, "link")
        sys.stdout.write(f"{links} of {plain_text(name)} revoked; their sessions have ended.\n")
    else:
        sys.stdout.write(f"{plain_text(name)} has no valid link to revoke.\n")


def print_confirmed(name: str, count: int, *, as_json: bool) -> None:
    """Print how many links were confirmed."""
    if as_json:
        sys.stdout.write(
            json.dumps({"schema": SCHEMA, "name": name, "confirmed": count}, indent=2) + "\n"
        )
    elif count:
        links = counted(count, "link")
        sys.stdout.write(
            f"{links} of {plain_text(name)} confirmed. Whoever made a link can use it, too: if "
            "that was not you, revoke it and invite again.\n"
        )
    else:
        sys.stdout.write(f"{plain_text(name)} has no link to confirm.\n")


def print_invitations(
    found: "Sequence[Invitation]", work: "Mapping[str, AnnotatorWork]", *, as_json: bool
) -> None:
    """Print all invitations of a run and how much each annotator has judged."""
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
    for column in ("name", "invited", "link", "until", "judged", "latest"):
        table.add_column(column, justify="right" if column == "judged" else "left")
    for row in rows:
        until = row["revoked"] or row["expires"] or "no expiry"
        table.add_row(
            unmarked(row["name"]),
            row["created"],
            row["state"],
            until,
            f"{row['judged']:,}",
            row["last"] or "",
        )
    Console().print(table)
