"""An `.onnx` file as a classifier. The only file that knows onnxruntime, the extra `onnx`."""

import os
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from hardex.arrays import Embeddings, Images, Probabilities
from hardex.classifiers.classifier import Numerics, failures_of
from hardex.classifiers.fingerprint import fingerprint_of
from hardex.classifiers.layouts import (
    IMAGE_INPUTS,
    Dimensions,
    channel_count,
    image_shape,
    laid_out,
    layout_note,
    takes_images,
)
from hardex.classifiers.onnx_archive import check_places, last_operation
from hardex.classifiers.onnx_metadata import NOTHING, Named, named_by
from hardex.classifiers.outputs import (
    ACTIVATIONS,
    NO_EMBEDDING,
    SIGMOIDS_NOTE,
    EmbeddingChoice,
    Output,
    Outputs,
    answers_alike,
    as_rows,
    distributions,
    embedding_among,
    gives_rows,
    one_of,
    output_note,
    row_width,
    shares,
)
from hardex.classifiers.preprocess import check_preprocess
from hardex.classifiers.preprocess import preprocess as prepare
from hardex.data.dataset import Shape
from hardex.errors import ClassifierError, HardexError

_FLOATS = ("tensor(float)", "tensor(float16)", "tensor(double)")
_SIDE = 64  # pixels of the images that a model of any size is tried with
_DTYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
}


