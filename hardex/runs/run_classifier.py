"""A run, and perhaps another model -> the classifier, asked as the run's own was."""

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
    """The run's own model, or another one that is to answer in its place.

    The run's own model, also when it is found again at another place, is asked as it was when the
    run was made; another one as it asks for itself.

    Args:
        run: whose classes the model must have.
        model: by default the run's own.
        preprocess: what is done to the pixels for another model; found from it if not given.
        logits: whether another model ends in logits.
        trust_model: whether files and functions may be loaded that run code of their own.

    Raises:
        RunError: the run knows no model, or the model has another number of classes.
        ClassifierError: the model cannot be loaded, or the run asks for a function, or
            `preprocess` or `logits` came without a model.
    """
    chosen = _own_model(run) if model is None else model
    if model is None:
        if preprocess is not None or logits:
            raise ClassifierError(
                "--preprocess and --logits belong to another model; the run's own is asked as it "
                "was when the run was made; pass --model, too, or leave them out."
            )
        classifier = _as_in_run(run, chosen, trust_model=trust_model)
    else:
        classifier = open_classifier(
            chosen, preprocess=preprocess, logits=logits, trust_model=trust_model
        )
        if preprocess is None and not logits and _is_asked_otherwise(run, classifier):
            classifier = _as_in_run(run, chosen, trust_model=trust_model)
    check_class_count(run, classifier.class_count, classifier)
    return classifier


def check_class_count(run: Run, count: int | None, classifier: Classifier) -> None:
    """Raise `RunError` unless the model has one output per class of the run, if it says how many.

    Args:
        run: whose classes count.
        count: the number of outputs, or None where that is not known yet.
        classifier: for the sentence.
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
            f"the run's own model answers where no other is given; {run.folder} was made from "
            "saved probabilities and knows none; pass --model."
        )
    return source.path or source.name


def _is_asked_otherwise(run: Run, classifier: Classifier) -> bool:
    """Whether this is the run's own model at another place, and would be asked differently."""
    made_with = run.manifest.model
    same = made_with is not None and made_with.hash == classifier.fingerprint()
    asked = (classifier.preprocess, bool(getattr(classifier, "logits", False)))
    return same and asked != (run.manifest.preprocess, run.manifest.logits)


def _as_in_run(run: Run, model: Model, *, trust_model: bool) -> Classifier:
    """The model as it was asked when the run was made; opening a run runs no code of its own."""
    manifest = run.manifest
    typed = manifest.model.name if manifest.model is not None else ""
    named = [name for name in (typed, manifest.preprocess or "") if names_function(name)]
    if named and not trust_model:
        raise ClassifierError(
            f"opening a run should run no code; {run.folder} asks for the function {named[0]}; "
            "pass --trust-model if you trust who made it."
        )
    return open_classifier(
        model, preprocess=manifest.preprocess, logits=manifest.logits, trust_model=trust_model
    )
