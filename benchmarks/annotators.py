"""Many annotators at once: is everything that the server acknowledges stored, and stored once?

    python benchmarks/annotators.py [--annotators 50] [--verdicts 100] [--overlap 2]
                                    [--annotations URL | --postgres] [--limit 600]
                                    [--format text|json]

A `hardex serve` in a process of its own, on loopback, behind personal links. Everybody enters with
a link of their own at the same moment, keeps the cookie, asks for an example, answers it with an
event id of their own and goes on, without a pause: far faster than people are. Then the database is
read from outside. Without an option it is the SQLite of the run folder; `--postgres` starts a
PostgreSQL on loopback.

Promises: every acknowledged answer is stored exactly once with the content that was sent; nobody is
given an example twice; no example has more votes than the overlap, and where there is work enough
none is without one; nobody is refused anything. Aim: an answer is acknowledged in 2 s (p95), about
what a person takes for one; the page has the next example ready and does not wait for it.
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
        # A few more than needed: the last ones to be judged may all be judged by the same people.
        count = -(-options.annotators * options.verdicts // options.overlap)
        count += options.annotators
        site = made_site(folder, count, annotations=annotations)
        words = (*site.words, "--overlap", str(options.overlap))
        with serving(folder, *words) as server:
            crowd = crowd_of(site, server, options.annotators, limit=options.limit)
            to_enter = crowd.together(lambda one: one.enter())
            refused_at_the_door = sum(crowd.troubles.values())
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
            f"all entered in {to_enter:.1f} s, {refused_at_the_door} times told to wait; "
            f"the server started in {server.starts[0]:.1f} s; "
            f"errors: {dict(crowd.troubles)}, lost connections: {_lost(crowd)}"
        ],
        database="PostgreSQL" if annotations else "SQLite",
        found=vars(found),
        entered_seconds=to_enter,
        refused_at_the_door=refused_at_the_door,
        errors=sum(crowd.troubles.values()) - refused_at_the_door,
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
