"""Model files that were made to do harm: each is refused in one line, and does none."""

import io
import json
import os
import stat
import zipfile

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from hardex.classifiers import keras_archive
from hardex.classifiers.opening import open_classifier
from hardex.errors import ClassifierError


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """What a good model file holds, by name."""
    path = tmp_path_factory.mktemp("good") / "m.keras"
    model = keras.Sequential(
        [keras.Input((4, 4, 1)), layers.Flatten(), layers.Dense(3, activation="softmax")]
    )
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def inner(tmp_path):
    """Two folders deep, so that whatever leads out of it is seen."""
    folder = tmp_path / "outer" / "inner"
    folder.mkdir(parents=True)
    return folder


def written(folder, parts, compression=zipfile.ZIP_STORED):
    path = folder / "m.keras"
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def refused(path, trust_model=False):
    with pytest.raises(ClassifierError) as caught:
        open_classifier(str(path), trust_model=trust_model)
    told = str(caught.value)
    assert "\n" not in told and told.endswith(".")
    return told


def link(name):
    member = zipfile.ZipInfo(name)
    member.create_system, member.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return member


def test_the_same_parts_written_anew_are_a_model(inner, parts):
    assert open_classifier(str(written(inner, parts))).class_count == 3


@pytest.mark.parametrize("trusted", [False, True])
@pytest.mark.parametrize(
    "name",
    [
        "../evil.txt",
        "assets/../../evil.txt",
        "/ABSOLUTE/evil.txt",
        "..\\evil.txt",
        "C:/evil.txt",
        "assets/layers/../../../../evil.txt",
        link("assets/evil.txt"),
        link("assets"),
    ],
    ids=str,
)
def test_a_part_that_would_be_written_elsewhere_is_refused(inner, tmp_path, parts, name, trusted):
    if isinstance(name, str):
        name = name.replace("/ABSOLUTE", str(tmp_path))
    told = refused(written(inner, parts | {name: b"/etc/passwd"}), trust_model=trusted)
    assert "has 1 that would be written elsewhere" in told
    assert not [path for path in tmp_path.rglob("*") if "evil" in path.name]


def test_what_unpacks_to_far_more_is_refused_unread(inner, parts, monkeypatch):
    monkeypatch.setattr(keras_archive, "_BOMB_BYTES", 1_000_000)
    padded = parts | {"config.json": parts["config.json"] + b" " * 10_000_000}
    told = refused(written(inner, padded, zipfile.ZIP_DEFLATED))
    assert "must unpack to at most 100 times its size" in told
    assert open_classifier(str(written(inner, padded))).class_count == 3  # large, but no bomb


# ------------------------------------------------------------------ weights that lie elsewhere


def with_weights(parts, change):
    file = io.BytesIO(parts["model.weights.h5"])
    with h5py.File(file, "r+") as weights:
        change(weights["layers/dense/vars"])
    return parts | {"model.weights.h5": file.getvalue()}


def test_weights_are_not_read_from_another_file(inner, tmp_path, parts):
    """Else a model would tell whoever sent it what stands in a file of this computer."""
    (tmp_path / "secret").write_bytes(np.ones(48, "f4").tobytes())

    def outside(variables):
        del variables["0"]
        variables.create_dataset(
            "0", (16, 3), dtype="f4", external=[(str(tmp_path / "secret"), 0, 192)]
        )

    assert "of built-in layers; reading" in refused(written(inner, with_weights(parts, outside)))


def test_weights_are_not_read_by_a_link_to_another_file(inner, tmp_path, parts):
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["secret"] = np.ones((16, 3), "f4")

    def outside(variables):
        del variables["0"]
        variables["0"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "/secret")

    assert "of built-in layers; reading" in refused(written(inner, with_weights(parts, outside)))


# ------------------------------------------------------------------ layers that are none


def with_layer(parts, module, name, config):
    told = json.loads(parts["config.json"])
    layer = {"module": module, "class_name": name, "config": config, "registered_name": None}
    told["config"]["layers"].insert(1, layer)
    return parts | {"config.json": json.dumps(told)}


