"""Characters that act on a text in place of standing in it, and how to show them.

Control characters move the cursor of a terminal or change its colours. Format characters turn the
direction of reading around, or are invisible. Both let a text look like another one. This module is
the one place that says which characters these are.

Some format characters are parts of words and pictures, and are no danger where they belong:

* ZERO WIDTH JOINER and NON-JOINER between letters of a script that joins its letters or writes
  them in clusters (Arabic and Persian, Syriac, Mongolian, the scripts of India and South-East
  Asia), and the joiner between the parts of an emoji;
* the tags of the flags of England, Scotland and Wales;
* Arabic and Kaithi number signs, which are visible.
"""

import re
from collections.abc import Iterator
from json import dumps
from unicodedata import category

# A spreadsheet reads a cell with such a start as a formula; some accept the full-width forms.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_JOINERS = "\u200c\u200d"
_NO_BREAK_SPACE = "\xa0"  # in French numbers: harmless
_EMOJI_STYLE = "\ufe0f"
# Format characters that are drawn: signs under or around the number that follows.
_VISIBLE = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u0890\u0891\u08e2")
_VISIBLE_BEYOND = frozenset("\U000110bd\U000110cd")
# A flag of a region: a black flag, the tags of 3 to 6 letters or digits, and the tag that ends it.
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")

# First and last character of the blocks whose scripts use joiners within words.
_JOINED = (
    (0x0600, 0x08FF),  # Arabic, Syriac, Thaana, N'Ko, Samaritan, Mandaic
    (0x0900, 0x0DFF),  # Devanagari to Sinhala
    (0x0F00, 0x109F),  # Tibetan, Myanmar
    (0x1700, 0x18AF),  # Philippine scripts, Khmer, Mongolian
    (0x1A20, 0x1C4F),  # Tai Tham, Balinese, Sundanese, Batak, Lepcha
    (0xA800, 0xA9FF),  # Syloti Nagri, Phags-pa, Saurashtra, Javanese
    (0xAA00, 0xAAFF),  # Cham, Myanmar, Meetei Mayek
    (0xFB50, 0xFDFF),  # Arabic, as older programs write it
    (0xFE70, 0xFEFC),
    (0x11000, 0x11FFF),  # Brahmi and its relatives
    (0x1E900, 0x1E95F),  # Adlam
)
# Not assigned, and invisible wherever they are shown.
_IGNORED = ((0x2065, 0x2065), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF))


def has_control_characters(text: str) -> bool:
    r"""Whether a text has characters that act on it: control or format characters.

    Newline and tab do not count; nor do format characters that belong to the word or the emoji in
    which they are. Counted are also line and paragraph separators, unpaired surrogates, and
    characters that will never be assigned. Private characters and those newer than this Python do
    not count: they are visible.

    Example:
        >>> has_control_characters("two\nlines\tand 🧦"), has_control_characters("\x1b[31m")
        (False, True)
        >>> has_control_characters("\u202eolleh"), has_control_characters("👩\u200d🔬")
        (True, False)
    """
    return bool(acting_characters(text))


def is_plain(text: str) -> bool:
    r"""Whether a text is on one line, with plain spaces, and nothing in it acts.

    Example:
        >>> is_plain("Anna 🦊"), is_plain("two\nlines"), is_plain("\u202eolleh")
        (True, False, False)
    """
    return _NO_BREAK_SPACE not in text and plain_text(text) == text


def plain_text(text: str) -> str:
    r"""A text on one line in which nothing acts: what would is written as `\x1b` or `\u202e`.

    Also escaped is what this Python cannot name, and every space that is not a plain or a no-break
    space.

    Example:
        >>> plain_text("two\nlines, \x1b[31mred")
        'two\\nlines, \\x1b[31mred'
        >>> plain_text("\u202eolleh"), plain_text("می\u200cخواهم") == "می\u200cخواهم"
        ('\\u202eolleh', True)
    """
    if text.isprintable():
        return text
    flags = _in_flags(text)
    return "".join(
        sign
        if sign.isprintable() or place in flags or _is_harmless(text, place)
        else sign.encode("unicode_escape").decode()
        for place, sign in enumerate(text)
    )


