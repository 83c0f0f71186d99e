"""Many annotators at once: is everything that the server acknowledges stored, and stored once?

    python benchmarks/annotators.py [--annotators 50] [--verdicts 100] [--overlap 2]
                                    [--annotations URL | --postgres] [--limit 600]
                                    [--format text|json]

Starts `hardex serve` in its own process, on loopback, with personal links. All annotators enter
with their own links at the same moment, keep the cookie, request an example, answer it with a new
event id, and continue without a pause: far faster than people do. Then the database is read from
outside. By default it is the SQLite file of the run folder; `--postgres` starts a
PostgreSQL on loopback.

Promises: every acknowledged answer is stored exactly once with the content that was sent; nobody
gets an example twice; no example has more votes than the overlap, and if there is enough work none
has no vote; no request is refused. Goal: an answer is acknowledged within 2 s (p95), about the time
that a person takes for one; the page has loaded the next example and does not wait.
"""

import argparse
import time

from chromium import Figure
from http_annotators import (
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
    workplace,
)

SCHEMA = "hardex.annotators_benchmark/1"
AIM_MS = 2_000.0


def main() -> int:
    """Run it; 1 when a promise is broken."""
    options = _options()
    with workplace() as folder, database_of(options) as annotations:
        # A few more than needed: the last examples may all be judged by the same annotators.
        count = -(-options.annotators * options.verdicts // options.overlap)
        count += options.annotators
        site = made_site(folder, count, annotations=annotations)
        words = (*site.words, "--overlap", str(options.overlap))
        with serving(folder, *words) as server:
            crowd = crowd_of(site, server, options.annotators, limit=options.limit)
            to_enter = crowd.together(lambda one: one.enter())
            throttled = sum(crowd.troubles.values())
            clients, of_server = time.process_time(), server.cpu_seconds()
            to_work = 0.0
            if not crowd.failures:
                to_work = crowd.together(lambda one: one.work(options.verdicts))
            clients = time.process_time() - clients
            of_server = server.cpu_seconds() - of_server
            crowd.close()
        found = compared(crowd, site)
        promises = [
            *promises_of(found, options.annotators * options.verdicts),
            Promise("nobody is stopped", not crowd.failures, "; ".join(crowd.failures[:3])),
            *_of_the_queue(found.fewest_votes, found.most_votes, options, site),
            _nothing_refused(crowd),
            Promise("the database checks clean", integrity(site) == "ok", integrity(site)),
            quiet(server),
        ]
    waits = tuple(said.milliseconds for _, said in crowd.acknowledged().values())
    figures = [
        Figure(
            "an answer until it is acknowledged",
            waits or (0.0,),
            aim=AIM_MS,
            judged="p95",
        ),
        Figure(
            "the next example",
            tuple(1e3 * one for person in crowd.people for one in person.waited) or (0.0,),
        ),
        Figure(
            "verdicts a second",
            (found.acknowledged / to_work if to_work else 0.0,),
            unit="1/s",
            least=True,
            about=f"{options.annotators} annotators, {to_work:.1f} s; processor time: server "
            f"{of_server:.1f} s, all clients {clients:.1f} s",
        ),
    ]
    return report(
        SCHEMA,
        figures,
        promises,
        as_json=options.format == "json",
        notes=[
            f"all entered in {to_enter:.1f} s, {throttled} times throttled; "
            f"the server started in {server.starts[0]:.1f} s; "
            f"errors: {dict(crowd.troubles)}, lost connections: {_lost(crowd)}"
        ],
        database="PostgreSQL" if annotations else "SQLite",
        found=vars(found),
        entered_seconds=to_enter,
        throttled=throttled,
        errors=sum(crowd.troubles.values()) - throttled,
    )


def _of_the_queue(fewest: int, most: int, options: argparse.Namespace, site: Site) -> list[Promise]:
    work = options.annotators * options.verdicts
    wanted = 1 if work >= len(site.labels) else 0
    return [
        Promise(
            "the overlap is kept",
            most <= options.overlap and fewest >= wanted,
            f"{fewest} to {most} votes for each of {len(site.labels):,} examples, of "
            f"{options.overlap} wanted",
        )
    ]


def _nothing_refused(crowd: Crowd) -> Promise:
    troubles = {key: n for key, n in crowd.troubles.items() if key[0] != 429}
    lost = _lost(crowd)
    return Promise("nobody is refused anything", not troubles and not lost, f"{troubles}, {lost}")


def _lost(crowd: Crowd) -> int:
    return sum(one.lost for one in crowd.people)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--annotators", type=int, default=50)
    parser.add_argument("--verdicts", type=int, default=100, help="of each annotator")
    parser.add_argument("--overlap", type=int, default=2)
    add_database_options(parser)
    add_options(parser)
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
