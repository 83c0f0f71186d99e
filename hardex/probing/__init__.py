"""Transforms along a line: response curves, smallest changes, saved probes and their replay."""
