"""What the owner of a run judged -> true labels, by which annotators are measured."""

from hardex.runs.run import Run


def judged_by(owner: str, run: Run) -> dict[str, str]:
    """The labels of which the owner is sure: the last word on each example that names its class.

    Args:
        owner: under which name the owner judges.
        run: whose examples; what was said of others is left out.

    Returns:
        True labels by id.

    Raises:
        RunError: the annotations cannot be read.
    """
    known = {event.id: event for event in run.annotations.latest() if event.annotator == owner}
    lost = run.tables.unknown(list(known)) if known else 0
    sure = {}
    for id, event in known.items():
        if lost and run.tables.unknown([id]):
            continue  # judged before the run was made again of other data
        if event.verdict == "right":
            sure[id] = run.given_label(id)
        elif event.verdict == "wrong" and event.new_label in run.manifest.class_names:
            sure[id] = event.new_label
    return sure
