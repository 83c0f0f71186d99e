"""`python -m hardex.training.process FOLDER`: the process of one training, see `training.start`.

Its errors are one line on stderr. It ends if the process that started it is gone, so that a
training that nobody waits for does not go on; what it has reached is in the folder.
"""

import json
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from hardex.errors import HardexError
from hardex.training.alone import alone
from hardex.training.job import RESULT, read_job, write_whole

ERROR_LINE = "hardex-training-error: "
STARTED_BY = "HARDEX_TRAINING_FOR"  # the process that waits for this one
_NICE = 5  # the app and the rest of the computer come first


def main(folder: Path) -> None:
    """Train as the files in the folder say."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started it decides, and ends it
    if hasattr(os, "nice"):
        os.nice(_NICE)
    try:
        from hardex.training.keras_training import learn, repeat_exactly

        repeat_exactly()
        with alone(folder, wait=True):  # one that was just left alone may still end its step
            job, lessons = read_job(folder)
            trained = learn(job, lessons, folder, check_is_wanted)
            write_whole(folder / RESULT, json.dumps(asdict(trained), indent=2).encode())
    except (HardexError, OSError, MemoryError) as error:
        _report(error)
        sys.exit(1)


def check_is_wanted() -> None:
    """End this process if the one that started it is gone."""
    wanted = os.environ.get(STARTED_BY, "")
    if wanted and hasattr(os, "getppid") and os.getppid() != int(wanted):
        sys.exit(1)


def _report(error: BaseException) -> None:
    told = {
        "kind": type(error).__name__,
        "sentence": str(error),
        "errno": getattr(error, "errno", None),
    }
    sys.stderr.write(f"\n{ERROR_LINE}{json.dumps(told)}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
