"""Who gets in and who asks: the guard that every request passes first, and what it goes by."""
