"""A run + later models -> what the run itself holds to test them on: hard examples, kept probes."""

from collections.abc import Sequence

from hardex.classifiers.classifier import Classifier
from hardex.errors import HardexError
from hardex.probing.replay import probes
from hardex.proof.hard_set import HardSet, hard_set
from hardex.proof.proof import Probes
from hardex.runs.run import Run


def tests_of_run(
    run: Run, after: Sequence[Classifier], placebo: Sequence[Classifier], level: float
) -> tuple[HardSet | None, Probes | None, tuple[str, ...]]:
    """Both tests, and a sentence on each that could not be made; the verdict stands without them.

    Args:
        run: the run before.
        after: the later model, and further models with the remedy.
        placebo: models without it.
        level: of the interval.
    """
    notes: list[str] = []
    hard = kept = None
    try:
        hard = hard_set(run, after, placebo, level)
    except HardexError as error:
        notes.append(f"The hard examples are left out: {error}")
    try:
        kept, told = replayed(run, after[0])
        notes += told
    except HardexError as error:
        notes.append(f"The kept probes are left out: {error}")
    return hard, kept, tuple(notes)


def replayed(run: Run, after: Classifier) -> tuple[Probes | None, tuple[str, ...]]:
    """The kept probes of a run on a later model, and a sentence on each that cannot be replayed.

    Raises:
        HardexError: the model cannot take the pictures.
    """
    found = probes(run, after)
    answers = found.answers
    problems = tuple(f"{one[:1].upper()}{one[1:]}" for one in found.problems)
    if not answers:
        return None, problems
    expected = [one for one in answers if one.met_now is not None]
    kept = Probes(
        len(answers),
        tuple(one.probe.probe_id for one in found.changed),
        len(expected),
        sum(bool(one.met_before) for one in expected),
        sum(bool(one.met_now) for one in expected),
        tuple(one.probe.probe_id for one in expected if one.met_before and not one.met_now),
    )
    return kept, problems
