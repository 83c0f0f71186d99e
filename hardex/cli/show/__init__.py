"""What the verbs answer on the terminal, a file for each kind of answer."""
