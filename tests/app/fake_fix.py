"""Stands for `hardex_app.fix_process`: it says the same lines, and trains nothing.

Its arguments are a folder that becomes the fix, and a file that becomes the proof. It goes on until
the file `go` lies beside them, and then ends as the word in that file says.
"""

import json
import shutil
import sys
from pathlib import Path
from threading import Thread
from time import sleep


def main(prepared, proof):
    order = json.loads(sys.stdin.readline())
    asked = []
    Thread(target=lambda: asked.append(sys.stdin.readline()), daemon=True).start()
    out, run = Path(order["out"]), Path(order["run"])
    work = out.with_name(f".{out.name}.fixing")
    say(stage="reading training images", done=80, total=80)
    train(work / "arms" / "remedied-0", steps=10)
    say(stage="training 1 of 2 (remedied-0)", done=10, total=40)
    go = prepared.with_name("go")
    while not go.exists():
        if asked:
            if asked[0]:
                shutil.rmtree(work)
                say(cancelled=True)
            else:
                say(error="the app has ended; open it again to go on.", can_go_on=True)
            return
        sleep(0.02)
    word = go.read_text()
    if word == "changes" and not order["yes"]:
        change = {"id": "<b>7", "given": "1", "label": "2", "who": "Ann", "why": "2 of 2 agree."}
        say(error="1 training example must be confirmed.", changes=[change], change_count=1)
    elif word == "crash":
        sys.stderr.write("out of memory\n")
        sys.exit(9)
    else:
        shutil.rmtree(work)
        shutil.copytree(prepared, out)
        (run / "proofs").mkdir(exist_ok=True)
        shutil.copy(proof, run / "proofs")
        say(fixed=str(out), proof=str(run / "proofs" / proof.name))


def train(folder, steps):
    """A training of two epochs of 20 steps, of which some are done."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "job.json").write_text("{}")
    line = {"time": "", "epoch": 1, "epochs": 2, "steps": 40, "seconds_left": 30.0}
    lines = [{**line, "step": step, "loss": 2 / step} for step in range(1, steps + 1)]
    text = "".join(json.dumps(one) + "\n" for one in lines)
    (folder / "progress.jsonl").write_text(text + '{"half a line')


def say(**line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
