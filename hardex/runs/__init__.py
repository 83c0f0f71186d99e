"""The run folder: everything hardex found, readable without hardex."""
