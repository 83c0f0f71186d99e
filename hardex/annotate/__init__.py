"""What people say of a run: their links and work, how far they agree, and files of it.

The events themselves lie in `hardex.runs.annotations`, links and visits in `hardex.runs.access`.
"""
