"""What `hardex check` answers."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape

from hardex.classifiers.doctor.examination import Finding

SCHEMA = "hardex.check/1"


def show_findings(found: Sequence[Finding], *, as_json: bool) -> None:
    """Print what `hardex check` found, each with its evidence and what to type."""
    if as_json:
        answer = {"schema": SCHEMA, "findings": [asdict(finding) for finding in found]}
        Console().print_json(json.dumps(answer))
    elif not found:
        Console().print("Nothing found: model and data seem to fit.", highlight=False)
    else:
        say_findings(Console(), found)


def say_findings(console: Console, found: Sequence[Finding]) -> None:
    """Print each finding with its evidence and what to do."""
    for finding in found:
        colour = "red" if finding.severity == "error" else "yellow"
        console.print(
            f"[bold {colour}]{finding.code}[/]: {escape(finding.evidence)}.\n"
            f"  What to do: {escape(finding.advice)}.",
            highlight=False,
            soft_wrap=True,
        )
