import numpy as np
import pytest

from hardex.errors import HardexError
from hardex.ranking.own import own_score

P, Y = np.array([[0.9, 0.1], [0.4, 0.6]]), np.array([0, 0])


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A file `scores_of_mine.py` in the working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "scores_of_mine", raising=False)

    def write(body):
        text = f"import numpy as np\n\ndef score(probabilities, labels):\n    return {body}\n"
        (tmp_path / "scores_of_mine.py").write_text(text)
        return "scores_of_mine:score"

    return write


def test_a_function_in_the_working_folder_is_a_score(module):
    name = module("np.float32(1) - probabilities[:, 0]")
    scores = own_score(name)(P, Y)
    assert scores.dtype == np.float64
    np.testing.assert_allclose(scores, [0.1, 0.6])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("probabilities", r"\(n,\) numbers; scores_of_mine:score gave float64 of shape \(2, 2\) f"),
        ("['a', 'b']", r"gave <U1 of shape \(2,\) for 2 examples; fix it"),
        ("labels / 0", r"failed for 2 examples \(RuntimeWarning: "),
        (
            "[1.0, np.nan]",
            r"must be finite; .* gave nan for example 1 of a batch, and 1 of 2 are off; fix",
        ),
        ("1 // 0", r"failed for 2 examples \(ZeroDivisionError: "),
    ],
)
def test_what_is_no_score_is_refused_in_one_sentence(module, body, message):
    with pytest.raises(HardexError, match=message):
        own_score(module(body))(P, Y)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_such_module:score", "must name a function as MODULE:FUNCTION"),
        ("numpy:no_such_function", "must name a function as MODULE:FUNCTION"),
        ("numpy:pi", "is of type float, which is not callable"),
    ],
)
def test_what_is_not_there_is_refused_when_it_is_named(name, message):
    with pytest.raises(
        HardexError,
        match=f"{name} {message}",
    ):
        own_score(name)
