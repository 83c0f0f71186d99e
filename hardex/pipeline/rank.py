"""The arguments of `hardex rank` -> a run."""

from collections.abc import Sequence
from pathlib import Path

from hardex.arrays import Labels, Probabilities
from hardex.classifiers.opening import Model
from hardex.data.dataset import Dataset
from hardex.data.manifests import Reading
from hardex.data.pixels import AUTO, check_is_read, checked_name
from hardex.data.sources import Data, open_dataset
from hardex.errors import HardexError
from hardex.pipeline.make import RunOptions, make_run
from hardex.pipeline.passes import Progress as Progress
from hardex.pipeline.passes import silent
from hardex.pipeline.prediction_source import source_from_model, source_from_saved
from hardex.pipeline.rank_again import is_run, rank_again
from hardex.ranking.order import POOL, Rule
from hardex.runs.run import Run, load


def rank(
    model: Model | None = None,
    data: Data | None = None,
    *,
    probabilities: str | Path | Probabilities | None = None,
    labels: str | Path | Labels | None = None,
    order: str = "",
    subset: bool = False,
    out: str | Path | None = None,
    per_class: int = 2,
    count: int | None = None,
    diversity: str = "class",
    unsure: str = "least_confidence",
    wrong: str = "loss",
    pool: int = POOL,
    allow_duplicates: bool = False,
    preprocess: str | None = None,
    logits: bool = False,
    trust_model: bool = False,
    class_names: Sequence[str] | None = None,
    resize: bool = False,
    reading: str = AUTO,
    batch_size: int | None = None,
    split: str = "",
    file_column: str = "",
    label_column: str = "",
    trust_paths: bool = False,
    seal: float | None = None,
    positive: str = "",
    sensitivity: float | None = None,
    seed: int = 0,
    strict: bool = False,
    force: bool = False,
    progress: Progress = silent,
    command: str = "hardex.rank(…)",
) -> Run:
    """Find the hard examples of a classifier and save them as a run.

    One streamed pass makes two lists: *unsure* (low confidence) and *wrong* (confident, and
    different from the given label). With saved probabilities no model is needed.

    Args:
        model: `mnist_cnn`, `mnist_small`, a `.keras` or `.onnx` file, a function or its name, or a
            `Classifier`; or a finished run, which is ranked again by another rule from its own
            tables, without its model.
        data: `mnist:test`, a path, a pair (images, labels), a `tf.data.Dataset` or a `Dataset`.
        probabilities: (n, k) saved probabilities, or their file, in place of a model; the index or
            a column of a pandas table may name the rows, and its columns the classes.
        labels: (n,) given labels for them, or their file; not needed with `data`.
        order: the order of files and classes in which saved rows and columns without names came,
            where programs differ: `text` (1, 10, 2: Keras, torchvision), `natural` (1, 2, 10),
            `path` (whole paths as text) or `classes` (as `class_names`, each as text).
        subset: whether to leave out examples without a saved row and rows without an example; the
            rows need names.
        out: the run folder; by default `runs/MODELSTEM-DATASTEM`.
        per_class: how many of each given class in each list.
        count: how many in all in each list, in place of `per_class`.
        diversity: `class` takes the given classes in turn, `confusion` the pairs of classes,
            `none` the hardest first; `embedding` always takes the example farthest from those
            already chosen; `cause` takes the causes in turn that the diagnosis of a run found,
            within each the pairs of classes, and no example that was not diagnosed.
        unsure, wrong: the score of each list, or `MODULE:FUNCTION`.
        pool: how many of the hardest examples of each group to choose from; `cause` chooses from
            all diagnosed ones.
        allow_duplicates: whether near-duplicates of an earlier picture may be chosen.
        preprocess: a name such as `unit`, see `hardex.classifiers.preprocess`, or MODULE:FUNCTION;
            derived from the model if not given.
        logits: whether the model ends in logits, so that a softmax must be applied.
        trust_model: whether files that can run code may be loaded.
        class_names: the classes in the order of the probability columns.
        resize: whether images of one fixed size may be resized to what the model needs.
        reading: as which program pictures in files are read for the model: `pillow`, `keras` or
            `torchvision`; `auto` is `pillow`, and the doctor says if another is clearly better.
        batch_size: images per forward pass; chosen by image size if not given.
        split: which part of an `.npz` file, a folder of splits or `keras:NAME` to read.
        file_column, label_column: the columns of a manifest; found by their names if not given.
        trust_paths: whether a manifest may name files outside its own folder.
        seal: the share of examples that stay unseen for a later proof; none by default.
        positive: a class; then metrics.json counts its false negatives and false positives, and
            `hardex.runs.positive.positive_class` lists them.
        sensitivity: the sensitivity for `positive` whose threshold is wanted, above 0, at most 1.
        seed: of everything random.
        strict: whether a file that cannot be read is an error.
        force: whether to replace the results of an existing run; annotations and probes are kept.
        progress: called after every batch.
        command: what to write into the manifest as the command line.

    Raises:
        HardexError: model, data or folder cannot be used; no partial run is left.
    """
    rule = Rule(per_class, count, diversity, unsure, wrong, pool, allow_duplicates)
    if isinstance(model, str | Path) and is_run(model):
        given = (probabilities, labels, class_names, preprocess, batch_size, seal, order or None)
        columns = (split, file_column, label_column)
        flags = (resize, logits, strict, trust_model, trust_paths, subset, reading != AUTO)
        _check_only_rules(*given, *(value or None for value in (*columns, *flags)))
        return rank_again(
            load(model, data="" if data is None else str(data)),
            _folder_for(model, out),
            rule,
            positive=positive,
            sensitivity=sensitivity,
            seed=seed,
            force=force,
            command=command,
        )
    _check_has_causes(rule, probabilities is not None)
    asked = Reading(split, file_column, label_column, trust_paths, checked_name(reading))
    dataset = (
        None
        if data is None
        else open_dataset(data, class_names=class_names, resize=resize, reading=asked)
    )
    check_is_read(dataset, reading)
    _check_one_source(model, probabilities, labels)
    _check_no_model_options(probabilities, logits, preprocess, batch_size)
    _check_names(class_names, dataset)
    _check_saved_options(probabilities, order, subset)
    if probabilities is not None:
        source = source_from_saved(
            probabilities, labels, dataset, class_names=class_names, order=order, subset=subset
        )
    elif model is not None and dataset is not None:
        source = source_from_model(
            model,
            dataset,
            preprocess=preprocess,
            logits=logits,
            trust_model=trust_model,
            batch_size=batch_size,
        )
    else:
        raise HardexError(
            "ranking needs a model and data, or --probabilities and --labels; received "
            f"{'no data' if model is not None else 'no model'}; try `hardex rank mnist_cnn "
            "mnist:test`."
        )
    folder = source.default_folder() if out is None else Path(out)
    options = RunOptions(asked, seal, positive, sensitivity, seed, strict, force, command)
    return make_run(folder, source, rule, options, progress=progress)


