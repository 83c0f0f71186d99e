"""What the server writes to the terminal: a visitor must not be able to fill it."""

import logging
from collections.abc import Callable
from threading import Lock
from time import monotonic

EVERY_SECONDS = 60.0
_LOGGERS = ("hardex", "uvicorn.error", "asyncio")
_CHARACTERS_MOST = 500
_KINDS_MOST = 1_000


class Seldom(logging.Filter):
    """Lets each kind of line pass once a minute, as one short line without a traceback.

    Lines are of one kind if they come from the same place in the code and begin with the same
    words: asyncio writes what differs into further lines. The next one says how many were left out.

    Example:
        >>> about = {"levelno": logging.ERROR, "msg": "%s failed", "args": ("this",)}
        >>> seldom = Seldom(lambda: 0.0)
        >>> [seldom.filter(logging.makeLogRecord(about)) for _ in range(3)]
        [True, False, False]
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """
        Args:
            clock: seconds that never go back.
        """
        super().__init__()
        self._clock, self._lock = clock, Lock()
        self._kinds: dict[tuple[str, int, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line passes; it is shortened."""
        if record.levelno < logging.WARNING:
            return True
        words = str(record.msg).partition("\n")[0]
        kind, now = (record.pathname, record.lineno, words), self._clock()
        with self._lock:
            at, left_out = self._kinds.get(kind, (float("-inf"), 0))
            if now - at < EVERY_SECONDS:
                self._kinds[kind] = at, left_out + 1
                return False
            if len(self._kinds) >= _KINDS_MOST:
                self._kinds.clear()
            self._kinds[kind] = now, 0
        text = (record.getMessage().splitlines() or [""])[0][:_CHARACTERS_MOST]
        if record.exc_info and record.exc_info[0] is not None:
            text = f"{text} ({record.exc_info[0].__name__})"
        if left_out:
            text = f"{text} (and {left_out:,} more like it)"
        record.msg, record.args = text, ()
        record.exc_info = record.exc_text = record.stack_info = None
        return True

    def forget(self) -> None:
        """Let every kind pass again."""
        with self._lock:
            self._kinds.clear()


_SELDOM = Seldom()


def forget() -> None:
    """Let every kind of line pass again."""
    _SELDOM.forget()


def keep_short() -> None:
    """Keep the lines of the server short and seldom; calling it again changes nothing."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_SELDOM)
