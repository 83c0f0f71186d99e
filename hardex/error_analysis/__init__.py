"""A run -> the whole error: of which classes, in which parts, and what to do about it."""