def _folder_for(run: str | Path, out: str | Path | None) -> Path:
    if out is None:
        raise HardexError(
            f"a run that is ranked again needs a folder of its own; received only {run}; "
            "name it with --out."
        )
    return Path(out)


def _check_only_rules(*options: object) -> None:
    if any(option is not None for option in options):
        raise HardexError(
            "a finished run is ranked again from its own tables, by another rule; received options "
            "of a first ranking; pass only --diversity, --per-class, --count, --unsure, --wrong, "
            "--pool, --allow-duplicates and --out."
        )


def _check_has_causes(rule: Rule, saved: bool) -> None:
    if rule.needs_groups:
        raise HardexError(
            f"--diversity {rule.diversity} needs a run whose causes are known; received "
            f"{'saved probabilities' if saved else 'a model and data'}; rank them by another rule, "
            "run `hardex diagnose RUN --train DATA`, and then rank that RUN again with --out."
        )


def _check_one_source(model: object, probabilities: object, labels: object) -> None:
    if model is not None and probabilities is not None:
        raise HardexError(
            "ranking takes a model or saved probabilities; received both; leave one of them out."
        )
    if probabilities is None and labels is not None:
        raise HardexError(
            "--labels belong to saved probabilities; received none, and DATA has its own labels; "
            "pass --probabilities or leave --labels out."
        )


def _check_saved_options(probabilities: object, order: str, subset: bool) -> None:
    found = [name for name, given in {"--order": order, "--subset": subset}.items() if given]
    if probabilities is None and found:
        raise HardexError(
            f"{' and '.join(found)} must come with saved probabilities; received none; leave "
            "these out, or pass --probabilities in place of MODEL."
        )


def _check_no_model_options(
    probabilities: object, logits: bool, preprocess: object, batch_size: object
) -> None:
    options = {
        "--logits": logits,
        "--preprocess": preprocess is not None,
        "--batch-size": batch_size is not None,
    }
    found = [name for name, given in options.items() if given]
    if probabilities is not None and found:
        raise HardexError(
            f"{' and '.join(found)} must come with a model; received saved probabilities, which "
            "are used as they are; leave these out, or pass MODEL in place of --probabilities."
        )


def _check_names(class_names: Sequence[str] | None, dataset: Dataset | None) -> None:
    if class_names is None or dataset is None:
        return
    names = tuple(map(str, class_names))
    if names != dataset.class_names:
        raise HardexError(
            f"class_names must be those of the data set; received {', '.join(names)} and "
            f"{dataset.source} has {', '.join(dataset.class_names)}; name them where it is made."
        )
