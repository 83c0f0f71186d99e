"""What is known of an example -> the evidence for its cause, in one sentence."""

from dataclasses import dataclass
from math import isfinite

from hardex.diagnosis.causes import (
    AMBIGUOUS,
    DUPLICATE,
    IMBALANCE,
    JUNK,
    MISLABELLED,
    RARE,
    TRANSFORMS,
    UNEXPLAINED,
    amount_in_words,
)
from hardex.sentences import counted


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a sentence may speak of; see `hardex.runs.findings.Finding`.

    Attributes:
        confidence: of the prediction.
        other_confidence: of the other class.
        label_after, confidence_after: the prediction once the transform is undone.
        near_given, near_predicted, near: how many of the nearest training images have the given,
            the predicted, any label.
        nearest_distance, own_distance: in units of what is usual.
        class_share: of the given class in the training data.
        corrected: the prediction corrected for the shares.
        likeliest, likeliest_confidence: the cause that comes first.
        what: it is compared with, in the singular.
        others, others_wrong: how many other models there are, and how many are wrong, too.
        not_given: whether it has the votes but may not be named on this data set.
    """

    given: str
    predicted: str
    confidence: float
    other: str = ""
    other_confidence: float = 0.0
    amount: float | None = None
    amount_y: float | None = None
    label_after: str = ""
    confidence_after: float = 0.0
    near_given: int = 0
    near_predicted: int = 0
    near: int = 0
    own_distance: float = 1.0
    nearest_distance: float = 1.0
    class_share: float = 0.0
    corrected: str = ""
    copy: str = ""
    copy_label: str = ""
    copy_in: str = ""
    likeliest: str = ""
    likeliest_confidence: float = 0.0
    not_given: bool = False
    what: str = "training image"
    others: int = 0
    others_wrong: int = 0


def why(cause: str, facts: Facts) -> str:
    """The evidence for a cause, one sentence.

    Example:
        >>> why("rare", Facts(given="3", predicted="5", confidence=0.9, own_distance=2.0))
        'Training images of its class 3 are 2.0 times as far away as usual.'
    """
    sentence = _evidence(cause, facts)
    if not facts.others:
        return sentence
    return f"{sentence.removesuffix('.')}; {_agreement(facts)}."


def _agreement(facts: Facts) -> str:
    if facts.others == 1:
        return f"the other model is {'wrong, too' if facts.others_wrong else 'right'}"
    if facts.others_wrong == 0:
        return f"all {facts.others} other models are right"
    are = "is" if facts.others_wrong == 1 else "are"
    return f"{facts.others_wrong} of {facts.others} other models {are} wrong, too"


def _evidence(cause: str, facts: Facts) -> str:
    if cause in TRANSFORMS:
        return _transformed(cause, facts)
    sentences = {
        MISLABELLED: _mislabelled,
        AMBIGUOUS: _ambiguous,
        RARE: _rare,
        IMBALANCE: _imbalance,
        JUNK: _junk,
        DUPLICATE: _duplicate,
        UNEXPLAINED: _unexplained,
    }
    if cause in sentences:
        return sentences[cause](facts)
    return f"It looks like the examples on which {cause} was planted."


def _transformed(cause: str, facts: Facts) -> str:
    done = amount_in_words(cause, facts.amount, facts.amount_y)
    seen = f"The picture seems to be {done}" if done else f"The picture seems to have {cause}"
    before = f"as it is, the model says {facts.predicted} ({facts.confidence:.2f})"
    if cause in ("blur", "noise"):
        return f"{seen}; {before}, and {cause} cannot be undone fully."
    after = f"with that undone, {facts.label_after} ({facts.confidence_after:.2f})"
    return f"{seen}; {before}, {after}."


def _mislabelled(facts: Facts) -> str:
    near = ""
    if facts.near:
        near = (
            f", and {facts.near_predicted} of the {counted(facts.near, f'nearest {facts.what}')} "
            f"are labelled so ({facts.near_given} as given)"
        )
    return f"The model says {facts.predicted} ({facts.confidence:.2f}){near}."


def _ambiguous(facts: Facts) -> str:
    return (
        f"It stands between {facts.given} and {facts.other}: the model says {facts.predicted} "
        f"({facts.confidence:.2f}), and {facts.other_confidence:.2f} for the other class."
    )


def _rare(facts: Facts) -> str:
    if not isfinite(facts.own_distance):
        return f"There are no training images of its class {facts.given}."
    return (
        f"Training images of its class {facts.given} are {facts.own_distance:.1f} times as far "
        "away as usual."
    )


def _imbalance(facts: Facts) -> str:
    corrected = (
        f"; corrected for the shares of the classes, the prediction is {facts.corrected}"
        if facts.corrected
        else ""
    )
    return f"Its class {facts.given} has {facts.class_share:.1%} of the training images{corrected}."


def _junk(facts: Facts) -> str:
    if facts.nearest_distance < 1.2:
        return "It does not look like an example of any class, by its levels and edges."
    return (
        f"It looks like no class: the nearest {facts.what}s are {facts.nearest_distance:.1f} "
        "times as far away as usual."
    )


def _duplicate(facts: Facts) -> str:
    where = "the training data" if facts.copy_in == "train" else "the same data"
    return f"It is a copy of {facts.copy} in {where}, which is labelled {facts.copy_label}."


def _unexplained(facts: Facts) -> str:
    if not facts.likeliest:
        return "No cause was judged for it."
    if facts.likeliest == UNEXPLAINED:
        return "It looks like an ordinary example, and no cause that hardex knows fits."
    first = f"the likeliest is {facts.likeliest} ({facts.likeliest_confidence:.2f})"
    if facts.not_given:
        likeliest = f"{facts.likeliest} ({facts.likeliest_confidence:.2f})"
        return f"The likeliest cause is {likeliest}, which may not be named here."
    return f"No cause has enough of the votes; {first}."
