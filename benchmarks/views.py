"""How fast any view of a million examples is found: in the process, and in a real Chromium.

    python benchmarks/views.py [--examples 1000000] [--rounds 3] [--cache FOLDER] [--no-browser]
                               [--format text|json]

The run is made once, in a temporary folder, from seeded saved probabilities of 10 classes and a
table of a million files (which are not there) with two further columns; 10,000 of the examples
were judged. Every filter meets every order, on the first, a middle and the last page. Beside
`run.find`, pandas does the same on a frame that is in memory, and both must find the same.

Aim: any filter, order and page 150 ms, in the page from the click to the drawn cards.
"""

import argparse
import os
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from chromium import (
    Figure,
    chromium,
    end,
    megabytes,
    print_figures,
    seen_after,
    started,
    timed,
    timed_view,
    visit,
)
from playwright.sync_api import Page
from side_by_side import Timing

import hardex
from hardex.people.events import VERDICTS, Annotation
from hardex.runs.run import Run
from hardex.runs.views import PAGE_SIZE, Found, View
from hardex.version import VERSION

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "hardex.views_benchmark/1"
CLASSES, PLACES, JUDGED = 10, 500, 10_000
AIM = 150.0  # ms
PAGES = ("first", "middle", "last")
SLOWEST = 12
PANDAS_EVERY = 6  # views; it takes its time


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--examples", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir(), "hardex-views"))
    options.add_argument("--no-browser", action="store_true")
    options.add_argument("--format", choices=("text", "json"), default="text")
    chosen = options.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    folder = make_run(chosen.cache, chosen.examples)
    figures, slowest = in_process(folder, chosen.rounds)
    if not chosen.no_browser:
        figures += in_chromium(folder, chosen.rounds)
    as_json = chosen.format == "json"
    more = {"examples": chosen.examples, "slowest": slowest}
    print_figures(SCHEMA, figures, base=None, as_json=as_json, **more)
    if not as_json:
        print("\nslowest views, median of the rounds")
        for row in slowest:
            beside = f"  ({row['pandas_ms']} ms with pandas)" if row["pandas_ms"] else ""
            print(f"  {row['ms']:7.1f} ms  {row['view']}{beside}")


# ------------------------------------------------------------------ the run


