"""The Causes page."""
