"""Other programs, which end when the app does."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hardex_app.links.programs import Program

# A program that says who it is and who stands between, and stays.
STAYS = ["sh", "-c", "echo $$ $PPID; exec sleep 600"]
# The same, deaf to SIGTERM.
DEAF = ["sh", "-c", "trap '' TERM; echo $$ $PPID; exec sleep 600"]


def started(command):
    """A program that has begun; its number, and that of what stands between."""
    program = Program(command)
    lines = program.lines()
    return program, lines, *map(int, next(lines).split())


def is_over(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def wait_until_over(pid):
    end = time.monotonic() + 30
    while not is_over(pid):
        assert time.monotonic() < end, "it runs on"
        time.sleep(0.05)


@pytest.mark.parametrize("command", [STAYS, DEAF])
def test_a_program_is_ended(command):
    program, lines, pid, _ = started(command)
    assert not is_over(pid)
    program.end()
    assert is_over(pid) and list(lines) == []
    program.end()


def test_what_is_said_on_either_output_is_told_until_the_program_has_ended():
    program = Program(["sh", "-c", r"echo one; echo two >&2; printf 'th\377ree'"])
    assert list(program.lines()) == ["one", "two", "th\ufffdree"]
    program.end()


def test_a_program_that_is_not_there_is_said():
    program = Program(["/nowhere/frpc"])
    assert list(program.lines()) == ["frpc cannot be started (No such file or directory)"]
    program.end()


APP = """
import sys, time
from hardex_app.links.programs import Program
program = Program(sys.argv[1:])
print(next(program.lines()), flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("command", [STAYS, DEAF])
def test_no_program_outlives_the_one_that_started_it(command, how):
    words = [sys.executable, "-c", APP, *command]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as app:
        pid, between = map(int, app.stdout.readline().split())
        assert not is_over(pid)
        app.send_signal(how)
    wait_until_over(pid)
    wait_until_over(between)


FORKING_APP = """
import os, sys, time
from hardex_app.links.programs import Program
program = Program(sys.argv[1:])
told = next(program.lines())
child = os.fork()
if child:
    print(told, child, flush=True)
    sys.stdin.readline()
    program.end()
    print("ended", flush=True)
else:
    sys.stdout.close()
time.sleep(600)
"""


@pytest.mark.parametrize("killed", [True, False])
def test_a_process_that_the_app_has_forked_keeps_nothing_alive(killed):
    words = [sys.executable, "-c", FORKING_APP, *STAYS]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(words, **pipes, text=True) as app:
        pid, between, child = map(int, app.stdout.readline().split())
        try:
            if not killed:
                app.stdin.write("end\n")
                app.stdin.flush()
                assert app.stdout.readline() == "ended\n"
                assert is_over(pid)
            app.kill()
            wait_until_over(pid)
            wait_until_over(between)
            assert not is_over(child)
        finally:
            os.kill(child, signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a program of this")
def test_no_program_outlives_what_stands_between():
    program, lines, pid, between = started(DEAF)
    os.kill(between, signal.SIGKILL)
    wait_until_over(pid)
    assert list(lines) == []
    program.end()
