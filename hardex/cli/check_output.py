"""What `hardex check` prints."""

from collections.abc import Sequence
from dataclasses import asdict

from hardex.classifiers.doctor.examination import Finding
from hardex.cli.terminal import Terminal, print_json, print_text, styled

SCHEMA = "hardex.check/1"


def print_findings(found: Sequence[Finding], *, as_json: bool) -> None:
    """Print what `hardex check` found, each with its evidence and what to type."""
    if as_json:
        print_json({"schema": SCHEMA, "findings": [asdict(finding) for finding in found]})
    elif not found:
        print_text("No problems found.")
    else:
        print_problems(Terminal(), found)


def print_problems(console: Terminal, found: Sequence[Finding]) -> None:
    """Print each finding with its evidence and what to do."""
    for finding in found:
        colour = "red" if finding.severity == "error" else "yellow"
        line = styled((finding.code, f"bold {colour}"), f": {finding.evidence}.")
        console.print(line, soft_wrap=True)
        console.print(f"  What to do: {finding.advice}.", soft_wrap=True)
