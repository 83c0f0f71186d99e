"""A comparison -> sentences, in the words that the terminal, the page and a report share."""

from collections.abc import Iterator, Sequence

from hardex.comparison.comparison import Comparison
from hardex.comparison.differences import ClassDifference, Difference
from hardex.comparison.drift import Drift
from hardex.predict.slices import ALPHA
from hardex.sentences import counted, p_words

# Measured with the models of others: five on 50,000 photographs of CIFAR-10 with the labels of
# people (9 % of them wrong) and on 3,000 Roman numerals (13 %), three on the test digits of MNIST.
HOW_OFTEN = (
    "How often such a label is wrong depends on the data: of examples that all models had wrong, "
    "it was 97 % with five models where 9 % of all labels were wrong, 68 % on a small set of "
    "numerals, and 10 of 50 with three models on MNIST."
)
SAME_EXAMPLES = (
    "The differences are for these examples; other examples or another training may differ more "
    "than the intervals say."
)
_NAMED = 3  # classes and pairs of a list
_CLASSES = 6  # with a difference
_FEWEST = 6  # answers that differ; of fewer, even the most uneven split has a p above 0.05


def difference_sentence(one: Difference) -> str:
    """Whether one run is better than another.

    Example:
        >>> one = Difference("old", "new", 0.012, 0.008, 0.016, 150, 30, 1e-9, 1e-9)
        >>> difference_sentence(one)
        'new is better than old: +1.20 points (95 % interval +0.80 to +1.60, p < 0.0001); 150 \
repaired, 30 broken.'
    """
    figures = f"{figures_of(one)}, {p_words(one.p_holm)}"
    if one.repaired + one.broken < _FEWEST:
        return (
            f"Too few answers of {one.a} and {one.b} differ to tell them apart: "
            f"{100 * one.difference:+.2f} points; {one.repaired:,} repaired, {one.broken:,} broken."
        )
    end = f"); {one.repaired:,} repaired, {one.broken:,} broken."
    if one.p_holm >= ALPHA:
        return f"No measurable difference between {one.a} and {one.b}: {figures}{end}"
    if one.difference < 0:
        return f"{one.b} is worse than {one.a}: {figures}{end}"
    return f"{one.b} is better than {one.a}: {figures}{end}"


def figures_of(one: Difference) -> str:
    """A difference and its interval; the bracket is open, so that more can follow.

    Example:
        >>> figures_of(Difference("a", "b", -0.012, -0.02, 0.0, 1, 2, 0.5, 0.5))
        '-1.20 points (95 % interval -2.00 to +0.00'
    """
    difference, low, high = (f"{100 * value:+.2f}" for value in (one.difference, one.low, one.high))
    return f"{difference} points (95 % interval {low} to {high}"


def class_sentence(found: Sequence[ClassDifference]) -> str:
    """In which classes two runs differ, beyond chance; "" if in none.

    Example:
        >>> one = ClassDifference("cat", 900, -0.05, -0.07, -0.03, 1, 46, 1e-9, 1e-9)
        >>> class_sentence([one])
        'Classes that differ beyond chance: cat -5.00 points (1 repaired, 46 broken).'
    """
    sure = sorted(
        (one for one in found if one.p_holm < ALPHA), key=lambda one: (one.p_holm, -one.examples)
    )
    told = [
        f"{one.class_name} {100 * one.difference:+.2f} points ({one.repaired:,} repaired, "
        f"{one.broken:,} broken)"
        for one in sure[:_CLASSES]
    ]
    if len(sure) > _CLASSES:
        told.append(f"and {len(sure) - _CLASSES:,} more")
    return f"Classes that differ beyond chance: {', '.join(told)}." if sure else ""


def most_of(found: Comparison, name: str, a: str = "", b: str = "") -> str:
    """Which classes and confusion pairs are most frequent in a list, a clause; "" if it is empty.

    Example: `given 9 (7), 4 (3); 9 → 4 (5)`.
    """
    rows = found.rows(name, a, b)
    if not len(rows):
        return ""
    classes = ", ".join(f"{one} ({n:,})" for one, n in found.class_counts(rows)[:_NAMED])
    pairs = ", ".join(f"{x} → {y} ({n:,})" for x, y, n in found.pair_counts(rows)[:_NAMED])
    return f"given {classes}" + (f"; {pairs}" if pairs else "")


def suspects_sentence(found: Comparison) -> str:
    """How many labels all models contradict with the same class, and what that means."""
    count = len(found.suspects)
    models = "both models" if len(found.runs) == 2 else f"all {len(found.runs)} models"
    if not count:
        return f"No label is contradicted by {models} with the same class."
    verb = "is" if count == 1 else "are"
    return (
        f"{counted(count, 'label')} {verb} contradicted by {models} with the same class: look at "
        f"{'it' if count == 1 else 'them'} first. {HOW_OFTEN}"
    )


def drift_sentence(found: Drift | None) -> str:
    """Whether labels are believed less from model to model; "" of fewer than three models."""
    if found is None:
        return ""
    count = len(found.falling)
    told = (
        "From model to model, the probability of the label falls steadily for "
        f"{counted(count, 'example')}"
    )
    expected = f"{found.expected:,.0f}" if found.expected >= 10 else f"{found.expected:.2g}"
    chance = f"where chance explains {expected} ({p_words(found.p)})"
    if found.is_overfitting:
        return f"{told}, {chance}, and rises for {found.rising:,}: a sign of overfitting."
    if found.p < ALPHA and not found.is_worse:
        return (
            f"{told}, {chance}, and rises for {found.rising:,}, but the last model is not less "
            "often right than the first: no sign of overfitting."
        )
    if found.p < ALPHA:
        return (
            f"{told}, {chance}, but rises for {found.rising:,}: later models may only be surer, so "
            "this is no sign of overfitting."
        )
    return f"{told}, {chance}: no sign of overfitting."


def headline(found: Comparison) -> str:
    """What was compared."""
    return f"{len(found.runs)} runs on {counted(len(found), 'example')}: {', '.join(found.runs)}."


def verdicts(found: Comparison) -> Iterator[str]:
    """A sentence on each pair of runs and on the classes in which they differ."""
    for one in found.differences:
        yield difference_sentence(one)
        by_class = class_sentence(found.class_differences(one.a, one.b))
        if by_class:
            yield f"  {by_class}"
