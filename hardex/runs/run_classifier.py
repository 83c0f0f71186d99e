"""A run, and optionally another model -> the classifier."""

from hardex.classifiers.classifier import Classifier
from hardex.classifiers.functions import names_function
from hardex.classifiers.opening import Model, open_classifier
from hardex.errors import ClassifierError, RunError
from hardex.runs.run import Run


def classifier_of(
    run: Run,
    model: Model | None = None,
    *,
    preprocess: str | None = None,
    logits: bool = False,
    trust_model: bool = False,
) -> Classifier:
    """The run's own model, or another one in its place.

    The run's own model, even from another path, gets the preprocessing it had when the run was
    made; another model gets its own.

    Args:
        run: whose classes the model must have.
        model: by default the run's own.
        preprocess: of another model; derived from it if not given.
        logits: whether another model ends in logits.
        trust_model: whether files and functions that run code may be loaded.

    Raises:
        RunError: the run has no model, or the model has another number of classes.
        ClassifierError: the model cannot be loaded, or the run needs a function that is not
            trusted, or `preprocess` or `logits` were given without a model.
    """
    chosen = _own_model(run) if model is None else model
    if model is None:
        if preprocess is not None or logits:
            raise ClassifierError(
                "--preprocess and --logits apply only with --model; add it, or omit them."
            )
        classifier = _as_in_run(run, chosen, trust_model=trust_model)
    else:
        classifier = open_classifier(
            chosen, preprocess=preprocess, logits=logits, trust_model=trust_model
        )
        if preprocess is None and not logits and _has_other_preprocessing(run, classifier):
            classifier = _as_in_run(run, chosen, trust_model=trust_model)
    check_class_count(run, classifier.class_count, classifier)
    return classifier


def check_class_count(run: Run, count: int | None, classifier: Classifier) -> None:
    """Raise `RunError` unless the model has one output per class of the run, if that is known.

    Args:
        run: whose classes count.
        count: the number of outputs, or None if not known yet.
        classifier: to name in the error.
    """
    names = run.manifest.class_names
    if count not in (None, len(names)):
        raise RunError(
            f"the model must have one output per class of the run; {classifier.source} has "
            f"{count} and {run.folder} has {len(names)} classes; pass another --model."
        )


def _own_model(run: Run) -> str:
    source = run.manifest.model
    if source is None:
        raise RunError(
            f"a model is needed; {run.folder} was made from saved probabilities and has none; pass "
            "--model."
        )
    return source.path or source.name


def _has_other_preprocessing(run: Run, classifier: Classifier) -> bool:
    """Whether this is the run's own model, opened with another preprocessing."""
    made_with = run.manifest.model
    same = made_with is not None and made_with.hash == classifier.fingerprint()
    opened = (classifier.preprocess, bool(getattr(classifier, "logits", False)))
    return same and opened != (run.manifest.preprocess, run.manifest.logits)


def _as_in_run(run: Run, model: Model, *, trust_model: bool) -> Classifier:
    """The model with the preprocessing of the run; opening a run must not run foreign code."""
    manifest = run.manifest
    typed = manifest.model.name if manifest.model is not None else ""
    named = [name for name in (typed, manifest.preprocess or "") if names_function(name)]
    if named and not trust_model:
        raise ClassifierError(
            f"opening a run should run no code; {run.folder} needs the function {named[0]}; "
            "pass --trust-model if you trust who made it."
        )
    return open_classifier(
        model, preprocess=manifest.preprocess, logits=manifest.logits, trust_model=trust_model
    )
