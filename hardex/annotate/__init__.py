"""What people say about a run: whom to ask what, how far they agree, and files of it."""