def make_run(cache: Path, examples: int) -> Path:
    """A run of so many examples; the one that is there, if this version made it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = cache / f"run-{examples}-{VERSION}"
    if (folder / "people" / "complete").exists():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    labels = rng.integers(0, CLASSES, examples)
    logits = 2 * rng.standard_normal((examples, CLASSES), dtype=np.float32)
    logits[np.arange(examples), labels] += 4
    rows = np.exp(logits)
    np.save(cache / "probabilities.npy", rows / rows.sum(axis=1, keepdims=True))
    cameras = np.array(["left", "right", "top"], object)[rng.integers(0, 3, examples)]
    table = {
        "file_name": [f"{i:07d}.png" for i in range(examples)],
        "label": labels.astype(str),
        "camera": cameras,
        "place": [f"place {i}" for i in rng.integers(0, PLACES, examples)],
    }
    pq.write_table(pa.table(table), cache / "examples.parquet")
    run = hardex.rank(
        probabilities=cache / "probabilities.npy",
        data=cache / "examples.parquet",
        out=folder,
        per_class=100,
        force=True,
    )
    for i, position in enumerate(rng.choice(examples, min(JUDGED, examples // 2), replace=False)):
        verdict = VERDICTS[i % len(VERDICTS)]
        run.annotations.add(Annotation(f"person {i % 3}", f"{position:07d}.png", verdict))
    (folder / "people" / "complete").touch()
    return folder


# ------------------------------------------------------------------ which views


def filters(run: Run) -> dict[str, View]:
    """Every filter alone, and some together."""
    names = run.manifest.class_names
    return {
        "none": View(),
        "list hard": View(list="hard"),
        "list unsure": View(list="unsure"),
        "list wrong": View(list="wrong"),
        "given": View(given=names[7]),
        "predicted": View(predicted=names[3]),
        "confusion cell": View(given=names[7], predicted=names[3]),
        "right": View(correct=True),
        "wrong": View(correct=False),
        "id, common": View(text="99"),
        "id, rare": View(text="012345"),
        "id, of none": View(text="elsewhere"),
        "score, wide": View(score="confidence", most=0.9),
        "score, narrow": View(score="margin", least=0.95),
        "meta of 3 values": View(meta={"camera": "left"}),
        "meta of 500 values": View(meta={"place": "place 7"}),
        "verdict": View(verdict="wrong"),
        "judged": View(verdict="any"),
        "not judged": View(verdict="none"),
        "given, score, meta": View(
            given=names[7], score="confidence", least=0.5, most=0.9, meta={"camera": "top"}
        ),
        "wrong, id, meta": View(
            correct=False, text="9", meta={"camera": "left", "place": "place 7"}
        ),
        "list, predicted": View(list="hard", predicted=names[3]),
        "given, not judged": View(given=names[7], verdict="none", text="1"),
        "predicted, judged, score": View(
            predicted=names[3], verdict="any", score="loss", least=0.1
        ),
    }


def orders(run: Run) -> dict[str, dict[str, Any]]:
    """Every order, either way round."""
    sorts = ("", "position", *run.tables.scores)
    return {
        f"{sort or 'rank / position'}{', other way' if reverse else ''}": {
            "sort": sort,
            "reverse": reverse,
        }
        for sort, reverse in product(sorts, (False, True))
    }


def views(run: Run) -> Iterator[tuple[str, str, str, View]]:
    """Name of the filter, of the order and of the page, and the view."""
    for (name, view), (order, words) in product(filters(run).items(), orders(run).items()):
        for page in PAGES:
            yield name, order, page, replace(view, **words)


def page_of(found: Found, page: str) -> int:
    return {"first": 1, "middle": (found.pages + 1) // 2, "last": found.pages}[page]


# ------------------------------------------------------------------ in the process


def in_process(folder: Path, rounds: int) -> tuple[list[Figure], list[dict[str, Any]]]:
    """`run.find` over the grid and, beside it, pandas; the figures and the slowest views."""
    run = hardex.load(folder)
    before = megabytes()
    first = [milliseconds(lambda view=view: run.find(view))[0] for view in filters(run).values()]
    grid = list(views(run))
    pages = {(name, order): run.find(view) for name, order, page, view in grid if page == "first"}
    after = megabytes()
    frame, loading = timed_frame(run)
    framed = megabytes()
    taken: dict[tuple[str, str, str], list[float]] = {row[:3]: [] for row in grid}
    panda: dict[tuple[str, str, str], list[float]] = {row[:3]: [] for row in grid}
    differ = 0
    shuffled, turn = random.Random(0), count()
    for i in range(rounds):
        shuffled.shuffle(grid)  # no view always follows the same one
        for *names, view in grid:
            name, order, page = names
            at = page_of(pages[name, order], page)
            spent, found = milliseconds(lambda view=view, at=at: run.find(view, page=at))
            taken[name, order, page].append(spent)
            if i == 0 and next(turn) % PANDAS_EVERY == 0:
                spent, rows = milliseconds(lambda view=view, at=at: of_frame(frame, view, at))
                panda[name, order, page].append(spent)
                differ += [one.position for one in found.examples] != rows
    judging = {name for name, view in filters(run).items() if view.verdict}
    plain = [key for key in taken if key[0] not in judging]
    figures = [
        of("a filter that nobody asked for before", first),
        of("run.find, any view", [value for all in taken.values() for value in all]),
        Figure("  pandas, any view", tuple(value for all in panda.values() for value in all)),
        of("run.find, no filter by verdict", [value for key in plain for value in taken[key]]),
        *by("filter", 0, taken, panda),
        *by("order", 1, {key: taken[key] for key in plain}, panda),
        *by("page", 2, {key: taken[key] for key in plain}, panda),
        Figure("views in which pandas finds something else", (float(differ),), "", aim=0.0),
    ]
    if before and after and framed:
        figures += [
            Figure("memory taken by all views", (after - before,), "MiB"),
            Figure("memory of pandas' frame", (framed - after,), "MiB"),
            Figure("loading pandas' frame", (loading,)),
        ]
    ordered = sorted(taken, key=lambda key: -Timing("", tuple(taken[key])).median)[:SLOWEST]
    slowest = [
        {
            "view": " | ".join(key),
            "ms": round(Timing("", tuple(taken[key])).median, 1),
            "pandas_ms": round(panda[key][0], 1) if panda[key] else None,
        }
        for key in ordered
    ]
    return figures, slowest


def of(name: str, values: list[float]) -> Figure:
    return Figure(name, tuple(values), aim=AIM, judged="p95")


def by(
    what: str,
    place: int,
    taken: dict[tuple[str, str, str], list[float]],
    panda: dict[tuple[str, str, str], list[float]],
) -> list[Figure]:
    """The same for each filter, order or page, over everything else."""
    figures = []
    for name in dict.fromkeys(key[place] for key in taken):
        here = [key for key in taken if key[place] == name]
        beside = sorted(value for key in here for value in panda[key])
        middle = f"pandas p50 {beside[len(beside) // 2]:.0f} ms" if beside else ""
        figure = of(f"  {what} {name}", [value for key in here for value in taken[key]])
        figures.append(replace(figure, about=middle))
    return figures


def milliseconds(ask: Any) -> tuple[float, Any]:
    start = time.perf_counter()
    answer = ask()
    return 1000 * (time.perf_counter() - start), answer


# ------------------------------------------------------------------ pandas


def timed_frame(run: Run) -> "tuple[pd.DataFrame, float]":
    """What pandas needs of the run: all columns but the probabilities, ranks and verdicts."""
    import pandas as pd

    start = time.perf_counter()
    columns = [name for name in run.tables.columns if name != "probabilities"]
    frame = pd.read_parquet(run.folder / "results" / "predictions.parquet", columns=columns)
    for name in ("unsure", "wrong"):
        chosen = run.hard[run.hard["list"] == name].set_index("id")["rank"]
        frame[name] = frame["id"].map(chosen)
    events = run.annotations.all()
    frame["verdict"] = frame["id"].map({event.id: event.verdict for event in events})
    return frame, 1000 * (time.perf_counter() - start)


def of_frame(frame: "pd.DataFrame", view: View, page: int) -> list[int]:
    """Positions of a page, as one would write it with pandas."""
    kept = np.ones(len(frame), bool)
    if view.list == "hard":
        kept &= (frame["unsure"].notna() | frame["wrong"].notna()).to_numpy()
    elif view.list != "all":
        kept &= frame[view.list].notna().to_numpy()
    for column, value in (("given_label", view.given), ("predicted_label", view.predicted)):
        if value:
            kept &= (frame[column] == value).to_numpy()
    if view.correct is not None:
        kept &= ((frame["given_index"] == frame["predicted_index"]) == view.correct).to_numpy()
    if view.text:
        kept &= frame["id"].str.lower().str.contains(view.text.lower(), regex=False).to_numpy()
    if view.least is not None:
        kept &= (frame[view.score] >= view.least).to_numpy()
    if view.most is not None:
        kept &= (frame[view.score] <= view.most).to_numpy()
    for name, value in view.meta.items():
        kept &= (frame[f"meta_{name}"] == value).to_numpy()
    if view.verdict:
        said = {"any": frame["verdict"].notna(), "none": frame["verdict"].isna()}
        kept &= said.get(view.verdict, frame["verdict"] == view.verdict).to_numpy()
    rows = frame[kept]
    sort = view.sort or ("position" if view.list == "all" else "rank")
    if sort == "rank":
        named = {"hard": rows[["unsure", "wrong"]].min(axis=1)}.get(view.list)
        rank = rows[view.list] if named is None else named
        # Of one rank in both lists, the unsure one comes first, or last the other way round.
        tie = rows["unsure"].fillna(np.inf if not view.reverse else -np.inf)
        keys = rows.assign(rank=rank, tie=tie)
        up = not view.reverse
        ordered = keys.sort_values(["rank", "tie", "position"], ascending=[up, up, True])
    elif sort == "position":
        ordered = rows.sort_values("position", ascending=not view.reverse)
    else:
        ordered = rows.sort_values([sort, "position"], ascending=[view.reverse, True])
    return list(ordered["position"].iloc[(page - 1) * PAGE_SIZE : page * PAGE_SIZE])


# ------------------------------------------------------------------ in the page


def in_chromium(folder: Path, rounds: int) -> list[Figure]:
    """Clicks on the Browse page to drawn cards; a detail; and a navigation to it all."""
    server, url = started("serve", str(folder), folder=folder.parent)
    try:
        with chromium() as browser:
            arrived, cards = [], {}
            details: list[float] = []
            for _ in range(rounds):
                page = visit(browser, url, "view=browse&list=all")
                arrived.append(seen_after(page, ".hx-card") / 1000)
                page.wait_for_timeout(1000)
                for name, deed in deeds():
                    cards.setdefault(name, []).append(timed_view(page, *deed)["changed"])
                    page.wait_for_timeout(100)
                details += opened(page)
                page.close()
            page = visit(browser, url)
            overview = seen_after(page, ".hx-ov-matrix") / 1000
            page.close()
        memory = megabytes(server.pid)
    finally:
        end(server)
    return [
        *(of(f"page: {name} to cards", values) for name, values in cards.items()),
        of("page: click to an open detail", details),
        Figure("page: navigation to Browse", tuple(arrived), "s", aim=2.5, judged="max"),
        Figure("page: navigation to the Overview", (overview,), "s", aim=2.5, judged="max"),
        *([] if memory is None else [Figure("page: memory of the server", (memory,), "MiB")]),
    ]


def deeds() -> Iterator[tuple[str, tuple[str, str, object]]]:
    """What is done one after the other; filters stay, and so combine."""
    yield "next page", ("click", ".hx-next", "")
    yield "last page", ("click", ".hx-last", "")
    yield "order by a score", ("change", "[name=sort]", "loss")
    yield "the other way round", ("click", ".hx-order", "")
    yield "last page of it", ("click", ".hx-last", "")
    yield "given class", ("change", "[name=given]", "7")
    yield "a further column", ("change", "[name='meta.camera']", "left")
    yield "range of a score", ("change", "[name=score]", "confidence")
    yield "its least", ("change", "[name=least]", "0.5")
    yield "judged", ("change", "[name=verdict]", "any")
    yield "all again", ("click", ".hx-clear-filters", "")
    yield "not judged yet", ("change", "[name=verdict]", "none")
    yield "list of wrong ones", ("click", "[name=list][value=wrong]", "")


def opened(page: Page) -> list[float]:
    """Details of ten examples."""
    found = []
    for i in range(10):
        card = f".hx-item:nth-child({2 + 4 * i}) .hx-card"
        found.append(timed(page, ("click", card, ""), "#browse", "data-opened")["changed"])
        page.wait_for_timeout(100)
    return found


if __name__ == "__main__":
    main()
