"""Two models before and after a change -> an honest verdict."""
