"""Probabilities -> scores -> a ranking that is hard and diverse."""
