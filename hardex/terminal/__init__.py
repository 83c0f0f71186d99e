"""What the terminal shows: progress, and a file for what each verb answers."""
