"""The windows of annotators and viewers: plain documents with the pages of a role, no Gradio."""

import json
from functools import cache
from hashlib import sha256

from hardex_app.page import Page
from hardex_app.pages import PAGES
from hardex_app.questions import WINDOW, names_on
from hardex_app.ui.files import asset, style
from hardex_app.ui.modules import modules

ROLES = ("annotator", "viewer")
# Scripts and styles only from the app's own addresses; nothing may be evaluated.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors {frames}"
)


@cache
def stylesheet() -> bytes:
    """The style of the window."""
    return f"{asset('ui/visitor.css')}\n{style()}".encode()


@cache
def style_address() -> str:
    """Where the style is, relative to the document: the address changes with it."""
    return f"style/{sha256(stylesheet()).hexdigest()[:16]}.css"


@cache
def document(role: str) -> str:
    """The document of a role. It is the same for all its visitors and for every run.

    Example:
        >>> ["page-browse" in document(role) for role in ROLES]
        [False, True]
    """
    pages = [page for page in PAGES if role in page.roles]
    return asset("front/visitor.html").format(
        style=style_address(),
        script=modules().address("ui/visitor.js"),
        window=json.dumps(_parts(pages, role)).replace("<", "\\u003c"),
        nav=asset("ui/nav.html"),
        status=asset("ui/status.html"),
        pages="\n".join(map(_markup, pages)),
    )


def _parts(pages: list[Page], role: str) -> list[dict[str, object]]:
    """What `visitor.js` starts."""
    titles = [{"name": page.name, "title": page.title} for page in pages]
    return [
        _part("nav", "ui/nav.js", WINDOW, role, {"pages": titles, "leaves": True}),
        _part("status", "ui/status.js", WINDOW, role, {}),
        *(_part(page.name, f"pages/{page.name}/page.js", page.name, role, {}) for page in pages),
    ]


def _part(
    id: str, script: str, page: str, role: str, props: dict[str, object]
) -> dict[str, object]:
    questions = names_on(page, role)
    address = modules().address(script)
    return {"id": id, "script": address, "page": page, "questions": questions, "props": props}


def _markup(page: Page) -> str:
    return (
        f'<div id="page-{page.name}" class="hx-page">'
        f'<div id="{page.name}">{asset(f"pages/{page.name}/page.html")}</div></div>'
    )
