"""The Overview page: how good the model is, class by class, and links to where it fails."""

from hardex_app.cards import overview_with_pictures
from hardex_app.page import Page

PAGE = Page("overview", "Overview", facts=lambda call: overview_with_pictures(call.run))
