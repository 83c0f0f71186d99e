"""What ends the app beside Ctrl-C."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread

_SIGNALS = ("SIGTERM", "SIGHUP")  # asked to end; the terminal was closed (Windows has none)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """What is done inside ends by SIGTERM and SIGHUP as by Ctrl-C: by a KeyboardInterrupt.

    The first one is enough; others that follow do not disturb the ending. Who has set a handler of
    their own keeps it, and what is to outlive its terminal (`nohup`) does. Only the main thread can
    hear signals; in another one this does nothing.
    """
    heard = False

    def interrupt(*_: object) -> None:
        nonlocal heard
        if not heard:
            heard = True
            raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in _unclaimed()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _unclaimed() -> list[int]:
    if current_thread() is not main_thread():
        return []
    numbers = [int(getattr(signal, name)) for name in _SIGNALS if hasattr(signal, name)]
    usual = (signal.SIG_DFL, signal.default_int_handler)
    return [number for number in numbers if signal.getsignal(number) in usual]
