"""Markup and style of the pages, as files.

User text (class names, ids, file names) never goes through a template: Gradio evaluates `${…}`
in rendered values as JavaScript. The scripts receive it as data and set it as text.
"""

from pathlib import Path

_APP = Path(__file__).parent.parent
_STYLES = (
    "ui/style.css",
    "ui/chart.css",
    *(f"pages/{page}/page.css" for page in ("overview", "browse", "annotate", "probe")),
)


def asset(name: str) -> str:
    """The text of one file of the app, named from the app's folder."""
    return (_APP / name).read_text(encoding="utf-8")


def style() -> str:
    """The style of the window: what all pages share, and then each page's own."""
    return "\n".join(map(asset, _STYLES))
