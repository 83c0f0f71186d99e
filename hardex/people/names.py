"""Names of people: which of them can be read, and which could be taken for another one.

A name is refused if it cannot be seen, or acts on the text around it. Invitations are also refused
if letters of several scripts are mixed within a word, or if the name looks like one that was
invited before. The scripts and the pairs of characters that look alike are those of Unicode
Technical Standard 39 (level `Highly Restrictive`, and `skeleton`), from `confusable_homoglyphs`.

Not covered: names that merely resemble each other (`Anna` and `Annna`), and pairs that only some
fonts draw alike. Letters that Unicode added after the tables of that package have no script.
"""

import re
from functools import lru_cache
from unicodedata import category, normalize
from unicodedata import name as unicode_name

from hardex.text import is_plain

NAME_MOST = 80  # characters

# Letters and marks that nobody sees, alone or within a word: fillers, the grapheme joiner, vowels
# that Khmer no longer writes; and the empty pattern of Braille.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
# Characters that choose between forms of the one before them, and are invisible themselves.
_OF_IDEOGRAPHS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_OF_SYMBOLS = re.compile("[\ufe0e\ufe0f]")
_OF_MONGOLIAN = re.compile("[\u180b-\u180d\u180f]")

# Scripts that are written together, besides each one alone: Japanese, Chinese and Korean, each also
# with Latin letters.
_TOGETHER = tuple(
    frozenset({"LATIN", "HAN", *others})
    for others in (("HIRAGANA", "KATAKANA"), ("BOPOMOFO",), ("HANGUL",))
)
_NO_SCRIPT = ("COMMON", "INHERITED", "Unknown")
_MARK = "\u200e"  # the package writes it around text that runs from right to left


def is_readable(name: object) -> bool:
    r"""Whether a value is a name that can be seen and acts on nothing.

    Example:
        >>> is_readable("O'Brien 2"), is_readable("\u202eanna"), is_readable("\u3164")
        (True, False, False)
    """
    return (
        isinstance(name, str)
        and 1 <= len(name) <= NAME_MOST
        and name == name.strip()
        and is_plain(name)
        and not any(sign in _INVISIBLE for sign in name)
        and category(name[0])[0] != "M"  # it would change what stands before the name
        and all(_selects(name, place) for place in range(len(name)))
        and any(category(sign)[0] in "LNPS" for sign in name)
    )


def _selects(name: str, place: int) -> bool:
    """Whether the character at a place is no selector of a form, or has its place."""
    sign, before = name[place], name[place - 1 : place]
    if _OF_MONGOLIAN.match(sign):
        return bool(before) and script(before) == "MONGOLIAN"
    if not _OF_IDEOGRAPHS.match(sign):
        return True
    if before and script(before) == "HAN":
        return True
    return bool(before and _OF_SYMBOLS.match(sign) and category(before)[0] in "NPS")


def mixed_scripts(name: str) -> tuple[str, ...]:
    """The scripts that one word of a name mixes; () if each word is written as words are.

    Example:
        >>> mixed_scripts("Anna Мария"), mixed_scripts("\\u0410nna"), mixed_scripts("Tシャツ")
        ((), ('CYRILLIC', 'LATIN'), ())
    """
    letters = "".join(sign if category(sign)[0] in "LMN" else " " for sign in name)
    for word in letters.split():
        found = {script(sign) for sign in word}.difference(_NO_SCRIPT)
        if len(found) > 1 and not any(found <= together for together in _TOGETHER):
            return tuple(sorted(found))
    return ()


def look_alike(one: str, other: str) -> bool:
    """Whether two names look the same, in the case in which they are written.

    Example:
        >>> look_alike("\\u0410\\u041d\\u041d\\u0410", "AHHA"), look_alike("Anna", "anna")
        (True, False)
    """
    return one == other or skeleton(one) == skeleton(other)


@lru_cache(maxsize=10_000)
def looks_like_owner(name: str) -> bool:
    """Whether a name could be taken for the owner's, in any case.

    Example:
        >>> looks_like_owner("0wner"), looks_like_owner("\\u043ewner"), looks_like_owner("Owen")
        (True, True, False)
    """
    compatible = normalize("NFKC", name)
    spellings = [name, compatible, name.casefold(), compatible.casefold()]
    if not compatible.isascii():
        spellings = list(map(skeleton, spellings))
    return any(_letters(one) == "owner" for one in spellings)


def _letters(text: str) -> str:
    """A text in lower case, without punctuation and signs around letters; 0 is an O.

    Letters with other marks stay what they are: one sees the difference.
    """
    found = []
    for sign in text:
        if category(sign) != "Me" and category(sign)[0] != "P":
            _, small, capital = unicode_name(sign, "").partition("LATIN LETTER SMALL CAPITAL ")
            found.append(capital if small and len(capital) == 1 else sign)
    return "".join(found).casefold().replace("0", "o").replace("vv", "w").strip()


@lru_cache(maxsize=10_000)
def skeleton(name: str) -> str:
    """What remains of a name when each character is replaced by the one that it looks like.

    The result is for comparison only.
    """
    found = "".join(sign for sign in normalize("NFD", name) if not _is_ignored(sign))
    for _ in range(2):  # a character may look like two, of which one looks like a third
        found = normalize("NFD", "".join(_prototypes().get(sign, sign) for sign in found))
    return " ".join(found.split())


def script(sign: str) -> str:
    """The script of a character, such as `LATIN`; `COMMON` or `INHERITED` if it is of several.

    Example:
        >>> script("a"), script("я"), script("2")
        ('LATIN', 'CYRILLIC', 'COMMON')
    """
    if sign.isascii():  # the package takes a third of a second to load
        return "LATIN" if sign.isalpha() else "COMMON"
    from confusable_homoglyphs.categories import alias

    return str(alias(sign))


def _is_ignored(sign: str) -> bool:
    return (
        category(sign) == "Cf"
        or sign in _INVISIBLE
        or bool(_OF_IDEOGRAPHS.match(sign) or _OF_MONGOLIAN.match(sign))
    )


@lru_cache(maxsize=1)
def _prototypes() -> dict[str, str]:
    """For each character that looks like others, the one of them that stands for all.

    The package lists pairs in both directions. Of a group, one member is paired with all others,
    and these with it alone; of a group of two, the one that sorts first stands for both.
    """
    from confusable_homoglyphs.confusables import confusables_data

    partners = {
        one.strip(_MARK): [found["c"].strip(_MARK) for found in all_found]
        for one, all_found in confusables_data.items()
    }
    found = {}
    for one, (other, *more) in partners.items():
        is_alone = not more and len(partners.get(other, ())) < 2
        if len(one) == 1 and not more and not (is_alone and one < other):
            found[one] = other
    return found
