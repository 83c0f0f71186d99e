"""Several runs on the same examples -> which errors they share, and whether one is better."""
