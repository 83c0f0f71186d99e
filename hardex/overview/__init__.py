"""A run -> figures and facts in plain data."""
