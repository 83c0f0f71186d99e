"""A training log -> curves in order -> findings: is the training itself sick?"""
