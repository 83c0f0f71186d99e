"""What the terminal shows: progress while a run is made, then its first rows."""

import json
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from hardex.classifiers.doctor import Finding
from hardex.ranking.adjusted import IMBALANCED, rarest_share
from hardex.ranking.scores import ADJUSTED
from hardex.runs.folder import SEAL
from hardex.runs.probe_export import Exported
from hardex.runs.probes import KeptProbe
from hardex.runs.replay import Replay, Replayed
from hardex.runs.run import Run
from hardex.sentences import counted

if TYPE_CHECKING:  # they bring SQLAlchemy, which most verbs do without
    from hardex.runs.access import Invitation
    from hardex.runs.agreement import Agreement, Consensus, Kappa
    from hardex.runs.annotation_files import Imported, Written
    from hardex.runs.invitations import Work

SCHEMA = "hardex.rank/1"
_MOST_VALUES = 20  # of what else is known, shown without -v
CHECK_SCHEMA = "hardex.check/1"
PROBES_SCHEMA = "hardex.probes/1"
INVITATION_SCHEMA = "hardex.invitation/1"
AGREEMENT_SCHEMA = "hardex.agreement/1"
EXPORT_SCHEMA = "hardex.annotate.export/1"
IMPORT_SCHEMA = "hardex.annotate.import/1"
_JOINERS = "\u200c\u200d\xa0"  # within words, emoji and French numbers: harmless
_TEXT_MOST = 40  # characters of what somebody typed, in a table


