"""Time the command line next to the bare libraries that it uses.

    python benchmarks/command_line.py [--rounds 7]

Aims: `hardex --help` at most 2 x `import typer, rich`; `import hardex` at most 1.3 x
`import numpy`; `hardex rank` of the MNIST test set, whole process, at most 1.25 x a bare script
that imports TensorFlow, loads the same model and calls `predict` once.
"""

import argparse
import os
import sys
import tempfile

from side_by_side import process, report, side_by_side

BARE_RANK = """
import os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
import tensorflow
import keras
from hardex.data.mnist import load_mnist
from hardex.classifiers.shipped import shipped_model
images, labels = load_mnist("test")
model = keras.saving.load_model(shipped_model("mnist_cnn"), compile=False)
model.predict(images.astype("float32") / 255, verbose=0)
"""


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=7)
    rounds = options.parse_args().rounds
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # compiled files are what a user has
    python = sys.executable
    hardex = os.path.join(os.path.dirname(python), "hardex")
    small = {
        "import typer, rich": process(python, "-c", "import typer, rich"),
        "hardex --help": process(hardex, "--help"),
        "import numpy": process(python, "-c", "import numpy"),
        "import hardex": process(python, "-c", "import hardex"),
    }
    timings = side_by_side(small, rounds=rounds)
    report(timings[:2], baseline="import typer, rich")
    report(timings[2:], baseline="import numpy")
    with tempfile.TemporaryDirectory() as folder:
        rank = process(
            hardex, "rank", "mnist_cnn", "mnist:test", "--force", "--out", "run", cwd=folder
        )
        whole = {
            "bare predict, 10,000 digits": process(python, "-c", BARE_RANK),
            "hardex rank": rank,
        }
        report(side_by_side(whole, rounds=rounds), baseline="bare predict, 10,000 digits")


if __name__ == "__main__":
    main()
