"""What the terminal shows: progress, and what the verbs answer, a file for each kind of answer."""
