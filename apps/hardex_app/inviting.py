"""The People page: who is invited, what they have done, and how far they agree."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from hardex.annotate.agreement import Agreement, agreement
from hardex.annotate.annotator_figures import Annotator
from hardex.annotate.consensus import Consensus
from hardex.annotate.exchange import export_annotations
from hardex.annotate.invitations import (
    AnnotatorWork,
    confirmed,
    invitations,
    invited,
    revoked,
    work,
)
from hardex.annotate.session import AnnotationSession
from hardex.errors import AccessError, HardexError
from hardex.people.access import Invitation
from hardex.people.address import kept_address
from hardex.runs.run import Run
from hardex.runs.view_words import AT_MOST, checked_text
from hardex_app.cards import thumbnail_url

EXPORTS = {"csv": "annotations.csv", "jsonl": "annotations.jsonl", "consensus": "consensus.csv"}
_CONFLICTS, _PAIRS = 12, 20  # that are shown
_NAME_MOST = 200  # characters; which names are allowed is checked where they are stored
_EXPORT_MOST = 50_000_000  # characters of a file that a page makes
_NOT_SHARED = (
    "No link can be made now: the app can be reached from this computer alone. Stop it and start "
    "it with --share for a public link, --host for your network, or --root-path behind a proxy."
)


def people(run: Run, session: AnnotationSession | None) -> dict[str, Any]:
    """All that the page shows.

    Returns:
        `address` (where links lead; "" where the app is not shared) and `how` (to share it then);
        `people`, one row for each name (see `_person`); `progress` (`votes` of `wanted`, and a
        sentence); `agreement` (`alpha`, `low`, `high`, `why`, `pairs`); `conflicts` (`total`, `at`,
        the first as `examples`); `relabelled`, how many have another consensus than their label;
        `exports`, the files that `exported` makes.

    Raises:
        HardexError: invitations or annotations cannot be read.
    """
    address = kept_address(run.folder)
    found = agreement(run)
    done = work(run.folder, annotations=run.annotations_url)
    conflicts = found.conflicts
    shown = conflicts[:AT_MOST]
    positions = dict(run.tables.positions([one.id for one in shown]))
    return {
        "address": address,
        "how": "" if address else _NOT_SHARED,
        "people": _people(
            invitations(run.folder, annotations=run.annotations_url), done, found.annotators
        ),
        "progress": _progress(session),
        "agreement": _agreement(found),
        "conflicts": {
            "total": len(conflicts),
            "at": [positions[one.id] for one in shown],
            "examples": [_conflict(one, run) for one in shown[:_CONFLICTS]],
        },
        "relabelled": len(found.relabelled),
        "exports": list(EXPORTS),
    }


def invite(request: Any, run: Run) -> dict[str, Any]:
    """Make a link.

    Args:
        request: `name`, `can` (annotate or view) and `expires`, see `invited`.
        run: that it opens.

    Returns:
        `name` and `link`, which cannot be shown again.

    Raises:
        HardexError: the app is not shared, or a word is not allowed.
    """
    words = _words(request, ("name", "can", "expires"))
    if not kept_address(run.folder):
        raise AccessError(_NOT_SHARED)
    link = invited(
        run.folder,
        words["name"],
        can=words["can"],
        expires=words["expires"],
        annotations=run.annotations_url,
    )
    return {"name": words["name"], "link": link}


def revoke(request: Any, run: Run) -> dict[str, Any]:
    """Revoke the links of a `name`; returns how `many` there were.

    Raises:
        HardexError: nobody of this name was invited.
    """
    return {"many": _by_name(revoked, request, run)}


def confirm(request: Any, run: Run) -> dict[str, Any]:
    """Turn on the links of a `name` that were made elsewhere; returns how `many` there were.

    Raises:
        HardexError: nobody of this name was invited.
    """
    return {"many": _by_name(confirmed, request, run)}


def exported(request: Any, run: Run) -> dict[str, str]:
    """The annotations as a file.

    Args:
        request: the `format`, one of `EXPORTS`.
        run: whose annotations.

    Returns:
        `file`, its name, and `content`.

    Raises:
        HardexError: an unknown format, or more than a page can hold.
    """
    format = _words(request, ("format",))["format"]
    if format not in EXPORTS:
        raise HardexError(
            f"annotations are exported as one of {', '.join(EXPORTS)}; received {format[:40]!r}; "
            "choose one of them."
        )
    stream = StringIO()
    export_annotations(run, stream, format)
    content = stream.getvalue()
    if len(content) > _EXPORT_MOST:
        raise HardexError(
            f"a page makes files of up to {_EXPORT_MOST:,} characters; these annotations have "
            f"{len(content):,}; use `hardex annotate export`."
        )
    return {"file": EXPORTS[format], "content": content}


def _words(request: Any, names: tuple[str, ...]) -> dict[str, str]:
    if not isinstance(request, Mapping):
        raise HardexError(f"a request must be values by name ({', '.join(names)}); send these.")
    return {name: checked_text(name, request.get(name), _NAME_MOST) for name in names}


def _by_name(change: Callable[..., int], request: Any, run: Run) -> int:
    name = _words(request, ("name",))["name"]
    return change(run.folder, name, annotations=run.annotations_url)


# ------------------------------------------------------------------ figures


def _people(
    links: list[Invitation], done: Mapping[str, AnnotatorWork], figures: tuple[Annotator, ...]
) -> list[dict[str, Any]]:
    """One row for each name, in order of name: whoever was invited, and whoever has judged."""
    known = {one.name: one for one in figures}
    names = sorted({one.name for one in links} | known.keys())
    return [
        _person(name, [one for one in links if one.name == name], done.get(name), known.get(name))
        for name in names
    ]


def _person(
    name: str,
    links: list[Invitation],
    done: AnnotatorWork | None,
    figures: Annotator | None,
) -> dict[str, Any]:
    """The links of a person by state, and their work.

    Returns:
        `name`, `can` (annotate, view), `links` (states with their numbers), `until` (when the last
        open one expires; "" for never), `judged`, `last` (time of the last answer), `seconds`
        (median), `gold` and `others` (agreement with gold and the majority, and of how many).
    """
    now = datetime.now(UTC).replace(tzinfo=None)
    states = [one.state(now) for one in links]
    ends = [one.expires for one, state in zip(links, states, strict=True) if state == "open"]
    until = "" if not ends or None in ends else _time(max(end for end in ends if end))
    roles = {one.role for one in links}
    return {
        "name": name,
        "can": [
            can for can, role in (("annotate", "annotator"), ("view", "viewer")) if role in roles
        ],
        "links": {state: states.count(state) for state in dict.fromkeys(states)},
        "until": until,
        "judged": done.judged if done else 0,
        "last": _time(done.last) if done else "",
        "seconds": figures.seconds if figures else None,
        "gold": {**figures.gold, "of": figures.gold_votes} if figures else None,
        "others": {**figures.others, "of": figures.others_votes} if figures else None,
    }


def _time(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"


def _progress(session: AnnotationSession | None) -> dict[str, Any]:
    if session is None or not session.queue.plan.ids:
        return {"votes": 0, "wanted": 0, "says": "There is nothing for annotators to judge."}
    plan = session.queue.plan
    votes, wanted = session.queue.votes()
    each = "one annotator judges" if plan.overlap == 1 else f"{plan.overlap} annotators judge"
    return {
        "votes": votes,
        "wanted": wanted,
        "says": f"{votes:,} of {wanted:,} answers: {each} each of {len(plan.ids):,} examples.",
    }


def _agreement(found: Agreement) -> dict[str, Any]:
    return {
        "alpha": found.alpha,
        "low": found.alpha_low,
        "high": found.alpha_high,
        "why": found.why,
        "examples": found.examples,
        "overlapping": found.overlapping,
        "gold": found.gold,
        "pairs": [
            {"names": [one.first, one.second], "examples": one.examples, "kappa": one.value}
            for one in found.pairs[:_PAIRS]
        ],
    }


def _conflict(one: Consensus, run: Run) -> dict[str, Any]:
    return {
        "id": one.id,
        "given": one.given_label,
        "answers": [list(answer) for answer in one.answers],
        "image": thumbnail_url(run, one.id),
    }
