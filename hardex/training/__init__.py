"""Training data and a model -> a trained model, in a process of its own that can be resumed."""
