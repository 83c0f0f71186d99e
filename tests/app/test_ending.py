"""What ends the app beside Ctrl-C."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from hardex_app.links.ending import ended_by_signals

SIGNALS = [signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(autouse=True)
def usual():
    """The handlers with which Python begins."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_one_signal_ends_it_and_the_next_do_not_disturb_the_ending(number):
    done = []
    with pytest.raises(KeyboardInterrupt), ended_by_signals():
        try:
            os.kill(os.getpid(), number)
            done.append("went on")
        finally:
            for one in SIGNALS:
                os.kill(os.getpid(), one)
            done.append("ended")
    assert done == ["ended"]
    assert {signal.getsignal(one) for one in SIGNALS} == {signal.SIG_DFL}


def test_handlers_of_others_stay_and_so_does_being_deaf():
    heard = []
    signal.signal(signal.SIGTERM, lambda *_: heard.append("a handler of their own"))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as `nohup` does
    with ended_by_signals():
        for number in SIGNALS:
            os.kill(os.getpid(), number)
    assert heard == ["a handler of their own"]
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN


def test_what_the_command_line_does_with_sigterm_counts_as_usual():
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ended_by_signals():
        assert signal.getsignal(signal.SIGTERM) is not signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler


def test_in_another_thread_no_handler_is_touched():
    def look():
        with ended_by_signals():
            return signal.getsignal(signal.SIGTERM)

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(look).result() == signal.SIG_DFL
