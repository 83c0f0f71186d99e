"""A run -> Label Studio: tasks with the predictions of the model, and the labelling setup."""

from pathlib import Path

from hardex.annotate.label_studio import write_predictions, write_setup
from hardex.reporting.exports.picked import LeftOut, examples_of
from hardex.runs.run import Run


def write_label_studio(run: Run, list: str, folder: Path, left_out: LeftOut) -> int:
    """Write `tasks.json` and `setup.xml`; returns how many tasks.

    A task without a picture shows the id. What people answer there comes back with
    `hardex annotate import`.
    """
    with (folder / "setup.xml").open("x", encoding="utf-8", newline="\n") as file:
        write_setup(run, file)
    with (folder / "tasks.json").open("x", encoding="utf-8", newline="\n") as file:
        return write_predictions(run, examples_of(run, list), file)
