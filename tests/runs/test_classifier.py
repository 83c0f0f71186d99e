"""Opening somebody else's run runs no code that the run only names."""

import numpy as np
import pytest
from fakes import brightness, small_dataset

from hardex import rank
from hardex.classifiers.opening import open_classifier
from hardex.errors import ClassifierError
from hardex.runs.run_classifier import classifier_of


@pytest.fixture
def run_of_a_function(tmp_path, monkeypatch):
    name = f"strange_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(
        "import numpy as np\n"
        "def logits(images):\n    return np.log(np.tile([1.0, 3.0], (len(images), 1)))\n"
    )
    monkeypatch.chdir(tmp_path)
    return rank(f"{name}:logits", small_dataset(class_count=2), out=tmp_path / "run", logits=True)


def test_a_function_that_a_run_names_is_called_only_when_it_is_trusted(run_of_a_function):
    with pytest.raises(ClassifierError, match=r"needs the function strange_.*:logits; pass --t"):
        classifier_of(run_of_a_function)
    trusted = classifier_of(run_of_a_function, trust_model=True)
    images = np.zeros((2, 4, 4, 1), np.uint8)
    np.testing.assert_allclose(trusted.probabilities(images), [[0.25, 0.75]] * 2)


def test_a_function_in_memory_is_no_name_that_could_be_called(tmp_path):
    run = rank(open_classifier(brightness), small_dataset(class_count=2), out=tmp_path / "run")
    with pytest.raises(ClassifierError, match="opening a run should run no code"):
        classifier_of(run)
