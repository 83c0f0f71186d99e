"""What people said of examples, and who may say it: stored, with every access checked."""
