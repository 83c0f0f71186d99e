"""Answers that Gradio keeps until somebody reads them: a bounded number of them."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

UNREAD_MOST = 200  # an answer may have megabytes
_CALLS = ""  # in place of a session: `call/NAME` makes one for each call


class Unread:
    """Counts the calls through Gradio's queue whose answers nobody has asked for.

    Gradio keeps the answer of each call until its stream is read. A program that never reads would
    fill the memory.

    Example:
        >>> unread = Unread(most=1)
        >>> unread.add("a"), unread.add("b")
        (True, False)
        >>> with unread.reading("a"):
        ...     unread.add("a"), unread.add("a")
        (True, True)
    """

    def __init__(self, most: int = UNREAD_MOST) -> None:
        """
        Args:
            most: calls at once, of all sessions.
        """
        self._most = most
        self._waiting: Counter[str] = Counter()
        self._read: Counter[str] = Counter()

    def add(self, session: str = _CALLS) -> bool:
        """Count a call, unless its session is being read; False if there are too many."""
        if self._read[session]:
            return True
        if self._waiting.total() >= self._most:
            return False
        self._waiting[session] += 1
        return True

    def take(self) -> None:
        """The answer of a call without a session is read."""
        if self._waiting[_CALLS]:
            self._waiting[_CALLS] -= 1

    @contextmanager
    def reading(self, session: str) -> Iterator[None]:
        """The stream of a session, which is open inside."""
        self._waiting.pop(session, None)
        self._read[session] += 1
        try:
            yield
        finally:
            self._read[session] -= 1
            if not self._read[session]:
                del self._read[session]
