"""The People page: whom the owner has invited, what they have done, and how far they agree."""

from hardex_app import inviting
from hardex_app.page import Page

PAGE = Page("people", "People", facts=lambda call: inviting.people(call.run, call.session))
