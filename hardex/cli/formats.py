"""How the verbs of the command line answer."""

from enum import StrEnum


class Format(StrEnum):
    """How a verb answers."""

    text = "text"
    json = "json"
