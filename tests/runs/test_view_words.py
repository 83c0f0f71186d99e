import pytest

from hardex import HardexError
from hardex.runs.view_words import checked_text, page_of, view_of
from hardex.runs.views import View


@pytest.mark.parametrize(
    ("words", "view"),
    [
        ({}, View(list="hard")),
        ({"list": "all", "sort": "el2n", "order": "asc"}, View(sort="el2n", reverse=True)),
        ({"given": "7", "predicted": "2", "list": ""}, View(list="hard", given="7", predicted="2")),
        ({"correct": "no", "text": "a&b"}, View(list="hard", correct=False, text="a&b")),
        (
            {"score": "margin", "least": "0.5", "most": 1},
            View(list="hard", score="margin", least=0.5, most=1.0),
        ),
        ({"meta.a.b": "x", "p": "3"}, View(list="hard", meta={"a.b": "x"})),
        ({"list": "all", "sort": "rank"}, View(list="all")),
        ({"list": "all", "at": "3.0.250"}, View(list="all", at=(3, 0, 250))),
        ({"at": 7}, View(list="hard", at=(7,))),
    ],
)
def test_an_address_names_a_view(words, view):
    assert view_of(words) == view


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"colour": "red"}, "unknown filter 'colour'; use one of list, given, "),
        ({"correct": "maybe"}, "`correct` must be yes or no"),
        ({"order": "up"}, "`order` asc or desc"),
        ({"least": "much"}, "the least of a view must be a finite number; received 'much'"),
        ({"most": "inf"}, "the most of a view must be a finite number"),
        ({"at": "3,4"}, "the `at` of a view must be up to 400 positions such as 3.17.250"),
        ({"at": "3..4"}, "the `at` of a view must be"),
        ({"at": ".".join(["1"] * 401)}, "the `at` of a view must be up to 400 positions"),
    ],
)
def test_an_address_with_other_words_is_one_sentence(words, says):
    with pytest.raises(HardexError, match=says) as caught:
        view_of(words)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("page", ["two", 1.5, float("nan"), [], "1e300"])
def test_a_page_must_be_a_whole_number(page):
    with pytest.raises(HardexError, match="the p of a view must be a"):
        page_of({"p": page})


def test_half_of_a_character_is_refused():
    with pytest.raises(HardexError, match="'text' must be a text"):
        checked_text("text", "\ud800")
