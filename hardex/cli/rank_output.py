"""What `hardex rank` prints: accuracy, the first rows of each list, and the worst slices."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from hardex.classifiers.doctor.examination import Finding
from hardex.classifiers.doctor.statistics import is_poor
from hardex.cli.check_output import print_problems
from hardex.cli.positive_output import print_errors_of, print_of_class
from hardex.cli.terminal import Terminal, print_json, styled
from hardex.ranking.adjusted import IMBALANCED, rarest_share
from hardex.ranking.scores import ADJUSTED
from hardex.runs.folder import SEAL
from hardex.runs.positive import PositiveClass
from hardex.runs.run import Run
from hardex.sentences import counted
from hardex.text import plain_text

SCHEMA = "hardex.rank/1"
_WHERE_FEW = {"class": " in some classes", "cause": " that were diagnosed"}  # after "no more …"
_MOST_VALUES = 20  # of further columns, shown without -v


def print_run(
    run: Run, of_class: PositiveClass | None = None, *, as_json: bool, rows: int | None
) -> None:
    """Print a finished run: its accuracy, the top of each list, and the next command.

    Args:
        run: the run.
        of_class: one class against the rest, if that was asked for.
        as_json: whether to print JSON.
        rows: of each list; None for all.
    """
    if as_json:
        print_json({**summary(run), "positive": of_class and of_class.as_dict()})
        return
    console = Terminal()
    for line in _headline(run):
        console.print(line, soft_wrap=True)
    print_problems(console, [Finding(**found) for found in run.manifest.doctor])
    if _was_examined(run) and not run.manifest.doctor and _is_poor(run):
        console.print(
            "The brief check of a ranking found no cause of the errors; hardex check tries "
            "more, and says what it tried.",
            soft_wrap=True,
        )
    for name in ("unsure", "wrong"):
        _print_list(console, run, name, rows)
    if of_class is not None:
        print_of_class(console, of_class.figures, of_class.chosen, name=of_class.name)
        print_errors_of(console, of_class, rows)
    _print_imbalance(console, run)
    _print_slices(console, run, rows)
    if unmatched := run.unmatched_annotations():
        console.print(
            f"{counted(unmatched, 'annotation')} on examples that this run does not have; kept.",
        )
    folder = str(run.folder)
    saved = styled(
        "Run saved in ", (folder, "bold"), ". Open it: ", (f"hardex serve {folder}", "bold")
    )
    console.print(saved, soft_wrap=True)


def _was_examined(run: Run) -> bool:
    return run.manifest.model is not None and run.manifest.run is None


def _is_poor(run: Run) -> bool:
    counts = run.manifest.counts
    return is_poor(counts["examples"] - counts["wrong"], counts["examples"])


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
        "pairing": run.manifest.pairing,
        "notes": list(run.manifest.notes),
        "hard": run.hard.to_dict(orient="records"),
    }


def _headline(run: Run) -> Iterator[str]:
    """The first lines."""
    counts, accuracy = run.manifest.counts, run.metrics["accuracy"]
    yield (
        f"{counts['examples']:,} examples, {counts['wrong']:,} errors, accuracy "
        f"{accuracy['value']:.2%} (95 % interval {accuracy['low']:.2%} to {accuracy['high']:.2%})."
    )
    names = run.manifest.class_names
    text = f"Classes in the order of the outputs: {_shortened(names)}."
    if run.manifest.image_shape:
        shape = " x ".join(map(str, run.manifest.image_shape))
        text += f" Images {shape}, preprocessing {run.manifest.preprocess}."
    yield text
    yield from _saved(run)
    if counts["skipped"]:
        where = Path(run.folder, "results", "skipped.csv")
        total = counts.get("files")
        of_all = f"{counts['skipped']:,} of {total:,} files" if total else ""
        yield f"Skipped: {of_all or counted(counts['skipped'], 'unreadable file')}; see {where}."
    if counts.get("sealed"):
        yield (
            f"{counts['sealed']:,} more examples are sealed for a later proof: not predicted and "
            f"not shown. The rule is in {Path(run.folder, SEAL)}."
        )


def _saved(run: Run) -> Iterator[str]:
    """How saved rows and columns were assigned, and what in them was put right."""
    pairing = run.manifest.pairing
    if pairing:
        told = (
            f"{what}: {pairing[what]}" for what in ("rows", "columns", "labels") if what in pairing
        )
        yield f"Saved {'; '.join(told)}."
    for note in run.manifest.notes:
        yield f"Note: {note}"


def _shortened(names: tuple[str, ...]) -> str:
    shown = names if len(names) <= 20 else (*names[:18], "…", names[-1])
    return ", ".join(map(plain_text, shown))


def _print_list(console: Terminal, run: Run, name: str, rows: int | None) -> None:
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
            str(row.id),
            str(row.given_label),
            str(row.predicted_label),
            f"{row.confidence:.4f}",
            f"{row.score:.4f}",
        )
    console.print(table)
    _print_shortfall(console, run, name, len(chosen))
    _print_coverage(console, run, name)


def _print_coverage(console: Terminal, run: Run, name: str) -> None:
    """How many confusion pairs, causes and clusters the list covers, next to a random pick."""
    list_metrics = run.metrics.get("lists", {}).get(name)
    if not list_metrics or not list_metrics["chosen"]:
        return
    kinds = {
        "confusion pairs": list_metrics["confusion_pairs"],
        "causes": list_metrics.get("causes"),
        f"clusters of {list_metrics['clusters']['space']}": list_metrics["clusters"],
    }
    *parts, last = [
        f"{one['covered']} of {one['total']} {kind} (random: {one['random']:.1f})"
        for kind, one in kinds.items()
        if one
    ]
    text = f"Covers {', '.join(parts)} and {last}"
    left_out = list_metrics["near_duplicates_left_out"]
    if left_out:
        text += f"; skipped: {counted(left_out, 'near-duplicate')} (--allow-duplicates keeps them)"
    console.print(text + ".", soft_wrap=True)


def _print_imbalance(console: Terminal, run: Run) -> None:
    counts = np.array([found["examples"] for found in run.metrics["per_class"]])
    if rarest_share(counts) < IMBALANCED and run.manifest.rule["wrong"] != ADJUSTED:
        console.print(
            f"The rarest class has only {counts[counts > 0].min():,} of {counts.sum():,} examples: "
            f"try --wrong {ADJUSTED}, which is fairer to rare classes.",
            soft_wrap=True,
        )


def _print_slices(console: Terminal, run: Run, rows: int | None) -> None:
    """The error rate of each value of each metadata column, and the worst slices."""
    slices = run.metrics.get("slices") or {"columns": [], "left_out": []}
    for left_out in slices["left_out"]:
        console.print(
            f"Column {left_out['column']} has no slices: {left_out['reason']}.",
        )
    if not slices["columns"]:
        return
    rates = [
        (f"{column['column']} = {value['value']}", value)
        for column in slices["columns"]
        for value in column["values"]
    ]
    shown = rates if rows is None else rates[:_MOST_VALUES]
    _print_rates(console, "Error rate by metadata", shown)
    if len(shown) < len(rates):
        console.print(f"… and {len(rates) - len(shown):,} more values; -v shows all.")
    _print_worst(console, slices, rows)


def _print_worst(console: Terminal, slices: dict[str, Any], rows: int | None) -> None:
    worst = slices["worst"] if rows is None else slices["worst"][:rows]
    tested = (
        f"{slices['looked_at']:,} values and pairs of values with {slices['at_least']} examples or "
        "more were tested"
    )
    if not worst:
        console.print(f"No slice stands out: {tested}.", soft_wrap=True)
        return
    title = f"Worst slices: {tested}; p is corrected for multiple tests ({slices['correction']})"
    rates = [
        (", ".join(f"{name} = {value}" for name, value in found["slice"].items()), found)
        for found in worst
    ]
    _print_rates(console, title, rates)


def _print_rates(console: Terminal, title: str, rates: list[tuple[str, dict[str, Any]]]) -> None:
    with_p = any("p_adjusted" in rate for _, rate in rates)
    console.print(title, soft_wrap=True)
    table = Table(expand=False)
    table.add_column("slice")
    for column in ("examples", "wrong", "error", "95 % interval", *(("p",) if with_p else ())):
        table.add_column(column, justify="right")
    for name, rate in rates:
        error = rate["error"]
        table.add_row(
            name,
            f"{rate['examples']:,}",
            f"{rate['wrong']:,}",
            f"{error['value']:.2%}",
            f"{error['low']:.2%} to {error['high']:.2%}",
            *((f"{rate['p_adjusted']:.2g}",) if with_p else ()),
        )
    console.print(table)


def _print_shortfall(console: Terminal, run: Run, name: str, found: int) -> None:
    rule = run.manifest.rule
    wanted = rule["count"] or int(rule["per_class"] or 0) * len(run.manifest.class_names)
    if found < int(wanted):
        console.print(
            f"Only {found} of the {wanted} requested: there are no more "
            + ("misclassified examples" if name == "wrong" else "examples")
            + _WHERE_FEW.get(str(rule["diversity"]), "")
            + ".",
        )
