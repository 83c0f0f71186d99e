"""A run -> what is to be said of its accuracy, in sentences, for a page."""

from hardex.error_analysis.classes import class_errors, imbalance, over_predicted
from hardex.error_analysis.wording import imbalance_sentences, over_predicted_sentence
from hardex.errors import RunError
from hardex.runs.confusion import read_confusion
from hardex.runs.folder import RESULTS
from hardex.runs.run import Run


def accuracy_sentences(run: Run) -> tuple[str, ...]:
    """What the accuracy of a run is worth, and which classes are predicted too often.

    Returns:
        () where the confusion matrix of the run cannot be read, or there is nothing in it.
    """
    names = run.manifest.class_names
    try:
        counts = read_confusion(run.folder / RESULTS / "confusion.csv", len(names))
    except RunError:
        return ()
    if not counts.sum():
        return ()
    over = over_predicted_sentence(over_predicted(counts, class_errors(counts, names)))
    return (*imbalance_sentences(imbalance(counts, names)), *([over] if over else []))
