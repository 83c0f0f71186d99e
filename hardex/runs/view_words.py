"""The words of a view, as an address or a command line names them -> a `View`."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from hardex.errors import HardexError
from hardex.runs.views import RANK, View

META = "meta."  # before the name of a further column
WORDS = (
    "list", "given", "predicted", "correct", "text", "score", "least", "most", "verdict", "cause",
    "at", "sort", "order", "p",
)  # fmt: skip
TEXT_MOST = 4_096  # characters of a name, an id or a value
AT_MOST = 400  # positions that an address holds
_CORRECT = {"": None, "yes": True, "no": False}
_WHOLE_MOST = 1e9
_DIGITS_MOST = 18  # of a position; larger numbers are those of no example


def view_of(words: Mapping[str, Any]) -> View:
    """The view that these words name.

    Args:
        words: `list` (all, hard, unsure, wrong; hard by default), `given`, `predicted`, `correct`
            (yes, no), `text`, `score` with `least` and `most`, `meta.NAME`, `verdict`, `cause`,
            `at` (up to 400 positions, `3.17.250`), `sort` (a score, `confidence`, `position`,
            `rank` or `cause`), `order` (asc reverses the order). A page number `p` is allowed and
            ignored.

    Raises:
        HardexError: an unknown word or a value of the wrong kind.

    Example:
        >>> view_of({"list": "wrong", "given": "7", "meta.camera": "left"}).meta
        {'camera': 'left'}
    """
    texts = _texts(words)
    _check_known(texts)
    list_name, sort = texts.get("list", "hard"), texts.get("sort", "")
    if sort == RANK and list_name == "all":
        sort = ""  # left over in an address whose view was a list
    return View(
        list=list_name,
        given=texts.get("given", ""),
        predicted=texts.get("predicted", ""),
        correct=_CORRECT[texts.get("correct", "")],
        text=texts.get("text", ""),
        score=texts.get("score", ""),
        least=_end(texts, "least"),
        most=_end(texts, "most"),
        meta={
            name.removeprefix(META): value for name, value in texts.items() if name.startswith(META)
        },
        verdict=texts.get("verdict", ""),
        cause=texts.get("cause", ""),
        at=_positions(texts.get("at", "")),
        sort=sort,
        reverse=texts.get("order") == "asc",
    )


def page_of(words: Mapping[str, Any]) -> int:
    """The page number `p`, 1 by default.

    Raises:
        HardexError: it is not a whole number.

    Example:
        >>> page_of({"p": "3"}), page_of({})
        (3, 1)
    """
    value = words.get("p", 1)
    number = _number("p", value)
    if number != int(number) or abs(number) > _WHOLE_MOST:
        raise HardexError(
            f"the p of a view must be a whole number; received {value!r}; leave it out."
        )
    return int(number)


def checked_text(name: str, value: Any, most: int = TEXT_MOST) -> str:
    """A text from outside; a number is written out, and None becomes "".

    Args:
        name: of the value, for the error.
        value: anything.
        most: characters it may have.

    Raises:
        HardexError: it is something else, too long, or has an unpaired surrogate.

    Example:
        >>> checked_text("given", 7), checked_text("given", None)
        ('7', '')
    """
    text = "" if value is None else value
    if isinstance(text, int | float) and not isinstance(text, bool):
        text = str(text)
    if not isinstance(text, str) or len(text) > most or _has_surrogates(text):
        raise HardexError(
            f"the {name[:40]!r} must be a text of up to {most:,} characters; received something "
            "else; leave it out or make it shorter."
        )
    return text


def _texts(words: Mapping[str, Any]) -> dict[str, str]:
    """Every word that has a value, as text."""
    if not isinstance(words, Mapping):
        raise HardexError("filters must be values by name; pass {} for none.")
    return {
        checked_text("name", name): checked_text(str(name), value)
        for name, value in words.items()
        if value not in ("", None)
    }


def _check_known(texts: Mapping[str, str]) -> None:
    unknown = sorted(name for name in texts if name not in WORDS and not name.startswith(META))
    if unknown:
        raise HardexError(
            f"unknown filter {unknown[0]!r}; use one of {', '.join(WORDS)} or {META}NAME."
        )
    correct, order = texts.get("correct", ""), texts.get("order", "")
    if correct not in _CORRECT or order not in ("", "asc", "desc"):
        raise HardexError(
            f"a view's `correct` must be yes or no and its `order` asc or desc; received "
            f"{correct!r} and {order!r}; leave out the one that is neither."
        )


def _positions(text: str) -> tuple[int, ...]:
    parts = text.split(".") if text else []
    if len(parts) > AT_MOST or not all(part.isascii() and part.isdigit() for part in parts):
        raise HardexError(
            f"the `at` of a view must be up to {AT_MOST} positions such as 3.17.250; received "
            f"{text[:40]!r}; leave it out."
        )
    return tuple(int(part[:_DIGITS_MOST]) for part in parts)


def _end(texts: Mapping[str, str], name: str) -> float | None:
    return _number(name, texts[name]) if name in texts else None


def _number(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    if not isfinite(number):
        raise HardexError(
            f"the {name} of a view must be a finite number; received {value!r}; leave it out."
        )
    return number


def _has_surrogates(text: str) -> bool:
    """Whether a text has an unpaired surrogate, which no file can store."""
    return any("\ud800" <= sign <= "\udfff" for sign in text)
