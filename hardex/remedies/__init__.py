"""Findings -> a recipe -> data and trainings with the remedy, and without it to compare with."""
