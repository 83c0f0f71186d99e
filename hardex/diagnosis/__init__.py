"""A run -> one cause per hard example, with evidence, and the self-test that measures it."""
