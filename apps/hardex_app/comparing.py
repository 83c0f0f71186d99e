"""Requests about several models -> calls of the comparison -> plain data."""

from collections.abc import Mapping
from dataclasses import asdict
from shlex import quote
from typing import Any

from hardex.comparison.comparison import LISTS, Comparison
from hardex.comparison.names import run_names
from hardex.comparison.pages import PAGE_SIZE, beliefs, list_page
from hardex.comparison.wording import (
    HOW_OFTEN,
    class_sentence,
    difference_sentence,
    drift_sentence,
)
from hardex.errors import HardexError
from hardex.runs.run import Run
from hardex.runs.view_words import checked_text, page_of
from hardex_app.comparisons import Comparisons

_RUNS_MOST = 20
Json = dict[str, Any]


def facts(run: Run, comparisons: Comparisons) -> Json:
    """What the page must know first; nothing is compared for it.

    Returns:
        `runs`, their names, or [] if there is one run only; `command`, which opens several;
        `class_names`; `lists`.
    """
    runs = comparisons.runs(run)
    names = run_names([one.folder.resolve() for one in runs])
    return {
        "runs": list(names) if len(runs) > 1 else [],
        "command": f"hardex serve {quote(str(run.folder))} RUN",
        "class_names": list(run.manifest.class_names),
        "lists": list(LISTS),
    }


def figures(request: Any, run: Run, comparisons: Comparisons) -> Json:
    """How the chosen models compare.

    Args:
        request: `runs`, names in the order of the page; [] for all.
        run, comparisons: what is open.

    Returns:
        `examples`; `runs`, each with its `name`, `accuracy` (value, low, high), `errors`,
        `only_wrong`, `only_right` and `calibration_error`; `pairs`, each with `a`, `b`, its figures
        and `says`, a sentence, and `classes`, another; `both_wrong`, `agreement` (matrices) and
        `broken`, whose cell [a][b] counts what a has right and b wrong; `wrong_in_all`, `suspects`,
        `falling` (how many), `how_often` (what suspects mean), `drift` (a sentence) and `notes`.

    Raises:
        HardexError: the runs cannot be compared, or there are none of these names.
    """
    found = comparisons.of(run, _names(request))
    both = found.both_wrong.tolist()
    errors = [row[at] for at, row in enumerate(both)]
    return {
        "examples": len(found),
        "runs": [
            {
                "name": name,
                "accuracy": accuracy,
                "errors": wrong,
                "only_wrong": len(found.rows("only_wrong", name)),
                "only_right": len(found.rows("only_right", name)),
                "calibration_error": calibration,
            }
            for name, accuracy, wrong, calibration in zip(
                found.runs, found.accuracies, errors, found.calibration_errors, strict=True
            )
        ],
        "pairs": _pairs(found),
        "both_wrong": both,
        "broken": [[errors[b] - both[a][b] for b in range(len(both))] for a in range(len(both))],
        "agreement": found.agreement.tolist(),
        "wrong_in_all": len(found.rows("wrong_in_all")),
        "suspects": len(found.suspects),
        "falling": 0 if found.drift is None else len(found.drift.falling),
        "how_often": HOW_OFTEN,
        "drift": drift_sentence(found.drift),
        "notes": list(found.notes),
    }


def _pairs(found: Comparison) -> list[Json]:
    return [
        {
            **asdict(one),
            "says": difference_sentence(one),
            "classes": class_sentence(found.class_differences(one.a, one.b)),
        }
        for one in found.differences
    ]


def examples(request: Any, run: Run, comparisons: Comparisons) -> Json:
    """One page of a list of the comparison, with the answers of all chosen models.

    Args:
        request: `runs` as for `figures`; `list`, `a`, `b`, `given`, `answer`, see `list_page`; and
            `p`, the page.
        run, comparisons: what is open.

    Returns:
        `total`, `page`, `pages`, `size`; `examples`, each with its `id`, `given` and `answers`;
        `classes` and `pairs`, the counts of the whole list.

    Raises:
        HardexError: there is no such list, run or class.
    """
    found = comparisons.of(run, _names(request))
    words = {name: checked_text(name, request.get(name, "")) for name in _WORDS}
    page = list_page(
        found,
        words["list"],
        words["a"],
        words["b"],
        given=words["given"],
        answer=words["answer"],
        page=page_of(request),
    )
    return {**asdict(page), "size": PAGE_SIZE}


def other_answers(id: Any, run: Run, comparisons: Comparisons) -> Json:
    """What every other model believes of one example.

    Returns:
        `models`, each with its `run`, `predicted`, `confidence` and `bars`; [] if there is one run
        only, or not all have this example.

    Raises:
        HardexError: the runs cannot be compared.
    """
    if not comparisons:
        return {"models": []}
    found = comparisons.of(run)
    _, *others = beliefs(found, comparisons.runs(run), checked_text("id", id)) or [None]
    return {
        "models": [
            {
                "run": one.run,
                "predicted": one.predicted,
                "confidence": one.confidence,
                "bars": [{"class": name, "p": p} for name, p in one.likeliest],
            }
            for one in others
            if one is not None
        ]
    }


def models_for_curves(run: Run, comparisons: Comparisons) -> dict[str, Run]:
    """The other runs by name whose model can answer beside the first one: with the same classes."""
    runs = comparisons.runs(run)
    names = run_names([one.folder.resolve() for one in runs])
    return {
        name: one
        for name, one in zip(names[1:], runs[1:], strict=True)
        if one.manifest.model is not None and one.manifest.class_names == run.manifest.class_names
    }


def other_run(name: Any, run: Run, comparisons: Comparisons) -> Run:
    """One of `models_for_curves`.

    Raises:
        HardexError: there is none of this name.
    """
    known = models_for_curves(run, comparisons)
    wanted = checked_text("run", name)
    if wanted not in known:
        raise HardexError(
            f"another model must be one of {', '.join(known) or 'none'}; received "
            f"{wanted[:80]!r}; choose one of them."
        )
    return known[wanted]


def _names(request: Any) -> list[str]:
    """The names of runs in a request."""
    runs = request.get("runs", []) if isinstance(request, Mapping) else None
    if not isinstance(runs, list) or len(runs) > _RUNS_MOST:
        raise HardexError(
            f"a comparison is requested by a list of up to {_RUNS_MOST} names of runs; received "
            "something else; send such a list."
        )
    return [checked_text("run", one) for one in runs]


_WORDS = ("list", "a", "b", "given", "answer")
