"""Annotating a run: who judges what, how far annotators agree, import and export.

The events are stored by `hardex.people.store`, invitations and sessions by `hardex.people.access`.
"""
