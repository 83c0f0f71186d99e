"""The result of a command; the fixture `hardex` in `conftest.py` runs them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str
