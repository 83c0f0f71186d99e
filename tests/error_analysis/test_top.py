import numpy as np
import pytest

import hardex
from hardex.error_analysis.top import errors_in, lowest, top_errors
from hardex.predict.predictions import Predictions
from hardex.runs.answers import answers_of

NAMES = ("a", "b", "c")


@pytest.mark.parametrize("size", [1, 7, 40])
def test_the_top_errors_of_a_pass_are_those_of_the_table(tmp_path, size):
    rng = np.random.default_rng(2)
    rows, labels = rng.dirichlet(np.ones(3), 40).astype(np.float32), rng.integers(0, 3, 40)
    rows[20:24], labels[20:24] = rows[3], labels[3]  # ties
    kept = []
    for start in range(0, 40, size):
        part = np.arange(start, min(40, start + size))
        batch = Predictions(part, tuple(map(str, part)), labels[part], rows[part])
        kept = lowest([*kept, *errors_in(batch, NAMES)], 9)
    run = hardex.rank(
        probabilities=rows, labels=labels, class_names=list(NAMES), out=tmp_path / "run"
    )
    table = top_errors(answers_of(run), NAMES, 9)
    assert [one.id for one in kept] == [one.id for one in table]
    beliefs = [one.label_probability for one in kept]
    assert beliefs == sorted(beliefs) and len(kept) == 9
    wrong = rows.argmax(axis=1) != labels
    assert beliefs[0] == rows[np.arange(40), labels][wrong].min()
    assert kept[0].confidence == rows[int(kept[0].id)].max()
