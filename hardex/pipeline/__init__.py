"""Model + data -> a run: the pass, the choice, and ranking again."""
