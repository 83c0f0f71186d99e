"""Kept probes and a model -> what it predicts for each of them now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from hardex.arrays import Image, Probabilities, check_probabilities
from hardex.classifiers.classifier import Classifier
from hardex.classifiers.opening import Model
from hardex.data.dataset import Shape
from hardex.errors import ClassifierError, HardexError, RunError
from hardex.predict.predictions import batch_size_for
from hardex.probing.kept_probe import KeptProbe
from hardex.probing.saved_probes import kept_picture, kept_probes
from hardex.probing.sketches import draw
from hardex.runs.run import Run, opened
from hardex.runs.run_classifier import check_class_count, classifier_of

_BATCH_MOST = 64
_PAPERS = ("#000000", "#ffffff")
# Amounts in pixels mean something else at another size.
_IN_PIXELS = frozenset({"shift_x", "shift_y", "stroke", "blur"})


@dataclass(frozen=True)
class Replayed:
    """A kept probe and what a model predicts for it now.

    Attributes:
        probe: the kept probe, with its prediction at the time.
        predicted, confidence: the prediction now.
    """

    probe: KeptProbe
    predicted: str
    confidence: float

    @property
    def changed(self) -> bool:
        """Whether the prediction differs from when the probe was kept."""
        return self.predicted != self.probe.predicted

    @property
    def met_before(self) -> bool | None:
        """Whether the expected class was predicted then; None if none is expected."""
        return self.probe.predicted == self.probe.expected if self.probe.expected else None

    @property
    def met_now(self) -> bool | None:
        """Whether the expected class is predicted now; None if none is expected."""
        return self.predicted == self.probe.expected if self.probe.expected else None


@dataclass(frozen=True)
class Replay:
    """What one model predicts for all kept probes of a run.

    Attributes:
        model: what opens the model again, or its name.
        preprocess: what was done to the pixels.
        answers: one for each probe, in order of time.
        problems: why probes could not be replayed, a sentence each.
    """

    model: str
    preprocess: str
    answers: tuple[Replayed, ...]
    problems: tuple[str, ...]

    @property
    def changed(self) -> tuple[Replayed, ...]:
        """The probes whose prediction changed."""
        return tuple(answer for answer in self.answers if answer.changed)


def probes(
    run: str | Path | Run,
    model: Model | None = None,
    *,
    preprocess: str | None = None,
    logits: bool = False,
    trust_model: bool = False,
) -> Replay:
    """Predict every kept probe of a run again, and see which predictions changed.

    A picture is transformed as it was and then resized to the model's input, if that has a fixed
    size; an uncoloured sketch is drawn again at that size, unless its transform has amounts in
    pixels.

    Args:
        run: a run or its folder.
        model: as in `rank`; by default the run's own model.
        preprocess: what is done to the pixels for another model; found from it if not given.
        logits: whether another model ends in logits.
        trust_model: whether files and functions may be loaded that run code of their own.

    Raises:
        HardexError: the model cannot be opened, has another number of classes than the run, or
            gives no probabilities.
    """
    found = opened(run)
    classifier = classifier_of(
        found, model, preprocess=preprocess, logits=logits, trust_model=trust_model
    )
    kept, problems = kept_probes(found.folder)
    answers = _answers(found, classifier, kept, problems)
    return Replay(classifier.source, classifier.preprocess, tuple(answers), tuple(problems))


def _answers(
    run: Run, classifier: Classifier, kept: Sequence[KeptProbe], problems: list[str]
) -> list[Replayed]:
    """In the order of the probes; predicted shape by shape, so that batches are full."""
    by_shape: dict[Shape, list[KeptProbe]] = {}
    for probe in kept:
        by_shape.setdefault(_shape_for(classifier, probe), []).append(probe)
    answers = {
        answer.probe.probe_id: answer
        for shape, some in by_shape.items()
        for answer in _answers_in(shape, run, classifier, some, problems)
    }
    return [answers[probe.probe_id] for probe in kept if probe.probe_id in answers]


def _answers_in(
    shape: Shape,
    run: Run,
    classifier: Classifier,
    kept: Sequence[KeptProbe],
    problems: list[str],
) -> Iterator[Replayed]:
    """Batch by batch, each padded to one size; what cannot be read adds to `problems`."""
    size = min(_BATCH_MOST, batch_size_for(shape))
    names = run.manifest.class_names
    shown = _shown(run, kept, shape, problems)
    while batch := list(islice(shown, size)):
        rows = _probabilities(run, classifier, [image for _, image in batch], size)
        for (probe, _), row in zip(batch, rows, strict=True):
            best = int(row.argmax())
            yield Replayed(probe, names[best], float(row[best]))


def _shape_for(classifier: Classifier, probe: KeptProbe) -> Shape:
    """The model's input shape; if it takes any size, the shape when the probe was kept."""
    if classifier.input_shape is not None:
        return classifier.input_shape
    height, width, channels = probe.shape
    return height, width, getattr(classifier, "channels", None) or channels


def _shown(
    run: Run, kept: Sequence[KeptProbe], shape: Shape, problems: list[str]
) -> Iterator[tuple[KeptProbe, Image]]:
    for probe in kept:
        try:
            yield probe, as_seen(probe, kept_picture(run.folder, probe), shape)
        except RunError as error:
            problems.append(f"the probe {probe.probe_id} is skipped: {error}")


def as_seen(probe: KeptProbe, picture: Image, shape: Shape) -> Image:
    """The picture of a probe after its transform, as a model of that input shape sees it.

    Args:
        probe: whose transform is applied.
        picture: (h, w, c), before the transform.
        shape: (h, w, c) to make.

    Returns:
        (h, w, c) uint8, of that shape.
    """
    from hardex.images import resize, transform

    done = probe.as_transform()
    if probe.kind == "sketch" and picture.shape != shape and not _IN_PIXELS & set(probe.transform):
        height, width, channels = picture.shape
        again = _drawn(probe.source, (height, width, channels))
        # Colours, for instance: what this does not draw identically stays a picture.
        if again is not None and np.array_equal(again, picture):
            larger = _drawn(probe.source, shape)
            if larger is not None:
                return transform(larger, done)
    return resize(transform(picture, done), shape)


def _drawn(source: Any, shape: Shape) -> Image | None:
    """An uncoloured sketch at another size; None if the source does not describe one."""
    if not isinstance(source, Mapping) or not _is_ink(source):
        return None
    try:
        return draw(source, shape)
    except HardexError:
        return None


def _is_ink(source: Mapping[str, Any]) -> bool:
    """Whether it is drawn in one colour on black or white paper."""
    return source.get("colors") is None and source.get("paper", "#000000") in _PAPERS


def _probabilities(
    run: Run, classifier: Classifier, images: list[Image], size: int
) -> Probabilities:
    """(n, k), the rows of these images; the batch is padded so that one shape is compiled."""
    blank = [np.zeros_like(images[0])] * (size - len(images))
    rows = np.asarray(classifier.probabilities(np.stack([*images, *blank])))
    if rows.shape[:1] != (size,):
        raise ClassifierError(
            f"the classifier must give one row per image; {classifier.source} gave an array of "
            f"shape {rows.shape} for {size} images; fix the function."
        )
    rows = rows[: len(images)]
    check_probabilities(rows, of_model=True)
    check_class_count(run, rows.shape[1], classifier)
    return rows
