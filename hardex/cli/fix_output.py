"""What `hardex fix` prints."""

from collections.abc import Sequence
from pathlib import Path
from shlex import quote

from rich.table import Table

from hardex.cli.prove_output import print_proof
from hardex.cli.terminal import Terminal, cell, print_json, print_more, print_text, styled
from hardex.proof.plain import as_json as plain
from hardex.remedies.clean import Change
from hardex.remedies.evaluation import NOTE, CleanedEvaluation
from hardex.remedies.fixed import CONTROL, REMEDIED, ClassResult, Fixed, Model
from hardex.remedies.new_version import DATA
from hardex.remedies.pool import PoolSearch
from hardex.remedies.proving import PROOF
from hardex.remedies.recipe import recipe_text
from hardex.remedies.suggest import Suggestion
from hardex.sentences import counted

SUGGESTION, CHANGES = "hardex.suggestion/1", "hardex.changes/1"
_ARMS = {REMEDIED: "with the remedy", CONTROL: "without it"}
_MOST_FOUND = 10  # images of a pool in the table
_MOST_CLASSES = 20  # in the table, those with the largest differences


def print_suggestion(run: Path, suggestion: Suggestion, *, as_json: bool) -> None:
    """Print a recipe as a file that can be changed and passed on."""
    if as_json:
        plain_recipe = suggestion.recipe.as_plain()
        notes = list(suggestion.notes)
        print_json({"schema": SUGGESTION, "recipe": plain_recipe, "notes": notes})
        return
    for note in suggestion.notes:
        print_text(f"# {note}")
    if not suggestion.recipe.parts:
        print_text("# The findings suggest no remedy that can be trained.")
    for line in recipe_text(suggestion.recipe).splitlines():
        print_text(line)
    print_text(f"# hardex fix {quote(str(run))} --train DATA --recipe FILE --out FIXED")


def print_changes(changes: Sequence[Change], *, as_json: bool) -> None:
    """Print which training examples would be removed or relabelled."""
    if as_json:
        print_json({"schema": CHANGES, "changes": [vars(one) for one in changes]})
        return
    table = Table(expand=False)
    for column in ("id", "given", "becomes", "who", "why"):
        table.add_column(column, overflow="fold")
    for one in changes:
        becomes = cell(one.label) if one.label else "removed"
        table.add_row(cell(one.id), cell(one.given), becomes, cell(one.who), one.why)
    Terminal().print(table)


def print_fixed(fixed: Fixed, *, as_json: bool) -> None:
    """Print what was trained, and what proves whether it helped."""
    if as_json:
        proof = None if fixed.proof is None else plain(fixed.proof)
        more = {"folder": str(fixed.folder), "command": fixed.proof_command, "proof": proof}
        print_json({**fixed.as_json(), **more})
        return
    print_text(_headline(fixed))
    if any(one.result is not None for one in fixed.models):
        Terminal().print(_models(fixed.models))
    if fixed.classes:
        Terminal().print(_classes(fixed.classes))
    for note in fixed.notes:
        print_text(f"Note: {note}")
    print_text(styled("The repaired model is ", (str(fixed.model), "bold"), "."))
    if fixed.proof is None:
        print_text(styled("Whether it is better: ", (fixed.proof_command, "bold")))
        return
    print_proof(fixed.proof, fixed.folder / PROOF, as_json=False, rows=_MOST_CLASSES)


def print_evaluation(cleaned: CleanedEvaluation, *, as_json: bool) -> None:
    """Print what became of the evaluation data, and of the accuracy."""
    if as_json:
        print_json({**cleaned.as_json(), "folder": str(cleaned.folder)})
        return
    print_text(
        f"{counted(len(cleaned.changes), 'example')} changed in the new data, "
        f"{cleaned.folder / DATA}."
    )
    print_text(
        f"Accuracy {_share(cleaned.before)} of {cleaned.examples_before:,} before, "
        f"{_share(cleaned.after)} of {cleaned.examples_after:,} after. {NOTE}"
    )


def print_search(search: PoolSearch, *, as_json: bool) -> None:
    """Print what was found in a pool, and what to do with it."""
    if as_json:
        print_json({**search.as_json(), "folder": str(search.folder)})
        return
    wanted = ", ".join(f"{count} of {name}" for name, count in search.missing.items())
    print_text(f"Looked for more like {wanted} among {search.scope}.")
    table = Table(expand=False)
    for column in ("found", "like", "perhaps", "distance"):
        table.add_column(column, justify="right" if column == "distance" else "left")
    for one in search.found[:_MOST_FOUND]:
        table.add_row(cell(one.id), cell(one.like), cell(one.guess), f"{one.distance:.3f}")
    Terminal().print(table)
    print_more(max(0, len(search.found) - _MOST_FOUND), "images")
    data = search.folder / DATA
    print_text(styled("The classes are guesses. Let people judge them: ", (_judging(data), "bold")))


def _judging(data: Path) -> str:
    return f"hardex rank MODEL {data} --out RUN2 && hardex serve RUN2"


def _headline(fixed: Fixed) -> str:
    parts = [counted(fixed.images, "training image")]
    if fixed.changed:
        parts.append(f"{fixed.changed:,} changed")
    if fixed.added:
        parts.append(f"{fixed.added:,} added")
    trained = sum(one.result is not None for one in fixed.models)
    return (
        f"{' and '.join(fixed.recipe.parts)}: {', '.join(parts)}; "
        f"{counted(trained, 'model')} trained in {_time(fixed.seconds)}."
    )


def _models(models: Sequence[Model]) -> Table:
    table = Table(expand=False)
    transformed = any(one.result and one.result.transformed_accuracy for one in models)
    columns = ["model", "arm", "seed", "epochs", "best", "validation"]
    for column in [*columns, *(["transformed"] if transformed else [])]:
        numbers = column not in ("model", "arm")
        table.add_column(column, justify="right" if numbers else "left")
    for one in models:
        result = one.result
        if result is None:
            continue
        row = [
            one.name,
            _ARMS[one.arm],
            str(one.seed),
            str(result.epochs),
            str(result.best_epoch),
            _share(result.val_accuracy),
        ]
        table.add_row(*row, *([_share(result.transformed_accuracy)] if transformed else []))
    return table


def _classes(classes: Sequence[ClassResult]) -> Table:
    """Both arms on validation images of each class, the largest losses first."""
    table = Table(expand=False, title="Validation images, as they are")
    for column in ("class", "images", "with the remedy", "without it", "difference"):
        table.add_column(column, justify="left" if column == "class" else "right")
    rows = sorted(classes, key=lambda one: one.remedied - one.control)
    if len(rows) > _MOST_CLASSES:
        rows = [*rows[: _MOST_CLASSES // 2], *rows[-_MOST_CLASSES // 2 :]]
    for one in rows:
        difference = f"{100 * (one.remedied - one.control):+.2f}"
        shares = (_share(one.remedied), _share(one.control))
        table.add_row(cell(one.name), f"{one.images:,}", *shares, difference)
    return table


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.2f}%"


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} minutes"
