"""A Keras model as a classifier. The only file that knows Keras and TensorFlow."""

import os
import platform
import shlex
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from math import prod
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np

from hardex.arrays import Embeddings, Images, Probabilities
from hardex.bounded import Unreadable, json_of
from hardex.classifiers.classifier import Numerics, failures_of
from hardex.classifiers.fingerprint import fingerprint_of
from hardex.classifiers.keras_archive import check_archive, keras_version
from hardex.classifiers.layouts import (
    IMAGE_INPUTS,
    channel_count,
    image_shape,
    laid_out,
    layout_note,
    takes_images,
)
from hardex.classifiers.outputs import (
    ACTIVATIONS,
    SIGMOIDS_NOTE,
    Output,
    Outputs,
    as_rows,
    distributions,
    gives_rows,
    one_of,
    output_note,
    row_width,
    shares,
)
from hardex.classifiers.preprocess import check_preprocess
from hardex.classifiers.preprocess import preprocess as prepare
from hardex.data.dataset import Shape
from hardex.errors import ClassifierError

# Layers that scale pixels themselves: a model that begins with one wants raw pixels.
_SCALING_LAYERS = frozenset({"Rescaling", "Normalization"})
# Layers that may come before such a layer without changing the pixels: these, and augmentation.
_GEOMETRY_LAYERS = frozenset({"InputLayer", "Resizing", "CenterCrop"})
# Layers that may follow the last activation, and layers with weights that do not classify.
_PASSED_OVER = frozenset({"Dropout", "Flatten", "Reshape"})
_PASSING_OPERATIONS = frozenset({"Identity", "Reshape", "Squeeze", "Cast"})
_STEPS_MOST = 100
_NORMALISING = frozenset({"BatchNormalization", "LayerNormalization", "Normalization"})
_ADVICE = "check that it was made for such images and fits into memory"
_PASSES_KEPT = 16  # compiled passes; probing needs a few for pictures of one shape
_LEGACY = (".h5", ".hdf5")
_WEIGHTS_A_BYTE = 2  # weights of 4 bits; those of 32 bits take four bytes each
_ANY_WEIGHTS = 10_000_000  # which any computer can hold
_STARTUP_NOTES = (b"WARNING: All log messages before absl::InitializeLog()", b"I0000 ")
_NO_GPU = b"failed call to cuInit"


