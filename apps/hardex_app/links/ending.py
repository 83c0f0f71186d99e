"""Signals that end the app, besides Ctrl-C."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread

_SIGNALS = ("SIGTERM", "SIGHUP")  # end; the terminal was closed (not on Windows)


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP raise a KeyboardInterrupt inside, as Ctrl-C does.

    Only the first signal does: later ones do not disturb the shutdown. Other handlers are kept, and
    so is an ignored SIGHUP (`nohup`). Only the main thread receives signals; in another thread this
    does nothing.
    """
    received = False

    def interrupt(*_: object) -> None:
        nonlocal received
        if not received:
            received = True
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
