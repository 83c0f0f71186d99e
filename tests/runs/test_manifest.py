import json
import re
from datetime import UTC, datetime

import pytest

from hardex.errors import RunError
from hardex.runs.folder import MANIFEST
from hardex.runs.manifest import FORMAT, Manifest, Source


def a_manifest(**changes):
    fields = {
        "data": Source("images/", "/home/ada/images", "ab12"),
        "model": None,
        "class_names": ("7", "None", "Ü \u202e<b>"),
        "image_shape": (28, 28, 1),
        "preprocess": "unit",
        "batch_size": 512,
        "numerics": {"machine": "x86_64", "intra_op_threads": 0},
        "rule": {"per_class": 2, "count": None, "diversity": "class"},
        "formulas": {"loss": "-ln p"},
        "seed": 0,
        "counts": {"examples": 3},
        "command": "hardex rank 'my model.keras' images/",
    }
    return Manifest(**(fields | changes))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"data": None, "image_shape": None, "preprocess": None, "batch_size": None},
        {"model": Source("mnist_cnn", "", "cd34"), "resize": True},
    ],
)
def test_what_is_saved_is_what_is_opened(tmp_path, changes):
    manifest = a_manifest(**changes)
    manifest.save(tmp_path)
    assert Manifest.open(tmp_path) == manifest


def test_a_manifest_says_which_format_it_is_first(tmp_path):
    a_manifest().save(tmp_path)
    fields = json.loads((tmp_path / MANIFEST).read_text(encoding="utf-8"))
    assert list(fields)[:2] == ["schema", "format"]
    assert (fields["schema"], fields["format"]) == ("hardex.run/1", FORMAT)
    assert set(fields["versions"]) == {"hardex", "python", "numpy"}


def test_the_time_is_utc_in_iso_8601():
    made = datetime.fromisoformat(a_manifest().created)
    assert made.utcoffset().total_seconds() == 0
    assert abs((datetime.now(UTC) - made).total_seconds()) < 60


def changed(**changes):
    def write(folder):
        a_manifest().save(folder)
        path = folder / MANIFEST
        path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes))

    return write


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda folder: None, r"a run is a folder with manifest\.json; .* has none; make one with"),
        (changed(format=FORMAT + 1), r"format 1; .* has format 2; install a newer hardex"),
        (changed(format="one"), r"must be a manifest written by hardex; .*\(TypeError\); rank ag"),
        (changed(unknown=1), r"must be a manifest written by hardex; .*\(TypeError\); rank again"),
        (changed(data="here"), r"must be a manifest written by hardex; .*\(TypeError\)"),
        (lambda folder: (folder / MANIFEST).write_text("{"), r"cannot be read \(JSONDecodeError\)"),
        (lambda folder: (folder / MANIFEST).write_text("{}"), r"cannot be read \(KeyError\)"),
        (lambda folder: (folder / MANIFEST).write_text("[]"), r"cannot be read \(TypeError\)"),
        (lambda folder: (folder / MANIFEST).write_bytes(b"\xff"), r"read \(UnicodeDecodeError\)"),
        (lambda folder: (folder / MANIFEST).mkdir(), r"cannot be read \(IsADirectoryError\); rank"),
    ],
)
def test_what_is_no_manifest_is_refused(tmp_path, write, message):
    write(tmp_path)
    with pytest.raises(RunError, match=re.escape(str(tmp_path)) + "|" + message) as caught:
        Manifest.open(tmp_path)
    assert re.search(message, str(caught.value))
