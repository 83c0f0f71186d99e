"""What hardex needs of a model, and the adapters for each kind."""
