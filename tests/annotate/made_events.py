"""Events for tests, and a slow way to compute alpha."""

from itertools import permutations
from uuid import UUID

from hardex.annotate.agreement import agreement_of
from hardex.people.events import AnnotationEvent


def blind_answer(who, id, answer, *, number=0, seconds=None):
    """A blind answer."""
    return AnnotationEvent(
        *(who, id, "right", "", "", seconds),
        **{"said": answer, "shown": "blind", "event_id": str(UUID(int=number))},
    )


def events_of(table):
    """`{annotator: answers}`, one letter for each example, `.` for none -> events."""
    return [
        blind_answer(who, f"{i:02}", answer, number=1000 * n + i + 1)
        for n, (who, answers) in enumerate(table.items())
        for i, answer in enumerate(answers)
        if answer != "."
    ]


def agree(table, **options):
    count = max(map(len, table.values()), default=0)
    return agreement_of(events_of(table), {f"{i:02}": "a" for i in range(count)}, **options)


def slow_alpha(units):
    """1 - observed / expected disagreement, over every ordered pair of values."""
    units = [unit for unit in units if len(unit) > 1]
    values = [value for unit in units for value in unit]
    observed = sum(
        (one != other) / (len(unit) - 1) for unit in units for one, other in permutations(unit, 2)
    ) / max(1, len(values))
    pairs = [one != other for one, other in permutations(values, 2)]
    expected = sum(pairs) / max(1, len(pairs))
    return None if expected == 0 else 1 - observed / expected
