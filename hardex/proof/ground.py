"""Where something is proved: examples that nobody looked at, and what is left out of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hardex.arrays import Image
from hardex.data.dataset import Dataset, Keep
from hardex.data.manifests import AS_FOUND, Reading
from hardex.data.part import Part, Renumbered
from hardex.data.pixels import AUTO, check_is_read
from hardex.data.sources import Data, open_dataset
from hardex.diagnosis.inputs import same_dataset
from hardex.diagnosis.keys import pixel_key
from hardex.diagnosis.training import class_places, notes_on
from hardex.errors import HardexError
from hardex.overview.nearest_training import check_there, opened_by_name
from hardex.predict.neighbours import Progress
from hardex.runs.run import Run
from hardex.runs.seal import read_seal

SEALED, CONFIRM, LOOKED_AT, NOWHERE = "sealed", "confirm", "looked_at", "nowhere"
Keys = frozenset[int]
_IDS_MOST = 1_000  # examples that are left out, by name

# Why an example is left out, by the word for it in a proof.
LEFT_OUT = {
    "looked_at": "in the part of the run that was looked at",
    "sealed": "in the part of the run that is sealed",
    "trained_on": "in the training data",
}


@dataclass(frozen=True)
class LeftOut:
    """Examples that a proof leaves out for one reason: how many, and the ids of the first 1,000."""

    examples: int
    ids: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Ground:
    """The examples of a proof.

    Attributes:
        kind: `sealed`, `confirm` or `looked_at`.
        dataset: the examples; their labels are numbers of the classes of the models.
        left_out: which examples are left out, by the words of `LEFT_OUT`.
        notes: sentences on how they were read.
    """

    kind: str
    dataset: Dataset
    left_out: Mapping[str, LeftOut] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReadAs:
    """How the confirming data is read.

    Attributes:
        reading: which split and columns, and as which program pictures are read.
        resize: whether images of one fixed size may be resized.
    """

    reading: Reading = AS_FOUND
    resize: bool = False


def whole_of(run: Run) -> Dataset:
    """All examples of a run, the sealed ones, too; unchanged since it was ranked.

    Raises:
        RunError: they are not there, or have changed.
    """
    dataset = same_dataset(run)
    return dataset.whole if isinstance(dataset, Part) else dataset


def confirm_for_run(data: Data, run: Run, asked: ReadAs) -> Ground:
    """Confirming data with the classes of a run, read as the run reads its own.

    Raises:
        HardexError: it is not there, or has other classes.
    """
    manifest, reading = run.manifest, asked.reading
    check_there(data, "--confirm", "the confirming data")
    pixels = manifest.reading.pixels if reading.pixels == AUTO else reading.pixels
    resize = asked.resize or manifest.resize
    what = "the confirming data"
    if reading == Reading(pixels=reading.pixels):
        dataset = opened_by_name(
            data,
            manifest.class_names,
            resize=resize,
            pixels=pixels,
            source=str(run.folder),
            splits=("confirm", "test"),
            what=what,
        )
    else:
        chosen = Reading(**{**vars(reading), "pixels": pixels})
        dataset = open_dataset(data, resize=resize, reading=chosen)
    check_is_read(dataset, reading.pixels)
    places = class_places(dataset, manifest.class_names, what)
    notes = notes_on(dataset, manifest.class_names, what)
    named = Renumbered(dataset, _every, names=manifest.class_names, places=places)
    return Ground(CONFIRM, named, notes=notes)


def confirm_for_models(data: Data, names: tuple[str, ...] | None, asked: ReadAs) -> Ground:
    """Confirming data for models that no run describes.

    Raises:
        HardexError: it is not there.
    """
    check_there(data, "--confirm", "the confirming data")
    dataset = open_dataset(data, class_names=names, resize=asked.resize, reading=asked.reading)
    check_is_read(dataset, asked.reading.pixels)
    return Ground(CONFIRM, dataset)


def known_to_run(run: Run, progress: Progress) -> tuple[dict[str, Keys], tuple[str, ...]]:
    """The pixels of a run's examples: those that were looked at, and those that are sealed.

    Returns:
        Keys by a word of `LEFT_OUT`, and a sentence if the examples cannot be read any more.
    """
    try:
        whole = whole_of(run)
    except HardexError as error:
        return {}, (f"The confirming data was not compared with the run's own: {error}",)
    seal = read_seal(run.folder)
    looked_at: list[int] = []
    sealed: list[int] = []

    def note(image: Image) -> bool:
        (sealed if seal is not None and seal.holds(image) else looked_at).append(_key(image))
        return True

    _read_once(whole, note, progress, "reading the data of the run")
    return {"looked_at": frozenset(looked_at), "sealed": frozenset(sealed)}, ()


def trained_on(train: Data, run: Run | None, names: tuple[str, ...], progress: Progress) -> Keys:
    """The pixels of the training data.

    Raises:
        HardexError: it cannot be opened.
    """
    check_there(train)
    manifest = None if run is None else run.manifest
    dataset = opened_by_name(
        train,
        names,
        resize=False if manifest is None else manifest.resize,
        pixels=AUTO if manifest is None else manifest.reading.pixels,
        source="BEFORE" if run is None else str(run.folder),
    )
    found: list[int] = []

    def note(image: Image) -> bool:
        found.append(_key(image))
        return True

    _read_once(dataset, note, progress, "reading the training data")
    return frozenset(found)


def without(ground: Ground, known: Mapping[str, Keys], progress: Progress) -> Ground:
    """The same examples without those that are known already, and how many these are.

    Args:
        ground: the examples.
        known: keys of pixels by a word of `LEFT_OUT`; the first that holds an example counts.
        progress: called now and then.
    """
    known = {word: keys for word, keys in known.items() if keys}
    found = {word: _holding(ground.dataset, word, known, progress) for word in known}
    left_out = {word: found[word] for word in LEFT_OUT if word in found and found[word].examples}
    if not left_out:
        return ground
    every: Keys = frozenset().union(*known.values())
    rest = Part(ground.dataset, lambda image: _key(image) not in every, "it is known already")
    return Ground(ground.kind, rest, left_out, ground.notes)


def _holding(dataset: Dataset, word: str, known: Mapping[str, Keys], progress: Progress) -> LeftOut:
    """The examples that are left out for this reason, and for none before it."""

    def is_known(image: Image) -> bool:
        key = _key(image)
        return next((one for one, keys in known.items() if key in keys), "") == word

    ids: list[str] = []
    count = 0
    stage = "looking for known examples"
    progress(stage, 0, len(dataset))
    for batch in dataset.batches(256, (1, 1, 1), keep=is_known):
        count += len(batch.ids)
        ids += batch.ids[: max(0, _IDS_MOST - len(ids))]
        progress(stage, int(batch.positions[-1]) + 1, len(dataset))
    progress(stage, len(dataset), len(dataset))
    return LeftOut(count, tuple(ids))


def _every(image: Image) -> bool:
    return True


def _key(image: Image) -> int:
    """Of the pixels; a grey picture that was saved in colours has the same."""
    if image.shape[-1] == 3 and bool((image == image[..., :1]).all()):
        image = image[..., :1]
    return int(pixel_key(image)[:16], 16)


def _read_once(dataset: Dataset, note: Keep, progress: Progress, stage: str) -> None:
    """Show every native picture to a function, once."""
    done = 0
    progress(stage, 0, len(dataset))
    for batch in dataset.batches(256, (1, 1, 1), keep=note):
        done += len(batch.ids)
        progress(stage, done, len(dataset))