@dataclass(frozen=True, eq=False)
class OnnxClassifier:
    """An ONNX model with one image input and one row of numbers per image.

    The input is (n, h, w, c), (n, c, h, w), (n, h, w) or grey and flattened. Another output may
    be the embedding.

    Attributes:
        path: the `.onnx` file.
        session: runs it.
        preprocess: see `hardex.classifiers.preprocess`.
        logits: whether a softmax (for a single output a sigmoid) is applied to its outputs.
        output: which of its outputs are the probabilities.
        hash: SHA-256 of the file as it was loaded.
        named: the preprocessing that the metadata of the file name.
        is_given: whether somebody chose the preprocessing.
        embedding: which of its outputs is the embedding, if any.
    """

    path: Path
    session: Any
    preprocess: str
    source: str
    logits: bool
    output: int = 0
    hash: str = ""
    named: Named = NOTHING
    is_given: bool = False
    embedding: EmbeddingChoice = NO_EMBEDDING

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        preprocess: str | None = None,
        logits: bool = False,
        source: str | None = None,
    ) -> "OnnxClassifier":
        """Load an `.onnx` file.

        Its pixels are by default as its metadata say, else `unit`, or `raw` if its input is bytes.

        Raises:
            ClassifierError: no onnxruntime, no such file, not a model, or not an image classifier.
        """
        session = _session(path)
        output = _output_of_image_classifier(path, session)
        wanted = session.get_inputs()[0]
        channels = channel_count(wanted.shape)
        named = named_by(session.get_modelmeta().custom_metadata_map, channels=channels)
        usual = "raw" if wanted.type == "tensor(uint8)" else "unit"
        chosen = preprocess or named.preprocess or usual
        check_preprocess(chosen, channels=channels)
        hash = fingerprint_of(path)
        given = preprocess is not None
        found = cls(path, session, chosen, source or str(path), logits, output, hash, named, given)
        return replace(found, embedding=_embedding_of(found))

    @property
    def input_shape(self) -> Shape | None:
        return image_shape(self._input)

    @property
    def channels(self) -> int:
        """1 for grey or 3 for RGB, even if it takes images of any size."""
        return channel_count(self._input)

    @property
    def _input(self) -> Dimensions:
        dimensions: Dimensions = self.session.get_inputs()[0].shape
        return dimensions

    @cached_property
    def activation(self) -> str:
        """The last activation: `softmax`, `sigmoid`, `linear`, or "" if unknown."""
        name = self.session.get_outputs()[self.output].name
        return ACTIVATIONS.get(last_operation(self.path, name), "")

    @property
    def _ends_in_sigmoids(self) -> bool:
        """One sigmoid for each of several classes, as some train single-label classifiers, too."""
        return self._width != 1 and self.activation == "sigmoid" and not self.logits

    @property
    def suggested(self) -> tuple[str, ...]:
        """Names of preprocessings that the file itself names."""
        return (self.named.preprocess,) if self.named.preprocess else ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What is done to the inputs so that they fit, and what the metadata say of it."""
        layout, named = self._form_notes(), self.named
        if not named.seen:
            return layout
        said = f"the metadata of the file say {named.seen}"
        if not named.preprocess:
            choose = "" if self.is_given else "; choose with --preprocess"
            return (*layout, f"{said}, which is not understood{choose}")
        if named.preprocess == self.preprocess:
            return (*layout, f"{said}, so the preprocessing is {self.preprocess}")
        return (*layout, f"{said}: {named.preprocess}; --preprocess {self.preprocess} was given")

    def _form_notes(self) -> tuple[str, ...]:
        outputs = _outputs(self.path, self.session)
        chosen = (output_note(outputs, self.output),) if len(outputs) > 1 else ()
        sigmoids = (SIGMOIDS_NOTE,) if self._ends_in_sigmoids else ()
        embedding = (self.embedding.note,) if self.embedding.note else ()
        return (*layout_note(self._input, self.input_shape), *chosen, *embedding, *sigmoids)

    @property
    def class_count(self) -> int | None:
        width = self._width
        return None if width is None else max(2, width)

    @property
    def _width(self) -> int | None:
        return row_width(self.session.get_outputs()[self.output].shape)

    def probabilities(self, images: Images) -> Probabilities:
        """One forward pass, (n, h, w, c) uint8 -> (n, k)."""
        return distributions(self.outputs(images, self.preprocess), logits=self.logits)

    def outputs(self, images: Images, preprocess: str) -> Outputs:
        """The output of the model with this preprocessing, before any softmax of ours."""
        rows = self.rows_of(self.output, images, preprocess)
        several = rows.ndim == 2 and rows.shape[1] > 1
        return shares(rows) if several and self._ends_in_sigmoids else rows

    def embeddings(self, images: Images) -> Embeddings:
        """One forward pass, (n, h, w, c) uint8 -> (n, d) float32: another output of the model.

        Raises:
            ClassifierError: no output of the model is the embedding.
        """
        if self.embedding.output is None:
            raise ClassifierError(
                "embeddings are an output of an .onnx model beside the probabilities; "
                f"{self.source} has none that can be told ({self.embedding.note or 'no row'}); "
                "export it with one called embedding, or go without."
            )
        rows = self.rows_of(self.embedding.output, images, self.preprocess)
        if rows.ndim != 2 or len(rows) != len(images):
            raise ClassifierError(
                "embeddings must be one row of numbers for each image; "
                f"{self.source} gives {rows.shape} for {len(images)}; export it with another "
                "output called embedding, or go without."
            )
        found: Embeddings = rows.astype(np.float32, copy=False)
        return found

    def rows_of(self, output: int, images: Images, preprocess: str) -> Outputs:
        """What the model gives as one of its outputs, by number."""
        wanted = self.session.get_inputs()[0]
        values = prepare(images, preprocess).astype(_DTYPES[wanted.type], copy=False)
        values = laid_out(values, self._input)
        size = wanted.shape[0] if isinstance(wanted.shape[0], int) else len(values)
        advice = "check that it was made for such images and fits into memory"
        with failures_of(f"the model {self.source}", images, advice):
            starts = range(0, len(values), size)
            parts = [self._run(output, values[i : i + size], size) for i in starts]
        return as_rows(np.concatenate(parts))

    def _run(self, number: int, values: Any, size: int) -> Outputs:
        padded = np.concatenate(
            [values, np.zeros((size - len(values), *values.shape[1:]), values.dtype)]
        )
        wanted = [self.session.get_outputs()[number].name]
        output: Outputs = self.session.run(wanted, {self.session.get_inputs()[0].name: padded})[0]
        return output[: len(values)]

    def fingerprint(self) -> str:
        """SHA-256 of the file when it was loaded."""
        return self.hash or fingerprint_of(self.path)

    def numerics(self) -> Numerics:
        """The version of onnxruntime and what it runs on."""
        import onnxruntime

        return {
            "onnxruntime": onnxruntime.__version__,
            "providers": ",".join(self.session.get_providers()),
        }


def _session(path: Path) -> Any:
    if not os.path.isfile(path):
        raise ClassifierError(
            f"the model must be an .onnx file; there is none at {path}; check the path."
        )
    try:
        import onnxruntime
    except ImportError as error:
        raise ClassifierError(
            f"an .onnx model needs onnxruntime, and it is not installed ({path} was given); "
            "install it with pip install 'hardex[onnx]'."
        ) from error
    check_places(path)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # its errors come as exceptions; no second copy on the screen
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has a type of its own for each
        raise ClassifierError(
            f"the model must be a whole .onnx file; reading {path} failed "
            f"({str(error).strip().splitlines()[0].rstrip('.')}); export it again."
        ) from error


def _output_of_image_classifier(path: Path, session: Any) -> int:
    inputs, outputs = session.get_inputs(), session.get_outputs()
    output = one_of(_outputs(path, session)) if len(outputs) > 1 else 0
    if len(inputs) != 1 or output is None:
        raise ClassifierError(
            f"the model must have one image input and one output of probabilities; {path} has "
            f"{_names(inputs)} and {_names(outputs)}; if one of them is the probabilities, keep it "
            f"alone with onnx.utils.extract_model({str(path)!r}, 'NAME.onnx', "
            f"{[one.name for one in inputs]!r}, ['OUTPUT']); hardex does single-label image "
            "classification only, no detection."
        )
    into, out = inputs[0].shape, outputs[output].shape
    images = takes_images(into)
    if images and len(into) == 2 and channel_count(into) == 3:
        raise ClassifierError(
            "the model must show where the channels of its images are; "
            f"{path} takes {into[1]} numbers, which can be red, green and blue of each pixel or "
            "one colour after the other; export it with an input of four dimensions."
        )
    # (k,) for a single image is no (n,), one number for each image.
    one_row = len(out) == 1 and isinstance(out[0], int) and out[0] != into[0]
    if not images or one_row or not gives_rows(out) or inputs[0].type not in _DTYPES:
        raise ClassifierError(
            f"the model must turn {IMAGE_INPUTS} into (n, k) probabilities; {path} turns "
            f"{inputs[0].type} {into} into {out}; hardex does single-label image classification "
            "only."
        )
    return output


def _outputs(path: Path, session: Any) -> list[Output]:
    return [
        Output(
            one.name,
            one.shape,
            one.type in _FLOATS,
            ACTIVATIONS.get(last_operation(path, one.name), ""),
        )
        for one in session.get_outputs()
    ]


def _embedding_of(model: OnnxClassifier) -> EmbeddingChoice:
    """Which other output is the embedding; one that only repeats the answer is none."""
    found = embedding_among(_outputs(model.path, model.session), model.output)
    if found.output is None or not _may_repeat(model, found.output):
        return found
    name = model.session.get_outputs()[found.output].name
    alike = _repeats(model, found.output)
    if alike is None and not found.is_named:
        return EmbeddingChoice(None, f"the output {name} may be the logits, so it is not used")
    if alike:
        said = (
            f"the output {name} gives the probabilities again, so it is not used as the embedding"
        )
        return EmbeddingChoice(None, said)
    return found


def _may_repeat(model: OnnxClassifier, other: int) -> bool:
    """Whether another output may be as wide as the probabilities."""
    shapes = [model.session.get_outputs()[number].shape for number in (model.output, other)]
    first, second = map(row_width, shapes)
    return first is None or second is None or first == second


def _repeats(model: OnnxClassifier, other: int) -> bool | None:
    """Whether another output gives the probabilities of noise again; None if that fails."""
    height, width, channels = model.input_shape or (_SIDE, _SIDE, model.channels)
    noise = np.random.default_rng(0).integers(0, 256, (4, height, width, channels), np.uint8)
    try:
        answers = [model.rows_of(i, noise, model.preprocess) for i in (model.output, other)]
    except HardexError:
        return None
    return answers_alike(*answers)


def _names(values: Any) -> str:
    return f"{len(values)} ({', '.join(value.name for value in values)})"
