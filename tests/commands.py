"""What the command line answered; the fixture `hardex` of `conftest.py` types the lines."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str
