"""A run -> files that other tools open: one module per tool."""
