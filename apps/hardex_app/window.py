"""The owner's window, which is Gradio's: every page, the bar of links and the line of status."""

import gradio as gr

from hardex.people.access import OWNER
from hardex_app import api
from hardex_app.page import Page
from hardex_app.pages import PAGES
from hardex_app.questions import WINDOW, names_on
from hardex_app.ui.files import asset
from hardex_app.ui.modules import script
from hardex_app.workspace import Workspace


def pages_of(role: str) -> list[Page]:
    """The pages of this role, in order."""
    return [page for page in PAGES if role in page.roles]


def build(workspace: Workspace) -> gr.Blocks:
    """The owner's window.

    All pages are in the document at once and the address says which one is shown (`ui/nav.js`):
    changing pages costs no request, and a link opens what its sender saw.
    """
    pages = pages_of(OWNER.role)
    with gr.Blocks(
        title="hardex", analytics_enabled=False, fill_width=True, delete_cache=(3600, 86400)
    ) as blocks:
        _place_bar(pages)
        for page in pages:
            with gr.Column(elem_id=f"page-{page.name}", elem_classes="hx-page"):
                place_one(page)
        api.build(workspace)
    window: gr.Blocks = blocks
    return window


def _place_bar(pages: list[Page]) -> None:
    """The bar of links to these pages, and the line of status below it."""
    questions = names_on(WINDOW, OWNER.role)
    gr.HTML(
        html_template=asset("ui/nav.html"),
        js_on_load=script("ui/nav.js", WINDOW, questions),
        pages=[{"name": page.name, "title": page.title} for page in pages],
        elem_id="nav",
    )
    gr.HTML(
        html_template=asset("ui/status.html"),
        js_on_load=script("ui/status.js", WINDOW, questions),
        elem_id="status",
        padding=False,
    )


def place_one(page: Page) -> None:
    """One page on the window that is being built: its markup, its script and its questions."""
    gr.HTML(
        html_template=asset(f"pages/{page.name}/page.html"),
        js_on_load=script(f"pages/{page.name}/page.js", page.name, names_on(page.name, OWNER.role)),
        elem_id=page.name,
    )
