"""A run -> a report to send, and exports to other tools."""