class ProgressBar:
    """A progress bar on the terminal, callable as the library's `Progress`."""

    def __init__(self, *, quiet: bool = False) -> None:
        # Its own handle: stderr is held back while TensorFlow starts.
        self._screen = os.fdopen(os.dup(2), "w", encoding="utf-8")
        console = Console(file=self._screen)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=quiet or not console.is_interactive,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()
        self._screen.close()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show that `done` of `total` are done in this stage."""
        if stage not in self._tasks:
            self._tasks[stage] = self._bar.add_task(stage, total=total)
        self._bar.update(self._tasks[stage], completed=done, total=total)


def show_run(run: Run, *, as_json: bool, rows: int | None) -> None:
    """Print a finished run: what it found, the head of each list, and what to type next."""
    if as_json:
        Console().print_json(json.dumps(summary(run)))
        return
    console = Console()
    console.print(_headline(run), markup=False, highlight=False, soft_wrap=True)
    _say_findings(console, [Finding(**found) for found in run.manifest.doctor])
    for name in ("unsure", "wrong"):
        _show_list(console, run, name, rows)
    _say_imbalance(console, run)
    _show_slices(console, run, rows)
    if unmatched := run.unmatched_annotations():
        console.print(
            f"{unmatched:,} annotations speak of examples that this run does not have; they are "
            "kept.",
            highlight=False,
        )
    folder = escape(str(run.folder))
    console.print(
        f"Run saved in [bold]{folder}[/]. Look at it: [bold]hardex serve {folder}[/]",
        highlight=False,
        soft_wrap=True,
    )


def show_findings(found: Sequence[Finding], *, as_json: bool) -> None:
    """Print what `hardex check` found, each with its evidence and what to type."""
    if as_json:
        answer = {"schema": CHECK_SCHEMA, "findings": [asdict(finding) for finding in found]}
        Console().print_json(json.dumps(answer))
    elif not found:
        Console().print("Nothing found: model and data seem to fit.", highlight=False)
    else:
        _say_findings(Console(), found)


def _say_findings(console: Console, found: Sequence[Finding]) -> None:
    for finding in found:
        colour = "red" if finding.severity == "error" else "yellow"
        console.print(
            f"[bold {colour}]{finding.code}[/]: {escape(finding.evidence)}.\n"
            f"  What to do: {escape(finding.advice)}.",
            highlight=False,
            soft_wrap=True,
        )


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
            _typed(probe.expected),
            _typed(probe.predicted),
            f"{probe.confidence:.4f}",
            _typed(probe.annotator),
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
            _typed(probe.expected),
            f"{_typed(probe.predicted)} {probe.confidence:.4f}",
            f"{_typed(answer.predicted)} {answer.confidence:.4f}",
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
        "schema": PROBES_SCHEMA,
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
    return _typed(probe.name.strip()) or probe.probe_id[:8]


def _typed(text: str) -> str:
    """What somebody typed, for one cell of a table: on one line, short, and without markup."""
    plain = plain_text(text)
    return escape(plain if len(plain) <= _TEXT_MOST else f"{plain[: _TEXT_MOST - 1]}…")


def show_written(written: "Written", *, as_json: bool) -> None:
    """Print what `hardex annotate export` wrote."""
    if as_json:
        Console().print_json(json.dumps({"schema": EXPORT_SCHEMA, **asdict(written)}))
        return
    what = {"label-studio": "task", "label-studio-setup": "choice", "consensus": "example"}
    rows = counted(written.rows, what.get(written.format, "event"))
    _say(f"{rows} written to {written.file}.")


def show_imported(imported: "Imported", *, as_json: bool) -> None:
    """Print what `hardex annotate import` stored."""
    if as_json:
        Console().print_json(json.dumps({"schema": IMPORT_SCHEMA, **asdict(imported)}))
        return
    text = f"{counted(imported.stored, 'new event')} of {imported.file} stored"
    if imported.known:
        text += f"; {imported.known:,} {'was' if imported.known == 1 else 'were'} there already"
    if imported.skipped:
        text += f"; {imported.skipped:,} of other examples or classes left out"
    _say(text + ".")


def show_agreement(
    folder: Path, found: "Agreement", *, as_json: bool, rows: int | None, gold: bool
) -> None:
    """Print how far people agree.

    Args:
        folder: of the run.
        found: what is printed.
        as_json: whether to print one JSON object instead, with everything in it.
        rows: how many of each table; None for all.
        gold: whether a gold standard was given.
    """
    if as_json:
        console, text = Console(), json.dumps(_agreement_summary(folder, found), indent=2)
        # Colours cost half a minute where 50,000 examples were judged.
        console.print_json(text) if console.is_terminal else console.file.write(f"{text}\n")
        return
    if not found.votes:
        _say("Nobody has judged an example of this run yet." + _left_out(found))
        return
    _say(
        f"{counted(found.votes, 'vote')} of {counted(len(found.annotators), 'annotator')} on "
        f"{counted(found.examples, 'example')}, {found.overlapping:,} of them judged by two or "
        f"more; given blind: {found.blind:,}." + _left_out(found)
    )
    if found.alpha is None:
        _say(found.why)
    else:
        text = f"Krippendorff's alpha {found.alpha:.3f}"
        if found.alpha_low is not None:
            text += f" (95 % interval {found.alpha_low:.3f} to {found.alpha_high:.3f})"
        _say(text + "; 1 is perfect, 0 is chance.")
    _show_annotators(found, rows, gold=gold)
    _show_pairs(found.pairs, rows)
    _show_examples("People disagree", found.conflicts, rows)
    _show_examples("Most people say another class than given", found.relabelled, rows)


def _say(text: str) -> None:
    Console().print(plain_text(text), markup=False, highlight=False, soft_wrap=True)


def _left_out(found: "Agreement") -> str:
    if not found.unknown:
        return ""
    return f" Of examples that this run does not have: {counted(found.unknown, 'vote')}."


def _show_annotators(found: "Agreement", rows: int | None, *, gold: bool) -> None:
    table = Table(expand=False)
    table.add_column("annotator")
    for column in ("judged", "seconds", *(("gold",) if gold else ()), "as most others"):
        table.add_column(column, justify="right")
    shown = found.annotators if rows is None else found.annotators[: 2 * rows]
    for one in shown:
        table.add_row(
            _typed(one.name),
            f"{one.votes:,}",
            "" if one.seconds is None else f"{one.seconds:.1f}",
            *((_rate(one.gold, one.gold_votes),) if gold else ()),
            _rate(one.others, one.others_votes),
        )
    Console().print(table)
    _say_more(len(found.annotators) - len(shown), "annotators")


def _rate(rate: Mapping[str, float | None], count: int) -> str:
    """A share, how many it is of, and its interval."""
    if not count:
        return ""
    return f"{rate['value']:.1%} of {count:,} ({rate['low']:.1%} to {rate['high']:.1%})"


def _show_pairs(pairs: "Sequence[Kappa]", rows: int | None) -> None:
    if not pairs:
        return
    table = Table(expand=False)
    for column in ("annotator", "and"):
        table.add_column(column)
    for column in ("examples", "agreed", "Cohen's kappa", "95 % interval"):
        table.add_column(column, justify="right")
    lowest = sorted(pairs, key=lambda pair: 2.0 if pair.value is None else pair.value)
    shown = lowest if rows is None else lowest[:rows]
    for pair in shown:
        table.add_row(
            _typed(pair.first),
            _typed(pair.second),
            f"{pair.examples:,}",
            f"{pair.agreed:,}",
            "not defined" if pair.value is None else f"{pair.value:.3f}",
            "" if pair.low is None else f"{pair.low:.3f} to {pair.high:.3f}",
        )
    Console().print(table)
    _say_more(len(pairs) - len(shown), "pairs")


def _show_examples(title: str, examples: "Sequence[Consensus]", rows: int | None) -> None:
    if not examples:
        return
    _say(f"{title}: {counted(len(examples), 'example')}.")
    table = Table(expand=False)
    for column in ("id", "given", "said, and by how many"):
        table.add_column(column)
    shown = examples if rows is None else examples[:rows]
    for one in shown:
        said = ", ".join(f"{_typed(answer)} (by {count:,})" for answer, count in one.answers)
        table.add_row(_typed(one.id), _typed(one.given_label), said)
    Console().print(table)
    _say_more(len(examples) - len(shown), "examples")


def _say_more(count: int, what: str) -> None:
    if count:
        _say(f"… and {count:,} more {what}; -v shows all.")


def _agreement_summary(folder: Path, found: "Agreement") -> dict[str, Any]:
    """What `hardex annotate agreement --format json` prints."""
    values = asdict(found)
    for one in values["consensus"]:
        one["answer"] = one["answer"] or None  # two have as many votes
        one["answers"] = dict(one["answers"])
    return {
        "schema": AGREEMENT_SCHEMA,
        "run": str(folder),
        **values,
        "conflicts": [one.id for one in found.conflicts],
        "relabelled": [one.id for one in found.relabelled],
    }


def plain_text(text: str) -> str:
    """Text in which nothing moves the cursor, changes colours or turns the direction of reading.

    Example:
        >>> plain_text("two\\nlines, \\x1b[31mred")
        'two\\\\nlines, \\\\x1b[31mred'
    """
    return "".join(
        sign if sign.isprintable() or sign in _JOINERS else sign.encode("unicode_escape").decode()
        for sign in text
    )


def summary(run: Run) -> dict[str, Any]:
    """What `hardex rank --format json` prints."""
    return {
        "schema": SCHEMA,
        "run": str(run.folder),
        "counts": run.manifest.counts,
        "doctor": list(run.manifest.doctor),
        "accuracy": run.metrics["accuracy"],
        "slices": run.metrics.get("slices"),
        "class_names": list(run.manifest.class_names),
        "hard": run.hard.to_dict(orient="records"),
    }


def _headline(run: Run) -> str:
    counts, accuracy = run.manifest.counts, run.metrics["accuracy"]
    text = (
        f"{counts['examples']:,} examples, {counts['wrong']:,} wrong: accuracy "
        f"{accuracy['value']:.2%} (95 % interval {accuracy['low']:.2%} to {accuracy['high']:.2%})."
    )
    names = run.manifest.class_names
    text += f"\nClasses in the order of the outputs: {_shortened(names)}."
    if run.manifest.image_shape:
        shape = " x ".join(map(str, run.manifest.image_shape))
        text += f" Images {shape}, preprocessing {run.manifest.preprocess}."
    if counts["skipped"]:
        where = Path(run.folder, "results", "skipped.csv")
        text += f"\n{counts['skipped']:,} files could not be read; {where} says why."
    if counts.get("sealed"):
        text += (
            f"\n{counts['sealed']:,} more examples are sealed for a later proof: not predicted and "
            f"shown nowhere. {Path(run.folder, SEAL)} holds the rule."
        )
    return text


def _shortened(names: tuple[str, ...]) -> str:
    return ", ".join(names if len(names) <= 20 else (*names[:18], "…", names[-1]))


def _show_list(console: Console, run: Run, name: str, rows: int | None) -> None:
    chosen = run.hard[run.hard["list"] == name]
    rule = run.manifest.rule
    score = rule[name]
    formula = run.manifest.formulas[str(score)]
    table = Table(
        title=f"{name}: {len(chosen)} by {score} = {formula}", title_justify="left", expand=False
    )
    for column in ("rank", "id", "given", "predicted", "confidence", "score"):
        table.add_column(column, justify="left" if column == "id" else "right")
    for row in (chosen if rows is None else chosen.head(rows)).itertuples():
        table.add_row(
            str(row.rank),
            escape(str(row.id)),
            escape(str(row.given_label)),
            escape(str(row.predicted_label)),
            f"{row.confidence:.4f}",
            f"{row.score:.4f}",
        )
    console.print(table)
    _say_shortfall(console, run, name, len(chosen))
    _say_coverage(console, run, name)


def _say_coverage(console: Console, run: Run, name: str) -> None:
    """How much of the variety there is the list shows, beside a random pick of its size."""
    said = run.metrics.get("lists", {}).get(name)
    if not said or not said["chosen"]:
        return
    pairs, clusters = said["confusion_pairs"], said["clusters"]
    text = (
        f"Shows {pairs['covered']} of {pairs['total']} confusion pairs (a random pick "
        f"{pairs['random']:.1f}) and {clusters['covered']} of {clusters['total']} clusters of "
        f"{clusters['space']} (a random pick {clusters['random']:.1f})"
    )
    left_out = said["near_duplicates_left_out"]
    if left_out:
        text += f"; {left_out} near-duplicates left out (--allow-duplicates keeps them)"
    console.print(text + ".", highlight=False, soft_wrap=True)


def _say_imbalance(console: Console, run: Run) -> None:
    counts = np.array([found["examples"] for found in run.metrics["per_class"]])
    if rarest_share(counts) < IMBALANCED and run.manifest.rule["wrong"] != ADJUSTED:
        console.print(
            f"The rarest class has {counts[counts > 0].min():,} of {counts.sum():,} examples: "
            f"--wrong {ADJUSTED} is fairer to rare classes.",
            highlight=False,
            soft_wrap=True,
        )


def _show_slices(console: Console, run: Run, rows: int | None) -> None:
    """The error rate of each value of each further column, and the worst slices."""
    slices = run.metrics.get("slices") or {"columns": [], "left_out": []}
    for left_out in slices["left_out"]:
        console.print(
            f"The column {left_out['column']} is not cut into slices: {left_out['reason']}.",
            markup=False,
            highlight=False,
        )
    if not slices["columns"]:
        return
    rates = [
        (f"{column['column']} = {value['value']}", value)
        for column in slices["columns"]
        for value in column["values"]
    ]
    shown = rates if rows is None else rates[:_MOST_VALUES]
    _show_rates(console, "Errors by what else is known", shown)
    if len(shown) < len(rates):
        console.print(f"… and {len(rates) - len(shown):,} more values; -v shows all.")
    _show_worst(console, slices, rows)


def _show_worst(console: Console, slices: dict[str, Any], rows: int | None) -> None:
    worst = slices["worst"] if rows is None else slices["worst"][:rows]
    looked_at = (
        f"{slices['looked_at']:,} values and pairs of values with {slices['at_least']} examples or "
        "more were tested"
    )
    if not worst:
        console.print(f"No value stands out: {looked_at}.", highlight=False, soft_wrap=True)
        return
    title = f"Worst slices: {looked_at}; p is corrected for that ({slices['correction']})"
    rates = [
        (", ".join(f"{name} = {value}" for name, value in found["slice"].items()), found)
        for found in worst
    ]
    _show_rates(console, title, rates)


def _show_rates(console: Console, title: str, rates: list[tuple[str, dict[str, Any]]]) -> None:
    tested = any("p_adjusted" in rate for _, rate in rates)
    console.print(title, markup=False, highlight=False, soft_wrap=True)
    table = Table(expand=False)
    table.add_column("slice")
    for column in ("examples", "wrong", "error", "95 % interval", *(("p",) if tested else ())):
        table.add_column(column, justify="right")
    for name, rate in rates:
        error = rate["error"]
        table.add_row(
            escape(name),
            f"{rate['examples']:,}",
            f"{rate['wrong']:,}",
            f"{error['value']:.2%}",
            f"{error['low']:.2%} to {error['high']:.2%}",
            *((f"{rate['p_adjusted']:.2g}",) if tested else ()),
        )
    console.print(table)


def _say_shortfall(console: Console, run: Run, name: str, found: int) -> None:
    rule = run.manifest.rule
    asked = rule["count"] or int(rule["per_class"] or 0) * len(run.manifest.class_names)
    if found < int(asked):
        console.print(
            f"{found} of the {asked} asked for: there are no more "
            + ("misclassified examples" if name == "wrong" else "examples")
            + (" in some classes." if rule["diversity"] == "class" else "."),
            highlight=False,
        )


def show_invited(name: str, link: str, expires: str, *, as_json: bool) -> None:
    """A link for somebody; on its own line, so that it can be copied."""
    if as_json:
        sys.stdout.write(
            json.dumps({"schema": INVITATION_SCHEMA, "name": name, "link": link}, indent=2) + "\n"
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
            json.dumps({"schema": INVITATION_SCHEMA, "name": name, "revoked": count}, indent=2)
            + "\n"
        )
    elif count:
        links = counted(count, "link")
        sys.stdout.write(f"{links} of {name} taken back; their visits have ended.\n")
    else:
        sys.stdout.write(f"{name} has no link that could be taken back.\n")


def show_invitations(
    found: "Sequence[Invitation]", work: "Mapping[str, Work]", *, as_json: bool
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
        sys.stdout.write(
            json.dumps({"schema": INVITATION_SCHEMA, "invitations": rows}, indent=2) + "\n"
        )
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
