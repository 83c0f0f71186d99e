"""Annotators at work while the server is killed repeatedly: is an acknowledged answer lost?

    python benchmarks/crashes.py [--annotators 50] [--verdicts 100] [--kills 20] [--seed 0]
                                 [--annotations URL | --postgres] [--limit 900]
                                 [--format text|json]

The load is that of `benchmarks/annotators.py`. At random moments, spread over the whole work, the
server gets a SIGKILL and is started again on the same port. All annotators keep the cookie and send
unacknowledged answers again, with the same event id. After each start, while they work, and at the
end, the database is read from outside.

Promises: every acknowledged answer is stored once, as it was sent; the database is intact (SQLite
by `PRAGMA integrity_check`, PostgreSQL by its primary key and its count); nobody has to enter
again, and everybody finishes. A kill forgets which annotator holds which example, so an example
that two annotators held may get more votes than the overlap; this is reported and is no loss.

The run is made from saved probabilities, so the app starts without a model.
"""

import argparse
import time

import numpy as np
from chromium import Figure
from http_annotators import (
    AppServer,
    Comparison,
    Crowd,
    Promise,
    Site,
    add_database_options,
    add_options,
    compared,
    crowd_of,
    database_of,
    integrity,
    made_site,
    promises_of,
    quiet,
    report,
    serving,
    wait_for,
    workplace,
)

SCHEMA = "hardex.crashes_benchmark/1"
OVERLAP = 2
JITTER_SECONDS = 0.2  # after the number of answers at which it is to happen


def main() -> int:
    """Run it; 1 when a promise is broken."""
    options = _options()
    work = options.annotators * options.verdicts
    with workplace() as folder, database_of(options) as annotations:
        site = made_site(folder, work // OVERLAP + 2 * options.annotators, annotations=annotations)
        with serving(folder, *site.words, "--overlap", str(OVERLAP)) as server:
            crowd = crowd_of(site, server, options.annotators, limit=options.limit)
            for one in crowd.people:
                one.enter()
            begin = time.perf_counter()
            crowd.start(lambda one: one.work(options.verdicts))
            looks = _killed(crowd, server, site, options)
            crowd.wait()
            took = time.perf_counter() - begin
            crowd.close()
        found, checked = compared(crowd, site), integrity(site)
    lost = sum(one.lost for one in crowd.people)
    again = sum(said.tries > 1 for _, said in crowd.acknowledged().values())
    entered = sum(one.entered for one in crowd.people)
    bad = [(look, said) for look, said in looks if not look.is_clean or said != "ok"]
    promises = [
        *promises_of(found, work, "in the end"),
        Promise(
            "the server was killed as often as wanted",
            len(looks) == options.kills,
            f"{len(looks)} of {options.kills} times",
        ),
        Promise(
            "after each start: what is acknowledged is there once, and the database is clean",
            not bad,
            f"{sum(look.acknowledged for look, _ in looks):,} answers looked up in "
            f"{len(looks)} looks; {bad[:2] or 'none bad'}",
        ),
        Promise("the database checks clean", checked == "ok", checked),
        Promise(
            "nobody had to enter again", entered == options.annotators, f"{entered} have entered"
        ),
        Promise("everybody finished", not crowd.failures, "; ".join(crowd.failures[:3])),
        Promise("nobody is refused anything", not crowd.troubles, str(dict(crowd.troubles))),
        quiet(server),
    ]
    waits = tuple(said.milliseconds for _, said in crowd.acknowledged().values())
    figures = [
        Figure(
            "an answer until it is acknowledged",
            waits or (0.0,),
            about="the wait for a new start among it",
        ),
        Figure("a start of the server", tuple(1e3 * one for one in server.starts)),
    ]
    return report(
        SCHEMA,
        figures,
        promises,
        as_json=options.format == "json",
        notes=[
            f"{took:.0f} s with {len(looks)} kills; {lost} connections lost, {again} answers sent "
            f"more than once; up to {found.most_votes} votes for an example, of {OVERLAP} wanted"
        ],
        database="PostgreSQL" if annotations else "SQLite",
        found=vars(found),
        kills=len(looks),
        sent_again=again,
        lost_connections=lost,
    )


def _killed(
    crowd: Crowd, server: AppServer, site: Site, options: argparse.Namespace
) -> list[tuple[Comparison, str]]:
    """Kill and start the server; what was found after each start."""
    rng = np.random.default_rng(options.seed)
    work = options.annotators * options.verdicts
    # In the last tenth some are done already, and a kill would meet few.
    moments = np.sort(rng.choice(int(0.9 * work), options.kills, replace=False))
    looks = []
    for moment in moments:
        reached = lambda moment=moment: crowd.count() > moment or not crowd.busy  # noqa: E731
        if not wait_for(reached, options.limit) or not crowd.busy:
            break
        time.sleep(rng.uniform(0, JITTER_SECONDS))
        server.kill()
        server.start()
        looks.append((compared(crowd, site), integrity(site)))
    return looks


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--annotators", type=int, default=50)
    parser.add_argument("--verdicts", type=int, default=100, help="of each annotator")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    add_database_options(parser)
    add_options(parser)
    parser.set_defaults(limit=900.0)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
