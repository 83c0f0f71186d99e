"""What is asked of a model, and the adapters that answer."""
