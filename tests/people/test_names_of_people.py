"""Which names of people can be read, and which could be taken for another one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardex.errors import AccessError
from hardex.people.access import Access, checked_name
from hardex.people.names import (
    NAME_MOST,
    is_readable,
    look_alike,
    looks_like_owner,
    mixed_scripts,
    skeleton,
)

ORDINARY = [
    *("Anna", "Anna 2", "ANNA", "anna-maria", "O'Brien", "d’Artagnan", "Mary Ann", "user_1"),
    *("a.b@example.org", "X Æ A-12", "José", "Nguyễn Văn An", "Zoë", "Renée", "Łukasz", "Søren"),
    *("Þór", "Đặng", "Ñandú", "İpek", "Ḥasan", "ʿUmar", "ʻOkina", "Kʼwala", "Müller‑Lüdenscheidt"),
    *("Мария", "Иван-Пётр", "Юлія", "Σωκράτης", "Δημήτρης 3", "Արամ", "დავით", "ᏣᎳᎩ"),
    *("عمر", "محمد\u200cرضا", "علی\u200cاکبر", "יוסף", "ܐܝܫܘܥ", "दीपक", "श्र\u200dी", "প্রিয়া"),
    *("ਗੁਰਪ੍ਰੀਤ", "தமிழ்", "క్రిష్ణ", "ಕನ್ನಡ", "ശ്രീ", "ශ්\u200dරී", "สมชาย", "ລາວ", "ဖြူ", "ភារុណ"),
    *("བསྟན་འཛིན", "አበበ", "ᠮᠣᠩᠭᠣᠯ", "李明", "陳大文", "さくら", "サクラ", "山田 太郎", "佐々木"),
    *("Tシャツ", "渡邉\U000e0100", "한지민", "김 Anna", "ㄅㄆㄇ", "Anna Мария", "Мария (Maria)"),
    *("Anna 🦊", "🦊", "👩\u200d🔬 Ada", "☺️", "Mary 👩🏽\u200d🦱", "№ 5", "1", "Ⅷ", "½"),
]
UNREADABLE = [
    *("", " ", " anna", "anna ", "a\nb", "a\tb", "a\0b", "\x1b[31m", "x" * (NAME_MOST + 1)),
    *(
        "\u202eanna",
        "an\u2066na",
        "an\u200bna",
        "an\u200dna",
        "an\u200cna",
        "anna\u200e",
        "\ufeffanna",
    ),
    *("an\xadna", "a\u2028b", "a\u2029b", "a\u3000b", "a\xa0b", "a\u2003b", "\ud800", "\ue000"),
    *(
        "\u3164",
        "\u2800",
        "\u115f",
        "\u1160",
        "\uffa0",
        "\u17b4",
        "\u034f",
        "an\u3164na",
        "an\u115fna",
    ),
    *("an\u034fna", "\u0301", "\u0301anna", "\u20dd", "\ufe0f", "an\ufe0fna", "anna\U000e0100"),
    *("\U000e0061nna", "\u180bnna", None, 7, b"anna", ["anna"]),
]
OF_THE_OWNER = [
    *("owner", "Owner", "OWNER", "oWnEr", "\uff4f\uff57\uff4e\uff45\uff52", "0wner", "0WNER"),
    *(
        "\u043ewner",
        "\u041ewner",
        "own\u0435r",
        "\u03bfwner",
        "\u0585wner",
        "\u039fWNER",
        "o\u051dner",
    ),
    *("owner.", "owner:", "-owner-", "ovvner", "ow\u0274er", "owner\u20e0"),
    *("\U0001d428wner", "ow\u0578er", "\u24de\u24e6\u24dd\u24d4\u24e1"),
]


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_names_of_all_the_world_are_accepted(tmp_path, name):
    assert is_readable(name) and mixed_scripts(name) == () and not looks_like_owner(name)
    access = Access.open(tmp_path)
    visitor = access.visitor(access.enter(access.invite(name)))
    assert visitor.name == checked_name(name, "annotator")
    assert access.revoke(name) == 1


def test_all_of_them_can_be_invited_to_one_run(tmp_path):
    access = Access.open(tmp_path)
    for name in ORDINARY:
        access.invite(name)
    assert len(access.invitations()) == len(ORDINARY)


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_name_that_cannot_be_seen_or_acts_is_refused(tmp_path, name):
    with pytest.raises(AccessError, match="must have 1 to 80 printable characters") as caught:
        Access.open(tmp_path).invite(name)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", OF_THE_OWNER)
def test_a_name_that_looks_like_the_owners_is_refused(tmp_path, name):
    assert looks_like_owner(name)
    with pytest.raises(AccessError, match="only the owner is called 'owner'"):
        Access.open(tmp_path).invite(name)


@pytest.mark.parametrize("name", ["Owen", "owners", "owner 2", "the owner", "Οδυσσέας", "öwner"])
def test_other_names_do_not(name):
    assert not looks_like_owner(name)


@pytest.mark.parametrize(
    ("name", "scripts"),
    [
        ("\u0410nna", ("CYRILLIC", "LATIN")),
        ("Ann\u03b1", ("GREEK", "LATIN")),
        ("\u13aanna", ("CHEROKEE", "LATIN")),
        ("Anna\u0561", ("ARMENIAN", "LATIN")),
        ("Мария\u03b1", ("CYRILLIC", "GREEK")),
        ("Bob An\u0430", ("CYRILLIC", "LATIN")),
        ("Anna1\u0430", ("CYRILLIC", "LATIN")),
        ("さ한", ("HANGUL", "HIRAGANA")),
    ],
)
def test_a_word_of_several_scripts_is_refused(tmp_path, name, scripts):
    assert mixed_scripts(name) == scripts
    with pytest.raises(AccessError, match=f"mixes {scripts[0]} and {scripts[1]}") as caught:
        Access.open(tmp_path).invite(name)
    assert str(caught.value).isascii()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("AHHA", "\u0410\u041d\u041d\u0410"),
        ("\u0410\u041d\u041d\u0410", "AHHA"),
        ("cope", "\u0441\u043e\u0440\u0435"),
        ("TOM", "\u03a4\u039f\u039c"),
        ("Ian", "lan"),
        ("Bob 1", "Bob l"),
        ("Bob O", "Bob 0"),
        ("O'Brien", "O’Brien"),
        ("Mary Ann", "Mary  Ann"),
        ("Arnold", "Amold"),
        ("محمد\u200cرضا", "محمدرضا"),
        ("渡邉\U000e0100", "渡邉"),
        ("☺️", "☺"),
    ],
)
def test_a_name_that_looks_like_an_invited_one_is_refused(tmp_path, first, second):
    assert look_alike(first, second)
    access = Access.open(tmp_path)
    access.invite(first)
    with pytest.raises(AccessError, match="a name must not look like another one") as caught:
        access.invite(second)
    assert str(caught.value).isascii() and str(caught.value).endswith(".")
    access.invite(first)  # another link for the same person
    access.revoke(first)
    access.invite(second)


@pytest.mark.parametrize("names", [("Anna", "anna"), ("Jose", "José"), ("Anna 2", "Anna 3")])
def test_names_that_differ_visibly_are_of_two_people(tmp_path, names):
    access = Access.open(tmp_path)
    for name in names:
        access.invite(name)
    assert {one.name for one in access.invitations()} == set(names)


@given(st.text(max_size=20))
def test_any_text_is_judged_and_the_skeleton_of_a_skeleton_is_itself_in_latin(text):
    assert is_readable(text) in (True, False)
    assert isinstance(mixed_scripts(text), tuple) and looks_like_owner(text) in (True, False)
    assert look_alike(text, text)
    once = skeleton(text)
    if once.isascii():
        assert skeleton(once) == once
