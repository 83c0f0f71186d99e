"""An `.onnx` file as a classifier. The only file that knows onnxruntime, the extra `onnx`."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hardex.arrays import Images, Probabilities
from hardex.classifiers.classifier import Numerics, failures_of
from hardex.classifiers.fingerprint import fingerprint_of
from hardex.classifiers.onnx_archive import check_places
from hardex.classifiers.outputs import Outputs, distributions
from hardex.classifiers.preprocess import preprocess as prepare
from hardex.data.dataset import Shape
from hardex.errors import ClassifierError

_DTYPES = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(double)": np.float64,
    "tensor(uint8)": np.uint8,
}


@dataclass(frozen=True, eq=False)
class OnnxClassifier:
    """An ONNX model with one image input, (n, h, w, c) or (n, c, h, w), and one output.

    Attributes:
        path: the `.onnx` file.
        session: runs it.
        preprocess: see `hardex.classifiers.preprocess`.
        logits: whether a softmax (for a single output a sigmoid) is applied to its outputs.
        channels_first: whether its input is (n, c, h, w).
        hash: SHA-256 of the file as it was loaded.
    """

    path: Path
    session: Any
    preprocess: str
    source: str
    logits: bool
    channels_first: bool
    hash: str = ""

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        preprocess: str | None = None,
        logits: bool = False,
        source: str | None = None,
    ) -> "OnnxClassifier":
        """Load an `.onnx` file; by default its pixels are `unit`, or `raw` if its input is bytes.

        Raises:
            ClassifierError: no onnxruntime, no such file, not a model, or not an image classifier.
        """
        session = _session(path)
        _check_is_image_classifier(path, session)
        wanted = session.get_inputs()[0]
        chosen = preprocess or ("raw" if wanted.type == "tensor(uint8)" else "unit")
        first = wanted.shape[1] in (1, 3)
        return cls(path, session, chosen, source or str(path), logits, first, fingerprint_of(path))

    @property
    def input_shape(self) -> Shape | None:
        shape = self.session.get_inputs()[0].shape[1:]
        channels, height, width = shape if self.channels_first else (shape[2], *shape[:2])
        fixed = isinstance(height, int) and isinstance(width, int)
        return (height, width, channels) if fixed else None

    @property
    def channels(self) -> int:
        """1 for grey or 3 for RGB, even if it takes images of any size."""
        return int(self.session.get_inputs()[0].shape[1 if self.channels_first else 3])

    @property
    def class_count(self) -> int | None:
        columns = self.session.get_outputs()[0].shape[1]
        return max(2, columns) if isinstance(columns, int) else None

    def probabilities(self, images: Images) -> Probabilities:
        """One forward pass, (n, h, w, c) uint8 -> (n, k)."""
        return distributions(self.outputs(images, self.preprocess), logits=self.logits)

    def outputs(self, images: Images, preprocess: str) -> Outputs:
        """The output of the model with this preprocessing, before any softmax of ours."""
        wanted = self.session.get_inputs()[0]
        values = prepare(images, preprocess).astype(_DTYPES[wanted.type], copy=False)
        if self.channels_first:
            values = np.ascontiguousarray(values.transpose(0, 3, 1, 2))
        size = wanted.shape[0] if isinstance(wanted.shape[0], int) else len(values)
        advice = "check that it was made for such images and fits into memory"
        with failures_of(f"the model {self.source}", images, advice):
            parts = [self._run(values[i : i + size], size) for i in range(0, len(values), size)]
        return np.concatenate(parts)

    def _run(self, values: Any, size: int) -> Outputs:
        padded = np.concatenate(
            [values, np.zeros((size - len(values), *values.shape[1:]), values.dtype)]
        )
        output: Outputs = self.session.run(None, {self.session.get_inputs()[0].name: padded})[0]
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


def _check_is_image_classifier(path: Path, session: Any) -> None:
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if len(inputs) != 1 or len(outputs) != 1:
        raise ClassifierError(
            f"the model must have one image input and one output of probabilities; {path} has "
            f"{_names(inputs)} and {_names(outputs)}; hardex does single-label image "
            "classification only, no detection."
        )
    into, out = inputs[0].shape, outputs[0].shape
    images = len(into) == 4 and (into[1] in (1, 3) or into[3] in (1, 3))
    if not images or len(out) != 2 or inputs[0].type not in _DTYPES:
        raise ClassifierError(
            "the model must turn (n, h, w, 1 or 3) or (n, 1 or 3, h, w) images into (n, k) "
            f"probabilities; {path} turns {inputs[0].type} {into} into {out}; hardex does "
            "single-label image classification only."
        )


def _names(values: Any) -> str:
    return f"{len(values)} ({', '.join(value.name for value in values)})"
