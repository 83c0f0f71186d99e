"""Authentication: the guard that every request passes first, sessions and visitors."""
