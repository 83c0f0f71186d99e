"""What `hardex probes` prints: the saved probes, and what another model predicts for them."""

import shlex
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from hardex.cli.terminal import cell, print_json, print_text
from hardex.probing.export import Exported
from hardex.probing.kept_probe import KeptProbe
from hardex.probing.replay import Replay, Replayed
from hardex.runs.run import Run
from hardex.sentences import counted
from hardex.text import plain_text

SCHEMA = "hardex.probes/1"


def print_probes(
    run: Run,
    kept: Sequence[KeptProbe],
    problems: Sequence[str],
    replay: Replay | None,
    exported: Exported | None,
    *,
    as_json: bool,
) -> None:
    """Print the saved probes, their replay on another model, and their export.

    Args:
        run: the run they belong to.
        kept: all readable probes.
        problems: why others cannot be read; printed to stderr.
        replay: another model's predictions, if there is one.
        exported: what was exported, if anything.
        as_json: whether to print one JSON object instead.
    """
    every = [
        *problems,
        *(replay.problems if replay else ()),
        *(exported.problems if exported else ()),
    ]
    all_problems = list(dict.fromkeys(every))
    for problem in all_problems:
        print_text(problem, to_stderr=True)
    if as_json:
        print_json(_probes_summary(run, kept, all_problems, replay, exported))
        return
    if not kept:
        print_text("This run has no saved probes; save some on the Probe page.")
    elif replay is None:
        Console().print(_probe_table(kept))
    else:
        _print_replay(replay)
    if exported is not None:
        _print_exported(run, exported)


def _probe_table(kept: Sequence[KeptProbe]) -> Table:
    table = Table(expand=False)
    for column in ("probe", "kind", "expected", "predicted", "confidence", "by", "saved"):
        table.add_column(column, justify="right" if column == "confidence" else "left")
    for probe in kept:
        table.add_row(
            _probe_name(probe),
            probe.kind,
            cell(probe.expected),
            cell(probe.predicted),
            f"{probe.confidence:.4f}",
            cell(probe.annotator),
            probe.time[:16].replace("T", " "),
        )
    return table


def _print_replay(replay: Replay) -> None:
    table = Table(expand=False)
    for column in ("probe", "expected", "before", "now", ""):
        table.add_column(column)
    for answer in replay.answers:
        probe = answer.probe
        table.add_row(
            _probe_name(probe),
            cell(probe.expected),
            f"{cell(probe.predicted)} {probe.confidence:.4f}",
            f"{cell(answer.predicted)} {answer.confidence:.4f}",
            _mark(answer),
        )
    Console().print(table)
    expecting = [answer for answer in replay.answers if answer.met_now is not None]
    text = (
        f"{plain_text(replay.model)} changes the prediction of {len(replay.changed):,} of "
        f"{len(replay.answers):,} probes"
    )
    if expecting:
        text += (
            f"; it is right on {sum(bool(answer.met_now) for answer in expecting):,} of the "
            f"{len(expecting):,} with an expected class (before: "
            f"{sum(bool(answer.met_before) for answer in expecting):,})"
        )
    print_text(text + ".")


def _mark(answer: Replayed) -> str:
    if not answer.changed:
        return ""
    if answer.met_now == answer.met_before:  # nothing expected, or wrong in another way
        return "[yellow]changed[/]"
    return "[green]changed, now right[/]" if answer.met_now else "[red]changed, now wrong[/]"


def _print_exported(run: Run, exported: Exported) -> None:
    text = f"{counted(exported.written, 'probe')} exported to {exported.folder}"
    if exported.left_out:
        text += f"; {exported.left_out:,} without an expected class skipped"
    print_text(text + ".")
    names = run.manifest.class_names
    if set(names) != set(exported.labels) and not any("," in name for name in names):
        classes = shlex.quote(",".join(names))
        print_text(f"The export does not cover every class; rank it with --classes {classes}.")


def _probes_summary(
    run: Run,
    kept: Sequence[KeptProbe],
    problems: Sequence[str],
    replay: Replay | None,
    exported: Exported | None,
) -> dict[str, Any]:
    """What `hardex probes --format json` prints."""
    answers = {answer.probe.probe_id: answer for answer in replay.answers} if replay else {}
    return {
        "schema": SCHEMA,
        "run": str(run.folder),
        "model": replay.model if replay else None,
        "preprocess": replay.preprocess if replay else None,
        "changed": len(replay.changed) if replay else None,
        "probes": [_as_row(probe, answers.get(probe.probe_id)) for probe in kept],
        "problems": list(problems),
        "exported": None
        if exported is None
        else {
            "folder": str(exported.folder),
            "written": exported.written,
            "left_out": exported.left_out,
        },
    }


def _as_row(probe: KeptProbe, answer: Replayed | None) -> dict[str, Any]:
    """One probe; `now` is null without another model, or if its picture cannot be read."""
    before = {"predicted": probe.predicted, "confidence": probe.confidence}
    now = None
    if answer is not None:
        now = {"predicted": answer.predicted, "confidence": answer.confidence}
        now |= {"changed": answer.changed, "met": answer.met_now}
        before |= {"met": answer.met_before}
    names = ("probe_id", "time", "annotator", "name", "expected", "note", "kind", "example")
    return {name: getattr(probe, name) for name in names} | {
        "transform": dict(probe.transform),
        "before": before,
        "now": now,
    }


def _probe_name(probe: KeptProbe) -> str:
    return cell(probe.name.strip()) or probe.probe_id[:8]
