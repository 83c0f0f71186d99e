"""Model files that were made to do harm: each is refused in one line, and does none."""

import io
import json
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
