"""What `hardex check` prints."""

from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console

from hardex.classifiers.doctor.examination import Finding
from hardex.cli.terminal import print_json, print_text, unmarked

SCHEMA = "hardex.check/1"


def print_findings(found: Sequence[Finding], *, as_json: bool) -> None:
    """Print what `hardex check` found, each with its evidence and what to type."""
    if as_json:
        print_json({"schema": SCHEMA, "findings": [asdict(finding) for finding in found]})
    elif not found:
        print_text("No problems found.")
    else:
        print_problems(Console(), found)


def print_problems(console: Console, found: Sequence[Finding]) -> None:
    """Print each finding with its evidence and what to do."""
    for finding in found:
        colour = "red" if finding.severity == "error" else "yellow"
        console.print(
            f"[bold {colour}]{finding.code}[/]: {unmarked(finding.evidence)}.\n"
            f"  What to do: {unmarked(finding.advice)}.",
            highlight=False,
            soft_wrap=True,
        )
