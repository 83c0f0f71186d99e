import numpy as np

import hardex
from hardex.error_analysis.of_run import accuracy_sentences


def test_a_page_gets_sentences_or_nothing(tmp_path):
    labels = np.repeat([0, 1, 2], 100)
    predicted = np.where(np.arange(300) < 40, 1, labels)
    rows = 0.8 * np.eye(3)[predicted] + 0.2 / 3
    run = hardex.rank(probabilities=rows, labels=labels, out=tmp_path / "run")
    first, second = accuracy_sentences(run)
    assert first.startswith("Accuracy 86.67 % [") and "balanced accuracy 86.67 %" in first
    assert second.startswith("140 of 300 examples are predicted as 1, which holds 33.3 % of")
    (run.folder / "results" / "confusion.csv").unlink()
    assert accuracy_sentences(run) == ()
