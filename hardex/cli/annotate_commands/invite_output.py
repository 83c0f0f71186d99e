"""What `hardex annotate invite` prints."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.table import Table

from hardex.cli.terminal import Terminal, print_json, print_text
from hardex.sentences import counted

if TYPE_CHECKING:  # they bring SQLAlchemy, which most verbs do without
    from hardex.annotate.invitations import AnnotatorWork
    from hardex.people.access import Invitation

SCHEMA = "hardex.invitation/1"
_ACTS = {
    "annotate": "acts as {name}",
    "view": "reads Overview, Browse, Causes and Curves as {name}",
}


def print_invited(name: str, link: str, expires: str, *, can: str, as_json: bool) -> None:
    """Print a personal link, alone on its line so that it can be copied."""
    if as_json:
        print_json({"schema": SCHEMA, "name": name, "can": can, "link": link})
        return
    validity = "does not expire" if expires == "never" else f"expires in {expires}"
    print_text(link)
    print_text(
        f"Anyone with this link {_ACTS[can].format(name=name)}. It {validity} and is not shown "
        "again.",
        to_stderr=True,
    )


def print_revoked(name: str, count: int, *, as_json: bool) -> None:
    """Print how many links were revoked."""
    if as_json:
        print_json({"schema": SCHEMA, "name": name, "revoked": count})
    elif count:
        links = counted(count, "link")
        print_text(f"{links} of {name} revoked; their sessions have ended.")
    else:
        print_text(f"{name} has no valid link to revoke.")


def print_confirmed(name: str, count: int, *, as_json: bool) -> None:
    """Print how many links were confirmed."""
    if as_json:
        print_json({"schema": SCHEMA, "name": name, "confirmed": count})
    elif count:
        links = counted(count, "link")
        print_text(
            f"{links} of {name} confirmed. Whoever made a link can use it, too: if that was not "
            "you, revoke it and invite again."
        )
    else:
        print_text(f"{name} has no link to confirm.")


def print_invitations(
    found: "Sequence[Invitation]", work: "Mapping[str, AnnotatorWork]", *, as_json: bool
) -> None:
    """Print all invitations of a run and how much each annotator has judged."""
    now = datetime.now(UTC).replace(tzinfo=None)
    rows: list[dict[str, Any]] = [
        {
            "name": one.name,
            "can": "view" if one.role == "viewer" else "annotate",
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
        print_json({"schema": SCHEMA, "invitations": rows})
        return
    table = Table(title="Invitations (times are UTC)", expand=False)
    for column in ("name", "can", "invited", "link", "until", "judged", "latest"):
        table.add_column(column, justify="right" if column == "judged" else "left")
    for row in rows:
        until = row["revoked"] or row["expires"] or "no expiry"
        table.add_row(
            str(row["name"]),
            str(row["can"]),
            row["created"],
            row["state"],
            until,
            f"{row['judged']:,}",
            row["last"] or "",
        )
    Terminal().print(table)
