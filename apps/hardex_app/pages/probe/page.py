"""The Probe page: draw, load or choose a picture; change it, and watch the prediction."""

from hardex_app.page import FOR_ANNOTATORS, Page
from hardex_app.probe_facts import facts

PAGE = Page("probe", "Probe", roles=FOR_ANNOTATORS, facts=facts)
