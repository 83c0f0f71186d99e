"""Markup, style and scripts of the pages, as files.

User text (class names, ids, file names) never goes through a template: Gradio evaluates `${…}`
in rendered values as JavaScript. The scripts here receive it as data and set it as text.
"""

from pathlib import Path


def asset(name: str) -> str:
    """The text of one file in this folder."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def script(name: str) -> str:
    """A script of this folder behind the few words that all of them share."""
    return asset("shared.js") + asset(name)