@dataclass(frozen=True, eq=False)
class KerasClassifier:
    """A Keras model with one image input and one row of probabilities per image.

    The forward pass is compiled once per batch shape and never goes through `model.predict`,
    which costs 40 ms even for one image.

    Attributes:
        path: the `.keras` or `.h5` file, or the SavedModel folder.
        model: the loaded Keras model.
        preprocess: see `hardex.classifiers.preprocess`.
        logits: whether a softmax (for a single output a sigmoid) is applied to its outputs.
        hash: SHA-256 of the file, or of all files in the folder, as they were loaded.
        chosen: a clause on which of several outputs is used, or "".
    """

    path: Path
    model: Any
    preprocess: str
    source: str
    logits: bool = False
    hash: str = ""
    chosen: str = ""

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        preprocess: str | None = None,
        logits: bool = False,
        trust_model: bool = False,
        source: str | None = None,
    ) -> "KerasClassifier":
        """Load a `.keras` file in safe mode; with `trust_model` also files that can run code.

        Args:
            path: the file, or a SavedModel folder.
            preprocess: by default `raw` for a model that begins with a scaling layer of its own,
                else `unit`.
            logits: whether the model ends in logits.
            trust_model: whether to load `.h5` files, SavedModel folders and Lambda layers.
            source: what the user typed, if it is not the path.

        Raises:
            ClassifierError: no such file, not a model, or not an image classifier.
        """
        model, note = _with_one_output(path, _load(path, trust_model=trust_model))
        _check_is_image_classifier(path, model, logits=logits)
        chosen = preprocess or ("raw" if _scales_pixels(model) else "unit")
        check_preprocess(chosen, channels=channel_count(model.input_shape))
        return cls(path, model, chosen, source or str(path), logits, fingerprint_of(path), note)

    @property
    def input_shape(self) -> Shape | None:
        return image_shape(self.model.input_shape)

    @property
    def channels(self) -> int:
        """1 for grey or 3 for RGB, even if it takes images of any size."""
        return channel_count(self.model.input_shape)

    @property
    def class_count(self) -> int:
        return max(2, self._width)

    @property
    def _width(self) -> int:
        return row_width(self.model.output_shape) or 1

    @cached_property
    def activation(self) -> str:
        """The last activation: `softmax`, `sigmoid`, `linear`, another name, or "" if unknown.

        Example:
            >>> from hardex.classifiers.shipped import shipped_model
            >>> KerasClassifier.open(shipped_model("mnist_small")).activation
            'softmax'
        """
        return _activation(self.model)

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What is done to inputs and outputs so that the model fits, a clause each.

        Example:
            >>> from hardex.classifiers.shipped import shipped_model
            >>> KerasClassifier.open(shipped_model("mnist_small")).notes
            ()
        """
        layout = layout_note(self.model.input_shape, self.input_shape)
        said = (self.chosen, SIGMOIDS_NOTE if self._ends_in_sigmoids else "")
        return (*layout, *filter(None, said))

    @property
    def _ends_in_sigmoids(self) -> bool:
        """One sigmoid for each of several classes, as some train single-label classifiers, too."""
        return self._width > 1 and self.activation == "sigmoid" and not self.logits

    @cached_property
    def loss(self) -> tuple[str, bool] | None:
        """The loss it was compiled with and whether that expects logits; None if unknown."""
        return _loss(self.path)

    def probabilities(self, images: Images) -> Probabilities:
        """One compiled forward pass, (n, h, w, c) uint8 -> (n, k) float32."""
        return distributions(self.outputs(images, self.preprocess), logits=self.logits)

    def outputs(self, images: Images, preprocess: str) -> Outputs:
        """The output of the model with this preprocessing, before any softmax of ours.

        The rows of a model with one sigmoid for each class are divided by their sums.
        """
        prepared = self._prepared(images, preprocess)
        with failures_of(f"the model {self.source}", images, _ADVICE):
            output: Outputs = as_rows(self._forward(prepared).numpy())
        return shares(output) if self._ends_in_sigmoids else output

    def _prepared(self, images: Images, preprocess: str) -> Any:
        return laid_out(prepare(images, preprocess), self.model.input_shape)

    def embeddings(self, images: Images) -> Embeddings:
        """One compiled forward pass, (n, h, w, c) uint8 -> (n, d) float32: where the model puts
        each image, the input of its last layer with weights (a map of features is averaged).

        Raises:
            ClassifierError: the layers are not accessible, as in SavedModels.

        Example:
            >>> from hardex.classifiers.shipped import shipped_model
            >>> model = KerasClassifier.open(shipped_model("mnist_small"))
            >>> model.embeddings(np.zeros((2, 28, 28, 1), np.uint8)).shape
            (2, 5408)
        """
        prepared = self._prepared(images, self.preprocess)
        with failures_of(f"the model {self.source}", images, _ADVICE):
            output: Embeddings = self._embed(prepared).numpy()
        return output

    @cached_property
    def _forward(self) -> Callable[[Any], Any]:
        return _Compiled(self.model)

    @cached_property
    def _embed(self) -> Callable[[Any], Any]:
        return _Compiled(_up_to_the_last_weights(self.model, self.source))

    def fingerprint(self) -> str:
        """SHA-256 of the file when it was loaded."""
        return self.hash or fingerprint_of(self.path)

    def numerics(self) -> Numerics:
        """Versions, threads and instruction set: what else changes the last bits."""
        import keras
        import tensorflow as tf

        return {
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "machine": platform.machine(),
            "instruction_set": _instruction_set(),
            "processors": os.cpu_count() or 0,  # how many threads "0", automatic, means
            "intra_op_threads": tf.config.threading.get_intra_op_parallelism_threads(),
            "inter_op_threads": tf.config.threading.get_inter_op_parallelism_threads(),
            "TF_ENABLE_ONEDNN_OPTS": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "default"),
            "ONEDNN_MAX_CPU_ISA": os.environ.get("ONEDNN_MAX_CPU_ISA", "default"),
        }


def _instruction_set() -> str:
    """The largest vector instructions that NumPy found on this processor."""
    config: Any = np.show_config(mode="dicts")
    found = config.get("SIMD Extensions", {})
    return str((found.get("found") or found.get("baseline") or ["unknown"])[-1])


@dataclass(frozen=True, eq=False)
class _SavedModel:
    """A SavedModel's serving signature with the few attributes that are needed of a Keras model."""

    signature: Any
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]
    output: str = ""  # the name of the one that is used, where there are several
    layers: tuple[Any, ...] = ()

    @property
    def input_shape(self) -> tuple[int | None, ...]:
        return tuple(self.inputs[0].shape)

    @property
    def output_shape(self) -> tuple[int | None, ...]:
        return tuple(self.outputs[0].shape)

    def __call__(self, values: Any, training: bool) -> Any:
        answers = self.signature(**{self.inputs[0].name: values})
        return answers[self.output] if self.output else next(iter(answers.values()))

    def last_operation(self, output: str) -> str:
        """The operation that computes an output, such as `Softmax`; "" if unknown."""
        names = sorted(self.signature.structured_outputs)  # as TensorFlow flattens dictionaries
        place = names.index(output) if output in names else 0
        graph = self.signature.graph.as_graph_def()
        return _last_in_graph(graph, self.signature.outputs[place].op.name)


