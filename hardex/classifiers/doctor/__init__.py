"""A classifier and some labelled images -> findings: the classic silent bugs, before any ranking.

Each check is a function of an `Examination` that yields findings; `CHECKS` in `examine` lists them
all. A check reports something only if a stated test rules out chance, so a healthy model gets no
findings. What the doctor cannot see: an error that changes no output, one that a small sample does
not show, and wrong answers that are as confident and as well calibrated as right ones.
"""
