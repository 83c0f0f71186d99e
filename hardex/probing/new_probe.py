"""A picture, a transform and a classifier -> a probe that is ready to be kept."""

from typing import Any

from hardex.arrays import Image
from hardex.classifiers.classifier import Classifier
from hardex.images import Transform
from hardex.probing.before_after import before_after
from hardex.probing.kept_probe import KeptProbe, changes
from hardex.probing.model_input import shape_of
from hardex.runs.run import Run


def new_probe(
    image: Image, change: Transform, run: Run, classifier: Classifier, **known: Any
) -> KeptProbe:
    """A probe with what the classifier predicts for the changed picture.

    Args:
        image: (h, w, c), before the change, in the shape that the classifier takes.
        change: what is done to it.
        run: whose classes the classifier predicts.
        classifier: whose prediction is stored.
        known: the other attributes of `KeptProbe`: `kind`, `annotator`, `expected`, …

    Raises:
        RunError: an attribute is missing, too long or out of range.
    """
    result = before_after(image, change, classifier)
    return KeptProbe(
        shape=shape_of(image),
        transform=changes(change),
        predicted=run.manifest.class_names[result.labels[1]],
        confidence=result.confidences[1],
        model=classifier.fingerprint(),
        **known,
    )
