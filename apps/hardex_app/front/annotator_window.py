"""The window of annotators: a plain document with the pages of their role, without Gradio."""

import json
from functools import cache
from hashlib import sha256

from hardex_app.page import Page
from hardex_app.pages import PAGES
from hardex_app.questions import WINDOW, names_on
from hardex_app.ui.files import asset, style
from hardex_app.ui.modules import modules

ROLE = "annotator"
# Scripts and styles only from the app's own addresses; nothing may be evaluated.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors {frames}"
)


@cache
def stylesheet() -> bytes:
    """The style of the window."""
    return f"{asset('ui/annotator.css')}\n{style()}".encode()


@cache
def style_address() -> str:
    """Where the style is, relative to the document: the address changes with it."""
    return f"style/{sha256(stylesheet()).hexdigest()[:16]}.css"


@cache
def document() -> str:
    """The document. It is the same for every annotator and every run.

    Example:
        >>> "page-annotate" in document(), "page-browse" in document()
        (True, False)
    """
    pages = [page for page in PAGES if ROLE in page.roles]
    return asset("front/annotator.html").format(
        style=style_address(),
        script=modules().address("ui/annotator.js"),
        window=json.dumps(_parts(pages)).replace("<", "\\u003c"),
        nav=asset("ui/nav.html"),
        status=asset("ui/status.html"),
        pages="\n".join(map(_markup, pages)),
    )


def _parts(pages: list[Page]) -> list[dict[str, object]]:
    """What `annotator.js` starts."""
    titles = [{"name": page.name, "title": page.title} for page in pages]
    return [
        _part("nav", "ui/nav.js", WINDOW, {"pages": titles, "leaves": True}),
        _part("status", "ui/status.js", WINDOW, {}),
        *(_part(page.name, f"pages/{page.name}/page.js", page.name, {}) for page in pages),
    ]


def _part(id: str, script: str, page: str, props: dict[str, object]) -> dict[str, object]:
    questions = names_on(page, ROLE)
    address = modules().address(script)
    return {"id": id, "script": address, "page": page, "questions": questions, "props": props}


def _markup(page: Page) -> str:
    return (
        f'<div id="page-{page.name}" class="hx-page">'
        f'<div id="{page.name}">{asset(f"pages/{page.name}/page.html")}</div></div>'
    )