def as_cell(text: str) -> str:
    """A text as a cell of a CSV that no spreadsheet reads as a formula; `of_cell` reverses it.

    Example:
        >>> as_cell("=1+1"), as_cell("'=1+1"), as_cell("'tis"), of_cell(as_cell("=1+1"))
        ("'=1+1", "''=1+1", "'tis", '=1+1')
    """
    # A text that looks escaped is escaped once more, so that unescaping is exact.
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def of_cell(cell: str) -> str:
    """The text that `as_cell` made into a cell."""
    escaped = cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA)
    return cell[1:] if escaped else cell


def acting_characters(text: str) -> list[str]:
    r"""The characters of `has_control_characters` in a text, each once.

    Example:
        >>> acting_characters("a\u202eb\u2028\x1b")
        ['\x1b', '\u2028', '\u202e']
    """
    suspects = {sign for sign in set(text) - {"\n", "\t"} if not sign.isprintable()}
    flags = _in_flags(text) if suspects else frozenset()
    return sorted(
        sign
        for sign in suspects
        if any(place not in flags and _acts(text, place) for place in _places(text, sign))
    )


def plain_json(text: str, *, keep: str = "") -> str:
    r"""JSON in which the characters that act are escaped, so that it means the same.

    Args:
        text: JSON.
        keep: characters that stay as they are.

    Example:
        >>> plain_json('"\u202eolleh"')
        '"\\u202eolleh"'
    """
    for sign in acting_characters(text):
        if sign not in keep:
            text = text.replace(sign, dumps(sign)[1:-1])
    return text


def _is_harmless(text: str, place: int) -> bool:
    sign = text[place]
    return sign == _NO_BREAK_SPACE or (category(sign) == "Cf" and not _acts(text, place))


def _acts(text: str, place: int) -> bool:
    """Whether the character at a place, which is not printable, acts on the text."""
    sign = text[place]
    kind = category(sign)
    if kind == "Cf":
        return not (
            sign in _VISIBLE
            or sign in _VISIBLE_BEYOND
            or (sign in _JOINERS and _joins(text, place))
        )
    if kind == "Cn":
        return (
            _within(sign, _IGNORED) or ord(sign) & 0xFFFE == 0xFFFE or "\ufdd0" <= sign <= "\ufdef"
        )
    return kind in ("Cc", "Cs", "Zl", "Zp")


def _joins(text: str, place: int) -> bool:
    """Whether a joiner is where words or emoji need it."""
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    if not before or not after:
        return False
    if _is_joined_letter(before) and _is_joined_letter(after):
        return True
    drawn_before = before == _EMOJI_STYLE or _is_emoji(before) or category(before) == "Sk"
    return text[place] == "\u200d" and drawn_before and _is_emoji(after)


def _is_joined_letter(sign: str) -> bool:
    return category(sign)[0] in "LM" and _within(sign, _JOINED)


def _is_emoji(sign: str) -> bool:
    """Whether it may be part of an emoji; those newer than this Python are in one area."""
    kind = category(sign)
    return kind in ("So", "Sm") or (kind == "Cn" and 0x1F000 <= ord(sign) <= 0x1FAFF)


def _places(text: str, sign: str) -> Iterator[int]:
    return (found.start() for found in re.finditer(re.escape(sign), text))


def _in_flags(text: str) -> frozenset[int]:
    """The places of the characters that belong to flags of regions."""
    return frozenset(place for flag in _FLAG.finditer(text) for place in range(*flag.span()))


def _within(sign: str, areas: tuple[tuple[int, int], ...]) -> bool:
    code = ord(sign)
    return any(first <= code <= last for first, last in areas)
