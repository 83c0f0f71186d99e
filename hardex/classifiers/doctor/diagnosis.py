"""What an examination found, and what may be said of a model in which it found nothing."""

from dataclasses import dataclass

from hardex.classifiers.doctor.examination import Finding
from hardex.classifiers.doctor.statistics import is_known, is_poor, wilson_interval


@dataclass(frozen=True)
class Diagnosis:
    """What was found, on which evidence.

    Attributes:
        findings: errors first.
        examples: how many were examined.
        right: for how many of them the prediction is the given label; None if the model and the
            data do not fit, so that there are no predictions.
        tried: what was tried to explain errors.
        notes: a sentence on each thing that is done so that the model and the data fit.
    """

    findings: tuple[Finding, ...]
    examples: int
    right: int | None
    tried: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def accuracy(self) -> tuple[float, float, float] | None:
        """The share that is right, with its 95 % interval (Wilson)."""
        if self.right is None:
            return None
        return (self.right / self.examples, *wilson_interval(self.right, self.examples))

    @property
    def verdict(self) -> str:
        """In one word.

        - `problems`: something was found.
        - `poor`: nothing was, but the accuracy is certainly below 95 %.
        - `unknown`: nothing was, but the examples are too few: the interval reaches below 80 %.
        - `good`: nothing was, and the accuracy may be 95 % or more.

        Example:
            >>> [Diagnosis((), n, right).verdict for n, right in ((512, 500), (512, 300), (5, 5))]
            ['good', 'poor', 'unknown']
        """
        if self.findings:
            return "problems"
        if self.right is None:
            return "unknown"
        if is_poor(self.right, self.examples):
            return "poor"
        return "good" if is_known(self.right, self.examples) else "unknown"


def sentence(diagnosis: Diagnosis) -> str:
    """What is said if nothing was found: never that all is well if the accuracy does not show it.

    Example:
        >>> print(sentence(Diagnosis((), 512, 500)))
        No problems found: accuracy is 97.7% on 512 examples (95 % interval 95.9% to 98.7%).
    """
    if diagnosis.accuracy is None:
        return "No problems found, but there are no predictions to judge by."
    share, low, high = diagnosis.accuracy
    seen = (
        f"accuracy is {share:.1%} on {diagnosis.examples} examples "
        f"(95 % interval {low:.1%} to {high:.1%})"
    )
    if diagnosis.verdict == "poor":
        tried = f"; tried without success: {', '.join(diagnosis.tried)}" if diagnosis.tried else ""
        return (
            f"No cause found, and the {seen}: below 95 %{tried}. Check that the model was trained "
            "for such images, or look at its errors with hardex rank."
        )
    if diagnosis.verdict == "unknown":
        return f"No problems found, but these are too few examples to tell: {seen}."
    return f"No problems found: {seen}."
