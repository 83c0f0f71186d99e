"""Annotations and access: events, invitations and sessions, and the databases they are in."""
