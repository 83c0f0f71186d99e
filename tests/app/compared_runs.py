"""Several runs on the same pictures, for the page that compares them."""

import numpy as np

import hardex
from hardex.classifiers.classifier import FunctionClassifier
from hardex_app.comparisons import Comparisons, OtherModels

from .fake_runs import inspecting, parts_of, small_run

MODELS = ("run", "turned", "shy")


def turned_of(class_count):
    """As `parts_of`, of the picture upside down."""
    parts = parts_of(class_count)
    return lambda images: parts(images[:, ::-1])


def shy_of(class_count):
    """As `parts_of`, and never sure of the first class."""

    def shy(images):
        p = parts_of(class_count)(images)
        p[:, 0] /= 2
        return p / p.sum(axis=1, keepdims=True)

    return shy


def three_runs(folder, *, class_count=3, names=None, count=60):
    """The first run, the others, and the classifier of each."""
    shape = (8, 8, 1)
    first, classifier = small_run(
        folder, class_count=class_count, names=names, count=count, shape=shape
    )
    models = {
        name: FunctionClassifier(made(class_count), None, class_count, name=f"fake:{name}")
        for name, made in (("turned", turned_of), ("shy", shy_of))
    }
    others = [
        hardex.rank(model, folder / "data.npz", class_names=names, out=folder / name)
        for name, model in models.items()
    ]
    return first, others, (classifier, *models.values())


def comparing(folder, **options):
    """A workspace of three runs with all its work done."""
    first, others, (classifier, *models) = three_runs(folder, **options)
    workspace = inspecting(first, classifier)
    workspace.comparisons = Comparisons(others)
    workspace.other_models = OtherModels(dict(zip(others, models, strict=True)))
    return workspace


def answers_of(workspace):
    """(m, n) what each model predicts, by class name."""
    runs = workspace.comparisons.runs(workspace.run)
    return np.array([run.predictions["predicted_label"] for run in runs])