def _last_in_graph(graph: Any, name: str) -> str:
    """The operation of this node, or of the one whose numbers it passes on, in functions, too."""
    functions = {one.signature.name: one for one in graph.library.function}
    nodes = {node.name: node for node in graph.node}
    for _ in range(_STEPS_MOST):
        node = nodes.get(name.split(":")[0].lstrip("^"))
        if node is None:
            return ""
        if node.op.endswith("PartitionedCall"):
            inner = functions.get(node.attr["f"].func.name)
            if inner is None:
                return ""
            place = int(name.rpartition(":")[2]) if ":" in name else 0
            nodes = {one.name: one for one in inner.node_def}
            name = inner.ret[inner.signature.output_arg[place].name]
        elif node.op in _PASSING_OPERATIONS:
            name = node.input[0]
        else:
            return str(node.op)
    return ""


class _Compiled:
    """A model's forward pass, compiled once per batch shape; the most recent are kept.

    Each has a `tf.function` of its own, so that one that is let go frees its memory: a function
    keeps all that was ever compiled of it. They are never called themselves, which would warn of
    "retracing" when the app compiles the few batch sizes that it needs.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self._passes: OrderedDict[Any, Callable[[Any], Any]] = OrderedDict()
        self._lock = Lock()  # of the order of use; compiling happens outside it

    def __call__(self, values: Any) -> Any:
        """The output of the model for (n, h, w, c) values."""
        import tensorflow as tf

        tensor = tf.convert_to_tensor(values)
        kind = tuple(tensor.shape), tensor.dtype
        with self._lock:
            compiled = self._passes.pop(kind, None)
            if compiled is not None:
                self._passes[kind] = compiled
        if compiled is None:
            compiled = self._compiled(tf.TensorSpec(*kind))
            with self._lock:
                self._passes[kind] = compiled
                while len(self._passes) > _PASSES_KEPT:
                    self._passes.popitem(last=False)
        return compiled(tensor)

    def _compiled(self, spec: Any) -> Callable[[Any], Any]:
        import tensorflow as tf

        @tf.function  # type: ignore[untyped-decorator]
        def forward(values: Any) -> Any:
            return self.model(values, training=False)

        compiled: Callable[[Any], Any] = forward.get_concrete_function(spec)
        return compiled


def _load(path: Path, *, trust_model: bool) -> Any:
    if not os.path.exists(path):  # unlike Path.exists, also for invalid names
        raise ClassifierError(
            "the model must be a .keras or .onnx file, MODULE:FUNCTION or a shipped model; there "
            f"is nothing at {path}; check the path."
        )
    saved_model = path.is_dir() and (path / "saved_model.pb").is_file()
    legacy = path.is_file() and path.suffix in _LEGACY
    if not (saved_model or legacy or (path.is_file() and path.suffix == ".keras")):
        raise ClassifierError(
            f"the model must be a Keras 3 .keras file; {path} is not one; "
            "load it where it was made and save it with model.save('NAME.keras')."
        )
    if (saved_model or legacy) and not trust_model:
        raise ClassifierError(
            f"a model file should run no code of its own; {path} is "
            f"{'a SavedModel' if saved_model else 'an .h5 file'}, which can; pass --trust-model if "
            "you trust who made it, or save it as .keras."
        )
    if path.suffix == ".keras":
        check_archive(path)
    with _startup_notes_hidden():
        import keras
        import tensorflow as tf

        tf.config.list_physical_devices()  # without a GPU it logs a warning here

    if path.suffix == ".keras" and not trust_model:
        _check_promised(path)
    try:
        if saved_model:
            return _open_saved_model(path)
        return keras.saving.load_model(path, compile=False, safe_mode=not trust_model)
    except Exception as error:  # Keras may raise almost any type here
        reason = _last_cause(error)
        if not trust_model and "lambda" in str(error).lower():
            raise ClassifierError(
                f"a model file should run no code of its own; {path} has a Lambda layer, which "
                "does; pass --trust-model if you trust who made it, or save it again without "
                "Lambda layers."
            ) from error
        version = keras_version(path)
        if version.startswith(("1.", "2.")):
            raise ClassifierError(
                f"the model must be one that Keras 3 can load; {path} was saved by Keras {version} "
                f"and cannot be loaded ({reason}); convert it with {_conversion(path)}, and pass "
                f"the folder {path.stem} with --trust-model."
            ) from error
        raise ClassifierError(
            f"the model must be a whole {path.suffix or 'SavedModel'} "
            f"{'folder' if saved_model else 'file'} of built-in layers; reading {path} failed "
            f"({reason}); save it again with model.save('NAME.keras')."
        ) from error


def _check_promised(path: Path) -> None:
    """Refuse a model whose layers have far more weights than its file: Keras allocates them first.

    In a graph, layers are built and their shapes are known, but nothing is allocated.
    """
    import keras
    import tensorflow as tf

    try:
        with ZipFile(path) as archive:
            stored = sum(member.file_size for member in archive.infolist())
            config = json_of(archive.read("config.json").decode())
        with tf.Graph().as_default():
            model = keras.saving.deserialize_keras_object(
                config | {"compile_config": None}, safe_mode=True
            )
            promised = sum(prod(variable.shape) for variable in model.variables)
    except Unreadable as error:
        raise ClassifierError(
            f"the model must be a whole .keras file of built-in layers; reading {path} failed "
            f"({error}); save it again with model.save('NAME.keras')."
        ) from error
    except Exception:  # loading it meets the same error, and its sentence says which
        return
    if promised > max(_ANY_WEIGHTS, _WEIGHTS_A_BYTE * stored):
        raise ClassifierError(
            f"a .keras file must hold the weights of its layers; those of {path} have "
            f"{promised:,} numbers, and the file holds {stored:,} bytes; save the model again with "
            "model.save('NAME.keras')."
        )


def _last_cause(error: Exception) -> str:
    """The innermost reason that Keras gives, without the configurations that it prints first."""
    text = str(error).strip().split("Exception encountered:")[-1].strip()
    lines = text.splitlines()
    return lines[0].rstrip(".;") if lines else type(error).__name__


def _conversion(path: Path) -> str:
    """What to type where tf_keras, the last Keras 2, can be installed beside TensorFlow."""
    name, folder = str(path), path.stem
    code = f"import tf_keras; tf_keras.models.load_model({name!r}).export({folder!r})"
    plain = not any(sign in code for sign in '"$`!\\')
    typed = f'"{code}"' if plain else shlex.quote(code)
    return f"`pip install tf_keras` and `python -c {typed}`"


def _open_saved_model(path: Path) -> _SavedModel:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))
    signature = loaded.signatures["serving_default"]
    # The signature lives only as long as the loaded object.
    signature.hardex_owner = loaded
    inputs = tuple(signature.structured_input_signature[1].values())
    return _SavedModel(signature, inputs, tuple(signature.structured_outputs.values()))


def _with_one_output(path: Path, model: Any) -> tuple[Any, str]:
    """The model with a plain input and the output of probabilities, and a note on the choice.

    Models may take and give dictionaries and lists. What is no certain choice stays as it is, and
    is refused.
    """
    inputs, outputs = getattr(model, "inputs", None), getattr(model, "outputs", None)
    if not inputs or not outputs or len(inputs) != 1:
        return model, ""
    tensors = _named_outputs(model)
    found = [
        Output(name, tuple(one.shape), "float" in str(one.dtype), ending)
        for (name, one), ending in zip(tensors, _endings(model, tensors), strict=True)
    ]
    chosen = one_of(found) if len(found) > 1 else 0
    if chosen is None:
        return model, ""
    note = output_note(found, chosen) if len(found) > 1 else ""
    name, tensor = tensors[chosen]
    if isinstance(model, _SavedModel):
        return replace(model, outputs=(tensor,), output=name), note
    forms = (getattr(model, "input", None), getattr(model, "output", None))
    if not any(isinstance(form, dict | list | tuple) for form in forms):
        return model, ""
    import keras

    return keras.Model(inputs[0], tensor), note


def _endings(model: Any, outputs: Sequence[tuple[str, Any]]) -> list[str]:
    if isinstance(model, _SavedModel):
        return [ACTIVATIONS.get(model.last_operation(name), "") for name, _ in outputs]
    return [_activation_of(tensor) for _, tensor in outputs]


def _named_outputs(model: Any) -> list[tuple[str, Any]]:
    if isinstance(model, _SavedModel):
        return list(zip(model.signature.structured_outputs, model.outputs, strict=True))
    output = getattr(model, "output", None)
    if isinstance(output, dict):
        return [(str(name), one) for name, one in output.items()]
    names = list(getattr(model, "output_names", ()))
    fit = len(names) == len(model.outputs)
    return list(
        zip(names if fit else [one.name for one in model.outputs], model.outputs, strict=True)
    )


def _check_is_image_classifier(path: Path, model: Any, *, logits: bool) -> None:
    inputs, outputs = getattr(model, "inputs", None), getattr(model, "outputs", None)
    if not inputs or not outputs or len(inputs) != 1 or len(outputs) != 1:
        raise ClassifierError(
            f"the model must have one image input and one output of probabilities; {path} has "
            f"{len(inputs or ())} inputs{_names_of(inputs)} and {len(outputs or ())} outputs"
            f"{_names_of(outputs)}; {_keep_one(outputs)}hardex does single-label image "
            "classification only, no detection."
        )
    into, out = tuple(model.input_shape), tuple(model.output_shape)
    if not takes_images(into) or not gives_rows(out) or not row_width(out):
        raise ClassifierError(
            f"the model must turn {IMAGE_INPUTS} into (n, k) probabilities; "
            f"{path} turns {into} into {out}; hardex does single-label image classification "
            f"only{_what_else(into, out)}."
        )
    activation = _activation(model)
    if row_width(out) == 1 and activation not in ("sigmoid", "") and not logits:
        raise ClassifierError(
            "a model with one output must end in a sigmoid, the probability of the second class; "
            f"{path} ends in {activation}; hardex does classification only, no regression; if its "
            "output is a logit, pass --logits."
        )


def _keep_one(outputs: Any) -> str:
    if not outputs or len(outputs) < 2:
        return ""
    return (
        "if one of them is the probabilities, keep it alone with keras.Model(model.inputs, "
        "model.outputs[NUMBER]).save('NAME.keras'); "
    )


def _names_of(tensors: Any) -> str:
    names = [str(getattr(tensor, "name", "?")) for tensor in tensors or ()]
    return f" ({', '.join(names)})" if len(names) > 1 else ""


def _what_else(into: tuple[Any, ...], out: tuple[Any, ...]) -> str:
    return ", no segmentation" if len(into) == 4 and len(out) == 4 else ""


def _activation(model: Any) -> str:
    """The last layer of the graph, also inside nested models."""
    outputs = getattr(model, "outputs", None) or (None,)
    if isinstance(model, _SavedModel):
        return ACTIVATIONS.get(model.last_operation(model.output), "")
    return _activation_of(outputs[0])


def _activation_of(tensor: Any) -> str:
    """The same for one of the outputs of a model."""
    history = getattr(tensor, "_keras_history", None)
    layer = None if history is None else history.operation
    while layer is not None and type(layer).__name__ in _PASSED_OVER:
        layer = _operation_before(layer)
    if layer is None:
        return ""
    kind = type(layer).__name__
    if hasattr(layer, "layers"):
        return _activation(layer)
    if hasattr(layer, "activation"):
        return str(getattr(layer.activation, "__name__", ""))
    return ACTIVATIONS.get(kind, "")


def _operation_before(layer: Any) -> Any:
    try:
        return layer.input._keras_history.operation
    except (AttributeError, ValueError):  # several inputs, or used in several places
        return None


def _loss(path: Path) -> tuple[str, bool] | None:
    """The compiled loss from the file; nothing is loaded or run."""
    try:
        settings = _compile_settings(path)
    except (OSError, KeyError, ValueError, TypeError, AttributeError, RuntimeError, BadZipFile):
        return None
    loss = settings.get("loss") or settings.get("loss_config")
    if isinstance(loss, str):
        return loss, False
    if isinstance(loss, dict) and isinstance(loss.get("config"), dict):
        name = str(loss.get("class_name", ""))
        return name, bool(loss["config"].get("from_logits", False))
    return None


def _compile_settings(path: Path) -> dict[str, Any]:
    if path.suffix == ".keras":
        with ZipFile(path) as archive:
            config = json_of(archive.read("config.json").decode())
        return dict(config.get("compile_config") or {})
    if path.suffix in _LEGACY:
        import h5py

        with h5py.File(path) as file:
            return dict(json_of(file.attrs["training_config"]))
    return {}


def _up_to_the_last_weights(model: Any, source: str) -> Any:
    """The model up to its last layer with weights, with one vector per image as output."""
    import keras

    try:
        features = _before_the_last_weights(model.outputs[0])
        if len(features.shape) == 4:
            features = keras.layers.GlobalAveragePooling2D()(features)
        if len(features.shape) != 2:
            features = keras.layers.Flatten()(features)
        return keras.Model(model.inputs, features)
    except (AttributeError, IndexError, ValueError, TypeError) as error:
        raise ClassifierError(
            f"embeddings are the input of a model's last layer; {source} does not show its layers; "
            "pass a .keras file, or go without."
        ) from error


def _before_the_last_weights(tensor: Any) -> Any:
    import keras

    operation, node, _ = tensor._keras_history
    into = operation._inbound_nodes[node].input_tensors[0]
    if hasattr(operation, "layers"):
        inner = _before_the_last_weights(operation.outputs[0])
        return keras.Model(operation.inputs, inner)(into)
    if getattr(operation, "weights", ()) and type(operation).__name__ not in _NORMALISING:
        return into
    return _before_the_last_weights(into)


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
    """Hold back stderr and pass on all but TensorFlow's start-up messages.

    TensorFlow 2.21 writes notes for its own developers, and that there is no GPU, from C++ before
    any setting can stop it. Whatever else is written meanwhile is shown when the import is over.
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
                if not line.startswith(_STARTUP_NOTES) and _NO_GPU not in line:
                    os.write(2, line)
