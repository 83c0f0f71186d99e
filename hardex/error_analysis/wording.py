"""An analysis of errors -> sentences, in the words that the terminal, a page and a report share."""

from collections.abc import Iterator, Sequence

from hardex.error_analysis.classes import ClassErrors, Imbalance, OverPredicted
from hardex.error_analysis.data_sets import TITLES
from hardex.error_analysis.decomposition import Decomposition, Term
from hardex.error_analysis.refits import Refits
from hardex.error_analysis.shift import Shift
from hardex.predict.metrics import Share
from hardex.sentences import counted, p_words

_NAMED = 4
_HIDDEN = 0.005  # a difference of accuracies below this is not worth a sentence
MEANINGS = {
    "floor": "people disagree, too",
    "bias": "the model errs on what it was trained on",
    "variance": "it errs more on new examples of the same kind",
    "shift": "it errs more where the test examples come from",
    "overfitting": "it errs more where it was not selected",
}
REMEDIES = {
    "floor": "labels and task set this part: let several people judge the examples, and merge or "
    "redefine the classes that they confuse",
    "bias": "use a larger model, train longer or regularise less, and look for wrong labels in the "
    "training data",
    "variance": "collect more training data, augment it, regularise more or use a smaller model",
    "shift": "train on data like that of the test, or make the test data like it: see the examples "
    "that differ most",
    "overfitting": "use a larger validation set, try fewer variants on it, and collect a new one",
}
_BELOW = {
    "bias": "the training examples are easier for the model than people's agreement suggests",
    "variance": "the validation set is easier than the training set, for instance because only the "
    "training examples are augmented",
    "shift": "the test examples are easier than those of the training data",
    "overfitting": "the test set is easier than the validation set from the same source",
}


def headline(examples: int, wrong: int, error: Share) -> str:
    """How much is wrong.

    Example:
        >>> headline(200, 10, {"value": 0.05, "low": 0.027, "high": 0.09})
        '10 of 200 examples are wrong: an error of 5.00 % [2.70, 9.00].'
    """
    verb = "is" if wrong == 1 else "are"
    return f"{wrong:,} of {counted(examples, 'example')} {verb} wrong: an error of {points(error)}."


def points(one: Share) -> str:
    """A share in percent with its 95 % interval, two digits.

    Example:
        >>> points({"value": 0.05, "low": 0.027, "high": 0.09})
        '5.00 % [2.70, 9.00]'
    """
    value, low, high = (100 * float(one[end] or 0.0) + 0.0 for end in ("value", "low", "high"))
    return f"{value:.2f} % [{low:.2f}, {high:.2f}]"


def over_predicted_sentence(found: OverPredicted | None) -> str:
    """Which classes are predicted too often; "" if none.

    Example:
        >>> over_predicted_sentence(OverPredicted(("0", "2"), 557, 650, 733, 1e-9))
        '650 of 733 examples are predicted as 0 or 2, which hold 76.0 % of the data: more than \
chance explains (p < 0.0001).'
    """
    if found is None:
        return ""
    shown, rest = found.names[:_NAMED], len(found.names) - _NAMED
    named = " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
    if rest > 0:
        named = f"{', '.join(shown)} or one of {rest:,} more"
    several = len(found.names) > 1
    share = found.given / found.examples
    return (
        f"{found.predicted:,} of {counted(found.examples, 'example')} are predicted as {named}, "
        f"which {'hold' if several else 'holds'} {_percent(share)} of the data: more than chance "
        f"explains ({p_words(found.p)})."
    )


def rare_sentences(classes: Sequence[ClassErrors]) -> Iterator[str]:
    """Which classes are never or too seldom predicted."""
    for flag, what in (("never", "never predicted"), ("seldom", "predicted too seldom")):
        found = [one for one in classes if one.flag == flag]
        if found:
            told = ", ".join(
                one.name
                if flag == "never"
                else f"{one.name} ({one.predicted:,} for {one.support:,})"
                for one in found[:_NAMED]
            )
            more = f" and {len(found) - _NAMED:,} more" if len(found) > _NAMED else ""
            yield f"Clearly {what}: {told}{more}."


def imbalance_sentences(found: Imbalance) -> Iterator[str]:
    """What the accuracy is worth: beside balanced accuracy and always answering one class."""
    baseline = float(found.baseline["value"] or 0.0)
    yield (
        f"Accuracy {points(found.accuracy)}, balanced accuracy {points(found.balanced)}; always "
        f"answering {found.largest} would be right for {_percent(baseline)}."
    )
    hidden = found.hidden
    value, low, high = (float(hidden[end] or 0.0) for end in ("value", "low", "high"))
    if low > 0 and value >= _HIDDEN:
        yield (
            f"Rare classes fare worse: accuracy hides {100 * value:.2f} points "
            f"[{100 * low:.2f}, {100 * high:.2f}] of error, because {found.largest} has "
            f"{_times(found.ratio)} as many examples as {found.smallest}."
        )
    if float(found.accuracy["high"] or 0.0) < baseline:
        yield "The model is worse than always answering the largest class."


