"""A program that is missing skips its tests on a laptop, and fails them in CI."""

import pytest
from needs import needed, program


def test_what_is_there_is_handed_on(monkeypatch):
    monkeypatch.setenv("CI", "true")
    assert needed("/usr/bin/thing", "thing", "things") == "/usr/bin/thing"
    assert program("sh", "dash").endswith("/sh")


@pytest.mark.parametrize(("ci", "outcome"), [("", pytest.skip), ("true", pytest.fail)])
def test_what_is_missing_skips_and_fails_in_ci(monkeypatch, ci, outcome):
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome.Exception, match=r"needs no-such-thing; .*`apt install things`"):
        program("no-such-thing", "things")
