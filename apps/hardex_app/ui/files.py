"""Markup and style of the pages, as files.

User text (class names, ids, file names) never goes through a template: Gradio evaluates `${…}`
in rendered values as JavaScript. The scripts receive it as data and set it as text.
"""

from pathlib import Path

_APP = Path(__file__).parent.parent
_SHARED = ("ui/style.css", "ui/chart.css")


def asset(name: str) -> str:
    """The text of one file of the app, named from the app's folder."""
    return (_APP / name).read_text(encoding="utf-8")


def style() -> str:
    """The style of the window: what all pages share, and then each page's own.

    The order of the pages makes no difference, as the rules of each apply to that page alone.
    """
    own = sorted(path.relative_to(_APP).as_posix() for path in _APP.glob("pages/*/page.css"))
    return "\n".join(map(asset, (*_SHARED, *own)))
