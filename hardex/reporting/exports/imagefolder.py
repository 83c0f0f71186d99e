"""A run -> a Hugging Face imagefolder.

`datasets.load_dataset("imagefolder", data_dir=OUT)` opens it; the model, TensorFlow and hardex are
not needed for that.
"""

from pathlib import Path

from hardex.annotate.rows import one_line
from hardex.reporting.exports.picked import LeftOut, write_pictures
from hardex.runs.run import Run


def write_imagefolder(run: Run, list: str, folder: Path, left_out: LeftOut) -> int:
    """Write `images/` and `metadata.jsonl`, one line per example; returns how many.

    A line has `file_name`, `label` (the given class) and what is known of the example. JSON lines
    keep a class that is called `7` a text, which CSV does not.

    Source:
        huggingface.co/docs/datasets/image_dataset (2026).
    """
    (folder / "images").mkdir()
    count = 0
    with (folder / "metadata.jsonl").open("x", encoding="utf-8", newline="\n") as file:
        for one, name in write_pictures(run, list, folder / "images", left_out):
            line = {"file_name": f"images/{name}", "label": one.given_label, **one.known()}
            file.write(one_line(line) + "\n")
            count += 1
    return count
