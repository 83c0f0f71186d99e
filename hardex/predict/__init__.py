"""A data set and a classifier -> a stream of predictions, and what is kept from it."""
