"""What `hardex check` prints."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from hardex.classifiers.doctor.diagnosis import Diagnosis, sentence
from hardex.classifiers.doctor.examination import Finding
from hardex.cli.terminal import Terminal, print_json, print_text, styled

SCHEMA = "hardex.check/1"


def print_diagnosis(found: Diagnosis, *, as_json: bool) -> None:
    """Print what `hardex check` found, each with its evidence and what to type."""
    if as_json:
        print_json(_as_json(found))
        return
    for note in found.notes:
        print_text(f"Note: {note}")
    if found.findings:
        print_problems(Terminal(), found.findings)
    else:
        print_text(sentence(found))


def _as_json(found: Diagnosis) -> dict[str, Any]:
    accuracy = found.accuracy
    return {
        "schema": SCHEMA,
        "verdict": found.verdict,
        "examples": found.examples,
        "accuracy": accuracy and dict(zip(("value", "low", "high"), accuracy, strict=True)),
        "findings": [asdict(finding) for finding in found.findings],
        "tried": list(found.tried),
        "notes": list(found.notes),
    }


def print_problems(console: Terminal, found: Sequence[Finding]) -> None:
    """Print each finding with its evidence and what to do."""
    for finding in found:
        colour = "red" if finding.severity == "error" else "yellow"
        line = styled((finding.code, f"bold {colour}"), f": {finding.evidence}.")
        console.print(line, soft_wrap=True)
        console.print(f"  What to do: {finding.advice}.", soft_wrap=True)
