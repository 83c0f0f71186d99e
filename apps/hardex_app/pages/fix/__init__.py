"""The Fix page."""
