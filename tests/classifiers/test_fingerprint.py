import hashlib
import shutil

import pytest

from hardex import ClassifierError
from hardex.classifiers.fingerprint import fingerprint_of
from hardex.classifiers.opening import open_classifier
from hardex.classifiers.shipped import shipped_model


def test_it_is_that_of_the_file_and_of_each_name_and_byte_in_a_folder(tmp_path):
    (tmp_path / "m.keras").write_bytes(b"bytes")
    assert fingerprint_of(tmp_path / "m.keras") == hashlib.sha256(b"bytes").hexdigest()
    seen = {fingerprint_of(tmp_path)}
    (tmp_path / "m.keras").rename(tmp_path / "n.keras")
    seen.add(fingerprint_of(tmp_path))
    (tmp_path / "n.keras").write_bytes(b"bytez")
    assert len(seen | {fingerprint_of(tmp_path)}) == 3


def test_a_file_that_is_gone_has_no_fingerprint(tmp_path):
    with pytest.raises(ClassifierError, match=r"m\.keras cannot be read \(No such file"):
        fingerprint_of(tmp_path / "m.keras")


def test_a_model_keeps_that_of_what_was_loaded(tmp_path):
    path = tmp_path / "m.keras"
    shutil.copy(shipped_model("mnist_small"), path)
    before, classifier = fingerprint_of(path), open_classifier(path)
    path.write_bytes(b"another")
    assert classifier.fingerprint() == before
    path.unlink()
    assert classifier.fingerprint() == before
