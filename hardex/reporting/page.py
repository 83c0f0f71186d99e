"""The contents of a report -> one HTML page that needs nothing else: no network and no scripts."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from hardex.reporting.contents import Contents
from hardex.reporting.matrix import drawing_of
from hardex.reporting.tables import TITLES, class_table, pair_table
from hardex.reporting.wording import percent, shortened
from hardex.text import plain_text

_FOLDER = Path(__file__).parent


def as_page(contents: Contents) -> str:
    """The report as HTML.

    Every text is escaped, and what would act on the text (controls, a change of the direction of
    reading) is written out. The page forbids itself scripts and requests.
    """
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_plain,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "percent": percent,
        "pairs": pair_table,
        "classes": class_table,
        "short": shortened,
        "drawing": drawing_of,
    }
    return environment.get_template("report.html").render(report=contents, titles=TITLES)


def _plain(value: Any) -> Any:
    """A text in which nothing acts; what is markup already stays as it is."""
    return plain_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value
