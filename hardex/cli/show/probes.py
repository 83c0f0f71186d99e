"""What `hardex probes` answers: the kept probes, and what a model says of them now."""

import json
import shlex
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from hardex.cli.show.words import plain_text, typed
from hardex.probing.export import Exported
from hardex.probing.kept_probe import KeptProbe
from hardex.probing.replay import Replay, Replayed
from hardex.runs.run import Run

SCHEMA = "hardex.probes/1"


def show_probes(
    run: Run,
    kept: Sequence[KeptProbe],
    problems: Sequence[str],
    replay: Replay | None,
    exported: Exported | None,
    *,
    as_json: bool,
) -> None:
    """Print the kept probes, what a model says of them now, and where they were exported.

    Args:
        run: whose probes they are.
        kept: all of them.
        problems: what is wrong with those that cannot be read; goes to stderr.
        replay: what another model says, if one was asked.
        exported: what was exported, if that was asked for.
        as_json: whether to print one JSON object instead.
    """
    told = [
        *problems,
        *(replay.problems if replay else ()),
        *(exported.problems if exported else ()),
    ]
    for problem in dict.fromkeys(told):
        Console(stderr=True).print(
            plain_text(problem), markup=False, highlight=False, soft_wrap=True
        )
    if as_json:
        Console().print_json(json.dumps(_probes_summary(run, kept, told, replay, exported)))
        return
    console = Console()
    if not kept:
        console.print("No probes are kept with this run; the Probe page keeps them.")
    elif replay is None:
        console.print(_kept_table(kept))
    else:
        _show_replay(console, replay)
    if exported is not None:
        _say_exported(console, run, exported)


def _kept_table(kept: Sequence[KeptProbe]) -> Table:
    table = Table(expand=False)
    for column in ("probe", "kind", "expected", "said", "confidence", "by", "kept"):
        table.add_column(column, justify="right" if column == "confidence" else "left")
    for probe in kept:
        table.add_row(
            _probe_name(probe),
            probe.kind,
            typed(probe.expected),
            typed(probe.predicted),
            f"{probe.confidence:.4f}",
            typed(probe.annotator),
            probe.time[:16].replace("T", " "),
        )
    return table


def _show_replay(console: Console, replay: Replay) -> None:
    table = Table(expand=False)
    for column in ("probe", "expected", "before", "now", ""):
        table.add_column(column)
    for answer in replay.answers:
        probe = answer.probe
        table.add_row(
            _probe_name(probe),
            typed(probe.expected),
            f"{typed(probe.predicted)} {probe.confidence:.4f}",
            f"{typed(answer.predicted)} {answer.confidence:.4f}",
            _mark(answer),
        )
    console.print(table)
    expecting = [answer for answer in replay.answers if answer.met_now is not None]
    text = (
        f"{plain_text(replay.model)} answers {len(replay.changed):,} of {len(replay.answers):,} "
        "probes otherwise than before"
    )
    if expecting:
        text += (
            f"; of {len(expecting):,} with an expected class it is right on "
            f"{sum(bool(answer.met_now) for answer in expecting):,} (before: "
            f"{sum(bool(answer.met_before) for answer in expecting):,})"
        )
    console.print(text + ".", markup=False, highlight=False, soft_wrap=True)


def _mark(answer: Replayed) -> str:
    if not answer.changed:
        return ""
    if answer.met_now == answer.met_before:  # nothing expected, or wrong in another way
        return "[yellow]changed[/]"
    return "[green]changed, now right[/]" if answer.met_now else "[red]changed, now wrong[/]"


def _say_exported(console: Console, run: Run, exported: Exported) -> None:
    folder = plain_text(str(exported.folder))
    console.print(
        f"{exported.written:,} probes exported to {folder}; {exported.left_out:,} without an "
        "expected class left out.",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    names = run.manifest.class_names
    if set(names) != set(exported.labels) and not any("," in name for name in names):
        text = f"Not every class is in it; rank it with --classes {shlex.quote(','.join(names))}."
        console.print(plain_text(text), markup=False, highlight=False, soft_wrap=True)


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
        "problems": list(dict.fromkeys(problems)),
        "exported": None
        if exported is None
        else {
            "folder": str(exported.folder),
            "written": exported.written,
            "left_out": exported.left_out,
        },
    }


def _as_row(probe: KeptProbe, answer: Replayed | None) -> dict[str, Any]:
    """One probe; `now` is null where no other model was asked or its picture cannot be read."""
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
    return typed(probe.name.strip()) or probe.probe_id[:8]