def decomposition_sentences(found: Decomposition) -> Iterator[str]:
    """What each term means, and what to do about the largest one."""
    for one in found.terms:
        yield term_sentence(one)
    largest = found.largest
    if largest is None:
        yield "No part is above 0 beyond chance: larger sets would tell more."
    else:
        yield f"The largest part beyond chance is {title(largest)}: {remedy(largest)}."


def term_sentence(one: Term) -> str:
    """One part of the error with what it means.

    Example:
        >>> term_sentence(Term("shift", (), -0.01, -0.03, 0.01))
        'Shift: -1.00 points [-3.00, +1.00]; below 0, but chance may explain it.'
    """
    value, low, high = (f"{100 * part + 0.0:+.2f}" for part in (one.value, one.low, one.high))
    told = f"{title(one).capitalize()}: {value} points [{low}, {high}]"
    if one.value < 0:
        why = "the later set is easier" if one.contains else _BELOW.get(one.name, "")
        return f"{told}; below 0{f': {why}' if one.high < 0 else ', but chance may explain it'}."
    if one.contains:
        return f"{told}."
    return f"{told}: {MEANINGS[one.name]}{'' if one.is_certain else ', or chance'}."


def refit_sentences(found: Refits) -> Iterator[str]:
    """What stays and what changes when the model is trained again, and what to do."""
    lowest, highest = min(found.errors), max(found.errors)
    yield (
        f"Trained again with {found.count} seeds, the model errs on {100 * found.mean:.2f} % of "
        f"{counted(found.examples, 'example')} ({100 * lowest:.2f} to {100 * highest:.2f} %): "
        f"{len(found.always):,} wrong every time, {found.sometimes:,} sometimes."
    )
    bias, variance = float(found.bias["value"] or 0.0), float(found.variance["value"] or 0.0)
    told = (
        f"{points(found.bias)} is what the refits together have wrong (bias), and chance adds "
        f"{points(found.variance)} (variance)"
    )
    if variance > bias:
        yield f"{told}: average several models, or {REMEDIES['variance']}."
    else:
        yield f"{told}: another seed will not help; {REMEDIES['bias']}."


def shift_sentence(one: Shift) -> str:
    """Whether two sets differ for the model, and which examples show it."""
    pair = f"{TITLES[one.before]} and {TITLES[one.after]}"
    tests = [("outputs", one.outputs)]
    if one.embeddings is not None:
        tests.append(("embeddings" if one.of_model else "pixels", one.embeddings))
    told = ", ".join(f"{what}: {p_words(test.p)}" for what, test in tests)
    first, second = one.examples
    sizes = f"{first:,} and {second:,} examples"
    if first == second:
        sizes = f"{first:,} examples of each"
    if not one.is_certain:
        return f"No difference was found between {pair} ({told}; {sizes})."
    found = f"{pair[0].upper()}{pair[1:]} differ for the model ({told}; {sizes})"
    if one.accuracy is None:
        return f"{found}."
    typical = ", ".join(one.typical[:_NAMED])
    return (
        f"{found}: they are told apart with an accuracy of {points(one.accuracy)}, where chance "
        f"has 50 %. Typical of {TITLES[one.after]}: {typical}."
    )


def title(one: Term) -> str:
    """The name of a term, with those that it contains.

    Example:
        >>> title(Term("variance", ("shift", "overfitting"), 0, 0, 0))
        'variance, shift and overfitting together'
    """
    if not one.contains:
        return one.name
    names = one.names
    return f"{', '.join(names[:-1])} and {names[-1]} together"


def remedy(one: Term) -> str:
    """What to do about a term, or how to tell it apart."""
    if not one.contains:
        return REMEDIES[one.name]
    names = set(one.names)
    wanted = [
        option
        for term, option in (
            ("floor", "--floor"),
            ("bias", "--train"),
            ("variance", "--validation"),
            ("shift", "--test-validation"),
        )
        if term in names and len(names - {term}) and term != one.names[-1]
    ]
    return f"to tell them apart, add {' and '.join(wanted)}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _times(ratio: float) -> str:
    return f"{ratio:.0f} times" if ratio >= 10 else f"{ratio:.1f} times"
