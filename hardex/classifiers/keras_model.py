"""A Keras 3 `.keras` file as a classifier. The only file that knows Keras and TensorFlow."""

import os
import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from hardex.arrays import Images, Probabilities
from hardex.classifiers.classifier import Numerics
from hardex.classifiers.preprocess import preprocess
from hardex.data.dataset import Shape
from hardex.errors import ClassifierError

# Layers that scale pixels themselves: a model that begins with one wants raw pixels.
_SCALING_LAYERS = frozenset({"Rescaling", "Normalization"})
# What may come before such a layer without changing what the pixels mean: these, and augmentation.
_GEOMETRY_LAYERS = frozenset({"InputLayer", "Resizing", "CenterCrop"})
_STARTUP_NOTES = (b"WARNING: All log messages before absl::InitializeLog()", b"I0000 ")


@dataclass(frozen=True, eq=False)
class KerasClassifier:
    """A Keras model with one image input and one row of probabilities per image.

    The forward pass is compiled once per batch shape and never goes through `model.predict`,
    which costs 40 ms even for one image.

    Attributes:
        path: the `.keras` file.
        model: the loaded Keras model.
        preprocess: `unit`, `raw` or `-1..1`.
    """

    path: Path
    model: Any
    preprocess: str
    source: str

    @classmethod
    def open(
        cls, path: Path, *, preprocess: str | None = None, source: str | None = None
    ) -> "KerasClassifier":
        """Load a `.keras` file in safe mode.

        Args:
            path: the file.
            preprocess: what is done to the pixels; by default `raw` for a model that begins with
                a scaling layer of its own, else `unit`.
            source: what the person typed, when it is not the path.

        Raises:
            ClassifierError: no such file, not a model, or not an image classifier.
        """
        model = _load(path)
        _check_is_image_classifier(path, model)
        chosen = preprocess or ("raw" if _scales_pixels(model) else "unit")
        return cls(path, model, chosen, source or str(path))

    @property
    def input_shape(self) -> Shape | None:
        height, width, channels = self.model.input_shape[1:]
        return None if height is None or width is None else (height, width, channels)

    @property
    def class_count(self) -> int:
        return int(self.model.output_shape[-1])

    def probabilities(self, images: Images) -> Probabilities:
        """One compiled forward pass, (n, h, w, c) uint8 -> (n, k) float32."""
        output: Probabilities = self._forward(preprocess(images, self.preprocess)).numpy()
        return output

    @cached_property
    def _forward(self) -> Callable[[Any], Any]:
        import tensorflow as tf

        model = self.model

        @tf.function  # type: ignore[untyped-decorator]
        def forward(pixels: Any) -> Any:
            return model(pixels, training=False)

        compiled: Callable[[Any], Any] = forward
        return compiled

    def fingerprint(self) -> str:
        """SHA-256 of the file."""
        return sha256(self.path.read_bytes()).hexdigest()

    def numerics(self) -> Numerics:
        """Versions, threads and instruction set: what else moves the last bits."""
        import keras
        import tensorflow as tf

        return {
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "machine": platform.machine(),
            "intra_op_threads": tf.config.threading.get_intra_op_parallelism_threads(),
            "inter_op_threads": tf.config.threading.get_inter_op_parallelism_threads(),
            "TF_ENABLE_ONEDNN_OPTS": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "default"),
            "ONEDNN_MAX_CPU_ISA": os.environ.get("ONEDNN_MAX_CPU_ISA", "default"),
        }


def _load(path: Path) -> Any:
    if not os.path.exists(path):  # unlike Path.exists, also for names that no disk takes
        raise ClassifierError(
            f"the model must be a .keras file or a shipped model; there is nothing at {path}; "
            "check the path."
        )
    if path.suffix != ".keras" or not path.is_file():
        raise ClassifierError(
            f"the model must be a Keras 3 .keras file; {path} is not one; "
            "load it where it was made and save it with model.save('NAME.keras')."
        )
    with _startup_notes_hidden():
        import keras

    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises nearly every type here
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ClassifierError(
            f"the model must be a whole .keras file of built-in layers; reading {path} failed "
            f"({reason.rstrip('.')}); save it again, without Lambda layers."
        ) from error


def _check_is_image_classifier(path: Path, model: Any) -> None:
    inputs, outputs = getattr(model, "inputs", None), getattr(model, "outputs", None)
    if not inputs or not outputs or len(inputs) != 1 or len(outputs) != 1:
        raise ClassifierError(
            f"the model must have one image input and one output of probabilities; {path} has "
            f"{len(inputs or ())} inputs and {len(outputs or ())} outputs; hardex does "
            "single-label image classification only."
        )
    into, out = tuple(model.input_shape), tuple(model.output_shape)
    if len(into) != 4 or into[3] not in (1, 3) or len(out) != 2 or not out[1] or out[1] < 2:
        raise ClassifierError(
            "the model must turn (n, h, w, 1 or 3) images into (n, k) probabilities with k of 2 "
            f"or more; {path} turns {into} into {out}; hardex does single-label image "
            "classification only."
        )


def _scales_pixels(model: Any) -> bool:
    kinds = (type(layer).__name__ for layer in _layers_inside(model))
    return next((kind for kind in kinds if not _keeps_scale(kind)), "") in _SCALING_LAYERS


def _layers_inside(model: Any) -> Iterator[Any]:
    for layer in model.layers:
        yield from _layers_inside(layer) if hasattr(layer, "layers") else (layer,)


def _keeps_scale(kind: str) -> bool:
    return kind in _GEOMETRY_LAYERS or kind.startswith("Random")


@contextmanager
def _startup_notes_hidden() -> Iterator[None]:
    """Hold back what is written to stderr and pass on all but TensorFlow's start-up notes.

    TensorFlow 2.21 writes two notes for its own developers from C++ before any setting can stop
    them. Whatever else is written meanwhile is shown when the import is over.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.stderr.flush()
    original = os.dup(2)
    with TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(original, 2)
            os.close(original)
            held.seek(0)
            for line in held:
                if not line.startswith(_STARTUP_NOTES):
                    os.write(2, line)