@pytest.mark.parametrize(
    ("module", "name", "config"),
    [
        ("os", "system", {"command": "touch EVIL"}),
        ("builtins", "exec", {"source": "open('EVIL', 'w')"}),
        ("subprocess", "Popen", {"args": ["touch", "EVIL"]}),
        ("keras.utils", "get_file", {"fname": "EVIL", "origin": "file:///etc/passwd"}),
        ("keras.config", "enable_unsafe_deserialization", {}),
        ("keras.layers", "StringLookup", {"vocabulary": "SECRET"}),
        ("keras.layers", "TextVectorization", {"vocabulary": "SECRET"}),
        ("keras.layers", "TFSMLayer", {"filepath": "SECRET", "call_endpoint": "serve"}),
        ("keras.layers", "TorchModuleWrapper", {"module": "aGVsbG8="}),
    ],
)
def test_a_layer_that_runs_or_reads_something_is_refused(
    inner, tmp_path, parts, module, name, config
):
    (tmp_path / "secret").write_text("a\nb\n")
    places = {"EVIL": str(tmp_path / "evil"), "SECRET": str(tmp_path / "secret")}
    text = json.dumps(config)
    for word, place in places.items():
        text = text.replace(word, place)
    refused(written(inner, with_layer(parts, module, name, json.loads(text))))
    assert not (tmp_path / "evil").exists()
    # Nothing that was read opened the door for the next one.
    assert keras.src.saving.serialization_lib.in_safe_mode() in (None, True)


# ------------------------------------------------------------------ more than the file holds


def with_config(parts, change):
    config = json.loads(parts["config.json"])
    change(config["config"]["layers"][-1]["config"])
    return parts | {"config.json": json.dumps(config)}


@pytest.mark.parametrize("units", [10_000_000, 10**12])
def test_layers_larger_than_their_weights_are_refused_before_they_are_made(inner, parts, units):
    """Keras makes the layers before it reads the weights: 16 GB for a file of a few kilobytes."""
    told = refused(written(inner, with_config(parts, lambda layer: layer.update(units=units))))
    assert "must hold the weights of its layers" in told and f"{17 * units:,} numbers" in told


def test_a_model_with_the_weights_that_it_names_is_opened(inner, parts):
    path = inner / "large.keras"
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.RandomFlip(),
            layers.Rescaling(1 / 255),
            layers.BatchNormalization(),
            layers.Conv2D(8, 3),
            layers.Dropout(0.5),
            layers.Flatten(),
            layers.Dense(3, activation="softmax", dtype="float16"),
        ]
    )
    model.compile("adam", "categorical_crossentropy")
    model.save(path)
    assert open_classifier(str(path)).class_count == 3


@pytest.mark.parametrize("size", [(10**9, 3), (10**13, 3)])
def test_weights_that_are_nowhere_in_the_file_are_refused(inner, parts, size):
    """HDF5 stores nothing of an array that is filled with zeros."""

    def filled(variables):
        del variables["0"]
        variables.create_dataset("0", size, dtype="f4", chunks=(100_000, 3))

    assert "of built-in layers; reading" in refused(written(inner, with_weights(parts, filled)))


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ("[" * 200_000, "nested more than 64 deep"),
        ('{"a":' * 200_000, "nested more than 64 deep"),
        ('{"module": "keras", "module": "os"}', "names the field 'module' twice"),
        ("{", "of built-in layers; reading"),
        ("[]", "of built-in layers; reading"),
        ("null", "of built-in layers; reading"),
    ],
    ids=lambda text: text[:20],
)
def test_a_config_that_is_none_is_refused(inner, parts, config, reason):
    assert reason in refused(written(inner, parts | {"config.json": config}))


def test_a_pipe_is_no_model(inner):
    os.mkfifo(inner / "m.keras")
    os.mkfifo(inner / "m.onnx")
    refused(inner / "m.keras")
    refused(inner / "m.onnx")
