"""Markup, style and scripts of the pages, as files.

User text (class names, ids, file names) never goes through a template: Gradio evaluates `${…}`
in rendered values as JavaScript. The scripts here receive it as data and set it as text.
"""

from pathlib import Path

_STYLES = ("style.css", "overview.css", "browse.css", "annotate.css", "probe.css")


def asset(name: str) -> str:
    """The text of one file in this folder."""
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def script(name: str) -> str:
    """A script of this folder behind the few words that all of them share."""
    return asset("shared.js") + asset(name)


def style() -> str:
    """The style of the window: what all pages share, and then each page's own."""
    return "\n".join(map(asset, _STYLES))
