"""Characters that act on a text: which these are, and what is printed in their place."""

import json
import sys
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardex.text import (
    acting_characters,
    has_control_characters,
    is_plain,
    plain_json,
    plain_text,
)

ACTING = [
    *("\0", "\x07", "\x1b", "\r", "\x7f", "\x80", "\x85", "\x9b", "\x9f"),
    *("\u2028", "\u2029", "\ud800", "\udfff"),
    *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",  # which direction is read
    *"\u200e\u200f\u061c",
    *"\xad\u180e\u200b\u2060\u2061\u2064\ufeff\u206a\u206f",  # invisible
    *("\ufff9", "\ufffa", "\ufffb", "\U0001d173", "\U000e0001", "\U000e0041"),
    *("\u2065", "\ufff0", "\U000e0fff"),  # invisible, and not assigned
    *("\ufdd0", "\uffff", "\U0001fffe", "\U0010ffff"),  # never assigned
]
HARMLESS = [
    "two\nlines\tand a tab",
    "José, Nguyễn, Мария, 李明, Σωκράτης, عمر, 한지민, สมชาย, יוסף",
    "10\xa0000 €",
    "می\u200cخواهم",  # Persian
    "श्र\u200dी, क्\u200cष",  # Devanagari
    "প্র\u200d্য",  # Bengali: a joiner before the mark that joins
    "ශ්\u200dරී",  # Sinhala
    "👩\u200d🔬 👨\u200d👩\u200d👧 🏳️\u200d🌈 ❤️\u200d🔥 👩🏽\u200d🦱 🧑\u200d⚕️",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # England
    "\u0661\u06dd \u0600\u0661",  # Arabic signs that are drawn
    "\uf8ff \ue0b0",  # private
    "\U0001fae8",  # newer than some Pythons
    "cafe\u0301",
]


@pytest.mark.parametrize("sign", ACTING)
@pytest.mark.parametrize("around", ["{}", "a{}b", "{}b", "a{}", "\u05d0{}\u05d0", "🦊{}🦊", "م{}م"])
def test_a_character_that_acts_is_found_and_escaped_wherever_it_is(sign, around):
    text = around.format(sign)
    assert has_control_characters(text) and acting_characters(text) == [sign]
    assert not is_plain(text)
    assert plain_text(text) == around.format(sign.encode("unicode_escape").decode())


@pytest.mark.parametrize("text", HARMLESS)
def test_what_belongs_to_words_and_emoji_is_left_alone(text):
    assert not has_control_characters(text) and acting_characters(text) == []
    for line in text.replace("\t", "\n").split("\n"):
        shown = plain_text(line)
        assert shown == line or any(category(sign) in ("Co", "Cn") for sign in line)


@pytest.mark.parametrize(
    "text",
    ["An\u200dna", "An\u200cna", "\u200dAnna", "Anna\u200c", "\u200c", "\u200d\u200d", "م\u200c",
     "\u200cم", "م\u200c\u200cم", "م\u200ca", "A\u200d🦊", "🦊\u200dA", "🦊\u200c🦊", "1\u200d2",
     "Ан\u200dна", "李\u200d明", "👩\u200d \u200d🔬"],
)  # fmt: skip
def test_a_joiner_that_joins_nothing_acts(text):
    assert has_control_characters(text) and plain_text(text).count("\\u200") > 0


@pytest.mark.parametrize(
    "text",
    ["\U000e0067", "🏴\U000e0067", "🏴\U000e007f", "🏴" + "\U000e0061" * 40 + "\U000e007f",
     "🏴\U000e0067\U000e0062", "🦊\U000e0067\U000e0062\U000e0065\U000e007f"],
)  # fmt: skip
def test_tags_that_are_no_flag_act(text):
    assert has_control_characters(text) and not is_plain(text)


def test_every_control_format_and_separator_character_acts_alone():
    drawn = set("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u0890\u0891\u08e2\U000110bd\U000110cd")
    every = {chr(code) for code in range(sys.maxunicode + 1)} - {"\n", "\t"}
    of_kind = {sign for sign in every if category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
    assert {sign for sign in of_kind if not has_control_characters(sign)} == drawn
    visible = {sign for sign in every if category(sign)[0] in "LMNPS"}
    assert not {sign for sign in visible if has_control_characters(sign)}


@given(st.text(max_size=30))
def test_what_is_shown_is_plain_and_shown_again_is_the_same(text):
    shown = plain_text(text)
    assert not has_control_characters(shown) and "\n" not in shown
    assert plain_text(shown) == shown
    assert has_control_characters(text) == bool(acting_characters(text))


@given(st.recursive(st.text() | st.none(), lambda inside: st.lists(inside) | st.dictionaries(
    st.text(), inside)))  # fmt: skip
def test_json_means_the_same_without_what_acts(value):
    text = plain_json(json.dumps(value, ensure_ascii=False))
    assert not has_control_characters(text) and json.loads(text) == value


def test_a_long_text_is_quick():
    text = "é" * 500_000 + "\u202e" + "\n" * 500_000
    assert acting_characters(text) == ["\u202e"] and acting_characters("\u200b" * 1_000_000)
