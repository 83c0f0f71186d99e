"""The pages, in the order of their links. A page is one folder here and one entry in `PAGES`."""

from hardex_app.page import Page
from hardex_app.pages.annotate import page as annotate
from hardex_app.pages.browse import page as browse
from hardex_app.pages.causes import page as causes
from hardex_app.pages.compare import page as compare
from hardex_app.pages.curves import page as curves
from hardex_app.pages.fix import page as fix
from hardex_app.pages.overview import page as overview
from hardex_app.pages.people import page as people
from hardex_app.pages.probe import page as probe

PAGES: tuple[Page, ...] = (
    overview.PAGE,
    browse.PAGE,
    causes.PAGE,
    compare.PAGE,
    curves.PAGE,
    fix.PAGE,
    annotate.PAGE,
    probe.PAGE,
    people.PAGE,
)
