"""The Annotate page: which class is this? One example at a time, with its label hidden."""

from hardex_app import annotating
from hardex_app.page import FOR_ANNOTATORS, Page

PAGE = Page(
    "annotate",
    "Annotate",
    roles=FOR_ANNOTATORS,
    facts=lambda call: annotating.facts(call.run),
)
